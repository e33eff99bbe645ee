// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any IOMMU driver's domains against a plain reference, by the calls that other drivers have; the
 * lab's DMA engine says after each step what it really reaches.
 *
 *     insmod iommu-other.ko [steps=2000] [storm=N]
 *     insmod iommu-other.ko files=0000:00:04.0    maps the interrupt files into that one's domain
 */
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "riscv-iommu-engine.h"

#define DOMAINS 2
#define PAGES 2048u	/* of the window */
#define POOL 1024u
#define ORDER 10
#define MAPPINGS 48
#define IOVA 0x140000000ul
#define FILES 0x28000000ul
#define SIGN 0x5a5a000000000000ull

static int steps = 2000, storm, seed = 1, both;
static char *files = "";
module_param(steps, int, 0);
module_param(storm, int, 0);
module_param(seed, int, 0);
module_param(both, int, 0);
module_param(files, charp, 0);

struct mapping {
	u32 page, count, from;
	bool writable;
};

struct reference {
	struct iommu_domain *domain[DOMAINS];
	struct mapping map[DOMAINS][MAPPINGS];
	u64 *pool;
	phys_addr_t phys;
	int attached;
	struct rnd_state rnd;
	unsigned int reached, refused, maps, unmaps, attaches, large, wrong;
};

static struct pci_dev *pdev, *pdev2;
static void __iomem *bar, *bar2;

static u32 below(struct reference *ref, u32 limit)
{
	return prandom_u32_state(&ref->rnd) % limit;
}

static bool run(void __iomem *bar, u64 operation)
{
	unsigned int tries = 10000000;

	writeq(operation, bar + ENGINE_OPERATION);
	writeq(ENGINE_START, bar + ENGINE_CONTROL);
	while (readq(bar + ENGINE_STATUS) & ENGINE_BUSY && --tries)
		cpu_relax();
	return !(readq(bar + ENGINE_STATUS) & ENGINE_FAULT);
}

static bool engine_reads(void __iomem *bar, u64 from, u64 *value)
{
	bool good;

	writeq(from, bar + ENGINE_SOURCE);
	writeq(1, bar + ENGINE_ARGUMENT);
	good = run(bar, ENGINE_CHASE);
	*value = readq(bar + ENGINE_RESULT);
	return good;
}

static bool engine_writes(void __iomem *bar, u64 to, u64 value)
{
	writeq(to, bar + ENGINE_TARGET);
	writeq(8, bar + ENGINE_LENGTH);
	writeq(value, bar + ENGINE_ARGUMENT);
	return run(bar, ENGINE_FILL);
}

static struct mapping *mapping_of(struct reference *ref, int d, u32 page)
{
	int i;

	for (i = 0; i < MAPPINGS; i++) {
		struct mapping *m = &ref->map[d][i];

		if (page >= m->page && page < m->page + m->count)
			return m;
	}
	return NULL;
}

static void wrong(struct reference *ref, const char *what, u64 address)
{
	if (ref->wrong++ < 20)
		pr_err("iommu-other: %s at %llx\n", what, address);
}

/* What the engine makes of one page. */
static void look_by(struct reference *ref, void __iomem *bar, u32 page)
{
	struct mapping *m = ref->attached < 0 ? NULL : mapping_of(ref, ref->attached, page);
	u64 iova = IOVA + (u64)page * PAGE_SIZE, value, at, *words;

	if (!m) {
		if (engine_reads(bar, iova, &value))
			wrong(ref, "reads what is not mapped", iova);
		if (engine_writes(bar, iova + 8, 1))
			wrong(ref, "writes what is not mapped", iova);
		ref->refused += 2;
		return;
	}
	at = m->from + page - m->page;
	words = (u64 *)((u8 *)ref->pool + at * PAGE_SIZE);
	if (!engine_reads(bar, iova, &value))
		wrong(ref, "cannot read", iova);
	else if (value != (SIGN | at))
		wrong(ref, "reads another page", iova);
	ref->reached++;
	value = ((u64)prandom_u32_state(&ref->rnd) << 32) | page;
	if (engine_writes(bar, iova + 8, value) != m->writable)
		wrong(ref, m->writable ? "cannot write" : "writes a read-only page", iova);
	if ((READ_ONCE(words[1]) == value) != m->writable)
		wrong(ref, "other data", iova);
	if (m->writable)
		ref->reached++;
	else
		ref->refused++;
	if (iommu_iova_to_phys(ref->domain[ref->attached], iova) != ref->phys + at * PAGE_SIZE)
		wrong(ref, "iova_to_phys", iova);
}

