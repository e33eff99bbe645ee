/* SPDX-License-Identifier: Apache-2.0 */
/* "Device-context configuration checks", 2 to 22, and what is legal beside each. */
#include "dc_checks.h"
#include "tweaks.h"

/* --- 2 to 7: ATS, PRI, T2GPA ------------------------------------------------------- */

TEST_BOTH(dc_check_02_ats_bits_without_ats)
{
    static const uint64_t bits[] = {TC(EN_ATS), TC(EN_PRI), TC(PRPR)};
    struct bench *b = bench_ready("max", no_ats);
    struct dc dc = rich_dc(b);
    CHECK_LEGAL(b, &dc);
    for (size_t i = 0; i < 3; i++) {
        dc = rich_dc(b);
        dc.tc |= bits[i];
        CHECK_MISCONFIGURED(b, &dc);
    }
    dc = rich_dc(b);
    dc.tc |= TC(EN_ATS) | TC(EN_PRI) | TC(PRPR);
    CHECK_MISCONFIGURED(b, &dc);
}

/* All settings of the four bits, for the checks 3, 4, 5 and 7. */
TEST_BOTH(dc_check_03_04_05_07_settings_of_ats_bits)
{
    for (unsigned set = 0; set < 32; set++) {
        struct bench *b = bench_ready("max", NULL);
        bool ats = (set & 1) != 0, pri = (set & 2) != 0, prpr = (set & 4) != 0;
        bool t2gpa = (set & 8) != 0, second = (set & 16) != 0;
        struct dc dc = second ? rich_dc(b) : bench_dc(b);
        test_note("EN_ATS %u, EN_PRI %u, PRPR %u, T2GPA %u, second stage %u", ats, pri, prpr, t2gpa,
                  second);
        dc.tc |= IOMMU_PREP(IOMMU_DC_TC_EN_ATS, ats) | IOMMU_PREP(IOMMU_DC_TC_EN_PRI, pri) |
                 IOMMU_PREP(IOMMU_DC_TC_PRPR, prpr) | IOMMU_PREP(IOMMU_DC_TC_T2GPA, t2gpa);
        bool wrong = (t2gpa && !ats) || (pri && !ats) || (prpr && !pri) || (t2gpa && !second);
        CHECK_EQ(cause_of(b, &dc) == IOMMU_CAUSE_DDT_MISCONFIGURED, wrong);
    }
}

TEST_BOTH(dc_check_03_t2gpa_without_en_ats)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = rich_dc(b);
    dc.tc |= TC(T2GPA);
    CHECK_MISCONFIGURED(b, &dc);
    dc.tc |= TC(EN_ATS);
    CHECK_LEGAL(b, &dc);
}

TEST_BOTH(dc_check_04_en_pri_without_en_ats)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = rich_dc(b);
    dc.tc |= TC(EN_PRI);
    CHECK_MISCONFIGURED(b, &dc);
    dc.tc |= TC(EN_ATS);
    CHECK_LEGAL(b, &dc);
}

TEST_BOTH(dc_check_05_prpr_without_en_pri)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = rich_dc(b);
    dc.tc |= TC(EN_ATS) | TC(PRPR);
    CHECK_MISCONFIGURED(b, &dc);
    dc.tc |= TC(EN_PRI);
    CHECK_LEGAL(b, &dc);
}

TEST_BOTH(dc_check_06_t2gpa_without_capability)
{
    struct bench *b = bench_ready("max", no_t2gpa);
    struct dc dc = rich_dc(b);
    dc.tc |= TC(EN_ATS);
    CHECK_LEGAL(b, &dc);
    dc.tc |= TC(T2GPA);
    CHECK_MISCONFIGURED(b, &dc);
}

