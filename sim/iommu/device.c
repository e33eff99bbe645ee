/* SPDX-License-Identifier: Apache-2.0 */
/* The devices at each port: AXI managers that do what AXI allows, and check the answers. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define RESP_SLVERR 2

bool device_hold;
unsigned long device_requests;

struct side {
    struct channel aw, w, ar, b, r;
    struct txn *offer[2];
    struct txn *data[FLIGHT_MAX]; /* writes whose data are still to come, in their order */
    unsigned data_count;
    bool data_offered;
    struct habits habits;
    struct port_out before;
    bool stalled_r, stalled_b;
};

static struct side sides[PORTS];

void device_reset(void)
{
    memset(sides, 0, sizeof(sides));
    for (unsigned port = 0; port < PORTS; port++) {
        struct side *side = &sides[port];

        channel_reset(&side->aw);
        channel_reset(&side->w);
        channel_reset(&side->ar);
        channel_reset(&side->b);
        channel_reset(&side->r);
        side->habits = stimulus_habits(port);
    }
    device_hold = false;
}

/* --- driving -------------------------------------------------------------------------------- */

static void begins(struct txn *txn)
{
    txn->since = time_for_new();
    txn->offered = bench.cycle;
    device_requests++;
}

static void drive_address(unsigned port, bool write)
{
    struct side *side = &sides[port];
    struct port_in *in = &bench.in.port[port];
    struct txn *txn = side->offer[write];

    if (txn == NULL && !device_hold && flight[port][write].count < side->habits.depth &&
        one_in(side->habits.rate) && channel_goes(write ? &side->aw : &side->ar)) {
        txn = side->offer[write] = stimulus_next(port, write);
        if (txn != NULL)
            begins(txn);
        if (txn != NULL && write)
            side->data[side->data_count++] = txn;
    }
    if (write)
        in->dev_awvalid = txn != NULL;
    else
        in->dev_arvalid = txn != NULL;
    if (txn == NULL)
        return;
    if (write) {
        in->dev_awid = txn->id;
        in->dev_awaddr = txn->addr;
        in->dev_awlen = txn->len;
        in->dev_awsize = txn->size;
        in->dev_awburst = txn->burst;
        in->dev_awlock = txn->lock;
        in->dev_awcache = txn->cache;
        in->dev_awprot = txn->prot;
        in->dev_awqos = txn->qos;
        in->dev_awatop = txn->atop;
        in->dev_awmmusid = txn->request.device_id;
        in->dev_awmmussidv = txn->request.process_id_valid;
        in->dev_awmmussid = txn->request.process_id;
        in->dev_awmmuatst = txn->request.type == IOMMU_TRANSLATED;
    } else {
        in->dev_arid = txn->id;
        in->dev_araddr = txn->addr;
        in->dev_arlen = txn->len;
        in->dev_arsize = txn->size;
        in->dev_arburst = txn->burst;
        in->dev_arlock = txn->lock;
        in->dev_arcache = txn->cache;
        in->dev_arprot = txn->prot;
        in->dev_arqos = txn->qos;
        in->dev_armmusid = txn->request.device_id;
        in->dev_armmussidv = txn->request.process_id_valid;
        in->dev_armmussid = txn->request.process_id;
        in->dev_armmuatst = txn->request.type == IOMMU_TRANSLATED;
    }
}

static void drive_data(unsigned port)
{
    struct side *side = &sides[port];
    struct port_in *in = &bench.in.port[port];
    struct txn *txn = side->data_count != 0 ? side->data[0] : NULL;

    if (!side->data_offered && txn != NULL && (txn->accepted || side->habits.early_data) &&
        channel_goes(&side->w))
        side->data_offered = true;
    in->dev_wvalid = side->data_offered;
    if (!side->data_offered || txn == NULL)
        return;
    in->dev_wdata = txn_data(txn, txn->w_sent);
    in->dev_wstrb = txn_strobes(txn, txn->w_sent);
    in->dev_wlast = txn->w_sent + 1 == beats_of(txn);
}

void device_drive(void)
{
    for (unsigned port = 0; port < bench.ports; port++) {
        drive_address(port, false);
        drive_address(port, true);
        drive_data(port);
        bench.in.port[port].dev_rready = channel_goes(&sides[port].r);
        bench.in.port[port].dev_bready = channel_goes(&sides[port].b);
    }
}

/* --- observing ---------------------------------------------------------------------------------
 */

static struct txn *waits_for_r(unsigned port, uint16_t id)
{
    for (unsigned write = 0; write < 2; write++) {
        struct flight *list = &flight[port][write];

        for (unsigned i = 0; i < list->count; i++) {
            struct txn *txn = list->txn[i];

            if (txn->id == id && txn->accepted && txn->r_in < answers_of(txn))
                return txn;
        }
    }
    return NULL;
}

static struct txn *waits_for_b(unsigned port, uint16_t id)
{
    struct flight *list = &flight[port][1];

    for (unsigned i = 0; i < list->count; i++) {
        if (list->txn[i]->id == id && list->txn[i]->accepted && !list->txn[i]->b_in)
            return list->txn[i];
    }
    return NULL;
}

