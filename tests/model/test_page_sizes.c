/* SPDX-License-Identifier: Apache-2.0 */
/* Every paged scheme alone: levels, page sizes, address widths. */
#include "one_stage.h"
#include "tweaks.h"

/* A leaf at `level` translates the whole page, and what lies beside it does not. */
static void check_leaf(enum pt_mode mode, unsigned level, bool high)
{
    struct stages s;
    struct page_table *pt = one_stage(&s, mode, NULL);
    uint64_t va = mode_address(mode, high);
    uint64_t pa = mode_target(mode, level);
    uint64_t page = 1ull << pt_page_log2(mode, level);
    uint64_t start = va & ~(page - 1);
    pt_map(pt, va, pa, level, P_ALL);
    for (unsigned kind = 0; kind < 3; kind++) {
        test_note("%s, level %u, high %u, kind %u", mode_name(mode), level, high, kind);
        struct iommu_response r =
            EXPECT_OK(s.b, request_of(kind, DEVICE, va), pa | (va & (page - 1)));
        CHECK_EQ(r.page_log2, pt_page_log2(mode, level));
        CHECK_EQ(r.permissions, IOMMU_PERM_R | IOMMU_PERM_W | IOMMU_PERM_X);
        CHECK_EQ(r.target, IOMMU_TARGET_MEMORY);
        EXPECT_OK(s.b, request_of(kind, DEVICE, start), pa);
        EXPECT_OK(s.b, request_of(kind, DEVICE, start + page - 1), pa + page - 1);
        EXPECT_STAGE_FAULT(&s, mode, request_of(kind, DEVICE, start ^ page));
    }
}

static void check_leaves(enum pt_mode mode)
{
    for (unsigned level = 0; level < pt_levels(mode); level++) {
        check_leaf(mode, level, false);
        check_leaf(mode, level, true);
    }
}

TEST_TABLES(sv32_pages_of_4_kib_and_4_mib)
{
    check_leaves(PT_SV32);
}

TEST_TABLES(sv39_pages_of_4_kib_2_mib_1_gib)
{
    check_leaves(PT_SV39);
}

TEST_TABLES(sv48_pages_up_to_512_gib)
{
    check_leaves(PT_SV48);
}

TEST_TABLES(sv57_pages_up_to_256_tib)
{
    check_leaves(PT_SV57);
}

TEST_TABLES(sv32x4_pages_of_4_kib_and_4_mib)
{
    check_leaves(PT_SV32X4);
}

TEST_TABLES(sv39x4_pages_of_4_kib_2_mib_1_gib)
{
    check_leaves(PT_SV39X4);
}

TEST_TABLES(sv48x4_pages_up_to_512_gib)
{
    check_leaves(PT_SV48X4);
}

TEST_TABLES(sv57x4_pages_up_to_256_tib)
{
    check_leaves(PT_SV57X4);
}

/* The addresses of the PTEs, worked out by hand. */
TEST(sv39_walk_reads_the_expected_addresses)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    const uint64_t va = 0x3968753123; /* VPN[2] 0xe5, VPN[1] 0x143, VPN[0] 0x153 */
    pt_map(&s.first, va, 0x5000, 0, P_ALL);
    bench_clear_log(s.b);
    EXPECT_OK(s.b, read_at(DEVICE, va), 0x5123);
    REQUIRE(bench_accesses(s.b, IOMMU_FIRST_STAGE) == 3);
    CHECK_EQ(bench_access(s.b, IOMMU_FIRST_STAGE, 0)->access.address, s.first.root + 0xe5 * 8);
    CHECK_EQ(bench_access(s.b, IOMMU_FIRST_STAGE, 1)->access.address & 0xfff, 0x143 * 8);
    CHECK_EQ(bench_access(s.b, IOMMU_FIRST_STAGE, 2)->access.address & 0xfff, 0x153 * 8);
    for (size_t i = 0; i < 3; i++)
        CHECK_EQ(bench_access(s.b, IOMMU_FIRST_STAGE, i)->access.size, 8);
}

TEST(sv32_walk_reads_the_expected_addresses)
{
    struct stages s;
    stages_ready(&s, PT_SV32, NO_STAGE, NULL);
    /* 0xb5a9c123: VPN[1] 0x2d6, VPN[0] 0x29c */
    pt_map(&s.first, 0xb5a9c123, 0x312345000, 0, P_ALL);
    bench_clear_log(s.b);
    EXPECT_OK(s.b, read_at(DEVICE, 0xb5a9c123), 0x312345123);
    REQUIRE(bench_accesses(s.b, IOMMU_FIRST_STAGE) == 2);
    CHECK_EQ(bench_access(s.b, IOMMU_FIRST_STAGE, 0)->access.address, s.first.root + 0x2d6 * 4);
    CHECK_EQ(bench_access(s.b, IOMMU_FIRST_STAGE, 1)->access.address & 0xfff, 0x29c * 4);
    for (size_t i = 0; i < 2; i++)
        CHECK_EQ(bench_access(s.b, IOMMU_FIRST_STAGE, i)->access.size, 4);
}

