/* SPDX-License-Identifier: Apache-2.0 */
/* "Device-context fields": iohgatp, ta, fsc and the MSI fields, and what is left open. */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define R_W_X (IOMMU_PERM_R | IOMMU_PERM_W | IOMMU_PERM_X)

TEST_TABLES(dc_bare_stages_pass_addresses_through)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_response r =
            EXPECT_OK(b, request_of(kind, DEVICE, 0x3456789abcdeull), 0x3456789abcdeull);
        CHECK_EQ(r.page_log2, b->config.bare_page_log2);
        CHECK_EQ(r.permissions, R_W_X);
        CHECK_EQ(r.pbmt, IOMMU_PBMT_PMA);
    }
}

/* The GSCID names the address space for invalidation, and does not change it. */
TEST_TABLES(dc_iohgatp_fields)
{
    for (unsigned bit = 0; bit < 16; bit++) {
        struct stages s;
        stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
        test_note("GSCID bit %u", bit);
        uint64_t entry = pt_map(&s.second, 0x1000, 0x5000, 0, P_ALL);
        s.dc.iohgatp = pt_iohgatp(&s.second, (uint16_t)(1u << bit));
        stages_update(&s);
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        pt_write(&s.second, entry, pt_pte(0x6000, P_ALL));
        bench_command(s.b, cmd_iotinval_gvma(IOMMU_CMD_IOTINVAL_GV_MASK |
                                                 IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, 1u << bit),
                                             0));
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x6000);
    }
}

TEST_TABLES(dc_ta_pscid_names_the_first_stage)
{
    for (unsigned bit = 0; bit < 20; bit++) {
        struct stages s;
        stages_ready(&s, PT_SV39, NO_STAGE, NULL);
        test_note("PSCID bit %u", bit);
        uint64_t entry = pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
        s.dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, 1u << bit);
        stages_update(&s);
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        pt_write(&s.first, entry, pt_pte(0x6000, P_ALL));
        bench_command(s.b, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_PSCV_MASK |
                                                IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, 1u << bit),
                                            0));
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x6000);
    }
}

TEST(dc_ta_qos_ids_go_with_implicit_accesses_and_the_response)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    s.dc.ta |= IOMMU_PREP(IOMMU_DC_TA_RCID, 0x5a5) | IOMMU_PREP(IOMMU_DC_TA_MCID, 0xc3c);
    REG_SET(s.b, IOMMU_QOSID, 0x01110222);
    stages_add_process(&s, &pdt, &pc);
    bench_clear_log(s.b);
    struct iommu_response r = EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x1000), PROCESS), 0x5000);
    CHECK_EQ(r.rcid, 0x5a5);
    CHECK_EQ(r.mcid, 0xc3c);
    static const enum iommu_structure of_device[] = {IOMMU_PDT, IOMMU_FIRST_STAGE,
                                                     IOMMU_SECOND_STAGE};
    for (size_t i = 0; i < 3; i++) {
        CHECK(bench_accesses(s.b, of_device[i]) > 0);
        for (size_t j = 0; j < bench_accesses(s.b, of_device[i]); j++) {
            CHECK_EQ(bench_access(s.b, of_device[i], j)->access.rcid, 0x5a5);
            CHECK_EQ(bench_access(s.b, of_device[i], j)->access.mcid, 0xc3c);
        }
    }
    CHECK(bench_accesses(s.b, IOMMU_DDT) > 0);
    CHECK_EQ(bench_access(s.b, IOMMU_DDT, 0)->access.rcid, 0x222);
    CHECK_EQ(bench_access(s.b, IOMMU_DDT, 0)->access.mcid, 0x111);
}

TEST_TABLES(dc_fsc_iosatp_selects_the_scheme)
{
    for (unsigned i = 0; i < 4; i++) {
        struct stages s;
        uint64_t va = mode_address(first_modes[i], false);
        stages_ready(&s, first_modes[i], NO_STAGE, NULL);
        pt_map(&s.first, va, 0x5000, 0, P_ALL);
        EXPECT_OK(s.b, read_at(DEVICE, va), 0x5000 | (va & 0xfff));
        s.dc.fsc &= ~IOMMU_DC_FSC_MODE_MASK; /* Bare: the PPN does not matter */
        stages_update(&s);
        uint64_t gpa = 0x12345678;
        EXPECT_OK(s.b, read_at(DEVICE, gpa), gpa);
    }
}

TEST_TABLES(dc_msiptp_off_recognizes_nothing)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    pt_map(&s.second, 0x28000000, 0x5000, 0, P_ALL);
    s.dc.msi_addr_pattern = 0x28000;
    stages_update(&s);
    CHECK_EQ(EXPECT_OK(s.b, write_at(DEVICE, 0x28000000), 0x5000).target, IOMMU_TARGET_MEMORY);
    uint64_t table = msi_pt_create(s.b, 0);
    s.dc.msiptp = msi_msiptp(table);
    msi_pt_write(s.b, table, 0, msi_pte_basic(0x9000));
    stages_update(&s);
    CHECK_EQ(EXPECT_OK(s.b, write_at(DEVICE, 0x28000000), 0x9000).target, IOMMU_TARGET_MSI);
}

