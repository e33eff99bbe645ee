// SPDX-License-Identifier: Apache-2.0
//
// The walker with flat ports, for sim/walker/main.cpp.

module tb_walker
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter int Config = 1  // 0 Small, 1 Base, 2 Full
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [63:0] ddtp_i,
  input  logic [31:0] fctl_i,
  output logic [63:0] capabilities_o,
  // request
  input  logic        req_valid_i,
  output logic        req_ready_o,
  input  logic [ 8:0] req_tag_i,
  input  logic        req_line_i,
  input  logic [ 1:0] req_kind_i,
  input  logic [ 1:0] req_access_i,
  input  logic        req_execute_i,
  input  logic [23:0] req_device_id_i,
  input  logic        req_pv_i,
  input  logic [19:0] req_process_id_i,
  input  logic        req_privileged_i,
  input  logic [63:0] req_iova_i,
  // answer
  output logic        rsp_valid_o,
  input  logic        rsp_ready_i,
  output logic [ 8:0] rsp_tag_o,
  output logic        rsp_fault_o,
  output logic [ 1:0] rsp_target_o,
  output logic [43:0] rsp_ppn_o,
  output logic [ 2:0] rsp_perms_o,         // x w r
  output logic [ 1:0] rsp_pbmt_o,
  output logic [ 5:0] rsp_log2_o,
  output logic        rsp_global_o,
  output logic [11:0] rsp_cause_o,
  output logic [11:0] rsp_rcid_o,
  output logic [11:0] rsp_mcid_o,
  // fault record
  output logic        fault_valid_o,
  input  logic        fault_ready_i,
  output logic [11:0] fault_cause_o,
  output logic [ 5:0] fault_ttyp_o,
  output logic [63:0] fault_iotval_o,
  output logic [63:0] fault_iotval2_o,
  // memory
  output logic        mem_valid_o,
  input  logic        mem_ready_i,
  output logic [ 1:0] mem_op_o,
  output logic [ 3:0] mem_structure_o,
  output logic [55:0] mem_address_o,
  output logic [ 2:0] mem_beats_o,
  output logic [ 5:0] mem_tag_o,
  output logic [63:0] mem_compare_o,
  output logic [63:0] mem_swap_o,
  input  logic        mem_rsp_valid_i,
  input  logic        mem_rsp_last_i,
  input  logic [ 1:0] mem_rsp_status_i,
  input  logic [ 5:0] mem_rsp_tag_i,
  input  logic [63:0] mem_rsp_data_i,
  // invalidation
  input  logic        inval_valid_i,
  input  logic [ 2:0] inval_kind_i,
  input  logic        inval_av_i,
  input  logic        inval_gv_i,
  input  logic        inval_pscv_i,
  input  logic        inval_dv_i,
  input  logic [51:0] inval_page_i,
  input  logic [ 5:0] inval_log2_i,
  input  logic [15:0] inval_gscid_i,
  input  logic [19:0] inval_pscid_i,
  input  logic [23:0] inval_device_id_i,
  input  logic [19:0] inval_process_id_i,
  output logic        inval_done_o,
  output logic        idle_o
);

  localparam config_t Cfg = Config == 0 ? ConfigSmall : Config == 1 ? ConfigBase : ConfigFull;

  walk_req_t              req;
  xlate_rsp_t             rsp;
  fault_t                 fault;
  mem_req_t               mem;
  logic       [1:0][63:0] wdata;
  mem_rsp_t               mem_rsp;
  inval_t                 inval;

  assign capabilities_o = capabilities_of(Cfg);
  assign req.req = '{
          requester: '{
              unit: UNIT_PORT,
              port: req_tag_i[8:7],
              write: req_tag_i[6],
              slot: req_tag_i[5:0]
          },
          kind: request_type_e'({1'b0, req_kind_i}),
          access : access_e'(req_access_i),
          execute: req_execute_i,
          identity: '{
              device_id: req_device_id_i,
              process_id_valid: req_pv_i,
              process_id: req_process_id_i,
              privileged: req_privileged_i
          },
          iova: req_iova_i
      };
  assign req.line = req_line_i;
  assign req.stream = 1'b0;
  assign req.brief = 1'b0;
  assign req.direct = '0;
  assign rsp_tag_o = {rsp.requester.port, rsp.requester.write, rsp.requester.slot};
  assign rsp_fault_o = rsp.fault;
  assign rsp_target_o = rsp.target;
  assign rsp_ppn_o = rsp.ppn;
  assign rsp_perms_o = rsp.perms;
  assign rsp_pbmt_o = rsp.pbmt;
  assign rsp_log2_o = rsp.log2;
  assign rsp_global_o = rsp.is_global;
  assign rsp_cause_o = rsp.cause;
  assign rsp_rcid_o = rsp.rcid;
  assign rsp_mcid_o = rsp.mcid;
  assign fault_cause_o = fault.cause;
  assign fault_ttyp_o = fault.ttyp;
  assign fault_iotval_o = fault.iotval;
  assign fault_iotval2_o = fault.iotval2;
  assign mem_op_o = mem.op;
  assign mem_structure_o = mem.structure;
  assign mem_address_o = mem.address;
  assign mem_beats_o = mem.beats;
  assign mem_tag_o = mem.tag;
  assign mem_compare_o = wdata[0];
  assign mem_swap_o = wdata[1];
  assign mem_rsp = '{
          last: mem_rsp_last_i,
          status: mem_status_e'(mem_rsp_status_i),
          tag: mem_rsp_tag_i,
          data: mem_rsp_data_i
      };
  assign inval = '{
          kind: inval_e'(inval_kind_i),
          av: inval_av_i,
          gv: inval_gv_i,
          pscv: inval_pscv_i,
          dv: inval_dv_i,
          nl: 1'b0,
          page: inval_page_i,
          span: (52'd1 << inval_log2_i) - 52'd1,
          gscid: inval_gscid_i,
          pscid: inval_pscid_i,
          device_id: inval_device_id_i,
          process_id: inval_process_id_i
      };

  iommu_walker #(
    .Cfg(Cfg)
  ) u_walker (
    .clk_i,
    .rst_ni,
    .ddtp_i        (ddtp_t'(ddtp_i)),
    .fctl_i        (fctl_t'(fctl_i)),
    .qosid_i       (Cfg.Qos ? iommu_qosid_t'(32'h0011_0022) : '0),
    .req_valid_i,
    .req_ready_o,
    .req_i         (req),
    .rsp_valid_o,
    .rsp_ready_i,
    .rsp_o         (rsp),
    .tlb_valid_o   (),
    .tlb_ready_i   (1'b1),
    .tlb_o         (),
    .short_valid_o (),
    .short_o       (),
    .parity_error_o(),
    .fault_valid_o,
    .fault_ready_i,
    .fault_o       (fault),
    .mem_valid_o,
    .mem_ready_i,
    .mem_o         (mem),
    .mem_wdata_o   (wdata),
    .mem_rsp_valid_i,
    .mem_rsp_i     (mem_rsp),
    .inval_valid_i,
    .inval_i       (inval),
    .inval_done_o,
    .idle_o,
    .event_o       ()
  );

endmodule
