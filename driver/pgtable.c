// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables that the IOMMU walks.
 *
 * The core of Linux sees to it that nobody maps and unmaps the same addresses at the same
 * time; different addresses are changed at the same time without a lock. Two that need the
 * same new table page settle it with cmpxchg. A table page is cut off only by an unmap that
 * covers all of it, so nobody else is at work below it, and it is freed only after the
 * IOMMU was made to forget it.
 */
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sizes.h>

#include "compat.h"
#include "iommu_regs.h"
#include "pgtable.h"

#define PTE_LEAF (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)

static bool pte_leaf(u64 pte)
{
	return pte & PTE_LEAF;
}

static bool pte_valid(u64 pte)
{
	return pte & IOMMU_PTE_V_MASK;
}

static phys_addr_t pte_phys(u64 pte)
{
	return PFN_PHYS(FIELD_GET(IOMMU_PTE_PPN_MASK, pte));
}

static u64 *pte_table(u64 pte)
{
	return phys_to_virt(pte_phys(pte));
}

static u64 make_pte(phys_addr_t pa, u64 flags)
{
	return FIELD_PREP(IOMMU_PTE_PPN_MASK, PHYS_PFN(pa)) | flags;
}

/*
 * Svnapot: sixteen entries for 64 KiB of memory that lies together, aligned, say so of each
 * other, and the IOMMU may keep one translation for all. Each of them is the same.
 */
#define NAPOT_PAGES 16U
#define NAPOT_SIZE (NAPOT_PAGES * SZ_4K)

static u64 make_napot(phys_addr_t pa, u64 flags)
{
	return make_pte(ALIGN_DOWN(pa, NAPOT_SIZE) | (NAPOT_SIZE / 2), flags | IOMMU_PTE_N_MASK);
}

static bool is_napot(u64 pte)
{
	return pte & IOMMU_PTE_N_MASK;
}

/* Where the page of an entry is, whose index in its table is given. */
static phys_addr_t leaf_phys(u64 pte, size_t index)
{
	phys_addr_t pa = pte_phys(pte);

	if (is_napot(pte))
		pa = ALIGN_DOWN(pa, NAPOT_SIZE) | (index % NAPOT_PAGES * SZ_4K);
	return pa;
}

/*
 * Before a part of sixteen pages goes, all of them become ordinary entries. Somebody else may
 * take out others of them at the same time: what is gone already stays so.
 */
static void split_napot(u64 *entry)
{
	const u64 other = ~(IOMMU_PTE_PPN_MASK | IOMMU_PTE_N_MASK);
	u64 *first = PTR_ALIGN_DOWN(entry, NAPOT_PAGES * sizeof(*entry));
	unsigned int i;

	for (i = 0; i < NAPOT_PAGES; i++) {
		u64 pte = READ_ONCE(first[i]);

		if (pte_valid(pte) && is_napot(pte))
			cmpxchg(&first[i], pte, make_pte(leaf_phys(pte, i), pte & other));
	}
}

static unsigned int root_order(const struct rvi_pgtable *pt)
{
	return pt->root_bits - 9;
}

static size_t pt_index(const struct rvi_pgtable *pt, unsigned long iova, unsigned int level)
{
	unsigned int bits = level == pt->levels - 1 ? pt->root_bits : 9;

	return (iova >> rvi_pt_shift(level)) & (BIT(bits) - 1);
}

unsigned int rvi_pt_input_bits(const struct rvi_pgtable *pt)
{
	return rvi_pt_shift(pt->levels - 1) + pt->root_bits;
}

/**
 * rvi_pt_init() - make an empty table
 * @pt: the table; the caller has filled in node, pbmt and flush_tables
 * @bits: 39, 48 or 57
 * @second: a second stage takes two more bits, at the root
 */
int rvi_pt_init(struct rvi_pgtable *pt, unsigned int bits, bool second)
{
	pt->levels = (bits - 12) / 9;
	pt->root_bits = second ? 11 : 9;
	pt->root = rvi_alloc_pages(pt->node, GFP_KERNEL, root_order(pt));
	return pt->root ? 0 : -ENOMEM;
}

