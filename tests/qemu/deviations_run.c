/* SPDX-License-Identifier: Apache-2.0 */
#include "deviations_run.h"

#include <string.h>

const struct iommu_step *walk_find(const struct whatif *w, enum iommu_step_kind kind)
{
    for (unsigned i = 0; i < w->steps; i++)
        if (w->step[i].kind == kind && (w->step[i].words != 0 || kind == IOMMU_STEP_MSI_PTE))
            return &w->step[i];
    return NULL;
}

const struct iommu_step *walk_last(const struct whatif *w)
{
    static const struct iommu_step none = {.kind = IOMMU_STEP_RULE};
    return w->steps > 0 ? &w->step[w->steps - 1] : &none;
}

bool walk_is_pte(const struct iommu_step *step)
{
    return step->kind == IOMMU_STEP_PTE1 || step->kind == IOMMU_STEP_PTE2;
}

/* A fault that is found while contexts are located. */
bool cause_is_of_context(unsigned cause)
{
    return (cause >= 256 && cause <= 260) || (cause >= 265 && cause <= 267);
}

static bool same_result(const struct forecast *a, const struct forecast *b)
{
    return a->fault == b->fault && a->cause == b->cause && a->recorded == b->recorded &&
           a->address == b->address && a->target == b->target &&
           a->record.word[3] == b->record.word[3];
}

/* Run again after a change; the deviation counts as used if the result changed. */
void run_again(struct run *run, enum deviation deviation)
{
    struct forecast before, after;
    whatif_forecast(run->w, &before);
    whatif_run(run->w);
    whatif_forecast(run->w, &after);
    if (!same_result(&before, &after))
        deviation_mark(run->used, deviation);
}

void run_decide(struct run *run, const struct forecast *f, enum deviation deviation)
{
    run->f = *f;
    run->decided = true;
    deviation_mark(run->used, deviation);
}

void run_decide_fault(struct run *run, unsigned cause, uint64_t iotval2, enum deviation deviation)
{
    struct forecast f;
    whatif_fault(run->w, (uint16_t)cause, iotval2, &f);
    run_decide(run, &f, deviation);
}

/* A fault that comes unless contexts have one: all that QEMU checks in them comes first. */
void run_suspend_fault(struct run *run, unsigned cause, enum deviation deviation)
{
    whatif_fault(run->w, (uint16_t)cause, 0, &run->f);
    run->pending = true;
    deviation_mark(run->used, deviation);
}

unsigned run_by_access(const struct run *run, unsigned read, unsigned write)
{
    return request_writes(&run->w->request) ? write : read;
}

bool context_find(const struct run *run, struct context *context)
{
    const struct iommu_step *dc = walk_find(run->w, IOMMU_STEP_DC);
    memset(context, 0, sizeof *context);
    if (dc == NULL)
        return false;
    context->at = dc->address;
    for (unsigned i = 0; i < dc->words && i < 8; i++)
        context->word[i] = whatif_load(run->w, dc->address + 8 * i, 8);
    return (context->word[0] & IOMMU_DC_TC_V_MASK) != 0;
}

bool context_is_misconfigured(const struct run *run, struct context *context)
{
    return run->w->response.cause == IOMMU_CAUSE_DDT_MISCONFIGURED && context_find(run, context);
}

void context_patch(struct run *run, const struct context *context, unsigned offset, uint64_t value)
{
    whatif_patch(run->w, context->at + offset, 8, value);
}

bool context_has_processes(const struct context *context)
{
    return (context->word[0] & IOMMU_DC_TC_PDTV_MASK) != 0;
}

bool context_has_second_stage(const struct context *context)
{
    return IOMMU_GET(context->word[1], IOMMU_DC_IOHGATP_MODE) != IOMMU_IOHGATP_MODE_BARE;
}

/* The second stage is (or was) at work for the PDT. */
bool run_is_in_pdt(const struct run *run, const struct context *context)
{
    return context_has_processes(context) && walk_find(run->w, IOMMU_STEP_PC) == NULL &&
           IOMMU_GET(context->word[3], IOMMU_DC_FSC_MODE) != IOMMU_PDTP_MODE_BARE &&
           (run->w->request.process_id_valid || (context->word[0] & IOMMU_DC_TC_DPE_MASK) != 0);
}

/* The run ends with a fault that QEMU finds before the one that is pending. */
static bool comes_first(const struct run *run)
{
    unsigned cause = run->w->response.cause;
    return run->pending_pdt ? cause >= 256 && cause <= 260 : cause_is_of_context(cause);
}

/* With a first stage that is Bare, MSIs are recognised before anything else. */
static bool is_early_msi(const struct run *run)
{
    return walk_find(run->w, IOMMU_STEP_MSI_PTE) != NULL && request_writes(&run->w->request) &&
           walk_find(run->w, IOMMU_STEP_PTE1) == NULL && run->f.cause != 0 &&
           !run->first_stage_mode && !run->pending_pdt;
}

/* ------------------------------------------------------------------- what QEMU records --- */

static void set(struct run *run, uint64_t *value, uint64_t to, enum deviation deviation)
{
    if (*value != to)
        deviation_mark(run->used, deviation);
    *value = to;
}

