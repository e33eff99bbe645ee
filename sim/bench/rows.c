// SPDX-License-Identifier: Apache-2.0
//
// The rows of the benchmark, and what traffic each one is.

#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { ALL_DIRECTIONS = 1 << READS | 1 << WRITES, RING = 512, HOT_READS = 4 };

#define MIB (1ull << 20)
#define DATA_BASE 0x1000000000ull

static const char *const direction_names[] = {"", "reads", "writes", "both"};
static const unsigned latencies[] = {20, 100, 200};

const char *workload_name(enum workload workload)
{
    static const char *const names[] = {"W1 hit", "W2 stream",  "W3 random", "W4 nvme",
                                        "W5 nic", "W6 devices", "W7 nested", "W8 churn"};
    return names[workload];
}

/* --- all rows --------------------------------------------------------------------------- */

struct list {
    struct row *rows;
    size_t count;
};

/* The row once per latency, in these variants of direction (bit: a set of directions). */
static void add(struct list *list, struct row row, unsigned sets, const char *what)
{
    for (unsigned directions = 1; directions <= ALL_DIRECTIONS; directions++) {
        if (!(sets >> directions & 1))
            continue;
        for (unsigned i = 0; i < sizeof(latencies) / sizeof(*latencies); i++) {
            row.directions = directions;
            row.latency = latencies[i];
            snprintf(row.variant, sizeof(row.variant), "%s%s%s", what,
                     sets == 1 << ALL_DIRECTIONS ? "" : ", ",
                     sets == 1 << ALL_DIRECTIONS ? "" : direction_names[directions]);
            list->rows = realloc(list->rows, (list->count + 1) * sizeof(*list->rows));
            list->rows[list->count++] = row;
        }
    }
}

enum { EACH = 0xe, MIXED = 1 << ALL_DIRECTIONS };

static void add_streams(struct list *list)
{
    static const unsigned sizes[] = {64, 256, 1024, 2048};
    char what[64];

    for (int big = 0; big < 2; big++)
        for (unsigned i = 0; i < 4; i++) {
            snprintf(what, sizeof(what), "%u B, %s pages", sizes[i], big ? "2 MiB" : "4 KiB");
            add(list,
                (struct row){.workload = W2,
                             .burst = sizes[i],
                             .span = 16 * MIB,
                             .big_pages = big,
                             .devices = 1,
                             .window = 16},
                EACH, what);
        }
}

static void add_random(struct list *list)
{
    char what[64];

    for (int big = 0; big < 2; big++)
        for (int giant = 0; giant < 2; giant++)
            for (unsigned window = 64; window > 0; window = window == 64 ? 16 : 0) {
                snprintf(what, sizeof(what), "%s, %s pages", giant ? "1 GB" : "16 MB",
                         big ? "2 MiB" : "4 KiB");
                add(list,
                    (struct row){.workload = W3,
                                 .burst = 64,
                                 .span = giant ? 1024 * MIB : 16 * MIB,
                                 .random = true,
                                 .big_pages = big,
                                 .devices = 1,
                                 .window = window},
                    EACH, what);
            }
}

static void add_devices(struct list *list)
{
    static const unsigned devices[] = {1, 8, 16, 64};
    char what[64];

    for (unsigned i = 0; i < 4; i++) {
        snprintf(what, sizeof(what), "%u device%s", devices[i], devices[i] > 1 ? "s" : "");
        add(list,
            (struct row){
                .workload = W6, .burst = 64, .span = 16 * MIB, .devices = devices[i], .window = 16},
            EACH, what);
    }
    add(list,
        (struct row){.workload = W6,
                     .burst = 64,
                     .span = 16 * MIB,
                     .devices = 1,
                     .processes = 64,
                     .window = 16},
        EACH, "64 process_ids");
}

static void add_nested(struct list *list)
{
    for (int random = 0; random < 2; random++)
        for (unsigned window = 64; window > 0; window = window == 64 ? 16 : 0)
            add(list,
                (struct row){.workload = W7,
                             .burst = 64,
                             .span = 16 * MIB,
                             .random = random,
                             .nested = true,
                             .devices = 1,
                             .window = window},
                EACH, random ? "random 16 MB" : "stream 64 B");
}

