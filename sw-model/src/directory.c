/* SPDX-License-Identifier: Apache-2.0 */
/* "Process to locate the Device-context" and "... the Process-context". */
#include <string.h>

#include "internal.h"

#define DC_SET(dc, field) (((dc)->tc & IOMMU_DC_TC_##field##_MASK) != 0)

/* --- device context ------------------------------------------------------------------ */

static unsigned ddt_levels(unsigned mode)
{
    return mode - IOMMU_DDTP_MODE_1LVL + 1;
}

/** DDI[i] of a device_id, in the format that capabilities.MSI_FLAT selects. */
static uint32_t ddt_index(const struct iommu *iommu, uint32_t device_id, unsigned level)
{
    unsigned leaf_bits = has(iommu, IOMMU_CAPABILITIES_MSI_FLAT_MASK) ? 6 : 7;

    if (level == 0)
        return device_id & ((1u << leaf_bits) - 1);
    return device_id >> (leaf_bits + 9 * (level - 1)) & 0x1ff;
}

bool device_id_too_wide(const struct iommu *iommu, unsigned mode, uint32_t device_id)
{
    for (unsigned level = ddt_levels(mode); level < 3; level++) {
        if (ddt_index(iommu, device_id, level) != 0)
            return true;
    }
    return false;
}

/** MGPAW of "MSI address mask and pattern": width of guest physical addresses. */
static unsigned guest_address_bits(const struct iommu *iommu)
{
    if (has(iommu, IOMMU_CAPABILITIES_SV57X4_MASK))
        return 59;
    if (has(iommu, IOMMU_CAPABILITIES_SV48X4_MASK))
        return 50;
    if (has(iommu, IOMMU_CAPABILITIES_SV39X4_MASK))
        return 41;
    if (has(iommu, IOMMU_CAPABILITIES_SV32X4_MASK))
        return 34;
    return (unsigned)IOMMU_GET(iommu->config.capabilities, IOMMU_CAPABILITIES_PAS);
}

static bool first_stage_mode_supported(const struct iommu *iommu, uint64_t mode, bool sxl)
{
    if (mode == IOMMU_IOSATP_MODE_BARE)
        return true;
    if (sxl)
        return mode == IOMMU_IOSATP_MODE_SXL1_SV32 && has(iommu, IOMMU_CAPABILITIES_SV32_MASK);
    return (mode == IOMMU_IOSATP_MODE_SV39 && has(iommu, IOMMU_CAPABILITIES_SV39_MASK)) ||
           (mode == IOMMU_IOSATP_MODE_SV48 && has(iommu, IOMMU_CAPABILITIES_SV48_MASK)) ||
           (mode == IOMMU_IOSATP_MODE_SV57 && has(iommu, IOMMU_CAPABILITIES_SV57_MASK));
}

static bool second_stage_mode_supported(const struct iommu *iommu, uint64_t mode)
{
    if (mode == IOMMU_IOHGATP_MODE_BARE)
        return true;
    if (iommu->fctl & IOMMU_FCTL_GXL_MASK)
        return mode == IOMMU_IOHGATP_MODE_GXL1_SV32X4 && has(iommu, IOMMU_CAPABILITIES_SV32X4_MASK);
    return (mode == IOMMU_IOHGATP_MODE_SV39X4 && has(iommu, IOMMU_CAPABILITIES_SV39X4_MASK)) ||
           (mode == IOMMU_IOHGATP_MODE_SV48X4 && has(iommu, IOMMU_CAPABILITIES_SV48X4_MASK)) ||
           (mode == IOMMU_IOHGATP_MODE_SV57X4 && has(iommu, IOMMU_CAPABILITIES_SV57X4_MASK));
}

