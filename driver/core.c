// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices behind an IOMMU: finding them, and giving them a domain.
 */
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <uapi/linux/iommufd.h>
#include <linux/module.h>
#include <linux/of_iommu.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/slab.h>

#include "rvi.h"

static struct rvi_domain rvi_identity, rvi_blocked;

/* Devices behind a PCI bridge may share an identifier: who owns it, and how many use it. */
struct rvi_id {
	struct rvi_dev *owner;
	unsigned int users;
};

bool rvi_dev_id(struct rvi_dev *rdev, unsigned int n, u32 *id)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(rdev->dev);

	if (!fwspec || n >= fwspec->num_ids)
		return false;
	*id = fwspec->ids[n];
	return true;
}

static u64 stage_mode(const struct rvi_domain *domain)
{
	/* Both stages number their modes alike: three levels are 8, four 9, five 10. */
	return IOMMU_IOSATP_MODE_SV39 + domain->pt.levels - 3;
}

/* The context that gives a device a domain. */
void rvi_dev_context(struct rvi_dev *rdev, struct rvi_domain *domain, struct rvi_dc *dc)
{
	struct rvi_domain *second = domain->parent ?: domain;
	struct rvi_iommu *iommu = rdev->iommu;

	memset(dc, 0, sizeof(*dc));
	if (domain == &rvi_blocked)
		return;
	dc->word[RVI_DC_TC] = IOMMU_DC_TC_V_MASK;
	if (second->stage == RVI_STAGE_SECOND) {
		dc->word[RVI_DC_IOHGATP] =
			FIELD_PREP(IOMMU_DC_IOHGATP_MODE_MASK, stage_mode(second)) |
			FIELD_PREP(IOMMU_DC_IOHGATP_GSCID_MASK, second->id) |
			FIELD_PREP(IOMMU_DC_IOHGATP_PPN_MASK,
				   PHYS_PFN(virt_to_phys(second->pt.root)));
		if (iommu->msi_table) {
			u64 *table = domain->mrif ? domain->mrif->table : iommu->msi_table;

			dc->word[RVI_DC_MSIPTP] =
				FIELD_PREP(IOMMU_DC_MSIPTP_MODE_MASK, IOMMU_MSIPTP_MODE_FLAT) |
				FIELD_PREP(IOMMU_DC_MSIPTP_PPN_MASK,
					   PHYS_PFN(virt_to_phys(table)));
			dc->word[RVI_DC_MSI_MASK] = iommu->msi_mask;
			dc->word[RVI_DC_MSI_PATTERN] = iommu->msi_pattern;
		}
		if (second->pt.dirty)
			dc->word[RVI_DC_TC] |= IOMMU_DC_TC_GADE_MASK;
		/* A translation is the address itself, and is translated when it is used. */
		if (rdev->ats)
			dc->word[RVI_DC_TC] |= IOMMU_DC_TC_EN_ATS_MASK |
					       IOMMU_DC_TC_T2GPA_MASK | rvi_pri_context(rdev);
		if (domain->parent) {
			dc->word[RVI_DC_TC] |= domain->user.tc;
			dc->word[RVI_DC_TA] = domain->user.ta;
			dc->word[RVI_DC_FSC] = domain->user.fsc;
		}
		return;
	}
	if (rdev->pdt) {
		/* A request without a process_id is that of process 0. */
		dc->word[RVI_DC_TC] |= IOMMU_DC_TC_PDTV_MASK | IOMMU_DC_TC_DPE_MASK;
		dc->word[RVI_DC_FSC] = FIELD_PREP(IOMMU_DC_FSC_MODE_MASK, IOMMU_PDTP_MODE_PD8) |
				       FIELD_PREP(IOMMU_DC_FSC_PPN_MASK,
						  PHYS_PFN(virt_to_phys(rdev->pdt)));
		return;
	}
	if (domain->stage == RVI_STAGE_FIRST) {
		if (rdev->ats)
			dc->word[RVI_DC_TC] |= IOMMU_DC_TC_EN_ATS_MASK;
		dc->word[RVI_DC_TA] = FIELD_PREP(IOMMU_DC_TA_PSCID_MASK, domain->id);
		dc->word[RVI_DC_FSC] = FIELD_PREP(IOMMU_DC_FSC_MODE_MASK, stage_mode(domain)) |
				       FIELD_PREP(IOMMU_DC_FSC_PPN_MASK,
						  PHYS_PFN(virt_to_phys(domain->pt.root)));
	}
}

