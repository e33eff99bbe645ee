/* SPDX-License-Identifier: Apache-2.0 */
/* The device: makes requests, and checks the answers. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

struct setup setup;
struct queue queues[DIRECTIONS];

static struct {
    uint64_t next_number;
    uint64_t w_index; /* of the write whose data is next */
    unsigned w_beat;
    bool offering[3];             /* AR, AW, W: what is offered stays */
    bool open[CHANNELS];          /* STALL_PHASES */
    uint64_t hpm_due[DIRECTIONS]; /* identity of what was accepted in the cycle before, + 1 */
    bool hpm_translated[DIRECTIONS];
    struct {
        bool valid;
        uint8_t id, resp, last;
        uint64_t data;
    } r_before, b_before; /* stalled */
} device;

struct request *request_at(enum direction direction, uint64_t index)
{
    return &queues[direction].ring[index % QUEUE];
}

bool goes(enum channel channel)
{
    switch (setup.stall[channel]) {
    case STALL_HALF:
        return one_in(2);
    case STALL_MOSTLY:
        return one_in(8);
    case STALL_PHASES:
        if (one_in(32))
            device.open[channel] = !device.open[channel];
        return device.open[channel];
    default:
        return true;
    }
}

void device_reset(void)
{
    memset(&queues, 0, sizeof(queues));
    memset(&device, 0, sizeof(device));
}

unsigned requests_in_flight(enum direction direction)
{
    unsigned count = 0;

    for (uint64_t i = queues[direction].head; i < queues[direction].end; i++)
        count += !request_at(direction, i)->done;
    return count;
}

struct request *oldest_waiting(enum direction direction, unsigned id)
{
    for (uint64_t i = queues[direction].head; i < queues[direction].offered; i++) {
        struct request *request = request_at(direction, i);

        if (request->id == id && request->accepted && !request->left && !request->done)
            return request;
    }
    return NULL;
}

struct request *find_request(enum direction direction, uint64_t addr, uint64_t identity,
                             bool translated, unsigned access)
{
    for (uint64_t i = queues[direction].head; i < queues[direction].offered; i++) {
        struct request *request = request_at(direction, i);
        uint32_t process, number;
        bool valid, privileged, is_translated;

        pages_identity(request->variant, &number, &valid, &process, &privileged, &is_translated);
        if (request->accepted && !request->left && !request->done && request->addr == addr &&
            pages_identity_bits(request->variant) == identity && is_translated == translated &&
            request_access(request) == access)
            return request;
    }
    return NULL;
}

/* --- new requests ---------------------------------------------------------------------- */

static bool id_in_use(unsigned id)
{
    for (int direction = READS; direction < DIRECTIONS; direction++)
        for (uint64_t i = queues[direction].head; i < queues[direction].end; i++) {
            struct request *request = request_at((enum direction)direction, i);

            if (!request->done && request->id == id)
                return true;
        }
    return false;
}

/** Is this ID in use by an atomic? Then nothing else may have it. */
static bool id_is_atomic(unsigned id)
{
    for (uint64_t i = queues[WRITES].head; i < queues[WRITES].end; i++) {
        struct request *request = request_at(WRITES, i);

        if (!request->done && request->id == id && request->atop != 0)
            return true;
    }
    return false;
}

static bool address_in_use(enum direction direction, uint64_t addr)
{
    for (uint64_t i = queues[direction].head; i < queues[direction].end; i++)
        if (!request_at(direction, i)->done && request_at(direction, i)->addr == addr)
            return true;
    return false;
}

struct request *device_add(enum direction direction)
{
    struct request *request = request_at(direction, queues[direction].end);

    memset(request, 0, sizeof(*request));
    request->direction = direction;
    request->number = ++device.next_number;
    request->size = 3;
    request->flags = INCR | 0xf << 9 | 2 << 6;
    queues[direction].end++;
    return request;
}

/** Does it stay within its page, in a way that AXI allows? Reckoned byte by byte. */
static bool is_bad(const struct request *request)
{
    uint64_t bytes = (uint64_t)1 << request->size;
    uint64_t page = request->addr >> 12;
    uint64_t address = request->addr;

    if (bytes * 8 > design_width() || request_burst(request) == 3)
        return true;
    if (request_burst(request) == WRAP)
        return !(request->len == 0 || request->len == 1 || request->len == 3 || request->len == 7 ||
                 request->len == 15);
    for (unsigned beat = 0; beat <= request->len; beat++) {
        uint64_t last = (address & ~(bytes - 1)) + bytes - 1;

        if (address >> 12 != page || last >> 12 != page)
            return true;
        if (request_burst(request) == INCR)
            address = last + 1;
    }
    return false;
}