static bool pdtp_mode_supported(const struct iommu *iommu, uint64_t mode)
{
    return mode == IOMMU_PDTP_MODE_BARE ||
           (mode == IOMMU_PDTP_MODE_PD8 && has(iommu, IOMMU_CAPABILITIES_PD8_MASK)) ||
           (mode == IOMMU_PDTP_MODE_PD17 && has(iommu, IOMMU_CAPABILITIES_PD17_MASK)) ||
           (mode == IOMMU_PDTP_MODE_PD20 && has(iommu, IOMMU_CAPABILITIES_PD20_MASK));
}

/** Check 1: bits that are reserved for future standard use. */
static bool dc_reserved_bits(const struct iommu *iommu, const uint64_t *word)
{
    uint64_t beyond_guest;

    if ((word[0] & IOMMU_DC_TC_RESERVED_MASK) != 0 || (word[2] & IOMMU_DC_TA_RESERVED_MASK) != 0 ||
        (word[3] & IOMMU_DC_FSC_RESERVED_MASK) != 0)
        return true;
    if (!has(iommu, IOMMU_CAPABILITIES_QOSID_MASK) &&
        (word[2] & (IOMMU_DC_TA_RCID_MASK | IOMMU_DC_TA_MCID_MASK)) != 0)
        return true;
    if (!has(iommu, IOMMU_CAPABILITIES_MSI_FLAT_MASK))
        return false;
    beyond_guest = ~((1ull << (guest_address_bits(iommu) - PAGE_LOG2)) - 1);
    return (word[4] & IOMMU_DC_MSIPTP_RESERVED_MASK) != 0 || (word[5] & beyond_guest) != 0 ||
           (word[6] & beyond_guest) != 0 || word[7] != 0;
}

/** Checks 2 to 7: ATS, PRI and T2GPA. */
static enum iommu_rule dc_ats_checks(const struct iommu *iommu, const struct device_context *dc)
{
    if (!has(iommu, IOMMU_CAPABILITIES_ATS_MASK) &&
        (DC_SET(dc, EN_ATS) || DC_SET(dc, EN_PRI) || DC_SET(dc, PRPR)))
        return IOMMU_RULE_DC_ATS_UNSUPPORTED;
    if (!DC_SET(dc, EN_ATS) && DC_SET(dc, T2GPA))
        return IOMMU_RULE_DC_T2GPA_WITHOUT_ATS;
    if (!DC_SET(dc, EN_ATS) && DC_SET(dc, EN_PRI))
        return IOMMU_RULE_DC_PRI_WITHOUT_ATS;
    if (!DC_SET(dc, EN_PRI) && DC_SET(dc, PRPR))
        return IOMMU_RULE_DC_PRPR_WITHOUT_PRI;
    if (!has(iommu, IOMMU_CAPABILITIES_T2GPA_MASK) && DC_SET(dc, T2GPA))
        return IOMMU_RULE_DC_T2GPA_UNSUPPORTED;
    if (DC_SET(dc, T2GPA) && IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_MODE) == 0)
        return IOMMU_RULE_DC_T2GPA_BARE;
    return IOMMU_RULE_NONE;
}

/** Checks 8 to 17: modes and the second-stage root. */
static enum iommu_rule dc_mode_checks(const struct iommu *iommu, const struct device_context *dc)
{
    uint64_t fsc_mode = IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE);
    uint64_t guest_mode = IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_MODE);
    uint64_t msi_mode = IOMMU_GET(dc->msiptp, IOMMU_DC_MSIPTP_MODE);

    if (DC_SET(dc, PDTV) && !pdtp_mode_supported(iommu, fsc_mode))
        return IOMMU_RULE_DC_PDTP_MODE;
    if (!DC_SET(dc, PDTV) && !first_stage_mode_supported(iommu, fsc_mode, DC_SET(dc, SXL)))
        return IOMMU_RULE_DC_IOSATP_MODE;
    if (!DC_SET(dc, PDTV) && DC_SET(dc, DPE))
        return IOMMU_RULE_DC_DPE_WITHOUT_PDTV;
    if (!second_stage_mode_supported(iommu, guest_mode))
        return IOMMU_RULE_DC_IOHGATP_MODE;
    if (msi_mode != IOMMU_MSIPTP_MODE_OFF && msi_mode != IOMMU_MSIPTP_MODE_FLAT)
        return IOMMU_RULE_DC_MSIPTP_MODE;
    if (guest_mode != IOMMU_IOHGATP_MODE_BARE &&
        IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_PPN) % 4 != 0)
        return IOMMU_RULE_DC_IOHGATP_ALIGN;
    if (iommu->config.check_bare_msiptp && guest_mode == IOMMU_IOHGATP_MODE_BARE &&
        msi_mode != IOMMU_MSIPTP_MODE_OFF)
        return IOMMU_RULE_DC_MSIPTP_BARE;
    return IOMMU_RULE_NONE;
}