/*
 * Quarantine: a valid context with an empty table and DTF. It reaches nothing, and says
 * nothing, so that a device gone wild does not fill the fault queue.
 */
static void quarantine_context(struct rvi_iommu *iommu, struct rvi_dc *dc)
{
	u64 ppn = PHYS_PFN(virt_to_phys(iommu->empty_table));

	memset(dc, 0, sizeof(*dc));
	dc->word[RVI_DC_TC] = IOMMU_DC_TC_V_MASK | IOMMU_DC_TC_DTF_MASK;
	if (rvi_has(iommu, SV39) || rvi_has(iommu, SV48) || rvi_has(iommu, SV57)) {
		u64 mode = rvi_has(iommu, SV39) ? IOMMU_IOSATP_MODE_SV39 :
			   rvi_has(iommu, SV48) ? IOMMU_IOSATP_MODE_SV48 : IOMMU_IOSATP_MODE_SV57;

		dc->word[RVI_DC_FSC] = FIELD_PREP(IOMMU_DC_FSC_MODE_MASK, mode) |
				       FIELD_PREP(IOMMU_DC_FSC_PPN_MASK, ppn);
	} else if (rvi_has(iommu, SV39X4) || rvi_has(iommu, SV48X4) || rvi_has(iommu, SV57X4)) {
		u64 mode = rvi_has(iommu, SV39X4) ? IOMMU_IOHGATP_MODE_SV39X4 :
			   rvi_has(iommu, SV48X4) ? IOMMU_IOHGATP_MODE_SV48X4 :
						    IOMMU_IOHGATP_MODE_SV57X4;

		dc->word[RVI_DC_IOHGATP] = FIELD_PREP(IOMMU_DC_IOHGATP_MODE_MASK, mode) |
					   FIELD_PREP(IOMMU_DC_IOHGATP_PPN_MASK, ppn);
	} else {
		dc->word[RVI_DC_TC] = 0;
	}
}

/* Put what the device shall have into the directory. With ddt_lock held. */
int rvi_dev_install(struct rvi_dev *rdev)
{
	struct rvi_dc dc;
	unsigned int n;
	u32 id;
	int ret = 0;

	lockdep_assert_held(&rdev->iommu->ddt_lock);
	if (rdev->quarantined)
		quarantine_context(rdev->iommu, &dc);
	else
		rvi_dev_context(rdev, rdev->domain, &dc);
	for (n = 0; rvi_dev_id(rdev, n, &id); n++)
		ret = rvi_ddt_set(rdev->iommu, id, &dc) ?: ret;
	return ret;
}

/* With ddt_lock held: it reaches nothing, as it cannot have its domain. */
static void attach_failed(struct rvi_dev *rdev, int reason)
{
	rvi_ats_finish(rvi_ats_stop(rdev));
	rdev->domain = &rvi_blocked;
	if (rdev->pdt)
		rvi_pasid_default(rdev, &rvi_blocked);
	rvi_dev_install(rdev);
	rvi_remap_leave(rdev, rvi_remap_enter(rdev, &rvi_blocked));
	dev_err(rdev->dev, "blocked: no device context could be made: %d\n", reason);
}

