/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message port: devices that ask for translations, answer invalidation requests, and ask
 * for pages; and what the IOMMU sends them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define TAGS 64u
#define MESSAGES 256u
#define PAYLOAD_S 0x800u

/** A translation request on its way is a transaction without an AXI port. */
struct asked {
    bool used;
    struct txn txn;
};

static struct {
    struct channel req, rsp;
    unsigned rate, page_rate; /* a request in so many cycles; 0: none */
    bool offering;
    enum ats_kind kind;
    unsigned tag;
    struct asked asked[TAGS];
    struct iommu_page_request page; /* that is offered */
    uint64_t since;
    uint8_t itag_model; /* of the invalidation request that was expected */
    struct iommu_message expected[MESSAGES];
    unsigned expected_count;
    struct pins_out before;
    bool stalled;
} ats;

void ats_reset(void)
{
    for (unsigned i = 0; i < TAGS; i++)
        free(ats.asked[i].txn.past);
    memset(&ats, 0, sizeof(ats));
    itags_reset();
    pages_reset();
    channel_reset(&ats.req);
    channel_reset(&ats.rsp);
    ats.rate = has_cap(IOMMU_CAPABILITIES_ATS_MASK) && one_in(2) ? 2 + below(60) : 0;
    if (has_cap(IOMMU_CAPABILITIES_ATS_MASK) && (software_changes_nothing() || one_in(2)))
        ats.page_rate = (one_in(3) ? 2 : 20) + below(300);
}

bool ats_idle(void)
{
    for (unsigned i = 0; i < TAGS; i++) {
        if (ats.asked[i].used)
            return false;
    }
    return itags_idle() && !ats.offering && !bench.out.ats_rsp_valid;
}

/* --- requests ----------------------------------------------------------------------------------
 */

static void offer_translation(void)
{
    struct pins_in *in = &bench.in;
    struct iommu_request request;
    struct txn *txn;

    ats.tag = below(TAGS);
    if (ats.asked[ats.tag].used)
        return;
    memset(&request, 0, sizeof(request));
    world_request(&request);
    request.type = IOMMU_ATS_TRANSLATION;
    request.execute = request.access == IOMMU_EXECUTE;
    request.access = one_in(2) ? IOMMU_WRITE : IOMMU_READ;
    request.iova &= ~0xfffull;
    request.length = 0;
    txn = &ats.asked[ats.tag].txn;
    memset(txn, 0, sizeof(*txn));
    txn->used = ats.asked[ats.tag].used = true;
    txn->request = request;
    txn->number = 0xa0000 + ats.tag;
    txn->since = time_for_new();
    ats.kind = TRANSLATION_REQUEST;
    ats.offering = true;
    in->ats_req_kind = TRANSLATION_REQUEST;
    in->ats_req_device_id = request.device_id;
    in->ats_req_pasid_valid = request.process_id_valid;
    in->ats_req_process_id = request.process_id;
    in->ats_req_privileged = request.privileged;
    in->ats_req_execute = request.execute;
    in->ats_req_no_write = request.access == IOMMU_READ;
    in->ats_req_tag = (uint16_t)(ats.tag | 0x280);
    in->ats_req_payload = request.iova;
}

static void offer_page_request(void)
{
    struct pins_in *in = &bench.in;
    const struct device *device = &world.device[below(world.device_count)];

    if (pages_full())
        return;
    memset(&ats.page, 0, sizeof(ats.page));
    ats.page.device_id = one_in(20) ? (uint32_t)random64() & 0xffffff : device->device_id;
    ats.page.process_id_valid = one_in(2);
    if (ats.page.process_id_valid)
        ats.page.process_id = (uint32_t)random64() & 0xfffff;
    ats.page.privileged = ats.page.process_id_valid && one_in(2);
    ats.page.execute = ats.page.process_id_valid && one_in(2);
    ats.page.payload = random64();
    ats.kind = PAGE_REQUEST;
    ats.since = time_for_new();
    ats.offering = true;
    in->ats_req_kind = PAGE_REQUEST;
    in->ats_req_device_id = ats.page.device_id;
    in->ats_req_pasid_valid = ats.page.process_id_valid;
    in->ats_req_process_id = ats.page.process_id;
    in->ats_req_privileged = ats.page.privileged;
    in->ats_req_execute = ats.page.execute;
    in->ats_req_payload = ats.page.payload;
}

