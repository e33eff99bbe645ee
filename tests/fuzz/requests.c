/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that come from devices. */
#include <string.h>

#include "fuzz.h"

#define DMA_MAX (2 * PAGE_BYTES + 64)
/* Message codes of PCI Express in iotval. */
#define CODE_COMPLETION 0x02u
#define CODE_PAGE_REQUEST 0x04u

static uint32_t device_of(const struct op *op)
{
    static const uint32_t special[4] = {0x40, 0x8000, 1u << 24, 0xffffffff};

    switch (op->b & 7) {
    case 6:
        return special[op->b >> 6 & 3];
    case 7:
        return op->c >> 8;
    default:
        return op->b & 3;
    }
}

static uint64_t address_of(const struct op *op)
{
    uint64_t offset = op->d >> 8 & 0xfff, page = op->d & 0x7f;

    switch (op->c & 3) {
    case 0:
        return page * PAGE_BYTES + offset;
    case 1:
        return op->d;
    case 2: /* a superpage of 2 or 4 MiB */
        return 1ull << ((op->d >> 20 & 1) ? 22 : 21) | page * PAGE_BYTES | offset;
    default:
        return (MSI_GUEST_PAGE + (page & MSI_GUEST_MASK)) * PAGE_BYTES +
               ((op->d >> 21 & 1) ? offset : offset & 4);
    }
}

struct iommu_request request_of(const struct world *world, const struct op *op)
{
    struct iommu_request request = {
        .iova = address_of(op),
        .device_id = device_of(op),
        .type = op->a & 3,
        .access = op->a >> 2 & 3,
        .privileged = (op->a & 0x10) != 0,
        .execute = (op->a & 0x20) != 0,
        .cxl = (op->a & 0x40) != 0,
        .length = (op->c & 4) != 0 ? 4 : op->c >> 16 & 0xff,
    };

    if ((op->a & 0x80) != 0) { /* the last one again, from elsewhere in its page */
        request = world->last;
        request.iova ^= op->d >> 8 & 0xfff;
        request.access = op->a >> 2 & 3;
        request.privileged ^= (op->c & 8) != 0;
        return request;
    }
    if ((op->b & 8) != 0) {
        request.process_id_valid = true;
        request.process_id = (op->b & 0x400) != 0 ? op->c >> 8 : op->b >> 4 & 3;
    }
    return request;
}

static void trace_request(const struct world *world, const char *what,
                          const struct iommu_request *request,
                          const struct iommu_response *response)
{
    trace(world,
          "%s: device %#x process %d:%#x type %u access %u%s%s%s iova %#llx length %u -> status %u "
          "cause %u %s address %#llx log2 %u permissions %u target %u iotval2 %#llx",
          what, request->device_id, request->process_id_valid, request->process_id, request->type,
          request->access, request->privileged ? " privileged" : "",
          request->execute ? " execute" : "", request->cxl ? " cxl" : "",
          (unsigned long long)request->iova, request->length, response->status, response->cause,
          iommu_rule_name((enum iommu_rule)response->rule), (unsigned long long)response->address,
          response->page_log2, response->permissions, response->target,
          (unsigned long long)response->iotval2);
}

/* --- translations -------------------------------------------------------------------- */

struct tracer {
    const struct world *world;
    unsigned steps;
    bool refused;
};

static void on_step(void *context, const struct iommu_step *step)
{
    struct tracer *tracer = context;
    const struct world *world = tracer->world;

    RULE(world, !tracer->refused, "a step after the rule that decided");
    RULE(world,
         step->kind <= IOMMU_STEP_RULE && step->structure < IOMMU_STRUCTURES &&
             step->rule < IOMMU_RULES && step->words <= 8 && step->level < 5,
         "a step of kind %u, structure %u", step->kind, step->structure);
    tracer->steps++;
    trace(world, "    step %u, level %u, at %#llx: %#llx %s", step->kind, step->level,
          (unsigned long long)step->address, (unsigned long long)step->value[0],
          iommu_rule_name(step->rule));
    tracer->refused = step->rule != IOMMU_RULE_NONE;
}

static struct iommu_response translate(struct world *world, unsigned side, bool traced,
                                       const struct iommu_request *request)
{
    struct tracer tracer = {.world = world};
    struct iommu_response response;

    if (!traced || side != 0)
        return iommu_translate(world->side[side].iommu, request);
    response = iommu_translate_traced(world->side[side].iommu, request, on_step, &tracer);
    RULE(world,
         !tracer.refused || response.cause != 0 || response.rule == IOMMU_RULE_ATS_PERMISSION,
         "a rule refused a request that succeeds");
    return response;
}