/* A page matches where mask bits are 0, and the mask's bits number the file. */
TEST_TABLES(dc_msi_addr_mask_and_pattern)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    uint64_t table = msi_pt_create(s.b, 3);
    s.dc.msiptp = msi_msiptp(table);
    s.dc.msi_addr_mask = 0x00105;              /* bits 8, 2, 0 */
    s.dc.msi_addr_pattern = 0x28000 | 0x00105; /* masked bits of it do not count */
    for (unsigned file = 0; file < 8; file++)
        msi_pt_write(s.b, table, file, msi_pte_basic(0x24000000 + 0x1000ull * file));
    stages_update(&s);
    for (uint64_t file = 0; file < 8; file++) {
        uint64_t page = 0x28000 | (file & 1) | (file & 2) << 1 | (file & 4) << 6;
        test_note("file %u", (unsigned)file);
        EXPECT_OK(s.b, write_at(DEVICE, page << 12), 0x24000000 + 0x1000 * file);
    }
    for (unsigned bit = 0; bit < 29; bit++) {
        uint64_t gpa = 0x28000000 ^ 1ull << (12 + bit);
        test_note("bit %u", bit);
        if (bit != 0 && bit != 2 && bit != 8)
            EXPECT_GUEST_FAULT(s.b, write_at(DEVICE, gpa), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, gpa);
    }
}

/* --- choices ----------------------------------------------------------------------- */

static void lenient_msiptp(struct iommu_config *c)
{
    c->check_bare_msiptp = false;
}

static void strict_msiptp(struct iommu_config *c)
{
    c->check_bare_msiptp = true;
}

TEST_TABLES(dc_msiptp_with_bare_second_stage_by_choice)
{
    for (unsigned strict = 0; strict < 2; strict++) {
        struct bench *b = bench_ready("max", strict ? strict_msiptp : lenient_msiptp);
        struct dc dc = bench_dc(b);
        test_note("strict %u", strict);
        dc.msiptp = msi_msiptp(msi_pt_create(b, 0));
        dc.msi_addr_pattern = 0x28000;
        bench_write_dc(b, DEVICE, &dc);
        if (strict)
            EXPECT_FAULT(b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED);
        else
            EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    }
}

/* A PPN beyond PAS in each field of the DC: refused early, or an access fault on use. */
static void check_dc_pas(config_tweak *tweak, bool early)
{
    const uint64_t wide = 1ull << (40 - 12);
    struct iommu_request request = with_pid(read_at(DEVICE, 0x1000), PROCESS);
    struct bench *b = bench_ready("max", tweak);
    struct dc dc = bench_dc(b);
    test_note("early %u", early);
    dc.fsc = IOMMU_PREP(IOMMU_IOSATP_MODE, IOMMU_IOSATP_MODE_SV39) | wide;
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000),
                 early ? IOMMU_CAUSE_DDT_MISCONFIGURED : IOMMU_CAUSE_READ_ACCESS_FAULT);

    dc = bench_dc(b);
    dc.iohgatp = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, IOMMU_IOHGATP_MODE_SV39X4) | wide;
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, write_at(DEVICE, 0x1000),
                 early ? IOMMU_CAUSE_DDT_MISCONFIGURED : IOMMU_CAUSE_WRITE_ACCESS_FAULT);

    dc = bench_dc(b);
    dc.tc |= TC(PDTV);
    dc.fsc = IOMMU_PREP(IOMMU_PDTP_MODE, IOMMU_PDTP_MODE_PD8) | wide;
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, request,
                 early ? IOMMU_CAUSE_DDT_MISCONFIGURED : IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);

    struct stages s;
    stages_make(&s, b, NO_STAGE, PT_SV39X4);
    s.dc.msiptp = msi_msiptp(wide << 12);
    s.dc.msi_addr_pattern = 0x28000;
    stages_update(&s);
    EXPECT_FAULT(b, write_at(DEVICE, 0x28000000),
                 early ? IOMMU_CAUSE_DDT_MISCONFIGURED : IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT);
}

TEST_TABLES(dc_addresses_beyond_pas_by_choice)
{
    check_dc_pas(pas_40, false);
    check_dc_pas(pas_40_early, true);
}

/* The early check looks at what is used, and takes all that fits. */
TEST_TABLES(dc_addresses_within_pas_pass_the_early_check)
{
    struct stages s;
    const uint64_t wide = 1ull << (40 - 12);
    stages_ready(&s, PT_SV39, PT_SV39X4, pas_40_early);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    s.dc.msiptp = msi_msiptp(msi_pt_create(s.b, 0));
    s.dc.msi_addr_pattern = 0x28000;
    stages_update(&s);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    s.dc.msiptp = IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, wide); /* Off */
    stages_update(&s);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    s.dc.fsc = wide;     /* Bare */
    s.dc.iohgatp = wide; /* Bare */
    stages_update(&s);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x1000);
}

/* With a second stage, fsc holds a guest's page number, which PAS does not bound. */
TEST_TABLES(dc_guest_addresses_are_not_bounded_by_pas)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV48X4, pas_40_early);
    struct page_table first = pt_create_guest(s.b, PT_SV39, (struct guest){&s.second, 1ull << 44});
    pt_map(&first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    s.dc.fsc = pt_iosatp(&first);
    stages_update(&s);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
}
