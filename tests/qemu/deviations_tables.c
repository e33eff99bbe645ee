/* SPDX-License-Identifier: Apache-2.0 */
/* Deviations in page tables and widths of addresses; see deviations_run.h. */
#include "deviations_run.h"

/* ------------------------------------------------------------------------ page tables --- */

static void patch_pte(struct run *run, const struct iommu_step *step, uint64_t value,
                      enum deviation deviation)
{
    bool sv32 = step->kind == IOMMU_STEP_PTE1 && (step->address & 7) != 0;
    whatif_patch(run->w, step->address, sv32 || step->value[0] >> 32 == 0 ? 4 : 8, value);
    run_again(run, deviation);
}

/* The PTE at which the run stopped, if it is valid. */
static const struct iommu_step *failing_pte(const struct run *run)
{
    const struct iommu_step *step = walk_last(run->w);
    bool failed = run->w->response.status != IOMMU_SUCCESS && walk_is_pte(step) && step->words != 0;
    return failed && (step->value[0] & PTE_V) != 0 ? step : NULL;
}

static bool is_pointer(uint64_t pte)
{
    return (pte & (PTE_R | PTE_W | PTE_X)) == 0;
}

#define PTE_PBMT ((uint64_t)3 << 61)
#define HOLE_BIT ((uint64_t)1 << 55) /* addresses with it reach nothing */

/* U of first-stage leaves does not matter to requests of processes. */
static bool ignores_user(const struct run *run, const struct iommu_step *step)
{
    return step->kind == IOMMU_STEP_PTE1 && run->w->request.process_id_valid &&
           walk_find(run->w, IOMMU_STEP_PC) != NULL;
}

#define PDT_NEEDS (PTE_R | PTE_U | PTE_A)

/* Bits 62:61, and 63 of pointers, end up above the address: two are lost, 61 is address
 * bit 63. */
bool try_pte_pbmt(struct run *run)
{
    const struct iommu_step *step = failing_pte(run);
    if (step == NULL)
        return false;
    uint64_t unchecked = PTE_PBMT | (is_pointer(step->value[0]) ? PTE_N : 0);
    if ((step->value[0] & unchecked) == 0 || (step->value[0] & PTE_HIGH & ~PTE_PBMT & ~PTE_N) != 0)
        return false;
    struct iommu_step pte = *step;
    struct context context;
    uint64_t value = pte.value[0] & ~unchecked;
    if (is_pointer(value))
        value &= ~(uint64_t)(PTE_U | PTE_A | PTE_D);
    else if (context_find(run, &context) && run_is_in_pdt(run, &context))
        value |= (value & (PTE_R | PTE_W)) == PTE_W ? 0 : PDT_NEEDS;
    else if (ignores_user(run, &pte))
        value |= PTE_U;
    patch_pte(run, &pte, value, PTE_PBMT_BITS);
    step = failing_pte(run);
    if ((pte.value[0] & (uint64_t)1 << 61) == 0 || !context_find(run, &context) ||
        (step != NULL && step->address == pte.address && step->input == pte.input))
        return true;
    if (pte.kind == IOMMU_STEP_PTE1 && context_has_second_stage(&context)) { /* a GPA too wide */
        uint64_t gpa = 0;
        for (unsigned i = 0; i + 1 < run->w->steps && !is_pointer(value); i++)
            if (run->w->step[i].address == pte.address)
                gpa = run->w->step[i + 1].input | (uint64_t)1 << 63;
        run_decide_fault(run,
                         run_by_access(run, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                                       IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT),
                         gpa, PTE_PBMT_BITS);
        return true;
    }
    run->address_extra = (uint64_t)1 << 63;
    run->address_mark = (value & HOLE_BIT >> 2) != 0 ? 0 : HOLE_BIT;
    patch_pte(run, &pte, value | HOLE_BIT >> 2, PTE_PBMT_BITS);
    return true;
}

