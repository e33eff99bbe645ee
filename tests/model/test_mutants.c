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

#define WORLDS 8u  /* of each shape */
#define STEPS 400u /* in each world */
#define MIB 0x100000ull

/* Worlds of a shape, with changes of PTEs between requests. */
static void run_worlds(struct plain_shape shape, uint64_t seed)
{
    static struct plain_world w;
    unsigned granted = 0;
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
        plain_world_check_memory(&w);
        plain_world_free(&w);
    }
    test_note("%s", "");
    CHECK(granted > WORLDS * STEPS / 32); /* or it would show little */
}

static const struct plain_shape whole = {.first = PT_MODES, .second = PT_MODES,
                                         .flat_size = BENCH_SIZE, .pas = 56, .svpbmt = true,
                                         .svrsw = true};

static void run_pairs(struct plain_shape shape, uint64_t seed)
{
    static const enum pt_mode pairs[][2] = {
        {PT_SV39, PT_MODES},   {PT_SV48, PT_MODES},   {PT_SV57, PT_MODES},
        {PT_MODES, PT_SV39X4}, {PT_MODES, PT_SV48X4}, {PT_MODES, PT_SV57X4},
        {PT_SV39, PT_SV39X4},  {PT_SV48, PT_SV48X4},  {PT_SV57, PT_SV57X4},
        {PT_SV39, PT_SV48X4},  {PT_SV48, PT_SV39X4},
    };
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        shape.first = pairs[i][0];
        shape.second = pairs[i][1];
        run_worlds(shape, seed + i);
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
        {0, 0},           {0, 0x2000},      {0, 0x4000},     {0, 0x5000},    {0, 0x6000},
        {0, 0x7000},      {0, 0x8000},      {0, 0xc000},     {0, 0x10000},   {0, 0x14000},
        {0x4000, 0x4000}, {0x4000, 0x8000}, {0x8000, 0x4000}, {0x8000, 0x8000}, {0xc000, 0x10000},
        {0x1000, MIB},    {0x10000, MIB},   {0, 0x30000},    {MIB, BENCH_SIZE - MIB},
    };
    uint64_t seed = random_seed("plain_walks_where_only_part_of_memory_is_flat", 500);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct plain_shape shape = whole;
        shape.flat_offset = parts[i][0];
        shape.flat_size = parts[i][1];
        shape.first = PT_SV39;
        run_worlds(shape, seed + 3 * i);
        shape.second = PT_SV39X4;
        run_worlds(shape, seed + 3 * i + 1);
        shape.first = PT_MODES;
        run_worlds(shape, seed + 3 * i + 2);
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
        shape.flat_size = MIB;
        shape.first = PT_SV39;
        run_worlds(shape, seed + 2 * page);
        shape.second = PT_SV39X4;
        run_worlds(shape, seed + 2 * page + 1);
    }
}