static bool offer_completion(void)
{
    if (!itags_offer())
        return false;
    ats.kind = INVALIDATION_COMPLETION;
    ats.offering = true;
    bench.in.ats_req_kind = INVALIDATION_COMPLETION;
    return true;
}

void ats_drive(void)
{
    bench.in.ats_rsp_ready = channel_goes(&ats.rsp);
    if (!ats.offering && channel_goes(&ats.req) && !offer_completion() && !device_hold) {
        if (ats.rate != 0 && one_in(ats.rate))
            offer_translation();
        else if (ats.page_rate != 0 && one_in(ats.page_rate))
            offer_page_request();
    }
    bench.in.ats_req_valid = ats.offering;
    itags_drive();
}

/* --- answers
 * ------------------------------------------------------------------------------------------ */

void ats_message(const struct iommu_message *message)
{
    if (pages_try_message(message))
        return;
    note("the model's message %u to device %x, itag %u", message->kind, message->device_id,
         message->itag);
    if (ats.expected_count == MESSAGES)
        fail("the bench has no room for more messages");
    else
        ats.expected[ats.expected_count++] = *message;
}

bool ats_expects(void)
{
    return ats.expected_count != 0;
}

bool ats_message_is(const struct iommu_message *message)
{
    const struct pins_out *out = &bench.out;
    bool invalidation = message->kind == IOMMU_MSG_INVALIDATION_REQUEST;

    return out->ats_rsp_kind == (invalidation ? INVALIDATION_REQUEST : PAGE_RESPONSE) &&
           out->ats_rsp_device_id == message->device_id &&
           out->ats_rsp_segment_valid == message->segment_valid &&
           out->ats_rsp_pasid_valid == message->pasid_valid &&
           out->ats_rsp_process_id == message->process_id &&
           out->ats_rsp_payload == message->payload;
}

static bool take_expected(void)
{
    for (unsigned i = 0; i < ats.expected_count; i++) {
        if (!ats_message_is(&ats.expected[i]))
            continue;
        ats.itag_model = ats.expected[i].itag;
        memmove(&ats.expected[i], &ats.expected[i + 1],
                (--ats.expected_count - i) * sizeof(ats.expected[0]));
        return true;
    }
    return false;
}

/** It must be what the model sends, now or when it comes to it. */
static void take_message(void)
{
    const struct pins_out *out = &bench.out;
    bool found = take_expected();

    note("message %u to device %x process %d:%x itag %u payload %016" PRIx64, out->ats_rsp_kind,
         out->ats_rsp_device_id, out->ats_rsp_pasid_valid, out->ats_rsp_process_id,
         out->ats_rsp_itag, out->ats_rsp_payload);
    if (!found && out->ats_rsp_kind == PAGE_RESPONSE)
        found = pages_answer();
    while (!found && commands_next() && !bench.failed)
        found = take_expected();
    if (!found) {
        fail("a message that the model does not send");
        return;
    }
    counts.ats++;
    if (out->ats_rsp_kind == INVALIDATION_REQUEST)
        itags_sent(out->ats_rsp_itag & 31, out->ats_rsp_device_id, ats.itag_model);
}

/** What a completion says, by an outcome. */
uint64_t ats_payload(const struct iommu_response *response)
{
    uint64_t payload = (response->ats & IOMMU_ATS_PRIV) != 0 ? 1u << 4 : 0;
    uint64_t page = response->address >> 12;

    if (response->cause != 0)
        return payload;
    if (response->page_log2 > 12) {
        uint64_t ones = (1ull << (response->page_log2 - 13)) - 1;

        page = (page & ~(ones << 1 | 1)) | ones;
        payload |= PAYLOAD_S;
    }
    payload |= page << 12;
    if ((response->ats & IOMMU_ATS_GLOBAL) != 0)
        payload |= 1u << 5;
    if ((response->permissions & IOMMU_PERM_X) != 0)
        payload |= 1u << 3;
    if ((response->ats & IOMMU_ATS_U) != 0)
        payload |= 1u << 2;
    if ((response->permissions & IOMMU_PERM_W) != 0)
        payload |= 1u << 1;
    return payload | ((response->permissions & IOMMU_PERM_R) != 0);
}

