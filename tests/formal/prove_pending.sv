// SPDX-License-Identifier: Apache-2.0
//
// iommu_pending with four places and two IDs: each request that is accepted leaves once, in the
// order of its ID, to the page that it was granted if it was, and to be refused if it was not.
// Two requests of one ID are marked, at any time, among any number of others: what holds for
// these holds for all. Translations come at any time and in any order; the micro-TLB may have
// what was granted, or not; memory and the responder take what they like. With iommu_responder's
// proof, each accepted read has one answer.

module prove_pending
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_port_pkg::*;
(
  input logic       clk_i,
  input logic [2:0] granted_i,      // by mark; looked at in reset
  input logic       hold_i,
  input logic       inval_i,
  input logic       stop_i,
  input logic       put_back_i,
  input logic       ax_valid_i,
  input logic       ax_id_i,
  input logic       ax_mark_i,      // the next one that may be marked is
  input logic       hit_i,
  input logic       xlate_ready_i,
  input logic       rsp_valid_i,
  input logic [1:0] rsp_slot_i,
  input logic [1:0] id_busy_i,
  input logic [1:0] id_full_i,
  input logic       out_ready_i,
  input logic       refuse_ready_i
);

  function automatic config_t reduced();
    config_t cfg = ConfigSmall;
    cfg.IdWidth = 1;
    cfg.Pending = 4;
    return cfg;
  endfunction
  localparam config_t Cfg = reduced();

  // 0: not marked; 1, 2: the marked ones, in their order.
  typedef logic [1:0] mark_t;

  logic       rst_n = 1'b0;
  logic [2:0] granted_q;

  always_ff @(posedge clk_i) begin
    rst_n <= 1'b1;
    if (!rst_n) granted_q <= granted_i;
  end

  // --- the device: what it offers stays -------------------------------------------------------

  axi_ax_t ax, ax_q;
  logic ax_offered_q, ax_valid, ax_ready, accepted;
  logic [1:0] sent_q, left_q;  // of the marked ones: accepted; has left
  logic marked_id_q;  // of the first
  mark_t offered_mark, ax_mark;

  // An address and a length say which it is.
  always_comb begin
    offered_mark = '0;
    if (ax_mark_i && !sent_q[0]) offered_mark = 2'd1;
    if (ax_mark_i && sent_q[0] && !sent_q[1] && ax_id_i == marked_id_q) offered_mark = 2'd2;
    ax       = '0;
    ax.id    = axi_id_t'(ax_id_i);
    ax.addr  = {50'd0, offered_mark, 12'd0};
    ax.len   = 8'(offered_mark);
    ax.size  = 3'd3;
    ax.burst = BURST_INCR;
    if (ax_offered_q) ax = ax_q;
    ax_valid = ax_offered_q || ax_valid_i;
    accepted = ax_valid && ax_ready;
    ax_mark  = ax.len[1:0];
  end

  // --- translations ---------------------------------------------------------------------------

  // The physical page names the mark.
  function automatic logic [PpnBits-1:0] page_of(mark_t mark);
    return PpnBits'({1'b1, mark});
  endfunction

  logic xlate_valid, asks, rsp_valid, hit;
  xlate_req_t       xlate;
  xlate_rsp_t       rsp;
  grant_t           grant;
  logic       [3:0] asked_q;
  mark_t      [3:0] asked_mark_q;
  mark_t            rsp_mark;

  always_comb begin
    asks          = xlate_valid && xlate_ready_i;
    rsp_mark      = asked_mark_q[rsp_slot_i];
    rsp_valid     = rsp_valid_i && asked_q[rsp_slot_i];
    rsp           = '0;
    rsp.requester = '{unit: UNIT_PORT, port: '0, write: 1'b0, slot: 6'(rsp_slot_i)};
    rsp.log2      = 6'd12;
    rsp.fault     = !granted_q[rsp_mark];
    if (!rsp.fault) begin
      rsp.ppn     = page_of(rsp_mark);
      rsp.perms.r = 1'b1;
    end
    hit       = hit_i && granted_q[ax_mark];
    grant     = '0;
    grant.ppn = page_of(ax_mark);
  end

  // --- the module -----------------------------------------------------------------------------

  logic idle, out_valid, refuse_valid;
  logic     [1:0]      id_busy;
  logic     [1:0][0:0] ask_id;
  out_ax_t             out;
  refusal_t            refuse;

  iommu_pending #(
    .Cfg  (Cfg),
    .Write(1'b0),
    .Port ('0)
  ) u_dut (
    .clk_i,
    .rst_ni         (rst_n),
    .stop_i,
    .hold_i,
    .inval_i,
    .put_back_i,
    .idle_o         (idle),
    .ax_valid_i     (ax_valid),
    .ax_ready_o     (ax_ready),
    .ax_i           (ax),
    .mmu_i          ('0),
    .use_o          (),
    .ask_o          (),
    .hit_i          (hit),
    .grant_i        (grant),
    .fill_valid_o   (),
    .fill_o         (),
    .xlate_valid_o  (xlate_valid),
    .xlate_ready_i,
    .xlate_o        (xlate),
    .rsp_valid_i    (rsp_valid),
    .rsp_i          (rsp),
    .collect_valid_o(),
    .collect_take_i (1'b0),
    .collect_first_i('0),
    .collect_len_o  (),
    .order_valid_o  (),
    .order_ready_i  (1'b1),
    .order_o        (),
    .out_valid_o    (out_valid),
    .out_ready_i,
    .out_o          (out),
    .ask_id_o       (ask_id),
    .id_busy_i      ({id_busy[ask_id[1]], id_busy[ask_id[0]]}),
    .id_full_i      ({id_full_i[ask_id[1]], id_full_i[ask_id[0]]}),
    .leave_o        (),
    .leave_id_o     (),
    .leave_reads_o  (),
    .refuse_valid_o (refuse_valid),
    .refuse_ready_i,
    .refuse_o       (refuse)
  );

  // What has left is busy at least until memory has it.
  assign id_busy = id_busy_i | (out_valid ? 2'b01 << out.id[0] : 2'b00);

  // --- what was accepted, and what has left ---------------------------------------------------

  mark_t out_mark;
  logic goes, refused;
  logic [2:0] leaving;  // by mark

  always_comb begin
    goes     = out_valid && out_ready_i;
    refused  = refuse_valid && refuse_ready_i;
    out_mark = out.addr[13:12];
    for (int unsigned i = 0; i < 3; i++)
    leaving[i] = (goes && 32'(out_mark) == i) || (refused && 32'(refuse.len) == i);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      ax_offered_q <= 1'b0;
      ax_q         <= '0;
      sent_q       <= '0;
      left_q       <= '0;
      marked_id_q  <= 1'b0;
      asked_q      <= '0;
      asked_mark_q <= '0;
    end else begin
      ax_offered_q <= ax_valid && !ax_ready;
      ax_q         <= ax;
      if (rsp_valid) asked_q[rsp_slot_i] <= 1'b0;
      if (asks) begin
        asked_q[xlate.requester.slot[1:0]]      <= 1'b1;
        asked_mark_q[xlate.requester.slot[1:0]] <= xlate.iova[13:12];
      end
      for (int unsigned i = 0; i < 2; i++) begin
        if (accepted && 32'(ax_mark) == i + 1) sent_q[i] <= 1'b1;
        if (leaving[i+1]) left_q[i] <= 1'b1;
      end
      if (accepted && ax_mark == 2'd1) marked_id_q <= ax.id[0];
    end
  end

  always_comb begin
    if (rst_n) begin
      if (out_valid) begin
        assert (out_mark != 2'd3 && granted_q[out_mark]);
        assert (out.addr == {page_of(out_mark), 12'd0} && out.len == 8'(out_mark));
        if (out_mark != '0) assert (out.id == axi_id_t'(marked_id_q));
      end
      if (refused) assert (refuse.len < 8'd3 && !granted_q[refuse.len[1:0]]);
      for (int unsigned i = 0; i < 2; i++) if (leaving[i+1]) assert (sent_q[i] && !left_q[i]);
      if (leaving[2]) assert (left_q[0]);
      // None is lost.
      if (idle) assert (left_q == sent_q);
    end
  end

endmodule
