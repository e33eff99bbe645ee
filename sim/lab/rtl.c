/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Verilated IOMMU as the lab's: register accesses, device accesses and the design's own
 * accesses to memory, one clock cycle after the other. Linked only into `lab-rtl`.
 *
 * One device access is under way at a time, but register accesses return as soon as they are
 * answered: what follows from them goes on in rtl_run().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pins.h"
#include "record.h"
#include "rtl.h"
#include "rtl_ats.h"

#define OPS 64u
#define BEATS 256u
#define PATIENCE 200000u  /* cycles without an answer */
#define QUIET 1u          /* cycles of rest before the clock stops: idle_o means that it may */
#define STILL 2000u       /* cycles without anything at a port: more than emptying a cache takes */
#define USER_STRUCTURE 24 /* bits 27:24 of AxUSER: which structure it is */
#define ATOP_COMPARE 0x31
#define ATOP_LOAD_SET 0x23
#define RESP_DECERR 3
#define BURST_WRAP 2

enum { OWN, DEVICE };

/** An access of the design to memory that has been taken. */
struct op {
    uint16_t id;
    uint64_t address, ready; /**< not answered before this cycle */
    uint32_t user;
    unsigned beats, size, beat;
    uint8_t atop, resp, burst;
};

/** A port of memory: reads and writes in their order. */
struct side {
    struct op read[OPS], write[OPS], answer[OPS];
    unsigned reads, writes, answers;
    struct {
        uint64_t data;
        uint8_t strobes;
    } beat[BEATS];
    unsigned beats;
    uint64_t old; /**< what an atomic read */
};

static struct {
    struct pins_in in;
    struct pins_out out;
    struct rtl_memory memory;
    struct side side[2]; /**< the design's own accesses, and those of devices */
    struct rtl_counts counts;
    uint64_t cycles;
    unsigned quiet, still; /**< cycles of rest; cycles in which no port did anything */
    bool device_owes;      /**< an answer, for which a fence may wait: that is rest, too */
    unsigned latency;      /**< of memory, for the design's own accesses */
    const char *wrong;
    /* the register access under way */
    bool csr_address, csr_data;
    uint64_t csr_value;
    bool csr_done;
    /* the device access under way */
    struct {
        uint8_t *data;
        uint64_t iova;
        uint32_t length, beats, sent, got;
        uint64_t target; /**< where it went */
        unsigned cycles; /**< until it did, or was answered */
        bool active, write, taken, left, refused, done;
    } dma;
} rtl;

/* --- memory behind a port ------------------------------------------------------------------ */

static void pop(struct op *list, unsigned *count)
{
    memmove(list, list + 1, --*count * sizeof(*list));
}

/** Store what the strobes of a beat say. */
static bool store_beat(unsigned side, uint64_t address, uint64_t data, uint8_t strobes)
{
    uint8_t bytes[8];
    bool good = true;

    memcpy(bytes, &data, 8);
    for (unsigned first = 0; first < 8;) {
        unsigned end = first;
        while (end < 8 && (strobes >> end & 1) != 0)
            end++;
        if (end > first)
            good &= rtl.memory.write(rtl.memory.context, side == DEVICE, address + first,
                                     bytes + first, end - first);
        first = end + 1;
    }
    return good;
}

static void perform_atomic(struct side *side, struct op *op)
{
    bool compare = op->atop == ATOP_COMPARE, upper = (op->address & 8) != 0;
    uint64_t first = side->beat[0].data, second = side->beat[1].data;

    if (!rtl.memory.atomic(rtl.memory.context, op->address, compare,
                           compare ? (upper ? second : first) : 0,
                           compare ? (upper ? first : second) : first, &side->old))
        op->resp = RESP_DECERR;
    if (side->reads < OPS) {
        side->read[side->reads] = *op;
        side->read[side->reads++].beats = 1;
    }
}

