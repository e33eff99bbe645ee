/* SPDX-License-Identifier: Apache-2.0 */
/* iommu_allowed(): what is cached under roots and second stages that are in use no more. */
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

/* --- old roots -------------------------------------------------------------------------------- */

/* What is stored in a table after the last use of its root was never read through it. */
TEST_BOTH(allowed_never_has_later_entries_of_an_old_msi_table)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    struct iommu_request request = write_at(s.device, SCENE_MSI);
    struct msi_pte pte = msi_pte_basic(PAGE_A);
    msi_pt_write(b, s.msi_table, 0, pte);
    EXPECT_OK(b, request, PAGE_A);
    uint64_t other = msi_pt_create(b, 4);
    msi_pt_write(b, other, 0, msi_pte_basic(PAGE_B));
    noted_put64(b, bench_ddt_entry(b, s.device, 0) + IOMMU_DC_MSIPTP_OFFSET, msi_msiptp(other));
    bench_command(b, cmd_iodir_ddt(s.device));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    pte = msi_pte_basic(PAGE_C);
    noted_put_words(b, s.msi_table, pte.dw, 2);
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B);
}

/* A pointer of an old directory lives in a cache until all of the directory is forgotten, and
 * leads to what is in memory now. */
TEST_BOTH(allowed_later_entries_of_an_old_directory_behind_a_cached_pointer)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_first(&s, b);
    struct page_table other = pt_create(b, PT_SV39);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    pt_map(&other, VA, PAGE_B, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA);
    EXPECT_OK(b, request, PAGE_A);
    uint64_t invalid = FAULT(IOMMU_CAUSE_DDT_NOT_VALID), dc = bench_ddt_entry(b, s.device, 0);
    uint64_t empty = bench_page(b);
    REG_SET(b, DDTP, IOMMU_DDTP_MODE_OFF);
    REG_SET(b, DDTP, IOMMU_DDTP_MODE_3LVL | IOMMU_PREP(IOMMU_DDTP_PPN, empty >> 12));
    CHECK_ALLOWED(b, request, invalid, PAGE_A);
    const uint64_t late[] = {IOMMU_PREP(IOMMU_DC_TA_PSCID, 0x99), pt_iosatp(&other)};
    noted_put_words(b, dc + IOMMU_DC_TA_OFFSET, late, 2);
    CHECK_ALLOWED(b, request, invalid, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_gvma(0, 0)); /* of page tables, not of directories */
    CHECK_ALLOWED(b, request, invalid, PAGE_B, PAGE_A);
    bench_command(b, cmd_iodir_ddt(s.device)); /* the context, not what points to it */
    CHECK_ALLOWED(b, request, invalid, PAGE_B);
    bench_command(b, cmd_iodir_all());
    CHECK_ALLOWED(b, request, invalid);
}

/* The same of page tables; but the root's own entries are read no more. */
TEST_BOTH(allowed_later_entries_of_an_old_second_stage_behind_a_cached_pointer)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_second(&s, b);
    uint64_t pte = pt_map(&s.second, GPA_A, PAGE_A, 0, P_ALL);
    struct page_table other = pt_create(b, PT_SV39X4);
    pt_map(&other, GPA_A, PAGE_B, 0, P_ALL);
    struct iommu_request request = read_at(s.device, GPA_A);
    EXPECT_OK(b, request, PAGE_A);
    noted_put64(b, bench_ddt_entry(b, s.device, 0) + IOMMU_DC_IOHGATP_OFFSET,
                pt_iohgatp(&other, SCENE_GSCID));
    bench_command(b, cmd_iodir_ddt(s.device));
    noted_pte(&s.second, pte, pt_pte(PAGE_C, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A, PAGE_C);
    uint64_t root_entry = pt_entry(&s.second, GPA_A, 2);
    noted_pte(&s.second, root_entry, pt_pte(0x100000000, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A, PAGE_C);
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B);
}

/* A process moves to an empty table: what the pointers of the old one lead to is still found,
 * and if that goes, it is missed. Another process finds it by global pointers only. */
