/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of structures that the IOMMU is using ("Guidelines for invalidations"). */
#include "rvi_tables.h"

#define MANY_PAGES 16 /* above this, one wide invalidation instead of one a page */

static bool has_guest(const struct rvi_dc *dc)
{
    return IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_MODE) != IOMMU_IOHGATP_MODE_BARE;
}

static uint16_t gscid_of(const struct rvi_dc *dc)
{
    return (uint16_t)IOMMU_GET(dc->iohgatp, IOMMU_DC_IOHGATP_GSCID);
}

/*
 * Post a command that follows a change of memory: whatever went wrong before, with this batch or
 * with what the caller had posted, the rest is still sent, unless nobody answers. *worst keeps the
 * first error.
 */
static void post(struct rvi *iommu, struct rvi_command command, enum rvi_status *worst)
{
    enum rvi_status status;

    if (*worst == RVI_TIMEOUT)
        return;
    status = rvi_post(iommu, command);
    if (*worst == RVI_OK || status == RVI_TIMEOUT)
        *worst = status;
}

/* Wait for all that was posted. */
static enum rvi_status finish(struct rvi *iommu, enum rvi_status worst)
{
    enum rvi_status status;

    if (worst == RVI_TIMEOUT)
        return worst;
    status = rvi_sync(iommu);
    return worst != RVI_OK && status != RVI_TIMEOUT ? worst : status;
}

/* "Changing device directory table entry", by the values before the change. */
static enum rvi_status forget_device(struct rvi *iommu, uint32_t device_id,
                                     const struct rvi_dc *old)
{
    struct rvi_inval scope = {.gv = has_guest(old)};
    enum rvi_status worst = RVI_OK;

    post(iommu, rvi_cmd_ddt(true, device_id), &worst);
    if (has_guest(old)) {
        scope.gscid = gscid_of(old);
        post(iommu, rvi_cmd_vma(&scope), &worst);
        post(iommu, rvi_cmd_gvma(&scope), &worst);
    } else if ((old->tc & IOMMU_DC_TC_PDTV_MASK) != 0) {
        post(iommu, rvi_cmd_vma(&scope), &worst);
    } else if (IOMMU_GET(old->fsc, IOMMU_DC_FSC_MODE) != IOMMU_IOSATP_MODE_BARE) {
        scope.pscv = true;
        scope.pscid = (uint32_t)IOMMU_GET(old->ta, IOMMU_DC_TA_PSCID);
        post(iommu, rvi_cmd_vma(&scope), &worst);
    }
    return finish(iommu, worst);
}

/*
 * What an earlier owner's guest with this GSCID left in the caches of the first stage: IOTINVAL.VMA
 * without GV is for the host's address spaces, and IOTINVAL.GVMA for second stages, so that no
 * command of rvi_init() reaches it.
 */
static enum rvi_status forget_guest(struct rvi *iommu, const struct rvi_dc *dc)
{
    struct rvi_inval scope = {.gv = true, .gscid = gscid_of(dc)};
    enum rvi_status worst = RVI_OK;

    post(iommu, rvi_cmd_vma(&scope), &worst);
    return finish(iommu, worst);
}

/* Make a valid context invalid, and wait until nothing uses it any more. */
static enum rvi_status retire_device(struct rvi *iommu, const struct rvi_ddt *ddt,
                                     uint32_t device_id, uint64_t address)
{
    const struct rvi_memory *memory = &ddt->memory;
    struct rvi_dc old;

    rvi_dc_load(ddt, address, &old);
    if ((old.tc & IOMMU_DC_TC_V_MASK) == 0)
        return RVI_NOT_FOUND;
    memory->store64(memory->context, address + IOMMU_DC_TC_OFFSET, 0);
    memory->fence(memory->context);
    return forget_device(iommu, device_id, &old);
}

enum rvi_status rvi_attach(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id,
                           const struct rvi_dc *dc)
{
    enum rvi_status status;
    uint64_t address;

    if ((dc->tc & IOMMU_DC_TC_V_MASK) == 0 ||
        rvi_dc_check(iommu->capabilities, iommu->fctl, dc) != 0)
        return RVI_INVALID;
    status = rvi_ddt_find(ddt, device_id, true, &address);
    if (status != RVI_OK)
        return status;
    status = retire_device(iommu, ddt, device_id, address);
    if (status != RVI_OK && status != RVI_NOT_FOUND)
        return status;
    status = has_guest(dc) ? forget_guest(iommu, dc) : RVI_OK;
    if (status != RVI_OK)
        return status;
    rvi_dc_store(ddt, address, dc);
    if (!iommu->notify) /* invalid entries are not cached: nothing to invalidate */
        return RVI_OK;
    status = rvi_post(iommu, rvi_cmd_ddt(true, device_id));
    return status != RVI_OK ? status : rvi_sync(iommu);
}

enum rvi_status rvi_detach(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id)
{
    enum rvi_status status;
    uint64_t address;

    status = rvi_ddt_find(ddt, device_id, false, &address);
    if (status != RVI_OK)
        return status;
    return retire_device(iommu, ddt, device_id, address);
}

#define ATS_CONTROLS                                                                               \
    (IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK | IOMMU_DC_TC_PRPR_MASK |                   \
     IOMMU_DC_TC_T2GPA_MASK)

/* Replace the ATS controls of a valid context. */
static enum rvi_status set_ats(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id,
                               uint64_t controls)
{
    enum rvi_status status;
    struct rvi_dc dc;
    uint64_t address;

    status = rvi_ddt_find(ddt, device_id, false, &address);
    if (status != RVI_OK)
        return status;
    rvi_dc_load(ddt, address, &dc);
    if ((dc.tc & IOMMU_DC_TC_V_MASK) == 0)
        return RVI_NOT_FOUND;
    dc.tc = (dc.tc & ~ATS_CONTROLS) | controls;
    return rvi_attach(iommu, ddt, device_id, &dc);
}

