/* SPDX-License-Identifier: Apache-2.0 */
/* A PCI function of the lab: configuration space, one BAR, one MSI, one socket. */
#ifndef PCI_H
#define PCI_H

#include "bridge.h"
#include "vfu.h"

/* The vendor of QEMU's example devices, which PCI-SIG has not given to anybody. */
#define PCI_VENDOR 0x1234u
#define PCI_DEVICE_IOMMU 0x5c00u
#define PCI_DEVICE_ENGINE 0x5c01u
#define PCI_DEVICE_NVME 0x5c02u

#define PCI_CONFIG_BYTES 4096u
#define PCI_PASID_BITS 20u

struct pci_ops {
    uint64_t (*bar_read)(void *context, uint64_t offset, uint32_t size);
    void (*bar_write)(void *context, uint64_t offset, uint32_t size, uint64_t value);
    void (*reset)(void *context);
    void (*msi_changed)(void *context); /**< may be NULL */
    bool (*step)(void *context); /**< some work; @return true if there is more. May be NULL */
    /** An invalidation request or page response of the IOMMU's. NULL: it has no ATS. */
    void (*message)(void *context, const struct iommu_message *message);
    void (*close)(void *context); /**< may be NULL */
};

struct pci_function {
    struct vfu vfu;
    char name[32];
    uint32_t device_id; /**< bus, device and function, which vfio-user does not tell */
    struct bridge *bridge;
    const struct pci_ops *ops;
    void *context;
    uint64_t bar_size;
    uint8_t config[PCI_CONFIG_BYTES], initial[PCI_CONFIG_BYTES], writable[PCI_CONFIG_BYTES];
};

/** A function's identity, before pci_open(). */
struct pci_identity {
    uint16_t device;
    uint32_t class_code;
    uint64_t bar_size; /**< a power of two, at least 4096 */
    bool pasid, ats;   /**< ATS with PRI */
};

void pci_init(struct pci_function *function, const struct pci_identity *identity,
              const struct pci_ops *ops, void *context);
/** Serve it. @return NULL, or what is wrong */
const char *pci_open(struct pci_function *function, const char *path);
void pci_reset(struct pci_function *function);

bool pci_bus_master(const struct pci_function *function);
bool pci_ats_enabled(const struct pci_function *function);
bool pci_pri_enabled(const struct pci_function *function);
bool pci_msi_enabled(const struct pci_function *function);
uint64_t pci_msi_address(const struct pci_function *function);
uint32_t pci_msi_data(const struct pci_function *function);
/** Send the interrupt message: a write of the device's like any other. */
void pci_msi(struct pci_function *function);

/** Read or write memory as this device. @return true if all of it went through */
bool pci_dma(struct pci_function *function, uint64_t iova, void *data, uint32_t length, bool write);

/* --- the functions (iommu_function.c, engine.c, nvme.c) ---------------------------------- */

struct pci_function *iommu_function_new(struct bridge *bridge);
struct pci_function *engine_new(struct bridge *bridge, bool hostile);
/** @param path the file that holds the namespace */
struct pci_function *nvme_new(struct bridge *bridge, const char *path, const char **error);

#endif
