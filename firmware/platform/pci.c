/* SPDX-License-Identifier: Apache-2.0 */
#include "pci.h"

#include "discover.h"
#include "platform.h"

#define NOTHING 0xffffffffu
#define MULTIFUNCTION 0x00800000u
#define BRIDGE 0x00010000u
#define HEADER_TYPE 0x007f0000u
#define BAR_IO 0x1u
#define BAR_64 0x4u
#define DEPTH 8

static bool decode_ranges(struct pci_host *host, const struct fdt *fdt, fdt_node node)
{
    struct fdt_value ranges = fdt_property(fdt, node, "ranges");
    uint64_t child, cpu, size;
    uint32_t kind;

    /* Three cells for PCI, two for the CPU, two for the size. */
    for (uint32_t at = 0; fdt_cell(ranges, at, &kind); at += 7) {
        if (!fdt_number(ranges, at + 1, 2, &child) || !fdt_number(ranges, at + 3, 2, &cpu) ||
            !fdt_number(ranges, at + 5, 2, &size))
            return false;
        if ((kind >> 24 & 3) == 2 && size != 0 && cpu + size > cpu && child + size <= 1ull << 32 &&
            !discover_touches_ram(fdt, cpu, size)) {
            host->window = cpu;
            host->window_end = host->free_end = cpu + size;
            host->offset = cpu - child;
            return true;
        }
    }
    return false;
}

bool pci_open(struct pci_host *host, const struct fdt *fdt, fdt_node node)
{
    struct fdt_value buses = fdt_property(fdt, node, "bus-range");

    if (!fdt_reg(fdt, node, 0, &host->ecam, &host->ecam_size) ||
        discover_touches_ram(fdt, host->ecam, host->ecam_size))
        return false;
    host->first_bus = 0;
    host->last_bus = 255;
    if (buses.data != NULL &&
        (!fdt_cell(buses, 0, &host->first_bus) || !fdt_cell(buses, 1, &host->last_bus)))
        return false;
    if (host->first_bus > host->last_bus || host->last_bus > 255 ||
        host->ecam_size >> 20 < host->last_bus - host->first_bus + 1ull)
        return false;
    return decode_ranges(host, fdt, node);
}

static bool within(const struct pci_host *host, uint32_t bdf)
{
    return bdf >> 8 >= host->first_bus && bdf >> 8 <= host->last_bus;
}

static uint64_t config(const struct pci_host *host, uint32_t bdf, uint32_t offset)
{
    return host->ecam + ((uint64_t)(bdf - (host->first_bus << 8)) << 12) + (offset & 0xffc);
}

uint32_t pci_read(const struct pci_host *host, uint32_t bdf, uint32_t offset)
{
    return within(host, bdf) ? mmio_read32(config(host, bdf, offset)) : NOTHING;
}

void pci_write(const struct pci_host *host, uint32_t bdf, uint32_t offset, uint32_t value)
{
    if (within(host, bdf))
        mmio_write32(config(host, bdf, offset), value);
}

bool pci_present(const struct pci_host *host, uint32_t bdf)
{
    return (pci_read(host, bdf, PCI_ID) & 0xffff) != 0xffff;
}

/* Size of a memory BAR; 0 if it is not one that fits into 32-bit addresses. */
static uint64_t bar_size(const struct pci_host *host, uint32_t bdf, uint32_t at)
{
    uint32_t old = pci_read(host, bdf, at), low, high = NOTHING;
    uint64_t mask;

    if ((old & BAR_IO) != 0)
        return 0;
    pci_write(host, bdf, at, NOTHING);
    low = pci_read(host, bdf, at);
    pci_write(host, bdf, at, old);
    if ((low & BAR_64) != 0) {
        uint32_t upper = pci_read(host, bdf, at + 4);

        pci_write(host, bdf, at + 4, NOTHING);
        high = pci_read(host, bdf, at + 4);
        pci_write(host, bdf, at + 4, upper);
    }
    mask = (uint64_t)high << 32 | (low & ~15u);
    if ((low & ~15u) == 0 || (mask & (~mask + 1)) != ~mask + 1)
        return 0;
    return ~mask + 1;
}

