/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of ddtp: the registers, the command queue, caches and device ports around them. The
 * parts of a change must come in their order; invalidations and drains of the command queue
 * are each done once, and by nobody else's answer.
 */
#include "bench.h"

#define PORTS 2u
#define KIND_ALL 4u /* inval_e */
#define KIND_GVMA 1u

enum step { NO_CHANGE, TO_FLUSH, TO_DRAIN, TO_WAIT };

static enum step step;      /**< of the change that is under way */
static bool waited;         /**< the message port had nothing to send since */
static uint64_t flushed_at; /**< the caches were empty */
static uint64_t inval_done_at;
static bool inval_seen; /**< the caches are at one */
static unsigned inval_kind;
static uint16_t inval_gscid;
static struct {
    unsigned ports; /**< that have not drained yet */
    unsigned kinds;
    uint64_t began, done_at[PORTS];
} drain;
static unsigned longest, rate;

static void begin(void)
{
    step = NO_CHANGE;
    inval_seen = false;
    drain.ports = 0;
    longest = one_in(2) ? 4 : 40;
    rate = one_in(2) ? 3 : 60;
    bench.in.cq_inval_valid = 0;
    bench.in.cq_drain_valid = 0;
    bench.in.drain_done = 0;
}

static void drive_command_queue(void)
{
    if (!bench.in.cq_inval_valid && !bench.ending && one_in(rate)) {
        bench.in.cq_inval_valid = 1;
        bench.in.cq_inval_gscid++;
    }
    if (!bench.in.cq_drain_valid && !bench.ending && one_in(rate)) {
        bench.in.cq_drain_valid = 1;
        bench.in.cq_drain_kinds = (uint8_t)(1 + below(3));
    }
}

static void drive(void)
{
    bench.in.fctl_changed = one_in(50);
    bench.in.flushing = one_in(20);
    bench.in.ats_waiting = !one_in(4);
    bench.in.ddtp_changed = 0;
    if (step == NO_CHANGE && !bench.ending && one_in(100)) {
        bench.in.ddtp_changed = 1;
        step = TO_FLUSH;
        waited = false;
        count(COUNT_CHANGES);
    }
    drive_command_queue();
    bench.in.inval_done = inval_seen && bench.cycle >= inval_done_at;
    bench.in.drain_done = 0;
    for (unsigned i = 0; i < PORTS; i++) {
        if ((drain.ports >> i & 1) != 0 && bench.cycle >= drain.done_at[i])
            bench.in.drain_done |= (uint8_t)(1u << i);
    }
}

static void observe_inval(void)
{
    bool own = inval_kind == KIND_ALL;

    expect("whose invalidation is done", bench.out.cq_inval_done, bench.in.inval_done && !own);
    if (bench.in.inval_done) {
        inval_seen = false;
        count(COUNT_INVALS);
        if (own && step != TO_FLUSH)
            fail("the caches are emptied without need");
        if (own) {
            step = TO_DRAIN;
            flushed_at = bench.cycle + 1;
        } else {
            bench.in.cq_inval_valid = 0;
        }
        if (!own && one_in(2) && !bench.ending) { /* the next one without a gap */
            bench.in.cq_inval_valid = 1;
            bench.in.cq_inval_gscid++;
        }
        return;
    }
    if (!bench.out.inval_valid) {
        if (bench.in.cq_inval_valid)
            fail("the command queue's invalidation is held back from idle caches");
        return;
    }
    if (!inval_seen) {
        inval_seen = true;
        inval_done_at = bench.cycle + 1 + below(longest);
        inval_kind = bench.out.inval_kind;
        inval_gscid = bench.out.inval_gscid;
        if (inval_kind != KIND_ALL) {
            expect("the invalidation's kind", inval_kind, KIND_GVMA);
            expect("the invalidation", inval_gscid, bench.in.cq_inval_gscid);
            if (!bench.in.cq_inval_valid)
                fail("an invalidation of nobody");
        }
    }
    expect("the kind of the invalidation under way", bench.out.inval_kind, inval_kind);
    if (inval_kind != KIND_ALL)
        expect("the invalidation under way", bench.out.inval_gscid, inval_gscid);
}

/** All ports have drained. For whom, the design says by whom it tells. */
static void drained(void)
{
    if (bench.out.cq_drain_done) {
        if (!bench.in.cq_drain_valid)
            fail("a drain of nobody");
        expect("what the command queue drains", drain.kinds, bench.in.cq_drain_kinds);
        bench.in.cq_drain_valid = 0;
        count(COUNT_DRAINS);
        return;
    }
    expect("what a change of ddtp drains", drain.kinds, 3);
    if (step != TO_DRAIN || drain.began < flushed_at)
        fail("device ports are drained without need, or before the caches are empty");
    step = TO_WAIT;
}

static void observe_drain(void)
{
    if (bench.out.drain_valid != 0 && drain.ports == 0) {
        drain.ports = (1u << PORTS) - 1;
        drain.kinds = bench.out.drain_kinds;
        drain.began = bench.cycle;
        for (unsigned i = 0; i < PORTS; i++)
            drain.done_at[i] = bench.cycle + 1 + below(longest);
    }
    if (drain.ports != 0) {
        expect("the ports that are drained", bench.out.drain_valid, drain.ports);
        expect("what is drained", bench.out.drain_kinds, drain.kinds);
    }
    drain.ports &= ~(unsigned)bench.in.drain_done;
    if (bench.in.drain_done != 0 && drain.ports == 0)
        drained();
    else if (bench.out.cq_drain_done)
        fail("the command queue's drain ends with ports that are not drained");
}

static void observe(void)
{
    bool busy = step != NO_CHANGE;

    expect("ddtp.busy", bench.out.ddtp_busy, busy);
    expect("hold", bench.out.hold, busy || bench.in.flushing || bench.in.fctl_changed);
    if (step == TO_WAIT && !bench.in.ats_waiting && waited)
        step = NO_CHANGE;
    observe_inval();
    observe_drain();
    waited = step == TO_WAIT;
}

static bool done(void)
{
    return step == NO_CHANGE && !bench.in.cq_inval_valid && !bench.in.cq_drain_valid &&
           bench.out.drain_valid == 0 && !inval_seen;
}

const struct part transition_part = {begin, drive, observe, done};