TEST_BOTH(allowed_faults_behind_a_cached_pointer)
{
    for (unsigned i = 0; i < 3; i++) {
        bool other_process = i != 0, global = i == 2;
        struct bench *b = bench_ready("max", with_history);
        struct scene s;
        test_note("case %u", i);
        scene_first(&s, b);
        uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
        uint64_t pointer = pt_entry(&s.first, VA, 2);
        if (global)
            pt_write(&s.first, pointer, pt_read(&s.first, pointer) | P_G);
        struct page_table other = pt_create(b, PT_SV39);
        pt_write(&other, pt_entry(&other, VA, 2), pt_pte(PAGE_B, P_ALL & ~P_A & ~P_D));
        struct iommu_request request = read_at(s.device, VA);
        EXPECT_OK(b, request, PAGE_A);
        const uint64_t moved[] = {
            IOMMU_PREP(IOMMU_DC_TA_PSCID, other_process ? SCENE_PSCID + 1 : SCENE_PSCID),
            pt_iosatp(&other)};
        noted_put_words(b, bench_ddt_entry(b, s.device, 0) + IOMMU_DC_TA_OFFSET, moved, 2);
        bench_command(b, cmd_iodir_ddt(s.device));
        uint64_t fault = FAULT(IOMMU_CAUSE_READ_PAGE_FAULT);
        if (other_process && !global)
            CHECK_ALLOWED(b, request, fault);
        else
            CHECK_ALLOWED(b, request, fault, PAGE_A);
        noted_pte(&s.first, pte, pt_pte(PAGE_C, P_ALL));
        bench_command(b, cmd_iotinval_vma(AV, VA));
        if (other_process && !global)
            CHECK_ALLOWED(b, request, fault);
        else
            CHECK_ALLOWED(b, request, fault, PAGE_C);
        /* The other table maps it now, the old one does not. */
        pt_write(&other, pt_entry(&other, VA, 2), 0);
        pt_map(&other, VA, PAGE_B, 0, P_ALL);
        noted_pte(&s.first, pte, 0);
        bench_command(b, cmd_iotinval_vma(AV, VA));
        if (other_process && !global)
            CHECK_ALLOWED(b, request, PAGE_B);
        else
            CHECK_ALLOWED(b, request, PAGE_B, fault);
        bench_command(b, cmd_iotinval_vma(0, 0));
        CHECK_ALLOWED(b, request, PAGE_B);
    }
    test_note("%s", "");
}

/* A guest whose page of first-stage leaves is the old one under the first root of the second
 * stage, and a copy that leads elsewhere under another root. */
struct moved_guest {
    struct scene s;
    struct page_table other;
    uint64_t copy;     /* of the page */
    uint64_t leaf_gpa; /* of the page */
};

static void make_moved_guest(struct moved_guest *g, struct bench *b)
{
    struct scene *s = &g->s;
    scene_nested(s, b);
    pt_map(&s->first, VA, GPA_A, 0, P_ALL);
    pt_map(&s->second, GPA_A, PAGE_A, 0, P_ALL);
    pt_map(&s->second, GPA_B, PAGE_B, 0, P_ALL);
    uint64_t leaves = pt_entry(&s->first, VA, 0) & ~0xfffull;
    g->leaf_gpa = leaves + SCENE_GUEST_OFFSET;
    g->copy = bench_page(b);
    memcpy(bench_host(b, g->copy, 4096), bench_host(b, leaves, 4096), 4096);
    bench_put64(b, g->copy + (VA >> 12 & 0x1ff) * 8, pt_pte(GPA_B, P_ALL));
    g->other = pt_create(b, PT_SV39X4);
    for (unsigned level = 0; level < 3; level++) {
        uint64_t page = pt_entry(&s->first, VA, level) & ~0xfffull;
        pt_map(&g->other, page + SCENE_GUEST_OFFSET, level == 0 ? g->copy : page, 0, P_ALL & ~P_X);
    }
    pt_map(&g->other, GPA_A, PAGE_A, 0, P_ALL);
    pt_map(&g->other, GPA_B, PAGE_B, 0, P_ALL);
    EXPECT_OK(b, read_at(s->device, VA), PAGE_A);
}

