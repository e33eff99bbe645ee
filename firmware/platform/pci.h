/* SPDX-License-Identifier: Apache-2.0 */
/* PCI by ECAM: configuration space, memory for BARs, enumeration. What devices answer is
 * checked: sizes are powers of two that fit the host's window, capability lists end. */
#ifndef PCI_H
#define PCI_H

#include "fdt.h"

#define PCI_ID 0x00
#define PCI_COMMAND 0x04
#define PCI_CLASS 0x08
#define PCI_HEADER 0x0c
#define PCI_BAR0 0x10
#define PCI_BUSES 0x18
#define PCI_CAPABILITIES 0x34
#define PCI_COMMAND_MEMORY 0x2u
#define PCI_COMMAND_MASTER 0x4u
#define PCI_CAPABILITY_MSI 0x05u
#define PCI_CAPABILITY_MSIX 0x11u
#define PCI_CLASS_IOMMU 0x0806u /* base class 08h, sub-class 06h */

struct pci_host {
    uint64_t ecam, ecam_size;
    uint32_t first_bus, last_bus;
    uint64_t window, window_end; /**< CPU addresses of the 32-bit memory window */
    uint64_t free_end;           /**< BARs are placed below this */
    uint64_t offset;             /**< CPU address - PCI address in it */
};

bool pci_open(struct pci_host *host, const struct fdt *fdt, fdt_node node);
uint32_t pci_read(const struct pci_host *host, uint32_t bdf, uint32_t offset);
void pci_write(const struct pci_host *host, uint32_t bdf, uint32_t offset, uint32_t value);
/** Is there a function? */
bool pci_present(const struct pci_host *host, uint32_t bdf);
/** Give memory BAR `bar` an address, or keep the one it has, and let the function decode it.
 *  `least`: smaller ones are refused. Answers its CPU address, 0 if that is not possible. */
uint64_t pci_map(struct pci_host *host, uint32_t bdf, uint32_t bar, uint64_t least);
/** Offset of a capability, 0 if it has none. */
uint32_t pci_capability(const struct pci_host *host, uint32_t bdf, uint32_t id);
/** Every function of every bus, bridges' buses numbered where they are not. `found` answers
 *  whether to go on. */
void pci_enumerate(struct pci_host *host, bool (*found)(void *context, uint32_t bdf),
                   void *context);

#endif
