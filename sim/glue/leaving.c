/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to devices: what must leave, and in which order. */
#include "bench.h"

#define SEQUENCE 64u
#define RESPONSES 4u

static struct leaving sequence[SEQUENCE]; /**< in the order in which they must leave */
static unsigned first, number;
static struct leaving responses[RESPONSES]; /**< automatic ones, which leave when they will */
static unsigned first_response, responses_due;

void leaving_begin(void)
{
    first = number = first_response = responses_due = 0;
}

void must_leave(const struct leaving *leaving)
{
    struct leaving *place = &sequence[(first + number) % SEQUENCE];

    *place = *leaving;
    place->since = bench.cycle;
    if (++number > SEQUENCE)
        fail("messages do not leave");
}

void must_respond(const struct leaving *leaving)
{
    responses[(first_response + responses_due) % RESPONSES] = *leaving;
    if (++responses_due > RESPONSES)
        fail("automatic responses do not leave");
}

unsigned leaving_due(void)
{
    return number + responses_due;
}

bool leaving_completion_waits(void)
{
    return number != 0 && sequence[first].kind == COMPLETION && sequence[first].since < bench.cycle;
}

static bool same(const struct leaving *a, const struct leaving *b)
{
    return a->kind == b->kind && a->device_id == b->device_id && a->payload == b->payload &&
           a->process_id == b->process_id && a->tag == b->tag && a->status == b->status &&
           a->itag == b->itag && a->segment_valid == b->segment_valid && a->pv == b->pv;
}

void leaving_observe(void)
{
    struct leaving seen = {
        .kind = (enum out)bench.out.ats_rsp_kind,
        .device_id = bench.out.ats_rsp_device_id,
        .segment_valid = bench.out.ats_rsp_segment_valid,
        .pv = bench.out.ats_rsp_pv,
        .process_id = bench.out.ats_rsp_process_id,
        .itag = bench.out.ats_rsp_itag,
        .tag = bench.out.ats_rsp_tag,
        .status = bench.out.ats_rsp_status,
        .payload = bench.out.ats_rsp_payload,
    };
    const struct leaving *due = &sequence[first];

    if (!bench.out.ats_rsp_valid || !bench.in.ats_rsp_ready)
        return;
    if (number != 0 && due->since < bench.cycle && same(&seen, due)) {
        first = (first + 1) % SEQUENCE;
        number--;
    } else if (responses_due != 0 && same(&seen, &responses[first_response])) {
        first_response = (first_response + 1) % RESPONSES;
        responses_due--;
    } else {
        fail("message %d to %06x, payload 0x%llx, status %u; due is %d to %06x, 0x%llx, %u",
             seen.kind, seen.device_id, (unsigned long long)seen.payload, seen.status,
             number == 0 ? -1 : (int)due->kind, due->device_id, (unsigned long long)due->payload,
             due->status);
    }
}
