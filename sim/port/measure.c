/* SPDX-License-Identifier: Apache-2.0 */
/* What a port is to reach, in cycles. All is deterministic, so that the figures are exact. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define COUNT 2000
#define PAGE_REGION 0 /* one page */
#define OTHER_PAGE 3
#define LARGE_REGION 4 /* many pages of 2 MiB */

static void begin(unsigned memory_latency, unsigned xlate_latency)
{
    memset(&setup, 0, sizeof(setup));
    setup.window = 64;
    setup.memory_latency = memory_latency;
    setup.xlate_latency = xlate_latency;
    setup.only_good_pages = true;
    setup.xlate_in_order = true;
    episode_begin();
}

static struct request *add(enum direction direction, unsigned id, unsigned region, uint64_t offset,
                           unsigned beats)
{
    struct request *request = device_add(direction);

    request->id = (uint8_t)id;
    request->region = region;
    request->len = (uint8_t)(beats - 1);
    request->addr = pages_address(region, 0) + offset;
    return request;
}

static bool has_room(enum direction direction)
{
    return requests_in_flight(direction) < setup.window;
}

static void run(unsigned cycles)
{
    for (unsigned i = 0; i < cycles && !failed(); i++)
        episode_cycle(false);
}

/** One request of each direction, so that the micro-TLB has the page. */
static void warm(void)
{
    add(READS, 0, PAGE_REGION, 0, 1);
    add(WRITES, 0, PAGE_REGION, 0, 1);
    episode_end();
}

/** The traffic of hits: how many cycles until all have been accepted? */
static uint64_t hits(bool reads, bool writes, unsigned ids, unsigned beats)
{
    unsigned made[DIRECTIONS] = {reads ? 0 : COUNT, writes ? 0 : COUNT};
    uint64_t since = bench.cycle;

    while (!failed() && (made[READS] < COUNT || made[WRITES] < COUNT)) {
        for (int direction = READS; direction < DIRECTIONS; direction++)
            while (made[direction] < COUNT && has_room((enum direction)direction)) {
                unsigned i = made[direction]++;

                add((enum direction)direction, i % ids, PAGE_REGION, (uint64_t)i * 8 * beats % 4096,
                    beats);
            }
        episode_cycle(false);
    }
    episode_end();
    return bench.cycle - since;
}

/** All that is over the cycles of the data itself. */
static void expect(const char *what, uint64_t cycles, uint64_t most)
{
    printf("%s: %" PRIu64 " cycles, at most %" PRIu64 "\n", what, cycles, most);
    if (cycles > most)
        fail("%s: %" PRIu64 " cycles, more than %" PRIu64, what, cycles, most);
}

static void measure_hits(void (*result)(const char *name))
{
    static const struct {
        const char *name;
        bool reads, writes, cold;
        unsigned ids, beats;
    } cases[] = {
        {"hits, both directions", true, true, false, IDS, 1},
        {"hits, both directions, one ID", true, true, false, 1, 1},
        {"hits after a cold start", true, true, true, IDS, 1},
        {"hits after a cold start, one ID", true, true, true, 1, 1},
        {"bursts of 8, both directions", true, true, true, IDS, 8},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(20, 30);
        if (!cases[i].cold)
            warm();
        expect(cases[i].name, hits(cases[i].reads, cases[i].writes, cases[i].ids, cases[i].beats),
               COUNT * cases[i].beats + (cases[i].cold ? 100 : 40));
        result(cases[i].name);
    }
}

/** A lone hit goes on in the next cycle; a lone miss one cycle after its answer. */
static void measure_latency(void (*result)(const char *name))
{
    for (int direction = READS; direction < DIRECTIONS; direction++) {
        struct request *request;

        begin(20, 30);
        request = add((enum direction)direction, 1, OTHER_PAGE, 8, 1);
        episode_end();
        /* A cycle to ask, 30 for the answer, a cycle to look up what waits. */
        expect("added by a miss", request->left_at - request->accepted_at, 32);
        request = add((enum direction)direction, 2, OTHER_PAGE, 16, 1);
        episode_end();
        expect("added by a hit, beyond the one", request->left_at - request->accepted_at, 0);
        result("latency");
    }
}

/** Requests of one page that come while it is asked for: one question, and all leave at once. */
static void measure_followers(void (*result)(const char *name))
{
    struct request *requests[8];
    unsigned asks = 0;

    begin(20, 100);
    for (unsigned i = 0; i < 8; i++)
        requests[i] = add(READS, i, PAGE_REGION, 8 * i, 1);
    episode_end();
    for (unsigned i = 0; i < 8; i++)
        asks += requests[i]->asks;
    if (asks != 1)
        fail("%u questions for one page", asks);
    expect("the last of 7 followers", requests[7]->left_at - requests[0]->left_at, 10);
    result("followers");
}

