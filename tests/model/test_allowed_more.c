/* SPDX-License-Identifier: Apache-2.0 */
/* iommu_allowed(): sequences and combinations of changes, time, A/D bits, and side effects. */
#include "allowed_set.h"

#include <string.h>

#define VA 0x40005000u
#define PAGE_A 0x90000000u
#define PAGE_B 0x91000000u
#define PAGE_C 0x92000000u
#define GPA_A 0x50000000u
#define GPA_B 0x51000000u

#define GV IOMMU_CMD_IOTINVAL_GV_MASK
#define AV IOMMU_CMD_IOTINVAL_AV_MASK
#define VM IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID)

/* A host's page table with VA mapped to page A; translated once. */
static uint64_t scene_page_a(struct scene *s, struct bench *b)
{
    scene_first(s, b);
    uint64_t pte = pt_map(&s->first, VA, PAGE_A, 0, P_ALL);
    bench_expect_ok(HERE, b, read_at(s->device, VA), PAGE_A);
    return pte;
}

/* --- histories of one entry ----------------------------------------------------------------- */

TEST_BOTH(allowed_values_of_several_changes)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    noted_pte(&s.first, pte, pt_pte(PAGE_C, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_C, PAGE_B, PAGE_A);
    noted_pte(&s.first, pte, pt_pte(PAGE_A, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_A, PAGE_B, PAGE_C);
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, request, PAGE_A);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
}

/* A value that came and went between two invalidations counts; one before does not. */
TEST_BOTH(allowed_values_since_the_last_covering_invalidation)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    bench_command(b, cmd_iotinval_vma(AV, VA));
    noted_pte(&s.first, pte, pt_pte(PAGE_C, P_ALL));
    bench_command(b, cmd_iotinval_vma(AV, VA + 0x1000));
    CHECK_ALLOWED(b, request, PAGE_C, PAGE_B);
    bench_command(b, cmd_iotinval_vma(AV, VA));
    CHECK_ALLOWED(b, request, PAGE_C);
}

/* --- V=0 ------------------------------------------------------------------------------------- */

/* An invalid entry may be read, but is never remembered. */
TEST_BOTH(allowed_never_has_old_entries_that_are_not_valid)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    noted_pte(&s.first, pte, 0);
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_READ_PAGE_FAULT), PAGE_A);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_vma(0, 0));
    noted_pte(&s.first, pte, 0);
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_READ_PAGE_FAULT));
    noted_pte(&s.first, pte, pt_pte(PAGE_C, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_C);
    CHECK_EQ(bench_translate(b, request).address, PAGE_C);
}

TEST_BOTH(allowed_never_has_old_directory_entries_that_are_not_valid)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_process(&s, b);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, VA), SCENE_PID);
    EXPECT_OK(b, request, PAGE_A);
    const uint64_t entries[] = {bench_ddt_entry(b, s.device, 2), bench_ddt_entry(b, s.device, 1),
                                bench_ddt_entry(b, s.device, 0), pdt_entry(&s.pdt, SCENE_PID, 2),
                                pdt_entry(&s.pdt, SCENE_PID, 1), pdt_entry(&s.pdt, SCENE_PID, 0)};
    for (unsigned i = 0; i < 6; i++) {
        uint64_t cause = i < 3 ? IOMMU_CAUSE_DDT_NOT_VALID : IOMMU_CAUSE_PDT_NOT_VALID;
        uint64_t before = bench_get64(b, entries[i]);
        test_note("entry %u", i);
        noted_put64(b, entries[i], before & ~1ull);
        CHECK_ALLOWED(b, request, FAULT(cause), PAGE_A);
        bench_command(b, cmd_iodir_all());
        CHECK_ALLOWED(b, request, FAULT(cause));
        noted_put64(b, entries[i], before);
        CHECK_ALLOWED(b, request, PAGE_A);
    }
    test_note("%s", "");
}