static uint64_t recorded_iotval2(const struct run *run, const struct forecast *f)
{
    const struct whatif *w = run->w;
    const struct iommu_step *last = walk_last(w);
    uint64_t iotval2 = f->record.word[3];
    if (f->cause == IOMMU_CAUSE_READ_PAGE_FAULT || f->cause == IOMMU_CAUSE_WRITE_PAGE_FAULT)
        return last->kind == IOMMU_STEP_PTE1 ? w->asked.iova : 0;
    if (run->decided)
        return iotval2;
    bool before_leaf = true;
    for (unsigned i = 0; i < w->steps; i++)
        before_leaf &= w->step[i].kind != IOMMU_STEP_PTE1 || !w->step[i].leaf;
    if (f->cause == IOMMU_CAUSE_READ_ACCESS_FAULT || f->cause == IOMMU_CAUSE_WRITE_ACCESS_FAULT)
        return last->kind == IOMMU_STEP_PTE2 && !before_leaf ? last->input : 0;
    if (last->kind == IOMMU_STEP_RULE && before_leaf)
        return 0; /* a GPA that is too wide */
    return (iotval2 & 1) != 0 ? page_of(iotval2) : iotval2;
}

static void show_record(struct run *run, struct forecast *f)
{
    const struct request *asked = &run->w->asked;
    uint64_t *word = f->record.word;
    uint64_t ttyp =
        request_writes(asked) ? IOMMU_TTYP_UNTRANSLATED_WRITE : IOMMU_TTYP_UNTRANSLATED_READ;
    if (asked->kind == REQUEST_DEBUG && cause_is_of_context(f->cause) && !run->late)
        set(run, &word[0],
            (word[0] & ~(uint64_t)IOMMU_FQ_TTYP_MASK) |
                IOMMU_PREP(IOMMU_FQ_TTYP, IOMMU_TTYP_UNTRANSLATED_READ),
            RECORD_TTYP);
    else
        set(run, &word[0],
            (word[0] & ~(uint64_t)IOMMU_FQ_TTYP_MASK) | IOMMU_PREP(IOMMU_FQ_TTYP, ttyp), DEBUG_EXE);
    set(run, &word[0], word[0] | IOMMU_FQ_PV_MASK, RECORD_PV);
    set(run, &word[0], word[0] & ~(uint64_t)IOMMU_FQ_PRIV_MASK, DEBUG_PRIV);
    if (f->cause >= IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT && !cause_is_of_context(f->cause))
        set(run, &word[2], 0, RECORD_MSI);
    set(run, &word[3], recorded_iotval2(run, f), RECORD_IOTVAL2);
}

/* The page number lands 10 bits too low, and the offset in a superpage is cut off. */
static void show_response(struct run *run, struct forecast *f)
{
    const struct whatif *w = run->w;
    uint64_t offset = 0;
    for (unsigned i = 0; i < w->steps && !run->decided; i++) {
        const struct iommu_step *step = &w->step[i];
        if (!walk_is_pte(step) || !step->leaf)
            continue;
        unsigned bits = step->kind == IOMMU_STEP_PTE1 && (w->step[i].level != 0) &&
                                (rig_load(w->rig, MODEL, walk_find(w, IOMMU_STEP_DC)->address, 8) &
                                 IOMMU_DC_TC_SXL_MASK) != 0
                            ? 10
                            : 9;
        uint64_t size = ((uint64_t)PAGE << (bits * step->level)) - 1;
        offset = offset == 0 || size < offset ? size : offset;
    }
    uint64_t address = f->address & ~(offset == 0 ? (uint64_t)PAGE - 1 : offset);
    set(run, &f->response,
        address >> 12 & IOMMU_TR_RESPONSE_PPN_MASK & ~(uint64_t)IOMMU_TR_RESPONSE_S_MASK,
        RESPONSE_LAYOUT);
}

bool deviations_counts(const struct forecast *f)
{
    return !f->fault || f->late || !cause_is_of_context(f->cause);
}

void deviations_forecast(struct whatif *w, struct forecast *f, struct deviation_set *used)
{
    static bool (*const tries[])(struct run *) = {
        try_execute,
        try_privilege,
        try_process_id_zero,
        try_process_id_wide,
        try_dc_reserved,
        try_dc_ade,
        try_dc_sxl,
        try_dc_iohgatp_mode,
        try_dc_iosatp_mode,
        try_dc_pdtp_mode,
        try_pc_reserved,
        try_pc_mode,
        try_pdt_pte,
        try_pdt_leaf,
        try_pdt_fault,
        NULL, /* contexts are done here */
        try_ade_stage,
        try_implicit_write,
        try_pte_pbmt,
        try_pte_pointer,
        try_pte_user,
        try_sxl_gpa,
        try_root_first,
        try_sv32_wide,
        try_msi_read,
        try_msi_debug,
        try_msi_anonymous,
        try_msi_table,
        try_msi_pte,
        try_msi_offset,
        try_mrif,
    };
    const size_t count = sizeof tries / sizeof tries[0];
    struct run run = {.w = w, .used = used};
    size_t i = 0;
    for (unsigned again = 0; i < count && !run.decided && again < 60; i++) {
        if (tries[i] == NULL) {
            run.decided = run.pending && !is_early_msi(&run) && !comes_first(&run);
            run.late &= run.decided || !run.pending;
            run.pending = false;
        } else if (tries[i](&run)) {
            i = (size_t)-1;
            again++;
        }
    }
    if (run.decided)
        *f = run.f;
    else
        whatif_forecast(w, f);
    if (!f->fault && run.address_extra != 0)
        f->address = (f->address & ~run.address_mark) | run.address_extra;
    f->late = run.late;
    if (f->recorded)
        show_record(&run, f);
    if (!f->fault && w->asked.kind == REQUEST_DEBUG)
        show_response(&run, f);
}
