/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, as JSON for page.py. Comes after report_print(), which sorts the latencies. */
#include <inttypes.h>
#include <stdio.h>

#include "demo.h"

static void numbers32(FILE *file, const char *name, const uint32_t *values, unsigned count)
{
    fprintf(file, "\"%s\": [", name);
    for (unsigned i = 0; i < count; i++)
        fprintf(file, "%s%" PRIu32, i == 0 ? "" : ", ", values[i]);
    fprintf(file, "]");
}

static void device(FILE *file, unsigned who)
{
    const struct account *of = &account[who];
    unsigned slices = (unsigned)(bench.cycle / slice_cycles) + 1;

    fprintf(file,
            "{\"name\": \"%s\", \"id\": %u, \"reads\": %lu, \"writes\": %lu, \"refused\": %lu, "
            "\"bytes_read\": %lu, \"bytes_written\": %lu, \"counted\": %" PRIu64
            ", \"misses\": %" PRIu64 ", ",
            device_names[who], device_ids[who], of->reads, of->writes, of->refused, of->bytes_read,
            of->bytes_written, of->counted, of->misses);
    numbers32(file, "slices", of->slice, slices < SLICES ? slices : SLICES);
    fprintf(file, ", \"latency\": [");
    for (unsigned i = 0; i < of->samples; i++)
        fprintf(file, "%s%u", i == 0 ? "" : ", ", of->latency[i]);
    fprintf(file, "]}");
}

static void records(FILE *file)
{
    fprintf(file, "\"records\": [");
    for (unsigned i = 0; i < logged_count; i++) {
        const struct fault_record *record = &logged[i].record;

        fprintf(file,
                "%s{\"read_at\": %" PRIu64 ", \"cause\": %u, \"text\": \"%s\", \"ttyp\": %u, "
                "\"device\": %u, \"process\": %s, \"iotval\": \"%#" PRIx64
                "\", \"iotval2\": \"%#" PRIx64 "\"}",
                i == 0 ? "" : ", ", logged[i].read_at, record->cause,
                iommu_cause_text(record->cause), record->ttyp, record->did,
                record->pv ? "true" : "false", record->iotval, record->iotval2);
    }
    fprintf(file, "]");
}

static void blocked(FILE *file)
{
    fprintf(file, "\"blocked\": [");
    for (unsigned i = 0; i < refusal_count; i++) {
        const struct refusal *refusal = &refusals[i];

        fprintf(file,
                "%s{\"cycle\": %" PRIu64 ", \"who\": %u, \"attempt\": %u, \"cause\": %u, "
                "\"text\": \"%s\", \"rule\": \"%s\", \"why\": \"%s\"}",
                i == 0 ? "" : ", ", refusal->cycle, refusal->who, refusal->attempt, refusal->cause,
                iommu_cause_text(refusal->cause), iommu_rule_name((enum iommu_rule)refusal->rule),
                iommu_rule_text((enum iommu_rule)refusal->rule));
    }
    fprintf(file, "], \"attempts\": [");
    for (unsigned i = 0; i < ATTEMPTS; i++)
        fprintf(file, "%s{\"what\": \"%s\", \"times\": %u, \"blocked\": %u}", i == 0 ? "" : ", ",
                attempts[i].what, attempts[i].times, attempts[i].blocked);
    fprintf(file, "]");
}

static void tables(FILE *file)
{
    fprintf(file, "\"structures\": [");
    for (unsigned i = 0; i < 12; i++)
        fprintf(file, "%s{\"reads\": %lu, \"stores\": %lu}", i == 0 ? "" : ", ", structure_reads[i],
                structure_stores[i]);
    fprintf(file, "], \"files\": [");
    for (unsigned i = 0; i < FILES; i++)
        fprintf(file, "%s[%u, %u, %u, %u]", i == 0 ? "" : ", ", interrupts[i].by[NIC],
                interrupts[i].by[NVME], interrupts[i].by[GUEST], interrupts[i].by[ROGUE]);
    fprintf(file, "]");
}

bool report_write(const char *path, double seconds)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file,
            "{\"cycles\": %" PRIu64 ", \"seconds\": %.2f, \"slice\": %u, \"compared\": %lu, "
            "\"fault_records\": %lu, \"commands\": %lu, \"fences\": %lu, \"registers\": %lu, "
            "\"words\": %lu, \"revoked\": %" PRIu64 ",\n\"packets\": %u, \"unmaps\": %u, "
            "\"disk_reads\": %u, \"disk_writes\": %u, \"jobs\": %u, \"letters\": %u,\n"
            "\"devices\": [",
            bench.cycle, seconds, slice_cycles, counts.compared, counts.records, counts.commands,
            counts.fences, counts.registers, words_verified, rogue_totals.revoked,
            nic_totals.packets, nic_totals.unmaps, nvme_totals.reads, nvme_totals.writes,
            guest_totals.works, rogue_totals.letters);
    for (unsigned who = 0; who < CAST; who++) {
        fprintf(file, "%s\n", who == 0 ? "" : ",");
        device(file, who);
    }
    fprintf(file, "],\n");
    records(file);
    fprintf(file, ",\n");
    blocked(file);
    fprintf(file, ",\n");
    tables(file);
    fprintf(file, "}\n");
    return fclose(file) == 0;
}
