/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that need no device: the debug interface plays one, process_ids included. */
#include "selftest.h"

#define DEVICE 0x42u
#define IOVA 0x23456000u

static const char no_debug[] = "capabilities lack DBG";
static const char no_first_stage[] = "capabilities lack a first stage";

/* What QEMU 11 answers for an address in a page of some size: the page's own address, whatever
 * page within it was asked for, as 4 KiB. */
static uint64_t coarse(uint64_t address, uint64_t page)
{
    return (address & ~(page - 1)) | (address & 0xfff);
}

/* And QEMU 10: the same, shifted by 12, where the page's number belongs, and cut to the field. As
 * the library reads it: */
static uint64_t misplaced(uint64_t address, uint64_t page)
{
    uint64_t field = (address & ~(page - 1)) >> 12 & IOMMU_TR_RESPONSE_PPN_MASK;

    return IOMMU_GET(field, IOMMU_TR_RESPONSE_PPN) << 12 | (address & 0xfff);
}

static enum rvi_status probe_page(struct bench *b, const struct rvi_probe *what, uint64_t expected,
                                  uint64_t page)
{
    struct rvi_probe_result result;
    enum rvi_status status = rvi_translate(&b->iommu, what, &result);

    if (status != RVI_OK || result.address == expected)
        return status;
    if (result.address == misplaced(expected, page) && bench_deviates(b, RESPONSE_LAYOUT))
        return RVI_OK;
    if (result.address == coarse(expected, page) && bench_deviates(b, RESPONSE_SUPERPAGE))
        return RVI_OK;
    print("     %lx leads to %lx, not to %lx\n", what->iova, result.address, expected);
    return RVI_CORRUPT;
}

static enum rvi_status probe(struct bench *b, const struct rvi_probe *what, uint64_t expected)
{
    return probe_page(b, what, expected, 4096);
}

static enum rvi_status probe_read(struct bench *b, uint64_t iova, uint64_t expected)
{
    struct rvi_probe what = {.iova = iova, .device_id = DEVICE};

    return probe(b, &what, expected);
}

static enum outcome probe_agrees_with_the_table(struct bench *b)
{
    struct rvi_probe large = {.iova = 0x41234568, .device_id = DEVICE};
    enum rvi_format format = bench_format(b, false);
    struct rvi_table table;
    struct rvi_dc dc;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, format, &table, &dc) == RVI_OK);
    CHECK(rvi_map(&table, IOVA, b->buffer[0], 4096, RVI_READ | RVI_USER, NULL) == RVI_OK);
    CHECK(rvi_map(&table, 0x40000000, 0x80000000, 0x40000000, RVI_READ | RVI_USER, NULL) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, DEVICE, &dc) == RVI_OK);
    CHECK(probe_read(b, IOVA + 0x18, b->buffer[0] + 0x18) == RVI_OK);
    CHECK(probe_page(b, &large, 0x81234568, 0x40000000) == RVI_OK);
    CHECK(bench_no_fault(b));
    CHECK(probe_read(b, IOVA + 0x1000, 0) == RVI_FAULT);
    CHECK(bench_fault(b, IOMMU_CAUSE_READ_PAGE_FAULT, DEVICE, IOVA + 0x1000));
    return PASSED;
}

static enum outcome probe_of_an_unknown_device(struct bench *b)
{
    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    CHECK(probe_read(b, IOVA, 0) == RVI_FAULT);
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_NOT_VALID, DEVICE, IOVA));
    return PASSED;
}

static enum outcome misconfigured_context_faults(struct bench *b)
{
    struct rvi_table table;
    struct rvi_dc dc;
    uint64_t at;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    dc.tc |= IOMMU_DC_TC_EN_PRI_MASK; /* without EN_ATS */
    CHECK(rvi_attach(&b->iommu, &b->ddt, DEVICE, &dc) == RVI_INVALID);
    CHECK(rvi_ddt_find(&b->ddt, DEVICE, true, &at) == RVI_OK);
    rvi_dc_store(&b->ddt, at, &dc); /* the library refuses it: go past it */
    CHECK(probe_read(b, IOVA, 0) == RVI_FAULT);
    CHECK(bench_fault(b, IOMMU_CAUSE_DDT_MISCONFIGURED, DEVICE, IOVA));
    return PASSED;
}

static enum outcome narrow_directory_fails_closed(struct bench *b)
{
    struct rvi_setup setup = bench_setup(b);
    struct rvi_probe wide = {.iova = IOVA, .device_id = 0x10000 | DEVICE};
    enum rvi_status status;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    setup.device_id_bits = 6;
    status = bench_begin_with(b, &setup);
    CHECK(status == RVI_OK);
    if (b->iommu.mode == IOMMU_DDTP_MODE_3LVL)
        return skip("only three levels are built");
    CHECK(probe(b, &wide, 0) == RVI_FAULT);
    CHECK(bench_fault(b, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, wide.device_id, IOVA));
    return PASSED;
}

