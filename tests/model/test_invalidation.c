/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IOTINVAL and IODIR: what each command must bring into view, and which are illegal.
 *
 * A command that covers a change must make it visible. One that does not cover it leaves a
 * choice between old and new; test_allowed.c looks at that choice itself.
 */
#include "scenes.h"

#define OLD_PAGE 0x90000000u
#define NEW_PAGE 0x91000000u
#define VA_PLAIN 0x40005000u
#define VA_GLOBAL 0x40009000u

#define GV IOMMU_CMD_IOTINVAL_GV_MASK
#define AV IOMMU_CMD_IOTINVAL_AV_MASK
#define NL IOMMU_CMD_IOTINVAL_NL_MASK
#define PSCV IOMMU_CMD_IOTINVAL_PSCV_MASK
#define GSCID(id) IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, (id))
#define PSCID(id) IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, (id))

/* Translate, and say which of two pages the answer is in. */
static bool sees_new(struct place place, struct bench *b, struct iommu_request request)
{
    struct iommu_response r = bench_translate(b, request);
    uint64_t page = r.address & ~0xffffffull;
    test_check_eq(place, r.status, IOMMU_SUCCESS, "status");
    test_check(place, page == OLD_PAGE || page == NEW_PAGE, "old or new page");
    return page == NEW_PAGE;
}

/* Change a leaf from the old page to the new one, run the command, and translate. */
static void check_leaf(struct place place, struct page_table *pt, struct iommu_request request,
                       struct command command, bool must)
{
    struct bench *b = pt->bench;
    uint64_t pte_address = pt_entry(pt, request.iova, 0);
    uint64_t flags = pt_read(pt, pte_address) & 0x3ff;
    pt_write(pt, pte_address, pt_pte(OLD_PAGE, flags));
    bench_invalidate_all(b);
    test_check(place, !sees_new(place, b, request), "old before the change");
    pt_write(pt, pte_address, pt_pte(NEW_PAGE, flags));
    bench_command(b, command);
    bool is_new = sees_new(place, b, request);
    if (must)
        test_check(place, is_new, "new after a command that covers the change");
}

/* R185: the eight rows, for a host's address space or a VM's. */
static void check_vma_rows(struct scene *s, uint64_t gv)
{
    const uint64_t gscid = gv != 0 ? GSCID(SCENE_GSCID) : GSCID(0xffff);
    const struct iommu_request plain = read_at(s->device, VA_PLAIN);
    const struct iommu_request global = read_at(s->device, VA_GLOBAL);
    for (unsigned row = 0; row < 4; row++) {
        uint64_t av = (row & 2) != 0 ? AV : 0, pscv = (row & 1) != 0 ? PSCV : 0;
        uint64_t fields = gv | gscid | av | pscv | PSCID(SCENE_PSCID);
        test_note("GV=%u AV=%u PSCV=%u", gv != 0, av != 0, pscv != 0);
        check_leaf(HERE, &s->first, plain, cmd_iotinval_vma(fields, VA_PLAIN), true);
        check_leaf(HERE, &s->first, global, cmd_iotinval_vma(fields, VA_GLOBAL), pscv == 0);
        if (pscv != 0)
            check_leaf(HERE, &s->first, plain, cmd_iotinval_vma(fields ^ PSCID(1), VA_PLAIN),
                       false);
        if (av != 0)
            check_leaf(HERE, &s->first, plain, cmd_iotinval_vma(fields, VA_PLAIN + 0x1000), false);
        if (gv != 0)
            check_leaf(HERE, &s->first, plain, cmd_iotinval_vma(fields ^ GSCID(1), VA_PLAIN),
                       false);
        check_leaf(HERE, &s->first, plain, cmd_iotinval_vma(fields ^ GV, VA_PLAIN), false);
    }
    test_note("%s", "");
}

TEST_BOTH(iotinval_vma_in_host_address_spaces)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    pt_map(&s.first, VA_GLOBAL, OLD_PAGE, 0, P_ALL | P_G);
    check_vma_rows(&s, 0);
}

TEST_BOTH(iotinval_vma_in_the_address_spaces_of_a_vm)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.second, OLD_PAGE, OLD_PAGE, 0, P_ALL);
    pt_map(&s.second, NEW_PAGE, NEW_PAGE, 0, P_ALL);
    pt_map(&s.first, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    pt_map(&s.first, VA_GLOBAL, OLD_PAGE, 0, P_ALL | P_G);
    check_vma_rows(&s, GV);
}

