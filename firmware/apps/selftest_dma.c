/* SPDX-License-Identifier: Apache-2.0 */
/* Tests with a device that does DMA. */
#include "selftest.h"

#define IOVA 0x12345000u
#define PATTERN 0x0123456789abcdefull
#define PATTERN_LOW 0x89abcdefull

/* Transfers that fault are of 4 bytes: how a larger one is cut, and how many records that makes,
 * is the bridge's matter. */
static const char no_device[] = "no edu device for DMA";
static const char no_first_stage[] = "capabilities lack a first stage";
static const char no_second_stage[] = "capabilities lack a second stage";

static uint64_t peek(uint64_t address)
{
    return mmio_read64(address);
}

/* Fill the device's buffer from `source` through an identity window, so that later writes of
 * the device carry a known pattern. */
static enum rvi_status load_device(struct bench *b, struct rvi_table *table, uint64_t iova,
                                   uint64_t page)
{
    enum rvi_status status =
        rvi_map(table, iova, page, 4096, RVI_READ | RVI_WRITE | RVI_USER, NULL);

    for (uint64_t i = 0; i < 64; i += 8)
        mmio_write64(page + i, PATTERN + i);
    return status == RVI_OK && edu_from_memory(&b->edu, iova, 64) ? RVI_OK : RVI_TIMEOUT;
}

static enum outcome dma_through(struct bench *b, enum rvi_format format)
{
    struct rvi_table table;
    struct rvi_dc dc;

    if (b->edu.base == 0)
        return skip(no_device);
    if (!rvi_format_supported(b->iommu.capabilities, format))
        return skip("capabilities lack this format");
    CHECK(bench_context(b, format, &table, &dc) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(load_device(b, &table, IOVA, b->buffer[0]) == RVI_OK);
    CHECK(rvi_map(&table, IOVA + 0x10000, b->buffer[1], 4096, RVI_READ | RVI_WRITE | RVI_USER,
                  NULL) == RVI_OK);
    CHECK(edu_to_memory(&b->edu, IOVA + 0x10040, 64));
    CHECK(bench_no_fault(b));
    for (uint64_t i = 0; i < 64; i += 8)
        CHECK(peek(b->buffer[1] + 0x40 + i) == PATTERN + i);
    CHECK(peek(b->buffer[1] + 0x38) == 0 && peek(b->buffer[1] + 0x80) == 0);
    return PASSED;
}

static enum outcome dma_through_sv39(struct bench *b)
{
    return dma_through(b, RVI_SV39);
}

static enum outcome dma_through_sv48(struct bench *b)
{
    return dma_through(b, RVI_SV48);
}

static enum outcome dma_through_sv57(struct bench *b)
{
    return dma_through(b, RVI_SV57);
}

static enum outcome dma_through_sv39x4(struct bench *b)
{
    return dma_through(b, RVI_SV39X4);
}

static enum outcome dma_through_sv48x4(struct bench *b)
{
    return dma_through(b, RVI_SV48X4);
}

static enum outcome dma_through_sv57x4(struct bench *b)
{
    return dma_through(b, RVI_SV57X4);
}

static enum outcome dma_blocked_by_default(struct bench *b)
{
    if (b->edu.base == 0)
        return skip(no_device);
    mmio_write64(b->buffer[0], PATTERN);
    CHECK(edu_to_memory(&b->edu, b->buffer[0], 4));
    CHECK(peek(b->buffer[0]) == PATTERN);
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_NOT_VALID, b->edu.device_id, b->buffer[0]));
    return PASSED;
}

static enum outcome dma_blocked_when_off(struct bench *b)
{
    if (b->edu.base == 0)
        return skip(no_device);
    CHECK(rvi_block_all(&b->iommu) == RVI_OK);
    mmio_write64(b->buffer[0], PATTERN);
    CHECK(edu_to_memory(&b->edu, b->buffer[0], 4));
    CHECK(peek(b->buffer[0]) == PATTERN);
    CHECK(bench_fault(b, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, b->edu.device_id, b->buffer[0]));
    return PASSED;
}