/* IOTINVAL.GVMA "need not invalidate" what maps guest virtual to guest physical addresses. */
TEST_BOTH(allowed_first_stage_that_was_read_through_an_old_second_stage_root)
{
    struct bench *b = bench_ready("max", with_history);
    struct moved_guest g;
    make_moved_guest(&g, b);
    struct iommu_request request = read_at(g.s.device, VA);
    noted_put64(b, bench_ddt_entry(b, g.s.device, 0) + IOMMU_DC_IOHGATP_OFFSET,
                pt_iohgatp(&g.other, SCENE_GSCID));
    bench_command(b, cmd_iodir_ddt(g.s.device));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iodir_all()); /* contexts only */
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_vma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B);
}

/* The context's pointer to the first stage, too, may have been translated before. */
TEST_BOTH(allowed_first_stage_pointer_that_an_old_second_stage_root_translated)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.first, VA, GPA_A, 0, P_ALL);
    pt_map(&s.second, GPA_A, PAGE_A, 0, P_ALL);
    struct page_table first = pt_create_guest(b, PT_SV39, s.first.guest);
    pt_map(&first, VA, GPA_A + 0x1000, 0, P_ALL);
    pt_map(&s.second, GPA_A + 0x1000, PAGE_B, 0, P_ALL);
    struct page_table other = pt_create(b, PT_SV39X4);
    for (unsigned level = 0; level < 2; level++) {
        uint64_t page = pt_entry(&first, VA, level) & ~0xfffull;
        pt_map(&other, page + SCENE_GUEST_OFFSET, page, 0, P_ALL & ~P_X);
        page = pt_entry(&s.first, VA, level) & ~0xfffull;
        pt_map(&other, page + SCENE_GUEST_OFFSET, page, 0, P_ALL & ~P_X);
    }
    pt_map(&other, s.first.root + SCENE_GUEST_OFFSET, first.root, 0, P_ALL & ~P_X);
    pt_map(&other, GPA_A, PAGE_A, 0, P_ALL);
    pt_map(&other, GPA_A + 0x1000, PAGE_B, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA);
    EXPECT_OK(b, request, PAGE_A);
    noted_put64(b, bench_ddt_entry(b, s.device, 0) + IOMMU_DC_IOHGATP_OFFSET,
                pt_iohgatp(&other, SCENE_GSCID));
    bench_command(b, cmd_iodir_ddt(s.device)); /* now only the new iohgatp counts */
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    bench_command(b, cmd_iotinval_vma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iodir_ddt(s.device + 1));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iodir_ddt(s.device));
    CHECK_ALLOWED(b, request, PAGE_B);
}

/* Roots are of the machine that used them: PSCIDs of different guests may be equal. */
TEST_BOTH(allowed_never_has_first_stage_roots_of_another_machine)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_nested(&s, b);
    struct page_table first = pt_create_guest(b, PT_SV39, s.first.guest);
    pt_map(&s.second, GPA_A, PAGE_A, 0, P_ALL);
    pt_map(&s.second, GPA_B, PAGE_B, 0, P_ALL);
    pt_map(&s.first, VA, GPA_A, 0, P_ALL);
    pt_map(&first, VA, GPA_B, 0, P_ALL);
    struct dc dc = s.dc;
    dc.iohgatp = pt_iohgatp(&s.second, SCENE_GSCID + 1);
    dc.fsc = pt_iosatp(&first);
    bench_write_dc(b, s.device + 1, &dc);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
        EXPECT_OK(b, read_at(s.device + 1, VA), PAGE_B);
    }
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_A);
    CHECK_ALLOWED(b, read_at(s.device + 1, VA), PAGE_B);
}

/* A store of a single byte is a store. */
TEST_BOTH(allowed_after_a_noted_store_of_one_byte)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_first(&s, b);
    uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t size = i == 0 ? 1 : 2;
        iommu_note_store(b->iommu, pte, size);
        bench_put(b, pte, (unsigned)size, P_ALL & ~(uint64_t)P_R & ~(uint64_t)P_W, false);
        CHECK_ALLOWED(b, read_at(s.device, VA), FAULT(IOMMU_CAUSE_READ_PAGE_FAULT), PAGE_A);
        bench_put(b, pte, 1, P_ALL, false);
        bench_invalidate_all(b);
        pt_write(&s.first, pte, pt_pte(PAGE_A, P_ALL));
    }
}