bool ats_completion_is(const struct iommu_request *request, const struct iommu_response *response)
{
    const struct pins_out *out = &bench.out;
    static const uint8_t status[] = {
        [IOMMU_SUCCESS] = 0, [IOMMU_UNSUPPORTED_REQUEST] = 1, [IOMMU_COMPLETER_ABORT] = 2};

    (void)request;
    /* No memory has the address, and no table says so: Completer Abort, without a record. */
    if (response->status == IOMMU_SUCCESS && response->cause == 0 &&
        response->target == IOMMU_TARGET_MEMORY && (response->address & ~model->pas_mask) != 0 &&
        out->ats_rsp_status == 2)
        return out->ats_rsp_payload == 0;
    if (response->status == IOMMU_ABORT || out->ats_rsp_status != status[response->status])
        return false;
    if (response->status != IOMMU_SUCCESS)
        return out->ats_rsp_payload == 0;
    if (response->cause == 0 && (response->permissions & (IOMMU_PERM_R | IOMMU_PERM_W)) == 0)
        return (out->ats_rsp_payload & 3) == 0; /* the rest has no meaning */
    if (response->target == IOMMU_TARGET_MRIF)  /* nor has its address */
        return ((out->ats_rsp_payload ^ ats_payload(response)) & 0x7ff) == 0;
    return out->ats_rsp_payload == ats_payload(response);
}

static void take_completion(void)
{
    const struct pins_out *out = &bench.out;
    unsigned tag = out->ats_rsp_tag & (TAGS - 1);
    struct asked *asked = &ats.asked[tag];

    if (out->ats_rsp_tag != (tag | 0x280) || !asked->used) {
        fail("a completion with tag %x that nobody waits for", out->ats_rsp_tag);
        return;
    }
    note("completion of tag %x: status %u payload %016" PRIx64, out->ats_rsp_tag,
         out->ats_rsp_status, out->ats_rsp_payload);
    if (out->ats_rsp_device_id != asked->txn.request.device_id)
        fail("a completion goes to device %x: %s", out->ats_rsp_device_id, txn_text(&asked->txn));
    ats_completed(&asked->txn);
    free(asked->txn.past);
    memset(asked, 0, sizeof(*asked));
}

static void check_stable(void)
{
    const struct pins_out *out = &bench.out, *was = &ats.before;

    if (ats.stalled &&
        (!out->ats_rsp_valid || out->ats_rsp_kind != was->ats_rsp_kind ||
         out->ats_rsp_payload != was->ats_rsp_payload || out->ats_rsp_tag != was->ats_rsp_tag ||
         out->ats_rsp_status != was->ats_rsp_status || out->ats_rsp_itag != was->ats_rsp_itag ||
         out->ats_rsp_device_id != was->ats_rsp_device_id))
        fail("a message to a device changed while it was stalled");
    ats.before = *out;
    ats.stalled = out->ats_rsp_valid && !bench.in.ats_rsp_ready;
}

static void taken(void)
{
    ats.offering = false;
    switch (ats.kind) {
    case TRANSLATION_REQUEST:
        ats.asked[ats.tag].txn.accepted = true;
        model_sees(&ats.asked[ats.tag].txn.request, true);
        note("ATS: %s", txn_text(&ats.asked[ats.tag].txn));
        break;
    case PAGE_REQUEST:
        pages_add(&ats.page, false, ats.since);
        break;
    default:
        itags_taken();
        break;
    }
}

void ats_observe(void)
{
    check_stable();
    itags_observe();
    if (bench.in.ats_req_valid && bench.out.ats_req_ready)
        taken();
    if (bench.out.ats_rsp_valid && bench.in.ats_rsp_ready) {
        trace_message();
        if (bench.out.ats_rsp_kind == TRANSLATION_COMPLETION)
            take_completion();
        else
            take_message();
    }
}

void ats_quiet(void)
{
    pages_quiet();
    if (ats.expected_count != 0)
        fail("%u messages to devices were not sent; the first has payload %016" PRIx64,
             ats.expected_count, ats.expected[0].payload);
}

/* --- for the checker
 * --------------------------------------------------------------------------------------- */

void ats_each(void (*visit)(struct txn *txn))
{
    for (unsigned i = 0; i < TAGS; i++) {
        if (ats.asked[i].used)
            visit(&ats.asked[i].txn);
    }
    software_each(visit);
}