TEST_BOTH(allowed_never_has_old_msi_ptes_that_are_not_valid)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    struct iommu_request request = write_at(s.device, SCENE_MSI);
    struct msi_pte pte = msi_pte_basic(PAGE_A);
    noted_put_words(b, s.msi_table, pte.dw, 2);
    CHECK_ALLOWED(b, request, PAGE_A);
    pte.dw[0] = 0;
    noted_put_words(b, s.msi_table, pte.dw, 2);
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_MSI_PTE_NOT_VALID), PAGE_A);
    bench_command(b, cmd_iotinval_gvma(0, 0));
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_MSI_PTE_NOT_VALID));
}

/* --- changes at several levels ------------------------------------------------------------------
 */

/* Each entry is old or new by itself: four pages for one change in each stage and page. */
TEST_BOTH(allowed_combinations_of_both_stages)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_nested(&s, b);
    uint64_t vs = pt_map(&s.first, VA, GPA_A, 0, P_ALL);
    uint64_t ga = pt_map(&s.second, GPA_A, 0xa0000000, 0, P_ALL);
    uint64_t gb = pt_map(&s.second, GPA_B, 0xb0000000, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA);
    EXPECT_OK(b, request, 0xa0000000);
    noted_pte(&s.first, vs, pt_pte(GPA_B, P_ALL));
    noted_pte(&s.second, ga, pt_pte(0xa1000000, P_ALL));
    noted_pte(&s.second, gb, pt_pte(0xb1000000, P_ALL));
    CHECK_ALLOWED(b, request, 0xb1000000, 0xb0000000, 0xa1000000, 0xa0000000);
    bench_command(b, cmd_iotinval_gvma(GV | AV | VM, GPA_B));
    CHECK_ALLOWED(b, request, 0xb1000000, 0xa1000000, 0xa0000000);
    bench_command(b, cmd_iotinval_vma(GV | VM, 0));
    CHECK_ALLOWED(b, request, 0xb1000000);
}

TEST_BOTH(allowed_combinations_of_permissions)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_nested(&s, b);
    uint64_t vs = pt_map(&s.first, VA, GPA_A, 0, P_ALL);
    uint64_t g = pt_map(&s.second, GPA_A, PAGE_A, 0, P_ALL);
    struct iommu_request request = write_at(s.device, VA);
    EXPECT_OK(b, request, PAGE_A);
    noted_pte(&s.first, vs, pt_pte(GPA_A, P_ALL & ~P_W));
    noted_pte(&s.second, g, pt_pte(PAGE_B, P_ALL & ~P_W));
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_WRITE_PAGE_FAULT),
                  FAULT(IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT), PAGE_A);
    bench_command(b, cmd_iotinval_vma(GV | AV | VM, VA));
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_WRITE_PAGE_FAULT));
}

/* A leaf becomes a superpage: the old pointer with the old leaf below it, or the new leaf. */
TEST_BOTH(allowed_during_a_promotion_to_a_superpage)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    uint64_t entry = pt_entry(&s.first, VA, 1), pointer = pt_read(&s.first, entry);
    noted_pte(&s.first, entry, pt_pte(PAGE_B, P_ALL));
    CHECK_ALLOWED(b, request, PAGE_B + 0x5000, PAGE_A);
    /* The old pointer was cached from a non-leaf entry: a leaf invalidation leaves it. */
    bench_command(b, cmd_iotinval_vma(AV, VA));
    CHECK_ALLOWED(b, request, PAGE_B + 0x5000, PAGE_A);
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, request, PAGE_B + 0x5000);
    noted_pte(&s.first, entry, pointer);
    CHECK_ALLOWED(b, request, PAGE_A, PAGE_B + 0x5000);
    /* Any address inside the superpage takes its old leaf away. */
    bench_command(b, cmd_iotinval_vma(AV, VA + 0x100000));
    CHECK_ALLOWED(b, request, PAGE_A);
}

/* A global leaf turns into one that is not, and back: the cached value decides. */
TEST_BOTH(allowed_global_is_that_of_the_old_value)
{
    const uint64_t space =
        IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, SCENE_PSCID);
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_first(&s, b);
    uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL | P_G);
    struct iommu_request request = read_at(s.device, VA);
    EXPECT_OK(b, request, PAGE_A);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    bench_command(b, cmd_iotinval_vma(space, 0));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_vma(0, 0));
    noted_pte(&s.first, pte, pt_pte(PAGE_A, P_ALL | P_G));
    bench_command(b, cmd_iotinval_vma(space, 0));
    CHECK_ALLOWED(b, request, PAGE_A);
}

