// SPDX-License-Identifier: Apache-2.0
//
// The table on the terminal, and build/bench/rtl.json.

#include <math.h>
#include <string.h>

#include "bench.h"

static double ratio(const struct result *result)
{
    return (double)result->ideal_cycles / (double)result->iommu_cycles;
}

static double ratio_of_bound(const struct result *result)
{
    return result->bound_cycles / (double)result->iommu_cycles;
}

void report_header(void)
{
    printf("%-10s %-27s %4s %3s %9s %9s %9s %6s %6s %6s %6s %6s %6s\n", "workload", "variant", "L",
           "Q", "wires", "iommu", "bound", "ratio", "/bound", "reads", "p50", "p99", "wait");
}

void report_row(const struct result *result)
{
    const struct row *row = result->row;

    printf("%-10s %-27s %4u %3u %9llu ", workload_name(row->workload), row->variant, row->latency,
           row->window, (unsigned long long)result->ideal_cycles);
    if (result->failure[0] != '\0')
        printf("FAILED: %s\n", result->failure);
    else if (result->iommu_cycles == 0)
        printf("%9s %9.0f\n", "-", result->bound_cycles);
    else
        printf("%9llu %9.0f %6.3f %6.3f %6.3f %6lld %6lld %6llu\n",
               (unsigned long long)result->iommu_cycles, result->bound_cycles, ratio(result),
               ratio_of_bound(result), result->walk_reads_per_miss, (long long)result->added_p50,
               (long long)result->added_p99, (unsigned long long)result->longest_wait);
    fflush(stdout);
}

static void churn_cost(const struct result *results, size_t count);

void report_summary(const struct result *results, size_t count)
{
    double product = 0, worst = HUGE_VAL, cycles = 0, time = 0, w2_cycles = 0, w2_time = 0;
    size_t measured = 0, failed = 0, below = 0, late = 0, cold = 0, wires_late = 0;

    for (size_t i = 0; i < count; i++) {
        const struct result *result = &results[i];

        failed += result->failure[0] != '\0';
        if (result->failure[0] != '\0' || result->iommu_cycles == 0)
            continue;
        measured++;
        product += log(ratio_of_bound(result));
        worst = fmin(worst, ratio_of_bound(result));
        below += ratio_of_bound(result) < 0.95;
        late += result->longest_wait > result->wait_limit;
        cold += result->longest_wait > result->wait_limit &&
                result->longest_wait_burst < 2 * result->row->window;
        wires_late +=
            result->longest_wait > result->wait_limit && result->wires_wait > result->wait_limit;
        cycles += (double)result->iommu_cycles;
        time += result->seconds;
        if (result->row->workload == W2) {
            w2_cycles += (double)result->iommu_cycles;
            w2_time += result->seconds;
        }
    }
    printf("%zu rows, %zu failed", count, failed);
    if (measured > 0)
        printf("; bound/iommu: geometric mean %.3f, worst %.3f, %zu below 0.95; simulated at "
               "%.0f kcycles/s",
               exp(product / (double)measured), worst, below, cycles / time / 1000);
    if (measured > 0)
        printf("; %zu wait longer than 4L + 16t + the walks ahead, %zu of them over wires as well, "
               "and in %zu it is one of the first that does",
               late, wires_late, cold);
    if (w2_time > 0)
        printf(", W2 %.0f", w2_cycles / w2_time / 1000);
    printf("\n");
    churn_cost(results, count);
}

/* What unmaps cost others: data throughput, and table reads for the hot set. */
static void churn_cost(const struct result *results, size_t count)
{
    const struct result *quiet = NULL;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            const struct result *churn = &results[i];

            quiet = &results[j];
            if (churn->row->workload != W8 || churn->row->unmap == 0 ||
                quiet->row->workload != W8 || quiet->row->unmap != 0 ||
                churn->row->latency != quiet->row->latency || churn->iommu_cycles == 0 ||
                quiet->iommu_cycles == 0)
                continue;
            printf("W8, %s, L=%u: %.2f %% more cycles", churn->row->variant, churn->row->latency,
                   100.0 * ((double)churn->iommu_cycles / (double)quiet->iommu_cycles - 1));
            /* A perfect one reads nothing. */
            if (quiet->hot_reads > 0)
                printf(", %.2f %% more reads for the hot set (%llu)",
                       100.0 * ((double)churn->hot_reads / (double)quiet->hot_reads - 1),
                       (unsigned long long)churn->hot_reads);
            printf("\n");
        }
}

static void json_row(FILE *file, const struct result *result, bool last)
{
    const struct row *row = result->row;

    fprintf(file, "{\"workload\": \"%.2s\", \"variant\": \"%s\", \"latency\": %u, \"window\": %u, ",
            workload_name(row->workload), row->variant, row->latency, row->window);
    fprintf(file, "\"ideal_cycles\": %llu, \"iommu_cycles\": %llu, \"bound_cycles\": %.0f, ",
            (unsigned long long)result->ideal_cycles, (unsigned long long)result->iommu_cycles,
            result->bound_cycles);
    fprintf(file, "\"ratio\": %.4f, \"ratio_of_bound\": %.4f, \"walk_reads_per_miss\": %.4f, ",
            ratio(result), ratio_of_bound(result), result->walk_reads_per_miss);
    fprintf(file,
            "\"added_latency_p50\": %lld, \"added_latency_p99\": %lld, \"longest_wait\": %llu, ",
            (long long)result->added_p50, (long long)result->added_p99,
            (unsigned long long)result->longest_wait);
    fprintf(file, "\"longest_wait_burst\": %u, \"wires_wait\": %llu, \"wait_limit\": %llu}%s\n",
            result->longest_wait_burst, (unsigned long long)result->wires_wait,
            (unsigned long long)result->wait_limit, last ? "" : ",");
}

bool report_json(const char *path, const struct result *results, size_t count)
{
    FILE *file = fopen(path, "w");
    size_t last = count;

    if (file == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (results[i].failure[0] == '\0' && results[i].iommu_cycles > 0)
            last = i;
    fprintf(file, "[\n");
    for (size_t i = 0; i < count; i++)
        if (results[i].failure[0] == '\0' && results[i].iommu_cycles > 0)
            json_row(file, &results[i], i == last);
    fprintf(file, "]\n");
    return fclose(file) == 0;
}
