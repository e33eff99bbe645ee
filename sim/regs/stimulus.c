/* SPDX-License-Identifier: Apache-2.0 */
/* Random operations: accesses, events, and sequences that make states which chance would not. */
#include "bench.h"

#define PAGE_BYTES 4096u
#define OVERFLOW_MARGIN 600u /* cycles that an access takes at most */

static uint64_t any_value(struct bench *bench, uint16_t offset)
{
    uint64_t value = 0;

    switch (random_below(bench, 6)) {
    case 0:
        return 0;
    case 1:
        return ~0ull;
    case 2:
        return random64(bench) & random64(bench) & random64(bench);
    case 3: /* a bit or two of what is there */
        iommu_mmio_read(bench->model, offset & ~7u, 8, &value);
        return value ^ 1ull << random_below(bench, 64) ^ 1ull << random_below(bench, 64);
    default:
        return random64(bench);
    }
}

static uint64_t random_selector(struct bench *bench)
{
    uint64_t value = random64(bench);

    value &= ~IOMMU_IOHPMEVT_EVENTID_MASK;
    if (!one_in(bench, 4))
        value &= ~IOMMU_IOHPMEVT_OF_MASK;
    value |=
        one_in(bench, 8) ? random64(bench) & IOMMU_IOHPMEVT_EVENTID_MASK : random_below(bench, 10);
    if (one_in(bench, 2)) /* a DID_GSCID with ones at its low end */
        value |= (random64(bench) & ((1ull << random_below(bench, 26)) - 1)) << 36 | 1ull << 36;
    if (one_in(bench, 2))
        value |= ((1ull << random_below(bench, 25)) - 1) << 36;
    if (one_in(bench, 4)) /* what process_id is where there is none */
        value &= ~IOMMU_IOHPMEVT_PID_PSCID_MASK;
    if (one_in(bench, 2)) /* a GSCID has 16 bits */
        value &= ~(0xffull << 52);
    return value;
}

/** A value that does something in the register there. */
static uint64_t useful_value(struct bench *bench, uint16_t offset)
{
    uint16_t slot = offset & 0xff8u;

    if (slot == IOMMU_REG_DDTP)
        return (random64(bench) & ~0xfull) | random_below(bench, one_in(bench, 3) ? 16 : 5);
    if (slot == IOMMU_REG_CQB || slot == IOMMU_REG_FQB || slot == IOMMU_REG_PQB)
        return (random64(bench) & ~0x1full) | random_below(bench, one_in(bench, 4) ? 32 : 3);
    if (slot == IOMMU_REG_CQH || slot == IOMMU_REG_FQH || slot == IOMMU_REG_PQH)
        return (uint64_t)random_below(bench, 8) << 32 | random_below(bench, 8);
    if (slot == IOMMU_REG_CQCSR || slot == IOMMU_REG_PQCSR)
        return random64(bench) | (one_in(bench, 3) ? 0 : 0x100000001ull) |
               (one_in(bench, 2) ? 0 : 0x200000002ull);
    if (slot == IOMMU_REG_IOCOUNTOVF)
        return random64(bench) & random64(bench) & random64(bench) & ~(1ull << 32);
    if (slot == IOMMU_REG_IOHPMCYCLES)
        return (one_in(bench, 4) ? 1ull << 63 : 0) | ((~0ull >> 1) - random_below(bench, 1500));
    if (slot >= IOMMU_REG_IOHPMCTR(1) && slot < IOMMU_REG_IOHPMEVT(1))
        return ~0ull - random_below(bench, 200);
    if (slot >= IOMMU_REG_IOHPMEVT(1) && slot < IOMMU_REG_TR_REQ_IOVA)
        return random_selector(bench);
    return any_value(bench, offset);
}

static uint16_t random_offset(struct bench *bench)
{
    unsigned counters = bench->model->config.hpm_counters;

    switch (random_below(bench, 10)) {
    case 0: /* anywhere */
        return (uint16_t)random_below(bench, PAGE_BYTES);
    case 1:
        return (uint16_t)(IOMMU_REG_MSI_ADDR(0) + 4 * random_below(bench, 64));
    case 2:
        return (uint16_t)(IOMMU_REG_TR_REQ_IOVA + 4 * random_below(bench, 8));
    case 3:
        return (uint16_t)(IOMMU_REG_ICVEC + 4 * random_below(bench, 2));
    case 4:
        return (uint16_t)(IOMMU_REG_IOHPMCTR(1) + 4 * random_below(bench, 2 * counters + 4));
    case 5:
        return (uint16_t)(IOMMU_REG_IOHPMEVT(1) + 4 * random_below(bench, 2 * counters + 4));
    default: /* fctl to iohpmcycles */
        return (uint16_t)(8 + 4 * random_below(bench, 24));
    }
}

/**
 * With fctl.WSI, a vector that holds a message back stays masked: whether unmasking it sends
 * the message then is a matter in which the model is not followed.
 */
static uint64_t keep_masked(const struct bench *bench, uint16_t offset, uint64_t value)
{
    bool table = offset >= IOMMU_REG_MSI_ADDR(0) && offset < IOMMU_REG_MSI_ADDR(16);

    if (table && (offset & 8) != 0 && (bench->model->fctl & IOMMU_FCTL_WSI_MASK) != 0)
        value |= dut_data_width() == 64 ? 1ull << 32 : (offset & 4) != 0 ? 1 : 0;
    return value;
}

