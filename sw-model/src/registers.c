/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Memory-mapped register interface". Every register is a slot of 8 bytes, or half of one;
 * accesses come down to reads and masked writes of a slot.
 */
#include <string.h>

#include "internal.h"

#define LOW_HALF 0xffffffffull
#define HIGH_HALF 0xffffffff00000000ull
#define PAGE_BYTES 4096u

static uint64_t pair(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

/** Index of an array register at this slot; 0 based. */
static bool in_array(uint32_t slot, uint32_t first, uint32_t count, uint32_t stride,
                     uint32_t *index)
{
    if (slot < first || slot >= first + count * stride)
        return false;
    *index = (slot - first) / stride;
    return true;
}

/* --- reading ------------------------------------------------------------------------- */

static uint32_t overflow_bits(const struct iommu *iommu)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i <= iommu->config.hpm_counters; i++) {
        if ((iommu->hpm_event[i] & IOMMU_IOHPMEVT_OF_MASK) != 0)
            bits |= 1u << i;
    }
    return bits;
}

static uint64_t read_array_slot(const struct iommu *iommu, uint32_t slot)
{
    uint32_t i;

    if (has(iommu, IOMMU_CAPABILITIES_HPM_MASK)) {
        if (in_array(slot, IOMMU_REG_IOHPMCTR(1), IOMMU_REG_IOHPMCTR_COUNT, 8, &i))
            return iommu->hpm_counter[i + 1];
        if (in_array(slot, IOMMU_REG_IOHPMEVT(1), IOMMU_REG_IOHPMEVT_COUNT, 8, &i))
            return iommu->hpm_event[i + 1];
    }
    if (in_array(slot, IOMMU_REG_MSI_ADDR(0), MSI_VECTORS, 16, &i)) {
        if (slot == IOMMU_REG_MSI_ADDR(i))
            return iommu->msi_addr[i];
        return pair(iommu->msi_data[i], iommu->msi_vec_ctl[i]);
    }
    return 0;
}

static uint64_t read_slot(const struct iommu *iommu, uint32_t slot)
{
    switch (slot) {
    case IOMMU_REG_CAPABILITIES:
        return iommu->config.capabilities;
    case IOMMU_REG_FCTL:
        return iommu->fctl;
    case IOMMU_REG_DDTP:
        return iommu->ddtp;
    case IOMMU_REG_CQB:
        return iommu->cq.base;
    case IOMMU_REG_CQH:
        return pair(iommu->cq.head, iommu->cq.tail);
    case IOMMU_REG_FQB:
        return iommu->fq.base;
    case IOMMU_REG_FQH:
        return pair(iommu->fq.head, iommu->fq.tail);
    case IOMMU_REG_PQB:
        return iommu->pq.base;
    case IOMMU_REG_PQH:
        return pair(iommu->pq.head, iommu->pq.tail);
    case IOMMU_REG_CQCSR:
        return pair(iommu->cq.csr, iommu->fq.csr);
    case IOMMU_REG_PQCSR:
        return pair(iommu->pq.csr, iommu->ipsr);
    case IOMMU_REG_IOCOUNTOVF:
        return pair(overflow_bits(iommu), iommu->iocountinh);
    case IOMMU_REG_IOHPMCYCLES:
        return iommu->hpm_counter[0] | iommu->hpm_event[0];
    case IOMMU_REG_TR_REQ_IOVA:
        return iommu->tr_req_iova;
    case IOMMU_REG_TR_REQ_CTL:
        return iommu->tr_req_ctl;
    case IOMMU_REG_TR_RESPONSE:
        return iommu->tr_response;
    case IOMMU_REG_IOMMU_QOSID:
        return iommu->qosid;
    case IOMMU_REG_ICVEC:
        return iommu->icvec;
    default:
        return read_array_slot(iommu, slot);
    }
}

/* --- writing ------------------------------------------------------------------------- */

static bool all_queues_off(const struct iommu *iommu)
{
    return ((iommu->cq.csr | iommu->fq.csr | iommu->pq.csr) &
            (IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK)) == 0;
}

/** Ignored unless ddtp is Off and the queues are: what else happens is UNSPECIFIED. */
static void write_fctl(struct iommu *iommu, uint32_t value)
{
    uint32_t writable = iommu->config.fctl_writable;
    uint32_t next = (iommu->fctl & ~writable) | (value & writable);

    if (IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE) != IOMMU_DDTP_MODE_OFF ||
        !all_queues_off(iommu) || next == iommu->fctl)
        return;
    iommu->fctl = next;
    if ((next & IOMMU_FCTL_WSI_MASK) == 0)
        iommu->cq.csr &= ~IOMMU_CQCSR_FENCE_W_IP_MASK; /* reserved without wires */
    /* Contexts were decoded for the old value. */
    cache_flush_all(iommu);
    history_clear(iommu);
    interrupts_release(iommu); /* messages that wires kept waiting */
}

