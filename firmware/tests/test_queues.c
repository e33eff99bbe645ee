/* SPDX-License-Identifier: Apache-2.0 */
/* The command queue, and what goes wrong with it. */
#include "host.h"

static struct rvi_command illegal(void)
{
    struct rvi_command command = {{0x7f, 0x1234}};

    return command;
}

static void open_manual(struct iommu_config *config)
{
    config->manual = true;
}

/* A world where device 1 has a cached translation; `stale` tells whether it is still used
 * although its entry is gone. */
static void cached_world(struct world *world, struct rvi_table *table)
{
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(world, "full");
    ddt = rvi_ddt_of(&world->iommu, world->pages);
    dc = world_context(world, table, 0x100000, 1);
    EXPECT(rvi_attach(&world->iommu, &ddt, 1, &dc) == RVI_OK);
    EXPECT(reaches(world, 1, 0x10000, 0x100000) && reaches(world, 1, 0x11000, 0x101000));
    EXPECT(rvi_clear(table, 0x10000, 0x2000) == RVI_OK);
    EXPECT(reaches(world, 1, 0x10000, 0x100000) && reaches(world, 1, 0x11000, 0x101000));
}

static struct rvi_command inval(uint64_t address)
{
    struct rvi_inval scope = {.av = true, .pscv = true, .pscid = 1, .address = address};

    return rvi_cmd_vma(&scope);
}

static void every_command_is_legal(void)
{
    struct rvi_inval scope = {
        .gv = true, .av = true, .pscv = true, .gscid = 3, .pscid = 4, .address = 0x5000};
    struct rvi_inval everything = {0};
    struct world world;

    world_start(&world, "full");
    EXPECT(rvi_post(&world.iommu, rvi_cmd_vma(&everything)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_vma(&scope)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_gvma(&scope)) == RVI_OK);
    scope.nl = scope.s = true;
    EXPECT(rvi_post(&world.iommu, rvi_cmd_vma(&scope)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ddt(false, 0)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ddt(true, 0xabcdef)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_pdt(0xabcdef, 0xfffff)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_fence(true, false, 0, 0)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_fence(false, true, TARGET_PAGE + 4, 0x1234)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_prgr(0x12345, true, 7, 0x1ff,
                                                   IOMMU_PRGR_CODE_INVALID_REQUEST)) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    EXPECT(world_load(&world, TARGET_PAGE) == 0x123400000000);
    EXPECT(world.messages == 1);
    EXPECT(world.message[0].kind == IOMMU_MSG_PAGE_REQUEST_GROUP_RESP);
    EXPECT(world.message[0].device_id == 0x12345 && world.message[0].process_id == 7);
    world_close(&world);
}

static void batches_of_any_length_on_rings_of_any_size(void)
{
    struct world world;
    struct rvi_setup setup;

    for (uint8_t log2 = 2; log2 <= 8; log2++) {
        world_open(&world, "base", NULL);
        setup = world_setup(&world);
        setup.commands.log2_entries = log2;
        EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
        EXPECT(rvi_init(&world.iommu, &setup) == RVI_OK);
        for (uint32_t n = 0; n < 1000; n++)
            EXPECT(rvi_post(&world.iommu, rvi_cmd_ddt(true, n)) == RVI_OK);
        EXPECT(rvi_sync(&world.iommu) == RVI_OK);
        EXPECT(world.iommu.pendings == 0);
        world_close(&world);
    }
}

static void nothing_is_done_before_the_kick(void)
{
    struct rvi_table table;
    struct world world;

    cached_world(&world, &table);
    EXPECT(rvi_post(&world.iommu, inval(0x10000)) == RVI_OK);
    EXPECT(reaches(&world, 1, 0x10000, 0x100000));
    rvi_kick(&world.iommu);
    EXPECT(!reaches(&world, 1, 0x10000, 0x100000));
    world_close(&world);
}

static void an_illegal_command_does_not_stop_the_others(void)
{
    struct rvi_table table;
    struct world world;

    for (uint32_t before = 0; before < 60; before += 7) {
        cached_world(&world, &table);
        for (uint32_t n = 0; n < before; n++)
            EXPECT(rvi_post(&world.iommu, rvi_cmd_ddt(true, n)) == RVI_OK);
        EXPECT(rvi_post(&world.iommu, inval(0x10000)) == RVI_OK);
        EXPECT(rvi_post(&world.iommu, illegal()) == RVI_OK);
        EXPECT(rvi_post(&world.iommu, inval(0x11000)) == RVI_OK);
        EXPECT(rvi_sync(&world.iommu) == RVI_COMMAND_ILLEGAL);
        EXPECT(world.iommu.recovery.command.word[0] == illegal().word[0] &&
               world.iommu.recovery.command.word[1] == illegal().word[1]);
        EXPECT((world.iommu.recovery.csr & IOMMU_CQCSR_CMD_ILL_MASK) != 0);
        EXPECT(!reaches(&world, 1, 0x10000, 0x100000) && !reaches(&world, 1, 0x11000, 0x101000));
        EXPECT(rvi_sync(&world.iommu) == RVI_OK);
        world_close(&world);
    }
}

static void a_start_that_is_refused_leaves_the_queue_as_it_was(void)
{
    static const struct rvi_queue_memory same = {RING_COMMANDS, 6}, odd = {RING_COMMANDS + 8, 6};
    struct rvi_table table;
    struct world world;

    cached_world(&world, &table);
    EXPECT(rvi_post(&world.iommu, inval(0x10000)) == RVI_OK);
    EXPECT(rvi_start_commands(&world.iommu, same, FENCE_WORD + 8) == RVI_BUSY);
    EXPECT(rvi_start_commands(&world.iommu, odd, FENCE_WORD + 8) == RVI_INVALID);
    EXPECT(world.iommu.pendings == 1 && world.iommu.fence_word == FENCE_WORD);
    EXPECT(rvi_post(&world.iommu, illegal()) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_COMMAND_ILLEGAL);
    EXPECT(world.iommu.recovery.resubmitted == 2); /* what was posted first, and the fence */
    EXPECT(blocked(&world, 1, 0x10000, IOMMU_CAUSE_READ_PAGE_FAULT));
    world_close(&world);
}

static void several_illegal_commands_in_a_batch(void)
{
    struct rvi_table table;
    struct world world;

    cached_world(&world, &table);
    for (int n = 0; n < 3; n++)
        EXPECT(rvi_post(&world.iommu, illegal()) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, inval(0x10000)) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_COMMAND_ILLEGAL);
    EXPECT(!reaches(&world, 1, 0x10000, 0x100000));
    world_close(&world);
}

