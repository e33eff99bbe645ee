/* SPDX-License-Identifier: Apache-2.0 */
/* The memory behind the port: checks what reaches it, and answers, per ID in order. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define MAX 2048
#define CACHE_NONCACHEABLE 3
#define CACHE_DEVICE 0

struct access {
    struct request *request;
    unsigned beat;
    uint64_t when;
};

struct list {
    struct access items[MAX];
    unsigned count;
};

static struct {
    struct list r, b;                    /* to be answered, oldest first */
    struct request *offered[DIRECTIONS]; /* on AR, AW: visible, and not taken */
    struct list w;                       /* left, and their data has not come */
    int r_choice, b_choice;              /* what is offered, or -1 */
    struct {
        bool valid, last;
        uint64_t data, strobes;
    } w_before;
} memory;

void memory_reset(void)
{
    memset(&memory, 0, sizeof(memory));
    memory.r_choice = memory.b_choice = -1;
}

static void add(struct list *list, struct request *request, uint64_t when)
{
    if (list->count == MAX) {
        fail("too many requests in memory");
        return;
    }
    list->items[list->count++] = (struct access){.request = request, .when = when};
}

static void remove_item(struct list *list, int place)
{
    memmove(&list->items[place], &list->items[place + 1],
            (--list->count - (unsigned)place) * sizeof(list->items[0]));
}

static uint64_t answer_time(void)
{
    return bench.cycle + 1 + setup.memory_latency + below(setup.memory_more);
}

/** One whose turn may be now: the first of its ID. With memory_more, in any order of IDs. */
static int choose(const struct list *list)
{
    unsigned first = setup.memory_more == 0 || list->count == 0 ? 0 : below(list->count);
    uint32_t ids;

    for (unsigned i = 0; i < list->count; i++) {
        unsigned place = (first + i) % list->count;
        const struct access *access = &list->items[place];

        ids = 0;
        for (unsigned before = 0; before < place; before++)
            ids |= 1u << list->items[before].request->id;
        if (bench.cycle >= access->when && (ids >> access->request->id & 1) == 0)
            return (int)place;
    }
    return -1;
}

void memory_drive(void)
{
    bench.in.out_ar_ready = goes(OUT_AR);
    bench.in.out_aw_ready = goes(OUT_AW);
    bench.in.out_w_ready = goes(OUT_W);
    if (memory.r_choice < 0 && goes(OUT_R))
        memory.r_choice = choose(&memory.r);
    if (memory.b_choice < 0 && goes(OUT_B))
        memory.b_choice = choose(&memory.b);
    bench.in.out_r_valid = memory.r_choice >= 0;
    bench.in.out_r_id = (uint8_t)below(IDS);
    bench.in.out_r_data = random64();
    if (memory.r_choice >= 0) {
        const struct access *access = &memory.r.items[memory.r_choice];

        bench.in.out_r_id = access->request->id;
        bench.in.out_r_data = request_r_data(access->request, access->beat);
        bench.in.out_r_resp = request_resp(access->request);
        bench.in.out_r_last = access->beat + 1 == request_r_beats(access->request);
    }
    bench.in.out_b_valid = memory.b_choice >= 0;
    bench.in.out_b_id = (uint8_t)below(IDS);
    if (memory.b_choice >= 0) {
        bench.in.out_b_id = memory.b.items[memory.b_choice].request->id;
        bench.in.out_b_resp = request_resp(memory.b.items[memory.b_choice].request);
    }
}

/* --- what comes -------------------------------------------------------------------------- */

struct ax {
    unsigned id, len, size, flags, atop;
    uint64_t addr;
    uint32_t user;
};

static void check_fields(const struct request *request, const struct ax *ax)
{
    unsigned pbmt = ax->user >> 24;
    unsigned cache = pbmt == 1   ? CACHE_NONCACHEABLE
                     : pbmt == 2 ? CACHE_DEVICE
                                 : request->flags >> 9 & 0xfu;

    if (ax->len != request->len || ax->size != request->size || ax->atop != request->atop ||
        ax->flags != ((request->flags & ~(0xfu << 9)) | cache << 9))
        fail("request %" PRIu64 " leaves with other fields", request->number);
}

static bool passes(const struct request *request)
{
    for (uint64_t i = queues[request->direction].head; i < queues[request->direction].offered;
         i++) {
        const struct request *other = request_at(request->direction, i);

        if (other->number >= request->number)
            return false;
        if (!other->left && !other->done)
            return true;
    }
    return false;
}

/** A request is visible on AR or AW for the first time: it left in the cycle before. */
static struct request *arrives(enum direction direction, const struct ax *ax)
{
    struct request *request = oldest_waiting(direction, ax->id);

