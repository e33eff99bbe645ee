/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a device context changes from one valid form to another.
 *
 * A pure function of what is in memory and what shall be there: it names the next word to
 * write. The caller writes it, and synchronizes where asked to. So it is tested without
 * hardware.
 */
#ifndef RVI_DC_H
#define RVI_DC_H

#include <linux/types.h>
#include "iommu_regs.h"

#define RVI_DC_WORDS (IOMMU_DC_EXT_BYTES / 8)

/* The words of a device context, numbered as in memory. */
enum {
	RVI_DC_TC = IOMMU_DC_TC_OFFSET / 8,
	RVI_DC_IOHGATP = IOMMU_DC_IOHGATP_OFFSET / 8,
	RVI_DC_TA = IOMMU_DC_TA_OFFSET / 8,
	RVI_DC_FSC = IOMMU_DC_FSC_OFFSET / 8,
	RVI_DC_MSIPTP = IOMMU_DC_MSIPTP_OFFSET / 8,
	RVI_DC_MSI_MASK = IOMMU_DC_MSI_ADDR_MASK_OFFSET / 8,
	RVI_DC_MSI_PATTERN = IOMMU_DC_MSI_ADDR_PATTERN_OFFSET / 8,
};

struct rvi_dc {
	u64 word[RVI_DC_WORDS];
};

struct rvi_dc_step {
	unsigned int word;
	u64 value;
	bool sync;		/* invalidate what is cached of the context, and wait */
};

bool rvi_dc_next(const u64 *now, const struct rvi_dc *target, unsigned int words,
		 struct rvi_dc_step *step);

#endif
