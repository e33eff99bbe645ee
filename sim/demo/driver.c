/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IOMMU's driver: registers, commands and fences, the fault queue. What it writes goes to
 * the model as well; at the end, registers of both are compared.
 */
#include <inttypes.h>
#include <string.h>

#include "demo.h"

#define CQ_LOG2 8u
#define FQ_LOG2 8u /* 256 records of 32 bytes: two pages */
#define COUNTERS 8u

struct logged logged[LOGGED];
unsigned logged_count, fault_interrupts;

static struct {
    uint64_t cq, fq, fences, messages;
    uint32_t tail, fence_number;
    uint32_t fq_head, fq_head_written; /* read; and as the design has it for certain */
    bool reading, writing, rung;
    bool woken; /* the interrupt of the fault queue has come */
    /* the end */
    unsigned slot;
    bool slot_read;
    uint32_t asked_at;
    bool head_read;
} driver;

static void write_both(uint32_t offset, uint32_t size, uint64_t value)
{
    csr_write(offset, size, value, NULL);
    iommu_mmio_write(model, offset, size, value);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static void count(unsigned counter, uint64_t event, uint32_t device_id)
{
    write_both(IOMMU_REG_IOHPMEVT(counter), 8,
               event | IOMMU_IOHPMEVT_DV_GSCV_MASK |
                   IOMMU_PREP(IOMMU_IOHPMEVT_DID_GSCID, device_id));
    write_both(IOMMU_REG_IOHPMCTR(counter), 8, 0);
}

void driver_begin(void)
{
    driver.cq = image_take(1);
    driver.fq = image_take(2);
    driver.fences = image_take(1);
    driver.messages = image_take(1);
    write_both(IOMMU_REG_CQB, 8, driver.cq >> 12 << 10 | (CQ_LOG2 - 1));
    write_both(IOMMU_REG_FQB, 8, driver.fq >> 12 << 10 | (FQ_LOG2 - 1));
    /* Vector 1, a message, for the fault queue. */
    write_both(IOMMU_REG_MSI_ADDR(1), 8, driver.messages);
    write_both(IOMMU_REG_MSI_DATA(1), 4, 0x21);
    write_both(IOMMU_REG_MSI_VEC_CTL(1), 4, 0);
    write_both(IOMMU_REG_ICVEC, 8, IOMMU_PREP(IOMMU_ICVEC_FIV, 1));
    for (unsigned who = 0; who < CAST; who++) {
        count(1 + 2 * who, IOMMU_HPM_EVENT_UNTRANSLATED_REQ, device_ids[who]);
        count(2 + 2 * who, IOMMU_HPM_EVENT_TLB_MISS, device_ids[who]);
    }
    write_both(IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    write_both(IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK);
    write_both(IOMMU_REG_DDTP, 8, tables_ddtp);
}

/* --- commands
 * ------------------------------------------------------------------------------------- */

static void command(uint64_t low, uint64_t high)
{
    uint32_t next = (driver.tail + 1) & ((1u << CQ_LOG2) - 1);

    if (next == model->cq.head) {
        fail("the driver has filled its command queue");
        return;
    }
    image_put(driver.cq + driver.tail * 16ull, 8, false, low);
    image_put(driver.cq + driver.tail * 16ull + 8, 8, false, high);
    driver.tail = next;
}

static void ring(void)
{
    for (uint32_t i = model->cq.tail; i != driver.tail; i = (i + 1) & ((1u << CQ_LOG2) - 1))
        command_times[i] = (struct command_times){++model->history->time, bench.cycle};
    write_both(IOMMU_REG_CQT, 4, driver.tail);
}

void driver_invalidate(enum who who, uint64_t iova)
{
    command(IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOTINVAL_VMA) |
                IOMMU_CMD_IOTINVAL_AV_MASK | IOMMU_CMD_IOTINVAL_PSCV_MASK |
                IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, who + 1),
            IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, iova >> 12));
}

uint32_t driver_fence(void)
{
    driver.fence_number++;
    command(IOMMU_OPCODE_IOFENCE | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOFENCE_C) |
                IOMMU_CMD_IOFENCE_AV_MASK | IOMMU_CMD_IOFENCE_PR_MASK | IOMMU_CMD_IOFENCE_PW_MASK |
                IOMMU_PREP(IOMMU_CMD_IOFENCE_DATA, (uint64_t)driver.fence_number),
            IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, driver.fences >> 2));
    ring();
    return driver.fence_number;
}

bool driver_fenced(uint32_t number)
{
    return image_word(driver.fences, 4, false) >= number;
}

/* --- the fault queue
 * ---------------------------------------------------------------------------------- */

