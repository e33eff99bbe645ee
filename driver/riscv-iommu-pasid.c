// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain for one process_id of a device, or for two, for the test of it: no device of QEMU's
 * has process_ids, but the debug translation interface takes them, and so do the lab's engines.
 *
 *     insmod riscv-iommu-pasid.ko device=0000:00:05.0 pasid=5 [also=6]
 *     echo 1 > /sys/module/riscv_iommu_pasid/parameters/detach   takes it from the first one
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#define IOVA 0x550000UL
#define ORDER 4			/* 64 KiB that lie together: one translation */
#define INSIDE 0x5000UL

static char *device;
module_param(device, charp, 0);
static int pasid = 5;
module_param(pasid, int, 0);
static int also;
module_param(also, int, 0);

static struct pci_dev *pdev;
static struct iommu_domain *domain;
static struct page *page;

static int attach(struct device *dev)
{
	int ret;

	page = alloc_pages(GFP_KERNEL, ORDER);
	if (!page)
		return -ENOMEM;
	domain = iommu_paging_domain_alloc(dev);
	if (IS_ERR(domain)) {
		__free_pages(page, ORDER);
		return PTR_ERR(domain);
	}
	/* The core's own function wants a device that has the PASID capability. */
	ret = domain->ops->set_dev_pasid(domain, dev, pasid, NULL);
	if (!ret && also)
		ret = domain->ops->set_dev_pasid(domain, dev, also, NULL);
	if (!ret)
		ret = iommu_map(domain, IOVA, page_to_phys(page), PAGE_SIZE << ORDER, IOMMU_READ,
				GFP_KERNEL);
	if (ret) {
		iommu_domain_free(domain);
		__free_pages(page, ORDER);
		return ret;
	}
	pr_info("PASID %d %#lx %#llx\n", pasid, IOVA + INSIDE, (u64)page_to_phys(page) + INSIDE);
	return 0;
}

static int __init pasid_init(void)
{
	unsigned int segment, bus, dev, fn;
	int ret;

	if (!device || sscanf(device, "%x:%x:%x.%x", &segment, &bus, &dev, &fn) != 4)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(segment, bus, PCI_DEVFN(dev, fn));
	if (!pdev)
		return -ENODEV;
	ret = attach(&pdev->dev);
	if (ret)
		pci_dev_put(pdev);
	return ret;
}
module_init(pasid_init);

static void detach_from(int *which)
{
	struct iommu_domain *blocked = domain->owner->blocked_domain;

	if (*which)
		blocked->ops->set_dev_pasid(blocked, &pdev->dev, *which, domain);
	*which = 0;
}

static int set_detach(const char *value, const struct kernel_param *param)
{
	if (!domain)
		return -EINVAL;
	detach_from(&pasid);
	return 0;
}

static const struct kernel_param_ops detach_ops = { .set = set_detach };
module_param_cb(detach, &detach_ops, NULL, 0200);

static void __exit pasid_exit(void)
{
	detach_from(&pasid);
	detach_from(&also);
	iommu_domain_free(domain);
	__free_pages(page, ORDER);
	pci_dev_put(pdev);
}
module_exit(pasid_exit);

MODULE_DESCRIPTION("A domain for one process_id");
MODULE_LICENSE("GPL");
