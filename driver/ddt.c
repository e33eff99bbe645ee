// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device directory: a table of one to three levels, grown as devices come.
 */
#include <linux/iopoll.h>
#include <linux/slab.h>

#include "rvi.h"

#define DDT_TIMEOUT_US 1000000

int rvi_wait_clear64(struct rvi_iommu *iommu, u32 offset, u64 bits)
{
	u64 value;

	return readq_poll_timeout_atomic(iommu->reg + offset, value, !(value & bits), 1,
					 DDT_TIMEOUT_US);
}

int rvi_wait32(struct rvi_iommu *iommu, u32 offset, u32 mask, u32 value)
{
	u32 now;

	return readl_poll_timeout_atomic(iommu->reg + offset, now, (now & mask) == value, 1,
					 DDT_TIMEOUT_US);
}

static unsigned int dc_words(struct rvi_iommu *iommu)
{
	return rvi_has(iommu, MSI_FLAT) ? IOMMU_DC_EXT_BYTES / 8 : IOMMU_DC_BASE_BYTES / 8;
}

/* How many bits of a device_id the levels below this one take. */
static unsigned int low_bits(struct rvi_iommu *iommu, unsigned int level)
{
	unsigned int leaf = rvi_has(iommu, MSI_FLAT) ? 6 : 7;

	return level ? leaf + 9 * (level - 1) : 0;
}

/**
 * rvi_ddt_find() - where the context of a device is
 * @iommu: the IOMMU
 * @devid: the device's identifier
 * @alloc: make the directory pages that are missing
 *
 * With ddt_lock held.
 *
 * Return: the context, or NULL if it cannot be reached.
 */
u64 *rvi_ddt_find(struct rvi_iommu *iommu, u32 devid, bool alloc)
{
	unsigned int level = iommu->ddt_levels - 1;
	u64 *table = iommu->ddt_root;
	u64 index;

	if (devid >> low_bits(iommu, iommu->ddt_levels))
		return NULL;
	for (; level > 0; level--) {
		u64 *entry;
		u64 ddte;

		index = (devid >> low_bits(iommu, level)) &
			(BIT(low_bits(iommu, level + 1) - low_bits(iommu, level)) - 1);
		entry = &table[index];
		ddte = READ_ONCE(*entry);
		if (!(ddte & IOMMU_DDTE_V_MASK)) {
			void *page;

			if (!alloc)
				return NULL;
			page = rvi_alloc_pages(dev_to_node(iommu->dev), GFP_KERNEL, 0);
			if (!page)
				return NULL;
			ddte = IOMMU_DDTE_V_MASK |
			       FIELD_PREP(IOMMU_DDTE_PPN_MASK, PHYS_PFN(virt_to_phys(page)));
			/* The page is zeroed before the IOMMU can find it. */
			wmb();
			WRITE_ONCE(*entry, ddte);
		}
		table = phys_to_virt(PFN_PHYS(FIELD_GET(IOMMU_DDTE_PPN_MASK, ddte)));
	}
	index = devid & (BIT(low_bits(iommu, 1)) - 1);
	return table + index * dc_words(iommu);
}

/* What DC_CHANGE of the specification asks for, by the values that were in force. */
static void inval_context(struct rvi_iommu *iommu, u32 devid, const u64 *old,
			  struct rvi_batch *batch)
{
	u64 tc = old[RVI_DC_TC];
	u64 hgatp = old[RVI_DC_IOHGATP];
	u64 fsc = old[RVI_DC_FSC];
	u32 gscid = FIELD_GET(IOMMU_DC_IOHGATP_GSCID_MASK, hgatp);

