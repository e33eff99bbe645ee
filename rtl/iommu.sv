// SPDX-License-Identifier: Apache-2.0
//
// The IOMMU. What a SoC instantiates: device ports in, translated traffic out, one port for
// the IOMMU's own memory accesses, one for software. Everything in the order of travel.

module iommu
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_queue_pkg::*;
  import iommu_walk_pkg::*;
  import iommu_port_pkg::*;
  import iommu_trace_pkg::*;
#(
  parameter config_t Cfg = ConfigBase,
  parameter int unsigned CsrWidth = 64,  // data bits of the programming port, 32 or 64
  localparam int unsigned P = Cfg.Ports,
  localparam int unsigned IW = Cfg.IdWidth,
  localparam int unsigned DW = Cfg.DataWidth,
  localparam int unsigned SW = Cfg.DataWidth / 8
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        strap_debug_disable_i,
  input  logic        strap_reset_mode_i,     // ddtp after reset: 0 Off, 1 Bare
  // power management
  input  logic        quiesce_req_i,          // take no new device requests
  output logic        quiesce_ack_o,          // and all that came are done
  output logic        idle_o,                 // the clock may stop until the next request
  // with Cfg.Parity: a cache has met an error, and takes it for a miss
  output logic        parity_error_o,         // in this cycle
  output logic [15:0] parity_count_o,         // cycles with one since reset; saturates

  // programming port: AXI4-Lite subordinate
  input  logic                  csr_awvalid_i,
  output logic                  csr_awready_o,
  input  logic [          11:0] csr_awaddr_i,
  input  logic                  csr_wvalid_i,
  output logic                  csr_wready_o,
  input  logic [  CsrWidth-1:0] csr_wdata_i,
  input  logic [CsrWidth/8-1:0] csr_wstrb_i,
  output logic                  csr_bvalid_o,
  input  logic                  csr_bready_i,
  output logic [           1:0] csr_bresp_o,
  input  logic                  csr_arvalid_i,
  output logic                  csr_arready_o,
  input  logic [          11:0] csr_araddr_i,
  output logic                  csr_rvalid_o,
  input  logic                  csr_rready_i,
  output logic [  CsrWidth-1:0] csr_rdata_o,
  output logic [           1:0] csr_rresp_o,

  // device ports: AXI4 subordinates, AXI5 Untranslated Transactions side-band
  input  logic [P-1:0]         dev_awvalid_i,
  output logic [P-1:0]         dev_awready_o,
  input  logic [P-1:0][IW-1:0] dev_awid_i,
  input  logic [P-1:0][  63:0] dev_awaddr_i,
  input  logic [P-1:0][   7:0] dev_awlen_i,
  input  logic [P-1:0][   2:0] dev_awsize_i,
  input  logic [P-1:0][   1:0] dev_awburst_i,
  input  logic [P-1:0]         dev_awlock_i,
  input  logic [P-1:0][   3:0] dev_awcache_i,
  input  logic [P-1:0][   2:0] dev_awprot_i,      // [0] privileged, [2] instruction
  input  logic [P-1:0][   3:0] dev_awqos_i,
  input  logic [P-1:0][   5:0] dev_awatop_i,
  input  logic [P-1:0][  23:0] dev_awmmusid_i,    // device_id
  input  logic [P-1:0]         dev_awmmussidv_i,  // process_id is valid
  input  logic [P-1:0][  19:0] dev_awmmussid_i,   // process_id
  input  logic [P-1:0]         dev_awmmuatst_i,   // a Translated request
  input  logic [P-1:0]         dev_wvalid_i,
  output logic [P-1:0]         dev_wready_o,
  input  logic [P-1:0][DW-1:0] dev_wdata_i,
  input  logic [P-1:0][SW-1:0] dev_wstrb_i,
  input  logic [P-1:0]         dev_wlast_i,
  output logic [P-1:0]         dev_bvalid_o,
  input  logic [P-1:0]         dev_bready_i,
  output logic [P-1:0][IW-1:0] dev_bid_o,
  output logic [P-1:0][   1:0] dev_bresp_o,
  input  logic [P-1:0]         dev_arvalid_i,
  output logic [P-1:0]         dev_arready_o,
  input  logic [P-1:0][IW-1:0] dev_arid_i,
  input  logic [P-1:0][  63:0] dev_araddr_i,
  input  logic [P-1:0][   7:0] dev_arlen_i,
  input  logic [P-1:0][   2:0] dev_arsize_i,
  input  logic [P-1:0][   1:0] dev_arburst_i,
  input  logic [P-1:0]         dev_arlock_i,
  input  logic [P-1:0][   3:0] dev_arcache_i,
  input  logic [P-1:0][   2:0] dev_arprot_i,
  input  logic [P-1:0][   3:0] dev_arqos_i,
  input  logic [P-1:0][  23:0] dev_armmusid_i,
  input  logic [P-1:0]         dev_armmussidv_i,
  input  logic [P-1:0][  19:0] dev_armmussid_i,
  input  logic [P-1:0]         dev_armmuatst_i,
  output logic [P-1:0]         dev_rvalid_o,
  input  logic [P-1:0]         dev_rready_i,
  output logic [P-1:0][IW-1:0] dev_rid_o,
  output logic [P-1:0][DW-1:0] dev_rdata_o,
  output logic [P-1:0][   1:0] dev_rresp_o,
  output logic [P-1:0]         dev_rlast_o,

  // translated traffic: AXI4 managers. AxUSER: [25:24] PBMT, [23:12] RCID, [11:0] MCID
  output logic [P-1:0]                   out_awvalid_o,
  input  logic [P-1:0]                   out_awready_i,
  output logic [P-1:0][          IW-1:0] out_awid_o,
  output logic [P-1:0][PhysicalBits-1:0] out_awaddr_o,
  output logic [P-1:0][             7:0] out_awlen_o,
  output logic [P-1:0][             2:0] out_awsize_o,
  output logic [P-1:0][             1:0] out_awburst_o,
  output logic [P-1:0]                   out_awlock_o,
  output logic [P-1:0][             3:0] out_awcache_o,
  output logic [P-1:0][             2:0] out_awprot_o,
  output logic [P-1:0][             3:0] out_awqos_o,
  output logic [P-1:0][             5:0] out_awatop_o,
  output logic [P-1:0][            25:0] out_awuser_o,
  output logic [P-1:0]                   out_wvalid_o,
  input  logic [P-1:0]                   out_wready_i,
  output logic [P-1:0][          DW-1:0] out_wdata_o,
  output logic [P-1:0][          SW-1:0] out_wstrb_o,
  output logic [P-1:0]                   out_wlast_o,
  input  logic [P-1:0]                   out_bvalid_i,
  output logic [P-1:0]                   out_bready_o,
  input  logic [P-1:0][          IW-1:0] out_bid_i,
  input  logic [P-1:0][             1:0] out_bresp_i,
  output logic [P-1:0]                   out_arvalid_o,
  input  logic [P-1:0]                   out_arready_i,
  output logic [P-1:0][          IW-1:0] out_arid_o,
  output logic [P-1:0][PhysicalBits-1:0] out_araddr_o,
  output logic [P-1:0][             7:0] out_arlen_o,
  output logic [P-1:0][             2:0] out_arsize_o,
  output logic [P-1:0][             1:0] out_arburst_o,
  output logic [P-1:0]                   out_arlock_o,
  output logic [P-1:0][             3:0] out_arcache_o,
  output logic [P-1:0][             2:0] out_arprot_o,
  output logic [P-1:0][             3:0] out_arqos_o,
  output logic [P-1:0][            25:0] out_aruser_o,
  input  logic [P-1:0]                   out_rvalid_i,
  output logic [P-1:0]                   out_rready_o,
  input  logic [P-1:0][          IW-1:0] out_rid_i,
  input  logic [P-1:0][          DW-1:0] out_rdata_i,
  input  logic [P-1:0][             1:0] out_rresp_i,
  input  logic [P-1:0]                   out_rlast_i,

  // implicit accesses: an AXI5 manager of 64 data bits; IDs are a unit and its tag
  output logic    mem_awvalid_o,
  input  logic    mem_awready_i,
  output mem_ax_t mem_aw_o,
  output logic    mem_wvalid_o,
  input  logic    mem_wready_i,
  output mem_w_t  mem_w_o,
  input  logic    mem_bvalid_i,
  output logic    mem_bready_o,
  input  axi_b_t  mem_b_i,
  output logic    mem_arvalid_o,
  input  logic    mem_arready_i,
  output mem_ax_t mem_ar_o,
  input  logic    mem_rvalid_i,
  output logic    mem_rready_o,
  input  mem_r_t  mem_r_i,

  // ATS and PRI messages
  input  logic                 ats_req_valid_i,
  output logic                 ats_req_ready_o,
  input  ats_request_t         ats_req_i,
  output logic                 ats_rsp_valid_o,
  input  logic                 ats_rsp_ready_i,
  output ats_response_t        ats_rsp_o,
  input  logic          [31:0] ats_timeout_i,    // one cycle: the time of these ITAGs is over

