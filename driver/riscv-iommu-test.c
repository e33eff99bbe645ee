// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the parts that need no hardware: the change of a device context, and the page
 * table against a plain reference. Others: riscv-iommu-commands.c.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/xarray.h>

#include "dc.c"
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
	{ }
};

static struct kunit_suite rvi_suite = {
	.name = "riscv-iommu",
	.test_cases = rvi_cases,
};

kunit_test_suite(rvi_suite);

MODULE_DESCRIPTION("Tests of the RISC-V IOMMU driver");
MODULE_LICENSE("GPL");
