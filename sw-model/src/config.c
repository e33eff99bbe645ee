/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations: the named ones, what is legal, and the making of instances. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define CAP(name) IOMMU_CAPABILITIES_##name##_MASK
#define VERSION_1_0 0x10ull
#define CACHE_ENTRIES_MAX 65536u

/* What every configuration of the RTL has. */
#define CAPS_COMMON                                                                                \
    (VERSION_1_0 | CAP(SV39) | CAP(SV39X4) | CAP(DBG) | CAP(NL) | CAP(S) |                         \
     IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 56))

static const struct iommu_config config_small = {
    .capabilities = CAPS_COMMON | IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_WSI),
    .ddt_levels = IOMMU_DDT_1LVL | IOMMU_DDT_2LVL,
    .fctl_reset = IOMMU_FCTL_WSI_MASK,
    .queue_log2_max = 32,
    .vector_bits = 2,
    .itags = 1,
    .bare_page_log2 = 21,
    .check_bare_msiptp = true,
    .ddt_cache_entries = 8,
    .iotlb_entries = 64,
};

static const struct iommu_config config_base = {
    .capabilities = CAPS_COMMON | CAP(SV48) | CAP(SV48X4) | CAP(SVPBMT) | CAP(SVRSW60T59B) |
                    CAP(AMO_HWAD) | CAP(MSI_FLAT) | CAP(PD8) | CAP(PD17) | CAP(PD20) | CAP(HPM) |
                    IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_BOTH),
    .ddt_levels = IOMMU_DDT_1LVL | IOMMU_DDT_2LVL | IOMMU_DDT_3LVL,
    .fctl_writable = IOMMU_FCTL_WSI_MASK,
    .queue_log2_max = 32,
    .vector_bits = 2,
    .hpm_counters = 8,
    .hpm_counter_bits = 64,
    .hpm_cycle_bits = 63,
    .itags = 1,
    .bare_page_log2 = 21,
    .check_bare_msiptp = true,
    .ddt_cache_entries = 64,
    .pdt_cache_entries = 64,
    .iotlb_entries = 2048,
};

#define CAPS_FULL                                                                                  \
    (CAPS_COMMON | CAP(SV32) | CAP(SV48) | CAP(SV57) | CAP(SV32X4) | CAP(SV48X4) | CAP(SV57X4) |   \
     CAP(SVPBMT) | CAP(SVRSW60T59B) | CAP(AMO_HWAD) | CAP(AMO_MRIF) | CAP(MSI_FLAT) |              \
     CAP(MSI_MRIF) | CAP(ATS) | CAP(T2GPA) | CAP(END) | CAP(PD8) | CAP(PD17) | CAP(PD20) |         \
     CAP(HPM) | CAP(QOSID) | IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_BOTH))

static const struct iommu_config config_full = {
    .capabilities = CAPS_FULL,
    .ddt_levels = IOMMU_DDT_1LVL | IOMMU_DDT_2LVL | IOMMU_DDT_3LVL,
    .fctl_writable = IOMMU_FCTL_BE_MASK | IOMMU_FCTL_WSI_MASK | IOMMU_FCTL_GXL_MASK,
    .queue_log2_max = 32,
    .vector_bits = 4,
    .hpm_counters = 31,
    .hpm_counter_bits = 64,
    .hpm_cycle_bits = 63,
    .rcid_bits = 12,
    .mcid_bits = 12,
    .itags = 32,
    .bare_page_log2 = 21,
    .check_bare_msiptp = true,
    .mrif_big_endian = true,
    .ddt_cache_entries = 64,
    .pdt_cache_entries = 64,
    .iotlb_entries = 2048,
};

bool iommu_config_named(const char *name, struct iommu_config *config)
{
    static const struct {
        const char *name;
        const struct iommu_config *config;
    } named[] = {
        {"small", &config_small},
        {"base", &config_base},
        {"full", &config_full},
        {"max", &config_full}, /* the full RTL has all that the specification has */
    };

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (strcmp(name, named[i].name) == 0) {
            *config = *named[i].config;
            return true;
        }
    }
    return false;
}

