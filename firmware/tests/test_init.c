/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery, initialization step by step, quiesce, hand-over and take-over. */
#include "host.h"

static const char *const configs[] = {"small", "base", "full"};
#define CONFIGS (sizeof(configs) / sizeof(configs[0]))

static uint64_t peek(struct world *world, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    iommu_mmio_read(world->model, offset, size, &value);
    return value;
}

static void all_devices_are_blocked_after_init(void)
{
    struct world world;

    for (size_t i = 0; i < CONFIGS; i++) {
        world_start(&world, configs[i]);
        EXPECT(world.iommu.mode >= IOMMU_DDTP_MODE_1LVL);
        EXPECT(IOMMU_GET(peek(&world, IOMMU_REG_DDTP, 8), IOMMU_DDTP_PPN) == ROOT / RVI_PAGE);
        for (int n = 0; n < 2000; n++) {
            uint32_t device_id = (uint32_t)host_random() & 0xffffff;
            struct iommu_response got = world_access(&world, device_id, host_random(), IOMMU_WRITE);

            EXPECT(got.status == IOMMU_ABORT);
            EXPECT(got.cause == IOMMU_CAUSE_DDT_NOT_VALID ||
                   got.cause == IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
        }
        world_close(&world);
    }
}

static void reset_to_bare(struct iommu_config *config)
{
    config->reset_mode = IOMMU_DDTP_MODE_BARE;
}

/* An access while the steps are under way: nothing may get through after the first write. */
static bool leaked, armed;

static void try_dma(struct world *world)
{
    if (armed && world->writes > 0 &&
        world_access(world, 5, TARGET_PAGE, IOMMU_WRITE).status == IOMMU_SUCCESS)
        leaked = true;
}

static void init_closes_a_bare_iommu_first(void)
{
    struct world world;

    world_open(&world, "base", reset_to_bare);
    EXPECT(reaches(&world, 5, TARGET_PAGE, TARGET_PAGE));
    leaked = false;
    armed = true;
    world.on_time = try_dma;
    world.on_store = try_dma;
    world_begin(&world);
    EXPECT(!leaked);
    EXPECT(blocked(&world, 5, TARGET_PAGE, IOMMU_CAUSE_DDT_NOT_VALID));
    armed = false;
    world_close(&world);
}

static int position(const struct world *world, uint32_t offset)
{
    for (uint32_t i = 0; i < world->writes; i++) {
        if (world->register_writes[i] == offset)
            return (int)i;
    }
    return -1;
}

static int last_position(const struct world *world, uint32_t offset)
{
    for (uint32_t i = world->writes; i-- > 0;) {
        if (world->register_writes[i] == offset)
            return (int)i;
    }
    return -1;
}

static void both_interrupts(struct iommu_config *config)
{
    config->capabilities &= ~IOMMU_CAPABILITIES_IGS_MASK;
    config->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_BOTH);
    config->fctl_writable |= IOMMU_FCTL_WSI_MASK;
}

static void init_keeps_the_order_of_the_guidelines(void)
{
    static const uint32_t order[] = {IOMMU_REG_FCTL,  IOMMU_REG_ICVEC, IOMMU_REG_CQB,
                                     IOMMU_REG_CQCSR, IOMMU_REG_FQB,   IOMMU_REG_FQH,
                                     IOMMU_REG_FQCSR, IOMMU_REG_PQB,   IOMMU_REG_PQH,
                                     IOMMU_REG_PQCSR, IOMMU_REG_DDTP};
    struct rvi_setup setup;
    struct world world;

    world_open(&world, "full", both_interrupts);
    setup = world_setup(&world);
    setup.wires = true;
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
    EXPECT(rvi_init(&world.iommu, &setup) == RVI_OK);
    for (size_t i = 1; i < sizeof(order) / sizeof(order[0]); i++) {
        EXPECT(position(&world, order[i - 1]) >= 0);
        EXPECT(position(&world, order[i - 1]) < position(&world, order[i]));
    }
    EXPECT(position(&world, IOMMU_REG_CQB) < position(&world, IOMMU_REG_CQT));
    EXPECT(position(&world, IOMMU_REG_CQT) < position(&world, IOMMU_REG_CQCSR));
    EXPECT(last_position(&world, IOMMU_REG_DDTP) == (int)world.writes - 1);
    EXPECT((peek(&world, IOMMU_REG_FCTL, 4) & IOMMU_FCTL_WSI_MASK) != 0);
    world_close(&world);
}

/* --- refusals --- */

static enum rvi_status init_status(struct world *world, const struct rvi_setup *setup)
{
    enum rvi_status status;

