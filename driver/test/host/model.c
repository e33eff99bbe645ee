// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver writes into the command queue, and reads from the page-request queue, against
 * the golden model's decoding and encoding: model SEED
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>
#include "commands.h"
#include "iommu.h"
#include "prg.h"

#define BASE 0x80000000ull
#define COMMANDS 0x1000u
#define REQUESTS 0x2000u
#define ROOT 0x3000u
#define LEVEL 0x4000u
#define CONTEXTS 0x5000u
#define FENCE 0x6000u
#define BYTES 0x8000u
#define LOG2 7u /* entries of each queue */
#define ROUNDS 20000u

static _Alignas(4096) uint8_t memory[BYTES];
static struct iommu *iommu;
static struct iommu_message message;
static unsigned int messages, passed, failed;
static uint32_t tail;

static void count(int good, const char *what)
{
	printf("%s %s\n", good ? "ok    " : "FAILED", what);
	*(good ? &passed : &failed) += 1;
}

static uint64_t random64(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void on_message(void *context, const struct iommu_message *sent)
{
	(void)context;
	message = *sent;
	messages++;
}

static void put64(unsigned int at, uint64_t value)
{
	memcpy(memory + at, &value, 8);
}

static uint64_t get64(unsigned int at)
{
	uint64_t value;

	memcpy(&value, memory + at, 8);
	return value;
}

static uint32_t read32(uint32_t offset)
{
	uint64_t value = 0;

	iommu_mmio_read(iommu, offset, 4, &value);
	return (uint32_t)value;
}

static uint64_t base(unsigned int at)
{
	return (BASE + at) >> 12 << IOMMU_CQB_PPN_SHIFT | (LOG2 - 1);
}

/* Every device_id leads to the same page of contexts, and all of these have ATS and PRI. */
static int start(void)
{
	struct iommu_bus bus = {
		.flat_memory = memory,
		.flat_address = BASE,
		.flat_size = BYTES,
		.message = on_message,
	};
	struct iommu_config config;
	unsigned int i;

	if (!iommu_config_named("full", &config))
		return 0;
	iommu = iommu_create(&config, &bus, NULL, 0);
	if (!iommu)
		return 0;
	for (i = 0; i < 512; i++) {
		put64(ROOT + 8 * i, (BASE + LEVEL) >> 12 << IOMMU_DDTE_PPN_SHIFT | IOMMU_DDTE_V_MASK);
		put64(LEVEL + 8 * i,
		      (BASE + CONTEXTS) >> 12 << IOMMU_DDTE_PPN_SHIFT | IOMMU_DDTE_V_MASK);
	}
	for (i = 0; i < 64; i++)
		put64(CONTEXTS + IOMMU_DC_EXT_BYTES * i, IOMMU_DC_TC_V_MASK |
		      IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK);
	iommu_mmio_write(iommu, IOMMU_REG_CQB, 8, base(COMMANDS));
	iommu_mmio_write(iommu, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK);
	iommu_mmio_write(iommu, IOMMU_REG_PQB, 8, base(REQUESTS));
	iommu_mmio_write(iommu, IOMMU_REG_PQCSR, 4, IOMMU_PQCSR_PQEN_MASK);
	iommu_mmio_write(iommu, IOMMU_REG_DDTP, 8,
			 (BASE + ROOT) >> 12 << IOMMU_DDTP_PPN_SHIFT | IOMMU_DDTP_MODE_3LVL);
	return 1;
}

/* Whether the model carries it out. */
static int run(struct rvi_cmd cmd)
{
	messages = 0;
	put64(COMMANDS + 16 * tail, cmd.dword[0]);
	put64(COMMANDS + 16 * tail + 8, cmd.dword[1]);
	tail = (tail + 1) & ((1u << LOG2) - 1);
	iommu_mmio_write(iommu, IOMMU_REG_CQT, 4, tail);
	return read32(IOMMU_REG_CQH) == tail &&
	       !(read32(IOMMU_REG_CQCSR) & (IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_CQMF_MASK));
}

static int to_device(enum iommu_message_kind kind, uint32_t devid)
{
	return messages == 1 && message.kind == kind && message.device_id == devid &&
	       message.segment_valid == (devid >> 16 != 0) && !message.automatic;
}

static int answers(void)
{
	static const uint8_t codes[] = {
		IOMMU_PRGR_SUCCESS, IOMMU_PRGR_INVALID_REQUEST, IOMMU_PRGR_RESPONSE_FAILURE
	};
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		uint32_t devid = random64() & (random64() & 1 ? 0xffffff : 0xffff);
		uint32_t pid = random64() & 1 ? random64() & 0xfffff : RVI_NO_PID;
		uint16_t group = random64() & 0x1ff;
		uint8_t code = codes[random64() % 3];

		if (!run(rvi_cmd_ats_prgr(devid, pid, group, code)) ||
		    !to_device(IOMMU_MSG_PAGE_REQUEST_GROUP_RESP, devid) ||
		    message.pasid_valid != (pid != RVI_NO_PID) ||
		    (message.pasid_valid && message.process_id != pid) ||
		    message.payload != ((uint64_t)group << 32 | (uint64_t)code << 44))
			return 0;
	}
	return 1;
}