/* With ddt_lock held: from one domain to another. */
static int change_domain(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	struct rvi_mrif *file;
	struct rvi_ats *ats;
	int ret;

	/* A second stage below process contexts is not made here. */
	if (rdev->pdt && (domain->stage == RVI_STAGE_SECOND || domain->parent))
		return -EBUSY;
	if (rdev->pdt)
		rvi_pasid_default(rdev, domain);
	ats = rvi_ats_stop(rdev);
	rdev->domain = domain;
	rvi_ats_prepare(rdev, domain);
	file = rvi_remap_enter(rdev, domain);
	ret = rvi_dev_install(rdev);
	if (ret)
		attach_failed(rdev, ret);
	rvi_remap_leave(rdev, file);
	rvi_ats_finish(ats);
	if (ret)
		return ret;
	rvi_ats_start(rdev);
	ret = rvi_pri_start(rdev);
	if (ret)
		attach_failed(rdev, ret);
	return ret;
}

int rvi_attach(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_domain *old = rdev->domain;
	bool left;
	int ret;

	ret = rvi_domain_bond(domain, iommu);
	if (ret)
		return ret;
	ret = rvi_pri_begin(rdev, domain);
	if (ret) {
		rvi_domain_unbond(domain, iommu);
		return ret;
	}
	mutex_lock(&iommu->ddt_lock);
	ret = change_domain(rdev, domain);
	left = !ret || rdev->domain != old;
	mutex_unlock(&iommu->ddt_lock);
	rvi_pri_end(rdev);
	if (left)
		rvi_domain_unbond(old, iommu);
	if (ret)
		rvi_domain_unbond(domain, iommu);
	return ret;
}

int rvi_attach_dev(struct iommu_domain *io_domain, struct device *dev, struct iommu_domain *old)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	int ret = rvi_domain_settle(domain);

	if (ret)
		return ret;
	if (!rvi_domain_fits(domain, rdev->iommu) || !rvi_remap_fits(rdev, domain))
		return -EINVAL;
	return rvi_attach(rdev, domain);
}

static int attach_bare(struct iommu_domain *io_domain, struct device *dev,
		       struct iommu_domain *old)
{
	return rvi_attach(dev_iommu_priv_get(dev), to_rvi_domain(io_domain));
}

RVI_DEFINE_ATTACH(attach_bare)

static const struct iommu_domain_ops rvi_identity_ops = {
	.attach_dev = RVI_ATTACH(attach_bare),
};

static const struct iommu_domain_ops rvi_blocked_ops = {
	.attach_dev = RVI_ATTACH(attach_bare),
	.set_dev_pasid = rvi_pasid_clear,
};

static struct rvi_domain rvi_identity = {
	.domain = { .type = IOMMU_DOMAIN_IDENTITY, .ops = &rvi_identity_ops },
	.bare = true,
};

static struct rvi_domain rvi_blocked = {
	.domain = { .type = IOMMU_DOMAIN_BLOCKED, .ops = &rvi_blocked_ops },
	.bare = true,
};

static struct iommu_domain *rvi_domain_alloc_paging(struct device *dev)
{
	struct rvi_iommu *iommu = dev ? ((struct rvi_dev *)dev_iommu_priv_get(dev))->iommu :
					rvi_first();
	struct rvi_domain *domain;

	if (!iommu)
		return ERR_PTR(-ENODEV);
	domain = rvi_domain_new(iommu, RVI_STAGE_UNSET);
	return IS_ERR(domain) ? ERR_CAST(domain) : &domain->domain;
}

/*
 * iommufd: what user space maps, or the parent of what a guest maps. A second stage cannot
 * lie below process contexts here, so what shall go together with them is a first one.
 */
