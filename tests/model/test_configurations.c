/* SPDX-License-Identifier: Apache-2.0 */
/* The named configurations are those of the RTL (rtl/iommu_pkg.sv); further checks of legal
 * and illegal ones; and what becomes of a creation for which memory is short. */
#define _GNU_SOURCE /* mallinfo2() */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "scenes.h"
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

/* --- no memory ------------------------------------------------------------------------------ */

/* The sanitizers' allocators know no limit. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#ifndef SANITIZED
#define BLOCKS 4096u

/* Take all the memory that can be had, in pieces: the first ones large, the last ones small.
 * The limit keeps the process from getting more. */
static unsigned take_all(void **block)
{
    unsigned count = 0;
    for (size_t size = 1u << 20; size >= 512; size /= 2) {
        void *taken;
        while (count < BLOCKS && (taken = malloc(size)) != NULL)
            block[count++] = taken;
    }
    return count;
}

/* Give it back piece by piece; between the pieces try to make an IOMMU. @return one */
static struct iommu *create_when_possible(const struct iommu_config *config, void **block,
                                          unsigned count, unsigned *refused)
{
    static const struct iommu_bus nothing = {.context = NULL};
    struct iommu *iommu = NULL;
    while (iommu == NULL) {
        char error[64] = "";
        size_t before = mallinfo2().uordblks;
        iommu = iommu_create(config, &nothing, error, sizeof error);
        if (iommu == NULL) {
            ++*refused;
            CHECK(strcmp(error, "out of memory") == 0);
            CHECK(mallinfo2().uordblks <= before + 8192); /* nothing large stays taken */
            if (count == 0)
                break;
            free(block[--count]);
        }
    }
    while (count > 0)
        free(block[--count]);
    return iommu;
}

/* iommu_create(): "NULL if [...] memory is short", at whichever allocation it is. */
TEST(create_refuses_when_memory_is_short)
{
    static void *block[BLOCKS];
    struct iommu_config config = max_config();
    struct rlimit old, none;
    unsigned refused = 0;
    config.history = true;
    config.ddt_cache_entries = config.pdt_cache_entries = config.iotlb_entries = 4096;
    REQUIRE(getrlimit(RLIMIT_AS, &old) == 0);
    none = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    REQUIRE(setrlimit(RLIMIT_AS, &none) == 0);
    unsigned count = take_all(block);
    struct iommu *iommu = create_when_possible(&config, block, count, &refused);
    REQUIRE(setrlimit(RLIMIT_AS, &old) == 0);
    CHECK(refused > 0);
    if (iommu == NULL)
        iommu = iommu_create(&config, &(struct iommu_bus){.context = NULL}, NULL, 0);
    REQUIRE(iommu != NULL);
    CHECK(iommu_time(iommu) != 0); /* the history is there */
    iommu_destroy(iommu);
}
#endif
