// SPDX-License-Identifier: Apache-2.0
//
// The reference simulation: a trace runs through fully associative LRU caches in front of a walk
// of the real tables. It counts misses and the table reads that each one has to wait for. It
// knows nothing of any IOMMU but the sizes of its caches.

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "iommu_regs.h"

enum { LEVELS = 3, LINE = 64 };

/* --- a fully associative LRU cache ------------------------------------------------------ */

struct node {
    uint64_t key;
    int32_t older, newer, chain;
};

struct lru {
    struct node *nodes;
    int32_t *buckets;
    uint32_t mask;
    int32_t capacity, count, oldest, newest;
};

static void lru_open(struct lru *lru, unsigned capacity)
{
    uint32_t size = 16;

    while (size < 2 * capacity)
        size *= 2;
    *lru =
        (struct lru){.capacity = (int32_t)capacity, .oldest = -1, .newest = -1, .mask = size - 1};
    lru->nodes = calloc(capacity + 1, sizeof(*lru->nodes));
    lru->buckets = malloc(size * sizeof(*lru->buckets));
    memset(lru->buckets, 0xff, size * sizeof(*lru->buckets));
}

static void lru_close(struct lru *lru)
{
    free(lru->nodes);
    free(lru->buckets);
}

static int32_t *bucket_of(struct lru *lru, uint64_t key)
{
    return &lru->buckets[(uint32_t)((key * 0x9e3779b97f4a7c15ull) >> 40) & lru->mask];
}

static void detach(struct lru *lru, int32_t i)
{
    struct node *node = &lru->nodes[i];

    *(node->older >= 0 ? &lru->nodes[node->older].newer : &lru->oldest) = node->newer;
    *(node->newer >= 0 ? &lru->nodes[node->newer].older : &lru->newest) = node->older;
}

static void attach_newest(struct lru *lru, int32_t i)
{
    struct node *node = &lru->nodes[i];

    node->older = lru->newest;
    node->newer = -1;
    *(lru->newest >= 0 ? &lru->nodes[lru->newest].newer : &lru->oldest) = i;
    lru->newest = i;
}

/* Is the key there? It is the newest one then. */
static bool lru_find(struct lru *lru, uint64_t key)
{
    for (int32_t i = *bucket_of(lru, key); i >= 0; i = lru->nodes[i].chain)
        if (lru->nodes[i].key == key) {
            detach(lru, i);
            attach_newest(lru, i);
            return true;
        }
    return false;
}

static void lru_add(struct lru *lru, uint64_t key)
{
    int32_t i = lru->count;

    if (lru->count < lru->capacity) {
        lru->count++;
    } else {
        int32_t *link;

        i = lru->oldest;
        link = bucket_of(lru, lru->nodes[i].key);
        while (*link != i)
            link = &lru->nodes[*link].chain;
        *link = lru->nodes[i].chain;
        detach(lru, i);
    }
    lru->nodes[i].key = key;
    lru->nodes[i].chain = *bucket_of(lru, key);
    *bucket_of(lru, key) = i;
    attach_newest(lru, i);
}

/* Hit, or else it is there from now on. */
static bool lru_use(struct lru *lru, uint64_t key)
{
    if (lru_find(lru, key))
        return true;
    lru_add(lru, key);
    return false;
}

/* --- the walk --------------------------------------------------------------------------- */

struct simulation {
    const struct tables *tables;
    bool lines, big_pages;
    struct lru iotlb, devices, processes, ptes[LEVELS], line_cache;
    uint64_t reads, beats; /* so far */
};

static void read_table(struct simulation *s, uint64_t address, unsigned bytes)
{
    if (bytes > 8) { /* a context */
        s->reads++;
        s->beats += bytes / 8;
    } else if (!s->lines) {
        s->reads++;
        s->beats++;
    } else if (!lru_use(&s->line_cache, address / LINE)) {
        s->reads++;
        s->beats += LINE / 8;
    }
}

static uint64_t pte_key(bool second, unsigned number, unsigned level, uint64_t address)
{
    return (uint64_t)second << 63 | (uint64_t)number << 52 | address >> (12 + 9 * level);
}