bool try_pte_pointer(struct run *run)
{
    const uint64_t reserved = PTE_U | PTE_A | PTE_D;
    const struct iommu_step *step = failing_pte(run);
    if (step == NULL || !is_pointer(step->value[0]) || (step->value[0] & reserved) == 0 ||
        (step->value[0] & PTE_HIGH) != 0)
        return false;
    patch_pte(run, step, step->value[0] & ~reserved, PTE_POINTER);
    return true;
}

bool try_pte_user(struct run *run)
{
    const struct iommu_step *step = failing_pte(run);
    if (step == NULL || is_pointer(step->value[0]) || (step->value[0] & PTE_U) != 0 ||
        !ignores_user(run, step))
        return false;
    patch_pte(run, step, step->value[0] | PTE_U, PTE_USER);
    return true;
}

/* Both of the above where PTEs are read for the PDT: before all that follows. */
bool try_pdt_pte(struct run *run)
{
    struct context context;
    return context_find(run, &context) && run_is_in_pdt(run, &context) &&
           (try_pte_pbmt(run) || try_pte_pointer(run));
}

/* The PDT's second-stage leaf need not be readable; any other use of it fails as usual. */
bool try_pdt_leaf(struct run *run)
{
    struct context context;
    struct whatif *w = run->w;
    const struct iommu_step *step = failing_pte(run);
    if (step != NULL && step->kind == IOMMU_STEP_PTE2 && !is_pointer(step->value[0]) &&
        (step->value[0] & (PTE_R | PTE_W)) != PTE_W && (step->value[0] & PDT_NEEDS) != PDT_NEEDS &&
        (step->value[0] & PTE_HIGH) == 0 && context_find(run, &context) &&
        run_is_in_pdt(run, &context)) {
        run->pdt_leaf = step->address;
        patch_pte(run, step, step->value[0] | PDT_NEEDS, PDT_PERMISSIONS);
        return true;
    }
    bool after = false;
    if ((run->ade & IOMMU_DC_TC_GADE_MASK) != 0)
        return false; /* which ends that use before */
    for (unsigned i = 0; i < w->steps && run->pdt_leaf != 0; i++) {
        after |= w->step[i].kind == IOMMU_STEP_PC;
        if (!after || w->step[i].address != run->pdt_leaf)
            continue;
        uint64_t gpa = w->step[i].input;
        run_decide_fault(run,
                         run_by_access(run, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                                       IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT),
                         w->step[i].implicit ? page_of(gpa) : gpa, PDT_PERMISSIONS);
        return true;
    }
    return false;
}

