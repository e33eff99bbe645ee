/* SPDX-License-Identifier: Apache-2.0 */
/* Deviations in requests, device contexts and process contexts; see deviations_run.h. */
#include "deviations_run.h"

/* --------------------------------------------------------------------------- requests --- */

bool try_execute(struct run *run)
{
    if (!run->w->request.execute)
        return false;
    run->w->request.execute = false;
    run_again(run, DEBUG_EXE);
    return true;
}

bool try_privilege(struct run *run)
{
    if (!run->w->request.privileged)
        return false;
    run->w->request.privileged = false;
    run_again(run, DEBUG_PRIV);
    return true;
}

bool try_process_id_zero(struct run *run)
{
    if (!run->w->request.process_id_valid || run->w->asked.process_id != 0)
        return false;
    run->w->request.process_id_valid = false;
    run_again(run, PROCESS_ID_ZERO);
    return true;
}

bool try_process_id_wide(struct run *run)
{
    struct context context;
    if (!run->w->request.process_id_valid || run->w->request.process_id <= 255 ||
        run->w->response.cause != IOMMU_CAUSE_TRANS_TYPE_DISALLOWED ||
        !context_find(run, &context) || !context_has_processes(&context))
        return false;
    run->w->request.process_id &= 255;
    run_again(run, PROCESS_ID_WIDE);
    return true;
}

/* --------------------------------------------------------------------- device context --- */

bool try_dc_reserved(struct run *run)
{
    struct context context;
    bool found = false;
    if (!context_is_misconfigured(run, &context))
        return false;
    uint64_t capabilities = run->w->rig->capabilities;
    unsigned words = (capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK) != 0 ? 8 : 4;
    unsigned width = (capabilities & IOMMU_CAPABILITIES_SV57X4_MASK) != 0 ? 59 : 56; /* MGPAW */
    uint64_t wide = ~(uint64_t)0 << (width - 12);
    const uint64_t reserved[8] = {
        IOMMU_DC_TC_RESERVED_MASK,
        0,
        ~IOMMU_DC_TA_PSCID_MASK,
        IOMMU_DC_FSC_RESERVED_MASK,
        IOMMU_DC_MSIPTP_RESERVED_MASK,
        wide,
        wide,
        ~(uint64_t)0,
    };
    for (unsigned i = 0; i < words; i++) {
        if ((context.word[i] & reserved[i]) == 0)
            continue;
        found = true;
        context_patch(run, &context, 8 * i, context.word[i] & ~reserved[i]);
        if (i == CONTEXT_WORD(IOMMU_DC_MSI_ADDR_PATTERN_OFFSET) &&
            context.word[4] >> 60 == IOMMU_MSIPTP_MODE_FLAT) /* no address has the pattern */
            context_patch(run, &context, IOMMU_DC_MSIPTP_OFFSET, 0);
    }
    if (found)
        run_again(run, DC_RESERVED);
    return found;
}

/* SADE and GADE are noticed where a page table of that stage is first read. */
bool try_dc_ade(struct run *run)
{
    const uint64_t ade = IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK;
    struct context context;
    if (!context_is_misconfigured(run, &context) || (context.word[0] & ade) == 0)
        return false;
    run->ade = context.word[0] & ade;
    context_patch(run, &context, IOMMU_DC_TC_OFFSET, context.word[0] & ~ade);
    run_again(run, DC_ADE);
    return true;
}

bool try_dc_sxl(struct run *run)
{
    struct context context;
    if (run->w->take_sxl || run->w->rig->setup->gxl_writable ||
        !context_is_misconfigured(run, &context) || (context.word[0] & IOMMU_DC_TC_SXL_MASK) == 0)
        return false;
    run->w->take_sxl = true;
    run_again(run, DC_SXL);
    return true;
}

static bool is_supported(const struct run *run, unsigned mode)
{
    return shape_of(mode, false) != NULL &&
           (run->w->rig->capabilities &
            (IOMMU_CAPABILITIES_SV39X4_MASK << (mode - IOMMU_IOHGATP_MODE_SV39X4))) != 0;
}

bool try_dc_iohgatp_mode(struct run *run)
{
    struct context context;
    if (!context_is_misconfigured(run, &context))
        return false;
    unsigned mode = (unsigned)IOMMU_GET(context.word[1], IOMMU_DC_IOHGATP_MODE);
    if (!context_has_second_stage(&context) || is_supported(run, mode))
        return false;
    context_patch(run, &context, IOMMU_DC_IOHGATP_OFFSET, 0);
    run->late = (context.word[1] & 3) == 0; /* alignment is checked with the context */
    if (!run->late) {
        run_decide_fault(run, IOMMU_CAUSE_DDT_MISCONFIGURED, 0, DC_MODE);
        return true;
    }
    run->pending_pdt = run_is_in_pdt(run, &context);
    run->late &= !run->pending_pdt;
    run_suspend_fault(
        run, run->pending_pdt ? IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT : IOMMU_CAUSE_DDT_MISCONFIGURED,
        DC_MODE);
    run_again(run, DC_MODE);
    return true;
}

