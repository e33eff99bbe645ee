/* SPDX-License-Identifier: Apache-2.0 */
/* Software's accesses to registers: an AXI4-Lite manager, one access at a time. */
#include <string.h>

#include "bench.h"

#define OPERATIONS 4096u

struct operation {
    bool write;
    uint32_t offset, size;
    uint64_t value;
    csr_done_fn *done;
};

static struct {
    struct operation queue[OPERATIONS];
    unsigned first, count;
    bool begun, address_taken, data_taken, data_late;
    struct channel aw, w, b, ar, r;
} csr;

void csr_reset(void)
{
    memset(&csr, 0, sizeof(csr));
    channel_reset(&csr.aw);
    channel_reset(&csr.w);
    channel_reset(&csr.b);
    channel_reset(&csr.ar);
    channel_reset(&csr.r);
}

bool csr_idle(void)
{
    return csr.count == 0;
}

static void add(struct operation operation)
{
    if (csr.count == OPERATIONS) {
        fail("the bench has too many register accesses to do");
        return;
    }
    csr.queue[(csr.first + csr.count++) % OPERATIONS] = operation;
}

void csr_write(uint32_t offset, uint32_t size, uint64_t value, csr_done_fn *done)
{
    add((struct operation){true, offset, size, value, done});
}

void csr_read(uint32_t offset, csr_done_fn *done)
{
    add((struct operation){false, offset, 8, 0, done});
}

void csr_drive(void)
{
    struct pins_in *in = &bench.in;
    const struct operation *now = &csr.queue[csr.first];
    bool upper = (now->offset & 4) != 0;

    in->csr_bready = channel_goes(&csr.b);
    in->csr_rready = channel_goes(&csr.r);
    if (csr.count == 0) {
        in->csr_awvalid = in->csr_wvalid = in->csr_arvalid = 0;
        return;
    }
    if (now->write) {
        in->csr_arvalid = 0;
        if (!csr.address_taken && (in->csr_awvalid || channel_goes(&csr.aw)))
            in->csr_awvalid = 1;
        if (!csr.data_taken && (in->csr_wvalid || channel_goes(&csr.w)))
            in->csr_wvalid = 1;
        if (csr.address_taken)
            in->csr_awvalid = 0;
        if (csr.data_taken)
            in->csr_wvalid = 0;
        in->csr_awaddr = (uint16_t)now->offset;
        in->csr_wdata = now->size == 8 ? now->value : now->value << (upper ? 32 : 0);
        in->csr_wstrb = now->size == 8 ? 0xff : upper ? 0xf0 : 0x0f;
    } else {
        if (!csr.address_taken && channel_goes(&csr.ar))
            in->csr_arvalid = 1;
        if (csr.address_taken)
            in->csr_arvalid = 0;
        in->csr_araddr = (uint16_t)now->offset;
    }
}

static void finish(uint64_t value)
{
    csr_done_fn *done = csr.queue[csr.first].done;

    csr.first = (csr.first + 1) % OPERATIONS;
    csr.count--;
    csr.address_taken = csr.data_taken = false;
    bench.progress = bench.cycle;
    if (done != NULL)
        done(value);
}

void csr_observe(void)
{
    struct pins_in *in = &bench.in;
    const struct pins_out *out = &bench.out;

    if (in->csr_awvalid && out->csr_awready)
        csr.address_taken = true;
    if (in->csr_wvalid && out->csr_wready)
        csr.data_taken = true;
    if (in->csr_arvalid && out->csr_arready)
        csr.address_taken = true;
    if (out->csr_bvalid && in->csr_bready) {
        if (csr.count == 0 || !csr.queue[csr.first].write || !csr.address_taken ||
            !csr.data_taken || out->csr_bresp != 0)
            fail("an answer B to no register write, or an error");
        else
            finish(0);
    }
    if (out->csr_rvalid && in->csr_rready) {
        if (csr.count == 0 || csr.queue[csr.first].write || !csr.address_taken ||
            out->csr_rresp != 0)
            fail("an answer R to no register read, or an error");
        else
            finish(out->csr_rdata);
    }
}
