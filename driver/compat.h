/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux 6.12 needs to build a driver written to newer interfaces, and the pages of
 * tables, for which 6.12 keeps its helpers to itself.
 */
#ifndef RVI_COMPAT_H
#define RVI_COMPAT_H

#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <linux/vmstat.h>

static inline void rvi_account_pages(struct page *page, unsigned int order, int sign)
{
	/* The core frees lists of table pages with the same accounting. */
	mod_node_page_state(page_pgdat(page), NR_IOMMU_PAGES, sign * (1L << order));
	mod_lruvec_page_state(page, NR_SECONDARY_PAGETABLE, sign * (1L << order));
}

/* Zeroed pages for tables and queues, aligned to their size. */
static inline void *rvi_alloc_pages(int node, gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages_node(node, gfp | __GFP_ZERO, order);

	if (!page)
		return NULL;
	rvi_account_pages(page, order, 1);
	return page_address(page);
}

static inline void rvi_free_pages(void *virt, unsigned int order)
{
	if (!virt)
		return;
	rvi_account_pages(virt_to_page(virt), order, -1);
	free_pages((unsigned long)virt, order);
}

/* Pages that wait for an invalidation before they are free. */
static inline void rvi_freelist_add(struct list_head *list, void *virt)
{
	list_add_tail(&virt_to_page(virt)->lru, list);
}

static inline void rvi_freelist_free(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del(&page->lru);
		rvi_free_pages(page_address(page), 0);
	}
}

#endif