static void random_shape(struct request *request)
{
    static const uint8_t wrap[] = {1, 3, 7, 15};
    unsigned max_size = design_width() == 64 ? 3 : design_width() == 512 ? 6 : 4;
    unsigned burst = below(8);

    request->size = (uint8_t)(one_in(2) ? max_size : below(max_size + 1));
    if (one_in(4))
        request->size = 2;
    burst = burst == 0 ? FIXED : burst == 1 ? WRAP : INCR;
    request->len = (uint8_t)(burst == FIXED  ? below(16)
                             : burst == WRAP ? wrap[below(4)]
                             : one_in(3)     ? 0
                                             : below(setup.max_len + 1));
    request->flags = (uint16_t)(burst | below(16) << 2 | below(8) << 6 | below(16) << 9);
    if (one_in(16))
        request->flags |= 1 << 13;
    request->addr = pages_address(request->region, below(4)) | below(4096);
    if (burst == WRAP || one_in(2))
        request->addr &= ~((uint64_t)(1 << request->size) - 1);
    if (burst == INCR && (request->len + 1u) << request->size > 2048)
        request->addr &= ~(uint64_t)0x7ff;
    if (one_in(setup.bad_rate)) {
        if (one_in(2))
            request->addr |= 0xff8;
        else if (one_in(2))
            request->flags |= 3;
        else
            request->size = (uint8_t)(max_size + below(8 - max_size));
    } else if (is_bad(request)) {
        request->len = 0;
        request->flags = (uint16_t)((request->flags & ~3) | INCR);
    }
}

static void make_atomic(struct request *request)
{
    static const uint8_t atops[] = {ATOP_STORE | 3, ATOP_LOAD | 3, ATOP_SWAP, ATOP_COMPARE};

    request->atop = atops[below(4)];
    request->size = (uint8_t)(2 + below(2));
    request->len = request->atop == ATOP_COMPARE && one_in(2) ? 1 : 0;
    request->addr &= ~(uint64_t)0xf;
    request->flags = (uint16_t)((request->flags & ~(3 | 1 << 13)) | INCR);
}

void device_generate(void)
{
    enum direction direction = (enum direction)below(2);
    struct request *request;
    uint32_t number, process;
    bool valid, privileged, translated, atomic;
    unsigned id = below(setup.ids);

    if (requests_in_flight(direction) >= setup.window)
        return;
    if (queues[direction].end - queues[direction].head >= QUEUE - 1)
        return;
    atomic = direction == WRITES && one_in(setup.atomic_rate);
    if (atomic ? id_in_use(id) : id_is_atomic(id))
        return;
    request = device_add(direction);
    request->id = (uint8_t)id;
    request->variant = below(setup.variants);
    request->region = below(setup.regions);
    random_shape(request);
    if (atomic)
        make_atomic(request);
    pages_identity(request->variant, &number, &valid, &process, &privileged, &translated);
    if (valid)
        request->flags = (uint16_t)((request->flags & ~(1 << 6)) | (privileged ? 1 << 6 : 0));
    request->bad = is_bad(request);
    queues[direction].end--;
    if (!address_in_use(direction, request->addr))
        queues[direction].end++;
}

/* --- driving --------------------------------------------------------------------------- */