static enum outcome dma_write_needs_permission(struct bench *b)
{
    struct rvi_table table;
    struct rvi_dc dc;

    if (b->edu.base == 0)
        return skip(no_device);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(load_device(b, &table, IOVA, b->buffer[0]) == RVI_OK);
    CHECK(rvi_map(&table, 0x1000, b->buffer[1], 4096, RVI_READ | RVI_USER, NULL) == RVI_OK);
    /* The write first: what the machine caches of a read may stop it without a record. */
    CHECK(edu_to_memory(&b->edu, 0x1010, 4));
    CHECK(peek(b->buffer[1] + 0x10) == 0);
    CHECK(bench_fault(b, IOMMU_CAUSE_WRITE_PAGE_FAULT, b->edu.device_id, 0x1010));
    CHECK(edu_from_memory(&b->edu, 0x1000, 4));
    CHECK(bench_no_fault(b));
    CHECK(edu_to_memory(&b->edu, 0x1010, 4));
    CHECK(peek(b->buffer[1] + 0x10) == 0);
    return PASSED;
}

static enum outcome dma_needs_user_pages(struct bench *b)
{
    struct rvi_table table;
    struct rvi_dc dc;

    if (b->edu.base == 0)
        return skip(no_device);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(rvi_map(&table, IOVA, b->buffer[0], 4096, RVI_READ | RVI_WRITE, NULL) == RVI_OK);
    mmio_write64(b->buffer[0], PATTERN);
    CHECK(edu_to_memory(&b->edu, IOVA, 4));
    CHECK(peek(b->buffer[0]) == PATTERN);
    CHECK(bench_fault(b, IOMMU_CAUSE_WRITE_PAGE_FAULT, b->edu.device_id, IOVA));
    return PASSED;
}

static enum outcome dma_outside_the_map_faults(struct bench *b)
{
    struct rvi_table table;
    struct rvi_dc dc;

    if (b->edu.base == 0)
        return skip(no_device);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(edu_from_memory(&b->edu, IOVA + 8, 4));
    CHECK(bench_fault(b, IOMMU_CAUSE_READ_PAGE_FAULT, b->edu.device_id, IOVA + 8));
    return PASSED;
}

static enum outcome dma_after_unmap_faults(struct bench *b)
{
    struct rvi_scope scope = {.process = true, .pscid = 1};
    struct rvi_table table;
    struct rvi_dc dc;

    if (b->edu.base == 0)
        return skip(no_device);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(load_device(b, &table, IOVA, b->buffer[0]) == RVI_OK); /* cached now */
    CHECK(rvi_unmap(&b->iommu, &table, &scope, IOVA, 4096) == RVI_OK);
    mmio_write64(b->buffer[0], 0);
    CHECK(edu_to_memory(&b->edu, IOVA, 4));
    CHECK(peek(b->buffer[0]) == 0);
    CHECK(bench_fault(b, IOMMU_CAUSE_WRITE_PAGE_FAULT, b->edu.device_id, IOVA));
    CHECK(rvi_map(&table, IOVA, b->buffer[2], 4096, RVI_READ | RVI_WRITE | RVI_USER, NULL) ==
          RVI_OK);
    CHECK(edu_to_memory(&b->edu, IOVA, 4));
    CHECK(bench_no_fault(b) && peek(b->buffer[2]) == PATTERN_LOW && peek(b->buffer[0]) == 0);
    return PASSED;
}

static enum outcome dma_after_detach_faults(struct bench *b)
{
    struct rvi_table table;
    struct rvi_dc dc;

    if (b->edu.base == 0)
        return skip(no_device);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(load_device(b, &table, IOVA, b->buffer[0]) == RVI_OK);
    CHECK(rvi_detach(&b->iommu, &b->ddt, b->edu.device_id) == RVI_OK);
    CHECK(edu_from_memory(&b->edu, IOVA, 4));
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_NOT_VALID, b->edu.device_id, IOVA));
    return PASSED;
}

