// SPDX-License-Identifier: Apache-2.0
//
// What stands between the queues, the translation and the ports, with flat pins for the bench:
// the message port with its page-request queue, MRIF accesses, debug translations, the faults'
// arbiter, changes of ddtp, quiesce. The bench is the walker, memory, command queue, caches,
// device ports and registers.

module tb_glue
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_queue_pkg::*;
#(
  localparam config_t Cfg = ConfigFull,
  localparam int unsigned Ports = 2,
  localparam int unsigned Sources = 4,  // of faults: messages, MRIFs, two of the bench's own
  localparam int unsigned Units = 3
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [ 7:0] mutant_i,                    // of mutate.py; 0: none
  input  logic        hold_i,
  input  logic [31:0] fctl_i,
  // messages
  input  logic        stop_i,
  output logic        ats_idle_o,
  output logic        ats_waiting_o,
  output logic        ats_hpm_o,
  output logic [45:0] ats_hpm_identity_o,          // device_id, valid, process_id, privileged
  input  logic        ats_req_valid_i,
  output logic        ats_req_ready_o,
  input  logic [ 1:0] ats_req_kind_i,
  input  logic [45:0] ats_req_identity_i,
  input  logic        ats_req_execute_i,
  input  logic        ats_req_no_write_i,
  input  logic [ 9:0] ats_req_tag_i,
  input  logic [63:0] ats_req_payload_i,
  input  logic [31:0] ats_req_itags_i,
  input  logic [ 2:0] ats_req_count_i,
  output logic        ats_rsp_valid_o,
  input  logic        ats_rsp_ready_i,
  output logic [ 1:0] ats_rsp_kind_o,
  output logic [23:0] ats_rsp_device_id_o,
  output logic        ats_rsp_segment_valid_o,
  output logic        ats_rsp_pv_o,
  output logic [19:0] ats_rsp_process_id_o,
  output logic [ 4:0] ats_rsp_itag_o,
  output logic [ 9:0] ats_rsp_tag_o,
  output logic [ 1:0] ats_rsp_status_o,
  output logic [63:0] ats_rsp_payload_o,
  input  logic [31:0] ats_timeout_i,
  // the command queue's side of messages
  output logic [31:0] cq_timeout_o,
  output logic        cq_completion_valid_o,
  output logic [23:0] cq_completion_device_id_o,
  output logic [31:0] cq_completion_itags_o,
  output logic [ 2:0] cq_completion_count_o,
  input  logic        cq_completion_ready_i,
  input  logic        cq_unsolicited_i,
  output logic        cq_message_ready_o,
  input  logic        cq_message_valid_i,
  input  logic        cq_message_kind_i,
  input  logic [23:0] cq_message_device_id_i,
  input  logic        cq_message_segment_valid_i,
  input  logic        cq_message_pv_i,
  input  logic [19:0] cq_message_process_id_i,
  input  logic [ 4:0] cq_message_itag_i,
  input  logic [63:0] cq_message_payload_i,
  // translation; answers: for messages, or for the debug interface
  output logic        ats_x_valid_o,
  input  logic        ats_x_ready_i,
  output logic [10:0] ats_x_requester_o,
  output logic [ 2:0] ats_x_kind_o,
  output logic [ 1:0] ats_x_access_o,
  output logic        ats_x_execute_o,
  output logic [45:0] ats_x_identity_o,
  output logic [63:0] ats_x_iova_o,
  output logic        debug_x_valid_o,
  input  logic        debug_x_ready_i,
  output logic [10:0] debug_x_requester_o,
  output logic [ 2:0] debug_x_kind_o,
  output logic [ 1:0] debug_x_access_o,
  output logic [45:0] debug_x_identity_o,
  output logic [63:0] debug_x_iova_o,
  input  logic        rsp_ats_valid_i,
  input  logic        rsp_debug_valid_i,
  input  logic [10:0] rsp_requester_i,
  input  logic        rsp_fault_i,
  input  logic [ 1:0] rsp_target_i,
  input  logic [63:0] rsp_page_i,                  // gpa_high and ppn
  input  logic [ 2:0] rsp_perms_i,
  input  logic [ 1:0] rsp_pbmt_i,
  input  logic [ 5:0] rsp_log2_i,
  input  logic        rsp_global_i,
  input  logic [11:0] rsp_cause_i,
  input  logic [ 4:0] rsp_flags_i,                 // en_ats en_pri prpr dtf t2gpa
  // page-request queue
  input  logic        csr_valid_i,
  input  logic        csr_write_i,
  input  logic [11:0] csr_offset_i,
  input  logic [ 1:0] csr_half_i,
  input  logic [63:0] csr_wdata_i,
  output logic [63:0] csr_rdata_o,
  output logic        pq_idle_o,
  // memory: the page-request queue's, and that of MRIFs
  output logic        pq_mem_valid_o,
  input  logic        pq_mem_ready_i,
  output logic [63:0] pq_mem_address_o,
  output logic        pq_wdata_valid_o,
  input  logic        pq_wdata_ready_i,
  output logic [63:0] pq_wdata_o,
  input  logic        pq_mem_rsp_valid_i,
  output logic        mrif_mem_valid_o,
  input  logic        mrif_mem_ready_i,
  output logic [ 1:0] mrif_mem_op_o,
  output logic [ 3:0] mrif_mem_structure_o,
  output logic [63:0] mrif_mem_address_o,
  output logic [ 2:0] mrif_mem_beats_o,
  output logic        mrif_mem_half_o,
  output logic [23:0] mrif_mem_qos_o,              // rcid, mcid
  output logic        mrif_wdata_valid_o,
  input  logic        mrif_wdata_ready_i,
  output logic [63:0] mrif_wdata_o,
  input  logic        mrif_mem_rsp_valid_i,
  input  logic [ 1:0] mem_rsp_status_i,
  // MRIF accesses; both ports offer the same one
  input  logic [ 1:0] mrif_req_valid_i,
  output logic [ 1:0] mrif_req_ready_o,
  input  logic [63:0] mrif_address_i,
  input  logic [63:0] mrif_notice_i,
  input  logic [10:0] mrif_nid_i,
  input  logic        mrif_write_i,
  input  logic        mrif_word_i,
  input  logic [45:0] mrif_identity_i,
  input  logic        mrif_translated_i,
  input  logic [ 1:0] mrif_access_i,
  input  logic [63:0] mrif_iova_i,
  input  logic [31:0] mrif_data_i,
  input  logic        mrif_dtf_i,
  input  logic [23:0] mrif_qos_i,
  output logic [ 1:0] mrif_rsp_valid_o,
  output logic        mrif_rsp_ok_o,
  output logic        mrif_idle_o,
  // faults
  output logic [ 3:0] fault_valid_o,               // as the arbiter sees them
  output logic [ 3:0] fault_ready_o,
  input  logic [ 1:0] fault_valid_i,               // of the bench's own
  input  logic [63:0] fault_iotval_i,              // with the source's number in the low bits
  output logic        record_valid_o,
  input  logic        record_ready_i,
  output logic [63:0] record_0_o,
  record_1_o,
  record_2_o,
  record_3_o,
  // debug
  input  logic        debug_go_i,
  input  logic [45:0] debug_identity_i,
  input  logic [ 1:0] debug_access_i,
  input  logic [51:0] debug_vpn_i,
  output logic        debug_valid_o,
  output logic        debug_fault_o,
  output logic        debug_s_o,
  output logic [43:0] debug_ppn_o,
  output logic [ 1:0] debug_pbmt_o,
  output logic        debug_idle_o,
  output logic        debug_hpm_o,
  output logic [45:0] debug_hpm_identity_o,
  input  logic        debug_hpm_ready_i,
  // changes of ddtp
  input  logic        ddtp_changed_i,
  input  logic        fctl_changed_i,
  input  logic        flushing_i,
  input  logic        ats_waiting_i,
  output logic        ddtp_busy_o,
  output logic        hold_o,
  input  logic        cq_inval_valid_i,
  input  logic [15:0] cq_inval_gscid_i,
  output logic        cq_inval_done_o,
  output logic        inval_valid_o,
  output logic [ 2:0] inval_kind_o,
  output logic [15:0] inval_gscid_o,
  input  logic        inval_done_i,
  input  logic        cq_drain_valid_i,
  input  logic [ 1:0] cq_drain_kinds_i,            // reads, writes
  output logic        cq_drain_done_o,
  output logic [ 1:0] drain_valid_o,
  output logic [ 1:0] drain_kinds_o,
  input  logic [ 1:0] drain_done_i,
  // quiesce
  input  logic        quiesce_req_i,
  output logic        quiesce_ack_o,
  output logic        stop_o,
  input  logic [ 2:0] busy_i,
  input  logic        arriving_i,
  input  logic        wake_i,
  output logic        idle_o
);

  fctl_t fctl;
  assign fctl = fctl_t'(fctl_i);

  // Only mutate.py's copies of the modules look at it.
  // verilator lint_off UNUSEDSIGNAL
  logic unused;
  assign unused = &{1'b0, mutant_i};
  // verilator lint_on UNUSEDSIGNAL

  // --- answers of the translation -----------------------------------------------------------

  xlate_rsp_t rsp;

  always_comb begin
    rsp           = '0;
    rsp.requester = requester_t'(rsp_requester_i);
    rsp.fault     = rsp_fault_i;
    rsp.target    = target_e'(rsp_target_i);
    rsp.ppn       = rsp_page_i[43:0];
    rsp.gpa_high  = rsp_page_i[46:44];
    rsp.perms     = perms_t'(rsp_perms_i);
    rsp.pbmt      = pbmt_e'(rsp_pbmt_i);
    rsp.log2      = rsp_log2_i;
    rsp.is_global = rsp_global_i;
    rsp.cause     = cause_e'(rsp_cause_i);
    rsp.flags     = dc_flags_t'(rsp_flags_i);
  end

  // --- messages -----------------------------------------------------------------------------

  ats_request_t  ats_req;
  ats_response_t ats_rsp;
  ats_in_t       to_cq;
  ats_out_t      from_cq;
  xlate_req_t ats_x, debug_x;
  hpm_request_t ats_hpm, debug_hpm;
  identity_t ats_req_identity;
  logic page_valid, page_ready, result_valid;
  logic           [1:0][63:0] page;
  record_result_e             result;

  logic [Sources-1:0] fault_valid, fault_ready;
  fault_t [Sources-1:0] fault;

  assign ats_req_identity = identity_t'(ats_req_identity_i);
  assign ats_req = '{
          kind: ats_request_e'(ats_req_kind_i),
          device_id: ats_req_identity.device_id,
          pasid_valid: ats_req_identity.process_id_valid,
          process_id: ats_req_identity.process_id,
          privileged: ats_req_identity.privileged,
          execute: ats_req_execute_i,
          no_write: ats_req_no_write_i,
          tag: ats_req_tag_i,
          payload: ats_req_payload_i,
          itags: ats_req_itags_i,
          count: ats_req_count_i
      };
  assign from_cq = '{
          message_valid: cq_message_valid_i,
          message: '{
              kind: message_e'(cq_message_kind_i),
              device_id: cq_message_device_id_i,
              segment_valid: cq_message_segment_valid_i,
              pasid_valid: cq_message_pv_i,
              process_id: cq_message_process_id_i,
              itag: cq_message_itag_i,
              payload: cq_message_payload_i
          },
          completion_ready: cq_completion_ready_i,
          unsolicited: cq_unsolicited_i
      };

  iommu_ats #(
    .Slots(8)
  ) u_ats (
    .clk_i,
    .rst_ni,
    .hold_i,
    .stop_i,
    .idle_o        (ats_idle_o),
    .waiting_o     (ats_waiting_o),
    .hpm_o         (ats_hpm),
    .ats_req_valid_i,
    .ats_req_ready_o,
    .ats_req_i     (ats_req),
    .ats_rsp_valid_o,
    .ats_rsp_ready_i,
    .ats_rsp_o     (ats_rsp),
    .ats_timeout_i,
    .cq_o          (to_cq),
    .cq_message_ready_o,
    .cq_i          (from_cq),
    .xlate_valid_o (ats_x_valid_o),
    .xlate_ready_i (ats_x_ready_i),
    .xlate_o       (ats_x),
    .rsp_valid_i   (rsp_ats_valid_i),
    .rsp_i         (rsp),
    .record_valid_o(page_valid),
    .record_ready_i(page_ready),
    .record_o      (page),
    .result_valid_i(result_valid),
    .result_i      (result),
    .fault_valid_o (fault_valid[0]),
    .fault_ready_i (fault_ready[0]),
    .fault_o       (fault[0])
  );

  assign ats_hpm_o = ats_hpm.ats;
  assign ats_hpm_identity_o = ats_hpm.identity;
  assign {ats_rsp_kind_o, ats_rsp_device_id_o, ats_rsp_segment_valid_o} = {
    ats_rsp.kind, ats_rsp.device_id, ats_rsp.segment_valid
  };
  assign {ats_rsp_pv_o, ats_rsp_process_id_o, ats_rsp_itag_o} = {
    ats_rsp.pasid_valid, ats_rsp.process_id, ats_rsp.itag
  };
  assign {ats_rsp_tag_o, ats_rsp_status_o, ats_rsp_payload_o} = {
    ats_rsp.tag, ats_rsp.status, ats_rsp.payload
  };
  assign {cq_timeout_o, cq_completion_valid_o} = {to_cq.timeout, to_cq.completion_valid};
  assign {cq_completion_device_id_o, cq_completion_itags_o, cq_completion_count_o} =
      to_cq.completion;
  assign {ats_x_requester_o, ats_x_kind_o, ats_x_access_o, ats_x_execute_o, ats_x_identity_o,
          ats_x_iova_o} = ats_x;
  assign {debug_x_requester_o, debug_x_kind_o, debug_x_access_o} = {
    debug_x.requester, debug_x.kind, debug_x.access
  };
  assign {debug_x_identity_o, debug_x_iova_o} = {debug_x.identity, debug_x.iova};

  // --- page-request queue -------------------------------------------------------------------

  csr_req_t      csr;
  queue_state_t  pq;
  queue_status_t pq_status;
  mem_req_t pq_mem, mrif_mem;
  mem_rsp_t mem_rsp;

  assign csr = '{
          valid: csr_valid_i,
          write: csr_write_i,
          slot: csr_offset_i[11:3],
          half: csr_half_i,
          wdata: csr_wdata_i
      };
  assign mem_rsp = '{last: 1'b1, status: mem_status_e'(mem_rsp_status_i), default: '0};
  assign pq_idle_o = pq_status.idle;
  assign pq_mem_address_o = 64'(pq_mem.address);

  iommu_queue_regs #(
    .BaseOffset(REG_PQB),
    .HeadOffset(REG_PQH),
    .CsrOffset (REG_PQCSR)
  ) u_pq_regs (
    .clk_i,
    .rst_ni,
    .req_i      (csr),
    .wsi_i      (1'b1),
    .rdata_o    (csr_rdata_o),
    .status_i   (pq_status),
    .state_o    (pq),
    .interrupt_o()
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
    .qosid_i          ('0),
    .record_valid_i   (page_valid),
    .record_ready_o   (page_ready),
    .record_i         (page),
    .result_valid_o   (result_valid),
    .result_o         (result),
    .mem_valid_o      (pq_mem_valid_o),
    .mem_ready_i      (pq_mem_ready_i),
    .mem_o            (pq_mem),
    .mem_wdata_valid_o(pq_wdata_valid_o),
    .mem_wdata_ready_i(pq_wdata_ready_i),
    .mem_wdata_o      (pq_wdata_o),
    .mem_rsp_valid_i  (pq_mem_rsp_valid_i),
    .mem_rsp_i        (mem_rsp)
  );

  // --- MRIFs --------------------------------------------------------------------------------

  mrif_req_t mrif_req;

  assign mrif_req = '{
          mrif: '{address: mrif_address_i[55:9], nppn: mrif_notice_i[55:12], nid: mrif_nid_i},
          write: mrif_write_i,
          word: mrif_word_i,
          identity: identity_t'(mrif_identity_i),
          translated: mrif_translated_i,
          access : access_e'(mrif_access_i),
          iova: mrif_iova_i,
          data: mrif_data_i,
          dtf: mrif_dtf_i,
          rcid: mrif_qos_i[23:12],
          mcid: mrif_qos_i[11:0]
      };

  iommu_mrif #(
    .Cfg  (Cfg),
    .Ports(Ports)
  ) u_mrif (
    .clk_i,
    .rst_ni,
    .req_valid_i      (mrif_req_valid_i),
    .req_ready_o      (mrif_req_ready_o),
    .req_i            ({2{mrif_req}}),
    .rsp_valid_o      (mrif_rsp_valid_o),
    .rsp_ok_o         (mrif_rsp_ok_o),
    .fault_valid_o    (fault_valid[1]),
    .fault_ready_i    (fault_ready[1]),
    .fault_o          (fault[1]),
    .mem_valid_o      (mrif_mem_valid_o),
    .mem_ready_i      (mrif_mem_ready_i),
    .mem_o            (mrif_mem),
    .mem_wdata_valid_o(mrif_wdata_valid_o),
    .mem_wdata_ready_i(mrif_wdata_ready_i),
    .mem_wdata_o      (mrif_wdata_o),
    .mem_rsp_valid_i  (mrif_mem_rsp_valid_i),
    .mem_rsp_i        (mem_rsp),
    .idle_o           (mrif_idle_o)
  );

  assign {mrif_mem_op_o, mrif_mem_structure_o, mrif_mem_address_o} = {
    mrif_mem.op, mrif_mem.structure, 64'(mrif_mem.address)
  };
  assign {mrif_mem_beats_o, mrif_mem_half_o, mrif_mem_qos_o} = {
    mrif_mem.beats, mrif_mem.half, mrif_mem.rcid, mrif_mem.mcid
  };

  // --- faults -------------------------------------------------------------------------------

  fault_t     record;
  fq_record_t record_words;

  for (genvar i = 0; i < 2; i++) begin : g_faults
    assign fault_valid[i+2] = fault_valid_i[i];
    always_comb begin
      fault[i+2]        = '0;
      fault[i+2].iotval = {fault_iotval_i[63:2], 2'(i + 2)};
    end
  end

  iommu_fault_arbiter #(
    .Sources(Sources)
  ) u_faults (
    .clk_i,
    .rst_ni,
    .fault_valid_i(fault_valid),
    .fault_ready_o(fault_ready),
    .fault_i      (fault),
    .record_valid_o,
    .record_ready_i,
    .record_o     (record)
  );

  assign record_words                                     = fault_record(record);
  assign fault_valid_o                                    = fault_valid;
  assign fault_ready_o                                    = fault_ready;
  assign {record_3_o, record_2_o, record_1_o, record_0_o} = record_words;

  // --- debug --------------------------------------------------------------------------------

  debug_req_t debug_req;
  debug_rsp_t debug_rsp;

  assign debug_req = '{
          go: debug_go_i,
          identity: identity_t'(debug_identity_i),
          access : access_e'(debug_access_i),
          vpn: debug_vpn_i
      };

  iommu_debug u_debug (
    .clk_i,
    .rst_ni,
    .hold_i,
    .debug_i      (debug_req),
    .debug_o      (debug_rsp),
    .hpm_o        (debug_hpm),
    .hpm_ready_i  (debug_hpm_ready_i),
    .xlate_valid_o(debug_x_valid_o),
    .xlate_ready_i(debug_x_ready_i),
    .xlate_o      (debug_x),
    .rsp_valid_i  (rsp_debug_valid_i),
    .rsp_i        (rsp),
    .idle_o       (debug_idle_o)
  );

  assign debug_hpm_o = debug_hpm.untranslated;
  assign debug_hpm_identity_o = debug_hpm.identity;
  assign {debug_valid_o, debug_fault_o, debug_ppn_o, debug_s_o, debug_pbmt_o} = debug_rsp;

  // --- changes of ddtp ----------------------------------------------------------------------

  inval_t cq_inval, inval;

  always_comb begin
    cq_inval       = '0;
    cq_inval.kind  = INVAL_GVMA;
    cq_inval.gscid = cq_inval_gscid_i;
  end

  iommu_transition #(
    .Ports(Ports)
  ) u_transition (
    .clk_i,
    .rst_ni,
    .ddtp_changed_i,
    .ddtp_busy_o,
    .fctl_changed_i,
    .flushing_i,
    .cq_inval_valid_i,
    .cq_inval_i       (cq_inval),
    .cq_inval_done_o,
    .cq_drain_valid_i,
    .cq_drain_reads_i (cq_drain_kinds_i[1]),
    .cq_drain_writes_i(cq_drain_kinds_i[0]),
    .cq_drain_done_o,
    .inval_valid_o,
    .inval_o          (inval),
    .inval_done_i,
    .hold_o,
    .drain_valid_o,
    .drain_reads_o    (drain_kinds_o[1]),
    .drain_writes_o   (drain_kinds_o[0]),
    .drain_done_i,
    .ats_waiting_i
  );

  assign inval_kind_o  = inval.kind;
  assign inval_gscid_o = inval.gscid;

  iommu_quiesce #(
    .Units (Units),
    .Settle(8)
  ) u_quiesce (
    .clk_i,
    .rst_ni,
    .quiesce_req_i,
    .quiesce_ack_o,
    .stop_o,
    .busy_i,
    .arriving_i,
    .wake_i,
    .idle_o
  );

endmodule
