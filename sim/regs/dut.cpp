// SPDX-License-Identifier: Apache-2.0
//
// The only C++ of the bench: Verilator makes classes.

#include "dut.h"

#include <memory>

#include "Vtb_regs.h"
#include "verilated.h"

#ifndef CONFIG_NAME
#error "CONFIG_NAME and DATA_WIDTH must say how tb_regs was built"
#endif

/** Memories and whatever has no reset begin with random values, the same in every run. */
struct random_context : VerilatedContext {
    random_context()
    {
        randReset(2);
        randSeed(1);
        assertOn(true);
    }
};

struct dut {
    random_context context;
    Vtb_regs top{&context};
};

dut *dut_create(void)
{
    return new dut;
}

void dut_destroy(dut *dut)
{
    dut->top.final();
    delete dut;
}

unsigned dut_data_width(void)
{
    return DATA_WIDTH;
}

const char *dut_config(void)
{
    return CONFIG_NAME;
}

static void drive(Vtb_regs &top, const dut_in *in)
{
    top.rst_ni = !in->reset;
    top.strap_debug_disable_i = in->strap_debug_disable;
    top.strap_reset_mode_i = in->strap_reset_mode;
    top.awvalid_i = in->awvalid;
    top.awaddr_i = in->awaddr;
    top.wvalid_i = in->wvalid;
    top.wdata_i = in->wdata;
    top.wstrb_i = in->wstrb;
    top.bready_i = in->bready;
    top.arvalid_i = in->arvalid;
    top.araddr_i = in->araddr;
    top.rready_i = in->rready;
    top.ddtp_busy_i = in->ddtp_busy;
    top.debug_valid_i = in->debug_valid;
    top.debug_response_i = in->debug_response;
    for (unsigned i = 0; i < QUEUES; i++)
        top.queue_i[i] = in->queue[i];
    for (unsigned i = 0; i < REQUEST_SOURCES; i++)
        top.request_i[i] = in->request[i];
    top.walk_i = in->walk;
    top.walk_space_i = in->walk_space;
    top.mem_ready_i = in->mem_ready;
    top.mem_rsp_valid_i = in->mem_rsp_valid;
    top.mem_rsp_bad_i = in->mem_rsp_bad;
    top.fault_ready_i = in->fault_ready;
}

static void sample(Vtb_regs &top, dut_out *out)
{
    out->awready = top.awready_o;
    out->wready = top.wready_o;
    out->bvalid = top.bvalid_o;
    out->bresp = top.bresp_o;
    out->arready = top.arready_o;
    out->rvalid = top.rvalid_o;
    out->rresp = top.rresp_o;
    out->rdata = top.rdata_o;
    out->access = top.access_o;
    out->access_write = top.access_write_o;
    out->access_offset = top.access_offset_o;
    out->access_half = top.access_half_o;
    out->access_wdata = top.access_wdata_o;
    out->access_rdata = top.access_rdata_o;
    out->fctl = top.fctl_o;
    out->ddtp = top.ddtp_o;
    out->qosid = top.qosid_o;
    out->flush = top.flush_o;
    for (unsigned i = 0; i < QUEUES; i++) {
        out->queue_ppn[i] = top.queue_ppn_o[i];
        out->queue_index[i] = top.queue_index_o[i];
        out->queue_mask[i] = top.queue_mask_o[i];
        out->queue_flags[i] = top.queue_flags_o[i];
    }
    out->debug_go = top.debug_go_o;
    out->debug_iova = top.debug_iova_o;
    out->debug_identity = top.debug_identity_o;
    out->wires = top.wires_o;
    out->mem_valid = top.mem_valid_o;
    out->mem_address = top.mem_address_o;
    out->mem_wdata = top.mem_wdata_o;
    out->mem_ids = top.mem_ids_o;
    out->fault_valid = top.fault_valid_o;
    out->fault_plain = top.fault_plain_o;
    out->fault_cause = top.fault_cause_o;
    out->fault_iotval = top.fault_iotval_o;
}

void dut_settle(dut *dut, const dut_in *in, dut_out *out)
{
    dut->top.clk_i = 0;
    drive(dut->top, in);
    dut->top.eval();
    sample(dut->top, out);
}

void dut_edge(dut *dut)
{
    dut->top.clk_i = 1;
    dut->top.eval();
    dut->context.timeInc(1);
}