static enum outcome probe_processes(struct bench *b, uint8_t mode, uint64_t capability)
{
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK | IOMMU_DC_TC_PDTV_MASK};
    static const uint32_t highest[] = {0, 0xff, 0x1ffff, 0xfffff};
    struct rvi_probe what = {.iova = IOVA + 8, .device_id = DEVICE, .pv = true};
    struct rvi_table table[2];
    struct rvi_pdt pdt;
    struct rvi_pc pc;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    if (!rvi_has(&b->iommu, capability))
        return skip("capabilities lack this process directory");
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(rvi_pdt_make(&pdt, &b->memory, &b->pages, mode) == RVI_OK);
    dc.fsc = IOMMU_PREP(IOMMU_PDTP_MODE, mode) | IOMMU_PREP(IOMMU_PDTP_PPN, pdt.root / RVI_PAGE);
    CHECK(rvi_attach(&b->iommu, &b->ddt, DEVICE, &dc) == RVI_OK);
    for (uint32_t n = 0; n < 2; n++) {
        CHECK(rvi_table_make(&table[n], &b->memory, &b->pages, bench_format(b, false)) == RVI_OK);
        CHECK(rvi_map(&table[n], IOVA, b->buffer[n], 4096, RVI_READ | RVI_USER, NULL) == RVI_OK);
        pc.fsc = rvi_table_pointer(&table[n]);
        pc.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, n + 1);
        CHECK(rvi_attach_process(&b->iommu, &pdt, DEVICE, &dc, n == 0 ? 3 : highest[mode], &pc) ==
              RVI_OK);
    }
    what.process_id = 3;
    CHECK(probe(b, &what, b->buffer[0] + 8) == RVI_OK);
    what.process_id = highest[mode];
    CHECK(probe(b, &what, b->buffer[1] + 8) == RVI_OK);
    what.process_id = 4;
    CHECK(probe(b, &what, 0) == RVI_FAULT);
    /* The debug interface takes page numbers: the offset within the page is lost. */
    CHECK(bench_fault(b, IOMMU_CAUSE_PDT_NOT_VALID, DEVICE, IOVA));
    CHECK(rvi_detach_process(&b->iommu, &pdt, DEVICE, &dc, 3) == RVI_OK);
    what.process_id = 3;
    CHECK(probe(b, &what, 0) == RVI_FAULT);
    return PASSED;
}

static enum outcome processes_of_pd8(struct bench *b)
{
    return probe_processes(b, IOMMU_PDTP_MODE_PD8, IOMMU_CAPABILITIES_PD8_MASK);
}

static enum outcome processes_of_pd17(struct bench *b)
{
    return probe_processes(b, IOMMU_PDTP_MODE_PD17, IOMMU_CAPABILITIES_PD17_MASK);
}

static enum outcome processes_of_pd20(struct bench *b)
{
    return probe_processes(b, IOMMU_PDTP_MODE_PD20, IOMMU_CAPABILITIES_PD20_MASK);
}

static enum outcome hardware_sets_a_and_d(struct bench *b)
{
    struct rvi_probe what = {.iova = IOVA, .device_id = DEVICE, .write = true};
    struct rvi_table table;
    struct rvi_leaf leaf;
    struct rvi_dc dc;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_AMO_HWAD_MASK))
        return skip("capabilities lack AMO_HWAD");
    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    dc.tc |= IOMMU_DC_TC_SADE_MASK;
    CHECK(rvi_map(&table, IOVA, b->buffer[0], 4096, RVI_READ | RVI_WRITE | RVI_USER | RVI_UNTOUCHED,
                  NULL) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, DEVICE, &dc) == RVI_OK);
    CHECK(probe(b, &what, b->buffer[0]) == RVI_OK);
    CHECK(rvi_lookup(&table, IOVA, &leaf) == RVI_OK);
    CHECK((leaf.entry & IOMMU_PTE_A_MASK) != 0 && (leaf.entry & IOMMU_PTE_D_MASK) != 0);
    return PASSED;
}

static enum outcome untouched_pages_fault(struct bench *b)
{
    struct rvi_table table;
    struct rvi_dc dc;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_map(&table, IOVA, b->buffer[0], 4096, RVI_READ | RVI_USER | RVI_UNTOUCHED, NULL) ==
          RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, DEVICE, &dc) == RVI_OK);
    CHECK(probe_read(b, IOVA, 0) == RVI_FAULT); /* SADE is 0 */
    CHECK(bench_fault(b, IOMMU_CAUSE_READ_PAGE_FAULT, DEVICE, IOVA));
    return PASSED;
}

static enum outcome memory_types_are_told(struct bench *b)
{
    struct rvi_probe what = {.iova = IOVA, .device_id = DEVICE};
    struct rvi_probe_result result;
    struct rvi_table table;
    struct rvi_dc dc;

    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_SVPBMT_MASK))
        return skip("capabilities lack Svpbmt");
    if (!rvi_has(&b->iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return skip(no_debug);
    if (bench_format(b, false) == RVI_FORMATS)
        return skip(no_first_stage);
    CHECK(bench_context(b, bench_format(b, false), &table, &dc) == RVI_OK);
    CHECK(rvi_map(&table, IOVA, b->buffer[0], 4096, RVI_READ | RVI_USER | RVI_IO, NULL) == RVI_OK);
    CHECK(rvi_attach(&b->iommu, &b->ddt, DEVICE, &dc) == RVI_OK);
    CHECK(rvi_translate(&b->iommu, &what, &result) == RVI_OK);
    CHECK(result.pbmt == IOMMU_PBMT_IO);
    return PASSED;
}

const struct selftest probe_tests[] = {
    {"probe_agrees_with_the_table", probe_agrees_with_the_table},
    {"probe_of_an_unknown_device", probe_of_an_unknown_device},
    {"misconfigured_context_faults", misconfigured_context_faults},
    {"narrow_directory_fails_closed", narrow_directory_fails_closed},
    {"processes_of_pd8", processes_of_pd8},
    {"processes_of_pd17", processes_of_pd17},
    {"processes_of_pd20", processes_of_pd20},
    {"hardware_sets_a_and_d", hardware_sets_a_and_d},
    {"untouched_pages_fault", untouched_pages_fault},
    {"memory_types_are_told", memory_types_are_told},
    {NULL, NULL},
};
