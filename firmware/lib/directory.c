/* SPDX-License-Identifier: Apache-2.0 */
/* Device and process directories, and the checks of what goes into them. */
#include "rvi_tables.h"

static uint64_t region_take(void *context, uint64_t bytes)
{
    struct rvi_region *region = context;
    uint64_t at = (region->next + bytes - 1) & ~(bytes - 1);

    if (at < region->next || at > region->end || region->end - at < bytes)
        return 0;
    region->next = at + bytes;
    return at;
}

struct rvi_pages rvi_pages_from(struct rvi_region *region)
{
    struct rvi_pages pages = {region, region_take};

    return pages;
}

enum rvi_status rvi_take(const struct rvi_memory *memory, const struct rvi_pages *pages,
                         uint64_t bytes, uint64_t *address)
{
    uint64_t at = pages->take(pages->context, bytes);

    if (at == 0 || at % RVI_PAGE != 0)
        return RVI_NO_MEMORY;
    for (uint64_t i = 0; i < bytes; i += 8)
        memory->store64(memory->context, at + i, 0);
    *address = at;
    return RVI_OK;
}

/* One level of either directory: go to the table that an entry leads to, making it if need
 * be. Both kinds of non-leaf entry look alike. */
static enum rvi_status descend(const struct rvi_memory *memory, const struct rvi_pages *pages,
                               uint64_t entry, bool create, uint64_t *table)
{
    uint64_t value = memory->load64(memory->context, entry);
    enum rvi_status status;

    if ((value & IOMMU_DDTE_V_MASK) != 0) {
        *table = IOMMU_GET(value, IOMMU_DDTE_PPN) * RVI_PAGE;
        return RVI_OK;
    }
    if (!create)
        return RVI_NOT_FOUND;
    status = rvi_take(memory, pages, RVI_PAGE, table);
    if (status != RVI_OK)
        return status;
    memory->fence(memory->context); /* the zeros before the entry that leads to them */
    memory->store64(memory->context, entry,
                    IOMMU_PREP(IOMMU_DDTE_PPN, *table / RVI_PAGE) | IOMMU_DDTE_V_MASK);
    return RVI_OK;
}

/* --- device directory --- */

struct rvi_ddt rvi_ddt_of(const struct rvi *iommu, struct rvi_pages pages)
{
    struct rvi_ddt ddt = {iommu->memory, pages, iommu->root, iommu->mode,
                          rvi_has(iommu, IOMMU_CAPABILITIES_MSI_FLAT_MASK)};

    return ddt;
}

uint8_t rvi_ddt_bits(const struct rvi_ddt *ddt)
{
    static const uint8_t bits[2][3] = {{7, 16, 24}, {6, 15, 24}};

    if (ddt->mode < IOMMU_DDTP_MODE_1LVL || ddt->mode > IOMMU_DDTP_MODE_3LVL)
        return 0;
    return bits[ddt->extended][ddt->mode - IOMMU_DDTP_MODE_1LVL];
}

static uint32_t ddi(const struct rvi_ddt *ddt, uint32_t device_id, uint32_t level)
{
    if (ddt->extended)
        return level == 0   ? IOMMU_GET(device_id, IOMMU_DEVICE_ID_EXT_DDI0)
               : level == 1 ? IOMMU_GET(device_id, IOMMU_DEVICE_ID_EXT_DDI1)
                            : IOMMU_GET(device_id, IOMMU_DEVICE_ID_EXT_DDI2);
    return level == 0   ? IOMMU_GET(device_id, IOMMU_DEVICE_ID_BASE_DDI0)
           : level == 1 ? IOMMU_GET(device_id, IOMMU_DEVICE_ID_BASE_DDI1)
                        : IOMMU_GET(device_id, IOMMU_DEVICE_ID_BASE_DDI2);
}

enum rvi_status rvi_ddt_find(const struct rvi_ddt *ddt, uint32_t device_id, bool create,
                             uint64_t *address)
{
    uint8_t bits = rvi_ddt_bits(ddt);
    uint64_t table = ddt->root;
    enum rvi_status status;

    if (bits == 0 || device_id >> bits != 0)
        return RVI_INVALID;
    for (uint32_t level = ddt->mode - (uint32_t)IOMMU_DDTP_MODE_1LVL; level > 0; level--) {
        uint64_t entry = table + (uint64_t)ddi(ddt, device_id, level) * IOMMU_DDTE_BYTES;

        status = descend(&ddt->memory, &ddt->pages, entry, create, &table);
        if (status != RVI_OK)
            return status;
    }
    *address = table + (uint64_t)ddi(ddt, device_id, 0) *
                           (ddt->extended ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES);
    return RVI_OK;
}

