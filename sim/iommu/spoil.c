/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that software must not make: each rule of the specification by which an entry is
 * misconfigured, broken on purpose. A random bit that flips hardly ever meets one of them.
 */
#include <string.h>

#include "bench.h"

#define MODES_RESERVED 4u /* of pdtp, and more: 4 to 15 */

static bool hostile(unsigned more)
{
    return world.spoiling ? one_in(2) : world.hostile != 0 && one_in(world.hostile / more + 2);
}

static void set_field(uint64_t *word, uint64_t mask, uint64_t value)
{
    *word = (*word & ~mask) | (value * (mask & -mask) & mask);
}

/** What does not fit translation control's own bits. */
static void spoil_control(uint64_t *word)
{
    switch (below(12)) {
    case 0:
        word[0] |= IOMMU_DC_TC_EN_ATS_MASK;
        break;
    case 1:
        word[0] = (word[0] & ~IOMMU_DC_TC_EN_ATS_MASK) | IOMMU_DC_TC_T2GPA_MASK;
        break;
    case 2:
        word[0] = (word[0] & ~IOMMU_DC_TC_EN_ATS_MASK) | IOMMU_DC_TC_EN_PRI_MASK;
        break;
    case 3:
        word[0] = (word[0] & ~IOMMU_DC_TC_EN_PRI_MASK) | IOMMU_DC_TC_PRPR_MASK;
        break;
    case 4:
        word[0] |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_T2GPA_MASK;
        word[1] = 0;
        break;
    case 5:
        word[0] |= one_in(2) ? IOMMU_DC_TC_SADE_MASK : IOMMU_DC_TC_GADE_MASK;
        break;
    case 6:
        word[0] ^= IOMMU_DC_TC_SBE_MASK;
        break;
    case 7:
        word[0] ^= IOMMU_DC_TC_SXL_MASK;
        break;
    case 8: /* what is custom has no meaning */
        word[0] |= 1ull << (24 + below(8));
        break;
    case 9: /* all else is free then */
        word[0] &= ~IOMMU_DC_TC_V_MASK;
        break;
    case 10:
        word[0] |= 1ull << (one_in(2) ? 12 + below(12) : 32 + below(32));
        break;
    default:
        if ((word[0] & IOMMU_DC_TC_PDTV_MASK) == 0)
            word[0] |= IOMMU_DC_TC_DPE_MASK;
        break;
    }
}

/** Modes that are reserved or not built in, and what does not fit them. */
static void spoil_modes(uint64_t *word)
{
    switch (below(8)) {
    case 0: /* of the process directory; those that exist would lead anywhere */
        word[0] |= IOMMU_DC_TC_PDTV_MASK;
        set_field(&word[3], IOMMU_DC_FSC_MODE_MASK, MODES_RESERVED + below(12));
        break;
    case 1:
        if ((word[0] & IOMMU_DC_TC_PDTV_MASK) == 0)
            set_field(&word[3], IOMMU_DC_FSC_MODE_MASK, 1 + below(15));
        break;
    case 2:
        set_field(&word[1], IOMMU_DC_IOHGATP_MODE_MASK, 1 + below(15));
        break;
    case 3: /* its root takes 16 KiB */
        if (word[1] != 0)
            word[1] ^= 1ull << below(2);
        break;
    case 4:
        set_field(&word[4], IOMMU_DC_MSIPTP_MODE_MASK, 2 + below(14));
        break;
    case 5:
        set_field(&word[4], IOMMU_DC_MSIPTP_MODE_MASK, IOMMU_MSIPTP_MODE_FLAT);
        word[1] = 0;
        break;
    case 6: /* beyond guest physical addresses, or not */
        word[5 + below(2)] |= 1ull << (36 + below(28));
        break;
    default:
        word[2] |= one_in(2) ? IOMMU_PREP(IOMMU_DC_TA_RCID, 0x800u >> below(12))
                             : IOMMU_PREP(IOMMU_DC_TA_MCID, 0x800u >> below(12));
        break;
    }
}

void spoil_dc(uint64_t *word)
{
    uint64_t before[8];

    memcpy(before, word, sizeof(before));
    if (world.spoiling || hostile(4)) {
        if (one_in(2))
            spoil_control(word);
        else
            spoil_modes(word);
    } else if (hostile(1)) {
        word[below(has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK) ? 8 : 4)] ^= 1ull << below(64);
    }
    world.aliases |= memcmp(before, word, sizeof(before)) != 0;
}

/** A pointer of the device or the process directory. */
uint64_t spoil_pointer(uint64_t value)
{
    if (!hostile(2))
        return value;
    if (one_in(3))
        return value & ~1ull;
    return value | 1ull << (one_in(2) ? 1 + below(9) : 54 + below(10));
}

void spoil_pc(uint64_t *word)
{
    uint64_t before[2] = {word[0], word[1]};

    if (hostile(2))
        set_field(&word[1], IOMMU_PC_FSC_MODE_MASK, 1 + below(15));
    else if (hostile(1))
        word[below(2)] ^= 1ull << below(64);
    world.aliases |= word[0] != before[0] || word[1] != before[1];
}

uint64_t spoil_leaf(uint64_t value, unsigned bits)
{
    if (hostile(1)) { /* a pointer, where none may be */
        value &= ~(IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK);
        if (one_in(2))
            value &= ~(IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK | IOMMU_PTE_U_MASK);
        return value;
    }
    if (hostile(1))
        value ^= 1ull << below(bits);
    if (hostile(3) && bits == 64) {
        switch (below(5)) {
        case 0:
            value |= IOMMU_PTE_N_MASK;
            break;
        case 1:
            value |= IOMMU_PTE_PBMT_MASK;
            break;
        case 2:
            value &= ~IOMMU_PTE_R_MASK;
            break;
        case 3: /* a superpage that is none */
            value ^= IOMMU_PREP(IOMMU_PTE_PPN, 1ull << below(9));
            break;
        default: /* a pointer with bits that only leaves have */
            value &= ~(IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK);
            break;
        }
    }
    return value;
}

void spoil_msi_pte(uint64_t *low, uint64_t *high)
{
    if (!hostile(12)) {
        if (hostile(1))
            *(one_in(2) ? low : high) ^= 1ull << below(64);
        return;
    }
    switch (below(6)) {
    case 0:
        *low |= IOMMU_MSIPTE_C_MASK;
        break;
    case 1:
        set_field(low, IOMMU_MSIPTE_M_MASK, one_in(2) ? 0 : 2);
        break;
    case 2:
        set_field(low, IOMMU_MSIPTE_M_MASK, IOMMU_MSIPTE_M_MRIF);
        break;
    case 3:
        set_field(low, IOMMU_MSIPTE_M_MASK, IOMMU_MSIPTE_M_BASIC);
        break;
    case 4:
        *low &= ~IOMMU_MSIPTE_V_MASK;
        break;
    default:
        *high ^= 1ull << below(64);
        break;
    }
}
