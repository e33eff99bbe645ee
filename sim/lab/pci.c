/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space: a header, MSI, PCI Express with function-level reset, PASID, ATS, PRI. */
#include <stdlib.h>
#include <string.h>

#include "pci.h"

#define COMMAND 0x04u
#define COMMAND_MEMORY 0x2u
#define COMMAND_MASTER 0x4u
#define STATUS_CAPABILITIES 0x10u
#define BAR0 0x10u
#define BAR_64BIT 0x4u
#define CAPABILITIES 0x34u

#define MSI 0x40u /**< flags, address, upper address, data: 64 bits, one vector, no mask */
#define MSI_ID 0x05u
#define MSI_ENABLE 0x1u
#define MSI_64BIT 0x80u
#define MSI_BYTES 14u

#define EXPRESS 0x60u
#define EXPRESS_ID 0x10u
#define EXPRESS_BYTES 0x3cu
#define EXPRESS_FLR (1u << 28) /* device capabilities */
#define EXPRESS_RESET 0x8000u  /* device control */
#define EXPRESS_CONTROL (EXPRESS + 8u)

#define PASID 0x100u
#define PASID_ID 0x1bu
#define PASID_PRIVILEGED 0x4u
#define PASID_ENABLE 0x1u

#define ATS 0x110u
#define ATS_ID 0x0fu
#define ATS_ALIGNED 0x20u /* 32 invalidations at a time, addresses of whole pages */
#define ATS_ENABLE 0x8000u
#define PRI 0x120u
#define PRI_ID 0x13u
#define PRI_ENABLE 0x1u
#define PRI_STATUS (0x100u | 0x8000u) /* stopped; responses carry a PASID if requests did */
#define PRI_REQUESTS 1u

static void put(uint8_t *bytes, unsigned offset, unsigned size, uint64_t value)
{
    memcpy(bytes + offset, &value, size);
}

static uint64_t get(const struct pci_function *function, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, function->config + offset, size);
    return value;
}

void pci_init(struct pci_function *function, const struct pci_identity *identity,
              const struct pci_ops *ops, void *context)
{
    uint8_t *c = function->initial, *w = function->writable;

    function->ops = ops;
    function->context = context;
    if (ops->message != NULL)
        bridge_listen(function->bridge, &function->device_id, ops->message, context);
    function->bar_size = identity->bar_size;
    put(c, 0x00, 2, PCI_VENDOR);
    put(c, 0x02, 2, identity->device);
    put(c, 0x06, 2, STATUS_CAPABILITIES);
    put(c, 0x08, 4, (uint64_t)identity->class_code << 8);
    put(c, BAR0, 4, BAR_64BIT);
    put(c, 0x2c, 2, PCI_VENDOR);
    put(c, 0x2e, 2, identity->device);
    put(c, CAPABILITIES, 1, MSI);
    put(w, COMMAND, 2, 0x0406); /* memory, bus master, INTx disable */
    put(w, 0x0c, 1, 0xff);
    put(w, 0x3c, 1, 0xff);
    put(w, BAR0, 8, ~(identity->bar_size - 1));

    put(c, MSI, 4, MSI_ID | EXPRESS << 8 | MSI_64BIT << 16);
    put(w, MSI + 2, 2, MSI_ENABLE);
    put(w, MSI + 4, 8, ~3ull);
    put(w, MSI + 12, 2, 0xffff);

    put(c, EXPRESS, 4, EXPRESS_ID | 2u << 16); /* version 2, an endpoint */
    put(c, EXPRESS + 4, 4, EXPRESS_FLR | 1u << 15);
    put(c, EXPRESS + 12, 4, 0x11); /* 2.5 GT/s, one lane */
    put(c, EXPRESS + 18, 2, 0x11);
    put(w, EXPRESS_CONTROL, 2, 0x78ff);
    if (identity->pasid) {
        put(c, PASID, 4, PASID_ID | 1u << 16);
        put(c, PASID + 4, 2, PASID_PRIVILEGED | PCI_PASID_BITS << 8);
        put(w, PASID + 6, 2, PASID_ENABLE | PASID_PRIVILEGED);
    }
    if (identity->ats) {
        put(c, PASID, 4, PASID_ID | 1u << 16 | (uint64_t)ATS << 20);
        put(c, ATS, 4, ATS_ID | 1u << 16 | (uint64_t)PRI << 20);
        put(c, ATS + 4, 2, ATS_ALIGNED);
        put(w, ATS + 6, 2, ATS_ENABLE | 0x1f);
        put(c, PRI, 4, PRI_ID | 1u << 16);
        put(w, PRI + 4, 2, PRI_ENABLE);
        put(c, PRI + 6, 2, PRI_STATUS);
        put(c, PRI + 8, 4, PRI_REQUESTS);
        put(w, PRI + 12, 4, 0xffffffff);
    }
    memcpy(function->config, c, PCI_CONFIG_BYTES);
}

