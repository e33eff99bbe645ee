/* SPDX-License-Identifier: Apache-2.0 */
/* "Interrupt pending status register (ipsr)", wires and messages. */
#include "internal.h"

/** The vector that icvec gives to an ipsr bit. */
static unsigned vector_of(const struct iommu *iommu, uint32_t bit)
{
    switch (bit) {
    case IOMMU_IPSR_CIP_MASK:
        return (unsigned)IOMMU_GET(iommu->icvec, IOMMU_ICVEC_CIV);
    case IOMMU_IPSR_FIP_MASK:
        return (unsigned)IOMMU_GET(iommu->icvec, IOMMU_ICVEC_FIV);
    case IOMMU_IPSR_PMIP_MASK:
        return (unsigned)IOMMU_GET(iommu->icvec, IOMMU_ICVEC_PMIV);
    default:
        return (unsigned)IOMMU_GET(iommu->icvec, IOMMU_ICVEC_PIV);
    }
}

void message_store(struct iommu *iommu, uint64_t address, uint32_t data, bool big_endian,
                   enum iommu_structure structure, uint16_t rcid, uint16_t mcid)
{
    struct iommu_access access = {
        .address = address,
        .size = 4,
        .structure = structure,
        .rcid = rcid,
        .mcid = mcid,
    };
    struct fault_record record = {
        .cause = IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT,
        .ttyp = IOMMU_TTYP_NONE,
        .iotval = address,
    };
    uint8_t bytes[4];

    store_word(bytes, 4, big_endian, data);
    if (mem_write(iommu, &access, bytes) != IOMMU_MEM_OK)
        fault_queue_put(iommu, &record);
}

static void send_vector(struct iommu *iommu, unsigned vector)
{
    if ((iommu->msi_vec_ctl[vector] & IOMMU_MSI_VEC_CTL_M_MASK) != 0 ||
        (iommu->fctl & IOMMU_FCTL_WSI_MASK) != 0) {
        iommu->msi_pending |= 1u << vector;
        return;
    }
    iommu->msi_pending &= ~(1u << vector);
    message_store(iommu, iommu->msi_addr[vector], iommu->msi_data[vector],
                  (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0, IOMMU_MSI,
                  IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_RCID) & 0xfff,
                  IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_MCID) & 0xfff);
}

/**
 * A bit of ipsr goes from 0 to 1; a message is sent on that edge. An interrupt handler that runs
 * in its callback may make the next edge: that one's message goes when the callback is over.
 */
static void raise_bit(struct iommu *iommu, uint32_t bit)
{
    if ((iommu->ipsr & bit) != 0)
        return;
    iommu->ipsr |= bit;
    if ((iommu->fctl & IOMMU_FCTL_WSI_MASK) != 0)
        return;
    iommu->msi_due |= bit;
    if (iommu->msi_runs)
        return;
    iommu->msi_runs = true;
    while (iommu->msi_due != 0) {
        uint32_t next = iommu->msi_due & ~(iommu->msi_due - 1);

        iommu->msi_due &= ~next;
        send_vector(iommu, vector_of(iommu, next));
    }
    iommu->msi_runs = false;
}

void interrupts_update(struct iommu *iommu, unsigned events)
{
    uint32_t command_causes = IOMMU_CQCSR_FENCE_W_IP_MASK | IOMMU_CQCSR_CMD_ILL_MASK |
                              IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CQMF_MASK;
    uint32_t fault_causes = IOMMU_FQCSR_FQOF_MASK | IOMMU_FQCSR_FQMF_MASK;
    uint32_t page_causes = IOMMU_PQCSR_PQOF_MASK | IOMMU_PQCSR_PQMF_MASK;

    if ((iommu->cq.csr & IOMMU_CQCSR_CIE_MASK) != 0 && (iommu->cq.csr & command_causes) != 0)
        raise_bit(iommu, IOMMU_IPSR_CIP_MASK);
    if ((iommu->fq.csr & IOMMU_FQCSR_FIE_MASK) != 0 &&
        ((iommu->fq.csr & fault_causes) != 0 || (events & EVENT_NEW_FAULT) != 0))
        raise_bit(iommu, IOMMU_IPSR_FIP_MASK);
    if ((iommu->pq.csr & IOMMU_PQCSR_PIE_MASK) != 0 &&
        ((iommu->pq.csr & page_causes) != 0 || (events & EVENT_NEW_PAGE_REQUEST) != 0))
        raise_bit(iommu, IOMMU_IPSR_PIP_MASK);
    if ((events & EVENT_COUNTER_OVERFLOW) != 0)
        raise_bit(iommu, IOMMU_IPSR_PMIP_MASK);
}

void interrupts_clear(struct iommu *iommu, uint32_t bits)
{
    iommu->ipsr &= ~bits;
    interrupts_update(iommu, 0); /* conditions that persist set their bit again */
}

void interrupts_release(struct iommu *iommu)
{
    /* With wires selected, a message that M held back waits on. */
    if ((iommu->fctl & IOMMU_FCTL_WSI_MASK) != 0)
        return;
    for (unsigned vector = 0; vector < MSI_VECTORS; vector++) {
        if ((iommu->msi_pending >> vector & 1) != 0)
            send_vector(iommu, vector);
    }
}

uint32_t iommu_wires(const struct iommu *iommu)
{
    uint32_t wires = 0;

    if ((iommu->fctl & IOMMU_FCTL_WSI_MASK) == 0)
        return 0;
    for (uint32_t bit = IOMMU_IPSR_CIP_MASK; bit <= IOMMU_IPSR_PIP_MASK; bit <<= 1) {
        if ((iommu->ipsr & bit) != 0)
            wires |= 1u << vector_of(iommu, bit);
    }
    return wires;
}
