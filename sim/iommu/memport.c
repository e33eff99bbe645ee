/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory behind the port for implicit accesses, AXI5 with atomics. It stalls, reorders,
 * fails by address, checks the protocol, and has each store judged when it is performed.
 */
#include <string.h>

#include "bench.h"

#define MAX 256u
#define BURST_INCR 1
#define BURST_WRAP 2
#define WRAPS 8 /* beats: such reads do */
#define ATOP_LOAD_SET 0x23
#define ATOP_COMPARE 0x31

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail(__VA_ARGS__);                                                                     \
    } while (0)

struct read {
    uint16_t id;
    bool atomic, sampled;
    uint64_t address, when;
    unsigned beats, beat;
    enum image_fault fault;
    uint8_t bytes[64];
};

struct write {
    uint16_t id;
    bool performed;
    uint64_t address, when;
    unsigned beats, got, size;
    uint8_t atop, structure;
    enum image_fault fault;
    uint64_t data[8];
    uint8_t strobes[8];
};

static struct {
    struct channel ar, r, aw, w, b;
    struct delay delay;
    struct read reads[MAX];
    struct write writes[MAX];
    unsigned read_count, write_count;
    struct {
        uint64_t data;
        uint8_t strobes, last;
    } beats[MAX];
    unsigned beat_count;
    int reading, answering; /* places of what is offered, or -1 */
    bool hold_reads;
    struct pins_out before;
    bool stalled_ar, stalled_aw, stalled_w;
} port;

unsigned long memport_reads[IOMMU_STRUCTURES];

void memport_reset(void)
{
    memset(memport_reads, 0, sizeof(memport_reads));
    memset(&port, 0, sizeof(port));
    channel_reset(&port.ar);
    channel_reset(&port.r);
    channel_reset(&port.aw);
    channel_reset(&port.w);
    channel_reset(&port.b);
    port.delay = stimulus_delay(true);
    port.reading = port.answering = -1;
}

void memport_hold_reads(bool hold)
{
    port.hold_reads = hold;
}

void memport_set_delay(struct delay delay)
{
    port.delay = delay;
}

bool memport_idle(void)
{
    return port.read_count == 0 && port.write_count == 0 && port.beat_count == 0;
}

static uint64_t answer_time(void)
{
    return bench.cycle + port.delay.least + (port.delay.more != 0 ? below(port.delay.more) : 0);
}

/* --- performing --------------------------------------------------------------------------- */

static void add_read(const struct read *read)
{
    if (port.read_count == MAX)
        fail("more than %u reads on the memory port", MAX);
    else
        port.reads[port.read_count++] = *read;
}

static void compare_and_swap(struct write *write, const uint8_t *before)
{
    bool upper = (write->address & 8) != 0;
    uint64_t compare = write->data[upper ? 1 : 0], swap = write->data[upper ? 0 : 1], now;
    uint8_t after[8];

    memcpy(&now, before, 8);
    if (now != compare) {
        features_event(COVER_CAS_FAILS);
        return;
    }
    memcpy(after, &swap, 8);
    if (!update_allowed(write->address, before, after))
        fail("an A/D update at %llx from %016llx to %016llx that no request asks for",
             (unsigned long long)write->address, (unsigned long long)now, (unsigned long long)swap);
    else
        features_update((enum iommu_structure)write->structure);
    counts.updates++;
    note("A/D update at %llx: %016llx to %016llx", (unsigned long long)write->address,
         (unsigned long long)now, (unsigned long long)swap);
    image_store(write->address, 8, after);
}

static void perform_atomic(struct write *write)
{
    struct read answer = {.id = write->id,
                          .atomic = true,
                          .sampled = true,
                          .address = write->address,
                          .beats = 1,
                          .fault = image_fault(write->address, 8)};
    uint64_t now;

    write->fault = answer.fault;
    image_load(write->address, 8, answer.bytes);
    if (write->fault == GOOD && write->atop == ATOP_COMPARE) {
        compare_and_swap(write, answer.bytes);
    } else if (write->fault == GOOD) {
        memcpy(&now, answer.bytes, 8);
        design_sets_mrif(write->address, write->data[0]);
        now |= write->data[0];
        image_store(write->address, 8, &now);
    }
    answer.when = bench.cycle + below(8);
    write->when = bench.cycle + below(8);
    /* An error may come with either answer, or with both. */
    if ((write->fault == SLVERR || write->fault == DECERR) && one_in(2)) {
        if (one_in(2))
            answer.fault = GOOD;
        else
            write->fault = GOOD;
    }
    add_read(&answer);
}