static void finish(struct txn *txn)
{
    bench.progress = bench.cycle;
    if (txn->r_in == answers_of(txn) && (!txn->write || txn->b_in)) {
        stimulus_done(txn);
        txn_done(txn);
    }
}

/** The first answer that the IOMMU itself gives. */
static void refused(struct txn *txn, uint8_t resp)
{
    trace_refused(txn, resp != 0);
    if (resp != RESP_SLVERR && resp != 0)
        fail("RESP is %u: %s", resp, txn_text(txn));
    else
        txn_refused(txn, resp == RESP_SLVERR);
}

static void take_r(unsigned port)
{
    const struct port_out *out = &bench.out.port[port];
    struct txn *txn = waits_for_r(port, out->dev_rid);

    if (txn == NULL) {
        fail("port %u: R for ID %x, which waits for nothing", port, out->dev_rid);
        return;
    }
    if (out->dev_rlast != (txn->r_in + 1 == answers_of(txn)))
        fail("RLAST is wrong: %s", txn_text(txn));
    if (txn->left) {
        if (txn->r_in == txn->r_out)
            fail("R comes before memory gave it: %s", txn_text(txn));
        else if (out->dev_rdata != answer_data(txn, txn->r_in) ||
                 out->dev_rresp != answer_resp(txn, txn->r_in))
            fail("R is %016" PRIx64 " RESP %u, memory gave %016" PRIx64 " RESP %u: %s",
                 out->dev_rdata, out->dev_rresp, answer_data(txn, txn->r_in),
                 answer_resp(txn, txn->r_in), txn_text(txn));
    } else {
        if (out->dev_rdata != 0)
            fail("a refused read gave data: %s", txn_text(txn));
        if (txn->r_in == 0 && !txn->b_in)
            refused(txn, out->dev_rresp);
    }
    txn->r_in++;
    finish(txn);
}

static void take_b(unsigned port)
{
    const struct port_out *out = &bench.out.port[port];
    struct txn *txn = waits_for_b(port, out->dev_bid);

    if (txn == NULL) {
        fail("port %u: B for ID %x, which waits for nothing", port, out->dev_bid);
        return;
    }
    if (txn->w_sent != beats_of(txn))
        fail("B before the last of W: %s", txn_text(txn));
    if (txn->left) {
        if (!txn->b_out)
            fail("B comes before memory gave it: %s", txn_text(txn));
        else if (out->dev_bresp != answer_resp(txn, ~0u))
            fail("B has RESP %u, memory gave %u: %s", out->dev_bresp, answer_resp(txn, ~0u),
                 txn_text(txn));
    } else if (txn->r_in == 0) {
        refused(txn, out->dev_bresp);
    }
    txn->b_in = true;
    finish(txn);
}

static void check_stable(unsigned port)
{
    struct side *side = &sides[port];
    const struct port_out *out = &bench.out.port[port], *was = &side->before;

    if (side->stalled_r &&
        (!out->dev_rvalid || out->dev_rid != was->dev_rid || out->dev_rdata != was->dev_rdata ||
         out->dev_rresp != was->dev_rresp || out->dev_rlast != was->dev_rlast))
        fail("port %u: R changed while it was stalled", port);
    if (side->stalled_b &&
        (!out->dev_bvalid || out->dev_bid != was->dev_bid || out->dev_bresp != was->dev_bresp))
        fail("port %u: B changed while it was stalled", port);
    side->before = *out;
    side->stalled_r = out->dev_rvalid && !bench.in.port[port].dev_rready;
    side->stalled_b = out->dev_bvalid && !bench.in.port[port].dev_bready;
}

static void accept(unsigned port, bool write)
{
    struct txn *txn = sides[port].offer[write];

    txn->accepted = true;
    sides[port].offer[write] = NULL;
    model_sees(&txn->request, true);
    note("in:  %s", txn_text(txn));
}

void device_observe_requests(void)
{
    for (unsigned port = 0; port < bench.ports; port++) {
        struct side *side = &sides[port];
        const struct port_out *out = &bench.out.port[port];
        const struct port_in *in = &bench.in.port[port];

        if (in->dev_arvalid && out->dev_arready)
            accept(port, false);
        if (in->dev_awvalid && out->dev_awready)
            accept(port, true);
        if (in->dev_wvalid && out->dev_wready) {
            side->data_offered = false;
            if (++side->data[0]->w_sent == beats_of(side->data[0]))
                memmove(side->data, side->data + 1, --side->data_count * sizeof(side->data[0]));
        }
    }
}

/** Comes after downstream memory's turn: an answer may pass through in one cycle. */
void device_observe_answers(void)
{
    for (unsigned port = 0; port < bench.ports; port++) {
        const struct port_out *out = &bench.out.port[port];
        const struct port_in *in = &bench.in.port[port];

        check_stable(port);
        if (out->dev_rvalid && in->dev_rready)
            take_r(port);
        if (out->dev_bvalid && in->dev_bready)
            take_b(port);
    }
}
