/* SPDX-License-Identifier: Apache-2.0 */
/* The selftest's bench: the IOMMU anew for each test, and what the tests have in common. */
#include "selftest.h"

#define PATIENCE 1000000u /* cycles to wait for a record that has to come */
#define MOMENT 1000u      /* and for one that must not */

static const char *reason;

enum outcome skip(const char *why)
{
    reason = why;
    return SKIPPED;
}

enum outcome fail(const char *file, int line, const char *what)
{
    print("     %s:%u: %s\n", file, (uint32_t)line, what);
    reason = what;
    return FAILED;
}

/* --- the bench --- */

struct rvi_setup bench_setup(struct bench *b)
{
    struct rvi_setup setup = {
        .device_id_bits = 16, /* PCI, one segment */
        .wires = !b->messages,
        .commands = {0, 8},
        .faults = {0, 7},
    };
    uint64_t word = 0;

    b->region = b->afresh;
    rvi_take(&b->memory, &b->pages, 4096, &setup.commands.address);
    rvi_take(&b->memory, &b->pages, 4096, &setup.faults.address);
    rvi_take(&b->memory, &b->pages, 4096, &setup.root);
    rvi_take(&b->memory, &b->pages, 4096, &word);
    setup.fence_word = word;
    if (rvi_has(&b->iommu, IOMMU_CAPABILITIES_ATS_MASK)) {
        setup.requests.log2_entries = 8;
        rvi_take(&b->memory, &b->pages, 4096, &setup.requests.address);
    }
    return setup;
}

enum rvi_status bench_begin_with(struct bench *b, const struct rvi_setup *setup)
{
    enum rvi_status status = rvi_quiesce(&b->iommu);

    if (status == RVI_OK)
        status = rvi_init(&b->iommu, setup);
    b->ddt = rvi_ddt_of(&b->iommu, b->pages);
    for (int i = 0; i < 4 && status == RVI_OK; i++)
        status = rvi_take(&b->memory, &b->pages, 4096, &b->buffer[i]);
    return status;
}

enum rvi_status bench_begin(struct bench *b)
{
    struct rvi_setup setup = bench_setup(b);

    return bench_begin_with(b, &setup);
}

enum rvi_status bench_context(struct bench *b, enum rvi_format format, struct rvi_table *table,
                              struct rvi_dc *dc)
{
    enum rvi_status status = rvi_table_make(table, &b->memory, &b->pages, format);
    const struct rvi_dc empty = {.tc = IOMMU_DC_TC_V_MASK};

    *dc = empty;
    if (rvi_format_guest(format))
        dc->iohgatp = rvi_table_pointer(table) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 1);
    else
        dc->fsc = rvi_table_pointer(table);
    dc->ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, 1);
    return status;
}

bool bench_deviates(struct bench *b, enum deviation deviation)
{
    static const char *const names[] = {"response-layout", "response-superpage", "record-msi"};

    if (b->qemu && !b->noted[deviation])
        print("note %s\n", names[deviation]);
    b->noted[deviation] = true;
    return b->qemu;
}

/* A record may come after what made it has been answered: look for it for a while. */
struct rvi_drained bench_take(struct bench *b, struct rvi_fault *fault, uint32_t max, uint64_t wait)
{
    uint64_t start = machine_cycles();
    struct rvi_drained drained;

    do
        drained = rvi_drain_faults(&b->iommu, fault, max);
    while (drained.records == 0 && drained.status == RVI_OK && machine_cycles() - start < wait);
    return drained;
}

bool bench_fault(struct bench *b, uint16_t cause, uint32_t device_id, uint64_t iova)
{
    struct rvi_fault fault[2] = {0};
    struct rvi_drained drained = bench_take(b, fault, 2, PATIENCE);

    if (drained.records == 1 && fault[0].cause == cause && fault[0].device_id == device_id &&
        fault[0].iotval == iova)
        return true;
    print("     %u records; cause %u, device_id %x, iotval %lx\n", drained.records, fault[0].cause,
          fault[0].device_id, fault[0].iotval);
    return false;
}

bool bench_no_fault(struct bench *b)
{
    struct rvi_fault fault = {0};
    struct rvi_drained drained = bench_take(b, &fault, 1, MOMENT);

    if (drained.records == 0 && drained.status == RVI_OK)
        return true;
    print("     unexpected fault %u, device_id %x, iotval %lx\n", fault.cause, fault.device_id,
          fault.iotval);
    return false;
}

enum rvi_format bench_format(struct bench *b, bool guest)
{
    enum rvi_format format = guest ? RVI_SV57X4 : RVI_SV57;
    enum rvi_format last = guest ? RVI_SV39X4 : RVI_SV39;

    for (; format >= last; format--) {
        if (rvi_format_supported(b->iommu.capabilities, format))
            return format;
    }
    return RVI_FORMATS;
}

/* --- running --- */

static void run_group(struct bench *b, const struct selftest *test, uint32_t counts[3])
{
    static const char *const words[] = {"ok  ", "FAIL", "skip"};

    for (; test->name != NULL; test++) {
        enum rvi_status status = bench_begin(b);
        enum outcome outcome = FAILED;

        reason = NULL;
        if (status == RVI_OK)
            outcome = test->run(b);
        else
            print("     cannot begin: %s\n", rvi_status_text(status));
        counts[outcome]++;
        print("%s %s", words[outcome], test->name);
        if (outcome == SKIPPED)
            print(": %s", reason);
        print("\n");
    }
}

void bench_run(struct bench *b, uint32_t counts[3])
{
    uint64_t igs = IOMMU_GET(b->iommu.capabilities, IOMMU_CAPABILITIES_IGS);

    b->wires = igs == IOMMU_IGS_WSI || igs == IOMMU_IGS_BOTH;
    b->messages = igs == IOMMU_IGS_MSI || igs == IOMMU_IGS_BOTH;
    run_group(b, machine_tests, counts);
    run_group(b, probe_tests, counts);
    run_group(b, dma_tests, counts);
    rvi_quiesce(&b->iommu);
    print("%u passed, %u failed, %u skipped\n", counts[PASSED], counts[FAILED], counts[SKIPPED]);
}