	rvi_batch_add(batch, rvi_cmd_inval_ddt(true, devid));
	if (FIELD_GET(IOMMU_DC_IOHGATP_MODE_MASK, hgatp) != IOMMU_IOHGATP_MODE_BARE) {
		rvi_batch_add(batch, rvi_cmd_inval_vma_gscid(gscid));
		rvi_batch_add(batch, rvi_cmd_inval_gvma_gscid(gscid));
	} else if (tc & IOMMU_DC_TC_PDTV_MASK) {
		rvi_batch_add(batch, rvi_cmd_inval_vma());
	} else if (FIELD_GET(IOMMU_DC_FSC_MODE_MASK, fsc) != IOMMU_IOSATP_MODE_BARE) {
		u64 ta = old[RVI_DC_TA];

		rvi_batch_add(batch, rvi_cmd_inval_vma_pscid(FIELD_GET(IOMMU_DC_TA_PSCID_MASK,
								       ta)));
	}
}

/**
 * rvi_ddt_set() - give a device another context
 * @iommu: the IOMMU
 * @devid: the device's identifier
 * @target: the context; all zero for none
 *
 * With ddt_lock held. When it returns, nothing that the old context allowed is in flight.
 */
int rvi_ddt_set(struct rvi_iommu *iommu, u32 devid, const struct rvi_dc *target)
{
	static const struct rvi_dc none;
	bool valid = target->word[RVI_DC_TC] & IOMMU_DC_TC_V_MASK, more;
	struct rvi_dev *rdev = rvi_dev_by_id(iommu, devid);
	u64 *dc = rvi_ddt_find(iommu, devid, valid);
	unsigned int words = dc_words(iommu), i;
	struct rvi_dc_step step;
	u64 now[RVI_DC_WORDS];
	unsigned long flags;

	if (!dc)
		return valid ? -ENOMEM : 0;
	for (;;) {
		spin_lock_irqsave(&iommu->dc_lock, flags);
		/* Who is cut off meanwhile stays so. */
		if (rdev && rdev->cut_off)
			target = &none;
		for (i = 0; i < words; i++)
			now[i] = READ_ONCE(dc[i]);
		more = rvi_dc_next(now, target, words, &step);
		if (more) {
			/* Each word is seen after those that were written before it. */
			wmb();
			WRITE_ONCE(dc[step.word], step.value);
		}
		spin_unlock_irqrestore(&iommu->dc_lock, flags);
		if (!more)
			return 0;
		if (step.sync) {
			struct rvi_batch batch = { 0 };
			int ret;

			inval_context(iommu, devid, now, &batch);
			ret = rvi_cmd_run(iommu, batch.cmd, batch.count);
			if (ret)
				return ret;
		}
	}
}

static int ddt_program(struct rvi_iommu *iommu, u64 value)
{
	int ret = rvi_wait_clear64(iommu, IOMMU_REG_DDTP, IOMMU_DDTP_BUSY_MASK);

	if (ret)
		return ret;
	rvi_write64(iommu, IOMMU_REG_DDTP, value);
	ret = rvi_wait_clear64(iommu, IOMMU_REG_DDTP, IOMMU_DDTP_BUSY_MASK);
	if (ret)
		return ret;
	return (rvi_read64(iommu, IOMMU_REG_DDTP) & IOMMU_DDTP_IOMMU_MODE_MASK) ==
	       (value & IOMMU_DDTP_IOMMU_MODE_MASK) ? 0 : -EOPNOTSUPP;
}

/* Nothing that was cached under another kernel counts: it used the same identifiers. */
static int forget_all(struct rvi_iommu *iommu)
{
	struct rvi_cmd cmd[] = {
		rvi_cmd_inval_ddt(false, 0),
		rvi_cmd_inval_vma(),
		rvi_cmd_inval_gvma(),
	};
	/* Without a second stage, GVMA is unsupported: an illegal command. */
	bool second = rvi_has(iommu, SV39X4) || rvi_has(iommu, SV48X4) || rvi_has(iommu, SV57X4);

	return rvi_cmd_run(iommu, cmd, second ? 3 : 2);
}

/*
 * The IOMMU is on already: a kernel that crashed, or the firmware, left it so. Changing the
 * directory's pointer is defined only by way of Off, so the root page stays where it is, and
 * is emptied: from the invalidation on, no device reaches anything until it gets a context
 * of ours. The page belongs to memory that this kernel does not use.
 */
