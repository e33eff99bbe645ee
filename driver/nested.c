// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's own first stage on top of a second stage of iommufd, see riscv-iommu-user.h.
 *
 * The guest's table is in its own memory, and is read through the second stage: it reaches what
 * the second stage lets it reach, whatever is in the table. Its PSCIDs count below the second
 * stage's GSCID, so they need no translation, and its invalidations become those of its GSCID.
 */
#include <linux/iommu.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "rvi.h"

static int attach_nested(struct iommu_domain *io_domain, struct device *dev,
			 struct iommu_domain *old)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);

	/* Invalidations of the guest go to one IOMMU. */
	if (rdev->iommu != domain->home || !rvi_remap_fits(rdev, domain))
		return -EINVAL;
	return rvi_attach(rdev, domain);
}

RVI_DEFINE_ATTACH(attach_nested)

static int invalidate(struct iommu_domain *io_domain, struct iommu_user_data_array *array)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);
	struct rvi_iommu *iommu = domain->home;
	struct rvi_batch batch = { 0 };
	u32 total = array->entry_num, taken;
	int ret = 0, err;

	/* How many are done is told, also when a later one is wrong. */
	array->entry_num = 0;
	for (taken = 0; taken < total && !ret; taken++) {
		struct iommu_user_data_array all = *array;
		struct rvi_user_command user = { };
		struct rvi_cmd cmd;

		all.entry_num = total;
		ret = iommu_copy_struct_from_user_array(&user, &all, RVI_USER_COMMAND, taken,
							dword);
		cmd = (struct rvi_cmd){ .dword = { user.dword[0], user.dword[1] } };
		if (!ret && !rvi_cmd_of_guest(&cmd, domain->parent->id, rvi_has(iommu, S),
					      rvi_has(iommu, NL)))
			ret = -EINVAL;
		if (!ret)
			rvi_batch_add(&batch, cmd);
		if (batch.count && (ret || batch.count == RVI_CMD_BATCH || taken + 1 == total)) {
			err = rvi_cmd_run(iommu, batch.cmd, batch.count);
			if (err)
				return err;
			/* Guests do not tell devices: what these keep is forgotten, too. */
			rcu_read_lock();
			rvi_ats_sync(domain->parent, iommu, 0, U64_MAX);
			rcu_read_unlock();
			array->entry_num += batch.count;
			batch.count = 0;
		}
	}
	return ret;
}

static void free_nested(struct iommu_domain *io_domain)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);

	atomic_dec(&domain->parent->children);
	kfree(domain);
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = RVI_ATTACH(attach_nested),
	.cache_invalidate_user = invalidate,
	.free = free_nested,
};

/* Exactly what is offered: all else in a device context is the host's. */
static bool allowed(struct rvi_iommu *iommu, const struct rvi_user_first_stage *user)
{
	u64 tc = rvi_has(iommu, AMO_HWAD) ? IOMMU_DC_TC_SADE_MASK : 0;

	if (user->tc & ~tc || user->ta & ~IOMMU_DC_TA_PSCID_MASK ||
	    user->fsc & IOMMU_DC_FSC_RESERVED_MASK)
		return false;
	switch (FIELD_GET(IOMMU_DC_FSC_MODE_MASK, user->fsc)) {
	case IOMMU_IOSATP_MODE_BARE:
		return !(user->fsc & IOMMU_DC_FSC_PPN_MASK);
	case IOMMU_IOSATP_MODE_SV39:
		return rvi_has(iommu, SV39);
	case IOMMU_IOSATP_MODE_SV48:
		return rvi_has(iommu, SV48);
	case IOMMU_IOSATP_MODE_SV57:
		return rvi_has(iommu, SV57);
	default:
		return false;
	}
}

struct iommu_domain *rvi_domain_alloc_nested(struct device *dev, struct iommu_domain *io_parent,
					     u32 flags, const struct iommu_user_data *user_data)
{
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	struct rvi_domain *parent = to_rvi_domain(io_parent);
	struct rvi_user_first_stage user;
	struct rvi_domain *domain;
	int ret;

	if (flags)
		return ERR_PTR(-EOPNOTSUPP);
	if (parent->stage != RVI_STAGE_SECOND || parent->home != rdev->iommu)
		return ERR_PTR(-EINVAL);
	ret = iommu_copy_struct_from_user(&user, user_data, RVI_USER_FIRST_STAGE, fsc);
	if (ret)
		return ERR_PTR(ret);
	if (!allowed(rdev->iommu, &user))
		return ERR_PTR(-EINVAL);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->domain.type = IOMMU_DOMAIN_NESTED;
	domain->domain.ops = &nested_ops;
	domain->stage = RVI_STAGE_NESTED;
	domain->home = parent->home;
	domain->parent = parent;
	domain->mrif = parent->mrif;
	domain->id = parent->id;
	domain->user = user;
	atomic_inc(&parent->children);
	return &domain->domain;
}

void *rvi_hw_info(struct device *dev, u32 *length, RVI_HW_INFO_TYPE *type)
{
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	struct rvi_user_hw_info *info = kzalloc(sizeof(*info), GFP_KERNEL);

	if (!info)
		return ERR_PTR(-ENOMEM);
	info->capabilities = rdev->iommu->caps;
	*length = sizeof(*info);
	*type = RVI_USER_HW_INFO;
	return info;
}
