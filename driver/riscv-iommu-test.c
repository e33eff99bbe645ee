// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the parts that need no hardware: the change of a device context, the page
 * table against a plain reference, and the commands.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/xarray.h>

#include "commands.c"
#include "dc.c"
#include "mrif.h"
#include "pgtable.c"

/* --- the change of a device context ------------------------------------------------- */

static bool same(const u64 *a, const u64 *b)
{
	return !memcmp(a, b, RVI_DC_WORDS * sizeof(*a));
}

static bool is_valid(const u64 *dc)
{
	return dc[RVI_DC_TC] & IOMMU_DC_TC_V_MASK;
}

/*
 * An IOMMU that is as unfortunate as it may be: at any time it may read the context word by
 * word, and it may keep what it read until it is told. Between two stores, a read may
 * combine any words from before and after all stores since the last synchronization. So
 * what it can see is: for each word, any of the values the word had since then.
 */
struct observer {
	u64 seen[RVI_DC_WORDS][16];
	unsigned int count[RVI_DC_WORDS];
};

static void observe_store(struct observer *obs, unsigned int word, u64 value)
{
	obs->seen[word][obs->count[word]++] = value;
}

static void observe_sync(struct observer *obs, const u64 *now)
{
	unsigned int i;

	for (i = 0; i < RVI_DC_WORDS; i++) {
		obs->seen[i][0] = now[i];
		obs->count[i] = 1;
	}
}

/*
 * Is every combination that the IOMMU may take for a context one of: old, new, invalid?
 * Combinations of words that differ in at most one place need no enumeration: it is enough
 * that with V possible, no more than one word has two values, and these are old and new.
 * An exception: tc was invalid, and is now valid with the last store. Then the other words
 * were final before V was set, and wmb keeps this order for a read that sees V.
 */
static void check_observer(struct kunit *test, const struct observer *obs, const u64 *now,
			   const u64 *old, const u64 *target)
{
	unsigned int i, j, several = 0;
	bool v_old = obs->seen[RVI_DC_TC][0] & IOMMU_DC_TC_V_MASK;

	for (i = 0; i < RVI_DC_WORDS; i++)
		several += obs->count[i] > 1;
	if (v_old) {
		/* The IOMMU may have begun to read before the first of these stores. */
		KUNIT_EXPECT_LE(test, several, 1);
		for (i = 0; i < RVI_DC_WORDS; i++) {
			for (j = 0; j < obs->count[i]; j++) {
				u64 value = obs->seen[i][j];
				u64 mix[RVI_DC_WORDS];

				memcpy(mix, now, sizeof(mix));
				mix[i] = value;
				KUNIT_EXPECT_TRUE(test, !is_valid(mix) || same(mix, old) ||
						  same(mix, target));
			}
		}
	} else if (is_valid(now)) {
		KUNIT_EXPECT_TRUE(test, same(now, target));
	}
}

static void change(struct kunit *test, const u64 *from, const u64 *to, unsigned int *stores)
{
	struct rvi_dc_step step;
	struct rvi_dc target;
	struct observer obs = { 0 };
	u64 now[RVI_DC_WORDS];

	memcpy(now, from, sizeof(now));
	memcpy(target.word, to, sizeof(target.word));
	observe_sync(&obs, now);
	*stores = 0;
	while (rvi_dc_next(now, &target, RVI_DC_WORDS, &step)) {
		bool was_valid = is_valid(now);

		KUNIT_ASSERT_LT(test, ++*stores, 3 * RVI_DC_WORDS);
		KUNIT_EXPECT_TRUE(test, step.sync || !was_valid);
		now[step.word] = step.value;
		observe_store(&obs, step.word, step.value);
		check_observer(test, &obs, now, from, to);
		if (step.sync)
			observe_sync(&obs, now);
	}
	KUNIT_EXPECT_TRUE(test, same(now, to));
}

