/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts, performance monitoring and the debug translation interface. */
#include "rvi.h"

enum rvi_status rvi_count_vectors(struct rvi *iommu)
{
    uint32_t bits = 0;
    uint64_t got;

    rvi_write64(iommu, IOMMU_REG_ICVEC,
                IOMMU_ICVEC_CIV_MASK | IOMMU_ICVEC_FIV_MASK | IOMMU_ICVEC_PMIV_MASK |
                    IOMMU_ICVEC_PIV_MASK);
    got = IOMMU_GET(rvi_read64(iommu, IOMMU_REG_ICVEC), IOMMU_ICVEC_CIV);
    rvi_write64(iommu, IOMMU_REG_ICVEC, 0);
    while (bits < 4 && (got >> bits & 1) != 0)
        bits++;
    iommu->vectors = 1u << bits;
    return got == iommu->vectors - 1 ? RVI_OK : RVI_CORRUPT;
}

enum rvi_status rvi_route(struct rvi *iommu, uint32_t commands, uint32_t faults, uint32_t counters,
                          uint32_t requests)
{
    uint64_t icvec;

    if (commands >= iommu->vectors || faults >= iommu->vectors || counters >= iommu->vectors ||
        requests >= iommu->vectors)
        return RVI_INVALID;
    icvec = IOMMU_PREP(IOMMU_ICVEC_CIV, commands) | IOMMU_PREP(IOMMU_ICVEC_FIV, faults) |
            IOMMU_PREP(IOMMU_ICVEC_PMIV, counters) | IOMMU_PREP(IOMMU_ICVEC_PIV, requests);
    rvi_write64(iommu, IOMMU_REG_ICVEC, icvec);
    /* Causes that are not built (no ATS: no page requests) have no vector. */
    if (!rvi_has(iommu, IOMMU_CAPABILITIES_ATS_MASK))
        icvec &= ~IOMMU_ICVEC_PIV_MASK;
    if (!rvi_has(iommu, IOMMU_CAPABILITIES_HPM_MASK))
        icvec &= ~IOMMU_ICVEC_PMIV_MASK;
    return (rvi_read64(iommu, IOMMU_REG_ICVEC) & icvec) == icvec ? RVI_OK : RVI_UNSUPPORTED;
}

enum rvi_status rvi_set_message(struct rvi *iommu, uint32_t vector, uint64_t address, uint32_t data,
                                bool masked)
{
    if ((iommu->fctl & IOMMU_FCTL_WSI_MASK) != 0)
        return RVI_UNSUPPORTED;
    if (vector >= iommu->vectors || address % 4 != 0)
        return RVI_INVALID;
    /* Masked while it changes, so that no message leaves to a mixed address. */
    rvi_write32(iommu, IOMMU_REG_MSI_VEC_CTL(vector), IOMMU_MSI_VEC_CTL_M_MASK);
    rvi_write64(iommu, IOMMU_REG_MSI_ADDR(vector), address);
    rvi_write32(iommu, IOMMU_REG_MSI_DATA(vector), data);
    if (rvi_read64(iommu, IOMMU_REG_MSI_ADDR(vector)) != address)
        return RVI_UNSUPPORTED;
    if (!masked)
        rvi_write32(iommu, IOMMU_REG_MSI_VEC_CTL(vector), 0);
    return RVI_OK;
}

/* cie, fie and pie are the same bit of their registers. */
static enum rvi_status set_enable(struct rvi *iommu, const struct rvi_queue *queue, uint32_t csr,
                                  bool on)
{
    uint32_t value;
    enum rvi_status status;

    if (queue->entries == 0)
        return on ? RVI_INVALID : RVI_OK;
    status = rvi_wait32(iommu, csr, IOMMU_CQCSR_BUSY_MASK, 0);
    if (status != RVI_OK)
        return status;
    value = IOMMU_CQCSR_CQEN_MASK | (on ? IOMMU_CQCSR_CIE_MASK : 0);
    rvi_write32(iommu, csr, value); /* 0 to the error bits leaves them alone */
    return rvi_wait32(iommu, csr, IOMMU_CQCSR_BUSY_MASK, 0);
}

enum rvi_status rvi_enable_interrupts(struct rvi *iommu, uint32_t causes)
{
    enum rvi_status status;

    status = set_enable(iommu, &iommu->cq, IOMMU_REG_CQCSR, (causes & RVI_COMMANDS) != 0);
    if (status == RVI_OK)
        status = set_enable(iommu, &iommu->fq, IOMMU_REG_FQCSR, (causes & RVI_FAULTS) != 0);
    if (status == RVI_OK)
        status = set_enable(iommu, &iommu->pq, IOMMU_REG_PQCSR, (causes & RVI_REQUESTS) != 0);
    return status;
}

