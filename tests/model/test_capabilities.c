/* SPDX-License-Identifier: Apache-2.0 */
/* "IOMMU capabilities (capabilities)" and "Features-control register (fctl)". */
#include <string.h>

#include "stages.h"
#include "tweaks.h"

static const char *const config_names[] = {"small", "base", "full", "max"};
#define CONFIGS 4

/* iommu_config_check() of "max" with other capabilities. */
static bool legal(uint64_t clear, uint64_t set)
{
    struct iommu_config config;
    char error[256] = "";
    REQUIRE(iommu_config_named("max", &config));
    config.capabilities = (config.capabilities & ~clear) | set;
    bool accepted = iommu_config_check(&config, error, sizeof error);
    CHECK(accepted || strlen(error) > 0);
    return accepted;
}

/* --- capabilities ------------------------------------------------------------------ */

TEST_TABLES(capabilities_are_read_only_and_constant)
{
    for (size_t i = 0; i < CONFIGS; i++) {
        test_note("%s", config_names[i]);
        struct bench *b = bench_create(config_names[i], NULL);
        uint64_t before = REG(b, CAPABILITIES);
        CHECK_EQ(before, b->config.capabilities);
        REG_SET(b, CAPABILITIES, ~0ull);
        CHECK_EQ(REG(b, CAPABILITIES), before);
        REG_SET(b, CAPABILITIES, 0);
        reg_write(b, IOMMU_REG_CAPABILITIES, 4, 0xffffffff);
        reg_write(b, IOMMU_REG_CAPABILITIES + 4, 4, 0xffffffff);
        CHECK_EQ(REG(b, CAPABILITIES), before);
        iommu_reset(b->iommu);
        CHECK_EQ(REG(b, CAPABILITIES), before);
    }
}

TEST(capabilities_reserved_and_custom_bits_are_zero)
{
    const uint64_t reserved = 0xfffull << 44 | 1ull << 20 | 3ull << 12;
    const uint64_t custom = 0xffull << 56;
    for (size_t i = 0; i < CONFIGS; i++) {
        test_note("%s", config_names[i]);
        struct bench *b = bench_create(config_names[i], NULL);
        CHECK_EQ(REG(b, CAPABILITIES) & reserved, 0);
        CHECK_EQ(REG(b, CAPABILITIES) & custom, 0);
    }
    test_note("%s", "");
    for (unsigned bit = 0; bit < 64; bit++) {
        test_note("bit %u", bit);
        if (((reserved | custom) >> bit & 1) != 0)
            CHECK(!legal(0, 1ull << bit));
    }
}

TEST(capabilities_version_is_1_0)
{
    for (size_t i = 0; i < CONFIGS; i++) {
        test_note("%s", config_names[i]);
        struct bench *b = bench_create(config_names[i], NULL);
        CHECK_EQ(REG(b, CAPABILITIES) & 0xff, 0x10);
    }
}

/* A first-stage mode works, and is a misconfiguration without its capability. */
static void check_first_stage_mode(enum pt_mode mode, config_tweak *without)
{
    struct stages s;
    uint64_t va = mode_address(mode, false);
    uint64_t pa = mode_target(mode, 0);
    stages_ready(&s, mode, NO_STAGE, NULL);
    pt_map(&s.first, va, pa, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, va), pa | (va & 0xfff));
    stages_ready(&s, mode, NO_STAGE, without);
    pt_map(&s.first, va, pa, 0, P_ALL);
    EXPECT_FAULT(s.b, read_at(DEVICE, va), IOMMU_CAUSE_DDT_MISCONFIGURED);
}

TEST_TABLES(capability_sv32)
{
    check_first_stage_mode(PT_SV32, no_sv32);
}

TEST_TABLES(capability_sv39)
{
    check_first_stage_mode(PT_SV39, no_sv39);
}

TEST_TABLES(capability_sv48)
{
    check_first_stage_mode(PT_SV48, no_sv48);
    CHECK(!legal(CAP(SV39), CAP(SV48)));
}

TEST_TABLES(capability_sv57)
{
    check_first_stage_mode(PT_SV57, no_sv57);
    CHECK(!legal(CAP(SV48), CAP(SV57)));
}

/* The same for the second stage. */
static void check_second_stage_mode(enum pt_mode mode, config_tweak *without)
{
    struct stages s;
    uint64_t gpa = mode_address(mode, true);
    uint64_t pa = mode_target(mode, 0);
    stages_ready(&s, NO_STAGE, mode, NULL);
    pt_map(&s.second, gpa, pa, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, gpa), pa | (gpa & 0xfff));
    stages_ready(&s, NO_STAGE, mode, without);
    pt_map(&s.second, gpa, pa, 0, P_ALL);
    EXPECT_FAULT(s.b, read_at(DEVICE, gpa), IOMMU_CAUSE_DDT_MISCONFIGURED);
}

