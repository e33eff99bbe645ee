// SPDX-License-Identifier: Apache-2.0
//
// A device port: AXI4 with the side-band of AXI5 Untranslated Transactions in, translated AXI4
// out. A request whose translation the micro-TLB holds goes on in the next cycle; the others
// wait, while other IDs pass. What has no translation is answered with SLVERR.

module iommu_port
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_port_pkg::*;
#(
  parameter  config_t           Cfg  = ConfigBase,
  parameter  logic        [1:0] Port = 2'd0,
  localparam int unsigned       DW   = Cfg.DataWidth,
  localparam int unsigned       SW   = Cfg.DataWidth / 8
) (
  input logic clk_i,
  input logic rst_ni,

  // control
  input  logic               hold_i,          // translate nothing
  input  logic               inval_i,         // an invalidation: forget what is cached here
  input  logic               drain_valid_i,   // until done: accesses translated before, of these
  input  logic               drain_reads_i,   // directions, are to be answered
  input  logic               drain_writes_i,
  output logic               drain_done_o,
  input  logic               stop_i,          // accept no new request
  output logic               idle_o,          // all that came has been answered
  output hpm_request_t [1:0] hpm_o,           // one came: [0] reads, [1] writes

  // the device
  input  logic             dev_aw_valid_i,
  output logic             dev_aw_ready_o,
  input  axi_ax_t          dev_aw_i,
  input  mmu_t             dev_aw_mmu_i,
  input  logic             dev_w_valid_i,
  output logic             dev_w_ready_o,
  input  logic    [DW-1:0] dev_w_data_i,
  input  logic    [SW-1:0] dev_w_strb_i,
  input  logic             dev_w_last_i,
  output logic             dev_b_valid_o,
  input  logic             dev_b_ready_i,
  output axi_b_t           dev_b_o,
  input  logic             dev_ar_valid_i,
  output logic             dev_ar_ready_o,
  input  axi_ax_t          dev_ar_i,
  input  mmu_t             dev_ar_mmu_i,
  output logic             dev_r_valid_o,
  input  logic             dev_r_ready_i,
  output axi_r_t           dev_r_o,
  output logic    [DW-1:0] dev_r_data_o,

  // translated traffic
  output logic             out_aw_valid_o,
  input  logic             out_aw_ready_i,
  output out_ax_t          out_aw_o,
  output logic             out_w_valid_o,
  input  logic             out_w_ready_i,
  output logic    [DW-1:0] out_w_data_o,
  output logic    [SW-1:0] out_w_strb_o,
  output logic             out_w_last_o,
  input  logic             out_b_valid_i,
  output logic             out_b_ready_o,
  input  axi_b_t           out_b_i,
  output logic             out_ar_valid_o,
  input  logic             out_ar_ready_i,
  output out_ax_t          out_ar_o,
  input  logic             out_r_valid_i,
  output logic             out_r_ready_o,
  input  axi_r_t           out_r_i,
  input  logic    [DW-1:0] out_r_data_i,

  // translation: [0] reads, [1] writes
  output logic       [1:0] xlate_valid_o,
  input  logic       [1:0] xlate_ready_i,
  output xlate_req_t [1:0] xlate_o,
  input  logic             rsp_valid_i,    // an answer for this port
  input  xlate_rsp_t       rsp_i,

  // accesses to MRIFs
  output logic      mrif_valid_o,
  input  logic      mrif_ready_i,
  output mrif_req_t mrif_o,
  input  logic      mrif_rsp_valid_i,
  input  logic      mrif_ok_i
);

  localparam int unsigned IW = Cfg.IdWidth;

  if (IW < 1 || IW > 8) begin : g_ids
    $error("iommu_port: Cfg.IdWidth must be 1 to 8");
  end
  if (!(DW inside {64, 128, 256, 512})) begin : g_width
    $error("iommu_port: Cfg.DataWidth must be 64, 128, 256 or 512");
  end

  // --- drains -------------------------------------------------------------------------------

  // A drain begins with a mark on all that is under way. What waits with an answer is no part of
  // it: it asks again.
  logic draining_d, draining_q, drain_begin;
  logic [1:0] mark, marked, marked_refusals;

  assign drain_begin  = drain_valid_i && !draining_q;
  assign draining_d   = drain_valid_i;
  assign mark         = drain_begin ? {drain_writes_i, drain_reads_i} : 2'b00;
  assign drain_done_o = draining_q && marked == '0 && marked_refusals == '0;

  // --- requests -----------------------------------------------------------------------------

  logic [1:0] use_hit, hit, fill_valid;
  ask_t   [1:0] ask;
  grant_t [1:0] grant;
  fill_t  [1:0] fill;

  iommu_utlb #(
    .Cfg(Cfg)
  ) u_utlb (
    .clk_i,
    .rst_ni,
    .clear_i     (inval_i || hold_i),
    .use_i       (use_hit),
    .ask_i       (ask),
    .hit_o       (hit),
    .grant_o     (grant),
    .fill_valid_i(fill_valid),
    .fill_i      (fill)
  );

  logic [1:0] pending_idle, rsp_valid, leave, refuse_valid, refuse_ready;
  logic [1:0][IW-1:0]         leave_id;
  logic [1:0][   1:0][IW-1:0] ask_id;  // of each direction, that arrives and that leaves
  logic [1:0][1:0] busy_reads, full_reads, answering;
  logic [1:0] busy_writes, full_writes, outstanding_idle;
  logic leave_reads, collect_valid, collect_take;
  logic order_valid, order_ready;
  order_t          order;
  logic     [ 7:0] collect_len;
  logic     [15:0] collect_first;
  refusal_t [ 1:0] refuse;

  assign rsp_valid = {rsp_valid_i && rsp_i.requester.write, rsp_valid_i && !rsp_i.requester.write};

  iommu_pending #(
    .Cfg  (Cfg),
    .Write(1'b0),
    .Port (Port)
  ) u_reads (
    .clk_i,
    .rst_ni,
    .stop_i,
    .hold_i,
    .inval_i,
    .put_back_i     (mark[0]),
    .idle_o         (pending_idle[0]),
    .ax_valid_i     (dev_ar_valid_i),
    .ax_ready_o     (dev_ar_ready_o),
    .ax_i           (dev_ar_i),
    .mmu_i          (dev_ar_mmu_i),
    .use_o          (use_hit[0]),
    .ask_o          (ask[0]),
    .hit_i          (hit[0]),
    .grant_i        (grant[0]),
    .fill_valid_o   (fill_valid[0]),
    .fill_o         (fill[0]),
    .xlate_valid_o  (xlate_valid_o[0]),
    .xlate_ready_i  (xlate_ready_i[0]),
    .xlate_o        (xlate_o[0]),
    .rsp_valid_i    (rsp_valid[0]),
    .rsp_i,
    .collect_valid_o(),
    .collect_take_i (1'b0),
    .collect_first_i('0),
    .collect_len_o  (),
    .order_valid_o  (),
    .order_ready_i  (1'b1),
    .order_o        (),
    .out_valid_o    (out_ar_valid_o),
    .out_ready_i    (out_ar_ready_i),
    .out_o          (out_ar_o),
    .ask_id_o       (ask_id[0]),
    .id_busy_i      (busy_reads[0]),
    .id_full_i      (full_reads[0] | answering[0]),
    .leave_o        (leave[0]),
    .leave_id_o     (leave_id[0]),
    .leave_reads_o  (),
    .refuse_valid_o (refuse_valid[0]),
    .refuse_ready_i (refuse_ready[0]),
    .refuse_o       (refuse[0])
  );

  iommu_pending #(
    .Cfg  (Cfg),
    .Write(1'b1),
    .Port (Port)
  ) u_writes (
    .clk_i,
    .rst_ni,
    .stop_i,
    .hold_i,
    .inval_i,
    .put_back_i     (mark[1]),
    .idle_o         (pending_idle[1]),
    .ax_valid_i     (dev_aw_valid_i),
    .ax_ready_o     (dev_aw_ready_o),
    .ax_i           (dev_aw_i),
    .mmu_i          (dev_aw_mmu_i),
    .use_o          (use_hit[1]),
    .ask_o          (ask[1]),
    .hit_i          (hit[1]),
    .grant_i        (grant[1]),
    .fill_valid_o   (fill_valid[1]),
    .fill_o         (fill[1]),
    .xlate_valid_o  (xlate_valid_o[1]),
    .xlate_ready_i  (xlate_ready_i[1]),
    .xlate_o        (xlate_o[1]),
    .rsp_valid_i    (rsp_valid[1]),
    .rsp_i,
    .collect_valid_o(collect_valid),
    .collect_take_i (collect_take),
    .collect_first_i(collect_first),
    .collect_len_o  (collect_len),
    .order_valid_o  (order_valid),
    .order_ready_i  (order_ready),
    .order_o        (order),
    .out_valid_o    (out_aw_valid_o),
    .out_ready_i    (out_aw_ready_i),
    .out_o          (out_aw_o),
    .ask_id_o       (ask_id[1]),
    .id_busy_i      (busy_writes),
    .id_full_i      (full_writes | full_reads[1] | answering[1]),
    .leave_o        (leave[1]),
    .leave_id_o     (leave_id[1]),
    .leave_reads_o  (leave_reads),
    .refuse_valid_o (refuse_valid[1]),
    .refuse_ready_i (refuse_ready[1]),
    .refuse_o       (refuse[1])
  );

  // --- what memory has to answer ------------------------------------------------------------

  // The data of an atomic's answer counts among the reads.
  iommu_outstanding #(
    .IdWidth(IW),
    .Asks   (4)
  ) u_outstanding_reads (
    .clk_i,
    .rst_ni,
    .add_i      ({leave[1] && leave_reads, leave[0]}),
    .add_id_i   (leave_id),
    .answer_i   (out_r_valid_i && out_r_ready_o && out_r_i.last),
    .answer_id_i(out_r_i.id[IW-1:0]),
    .idle_o     (outstanding_idle[0]),
    .ask_id_i   (ask_id),
    .busy_o     (busy_reads),
    .full_o     (full_reads),
    .mark_i     (mark[0]),
    .marked_o   (marked[0])
  );
  iommu_outstanding #(
    .IdWidth(IW),
    .Asks   (2)
  ) u_outstanding_writes (
    .clk_i,
    .rst_ni,
    .add_i      ({1'b0, leave[1]}),
    .add_id_i   ({IW'(0), leave_id[1]}),
    .answer_i   (out_b_valid_i && out_b_ready_o),
    .answer_id_i(out_b_i.id[IW-1:0]),
    .idle_o     (outstanding_idle[1]),
    .ask_id_i   (ask_id[1]),
    .busy_o     (busy_writes),
    .full_o     (full_writes),
    .mark_i     (mark[1]),
    .marked_o   (marked[1])
  );

  // --- write data, answers ------------------------------------------------------------------

  logic absorb_first, absorb_last, data_idle, responder_idle;
  logic [DW-1:0] absorb_data;
  logic [SW-1:0] absorb_strb;

  iommu_write_data #(
    .Cfg(Cfg)
  ) u_write_data (
    .clk_i,
    .rst_ni,
    .w_valid_i      (dev_w_valid_i),
    .w_ready_o      (dev_w_ready_o),
    .w_data_i       (dev_w_data_i),
    .w_strb_i       (dev_w_strb_i),
    .w_last_i       (dev_w_last_i),
    .order_valid_i  (order_valid),
    .order_ready_o  (order_ready),
    .order_i        (order),
    .collect_valid_i(collect_valid),
    .collect_take_o (collect_take),
    .collect_len_i  (collect_len),
    .collect_first_o(collect_first),
    .w_valid_o      (out_w_valid_o),
    .w_ready_i      (out_w_ready_i),
    .w_data_o       (out_w_data_o),
    .w_strb_o       (out_w_strb_o),
    .w_last_o       (out_w_last_o),
    .absorb_first_o (absorb_first),
    .absorb_last_o  (absorb_last),
    .absorb_data_o  (absorb_data),
    .absorb_strb_o  (absorb_strb),
    .idle_o         (data_idle)
  );

  iommu_responder #(
    .Cfg(Cfg)
  ) u_responder (
    .clk_i,
    .rst_ni,
    .mark_i        (mark),
    .marked_o      (marked_refusals),
    .idle_o        (responder_idle),
    .ask_id_i      (ask_id),
    .answering_o   (answering),
    .refuse_valid_i(refuse_valid),
    .refuse_ready_o(refuse_ready),
    .refuse_i      (refuse),
    .absorb_first_i(absorb_first),
    .absorb_last_i (absorb_last),
    .absorb_data_i (absorb_data),
    .absorb_strb_i (absorb_strb),
    .mrif_valid_o,
    .mrif_ready_i,
    .mrif_o,
    .mrif_rsp_valid_i,
    .mrif_ok_i,
    .r_valid_i     (out_r_valid_i),
    .r_ready_o     (out_r_ready_o),
    .r_i           (out_r_i),
    .r_data_i      (out_r_data_i),
    .b_valid_i     (out_b_valid_i),
    .b_ready_o     (out_b_ready_o),
    .b_i           (out_b_i),
    .r_valid_o     (dev_r_valid_o),
    .r_ready_i     (dev_r_ready_i),
    .r_o           (dev_r_o),
    .r_data_o      (dev_r_data_o),
    .b_valid_o     (dev_b_valid_o),
    .b_ready_i     (dev_b_ready_i),
    .b_o           (dev_b_o)
  );

  assign idle_o = pending_idle == '1 && outstanding_idle == '1 && data_idle && responder_idle;

  // --- events -------------------------------------------------------------------------------

  function automatic hpm_request_t event_of(logic accepted, ask_t what);
    hpm_request_t request = '0;
    request.untranslated = accepted && !what.translated;
    request.translated   = accepted && what.translated;
    request.identity     = what.identity;
    return request;
  endfunction

  hpm_request_t [1:0] hpm_d, hpm_q;

  assign hpm_d[0] = event_of(dev_ar_valid_i && dev_ar_ready_o, ask[0]);
  assign hpm_d[1] = event_of(dev_aw_valid_i && dev_aw_ready_o, ask[1]);
  assign hpm_o    = hpm_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      draining_q <= 1'b0;
      hpm_q      <= '0;
    end else begin
      draining_q <= draining_d;
      hpm_q      <= hpm_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    drain_valid_i && !drain_done_o |=> drain_valid_i && $stable(
      drain_reads_i
  ) && $stable(
      drain_writes_i
  ));
  // A device that keeps to AXI.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    dev_aw_valid_i && !dev_aw_ready_o |=> dev_aw_valid_i && $stable(
      dev_aw_i
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    dev_ar_valid_i && !dev_ar_ready_o |=> dev_ar_valid_i && $stable(
      dev_ar_i
  ));
`endif

endmodule
