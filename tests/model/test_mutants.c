/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the mutation run of the model (make mutate-model) found untested elsewhere. First
 * of all: where memory is flat and there is no IOTLB, fast.c walks the tables; whatever it
 * answers must be what the ordinary walk answers.
 */
#include <stdio.h>
#include <string.h>

#include "plain_world.h"
#include "random_world.h"
#include "scenes.h"
#include "stages.h"
#include "tweaks.h"

/* --- plain walks ---------------------------------------------------------------------------- */

#define WORLDS 5u  /* of each shape */
#define STEPS 400u /* in each world */
#define MIB 0x100000ull

/* Worlds of a shape, with changes of PTEs between requests. @return how many walks were plain */
static unsigned run_worlds(struct plain_shape shape, uint64_t seed)
{
    static struct plain_world w;
    unsigned granted = 0, plain = 0;
    for (unsigned world = 0; world < WORLDS; world++) {
        plain_world_make(&w, &shape, seed * WORLDS + world);
        for (unsigned step = 0; step < STEPS; step++) {
            test_note("%s over %s, PAS %u, flat 0x%llx, world %u, step %u",
                      shape.first == PT_MODES ? "Bare" : mode_name(shape.first),
                      shape.second == PT_MODES ? "Bare" : mode_name(shape.second), shape.pas,
                      (unsigned long long)shape.flat_size, world, step);
            if (step > STEPS / 4 && random_below(&w.state, 4) == 0)
                plain_world_change(&w);
            struct iommu_response r = plain_world_check(&w, plain_world_request(&w));
            granted += r.status == IOMMU_SUCCESS;
        }
        plain += w.plain;
        plain_world_check_memory(&w);
        plain_world_free(&w);
    }
    test_note("%s", "");
    CHECK(granted > WORLDS * STEPS / 32); /* or it would show little */
    return plain;
}

static const struct plain_shape whole = {.first = PT_MODES,
                                         .second = PT_MODES,
                                         .flat_size = MIB,
                                         .pas = 56,
                                         .svpbmt = true,
                                         .svrsw = true};

static void run_pairs(struct plain_shape shape, uint64_t seed)
{
    static const enum pt_mode pairs[][2] = {
        {PT_SV39, PT_MODES},   {PT_SV48, PT_MODES},   {PT_SV57, PT_MODES},  {PT_MODES, PT_SV39X4},
        {PT_MODES, PT_SV48X4}, {PT_MODES, PT_SV57X4}, {PT_SV39, PT_SV39X4}, {PT_SV48, PT_SV48X4},
        {PT_SV57, PT_SV57X4},  {PT_SV39, PT_SV48X4},  {PT_SV48, PT_SV39X4},
    };
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        shape.first = pairs[i][0];
        shape.second = pairs[i][1];
        /* There are plain walks of all but two shapes with five levels, and of unequal ones. */
        CHECK_EQ(run_worlds(shape, seed + i) != 0, i != 5 && i < 8);
    }
}

TEST(plain_walks_answer_what_ordinary_walks_answer)
{
    run_pairs(whole, random_seed("plain_walks_answer_what_ordinary_walks_answer", 100));
}

TEST(plain_walks_with_updates_of_accessed_and_dirty_bits)
{
    uint64_t seed = random_seed("plain_walks_with_updates_of_accessed_and_dirty_bits", 200);
    struct plain_shape shape = whole;
    shape.tc = IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK;
    run_pairs(shape, seed);
}

TEST(plain_walks_without_optional_pte_bits)
{
    uint64_t seed = random_seed("plain_walks_without_optional_pte_bits", 300);
    struct plain_shape shape = whole;
    shape.svpbmt = shape.svrsw = false;
    run_pairs(shape, seed);
}

TEST(plain_walks_with_narrow_physical_addresses)
{
    uint64_t seed = random_seed("plain_walks_with_narrow_physical_addresses", 400);
    struct plain_shape shape = whole;
    shape.pas = 33;
    run_pairs(shape, seed);
    shape.pas = 46;
    run_pairs(shape, seed + 20);
}