void rvi_dc_load(const struct rvi_ddt *ddt, uint64_t address, struct rvi_dc *dc)
{
    const struct rvi_memory *memory = &ddt->memory;

    dc->tc = memory->load64(memory->context, address + IOMMU_DC_TC_OFFSET);
    dc->iohgatp = memory->load64(memory->context, address + IOMMU_DC_IOHGATP_OFFSET);
    dc->ta = memory->load64(memory->context, address + IOMMU_DC_TA_OFFSET);
    dc->fsc = memory->load64(memory->context, address + IOMMU_DC_FSC_OFFSET);
    dc->msiptp = dc->msi_addr_mask = dc->msi_addr_pattern = 0;
    if (!ddt->extended)
        return;
    dc->msiptp = memory->load64(memory->context, address + IOMMU_DC_MSIPTP_OFFSET);
    dc->msi_addr_mask = memory->load64(memory->context, address + IOMMU_DC_MSI_ADDR_MASK_OFFSET);
    dc->msi_addr_pattern =
        memory->load64(memory->context, address + IOMMU_DC_MSI_ADDR_PATTERN_OFFSET);
}

void rvi_dc_store(const struct rvi_ddt *ddt, uint64_t address, const struct rvi_dc *dc)
{
    const struct rvi_memory *memory = &ddt->memory;

    memory->store64(memory->context, address + IOMMU_DC_IOHGATP_OFFSET, dc->iohgatp);
    memory->store64(memory->context, address + IOMMU_DC_TA_OFFSET, dc->ta);
    memory->store64(memory->context, address + IOMMU_DC_FSC_OFFSET, dc->fsc);
    if (ddt->extended) {
        memory->store64(memory->context, address + IOMMU_DC_MSIPTP_OFFSET, dc->msiptp);
        memory->store64(memory->context, address + IOMMU_DC_MSI_ADDR_MASK_OFFSET,
                        dc->msi_addr_mask);
        memory->store64(memory->context, address + IOMMU_DC_MSI_ADDR_PATTERN_OFFSET,
                        dc->msi_addr_pattern);
    }
    memory->fence(memory->context);
    memory->store64(memory->context, address + IOMMU_DC_TC_OFFSET, dc->tc);
    memory->fence(memory->context);
}

static bool stage1_supported(uint64_t capabilities, bool sxl, uint64_t mode)
{
    if (mode == IOMMU_IOSATP_MODE_BARE)
        return true;
    if (sxl)
        return mode == IOMMU_IOSATP_MODE_SXL1_SV32 &&
               (capabilities & IOMMU_CAPABILITIES_SV32_MASK) != 0;
    return (mode == IOMMU_IOSATP_MODE_SV39 && (capabilities & IOMMU_CAPABILITIES_SV39_MASK) != 0) ||
           (mode == IOMMU_IOSATP_MODE_SV48 && (capabilities & IOMMU_CAPABILITIES_SV48_MASK) != 0) ||
           (mode == IOMMU_IOSATP_MODE_SV57 && (capabilities & IOMMU_CAPABILITIES_SV57_MASK) != 0);
}

static bool stage2_supported(uint64_t capabilities, bool gxl, uint64_t mode)
{
    if (mode == IOMMU_IOHGATP_MODE_BARE)
        return true;
    if (gxl)
        return mode == IOMMU_IOHGATP_MODE_GXL1_SV32X4 &&
               (capabilities & IOMMU_CAPABILITIES_SV32X4_MASK) != 0;
    return (mode == IOMMU_IOHGATP_MODE_SV39X4 &&
            (capabilities & IOMMU_CAPABILITIES_SV39X4_MASK) != 0) ||
           (mode == IOMMU_IOHGATP_MODE_SV48X4 &&
            (capabilities & IOMMU_CAPABILITIES_SV48X4_MASK) != 0) ||
           (mode == IOMMU_IOHGATP_MODE_SV57X4 &&
            (capabilities & IOMMU_CAPABILITIES_SV57X4_MASK) != 0);
}