static enum outcome dma_through_two_stages(struct bench *b)
{
    enum rvi_format guest = bench_format(b, true);
    struct rvi_table first, second;
    uint64_t gpa = 0x40000000, start = b->afresh.next & ~0xfffull;
    struct rvi_dc dc;

    if (b->edu.base == 0)
        return skip(no_device);
    if (guest == RVI_FORMATS || bench_format(b, false) == RVI_FORMATS)
        return skip("capabilities lack one of the stages");
    CHECK(bench_context(b, bench_format(b, false), &first, &dc) == RVI_OK);
    CHECK(rvi_table_make(&second, &b->memory, &b->pages, guest) == RVI_OK);
    dc.iohgatp = rvi_table_pointer(&second) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 3);
    /* The guest sees its tables where they are, and its data elsewhere. */
    CHECK(rvi_map(&second, start, start, b->afresh.end - start, RVI_READ | RVI_WRITE, NULL) ==
          RVI_OK);
    CHECK(rvi_map(&second, gpa, b->buffer[0], 4096, RVI_READ | RVI_WRITE, NULL) == RVI_OK);
    CHECK(rvi_map(&second, gpa + 0x1000, b->buffer[1], 4096, RVI_READ, NULL) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(rvi_map(&first, IOVA, gpa, 0x3000, RVI_READ | RVI_WRITE | RVI_USER, NULL) == RVI_OK);
    mmio_write64(b->buffer[0], PATTERN);
    CHECK(edu_from_memory(&b->edu, IOVA, 4) && edu_to_memory(&b->edu, IOVA + 0x800, 4));
    CHECK(bench_no_fault(b) && peek(b->buffer[0] + 0x800) == PATTERN_LOW);
    CHECK(edu_to_memory(&b->edu, IOVA + 0x1008, 4)); /* the second stage forbids it */
    CHECK(peek(b->buffer[1] + 8) == 0);
    CHECK(bench_fault(b, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, b->edu.device_id, IOVA + 0x1008));
    CHECK(edu_from_memory(&b->edu, IOVA + 0x2008, 4)); /* the second stage lacks it */
    CHECK(bench_fault(b, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, b->edu.device_id, IOVA + 0x2008));
    return PASSED;
}

static enum outcome dma_is_counted(struct bench *b)
{
    struct rvi_counter_filter own = {.device = true, .device_id = b->edu.device_id};
    struct rvi_counter_filter other = {.device = true, .device_id = b->edu.device_id ^ 0x100};
    struct rvi_table table;
    struct rvi_dc dc;
    uint64_t before;

    if (b->edu.base == 0)
        return skip(no_device);
    if (rvi_count_counters(&b->iommu) < 3)
        return skip("fewer than three counters");
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) == RVI_OK);
    CHECK(load_device(b, &table, IOVA, b->buffer[0]) == RVI_OK);
    CHECK(rvi_start_counter(&b->iommu, 1, IOMMU_HPM_EVENT_UNTRANSLATED_REQ, NULL, 0) == RVI_OK);
    CHECK(rvi_start_counter(&b->iommu, 2, IOMMU_HPM_EVENT_UNTRANSLATED_REQ, &own, 0) == RVI_OK);
    CHECK(rvi_start_counter(&b->iommu, 3, IOMMU_HPM_EVENT_UNTRANSLATED_REQ, &other, 0) == RVI_OK);
    CHECK(edu_from_memory(&b->edu, IOVA, 4));
    CHECK(rvi_read_counter(&b->iommu, 1) > 0);
    CHECK(rvi_read_counter(&b->iommu, 2) > 0);
    CHECK(rvi_read_counter(&b->iommu, 3) == 0);
    CHECK(rvi_stop_counter(&b->iommu, 1) == RVI_OK);
    before = rvi_read_counter(&b->iommu, 1);
    CHECK(edu_from_memory(&b->edu, IOVA, 4));
    CHECK(rvi_read_counter(&b->iommu, 1) == before);
    return PASSED;
}