uint32_t rvi_pending(struct rvi *iommu)
{
    const uint32_t causes = RVI_COMMANDS | RVI_FAULTS | RVI_COUNTERS | RVI_REQUESTS;
    uint32_t pending = rvi_read32(iommu, IOMMU_REG_IPSR) & causes;

    if (pending != 0)
        rvi_write32(iommu, IOMMU_REG_IPSR, pending);
    return pending;
}

/* --- performance monitoring --- */

uint32_t rvi_count_counters(struct rvi *iommu)
{
    uint32_t inhibit, built, count = 0;

    if (!rvi_has(iommu, IOMMU_CAPABILITIES_HPM_MASK))
        return 0;
    inhibit = rvi_read32(iommu, IOMMU_REG_IOCOUNTINH);
    rvi_write32(iommu, IOMMU_REG_IOCOUNTINH, UINT32_MAX);
    built = rvi_read32(iommu, IOMMU_REG_IOCOUNTINH) & IOMMU_IOCOUNTINH_HPM_MASK;
    rvi_write32(iommu, IOMMU_REG_IOCOUNTINH, inhibit);
    while (count < IOMMU_REG_IOHPMCTR_COUNT && (built >> (count + 1) & 1) != 0)
        count++;
    return count;
}

static void inhibit_counter(struct rvi *iommu, uint32_t counter, bool inhibit)
{
    uint32_t mask = rvi_read32(iommu, IOMMU_REG_IOCOUNTINH);

    mask = inhibit ? mask | 1u << counter : mask & ~(1u << counter);
    rvi_write32(iommu, IOMMU_REG_IOCOUNTINH, mask);
}

enum rvi_status rvi_start_counter(struct rvi *iommu, uint32_t counter, uint16_t event,
                                  const struct rvi_counter_filter *filter, uint64_t initial)
{
    uint64_t selector = IOMMU_PREP(IOMMU_IOHPMEVT_EVENTID, event);

    if (counter == 0 || counter > rvi_count_counters(iommu))
        return RVI_INVALID;
    if (filter != NULL)
        selector |= IOMMU_PREP(IOMMU_IOHPMEVT_PV_PSCV, filter->process) |
                    IOMMU_PREP(IOMMU_IOHPMEVT_DV_GSCV, filter->device) |
                    IOMMU_PREP(IOMMU_IOHPMEVT_IDT, filter->by_context) |
                    IOMMU_PREP(IOMMU_IOHPMEVT_DMASK, filter->range) |
                    IOMMU_PREP(IOMMU_IOHPMEVT_PID_PSCID, filter->process_id) |
                    IOMMU_PREP(IOMMU_IOHPMEVT_DID_GSCID, filter->device_id);
    inhibit_counter(iommu, counter, true);
    rvi_write64(iommu, IOMMU_REG_IOHPMEVT(counter), selector);
    if (IOMMU_GET(rvi_read64(iommu, IOMMU_REG_IOHPMEVT(counter)), IOMMU_IOHPMEVT_EVENTID) != event)
        return RVI_UNSUPPORTED;
    rvi_write64(iommu, IOMMU_REG_IOHPMCTR(counter), initial);
    inhibit_counter(iommu, counter, false);
    return RVI_OK;
}

enum rvi_status rvi_stop_counter(struct rvi *iommu, uint32_t counter)
{
    if (counter == 0 || counter > rvi_count_counters(iommu))
        return RVI_INVALID;
    inhibit_counter(iommu, counter, true);
    return RVI_OK;
}

/* On a bus of 32 bits the halves are read one after the other: read until the upper half
 * has not changed around the lower one. */
static uint64_t read_counter(struct rvi *iommu, uint32_t offset)
{
    uint32_t high, low, again;

    if (iommu->bus.read64 != NULL)
        return rvi_read64(iommu, offset);
    again = rvi_read32(iommu, offset + 4);
    for (int tries = 0; tries < 4; tries++) {
        high = again;
        low = rvi_read32(iommu, offset);
        again = rvi_read32(iommu, offset + 4);
        if (high == again)
            return (uint64_t)high << 32 | low;
    }
    return (uint64_t)again << 32; /* a carry each time: cannot be, but bounded all the same */
}

uint64_t rvi_read_counter(struct rvi *iommu, uint32_t counter)
{
    if (counter == 0 || counter > IOMMU_REG_IOHPMCTR_COUNT)
        return 0;
    return read_counter(iommu, IOMMU_REG_IOHPMCTR(counter));
}

