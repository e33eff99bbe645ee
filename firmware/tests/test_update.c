/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of live structures: at no moment is there a mixture of old and new, and after the
 * call the old is gone, from the caches too. */
#include <string.h>

#include "host.h"

/* What a watcher between two stores may see. */
static struct {
    uint32_t device_id;
    uint64_t iova, old_address, new_address;
    unsigned looks, wrong, blocked;
} watch;

static void look(struct world *world)
{
    struct iommu_response got = world_access(world, watch.device_id, watch.iova, IOMMU_READ);

    watch.looks++;
    if (got.status != IOMMU_SUCCESS && got.cause == IOMMU_CAUSE_DDT_NOT_VALID)
        watch.blocked++;
    else if (got.status != IOMMU_SUCCESS ||
             (got.address != watch.old_address && got.address != watch.new_address))
        watch.wrong++;
}

static void replacing_a_context_never_mixes(void)
{
    struct rvi_table first, second;
    struct rvi_dc old, new;
    struct world world;
    struct rvi_ddt ddt;

    for (int guest = 0; guest < 2; guest++) {
        world_start(&world, "full");
        ddt = rvi_ddt_of(&world.iommu, world.pages);
        old = world_context(&world, &first, 0x100000, 1);
        new = world_context(&world, &second, 0x200000, 2);
        if (guest != 0) { /* the new one has a second stage: identity, but for the tables */
            struct rvi_table stage;

            EXPECT(rvi_table_make(&stage, &world.memory, &world.pages, RVI_SV39X4) == RVI_OK);
            EXPECT(rvi_map(&stage, 0, 0, 0x200000, RVI_READ, NULL) == RVI_OK);
            EXPECT(rvi_map(&stage, 0x200000, 0x400000, 0x200000, RVI_READ, NULL) == RVI_OK);
            new.iohgatp = rvi_table_pointer(&stage) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 3);
        }
        EXPECT(rvi_attach(&world.iommu, &ddt, 77, &old) == RVI_OK);
        EXPECT(reaches(&world, 77, 0x10010, 0x100010));
        watch.device_id = 77;
        watch.iova = 0x10010;
        watch.old_address = 0x100010;
        watch.new_address = guest != 0 ? 0x400010 : 0x200010;
        watch.looks = watch.wrong = watch.blocked = 0;
        world.on_store = look;
        EXPECT(rvi_attach(&world.iommu, &ddt, 77, &new) == RVI_OK);
        world.on_store = NULL;
        EXPECT(watch.looks > 6 && watch.wrong == 0 && watch.blocked > 0);
        EXPECT(reaches(&world, 77, 0x10010, watch.new_address));
        world_close(&world);
    }
}

static void storing_without_the_retirement_would_mix(void)
{
    /* The check above can fail: the same with the words in the wrong order. */
    struct rvi_table first, second;
    struct rvi_dc old, new;
    struct world world;
    struct rvi_ddt ddt;
    uint64_t at;

    world_start(&world, "full");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    old = world_context(&world, &first, 0x100000, 1);
    new = world_context(&world, &second, 0x200000, 2);
    new.iohgatp = 8ull << 60 | 0x400;
    EXPECT(rvi_ddt_find(&ddt, 77, true, &at) == RVI_OK);
    rvi_dc_store(&ddt, at, &old);
    watch.device_id = 77;
    watch.wrong = 0;
    watch.iova = 0x10010;
    watch.old_address = 0x100010;
    watch.new_address = 0x200010;
    world.on_store = look;
    rvi_dc_store(&ddt, at, &new);
    world.on_store = NULL;
    EXPECT(watch.wrong > 0);
    world_close(&world);
}

static void detached_devices_are_blocked_at_once(void)
{
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_detach(&world.iommu, &ddt, 12) == RVI_NOT_FOUND);
    for (int n = 0; n < 50; n++) {
        EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
        EXPECT(reaches(&world, 12, 0x10010, 0x100010)); /* now it is in the caches */
        EXPECT(rvi_detach(&world.iommu, &ddt, 12) == RVI_OK);
        EXPECT(blocked(&world, 12, 0x10010, IOMMU_CAUSE_DDT_NOT_VALID));
        EXPECT(rvi_detach(&world.iommu, &ddt, 12) == RVI_NOT_FOUND);
    }
    world_close(&world);
}