struct iommu_domain *rvi_domain_alloc_paging_flags(struct device *dev, u32 flags,
						   const struct iommu_user_data *user_data)
{
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	u32 second = IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	bool first = flags & RVI_HWPT_ALLOC_PASID;
	bool dirty = flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	struct rvi_domain *domain;

	if (flags & ~(second | RVI_HWPT_ALLOC_PASID) || user_data || (first && flags & second) ||
	    (dirty && !rvi_dirty_possible(rdev->iommu)))
		return ERR_PTR(-EOPNOTSUPP);
	/* In a first stage interrupts are not isolated, whatever their irq domain says. */
	if (first && rdev->iommu->irq_domain)
		return ERR_PTR(-EOPNOTSUPP);
	domain = rvi_domain_new(rdev->iommu, first ? RVI_STAGE_FIRST : RVI_STAGE_SECOND);
	if (IS_ERR(domain) && !flags)
		domain = rvi_domain_new(rdev->iommu, RVI_STAGE_FIRST);
	if (IS_ERR(domain))
		return ERR_CAST(domain);
	if (dirty)
		rvi_dirty_begin(domain);
	domain->domain.type = IOMMU_DOMAIN_UNMANAGED;
	return &domain->domain;
}

static bool rvi_capable(struct device *dev, enum iommu_cap cap)
{
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		/* Accesses of a device that does not snoop stay so behind an IOMMU. */
		return dev_is_dma_coherent(dev);
	case IOMMU_CAP_DEFERRED_FLUSH:
		return true;
	case IOMMU_CAP_DIRTY_TRACKING:
		return rvi_dirty_possible(((struct rvi_dev *)dev_iommu_priv_get(dev))->iommu);
	default:
		return false;
	}
}

static int claim_id(struct rvi_dev *rdev, u32 id)
{
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_id *entry = xa_load(&iommu->devices, id);
	int ret;

	if (entry) {
		/* It was alone, and could have ATS; it has no domain of its own now. */
		if (entry->owner)
			rvi_ats_off(entry->owner);
		entry->users++;
		return 0;
	}
	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->owner = rdev;
	entry->users = 1;
	ret = xa_err(xa_store(&iommu->devices, id, entry, GFP_KERNEL));
	if (ret)
		kfree(entry);
	return ret;
}

static void drop_id(struct rvi_dev *rdev, u32 id)
{
	static const struct rvi_dc none;
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_id *entry = xa_load(&iommu->devices, id);

	if (!entry)
		return;
	if (--entry->users) {
		if (entry->owner == rdev)
			entry->owner = NULL;
		return;
	}
	rvi_ddt_set(iommu, id, &none);
	xa_erase(&iommu->devices, id);
	kfree(entry);
}

struct rvi_dev *rvi_dev_by_id(struct rvi_iommu *iommu, u32 id)
{
	struct rvi_id *entry = xa_load(&iommu->devices, id);

	return entry ? entry->owner : NULL;
}

/* Nobody else has this identifier. */
bool rvi_dev_alone(struct rvi_iommu *iommu, u32 id)
{
	struct rvi_id *entry = xa_load(&iommu->devices, id);

	return entry && entry->users == 1;
}