static bool mode_supported(const struct iommu *iommu, uint64_t mode)
{
    if (mode <= IOMMU_DDTP_MODE_BARE)
        return true;
    return mode <= IOMMU_DDTP_MODE_3LVL &&
           (iommu->config.ddt_levels >> (mode - IOMMU_DDTP_MODE_1LVL) & 1) != 0;
}

static void write_ddtp(struct iommu *iommu, uint64_t value)
{
    uint64_t mode = IOMMU_GET(value, IOMMU_DDTP_IOMMU_MODE);
    uint64_t ppn = IOMMU_GET(value, IOMMU_DDTP_PPN) & iommu->pas_mask >> PAGE_LOG2;

    if (!mode_supported(iommu, mode))
        mode = IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE);
    if (mode == IOMMU_DDTP_MODE_OFF && iommu->bus.drain != NULL)
        iommu->bus.drain(iommu->bus.context, true, true);
    iommu->ddtp = IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, mode) | IOMMU_PREP(IOMMU_DDTP_PPN, ppn);
    derive(iommu);
}

static void write_event_selector(struct iommu *iommu, unsigned counter, uint64_t value)
{
    if (counter > iommu->config.hpm_counters)
        return;
    if (IOMMU_GET(value, IOMMU_IOHPMEVT_EVENTID) > IOMMU_HPM_EVENT_SECOND_STAGE_WALK)
        value &= ~IOMMU_IOHPMEVT_EVENTID_MASK;
    iommu->hpm_event[counter] = value;
    derive(iommu);
}

static void write_counter(struct iommu *iommu, unsigned counter, uint64_t value)
{
    unsigned bits = iommu->config.hpm_counter_bits;

    if (counter <= iommu->config.hpm_counters)
        iommu->hpm_counter[counter] = bits >= 64 ? value : value & ((1ull << bits) - 1);
}

static void write_cycles(struct iommu *iommu, uint64_t value)
{
    iommu->hpm_counter[0] = value & ((1ull << iommu->config.hpm_cycle_bits) - 1);
    iommu->hpm_event[0] = value & IOMMU_IOHPMCYCLES_OF_MASK;
}

static void write_icvec(struct iommu *iommu, uint64_t value)
{
    uint64_t field = (1ull << iommu->config.vector_bits) - 1;

    iommu->icvec = value & (field << IOMMU_ICVEC_CIV_SHIFT | field << IOMMU_ICVEC_FIV_SHIFT |
                            field << IOMMU_ICVEC_PMIV_SHIFT | field << IOMMU_ICVEC_PIV_SHIFT);
}

static void write_qosid(struct iommu *iommu, uint32_t value)
{
    uint32_t rcid =
        IOMMU_GET(value, IOMMU_IOMMU_QOSID_RCID) & ((1u << iommu->config.rcid_bits) - 1);
    uint32_t mcid =
        IOMMU_GET(value, IOMMU_IOMMU_QOSID_MCID) & ((1u << iommu->config.mcid_bits) - 1);

    iommu->qosid =
        IOMMU_PREP(IOMMU_IOMMU_QOSID_RCID, rcid) | IOMMU_PREP(IOMMU_IOMMU_QOSID_MCID, mcid);
}

/** msi_cfg_tbl: as many entries as icvec can select; absent without MSIs. */
static void write_msi_slot(struct iommu *iommu, uint32_t slot, unsigned i, uint64_t next)
{
    if (IOMMU_GET(iommu->config.capabilities, IOMMU_CAPABILITIES_IGS) == IOMMU_IGS_WSI ||
        i >= 1u << iommu->config.vector_bits)
        return;
    if (slot == IOMMU_REG_MSI_ADDR(i)) {
        iommu->msi_addr[i] = next & IOMMU_MSI_ADDR_ADDR_MASK & iommu->pas_mask;
        return;
    }
    iommu->msi_data[i] = (uint32_t)next;
    iommu->msi_vec_ctl[i] = next >> 32 & IOMMU_MSI_VEC_CTL_M_MASK;
    interrupts_release(iommu);
}

