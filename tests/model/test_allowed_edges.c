/* SPDX-License-Identifier: Apache-2.0 */
/* iommu_allowed(): what the mutation run (make mutate-model) found untested in the sets. */
#include <string.h>

#include "allowed_set.h"
#include "stages.h"

#define VA 0x40005000u
#define PAGE_A 0x90000000u
#define PAGE_B 0x91000000u
#define PAGE_C 0x92000000u
#define GPA_A 0x50000000u
#define GPA_B 0x51000000u

#define GV IOMMU_CMD_IOTINVAL_GV_MASK
#define AV IOMMU_CMD_IOTINVAL_AV_MASK
#define VM IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID)

/* --- NAPOT ------------------------------------------------------------------------------------ */

/* "Svnapot": any of the PTEs of the region may be the one that is used, old or new. */
TEST_BOTH(allowed_copies_of_a_napot_pte)
{
    for (unsigned stage = 0; stage < 2; stage++) {
        struct bench *b = bench_ready("max", with_history);
        struct scene s;
        (stage == 0 ? scene_first : scene_second)(&s, b);
        struct page_table *pt = stage == 0 ? &s.first : &s.second;
        uint64_t region = VA & ~0xffffull;
        pt_map_napot(pt, region, PAGE_A, P_ALL);
        struct iommu_request request = read_at(s.device, VA);
        CHECK_ALLOWED(b, request, PAGE_A + 0x5000);
        for (unsigned i = 0; i < 16; i += 15) { /* the first and the last of the region */
            uint64_t pte = pt_entry(pt, region + 0x1000 * i, 0), before = pt_read(pt, pte);
            test_note("PTE %u", i);
            pt_write(pt, pte, before + IOMMU_PREP(IOMMU_PTE_PPN, 0x1000));
            CHECK_ALLOWED(b, request, PAGE_A + 0x5000, PAGE_B + 0x5000);
            noted_pte(pt, pte, before);
            CHECK_ALLOWED(b, request, PAGE_A + 0x5000, PAGE_B + 0x5000);
            bench_invalidate_all(b);
            CHECK_ALLOWED(b, request, PAGE_A + 0x5000);
        }
        test_note("%s", "");
        /* Neighbours that are no NAPOT PTEs, or of another region, are not copies. */
        pt_write(pt, pt_entry(pt, region, 0), pt_pte(PAGE_C, P_ALL));
        pt_map_napot(pt, region + 0x10000, PAGE_C, P_ALL);
        pt_map_napot(pt, region - 0x10000, PAGE_C, P_ALL);
        CHECK_ALLOWED(b, request, PAGE_A + 0x5000);
    }
}

/* Neighbours in upper levels are no copies, whatever their bit 63 says. */
TEST_BOTH(allowed_superpages_have_no_napot_copies)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_first(&s, b);
    uint64_t pte = pt_map(&s.first, VA & ~0x1fffffull, PAGE_A, 1, P_ALL);
    pt_write(&s.first, pte + 8, pt_pte(PAGE_B | 0x8000, P_ALL) | P_N);
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_A + 0x5000);
}

/* --- parts of entries ------------------------------------------------------------------------- */

/* A context of two doublewords, of which only the second changes. */
TEST_BOTH(allowed_after_a_change_of_the_second_word_of_a_process_context)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_process(&s, b);
    struct iommu_request request = with_pid(read_at(s.device, VA), SCENE_PID);
    struct page_table other = pt_create(b, PT_SV48); /* another walk altogether */
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    pt_map(&other, VA, PAGE_B, 0, P_ALL);
    EXPECT_OK(b, request, PAGE_A);
    noted_put64(b, pdt_entry(&s.pdt, SCENE_PID, 0) + 8, pt_iosatp(&other));
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iodir_pdt(s.device, SCENE_PID));
    CHECK_ALLOWED(b, request, PAGE_B);
}

