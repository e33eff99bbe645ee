/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message port: messages of devices, the command queue's side, and what comes out. Answers
 * of the walker are made of the model's, with anything in the fields that do not count; the
 * completion that must follow is put together here from the model's answer.
 */
#include <string.h>

#include "bench.h"

#define SLOTS 8u
#define BUS_ATS 1u /* unit_e */

enum kind { TRANSLATION_REQUEST, PAGE_REQUEST, INVALIDATION_COMPLETION };
enum status { SUCCESS, UNSUPPORTED_REQUEST, COMPLETER_ABORT };

/** A message from a device. */
struct message {
    enum kind kind;
    struct iommu_request request; /**< ids; what a translation request asks */
    uint64_t payload;
    uint32_t itags;
    uint16_t tag;
    uint8_t count;
};

static struct message coming, handled;
static struct message translations[SLOTS + 2];
static unsigned first_translation, translation_count; /**< taken, and not asked for yet */
static struct {
    bool busy;
    struct message message;
} slots[SLOTS];
static bool handling, located; /**< `handled` is under way; its context was asked for */
static bool completing;        /**< it was offered to the command queue */
static uint64_t complete_at;

static bool offering; /**< a message of the command queue */
static unsigned stall, pause, rate;

static uint64_t identity_of_message(const struct message *message)
{
    const struct iommu_request *request = &message->request;
    bool ids = message->kind != INVALIDATION_COMPLETION && request->process_id_valid;

    return identity_of(request->device_id, ids, request->process_id, request->privileged);
}

static void begin(void)
{
    memset(slots, 0, sizeof(slots));
    first_translation = translation_count = 0;
    leaving_begin();
    handling = located = completing = offering = false;
    stall = 1 + below(4);
    pause = one_in(2) ? 0 : 100;
    rate = one_in(2) ? 1 : 1 + below(30);
    bench.in.hold = 0;
    bench.in.stop = 0;
}

/* --- what comes in ------------------------------------------------------------------- */

static void random_completion(void)
{
    uint32_t busy = iommu_itags_busy(model);

    coming.itags = one_in(4) ? (uint32_t)random64() : 1u << below(32);
    coming.count = (uint8_t)below(8);
    if (busy != 0 && !one_in(3)) {
        unsigned itag = below(32);

        while ((busy >> itag & 1) == 0)
            itag = (itag + 1) % 32;
        coming.itags |= 1u << itag;
        coming.request.device_id = world_itag_device(itag) | (one_in(2) ? 0 : 0x50000u);
        coming.count = (uint8_t)(1 + below(2));
    }
}

static void random_message(void)
{
    unsigned dice = below(8);

    memset(&coming, 0, sizeof(coming));
    coming.request = random_request(IOMMU_ATS_TRANSLATION);
    coming.kind = dice < 5   ? TRANSLATION_REQUEST
                  : dice < 7 ? PAGE_REQUEST
                             : INVALIDATION_COMPLETION;
    coming.payload = random64();
    coming.tag = (uint16_t)below(1024);
    if (coming.kind == PAGE_REQUEST) {
        if (one_in(2))
            coming.payload |= IOMMU_PQ_L_MASK;
        if (one_in(3))
            coming.payload &= ~(uint64_t)(IOMMU_PQ_R_MASK | IOMMU_PQ_W_MASK);
        coming.request.execute = one_in(2);
    }
    if (coming.kind == TRANSLATION_REQUEST)
        coming.payload = coming.request.iova;
    if (coming.kind == INVALIDATION_COMPLETION)
        random_completion();
}

static void drive_coming(void)
{
    const struct iommu_request *request = &coming.request;

    if (!bench.in.ats_req_valid && !bench.ending && !quiet_wanted && one_in(rate)) {
        random_message();
        bench.in.ats_req_valid = 1;
    }
    bench.in.ats_req_kind = (uint8_t)coming.kind;
    /* Of what is not valid, anything may be there. */
    bench.in.ats_req_identity =
        identity_of(request->device_id, true, request->process_id, request->privileged);
    if (!request->process_id_valid) {
        bench.in.ats_req_identity =
            identity_of(request->device_id, true, below(1 << 20), one_in(2)) & ~(1ull << 21);
    }
    bench.in.ats_req_execute = request->execute;
    bench.in.ats_req_no_write = request->access == IOMMU_READ;
    bench.in.ats_req_tag = coming.tag;
    bench.in.ats_req_payload = coming.payload;
    bench.in.ats_req_itags = coming.itags;
    bench.in.ats_req_count = coming.count;
}

