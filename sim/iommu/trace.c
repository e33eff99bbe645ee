/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The retirement trace against the pins: each access, refusal, record, command and message that
 * is seen there has its event, with the same contents and in the same order, and each event has
 * something to be seen. Which of the two is seen first does not matter. See docs/trace.md.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define IDS 16u
#define WAITING 512u

enum { ACCESS, REFUSAL, MRIF, DEBUG, ATS, FAULT, RECORD, COMMAND };
enum {
    FLAG_PROCESS = 4,
    FLAG_PRIVILEGED = 8,
    FLAG_TRANSLATED = 16,
    FLAG_FAULT = 32,
    FLAG_MRIF = 64
};
enum { FQ = 1, PQ = 2 };

/** What both sides say; of a record its words. */
struct fact {
    uint64_t word[4];
    uint32_t device, process, user, flags;
};

/** Facts of one side that wait for the other's, in their order. */
struct pairing {
    const char *what;
    struct fact fact[WAITING];
    unsigned count;
    bool of_trace;
};

static struct {
    struct pairing leaving[PORTS][2][IDS], refused[PORTS][2][IDS], records[3], faults, messages;
    uint64_t order;
    bool debug_seen, command_seen;
    struct trace_event debug;
    uint32_t next_command;
} trace;

static FILE *trace_file;
static uint64_t events;

/** To try the checks: one event of a kind is lost, told twice, or told wrong. */
static struct {
    bool wanted;
    unsigned kind;
    enum { LOST, TWICE, WRONG } way;
} spoil;

/* --- pairs -------------------------------------------------------------------------------- */

static void note_fact(const char *side, const struct fact *fact)
{
    note("%s: %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64
         " device %x process %x user %x flags %x",
         side, fact->word[0], fact->word[1], fact->word[2], fact->word[3], fact->device,
         fact->process, fact->user, fact->flags);
}

/** What an interrupt file refuses has the same event as what it takes. */
static bool same(const struct fact *told, const struct fact *seen)
{
    struct fact expected = *told;

    if (told->flags & FLAG_MRIF)
        expected.word[1] = seen->word[1];
    expected.flags &= ~(uint32_t)FLAG_MRIF;
    return memcmp(&expected, seen, sizeof(expected)) == 0;
}

static void pair(struct pairing *pairing, const char *what, const struct fact *fact, bool of_trace)
{
    if (bench.failed)
        return;
    pairing->what = what;
    if (pairing->count == 0 || pairing->of_trace == of_trace) {
        if (pairing->count == WAITING) {
            fail("the trace: %u times %s on one side only", WAITING, what);
            return;
        }
        pairing->of_trace = of_trace;
        pairing->fact[pairing->count++] = *fact;
        return;
    }
    if (!same(of_trace ? fact : &pairing->fact[0], of_trace ? &pairing->fact[0] : fact)) {
        note_fact(of_trace ? "pins" : "trace", &pairing->fact[0]);
        note_fact(of_trace ? "trace" : "pins", fact);
        fail("the trace differs from the pins: %s", what);
    }
    memmove(&pairing->fact[0], &pairing->fact[1], --pairing->count * sizeof(*fact));
}

static void must_be_empty(const struct pairing *pairing)
{
    if (pairing->count == 0)
        return;
    note_fact("the first", &pairing->fact[0]);
    fail("the trace: %u times %s, seen %s", pairing->count, pairing->what,
         pairing->of_trace ? "in the trace only" : "at the pins only");
}

/* --- what the pins say ------------------------------------------------------------------------ */

static struct fact fact_of(const struct txn *txn)
{
    struct fact fact = {.word = {txn->addr}, .device = txn->request.device_id};

    fact.flags = txn->write ? 1 : (txn->prot & 4) != 0 ? 2 : 0;
    if (txn->request.process_id_valid) {
        fact.process = txn->request.process_id;
        fact.flags |= FLAG_PROCESS | ((txn->prot & 1) != 0 ? FLAG_PRIVILEGED : 0);
    }
    if (txn->request.type == IOMMU_TRANSLATED)
        fact.flags |= FLAG_TRANSLATED;
    return fact;
}

void trace_leaves(const struct txn *txn, uint64_t address, uint32_t user)
{
    struct fact fact = fact_of(txn);

    if (!design_traces())
        return;
    fact.word[1] = address;
    fact.user = user;
    pair(&trace.leaving[txn->port][txn->write][txn->id % IDS], "an access", &fact, false);
}