/* A translation is global if its leaf is: a command that spares global mappings spares it
 * as a whole, also under a pointer that has changed. */
TEST_BOTH(allowed_global_translation_under_a_changed_pointer)
{
    const uint64_t space =
        IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, SCENE_PSCID);
    const struct command commands[] = {
        cmd_iotinval_vma(space, 0),
        cmd_iotinval_vma(space | AV | IOMMU_CMD_IOTINVAL_NL_MASK, VA),
        cmd_iotinval_vma(space | AV, VA),
    };
    for (unsigned i = 0; i < 3; i++) {
        struct bench *b = bench_ready("max", with_history);
        struct scene s;
        test_note("command %u", i);
        scene_first(&s, b);
        pt_map(&s.first, VA, PAGE_A, 0, P_ALL | P_G);
        struct iommu_request request = read_at(s.device, VA);
        EXPECT_OK(b, request, PAGE_A);
        noted_pte(&s.first, pt_entry(&s.first, VA, 1), pt_pte(PAGE_B, P_ALL));
        bench_command(b, commands[i]);
        CHECK_ALLOWED(b, request, PAGE_B + 0x5000, PAGE_A);
        bench_command(b, cmd_iotinval_vma(0, 0));
        CHECK_ALLOWED(b, request, PAGE_B + 0x5000);
    }
    test_note("%s", "");
}

/* The device context moves to other tables with the same IDs: IODIR takes the context
 * away, but what the page-table caches hold for those IDs needs an IOTINVAL. */
TEST_BOTH(allowed_after_a_change_of_roots_with_the_same_ids)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    struct page_table other = pt_create(b, PT_SV39);
    pt_map(&other, VA, PAGE_B, 0, P_ALL);
    noted_put64(b, bench_ddt_entry(b, s.device, 0) + IOMMU_DC_FSC_OFFSET, pt_iosatp(&other));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iodir_ddt(s.device));
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, request, PAGE_B);
}

/* --- time
 * ----------------------------------------------------------------------------------------- */

/* An invalidation after the request set out does not bind it. */
TEST_BOTH(allowed_for_a_request_that_was_on_its_way)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    uint64_t before = iommu_time(b->iommu);
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK(iommu_time(b->iommu) > before);
    check_set(HERE, allowed_since(b, request, before), SET(PAGE_B, PAGE_A));
    CHECK_ALLOWED(b, request, PAGE_B);
}

TEST_BOTH(allowed_time_counts_stores_and_invalidations)
{
    struct bench *b = bench_ready("max", with_history);
    uint64_t page = bench_page(b), t = iommu_time(b->iommu);
    iommu_note_store(b->iommu, page, 8);
    CHECK(iommu_time(b->iommu) > t);
    t = iommu_time(b->iommu);
    bench_command(b, cmd_iodir_all());
    CHECK(iommu_time(b->iommu) > t);
    t = iommu_time(b->iommu);
    iommu_note_store(b->iommu, page, 0);
    CHECK_EQ(iommu_time(b->iommu), t);
}

/* R43 */
TEST_BOTH(allowed_after_reset_is_what_memory_says)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    iommu_reset(b->iommu);
    CHECK_ALLOWED(b, read_at(s.device, VA), FAULT(IOMMU_CAUSE_ALL_INBOUND_DISALLOWED));
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_B);
}

/* "May retain information cached" over Off: what was old before is still allowed after. */
TEST_BOTH(allowed_survives_modes_off_and_bare)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_ALL_INBOUND_DISALLOWED));
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    CHECK_ALLOWED(b, request, VA);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    CHECK_ALLOWED(b, request, PAGE_B, PAGE_A);
}

/* --- A and D
 * ---------------------------------------------------------------------------------------- */

