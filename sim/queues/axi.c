/* SPDX-License-Identifier: Apache-2.0 */
/* The memory behind the AXI port, with atomics; stalls, reorders, and checks the protocol. */
#include <string.h>

#include "bench.h"

#define MAX 256
#define BURST_INCR 1
#define BURST_WRAP 2
#define ATOP_LOAD_SET 0x23
#define ATOP_COMPARE 0x31
#define NO_ID 0xffffu

struct read {
    bool used, atomic;
    uint16_t id;
    uint64_t address;
    unsigned beats, beat;
    uint64_t when;
    uint64_t data; /* of an atomic */
    enum fault fault;
};

struct write {
    bool used, performed;
    uint16_t id;
    uint64_t address;
    unsigned beats, got, size, structure;
    uint8_t atop, burst;
    uint64_t data[8];
    uint8_t strobes[8];
    uint64_t when;
    enum fault fault;
};

static struct {
    struct axi_setup setup;
    struct read reads[MAX]; /* oldest first */
    struct write writes[MAX];
    unsigned read_count, write_count;
    struct {
        uint64_t data;
        uint8_t strobes;
        bool last;
    } beats[MAX]; /* of W, whose AW has not come */
    unsigned beat_count;
    bool open[CHANNELS];
    int reading, answering; /* places of what is offered on R and B, or -1 */
    uint16_t favourite;     /* goes on with this ID on R */
    uint64_t last_answer[16];
    uint64_t handshakes[CHANNELS];
    struct pins_out before;
    bool stalled[CHANNELS]; /* was not taken in the cycle before */
} axi;

void axi_reset(const struct axi_setup *setup)
{
    memset(&axi, 0, sizeof(axi));
    axi.setup = *setup;
    axi.reading = axi.answering = -1;
    axi.favourite = NO_ID;
}

unsigned axi_outstanding(unsigned client)
{
    unsigned count = 0;

    for (unsigned i = 0; i < axi.read_count; i++)
        count += axi.reads[i].id >> TAG_BITS == client;
    for (unsigned i = 0; i < axi.write_count; i++)
        count += axi.writes[i].id >> TAG_BITS == client;
    return count;
}

uint64_t axi_last_answer(unsigned structure)
{
    return axi.last_answer[structure];
}

uint64_t axi_beats(enum channel channel)
{
    return axi.handshakes[channel];
}

/* --- when ---------------------------------------------------------------------------- */

static bool goes(enum channel channel, uint64_t cycle)
{
    switch (axi.setup.stall[channel]) {
    case STALL_HALF:
        return one_in(2);
    case STALL_MOSTLY:
        return one_in(8);
    case STALL_PHASES:
        if ((cycle & 31) == 0)
            axi.open[channel] = one_in(2);
        return axi.open[channel];
    default:
        return true;
    }
}

static uint64_t answer_time(uint64_t cycle)
{
    uint64_t when = cycle + axi.setup.latency;

    return axi.setup.latency_more == 0 ? when : when + below(axi.setup.latency_more);
}

/* --- what ---------------------------------------------------------------------------- */

static uint64_t load(uint64_t address)
{
    uint64_t word = 0;

    if (memory_has(address, 8))
        memcpy(&word, memory.design + (address - memory.base), 8);
    return word;
}

static void add_read(struct read read)
{
    if (axi.read_count == MAX) {
        fail("too many reads in flight");
        return;
    }
    read.used = true;
    axi.reads[axi.read_count++] = read;
}

static void remove_read(int place)
{
    memmove(&axi.reads[place], &axi.reads[place + 1],
            (--axi.read_count - (unsigned)place) * sizeof(axi.reads[0]));
}

static void remove_write(int place)
{
    memmove(&axi.writes[place], &axi.writes[place + 1],
            (--axi.write_count - (unsigned)place) * sizeof(axi.writes[0]));
}

