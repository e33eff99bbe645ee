/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of devices for which the design looks up a context: page requests, and completions
 * that nobody waits for. They are handled one after the other. What becomes of each may depend
 * on contexts of before, in a cache or in memory, and on queues that are turned off or full: all
 * that is allowed is kept, and what is seen decides.
 */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define PENDING 256u
#define OUTCOMES 12u

/** What may become of a message, by one of the contexts that it may meet. */
struct outcome {
    bool queues;                                /* it comes to the page-request queue */
    bool responds, responds_full, responds_off; /* and then, if the queue is full, or off */
    struct iommu_message response, full, off;
    struct iommu_pri_result result;
    struct captured record;
};

struct pending {
    bool completion;
    struct iommu_page_request request;
    uint64_t since;
    struct outcome outcome[OUTCOMES];
    unsigned outcomes;
    bool unknown; /* there were too many */
    bool passed;  /* a later one has been stored */
};

static struct {
    struct pending list[PENDING];
    unsigned count;
    bool trying; /* the model only looks */
    bool responded;
    struct iommu_message response;
    bool window; /* the page-request queue is turned off, or was until then */
    uint64_t window_end;
    /* Where a message finds its device context: DDT entries on the way, and itself. */
    struct {
        uint64_t address, size;
    } path[4];
    unsigned path_length;
} pages;

void pages_reset(void)
{
    memset(&pages, 0, sizeof(pages));
    perhaps_page_overflow = false;
}

bool pages_full(void)
{
    return pages.count + 4 > PENDING;
}

bool pages_try_message(const struct iommu_message *message)
{
    if (pages.trying) {
        pages.responded = true;
        pages.response = *message;
    }
    return pages.trying;
}

/* --- one context, one state of the queue ---------------------------------------------------------
 */

/** The model handles the message, and is as it was. @param csr of the page-request queue */
static struct iommu_pri_result attempt(const struct pending *pending, uint32_t csr,
                                       struct captured *record)
{
    static struct iommu before;
    struct iommu_pri_result result = {.status = IOMMU_PRI_DISCARDED};

    before = *model;
    record->made = false;
    pages.trying = true;
    pages.responded = false;
    trial_begin(record);
    model->pq.csr = csr;
    model->pq.head = model->pq.tail = 0;
    if (pending->completion)
        iommu_invalidation_completion(model, pending->request.device_id, 0, 1);
    else
        result = iommu_page_request(model, &pending->request);
    trial_end();
    pages.trying = false;
    *model = before;
    return result;
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
    return a->queues == b->queues && a->responds == b->responds &&
           a->record.made == b->record.made &&
           memcmp(&a->record.record, &b->record.record, sizeof(a->record.record)) == 0 &&
           memcmp(&a->response, &b->response, sizeof(a->response)) == 0 &&
           memcmp(&a->full, &b->full, sizeof(a->full)) == 0;
}

/** By the contexts as the model sees them now. */
static void add_outcome(struct pending *pending)
{
    struct outcome outcome;
    struct captured none;

    memset(&outcome, 0, sizeof(outcome));
    outcome.result = attempt(pending, IOMMU_PQCSR_PQON_MASK, &outcome.record);
    outcome.responds = pages.responded;
    if (pages.responded)
        outcome.response = pages.response;
    outcome.queues = !pending->completion && outcome.result.status == IOMMU_PRI_QUEUED;
    if (outcome.queues) {
        attempt(pending, IOMMU_PQCSR_PQON_MASK | IOMMU_PQCSR_PQOF_MASK, &none);
        outcome.responds_full = pages.responded;
        if (pages.responded)
            outcome.full = pages.response;
        attempt(pending, 0, &none);
        outcome.responds_off = pages.responded;
        if (pages.responded)
            outcome.off = pages.response;
    }
    for (unsigned i = 0; i < pending->outcomes; i++) {
        if (same_outcome(&pending->outcome[i], &outcome))
            return;
    }
    if (pending->outcomes == OUTCOMES)
        pending->unknown = true;
    else
        pending->outcome[pending->outcomes++] = outcome;
}

/* --- contexts of before
 * --------------------------------------------------------------------------- */

static void find_context(void *context, const struct iommu_step *step)
{
    uint64_t dc_size = has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK) ? 64 : 32;

    (void)context;
    if ((step->kind != IOMMU_STEP_DC && step->kind != IOMMU_STEP_DDTE) || pages.path_length == 4)
        return;
    pages.path[pages.path_length].address = step->address;
    pages.path[pages.path_length++].size = step->kind == IOMMU_STEP_DC ? dc_size : 8;
}

