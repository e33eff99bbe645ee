// SPDX-License-Identifier: Apache-2.0
//
// What is measured in single events: unmaps from the doorbell to the fence's B, many commands with
// one doorbell, and hits behind another ID's miss.

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "iommu_regs.h"

enum { EVENTS = 40, SPACING = 2000, HITS = 8, COMMANDS = 256, EVENT_PATIENCE = 20000 };

static const unsigned latencies[] = {20, 100, 200};

struct figure {
    const char *what;
    unsigned latency;
    double worst, limit; /* cycles */
};

struct figures {
    struct figure list[64];
    unsigned count, failed;
};

static void add(struct figures *figures, const char *what, unsigned latency, double worst,
                double limit)
{
    figures->list[figures->count++] = (struct figure){what, latency, worst, limit};
    printf("%-58s %4u %9.1f %9.1f%s\n", what, latency, worst, limit, worst > limit ? "  over" : "");
    fflush(stdout);
}

static void failed(struct figures *figures, const char *what, const struct run *run)
{
    printf("%-58s FAILED: %s\n", what, run->failure);
    figures->failed++;
}

/* --- unmaps ----------------------------------------------------------------------------- */

struct load {
    bool on;    /* devices read and write meanwhile */
    bool drain; /* the fence has PR and PW */
    unsigned commands;
};

/* From the doorbell; `drain`: how long the accesses take that were in flight when the fence
   began, which is not later than its commands were there and as many cycles as it may lose. */
struct event {
    uint64_t cycles, drain;
};

enum { LOSS = 20 };

struct drain {
    uint64_t begin; /* the commands were there */
    uint64_t taken[LOSS][DIRECTIONS];
    uint64_t end[LOSS]; /* what was taken by then is answered */
};

static void watch_drain(struct run *run, uint64_t since, struct drain *drain)
{
    const struct memory_counts *counts = memory_counts(run->data);
    uint64_t fetched = memory_counts(run->walk)->queue_read;

    if (fetched > since && fetched != drain->begin) {
        memset(drain, 0, sizeof(*drain));
        drain->begin = fetched;
    }
    for (uint64_t i = 0; drain->begin != 0 && i < LOSS && drain->begin + i < run->cycle; i++) {
        if (drain->begin + i + 1 == run->cycle)
            memcpy(drain->taken[i], counts->taken, sizeof(drain->taken[i]));
        if (drain->end[i] == 0 && counts->answered[READS] >= drain->taken[i][READS] &&
            counts->answered[WRITES] >= drain->taken[i][WRITES])
            drain->end[i] = run->cycle;
    }
}

static bool event_cycles(struct run *run, const struct load *load, uint64_t iova,
                         struct event *event)
{
    struct drain drain = {0};
    uint64_t begin = run->cycle;

    for (unsigned i = 0; i < load->commands; i++)
        command_unmap(run, 0, iova + (uint64_t)i * PAGE);
    command_fence(run, load->drain, (uint32_t)begin);
    while (!csr_post(run, IOMMU_REG_CQT, 4, run->tail))
        run_cycle(run);
    while (run->writing || run->fence < begin) {
        run_cycle(run);
        watch_drain(run, begin, &drain);
        if (run->cycle - begin > EVENT_PATIENCE) {
            run_fail(run, "no fence within %d cycles", EVENT_PATIENCE);
            return false;
        }
    }
    *event = (struct event){.cycles = run->fence - run->doorbell};
    for (uint64_t i = 0; i < LOSS; i++)
        if (drain.end[i] != 0 && drain.end[i] - (drain.begin + i) > event->drain)
            event->drain = drain.end[i] - (drain.begin + i);
    return true;
}

/* The worst of many; the limit is that of the worst, too. */
static void unmaps(struct figures *figures, struct design *design, unsigned latency,
                   const struct load *load, const char *what)
{
    static struct tables tables;
    const struct row row = {.workload = W2,
                            .directions = 3,
                            .burst = 64,
                            .span = 16 << 20,
                            .devices = 1,
                            .latency = latency,
                            .window = 16};
    struct trace trace;
    struct run run;
    double worst = 0, limit = 0, excess = -1e9;

    tables_open(&tables, design);
    row_build(&row, load->on ? 60000 : 64, &trace, &tables);
    run_begin(&run, design, latency, &tables);
    if (run_start_iommu(&run)) {
        run.device = device_new(&trace, row.window, true);
        for (unsigned i = 0; i < SPACING || (!load->on && !device_idle(run.device)); i++)
            run_cycle(&run);
        for (unsigned i = 0; i < EVENTS && run.failure[0] == '\0'; i++) {
            struct event event = {0};
            double allowed = 2.0 * latency + 20;

            if (!event_cycles(&run, load, IOVA_BASE + (uint64_t)i * PAGE, &event))
                break;
            if (load->drain)
                allowed += (double)event.drain;
            if (load->commands > 1)
                allowed = 4.0 * load->commands;
            if ((double)event.cycles - allowed > excess) {
                excess = (double)event.cycles - allowed;
                worst = (double)event.cycles;
                limit = allowed;
            }
            for (unsigned j = 0; j < 97; j++)
                run_cycle(&run);
        }
        if (load->on && device_idle(run.device))
            run_fail(&run, "the load ended before the unmaps");
    }
    if (run.failure[0] != '\0')
        failed(figures, what, &run);
    else
        add(figures, what, latency, worst, limit);
    run_end(&run);
    trace_free(&trace);
}