/* The same where a leaf of the second stage changes, and what the dead leaf leads to is
 * stored after its invalidation: that can have been read through it no more. */
TEST_BOTH(allowed_never_has_later_entries_behind_a_dead_second_stage_leaf)
{
    struct bench *b = bench_ready("max", with_history);
    struct moved_guest g;
    make_moved_guest(&g, b);
    struct iommu_request request = read_at(g.s.device, VA);
    uint64_t old_pte = pt_entry(&g.s.first, VA, 0);
    noted_pte(&g.s.second, pt_entry(&g.s.second, g.leaf_gpa, 0), pt_pte(g.copy, P_ALL & ~P_X));
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    pt_map(&g.s.second, GPA_B + 0x1000, PAGE_C, 0, P_ALL);
    noted_put64(b, old_pte, pt_pte(GPA_B + 0x1000, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
}

/* The same where the pointer above the leaf changes: the leaf below lives on, unreachable. */
TEST_BOTH(allowed_never_has_later_entries_behind_a_dead_second_stage_pointer)
{
    struct bench *b = bench_ready("max", with_history);
    struct moved_guest g;
    make_moved_guest(&g, b);
    struct iommu_request request = read_at(g.s.device, VA);
    uint64_t old_pte = pt_entry(&g.s.first, VA, 0);
    uint64_t pointer = pt_entry(&g.s.second, g.leaf_gpa, 1);
    noted_pte(&g.s.second, pointer, pt_read(&g.other, pt_entry(&g.other, g.leaf_gpa, 1)));
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    pt_map(&g.s.second, GPA_B + 0x1000, PAGE_C, 0, P_ALL);
    noted_put64(b, old_pte, pt_pte(GPA_B + 0x1000, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
}

/* A guest's page, first denied where the second stage maps the page of its leaf PTE. */
static struct iommu_request make_denied_guest(struct scene *s, struct bench *b, uint64_t denied)
{
    scene_nested(s, b);
    s->dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(s);
    pt_map(&s->first, VA, GPA_A, 0, P_ALL & ~P_D);
    pt_map(&s->second, GPA_A, PAGE_A, 0, P_ALL);
    uint64_t gpa = pt_entry(&s->first, VA, 0) + SCENE_GUEST_OFFSET;
    uint64_t leaf = pt_entry(&s->second, gpa, 0), granted = pt_read(&s->second, leaf);
    pt_write(&s->second, leaf, (granted & ~denied) | P_X);
    struct iommu_request request = read_at(s->device, VA);
    request.access = (denied & P_R) != 0 ? IOMMU_READ : IOMMU_WRITE;
    noted_pte(&s->second, leaf, granted);
    return request;
}

/* What a dead leaf of the second stage denies is a fault no more: the read of a PTE ... */
TEST_BOTH(allowed_never_has_faults_of_a_dead_second_stage_leaf)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    struct iommu_request request = make_denied_guest(&s, b, P_R | P_W);
    CHECK_ALLOWED(b, request, PAGE_A, FAULT(IOMMU_CAUSE_READ_GUEST_PAGE_FAULT));
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_A);
}

/* ... nor the store of its D bit. */
TEST_BOTH(allowed_never_has_refused_updates_of_a_dead_second_stage_leaf)
{
    struct iommu_outcome outcome[8];
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    struct iommu_request request = make_denied_guest(&s, b, P_W);
    CHECK_EQ(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 8), 2);
    CHECK_EQ(outcome[0].updates, 1);
    CHECK_EQ(outcome[1].response.cause, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT);
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_EQ(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 8), 1);
    CHECK_EQ(outcome[0].updates, 1);
    CHECK_EQ(outcome[0].response.address, PAGE_A);
}

/* A dead way to a first-stage entry is no limit to what comes behind: the MSI page table is
 * read anew, or from a cache of its own. */