static bool pdtp_supported(uint64_t capabilities, uint64_t mode)
{
    return mode == IOMMU_PDTP_MODE_BARE ||
           (mode == IOMMU_PDTP_MODE_PD8 && (capabilities & IOMMU_CAPABILITIES_PD8_MASK) != 0) ||
           (mode == IOMMU_PDTP_MODE_PD17 && (capabilities & IOMMU_CAPABILITIES_PD17_MASK) != 0) ||
           (mode == IOMMU_PDTP_MODE_PD20 && (capabilities & IOMMU_CAPABILITIES_PD20_MASK) != 0);
}

/* MGPAW, the width of guest physical addresses ("MSI address mask and pattern"). */
static uint64_t guest_address_bits(uint64_t capabilities)
{
    if ((capabilities & IOMMU_CAPABILITIES_SV57X4_MASK) != 0)
        return 59;
    if ((capabilities & IOMMU_CAPABILITIES_SV48X4_MASK) != 0)
        return 50;
    if ((capabilities & IOMMU_CAPABILITIES_SV39X4_MASK) != 0)
        return 41;
    if ((capabilities & IOMMU_CAPABILITIES_SV32X4_MASK) != 0)
        return 34;
    return IOMMU_GET(capabilities, IOMMU_CAPABILITIES_PAS);
}

static bool dc_reserved_bits(uint64_t capabilities, const struct rvi_dc *dc)
{
    uint64_t pages = (1ull << (guest_address_bits(capabilities) - 12)) - 1;

    if ((capabilities & IOMMU_CAPABILITIES_QOSID_MASK) == 0 &&
        (dc->ta & (IOMMU_DC_TA_RCID_MASK | IOMMU_DC_TA_MCID_MASK)) != 0)
        return true;
    return (dc->tc & IOMMU_DC_TC_RESERVED_MASK) != 0 || (dc->ta & IOMMU_DC_TA_RESERVED_MASK) != 0 ||
           (dc->fsc & IOMMU_DC_FSC_RESERVED_MASK) != 0 ||
           (dc->msiptp & IOMMU_DC_MSIPTP_RESERVED_MASK) != 0 || (dc->msi_addr_mask & ~pages) != 0 ||
           (dc->msi_addr_pattern & ~pages) != 0;
}

/* Checks 1 to 7: reserved bits, ATS and what hangs on it. */
static unsigned check_ats(uint64_t capabilities, const struct rvi_dc *dc)
{
    bool ats = (dc->tc & IOMMU_DC_TC_EN_ATS_MASK) != 0;
    bool pri = (dc->tc & IOMMU_DC_TC_EN_PRI_MASK) != 0;
    bool prpr = (dc->tc & IOMMU_DC_TC_PRPR_MASK) != 0;
    bool t2gpa = (dc->tc & IOMMU_DC_TC_T2GPA_MASK) != 0;

    if (dc_reserved_bits(capabilities, dc))
        return 1;
    if ((capabilities & IOMMU_CAPABILITIES_ATS_MASK) == 0 && (ats || pri || prpr))
        return 2;
    if (!ats && t2gpa)
        return 3;
    if (!ats && pri)
        return 4;
    if (!pri && prpr)
        return 5;
    if (t2gpa && (capabilities & IOMMU_CAPABILITIES_T2GPA_MASK) == 0)
        return 6;
    if (t2gpa && IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_MODE) == IOMMU_IOHGATP_MODE_BARE)
        return 7;
    return 0;
}

/* Checks 8 to 17: the modes. */
static unsigned check_modes(uint64_t capabilities, uint32_t fctl, const struct rvi_dc *dc)
{
    bool sxl = (dc->tc & IOMMU_DC_TC_SXL_MASK) != 0, gxl = (fctl & IOMMU_FCTL_GXL_MASK) != 0;
    bool pdtv = (dc->tc & IOMMU_DC_TC_PDTV_MASK) != 0;
    uint64_t first = IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE);
    uint64_t second = IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_MODE);
    uint64_t msi = IOMMU_GET(dc->msiptp, IOMMU_DC_MSIPTP_MODE);

    if (pdtv && !pdtp_supported(capabilities, first))
        return 8;
    if (!pdtv && !stage1_supported(capabilities, sxl, first))
        return sxl ? 11 : 10;
    if (!pdtv && (dc->tc & IOMMU_DC_TC_DPE_MASK) != 0)
        return 12;
    if (!stage2_supported(capabilities, gxl, second))
        return gxl ? 15 : 14;
    if (msi > IOMMU_MSIPTP_MODE_FLAT)
        return 16;
    if (second != IOMMU_IOHGATP_MODE_BARE && (dc->iohgatp & 3) != 0)
        return 17;
    return 0;
}

