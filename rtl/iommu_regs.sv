// SPDX-License-Identifier: Apache-2.0
//
// The register page: every register of the specification that the configuration has, and
// none that it has not. What is not built reads as zeros and takes no writes.
//
// fctl, ddtp, capabilities and iommu_qosid are here; the rest is in the modules below, each
// with its own part of the page. Each looks at the access itself; their read data are ORed.
// An access takes one cycle, but for those to memories (msi_cfg_tbl, iohpmctr, iohpmevt).

module iommu_regs
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
#(
  parameter config_t     Cfg      = ConfigBase,
  parameter int unsigned Requests = 2 * Cfg.Ports,  // sources of events, as of iommu_hpm
  parameter int unsigned Walks    = 1
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         strap_debug_disable_i,  // no debug interface
  input  logic                         strap_reset_mode_i,     // after reset: 0 Off, 1 Bare
  input  csr_req_t                     req_i,
  output csr_rsp_t                     rsp_o,
  output regs_to_core_t                core_o,
  input  core_to_regs_t                core_i,
  input  hpm_request_t  [Requests-1:0] requests_i,
  input  hpm_walk_t     [   Walks-1:0] walks_i,
  output logic          [        15:0] wires_o,
  // interrupt messages
  output logic                         mem_valid_o,
  input  logic                         mem_ready_i,
  output mem_req_t                     mem_o,
  output logic          [        63:0] mem_wdata_o,
  input  logic                         mem_rsp_valid_i,
  input  mem_rsp_t                     mem_rsp_i,
  output logic                         fault_valid_o,
  input  logic                         fault_ready_i,
  output fault_t                       fault_o,
  output logic                         idle_o                  // no interrupt message is to be sent
);

  localparam logic HasHpm = Cfg.HpmCounters != 0;

  // fctl after reset, and what of it software may change.
  localparam fctl_t FctlReset = '{wsi: !Cfg.MsiInterrupts, default: '0};
  localparam fctl_t FctlWritable = '{
      be: Cfg.BothEndian,
      wsi: Cfg.MsiInterrupts,
      gxl: Cfg.Sv32,
      default: '0
  };

  localparam logic [31:0] QosMask = Cfg.Qos ? ~IOMMU_QOSID_RESERVED_MASK : '0;

  // --- this module's own registers --------------------------------------------------------

  fctl_t fctl_d, fctl_q, fctl_new;
  ddtp_t ddtp_d, ddtp_q, ddtp_new;
  iommu_qosid_t qosid_d, qosid_q;
  logic flush_d, flush_q, ddtp_changed_d, ddtp_changed_q;
  ddtp_t ddtp, ddtp_read;  // the latter with its busy
  capabilities_t        capabilities;
  logic                 off;
  logic          [63:0] own_rdata;

  // ddtp_q.iommu_mode is kept XOR this, so that all its flip-flops are reset to 0 whatever the
  // strap says.
  logic          [ 3:0] mode_after_reset;
  assign mode_after_reset = strap_reset_mode_i ? DDTP_MODE_BARE : DDTP_MODE_OFF;

  function automatic logic mode_is_built(logic [3:0] mode);
    return 32'(mode) < 32'(DDTP_MODE_1LVL) + Cfg.DdtLevels;
  endfunction

  always_comb begin
    capabilities     = capabilities_of(Cfg);
    capabilities.dbg = !strap_debug_disable_i;

    ddtp             = ddtp_q;
    ddtp.iommu_mode  = ddtp_q.iommu_mode ^ mode_after_reset;
    ddtp.busy        = 1'b0;
  end

  always_comb begin
    ddtp_read      = ddtp;
    ddtp_read.busy = core_i.ddtp_busy;
  end

  assign off = ddtp.iommu_mode == DDTP_MODE_OFF && !core_i.ddtp_busy &&
               !(core_o.cq.enable || core_o.cq.on || core_o.fq.enable || core_o.fq.on ||
                 core_o.pq.enable || core_o.pq.on);

  always_comb begin
    fctl_d   = fctl_q;
    fctl_new = fctl_t'(req_i.wdata[31:0]);
    if (csr_selects(req_i, REG_FCTL) && req_i.write && req_i.half[0] && off)
      fctl_d = (fctl_q & ~FctlWritable) | (fctl_new & FctlWritable);
    flush_d  = fctl_d != fctl_q;

    ddtp_d   = ddtp_q;
    ddtp_new = ddtp_t'(csr_merge(ddtp, req_i));
    if (csr_selects(req_i, REG_DDTP) && req_i.write && !core_i.ddtp_busy) begin
      ddtp_d.ppn = ddtp_new.ppn;
      if (mode_is_built(ddtp_new.iommu_mode))
        ddtp_d.iommu_mode = ddtp_new.iommu_mode ^ mode_after_reset;
    end
    ddtp_changed_d = ddtp_d != ddtp_q;

    qosid_d        = qosid_q;
    if (csr_selects(req_i, REG_IOMMU_QOSID) && req_i.write && req_i.half[0])
      qosid_d = req_i.wdata[31:0] & QosMask;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fctl_q         <= FctlReset;
      ddtp_q         <= '0;
      qosid_q        <= '0;
      flush_q        <= 1'b0;
      ddtp_changed_q <= 1'b0;
    end else begin
      fctl_q         <= fctl_d;
      ddtp_q         <= ddtp_d;
      qosid_q        <= qosid_d;
      flush_q        <= flush_d;
      ddtp_changed_q <= ddtp_changed_d;
    end
  end

  always_comb begin
    own_rdata = '0;
    if (csr_selects(req_i, REG_CAPABILITIES)) own_rdata = capabilities;
    if (csr_selects(req_i, REG_FCTL)) own_rdata = 64'(fctl_q);
    if (csr_selects(req_i, REG_DDTP)) own_rdata = ddtp_read;
    if (csr_selects(req_i, REG_IOMMU_QOSID)) own_rdata = 64'(qosid_q);
  end

  // --- queues -----------------------------------------------------------------------------

  queue_state_t cq, fq, pq;
  logic [63:0] cq_rdata, fq_rdata, pq_rdata;
  logic cq_interrupt, fq_interrupt, pq_interrupt;

  iommu_queue_regs #(
    .Commands  (1'b1),
    .BaseOffset(REG_CQB),
    .HeadOffset(REG_CQH),
    .CsrOffset (REG_CQCSR)
  ) u_cq (
    .clk_i,
    .rst_ni,
    .req_i,
    .wsi_i      (fctl_q.wsi),
    .rdata_o    (cq_rdata),
    .status_i   (core_i.cq),
    .state_o    (cq),
    .interrupt_o(cq_interrupt)
  );

  iommu_queue_regs #(
    .BaseOffset(REG_FQB),
    .HeadOffset(REG_FQH),
    .CsrOffset (REG_FQCSR)
  ) u_fq (
    .clk_i,
    .rst_ni,
    .req_i,
    .wsi_i      (fctl_q.wsi),
    .rdata_o    (fq_rdata),
    .status_i   (core_i.fq),
    .state_o    (fq),
    .interrupt_o(fq_interrupt)
  );

  if (Cfg.Ats) begin : g_pq
    iommu_queue_regs #(
      .BaseOffset(REG_PQB),
      .HeadOffset(REG_PQH),
      .CsrOffset (REG_PQCSR)
    ) u_pq (
      .clk_i,
      .rst_ni,
      .req_i,
      .wsi_i      (fctl_q.wsi),
      .rdata_o    (pq_rdata),
      .status_i   (core_i.pq),
      .state_o    (pq),
      .interrupt_o(pq_interrupt)
    );
  end else begin : g_no_pq
    assign pq           = '0;
    assign pq_rdata     = '0;
    assign pq_interrupt = 1'b0;

    logic unused;
    assign unused = &{1'b0, core_i.pq};
  end

  // --- debug ------------------------------------------------------------------------------

  debug_req_t        debug;
  logic       [63:0] debug_rdata;

  iommu_debug_regs #(
    .Cfg(Cfg)
  ) u_debug (
    .clk_i,
    .rst_ni,
    .disable_i(strap_debug_disable_i),
    .req_i,
    .rdata_o  (debug_rdata),
    .debug_o  (debug),
    .debug_i  (core_i.debug)
  );

  // --- performance monitor ----------------------------------------------------------------

  csr_rsp_t hpm_rsp;
  logic     hpm_overflow;

  if (HasHpm) begin : g_hpm
    iommu_hpm #(
      .Cfg     (Cfg),
      .Requests(Requests),
      .Walks   (Walks)
    ) u_hpm (
      .clk_i,
      .rst_ni,
      .req_i,
      .rsp_o     (hpm_rsp),
      .requests_i,
      .walks_i,
      .overflow_o(hpm_overflow)
    );
  end else begin : g_no_hpm
    assign hpm_rsp      = '{ready: 1'b1, rdata: '0};
    assign hpm_overflow = 1'b0;

    logic unused;
    assign unused = &{1'b0, requests_i, walks_i};
  end

  // --- interrupts -------------------------------------------------------------------------

  csr_rsp_t interrupts_rsp;

  iommu_interrupts #(
    .Cfg(Cfg)
  ) u_interrupts (
    .clk_i,
    .rst_ni,
    .req_i,
    .rsp_o  (interrupts_rsp),
    .raise_i({pq_interrupt, hpm_overflow, fq_interrupt, cq_interrupt}),
    .fctl_i (fctl_q),
    .qosid_i(qosid_q),
    .wires_o,
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

  // --- together ---------------------------------------------------------------------------

  always_comb begin
    core_o.fctl         = fctl_q;
    core_o.ddtp         = ddtp;
    core_o.flush        = flush_q;
    core_o.ddtp_changed = ddtp_changed_q;
    core_o.cq           = cq;
    core_o.fq           = fq;
    core_o.pq           = pq;
    core_o.qosid        = qosid_q;
    core_o.debug        = debug;
  end

  always_comb begin
    rsp_o.rdata = own_rdata | cq_rdata | fq_rdata | pq_rdata | debug_rdata | hpm_rsp.rdata |
                  interrupts_rsp.rdata;
    // Registers in memories answer when they can.
    rsp_o.ready = req_i.valid;
    if (req_i.slot >= REG_IOHPMCTR[11:3] && req_i.slot < REG_TR_REQ_IOVA[11:3])
      rsp_o.ready = req_i.valid && hpm_rsp.ready;
    if (req_i.slot >= REG_MSI_ADDR[11:3] && req_i.slot < REG_MSI_ADDR[11:3] + 9'd32)
      rsp_o.ready = req_i.valid && interrupts_rsp.ready;
  end

`ifndef SYNTHESIS
  // no access waits for ever: not longer than the memories' clearing and a write of a selector
  localparam logic [6:0] LongestWait = 7'd110;
  logic [6:0] waited_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waited_q <= '0;
    else waited_q <= req_i.valid && !rsp_o.ready ? waited_q + 1'b1 : '0;
  end
  assert property (@(posedge clk_i) disable iff (!rst_ni) waited_q <= LongestWait);
  // fctl changes while nothing is on only
  assert property (@(posedge clk_i) disable iff (!rst_ni) !off |=> $stable(fctl_q));
  assert property (@(posedge clk_i) disable iff (!rst_ni) mode_is_built(ddtp.iommu_mode));
  assert property (@(posedge clk_i) disable iff (!rst_ni) !$isunknown(core_o));
`endif

endmodule