static void perform(struct write *write)
{
    uint64_t size = write->size == 2 ? 4 : (uint64_t)write->beats * 8;
    uint8_t bytes[64];

    write->performed = true;
    if (write->atop != 0) {
        perform_atomic(write);
        return;
    }
    write->fault = image_fault(write->address, size);
    if (write->fault == POISON)
        write->fault = GOOD;
    if (write->size == 2) {
        uint32_t word = (uint32_t)(write->data[0] >> ((write->address & 4) != 0 ? 32 : 0));
        memcpy(bytes, &word, 4);
    } else {
        memcpy(bytes, write->data, size);
    }
    if (write->fault == GOOD)
        image_store(write->address, size, bytes);
    design_stores((enum iommu_structure)write->structure, write->address, size, bytes);
}

static void sample(struct read *read)
{
    unsigned bytes = read->beats * 8,
             ahead = read->beats == WRAPS ? (unsigned)read->address % bytes : 0;
    uint8_t rising[64];

    read->sampled = true;
    read->fault = image_fault(read->address - ahead, bytes);
    image_load(read->address - ahead, bytes, rising);
    memcpy(read->bytes, rising + ahead, bytes - ahead);
    memcpy(read->bytes + bytes - ahead, rising, ahead);
}

/* --- driving ------------------------------------------------------------------------------- */

static int choose_read(void)
{
    int chosen = -1;
    unsigned seen = 0;

    for (unsigned i = 0; i < port.read_count; i++) {
        bool oldest = port.reads[i].when <= bench.cycle;

        for (unsigned j = 0; j < i && oldest; j++)
            oldest = port.reads[j].id != port.reads[i].id;
        if (!oldest)
            continue;
        if (port.delay.more == 0)
            return (int)i;
        if (port.reads[i].beat != 0 && !one_in(4))
            return (int)i; /* goes on with what it has begun, mostly */
        if (below(++seen) == 0)
            chosen = (int)i;
    }
    return chosen;
}

static int choose_answer(void)
{
    int chosen = -1;
    unsigned seen = 0;

    for (unsigned i = 0; i < port.write_count; i++) {
        struct write *write = &port.writes[i];
        bool oldest = write->got == write->beats && write->when <= bench.cycle;

        for (unsigned j = 0; j < i && oldest; j++)
            oldest = port.writes[j].id != write->id;
        if (!oldest)
            continue;
        if (!write->performed) {
            perform(write);
            if (write->when > bench.cycle)
                continue;
        }
        if (port.delay.more == 0)
            return (int)i;
        if (below(++seen) == 0)
            chosen = (int)i;
    }
    return chosen;
}

static uint8_t response(enum image_fault fault)
{
    return fault == SLVERR ? 2 : fault == DECERR ? 3 : 0;
}

static void drive_read(void)
{
    struct pins_in *in = &bench.in;

    if (port.reading < 0 && channel_goes(&port.r)) {
        port.reading = choose_read();
        if (port.reading >= 0) {
            struct read *read = &port.reads[port.reading];

            if (!read->sampled)
                sample(read);
            memcpy(&in->mem_rdata, read->bytes + read->beat * 8, 8);
            in->mem_rid = read->id;
            in->mem_rresp = response(read->fault);
            in->mem_rpoison = read->fault == POISON;
            in->mem_rlast = read->beat + 1 == read->beats;
            if (read->fault != GOOD)
                in->mem_rdata = random64();
        }
    }
    in->mem_rvalid = port.reading >= 0;
}

void memport_drive(void)
{
    struct pins_in *in = &bench.in;

    in->mem_arready = channel_goes(&port.ar) && !port.hold_reads && port.read_count < MAX - 16;
    in->mem_awready = channel_goes(&port.aw) && port.write_count < MAX;
    in->mem_wready = channel_goes(&port.w) && port.beat_count < MAX;
    drive_read();
    if (port.answering < 0 && channel_goes(&port.b)) {
        port.answering = choose_answer();
        if (port.answering >= 0) {
            in->mem_bid = port.writes[port.answering].id;
            in->mem_bresp = response(port.writes[port.answering].fault);
        }
    }
    in->mem_bvalid = port.answering >= 0;
}