/** May a value that was replaced at that time be in a cache? */
static bool cached(const struct pending *pending, const uint8_t *bytes, uint64_t until)
{
    const struct history *history = model->history;
    bool big = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;

    if ((load_word(bytes, 8, big) & IOMMU_DC_TC_V_MASK) == 0)
        return false;
    for (uint32_t i = history->invalidation_count; i-- > 0;) {
        const struct past_invalidation *past = &history->invalidations[i];

        if (past->time < until)
            break;
        if (past->time <= pending->since && past->command.opcode == IOMMU_OPCODE_IODIR &&
            past->command.func3 == IOMMU_FUNC3_IODIR_INVAL_DDT &&
            (!past->command.dv || past->command.device_id == pending->request.device_id))
            return false;
    }
    return true;
}

/** By what may be in caches of a DDT entry, or of the device context. */
static void consider_old(struct pending *pending, uint64_t address, uint64_t size)
{
    uint64_t until = NEVER;
    uint8_t bytes[64], now[64];

    image_load(address, size, now);
    while ((until = replaced_before(model->history, address, size, until)) != 0) {
        memcpy(bytes, now, size);
        snapshot(model->history, address, size, until, bytes);
        if (!cached(pending, bytes, until))
            continue;
        image_pretend(address, size, bytes);
        add_outcome(pending);
        image_pretend(0, 0, NULL);
    }
}

/** By memory as it is, and by what may be in caches. */
static void consider(struct pending *pending)
{
    struct iommu_request request = {.device_id = pending->request.device_id};

    add_outcome(pending);
    pages.path_length = 0;
    model_traces(&request, find_context, NULL);
    for (unsigned i = 0; i < pages.path_length; i++)
        consider_old(pending, pages.path[i].address, pages.path[i].size);
}

/** While ddtp changes both are right. */
static void consider_all(struct pending *pending)
{
    consider(pending);
    if (!mode_other())
        return;
    swap_modes();
    consider(pending);
    swap_modes();
}

void pages_remember(void)
{
    for (unsigned i = 0; i < pages.count; i++)
        consider_all(&pages.list[i]);
}

/* --- what has become of it
 * ------------------------------------------------------------------------ */

enum fate { QUEUED, RESPONDED, NOTHING };

/** The queue's state, as far as this message may have met it. */
static bool may_be_full(const struct pending *pending)
{
    const struct queue *queue = &model->pq;
    bool on = (queue->csr & IOMMU_PQCSR_PQON_MASK) != 0;

    return pages.window || pending->since < pages.window_end ||
           (on && ((queue->csr & IOMMU_PQCSR_PQOF_MASK) != 0 ||
                   ((queue->tail + 1) & queue_mask(queue)) == queue->head));
}

static bool may_be_off(const struct pending *pending)
{
    return pages.window || pending->since < pages.window_end ||
           (model->pq.csr & IOMMU_PQCSR_PQON_MASK) == 0 ||
           (model->pq.csr & IOMMU_PQCSR_PQMF_MASK) != 0;
}

/** @param code gets the response's @return whether the outcome leads to this fate */
static bool fits(const struct pending *pending, const struct outcome *outcome, enum fate fate,
                 struct iommu_pri_result *result, bool *full)
{
    *result = outcome->result;
    *full = false;
    if (!outcome->queues)
        return fate == RESPONDED ? outcome->responds && ats_message_is(&outcome->response)
                                 : fate == NOTHING && !outcome->responds;
    if (fate == QUEUED)
        return true;
    *full = may_be_full(pending) &&
            (fate == RESPONDED ? outcome->responds_full && ats_message_is(&outcome->full)
                               : !outcome->responds_full);
    result->status = fate == RESPONDED ? IOMMU_PRI_RESPONDED : IOMMU_PRI_DISCARDED;
    result->code = IOMMU_PRGR_SUCCESS;
    if (*full)
        return true;
    result->code = IOMMU_PRGR_RESPONSE_FAILURE;
    return may_be_off(pending) &&
           (fate == RESPONDED ? outcome->responds_off && ats_message_is(&outcome->off)
                              : !outcome->responds_off);
}

static void overflow(bool surely)
{
    if ((model->pq.csr & IOMMU_PQCSR_PQON_MASK) == 0 || pages.window ||
        (model->pq.csr & IOMMU_PQCSR_PQOF_MASK) != 0)
        return;
    if (!surely) {
        perhaps_page_overflow = true;
        return;
    }
    model->pq.csr |= IOMMU_PQCSR_PQOF_MASK;
    interrupts_update(model, 0);
}

