/* SPDX-License-Identifier: Apache-2.0 */
/* The memory behind each port's translated traffic; it answers with what stimulus.c says. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define EARLY 64u
#define CACHE_NONCACHEABLE 3 /* modifiable, not to be looked up */
#define CACHE_DEVICE 0

struct side {
    struct channel aw, w, ar, b, r;
    struct delay delay;
    bool interleave;
    struct txn *reading, *answering; /* offered on R and B */
    struct {
        uint64_t data;
        uint8_t strobes, last;
    } early[EARLY]; /* W before its AW */
    unsigned early_count;
    struct txn *writes[FLIGHT_MAX]; /* that are out, and their data are not */
    unsigned write_count;
    struct port_out before;
    bool stalled_aw, stalled_w, stalled_ar;
};

static struct side sides[PORTS];

void downstream_reset(void)
{
    memset(sides, 0, sizeof(sides));
    for (unsigned port = 0; port < PORTS; port++) {
        struct side *side = &sides[port];

        channel_reset(&side->aw);
        channel_reset(&side->w);
        channel_reset(&side->ar);
        channel_reset(&side->b);
        channel_reset(&side->r);
        side->delay = stimulus_delay(false);
        side->interleave = side->delay.more != 0 && one_in(2);
    }
}

static uint64_t answer_time(const struct side *side)
{
    return bench.cycle + side->delay.least + (side->delay.more != 0 ? below(side->delay.more) : 0);
}

/* --- driving -------------------------------------------------------------------------------- */

static bool oldest_out(const struct flight *list, unsigned at, bool data)
{
    for (unsigned j = 0; j < at; j++) {
        const struct txn *other = list->txn[j];

        if (other->id == list->txn[at]->id && other->left &&
            (data ? other->r_out < answers_of(other) : !other->b_out))
            return false;
    }
    return true;
}

static struct txn *choose_r(const struct side *side, unsigned port)
{
    struct txn *chosen = NULL;
    unsigned seen = 0;

    for (unsigned write = 0; write < 2; write++) {
        struct flight *list = &flight[port][write];

        for (unsigned i = 0; i < list->count; i++) {
            struct txn *txn = list->txn[i];

            if (!txn->left || txn->r_out == answers_of(txn) || txn->ready_r > bench.cycle ||
                (txn->write && txn->w_out != beats_of(txn)) || !oldest_out(list, i, true))
                continue;
            if (txn->r_out != 0 && (!side->interleave || !one_in(4)))
                return txn;
            if (below(++seen) == 0)
                chosen = txn;
        }
    }
    return chosen;
}

static struct txn *choose_b(unsigned port)
{
    struct flight *list = &flight[port][1];
    struct txn *chosen = NULL;
    unsigned seen = 0;

    for (unsigned i = 0; i < list->count; i++) {
        struct txn *txn = list->txn[i];

        if (txn->left && !txn->b_out && txn->w_out == beats_of(txn) &&
            txn->ready_b <= bench.cycle && oldest_out(list, i, false) && below(++seen) == 0)
            chosen = txn;
    }
    return chosen;
}

void downstream_drive(void)
{
    for (unsigned port = 0; port < bench.ports; port++) {
        struct side *side = &sides[port];
        struct port_in *in = &bench.in.port[port];

        in->out_awready = channel_goes(&side->aw);
        in->out_wready = channel_goes(&side->w) && side->early_count < EARLY;
        in->out_arready = channel_goes(&side->ar);
        if (side->reading == NULL && channel_goes(&side->r)) {
            side->reading = choose_r(side, port);
            if (side->reading != NULL) {
                struct txn *txn = side->reading;

                in->out_rid = txn->id;
                in->out_rdata = answer_data(txn, txn->r_out);
                in->out_rresp = answer_resp(txn, txn->r_out);
                in->out_rlast = txn->r_out + 1 == answers_of(txn);
            }
        }
        in->out_rvalid = side->reading != NULL;
        if (side->answering == NULL && channel_goes(&side->b)) {
            side->answering = choose_b(port);
            if (side->answering != NULL) {
                in->out_bid = side->answering->id;
                in->out_bresp = answer_resp(side->answering, ~0u);
            }
        }
        in->out_bvalid = side->answering != NULL;
    }
}

/* --- observing ---------------------------------------------------------------------------------
 */

/** What AR or AW says, as far as it tells transactions apart. */
struct seen {
    uint64_t address;
    uint32_t user;
    uint16_t id;
    uint8_t len, size, burst, lock, cache, prot, qos, atop;
};

/** The memory type of the page goes before what the device says. */
static uint8_t cache_for(const struct txn *txn, uint32_t user)
{
    switch (user >> 24 & 3) {
    case IOMMU_PBMT_NC:
        return CACHE_NONCACHEABLE;
    case IOMMU_PBMT_IO:
        return CACHE_DEVICE;
    default:
        return txn->cache;
    }
}

static bool is_of(const struct txn *txn, const struct seen *seen)
{
    return txn->id == seen->id && !txn->left && txn->accepted && txn->qos == seen->qos &&
           cache_for(txn, seen->user) == seen->cache && txn->len == seen->len &&
           txn->size == seen->size && txn->burst == seen->burst && txn->lock == seen->lock &&
           txn->prot == seen->prot && txn->atop == seen->atop &&
           ((txn->addr ^ seen->address) & 0xfff) == 0;
}