static enum outcome fault_raises_a_message(struct bench *b)
{
    if (b->edu.base == 0)
        return skip(no_device);
    if (b->imsic == 0)
        return skip("no IMSIC");
    if (!b->messages)
        return skip("capabilities.IGS lacks messages");
    imsic_enable(5);
    CHECK(rvi_route(&b->iommu, 0, b->iommu.vectors > 1, 0, 0) == RVI_OK);
    CHECK(rvi_set_message(&b->iommu, b->iommu.vectors > 1, b->imsic, 5, false) == RVI_OK);
    CHECK(rvi_enable_interrupts(&b->iommu, RVI_FAULTS) == RVI_OK);
    CHECK(!imsic_take(5));
    CHECK(edu_from_memory(&b->edu, IOVA, 4));
    CHECK(external_pending() && imsic_take(5));
    CHECK((rvi_pending(&b->iommu) & RVI_FAULTS) != 0);
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_NOT_VALID, b->edu.device_id, IOVA));
    return PASSED;
}

/* A guest whose interrupt file at `gpa` is this hart's own. */
static enum rvi_status msi_context(struct bench *b, struct rvi_msi_table *msi, uint64_t gpa)
{
    struct rvi_table table;
    struct rvi_dc dc;
    enum rvi_status status = bench_context(b, bench_format(b, true), &table, &dc);

    if (status == RVI_OK)
        status = rvi_msi_make(msi, &b->memory, &b->pages, 0x3, gpa >> 12);
    rvi_msi_attach(msi, &dc);
    return status == RVI_OK ? rvi_attach(&b->iommu, &b->ddt, b->edu.device_id, &dc) : status;
}

static bool msi_fault(struct bench *b, uint64_t iova)
{
    return bench_fault(b, IOMMU_CAUSE_MSI_PTE_NOT_VALID, b->edu.device_id,
                       bench_deviates(b, RECORD_MSI) ? 0 : iova);
}

static enum outcome msi_is_remapped(struct bench *b)
{
    uint64_t gpa = 0x28000000, at = gpa + 0x2000;
    struct rvi_msi_table msi;

    if (b->edu.base == 0)
        return skip(no_device);
    if (b->imsic == 0)
        return skip("no IMSIC");
    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_MSI_FLAT_MASK))
        return skip("capabilities lack MSI_FLAT");
    if (bench_format(b, true) == RVI_FORMATS)
        return skip(no_second_stage);
    imsic_enable(9);
    CHECK(msi_context(b, &msi, gpa) == RVI_OK);
    CHECK(edu_set_msi(&b->edu, at, 9));
    edu_send_msi(&b->edu);
    CHECK(!imsic_take(9));
    CHECK(msi_fault(b, at));
    CHECK(rvi_msi_set(&msi, 2, b->imsic) == RVI_OK);
    edu_send_msi(&b->edu);
    CHECK(external_pending() && imsic_take(9));
    CHECK(bench_no_fault(b));
    CHECK(rvi_msi_change(&b->iommu, &msi, 1, at, 0) == RVI_OK);
    edu_send_msi(&b->edu);
    CHECK(!imsic_take(9));
    CHECK(msi_fault(b, at));
    return PASSED;
}

static enum outcome msi_into_a_file_in_memory(struct bench *b)
{
    uint64_t gpa = 0x28000000;
    struct rvi_msi_table msi;

    if (b->edu.base == 0)
        return skip(no_device);
    if (b->imsic == 0)
        return skip("no IMSIC");
    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_MSI_MRIF_MASK))
        return skip("capabilities lack MSI_MRIF");
    if (b->edu.wide)
        return skip("the device's accesses are of 8 bytes");
    if (bench_format(b, true) == RVI_FORMATS)
        return skip(no_second_stage);
    imsic_enable(11);
    CHECK(msi_context(b, &msi, gpa) == RVI_OK);
    CHECK(rvi_msi_set_mrif(&msi, 0, b->buffer[0], b->imsic, 11) == RVI_OK);
    mmio_write64(b->buffer[0] + 8, 1ull << 33); /* identity 33 is enabled */
    CHECK(edu_set_msi(&b->edu, gpa, 33));
    edu_send_msi(&b->edu);
    CHECK(bench_no_fault(b));
    CHECK(peek(b->buffer[0]) == 1ull << 33);
    CHECK(imsic_take(11)); /* the notice */
    return PASSED;
}