static void what_was_before_an_illegal_command_is_queued_again(void)
{
    /* An IOMMU may abort the commands before the one that it refuses. This one does: its
     * commands are carried out by hand, and those before the illegal one are not. */
    struct world world;
    struct rvi_setup setup;

    world_open(&world, "full", open_manual);
    setup = world_setup(&world);
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
    EXPECT(rvi_features(&world.iommu, &setup) == RVI_OK);
    EXPECT(rvi_start_commands(&world.iommu, setup.commands, setup.fence_word) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, inval(0x10000)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, illegal()) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, inval(0x11000)) == RVI_OK);
    rvi_kick(&world.iommu);
    EXPECT(rvi_recover(&world.iommu) == RVI_OK); /* nothing was wrong yet */
    EXPECT(iommu_process_command(world.model) == IOMMU_COMMAND_DONE);
    EXPECT(iommu_process_command(world.model) == IOMMU_COMMAND_STOPPED);
    EXPECT(rvi_recover(&world.iommu) == RVI_COMMAND_ILLEGAL);
    EXPECT(world.iommu.recovery.resubmitted == 2);
    EXPECT(world_load(&world, RING_COMMANDS) == inval(0x10000).word[0]);
    EXPECT(world_load(&world, RING_COMMANDS + 8) == inval(0x10000).word[1]);
    EXPECT(world_load(&world, RING_COMMANDS + 24) == inval(0x11000).word[1]);
    rvi_kick(&world.iommu);
    EXPECT(iommu_process_command(world.model) == IOMMU_COMMAND_DONE);
    EXPECT(iommu_process_command(world.model) == IOMMU_COMMAND_DONE);
    EXPECT(iommu_process_command(world.model) == IOMMU_COMMAND_NONE);
    world_close(&world);
}

static void memory_faults_of_the_ring(enum iommu_mem_status kind)
{
    struct rvi_table table;
    struct world world;

    cached_world(&world, &table);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ddt(true, 4)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, inval(0x10000)) == RVI_OK);
    world.bad_first = RING_COMMANDS;
    world.bad_last = RING_COMMANDS + 0xfff;
    world.bad_status = kind;
    world.bad_times = 2;
    EXPECT(rvi_sync(&world.iommu) == RVI_MEMORY_FAULT);
    EXPECT(!reaches(&world, 1, 0x10000, 0x100000)); /* carried out all the same */
    EXPECT((world.iommu.recovery.csr & IOMMU_CQCSR_CQMF_MASK) != 0);
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    world.bad_times = 1000000; /* for good */
    EXPECT(rvi_sync(&world.iommu) == RVI_MEMORY_FAULT);
    EXPECT(world.bad_times > 1000000 - 20);
    world.bad_times = 0; /* repaired */
    EXPECT(rvi_sync(&world.iommu) != RVI_TIMEOUT);
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    world_close(&world);
}

