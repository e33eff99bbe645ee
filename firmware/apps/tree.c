/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree that the guard hands on: its own memory as a no-map reservation, and each
 * open window as a reservation with iommu-addresses, which a driver keeps mapped while it takes
 * over (Linux' binding reserved-memory).
 */
#include "guard.h"

#define PCI_MEMORY_SPACE 0x02000000u

/* Every property name that is added. */
static const char names[] = "#address-cells\0#size-cells\0ranges\0compatible\0reg\0no-map\0"
                            "iommu-addresses\0phandle\0memory-region\0portcullis,fault-queue\0"
                            "portcullis,blocked";

struct writing {
    struct guard *guard;
    fdt_node reserved; /* /reserved-memory of the old tree, if it has one */
    fdt_node host;     /* the PCI host bridge */
    uint32_t address_cells, size_cells;
    uint32_t next_phandle;
    uint32_t device_phandle[WINDOWS];
};

static uint32_t put_cells(uint32_t *cells, uint32_t count, uint64_t value)
{
    if (count == 2)
        cells[0] = (uint32_t)(value >> 32);
    cells[count - 1] = (uint32_t)value;
    return count;
}

/* `name@hex` */
static void unit_name(char *to, const char *name, uint64_t unit)
{
    uint32_t shift = 60;

    while (*name != '\0')
        *to++ = *name++;
    *to++ = '@';
    while (shift > 0 && unit >> shift == 0)
        shift -= 4;
    for (;; shift -= 4) {
        *to++ = "0123456789abcdef"[unit >> shift & 15];
        if (shift == 0)
            break;
    }
    *to = '\0';
}

static void put_reg(const struct writing *w, struct fdt_writer *writer, uint64_t address,
                    uint64_t size)
{
    uint32_t cells[4];
    uint32_t count = put_cells(cells, w->address_cells, address);

    count += put_cells(cells + count, w->size_cells, size);
    fdt_put_cells(writer, "reg", cells, count);
}

static void put_guard_node(const struct writing *w, struct fdt_writer *writer)
{
    const struct guard *guard = w->guard;
    uint64_t start = (uintptr_t)__image_start, queue = guard->iommu.fq.base;
    uint64_t blocked = guard->blocked;
    uint32_t cells[4];
    char name[48];

    unit_name(name, "boot-guard", start);
    fdt_begin_node(writer, name);
    fdt_put(writer, "compatible", "portcullis,boot-guard", 22);
    put_reg(w, writer, start, (uint64_t)(__tree_start - __image_start));
    fdt_put(writer, "no-map", NULL, 0);
    put_cells(cells, 2, queue);
    put_cells(cells + 2, 2, (uint64_t)guard->iommu.fq.entries * IOMMU_FQ_RECORD_BYTES);
    fdt_put_cells(writer, "portcullis,fault-queue", cells, 4);
    put_cells(cells, 2, blocked);
    fdt_put_cells(writer, "portcullis,blocked", cells, 2);
    fdt_end_node(writer);
}

/* Only functions of the root bus can have a node without nodes for the bridges above. */
static bool describable(const struct writing *w, const struct window *window)
{
    return window->open && w->host != FDT_NONE && window->device_id >> 8 == 0;
}

static void put_window_node(const struct writing *w, struct fdt_writer *writer, uint32_t index)
{
    const struct window *window = &w->guard->window[index];
    uint32_t cells[6] = {w->device_phandle[index], PCI_MEMORY_SPACE};
    char name[48];

    unit_name(name, "boot-window", window->address);
    fdt_begin_node(writer, name);
    put_reg(w, writer, window->address, window->size);
    if (describable(w, window)) {
        put_cells(cells + 2, 2, window->iova);
        put_cells(cells + 4, 2, window->size);
        fdt_put_cells(writer, "iommu-addresses", cells, 6);
    }
    fdt_put_cells(writer, "phandle", &window->phandle, 1);
    fdt_end_node(writer);
}

static void put_reservations(const struct writing *w, struct fdt_writer *writer)
{
    put_guard_node(w, writer);
    for (uint32_t i = 0; i < w->guard->windows; i++) {
        bool again = false;

        /* Several devices may share memory: one node may not be there twice. */
        for (uint32_t j = 0; j < i; j++)
            again = again || (w->guard->window[j].open &&
                              w->guard->window[j].address == w->guard->window[i].address);
        if (w->guard->window[i].open && !again)
            put_window_node(w, writer, i);
    }
}

/* What a device's node gets; a property that it has already is left to it. */
static void put_device_properties(const struct writing *w, struct fdt_writer *writer,
                                  uint32_t device_id, fdt_node node)
{
    const struct guard *guard = w->guard;
    const struct fdt *fdt = &guard->board.fdt;
    uint32_t cells[WINDOWS], count = 0, phandle = 0;

    for (uint32_t i = 0; i < guard->windows; i++) {
        if (guard->window[i].device_id == device_id && describable(w, &guard->window[i])) {
            cells[count++] = guard->window[i].phandle;
            phandle = w->device_phandle[i];
        }
    }
    if (node == FDT_NONE || fdt_property(fdt, node, "phandle").data == NULL)
        fdt_put_cells(writer, "phandle", &phandle, 1);
    if (node == FDT_NONE || fdt_property(fdt, node, "memory-region").data == NULL)
        fdt_put_cells(writer, "memory-region", cells, count);
}

static bool first_of_device(const struct writing *w, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (w->guard->window[i].device_id == w->guard->window[index].device_id &&
            describable(w, &w->guard->window[i]))
            return false;
    }
    return describable(w, &w->guard->window[index]);
}

