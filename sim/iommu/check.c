/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is right: each result must be one that the golden model allows for the time between
 * the request's first cycle and its end, each store one that has a cause, each record one
 * request's. Nothing that the design says of itself is believed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define OUTCOMES 128u

struct check_counts counts;
unsigned long requests_accepted;
struct command_times command_times[4096];
bool fault_queue_was_full, perhaps_overflow, perhaps_page_overflow;

static uint64_t fence_bound[2]; /* accesses that leave now are translated after this time */
static struct iommu_outcome found[OUTCOMES];
static bool dry; /* the model only looks: what it stores is dropped */
static void captured_record(const void *bytes);
static bool in_command; /* the model carries out a command */

/* --- what the model stores ---------------------------------------------------------------- */

#define LOG 8192u

struct stored {
    uint64_t address;
    uint32_t data;
    bool taken;
};

static struct {
    struct stored entry[LOG];
    unsigned count;
} msis, msis_expected, notices, mrifs;

static struct {
    bool pending; /* the model has made a fence's store that was seen before */
    bool wanted;  /* one was seen, and the model has not come to it */
    uint64_t address;
    uint32_t data;
} fence;

static struct {
    uint64_t address;
    uint8_t bytes[32];
    bool good;
} record_bytes;

static void log_store(struct stored *entries, unsigned *count, uint64_t address, uint32_t data)
{
    if (*count < LOG)
        entries[(*count)++] = (struct stored){.address = address, .data = data};
}

static struct captured *trial; /* not claims, but what might be */
static bool capturing;         /* fault records that the model stores are claims */

void capture_begin(void)
{
    /* The interrupt comes with the design's record, which may have filled the queue already. */
    model->fq.csr &= ~(IOMMU_FQCSR_FIE_MASK | IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK);
    model->fq.head = model->fq.tail;
    capturing = true;
}

bool model_stores(const struct iommu_access *access, const void *bytes)
{
    uint32_t word;

    if (capturing && access->structure == IOMMU_FQ) {
        captured_record(bytes);
        return true;
    }

    /* Of a counter that overflows: counters_overflow() sends it. */
    if (dry || (capturing && access->structure == IOMMU_MSI))
        return true;
    memcpy(&word, bytes, 4);
    switch (access->structure) {
    case IOMMU_FENCE:
        if (!fence.wanted)
            fail("a fence is over whose store of %x at %" PRIx64 " has not been seen", word,
                 access->address);
        else if (fence.address != access->address || fence.data != word)
            fail("a fence stored %x at %" PRIx64 ", the model %x at %" PRIx64, fence.data,
                 fence.address, word, access->address);
        fence.wanted = false;
        return false;
    case IOMMU_FQ:
    case IOMMU_PQ:
        if (record_bytes.address != access->address ||
            memcmp(record_bytes.bytes, bytes, access->size) != 0)
            fail("a record is at %" PRIx64 ", the model's at %" PRIx64 ", or they differ",
                 record_bytes.address, access->address);
        return false;
    case IOMMU_MSI:
        log_store(msis_expected.entry, &msis_expected.count, access->address, word);
        return false;
    default:
        return false;
    }
}

/** No memory has the address: it is refused, and perhaps not answered yet. */
static bool nowhere(const struct iommu_response *response)
{
    return (response->address & ~model->pas_mask) != 0;
}

/** What was translated before a fence may not go out after it; faults may still be told. */
static void forget_grants(struct txn *txn)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < txn->past_count; i++) {
        if (txn->past[i].outcome.response.status != IOMMU_SUCCESS ||
            nowhere(&txn->past[i].outcome.response))
            txn->past[kept++] = txn->past[i];
    }
    txn->past_count = kept;
}

/** The model carries out a fence: what left before it was given must have been answered. */
void model_drains(bool reads, bool writes)
{
    const struct command_times *times = &command_times[model->cq.head & 4095];

    if (!in_command)
        return;
    note("fence, command %u, %s%s: given at %" PRIu64 " in cycle %" PRIu64, model->cq.head,
         reads ? "PR" : "", writes ? "PW" : "", times->time, times->cycle);
    for (unsigned port = 0; port < PORTS; port++) {
        for (unsigned write = 0; write < 2; write++) {
            struct flight *list = &flight[port][write];

            if (write ? !writes : !reads)
                continue;
            fence_bound[write] = times->time;
            for (unsigned i = 0; i < list->count; i++) {
                struct txn *txn = list->txn[i];
                bool over = txn->write ? txn->b_out : txn->r_out == answers_of(txn);

                if (txn->left && !over && txn->left_cycle < times->cycle)
                    fail("a fence is over while an access from before it is not: %s",
                         txn_text(txn));
                if (!txn->left)
                    forget_grants(txn);
            }
        }
    }
    cover_event("fence", reads && writes ? "PR and PW" : reads ? "PR" : "PW");
}

/* --- asking the model ------------------------------------------------------------------------ */

uint64_t time_for_new(void)
{
    if (model->cq.head == model->cq.tail)
        return iommu_time(model);
    return command_times[model->cq.head & 4095].time - 1;
}

