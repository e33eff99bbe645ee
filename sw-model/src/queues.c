/* SPDX-License-Identifier: Apache-2.0 */
/* "In-memory queue interface": the queues' registers, fault records and page requests. */
#include "internal.h"

/* The three CSRs share their layout; the names are the command queue's. */
#define CSR_ENABLE IOMMU_CQCSR_CQEN_MASK
#define CSR_INTERRUPT IOMMU_CQCSR_CIE_MASK
#define CSR_ON IOMMU_CQCSR_CQON_MASK
#define CSR_MEMORY_FAULT IOMMU_FQCSR_FQMF_MASK
#define CSR_OVERFLOW IOMMU_FQCSR_FQOF_MASK

_Static_assert(IOMMU_FQCSR_FQEN_MASK == CSR_ENABLE && IOMMU_PQCSR_PQEN_MASK == CSR_ENABLE &&
                   IOMMU_FQCSR_FQON_MASK == CSR_ON && IOMMU_PQCSR_PQON_MASK == CSR_ON &&
                   IOMMU_FQCSR_FIE_MASK == CSR_INTERRUPT && IOMMU_PQCSR_PIE_MASK == CSR_INTERRUPT &&
                   IOMMU_PQCSR_PQMF_MASK == CSR_MEMORY_FAULT &&
                   IOMMU_PQCSR_PQOF_MASK == CSR_OVERFLOW,
               "the queues' CSRs share one layout");

uint32_t queue_mask(const struct queue *queue)
{
    return (uint32_t)((2ull << IOMMU_GET(queue->base, IOMMU_CQB_LOG2SZ_1)) - 1);
}

void queue_write_base(struct iommu *iommu, struct queue *queue, uint64_t value)
{
    uint64_t log2_minus_1 = IOMMU_GET(value, IOMMU_CQB_LOG2SZ_1);
    uint64_t ppn_mask = iommu->pas_mask >> PAGE_LOG2;

    if (log2_minus_1 > iommu->config.queue_log2_max - 1u)
        log2_minus_1 = iommu->config.queue_log2_max - 1u;
    queue->base = IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, log2_minus_1) |
                  IOMMU_PREP(IOMMU_CQB_PPN, IOMMU_GET(value, IOMMU_CQB_PPN) & ppn_mask);
    /* The index that software owns keeps only the bits that the new size has. */
    if (queue == &iommu->cq)
        queue->tail &= queue_mask(queue);
    else
        queue->head &= queue_mask(queue);
}

void queue_write_csr(struct iommu *iommu, struct queue *queue, uint32_t value)
{
    bool commands = queue == &iommu->cq;
    uint32_t sticky = commands ? IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK |
                                     IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_FENCE_W_IP_MASK
                               : CSR_MEMORY_FAULT | CSR_OVERFLOW;
    bool starts = (value & CSR_ENABLE) != 0 && (queue->csr & CSR_ENABLE) == 0;
    uint32_t csr = queue->csr & sticky & ~value;

    csr |= value & (CSR_ENABLE | CSR_INTERRUPT);
    if (commands && ((value ^ queue->csr) & CSR_ENABLE) != 0)
        iommu->cq_switched = true;
    if (starts) {
        csr &= ~sticky;
        if (commands) {
            queue->head = 0;
            iommu->invalidation_timed_out = false;
        } else {
            queue->tail = 0;
        }
    }
    /* Everything is done when this returns, so that busy never reads 1. */
    if ((value & CSR_ENABLE) != 0)
        csr |= CSR_ON;
    queue->csr = csr;
}

/** Store a record at the tail. @return false if the queue did not take it. */
static enum put_result queue_put(struct iommu *iommu, struct queue *queue, const uint64_t *words,
                                 unsigned count, enum iommu_structure structure)
{
    uint32_t next = (queue->tail + 1) & queue_mask(queue);
    uint8_t bytes[32];
    struct iommu_access access = {
        .address = (IOMMU_GET(queue->base, IOMMU_CQB_PPN) << PAGE_LOG2) +
                   (uint64_t)queue->tail * count * 8,
        .size = count * 8,
        .structure = structure,
        .rcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_RCID) & 0xfff,
        .mcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_MCID) & 0xfff,
    };

    if ((queue->csr & CSR_ON) == 0)
        return PUT_QUEUE_OFF;
    if ((queue->csr & CSR_MEMORY_FAULT) != 0)
        return PUT_MEMORY_FAULT;
    if ((queue->csr & CSR_OVERFLOW) != 0)
        return PUT_QUEUE_FULL;
    if (next == (queue->head & queue_mask(queue))) {
        queue->csr |= CSR_OVERFLOW;
        return PUT_QUEUE_FULL;
    }
    for (unsigned i = 0; i < count; i++)
        store_word(bytes + i * 8, 8, (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0, words[i]);
    if (mem_write(iommu, &access, bytes) != IOMMU_MEM_OK) {
        queue->csr |= CSR_MEMORY_FAULT;
        return PUT_MEMORY_FAULT;
    }
    queue->tail = next;
    return PUT_DONE;
}

void fault_queue_put(struct iommu *iommu, const struct fault_record *record)
{
    uint64_t words[4] = {
        IOMMU_PREP(IOMMU_FQ_CAUSE, record->cause) | IOMMU_PREP(IOMMU_FQ_PID, record->pid) |
            IOMMU_PREP(IOMMU_FQ_PV, record->pv) | IOMMU_PREP(IOMMU_FQ_PRIV, record->priv) |
            IOMMU_PREP(IOMMU_FQ_TTYP, record->ttyp) | IOMMU_PREP(IOMMU_FQ_DID, record->did),
        0,
        record->iotval,
        record->iotval2,
    };
    bool queued = queue_put(iommu, &iommu->fq, words, 4, IOMMU_FQ) == PUT_DONE;

    interrupts_update(iommu, queued ? EVENT_NEW_FAULT : 0);
}

enum put_result page_queue_put(struct iommu *iommu, const struct iommu_page_request *request)
{
    uint64_t words[2] = {IOMMU_PREP(IOMMU_PQ_DID, request->device_id), request->payload};
    enum put_result result;

    if (request->process_id_valid)
        words[0] |= IOMMU_PREP(IOMMU_PQ_PID, request->process_id) | IOMMU_PREP(IOMMU_PQ_PV, 1) |
                    IOMMU_PREP(IOMMU_PQ_PRIV, request->privileged) |
                    IOMMU_PREP(IOMMU_PQ_EXEC, request->execute);
    result = queue_put(iommu, &iommu->pq, words, 2, IOMMU_PQ);
    interrupts_update(iommu, result == PUT_DONE ? EVENT_NEW_PAGE_REQUEST : 0);
    return result;
}