/* Collect a table page and all below it; its entries are no longer reachable. */
static void collect(u64 *table, unsigned int level, struct iommu_pages_list *freed)
{
	unsigned int i;

	if (level > 0) {
		for (i = 0; i < 512; i++) {
			if (pte_valid(table[i]) && !pte_leaf(table[i]))
				collect(pte_table(table[i]), level - 1, freed);
		}
	}
	rvi_freelist_add(freed, table);
}

void rvi_pt_exit(struct rvi_pgtable *pt)
{
	struct iommu_pages_list freed = IOMMU_PAGES_LIST_INIT(freed);
	size_t i;

	if (!pt->root)
		return;
	for (i = 0; i < BIT(pt->root_bits); i++) {
		if (pte_valid(pt->root[i]) && !pte_leaf(pt->root[i]))
			collect(pte_table(pt->root[i]), pt->levels - 2, &freed);
	}
	rvi_freelist_free(&freed);
	rvi_free_pages(pt->root, root_order(pt));
	pt->root = NULL;
}

static u64 leaf_flags(const struct rvi_pgtable *pt, int prot)
{
	u64 flags = IOMMU_PTE_V_MASK | IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK;

	/* W without R is reserved. D is set ahead, but where hardware is asked to do it. */
	if (prot & (IOMMU_READ | IOMMU_WRITE))
		flags |= IOMMU_PTE_R_MASK;
	if (prot & IOMMU_WRITE)
		flags |= pt->dirty ? IOMMU_PTE_W_MASK : IOMMU_PTE_W_MASK | IOMMU_PTE_D_MASK;
	if (!(prot & IOMMU_NOEXEC))
		flags |= IOMMU_PTE_X_MASK;
	if ((prot & IOMMU_MMIO) && pt->pbmt)
		flags |= FIELD_PREP(IOMMU_PTE_PBMT_MASK, IOMMU_PBMT_IO);
	return flags;
}

/* The entry for iova at a level; table pages on the way are made where they are missing. */
static u64 *walk_alloc(struct rvi_pgtable *pt, unsigned long iova, unsigned int level, gfp_t gfp)
{
	u64 *table = pt->root;
	unsigned int at;

	for (at = pt->levels - 1; at > level; at--) {
		u64 *entry = &table[pt_index(pt, iova, at)];
		u64 pte = READ_ONCE(*entry);

		if (!pte_valid(pte)) {
			u64 *page = rvi_alloc_pages(pt->node, gfp, 0);
			u64 found;

			if (!page)
				return ERR_PTR(-ENOMEM);
			/* Full ordering: the page is zeroed before it can be found. */
			pte = make_pte(virt_to_phys(page), IOMMU_PTE_V_MASK);
			found = cmpxchg(entry, 0, pte);
			if (found) {
				rvi_free_pages(page, 0);
				pte = found;
			}
		}
		if (pte_leaf(pte))
			return ERR_PTR(-EEXIST);
		table = pte_table(pte);
	}
	return &table[pt_index(pt, iova, level)];
}

static bool tables_empty(u64 *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < 512; i++) {
		if (!pte_valid(table[i]))
			continue;
		if (pte_leaf(table[i]) || !level || !tables_empty(pte_table(table[i]), level - 1))
			return false;
	}
	return true;
}

/* A superpage goes where smaller pages were: their empty tables must go first. */
static int remove_tables(struct rvi_pgtable *pt, u64 *entry, unsigned int level)
{
	struct iommu_pages_list freed = IOMMU_PAGES_LIST_INIT(freed);
	u64 *table = pte_table(*entry);

	if (!tables_empty(table, level - 1))
		return -EEXIST;
	WRITE_ONCE(*entry, 0);
	if (pt->flush_tables)
		pt->flush_tables(pt);
	collect(table, level - 1, &freed);
	rvi_freelist_free(&freed);
	return 0;
}

/* Sixteen entries at once, if they are free. */
static bool map_napot(u64 *entry, phys_addr_t pa, u64 flags)
{
	u64 pte = make_napot(pa, flags);
	unsigned int i;

	for (i = 0; i < NAPOT_PAGES; i++)
		if (pte_valid(entry[i]))
			return false;
	for (i = 0; i < NAPOT_PAGES; i++)
		WRITE_ONCE(entry[i], pte);
	return true;
}

