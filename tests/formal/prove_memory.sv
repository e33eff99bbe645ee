// SPDX-License-Identifier: Apache-2.0
//
// iommu_memory, with a client of two tags and one of one, reads of one or two beats, writes of
// one, and two atomics in flight: each request has one answer, with the beats that it asked for,
// the last one marked, and of writes and atomics the worst status of what AXI answered; it has
// it soon after AXI has answered; and nobody has an answer that did not ask.

module prove_memory
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
#(
  localparam int unsigned Clients = 2,
  localparam int unsigned Ids     = 4
) (
  input logic            clk_i,
  // free choices: what the clients ask
  input logic [1:0]      valid_i,
  input logic [1:0][1:0] op_i,
  input logic            tag_i,
  input logic [1:0]      beats_i,
  input logic [1:0]      wdata_valid_i,
  // and what AXI answers
  input logic            ar_ready_i,
  input logic            aw_ready_i,
  input logic            w_ready_i,
  input logic            r_valid_i,
  input logic [1:0]      r_id_i,
  input logic            r_bad_i,
  input logic            r_poison_i,
  input logic            b_valid_i,
  input logic [1:0]      b_id_i,
  input logic            b_bad_i
);

  logic rst_n = 1'b0;
  always_ff @(posedge clk_i) rst_n <= 1'b1;

  logic        [Ids-1:0] busy_q;  // asked, and not answered
  logic        [Ids-1:0] left_q;  // beats of the answer to come, less one
  mem_status_e [Ids-1:0] worst_q;  // of writes and atomics
  logic        [Ids-1:0] write_q;

  // --- clients: what is offered stays; a tag in use is not used again -----------------------

  logic [1:0] offered_q, valid, ready, taken;
  mem_req_t [1:0] req, req_q;
  logic     [1:0]      rsp_valid;
  mem_rsp_t            rsp;
  logic     [1:0][1:0] asked;  // the ID of each client's request

  for (genvar i = 0; i < 2; i++) begin : g_clients
    always_comb begin
      req[i]     = '0;
      req[i].op  = mem_op_e'(op_i[i]);
      req[i].tag = i == 0 ? 6'(tag_i) : '0;
      unique case (req[i].op)
        MEM_CAS:  req[i].beats = 3'd1;
        MEM_READ: req[i].beats = 3'(beats_i[i]);
        default:  req[i].beats = 3'd0;
      endcase
      if (offered_q[i]) req[i] = req_q[i];
      asked[i] = {1'(i), req[i].tag[0]};
      valid[i] = offered_q[i] || (valid_i[i] && !busy_q[asked[i]]);
    end

    always_ff @(posedge clk_i) begin
      if (!rst_n) begin
        offered_q[i] <= 1'b0;
        req_q[i]     <= '0;
      end else begin
        offered_q[i] <= valid[i] && !ready[i];
        req_q[i]     <= req[i];
      end
    end
  end

  assign taken = valid & ready;

  // --- AXI: answers what it was asked, once -------------------------------------------------

  logic ar_valid, aw_valid, w_valid, r_ready, b_ready, r_valid, b_valid;
  mem_ax_t ar, aw;
  mem_w_t w;
  mem_r_t r, r_q;
  axi_b_t b, b_q;
  logic r_offered_q, b_offered_q;

  logic [Ids-1:0][1:0] r_due_q;  // beats that AXI still has to give
  logic [Ids-1:0]      b_due_q;

  always_comb begin
    r        = '0;
    r.id     = MaxIdWidth'(r_id_i);
    r.resp   = r_bad_i ? RESP_SLVERR : RESP_OKAY;
    r.poison = r_poison_i;
    r.last   = r_due_q[r_id_i] == 2'd1;
    b        = '0;
    b.id     = MaxIdWidth'(b_id_i);
    b.resp   = b_bad_i ? RESP_DECERR : RESP_OKAY;
    if (r_offered_q) r = r_q;
    if (b_offered_q) b = b_q;
    r_valid = r_offered_q || (r_valid_i && r_due_q[r_id_i] != '0);
    b_valid = b_offered_q || (b_valid_i && b_due_q[b_id_i]);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      r_offered_q <= 1'b0;
      b_offered_q <= 1'b0;
      r_q         <= '0;
      b_q         <= '0;
      r_due_q     <= '0;
      b_due_q     <= '0;
    end else begin
      r_offered_q <= r_valid && !r_ready;
      b_offered_q <= b_valid && !b_ready;
      r_q         <= r;
      b_q         <= b;
      if (ar_valid && ar_ready_i) r_due_q[ar.id[1:0]] <= 2'(ar.len) + 2'd1;
      if (aw_valid && aw_ready_i) begin
        b_due_q[aw.id[1:0]] <= 1'b1;
        if (aw.atop != ATOP_NONE) r_due_q[aw.id[1:0]] <= 2'd1;
      end
      if (r_valid && r_ready) r_due_q[r.id[1:0]] <= r_due_q[r.id[1:0]] - 2'd1;
      if (b_valid && b_ready) b_due_q[b.id[1:0]] <= 1'b0;
    end
  end

  iommu_memory #(
    .Cfg    (ConfigFull),
    .Clients(Clients),
    .TagBits(1),
    .Atomics(2)
  ) u_dut (
    .clk_i,
    .rst_ni       (rst_n),
    .req_valid_i  (valid),
    .req_ready_o  (ready),
    .req_i        (req),
    .wdata_valid_i,
    .wdata_ready_o(),
    .wdata_i      ('0),
    .rsp_valid_o  (rsp_valid),
    .rsp_o        (rsp),
    .ar_valid_o   (ar_valid),
    .ar_ready_i,
    .ar_o         (ar),
    .r_valid_i    (r_valid),
    .r_ready_o    (r_ready),
    .r_i          (r),
    .aw_valid_o   (aw_valid),
    .aw_ready_i,
    .aw_o         (aw),
    .w_valid_o    (w_valid),
    .w_ready_i,
    .w_o          (w),
    .b_valid_i    (b_valid),
    .b_ready_o    (b_ready),
    .b_i          (b)
  );

  // --- what must hold -----------------------------------------------------------------------

  logic [    1:0]      answered;  // the ID of the answer
  logic [Ids-1:0]      owed;  // AXI has not seen the request, or has not answered it
  logic [Ids-1:0][2:0] late_q;

  assign answered = {rsp_valid[1], rsp.tag[0]};

  always_comb begin
    for (int unsigned i = 0; i < Ids; i++)
    owed[i] = r_due_q[i] != '0 || b_due_q[i] || (ar_valid && ar.id[1:0] == 2'(i)) ||
                (aw_valid && aw.id[1:0] == 2'(i));
  end

  function automatic mem_status_e worse(mem_status_e a, mem_status_e b);
    if (a == MEM_ACCESS_FAULT || b == MEM_ACCESS_FAULT) return MEM_ACCESS_FAULT;
    return a == MEM_OK ? b : a;
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      busy_q  <= '0;
      left_q  <= '0;
      worst_q <= '0;
      write_q <= '0;
      late_q  <= '0;
    end else begin
      if (rsp_valid != '0) begin
        left_q[answered] <= 1'b0;
        if (rsp.last) busy_q[answered] <= 1'b0;
      end
      if (r_valid && r_ready)
        worst_q[r.id[1:0]] <= worse(
            worst_q[r.id[1:0]],
            r.resp == RESP_SLVERR ? MEM_ACCESS_FAULT : r.poison ? MEM_POISON : MEM_OK
        );
      if (b_valid && b_ready && b.resp != RESP_OKAY) worst_q[b.id[1:0]] <= MEM_ACCESS_FAULT;
      for (int unsigned i = 0; i < 2; i++) begin
        if (taken[i]) begin
          busy_q[asked[i]]  <= 1'b1;
          left_q[asked[i]]  <= req[i].op == MEM_READ && req[i].beats != '0;
          worst_q[asked[i]] <= MEM_OK;
          write_q[asked[i]] <= req[i].op != MEM_READ;
        end
      end
      for (int unsigned i = 0; i < Ids; i++)
      late_q[i] <= busy_q[i] && !owed[i] ? late_q[i] + 3'd1 : '0;
    end
  end

  always_comb begin
    if (rst_n) begin
      assert (rsp_valid != 2'b11);
      if (rsp_valid != '0) begin
        assert (busy_q[answered]);
        assert (rsp.last == !left_q[answered]);
        if (write_q[answered]) assert (rsp.status == worst_q[answered]);
      end
      for (int unsigned i = 0; i < Ids; i++) begin
        assert (late_q[i] < 3'd4);
        if (!busy_q[i]) assert (!owed[i]);
      end
    end
  end

endmodule
