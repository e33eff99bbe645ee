/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration from the header: a named one with changes, made legal where it is not. */
#include <string.h>

#include "fuzz.h"

#define CAP(name) IOMMU_CAPABILITIES_##name##_MASK

/** Bits of capabilities that the header may turn over. */
#define TURNED_CAPS (~(CAP(VERSION) | CAP(RESERVED) | CAP(CUSTOM) | CAP(PAS)))
#define ANY_SV32 (CAP(SV32) | CAP(SV32X4))
#define ANY_SECOND (CAP(SV32X4) | CAP(SV39X4) | CAP(SV48X4) | CAP(SV57X4))
#define ANY_WIDE (CAP(SV39) | CAP(SV48) | CAP(SV57) | CAP(SV39X4) | CAP(SV48X4) | CAP(SV57X4))

static void turn_capabilities(const struct setup *setup, struct iommu_config *config)
{
    static const uint8_t widths[] = {0, 32, 33, 34, 36, 39, 40, 41, 44, 46, 48, 50, 52, 54, 55, 56};
    unsigned pas = widths[setup->bytes[2] & 0xf];
    uint64_t turned = 0;

    for (unsigned i = 0; i < 8; i++)
        turned |= (uint64_t)setup->bytes[8 + i] << (8 * i);
    config->capabilities ^= turned & TURNED_CAPS;
    if (setup->bytes[2] >= 0xf0) /* mostly illegal */
        pas = setup->bytes[2] & 0x3f;
    if (pas != 0)
        config->capabilities =
            (config->capabilities & ~CAP(PAS)) | IOMMU_PREP(IOMMU_CAPABILITIES_PAS, pas);
}

static void turn_choices(const struct setup *setup, struct iommu_config *config)
{
    const uint8_t *byte = setup->bytes;

    config->reset_mode ^= byte[1] >> 2 & 1;
    config->check_bare_msiptp ^= byte[1] >> 3 & 1;
    config->check_pas_early ^= byte[1] >> 4 & 1;
    config->mrif_big_endian ^= byte[1] >> 5 & 1;
    if (byte[3] != 0)
        config->ddt_levels = byte[3];
    config->fctl_reset ^= byte[4] & 0xf;
    config->fctl_writable ^= (uint32_t)byte[4] >> 4;
    config->queue_log2_max = (uint8_t)(config->queue_log2_max - (byte[5] & 0x3f));
    config->vector_bits = (uint8_t)(config->vector_bits - (byte[5] >> 6));
    config->hpm_counters ^= byte[6] & 0x1f;
    config->hpm_counter_bits = (uint8_t)(config->hpm_counter_bits - (byte[6] >> 5) * 8);
    config->hpm_cycle_bits = (uint8_t)(config->hpm_cycle_bits - (byte[7] & 0x3f));
    config->rcid_bits = (uint8_t)(config->rcid_bits - (byte[7] >> 6) * 4);
    config->mcid_bits = (uint8_t)(config->mcid_bits - (byte[16] & 0xf));
    if (byte[17] != 0)
        config->itags = byte[17];
    config->bare_page_log2 = (uint8_t)(config->bare_page_log2 + (byte[16] >> 4) - 9);
    if (byte[16] >> 4 == 0)
        config->bare_page_log2 = 21;
}

/** Small caches, so that entries are replaced; 0 to 3 each in the header, for 0 to 64. */
static void choose_caches(const struct setup *setup, struct iommu_config *config)
{
    static const uint32_t entries[] = {4, 0, 1, 64};
    uint8_t byte = setup->bytes[18];

    config->ddt_cache_entries = entries[byte & 3];
    config->pdt_cache_entries = setup->history ? 0 : entries[byte >> 2 & 3];
    config->iotlb_entries = entries[byte >> 4 & 3];
    if (byte >> 6 == 3)
        config->iotlb_entries = 65537; /* illegal */
}