static uint8_t random_strobes(struct bench *bench)
{
    static const uint8_t whole[] = {0xff, 0x0f, 0xf0};

    if (dut_data_width() == 32)
        return one_in(bench, 12) ? random_below(bench, 16) & 0xf : 0xf;
    return one_in(bench, 12) ? (uint8_t)random_below(bench, 256) : whole[random_below(bench, 3)];
}

static void random_write(struct bench *bench)
{
    uint16_t offset = random_offset(bench);
    uint64_t value = one_in(bench, 3) ? any_value(bench, offset) : useful_value(bench, offset);

    if (dut_data_width() == 32 && (offset & 4) != 0)
        value >>= 32;
    launch_write(bench, offset, keep_masked(bench, offset, value), random_strobes(bench));
}

/** iohpmcycles is about to overflow, which sends a message at a moment that matters. */
static bool overflow_soon(const struct bench *bench)
{
    const struct iommu *model = bench->model;
    uint64_t left = (~0ull >> 1) - model->hpm_counter[0];

    return model->config.hpm_counters != 0 && (model->iocountinh & 1) == 0 &&
           left < OVERFLOW_MARGIN;
}

static enum event random_event(struct bench *bench)
{
    if (one_in(bench, 3))
        return one_in(bench, 2) ? EVENT_COMMAND : EVENT_FAULT;
    return (enum event)(1 + random_below(bench, EVENTS - 1));
}

/**
 * Accesses with events in between and at the same time, as many as the bus takes. With
 * messages all is done one after the other, since it is not told how long a message takes.
 */
static void random_traffic(struct bench *bench)
{
    bool wires = (bench->model->fctl & IOMMU_FCTL_WSI_MASK) != 0;
    unsigned count = 1 + random_below(bench, 12);

    settle(bench);
    while (count-- > 0 && bench->failures == 0) {
        struct axil *axil = &bench->axil;

        if (!wires) {
            settle(bench);
            while (overflow_soon(bench))
                tick(bench);
            settle(bench);
        }
        if (one_in(bench, 2) && !axil->arvalid && axil->reads < OUTSTANDING)
            launch_read(bench, random_offset(bench));
        else if (!axil->awvalid && !axil->wvalid && axil->writes < OUTSTANDING)
            random_write(bench);
        /* fctl changes the rules: stop when it might. */
        if (axil->writes > 0 && axil->awaddr / 8 == IOMMU_REG_FCTL / 8)
            break;
        if (wires && one_in(bench, 2))
            bench->event = random_event(bench);
        ticks(bench, random_below(bench, 6));
    }
    bench->event = EVENT_NONE;
    settle(bench);
}

static void random_events(struct bench *bench)
{
    unsigned count = 1 + random_below(bench, 8);
    bool burst = one_in(bench, 2); /* faster than messages leave */

    settle(bench);
    while (count-- > 0) {
        if (!burst)
            settle(bench);
        if (bench->event == EVENT_NONE)
            bench->event = random_event(bench);
        tick(bench);
    }
    settle(bench);
}

/**
 * Events of the performance monitor. Meanwhile, registers are read that have none of it; the
 * fault queue's may, since the overflow's message may meet a fault.
 */
static void random_counting(struct bench *bench)
{
    unsigned count = 1 + random_below(bench, 300);

    settle(bench);
    bench->hpm_events = true;
    bench->hpm_flood = one_in(bench, 4);
    while (count-- > 0) {
        if (!bench->axil.arvalid && bench->axil.reads < OUTSTANDING)
            launch_read(bench, (uint16_t)random_below(bench, IOMMU_REG_FQB));
        tick(bench);
    }
    bench->hpm_events = bench->hpm_flood = false;
    settle(bench);
}

/** All off, a write of fctl, and on again. */
static void random_reconfiguration(struct bench *bench)
{
    write_register(bench, IOMMU_REG_CQCSR, 8, 0);
    write_register(bench, IOMMU_REG_PQCSR, 4, 0);
    write_register(bench, IOMMU_REG_DDTP, 4, IOMMU_DDTP_MODE_OFF);
    write_register(bench, IOMMU_REG_FCTL, 4, random64(bench));
    write_register(bench, IOMMU_REG_ICVEC, 4, one_in(bench, 3) ? 0 : random64(bench));
    if (one_in(bench, 2)) {
        write_register(bench, IOMMU_REG_CQB, 8, useful_value(bench, IOMMU_REG_CQB));
        write_register(bench, IOMMU_REG_FQB, 8, useful_value(bench, IOMMU_REG_FQB));
        write_register(bench, IOMMU_REG_PQB, 8, useful_value(bench, IOMMU_REG_PQB));
    }
    write_register(bench, IOMMU_REG_CQCSR, 8, 0x300000003ull);
    write_register(bench, IOMMU_REG_PQCSR, 4, 3);
    write_register(bench, IOMMU_REG_CQT, 4, random64(bench));
}

void sweep(struct bench *bench)
{
    settle(bench);
    while (overflow_soon(bench))
        tick(bench);
    for (unsigned offset = 0; offset < PAGE_BYTES; offset += offset < 0x410 ? 8 : 0x100)
        read_register(bench, (uint16_t)offset);
}

void random_operation(struct bench *bench)
{
    unsigned choice = random_below(bench, 100);

    if (choice < 60)
        random_traffic(bench);
    else if (choice < 85)
        random_events(bench);
    else if (choice < 92)
        random_counting(bench);
    else if (choice < 99)
        random_reconfiguration(bench);
    else
        sweep(bench);
}
