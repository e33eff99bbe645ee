// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two stages, as a guest has them: nested BDF
 *
 * This program is both: as a VMM it maps memory by iommufd, a second stage, as a guest it makes
 * a table of the first stage in this memory. QEMU's edu device copies through both. What is not
 * a guest's must be refused.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../riscv-iommu-user.h"

#define EDU_DMA_SRC 0x80
#define EDU_DMA_DST 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_CMD 0x98
#define EDU_BUFFER 0x40000u
#define EDU_START 1u
#define EDU_TO_MEMORY 2u

/* The guest's memory: where the guest has it, and what is where in it. */
#define GUEST 0x90000000ull
#define SIZE 0x20000u
#define TABLES 0x0u
#define PAGE_A 0x10000u
#define PAGE_B 0x11000u
#define PAGE_C 0x12000u
/* What the device uses: A, B, and the interrupt file of hart 0. */
#define IOVA_A 0x1234567000ull
#define IOVA_B 0x1234568000ull
#define PSCID 5ull
#define SV39 (8ull << 60)
/* V R W U A D */
#define LEAF 0xd7ull

static int device, iommufd;
static uint32_t dev_id, ioas, parent;
static volatile uint8_t *bar;
static uint8_t *memory;

static void die(const char *what)
{
	fprintf(stderr, "nested: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void check(int good, const char *what)
{
	printf("  %s%s\n", what, good ? "" : ": NO");
	if (!good)
		exit(1);
}

static void open_device(const char *bdf)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_FIXED_IOVA,
		.user_va = (uintptr_t)memory,
		.iova = GUEST,
		.length = SIZE,
	};
	char path[300];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		die(path);
	do {
		entry = readdir(dir);
	} while (entry && strncmp(entry->d_name, "vfio", 4));
	if (!entry)
		die(path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%.32s", entry->d_name);
	closedir(dir);
	device = open(path, O_RDWR);
	iommufd = open("/dev/iommu", O_RDWR);
	if (device < 0 || iommufd < 0)
		die(path);
	bind.iommufd = iommufd;
	if (ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		die("VFIO_DEVICE_BIND_IOMMUFD");
	dev_id = bind.out_devid;
	if (ioctl(iommufd, IOMMU_IOAS_ALLOC, &alloc))
		die("IOMMU_IOAS_ALLOC");
	ioas = map.ioas_id = alloc.out_ioas_id;
	if (ioctl(iommufd, IOMMU_IOAS_MAP, &map))
		die("IOMMU_IOAS_MAP");
}

static void map_registers(void)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX };
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX
	};
	uint16_t command = 6;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) ||
	    ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    pwrite(device, &command, 2, (off_t)config.offset + 4) != 2)
		die("regions");
	bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device,
		   (off_t)info.offset);
	if (bar == MAP_FAILED)
		die("mmap of BAR 0");
}

static void dma(uint64_t src, uint64_t dst, uint64_t command)
{
	*(volatile uint64_t *)(bar + EDU_DMA_SRC) = src;
	*(volatile uint64_t *)(bar + EDU_DMA_DST) = dst;
	*(volatile uint64_t *)(bar + EDU_DMA_COUNT) = 256;
	*(volatile uint64_t *)(bar + EDU_DMA_CMD) = command | EDU_START;
	while (*(volatile uint64_t *)(bar + EDU_DMA_CMD) & EDU_START)
		usleep(1000);
}

/* The device copies from one address to another; returns whether to has what from has now. */
static int copies(uint64_t from, uint64_t to, uint32_t source, uint32_t target)
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		memory[source + i] = (uint8_t)rand();
	memset(memory + target, 0, 256);
	dma(from, EDU_BUFFER, 0);
	dma(EDU_BUFFER, to, EDU_TO_MEMORY);
	return !memcmp(memory + source, memory + target, 256);
}

static uint64_t *entry(unsigned int table, uint64_t index)
{
	return (uint64_t *)(void *)(memory + TABLES + table * 4096 + index * 8);
}

