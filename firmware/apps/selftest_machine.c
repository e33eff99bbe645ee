/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of registers and queues. */
#include "selftest.h"

static enum outcome capabilities_make_sense(struct bench *b)
{
    uint64_t pas = IOMMU_GET(b->iommu.capabilities, IOMMU_CAPABILITIES_PAS);

    CHECK(IOMMU_GET(b->iommu.capabilities, IOMMU_CAPABILITIES_VERSION) == 0x10);
    CHECK((b->iommu.capabilities & IOMMU_CAPABILITIES_RESERVED_MASK) == 0);
    CHECK(pas >= 32 && pas <= 56);
    rvi_write64(&b->iommu, IOMMU_REG_CAPABILITIES, 0);
    CHECK(rvi_read64(&b->iommu, IOMMU_REG_CAPABILITIES) == b->iommu.capabilities);
    return PASSED;
}

static enum outcome registers_read_in_halves(struct bench *b)
{
    uint64_t whole = rvi_read64(&b->iommu, IOMMU_REG_CAPABILITIES);

    CHECK(rvi_read32(&b->iommu, IOMMU_REG_CAPABILITIES) == (uint32_t)whole);
    CHECK(rvi_read32(&b->iommu, IOMMU_REG_CAPABILITIES + 4) == whole >> 32);
    return PASSED;
}

static enum outcome fences_complete(struct bench *b)
{
    for (uint32_t n = 0; n < 600; n++) /* more than twice around the ring */
        CHECK(rvi_post(&b->iommu, rvi_cmd_ddt(true, n)) == RVI_OK);
    CHECK(rvi_sync(&b->iommu) == RVI_OK);
    CHECK(rvi_wait32(&b->iommu, IOMMU_REG_CQH, UINT32_MAX, b->iommu.cq.index) == RVI_OK);
    CHECK(rvi_post(&b->iommu, rvi_cmd_fence(true, true, b->buffer[0] + 4, 0x600d)) == RVI_OK);
    CHECK(rvi_sync(&b->iommu) == RVI_OK);
    CHECK(mmio_read32(b->buffer[0] + 4) == 0x600d && mmio_read32(b->buffer[0]) == 0);
    return PASSED;
}

static enum outcome an_illegal_command_is_recovered(struct bench *b)
{
    struct rvi_command illegal = {{0x7f, 0}};

    CHECK(rvi_post(&b->iommu, rvi_cmd_ddt(false, 0)) == RVI_OK);
    CHECK(rvi_post(&b->iommu, illegal) == RVI_OK);
    CHECK(rvi_post(&b->iommu, rvi_cmd_fence(true, true, b->buffer[0], 0x600d)) == RVI_OK);
    CHECK(rvi_sync(&b->iommu) == RVI_COMMAND_ILLEGAL);
    CHECK((b->iommu.recovery.csr & IOMMU_CQCSR_CMD_ILL_MASK) != 0);
    CHECK(b->iommu.recovery.command.word[0] == 0x7f);
    CHECK(mmio_read32(b->buffer[0]) == 0x600d);
    CHECK(rvi_sync(&b->iommu) == RVI_OK);
    return PASSED;
}

static enum outcome fault_queue_overflow_is_recovered(struct bench *b)
{
    struct rvi_setup setup = bench_setup(b);
    struct rvi_probe what = {.device_id = 1};
    struct rvi_probe_result result;
    struct rvi_fault fault[16];
    struct rvi_drained drained;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip("capabilities lack DBG, and a device needs too long");
    setup.faults.log2_entries = 3;
    CHECK(bench_begin_with(b, &setup) == RVI_OK);
    for (uint32_t n = 0; n < 12; n++) {
        what.iova = n * 4096ull;
        CHECK(rvi_translate(&b->iommu, &what, &result) == RVI_FAULT);
    }
    CHECK(rvi_wait32(&b->iommu, IOMMU_REG_FQCSR, IOMMU_FQCSR_FQOF_MASK, IOMMU_FQCSR_FQOF_MASK) ==
          RVI_OK);
    drained = rvi_drain_faults(&b->iommu, fault, 16);
    CHECK(drained.status == RVI_OK && drained.lost && drained.records == 7);
    for (uint32_t n = 0; n < 7; n++)
        CHECK(fault[n].iotval == n * 4096ull);
    CHECK(rvi_translate(&b->iommu, &what, &result) == RVI_FAULT);
    drained = bench_take(b, fault, 16, 1000000);
    CHECK(drained.records == 1 && !drained.lost);
    return PASSED;
}

static enum outcome page_requests_are_taken(struct bench *b)
{
    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_ATS_MASK))
        return skip("capabilities lack ATS");
    return skip("no device sends page requests");
}

static enum outcome counters_are_there(struct bench *b)
{
    uint32_t count = rvi_count_counters(&b->iommu);
    uint64_t before;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_HPM_MASK))
        return skip("capabilities lack HPM");
    CHECK(count >= 1 && count <= 31);
    rvi_write32(&b->iommu, IOMMU_REG_IOCOUNTINH, 0xfffffffe);
    before = rvi_cycles(&b->iommu);
    for (uint64_t start = machine_cycles(); machine_cycles() - start < 100000;)
        ;
    CHECK(rvi_cycles(&b->iommu) > before);
    rvi_write32(&b->iommu, IOMMU_REG_IOCOUNTINH, 0xffffffff);
    return PASSED;
}

static enum outcome hand_over_keeps_blocking(struct bench *b)
{
    struct rvi_probe what = {.device_id = 1, .iova = 0x5000};
    struct rvi_probe_result result;
    struct rvi next;

    CHECK(rvi_hand_over(&b->iommu, true) == RVI_OK);
    CHECK((rvi_read32(&b->iommu, IOMMU_REG_CQCSR) & IOMMU_CQCSR_CQON_MASK) == 0);
    CHECK((rvi_read32(&b->iommu, IOMMU_REG_FQCSR) & IOMMU_FQCSR_FQON_MASK) != 0);
    CHECK(rvi_open(&next, &b->iommu.bus, &b->memory) == RVI_OK);
    CHECK(next.root == b->iommu.root && next.mode >= IOMMU_DDTP_MODE_1LVL);
    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return PASSED;
    CHECK(rvi_translate(&next, &what, &result) == RVI_FAULT);
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_NOT_VALID, 1, 0x5000));
    return PASSED;
}

const struct selftest machine_tests[] = {
    {"capabilities_make_sense", capabilities_make_sense},
    {"registers_read_in_halves", registers_read_in_halves},
    {"fences_complete", fences_complete},
    {"an_illegal_command_is_recovered", an_illegal_command_is_recovered},
    {"fault_queue_overflow_is_recovered", fault_queue_overflow_is_recovered},
    {"page_requests_are_taken", page_requests_are_taken},
    {"counters_are_there", counters_are_there},
    {"hand_over_keeps_blocking", hand_over_keeps_blocking},
    {NULL, NULL},
};