/* --- observing ------------------------------------------------------------------------------ */

static bool id_in_use(uint16_t id, bool by_atomics_only)
{
    for (unsigned i = 0; i < port.read_count; i++) {
        if (port.reads[i].id == id && (!by_atomics_only || port.reads[i].atomic))
            return true;
    }
    for (unsigned i = 0; i < port.write_count; i++) {
        if (port.writes[i].id == id && (!by_atomics_only || port.writes[i].atop != 0))
            return true;
    }
    return false;
}

static void check_attributes(uint32_t user, uint8_t cache, uint8_t prot)
{
    unsigned structure = user >> 24;
    bool qos = has_cap(IOMMU_CAPABILITIES_QOSID_MASK);
    uint32_t ids = IOMMU_GET(model->qosid, IOMMU_IOMMU_QOSID_RCID) << 12 |
                   IOMMU_GET(model->qosid, IOMMU_IOMMU_QOSID_MCID);

    CHECK(structure < IOMMU_DATA, "AxUSER has structure %u", structure);
    CHECK(prot == 3, "AxPROT of an implicit access is %u", prot);
    CHECK(cache == (structure == IOMMU_NOTICE || structure == IOMMU_MSI ? 0 : 15),
          "AxCACHE of an implicit access is %u", cache);
    if (!qos || structure == IOMMU_DDT || (structure >= IOMMU_CQ && structure <= IOMMU_MSI))
        CHECK((user & 0xffffff) == (qos ? ids : 0), "QoS IDs of an implicit access: %x", user);
    else if (bench.small_ids)
        CHECK((user & 0xff8ff8) == 0, "QoS IDs of a table access: %x", user);
}

static void take_read(void)
{
    struct pins_out *out = &bench.out;
    struct read read = {.id = out->mem_arid,
                        .address = out->mem_araddr,
                        .beats = out->mem_arlen + 1u,
                        .when = answer_time()};

    CHECK(out->mem_arsize == 3 && out->mem_araddr % 8 == 0 &&
              (read.beats == WRAPS
                   ? out->mem_arburst == BURST_WRAP
                   : out->mem_arburst == BURST_INCR && out->mem_araddr % 64 + read.beats * 8 <= 64),
          "the memory port's AR has size %u, burst %u, length %u, address %llx", out->mem_arsize,
          out->mem_arburst, out->mem_arlen, (unsigned long long)out->mem_araddr);
    CHECK(!id_in_use(out->mem_arid, true), "the ID of an atomic is used again");
    check_attributes(out->mem_aruser, out->mem_arcache, out->mem_arprot);
    if (bench.failed)
        return;
    memport_reads[out->mem_aruser >> 24]++;
    if (out->mem_aruser >> 24 <= IOMMU_MSI_PT)
        image_read_as_table(out->mem_araddr);
    if (flight_count() != 0)
        features_event(COVER_OVERTAKES);
    /* What is read is memory at one moment: an old one, or that of the answer. */
    if (one_in(3))
        sample(&read);
    add_read(&read);
}

static void take_write(void)
{
    struct pins_out *out = &bench.out;
    unsigned bytes = (out->mem_awlen + 1u) * 8;
    uint8_t atop = out->mem_awatop;
    bool wraps = atop == ATOP_COMPARE && (out->mem_awaddr & 8) != 0;

    CHECK(out->mem_awburst == (wraps ? BURST_WRAP : BURST_INCR), "AWBURST is %u", out->mem_awburst);
    CHECK(out->mem_awsize == 2 ? out->mem_awlen == 0 && out->mem_awaddr % 4 == 0 && atop == 0
                               : out->mem_awsize == 3 && out->mem_awaddr % 8 == 0 &&
                                     (atop != 0 || out->mem_awaddr % 64 + bytes <= 64),
          "the memory port's AW has size %u, length %u, address %llx", out->mem_awsize,
          out->mem_awlen, (unsigned long long)out->mem_awaddr);
    CHECK(atop == 0 || (atop == ATOP_COMPARE
                            ? out->mem_awlen == 1 && has_cap(IOMMU_CAPABILITIES_AMO_HWAD_MASK)
                            : atop == ATOP_LOAD_SET && out->mem_awlen == 0 &&
                                  has_cap(IOMMU_CAPABILITIES_AMO_MRIF_MASK)),
          "AWATOP is %x, AWLEN %u", atop, out->mem_awlen);
    CHECK(!id_in_use(out->mem_awid, atop == 0), "an ID is not unique");
    check_attributes(out->mem_awuser, out->mem_awcache, out->mem_awprot);
    if (bench.failed || port.write_count == MAX)
        return;
    port.writes[port.write_count++] = (struct write){.id = out->mem_awid,
                                                     .address = out->mem_awaddr,
                                                     .beats = out->mem_awlen + 1u,
                                                     .size = out->mem_awsize,
                                                     .structure = (uint8_t)(out->mem_awuser >> 24),
                                                     .atop = atop};
}

