// SPDX-License-Identifier: GPL-2.0-only
/* The IOMMU as a PCI function: registers in BAR 0, MSI or MSI-X. */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "rvi.h"

#define RVI_PCI_CLASS 0x080600		/* base system peripheral, IOMMU, interface 0 */

static int rvi_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct rvi_iommu *iommu;
	int ret;

	if (pci_resource_len(pdev, 0) < IOMMU_REG_PAGE_BYTES)
		return -ENODEV;
	iommu = devm_kzalloc(&pdev->dev, sizeof(*iommu), GFP_KERNEL);
	if (!iommu)
		return -ENOMEM;
	iommu->dev = &pdev->dev;
	pci_set_drvdata(pdev, iommu);
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(0), pci_name(pdev));
	if (ret)
		return ret;
	iommu->reg = pcim_iomap_table(pdev)[0];
	iommu->reg_phys = pci_resource_start(pdev, 0);
	iommu->caps = rvi_read64(iommu, IOMMU_REG_CAPABILITIES);
	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, 1, 2, PCI_IRQ_MSI | PCI_IRQ_MSIX);
	if (ret < 0) {
		dev_err(&pdev->dev, "no MSI: %d\n", ret);
		goto fail;
	}
	iommu->irq = pci_irq_vector(pdev, 0);
	/* The function itself does not use it: its message is for notices, see remap.c. */
	if (ret > 1)
		iommu->notice_irq = pci_irq_vector(pdev, 1);
	if (rvi_read32(iommu, IOMMU_REG_FCTL) & IOMMU_FCTL_WSI_MASK)
		rvi_write32(iommu, IOMMU_REG_FCTL, 0);
	ret = rvi_init(iommu);
	if (!ret)
		return 0;
	pci_free_irq_vectors(pdev);
fail:
	pci_clear_master(pdev);
	return ret;
}

static void rvi_pci_remove(struct pci_dev *pdev)
{
	rvi_exit(pci_get_drvdata(pdev));
	pci_free_irq_vectors(pdev);
	pci_clear_master(pdev);
}

static void rvi_pci_shutdown(struct pci_dev *pdev)
{
	rvi_shutdown(pci_get_drvdata(pdev));
}

static const struct pci_device_id rvi_pci_match[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x0014) },
	{ PCI_DEVICE(0x1efd, 0x0008) },
	{ PCI_DEVICE_CLASS(RVI_PCI_CLASS, ~0) },
	{ }
};
MODULE_DEVICE_TABLE(pci, rvi_pci_match);

struct pci_driver rvi_pci_driver = {
	.name = RVI_NAME,
	.id_table = rvi_pci_match,
	.probe = rvi_pci_probe,
	.remove = rvi_pci_remove,
	.shutdown = rvi_pci_shutdown,
	.driver.suppress_bind_attrs = true,
};
