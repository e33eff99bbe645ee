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
static void enable_messages(const struct pci_host *host, uint32_t bdf)
{
    uint32_t at = pci_capability(host, bdf, PCI_CAPABILITY_MSIX);

    if (at != 0 && pci_read(host, bdf, at + 4) == IOMMU_REG_MSI_ADDR(0))
        pci_write(host, bdf, at, (pci_read(host, bdf, at) & 0x3fffffff) | 0x80000000u);
}

static uint64_t pci_iommu(struct pci_host *host, uint32_t bdf)
{
    uint32_t command;
    uint64_t base;

    if (pci_read(host, bdf, PCI_CLASS) >> 16 != PCI_CLASS_IOMMU)
        return 0;
    base = pci_map(host, bdf, 0, IOMMU_REG_PAGE_BYTES);
    if (base == 0)
        return 0;
    enable_messages(host, bdf);
    /* It fetches commands and tables as a bus master. */
    command = pci_read(host, bdf, PCI_COMMAND) & 0xffff;
    pci_write(host, bdf, PCI_COMMAND, command | PCI_COMMAND_MASTER);
    return base;
}

uint64_t board_map_iommu(struct board *board, const struct iommu_place *place)
{
    if (!place->pci)
        return place->base;
    /* More than one host bridge: the IOMMU's own. What was placed in its window stays known. */
    if (!board->has_pci || board->host != place->host) {
        board->host = place->host;
        board->has_pci = pci_open(&board->pci, &board->fdt, place->host);
    }
    return board->has_pci ? pci_iommu(&board->pci, place->bdf) : 0;
}

void board_open(struct board *board)
{
    board->iommu_base = 0;
    board->has_pci = false;
    board->host = FDT_NONE;
    if (discover_iommu(&board->fdt, FDT_NONE, &board->place))
        board->iommu_base = board_map_iommu(board, &board->place);
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