static void misconfigured_contexts_are_refused(void)
{
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    dc.tc |= IOMMU_DC_TC_EN_ATS_MASK; /* "base" has no ATS */
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_INVALID);
    dc.tc = 0;
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_INVALID);
    EXPECT(reaches(&world, 12, 0x10010, 0x100010)); /* the old one is untouched */
    world_close(&world);
}

static void unmapped_pages_are_out_of_reach(void)
{
    struct rvi_scope scope = {.process = true, .pscid = 1};
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_map(&table, 0x200000, 0x800000, 0x400000, RVI_READ | RVI_USER, NULL) == RVI_OK);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    for (uint64_t at = 0x10000; at < 0x20000; at += RVI_PAGE)
        EXPECT(reaches(&world, 12, at, at + 0xf0000));
    EXPECT(reaches(&world, 12, 0x212345, 0x812345) && reaches(&world, 12, 0x412345, 0xa12345));
    EXPECT(rvi_unmap(&world.iommu, &table, &scope, 0x12000, 0x3000) == RVI_OK);
    for (uint64_t at = 0x10000; at < 0x20000; at += RVI_PAGE)
        EXPECT(reaches(&world, 12, at, at + 0xf0000) == (at < 0x12000 || at >= 0x15000));
    EXPECT(rvi_unmap(&world.iommu, &table, &scope, 0x12000, 0x3000) == RVI_NOT_FOUND);
    EXPECT(rvi_unmap(&world.iommu, &table, &scope, 0x200000, 0x200000) == RVI_OK);
    EXPECT(blocked(&world, 12, 0x212345, IOMMU_CAUSE_READ_PAGE_FAULT));
    EXPECT(reaches(&world, 12, 0x412345, 0xa12345));
    world_close(&world);
}

/* "except for entries containing global mappings": PSCV would leave them in the caches. */
static void unmapped_global_pages_are_out_of_reach(void)
{
    struct rvi_scope scope = {.process = true, .pscid = 1};
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_map(&table, 0x40000, 0x200000, 0x1000, RVI_READ | RVI_USER | RVI_GLOBAL, NULL) ==
           RVI_OK);
    EXPECT(rvi_map(&table, 0x200000, 0x800000, 0x200000, RVI_READ | RVI_USER | RVI_GLOBAL, NULL) ==
           RVI_OK);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    EXPECT(reaches(&world, 12, 0x40000, 0x200000) && reaches(&world, 12, 0x200000, 0x800000));
    EXPECT(rvi_unmap(&world.iommu, &table, &scope, 0x40000, 0x1000) == RVI_OK);
    EXPECT(blocked(&world, 12, 0x40000, IOMMU_CAUSE_READ_PAGE_FAULT));
    EXPECT(rvi_unmap(&world.iommu, &table, &scope, 0x200000, 0x200000) == RVI_OK);
    EXPECT(blocked(&world, 12, 0x200000, IOMMU_CAUSE_READ_PAGE_FAULT));
    world_close(&world);
}

/* What was cleared before an entry that makes no sense is invalidated all the same. */
static void unmapping_up_to_a_corrupt_entry(void)
{
    struct rvi_scope scope = {.process = true, .pscid = 1};
    struct rvi_table table;
    struct rvi_leaf leaf;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    EXPECT(reaches(&world, 12, 0x10000, 0x100000));
    EXPECT(rvi_lookup(&table, 0x11000, &leaf) == RVI_OK);
    world.memory.store64(world.memory.context, leaf.where, IOMMU_PTE_V_MASK); /* no leaf */
    EXPECT(rvi_unmap(&world.iommu, &table, &scope, 0x10000, 0x3000) == RVI_CORRUPT);
    EXPECT(blocked(&world, 12, 0x10000, IOMMU_CAUSE_READ_PAGE_FAULT));
    EXPECT(reaches(&world, 12, 0x12000, 0x102000));
    world_close(&world);
}