static uint64_t next_table(uint64_t pte)
{
    return IOMMU_GET(pte, IOMMU_PTE_PPN) << 12;
}

static bool is_leaf(uint64_t pte)
{
    return (pte & (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)) != 0;
}

/* Where a guest's address lies; reads what no cache holds. */
static uint64_t walk_second(struct simulation *s, uint64_t guest)
{
    uint64_t table = s->tables->second.root, pte = 0;
    int level, cached = LEVELS;

    if (!s->tables->nested)
        return guest;
    for (level = LEVELS - 1; level >= 0; level--)
        if (lru_find(&s->ptes[level], pte_key(true, 0, (unsigned)level, guest)))
            cached = level;
    for (level = LEVELS - 1; level >= 0; level--) {
        unsigned bits = level == LEVELS - 1 ? 0x7ff : 0x1ff;
        uint64_t address = table + 8 * (guest >> (12 + 9 * level) & bits);

        if (level < cached) {
            read_table(s, address, 8);
            lru_add(&s->ptes[level], pte_key(true, 0, (unsigned)level, guest));
        }
        pte = *tables_word(s->tables, address);
        if (is_leaf(pte))
            break;
        table = next_table(pte);
    }
    return next_table(pte) | (guest & ((1ull << (12 + 9 * level)) - 1));
}

/* Level 0 of the first stage is the IOTLB's matter, with what the second stage makes of it. */
static void walk_first(struct simulation *s, unsigned number, uint64_t iova)
{
    uint64_t table = s->tables->first[number].root, pte = 0;
    int level, cached = LEVELS;
    bool guest_root = s->tables->nested;

    for (level = LEVELS - 1; level > 0; level--)
        if (lru_find(&s->ptes[level], pte_key(false, number, (unsigned)level, iova)))
            cached = level;
    if (guest_root) /* the guest's own address of the root */
        table = GUEST_TABLES + (table - STORE_BASE);
    for (level = LEVELS - 1; level >= 0; level--) {
        uint64_t address = table + 8 * (iova >> (12 + 9 * level) & 0x1ff);

        if (level < cached) {
            address = walk_second(s, address);
            read_table(s, address, 8);
            if (level > 0)
                lru_add(&s->ptes[level], pte_key(false, number, (unsigned)level, iova));
        } else if (guest_root) {
            address = STORE_BASE + (address - GUEST_TABLES);
        }
        pte = *tables_word(s->tables, address);
        if (is_leaf(pte))
            break;
        table = next_table(pte);
    }
    walk_second(s, next_table(pte) | (iova & ((1ull << (12 + 9 * level)) - 1)));
}

/* Does it miss? */
static bool translate(struct simulation *s, const struct requester *who, uint64_t iova)
{
    unsigned number = who->process_id_valid ? who->process_id : who->device_id;
    uint64_t page = iova / (s->big_pages ? BIG_PAGE : PAGE);

    if (lru_use(&s->iotlb, (uint64_t)number << 52 | page))
        return false;
    if (!lru_use(&s->devices, who->device_id))
        read_table(s, 0, s->tables->context_bytes);
    if (who->process_id_valid && !lru_use(&s->processes, who->process_id))
        read_table(s, 0, IOMMU_PC_BYTES);
    walk_first(s, number, iova);
    return true;
}

struct simulation *simulation_new(const struct tables *tables, const struct sizes *sizes,
                                  bool big_pages, bool lines)
{
    struct simulation *s = calloc(1, sizeof(*s));

    s->tables = tables;
    s->lines = lines;
    s->big_pages = big_pages;
    lru_open(&s->iotlb, sizes->iotlb);
    lru_open(&s->devices, sizes->contexts);
    lru_open(&s->processes, sizes->contexts);
    lru_open(&s->line_cache, sizes->walks); /* each walk keeps the line that it has read */
    for (unsigned level = 0; level < LEVELS; level++)
        lru_open(&s->ptes[level], sizes->walk_cache);
    return s;
}