void trace_refused(const struct txn *txn, bool error)
{
    struct fact fact = fact_of(txn);

    if (!design_traces())
        return;
    fact.word[1] = !error;
    pair(&trace.refused[txn->port][txn->write][txn->id % IDS], "a refusal", &fact, false);
}

void trace_stores(unsigned structure, const uint8_t *bytes)
{
    struct fact fact;
    unsigned words = structure == IOMMU_FQ ? 4 : 2;

    if (!design_traces() || (structure != IOMMU_FQ && structure != IOMMU_PQ))
        return;
    memset(&fact, 0, sizeof(fact));
    for (unsigned i = 0; i < words; i++) {
        memcpy(&fact.word[i], bytes + i * 8, 8);
        if ((model->fctl & IOMMU_FCTL_BE_MASK) != 0)
            fact.word[i] = __builtin_bswap64(fact.word[i]);
    }
    pair(&trace.records[structure == IOMMU_FQ ? FQ : PQ], "a record", &fact, false);
}

void trace_message(void)
{
    const struct pins_out *out = &bench.out;
    struct fact fact = {.word = {out->ats_rsp_payload, out->ats_rsp_tag},
                        .device = out->ats_rsp_device_id,
                        .process = out->ats_rsp_process_id,
                        .user = (uint32_t)(out->ats_rsp_status << 2 | out->ats_rsp_kind)};

    if (design_traces())
        pair(&trace.messages, "a message to a device", &fact, false);
}

void trace_debug(uint64_t response)
{
    const struct trace_event *event = &trace.debug;
    uint64_t told = (event->flags & FLAG_FAULT) != 0 ? 1 : 0;

    if (!design_traces())
        return;
    if (told == 0)
        told = event->spa >> 12 << 10 | (event->spa & 1) << 9 | (uint64_t)(event->user >> 24) << 7;
    if (!trace.debug_seen || told != (told == 1 ? response & 1 : response))
        fail("tr_response is %016" PRIx64 ", the trace says %016" PRIx64, response, told);
    trace.debug_seen = false;
}

/* --- what the trace says ---------------------------------------------------------------------- */

static struct fact told_by(const struct trace_event *event)
{
    return (struct fact){.word = {event->iova, event->spa},
                         .device = event->device,
                         .process = event->process,
                         .user = event->user,
                         .flags = event->flags & ~(uint32_t)FLAG_FAULT};
}

/** Memory still holds the command: nobody may reuse its place before the head has moved on. */
static void command(const struct trace_event *event)
{
    uint64_t base = IOMMU_GET(model->cq.base, IOMMU_CQB_PPN) << 12;
    bool big_endian = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;
    bool done = event->result == 0;

    for (unsigned i = 0; i < 2 && (done || event->result != 1); i++) {
        if (image_word(base + event->index * 16ull + i * 8, 8, big_endian) != event->word[i])
            fail("the trace has %016" PRIx64 " in word %u of command %u, memory at %" PRIx64
                 " has %016" PRIx64,
                 event->word[i], i, event->index, base,
                 image_word(base + event->index * 16ull + i * 8, 8, big_endian));
    }
    if (trace.command_seen && event->index != trace.next_command && event->index != 0)
        fail("the trace goes from command %u to %u", trace.next_command, event->index);
    trace.command_seen = true;
    trace.next_command = done ? (event->index + 1) & queue_mask(&model->cq) : event->index;
}

/** A record has its event when it is handed over, and when it is stored or lost. */
static void record(const struct trace_event *event)
{
    unsigned queue = event->result >> 2;
    struct fact fact;

    memset(&fact, 0, sizeof(fact));
    memcpy(fact.word, event->word, sizeof(fact.word));
    if (event->kind == FAULT) {
        pair(&trace.faults, "a fault", &fact, true);
        return;
    }
    if (queue == FQ)
        pair(&trace.faults, "a fault", &fact, false);
    if ((event->result & 3) == 0)
        pair(&trace.records[queue], "a record", &fact, true);
}