TEST_TABLES(capability_sv32x4)
{
    check_second_stage_mode(PT_SV32X4, no_sv32x4);
}

TEST_TABLES(capability_sv39x4)
{
    check_second_stage_mode(PT_SV39X4, no_sv39x4);
}

TEST_TABLES(capability_sv48x4)
{
    check_second_stage_mode(PT_SV48X4, no_sv48x4);
}

TEST_TABLES(capability_sv57x4)
{
    check_second_stage_mode(PT_SV57X4, no_sv57x4);
}

/* Bits 60 and 59 of leaf and non-leaf PTEs: ignored with Svrsw60t59b, else reserved. */
static void check_software_bits(bool second, bool supported)
{
    for (unsigned bit = 59; bit <= 60; bit++) {
        for (unsigned level = 0; level < 3; level++) {
            struct stages s;
            enum pt_mode mode = second ? PT_SV39X4 : PT_SV39;
            stages_ready(&s, second ? NO_STAGE : mode, second ? mode : NO_STAGE,
                         supported ? NULL : no_svrsw);
            struct page_table *pt = second ? &s.second : &s.first;
            uint64_t va = mode_address(mode, false);
            uint64_t pa = mode_target(mode, 0);
            pt_map(pt, va, pa, 0, P_ALL);
            uint64_t entry = pt_entry(pt, va, level);
            pt_write(pt, entry, pt_read(pt, entry) | 1ull << bit);
            test_note("%s, bit %u, level %u", mode_name(mode), bit, level);
            if (supported)
                EXPECT_OK(s.b, read_at(DEVICE, va), pa | (va & 0xfff));
            else if (second)
                EXPECT_GUEST_FAULT(s.b, read_at(DEVICE, va), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                                   va & ~3ull);
            else
                EXPECT_FAULT(s.b, read_at(DEVICE, va), IOMMU_CAUSE_READ_PAGE_FAULT);
        }
    }
}

TEST_TABLES(capability_svrsw60t59b_ignores_bits_60_and_59)
{
    check_software_bits(false, true);
    check_software_bits(true, true);
}

TEST_TABLES(without_svrsw60t59b_bits_60_and_59_are_reserved)
{
    check_software_bits(false, false);
    check_software_bits(true, false);
}

/* Translate with the first stage's leaf of this PBMT. */
static void check_pbmt(unsigned pbmt, config_tweak *tweak, bool fault)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, tweak);
    test_note("PBMT %u", pbmt);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL | P_PBMT(pbmt));
    if (fault)
        EXPECT_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT);
    else
        CHECK_EQ(EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000).pbmt, pbmt);
}

TEST_TABLES(capability_svpbmt)
{
    check_pbmt(IOMMU_PBMT_PMA, NULL, false);
    check_pbmt(IOMMU_PBMT_NC, NULL, false);
    check_pbmt(IOMMU_PBMT_IO, NULL, false);
    check_pbmt(3, NULL, true);
    check_pbmt(IOMMU_PBMT_PMA, no_svpbmt, false);
    check_pbmt(IOMMU_PBMT_NC, no_svpbmt, true);
    check_pbmt(IOMMU_PBMT_IO, no_svpbmt, true);
    check_pbmt(3, no_svpbmt, true);
}

/* --- other capabilities ------------------------------------------------------------ */

TEST_TABLES(capability_amo_hwad)
{
    static const uint64_t bits[] = {IOMMU_DC_TC_SADE_MASK, IOMMU_DC_TC_GADE_MASK};
    for (size_t i = 0; i < 2; i++) {
        struct stages s;
        stages_ready(&s, PT_SV39, NO_STAGE, NULL);
        pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
        s.dc.tc |= bits[i];
        stages_update(&s);
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        stages_ready(&s, PT_SV39, NO_STAGE, no_amo_hwad);
        pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
        s.dc.tc |= bits[i];
        stages_update(&s);
        EXPECT_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
}

TEST_TABLES(capability_ats)
{
    struct bench *b = bench_ready("max", NULL);
    CHECK(REG(b, PQB) != 0);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQON), 1);
    b = bench_ready("max", no_ats);
    REG_SET(b, PQB, ~0ull);
    REG_SET(b, PQH, 1);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PIE_MASK);
    CHECK_EQ(REG(b, PQB), 0);
    CHECK_EQ(REG(b, PQH), 0);
    CHECK_EQ(REG(b, PQT), 0);
    CHECK_EQ(REG(b, PQCSR), 0);
    struct dc dc = bench_dc(b);
    dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED);
    bench_push(b, cmd_ats_inval(DEVICE, 0));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_ILL), 1);
}

