/* SPDX-License-Identifier: Apache-2.0 */
/* The entry point: two instances, one list of operations, and the checks after each. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Apart from each other, so that a sanitizer sees what goes beyond one. */
static _Alignas(PAGE_BYTES) uint8_t memory_0[ARENA_BYTES];
static _Alignas(PAGE_BYTES) uint8_t memory_1[ARENA_BYTES];
static _Alignas(PAGE_BYTES) uint8_t memory_before[ARENA_BYTES];

void broken(const struct world *world, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "fuzz: operation %u: ", world->op_index);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    abort();
}

void trace(const struct world *world, const char *format, ...)
{
    va_list arguments;

    if (!world->trace)
        return;
    printf("%3u  ", world->op_index);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
}

static void choose_base(struct world *world)
{
    static const uint64_t bases[] = {0x80000000, 0, 0x40000000, 0x80010000};

    world->pas_mask = (1ull << IOMMU_GET(world->config.capabilities, IOMMU_CAPABILITIES_PAS)) - 1;
    world->base = bases[world->setup.bytes[19] & 3];
    if (world->setup.at_end)
        world->base = world->pas_mask + 1 - PAGE_DATA * PAGE_BYTES;
}

static void create_sides(struct world *world)
{
    uint8_t *memory[SIDES] = {memory_0, memory_1};

    for (unsigned i = 0; i < SIDES; i++) {
        struct side *side = &world->side[i];
        struct iommu_config config = world->config;
        struct iommu_bus bus;
        char error[80];

        side->world = world;
        side->memory = memory[i];
        memset(side->memory, 0, ARENA_BYTES);
        side->callbacks = world->setup.inject || (i == 0) != world->setup.flat_first;
        side->history = config.history = world->config.history && i == 0;
        if (i == 1 && world->setup.coherent)
            config.ddt_cache_entries = config.pdt_cache_entries = config.iotlb_entries = 0;
        memory_bus(side, &bus);
        side->iommu = iommu_create(&config, &bus, error, sizeof(error));
        RULE(world, side->iommu != NULL, "no instance: %s", error);
        RULE(world, memcmp(iommu_get_config(side->iommu), &config, sizeof(config)) == 0,
             "another configuration than asked for");
    }
}

/** Compare two arenas. memcmp() of the address sanitizer goes byte by byte. */
__attribute__((no_sanitize("address", "undefined"))) bool same_memory(const uint8_t *a,
                                                                      const uint8_t *b)
{
    const uint64_t *x = (const uint64_t *)(const void *)a, *y = (const uint64_t *)(const void *)b;
    uint64_t difference = 0;

    for (size_t i = 0; i < ARENA_BYTES / sizeof(*x); i++)
        difference |= x[i] ^ y[i];
    return difference == 0;
}

static void check(struct world *world)
{
    const struct side *side = world->side;

    RULE(world, same_memory(side[0].memory, side[1].memory), "memories differ");
    RULE(world,
         side[0].messages == side[1].messages && side[0].message_count == side[1].message_count,
         "messages to devices differ");
    registers_check(world);
    records_check(world);
    if (!same_memory(world->before, side[0].memory)) {
        world->changed = true;
        memcpy(world->before, side[0].memory, ARENA_BYTES);
    }
}

static void begin(struct world *world)
{
    for (unsigned i = 0; i < SIDES; i++) {
        struct side *side = &world->side[i];

        side->faults = side->page_requests = side->other_writes = 0;
    }
    world->core_before = world->core;
    memset(&world->expected, 0, sizeof(world->expected));
    world->reads_only = false;
}

/** Operations that software's writes may bring records about by, or whose cause is elsewhere. */
static bool moves_queues(const struct op *op)
{
    switch ((enum op_kind)op->kind) {
    case OP_MMIO_WRITE:
    case OP_DRAIN:
    case OP_RESET:
    case OP_FLUSH:
        return true;
    default:
        return false;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct op op;
    size_t at;

    memset(&world, 0, sizeof(world));
    world.before = memory_before;
    world.trace = getenv("FUZZ_TRACE") != NULL;
    at = input_header(data, size, &world.setup);
    setup_config(&world.setup, &world.config);
    choose_base(&world);
    create_sides(&world);
    scene_build(&world);
    memcpy(world.before, world.side[0].memory, ARENA_BYTES);
    registers_check(&world);
    while (world.op_index < OPS_MAX && input_op(data, size, &at, &op)) {
        begin(&world);
        step(&world, &op);
        world.queues_moved = moves_queues(&op);
        check(&world);
        world.op_index++;
    }
    registers_check_all(&world);
    for (unsigned i = 0; i < SIDES; i++)
        iommu_destroy(world.side[i].iommu);
    return 0;
}
