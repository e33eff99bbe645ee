/* SPDX-License-Identifier: Apache-2.0 */
/* "Process to translate addresses of MSIs": recognition, basic translate mode, caching. */
#include "scenes.h"

/* The 16 virtual interrupt files, each mapped to the real one of the same number. */
static void scene_interrupt_files(struct scene *s, struct bench *b)
{
    scene_second(s, b);
    scene_add_msi(s);
    for (unsigned file = 0; file < SCENE_MSI_FILES; file++)
        scene_map_msi(s, file);
}

static uint64_t imsic_page(unsigned file)
{
    return SCENE_IMSIC + ((uint64_t)file << 12);
}

TEST_BOTH(msi_pages_are_recognized_by_pattern_and_mask)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_interrupt_files(&s, b);
    for (unsigned file = 0; file < SCENE_MSI_FILES; file++) {
        struct iommu_response r =
            EXPECT_OK(b, write_at(s.device, scene_msi_address(file, 0)), imsic_page(file));
        CHECK_EQ(r.target, IOMMU_TARGET_MSI);
        CHECK_EQ(r.permissions, IOMMU_PERM_R | IOMMU_PERM_W);
        CHECK_EQ(r.page_log2, 12);
    }
    EXPECT_OK(b, write_at(s.device, scene_msi_address(3, 0xffc)), imsic_page(3) + 0xffc);

    /* The pages on both sides are ordinary ones: no mapping, then a mapping. */
    uint64_t below = SCENE_MSI - 0x1000, above = SCENE_MSI + (SCENE_MSI_FILES << 12);
    EXPECT_GUEST_FAULT(b, write_at(s.device, below), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, below);
    EXPECT_GUEST_FAULT(b, write_at(s.device, above), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, above);
    pt_map(&s.second, above, 0x90000000, 0, P_ALL);
    CHECK_EQ(EXPECT_OK(b, write_at(s.device, above), 0x90000000).target, IOMMU_TARGET_MEMORY);
}

TEST_BOTH(msi_pattern_bits_under_the_mask_do_not_count)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_interrupt_files(&s, b);
    s.dc.msi_addr_pattern = SCENE_MSI >> 12 | 0x9;
    scene_update(&s);
    EXPECT_OK(b, write_at(s.device, scene_msi_address(4, 0)), imsic_page(4));
    EXPECT_OK(b, write_at(s.device, scene_msi_address(9, 0)), imsic_page(9));
}

/* extract(): the bits of the page number under the mask, packed to the low end. */
TEST_BOTH(msi_file_number_packs_scattered_mask_bits)
{
    static const unsigned mask_bit[] = {0, 2, 6, 8, 21};
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    s.msi_table = msi_pt_create(b, 5);
    s.dc.msiptp = msi_msiptp(s.msi_table);
    s.dc.msi_addr_mask = 0x200145;
    s.dc.msi_addr_pattern = 0x0c01a;
    scene_update(&s);
    for (unsigned file = 0; file < 32; file++)
        msi_pt_write(b, s.msi_table, file, msi_pte_basic(imsic_page(file)));
    for (unsigned file = 0; file < 32; file++) {
        uint64_t page = 0x0c01a & ~0x200145ull;
        for (unsigned i = 0; i < 5; i++)
            page |= (uint64_t)(file >> i & 1) << mask_bit[i];
        EXPECT_OK(b, write_at(s.device, page << 12 | 0x10), imsic_page(file) + 0x10);
    }
}

/* More than 256 entries: the table is as large as the mask has ones. */
TEST_BOTH(msi_table_larger_than_a_page)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    s.msi_table = msi_pt_create(b, 10);
    s.dc.msiptp = msi_msiptp(s.msi_table);
    s.dc.msi_addr_mask = 0x3ff;
    s.dc.msi_addr_pattern = SCENE_MSI >> 12;
    scene_update(&s);
    msi_pt_write(b, s.msi_table, 0x3ff, msi_pte_basic(0x24123000));
    msi_pt_write(b, s.msi_table, 0x100, msi_pte_basic(0x24456000));
    EXPECT_OK(b, write_at(s.device, SCENE_MSI + 0x3ff000), 0x24123000);
    EXPECT_OK(b, write_at(s.device, SCENE_MSI + 0x100000), 0x24456000);
    EXPECT_FAULT(b, write_at(s.device, SCENE_MSI + 0x101000), IOMMU_CAUSE_MSI_PTE_NOT_VALID);
}