static enum outcome fault_raises_a_wire(struct bench *b)
{
    struct fdt_value interrupts = fdt_property(&b->board.fdt, b->board.place.node, "interrupts");
    struct rvi_setup setup = bench_setup(b);
    uint32_t source;

    if (b->edu.base == 0)
        return skip(no_device);
    if (!b->wires)
        return skip("capabilities.IGS lacks wires");
    if (b->plic == 0 || !fdt_cell(interrupts, 0, &source))
        return skip("no PLIC");
    setup.wires = true;
    CHECK(bench_begin_with(b, &setup) == RVI_OK);
    plic_enable(b->plic, source);
    CHECK(rvi_route(&b->iommu, 0, 0, 0, 0) == RVI_OK);
    CHECK(rvi_enable_interrupts(&b->iommu, RVI_FAULTS) == RVI_OK);
    CHECK(!external_pending() && plic_take(b->plic) == 0);
    CHECK(edu_from_memory(&b->edu, IOVA, 4));
    CHECK(external_pending());
    CHECK((rvi_pending(&b->iommu) & RVI_FAULTS) != 0);
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_NOT_VALID, b->edu.device_id, IOVA));
    CHECK(plic_take(b->plic) == source);
    CHECK(plic_take(b->plic) == 0 && !external_pending());
    return PASSED;
}

/* A device that tells itself whether its access was let through. */
static enum outcome devices_are_told_of_faults(struct bench *b)
{
    struct rvi_table table;
    struct rvi_dc dc;

    if (b->testdev.base == 0)
        return skip("no iommu-testdev");
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(!testdev_write(&b->testdev, IOVA, b->buffer[0]));
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_NOT_VALID, b->testdev.device_id, IOVA));
    CHECK(rvi_attach(&b->iommu, &b->ddt, b->testdev.device_id, &dc) == RVI_OK);
    CHECK(rvi_map(&table, IOVA, b->buffer[0], 4096, RVI_READ | RVI_WRITE | RVI_USER, NULL) ==
          RVI_OK);
    CHECK(testdev_write(&b->testdev, IOVA + 0x24, b->buffer[0] + 0x24));
    CHECK(mmio_read32(b->buffer[0] + 0x24) == TESTDEV_VALUE && bench_no_fault(b));
    CHECK(!testdev_write(&b->testdev, IOVA + 0x1000, b->buffer[1]));
    CHECK(mmio_read32(b->buffer[1]) == 0);
    CHECK(bench_fault(b, IOMMU_CAUSE_WRITE_PAGE_FAULT, b->testdev.device_id, IOVA + 0x1000));
    return PASSED;
}

const struct selftest dma_tests[] = {
    {"dma_blocked_by_default", dma_blocked_by_default},
    {"dma_blocked_when_off", dma_blocked_when_off},
    {"dma_through_sv39", dma_through_sv39},
    {"dma_through_sv48", dma_through_sv48},
    {"dma_through_sv57", dma_through_sv57},
    {"dma_through_sv39x4", dma_through_sv39x4},
    {"dma_through_sv48x4", dma_through_sv48x4},
    {"dma_through_sv57x4", dma_through_sv57x4},
    {"dma_write_needs_permission", dma_write_needs_permission},
    {"dma_needs_user_pages", dma_needs_user_pages},
    {"dma_outside_the_map_faults", dma_outside_the_map_faults},
    {"dma_after_unmap_faults", dma_after_unmap_faults},
    {"dma_after_detach_faults", dma_after_detach_faults},
    {"dma_through_two_stages", dma_through_two_stages},
    {"dma_is_counted", dma_is_counted},
    {"fault_raises_a_message", fault_raises_a_message},
    {"fault_raises_a_wire", fault_raises_a_wire},
    {"msi_is_remapped", msi_is_remapped},
    {"msi_into_a_file_in_memory", msi_into_a_file_in_memory},
    {"devices_are_told_of_faults", devices_are_told_of_faults},
    {NULL, NULL},
};