int rvi_pt_map(struct rvi_pgtable *pt, unsigned long iova, phys_addr_t pa, size_t pgsize,
	       size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	u64 flags = leaf_flags(pt, prot);
	size_t left = pgcount, unit;
	unsigned int level = 0;

	*mapped = 0;
	/* Few steps, and hardware that finds the bit is optional. */
	for (unit = SZ_4K; unit < pgsize; unit <<= 9)
		level++;
	if (!(prot & (IOMMU_READ | IOMMU_WRITE)))
		return -EINVAL;
	if (level >= pt->levels || (iova | pa) & (pgsize - 1) ||
	    (iova + pgsize * pgcount - 1) >> rvi_pt_input_bits(pt))
		return -ERANGE;
	while (left) {
		u64 *entry = walk_alloc(pt, iova, level, gfp);
		size_t count, i;

		if (IS_ERR(entry))
			return PTR_ERR(entry);
		count = 512 - (pt_index(pt, iova, level) & 511);
		count = min(count, left);
		for (i = 0; i < count; i++) {
			/* Where D counts, each page has its own. */
			if (!level && !pt->dirty && count - i >= NAPOT_PAGES &&
			    !((pa | (iova + i * SZ_4K)) & (NAPOT_SIZE - 1)) &&
			    map_napot(&entry[i], pa, flags)) {
				pa += NAPOT_SIZE;
				*mapped += NAPOT_SIZE;
				i += NAPOT_PAGES - 1;
				continue;
			}
			if (pte_valid(entry[i])) {
				int ret = pte_leaf(entry[i]) ? -EEXIST :
					  remove_tables(pt, &entry[i], level);

				if (ret)
					return ret;
			}
			WRITE_ONCE(entry[i], make_pte(pa, flags));
			pa += pgsize;
			*mapped += pgsize;
		}
		iova += count * pgsize;
		left -= count;
	}
	return 0;
}

/* Take out one page of sixteen, or all of them if they are wanted; returns how many. */
static noinline size_t clear_napot(u64 *entry, size_t left)
{
	unsigned int i;

	if (!IS_ALIGNED((unsigned long)entry, NAPOT_PAGES * sizeof(*entry)) || left < NAPOT_SIZE) {
		split_napot(entry);
		WRITE_ONCE(*entry, 0);
		return 1;
	}
	for (i = 0; i < NAPOT_PAGES; i++)
		WRITE_ONCE(entry[i], 0);
	return NAPOT_PAGES;
}

/* Take out leaves that are neighbours in a table, at most count of them and left bytes. */
static size_t clear_leaves(u64 *entry, size_t count, unsigned int shift, size_t left)
{
	u64 *end = entry + min(count, left >> shift);
	u64 *first = entry;
	u64 pte = READ_ONCE(*entry);

	do {
		if (unlikely(is_napot(pte)))
			entry += clear_napot(entry, (size_t)(end - entry) << shift);
		else
			WRITE_ONCE(*entry++, 0);
		if (entry == end)
			break;
		pte = READ_ONCE(*entry);
	} while (pte_valid(pte) && pte_leaf(pte));
	return (size_t)(entry - first) << shift;
}

/**
 * rvi_pt_unmap() - take a range out of the table
 * @pt: the table
 * @iova: where the range begins
 * @size: its size in bytes
 * @smallest: the smallest page that was unmapped, or its old value if that is smaller
 * @freed: gets the table pages that nothing points to any more
 *
 * A superpage that is hit at its beginning goes as a whole.
 *
 * Return: how many bytes were unmapped; it ends at the first hole.
 */