static void dc_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, w, stores;

	prandom_seed_state(&rnd, 20260222);
	for (i = 0; i < 20000; i++) {
		u64 from[RVI_DC_WORDS], to[RVI_DC_WORDS];

		for (w = 0; w < RVI_DC_WORDS; w++) {
			/* Few values, so that words are often the same. */
			from[w] = (u64)(prandom_u32_state(&rnd) % 3) << 12;
			to[w] = (u64)(prandom_u32_state(&rnd) % 3) << 12;
		}
		from[0] |= prandom_u32_state(&rnd) & 1;
		to[0] |= prandom_u32_state(&rnd) & 1;
		change(test, from, to, &stores);
	}
}

static void dc_one_word_stays_valid(struct kunit *test)
{
	u64 from[RVI_DC_WORDS] = { 1, 0, 0x5000, 0x123 };
	u64 to[RVI_DC_WORDS] = { 1, 0, 0x5000, 0x456 };
	unsigned int stores;

	/* A device at work must not notice a change that one store can make. */
	change(test, from, to, &stores);
	KUNIT_EXPECT_EQ(test, stores, 1);
	change(test, from, from, &stores);
	KUNIT_EXPECT_EQ(test, stores, 0);
}

static void dc_two_words_go_through_invalid(struct kunit *test)
{
	u64 from[RVI_DC_WORDS] = { 1, 0, 0x5000, 0x123 };
	struct rvi_dc to = { { 1, 0, 0x6000, 0x456 } };
	struct rvi_dc_step step;

	KUNIT_ASSERT_TRUE(test, rvi_dc_next(from, &to, RVI_DC_WORDS, &step));
	KUNIT_EXPECT_EQ(test, step.word, (unsigned int)RVI_DC_TC);
	KUNIT_EXPECT_EQ(test, step.value, 0ULL);
	KUNIT_EXPECT_TRUE(test, step.sync);
}

/* --- page tables against a plain reference ------------------------------------------ */

#define REF_PAGES 4096UL		/* 16 MiB of addresses, in 4 KiB pages */

struct reference {
	u64 phys[REF_PAGES];		/* 0: not mapped */
	size_t size[REF_PAGES];
};

static void pt_compare(struct kunit *test, struct rvi_pgtable *pt, struct reference *ref,
		       unsigned long base, unsigned long page)
{
	unsigned long offset = page % 7;

	KUNIT_EXPECT_EQ(test, rvi_pt_phys(pt, base + (page << 12) + offset),
			ref->phys[page] ? ref->phys[page] + offset : 0);
}

static bool ref_free(struct reference *ref, unsigned long page, unsigned long count)
{
	while (count--)
		if (ref->phys[page++])
			return false;
	return true;
}

/* One step: map or unmap something somewhere, and compare. */
static void pt_step(struct kunit *test, struct rvi_pgtable *pt, struct reference *ref,
		    unsigned long base, struct rnd_state *rnd)
{
	bool super = !(prandom_u32_state(rnd) % 8);
	size_t pgsize = super ? SZ_2M : SZ_4K;
	unsigned long unit = pgsize >> 12, page, count, i;
	struct iommu_pages_list freed = IOMMU_PAGES_LIST_INIT(freed);

	count = super ? 1 + prandom_u32_state(rnd) % 2 : 1 + prandom_u32_state(rnd) % 700;
	page = prandom_u32_state(rnd) % REF_PAGES / unit * unit;
	count = min(count, (REF_PAGES - page) / unit);
	if (prandom_u32_state(rnd) % 2) {
		phys_addr_t pa = ((u64)(1 + prandom_u32_state(rnd) % 1024)) << 21;
		/* Every other time so that sixteen pages can be one of 64 KiB. */
		u64 offset = super || prandom_u32_state(rnd) % 2 ? 0 : page % 16 << 12;
		bool free = ref_free(ref, page, count * unit);
		size_t mapped;
		int ret;

		pa += offset;
		ret = rvi_pt_map(pt, base + (page << 12), pa, pgsize, count,
				 IOMMU_READ | IOMMU_WRITE, GFP_KERNEL, &mapped);

		if (free) {
			KUNIT_EXPECT_EQ(test, ret, 0);
			KUNIT_EXPECT_EQ(test, mapped, count * pgsize);
		} else {
			KUNIT_EXPECT_EQ(test, ret, -EEXIST);
		}
		for (i = 0; i < mapped >> 12; i++) {
			ref->phys[page + i] = pa + (i << 12);
			ref->size[page + i] = pgsize;
		}
	} else {
		size_t smallest = SZ_1G, done;

		/* As the core does: from the beginning of a mapping, and whole pages. */
		if (ref->phys[page] && ref->size[page] == SZ_2M)
			page = page / 512 * 512;
		count = min(count * unit, REF_PAGES - page);
		i = page + count;
		if (i < REF_PAGES && ref->phys[i] && ref->size[i] == SZ_2M)
			count = i / 512 * 512 > page ? i / 512 * 512 - page : 512;
		done = rvi_pt_unmap(pt, base + (page << 12), count << 12, &smallest, &freed);
		KUNIT_EXPECT_LE(test, done, count << 12);
		for (i = 0; i < done >> 12; i++)
			ref->phys[page + i] = 0;
		if (done < count << 12)
			KUNIT_EXPECT_EQ(test, ref->phys[page + (done >> 12)], 0ULL);
		rvi_freelist_free(&freed);
	}
	pt_compare(test, pt, ref, base, page);
	pt_compare(test, pt, ref, base, min(page + count, REF_PAGES - 1));
	pt_compare(test, pt, ref, base, prandom_u32_state(rnd) % REF_PAGES);
}

