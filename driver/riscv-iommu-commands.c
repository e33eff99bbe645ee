// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what the driver and the IOMMU tell each other: commands, interrupt files in
 * memory, and page requests, whose groups are tested against a plain reference.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "commands.c"
#include "mrif.h"
#include "prg.c"

/* --- commands ------------------------------------------------------------------------ */

/* The range in a command with S, as the specification decodes it. */
static void decode_range(const struct rvi_cmd *cmd, u64 *first, u64 *size)
{
	u64 page = FIELD_GET(IOMMU_CMD_IOTINVAL_ADDR_MASK, cmd->dword[1]);
	unsigned int ones = 0;

	*size = 1;
	if (cmd->dword[1] & IOMMU_CMD_IOTINVAL_S_MASK) {
		while (page >> ones & 1)
			ones++;
		*size = 2ULL << ones;
	}
	*first = page & ~(*size - 1);
}

/* One command covers the range, and none that is half as large could. */
static void cmd_ranges(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 100000; i++) {
		u64 start = (u64)prandom_u32_state(&rnd) << (prandom_u32_state(&rnd) % 20);
		u64 pages = 1 + (prandom_u32_state(&rnd) >> (prandom_u32_state(&rnd) % 32));
		struct rvi_cmd cmd = rvi_cmd_inval_vma_pscid(5);
		u64 first, size;

		rvi_cmd_range(&cmd, start << 12, ((start + pages) << 12) - 1);
		decode_range(&cmd, &first, &size);
		KUNIT_ASSERT_LE(test, first, start);
		KUNIT_ASSERT_GE(test, first + size, start + pages);
		if (size > 1)
			KUNIT_ASSERT_NE(test, start / (size / 2), (start + pages - 1) / (size / 2));
		KUNIT_ASSERT_EQ(test, cmd.dword[0] & IOMMU_CMD_IOTINVAL_DW0_RESERVED_MASK, 0ULL);
		KUNIT_ASSERT_EQ(test, cmd.dword[1] & IOMMU_CMD_IOTINVAL_DW1_RESERVED_MASK, 0ULL);
	}
}

/* The same for what a device shall forget, as PCI Express decodes it. */
static void cmd_ats(struct kunit *test)
{
	struct rvi_cmd cmd = rvi_cmd_ats_inval(0x28, 0x40001000, 0x40001fff);
	struct rnd_state rnd;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x0000280000000004ULL);
	KUNIT_EXPECT_EQ(test, cmd.dword[1], 0x40001000ULL);
	cmd = rvi_cmd_ats_inval(0x5a1234, 0x40001000, 0x40001fff);
	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x5a12340200000004ULL);
	/* 8 KiB; everything. */
	cmd = rvi_cmd_ats_inval(0, 0x40002000, 0x40003fff);
	KUNIT_EXPECT_EQ(test, cmd.dword[1], 0x40002800ULL);
	cmd = rvi_cmd_ats_inval(0, 0, U64_MAX);
	KUNIT_EXPECT_EQ(test, cmd.dword[1], 0x7ffffffffffff800ULL);
	prandom_seed_state(&rnd, 2);
	for (i = 0; i < 100000; i++) {
		u64 start = (u64)prandom_u32_state(&rnd) << (prandom_u32_state(&rnd) % 20);
		u64 pages = 1 + (prandom_u32_state(&rnd) >> (prandom_u32_state(&rnd) % 32));
		u64 page, size = 1;

		cmd = rvi_cmd_ats_inval(0x28, start << 12, ((start + pages) << 12) - 1);
		page = cmd.dword[1] >> 12;
		if (cmd.dword[1] & BIT_ULL(11))
			size = 2ULL << __ffs64(~page);
		page &= ~(size - 1);
		KUNIT_ASSERT_LE(test, page, start);
		KUNIT_ASSERT_GE(test, page + size, start + pages);
		if (size > 1)
			KUNIT_ASSERT_NE(test, start / (size / 2), (start + pages - 1) / (size / 2));
		KUNIT_ASSERT_EQ(test, cmd.dword[1] & IOMMU_CMD_ATS_INVAL_DW1_RESERVED_MASK, 0ULL);
	}
}

