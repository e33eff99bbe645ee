// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of devices behind the IOMMU.
 *
 * A device raises one by a write to the interrupt file of a hart (IMSIC). Linux programs
 * devices with the physical addresses of these pages. So that no switch of domains and no
 * change of affinity loses one, every paging domain lets exactly the supervisor's files of
 * all possible harts through at their own addresses, from the beginning:
 *
 * - a second stage by an MSI page table with one flat entry a file, or with entries that lead
 *   to files in memory (remap.c);
 * - a first stage by a page mapping for each (an MSI page table needs a second stage).
 *
 * But for files in memory, a device can raise any identity in these files, another device's
 * too. That is not isolation, and is not reported as such: VFIO asks for
 * allow_unsafe_interrupts.
 */
#include <linux/cpumask.h>
#include <linux/iommu.h>
#include <linux/irqchip/riscv-imsic.h>
#include <linux/percpu.h>

#include "rvi.h"

#define MSI_TABLE_BITS_MAX 15	/* 32768 files in 512 KiB */

static const struct imsic_global_config *imsic(void)
{
	const struct imsic_global_config *global = imsic_get_global_config();

	/* Without the driver of the IMSIC, or without the IMSIC, there is no configuration. */
	return global && global->local && global->base_addr ? global : NULL;
}

/* The bits of an address that select a file, as page number. */
static u64 file_bits(const struct imsic_global_config *global)
{
	u64 mask = BIT_ULL(global->guest_index_bits + global->hart_index_bits) - 1;

	return mask | (BIT_ULL(global->group_index_bits) - 1) << (global->group_index_shift - 12);
}

/* Number of the file: the bits under the mask, put together. */
static u64 gather_bits(u64 page, u64 mask)
{
	u64 number = 0;
	unsigned int bit = 0;

	for (; mask; mask &= mask - 1)
		number |= ((page >> __ffs64(mask)) & 1) << bit++;
	return number;
}

/*
 * An entry for each supervisor's file of a hart: to the hart's file in memory, or, without such
 * files, to the file itself. All other entries stay invalid.
 */
void rvi_msi_fill(struct rvi_iommu *iommu, u64 *table, const struct rvi_mrif *mrif)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		u64 page = PHYS_PFN(per_cpu_ptr(imsic()->local, cpu)->msi_pa);
		struct rvi_msipte pte;
		u64 *entry;

		if (!page)
			continue;
		if (mrif)
			pte = rvi_msipte_mrif(virt_to_phys(rvi_mrif_file(mrif, cpu)),
					      iommu->notice);
		else
			pte = rvi_msipte_basic(page);
		entry = table + 2 * gather_bits(page, iommu->msi_mask);
		WRITE_ONCE(entry[1], pte.dword[1]);
		WRITE_ONCE(entry[0], pte.dword[0]);
	}
}

int rvi_msi_init(struct rvi_iommu *iommu)
{
	const struct imsic_global_config *global = imsic();
	unsigned int bits;

	if (!global || !rvi_has(iommu, MSI_FLAT))
		return 0;
	iommu->msi_mask = file_bits(global);
	iommu->msi_pattern = (global->base_addr >> 12) & ~iommu->msi_mask;
	bits = hweight64(iommu->msi_mask);
	if (bits > MSI_TABLE_BITS_MAX) {
		dev_warn(iommu->dev, "%u bits of interrupt files are too many for a table\n", bits);
		return 0;
	}
	iommu->msi_order = get_order((size_t)IOMMU_MSIPTE_BYTES << bits);
	iommu->msi_table = rvi_alloc_pages(dev_to_node(iommu->dev), GFP_KERNEL, iommu->msi_order);
	if (!iommu->msi_table)
		return -ENOMEM;
	rvi_msi_fill(iommu, iommu->msi_table, NULL);
	return 0;
}

void rvi_msi_exit(struct rvi_iommu *iommu)
{
	rvi_free_pages(iommu->msi_table, iommu->msi_order);
	iommu->msi_table = NULL;
}

/* The pages of a table that has no MSI page table beside it. */
int rvi_msi_map_files(struct rvi_domain *domain)
{
	const struct imsic_global_config *global = imsic();
	unsigned int cpu;

	if (!global || (domain->stage == RVI_STAGE_SECOND && domain->home->msi_table))
		return 0;
	for_each_possible_cpu(cpu) {
		phys_addr_t page = per_cpu_ptr(global->local, cpu)->msi_pa;
		size_t mapped;
		int ret;

		if (!page)
			continue;
		ret = rvi_pt_map(&domain->pt, page, page, PAGE_SIZE, 1,
				 IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO, GFP_KERNEL, &mapped);
		if (ret)
			return ret;
	}
	return 0;
}

/* Nobody else may map where the files are: one region a group of harts. */
void rvi_msi_resv_regions(struct device *dev, struct list_head *head)
{
	const struct imsic_global_config *global = imsic();
	int prot = IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO;
	unsigned int group;
	size_t size;

	if (!global)
		return;
	size = (size_t)PAGE_SIZE << (global->guest_index_bits + global->hart_index_bits);
	for (group = 0; group < BIT(global->group_index_bits); group++) {
		phys_addr_t base = (global->base_addr & ~(phys_addr_t)(size - 1)) |
				   (phys_addr_t)group << global->group_index_shift;
		struct iommu_resv_region *region;

		region = iommu_alloc_resv_region(base, size, prot, IOMMU_RESV_MSI, GFP_KERNEL);
		if (!region)
			return;
		list_add_tail(&region->list, head);
	}
}