static void perform_atomic(struct write *write, uint64_t cycle)
{
    bool upper = write->atop == ATOP_COMPARE && (write->address & 8) != 0;
    uint64_t compare = write->data[upper ? 1 : 0];
    uint64_t old = load(write->address);
    uint64_t new = old | write->data[0];
    struct read answer = {.atomic = true,
                          .id = write->id,
                          .address = write->address,
                          .beats = 1,
                          .data = old,
                          .fault = write->fault};

    if (write->atop == ATOP_COMPARE)
        new = old == compare ? write->data[upper ? 0 : 1] : old;
    if (write->fault == FAULT_NONE)
        memcpy(memory.design + (write->address - memory.base), &new, 8);
    answer.when = cycle + below(8);
    write->when = cycle + below(8);
    /* An error may come with either answer, or with both. */
    if (write->fault != FAULT_NONE && write->fault != FAULT_POISON && one_in(2)) {
        if (one_in(2))
            answer.fault = FAULT_NONE;
        else
            write->fault = FAULT_NONE;
    }
    add_read(answer);
}

static void perform(struct write *write, uint64_t cycle)
{
    uint64_t bytes = (uint64_t)write->beats * 8;
    bool half = write->size == 2;

    write->performed = true;
    write->fault = write->atop != 0 ? memory_fault(write->address, 8, false)
                                    : memory_fault(write->address, half ? 4 : bytes, true);
    if (write->atop != 0) {
        perform_atomic(write, cycle);
        return;
    }
    if (write->fault != FAULT_NONE)
        return;
    for (unsigned i = 0; i < write->beats; i++) {
        uint64_t address = (write->address & ~7ull) + i * 8;

        for (unsigned byte = 0; byte < 8; byte++) {
            if ((write->strobes[i] >> byte & 1) != 0)
                memory.design[address + byte - memory.base] = (uint8_t)(write->data[i] >> byte * 8);
        }
    }
}

/* --- driving ------------------------------------------------------------------------- */

/** A read that may be answered now: the oldest of its ID. */
static int choose_read(uint64_t cycle)
{
    int chosen = -1;
    unsigned seen = 0;

    for (unsigned i = 0; i < axi.read_count; i++) {
        bool oldest = true;

        for (unsigned j = 0; j < i; j++)
            oldest &= axi.reads[j].id != axi.reads[i].id;
        if (!oldest || axi.reads[i].when > cycle)
            continue;
        if (axi.setup.latency_more == 0)
            return (int)i;
        if (axi.reads[i].id == axi.favourite && !one_in(4))
            return (int)i;
        if (below(++seen) == 0)
            chosen = (int)i;
    }
    return chosen;
}

static int choose_answer(uint64_t cycle)
{
    int chosen = -1;
    unsigned seen = 0;

    for (unsigned i = 0; i < axi.write_count; i++) {
        struct write *write = &axi.writes[i];
        bool oldest = true;

        for (unsigned j = 0; j < i; j++)
            oldest &= axi.writes[j].id != write->id;
        if (!oldest || write->got != write->beats || write->when > cycle)
            continue;
        if (!write->performed) {
            perform(write, cycle);
            if (write->when > cycle)
                continue;
        }
        if (axi.setup.latency_more == 0)
            return (int)i;
        if (below(++seen) == 0)
            chosen = (int)i;
    }
    return chosen;
}

static uint8_t response(enum fault fault)
{
    return fault == FAULT_SLVERR ? 2 : fault == FAULT_DECERR ? 3 : 0;
}

static void drive_read(void)
{
    struct pins_in *in = &bench.in;

    if (axi.reading < 0 && goes(CHANNEL_R, bench.cycle)) {
        axi.reading = choose_read(bench.cycle);
        if (axi.reading >= 0) {
            struct read *read = &axi.reads[axi.reading];
            uint64_t address = line_beat(read->address, read->beats, read->beat);
            enum fault fault = read->atomic ? read->fault : memory_fault(address, 8, false);

            in->r_id = read->id;
            in->r_data = read->atomic ? read->data : load(address);
            in->r_resp = response(fault);
            in->r_poison = fault == FAULT_POISON;
            in->r_last = read->beat + 1 == read->beats;
            if (fault != FAULT_NONE && !read->atomic)
                in->r_data = random64();
            axi.favourite = read->id;
        }
    }
    in->r_valid = axi.reading >= 0;
}

