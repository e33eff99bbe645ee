/* SPDX-License-Identifier: Apache-2.0 */
/* "Process to translate addresses of MSIs", and memory-resident interrupt files. */
#include "internal.h"

/** The bits of x that mask selects, packed at the low end. */
static uint64_t extract(uint64_t x, uint64_t mask)
{
    uint64_t result = 0;

    for (unsigned to = 0; mask != 0; to++) {
        unsigned from = (unsigned)__builtin_ctzll(mask);

        result |= (x >> from & 1) << to;
        mask &= mask - 1;
    }
    return result;
}

static bool msi_enabled(const struct device_context *dc)
{
    return IOMMU_GET(dc->msiptp, IOMMU_DC_MSIPTP_MODE) != IOMMU_MSIPTP_MODE_OFF;
}

bool msi_matches(const struct device_context *dc, uint64_t gpa)
{
    return msi_overlaps(dc, gpa, PAGE_LOG2);
}

bool msi_overlaps(const struct device_context *dc, uint64_t gpa, unsigned page_log2)
{
    uint64_t inside = (1ull << (page_log2 - PAGE_LOG2)) - 1; /* page numbers within */

    return msi_enabled(dc) && ((gpa >> PAGE_LOG2 ^ dc->msi_pattern) & ~dc->msi_mask & ~inside) == 0;
}

/** Steps 7 to 14: is the MSI PTE one that can be used? */
static uint16_t msi_pte_judge(const struct iommu *iommu, const struct entry *pte,
                              enum iommu_rule *rule)
{
    uint64_t low = pte->value[0], high = pte->value[1];
    uint64_t mode = IOMMU_GET(low, IOMMU_MSIPTE_M);

    if (pte->status == IOMMU_MEM_ACCESS_FAULT) {
        *rule = IOMMU_RULE_MSI_PTE_ACCESS;
        return IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT;
    }
    if (pte->status == IOMMU_MEM_POISON) {
        *rule = IOMMU_RULE_MSI_PTE_POISON;
        return IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION;
    }
    if ((low & IOMMU_MSIPTE_V_MASK) == 0) {
        *rule = IOMMU_RULE_MSI_PTE_NOT_VALID;
        return IOMMU_CAUSE_MSI_PTE_NOT_VALID;
    }
    *rule = IOMMU_RULE_NONE;
    if ((low & IOMMU_MSIPTE_C_MASK) != 0)
        *rule = IOMMU_RULE_MSI_PTE_CUSTOM;
    else if (mode != IOMMU_MSIPTE_M_BASIC && mode != IOMMU_MSIPTE_M_MRIF)
        *rule = IOMMU_RULE_MSI_PTE_MODE;
    else if (mode == IOMMU_MSIPTE_M_BASIC) {
        if ((low & IOMMU_MSIPTE_DW0_RESERVED_MASK) != 0)
            *rule = IOMMU_RULE_MSI_PTE_RESERVED;
    } else if (!has(iommu, IOMMU_CAPABILITIES_MSI_MRIF_MASK)) {
        *rule = IOMMU_RULE_MSI_PTE_MRIF_UNSUPPORTED;
    } else if ((low & IOMMU_MSIPTE_MRIF_DW0_RESERVED_MASK) != 0 ||
               (high & IOMMU_MSIPTE_MRIF_DW1_RESERVED_MASK) != 0) {
        *rule = IOMMU_RULE_MSI_PTE_RESERVED;
    }
    return *rule == IOMMU_RULE_NONE ? 0 : IOMMU_CAUSE_MSI_PTE_MISCONFIGURED;
}

bool msi_translate(struct walk *walk, const struct device_context *dc, uint64_t gpa,
                   struct iommu_response *response)
{
    struct iommu *iommu = walk->iommu;
    struct table root = {.root = IOMMU_GET(dc->msiptp, IOMMU_DC_MSIPTP_PPN) << PAGE_LOG2};
    struct entry pte = {
        .kind = IOMMU_STEP_MSI_PTE,
        .structure = IOMMU_MSI_PT,
        .input = gpa,
        .size = IOMMU_MSIPTE_BYTES,
        .big_endian = (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0,
        .space = walk->space,
    };
    enum iommu_rule rule;
    uint16_t cause;
    bool basic;