/** The oldest write has all its data: carry it out. */
static void perform(unsigned which)
{
    struct side *side = &rtl.side[which];
    struct op op = side->write[0];
    unsigned structure = op.user >> USER_STRUCTURE & 15;

    op.ready = rtl.cycles + (which == OWN ? rtl.latency : 0);
    if (which == OWN)
        rtl.counts.stores[structure]++;
    if (which == OWN && structure == IOMMU_FQ && op.beats == 4 && rtl.memory.fault != NULL) {
        uint64_t record[4];
        for (unsigned i = 0; i < 4; i++)
            record[i] = side->beat[i].data;
        rtl.memory.fault(rtl.memory.context, record);
    }
    if (op.atop != 0) {
        perform_atomic(side, &op);
    } else {
        for (unsigned i = 0; i < op.beats; i++) {
            uint64_t at = (op.address & ~7ull) + 8ull * i;
            if (!store_beat(which, at, side->beat[i].data, side->beat[i].strobes))
                op.resp = RESP_DECERR;
        }
    }
    side->answer[side->answers++] = op;
    side->beats -= op.beats;
    memmove(side->beat, side->beat + op.beats, side->beats * sizeof(side->beat[0]));
    pop(side->write, &side->writes);
}

static uint64_t read_beat(unsigned which, struct op *op)
{
    uint64_t data = 0, bytes = 8ull * op->beats;
    uint64_t address = (op->address & ~7ull) + 8ull * op->beat;

    if (op->atop != 0)
        return rtl.side[which].old;
    if (op->burst == BURST_WRAP)
        address = (op->address & ~(bytes - 1)) | (address & (bytes - 1));
    if (!rtl.memory.read(rtl.memory.context, which == DEVICE, address, &data, 8))
        op->resp = RESP_DECERR;
    return data;
}

/* The two ports have the same channels by other names. */
#define DRIVE_SIDE(which, in_, prefix)                                                             \
    do {                                                                                           \
        struct side *s = &rtl.side[which];                                                         \
        (in_).prefix##_arready = s->reads < OPS - 1;                                               \
        (in_).prefix##_awready = s->writes < OPS;                                                  \
        (in_).prefix##_wready = s->beats < BEATS;                                                  \
        if (!(in_).prefix##_rvalid && s->reads > 0 && s->read[0].ready <= rtl.cycles) {            \
            (in_).prefix##_rdata = read_beat(which, &s->read[0]);                                  \
            (in_).prefix##_rid = s->read[0].id;                                                    \
            (in_).prefix##_rresp = s->read[0].resp;                                                \
            (in_).prefix##_rlast = s->read[0].beat + 1 == s->read[0].beats;                        \
            (in_).prefix##_rvalid = 1;                                                             \
        }                                                                                          \
        if (!(in_).prefix##_bvalid && s->answers > 0 && s->answer[0].ready <= rtl.cycles) {        \
            (in_).prefix##_bid = s->answer[0].id;                                                  \
            (in_).prefix##_bresp = s->answer[0].resp;                                              \
            (in_).prefix##_bvalid = 1;                                                             \
        }                                                                                          \
    } while (0)

