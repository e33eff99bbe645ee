/* SPDX-License-Identifier: Apache-2.0 */
/* What the device tree says about the machine, checked. */
#ifndef DISCOVER_H
#define DISCOVER_H

#include "fdt.h"

/** An IOMMU, in either form of its binding. */
struct iommu_place {
    fdt_node node;
    bool pci;
    uint32_t bdf;        /**< PCI form: bus << 8 | device << 3 | function */
    fdt_node host;       /**< PCI form: the host bridge */
    uint64_t base, size; /**< platform form; the PCI form has it in BAR 0 */
};

/** The first IOMMU after `from` (FDT_NONE: from the start). */
bool discover_iommu(const struct fdt *fdt, fdt_node from, struct iommu_place *place);
/** RAM range number `index`. */
bool discover_ram(const struct fdt *fdt, uint32_t index, uint64_t *base, uint64_t *size);
/** Does [base, base + size) touch RAM? */
bool discover_touches_ram(const struct fdt *fdt, uint64_t base, uint64_t size);
/** Does it lie within one range of RAM? */
bool discover_within_ram(const struct fdt *fdt, uint64_t base, uint64_t size);
/** Registers of the first device that is compatible: at least `least` bytes, not in RAM.
 *  Answers 0 if there is none. */
uint64_t discover_device(const struct fdt *fdt, const char *compatible, uint64_t least);

#endif