static void access_faults_of_the_ring(void)
{
    memory_faults_of_the_ring(IOMMU_MEM_ACCESS_FAULT);
}

static void corrupted_ring_entries(void)
{
    memory_faults_of_the_ring(IOMMU_MEM_POISON);
}

static void a_fence_word_out_of_reach(void)
{
    struct rvi_table table;
    struct world world;

    cached_world(&world, &table);
    world.bad_first = FENCE_WORD;
    world.bad_last = FENCE_WORD + 7;
    world.bad_status = IOMMU_MEM_ACCESS_FAULT;
    world.bad_times = 1;
    EXPECT(rvi_post(&world.iommu, inval(0x10000)) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_MEMORY_FAULT);
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    world_close(&world);
}

/* --- invalidations of devices --- */

static void expire(struct world *world)
{
    if (iommu_itags_busy(world->model) != 0 && world->time % 50 == 49)
        iommu_invalidation_timeout(world->model, iommu_itags_busy(world->model));
}

static void complete(struct world *world)
{
    if (iommu_itags_busy(world->model) != 0)
        iommu_invalidation_completion(world->model, 1, iommu_itags_busy(world->model), 1);
}

static void device_invalidations_complete(void)
{
    struct world world;

    world_start_ats(&world);
    world.on_time = complete;
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_inval(1, false, 0, 0x12345000, 12)) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_inval(1, true, 9, 0x12340000, 16)) == RVI_OK);
    EXPECT(rvi_cmd_ats_inval(1, false, 0, 0, 255).word[1] ==
           rvi_cmd_ats_inval(1, false, 0, 0, 64).word[1]);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_inval(1, false, 0, 0, 64)) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    EXPECT(world.messages == 3);
    EXPECT(world.message[0].payload == 0x12345000);
    EXPECT(world.message[1].payload == 0x12347800 && world.message[1].pasid_valid);
    EXPECT(world.message[2].payload == 0x7ffffffffffff800);
    world_close(&world);
}

/* The same routing ID in another segment is another device. */
static void only_the_device_that_was_asked_completes(void)
{
    struct world world;

    world_start_ats(&world);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_inval(1, false, 0, 0, 64)) == RVI_OK);
    rvi_kick(&world.iommu);
    EXPECT(world.messages == 1 && world.message[0].segment_valid &&
           world.message[0].device_id == 1);
    EXPECT(!iommu_invalidation_completion(world.model, 0x050001, 1, 1));
    EXPECT(iommu_invalidation_completion(world.model, 1, 1, 1));
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    world_close(&world);
}

static enum iommu_status ask_for_translation(struct world *world)
{
    struct iommu_request request = {
        .device_id = 1, .iova = 0x10000, .type = IOMMU_ATS_TRANSLATION, .access = IOMMU_WRITE};

    return iommu_translate(world->model, &request).status;
}

static void ats_is_switched_on_and_off(void)
{
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "full");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    EXPECT(rvi_enable_ats(&world.iommu, &ddt, 1, IOMMU_DC_TC_EN_ATS_MASK) == RVI_NOT_FOUND);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 1, &dc) == RVI_OK);
    EXPECT(ask_for_translation(&world) == IOMMU_UNSUPPORTED_REQUEST);
    EXPECT(rvi_enable_ats(&world.iommu, &ddt, 1, IOMMU_DC_TC_EN_PRI_MASK) == RVI_INVALID);
    EXPECT(rvi_enable_ats(&world.iommu, &ddt, 1, IOMMU_DC_TC_EN_ATS_MASK | 1) == RVI_INVALID);
    /* T2GPA without a second stage: refused, and the context is as before. */
    EXPECT(rvi_enable_ats(&world.iommu, &ddt, 1,
                          IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_T2GPA_MASK) == RVI_INVALID);
    EXPECT(reaches(&world, 1, 0x10000, 0x100000));
    EXPECT(rvi_enable_ats(&world.iommu, &ddt, 1,
                          IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK) == RVI_OK);
    EXPECT(ask_for_translation(&world) == IOMMU_SUCCESS);
    EXPECT(world.messages == 0);
    world.on_time = complete;
    EXPECT(rvi_disable_ats(&world.iommu, &ddt, 1) == RVI_OK);
    EXPECT(world.messages == 1 && world.message[0].kind == IOMMU_MSG_INVALIDATION_REQUEST);
    EXPECT(world.message[0].payload == 0x7ffffffffffff800);
    EXPECT(ask_for_translation(&world) == IOMMU_UNSUPPORTED_REQUEST);
    EXPECT(reaches(&world, 1, 0x10000, 0x100000));
    world_close(&world);
}