static void take_address(unsigned port, bool write, const struct seen *seen)
{
    struct flight *list = &flight[port][write];
    struct txn *txn = NULL;

    for (unsigned i = 0; i < list->count && txn == NULL; i++) {
        if (is_of(list->txn[i], seen))
            txn = list->txn[i];
    }
    if (txn == NULL) {
        fail("port %u: an access that no device has made: %s id %x address %" PRIx64
             " len %u size %u burst %u lock %u cache %u prot %u qos %u atop %x",
             port, write ? "AW" : "AR", seen->id, seen->address, seen->len, seen->size, seen->burst,
             seen->lock, seen->cache, seen->prot, seen->qos, seen->atop);
        return;
    }
    for (unsigned i = 0; i < list->count; i++) {
        if (list->txn[i]->id == txn->id && list->txn[i]->left && list->txn[i]->number > txn->number)
            fail("accesses of one ID left in another order: %s", txn_text(txn));
    }
    note("out: #%" PRIx64 " to %" PRIx64 " user %x", txn->number & 0xffff, seen->address,
         seen->user);
    txn_leaves(txn, seen->address, seen->user);
    trace_leaves(txn, seen->address, seen->user);
    txn->left = true;
    txn->target = seen->address;
    txn->left_cycle = bench.cycle;
    txn->ready_r = txn->ready_b = answer_time(&sides[port]);
    if (write)
        sides[port].writes[sides[port].write_count++] = txn;
}

static void match_data(unsigned port)
{
    struct side *side = &sides[port];

    while (side->early_count != 0 && side->write_count != 0) {
        struct txn *txn = side->writes[0];

        if (side->early[0].data != txn_data(txn, txn->w_out) ||
            side->early[0].strobes != txn_strobes(txn, txn->w_out))
            fail("W is %016" PRIx64 " strobes %x, the device's is %016" PRIx64 " strobes %x: %s",
                 side->early[0].data, side->early[0].strobes, txn_data(txn, txn->w_out),
                 txn_strobes(txn, txn->w_out), txn_text(txn));
        if (txn->w_out >= txn->w_sent)
            fail("W before the device sent it: %s", txn_text(txn));
        if (side->early[0].last != (txn->w_out + 1 == beats_of(txn)))
            fail("WLAST is wrong: %s", txn_text(txn));
        stimulus_written(txn, txn->w_out);
        memmove(side->early, side->early + 1, --side->early_count * sizeof(side->early[0]));
        if (++txn->w_out == beats_of(txn)) {
            txn->ready_b = answer_time(side);
            memmove(side->writes, side->writes + 1, --side->write_count * sizeof(side->writes[0]));
        }
    }
}

#define SAME(field) (out->field == was->field)

static void check_stable(unsigned port)
{
    struct side *side = &sides[port];
    const struct port_out *out = &bench.out.port[port], *was = &side->before;
    const struct port_in *in = &bench.in.port[port];

    if (side->stalled_ar &&
        !(out->out_arvalid && SAME(out_arid) && SAME(out_araddr) && SAME(out_arlen) &&
          SAME(out_arsize) && SAME(out_arburst) && SAME(out_arlock) && SAME(out_arcache) &&
          SAME(out_arprot) && SAME(out_arqos) && SAME(out_aruser)))
        fail("port %u: AR changed while it was stalled", port);
    if (side->stalled_aw &&
        !(out->out_awvalid && SAME(out_awid) && SAME(out_awaddr) && SAME(out_awlen) &&
          SAME(out_awsize) && SAME(out_awburst) && SAME(out_awlock) && SAME(out_awcache) &&
          SAME(out_awprot) && SAME(out_awqos) && SAME(out_awatop) && SAME(out_awuser)))
        fail("port %u: AW changed while it was stalled", port);
    if (side->stalled_w &&
        !(out->out_wvalid && SAME(out_wdata) && SAME(out_wstrb) && SAME(out_wlast)))
        fail("port %u: W changed while it was stalled", port);
    side->before = *out;
    side->stalled_ar = out->out_arvalid && !in->out_arready;
    side->stalled_aw = out->out_awvalid && !in->out_awready;
    side->stalled_w = out->out_wvalid && !in->out_wready;
}

static void observe_answers(unsigned port)
{
    struct side *side = &sides[port];
    const struct port_out *out = &bench.out.port[port];
    const struct port_in *in = &bench.in.port[port];

    if (in->out_rvalid && out->out_rready) {
        side->reading->r_out++;
        side->reading = NULL;
    }
    if (in->out_bvalid && out->out_bready) {
        side->answering->b_out = true;
        side->answering = NULL;
    }
}

void downstream_observe(void)
{
    for (unsigned port = 0; port < bench.ports; port++) {
        struct side *side = &sides[port];
        const struct port_out *out = &bench.out.port[port];
        const struct port_in *in = &bench.in.port[port];

        check_stable(port);
        observe_answers(port);
        if (out->out_arvalid && in->out_arready)
            take_address(port, false,
                         &(struct seen){out->out_araddr, out->out_aruser, out->out_arid,
                                        out->out_arlen, out->out_arsize, out->out_arburst,
                                        out->out_arlock, out->out_arcache, out->out_arprot,
                                        out->out_arqos, 0});
        if (out->out_awvalid && in->out_awready)
            take_address(port, true,
                         &(struct seen){out->out_awaddr, out->out_awuser, out->out_awid,
                                        out->out_awlen, out->out_awsize, out->out_awburst,
                                        out->out_awlock, out->out_awcache, out->out_awprot,
                                        out->out_awqos, out->out_awatop});
        if (out->out_wvalid && in->out_wready) {
            side->early[side->early_count].data = out->out_wdata;
            side->early[side->early_count].strobes = out->out_wstrb;
            side->early[side->early_count++].last = out->out_wlast;
        }
        match_data(port);
        if (side->early_count != 0 && flight[port][1].count == 0)
            fail("port %u: write data without an address", port);
    }
}
