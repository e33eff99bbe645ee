// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of the lab's DMA engine that maps many pages at once, for the test of invalidations of
 * ranges, and of table pages that go with them.
 *
 *     insmod riscv-iommu-ranges.ko [rounds=40]
 *
 * In each round the engine reads some of the pages, which lie here and there in memory. They are
 * unmapped in one call, and each that it has read before is out of reach.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "riscv-iommu-engine.h"

#define PAGES 640		/* there are */
#define WHOLE 512		/* what one table page is for */
#define TOUCHED 16

static int rounds = 40;
module_param(rounds, int, 0);

struct ranges {
	struct device *dev;
	void __iomem *bar;
	struct rnd_state rnd;
	struct page *page[PAGES];
};

static u32 below(struct ranges *r, u32 limit)
{
	return prandom_u32_state(&r->rnd) % limit;
}

/* The engine reads 8 bytes; returns whether it may. */
static bool engine_reads(struct ranges *r, dma_addr_t from, u64 *value)
{
	writeq(ENGINE_CHASE, r->bar + ENGINE_OPERATION);
	writeq(from, r->bar + ENGINE_SOURCE);
	writeq(1, r->bar + ENGINE_ARGUMENT);
	writeq(ENGINE_START, r->bar + ENGINE_CONTROL);
	while (readq(r->bar + ENGINE_STATUS) & ENGINE_BUSY)
		cpu_relax();
	*value = readq(r->bar + ENGINE_RESULT);
	return !(readq(r->bar + ENGINE_STATUS) & ENGINE_FAULT);
}

/* Which page is where is another one each time. */
static void fill(struct ranges *r, struct sg_table *table, int round)
{
	struct scatterlist *sg;
	int i;

	for (i = PAGES - 1; i > 0; i--) {
		u32 other = below(r, i + 1);

		swap(r->page[i], r->page[other]);
	}
	for_each_sgtable_sg(table, sg, i) {
		sg_set_page(sg, r->page[i], PAGE_SIZE, 0);
		*(u64 *)page_address(r->page[i]) = (u64)round << 32 | i;
	}
}

static int one_round(struct ranges *r, int round)
{
	u32 count = round % 2 ? WHOLE : 1 + below(r, PAGES), touched[TOUCHED];
	struct sg_table table;
	dma_addr_t iova;
	u64 value;
	int i, ret = sg_alloc_table(&table, count, GFP_KERNEL);

	if (ret)
		return ret;
	fill(r, &table, round);
	ret = dma_map_sgtable(r->dev, &table, DMA_TO_DEVICE, 0);
	if (ret)
		goto out;
	iova = sg_dma_address(table.sgl);
	for (i = 0; i < TOUCHED; i++) {
		touched[i] = i == 0 ? 0 : i == 1 ? count - 1 : below(r, count);
		if (!engine_reads(r, iova + PAGE_SIZE * touched[i], &value) ||
		    value != ((u64)round << 32 | touched[i])) {
			dev_err(r->dev, "ranges: page %u of %u is another one\n", touched[i],
				count);
			ret = -EIO;
		}
	}
	dma_unmap_sgtable(r->dev, &table, DMA_TO_DEVICE, 0);
	for (i = 0; i < TOUCHED; i++) {
		if (engine_reads(r, iova + PAGE_SIZE * touched[i], &value)) {
			dev_err(r->dev, "ranges: page %u of %u is left\n", touched[i], count);
			ret = -EIO;
		}
	}
out:
	sg_free_table(&table);
	return ret;
}

static int all_rounds(struct ranges *r)
{
	int i, ret = 0;

	for (i = 0; i < PAGES && !ret; i++) {
		r->page[i] = alloc_page(GFP_KERNEL);
		if (!r->page[i])
			ret = -ENOMEM;
	}
	for (i = 0; i < rounds && !ret; i++)
		ret = one_round(r, i);
	if (!ret)
		dev_info(r->dev, "ranges: %d rounds\n", rounds);
	for (i = 0; i < PAGES && r->page[i]; i++)
		__free_page(r->page[i]);
	return ret;
}

static int ranges_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev) ?: pcim_iomap_regions(pdev, BIT(0), "engine") ?:
		  dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	struct ranges *r;

	if (ret)
		return ret;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->dev = &pdev->dev;
	r->bar = pcim_iomap_table(pdev)[0];
	prandom_seed_state(&r->rnd, 1);
	pci_set_master(pdev);
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	ret = all_rounds(r);
	kfree(r);
	return ret;
}

static const struct pci_device_id ranges_match[] = { { PCI_DEVICE(0x1234, 0x5c01) }, { } };

static struct pci_driver ranges_driver = {
	.name = "riscv-iommu-ranges",
	.id_table = ranges_match,
	.probe = ranges_probe,
};
module_pci_driver(ranges_driver);

MODULE_DESCRIPTION("Test of invalidations by the lab's DMA engine");
MODULE_LICENSE("GPL");