void simulation_free(struct simulation *s)
{
    lru_close(&s->iotlb);
    lru_close(&s->devices);
    lru_close(&s->processes);
    lru_close(&s->line_cache);
    for (unsigned level = 0; level < LEVELS; level++)
        lru_close(&s->ptes[level]);
    free(s);
}

bool simulation_translate(struct simulation *s, const struct requester *who, uint64_t iova,
                          unsigned *reads)
{
    uint64_t before = s->reads;
    bool miss = translate(s, who, iova);

    *reads = (unsigned)(s->reads - before);
    return miss;
}

struct reference reference_run(const struct trace *trace, const struct tables *tables,
                               const struct sizes *sizes, bool big_pages, bool lines)
{
    struct simulation *s = simulation_new(tables, sizes, big_pages, lines);
    struct reference result = {0};

    for (uint32_t i = 0; i < trace->count; i++) {
        const struct burst *burst = &trace->bursts[i];
        const struct requester who = {burst->device_id, burst->process_id, burst->process_id_valid};
        unsigned reads;

        result.misses[burst->write] += simulation_translate(s, &who, burst->iova, &reads);
        result.reads[burst->write] += reads;
        if (reads > result.deepest)
            result.deepest = reads;
    }
    result.beats = s->beats;
    simulation_free(s);
    return result;
}

/* --- the bound -------------------------------------------------------------------------- */

static double largest(double a, double b)
{
    return a > b ? a : b;
}

/* W4 has commands in flight instead of bursts: a read, then two writes back to back. */
static double commands_bound(const struct row *row, const struct trace *trace,
                             const struct reference *reference, double read_time)
{
    double commands = trace->of_direction[READS], beats = 0;

    for (uint32_t i = 0; i < trace->count; i++)
        beats += trace->bursts[i].beats;
    return (commands * 2 * (row->latency + 2.0) + beats +
            (double)(reference->reads[READS] + reference->reads[WRITES]) * read_time) /
           row->window;
}

static double bound_of(const struct row *row, const struct trace *trace, const struct sizes *sizes,
                       const struct reference *reference)
{
    double read_time = row->latency + 1.0, bound = 0, reads = 0;
    double time[DIRECTIONS] = {0}, beats[DIRECTIONS] = {0};

    for (uint32_t i = 0; i < trace->count; i++) {
        beats[trace->bursts[i].write] += trace->bursts[i].beats;
        time[trace->bursts[i].write] += row->latency + 2.0 + trace->bursts[i].beats;
    }
    for (int d = 0; d < DIRECTIONS; d++) {
        bound = largest(bound, beats[d]);
        if (row->workload != W4)
            bound =
                largest(bound, (time[d] + (double)reference->reads[d] * read_time) / row->window);
        reads += (double)reference->reads[d];
    }
    if (row->workload == W4)
        bound = largest(bound, commands_bound(row, trace, reference, read_time));
    bound = largest(bound, reads * read_time / sizes->walks);
    return largest(bound, (double)reference->beats);
}

struct bound bound_find(const struct row *row, const struct trace *trace,
                        const struct tables *tables, const struct sizes *sizes)
{
    struct bound bound = {0};
    uint16_t beats = 0;

    /* Whole lines pay for a stream, single PTEs for random pages: the better of both. */
    for (int lines = 0; lines < 2; lines++) {
        struct reference reference =
            reference_run(trace, tables, sizes, row->big_pages, lines != 0);
        double cycles = bound_of(row, trace, sizes, &reference);

        if (lines == 0 || cycles < bound.cycles)
            bound.cycles = cycles;
        bound.misses = reference.misses[READS] + reference.misses[WRITES];
        bound.deepest = reference.deepest;
    }
    for (uint32_t i = 0; i < trace->count; i++)
        if (trace->bursts[i].beats > beats)
            beats = trace->bursts[i].beats;
    /* Ahead of a burst may be the walks of all others, as many at a time as there are walks. */
    bound.wait = 4ull * row->latency + 16ull * beats +
                 (uint64_t)(2 * row->window + sizes->walks - 1) / sizes->walks * bound.deepest *
                     (row->latency + 1);
    return bound;
}