/* The smallest range that a device can be told of, with all of what is to be invalidated. */
static int invalidations(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t first = random64() >> random64() % 52 & ~0xfffull;
		uint64_t last = first + (random64() >> (12 + random64() % 52)) | 0xfff;
		uint32_t devid = random64() & 0xffffff;
		uint64_t low, size = 4096;

		if (last < first)
			last = UINT64_MAX;
		if (!run(rvi_cmd_ats_inval(devid, first, last)) ||
		    !to_device(IOMMU_MSG_INVALIDATION_REQUEST, devid) || message.pasid_valid)
			return 0;
		iommu_invalidation_completion(iommu, devid, 1u << message.itag, 1);
		if (message.payload & 0x800) {
			unsigned int bit = 12;

			while (bit < 63 && message.payload >> bit & 1)
				bit++;
			size = bit < 63 ? 2ull << bit : 0;
		}
		low = message.payload & ~0xfffull & ~(size - 1);
		if (!size)
			low = 0;
		if (first < low || (size && last - low >= size))
			return 0;
		/* Half of it would not do. */
		if (size > 4096 && (first - low) / (size / 2) == (last - low) / (size / 2))
			return 0;
	}
	return 1;
}

static int others(void)
{
	struct rvi_cmd cmd;

	if (!run(rvi_cmd_fence(BASE + FENCE, 0xcafe1234)) || get64(FENCE) != 0xcafe1234 ||
	    !run(rvi_cmd_inval_ddt(false, 0)) || !run(rvi_cmd_inval_ddt(true, 0xabcdef)) ||
	    !run(rvi_cmd_inval_pdt(0xabcdef, 0xfffff)) || !run(rvi_cmd_inval_vma()) ||
	    !run(rvi_cmd_inval_vma_pscid(0xfffff)) || !run(rvi_cmd_inval_vma_gscid(0xffff)) ||
	    !run(rvi_cmd_inval_gvma()) || !run(rvi_cmd_inval_gvma_gscid(0xffff)))
		return 0;
	cmd = rvi_cmd_inval_vma_pscid(1);
	rvi_cmd_address(&cmd, UINT64_MAX & ~0xfffull);
	if (!run(cmd))
		return 0;
	rvi_cmd_range(&cmd, 0x40000000, 0x7fffffff);
	return run(cmd);
}

/* What a device sends is what the driver reads. */
static int requests(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		struct iommu_page_request sent = {
			.device_id = random64() & 0xffffff,
			.process_id_valid = random64() & 1,
			.payload = random64(),
		};
		struct rvi_page_request got;
		uint32_t at = read32(IOMMU_REG_PQT);
		u64 record[2];

		if (sent.process_id_valid) {
			sent.process_id = random64() & 0xfffff;
			sent.privileged = random64() & 1;
			sent.execute = random64() & 1;
		}
		if (iommu_page_request(iommu, &sent).status != IOMMU_PRI_QUEUED)
			return 0;
		record[0] = get64(REQUESTS + 16 * at);
		record[1] = get64(REQUESTS + 16 * at + 8);
		iommu_mmio_write(iommu, IOMMU_REG_PQH, 4, read32(IOMMU_REG_PQT));
		got = rvi_page_request_of(record);
		if (got.devid != sent.device_id || got.has_pid != sent.process_id_valid ||
		    got.pid != sent.process_id || got.priv != sent.privileged ||
		    got.exec != sent.execute || got.read != (sent.payload & 1) ||
		    got.write != (sent.payload >> 1 & 1) || got.last != (sent.payload >> 2 & 1) ||
		    got.group != (sent.payload >> 3 & 0x1ff) ||
		    got.address != (sent.payload & ~0xfffull))
			return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;

	while (seed--)
		random64();
	if (!start())
		return 2;
	count(answers(), "answers to page requests");
	count(invalidations(), "invalidations of devices");
	count(others(), "the other commands are legal");
	count(requests(), "page requests");
	iommu_destroy(iommu);
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