static void add_churn(struct list *list)
{
    static const unsigned packets[] = {0, 1, 32, 256};
    char what[64];

    for (unsigned i = 0; i < 4; i++) {
        snprintf(what, sizeof(what), packets[i] ? "fence per %u packet%s" : "no unmaps", packets[i],
                 packets[i] > 1 ? "s" : "");
        add(list,
            (struct row){
                .workload = W8, .devices = 1, .window = 16, .hot = true, .unmap = packets[i]},
            MIXED, what);
    }
}

struct row *rows_all(size_t *count)
{
    struct list list = {0};

    add(&list, (struct row){.workload = W1, .burst = 8, .span = PAGE, .devices = 1, .window = 64},
        EACH, "8 B");
    add_streams(&list);
    add_random(&list);
    add(&list,
        (struct row){.workload = W4, .burst = 2048, .span = 16 * MIB, .devices = 1, .window = 8},
        MIXED, "8 commands");
    for (int big = 0; big < 2; big++)
        add(&list, (struct row){.workload = W5, .devices = 1, .big_pages = big, .window = 16},
            MIXED, big ? "2 MiB pages" : "4 KiB pages");
    add_devices(&list);
    add_nested(&list);
    add_churn(&list);
    *count = list.count;
    return list.rows;
}

/* --- traces ----------------------------------------------------------------------------- */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct burst *trace_add(struct trace *trace)
{
    struct burst *burst;

    if (trace->count == trace->room) {
        trace->room = trace->room ? 2 * trace->room : 4096;
        trace->bursts = realloc(trace->bursts, trace->room * sizeof(*trace->bursts));
    }
    burst = &trace->bursts[trace->count++];
    memset(burst, 0, sizeof(*burst));
    burst->after[0] = burst->after[1] = NONE;
    return burst;
}

void trace_free(struct trace *trace)
{
    free(trace->bursts);
    memset(trace, 0, sizeof(*trace));
}

static uint32_t add_burst(struct trace *trace, bool write, uint64_t iova, unsigned bytes)
{
    struct burst *burst = trace_add(trace);

    burst->write = write;
    burst->iova = iova;
    burst->beats = (uint16_t)(bytes / 8);
    return trace->count - 1;
}

/* W1, W2, W3, W6, W7: each direction has its own stream. */
static void build_plain(const struct row *row, uint32_t bursts, struct trace *trace)
{
    uint64_t seed[DIRECTIONS] = {0x1234567, 0x89abcde};
    uint32_t sent[DIRECTIONS] = {0};
    unsigned who = row->processes ? row->processes : row->devices;

    while (trace->count < bursts)
        for (int d = 0; d < DIRECTIONS; d++) {
            uint32_t n = sent[d];
            uint64_t places = row->span / row->burst, place = n / who % places;

            if (!(row->directions >> d & 1))
                continue;
            if (row->random)
                place = (random_next(&seed[d]) >> 8) % places;
            uint32_t number =
                add_burst(trace, d == WRITES, IOVA_BASE + place * row->burst, row->burst);
            struct burst *burst = &trace->bursts[number];

            if (row->processes) {
                burst->process_id_valid = true;
                burst->process_id = n % who;
            } else {
                burst->device_id = n % who;
            }
            sent[d]++;
        }
}

/* W4: a PRP list at the front names the pages; so many commands are in flight. */
static void build_nvme(const struct row *row, uint32_t bursts, struct trace *trace)
{
    uint64_t seed = 0x5eed;

    for (uint32_t command = 0; trace->count < bursts; command++) {
        uint64_t list = IOVA_BASE + row->span + command * 8ull % (16 * PAGE);
        uint64_t page = IOVA_BASE + (random_next(&seed) >> 8) % (row->span / PAGE) * PAGE;
        uint32_t read = add_burst(trace, false, list, 8);

        if (command >= row->window) /* the place of a command that is done */
            for (unsigned i = 0; i < 2; i++)
                trace->bursts[read].after[i] = read - 3 * row->window + 1 + i;
        for (unsigned half = 0; half < 2; half++) {
            uint32_t write = add_burst(trace, true, page + half * 2048ull, 2048);

            trace->bursts[write].after[0] = read;
        }
    }
}