TEST(plain_walks_where_only_part_of_memory_is_flat)
{
    /* offset and size; with 3 pages of queues and directory, tables begin at about 0x5000 */
    static const uint64_t parts[][2] = {
        {0, 0},
        {0, 0x2000},
        {0, 0x4000},
        {0, 0x5000},
        {0, 0x6000},
        {0, 0x7000},
        {0, 0x8000},
        {0, 0xc000},
        {0, 0x10000},
        {0, 0x14000},
        {0x4000, 0x4000},
        {0x4000, 0x8000},
        {0x8000, 0x4000},
        {0x8000, 0x8000},
        {0xc000, 0x10000},
        {0x1000, 0x40000},
        {0x10000, 0x40000},
        {0, 0x30000},
        {MIB, 2 * MIB},
    };
    uint64_t seed = random_seed("plain_walks_where_only_part_of_memory_is_flat", 500);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct plain_shape shape = whole;
        shape.flat_offset = parts[i][0];
        shape.flat_size = parts[i][1];
        shape.first = PT_SV39;
        (void)run_worlds(shape, seed + 3 * i);
        shape.second = PT_SV39X4;
        (void)run_worlds(shape, seed + 3 * i + 1);
        shape.first = PT_MODES;
        (void)run_worlds(shape, seed + 3 * i + 2);
    }
}

/* Flat memory that begins with the tables themselves: offset 0 is a PTE's. */
TEST(plain_walks_where_flat_memory_begins_with_the_tables)
{
    uint64_t seed = random_seed("plain_walks_where_flat_memory_begins_with_the_tables", 700);
    for (unsigned page = 0; page < 16; page++) {
        struct plain_shape shape = whole;
        /* Each page of the tables comes to lie at a multiple of 64 KiB once. */
        shape.before = 0x10000 - 0x1000 * page;
        shape.flat_offset = 0x10000;
        shape.flat_size = 0x40000;
        shape.first = PT_SV39;
        (void)run_worlds(shape, seed + 2 * page);
        shape.second = PT_SV39X4;
        (void)run_worlds(shape, seed + 2 * page + 1);
    }
}

/* --- results that are found by the request alone ------------------------------------------- */

#define VA 0x40005000u
#define PAGE_A 0x90000000u
#define PAGE_B 0x91000000u

/* Processes of one device whose IDs differ in one bit each, and the device without one: all
 * with tables of their own, asked for the same page in turn. */
TEST_BOTH(cached_results_of_process_ids_that_differ_in_one_bit)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    for (unsigned i = 0; i <= 20; i++) {
        struct page_table first = pt_create(b, PT_SV39);
        pt_map(&first, VA, PAGE_A + 0x1000 * i, 0, P_ALL);
        struct pc pc = {.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, 1 + i),
                        .fsc = pt_iosatp(&first)};
        pdt_write_pc(&s.pdt, (1u << i) >> 1, &pc);
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i <= 20; i++)
            EXPECT_OK(b, with_pid(read_at(s.device, VA), (1u << i) >> 1), PAGE_A + 0x1000 * i);
        EXPECT_OK(b, read_at(s.device, VA), VA); /* DPE=0: no process, no first stage */
    }
}

/* The same for device IDs. */
TEST_BOTH(cached_results_of_device_ids_that_differ_in_one_bit)
{
    struct bench *b = bench_ready("max", NULL);
    for (unsigned i = 0; i <= 24; i++) {
        struct page_table first = pt_create(b, PT_SV39);
        struct dc dc = bench_dc(b);
        pt_map(&first, VA, PAGE_A + 0x1000 * i, 0, P_ALL);
        dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, 1 + i);
        dc.fsc = pt_iosatp(&first);
        bench_write_dc(b, (1u << i) >> 1, &dc);
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i <= 24; i++)
            EXPECT_OK(b, read_at((1u << i) >> 1, VA), PAGE_A + 0x1000 * i);
    }
}

/* Neither a kind of access nor a page stands for another one. */
TEST_BOTH(cached_results_of_pages_that_differ_in_one_bit)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.first = pt_create(b, PT_SV57);
    s.dc.fsc = pt_iosatp(&s.first);
    scene_update(&s);
    for (unsigned bit = 12; bit < 56; bit++)
        pt_map(&s.first, 1ull << bit, PAGE_A + 0x1000 * bit, 0, bit % 2 ? P_ALL : P_ALL & ~P_W);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned bit = 12; bit < 56; bit++) {
            uint64_t va = 1ull << bit;
            EXPECT_OK(b, read_at(s.device, va), PAGE_A + 0x1000 * bit);
            EXPECT_OK(b, exec_at(s.device, va), PAGE_A + 0x1000 * bit);
            if (bit % 2)
                EXPECT_OK(b, write_at(s.device, va), PAGE_A + 0x1000 * bit);
            else
                EXPECT_FAULT(b, write_at(s.device, va), IOMMU_CAUSE_WRITE_PAGE_FAULT);
        }
    }
}

