// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains for single process_ids of a device: a process directory of one level (PD8), one
 * page of 256 contexts, which is there while one of them is in use.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>

#include "rvi.h"

#define PC_WORDS (IOMMU_PC_BYTES / 8)

unsigned int rvi_pasid_bits(struct rvi_iommu *iommu)
{
	return rvi_has(iommu, PD8) ? 8 : 0;
}

/*
 * One context changes. While it is invalid nothing is cached of it, so the first stage
 * comes before the word with V; a valid one is made invalid first.
 */
static int set_context(struct rvi_dev *rdev, u32 pid, struct rvi_domain *domain)
{
	u64 *pc = rdev->pdt + PC_WORDS * pid;
	u64 old = READ_ONCE(pc[0]);
	u64 ta = 0, fsc = 0;
	unsigned int n;
	u32 id;
	int ret = 0;

	if (domain && domain->stage == RVI_STAGE_FIRST) {
		ta = IOMMU_PC_TA_V_MASK | FIELD_PREP(IOMMU_PC_TA_PSCID_MASK, domain->id);
		fsc = FIELD_PREP(IOMMU_PC_FSC_MODE_MASK,
				 IOMMU_IOSATP_MODE_SV39 + domain->pt.levels - 3) |
		      FIELD_PREP(IOMMU_PC_FSC_PPN_MASK,
				 PHYS_PFN(virt_to_phys(domain->pt.root)));
	} else if (domain && domain->domain.type == IOMMU_DOMAIN_IDENTITY) {
		ta = IOMMU_PC_TA_V_MASK;
	}
	if (old & IOMMU_PC_TA_V_MASK) {
		u32 pscid = FIELD_GET(IOMMU_PC_TA_PSCID_MASK, old);

		WRITE_ONCE(pc[0], 0);
		for (n = 0; rvi_dev_id(rdev, n, &id); n++) {
			struct rvi_cmd cmd[] = {
				rvi_cmd_inval_pdt(id, pid),
				rvi_cmd_inval_vma_pscid(pscid),
			};

			ret = rvi_cmd_run(rdev->iommu, cmd, ARRAY_SIZE(cmd)) ?: ret;
		}
		/* The old one may be in use still: it must not be mixed with the new one. */
		if (ret)
			return ret;
	}
	WRITE_ONCE(pc[1], fsc);
	/* Valid is seen last. */
	wmb();
	WRITE_ONCE(pc[0], ta);
	return ret;
}

/* The domain for requests without a process_id. */
void rvi_pasid_default(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	set_context(rdev, 0, domain);
}

/* With ddt_lock held: from one context for all requests to a directory. */
int rvi_pasid_enable(struct rvi_dev *rdev)
{
	int ret;

	if (rdev->pdt)
		return 0;
	if (!rvi_pasid_bits(rdev->iommu))
		return -EOPNOTSUPP;
	if (rdev->domain->stage == RVI_STAGE_SECOND || rdev->domain->parent)
		return -EBUSY;
	/* What a device keeps is forgotten without process_ids: one or the other. */
	rvi_ats_off(rdev);
	rdev->pdt = rvi_alloc_pages(dev_to_node(rdev->iommu->dev), GFP_KERNEL, 0);
	if (!rdev->pdt)
		return -ENOMEM;
	set_context(rdev, 0, rdev->domain);
	ret = rvi_dev_install(rdev);
	if (ret)
		rvi_pasid_disable(rdev);
	return ret;
}

void rvi_pasid_disable(struct rvi_dev *rdev)
{
	u64 *pdt = rdev->pdt;

	if (!pdt)
		return;
	rdev->pdt = NULL;
	rvi_dev_install(rdev);
	rvi_free_pages(pdt, 0);
}

int rvi_set_dev_pasid(struct iommu_domain *io_domain, struct device *dev, ioasid_t pasid,
		      struct iommu_domain *io_old)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	struct rvi_iommu *iommu = rdev->iommu;
	int ret;

	if (!pasid || pasid >> rvi_pasid_bits(iommu))
		return -EINVAL;
	/* Without ATS there are no page requests. */
	if (io_domain->iopf_handler)
		return -EOPNOTSUPP;
	mutex_lock(&domain->init_lock);
	if (domain->stage == RVI_STAGE_UNSET)
		domain->stage = RVI_STAGE_FIRST;
	mutex_unlock(&domain->init_lock);
	ret = rvi_domain_settle(domain);
	if (ret)
		return ret;
	if (domain->stage != RVI_STAGE_FIRST || !rvi_domain_fits(domain, iommu))
		return -EINVAL;
	ret = rvi_domain_bond(domain, iommu);
	if (ret)
		return ret;
	mutex_lock(&iommu->ddt_lock);
	ret = rvi_pasid_enable(rdev);
	if (!ret) {
		ret = set_context(rdev, pasid, domain);
		if (!ret && !io_old)
			rdev->pasids++;
		if (!rdev->pasids)
			rvi_pasid_disable(rdev);
	}
	mutex_unlock(&iommu->ddt_lock);
	if (ret)
		rvi_domain_unbond(domain, iommu);
	else if (io_old)
		rvi_domain_unbond(to_rvi_domain(io_old), iommu);
	return ret;
}

int rvi_pasid_clear(struct iommu_domain *blocked, struct device *dev, ioasid_t pasid,
		    struct iommu_domain *old)
{
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	struct rvi_iommu *iommu = rdev->iommu;

	mutex_lock(&iommu->ddt_lock);
	if (rdev->pdt) {
		set_context(rdev, pasid, NULL);
		if (!--rdev->pasids)
			rvi_pasid_disable(rdev);
	}
	mutex_unlock(&iommu->ddt_lock);
	if (old)
		rvi_domain_unbond(to_rvi_domain(old), iommu);
	return 0;
}
