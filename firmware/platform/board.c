/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

bool board_take_tree(struct fdt *fdt, const void *from, void *to, size_t room)
{
    const uint8_t *source = from;
    uint8_t *copy = to;
    uint32_t size;

    if (from == NULL || ((uintptr_t)from & 7) != 0)
        return false;
    size = fdt_size(from);
    if (size == 0 || size > room)
        return false;
    for (uint32_t i = 0; i < size; i++)
        copy[i] = source[i];
    return fdt_open(fdt, copy, size); /* the copy's own header is what is believed */
}

static void open_pci(struct board *board)
{
    fdt_node node = fdt_compatible(&board->fdt, FDT_NONE, "pci-host-ecam-generic");

    board->has_pci = node != FDT_NONE && pci_open(&board->pci, &board->fdt, node);
}

/* Let the function send its messages: as a PCI function it does so by MSI-X, whose table is the
 * IOMMU's own msi_cfg_tbl where the capability says BAR 0, offset 300h. */
static void enable_messages(struct board *board)
{
    uint32_t bdf = board->place.bdf;
    uint32_t at = pci_capability(&board->pci, bdf, PCI_CAPABILITY_MSIX);

    if (at != 0 && pci_read(&board->pci, bdf, at + 4) == IOMMU_REG_MSI_ADDR(0))
        pci_write(&board->pci, bdf, at,
                  (pci_read(&board->pci, bdf, at) & 0x3fffffff) | 0x80000000u);
}

static uint64_t pci_iommu(struct board *board)
{
    uint32_t bdf = board->place.bdf, command;
    uint64_t base;

    /* More than one host bridge: the IOMMU's own. */
    if (!pci_open(&board->pci, &board->fdt, board->place.host))
        return 0;
    board->has_pci = true;
    if (pci_read(&board->pci, bdf, PCI_CLASS) >> 16 != PCI_CLASS_IOMMU)
        return 0;
    base = pci_map(&board->pci, bdf, 0, IOMMU_REG_PAGE_BYTES);
    if (base == 0)
        return 0;
    enable_messages(board);
    /* It fetches commands and tables as a bus master. */
    command = pci_read(&board->pci, bdf, PCI_COMMAND) & 0xffff;
    pci_write(&board->pci, bdf, PCI_COMMAND, command | PCI_COMMAND_MASTER);
    return base;
}

void board_open(struct board *board)
{
    board->iommu_base = 0;
    board->has_pci = false;
    if (discover_iommu(&board->fdt, FDT_NONE, &board->place))
        board->iommu_base = board->place.pci ? pci_iommu(board) : board->place.base;
}

void board_open_rest(struct board *board)
{
    console_open(discover_device(&board->fdt, "ns16550a", 8));
    if (!board->has_pci)
        open_pci(board);
}

struct rvi_region board_pages(void)
{
    struct rvi_region region = {(uintptr_t)__pages_start, (uintptr_t)__pages_end};

    return region;
}
