/* SPDX-License-Identifier: Apache-2.0 */
/* One clock cycle of design and model, and what must hold in it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define FAILURES_SHOWN 10u
#define QUIET_CYCLES 8u
#define SETTLE_CYCLES 20000u
#define WIRE_GAP 3u          /* cycles */
#define SLOT_HPM_FIRST 0x58u /* iocountovf, iocountinh */
#define SLOT_HPM_CYCLES 0x60u

void fail(struct bench *bench, const char *what, uint64_t got, uint64_t expected)
{
    bench->failures++;
    if (bench->failures <= FAILURES_SHOWN)
        printf("    cycle %" PRIu64 ": %s is %016" PRIx64 ", not %016" PRIx64 "\n", bench->cycle,
               what, got, expected);
}

static void check(struct bench *bench, const char *what, uint64_t got, uint64_t expected)
{
    if (got != expected)
        fail(bench, what, got, expected);
}

/* --- making ------------------------------------------------------------------------------ */

bool bench_create(struct bench *bench, uint64_t seed, unsigned stalls, unsigned straps)
{
    struct iommu_config config;
    struct iommu_bus bus;

    memset(bench, 0, sizeof(*bench));
    bench->random = seed * 0x9e3779b97f4a7c15ull | 1;
    bench->stalls = stalls;
    bus = units_bus(bench);
    if (!iommu_config_named(dut_config(), &config))
        return false;
    config.manual = true;
    if ((straps & 1) != 0)
        config.capabilities &= ~IOMMU_CAPABILITIES_DBG_MASK;
    if ((straps & 2) != 0)
        config.reset_mode = IOMMU_DDTP_MODE_BARE;
    bench->model = iommu_create(&config, &bus, NULL, 0);
    bench->dut = dut_create();
    bench->in.strap_debug_disable = (straps & 1) != 0;
    bench->in.strap_reset_mode = (straps & 2) != 0;
    bench->in.reset = true;
    for (unsigned i = 0; i < 3; i++) {
        dut_settle(bench->dut, &bench->in, &bench->out);
        dut_edge(bench->dut);
    }
    bench->in.reset = false;
    return bench->model != NULL;
}

void bench_destroy(struct bench *bench)
{
    iommu_destroy(bench->model);
    dut_destroy(bench->dut);
}

/* --- what must agree --------------------------------------------------------------------- */

static void check_queue(struct bench *bench, const char *name, unsigned index,
                        const struct queue *queue)
{
    const struct dut_out *out = &bench->out;
    uint64_t mask = queue_mask(queue);
    uint64_t both = mask << 32 | mask;
    uint64_t indices = (uint64_t)queue->tail << 32 | queue->head;
    uint8_t flags = 0;

    if (index == PAGE_QUEUE && !has(bench->model, IOMMU_CAPABILITIES_ATS_MASK)) {
        check(bench, name, out->queue_flags[index] | out->queue_index[index], 0);
        return;
    }
    if ((queue->csr & IOMMU_CQCSR_CQEN_MASK) != 0)
        flags |= QUEUE_ENABLE;
    if ((queue->csr & IOMMU_CQCSR_CQON_MASK) != 0)
        flags |= QUEUE_ON;
    if ((queue->csr & IOMMU_CQCSR_CQMF_MASK) != 0)
        flags |= QUEUE_FAULT | QUEUE_STOPPED;
    if (index != COMMAND_QUEUE && (queue->csr & IOMMU_FQCSR_FQOF_MASK) != 0)
        flags |= QUEUE_OVERFLOW | QUEUE_STOPPED;
    if (index == COMMAND_QUEUE &&
        (queue->csr & (IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)) != 0)
        flags |= QUEUE_STOPPED;
    /* The unit's idleness is seen a cycle after the switching off. */
    if (bench->wrote && (flags & QUEUE_ON) == 0)
        flags |= out->queue_flags[index] & QUEUE_ON;
    check(bench, name, out->queue_flags[index], flags);
    check(bench, name, out->queue_ppn[index], IOMMU_GET(queue->base, IOMMU_CQB_PPN));
    check(bench, name, out->queue_mask[index], mask);
    /* A cycle after a queue has become smaller, software's index follows. */
    check(bench, name, out->queue_index[index] & both, indices & both);
}

static void check_debug(struct bench *bench)
{
    const struct iommu *model = bench->model;
    const struct dut_out *out = &bench->out;
    uint64_t control = model->tr_req_ctl;
    uint64_t identity = IOMMU_GET(control, IOMMU_TR_REQ_CTL_DID);
    uint64_t access = (control & IOMMU_TR_REQ_CTL_EXE_MASK) != 0  ? IOMMU_EXECUTE
                      : (control & IOMMU_TR_REQ_CTL_NW_MASK) != 0 ? IOMMU_READ
                                                                  : IOMMU_WRITE;

    if ((control & IOMMU_TR_REQ_CTL_PV_MASK) != 0)
        identity |= IOMMU_GET(control, IOMMU_TR_REQ_CTL_PID) << 24 | 1ull << 44 |
                    IOMMU_GET(control, IOMMU_TR_REQ_CTL_PRIV) << 45;
    check(bench, "debug go", out->debug_go, IOMMU_GET(control, IOMMU_TR_REQ_CTL_GO_BUSY));
    check(bench, "debug iova", out->debug_iova, model->tr_req_iova);
    check(bench, "debug identity", out->debug_identity, identity | access << 62);
}

static void check_wires(struct bench *bench)
{
    uint32_t same = ~(bench->wires[1] ^ bench->wires[2]);

    /* One cycle late; two when it was a register write that let the interrupt through. Such a
     * write that also clears ipsr lets the wire go for a cycle. */
    if (bench->wire_gap > 0)
        bench->wire_gap--;
    else if (bench->hpm_quiet == 0 && bench->cycle > 3 &&
             ((bench->out.wires ^ bench->wires[1]) & same) != 0)
        fail(bench, "wires", bench->out.wires, bench->wires[1]);
}

