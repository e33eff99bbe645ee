// SPDX-License-Identifier: Apache-2.0
//
// The RTL as a `struct design`: Verilator makes classes, everything else of the bench is C.

#include <memory>

#include "Vtb_bench.h"
#include "ports.h"
#include "verilated.h"

namespace
{

std::unique_ptr<Vtb_bench> top;

void reset(struct design *)
{
    top->rst_ni = 0;
    top->csr_awvalid_i = top->csr_wvalid_i = top->csr_arvalid_i = 0;
    top->dev_arvalid_i = top->dev_awvalid_i = top->dev_wvalid_i = 0;
    top->out_rvalid_i = top->out_bvalid_i = top->mem_rvalid_i = top->mem_bvalid_i = 0;
    for (int i = 0; i < 8; i++) {
        top->clk_i = i & 1;
        top->eval();
    }
    top->clk_i = 0;
    top->rst_ni = 1;
    top->eval();
}

// What the bench's models drive.
void put(const struct ports &ports)
{
    const struct axi &device = ports.device, &out = ports.out, &walk = ports.walk;

    top->csr_awvalid_i = ports.csr.awvalid;
    top->csr_awaddr_i = ports.csr.awaddr;
    top->csr_wvalid_i = ports.csr.wvalid;
    top->csr_wdata_i = ports.csr.wdata;
    top->csr_wstrb_i = ports.csr.wstrb;
    top->csr_arvalid_i = ports.csr.arvalid;
    top->csr_araddr_i = ports.csr.araddr;
#define PUT_ADDRESS(name, channel)                                                                 \
    top->dev_##name##valid_i = channel.valid;                                                      \
    top->dev_##name##id_i = static_cast<CData>(channel.id);                                        \
    top->dev_##name##addr_i = channel.address;                                                     \
    top->dev_##name##len_i = channel.len;                                                          \
    top->dev_##name##device_i = channel.device_id;                                                 \
    top->dev_##name##pv_i = channel.process_id_valid;                                              \
    top->dev_##name##process_i = channel.process_id
    PUT_ADDRESS(ar, device.ar);
    PUT_ADDRESS(aw, device.aw);
    top->dev_wvalid_i = device.w.valid;
    top->dev_wdata_i = device.w.data;
    top->dev_wstrb_i = device.w.strobes;
    top->dev_wlast_i = device.w.last;
#define PUT_MEMORY(name, port, id_type)                                                            \
    top->name##_arready_i = port.ar.ready;                                                         \
    top->name##_awready_i = port.aw.ready;                                                         \
    top->name##_wready_i = port.w.ready;                                                           \
    top->name##_rvalid_i = port.r.valid;                                                           \
    top->name##_rid_i = static_cast<id_type>(port.r.id);                                           \
    top->name##_rdata_i = port.r.data;                                                             \
    top->name##_rlast_i = port.r.last;                                                             \
    top->name##_bvalid_i = port.b.valid;                                                           \
    top->name##_bid_i = static_cast<id_type>(port.b.id)
    PUT_MEMORY(out, out, CData);
    PUT_MEMORY(mem, walk, SData);
}

// What the RTL drives.
void get(struct ports &ports)
{
    struct axi &device = ports.device, &out = ports.out, &walk = ports.walk;

    ports.csr.awready = top->csr_awready_o;
    ports.csr.wready = top->csr_wready_o;
    ports.csr.bvalid = top->csr_bvalid_o;
    ports.csr.arready = top->csr_arready_o;
    ports.csr.rvalid = top->csr_rvalid_o;
    ports.csr.rdata = top->csr_rdata_o;
    device.ar.ready = top->dev_arready_o;
    device.aw.ready = top->dev_awready_o;
    device.w.ready = top->dev_wready_o;
    device.r = {top->dev_rdata_o,      top->dev_rid_o,         top->dev_rresp_o,
                top->dev_rlast_o != 0, top->dev_rvalid_o != 0, device.r.ready};
    device.b = {0, top->dev_bid_o, top->dev_bresp_o, false, top->dev_bvalid_o != 0, device.b.ready};
#define GET_MEMORY(name, port)                                                                     \
    port.ar.valid = top->name##_arvalid_o;                                                         \
    port.ar.id = top->name##_arid_o;                                                               \
    port.ar.address = top->name##_araddr_o;                                                        \
    port.ar.len = top->name##_arlen_o;                                                             \
    port.aw.valid = top->name##_awvalid_o;                                                         \
    port.aw.id = top->name##_awid_o;                                                               \
    port.aw.address = top->name##_awaddr_o;                                                        \
    port.aw.len = top->name##_awlen_o;                                                             \
    port.w = {top->name##_wdata_o, top->name##_wstrb_o, top->name##_wlast_o != 0,                  \
              top->name##_wvalid_o != 0, port.w.ready};                                            \
    port.r.ready = top->name##_rready_o;                                                           \
    port.b.ready = top->name##_bready_o
    GET_MEMORY(out, out);
    GET_MEMORY(mem, walk);
    walk.aw.atop = top->mem_awatop_o;
    walk.ar.wraps = top->mem_arwraps_o;
}

// The edge before this cycle. tb_bench has registers in front of all inputs, which it sets, too.
void settle(struct design *, struct ports *ports)
{
    put(*ports);
    top->clk_i = 1;
    top->eval();
    top->clk_i = 0;
    top->eval();
    get(*ports);
}

void clock(struct design *)
{
}

void close(struct design *)
{
    top->final();
    top.reset();
}

} // namespace

struct design *design_open(void)
{
    static struct design design = {"rtl", {}, reset, settle, clock, close};

    top = std::make_unique<Vtb_bench>();
    reset(&design);
    design.sizes = {top->iotlb_o, top->walk_cache_o, top->contexts_o, top->walks_o};
    return &design;
}