    EXPECT(rvi_open(&world->iommu, &world->bus, &world->memory) == RVI_OK);
    status = rvi_init(&world->iommu, setup);
    if (status != RVI_OK && status != RVI_BUSY && status != RVI_TIMEOUT) {
        /* Whatever failed, nothing is left open or running. */
        EXPECT(IOMMU_GET(peek(world, IOMMU_REG_DDTP, 8), IOMMU_DDTP_IOMMU_MODE) ==
               IOMMU_DDTP_MODE_OFF);
        EXPECT((peek(world, IOMMU_REG_CQCSR, 4) & IOMMU_CQCSR_CQON_MASK) == 0);
        EXPECT((peek(world, IOMMU_REG_FQCSR, 4) & IOMMU_FQCSR_FQON_MASK) == 0);
    }
    return status;
}

static void open_refuses_what_is_no_iommu(void)
{
    struct world world;
    struct lie nothing = {IOMMU_REG_CAPABILITIES, 0xff, 0, 0, 0};
    struct lie version2 = {IOMMU_REG_CAPABILITIES, 0xff, 0x20, 0, 0};
    struct lie version1_1 = {IOMMU_REG_CAPABILITIES, 0xff, 0x11, 0, 0};

    world_open(&world, "base", NULL);
    world.lie = nothing;
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_UNSUPPORTED);
    world.lie = version2;
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_UNSUPPORTED);
    world.lie = version1_1;
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
    world_close(&world);
}

static uint64_t read_ones(void *context, uint32_t offset)
{
    (void)context, (void)offset;
    return UINT64_MAX;
}

static void open_refuses_a_dead_bus(void)
{
    struct world world;

    world_open(&world, "base", NULL);
    world.bus.read64 = read_ones;
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_UNSUPPORTED);
    world_close(&world);
}

static void init_refuses_what_the_iommu_lacks(void)
{
    struct world world;
    struct rvi_setup setup;

    world_open(&world, "small", NULL);
    setup = world_setup(&world);
    setup.wires = false; /* "small" has wires only */
    EXPECT(init_status(&world, &setup) == RVI_UNSUPPORTED);
    setup = world_setup(&world);
    setup.required = IOMMU_CAPABILITIES_ATS_MASK;
    EXPECT(init_status(&world, &setup) == RVI_UNSUPPORTED);
    setup = world_setup(&world);
    setup.big_endian = true;
    EXPECT(init_status(&world, &setup) == RVI_UNSUPPORTED);
    setup = world_setup(&world);
    setup.device_id_bits = 24; /* "small" has two levels */
    EXPECT(init_status(&world, &setup) == RVI_UNSUPPORTED);
    setup = world_setup(&world);
    setup.requests.address = RING_REQUESTS;
    setup.requests.log2_entries = 4;
    EXPECT(init_status(&world, &setup) == RVI_UNSUPPORTED);
    setup = world_setup(&world);
    EXPECT(init_status(&world, &setup) == RVI_OK);
    world_close(&world);
}

static void init_refuses_bad_arguments(void)
{
    struct world world;
    struct rvi_setup good, setup;

    world_open(&world, "base", NULL);
    good = world_setup(&world);
    setup = good;
    setup.commands.address += 16;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.faults.log2_entries = 10; /* 32 KiB, but aligned to 8 KiB only */
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.commands.log2_entries = 1;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.commands.log2_entries = 40;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.fence_word = 0;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.root = ROOT + 8;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.device_id_bits = 25;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.faults.address |= 1ull << 60;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    setup = good;
    setup.root |= 1ull << 60;
    EXPECT(init_status(&world, &setup) == RVI_INVALID);
    EXPECT(init_status(&world, &good) == RVI_OK);
    EXPECT(init_status(&world, &good) == RVI_BUSY);
    world_close(&world);
}

static void no_second_stage(struct iommu_config *config)
{
    config->capabilities &= ~(IOMMU_CAPABILITIES_SV39X4_MASK | IOMMU_CAPABILITIES_SV48X4_MASK);
}

static void init_sends_no_command_for_what_is_not_built(void)
{
    struct rvi_setup setup;
    struct world world;

    for (int built = 0; built < 2; built++) {
        world_open(&world, "base", built != 0 ? NULL : no_second_stage);
        setup = world_setup(&world);
        EXPECT(init_status(&world, &setup) == RVI_OK);
        /* IODIR.INVAL_DDT, IOTINVAL.VMA, IOTINVAL.GVMA, and their fence */
        EXPECT(peek(&world, IOMMU_REG_CQH, 4) == (built != 0 ? 4 : 3));
        world_close(&world);
    }
}