/** Give data that has come to the writes that wait for it. */
static void match_data(void)
{
    for (unsigned i = 0; i < port.write_count && port.beat_count != 0; i++) {
        struct write *write = &port.writes[i];
        uint8_t full = write->size == 3 ? 0xff : (write->address & 4) != 0 ? 0xf0 : 0x0f;

        while (write->got < write->beats && port.beat_count != 0) {
            CHECK(port.beats[0].strobes == full, "WSTRB is %x", port.beats[0].strobes);
            CHECK(port.beats[0].last == (write->got + 1 == write->beats), "WLAST is wrong");
            write->data[write->got] = port.beats[0].data;
            write->strobes[write->got] = port.beats[0].strobes;
            memmove(port.beats, port.beats + 1, --port.beat_count * sizeof(port.beats[0]));
            if (++write->got == write->beats)
                write->when = answer_time();
        }
    }
}

#define SAME(field) (out->field == was->field)

static void check_stable(void)
{
    const struct pins_out *out = &bench.out, *was = &port.before;

    CHECK(!port.stalled_ar || (out->mem_arvalid && SAME(mem_arid) && SAME(mem_araddr) &&
                               SAME(mem_arlen) && SAME(mem_arsize) && SAME(mem_aruser)),
          "AR of the memory port changed while it was stalled");
    CHECK(!port.stalled_aw ||
              (out->mem_awvalid && SAME(mem_awid) && SAME(mem_awaddr) && SAME(mem_awlen) &&
               SAME(mem_awsize) && SAME(mem_awburst) && SAME(mem_awuser) && SAME(mem_awatop)),
          "AW of the memory port changed while it was stalled");
    CHECK(!port.stalled_w ||
              (out->mem_wvalid && SAME(mem_wdata) && SAME(mem_wstrb) && SAME(mem_wlast)),
          "W of the memory port changed while it was stalled");
    port.before = *out;
    port.stalled_ar = out->mem_arvalid && !bench.in.mem_arready;
    port.stalled_aw = out->mem_awvalid && !bench.in.mem_awready;
    port.stalled_w = out->mem_wvalid && !bench.in.mem_wready;
}

static void remove_read(int place)
{
    memmove(&port.reads[place], &port.reads[place + 1],
            (--port.read_count - (unsigned)place) * sizeof(port.reads[0]));
}

static void remove_write(int place)
{
    memmove(&port.writes[place], &port.writes[place + 1],
            (--port.write_count - (unsigned)place) * sizeof(port.writes[0]));
}

void memport_observe(void)
{
    struct pins_in *in = &bench.in;
    struct pins_out *out = &bench.out;

    check_stable();
    if (in->mem_rvalid && out->mem_rready) {
        if (++port.reads[port.reading].beat == port.reads[port.reading].beats)
            remove_read(port.reading);
        port.reading = -1;
    }
    if (in->mem_bvalid && out->mem_bready) {
        remove_write(port.answering);
        port.answering = -1;
    }
    if (out->mem_arvalid && in->mem_arready)
        take_read();
    if (out->mem_awvalid && in->mem_awready)
        take_write();
    if (out->mem_wvalid && in->mem_wready) {
        port.beats[port.beat_count].data = out->mem_wdata;
        port.beats[port.beat_count].strobes = out->mem_wstrb;
        port.beats[port.beat_count++].last = out->mem_wlast;
    }
    match_data();
}