uint64_t rvi_cycles(struct rvi *iommu)
{
    return IOMMU_GET(read_counter(iommu, IOMMU_REG_IOHPMCYCLES), IOMMU_IOHPMCYCLES_COUNTER);
}

uint32_t rvi_counter_overflows(struct rvi *iommu)
{
    uint32_t overflows;
    uint64_t value;

    if (!rvi_has(iommu, IOMMU_CAPABILITIES_HPM_MASK))
        return 0;
    overflows = rvi_read32(iommu, IOMMU_REG_IOCOUNTOVF);
    for (uint32_t counter = 0; counter <= IOMMU_REG_IOHPMCTR_COUNT; counter++) {
        if ((overflows >> counter & 1) == 0)
            continue;
        if (counter == 0) {
            /* OF is part of the counter itself, which goes on counting: only the upper
             * half is written, so that at most a carry is lost. */
            value = rvi_read32(iommu, IOMMU_REG_IOHPMCYCLES + 4);
            rvi_write32(iommu, IOMMU_REG_IOHPMCYCLES + 4, (uint32_t)value & 0x7fffffffu);
        } else {
            value = rvi_read64(iommu, IOMMU_REG_IOHPMEVT(counter));
            rvi_write64(iommu, IOMMU_REG_IOHPMEVT(counter), value & ~IOMMU_IOHPMEVT_OF_MASK);
        }
    }
    return overflows;
}

/* --- debug translation --- */

static uint64_t probe_control(const struct rvi_probe *probe)
{
    return IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, probe->device_id) |
           IOMMU_PREP(IOMMU_TR_REQ_CTL_PV, probe->pv) |
           IOMMU_PREP(IOMMU_TR_REQ_CTL_PID, probe->pv ? probe->process_id : 0) |
           IOMMU_PREP(IOMMU_TR_REQ_CTL_PRIV, probe->pv && probe->priv) |
           IOMMU_PREP(IOMMU_TR_REQ_CTL_EXE, probe->execute) |
           IOMMU_PREP(IOMMU_TR_REQ_CTL_NW, !probe->write) | IOMMU_TR_REQ_CTL_GO_BUSY_MASK;
}

/* The size of the answer is in the PPN itself: the lowest 0 bit X stands for 2^(X+1) pages. */
static void decode_response(uint64_t response, uint64_t iova, struct rvi_probe_result *result)
{
    uint64_t ppn = IOMMU_GET(response, IOMMU_TR_RESPONSE_PPN);
    uint64_t size;

    result->log2 = 12;
    result->pbmt = (uint8_t)IOMMU_GET(response, IOMMU_TR_RESPONSE_PBMT);
    if (IOMMU_GET(response, IOMMU_TR_RESPONSE_S) != 0) {
        result->log2 = 13;
        while (result->log2 < 63 && (ppn >> (result->log2 - 13) & 1) != 0)
            result->log2++;
    }
    size = 1ull << result->log2;
    result->address = (ppn * RVI_PAGE & ~(size - 1)) | (iova & (size - 1));
}

enum rvi_status rvi_translate(struct rvi *iommu, const struct rvi_probe *probe,
                              struct rvi_probe_result *result)
{
    enum rvi_status status;
    uint64_t response;

    if (!rvi_has(iommu, IOMMU_CAPABILITIES_DBG_MASK))
        return RVI_UNSUPPORTED;
    if (probe->device_id >> 24 != 0 || probe->process_id >> 20 != 0)
        return RVI_INVALID;
    /* "If Exe is set to 1, then NW must be also be set to 1." */
    if (probe->execute && probe->write)
        return RVI_INVALID;
    status = rvi_wait32(iommu, IOMMU_REG_TR_REQ_CTL, (uint32_t)IOMMU_TR_REQ_CTL_GO_BUSY_MASK, 0);
    if (status != RVI_OK)
        return status;
    iommu->memory.fence(iommu->memory.context);
    rvi_write64(iommu, IOMMU_REG_TR_REQ_IOVA, probe->iova & IOMMU_TR_REQ_IOVA_VPN_MASK);
    rvi_write64(iommu, IOMMU_REG_TR_REQ_CTL, probe_control(probe));
    status = rvi_wait32(iommu, IOMMU_REG_TR_REQ_CTL, (uint32_t)IOMMU_TR_REQ_CTL_GO_BUSY_MASK, 0);
    if (status != RVI_OK)
        return status;
    response = rvi_read64(iommu, IOMMU_REG_TR_RESPONSE);
    if (IOMMU_GET(response, IOMMU_TR_RESPONSE_FAULT) != 0)
        return RVI_FAULT;
    decode_response(response, probe->iova, result);
    return RVI_OK;
}