static int pt_steps = 20000;

module_param(pt_steps, int, 0444);
MODULE_PARM_DESC(pt_steps, "random steps for each kind of page table");

static void pt_random(struct kunit *test, unsigned int bits, bool second, unsigned long base)
{
	struct rvi_pgtable pt = { .node = NUMA_NO_NODE };
	struct reference *ref = kvzalloc(sizeof(*ref), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned long page;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, ref);
	KUNIT_ASSERT_EQ(test, rvi_pt_init(&pt, bits, second), 0);
	prandom_seed_state(&rnd, bits);
	for (i = 0; i < pt_steps; i++)
		pt_step(test, &pt, ref, base, &rnd);
	for (page = 0; page < REF_PAGES; page++)
		pt_compare(test, &pt, ref, base, page);
	rvi_pt_exit(&pt);
	kvfree(ref);
}

static void pt_random_sv39(struct kunit *test)
{
	pt_random(test, 39, false, 0x3fc0000000UL - SZ_8M);
}

static void pt_random_sv48(struct kunit *test)
{
	pt_random(test, 48, false, 0x7ffffe000000UL);
}

static void pt_random_sv57(struct kunit *test)
{
	pt_random(test, 57, false, 0);
}

static void pt_random_sv39x4(struct kunit *test)
{
	pt_random(test, 39, true, 0x1ffff000000UL);
}

static void pt_random_sv48x4(struct kunit *test)
{
	pt_random(test, 48, true, 0x3ff8000000000UL - SZ_8M);
}

static void pt_limits(struct kunit *test)
{
	struct rvi_pgtable pt = { .node = NUMA_NO_NODE };
	size_t mapped;

	KUNIT_ASSERT_EQ(test, rvi_pt_init(&pt, 39, false), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, 1UL << 39, 0, SZ_4K, 1, IOMMU_READ, GFP_KERNEL,
					 &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, (1UL << 39) - SZ_4K, SZ_4K, SZ_4K, 2, IOMMU_READ,
					 GFP_KERNEL, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, SZ_4K, SZ_2M, SZ_2M, 1, IOMMU_READ, GFP_KERNEL,
					 &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, 0, 0, SZ_4K, 1, 0, GFP_KERNEL, &mapped), -EINVAL);
	rvi_pt_exit(&pt);
}

