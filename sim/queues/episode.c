/* SPDX-License-Identifier: Apache-2.0 */
/* Design and model side by side, and what happens to them. */
#include <string.h>

#include "bench.h"

/* The queues' CSRs share their layout; the names are the command queue's. */
#define CSR_ON IOMMU_CQCSR_CQON_MASK
#define CSR_STOP (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)

struct bench bench;
struct iommu *model;
bool big_endian;
unsigned inval_cycles;
bool with_ats;
unsigned record_rate;
void (*software)(void);

struct queue_pins queues[3] = {
    {IOMMU_REG_CQB, IOMMU_REG_CQH, IOMMU_REG_CQT, IOMMU_REG_CQCSR, AREA_CQ, 0, false, false},
    {IOMMU_REG_FQB, IOMMU_REG_FQH, IOMMU_REG_FQT, IOMMU_REG_FQCSR, AREA_FQ, 0, false, false},
    {IOMMU_REG_PQB, IOMMU_REG_PQH, IOMMU_REG_PQT, IOMMU_REG_PQCSR, AREA_PQ, 0, false, false},
};

static struct {
    unsigned inval_for;     /* cycles that the caches still take */
    unsigned flushes;       /* INVAL_ALL that have to come */
    struct effects effects; /* of the design's present command */
    uint64_t command_cycle; /* when the command queue last did something */
    uint64_t write_cycle;   /* when a register was written */
    bool completion_matches;
} now;

static unsigned long counts[COUNTS];

void tally(enum count what)
{
    counts[what]++;
}

unsigned long counted(enum count what)
{
    return counts[what];
}

/* --- registers ----------------------------------------------------------------------- */

static uint64_t design_read(uint32_t offset)
{
    struct pins_in in = bench.in;
    struct pins_out out;

    in.csr_valid = 1;
    in.csr_write = 0;
    in.csr_offset = (uint16_t)offset;
    design_eval(&in, &out);
    return (offset & 4) != 0 ? out.csr_rdata >> 32 : out.csr_rdata;
}

static uint32_t design_read4(uint32_t offset)
{
    return (uint32_t)design_read(offset);
}

static void compare_registers(void)
{
    for (unsigned q = 0; q < (with_ats ? 3u : 2u); q++) {
        struct queue_pins *queue = &queues[q];
        uint32_t csr = design_read4(queue->csr);
        uint32_t csr_model = (uint32_t)model_read(model, queue->csr, 4);
        uint32_t mask = queue->disabling ? 0xf00u : ~0u;

        if ((csr & mask) != (csr_model & mask))
            fail("CSR of queue %u is 0x%x, the model has 0x%x", q, csr, csr_model);
        if (design_read4(queue->head) != model_read(model, queue->head, 4))
            fail("head of queue %u is %u, the model has %llu", q, design_read4(queue->head),
                 (unsigned long long)model_read(model, queue->head, 4));
        if (design_read4(queue->tail) != model_read(model, queue->tail, 4))
            fail("tail of queue %u is %u, the model has %llu", q, design_read4(queue->tail),
                 (unsigned long long)model_read(model, queue->tail, 4));
        if ((csr & CSR_ON) == 0 && axi_outstanding(q) != 0)
            fail("queue %u is off, and an access is under way", q);
    }
}

static bool events(const struct pins_out *out)
{
    return ((out->cq_status | out->fq_status | out->pq_status) & ~STATUS_IDLE) != 0 ||
           out->fault_result_valid || out->page_result_valid;
}

bool episode_write(uint32_t offset, uint32_t size, uint64_t value)
{
    struct pins_in in = bench.in;
    struct pins_out out;

    design_eval(&bench.in, &out);
    if (events(&out)) /* which comes first within a cycle is not the model's to say */
        return false;
    in.csr_valid = 1;
    in.csr_write = 1;
    in.csr_offset = (uint16_t)(offset & ~7u);
    in.csr_half = size == 8 ? 3 : (offset & 4) != 0 ? 2 : 1;
    in.csr_wdata = (offset & 4) != 0 ? value << 32 : value;
    bench.in = in;
    now.write_cycle = bench.cycle;
    for (unsigned q = 0; q < 3; q++) {
        if (offset != queues[q].csr)
            continue;
        if (queues[q].enabled && (value & 1) == 0) {
            /* The model is told when the design is done with it. */
            queues[q].enabled = false;
            queues[q].disabling = true;
            return true;
        }
        queues[q].enabled = (value & 1) != 0;
    }
    iommu_mmio_write(model, offset, size, value);
    return true;
}

