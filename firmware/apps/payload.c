/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for an operating system behind the boot guard: reads the device tree, fills all RAM
 * that is not reserved, and waits. A key on the console makes it power off. With `ignore` in
 * the boot arguments it fills reserved memory as well, as a kernel would that knows nothing of
 * the guard: the test must notice.
 */
#include "discover.h"
#include "platform.h"

#define FILL 0xa5a5a5a5a5a5a5a5ull
#define TREE_ROOM 0x100000u
#define RESERVED 32

struct range {
    uint64_t start, end;
};

static struct fdt fdt;
static struct range reserved[RESERVED];
static uint32_t reservations;

void payload(const void *tree) __attribute__((noreturn));
void payload_trapped(uint64_t cause, uint64_t pc, uint64_t value) __attribute__((noreturn));

static void sbi_power_off(void)
{
    register uint64_t type __asm__("a0") = 0, reason __asm__("a1") = 0;
    register uint64_t function __asm__("a6") = 0, extension __asm__("a7") = 0x53525354;

    __asm__ volatile("ecall" : "+r"(type) : "r"(reason), "r"(function), "r"(extension) : "memory");
}

void payload_trapped(uint64_t cause, uint64_t pc, uint64_t value)
{
    print("payload: trap %lx at %lx, value %lx\n", cause, pc, value);
    sbi_power_off();
    for (;;)
        ;
}

static void reserve(uint64_t start, uint64_t end)
{
    if (reservations < RESERVED) {
        reserved[reservations].start = start & ~0xfffull;
        reserved[reservations++].end = (end + 0xfff) & ~0xfffull;
    }
}

static void read_reservations(void)
{
    fdt_node parent = fdt_path(&fdt, "/reserved-memory");
    uint64_t address, size;

    for (fdt_node node = fdt_child(&fdt, parent); node != FDT_NONE;
         node = fdt_sibling(&fdt, node)) {
        if (!fdt_reg(&fdt, node, 0, &address, &size))
            continue;
        print("payload: reserved %s %lx+%lx%s\n", fdt_name(&fdt, node), address, size,
              fdt_property(&fdt, node, "no-map").data != NULL ? " no-map" : "");
        reserve(address, address + size);
    }
}

/* Fill [start, end) but for what is reserved. */
static uint64_t fill(uint64_t start, uint64_t end)
{
    uint64_t filled = 0;

    for (uint64_t page = start; page < end; page += 4096) {
        bool keep = false;

        for (uint32_t i = 0; i < reservations; i++)
            keep = keep || (page >= reserved[i].start && page < reserved[i].end);
        if (keep)
            continue;
        for (uint64_t i = 0; i < 4096; i += 8)
            mmio_write64(page + i, FILL);
        filled += 4096;
    }
    return filled;
}

void payload(const void *tree)
{
    uint64_t base, size, filled = 0;
    struct fdt_value arguments;

    if (!fdt_open(&fdt, tree, TREE_ROOM))
        sbi_power_off();
    console_open(discover_device(&fdt, "ns16550a", 8));
    print("payload: started\n");
    reserve((uintptr_t)__image_start, (uintptr_t)__image_end);
    reserve((uintptr_t)tree, (uintptr_t)tree + fdt_size(tree));
    read_reservations();
    arguments = fdt_property(&fdt, fdt_path(&fdt, "/chosen"), "bootargs");
    if (fdt_has_string(arguments, "ignore")) {
        reservations = 2;
        reserve(0x80100000, 0x80200000); /* OpenSBI's, which is protected: no fair game */
    }
    print("payload: ready\n");
    while (console_get() < 0) /* the test looks at the memory before */
        ;
    for (uint32_t i = 0; discover_ram(&fdt, i, &base, &size); i++)
        filled += fill(base, base + size);
    print("payload: filled %lu MiB\n", filled >> 20);
    while (console_get() < 0)
        ;
    print("payload: power off\n");
    sbi_power_off();
    for (;;)
        ;
}
