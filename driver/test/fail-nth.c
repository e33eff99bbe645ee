// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation fails in its turn: fail-nth BDF
 *
 * Each step below is done again and again; the first time its first allocation fails, then its
 * second, and so on, until there is none left that could (/proc/thread-self/fail-nth, see the
 * kernel's fault-injection.rst). What failed is done once more, without, and has to succeed; then
 * the device reaches what is mapped, and nothing that was mapped before. Not among the steps: to
 * bind VFIO to a device, whose own ends give a WARN when they run out of memory (Linux 6.12).
 */
#include "cdev.h"
#include "edu.h"
#include "../riscv-iommu-user.h"

#define IOVA 0x123400000ull
#define GONE 0x123800000ull /* is mapped and unmapped */
#define PAGE 4096u
#define MOST 400u /* of a step's allocations; more is a loop of this program */

static const char *bdf;
static struct cdev cdev;
static uint32_t parent, nested;
static uint8_t *memory;
static int fail_nth; /* opened beforehand: to open it is to allocate */

/* Which allocation is to fail; what is left of that afterwards, 0 if it failed. */
static void arm(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, (size_t)length, 0) != length)
		die("fail-nth");
}

static unsigned int disarm(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) <= 0 || pwrite(fail_nth, "0", 1, 0) != 1)
		die("fail-nth");
	return (unsigned int)strtoul(text, NULL, 10);
}

/* --- what is done; each returns 0 or why not --------------------------------------------- */

static int call(int file, unsigned long request, void *argument)
{
	return ioctl(file, request, argument) ? errno : 0;
}

static int open_device(void)
{
	cdev_open(&cdev, bdf);
	return 0;
}

static int close_device(void)
{
	if (cdev.bar)
		munmap((void *)(uintptr_t)cdev.bar, cdev.bar_size);
	close(cdev.device);
	close(cdev.iommufd);
	cdev = (struct cdev){ 0 };
	return 0;
}

static int attach(void) { return cdev_try_attach(&cdev, cdev.ioas); }
static int attach_parent(void) { return cdev_try_attach(&cdev, parent); }
static int attach_nested(void) { return cdev_try_attach(&cdev, nested); }

static int detach(void)
{
	struct vfio_device_detach_iommufd_pt none = { .argsz = sizeof(none) };

	return call(cdev.device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &none);
}

static int unmap_at(uint64_t iova)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = cdev.ioas, .iova = iova, .length = PAGE
	};

	return call(cdev.iommufd, IOMMU_IOAS_UNMAP, &unmap);
}

static int map(void) { return cdev_try_map(&cdev, memory, IOVA, PAGE); }
static int unmap(void) { return unmap_at(IOVA); }
static int map_gone(void) { return cdev_try_map(&cdev, memory, GONE, PAGE); }
static int unmap_gone(void) { return unmap_at(GONE); }

static int new_parent(void)
{
	return cdev_hwpt(&cdev, cdev.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, 0, NULL, 0, &parent);
}

/* A first stage; nobody walks its table. */
static int new_nested(void)
{
	const struct rvi_user_first_stage data = {
		.ta = 5ull << 12, .fsc = 8ull << 60 | IOVA >> 12
	};

	return cdev_hwpt(&cdev, parent, 0, RVI_USER_FIRST_STAGE, &data, sizeof(data), &nested);
}

static int destroy(uint32_t id)
{
	struct iommu_destroy gone = { .size = sizeof(gone), .id = id };

	return call(cdev.iommufd, IOMMU_DESTROY, &gone);
}

static int no_parent(void) { return destroy(parent); }
static int no_nested(void) { return destroy(nested); }

/* --- what the device reaches ------------------------------------------------------------- */

static int reaches(uint64_t iova)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		memory[i] = (uint8_t)rand();
	memset(memory + 64, 0, 64);
	edu_dma(cdev.bar, iova, EDU_BUFFER, 64, 0);
	edu_dma(cdev.bar, EDU_BUFFER, IOVA + 64, 64, EDU_TO_MEMORY);
	return !memcmp(memory, memory + 64, 64);
}

/* What is mapped from now on, too, and only as long as it is. */
static void check_reach(void)
{
	if (!cdev.bar)
		cdev_registers(&cdev);
	if (!reaches(IOVA))
		check(0, "the device reaches what is mapped");
	if (reaches(GONE))
		check(0, "and not what is not");
	if (map_gone() || !reaches(GONE))
		check(0, "nor what is mapped afterwards");
	if (unmap_gone() || reaches(GONE))
		check(0, "and not what is unmapped");
}

/* --- the steps ---------------------------------------------------------------------------- */

/* Before it, what it needs; after it, whether the device reaches its page; then what ends it. */
struct step {
	const char *name;
	int (*before[6])(void);
	int (*step)(void);
	int reach;
	int (*after[6])(void);
};

static const struct step steps[] = {
	{ "map", { open_device, attach }, map, 1, { unmap, detach, close_device } },
	{ "unmap", { open_device, attach, map, map_gone }, unmap_gone, 1,
	  { unmap, detach, close_device } },
	{ "attach", { open_device, map, map_gone, unmap_gone }, attach, 1, { detach, close_device } },
	{ "detach", { open_device, attach, map }, detach, 0, { close_device } },
	{ "a second stage", { open_device, map }, new_parent, 0, { no_parent, close_device } },
	{ "attach to a second stage", { open_device, map, new_parent }, attach_parent, 1,
	  { detach, no_parent, close_device } },
	{ "go from one to the other", { open_device, map, new_parent, attach }, attach_parent, 1,
	  { detach, no_parent, close_device } },
	{ "a first stage", { open_device, map, new_parent }, new_nested, 0,
	  { no_nested, no_parent, close_device } },
	{ "attach to two stages", { open_device, map, new_parent, new_nested }, attach_nested, 0,
	  { detach, no_nested, no_parent, close_device } },
	{ "leave the first stage", { open_device, map, new_parent, new_nested, attach_nested },
	  attach_parent, 1, { detach, no_nested, no_parent, close_device } },
};

static void all_of(int (*const *list)(void), const char *name)
{
	unsigned int i;

	for (i = 0; i < 6 && list[i]; i++) {
		errno = list[i]();
		if (errno)
			die(name);
	}
}

static void run(const struct step *step)
{
	unsigned int nth, left = 0, refused = 0;

	for (nth = 1; !left; nth++) {
		int error;

		if (nth > MOST)
			check(0, step->name);
		all_of(step->before, step->name);
		arm(nth);
		error = step->step();
		left = disarm();
		if (error) {
			refused++;
			errno = step->step();
			if (left || errno)
				die(step->name);
		}
		if (step->reach)
			check_reach();
		all_of(step->after, step->name);
	}
	printf("  %s: %u allocations failed, and %u times the step\n", step->name, nth - 2, refused);
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc != 2) {
		fprintf(stderr, "usage: fail-nth BDF\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	bdf = argv[1];
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_nth < 0)
		die("/proc/thread-self/fail-nth: a kernel without FAULT_INJECTION?");
	memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		run(&steps[i]);
	return 0;
}