enum rvi_status rvi_enable_ats(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id,
                               uint64_t controls)
{
    if ((controls & ~ATS_CONTROLS) != 0 || (controls & IOMMU_DC_TC_EN_ATS_MASK) == 0)
        return RVI_INVALID;
    return set_ats(iommu, ddt, device_id, controls);
}

enum rvi_status rvi_disable_ats(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id)
{
    enum rvi_status status = set_ats(iommu, ddt, device_id, 0);

    /* The IOMMU's caches first, since it may answer the device from them; then the device's. */
    if (status == RVI_OK)
        status = rvi_post(iommu, rvi_cmd_ats_inval(device_id, false, 0, 0, 64));
    return status == RVI_OK ? rvi_sync(iommu) : status;
}

/* "Changing process directory table entry", by the values before the change. */
static enum rvi_status retire_process(struct rvi *iommu, const struct rvi_pdt *pdt,
                                      uint32_t device_id, const struct rvi_dc *dc,
                                      uint32_t process_id, uint64_t address)
{
    const struct rvi_memory *memory = &pdt->memory;
    struct rvi_inval scope = {.gv = has_guest(dc), .pscv = true};
    enum rvi_status worst = RVI_OK;
    struct rvi_pc old;

    rvi_pc_load(pdt, address, &old);
    if ((old.ta & IOMMU_PC_TA_V_MASK) == 0)
        return RVI_NOT_FOUND;
    memory->store64(memory->context, address + IOMMU_PC_TA_OFFSET, 0);
    memory->fence(memory->context);
    scope.gscid = scope.gv ? gscid_of(dc) : 0;
    scope.pscid = (uint32_t)IOMMU_GET(old.ta, IOMMU_PC_TA_PSCID);
    post(iommu, rvi_cmd_pdt(device_id, process_id), &worst);
    post(iommu, rvi_cmd_vma(&scope), &worst);
    return finish(iommu, worst);
}

enum rvi_status rvi_attach_process(struct rvi *iommu, const struct rvi_pdt *pdt, uint32_t device_id,
                                   const struct rvi_dc *dc, uint32_t process_id,
                                   const struct rvi_pc *pc)
{
    enum rvi_status status;
    uint64_t address;

    if ((pc->ta & IOMMU_PC_TA_V_MASK) == 0)
        return RVI_INVALID;
    status = rvi_pdt_find(pdt, process_id, true, &address);
    if (status != RVI_OK)
        return status;
    status = retire_process(iommu, pdt, device_id, dc, process_id, address);
    if (status != RVI_OK && status != RVI_NOT_FOUND)
        return status;
    rvi_pc_store(pdt, address, pc);
    if (!iommu->notify)
        return RVI_OK;
    status = rvi_post(iommu, rvi_cmd_pdt(device_id, process_id));
    return status != RVI_OK ? status : rvi_sync(iommu);
}

enum rvi_status rvi_detach_process(struct rvi *iommu, const struct rvi_pdt *pdt, uint32_t device_id,
                                   const struct rvi_dc *dc, uint32_t process_id)
{
    enum rvi_status status;
    uint64_t address;

    status = rvi_pdt_find(pdt, process_id, false, &address);
    if (status != RVI_OK)
        return status;
    return retire_process(iommu, pdt, device_id, dc, process_id, address);
}

static struct rvi_command table_inval(bool guest_table, const struct rvi_inval *scope)
{
    return guest_table ? rvi_cmd_gvma(scope) : rvi_cmd_vma(scope);
}

enum rvi_status rvi_unmap(struct rvi *iommu, const struct rvi_table *table,
                          const struct rvi_scope *scope, uint64_t iova, uint64_t size)
{
    bool guest_table = rvi_format_guest(table->format);
    struct rvi_inval inval = {.gv = scope->guest || guest_table, .gscid = scope->gscid};
    uint64_t cleared;
    enum rvi_status found = rvi_clear_what(table, iova, size, &cleared), status = RVI_OK;

    if (cleared == 0)
        return found;
    /* With PSCV the command would spare global mappings. */
    inval.pscv = scope->process && !guest_table && (cleared & IOMMU_PTE_G_MASK) == 0;
    inval.pscid = inval.pscv ? scope->pscid : 0;
    if (!inval.gv)
        inval.gscid = 0;
    if (size / RVI_PAGE > MANY_PAGES) {
        post(iommu, table_inval(guest_table, &inval), &status);
    } else {
        inval.av = true;
        for (uint64_t done = 0; done < size; done += RVI_PAGE) {
            inval.address = iova + done;
            post(iommu, table_inval(guest_table, &inval), &status);
        }
    }
    status = finish(iommu, status);
    return status != RVI_OK ? status : found;
}

enum rvi_status rvi_msi_change(struct rvi *iommu, const struct rvi_msi_table *table, uint16_t gscid,
                               uint64_t gpa, uint64_t page)
{
    struct rvi_inval inval = {.gv = true, .av = true, .gscid = gscid, .address = gpa};
    enum rvi_status status;
    uint32_t index;

    if (page % RVI_PAGE != 0 || page >> RVI_ADDRESS_BITS != 0)
        return RVI_INVALID;
    status = rvi_msi_index(table, gpa, &index);
    if (status != RVI_OK)
        return status;
    rvi_msi_clear(table, index);
    post(iommu, rvi_cmd_gvma(&inval), &status);
    status = finish(iommu, status);
    if (status == RVI_OK && page != 0)
        status = rvi_msi_set(table, index, page);
    return status;
}