void counters_overflow(const uint64_t *before)
{
    bool overflow = false;

    for (unsigned i = 1; i < HPM_COUNTERS; i++)
        overflow |= (model->hpm_event[i] & ~before[i] & IOMMU_IOHPMEVT_OF_MASK) != 0;
    if (overflow)
        interrupts_update(model, EVENT_COUNTER_OVERFLOW);
}

void model_debugs(uint64_t response)
{
    struct queue fq = model->fq;
    uint32_t ipsr = model->ipsr;
    uint64_t events[HPM_COUNTERS];

    memcpy(events, model->hpm_event, sizeof(events));
    capture_begin();
    iommu_process_debug(model);
    capture_end();
    model->fq = fq;
    model->ipsr = ipsr;
    counters_overflow(events);
    counts.debug++;
    trace_debug(response);
}

void model_sees(const struct iommu_request *request, bool count)
{
    struct queue fq = model->fq;
    uint32_t ipsr = model->ipsr;
    uint64_t counters[HPM_COUNTERS], events[HPM_COUNTERS];

    memcpy(counters, model->hpm_counter, sizeof(counters));
    memcpy(events, model->hpm_event, sizeof(events));
    dry = true;
    model->fq.csr = 0;
    iommu_translate(model, request);
    dry = false;
    model->fq = fq;
    model->ipsr = ipsr;
    if (count) {
        requests_accepted += request->type != IOMMU_ATS_TRANSLATION;
        counters_overflow(events);
        return;
    }
    memcpy(model->hpm_counter, counters, sizeof(counters));
    memcpy(model->hpm_event, events, sizeof(events));
}

struct iommu_response model_traces(const struct iommu_request *request, iommu_step_fn *step,
                                   void *context)
{
    struct queue fq = model->fq;
    uint32_t ipsr = model->ipsr;
    uint64_t counters[HPM_COUNTERS], events[HPM_COUNTERS];
    struct iommu_response response;

    memcpy(counters, model->hpm_counter, sizeof(counters));
    memcpy(events, model->hpm_event, sizeof(events));
    dry = true;
    model->fq.csr = 0;
    response = iommu_translate_traced(model, request, step, context);
    dry = false;
    model->fq = fq;
    model->ipsr = ipsr;
    memcpy(model->hpm_counter, counters, sizeof(counters));
    memcpy(model->hpm_event, events, sizeof(events));
    return response;
}

/* While ddtp changes, from the write until busy is 0, what it was and what it will be are right. */
static struct {
    bool changes;
    uint64_t other;
} mode;

bool mode_other(void)
{
    return mode.changes;
}

void swap_modes(void)
{
    uint64_t now = model->ddtp;

    model->ddtp = mode.other;
    mode.other = now;
    derive(model);
}

/** Put what is allowed now into found[]. @return how many; SIZE_MAX: too many to say */
static size_t ask(const struct iommu_request *request, uint64_t since)
{
    size_t count = iommu_allowed(model, request, since, found, OUTCOMES), more = 0;

    if (count > OUTCOMES)
        return SIZE_MAX;
    if (mode.changes) {
        swap_modes();
        more = iommu_allowed(model, request, since, found + count, OUTCOMES - count);
        swap_modes();
    }
    return more > OUTCOMES - count ? SIZE_MAX : count + more;
}

static bool same_response(const struct iommu_response *a, const struct iommu_response *b)
{
    return a->address == b->address && a->iotval2 == b->iotval2 &&
           a->notice_address == b->notice_address && a->cause == b->cause && a->rcid == b->rcid &&
           a->mcid == b->mcid && a->nid == b->nid && a->status == b->status &&
           a->permissions == b->permissions && a->pbmt == b->pbmt && a->target == b->target &&
           a->ats == b->ats && a->fault_reported == b->fault_reported &&
           a->page_log2 == b->page_log2;
}

static void remember(struct txn *txn)
{
    size_t n = ask(&txn->request, txn->since);

    model_sees(&txn->request, false);
    if (mode.changes) {
        swap_modes();
        model_sees(&txn->request, false);
        swap_modes();
    }
    if (n == SIZE_MAX) {
        txn->unknown = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool new = true;

        for (unsigned j = 0; j < txn->past_count && new; j++)
            new = !same_response(&txn->past[j].outcome.response, &found[i].response);
        if (!new)
            continue;
        if (txn->past_count == txn->past_room) {
            txn->past_room = txn->past_room == 0 ? 4 : txn->past_room * 2;
            txn->past = realloc(txn->past, txn->past_room * sizeof(*txn->past));
        }
        txn->past[txn->past_count++] = (struct past){found[i], iommu_time(model)};
    }
}

void remember_all(void)
{
    for (unsigned port = 0; port < PORTS; port++) {
        for (unsigned write = 0; write < 2; write++) {
            struct flight *list = &flight[port][write];

            for (unsigned i = 0; i < list->count; i++) {
                if (!list->txn[i]->left && !list->txn[i]->unknown)
                    remember(list->txn[i]);
            }
        }
    }
    ats_each(remember);
}