/* --- the command queue --------------------------------------------------------------- */

void episode_put_command(unsigned index, const uint64_t *word)
{
    uint8_t bytes[16];

    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(word[i / 8] >> (big_endian ? 7 - i % 8 : i % 8) * 8);
    memory_store(memory.base + queues[QUEUE_CQ].area + index * 16, bytes, 16);
}

static struct inval_seen design_inval(const struct pins_out *out)
{
    struct inval_seen inval = {
        .kind = out->inval_kind,
        .av = out->inval_flags >> 4 & 1,
        .gv = out->inval_flags >> 3 & 1,
        .pscv = out->inval_flags >> 2 & 1,
        .dv = out->inval_flags >> 1 & 1,
        .nl = out->inval_flags & 1,
    };

    if (inval.av) {
        inval.first = out->inval_page;
        inval.last = out->inval_page | ((1ull << out->inval_log2) - 1);
    }
    inval.gscid = inval.gv ? out->inval_gscid : 0;
    inval.pscid = inval.pscv ? out->inval_pscid : 0;
    inval.device_id = inval.dv ? out->inval_device_id : 0;
    inval.process_id = inval.kind == 3 ? out->inval_process_id : 0;
    return inval;
}

static void compare_inval(const struct inval_seen *design, const struct inval_seen *expected)
{
    if (design->kind != expected->kind || design->av != expected->av ||
        design->gv != expected->gv || design->pscv != expected->pscv ||
        design->dv != expected->dv || design->nl != expected->nl ||
        design->first != expected->first || design->last != expected->last ||
        design->gscid != expected->gscid || design->pscid != expected->pscid ||
        design->device_id != expected->device_id || design->process_id != expected->process_id)
        fail("invalidation %u of 0x%llx to 0x%llx (flags %u%u%u%u%u, IDs 0x%x 0x%x 0x%x 0x%x); "
             "the model: %u of 0x%llx to 0x%llx (%u%u%u%u%u, 0x%x 0x%x 0x%x 0x%x)",
             design->kind, (unsigned long long)design->first, (unsigned long long)design->last,
             design->av, design->gv, design->pscv, design->dv, design->nl, design->gscid,
             design->pscid, design->device_id, design->process_id, expected->kind,
             (unsigned long long)expected->first, (unsigned long long)expected->last, expected->av,
             expected->gv, expected->pscv, expected->dv, expected->nl, expected->gscid,
             expected->pscid, expected->device_id, expected->process_id);
}

static void compare_message(const struct iommu_message *design,
                            const struct iommu_message *expected)
{
    if (design->kind != expected->kind || design->device_id != expected->device_id ||
        design->segment_valid != expected->segment_valid ||
        design->pasid_valid != expected->pasid_valid ||
        design->process_id != expected->process_id || design->itag != expected->itag ||
        design->payload != expected->payload)
        fail("message %u to 0x%x with ITAG %u; the model: %u to 0x%x with ITAG %u", design->kind,
             design->device_id, design->itag, expected->kind, expected->device_id, expected->itag);
}

static void command_event(uint8_t status)
{
    struct effects expected;
    enum iommu_command_status outcome = model_command(model, &expected);
    struct effects *effects = &now.effects;
    uint32_t csr = (uint32_t)model_read(model, IOMMU_REG_CQCSR, 4);

    if ((status & STATUS_ADVANCE) != 0 ? outcome != IOMMU_COMMAND_DONE
                                       : outcome != IOMMU_COMMAND_STOPPED)
        fail("a command ended with status 0x%x, the model says %u, cqcsr 0x%x", status, outcome,
             csr);
    tally((status & STATUS_ADVANCE) != 0   ? COUNT_DONE
          : (status & STATUS_ILLEGAL) != 0 ? COUNT_ILLEGAL
          : (status & STATUS_TIMEOUT) != 0 ? COUNT_TIMED_OUT
                                           : COUNT_FAULT);
    if (effects->invals != 0)
        tally(COUNT_INVAL);
    if (effects->messages != 0)
        tally(COUNT_MESSAGE);
    if ((status & STATUS_FENCE) != 0)
        tally(COUNT_WIRE);
    if (effects->invals != expected.invals || effects->messages != expected.messages ||
        effects->drains != expected.drains)
        fail("a command made %u invalidations, %u messages, %u drains; the model %u, %u, %u",
             effects->invals, effects->messages, effects->drains, expected.invals,
             expected.messages, expected.drains);
    else {
        if (effects->invals != 0)
            compare_inval(&effects->inval, &expected.inval);
        if (effects->messages != 0)
            compare_message(&effects->message, &expected.message);
        if (effects->drains != 0 && (effects->drain_reads != expected.drain_reads ||
                                     effects->drain_writes != expected.drain_writes))
            fail("a drain of other directions");
    }
    memset(effects, 0, sizeof(*effects));
    now.command_cycle = bench.cycle;
    memory_agrees(memory.base + AREA_FENCE, 0x10000);
}