void axi_drive(void)
{
    struct pins_in *in = &bench.in;

    in->ar_ready = goes(CHANNEL_AR, bench.cycle) && axi.read_count < MAX - 8;
    in->aw_ready = goes(CHANNEL_AW, bench.cycle) && axi.write_count < MAX;
    in->w_ready = goes(CHANNEL_W, bench.cycle) && axi.beat_count < MAX;
    drive_read();
    if (axi.answering < 0 && goes(CHANNEL_B, bench.cycle)) {
        axi.answering = choose_answer(bench.cycle);
        if (axi.answering >= 0) {
            in->b_id = axi.writes[axi.answering].id;
            in->b_resp = response(axi.writes[axi.answering].fault);
        }
    }
    in->b_valid = axi.answering >= 0;
}

/* --- observing ----------------------------------------------------------------------- */

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail(__VA_ARGS__);                                                                     \
    } while (0)

static bool id_in_flight(uint16_t id, bool reads, bool writes, bool atomics_only)
{
    for (unsigned i = 0; reads && i < axi.read_count; i++) {
        if (axi.reads[i].id == id && (!atomics_only || axi.reads[i].atomic))
            return true;
    }
    for (unsigned i = 0; writes && i < axi.write_count; i++) {
        if (axi.writes[i].id == id && (!atomics_only || axi.writes[i].atop != 0))
            return true;
    }
    return false;
}

static void check_user(uint16_t id, uint32_t user, uint8_t cache, uint8_t prot, bool write)
{
    static const unsigned structures[2][CLIENTS] = {{7, 9, 10, 0}, {8, 9, 10, 0}};
    unsigned client = id >> TAG_BITS;
    unsigned structure = user >> 24;
    uint32_t qos = bench.in.qosid;
    uint32_t ids = (qos & 0xfff) << 12 | (qos >> 16 & 0xfff);

    CHECK(client < CLIENTS, "an AXI ID of no client");
    if (client != CLIENT_USER)
        CHECK(structure == structures[write][client], "AxUSER has structure %u", structure);
    CHECK((user & 0xffffff) == (axi.setup.qos ? ids : 0), "QoS IDs on AxUSER are 0x%x", user);
    CHECK(prot == 3, "AxPROT is %u", prot);
    CHECK(cache == (structure == 6 || structure == 11 ? 0 : 15), "AxCACHE is %u", cache);
}

static void take_address(void)
{
    struct pins_out *out = &bench.out;
    unsigned bytes = (out->ar_len + 1u) * 8;

    axi.handshakes[CHANNEL_AR]++;
    CHECK(out->ar_size == 3 && out->ar_addr % 8 == 0 &&
              (bytes == 64 ? out->ar_burst == BURST_WRAP
                           : out->ar_burst == BURST_INCR && out->ar_addr % 64 + bytes <= 64),
          "AR has size %u, burst %u, length %u, address 0x%llx", out->ar_size, out->ar_burst,
          out->ar_len, (unsigned long long)out->ar_addr);
    CHECK(!id_in_flight(out->ar_id, true, true, true), "the ID of an atomic is used again");
    check_user(out->ar_id, out->ar_user, out->ar_cache, out->ar_prot, false);
    add_read((struct read){.id = out->ar_id,
                           .address = out->ar_addr,
                           .beats = out->ar_len + 1u,
                           .when = answer_time(bench.cycle)});
}

static void take_write_address(void)
{
    struct pins_out *out = &bench.out;
    unsigned bytes = (out->aw_len + 1u) * 8;
    bool atomic = out->aw_atop != 0;
    bool wraps = out->aw_atop == ATOP_COMPARE && (out->aw_addr & 8) != 0;

    axi.handshakes[CHANNEL_AW]++;
    CHECK(out->aw_burst == (wraps ? BURST_WRAP : BURST_INCR), "AWBURST is %u", out->aw_burst);
    if (out->aw_size == 2)
        CHECK(out->aw_len == 0 && out->aw_addr % 4 == 0 && !atomic, "a wrong half");
    else
        CHECK(out->aw_size == 3 && out->aw_addr % 8 == 0 &&
                  (atomic || out->aw_addr % 64 + bytes <= 64),
              "AW has size %u, length %u, address 0x%llx", out->aw_size, out->aw_len,
              (unsigned long long)out->aw_addr);
    if (atomic)
        CHECK(axi.setup.atomics && (out->aw_atop == ATOP_COMPARE
                                        ? out->aw_len == 1
                                        : out->aw_atop == ATOP_LOAD_SET && out->aw_len == 0),
              "AWATOP is 0x%x, AWLEN %u", out->aw_atop, out->aw_len);
    CHECK(!id_in_flight(out->aw_id, true, true, !atomic), "an ID is not unique");
    check_user(out->aw_id, out->aw_user, out->aw_cache, out->aw_prot, true);
    axi.writes[axi.write_count++] = (struct write){.used = true,
                                                   .id = out->aw_id,
                                                   .address = out->aw_addr,
                                                   .beats = out->aw_len + 1u,
                                                   .size = out->aw_size,
                                                   .structure = out->aw_user >> 24,
                                                   .atop = out->aw_atop,
                                                   .burst = out->aw_burst};
}

