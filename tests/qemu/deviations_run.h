/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicting what QEMU makes of a request. Each `try_...` function looks for one situation
 * that QEMU treats differently, in the words that the model's walk read. It then either
 * changes the situation into what QEMU takes it for, and has the model run again, or states
 * the result. It returns true if it did one of these.
 */
#ifndef PORTCULLIS_TESTS_DEVIATIONS_RUN_H
#define PORTCULLIS_TESTS_DEVIATIONS_RUN_H

#include "deviations_list.h"
#include "scene.h"

/* A run under construction. */
struct run {
    struct whatif *w;
    struct deviation_set *used;
    bool decided; /* the result is `f`, whatever the model says */
    struct forecast f;
    bool pending;           /* the same, unless an earlier check of a context fails */
    bool pending_pdt;       /* the same: unless one of a device context fails */
    bool first_stage_mode;  /* what is pending is of the first stage */
    bool late;              /* QEMU found the fault while walking page tables, not in a context */
    uint64_t address_extra; /* PBMT bits, which QEMU takes for address bits */
    uint64_t address_mark;  /* what stands for them in the run */
    uint64_t ade;           /* SADE and GADE of a context, which the run does without */
    uint64_t pdt_leaf;      /* a second-stage PTE that only QEMU's PDT walk accepts */
};

/* The device context as the run sees it. */
struct context {
    uint64_t at;
    uint64_t word[8];
};

#define CONTEXT_WORD(offset) ((offset) / 8)

static inline uint64_t page_of(uint64_t address)
{
    return address & ~(uint64_t)(PAGE - 1);
}

const struct iommu_step *walk_find(const struct whatif *w, enum iommu_step_kind kind);
const struct iommu_step *walk_last(const struct whatif *w);
bool walk_is_pte(const struct iommu_step *step);
/* A fault that is found while contexts are located. */
bool cause_is_of_context(unsigned cause);
/* Run again after a change; the deviation counts as used if the result changed. */
void run_again(struct run *run, enum deviation deviation);
void run_decide_fault(struct run *run, unsigned cause, uint64_t iotval2, enum deviation deviation);
void run_decide(struct run *run, const struct forecast *f, enum deviation deviation);
/* A fault that comes unless contexts have one: all that QEMU checks in them comes first. */
void run_suspend_fault(struct run *run, unsigned cause, enum deviation deviation);
unsigned run_by_access(const struct run *run, unsigned read, unsigned write);
bool context_find(const struct run *run, struct context *context);
bool context_is_misconfigured(const struct run *run, struct context *context);
void context_patch(struct run *run, const struct context *context, unsigned offset, uint64_t value);
bool context_has_processes(const struct context *context);
bool context_has_second_stage(const struct context *context);
/* The second stage is (or was) at work for the PDT. */
bool run_is_in_pdt(const struct run *run, const struct context *context);

/* in deviations_contexts.c, deviations_tables.c and deviations_msi.c */
bool try_ade_stage(struct run *run);
bool try_dc_ade(struct run *run);
bool try_dc_iohgatp_mode(struct run *run);
bool try_dc_iosatp_mode(struct run *run);
bool try_dc_pdtp_mode(struct run *run);
bool try_dc_reserved(struct run *run);
bool try_dc_sxl(struct run *run);
bool try_execute(struct run *run);
bool try_implicit_write(struct run *run);
bool try_mrif(struct run *run);
bool try_msi_anonymous(struct run *run);
bool try_msi_debug(struct run *run);
bool try_msi_offset(struct run *run);
bool try_msi_table(struct run *run);
bool try_msi_pte(struct run *run);
bool try_msi_read(struct run *run);
bool try_pc_mode(struct run *run);
bool try_pc_reserved(struct run *run);
bool try_pdt_fault(struct run *run);
bool try_pdt_leaf(struct run *run);
bool try_pdt_pte(struct run *run);
bool try_privilege(struct run *run);
bool try_process_id_wide(struct run *run);
bool try_process_id_zero(struct run *run);
bool try_pte_pbmt(struct run *run);
bool try_pte_pointer(struct run *run);
bool try_pte_user(struct run *run);
bool try_root(struct run *run);
bool try_root_first(struct run *run);
bool try_sv32_wide(struct run *run);
bool try_sxl_gpa(struct run *run);

#endif