TEST_BOTH(msi_address_is_that_after_the_first_stage)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 5);
    pt_map(&s.first, 0x7000, scene_msi_address(5, 0), 0, P_ALL);
    pt_map(&s.first, scene_msi_address(5, 0), 0x40000000, 0, P_ALL);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL);
    struct iommu_response r = EXPECT_OK(b, write_at(s.device, 0x7004), imsic_page(5) + 4);
    CHECK_EQ(r.target, IOMMU_TARGET_MSI);
    r = EXPECT_OK(b, write_at(s.device, scene_msi_address(5, 8)), 0x90000008);
    CHECK_EQ(r.target, IOMMU_TARGET_MEMORY);
}

/* The first stage's permissions still hold for an interrupt file. */
TEST_BOTH(msi_first_stage_permissions_apply)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 5);
    pt_map(&s.first, 0x7000, scene_msi_address(5, 0), 0, P_ALL & ~P_W);
    CHECK_EQ(EXPECT_OK(b, read_at(s.device, 0x7000), imsic_page(5)).permissions, IOMMU_PERM_R);
    EXPECT_FAULT(b, write_at(s.device, 0x7000), IOMMU_CAUSE_WRITE_PAGE_FAULT);
}

TEST_BOTH(msi_pages_can_be_read_but_not_executed)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_interrupt_files(&s, b);
    EXPECT_OK(b, read_at(s.device, scene_msi_address(1, 0)), imsic_page(1));
    EXPECT_FAULT(b, exec_at(s.device, scene_msi_address(1, 0)), IOMMU_CAUSE_INSTR_ACCESS_FAULT);

    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_T2GPA_MASK;
    scene_update(&s);
    EXPECT_OK(b, as_translated(write_at(s.device, scene_msi_address(1, 0))), imsic_page(1));
    EXPECT_FAULT(b, as_translated(exec_at(s.device, scene_msi_address(1, 0))),
                 IOMMU_CAUSE_INSTR_ACCESS_FAULT);
}

/* Step order 9 to 14: an execute access to a bad MSI PTE reports the PTE. */
TEST_BOTH(msi_execute_is_checked_after_the_pte)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    EXPECT_FAULT(b, exec_at(s.device, scene_msi_address(1, 0)), IOMMU_CAUSE_MSI_PTE_NOT_VALID);
    msi_pt_write(b, s.msi_table, 1, (struct msi_pte){{IOMMU_MSIPTE_V_MASK, 0}});
    EXPECT_FAULT(b, exec_at(s.device, scene_msi_address(1, 0)), IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
}

TEST(msi_pte_is_checked_in_the_order_of_the_steps)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct msi_pte pte = {{~0ull & ~(uint64_t)IOMMU_MSIPTE_V_MASK, ~0ull}};
    scene_second(&s, b);
    scene_add_msi(&s);
    uint64_t entry = s.msi_table + 2 * IOMMU_MSIPTE_BYTES;
    struct iommu_request request = write_at(s.device, scene_msi_address(2, 0));

    msi_pt_write(b, s.msi_table, 2, pte);
    bench_inject(b, entry, 16, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT);
    bench_clear_injections(b);
    bench_inject(b, entry, 16, IOMMU_MEM_POISON);
    EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION);
    bench_clear_injections(b);
    /* V=0 wins over every reserved bit, C, and M. */
    EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_NOT_VALID);
    /* C=1 has no custom use here. */
    pte.dw[0] = IOMMU_MSIPTE_V_MASK | IOMMU_MSIPTE_C_MASK | IOMMU_MSIPTE_M_MASK;
    msi_pt_write(b, s.msi_table, 2, pte);
    struct iommu_response r = EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
    CHECK_EQ(r.rule, IOMMU_RULE_MSI_PTE_CUSTOM);
    bench_invalidate_all(b);
    for (unsigned m = 0; m <= 2; m += 2) {
        pte.dw[0] = IOMMU_MSIPTE_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_M, m);
        msi_pt_write(b, s.msi_table, 2, pte);
        r = EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
        CHECK_EQ(r.rule, IOMMU_RULE_MSI_PTE_MODE);
        bench_invalidate_all(b);
    }
}

