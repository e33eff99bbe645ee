/* SPDX-License-Identifier: Apache-2.0 */
/* What every run needs: random numbers, reports of failures, stalls, the clock. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define STUCK 40000u
#define EVENTS 96u
#define EVENT_CHARS 320u

struct bench bench;
struct iommu *model;

static uint64_t random_state = 1;
static char events[EVENTS][EVENT_CHARS];
static uint64_t event_cycle[EVENTS];
static unsigned event_next;

/* --- the model -------------------------------------------------------------------------------- */

const char *config_name(void)
{
    static const char *const names[] = {"small", "base", "full"};

    return names[design_config()];
}

bool make_model(void)
{
    struct iommu_config config;
    struct iommu_bus bus = image_bus();
    char error[128];

    iommu_config_named(config_name(), &config);
    config.manual = config.history = true;
    config.ddt_cache_entries = config.pdt_cache_entries = config.iotlb_entries = 0;
    model = iommu_create(&config, &bus, error, sizeof(error));
    if (model == NULL)
        fprintf(stderr, "%s\n", error);
    bench.ports = design_config() == 2 ? 2 : 1;
    return model != NULL;
}

/* --- random numbers -------------------------------------------------------------------------- */

uint64_t hash64(uint64_t a, uint64_t b)
{
    uint64_t x = a * 0x9e3779b97f4a7c15ull + b * 0xd1342543de82ef95ull + 0x632be59bd9b4e019ull;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

void random_seed(uint64_t seed)
{
    random_state = seed | 1;
}

uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1dull;
}

unsigned below(unsigned n)
{
    return (unsigned)((random64() >> 33) % n);
}

bool one_in(unsigned n)
{
    return below(n) == 0;
}

/* --- reports ------------------------------------------------------------------------------------
 */

void note_reset(void)
{
    memset(events, 0, sizeof(events));
}

void note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(events[event_next], EVENT_CHARS, format, arguments);
    va_end(arguments);
    event_cycle[event_next] = bench.cycle;
    if (bench.verbose)
        printf("%8" PRIu64 "  %s\n", bench.cycle, events[event_next]);
    event_next = (event_next + 1) % EVENTS;
}

void fail(const char *format, ...)
{
    va_list arguments;

    if (bench.failed)
        return;
    bench.failed = true;
    if (!bench.verbose) {
        for (unsigned i = 0; i < EVENTS; i++) {
            unsigned at = (event_next + i) % EVENTS;

            if (events[at][0] != 0)
                printf("%8" PRIu64 "  %s\n", event_cycle[at], events[at]);
        }
    }
    printf("cycle %" PRIu64 ": ", bench.cycle);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void bench_violation(const char *port, const char *channel, const char *rule)
{
    fail("AXI, %s, %s: %s", port, channel, rule);
}

/* --- stalls
 * --------------------------------------------------------------------------------------- */

bool channel_goes(struct channel *channel)
{
    switch (channel->stall) {
    case STALL_RANDOM:
        return one_in(2);
    case STALL_BURSTS:
    case STALL_LONG:
        if (bench.cycle >= channel->until) {
            unsigned longest = channel->stall == STALL_LONG ? (channel->open ? 300 : 100) : 24;

            channel->open = !channel->open;
            channel->until = bench.cycle + 1 + below(longest);
        }
        return channel->open;
    default:
        return true;
    }
}

/* --- the clock
 * -------------------------------------------------------------------------------------- */

/** idle_o is 1: nothing can be under way, and nothing is offered. */
static void check_idle(void)
{
    const struct pins_in *in = &bench.in;
    bool offered = in->ats_req_valid;

    for (unsigned i = 0; i < PORTS; i++)
        offered |= in->port[i].dev_awvalid || in->port[i].dev_arvalid;
    if ((offered && !bench.out.quiesce_ack) || in->csr_awvalid || in->csr_wvalid || in->csr_arvalid)
        fail("idle_o is 1, but something is offered");
    if (!memport_idle())
        fail("idle_o is 1, but there are accesses to memory under way");
}

/** For a time-out the bridge lets it run: it is a pulse. */
static bool clock_may_stop(void)
{
    return bench.gated && bench.out.idle && bench.in.ats_timeout == 0;
}

void bench_cycle(void)
{
    memport_drive();
    downstream_drive();
    device_drive();
    ats_drive();
    csr_drive();
    design_eval(&bench.in, &bench.out);
    if (bench.out.idle)
        check_idle();
    device_observe_requests();
    memport_observe();
    downstream_observe();
    device_observe_answers();
    ats_observe();
    csr_observe();
    parity_observe();
    if (!clock_may_stop())
        design_clock();
    bench.cycle++;
    if (flight_count() == 0)
        bench.progress = bench.cycle;
    if (bench.cycle - bench.progress > STUCK) {
        for (unsigned port = 0; port < PORTS; port++) {
            for (unsigned write = 0; write < 2; write++) {
                for (unsigned i = 0; i < flight[port][write].count && i < 20; i++)
                    note("waits: %s", txn_text(flight[port][write].txn[i]));
            }
        }
        fail("no answer for %u cycles", STUCK);
    }
}