bool pci_bus_master(const struct pci_function *function)
{
    return (get(function, COMMAND, 2) & COMMAND_MASTER) != 0;
}

bool pci_ats_enabled(const struct pci_function *function)
{
    return (get(function, ATS + 6, 2) & ATS_ENABLE) != 0;
}

bool pci_pri_enabled(const struct pci_function *function)
{
    return (get(function, PRI + 4, 2) & PRI_ENABLE) != 0;
}

bool pci_msi_enabled(const struct pci_function *function)
{
    return (get(function, MSI + 2, 2) & MSI_ENABLE) != 0;
}

uint64_t pci_msi_address(const struct pci_function *function)
{
    return get(function, MSI + 4, 8);
}

uint32_t pci_msi_data(const struct pci_function *function)
{
    return (uint32_t)get(function, MSI + 12, 2);
}

bool pci_dma(struct pci_function *function, uint64_t iova, void *data, uint32_t length, bool write)
{
    struct iommu_request request = {
        .iova = iova, .device_id = function->device_id, .access = write ? IOMMU_WRITE : IOMMU_READ};

    return pci_bus_master(function) &&
           bridge_dma(function->bridge, &function->vfu, &request, data, length).status ==
               IOMMU_SUCCESS;
}

void pci_msi(struct pci_function *function)
{
    uint32_t data = pci_msi_data(function);

    if (pci_msi_enabled(function))
        pci_dma(function, pci_msi_address(function), &data, 4, true);
}

void pci_reset(struct pci_function *function)
{
    memcpy(function->config, function->initial, PCI_CONFIG_BYTES);
    function->ops->reset(function->context);
}

/* --- what vfio-user asks for ------------------------------------------------------------- */

static uint64_t region_size(void *context, unsigned region)
{
    struct pci_function *function = context;

    return region == VFU_BAR0 ? function->bar_size : region == VFU_CONFIG ? PCI_CONFIG_BYTES : 0;
}

static void region_read(void *context, unsigned region, uint64_t offset, uint8_t *data,
                        uint32_t count)
{
    struct pci_function *function = context;

    if (region == VFU_CONFIG) {
        memcpy(data, function->config + offset, count);
    } else if (region == VFU_BAR0 && (count == 1 || count == 2 || count == 4 || count == 8)) {
        uint64_t value = function->ops->bar_read(function->context, offset, count);
        memcpy(data, &value, count);
    }
}

static bool touches(uint64_t offset, uint32_t count, unsigned at, unsigned bytes)
{
    return offset < at + bytes && at < offset + count;
}

static void config_write(struct pci_function *function, uint64_t offset, const uint8_t *data,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t mask = function->writable[offset + i];
        uint8_t *byte = &function->config[offset + i];
        *byte = (uint8_t)((*byte & ~mask) | (data[i] & mask));
    }
    if (offset <= EXPRESS_CONTROL + 1 && offset + count > EXPRESS_CONTROL + 1 &&
        (data[EXPRESS_CONTROL + 1 - offset] & EXPRESS_RESET >> 8) != 0)
        pci_reset(function);
    else if (touches(offset, count, MSI, MSI_BYTES) && function->ops->msi_changed != NULL)
        function->ops->msi_changed(function->context);
}

static void region_write(void *context, unsigned region, uint64_t offset, const uint8_t *data,
                         uint32_t count)
{
    struct pci_function *function = context;

    if (region == VFU_CONFIG) {
        config_write(function, offset, data, count);
    } else if (region == VFU_BAR0 && (count == 1 || count == 2 || count == 4 || count == 8)) {
        uint64_t value = 0;
        memcpy(&value, data, count);
        function->ops->bar_write(function->context, offset, count, value);
    }
}

static uint32_t irq_count(void *context, unsigned index)
{
    (void)context;
    return index == VFU_MSI;
}

static void reset(void *context)
{
    pci_reset(context);
}

const char *pci_open(struct pci_function *function, const char *path)
{
    static const struct vfu_ops ops = {region_size, region_read, region_write, irq_count, reset};

    return vfu_open(&function->vfu, path, &ops, function);
}