void mode_changes(void)
{
    remember_all();
    mode.changes = true;
    mode.other = model->ddtp;
}

/** What was translated by the old mode is out, and more than that: it has been answered. */
static void old_mode_is_over(struct txn *txn)
{
    bool over = txn->write ? txn->b_out : txn->r_out == answers_of(txn);
    unsigned kept = 0;

    if (txn->left && !over && IOMMU_GET(model->ddtp, IOMMU_DDTP_IOMMU_MODE) == 0)
        fail("ddtp is Off and not busy, but an access from before is not over: %s", txn_text(txn));
    if (txn->left)
        return;
    for (unsigned i = 0; i < txn->past_count; i++) {
        const struct iommu_response *response = &txn->past[i].outcome.response;

        if (response->status != IOMMU_SUCCESS || response->target == IOMMU_TARGET_MRIF ||
            nowhere(response))
            txn->past[kept++] = txn->past[i];
    }
    txn->past_count = kept;
}

void mode_changed(void)
{
    remember_all();
    mode.changes = false;
    model->history->time++;
    for (unsigned port = 0; port < PORTS; port++) {
        for (unsigned write = 0; write < 2; write++) {
            for (unsigned i = 0; i < flight[port][write].count; i++)
                old_mode_is_over(flight[port][write].txn[i]);
        }
    }
}

/** All outcomes, of the past and of now, in found[]. */
static size_t ask_all(struct txn *txn, uint64_t since)
{
    size_t n = ask(&txn->request, since);

    if (n == SIZE_MAX || txn->unknown) {
        txn->unknown = true;
        return SIZE_MAX;
    }
    for (unsigned j = 0; j < txn->past_count && n < OUTCOMES; j++)
        found[n++] = txn->past[j].outcome;
    if (n > 1) {
        counts.stale++;
        features_event(COVER_STALE);
    }
    return n;
}

/** An entry on the request's way, and what it was before. */
static void explain_step(void *context, const struct iommu_step *step)
{
    const struct history *history = model->history;
    unsigned bytes = step->words > 1 ? step->words * 8u : 8;

    (void)context;
    if (step->kind == IOMMU_STEP_RULE)
        return;
    note("  entry at %" PRIx64 " (structure %u, level %u%s) for %" PRIx64 ": %016" PRIx64
         " %016" PRIx64 " %s",
         step->address, step->structure, step->level, step->implicit ? ", implicit" : "",
         step->input, step->value[0], step->value[1], iommu_rule_name(step->rule));
    for (uint32_t i = 0; i < history->word_count; i++) {
        const struct old_word *word = &history->words[i];

        if (word->address >= (step->address & ~7ull) && word->address < step->address + bytes &&
            word->until + 500 > history->time)
            note("    %" PRIx64 " was %016" PRIx64 " until %" PRIu64, word->address,
                 load_word(word->bytes, 8, world.big_endian), word->until);
    }
}

void explain_request(const struct txn *txn)
{
    const struct history *history = model->history;

    for (uint32_t i = 0; i < history->invalidation_count; i++) {
        const struct past_invalidation *past = &history->invalidations[i];

        if (past->time + 200 > history->time)
            note("  invalidation at %" PRIu64 ": opcode %u func3 %u dv %d device %x av %d gv %d "
                 "gscid %x pscv %d pscid %x nl %d %" PRIx64 " to %" PRIx64,
                 past->time, past->command.opcode, past->command.func3, past->command.dv,
                 past->command.device_id, past->command.av, past->command.gv, past->command.gscid,
                 past->command.pscv, past->command.pscid, past->command.nl, past->command.first,
                 past->command.last);
    }
    note("  fences bind reads after %" PRIu64 ", writes after %" PRIu64, fence_bound[0],
         fence_bound[1]);
    model_traces(&txn->request, explain_step, NULL);
}

static void explain(const struct txn *txn, size_t n)
{
    explain_request(txn);
    note("in question: %s, since %" PRIu64 ", now %" PRIu64, txn_text(txn), txn->since,
         iommu_time(model));
    for (size_t i = 0; i < n && i < 8; i++) {
        const struct iommu_response *response = &found[i].response;

        note("  allowed: status %u cause %u (%s) address %" PRIx64 " permissions %u pbmt %u "
             "target %u rcid %x mcid %x iotval2 %" PRIx64 " reported %d",
             response->status, response->cause, iommu_rule_name(response->rule), response->address,
             response->permissions, response->pbmt, response->target, response->rcid,
             response->mcid, response->iotval2, response->fault_reported);
    }
}

/* --- accesses that leave ------------------------------------------------------------------------
 */

static bool grants(const struct iommu_request *request, const struct iommu_response *response)
{
    static const uint8_t needed[] = {IOMMU_PERM_R, IOMMU_PERM_W, IOMMU_PERM_X};

    return (response->permissions & needed[request->access]) != 0;
}

