/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands, queues and interrupts: random operations on small queues, and a comparison of
 * the registers, and of what was stored, after each. A known deviation ends the round,
 * since the sides are no longer in the same state.
 */
#include <inttypes.h>
#include <string.h>

#include "commands.h"

#define OPERATIONS 12
#define VECTORS 4
#define HOLE 0x100000000u /* a page where nothing is */
#define MESSAGES (FENCE_PAGE + 0x800u)

struct queues {
    struct workbench *b;
    bool wired;             /* fctl.WSI */
    uint32_t entries;       /* of the command queue */
    uint32_t fault_entries; /* of the fault queue */
    uint32_t tail;
    uint32_t fault_head;      /* fqh */
    bool hole;                /* the command queue lies where nothing is */
    uint32_t command_control; /* cqcsr and fqcsr as last written, errors aside */
    uint32_t fault_control;
    uint32_t wrote; /* the status register that the last operation wrote, and what */
    uint32_t written;
    unsigned fences;
};

/* --------------------------------------------------------------------------- comparing --- */

/* What was stored by fences and messages. */
static bool compare_stores(struct queues *q)
{
    struct workbench *b = q->b;
    struct deviation_set used = {{0}};
    uint64_t address = rig_first_difference(b->rig, FENCE_PAGE, PAGE);
    uint64_t mask = 0;
    b->tally->comparisons++;
    if (address == 0)
        return true;
    struct difference difference = {.what = address < MESSAGES ? "fence" : "message"};
    for (int side = 0; side < SIDES; side++)
        difference.value[side] = rig_load(b->rig, side, address & ~(uint64_t)3, 4);
    if (address >= MESSAGES) {
        uint32_t vector = (uint32_t)(address - MESSAGES) / 16;
        iommu_mmio_read(b->rig->model, IOMMU_REG_MSI_VEC_CTL(vector), 4, &mask);
    }
    difference.masked = mask != 0;
    if (deviations_explain(&difference, &used)) {
        b->tally->explained++;
        deviations_count(&used);
    } else {
        workbench_fail(
            b, "a store at 0x%" PRIx64 ": 0x%" PRIx64 " in QEMU, 0x%" PRIx64 " in the model",
            address, difference.value[QEMU], difference.value[MODEL]);
    }
    return false;
}

/* @return true if all is the same on both sides */
static bool compare(struct queues *q)
{
    static const struct {
        const char *name;
        uint32_t offset;
    } registers[] = {
        {"cqh", IOMMU_REG_CQH},   {"cqt", IOMMU_REG_CQT},     {"fqh", IOMMU_REG_FQH},
        {"fqt", IOMMU_REG_FQT},   {"cqcsr", IOMMU_REG_CQCSR}, {"fqcsr", IOMMU_REG_FQCSR},
        {"ipsr", IOMMU_REG_IPSR}, {"icvec", IOMMU_REG_ICVEC}, {"fctl", IOMMU_REG_FCTL},
    };
    bool same = true;
    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
        uint32_t written = UINT32_MAX;
        if (q->wrote == registers[i].offset)
            written = q->written;
        same &= workbench_compare(q->b, registers[i].name, registers[i].offset, written);
    }
    q->wrote = 0;
    same = same && compare_stores(q);
    for (int side = 0; side < SIDES; side++) /* so that a second store would be seen */
        memset(rig_host(q->b->rig, side, FENCE_PAGE), 0, PAGE);
    return same;
}

/* Write a register that has bits which are cleared by writing 1. */
static void write_status(struct queues *q, uint32_t offset, uint32_t value)
{
    q->wrote = offset;
    q->written = value;
    rig_write(q->b->rig, offset, 4, value);
}

/* ---------------------------------------------------------------------------- commands --- */

