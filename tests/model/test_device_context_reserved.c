/* SPDX-License-Identifier: Apache-2.0 */
/* "Device-context configuration checks", the first: reserved bits and encodings. */
#include "dc_checks.h"
#include "tweaks.h"

TEST_BOTH(dc_check_01_reserved_bits_of_tc)
{
    struct bench *b = bench_ready("max", NULL);
    for (unsigned bit = 12; bit < 64; bit++) {
        struct dc dc = rich_dc(b);
        dc.tc |= 1ull << bit;
        test_note("bit %u", bit);
        if (bit >= 24 && bit <= 31) /* custom, of no use here */
            CHECK_LEGAL(b, &dc);
        else
            CHECK_MISCONFIGURED(b, &dc);
    }
}

TEST_BOTH(dc_check_01_reserved_bits_of_ta)
{
    struct bench *b = bench_ready("max", NULL);
    for (unsigned bit = 0; bit < 40; bit++) {
        struct dc dc = rich_dc(b);
        dc.ta |= 1ull << bit;
        test_note("bit %u", bit);
        if (bit >= 12 && bit <= 31)
            CHECK_LEGAL(b, &dc);
        else
            CHECK_MISCONFIGURED(b, &dc);
    }
}

TEST_BOTH(dc_check_01_reserved_bits_of_fsc)
{
    struct bench *b = bench_ready("max", NULL);
    for (unsigned bit = 44; bit < 60; bit++) {
        struct dc dc = rich_dc(b);
        test_note("bit %u", bit);
        dc.fsc |= 1ull << bit;
        CHECK_MISCONFIGURED(b, &dc);
        dc.tc |= TC(PDTV);
        dc.fsc = MODE(IOMMU_PDTP_MODE_PD8) | 1ull << bit;
        CHECK_MISCONFIGURED(b, &dc);
        /* reserved bits stay reserved when the stage is Bare */
        dc.tc &= ~TC(PDTV);
        dc.fsc = 1ull << bit;
        CHECK_MISCONFIGURED(b, &dc);
    }
}

static void check_msi_fields(config_tweak *tweak)
{
    struct bench *b = bench_ready("max", tweak);
    struct dc dc;
    for (unsigned bit = 0; bit < 64; bit++) {
        test_note("bit %u", bit);
        dc = rich_dc(b);
        dc.reserved = 1ull << bit;
        CHECK_MISCONFIGURED(b, &dc);
        dc = rich_dc(b);
        dc.msiptp |= 1ull << bit;
        if (bit >= 44 && bit < 60)
            CHECK_MISCONFIGURED(b, &dc);
        if (bit < 52)
            continue;
        dc = rich_dc(b);
        dc.msi_addr_mask |= 1ull << bit;
        CHECK_MISCONFIGURED(b, &dc);
        dc = rich_dc(b);
        dc.msi_addr_pattern |= 1ull << bit;
        CHECK_MISCONFIGURED(b, &dc);
    }
}

TEST_BOTH(dc_check_01_reserved_bits_of_msi_fields)
{
    check_msi_fields(NULL);
    check_msi_fields(no_msi_mrif);
}

static void no_second_stage(struct iommu_config *c)
{
    c->capabilities &=
        ~(CAP(SV57X4) | CAP(SV48X4) | CAP(SV39X4) | CAP(SV32X4) | CAP(T2GPA) | CAP(PAS));
    c->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 46);
}

/* Bits of mask and pattern from `mgpaw` - 12 on are reserved; those below are not. */
static void check_mgpaw(config_tweak *tweak, unsigned mgpaw)
{
    struct bench *b = bench_ready("max", tweak);
    for (unsigned bit = 0; bit < 52; bit++) {
        struct dc dc = bench_dc(b);
        test_note("MGPAW %u, bit %u", mgpaw, bit);
        dc.msi_addr_mask = 1ull << bit;
        CHECK_EQ(cause_of(b, &dc), bit + 12 < mgpaw ? 0 : IOMMU_CAUSE_DDT_MISCONFIGURED);
        dc = bench_dc(b);
        dc.msi_addr_pattern = 1ull << bit;
        CHECK_EQ(cause_of(b, &dc), bit + 12 < mgpaw ? 0 : IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
}

TEST_BOTH(dc_mgpaw_59_with_sv57x4)
{
    check_mgpaw(NULL, 59);
}

TEST_BOTH(dc_mgpaw_50_with_sv48x4)
{
    check_mgpaw(no_sv57x4, 50);
}

TEST_BOTH(dc_mgpaw_41_with_sv39x4)
{
    check_mgpaw(widest_sv39x4, 41);
}

TEST_BOTH(dc_mgpaw_34_with_sv32x4)
{
    check_mgpaw(widest_sv32x4, 34);
}

TEST_BOTH(dc_mgpaw_pas_without_second_stage)
{
    check_mgpaw(no_second_stage, 46);
}