void txn_leaves(struct txn *txn, uint64_t address, uint32_t user)
{
    uint64_t since = txn->since > fence_bound[txn->write] ? txn->since : fence_bound[txn->write];
    size_t n = ask_all(txn, since);

    model_sees(&txn->request, false);
    counts.compared++;
    if (n == SIZE_MAX) {
        counts.unknown++;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct iommu_response *response = &found[i].response;

        if (response->status == IOMMU_SUCCESS && response->target != IOMMU_TARGET_MRIF &&
            grants(&txn->request, response) && response->address == address &&
            (user >> 24 & 3) == response->pbmt && (user >> 12 & 0xfff) == response->rcid &&
            (user & 0xfff) == response->mcid) {
            cover_outcome(&txn->request, response);
            return;
        }
    }
    explain(txn, n);
    fail("an access goes to %" PRIx64 " (PBMT %u, RCID %x, MCID %x), which is not allowed", address,
         user >> 24 & 3, user >> 12 & 0xfff, user & 0xfff);
}

/* --- faults and their records
 * ---------------------------------------------------------------------- */

#define CLAIMS 8192u
#define OPTIONS 32u

/** A request that was refused, and the records that it may have made. */
struct claim {
    struct fault_record option[OPTIONS];
    unsigned options;
    bool optional; /* perhaps none */
    int record;
    uint64_t number, since;
};

/* The fault queue is, or was until then, turned off. */
static struct {
    bool open;
    uint64_t until;
} lost_records;

static struct claim claims[CLAIMS];
static unsigned claim_count;
static struct {
    struct fault_record record;
    int claim;
    bool visited;
} records[CLAIMS];
static unsigned record_count;

static bool same_record(const struct fault_record *a, const struct fault_record *b)
{
    return a->cause == b->cause && a->ttyp == b->ttyp && a->pv == b->pv && a->priv == b->priv &&
           a->pid == b->pid && a->did == b->did && a->iotval == b->iotval &&
           a->iotval2 == b->iotval2;
}

static bool may_make(const struct claim *claim, const struct fault_record *record)
{
    for (unsigned i = 0; i < claim->options; i++) {
        if (same_record(&claim->option[i], record))
            return true;
    }
    return false;
}

/** Find a record for the claim; others may have to take another one. */
static bool give_record(int claim)
{
    for (unsigned i = 0; i < record_count; i++) {
        if (records[i].visited || !may_make(&claims[claim], &records[i].record))
            continue;
        records[i].visited = true;
        if (records[i].claim < 0 || give_record(records[i].claim)) {
            records[i].claim = claim;
            claims[claim].record = (int)i;
            return true;
        }
    }
    return false;
}

static void match_records(void)
{
    for (unsigned round = 0; round < 2; round++) { /* those that must have one come first */
        for (unsigned i = 0; i < claim_count; i++) {
            if (claims[i].record >= 0 || claims[i].optional != (round == 1))
                continue;
            for (unsigned j = 0; j < record_count; j++)
                records[j].visited = false;
            give_record((int)i);
        }
    }
}

static void add_claim(const struct claim *claim)
{
    if (claim_count == CLAIMS) {
        fail("the bench has no room for more faults");
        return;
    }
    claims[claim_count] = *claim;
    claims[claim_count].optional |= lost_records.open || claim->since < lost_records.until;
    claims[claim_count++].record = -1;
}

static struct fault_record record_of(const struct iommu_request *request,
                                     const struct iommu_response *response)
{
    return (struct fault_record){
        .cause = response->cause,
        .ttyp = request_ttyp(request),
        .pv = request->process_id_valid,
        .priv = request->process_id_valid && request->privileged,
        .pid = request->process_id_valid ? request->process_id : 0,
        .did = request->device_id,
        .iotval = request->iova,
        .iotval2 = response->iotval2,
    };
}

/** Add one more thing that may have happened. */
static void add_option(struct claim *claim, const struct iommu_request *request,
                       const struct iommu_response *response)
{
    struct fault_record record = record_of(request, response);

    if (!response->fault_reported) {
        claim->optional = true;
        return;
    }
    if (may_make(claim, &record))
        return;
    if (claim->options == OPTIONS)
        fail("the bench has no room for all records that #%04x may make",
             (unsigned)(claim->number & 0xffff));
    else
        claim->option[claim->options++] = record;
}

/* --- interrupt files ------------------------------------------------------------------------- */

/** What an access to an MRIF may have done: one of these, or nothing. */
struct mrif_claim {
    struct stored bit[OPTIONS], notice[OPTIONS];
    unsigned options;
    bool nothing; /* it may have been discarded */
    uint64_t number;
};

static struct mrif_claim mrif_claims[CLAIMS];
static unsigned mrif_claim_count;

/** Which doubleword and bit the written identity means. @return false if it is discarded */
static bool mrif_place(const struct txn *txn, const struct iommu_response *response,
                       struct stored *place)
{
    uint64_t data = txn_data(txn, 0) >> ((txn->addr & 4) != 0 ? 32 : 0);
    uint32_t identity = (txn->addr & 4) != 0 ? __builtin_bswap32((uint32_t)data) : (uint32_t)data;

    if ((txn->addr & 0xfff) >> 3 != 0 || identity >> 11 != 0)
        return false;
    *place =
        (struct stored){.address = response->address + identity / 64 * 16, .data = identity % 64};
    return true;
}

