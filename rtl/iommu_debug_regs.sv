// SPDX-License-Identifier: Apache-2.0
//
// The translation-request interface for debugging: tr_req_iova, tr_req_ctl, tr_response. With
// `disable_i` it takes no writes, and so reads as zeros for ever.

module iommu_debug_regs
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              disable_i,
  input  csr_req_t          req_i,
  output logic       [63:0] rdata_o,    // zeros unless addressed
  output debug_req_t        debug_o,
  input  debug_rsp_t        debug_i
);

  localparam logic [63:0] ControlMask = ~(TR_REQ_CTL_RESERVED_MASK | 64'h0000_00f0_0000_0000);

  tr_req_iova_t iova_d, iova_q;
  tr_req_ctl_t control_d, control_q;
  tr_response_t response_d, response_q;
  logic write;

  assign write = req_i.write && !disable_i;

  always_comb begin
    iova_d     = iova_q;
    control_d  = control_q;
    response_d = response_q;
    if (debug_i.valid) begin
      response_d       = '0;
      response_d.fault = debug_i.fault;
      if (!debug_i.fault) begin
        response_d.ppn  = debug_i.ppn;
        response_d.s    = debug_i.s;
        response_d.pbmt = Cfg.Svpbmt ? debug_i.pbmt : PBMT_PMA;
      end
      control_d.go_busy = 1'b0;
    end
    if (csr_selects(req_i, REG_TR_REQ_IOVA) && write) begin
      iova_d               = tr_req_iova_t'(csr_merge(iova_q, req_i));
      iova_d.reserved_11_0 = '0;
    end
    if (csr_selects(req_i, REG_TR_REQ_CTL) && write) begin
      control_d = tr_req_ctl_t'(csr_merge(control_q, req_i) & ControlMask);
      // Software cannot clear it, and the answer to the present request does not end the next.
      control_d.go_busy = (control_q.go_busy && !debug_i.valid) ||
                          (req_i.half[0] && req_i.wdata[0]);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      iova_q     <= '0;
      control_q  <= '0;
      response_q <= '0;
    end else begin
      iova_q     <= iova_d;
      control_q  <= control_d;
      response_q <= response_d;
    end
  end

  always_comb begin
    debug_o = '0;
    debug_o.go = control_q.go_busy;
    debug_o.vpn = iova_q.vpn;
    debug_o.access = control_q.exe ? ACCESS_EXECUTE : control_q.nw ? ACCESS_READ : ACCESS_WRITE;
    debug_o.identity.device_id = control_q.did;
    if (control_q.pv) begin
      debug_o.identity.process_id_valid = 1'b1;
      debug_o.identity.process_id       = control_q.pid;
      debug_o.identity.privileged       = control_q.priv;
    end
    rdata_o = '0;
    if (csr_selects(req_i, REG_TR_REQ_IOVA)) rdata_o = iova_q;
    if (csr_selects(req_i, REG_TR_REQ_CTL)) rdata_o = control_q;
    if (csr_selects(req_i, REG_TR_RESPONSE)) rdata_o = response_q;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) debug_i.valid |-> debug_o.go);
  assert property (@(posedge clk_i) disable iff (!rst_ni) disable_i |-> rdata_o == '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    debug_o.go && !debug_i.valid |=> debug_o.go);
`endif

endmodule