static void unmapped_guest_pages_are_out_of_reach(void)
{
    struct rvi_scope scope = {.guest = true, .gscid = 9};
    struct rvi_table first, second;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &first, 0x300000, 1);
    EXPECT(rvi_table_make(&second, &world.memory, &world.pages, RVI_SV48X4) == RVI_OK);
    EXPECT(rvi_map(&second, 0, 0, 0x200000, RVI_READ | RVI_WRITE, NULL) == RVI_OK);
    EXPECT(rvi_map(&second, 0x300000, 0x500000, 0x10000, RVI_READ, NULL) == RVI_OK);
    dc.iohgatp = rvi_table_pointer(&second) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 9);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    EXPECT(reaches(&world, 12, 0x11010, 0x501010) && reaches(&world, 12, 0x12010, 0x502010));
    EXPECT(rvi_unmap(&world.iommu, &second, &scope, 0x301000, 0x1000) == RVI_OK);
    EXPECT(blocked(&world, 12, 0x11010, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT));
    EXPECT(reaches(&world, 12, 0x12010, 0x502010));
    EXPECT(rvi_unmap(&world.iommu, &first, &scope, 0x12000, 0x1000) == RVI_OK);
    EXPECT(blocked(&world, 12, 0x12010, IOMMU_CAUSE_READ_PAGE_FAULT));
    world_close(&world);
}

/* Commands of the caller's own, up to where the next one makes the library wait, and one of them
 * is refused. That is told, but is no reason to leave anything in the caches. */
static void post_until_full(struct world *world)
{
    const struct rvi_command illegal = {{0x7f, 0}};

    EXPECT(rvi_post(&world->iommu, illegal) == RVI_OK);
    while (world->iommu.pendings < RVI_BATCH - 1)
        EXPECT(rvi_post(&world->iommu, rvi_cmd_fence(false, false, 0, 0)) == RVI_OK);
}

static void errors_of_other_commands_leave_nothing_behind(void)
{
    struct rvi_scope scope = {.process = true, .pscid = 1};
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    EXPECT(reaches(&world, 12, 0x10000, 0x100000) && reaches(&world, 12, 0x11000, 0x101000));
    post_until_full(&world);
    EXPECT(rvi_unmap(&world.iommu, &table, &scope, 0x10000, 0x1000) == RVI_COMMAND_ILLEGAL);
    EXPECT(blocked(&world, 12, 0x10000, IOMMU_CAUSE_READ_PAGE_FAULT));
    post_until_full(&world);
    EXPECT(rvi_detach(&world.iommu, &ddt, 12) == RVI_COMMAND_ILLEGAL);
    EXPECT(blocked(&world, 12, 0x11000, IOMMU_CAUSE_DDT_NOT_VALID));
    EXPECT(rvi_detach(&world.iommu, &ddt, 12) == RVI_NOT_FOUND);
    world_close(&world);
}

static void errors_of_other_commands_do_not_keep_processes(void)
{
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK | IOMMU_DC_TC_PDTV_MASK};
    struct iommu_request request = {.device_id = 12,
                                    .process_id = 3,
                                    .process_id_valid = true,
                                    .iova = 0x10000,
                                    .access = IOMMU_READ};
    struct rvi_pc pc = {.ta = IOMMU_PC_TA_V_MASK};
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_pdt pdt;

    world_start(&world, "base");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    pc.fsc = world_context(&world, &table, 0x100000, 1).fsc;
    EXPECT(rvi_pdt_make(&pdt, &world.memory, &world.pages, IOMMU_PDTP_MODE_PD8) == RVI_OK);
    dc.fsc =
        IOMMU_PREP(IOMMU_DC_FSC_MODE, pdt.mode) | IOMMU_PREP(IOMMU_DC_FSC_PPN, pdt.root / RVI_PAGE);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    EXPECT(rvi_attach_process(&world.iommu, &pdt, 12, &dc, 3, &pc) == RVI_OK);
    EXPECT(iommu_translate(world.model, &request).status == IOMMU_SUCCESS);
    post_until_full(&world);
    EXPECT(rvi_detach_process(&world.iommu, &pdt, 12, &dc, 3) == RVI_COMMAND_ILLEGAL);
    EXPECT(iommu_translate(world.model, &request).cause == IOMMU_CAUSE_PDT_NOT_VALID);
    world_close(&world);
}

static void keep_history(struct iommu_config *config)
{
    config->history = true;
}

static struct rvi_dc guest_context(struct world *world, uint64_t target)
{
    struct rvi_table first, second;
    struct rvi_dc dc = world_context(world, &first, target, 1);

    EXPECT(rvi_table_make(&second, &world->memory, &world->pages, RVI_SV39X4) == RVI_OK);
    EXPECT(rvi_map(&second, 0, 0, 0xa00000, RVI_READ | RVI_WRITE, NULL) == RVI_OK);
    dc.iohgatp = rvi_table_pointer(&second) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 9);
    return dc;
}