TEST_BOTH(msi_pte_basic_reserved_bits_are_misconfigured)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    struct iommu_request request = write_at(s.device, scene_msi_address(2, 0));
    for (unsigned bit = 0; bit < 63; bit++) {
        struct msi_pte pte = msi_pte_basic(imsic_page(2));
        if ((bit < 3 || bit > 9) && bit < 54)
            continue;
        pte.dw[0] |= 1ull << bit;
        msi_pt_write(b, s.msi_table, 2, pte);
        test_note("bit %u", bit);
        EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
        bench_invalidate_all(b);
    }
    test_note("%s", "");
}

TEST_BOTH(msi_pte_basic_ignores_the_second_doubleword)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct msi_pte pte = msi_pte_basic(imsic_page(2));
    scene_second(&s, b);
    scene_add_msi(&s);
    pte.dw[1] = ~0ull;
    msi_pt_write(b, s.msi_table, 2, pte);
    EXPECT_OK(b, write_at(s.device, scene_msi_address(2, 0)), imsic_page(2));
}

/* The second stage is not consulted for the address of an interrupt file. */
TEST(msi_translation_replaces_the_second_stage)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_interrupt_files(&s, b);
    pt_map(&s.second, scene_msi_address(6, 0), 0x90000000, 0, P_V | P_R | P_U | P_A);
    bench_clear_log(b);
    EXPECT_OK(b, write_at(s.device, scene_msi_address(6, 0)), imsic_page(6));
    CHECK_EQ(bench_accesses(b, IOMMU_SECOND_STAGE), 0);
    CHECK_EQ(bench_accesses(b, IOMMU_MSI_PT), 1);
    const struct event *read = bench_access(b, IOMMU_MSI_PT, 0);
    CHECK_EQ(read->access.address, s.msi_table + 6 * IOMMU_MSIPTE_BYTES);
    CHECK_EQ(read->access.size, IOMMU_MSIPTE_BYTES);
}

TEST_BOTH(msi_mode_off_recognizes_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_interrupt_files(&s, b);
    s.dc.msiptp = 0;
    scene_update(&s);
    pt_map(&s.second, scene_msi_address(6, 0), 0x90000000, 0, P_ALL);
    CHECK_EQ(EXPECT_OK(b, write_at(s.device, scene_msi_address(6, 0)), 0x90000000).target,
             IOMMU_TARGET_MEMORY);
}

/* A Translated request with a physical address is never an MSI of the guest. */
TEST_BOTH(msi_is_not_recognized_in_a_physical_address)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_interrupt_files(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    scene_update(&s);
    EXPECT_OK(b, as_translated(write_at(s.device, scene_msi_address(1, 0))),
              scene_msi_address(1, 0));
}

/* Does the naturally aligned range of an answer keep clear of all interrupt files? */
static bool clear_of_interrupt_files(uint64_t address, unsigned page_log2)
{
    uint64_t first = address >> page_log2 << page_log2;
    uint64_t end = first + (1ull << page_log2);
    return end <= SCENE_MSI || first >= SCENE_MSI + ((uint64_t)SCENE_MSI_FILES << 12);
}

TEST_BOTH(msi_superpage_of_the_second_stage_leaves_interrupt_files_out)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    uint64_t beside = SCENE_MSI + 0x10000, far = SCENE_MSI + 0x100000;
    scene_interrupt_files(&s, b);
    pt_map(&s.second, SCENE_MSI, 0x90000000, 1, P_ALL);
    struct iommu_response r = EXPECT_OK(b, write_at(s.device, beside), 0x90010000);
    CHECK(clear_of_interrupt_files(beside, r.page_log2));
    EXPECT_OK(b, write_at(s.device, scene_msi_address(0, 0)), imsic_page(0));
    EXPECT_OK(b, write_at(s.device, scene_msi_address(15, 0)), imsic_page(15));
    r = EXPECT_OK(b, write_at(s.device, far), 0x90100000);
    CHECK(clear_of_interrupt_files(far, r.page_log2));
    EXPECT_OK(b, write_at(s.device, scene_msi_address(7, 4)), imsic_page(7) + 4);
    EXPECT_OK(b, write_at(s.device, beside), 0x90010000);
}