/** Checks 18 to 22: controls that depend on capabilities and fctl. */
static enum iommu_rule dc_control_checks(const struct iommu *iommu, const struct device_context *dc)
{
    bool be = (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0;
    bool gxl = (iommu->fctl & IOMMU_FCTL_GXL_MASK) != 0;
    bool be_writable = (iommu->config.fctl_writable & IOMMU_FCTL_BE_MASK) != 0;
    bool gxl_writable = (iommu->config.fctl_writable & IOMMU_FCTL_GXL_MASK) != 0;

    if (!has(iommu, IOMMU_CAPABILITIES_AMO_HWAD_MASK) && (DC_SET(dc, SADE) || DC_SET(dc, GADE)))
        return IOMMU_RULE_DC_ADE_UNSUPPORTED;
    if (!has(iommu, IOMMU_CAPABILITIES_END_MASK) && be != DC_SET(dc, SBE))
        return IOMMU_RULE_DC_SBE_END;
    if (gxl ? !DC_SET(dc, SXL) : (DC_SET(dc, SXL) && !gxl_writable))
        return IOMMU_RULE_DC_SXL;
    if (!be_writable && be != DC_SET(dc, SBE))
        return IOMMU_RULE_DC_SBE;
    if (has(iommu, IOMMU_CAPABILITIES_QOSID_MASK) &&
        ((IOMMU_GET(dc->ta, IOMMU_DC_TA_RCID) >> iommu->config.rcid_bits) != 0 ||
         (IOMMU_GET(dc->ta, IOMMU_DC_TA_MCID) >> iommu->config.mcid_bits) != 0))
        return IOMMU_RULE_DC_QOS_WIDE;
    return IOMMU_RULE_NONE;
}

/** A PPN that the address width cannot hold; `guest` ones are checked when translated. */
static bool ppn_beyond_pas(const struct iommu *iommu, uint64_t ppn)
{
    return (ppn << PAGE_LOG2 & ~iommu->pas_mask) != 0;
}

static bool dc_beyond_pas(const struct iommu *iommu, const struct device_context *dc)
{
    bool nested = IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_MODE) != IOMMU_IOHGATP_MODE_BARE;
    bool first = IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE) != 0;
    bool msi = IOMMU_GET(dc->msiptp, IOMMU_DC_MSIPTP_MODE) != IOMMU_MSIPTP_MODE_OFF;

    return (nested && ppn_beyond_pas(iommu, IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_PPN))) ||
           (!nested && first && ppn_beyond_pas(iommu, IOMMU_GET(dc->fsc, IOMMU_DC_FSC_PPN))) ||
           (msi && ppn_beyond_pas(iommu, IOMMU_GET(dc->msiptp, IOMMU_DC_MSIPTP_PPN)));
}