/* A write needs write permission of the second stage even to read first-stage tables. */
bool try_implicit_write(struct run *run)
{
    const struct whatif *w = run->w;
    unsigned first = 0;
    if (!request_writes(&w->request))
        return false;
    for (unsigned i = 0; i < w->steps; i++)
        if (w->step[i].kind == IOMMU_STEP_PC) /* the PDT itself is read as one reads */
            first = i;
    for (unsigned i = first; i < w->steps; i++) {
        const struct iommu_step *step = &w->step[i];
        if (step->kind == IOMMU_STEP_PTE2 && step->implicit && step->leaf &&
            step->rule == IOMMU_RULE_NONE &&
            (step->value[0] & (PTE_W | PTE_D)) != (PTE_W | PTE_D)) {
            run_decide_fault(run, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, page_of(step->input),
                             IMPLICIT_WRITE);
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ widths of addresses --- */

/* What happens before the first PTE of the first stage is read. @return true: a fault */
bool try_root(struct run *run)
{
    struct whatif *w = run->w;
    while (walk_find(w, IOMMU_STEP_PTE1) == NULL && (try_pte_pbmt(run) || try_pte_pointer(run)))
        continue;
    const struct iommu_step *step = walk_last(w);
    if (w->response.status != IOMMU_SUCCESS && walk_find(w, IOMMU_STEP_PTE1) == NULL) {
        bool wide = step->kind == IOMMU_STEP_RULE || w->response.cause < 20;
        run_decide_fault(run, w->response.cause, wide ? 0 : page_of(step->input), ROOT_FIRST);
        return true;
    }
    if (try_pdt_leaf(run))
        return true;
    for (unsigned i = w->steps; i > 0; i--) /* nothing after that PTE counts */
        if (w->step[i - 1].kind == IOMMU_STEP_PTE1)
            w->steps = i - 1;
    return try_implicit_write(run);
}

/* The IOVA is looked at once the second stage has found the first stage's root. */
bool try_root_first(struct run *run)
{
    struct whatif *w = run->w;
    uint64_t iova = w->request.iova;
    unsigned cause = w->response.cause;
    if (walk_last(w)->kind != IOMMU_STEP_RULE ||
        (cause != IOMMU_CAUSE_READ_PAGE_FAULT && cause != IOMMU_CAUSE_WRITE_PAGE_FAULT))
        return false;
    w->request.iova = 0; /* always within width */
    whatif_run(w);
    bool found = try_root(run);
    w->request.iova = iova;
    if (found)
        deviation_mark(run->used, ROOT_FIRST);
    else
        whatif_run(w);
    return found;
}

bool try_ade_stage(struct run *run)
{
    const struct whatif *w = run->w;
    bool after_pdt = walk_find(w, IOMMU_STEP_PC) == NULL;
    struct context context;
    bool second = (run->ade & IOMMU_DC_TC_GADE_MASK) != 0 && context_find(run, &context) &&
                  context_has_second_stage(&context);
    bool first = (run->ade & IOMMU_DC_TC_SADE_MASK) != 0;
    unsigned cause = w->response.cause;
    if (cause_is_of_context(cause))
        return false;
    bool width = walk_last(w)->kind == IOMMU_STEP_RULE && w->response.status != IOMMU_SUCCESS;
    bool iova_width =
        width && (cause == IOMMU_CAUSE_READ_PAGE_FAULT || cause == IOMMU_CAUSE_WRITE_PAGE_FAULT);
    if ((second && width && cause < 256) || (first && iova_width)) {
        if (!second && try_root_first(run))
            return true;
        run->late = true;
        run_decide_fault(run, IOMMU_CAUSE_DDT_MISCONFIGURED, 0, DC_ADE);
        return true;
    }
    for (unsigned i = 0; i < w->steps && (first || second); i++) {
        const struct iommu_step *step = &w->step[i];
        after_pdt |= step->kind == IOMMU_STEP_PC;
        if (!after_pdt || !walk_is_pte(step) || !(step->kind == IOMMU_STEP_PTE1 ? first : second))
            continue;
        if (step->kind == IOMMU_STEP_PTE1 && try_root(run))
            return true;
        run->late = true;
        run_decide_fault(run, IOMMU_CAUSE_DDT_MISCONFIGURED, 0, DC_ADE);
        return true;
    }
    return false;
}

bool try_sv32_wide(struct run *run)
{
    struct context context;
    unsigned cause = run->w->response.cause;
    if ((cause != IOMMU_CAUSE_READ_PAGE_FAULT && cause != IOMMU_CAUSE_WRITE_PAGE_FAULT) ||
        run->w->request.iova >> 32 == 0 || !context_find(run, &context) ||
        (context.word[0] & IOMMU_DC_TC_SXL_MASK) == 0)
        return false;
    run_decide_fault(
        run,
        run_by_access(run, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT),
        0, SV32_WIDE);
    return true;
}

/* GPAs above 34 bits with SXL are just translated. */
bool try_sxl_gpa(struct run *run)
{
    struct context context;
    unsigned cause = run->w->response.cause;
    const struct iommu_step *last = walk_last(run->w);
    if ((cause != IOMMU_CAUSE_READ_GUEST_PAGE_FAULT &&
         cause != IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT) ||
        last->kind != IOMMU_STEP_RULE || last->input >> 34 == 0 || !context_find(run, &context) ||
        (context.word[0] & IOMMU_DC_TC_SXL_MASK) == 0 || walk_find(run->w, IOMMU_STEP_PTE1) != NULL)
        return false;
    context_patch(run, &context, IOMMU_DC_TC_OFFSET,
                  context.word[0] & ~(uint64_t)IOMMU_DC_TC_SXL_MASK);
    run_again(run, SXL_GPA);
    return true;
}
