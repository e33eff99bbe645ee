// SPDX-License-Identifier: Apache-2.0
//
// The IOMMU with one device port, with the ports that sim/bench/rtl.cpp knows. The signals of a
// channel whose values the bench does not vary are tied off here.

module tb_bench
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_queue_pkg::*;
#(
  parameter int Config = 1  // 0 Small, 1 Base, 2 Full
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  // sizes, for the reference simulation
  output logic [31:0] iotlb_o,
  output logic [31:0] walk_cache_o,
  output logic [31:0] contexts_o,
  output logic [31:0] walks_o,
  // software
  input  logic        csr_awvalid_i,
  output logic        csr_awready_o,
  input  logic [11:0] csr_awaddr_i,
  input  logic        csr_wvalid_i,
  output logic        csr_wready_o,
  input  logic [63:0] csr_wdata_i,
  input  logic [ 7:0] csr_wstrb_i,
  output logic        csr_bvalid_o,
  input  logic        csr_arvalid_i,
  output logic        csr_arready_o,
  input  logic [11:0] csr_araddr_i,
  output logic        csr_rvalid_o,
  output logic [63:0] csr_rdata_o,
  // devices
  input  logic        dev_arvalid_i,
  output logic        dev_arready_o,
  input  logic [ 3:0] dev_arid_i,
  input  logic [63:0] dev_araddr_i,
  input  logic [ 7:0] dev_arlen_i,
  input  logic [23:0] dev_ardevice_i,
  input  logic        dev_arpv_i,
  input  logic [19:0] dev_arprocess_i,
  output logic        dev_rvalid_o,
  output logic [ 3:0] dev_rid_o,
  output logic [63:0] dev_rdata_o,
  output logic [ 1:0] dev_rresp_o,
  output logic        dev_rlast_o,
  input  logic        dev_awvalid_i,
  output logic        dev_awready_o,
  input  logic [ 3:0] dev_awid_i,
  input  logic [63:0] dev_awaddr_i,
  input  logic [ 7:0] dev_awlen_i,
  input  logic [23:0] dev_awdevice_i,
  input  logic        dev_awpv_i,
  input  logic [19:0] dev_awprocess_i,
  input  logic        dev_wvalid_i,
  output logic        dev_wready_o,
  input  logic [63:0] dev_wdata_i,
  input  logic [ 7:0] dev_wstrb_i,
  input  logic        dev_wlast_i,
  output logic        dev_bvalid_o,
  output logic [ 3:0] dev_bid_o,
  output logic [ 1:0] dev_bresp_o,
  // memory behind the device port
  output logic        out_arvalid_o,
  input  logic        out_arready_i,
  output logic [ 3:0] out_arid_o,
  output logic [55:0] out_araddr_o,
  output logic [ 7:0] out_arlen_o,
  input  logic        out_rvalid_i,
  output logic        out_rready_o,
  input  logic [ 3:0] out_rid_i,
  input  logic [63:0] out_rdata_i,
  input  logic        out_rlast_i,
  output logic        out_awvalid_o,
  input  logic        out_awready_i,
  output logic [ 3:0] out_awid_o,
  output logic [55:0] out_awaddr_o,
  output logic [ 7:0] out_awlen_o,
  output logic        out_wvalid_o,
  input  logic        out_wready_i,
  output logic [63:0] out_wdata_o,
  output logic [ 7:0] out_wstrb_o,
  output logic        out_wlast_o,
  input  logic        out_bvalid_i,
  output logic        out_bready_o,
  input  logic [ 3:0] out_bid_i,
  // memory behind the walk port
  output logic        mem_arvalid_o,
  input  logic        mem_arready_i,
  output logic [15:0] mem_arid_o,
  output logic [55:0] mem_araddr_o,
  output logic [ 7:0] mem_arlen_o,
  output logic        mem_arwraps_o,
  input  logic        mem_rvalid_i,
  output logic        mem_rready_o,
  input  logic [15:0] mem_rid_i,
  input  logic [63:0] mem_rdata_i,
  input  logic        mem_rlast_i,
  output logic        mem_awvalid_o,
  input  logic        mem_awready_i,
  output logic [15:0] mem_awid_o,
  output logic [55:0] mem_awaddr_o,
  output logic [ 7:0] mem_awlen_o,
  output logic [ 5:0] mem_awatop_o,
  output logic        mem_wvalid_o,
  input  logic        mem_wready_i,
  output logic [63:0] mem_wdata_o,
  output logic [ 7:0] mem_wstrb_o,
  output logic        mem_wlast_o,
  input  logic        mem_bvalid_i,
  output logic        mem_bready_o,
  input  logic [15:0] mem_bid_i
);

  function automatic config_t one_port(config_t cfg);
    config_t result = cfg;
    result.Ports = 1;
    return result;
  endfunction

  localparam config_t Cfg = one_port(
      Config == 0 ? ConfigSmall : Config == 1 ? ConfigBase : ConfigFull
  );

  // Every input goes through a register here, so that a cycle of the simulation is one evaluation:
  // what is given before an edge is what the design sees after it.
  logic        csr_awvalid_q;
  logic [11:0] csr_awaddr_q;
  logic        csr_wvalid_q;
  logic [63:0] csr_wdata_q;
  logic [ 7:0] csr_wstrb_q;
  logic        csr_arvalid_q;
  logic [11:0] csr_araddr_q;
  logic        dev_arvalid_q;
  logic [ 3:0] dev_arid_q;
  logic [63:0] dev_araddr_q;
  logic [ 7:0] dev_arlen_q;
  logic [23:0] dev_ardevice_q;
  logic        dev_arpv_q;
  logic [19:0] dev_arprocess_q;
  logic        dev_awvalid_q;
  logic [ 3:0] dev_awid_q;
  logic [63:0] dev_awaddr_q;
  logic [ 7:0] dev_awlen_q;
  logic [23:0] dev_awdevice_q;
  logic        dev_awpv_q;
  logic [19:0] dev_awprocess_q;
  logic        dev_wvalid_q;
  logic [63:0] dev_wdata_q;
  logic [ 7:0] dev_wstrb_q;
  logic        dev_wlast_q;
  logic        out_arready_q;
  logic        out_rvalid_q;
  logic [ 3:0] out_rid_q;
  logic [63:0] out_rdata_q;
  logic        out_rlast_q;
  logic        out_awready_q;
  logic        out_wready_q;
  logic        out_bvalid_q;
  logic [ 3:0] out_bid_q;
  logic        mem_arready_q;
  logic        mem_rvalid_q;
  logic [15:0] mem_rid_q;
  logic [63:0] mem_rdata_q;
  logic        mem_rlast_q;
  logic        mem_awready_q;
  logic        mem_wready_q;
  logic        mem_bvalid_q;
  logic [15:0] mem_bid_q;

  always_ff @(posedge clk_i) begin
    csr_awvalid_q   <= csr_awvalid_i;
    csr_awaddr_q    <= csr_awaddr_i;
    csr_wvalid_q    <= csr_wvalid_i;
    csr_wdata_q     <= csr_wdata_i;
    csr_wstrb_q     <= csr_wstrb_i;
    csr_arvalid_q   <= csr_arvalid_i;
    csr_araddr_q    <= csr_araddr_i;
    dev_arvalid_q   <= dev_arvalid_i;
    dev_arid_q      <= dev_arid_i;
    dev_araddr_q    <= dev_araddr_i;
    dev_arlen_q     <= dev_arlen_i;
    dev_ardevice_q  <= dev_ardevice_i;
    dev_arpv_q      <= dev_arpv_i;
    dev_arprocess_q <= dev_arprocess_i;
    dev_awvalid_q   <= dev_awvalid_i;
    dev_awid_q      <= dev_awid_i;
    dev_awaddr_q    <= dev_awaddr_i;
    dev_awlen_q     <= dev_awlen_i;
    dev_awdevice_q  <= dev_awdevice_i;
    dev_awpv_q      <= dev_awpv_i;
    dev_awprocess_q <= dev_awprocess_i;
    dev_wvalid_q    <= dev_wvalid_i;
    dev_wdata_q     <= dev_wdata_i;
    dev_wstrb_q     <= dev_wstrb_i;
    dev_wlast_q     <= dev_wlast_i;
    out_arready_q   <= out_arready_i;
    out_rvalid_q    <= out_rvalid_i;
    out_rid_q       <= out_rid_i;
    out_rdata_q     <= out_rdata_i;
    out_rlast_q     <= out_rlast_i;
    out_awready_q   <= out_awready_i;
    out_wready_q    <= out_wready_i;
    out_bvalid_q    <= out_bvalid_i;
    out_bid_q       <= out_bid_i;
    mem_arready_q   <= mem_arready_i;
    mem_rvalid_q    <= mem_rvalid_i;
    mem_rid_q       <= mem_rid_i;
    mem_rdata_q     <= mem_rdata_i;
    mem_rlast_q     <= mem_rlast_i;
    mem_awready_q   <= mem_awready_i;
    mem_wready_q    <= mem_wready_i;
    mem_bvalid_q    <= mem_bvalid_i;
    mem_bid_q       <= mem_bid_i;
  end

  mem_ax_t mem_aw, mem_ar;
  mem_w_t mem_w;
  mem_r_t mem_r;

  assign iotlb_o = Cfg.IotlbEntries;
  assign walk_cache_o = Cfg.WalkCacheEntries;
  assign contexts_o = Cfg.ContextEntries;
  assign walks_o = Cfg.Walks;

  assign mem_arid_o = mem_ar.id;
  assign mem_araddr_o = mem_ar.addr;
  assign mem_arlen_o = mem_ar.len;
  assign mem_arwraps_o = mem_ar.burst == BURST_WRAP;
  assign mem_awid_o = mem_aw.id;
  assign mem_awaddr_o = mem_aw.addr;
  assign mem_awlen_o = mem_aw.len;
  assign mem_awatop_o = mem_aw.atop;
  assign mem_wdata_o = mem_w.data;
  assign mem_wstrb_o = mem_w.strb;
  assign mem_wlast_o = mem_w.last;
  assign mem_r = '{
          id: mem_rid_q,
          data: mem_rdata_q,
          resp: RESP_OKAY,
          last: mem_rlast_q,
          poison: 1'b0
      };

  iommu #(
    .Cfg     (Cfg),
    .CsrWidth(64)
  ) u_iommu (
    .clk_i,
    .rst_ni,
    .strap_debug_disable_i(1'b0),
    .strap_reset_mode_i   (1'b0),
    .quiesce_req_i        (1'b0),
    .quiesce_ack_o        (),
    .idle_o               (),
    .parity_error_o       (),
    .parity_count_o       (),
    .csr_awvalid_i        (csr_awvalid_q),
    .csr_awready_o,
    .csr_awaddr_i         (csr_awaddr_q),
    .csr_wvalid_i         (csr_wvalid_q),
    .csr_wready_o,
    .csr_wdata_i          (csr_wdata_q),
    .csr_wstrb_i          (csr_wstrb_q),
    .csr_bvalid_o,
    .csr_bready_i         (1'b1),
    .csr_bresp_o          (),
    .csr_arvalid_i        (csr_arvalid_q),
    .csr_arready_o,
    .csr_araddr_i         (csr_araddr_q),
    .csr_rvalid_o,
    .csr_rready_i         (1'b1),
    .csr_rdata_o,
    .csr_rresp_o          (),
    .dev_awvalid_i        (dev_awvalid_q),
    .dev_awready_o,
    .dev_awid_i           (dev_awid_q),
    .dev_awaddr_i         (dev_awaddr_q),
    .dev_awlen_i          (dev_awlen_q),
    .dev_awsize_i         (3'd3),
    .dev_awburst_i        (BURST_INCR),
    .dev_awlock_i         (1'b0),
    .dev_awcache_i        (4'b0011),
    .dev_awprot_i         (3'b010),
    .dev_awqos_i          ('0),
    .dev_awatop_i         ('0),
    .dev_awmmusid_i       (dev_awdevice_q),
    .dev_awmmussidv_i     (dev_awpv_q),
    .dev_awmmussid_i      (dev_awprocess_q),
    .dev_awmmuatst_i      (1'b0),
    .dev_wvalid_i         (dev_wvalid_q),
    .dev_wready_o,
    .dev_wdata_i          (dev_wdata_q),
    .dev_wstrb_i          (dev_wstrb_q),
    .dev_wlast_i          (dev_wlast_q),
    .dev_bvalid_o,
    .dev_bready_i         (1'b1),
    .dev_bid_o,
    .dev_bresp_o,
    .dev_arvalid_i        (dev_arvalid_q),
    .dev_arready_o,
    .dev_arid_i           (dev_arid_q),
    .dev_araddr_i         (dev_araddr_q),
    .dev_arlen_i          (dev_arlen_q),
    .dev_arsize_i         (3'd3),
    .dev_arburst_i        (BURST_INCR),
    .dev_arlock_i         (1'b0),
    .dev_arcache_i        (4'b0011),
    .dev_arprot_i         (3'b010),
    .dev_arqos_i          ('0),
    .dev_armmusid_i       (dev_ardevice_q),
    .dev_armmussidv_i     (dev_arpv_q),
    .dev_armmussid_i      (dev_arprocess_q),
    .dev_armmuatst_i      (1'b0),
    .dev_rvalid_o,
    .dev_rready_i         (1'b1),
    .dev_rid_o,
    .dev_rdata_o,
    .dev_rresp_o,
    .dev_rlast_o,
    .out_awvalid_o,
    .out_awready_i        (out_awready_q),
    .out_awid_o,
    .out_awaddr_o,
    .out_awlen_o,
    .out_awsize_o         (),
    .out_awburst_o        (),
    .out_awlock_o         (),
    .out_awcache_o        (),
    .out_awprot_o         (),
    .out_awqos_o          (),
    .out_awatop_o         (),
    .out_awuser_o         (),
    .out_wvalid_o,
    .out_wready_i         (out_wready_q),
    .out_wdata_o,
    .out_wstrb_o,
    .out_wlast_o,
    .out_bvalid_i         (out_bvalid_q),
    .out_bready_o,
    .out_bid_i            (out_bid_q),
    .out_bresp_i          (RESP_OKAY),
    .out_arvalid_o,
    .out_arready_i        (out_arready_q),
    .out_arid_o,
    .out_araddr_o,
    .out_arlen_o,
    .out_arsize_o         (),
    .out_arburst_o        (),
    .out_arlock_o         (),
    .out_arcache_o        (),
    .out_arprot_o         (),
    .out_arqos_o          (),
    .out_aruser_o         (),
    .out_rvalid_i         (out_rvalid_q),
    .out_rready_o,
    .out_rid_i            (out_rid_q),
    .out_rdata_i          (out_rdata_q),
    .out_rresp_i          (RESP_OKAY),
    .out_rlast_i          (out_rlast_q),
    .mem_awvalid_o,
    .mem_awready_i        (mem_awready_q),
    .mem_aw_o             (mem_aw),
    .mem_wvalid_o,
    .mem_wready_i         (mem_wready_q),
    .mem_w_o              (mem_w),
    .mem_bvalid_i         (mem_bvalid_q),
    .mem_bready_o,
    .mem_b_i              ('{id: mem_bid_q, resp: RESP_OKAY}),
    .mem_arvalid_o,
    .mem_arready_i        (mem_arready_q),
    .mem_ar_o             (mem_ar),
    .mem_rvalid_i         (mem_rvalid_q),
    .mem_rready_o,
    .mem_r_i              (mem_r),
    .ats_req_valid_i      (1'b0),
    .ats_req_ready_o      (),
    .ats_req_i            ('0),
    .ats_rsp_valid_o      (),
    .ats_rsp_ready_i      (1'b1),
    .ats_rsp_o            (),
    .ats_timeout_i        ('0),
    .wires_o              ()
  );

endmodule