static void observe_coming(void)
{
    bool taken = bench.in.ats_req_valid && bench.out.ats_req_ready;
    bool translation = coming.kind == TRANSLATION_REQUEST;

    expect("event of a translation request", bench.out.ats_hpm, taken && translation);
    if (!taken)
        return;
    bench.in.ats_req_valid = 0;
    if (bench.in.stop && coming.kind != INVALIDATION_COMPLETION)
        fail("a request is taken in spite of stop");
    if (translation) {
        expect("event's identity", bench.out.ats_hpm_identity, identity_of_message(&coming));
        translations[(first_translation + translation_count++) % (SLOTS + 2)] = coming;
        if (translation_count > SLOTS)
            fail("more translation requests are taken than there are slots");
        return;
    }
    if (handling)
        fail("a message is taken before the last one is done");
    handling = true;
    located = false;
    handled = coming;
}

/* --- translation --------------------------------------------------------------------- */

static void observe_message_asked(struct asked *asked)
{
    if (!handling || located)
        fail("a context is asked for, for no message");
    located = true;
    asked->request = handled.request;
    expect("device of a message", bench.out.ats_x_identity, identity_of_message(&handled));
    walker_ask(asked);
}

static void observe_asked(void)
{
    struct asked asked = {.requester = bench.out.ats_x_requester, .kind = bench.out.ats_x_kind};
    unsigned slot = asked.requester & 63;
    const struct message *message = &translations[first_translation];

    if (bench.out.ats_x_valid && bench.in.hold)
        fail("a request goes out in spite of hold");
    if (!bench.out.ats_x_valid || !bench.in.ats_x_ready)
        return;
    expect("unit", asked.requester >> 9, BUS_ATS);
    if (asked.kind == KIND_MESSAGE) {
        observe_message_asked(&asked);
        return;
    }
    expect("kind of request", asked.kind, KIND_ATS);
    if (translation_count == 0 || slot >= SLOTS || slots[slot].busy) {
        fail("a translation is asked for, for no request");
        return;
    }
    expect("identity", bench.out.ats_x_identity, identity_of_message(message));
    expect("iova", bench.out.ats_x_iova, message->request.iova);
    expect("access", bench.out.ats_x_access, message->request.access);
    expect("execute", bench.out.ats_x_execute, message->request.execute);
    slots[slot].busy = true;
    slots[slot].message = *message;
    asked.request = message->request;
    walker_ask(&asked);
    first_translation = (first_translation + 1) % (SLOTS + 2);
    translation_count--;
}

/** All fields of an answer, at random: those that count are set after this. */
static void random_answer(void)
{
    bench.in.rsp_ats_valid = 1;
    bench.in.rsp_fault = 0;
    bench.in.rsp_target = (uint8_t)below(3);
    bench.in.rsp_page = random64() & 0x7fffffffffff;
    bench.in.rsp_perms = (uint8_t)below(8);
    bench.in.rsp_pbmt = (uint8_t)below(3);
    bench.in.rsp_log2 = (uint8_t)(12 + below(40));
    bench.in.rsp_global = one_in(2);
    bench.in.rsp_cause = 0;
    bench.in.rsp_flags = (uint8_t)below(32);
}

/** "PCIe ATS translation request handling", as PCIe lays it out. */
static uint64_t completion_payload(const struct iommu_response *answer)
{
    /* Both stages Bare: of an IOVA wider than any address, the walker has what fits. */
    uint64_t payload = answer->address & 0x07fffffffffff000;
    uint64_t size = 1ull << answer->page_log2;

    if (answer->page_log2 > 12) /* ones below the top bit of what the range leaves open */
        payload = (payload & ~(size - 1)) | ((size / 2 - 1) & ~0xfffull) | 0x800;
    payload |= (answer->ats & IOMMU_ATS_GLOBAL) != 0 ? 0x20 : 0;
    payload |= (answer->permissions & IOMMU_PERM_X) != 0 ? 8 : 0;
    payload |= (answer->ats & IOMMU_ATS_U) != 0 ? 4 : 0;
    payload |= (answer->permissions & IOMMU_PERM_W) != 0 ? 2 : 0;
    payload |= (answer->permissions & IOMMU_PERM_R) != 0 ? 1 : 0;
    return payload;
}

static void count_completion(const struct iommu_response *answer)
{
    count(answer->status == IOMMU_SUCCESS               ? COUNT_SUCCESS
          : answer->status == IOMMU_UNSUPPORTED_REQUEST ? COUNT_UNSUPPORTED
                                                        : COUNT_ABORTED);
    if (answer->status != IOMMU_SUCCESS)
        return;
    if (answer->cause != 0) {
        count(COUNT_NO_ACCESS);
        return;
    }
    if ((answer->ats & IOMMU_ATS_S) != 0)
        count(COUNT_SIZED);
    if ((answer->ats & IOMMU_ATS_U) != 0)
        count(COUNT_UNTRANSLATED);
    if ((answer->ats & IOMMU_ATS_GLOBAL) != 0)
        count(COUNT_GLOBAL);
    if (answer->address >> 56 != 0 && answer->address >> 59 == 0)
        count(COUNT_WIDE_GPA);
}