static void write_line(const struct trace_event *event)
{
    static const char *const kinds[] = {"access", "refusal", "mrif",   "debug",
                                        "ats",    "fault",   "record", "command"};

    fprintf(trace_file,
            "%" PRIu64 " cycle=%" PRIu64 " %s port=%u write=%u id=%x device=%06x process=%05x "
            "flags=%02x iova=%016" PRIx64 " spa=%016" PRIx64 " user=%07x cause=%u result=%u "
            "index=%u words=%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 "\n",
            event->order, bench.cycle, kinds[event->kind & 7], event->origin >> 1,
            event->origin & 1, event->id, event->device, event->process, event->flags, event->iova,
            event->spa, event->user, event->cause, event->result, event->index, event->word[0],
            event->word[1], event->word[2], event->word[3]);
}

static void take(const struct trace_event *event)
{
    unsigned port = (event->origin >> 1) % PORTS, write = event->origin & 1, id = event->id % IDS;
    struct fact fact = told_by(event);

    switch (event->kind) {
    case ACCESS:
        pair(&trace.leaving[port][write][id], "an access", &fact, true);
        break;
    case REFUSAL:
        fact.word[1] = 0;
        pair(&trace.refused[port][write][id], "a refusal", &fact, true);
        break;
    case MRIF:
        fact.flags |= FLAG_MRIF;
        pair(&trace.refused[port][write][id], "a refusal", &fact, true);
        break;
    case DEBUG:
        if (trace.debug_seen)
            fail("the trace has an answer of the debug interface that nobody asked for");
        trace.debug = *event;
        trace.debug_seen = true;
        break;
    case ATS:
        fact = (struct fact){.word = {event->iova, event->id},
                             .device = event->device,
                             .process = event->process,
                             .user = event->result};
        pair(&trace.messages, "a message to a device", &fact, true);
        break;
    case COMMAND:
        command(event);
        break;
    default:
        record(event);
        break;
    }
}

/* --- the run -------------------------------------------------------------------------------- */

static void take_spoiled(const struct trace_event *event)
{
    struct trace_event wrong = *event;

    spoil.wanted = false;
    note("event %" PRIu64 " is spoiled", event->order);
    wrong.iova ^= 1ull << 40;
    wrong.spa ^= 1ull << 40;
    wrong.word[0] ^= 1ull << 40;
    if (spoil.way != LOST)
        take(spoil.way == WRONG ? &wrong : event);
    if (spoil.way == TWICE)
        take(event);
}

void bench_trace(const struct trace_event *event)
{
    events++;
    if (trace_file != NULL)
        write_line(event);
    if (!design_traces())
        return;
    if (event->order != trace.order++)
        fail("the trace has number %" PRIu64 " twice or left one out", event->order);
    /* Not the answer to a fault, nor the first place of a queue, where anything may begin. */
    if (spoil.wanted && event->kind == spoil.kind && one_in(8) &&
        (event->kind != DEBUG || (event->flags & FLAG_FAULT) == 0) &&
        (event->kind != COMMAND || (event->index != 0 && event->result == 0)) &&
        (event->kind != RECORD || (event->result & 3) == 0))
        take_spoiled(event);
    else
        take(event);
}

bool trace_spoil(const char *what)
{
    static const char *const ways[] = {"lost", "twice", "wrong"};
    char way[8];

    if (sscanf(what, "%u-%7s", &spoil.kind, way) != 2 || spoil.kind > COMMAND)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(way, ways[i]) == 0) {
            spoil.way = i == 0 ? LOST : i == 1 ? TWICE : WRONG;
            spoil.wanted = true;
        }
    }
    return spoil.wanted;
}

void trace_reset(void)
{
    memset(&trace, 0, sizeof(trace));
}

void trace_commands_anew(void)
{
    trace.command_seen = false;
}

void trace_quiet(void)
{
    if (!design_traces())
        return;
    for (unsigned port = 0; port < PORTS; port++) {
        for (unsigned id = 0; id < 2 * IDS; id++) {
            must_be_empty(&trace.leaving[port][id / IDS][id % IDS]);
            must_be_empty(&trace.refused[port][id / IDS][id % IDS]);
        }
    }
    must_be_empty(&trace.records[FQ]);
    must_be_empty(&trace.records[PQ]);
    must_be_empty(&trace.faults);
    must_be_empty(&trace.messages);
    if (trace.command_seen && trace.next_command != model->cq.head)
        fail("the trace's last command leads to %u, cqh is %u", trace.next_command, model->cq.head);
}

bool trace_open(const char *path)
{
    trace_file = fopen(path, "w");
    if (trace_file == NULL)
        perror(path);
    return trace_file != NULL;
}

uint64_t trace_close(void)
{
    if (trace_file != NULL)
        fclose(trace_file);
    return events;
}