TEST_TABLES(capability_t2gpa)
{
    for (unsigned supported = 0; supported < 2; supported++) {
        struct stages s;
        stages_ready(&s, NO_STAGE, PT_SV39X4, supported ? NULL : no_t2gpa);
        test_note("T2GPA %u", supported);
        pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
        s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_T2GPA_MASK;
        stages_update(&s);
        if (supported)
            EXPECT_OK(s.b, as_ats(read_at(DEVICE, 0x7000)), 0x7000);
        else
            EXPECT_FAULT(s.b, as_ats(read_at(DEVICE, 0x7000)), IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
}

TEST_TABLES(capability_end_decides_whether_fctl_be_has_a_choice)
{
    struct bench *b = bench_create("max", NULL);
    bench_set_fctl(b, (uint32_t)REG(b, FCTL) ^ IOMMU_FCTL_BE_MASK);
    b = bench_create("max", little_endian_only);
    CHECK_EQ(REG_FIELD(b, FCTL, BE), 0);
    REG_SET(b, FCTL, REG(b, FCTL) | IOMMU_FCTL_BE_MASK);
    CHECK_EQ(REG_FIELD(b, FCTL, BE), 0);
    b = bench_create("max", big_endian_only);
    CHECK_EQ(REG_FIELD(b, FCTL, BE), 1);
    REG_SET(b, FCTL, REG(b, FCTL) & ~IOMMU_FCTL_BE_MASK);
    CHECK_EQ(REG_FIELD(b, FCTL, BE), 1);
    bench_start(b, 3);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
}

TEST_TABLES(capability_igs)
{
    struct bench *b = bench_create("max", igs_msi);
    REG_SET(b, FCTL, REG(b, FCTL) | IOMMU_FCTL_WSI_MASK);
    CHECK_EQ(REG_FIELD(b, FCTL, WSI), 0);
    REG_N_SET(b, MSI_DATA, 0, 0x1234);
    CHECK_EQ(REG_N(b, MSI_DATA, 0), 0x1234);

    b = bench_create("max", igs_wsi);
    REG_SET(b, FCTL, REG(b, FCTL) & ~IOMMU_FCTL_WSI_MASK);
    CHECK_EQ(REG_FIELD(b, FCTL, WSI), 1);
    REG_N_SET(b, MSI_ADDR, 0, 0x1000);
    REG_N_SET(b, MSI_DATA, 0, 0x1234);
    REG_N_SET(b, MSI_VEC_CTL, 0, 1);
    CHECK_EQ(REG_N(b, MSI_ADDR, 0), 0);
    CHECK_EQ(REG_N(b, MSI_DATA, 0), 0);
    CHECK_EQ(REG_N(b, MSI_VEC_CTL, 0), 0);

    b = bench_create("max", igs_both);
    bench_set_fctl(b, (uint32_t)REG(b, FCTL) | IOMMU_FCTL_WSI_MASK);
    bench_set_fctl(b, (uint32_t)REG(b, FCTL) & ~IOMMU_FCTL_WSI_MASK);
    CHECK(!legal(CAP(IGS), IOMMU_PREP(IOMMU_CAPABILITIES_IGS, 3)));
}

TEST_TABLES(capability_hpm)
{
    struct bench *b = bench_create("max", NULL);
    REG_SET(b, IOCOUNTINH, 0xffffffff);
    REG_SET(b, IOHPMCYCLES, 0xffffffff);
    REG_N_SET(b, IOHPMCTR, 1, 0xffffffff);
    CHECK_EQ(REG(b, IOHPMCYCLES) & 0xffffffff, 0xffffffff);
    CHECK_EQ(REG_N(b, IOHPMCTR, 1) & 0xffffffff, 0xffffffff);
    CHECK(b->config.hpm_counters >= 1);

    b = bench_create("max", no_hpm);
    for (uint32_t offset = 88; offset < 600; offset += 4) {
        test_note("offset %u", (unsigned)offset);
        reg_write(b, offset, 4, 0xffffffff);
        CHECK_EQ(reg_read(b, offset, 4), 0);
    }
}

TEST_TABLES(capability_dbg)
{
    for (unsigned present = 0; present < 2; present++) {
        struct bench *b = bench_create("max", present ? NULL : no_dbg);
        test_note("DBG %u", present);
        REG_SET(b, TR_REQ_IOVA, 0x12345000);
        REG_SET(b, TR_REQ_CTL, IOMMU_TR_REQ_CTL_NW_MASK | IOMMU_TR_REQ_CTL_GO_BUSY_MASK);
        CHECK_EQ(REG(b, TR_REQ_IOVA), present ? 0x12345000 : 0);
        CHECK_EQ(REG(b, TR_REQ_CTL), present ? IOMMU_TR_REQ_CTL_NW_MASK : 0);
        /* ddtp is Off: the translation faults */
        CHECK_EQ(REG_FIELD(b, TR_RESPONSE, FAULT), present);
    }
}

TEST_TABLES(capability_pas_bounds_translated_addresses)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, pas_40);
    pt_map(&s.first, 0x1000, 0xfffffff000, 0, P_ALL);
    pt_map(&s.first, 0x2000, 0x10000000000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1008), 0xfffffff008);
    EXPECT_FAULT(s.b, read_at(DEVICE, 0x2000), IOMMU_CAUSE_READ_ACCESS_FAULT);
    EXPECT_FAULT(s.b, write_at(DEVICE, 0x2000), IOMMU_CAUSE_WRITE_ACCESS_FAULT);
    EXPECT_FAULT(s.b, exec_at(DEVICE, 0x2000), IOMMU_CAUSE_INSTR_ACCESS_FAULT);
}

