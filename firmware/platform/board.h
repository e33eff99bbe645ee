/* SPDX-License-Identifier: Apache-2.0 */
/* An image's common start: console, device tree, and an IOMMU that was found in it. */
#ifndef BOARD_H
#define BOARD_H

#include "discover.h"
#include "pci.h"
#include "platform.h"

struct board {
    struct fdt fdt;
    struct pci_host pci;
    bool has_pci;
    fdt_node host; /**< the host bridge that `pci` is */
    struct iommu_place place;
    uint64_t iommu_base; /**< its registers; 0: there is none */
};

/** Copy the tree at `from` to [to, to + room), and check the copy. */
bool board_take_tree(struct fdt *fdt, const void *from, void *to, size_t room);
/** Find the IOMMU, and nothing else: a guard has no time to lose. */
void board_open(struct board *board);
/** Map an IOMMU's registers: their address, or 0. */
uint64_t board_map_iommu(struct board *board, const struct iommu_place *place);
/** Open the console and PCI. */
void board_open_rest(struct board *board);
/** A page source over all that image.ld leaves for tables. */
struct rvi_region board_pages(void);

#endif