TEST_BOTH(iotinval_vma_reaches_the_address_space_of_a_process)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    pt_map(&s.first, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, VA_PLAIN), SCENE_PID);
    check_leaf(HERE, &s.first, request, cmd_iotinval_vma(PSCV | PSCID(SCENE_PSCID), 0), true);
    check_leaf(HERE, &s.first, request, cmd_iotinval_vma(PSCV | PSCID(SCENE_PSCID) | AV, VA_PLAIN),
               true);
}

/* Any address inside a superpage invalidates it. */
TEST_BOTH(iotinval_vma_with_an_address_inside_a_superpage)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    struct iommu_request request = read_at(s.device, VA_PLAIN);
    for (unsigned i = 0; i < 4; i++) {
        pt_map(&s.first, 0x40000000, OLD_PAGE, 1, P_ALL);
        bench_invalidate_all(b);
        CHECK(!sees_new(HERE, b, request));
        pt_map(&s.first, 0x40000000, NEW_PAGE, 1, P_ALL);
        bench_command(b, cmd_iotinval_vma(AV, 0x40000000 + 0x7f000 * i));
        CHECK(sees_new(HERE, b, request));
    }
}

TEST_BOTH(iotinval_vma_with_an_address_inside_a_napot_page)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    for (unsigned i = 0; i < 16; i += 5) {
        pt_map_napot(&s.first, 0x40000000, OLD_PAGE, P_ALL);
        bench_invalidate_all(b);
        CHECK(!sees_new(HERE, b, read_at(s.device, 0x4000f000)));
        CHECK(!sees_new(HERE, b, read_at(s.device, 0x40000000)));
        pt_map_napot(&s.first, 0x40000000, NEW_PAGE, P_ALL);
        bench_command(b, cmd_iotinval_vma(AV, 0x40000000 + 0x1000 * i));
        CHECK(sees_new(HERE, b, read_at(s.device, 0x40000000 + 0x1000 * i)));
        bench_command(b, cmd_iotinval_vma(0, 0));
        CHECK(sees_new(HERE, b, read_at(s.device, 0x4000f000)));
    }
}

/* A translation of 4 KiB may come from a larger leaf of one of the stages. That leaf is
 * addressed by every address inside it, not only by that of the translation. */
TEST_BOTH(iotinval_gvma_with_another_address_of_the_same_leaf)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.first, VA_PLAIN, 0x55401000, 0, P_ALL);
    pt_map(&s.second, 0x55400000, OLD_PAGE, 1, P_ALL);
    CHECK(!sees_new(HERE, b, read_at(s.device, VA_PLAIN)));
    pt_map(&s.second, 0x55400000, NEW_PAGE, 1, P_ALL);
    bench_command(b, cmd_iotinval_gvma(GV | AV | GSCID(SCENE_GSCID), 0x555ff000));
    CHECK(sees_new(HERE, b, read_at(s.device, VA_PLAIN)));
}

TEST_BOTH(iotinval_vma_with_another_address_of_the_same_leaf)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.second, OLD_PAGE, OLD_PAGE, 0, P_ALL);
    pt_map(&s.second, NEW_PAGE, NEW_PAGE, 0, P_ALL);
    pt_map(&s.first, 0x40000000, OLD_PAGE, 1, P_ALL);
    CHECK(!sees_new(HERE, b, read_at(s.device, 0x40000000)));
    pt_map(&s.first, 0x40000000, NEW_PAGE, 1, P_ALL);
    bench_command(b, cmd_iotinval_vma(GV | AV | GSCID(SCENE_GSCID), 0x401ff000));
    CHECK(sees_new(HERE, b, read_at(s.device, 0x40000000)));
}

/* The same where interrupt files keep the translation small. */
TEST_BOTH(iotinval_gvma_with_another_address_of_a_leaf_around_interrupt_files)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    pt_map(&s.second, SCENE_MSI, OLD_PAGE, 1, P_ALL);
    CHECK(!sees_new(HERE, b, read_at(s.device, SCENE_MSI + 0x20000)));
    pt_map(&s.second, SCENE_MSI, NEW_PAGE, 1, P_ALL);
    bench_command(b, cmd_iotinval_gvma(GV | AV | GSCID(SCENE_GSCID), SCENE_MSI + 0x100000));
    CHECK(sees_new(HERE, b, read_at(s.device, SCENE_MSI + 0x20000)));
}

