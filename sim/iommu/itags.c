/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invalidation requests on their way to devices: completions, several of them and for several
 * ITAGs at a time, and those that never come, whose time the bridge lets run out.
 */
#include <string.h>

#include "bench.h"

#define ITAG_COUNT 32u
#define LATE 16u
/* The design looks at a completion ITAG by ITAG, after it has taken it. */
#define LOOKS 48u

static struct {
    struct {
        bool busy, lost; /* lost: its completion does not come in time */
        uint32_t device_id;
        uint8_t model, count; /* which ITAG is free is the design's to know; how many answers */
        uint64_t when;        /* the device answers then, or its time is over */
    } itag[ITAG_COUNT];
    struct {
        uint32_t device_id, itags;
        uint64_t when;
    } late[LATE]; /* completions of requests whose time was over */
    unsigned late_count;
    unsigned lose_rate; /* one in so many is lost; 0: none */
    uint32_t offered;   /* the completion that is on offer names these ITAGs */
    bool offered_late;
    uint64_t since;      /* it is on offer */
    uint64_t hold_until; /* no commands until then */
} itags;

void itags_reset(void)
{
    memset(&itags, 0, sizeof(itags));
    if (has_cap(IOMMU_CAPABILITIES_ATS_MASK) && one_in(2))
        itags.lose_rate = 1 + below(6);
}

bool itags_time_out(void)
{
    return itags.lose_rate != 0;
}

bool itags_idle(void)
{
    for (unsigned i = 0; i < ITAG_COUNT; i++) {
        if (itags.itag[i].busy)
            return false;
    }
    return itags.late_count == 0;
}

/** A late completion must not meet a new request with the same ITAG: its device would answer. */
bool itags_hold_commands(void)
{
    return itags.offered_late || bench.cycle < itags.hold_until;
}

void itags_sent(unsigned itag, uint32_t device_id, uint8_t model_itag)
{
    if (itags.itag[itag].busy)
        fail("ITAG %u is in use", itag);
    itags.itag[itag].busy = true;
    itags.itag[itag].device_id = device_id;
    itags.itag[itag].model = model_itag;
    itags.itag[itag].count = (uint8_t)(one_in(3) ? below(8) : 1);
    itags.itag[itag].lost = itags.lose_rate != 0 && one_in(itags.lose_rate);
    itags.itag[itag].when = bench.cycle + 1 + below(one_in(2) ? 300 : 2000);
}

/* --- completions ------------------------------------------------------------------------------ */

static void offer(uint32_t device_id, uint32_t vector, uint8_t count)
{
    itags.offered = vector;
    itags.since = time_for_new();
    bench.in.ats_req_device_id = device_id;
    bench.in.ats_req_itags = vector;
    bench.in.ats_req_count = count & 7;
}

/** Answer what is due; with it others of the device's, now and then. @return false: nothing */
bool itags_offer(void)
{
    for (unsigned i = 0; i < ITAG_COUNT; i++) {
        uint32_t vector = 1u << i;

        if (!itags.itag[i].busy || itags.itag[i].lost || itags.itag[i].when > bench.cycle)
            continue;
        for (unsigned j = i + 1; j < ITAG_COUNT; j++) {
            if (itags.itag[j].busy && !itags.itag[j].lost &&
                itags.itag[j].device_id == itags.itag[i].device_id && one_in(2))
                vector |= 1u << j;
        }
        offer(itags.itag[i].device_id, vector, itags.itag[i].count);
        return true;
    }
    if (itags.late_count == 0 || itags.late[0].when > bench.cycle || pages_full() ||
        !software_commands_done() || ats_expects())
        return false;
    offer(itags.late[0].device_id, itags.late[0].itags, 1);
    itags.offered_late = true;
    return true;
}

/** Of an ITAG that is busy: the model's. @return the vector without the others */
static uint32_t model_vector(uint32_t vector)
{
    uint32_t answer = 0;

    for (unsigned i = 0; i < ITAG_COUNT; i++) {
        if ((vector >> i & 1) != 0 && itags.itag[i].busy)
            answer |= 1u << itags.itag[i].model;
    }
    return answer;
}

/** Does the completion answer one of these? */
static bool is_waited_for(uint32_t vector, uint32_t device_id)
{
    for (unsigned i = 0; i < ITAG_COUNT; i++) {
        const struct invalidation *asked = &model->invalidation[i];
        uint32_t known = asked->segment_valid ? 0xffffff : 0xffff;

        if ((vector >> i & 1) != 0 && asked->busy && ((asked->device_id ^ device_id) & known) == 0)
            return true;
    }
    return false;
}

/** Those that the model waits for no more. */
static void forget(void)
{
    for (unsigned i = 0; i < ITAG_COUNT; i++) {
        if (itags.itag[i].busy && !model->invalidation[itags.itag[i].model].busy)
            itags.itag[i].busy = false;
    }
}

void itags_taken(void)
{
    uint32_t vector = model_vector(itags.offered);
    struct iommu_page_request late = {.device_id = bench.in.ats_req_device_id};

    note("completion of device %x for ITAGs %x, count %u", bench.in.ats_req_device_id,
         itags.offered, bench.in.ats_req_count);
    if (is_waited_for(vector, bench.in.ats_req_device_id))
        iommu_invalidation_completion(model, bench.in.ats_req_device_id, vector,
                                      bench.in.ats_req_count);
    else
        pages_add(&late, true, itags.since);
    forget();
    itags.offered = 0;
    if (!itags.offered_late)
        return;
    itags.offered_late = false;
    itags.hold_until = bench.cycle + LOOKS;
    memmove(&itags.late[0], &itags.late[1], --itags.late_count * sizeof(itags.late[0]));
    features_event(COVER_LATE);
}

/* --- time-outs -------------------------------------------------------------------------------- */

/** Its device answers all the same, when nobody waits for it any more. */
static void answer_late(unsigned i)
{
    if (itags.late_count == LATE)
        return;
    itags.late[itags.late_count].device_id = itags.itag[i].device_id;
    itags.late[itags.late_count].itags = 1u << i;
    itags.late[itags.late_count++].when = bench.cycle + 1 + below(500);
}

void itags_drive(void)
{
    bench.in.ats_timeout = 0;
    for (unsigned i = 0; i < ITAG_COUNT; i++) {
        if (itags.itag[i].busy && itags.itag[i].lost && itags.itag[i].when <= bench.cycle)
            bench.in.ats_timeout |= 1u << i;
    }
}

/** The design has seen the pulse; the bridge has the clock run for it. */
void itags_observe(void)
{
    uint32_t over = bench.in.ats_timeout;

    if (over == 0)
        return;
    note("the time of ITAGs %x is over", over);
    iommu_invalidation_timeout(model, model_vector(over));
    for (unsigned i = 0; i < ITAG_COUNT; i++) {
        if ((over >> i & 1) != 0 && one_in(2))
            answer_late(i);
    }
    forget();
    features_event(COVER_TIMEOUT);
}