`ifdef IOMMU_TRACE
  // what has taken effect: for simulation only
  output trace_event_t [4*P+5:0] trace_o,
`endif
  output logic         [   15:0] wires_o   // interrupts, with fctl.WSI
);

  // --- checks of the configuration ----------------------------------------------------------

  if (Cfg.Ports < 1 || Cfg.Ports > 4) begin : g_bad_ports
    $error("iommu: Cfg.Ports is 1 to 4");
  end
  if (!(Cfg.DataWidth inside {64, 128, 256, 512})) begin : g_bad_data
    $error("iommu: Cfg.DataWidth is 64, 128, 256 or 512");
  end
  if (Cfg.IdWidth < 1 || Cfg.IdWidth > 8) begin : g_bad_ids
    $error("iommu: Cfg.IdWidth is 1 to 8");
  end
  function automatic logic power_of_two(int unsigned number);
    return number != 0 && (number & (number - 1)) == 0;
  endfunction

  if (!(Cfg.Pending inside {4, 8, 16, 32, 64})) begin : g_bad_pending
    $error("iommu: Cfg.Pending is 4, 8, 16, 32 or 64");
  end
  if (Cfg.WriteBuffer != 0 && (Cfg.WriteBuffer < 4 || Cfg.WriteBuffer > 65536 || !power_of_two(
          Cfg.WriteBuffer
      ))) begin : g_bad_buffer
    $error("iommu: Cfg.WriteBuffer is 0, or a power of two from 4 to 65536");
  end
  if (Cfg.MicroTlbEntries < 2) begin : g_bad_micro_tlb
    $error("iommu: Cfg.MicroTlbEntries is 2 or more");
  end
  if (Cfg.DdtLevels < 1 || Cfg.DdtLevels > 3) begin : g_bad_levels
    $error("iommu: Cfg.DdtLevels is 1 to 3");
  end
  if (Cfg.Walks < 2 || Cfg.Walks > 32) begin : g_bad_walks
    $error("iommu: Cfg.Walks is 2 to 32");
  end
  if (Cfg.HpmCounters > 31) begin : g_bad_hpm
    $error("iommu: Cfg.HpmCounters is at most 31");
  end
  if (Cfg.VectorBits > 4) begin : g_bad_vectors
    $error("iommu: Cfg.VectorBits is at most 4");
  end
  if (Cfg.Itags < 1 || Cfg.Itags > 32) begin : g_bad_itags
    $error("iommu: Cfg.Itags is 1 to 32");
  end
  if (Cfg.Sv57 && !Cfg.Sv48) begin : g_bad_sv57
    $error("iommu: Cfg.Sv57 needs Cfg.Sv48");
  end
  if (Cfg.MsiMrif && !Cfg.MsiFlat) begin : g_bad_mrif
    $error("iommu: Cfg.MsiMrif needs Cfg.MsiFlat");
  end
  if (Cfg.IotlbEntries < 16 || !power_of_two(Cfg.IotlbEntries)) begin : g_bad_iotlb
    $error("iommu: Cfg.IotlbEntries is a power of two from 16");
  end
  if (Cfg.WalkCacheEntries < 16 || !power_of_two(Cfg.WalkCacheEntries)) begin : g_bad_walk_cache
    $error("iommu: Cfg.WalkCacheEntries is a power of two from 16");
  end
  if (Cfg.ContextEntries < 2 || !power_of_two(Cfg.ContextEntries)) begin : g_bad_contexts
    $error("iommu: Cfg.ContextEntries is a power of two from 2");
  end
  if (CsrWidth != 32 && CsrWidth != 64) begin : g_bad_csr
    $error("iommu: CsrWidth is 32 or 64");
  end

  // --- what the units share -----------------------------------------------------------------

  // Clients; the last two with ATS or MRIFs only.
  localparam int unsigned WALKER = 0;
  localparam int unsigned CQ = 1;
  localparam int unsigned FQ = 2;
  localparam int unsigned MSI = 3;
  localparam int unsigned PQ = 4;
  localparam int unsigned MRIF = 5;
  localparam int unsigned Clients = 6;

  // Units that give all data of a write with its request have iommu_write_beats in between.
  logic [Clients-1:0]
      unit_valid, unit_ready, mem_valid, mem_ready, wdata_valid, wdata_ready, rsp_valid;
  mem_req_t [Clients-1:0] unit_req, mem_req;
  logic     [Clients-1:0][63:0] wdata;
  mem_rsp_t                     rsp;
  logic     [        1:0][63:0] walker_wdata;
  logic     [       63:0]       msi_wdata;

  // Units that report faults.
  localparam int unsigned FAULT_WALKER = 0;
  localparam int unsigned FAULT_MSI = 1;
  localparam int unsigned FAULT_ATS = 2;
  localparam int unsigned FAULT_MRIF = 3;
  localparam int unsigned FaultSources = 4;

  logic [FaultSources-1:0] fault_valid, fault_ready;
  fault_t [FaultSources-1:0] fault;
  logic record_valid, record_ready, fault_stored;
  fault_t         record;
  record_result_e fault_result;

  // --- registers ----------------------------------------------------------------------------

  csr_req_t       csr_req;
  csr_rsp_t       csr_rsp;
  logic           csr_busy;
  regs_to_core_t  regs;
  core_to_regs_t  core;

  iommu_axi_lite #(
    .DataWidth(CsrWidth)
  ) u_axi_lite (
    .clk_i,
    .rst_ni,
    .awvalid_i(csr_awvalid_i),
    .awready_o(csr_awready_o),
    .awaddr_i (csr_awaddr_i),
    .wvalid_i (csr_wvalid_i),
    .wready_o (csr_wready_o),
    .wdata_i  (csr_wdata_i),
    .wstrb_i  (csr_wstrb_i),
    .bvalid_o (csr_bvalid_o),
    .bready_i (csr_bready_i),
    .bresp_o  (csr_bresp_o),
    .arvalid_i(csr_arvalid_i),
    .arready_o(csr_arready_o),
    .araddr_i (csr_araddr_i),
    .rvalid_o (csr_rvalid_o),
    .rready_i (csr_rready_i),
    .rdata_o  (csr_rdata_o),
    .rresp_o  (csr_rresp_o),
    .busy_o   (csr_busy),
    .req_o    (csr_req),
    .rsp_i    (csr_rsp)
  );

  // Sources of events: both directions of each port, and messages of ATS. That of the debug interface
  // is seldom, and is counted in a cycle in which the last of these has none.
  localparam int unsigned Requests = 2 * P + (Cfg.Ats ? 1 : 0);

  hpm_request_t [Requests-1:0] asked, requests;
  hpm_request_t       debug_event;
  logic               debug_counted;
  hpm_walk_t    [0:0] walks;
  logic               messages_idle;

  iommu_regs #(
    .Cfg     (Cfg),
    .Requests(Requests),
    .Walks   (1)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .strap_debug_disable_i,
    .strap_reset_mode_i,
    .req_i          (csr_req),
    .rsp_o          (csr_rsp),
    .core_o         (regs),
    .core_i         (core),
    .requests_i     (requests),
    .walks_i        (walks),
    .wires_o,
    .mem_valid_o    (unit_valid[MSI]),
    .mem_ready_i    (unit_ready[MSI]),
    .mem_o          (unit_req[MSI]),
    .mem_wdata_o    (msi_wdata),
    .mem_rsp_valid_i(rsp_valid[MSI]),
    .mem_rsp_i      (rsp),
    .fault_valid_o  (fault_valid[FAULT_MSI]),
    .fault_ready_i  (fault_ready[FAULT_MSI]),
    .fault_o        (fault[FAULT_MSI]),
    .idle_o         (messages_idle)
  );

  // --- device ports -------------------------------------------------------------------------

  // Commands are to be done, or a queue that has stopped still has commands to come from memory.
  // Some wait for messages of devices, which come in one line with all others: so quiesce lets
  // messages in until no command is left.
  logic cq_busy;
  assign cq_busy = regs.cq.enable && !regs.cq.stopped ? regs.cq.head != regs.cq.tail
                                                      : !core.cq.idle;

  logic hold, stop, inval_valid, inval_done, drain_reads, drain_writes;
  inval_t inval;
  logic [P-1:0] drain_valid, drain_done, port_idle;
  logic [P-1:0] mrif_valid, mrif_ready, mrif_done;
  mrif_req_t [P-1:0] mrif;
  logic mrif_ok, mrif_idle;
  logic [2*P-1:0] port_asks, port_taken;
  xlate_req_t [2*P-1:0] port_req;
  logic                 answer_valid;
  xlate_rsp_t           answer;

  for (genvar p = 0; p < int'(P); p++) begin : g_port
    axi_ax_t dev_aw, dev_ar;
    mmu_t dev_awmmu, dev_armmu;
    axi_r_t dev_r, out_r;
    axi_b_t dev_b, out_b;
    out_ax_t out_aw, out_ar;

    always_comb begin
      dev_aw = '{
          id: axi_id_t'(dev_awid_i[p]),
          addr: dev_awaddr_i[p],
          len: dev_awlen_i[p],
          size: dev_awsize_i[p],
          burst: burst_e'(dev_awburst_i[p]),
          lock: dev_awlock_i[p],
          cache: dev_awcache_i[p],
          prot: dev_awprot_i[p],
          qos: dev_awqos_i[p],
          atop: dev_awatop_i[p]
      };
      dev_ar = '{
          id: axi_id_t'(dev_arid_i[p]),
          addr: dev_araddr_i[p],
          len: dev_arlen_i[p],
          size: dev_arsize_i[p],
          burst: burst_e'(dev_arburst_i[p]),
          lock: dev_arlock_i[p],
          cache: dev_arcache_i[p],
          prot: dev_arprot_i[p],
          qos: dev_arqos_i[p],
          atop: ATOP_NONE
      };
      dev_awmmu = '{
          device_id: dev_awmmusid_i[p],
          process_id_valid: dev_awmmussidv_i[p],
          process_id: dev_awmmussid_i[p],
          translated: dev_awmmuatst_i[p]
      };
      dev_armmu = '{
          device_id: dev_armmusid_i[p],
          process_id_valid: dev_armmussidv_i[p],
          process_id: dev_armmussid_i[p],
          translated: dev_armmuatst_i[p]
      };
      out_r = '{
          id: axi_id_t'(out_rid_i[p]),
          resp: resp_e'(out_rresp_i[p]),
          last: out_rlast_i[p]
      };
      out_b = '{id: axi_id_t'(out_bid_i[p]), resp: resp_e'(out_bresp_i[p])};
      {dev_rid_o[p], dev_rresp_o[p], dev_rlast_o[p]} = {dev_r.id[IW-1:0], dev_r.resp, dev_r.last};
      {dev_bid_o[p], dev_bresp_o[p]} = {dev_b.id[IW-1:0], dev_b.resp};
      {out_awid_o[p], out_awaddr_o[p], out_awlen_o[p], out_awsize_o[p], out_awburst_o[p],
       out_awlock_o[p], out_awcache_o[p], out_awprot_o[p], out_awqos_o[p], out_awatop_o[p],
       out_awuser_o[p]} =
          {
        out_aw.id[IW-1:0],
        out_aw.addr,
        out_aw.len,
        out_aw.size,
        out_aw.burst,
        out_aw.lock,
        out_aw.cache,
        out_aw.prot,
        out_aw.qos,
        out_aw.atop,
        out_aw.user
      };
      {out_arid_o[p], out_araddr_o[p], out_arlen_o[p], out_arsize_o[p], out_arburst_o[p],
       out_arlock_o[p], out_arcache_o[p], out_arprot_o[p], out_arqos_o[p], out_aruser_o[p]} =
          {
        out_ar.id[IW-1:0],
        out_ar.addr,
        out_ar.len,
        out_ar.size,
        out_ar.burst,
        out_ar.lock,
        out_ar.cache,
        out_ar.prot,
        out_ar.qos,
        out_ar.user
      };
    end

    iommu_port #(
      .Cfg (Cfg),
      .Port(2'(p))
    ) u_port (
      .clk_i,
      .rst_ni,
      .hold_i(hold),
      .inval_i(inval_valid),
      .drain_valid_i(drain_valid[p]),
      .drain_reads_i(drain_reads),
      .drain_writes_i(drain_writes),
      .drain_done_o(drain_done[p]),
      .stop_i(stop),
      .idle_o(port_idle[p]),
      .hpm_o(asked[2*p+:2]),
      .dev_aw_valid_i(dev_awvalid_i[p]),
      .dev_aw_ready_o(dev_awready_o[p]),
      .dev_aw_i(dev_aw),
      .dev_aw_mmu_i(dev_awmmu),
      .dev_w_valid_i(dev_wvalid_i[p]),
      .dev_w_ready_o(dev_wready_o[p]),
      .dev_w_data_i(dev_wdata_i[p]),
      .dev_w_strb_i(dev_wstrb_i[p]),
      .dev_w_last_i(dev_wlast_i[p]),
      .dev_b_valid_o(dev_bvalid_o[p]),
      .dev_b_ready_i(dev_bready_i[p]),
      .dev_b_o(dev_b),
      .dev_ar_valid_i(dev_arvalid_i[p]),
      .dev_ar_ready_o(dev_arready_o[p]),
      .dev_ar_i(dev_ar),
      .dev_ar_mmu_i(dev_armmu),
      .dev_r_valid_o(dev_rvalid_o[p]),
      .dev_r_ready_i(dev_rready_i[p]),
      .dev_r_o(dev_r),
      .dev_r_data_o(dev_rdata_o[p]),
      .out_aw_valid_o(out_awvalid_o[p]),
      .out_aw_ready_i(out_awready_i[p]),
      .out_aw_o(out_aw),
      .out_w_valid_o(out_wvalid_o[p]),
      .out_w_ready_i(out_wready_i[p]),
      .out_w_data_o(out_wdata_o[p]),
      .out_w_strb_o(out_wstrb_o[p]),
      .out_w_last_o(out_wlast_o[p]),
      .out_b_valid_i(out_bvalid_i[p]),
      .out_b_ready_o(out_bready_o[p]),
      .out_b_i(out_b),
      .out_ar_valid_o(out_arvalid_o[p]),
      .out_ar_ready_i(out_arready_i[p]),
      .out_ar_o(out_ar),
      .out_r_valid_i(out_rvalid_i[p]),
      .out_r_ready_o(out_rready_o[p]),
      .out_r_i(out_r),
      .out_r_data_i(out_rdata_i[p]),
      .xlate_valid_o(port_asks[2*p+:2]),
      .xlate_ready_i(port_taken[2*p+:2]),
      .xlate_o(port_req[2*p+:2]),
      .rsp_valid_i(answer_valid && answer.requester.unit == UNIT_PORT &&
                   answer.requester.port == 2'(p)),
      .rsp_i(answer),
      .mrif_valid_o(mrif_valid[p]),
      .mrif_ready_i(mrif_ready[p]),
      .mrif_o(mrif[p]),
      .mrif_rsp_valid_i(mrif_done[p]),
      .mrif_ok_i(mrif_ok)
    );
  end

  // --- translation --------------------------------------------------------------------------

  logic hit_valid, miss_valid, miss_ready, tlb_valid, tlb_ready, iotlb_idle;
  xlate_rsp_t     hit;
  walk_req_t      miss;
  tlb_fill_t      tlb;
  logic           short_valid;
  shortcut_fill_t short_fill;
  logic iotlb_done, iotlb_done_q, walker_done, walker_done_q;

  logic walk_valid, walk_ready, found_valid, found_ready, found_waits_q, walker_idle;
  walk_req_t  walk;
  xlate_rsp_t found;

  // What has no port does not ask the IOTLB.
  logic [1:0] asker_valid, asker_ready;
  xlate_req_t [1:0] asker;
  logic             port_turn_q;  // of two that ask the walker, it is the IOTLB's turn
  logic             take_asker;

  logic iotlb_bad, walker_bad;  // errors of parity

  iommu_iotlb #(
    .Cfg(Cfg)
  ) u_iotlb (
    .clk_i,
    .rst_ni,
    .req_valid_i   (port_asks),
    .req_ready_o   (port_taken),
    .req_i         (port_req),
    .hit_valid_o   (hit_valid),
    .hit_o         (hit),
    .yield_i       (found_waits_q),
    .miss_valid_o  (miss_valid),
    .miss_ready_i  (miss_ready),
    .miss_o        (miss),
    .fill_valid_i  (tlb_valid),
    .fill_ready_o  (tlb_ready),
    .fill_i        (tlb),
    .short_valid_i (short_valid),
    .short_i       (short_fill),
    .inval_valid_i (inval_valid && !iotlb_done_q),
    .inval_i       (inval),
    .inval_done_o  (iotlb_done),
    .idle_o        (iotlb_idle),
    .parity_error_o(iotlb_bad)
  );

  assign take_asker  = asker_valid != '0 && !(miss_valid && port_turn_q);
  assign walk_valid  = miss_valid || asker_valid != '0;
  assign miss_ready  = walk_ready && !take_asker;
  assign asker_ready = {take_asker && walk_ready && !asker_valid[0], take_asker && walk_ready};

  always_comb begin
    walk = miss;
    if (take_asker) begin
      walk     = '0;
      walk.req = asker_valid[0] ? asker[0] : asker[1];
    end
  end

  iommu_walker #(
    .Cfg(Cfg)
  ) u_walker (
    .clk_i,
    .rst_ni,
    .ddtp_i         (regs.ddtp),
    .fctl_i         (regs.fctl),
    .qosid_i        (regs.qosid),
    .req_valid_i    (walk_valid),
    .req_ready_o    (walk_ready),
    .req_i          (walk),
    .rsp_valid_o    (found_valid),
    .rsp_ready_i    (found_ready),
    .rsp_o          (found),
    .tlb_valid_o    (tlb_valid),
    .tlb_ready_i    (tlb_ready),
    .tlb_o          (tlb),
    .short_valid_o  (short_valid),
    .short_o        (short_fill),
    .fault_valid_o  (fault_valid[FAULT_WALKER]),
    .fault_ready_i  (fault_ready[FAULT_WALKER]),
    .fault_o        (fault[FAULT_WALKER]),
    .mem_valid_o    (unit_valid[WALKER]),
    .mem_ready_i    (unit_ready[WALKER]),
    .mem_o          (unit_req[WALKER]),
    .mem_wdata_o    (walker_wdata),
    .mem_rsp_valid_i(rsp_valid[WALKER]),
    .mem_rsp_i      (rsp),
    .inval_valid_i  (inval_valid && !walker_done_q),
    .inval_i        (inval),
    .inval_done_o   (walker_done),
    .idle_o         (walker_idle),
    .event_o        (walks[0]),
    .parity_error_o (walker_bad)
  );

  // Hits cannot wait; a walk's answer waits for a cycle without one, which the IOTLB then makes.
  assign found_ready = !hit_valid;
  assign answer_valid = hit_valid || found_valid;
  assign answer = hit_valid ? hit : found;

  assign inval_done = inval_valid && (iotlb_done || iotlb_done_q) && (walker_done || walker_done_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      iotlb_done_q  <= 1'b0;
      walker_done_q <= 1'b0;
      found_waits_q <= 1'b0;
      port_turn_q   <= 1'b0;
    end else begin
      iotlb_done_q  <= inval_valid && !inval_done && (iotlb_done_q || iotlb_done);
      walker_done_q <= inval_valid && !inval_done && (walker_done_q || walker_done);
      found_waits_q <= found_valid && !found_ready;
      if (walk_valid && walk_ready) port_turn_q <= take_asker;
    end
  end

  if (Cfg.Parity) begin : g_parity
    logic        error_q;
    logic [15:0] count_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        error_q <= 1'b0;
        count_q <= '0;
      end else begin
        error_q <= iotlb_bad || walker_bad;
        if (error_q && count_q != '1) count_q <= count_q + 16'd1;
      end
    end
    assign parity_error_o = error_q;
    assign parity_count_o = count_q;
  end else begin : g_no_parity
    logic unused;
    assign unused         = &{1'b0, iotlb_bad, walker_bad};
    assign parity_error_o = 1'b0;
    assign parity_count_o = '0;
  end

  // --- the debug interface and ATS ----------------------------------------------------------

  logic debug_idle, ats_idle, ats_waiting;
  ats_in_t  cq_from_ats;
  logic     cq_message_ready;
  ats_out_t cq_to_ats;

  iommu_debug u_debug (
    .clk_i,
    .rst_ni,
    .hold_i       (hold),
    .debug_i      (regs.debug),
    .debug_o      (core.debug),
    .hpm_o        (debug_event),
    .hpm_ready_i  (debug_counted),
    .xlate_valid_o(asker_valid[0]),
    .xlate_ready_i(asker_ready[0]),
    .xlate_o      (asker[0]),
    .rsp_valid_i  (answer_valid && answer.requester.unit == UNIT_DEBUG),
    .rsp_i        (answer),
    .idle_o       (debug_idle)
  );

  always_comb begin
    requests = asked;
    debug_counted = Cfg.HpmCounters == 0 ||
                    !(asked[Requests-1].untranslated || asked[Requests-1].translated ||
                      asked[Requests-1].ats);
    if (debug_counted) requests[Requests-1] = debug_event;
  end

  if (Cfg.Ats) begin : g_ats
    logic page_valid, page_ready, result_valid;
    logic           [1:0][63:0] page;
    record_result_e             result;

    iommu_ats u_ats (
      .clk_i,
      .rst_ni,
      .hold_i            (hold),
      .stop_i            (stop && !cq_busy),
      .idle_o            (ats_idle),
      .waiting_o         (ats_waiting),
      .hpm_o             (asked[2*P]),
      .ats_req_valid_i,
      .ats_req_ready_o,
      .ats_req_i,
      .ats_rsp_valid_o,
      .ats_rsp_ready_i,
      .ats_rsp_o,
      .ats_timeout_i,
      .cq_o              (cq_from_ats),
      .cq_message_ready_o(cq_message_ready),
      .cq_i              (cq_to_ats),
      .xlate_valid_o     (asker_valid[1]),
      .xlate_ready_i     (asker_ready[1]),
      .xlate_o           (asker[1]),
      .rsp_valid_i       (answer_valid && answer.requester.unit == UNIT_ATS),
      .rsp_i             (answer),
      .record_valid_o    (page_valid),
      .record_ready_i    (page_ready),
      .record_o          (page),
      .result_valid_i    (result_valid),
      .result_i          (result),
      .fault_valid_o     (fault_valid[FAULT_ATS]),
      .fault_ready_i     (fault_ready[FAULT_ATS]),
      .fault_o           (fault[FAULT_ATS])
    );

    iommu_record_queue #(
      .Cfg      (Cfg),
      .Words    (2),
      .Structure(STRUCT_PQ)
    ) u_pq (
      .clk_i,
      .rst_ni,
      .state_i          (regs.pq),
      .status_o         (core.pq),
      .fctl_i           (regs.fctl),
      .qosid_i          (regs.qosid),
      .record_valid_i   (page_valid),
      .record_ready_o   (page_ready),
      .record_i         (page),
      .result_valid_o   (result_valid),
      .result_o         (result),
      .mem_valid_o      (mem_valid[PQ]),
      .mem_ready_i      (mem_ready[PQ]),
      .mem_o            (mem_req[PQ]),
      .mem_wdata_valid_o(wdata_valid[PQ]),
      .mem_wdata_ready_i(wdata_ready[PQ]),
      .mem_wdata_o      (wdata[PQ]),
      .mem_rsp_valid_i  (rsp_valid[PQ]),
      .mem_rsp_i        (rsp)
    );
  end else begin : g_no_ats
    logic unused;
    assign unused = &{1'b0, ats_req_valid_i, ats_req_i, ats_rsp_ready_i, ats_timeout_i,
                      cq_to_ats, regs.pq, fault_ready[FAULT_ATS], asker_ready[1]};
    assign ats_idle = 1'b1;
    assign ats_waiting = 1'b0;
    assign ats_req_ready_o = 1'b0;
    assign ats_rsp_valid_o = 1'b0;
    assign ats_rsp_o = '0;
    assign cq_from_ats = '0;
    assign cq_message_ready = 1'b0;
    assign core.pq = '{idle: 1'b1, default: '0};
    assign asker_valid[1] = 1'b0;
    assign asker[1] = '0;
    assign fault_valid[FAULT_ATS] = 1'b0;
    assign fault[FAULT_ATS] = '0;
  end

  // --- memory-resident interrupt files ------------------------------------------------------

  if (Cfg.MsiMrif) begin : g_mrif
    iommu_mrif #(
      .Cfg(Cfg)
    ) u_mrif (
      .clk_i,
      .rst_ni,
      .req_valid_i      (mrif_valid),
      .req_ready_o      (mrif_ready),
      .req_i            (mrif),
      .rsp_valid_o      (mrif_done),
      .rsp_ok_o         (mrif_ok),
      .fault_valid_o    (fault_valid[FAULT_MRIF]),
      .fault_ready_i    (fault_ready[FAULT_MRIF]),
      .fault_o          (fault[FAULT_MRIF]),
      .mem_valid_o      (mem_valid[MRIF]),
      .mem_ready_i      (mem_ready[MRIF]),
      .mem_o            (mem_req[MRIF]),
      .mem_wdata_valid_o(wdata_valid[MRIF]),
      .mem_wdata_ready_i(wdata_ready[MRIF]),
      .mem_wdata_o      (wdata[MRIF]),
      .mem_rsp_valid_i  (rsp_valid[MRIF]),
      .mem_rsp_i        (rsp),
      .idle_o           (mrif_idle)
    );
  end else begin : g_no_mrif
    logic unused;
    assign unused                  = &{1'b0, mrif_valid, mrif, fault_ready[FAULT_MRIF]};
    assign mrif_ready              = '0;
    assign mrif_done               = '0;
    assign mrif_ok                 = 1'b0;
    assign mrif_idle               = 1'b1;
    assign fault_valid[FAULT_MRIF] = 1'b0;
    assign fault[FAULT_MRIF]       = '0;
  end

  // --- command queue, changes of ddtp -------------------------------------------------------

  logic
      flushing,
      cq_inval_valid,
      cq_inval_done,
      cq_drain_valid,
      cq_drain_reads,
      cq_drain_writes,
      cq_drain_done;
  inval_t cq_inval;

  iommu_cq #(
    .Cfg(Cfg)
  ) u_cq (
    .clk_i,
    .rst_ni,
    .state_i            (regs.cq),
    .status_o           (core.cq),
    .fctl_i             (regs.fctl),
    .mode_i             (ddtp_mode_e'(regs.ddtp.iommu_mode)),
    .qosid_i            (regs.qosid),
    .flush_i            (regs.flush),
    .flushing_o         (flushing),
    .inval_valid_o      (cq_inval_valid),
    .inval_o            (cq_inval),
    .inval_done_i       (cq_inval_done),
    .drain_valid_o      (cq_drain_valid),
    .drain_reads_o      (cq_drain_reads),
    .drain_writes_o     (cq_drain_writes),
    .drain_done_i       (cq_drain_done),
    .ats_i              (cq_from_ats),
    .ats_message_ready_i(cq_message_ready),
    .ats_o              (cq_to_ats),
    .mem_valid_o        (mem_valid[CQ]),
    .mem_ready_i        (mem_ready[CQ]),
    .mem_o              (mem_req[CQ]),
    .mem_wdata_valid_o  (wdata_valid[CQ]),
    .mem_wdata_ready_i  (wdata_ready[CQ]),
    .mem_wdata_o        (wdata[CQ]),
    .mem_rsp_valid_i    (rsp_valid[CQ]),
    .mem_rsp_i          (rsp)
  );

  iommu_transition #(
    .Ports(P)
  ) u_transition (
    .clk_i,
    .rst_ni,
    .ddtp_changed_i   (regs.ddtp_changed),
    .ddtp_busy_o      (core.ddtp_busy),
    .fctl_changed_i   (regs.flush),
    .flushing_i       (flushing),
    .cq_inval_valid_i (cq_inval_valid),
    .cq_inval_i       (cq_inval),
    .cq_inval_done_o  (cq_inval_done),
    .cq_drain_valid_i (cq_drain_valid),
    .cq_drain_reads_i (cq_drain_reads),
    .cq_drain_writes_i(cq_drain_writes),
    .cq_drain_done_o  (cq_drain_done),
    .inval_valid_o    (inval_valid),
    .inval_o          (inval),
    .inval_done_i     (inval_done),
    .hold_o           (hold),
    .drain_valid_o    (drain_valid),
    .drain_reads_o    (drain_reads),
    .drain_writes_o   (drain_writes),
    .drain_done_i     (drain_done),
    .ats_waiting_i    (ats_waiting)
  );

  // --- faults -------------------------------------------------------------------------------

  iommu_fault_arbiter #(
    .Sources(FaultSources)
  ) u_faults (
    .clk_i,
    .rst_ni,
    .fault_valid_i (fault_valid),
    .fault_ready_o (fault_ready),
    .fault_i       (fault),
    .record_valid_o(record_valid),
    .record_ready_i(record_ready),
    .record_o      (record)
  );

  iommu_record_queue #(
    .Cfg      (Cfg),
    .Words    (4),
    .Structure(STRUCT_FQ)
  ) u_fq (
    .clk_i,
    .rst_ni,
    .state_i          (regs.fq),
    .status_o         (core.fq),
    .fctl_i           (regs.fctl),
    .qosid_i          (regs.qosid),
    .record_valid_i   (record_valid),
    .record_ready_o   (record_ready),
    .record_i         (fault_record(record)),
    .result_valid_o   (fault_stored),
    .result_o         (fault_result),
    .mem_valid_o      (mem_valid[FQ]),
    .mem_ready_i      (mem_ready[FQ]),
    .mem_o            (mem_req[FQ]),
    .mem_wdata_valid_o(wdata_valid[FQ]),
    .mem_wdata_ready_i(wdata_ready[FQ]),
    .mem_wdata_o      (wdata[FQ]),
    .mem_rsp_valid_i  (rsp_valid[FQ]),
    .mem_rsp_i        (rsp)
  );

  // What became of a record shows in fqcsr; nobody here waits for it.
  logic unused_result;
  assign unused_result = &{1'b0, fault_stored, fault_result};

  // --- memory -------------------------------------------------------------------------------

  iommu_write_beats #(
    .Beats(2)
  ) u_walker_beats (
    .clk_i,
    .rst_ni,
    .req_valid_i  (unit_valid[WALKER]),
    .req_ready_o  (unit_ready[WALKER]),
    .req_i        (unit_req[WALKER]),
    .data_i       (walker_wdata),
    .req_valid_o  (mem_valid[WALKER]),
    .req_ready_i  (mem_ready[WALKER]),
    .req_o        (mem_req[WALKER]),
    .wdata_valid_o(wdata_valid[WALKER]),
    .wdata_ready_i(wdata_ready[WALKER]),
    .wdata_o      (wdata[WALKER])
  );

  iommu_write_beats #(
    .Beats(1)
  ) u_msi_beats (
    .clk_i,
    .rst_ni,
    .req_valid_i  (unit_valid[MSI]),
    .req_ready_o  (unit_ready[MSI]),
    .req_i        (unit_req[MSI]),
    .data_i       (msi_wdata),
    .req_valid_o  (mem_valid[MSI]),
    .req_ready_i  (mem_ready[MSI]),
    .req_o        (mem_req[MSI]),
    .wdata_valid_o(wdata_valid[MSI]),
    .wdata_ready_i(wdata_ready[MSI]),
    .wdata_o      (wdata[MSI])
  );

  if (!Cfg.Ats) begin : g_no_pq
    assign {mem_valid[PQ], mem_req[PQ], wdata_valid[PQ], wdata[PQ]} = '0;
  end
  if (!Cfg.MsiMrif) begin : g_no_mrif_client
    assign {mem_valid[MRIF], mem_req[MRIF], wdata_valid[MRIF], wdata[MRIF]} = '0;
  end

  // Walker, command queue and MRIF read; of the writers the walker has A and D to store.
  localparam logic [Clients-1:0] Readers = {Cfg.MsiMrif, 3'b000, 2'b11};
  localparam logic [Clients-1:0] Writers = {
    Cfg.MsiMrif, Cfg.Ats, Cfg.MsiInterrupts, 2'b11, Cfg.HwAd
  };

  iommu_memory #(
    .Cfg    (Cfg),
    .Clients(Clients),
    .Readers(Readers),
    .Writers(Writers)
  ) u_memory (
    .clk_i,
    .rst_ni,
    .req_valid_i  (mem_valid),
    .req_ready_o  (mem_ready),
    .req_i        (mem_req),
    .wdata_valid_i(wdata_valid),
    .wdata_ready_o(wdata_ready),
    .wdata_i      (wdata),
    .rsp_valid_o  (rsp_valid),
    .rsp_o        (rsp),
    .ar_valid_o   (mem_arvalid_o),
    .ar_ready_i   (mem_arready_i),
    .ar_o         (mem_ar_o),
    .r_valid_i    (mem_rvalid_i),
    .r_ready_o    (mem_rready_o),
    .r_i          (mem_r_i),
    .aw_valid_o   (mem_awvalid_o),
    .aw_ready_i   (mem_awready_i),
    .aw_o         (mem_aw_o),
    .w_valid_o    (mem_wvalid_o),
    .w_ready_i    (mem_wready_i),
    .w_o          (mem_w_o),
    .b_valid_i    (mem_bvalid_i),
    .b_ready_o    (mem_bready_o),
    .b_i          (mem_b_i)
  );

  // --- power management ---------------------------------------------------------------------

  localparam int unsigned Units = 5;

  iommu_quiesce #(
    .Units(Units)
  ) u_quiesce (
    .clk_i,
    .rst_ni,
    .quiesce_req_i,
    .quiesce_ack_o,
    .stop_o(stop),
    .busy_i({
      port_idle != '1,
      !walker_idle || !iotlb_idle || inval_valid || hold,
      !debug_idle || !ats_idle || !mrif_idle || regs.debug.go,
      record_valid || !core.fq.idle || !core.pq.idle || !messages_idle,
      cq_busy
    }),
    .arriving_i(dev_awvalid_i != '0 || dev_arvalid_i != '0 || ats_req_valid_i),
    // An invalidation completion is taken even after the acknowledgement.
    .wake_i(csr_awvalid_i || csr_wvalid_i || csr_arvalid_i || csr_busy ||
            (ats_req_valid_i && ats_req_ready_o)),
    .idle_o
  );