static void answer_translation(const struct asked *asked)
{
    const struct iommu_request *request = &asked->request;
    unsigned slot = asked->requester & 63;
    struct iommu_response answer = iommu_translate(model, request);
    struct leaving completion = {
        .kind = COMPLETION,
        .device_id = request->device_id,
        .segment_valid = true,
        .tag = slots[slot].message.tag,
    };
    bool may_execute = request->execute && (answer.permissions & IOMMU_PERM_R) != 0;
    bool may_be_global = request->process_id_valid && answer.target == IOMMU_TARGET_MEMORY;

    bench.in.rsp_cause = answer.cause;
    bench.in.rsp_fault = answer.status != IOMMU_SUCCESS;
    if (answer.status == IOMMU_SUCCESS && answer.cause == 0) {
        bench.in.rsp_target = answer.target;
        bench.in.rsp_page = answer.address >> 12;
        bench.in.rsp_log2 = answer.page_log2;
        /* Before what only ATS denies. */
        bench.in.rsp_perms = answer.permissions | (!may_execute && one_in(2) ? IOMMU_PERM_X : 0);
        bench.in.rsp_global =
            may_be_global ? (answer.ats & IOMMU_ATS_GLOBAL) != 0 : (uint8_t)below(2);
        completion.payload = completion_payload(&answer);
    }
    if (answer.status == IOMMU_SUCCESS)
        completion.payload |= (answer.ats & IOMMU_ATS_PRIV) != 0 ? 0x10 : 0;
    else
        completion.status =
            answer.status == IOMMU_UNSUPPORTED_REQUEST ? UNSUPPORTED_REQUEST : COMPLETER_ABORT;
    count_completion(&answer);
    must_leave(&completion);
    slots[slot].busy = false;
}

/** What the model does with a page request, or has to say of an unsolicited completion. */
static void expect_effects(void)
{
    if (effects.records != 0) {
        fault_expect(SOURCE_ATS, effects.record[0]);
        count(COUNT_MESSAGE_FAULTS);
    }
    if (effects.stores != 0)
        queue_expect(&effects.store[0]);
    if (effects.messages != 0) {

        struct leaving response = {
            .kind = PAGE_RESPONSE,
            .device_id = effects.message.device_id,
            .segment_valid = effects.message.segment_valid,
            .pv = effects.message.pasid_valid,
            .process_id = effects.message.process_id,
            .payload = effects.message.payload,
        };
        must_respond(&response);
    }
}

static void answer_message(void)
{
    struct located context = world_locate(handled.request.device_id);
    struct iommu_page_request page = {
        .device_id = handled.request.device_id,
        .process_id = handled.request.process_id,
        .process_id_valid = handled.request.process_id_valid,
        .privileged = handled.request.privileged,
        .execute = handled.request.execute,
        .payload = handled.payload,
    };

    bench.in.rsp_fault = context.cause != 0;
    bench.in.rsp_cause = context.cause;
    if (context.cause == 0)
        bench.in.rsp_flags = (uint8_t)(context.en_ats << 4 | context.en_pri << 3 |
                                       context.prpr << 2 | context.dtf << 1 | context.t2gpa);
    handling = false;
    if (handled.kind != PAGE_REQUEST)
        return; /* the model was asked when the command queue looked at it */
    world_watch();
    switch (iommu_page_request(model, &page).status) {
    case IOMMU_PRI_QUEUED:
        count(COUNT_QUEUED);
        break;
    case IOMMU_PRI_RESPONDED:
        count(COUNT_RESPONDED);
        break;
    default:
        count(COUNT_DISCARDED);
    }
    expect_effects();
}

void ats_answer(const struct asked *asked)
{
    random_answer();
    if (asked->kind == KIND_MESSAGE)
        answer_message();
    else
        answer_translation(asked);
}

/* --- the command queue --------------------------------------------------------------- */

static void drive_completion(void)
{
    bench.in.cq_completion_ready = 0;
    bench.in.cq_unsolicited = 0;
    if (!completing || bench.cycle < complete_at)
        return;
    completing = false;
    world_watch();
    bench.in.cq_completion_ready = 1;
    bench.in.cq_unsolicited = !iommu_invalidation_completion(model, handled.request.device_id,
                                                             handled.itags, handled.count);
    count(COUNT_COMPLETIONS);
    if (bench.in.cq_unsolicited) {
        count(COUNT_UNSOLICITED);
        expect_effects();
    } else {
        handling = false;
    }
}