/** @return what is wrong with the capabilities, or NULL */
static const char *check_capabilities(uint64_t caps)
{
    uint64_t pas = IOMMU_GET(caps, IOMMU_CAPABILITIES_PAS);
    bool any_second = (caps & (CAP(SV32X4) | CAP(SV39X4) | CAP(SV48X4) | CAP(SV57X4))) != 0;

    if (IOMMU_GET(caps, IOMMU_CAPABILITIES_VERSION) != VERSION_1_0)
        return "capabilities.version: only 0x10 (1.0) is supported";
    if ((caps & IOMMU_CAPABILITIES_RESERVED_MASK) != 0)
        return "capabilities: reserved bits are set";
    if ((caps & IOMMU_CAPABILITIES_CUSTOM_MASK) != 0)
        return "capabilities.custom: there are no custom features";
    if ((caps & CAP(SV48)) != 0 && (caps & CAP(SV39)) == 0)
        return "capabilities.Sv48 requires Sv39";
    if ((caps & CAP(SV57)) != 0 && (caps & CAP(SV48)) == 0)
        return "capabilities.Sv57 requires Sv48";
    if (IOMMU_GET(caps, IOMMU_CAPABILITIES_IGS) > IOMMU_IGS_BOTH)
        return "capabilities.IGS: 3 is reserved";
    if (pas < 32 || pas > 56)
        return "capabilities.PAS: must be 32 to 56";
    if ((caps & CAP(MSI_MRIF)) != 0 && (caps & CAP(MSI_FLAT)) == 0)
        return "capabilities.MSI_MRIF requires MSI_FLAT";
    if ((caps & CAP(AMO_MRIF)) != 0 && (caps & CAP(MSI_MRIF)) == 0)
        return "capabilities.AMO_MRIF requires MSI_MRIF";
    if ((caps & CAP(T2GPA)) != 0 && (caps & CAP(ATS)) == 0)
        return "capabilities.T2GPA requires ATS";
    if ((caps & CAP(T2GPA)) != 0 && !any_second)
        return "capabilities.T2GPA requires a second-stage mode";
    return NULL;
}

/** @return what is wrong with fctl's reset value and writable bits, or NULL */
static const char *check_fctl(const struct iommu_config *config)
{
    uint64_t caps = config->capabilities;
    uint32_t known = IOMMU_FCTL_BE_MASK | IOMMU_FCTL_WSI_MASK | IOMMU_FCTL_GXL_MASK;
    uint64_t igs = IOMMU_GET(caps, IOMMU_CAPABILITIES_IGS);
    bool wide_first = (caps & (CAP(SV39) | CAP(SV48) | CAP(SV57))) != 0;
    bool wide_second = (caps & (CAP(SV39X4) | CAP(SV48X4) | CAP(SV57X4))) != 0;

    if (((config->fctl_reset | config->fctl_writable) & ~known) != 0)
        return "fctl_reset, fctl_writable: only BE, WSI and GXL exist";
    if ((config->fctl_writable & IOMMU_FCTL_BE_MASK) != 0 && (caps & CAP(END)) == 0)
        return "fctl_writable: BE needs capabilities.END";
    if ((config->fctl_writable & IOMMU_FCTL_WSI_MASK) != 0 && igs != IOMMU_IGS_BOTH)
        return "fctl_writable: WSI needs capabilities.IGS BOTH";
    if (igs == IOMMU_IGS_WSI && (config->fctl_reset & IOMMU_FCTL_WSI_MASK) == 0)
        return "fctl_reset: WSI must be 1 with capabilities.IGS WSI";
    if (igs == IOMMU_IGS_MSI && (config->fctl_reset & IOMMU_FCTL_WSI_MASK) != 0)
        return "fctl_reset: WSI must be 0 with capabilities.IGS MSI";
    if (((config->fctl_reset | config->fctl_writable) & IOMMU_FCTL_GXL_MASK) != 0 &&
        (caps & (CAP(SV32) | CAP(SV32X4))) == 0)
        return "fctl_reset, fctl_writable: GXL needs capabilities.Sv32 or Sv32x4";
    if (((config->fctl_reset | config->fctl_writable) & IOMMU_FCTL_GXL_MASK) == 0 && !wide_first &&
        !wide_second && (caps & (CAP(SV32) | CAP(SV32X4))) != 0)
        return "fctl_reset: GXL must be 1 or writable where only Sv32 and Sv32x4 exist";
    return NULL;
}