static void compare(const struct world *world, const struct iommu_response *response)
{
    RULE(world, responses_equal(&response[0], &response[1]),
         "responses differ: status %u or %u, cause %u or %u, address %#llx or %#llx, log2 %u or "
         "%u, permissions %u or %u",
         response[0].status, response[1].status, response[0].cause, response[1].cause,
         (unsigned long long)response[0].address, (unsigned long long)response[1].address,
         response[0].page_log2, response[1].page_log2, response[0].permissions,
         response[1].permissions);
}

void step_translate(struct world *world, const struct op *op, bool traced)
{
    struct iommu_request request = request_of(world, op);
    struct iommu_response response[SIDES];

    make_coherent(world, &request);
    world->reads_only = request.access != IOMMU_WRITE;
    ask_before(world, &request);
    for (unsigned i = 0; i < SIDES; i++)
        response[i] = translate(world, i, traced, &request);
    trace_request(world, traced ? "traced" : "translate", &request, &response[0]);
    compare(world, response);
    response_check(world, &request, &response[0]);
    ask_after(world, &response[0]);
    world->expected = record_of(&request, &response[0]);
    world->last = request;
}

/* --- accesses with data -------------------------------------------------------------- */

/** A record may name the start of the access, or of a page that it went on to. */
static void expect_page(struct world *world, const struct iommu_request *request, uint32_t length)
{
    const struct side *side = witness(world);

    for (uint32_t i = 0; i < side->faults && i < RECORDS_MAX; i++) {
        uint64_t iotval = side->fault[i].word[2];

        if (IOMMU_GET(side->fault[i].word[0], IOMMU_FQ_TTYP) != 0 && iotval % PAGE_BYTES == 0 &&
            iotval - request->iova < length)
            world->expected.iotval = iotval;
    }
}

/** An access inside one page: the data must be in memory now, where it was translated to. */
static void data_check(const struct world *world, const struct iommu_response *response,
                       const uint8_t *data, uint32_t length)
{
    uint64_t offset = response->address - world->base;

    if (response->status != IOMMU_SUCCESS || response->target == IOMMU_TARGET_MRIF)
        return;
    RULE(world, offset < ARENA_BYTES && ARENA_BYTES - offset >= length,
         "data is moved at %#llx, where nothing is", (unsigned long long)response->address);
    RULE(world, memcmp(world->side[0].memory + offset, data, length) == 0,
         "data is not what memory has at %#llx", (unsigned long long)response->address);
}

void step_dma(struct world *world, const struct op *op)
{
    static uint8_t data[SIDES][DMA_MAX];
    struct iommu_request request = request_of(world, op);
    struct iommu_response response[SIDES];
    uint32_t to_page_end = (uint32_t)(PAGE_BYTES - request.iova % PAGE_BYTES);
    uint32_t length = (op->c & 4) != 0 ? 4 : (op->c >> 16) % (DMA_MAX + 1);
    bool sane = request_makes_sense(&request) && request.type != IOMMU_ATS_TRANSLATION;

    /* What an access does to its own tables is not coherent. */
    if (world->setup.coherent && length > to_page_end)
        length = to_page_end;
    if (length != 0 && request.iova + (length - 1) < request.iova)
        sane = false; /* it goes on behind the last address */
    make_coherent(world, &request);
    world->reads_only = request.access != IOMMU_WRITE;
    memset(data[0], op->a, length);
    for (uint32_t i = 0; i < length && i < 4; i++) /* an interrupt identity, or any word */
        data[0][i ^ ((op->c & 0x10) != 0 ? 3 : 0)] =
            (uint8_t)((op->d >> 24 & ((op->c & 8) != 0 ? 0xffffffff : 0x7ff)) >> (8 * i));
    memcpy(data[1], data[0], length);
    for (unsigned i = 0; i < SIDES; i++) {
        world->side[i].in_dma = true;
        response[i] = iommu_dma(world->side[i].iommu, &request, data[i], length);
        world->side[i].in_dma = false;
    }
    trace_request(world, "dma", &request, &response[0]);
    compare(world, response);
    RULE(world, memcmp(data[0], data[1], length) == 0, "the data of an access differs");
    RULE(world, (response[0].status == IOMMU_BAD_REQUEST) == (length == 0 || !sane),
         "an access of %u bytes has status %u", length, response[0].status);
    if (sane && length <= to_page_end && length != 0) {
        response_check(world, &request, &response[0]);
        data_check(world, &response[0], data[0], length);
    }
    world->expected = record_of(&request, &response[0]);
    expect_page(world, &request, length);
    if (sane)
        world->last = request;
}