static void few_address_bits(struct iommu_config *config)
{
    config->capabilities &= ~IOMMU_CAPABILITIES_PAS_MASK;
    config->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 40);
}

/* The register takes the mode and cuts the root: that must not stay. */
static void a_root_out_of_reach_leaves_the_iommu_off(void)
{
    static const uint64_t high[] = {1ull << 45, 1ull << 60};
    struct world world;

    for (size_t i = 0; i < sizeof(high) / sizeof(high[0]); i++) {
        world_open(&world, "full", few_address_bits);
        world_begin(&world);
        EXPECT(rvi_quiesce(&world.iommu) == RVI_OK);
        EXPECT(rvi_start_directory(&world.iommu, high[i] | ROOT, 24) == RVI_INVALID);
        EXPECT(IOMMU_GET(peek(&world, IOMMU_REG_DDTP, 8), IOMMU_DDTP_IOMMU_MODE) ==
               IOMMU_DDTP_MODE_OFF);
        EXPECT(world.iommu.mode == IOMMU_DDTP_MODE_OFF);
        world_close(&world);
    }
}

static void short_queues(struct iommu_config *config)
{
    config->queue_log2_max = 5;
}

static void queues_larger_than_built_are_refused(void)
{
    struct world world;
    struct rvi_setup setup;

    world_open(&world, "base", short_queues);
    setup = world_setup(&world);
    EXPECT(init_status(&world, &setup) == RVI_UNSUPPORTED); /* 64 commands */
    setup.commands.log2_entries = 5;
    EXPECT(init_status(&world, &setup) == RVI_OK);
    world_close(&world);
}

/* A register that never answers: each wait ends, and says so. */
static void every_wait_has_an_end(void)
{
    static const struct lie stuck[] = {
        {IOMMU_REG_DDTP, 0, (uint32_t)IOMMU_DDTP_BUSY_MASK, 0, 0},
        {IOMMU_REG_DDTP, 0, (uint32_t)IOMMU_DDTP_BUSY_MASK, 7, 0},
        {IOMMU_REG_CQCSR, 0, IOMMU_CQCSR_BUSY_MASK, 0, 0},
        {IOMMU_REG_CQCSR, IOMMU_CQCSR_CQON_MASK, 0, 0, 0},
        {IOMMU_REG_FQCSR, 0, IOMMU_FQCSR_BUSY_MASK, 1, 0},
        {IOMMU_REG_FQCSR, IOMMU_FQCSR_FQON_MASK, 0, 0, 0},
        {IOMMU_REG_PQCSR, 0, IOMMU_PQCSR_BUSY_MASK, 1, 0},
        {IOMMU_REG_PQCSR, IOMMU_PQCSR_PQON_MASK, 0, 0, 0},
    };
    struct world world;
    struct rvi_setup setup;

    for (size_t i = 0; i < sizeof(stuck) / sizeof(stuck[0]); i++) {
        world_open(&world, "full", reset_to_bare);
        setup = world_setup(&world);
        world.lie = stuck[i];
        EXPECT(init_status(&world, &setup) == RVI_TIMEOUT);
        EXPECT(world.time < 16 * (world.bus.timeout + 4));
        world_close(&world);
    }
}

/* The mode reads Off at once, but what is in flight is done when busy is 0. */
static void blocking_is_over_when_busy_is_0(void)
{
    const struct lie busy = {IOMMU_REG_DDTP, 0, (uint32_t)IOMMU_DDTP_BUSY_MASK, 2, 0};
    struct world world;

    world_start(&world, "base");
    world.lie = busy;
    EXPECT(rvi_block_all(&world.iommu) == RVI_TIMEOUT);
    EXPECT(rvi_block_all(&world.iommu) == RVI_TIMEOUT);
    world.lie.set = 0;
    EXPECT(rvi_block_all(&world.iommu) == RVI_OK);
    world_close(&world);
}

/* cqen is 1, cqon not yet. */
static void init_leaves_queues_alone_that_are_coming_on(void)
{
    static const uint32_t csr[] = {IOMMU_REG_CQCSR, IOMMU_REG_FQCSR, IOMMU_REG_PQCSR};
    struct world world;
    struct rvi_setup setup;

    for (size_t i = 0; i < sizeof(csr) / sizeof(csr[0]); i++) {
        const struct lie coming = {csr[i], IOMMU_CQCSR_CQON_MASK,
                                   IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_BUSY_MASK, 0, 0};

        world_open(&world, "full", NULL);
        setup = world_setup(&world);
        setup.wires = true;
        world.lie = coming;
        EXPECT(init_status(&world, &setup) == RVI_BUSY);
        EXPECT(world.writes == 0); /* fctl is as it was */
        world_close(&world);
    }
}