/* Spelt out by hand from the specification's figures. */
static void cmd_encodings(struct kunit *test)
{
	struct rvi_cmd cmd = rvi_cmd_fence(0x812345678, 0xdeadbeef);

	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0xdeadbeef00003402ULL);
	KUNIT_EXPECT_EQ(test, cmd.dword[1], 0x812345678ULL >> 2);
	cmd = rvi_cmd_inval_ddt(true, 0x123456);
	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x1234560200000003ULL);
	cmd = rvi_cmd_inval_pdt(0x28, 7);
	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x0000280200007083ULL);
	cmd = rvi_cmd_inval_vma_pscid(9);
	rvi_cmd_address(&cmd, 0x40001000);
	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x0000000100009401ULL);
	KUNIT_EXPECT_EQ(test, cmd.dword[1], 0x40001ULL << 10);
	cmd = rvi_cmd_inval_gvma_gscid(3);
	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x0000300200000081ULL);
	cmd = rvi_cmd_ats_prgr(0x28, RVI_NO_PID, 0x1a5, IOMMU_PRGR_CODE_SUCCESS);
	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x0000280000000084ULL);
	KUNIT_EXPECT_EQ(test, cmd.dword[1], 0x000001a500000000ULL);
	cmd = rvi_cmd_ats_prgr(0x5a1234, 0xabcde, 0x1ff, IOMMU_PRGR_CODE_RESPONSE_FAILURE);
	KUNIT_EXPECT_EQ(test, cmd.dword[0], 0x5a123403abcde084ULL);
	KUNIT_EXPECT_EQ(test, cmd.dword[1], 0x0000f1ff00000000ULL);
}

/* --- interrupt files in memory -------------------------------------------------------- */

static void mrif(struct kunit *test)
{
	struct rvi_msipte pte = rvi_msipte_mrif(0x812345200, rvi_msipte_notice(0x28003000, 0x5a7));
	u64 *file = kunit_kzalloc(test, IOMMU_MRIF_BYTES, GFP_KERNEL);
	u32 id;

	KUNIT_ASSERT_NOT_NULL(test, file);
	rvi_mrif_init(file);
	/* The bit that the IOMMU sets for an identity, and no other. */
	for (id = 1; id < RVI_MRIF_IDS; id++) {
		u64 *word = &file[id / 64 * 2];

		KUNIT_EXPECT_EQ(test, word[1], ~0ULL);
		*word = ~0ULL;
		KUNIT_EXPECT_TRUE(test, rvi_mrif_take(file, id));
		KUNIT_EXPECT_EQ(test, *word, ~BIT_ULL(id % 64));
		KUNIT_EXPECT_FALSE(test, rvi_mrif_take(file, id));
		*word = 0;
	}
	file[0] = 1;
	KUNIT_EXPECT_FALSE(test, rvi_mrif_take(file, 0));
	KUNIT_EXPECT_FALSE(test, rvi_mrif_take(file, RVI_MRIF_IDS));
	/* V, M = 1, the file's address from bit 9 at bit 7; NID in two parts around NPPN. */
	KUNIT_EXPECT_EQ(test, pte.dword[0], 0x2048d1483ULL);
	KUNIT_EXPECT_EQ(test, pte.dword[1], BIT_ULL(60) | 0x28003ULL << 10 | 0x1a7);
}

/* A guest's command gets its GSCID; all that is none of its business is refused. */
static void cmd_of_guest(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 3);
	for (i = 0; i < 20000; i++) {
		struct rvi_cmd cmd = rvi_cmd_inval_vma(), before;
		bool ranges = prandom_u32_state(&rnd) & 1, non_leaf = prandom_u32_state(&rnd) & 1;
		unsigned int bit = prandom_u32_state(&rnd) % 128;
		bool mine;

		cmd.dword[bit / 64] ^= BIT_ULL(bit % 64);
		before = cmd;
		/* AV, PSCID, PSCV; ADDR; NL and S where they are. No others are the guest's. */
		mine = bit == 10 || (bit >= 12 && bit < 33) || (bit >= 64 + 10 && bit < 64 + 62) ||
		       (bit == 34 && non_leaf) || (bit == 64 + 9 && ranges);
		KUNIT_ASSERT_EQ(test, rvi_cmd_of_guest(&cmd, 0xabc, ranges, non_leaf), mine);
		if (mine) {
			before.dword[0] |= BIT_ULL(33) | 0xabcULL << 44;
			KUNIT_ASSERT_EQ(test, cmd.dword[0], before.dword[0]);
		}
		KUNIT_ASSERT_EQ(test, cmd.dword[1], before.dword[1]);
	}
}

