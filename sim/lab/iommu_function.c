/* SPDX-License-Identifier: Apache-2.0 */
/* The IOMMU as a PCI function: its register page is BAR 0. */
#include <stdlib.h>

#include "pci.h"

#define CLASS_IOMMU 0x080600u

static uint64_t bar_read(void *context, uint64_t offset, uint32_t size)
{
    struct pci_function *function = context;

    return bridge_mmio_read(function->bridge, (uint32_t)offset, size);
}

static void bar_write(void *context, uint64_t offset, uint32_t size, uint64_t value)
{
    struct pci_function *function = context;

    bridge_mmio_write(function->bridge, (uint32_t)offset, size, value);
}

/**
 * The function's MSI is entry 0 of msi_cfg_tbl, which then sends it: it leaves the IOMMU as it
 * would from one that is no PCI function.
 */
static void msi_changed(void *context)
{
    struct pci_function *function = context;
    struct bridge *bridge = function->bridge;

    bridge_mmio_write(bridge, IOMMU_REG_MSI_VEC_CTL(0), 4, IOMMU_MSI_VEC_CTL_M_MASK);
    bridge_mmio_write(bridge, IOMMU_REG_MSI_ADDR(0), 8, pci_msi_address(function));
    bridge_mmio_write(bridge, IOMMU_REG_MSI_DATA(0), 4, pci_msi_data(function));
    if (pci_msi_enabled(function))
        bridge_mmio_write(bridge, IOMMU_REG_MSI_VEC_CTL(0), 4, 0);
}

static void reset(void *context)
{
    struct pci_function *function = context;

    bridge_reset(function->bridge);
    msi_changed(function); /* it is off: nothing is sent */
}

struct pci_function *iommu_function_new(struct bridge *bridge)
{
    static const struct pci_identity identity = {
        .device = PCI_DEVICE_IOMMU, .class_code = CLASS_IOMMU, .bar_size = 4096};
    static const struct pci_ops ops = {
        .bar_read = bar_read, .bar_write = bar_write, .reset = reset, .msi_changed = msi_changed};
    struct pci_function *function = calloc(1, sizeof(*function));

    if (function != NULL) {
        function->bridge = bridge;
        bridge->tables = &function->vfu;
        pci_init(function, &identity, &ops, function);
        reset(function);
    }
    return function;
}