static void a_32_bit_bus_is_enough(void)
{
    struct world world;
    struct rvi_table table;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_open(&world, "small", NULL);
    world.bus.read64 = NULL;
    world.bus.write64 = NULL;
    world_begin(&world);
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 3, &dc) == RVI_OK);
    EXPECT(reaches(&world, 3, 0x10004, 0x100004));
    EXPECT(rvi_detach(&world.iommu, &ddt, 3) == RVI_OK);
    EXPECT(!reaches(&world, 3, 0x10004, 0x100004));
    world_close(&world);
}

static void big_endian_structures_work(void)
{
    struct world world;
    struct rvi_setup setup;
    struct rvi_table table;
    struct rvi_fault fault;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_open(&world, "full", NULL);
    world.swap = true;
    setup = world_setup(&world);
    setup.big_endian = true;
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
    EXPECT(rvi_init(&world.iommu, &setup) == RVI_OK);
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    dc.tc |= IOMMU_DC_TC_SBE_MASK;
    EXPECT(rvi_attach(&world.iommu, &ddt, 3, &dc) == RVI_OK);
    EXPECT(reaches(&world, 3, 0x10004, 0x100004));
    EXPECT(blocked(&world, 3, 0x30004, IOMMU_CAUSE_READ_PAGE_FAULT));
    EXPECT(rvi_drain_faults(&world.iommu, &fault, 1).records == 1);
    EXPECT(fault.cause == IOMMU_CAUSE_READ_PAGE_FAULT && fault.iotval == 0x30004);
    world_close(&world);
}

/* --- hand-over --- */

static void quiesce_leaves_the_state_of_reset(void)
{
    struct world world;

    world_start(&world, "full");
    EXPECT(rvi_quiesce(&world.iommu) == RVI_OK);
    EXPECT(IOMMU_GET(peek(&world, IOMMU_REG_DDTP, 8), IOMMU_DDTP_IOMMU_MODE) == 0);
    EXPECT(blocked(&world, 1, 0, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED));
    EXPECT((peek(&world, IOMMU_REG_CQCSR, 4) & IOMMU_CQCSR_CQON_MASK) == 0);
    EXPECT((peek(&world, IOMMU_REG_FQCSR, 4) & IOMMU_FQCSR_FQON_MASK) == 0);
    EXPECT((peek(&world, IOMMU_REG_PQCSR, 4) & IOMMU_PQCSR_PQON_MASK) == 0);
    EXPECT((uint32_t)peek(&world, IOMMU_REG_IOCOUNTINH, 4) == UINT32_MAX);
    EXPECT(peek(&world, IOMMU_REG_IPSR, 4) == 0);
    world_begin(&world); /* and it starts again */
    world_close(&world);
}

static void quiesce_goes_on_after_an_error(void)
{
    struct lie stuck = {IOMMU_REG_CQCSR, 0, IOMMU_CQCSR_BUSY_MASK, 0, 0};
    struct world world;

    world_start(&world, "full");
    world.lie = stuck;
    EXPECT(rvi_quiesce(&world.iommu) == RVI_TIMEOUT);
    EXPECT(blocked(&world, 1, 0, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED));
    EXPECT((peek(&world, IOMMU_REG_FQCSR, 4) & IOMMU_FQCSR_FQON_MASK) == 0);
    EXPECT((peek(&world, IOMMU_REG_PQCSR, 4) & IOMMU_PQCSR_PQON_MASK) == 0);
    world_close(&world);
    world_start(&world, "full");
    stuck.offset = IOMMU_REG_PQCSR;
    world.lie = stuck;
    EXPECT(rvi_hand_over(&world.iommu, false) == RVI_TIMEOUT);
    EXPECT((peek(&world, IOMMU_REG_CQCSR, 4) & IOMMU_CQCSR_CQON_MASK) == 0);
    EXPECT((peek(&world, IOMMU_REG_FQCSR, 4) & IOMMU_FQCSR_FQON_MASK) == 0);
    world_close(&world);
}