/* --- messages ------------------------------------------------------------------------ */

/** The code of an automatic response; PCIe ATS Page Request handling. */
static enum iommu_prgr_code response_code(const struct iommu_pri_result *result)
{
    if (result->cause == IOMMU_CAUSE_TRANS_TYPE_DISALLOWED)
        return IOMMU_PRGR_INVALID_REQUEST;
    return result->rule == IOMMU_RULE_PRI_QUEUE_FULL ? IOMMU_PRGR_SUCCESS
                                                     : IOMMU_PRGR_RESPONSE_FAILURE;
}

static bool is_always_reported(uint16_t cause)
{
    return (cause >= IOMMU_CAUSE_ALL_INBOUND_DISALLOWED &&
            cause <= IOMMU_CAUSE_DDT_MISCONFIGURED) ||
           cause == IOMMU_CAUSE_DDT_DATA_CORRUPTION;
}

static struct expected_record message_record(const struct iommu_request *origin, uint16_t cause,
                                             uint8_t code)
{
    return (struct expected_record){
        .possible = cause != 0,
        .due = is_always_reported(cause),
        .cause = cause,
        .ttyp = IOMMU_TTYP_MESSAGE_REQ,
        .pv = origin->process_id_valid,
        .priv = origin->privileged,
        .pid = origin->process_id,
        .did = origin->device_id,
        .iotval = code,
    };
}

static void queued_check(const struct world *world, const struct iommu_page_request *request)
{
    const struct record *record = &witness(world)->page_request[0];
    bool pv = request->process_id_valid;

    RULE(world, witness(world)->page_requests == 1, "%u records for a page request",
         witness(world)->page_requests);
    RULE(world,
         record->word[1] == request->payload &&
             record->word[0] ==
                 (IOMMU_PREP(IOMMU_PQ_DID, request->device_id) |
                  (pv ? IOMMU_PREP(IOMMU_PQ_PID, request->process_id) | IOMMU_PREP(IOMMU_PQ_PV, 1) |
                            IOMMU_PREP(IOMMU_PQ_PRIV, request->privileged) |
                            IOMMU_PREP(IOMMU_PQ_EXEC, request->execute)
                      : 0)),
         "a page request is recorded as %#llx, %#llx", (unsigned long long)record->word[0],
         (unsigned long long)record->word[1]);
}

void step_page_request(struct world *world, const struct op *op)
{
    struct iommu_request origin = request_of(world, op);
    struct iommu_page_request request = {
        .device_id = origin.device_id,
        .process_id = origin.process_id,
        .process_id_valid = origin.process_id_valid,
        .privileged = origin.privileged,
        .execute = origin.execute,
        .payload = (origin.iova & ~0xfffull) | (op->d >> 8 & 0xfff),
    };
    uint64_t rwl = request.payload & 7;
    uint32_t messages = world->side[0].message_count;
    struct iommu_pri_result result[SIDES];
    bool last = rwl >= 4 && !(rwl == 4 && request.process_id_valid);

    origin.type = origin.access = 0;
    make_coherent(world, &origin);
    for (unsigned i = 0; i < SIDES; i++)
        result[i] = iommu_page_request(world->side[i].iommu, &request);
    trace(world, "page request of device %#x: status %u, cause %u, code %u", request.device_id,
          result[0].status, result[0].cause, result[0].code);
    RULE(world,
         result[0].status == result[1].status && result[0].cause == result[1].cause &&
             result[0].rule == result[1].rule && result[0].code == result[1].code,
         "page requests have causes %u or %u", result[0].cause, result[1].cause);
    messages = world->side[0].message_count - messages;
    if (result[0].status == IOMMU_PRI_QUEUED)
        queued_check(world, &request);
    else
        RULE(world, witness(world)->page_requests == 0, "a record for a discarded page request");
    if (request_makes_sense(&origin) && result[0].status != IOMMU_PRI_QUEUED)
        RULE(world, (result[0].status == IOMMU_PRI_RESPONDED) == last,
             "a page request with R, W, L %llu has status %u", (unsigned long long)rwl,
             result[0].status);
    if (result[0].status == IOMMU_PRI_RESPONDED)
        RULE(world, result[0].code == response_code(&result[0]), "code %u for cause %u",
             result[0].code, result[0].cause);
    RULE(world, messages == (result[0].status == IOMMU_PRI_RESPONDED && !world->setup.deaf),
         "%u responses to a page request", messages);
    world->expected = message_record(&origin, result[0].cause, CODE_PAGE_REQUEST);
}