static void note_effects(const struct pins_in *in, const struct pins_out *out)
{
    struct effects *effects = &now.effects;

    if (out->inval_valid && in->inval_done) {
        if (out->inval_kind == 4) {
            if (now.flushes-- == 0)
                fail("a flush that nobody asked for");
        } else {
            effects->invals++;
            effects->inval = design_inval(out);
        }
    }
    if (out->drain_valid && in->drain_done) {
        effects->drains++;
        effects->drain_reads = out->drain_reads;
        effects->drain_writes = out->drain_writes;
    }
    if (out->message_valid && in->message_ready) {
        effects->messages++;
        effects->message = (struct iommu_message){
            .kind = out->message_kind ? IOMMU_MSG_PAGE_REQUEST_GROUP_RESP
                                      : IOMMU_MSG_INVALIDATION_REQUEST,
            .device_id = out->message_device_id,
            .segment_valid = out->message_segment_valid,
            .pasid_valid = out->message_pasid_valid,
            .process_id = out->message_process_id,
            .itag = out->message_itag,
            .payload = out->message_payload,
        };
    }
    if (axi_outstanding(CLIENT_CQ) != 0 || out->inval_valid || out->drain_valid ||
        out->message_valid || (out->ar_valid && out->ar_id >> TAG_BITS == CLIENT_CQ) ||
        (out->aw_valid && out->aw_id >> TAG_BITS == CLIENT_CQ))
        now.command_cycle = bench.cycle;
    /* The fence's store comes after its drain. */
    if (out->aw_valid && out->aw_id >> TAG_BITS == CLIENT_CQ && effects->drains == 0) {
        uint32_t head = (uint32_t)model_read(model, IOMMU_REG_CQH, 4);
        const uint8_t *bytes = memory.model + queues[QUEUE_CQ].area + head * 16;

        if ((bytes[big_endian ? 6 : 1] & 0x30) != 0)
            fail("a fence stores before its drain");
    }
}

/* --- a cycle ------------------------------------------------------------------------- */

static bool commands_left(void)
{
    uint32_t csr = (uint32_t)model_read(model, IOMMU_REG_CQCSR, 4);

    return (csr & CSR_ON) != 0 && (csr & CSR_STOP) == 0 &&
           model_read(model, IOMMU_REG_CQH, 4) != model_read(model, IOMMU_REG_CQT, 4);
}

/** Is the next command a fence that waits, or is no ITAG left to have? */
static bool waits_for_devices(void)
{
    uint32_t head = (uint32_t)model_read(model, IOMMU_REG_CQH, 4), busy = iommu_itags_busy(model);
    uint8_t byte = memory.model[queues[QUEUE_CQ].area + head * 16 + (big_endian ? 7 : 0)];

    return ~busy == 0 || (busy != 0 && (byte & 0x7f) == IOMMU_OPCODE_IOFENCE);
}

bool episode_settled(void)
{
    /* Which ITAG is free at which command must not depend on how fast things are. */
    return (!commands_left() || waits_for_devices()) && bench.cycle - now.command_cycle > 160 &&
           bench.cycle - now.write_cycle > 160;
}

bool episode_scanning(void)
{
    return bench.in.completion_valid != 0;
}

void episode_complete(uint32_t device_id, uint32_t itags, uint8_t count)
{
    bench.in.completion_valid = 1;
    bench.in.completion_device_id = device_id;
    bench.in.completion_itags = itags;
    bench.in.completion_count = count;
    tally(COUNT_COMPLETION);
    now.completion_matches = model_completion(model, device_id, itags, count);
}

void episode_time_out(uint32_t itags)
{
    bench.in.timeout = itags;
    iommu_invalidation_timeout(model, itags);
}

void episode_flush(void)
{
    bench.in.flush = 1;
    now.flushes++;
}

