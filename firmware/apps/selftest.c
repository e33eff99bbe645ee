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
static const char *reason;
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

enum outcome skip(const char *why)
{
    reason = why;
    return SKIPPED;
}

enum outcome fail(const char *file, int line, const char *what)
{
    print("     %s:%u: %s\n", file, (uint32_t)line, what);
    reason = what;
    return FAILED;
}

/* --- the bench --- */

struct rvi_setup bench_setup(struct bench *b)
{
    struct rvi_setup setup = {
        .device_id_bits = 16, /* PCI, one segment */
        .wires = !b->messages,
        .commands = {0, 8},
        .faults = {0, 7},
    };
    uint64_t word = 0;

    b->region = b->afresh;
    rvi_take(&b->memory, &b->pages, 4096, &setup.commands.address);
    rvi_take(&b->memory, &b->pages, 4096, &setup.faults.address);
    rvi_take(&b->memory, &b->pages, 4096, &setup.root);
    rvi_take(&b->memory, &b->pages, 4096, &word);
    setup.fence_word = word;
    if (rvi_has(&b->iommu, IOMMU_CAPABILITIES_ATS_MASK)) {
        setup.requests.log2_entries = 8;
        rvi_take(&b->memory, &b->pages, 4096, &setup.requests.address);
    }
    return setup;
}

enum rvi_status bench_begin_with(struct bench *b, const struct rvi_setup *setup)
{
    enum rvi_status status = rvi_quiesce(&b->iommu);

    if (status == RVI_OK)
        status = rvi_init(&b->iommu, setup);
    b->ddt = rvi_ddt_of(&b->iommu, b->pages);
    for (int i = 0; i < 4 && status == RVI_OK; i++)
        status = rvi_take(&b->memory, &b->pages, 4096, &b->buffer[i]);
    return status;
}

enum rvi_status bench_begin(struct bench *b)
{
    struct rvi_setup setup = bench_setup(b);

    return bench_begin_with(b, &setup);
}

enum rvi_status bench_context(struct bench *b, enum rvi_format format, struct rvi_table *table,
                              struct rvi_dc *dc)
{
    enum rvi_status status = rvi_table_make(table, &b->memory, &b->pages, format);
    const struct rvi_dc empty = {.tc = IOMMU_DC_TC_V_MASK};

    *dc = empty;
    if (rvi_format_guest(format))
        dc->iohgatp = rvi_table_pointer(table) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 1);
    else
        dc->fsc = rvi_table_pointer(table);
    dc->ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, 1);
    return status;
}

bool bench_deviates(struct bench *b, enum deviation deviation)
{
    static const char *const names[] = {"response-layout", "record-msi"};

    if (b->qemu && !b->noted[deviation])
        print("note %s\n", names[deviation]);
    b->noted[deviation] = true;
    return b->qemu;
}

bool bench_fault(struct bench *b, uint16_t cause, uint32_t device_id, uint64_t iova)
{
    struct rvi_fault fault[2];
    struct rvi_drained drained = rvi_drain_faults(&b->iommu, fault, 2);

    if (drained.records == 1 && fault[0].cause == cause && fault[0].device_id == device_id &&
        fault[0].iotval == iova)
        return true;
    print("     %u records; cause %u, device_id %x, iotval %lx\n", drained.records, fault[0].cause,
          fault[0].device_id, fault[0].iotval);
    return false;
}

bool bench_no_fault(struct bench *b)
{
    struct rvi_fault fault;
    struct rvi_drained drained = rvi_drain_faults(&b->iommu, &fault, 1);

    if (drained.records == 0 && drained.status == RVI_OK)
        return true;
    print("     unexpected fault %u, device_id %x, iotval %lx\n", fault.cause, fault.device_id,
          fault.iotval);
    return false;
}

enum rvi_format bench_format(struct bench *b, bool guest)
{
    enum rvi_format format = guest ? RVI_SV57X4 : RVI_SV57;
    enum rvi_format last = guest ? RVI_SV39X4 : RVI_SV39;

    for (; format >= last; format--) {
        if (rvi_format_supported(b->iommu.capabilities, format))
            return format;
    }
    return RVI_FORMATS;
}

/* --- what the machine has --- */

/* May fctl.WSI be 1, may it be 0? Tried, since capabilities.IGS is what is to be proved. */
static void find_interrupts(void)
{
    uint64_t igs = IOMMU_GET(bench.iommu.capabilities, IOMMU_CAPABILITIES_IGS);

    bench.wires = igs == IOMMU_IGS_WSI || igs == IOMMU_IGS_BOTH;
    bench.messages = igs == IOMMU_IGS_MSI || igs == IOMMU_IGS_BOTH;
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
    if (bench.board.has_pci)
        edu_open(&bench.edu, &bench.board.pci);
    bench.imsic = imsic_open(&bench.board.fdt);
    bench.plic = plic_open(&bench.board.fdt);
    find_interrupts();
    return true;
}

static void run_group(const struct selftest *test, uint32_t counts[3])
{
    static const char *const words[] = {"ok  ", "FAIL", "skip"};

    for (; test->name != NULL; test++) {
        enum rvi_status status = bench_begin(&bench);
        enum outcome outcome = FAILED;

        reason = NULL;
        if (status == RVI_OK)
            outcome = test->run(&bench);
        else
            print("     cannot begin: %s\n", rvi_status_text(status));
        counts[outcome]++;
        print("%s %s", words[outcome], test->name);
        if (outcome == SKIPPED)
            print(": %s", reason);
        print("\n");
    }
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
    run_group(machine_tests, counts);
    run_group(probe_tests, counts);
    run_group(dma_tests, counts);
    rvi_quiesce(&bench.iommu);
    print("%u passed, %u failed, %u skipped\n", counts[PASSED], counts[FAILED], counts[SKIPPED]);
    power_off(counts[FAILED] != 0 || counts[PASSED] == 0);
}