/* Nothing of it may be in the caches, not even in those that this model does not have. */
static void an_earlier_owners_guest_is_forgotten(void)
{
    struct iommu_request request = {.device_id = 12, .iova = 0x11010, .access = IOMMU_READ};
    struct iommu_outcome outcome[4];
    struct rvi_setup setup;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;
    struct rvi next;

    world_open(&world, "full", keep_history);
    world_begin(&world);
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = guest_context(&world, 0x300000);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    EXPECT(reaches(&world, 12, 0x11010, 0x301010));

    EXPECT(rvi_open(&next, &world.bus, &world.memory) == RVI_OK);
    EXPECT(rvi_quiesce(&next) == RVI_OK);
    setup = world_setup(&world);
    iommu_note_store(world.model, ROOT, RVI_PAGE);
    memset(world.bytes + ROOT, 0, RVI_PAGE);
    memset(world.seen + ROOT, 0, RVI_PAGE);
    EXPECT(rvi_init(&next, &setup) == RVI_OK);
    ddt = rvi_ddt_of(&next, world.pages);
    dc = guest_context(&world, 0x500000);
    EXPECT(rvi_attach(&next, &ddt, 12, &dc) == RVI_OK);
    EXPECT(iommu_allowed(world.model, &request, iommu_time(world.model), outcome, 4) == 1);
    EXPECT(outcome[0].response.address == 0x501010);
    world_close(&world);
}

/* What lay in memory before it became a table must never be taken for entries: each store is a
 * fence too late to be seen otherwise (host.c). */
static void look_for_stale(struct world *world)
{
    for (uint64_t iova = 0; iova < 0x3000; iova += 0x1000) {
        struct iommu_response got =
            world_access(world, watch.device_id, watch.iova + iova, IOMMU_WRITE);

        watch.looks++;
        if (got.status == IOMMU_SUCCESS && got.address != watch.new_address + iova)
            watch.wrong++;
    }
}

static void new_tables_are_never_seen_half_made(void)
{
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    struct world world;
    struct rvi_ddt ddt;

    for (enum rvi_format format = RVI_SV39; format < RVI_FORMATS; format++) {
        struct rvi_table table;

        if (format == RVI_SV32X4) /* needs another fctl */
            continue;
        world_start(&world, "full");
        ddt = rvi_ddt_of(&world.iommu, world.pages);
        watch.device_id = 0x123456;
        watch.iova = 0x10000;
        watch.new_address = 0x100000;
        watch.looks = watch.wrong = 0;
        world.on_store = look_for_stale;
        EXPECT(rvi_table_make(&table, &world.memory, &world.pages, format) == RVI_OK);
        dc.fsc = rvi_format_guest(format) ? 0 : rvi_table_pointer(&table);
        dc.iohgatp = rvi_format_guest(format) ? rvi_table_pointer(&table) : 0;
        EXPECT(rvi_attach(&world.iommu, &ddt, 0x123456, &dc) == RVI_OK);
        EXPECT(rvi_map(&table, 0x10000, 0x100000, 0x3000, RVI_READ | RVI_WRITE | RVI_USER, NULL) ==
               RVI_OK);
        /* Now that the upper levels are there: another table of the lowest one. */
        watch.iova = 0x410000;
        watch.new_address = 0x500000;
        EXPECT(rvi_map(&table, 0x410000, 0x500000, 0x3000, RVI_READ | RVI_WRITE | RVI_USER, NULL) ==
               RVI_OK);
        EXPECT(watch.looks > 6000 && watch.wrong == 0);
        world.on_store = NULL;
        EXPECT(reaches(&world, 0x123456, 0x12008, 0x102008));
        EXPECT(reaches(&world, 0x123456, 0x412008, 0x502008));
        world_close(&world);
    }
}

/* Memory full of device contexts that let everything through. */
static void fill_with_contexts(struct world *world)
{
    for (uint64_t at = world->region.next; at < world->region.end; at += 8) {
        uint64_t word = at % IOMMU_DC_EXT_BYTES == 0 ? IOMMU_DC_TC_V_MASK : 0;

        memcpy(world->bytes + at, &word, 8);
        memcpy(world->seen + at, &word, 8);
    }
}