/* --- hits behind a miss ----------------------------------------------------------------- */

static void build_hits(struct trace *trace, bool write)
{
    memset(trace, 0, sizeof(*trace));
    for (unsigned event = 0; event <= EVENTS; event++)
        for (unsigned i = 0; i <= HITS; i++) {
            struct burst *burst = trace_add(trace);
            bool miss = i == 0 && event > 0; /* event 0 warms up */

            burst->write = write;
            burst->beats = 1;
            burst->not_before = SPACING + (uint64_t)event * SPACING + i * 10;
            /* One 2-MiB region, downwards, so that no line of PTEs is fetched ahead. */
            burst->iova = IOVA_BASE + (miss ? (511 - (uint64_t)event * 12) * PAGE : 0) + i * 64ull;
        }
}

struct behind {
    uint32_t miss, hit; /* the largest of added latencies */
};

static bool measure_hits(struct run *run, const struct trace *trace, const uint32_t *ideal,
                         struct behind *behind)
{
    const uint32_t *real;

    if (!run_start_iommu(run))
        return false;
    run->cycle = 0; /* so that not_before means the same as over wires */
    run->device = device_new(trace, 64, true);
    if (!run_until_idle(run, NULL, NULL))
        return false;
    real = device_latencies(run->device);
    for (uint32_t i = HITS + 1; i < trace->count; i++) {
        uint32_t added = real[i] - ideal[i];
        uint32_t *of = i % (HITS + 1) == 0 ? &behind->miss : &behind->hit;

        if (added > *of)
            *of = added;
    }
    return true;
}

static void hits_behind(struct figures *figures, struct design *design, unsigned latency,
                        bool write)
{
    static struct tables tables;
    const struct row row = {
        .workload = W2, .directions = 3, .burst = 64, .span = 16 << 20, .devices = 1};
    const char *hit = write ? "hits behind another ID's miss, writes, added"
                            : "hits behind another ID's miss, reads, added";
    const char *miss = write ? "a lone miss with the walk cache warm, write, added"
                             : "a lone miss with the walk cache warm, read, added";
    struct trace trace, mapped;
    struct run ideal, real;
    struct behind behind = {0};

    tables_open(&tables, design);
    row_build(&row, 2, &mapped, &tables); /* for its tables */
    trace_free(&mapped);
    build_hits(&trace, write);
    for (uint32_t i = 0; i < trace.count; i++)
        trace.bursts[i].address = row_translate(&row, 0, 0, trace.bursts[i].iova);
    run_begin(&ideal, &plain_wires, latency, NULL);
    ideal.device = device_new(&trace, 64, false);
    run_until_idle(&ideal, NULL, NULL);
    run_begin(&real, design, latency, &tables);
    if (measure_hits(&real, &trace, device_latencies(ideal.device), &behind)) {
        add(figures, miss, latency, behind.miss, latency + 1.0 + 1.0);
        /* A write waits for the rest of the walk at most. */
        add(figures, hit, latency, behind.hit, write ? behind.miss : 1.0);
    } else {
        failed(figures, hit, &real);
    }
    run_end(&real);
    run_end(&ideal);
    trace_free(&trace);
}

/* --- all of them ------------------------------------------------------------------------ */

static bool write_json(const char *path, const struct figures *figures)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    fprintf(file, "[\n");
    for (unsigned i = 0; i < figures->count; i++)
        fprintf(file, "{\"what\": \"%s\", \"latency\": %u, \"cycles\": %.0f, \"limit\": %.0f}%s\n",
                figures->list[i].what, figures->list[i].latency, figures->list[i].worst,
                figures->list[i].limit, i + 1 < figures->count ? "," : "");
    fprintf(file, "]\n");
    return fclose(file) == 0;
}

unsigned unmaps_run(struct design *design, const struct options *options)
{
    static const struct {
        struct load load;
        const char *what;
    } loads[] = {
        {{.commands = 1}, "single unmap, idle, PR=PW=0"},
        {{.commands = 1, .drain = true}, "single unmap, idle, PR=PW=1"},
        {{.commands = 1, .on = true}, "single unmap, under load, PR=PW=0"},
        {{.commands = 1, .on = true, .drain = true}, "single unmap, under load, PR=PW=1"},
        {{.commands = COMMANDS}, "256 unmaps with one doorbell and one fence"},
    };
    struct figures figures = {.count = 0};

    printf("\n%-58s %4s %9s %9s\n", "cycles, worst of 40", "L", "iommu", "limit");
    for (size_t i = 0; i < sizeof(loads) / sizeof(*loads); i++)
        for (unsigned l = 0; l < 3 && !run_interrupted(); l++)
            if (options->latency == 0 || options->latency == latencies[l])
                unmaps(&figures, design, latencies[l], &loads[i].load, loads[i].what);
    for (int write = 0; write < 2; write++)
        for (unsigned l = 0; l < 3 && !run_interrupted(); l++)
            if (options->latency == 0 || options->latency == latencies[l])
                hits_behind(&figures, design, latencies[l], write != 0);
    if (options->unmaps_json != NULL && !run_interrupted() &&
        !write_json(options->unmaps_json, &figures)) {
        perror(options->unmaps_json);
        figures.failed++;
    }
    return figures.failed;
}