static void drive_address(enum direction direction)
{
    struct queue *queue = &queues[direction];
    bool *offering = &device.offering[direction];
    const struct request *request = request_at(direction, queue->offered);
    struct request noise = {.number = random64(), .addr = random64()};
    uint32_t number, process;
    bool valid, privileged, translated;

    if (!*offering)
        *offering = queue->offered < queue->end && goes(direction == READS ? DEV_AR : DEV_AW);
    if (!*offering)
        request = &noise;
    pages_identity(request->variant, &number, &valid, &process, &privileged, &translated);
    if (!valid)
        process = (uint32_t)mix(request->number, 5) & 0xfffff; /* to be ignored */
    if (direction == READS) {
        bench.in.dev_ar_valid = *offering;
        bench.in.dev_ar_id = request->id;
        bench.in.dev_ar_addr = request->addr;
        bench.in.dev_ar_len = request->len;
        bench.in.dev_ar_size = request->size;
        bench.in.dev_ar_flags = request->flags;
        bench.in.dev_ar_atop = 0;
        bench.in.dev_ar_device = number;
        bench.in.dev_ar_process = process;
        bench.in.dev_ar_process_valid = valid;
        bench.in.dev_ar_translated = translated;
    } else {
        bench.in.dev_aw_valid = *offering;
        bench.in.dev_aw_id = request->id;
        bench.in.dev_aw_addr = request->addr;
        bench.in.dev_aw_len = request->len;
        bench.in.dev_aw_size = request->size;
        bench.in.dev_aw_flags = request->flags;
        bench.in.dev_aw_atop = request->atop;
        bench.in.dev_aw_device = number;
        bench.in.dev_aw_process = process;
        bench.in.dev_aw_process_valid = valid;
        bench.in.dev_aw_translated = translated;
    }
}

static void drive_data(void)
{
    const struct request *request = request_at(WRITES, device.w_index);

    if (!device.offering[2] && device.w_index < queues[WRITES].end &&
        (request->accepted || setup.w_leads ||
         (device.w_index == queues[WRITES].offered && device.offering[1])))
        device.offering[2] = goes(DEV_W);
    bench.in.dev_w_valid = device.offering[2];
    bench.in.dev_w_data = device.offering[2] ? request_data(request, device.w_beat) : random64();
    bench.in.dev_w_strb = device.offering[2] ? request_strobes(request, device.w_beat) : random64();
    bench.in.dev_w_last = device.offering[2] ? device.w_beat == request->len : one_in(2);
}

void device_drive(void)
{
    drive_address(READS);
    drive_address(WRITES);
    drive_data();
    bench.in.dev_r_ready = goes(DEV_R);
    bench.in.dev_b_ready = goes(DEV_B);
}

/* --- observing ------------------------------------------------------------------------- */

static void finish(struct request *request)
{
    struct queue *queue = &queues[request->direction];

    request->done = true;
    request->done_at = bench.cycle;
    bench.requests++;
    if (request->left && !request->answered[request->direction])
        fail("request %" PRIu64 " is answered, but not by memory", request->number);
    if (!request->left) {
        if (request->bad)
            bench.seen[SEEN_BAD]++;
        else if (request->verdict == VERDICT_FAULT)
            bench.seen[SEEN_FAULT]++;
        else if (request->verdict == VERDICT_MRIF && request->mrif_done)
            bench.seen[SEEN_MRIF]++;
        else
            fail("request %" PRIu64 " of ID %u is refused without a reason", request->number,
                 request->id);
    } else if (request->atop != 0) {
        bench.seen[SEEN_ATOMIC]++;
    }
    while (queue->head < queue->offered && request_at(request->direction, queue->head)->done)
        queue->head++;
}

/** Those of an ID are answered in order. */
static struct request *answering(enum direction direction, unsigned id)
{
    for (uint64_t i = queues[direction].head; i < queues[direction].offered; i++) {
        struct request *request = request_at(direction, i);

        if (request->id == id && request->accepted && !request->done)
            return request;
    }
    return NULL;
}

static void check_resp(const struct request *request, unsigned resp, const char *channel)
{
    unsigned expected = request->left ? request_resp(request)
                        : request->verdict == VERDICT_MRIF && request->mrif_ok ? OKAY
                                                                               : SLVERR;

    if (resp != expected)
        fail("%s of request %" PRIu64 ": response %u, not %u", channel, request->number, resp,
             expected);
}

static void observe_r(void)
{
    const struct pins_out *out = &bench.out;
    struct request *request = answering(READS, out->dev_r_id);

    if (request == NULL) {
        request = answering(WRITES, out->dev_r_id);
        if (request != NULL && (!request_reads(request) || request->r_done))
            request = NULL;
    }
    if (request == NULL) {
        fail("R for ID %u, which waits for nothing", out->dev_r_id);
        return;
    }
    check_resp(request, out->dev_r_resp, "R");
    if (request->left) {
        if (out->dev_r_data != request_r_data(request, request->r_got) || !out->dev_r_spread)
            fail("request %" PRIu64 ": data of beat %u is wrong", request->number, request->r_got);
    } else if (!out->dev_r_zero) {
        fail("request %" PRIu64 " is refused, but its data is not 0", request->number);
    }
    request->r_got++;
    if (out->dev_r_last != (request->r_got == request_r_beats(request)))
        fail("request %" PRIu64 ": last is %u in beat %u of %u", request->number, out->dev_r_last,
             request->r_got, request_r_beats(request));
    if (out->dev_r_last) {
        request->r_done = true;
        if (request->direction == READS || request->b_got)
            finish(request);
    }
}