static void new_directories_are_never_seen_half_made(void)
{
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    struct rvi_table table;
    struct world world;
    struct rvi_ddt ddt;

    world_start(&world, "full");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_attach(&world.iommu, &ddt, 0x123456, &dc) == RVI_OK);
    fill_with_contexts(&world);
    watch.device_id = 0x123490; /* in another leaf table, under the same entry of the root */
    watch.iova = 0x10000;
    watch.new_address = 0x100000;
    watch.looks = watch.wrong = 0;
    world.on_store = look_for_stale;
    EXPECT(rvi_attach(&world.iommu, &ddt, 0x123490, &dc) == RVI_OK);
    EXPECT(watch.looks > 1500 && watch.wrong == 0);
    world_close(&world);
}

static void send_message(struct world *world)
{
    struct iommu_request request = {.device_id = 4, .iova = 0x28000000, .access = IOMMU_WRITE};
    uint32_t identity = 33;

    watch.looks++;
    iommu_dma(world->model, &request, &identity, 4);
}

static void msi_entries_are_never_seen_half_made(void)
{
    const uint64_t mark = 0x123456789abcdef0;
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    struct rvi_msi_table msi;
    struct rvi_table guest;
    struct world world;
    struct rvi_ddt ddt;

    world_start(&world, "full");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    EXPECT(rvi_table_make(&guest, &world.memory, &world.pages, RVI_SV39X4) == RVI_OK);
    EXPECT(rvi_msi_make(&msi, &world.memory, &world.pages, 0, 0x28000) == RVI_OK);
    dc.iohgatp = rvi_table_pointer(&guest);
    rvi_msi_attach(&msi, &dc);
    EXPECT(rvi_attach(&world.iommu, &ddt, 4, &dc) == RVI_OK);
    watch.looks = 0;
    memcpy(world.bytes, &mark, 8);
    world.on_store = send_message;
    EXPECT(rvi_msi_set_mrif(&msi, 0, 0xa200, MSI_PAGE, 0x55) == RVI_OK);
    world.on_store = NULL;
    send_message(&world);
    EXPECT(watch.looks == 3);
    EXPECT((world_load(&world, MSI_PAGE) & UINT32_MAX) == 0x55); /* the notice */
    EXPECT(world_load(&world, 0) == mark); /* and none to where the old second word led */
    world_close(&world);
}

static void notify_tells_of_new_entries(void)
{
    struct rvi_table table;
    struct rvi_setup setup;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;
    uint64_t before = 0, after = 0;

    world_open(&world, "base", NULL);
    setup = world_setup(&world);
    setup.notify = true;
    EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
    EXPECT(rvi_init(&world.iommu, &setup) == RVI_OK);
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    iommu_mmio_read(world.model, IOMMU_REG_CQH, 4, &before);
    EXPECT(rvi_attach(&world.iommu, &ddt, 12, &dc) == RVI_OK);
    iommu_mmio_read(world.model, IOMMU_REG_CQH, 4, &after);
    EXPECT(after - before == 2); /* IODIR.INVAL_DDT and its fence */
    world_close(&world);
}

const struct test update_tests[] = {
    {"replacing_a_context_never_mixes", replacing_a_context_never_mixes},
    {"storing_without_the_retirement_would_mix", storing_without_the_retirement_would_mix},
    {"detached_devices_are_blocked_at_once", detached_devices_are_blocked_at_once},
    {"misconfigured_contexts_are_refused", misconfigured_contexts_are_refused},
    {"unmapped_pages_are_out_of_reach", unmapped_pages_are_out_of_reach},
    {"unmapped_global_pages_are_out_of_reach", unmapped_global_pages_are_out_of_reach},
    {"unmapping_up_to_a_corrupt_entry", unmapping_up_to_a_corrupt_entry},
    {"unmapped_guest_pages_are_out_of_reach", unmapped_guest_pages_are_out_of_reach},
    {"errors_of_other_commands_leave_nothing_behind",
     errors_of_other_commands_leave_nothing_behind},
    {"errors_of_other_commands_do_not_keep_processes",
     errors_of_other_commands_do_not_keep_processes},
    {"an_earlier_owners_guest_is_forgotten", an_earlier_owners_guest_is_forgotten},
    {"new_tables_are_never_seen_half_made", new_tables_are_never_seen_half_made},
    {"new_directories_are_never_seen_half_made", new_directories_are_never_seen_half_made},
    {"msi_entries_are_never_seen_half_made", msi_entries_are_never_seen_half_made},
    {"notify_tells_of_new_entries", notify_tells_of_new_entries},
    {NULL, NULL},
};
