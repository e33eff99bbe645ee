// SPDX-License-Identifier: GPL-2.0-only
/* /sys/class/iommu/NAME/riscv-iommu: capabilities, counts, and the quarantine. */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "rvi.h"

static struct rvi_iommu *to_rvi(struct device *dev)
{
	struct iommu_device *iommu = dev_get_drvdata(dev);

	return container_of(iommu, struct rvi_iommu, iommu);
}

static ssize_t capabilities_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#llx\n", to_rvi(dev)->caps);
}
static DEVICE_ATTR_RO(capabilities);

static ssize_t statistics_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rvi_stats *stats = &to_rvi(dev)->stats;

	return sysfs_emit(buf,
			  "commands %llu\nfences %llu\nfaults %llu\nfault_overflows %llu\n"
			  "command_errors %llu\ncommand_resets %llu\nnotices %llu\n"
			  "page_requests %llu\npage_requests_refused %llu\n"
			  "page_request_overflows %llu\n",
			  stats->commands, stats->fences, stats->faults, stats->fault_overflows,
			  stats->cq_errors, stats->cq_resets, stats->notices,
			  stats->page_requests, stats->page_requests_refused,
			  stats->page_request_overflows);
}
static DEVICE_ATTR_RO(statistics);

static ssize_t fault_limit_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_rvi(dev)->fault_limit);
}

static ssize_t fault_limit_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	return kstrtouint(buf, 0, &to_rvi(dev)->fault_limit) ?: count;
}
static DEVICE_ATTR_RW(fault_limit);

static ssize_t fault_window_ms_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_rvi(dev)->fault_window_ms);
}

static ssize_t fault_window_ms_store(struct device *dev, struct device_attribute *attr,
				     const char *buf, size_t count)
{
	return kstrtouint(buf, 0, &to_rvi(dev)->fault_window_ms) ?: count;
}
static DEVICE_ATTR_RW(fault_window_ms);

/* The devices in quarantine, one a line; writing the name of one resets and frees it. */
static ssize_t quarantine_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rvi_iommu *iommu = to_rvi(dev);
	unsigned long id;
	ssize_t len = 0;
	void *entry;

	mutex_lock(&iommu->ddt_lock);
	xa_for_each(&iommu->devices, id, entry) {
		struct rvi_dev *rdev = rvi_dev_by_id(iommu, id);

		if (rdev && rdev->quarantined)
			len += sysfs_emit_at(buf, len, "%s\n", dev_name(rdev->dev));
	}
	mutex_unlock(&iommu->ddt_lock);
	return len;
}

static ssize_t quarantine_store(struct device *dev, struct device_attribute *attr,
				const char *buf, size_t count)
{
	struct rvi_iommu *iommu = to_rvi(dev);
	struct device *found = NULL;
	unsigned long id;
	void *entry;
	int ret;

	mutex_lock(&iommu->ddt_lock);
	xa_for_each(&iommu->devices, id, entry) {
		struct rvi_dev *rdev = rvi_dev_by_id(iommu, id);

		if (rdev && rdev->quarantined && sysfs_streq(buf, dev_name(rdev->dev))) {
			found = get_device(rdev->dev);
			break;
		}
	}
	mutex_unlock(&iommu->ddt_lock);
	if (!found)
		return -ENODEV;
	/* The reset takes the device's own lock, and waits: not under ours. */
	ret = rvi_quarantine_release(iommu, found);
	put_device(found);
	return ret ?: count;
}
static DEVICE_ATTR_RW(quarantine);

static struct attribute *rvi_attrs[] = {
	&dev_attr_capabilities.attr,
	&dev_attr_statistics.attr,
	&dev_attr_fault_limit.attr,
	&dev_attr_fault_window_ms.attr,
	&dev_attr_quarantine.attr,
	NULL,
};

static const struct attribute_group rvi_group = {
	.name = "riscv-iommu",
	.attrs = rvi_attrs,
};

const struct attribute_group *rvi_groups[] = {
	&rvi_group,
	NULL,
};