/* Three levels; addresses of tables and pages are the guest's. */
static void make_first_stage(void)
{
	*entry(0, IOVA_A >> 30 & 511) = (GUEST + TABLES + 4096) >> 12 << 10 | 1;
	*entry(1, IOVA_A >> 21 & 511) = (GUEST + TABLES + 8192) >> 12 << 10 | 1;
	*entry(2, IOVA_A >> 12 & 511) = (GUEST + PAGE_A) >> 12 << 10 | LEAF;
	*entry(2, IOVA_B >> 12 & 511) = (GUEST + PAGE_B) >> 12 << 10 | LEAF;
}

static int alloc_hwpt(uint32_t pt, uint32_t flags, uint32_t type,
		      struct rvi_user_first_stage *data, uint32_t *id)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = flags,
		.dev_id = dev_id,
		.pt_id = pt,
		.data_type = type,
		.data_len = data ? sizeof(*data) : 0,
		.data_uptr = (uintptr_t)data,
	};

	if (ioctl(iommufd, IOMMU_HWPT_ALLOC, &alloc))
		return errno;
	*id = alloc.out_hwpt_id;
	return 0;
}

static void attach(uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = pt };

	if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		die("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
}

/* Returns how many commands were carried out, or -1 where all were refused. */
static int invalidate(uint32_t hwpt, struct rvi_user_command *commands, uint32_t count)
{
	struct iommu_hwpt_invalidate call = {
		.size = sizeof(call),
		.hwpt_id = hwpt,
		.data_uptr = (uintptr_t)commands,
		.data_type = RVI_USER_COMMAND,
		.entry_len = sizeof(*commands),
		.entry_num = count,
	};

	if (ioctl(iommufd, IOMMU_HWPT_INVALIDATE, &call) && !call.entry_num)
		return -1;
	return (int)call.entry_num;
}

static void check_info(void)
{
	struct rvi_user_hw_info info = { 0 };
	struct iommu_hw_info call = {
		.size = sizeof(call),
		.dev_id = dev_id,
		.data_len = sizeof(info),
		.data_uptr = (uintptr_t)&info,
	};

	if (ioctl(iommufd, IOMMU_GET_HW_INFO, &call))
		die("IOMMU_GET_HW_INFO");
	check(call.out_data_type == RVI_USER_HW_INFO && (info.capabilities & 0xff) == 0x10,
	      "the capabilities are those of an IOMMU");
}

/* Everything in a device context that is not a guest's. */
static void check_refused(uint64_t fsc)
{
	static const struct { uint64_t tc, ta, fsc; } bad[] = {
		{ 1, 0, 0 },		/* V */
		{ 2, 0, 0 },		/* EN_ATS */
		{ 8, 0, 0 },		/* T2GPA */
		{ 0x10, 0, 0 },		/* DTF */
		{ 0x20, 0, 0 },		/* PDTV */
		{ 0x80, 0, 0 },		/* GADE */
		{ 0x200, 0, 0 },	/* DPE */
		{ 0x400, 0, 0 },	/* SBE */
		{ 1ull << 40, 0, 0 },
		{ 0, 1, 0 },
		{ 0, 1ull << 40, 0 },	/* RCID */
		{ 0, 0, 1ull << 44 },
		{ 0, 0, 7ull << 60 },	/* MODE 15 */
	};
	struct rvi_user_first_stage data = { .fsc = fsc };
	uint32_t id;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rvi_user_first_stage wrong = {
			.tc = bad[i].tc,
			.ta = PSCID << 12 | bad[i].ta,
			.fsc = fsc | bad[i].fsc,
		};

		if (alloc_hwpt(parent, 0, RVI_USER_FIRST_STAGE, &wrong, &id) != EINVAL) {
			printf("  entry %zu of the table\n", i);
			check(0, "what is not a guest's is refused");
		}
	}
	check(alloc_hwpt(parent, 0, RVI_USER_FIRST_STAGE + 1, &data, &id) != 0,
	      "what is not a guest's is refused");
}