TEST_BOTH(allowed_msi_pte_behind_a_dead_second_stage_leaf)
{
    struct bench *b = bench_ready("max", with_history);
    struct moved_guest g;
    make_moved_guest(&g, b);
    scene_add_msi(&g.s);
    uint64_t old_pte = pt_entry(&g.s.first, VA, 0);
    struct iommu_request request = write_at(g.s.device, VA);
    struct msi_pte pte = msi_pte_basic(PAGE_C);
    pt_write(&g.s.first, old_pte, pt_pte(SCENE_MSI, P_ALL));
    scene_map_msi(&g.s, 0);
    bench_invalidate_all(b);
    EXPECT_OK(b, request, SCENE_IMSIC);
    noted_pte(&g.s.second, pt_entry(&g.s.second, g.leaf_gpa, 0), pt_pte(g.copy, P_ALL & ~P_X));
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B, SCENE_IMSIC);
    noted_put_words(b, g.s.msi_table, pte.dw, 2);
    CHECK_ALLOWED(b, request, PAGE_B, SCENE_IMSIC, PAGE_C);
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_C);
}

/* There is a limit to what a question considers, and it is told. */
TEST_BOTH(allowed_has_no_answer_about_too_many_roots)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    struct iommu_outcome outcome[4];
    scene_first(&s, b);
    struct iommu_request request = {.iova = 0};
    uint64_t fsc = bench_ddt_entry(b, s.device, 0) + IOMMU_DC_FSC_OFFSET;
    for (unsigned i = 0; i < 66; i++) {
        struct page_table first = pt_create(b, PT_SV39);
        request = read_at(s.device, VA + 0x1000 * i); /* what the IOTLB has needs no root */
        pt_map(&first, request.iova, PAGE_A, 0, P_ALL);
        noted_put64(b, fsc, pt_iosatp(&first));
        bench_command(b, cmd_iodir_ddt(s.device));
        EXPECT_OK(b, request, PAGE_A);
        size_t count = iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 4);
        /* Where an old root has pointers in a cache there is nothing at the new address. */
        CHECK_EQ(count, i == 0 ? 1 : i < 64 ? 2 : SIZE_MAX);
    }
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, request, PAGE_A);
}

/* --- old process directories ------------------------------------------------------------------ */

static void history_without_ddt_cache(struct iommu_config *config)
{
    with_history(config);
    config->ddt_cache_entries = 0;
}

/* A new device context does not use what was cached through the directory of the old one: the
 * set has process contexts with the device contexts that led to them only. */
TEST(process_contexts_belong_to_their_device_context)
{
    struct bench *b = bench_ready("max", history_without_ddt_cache);
    struct scene s;
    scene_guest_process(&s, b);
    pt_map(&s.second, GPA_A, PAGE_A, 0, P_ALL);
    pt_map(&s.first, VA, GPA_A, 0, P_ALL);
    struct guest guest = {.second = &s.second, .offset = SCENE_GUEST_OFFSET};
    struct pdt other = pdt_create_guest(b, IOMMU_PDTP_MODE_PD20, guest);
    struct pc bare = pc_bare();
    pdt_write_pc(&other, SCENE_PID, &bare);
    pt_map(&s.second, VA, PAGE_B, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, VA), SCENE_PID);
    uint64_t context = bench_ddt_entry(b, s.device, 0);
    EXPECT_OK(b, request, PAGE_A);
    bench_clear_log(b);
    EXPECT_OK(b, request, PAGE_A);
    CHECK_EQ(bench_accesses(b, IOMMU_PDT), 0);
    noted_put64(b, context + IOMMU_DC_FSC_OFFSET, pdt_pdtp(&other));
    EXPECT_OK(b, request, PAGE_B);
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    /* The same directory in another guest. */
    bench_clear_log(b);
    EXPECT_OK(b, request, PAGE_B);
    CHECK_EQ(bench_accesses(b, IOMMU_PDT), 0);
    noted_put64(b, context + IOMMU_DC_IOHGATP_OFFSET, pt_iohgatp(&s.second, SCENE_GSCID + 1));
    EXPECT_OK(b, request, PAGE_B);
    CHECK_EQ(bench_accesses(b, IOMMU_PDT), 3);
    /* The same words, but judged by the rules of SXL. */
    bench_clear_log(b);
    noted_put64(b, context + IOMMU_DC_TC_OFFSET, s.dc.tc | IOMMU_DC_TC_SXL_MASK);
    EXPECT_OK(b, request, PAGE_B);
    CHECK_EQ(bench_accesses(b, IOMMU_PDT), 3);
}
