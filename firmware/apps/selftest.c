/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves an IOMMU in the machine at hand: finds it, drives it with a device's DMA and with its
 * own debug interface, and compares with what the specification demands. Says why it skips what
 * it skips. Ends with `N passed, N failed, N skipped`, powers the machine off, and its exit
 * status is 0 only if nothing failed.
 */
#include "selftest.h"

#define FINISHER_PASS 0x5555u
#define FINISHER_FAIL 0x3333u
#define TREE_ROOM 0x10000u

static struct bench bench;
static uint64_t finisher;

static void __attribute__((noreturn)) power_off(uint32_t code)
{
    if (finisher != 0)
        mmio_write32(finisher, code == 0 ? FINISHER_PASS : code << 16 | FINISHER_FAIL);
    for (;;)
        __asm__ volatile("wfi");
}

void trap(uint64_t cause, uint64_t pc, uint64_t value)
{
    print("trap: cause %lx at %lx, value %lx\n0 passed, 1 failed, 0 skipped\n", cause, pc, value);
    power_off(2);
}

static bool open_all(const void *tree)
{
    struct rvi_bus bus;
    uint64_t copy;

    bench.memory = machine_memory();
    bench.region = board_pages();
    bench.pages = rvi_pages_from(&bench.region);
    copy = bench.pages.take(bench.pages.context, TREE_ROOM);
    if (!board_take_tree(&bench.board.fdt, tree, (void *)(uintptr_t)copy, TREE_ROOM))
        return false;
    board_open(&bench.board);
    board_open_rest(&bench.board);
    bench.qemu = fdt_has_string(
        fdt_property(&bench.board.fdt, fdt_root(&bench.board.fdt), "compatible"), "riscv-virtio");
    finisher = discover_device(&bench.board.fdt, "sifive,test1", 4);
    bench.afresh = bench.region;
    if (bench.board.iommu_base == 0) {
        print("no IOMMU in the device tree\n");
        return false;
    }
    bus = machine_bus(bench.board.iommu_base);
    if (rvi_open(&bench.iommu, &bus, &bench.memory) != RVI_OK) {
        print("no IOMMU at %lx\n", bench.board.iommu_base);
        return false;
    }
    if (bench.board.has_pci) {
        edu_open(&bench.edu, &bench.board.pci);
        testdev_open(&bench.testdev, &bench.board.pci);
    }
    bench.imsic = imsic_open(&bench.board.fdt);
    bench.plic = plic_open(&bench.board.fdt);
    return true;
}

int main(uint64_t hart, const void *tree, const void *info, uint64_t started);

int main(uint64_t hart, const void *tree, const void *info, uint64_t started)
{
    uint32_t counts[3] = {0, 0, 0};

    (void)hart, (void)info, (void)started;
    if (!open_all(tree)) {
        print("0 passed, 1 failed, 0 skipped\n");
        power_off(3);
    }
    print("selftest: IOMMU at %lx, capabilities %lx\n", bench.board.iommu_base,
          bench.iommu.capabilities);
    bench_run(&bench, counts);
    power_off(counts[FAILED] != 0 || counts[PASSED] == 0);
}