/* R186 */
TEST_BOTH(iotinval_gvma_rows)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    struct iommu_request request = read_at(s.device, VA_PLAIN);
    pt_map(&s.second, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    uint64_t vm = GV | GSCID(SCENE_GSCID);
    check_leaf(HERE, &s.second, request, cmd_iotinval_gvma(0, 0), true);
    check_leaf(HERE, &s.second, request, cmd_iotinval_gvma(AV | GSCID(7), 0x1000), true);
    check_leaf(HERE, &s.second, request, cmd_iotinval_gvma(vm, 0), true);
    check_leaf(HERE, &s.second, request, cmd_iotinval_gvma(vm, 0x1000), true);
    check_leaf(HERE, &s.second, request, cmd_iotinval_gvma(vm | AV, VA_PLAIN), true);
    check_leaf(HERE, &s.second, request, cmd_iotinval_gvma(vm | AV, VA_PLAIN + 0x1000), false);
    check_leaf(HERE, &s.second, request, cmd_iotinval_gvma(GV | GSCID(1), 0), false);
    check_leaf(HERE, &s.second, request, cmd_iotinval_vma(vm, 0), false);
}

/* The address is a guest physical one; entries made from an IOVA must go all the same. */
TEST_BOTH(iotinval_gvma_reaches_entries_that_an_iova_made)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    uint64_t gpa = 0x55555000;
    pt_map(&s.first, VA_PLAIN, gpa, 0, P_ALL);
    pt_map(&s.second, gpa, OLD_PAGE, 0, P_ALL);
    CHECK(!sees_new(HERE, b, read_at(s.device, VA_PLAIN)));
    pt_map(&s.second, gpa, NEW_PAGE, 0, P_ALL);
    bench_command(b, cmd_iotinval_gvma(GV | AV | GSCID(SCENE_GSCID), gpa));
    CHECK(sees_new(HERE, b, read_at(s.device, VA_PLAIN)));
}

/* The second stage of a first-stage table: the PTE is read at its new place. */
TEST_BOTH(iotinval_gvma_reaches_the_tables_of_the_first_stage)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.second, OLD_PAGE, OLD_PAGE, 0, P_ALL);
    pt_map(&s.second, NEW_PAGE, NEW_PAGE, 0, P_ALL);
    uint64_t pte_address = pt_map(&s.first, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    CHECK(!sees_new(HERE, b, read_at(s.device, VA_PLAIN)));
    uint64_t table = pte_address & ~0xfffull, copy = bench_page(b);
    bench_put64(b, copy + (pte_address & 0xfff), pt_pte(NEW_PAGE, P_ALL));
    pt_map(&s.second, table + SCENE_GUEST_OFFSET, copy, 0, P_ALL & ~P_X);
    bench_command(b, cmd_iotinval_gvma(GV | AV | GSCID(SCENE_GSCID), table + SCENE_GUEST_OFFSET));
    bench_command(b, cmd_iotinval_vma(GV | AV | GSCID(SCENE_GSCID), VA_PLAIN));
    CHECK(sees_new(HERE, b, read_at(s.device, VA_PLAIN)));
}

/* A leaf table that maps VA_PLAIN to the new page, to be linked in place of the old one. */
static uint64_t other_leaf_table(struct page_table *pt)
{
    uint64_t table = bench_page(pt->bench);
    uint64_t index = VA_PLAIN >> 12 & 0x1ff;
    pt_write(pt, table + 8 * index, pt_pte(NEW_PAGE, P_ALL));
    if (pt->guest.second != NULL)
        pt_map(pt->guest.second, table + pt->guest.offset, table, 0, P_ALL & ~P_X);
    return table + pt->guest.offset;
}

/* Change the non-leaf entry above VA_PLAIN, run the command, and translate. */
static void check_nonleaf(struct place place, struct page_table *pt, struct iommu_request request,
                          struct command command, bool must)
{
    struct bench *b = pt->bench;
    uint64_t entry = pt_entry(pt, VA_PLAIN, 1);
    uint64_t before = pt_read(pt, entry);
    bench_invalidate_all(b);
    test_check(place, !sees_new(place, b, request), "old before the change");
    pt_write(pt, entry, pt_pte(other_leaf_table(pt), P_V));
    bench_command(b, command);
    bool is_new = sees_new(place, b, request);
    if (must)
        test_check(place, is_new, "new after a command that covers the change");
    pt_write(pt, entry, before);
}

/* R187 */
TEST_BOTH(iotinval_vma_non_leaf)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA_PLAIN);
    uint64_t space = PSCV | PSCID(SCENE_PSCID);
    check_nonleaf(HERE, &s.first, request, cmd_iotinval_vma(0, 0), true);
    check_nonleaf(HERE, &s.first, request, cmd_iotinval_vma(space, 0), true);
    check_nonleaf(HERE, &s.first, request, cmd_iotinval_vma(NL | space, 0), true);
    check_nonleaf(HERE, &s.first, request, cmd_iotinval_vma(AV | NL, VA_PLAIN), true);
    check_nonleaf(HERE, &s.first, request, cmd_iotinval_vma(AV | NL | space, VA_PLAIN), true);
    check_nonleaf(HERE, &s.first, request, cmd_iotinval_vma(AV, VA_PLAIN), false);
    check_nonleaf(HERE, &s.first, request, cmd_iotinval_vma(AV | NL, VA_PLAIN + (1 << 21)), false);
}

