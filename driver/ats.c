// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATS: devices that keep translations of their own.
 *
 * Such a device uses physical addresses without further checks, so it is trusted with all memory:
 * ATS is off unless it is asked for, and is for domains of the DMA API, never for untrusted
 * devices, nor with process_ids. A program or guest has it only in a domain for page requests:
 * there it gets its own addresses back, and these are checked (T2GPA). What an unmap takes away
 * the IOMMU forgets first, then each device. A device that does not answer is cut off from memory
 * before the pages of the unmap are free, and put into quarantine and reset right after.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "rvi.h"

static bool ats_wanted;
module_param_named(ats, ats_wanted, bool, 0644);
MODULE_PARM_DESC(ats, "let trusted PCI devices keep translations (ATS); counts from their next domain on");

/* A device that may have translations of a domain. */
struct rvi_ats {
	struct list_head node;
	struct rvi_domain *domain;
	struct rvi_dev *rdev;
};

/*
 * From any context, with the device alive: no context, and none that is being written becomes
 * valid. When it returns, the device reaches nothing.
 */
static void cut_off(struct rvi_dev *rdev)
{
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_cmd cmd[3];
	unsigned long flags;
	unsigned int count = 2;
	u32 id, pscid = 0;
	u64 *dc, hgatp = 0;

	if (!rvi_dev_id(rdev, 0, &id))
		return;
	spin_lock_irqsave(&iommu->dc_lock, flags);
	rdev->cut_off = true;
	/* The way to it stays while the device is there. */
	dc = rvi_ddt_find(iommu, id, false);
	if (dc) {
		pscid = FIELD_GET(IOMMU_DC_TA_PSCID_MASK, dc[RVI_DC_TA]);
		hgatp = dc[RVI_DC_IOHGATP];
		WRITE_ONCE(dc[RVI_DC_TC], 0);
	}
	spin_unlock_irqrestore(&iommu->dc_lock, flags);
	/* The domain too: who changes the context later finds it invalid, and asks for nothing. */
	cmd[0] = rvi_cmd_inval_ddt(true, id);
	if (FIELD_GET(IOMMU_DC_IOHGATP_MODE_MASK, hgatp) == IOMMU_IOHGATP_MODE_BARE) {
		cmd[1] = rvi_cmd_inval_vma_pscid(pscid);
	} else {
		u32 gscid = FIELD_GET(IOMMU_DC_IOHGATP_GSCID_MASK, hgatp);

		cmd[1] = rvi_cmd_inval_vma_gscid(gscid);
		cmd[2] = rvi_cmd_inval_gvma_gscid(gscid);
		count = 3;
	}
	rvi_cmd_run(iommu, cmd, count);
	dev_err_ratelimited(rdev->dev, "does not answer an ATS invalidation: cut off from memory\n");
	schedule_work(&rdev->ats_work);
}

static void invalidate(struct rvi_dev *rdev, u64 first, u64 last)
{
	u32 id;

	/* It reaches nothing, and would have to be waited for again. */
	if (READ_ONCE(rdev->cut_off))
		return;
	if (!rvi_dev_id(rdev, 0, &id))
		return;
	/* Nobody waits for one that has been pulled out. */
	if (to_pci_dev(rdev->dev)->error_state == pci_channel_io_perm_failure ||
	    rvi_cmd_run_ats(rdev->iommu, rvi_cmd_ats_inval(id, first, last)))
		cut_off(rdev);
}

/* After the IOMMU has forgotten it: what its devices in the domain have of a range. Under RCU. */
void rvi_ats_sync(struct rvi_domain *domain, struct rvi_iommu *iommu, u64 first, u64 last)
{
	struct rvi_ats *ats;

	/* One at a time, with a fence each, so that it is known which one does not answer. */
	list_for_each_entry_rcu(ats, &domain->ats, node)
		if (ats->rdev->iommu == iommu)
			invalidate(ats->rdev, first, last);
}

/* Whether the device may have ATS in any domain. */
bool rvi_ats_possible(struct rvi_dev *rdev)
{
	struct pci_dev *pdev;
	u32 id;

	if (!READ_ONCE(ats_wanted) || !rvi_has(rdev->iommu, ATS) || !dev_is_pci(rdev->dev) ||
	    rdev->ats_refused)
		return false;
	/* Behind a bridge several share an identifier: an answer would be anybody's. */
	if (rvi_dev_id(rdev, 1, &id) || !rvi_dev_id(rdev, 0, &id) ||
	    !rvi_dev_alone(rdev->iommu, id))
		return false;
	pdev = to_pci_dev(rdev->dev);
	return pci_ats_supported(pdev) && !pdev->untrusted && !pdev->external_facing;
}

static bool possible(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	if (rdev->pdt || !rvi_ats_possible(rdev))
		return false;
	/* rvi_pri_begin() has looked at it. */
	if (domain->domain.iopf_handler)
		return true;
	return domain->stage == RVI_STAGE_FIRST &&
	       domain->domain.type & __IOMMU_DOMAIN_DMA_API;
}

/*
 * With ddt_lock held, before the device's context changes: it asks for no more translations.
 * What is returned is for rvi_ats_finish() when the old context is gone.
 */
struct rvi_ats *rvi_ats_stop(struct rvi_dev *rdev)
{
	struct rvi_ats *ats = rdev->ats;