static void write_hpm_slot(struct iommu *iommu, uint32_t slot, uint64_t next)
{
    uint32_t i;

    if (slot == IOMMU_REG_IOCOUNTOVF)
        iommu->iocountinh =
            (uint32_t)(next >> 32) & (uint32_t)((2ull << iommu->config.hpm_counters) - 1);
    else if (slot == IOMMU_REG_IOHPMCYCLES)
        write_cycles(iommu, next);
    else if (in_array(slot, IOMMU_REG_IOHPMCTR(1), IOMMU_REG_IOHPMCTR_COUNT, 8, &i))
        write_counter(iommu, i + 1, next);
    else if (in_array(slot, IOMMU_REG_IOHPMEVT(1), IOMMU_REG_IOHPMEVT_COUNT, 8, &i))
        write_event_selector(iommu, i + 1, next);
}

/** The translation-request registers; Go is set by writing 1, and never cleared so. */
static void write_debug_slot(struct iommu *iommu, uint32_t slot, uint64_t next, uint64_t mask)
{
    uint64_t kept = ~(IOMMU_TR_REQ_CTL_RESERVED_MASK | IOMMU_TR_REQ_CTL_CUSTOM_MASK);

    if (slot == IOMMU_REG_TR_REQ_IOVA) {
        iommu->tr_req_iova = next & IOMMU_TR_REQ_IOVA_VPN_MASK;
        return;
    }
    iommu->tr_req_ctl = (next & kept) | (iommu->tr_req_ctl & IOMMU_TR_REQ_CTL_GO_BUSY_MASK);
    if ((mask & LOW_HALF) != 0 && !iommu->config.manual)
        iommu_process_debug(iommu);
}

/** Slots that hold queue registers; what follows from them is done by the caller. */
static void write_queue_slot(struct iommu *iommu, uint32_t slot, uint64_t next, uint64_t mask)
{
    bool ats = has(iommu, IOMMU_CAPABILITIES_ATS_MASK);

    switch (slot) {
    case IOMMU_REG_CQB:
        queue_write_base(iommu, &iommu->cq, next);
        break;
    case IOMMU_REG_FQB:
        queue_write_base(iommu, &iommu->fq, next);
        break;
    case IOMMU_REG_PQB:
        if (ats)
            queue_write_base(iommu, &iommu->pq, next);
        break;
    case IOMMU_REG_CQH:
        if ((mask & HIGH_HALF) != 0)
            iommu->cq.tail = (uint32_t)(next >> 32) & queue_mask(&iommu->cq);
        break;
    case IOMMU_REG_FQH:
        if ((mask & LOW_HALF) != 0)
            iommu->fq.head = (uint32_t)next & queue_mask(&iommu->fq);
        break;
    case IOMMU_REG_PQH:
        if ((mask & LOW_HALF) != 0 && ats)
            iommu->pq.head = (uint32_t)next & queue_mask(&iommu->pq);
        break;
    case IOMMU_REG_CQCSR:
        if ((mask & HIGH_HALF) != 0)
            queue_write_csr(iommu, &iommu->fq, (uint32_t)(next >> 32));
        if ((mask & LOW_HALF) != 0)
            queue_write_csr(iommu, &iommu->cq, (uint32_t)next);
        break;
    default: /* IOMMU_REG_PQCSR, and ipsr behind it */
        if ((mask & HIGH_HALF) != 0)
            interrupts_clear(iommu, (uint32_t)(next >> 32));
        if ((mask & LOW_HALF) != 0 && ats)
            queue_write_csr(iommu, &iommu->pq, (uint32_t)next);
        break;
    }
    interrupts_update(iommu, 0);
    if (!iommu->config.manual)
        commands_run(iommu);
}

/**
 * Write the bits of a slot that `mask` selects: one half or both. `value` is in place;
 * bits of write-1 registers outside the mask are 0.
 */
static void write_slot(struct iommu *iommu, uint32_t slot, uint64_t value, uint64_t mask)
{
    uint64_t next = (read_slot(iommu, slot) & ~mask) | (value & mask);
    uint32_t i;

    switch (slot) {
    case IOMMU_REG_FCTL:
        if ((mask & LOW_HALF) != 0)
            write_fctl(iommu, (uint32_t)next);
        break;
    case IOMMU_REG_DDTP:
        write_ddtp(iommu, next);
        break;
    case IOMMU_REG_CQB:
    case IOMMU_REG_CQH:
    case IOMMU_REG_FQB:
    case IOMMU_REG_FQH:
    case IOMMU_REG_PQB:
    case IOMMU_REG_PQH:
    case IOMMU_REG_CQCSR:
    case IOMMU_REG_PQCSR:
        write_queue_slot(iommu, slot, next, mask);
        break;
    case IOMMU_REG_TR_REQ_IOVA:
    case IOMMU_REG_TR_REQ_CTL:
        if (has(iommu, IOMMU_CAPABILITIES_DBG_MASK))
            write_debug_slot(iommu, slot, next, mask);
        break;
    case IOMMU_REG_IOMMU_QOSID:
        if (has(iommu, IOMMU_CAPABILITIES_QOSID_MASK))
            write_qosid(iommu, (uint32_t)next);
        break;
    case IOMMU_REG_ICVEC:
        write_icvec(iommu, next);
        break;
    default:
        if (in_array(slot, IOMMU_REG_MSI_ADDR(0), MSI_VECTORS, 16, &i))
            write_msi_slot(iommu, slot, i, next);
        else if (has(iommu, IOMMU_CAPABILITIES_HPM_MASK))
            write_hpm_slot(iommu, slot, next);
        break;
    }
    iommu->changes++;
    forget_recent(iommu);
}