static void check_commands(uint32_t hwpt)
{
	struct rvi_user_command good = { { 1, 0 } };
	struct rvi_user_command bad[] = {
		{ { 0x81, 0 } },		/* IOTINVAL.GVMA */
		{ { 1 | 1ull << 33, 0 } },	/* GV */
		{ { 1 | 3ull << 44, 0 } },	/* another one's GSCID */
		{ { 2, 0 } },			/* IOFENCE.C */
		{ { 3, 0 } },			/* IODIR.INVAL_DDT */
		{ { 0x7f, 0 } },
		{ { 1 | 1ull << 63, 0 } },
		{ { 1, 1 } },
	};
	struct rvi_user_command mixed[3] = { good, bad[0], good };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(invalidate(hwpt, &bad[i], 1) == -1, "a command that is not a guest's is refused");
	check(invalidate(hwpt, mixed, 3) == 1, "and those behind it wait");
}

int main(int argc, char **argv)
{
	struct rvi_user_first_stage first = { .ta = PSCID << 12 };
	/* IOTINVAL.VMA with AV and PSCV, as the guest writes it. */
	struct rvi_user_command forget = {
		{ 1 | 1 << 10 | PSCID << 12 | 1ull << 32, IOVA_A >> 12 << 10 }
	};
	struct rvi_user_command many[150];
	struct iommu_ioas_unmap unmap = { .size = sizeof(unmap), .iova = GUEST, .length = SIZE };
	uint32_t hwpt;
	size_t i;

	if (argc != 2)
		return 2;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	open_device(argv[1]);
	map_registers();
	check_info();
	check(!alloc_hwpt(ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, 0, NULL, &parent), "a second stage");
	first.fsc = SV39 | (GUEST + TABLES) >> 12;
	check_refused(first.fsc);
	make_first_stage();
	check(!alloc_hwpt(parent, 0, RVI_USER_FIRST_STAGE, &first, &hwpt), "a first one on top");
	attach(hwpt);
	check(copies(IOVA_A, IOVA_B, PAGE_A, PAGE_B), "the device copies through both");
	check(!copies(GUEST + PAGE_A, IOVA_B, PAGE_A, PAGE_B), "the guest's addresses are none of the device's");
	*entry(2, IOVA_A >> 12 & 511) = (GUEST + PAGE_C) >> 12 << 10 | LEAF;
	check(invalidate(hwpt, &forget, 1) == 1, "the guest invalidates");
	check(copies(IOVA_A, IOVA_B, PAGE_C, PAGE_B), "and its change counts");
	for (i = 0; i < 150; i++)
		many[i] = forget;
	check(invalidate(hwpt, many, 150) == 150, "many commands at once");
	check_commands(hwpt);
	/* Outside of the second stage is outside, whatever the guest's table says. */
	*entry(2, IOVA_A >> 12 & 511) = (GUEST + SIZE) >> 12 << 10 | LEAF;
	invalidate(hwpt, &forget, 1);
	check(!copies(IOVA_A, IOVA_B, PAGE_C, PAGE_B), "a guest does not reach beyond its memory");
	*entry(2, IOVA_A >> 12 & 511) = (GUEST + PAGE_C) >> 12 << 10 | LEAF;
	invalidate(hwpt, &forget, 1);
	check(copies(IOVA_A, IOVA_B, PAGE_C, PAGE_B), "and its own again");
	/* The second stage goes: nothing of both is left in a cache. */
	unmap.ioas_id = ioas;
	if (ioctl(iommufd, IOMMU_IOAS_UNMAP, &unmap))
		die("IOMMU_IOAS_UNMAP");
	check(!copies(IOVA_A, IOVA_B, PAGE_C, PAGE_B), "what the VMM unmaps is out of reach");
	return 0;
}
