/* SPDX-License-Identifier: Apache-2.0 */
/* "Device-Directory-Table (DDT)" and "Process to locate the Device-context". */
#include "stages.h"
#include "tweaks.h"

/* A started bench with so many levels. MSI_FLAT decides on the format, MSI_MRIF does not. */
static struct bench *directory(bool extended, unsigned levels)
{
    struct bench *b = bench_create("max", extended ? no_msi_mrif : no_msi_flat);
    CHECK_EQ(b->extended, extended);
    bench_start(b, levels);
    return b;
}

/* Bits of device_id that so many levels hold. */
static unsigned id_bits(bool extended, unsigned levels)
{
    static const unsigned base[] = {7, 16, 24};
    static const unsigned ext[] = {6, 15, 24};
    return (extended ? ext : base)[levels - 1];
}

/* Each device_id bit alone, and all, lead to the entries that the format prescribes. */
static void check_partition(bool extended, unsigned levels)
{
    unsigned bits = id_bits(extended, levels);
    for (unsigned i = 0; i <= bits; i++) {
        uint32_t id = i == bits ? (1u << bits) - 1 : 1u << i;
        struct bench *b = directory(extended, levels);
        struct dc dc = bench_dc(b);
        bench_write_dc(b, id, &dc);
        bench_clear_log(b);
        test_note("%u levels, device_id 0x%x", levels, (unsigned)id);
        EXPECT_OK(b, read_at(id, 0x1000), 0x1000);
        for (unsigned level = 0; level < levels; level++) {
            const struct event *access = bench_access(b, IOMMU_DDT, levels - 1 - level);
            REQUIRE(access != NULL);
            CHECK_EQ(access->access.address, bench_ddt_entry(b, id, level));
        }
    }
}

TEST(ddt_base_format_partitions_device_id_7_9_8)
{
    for (unsigned levels = 1; levels <= 3; levels++)
        check_partition(false, levels);
}

TEST(ddt_extended_format_partitions_device_id_6_9_9)
{
    for (unsigned levels = 1; levels <= 3; levels++)
        check_partition(true, levels);
}

/* The entries' addresses worked out by hand, one for each format. */
TEST(ddt_walk_reads_the_expected_addresses)
{
    struct bench *b = directory(false, 3);
    struct dc dc = bench_dc(b);
    const uint32_t id = 0xa5c3e7; /* base: DDI 0xa5, 0x187, 0x67; ext: 0x14b, 0x10f, 0x27 */
    bench_write_dc(b, id, &dc);
    bench_clear_log(b);
    EXPECT_OK(b, read_at(id, 0), 0);
    REQUIRE(bench_accesses(b, IOMMU_DDT) >= 3);
    CHECK_EQ(bench_access(b, IOMMU_DDT, 0)->access.address, b->ddt_root + 0xa5 * 8);
    CHECK_EQ(bench_access(b, IOMMU_DDT, 1)->access.address & 0xfff, 0x187 * 8);
    CHECK_EQ(bench_access(b, IOMMU_DDT, 2)->access.address & 0xfff, 0x67 * 32);

    b = directory(true, 3);
    dc = bench_dc(b);
    bench_write_dc(b, id, &dc);
    bench_clear_log(b);
    EXPECT_OK(b, read_at(id, 0), 0);
    REQUIRE(bench_accesses(b, IOMMU_DDT) >= 3);
    CHECK_EQ(bench_access(b, IOMMU_DDT, 0)->access.address, b->ddt_root + 0x14b * 8);
    CHECK_EQ(bench_access(b, IOMMU_DDT, 1)->access.address & 0xfff, 0x10f * 8);
    CHECK_EQ(bench_access(b, IOMMU_DDT, 2)->access.address & 0xfff, 0x27 * 64);
}

TEST_BOTH(ddt_levels_1_2_3_locate_different_contexts)
{
    static const uint64_t page = 0x1000;
    for (unsigned extended = 0; extended < 2; extended++) {
        for (unsigned levels = 1; levels <= 3; levels++) {
            struct stages s;
            struct bench *b = directory(extended != 0, levels);
            uint32_t last = (1u << id_bits(extended != 0, levels)) - 1;
            test_note("extended %u, %u levels", extended, levels);
            stages_make(&s, b, PT_SV39, NO_STAGE);
            pt_map(&s.first, page, 0x5000, 0, P_ALL);
            struct dc bare = bench_dc(b);
            bench_write_dc(b, last, &bare);
            EXPECT_OK(b, read_at(DEVICE, page), 0x5000);
            EXPECT_OK(b, read_at(last, page), page);
            EXPECT_FAULT(b, read_at(0, page), IOMMU_CAUSE_DDT_NOT_VALID);
        }
    }
}

