// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bringing an IOMMU up and down, and its interrupt. The two bus forms are in pci.c and
 * platform.c; they find registers and interrupt, and call in here.
 */
#include <linux/cpuhotplug.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>

#include "rvi.h"

static LIST_HEAD(rvi_list);
static DEFINE_MUTEX(rvi_list_lock);

struct rvi_iommu *rvi_find(struct fwnode_handle *fwnode)
{
	struct rvi_iommu *iommu, *found = NULL;

	mutex_lock(&rvi_list_lock);
	list_for_each_entry(iommu, &rvi_list, node) {
		if (iommu->iommu.fwnode == fwnode) {
			found = iommu;
			break;
		}
	}
	mutex_unlock(&rvi_list_lock);
	return found;
}

/* Domains exist before devices: the identity must be possible on every IOMMU anyway. */
struct rvi_iommu *rvi_first(void)
{
	struct rvi_iommu *iommu;

	mutex_lock(&rvi_list_lock);
	iommu = list_first_entry_or_null(&rvi_list, struct rvi_iommu, node);
	mutex_unlock(&rvi_list_lock);
	return iommu;
}

/* One vector serves all four causes: they are rare, and handled in a thread. */
irqreturn_t rvi_irq_thread(int irq, void *data)
{
	struct rvi_iommu *iommu = data;
	u32 pending = rvi_read32(iommu, IOMMU_REG_IPSR);

	if (pending & IOMMU_IPSR_CIP_MASK) {
		rvi_cq_service(iommu);
		rvi_write32(iommu, IOMMU_REG_IPSR, IOMMU_IPSR_CIP_MASK);
	}
	if (pending & IOMMU_IPSR_FIP_MASK)
		rvi_fq_service(iommu);
	if (pending & IOMMU_IPSR_PMIP_MASK)
		rvi_pmu_service(iommu);
	if (pending & IOMMU_IPSR_PIP_MASK)
		rvi_pq_service(iommu);
	return IRQ_HANDLED;
}

/* Stop all queues: after a reset they are, after another kernel they may be running. */
static int stop_queues(struct rvi_iommu *iommu)
{
	static const struct { u32 csr, on; } queue[] = {
		{ IOMMU_REG_CQCSR, IOMMU_CQCSR_CQON_MASK | IOMMU_CQCSR_BUSY_MASK },
		{ IOMMU_REG_FQCSR, IOMMU_FQCSR_FQON_MASK | IOMMU_FQCSR_BUSY_MASK },
		{ IOMMU_REG_PQCSR, IOMMU_PQCSR_PQON_MASK | IOMMU_PQCSR_BUSY_MASK },
	};
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(queue); i++) {
		if (queue[i].csr == IOMMU_REG_PQCSR && !rvi_has(iommu, ATS))
			continue;
		rvi_write32(iommu, queue[i].csr, 0);
		ret = rvi_wait32(iommu, queue[i].csr, queue[i].on, 0);
		if (ret) {
			dev_err(iommu->dev, "a queue does not stop\n");
			return ret;
		}
	}
	return 0;
}

static int check_capabilities(struct rvi_iommu *iommu)
{
	unsigned int version = FIELD_GET(IOMMU_CAPABILITIES_VERSION_MASK, iommu->caps);

	if (version >> 4 != 1) {
		dev_err(iommu->dev, "version %u.%u of the architecture is not supported\n",
			version >> 4, version & 15);
		return -ENODEV;
	}
	if (rvi_read32(iommu, IOMMU_REG_FCTL) & IOMMU_FCTL_BE_MASK) {
		dev_err(iommu->dev, "fctl.BE is set: big-endian tables are not supported\n");
		return -ENODEV;
	}
	return 0;
}