/* Process commands from the queue on both sides; each has to stop where it should. */
static bool judge_commands(struct queues *q, const struct command *list, unsigned count,
                           uint32_t head)
{
    struct workbench *b = q->b;
    struct deviation_set used = {{0}};
    struct command_outcome expected[SIDES];
    uint64_t cqh[SIDES], cqcsr[SIDES];
    const uint32_t errors = IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_CQMF_MASK |
                            IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_FENCE_W_IP_MASK;
    commands_expect(list, count, q->wired, b->rig->capabilities, &expected[MODEL]);
    deviations_commands(list, count, b->rig->capabilities, &expected[QEMU], &used);
    rig_read(b->rig, IOMMU_REG_CQH, 4, cqh);
    rig_read(b->rig, IOMMU_REG_CQCSR, 4, cqcsr);
    b->tally->comparisons += count;
    b->tally->commands += count;
    for (int side = MODEL; side >= QEMU; side--) {
        uint32_t done = ((uint32_t)cqh[side] - head) & (q->entries - 1);
        uint32_t stopped = (uint32_t)cqcsr[side] & errors;
        const struct command_outcome *e = &expected[MODEL];
        bool as_specified = done == e->done && stopped == e->errors;
        if (as_specified)
            continue;
        e = &expected[QEMU];
        if (side == QEMU && done == e->done && stopped == e->errors) {
            b->tally->explained++;
            deviations_count(&used);
            rig_make_equal(b->rig, FENCE_PAGE, PAGE);
            return false;
        }
        workbench_fail(b, "%s has done %u of %u commands, errors 0x%x, and not %u, errors 0x%x",
                       side == QEMU ? "QEMU" : "the model", done, count, stopped,
                       expected[MODEL].done, expected[MODEL].errors);
        for (unsigned i = 0; i < count; i++)
            printf("  %u: 0x%016" PRIx64 " 0x%016" PRIx64 "\n", i, list[i].word[0],
                   list[i].word[1]);
        return false;
    }
    return true;
}

static void put_command(struct queues *q, const struct command *command)
{
    for (unsigned i = 0; i < 2; i++)
        rig_store(q->b->rig, COMMAND_QUEUE + q->tail * 16 + 8 * i, 8, command->word[i]);
    q->tail = (q->tail + 1) & (q->entries - 1);
}

static bool operate_commands(struct queues *q)
{
    struct workbench *b = q->b;
    struct command list[6];
    uint64_t cqh[SIDES], cqcsr[SIDES];
    rig_read(b->rig, IOMMU_REG_CQH, 4, cqh);
    rig_read(b->rig, IOMMU_REG_CQCSR, 4, cqcsr);
    uint32_t waiting = (q->tail - (uint32_t)cqh[MODEL]) & (q->entries - 1);
    uint32_t errors = IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK;
    if (waiting != 0 || q->hole || (cqcsr[MODEL] & errors) != 0 ||
        (cqcsr[MODEL] & IOMMU_CQCSR_CQON_MASK) == 0)
        return true;
    unsigned count = 1 + draw_below(&b->draw, 5);
    count = count < q->entries ? count : q->entries - 1;
    for (unsigned i = 0; i < count; i++) {
        uint64_t slot = FENCE_PAGE + 8 * (q->fences++ % 128);
        command_draw(&b->draw, b->rig->capabilities, q->wired, slot, &list[i]);
        put_command(q, &list[i]);
    }
    rig_write(b->rig, IOMMU_REG_CQT, 4, q->tail);
    rig_complete_invalidations(b->rig);
    return judge_commands(q, list, count, (uint32_t)cqh[MODEL]);
}

/* Software's answer to an error: replace the command, clear the bits, go on. */
static bool operate_recovery(struct queues *q)
{
    struct workbench *b = q->b;
    const struct command fence = {{IOMMU_OPCODE_IOFENCE, 0}};
    uint64_t cqh[SIDES], cqcsr[SIDES];
    uint32_t tail = q->tail;
    rig_read(b->rig, IOMMU_REG_CQH, 4, cqh);
    rig_read(b->rig, IOMMU_REG_CQCSR, 4, cqcsr);
    uint32_t bits = (uint32_t)cqcsr[MODEL] & (IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_CQMF_MASK |
                                              IOMMU_CQCSR_FENCE_W_IP_MASK);
    if ((bits & ~IOMMU_CQCSR_FENCE_W_IP_MASK) != 0) /* all that is left becomes harmless */
        for (q->tail = (uint32_t)cqh[MODEL]; q->tail != tail;)
            put_command(q, &fence);
    write_status(q, IOMMU_REG_CQCSR, q->command_control | bits);
    rig_write(b->rig, IOMMU_REG_CQT, 4, q->tail); /* QEMU looks again only then */
    return true;
}

