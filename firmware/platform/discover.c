/* SPDX-License-Identifier: Apache-2.0 */
#include "discover.h"

#define REGISTERS 4096u

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

bool discover_ram(const struct fdt *fdt, uint32_t index, uint64_t *base, uint64_t *size)
{
    fdt_node node = fdt_child(fdt, fdt_root(fdt));

    for (; node != FDT_NONE; node = fdt_sibling(fdt, node)) {
        if (!fdt_has_string(fdt_property(fdt, node, "device_type"), "memory"))
            continue;
        for (uint32_t entry = 0; fdt_reg(fdt, node, entry, base, size); entry++) {
            if (*size != 0 && index-- == 0)
                return true;
        }
    }
    return false;
}

bool discover_touches_ram(const struct fdt *fdt, uint64_t base, uint64_t size)
{
    uint64_t ram, ram_size;

    for (uint32_t i = 0; discover_ram(fdt, i, &ram, &ram_size); i++) {
        if (overlap(base, size, ram, ram_size))
            return true;
    }
    return false;
}

bool discover_within_ram(const struct fdt *fdt, uint64_t base, uint64_t size)
{
    uint64_t ram, ram_size;

    for (uint32_t i = 0; discover_ram(fdt, i, &ram, &ram_size); i++) {
        if (base >= ram && base - ram < ram_size && size <= ram_size - (base - ram))
            return true;
    }
    return false;
}

uint64_t discover_device(const struct fdt *fdt, const char *compatible, uint64_t least)
{
    fdt_node node = fdt_compatible(fdt, FDT_NONE, compatible);
    uint64_t base, size;

    if (node == FDT_NONE || !fdt_reg(fdt, node, 0, &base, &size) || size < least ||
        discover_touches_ram(fdt, base, size))
        return 0;
    return base;
}

static bool pci_form(const struct fdt *fdt, struct iommu_place *place)
{
    uint32_t address;

    /* The address of a PCI function, in the first cell of its reg. */
    if (!fdt_cell(fdt_property(fdt, place->node, "reg"), 0, &address))
        return false;
    place->pci = true;
    place->bdf = address >> 8 & 0xffff;
    place->host = fdt_parent(fdt, place->node);
    return place->host != FDT_NONE &&
           fdt_has_string(fdt_property(fdt, place->host, "compatible"), "pci-host-ecam-generic");
}

static bool platform_form(const struct fdt *fdt, struct iommu_place *place)
{
    place->pci = false;
    place->bdf = 0;
    place->host = FDT_NONE;
    return fdt_reg(fdt, place->node, 0, &place->base, &place->size) &&
           place->base % REGISTERS == 0 && place->size >= REGISTERS &&
           !discover_touches_ram(fdt, place->base, place->size);
}

bool discover_iommu(const struct fdt *fdt, fdt_node from, struct iommu_place *place)
{
    /* fdt_compatible() walks in the order of the tree: whichever form comes first. */
    fdt_node platform = fdt_compatible(fdt, from, "riscv,iommu");
    fdt_node pci = fdt_compatible(fdt, from, "riscv,pci-iommu");

    while (platform != FDT_NONE || pci != FDT_NONE) {
        bool take_pci = pci != FDT_NONE && (platform == FDT_NONE || pci < platform);

        place->base = place->size = 0;
        place->node = take_pci ? pci : platform;
        if (take_pci ? pci_form(fdt, place) : platform_form(fdt, place))
            return true;
        if (take_pci)
            pci = fdt_compatible(fdt, pci, "riscv,pci-iommu");
        else
            platform = fdt_compatible(fdt, platform, "riscv,iommu");
    }
    return false;
}