static void hand_over_keeps_the_guard_up(void)
{
    struct world world;
    struct rvi_table table;
    struct rvi_ddt ddt;
    struct rvi_dc dc;
    struct rvi next;
    struct rvi_setup setup;

    world_start(&world, "full");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 3, &dc) == RVI_OK);
    EXPECT(rvi_hand_over(&world.iommu, true) == RVI_OK);
    EXPECT((peek(&world, IOMMU_REG_CQCSR, 4) & IOMMU_CQCSR_CQON_MASK) == 0);
    EXPECT((peek(&world, IOMMU_REG_FQCSR, 4) & IOMMU_FQCSR_FQON_MASK) != 0);
    EXPECT(reaches(&world, 3, 0x10004, 0x100004));
    EXPECT(blocked(&world, 4, 0x10004, IOMMU_CAUSE_DDT_NOT_VALID));
    EXPECT(peek(&world, IOMMU_REG_FQT, 4) == 1); /* still recorded */

    /* The next owner: open, take what is in force, or quiesce and start afresh. */
    EXPECT(rvi_open(&next, &world.bus, &world.memory) == RVI_OK);
    EXPECT(next.mode == world.iommu.mode && next.root == ROOT);
    setup = world_setup(&world);
    setup.root = 0x6000;
    EXPECT(rvi_init(&next, &setup) == RVI_BUSY);
    EXPECT(rvi_quiesce(&next) == RVI_OK);
    EXPECT(blocked(&world, 3, 0x10004, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED));
    EXPECT(rvi_init(&next, &setup) == RVI_OK);
    /* Device 3 was in the caches: the new owner's start must have emptied them. */
    EXPECT(blocked(&world, 3, 0x10004, IOMMU_CAUSE_DDT_NOT_VALID));
    world_close(&world);
}

static void adopting_a_directory_leaves_no_gap(void)
{
    struct world world;
    struct rvi_table table, second;
    struct rvi_ddt ddt;
    struct rvi_dc dc;
    struct rvi next;
    struct rvi_queue_memory ring = {0x7000, 6};

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 3, &dc) == RVI_OK);
    EXPECT(rvi_hand_over(&world.iommu, false) == RVI_OK);
    EXPECT(rvi_open(&next, &world.bus, &world.memory) == RVI_OK);
    EXPECT(rvi_start_commands(&next, ring, FENCE_WORD + 8) == RVI_OK);
    ddt = rvi_ddt_of(&next, world.pages);
    EXPECT(reaches(&world, 3, 0x10004, 0x100004));
    dc = world_context(&world, &second, 0x200000, 2);
    EXPECT(rvi_attach(&next, &ddt, 9, &dc) == RVI_OK);
    EXPECT(reaches(&world, 9, 0x10004, 0x200004));
    EXPECT(rvi_detach(&next, &ddt, 3) == RVI_OK);
    EXPECT(blocked(&world, 3, 0x10004, IOMMU_CAUSE_DDT_NOT_VALID));
    world_close(&world);
}

const struct test init_tests[] = {
    {"all_devices_are_blocked_after_init", all_devices_are_blocked_after_init},
    {"init_closes_a_bare_iommu_first", init_closes_a_bare_iommu_first},
    {"init_keeps_the_order_of_the_guidelines", init_keeps_the_order_of_the_guidelines},
    {"open_refuses_what_is_no_iommu", open_refuses_what_is_no_iommu},
    {"open_refuses_a_dead_bus", open_refuses_a_dead_bus},
    {"init_refuses_what_the_iommu_lacks", init_refuses_what_the_iommu_lacks},
    {"init_refuses_bad_arguments", init_refuses_bad_arguments},
    {"init_sends_no_command_for_what_is_not_built", init_sends_no_command_for_what_is_not_built},
    {"a_root_out_of_reach_leaves_the_iommu_off", a_root_out_of_reach_leaves_the_iommu_off},
    {"queues_larger_than_built_are_refused", queues_larger_than_built_are_refused},
    {"every_wait_has_an_end", every_wait_has_an_end},
    {"blocking_is_over_when_busy_is_0", blocking_is_over_when_busy_is_0},
    {"init_leaves_queues_alone_that_are_coming_on", init_leaves_queues_alone_that_are_coming_on},
    {"a_32_bit_bus_is_enough", a_32_bit_bus_is_enough},
    {"big_endian_structures_work", big_endian_structures_work},
    {"quiesce_leaves_the_state_of_reset", quiesce_leaves_the_state_of_reset},
    {"quiesce_goes_on_after_an_error", quiesce_goes_on_after_an_error},
    {"hand_over_keeps_the_guard_up", hand_over_keeps_the_guard_up},
    {"adopting_a_directory_leaves_no_gap", adopting_a_directory_leaves_no_gap},
    {NULL, NULL},
};
