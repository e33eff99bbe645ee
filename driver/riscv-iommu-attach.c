// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random map, unmap, attach, detach and iova_to_phys by the calls that other drivers have, against
 * a plain reference; every now and then the device, QEMU's `edu`, says what it really reaches.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>

/* The device's registers, and its buffer as it sees it. */
#define EDU_DMA_FROM 0x80
#define EDU_DMA_TO 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_BUFFER 0x40000
#define EDU_START 1
#define EDU_TO_MEMORY 2

#define DOMAINS 2
#define PAGES 512U
#define IOVA 0x40000000UL
#define ORDER 6			/* what is mapped: pages that lie together */
#define POOL 64U
#define DMA_CHECKS 20

static int steps = 20000;
module_param(steps, int, 0444);
MODULE_PARM_DESC(steps, "random steps");

static struct pci_dev *edu;
static void __iomem *bar;

struct reference {
	struct iommu_domain *domain[DOMAINS];
	phys_addr_t phys[DOMAINS][PAGES];	/* 0: not mapped */
	int attached;				/* -1: none of them */
	unsigned int reached;
	u32 *pool;
	phys_addr_t pool_phys;
	struct rnd_state rnd;
};

static u32 below(struct reference *ref, u32 limit)
{
	return prandom_u32_state(&ref->rnd) % limit;
}

static unsigned long address(unsigned int page)
{
	return IOVA + ((unsigned long)page << PAGE_SHIFT);
}

static void map(struct kunit *test, struct reference *ref, unsigned int d, unsigned int page)
{
	unsigned int count = 1 + below(ref, 40), from = below(ref, POOL), i;
	bool possible = true;
	phys_addr_t pa;
	int ret;

	/* Every other time so that sixteen pages can be one of 64 KiB. */
	if (below(ref, 2))
		from = from / 16 * 16 + page % 16;
	count = min3(count, PAGES - page, POOL - from);
	pa = ref->pool_phys + ((phys_addr_t)from << PAGE_SHIFT);
	for (i = 0; i < count; i++)
		possible = possible && !ref->phys[d][page + i];
	ret = iommu_map(ref->domain[d], address(page), pa, (size_t)count << PAGE_SHIFT,
			IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, ret, possible ? 0 : -EEXIST);
	for (i = 0; !ret && i < count; i++)
		ref->phys[d][page + i] = pa + ((phys_addr_t)i << PAGE_SHIFT);
}

static void unmap(struct kunit *test, struct reference *ref, unsigned int d, unsigned int page)
{
	unsigned int count = min(1 + below(ref, 60), PAGES - page), there;
	size_t done = iommu_unmap(ref->domain[d], address(page), (size_t)count << PAGE_SHIFT);

	for (there = 0; there < count && ref->phys[d][page + there]; there++)
		ref->phys[d][page + there] = 0;
	KUNIT_EXPECT_EQ(test, done, (size_t)there << PAGE_SHIFT);
}

static void attach(struct kunit *test, struct reference *ref, unsigned int d)
{
	int ret;

	if (ref->attached >= 0 && below(ref, 2)) {
		/* The core wants the one before to be detached. */
		ret = iommu_attach_device(ref->domain[d], &edu->dev);
		KUNIT_EXPECT_EQ(test, ret, -EBUSY);
		return;
	}
	if (ref->attached >= 0)
		iommu_detach_device(ref->domain[ref->attached], &edu->dev);
	ref->attached = -1;
	if (below(ref, 4)) {
		KUNIT_EXPECT_EQ(test, iommu_attach_device(ref->domain[d], &edu->dev), 0);
		ref->attached = d;
	}
}

static void copy(u64 from, u64 to, u32 command)
{
	unsigned int tries = 2000;

	writeq(from, bar + EDU_DMA_FROM);
	writeq(to, bar + EDU_DMA_TO);
	writeq(sizeof(u32), bar + EDU_DMA_COUNT);
	writeq(command | EDU_START, bar + EDU_DMA_COMMAND);
	while (tries-- && readq(bar + EDU_DMA_COMMAND) & EDU_START)
		usleep_range(500, 1000);
}

