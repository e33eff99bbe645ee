/* SPDX-License-Identifier: Apache-2.0 */
/* The rule that a response names: the one that decided, where several share a cause. */
#include <string.h>

#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define MISCONFIGURED IOMMU_CAUSE_DDT_MISCONFIGURED

TEST_TABLES(rules_of_the_mode_and_the_device_id)
{
    struct bench *b = bench_create("max", NULL);
    bench_start(b, 1);
    EXPECT_RULE(b, read_at(0x800000, 0), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, DEVICE_ID_WIDE);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    EXPECT_RULE(b, as_translated(read_at(1, 0)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, BARE_TYPE);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    EXPECT_RULE(b, read_at(1, 0), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, MODE_OFF);
}

TEST(rules_of_the_device_directory)
{
    struct bench *b = bench_create("max", NULL);
    struct iommu_request request = read_at(DEVICE, 0x1000);
    bench_start(b, 2);
    EXPECT_RULE(b, request, IOMMU_CAUSE_DDT_NOT_VALID, DDTE_NOT_VALID);
    uint64_t dc = bench_ddt_entry(b, DEVICE, 0);
    uint64_t ddte = bench_ddt_entry(b, DEVICE, 1);
    EXPECT_RULE(b, request, IOMMU_CAUSE_DDT_NOT_VALID, DC_NOT_VALID);
    bench_put64(b, ddte, bench_get64(b, ddte) | 2);
    bench_invalidate_all(b);
    EXPECT_RULE(b, request, MISCONFIGURED, DDTE_RESERVED);
    bench_inject(b, ddte, 8, IOMMU_MEM_POISON);
    EXPECT_RULE(b, request, IOMMU_CAUSE_DDT_DATA_CORRUPTION, DDTE_POISON);
    bench_clear_injections(b);
    bench_inject(b, ddte, 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_RULE(b, request, IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT, DDTE_ACCESS);
    bench_clear_injections(b);
    bench_put64(b, ddte, bench_get64(b, ddte) & ~2ull);
    bench_inject(b, dc, 8, IOMMU_MEM_POISON);
    EXPECT_RULE(b, request, IOMMU_CAUSE_DDT_DATA_CORRUPTION, DC_POISON);
    bench_clear_injections(b);
    bench_inject(b, dc, 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_RULE(b, request, IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT, DC_ACCESS);
}

/* A context that is wrong in one way; the rule that says so. */
struct wrong {
    config_tweak *tweak;
    uint64_t tc, fsc, iohgatp, ta, msiptp;
    enum iommu_rule rule;
};

static void narrow_qos(struct iommu_config *c)
{
    c->rcid_bits = 4;
}

#define FSC(mode) IOMMU_PREP(IOMMU_DC_FSC_MODE, (mode))
#define SECOND(mode) IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, (mode))
#define MSIPTP(mode) IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, (mode))

TEST_TABLES(rules_of_the_device_context)
{
    static const struct wrong wrongs[] = {
        {NULL, 1ull << 12, 0, 0, 0, 0, IOMMU_RULE_DC_RESERVED},
        {no_ats, TC(EN_ATS), 0, 0, 0, 0, IOMMU_RULE_DC_ATS_UNSUPPORTED},
        {NULL, TC(T2GPA), 0, SECOND(8), 0, 0, IOMMU_RULE_DC_T2GPA_WITHOUT_ATS},
        {NULL, TC(EN_PRI), 0, 0, 0, 0, IOMMU_RULE_DC_PRI_WITHOUT_ATS},
        {NULL, TC(EN_ATS) | TC(PRPR), 0, 0, 0, 0, IOMMU_RULE_DC_PRPR_WITHOUT_PRI},
        {no_t2gpa, TC(EN_ATS) | TC(T2GPA), 0, SECOND(8), 0, 0, IOMMU_RULE_DC_T2GPA_UNSUPPORTED},
        {NULL, TC(EN_ATS) | TC(T2GPA), 0, 0, 0, 0, IOMMU_RULE_DC_T2GPA_BARE},
        {NULL, TC(PDTV), FSC(4), 0, 0, 0, IOMMU_RULE_DC_PDTP_MODE},
        {only_pd8, TC(PDTV), FSC(2), 0, 0, 0, IOMMU_RULE_DC_PDTP_MODE},
        {NULL, 0, FSC(11), 0, 0, 0, IOMMU_RULE_DC_IOSATP_MODE},
        {no_sv57, 0, FSC(10), 0, 0, 0, IOMMU_RULE_DC_IOSATP_MODE},
        {NULL, TC(SXL), FSC(9), 0, 0, 0, IOMMU_RULE_DC_IOSATP_MODE},
        {NULL, TC(DPE), 0, 0, 0, 0, IOMMU_RULE_DC_DPE_WITHOUT_PDTV},
        {NULL, 0, 0, SECOND(11), 0, 0, IOMMU_RULE_DC_IOHGATP_MODE},
        {no_sv57x4, 0, 0, SECOND(10), 0, 0, IOMMU_RULE_DC_IOHGATP_MODE},
        {NULL, 0, 0, SECOND(8), 0, MSIPTP(2), IOMMU_RULE_DC_MSIPTP_MODE},
        {NULL, 0, 0, SECOND(8) | 1, 0, 0, IOMMU_RULE_DC_IOHGATP_ALIGN},
        {no_amo_hwad, TC(SADE), 0, 0, 0, 0, IOMMU_RULE_DC_ADE_UNSUPPORTED},
        {little_endian_only, TC(SBE), 0, 0, 0, 0, IOMMU_RULE_DC_SBE_END},
        {be_fixed_with_end, TC(SBE), 0, 0, 0, 0, IOMMU_RULE_DC_SBE},
        {gxl_fixed_0, TC(SXL), 0, 0, 0, 0, IOMMU_RULE_DC_SXL},
        {narrow_qos, 0, 0, 0, IOMMU_PREP(IOMMU_DC_TA_RCID, 16), 0, IOMMU_RULE_DC_QOS_WIDE},
        {NULL, 0, 0, 0, 0, MSIPTP(1), IOMMU_RULE_DC_MSIPTP_BARE},
        {pas_40_early, 0, FSC(8) | 1ull << 28, 0, 0, 0, IOMMU_RULE_DC_PAS},
        {pas_40_early, 0, 0, SECOND(8) | 1ull << 28, 0, 0, IOMMU_RULE_DC_PAS},
        {pas_40_early, 0, 0, SECOND(8), 0, MSIPTP(1) | 1ull << 28, IOMMU_RULE_DC_PAS},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        struct bench *b = bench_ready("max", w->tweak);
        struct dc dc = bench_dc(b);
        dc.tc |= w->tc;
        dc.fsc = w->fsc;
        dc.iohgatp = w->iohgatp;
        dc.ta = w->ta;
        dc.msiptp = w->msiptp;
        bench_write_dc(b, DEVICE, &dc);
        test_note("%s", iommu_rule_name(w->rule));
        bench_expect_fault(HERE, b, read_at(DEVICE, 0x1000),
                           (struct expected_fault){.cause = MISCONFIGURED, .rule = w->rule});
    }
}

TEST_TABLES(rules_of_the_request_type)
{
    struct bench *b = bench_ready("max", NULL);
    struct pdt pdt = pdt_create(b, IOMMU_PDTP_MODE_PD8);
    struct dc dc = bench_dc(b);
    const uint16_t cause = IOMMU_CAUSE_TRANS_TYPE_DISALLOWED;
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_RULE(b, as_translated(read_at(DEVICE, 0)), cause, ATS_DISABLED);
    EXPECT_RULE(b, with_pid(read_at(DEVICE, 0), 1), cause, PROCESS_ID_UNEXPECTED);
    dc.tc |= TC(PDTV);
    dc.fsc = pdt_pdtp(&pdt);
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    EXPECT_RULE(b, with_pid(read_at(DEVICE, 0), 0x100), cause, PROCESS_ID_WIDE);
    struct pc pc = pc_bare();
    pdt_write_pc(&pdt, PROCESS, &pc);
    EXPECT_RULE(b, with_priv(read_at(DEVICE, 0), PROCESS), cause, SUPERVISOR_DISABLED);
}

TEST(rules_of_the_process_directory)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    struct iommu_request request = with_pid(read_at(DEVICE, 0x1000), PROCESS);
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    stages_add_process(&s, &pdt, &pc);
    uint64_t entry = pdt_entry(&pdt, PROCESS, 0);
    uint64_t pdte = pdt_entry(&pdt, PROCESS, 1);
    bench_inject(s.b, pdte, 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, PDTE_ACCESS);
    bench_clear_injections(s.b);
    bench_inject(s.b, pdte, 8, IOMMU_MEM_POISON);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_DATA_CORRUPTION, PDTE_POISON);
    bench_clear_injections(s.b);
    bench_inject(s.b, entry, 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, PC_ACCESS);
    bench_clear_injections(s.b);
    bench_inject(s.b, entry, 8, IOMMU_MEM_POISON);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_DATA_CORRUPTION, PC_POISON);
    bench_clear_injections(s.b);
    pc.ta = 0;
    stages_update_process(&s, &pdt, &pc);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_NOT_VALID, PC_NOT_VALID);
    pc.ta = 1 | 1ull << 40;
    stages_update_process(&s, &pdt, &pc);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_MISCONFIGURED, PC_RESERVED);
    pc.ta = 1;
    pc.fsc = FSC(11);
    stages_update_process(&s, &pdt, &pc);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_MISCONFIGURED, PC_MODE);
    bench_put64(s.b, pdte, bench_get64(s.b, pdte) | 2);
    bench_invalidate_all(s.b);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_MISCONFIGURED, PDTE_RESERVED);
    bench_put64(s.b, pdte, 0);
    bench_invalidate_all(s.b);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_NOT_VALID, PDTE_NOT_VALID);
}

