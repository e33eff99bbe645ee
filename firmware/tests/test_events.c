/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts, counters, debug translation, and the words for people. */
#include <string.h>

#include "host.h"

static void vectors_are_counted(void)
{
    struct world world;

    world_start(&world, "full");
    EXPECT(world.iommu.vectors == 16);
    EXPECT(rvi_route(&world.iommu, 1, 2, 3, 15) == RVI_OK);
    EXPECT(rvi_route(&world.iommu, 1, 16, 3, 4) == RVI_INVALID);
    world_close(&world);
    world_start(&world, "small");
    EXPECT(world.iommu.vectors == 4);
    EXPECT(rvi_route(&world.iommu, 3, 3, 3, 3) == RVI_OK);
    EXPECT(rvi_route(&world.iommu, 4, 0, 0, 0) == RVI_INVALID);
    world_close(&world);
}

static void messages_go_where_they_are_sent(void)
{
    struct rvi_fault fault;
    struct world world;

    world_start(&world, "full");
    EXPECT(rvi_route(&world.iommu, 1, 2, 3, 4) == RVI_OK);
    EXPECT(rvi_set_message(&world.iommu, 2, MSI_PAGE, 0x77, false) == RVI_OK);
    EXPECT(rvi_set_message(&world.iommu, 16, MSI_PAGE, 0x77, false) == RVI_INVALID);
    EXPECT(rvi_set_message(&world.iommu, 2, MSI_PAGE + 2, 0x77, false) == RVI_INVALID);
    EXPECT(rvi_set_message(&world.iommu, 3, 1ull << 60, 0x77, false) == RVI_UNSUPPORTED);
    world_access(&world, 1, 0, IOMMU_READ);
    EXPECT(world.msis == 0); /* not enabled */
    rvi_drain_faults(&world.iommu, &fault, 1);
    rvi_pending(&world.iommu);
    EXPECT(rvi_enable_interrupts(&world.iommu, RVI_FAULTS) == RVI_OK);
    world_access(&world, 1, 0, IOMMU_READ);
    EXPECT(world.msis == 1 && world.msi_address == MSI_PAGE && world.msi_data == 0x77);
    EXPECT(rvi_pending(&world.iommu) == RVI_FAULTS);
    EXPECT(rvi_pending(&world.iommu) == 0);
    EXPECT(rvi_drain_faults(&world.iommu, &fault, 1).records == 1);
    world_access(&world, 1, 0, IOMMU_READ); /* and again */
    EXPECT(world.msis == 2);
    EXPECT(rvi_set_message(&world.iommu, 2, MSI_PAGE, 0x78, true) == RVI_OK);
    rvi_pending(&world.iommu);
    world_access(&world, 1, 0, IOMMU_READ);
    EXPECT(world.msis == 2); /* masked */
    EXPECT(rvi_set_message(&world.iommu, 2, MSI_PAGE, 0x78, false) == RVI_OK);
    EXPECT(world.msis == 3 && world.msi_data == 0x78);
    EXPECT(rvi_enable_interrupts(&world.iommu, 0) == RVI_OK);
    world_close(&world);
}

static void wires_follow_what_is_pending(void)
{
    struct world world;

    world_start(&world, "small");
    EXPECT(rvi_route(&world.iommu, 1, 2, 0, 0) == RVI_OK);
    EXPECT(rvi_set_message(&world.iommu, 2, MSI_PAGE, 0x77, false) == RVI_UNSUPPORTED);
    EXPECT(rvi_enable_interrupts(&world.iommu, RVI_FAULTS | RVI_COMMANDS) == RVI_OK);
    EXPECT(iommu_wires(world.model) == 0);
    world_access(&world, 1, 0, IOMMU_READ);
    EXPECT(iommu_wires(world.model) == 1u << 2);
    EXPECT(rvi_pending(&world.iommu) == RVI_FAULTS);
    EXPECT(iommu_wires(world.model) == 0);
    EXPECT(rvi_enable_interrupts(&world.iommu, RVI_REQUESTS) == RVI_INVALID); /* no such queue */
    world_close(&world);
}

static void counters_count(void)
{
    struct rvi_counter_filter filter = {.device = true, .device_id = 5};
    struct world world;

    world_start(&world, "base");
    EXPECT(rvi_count_counters(&world.iommu) == 8);
    EXPECT(rvi_start_counter(&world.iommu, 1, IOMMU_HPM_EVENT_UNTRANSLATED_REQ, NULL, 0) == RVI_OK);
    EXPECT(rvi_start_counter(&world.iommu, 8, IOMMU_HPM_EVENT_UNTRANSLATED_REQ, &filter, 100) ==
           RVI_OK);
    EXPECT(rvi_start_counter(&world.iommu, 9, 1, NULL, 0) == RVI_INVALID);
    EXPECT(rvi_start_counter(&world.iommu, 0, 1, NULL, 0) == RVI_INVALID);
    EXPECT(rvi_start_counter(&world.iommu, 2, 0x3ff, NULL, 0) == RVI_UNSUPPORTED);
    for (uint32_t n = 0; n < 20; n++)
        world_access(&world, n, 0, IOMMU_READ);
    EXPECT(rvi_read_counter(&world.iommu, 1) == 20);
    EXPECT(rvi_read_counter(&world.iommu, 8) == 101);
    EXPECT(rvi_stop_counter(&world.iommu, 1) == RVI_OK);
    world_access(&world, 5, 0, IOMMU_READ);
    EXPECT(rvi_read_counter(&world.iommu, 1) == 20);
    world.bus.read64 = NULL;
    world.iommu.bus.read64 = NULL;
    EXPECT(rvi_read_counter(&world.iommu, 8) == 102);
    world_close(&world);
    world_start(&world, "small");
    EXPECT(rvi_count_counters(&world.iommu) == 0);
    EXPECT(rvi_start_counter(&world.iommu, 1, 1, NULL, 0) == RVI_INVALID);
    EXPECT(rvi_counter_overflows(&world.iommu) == 0);
    world_close(&world);
}

