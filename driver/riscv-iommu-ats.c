// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of the lab's DMA engine that keeps translations (ATS), for the test of it.
 *
 *     insmod riscv-iommu-ats.ko [silent=0000:00:03.0] [rounds=200]
 *
 * Each engine copies by translations of its own. What is unmapped it reaches no more. The one that
 * is named does not answer invalidations after that: it is cut off before the unmap is done.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "riscv-iommu-engine.h"

#define SIZE SZ_64K
/* For a hostile one: its request is translated already, and writes; it does not answer. */
#define TRANSLATED_WRITE (BIT(25) | BIT(27))
#define SILENT BIT(30)

static char *silent;
module_param(silent, charp, 0);
static uint rounds = 200;
module_param(rounds, uint, 0);

struct engine {
	struct device *dev;
	void __iomem *bar;
	struct rnd_state rnd;
};

static u64 get(struct engine *engine, u32 offset)
{
	return readq(engine->bar + offset);
}

static void put(struct engine *engine, u32 offset, u64 value)
{
	writeq(value, engine->bar + offset);
}

/* Whether all of it went through. */
static bool run(struct engine *engine, u64 operation, u64 source, u64 target, u64 length)
{
	put(engine, ENGINE_OPERATION, operation);
	put(engine, ENGINE_SOURCE, source);
	put(engine, ENGINE_TARGET, target);
	put(engine, ENGINE_LENGTH, length);
	put(engine, ENGINE_ARGUMENT, 0x5a5a5a5a5a5a5a5aULL);
	put(engine, ENGINE_CONTROL, ENGINE_START | ENGINE_BY_ATS);
	while (get(engine, ENGINE_STATUS) & ENGINE_BUSY)
		usleep_range(100, 200);
	return !(get(engine, ENGINE_STATUS) & ENGINE_FAULT);
}

static int fail(struct engine *engine, const char *what)
{
	dev_err(engine->dev, "ATS: %s\n", what);
	return -EIO;
}

/* A copy, and then what was mapped for it is out of reach, and as it was. */
static int one_round(struct engine *engine, u8 *from, u8 *to)
{
	u32 length = 1 + prandom_u32_state(&engine->rnd) % SIZE;
	dma_addr_t source, target;
	bool through, same;

	prandom_bytes_state(&engine->rnd, from, length);
	source = dma_map_single(engine->dev, from, SIZE, DMA_TO_DEVICE);
	target = dma_map_single(engine->dev, to, SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(engine->dev, source) || dma_mapping_error(engine->dev, target))
		return -ENOMEM;
	through = run(engine, ENGINE_COPY, source, target, length);
	dma_unmap_single(engine->dev, source, SIZE, DMA_TO_DEVICE);
	dma_unmap_single(engine->dev, target, SIZE, DMA_FROM_DEVICE);
	same = !memcmp(from, to, length);
	if (!through || !same)
		return fail(engine, "no copy");
	if (run(engine, ENGINE_FILL, 0, target, length))
		return fail(engine, "it reaches what is unmapped");
	return memcmp(from, to, length) ? fail(engine, "it wrote to what is unmapped") : 0;
}

static int many(struct engine *engine, u8 *from, u8 *to)
{
	u64 before = get(engine, ENGINE_ATS), after;
	u32 asked;
	u16 told;
	uint i;
	int ret = 0;

	for (i = 0; i < rounds && !ret; i++)
		ret = one_round(engine, from, to);
	after = get(engine, ENGINE_ATS);
	if (ret)
		return ret;
	asked = (u32)after - (u32)before;
	told = (u16)(after >> 48) - (u16)(before >> 48);
	if (asked < rounds || told < 2 * rounds)
		return fail(engine, "it does not ask for translations, or is not told of unmaps");
	dev_info(engine->dev, "ATS: %u copies, %u translations, %u invalidations\n", rounds, asked,
		 told);
	return 0;
}

/* A translated request reaches any memory, until the device has kept an invalidation to itself. */
static int keep_silent(struct engine *engine, u8 *buffer)
{
	u64 phys = virt_to_phys(buffer);
	dma_addr_t iova = dma_map_single(engine->dev, buffer, SIZE, DMA_BIDIRECTIONAL);
	ktime_t begin;
	bool through;

	if (dma_mapping_error(engine->dev, iova))
		return -ENOMEM;
	memset(buffer, 0, SIZE);
	put(engine, ENGINE_HOSTILE, TRANSLATED_WRITE | SILENT);
	through = run(engine, ENGINE_RAW, phys, 0, 64);
	begin = ktime_get();
	dma_unmap_single(engine->dev, iova, SIZE, DMA_BIDIRECTIONAL);
	dev_info(engine->dev, "ATS: the unmap took %lld ms\n", ktime_ms_delta(ktime_get(), begin));
	if (!through || !memchr_inv(buffer, 0, 64))
		return fail(engine, "a translated request is refused");
	memset(buffer, 0, SIZE);
	/* At once: before the work that resets it. */
	put(engine, ENGINE_HOSTILE, TRANSLATED_WRITE);
	if (run(engine, ENGINE_RAW, phys, 0, 64) || memchr_inv(buffer, 0, SIZE))
		return fail(engine, "it was not cut off");
	dev_info(engine->dev, "ATS: cut off\n");
	return 0;
}

static int ats_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct engine engine = { .dev = &pdev->dev };
	u8 *from, *to;
	int ret = pcim_enable_device(pdev) ?: pcim_iomap_regions(pdev, BIT(0), "engine") ?:
		  dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));

	if (ret)
		return ret;
	engine.bar = pcim_iomap_table(pdev)[0];
	prandom_seed_state(&engine.rnd, 1);
	pci_set_master(pdev);
	if (!pdev->ats_enabled)
		return fail(&engine, "is not on");
	from = kzalloc(SIZE, GFP_KERNEL);
	to = kzalloc(SIZE, GFP_KERNEL);
	ret = from && to ? many(&engine, from, to) : -ENOMEM;
	if (!ret && silent && !strcmp(silent, pci_name(pdev)))
		ret = keep_silent(&engine, to);
	kfree(from);
	kfree(to);
	if (!ret)
		dev_info(engine.dev, "ATS: ok\n");
	return ret;
}

static const struct pci_device_id ats_match[] = { { PCI_DEVICE(0x1234, 0x5c01) }, { } };

static struct pci_driver ats_driver = {
	.name = "riscv-iommu-ats",
	.id_table = ats_match,
	.probe = ats_probe,
};
module_pci_driver(ats_driver);

MODULE_DESCRIPTION("Test of ATS by the lab's DMA engine");
MODULE_LICENSE("GPL");