static void mrif_option(struct mrif_claim *claim, const struct txn *txn,
                        const struct iommu_response *response)
{
    if (!txn->write || !mrif_place(txn, response, &claim->bit[claim->options])) {
        claim->nothing = true;
        return;
    }
    claim->notice[claim->options] =
        (struct stored){.address = response->notice_address, .data = response->nid};
    if (claim->options + 1 < OPTIONS)
        claim->options++;
}

/** The MRIF itself is in memory that fails: is that why? */
static bool mrif_fault(struct claim *claim, const struct txn *txn,
                       const struct iommu_response *response)
{
    struct iommu_response failed = *response;
    struct stored place;
    enum image_fault fault;

    if (!mrif_place(txn, response, &place))
        return false;
    fault = image_fault(place.address, 8);
    if (fault == GOOD)
        return false;
    failed.cause =
        fault == POISON ? IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION : IOMMU_CAUSE_MRIF_ACCESS_FAULT;
    failed.fault_reported = true;
    add_option(claim, &txn->request, &failed);
    claim->optional = true; /* the model does not say whether DTF is set */
    cover_event("MRIF", fault == POISON ? "corrupted data" : "access fault");
    features_cause(failed.cause);
    return true;
}

static void mrif_add(const struct mrif_claim *claim)
{
    if (mrif_claim_count < CLAIMS)
        mrif_claims[mrif_claim_count++] = *claim;
}

/** A notice that memory refuses is reported, as any message of the IOMMU's own. */
static void notice_fault(uint64_t address)
{
    struct claim claim = {.options = 1, .since = model->history->time};
    enum image_fault fault = image_fault(address, 4);

    if (fault == GOOD || fault == POISON)
        return;
    claim.option[0] = (struct fault_record){
        .cause = IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT, .ttyp = IOMMU_TTYP_NONE, .iotval = address};
    add_claim(&claim);
    cover_event("MRIF", "notice refused");
}

static struct stored *take_stored(struct stored *entries, unsigned count, const struct stored *like)
{
    for (unsigned i = 0; i < count; i++) {
        if (!entries[i].taken && entries[i].address == like->address &&
            entries[i].data == like->data)
            return &entries[i];
    }
    return NULL;
}

static bool mrif_match(const struct mrif_claim *claim)
{
    for (unsigned i = 0; i < claim->options; i++) {
        struct stored *bit = take_stored(mrifs.entry, mrifs.count, &claim->bit[i]);
        struct stored *told = take_stored(notices.entry, notices.count, &claim->notice[i]);

        if (bit == NULL || told == NULL)
            continue;
        bit->taken = told->taken = true;
        features_event(COVER_MRIF_STORE);
        features_event(COVER_NOTICE);
        return true;
    }
    return claim->nothing;
}

static void check_mrifs(void)
{
    for (unsigned round = 0; round < 2; round++) { /* those that leave no choice come first */
        for (unsigned i = 0; i < mrif_claim_count; i++) {
            const struct mrif_claim *claim = &mrif_claims[i];

            if ((claim->options == 1 && !claim->nothing) == (round == 0) && !mrif_match(claim))
                fail("the write #%" PRIx64 " to an interrupt file did not set %u at %" PRIx64
                     ", or sent no notice",
                     claim->number & 0xffff, claim->bit[0].data, claim->bit[0].address);
        }
    }
    for (unsigned i = 0; i < mrifs.count; i++) {
        if (!mrifs.entry[i].taken)
            fail("bit %u at %" PRIx64 " of an interrupt file was set for no reason",
                 mrifs.entry[i].data, mrifs.entry[i].address);
    }
    for (unsigned i = 0; i < notices.count; i++) {
        if (!notices.entry[i].taken)
            fail("a notice to %" PRIx64 " was sent for no reason", notices.entry[i].address);
    }
    mrifs.count = notices.count = mrif_claim_count = 0;
}

/** It is not translated, and no memory has this address. */
static bool beyond_memory(const struct iommu_response *response)
{
    return response->status == IOMMU_SUCCESS && response->target == IOMMU_TARGET_MEMORY &&
           (response->address & ~model->pas_mask) != 0;
}

