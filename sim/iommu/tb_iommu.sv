// SPDX-License-Identifier: Apache-2.0
//
// The IOMMU with flat pins for the bench, in one of the three configurations. There are pins
// for two device ports; in a configuration with one, the second's are not connected.

module tb_iommu
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_queue_pkg::*;
  import iommu_trace_pkg::*;
#(
  parameter int unsigned Config = 1,  // 0 Small, 1 Base, 2 Full
  parameter int unsigned Parity = 0   // 1: with parity, and small caches, so that it matters
) (
  `define IOMMU_PORT_PINS(n) \
  input  logic        dev_awvalid_``n``_i, dev_awlock_``n``_i, dev_awmmussidv_``n``_i, \
  input  logic        dev_awmmuatst_``n``_i, \
  output logic        dev_awready_``n``_o, \
  input  logic [15:0] dev_awid_``n``_i, \
  input  logic [63:0] dev_awaddr_``n``_i, \
  input  logic [7:0]  dev_awlen_``n``_i, \
  input  logic [2:0]  dev_awsize_``n``_i, dev_awprot_``n``_i, \
  input  logic [1:0]  dev_awburst_``n``_i, \
  input  logic [3:0]  dev_awcache_``n``_i, dev_awqos_``n``_i, \
  input  logic [5:0]  dev_awatop_``n``_i, \
  input  logic [23:0] dev_awmmusid_``n``_i, \
  input  logic [19:0] dev_awmmussid_``n``_i, \
  input  logic        dev_wvalid_``n``_i, dev_wlast_``n``_i, \
  output logic        dev_wready_``n``_o, \
  input  logic [63:0] dev_wdata_``n``_i, \
  input  logic [7:0]  dev_wstrb_``n``_i, \
  output logic        dev_bvalid_``n``_o, \
  input  logic        dev_bready_``n``_i, \
  output logic [15:0] dev_bid_``n``_o, \
  output logic [1:0]  dev_bresp_``n``_o, \
  input  logic        dev_arvalid_``n``_i, dev_arlock_``n``_i, dev_armmussidv_``n``_i, \
  input  logic        dev_armmuatst_``n``_i, \
  output logic        dev_arready_``n``_o, \
  input  logic [15:0] dev_arid_``n``_i, \
  input  logic [63:0] dev_araddr_``n``_i, \
  input  logic [7:0]  dev_arlen_``n``_i, \
  input  logic [2:0]  dev_arsize_``n``_i, dev_arprot_``n``_i, \
  input  logic [1:0]  dev_arburst_``n``_i, \
  input  logic [3:0]  dev_arcache_``n``_i, dev_arqos_``n``_i, \
  input  logic [23:0] dev_armmusid_``n``_i, \
  input  logic [19:0] dev_armmussid_``n``_i, \
  output logic        dev_rvalid_``n``_o, dev_rlast_``n``_o, \
  input  logic        dev_rready_``n``_i, \
  output logic [15:0] dev_rid_``n``_o, \
  output logic [63:0] dev_rdata_``n``_o, \
  output logic [1:0]  dev_rresp_``n``_o, \
  output logic        out_awvalid_``n``_o, out_awlock_``n``_o, \
  input  logic        out_awready_``n``_i, \
  output logic [15:0] out_awid_``n``_o, \
  output logic [63:0] out_awaddr_``n``_o, \
  output logic [7:0]  out_awlen_``n``_o, \
  output logic [2:0]  out_awsize_``n``_o, out_awprot_``n``_o, \
  output logic [1:0]  out_awburst_``n``_o, \
  output logic [3:0]  out_awcache_``n``_o, out_awqos_``n``_o, \
  output logic [5:0]  out_awatop_``n``_o, \
  output logic [25:0] out_awuser_``n``_o, \
  output logic        out_wvalid_``n``_o, out_wlast_``n``_o, \
  input  logic        out_wready_``n``_i, \
  output logic [63:0] out_wdata_``n``_o, \
  output logic [7:0]  out_wstrb_``n``_o, \
  input  logic        out_bvalid_``n``_i, \
  output logic        out_bready_``n``_o, \
  input  logic [15:0] out_bid_``n``_i, \
  input  logic [1:0]  out_bresp_``n``_i, \
  output logic        out_arvalid_``n``_o, out_arlock_``n``_o, \
  input  logic        out_arready_``n``_i, \
  output logic [15:0] out_arid_``n``_o, \
  output logic [63:0] out_araddr_``n``_o, \
  output logic [7:0]  out_arlen_``n``_o, \
  output logic [2:0]  out_arsize_``n``_o, out_arprot_``n``_o, \
  output logic [1:0]  out_arburst_``n``_o, \
  output logic [3:0]  out_arcache_``n``_o, out_arqos_``n``_o, \
  output logic [25:0] out_aruser_``n``_o, \
  input  logic        out_rvalid_``n``_i, out_rlast_``n``_i, \
  output logic        out_rready_``n``_o, \
  input  logic [15:0] out_rid_``n``_i, \
  input  logic [63:0] out_rdata_``n``_i, \
  input  logic [1:0]  out_rresp_``n``_i,

  `IOMMU_PORT_PINS(0)
  `IOMMU_PORT_PINS(1)
  input  logic        clk_i,
  input  logic        sample_i,                 // its edges, both: a cycle has other inputs
  input  logic        check_i,                  // rises at the end of a cycle that clk_i ends
  input  logic        rst_ni,
  input  logic        strap_debug_disable_i,
  input  logic        strap_reset_mode_i,
  input  logic        quiesce_req_i,
  output logic        quiesce_ack_o,
  output logic        idle_o,
  output logic        parity_error_o,
  output logic [15:0] parity_count_o,
  input  logic        csr_awvalid_i,
  output logic        csr_awready_o,
  input  logic [11:0] csr_awaddr_i,
  input  logic        csr_wvalid_i,
  output logic        csr_wready_o,
  input  logic [63:0] csr_wdata_i,
  input  logic [ 7:0] csr_wstrb_i,
  output logic        csr_bvalid_o,
  input  logic        csr_bready_i,
  output logic [ 1:0] csr_bresp_o,
  input  logic        csr_arvalid_i,
  output logic        csr_arready_o,
  input  logic [11:0] csr_araddr_i,
  output logic        csr_rvalid_o,
  input  logic        csr_rready_i,
  output logic [63:0] csr_rdata_o,
  output logic [ 1:0] csr_rresp_o,
  output logic        mem_awvalid_o,
  input  logic        mem_awready_i,
  output logic [15:0] mem_awid_o,
  output logic [63:0] mem_awaddr_o,
  output logic [ 7:0] mem_awlen_o,
  output logic [ 2:0] mem_awsize_o,
  mem_awprot_o,
  output logic [ 1:0] mem_awburst_o,
  output logic [ 3:0] mem_awcache_o,
  output logic [ 5:0] mem_awatop_o,
  output logic [27:0] mem_awuser_o,             // structure, RCID, MCID
  output logic        mem_wvalid_o,
  mem_wlast_o,
  input  logic        mem_wready_i,
  output logic [63:0] mem_wdata_o,
  output logic [ 7:0] mem_wstrb_o,
  input  logic        mem_bvalid_i,
  output logic        mem_bready_o,
  input  logic [15:0] mem_bid_i,
  input  logic [ 1:0] mem_bresp_i,
  output logic        mem_arvalid_o,
  input  logic        mem_arready_i,
  output logic [15:0] mem_arid_o,
  output logic [63:0] mem_araddr_o,
  output logic [ 7:0] mem_arlen_o,
  output logic [ 2:0] mem_arsize_o,
  mem_arprot_o,
  output logic [ 1:0] mem_arburst_o,
  output logic [ 3:0] mem_arcache_o,
  output logic [27:0] mem_aruser_o,
  input  logic        mem_rvalid_i,
  mem_rlast_i,
  mem_rpoison_i,
  output logic        mem_rready_o,
  input  logic [15:0] mem_rid_i,
  input  logic [63:0] mem_rdata_i,
  input  logic [ 1:0] mem_rresp_i,
  input  logic        ats_req_valid_i,
  output logic        ats_req_ready_o,
  input  logic [ 1:0] ats_req_kind_i,
  input  logic [23:0] ats_req_device_id_i,
  input  logic        ats_req_pasid_valid_i,
  input  logic [19:0] ats_req_process_id_i,
  input  logic        ats_req_privileged_i,
  ats_req_execute_i,
  ats_req_no_write_i,
  input  logic [ 9:0] ats_req_tag_i,
  input  logic [63:0] ats_req_payload_i,
  input  logic [31:0] ats_req_itags_i,
  input  logic [ 2:0] ats_req_count_i,
  output logic        ats_rsp_valid_o,
  input  logic        ats_rsp_ready_i,
  output logic [ 1:0] ats_rsp_kind_o,
  ats_rsp_status_o,
  output logic [23:0] ats_rsp_device_id_o,
  output logic        ats_rsp_segment_valid_o,
  ats_rsp_pasid_valid_o,
  output logic [19:0] ats_rsp_process_id_o,
  output logic [ 4:0] ats_rsp_itag_o,
  output logic [ 9:0] ats_rsp_tag_o,
  output logic [63:0] ats_rsp_payload_o,
  input  logic [31:0] ats_timeout_i,
  output logic [15:0] wires_o
);

  function automatic config_t with_parity(config_t cfg);
    config_t result = cfg;
    if (Parity != 0) begin
      result.Parity           = 1'b1;
      result.IotlbEntries     = 128;
      result.WalkCacheEntries = 64;
      result.ContextEntries   = 16;
    end
    return result;
  endfunction

  localparam config_t Cfg = with_parity(
      Config == 0 ? ConfigSmall : Config == 1 ? ConfigBase : ConfigFull
  );
  localparam int unsigned P = Cfg.Ports;
  localparam int unsigned IW = Cfg.IdWidth;

  // All inputs come from registers, which the bench sets together with the edge of clk_i that begins
  // their cycle: Verilator evaluates what depends on a pin at each call, and what depends on a
  // register only when that has been set. What judges a cycle does so at its end, by check_i.

  // Everything of both ports; the design takes the first P.
  `define IOMMU_IN(width, name) \
  logic [1:0][width-1:0] name; \
  always_ff @(edge sample_i) name <= {name``_1_i[width-1:0], name``_0_i[width-1:0]};
  `define IOMMU_IN1(name) \
  logic [1:0] name; \
  always_ff @(edge sample_i) name <= {name``_1_i, name``_0_i};
  `define IOMMU_SHARED(width, name) \
  logic [width-1:0] name; \
  always_ff @(edge sample_i) name <= name``_i;
  // An output is 0 at a port that is not there.
  `define IOMMU_OUT(width, total, name) \
  logic [P-1:0][width-1:0] name; \
  assign name``_0_o = total'(name[0]); \
  if (P > 1) begin : gen_``name \
    assign name``_1_o = total'(name[P-1]); \
  end else begin : gen_no_``name \
    assign name``_1_o = '0; \
  end

  `IOMMU_IN1(dev_awvalid)
  `IOMMU_IN(IW, dev_awid)
  `IOMMU_IN(64, dev_awaddr)
  `IOMMU_IN(8, dev_awlen)
  `IOMMU_IN(3, dev_awsize)
  `IOMMU_IN(2, dev_awburst)
  `IOMMU_IN1(dev_awlock)
  `IOMMU_IN(4, dev_awcache)
  `IOMMU_IN(3, dev_awprot)
  `IOMMU_IN(4, dev_awqos)
  `IOMMU_IN(6, dev_awatop)
  `IOMMU_IN(24, dev_awmmusid)
  `IOMMU_IN1(dev_awmmussidv)
  `IOMMU_IN(20, dev_awmmussid)
  `IOMMU_IN1(dev_awmmuatst)
  `IOMMU_IN1(dev_wvalid)
  `IOMMU_IN(64, dev_wdata)
  `IOMMU_IN(8, dev_wstrb)
  `IOMMU_IN1(dev_wlast)
  `IOMMU_IN1(dev_bready)
  `IOMMU_IN1(dev_arvalid)
  `IOMMU_IN(IW, dev_arid)
  `IOMMU_IN(64, dev_araddr)
  `IOMMU_IN(8, dev_arlen)
  `IOMMU_IN(3, dev_arsize)
  `IOMMU_IN(2, dev_arburst)
  `IOMMU_IN1(dev_arlock)
  `IOMMU_IN(4, dev_arcache)
  `IOMMU_IN(3, dev_arprot)
  `IOMMU_IN(4, dev_arqos)
  `IOMMU_IN(24, dev_armmusid)
  `IOMMU_IN1(dev_armmussidv)
  `IOMMU_IN(20, dev_armmussid)
  `IOMMU_IN1(dev_armmuatst)
  `IOMMU_IN1(dev_rready)
  `IOMMU_IN1(out_awready)
  `IOMMU_IN1(out_wready)
  `IOMMU_IN1(out_bvalid)
  `IOMMU_IN(IW, out_bid)
  `IOMMU_IN(2, out_bresp)
  `IOMMU_IN1(out_arready)
  `IOMMU_IN1(out_rvalid)
  `IOMMU_IN(IW, out_rid)
  `IOMMU_IN(64, out_rdata)
  `IOMMU_IN(2, out_rresp)
  `IOMMU_IN1(out_rlast)

  `IOMMU_OUT(1, 1, dev_awready)
  `IOMMU_OUT(1, 1, dev_wready)
  `IOMMU_OUT(1, 1, dev_bvalid)
  `IOMMU_OUT(IW, 16, dev_bid)
  `IOMMU_OUT(2, 2, dev_bresp)
  `IOMMU_OUT(1, 1, dev_arready)
  `IOMMU_OUT(1, 1, dev_rvalid)
  `IOMMU_OUT(IW, 16, dev_rid)
  `IOMMU_OUT(64, 64, dev_rdata)
  `IOMMU_OUT(2, 2, dev_rresp)
  `IOMMU_OUT(1, 1, dev_rlast)
  `IOMMU_OUT(1, 1, out_awvalid)
  `IOMMU_OUT(IW, 16, out_awid)
  `IOMMU_OUT(PhysicalBits, 64, out_awaddr)
  `IOMMU_OUT(8, 8, out_awlen)
  `IOMMU_OUT(3, 3, out_awsize)
  `IOMMU_OUT(2, 2, out_awburst)
  `IOMMU_OUT(1, 1, out_awlock)
  `IOMMU_OUT(4, 4, out_awcache)
  `IOMMU_OUT(3, 3, out_awprot)
  `IOMMU_OUT(4, 4, out_awqos)
  `IOMMU_OUT(6, 6, out_awatop)
  `IOMMU_OUT(26, 26, out_awuser)
  `IOMMU_OUT(1, 1, out_wvalid)
  `IOMMU_OUT(64, 64, out_wdata)
  `IOMMU_OUT(8, 8, out_wstrb)
  `IOMMU_OUT(1, 1, out_wlast)
  `IOMMU_OUT(1, 1, out_bready)
  `IOMMU_OUT(1, 1, out_arvalid)
  `IOMMU_OUT(IW, 16, out_arid)
  `IOMMU_OUT(PhysicalBits, 64, out_araddr)
  `IOMMU_OUT(8, 8, out_arlen)
  `IOMMU_OUT(3, 3, out_arsize)
  `IOMMU_OUT(2, 2, out_arburst)
  `IOMMU_OUT(1, 1, out_arlock)
  `IOMMU_OUT(4, 4, out_arcache)
  `IOMMU_OUT(3, 3, out_arprot)
  `IOMMU_OUT(4, 4, out_arqos)
  `IOMMU_OUT(26, 26, out_aruser)
  `IOMMU_OUT(1, 1, out_rready)

  `IOMMU_SHARED(1, strap_debug_disable)
  `IOMMU_SHARED(1, strap_reset_mode)
  `IOMMU_SHARED(1, quiesce_req)
  `IOMMU_SHARED(1, csr_awvalid)
  `IOMMU_SHARED(12, csr_awaddr)
  `IOMMU_SHARED(1, csr_wvalid)
  `IOMMU_SHARED(64, csr_wdata)
  `IOMMU_SHARED(8, csr_wstrb)
  `IOMMU_SHARED(1, csr_bready)
  `IOMMU_SHARED(1, csr_arvalid)
  `IOMMU_SHARED(12, csr_araddr)
  `IOMMU_SHARED(1, csr_rready)
  `IOMMU_SHARED(1, mem_awready)
  `IOMMU_SHARED(1, mem_wready)
  `IOMMU_SHARED(1, mem_bvalid)
  `IOMMU_SHARED(16, mem_bid)
  `IOMMU_SHARED(2, mem_bresp)
  `IOMMU_SHARED(1, mem_arready)
  `IOMMU_SHARED(1, mem_rvalid)
  `IOMMU_SHARED(1, mem_rlast)
  `IOMMU_SHARED(1, mem_rpoison)
  `IOMMU_SHARED(16, mem_rid)
  `IOMMU_SHARED(64, mem_rdata)
  `IOMMU_SHARED(2, mem_rresp)
  `IOMMU_SHARED(1, ats_req_valid)
  `IOMMU_SHARED(2, ats_req_kind)
  `IOMMU_SHARED(24, ats_req_device_id)
  `IOMMU_SHARED(1, ats_req_pasid_valid)
  `IOMMU_SHARED(20, ats_req_process_id)
  `IOMMU_SHARED(1, ats_req_privileged)
  `IOMMU_SHARED(1, ats_req_execute)
  `IOMMU_SHARED(1, ats_req_no_write)
  `IOMMU_SHARED(10, ats_req_tag)
  `IOMMU_SHARED(64, ats_req_payload)
  `IOMMU_SHARED(32, ats_req_itags)
  `IOMMU_SHARED(3, ats_req_count)
  `IOMMU_SHARED(1, ats_rsp_ready)
  `IOMMU_SHARED(32, ats_timeout)

  mem_ax_t mem_aw, mem_ar;
  mem_w_t        mem_w;
  mem_r_t        mem_r;
  ats_request_t  ats_req;
  ats_response_t ats_rsp;

  assign mem_awid_o = mem_aw.id;
  assign mem_awaddr_o = 64'(mem_aw.addr);
  assign mem_awlen_o = mem_aw.len;
  assign mem_awsize_o = mem_aw.size;
  assign mem_awburst_o = mem_aw.burst;
  assign mem_awcache_o = mem_aw.cache;
  assign mem_awprot_o = mem_aw.prot;
  assign mem_awatop_o = mem_aw.atop;
  assign mem_awuser_o = mem_aw.user;
  assign mem_arid_o = mem_ar.id;
  assign mem_araddr_o = 64'(mem_ar.addr);
  assign mem_arlen_o = mem_ar.len;
  assign mem_arsize_o = mem_ar.size;
  assign mem_arburst_o = mem_ar.burst;
  assign mem_arcache_o = mem_ar.cache;
  assign mem_arprot_o = mem_ar.prot;
  assign mem_aruser_o = mem_ar.user;
  assign mem_wdata_o = mem_w.data;
  assign mem_wstrb_o = mem_w.strb;
  assign mem_wlast_o = mem_w.last;
  assign mem_r = '{
          id: mem_rid,
          data: mem_rdata,
          resp: resp_e'(mem_rresp),
          last: mem_rlast,
          poison: mem_rpoison
      };

  assign ats_req = '{
          kind: ats_request_e'(ats_req_kind),
          device_id: ats_req_device_id,
          pasid_valid: ats_req_pasid_valid,
          process_id: ats_req_process_id,
          privileged: ats_req_privileged,
          execute: ats_req_execute,
          no_write: ats_req_no_write,
          tag: ats_req_tag,
          payload: ats_req_payload,
          itags: ats_req_itags,
          count: ats_req_count
      };
  assign ats_rsp_kind_o = ats_rsp.kind;
  assign ats_rsp_status_o = ats_rsp.status;
  assign ats_rsp_device_id_o = ats_rsp.device_id;
  assign ats_rsp_segment_valid_o = ats_rsp.segment_valid;
  assign ats_rsp_pasid_valid_o = ats_rsp.pasid_valid;
  assign ats_rsp_process_id_o = ats_rsp.process_id;
  assign ats_rsp_itag_o = ats_rsp.itag;
  assign ats_rsp_tag_o = ats_rsp.tag;
  assign ats_rsp_payload_o = ats_rsp.payload;

`ifdef IOMMU_UPSETS
  // The table that a shortcut leads to is doubted before it is used: a wrong one is hardly seen at
  // the pins: here it is.
  always @(posedge clk_i) begin
    if (rst_ni)
      assert (!(u_iommu.u_iotlb.g_shortcut.u_shortcut.hit_o &&
                u_iommu.u_iotlb.g_shortcut.u_shortcut.parity_error_o))
      else $error("a shortcut with an error of parity is a hit");
  end
`endif

`ifdef IOMMU_TRACE
  // --- the retirement trace, to the bench ---------------------------------------------------

  import "DPI-C" function void trace_event(
    input longint unsigned order,
    input int unsigned     kind,
    input int unsigned     origin,
    input int unsigned     id,
    input int unsigned     device,
    input int unsigned     pasid,
    input int unsigned     flags,
    input longint unsigned iova,
    input longint unsigned spa,
    input int unsigned     user,
    input int unsigned     cause,
    input int unsigned     result,
    input int unsigned     index,
    input longint unsigned word0,
    input longint unsigned word1,
    input longint unsigned word2,
    input longint unsigned word3
  );

  trace_event_t [4*P+5:0] trace;

  always @(posedge check_i) begin
    if (rst_ni) begin
      for (int i = 0; i < 4 * int'(P) + 6; i++) if (trace[i].valid) tell(trace[i]);
    end
  end

  function automatic void tell(trace_event_t event_now);
    automatic ats_response_t message = event_now.message;
    automatic logic [31:0] id, device, pasid, flags, result;
    automatic logic [63:0] iova;
    id = 32'(event_now.id);
    device = 32'(event_now.identity.device_id);
    pasid = 32'(event_now.identity.process_id);
    iova = event_now.iova;
    result = 32'({event_now.of_queue, event_now.record});
    flags = 32'({
      event_now.fault,
      event_now.translated,
      event_now.identity.privileged,
      event_now.identity.process_id_valid,
      event_now.access
    });
    if (event_now.kind == TRACE_COMMAND) result = 32'(event_now.command);
    if (event_now.kind == TRACE_ATS) begin
      id     = 32'(message.tag);
      device = 32'(message.device_id);
      pasid  = 32'(message.process_id);
      iova   = message.payload;
      result = 32'({message.status, message.kind});
    end
    trace_event(event_now.order, 32'(event_now.kind), 32'({event_now.port, event_now.write}), id,
                device, pasid, flags, iova, event_now.spa, 32'(event_now.user),
                32'(event_now.cause), result, event_now.index, event_now.words[0],
                event_now.words[1], event_now.words[2], event_now.words[3]);
  endfunction
