/* SPDX-License-Identifier: Apache-2.0 */
/* The named configurations are those of the RTL (rtl/iommu_pkg.sv); further checks of legal
 * and illegal ones; and what becomes of a creation for which memory is short. */
#include <string.h>

#include "scenes.h"
#include "short_memory.h"
#include "tweaks.h"

/* --- named configurations ------------------------------------------------------------------ */

/* What iommu_pkg.sv says of a configuration. */
struct built {
    const char *name;
    uint64_t capabilities;
    uint32_t fctl_reset, fctl_writable;
    uint8_t ddt_levels, hpm_counters, vector_bits, itags;
    uint32_t contexts, iotlb;
};

#define ALWAYS                                                                                     \
    (IOMMU_PREP(IOMMU_CAPABILITIES_VERSION, 0x10) | CAP(SV39) | CAP(SV39X4) | CAP(DBG) | CAP(NL) | \
     CAP(S) | IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 56))
#define PROCESSES (CAP(PD8) | CAP(PD17) | CAP(PD20))
#define BASE                                                                                       \
    (ALWAYS | CAP(SV48) | CAP(SV48X4) | CAP(SVPBMT) | CAP(SVRSW60T59B) | CAP(AMO_HWAD) |           \
     CAP(MSI_FLAT) | PROCESSES | CAP(HPM) | IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_BOTH))

static const struct built configurations[] = {
    {.name = "small",
     .capabilities = ALWAYS | IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_WSI),
     .fctl_reset = IOMMU_FCTL_WSI_MASK,
     .ddt_levels = IOMMU_DDT_1LVL | IOMMU_DDT_2LVL,
     .vector_bits = 2,
     .itags = 1,
     .contexts = 8,
     .iotlb = 64},
    {.name = "base",
     .capabilities = BASE,
     .fctl_writable = IOMMU_FCTL_WSI_MASK,
     .ddt_levels = IOMMU_DDT_1LVL | IOMMU_DDT_2LVL | IOMMU_DDT_3LVL,
     .hpm_counters = 8,
     .vector_bits = 2,
     .itags = 1,
     .contexts = 64,
     .iotlb = 2048},
    {.name = "full",
     .capabilities = BASE | CAP(SV32) | CAP(SV32X4) | CAP(SV57) | CAP(SV57X4) | CAP(MSI_MRIF) |
                     CAP(AMO_MRIF) | CAP(ATS) | CAP(T2GPA) | CAP(QOSID) | CAP(END),
     .fctl_writable = IOMMU_FCTL_WSI_MASK | IOMMU_FCTL_BE_MASK | IOMMU_FCTL_GXL_MASK,
     .ddt_levels = IOMMU_DDT_1LVL | IOMMU_DDT_2LVL | IOMMU_DDT_3LVL,
     .hpm_counters = 31,
     .vector_bits = 4,
     .itags = 32,
     .contexts = 64,
     .iotlb = 2048},
};

static void check_configuration(const struct built *built, const struct iommu_config *config)
{
    bool processes = (built->capabilities & PROCESSES) != 0;
    bool hpm = built->hpm_counters != 0;
    bool qos = (built->capabilities & CAP(QOSID)) != 0;
    CHECK_EQ(config->capabilities, built->capabilities);
    CHECK_EQ(config->ddt_levels, built->ddt_levels);
    CHECK_EQ(config->reset_mode, IOMMU_DDTP_MODE_OFF);
    CHECK_EQ(config->fctl_reset, built->fctl_reset);
    CHECK_EQ(config->fctl_writable, built->fctl_writable);
    CHECK_EQ(config->queue_log2_max, 32);
    CHECK_EQ(config->vector_bits, built->vector_bits);
    CHECK_EQ(config->hpm_counters, built->hpm_counters);
    CHECK_EQ(config->hpm_counter_bits, hpm ? 64 : 0);
    CHECK_EQ(config->hpm_cycle_bits, hpm ? 63 : 0);
    CHECK_EQ(config->rcid_bits, qos ? 12 : 0);
    CHECK_EQ(config->mcid_bits, qos ? 12 : 0);
    CHECK_EQ(config->itags, built->itags);
    CHECK_EQ(config->bare_page_log2, 21); /* "ATS completion's size with both stages Bare" */
    CHECK_EQ(config->check_bare_msiptp, true);
    CHECK_EQ(config->check_pas_early, false);
    CHECK_EQ(config->mrif_big_endian, (built->capabilities & CAP(MSI_MRIF)) != 0);
    CHECK_EQ(config->ddt_cache_entries, built->contexts);
    CHECK_EQ(config->pdt_cache_entries, processes ? built->contexts : 0);
    CHECK_EQ(config->iotlb_entries, built->iotlb);
    CHECK_EQ(config->manual, false);
    CHECK_EQ(config->history, false);
}

TEST(named_configurations_are_those_of_the_rtl)
{
    struct iommu_config config, max;
    for (unsigned i = 0; i < sizeof configurations / sizeof configurations[0]; i++) {
        test_note("%s", configurations[i].name);
        REQUIRE(iommu_config_named(configurations[i].name, &config));
        check_configuration(&configurations[i], &config);
    }
    test_note("%s", "");
    /* "full" has all that the specification has. */
    REQUIRE(iommu_config_named("max", &max));
    CHECK(memcmp(&config, &max, sizeof max) == 0);
}

/* --- checks --------------------------------------------------------------------------------- */

static struct iommu_config max_config(void)
{
    struct iommu_config config;
    REQUIRE(iommu_config_named("max", &config));
    return config;
}