/* Each of the words of a device context, one at a time: the last of them count, too. */
TEST_BOTH(allowed_after_a_change_of_one_word_of_a_device_context)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 0);
    pt_map(&s.second, SCENE_MSI, PAGE_A, 0, P_ALL);
    struct iommu_request request = write_at(s.device, SCENE_MSI);
    uint64_t dc = bench_ddt_entry(b, s.device, 0);
    EXPECT_OK(b, request, SCENE_IMSIC);
    noted_put64(b, dc + IOMMU_DC_MSI_ADDR_PATTERN_OFFSET, SCENE_MSI >> 12 ^ 0x100);
    CHECK_ALLOWED(b, request, PAGE_A, SCENE_IMSIC);
    bench_command(b, cmd_iodir_ddt(s.device));
    CHECK_ALLOWED(b, request, PAGE_A);
    noted_put64(b, dc + IOMMU_DC_MSI_ADDR_PATTERN_OFFSET, SCENE_MSI >> 12);
    CHECK_ALLOWED(b, request, SCENE_IMSIC, PAGE_A);
}

/* 4-byte PTEs: their history is kept by doublewords, of which each holds two. */
TEST_BOTH(allowed_after_changes_of_4_byte_ptes)
{
    for (unsigned odd = 0; odd < 2; odd++) {
        struct stages s;
        stages_ready(&s, PT_SV32, NO_STAGE, with_history);
        struct bench *b = s.b;
        uint64_t va = VA - VA % 0x2000 + 0x1000 * odd;
        uint64_t pte = pt_map(&s.first, va, PAGE_A, 0, P_ALL);
        uint64_t beside = pt_map(&s.first, va ^ 0x1000, PAGE_C, 0, P_ALL);
        stages_update(&s);
        struct iommu_request request = read_at(DEVICE, va);
        noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
        noted_pte(&s.first, beside, pt_pte(PAGE_A, P_ALL));
        CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
        CHECK_ALLOWED(b, read_at(DEVICE, va ^ 0x1000), PAGE_A, PAGE_C);
        /* The range of a page is 4 MiB at the upper level of this scheme. */
        bench_command(b, cmd_iotinval_vma(AV, va));
        CHECK_ALLOWED(b, request, PAGE_B);
        CHECK_ALLOWED(b, read_at(DEVICE, va ^ 0x1000), PAGE_A, PAGE_C);
        noted_pte(&s.first, pt_entry(&s.first, va, 1), pt_pte(PAGE_C & ~0x3fffffull, P_ALL));
        uint64_t within = va & 0x3fffff;
        CHECK_ALLOWED(b, request, (PAGE_C & ~0x3fffffull) + within, PAGE_B);
        noted_pte(&s.first, pt_entry(&s.first, va, 1), 0);
        bench_command(b, cmd_iotinval_vma(AV, va ^ 0x200000));
        CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_READ_PAGE_FAULT), PAGE_B);
    }
    test_note("%s", "");
}

/* --- what ends the history ------------------------------------------------------------------- */

/* "A change of fctl empties all caches", by the model's own choice; ddtp alone does not. */
TEST_BOTH(allowed_after_a_change_of_fctl_is_what_memory_says)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_first(&s, b);
    uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    REG_SET(b, CQCSR, 0);
    REG_SET(b, FQCSR, 0);
    REG_SET(b, PQCSR, 0);
    REG_SET(b, FCTL, REG(b, FCTL)); /* no change */
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_B, PAGE_A);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    REG_SET(b, FCTL, REG(b, FCTL) ^ IOMMU_FCTL_WSI_MASK);
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_B);
}

/* --- process directories in guest memory -------------------------------------------------------
 */

/* The context's pointer to a directory may be cached translated: the second stage's change
 * comes into view for certain with IODIR.INVAL_DDT only, whatever the directory's depth. */
