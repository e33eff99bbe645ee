/* SPDX-License-Identifier: Apache-2.0 */
/* Deviations in the treatment of MSIs; see deviations_run.h. */
#include "deviations_run.h"

#include <string.h>

/* -------------------------------------------------------------------------------- MSIs --- */

/* Only writes are compared with the MSI address pattern. */
bool try_msi_read(struct run *run)
{
    struct context context;
    if (walk_find(run->w, IOMMU_STEP_MSI_PTE) == NULL || request_writes(&run->w->request) ||
        !context_find(run, &context))
        return false;
    context_patch(run, &context, IOMMU_DC_MSIPTP_OFFSET, 0);
    run_again(run, MSI_READ);
    return true;
}

bool try_msi_debug(struct run *run)
{
    const struct iommu_step *step = walk_find(run->w, IOMMU_STEP_MSI_PTE);
    struct forecast f;
    if (step == NULL || run->w->asked.kind != REQUEST_DEBUG)
        return false;
    memset(&f, 0, sizeof f);
    f.address = step->input;
    f.response_mask = ~(uint64_t)0;
    run_decide(run, &f, MSI_DEBUG);
    return true;
}

/* edu's DMA engine does not tell who it is, and QEMU drops what it writes to MSI pages. */
bool try_msi_anonymous(struct run *run)
{
    struct forecast f;
    if (walk_find(run->w, IOMMU_STEP_MSI_PTE) == NULL || run->w->asked.kind != REQUEST_WRITE)
        return false;
    memset(&f, 0, sizeof f);
    f.lost = true;
    run_decide(run, &f, MSI_ANONYMOUS);
    return true;
}

/* The bits of a page number that the mask selects, packed. */
static uint64_t interrupt_file(uint64_t page, uint64_t mask)
{
    uint64_t number = 0;
    for (unsigned bit = 64; bit-- > 0;)
        if ((mask >> bit & 1) != 0)
            number = number << 1 | (page >> bit & 1);
    return number;
}

bool try_msi_table(struct run *run)
{
    const struct iommu_step *step = walk_find(run->w, IOMMU_STEP_MSI_PTE);
    struct context context;
    if (step == NULL || !context_find(run, &context))
        return false;
    uint64_t mask = context.word[CONTEXT_WORD(IOMMU_DC_MSI_ADDR_MASK_OFFSET)];
    uint64_t msiptp = context.word[CONTEXT_WORD(IOMMU_DC_MSIPTP_OFFSET)];
    uint64_t offset = interrupt_file(step->input >> 12, mask) * IOMMU_MSIPTE_BYTES;
    if ((offset & IOMMU_GET(msiptp, IOMMU_DC_MSIPTP_PPN) << 12) == 0)
        return false;
    run_decide_fault(run, IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, 0, MSI_TABLE);
    return true;
}

bool try_msi_pte(struct run *run)
{
    const struct iommu_step *step = walk_find(run->w, IOMMU_STEP_MSI_PTE);
    unsigned cause = run->w->response.cause;
    if (step == NULL)
        return false;
    if (cause == IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT) {
        run_decide_fault(run, IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION, 0, MSI_PTE_CORRUPT);
        return true;
    }
    if (cause != IOMMU_CAUSE_MSI_PTE_MISCONFIGURED || step->words != 2)
        return false;
    uint64_t mode = IOMMU_GET(step->value[0], IOMMU_MSIPTE_M);
    if ((step->value[0] & IOMMU_MSIPTE_C_MASK) != 0) {
        run_decide_fault(run, IOMMU_CAUSE_MSI_PTE_NOT_VALID, 0, MSI_PTE_CUSTOM);
        return true;
    }
    uint64_t first = IOMMU_MSIPTE_MRIF_DW0_RESERVED_MASK;
    uint64_t second = IOMMU_MSIPTE_MRIF_DW1_RESERVED_MASK;
    if (mode != IOMMU_MSIPTE_M_MRIF ||
        ((step->value[0] & first) == 0 && (step->value[1] & second) == 0))
        return false;
    uint64_t at = step->address;
    whatif_patch(run->w, at + 8, 8, step->value[1] & ~second);
    whatif_patch(run->w, at, 8, step->value[0] & ~first);
    run_again(run, MSI_PTE_RESERVED);
    return true;
}

/* The offset in the page does not come along. */
bool try_msi_offset(struct run *run)
{
    struct forecast f;
    whatif_forecast(run->w, &f);
    if (run->w->asked.kind != REQUEST_MESSAGE || f.fault || f.target != IOMMU_TARGET_MSI ||
        ((f.address & (PAGE - 1)) == 0 && !f.lost))
        return false;
    if (f.lost) {
        run_decide_fault(run, IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT, 0, MSI_TARGET);
        return true;
    }
    f.address = page_of(f.address);
    f.stores = 0;
    forecast_store(&f, f.address, 4, run->w->asked.data);
    run_decide(run, &f, MSI_OFFSET);
    return true;
}

/* What QEMU makes of a message to a page in MRIF mode. */
bool try_mrif(struct run *run)
{
    const struct whatif *w = run->w;
    struct forecast f;
    uint32_t identity = w->asked.data;
    if (w->asked.kind != REQUEST_MESSAGE || w->response.status != IOMMU_SUCCESS ||
        w->response.target != IOMMU_TARGET_MRIF)
        return false;
    if (identity > 2047) {
        run_decide_fault(run, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED, 0, MRIF_IDENTITY);
        return true;
    }
    if (!rig_is_ram(w->response.address, 8)) {
        run_decide_fault(run, IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, 0, MRIF_ACCESS);
        return true;
    }
    whatif_forecast(w, &f);
    f.stores = 0;
    uint64_t at = w->response.address | (identity & 0x7c0) >> 3;
    uint64_t bit = (uint64_t)1 << (identity % 64);
    forecast_store(&f, at, 8, whatif_load(w, at, 8) | bit);
    if ((whatif_load(w, at + 8, 8) & bit) != 0)
        forecast_store(&f, w->response.notice_address, 4, w->response.nid);
    if ((w->asked.iova & (PAGE - 1)) != 0)
        deviation_mark(run->used, MRIF_OFFSET);
    if (identity >= 64)
        deviation_mark(run->used, MRIF_WORD);
    run_decide(run, &f, MRIF_NOTICE);
    return true;
}
