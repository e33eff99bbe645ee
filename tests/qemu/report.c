/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <inttypes.h>

void report_request(FILE *file, const struct request *r)
{
    static const char *const kind[] = {"debug translation", "DMA read", "DMA write", "message"};
    fprintf(file, "  %s of device 0x%x", kind[r->kind], r->device_id);
    if (r->process_id_valid)
        fprintf(file, ", process 0x%x%s", r->process_id, r->privileged ? " as supervisor" : "");
    fprintf(file, ", iova 0x%" PRIx64 ", length %u%s%s", r->iova, r->length,
            r->no_write ? ", NW" : "", r->execute ? ", Exe" : "");
    if (r->kind == REQUEST_MESSAGE)
        fprintf(file, ", data 0x%x", r->data);
    fprintf(file, "\n");
}

void report_walk(FILE *file, const struct whatif *w)
{
    static const char *const kind[] = {"DDTE", "DC",      "PDTE",   "PC",     "PTE1",
                                       "PTE2", "MSI PTE", "update", "cached", "rule"};
    for (unsigned i = 0; i < w->steps; i++) {
        const struct iommu_step *s = &w->step[i];
        fprintf(file, "    %-7s level %u at 0x%" PRIx64 " for 0x%" PRIx64 "%s%s:", kind[s->kind],
                s->level, s->address, s->input, s->implicit ? " implicit" : "",
                s->leaf ? " leaf" : "");
        for (unsigned j = 0; j < s->words && j < 8; j++)
            fprintf(file, " %" PRIx64, s->value[j]);
        if (s->rule != IOMMU_RULE_NONE)
            fprintf(file, "  -> %s", iommu_rule_name(s->rule));
        fprintf(file, "\n");
    }
}

static void report_record(FILE *file, const struct record *r)
{
    uint64_t first = r->word[0];
    fprintf(file,
            "    record: cause %u, TTYP %u, DID 0x%x, PV %u, PID 0x%x, PRIV %u, custom 0x%" PRIx64
            ", iotval 0x%" PRIx64 ", iotval2 0x%" PRIx64 "\n",
            (unsigned)IOMMU_GET(first, IOMMU_FQ_CAUSE), (unsigned)IOMMU_GET(first, IOMMU_FQ_TTYP),
            (unsigned)IOMMU_GET(first, IOMMU_FQ_DID), (unsigned)IOMMU_GET(first, IOMMU_FQ_PV),
            (unsigned)IOMMU_GET(first, IOMMU_FQ_PID), (unsigned)IOMMU_GET(first, IOMMU_FQ_PRIV),
            r->word[1], r->word[2], r->word[3]);
}

void report_forecast(FILE *file, const char *name, const struct forecast *f)
{
    fprintf(file, "  %s: ", name);
    if (f->fault)
        fprintf(file, "fault %u (%s), %s\n", f->cause, iommu_cause_text(f->cause),
                f->recorded ? "recorded" : "not recorded");
    else
        fprintf(file, "address 0x%" PRIx64 " (target %u), response 0x%" PRIx64 "%s\n", f->address,
                f->target, f->response, f->lost ? ", lost" : "");
    if (f->recorded)
        report_record(file, &f->record);
}

void report_seen(FILE *file, const char *name, const struct seen *seen)
{
    fprintf(file, "  %s: response 0x%" PRIx64 ", %u records\n", name, seen->response,
            seen->records);
    for (unsigned i = 0; i < seen->records && i < RECORDS; i++)
        report_record(file, &seen->record[i]);
}
