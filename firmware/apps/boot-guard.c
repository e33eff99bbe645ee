/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMA protection from the first instructions on. Runs before everything else, blocks all
 * device_ids, opens the windows of a policy, logs what was blocked, and starts the next stage
 * (OpenSBI's fw_dynamic, then an operating system) with the IOMMU still guarding.
 *
 * What it cannot guard it does not start: on any failure it says why and stops. See
 * docs/boot-guard.md for the threat model, the policy and the hand-over.
 */
#include "guard.h"

#define INFO_MAGIC 0x4942534fu /* "OSBI" */
#define INFO_MODE_SUPERVISOR 1u
#define LINES 16 /* records that are printed; all are counted */

/* What the loader gives to fw_dynamic. */
struct info {
    uint64_t magic, version, next_address, next_mode, options, boot_hart;
};

static struct guard guard;
static struct info info;

static void __attribute__((noreturn)) stop(const char *why)
{
    print("boot-guard: stopped: %s\n", why);
    for (;;)
        __asm__ volatile("wfi");
}

void trap(uint64_t cause, uint64_t pc, uint64_t value)
{
    print("boot-guard: trap %lx at %lx, value %lx\n", cause, pc, value);
    stop("unexpected trap");
}

static const void *take_tree(const void *tree)
{
    uint64_t copy = guard.pages.take(guard.pages.context, TREE_ROOM);

    return board_take_tree(&guard.board.fdt, tree, (void *)(uintptr_t)copy, TREE_ROOM)
               ? (const void *)(uintptr_t)copy
               : NULL;
}

/* All device_ids blocked: by the widest directory that there is. A narrower one refuses the
 * ids that it does not cover, so that it guards as well; it can only open fewer windows. */
static enum rvi_status block_everything(void)
{
    static const uint8_t widths[] = {24, 16, 15, 7, 6};
    struct rvi_bus bus = machine_bus(guard.board.iommu_base);
    struct rvi_setup setup = {.commands = {0, 8}, .faults = {0, 7}};
    enum rvi_status status = rvi_open(&guard.iommu, &bus, &guard.memory);
    uint64_t page;

    if (status != RVI_OK)
        return status;
    /* Somebody may have used it before: first of all, nothing goes through any more. */
    status = rvi_quiesce(&guard.iommu);
    if (status != RVI_OK)
        return status;
    if (rvi_take(&guard.memory, &guard.pages, 4096, &setup.commands.address) != RVI_OK ||
        rvi_take(&guard.memory, &guard.pages, 4096, &setup.faults.address) != RVI_OK ||
        rvi_take(&guard.memory, &guard.pages, 4096, &setup.root) != RVI_OK ||
        rvi_take(&guard.memory, &guard.pages, 4096, &page) != RVI_OK)
        return RVI_NO_MEMORY;
    setup.fence_word = page;
    setup.wires = IOMMU_GET(guard.iommu.capabilities, IOMMU_CAPABILITIES_IGS) == IOMMU_IGS_WSI;
    for (uint32_t i = 0; i < sizeof(widths); i++) {
        setup.device_id_bits = widths[i];
        status = rvi_init(&guard.iommu, &setup);
        if (status != RVI_UNSUPPORTED)
            break;
    }
    guard.ddt = rvi_ddt_of(&guard.iommu, guard.pages);
    return status;
}

/* A machine may have more IOMMUs than the one that the policy is for. The others are set to Off,
 * the state that lets nothing through; their drivers open them. */
static enum rvi_status close_others(void)
{
    struct iommu_place place = guard.board.place;
    enum rvi_status status = RVI_OK;
    struct rvi_bus bus;
    struct rvi other;
    uint64_t base;

    while (status == RVI_OK && discover_iommu(&guard.board.fdt, place.node, &place)) {
        base = board_map_iommu(&guard.board, &place);
        if (base == guard.board.iommu_base)
            continue;
        bus = machine_bus(base);
        status = base == 0 ? RVI_NOT_FOUND : rvi_open(&other, &bus, &guard.memory);
        if (status == RVI_OK)
            status = rvi_quiesce(&other);
        guard.others++;
    }
    return status;
}

static void log_blocked(void)
{
    struct rvi_fault fault[8];
    struct rvi_drained drained;

    do {
        drained = rvi_drain_faults(&guard.iommu, fault, 8);
        for (uint32_t i = 0; i < drained.records; i++) {
            guard.blocked++;
            if (guard.printed == LINES)
                continue;
            guard.printed++;
            print("boot-guard: blocked: device %06x %s of %lx, cause %u\n", fault[i].device_id,
                  fault[i].ttyp == IOMMU_TTYP_UNTRANSLATED_WRITE ? "write" : "read",
                  fault[i].iotval, fault[i].cause);
        }
        /* The log is gone, the directory guards all the same. */
        if (drained.status != RVI_OK && !guard.deaf)
            print("boot-guard: the fault queue cannot be read\n");
        guard.deaf = guard.deaf || drained.status != RVI_OK;
    } while (drained.records == 8);
}

static void observe(void)
{
    fdt_node cpus = fdt_path(&guard.board.fdt, "/cpus");
    uint64_t frequency, start = csr_read(time), ticks;

    if (guard.observe == 0)
        return;
    if (!fdt_property_number(&guard.board.fdt, cpus, "timebase-frequency", &frequency) ||
        frequency > 1000000000000u)
        frequency = 1000000;
    ticks = frequency / 1000 * guard.observe;
    print("boot-guard: observing for %u ms, or until a key\n", guard.observe);
    while (csr_read(time) - start < ticks && console_get() < 0)
        log_blocked();
}

static bool check_info(const struct info *given)
{
    if (given == NULL || ((uintptr_t)given & 7) != 0 || given->magic != INFO_MAGIC)
        return false;
    info = *given;
    return info.version <= 2 && info.next_mode <= INFO_MODE_SUPERVISOR &&
           discover_within_ram(&guard.board.fdt, info.next_address, 4) &&
           (info.next_address < (uintptr_t)__image_start ||
            info.next_address >= (uintptr_t)__next_end);
}

int main(uint64_t hart, const void *tree, const void *given, uint64_t started);

int main(uint64_t hart, const void *tree, const void *given, uint64_t started)
{
    enum rvi_status status = RVI_NOT_FOUND;
    uint64_t guarded;

    guard.memory = machine_memory();
    guard.region = board_pages();
    guard.pages = rvi_pages_from(&guard.region);
    if (take_tree(tree) == NULL)
        stop("no usable device tree");
    board_open(&guard.board);
    if (guard.board.iommu_base != 0)
        status = block_everything();
    if (status == RVI_OK)
        status = close_others();
    guarded = csr_read(minstret);
    board_open_rest(&guard.board);
    if (guard.board.iommu_base == 0)
        stop("no IOMMU");
    if (status != RVI_OK) {
        print("boot-guard: status %u\n", (uint32_t)status);
        stop("an IOMMU cannot be set up");
    }
    print("boot-guard: guarding %u-bit device_ids after %lu instructions, IOMMU at %lx\n",
          rvi_ddt_bits(&guard.ddt), guarded - started, guard.board.iommu_base);
    if (guard.others != 0)
        print("boot-guard: %u more IOMMUs are off\n", guard.others);
    policy_read(&guard);
    policy_apply(&guard);
    observe();
    log_blocked();
    print("boot-guard: %lu requests blocked\n", guard.blocked);
    if (!check_info(given))
        stop("no usable next stage");
    if (!tree_write(&guard, __tree_start, (uint32_t)(__tree_end - __tree_start)))
        stop("the device tree is too large");
    if (rvi_hand_over(&guard.iommu, true) != RVI_OK)
        stop("the IOMMU cannot be handed over");
    print("boot-guard: starting the next stage\n");
    start_next[0] = (uintptr_t)__next_start;
    start_next[1] = (uintptr_t)__tree_start;
    start_next[2] = (uintptr_t)&info;
    start_enter_next(hart);
}