TEST_BOTH(dc_check_07_t2gpa_with_bare_second_stage)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    dc.tc |= TC(EN_ATS);
    CHECK_LEGAL(b, &dc);
    dc.tc |= TC(T2GPA);
    CHECK_MISCONFIGURED(b, &dc);
    /* GSCID and PPN of a Bare stage say nothing */
    dc.iohgatp = IOMMU_DC_IOHGATP_GSCID_MASK | IOMMU_DC_IOHGATP_PPN_MASK;
    CHECK_MISCONFIGURED(b, &dc);
    dc = rich_dc(b);
    dc.iohgatp &= ~IOMMU_DC_IOHGATP_GSCID_MASK;
    dc.tc |= TC(EN_ATS) | TC(T2GPA);
    CHECK_LEGAL(b, &dc);
}

/* --- 8 to 12: first stage ---------------------------------------------------------- */

TEST_BOTH(dc_check_08_pdtp_mode)
{
    static config_tweak *const tweak[] = {NULL, only_pd8, only_pd17, only_pd20};
    for (unsigned i = 0; i < 4; i++) {
        struct bench *b = bench_ready("max", tweak[i]);
        for (uint64_t mode = 0; mode < 16; mode++) {
            struct dc dc = bench_dc(b);
            dc.tc |= TC(PDTV);
            dc.fsc = MODE(mode) | bench_page(b) >> 12;
            test_note("only PD %u, mode %u", i, (unsigned)mode);
            bool legal = mode == 0 || mode == i || (i == 0 && mode <= 3);
            CHECK_EQ(cause_of(b, &dc), legal ? 0 : IOMMU_CAUSE_DDT_MISCONFIGURED);
        }
    }
}

/* Every encoding, with SXL 0 and 1; PDTV=0. */
TEST_BOTH(dc_check_09_iosatp_mode_encodings)
{
    struct bench *b = bench_ready("max", NULL);
    for (unsigned sxl = 0; sxl < 2; sxl++) {
        for (uint64_t mode = 0; mode < 16; mode++) {
            struct dc dc = bench_dc(b);
            dc.tc |= IOMMU_PREP(IOMMU_DC_TC_SXL, sxl);
            dc.fsc = MODE(mode) | bench_page(b) >> 12;
            test_note("SXL %u, mode %u", sxl, (unsigned)mode);
            bool legal = mode == 0 || mode == 8 || (sxl == 0 && (mode == 9 || mode == 10));
            if (legal)
                CHECK_LEGAL(b, &dc);
            else
                CHECK_MISCONFIGURED(b, &dc);
        }
    }
}

TEST_BOTH(dc_check_10_unsupported_iosatp_mode_with_sxl_0)
{
    static config_tweak *const tweak[] = {no_sv39, no_sv48, no_sv57};
    for (unsigned i = 0; i < 3; i++) {
        struct bench *b = bench_ready("max", tweak[i]);
        for (uint64_t mode = 8; mode <= 10; mode++) {
            struct dc dc = bench_dc(b);
            dc.fsc = MODE(mode) | bench_page(b) >> 12;
            test_note("without %u, mode %u", i + 8, (unsigned)mode);
            if (mode < i + 8)
                CHECK_LEGAL(b, &dc);
            else
                CHECK_MISCONFIGURED(b, &dc);
        }
    }
}

TEST_BOTH(dc_check_11_unsupported_sv32)
{
    struct bench *b = bench_ready("max", no_sv32);
    struct dc dc = bench_dc(b);
    dc.tc |= TC(SXL);
    CHECK_LEGAL(b, &dc);
    dc.fsc = MODE(8) | bench_page(b) >> 12;
    CHECK_MISCONFIGURED(b, &dc);
}

TEST_BOTH(dc_check_12_dpe_without_pdtv)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    dc.tc |= TC(DPE);
    CHECK_MISCONFIGURED(b, &dc);
    dc.tc |= TC(PDTV);
    CHECK_LEGAL(b, &dc);
}

/* --- 13 to 17: second stage and MSI table ------------------------------------------ */