/** "Device-context configuration checks". @return IOMMU_RULE_NONE if none applies */
static enum iommu_rule dc_misconfigured(const struct iommu *iommu, const struct device_context *dc,
                                        const uint64_t *word)
{
    enum iommu_rule rule;

    if (dc_reserved_bits(iommu, word))
        return IOMMU_RULE_DC_RESERVED;
    rule = dc_ats_checks(iommu, dc);
    if (rule == IOMMU_RULE_NONE)
        rule = dc_mode_checks(iommu, dc);
    if (rule == IOMMU_RULE_NONE)
        rule = dc_control_checks(iommu, dc);
    if (rule == IOMMU_RULE_NONE && iommu->config.check_pas_early && dc_beyond_pas(iommu, dc))
        rule = IOMMU_RULE_DC_PAS;
    return rule;
}

/** Take the fields apart; called for words that passed the checks, or for these checks. */
static void dc_decode(const struct iommu *iommu, const uint64_t *word, uint32_t device_id,
                      struct device_context *dc)
{
    bool extended = has(iommu, IOMMU_CAPABILITIES_MSI_FLAT_MASK);
    bool gxl = (iommu->fctl & IOMMU_FCTL_GXL_MASK) != 0;

    memset(dc, 0, sizeof(*dc));
    dc->device_id = device_id;
    dc->tc = word[0];
    dc->iohgatp = word[1];
    dc->ta = word[2];
    dc->fsc = word[3];
    if (extended) {
        dc->msiptp = word[4];
        dc->msi_mask = word[5];
        dc->msi_pattern = word[6];
    }
    dc->gscid = IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_GSCID) & 0xffff;
    dc->pscid = IOMMU_GET(dc->ta, IOMMU_DC_TA_PSCID) & 0xfffff;
    dc->rcid = (uint16_t)IOMMU_GET(dc->ta, IOMMU_DC_TA_RCID);
    dc->mcid = (uint16_t)IOMMU_GET(dc->ta, IOMMU_DC_TA_MCID);
    dc->second.scheme = second_stage_scheme(IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_MODE), gxl);
    dc->second.root = IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_PPN) << PAGE_LOG2;
    dc->second.big_endian = (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0;
    dc->second.update_ad = DC_SET(dc, GADE);
    dc->first.scheme = &scheme_bare;
    if (!DC_SET(dc, PDTV))
        dc->first.scheme =
            first_stage_scheme(IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE), DC_SET(dc, SXL));
    dc->first.root = IOMMU_GET(dc->fsc, IOMMU_DC_FSC_PPN) << PAGE_LOG2;
    dc->first.big_endian = DC_SET(dc, SBE);
    dc->first.update_ad = DC_SET(dc, SADE);
    dc->first.sxl = dc->second.sxl = DC_SET(dc, SXL);
}

/** Steps 1 to 7: down the non-leaf entries. *page gets the address of the leaf page. */
static bool ddt_walk(struct walk *walk, uint32_t device_id, uint64_t *page)
{
    static const struct scheme scheme[] = {{.levels = 1}, {.levels = 2}, {.levels = 3}};
    struct iommu *iommu = walk->iommu;
    unsigned mode = (unsigned)IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE);
    struct table root = {
        .scheme = &scheme[ddt_levels(mode) - 1],
        .root = IOMMU_GET(iommu->ddtp, IOMMU_DDTP_PPN) << PAGE_LOG2,
    };

    explore_root(walk, ROOT_DDT, &root);
    *page = root.root;
    for (unsigned level = root.scheme->levels - 1u; level > 0; level--) {
        struct entry ddte = {
            .kind = IOMMU_STEP_DDTE,
            .structure = IOMMU_DDT,
            .address = *page + ddt_index(iommu, device_id, level) * IOMMU_DDTE_BYTES,
            .input = device_id,
            .level = (uint8_t)level,
            .size = IOMMU_DDTE_BYTES,
            .big_endian = (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0,
        };
        enum iommu_rule rule = IOMMU_RULE_NONE;
        uint16_t cause = 0;

        hpm_count(walk, IOMMU_HPM_EVENT_DDT_WALK);
        entry_read(walk, &ddte);
        if (ddte.status == IOMMU_MEM_ACCESS_FAULT) {
            cause = IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT;
            rule = IOMMU_RULE_DDTE_ACCESS;
        } else if (ddte.status == IOMMU_MEM_POISON) {
            cause = IOMMU_CAUSE_DDT_DATA_CORRUPTION;
            rule = IOMMU_RULE_DDTE_POISON;
        } else if ((ddte.value[0] & IOMMU_DDTE_V_MASK) == 0) {
            cause = IOMMU_CAUSE_DDT_NOT_VALID;
            rule = IOMMU_RULE_DDTE_NOT_VALID;
        } else if ((ddte.value[0] & IOMMU_DDTE_RESERVED_MASK) != 0) {
            cause = IOMMU_CAUSE_DDT_MISCONFIGURED;
            rule = IOMMU_RULE_DDTE_RESERVED;
        }
        entry_step(walk, &ddte, rule, false);
        if (cause != 0)
            return fault(walk, cause, rule);
        *page = IOMMU_GET(ddte.value[0], IOMMU_DDTE_PPN) << PAGE_LOG2;
    }
    return true;
}

