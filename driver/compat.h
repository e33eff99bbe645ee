/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux 6.12 needs to build a driver written to the interfaces of 7.3, and the pages of
 * tables, whose helpers both kernels keep to drivers/iommu.
 */
#ifndef RVI_COMPAT_H
#define RVI_COMPAT_H

#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <linux/vmstat.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#error "this driver is for Linux 6.12 and for 7.x"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)

#define iommu_pages_list list_head
#define IOMMU_PAGES_LIST_INIT(name) LIST_HEAD_INIT(name)

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

static inline bool rvi_freelist_empty(const struct list_head *list)
{
	return list_empty(list);
}

static inline size_t rvi_freelist_count(struct list_head *list)
{
	return list_count_nodes(list);
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

/* Not in 6.12: nobody asks for it. */
#define RVI_HWPT_ALLOC_PASID 0U

/* attach_dev does not tell the old domain. */
#define RVI_ATTACH(name) name##_6_12
#define RVI_DEFINE_ATTACH(name)							\
static int name##_6_12(struct iommu_domain *domain, struct device *dev)	\
{										\
	return name(domain, dev, NULL);						\
}

/* Nesting and paging are asked for by one call, and a process_id is taken away by another. */
struct iommu_domain *rvi_domain_alloc_paging_flags(struct device *dev, u32 flags,
						   const struct iommu_user_data *user_data);
struct iommu_domain *rvi_domain_alloc_nested(struct device *dev, struct iommu_domain *parent,
					     u32 flags, const struct iommu_user_data *user_data);
int rvi_pasid_clear(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		    struct iommu_domain *old);
#define RVI_HW_INFO_TYPE u32
#define RVI_IMPORT_IOMMUFD MODULE_IMPORT_NS(IOMMUFD)

static inline struct iommu_domain *rvi_alloc_user_6_12(struct device *dev, u32 flags,
						       struct iommu_domain *parent,
						       const struct iommu_user_data *user_data)
{
	if (parent)
		return rvi_domain_alloc_nested(dev, parent, flags, user_data);
	return rvi_domain_alloc_paging_flags(dev, flags, user_data);
}

static inline void rvi_remove_pasid_6_12(struct device *dev, ioasid_t pasid,
					 struct iommu_domain *domain)
{
	rvi_pasid_clear(NULL, dev, pasid, domain);
}

bool rvi_pri_possible(struct device *dev);

/* The domain turns them on; this says no before it is attached. */
static inline int rvi_enable_feature_6_12(struct device *dev, enum iommu_dev_features feature)
{
	return feature == IOMMU_DEV_FEAT_IOPF && rvi_pri_possible(dev) ? 0 : -EOPNOTSUPP;
}

static inline int rvi_disable_feature_6_12(struct device *dev, enum iommu_dev_features feature)
{
	return 0;
}

#define RVI_OPS_OF_VERSION							\
	.domain_alloc_user = rvi_alloc_user_6_12,				\
	.dev_enable_feat = rvi_enable_feature_6_12,				\
	.dev_disable_feat = rvi_disable_feature_6_12,				\
	.remove_dev_pasid = rvi_remove_pasid_6_12,				\
	.pgsize_bitmap = SZ_4K | SZ_2M | SZ_1G

#else

/* Exported, but declared in a header of drivers/iommu only. */
void *iommu_alloc_pages_node_sz(int nid, gfp_t gfp, size_t size);
void iommu_free_pages(void *virt);
void iommu_put_pages_list(struct iommu_pages_list *list);

static inline void *rvi_alloc_pages(int node, gfp_t gfp, unsigned int order)
{
	return iommu_alloc_pages_node_sz(node, gfp, PAGE_SIZE << order);
}

static inline void rvi_free_pages(void *virt, unsigned int order)
{
	iommu_free_pages(virt);
}

static inline bool rvi_freelist_empty(const struct iommu_pages_list *list)
{
	return list_empty(&list->pages);
}

static inline size_t rvi_freelist_count(struct iommu_pages_list *list)
{
	return list_count_nodes(&list->pages);
}

/* The core's descriptor of a table page has its list where struct page has lru. */
static inline void rvi_freelist_add(struct iommu_pages_list *list, void *virt)
{
	list_add_tail(&virt_to_page(virt)->lru, &list->pages);
}

static inline void rvi_freelist_free(struct iommu_pages_list *list)
{
	iommu_put_pages_list(list);
	INIT_LIST_HEAD(&list->pages);
}

#define RVI_HWPT_ALLOC_PASID IOMMU_HWPT_ALLOC_PASID
#define RVI_HW_INFO_TYPE enum iommu_hw_info_type
#define RVI_IMPORT_IOMMUFD MODULE_IMPORT_NS("IOMMUFD")

#define RVI_ATTACH(name) name
#define RVI_DEFINE_ATTACH(name)
#define RVI_OPS_OF_VERSION							\
	.domain_alloc_paging_flags = rvi_domain_alloc_paging_flags,		\
	.domain_alloc_nested = rvi_domain_alloc_nested

#endif

#endif