TEST(rules_of_a_process_directory_in_guest_memory)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    struct iommu_request request = with_pid(read_at(DEVICE, 0x1000), PROCESS);
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    stages_add_process(&s, &pdt, &pc);
    uint64_t pte = pt_entry(&s.second, pdt_entry_gpa(&pdt, PROCESS, 0), 0);
    bench_inject(s.b, pte, 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, PDT_SECOND_STAGE_ACCESS);
    bench_clear_injections(s.b);
    bench_inject(s.b, pte, 8, IOMMU_MEM_POISON);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PDT_DATA_CORRUPTION, PDT_SECOND_STAGE_POISON);
}

TEST_TABLES(rules_of_address_widths)
{
    struct stages s;
    const uint64_t wide = 1ull << 62;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    EXPECT_RULE(s.b, read_at(DEVICE, wide), IOMMU_CAUSE_READ_PAGE_FAULT, IOVA_NOT_CANONICAL);
    stages_ready(&s, PT_SV32, NO_STAGE, NULL);
    EXPECT_RULE(s.b, read_at(DEVICE, wide), IOMMU_CAUSE_READ_PAGE_FAULT, SXL_IOVA_WIDE);
    struct expected_fault expected = {
        .cause = IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, .iotval2 = wide, .rule = IOMMU_RULE_GPA_WIDE};
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    bench_expect_fault(HERE, s.b, read_at(DEVICE, wide), expected);
    stages_ready(&s, NO_STAGE, PT_SV32X4, NULL);
    expected.rule = IOMMU_RULE_SXL_GPA_WIDE;
    bench_expect_fault(HERE, s.b, read_at(DEVICE, wide), expected);
    stages_ready(&s, PT_SV39, NO_STAGE, pas_40);
    pt_map(&s.first, 0x1000, 1ull << 40, 0, P_ALL);
    EXPECT_RULE(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_ACCESS_FAULT, SPA_WIDE);
}