    if (request == NULL) {
        fail("something left with ID %u, which nobody waits for", ax->id);
        return NULL;
    }
    check_fields(request, ax);
    pages_check(request, ax->addr, ax->user);
    /* What came under hold was not answered, nor was it to be a hit. */
    if (bench.in.hold && bench.hold_since <= request->accepted_at)
        fail("request %" PRIu64 " is translated under hold: since %" PRIu64 ", accepted in %" PRIu64
             ", asked %u times",
             request->number, bench.hold_since, request->accepted_at, request->asks);
    request->left = true;
    request->left_at = bench.cycle - 1;
    drain_left(request);
    bench.seen[SEEN_HIT] += request->left_at == request->accepted_at;
    bench.seen[SEEN_FOLLOWED] += request->asks == 0 && request->left_at > request->accepted_at;
    bench.seen[SEEN_PASSED] += passes(request);
    return request;
}

static void address_channels(void)
{
    const struct pins_out *out = &bench.out;
    struct ax ar = {out->out_ar_id,   out->out_ar_len,  out->out_ar_size, out->out_ar_flags,
                    out->out_ar_atop, out->out_ar_addr, out->out_ar_user};
    struct ax aw = {out->out_aw_id,   out->out_aw_len,  out->out_aw_size, out->out_aw_flags,
                    out->out_aw_atop, out->out_aw_addr, out->out_aw_user};

    if (out->out_ar_valid && memory.offered[READS] == NULL)
        memory.offered[READS] = arrives(READS, &ar);
    if (out->out_aw_valid && memory.offered[WRITES] == NULL) {
        memory.offered[WRITES] = arrives(WRITES, &aw);
        if (memory.offered[WRITES] != NULL)
            add(&memory.w, memory.offered[WRITES], 0);
    }
    if (out->out_ar_valid && bench.in.out_ar_ready && memory.offered[READS] != NULL) {
        add(&memory.r, memory.offered[READS], answer_time());
        memory.offered[READS]->aw_out = true;
        memory.offered[READS] = NULL;
    }
}

static void write_complete(struct request *request)
{
    uint64_t when = answer_time();

    add(&memory.b, request, when);
    if (request_reads(request))
        add(&memory.r, request, when);
}

static void write_channels(void)
{
    const struct pins_out *out = &bench.out;

    if (memory.w_before.valid &&
        (!out->out_w_valid || out->out_w_data != memory.w_before.data ||
         out->out_w_strb != memory.w_before.strobes || out->out_w_last != memory.w_before.last))
        fail("W changes while it waits");
    memory.w_before.valid = out->out_w_valid && !bench.in.out_w_ready;
    memory.w_before.data = out->out_w_data;
    memory.w_before.strobes = out->out_w_strb;
    memory.w_before.last = out->out_w_last;
    if (out->out_w_valid) {
        struct request *request = memory.w.count != 0 ? memory.w.items[0].request : NULL;

        if (request == NULL) {
            fail("a beat of W without an AW before it");
            return;
        }
        if (out->out_w_data != request_data(request, request->w_out) || !out->out_w_spread ||
            out->out_w_strb != request_strobes(request, request->w_out) ||
            out->out_w_last != (request->w_out == request->len))
            fail("request %" PRIu64 ": beat %u of its data is wrong", request->number,
                 request->w_out);
        if (bench.in.out_w_ready && request->w_out++ == request->len) {
            remove_item(&memory.w, 0);
            if (request->aw_out)
                write_complete(request);
        }
    }
    if (out->out_aw_valid && bench.in.out_aw_ready && memory.offered[WRITES] != NULL) {
        struct request *request = memory.offered[WRITES];

        request->aw_out = true;
        memory.offered[WRITES] = NULL;
        if (request->w_out == request->len + 1u)
            write_complete(request);
    }
}

/** Runs before device_observe, which looks at what is answered. */
void memory_observe(void)
{
    const struct pins_out *out = &bench.out;

    address_channels();
    write_channels();
    if (memory.r_choice >= 0 && out->out_r_ready) {
        struct access *access = &memory.r.items[memory.r_choice];
        struct request *request = access->request;

        access->beat++;
        if (access->beat == request_r_beats(request)) {
            request->answered[READS] = true;
            remove_item(&memory.r, memory.r_choice);
            memory.r_choice = -1;
        } else if (setup.interleave) {
            memory.r_choice = -1;
        } else if (!goes(OUT_R)) {
            /* the next beat comes later */
            access->when = bench.cycle + 2;
            memory.r_choice = -1;
        }
    }
    if (memory.b_choice >= 0 && out->out_b_ready) {
        memory.b.items[memory.b_choice].request->answered[WRITES] = true;
        remove_item(&memory.b, memory.b_choice);
        memory.b_choice = -1;
    }
}

bool memory_idle(void)
{
    return memory.r.count == 0 && memory.b.count == 0 && memory.w.count == 0 &&
           memory.offered[READS] == NULL && memory.offered[WRITES] == NULL;
}
