/* SPDX-License-Identifier: Apache-2.0 */
#include "edu.h"

#define ID 0x11e81234u /* device and vendor */
#define RAISE 0x60
#define ACKNOWLEDGE 0x64
#define DMA_SOURCE 0x80
#define DMA_DESTINATION 0x88
#define DMA_COUNT 0x90
#define DMA_COMMAND 0x98
#define DMA_RUN 1u
#define DMA_TO_MEMORY 2u
#define BUFFER 0x40000u
#define WAIT 5000000000u /* cycles: a transfer takes a tenth of a second of QEMU's time */

static struct pci_host *searched;
static uint32_t found_bdf;

static bool look(void *context, uint32_t bdf)
{
    if (pci_read(searched, bdf, PCI_ID) != *(const uint32_t *)context)
        return true;
    found_bdf = bdf;
    return false;
}

/* Find a function, map its BAR 0, make it a bus master; its registers, or 0. */
static uint64_t open_function(struct pci_host *pci, uint32_t id)
{
    uint64_t base;

    searched = pci;
    found_bdf = UINT32_MAX;
    pci_enumerate(pci, look, &id);
    if (found_bdf == UINT32_MAX)
        return 0;
    base = pci_map(pci, found_bdf, 0, 4096);
    if (base != 0)
        pci_write(pci, found_bdf, PCI_COMMAND,
                  (pci_read(pci, found_bdf, PCI_COMMAND) & 0xffff) | PCI_COMMAND_MASTER);
    return base;
}

bool edu_open(struct edu *edu, struct pci_host *pci)
{
    edu->pci = pci;
    edu->base = open_function(pci, ID);
    edu->device_id = found_bdf;
    return edu->base != 0;
}

static bool run(struct edu *edu, uint64_t source, uint64_t destination, uint32_t size,
                uint32_t command)
{
    uint64_t start = machine_cycles();

    mmio_write64(edu->base + DMA_SOURCE, source);
    mmio_write64(edu->base + DMA_DESTINATION, destination);
    mmio_write64(edu->base + DMA_COUNT, size);
    mmio_write64(edu->base + DMA_COMMAND, command | DMA_RUN);
    while ((mmio_read64(edu->base + DMA_COMMAND) & DMA_RUN) != 0) {
        if (machine_cycles() - start > WAIT)
            return false;
    }
    return true;
}

bool edu_to_memory(struct edu *edu, uint64_t iova, uint32_t size)
{
    return run(edu, BUFFER, iova, size, DMA_TO_MEMORY);
}

bool edu_from_memory(struct edu *edu, uint64_t iova, uint32_t size)
{
    return run(edu, iova, BUFFER, size, 0);
}

bool edu_set_msi(struct edu *edu, uint64_t address, uint16_t data)
{
    uint32_t at = pci_capability(edu->pci, edu->device_id, PCI_CAPABILITY_MSI), control;

    if (at == 0)
        return false;
    control = pci_read(edu->pci, edu->device_id, at);
    pci_write(edu->pci, edu->device_id, at + 4, (uint32_t)address);
    if ((control >> 16 & 0x80) != 0) { /* 64-bit addresses */
        pci_write(edu->pci, edu->device_id, at + 8, (uint32_t)(address >> 32));
        pci_write(edu->pci, edu->device_id, at + 12, data);
    } else {
        pci_write(edu->pci, edu->device_id, at + 8, data);
    }
    pci_write(edu->pci, edu->device_id, at, control | 0x10000);
    return true;
}

void edu_send_msi(struct edu *edu)
{
    mmio_write32(edu->base + ACKNOWLEDGE, UINT32_MAX);
    mmio_write32(edu->base + RAISE, 1);
    mmio_write32(edu->base + ACKNOWLEDGE, 1);
}

/* --- iommu-testdev --- */

#define TESTDEV_ID 0x00051b36u
#define TESTDEV_TRIGGER 0x00
#define TESTDEV_IOVA 0x04
#define TESTDEV_LENGTH 0x0c
#define TESTDEV_RESULT 0x10
#define TESTDEV_DOORBELL 0x14
#define TESTDEV_ATTRIBUTES 0x18
#define TESTDEV_ADDRESS 0x1c

bool testdev_open(struct testdev *testdev, struct pci_host *pci)
{
    testdev->base = open_function(pci, TESTDEV_ID);
    testdev->device_id = found_bdf;
    return testdev->base != 0;
}

bool testdev_write(struct testdev *testdev, uint64_t iova, uint64_t address)
{
    mmio_write32(testdev->base + TESTDEV_IOVA, (uint32_t)iova);
    mmio_write32(testdev->base + TESTDEV_IOVA + 4, (uint32_t)(iova >> 32));
    mmio_write32(testdev->base + TESTDEV_ADDRESS, (uint32_t)address);
    mmio_write32(testdev->base + TESTDEV_ADDRESS + 4, (uint32_t)(address >> 32));
    mmio_write32(testdev->base + TESTDEV_LENGTH, 4);
    mmio_write32(testdev->base + TESTDEV_ATTRIBUTES, 0);
    mmio_write32(testdev->base + TESTDEV_DOORBELL, 1);
    mmio_read32(testdev->base + TESTDEV_TRIGGER); /* the access itself; it is done then */
    return mmio_read32(testdev->base + TESTDEV_RESULT) == 0;
}