static void observe_completion(void)
{
    if (!bench.out.cq_completion_valid || completing || bench.in.cq_completion_ready)
        return;
    if (!handling || handled.kind != INVALIDATION_COMPLETION || located) {
        fail("the command queue is offered what is no completion");
        return;
    }
    completing = true;
    complete_at = bench.cycle + 1 + below(34);
    expect("completion's device", bench.out.cq_completion_device_id, handled.request.device_id);
    expect("completion's ITAGs", bench.out.cq_completion_itags, handled.itags);
    expect("completion's count", bench.out.cq_completion_count, handled.count);
}

/** Let the model carry out ATS.INVAL or ATS.PRGR; its message is offered. */
static void offer_message(void)
{
    bool inval = one_in(2);
    uint64_t low =
        IOMMU_PREP(IOMMU_CMD_ATS_OPCODE, IOMMU_OPCODE_ATS) |
        IOMMU_PREP(IOMMU_CMD_ATS_FUNC3, inval ? IOMMU_FUNC3_ATS_INVAL : IOMMU_FUNC3_ATS_PRGR) |
        IOMMU_PREP(IOMMU_CMD_ATS_PID, random64()) | IOMMU_PREP(IOMMU_CMD_ATS_RID, below(64)) |
        (one_in(2) ? IOMMU_CMD_ATS_PV_MASK : 0) |
        (one_in(2) ? IOMMU_CMD_ATS_DSV_MASK | IOMMU_PREP(IOMMU_CMD_ATS_DSEG, below(4)) : 0);
    struct leaving leaving;

    if (inval && iommu_itags_busy(model) == 0xffffffffu)
        return;
    world_watch();
    world_command(low, inval ? random64()
                             : IOMMU_PREP(IOMMU_CMD_ATS_PRGR_PRGI, below(512)) |
                                   IOMMU_PREP(IOMMU_CMD_ATS_PRGR_RESPONSE_CODE, below(2)));
    leaving = (struct leaving){
        .kind = inval ? INVALIDATION_REQUEST : PAGE_RESPONSE,
        .device_id = effects.message.device_id,
        .segment_valid = effects.message.segment_valid,
        .pv = effects.message.pasid_valid,
        .process_id = effects.message.process_id,
        .itag = effects.message.itag,
        .payload = effects.message.payload,
    };
    if (leaving_due() != 0)
        count(COUNT_BEHIND);
    must_leave(&leaving);
    offering = true;
    bench.in.cq_message_kind = !inval;
    bench.in.cq_message_device_id = leaving.device_id;
    bench.in.cq_message_segment_valid = leaving.segment_valid;
    bench.in.cq_message_pv = leaving.pv;
    bench.in.cq_message_process_id = leaving.process_id;
    bench.in.cq_message_itag = leaving.itag;
    bench.in.cq_message_payload = leaving.payload;
}

static void drive(void)
{
    if (pause != 0 && one_in(pause))
        bench.in.hold = !bench.in.hold;
    if (pause != 0 && one_in(pause))
        bench.in.stop = !bench.in.stop;
    if (bench.ending || quiet_wanted)
        bench.in.hold = bench.in.stop = 0;
    drive_coming();
    bench.in.ats_x_ready = one_in(stall);
    bench.in.ats_rsp_ready = one_in(stall);
    bench.in.ats_timeout = (uint32_t)random64();
    drive_completion();
    if (!offering && !bench.ending && one_in(15))
        offer_message();
    bench.in.cq_message_valid = offering;
}

static void observe_levels(void)
{
    bool under_way = translation_count != 0;

    for (unsigned i = 0; i < SLOTS; i++)
        under_way |= slots[i].busy;
    if (under_way && bench.out.ats_idle)
        fail("the message port is idle with a translation under way");
    if (leaving_completion_waits() && !bench.out.ats_waiting)
        fail("nothing waits, but a completion has not left");
    if (handling && bench.out.ats_idle)
        fail("the message port is idle with a message under way");
    expect("time-outs", bench.out.cq_timeout, bench.in.ats_timeout);
}

static void observe(void)
{
    observe_levels();
    observe_asked();
    observe_coming();
    observe_completion();
    if (offering && bench.out.cq_message_ready)
        offering = false;
    leaving_observe();
}

static bool done(void)
{
    return !bench.in.ats_req_valid && translation_count == 0 && leaving_due() == 0 && !offering &&
           !handling && bench.out.ats_idle && !bench.out.ats_waiting;
}

const struct part ats_part = {begin, drive, observe, done};
