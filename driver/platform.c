// SPDX-License-Identifier: GPL-2.0-only
/* The IOMMU as a device of the platform, by the binding riscv,iommu. */
#include <linux/dma-map-ops.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>

#include "rvi.h"

static void write_msi(struct msi_desc *desc, struct msi_msg *msg)
{
	struct rvi_iommu *iommu = dev_get_drvdata(msi_desc_to_dev(desc));
	u64 addr = (u64)msg->address_hi << 32 | msg->address_lo;

	/* The notice's message is in the MSI page tables, see remap.c. */
	if (desc->msi_index)
		return;
	rvi_write32(iommu, IOMMU_REG_MSI_VEC_CTL(0), IOMMU_MSI_VEC_CTL_M_MASK);
	rvi_write64(iommu, IOMMU_REG_MSI_ADDR(0), addr);
	rvi_write32(iommu, IOMMU_REG_MSI_DATA(0), msg->data);
	rvi_write32(iommu, IOMMU_REG_MSI_VEC_CTL(0), 0);
}

/*
 * Messages if they are possible, wires otherwise. fctl may change only while the IOMMU is
 * Off, so one that is on keeps what it has.
 */
static int choose_irq(struct platform_device *pdev, struct rvi_iommu *iommu)
{
	u64 igs = FIELD_GET(IOMMU_CAPABILITIES_IGS_MASK, iommu->caps);
	u32 fctl = rvi_read32(iommu, IOMMU_REG_FCTL);
	u64 mode = rvi_read64(iommu, IOMMU_REG_DDTP) & IOMMU_DDTP_IOMMU_MODE_MASK;
	bool fixed = mode != IOMMU_DDTP_MODE_OFF && mode != IOMMU_DDTP_MODE_BARE;
	bool msi = igs == IOMMU_IGS_MSI || igs == IOMMU_IGS_BOTH;
	int ret;

	if (fixed && (fctl & IOMMU_FCTL_WSI_MASK))
		msi = false;
	if (msi) {
		of_msi_configure(&pdev->dev, pdev->dev.of_node);
		if (dev_get_msi_domain(&pdev->dev) &&
		    !platform_device_msi_init_and_alloc_irqs(&pdev->dev, 2, write_msi)) {
			if (!fixed)
				rvi_write32(iommu, IOMMU_REG_FCTL, fctl & ~IOMMU_FCTL_WSI_MASK);
			iommu->irq = msi_get_virq(&pdev->dev, 0);
			iommu->notice_irq = msi_get_virq(&pdev->dev, 1);
			return 0;
		}
	}
	if (igs == IOMMU_IGS_MSI) {
		dev_err(&pdev->dev, "no MSI controller for an IOMMU without wires\n");
		return -ENODEV;
	}
	ret = platform_get_irq(pdev, 0);
	if (ret < 0)
		return ret;
	iommu->irq = ret;
	if (!fixed)
		rvi_write32(iommu, IOMMU_REG_FCTL, fctl | IOMMU_FCTL_WSI_MASK);
	return 0;
}

static int rvi_platform_probe(struct platform_device *pdev)
{
	struct rvi_iommu *iommu;
	struct resource *res;
	int ret;

	if (!dev_is_dma_coherent(&pdev->dev)) {
		dev_err(&pdev->dev, "tables in memory that is not coherent are not supported\n");
		return -ENODEV;
	}
	iommu = devm_kzalloc(&pdev->dev, sizeof(*iommu), GFP_KERNEL);
	if (!iommu)
		return -ENOMEM;
	iommu->dev = &pdev->dev;
	platform_set_drvdata(pdev, iommu);
	iommu->reg = devm_platform_get_and_ioremap_resource(pdev, 0, &res);
	if (IS_ERR(iommu->reg))
		return PTR_ERR(iommu->reg);
	if (resource_size(res) < IOMMU_REG_PAGE_BYTES) {
		dev_err(&pdev->dev, "too few registers\n");
		return -EINVAL;
	}
	iommu->reg_phys = res->start;
	iommu->caps = rvi_read64(iommu, IOMMU_REG_CAPABILITIES);
	ret = choose_irq(pdev, iommu);
	if (ret)
		return ret;
	ret = rvi_init(iommu);
	if (ret)
		platform_device_msi_free_irqs_all(&pdev->dev);
	return ret;
}

static void rvi_platform_remove(struct platform_device *pdev)
{
	rvi_exit(platform_get_drvdata(pdev));
	platform_device_msi_free_irqs_all(&pdev->dev);
}

static void rvi_platform_shutdown(struct platform_device *pdev)
{
	rvi_shutdown(platform_get_drvdata(pdev));
}

static const struct of_device_id rvi_of_match[] = {
	{ .compatible = "riscv,iommu" },
	{ }
};
MODULE_DEVICE_TABLE(of, rvi_of_match);

struct platform_driver rvi_platform_driver = {
	.probe = rvi_platform_probe,
	.remove = rvi_platform_remove,
	.shutdown = rvi_platform_shutdown,
	.driver = {
		.name = RVI_NAME,
		.of_match_table = rvi_of_match,
		/* Devices stay behind it as long as they are there. */
		.suppress_bind_attrs = true,
	},
};