`endif

  `define IOMMU_I(name) .name``_i(name[P-1:0])
  `define IOMMU_O(name) .name``_o(name)
  // The macros stand for named ports.
  // verilog_lint: waive-start module-port
  iommu #(
    .Cfg     (Cfg),
    .CsrWidth(64)
  ) u_iommu (
    .clk_i,
    .rst_ni,
    .strap_debug_disable_i(strap_debug_disable),
    .strap_reset_mode_i   (strap_reset_mode),
    .quiesce_req_i        (quiesce_req),
    .quiesce_ack_o,
    .idle_o,
    .parity_error_o,
    .parity_count_o,
    .csr_awvalid_i        (csr_awvalid),
    .csr_awready_o,
    .csr_awaddr_i         (csr_awaddr),
    .csr_wvalid_i         (csr_wvalid),
    .csr_wready_o,
    .csr_wdata_i          (csr_wdata),
    .csr_wstrb_i          (csr_wstrb),
    .csr_bvalid_o,
    .csr_bready_i         (csr_bready),
    .csr_bresp_o,
    .csr_arvalid_i        (csr_arvalid),
    .csr_arready_o,
    .csr_araddr_i         (csr_araddr),
    .csr_rvalid_o,
    .csr_rready_i         (csr_rready),
    .csr_rdata_o,
    .csr_rresp_o,
    `IOMMU_I(dev_awvalid),
    `IOMMU_O(dev_awready),
    `IOMMU_I(dev_awid),
    `IOMMU_I(dev_awaddr),
    `IOMMU_I(dev_awlen),
    `IOMMU_I(dev_awsize),
    `IOMMU_I(dev_awburst),
    `IOMMU_I(dev_awlock),
    `IOMMU_I(dev_awcache),
    `IOMMU_I(dev_awprot),
    `IOMMU_I(dev_awqos),
    `IOMMU_I(dev_awatop),
    `IOMMU_I(dev_awmmusid),
    `IOMMU_I(dev_awmmussidv),
    `IOMMU_I(dev_awmmussid),
    `IOMMU_I(dev_awmmuatst),
    `IOMMU_I(dev_wvalid),
    `IOMMU_O(dev_wready),
    `IOMMU_I(dev_wdata),
    `IOMMU_I(dev_wstrb),
    `IOMMU_I(dev_wlast),
    `IOMMU_O(dev_bvalid),
    `IOMMU_I(dev_bready),
    `IOMMU_O(dev_bid),
    `IOMMU_O(dev_bresp),
    `IOMMU_I(dev_arvalid),
    `IOMMU_O(dev_arready),
    `IOMMU_I(dev_arid),
    `IOMMU_I(dev_araddr),
    `IOMMU_I(dev_arlen),
    `IOMMU_I(dev_arsize),
    `IOMMU_I(dev_arburst),
    `IOMMU_I(dev_arlock),
    `IOMMU_I(dev_arcache),
    `IOMMU_I(dev_arprot),
    `IOMMU_I(dev_arqos),
    `IOMMU_I(dev_armmusid),
    `IOMMU_I(dev_armmussidv),
    `IOMMU_I(dev_armmussid),
    `IOMMU_I(dev_armmuatst),
    `IOMMU_O(dev_rvalid),
    `IOMMU_I(dev_rready),
    `IOMMU_O(dev_rid),
    `IOMMU_O(dev_rdata),
    `IOMMU_O(dev_rresp),
    `IOMMU_O(dev_rlast),
    `IOMMU_O(out_awvalid),
    `IOMMU_I(out_awready),
    `IOMMU_O(out_awid),
    `IOMMU_O(out_awaddr),
    `IOMMU_O(out_awlen),
    `IOMMU_O(out_awsize),
    `IOMMU_O(out_awburst),
    `IOMMU_O(out_awlock),
    `IOMMU_O(out_awcache),
    `IOMMU_O(out_awprot),
    `IOMMU_O(out_awqos),
    `IOMMU_O(out_awatop),
    `IOMMU_O(out_awuser),
    `IOMMU_O(out_wvalid),
    `IOMMU_I(out_wready),
    `IOMMU_O(out_wdata),
    `IOMMU_O(out_wstrb),
    `IOMMU_O(out_wlast),
    `IOMMU_I(out_bvalid),
    `IOMMU_O(out_bready),
    `IOMMU_I(out_bid),
    `IOMMU_I(out_bresp),
    `IOMMU_O(out_arvalid),
    `IOMMU_I(out_arready),
    `IOMMU_O(out_arid),
    `IOMMU_O(out_araddr),
    `IOMMU_O(out_arlen),
    `IOMMU_O(out_arsize),
    `IOMMU_O(out_arburst),
    `IOMMU_O(out_arlock),
    `IOMMU_O(out_arcache),
    `IOMMU_O(out_arprot),
    `IOMMU_O(out_arqos),
    `IOMMU_O(out_aruser),
    `IOMMU_I(out_rvalid),
    `IOMMU_O(out_rready),
    `IOMMU_I(out_rid),
    `IOMMU_I(out_rdata),
    `IOMMU_I(out_rresp),
    `IOMMU_I(out_rlast),
    .mem_awvalid_o,
    .mem_awready_i        (mem_awready),
    .mem_aw_o             (mem_aw),
    .mem_wvalid_o,
    .mem_wready_i         (mem_wready),
    .mem_w_o              (mem_w),
    .mem_bvalid_i         (mem_bvalid),
    .mem_bready_o,
    .mem_b_i              ('{id: mem_bid, resp: resp_e'(mem_bresp)}),
    .mem_arvalid_o,
    .mem_arready_i        (mem_arready),
    .mem_ar_o             (mem_ar),
    .mem_rvalid_i         (mem_rvalid),
    .mem_rready_o,
    .mem_r_i              (mem_r),
    .ats_req_valid_i      (ats_req_valid),
    .ats_req_ready_o,
    .ats_req_i            (ats_req),
    .ats_rsp_valid_o,
    .ats_rsp_ready_i      (ats_rsp_ready),
    .ats_rsp_o            (ats_rsp),
    .ats_timeout_i        (ats_timeout),
`ifdef IOMMU_TRACE
    .trace_o              (trace),