static void look(struct reference *ref, u32 page)
{
	look_by(ref, bar, page);
	if (bar2)
		look_by(ref, bar2, page);
}

static void map(struct reference *ref)
{
	int d = below(ref, DOMAINS), i, ret;
	struct mapping *m = NULL, new;
	u32 kind = below(ref, 8);

	for (i = 0; i < MAPPINGS && !m; i++)
		if (!ref->map[d][i].count)
			m = &ref->map[d][i];
	if (!m)
		return;
	new.page = below(ref, PAGES / 2) + (kind >= 6 ? PAGES / 2 : 0);
	new.count = 1 + below(ref, kind < 3 ? 4 : 60);
	new.from = below(ref, POOL);
	new.writable = below(ref, 4);
	if (kind == 7) { /* a superpage */
		new.page &= ~511u; new.from &= ~511u; new.count = 512;
	} else if (kind == 6) { /* a whole table */
		new.page &= ~511u; new.from = 1 + below(ref, 511); new.count = 512;
	} else if (kind >= 4) { /* NAPOT */
		new.page &= ~15u; new.from &= ~15u; new.count = 16 * (1 + below(ref, 3));
	}
	new.count = min3(new.count, PAGES - new.page, POOL - new.from);
	for (i = 0; i < new.count; i++)
		if (mapping_of(ref, d, new.page + i))
			return;
	ret = iommu_map(ref->domain[d], IOVA + (u64)new.page * PAGE_SIZE,
			ref->phys + (u64)new.from * PAGE_SIZE, (size_t)new.count * PAGE_SIZE,
			IOMMU_READ | IOMMU_CACHE | (new.writable ? IOMMU_WRITE : 0), GFP_KERNEL);
	if (ret) {
		wrong(ref, "cannot map", new.page);
		return;
	}
	*m = new;
	ref->maps++;
	ref->large += kind == 7;
	for (i = 0; i < 3; i++)
		look(ref, new.page + below(ref, new.count));
}

static void unmap(struct reference *ref)
{
	int d = below(ref, DOMAINS);
	struct mapping *m = &ref->map[d][below(ref, MAPPINGS)], old = *m;
	size_t size = (size_t)old.count * PAGE_SIZE;
	u32 page[3];
	int i;

	if (!old.count)
		return;
	for (i = 0; i < 3; i++) {
		page[i] = old.page + (i == 0 ? 0 : i == 1 ? old.count - 1 : below(ref, old.count));
		look(ref, page[i]);
	}
	if (iommu_unmap(ref->domain[d], IOVA + (u64)old.page * PAGE_SIZE, size) != size)
		wrong(ref, "unmaps another size", old.page);
	m->count = 0;
	ref->unmaps++;
	for (i = 0; i < 3; i++)
		look(ref, page[i]);
}

static int attach_all(struct iommu_domain *domain)
{
	int ret = iommu_attach_device(domain, &pdev->dev);

	if (!ret && pdev2)
		ret = iommu_attach_device(domain, &pdev2->dev);
	return ret;
}

static void detach_all(struct iommu_domain *domain)
{
	iommu_detach_device(domain, &pdev->dev);
	if (pdev2)
		iommu_detach_device(domain, &pdev2->dev);
}

static void attach(struct reference *ref)
{
	int d = below(ref, DOMAINS + 1) - 1;

	if (ref->attached >= 0)
		detach_all(ref->domain[ref->attached]);
	ref->attached = -1;
	if (d < 0)
		return;
	if (attach_all(ref->domain[d]))
		wrong(ref, "cannot attach", d);
	else
		ref->attached = d;
	ref->attaches++;
}

/* The default domain, and a blocking one. */
static void default_domain(struct reference *ref)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);
	bool identity = domain->type == IOMMU_DOMAIN_IDENTITY;
	u64 value;

	pr_info("iommu-other: the default domain is %s\n", identity ? "identity" : "translated");
	if (engine_reads(bar, ref->phys, &value) != identity)
		wrong(ref, "default domain", ref->phys);
	if (iommu_device_claim_dma_owner(&pdev->dev, ref))
		wrong(ref, "cannot claim", 0);
	if (engine_reads(bar, ref->phys, &value))
		wrong(ref, "blocked, and reads", ref->phys);
	iommu_device_release_dma_owner(&pdev->dev);
	if (engine_reads(bar, ref->phys, &value) != identity)
		wrong(ref, "default domain afterwards", ref->phys);
}

