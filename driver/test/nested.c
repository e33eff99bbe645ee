// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two stages, as a guest has them: nested BDF
 *
 * This program is both: as a VMM it maps memory by iommufd, a second stage, as a guest it makes
 * a table of the first stage in this memory. QEMU's edu device, or an engine of the lab, copies
 * through both. What is not a guest's must be refused.
 */
#include "cdev.h"
#include "edu.h"
#include "../riscv-iommu-engine.h"
#include "../riscv-iommu-user.h"

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
#define ACCESSED 0x40ull
#define DIRTY 0x80ull
#define SADE 0x100ull		/* of a device context's tc */
#define AMO_HWAD (1ull << 24)	/* of the capabilities */

static struct cdev cdev;
static uint32_t parent;
static uint8_t *memory;

static void engine(uint64_t operation, uint64_t src, uint64_t dst)
{
	*(volatile uint64_t *)(cdev.bar + ENGINE_OPERATION) = operation;
	*(volatile uint64_t *)(cdev.bar + ENGINE_SOURCE) = src;
	*(volatile uint64_t *)(cdev.bar + ENGINE_TARGET) = dst;
	*(volatile uint64_t *)(cdev.bar + ENGINE_LENGTH) = 256;
	*(volatile uint64_t *)(cdev.bar + ENGINE_CONTROL) = ENGINE_START;
	while (*(volatile uint64_t *)(cdev.bar + ENGINE_STATUS) & ENGINE_BUSY)
		usleep(1000);
}

/* The engine does not write what it could not read; then it writes something else. */
static void copy(uint64_t from, uint64_t to)
{
	if (*(volatile uint32_t *)(cdev.bar + ENGINE_ID) != ENGINE_ID_VALUE) {
		edu_dma(cdev.bar, from, EDU_BUFFER, 256, 0);
		edu_dma(cdev.bar, EDU_BUFFER, to, 256, EDU_TO_MEMORY);
		return;
	}
	engine(ENGINE_COPY, from, to);
	if (*(volatile uint64_t *)(cdev.bar + ENGINE_STATUS) & ENGINE_FAULT)
		engine(ENGINE_FILL, 0, to);
}

/* The device copies from one address to another; returns whether to has what from has now. */
static int copies(uint64_t from, uint64_t to, uint32_t source, uint32_t target)
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		memory[source + i] = (uint8_t)rand();
	memset(memory + target, 0, 256);
	copy(from, to);
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

static int first_stage(uint32_t type, const struct rvi_user_first_stage *data, uint32_t *id)
{
	return cdev_hwpt(&cdev, parent, 0, type, data, sizeof(*data), id);
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

	if (ioctl(cdev.iommufd, IOMMU_HWPT_INVALIDATE, &call) && !call.entry_num)
		return -1;
	return (int)call.entry_num;
}

static uint64_t check_info(void)
{
	struct rvi_user_hw_info info = { 0 };
	struct iommu_hw_info call = {
		.size = sizeof(call),
		.dev_id = cdev.dev_id,
		.data_len = sizeof(info),
		.data_uptr = (uintptr_t)&info,
	};

	if (ioctl(cdev.iommufd, IOMMU_GET_HW_INFO, &call))
		die("IOMMU_GET_HW_INFO");
	check(call.out_data_type == RVI_USER_HW_INFO && (info.capabilities & 0xff) == 0x10,
	      "the capabilities are those of an IOMMU");
	return info.capabilities;
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

		if (first_stage(RVI_USER_FIRST_STAGE, &wrong, &id) != EINVAL) {
			printf("  entry %zu of the table\n", i);
			check(0, "what is not a guest's is refused");
		}
	}
	check(first_stage(RVI_USER_FIRST_STAGE + 1, &data, &id) != 0,
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

/* A and D in the guest's table: set by the IOMMU where the guest asks for it, else a fault. */
static void check_updates(uint64_t fsc, uint32_t plain, struct rvi_user_command *forget)
{
	struct rvi_user_first_stage first = { .tc = SADE, .ta = PSCID << 12, .fsc = fsc };
	uint64_t *from = entry(2, IOVA_A >> 12 & 511), *to = entry(2, IOVA_B >> 12 & 511);
	struct rvi_user_command second = *forget;
	uint32_t updating;

	second.dword[1] = IOVA_B >> 12 << 10;
	*from &= ~(ACCESSED | DIRTY);
	*to &= ~(ACCESSED | DIRTY);
	invalidate(plain, forget, 1);
	invalidate(plain, &second, 1);
	check(!copies(IOVA_A, IOVA_B, PAGE_C, PAGE_B) && !((*from | *to) & (ACCESSED | DIRTY)),
	      "a page without A is out of reach");
	check(!first_stage(RVI_USER_FIRST_STAGE, &first, &updating), "a first stage with updates");
	cdev_attach(&cdev, updating);
	check(copies(IOVA_A, IOVA_B, PAGE_C, PAGE_B) &&
	      (*from & (ACCESSED | DIRTY)) == ACCESSED &&
	      (*to & (ACCESSED | DIRTY)) == (ACCESSED | DIRTY),
	      "A and D are set in the guest's table, D where it was written");
	cdev_attach(&cdev, plain);
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
	uint64_t capabilities;
	uint32_t hwpt;
	size_t i;

	if (argc != 2)
		return 2;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	cdev_open(&cdev, argv[1]);
	cdev_map(&cdev, memory, GUEST, SIZE);
	cdev_registers(&cdev);
	capabilities = check_info();
	check(!cdev_hwpt(&cdev, cdev.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, 0, NULL, 0, &parent),
	      "a second stage");
	first.fsc = SV39 | (GUEST + TABLES) >> 12;
	check_refused(first.fsc);
	make_first_stage();
	check(!first_stage(RVI_USER_FIRST_STAGE, &first, &hwpt), "a first one on top");
	cdev_attach(&cdev, hwpt);
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
	if (capabilities & AMO_HWAD)
		check_updates(first.fsc, hwpt, &forget);
	/* The second stage goes: nothing of both is left in a cache. */
	unmap.ioas_id = cdev.ioas;
	if (ioctl(cdev.iommufd, IOMMU_IOAS_UNMAP, &unmap))
		die("IOMMU_IOAS_UNMAP");
	check(!copies(IOVA_A, IOVA_B, PAGE_C, PAGE_B), "what the VMM unmaps is out of reach");
	return 0;
}
