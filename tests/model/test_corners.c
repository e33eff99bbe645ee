/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Corners where implementations go wrong, 1 to 8: each follows from the specification,
 * and has a test of its own here though other tests touch it too.
 */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define MSI_GPA 0x28000000u
#define MSI_TARGET 0x24001000u

/* What is checked before any device context is looked at, and reads no memory. */
TEST(corner_01_checks_before_the_device_context)
{
    struct bench *b = bench_create("max", NULL);
    bench_start(b, 1);
    const struct iommu_request wide = as_translated(read_at(0x800000, 0x1000));
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_clear_log(b);
    EXPECT_FAULT(b, wide, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    EXPECT_FAULT(b, wide, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_OK(b, read_at(0x800000, 0x1000), 0x1000); /* Bare knows no width */
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(b, IOMMU_DDTP_MODE_1LVL);
    bench_inject(b, b->ddt_root, 4096, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_FAULT(b, read_at(0x800000, 0x1000), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_FAULT(b, wide, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_FAULT(b, with_pid(wide, 0xfffff), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    CHECK_EQ(bench_accesses(b, IOMMU_DDT), 0);
    EXPECT_FAULT(b, as_translated(read_at(DEVICE, 0x1000)), IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
    CHECK_EQ(bench_accesses(b, IOMMU_DDT), 1);
}

/* The faults of one entry in their order, from an entry that is wrong in every way. */
struct priority {
    uint64_t entry;
    uint64_t good;     /* its first word */
    uint64_t reserved; /* bits to set for a misconfiguration */
    uint16_t access, poison, not_valid, misconfigured;
};

static void check_priority(struct bench *b, struct iommu_request request, struct priority p)
{
    bench_put64(b, p.entry, (p.good | p.reserved) & ~1ull);
    bench_invalidate_all(b);
    bench_inject(b, p.entry, 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_FAULT(b, request, p.access);
    bench_clear_injections(b);
    bench_inject(b, p.entry, 8, IOMMU_MEM_POISON);
    EXPECT_FAULT(b, request, p.poison);
    bench_clear_injections(b);
    EXPECT_FAULT(b, request, p.not_valid);
    bench_put64(b, p.entry, p.good | p.reserved);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, request, p.misconfigured);
    bench_put64(b, p.entry, p.good);
    bench_invalidate_all(b);
    CHECK_EQ(bench_translate(b, request).status, IOMMU_SUCCESS);
}

TEST(corner_02_access_fault_poison_valid_reserved)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    stages_add_process(&s, &pdt, &pc);
    uint64_t table = msi_pt_create(s.b, 0);
    msi_pt_write(s.b, table, 0, msi_pte_basic(MSI_TARGET));
    s.dc.msiptp = msi_msiptp(table);
    s.dc.msi_addr_pattern = MSI_GPA >> 12;
    stages_update(&s);
    /* the directory is in guest memory; this request meets all of the structures */
    struct iommu_request request = with_pid(write_at(DEVICE, MSI_GPA), PROCESS);
    for (unsigned level = 0; level < 3; level++) {
        uint64_t ddte = bench_ddt_entry(s.b, DEVICE, level);
        uint64_t pdte = pdt_entry(&pdt, PROCESS, level);
        test_note("level %u", level);
        check_priority(s.b, request,
                       (struct priority){ddte, bench_get64(s.b, ddte), 1ull << 60,
                                         IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT,
                                         IOMMU_CAUSE_DDT_DATA_CORRUPTION, IOMMU_CAUSE_DDT_NOT_VALID,
                                         IOMMU_CAUSE_DDT_MISCONFIGURED});
        check_priority(s.b, request,
                       (struct priority){pdte, bench_get64(s.b, pdte), 1ull << 60,
                                         IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT,
                                         IOMMU_CAUSE_PDT_DATA_CORRUPTION, IOMMU_CAUSE_PDT_NOT_VALID,
                                         IOMMU_CAUSE_PDT_MISCONFIGURED});
    }
    test_note("%s", "MSI PTE");
    check_priority(
        s.b, request,
        (struct priority){table, bench_get64(s.b, table), 1ull << 60,
                          IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION,
                          IOMMU_CAUSE_MSI_PTE_NOT_VALID, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED});
}

/* --- 3: the whole device context is checked, before the request ---------------------- */

/* One way in which a context is wrong. */
struct wrong {
    const char *what;
    uint64_t tc_set, fsc, iohgatp_low, msiptp_mode, reserved;
};

TEST_TABLES(corner_03_device_context_is_checked_whole_and_first)
{
    static const struct wrong wrongs[] = {
        {"T2GPA without EN_ATS", TC(T2GPA), 0, 0, 0, 0},
        {"EN_PRI without EN_ATS", TC(EN_PRI), 0, 0, 0, 0},
        {"PRPR without EN_PRI", TC(PRPR), 0, 0, 0, 0},
        {"DPE without PDTV", TC(DPE), 0, 0, 0, 0},
        {"a pdtp mode in iosatp", 0, IOMMU_PREP(IOMMU_DC_FSC_MODE, 1), 0, 0, 0},
        {"an iosatp mode in pdtp", TC(PDTV), IOMMU_PREP(IOMMU_DC_FSC_MODE, 8), 0, 0, 0},
        {"a custom iosatp mode", 0, IOMMU_PREP(IOMMU_DC_FSC_MODE, 14), 0, 0, 0},
        {"reserved bits of fsc", 0, 1ull << 50, 0, 0, 0},
        {"a misaligned root", 0, 0, 1, 0, 0},
        {"a reserved msiptp mode", 0, 0, 0, 2, 0},
        {"a reserved word", 0, 0, 0, 0, 1},
        {"a reserved bit of tc", 1ull << 12, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct stages s;
        stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
        test_note("%s", wrongs[i].what);
        pt_map(&s.second, 0x1000, 0x5000, 0, P_ALL);
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        s.dc.tc |= wrongs[i].tc_set;
        s.dc.fsc = wrongs[i].fsc;
        s.dc.iohgatp |= wrongs[i].iohgatp_low;
        s.dc.msiptp = IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, wrongs[i].msiptp_mode);
        s.dc.reserved = wrongs[i].reserved;
        stages_update(&s);
        EXPECT_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED);
        /* requests that would be 260 were the context right */
        EXPECT_FAULT(s.b, as_translated(write_at(DEVICE, 0x1000)), IOMMU_CAUSE_DDT_MISCONFIGURED);
        EXPECT_FAULT(s.b, as_ats(read_at(DEVICE, 0x1000)), IOMMU_CAUSE_DDT_MISCONFIGURED);
        EXPECT_FAULT(s.b, with_pid(read_at(DEVICE, 0x1000), 0xfffff),
                     IOMMU_CAUSE_DDT_MISCONFIGURED);
        /* and one that does not use the first stage at all */
        s.dc.tc |= TC(EN_ATS);
        stages_update(&s);
        if (i >= 3)
            EXPECT_FAULT(s.b, as_translated(read_at(DEVICE, 0x1000)),
                         IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
}

/* --- 4: what fctl allows -------------------------------------------------------------- */

/* One context with SXL and SBE as given, on a configuration. @return is it legal? */
static bool context_is_legal(config_tweak *tweak, uint64_t tc_bits)
{
    struct bench *b = bench_ready("max", tweak);
    struct dc dc = bench_dc(b);
    dc.tc = TC(V) | tc_bits;
    bench_write_dc(b, DEVICE, &dc);
    struct iommu_response r = bench_translate(b, read_at(DEVICE, 0x1000));
    CHECK(r.cause == 0 || r.cause == IOMMU_CAUSE_DDT_MISCONFIGURED);
    CHECK_EQ(bench_fault_count(b), r.cause != 0);
    return r.cause == 0;
}

TEST_TABLES(corner_04_one_context_on_several_configurations)
{
    CHECK(context_is_legal(gxl_fixed_0, 0));
    CHECK(!context_is_legal(gxl_fixed_0, TC(SXL)));
    CHECK(context_is_legal(gxl_writable_0, 0));
    CHECK(context_is_legal(gxl_writable_0, TC(SXL)));
    CHECK(!context_is_legal(gxl_fixed_1, 0));
    CHECK(context_is_legal(gxl_fixed_1, TC(SXL)));
    CHECK(!context_is_legal(gxl_writable_1, 0));
    CHECK(context_is_legal(gxl_writable_1, TC(SXL)));
    CHECK(context_is_legal(little_endian_only, 0));
    CHECK(!context_is_legal(little_endian_only, TC(SBE)));
    CHECK(!context_is_legal(big_endian_only, 0));
    CHECK(context_is_legal(big_endian_only, TC(SBE)));
    CHECK(context_is_legal(NULL, TC(SBE)));
}

/* --- 5: msiptp needs a second stage -------------------------------------------------- */

static void lenient(struct iommu_config *c)
{
    c->check_bare_msiptp = false;
}

TEST_TABLES(corner_05_msiptp_with_bare_second_stage)
{
    for (unsigned strict = 0; strict < 2; strict++) {
        struct stages s;
        test_note("strict %u", strict);
        stages_make(&s, bench_ready("max", strict ? NULL : lenient), PT_SV39, NO_STAGE);
        pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
        s.dc.msiptp = msi_msiptp(msi_pt_create(s.b, 0));
        s.dc.msi_addr_pattern = MSI_GPA >> 12;
        stages_update(&s);
        if (strict)
            EXPECT_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED);
        else
            EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        /* Off is right, whatever mask and pattern say */
        s.dc.msiptp = 0;
        stages_update(&s);
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    }
}

/* --- 6: MGPAW --------------------------------------------------------------------------- */

/* The capability's widest scheme counts, not the one that iohgatp.MODE selects. */
TEST_TABLES(corner_06_mgpaw_follows_the_capability)
{
    static const struct {
        config_tweak *tweak;
        unsigned mgpaw;
    } cases[] = {{NULL, 59}, {no_sv57x4, 50}, {widest_sv39x4, 41}};
    for (size_t i = 0; i < 3; i++) {
        for (unsigned above = 0; above < 2; above++) {
            struct stages s;
            stages_make(&s, bench_ready("max", cases[i].tweak), NO_STAGE, PT_SV39X4);
            pt_map(&s.second, 0x1000, 0x5000, 0, P_ALL);
            s.dc.msiptp = msi_msiptp(msi_pt_create(s.b, 0));
            s.dc.msi_addr_pattern = 1ull << (cases[i].mgpaw - 12 - 1 + above);
            stages_update(&s);
            test_note("MGPAW %u, above %u", cases[i].mgpaw, above);
            if (above)
                EXPECT_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED);
            else
                EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        }
    }
}

/* --- 7 and 8: MSI pages --------------------------------------------------------------- */

/* An interrupt file at guest physical `gpa`, with a basic MSI PTE. */
static void add_interrupt_file(struct stages *s, uint64_t gpa)
{
    uint64_t table = msi_pt_create(s->b, 0);
    msi_pt_write(s->b, table, 0, msi_pte_basic(MSI_TARGET));
    s->dc.msiptp = msi_msiptp(table);
    s->dc.msi_addr_pattern = gpa >> 12;
    stages_update(s);
}

TEST_TABLES(corner_07_msi_match_is_between_the_stages)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x1000, MSI_GPA, 0, P_ALL);
    pt_map(&s.first, MSI_GPA, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    add_interrupt_file(&s, MSI_GPA);
    /* the GPA counts, not the IOVA; reads match too; the second stage maps nothing there */
    EXPECT_OK(s.b, write_at(DEVICE, 0x1004), MSI_TARGET | 4);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), MSI_TARGET);
    EXPECT_OK(s.b, write_at(DEVICE, MSI_GPA), 0x5000);
    /* second-stage permissions do not apply */
    pt_map(&s.second, MSI_GPA, 0x9000, 0, P_V | P_R | P_U | P_A);
    bench_invalidate_all(s.b);
    EXPECT_OK(s.b, write_at(DEVICE, 0x1000), MSI_TARGET);
    /* but the first stage's do */
    stages_set_pte(&s, &s.first, pt_entry(&s.first, 0x1000, 0), pt_pte(MSI_GPA, P_ALL & ~P_W));
    EXPECT_FAULT(s.b, write_at(DEVICE, 0x1000), IOMMU_CAUSE_WRITE_PAGE_FAULT);
    /* first stage Bare: the IOVA is the GPA */
    s.dc.fsc = 0;
    stages_update(&s);
    EXPECT_OK(s.b, write_at(DEVICE, MSI_GPA), MSI_TARGET);
}

/* By the order of the steps, a matching GPA never meets the second stage's width. */
TEST_TABLES(corner_07_msi_match_of_an_address_too_wide_for_the_second_stage)
{
    struct stages s;
    const uint64_t gpa = 1ull << 45 | MSI_GPA;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    add_interrupt_file(&s, gpa);
    EXPECT_OK(s.b, write_at(DEVICE, gpa), MSI_TARGET);
    EXPECT_GUEST_FAULT(s.b, write_at(DEVICE, gpa + 0x1000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT,
                       gpa + 0x1000);
}

TEST_TABLES(corner_08_execute_on_an_msi_page_is_an_access_fault)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x1000, MSI_GPA, 0, P_ALL);
    s.dc.tc |= TC(EN_ATS);
    add_interrupt_file(&s, MSI_GPA);
    EXPECT_FAULT(s.b, exec_at(DEVICE, 0x1000), IOMMU_CAUSE_INSTR_ACCESS_FAULT);
    struct iommu_request request = as_ats(write_at(DEVICE, 0x1000));
    request.execute = true;
    struct iommu_response r = bench_translate(s.b, request);
    CHECK_EQ(r.status, IOMMU_SUCCESS);
    CHECK_EQ(r.address, MSI_TARGET);
    CHECK_EQ(r.permissions, IOMMU_PERM_R | IOMMU_PERM_W);
    CHECK_NO_RECORD(s.b);
    s.dc.tc |= TC(T2GPA);
    stages_update(&s);
    EXPECT_FAULT(s.b, as_translated(exec_at(DEVICE, MSI_GPA)), IOMMU_CAUSE_INSTR_ACCESS_FAULT);
}