	rvi_pri_stop(rdev);
	rdev->ats = NULL;
	if (ats && to_pci_dev(rdev->dev)->ats_enabled)
		pci_disable_ats(to_pci_dev(rdev->dev));
	return ats;
}

/* When it returns, nobody invalidates it by this domain any more. */
static void unlink_ats(struct rvi_ats *ats)
{
	spin_lock(&ats->domain->lock);
	list_del_rcu(&ats->node);
	spin_unlock(&ats->domain->lock);
	synchronize_rcu();
	kfree(ats);
}

void rvi_ats_finish(struct rvi_ats *ats)
{
	if (!ats)
		return;
	if (pci_device_is_present(to_pci_dev(ats->rdev->dev)))
		invalidate(ats->rdev, 0, U64_MAX);
	unlink_ats(ats);
}

/* With ddt_lock held, before the context is made: it has EN_ATS if the device may use ATS. */
void rvi_ats_prepare(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	struct rvi_ats *ats;

	if (!possible(rdev, domain))
		return;
	/* Without memory, without ATS. */
	ats = kzalloc(sizeof(*ats), GFP_KERNEL);
	if (!ats)
		return;
	/* Where what it reaches is mapped and unmapped. */
	domain = domain->parent ?: domain;
	ats->rdev = rdev;
	ats->domain = domain;
	spin_lock(&domain->lock);
	list_add_rcu(&ats->node, &domain->ats);
	spin_unlock(&domain->lock);
	rdev->ats = ats;
	/* It is invalidated from now on; as with the barrier in rvi_domain_bond(). */
	smp_mb();
}

/* With ddt_lock held, when the context is in force. */
void rvi_ats_start(struct rvi_dev *rdev)
{
	struct rvi_ats *ats;
	int ret;

	if (!rdev->ats)
		return;
	ret = pci_enable_ats(to_pci_dev(rdev->dev), PAGE_SHIFT);
	if (!ret)
		return;
	dev_warn(rdev->dev, "ATS cannot be turned on: %d\n", ret);
	rdev->ats_refused = true;
	ats = rvi_ats_stop(rdev);
	ret = rvi_dev_install(rdev);
	if (ret)
		dev_err(rdev->dev, "the context keeps EN_ATS: %d\n", ret);
	/* It has kept nothing, and might not answer an invalidation. */
	unlink_ats(ats);
}

/* With ddt_lock held: without ATS, in the domain that it is in. */
int rvi_ats_off(struct rvi_dev *rdev)
{
	struct rvi_ats *ats = rvi_ats_stop(rdev);
	int ret = ats ? rvi_dev_install(rdev) : 0;

	rvi_ats_finish(ats);
	return ret;
}

/* A device that was cut off is reset on its own: its release must not have to wait for that. */
struct rvi_reset {
	struct work_struct work;
	struct pci_dev *pdev;
};

static struct workqueue_struct *resets;

static void reset_device(struct work_struct *work)
{
	struct rvi_reset *reset = container_of(work, struct rvi_reset, work);
	struct pci_dev *pdev = reset->pdev;

	/* It stays where it is meanwhile: a reset attaches domains, and needs its group. */
	pci_lock_rescan_remove();
	if (!device_is_registered(&pdev->dev))
		pci_dbg(pdev, "is gone, and not reset\n");
	else if (pci_try_reset_function(pdev))
		pci_warn(pdev, "could not be reset now\n");
	else
		pci_info(pdev, "was reset\n");
	pci_unlock_rescan_remove();
	pci_dev_put(pdev);
	kfree(reset);
}

static void start_reset(struct pci_dev *pdev)
{
	struct rvi_reset *reset = kzalloc(sizeof(*reset), GFP_KERNEL);

	/* It stays in quarantine, and is reset when it is let out. */
	if (!reset)
		return;
	INIT_WORK(&reset->work, reset_device);
	reset->pdev = pci_dev_get(pdev);
	queue_work(resets, &reset->work);
}

int rvi_ats_module_init(void)
{
	resets = alloc_workqueue("riscv-iommu-reset", WQ_UNBOUND, 0);
	return resets ? 0 : -ENOMEM;
}

/* When all devices have been released. */
void rvi_ats_module_exit(void)
{
	destroy_workqueue(resets);
}

/* A device was cut off: what is left to do for it may sleep. */
static void after_cut_off(struct work_struct *work)
{
	struct rvi_dev *rdev = container_of(work, struct rvi_dev, ats_work);
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_ats *ats;

	mutex_lock(&iommu->ddt_lock);
	if (rdev->gone) {
		mutex_unlock(&iommu->ddt_lock);
		return;
	}
	ats = rvi_ats_stop(rdev);
	rdev->ats_refused = true;
	/* While it is cut off, nobody waits for it. */
	if (ats)
		unlink_ats(ats);
	spin_lock_irq(&iommu->dc_lock);
	rdev->cut_off = false;
	spin_unlock_irq(&iommu->dc_lock);
	rvi_quarantine(rdev, "it did not answer an ATS invalidation");
	start_reset(to_pci_dev(rdev->dev));
	mutex_unlock(&iommu->ddt_lock);
}

void rvi_ats_init_dev(struct rvi_dev *rdev)
{
	INIT_WORK(&rdev->ats_work, after_cut_off);
}

void rvi_ats_exit_dev(struct rvi_dev *rdev)
{
	cancel_work_sync(&rdev->ats_work);
}