/* The two more bits of the root's index reach all 16 KiB of it. */
TEST(second_stage_root_has_four_pages)
{
    for (unsigned i = 0; i < 4; i++) {
        enum pt_mode mode = second_modes[i];
        struct stages s;
        stages_ready(&s, NO_STAGE, mode, NULL);
        for (uint64_t quarter = 0; quarter < 4; quarter++) {
            uint64_t gpa = quarter << (pt_input_bits(mode) - 2) | 0x1000;
            pt_map(&s.second, gpa, 0x10000 + (quarter << 12), 0, P_ALL);
            bench_clear_log(s.b);
            EXPECT_OK(s.b, read_at(DEVICE, gpa), 0x10000 + (quarter << 12));
            REQUIRE(bench_accesses(s.b, IOMMU_SECOND_STAGE) > 0);
            CHECK_EQ(bench_access(s.b, IOMMU_SECOND_STAGE, 0)->access.address,
                     s.second.root + (quarter << 12));
        }
    }
}

TEST_TABLES(sv32x4_translates_34_bits)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV32X4, NULL);
    for (unsigned bit = 12; bit < 34; bit++) {
        test_note("bit %u", bit);
        pt_map(&s.second, 1ull << bit, 0x3ull << 32 | 1ull << 12, 0, P_ALL);
        EXPECT_OK(s.b, read_at(DEVICE, 1ull << bit), 0x300001000);
    }
}

/* --- width of the input ------------------------------------------------------------ */

/* Sv39, Sv48, Sv57: the bits above must equal the sign bit, in either half. */
TEST_TABLES(first_stage_addresses_must_be_canonical)
{
    for (unsigned i = 1; i < 4; i++) {
        enum pt_mode mode = first_modes[i];
        struct stages s;
        stages_ready(&s, mode, NO_STAGE, NULL);
        for (unsigned high = 0; high < 2; high++) {
            uint64_t va = mode_address(mode, high != 0);
            uint64_t pa = mode_target(mode, 0);
            pt_map(&s.first, va, pa, 0, P_ALL);
            EXPECT_OK(s.b, read_at(DEVICE, va), pa | (va & 0xfff));
            for (unsigned bit = pt_input_bits(mode); bit < 64; bit++) {
                test_note("%s, high %u, bit %u", mode_name(mode), high, bit);
                for (unsigned kind = 0; kind < 3; kind++)
                    EXPECT_STAGE_FAULT(&s, mode, request_of(kind, DEVICE, va ^ 1ull << bit));
            }
        }
    }
}

/* Sv39x4, Sv48x4, Sv57x4: the bits above must be 0; there is no sign. */
TEST_TABLES(second_stage_addresses_must_fit)
{
    for (unsigned i = 0; i < 4; i++) {
        enum pt_mode mode = second_modes[i];
        struct stages s;
        stages_ready(&s, NO_STAGE, mode, NULL);
        uint64_t gpa = mode_address(mode, true);
        uint64_t pa = mode_target(mode, 0);
        pt_map(&s.second, gpa, pa, 0, P_ALL);
        EXPECT_OK(s.b, read_at(DEVICE, gpa), pa | (gpa & 0xfff));
        for (unsigned bit = pt_input_bits(mode); bit < 64; bit++) {
            test_note("%s, bit %u", mode_name(mode), bit);
            for (unsigned kind = 0; kind < 3; kind++)
                EXPECT_STAGE_FAULT(&s, mode, request_of(kind, DEVICE, gpa | 1ull << bit));
        }
    }
}

/* An address that is too wide is refused before any PTE is read. */
TEST(addresses_too_wide_read_no_pte)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        one_stage(&s, mode, NULL);
        bench_clear_log(s.b);
        EXPECT_STAGE_FAULT(&s, mode, read_at(DEVICE, 1ull << 62));
        CHECK_EQ(bench_accesses(s.b, IOMMU_FIRST_STAGE), 0);
        CHECK_EQ(bench_accesses(s.b, IOMMU_SECOND_STAGE), 0);
    }
}

/* --- NAPOT ------------------------------------------------------------------------- */

TEST_TABLES(napot_pages_of_64_kib)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        if (!IS_WIDE(mode))
            continue;
        struct page_table *pt = one_stage(&s, mode, NULL);
        uint64_t va = mode_address(mode, true);
        uint64_t pa = mode_target(mode, 0) & ~0xffffull;
        pt_map_napot(pt, va, pa, P_ALL);
        for (uint64_t page = 0; page < 16; page++) {
            uint64_t iova = (va & ~0xffffull) | page << 12 | 0x9a8;
            test_note("%s, page %u", mode_name(mode), (unsigned)page);
            struct iommu_response r = EXPECT_OK(s.b, read_at(DEVICE, iova), pa | (iova & 0xffff));
            CHECK_EQ(r.page_log2, 16);
        }
        EXPECT_STAGE_FAULT(&s, mode, read_at(DEVICE, va ^ 0x10000));
    }
}

