/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bench as a client of the arbiter: random reads, writes and atomics, several tags at once.
 * Each tag has 64 bytes of its own, so that the order of the answers does not matter.
 */
#include <string.h>

#include "bench.h"

#define TAGS 64
#define OP_READ 0
#define OP_WRITE 1
#define OP_CAS 2
#define OP_OR 3
#define MEM_ACCESS_FAULT 1
#define MEM_POISON 2

struct request {
    bool busy;
    uint8_t op, structure, beats, half; /* beats less one */
    uint64_t address;
    uint64_t data[8];
    unsigned beat; /* of the answer */
    uint64_t since;
};

static struct {
    struct user_setup setup;
    struct request tags[TAGS];
    uint8_t expected[AREA_END - AREA_USER];
    unsigned offered; /* tag, or TAGS */
    uint64_t beats[32];
    unsigned beat_count;
} user;

void user_reset(const struct user_setup *setup)
{
    memset(&user, 0, sizeof(user));
    user.setup = *setup;
    user.offered = TAGS;
    memcpy(user.expected, memory.design + AREA_USER, sizeof(user.expected));
}

void user_start(const struct user_setup *setup)
{
    user.setup = *setup;
}

void user_stop(void)
{
    user.setup.rate = 0;
}

bool user_idle(void)
{
    for (unsigned i = 0; i < TAGS; i++) {
        if (user.tags[i].busy)
            return false;
    }
    return true;
}

static uint8_t *expected(uint64_t address)
{
    return user.expected + (address - memory.base - AREA_USER);
}

static void fill(struct request *request, unsigned tag)
{
    uint64_t page = memory.base + AREA_USER + below(16) * 4096;
    unsigned first = below(8);

    *request =
        (struct request){.busy = true, .structure = (uint8_t)below(12), .since = bench.cycle};
    request->op = user.setup.only_reads ? OP_READ : (uint8_t)below(user.setup.atomics ? 4 : 2);
    request->beats =
        (uint8_t)(request->op == OP_READ && one_in(4) ? 7 : below(8 - first)); /* wraps */
    if (user.setup.read_beats != 0) {
        first = 0;
        request->beats = (uint8_t)(user.setup.read_beats - 1);
    }
    if (request->op >= OP_CAS)
        request->beats = request->op == OP_CAS;
    request->address = page + tag * 64 + first * 8;
    if (request->op == OP_WRITE && one_in(3)) {
        request->half = 1;
        request->beats = 0;
        request->address += one_in(2) ? 4 : 0;
    }
    for (unsigned i = 0; i < 8; i++)
        request->data[i] = random64();
    if (request->half)
        request->data[0] = (request->data[0] & 0xffffffff) * 0x100000001ull;
    if (request->op == OP_CAS && one_in(2)) /* make half of them succeed */
        memcpy(&request->data[0], expected(request->address), 8);
}

void user_drive(void)
{
    struct pins_in *in = &bench.in;

    if (user.offered == TAGS && user.setup.rate != 0 && one_in(user.setup.rate)) {
        unsigned tag = below(TAGS);

        for (unsigned i = 0; i < TAGS && user.tags[tag].busy; i++)
            tag = (tag + 1) % TAGS;
        if (!user.tags[tag].busy) {
            fill(&user.tags[tag], tag);
            user.offered = tag;
        }
    }
    in->user_valid = user.offered != TAGS && user.beat_count <= 16;
    if (user.offered != TAGS) {
        const struct request *request = &user.tags[user.offered];

        in->user_op = request->op;
        in->user_structure = request->structure;
        in->user_address = request->address;
        in->user_beats = request->beats;
        in->user_half = request->half;
        in->user_tag = (uint8_t)user.offered;
    }
    /* Data comes late at times, but once offered it stays. */
    if (!in->user_wdata_valid)
        in->user_wdata_valid = user.beat_count != 0 && !one_in(4);
    in->user_wdata = user.beats[0];
}

static uint8_t expected_status(const struct request *request, unsigned beat)
{
    bool write = request->op == OP_WRITE;
    uint64_t address = request->op == OP_READ
                           ? line_beat(request->address, request->beats + 1u, beat)
                           : request->address;
    size_t size = request->half ? 4 : write ? (request->beats + 1u) * 8 : 8;
    enum fault fault = memory_fault(address, size, write);

    return fault == FAULT_NONE ? 0 : fault == FAULT_POISON ? MEM_POISON : MEM_ACCESS_FAULT;
}

/** The effect on memory, and what the answer has to bring. */
static void complete(const struct request *request, const struct pins_out *out, unsigned tag)
{
    uint8_t *bytes = expected(request->op == OP_READ
                                  ? line_beat(request->address, request->beats + 1u, request->beat)
                                  : request->address);
    uint64_t old, new;

    memcpy(&old, bytes, 8 - request->address % 8);
    if (request->op != OP_WRITE && out->user_rsp_data != old)
        fail("tag %u, operation %u: data is 0x%llx, not 0x%llx", tag, request->op,
             (unsigned long long)out->user_rsp_data, (unsigned long long)old);
    if (request->op == OP_WRITE)
        memcpy(bytes, request->data, request->half ? 4 : (request->beats + 1u) * 8);
    if (request->op >= OP_CAS) {
        new = request->op == OP_OR      ? old | request->data[0]
              : old == request->data[0] ? request->data[1]
                                        : old;
        memcpy(bytes, &new, 8);
    }
}

static void answer(const struct pins_out *out)
{
    struct request *request = &user.tags[out->user_rsp_tag];
    uint8_t status;
    bool last;

    if (!request->busy || user.offered == out->user_rsp_tag) {
        fail("an answer with tag %u, which nobody asked for", out->user_rsp_tag);
        return;
    }
    status = expected_status(request, request->beat);
    last = request->op != OP_READ || request->beat == request->beats;
    if (out->user_rsp_status != status || out->user_rsp_last != last)
        fail("tag %u, operation %u: status %u, last %u; not %u, %u", out->user_rsp_tag, request->op,
             out->user_rsp_status, out->user_rsp_last, status, last);
    else if (status == 0)
        complete(request, out, out->user_rsp_tag);
    tally(request->op >= OP_CAS ? COUNT_ATOMIC : COUNT_USER);
    request->beat++;
    if (last)
        request->busy = false;
}

void user_observe(void)
{
    struct pins_in *in = &bench.in;
    struct pins_out *out = &bench.out;

    if (in->user_wdata_valid && out->user_wdata_ready) {
        if (user.beat_count == 0)
            fail("write data is taken twice");
        memmove(user.beats, user.beats + 1, --user.beat_count * sizeof(user.beats[0]));
        in->user_wdata_valid = 0;
    }
    if (out->user_rsp_valid)
        answer(out);
    if (in->user_valid && out->user_ready) {
        const struct request *request = &user.tags[user.offered];

        for (unsigned i = 0; request->op != OP_READ && i <= request->beats; i++)
            user.beats[user.beat_count++] = request->data[i];
        user.offered = TAGS;
    }
    for (unsigned i = 0; i < TAGS; i++) {
        if (user.tags[i].busy && bench.cycle - user.tags[i].since > 20000) {
            fail("tag %u waits for ever", i);
            user.tags[i].since = bench.cycle;
        }
    }
}

bool user_agrees(void)
{
    return memcmp(user.expected, memory.design + AREA_USER, sizeof(user.expected)) == 0;
}