static void put_new_devices(const struct writing *w, struct fdt_writer *writer)
{
    for (uint32_t i = 0; i < w->guard->windows; i++) {
        const struct window *window = &w->guard->window[i];
        uint32_t reg[5] = {window->device_id << 8, 0, 0, 0, 0};
        char name[48];

        if (!first_of_device(w, i) || window->function != FDT_NONE)
            continue;
        unit_name(name, "device", window->device_id >> 3);
        if ((window->device_id & 7) != 0) {
            uint32_t end = 0;

            while (name[end] != '\0')
                end++;
            name[end++] = ',';
            name[end++] = (char)('0' + (window->device_id & 7));
            name[end] = '\0';
        }
        fdt_begin_node(writer, name);
        fdt_put_cells(writer, "reg", reg, 5);
        put_device_properties(w, writer, window->device_id, FDT_NONE);
        fdt_end_node(writer);
    }
}

static void add(void *context, struct fdt_writer *writer, fdt_node node, bool end)
{
    const struct writing *w = context;
    const struct guard *guard = w->guard;

    if (!end) {
        for (uint32_t i = 0; i < guard->windows; i++) {
            if (guard->window[i].function == node && first_of_device(w, i))
                put_device_properties(w, writer, guard->window[i].device_id, node);
        }
        return;
    }
    if (node == w->host)
        put_new_devices(w, writer);
    if (node == w->reserved && w->reserved != FDT_NONE) {
        put_reservations(w, writer);
    } else if (node == fdt_root(&guard->board.fdt) && w->reserved == FDT_NONE) {
        fdt_begin_node(writer, "reserved-memory");
        fdt_put_cells(writer, "#address-cells", &w->address_cells, 1);
        fdt_put_cells(writer, "#size-cells", &w->size_cells, 1);
        fdt_put(writer, "ranges", NULL, 0);
        put_reservations(w, writer);
        fdt_end_node(writer);
    }
}

static uint32_t highest_phandle(const struct fdt *fdt)
{
    uint32_t highest = 0, phandle;

    for (fdt_node node = fdt_root(fdt); node != FDT_NONE; node = fdt_next(fdt, node)) {
        if (fdt_cell(fdt_property(fdt, node, "phandle"), 0, &phandle) && phandle > highest &&
            phandle != UINT32_MAX)
            highest = phandle;
    }
    return highest;
}

/* Which node, if any, is a function's own already. */
static fdt_node find_function(const struct fdt *fdt, fdt_node host, uint32_t device_id)
{
    fdt_node node = fdt_child(fdt, host);
    uint32_t reg;

    while (node != FDT_NONE &&
           !(fdt_cell(fdt_property(fdt, node, "reg"), 0, &reg) && (reg >> 8 & 0xffff) == device_id))
        node = fdt_sibling(fdt, node);
    return node;
}

/* Numbers for all nodes that refer to each other, before any is written. */
static void assign(struct writing *w)
{
    struct guard *guard = w->guard;
    const struct fdt *fdt = &guard->board.fdt;

    for (uint32_t i = 0; i < guard->windows; i++) {
        struct window *window = &guard->window[i];
        uint32_t phandle = 0;

        if (!window->open)
            continue;
        window->phandle = w->next_phandle++;
        if (!describable(w, window))
            continue;
        for (uint32_t j = 0; j < i && phandle == 0; j++) {
            if (guard->window[j].device_id == window->device_id)
                phandle = w->device_phandle[j];
            if (guard->window[j].open && guard->window[j].address == window->address)
                window->phandle = guard->window[j].phandle;
        }
        window->function = find_function(fdt, w->host, window->device_id);
        if (phandle == 0 && !fdt_cell(fdt_property(fdt, window->function, "phandle"), 0, &phandle))
            phandle = w->next_phandle++;
        w->device_phandle[i] = phandle;
    }
}

bool tree_write(struct guard *guard, void *to, uint32_t room)
{
    const struct fdt *fdt = &guard->board.fdt;
    struct writing w = {.guard = guard, .address_cells = 2, .size_cells = 2};
    fdt_node cells_from;
    uint32_t size;

    w.reserved = fdt_path(fdt, "/reserved-memory");
    w.host = fdt_compatible(fdt, FDT_NONE, "pci-host-ecam-generic");
    cells_from = w.reserved != FDT_NONE ? w.reserved : fdt_root(fdt);
    fdt_cell(fdt_property(fdt, cells_from, "#address-cells"), 0, &w.address_cells);
    fdt_cell(fdt_property(fdt, cells_from, "#size-cells"), 0, &w.size_cells);
    if (w.address_cells < 1 || w.address_cells > 2 || w.size_cells < 1 || w.size_cells > 2)
        return false;
    w.next_phandle = highest_phandle(fdt) + 1;
    assign(&w);
    size = fdt_rewrite(fdt, to, room - TREE_SLACK, names, sizeof(names), add, &w);
    return size != 0;
}