static void overflows_are_told_once(void)
{
    struct world world;

    world_start(&world, "base");
    EXPECT(rvi_start_counter(&world.iommu, 3, IOMMU_HPM_EVENT_UNTRANSLATED_REQ, NULL, UINT64_MAX) ==
           RVI_OK);
    EXPECT(rvi_counter_overflows(&world.iommu) == 0);
    world_access(&world, 5, 0, IOMMU_READ);
    EXPECT(rvi_counter_overflows(&world.iommu) == 1u << 3);
    EXPECT(rvi_pending(&world.iommu) == RVI_COUNTERS);
    EXPECT(rvi_counter_overflows(&world.iommu) == 0);
    EXPECT(rvi_read_counter(&world.iommu, 3) == 0);
    iommu_mmio_write(world.model, IOMMU_REG_IOCOUNTINH, 4, 0);
    iommu_mmio_write(world.model, IOMMU_REG_IOHPMCYCLES, 8, IOMMU_IOHPMCYCLES_COUNTER_MASK);
    iommu_advance_cycles(world.model, 8);
    EXPECT(rvi_counter_overflows(&world.iommu) == 1);
    EXPECT(rvi_counter_overflows(&world.iommu) == 0);
    EXPECT(rvi_cycles(&world.iommu) == 7);
    world_close(&world);
}

static void debug_translations_agree_with_requests(void)
{
    struct rvi_probe_result result;
    struct rvi_table table;
    struct rvi_fault fault;
    struct rvi_probe probe = {.device_id = 6};
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(&world, "full");
    ddt = rvi_ddt_of(&world.iommu, world.pages);
    dc = world_context(&world, &table, 0x100000, 1);
    EXPECT(rvi_map(&table, 0x200000, 0x800000, 0x200000, RVI_READ | RVI_EXECUTE | RVI_USER | RVI_IO,
                   NULL) == RVI_OK);
    EXPECT(rvi_attach(&world.iommu, &ddt, 6, &dc) == RVI_OK);
    probe.iova = 0x10123;
    probe.write = true;
    EXPECT(rvi_translate(&world.iommu, &probe, &result) == RVI_OK);
    EXPECT(result.address == 0x100123 && result.log2 == 12 && result.pbmt == 0);
    probe.iova = 0x2abcde;
    EXPECT(rvi_translate(&world.iommu, &probe, &result) == RVI_FAULT); /* read-only */
    EXPECT(rvi_drain_faults(&world.iommu, &fault, 1).records == 1);
    EXPECT(fault.cause == IOMMU_CAUSE_WRITE_PAGE_FAULT && fault.device_id == 6);
    probe.write = false;
    EXPECT(rvi_translate(&world.iommu, &probe, &result) == RVI_OK);
    EXPECT(result.address == 0x8abcde && result.log2 == 21 && result.pbmt == IOMMU_PBMT_IO);
    probe.execute = true;
    EXPECT(rvi_translate(&world.iommu, &probe, &result) == RVI_OK);
    world.writes = 0;
    probe.write = true; /* with execute: UNSPECIFIED, and so never asked for */
    EXPECT(rvi_translate(&world.iommu, &probe, &result) == RVI_INVALID && world.writes == 0);
    probe.write = false;
    probe.device_id = 1u << 24;
    EXPECT(rvi_translate(&world.iommu, &probe, &result) == RVI_INVALID);
    world_close(&world);
}

static void a_debug_translation_that_never_ends(void)
{
    struct lie lie = {IOMMU_REG_TR_REQ_CTL, 0, (uint32_t)IOMMU_TR_REQ_CTL_GO_BUSY_MASK, 1, 0};
    struct rvi_probe probe = {.device_id = 6};
    struct rvi_probe_result result;
    struct world world;

    world_start(&world, "full");
    world.lie = lie;
    EXPECT(rvi_translate(&world.iommu, &probe, &result) == RVI_TIMEOUT);
    world_close(&world);
}

static void there_are_words_for_everything(void)
{
    static const uint16_t causes[] = {1,   4,   5,   6,   7,   12,  13,  15,  20,  21,
                                      23,  256, 257, 258, 259, 260, 261, 262, 263, 264,
                                      265, 266, 267, 268, 269, 270, 271, 272, 273, 274};

    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
        EXPECT(strcmp(rvi_cause_text(causes[i]), "unknown cause") != 0);
    EXPECT(strcmp(rvi_cause_text(275), "unknown cause") == 0);
    for (enum rvi_status status = RVI_OK; status <= RVI_CORRUPT; status++)
        EXPECT(strcmp(rvi_status_text(status), "unknown") != 0);
    EXPECT(strcmp(rvi_ttyp_text(IOMMU_TTYP_UNTRANSLATED_WRITE), "write") == 0);
    EXPECT(strcmp(rvi_ttyp_text(0), "event") == 0);
}

const struct test event_tests[] = {
    {"vectors_are_counted", vectors_are_counted},
    {"messages_go_where_they_are_sent", messages_go_where_they_are_sent},
    {"wires_follow_what_is_pending", wires_follow_what_is_pending},
    {"counters_count", counters_count},
    {"overflows_are_told_once", overflows_are_told_once},
    {"debug_translations_agree_with_requests", debug_translations_agree_with_requests},
    {"a_debug_translation_that_never_ends", a_debug_translation_that_never_ends},
    {"there_are_words_for_everything", there_are_words_for_everything},
    {NULL, NULL},
};