/** Each needs an answer of its own: one per cycle. */
static void measure_misses(void (*result)(const char *name))
{
    unsigned made = 0;
    uint64_t since;

    begin(20, 3);
    since = bench.cycle;
    while (!failed() && made < COUNT) {
        while (made < COUNT && has_room(READS)) {
            add(READS, made % IDS, LARGE_REGION,
                ((uint64_t)(made * 37 % 512) << 21) + 8 * made % 4096, 1);
            made++;
        }
        episode_cycle(false);
    }
    episode_end();
    /* The small configuration has fewer places than a miss takes cycles. */
    expect("misses", bench.cycle - since, bench.config.pending == 8 ? 3 * COUNT : COUNT + 100);
    result("misses");
}

/**
 * Bursts of 8 beats that all miss, with walks of 105 cycles that end out of order: the data is
 * the limit, since 64 of them are in flight.
 */
static void measure_bursts(enum direction direction, bool mixed, void (*result)(const char *name))
{
    unsigned made = 0;
    uint64_t since;

    begin(100, 105);
    setup.xlate_more = 60;
    setup.xlate_in_order = false;
    warm();
    since = bench.cycle;
    while (!failed() && made < COUNT) {
        while (made < COUNT && has_room(direction)) {
            bool hit = mixed && made % 3 != 0;

            add(direction, made % IDS, hit ? PAGE_REGION : LARGE_REGION,
                hit ? made % 500 * 8 : (uint64_t)(made * 37 % 512) << 21, 8);
            made++;
        }
        episode_cycle(false);
    }
    episode_end();
    /* 8 places do not cover the walks. */
    expect(direction == READS ? "bursts of reads that miss" : "bursts of writes that miss",
           bench.cycle - since,
           bench.config.pending == 8 ? 25 * COUNT : 8 * COUNT * 102 / 100 + 300);
    result("bursts that miss");
}

/** Another ID's miss, of 500 cycles. */
static void measure_passing(void (*result)(const char *name))
{
    struct request *miss, *hit;

    begin(5, 500);
    warm();
    miss = add(READS, 0, OTHER_PAGE, 0, 1);
    run(10);
    hit = add(READS, 1, PAGE_REGION, 64, 1);
    episode_end();
    expect("a read behind another ID's miss", hit->left_at - hit->accepted_at, 0);
    if (!miss->done)
        fail("the miss is not done");
    result("reads pass");

    begin(5, 500);
    warm();
    miss = add(WRITES, 0, OTHER_PAGE, 0, 8);
    hit = add(WRITES, 1, PAGE_REGION, 64, 8);
    episode_end();
    if (bench.config.write_buffer != 0)
        /* The first one's data comes before. */
        expect("a write behind another ID's miss", hit->left_at - miss->accepted_at, 16);
    else
        expect("a write behind another ID's miss, beyond that", hit->left_at - miss->left_at, 2);
    result("writes pass");
}

/** Hits without an end do not keep another ID's miss waiting. */
static void measure_fairness(void (*result)(const char *name))
{
    struct request *waits[DIRECTIONS];
    uint64_t since;

    begin(20, 50);
    warm();
    since = bench.cycle;
    waits[READS] = waits[WRITES] = NULL;
    while (!failed() && bench.cycle - since < 600) {
        for (int direction = READS; direction < DIRECTIONS; direction++) {
            enum direction d = (enum direction)direction;

            if (bench.cycle - since == 100) {
                waits[d] = add(d, 15, OTHER_PAGE, 0, 1);
            } else if (has_room(d)) {
                unsigned i = (unsigned)(bench.cycle - since);

                add(d, i % 15, PAGE_REGION, 8 * i % 4096, 1);
            }
        }
        episode_cycle(false);
    }
    episode_end();
    for (int direction = READS; direction < DIRECTIONS; direction++)
        expect("a miss among hits", waits[direction]->left_at - waits[direction]->accepted_at,
               direction == WRITES || bench.config.pending == 8 ? 60 : 54);
    result("fairness");
}

void measure_all(void (*result)(const char *name))
{
    measure_hits(result);
    measure_latency(result);
    measure_followers(result);
    measure_misses(result);
    for (int direction = READS; direction < DIRECTIONS; direction++) {
        measure_bursts((enum direction)direction, false, result);
        measure_bursts((enum direction)direction, true, result);
    }
    measure_passing(result);
    measure_fairness(result);
}