#define PACKETS_IOVA (IOVA_BASE + BIG_PAGE)

/*
 * W5 and W8: descriptors are read ahead of the packets by as many as may be outstanding, a packet
 * is written once its descriptor is there, its completion follows. W8: reads of hot pages
 * between.
 */
static void build_nic(const struct row *row, uint32_t bursts, struct trace *trace)
{
    const uint32_t of_packet = 3 + (row->hot ? HOT_READS : 0);
    uint64_t seed = 0xbeef;

    for (uint32_t packet = 0; trace->count < bursts; packet++) {
        uint64_t slot = packet % RING * 16ull;
        uint32_t first = trace->count, descriptor;

        descriptor = add_burst(trace, false, IOVA_BASE + slot, 16);
        add_burst(trace, true, PACKETS_IOVA + (uint64_t)packet * PAGE, 1504);
        trace->bursts[descriptor + 1].after[0] = descriptor;
        add_burst(trace, true, IOVA_BASE + 4 * PAGE + slot, 16);
        for (unsigned i = 0; row->hot && i < HOT_READS; i++) {
            uint64_t random = random_next(&seed) >> 8;

            add_burst(trace, false, HOT_IOVA + random % HOT_PAGES * PAGE + (random >> 20) % 64 * 64,
                      64);
        }
        if (packet >= row->window)
            trace->bursts[first].after[0] = first - row->window * of_packet + 2;
    }
}

/* --- mappings --------------------------------------------------------------------------- */

/* Neither the identity, nor contiguous, nor the same for two spaces. */
uint64_t row_translate(const struct row *row, uint32_t device_id, uint32_t process_id,
                       uint64_t iova)
{
    uint64_t size = row->big_pages ? BIG_PAGE : PAGE;
    uint64_t page = (iova / size) ^ (row->big_pages ? 0x5 : 0x155);

    return DATA_BASE + ((uint64_t)(device_id + process_id) << 34) + page * size + iova % size;
}

static void map_range(const struct row *row, struct tables *tables, unsigned number, uint64_t begin,
                      uint64_t bytes, enum page_use use)
{
    uint64_t size = row->big_pages ? BIG_PAGE : PAGE;

    for (uint64_t iova = begin; iova < begin + bytes; iova += size)
        tables_map(tables, number, iova, row_translate(row, number, 0, iova), row->big_pages, use);
}

void row_build(const struct row *row, uint32_t bursts, struct trace *trace, struct tables *tables)
{
    unsigned who = row->processes ? row->processes : row->devices;

    memset(trace, 0, sizeof(*trace));
    if (row->workload == W4)
        build_nvme(row, bursts, trace);
    else if (row->workload == W5 || row->workload == W8)
        build_nic(row, bursts, trace);
    else
        build_plain(row, bursts, trace);

    tables->nested = row->nested;
    if (row->workload == W5 || row->workload == W8) {
        map_range(row, tables, 0, IOVA_BASE, 8 * PAGE, USE_TABLE);
        map_range(row, tables, 0, PACKETS_IOVA, (uint64_t)trace->count * PAGE / 3 + PAGE,
                  USE_TABLE);
    } else {
        for (unsigned i = 0; i < who; i++)
            map_range(row, tables, i, IOVA_BASE, row->span + (row->workload == W4 ? 16 * PAGE : 0),
                      USE_TABLE);
    }
    if (row->hot)
        map_range(row, tables, 0, HOT_IOVA, (uint64_t)HOT_PAGES * PAGE, USE_HOT);
    tables_contexts(tables, row->devices, row->processes);
    for (uint32_t i = 0; i < trace->count; i++) {
        struct burst *burst = &trace->bursts[i];

        burst->address = row_translate(row, burst->device_id, burst->process_id, burst->iova);
        trace->of_direction[burst->write]++;
    }
}
