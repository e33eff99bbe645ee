// SPDX-License-Identifier: Apache-2.0
//
// iommu_responder: a request that does not go to memory is answered once, whole, and with its ID,
// on R, on B, or (an atomic) on both; what memory answers passes once and as it is; no burst on R
// is broken by another. Reads that are refused have one ID, writes the other one.

module prove_responder
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_port_pkg::*;
(
  input logic       clk_i,
  input logic       write_id_i,      // the ID of refused writes; looked at in reset
  input logic [1:0] refuse_valid_i,
  input logic [1:0] long_i,          // two beats on R
  input logic       atomic_i,        // the write is answered on R, too
  input logic       absorb_i,        // the write's data comes now
  input logic       r_valid_i,
  input logic       r_id_i,
  input logic       r_long_i,
  input logic       b_valid_i,
  input logic       b_id_i,
  input logic       r_ready_i,
  input logic       b_ready_i
);

  localparam config_t Cfg = ConfigSmall;

  typedef logic [1:0] count_t;

  logic rst_n = 1'b0;
  logic write_id_q;

  always_ff @(posedge clk_i) begin
    rst_n <= 1'b1;
    if (!rst_n) write_id_q <= write_id_i;
  end

  // --- memory: what it offers stays, and its bursts are whole ---------------------------------

  logic r_offered_q, r_second_q, b_offered_q, r_ready, b_ready, r_taken, b_taken;
  axi_r_t r_in, r_q, r_out;
  axi_b_t b_in, b_q, b_out;
  logic r_in_valid, b_in_valid, r_out_valid, b_out_valid, r_goes, b_goes;

  always_comb begin
    r_in = '{id: axi_id_t'(r_id_i), resp: RESP_OKAY, last: !r_long_i};
    if (r_second_q) r_in = '{id: r_q.id, resp: RESP_OKAY, last: 1'b1};
    if (r_offered_q) r_in = r_q;
    b_in = '{id: axi_id_t'(b_id_i), resp: RESP_OKAY};
    if (b_offered_q) b_in = b_q;
    r_in_valid = r_valid_i || r_offered_q;
    b_in_valid = b_valid_i || b_offered_q;
    r_taken    = r_in_valid && r_ready;
    b_taken    = b_in_valid && b_ready;
    r_goes     = r_out_valid && r_ready_i;
    b_goes     = b_out_valid && b_ready_i;
  end

  // --- requests -------------------------------------------------------------------------------

  refusal_t [1:0] refuse;
  logic [1:0] refuse_ready, refused;
  logic absorbing_q, absorb, idle;

  always_comb begin
    refuse         = '0;
    refuse[0].id   = axi_id_t'(!write_id_q);
    refuse[0].len  = 8'(long_i[0]);
    refuse[1].id   = axi_id_t'(write_id_q);
    refuse[1].len  = 8'(long_i[1]);
    refuse[1].atop = atomic_i ? ATOP_LOAD_SET : ATOP_NONE;
    refused        = refuse_valid_i & refuse_ready;
    absorb         = absorb_i && absorbing_q;
  end

  iommu_responder #(
    .Cfg(Cfg)
  ) u_dut (
    .clk_i,
    .rst_ni          (rst_n),
    .mark_i          ('0),
    .marked_o        (),
    .idle_o          (idle),
    .ask_id_i        ('0),
    .answering_o     (),
    .refuse_valid_i,
    .refuse_ready_o  (refuse_ready),
    .refuse_i        (refuse),
    .absorb_first_i  (absorb),
    .absorb_last_i   (absorb),
    .absorb_data_i   ('0),
    .absorb_strb_i   ('0),
    .mrif_valid_o    (),
    .mrif_ready_i    (1'b0),
    .mrif_o          (),
    .mrif_rsp_valid_i(1'b0),
    .mrif_ok_i       (1'b0),
    .r_valid_i       (r_in_valid),
    .r_ready_o       (r_ready),
    .r_i             (r_in),
    .r_data_i        (64'd1),
    .b_valid_i       (b_in_valid),
    .b_ready_o       (b_ready),
    .b_i             (b_in),
    .r_valid_o       (r_out_valid),
    .r_ready_i,
    .r_o             (r_out),
    .r_data_o        (),
    .b_valid_o       (b_out_valid),
    .b_ready_i,
    .b_o             (b_out)
  );

  // --- what is due: beats on R by requester, and a B ------------------------------------------

  count_t [1:0] due_q;
  logic b_due_q, own_r, own_b, whose, inside_q, inside_own_q;
  axi_id_t inside_id_q;

  assign own_r = r_out.resp == RESP_SLVERR;
  assign own_b = b_out.resp == RESP_SLVERR;
  assign whose = r_out.id == axi_id_t'(write_id_q);

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      r_offered_q  <= 1'b0;
      r_second_q   <= 1'b0;
      r_q          <= '0;
      b_offered_q  <= 1'b0;
      b_q          <= '0;
      absorbing_q  <= 1'b0;
      due_q        <= '0;
      b_due_q      <= 1'b0;
      inside_q     <= 1'b0;
      inside_own_q <= 1'b0;
      inside_id_q  <= '0;
    end else begin
      r_offered_q <= r_in_valid && !r_ready;
      if (r_taken) r_second_q <= !r_in.last;
      r_q         <= r_in_valid ? r_in : r_q;
      b_offered_q <= b_in_valid && !b_ready;
      b_q         <= b_in;
      absorbing_q <= refused[1] || (absorbing_q && !absorb);
      if (r_goes && own_r) due_q[whose] <= due_q[whose] - count_t'(1);
      if (refused[0]) due_q[0] <= count_t'(1) + count_t'(long_i[0]);
      if (refused[1]) due_q[1] <= atomic_i ? count_t'(1) + count_t'(long_i[1]) : '0;
      b_due_q <= refused[1] || (b_due_q && !(b_goes && own_b));
      if (r_goes) begin
        inside_q     <= !r_out.last;
        inside_own_q <= own_r;
        inside_id_q  <= r_out.id;
      end
    end
  end

  always_comb begin
    if (rst_n) begin
      // Memory's pass, as they are.
      assert ((r_goes && !own_r) == r_taken);
      assert ((b_goes && !own_b) == b_taken);
      if (r_taken) assert (r_out == r_in);
      if (b_taken) assert (b_out == b_in);
      // Ours are due, and say when they are the last.
      if (r_goes && own_r) begin
        assert (r_out.id inside {axi_id_t'(0), axi_id_t'(1)});
        assert (due_q[whose] != '0 && r_out.last == (due_q[whose] == count_t'(1)));
        assert (!(whose && absorbing_q));
      end
      if (b_goes && own_b) assert (b_due_q && !absorbing_q && b_out.id == axi_id_t'(write_id_q));
      // None is lost: the next one is taken when all is answered.
      if (refuse_ready[0]) assert (due_q[0] == '0);
      if (refuse_ready[1]) assert (due_q[1] == '0 && !b_due_q);
      if (idle) assert (due_q == '0 && !b_due_q);
      // Bursts are whole.
      if (r_goes && inside_q) assert (own_r == inside_own_q && r_out.id == inside_id_q);
    end
  end

endmodule