/* The device copies the first word of a page to the third: in no other page does one change. */
static void dma(struct kunit *test, struct reference *ref, unsigned int page)
{
	phys_addr_t pa = ref->attached < 0 ? 0 : ref->phys[ref->attached][page];
	u32 value = prandom_u32_state(&ref->rnd), i;
	const unsigned int words = PAGE_SIZE / sizeof(u32);

	for (i = 0; i < POOL; i++) {
		ref->pool[i * words] = value + i;
		ref->pool[i * words + 2] = ~(value + i);
	}
	ref->reached += !!pa;
	copy(address(page), EDU_BUFFER, 0);
	copy(EDU_BUFFER, address(page) + 2 * sizeof(u32), EDU_TO_MEMORY);
	for (i = 0; i < POOL; i++) {
		bool mine = pa && pa == ref->pool_phys + ((phys_addr_t)i << PAGE_SHIFT);
		u32 expected = mine ? value + i : ~(value + i);

		KUNIT_EXPECT_EQ(test, READ_ONCE(ref->pool[i * words + 2]), expected);
	}
}

static void step(struct kunit *test, struct reference *ref, int number)
{
	unsigned int d = below(ref, DOMAINS), page = below(ref, PAGES), kind = below(ref, 16);
	unsigned long offset = below(ref, PAGE_SIZE);
	phys_addr_t pa;

	if (kind < 7)
		map(test, ref, d, page);
	else if (kind < 14)
		unmap(test, ref, d, page);
	else
		attach(test, ref, d);
	for (d = 0; d < DOMAINS; d++) {
		page = below(ref, PAGES);
		pa = ref->phys[d][page];
		KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(ref->domain[d], address(page) + offset),
				pa ? pa + offset : 0);
	}
	if (ref->attached >= 0)
		KUNIT_EXPECT_PTR_EQ(test, iommu_get_domain_for_dev(&edu->dev),
				    ref->domain[ref->attached]);
	if (!(number % max(steps / DMA_CHECKS, 1)))
		dma(test, ref, page);
}

static void attach_random(struct kunit *test)
{
	struct reference *ref = kunit_kzalloc(test, sizeof(*ref), GFP_KERNEL);
	struct page *pool;
	unsigned int d;
	int i;

	KUNIT_ASSERT_TRUE_MSG(test, bar, "the device is not there, or has another driver");
	KUNIT_ASSERT_NOT_NULL(test, ref);
	pool = alloc_pages(GFP_KERNEL, ORDER);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	ref->pool = page_address(pool);
	ref->pool_phys = page_to_phys(pool);
	ref->attached = -1;
	prandom_seed_state(&ref->rnd, 11);
	for (d = 0; d < DOMAINS; d++) {
		ref->domain[d] = iommu_paging_domain_alloc(&edu->dev);
		KUNIT_ASSERT_FALSE(test, IS_ERR(ref->domain[d]));
	}
	for (i = 1; i <= steps; i++) {
		step(test, ref, i);
		cond_resched();
	}
	kunit_info(test, "%d steps, the device reached a page in %u of %u checks\n", steps,
		   ref->reached, DMA_CHECKS);
	KUNIT_EXPECT_GT(test, ref->reached, 0U);
	KUNIT_EXPECT_LT(test, ref->reached, (unsigned int)DMA_CHECKS);
	if (ref->attached >= 0)
		iommu_detach_device(ref->domain[ref->attached], &edu->dev);
	for (d = 0; d < DOMAINS; d++)
		iommu_domain_free(ref->domain[d]);
	__free_pages(pool, ORDER);
}

static struct kunit_case attach_cases[] = { KUNIT_CASE(attach_random), { } };

static struct kunit_suite attach_suite = {
	.name = "riscv-iommu-attach",
	.test_cases = attach_cases,
};

kunit_test_suite(attach_suite);

static int attach_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev) ?: pcim_iomap_regions(pdev, BIT(0), "edu");

	if (ret)
		return ret;
	pci_set_master(pdev);
	edu = pdev;
	bar = pcim_iomap_table(pdev)[0];
	return 0;
}

static const struct pci_device_id attach_match[] = { { PCI_DEVICE(0x1234, 0x11e8) }, { } };

static struct pci_driver attach_driver = {
	.name = "riscv-iommu-attach",
	.id_table = attach_match,
	.probe = attach_probe,
};
module_pci_driver(attach_driver);

MODULE_DESCRIPTION("Test of the RISC-V IOMMU driver with a device");
MODULE_LICENSE("GPL");
