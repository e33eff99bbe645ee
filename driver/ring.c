// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queues that the IOMMU writes, of faults and of page requests: the same registers at two
 * places. One at a time takes records out; who calls sees to that.
 */
#include "rvi.h"

/* One name for the bits of both. */
#define CSR_ENABLE IOMMU_FQCSR_FQEN_MASK
#define CSR_INTERRUPT IOMMU_FQCSR_FIE_MASK
#define CSR_ON IOMMU_FQCSR_FQON_MASK
#define CSR_BUSY IOMMU_FQCSR_BUSY_MASK
#define CSR_ERRORS (RVI_RING_UNWRITABLE | RVI_RING_FULL)

static_assert(!(CSR_ENABLE ^ IOMMU_PQCSR_PQEN_MASK) && !(CSR_INTERRUPT ^ IOMMU_PQCSR_PIE_MASK) &&
	      !(CSR_ON ^ IOMMU_PQCSR_PQON_MASK) && !(CSR_BUSY ^ IOMMU_PQCSR_BUSY_MASK) &&
	      !(RVI_RING_UNWRITABLE ^ IOMMU_PQCSR_PQMF_MASK) &&
	      !(RVI_RING_FULL ^ IOMMU_PQCSR_PQOF_MASK) &&
	      !(IOMMU_FQB_PPN_MASK ^ IOMMU_PQB_PPN_MASK) &&
	      !(IOMMU_FQB_LOG2SZ_1_MASK ^ IOMMU_PQB_LOG2SZ_1_MASK));

static int ring_stop(struct rvi_iommu *iommu, struct rvi_ring *ring)
{
	rvi_write32(iommu, ring->kind->csr, 0);
	return rvi_wait32(iommu, ring->kind->csr, CSR_ON | CSR_BUSY, 0);
}

/* From off, or from whatever it is in. */
static int ring_start(struct rvi_iommu *iommu, struct rvi_ring *ring)
{
	const struct rvi_ring_kind *kind = ring->kind;
	int ret;

	ring_stop(iommu, ring);
	rvi_write64(iommu, kind->base,
		    FIELD_PREP(IOMMU_FQB_PPN_MASK, PHYS_PFN(virt_to_phys(ring->records))) |
		    FIELD_PREP(IOMMU_FQB_LOG2SZ_1_MASK, kind->log2 - 1));
	rvi_write32(iommu, kind->head, 0);
	rvi_write32(iommu, kind->csr, CSR_ENABLE | CSR_INTERRUPT | CSR_ERRORS);
	ret = rvi_wait32(iommu, kind->csr, CSR_ON, CSR_ON);
	if (ret)
		dev_err(iommu->dev, "the %s queue does not start\n", kind->name);
	return ret;
}

/**
 * rvi_ring_drain() - take out what is there now
 * @iommu: the IOMMU
 * @ring: the queue
 * @take: what to do with each record
 *
 * Return: how many records there were.
 */
unsigned int rvi_ring_drain(struct rvi_iommu *iommu, struct rvi_ring *ring,
			    void (*take)(struct rvi_iommu *iommu, const u64 *record))
{
	u32 head = rvi_read32(iommu, ring->kind->head) & ring->mask;
	u32 tail = rvi_read32(iommu, ring->kind->tail) & ring->mask;
	unsigned int count = (tail - head) & ring->mask;

	/* The records are read after the tail that covers them. */
	rmb();
	while (head != tail) {
		u64 record[RVI_RING_WORDS];
		unsigned int i;

		for (i = 0; i < ring->kind->words; i++)
			record[i] = READ_ONCE(ring->records[head * ring->kind->words + i]);
		head = (head + 1) & ring->mask;
		/* The place is free when the record is copied, before it is worked on. */
		rvi_write32(iommu, ring->kind->head, head);
		take(iommu, record);
	}
	return count;
}

/**
 * rvi_ring_recover() - go on after records were lost
 * @iommu: the IOMMU
 * @ring: the queue
 * @take: what to do with each record that came before those
 *
 * Return: why they were lost: RVI_RING_UNWRITABLE, RVI_RING_FULL; 0 if none were.
 */
u32 rvi_ring_recover(struct rvi_iommu *iommu, struct rvi_ring *ring,
		     void (*take)(struct rvi_iommu *iommu, const u64 *record))
{
	u32 errors = rvi_read32(iommu, ring->kind->csr) & CSR_ERRORS;

	if (!errors)
		return 0;
	/* None comes until this is cleared. That of a full queue would come again at once. */
	rvi_ring_drain(iommu, ring, take);
	dev_err_ratelimited(iommu->dev, "%s records were lost: the queue %s\n", ring->kind->name,
			    errors & RVI_RING_UNWRITABLE ? "could not be written" : "was full");
	/* A queue that could not be written is told anew where it is. */
	if (errors & RVI_RING_UNWRITABLE)
		ring_start(iommu, ring);
	else
		rvi_write32(iommu, ring->kind->csr, CSR_ENABLE | CSR_INTERRUPT | errors);
	return errors;
}

int rvi_ring_init(struct rvi_iommu *iommu, struct rvi_ring *ring,
		  const struct rvi_ring_kind *kind)
{
	ring->kind = kind;
	ring->mask = BIT(kind->log2) - 1;
	ring->order = get_order(sizeof(u64) * kind->words << kind->log2);
	ring->records = rvi_alloc_pages(dev_to_node(iommu->dev), GFP_KERNEL, ring->order);
	if (!ring->records)
		return -ENOMEM;
	return ring_start(iommu, ring);
}

void rvi_ring_exit(struct rvi_iommu *iommu, struct rvi_ring *ring)
{
	if (!ring->records)
		return;
	ring_stop(iommu, ring);
	rvi_free_pages(ring->records, ring->order);
	ring->records = NULL;
}
