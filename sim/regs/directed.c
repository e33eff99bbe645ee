/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what random operations do not reach, or reach too seldom. */
#include "bench.h"

static void expect(struct bench *bench, const char *what, uint64_t got, uint64_t expected)
{
    if (got != expected)
        fail(bench, what, got, expected);
}

/** After reset every register reads what the model says, also while memories are cleared. */
static void reset_values(struct bench *bench)
{
    launch_read(bench, IOMMU_REG_MSI_ADDR(0));
    while (!axil_idle(bench))
        tick(bench);
    sweep(bench);
}

/** Every bit of the page written 1, then 0, in whole slots and in halves. */
static void all_bits(struct bench *bench)
{
    static const uint64_t patterns[] = {~0ull, 0, 0xaaaaaaaaaaaaaaaaull, 0x5555555555555555ull};

    write_register(bench, IOMMU_REG_IOCOUNTINH, 4, 0xffffffff);
    for (unsigned i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        for (uint16_t offset = 0; offset < 0x400; offset = (uint16_t)(offset + 8)) {
            write_register(bench, offset, 8, patterns[i] | (offset == 0x58 ? ~0ull << 32 : 0));
            read_register(bench, offset);
        }
        write_register(bench, IOMMU_REG_DDTP, 8, 0);
        write_register(bench, IOMMU_REG_CQCSR, 8, 0);
        write_register(bench, IOMMU_REG_PQCSR, 8, 0);
        sweep(bench);
    }
}

/**
 * Counters with events from everywhere in every cycle, for many rounds: none is lost. The
 * second time OF is set already, so that no interrupt comes.
 */
static void event_flood(struct bench *bench)
{
    unsigned counters = bench->model->config.hpm_counters;

    if (counters == 0)
        return;
    for (unsigned i = 1; i <= counters; i++)
        write_register(bench, (uint16_t)IOMMU_REG_IOHPMEVT(i), 8, 1 + i % 8);
    for (unsigned time = 0; time < 2; time++) {
        for (unsigned i = 1; i <= counters; i++)
            write_register(bench, (uint16_t)IOMMU_REG_IOHPMCTR(i), 8, ~0ull - 10 * i);
        write_register(bench, IOMMU_REG_IPSR, 4, IOMMU_IPSR_PMIP_MASK);
        settle(bench);
        bench->hpm_events = bench->hpm_flood = true;
        ticks(bench, 3000);
        bench->hpm_events = bench->hpm_flood = false;
        sweep(bench);
    }
}

/* --- not in lockstep: the model is never busy, so that only the design runs here --------- */

static void step(struct bench *bench, unsigned cycles)
{
    while (cycles-- > 0) {
        dut_settle(bench->dut, &bench->in, &bench->out);
        dut_edge(bench->dut);
    }
    dut_settle(bench->dut, &bench->in, &bench->out);
}

static void bare_write(struct bench *bench, uint16_t address, uint32_t value)
{
    struct dut_in *in = &bench->in;

    in->bready = true;
    in->awvalid = in->wvalid = true;
    in->awaddr = address;
    in->wdata = (uint64_t)value << 32 | value;
    in->wstrb = dut_data_width() == 32 ? 0xf : (address & 4) != 0 ? 0xf0 : 0x0f;
    step(bench, 1);
    in->awvalid = in->wvalid = false;
    step(bench, 10);
}

static uint32_t bare_read(struct bench *bench, uint16_t address)
{
    struct dut_in *in = &bench->in;
    uint64_t value;

    in->rready = false;
    in->arvalid = true;
    in->araddr = address;
    step(bench, 1);
    in->arvalid = false;
    step(bench, 10);
    expect(bench, "RVALID", bench->out.rvalid, 1);
    value = bench->out.rdata;
    in->rready = true;
    step(bench, 1);
    return (uint32_t)(dut_data_width() == 64 && (address & 4) != 0 ? value >> 32 : value);
}

/** A queue that is switched off stays on, and busy, until its unit is idle. */
static void busy_queues(struct bench *bench)
{
    uint8_t *unit = &bench->in.queue[FAULT_QUEUE];
    const uint8_t *flags = &bench->out.queue_flags[FAULT_QUEUE];

    write_register(bench, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK);
    *unit = 0;
    bare_write(bench, IOMMU_REG_FQCSR, 0);
    expect(bench, "queue switched off while busy", *flags & (QUEUE_ENABLE | QUEUE_ON), QUEUE_ON);
    expect(bench, "fqcsr while busy", bare_read(bench, IOMMU_REG_FQCSR),
           IOMMU_FQCSR_FQON_MASK | IOMMU_FQCSR_BUSY_MASK);
    *unit = PULSE_ADVANCE; /* what was begun is finished */
    step(bench, 1);
    *unit = 0;
    expect(bench, "fqt", bare_read(bench, IOMMU_REG_FQT), 1);
    bare_write(bench, IOMMU_REG_FQCSR, 0xffffffff); /* ignored */
    expect(bench, "queue switched on while busy", *flags & (QUEUE_ENABLE | QUEUE_ON), QUEUE_ON);
    *unit = LEVEL_IDLE;
    step(bench, 1);
    expect(bench, "queue of an idle unit", *flags & (QUEUE_ENABLE | QUEUE_ON), 0);
    expect(bench, "fqcsr", bare_read(bench, IOMMU_REG_FQCSR), 0);
}