/* Permissions: a page for writing only does not exist, so it can be read too. */
static void pt_permissions(struct kunit *test)
{
	static const struct { int prot; u64 set, clear; } want[] = {
		{ IOMMU_READ | IOMMU_NOEXEC, IOMMU_PTE_R_MASK,
		  IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK | IOMMU_PTE_D_MASK },
		{ IOMMU_WRITE | IOMMU_NOEXEC, IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK |
		  IOMMU_PTE_D_MASK, IOMMU_PTE_X_MASK },
		{ IOMMU_READ | IOMMU_WRITE, IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK |
		  IOMMU_PTE_X_MASK, IOMMU_PTE_PBMT_MASK },
	};
	struct rvi_pgtable pt = { .node = NUMA_NO_NODE };
	unsigned int i, level;
	size_t mapped;
	u64 pte;

	KUNIT_ASSERT_EQ(test, rvi_pt_init(&pt, 39, false), 0);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, i * SZ_4K, SZ_1G, SZ_4K, 1, want[i].prot,
						 GFP_KERNEL, &mapped), 0);
		pte = rvi_pt_lookup(&pt, i * SZ_4K, &level);
		KUNIT_EXPECT_EQ(test, pte & want[i].set, want[i].set);
		KUNIT_EXPECT_EQ(test, pte & want[i].clear, 0ULL);
		KUNIT_EXPECT_EQ(test, pte & (IOMMU_PTE_V_MASK | IOMMU_PTE_U_MASK |
					     IOMMU_PTE_A_MASK),
				IOMMU_PTE_V_MASK | IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK);
		KUNIT_EXPECT_EQ(test, level, 0);
	}
	rvi_pt_exit(&pt);
}

static void count_flush(struct rvi_pgtable *pt)
{
	/* pbmt serves as a note: the test's tables have no memory types. */
	pt->pbmt = true;
}

/* An empty table in the place of a superpage is forgotten by the IOMMU before it is freed. */
static void pt_superpage_over_table(struct kunit *test)
{
	struct rvi_pgtable pt = { .node = NUMA_NO_NODE, .flush_tables = count_flush };
	size_t mapped, smallest = SZ_1G;
	struct iommu_pages_list freed = IOMMU_PAGES_LIST_INIT(freed);

	KUNIT_ASSERT_EQ(test, rvi_pt_init(&pt, 48, false), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, SZ_2M, SZ_1G, SZ_4K, 1, IOMMU_READ, GFP_KERNEL,
					 &mapped), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, SZ_2M, SZ_1G, SZ_2M, 1, IOMMU_READ, GFP_KERNEL,
					 &mapped), -EEXIST);
	KUNIT_EXPECT_EQ(test, rvi_pt_unmap(&pt, SZ_2M, SZ_4K, &smallest, &freed), (size_t)SZ_4K);
	KUNIT_EXPECT_EQ(test, smallest, (size_t)SZ_4K);
	KUNIT_EXPECT_TRUE(test, rvi_freelist_empty(&freed));
	KUNIT_EXPECT_FALSE(test, pt.pbmt);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, SZ_2M, SZ_1G, SZ_2M, 1, IOMMU_READ, GFP_KERNEL,
					 &mapped), 0);
	KUNIT_EXPECT_TRUE(test, pt.pbmt);
	smallest = SZ_1G;
	KUNIT_EXPECT_EQ(test, rvi_pt_unmap(&pt, SZ_2M, SZ_4K, &smallest, &freed), (size_t)SZ_2M);
	KUNIT_EXPECT_EQ(test, smallest, (size_t)SZ_2M);
	rvi_freelist_free(&freed);
	rvi_pt_exit(&pt);
}

/* Unmapping all that a table page describes gives the page back, after the flush. */
static void pt_frees_tables(struct kunit *test)
{
	struct rvi_pgtable pt = { .node = NUMA_NO_NODE };
	size_t mapped, smallest = SZ_1G;
	struct iommu_pages_list freed = IOMMU_PAGES_LIST_INIT(freed);

	KUNIT_ASSERT_EQ(test, rvi_pt_init(&pt, 39, true), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, SZ_2M, SZ_1G, SZ_4K, 512, IOMMU_READ, GFP_KERNEL,
					 &mapped), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_unmap(&pt, SZ_2M, SZ_2M, &smallest, &freed), (size_t)SZ_2M);
	KUNIT_EXPECT_EQ(test, rvi_freelist_count(&freed), 1UL);
	rvi_freelist_free(&freed);
	rvi_pt_exit(&pt);
}