TEST_BOTH(iotinval_gvma_non_leaf)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    pt_map(&s.second, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA_PLAIN);
    uint64_t vm = GV | GSCID(SCENE_GSCID);
    check_nonleaf(HERE, &s.second, request, cmd_iotinval_gvma(0, 0), true);
    check_nonleaf(HERE, &s.second, request, cmd_iotinval_gvma(NL | AV, 0), true);
    check_nonleaf(HERE, &s.second, request, cmd_iotinval_gvma(vm, 0), true);
    check_nonleaf(HERE, &s.second, request, cmd_iotinval_gvma(vm | NL, 0), true);
    check_nonleaf(HERE, &s.second, request, cmd_iotinval_gvma(vm | AV | NL, VA_PLAIN), true);
    check_nonleaf(HERE, &s.second, request, cmd_iotinval_gvma(vm | AV, VA_PLAIN), false);
}

/* ADDR operand of a NAPOT range: `log2` is that of its size in bytes, at least 13. */
static struct command with_range(struct command command, uint64_t address, unsigned log2)
{
    uint64_t pages = address >> 12;
    unsigned ones = log2 - 13;
    pages = (pages >> (ones + 1) << (ones + 1)) | ((1ull << ones) - 1);
    command.dw[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, pages) | IOMMU_CMD_IOTINVAL_S_MASK;
    return command;
}

/* R188: both ends of the range are in it. */
TEST_BOTH(iotinval_vma_address_range)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    for (unsigned log2 = 13; log2 <= 30; log2 += 1) {
        uint64_t start = VA_PLAIN >> log2 << log2, end = start + (1ull << log2) - 0x1000;
        struct command c = with_range(cmd_iotinval_vma(AV, 0), VA_PLAIN, log2);
        pt_map(&s.first, start, OLD_PAGE, 0, P_ALL);
        pt_map(&s.first, end, OLD_PAGE, 0, P_ALL);
        test_note("range of 2^%u bytes", log2);
        check_leaf(HERE, &s.first, read_at(s.device, start), c, true);
        check_leaf(HERE, &s.first, read_at(s.device, end), c, true);
    }
    test_note("%s", "");
}

TEST_BOTH(iotinval_gvma_address_range)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    for (unsigned log2 = 13; log2 <= 30; log2 += 3) {
        uint64_t start = VA_PLAIN >> log2 << log2, end = start + (1ull << log2) - 0x1000;
        struct command c =
            with_range(cmd_iotinval_gvma(GV | AV | GSCID(SCENE_GSCID), 0), VA_PLAIN, log2);
        pt_map(&s.second, start, OLD_PAGE, 0, P_ALL);
        pt_map(&s.second, end, OLD_PAGE, 0, P_ALL);
        test_note("range of 2^%u bytes", log2);
        check_leaf(HERE, &s.second, read_at(s.device, start), c, true);
        check_leaf(HERE, &s.second, read_at(s.device, end), c, true);
    }
    test_note("%s", "");
}

/* The most significant bit 0 and all others 1: the whole address space. */
TEST_BOTH(iotinval_range_over_the_whole_address_space)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    uint64_t high = 0xffffffc000005000;
    scene_first(&s, b);
    pt_map(&s.first, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    pt_map(&s.first, high, OLD_PAGE, 0, P_ALL);
    struct command c = cmd_iotinval_vma(AV, 0);
    c.dw[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, (1ull << 51) - 1) | IOMMU_CMD_IOTINVAL_S_MASK;
    check_leaf(HERE, &s.first, read_at(s.device, VA_PLAIN), c, true);
    check_leaf(HERE, &s.first, read_at(s.device, high), c, true);
}

/* NL applies to the range. */
TEST_BOTH(iotinval_vma_non_leaf_in_a_range)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    struct command c = with_range(cmd_iotinval_vma(AV | NL, 0), VA_PLAIN, 16);
    check_nonleaf(HERE, &s.first, read_at(s.device, VA_PLAIN), c, true);
}

/* Ranges that are ignored: AV=0, and GVMA with GV=0. */
TEST_BOTH(iotinval_range_is_ignored_without_an_address)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    pt_map(&s.second, VA_PLAIN, OLD_PAGE, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA_PLAIN);
    check_leaf(HERE, &s.second, request, with_range(cmd_iotinval_gvma(AV, 0), 0x1000, 13), true);
    check_leaf(HERE, &s.second, request,
               with_range(cmd_iotinval_gvma(GV | GSCID(SCENE_GSCID), 0), 0x1000, 13), true);
}
