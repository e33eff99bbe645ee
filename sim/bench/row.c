// SPDX-License-Identifier: Apache-2.0
//
// One row: the bound, the run over plain wires, the run over the IOMMU, and what they tell.

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "iommu_regs.h"

static uint8_t *walk_store(void)
{
    static uint8_t *store;

    if (store == NULL)
        store = calloc(1, STORE_BYTES);
    return store;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* --- W8's software ---------------------------------------------------------------------- */

struct churn {
    const struct row *row;
    const struct trace *trace;
    uint32_t packet;  /* the first that is not unmapped yet */
    uint32_t packets; /* of the trace */
    uint32_t rung;    /* tail that the IOMMU has been told */
    uint32_t of_packet;
};

/* Unmap what is done, in whole groups; the IOMMU is told when the last write is answered. */
static void churn_step(struct run *run, void *context)
{
    struct churn *churn = context;
    uint32_t group = churn->row->unmap;

    if (churn->packet + group <= churn->packets) {
        uint32_t last = churn->packet + group - 1;
        bool done = device_done(run->device, last * churn->of_packet + 1) &&
                    device_done(run->device, last * churn->of_packet + 2);

        /* Packets end in their order but for the window's reach. */
        for (uint32_t i = churn->packet; done && i < last; i++)
            done = device_done(run->device, i * churn->of_packet + 1);
        if (done) {
            for (uint32_t i = churn->packet; i <= last; i++) {
                uint64_t iova = churn->trace->bursts[i * churn->of_packet + 1].iova;

                tables_unmap(run->tables, 0, iova);
                command_unmap(run, 0, iova);
            }
            command_fence(run, true, last);
            churn->packet = last + 1;
        }
    }
    if (churn->rung != run->tail && csr_post(run, IOMMU_REG_CQT, 4, run->tail))
        churn->rung = run->tail;
}

/* --- results ---------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void latencies(const struct trace *trace, const uint32_t *ideal, const uint32_t *real,
                      struct result *result)
{
    int64_t *added = malloc(trace->count * sizeof(*added));

    for (uint32_t i = 0; i < trace->count; i++) {
        added[i] = (int64_t)real[i] - (int64_t)ideal[i];
        if (real[i] > result->longest_wait) {
            result->longest_wait = real[i];
            result->longest_wait_burst = i;
        }
        if (ideal[i] > result->wires_wait)
            result->wires_wait = ideal[i];
    }
    qsort(added, trace->count, sizeof(*added), compare);
    result->added_p50 = added[trace->count / 2];
    result->added_p99 = added[(uint64_t)trace->count * 99 / 100];
    free(added);
}

static void check_faults(struct run *run)
{
    uint64_t tail = 0, cqcsr = 0;

    if (!csr_read(run, IOMMU_REG_FQT, 4, &tail) || !csr_read(run, IOMMU_REG_CQCSR, 4, &cqcsr))
        return;
    if (tail != 0)
        run_fail(run, "%u faults, the first of cause %u", (unsigned)tail,
                 (unsigned)(*tables_word(run->tables, QUEUE_FAULTS) & IOMMU_FQ_CAUSE_MASK));
    if (cqcsr & (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK))
        run_fail(run, "cqcsr is 0x%x", (unsigned)cqcsr);
}

/* The device context's size is what the IOMMU says that it can do. */
static unsigned context_bytes(struct design *design)
{
    struct tables tables = {.store = walk_store()};
    struct run run;
    uint64_t capabilities = IOMMU_CAPABILITIES_MSI_FLAT_MASK;

    if (design != NULL) {
        run_begin(&run, design, 10, &tables);
        if (!csr_read(&run, IOMMU_REG_CAPABILITIES, 8, &capabilities))
            fprintf(stderr, "%s\n", run.failure);
        run_end(&run);
    }
    return capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK ? 64 : 32;
}

void tables_open(struct tables *tables, struct design *design)
{
    static unsigned bytes;

    if (bytes == 0)
        bytes = context_bytes(design);
    memset(tables, 0, sizeof(*tables));
    tables->store = walk_store();
    tables->next_page = STORE_PAGES; /* what an earlier row has left is cleared */
    tables_reset(tables, bytes);
}

static void run_real(struct run *run, const struct row *row, const struct trace *trace,
                     struct result *result)
{
    struct churn churn = {.row = row, .trace = trace, .of_packet = row->hot ? 7 : 3};
    uint64_t start, before[4];
    double begin = seconds();

    churn.packets = trace->count / churn.of_packet;
    if (!run_start_iommu(run))
        return;
    memcpy(before, memory_reads(run->walk), sizeof(before));
    start = run->cycle;
    run->device = device_new(trace, row->workload == W4 ? 16 : row->window, true);
    if (!run_until_idle(run, row->unmap ? churn_step : NULL, &churn))
        return;
    result->iommu_cycles = run->cycle - start;
    result->seconds = seconds() - begin;
    result->hot_reads = memory_reads(run->walk)[USE_HOT] - before[USE_HOT];
    result->walk_reads_per_miss =
        (double)(memory_reads(run->walk)[USE_TABLE] - before[USE_TABLE] + result->hot_reads);
    check_faults(run);
}

void row_run(const struct row *row, const struct options *options, struct design *design,
             struct result *result)
{
    static struct tables tables;
    struct trace trace;
    struct run ideal, real = {0};
    struct bound bound;
    const struct sizes base = {.iotlb = 4096, .walk_cache = 512, .contexts = 64, .walks = 32};

    memset(result, 0, sizeof(*result));
    result->row = row;
    tables_open(&tables, design);
    row_build(row, options->bursts, &trace, &tables);
    bound = bound_find(row, &trace, &tables, design != NULL ? &design->sizes : &base);
    result->bound_cycles = bound.cycles;
    result->wait_limit = bound.wait;

    run_begin(&ideal, &plain_wires, row->latency, NULL);
    ideal.device = device_new(&trace, row->workload == W4 ? 16 : row->window, false);
    if (run_until_idle(&ideal, NULL, NULL))
        result->ideal_cycles = ideal.cycle;
    memcpy(result->failure, ideal.failure, sizeof(result->failure));

    if (options->perfect)
        design =
            perfect_new(row, &tables, design != NULL ? &design->sizes : &base, options->breakage);
    if (design != NULL && result->failure[0] == '\0') {
        run_begin(&real, design, row->latency, &tables);
        run_real(&real, row, &trace, result);
        if (real.failure[0] == '\0' && real.device != NULL && !run_interrupted()) {
            latencies(&trace, device_latencies(ideal.device), device_latencies(real.device),
                      result);
            result->walk_reads_per_miss /= bound.misses > 0 ? (double)bound.misses : 1;
        }
        memcpy(result->failure, real.failure, sizeof(result->failure));
        run_end(&real);
    }
    if (options->perfect)
        design->close(design);
    run_end(&ideal);
    trace_free(&trace);
}