/* --- caches ---------------------------------------------------------------------------------- */

/* What is found by the request alone says nothing about the caches. */
static void forget_quick_hits(struct bench *b)
{
    REG_SET(b, ICVEC, REG(b, ICVEC));
}

static void four_of_each(struct iommu_config *config)
{
    config->ddt_cache_entries = 4;
    config->pdt_cache_entries = 4;
    config->iotlb_entries = 4;
}

/* Four processes of a device, or one process of four; a page for each. */
static struct iommu_request member_of(const struct scene *s, unsigned i, bool devices)
{
    return with_pid(read_at(s->device + (devices ? i : 0), VA + 0x1000 * i),
                    SCENE_PID + (devices ? 0 : i));
}

/* struct iommu_config: 4 entries are 4 ways, and 4 things fit. */
TEST(caches_hold_as_many_entries_as_configured)
{
    for (unsigned devices = 0; devices < 2; devices++) {
        struct bench *b = bench_ready("max", four_of_each);
        struct scene s;
        scene_process(&s, b);
        for (unsigned i = 0; i < 4; i++) {
            bench_write_dc(b, s.device + i, &s.dc);
            pdt_write_pc(&s.pdt, SCENE_PID + i, &s.pc);
            pt_map(&s.first, VA + 0x1000 * i, PAGE_A + 0x1000 * i, 0, P_ALL);
        }
        bench_invalidate_all(b);
        for (unsigned round = 0; round < 2; round++) {
            for (unsigned i = 0; i < 4; i++)
                EXPECT_OK(b, member_of(&s, i, devices), PAGE_A + 0x1000 * i);
            forget_quick_hits(b);
            if (round == 0)
                bench_clear_log(b);
        }
        CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), 0);
    }
}

/* What a read brought into the cache gives way to what a write finds out about the page. */
TEST(cached_page_that_was_read_is_not_walked_for_each_write)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(&s);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL & ~P_D);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    EXPECT_OK(b, write_at(s.device, VA), PAGE_A);
    forget_quick_hits(b);
    bench_clear_log(b);
    EXPECT_OK(b, write_at(s.device, VA), PAGE_A);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), 0);
}

/* Everything that reset must forget, in caches of one set and of many: after it, contexts
 * and pages are what memory says. */
static void check_reset_forgets(config_tweak *tweak, unsigned members)
{
    for (unsigned devices = 0; devices < 2; devices++) {
        struct bench *b = bench_ready("max", tweak);
        struct scene s;
        scene_process(&s, b);
        for (unsigned target = PAGE_A; target <= PAGE_B; target += PAGE_B - PAGE_A) {
            s.first = pt_create(b, PT_SV39);
            s.pc.fsc = pt_iosatp(&s.first);
            for (unsigned i = 0; i < members; i++) {
                bench_write_dc(b, s.device + (devices ? i : 0), &s.dc);
                pdt_write_pc(&s.pdt, SCENE_PID + (devices ? 0 : i), &s.pc);
                pt_map(&s.first, VA + 0x1000 * i, target + 0x1000 * i, 0, P_ALL);
            }
            for (unsigned i = 0; i < members; i++)
                EXPECT_OK(b, member_of(&s, i, devices), target + 0x1000 * i);
            iommu_reset(b->iommu);
            bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
            /* The directories move, too, so that no old context leads to the new ones. */
            s.pdt = pdt_create(b, IOMMU_PDTP_MODE_PD20);
            s.dc.fsc = pdt_pdtp(&s.pdt);
        }
    }
}

TEST_BOTH(reset_forgets_every_entry)
{
    check_reset_forgets(NULL, 40);
    check_reset_forgets(four_of_each, 4);
}

/* The host's mappings and a guest's have tags of their own: no command for the guest's first
 * stage touches a device that has none. */
TEST(iotinval_vma_leaves_other_address_spaces_cached)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    bench_command(b, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_GV_MASK, 0));
    bench_command(b, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_PSCV_MASK |
                                          IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, SCENE_PSCID + 1),
                                      0));
    bench_command(b, cmd_iotinval_gvma(0, 0));
    bench_command(b, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_AV_MASK, VA + 0x1000));
    bench_clear_log(b);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), 0);
}

/* Nor does one touch what has no first stage at all, in the guest's own machine. */
TEST(iotinval_vma_leaves_second_stage_translations_cached)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    pt_map(&s.second, VA, PAGE_A, 0, P_ALL);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    bench_command(b, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_GV_MASK |
                                          IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID),
                                      0));
    bench_clear_log(b);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), 0);
}