TEST_BOTH(allowed_process_directory_behind_a_cached_pointer)
{
    static const unsigned modes[] = {IOMMU_PDTP_MODE_PD8, IOMMU_PDTP_MODE_PD17,
                                     IOMMU_PDTP_MODE_PD20};
    for (unsigned i = 0; i < 3; i++) {
        struct bench *b = bench_ready("max", with_history);
        struct scene s;
        scene_nested(&s, b);
        pt_map(&s.second, PAGE_A, PAGE_A, 0, P_ALL);
        pt_map(&s.second, PAGE_B, PAGE_B, 0, P_ALL);
        pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
        struct page_table first = pt_create_guest(b, PT_SV39, s.first.guest);
        pt_map(&first, VA, PAGE_B, 0, P_ALL);
        struct pdt before = pdt_create_guest(b, modes[i], s.first.guest);
        struct pdt after = pdt_create_guest(b, modes[i], s.first.guest);
        struct pc pc = {.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, 0x51),
                        .fsc = pt_iosatp(&s.first)};
        pdt_write_pc(&before, SCENE_PID, &pc);
        pc = (struct pc){.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, 0x52),
                         .fsc = pt_iosatp(&first)};
        pdt_write_pc(&after, SCENE_PID, &pc);
        s.dc.tc |= IOMMU_DC_TC_PDTV_MASK;
        s.dc.fsc = pdt_pdtp(&before);
        scene_update(&s);
        test_note("mode %u", modes[i]);
        struct iommu_request request = with_pid(read_at(s.device, VA), SCENE_PID);
        EXPECT_OK(b, request, PAGE_A);
        noted_pte(&s.second, pt_entry(&s.second, before.root + SCENE_GUEST_OFFSET, 0),
                  pt_pte(after.root, P_ALL & ~P_X));
        CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
        bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
        bench_command(b, cmd_iodir_pdt(s.device, SCENE_PID));
        CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
        bench_command(b, cmd_iodir_ddt(s.device + 1));
        CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
        bench_command(b, cmd_iodir_ddt(s.device));
        CHECK_ALLOWED(b, request, PAGE_B);
    }
    test_note("%s", "");
}

/* ... and so the page that it leads to is read, even what is stored there later. */
TEST_BOTH(allowed_later_entries_behind_a_cached_process_directory_pointer)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_guest_process(&s, b);
    struct page_table first = pt_create_guest(b, PT_SV39, s.first.guest);
    pt_map(&s.second, PAGE_A, PAGE_A, 0, P_ALL);
    pt_map(&s.second, PAGE_B, PAGE_B, 0, P_ALL);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    pt_map(&first, VA, PAGE_B, 0, P_ALL);
    struct pdt later = pdt_create_guest(b, s.pdt.mode, s.pdt.guest);
    struct pc pc = {.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, 0x51),
                    .fsc = pt_iosatp(&first)};
    pdt_write_pc(&later, SCENE_PID, &pc);
    uint64_t root = pdt_entry(&s.pdt, SCENE_PID, 2), copy = bench_page(b);
    memcpy(bench_host(b, copy, 4096), bench_host(b, s.pdt.root, 4096), 4096);
    bench_invalidate_all(b);
    struct iommu_request request = with_pid(read_at(s.device, VA), SCENE_PID);
    EXPECT_OK(b, request, PAGE_A);
    noted_pte(&s.second, pt_entry(&s.second, s.pdt.root + SCENE_GUEST_OFFSET, 0),
              pt_pte(copy, P_ALL & ~P_X));
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_A);
    noted_put64(b, root, bench_get64(b, pdt_entry(&later, SCENE_PID, 2)));
    CHECK_ALLOWED(b, request, PAGE_A, PAGE_B);
    bench_command(b, cmd_iodir_ddt(s.device));
    CHECK_ALLOWED(b, request, PAGE_A);
}

/* --- many of all -------------------------------------------------------------------------------
 */

/* As many address spaces as one question can have roots: each keeps its own history, and
 * updates of A and D in one of them leave the others alone. */
#define SPACES 63u

TEST_BOTH(allowed_with_many_address_spaces)
{
    struct bench *b = bench_ready("max", with_history);
    uint64_t pte[SPACES];
    struct page_table first;
    for (uint32_t device = 0; device < SPACES; device++) {
        struct dc dc = bench_dc(b);
        uint64_t page = PAGE_A + 0x1000 * device;
        first = pt_create(b, PT_SV39);
        pte[device] = pt_map(&first, VA, page, 0, P_ALL & ~P_D);
        dc.tc |= IOMMU_DC_TC_SADE_MASK;
        dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, device);
        dc.fsc = pt_iosatp(&first);
        bench_write_dc(b, device, &dc);
        EXPECT_OK(b, write_at(device, VA), page);
        CHECK_EQ(bench_get64(b, pte[device]), pt_pte(page, P_ALL));
    }
    bench_command(b, cmd_iotinval_vma(0, 0)); /* no PTE without D any more */
    for (uint32_t device = 0; device < SPACES; device++)
        noted_pte(&first, pte[device], pt_pte(PAGE_B + 0x1000 * device, P_ALL));
    for (uint32_t device = 0; device < SPACES; device++)
        CHECK_ALLOWED(b, read_at(device, VA), PAGE_B + 0x1000 * device, PAGE_A + 0x1000 * device);
}