/** Steps 8 to 11: read the device context and judge it. */
static bool dc_read(struct walk *walk, uint32_t device_id, uint64_t page, struct device_context *dc)
{
    struct iommu *iommu = walk->iommu;
    uint8_t size =
        has(iommu, IOMMU_CAPABILITIES_MSI_FLAT_MASK) ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES;
    struct entry entry = {
        .kind = IOMMU_STEP_DC,
        .structure = IOMMU_DDT,
        .address = page + (uint64_t)ddt_index(iommu, device_id, 0) * size,
        .input = device_id,
        .size = size,
        .big_endian = (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0,
    };
    enum iommu_rule rule = IOMMU_RULE_NONE;
    uint16_t cause = 0;

    hpm_count(walk, IOMMU_HPM_EVENT_DDT_WALK);
    entry_read(walk, &entry);
    if (entry.status == IOMMU_MEM_ACCESS_FAULT) {
        cause = IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT;
        rule = IOMMU_RULE_DC_ACCESS;
    } else if (entry.status == IOMMU_MEM_POISON) {
        cause = IOMMU_CAUSE_DDT_DATA_CORRUPTION;
        rule = IOMMU_RULE_DC_POISON;
    } else if ((entry.value[0] & IOMMU_DC_TC_V_MASK) == 0) {
        cause = IOMMU_CAUSE_DDT_NOT_VALID;
        rule = IOMMU_RULE_DC_NOT_VALID;
    } else {
        dc_decode(iommu, entry.value, device_id, dc);
        rule = dc_misconfigured(iommu, dc, entry.value);
        if (rule != IOMMU_RULE_NONE)
            cause = IOMMU_CAUSE_DDT_MISCONFIGURED;
    }
    entry_step(walk, &entry, rule, true);
    return cause == 0 ? true : fault(walk, cause, rule);
}

bool locate_device_context(struct walk *walk, uint32_t device_id, struct device_context *dc)
{
    const struct device_context *cached = NULL;
    uint64_t page;

    walk->changes = walk->iommu->changes;
    if (walk->explorer == NULL)
        cached = ddt_cache_find(walk->iommu, device_id);
    if (cached != NULL) {
        cached_step(walk, IOMMU_DDT, device_id);
        *dc = *cached;
        plain_prepare(walk->iommu, dc);
        return true;
    }
    if (!ddt_walk(walk, device_id, &page) || !dc_read(walk, device_id, page, dc))
        return false;
    if (may_cache(walk))
        ddt_cache_fill(walk->iommu, dc);
    return true;
}

/* --- process context ----------------------------------------------------------------- */

/* How a device context has its PDT and first-stage tables read. */
#define TABLES_AS (IOMMU_DC_TC_SXL_MASK | IOMMU_DC_TC_SBE_MASK)

/** PDI[i] of a process_id. */
static uint32_t pdt_index(uint32_t process_id, unsigned level)
{
    if (level == 0)
        return process_id & 0xff;
    return process_id >> (8 + 9 * (level - 1)) & 0x1ff;
}

/** Read a PDT entry at `page` through the second stage, if there is one. */
static bool pdt_read(struct walk *walk, const struct device_context *dc, uint64_t page,
                     struct entry *entry)
{
    bool ok = true;

    entry->address = page + (uint64_t)pdt_index(walk->process_id, entry->level) * entry->size;
    if (dc->second.scheme->levels != 0) {
        walk->for_pdt = true;
        ok = second_stage_implicit(walk, &dc->second, entry->address, false, &entry->address);
        walk->for_pdt = false;
    }
    if (!ok)
        return false;
    hpm_count(walk, IOMMU_HPM_EVENT_PDT_WALK);
    entry_read(walk, entry);
    explore_end_implicit(walk);
    return true;
}

/** "Process-context configuration checks". */
static enum iommu_rule pc_misconfigured(const struct iommu *iommu, const struct device_context *dc,
                                        const uint64_t *word)
{
    uint64_t mode = IOMMU_GET(word[1], IOMMU_PC_FSC_MODE);
    bool nested = dc->second.scheme->levels != 0;

    if ((word[0] & IOMMU_PC_TA_RESERVED_MASK) != 0 || (word[1] & IOMMU_PC_FSC_RESERVED_MASK) != 0)
        return IOMMU_RULE_PC_RESERVED;
    if (!first_stage_mode_supported(iommu, mode, DC_SET(dc, SXL)))
        return IOMMU_RULE_PC_MODE;
    if (iommu->config.check_pas_early && !nested && mode != IOMMU_IOSATP_MODE_BARE &&
        ppn_beyond_pas(iommu, IOMMU_GET(word[1], IOMMU_PC_FSC_PPN)))
        return IOMMU_RULE_PC_PAS;
    return IOMMU_RULE_NONE;
}

/** Steps 1 to 9: down the non-leaf entries. */
static bool pdt_walk(struct walk *walk, const struct device_context *dc, uint64_t *page)
{
    unsigned levels = (unsigned)IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE); /* PD8: 1, PD20: 3 */

    *page = IOMMU_GET(dc->fsc, IOMMU_DC_FSC_PPN) << PAGE_LOG2;
    for (unsigned level = levels - 1; level > 0; level--) {
        struct entry pdte = {
            .kind = IOMMU_STEP_PDTE,
            .structure = IOMMU_PDT,
            .input = walk->process_id,
            .level = (uint8_t)level,
            .size = IOMMU_PDTE_BYTES,
            .big_endian = DC_SET(dc, SBE),
            .root = level + 1 == levels,
            .space = walk->space,
        };
        enum iommu_rule rule = IOMMU_RULE_NONE;
        uint16_t cause = 0;

        if (!pdt_read(walk, dc, *page, &pdte))
            return false;
        if (pdte.status == IOMMU_MEM_ACCESS_FAULT) {
            cause = IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT;
            rule = IOMMU_RULE_PDTE_ACCESS;
        } else if (pdte.status == IOMMU_MEM_POISON) {
            cause = IOMMU_CAUSE_PDT_DATA_CORRUPTION;
            rule = IOMMU_RULE_PDTE_POISON;
        } else if ((pdte.value[0] & IOMMU_PDTE_V_MASK) == 0) {
            cause = IOMMU_CAUSE_PDT_NOT_VALID;
            rule = IOMMU_RULE_PDTE_NOT_VALID;
        } else if ((pdte.value[0] & IOMMU_PDTE_RESERVED_MASK) != 0) {
            cause = IOMMU_CAUSE_PDT_MISCONFIGURED;
            rule = IOMMU_RULE_PDTE_RESERVED;
        }
        entry_step(walk, &pdte, rule, false);
        if (cause != 0)
            return fault(walk, cause, rule);
        *page = IOMMU_GET(pdte.value[0], IOMMU_PDTE_PPN) << PAGE_LOG2;
    }
    return true;
}