/* --- page requests -------------------------------------------------------------------- */

static void prg_record(struct kunit *test)
{
	u64 record[] = { 0xabcdef0000005000ULL, 0xfffffffff0001ffdULL };
	struct rvi_page_request request = rvi_page_request_of(record);

	KUNIT_EXPECT_EQ(test, request.devid, 0xabcdef);
	KUNIT_EXPECT_EQ(test, request.address, 0xfffffffff0001000ULL);
	KUNIT_EXPECT_EQ(test, request.group, 0x1ff);
	KUNIT_EXPECT_TRUE(test, request.read && !request.write && request.last);
	/* Without a process_id, there is none. */
	KUNIT_EXPECT_TRUE(test, !request.has_pid && !request.pid && !request.priv && !request.exec);
	record[0] = 0x0000280500005000ULL;
	record[1] = 0x12;
	request = rvi_page_request_of(record);
	KUNIT_EXPECT_EQ(test, request.devid, 0x28);
	KUNIT_EXPECT_EQ(test, request.group, 2);
	KUNIT_EXPECT_TRUE(test, !request.read && request.write && !request.last);
	KUNIT_EXPECT_EQ(test, request.pid, 5);
	KUNIT_EXPECT_TRUE(test, request.has_pid && !request.priv && request.exec);
}

/* What a device has sent, group by group; few groups, so that they meet often. */
#define REF_GROUPS 24

struct ref_group {
	struct rvi_page_request request[RVI_PRG_LIMIT];
	unsigned int count;
	unsigned int open;
	bool spoiled;
};

struct reference {
	struct ref_group group[REF_GROUPS];
};

static unsigned int ref_open(const struct reference *ref)
{
	unsigned int i, sum = 0;

	for (i = 0; i < REF_GROUPS; i++)
		sum += ref->group[i].open;
	return sum;
}

static unsigned int ref_held(const struct reference *ref)
{
	unsigned int i, sum = 0;

	for (i = 0; i < REF_GROUPS; i++)
		sum += ref->group[i].count;
	return sum;
}

/* Return: what is to be done; a group that is complete stays in the reference. */
static enum rvi_prg_verdict ref_add(struct reference *ref, const struct rvi_page_request *request)
{
	struct ref_group *group = &ref->group[request->group];
	bool good = !request->has_pid && (request->read || request->write) && !group->open;
	bool full = ref_open(ref) + ref_held(ref) >= RVI_PRG_LIMIT;
	unsigned int i;

	if (request->has_pid && request->last && !request->read && !request->write)
		return RVI_PRG_NOTHING;
	for (i = 0; full && i < REF_GROUPS; i++) {
		ref->group[i].spoiled |= ref->group[i].count > 0;
		ref->group[i].count = 0;
	}
	good &= !group->spoiled && ref_open(ref) < RVI_PRG_LIMIT;
	if (!good) {
		group->count = 0;
		group->spoiled = !request->last;
		return request->last ? RVI_PRG_ANSWER : RVI_PRG_REFUSED;
	}
	group->request[group->count++] = *request;
	return request->last ? RVI_PRG_READY : RVI_PRG_NOTHING;
}

static struct rvi_page_request random_request(struct rnd_state *rnd, u64 number)
{
	u32 bits = prandom_u32_state(rnd);