TEST_BOTH(dc_check_13_iohgatp_mode_encodings)
{
    for (unsigned gxl = 0; gxl < 2; gxl++) {
        struct bench *b = bench_for(NO_STAGE, gxl ? PT_SV32X4 : PT_SV39X4, NULL);
        uint64_t root = bench_alloc(b, 16384, 16384);
        for (uint64_t mode = 0; mode < 16; mode++) {
            struct dc dc = bench_dc(b);
            dc.iohgatp = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, mode) | root >> 12;
            test_note("GXL %u, mode %u", gxl, (unsigned)mode);
            bool legal = mode == 0 || mode == 8 || (gxl == 0 && (mode == 9 || mode == 10));
            if (legal)
                CHECK_LEGAL(b, &dc);
            else
                CHECK_MISCONFIGURED(b, &dc);
        }
    }
}

TEST_BOTH(dc_check_14_unsupported_iohgatp_mode_with_gxl_0)
{
    static config_tweak *const tweak[] = {no_sv39x4, no_sv48x4, no_sv57x4};
    for (unsigned i = 0; i < 3; i++) {
        struct bench *b = bench_ready("max", tweak[i]);
        uint64_t root = bench_alloc(b, 16384, 16384);
        for (uint64_t mode = 8; mode <= 10; mode++) {
            struct dc dc = bench_dc(b);
            dc.iohgatp = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, mode) | root >> 12;
            test_note("without %u, mode %u", i + 8, (unsigned)mode);
            if (mode == i + 8)
                CHECK_MISCONFIGURED(b, &dc);
            else
                CHECK_LEGAL(b, &dc);
        }
    }
}

TEST_BOTH(dc_check_15_unsupported_sv32x4)
{
    struct bench *b = bench_for(NO_STAGE, PT_SV32X4, no_sv32x4);
    struct dc dc = bench_dc(b);
    CHECK_LEGAL(b, &dc);
    dc.iohgatp = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, 8) | bench_alloc(b, 16384, 16384) >> 12;
    CHECK_MISCONFIGURED(b, &dc);
}

TEST_BOTH(dc_check_16_msiptp_mode)
{
    struct bench *b = bench_ready("max", NULL);
    for (uint64_t mode = 0; mode < 16; mode++) {
        struct dc dc = rich_dc(b);
        dc.msiptp &= ~IOMMU_DC_MSIPTP_MODE_MASK;
        dc.msiptp |= IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, mode);
        test_note("mode %u", (unsigned)mode);
        if (mode <= 1)
            CHECK_LEGAL(b, &dc);
        else
            CHECK_MISCONFIGURED(b, &dc);
    }
}

TEST_BOTH(dc_check_17_second_stage_root_alignment)
{
    static const enum pt_mode modes[] = {PT_SV39X4, PT_SV48X4, PT_SV57X4, PT_SV32X4};
    for (unsigned i = 0; i < 4; i++) {
        struct bench *b = bench_for(NO_STAGE, modes[i], NULL);
        for (uint64_t low = 0; low < 4; low++) {
            struct dc dc = bench_dc(b);
            struct page_table second = pt_create(b, modes[i]);
            dc.iohgatp = pt_iohgatp(&second, GSCID) | low;
            test_note("%s, PPN[1:0] %u", mode_name(modes[i]), (unsigned)low);
            if (low == 0)
                CHECK_LEGAL(b, &dc);
            else
                CHECK_MISCONFIGURED(b, &dc);
        }
    }
    /* of no meaning in Bare */
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    dc.iohgatp = 3;
    CHECK_EQ(cause_of(b, &dc), 0);
}

/* --- 18 to 22: the rest ------------------------------------------------------------ */

TEST_BOTH(dc_check_18_sade_or_gade_without_amo_hwad)
{
    static const uint64_t bits[] = {TC(SADE), TC(GADE), TC(SADE) | TC(GADE)};
    struct bench *b = bench_ready("max", no_amo_hwad);
    struct bench *with = bench_ready("max", NULL);
    for (size_t i = 0; i < 3; i++) {
        struct dc dc = rich_dc(b);
        dc.tc |= bits[i];
        CHECK_MISCONFIGURED(b, &dc);
        dc = rich_dc(with);
        dc.tc |= bits[i];
        CHECK_LEGAL(with, &dc);
    }
}