/** ddtp and fctl while the units are still busy with ddtp. */
static void busy_ddtp(struct bench *bench)
{
    write_register(bench, IOMMU_REG_DDTP, 4, IOMMU_DDTP_MODE_OFF);
    bench->in.ddtp_busy = true;
    bare_write(bench, IOMMU_REG_DDTP, IOMMU_DDTP_MODE_BARE);
    bare_write(bench, IOMMU_REG_FCTL, ~bench->model->fctl);
    expect(bench, "ddtp written while busy", bare_read(bench, IOMMU_REG_DDTP),
           bench->model->ddtp | IOMMU_DDTP_BUSY_MASK);
    expect(bench, "fctl written while busy", bare_read(bench, IOMMU_REG_FCTL), bench->model->fctl);
    bench->in.ddtp_busy = false;
    expect(bench, "ddtp", bare_read(bench, IOMMU_REG_DDTP), bench->model->ddtp);
}

/* --- in lockstep again ------------------------------------------------------------------- */

/** What a unit reports in the cycle of the write that clears it stays set. */
static void set_and_clear(struct bench *bench)
{
    write_register(bench, IOMMU_REG_CQB, 8, 5);
    write_register(bench, IOMMU_REG_CQCSR, 4, 3);
    write_register(bench, IOMMU_REG_CQT, 4, 60);
    for (unsigned wait = 0; wait < 8; wait++) {
        settle(bench);
        launch_write(bench, IOMMU_REG_CQCSR,
                     IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK | IOMMU_CQCSR_FENCE_W_IP_MASK,
                     0x0f);
        ticks(bench, wait);
        bench->event = EVENT_COMMAND_FENCE;
        settle(bench);
        read_register(bench, IOMMU_REG_CQCSR);
        write_register(bench, IOMMU_REG_CQCSR, 4, 0x703);
        launch_write(bench, IOMMU_REG_IPSR & ~7u, dut_data_width() == 64 ? 0xfull << 32 : 0,
                     dut_data_width() == 64 ? 0xf0 : 0x0f);
        ticks(bench, wait);
        bench->event = EVENT_COMMAND_FENCE;
        settle(bench);
        read_register(bench, IOMMU_REG_IPSR & ~7u);
        write_register(bench, IOMMU_REG_CQCSR, 4, 0x703);
    }
}

/** Causes that come one after the other, faster than messages leave: each has a message. */
static void message_burst(struct bench *bench)
{
    static const enum event burst[] = {EVENT_COMMAND_ILLEGAL, EVENT_FAULT, EVENT_PAGE_REQUEST};

    for (unsigned round = 0; round < 24; round++) {
        write_register(bench, IOMMU_REG_CQCSR, 8, 0);
        write_register(bench, IOMMU_REG_PQCSR, 8, 0xfull << 32);
        write_register(bench, IOMMU_REG_FCTL, 4, 0);
        write_register(bench, IOMMU_REG_ICVEC, 4, round % 2 == 0 ? 0 : random64(bench));
        for (unsigned i = 0; i < MSI_VECTORS; i++) {
            write_register(bench, (uint16_t)IOMMU_REG_MSI_ADDR(i), 8, random64(bench));
            write_register(bench, (uint16_t)IOMMU_REG_MSI_DATA(i), 8,
                           (uint32_t)random64(bench) | (one_in(bench, 8) ? 1ull << 32 : 0));
        }
        write_register(bench, IOMMU_REG_FQB, 8, 4);
        write_register(bench, IOMMU_REG_PQB, 8, 4);
        write_register(bench, IOMMU_REG_CQB, 8, 4);
        write_register(bench, IOMMU_REG_CQCSR, 8, 0x300000003ull);
        write_register(bench, IOMMU_REG_PQCSR, 4, 3);
        write_register(bench, IOMMU_REG_CQT, 4, 5);
        for (unsigned i = 0; i < 3; i++) {
            bench->event = burst[(i + round) % 3];
            ticks(bench, 1 + random_below(bench, 3));
        }
        settle(bench);
        read_register(bench, IOMMU_REG_PQCSR);
    }
}

const struct directed directed_tests[] = {
    {"message_burst", message_burst}, {"reset_values", reset_values}, {"all_bits", all_bits},
    {"event_flood", event_flood},     {"busy_queues", busy_queues},   {"busy_ddtp", busy_ddtp},
    {"set_and_clear", set_and_clear},
};

const unsigned directed_count = sizeof(directed_tests) / sizeof(directed_tests[0]);