/** What the messages so far say that this completion answers; and take note of it. */
static bool completion_expected(struct world *world, uint32_t device_id, uint32_t itags,
                                uint32_t busy, uint8_t count, uint32_t *still_busy)
{
    bool matched = false;

    *still_busy = busy;
    for (unsigned i = 0; i < 32; i++) {
        struct tag *tag = &world->tag[i];
        uint32_t known = tag->segment_valid ? 0xffffff : 0xffff;

        if ((busy & itags & 1u << i) == 0 || ((tag->device_id ^ device_id) & known) != 0)
            continue;
        matched = true;
        if (tag->remaining == 0)
            tag->remaining = count == 0 ? 8 : count;
        if (--tag->remaining == 0)
            *still_busy &= ~(1u << i);
    }
    return matched;
}

void step_completion(struct world *world, const struct op *op)
{
    struct iommu_request origin = {.device_id = device_of(op)};
    uint32_t busy = iommu_itags_busy(world->side[0].iommu);
    const struct side *side = witness(world);
    bool matched[SIDES], expected;

    expected = completion_expected(world, origin.device_id, op->c, busy, op->a & 7, &busy);
    make_coherent(world, &origin);
    for (unsigned i = 0; i < SIDES; i++)
        matched[i] =
            iommu_invalidation_completion(world->side[i].iommu, origin.device_id, op->c, op->a & 7);
    trace(world, "completion by device %#x for ITAGs %#x, count %u: %d", origin.device_id, op->c,
          op->a & 7, matched[0]);
    RULE(world, matched[0] == matched[1], "a completion matches on one side");
    RULE(world, world->setup.deaf || matched[0] == expected, "a completion matches: %d",
         matched[0]);
    /* Commands that waited may have taken the tags that are free now. */
    RULE(world,
         world->setup.deaf || !world->setup.manual ||
             iommu_itags_busy(world->side[0].iommu) == busy,
         "ITAGs %#x are busy, not %#x", iommu_itags_busy(world->side[0].iommu), busy);
    world->expected = message_record(&origin, 0, CODE_COMPLETION);
    if (matched[0] || side->faults == 0)
        return;
    /* Any cause of the way to the device context. */
    world->expected.cause = IOMMU_GET(side->fault[0].word[0], IOMMU_FQ_CAUSE) & 0xfff;
    RULE(world,
         is_always_reported(world->expected.cause) ||
             world->expected.cause == IOMMU_CAUSE_TRANS_TYPE_DISALLOWED ||
             world->expected.cause == IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT,
         "an unsolicited completion has cause %u", world->expected.cause);
    world->expected.possible = true;
}

void step_report(struct world *world, const struct op *op)
{
    static const uint16_t causes[] = {1, 4, 5, 6, 7, 264, 271, 272, 12, 260, 273, 0};
    struct iommu_request request = request_of(world, op);
    uint16_t cause = (op->c & 0x8000) != 0 ? op->b : causes[(op->c >> 4) % 12];
    bool result[SIDES], legal = false;

    for (unsigned i = 0; i < 8; i++)
        legal = legal || cause == causes[i];
    make_coherent(world, &request);
    for (unsigned i = 0; i < SIDES; i++)
        result[i] = iommu_report_fault(world->side[i].iommu, &request, cause);
    trace(world, "report cause %u: %d", cause, result[0]);
    RULE(world, result[0] == result[1], "a report succeeds on one side");
    RULE(world, result[0] == (legal && request_makes_sense(&request)),
         "a report of cause %u returns %d", cause, result[0]);
    if (!result[0])
        return;
    world->expected = message_record(&request, cause, 0);
    world->expected.ttyp = ttyp_of(&request);
    world->expected.iotval = request.iova;
    world->expected.due = cause == IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR;
}