/* --- the bus side -------------------------------------------------------------------- */

static enum iommu_mmio_status check_access(uint32_t offset, uint32_t size)
{
    if (size != 4 && size != 8)
        return IOMMU_MMIO_BAD_SIZE;
    if (offset % size != 0)
        return IOMMU_MMIO_MISALIGNED;
    return offset >= PAGE_BYTES ? IOMMU_MMIO_OUTSIDE : IOMMU_MMIO_OK;
}

enum iommu_mmio_status iommu_mmio_read(struct iommu *iommu, uint32_t offset, uint32_t size,
                                       uint64_t *value)
{
    enum iommu_mmio_status status = check_access(offset, size);

    *value = 0;
    if (status != IOMMU_MMIO_OK)
        return status;
    *value = read_slot(iommu, offset & ~7u);
    if (size == 4)
        *value = offset % 8 == 4 ? *value >> 32 : *value & LOW_HALF;
    return IOMMU_MMIO_OK;
}

enum iommu_mmio_status iommu_mmio_write(struct iommu *iommu, uint32_t offset, uint32_t size,
                                        uint64_t value)
{
    enum iommu_mmio_status status = check_access(offset, size);

    if (status != IOMMU_MMIO_OK)
        return status;
    if (size == 8)
        write_slot(iommu, offset, value, ~0ull);
    else if (offset % 8 == 4)
        write_slot(iommu, offset & ~7u, value << 32, HIGH_HALF);
    else
        write_slot(iommu, offset, value & LOW_HALF, LOW_HALF);
    return IOMMU_MMIO_OK;
}

/* --- "Debug support" ----------------------------------------------------------------- */

/** tr_response: the page's number, with its size encoded in the low bits. */
static uint64_t encode_response(const struct iommu_response *response)
{
    uint64_t ppn = response->address >> PAGE_LOG2, value;

    if (response->status != IOMMU_SUCCESS)
        return IOMMU_TR_RESPONSE_FAULT_MASK;
    value = IOMMU_PREP(IOMMU_TR_RESPONSE_PBMT, response->pbmt);
    if (response->page_log2 > PAGE_LOG2) {
        unsigned bits = response->page_log2 - PAGE_LOG2;
        uint64_t ones = (1ull << (bits - 1)) - 1;

        ppn = (ppn & ~(ones << 1 | 1)) | ones;
        value |= IOMMU_TR_RESPONSE_S_MASK;
    }
    return value | IOMMU_PREP(IOMMU_TR_RESPONSE_PPN, ppn);
}

bool iommu_process_debug(struct iommu *iommu)
{
    uint64_t control = iommu->tr_req_ctl;
    bool execute = (control & IOMMU_TR_REQ_CTL_EXE_MASK) != 0;
    bool read_only = (control & IOMMU_TR_REQ_CTL_NW_MASK) != 0;
    struct iommu_request request = {
        .iova = iommu->tr_req_iova,
        .device_id = (uint32_t)IOMMU_GET(control, IOMMU_TR_REQ_CTL_DID),
        .process_id_valid = (control & IOMMU_TR_REQ_CTL_PV_MASK) != 0,
        .privileged = (control & IOMMU_TR_REQ_CTL_PRIV_MASK) != 0,
        .type = IOMMU_UNTRANSLATED,
        .access = execute     ? IOMMU_EXECUTE
                  : read_only ? IOMMU_READ
                              : IOMMU_WRITE,
    };
    struct iommu_response response;
    struct walk walk;

    if ((control & IOMMU_TR_REQ_CTL_GO_BUSY_MASK) == 0)
        return false;
    if (request.process_id_valid)
        request.process_id = (uint32_t)IOMMU_GET(control, IOMMU_TR_REQ_CTL_PID);
    memset(&walk, 0, sizeof(walk));
    walk.iommu = iommu;
    walk.request = &request;
    walk.debug = true;
    response = translate(&walk);
    iommu->tr_response = encode_response(&response);
    iommu->tr_req_ctl &= ~IOMMU_TR_REQ_CTL_GO_BUSY_MASK;
    return true;
}