bool try_dc_iosatp_mode(struct run *run)
{
    struct context context;
    if (!context_is_misconfigured(run, &context) || context_has_processes(&context))
        return false;
    unsigned mode = (unsigned)IOMMU_GET(context.word[3], IOMMU_DC_FSC_MODE);
    bool sxl = (context.word[0] & IOMMU_DC_TC_SXL_MASK) != 0;
    bool sv32 = sxl && (run->w->rig->capabilities & IOMMU_CAPABILITIES_SV32_MASK) != 0;
    if (mode == IOMMU_IOSATP_MODE_BARE || (!sxl && shape_of(mode, false) != NULL) ||
        (sv32 && shape_of(mode, true) != NULL))
        return false;
    context_patch(run, &context, IOMMU_DC_FSC_OFFSET, 0);
    run->late = mode <= IOMMU_IOSATP_MODE_SV57;
    run_suspend_fault(run, run->late ? IOMMU_CAUSE_DDT_MISCONFIGURED : IOMMU_CAUSE_DDT_NOT_VALID,
                      DC_MODE);
    run->first_stage_mode = true;
    run_again(run, DC_MODE);
    return true;
}

bool try_dc_pdtp_mode(struct run *run)
{
    struct context context;
    if (!context_is_misconfigured(run, &context) || !context_has_processes(&context))
        return false;
    unsigned mode = (unsigned)IOMMU_GET(context.word[3], IOMMU_DC_FSC_MODE);
    if (mode <= IOMMU_PDTP_MODE_PD20)
        return false;
    if (run_is_in_pdt(run, &context)) {
        run_suspend_fault(run, IOMMU_CAUSE_PDT_MISCONFIGURED, DC_MODE);
        run->first_stage_mode = true;
    }
    context_patch(run, &context, IOMMU_DC_FSC_OFFSET, 0);
    run_again(run, DC_MODE);
    return true;
}

/* -------------------------------------------------------------------- process context --- */

bool try_pc_reserved(struct run *run)
{
    const struct iommu_step *pc = walk_find(run->w, IOMMU_STEP_PC);
    const uint64_t unchecked = IOMMU_PC_TA_RESERVED_MASK & 0xffffffff;
    if (run->w->response.cause != IOMMU_CAUSE_PDT_MISCONFIGURED || pc == NULL ||
        (pc->value[0] & unchecked) == 0)
        return false;
    whatif_patch(run->w, pc->address, 8, pc->value[0] & ~unchecked);
    run_again(run, PC_RESERVED);
    return true;
}

/* PC.fsc.MODE 9 and 10 with SXL: found with the page tables. */
bool try_pc_mode(struct run *run)
{
    struct context context;
    const struct iommu_step *pc = walk_find(run->w, IOMMU_STEP_PC);
    if (run->w->response.cause != IOMMU_CAUSE_PDT_MISCONFIGURED || pc == NULL || run->pending_pdt ||
        !context_find(run, &context) || (context.word[0] & IOMMU_DC_TC_SXL_MASK) == 0)
        return false;
    unsigned mode = (unsigned)IOMMU_GET(pc->value[1], IOMMU_PC_FSC_MODE);
    if (shape_of(mode, false) == NULL || shape_of(mode, true) != NULL)
        return false;
    run->late = true;
    run_suspend_fault(run, IOMMU_CAUSE_DDT_MISCONFIGURED, DC_MODE);
    run->first_stage_mode = true;
    whatif_patch(run->w, pc->address + 8, 8, pc->value[1] & ~IOMMU_PC_FSC_MODE_MASK);
    run_again(run, DC_MODE);
    return true;
}

/* All faults of the second stage that the PDT's address leads to. */
bool try_pdt_fault(struct run *run)
{
    struct context context;
    unsigned cause = run->w->response.cause;
    if ((cause != IOMMU_CAUSE_READ_GUEST_PAGE_FAULT &&
         cause != IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT) ||
        !context_find(run, &context) || !run_is_in_pdt(run, &context))
        return false;
    run_decide_fault(run, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, 0, PDT_GUEST_FAULT);
    return true;
}
