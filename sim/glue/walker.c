/* SPDX-License-Identifier: Apache-2.0 */
/* The walker: keeps what it is asked, and answers one request a cycle, late and in any order. */
#include "bench.h"

#define ASKED 16u

static struct {
    bool busy;
    uint64_t when;
    struct asked asked;
} places[ASKED];

static unsigned longest;

void walker_ask(const struct asked *asked)
{
    for (unsigned i = 0; i < ASKED; i++) {
        if (!places[i].busy) {
            places[i].busy = true;
            places[i].when = bench.cycle + 1 + below(longest);
            places[i].asked = *asked;
            return;
        }
    }
    fail("more requests are in flight than there may be");
}

bool walker_idle(void)
{
    for (unsigned i = 0; i < ASKED; i++) {
        if (places[i].busy)
            return false;
    }
    return true;
}

static void begin(void)
{
    for (unsigned i = 0; i < ASKED; i++)
        places[i].busy = false;
    longest = one_in(2) ? 4 : 60;
}

static void drive(void)
{
    unsigned first = below(ASKED);

    bench.in.rsp_ats_valid = 0;
    bench.in.rsp_debug_valid = 0;
    for (unsigned i = 0; i < ASKED; i++) {
        unsigned at = (first + i) % ASKED;

        if (!places[at].busy || places[at].when > bench.cycle)
            continue;
        places[at].busy = false;
        bench.in.rsp_requester = (uint16_t)places[at].asked.requester;
        if (places[at].asked.kind == KIND_DEBUG)
            debug_answer(&places[at].asked);
        else
            ats_answer(&places[at].asked);
        return;
    }
}

static void observe(void)
{
}

const struct part walker_part = {begin, drive, observe, walker_idle};