/** @return what is wrong with the sizes, or NULL */
static const char *check_sizes(const struct iommu_config *config)
{
    uint64_t caps = config->capabilities;
    bool hpm = (caps & CAP(HPM)) != 0;

    if (config->ddt_levels == 0 || config->ddt_levels > 7)
        return "ddt_levels: at least one of 1LVL, 2LVL, 3LVL";
    if (config->reset_mode > IOMMU_DDTP_MODE_BARE)
        return "reset_mode: must be Off (0) or Bare (1)";
    if (config->queue_log2_max < 1 || config->queue_log2_max > 32)
        return "queue_log2_max: must be 1 to 32";
    if (config->vector_bits > 4)
        return "vector_bits: must be 0 to 4";
    if (hpm && (config->hpm_counters < 1 || config->hpm_counters > 31))
        return "hpm_counters: must be 1 to 31 with capabilities.HPM";
    if (!hpm && config->hpm_counters != 0)
        return "hpm_counters: must be 0 without capabilities.HPM";
    if (hpm && (config->hpm_counter_bits < 32 || config->hpm_counter_bits > 64))
        return "hpm_counter_bits: must be 32 to 64";
    if (hpm && (config->hpm_cycle_bits < 32 || config->hpm_cycle_bits > 63))
        return "hpm_cycle_bits: must be 32 to 63";
    if (config->rcid_bits > 12 || config->mcid_bits > 12)
        return "rcid_bits, mcid_bits: must be 0 to 12";
    if (config->itags < 1 || config->itags > ITAGS)
        return "itags: must be 1 to 32";
    if (config->bare_page_log2 < PAGE_LOG2 || config->bare_page_log2 > 30)
        return "bare_page_log2: must be 12 to 30";
    if (config->ddt_cache_entries > CACHE_ENTRIES_MAX ||
        config->pdt_cache_entries > CACHE_ENTRIES_MAX || config->iotlb_entries > CACHE_ENTRIES_MAX)
        return "cache entries: at most 65536";
    return NULL;
}

bool iommu_config_check(const struct iommu_config *config, char *error, size_t error_size)
{
    const char *wrong = check_capabilities(config->capabilities);

    if (wrong == NULL)
        wrong = check_fctl(config);
    if (wrong == NULL)
        wrong = check_sizes(config);
    if (wrong != NULL && error != NULL && error_size > 0)
        snprintf(error, error_size, "%s", wrong);
    return wrong == NULL;
}

/** @return what is wrong with the bus, or NULL */
static const char *check_bus(const struct iommu_bus *bus)
{
    if (bus->flat_memory == NULL)
        return bus->flat_size != 0 ? "flat_size: there is no flat_memory" : NULL;
    if ((uintptr_t)bus->flat_memory % 8 != 0 || bus->flat_address % 8 != 0)
        return "flat_memory, flat_address: must be 8-byte aligned";
    if (bus->flat_size == 0 || bus->flat_address + bus->flat_size - 1 < bus->flat_address)
        return "flat_size: empty, or beyond the end of the address space";
    return NULL;
}

struct iommu *iommu_create(const struct iommu_config *config, const struct iommu_bus *bus,
                           char *error, size_t error_size)
{
    const char *wrong = NULL;
    struct iommu *iommu;

    if (!iommu_config_check(config, error, error_size))
        return NULL;
    wrong = check_bus(bus);
    iommu = wrong == NULL ? calloc(1, sizeof(*iommu)) : NULL;
    if (iommu == NULL) {
        if (error != NULL && error_size > 0)
            snprintf(error, error_size, "%s", wrong != NULL ? wrong : "out of memory");
        return NULL;
    }
    iommu->config = *config;
    iommu->bus = *bus;
    if (!cache_create(iommu) || (config->history && !history_create(iommu))) {
        iommu_destroy(iommu);
        if (error != NULL && error_size > 0)
            snprintf(error, error_size, "out of memory");
        return NULL;
    }
    iommu_reset(iommu);
    return iommu;
}