/* device_ids that need more levels: cause 260, and no memory is read. */
TEST(ddt_device_id_too_wide_reads_no_memory)
{
    for (unsigned extended = 0; extended < 2; extended++) {
        for (unsigned levels = 1; levels <= 2; levels++) {
            struct bench *b = directory(extended != 0, levels);
            for (unsigned bit = id_bits(extended != 0, levels); bit < 24; bit++) {
                test_note("extended %u, %u levels, bit %u", extended, levels, bit);
                uint32_t id = 1u << bit;
                bench_clear_log(b);
                EXPECT_FAULT(b, read_at(id, 0x1000), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
                EXPECT_FAULT(b, write_at(id | 1, 0x1000), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
                EXPECT_FAULT(b, as_ats(read_at(id, 0x1000)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
                CHECK_EQ(bench_accesses(b, IOMMU_DDT), 0);
                CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), bench_accesses(b, IOMMU_FQ));
            }
        }
    }
}

TEST_BOTH(ddt_all_24_bits_fit_three_levels)
{
    struct bench *b = directory(true, 3);
    EXPECT_FAULT(b, read_at(0xffffff, 0x1000), IOMMU_CAUSE_DDT_NOT_VALID);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, 0xffffff, &dc);
    bench_invalidate_all(b);
    EXPECT_OK(b, read_at(0xffffff, 0x1000), 0x1000);
}

/* Change bits of a non-leaf entry, translate, and change them back. */
static void check_ddte(struct bench *b, unsigned level, uint64_t flip, uint16_t cause)
{
    uint64_t entry = bench_ddt_entry(b, DEVICE, level);
    bench_put64(b, entry, bench_get64(b, entry) ^ flip);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000), cause);
    bench_put64(b, entry, bench_get64(b, entry) ^ flip);
    bench_invalidate_all(b);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
}

TEST_BOTH(ddte_not_valid)
{
    struct bench *b = directory(true, 3);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    check_ddte(b, 2, IOMMU_DDTE_V_MASK, IOMMU_CAUSE_DDT_NOT_VALID);
    check_ddte(b, 1, IOMMU_DDTE_V_MASK, IOMMU_CAUSE_DDT_NOT_VALID);
}

TEST_BOTH(ddte_reserved_bits)
{
    struct bench *b = directory(true, 3);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    for (unsigned level = 1; level <= 2; level++) {
        for (unsigned bit = 1; bit < 64; bit++) {
            test_note("level %u, bit %u", level, bit);
            if (bit <= 9 || bit >= 54)
                check_ddte(b, level, 1ull << bit, IOMMU_CAUSE_DDT_MISCONFIGURED);
        }
    }
}

/* Fault of memory at the entry of `level`. */
static void check_ddt_memory(unsigned level, enum iommu_mem_status status, uint16_t cause)
{
    struct bench *b = directory(true, 3);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    test_note("level %u, cause %u", level, cause);
    uint64_t size = level == 0 ? 64 : 8;
    for (uint64_t part = 0; part < size; part += 8) {
        bench_inject(b, bench_ddt_entry(b, DEVICE, level) + part, 8, status);
        EXPECT_FAULT(b, read_at(DEVICE, 0x1000), cause);
        EXPECT_FAULT(b, exec_at(DEVICE, 0x1000), cause);
        bench_clear_injections(b);
    }
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
}

TEST(ddt_access_fault_at_each_level)
{
    for (unsigned level = 0; level < 3; level++)
        check_ddt_memory(level, IOMMU_MEM_ACCESS_FAULT, IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
}

TEST(ddt_corrupted_data_at_each_level)
{
    for (unsigned level = 0; level < 3; level++)
        check_ddt_memory(level, IOMMU_MEM_POISON, IOMMU_CAUSE_DDT_DATA_CORRUPTION);
}

/* An entry with several faults at once shows the first of the order. */
TEST(ddt_checks_access_then_corruption_then_valid_then_reserved)
{
    for (unsigned level = 0; level < 3; level++) {
        struct bench *b = directory(true, 3);
        struct dc dc = bench_dc(b);
        test_note("level %u", level);
        dc.tc |= 1ull << 40; /* reserved */
        bench_write_dc(b, DEVICE, &dc);
        uint64_t entry = bench_ddt_entry(b, DEVICE, level);
        uint64_t good = bench_get64(b, entry);
        bench_put64(b, entry, (good | 1ull << 60) & ~IOMMU_DDTE_V_MASK);
        bench_inject(b, entry, 8, IOMMU_MEM_ACCESS_FAULT);
        EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
        bench_clear_injections(b);
        bench_inject(b, entry, 8, IOMMU_MEM_POISON);
        EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_DATA_CORRUPTION);
        bench_clear_injections(b);
        EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_NOT_VALID);
        bench_put64(b, entry, good | 1ull << 60);
        EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
}

TEST_BOTH(dc_not_valid_leaves_other_bits_to_software)
{
    struct bench *b = directory(true, 3);
    struct dc dc = {~1ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull};
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_NOT_VALID);
    EXPECT_FAULT(b, as_translated(read_at(DEVICE, 0x1000)), IOMMU_CAUSE_DDT_NOT_VALID);
}

/* --- beyond the physical address space --------------------------------------------- */

TEST_BOTH(ddte_ppn_beyond_pas_is_an_access_fault)
{
    struct bench *b = bench_create("max", pas_40);
    bench_start(b, 3);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    for (unsigned level = 1; level <= 2; level++) {
        for (unsigned bit = 40; bit < 56; bit++) {
            test_note("level %u, address bit %u", level, bit);
            check_ddte(b, level, 1ull << (bit - 2), IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
        }
    }
}