/* 64 KiB that lie together share a translation; a part that goes leaves the others as they are. */
static void pt_contiguous(struct kunit *test)
{
	struct rvi_pgtable pt = { .node = NUMA_NO_NODE };
	struct iommu_pages_list freed = IOMMU_PAGES_LIST_INIT(freed);
	size_t mapped, smallest = SZ_1G;
	unsigned long iova = SZ_2M - SZ_4K;
	phys_addr_t pa = SZ_1G - SZ_4K;
	unsigned int level, i;

	KUNIT_ASSERT_EQ(test, rvi_pt_init(&pt, 48, false), 0);
	/* A page, 64 KiB three times, 15 pages; then 64 KiB whose memory is not aligned. */
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, iova, pa, SZ_4K, 64, IOMMU_READ, GFP_KERNEL,
					 &mapped), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, SZ_4M, pa, SZ_4K, 16, IOMMU_READ, GFP_KERNEL,
					 &mapped), 0);
	for (i = 0; i < 64; i++) {
		u64 pte = rvi_pt_lookup(&pt, iova + i * SZ_4K, &level);
		bool napot = i >= 1 && i < 49;

		KUNIT_EXPECT_EQ(test, level, 0U);
		KUNIT_EXPECT_EQ(test, !!(pte & IOMMU_PTE_N_MASK), napot);
		if (napot)
			KUNIT_EXPECT_EQ(test, FIELD_GET(IOMMU_PTE_PPN_MASK, pte) & 15, 8ULL);
		KUNIT_EXPECT_EQ(test, rvi_pt_phys(&pt, iova + i * SZ_4K + 5), pa + i * SZ_4K + 5);
	}
	KUNIT_EXPECT_FALSE(test, rvi_pt_lookup(&pt, SZ_4M, &level) & IOMMU_PTE_N_MASK);
	/* One and a half of the three: the second half of the second stays. */
	KUNIT_EXPECT_EQ(test, rvi_pt_unmap(&pt, SZ_2M, SZ_64K + SZ_32K, &smallest, &freed),
			(size_t)(SZ_64K + SZ_32K));
	for (i = 0; i < 48; i++) {
		u64 pte = rvi_pt_lookup(&pt, SZ_2M + i * SZ_4K, &level);

		KUNIT_EXPECT_EQ(test, !!(pte & IOMMU_PTE_N_MASK), i >= 32);
		KUNIT_EXPECT_EQ(test, rvi_pt_phys(&pt, SZ_2M + i * SZ_4K),
				i < 24 ? 0 : SZ_1G + i * SZ_4K);
	}
	rvi_freelist_free(&freed);
	rvi_pt_exit(&pt);
}

/* Which pages were reported, in 4 KiB pages from base. */
struct dirty_note {
	unsigned long base;
	DECLARE_BITMAP(pages, REF_PAGES);
	bool outside;
};

static void note_dirty(void *arg, unsigned long iova, size_t size)
{
	struct dirty_note *note = arg;
	unsigned long page = (iova - note->base) >> 12;

	if (iova < note->base || (iova | size) & (SZ_4K - 1) || page + (size >> 12) > REF_PAGES)
		note->outside = true;
	else
		bitmap_set(note->pages, page, size >> 12);
}

/* The IOMMU writes to a page of the table: D, as it does with GADE. */
static void write_page(struct rvi_pgtable *pt, unsigned long iova)
{
	unsigned int at = pt->levels - 1;
	u64 *entry = &pt->root[pt_index(pt, iova, at)];

	while (!pte_leaf(*entry)) {
		at--;
		entry = &pte_table(*entry)[pt_index(pt, iova, at)];
	}
	*entry |= IOMMU_PTE_D_MASK;
}

/*
 * What is reported is what was written since it was cleared, for any range; of a superpage that
 * reaches beyond it the part inside, and that again the next time.
 */