	return (struct rvi_page_request){
		.address = number << 12,
		.group = prandom_u32_state(rnd) % REF_GROUPS,
		.has_pid = bits % 32 == 0,
		.read = bits >> 5 & 3,
		.write = bits >> 7 & 1,
		.last = bits >> 8 & 1,
	};
}

/* All of a group are there, in order; nobody waits in vain; no device has more than its share. */
static void prg_random(struct kunit *test)
{
	struct reference *ref = kunit_kzalloc(test, sizeof(*ref), GFP_KERNEL);
	struct rvi_prgs *prgs = kunit_kzalloc(test, sizeof(*prgs), GFP_KERNEL);
	struct rvi_page_request *group, request;
	unsigned int count, ready = 0, full = 0, i;
	enum rvi_prg_verdict verdict;
	struct rnd_state rnd;
	u64 step;

	group = kunit_kzalloc(test, sizeof(*group) * RVI_PRG_LIMIT, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, ref && prgs && group);
	prandom_seed_state(&rnd, 5);
	for (step = 1; step <= 200000; step++) {
		u32 what = prandom_u32_state(&rnd) % 1024;
		u16 number = prandom_u32_state(&rnd) % REF_GROUPS;

		/* Handlers are slow at times, and devices do not end groups. */
		if (what < 200 && step / 4096 % 2) {
			rvi_prg_answered(prgs, number);
			ref->group[number].open = 0;
			continue;
		}
		if (what == 1023) {
			rvi_prg_lost(prgs);
			for (i = 0; i < REF_GROUPS; i++) {
				ref->group[i].count = 0;
				ref->group[i].spoiled = false;
			}
			continue;
		}
		request = random_request(&rnd, step);
		if (step / 1024 % 4 == 3)
			request.last = false;
		full += ref_open(ref) + ref_held(ref) >= RVI_PRG_LIMIT;
		verdict = rvi_prg_add(prgs, &request, group, &count);
		KUNIT_ASSERT_EQ(test, verdict, ref_add(ref, &request));
		KUNIT_ASSERT_EQ(test, prgs->open_count + prgs->held_count,
				ref_open(ref) + ref_held(ref));
		KUNIT_ASSERT_LE(test, prgs->open_count + prgs->held_count, RVI_PRG_LIMIT);
		if (verdict != RVI_PRG_READY)
			continue;
		ready++;
		KUNIT_ASSERT_EQ(test, count, ref->group[request.group].count);
		for (i = 0; i < count; i++)
			KUNIT_ASSERT_EQ(test, group[i].address,
					ref->group[request.group].request[i].address);
		ref->group[request.group].open = count;
		ref->group[request.group].count = 0;
	}
	KUNIT_EXPECT_GT(test, ready, 1000);
	KUNIT_EXPECT_GT(test, full, 1000);
}

/* Who may have no page requests is told so, where it waits. */
static void prg_of_nobody(struct kunit *test)
{
	struct rvi_page_request request = { .last = true, .read = true };

	KUNIT_EXPECT_EQ(test, rvi_prg_of_nobody(&request), RVI_PRG_ANSWER);
	request.last = false;
	KUNIT_EXPECT_EQ(test, rvi_prg_of_nobody(&request), RVI_PRG_REFUSED);
	request = (struct rvi_page_request){ .last = true, .has_pid = true };
	KUNIT_EXPECT_EQ(test, rvi_prg_of_nobody(&request), RVI_PRG_NOTHING);
}

static struct kunit_case rvi_command_cases[] = {
	KUNIT_CASE(cmd_ranges),
	KUNIT_CASE(cmd_ats),
	KUNIT_CASE(cmd_encodings),
	KUNIT_CASE(cmd_of_guest),
	KUNIT_CASE(mrif),
	KUNIT_CASE(prg_record),
	KUNIT_CASE(prg_random),
	KUNIT_CASE(prg_of_nobody),
	{ }
};

static struct kunit_suite rvi_command_suite = {
	.name = "riscv-iommu-commands",
	.test_cases = rvi_command_cases,
};

kunit_test_suite(rvi_command_suite);

MODULE_DESCRIPTION("Tests of the RISC-V IOMMU driver's commands and page requests");
MODULE_LICENSE("GPL");