    explore_root(walk, ROOT_MSI, &root);
    pte.address = root.root | extract(gpa >> PAGE_LOG2, dc->msi_mask) * IOMMU_MSIPTE_BYTES;
    entry_read(walk, &pte);
    cause = msi_pte_judge(iommu, &pte, &rule);
    entry_step(walk, &pte, rule, true);
    if (cause != 0)
        return fault(walk, cause, rule);
    basic = IOMMU_GET(pte.value[0], IOMMU_MSIPTE_M) == IOMMU_MSIPTE_M_BASIC;
    /* "Debug support": MRIF mode stops the process with 260, whatever is asked for. */
    if (walk->access == IOMMU_EXECUTE && !walk->lenient && (basic || !walk->debug)) {
        rule_step(walk, IOMMU_MSI_PT, IOMMU_RULE_MSI_EXECUTE, gpa, false);
        return fault(walk, IOMMU_CAUSE_INSTR_ACCESS_FAULT, IOMMU_RULE_MSI_EXECUTE);
    }

    if (basic) {
        response->target = IOMMU_TARGET_MSI;
        /* "MSI PTE, basic translate mode": clipped to the width of a physical address. */
        response->address =
            ((IOMMU_GET(pte.value[0], IOMMU_MSIPTE_PPN) << PAGE_LOG2) | (gpa & PAGE_MASK)) &
            iommu->pas_mask;
        return true;
    }
    response->target = IOMMU_TARGET_MRIF;
    response->address = IOMMU_GET(pte.value[0], IOMMU_MSIPTE_MRIF_MRIF_ADDRESS) << 9;
    response->notice_address = IOMMU_GET(pte.value[1], IOMMU_MSIPTE_MRIF_NPPN) << PAGE_LOG2;
    response->nid = (uint16_t)(IOMMU_GET(pte.value[1], IOMMU_MSIPTE_MRIF_NID_10) << 10 |
                               IOMMU_GET(pte.value[1], IOMMU_MSIPTE_MRIF_NID_9_0));
    return true;
}

/** Set a pending bit: with an atomic OR, or by reading and writing. */
static enum iommu_mem_status mrif_set(struct iommu *iommu, const struct iommu_access *access,
                                      uint64_t bit)
{
    uint8_t bytes[8];
    uint64_t old;
    enum iommu_mem_status status;

    if (has(iommu, IOMMU_CAPABILITIES_AMO_MRIF_MASK))
        return mem_amo(iommu, access, IOMMU_AMO_OR, 0, bit, &old);
    status = mem_read(iommu, access, bytes);
    if (status != IOMMU_MEM_OK)
        return status;
    store_word(bytes, 8, false, load_word(bytes, 8, false) | bit);
    return mem_write(iommu, access, bytes);
}

bool mrif_store(struct iommu *iommu, const struct iommu_response *response, uint32_t identity,
                uint16_t *cause)
{
    /* Doublewords of an MRIF are little-endian, and so is the notice, whatever fctl.BE. */
    struct iommu_access access = {
        .address = response->address + identity / 64 * IOMMU_MRIF_PAIR_BYTES,
        .size = 8,
        .structure = IOMMU_MRIF,
        .rcid = response->rcid,
        .mcid = response->mcid,
    };
    enum iommu_mem_status status = mrif_set(iommu, &access, 1ull << identity % 64);

    if (status != IOMMU_MEM_OK) {
        *cause = status == IOMMU_MEM_POISON ? IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION
                                            : IOMMU_CAUSE_MRIF_ACCESS_FAULT;
        return false;
    }
    message_store(iommu, response->notice_address, response->nid, false, IOMMU_NOTICE,
                  response->rcid, response->mcid);
    return true;
}
