// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty tracking of iommufd: dirty BDF [ROUNDS], or dirty BDF none where the IOMMU does not set D
 *
 * As a VMM that moves a guest does: it asks again and again which pages the device has written.
 * The device is the lab's DMA engine; what it was told to write is what must be reported.
 */
#include "cdev.h"
#include "../riscv-iommu-engine.h"

#define IOVA 0x123400000ul
#define PAGES 1024u
#define SIZE (PAGES * 4096ul)

static struct cdev cdev;
static uint32_t hwpt;
static uint8_t *memory;
static uint8_t expected[PAGES], reported[PAGES];

/* Returns whether all of it went through. */
static int run(uint64_t operation, uint64_t source, uint64_t target, uint64_t length)
{
	cdev_put(&cdev, ENGINE_OPERATION, operation);
	cdev_put(&cdev, ENGINE_SOURCE, source);
	cdev_put(&cdev, ENGINE_TARGET, target);
	cdev_put(&cdev, ENGINE_LENGTH, length);
	cdev_put(&cdev, ENGINE_ARGUMENT, 0x5a5a5a5a5a5a5a5a);
	cdev_put(&cdev, ENGINE_CONTROL, ENGINE_START);
	while (cdev_get(&cdev, ENGINE_STATUS) & ENGINE_BUSY)
		usleep(200);
	return !(cdev_get(&cdev, ENGINE_STATUS) & ENGINE_FAULT);
}

static void track(int on)
{
	struct iommu_hwpt_set_dirty_tracking set = {
		.size = sizeof(set),
		.flags = on ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
		.hwpt_id = hwpt,
	};

	if (ioctl(cdev.iommufd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set))
		die("IOMMU_HWPT_SET_DIRTY_TRACKING");
}

/* What of the pages is reported; others stay as they are. */
static void get_dirty(unsigned int first, unsigned int count, uint32_t flags)
{
	uint64_t bits[PAGES / 64] = { 0 };
	struct iommu_hwpt_get_dirty_bitmap bitmap = {
		.size = sizeof(bitmap),
		.hwpt_id = hwpt,
		.flags = flags,
		.iova = IOVA + 4096ul * first,
		.length = 4096ul * count,
		.page_size = 4096,
		.data = (uintptr_t)bits,
	};
	unsigned int i;

	if (ioctl(cdev.iommufd, IOMMU_HWPT_GET_DIRTY_BITMAP, &bitmap))
		die("IOMMU_HWPT_GET_DIRTY_BITMAP");
	for (i = 0; i < count; i++)
		reported[first + i] = bits[i / 64] >> i % 64 & 1;
}

static unsigned int wrong(const char *when, int round)
{
	unsigned int i, differ = 0;

	for (i = 0; i < PAGES; i++) {
		if (expected[i] == reported[i])
			continue;
		if (!differ++)
			printf("  %s, round %d: page %u was %swritten\n", when, round, i,
			       expected[i] ? "" : "not ");
	}
	return differ;
}

static uint64_t below(uint64_t limit)
{
	return (uint64_t)(unsigned int)rand() % limit;
}

/* The device writes here and there, and reads elsewhere. */
static void work(void)
{
	int i;

	for (i = rand() % 4; i >= 0; i--) {
		uint64_t length = 1 + below(rand() % 2 ? 64 : 20000);
		uint64_t at = below(SIZE - length), page;

		if (!(rand() % 3 ? run(ENGINE_FILL, 0, IOVA + at, length) :
		      run(ENGINE_COPY, IOVA + below(SIZE - length), IOVA + at, length)))
			check(0, "the device reaches what is mapped");
		for (page = at / 4096; page <= (at + length - 1) / 4096; page++)
			expected[page] = 1;
	}
}

/* Some ask without clearing; the same must be told again, and what is cleared is told once. */
static void rounds(int number)
{
	unsigned long told = 0;
	unsigned int i, bad = 0;
	int round;

	for (round = 0; round < number && !bad; round++) {
		unsigned int first = (unsigned int)rand() % PAGES;

		work();
		get_dirty(0, PAGES, IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR);
		bad += wrong("without clearing", round);
		get_dirty(0, first, 0);
		get_dirty(first, PAGES - first, 0);
		bad += wrong("with clearing", round);
		for (i = 0; i < PAGES; i++)
			told += expected[i];
		memset(expected, 0, sizeof(expected));
		/* Every third time the device is at work at once, in what was cleared. */
		if (round % 3)
			continue;
		get_dirty(0, PAGES, 0);
		bad += wrong("after clearing", round);
	}
	printf("  %d rounds, %lu pages written\n", round, told);
	check(!bad && told > (unsigned long)number, "what is reported is what was written");
}

int main(int argc, char **argv)
{
	struct iommu_hw_info info = { .size = sizeof(info) };

	if (argc < 2)
		return 2;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	cdev_open(&cdev, argv[1]);
	info.dev_id = cdev.dev_id;
	if (ioctl(cdev.iommufd, IOMMU_GET_HW_INFO, &info))
		die("IOMMU_GET_HW_INFO");
	if (argc > 2 && !strcmp(argv[2], "none")) {
		check(!(info.out_capabilities & IOMMU_HW_CAP_DIRTY_TRACKING) &&
		      cdev_hwpt(&cdev, cdev.ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, 0, NULL, 0,
				&hwpt) == EOPNOTSUPP,
		      "no dirty tracking by an IOMMU that does not set D");
		return 0;
	}
	check(info.out_capabilities & IOMMU_HW_CAP_DIRTY_TRACKING, "the IOMMU can track");
	cdev_map(&cdev, memory, IOVA, SIZE);
	check(!cdev_hwpt(&cdev, cdev.ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, 0, NULL, 0, &hwpt),
	      "a domain with dirty tracking");
	cdev_attach(&cdev, hwpt);
	cdev_registers(&cdev);
	check(cdev_get(&cdev, ENGINE_ID) == ENGINE_ID_VALUE, "an engine");
	srand(1);
	work();
	track(1);
	/* What was before counts no more. */
	memset(expected, 0, sizeof(expected));
	get_dirty(0, PAGES, 0);
	check(!wrong("at the beginning", 0), "nothing is written at the beginning");
	rounds(argc > 2 ? atoi(argv[2]) : 200);
	check(!run(ENGINE_FILL, 0, IOVA + SIZE, 8), "what is not mapped is out of reach");
	track(0);
	return 0;
}