/* "capabilities.IGS": 3 is reserved, whatever fctl.WSI can be. */
TEST(config_igs_3_is_reserved)
{
    struct iommu_config config = max_config();
    char error[128] = "";
    config.capabilities |= CAP(IGS);
    config.fctl_writable &= ~IOMMU_FCTL_WSI_MASK;
    CHECK(!iommu_config_check(&config, error, sizeof error));
    CHECK(strstr(error, "IGS") != NULL);
    for (unsigned igs = 0; igs < 3; igs++) {
        set_igs(&config, igs);
        CHECK(iommu_config_check(&config, NULL, 0));
    }
}

/* T2GPA needs a second stage; each of the modes is one. */
TEST(config_t2gpa_with_any_second_stage_mode)
{
    static const uint64_t modes[] = {CAP(SV32X4), CAP(SV39X4), CAP(SV48X4), CAP(SV57X4)};
    for (unsigned i = 0; i < 4; i++) {
        struct iommu_config config = max_config();
        for (unsigned j = 0; j < 4; j++)
            config.capabilities &= ~modes[j];
        CHECK(!iommu_config_check(&config, NULL, 0));
        config.capabilities |= modes[i];
        CHECK(iommu_config_check(&config, NULL, 0));
    }
}

/* The widest directory that can be counts while ddtp is Off, whatever widest means. */
TEST_BOTH(iodir_device_id_width_in_mode_off_follows_the_supported_levels)
{
    struct bench *b = bench_create("small", NULL);
    bench_start(b, 1);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_command(b, cmd_iodir_ddt(0xffff)); /* 7 bits and 9 bits */
    bench_push(b, cmd_iodir_ddt(0x10000));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_ILL), 1);
}

/* With GXL = 0 there are Sv39 and wider ones only: a configuration without them needs GXL = 1. */
TEST(create_refuses_gxl_0_where_only_sv32_exists)
{
    static const struct iommu_bus nothing = {.context = NULL};
    uint64_t wide = CAP(SV39) | CAP(SV48) | CAP(SV57) | CAP(SV39X4) | CAP(SV48X4) | CAP(SV57X4);
    for (unsigned i = 0; i < 4; i++) {
        struct iommu_config config = max_config();
        char error[96] = "";
        config.capabilities &= ~wide;
        config.fctl_reset &= ~(uint32_t)IOMMU_FCTL_GXL_MASK;
        config.fctl_writable &= ~(uint32_t)IOMMU_FCTL_GXL_MASK;
        if (i == 1)
            config.fctl_reset |= IOMMU_FCTL_GXL_MASK;
        if (i == 2)
            config.fctl_writable |= IOMMU_FCTL_GXL_MASK;
        if (i == 3) /* nothing at all to choose from */
            config.capabilities &= ~(CAP(SV32) | CAP(SV32X4) | CAP(T2GPA));
        struct iommu *iommu = iommu_create(&config, &nothing, error, sizeof error);
        test_note("case %u: %s", i, error);
        CHECK_EQ(iommu == NULL, i == 0);
        CHECK_EQ(strstr(error, "GXL") != NULL, i == 0);
        iommu_destroy(iommu);
    }
    test_note("%s", "");
}

/* --- no memory ------------------------------------------------------------------------------ */

#ifndef SANITIZED
static void all_caches_and_history(struct iommu_config *config)
{
    config->history = true;
    config->ddt_cache_entries = config->pdt_cache_entries = config->iotlb_entries = 4096;
}

/* iommu_create(): "NULL if [...] memory is short", at whichever allocation it is, and then
 * nothing stays taken. The sentence needs no room. */
TEST(create_refuses_when_memory_is_short)
{
    static const struct iommu_bus nothing = {.context = NULL};
    struct iommu_config config = max_config();
    struct iommu *iommu = NULL;
    long before = memory_blocks();
    unsigned allocations = 0;
    all_caches_and_history(&config);
    while (iommu == NULL) {
        char error[64] = "unchanged";
        bool silent = allocations % 2 == 1;
        memory_lasts_for(allocations++);
        iommu = iommu_create(&config, &nothing, silent ? NULL : error,
                             allocations % 4 == 3 ? 0 : sizeof error);
        memory_is_plenty();
        if (iommu == NULL) {
            CHECK_EQ(memory_blocks(), before);
            CHECK(strcmp(error, silent || allocations % 4 == 3 ? "unchanged" : "out of memory") ==
                  0);
        }
    }
    CHECK(allocations > 9); /* the instance, a pair for each cache, recent hits, the history */
    CHECK(iommu_time(iommu) != 0); /* the history is there */
    iommu_destroy(iommu);
    CHECK_EQ(memory_blocks(), before);
}

/* A history with holes gives no answers, until a reset, with which it begins anew. */
TEST(allowed_has_no_answer_when_memory_for_the_history_was_short)
{
    for (unsigned what = 0; what < 3; what++) {
        struct bench *b = bench_create("max", all_caches_and_history);
        struct dc dc = bench_dc(b);
        struct iommu_request request = read_at(1, 0x1000);
        struct iommu_outcome outcome[4];
        test_note("case %u", what);
        bench_start(b, 3);
        bench_write_dc(b, 1, &dc);
        CHECK_EQ(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 4), 1);
        bench_queue_command(b, cmd_iodir_ddt(2));
        memory_lasts_for(0);
        if (what == 0) { /* the root of a walk */
            (void)iommu_translate(b->iommu, &request);
        } else if (what == 1) {
            iommu_note_store(b->iommu, BENCH_BASE, 8);
        } else {
            bench_doorbell(b);
        }
        memory_is_plenty();
        CHECK_EQ(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 4), SIZE_MAX);
        iommu_reset(b->iommu);
        bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
        CHECK_EQ(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 4), 1);
    }
    test_note("%s", "");
}
#endif