/** Answers of the caches, the ports and the I/O bridge. */
static void drive_answers(struct pins_in *in)
{
    struct pins_out out;

    in->inval_done = in->drain_done = in->message_ready = 0;
    design_eval(in, &out);
    if (out.inval_valid) {
        if (now.inval_for == 0)
            now.inval_for = inval_cycles != 0 ? inval_cycles : 1 + below(6);
        in->inval_done = --now.inval_for == 0;
    }
    in->drain_done = out.drain_valid && one_in(8);
    in->message_ready = one_in(2);
}

static void finish_disabling(void)
{
    for (unsigned q = 0; q < 3; q++) {
        struct queue_pins *queue = &queues[q];
        struct effects *effects = &now.effects;

        if (!queue->disabling || (design_read4(queue->csr) & CSR_ON) != 0)
            continue;
        queue->disabling = false;
        tally(COUNT_OFF);
        if (q == QUEUE_CQ && commands_left())
            tally(COUNT_ABANDONED);
        iommu_mmio_write(model, queue->csr, 4, design_read4(queue->csr) & 2);
        if (q == QUEUE_CQ ? effects->invals + effects->messages + effects->drains != 0
                          : !records_void(q))
            fail("queue %u is off with something left undone", q);
    }
}

void episode_cycle(void)
{
    struct pins_in *in = &bench.in;
    struct pins_out *out = &bench.out;

    axi_drive();
    user_drive();
    records_offer(record_rate);
    drive_answers(in);
    if (software != NULL)
        software();
    design_eval(in, out);
    note_effects(in, out);
    if ((out->cq_status & STATUS_COMMAND) != 0)
        command_event(out->cq_status);
    records_observe();
    if (out->completion_ready && (out->unsolicited != 0) == now.completion_matches)
        fail("a completion is taken for unsolicited: %u", out->unsolicited);
    axi_observe();
    user_observe();
    design_clock();
    if (out->completion_ready)
        in->completion_valid = 0;
    in->csr_valid = in->flush = 0;
    in->timeout = 0;
    bench.cycle++;
    finish_disabling();
    if (events(out) || ((bench.cycle & 63) == 0 && bench.cycle - now.write_cycle > 2))
        compare_registers();
}

/* --- begin and end ------------------------------------------------------------------- */

void episode_begin(const char *config, const struct axi_setup *axi, const struct user_setup *user)
{
    memset(&bench, 0, sizeof(bench));
    memset(&now, 0, sizeof(now));
    if (model != NULL)
        iommu_destroy(model);
    model = model_create(config);
    with_ats = (model_read(model, IOMMU_REG_CAPABILITIES, 8) & IOMMU_CAPABILITIES_ATS_MASK) != 0;
    for (unsigned q = 0; q < 3; q++)
        queues[q].enabled = queues[q].disabling = false;
    now.flushes = 1;
    inval_cycles = 0;
    record_rate = 0;
    software = NULL;
    axi_reset(axi);
    records_reset();
    user_reset(user);
    design_reset();
    bench.in.fctl = (uint32_t)model_read(model, IOMMU_REG_FCTL, 4);
}

/** Is there anything that the design should still do by itself? */
static bool at_rest(void)
{
    bool idle = !commands_left() || iommu_itags_busy(model) != 0;

    for (unsigned q = 0; q < 3; q++)
        idle &= !queues[q].disabling;
    return idle && user_idle() && records_idle() && !bench.in.completion_valid &&
           axi_outstanding(CLIENT_CQ) == 0 && !bench.out.flushing;
}

void episode_end(void)
{
    struct effects effects;
    unsigned waited = 0;

    software = NULL;
    record_rate = 0;
    user_stop();
    while (waited++ < 200000 && !(at_rest() && episode_settled()))
        episode_cycle();
    if (waited >= 200000)
        fail("something never ends: cqh %u, cqt %u, cqcsr 0x%x", design_read4(IOMMU_REG_CQH),
             design_read4(IOMMU_REG_CQT), design_read4(IOMMU_REG_CQCSR));
    compare_registers();
    if (iommu_itags_busy(model) != 0 && model_command(model, &effects) == IOMMU_COMMAND_DONE)
        fail("a command is left that does not have to wait");
    if (now.flushes != 0)
        fail("%u flushes did not come", now.flushes);
    if (!user_agrees())
        fail("memory does not hold what was written");
    memory_agrees(memory.base + AREA_FENCE, AREA_USER - AREA_FENCE);
    memory_agrees(memory.base, AREA_FQ);
}
