/* SPDX-License-Identifier: Apache-2.0 */
/* Invalidation requests to a device, and its completions; takes the place of sim/iommu/ats.c. */
#include "directed.h"

#define DEVICE 9u

static struct {
    bool sent; /**< by the model, and not seen yet */
    unsigned requests;
    uint32_t itag; /**< of the last one */
    bool offered;  /**< its completion */
    unsigned taken;
} messages_now;

/* --- what the bench asks ------------------------------------------------------------------------
 */

void ats_drive(void)
{
    bench.in.ats_rsp_ready = 1;
    bench.in.ats_req_valid = messages_now.offered;
    bench.in.ats_req_kind = INVALIDATION_COMPLETION;
    bench.in.ats_req_device_id = DEVICE;
    bench.in.ats_req_itags = 1u << messages_now.itag;
    bench.in.ats_req_count = 1;
}

static void completed(void)
{
    messages_now.taken++;
    messages_now.offered = false;
    for (unsigned i = 0; i < 32; i++) {
        if (model->invalidation[i].busy)
            iommu_invalidation_completion(model, DEVICE, 1u << i, 1);
    }
}

void ats_observe(void)
{
    if (bench.in.ats_req_valid && bench.out.ats_req_ready)
        completed();
    if (!bench.out.ats_rsp_valid)
        return;
    trace_message();
    while (!messages_now.sent && commands_next())
        ;
    if (!messages_now.sent || bench.out.ats_rsp_kind != INVALIDATION_REQUEST)
        fail("a message of kind %u that nobody asked for", bench.out.ats_rsp_kind);
    messages_now.sent = false;
    messages_now.requests++;
    messages_now.itag = bench.out.ats_rsp_itag;
}

void ats_message(const struct iommu_message *message)
{
    (void)message;
    messages_now.sent = true;
}

void ats_each(void (*visit)(struct txn *txn))
{
    (void)visit;
}

void ats_quiet(void)
{
    if (messages_now.sent)
        fail("an invalidation request was not sent");
}

bool ats_completion_is(const struct iommu_request *request, const struct iommu_response *response)
{
    (void)request;
    (void)response;
    return false;
}

void pages_remember(void)
{
}

void page_record_seen(const uint8_t *bytes)
{
    (void)bytes;
}

/* --- tests --------------------------------------------------------------------------------------
 */

/** A device is asked to forget a translation. */
static void ask_device(void)
{
    messages_now.requests = messages_now.taken = 0;
    messages_now.offered = messages_now.sent = false;
    give_command(IOMMU_OPCODE_ATS | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_ATS_INVAL) |
                     IOMMU_CMD_ATS_DSV_MASK | IOMMU_PREP(IOMMU_CMD_ATS_RID, DEVICE),
                 0x12345000);
    ring_commands();
    for (unsigned i = 0; i < 2000 && messages_now.requests == 0; i++)
        bench_cycle();
    CHECK(messages_now.requests == 1);
}

static void device_answers(void)
{
    messages_now.offered = true;
    for (unsigned i = 0; i < 100 && messages_now.taken == 0; i++)
        bench_cycle();
    CHECK(messages_now.taken == 1);
}

static void a_fence_waits_for_the_device(void)
{
    ask_device();
    begin_fence();
    wait_cycles(300);
    CHECK(!fence_done());
    device_answers();
    finish_fence();
}

/* A fence is work, so that rest waits for it; and it can end. */
static void rest_waits_for_a_fence(void)
{
    ask_device();
    begin_fence();
    CHECK(!quiesced());
    device_answers();
    CHECK(quiesced());
    CHECK(fence_done());
    let_go();
}

/* The answer is taken even after the acknowledgement, with a clock that stood, and it counts. */
static void an_answer_during_rest(void)
{
    ask_device();
    CHECK(quiesced());
    wait_cycles(100);
    device_answers();
    CHECK(bench.out.quiesce_ack);
    let_go();
    fence();
}

const struct test message_tests[] = {
    {"a fence waits for the device", a_fence_waits_for_the_device, IOMMU_CAPABILITIES_ATS_MASK},
    {"rest waits for a fence", rest_waits_for_a_fence, IOMMU_CAPABILITIES_ATS_MASK},
    {"an answer during rest", an_answer_during_rest, IOMMU_CAPABILITIES_ATS_MASK},
    {NULL, NULL, 0},
};