/** Steps 10 to 13: read the process context and judge it. */
static bool pc_read(struct walk *walk, const struct device_context *dc, uint64_t page,
                    struct process_context *pc)
{
    struct entry entry = {
        .kind = IOMMU_STEP_PC,
        .structure = IOMMU_PDT,
        .input = walk->process_id,
        .size = IOMMU_PC_BYTES,
        .big_endian = DC_SET(dc, SBE),
        .root = IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE) == IOMMU_PDTP_MODE_PD8,
        .space = walk->space,
    };
    enum iommu_rule rule = IOMMU_RULE_NONE;
    uint16_t cause = 0;

    if (!pdt_read(walk, dc, page, &entry))
        return false;
    if (entry.status == IOMMU_MEM_ACCESS_FAULT) {
        cause = IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT;
        rule = IOMMU_RULE_PC_ACCESS;
    } else if (entry.status == IOMMU_MEM_POISON) {
        cause = IOMMU_CAUSE_PDT_DATA_CORRUPTION;
        rule = IOMMU_RULE_PC_POISON;
    } else if ((entry.value[0] & IOMMU_PC_TA_V_MASK) == 0) {
        cause = IOMMU_CAUSE_PDT_NOT_VALID;
        rule = IOMMU_RULE_PC_NOT_VALID;
    } else {
        rule = pc_misconfigured(walk->iommu, dc, entry.value);
        if (rule != IOMMU_RULE_NONE)
            cause = IOMMU_CAUSE_PDT_MISCONFIGURED;
    }
    entry_step(walk, &entry, rule, true);
    if (cause != 0)
        return fault(walk, cause, rule);

    memset(pc, 0, sizeof(*pc));
    pc->device_id = dc->device_id;
    pc->process_id = walk->process_id;
    pc->tables_as = dc->tc & TABLES_AS;
    pc->fsc = dc->fsc;
    pc->iohgatp = dc->iohgatp;
    pc->ens = (entry.value[0] & IOMMU_PC_TA_ENS_MASK) != 0;
    pc->sum = (entry.value[0] & IOMMU_PC_TA_SUM_MASK) != 0;
    pc->pscid = IOMMU_GET(entry.value[0], IOMMU_PC_TA_PSCID) & 0xfffff;
    pc->first.scheme =
        first_stage_scheme(IOMMU_GET(entry.value[1], IOMMU_PC_FSC_MODE), DC_SET(dc, SXL));
    pc->first.root = IOMMU_GET(entry.value[1], IOMMU_PC_FSC_PPN) << PAGE_LOG2;
    pc->first.big_endian = DC_SET(dc, SBE);
    pc->first.update_ad = DC_SET(dc, SADE);
    pc->first.sxl = DC_SET(dc, SXL);
    return true;
}

bool locate_process_context(struct walk *walk, const struct device_context *dc,
                            struct process_context *pc)
{
    const struct process_context *cached = NULL;
    uint64_t page;

    if (walk->explorer == NULL)
        cached = pdt_cache_find(walk->iommu, dc->device_id, walk->process_id);
    /* What the device context says counts as it says it now; words that were judged for
     * another SXL, read in another byte order, or from another directory, are read anew. */
    if (cached != NULL && cached->tables_as == (dc->tc & TABLES_AS) && cached->fsc == dc->fsc &&
        cached->iohgatp == dc->iohgatp) {
        cached_step(walk, IOMMU_PDT, walk->process_id);
        *pc = *cached;
        pc->first.update_ad = DC_SET(dc, SADE);
        return true;
    }
    if (!pdt_walk(walk, dc, &page) || !pc_read(walk, dc, page, pc))
        return false;
    if (may_cache(walk))
        pdt_cache_fill(walk->iommu, pc);
    return true;
}
