/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of both, commands, fences. */
#include <inttypes.h>

#include "directed.h"

#define FQ_LOG2 7u
#define PATIENCE 50000u

uint64_t command_queue, messages;
static uint64_t fences;
static uint32_t tail, fence_number;
static uint64_t last_read;
static bool read_done;

/* --- registers ----------------------------------------------------------------------------------
 */

static void wait_for_registers(void)
{
    uint64_t limit = bench.cycle + PATIENCE;

    while (!csr_idle() && !bench.failed) {
        bench_cycle();
        if (bench.cycle > limit)
            fail("a register access does not end");
    }
}

void set_register(uint32_t offset, uint32_t size, uint64_t value)
{
    csr_write(offset, size, value, NULL);
    iommu_mmio_write(model, offset, size, value);
    wait_for_registers();
}

static void remember_read(uint64_t value)
{
    last_read = value;
    read_done = true;
}

uint64_t get_register(uint32_t offset)
{
    read_done = false;
    csr_read(offset & ~7u, remember_read);
    while (!read_done && !bench.failed)
        bench_cycle();
    return last_read >> (8 * (offset & 4));
}

void wait_cycles(unsigned cycles)
{
    while (cycles-- > 0 && !bench.failed)
        bench_cycle();
}

void wait_idle(void)
{
    uint64_t since = bench.cycle, limit = bench.cycle + PATIENCE;

    while (bench.cycle - since < 100 && !bench.failed) {
        if (!csr_idle() || !memport_idle() || flight_count() != 0)
            since = bench.cycle;
        if (bench.cycle > limit)
            fail("there is no rest");
        bench_cycle();
    }
}

void compare_registers(void)
{
    for (uint32_t slot = 0; slot < 0x400 && !bench.failed; slot += 8) {
        uint64_t value = get_register(slot), expected;

        iommu_mmio_read(model, slot, 8, &expected);
        counts.registers++;
        if (value != expected && slot != IOMMU_REG_IOHPMCYCLES)
            fail("the registers at %x are %016" PRIx64 ", the model's %016" PRIx64, slot, value,
                 expected);
    }
}

/* --- commands -----------------------------------------------------------------------------------
 */

void give_command(uint64_t low, uint64_t high)
{
    image_put(command_queue + tail * 16ull, 8, false, low);
    image_put(command_queue + tail * 16ull + 8, 8, false, high);
    tail = (tail + 1) & ((1u << CQ_LOG2) - 1);
}

void ring_commands(void)
{
    for (uint32_t i = model->cq.tail; i != tail; i = (i + 1) & ((1u << CQ_LOG2) - 1))
        command_times[i] = (struct command_times){++model->history->time, bench.cycle};
    csr_write(IOMMU_REG_CQT, 4, tail, NULL);
    iommu_mmio_write(model, IOMMU_REG_CQT, 4, tail);
}

void give_fence(void)
{
    fence_number++;
    give_command(IOMMU_OPCODE_IOFENCE | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOFENCE_C) |
                     IOMMU_CMD_IOFENCE_AV_MASK | IOMMU_CMD_IOFENCE_PR_MASK |
                     IOMMU_CMD_IOFENCE_PW_MASK |
                     IOMMU_PREP(IOMMU_CMD_IOFENCE_DATA, (uint64_t)fence_number),
                 IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, fences >> 2));
}

void begin_fence(void)
{
    give_fence();
    ring_commands();
}

bool fence_done(void)
{
    return image_word(fences, 4, false) == fence_number;
}

void finish_fence(void)
{
    uint64_t limit = bench.cycle + PATIENCE;

    while (!fence_done() && !bench.failed) {
        bench_cycle();
        if (bench.cycle > limit)
            fail("the fence does not end");
    }
}

void fence(void)
{
    begin_fence();
    finish_fence();
}

/* --- rest ---------------------------------------------------------------------------------------
 */

bool quiesced(void)
{
    unsigned cycles = 0;

    bench.in.quiesce_req = 1;
    while (!bench.out.quiesce_ack && cycles++ < 3000 && !bench.failed)
        bench_cycle();
    return bench.out.quiesce_ack;
}

void let_go(void)
{
    bench.in.quiesce_req = 0;
    wait_cycles(20);
    CHECK(!bench.out.quiesce_ack);
}

/** For the checker: is the next record too many? No test gives so many. */
bool fault_queue_full_for_design(void)
{
    return false;
}

void queues_off(void)
{
    set_register(IOMMU_REG_FQCSR, 4, 0);
    set_register(IOMMU_REG_CQCSR, 4, 0);
    wait_idle();
}

void queues_on(void)
{
    tail = 0;
    set_register(IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK);
    set_register(IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK);
    wait_idle();
}

void software_begin(void)
{
    uint64_t fq = new_table(1);

    fence_number = 0;
    command_queue = new_table(1);
    fences = new_table(1);
    messages = new_table(1);
    set_register(IOMMU_REG_CQB, 8, command_queue >> 12 << 10 | (CQ_LOG2 - 1));
    set_register(IOMMU_REG_FQB, 8, fq >> 12 << 10 | (FQ_LOG2 - 1));
    queues_on();
}
