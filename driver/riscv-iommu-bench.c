// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mapping and unmapping cost, through the DMA API and for a real device:
 *
 *     insmod riscv-iommu-bench.ko device=0000:00:05.0 what=4k rounds=1000
 *
 * It prints ticks of the time counter for all rounds, when it is loaded. Interrupts wait
 * meanwhile: what they cost is not the driver's, and depends on when they come.
 */
#include <linux/dma-mapping.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/timex.h>

#define SG_ENTRIES 32

static char *device;
module_param(device, charp, 0);
static char *what = "4k";
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "4k, 64k, 2m, or sg: 32 pages that are not neighbours");
static int rounds = 1000;
module_param(rounds, int, 0);

static struct pci_dev *find(void)
{
	unsigned int domain, bus, dev, fn;

	if (!device || sscanf(device, "%x:%x:%x.%x", &domain, &bus, &dev, &fn) != 4)
		return NULL;
	return pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(dev, fn));
}

static int bench_block(struct device *dev, size_t size)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(size));
	u64 start, map = 0, unmap = 0;
	unsigned long flags;
	int i;

	if (!page)
		return -ENOMEM;
	for (i = 0; i < rounds; i++) {
		dma_addr_t addr;

		local_irq_save(flags);
		start = get_cycles64();
		addr = dma_map_page(dev, page, 0, size, DMA_BIDIRECTIONAL);
		map += get_cycles64() - start;
		local_irq_restore(flags);
		if (dma_mapping_error(dev, addr))
			break;
		local_irq_save(flags);
		start = get_cycles64();
		dma_unmap_page(dev, addr, size, DMA_BIDIRECTIONAL);
		unmap += get_cycles64() - start;
		local_irq_restore(flags);
	}
	__free_pages(page, get_order(size));
	pr_info("BENCH %s rounds %d map %llu unmap %llu\n", what, i, map, unmap);
	return 0;
}

static int bench_sg(struct device *dev)
{
	struct page *pages[2 * SG_ENTRIES] = { NULL };
	struct scatterlist *sg;
	u64 start, map = 0, unmap = 0;
	unsigned long flags;
	struct sg_table table;
	int i, ret, merged = 0;

	ret = sg_alloc_table(&table, SG_ENTRIES, GFP_KERNEL);
	if (ret)
		return ret;
	ret = -ENOMEM;
	/* Every other page, so that no two are neighbours. */
	for (i = 0; i < 2 * SG_ENTRIES; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		if (!pages[i])
			goto out;
	}
	for_each_sgtable_sg(&table, sg, i)
		sg_set_page(sg, pages[2 * i], PAGE_SIZE, 0);
	for (i = 0; i < rounds; i++) {
		local_irq_save(flags);
		start = get_cycles64();
		ret = dma_map_sgtable(dev, &table, DMA_BIDIRECTIONAL, 0);
		map += get_cycles64() - start;
		local_irq_restore(flags);
		if (ret)
			break;
		merged = table.nents;
		local_irq_save(flags);
		start = get_cycles64();
		dma_unmap_sgtable(dev, &table, DMA_BIDIRECTIONAL, 0);
		unmap += get_cycles64() - start;
		local_irq_restore(flags);
	}
	pr_info("BENCH %s rounds %d map %llu unmap %llu segments %d\n", what, i, map, unmap,
		merged);
out:
	for (i = 0; i < 2 * SG_ENTRIES; i++)
		if (pages[i])
			__free_page(pages[i]);
	sg_free_table(&table);
	return ret;
}

static int __init bench_init(void)
{
	struct pci_dev *pdev = find();
	struct device *dev;
	int ret;

	if (!pdev)
		return -ENODEV;
	dev = &pdev->dev;
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (!ret) {
		dma_set_max_seg_size(dev, UINT_MAX);
		if (!strcmp(what, "sg"))
			ret = bench_sg(dev);
		else
			ret = bench_block(dev, memparse(what, NULL));
	}
	pci_dev_put(pdev);
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Cost of DMA mappings");
MODULE_LICENSE("GPL");