static uint64_t legal_capabilities(uint64_t caps)
{
    uint64_t pas = IOMMU_GET(caps, IOMMU_CAPABILITIES_PAS);

    if ((caps & CAP(SV39)) == 0)
        caps &= ~CAP(SV48);
    if ((caps & CAP(SV48)) == 0)
        caps &= ~CAP(SV57);
    if (IOMMU_GET(caps, IOMMU_CAPABILITIES_IGS) > IOMMU_IGS_BOTH)
        caps &= ~IOMMU_PREP(IOMMU_CAPABILITIES_IGS, 1);
    if ((caps & CAP(MSI_FLAT)) == 0)
        caps &= ~CAP(MSI_MRIF);
    if ((caps & CAP(MSI_MRIF)) == 0)
        caps &= ~CAP(AMO_MRIF);
    if ((caps & CAP(ATS)) == 0 || (caps & ANY_SECOND) == 0)
        caps &= ~CAP(T2GPA);
    if (pas < 32 || pas > 56)
        caps = (caps & ~CAP(PAS)) | IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 32 + pas % 25);
    return caps;
}

static void legal_fctl(struct iommu_config *config)
{
    uint64_t caps = config->capabilities;
    uint64_t igs = IOMMU_GET(caps, IOMMU_CAPABILITIES_IGS);

    config->fctl_reset &= 7;
    config->fctl_writable &= 7;
    if ((caps & CAP(END)) == 0)
        config->fctl_writable &= ~IOMMU_FCTL_BE_MASK;
    if (igs != IOMMU_IGS_BOTH)
        config->fctl_writable &= ~IOMMU_FCTL_WSI_MASK;
    if (igs == IOMMU_IGS_WSI)
        config->fctl_reset |= IOMMU_FCTL_WSI_MASK;
    if (igs == IOMMU_IGS_MSI)
        config->fctl_reset &= ~IOMMU_FCTL_WSI_MASK;
    if ((caps & ANY_SV32) == 0) {
        config->fctl_reset &= ~IOMMU_FCTL_GXL_MASK;
        config->fctl_writable &= ~IOMMU_FCTL_GXL_MASK;
    } else if ((caps & ANY_WIDE) == 0) {
        config->fctl_reset |= IOMMU_FCTL_GXL_MASK;
    }
}

static void legal_sizes(struct iommu_config *config)
{
    bool hpm = (config->capabilities & CAP(HPM)) != 0;

    config->ddt_levels = (config->ddt_levels & 7) != 0 ? config->ddt_levels & 7 : 7;
    config->reset_mode &= 1;
    config->queue_log2_max = (uint8_t)(1 + (config->queue_log2_max + 31) % 32);
    config->vector_bits = (uint8_t)(config->vector_bits % 5);
    if (!hpm)
        config->hpm_counters = 0;
    else if (config->hpm_counters < 1 || config->hpm_counters > 31)
        config->hpm_counters = 7;
    config->hpm_counter_bits = (uint8_t)(32 + config->hpm_counter_bits % 33);
    config->hpm_cycle_bits = (uint8_t)(32 + config->hpm_cycle_bits % 32);
    config->rcid_bits = (uint8_t)(config->rcid_bits % 13);
    config->mcid_bits = (uint8_t)(config->mcid_bits % 13);
    config->itags = (uint8_t)(1 + (config->itags + 31) % 32);
    config->bare_page_log2 = (uint8_t)(12 + config->bare_page_log2 % 19);
    config->iotlb_entries %= 65;
}

void setup_config(const struct setup *setup, struct iommu_config *config)
{
    static const char *const names[] = {"max", "base", "small", "full"};
    char error[64];

    if (!iommu_config_named(names[setup->bytes[1] & 3], config) || iommu_config_named("", config))
        __builtin_trap();
    turn_capabilities(setup, config);
    turn_choices(setup, config);
    choose_caches(setup, config);
    if (!iommu_config_check(config, error, sizeof(error))) {
        config->capabilities = legal_capabilities(config->capabilities);
        legal_fctl(config);
        legal_sizes(config);
    }
    if (!iommu_config_check(config, NULL, 0))
        __builtin_trap();
    config->manual = setup->manual;
    config->history = setup->history;
}