#define OBSERVE_SIDE(which, in_, out_, prefix)                                                     \
    do {                                                                                           \
        struct side *s = &rtl.side[which];                                                         \
        if ((in_).prefix##_rvalid && (out_).prefix##_rready) {                                     \
            (in_).prefix##_rvalid = 0;                                                             \
            if (++s->read[0].beat >= s->read[0].beats)                                             \
                pop(s->read, &s->reads);                                                           \
        }                                                                                          \
        if ((in_).prefix##_bvalid && (out_).prefix##_bready) {                                     \
            (in_).prefix##_bvalid = 0;                                                             \
            pop(s->answer, &s->answers);                                                           \
        }                                                                                          \
        if ((out_).prefix##_arvalid && (in_).prefix##_arready)                                     \
            s->read[s->reads++] =                                                                  \
                (struct op){.id = (out_).prefix##_arid,                                            \
                            .address = (out_).prefix##_araddr,                                     \
                            .ready = rtl.cycles + ((which) == OWN ? rtl.latency : 0),              \
                            .burst = (out_).prefix##_arburst,                                      \
                            .beats = (out_).prefix##_arlen + 1u};                                  \
        if ((out_).prefix##_awvalid && (in_).prefix##_awready)                                     \
            s->write[s->writes++] = (struct op){.id = (out_).prefix##_awid,                        \
                                                .address = (out_).prefix##_awaddr,                 \
                                                .user = (out_).prefix##_awuser,                    \
                                                .beats = (out_).prefix##_awlen + 1u,               \
                                                .size = (out_).prefix##_awsize,                    \
                                                .atop = (out_).prefix##_awatop};                   \
        if ((out_).prefix##_wvalid && (in_).prefix##_wready) {                                     \
            s->beat[s->beats].data = (out_).prefix##_wdata;                                        \
            s->beat[s->beats++].strobes = (out_).prefix##_wstrb;                                   \
        }                                                                                          \
        if (s->writes > 0 && s->beats >= s->write[0].beats && s->answers < OPS)                    \
            perform(which);                                                                        \
    } while (0)

/* --- the device port ------------------------------------------------------------------------ */

static void drive_device(void)
{
    struct port_in *in = &rtl.in.port[0];

    in->dev_arvalid = rtl.dma.active && !rtl.dma.write && !rtl.dma.taken;
    in->dev_awvalid = rtl.dma.active && rtl.dma.write && !rtl.dma.taken;
    in->dev_rready = in->dev_bready = 1;
    in->dev_wvalid = rtl.dma.active && rtl.dma.write && rtl.dma.sent < rtl.dma.beats;
    if (in->dev_wvalid) {
        uint64_t base = (rtl.dma.iova & ~7ull) + 8ull * rtl.dma.sent;
        uint8_t bytes[8] = {0};
        in->dev_wstrb = 0;
        for (unsigned i = 0; i < 8; i++) {
            if (base + i >= rtl.dma.iova && base + i - rtl.dma.iova < rtl.dma.length) {
                bytes[i] = rtl.dma.data[base + i - rtl.dma.iova];
                in->dev_wstrb |= (uint8_t)(1u << i);
            }
        }
        memcpy(&in->dev_wdata, bytes, 8);
        in->dev_wlast = rtl.dma.sent + 1 == rtl.dma.beats;
    }
}

static void observe_device(void)
{
    const struct port_in *in = &rtl.in.port[0];
    const struct port_out *out = &rtl.out.port[0];

    if ((in->dev_arvalid && out->dev_arready) || (in->dev_awvalid && out->dev_awready))
        rtl.dma.taken = true;
    if (in->dev_wvalid && out->dev_wready)
        rtl.dma.sent++;
    if (out->dev_bvalid && in->dev_bready) {
        rtl.dma.refused |= out->dev_bresp > 1;
        rtl.dma.done = true;
    }
    if (out->dev_rvalid && in->dev_rready && rtl.dma.active) {
        uint64_t base = (rtl.dma.iova & ~7ull) + 8ull * rtl.dma.got++;
        const uint8_t *bytes = (const uint8_t *)&out->dev_rdata;
        rtl.dma.refused |= out->dev_rresp > 1;
        for (unsigned i = 0; i < 8; i++) {
            if (base + i >= rtl.dma.iova && base + i - rtl.dma.iova < rtl.dma.length)
                rtl.dma.data[base + i - rtl.dma.iova] = bytes[i];
        }
        rtl.dma.done |= out->dev_rlast != 0;
    }
}

/* --- the clock ------------------------------------------------------------------------------ */

static void observe_csr(void)
{
    struct pins_in *in = &rtl.in;
    const struct pins_out *out = &rtl.out;

    if (in->csr_awvalid && out->csr_awready)
        in->csr_awvalid = 0;
    if (in->csr_wvalid && out->csr_wready)
        in->csr_wvalid = 0;
    if (in->csr_arvalid && out->csr_arready)
        in->csr_arvalid = 0;
    if (out->csr_bvalid && in->csr_bready)
        rtl.csr_done = true;
    if (out->csr_rvalid && in->csr_rready) {
        rtl.csr_done = true;
        rtl.csr_value = out->csr_rdata;
    }
}

static void cycle(void)
{
    DRIVE_SIDE(OWN, rtl.in, mem);
    DRIVE_SIDE(DEVICE, rtl.in.port[0], out);
    drive_device();
    ats_port_drive(&rtl.in);
    design_eval(&rtl.in, &rtl.out);
    record_cycle(&rtl.in, &rtl.out);
    bool rest = rtl.out.idle && !rtl.out.mem_arvalid && !rtl.out.mem_awvalid &&
                rtl.side[OWN].reads + rtl.side[OWN].writes + rtl.side[OWN].answers == 0;
    bool active = rtl.out.mem_arvalid || rtl.out.mem_awvalid || rtl.dma.active ||
                  rtl.in.csr_arvalid || rtl.in.csr_awvalid || rtl.in.ats_req_valid ||
                  rtl.out.ats_rsp_valid || rtl.in.ats_timeout != 0 ||
                  rtl.side[OWN].reads + rtl.side[OWN].writes + rtl.side[OWN].answers != 0;
    if (rtl.out.mem_arvalid && rtl.in.mem_arready)
        rtl.counts.reads[rtl.out.mem_aruser >> USER_STRUCTURE & 15]++;
    OBSERVE_SIDE(OWN, rtl.in, rtl.out, mem);
    OBSERVE_SIDE(DEVICE, rtl.in.port[0], rtl.out.port[0], out);
    if (rtl.out.port[0].out_arvalid || rtl.out.port[0].out_awvalid) {
        rtl.dma.left = true;
        rtl.dma.target =
            rtl.out.port[0].out_arvalid ? rtl.out.port[0].out_araddr : rtl.out.port[0].out_awaddr;
    }
    observe_device();
    rtl.dma.cycles += rtl.dma.active && !rtl.dma.left && !rtl.dma.done;
    observe_csr();
    ats_port_observe(&rtl.in, &rtl.out, &rtl.memory);
    design_clock();
    rtl.cycles++;
    rtl.quiet = rest ? rtl.quiet + 1 : 0;
    rtl.still = active ? 0 : rtl.still + 1;
}

static bool at_rest(void)
{
    return rtl.quiet >= QUIET || (rtl.device_owes && rtl.still >= STILL);
}

bool rtl_run(unsigned cycles)
{
    for (unsigned i = 0; i < cycles && !at_rest(); i++)
        cycle();
    return !at_rest();
}

void rtl_device_owes(bool owes)
{
    rtl.device_owes = owes;
}

void rtl_fail(const char *what)
{
    if (rtl.wrong == NULL)
        rtl.wrong = what;
}

const char *rtl_wrong(void)
{
    return rtl_violation() != NULL ? rtl_violation() : rtl.wrong;
}

uint64_t rtl_cycles(void)
{
    return rtl.cycles;
}

static void start(void)
{
    memset(&rtl.in, 0, sizeof(rtl.in));
    memset(rtl.side, 0, sizeof(rtl.side));
    memset(&rtl.dma, 0, sizeof(rtl.dma));
    rtl.in.csr_bready = rtl.in.csr_rready = 1;
    ats_port_reset();
    rtl.quiet = rtl.still = 0;
    rtl.device_owes = false;
    design_reset(&rtl.in);
    record_reset();
}

void rtl_reset(void)
{
    start();
    rtl_run(2000); /* memories of caches are emptied */
}

void rtl_timeout(uint32_t itags)
{
    rtl.in.ats_timeout = itags;
    cycle(); /* a pulse, whether the design is idle or not */
    rtl.in.ats_timeout = 0;
    rtl.quiet = rtl.still = 0;
}

const struct rtl_counts *rtl_counts(void)
{
    return &rtl.counts;
}

void rtl_open(const struct rtl_memory *memory, unsigned latency)
{
    rtl.memory = *memory;
    rtl.latency = latency;
    design_make(1);
    rtl_reset();
}

/** Clock until a condition holds. */
bool rtl_wait(const bool *done, const char *what)
{
    rtl.quiet = rtl.still = 0;
    for (unsigned i = 0; !*done && i < PATIENCE && rtl_wrong() == NULL; i++)
        cycle();
    if (!*done)
        rtl_fail(what);
    return *done;
}

uint64_t rtl_mmio_read(uint32_t offset, uint32_t size)
{
    rtl.csr_done = false;
    rtl.csr_value = 0;
    rtl.in.csr_araddr = (uint16_t)(offset & 0xff8);
    rtl.in.csr_arvalid = 1;
    if (!rtl_wait(&rtl.csr_done, "no answer to a register read"))
        return 0;
    return size == 8 ? rtl.csr_value : rtl.csr_value >> (offset & 4) * 8 & 0xffffffff;
}

void rtl_mmio_write(uint32_t offset, uint32_t size, uint64_t value)
{
    bool upper = size == 4 && (offset & 4) != 0;

    rtl.csr_done = false;
    rtl.in.csr_awaddr = (uint16_t)offset;
    rtl.in.csr_wdata = upper ? value << 32 : value;
    rtl.in.csr_wstrb = size == 8 ? 0xff : upper ? 0xf0 : 0x0f;
    rtl.in.csr_awvalid = rtl.in.csr_wvalid = 1;
    rtl_wait(&rtl.csr_done, "no answer to a register write");
}

/** One burst, within a page and of at most 2 KiB. */
static bool burst(const struct iommu_request *request, uint64_t iova, uint8_t *data,
                  uint32_t length)
{
    struct port_in *in = &rtl.in.port[0];
    bool write = request->access == IOMMU_WRITE, word = length == 4 && iova % 4 == 0;
    uint8_t prot = (uint8_t)(request->privileged | 2 | (request->access == IOMMU_EXECUTE ? 4 : 0));

    memset(&rtl.dma, 0, sizeof(rtl.dma));
    rtl.dma.data = data;
    rtl.dma.iova = iova;
    rtl.dma.length = length;
    rtl.dma.beats = (uint32_t)(((iova & 7) + length + 7) / 8);
    rtl.dma.write = write;
    rtl.dma.active = true;
    if (write) {
        in->dev_awaddr = iova;
        in->dev_awlen = (uint8_t)(rtl.dma.beats - 1);
        in->dev_awsize = word ? 2 : 3;
        in->dev_awburst = 1;
        in->dev_awcache = 15;
        in->dev_awprot = prot;
        in->dev_awmmusid = request->device_id;
        in->dev_awmmussidv = request->process_id_valid;
        in->dev_awmmussid = request->process_id_valid ? request->process_id : 0;
        in->dev_awmmuatst = request->type == IOMMU_TRANSLATED;
    } else {
        in->dev_araddr = iova;
        in->dev_arlen = (uint8_t)(rtl.dma.beats - 1);
        in->dev_arsize = word ? 2 : 3;
        in->dev_arburst = 1;
        in->dev_arcache = 15;
        in->dev_arprot = prot;
        in->dev_armmusid = request->device_id;
        in->dev_armmussidv = request->process_id_valid;
        in->dev_armmussid = request->process_id_valid ? request->process_id : 0;
        in->dev_armmuatst = request->type == IOMMU_TRANSLATED;
    }
    bool done = rtl_wait(&rtl.dma.done, "no answer to a device's access");
    rtl.dma.active = false;
    if (done)
        record_burst(request->device_id, iova, !rtl.dma.left);
    if (done && rtl.memory.burst != NULL) {
        struct iommu_request part = *request;
        part.iova = iova;
        part.length = length;
        rtl.memory.burst(rtl.memory.context, &part,
                         &(struct rtl_burst){!rtl.dma.left, rtl.dma.target, rtl.dma.cycles});
    }
    return done && !rtl.dma.refused;
}

bool rtl_dma(const struct iommu_request *request, void *data, uint32_t length)
{
    uint8_t *bytes = data;

    for (uint32_t done = 0; done < length;) {
        uint64_t iova = request->iova + done;
        uint32_t room = (uint32_t)(2048 - iova % 2048);
        uint32_t count = length - done < room ? length - done : room;
        if (!burst(request, iova, bytes + done, count))
            return false;
        done += count;
    }
    return true;
}
