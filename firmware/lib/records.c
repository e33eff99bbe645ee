/* SPDX-License-Identifier: Apache-2.0 */
/* "Fault/Event-Queue (FQ)" and "Page-Request-Queue (PQ)": taking records out. */
#include "rvi.h"

/* Both queues have their bits in the same places. */
#define LOST (IOMMU_FQCSR_FQOF_MASK | IOMMU_FQCSR_FQMF_MASK)
#define ENABLES (IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK)

struct ring {
    struct rvi_queue *queue;
    uint32_t head, tail, csr, pending;
};

#define LOOKS 4

/* The tail is what the IOMMU says, so it is checked. A read that a bus answered with all ones
 * while something else on it was changing is not the end: look again. */
static uint32_t read_tail(const struct rvi *iommu, const struct ring *ring)
{
    uint32_t tail = rvi_read32(iommu, ring->tail);

    for (int looks = 1; tail >= ring->queue->entries && looks < LOOKS; looks++)
        tail = rvi_read32(iommu, ring->tail);
    return tail;
}

/* One record's words, if there is one. */
static enum rvi_status next_record(struct rvi *iommu, const struct ring *ring, uint64_t *words,
                                   uint32_t count)
{
    const struct rvi_memory *memory = &iommu->memory;
    struct rvi_queue *queue = ring->queue;
    uint32_t tail = read_tail(iommu, ring);
    uint64_t at = queue->base + (uint64_t)queue->index * count * 8;

    if (tail >= queue->entries)
        return RVI_CORRUPT;
    if (tail == queue->index)
        return RVI_NOT_FOUND;
    memory->fence(memory->context); /* the record after the tail that announced it */
    for (uint32_t i = 0; i < count; i++)
        words[i] = memory->load64(memory->context, at + (uint64_t)i * 8);
    queue->index = (queue->index + 1) & (queue->entries - 1);
    return RVI_OK;
}

static void free_records(struct rvi *iommu, const struct ring *ring)
{
    iommu->memory.fence(iommu->memory.context);
    rvi_write32(iommu, ring->head, ring->queue->index);
}

/* Records were dropped: make the queue record again, now that there is room. */
static bool clear_loss(struct rvi *iommu, const struct ring *ring)
{
    uint32_t csr = rvi_read32(iommu, ring->csr);

    if ((csr & LOST) == 0)
        return false;
    if (rvi_wait32(iommu, ring->csr, IOMMU_FQCSR_BUSY_MASK, 0) == RVI_OK)
        rvi_write32(iommu, ring->csr, csr & (ENABLES | LOST));
    return true;
}

static void decode_fault(const uint64_t *word, struct rvi_fault *out)
{
    out->cause = (uint16_t)IOMMU_GET(word[0], IOMMU_FQ_CAUSE);
    out->ttyp = (uint8_t)IOMMU_GET(word[0], IOMMU_FQ_TTYP);
    out->pv = IOMMU_GET(word[0], IOMMU_FQ_PV) != 0;
    out->priv = IOMMU_GET(word[0], IOMMU_FQ_PRIV) != 0;
    out->device_id = (uint32_t)IOMMU_GET(word[0], IOMMU_FQ_DID);
    out->process_id = (uint32_t)IOMMU_GET(word[0], IOMMU_FQ_PID);
    out->iotval = word[2];
    out->iotval2 = word[3];
}

struct rvi_drained rvi_drain_faults(struct rvi *iommu, struct rvi_fault *out, uint32_t max)
{
    const struct ring ring = {&iommu->fq, IOMMU_REG_FQH, IOMMU_REG_FQT, IOMMU_REG_FQCSR,
                              RVI_FAULTS};
    struct rvi_drained drained = {RVI_OK, 0, false};
    uint64_t words[IOMMU_FQ_RECORD_BYTES / 8];

    if (iommu->fq.entries == 0) {
        drained.status = RVI_INVALID;
        return drained;
    }
    while (drained.records < max && drained.status == RVI_OK) {
        drained.status = next_record(iommu, &ring, words, IOMMU_FQ_RECORD_BYTES / 8);
        if (drained.status == RVI_OK)
            decode_fault(words, &out[drained.records++]);
    }
    if (drained.status == RVI_NOT_FOUND)
        drained.status = RVI_OK;
    free_records(iommu, &ring);
    drained.lost = clear_loss(iommu, &ring);
    iommu->faults_lost += drained.lost;
    return drained;
}

static void decode_request(const uint64_t *word, struct rvi_page_request *out)
{
    out->device_id = (uint32_t)IOMMU_GET(word[0], IOMMU_PQ_DID);
    out->process_id = (uint32_t)IOMMU_GET(word[0], IOMMU_PQ_PID);
    out->pv = IOMMU_GET(word[0], IOMMU_PQ_PV) != 0;
    out->priv = IOMMU_GET(word[0], IOMMU_PQ_PRIV) != 0;
    out->execute = IOMMU_GET(word[0], IOMMU_PQ_EXEC) != 0;
    out->read = IOMMU_GET(word[1], IOMMU_PQ_R) != 0;
    out->write = IOMMU_GET(word[1], IOMMU_PQ_W) != 0;
    out->last = IOMMU_GET(word[1], IOMMU_PQ_L) != 0;
    out->prgi = (uint16_t)IOMMU_GET(word[1], IOMMU_PQ_PRGI);
    out->address = word[1] & IOMMU_PQ_PAGE_ADDRESS_MASK;
}

struct rvi_drained rvi_drain_requests(struct rvi *iommu, struct rvi_page_request *out, uint32_t max)
{
    const struct ring ring = {&iommu->pq, IOMMU_REG_PQH, IOMMU_REG_PQT, IOMMU_REG_PQCSR,
                              RVI_REQUESTS};
    struct rvi_drained drained = {RVI_OK, 0, false};
    uint64_t words[IOMMU_PQ_RECORD_BYTES / 8];

    if (iommu->pq.entries == 0) {
        drained.status = RVI_INVALID;
        return drained;
    }
    while (drained.records < max && drained.status == RVI_OK) {
        drained.status = next_record(iommu, &ring, words, IOMMU_PQ_RECORD_BYTES / 8);
        if (drained.status == RVI_OK)
            decode_request(words, &out[drained.records++]);
    }
    if (drained.status == RVI_NOT_FOUND)
        drained.status = RVI_OK;
    free_records(iommu, &ring);
    drained.lost = clear_loss(iommu, &ring);
    iommu->requests_lost += drained.lost;
    return drained;
}

enum rvi_status rvi_respond(struct rvi *iommu, const struct rvi_page_request *request, uint8_t code)
{
    return rvi_post(iommu, rvi_cmd_ats_prgr(request->device_id, request->pv, request->process_id,
                                            request->prgi, code));
}
