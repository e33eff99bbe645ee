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
#(
  parameter config_t     Cfg = ConfigBase,
  parameter int unsigned CsrWidth = 64, // data bits of the programming port, 32 or 64
  localparam int unsigned P  = Cfg.Ports,
  localparam int unsigned IW = Cfg.IdWidth,
  localparam int unsigned DW = Cfg.DataWidth,
  localparam int unsigned SW = Cfg.DataWidth / 8
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  strap_debug_disable_i,
  input  logic                  strap_reset_mode_i,   // ddtp after reset: 0 Off, 1 Bare
  // power management
  input  logic                  quiesce_req_i,        // take no new device requests
  output logic                  quiesce_ack_o,        // and all that came are done
  output logic                  idle_o,               // the clock may stop until the next request

  // programming port: AXI4-Lite subordinate
  input  logic                  csr_awvalid_i,
  output logic                  csr_awready_o,
  input  logic [11:0]           csr_awaddr_i,
  input  logic                  csr_wvalid_i,
  output logic                  csr_wready_o,
  input  logic [CsrWidth-1:0]   csr_wdata_i,
  input  logic [CsrWidth/8-1:0] csr_wstrb_i,
  output logic                  csr_bvalid_o,
  input  logic                  csr_bready_i,
  output logic [1:0]            csr_bresp_o,
  input  logic                  csr_arvalid_i,
  output logic                  csr_arready_o,
  input  logic [11:0]           csr_araddr_i,
  output logic                  csr_rvalid_o,
  input  logic                  csr_rready_i,
  output logic [CsrWidth-1:0]   csr_rdata_o,
  output logic [1:0]            csr_rresp_o,

  // device ports: AXI4 subordinates, AXI5 Untranslated Transactions side-band
  input  logic [P-1:0]          dev_awvalid_i,
  output logic [P-1:0]          dev_awready_o,
  input  logic [P-1:0][IW-1:0]  dev_awid_i,
  input  logic [P-1:0][63:0]    dev_awaddr_i,
  input  logic [P-1:0][7:0]     dev_awlen_i,
  input  logic [P-1:0][2:0]     dev_awsize_i,
  input  logic [P-1:0][1:0]     dev_awburst_i,
  input  logic [P-1:0]          dev_awlock_i,
  input  logic [P-1:0][3:0]     dev_awcache_i,
  input  logic [P-1:0][2:0]     dev_awprot_i,         // [0] privileged, [2] instruction
  input  logic [P-1:0][3:0]     dev_awqos_i,
  input  logic [P-1:0][5:0]     dev_awatop_i,
  input  logic [P-1:0][23:0]    dev_awmmusid_i,       // device_id
  input  logic [P-1:0]          dev_awmmussidv_i,     // process_id is valid
  input  logic [P-1:0][19:0]    dev_awmmussid_i,      // process_id
  input  logic [P-1:0]          dev_awmmuatst_i,      // a Translated request
  input  logic [P-1:0]          dev_wvalid_i,
  output logic [P-1:0]          dev_wready_o,
  input  logic [P-1:0][DW-1:0]  dev_wdata_i,
  input  logic [P-1:0][SW-1:0]  dev_wstrb_i,
  input  logic [P-1:0]          dev_wlast_i,
  output logic [P-1:0]          dev_bvalid_o,
  input  logic [P-1:0]          dev_bready_i,
  output logic [P-1:0][IW-1:0]  dev_bid_o,
  output logic [P-1:0][1:0]     dev_bresp_o,
  input  logic [P-1:0]          dev_arvalid_i,
  output logic [P-1:0]          dev_arready_o,
  input  logic [P-1:0][IW-1:0]  dev_arid_i,
  input  logic [P-1:0][63:0]    dev_araddr_i,
  input  logic [P-1:0][7:0]     dev_arlen_i,
  input  logic [P-1:0][2:0]     dev_arsize_i,
  input  logic [P-1:0][1:0]     dev_arburst_i,
  input  logic [P-1:0]          dev_arlock_i,
  input  logic [P-1:0][3:0]     dev_arcache_i,
  input  logic [P-1:0][2:0]     dev_arprot_i,
  input  logic [P-1:0][3:0]     dev_arqos_i,
  input  logic [P-1:0][23:0]    dev_armmusid_i,
  input  logic [P-1:0]          dev_armmussidv_i,
  input  logic [P-1:0][19:0]    dev_armmussid_i,
  input  logic [P-1:0]          dev_armmuatst_i,
  output logic [P-1:0]          dev_rvalid_o,
  input  logic [P-1:0]          dev_rready_i,
  output logic [P-1:0][IW-1:0]  dev_rid_o,
  output logic [P-1:0][DW-1:0]  dev_rdata_o,
  output logic [P-1:0][1:0]     dev_rresp_o,
  output logic [P-1:0]          dev_rlast_o,

  // translated traffic: AXI4 managers. AxUSER: [25:24] PBMT, [23:12] RCID, [11:0] MCID
  output logic [P-1:0]          out_awvalid_o,
  input  logic [P-1:0]          out_awready_i,
  output logic [P-1:0][IW-1:0]  out_awid_o,
  output logic [P-1:0][PhysicalBits-1:0] out_awaddr_o,
  output logic [P-1:0][7:0]     out_awlen_o,
  output logic [P-1:0][2:0]     out_awsize_o,
  output logic [P-1:0][1:0]     out_awburst_o,
  output logic [P-1:0]          out_awlock_o,
  output logic [P-1:0][3:0]     out_awcache_o,
  output logic [P-1:0][2:0]     out_awprot_o,
  output logic [P-1:0][3:0]     out_awqos_o,
  output logic [P-1:0][5:0]     out_awatop_o,
  output logic [P-1:0][25:0]    out_awuser_o,
  output logic [P-1:0]          out_wvalid_o,
  input  logic [P-1:0]          out_wready_i,
  output logic [P-1:0][DW-1:0]  out_wdata_o,
  output logic [P-1:0][SW-1:0]  out_wstrb_o,
  output logic [P-1:0]          out_wlast_o,
  input  logic [P-1:0]          out_bvalid_i,
  output logic [P-1:0]          out_bready_o,
  input  logic [P-1:0][IW-1:0]  out_bid_i,
  input  logic [P-1:0][1:0]     out_bresp_i,
  output logic [P-1:0]          out_arvalid_o,
  input  logic [P-1:0]          out_arready_i,
  output logic [P-1:0][IW-1:0]  out_arid_o,
  output logic [P-1:0][PhysicalBits-1:0] out_araddr_o,
  output logic [P-1:0][7:0]     out_arlen_o,
  output logic [P-1:0][2:0]     out_arsize_o,
  output logic [P-1:0][1:0]     out_arburst_o,
  output logic [P-1:0]          out_arlock_o,
  output logic [P-1:0][3:0]     out_arcache_o,
  output logic [P-1:0][2:0]     out_arprot_o,
  output logic [P-1:0][3:0]     out_arqos_o,
  output logic [P-1:0][25:0]    out_aruser_o,
  input  logic [P-1:0]          out_rvalid_i,
  output logic [P-1:0]          out_rready_o,
  input  logic [P-1:0][IW-1:0]  out_rid_i,
  input  logic [P-1:0][DW-1:0]  out_rdata_i,
  input  logic [P-1:0][1:0]     out_rresp_i,
  input  logic [P-1:0]          out_rlast_i,

  // implicit accesses: an AXI5 manager of 64 data bits; IDs are a unit and its tag
  output logic                  mem_awvalid_o,
  input  logic                  mem_awready_i,
  output mem_ax_t               mem_aw_o,
  output logic                  mem_wvalid_o,
  input  logic                  mem_wready_i,
  output mem_w_t                mem_w_o,
  input  logic                  mem_bvalid_i,
  output logic                  mem_bready_o,
  input  axi_b_t                mem_b_i,
  output logic                  mem_arvalid_o,
  input  logic                  mem_arready_i,
  output mem_ax_t               mem_ar_o,
  input  logic                  mem_rvalid_i,
  output logic                  mem_rready_o,
  input  mem_r_t                mem_r_i,

  // ATS and PRI messages
  input  logic                  ats_req_valid_i,
  output logic                  ats_req_ready_o,
  input  ats_request_t          ats_req_i,
  output logic                  ats_rsp_valid_o,
  input  logic                  ats_rsp_ready_i,
  output ats_response_t         ats_rsp_o,
  input  logic [31:0]           ats_timeout_i,        // one cycle: the time of these ITAGs is over

  output logic [15:0]           wires_o               // interrupts, with fctl.WSI
);

endmodule