/* Software forgets to clear the bits: nothing happens, whatever waits. */
static void operate_restart(struct queues *q)
{
    struct rig *rig = q->b->rig;
    const struct command fence = {{IOMMU_OPCODE_IOFENCE, 0}};
    uint64_t cqh[SIDES], cqcsr[SIDES];
    uint32_t tail = q->tail;
    rig_read(rig, IOMMU_REG_CQH, 4, cqh);
    rig_read(rig, IOMMU_REG_CQCSR, 4, cqcsr);
    if ((cqcsr[MODEL] & (IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_CQMF_MASK)) == 0)
        return;
    for (q->tail = (uint32_t)cqh[MODEL]; q->tail != tail;)
        put_command(q, &fence);
    rig_write(rig, IOMMU_REG_CQT, 4, q->tail);
}

/* ------------------------------------------------------------------------------ faults --- */

static void operate_faults(struct queues *q)
{
    struct rig *rig = q->b->rig;
    unsigned count = 1 + draw_below(&q->b->draw, 3);
    for (unsigned i = 0; i < count; i++) { /* no scene has this device */
        uint64_t control = IOMMU_TR_REQ_CTL_GO_BUSY_MASK | IOMMU_TR_REQ_CTL_NW_MASK |
                           IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, 0xffffff);
        rig_write(rig, IOMMU_REG_TR_REQ_IOVA, 8, (uint64_t)i << 12);
        rig_write(rig, IOMMU_REG_TR_REQ_CTL, 8, control);
    }
}

static void operate_fault_head(struct queues *q)
{
    uint64_t fqt[SIDES];
    rig_read(q->b->rig, IOMMU_REG_FQT, 4, fqt);
    uint32_t waiting = ((uint32_t)fqt[MODEL] - q->fault_head) & (q->fault_entries - 1);
    q->fault_head = (q->fault_head + draw_below(&q->b->draw, waiting + 1)) & (q->fault_entries - 1);
    rig_write(q->b->rig, IOMMU_REG_FQH, 4, q->fault_head);
}

static void operate_fault_recovery(struct queues *q)
{
    write_status(q, IOMMU_REG_FQCSR,
                 q->fault_control | IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK);
}

/* ------------------------------------------------------------------------------ set-up --- */

static uint64_t base_register(uint64_t address, unsigned log2)
{
    return IOMMU_PREP(IOMMU_CQB_PPN, address >> 12) | IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, log2 - 1);
}

static void start_commands(struct queues *q)
{
    struct draw *d = &q->b->draw;
    unsigned log2 = 1 + draw_below(d, 5);
    q->entries = 1u << log2;
    q->tail = 0;
    q->hole = draw_percent(d, 5);
    q->command_control = IOMMU_CQCSR_CQEN_MASK | (draw_percent(d, 50) ? IOMMU_CQCSR_CIE_MASK : 0);
    rig_write(q->b->rig, IOMMU_REG_CQCSR, 4, 0);
    rig_write(q->b->rig, IOMMU_REG_CQB, 8, base_register(q->hole ? HOLE : COMMAND_QUEUE, log2));
    rig_write(q->b->rig, IOMMU_REG_CQT, 4, 0);
    rig_write(q->b->rig, IOMMU_REG_CQCSR, 4, q->command_control);
    if (q->hole) { /* fetching a command is a memory fault */
        q->tail = 1;
        rig_write(q->b->rig, IOMMU_REG_CQT, 4, q->tail);
    }
}

static void start_faults(struct queues *q)
{
    struct draw *d = &q->b->draw;
    unsigned log2 = 1 + draw_below(d, 3);
    q->fault_entries = 1u << log2;
    q->fault_head = 0;
    q->fault_control = IOMMU_FQCSR_FQEN_MASK | (draw_percent(d, 50) ? IOMMU_FQCSR_FIE_MASK : 0);
    rig_write(q->b->rig, IOMMU_REG_FQCSR, 4, 0);
    rig_write(q->b->rig, IOMMU_REG_FQB, 8,
              base_register(draw_percent(d, 10) ? HOLE : FAULT_QUEUE, log2));
    rig_write(q->b->rig, IOMMU_REG_FQH, 4, 0);
    rig_write(q->b->rig, IOMMU_REG_FQCSR, 4, q->fault_control);
}

