// SPDX-License-Identifier: Apache-2.0
//
// The command queue, both record queues with their registers, and the memory's arbiter, with
// flat ports for the bench. A fourth client of the arbiter is the bench itself.

module tb_queues
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_queue_pkg::*;
#(
  parameter int unsigned Config = 1  // 0 Small, 1 Base, 2 Full
) (
  input logic clk_i,
  input logic rst_ni,
  // registers
  input logic csr_valid_i,
  input logic csr_write_i,
  input logic [11:0] csr_offset_i,  // of 8 aligned bytes
  input logic [1:0] csr_half_i,
  input logic [63:0] csr_wdata_i,
  output logic [63:0] csr_rdata_o,
  input logic [31:0] fctl_i,
  input logic [3:0] mode_i,
  input logic [31:0] qosid_i,
  input logic flush_i,
  output logic flushing_o,
  // what the units report
  output logic [6:0] cq_status_o,  // as queue_status_t: advance is bit 6, idle is bit 0
  output logic [6:0] fq_status_o,
  output logic [6:0] pq_status_o,
  output logic [2:0] interrupt_o,
  // invalidation
  output logic inval_valid_o,
  output logic [2:0] inval_kind_o,
  output logic [4:0] inval_flags_o,  // av gv pscv dv nl
  output logic [63:0] inval_page_o,
  output logic [5:0] inval_log2_o,
  output logic [15:0] inval_gscid_o,
  output logic [19:0] inval_pscid_o,
  output logic [23:0] inval_device_id_o,
  output logic [19:0] inval_process_id_o,
  input logic inval_done_i,
  // drain
  output logic drain_valid_o,
  output logic drain_reads_o,
  output logic drain_writes_o,
  input logic drain_done_i,
  // ATS
  output logic message_valid_o,
  input logic message_ready_i,
  output logic message_kind_o,
  output logic [23:0] message_device_id_o,
  output logic message_segment_valid_o,
  output logic message_pasid_valid_o,
  output logic [19:0] message_process_id_o,
  output logic [4:0] message_itag_o,
  output logic [63:0] message_payload_o,
  input logic completion_valid_i,
  output logic completion_ready_o,
  output logic unsolicited_o,
  input logic [23:0] completion_device_id_i,
  input logic [31:0] completion_itags_i,
  input logic [2:0] completion_count_i,
  input logic [31:0] timeout_i,
  // records
  input logic fault_valid_i,
  output logic fault_ready_o,
  input logic [11:0] fault_cause_i,
  input logic [5:0] fault_ttyp_i,
  input logic [23:0] fault_device_id_i,
  input logic fault_pv_i,
  input logic [19:0] fault_process_id_i,
  input logic fault_privileged_i,
  input logic [63:0] fault_iotval_i,
  input logic [63:0] fault_iotval2_i,
  output logic fault_result_valid_o,
  output logic [1:0] fault_result_o,
  input logic page_valid_i,
  output logic page_ready_o,
  input logic [63:0] page_low_i,
  input logic [63:0] page_high_i,
  output logic page_result_valid_o,
  output logic [1:0] page_result_o,
  // the bench as a client of memory
  input logic user_valid_i,
  output logic user_ready_o,
  input logic [1:0] user_op_i,
  input logic [3:0] user_structure_i,
  input logic [63:0] user_address_i,
  input logic [2:0] user_beats_i,
  input logic user_half_i,
  input logic [5:0] user_tag_i,
  input logic user_wdata_valid_i,
  output logic user_wdata_ready_o,
  input logic [63:0] user_wdata_i,
  output logic user_rsp_valid_o,
  output logic user_rsp_last_o,
  output logic [1:0] user_rsp_status_o,
  output logic [5:0] user_rsp_tag_o,
  output logic [63:0] user_rsp_data_o,
  // AXI
  output logic ar_valid_o,
  input logic ar_ready_i,
  output logic aw_valid_o,
  input logic aw_ready_i,
  output logic [15:0] ar_id_o,
  aw_id_o,
  output logic [63:0] ar_addr_o,
  aw_addr_o,
  output logic [7:0] ar_len_o,
  aw_len_o,
  output logic [2:0] ar_size_o,
  aw_size_o,
  output logic [1:0] ar_burst_o,
  aw_burst_o,
  output logic [3:0] ar_cache_o,
  aw_cache_o,
  output logic [2:0] ar_prot_o,
  aw_prot_o,
  output logic [31:0] ar_user_o,
  aw_user_o,  // structure, rcid, mcid
  output logic [5:0] aw_atop_o,
  output logic w_valid_o,
  input logic w_ready_i,
  output logic [63:0] w_data_o,
  output logic [7:0] w_strb_o,
  output logic w_last_o,
  input logic r_valid_i,
  output logic r_ready_o,
  input logic [15:0] r_id_i,
  input logic [63:0] r_data_i,
  input logic [1:0] r_resp_i,
  input logic r_last_i,
  input logic r_poison_i,
  input logic b_valid_i,
  output logic b_ready_o,
  input logic [15:0] b_id_i,
  input logic [1:0] b_resp_i
);

  localparam config_t Cfg = Config == 0 ? ConfigSmall : Config == 1 ? ConfigBase : ConfigFull;
  localparam int unsigned Clients = 4;

  // --- registers ----------------------------------------------------------------------------

  csr_req_t csr;
  queue_state_t cq, fq, pq;
  queue_status_t cq_status, fq_status, pq_status;
  logic [63:0] cq_rdata, fq_rdata, pq_rdata;

  assign csr = '{
          valid: csr_valid_i,
          write: csr_write_i,
          slot: csr_offset_i[11:3],
          half: csr_half_i,
          wdata: csr_wdata_i
      };
  assign csr_rdata_o = cq_rdata | fq_rdata | pq_rdata;
  assign cq_status_o = cq_status;
  assign fq_status_o = fq_status;
  assign pq_status_o = pq_status;

  fctl_t fctl;
  assign fctl = fctl_t'(fctl_i);

  iommu_queue_regs #(
    .Commands  (1'b1),
    .BaseOffset(REG_CQB),
    .HeadOffset(REG_CQH),
    .CsrOffset (REG_CQCSR)
  ) u_cq_regs (
    .clk_i,
    .rst_ni,
    .req_i      (csr),
    .wsi_i      (fctl.wsi),
    .rdata_o    (cq_rdata),
    .status_i   (cq_status),
    .state_o    (cq),
    .interrupt_o(interrupt_o[0])
  );
  iommu_queue_regs #(
    .BaseOffset(REG_FQB),
    .HeadOffset(REG_FQH),
    .CsrOffset (REG_FQCSR)
  ) u_fq_regs (
    .clk_i,
    .rst_ni,
    .req_i      (csr),
    .wsi_i      (fctl.wsi),
    .rdata_o    (fq_rdata),
    .status_i   (fq_status),
    .state_o    (fq),
    .interrupt_o(interrupt_o[1])
  );
  iommu_queue_regs #(
    .BaseOffset(REG_PQB),
    .HeadOffset(REG_PQH),
    .CsrOffset (REG_PQCSR)
  ) u_pq_regs (
    .clk_i,
    .rst_ni,
    .req_i      (csr),
    .wsi_i      (fctl.wsi),
    .rdata_o    (pq_rdata),
    .status_i   (pq_status),
    .state_o    (pq),
    .interrupt_o(interrupt_o[2])
  );

  // --- units --------------------------------------------------------------------------------

  logic [Clients-1:0] req_valid, req_ready, wdata_valid, wdata_ready, rsp_valid;
  mem_req_t [Clients-1:0]       req;
  logic     [Clients-1:0][63:0] wdata;
  mem_rsp_t                     rsp;

  inval_t                       inval;
  ats_in_t                      ats_in;
  ats_out_t                     ats_out;
  fault_t                       fault;
  record_result_e fault_result, page_result;

  assign inval_kind_o = inval.kind;
  assign inval_flags_o = {inval.av, inval.gv, inval.pscv, inval.dv, inval.nl};
  assign inval_page_o = {12'h0, inval.page & ~inval.span};
  assign inval_log2_o = 6'($countones(inval.span));
  assign inval_gscid_o = inval.gscid;
  assign inval_pscid_o = inval.pscid;
  assign inval_device_id_o = inval.device_id;
  assign inval_process_id_o = inval.process_id;

  assign ats_in = '{
          completion_valid: completion_valid_i,
          completion: '{
              device_id: completion_device_id_i,
              itags: completion_itags_i,
              count: completion_count_i
          },
          timeout: timeout_i
      };
  assign message_valid_o = ats_out.message_valid;
  assign message_kind_o = ats_out.message.kind;
  assign message_device_id_o = ats_out.message.device_id;
  assign message_segment_valid_o = ats_out.message.segment_valid;
  assign message_pasid_valid_o = ats_out.message.pasid_valid;
  assign message_process_id_o = ats_out.message.process_id;
  assign message_itag_o = ats_out.message.itag;
  assign message_payload_o = ats_out.message.payload;
  assign completion_ready_o = ats_out.completion_ready;
  assign unsolicited_o = ats_out.unsolicited;

  iommu_cq #(
    .Cfg(Cfg)
  ) u_cq (
    .clk_i,
    .rst_ni,
    .state_i            (cq),
    .status_o           (cq_status),
    .fctl_i             (fctl),
    .mode_i             (ddtp_mode_e'(mode_i)),
    .qosid_i            (iommu_qosid_t'(qosid_i)),
    .flush_i,
    .flushing_o,
    .inval_valid_o,
    .inval_o            (inval),
    .inval_done_i,
    .drain_valid_o,
    .drain_reads_o,
    .drain_writes_o,
    .drain_done_i,
    .ats_i              (ats_in),
    .ats_message_ready_i(message_ready_i),
    .ats_o              (ats_out),
    .mem_valid_o        (req_valid[0]),
    .mem_ready_i        (req_ready[0]),
    .mem_o              (req[0]),
    .mem_wdata_valid_o  (wdata_valid[0]),
    .mem_wdata_ready_i  (wdata_ready[0]),
    .mem_wdata_o        (wdata[0]),
    .mem_rsp_valid_i    (rsp_valid[0]),
    .mem_rsp_i          (rsp)
  );

  assign fault = '{
          cause: cause_e'(fault_cause_i),
          ttyp: ttyp_e'(fault_ttyp_i),
          identity: '{
              device_id: fault_device_id_i,
              process_id_valid: fault_pv_i,
              process_id: fault_process_id_i,
              privileged: fault_privileged_i
          },
          iotval: fault_iotval_i,
          iotval2: fault_iotval2_i
      };
  assign fault_result_o = fault_result;
  assign page_result_o = page_result;

  iommu_record_queue #(
    .Cfg      (Cfg),
    .Words    (4),
    .Structure(STRUCT_FQ)
  ) u_fq (
    .clk_i,
    .rst_ni,
    .state_i          (fq),
    .status_o         (fq_status),
    .fctl_i           (fctl),
    .qosid_i          (iommu_qosid_t'(qosid_i)),
    .record_valid_i   (fault_valid_i),
    .record_ready_o   (fault_ready_o),
    .record_i         (fault_record(fault)),
    .result_valid_o   (fault_result_valid_o),
    .result_o         (fault_result),
    .mem_valid_o      (req_valid[1]),
    .mem_ready_i      (req_ready[1]),
    .mem_o            (req[1]),
    .mem_wdata_valid_o(wdata_valid[1]),
    .mem_wdata_ready_i(wdata_ready[1]),
    .mem_wdata_o      (wdata[1]),
    .mem_rsp_valid_i  (rsp_valid[1]),
    .mem_rsp_i        (rsp)
  );

  iommu_record_queue #(
    .Cfg      (Cfg),
    .Words    (2),
    .Structure(STRUCT_PQ)
  ) u_pq (
    .clk_i,
    .rst_ni,
    .state_i          (pq),
    .status_o         (pq_status),
    .fctl_i           (fctl),
    .qosid_i          (iommu_qosid_t'(qosid_i)),
    .record_valid_i   (page_valid_i),
    .record_ready_o   (page_ready_o),
    .record_i         ({page_high_i, page_low_i}),
    .result_valid_o   (page_result_valid_o),
    .result_o         (page_result),
    .mem_valid_o      (req_valid[2]),
    .mem_ready_i      (req_ready[2]),
    .mem_o            (req[2]),
    .mem_wdata_valid_o(wdata_valid[2]),
    .mem_wdata_ready_i(wdata_ready[2]),
    .mem_wdata_o      (wdata[2]),
    .mem_rsp_valid_i  (rsp_valid[2]),
    .mem_rsp_i        (rsp)
  );

  assign req_valid[3] = user_valid_i;
  assign user_ready_o = req_ready[3];
  assign req[3] = '{
          op: mem_op_e'(user_op_i),
          structure: structure_e'(user_structure_i),
          address: user_address_i[PhysicalBits-1:0],
          beats: user_beats_i,
          half: user_half_i,
          rcid: qosid_i[11:0],
          mcid: qosid_i[27:16],
          tag: user_tag_i
      };
  assign wdata_valid[3] = user_wdata_valid_i;
  assign user_wdata_ready_o = wdata_ready[3];
  assign wdata[3] = user_wdata_i;
  assign user_rsp_valid_o = rsp_valid[3];
  assign user_rsp_last_o = rsp.last;
  assign user_rsp_status_o = rsp.status;
  assign user_rsp_tag_o = rsp.tag;
  assign user_rsp_data_o = rsp.data;

  // --- memory -------------------------------------------------------------------------------

  mem_ax_t ar, aw;
  mem_w_t w;
  mem_r_t r;
  axi_b_t b;

  iommu_memory #(
    .Cfg    (Cfg),
    .Clients(Clients),
    .Readers(4'b1001),
    .Writers(4'b1111)
  ) u_memory (
    .clk_i,
    .rst_ni,
    .req_valid_i  (req_valid),
    .req_ready_o  (req_ready),
    .req_i        (req),
    .wdata_valid_i(wdata_valid),
    .wdata_ready_o(wdata_ready),
    .wdata_i      (wdata),
    .rsp_valid_o  (rsp_valid),
    .rsp_o        (rsp),
    .ar_valid_o,
    .ar_ready_i,
    .ar_o         (ar),
    .r_valid_i,
    .r_ready_o,
    .r_i          (r),
    .aw_valid_o,
    .aw_ready_i,
    .aw_o         (aw),
    .w_valid_o,
    .w_ready_i,
    .w_o          (w),
    .b_valid_i,
    .b_ready_o,
    .b_i          (b)
  );

  assign {ar_id_o, ar_addr_o, ar_len_o, ar_size_o} = {ar.id, 64'(ar.addr), ar.len, ar.size};
  assign {ar_burst_o, ar_cache_o, ar_prot_o, ar_user_o} = {
    ar.burst, ar.cache, ar.prot, 32'(ar.user)
  };
  assign {aw_id_o, aw_addr_o, aw_len_o, aw_size_o} = {aw.id, 64'(aw.addr), aw.len, aw.size};
  assign {aw_burst_o, aw_cache_o, aw_prot_o, aw_user_o} = {
    aw.burst, aw.cache, aw.prot, 32'(aw.user)
  };
  assign aw_atop_o = aw.atop;
  assign {w_data_o, w_strb_o, w_last_o} = {w.data, w.strb, w.last};
  assign r = '{
          id: r_id_i,
          data: r_data_i,
          resp: resp_e'(r_resp_i),
          last: r_last_i,
          poison: r_poison_i
      };
  assign b = '{id: b_id_i, resp: resp_e'(b_resp_i)};

  assert property (@(posedge clk_i) disable iff (!rst_ni) ar_valid_o |-> ar.atop == ATOP_NONE);

endmodule