/** Give data that has come to the writes that wait for it. */
static void match_data(uint64_t cycle)
{
    for (unsigned i = 0; i < axi.write_count && axi.beat_count != 0; i++) {
        struct write *write = &axi.writes[i];
        uint8_t full = write->size == 3 ? 0xff : (write->address & 4) != 0 ? 0xf0 : 0x0f;

        while (write->got < write->beats && axi.beat_count != 0) {
            CHECK(axi.beats[0].strobes == full, "WSTRB is 0x%x", axi.beats[0].strobes);
            CHECK(axi.beats[0].last == (write->got + 1 == write->beats), "WLAST is wrong");
            write->data[write->got] = axi.beats[0].data;
            write->strobes[write->got] = axi.beats[0].strobes;
            memmove(axi.beats, axi.beats + 1, --axi.beat_count * sizeof(axi.beats[0]));
            if (++write->got == write->beats)
                write->when = answer_time(cycle);
        }
    }
}

#define SAME(field) (out->field == was->field)

static void check_stable(void)
{
    const struct pins_out *out = &bench.out, *was = &axi.before;

    if (axi.stalled[CHANNEL_AR])
        CHECK(out->ar_valid && SAME(ar_id) && SAME(ar_addr) && SAME(ar_len) && SAME(ar_size) &&
                  SAME(ar_burst) && SAME(ar_user),
              "AR changed while it was stalled");
    if (axi.stalled[CHANNEL_AW])
        CHECK(out->aw_valid && SAME(aw_id) && SAME(aw_addr) && SAME(aw_len) && SAME(aw_size) &&
                  SAME(aw_burst) && SAME(aw_user) && SAME(aw_atop),
              "AW changed while it was stalled");
    if (axi.stalled[CHANNEL_W])
        CHECK(out->w_valid && SAME(w_data) && SAME(w_strb) && SAME(w_last),
              "W changed while it was stalled");
    axi.before = *out;
    axi.stalled[CHANNEL_AR] = out->ar_valid && !bench.in.ar_ready;
    axi.stalled[CHANNEL_AW] = out->aw_valid && !bench.in.aw_ready;
    axi.stalled[CHANNEL_W] = out->w_valid && !bench.in.w_ready;
}

void axi_observe(void)
{
    struct pins_in *in = &bench.in;
    struct pins_out *out = &bench.out;

    check_stable();
    if (in->r_valid && out->r_ready) {
        axi.handshakes[CHANNEL_R]++;
        if (++axi.reads[axi.reading].beat == axi.reads[axi.reading].beats)
            remove_read(axi.reading);
        axi.reading = -1;
    }
    if (in->b_valid && out->b_ready) {
        axi.handshakes[CHANNEL_B]++;
        axi.last_answer[axi.writes[axi.answering].structure] = bench.cycle;
        remove_write(axi.answering);
        axi.answering = -1;
    }
    if (out->ar_valid && in->ar_ready)
        take_address();
    if (out->aw_valid && in->aw_ready)
        take_write_address();
    if (out->w_valid && in->w_ready) {
        axi.handshakes[CHANNEL_W]++;
        axi.beats[axi.beat_count].data = out->w_data;
        axi.beats[axi.beat_count].strobes = out->w_strb;
        axi.beats[axi.beat_count++].last = out->w_last;
    }
    match_data(bench.cycle);
    if (axi.beat_count > 16)
        fail("write data without an address");
}
