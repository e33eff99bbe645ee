/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory-resident interrupt files, and the table entries that lead there: pure functions. */
#ifndef RVI_MRIF_H
#define RVI_MRIF_H

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/types.h>

#include "iommu_regs.h"

#define RVI_MRIF_IDS 2048U

struct rvi_msipte {
	u64 dword[IOMMU_MSIPTE_BYTES / 8];
};

/*
 * 64 pending bits and 64 enable bits take turns. All are enabled: an IOMMU sends a notice
 * either always or for those that are.
 */
static inline void rvi_mrif_init(u64 *file)
{
	unsigned int i;

	for (i = 0; i < RVI_MRIF_IDS / 64; i++) {
		file[2 * i] = 0;
		file[2 * i + 1] = ~0ULL;
	}
}

/* Clear the pending bit of an identity, and tell whether it was set. 0 is no identity. */
static inline bool rvi_mrif_take(u64 *file, u32 id)
{
	if (!id || id >= RVI_MRIF_IDS)
		return false;
	return test_and_clear_bit(id % 64, (unsigned long *)&file[id / 64 * 2]);
}

/* The second word of an entry: the message that tells that something has come. */
static inline u64 rvi_msipte_notice(u64 address, u32 id)
{
	return FIELD_PREP(IOMMU_MSIPTE_MRIF_NPPN_MASK, address >> 12) |
	       FIELD_PREP(IOMMU_MSIPTE_MRIF_NID_9_0_MASK, id & 0x3ff) |
	       FIELD_PREP(IOMMU_MSIPTE_MRIF_NID_10_MASK, id >> 10);
}

static inline struct rvi_msipte rvi_msipte_mrif(phys_addr_t file, u64 notice)
{
	return (struct rvi_msipte){ .dword = {
		IOMMU_MSIPTE_MRIF_V_MASK |
		FIELD_PREP(IOMMU_MSIPTE_MRIF_M_MASK, IOMMU_MSIPTE_M_MRIF) |
		FIELD_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS_MASK, file >> 9),
		notice,
	} };
}

static inline struct rvi_msipte rvi_msipte_basic(u64 page)
{
	return (struct rvi_msipte){ .dword = {
		IOMMU_MSIPTE_V_MASK | FIELD_PREP(IOMMU_MSIPTE_M_MASK, IOMMU_MSIPTE_M_BASIC) |
		FIELD_PREP(IOMMU_MSIPTE_PPN_MASK, page),
	} };
}

#endif