static void check_state(struct bench *bench)
{
    const struct iommu *model = bench->model;

    check(bench, "fctl", bench->out.fctl, model->fctl);
    check(bench, "ddtp", bench->out.ddtp, model->ddtp);
    check(bench, "iommu_qosid", bench->out.qosid, model->qosid);
    check(bench, "flush", bench->out.flush, bench->flush_expected);
    check_queue(bench, "command queue", COMMAND_QUEUE, &model->cq);
    if (bench->seen_count == bench->expected_count && bench->quiet > 0)
        check_queue(bench, "fault queue", FAULT_QUEUE, &model->fq);
    check_queue(bench, "page-request queue", PAGE_QUEUE, &model->pq);
    check_debug(bench);
    check_wires(bench);
}

/* --- messages ---------------------------------------------------------------------------- */

bool settled(const struct bench *bench)
{
    return bench->quiet >= QUIET_CYCLES && bench->hpm_quiet == 0 &&
           bench->seen_count >= bench->expected_count && bench->event == EVENT_NONE &&
           axil_idle(bench);
}

static int compare_messages(const void *a, const void *b)
{
    const struct message *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->data < y->data ? -1 : x->data > y->data;
}

void settle(struct bench *bench)
{
    unsigned cycles = 0;

    while (!settled(bench) && cycles < SETTLE_CYCLES) {
        tick(bench);
        cycles++;
    }
    check(bench, "number of messages", bench->seen_count, bench->expected_count);
    if (cycles == SETTLE_CYCLES) {
        fail(bench, "cycles until all is done", cycles, 0);
        bench->event = EVENT_NONE;
    }
    qsort(bench->seen, bench->seen_count, sizeof(bench->seen[0]), compare_messages);
    qsort(bench->expected, bench->expected_count, sizeof(bench->expected[0]), compare_messages);
    for (unsigned i = 0; i < bench->seen_count && i < bench->expected_count; i++) {
        check(bench, "address of a message", bench->seen[i].address, bench->expected[i].address);
        check(bench, "data of a message", bench->seen[i].data, bench->expected[i].data);
    }
    bench->seen_count = bench->expected_count = 0;
}

/* --- accesses ---------------------------------------------------------------------------- */

/** The bus master's oldest access of this kind that has not taken effect must be this one. */
static void check_origin(struct bench *bench)
{
    struct axil *axil = &bench->axil;
    const struct dut_out *out = &bench->out;
    unsigned which;

    if (!out->access_write) {
        which = axil->reads_fired++;
        if (which >= axil->reads || axil->read[which].address / 8 != out->access_offset / 8)
            fail(bench, "offset of a read", out->access_offset, axil->read[which].address);
        iommu_mmio_read(bench->model, out->access_offset, 8, &axil->read[which].expected);
        return;
    }
    which = axil->writes_fired++;
    if (which >= axil->writes || axil->write[which].address / 8 != out->access_offset / 8)
        fail(bench, "offset of a write", out->access_offset, axil->write[which].address);
    check(bench, "halves of a write", out->access_half,
          halves_of(axil->write[which].address, axil->write[which].wstrb));
}

static void model_write(struct bench *bench)
{
    const struct dut_out *out = &bench->out;
    const struct axil *axil = &bench->axil;
    uint64_t value = axil->write[axil->writes_fired - 1].wdata;
    uint32_t high = dut_data_width() == 32 ? (uint32_t)value : (uint32_t)(value >> 32);

    if (out->access_half == 3)
        iommu_mmio_write(bench->model, out->access_offset, 8, value);
    else if (out->access_half == 2)
        iommu_mmio_write(bench->model, out->access_offset + 4u, 4, high);
    else if (out->access_half == 1)
        iommu_mmio_write(bench->model, out->access_offset, 4, (uint32_t)value);
}

/** A read sees the state before this cycle; a write of counters comes after its count. */
static void do_access(struct bench *bench)
{
    const struct dut_out *out = &bench->out;
    bool count_first =
        out->access && out->access_write &&
        (out->access_offset == SLOT_HPM_FIRST || out->access_offset == SLOT_HPM_CYCLES);
    uint32_t fctl = bench->model->fctl;

    if (out->access) {
        check_origin(bench);
        if (!out->access_write) {
            struct axil *axil = &bench->axil;
            check(bench, "register", out->access_rdata, axil->read[axil->reads_fired - 1].expected);
        }
    }
    if (count_first)
        iommu_advance_cycles(bench->model, 1);
    if (out->access && out->access_write)
        model_write(bench);
    if (!count_first)
        iommu_advance_cycles(bench->model, 1);
    bench->flush_expected = bench->model->fctl != fctl;
    bench->wrote = out->access && out->access_write;
    if (bench->wrote && out->access_offset == IOMMU_REG_PQCSR && out->access_half == 3)
        bench->wire_gap = WIRE_GAP;
}

void tick(struct bench *bench)
{
    units_drive(bench);
    axil_drive(bench);
    units_hpm(bench);
    dut_settle(bench->dut, &bench->in, &bench->out);
    check_state(bench);
    axil_sample(bench);
    do_access(bench);
    units_event(bench);
    dut_settle(bench->dut, &bench->in, &bench->out);
    units_sample(bench);
    dut_edge(bench->dut);
    bench->wires[2] = bench->wires[1];
    bench->wires[1] = bench->wires[0];
    bench->wires[0] = iommu_wires(bench->model);
    bench->cycle++;
}

void ticks(struct bench *bench, unsigned count)
{
    while (count-- > 0)
        tick(bench);
}