static void observe_b(void)
{
    const struct pins_out *out = &bench.out;
    struct request *request = answering(WRITES, out->dev_b_id);

    if (request == NULL || request->b_got) {
        fail("B for ID %u, which waits for nothing", out->dev_b_id);
        return;
    }
    check_resp(request, out->dev_b_resp, "B");
    if (request->w_sent != request->len + 1u)
        fail("request %" PRIu64 ": B before its data", request->number);
    request->b_got = true;
    if (!request_reads(request) || request->r_done)
        finish(request);
}

static void check_hpm(enum direction direction, unsigned kind, uint64_t identity)
{
    unsigned expected = device.hpm_due[direction] == 0     ? 0
                        : device.hpm_translated[direction] ? 2
                                                           : 4;

    if (kind != expected || (kind != 0 && identity != device.hpm_due[direction] - 1))
        fail("event of direction %u: kind %u, not %u, or its identity", direction, kind, expected);
    device.hpm_due[direction] = 0;
}

static void accept(enum direction direction)
{
    struct request *request = request_at(direction, queues[direction].offered++);
    uint32_t number, process;
    bool valid, privileged;

    device.offering[direction] = false;
    request->accepted = true;
    request->accepted_at = bench.cycle;
    request->floor = pages_floor(request->variant, request->region);
    device.hpm_due[direction] = pages_identity_bits(request->variant) + 1;
    pages_identity(request->variant, &number, &valid, &process, &privileged,
                   &device.hpm_translated[direction]);
    if (bench.in.stop)
        fail("request %" PRIu64 " is accepted while stopped", request->number);
}

/** What was offered and not taken stays. */
static void check_stable(void)
{
    const struct pins_out *out = &bench.out;

    if (device.r_before.valid &&
        (!out->dev_r_valid || out->dev_r_id != device.r_before.id ||
         out->dev_r_resp != device.r_before.resp || out->dev_r_last != device.r_before.last ||
         out->dev_r_data != device.r_before.data))
        fail("R changes while it waits");
    if (device.b_before.valid && (!out->dev_b_valid || out->dev_b_id != device.b_before.id ||
                                  out->dev_b_resp != device.b_before.resp))
        fail("B changes while it waits");
    device.r_before.valid = out->dev_r_valid && !bench.in.dev_r_ready;
    device.r_before.id = out->dev_r_id;
    device.r_before.resp = out->dev_r_resp;
    device.r_before.last = out->dev_r_last;
    device.r_before.data = out->dev_r_data;
    device.b_before.valid = out->dev_b_valid && !bench.in.dev_b_ready;
    device.b_before.id = out->dev_b_id;
    device.b_before.resp = out->dev_b_resp;
}

void device_observe(void)
{
    const struct pins_out *out = &bench.out;

    if ((out->dev_r_valid && bench.in.dev_r_ready) || (out->dev_b_valid && bench.in.dev_b_ready) ||
        (out->dev_w_ready && bench.in.dev_w_valid))
        bench.progress = bench.cycle;
    check_stable();
    check_hpm(READS, out->hpm_read, out->hpm_read_identity);
    check_hpm(WRITES, out->hpm_write, out->hpm_write_identity);
    if (out->dev_w_ready && bench.in.dev_w_valid) {
        struct request *request = request_at(WRITES, device.w_index);

        device.offering[2] = false;
        request->w_sent++;
        if (device.w_beat++ == request->len) {
            device.w_beat = 0;
            device.w_index++;
        }
    }
    if (out->dev_r_valid && bench.in.dev_r_ready)
        observe_r();
    if (out->dev_b_valid && bench.in.dev_b_ready)
        observe_b();
    if (bench.in.dev_ar_valid && out->dev_ar_ready)
        accept(READS);
    if (bench.in.dev_aw_valid && out->dev_aw_ready)
        accept(WRITES);
}

bool device_idle(void)
{
    for (int direction = READS; direction < DIRECTIONS; direction++)
        if (requests_in_flight((enum direction)direction) != 0)
            return false;
    return true;
}