TEST_TABLES(capabilities_pd8_pd17_pd20)
{
    static config_tweak *const only[4] = {NULL, only_pd8, only_pd17, only_pd20};
    for (unsigned supported = 1; supported <= 3; supported++) {
        for (unsigned mode = 1; mode <= 3; mode++) {
            struct bench *b = bench_ready("max", only[supported]);
            struct pdt pdt = pdt_create(b, mode);
            struct pc pc = pc_bare();
            struct dc dc = bench_dc(b);
            pdt_write_pc(&pdt, PROCESS, &pc);
            dc.tc |= IOMMU_DC_TC_PDTV_MASK;
            dc.fsc = pdt_pdtp(&pdt);
            bench_write_dc(b, DEVICE, &dc);
            test_note("capability %u, pdtp.MODE %u", supported, mode);
            struct iommu_request request = with_pid(read_at(DEVICE, 0x3000), PROCESS);
            if (mode == supported)
                EXPECT_OK(b, request, 0x3000);
            else
                EXPECT_FAULT(b, request, IOMMU_CAUSE_DDT_MISCONFIGURED);
        }
    }
}

TEST_TABLES(capability_qosid)
{
    struct bench *b = bench_create("max", NULL);
    REG_SET(b, IOMMU_QOSID, 0x00010001);
    CHECK_EQ(REG(b, IOMMU_QOSID), 0x00010001);
    for (unsigned bit = 40; bit < 64; bit++) {
        b = bench_ready("max", no_qosid);
        struct dc dc = bench_dc(b);
        dc.ta |= 1ull << bit;
        bench_write_dc(b, DEVICE, &dc);
        test_note("ta bit %u", bit);
        EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
    REG_SET(b, IOMMU_QOSID, 0x00010001);
    CHECK_EQ(REG(b, IOMMU_QOSID), 0);
}

/* Is this command accepted? */
static bool accepted(config_tweak *tweak, struct command command)
{
    struct bench *b = bench_ready("max", tweak);
    bench_push(b, command);
    CHECK_EQ(REG(b, CQH), REG_FIELD(b, CQCSR, CMD_ILL) ? 0 : 1);
    return REG_FIELD(b, CQCSR, CMD_ILL) == 0;
}

TEST_TABLES(capability_nl)
{
    const uint64_t nl = 1ull << 34;
    CHECK(accepted(NULL, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_AV_MASK | nl, 0x1000)));
    CHECK(accepted(NULL, cmd_iotinval_gvma(nl, 0)));
    CHECK(accepted(no_nl, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_AV_MASK, 0x1000)));
    CHECK(!accepted(no_nl, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_AV_MASK | nl, 0x1000)));
    CHECK(!accepted(no_nl, cmd_iotinval_gvma(nl, 0)));
}

TEST_TABLES(capability_s)
{
    struct command vma = cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_AV_MASK, 0x1000);
    struct command gvma = cmd_iotinval_gvma(0, 0);
    CHECK(accepted(no_s, vma));
    vma.dw[1] |= 1ull << (73 - 64);
    gvma.dw[1] |= 1ull << (73 - 64);
    CHECK(accepted(NULL, vma));
    CHECK(accepted(NULL, gvma));
    CHECK(!accepted(no_s, vma));
    CHECK(!accepted(no_s, gvma));
}

TEST_TABLES(svnapot_is_always_supported)
{
    for (size_t i = 0; i < CONFIGS; i++) {
        struct bench *b = bench_ready(config_names[i], NULL);
        test_note("%s", config_names[i]);
        if (!HAS(b, SV39))
            continue;
        struct stages s;
        stages_make(&s, b, PT_SV39, NO_STAGE);
        pt_map_napot(&s.first, 0x40000, 0x90000, P_ALL);
        EXPECT_OK(b, read_at(DEVICE, 0x4b678), 0x9b678);
    }
}

TEST_TABLES(svnapot_holds_in_the_second_stage)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    pt_map_napot(&s.second, 0x40000, 0x90000, P_ALL);
    EXPECT_OK(s.b, write_at(DEVICE, 0x4f004), 0x9f004);
}