static void cover(const struct pending *pending, const struct iommu_pri_result *result,
                  const struct iommu_message *message)
{
    if (pending->completion)
        return;
    counts.pages++;
    features_page(&pending->request, result);
    if (message != NULL)
        features_page_response(&pending->request, message);
    cover_event("page request", result->status == IOMMU_PRI_QUEUED      ? "queued"
                                : result->status == IOMMU_PRI_RESPONDED ? "response"
                                                                        : "discarded");
    if (pending->outcomes > 1)
        cover_event("page request", "old and new contexts");
}

/** @return false if that is not allowed; then nothing has changed */
static bool resolve(struct pending *pending, enum fate fate, const struct iommu_message *message)
{
    struct captured records[OUTCOMES] = {0};
    struct iommu_pri_result result, chosen = {.status = IOMMU_PRI_DISCARDED};
    unsigned count = 0, fitting = 0, overflows = 0;
    bool full;

    for (unsigned i = 0; i < pending->outcomes; i++) {
        if (!fits(pending, &pending->outcome[i], fate, &result, &full))
            continue;
        if (fitting++ == 0)
            chosen = result;
        overflows += full;
        records[count++] = pending->outcome[i].record;
    }
    if (fitting == 0 && !pending->unknown)
        return false;
    claim_records(records, count, pending->unknown, pending->since);
    if (overflows != 0)
        overflow(overflows == fitting && !pending->unknown && !may_be_off(pending));
    if (fate == QUEUED && page_queue_put(model, &pending->request) != PUT_DONE)
        fail("a page request was stored though the queue is off, full or in error: pqcsr %x, pqt "
             "%u, pqh %u",
             model->pq.csr, model->pq.tail, model->pq.head);
    cover(pending, &chosen, message);
    return true;
}

static void remove_pending(unsigned at)
{
    memmove(&pages.list[at], &pages.list[at + 1], (--pages.count - at) * sizeof(pages.list[0]));
}

void pages_add(const struct iommu_page_request *request, bool completion, uint64_t since)
{
    struct pending *pending = &pages.list[pages.count];

    if (pages.count == PENDING) {
        fail("the bench has no room for more messages of devices");
        return;
    }
    pages.count++;
    memset(pending, 0, sizeof(*pending));
    pending->request = *request;
    pending->completion = completion;
    pending->since = since;
}

void page_record_seen(const uint8_t *bytes)
{
    bool big = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;
    uint64_t low = load_word(bytes, 8, big), payload = load_word(bytes + 8, 8, big);

    for (unsigned i = 0; i < pages.count; i++) {
        struct pending *pending = &pages.list[i];

        if (pending->completion || pending->request.payload != payload ||
            pending->request.device_id != IOMMU_GET(low, IOMMU_PQ_DID))
            continue;
        consider_all(pending);
        if (pending->passed || !resolve(pending, QUEUED, NULL))
            fail("a page request was stored that must not be, or out of order");
        remove_pending(i);
        while (i-- > 0) /* they are handled in order */
            pages.list[i].passed = true;
        return;
    }
    fail("a page request was stored that nobody made");
}

/** A response is on the pins. @return whether a page request explains it */
bool pages_answer(void)
{
    const struct pins_out *out = &bench.out;
    const struct iommu_message message = {
        .pasid_valid = out->ats_rsp_pasid_valid,
        .process_id = out->ats_rsp_process_id,
        .payload = out->ats_rsp_payload,
    };

    for (unsigned i = 0; i < pages.count; i++) {
        struct pending *pending = &pages.list[i];

        if (pending->completion || out->ats_rsp_device_id != pending->request.device_id ||
            IOMMU_GET(out->ats_rsp_payload, IOMMU_CMD_ATS_PRGR_PRGI) !=
                IOMMU_GET(pending->request.payload, IOMMU_PQ_PRGI))
            continue;
        consider_all(pending);
        if (!resolve(pending, RESPONDED, &message))
            continue;
        remove_pending(i);
        return true;
    }
    return false;
}

void pages_window(bool open)
{
    pages_remember();
    pages.window = open;
    if (!open)
        pages.window_end = ++model->history->time;
}

void pages_quiet(void)
{
    for (unsigned i = 0; i < pages.count && !bench.failed; i++) {
        consider_all(&pages.list[i]);
        if (!resolve(&pages.list[i], NOTHING, NULL))
            fail("the %s of device %x, payload %016" PRIx64 ", was neither stored nor answered",
                 pages.list[i].completion ? "completion" : "page request",
                 pages.list[i].request.device_id, pages.list[i].request.payload);
    }
    pages.count = 0;
}
