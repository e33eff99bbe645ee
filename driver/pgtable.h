/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of both stages: Sv39, Sv48, Sv57, Sv39x4, Sv48x4, Sv57x4 */
#ifndef RVI_PGTABLE_H
#define RVI_PGTABLE_H

#include <linux/types.h>

#include "compat.h"

struct rvi_pgtable {
	u64 *root;
	unsigned int levels;
	unsigned int root_bits;	/* 9, or 11 in the second stage */
	int node;
	bool pbmt;		/* memory types are in the entries */
	bool dirty;		/* D is the IOMMU's to set: it says what was written */
	/* Wait until nobody uses a table page that was cut off. */
	void (*flush_tables)(struct rvi_pgtable *pt);
};

int rvi_pt_init(struct rvi_pgtable *pt, unsigned int bits, bool second);
void rvi_pt_exit(struct rvi_pgtable *pt);
unsigned int rvi_pt_input_bits(const struct rvi_pgtable *pt);
int rvi_pt_map(struct rvi_pgtable *pt, unsigned long iova, phys_addr_t pa, size_t pgsize,
	       size_t pgcount, int prot, gfp_t gfp, size_t *mapped);
size_t rvi_pt_unmap(struct rvi_pgtable *pt, unsigned long iova, size_t size,
		    size_t *smallest, struct iommu_pages_list *freed);
void rvi_pt_dirty(struct rvi_pgtable *pt, unsigned long iova, size_t size, bool clear,
		  void (*report)(void *arg, unsigned long iova, size_t size), void *arg);
u64 rvi_pt_lookup(struct rvi_pgtable *pt, unsigned long iova, unsigned int *level);
phys_addr_t rvi_pt_phys(struct rvi_pgtable *pt, unsigned long iova);

static inline unsigned int rvi_pt_shift(unsigned int level)
{
	return 12 + 9 * level;
}

#endif