/* One leaf, wrong in one way. */
TEST_TABLES(rules_of_ptes)
{
    static const struct {
        uint64_t pte;
        unsigned level;
        unsigned kind;
        enum iommu_rule rule;
    } cases[] = {
        {0, 0, 0, IOMMU_RULE_PTE_NOT_VALID},
        {P_V | P_W | P_U | P_A | P_D, 0, 0, IOMMU_RULE_PTE_WRITE_ONLY},
        {P_ALL | 1ull << 54, 0, 0, IOMMU_RULE_PTE_RESERVED},
        {P_ALL | P_PBMT(3), 0, 0, IOMMU_RULE_PTE_RESERVED},
        {P_V | P_A, 1, 0, IOMMU_RULE_PTE_RESERVED},
        {P_V | P_PBMT(1), 1, 0, IOMMU_RULE_PTE_RESERVED},
        {P_V | P_N, 1, 0, IOMMU_RULE_PTE_RESERVED},
        {P_V, 0, 0, IOMMU_RULE_PTE_NO_LEAF},
        {P_ALL | 1ull << 10, 1, 0, IOMMU_RULE_PTE_MISALIGNED},
        {P_ALL | P_N | 1ull << 10, 0, 0, IOMMU_RULE_PTE_NAPOT},
        {P_ALL & ~P_U, 0, 0, IOMMU_RULE_PTE_USER},
        {P_ALL & ~P_W, 0, 1, IOMMU_RULE_PTE_PERMISSION},
        {P_ALL & ~P_X, 0, 2, IOMMU_RULE_PTE_PERMISSION},
        {P_ALL & ~P_A, 0, 0, IOMMU_RULE_PTE_ACCESSED},
        {P_ALL & ~P_D, 0, 1, IOMMU_RULE_PTE_ACCESSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stages s;
        struct iommu_request request = request_of(cases[i].kind, DEVICE, 0x1000);
        stages_ready(&s, PT_SV39, NO_STAGE, NULL);
        pt_write(&s.first, pt_entry(&s.first, 0x1000, cases[i].level), cases[i].pte);
        test_note("%s", iommu_rule_name(cases[i].rule));
        bench_expect_fault(
            HERE, s.b, request,
            (struct expected_fault){.cause = page_fault(&request), .rule = cases[i].rule});
    }
}

TEST(rules_of_page_table_memory)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    stages_add_process(&s, &pdt, &pc);
    pc.ta |= IOMMU_PC_TA_ENS_MASK;
    stages_update_process(&s, &pdt, &pc);
    struct iommu_request request = with_pid(write_at(DEVICE, 0x1000), PROCESS);
    uint64_t entry = pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL & ~P_D);
    bench_inject(s.b, entry, 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_WRITE_ACCESS_FAULT, PTE_ACCESS);
    bench_clear_injections(s.b);
    bench_inject(s.b, entry, 8, IOMMU_MEM_POISON);
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_PT_DATA_CORRUPTION, PTE_POISON);
    bench_clear_injections(s.b);
    request.privileged = true;
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_WRITE_PAGE_FAULT, PTE_SUPERVISOR);
    request.privileged = false;
    s.dc.tc |= TC(SADE);
    stages_update(&s);
    bench_inject_on(
        s.b, (struct injection){
                 .address = entry, .size = 8, .status = IOMMU_MEM_ACCESS_FAULT, .on = ON_AMO});
    EXPECT_RULE(s.b, request, IOMMU_CAUSE_WRITE_ACCESS_FAULT, PTE_UPDATE_ACCESS);
}

/* Each rule has its own name and text. */
TEST(rules_have_names_sections_and_texts)
{
    for (int a = IOMMU_RULE_NONE + 1; a < IOMMU_RULES; a++) {
        const char *name = iommu_rule_name((enum iommu_rule)a);
        test_note("%s", name);
        CHECK(strlen(name) > 0);
        CHECK(strlen(iommu_rule_text((enum iommu_rule)a)) > 0);
        CHECK(strlen(iommu_rule_section((enum iommu_rule)a)) > 0);
        for (int b = IOMMU_RULE_NONE + 1; b < a; b++)
            CHECK(strcmp(name, iommu_rule_name((enum iommu_rule)b)) != 0);
    }
    CHECK_EQ(strlen(iommu_rule_text(IOMMU_RULE_NONE)), 0);
}
