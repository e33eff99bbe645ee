// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices have written, for a VMM that moves a guest: dirty tracking of iommufd.
 *
 * A domain that is made for it (IOMMU_HWPT_ALLOC_DIRTY_TRACKING) has pages without D, and GADE in
 * the contexts of its devices, so that the IOMMU sets D with the first write. It does so all the
 * time: to begin is to clear what is there, which iommufd does, and there is nothing to switch.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "rvi.h"

static void record(void *arg, unsigned long iova, size_t size)
{
	struct iommu_dirty_bitmap *dirty = arg;

	iommu_dirty_bitmap_record(dirty, iova, size);
	/* What is invalidated is counted in pages of it; the core leaves it unset. */
	if (dirty->gather)
		dirty->gather->pgsize = SZ_4K;
}

static int set_tracking(struct iommu_domain *io_domain, bool enabled)
{
	return 0;
}

/* The core makes the IOMMU forget what was cleared: what it has cached of D is not looked up. */
static int read_and_clear(struct iommu_domain *io_domain, unsigned long iova, size_t size,
			  unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);

	rvi_pt_dirty(&domain->pt, iova, size, !(flags & IOMMU_DIRTY_NO_CLEAR), record, dirty);
	return 0;
}

static const struct iommu_dirty_ops dirty_ops = {
	.set_dirty_tracking = set_tracking,
	.read_and_clear_dirty = read_and_clear,
};

bool rvi_dirty_possible(struct rvi_iommu *iommu)
{
	return IS_ENABLED(CONFIG_IOMMUFD_DRIVER) && rvi_has(iommu, AMO_HWAD) &&
	       (rvi_has(iommu, SV39X4) || rvi_has(iommu, SV48X4) || rvi_has(iommu, SV57X4));
}

/* Before anything is mapped. */
void rvi_dirty_begin(struct rvi_domain *domain)
{
	domain->pt.dirty = true;
	domain->domain.dirty_ops = &dirty_ops;
}

/* The bitmaps are there. */
RVI_IMPORT_IOMMUFD;
