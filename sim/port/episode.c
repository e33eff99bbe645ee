/* SPDX-License-Identifier: Apache-2.0 */
/* An episode: a random environment, control signals, and an end in which all is answered. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define PATIENCE 10000 /* cycles in which nothing goes on */
#define BEGINS 2u      /* cycles from the beginning of a drain to the last that it waits for */
#define PROMPT 8u      /* cycles from the last that a drain waits for to its end */

static struct {
    unsigned inval_left, hold_left, stop_left, stop_reads;
    bool draining;
    uint64_t drain_since;
    unsigned before;      /* requests from before the drain, that are not done */
    uint64_t later_since; /* there are none since then */
    unsigned gap;         /* until the next drain may come */
} control;

void episode_begin(void)
{
    memset(&bench.in, 0, sizeof(bench.in));
    memset(&control, 0, sizeof(control));
    bench.cycle = bench.progress = 0;
    design_reset();
    device_reset();
    pages_reset();
    memory_reset();
}

/* --- control signals ---------------------------------------------------------------------- */

static bool countdown(unsigned *left, unsigned rate, unsigned most)
{
    if (*left != 0)
        (*left)--;
    else if (one_in(rate))
        *left = 1 + below(most);
    return *left != 0;
}

/** Perhaps in this cycle: one waits with its answer, and only memory's AW holds it up. */
static bool atomic_leaves(void)
{
    struct request *request = NULL;

    for (uint64_t i = queues[WRITES].head; i < queues[WRITES].offered && request == NULL; i++) {
        struct request *next = request_at(WRITES, i);

        if (next->accepted && !next->left && !next->done)
            request = next;
    }
    return request != NULL && request->verdict == VERDICT_GRANTED && request_reads(request);
}

static void control_drive(void)
{
    bool inval_before = bench.in.inval, hold_before = bench.in.hold;

    if (one_in(setup.change_rate))
        pages_change();
    bench.in.inval = countdown(&control.inval_left, setup.inval_rate, 8);
    bench.in.hold = countdown(&control.hold_left, setup.hold_rate, 60);
    if (bench.in.hold && !hold_before)
        bench.hold_since = bench.cycle;
    bench.in.stop = countdown(&control.stop_left, setup.stop_rate, 40);
    bench.inval_begins = (bench.in.inval && !inval_before) || (bench.in.hold && !hold_before);
    bench.drain_begins = false;
    if (!control.draining && control.gap++ > 1 && setup.drain_rate != 0) {
        bool leaves = one_in(4) && atomic_leaves();

        if (leaves || one_in(setup.drain_rate)) {
            control.draining = true;
            control.drain_since = bench.cycle;
            bench.in.drain_reads = leaves || below(2);
            bench.in.drain_writes = !leaves && below(2); /* that would put it back */
            bench.drain_begins = true;
        }
    }
    bench.in.drain_valid = control.draining;
}

static void for_each(void (*visit)(struct request *request))
{
    for (int direction = READS; direction < DIRECTIONS; direction++)
        for (uint64_t i = queues[direction].head; i < queues[direction].offered; i++) {
            struct request *request = request_at((enum direction)direction, i);

            if (request->accepted && !request->done)
                visit(request);
        }
}

static bool drained(enum direction direction)
{
    return direction == READS ? bench.in.drain_reads : bench.in.drain_writes;
}

/** Of a request that has left. */
static void mark_answers(struct request *request)
{
    if (drained(READS) && request_reads(request))
        request->marked[READS] = !request->answered[READS];
    if (drained(WRITES) && request->direction == WRITES)
        request->marked[WRITES] = !request->answered[WRITES];
}

static void mark(struct request *request)
{
    if (request->left)
        mark_answers(request);
    else if (drained(request->direction) && request->mrif_asked && !request->mrif_done)
        request->marked[request->direction] = true;
}

void drain_left(struct request *request)
{
    if (control.draining && request->left_at == control.drain_since)
        mark_answers(request);
}

static void check_marked(struct request *request)
{
    request->mrif_maybe = false; /* it did not, and asks again */
    for (int answer = READS; answer < DIRECTIONS; answer++) {
        if (request->marked[answer] &&
            !(request->left ? request->answered[answer] : request->mrif_done))
            fail("the drain ends, but request %" PRIu64 " is not answered on %c", request->number,
                 answer == READS ? 'R' : 'B');
        request->marked[answer] = false;
    }
}

/** What comes as the drain begins may be counted among what was there. */
static void note_before(struct request *request)
{
    /* An atomic of the writes has answers in both directions. */
    request->before_drain |=
        request->direction == WRITES
            ? bench.in.drain_writes || (bench.in.drain_reads && request_reads(request))
            : bench.in.drain_reads;
}

static void count_before(struct request *request)
{
    control.before += request->before_drain;
}

