/* SPDX-License-Identifier: Apache-2.0 */
/* Power management: units that are busy at any time, and what is acknowledged when. */
#include "bench.h"

#define SETTLE 8u

static unsigned calm;    /**< cycles up to this one without work */
static unsigned refused; /**< the same, of those in which nothing new was taken */
static bool acknowledged;
static unsigned rate;

static void begin(void)
{
    calm = refused = 0;
    acknowledged = false;
    rate = 1 + below(30);
    bench.in.quiesce_req = 0;
}

static void drive(void)
{
    bench.in.busy = one_in(rate) ? (uint8_t)(1u << below(3)) : 0;
    bench.in.arriving = one_in(3);
    bench.in.wake = one_in(10);
    if (one_in(60))
        bench.in.quiesce_req = !bench.in.quiesce_req;
    if (bench.ending)
        bench.in.quiesce_req = 0;
}

static void observe(void)
{
    bool busy = bench.in.busy != 0;
    bool ack = bench.out.quiesce_ack;

    if (ack && !acknowledged) {
        count(COUNT_QUIESCES);
        if (refused < SETTLE)
            fail("acknowledged after %u cycles without work", refused);
    }
    if (acknowledged && !ack && bench.in.quiesce_req && bench.out.stop)
        fail("the acknowledgement is taken back");
    if (!ack && refused > SETTLE + 4)
        fail("not acknowledged after %u cycles without work", refused);
    if (bench.out.idle && (busy || bench.in.wake || calm < SETTLE))
        fail("idle with work");
    if (bench.out.idle && bench.in.arriving && !ack)
        fail("idle with a request at the door");
    if (!bench.out.idle && !busy && !bench.in.wake && !bench.in.arriving && calm > SETTLE + 4 &&
        !bench.in.quiesce_req && !bench.out.stop)
        fail("not idle without work");
    acknowledged = ack;
    calm = busy || (bench.in.quiesce_req && !bench.out.stop) ? 0 : calm + 1;
    refused = busy || !bench.out.stop || !bench.in.quiesce_req ? 0 : refused + 1;
}

static bool done(void)
{
    return !bench.out.quiesce_ack;
}

const struct part quiesce_part = {begin, drive, observe, done};