/* Messages of the platform device go to memory. QEMU's PCI device sends its messages the
 * way of MSI-X, which is off: there, all vectors are masked. */
static void start_interrupts(struct queues *q)
{
    struct rig *rig = q->b->rig;
    struct draw *d = &q->b->draw;
    rig_write(rig, IOMMU_REG_ICVEC, 8, draw_word(d) & 0x3333);
    for (unsigned i = 0; i < VECTORS; i++) {
        bool masked = rig->setup->pci || draw_percent(d, 10);
        rig_write(rig, IOMMU_REG_MSI_ADDR(i), 8, MESSAGES + 16 * i);
        rig_write(rig, IOMMU_REG_MSI_DATA(i), 4, draw_bits(d, 31) + 1);
        rig_write(rig, IOMMU_REG_MSI_VEC_CTL(i), 4, masked);
    }
}

static void operate_enables(struct queues *q)
{
    struct draw *d = &q->b->draw;
    if (draw_percent(d, 50)) {
        q->command_control ^= IOMMU_CQCSR_CIE_MASK;
        write_status(q, IOMMU_REG_CQCSR, q->command_control);
    } else {
        q->fault_control ^= IOMMU_FQCSR_FIE_MASK;
        write_status(q, IOMMU_REG_FQCSR, q->fault_control);
    }
}

static void operate_pending(struct queues *q)
{
    write_status(q, IOMMU_REG_IPSR, 1 + draw_below(&q->b->draw, 15));
}

/* --------------------------------------------------------------------------- the round --- */

static bool operate(struct queues *q)
{
    uint32_t kind = draw_below(&q->b->draw, 100);
    if (kind < 40)
        return operate_commands(q);
    if (kind < 50)
        return operate_recovery(q);
    if (kind < 55)
        operate_restart(q);
    else if (kind < 70)
        operate_faults(q);
    else if (kind < 78)
        operate_fault_head(q);
    else if (kind < 83)
        operate_fault_recovery(q);
    else if (kind < 88)
        operate_pending(q);
    else if (kind < 92)
        operate_enables(q);
    else if (kind < 96)
        start_commands(q);
    else
        start_faults(q);
    return true;
}

void queue_round(struct workbench *b)
{
    struct queues q = {.b = b};
    struct rig *rig = b->rig;
    workbench_start(b, NATURE_LEGAL);
    rig_write(rig, IOMMU_REG_CQCSR, 4, 0);
    rig_write(rig, IOMMU_REG_FQCSR, 4, 0);
    rig_write(rig, IOMMU_REG_IPSR, 4, 0xf);
    if (IOMMU_GET(rig->capabilities, IOMMU_CAPABILITIES_IGS) == IOMMU_IGS_BOTH) {
        uint64_t ddtp[SIDES]; /* fctl may be written only while nothing is on */
        rig_read(rig, IOMMU_REG_DDTP, 8, ddtp);
        q.wired = draw_percent(&b->draw, 50);
        rig_write(rig, IOMMU_REG_DDTP, 8, 0);
        rig_write(rig, IOMMU_REG_FCTL, 4, q.wired ? IOMMU_FCTL_WSI_MASK : 0);
        rig_write(rig, IOMMU_REG_DDTP, 8, ddtp[MODEL]);
    }
    qtest_flush(rig->qemu);
    for (int side = 0; side < SIDES; side++)
        memset(rig_host(rig, side, FENCE_PAGE), 0, PAGE);
    start_interrupts(&q);
    start_commands(&q);
    start_faults(&q);
    bool same = compare(&q);
    for (unsigned i = 0; i < OPERATIONS && same; i++) {
        same = operate(&q);
        if (same)
            same = compare(&q);
    }
    rig_write(rig, IOMMU_REG_CQCSR, 4, 0);
    rig_write(rig, IOMMU_REG_FQCSR, 4, 0);
    rig_write(rig, IOMMU_REG_DDTP, 8, 0);
    rig_write(rig, IOMMU_REG_FCTL, 4, 0);
    rig_write(rig, IOMMU_REG_IPSR, 4, 0xf);
    for (unsigned i = 0; i < VECTORS; i++) /* messages that wait are sent now */
        rig_write(rig, IOMMU_REG_MSI_VEC_CTL(i), 4, rig->setup->pci);
}
