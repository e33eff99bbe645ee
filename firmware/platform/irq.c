/* SPDX-License-Identifier: Apache-2.0 */
#include "irq.h"

#include "discover.h"
#include "platform.h"

#define MACHINE_EXTERNAL 11u
/* Registers of the interrupt file, by miselect. */
#define EIDELIVERY 0x70u
#define EITHRESHOLD 0x72u
#define EIP0 0x80u
#define EIE0 0xc0u

/* miselect and mireg, by number: assemblers know the names only with Smaia. */
static void file_write(uint64_t index, uint64_t value)
{
    csr_write(0x350, index);
    csr_write(0x351, value);
}

static uint64_t file_read(uint64_t index)
{
    csr_write(0x350, index);
    return csr_read(0x351);
}

static bool is_machine_level(const struct fdt *fdt, fdt_node node)
{
    uint32_t interrupt;

    return fdt_cell(fdt_property(fdt, node, "interrupts-extended"), 1, &interrupt) &&
           interrupt == MACHINE_EXTERNAL;
}

uint64_t imsic_open(const struct fdt *fdt)
{
    fdt_node node = fdt_compatible(fdt, FDT_NONE, "riscv,imsics");
    uint64_t base, size;

    while (node != FDT_NONE && !is_machine_level(fdt, node))
        node = fdt_compatible(fdt, node, "riscv,imsics");
    if (node == FDT_NONE || !fdt_reg(fdt, node, 0, &base, &size) ||
        discover_touches_ram(fdt, base, size))
        return 0;
    file_write(EITHRESHOLD, 0);
    file_write(EIDELIVERY, 1);
    return base;
}

void imsic_enable(uint32_t identity)
{
    imsic_take(identity);
    file_write(EIE0, file_read(EIE0) | 1ull << identity);
}

bool imsic_take(uint32_t identity)
{
    uint64_t pending = file_read(EIP0);

    if ((pending >> identity & 1) == 0)
        return false;
    file_write(EIP0, pending & ~(1ull << identity));
    return true;
}

bool external_pending(void)
{
    return (csr_read(mip) >> MACHINE_EXTERNAL & 1) != 0;
}

uint64_t plic_open(const struct fdt *fdt)
{
    return discover_device(fdt, "riscv,plic0", 0x400000);
}

/* Context 0 is the first hart's machine level on the machines that have a riscv,plic0. */
void plic_enable(uint64_t plic, uint32_t source)
{
    uint64_t enables = plic + 0x2000 + source / 32 * 4;

    mmio_write32(plic + (uint64_t)source * 4, 1);
    mmio_write32(enables, mmio_read32(enables) | 1u << source % 32);
    mmio_write32(plic + 0x200000, 0);
}

uint32_t plic_take(uint64_t plic)
{
    uint32_t source = mmio_read32(plic + 0x200004);

    if (source != 0)
        mmio_write32(plic + 0x200004, source);
    return source;
}