/* A result that sets bits names the store; asking makes none. */
TEST_BOTH(allowed_outcomes_carry_their_updates)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    static struct iommu_outcome outcome[8];
    scene_nested(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK;
    scene_update(&s);
    uint64_t vs = pt_map(&s.first, VA, GPA_A, 0, P_ALL & ~(P_A | P_D));
    uint64_t g = pt_map(&s.second, GPA_A, PAGE_A, 0, P_ALL & ~P_D);
    struct iommu_request request = write_at(s.device, VA);
    CHECK_EQ(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 8), 1);
    CHECK_EQ(outcome[0].current, true);
    CHECK_EQ(outcome[0].response.address, PAGE_A);
    REQUIRE(outcome[0].updates == 2);
    CHECK_EQ(outcome[0].update[0].address, vs);
    CHECK_EQ(outcome[0].update[0].value, pt_pte(GPA_A, P_ALL));
    CHECK_EQ(outcome[0].update[0].size, 8);
    CHECK_EQ(outcome[0].update[1].address, g);
    CHECK_EQ(outcome[0].update[1].value, pt_pte(PAGE_A, P_ALL));
    CHECK_EQ(pt_read(&s.first, vs), pt_pte(GPA_A, P_ALL & ~(P_A | P_D)));
    CHECK_EQ(pt_read(&s.second, g), pt_pte(PAGE_A, P_ALL & ~P_D));
    EXPECT_OK(b, request, PAGE_A);
    CHECK_EQ(pt_read(&s.first, vs), pt_pte(GPA_A, P_ALL));
}

/* Software clears A without an invalidation: a cached entry sets no bit, memory's does. */
TEST_BOTH(allowed_after_software_clears_accessed)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    static struct iommu_outcome outcome[8];
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(&s);
    uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA);
    EXPECT_OK(b, request, PAGE_A);
    noted_pte(&s.first, pte, pt_pte(PAGE_A, P_ALL & ~(P_A | P_D)));
    size_t count = iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 8);
    unsigned with_update = 0, without_update = 0;
    REQUIRE(count <= 8);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(outcome[i].response.address, PAGE_A);
        with_update += outcome[i].updates == 1;
        without_update += outcome[i].updates == 0;
    }
    CHECK_EQ(outcome[0].updates, 1);
    CHECK(with_update >= 1 && without_update >= 1);
    CHECK_EQ(with_update + without_update, count);
}

/* --- the function itself
 * -------------------------------------------------------------------------------- */

TEST_BOTH(allowed_with_too_little_room)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    static struct iommu_outcome outcome[4];
    uint64_t pte = scene_page_a(&s, b);
    struct iommu_request request = read_at(s.device, VA);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    noted_pte(&s.first, pte, pt_pte(PAGE_C, P_ALL));
    memset(outcome, 0x5a, sizeof outcome);
    CHECK(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 1) > 1);
    CHECK_EQ(outcome[0].current, true);
    CHECK_EQ(outcome[0].response.address, PAGE_C);
    CHECK_EQ(outcome[1].update[0].address, 0x5a5a5a5a5a5a5a5a);
}

TEST_BOTH(allowed_without_history_is_the_present)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_ALL));
    CHECK_EQ(iommu_time(b->iommu), 0);
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_B);
}

/* No records, no counters, no A/D bits, no messages; and caches stay as they are. */
TEST(allowed_changes_nothing)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    uint64_t pte = scene_page_a(&s, b);
    REG_SET(b, IOCOUNTINH, 0);
    for (unsigned event = 1; event <= 8; event++)
        REG_N_SET(b, IOHPMEVT, event, event);
    noted_pte(&s.first, pte, pt_pte(PAGE_B, P_V | P_R | P_U | P_A));
    bench_clear_log(b);
    struct iommu_request request = write_at(s.device, VA);
    CHECK_ALLOWED(b, request, FAULT(IOMMU_CAUSE_WRITE_PAGE_FAULT), PAGE_A);
    CHECK_NO_RECORD(b);
    CHECK_EQ(bench_events(b, EVENT_WRITE) + bench_events(b, EVENT_AMO), 0);
    for (unsigned event = 1; event <= 8; event++)
        CHECK_EQ(REG_N(b, IOHPMCTR, event), 0);
    /* The cache still has the old page, as before the question. */
    CHECK_EQ(bench_translate(b, read_at(s.device, VA)).address, PAGE_A);
}