/* The longest walk that there is: three levels of both directories, five of both stages, all
 * of it through the second stage. A change of its last entry is seen. */
TEST_BOTH(allowed_after_a_change_at_the_end_of_the_longest_walk)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV57, PT_SV57X4, with_history);
    stages_add_process(&s, &pdt, &pc);
    pt_map(&s.first, VA, GPA_A, 0, P_ALL);
    uint64_t pte = pt_map(&s.second, GPA_A, PAGE_A, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(DEVICE, VA), PROCESS);
    EXPECT_OK(s.b, request, PAGE_A);
    noted_pte(&s.second, pte, pt_pte(PAGE_B, P_ALL));
    CHECK_ALLOWED(s.b, request, PAGE_B, PAGE_A);
    uint64_t old = pt_entry(&s.first, VA, 0);
    pt_map(&s.second, GPA_B, PAGE_C, 0, P_ALL);
    noted_pte(&s.first, old, pt_pte(GPA_B, P_ALL));
    CHECK_ALLOWED(s.b, request, PAGE_C, PAGE_B, PAGE_A);
    test_note("%s", "");
}

/* --- what caches cannot serve ----------------------------------------------------------------- */

/* An old root of another device with the same PSCID, of more bits than SXL lets an IOVA have. */
TEST_BOTH(allowed_never_has_iovas_beyond_sxl)
{
    struct stages s;
    const uint64_t wide = 0x100001000;
    stages_ready(&s, PT_SV39, NO_STAGE, with_history);
    struct page_table narrow = pt_create(s.b, PT_SV32);
    struct dc other = s.dc;
    other.tc |= IOMMU_DC_TC_SXL_MASK;
    other.fsc = pt_iosatp(&narrow);
    bench_write_dc(s.b, DEVICE + 1, &other);
    pt_map(&s.first, wide, PAGE_A, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, wide), PAGE_A);
    CHECK_ALLOWED(s.b, read_at(DEVICE + 1, wide), FAULT(IOMMU_CAUSE_READ_PAGE_FAULT));
}

/* A leaf for the operands of GVMA, whatever its mode: here a reserved one. */
TEST_BOTH(allowed_msi_pte_with_mode_0_is_a_leaf)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    struct iommu_request request = write_at(s.device, SCENE_MSI);
    uint64_t good = msi_pte_basic(PAGE_A).dw[0];
    bench_put64(b, s.msi_table, good & ~(uint64_t)IOMMU_MSIPTE_M_MASK);
    EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
    noted_put64(b, s.msi_table, good);
    CHECK_ALLOWED(b, request, PAGE_A, FAULT(IOMMU_CAUSE_MSI_PTE_MISCONFIGURED));
    bench_command(b, cmd_iotinval_gvma(GV | AV | VM, SCENE_MSI));
    CHECK_ALLOWED(b, request, PAGE_A);
}

/* --- memory that fails ------------------------------------------------------------------------ */

struct failing_pte {
    uint64_t address;
    enum iommu_mem_status status;
    unsigned reads;
};

static void fail_second_read(struct bench *b, const struct iommu_access *access,
                             enum event_kind kind)
{
    struct failing_pte *pte = b->hook_context;
    if (kind == EVENT_READ && access->address == pte->address && ++pte->reads == 2)
        bench_inject(b, pte->address, 8, pte->status);
}

/* The PTE can be read, but not when its A bit is to be set. */
TEST(allowed_update_of_a_pte_that_cannot_be_read_again)
{
    for (unsigned poison = 0; poison < 2; poison++) {
        struct bench *b = bench_ready("max", with_history);
        struct scene s;
        scene_first(&s, b);
        s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
        scene_update(&s);
        struct failing_pte pte = {
            .address = pt_map(&s.first, VA, PAGE_A, 0, P_ALL & ~P_A),
            .status = poison != 0 ? IOMMU_MEM_POISON : IOMMU_MEM_ACCESS_FAULT,
        };
        b->hook = fail_second_read;
        b->hook_context = &pte;
        CHECK_ALLOWED(
            b, read_at(s.device, VA),
            FAULT(poison != 0 ? IOMMU_CAUSE_PT_DATA_CORRUPTION : IOMMU_CAUSE_READ_ACCESS_FAULT));
        CHECK_EQ(pte.reads, 2);
        b->hook = NULL;
    }
}