/* Only the encoding 1000 of the low PPN bits is defined. */
TEST_TABLES(napot_reserved_encodings)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        if (!IS_WIDE(mode))
            continue;
        struct page_table *pt = one_stage(&s, mode, NULL);
        uint64_t va = mode_address(mode, false) & ~0xfffull;
        uint64_t entry = pt_entry(pt, va, 0);
        for (uint64_t low = 0; low < 16; low++) {
            test_note("%s, PPN[3:0] %u", mode_name(mode), (unsigned)low);
            stages_set_pte(&s, pt, entry, pt_pte(0x90000 | low << 12, P_ALL | P_N));
            if (low == 8)
                EXPECT_OK(s.b, read_at(DEVICE, va), 0x90000 | (va & 0xffff));
            else
                EXPECT_STAGE_FAULT(&s, mode, read_at(DEVICE, va));
        }
    }
}

TEST_TABLES(napot_is_reserved_above_level_0)
{
    FOR_EACH_MODE(mode)
    {
        if (!IS_WIDE(mode))
            continue;
        for (unsigned level = 1; level < pt_levels(mode); level++) {
            struct stages s;
            struct page_table *pt = one_stage(&s, mode, NULL);
            uint64_t va = mode_address(mode, false);
            uint64_t pa = mode_target(mode, level);
            test_note("%s, level %u", mode_name(mode), level);
            uint64_t entry = pt_map(pt, va, pa, level, P_ALL | P_N);
            EXPECT_STAGE_FAULT(&s, mode, write_at(DEVICE, va));
            stages_set_pte(&s, pt, entry, pt_pte(pa | 0x8000, P_ALL | P_N));
            EXPECT_STAGE_FAULT(&s, mode, write_at(DEVICE, va));
        }
    }
}

/* --- alignment --------------------------------------------------------------------- */

TEST_TABLES(superpages_must_be_aligned)
{
    FOR_EACH_MODE(mode)
    {
        for (unsigned level = 1; level < pt_levels(mode); level++) {
            struct stages s;
            struct page_table *pt = one_stage(&s, mode, NULL);
            uint64_t va = mode_address(mode, false);
            uint64_t entry = pt_entry(pt, va, level);
            for (unsigned bit = 12; bit < pt_page_log2(mode, level); bit++) {
                test_note("%s, level %u, bit %u", mode_name(mode), level, bit);
                stages_set_pte(&s, pt, entry,
                               pt_pte(mode_target(mode, level) | 1ull << bit, P_ALL));
                EXPECT_STAGE_FAULT(&s, mode, read_at(DEVICE, va));
            }
        }
    }
}

/* --- beyond the physical address space --------------------------------------------- */

TEST_TABLES(page_table_addresses_beyond_pas)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        if (!IS_WIDE(mode))
            continue;
        struct page_table *pt = one_stage(&s, mode, pas_40);
        uint64_t va = mode_address(mode, false);
        pt_map(pt, va, 0x5000, 0, P_ALL);
        for (unsigned level = 0; level < pt_levels(mode); level++) {
            uint64_t entry = pt_entry(pt, va, level);
            uint64_t good = pt_read(pt, entry);
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, va);
                test_note("%s, level %u, kind %u", mode_name(mode), level, kind);
                stages_set_pte(&s, pt, entry, good | 1ull << (40 - 2));
                EXPECT_FAULT(s.b, request, access_fault(&request));
                stages_set_pte(&s, pt, entry, good);
                EXPECT_OK(s.b, request, 0x5000 | (va & 0xfff));
            }
        }
    }
}

/* A superpage that begins within PAS and ends beyond it. */
TEST_TABLES(superpages_that_reach_beyond_pas)
{
    static const enum pt_mode modes[] = {PT_SV48, PT_SV57, PT_SV48X4, PT_SV57X4};
    for (unsigned i = 0; i < 4; i++) {
        struct stages s;
        struct page_table *pt = one_stage(&s, modes[i], pas_36);
        pt_map(pt, 0, 0, 3, P_ALL); /* 512 GiB */
        EXPECT_OK(s.b, read_at(DEVICE, 0xffffff123), 0xffffff123);
        for (unsigned bit = 36; bit < 39; bit++) {
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, 1ull << bit | 0x123);
                test_note("%s, bit %u, kind %u", mode_name(modes[i]), bit, kind);
                EXPECT_FAULT(s.b, request, access_fault(&request));
            }
        }
    }
}