static void pt_dirty(struct kunit *test)
{
	static const size_t super_at = 1024;	/* two superpages, small pages on both sides */
	unsigned long base = 0x1ffff000000UL;
	struct rvi_pgtable pt = { .node = NUMA_NO_NODE, .dirty = true };
	struct dirty_note *want = kunit_kzalloc(test, sizeof(*want), GFP_KERNEL);
	struct dirty_note *note = kunit_kzalloc(test, sizeof(*note), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int step, level, i;
	size_t mapped;

	KUNIT_ASSERT_TRUE(test, want && note);
	KUNIT_ASSERT_EQ(test, rvi_pt_init(&pt, 39, true), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, base, SZ_1G, SZ_4K, super_at, IOMMU_WRITE,
					 GFP_KERNEL, &mapped), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, base + super_at * SZ_4K, SZ_2G, SZ_2M, 2,
					 IOMMU_WRITE, GFP_KERNEL, &mapped), 0);
	/* A hole of a whole table, then 700 pages up to the end. */
	KUNIT_EXPECT_EQ(test, rvi_pt_map(&pt, base + (REF_PAGES - 700) * SZ_4K, SZ_1G, SZ_4K, 700,
					 IOMMU_WRITE, GFP_KERNEL, &mapped), 0);
	KUNIT_EXPECT_EQ(test, rvi_pt_lookup(&pt, base, &level) &
			(IOMMU_PTE_D_MASK | IOMMU_PTE_N_MASK | IOMMU_PTE_A_MASK),
			IOMMU_PTE_A_MASK);
	prandom_seed_state(&rnd, 7);
	note->base = base;
	for (step = 0; step < 2000; step++) {
		unsigned long first = prandom_u32_state(&rnd) % REF_PAGES;
		unsigned long count = 1 + prandom_u32_state(&rnd) % (REF_PAGES - first);
		bool clear = prandom_u32_state(&rnd) & 1;

		for (i = prandom_u32_state(&rnd) % 30; i; i--) {
			unsigned long page = prandom_u32_state(&rnd) % REF_PAGES;

			if (!rvi_pt_phys(&pt, base + page * SZ_4K))
				continue;
			write_page(&pt, base + page * SZ_4K);
			if (page >= super_at && page < super_at + 1024)
				bitmap_set(want->pages, round_down(page, 512), 512);
			else
				set_bit(page, want->pages);
		}
		bitmap_zero(note->pages, REF_PAGES);
		rvi_pt_dirty(&pt, base + first * SZ_4K, count * SZ_4K, clear, note_dirty, note);
		KUNIT_ASSERT_FALSE(test, note->outside);
		for (i = 0; i < REF_PAGES; i++) {
			bool in = i >= first && i < first + count;
			unsigned long super = round_down(i, 512);
			bool whole = i < super_at || i >= super_at + 1024 ||
				     (super >= first && super + 512 <= first + count);

			KUNIT_ASSERT_EQ(test, test_bit(i, note->pages),
					in && test_bit(i, want->pages));
			if (clear && in && whole)
				clear_bit(i, want->pages);
		}
	}
	rvi_pt_exit(&pt);
}

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

static struct kunit_case rvi_cases[] = {
	KUNIT_CASE(dc_random),
	KUNIT_CASE(dc_one_word_stays_valid),
	KUNIT_CASE(dc_two_words_go_through_invalid),
	KUNIT_CASE(pt_random_sv39),
	KUNIT_CASE(pt_random_sv48),
	KUNIT_CASE(pt_random_sv57),
	KUNIT_CASE(pt_random_sv39x4),
	KUNIT_CASE(pt_random_sv48x4),
	KUNIT_CASE(pt_limits),
	KUNIT_CASE(pt_permissions),
	KUNIT_CASE(pt_superpage_over_table),
	KUNIT_CASE(pt_frees_tables),
	KUNIT_CASE(pt_contiguous),
	KUNIT_CASE(pt_dirty),
	KUNIT_CASE(cmd_ranges),
	KUNIT_CASE(cmd_ats),
	KUNIT_CASE(cmd_encodings),
	KUNIT_CASE(cmd_of_guest),
	KUNIT_CASE(mrif),
	{ }
};

static struct kunit_suite rvi_suite = {
	.name = "riscv-iommu",
	.test_cases = rvi_cases,
};

kunit_test_suite(rvi_suite);

MODULE_DESCRIPTION("Tests of the RISC-V IOMMU driver");
MODULE_LICENSE("GPL");
