// SPDX-License-Identifier: Apache-2.0
//
// The register side with flat ports, for sim/regs: iommu_axi_lite on iommu_regs, and what the
// bench needs to see of the accesses between them.

module tb_regs
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
#(
  parameter int Config    = 1,  // 0 Small, 1 Base, 2 Full
  parameter int DataWidth = 64
) (
  input logic clk_i,
  input logic rst_ni,
  input logic strap_debug_disable_i,
  input logic strap_reset_mode_i,
  // the bus; with 32 bits of data, the upper half is not used
  input logic awvalid_i,
  output logic awready_o,
  input logic [11:0] awaddr_i,
  input logic wvalid_i,
  output logic wready_o,
  input logic [63:0] wdata_i,
  input logic [7:0] wstrb_i,
  output logic bvalid_o,
  input logic bready_i,
  output logic [1:0] bresp_o,
  input logic arvalid_i,
  output logic arready_o,
  input logic [11:0] araddr_i,
  output logic rvalid_o,
  input logic rready_i,
  output logic [63:0] rdata_o,
  output logic [1:0] rresp_o,
  // accesses, in the cycle in which they take effect
  output logic access_o,
  output logic access_write_o,
  output logic [11:0] access_offset_o,
  output logic [1:0] access_half_o,
  output logic [63:0] access_wdata_o,
  output logic [63:0] access_rdata_o,
  // other units' reports: cq, fq, pq; each idle, fence, illegal, timeout, overflow, fault, advance
  input logic [6:0] queue_i[3],
  input logic ddtp_busy_i,
  input logic debug_valid_i,
  input logic [63:0] debug_response_i,  // as in tr_response
  // what they see: cq, fq, pq
  output logic [63:0] fctl_o,
  output logic [63:0] ddtp_o,
  output logic [63:0] qosid_o,
  output logic flush_o,
  output logic [63:0] queue_ppn_o[3],
  output logic [63:0] queue_index_o[3],  // {tail, head}
  output logic [31:0] queue_mask_o[3],
  output logic [4:0] queue_flags_o[3],  // {stopped, overflow, fault, on, enable}
  output logic debug_go_o,
  output logic [63:0] debug_iova_o,
  output logic [63:0] debug_identity_o,  // {access, 0, process_id, valid, privileged, device_id}
  // events: {untranslated, translated, ats, 0, privileged, valid, process_id, device_id}
  input logic [63:0] request_i[4],
  // {tlb_miss, ddt, pdt, first, second, 0, as above}, {0, gv, gscid, pscv, pscid}
  input logic [63:0] walk_i,
  input logic [63:0] walk_space_i,
  // interrupts
  output logic [15:0] wires_o,
  output logic mem_valid_o,
  input logic mem_ready_i,
  output logic [63:0] mem_address_o,
  output logic [63:0] mem_wdata_o,
  output logic [63:0] mem_ids_o,  // {rcid, mcid} at 16 and 0; bit 63: all else as it must be
  input logic mem_rsp_valid_i,
  input logic mem_rsp_bad_i,
  output logic fault_valid_o,
  input logic fault_ready_i,
  output logic [11:0] fault_cause_o,
  output logic [63:0] fault_iotval_o,
  output logic fault_plain_o  // all else is 0
);

  localparam config_t Cfg = Config == 0 ? ConfigSmall : Config == 1 ? ConfigBase : ConfigFull;
  localparam int unsigned Requests = 2 * Cfg.Ports;

  csr_req_t                      req;
  csr_rsp_t                      rsp;
  regs_to_core_t                 to_core;
  core_to_regs_t                 from_core;

  logic          [DataWidth-1:0] rdata;
  assign rdata_o = 64'(rdata);

  iommu_axi_lite #(
    .DataWidth(DataWidth)
  ) u_axi_lite (
    .clk_i,
    .rst_ni,
    .awvalid_i,
    .awready_o,
    .awaddr_i,
    .wvalid_i,
    .wready_o,
    .wdata_i(wdata_i[DataWidth-1:0]),
    .wstrb_i(wstrb_i[DataWidth/8-1:0]),
    .bvalid_o,
    .bready_i,
    .bresp_o,
    .arvalid_i,
    .arready_o,
    .araddr_i,
    .rvalid_o,
    .rready_i,
    .rdata_o(rdata),
    .rresp_o,
    .busy_o (),
    .req_o  (req),
    .rsp_i  (rsp)
  );

  assign access_o        = req.valid && rsp.ready;
  assign access_write_o  = req.write;
  assign access_offset_o = {req.slot, 3'b000};
  assign access_half_o   = req.half;
  assign access_wdata_o  = req.wdata;
  assign access_rdata_o  = rsp.rdata;

  function automatic queue_status_t status_of(logic [6:0] bits);
    return
    '{
        idle: bits[6],
        set_fence: bits[5],
        set_illegal: bits[4],
        set_timeout: bits[3],
        set_overflow: bits[2],
        set_memory_fault: bits[1],
        advance: bits[0]
    }
    ;
  endfunction

  always_comb begin
    tr_response_t response;
    response = tr_response_t'(debug_response_i);
    from_core.ddtp_busy = ddtp_busy_i;
    from_core.cq = status_of(queue_i[0]);
    from_core.fq = status_of(queue_i[1]);
    from_core.pq = status_of(queue_i[2]);
    from_core.debug = '{
        valid: debug_valid_i,
        fault: response.fault,
        ppn: response.ppn,
        s: response.s,
        pbmt: pbmt_e'(response.pbmt)
    };
  end

  function automatic identity_t identity_of(logic [63:0] bits);
    return
    '{
        device_id: bits[23:0],
        process_id: bits[43:24],
        process_id_valid: bits[44],
        privileged: bits[45]
    }
    ;
  endfunction

  hpm_request_t [Requests-1:0] requests;
  hpm_walk_t    [         0:0] walks;

  for (genvar i = 0; i < Requests; i++) begin : g_request
    assign requests[i] = '{
            untranslated: request_i[i][63],
            translated: request_i[i][62],
            ats: request_i[i][61],
            identity: identity_of(request_i[i])
        };
  end

  assign walks[0] = '{
          tlb_miss: walk_i[63],
          ddt_walk: walk_i[62],
          pdt_walk: walk_i[61],
          first_stage: walk_i[60],
          second_stage: walk_i[59],
          identity: identity_of(walk_i),
          space: '{
              gv: walk_space_i[37],
              gscid: walk_space_i[36:21],
              pscv: walk_space_i[20],
              pscid: walk_space_i[19:0]
          }
      };

  mem_req_t mem;
  mem_rsp_t mem_rsp;
  fault_t   fault;

  iommu_regs #(
    .Cfg(Cfg)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .strap_debug_disable_i,
    .strap_reset_mode_i,
    .req_i     (req),
    .rsp_o     (rsp),
    .core_o    (to_core),
    .core_i    (from_core),
    .requests_i(requests),
    .walks_i   (walks),
    .wires_o,
    .mem_valid_o,
    .mem_ready_i,
    .mem_o     (mem),
    .mem_wdata_o,
    .mem_rsp_valid_i,
    .mem_rsp_i (mem_rsp),
    .fault_valid_o,
    .fault_ready_i,
    .fault_o   (fault),
    .idle_o    ()
  );

  assign fctl_o  = 64'(to_core.fctl);
  assign ddtp_o  = to_core.ddtp;
  assign qosid_o = 64'(to_core.qosid);
  assign flush_o = to_core.flush;

  queue_state_t [2:0] queues;
  assign queues = {to_core.pq, to_core.fq, to_core.cq};

  for (genvar i = 0; i < 3; i++) begin : g_queue
    assign queue_ppn_o[i] = 64'(queues[i].ppn);
    assign queue_index_o[i] = {queues[i].tail, queues[i].head};
    assign queue_mask_o[i] = queues[i].mask;
    assign queue_flags_o[i] = {
      queues[i].stopped, queues[i].overflow, queues[i].memory_fault, queues[i].on, queues[i].enable
    };
  end

  assign debug_go_o = to_core.debug.go;
  assign debug_iova_o = {to_core.debug.vpn, 12'h0};
  assign debug_identity_o = {
    to_core.debug.access,
    16'h0,
    to_core.debug.identity.privileged,
    to_core.debug.identity.process_id_valid,
    to_core.debug.identity.process_id,
    to_core.debug.identity.device_id
  };

  assign mem_rsp = '{
          last: 1'b1,
          status: mem_rsp_bad_i ? MEM_ACCESS_FAULT : MEM_OK,
          tag: mem.tag,
          data: '0
      };
  assign mem_address_o = 64'(mem.address);
  assign mem_ids_o = {
    mem.op == MEM_WRITE && mem.structure == STRUCT_MSI && mem.half && mem.beats == '0,
    31'h0,
    4'h0,
    mem.rcid,
    4'h0,
    mem.mcid
  };

  assign fault_cause_o = fault.cause;
  assign fault_iotval_o = fault.iotval;
  assign fault_plain_o = fault.ttyp == TTYP_NONE && fault.identity == '0 && fault.iotval2 == '0;

endmodule