size_t rvi_pt_unmap(struct rvi_pgtable *pt, unsigned long iova, size_t size,
		    size_t *smallest, struct iommu_pages_list *freed)
{
	size_t done = 0;

	while (done < size) {
		unsigned long at = iova + done;
		unsigned int level = pt->levels - 1;
		u64 *table = pt->root;

		for (;;) {
			u64 *entry = &table[pt_index(pt, at, level)];
			size_t span = BIT(rvi_pt_shift(level));
			bool aligned = !(at & (span - 1));
			u64 pte = READ_ONCE(*entry);

			if (!pte_valid(pte))
				return done;
			if (pte_leaf(pte)) {
				size_t count = 512 - (pt_index(pt, at, level) & 511);

				if (!aligned)
					return done;
				done += clear_leaves(entry, count, rvi_pt_shift(level),
						     max(size - done, span));
				*smallest = min(*smallest, span);
				break;
			}
			if (aligned && size - done >= span) {
				WRITE_ONCE(*entry, 0);
				collect(pte_table(pte), level - 1, freed);
				done += span;
				*smallest = min_t(size_t, *smallest, SZ_4K);
				break;
			}
			table = pte_table(pte);
			level--;
		}
	}
	return done;
}

struct dirty_walk {
	unsigned long start, end;	/* the last byte */
	bool clear;
	void (*report)(void *arg, unsigned long iova, size_t size);
	void *arg;
};

/*
 * The IOMMU may set D in the same entry meanwhile: it is cleared atomically. A superpage that
 * reaches beyond the range keeps it, as the rest of it is not reported: rather too often.
 */
static void dirty_leaf(const struct dirty_walk *walk, u64 *entry, unsigned long first,
		       unsigned long last)
{
	bool whole = first >= walk->start && last <= walk->end;

	first = max(first, walk->start);
	last = min(last, walk->end);
	if (!(READ_ONCE(*entry) & IOMMU_PTE_D_MASK))
		return;
	if (walk->clear && whole)
		clear_bit(const_ilog2(IOMMU_PTE_D_MASK), (unsigned long *)entry);
	walk->report(walk->arg, first, last - first + 1);
}

/* A table of so many entries that begins at base. */
static void dirty_table(const struct dirty_walk *walk, u64 *table, unsigned int level,
			unsigned long base, unsigned int entries)
{
	unsigned int shift = rvi_pt_shift(level);
	unsigned int i = walk->start > base ? (walk->start - base) >> shift : 0;

	for (; i < entries; i++) {
		unsigned long first = base + ((unsigned long)i << shift);
		u64 pte = READ_ONCE(table[i]);

		if (first > walk->end)
			return;
		if (!pte_valid(pte))
			continue;
		if (pte_leaf(pte))
			dirty_leaf(walk, &table[i], first, first + BIT(shift) - 1);
		else if (level)
			dirty_table(walk, pte_table(pte), level - 1, first, 512);
	}
}

/**
 * rvi_pt_dirty() - tell what of a range was written
 * @pt: the table, which has pt->dirty
 * @iova: where the range begins
 * @size: its size in bytes
 * @clear: and count from now on; the IOMMU has to be made to forget what was reported
 * @report: is called for each page that was written, as far as it is in the range
 * @arg: for @report
 */
void rvi_pt_dirty(struct rvi_pgtable *pt, unsigned long iova, size_t size, bool clear,
		  void (*report)(void *arg, unsigned long iova, size_t size), void *arg)
{
	struct dirty_walk walk = {
		.start = iova,
		.end = iova + size - 1,
		.clear = clear,
		.report = report,
		.arg = arg,
	};

	dirty_table(&walk, pt->root, pt->levels - 1, 0, BIT(pt->root_bits));
}

/* The entry that decides about an address, and its level; for the walk shown to people. */
u64 rvi_pt_lookup(struct rvi_pgtable *pt, unsigned long iova, unsigned int *level)
{
	unsigned int at = pt->levels - 1;
	u64 *table = pt->root;

	if (iova >> rvi_pt_input_bits(pt))
		return 0;
	for (;; at--) {
		u64 pte = READ_ONCE(table[pt_index(pt, iova, at)]);

		*level = at;
		if (!pte_valid(pte) || pte_leaf(pte) || !at)
			return pte;
		table = pte_table(pte);
	}
}

phys_addr_t rvi_pt_phys(struct rvi_pgtable *pt, unsigned long iova)
{
	unsigned int level;
	u64 pte = rvi_pt_lookup(pt, iova, &level);

	if (!pte_valid(pte) || !pte_leaf(pte))
		return 0;
	return leaf_phys(pte, pt_index(pt, iova, level)) | (iova & (BIT(rvi_pt_shift(level)) - 1));
}