#if !IS_ENABLED(CONFIG_IOMMU_DMA)
static const char *const missing = "CONFIG_IOMMU_DMA (drivers of the kernel are not translated)";
#elif !IS_ENABLED(CONFIG_VFIO_IOMMU_TYPE1) && !IS_ENABLED(CONFIG_IOMMUFD)
static const char *const missing = "CONFIG_VFIO_IOMMU_TYPE1 or CONFIG_IOMMUFD (no VFIO)";
#else
static const char *const missing;
#endif

/**
 * rvi_init() - bring an IOMMU up
 * @iommu: with dev, reg, caps and the interrupt vector in place
 *
 * Devices behind it reach nothing until they get a context, unless it is reset to Bare:
 * then they do until the directory is in place.
 */
int rvi_init(struct rvi_iommu *iommu)
{
	int ret;

	mutex_init(&iommu->fq_lock);
	xa_init(&iommu->devices);
	ratelimit_state_init(&iommu->report, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);
	iommu->fault_limit = 1000;
	iommu->fault_window_ms = 1000;

	ret = check_capabilities(iommu) ?: stop_queues(iommu);
	if (ret)
		return ret;
	iommu->empty_table = rvi_alloc_pages(dev_to_node(iommu->dev), GFP_KERNEL, 2);
	if (!iommu->empty_table)
		return -ENOMEM;
	rvi_write64(iommu, IOMMU_REG_ICVEC, 0);

	ret = rvi_cq_init(iommu) ?: rvi_fq_init(iommu) ?: rvi_msi_init(iommu) ?:
	      rvi_ddt_init(iommu);
	if (ret)
		goto fail;
	rvi_pq_init(iommu);
	ret = request_threaded_irq(iommu->irq, NULL, rvi_irq_thread, IRQF_ONESHOT,
				   dev_name(iommu->dev), iommu);
	if (ret) {
		dev_err(iommu->dev, "no interrupt: %d\n", ret);
		goto fail;
	}
	ret = rvi_remap_init(iommu);
	if (ret)
		goto fail_irq;
	ret = iommu_device_sysfs_add(&iommu->iommu, NULL, rvi_groups, "%s", dev_name(iommu->dev));
	if (ret)
		goto fail_remap;
	rvi_pmu_init(iommu);
	rvi_debugfs_add(iommu);

	mutex_lock(&rvi_list_lock);
	iommu->iommu.fwnode = dev_fwnode(iommu->dev);
	list_add_tail(&iommu->node, &rvi_list);
	/* A hart may have gone before this could be told. */
	rvi_remap_cpu_dead(iommu);
	mutex_unlock(&rvi_list_lock);

	dev_info(iommu->dev, "version %llu.%llu, %u directory levels%s%s%s%s%s%s\n",
		 FIELD_GET(IOMMU_CAPABILITIES_VERSION_MASK, iommu->caps) >> 4,
		 FIELD_GET(IOMMU_CAPABILITIES_VERSION_MASK, iommu->caps) & 15,
		 iommu->ddt_levels, rvi_has(iommu, SV48) ? ", Sv48" : "",
		 rvi_has(iommu, SV48X4) ? ", Sv48x4" : "",
		 rvi_has(iommu, MSI_FLAT) ? ", MSI translation" : "",
		 iommu->irq_domain ? ", isolated MSIs" : "",
		 rvi_has(iommu, S) ? ", ranges" : "",
		 iommu->iopf ? ", page requests" : "");
	if (missing)
		dev_warn(iommu->dev, "this kernel was built without %s\n", missing);

	iommu->iommu.max_pasids = rvi_pasid_bits(iommu) ? BIT(rvi_pasid_bits(iommu)) : 0;
	ret = iommu_device_register(&iommu->iommu, &rvi_ops, iommu->dev);
	if (!ret)
		return 0;

	dev_err(iommu->dev, "cannot be registered: %d\n", ret);
	mutex_lock(&rvi_list_lock);
	list_del(&iommu->node);
	mutex_unlock(&rvi_list_lock);
	rvi_debugfs_remove(iommu);
	rvi_pmu_exit(iommu);
	iommu_device_sysfs_remove(&iommu->iommu);
fail_remap:
	rvi_remap_exit(iommu);
fail_irq:
	free_irq(iommu->irq, iommu);
fail:
	rvi_ddt_exit(iommu);
	rvi_pq_exit(iommu);
	rvi_fq_exit(iommu);
	rvi_cq_exit(iommu);
	rvi_msi_exit(iommu);
	rvi_free_pages(iommu->empty_table, 2);
	return ret;
}