unsigned rvi_dc_check(uint64_t capabilities, uint32_t fctl, const struct rvi_dc *dc)
{
    unsigned failed = check_ats(capabilities, dc);
    bool be = (fctl & IOMMU_FCTL_BE_MASK) != 0, sbe = (dc->tc & IOMMU_DC_TC_SBE_MASK) != 0;
    bool sxl = (dc->tc & IOMMU_DC_TC_SXL_MASK) != 0, gxl = (fctl & IOMMU_FCTL_GXL_MASK) != 0;

    if (failed == 0)
        failed = check_modes(capabilities, fctl, dc);
    if (failed != 0)
        return failed;
    if ((capabilities & IOMMU_CAPABILITIES_AMO_HWAD_MASK) == 0 &&
        (dc->tc & (IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK)) != 0)
        return 18;
    if ((capabilities & IOMMU_CAPABILITIES_END_MASK) == 0 && be != sbe)
        return 19;
    if (gxl && !sxl)
        return 20;
    if ((dc->msiptp & IOMMU_DC_MSIPTP_MODE_MASK) != 0 &&
        (dc->iohgatp & IOMMU_DC_IOHGATP_MODE_MASK) == 0)
        return 100;
    return 0;
}

/* --- process directory --- */

static uint8_t pdt_bits(uint8_t mode)
{
    return mode == IOMMU_PDTP_MODE_PD8 ? 8 : mode == IOMMU_PDTP_MODE_PD17 ? 17 : 20;
}

enum rvi_status rvi_pdt_make(struct rvi_pdt *pdt, const struct rvi_memory *memory,
                             const struct rvi_pages *pages, uint8_t mode)
{
    if (mode < IOMMU_PDTP_MODE_PD8 || mode > IOMMU_PDTP_MODE_PD20)
        return RVI_INVALID;
    pdt->memory = *memory;
    pdt->pages = *pages;
    pdt->mode = mode;
    return rvi_take(memory, pages, RVI_PAGE, &pdt->root);
}

enum rvi_status rvi_pdt_find(const struct rvi_pdt *pdt, uint32_t process_id, bool create,
                             uint64_t *address)
{
    uint32_t index[3] = {IOMMU_GET(process_id, IOMMU_PROCESS_ID_PDI0),
                         IOMMU_GET(process_id, IOMMU_PROCESS_ID_PDI1),
                         IOMMU_GET(process_id, IOMMU_PROCESS_ID_PDI2)};
    uint64_t table = pdt->root;
    enum rvi_status status;

    if (process_id >> pdt_bits(pdt->mode) != 0)
        return RVI_INVALID;
    for (uint32_t level = pdt->mode - (uint32_t)IOMMU_PDTP_MODE_PD8; level > 0; level--) {
        status = descend(&pdt->memory, &pdt->pages,
                         table + (uint64_t)index[level] * IOMMU_PDTE_BYTES, create, &table);
        if (status != RVI_OK)
            return status;
    }
    *address = table + (uint64_t)index[0] * IOMMU_PC_BYTES;
    return RVI_OK;
}

void rvi_pc_load(const struct rvi_pdt *pdt, uint64_t address, struct rvi_pc *pc)
{
    pc->ta = pdt->memory.load64(pdt->memory.context, address + IOMMU_PC_TA_OFFSET);
    pc->fsc = pdt->memory.load64(pdt->memory.context, address + IOMMU_PC_FSC_OFFSET);
}

void rvi_pc_store(const struct rvi_pdt *pdt, uint64_t address, const struct rvi_pc *pc)
{
    const struct rvi_memory *memory = &pdt->memory;

    memory->store64(memory->context, address + IOMMU_PC_FSC_OFFSET, pc->fsc);
    memory->fence(memory->context);
    memory->store64(memory->context, address + IOMMU_PC_TA_OFFSET, pc->ta);
    memory->fence(memory->context);
}