`ifdef IOMMU_TRACE
  // --- the trace ----------------------------------------------------------------------------

  logic [2*P-1:0] trace_taken, trace_out_valid, trace_out_ready, trace_refused;
  axi_ax_t  [2*P-1:0] trace_ax;
  mmu_t     [2*P-1:0] trace_mmu;
  out_ax_t  [2*P-1:0] trace_out;
  refusal_t [2*P-1:0] trace_refusal;
  logic page_taken, page_done;
  logic           [1:0][63:0] page_words;
  record_result_e             page_result;

  for (genvar p = 0; p < int'(P); p++) begin : g_trace
    assign trace_taken[2*p+:2] = {
      dev_awvalid_i[p] && dev_awready_o[p], dev_arvalid_i[p] && dev_arready_o[p]
    };
    assign trace_ax[2*p+:2] = {g_port[p].dev_aw, g_port[p].dev_ar};
    assign trace_mmu[2*p+:2] = {g_port[p].dev_awmmu, g_port[p].dev_armmu};
    assign trace_out_valid[2*p+:2] = {out_awvalid_o[p], out_arvalid_o[p]};
    assign trace_out_ready[2*p+:2] = {out_awready_i[p], out_arready_i[p]};
    assign trace_out[2*p+:2] = {g_port[p].out_aw, g_port[p].out_ar};
    assign trace_refused[2*p+:2] = g_port[p].u_port.refuse_valid & g_port[p].u_port.refuse_ready;
    assign trace_refusal[2*p+:2] = g_port[p].u_port.refuse;
  end

  if (Cfg.Ats) begin : g_trace_pages
    assign page_taken  = g_ats.page_valid && g_ats.page_ready;
    assign page_words  = g_ats.page;
    assign page_done   = g_ats.result_valid;
    assign page_result = g_ats.result;
  end else begin : g_trace_no_pages
    assign page_taken  = 1'b0;
    assign page_words  = '0;
    assign page_done   = 1'b0;
    assign page_result = RECORD_OFF;
  end

  iommu_trace #(
    .Cfg(Cfg)
  ) u_trace (
    .clk_i,
    .rst_ni,
    .ax_taken_i    (trace_taken),
    .ax_i          (trace_ax),
    .mmu_i         (trace_mmu),
    .out_valid_i   (trace_out_valid),
    .out_ready_i   (trace_out_ready),
    .out_i         (trace_out),
    .refused_i     (trace_refused),
    .refusal_i     (trace_refusal),
    .debug_req_i   (asker[0]),
    .debug_i       (core.debug),
    .message_sent_i(ats_rsp_valid_o && ats_rsp_ready_i),
    .message_i     (ats_rsp_o),
    .fault_taken_i (record_valid && record_ready),
    .fault_i       (record),
    .record_taken_i({page_taken, record_valid && record_ready}),
    .record_i      ({{128'h0, page_words}, fault_record(record)}),
    .result_valid_i({page_done, fault_stored}),
    .result_i      ({page_result, fault_result}),
    .queue_i       ({regs.pq, regs.fq}),
    .cq_status_i   (core.cq),
    .cq_i          (regs.cq),
    .command_i     (u_cq.command_q.raw),
    .trace_o
  );
`endif

endmodule