void rvi_exit(struct rvi_iommu *iommu)
{
	iommu_device_unregister(&iommu->iommu);
	mutex_lock(&rvi_list_lock);
	list_del(&iommu->node);
	mutex_unlock(&rvi_list_lock);
	rvi_debugfs_remove(iommu);
	rvi_pmu_exit(iommu);
	iommu_device_sysfs_remove(&iommu->iommu);
	rvi_ddt_exit(iommu);
	rvi_remap_exit(iommu);
	free_irq(iommu->irq, iommu);
	rvi_pq_exit(iommu);
	rvi_fq_exit(iommu);
	rvi_cq_exit(iommu);
	rvi_msi_exit(iommu);
	xa_destroy(&iommu->devices);
	rvi_free_pages(iommu->empty_table, 2);
}

/*
 * Before another kernel starts in this one's memory: our tables would be overwritten while
 * the IOMMU reads them. Off lets no device reach anything. (A crash kernel lives in memory
 * of its own; this is not called then, and it inherits the directory.)
 */
void rvi_shutdown(struct rvi_iommu *iommu)
{
	rvi_write64(iommu, IOMMU_REG_DDTP,
		    FIELD_PREP(IOMMU_DDTP_IOMMU_MODE_MASK, IOMMU_DDTP_MODE_OFF));
	rvi_wait_clear64(iommu, IOMMU_REG_DDTP, IOMMU_DDTP_BUSY_MASK);
	stop_queues(iommu);
}

static int cpuhp;

/* Called when a hart has gone, and its interrupts are elsewhere. */
static int cpu_dead(unsigned int cpu)
{
	struct rvi_iommu *iommu;

	mutex_lock(&rvi_list_lock);
	list_for_each_entry(iommu, &rvi_list, node)
		rvi_remap_cpu_dead(iommu);
	mutex_unlock(&rvi_list_lock);
	return 0;
}

static int __init rvi_module_init(void)
{
	int ret;

	if (IS_ENABLED(CONFIG_RISCV_IOMMU))
		pr_warn(RVI_NAME ": this kernel was built with CONFIG_RISCV_IOMMU, which takes the devices first\n");
	ret = rvi_ats_module_init();
	if (ret)
		return ret;
	cpuhp = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "iommu/riscv:prepare", NULL,
					  cpu_dead);
	if (cpuhp < 0) {
		rvi_ats_module_exit();
		return cpuhp;
	}
	rvi_debugfs_root(true);
	ret = platform_driver_register(&rvi_platform_driver);
	if (ret)
		goto fail;
	ret = pci_register_driver(&rvi_pci_driver);
	if (!ret)
		return 0;
	platform_driver_unregister(&rvi_platform_driver);
fail:
	rvi_debugfs_root(false);
	cpuhp_remove_state_nocalls(cpuhp);
	rvi_ats_module_exit();
	return ret;
}
module_init(rvi_module_init);

static void __exit rvi_module_exit(void)
{
	pci_unregister_driver(&rvi_pci_driver);
	platform_driver_unregister(&rvi_platform_driver);
	cpuhp_remove_state_nocalls(cpuhp);
	rvi_ats_module_exit();
	rvi_pmu_module_exit();
	rvi_debugfs_root(false);
	rcu_barrier();
}
module_exit(rvi_module_exit);

MODULE_DESCRIPTION("RISC-V IOMMU");
MODULE_AUTHOR("Portcullis");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
