// SPDX-License-Identifier: Apache-2.0
//
// Answers to the device: memory's own, which pass in the same cycle, and between its bursts
// those of requests that do not go to memory.

module iommu_responder
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_port_pkg::*;
#(
  parameter  config_t     Cfg = ConfigBase,
  localparam int unsigned DW  = Cfg.DataWidth,
  localparam int unsigned SW  = Cfg.DataWidth / 8
) (
  input  logic                                     clk_i,
  input  logic                                     rst_ni,
  // for a drain: those that were under way when it was marked are not yet answered
  input  logic      [   1:0]                       mark_i,
  output logic      [   1:0]                       marked_o,
  output logic                                     idle_o,
  // two IDs of each direction: is it being answered here?
  input  logic      [   1:0][1:0][Cfg.IdWidth-1:0] ask_id_i,
  output logic      [   1:0][1:0]                  answering_o,
  // requests that do not go to memory: [0] reads, [1] writes
  input  logic      [   1:0]                       refuse_valid_i,
  output logic      [   1:0]                       refuse_ready_o,
  input  refusal_t  [   1:0]                       refuse_i,
  input  logic                                     absorb_first_i,
  input  logic                                     absorb_last_i,
  input  logic      [DW-1:0]                       absorb_data_i,
  input  logic      [SW-1:0]                       absorb_strb_i,
  // an MRIF's unit, one request at a time
  output logic                                     mrif_valid_o,
  input  logic                                     mrif_ready_i,
  output mrif_req_t                                mrif_o,
  input  logic                                     mrif_rsp_valid_i,
  input  logic                                     mrif_ok_i,
  // from memory
  input  logic                                     r_valid_i,
  output logic                                     r_ready_o,
  input  axi_r_t                                   r_i,
  input  logic      [DW-1:0]                       r_data_i,
  input  logic                                     b_valid_i,
  output logic                                     b_ready_o,
  input  axi_b_t                                   b_i,
  // to the device
  output logic                                     r_valid_o,
  input  logic                                     r_ready_i,
  output axi_r_t                                   r_o,
  output logic      [DW-1:0]                       r_data_o,
  output logic                                     b_valid_o,
  input  logic                                     b_ready_i,
  output axi_b_t                                   b_o
);

  logic [1:0] idle, ask, ask_ready, rsp, r_valid, r_ready;
  mrif_req_t [1:0] request;
  axi_r_t    [1:0] r;
  logic b_valid, b_ready;
  axi_b_t        b;
  axi_id_t [1:0] id;

  iommu_refusal #(
    .Cfg  (Cfg),
    .Write(1'b0)
  ) u_reads (
    .clk_i,
    .rst_ni,
    .idle_o          (idle[0]),
    .id_o            (id[0]),
    .refuse_valid_i  (refuse_valid_i[0]),
    .refuse_ready_o  (refuse_ready_o[0]),
    .refuse_i        (refuse_i[0]),
    .absorb_first_i  (1'b0),
    .absorb_last_i   (1'b0),
    .absorb_data_i   ('0),
    .absorb_strb_i   ('0),
    .mrif_valid_o    (ask[0]),
    .mrif_ready_i    (ask_ready[0]),
    .mrif_o          (request[0]),
    .mrif_rsp_valid_i(rsp[0]),
    .mrif_ok_i,
    .r_valid_o       (r_valid[0]),
    .r_ready_i       (r_ready[0]),
    .r_o             (r[0]),
    .b_valid_o       (),
    .b_ready_i       (1'b0),
    .b_o             ()
  );
  iommu_refusal #(
    .Cfg  (Cfg),
    .Write(1'b1)
  ) u_writes (
    .clk_i,
    .rst_ni,
    .idle_o          (idle[1]),
    .id_o            (id[1]),
    .refuse_valid_i  (refuse_valid_i[1]),
    .refuse_ready_o  (refuse_ready_o[1]),
    .refuse_i        (refuse_i[1]),
    .absorb_first_i,
    .absorb_last_i,
    .absorb_data_i,
    .absorb_strb_i,
    .mrif_valid_o    (ask[1]),
    .mrif_ready_i    (ask_ready[1]),
    .mrif_o          (request[1]),
    .mrif_rsp_valid_i(rsp[1]),
    .mrif_ok_i,
    .r_valid_o       (r_valid[1]),
    .r_ready_i       (r_ready[1]),
    .r_o             (r[1]),
    .b_valid_o       (b_valid),
    .b_ready_i       (b_ready),
    .b_o             (b)
  );

  assign idle_o = idle == '1;

  always_comb begin
    for (int unsigned p = 0; p < 2; p++) begin
      for (int unsigned i = 0; i < 2; i++)
      answering_o[p][i] = !idle[p] && id[p] == axi_id_t'(ask_id_i[p][i]);
    end
  end

  // --- drains -------------------------------------------------------------------------------

  logic [1:0] marked_d, marked_q;

  assign marked_d = (marked_q | mark_i) & ~idle;
  assign marked_o = marked_q;

  // --- one request for an MRIF at a time ----------------------------------------------------

  logic busy_d, busy_q, owner_d, owner_q, chosen_d, chosen_q;

  if (Cfg.MsiMrif) begin : g_mrif
    logic asking;

    // The owner is chosen a cycle before its request goes out, and changes after its answer.
    assign asking       = chosen_q && !busy_q;
    assign mrif_valid_o = asking;
    assign mrif_o       = request[owner_q];

    always_comb begin
      busy_d   = busy_q;
      owner_d  = owner_q;
      chosen_d = chosen_q;
      if (!chosen_q && ask != '0) begin
        chosen_d = 1'b1;
        owner_d  = ask[!owner_q] ? !owner_q : owner_q;
      end
      if (asking && mrif_ready_i) busy_d = 1'b1;
      if (busy_q && mrif_rsp_valid_i) begin
        busy_d   = 1'b0;
        chosen_d = 1'b0;
      end
      ask_ready          = '0;
      rsp                = '0;
      ask_ready[owner_q] = asking && mrif_ready_i;
      rsp[owner_q]       = mrif_rsp_valid_i;
    end
  end else begin : g_no_mrif
    logic unused;
    assign mrif_valid_o = 1'b0;
    assign mrif_o = '0;
    assign ask_ready = '0;
    assign rsp = '0;
    assign busy_d = 1'b0;
    assign owner_d = 1'b0;
    assign chosen_d = 1'b0;
    assign unused = &{ask, mrif_ready_i, mrif_rsp_valid_i, busy_q, owner_q, chosen_q, request};
  end

  // --- R ------------------------------------------------------------------------------------

  // Whose burst is next: memory's, or one of ours. A beat that was offered stays; our bursts
  // come whole, and after each memory has its turn.
  logic own_d, own_q, which_d, which_q;  // our burst has begun
  logic middle_d, middle_q;  // of a burst of memory
  logic offered_d, offered_q;  // a beat of memory, and not taken
  logic memory_turn_d, memory_turn_q;
  logic own, which, begin_own;

  assign begin_own = r_valid != '0 && !middle_q && !offered_q && !(memory_turn_q && r_valid_i);
  assign own       = own_q || begin_own;
  assign which     = own_q ? which_q : !r_valid[0];

  always_comb begin
    r_valid_o      = own ? r_valid[which] : r_valid_i;
    r_o            = own ? r[which] : r_i;
    r_data_o       = own ? '0 : r_data_i;
    r_ready_o      = !own && r_ready_i;
    r_ready        = '0;
    r_ready[which] = own && r_ready_i;

    own_d          = own && !(r_ready_i && r[which].last);
    which_d        = which;
    middle_d       = r_valid_i && r_ready_o ? !r_i.last : middle_q;
    offered_d      = !own && r_valid_i && !r_ready_i;
    memory_turn_d  = own ? 1'b1 : memory_turn_q && !r_valid_i;
  end

  // --- B ------------------------------------------------------------------------------------

  // Ours goes first, since what came after it in its ID may have been answered already.
  logic b_own, b_offered_d, b_offered_q;

  assign b_own       = b_valid && !b_offered_q;
  assign b_valid_o   = b_own || b_valid_i;
  assign b_o         = b_own ? b : b_i;
  assign b_ready_o   = !b_own && b_ready_i;
  assign b_ready     = b_own && b_ready_i;
  assign b_offered_d = !b_own && b_valid_i && !b_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      marked_q      <= '0;
      busy_q        <= 1'b0;
      owner_q       <= 1'b0;
      chosen_q      <= 1'b0;
      own_q         <= 1'b0;
      which_q       <= 1'b0;
      middle_q      <= 1'b0;
      offered_q     <= 1'b0;
      memory_turn_q <= 1'b0;
      b_offered_q   <= 1'b0;
    end else begin
      marked_q      <= marked_d;
      busy_q        <= busy_d;
      owner_q       <= owner_d;
      chosen_q      <= chosen_d;
      own_q         <= own_d;
      which_q       <= which_d;
      middle_q      <= middle_d;
      offered_q     <= offered_d;
      memory_turn_q <= memory_turn_d;
      b_offered_q   <= b_offered_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    r_valid_o && !r_ready_i |=> r_valid_o && $stable(
      r_o
  ) && $stable(
      r_data_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    b_valid_o && !b_ready_i |=> b_valid_o && $stable(
      b_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni) own |-> r_valid[which]);
`endif

endmodule