`endif
    .wires_o
  );

`ifdef AXI_CHECKERS
  // --- the rules of AXI on every port; sim/axi says which -----------------------------------

  `define AXI_CHECK(channel, prefix, at, in, out) \
  .``channel``valid_i(prefix``_``channel``valid``in at), \
  .``channel``ready_i(prefix``_``channel``ready``out at)

  for (genvar p = 0; p < int'(P); p++) begin : g_axi
    axi_checker #(
      .Name     (p == 0 ? "device port 0" : "device port 1"),
      .IdWidth  (IW),
      .RestWidth(57)
    ) u_device (
      .clk_i(check_i),
      .rst_ni,
      `AXI_CHECK(aw, dev, [p],,),
      .awid_i(dev_awid[p]),
      .awaddr_i(dev_awaddr[p]),
      .awlen_i(dev_awlen[p]),
      .awsize_i(dev_awsize[p]),
      .awburst_i(dev_awburst[p]),
      .awlock_i(dev_awlock[p]),
      .awatop_i(dev_awatop[p]),
      .awrest_i({
        dev_awcache[p],
        dev_awprot[p],
        dev_awqos[p],
        dev_awmmusid[p],
        dev_awmmussidv[p],
        dev_awmmussid[p],
        dev_awmmuatst[p]
      }),
      `AXI_CHECK(w, dev, [p],,),
      .wdata_i(dev_wdata[p]),
      .wstrb_i(dev_wstrb[p]),
      .wlast_i(dev_wlast[p]),
      `AXI_CHECK(b, dev, [p],,),
      .bid_i(dev_bid[p]),
      .bresp_i(dev_bresp[p]),
      `AXI_CHECK(ar, dev, [p],,),
      .arid_i(dev_arid[p]),
      .araddr_i(dev_araddr[p]),
      .arlen_i(dev_arlen[p]),
      .arsize_i(dev_arsize[p]),
      .arburst_i(dev_arburst[p]),
      .arlock_i(dev_arlock[p]),
      .arrest_i({
        dev_arcache[p],
        dev_arprot[p],
        dev_arqos[p],
        dev_armmusid[p],
        dev_armmussidv[p],
        dev_armmussid[p],
        dev_armmuatst[p]
      }),
      `AXI_CHECK(r, dev, [p],,),
      .rid_i(dev_rid[p]),
      .rdata_i(dev_rdata[p]),
      .rresp_i(dev_rresp[p]),
      .rlast_i(dev_rlast[p])
    );

    axi_checker #(
      .Name     (p == 0 ? "manager port 0" : "manager port 1"),
      .IdWidth  (IW),
      .AddrWidth(PhysicalBits),
      .RestWidth(37)
    ) u_out (
      .clk_i    (check_i),
      .rst_ni,
      `AXI_CHECK(aw, out, [p],,),
      .awid_i   (out_awid[p]),
      .awaddr_i (out_awaddr[p]),
      .awlen_i  (out_awlen[p]),
      .awsize_i (out_awsize[p]),
      .awburst_i(out_awburst[p]),
      .awlock_i (out_awlock[p]),
      .awatop_i (out_awatop[p]),
      .awrest_i ({out_awcache[p], out_awprot[p], out_awqos[p], out_awuser[p]}),
      `AXI_CHECK(w, out, [p],,),
      .wdata_i  (out_wdata[p]),
      .wstrb_i  (out_wstrb[p]),
      .wlast_i  (out_wlast[p]),
      `AXI_CHECK(b, out, [p],,),
      .bid_i    (out_bid[p]),
      .bresp_i  (out_bresp[p]),
      `AXI_CHECK(ar, out, [p],,),
      .arid_i   (out_arid[p]),
      .araddr_i (out_araddr[p]),
      .arlen_i  (out_arlen[p]),
      .arsize_i (out_arsize[p]),
      .arburst_i(out_arburst[p]),
      .arlock_i (out_arlock[p]),
      .arrest_i ({out_arcache[p], out_arprot[p], out_arqos[p], out_aruser[p]}),
      `AXI_CHECK(r, out, [p],,),
      .rid_i    (out_rid[p]),
      .rdata_i  (out_rdata[p]),
      .rresp_i  (out_rresp[p]),
      .rlast_i  (out_rlast[p])
    );
  end

  axi_checker #(
    .Name     ("memory port"),
    .IdWidth  (16),
    .AddrWidth(PhysicalBits),
    .RestWidth(35)
  ) u_memory_rules (
    .clk_i    (check_i),
    .rst_ni,
    `AXI_CHECK(aw, mem,, _o,),
    .awid_i   (mem_aw.id),
    .awaddr_i (mem_aw.addr),
    .awlen_i  (mem_aw.len),
    .awsize_i (mem_aw.size),
    .awburst_i(mem_aw.burst),
    .awlock_i (1'b0),
    .awatop_i (mem_aw.atop),
    .awrest_i ({mem_aw.cache, mem_aw.prot, mem_aw.user}),
    `AXI_CHECK(w, mem,, _o,),
    .wdata_i  (mem_w.data),
    .wstrb_i  (mem_w.strb),
    .wlast_i  (mem_w.last),
    `AXI_CHECK(b, mem,,, _o),
    .bid_i    (mem_bid),
    .bresp_i  (mem_bresp),
    `AXI_CHECK(ar, mem,, _o,),
    .arid_i   (mem_ar.id),
    .araddr_i (mem_ar.addr),
    .arlen_i  (mem_ar.len),
    .arsize_i (mem_ar.size),
    .arburst_i(mem_ar.burst),
    .arlock_i (1'b0),
    .arrest_i ({mem_ar.cache, mem_ar.prot, mem_ar.user}),
    `AXI_CHECK(r, mem,,, _o),
    .rid_i    (mem_r.id),
    .rdata_i  (mem_r.data),
    .rresp_i  (mem_r.resp),
    .rlast_i  (mem_r.last)
  );

  // AXI4-Lite: what it lacks is as it would be.
  axi_checker #(
    .Name     ("programming port"),
    .IdWidth  (1),
    .AddrWidth(12)
  ) u_csr_rules (
    .clk_i    (check_i),
    .rst_ni,
    `AXI_CHECK(aw, csr,,, _o),
    .awid_i   (1'b0),
    .awaddr_i (csr_awaddr),
    .awlen_i  (8'd0),
    .awsize_i (3'd3),
    .awburst_i(BURST_INCR),
    .awlock_i (1'b0),
    .awatop_i (6'd0),
    .awrest_i (1'b0),
    `AXI_CHECK(w, csr,,, _o),
    .wdata_i  (csr_wdata),
    .wstrb_i  (csr_wstrb),
    .wlast_i  (1'b1),
    `AXI_CHECK(b, csr,, _o,),
    .bid_i    (1'b0),
    .bresp_i  (csr_bresp_o),
    `AXI_CHECK(ar, csr,,, _o),
    .arid_i   (1'b0),
    .araddr_i (csr_araddr),
    .arlen_i  (8'd0),
    .arsize_i (3'd3),
    .arburst_i(BURST_INCR),
    .arlock_i (1'b0),
    .arrest_i (1'b0),
    `AXI_CHECK(r, csr,, _o,),
    .rid_i    (1'b0),
    .rdata_i  (csr_rdata_o),
    .rresp_i  (csr_rresp_o),
    .rlast_i  (1'b1)
  );
`endif
  // verilog_lint: waive-stop module-port

endmodule