void txn_refused(struct txn *txn, bool error)
{
    struct claim claim = {.number = txn->number, .since = txn->since};
    struct mrif_claim mrif_claim = {.number = txn->number};
    size_t n = ask_all(txn, txn->since);
    bool mrif = false, fault = false;

    model_sees(&txn->request, false);
    counts.compared++;
    counts.faults += error;
    if (n == SIZE_MAX) {
        counts.unknown++;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct iommu_response *response = &found[i].response;

        if (error && beyond_memory(response)) {
            /* The access fault is memory's, as it were: nothing is recorded. */
            cover_event("refused", "address beyond physical addresses");
            features_event(COVER_PAS);
            fault = claim.optional = true;
        } else if (error && response->status == IOMMU_ABORT) {
            if (!fault)
                cover_outcome(&txn->request, response);
            fault = true;
            add_option(&claim, &txn->request, response);
        } else if (!error && response->status == IOMMU_SUCCESS &&
                   response->target == IOMMU_TARGET_MRIF && grants(&txn->request, response)) {
            if (!mrif)
                cover_outcome(&txn->request, response);
            mrif = true;
            mrif_option(&mrif_claim, txn, response);
        } else if (error && response->status == IOMMU_SUCCESS &&
                   response->target == IOMMU_TARGET_MRIF && txn->write &&
                   grants(&txn->request, response)) {
            fault |= mrif_fault(&claim, txn, response);
        }
    }
    if (bench.verbose && (txn->number & 0xffff) == bench.explain)
        explain(txn, n);
    if (error ? !fault : !mrif) {
        explain(txn, n);
        fail("%s, which is not allowed",
             error ? "an access was refused" : "an access was taken for an interrupt file's");
        return;
    }
    if (fault)
        features_refused(txn);
    if (fault)
        add_claim(&claim);
    if (mrif && txn->write)
        mrif_add(&mrif_claim);
}

static struct fault_record parse_record(const uint8_t *bytes)
{
    bool be = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;
    uint64_t word[4];

    for (unsigned i = 0; i < 4; i++)
        word[i] = load_word(bytes + i * 8, 8, be);
    return (struct fault_record){
        .cause = IOMMU_GET(word[0], IOMMU_FQ_CAUSE) & 0xfff,
        .ttyp = IOMMU_GET(word[0], IOMMU_FQ_TTYP) & 0x3f,
        .pv = IOMMU_GET(word[0], IOMMU_FQ_PV) & 1,
        .priv = IOMMU_GET(word[0], IOMMU_FQ_PRIV) & 1,
        .pid = (uint32_t)IOMMU_GET(word[0], IOMMU_FQ_PID),
        .did = (uint32_t)IOMMU_GET(word[0], IOMMU_FQ_DID),
        .iotval = word[2],
        .iotval2 = word[3],
    };
}

/** The model stored a record on behalf of a message, instead of which one is waited for. */
static void captured_record(const void *bytes)
{
    struct claim claim = {.options = 1, .number = 0xb0000, .since = model->history->time};

    if (trial != NULL) {
        trial->made = true;
        trial->record = parse_record(bytes);
        return;
    }
    claim.option[0] = parse_record(bytes);
    add_claim(&claim);
}

void capture_end(void)
{
    capturing = false;
}

void trial_begin(struct captured *to)
{
    memset(to, 0, sizeof(*to));
    capture_begin();
    /* It is on, so that there is a record to be seen. */
    model->fq.csr |= IOMMU_FQCSR_FQON_MASK;
    trial = to;
    dry = true;
}

void trial_end(void)
{
    capture_end();
    trial = NULL;
    dry = false;
}

void claim_records(const struct captured *made, unsigned count, bool optional, uint64_t since)
{
    struct claim claim = {.number = 0xb0000, .since = since, .optional = optional};

    for (unsigned i = 0; i < count; i++) {
        if (!made[i].made)
            claim.optional = true;
        else if (!may_make(&claim, &made[i].record) && claim.options < OPTIONS)
            claim.option[claim.options++] = made[i].record;
    }
    if (claim.options != 0)
        add_claim(&claim);
}

static void record_seen(const uint8_t *bytes)
{
    struct fault_record record = parse_record(bytes);
    uint32_t next;

    note("record: cause %u ttyp %u device %x process %d:%x%s iotval %" PRIx64 " iotval2 %" PRIx64,
         record.cause, record.ttyp, record.did, record.pv, record.pid, record.priv ? " S" : "",
         record.iotval, record.iotval2);
    counts.records++;
    next = (model->fq.tail + 1) & queue_mask(&model->fq);
    if ((model->fq.csr & IOMMU_FQCSR_FQON_MASK) == 0 || next == model->fq.head ||
        (model->fq.csr & (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)) != 0)
        fail("a record was stored though the fault queue is off, full or in error");
    fault_queue_put(model, &record);
    fault_queue_was_full |= fault_queue_full_for_design();
    if (record_count < CLAIMS) {
        records[record_count].claim = -1;
        records[record_count++].record = record;
    }
}

void ats_completed(struct txn *txn)
{
    struct claim claim = {.number = txn->number, .since = txn->since};
    size_t n = ask_all(txn, txn->since);
    bool allowed = false;

    model_sees(&txn->request, false);
    counts.compared++;
    counts.ats++;
    if (n == SIZE_MAX) {
        counts.unknown++;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct iommu_response *response = &found[i].response;

        if (!ats_completion_is(&txn->request, response))
            continue;
        if (!allowed)
            cover_outcome(&txn->request, response);
        allowed = true;
        add_option(&claim, &txn->request, response);
    }
    if (!allowed) {
        explain(txn, n);
        fail("a translation completion (status %u, payload %016" PRIx64 ") that is not allowed: %s",
             bench.out.ats_rsp_status, bench.out.ats_rsp_payload, txn_text(txn));
        return;
    }
    if (claim.options != 0)
        add_claim(&claim);
}

/* --- stores ------------------------------------------------------------------------------------
 */

