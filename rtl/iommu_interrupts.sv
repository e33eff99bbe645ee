// SPDX-License-Identifier: Apache-2.0
//
// ipsr, icvec and msi_cfg_tbl, and what follows from them: wires, or messages to memory.
//
// A bit of ipsr that is raised stays until software clears it; a cause that persists, or
// comes in the cycle of the clearing, raises it again. With fctl.WSI each raised bit drives
// its vector's wire. Otherwise each change from 0 to 1 makes one message:
//
//   due      per cause: it was raised, its vector is not yet looked up
//   pending  per vector: a message is to be sent as soon as the vector is not masked
//   sender   one message at a time: address and data out of the table, a write to memory, its
//            answer. An access fault becomes a fault record (cause 273).
//
// Several causes that share a vector are a message each; what finds its vector masked, with a
// message held back already, is not. Messages that are held back stay so while fctl.WSI is 1.
// The table is in memory and is cleared in the first cycles after reset.

module iommu_interrupts
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input logic clk_i,
  input logic rst_ni,
  input csr_req_t req_i,
  output csr_rsp_t rsp_o,  // ready: for msi_cfg_tbl only, others are done at once
  input logic [3:0] raise_i,  // in the order of ipsr: levels and pulses
  input fctl_t fctl_i,
  input iommu_qosid_t qosid_i,
  output logic [15:0] wires_o,
  // messages
  output logic mem_valid_o,
  input logic mem_ready_i,
  output mem_req_t mem_o,
  output logic [63:0] mem_wdata_o,
  input logic mem_rsp_valid_i,
  input mem_rsp_t mem_rsp_i,
  output logic fault_valid_o,
  input logic fault_ready_i,
  output fault_t fault_o,
  output logic idle_o  // no message is to be sent
);

  localparam int unsigned Causes = 4;
  localparam int unsigned Vectors = 2 ** Cfg.VectorBits;
  // Bits of icvec, and of ipsr, that are built.
  localparam logic [15:0] VectorMask = {4{4'(Vectors - 1)}};
  localparam logic [3:0] CauseMask = {Cfg.Ats, Cfg.HpmCounters != 0, 2'b11};

  typedef logic [3:0] vector_t;

  // --- ipsr, icvec, wires -----------------------------------------------------------------

  logic [Causes-1:0] ipsr_d, ipsr_q, cleared, raised, rising;
  vector_t [Causes-1:0] icvec_d, icvec_q;
  logic [15:0] wires_d, wires_q;
  logic [63:0] rdata;

  always_comb begin
    cleared = csr_selects(req_i, REG_IPSR) && req_i.write && req_i.half[1] ?
        req_i.wdata[32+:Causes] : '0;
    raised = raise_i & CauseMask;
    ipsr_d = ((ipsr_q & ~cleared) | raised) & CauseMask;
    rising = raised & ~(ipsr_q & ~cleared);
    icvec_d = icvec_q;
    if (csr_selects(req_i, REG_ICVEC) && req_i.write && req_i.half[0])
      icvec_d = req_i.wdata[15:0] & VectorMask;
    wires_d = '0;
    for (int i = 0; i < Causes; i++) if (ipsr_q[i] && fctl_i.wsi) wires_d[icvec_q[i]] = 1'b1;

    rdata = '0;
    if (csr_selects(req_i, REG_IPSR)) rdata[32+:Causes] = ipsr_q;
    if (csr_selects(req_i, REG_ICVEC)) rdata[15:0] = icvec_q;
  end

  assign wires_o = wires_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ipsr_q  <= '0;
      icvec_q <= '0;
      wires_q <= '0;
    end else begin
      ipsr_q  <= ipsr_d;
      icvec_q <= icvec_d;
      wires_q <= wires_d;
    end
  end

  if (!Cfg.MsiInterrupts) begin : g_no_messages
    assign rsp_o         = '{ready: 1'b1, rdata: rdata};
    assign mem_valid_o   = 1'b0;
    assign mem_o         = '0;
    assign mem_wdata_o   = '0;
    assign fault_valid_o = 1'b0;
    assign fault_o       = '0;
    assign idle_o        = 1'b1;

    logic unused;
    assign unused = &{1'b0, rising, qosid_i, fctl_i, mem_ready_i, mem_rsp_valid_i, mem_rsp_i,
                      fault_ready_i};
  end else begin : g_messages
    logic [63:0] table_rdata;
    logic        table_ready;

    assign rsp_o = '{ready: table_ready, rdata: rdata | table_rdata};

    iommu_messages #(
      .Cfg(Cfg)
    ) u_messages (
      .clk_i,
      .rst_ni,
      .req_i,
      .ready_o (table_ready),
      .rdata_o (table_rdata),
      .rising_i(fctl_i.wsi ? '0 : rising),
      .icvec_i (icvec_q),
      .fctl_i,
      .qosid_i,
      .mem_valid_o,
      .mem_ready_i,
      .mem_o,
      .mem_wdata_o,
      .mem_rsp_valid_i,
      .mem_rsp_i,
      .fault_valid_o,
      .fault_ready_i,
      .fault_o,
      .idle_o
    );
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) (ipsr_q & ~CauseMask) == '0);
  // what is raised shows, whatever software does
  assert property (@(posedge clk_i) disable iff (!rst_ni) (raise_i & CauseMask & ~ipsr_d) == '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) !fctl_i.wsi |=> wires_o == '0);
`endif

endmodule