uint64_t pci_map(struct pci_host *host, uint32_t bdf, uint32_t bar, uint64_t least)
{
    uint32_t at = PCI_BAR0 + bar * 4, value, command;
    uint64_t size, address;

    if (bar > 5 || !pci_present(host, bdf))
        return 0;
    command = pci_read(host, bdf, PCI_COMMAND) & 0xffff; /* the upper half is status, RW1C */
    pci_write(host, bdf, PCI_COMMAND, command & ~PCI_COMMAND_MEMORY);
    size = bar_size(host, bdf, at);
    if (size < least || size < 16 || size > host->window_end - host->window) {
        pci_write(host, bdf, PCI_COMMAND, command);
        return 0;
    }
    value = pci_read(host, bdf, at);
    address = (value & ~15u) + host->offset;
    if ((value & ~15u) == 0 || address < host->window || address > host->window_end - size) {
        /* From the top down. What a size is aligned to may leave a hole, that stays unused. */
        if (size > host->free_end - host->window)
            return 0;
        address = (host->free_end - size) & ~(size - 1);
        if (address < host->window)
            return 0;
        host->free_end = address;
        pci_write(host, bdf, at, (uint32_t)(address - host->offset));
    }
    if ((value & BAR_64) != 0)
        pci_write(host, bdf, at + 4, 0);
    pci_write(host, bdf, PCI_COMMAND, command | PCI_COMMAND_MEMORY);
    return address;
}

uint32_t pci_capability(const struct pci_host *host, uint32_t bdf, uint32_t id)
{
    uint32_t at = pci_read(host, bdf, PCI_CAPABILITIES) & 0xfc;

    if ((pci_read(host, bdf, PCI_COMMAND) >> 16 & 0x10) == 0)
        return 0;
    for (int steps = 0; at >= 0x40 && steps < 48; steps++) {
        uint32_t value = pci_read(host, bdf, at);

        if ((value & 0xff) == id)
            return at;
        at = value >> 8 & 0xfc;
    }
    return 0;
}

/* --- enumeration --- */

struct scan {
    struct pci_host *host;
    bool (*found)(void *context, uint32_t bdf);
    void *context;
    uint32_t next_bus; /* the next free number */
    bool done;
};

static void scan_bus(struct scan *scan, uint32_t bus, int depth);

static void scan_bridge(struct scan *scan, uint32_t bdf, int depth)
{
    struct pci_host *host = scan->host;
    uint32_t buses = pci_read(host, bdf, PCI_BUSES);
    uint32_t secondary = buses >> 8 & 0xff;

    if (depth == DEPTH)
        return;
    if (secondary == 0) {
        if (scan->next_bus > host->last_bus)
            return;
        secondary = scan->next_bus++;
        pci_write(host, bdf, PCI_BUSES,
                  (buses & 0xff000000) | host->last_bus << 16 | secondary << 8 | bdf >> 8);
        scan_bus(scan, secondary, depth + 1);
        pci_write(host, bdf, PCI_BUSES,
                  (buses & 0xff000000) | (scan->next_bus - 1) << 16 | secondary << 8 | bdf >> 8);
    } else if (secondary > bdf >> 8) { /* numbered already; never back up */
        if (scan->next_bus <= secondary)
            scan->next_bus = secondary + 1;
        scan_bus(scan, secondary, depth + 1);
    }
}

static void scan_bus(struct scan *scan, uint32_t bus, int depth)
{
    for (uint32_t slot = 0; slot < 256 && !scan->done; slot++) {
        uint32_t bdf = bus << 8 | slot, header;

        if (!pci_present(scan->host, bdf)) {
            slot |= slot % 8 == 0 ? 7 : 0; /* without function 0 there are no others */
            continue;
        }
        header = pci_read(scan->host, bdf, PCI_HEADER);
        if (!scan->found(scan->context, bdf))
            scan->done = true;
        else if ((header & HEADER_TYPE) == BRIDGE)
            scan_bridge(scan, bdf, depth);
        if (slot % 8 == 0 && (header & MULTIFUNCTION) == 0)
            slot |= 7;
    }
}

void pci_enumerate(struct pci_host *host, bool (*found)(void *context, uint32_t bdf), void *context)
{
    struct scan scan = {host, found, context, host->first_bus + 1, false};

    scan_bus(&scan, host->first_bus, 0);
}