static struct iommu_device *rvi_probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct rvi_iommu *iommu;
	struct rvi_dev *rdev;
	unsigned int n, claimed;
	u32 id;
	int ret = 0;

	if (!fwspec || !fwspec->num_ids)
		return ERR_PTR(-ENODEV);
	iommu = rvi_find(fwspec->iommu_fwnode);
	/* The IOMMU's own accesses are not behind it. */
	if (!iommu || iommu->dev == dev)
		return ERR_PTR(-ENODEV);
	rdev = kzalloc(sizeof(*rdev), GFP_KERNEL);
	if (!rdev)
		return ERR_PTR(-ENOMEM);
	rdev->dev = dev;
	rdev->iommu = iommu;
	rdev->domain = &rvi_blocked;
	rdev->window_start = jiffies;
	rvi_ats_init_dev(rdev);
	ratelimit_state_init(&rdev->report, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);
	ratelimit_set_flags(&rdev->report, RATELIMIT_MSG_ON_RELEASE);

	mutex_lock(&iommu->ddt_lock);
	for (n = 0; rvi_dev_id(rdev, n, &id) && !ret; n++) {
		if (!rvi_ddt_find(iommu, id, true)) {
			dev_err(dev, "device_id %#x does not fit into the directory\n", id);
			ret = -ENODEV;
		} else {
			ret = claim_id(rdev, id);
		}
	}
	claimed = ret ? n - 1 : n;
	if (ret) {
		for (n = 0; n < claimed && rvi_dev_id(rdev, n, &id); n++)
			drop_id(rdev, id);
	}
	mutex_unlock(&iommu->ddt_lock);
	if (ret) {
		kfree(rdev);
		return ERR_PTR(ret);
	}
	dev_iommu_priv_set(dev, rdev);
	rvi_remap_add(rdev);
	if (dev_is_pci(dev)) {
		/* Before the device's driver comes: PASID has to be on before ATS. */
		int features = pci_pasid_features(to_pci_dev(dev));

		if (features >= 0 && rvi_pasid_bits(iommu))
			rdev->pasid_enabled = !pci_enable_pasid(to_pci_dev(dev), features);
	}
	return &iommu->iommu;
}

/*
 * The core believes in the PASID capability. A device that it could not be turned on for, since
 * the way to it takes no prefixes for example, has no process_ids; iommufd would warn of it.
 */
static void rvi_probe_finalize(struct device *dev)
{
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);

	if (dev_is_pci(dev) && !rdev->pasid_enabled)
		dev->iommu->max_pasids = 0;
}

static void rvi_release_device(struct device *dev)
{
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_domain *old;
	struct rvi_ats *ats;
	unsigned int n;
	u32 id;

	mutex_lock(&iommu->ddt_lock);
	rdev->gone = true;
	ats = rvi_ats_stop(rdev);
	if (rdev->pasid_enabled)
		pci_disable_pasid(to_pci_dev(dev));
	old = rdev->domain;
	rdev->domain = &rvi_blocked;
	/* While its identifiers are its own: they may be another device's right after. */
	rvi_pasid_disable(rdev);
	for (n = 0; rvi_dev_id(rdev, n, &id); n++)
		drop_id(rdev, id);
	rvi_remap_enter(rdev, &rvi_blocked);
	rvi_ats_finish(ats);
	mutex_unlock(&iommu->ddt_lock);
	rvi_pri_end(rdev);
	rvi_ats_exit_dev(rdev);
	rvi_remap_remove(rdev);
	rvi_domain_unbond(old, iommu);
	kfree(rdev->pri);
	kfree(rdev);
}

static struct iommu_group *rvi_device_group(struct device *dev)
{
	return dev_is_pci(dev) ? pci_device_group(dev) : generic_device_group(dev);
}

static int rvi_of_xlate(struct device *dev, const struct of_phandle_args *args)
{
	u32 id = args->args_count ? args->args[0] : 0;

	return iommu_fwspec_add_ids(dev, &id, 1);
}

static void rvi_get_resv_regions(struct device *dev, struct list_head *head)
{
	rvi_msi_resv_regions(dev, head);
	of_iommu_get_resv_regions(dev, head);
}

const struct iommu_ops rvi_ops = {
	.capable = rvi_capable,
	.hw_info = rvi_hw_info,
	.domain_alloc_paging = rvi_domain_alloc_paging,
	.probe_device = rvi_probe_device,
	.probe_finalize = rvi_probe_finalize,
	.release_device = rvi_release_device,
	.device_group = rvi_device_group,
	.get_resv_regions = rvi_get_resv_regions,
	.of_xlate = rvi_of_xlate,
	.page_response = rvi_page_response,
	.identity_domain = &rvi_identity.domain,
	.blocked_domain = &rvi_blocked.domain,
	.default_domain_ops = &rvi_paging_ops,
	.owner = THIS_MODULE,
	RVI_OPS_OF_VERSION,
};