static void run_command(void)
{
    uint32_t head = model->cq.head;
    uint32_t before = model->history->invalidation_count;
    struct command_times times = command_times[head & 4095];
    uint64_t at = (IOMMU_GET(model->cq.base, IOMMU_CQB_PPN) << 12) + head * 16ull;
    bool be = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;
    bool work = head != model->cq.tail &&
                (model->cq.csr &
                 (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)) == 0;

    in_command = true;
    iommu_process_command(model);
    in_command = false;
    /* The design may have done it as soon as it was given. */
    if (model->history->invalidation_count > before)
        model->history->invalidations[before].time = times.time;
    counts.commands += model->cq.head != head;
    if (work && image_has(at, 16))
        features_command(image_word(at, 8, be), image_word(at + 8, 8, be), model->cq.head != head);
}

void commands_done(uint32_t asked_at, uint32_t head)
{
    uint32_t mask = queue_mask(&model->cq);
    uint32_t furthest =
        ((model->cq.head - asked_at) & mask) + ((model->cq.tail - model->cq.head) & mask);

    if (head == ((asked_at - 1) & mask))
        return; /* a fence's store has been seen; its answer has not */
    if (((head - asked_at) & mask) > furthest) {
        fail("cqh is %u, beyond cqt or back from %u", head, asked_at);
        return;
    }
    /* It may be from before a fence's store that was seen since. */
    while (((head - asked_at) & mask) > ((model->cq.head - asked_at) & mask) && !bench.failed) {
        uint32_t was = model->cq.head;

        run_command();
        if (model->cq.head == was)
            fail("cqh is %u, but the model stops at %u (cqcsr %x)", head, was, model->cq.csr);
    }
}

bool commands_next(void)
{
    uint32_t was = model->cq.head;

    run_command();
    return model->cq.head != was;
}

void commands_stopped(void)
{
    uint32_t was;

    do {
        was = model->cq.head;
        run_command();
    } while (model->cq.head != was && !bench.failed);
}

static void fence_seen(uint64_t address, uint32_t data)
{
    note("fence stores %x at %" PRIx64, data, address);
    counts.fences++;
    fence.wanted = true;
    fence.address = address;
    fence.data = data;
    while (fence.wanted && !bench.failed) {
        uint32_t was = model->cq.head;

        run_command();
        if (model->cq.head == was)
            fail("a fence stored %x at %" PRIx64 ", but the model stops at %u (cqcsr %x)", data,
                 address, was, model->cq.csr);
    }
}

void design_stores(enum iommu_structure structure, uint64_t address, uint64_t size,
                   const void *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, 4);
    record_bytes.address = address;
    memcpy(record_bytes.bytes, bytes, size < 32 ? size : 32);
    trace_stores(structure, bytes);
    switch (structure) {
    case IOMMU_FENCE:
        fence_seen(address, word);
        break;
    case IOMMU_FQ:
        if (size != 32)
            fail("a fault record of %u bytes", (unsigned)size);
        else
            record_seen(bytes);
        break;
    case IOMMU_PQ:
        page_record_seen(bytes);
        break;
    case IOMMU_MSI:
        counts.msis++;
        log_store(msis.entry, &msis.count, address, word);
        break;
    case IOMMU_NOTICE:
        log_store(notices.entry, &notices.count, address, word);
        notice_fault(address);
        break;
    default:
        fail("a store to %" PRIx64 " for structure %u", address, structure);
        break;
    }
}

void design_sets_mrif(uint64_t address, uint64_t operand)
{
    counts.mrifs++;
    if (operand == 0 || (operand & (operand - 1)) != 0)
        fail("an interrupt file at %" PRIx64 " is ORed with %" PRIx64, address, operand);
    else
        log_store(mrifs.entry, &mrifs.count, address, (uint32_t)__builtin_ctzll(operand));
    features_event(COVER_MRIF_AMO);
}

/* --- A/D updates ---------------------------------------------------------------------------------
 */

static bool outcome_updates(const struct iommu_outcome *outcome, uint64_t address,
                            const uint8_t *before, const uint8_t *after)
{
    for (unsigned i = 0; i < outcome->updates; i++) {
        const struct iommu_update *update = &outcome->update[i];
        uint8_t expected[8];

        if ((update->address & ~7ull) != (address & ~7ull))
            continue;
        /* Either byte order: the model has the value, not the order. */
        for (unsigned be = 0; be < 2; be++) {
            memcpy(expected, before, 8);
            store_word(expected + (update->address - address), update->size, be != 0,
                       update->value);
            if (memcmp(expected, after, 8) == 0)
                return true;
        }
    }
    return false;
}

static bool txn_updates(struct txn *txn, uint64_t address, const uint8_t *before,
                        const uint8_t *after)
{
    size_t n;

    if (txn->left)
        return false;
    n = ask(&txn->request, txn->since);
    if (n == SIZE_MAX)
        return true;
    for (size_t i = 0; i < n; i++) {
        if (outcome_updates(&found[i], address, before, after))
            return true;
    }
    return false;
}