TEST_BOTH(msi_superpages_of_both_stages_leave_interrupt_files_out)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 0);
    scene_map_msi(&s, 15);
    pt_map(&s.first, 0x200000, SCENE_MSI, 1, P_ALL);
    pt_map(&s.second, SCENE_MSI, 0x90000000, 1, P_ALL);
    struct iommu_response r = EXPECT_OK(b, read_at(s.device, 0x210000), 0x90010000);
    CHECK(clear_of_interrupt_files(SCENE_MSI + 0x10000, r.page_log2));
    r = EXPECT_OK(b, write_at(s.device, 0x200000), imsic_page(0));
    CHECK_EQ(r.page_log2, 12);
    EXPECT_OK(b, write_at(s.device, 0x20f000), imsic_page(15));
    EXPECT_OK(b, write_at(s.device, 0x210000), 0x90010000);
}

/* A mask without ones below others: interrupt files lie scattered over the superpage. */
TEST_BOTH(msi_superpage_with_scattered_interrupt_files)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    s.msi_table = msi_pt_create(b, 1);
    s.dc.msiptp = msi_msiptp(s.msi_table);
    s.dc.msi_addr_mask = 0x100;
    s.dc.msi_addr_pattern = SCENE_MSI >> 12;
    scene_update(&s);
    msi_pt_write(b, s.msi_table, 0, msi_pte_basic(imsic_page(0)));
    msi_pt_write(b, s.msi_table, 1, msi_pte_basic(imsic_page(1)));
    pt_map(&s.second, SCENE_MSI, 0x90000000, 1, P_ALL);
    EXPECT_OK(b, read_at(s.device, SCENE_MSI + 0x80000), 0x90080000);
    EXPECT_OK(b, read_at(s.device, SCENE_MSI + 0x101000), 0x90101000);
    EXPECT_OK(b, read_at(s.device, SCENE_MSI), imsic_page(0));
    EXPECT_OK(b, read_at(s.device, SCENE_MSI + 0x100000), imsic_page(1));
    EXPECT_OK(b, read_at(s.device, SCENE_MSI + 0x1000), 0x90001000);
}

/* Two devices of one machine, of which one has no MSI page table: what a cache holds from
 * one of them must not decide what the other's address is. */
TEST_BOTH(msi_recognition_is_that_of_each_device)
{
    for (unsigned first = 0; first < 2; first++) {
        struct bench *b = bench_ready("max", NULL);
        struct scene s;
        scene_interrupt_files(&s, b);
        struct dc without = s.dc;
        without.msiptp = 0;
        bench_write_dc(b, s.device + 1, &without);
        pt_map(&s.second, SCENE_MSI, 0x90000000, 1, P_ALL);
        for (unsigned i = 0; i < 4; i++) {
            if ((i + first) % 2 == 0)
                EXPECT_OK(b, write_at(s.device, scene_msi_address(3, 0)), imsic_page(3));
            else
                EXPECT_OK(b, write_at(s.device + 1, scene_msi_address(3, 0)), 0x90003000);
        }
    }
}

TEST_BOTH(msi_pte_is_invalidated_by_gvma_with_its_address)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_interrupt_files(&s, b);
    struct iommu_request request = write_at(s.device, scene_msi_address(3, 0));
    EXPECT_OK(b, request, imsic_page(3));
    msi_pt_write(b, s.msi_table, 3, msi_pte_basic(0x24555000));
    bench_command(b, cmd_iotinval_gvma(IOMMU_CMD_IOTINVAL_GV_MASK | IOMMU_CMD_IOTINVAL_AV_MASK |
                                           IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID),
                                       scene_msi_address(3, 0)));
    EXPECT_OK(b, request, 0x24555000);
    msi_pt_write(b, s.msi_table, 3, (struct msi_pte){{0, 0}});
    bench_command(b, cmd_iotinval_gvma(IOMMU_CMD_IOTINVAL_GV_MASK |
                                           IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID),
                                       0));
    EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_NOT_VALID);
    msi_pt_write(b, s.msi_table, 3, msi_pte_basic(0x24666000));
    EXPECT_OK(b, request, 0x24666000);
}