static void a_device_that_does_not_answer(void)
{
    struct world world;

    world_start_ats(&world);
    world.on_time = expire;
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_inval(1, false, 0, 0, 64)) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_COMMAND_TIMEOUT);
    EXPECT((world.iommu.recovery.csr & IOMMU_CQCSR_CMD_TO_MASK) != 0);
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    world_close(&world);
}

static void of_two_errors_the_worse_is_told(void)
{
    struct world world;

    world_start_ats(&world);
    world.on_time = expire;
    EXPECT(rvi_post(&world.iommu, illegal()) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_inval(1, false, 0, 0, 64)) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_COMMAND_ILLEGAL);
    EXPECT((world.iommu.recovery.csr & IOMMU_CQCSR_CMD_TO_MASK) != 0); /* the second one */
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    world_close(&world);
}

static void an_iommu_that_does_not_answer(void)
{
    struct world world;

    world_start_ats(&world); /* nobody completes, nobody expires */
    EXPECT(rvi_post(&world.iommu, rvi_cmd_ats_inval(1, false, 0, 0, 64)) == RVI_OK);
    EXPECT(rvi_sync(&world.iommu) == RVI_TIMEOUT);
    for (int n = 0; n < 40; n++) { /* the ring must not overflow meanwhile */
        enum rvi_status status = rvi_post(&world.iommu, rvi_cmd_ddt(true, 1));

        EXPECT(status == RVI_OK || status == RVI_TIMEOUT);
        if (n < 4)
            EXPECT(rvi_sync(&world.iommu) == RVI_TIMEOUT);
    }
    EXPECT(world.iommu.pendings <= RVI_BATCH);
    world.on_time = complete;
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    world_close(&world);
}

static void queues_that_are_off_are_not_touched(void)
{
    struct rvi_page_request request;
    struct rvi_fault fault;
    struct world world;

    world_open(&world, "full", NULL);
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
    EXPECT(rvi_post(&world.iommu, illegal()) == RVI_INVALID);
    EXPECT(rvi_sync(&world.iommu) == RVI_INVALID);
    EXPECT(rvi_recover(&world.iommu) == RVI_INVALID);
    EXPECT(rvi_drain_faults(&world.iommu, &fault, 1).status == RVI_INVALID);
    EXPECT(rvi_drain_requests(&world.iommu, &request, 1).status == RVI_INVALID);
    EXPECT(world.writes == 0);
    world_close(&world);
}

const struct test queue_tests[] = {
    {"every_command_is_legal", every_command_is_legal},
    {"batches_of_any_length_on_rings_of_any_size", batches_of_any_length_on_rings_of_any_size},
    {"nothing_is_done_before_the_kick", nothing_is_done_before_the_kick},
    {"an_illegal_command_does_not_stop_the_others", an_illegal_command_does_not_stop_the_others},
    {"a_start_that_is_refused_leaves_the_queue_as_it_was",
     a_start_that_is_refused_leaves_the_queue_as_it_was},
    {"several_illegal_commands_in_a_batch", several_illegal_commands_in_a_batch},
    {"what_was_before_an_illegal_command_is_queued_again",
     what_was_before_an_illegal_command_is_queued_again},
    {"access_faults_of_the_ring", access_faults_of_the_ring},
    {"corrupted_ring_entries", corrupted_ring_entries},
    {"a_fence_word_out_of_reach", a_fence_word_out_of_reach},
    {"device_invalidations_complete", device_invalidations_complete},
    {"only_the_device_that_was_asked_completes", only_the_device_that_was_asked_completes},
    {"ats_is_switched_on_and_off", ats_is_switched_on_and_off},
    {"a_device_that_does_not_answer", a_device_that_does_not_answer},
    {"of_two_errors_the_worse_is_told", of_two_errors_the_worse_is_told},
    {"an_iommu_that_does_not_answer", an_iommu_that_does_not_answer},
    {"queues_that_are_off_are_not_touched", queues_that_are_off_are_not_touched},
    {NULL, NULL},
};