/** For the checker: is the next record too many? */
bool fault_queue_full_for_design(void)
{
    return ((model->fq.tail + 1) & ((1u << FQ_LOG2) - 1)) == driver.fq_head_written;
}

static void head_written(uint64_t value)
{
    (void)value;
    driver.writing = false;
    driver.fq_head_written = driver.fq_head;
}

static void read_record(void)
{
    uint64_t word[4];

    for (unsigned i = 0; i < 4; i++)
        word[i] = image_word(driver.fq + driver.fq_head * 32ull + i * 8, 8, false);
    if (logged_count < LOGGED) {
        logged[logged_count].read_at = bench.cycle;
        logged[logged_count++].record = (struct fault_record){
            .cause = (uint16_t)IOMMU_GET(word[0], IOMMU_FQ_CAUSE),
            .ttyp = (uint8_t)IOMMU_GET(word[0], IOMMU_FQ_TTYP),
            .pv = IOMMU_GET(word[0], IOMMU_FQ_PV) != 0,
            .priv = IOMMU_GET(word[0], IOMMU_FQ_PRIV) != 0,
            .pid = (uint32_t)IOMMU_GET(word[0], IOMMU_FQ_PID),
            .did = (uint32_t)IOMMU_GET(word[0], IOMMU_FQ_DID),
            .iotval = word[2],
            .iotval2 = word[3],
        };
    }
    driver.fq_head = (driver.fq_head + 1) & ((1u << FQ_LOG2) - 1);
}

static void tail_read(uint64_t value)
{
    uint32_t tail = (uint32_t)(value >> 32); /* fqt is beside fqh */
    uint32_t was = driver.fq_head;

    driver.reading = false;
    while (driver.fq_head != tail)
        read_record();
    if (driver.fq_head == was)
        return;
    driver.writing = true;
    csr_write(IOMMU_REG_FQH, 4, driver.fq_head, head_written);
    iommu_mmio_write(model, IOMMU_REG_FQH, 4, driver.fq_head);
}

static void drain_faults(void)
{
    if (!driver.woken && counts.msis != 0) {
        driver.woken = true;
        fault_interrupts = (unsigned)counts.msis;
    }
    if (!driver.woken || driver.reading || driver.writing || bench.cycle % 256 != 0)
        return;
    driver.reading = true;
    csr_read(IOMMU_REG_FQH, tail_read);
}

void driver_step(void)
{
    drain_faults();
}

/* --- the end
 * ---------------------------------------------------------------------------------------------- */

static void cq_head_read(uint64_t value)
{
    commands_done(driver.asked_at, (uint32_t)value & ((1u << CQ_LOG2) - 1));
    driver.head_read = true;
}

static uint64_t comparable(unsigned slot)
{
    bool counter = slot >= IOMMU_REG_IOHPMCTR(1) && slot <= IOMMU_REG_IOHPMCTR(31);

    /* Cycles and misses are the design's own. */
    if (slot == IOMMU_REG_IOHPMCYCLES || (counter && (slot - IOMMU_REG_IOHPMCTR(1)) / 8 % 2 != 0))
        return 0;
    return ~0ull;
}

static void register_read(uint64_t value)
{
    uint64_t expected;

    iommu_mmio_read(model, driver.slot, 8, &expected);
    counts.registers++;
    if (((value ^ expected) & comparable(driver.slot)) != 0)
        fail("the registers at %x are %016" PRIx64 ", the model's %016" PRIx64, driver.slot, value,
             expected);
    for (unsigned who = 0; who < CAST; who++) {
        if (driver.slot == IOMMU_REG_IOHPMCTR(1 + 2 * who))
            account[who].counted = value;
        if (driver.slot == IOMMU_REG_IOHPMCTR(2 + 2 * who))
            account[who].misses = value;
    }
    driver.slot_read = true;
}

static void wait_quiet(void)
{
    uint64_t since = bench.cycle;

    while (bench.cycle - since < 150 && !bench.failed) {
        if (!csr_idle() || !memport_idle() || flight_count() != 0)
            since = bench.cycle;
        driver_step();
        bench_cycle();
    }
}

void driver_end(void)
{
    while (bench.cycle % 256 != 1 && !bench.failed) { /* the last records */
        driver_step();
        bench_cycle();
    }
    wait_quiet();
    driver.asked_at = model->cq.head;
    csr_read(IOMMU_REG_CQH, cq_head_read);
    while (!driver.head_read && !bench.failed)
        bench_cycle();
    if (!bench.failed)
        check_quiet();
    for (driver.slot = 0; driver.slot < 0x400 && !bench.failed; driver.slot += 8) {
        driver.slot_read = false;
        csr_read(driver.slot, register_read);
        while (!driver.slot_read && !bench.failed)
            bench_cycle();
    }
}