static struct {
    uint64_t address;
    const uint8_t *before, *after;
    bool allowed;
} update;

static void other_updates(struct txn *txn)
{
    update.allowed |= txn_updates(txn, update.address, update.before, update.after);
}

bool update_allowed(uint64_t address, const uint8_t *before, const uint8_t *after)
{
    for (unsigned port = 0; port < PORTS; port++) {
        for (unsigned write = 0; write < 2; write++) {
            struct flight *list = &flight[port][write];

            for (unsigned i = 0; i < list->count; i++) {
                if (txn_updates(list->txn[i], address, before, after))
                    return true;
            }
        }
    }
    update.address = address;
    update.before = before;
    update.after = after;
    update.allowed = false;
    ats_each(other_updates);
    return update.allowed;
}

/* --- when all is quiet
 * ----------------------------------------------------------------------------- */

/** Those of now that have no record yet need not have one, nor those until it is on again. */
void records_may_be_lost(void)
{
    match_records();
    for (unsigned i = 0; i < claim_count; i++) {
        if (claims[i].record < 0)
            claims[i].optional = true;
    }
    lost_records.open = true;
}

void records_are_kept(void)
{
    lost_records.open = false;
    lost_records.until = ++model->history->time;
}

static void check_messages(void)
{
    for (unsigned i = 0; i < msis_expected.count; i++) {
        bool seen = false;

        for (unsigned j = 0; j < msis.count && !seen; j++) {
            seen = !msis.entry[j].taken &&
                   msis.entry[j].address == msis_expected.entry[i].address &&
                   msis.entry[j].data == msis_expected.entry[i].data;
            if (seen) {
                msis.entry[j].taken = true;
                features_message(msis.entry[j].address);
            }
        }
        if (!seen)
            fail("an interrupt message of %x to %" PRIx64 " was not sent",
                 msis_expected.entry[i].data, msis_expected.entry[i].address);
    }
    for (unsigned j = 0; j < msis.count; j++) {
        if (!msis.entry[j].taken)
            fail("an interrupt message of %x to %" PRIx64 " was sent for no reason",
                 msis.entry[j].data, msis.entry[j].address);
    }
    msis.count = msis_expected.count = 0;
}

/** Which requests may have been meant. */
static void explain_claims(const struct fault_record *record)
{
    for (unsigned i = 0; i < claim_count; i++) {
        for (unsigned j = 0; j < claims[i].options; j++) {
            const struct fault_record *option = &claims[i].option[j];

            if (option->iotval == record->iotval && option->did == record->did)
                note("  request #%" PRIx64 " may make cause %u ttyp %u iotval2 %" PRIx64 "%s%s",
                     claims[i].number & 0xffff, option->cause, option->ttyp, option->iotval2,
                     claims[i].optional ? ", or none" : "",
                     claims[i].record >= 0 ? ", and has one" : "");
        }
    }
}

static void check_records(void)
{
    bool lost = false, perhaps = false;

    match_records();
    for (unsigned i = 0; i < record_count; i++) {
        const struct fault_record *record = &records[i].record;

        if (records[i].claim >= 0)
            features_record(record);
        else
            explain_claims(record);
        if (records[i].claim < 0)
            fail("a record that no request made: cause %u ttyp %u device %x process %d:%x "
                 "iotval %" PRIx64 " iotval2 %" PRIx64,
                 record->cause, record->ttyp, record->did, record->pv, record->pid, record->iotval,
                 record->iotval2);
    }
    for (unsigned i = 0; i < claim_count; i++) {
        perhaps |= claims[i].record < 0;
        if (claims[i].record >= 0 || claims[i].optional)
            continue;
        lost = true;
        if ((model->fq.csr & IOMMU_FQCSR_FQON_MASK) != 0 && !fault_queue_was_full &&
            (model->fq.csr & (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)) == 0)
            fail("the record of request #%" PRIx64
                 " is missing: cause %u device %x iotval %" PRIx64,
                 claims[i].number & 0xffff, claims[i].option[0].cause, claims[i].option[0].did,
                 claims[i].option[0].iotval);
    }
    if (lost && fault_queue_was_full && (model->fq.csr & IOMMU_FQCSR_FQON_MASK) != 0) {
        cover_event("fault queue", "overflow");
        model->fq.csr |= IOMMU_FQCSR_FQOF_MASK;
        interrupts_update(model, 0);
    }
    perhaps_overflow = perhaps && !lost && fault_queue_was_full;
    record_count = claim_count = 0;
}

void check_quiet(void)
{
    commands_stopped(); /* or done: the rest of them */
    ats_quiet();
    check_records();
    check_messages();
    check_mrifs();
}

void check_reset(void)
{
    memset(&fence, 0, sizeof(fence));
    memset(&mode, 0, sizeof(mode));
    requests_accepted = 0;
    memset(&lost_records, 0, sizeof(lost_records));
    fence_bound[0] = fence_bound[1] = 0;
    record_count = claim_count = 0;
    msis.count = msis_expected.count = notices.count = mrifs.count = 0;
    mrif_claim_count = 0;
    fault_queue_was_full = perhaps_overflow = false;
}