static int all(struct reference *ref)
{
	int i, ret = -ENOMEM;
	ktime_t begin;

	prandom_seed_state(&ref->rnd, seed);
	ref->attached = -1;
	ref->pool = (u64 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, ORDER);
	if (!ref->pool)
		return ret;
	ref->phys = virt_to_phys(ref->pool);
	for (i = 0; i < POOL; i++)
		ref->pool[i * PAGE_SIZE / 8] = SIGN | i;
	default_domain(ref);
	for (i = 0; i < DOMAINS; i++) {
		ref->domain[i] = iommu_paging_domain_alloc(&pdev->dev);
		if (IS_ERR(ref->domain[i]))
			return PTR_ERR(ref->domain[i]);
	}
	begin = ktime_get();
	for (i = 0; i < steps && ref->wrong < 20; i++) {
		switch (below(ref, 16)) {
		case 0: attach(ref); break;
		case 1 ... 6: unmap(ref); break;
		case 7 ... 13: map(ref); break;
		default: look(ref, below(ref, PAGES)); break;
		}
		cond_resched();
	}
	pr_info("iommu-other: %d steps, %u maps (%u of 2 MiB), %u unmaps, %u attaches, %u accesses reached, %u refused, %u wrong, %lld ms\n",
		i, ref->maps, ref->large, ref->unmaps, ref->attaches, ref->reached, ref->refused, ref->wrong,
		ktime_ms_delta(ktime_get(), begin));
	if (storm) {
		writeq(storm, bar + ENGINE_ARGUMENT);
		writeq(IOVA, bar + ENGINE_SOURCE);
		writeq(IOVA, bar + ENGINE_TARGET);
		writeq(0, bar + ENGINE_HOSTILE);
		writeq(7, bar + ENGINE_SEED);
		writeq(ENGINE_STORM, bar + ENGINE_OPERATION);
		writeq(ENGINE_START, bar + ENGINE_CONTROL);
		while (readq(bar + ENGINE_STATUS) & ENGINE_BUSY)
			msleep(20);
		/* What it may write is in the pool, which is made good for the next look. */
		for (i = 0; i < POOL; i++)
			ref->pool[i * PAGE_SIZE / 8] = SIGN | i;
		for (i = 0; i < 200; i++)
			look(ref, below(ref, PAGES));
		pr_info("iommu-other: after the storm %u wrong\n", ref->wrong);
	}
	if (ref->attached >= 0)
		detach_all(ref->domain[ref->attached]);
	for (i = 0; i < DOMAINS; i++)
		iommu_domain_free(ref->domain[i]);
	free_pages((unsigned long)ref->pool, ORDER);
	return ref->wrong ? -EIO : 0;
}

static struct pci_dev *find(unsigned int devfn, void __iomem **bar)
{
	struct pci_dev *dev = pci_get_domain_bus_and_slot(0, 0, devfn);

	if (!dev || pci_enable_device(dev))
		return NULL;
	pci_set_master(dev);
	*bar = pci_iomap(dev, 0, 0);
	return dev;
}

static int map_files(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, files);
	struct iommu_domain *domain = dev ? iommu_get_domain_for_dev(dev) : NULL;

	if (!domain)
		return -ENODEV;
	return iommu_map(domain, FILES, FILES, SZ_64K, IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO, GFP_KERNEL);
}

static int __init other_init(void)
{
	struct reference *ref;
	int ret;

	if (*files)
		return map_files();
	pdev = find(PCI_DEVFN(2, 0), &bar);
	if (both)
		pdev2 = find(PCI_DEVFN(3, 0), &bar2);
	if (!pdev || !bar)
		return -ENODEV;
	ref = kvzalloc(sizeof(*ref), GFP_KERNEL);
	ret = ref ? all(ref) : -ENOMEM;
	kvfree(ref);
	pci_iounmap(pdev, bar);
	pci_disable_device(pdev);
	pci_dev_put(pdev);
	if (pdev2) {
		pci_iounmap(pdev2, bar2);
		pci_disable_device(pdev2);
		pci_dev_put(pdev2);
	}
	return ret;
}

static void __exit other_exit(void)
{
}
module_init(other_init);
module_exit(other_exit);
MODULE_DESCRIPTION("Test of an IOMMU driver's domains by the lab's DMA engine");
MODULE_LICENSE("GPL");