TEST_BOTH(dc_check_19_sbe_differs_from_be_without_end)
{
    for (unsigned big = 0; big < 2; big++) {
        struct bench *b = bench_ready("max", big ? big_endian_only : little_endian_only);
        for (unsigned sbe = 0; sbe < 2; sbe++) {
            struct dc dc = bench_dc(b);
            dc.tc = TC(V) | IOMMU_PREP(IOMMU_DC_TC_SBE, sbe);
            test_note("BE %u, SBE %u", big, sbe);
            CHECK_EQ(cause_of(b, &dc), sbe == big ? 0 : IOMMU_CAUSE_DDT_MISCONFIGURED);
        }
    }
}

TEST_BOTH(dc_check_20_sxl)
{
    static const struct {
        config_tweak *tweak;
        bool legal[2]; /* SXL 0 and 1 */
        const char *name;
    } cases[] = {
        {gxl_fixed_0, {true, false}, "GXL 0, fixed"},
        {gxl_fixed_1, {false, true}, "GXL 1, fixed"},
        {gxl_writable_0, {true, true}, "GXL 0, writable"},
        {gxl_writable_1, {false, true}, "GXL 1, writable"},
    };
    for (size_t i = 0; i < 4; i++) {
        struct bench *b = bench_ready("max", cases[i].tweak);
        for (unsigned sxl = 0; sxl < 2; sxl++) {
            struct dc dc = bench_dc(b);
            dc.tc &= ~TC(SXL);
            dc.tc |= IOMMU_PREP(IOMMU_DC_TC_SXL, sxl);
            test_note("%s, SXL %u", cases[i].name, sxl);
            CHECK_EQ(cause_of(b, &dc), cases[i].legal[sxl] ? 0 : IOMMU_CAUSE_DDT_MISCONFIGURED);
        }
    }
}

TEST_BOTH(dc_check_21_sbe)
{
    struct iommu_config config;
    REQUIRE(iommu_config_named("max", &config));
    struct bench *b = bench_ready("max", NULL);
    for (unsigned sbe = 0; sbe < 2; sbe++) {
        struct dc dc = bench_dc(b);
        dc.tc = TC(V) | IOMMU_PREP(IOMMU_DC_TC_SBE, sbe);
        CHECK_EQ(cause_of(b, &dc), 0);
    }
    /* BE not writable though END=1: the same as without END */
    be_fixed_with_end(&config);
    if (!iommu_config_check(&config, NULL, 0))
        return;
    b = bench_ready("max", be_fixed_with_end);
    struct dc dc = bench_dc(b);
    CHECK_EQ(cause_of(b, &dc), 0);
    dc.tc |= TC(SBE);
    CHECK_MISCONFIGURED(b, &dc);
}

static void narrow_qos(struct iommu_config *c)
{
    c->rcid_bits = 5;
    c->mcid_bits = 7;
}

TEST_BOTH(dc_check_22_qos_ids_too_wide)
{
    struct bench *b = bench_ready("max", narrow_qos);
    for (unsigned bit = 0; bit < 12; bit++) {
        struct dc dc = bench_dc(b);
        test_note("bit %u", bit);
        dc.ta = IOMMU_PREP(IOMMU_DC_TA_RCID, 1u << bit);
        CHECK_EQ(cause_of(b, &dc), bit < 5 ? 0 : IOMMU_CAUSE_DDT_MISCONFIGURED);
        dc.ta = IOMMU_PREP(IOMMU_DC_TA_MCID, 1u << bit);
        CHECK_EQ(cause_of(b, &dc), bit < 7 ? 0 : IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
}

TEST_BOTH(dc_ta_qos_ids_are_reserved_without_qosid)
{
    struct bench *b = bench_ready("max", no_qosid);
    for (unsigned bit = 40; bit < 64; bit++) {
        struct dc dc = bench_dc(b);
        dc.ta = 1ull << bit;
        test_note("bit %u", bit);
        CHECK_MISCONFIGURED(b, &dc);
    }
}
