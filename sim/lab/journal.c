/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "both.h"
#include "journal.h"

static struct {
    FILE *file;
    struct rtl_counts before; /**< of the last burst */
} journal;

bool journal_open(const char *path)
{
    journal.file = fopen(path, "w");
    return journal.file != NULL;
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

void journal_burst(const struct iommu_request *request, const struct rtl_burst *burst)
{
    const struct rtl_counts *counts = rtl_counts();
    struct iommu_response verdict = {.cause = 0};

    if (journal.file == NULL)
        return;
    if (burst->refused)
        both_refusal(&verdict);
    fprintf(journal.file, "B\t%" PRIu64 "\t%" PRIu32 "\t%d\t%" PRIu64 "\t%" PRIx64 "\t%u", now(),
            request->device_id, request->access == IOMMU_WRITE, (uint64_t)request->length,
            request->iova, burst->cycles);
    for (unsigned i = IOMMU_DDT; i <= IOMMU_MSI_PT; i++)
        fprintf(journal.file, "\t%" PRIu64, counts->reads[i] - journal.before.reads[i]);
    fprintf(journal.file, "\t%d\t%u\t%s\t%s\n", burst->refused, verdict.cause,
            verdict.cause == 0 ? "" : iommu_cause_text(verdict.cause),
            verdict.cause == 0 ? "" : iommu_rule_text(verdict.rule));
    journal.before = *counts;
}

void journal_fault(const uint64_t *record)
{
    if (journal.file != NULL)
        fprintf(journal.file,
                "F\t%" PRIu64 "\t%" PRIx64 "\t%" PRIx64 "\t%" PRIx64 "\t%" PRIx64 "\t%s\n", now(),
                record[0], record[1], record[2], record[3],
                iommu_cause_text((uint16_t)(record[0] & IOMMU_FQ_CAUSE_MASK)));
}

void journal_close(void)
{
    const struct rtl_counts *counts = rtl_counts();

    if (journal.file == NULL)
        return;
    for (unsigned i = 0; counts != NULL && i < IOMMU_DATA; i++)
        fprintf(journal.file, "S\t%u\t%" PRIu64 "\t%" PRIu64 "\n", i, counts->reads[i],
                counts->stores[i]);
    fprintf(journal.file, "T\t%" PRIu64 "\t%" PRIu64 "\n", both_compared(), rtl_cycles());
    fclose(journal.file);
    journal.file = NULL;
}