/** A drain waits for what was there when it began, and for nothing that has come since. */
static void check_prompt(void)
{
    if (bench.cycle - control.drain_since <= BEGINS)
        for_each(note_before);
    control.before = 0;
    for_each(count_before);
    if (control.before != 0 || bench.drain_begins)
        control.later_since = bench.cycle;
    else if (bench.cycle - control.later_since > PROMPT)
        fail("a drain goes on, but all from before it has been done for %u cycles", PROMPT);
}

static void forget_before(struct request *request)
{
    request->before_drain = false;
}

static void control_observe(void)
{
    if (bench.drain_begins) {
        for_each(mark);
        if (bench.in.drain_reads)
            pages_forget_answers(READS);
        if (bench.in.drain_writes)
            pages_forget_answers(WRITES);
    }
    if (control.draining && bench.out.drain_done) {
        if (bench.drain_begins)
            fail("a drain is done in its first cycle");
        for_each(check_marked);
        for_each(forget_before);
        control.draining = false;
        control.gap = 0;
    } else if (control.draining && bench.cycle - control.drain_since > 100 * PATIENCE) {
        fail("a drain does not end");
    } else if (control.draining) {
        check_prompt();
    }
    if (bench.out.idle && (!memory_idle() || !pages_idle()))
        fail("idle, but something is under way");
}

/* --- cycles ------------------------------------------------------------------------------- */

static void check_wait(struct request *request)
{
    if (bench.cycle - bench.progress > PATIENCE && bench.cycle - request->accepted_at > PATIENCE)
        fail("%s %" PRIu64 " of ID %u waits since cycle %" PRIu64
             ": asked %u times, verdict %u, left %u, data sent %u of %u",
             request->direction == READS ? "read" : "write", request->number, request->id,
             request->accepted_at, request->asks, request->verdict, request->left, request->w_sent,
             request->len + 1u);
}

void episode_cycle(bool generate)
{
    if (generate)
        device_generate();
    control_drive();
    device_drive();
    pages_drive();
    memory_drive();
    design_eval(&bench.in, &bench.out);
    memory_observe();
    pages_observe();
    control_observe();
    device_observe();
    /* What came in this cycle may still have hit. */
    if (bench.inval_begins)
        pages_commit();
    if (bench.cycle % 256 == 0)
        for_each(check_wait);
    design_clock();
    bench.cycle++;
}

/** Let everything come to an end. */
void episode_end(void)
{
    setup.stop_rate = setup.hold_rate = setup.drain_rate = setup.inval_rate = 0;
    bench.progress = bench.cycle;
    while (!failed() && !(device_idle() && memory_idle() && !control.draining && !bench.in.stop)) {
        episode_cycle(false);
        if (bench.cycle - bench.progress > 2 * PATIENCE)
            fail("the episode does not end");
    }
    for (int i = 0; i < 3 && !failed(); i++)
        episode_cycle(false);
    if (!failed() && !bench.out.idle)
        fail("not idle, though all is answered");
}

static void random_setup(void)
{
    enum stall all = (enum stall)below(STALLS);

    memset(&setup, 0, sizeof(setup));
    for (unsigned channel = 0; channel < CHANNELS; channel++)
        setup.stall[channel] = one_in(3)   ? (enum stall)below(STALLS)
                               : one_in(2) ? all
                                           : STALL_NEVER;
    setup.window = 1 + below(one_in(3) ? 150 : 24);
    setup.ids = one_in(3) ? 1 + below(3) : IDS;
    setup.regions = 1 + below(REGIONS);
    setup.variants = one_in(2) ? 1 + below(VARIANTS) : 1;
    setup.max_len = one_in(2) ? 3 : one_in(3) ? 255 : 15;
    setup.bad_rate = one_in(2) ? 0 : 20;
    setup.atomic_rate = one_in(2) ? 0 : 10;
    setup.fault_rate = one_in(2) ? 0 : 2 + below(30);
    setup.mrif_rate = one_in(2) ? 0 : 1 + below(6);
    setup.only_good_pages = one_in(3);
    setup.xlate_latency = 1 + below(one_in(2) ? 6 : 100);
    setup.xlate_more = one_in(2) ? 0 : below(100);
    setup.memory_latency = below(one_in(2) ? 8 : 100);
    setup.memory_more = one_in(3) ? 0 : below(60);
    setup.xlate_in_order = one_in(2);
    setup.interleave = one_in(2);
    setup.w_leads = one_in(2);
    setup.change_rate = one_in(3) ? 0 : 5 + below(60);
    setup.inval_rate = one_in(2) ? 0 : 20 + below(400);
    setup.drain_rate = one_in(2) ? 0 : 10 + below(200);
    setup.hold_rate = one_in(3) ? 100 + below(400) : 0;
    setup.stop_rate = one_in(3) ? 100 + below(400) : 0;
}

void episode_random(uint64_t seed, unsigned cycles)
{
    (void)seed;
    random_setup();
    episode_begin();
    for (unsigned i = 0; i < cycles && !failed(); i++) {
        episode_cycle(true);
        if (setup.window > 40)
            device_generate();
    }
    episode_end();
}