void iommu_destroy(struct iommu *iommu)
{
    if (iommu == NULL)
        return;
    cache_destroy(iommu);
    history_destroy(iommu);
    free(iommu);
}

const struct iommu_config *iommu_get_config(const struct iommu *iommu)
{
    return &iommu->config;
}

void iommu_reset(struct iommu *iommu)
{
    iommu->fctl = iommu->config.fctl_reset;
    iommu->ddtp = IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, iommu->config.reset_mode);
    memset(&iommu->cq, 0, sizeof(iommu->cq));
    memset(&iommu->fq, 0, sizeof(iommu->fq));
    memset(&iommu->pq, 0, sizeof(iommu->pq));
    iommu->ipsr = 0;
    iommu->iocountinh = 0;
    memset(iommu->hpm_counter, 0, sizeof(iommu->hpm_counter));
    memset(iommu->hpm_event, 0, sizeof(iommu->hpm_event));
    iommu->tr_req_iova = iommu->tr_req_ctl = iommu->tr_response = 0;
    iommu->qosid = 0;
    iommu->icvec = 0;
    memset(iommu->msi_addr, 0, sizeof(iommu->msi_addr));
    memset(iommu->msi_data, 0, sizeof(iommu->msi_data));
    memset(iommu->msi_vec_ctl, 0, sizeof(iommu->msi_vec_ctl));
    iommu->msi_pending = 0;
    memset(iommu->invalidation, 0, sizeof(iommu->invalidation));
    iommu->invalidation_timed_out = false;
    cache_flush_all(iommu);
    history_clear(iommu);
    derive(iommu);
}

static bool some_counter_counts(const struct iommu *iommu)
{
    for (unsigned i = 1; i <= iommu->config.hpm_counters; i++) {
        if (IOMMU_GET(iommu->hpm_event[i], IOMMU_IOHPMEVT_EVENTID) != IOMMU_HPM_EVENT_NONE)
            return true;
    }
    return false;
}

void derive(struct iommu *iommu)
{
    const struct iommu_config *config = &iommu->config;
    const struct iommu_bus *bus = &iommu->bus;
    uint64_t mode = IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE);
    bool tables = mode > IOMMU_DDTP_MODE_BARE;

    iommu->pas_mask = (1ull << IOMMU_GET(config->capabilities, IOMMU_CAPABILITIES_PAS)) - 1;
    iommu->flat_span = 0;
    if (bus->flat_memory != NULL && bus->flat_address <= iommu->pas_mask) {
        uint64_t room = iommu->pas_mask - bus->flat_address + 1;
        iommu->flat_span = bus->flat_size < room ? bus->flat_size : room;
    }
    iommu->pte_reserved = IOMMU_PTE_RESERVED_MASK;
    if (!has(iommu, CAP(SVRSW60T59B)))
        iommu->pte_reserved |= IOMMU_PTE_RSW60T59_MASK;
    if (!has(iommu, CAP(SVPBMT)))
        iommu->pte_reserved |= IOMMU_PTE_PBMT_MASK;
    iommu->hpm_active = some_counter_counts(iommu);
    iommu->fast_hits = tables && !iommu->hpm_active && iommu->history == NULL &&
                       iommu->iotlb.sets != 0 && iommu->ddt_cache.sets != 0 &&
                       iommu->pdt_cache.sets != 0;
    iommu->fast_walks = tables && !iommu->hpm_active && iommu->history == NULL &&
                        iommu->iotlb.sets == 0 && iommu->flat_span >= PLAIN_SPAN_MIN &&
                        bus->flat_address % PLAIN_SPAN_MIN == 0;
    forget_recent(iommu);
}