static int ddt_inherit(struct rvi_iommu *iommu, u64 ddtp)
{
	u64 mode = FIELD_GET(IOMMU_DDTP_IOMMU_MODE_MASK, ddtp);

	iommu->ddt_root_phys = PFN_PHYS(FIELD_GET(IOMMU_DDTP_PPN_MASK, ddtp));
	iommu->ddt_levels = mode - IOMMU_DDTP_MODE_1LVL + 1;
	iommu->ddt_root = memremap(iommu->ddt_root_phys, PAGE_SIZE, MEMREMAP_WB);
	if (!iommu->ddt_root)
		return -ENOMEM;
	iommu->ddt_inherited = true;
	memset(iommu->ddt_root, 0, PAGE_SIZE);
	dev_info(iommu->dev, "took over the directory of %u levels at %pa, all devices blocked\n",
		 iommu->ddt_levels, &iommu->ddt_root_phys);
	return forget_all(iommu);
}

/* The command queue runs already. */
int rvi_ddt_init(struct rvi_iommu *iommu)
{
	u64 ddtp = rvi_read64(iommu, IOMMU_REG_DDTP);
	u64 mode = FIELD_GET(IOMMU_DDTP_IOMMU_MODE_MASK, ddtp);
	int ret;

	mutex_init(&iommu->ddt_lock);
	spin_lock_init(&iommu->dc_lock);
	if (mode >= IOMMU_DDTP_MODE_1LVL && mode <= IOMMU_DDTP_MODE_3LVL)
		return ddt_inherit(iommu, ddtp);

	ret = forget_all(iommu);
	if (ret)
		return ret;
	iommu->ddt_root = rvi_alloc_pages(dev_to_node(iommu->dev), GFP_KERNEL, 0);
	if (!iommu->ddt_root)
		return -ENOMEM;
	iommu->ddt_root_phys = virt_to_phys(iommu->ddt_root);
	/* From Bare, in-flight requests are done with before the directory counts. */
	for (iommu->ddt_levels = 3; iommu->ddt_levels > 0; iommu->ddt_levels--) {
		mode = IOMMU_DDTP_MODE_1LVL + iommu->ddt_levels - 1;
		ret = ddt_program(iommu, FIELD_PREP(IOMMU_DDTP_IOMMU_MODE_MASK, mode) |
				  FIELD_PREP(IOMMU_DDTP_PPN_MASK,
					     PHYS_PFN(iommu->ddt_root_phys)));
		if (ret != -EOPNOTSUPP)
			break;
	}
	if (!iommu->ddt_levels) {
		dev_err(iommu->dev, "no directory mode is supported\n");
		return -ENODEV;
	}
	if (ret)
		dev_err(iommu->dev, "ddtp stays busy\n");
	return ret;
}

static void free_level(u64 *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < 512; i++) {
		u64 ddte = table[i];
		void *page = phys_to_virt(PFN_PHYS(FIELD_GET(IOMMU_DDTE_PPN_MASK, ddte)));

		if (!(ddte & IOMMU_DDTE_V_MASK))
			continue;
		if (level > 1)
			free_level(page, level - 1);
		rvi_free_pages(page, 0);
	}
}

/* Off: no device behind the IOMMU reaches memory any more. */
void rvi_ddt_exit(struct rvi_iommu *iommu)
{
	if (!iommu->ddt_root)
		return;
	if (ddt_program(iommu, FIELD_PREP(IOMMU_DDTP_IOMMU_MODE_MASK, IOMMU_DDTP_MODE_OFF)))
		dev_err(iommu->dev, "ddtp cannot be set to Off\n");
	if (iommu->ddt_levels > 1)
		free_level(iommu->ddt_root, iommu->ddt_levels - 1);
	if (iommu->ddt_inherited)
		memunmap(iommu->ddt_root);
	else
		rvi_free_pages(iommu->ddt_root, 0);
	iommu->ddt_root = NULL;
}
