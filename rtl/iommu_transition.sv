// SPDX-License-Identifier: Apache-2.0
//
// A change of ddtp, and whatever else has a say in what the caches and the ports hold. Stands
// between the command queue on the one side, the caches and the device ports on the other, and
// shares their invalidation and drain with it.
//
// When ddtp has changed, ddtp.busy is 1 and nothing may be translated (hold_o) until
//   1. all caches are empty: the command queue's invalidation, if there is one, ends first;
//   2. accesses that were translated before have been answered by memory;
//   3. so have messages that were made of translations of before.
// The command queue goes on meanwhile; its invalidations and drains wait for their turn. (Its
// own flush, after reset and when fctl changes, is for a queue that is off, and so could be
// waited for in vain here.)

module iommu_transition
  import iommu_pkg::*;
#(
  parameter int unsigned Ports = 1
) (
  input logic clk_i,
  input logic rst_ni,
  // registers
  input logic ddtp_changed_i,  // one cycle, the first in which ddtp is the new one
  output logic ddtp_busy_o,
  input logic fctl_changed_i,  // one cycle; the command queue flushes
  // command queue
  input logic flushing_i,
  input logic cq_inval_valid_i,
  input inval_t cq_inval_i,
  output logic cq_inval_done_o,
  input logic cq_drain_valid_i,
  input logic cq_drain_reads_i,
  input logic cq_drain_writes_i,
  output logic cq_drain_done_o,
  // caches: stable until done
  output logic inval_valid_o,
  output inval_t inval_o,
  input logic inval_done_i,
  // device ports: each one's valid falls when it is done
  output logic hold_o,
  output logic [Ports-1:0] drain_valid_o,
  output logic drain_reads_o,
  output logic drain_writes_o,
  input logic [Ports-1:0] drain_done_i,
  // iommu_ats: an answer to a device is made and has not left
  input logic ats_waiting_i
);

  typedef enum logic [2:0] {
    IDLE,
    TURN,     // waits until the caches are free
    FLUSH,
    DRAIN,
    MESSAGES
  } state_e;

  // Whose drain is under way. Between two there is a cycle of none.
  typedef enum logic [1:0] {
    NOBODY,
    QUEUE,
    SELF
  } owner_e;

  state_e state_d, state_q;
  owner_e owner_d, owner_q;
  logic reads_d, reads_q, writes_d, writes_q;
  logic [Ports-1:0] drained_d, drained_q, drained;
  logic all_drained, own_inval;

  // --- the change ---------------------------------------------------------------------------

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      IDLE:     if (ddtp_changed_i) state_d = TURN;
      TURN:     if (!cq_inval_valid_i || inval_done_i) state_d = FLUSH;
      FLUSH:    if (inval_done_i) state_d = DRAIN;
      DRAIN:    if (owner_q == SELF && all_drained) state_d = MESSAGES;
      MESSAGES: if (!ats_waiting_i) state_d = IDLE;
      default:  state_d = IDLE;
    endcase
  end

  assign ddtp_busy_o     = state_q != IDLE || ddtp_changed_i;
  assign hold_o          = ddtp_busy_o || flushing_i || fctl_changed_i;

  // --- invalidation -------------------------------------------------------------------------

  assign own_inval       = state_q == FLUSH;
  assign inval_valid_o   = own_inval || cq_inval_valid_i;
  assign cq_inval_done_o = inval_done_i && !own_inval;

  // With INVAL_ALL nobody looks at the rest.
  always_comb begin
    inval_o = cq_inval_i;
    if (own_inval) inval_o.kind = INVAL_ALL;
  end

  // --- drain --------------------------------------------------------------------------------

  assign drained     = drained_q | drain_done_i;
  assign all_drained = drained == '1;

  always_comb begin
    owner_d   = owner_q;
    drained_d = '0;
    reads_d   = reads_q;
    writes_d  = writes_q;
    if (owner_q == NOBODY) begin
      if (state_q == DRAIN) begin
        owner_d  = SELF;
        reads_d  = 1'b1;
        writes_d = 1'b1;
      end else if (cq_drain_valid_i) begin
        owner_d  = QUEUE;
        reads_d  = cq_drain_reads_i;
        writes_d = cq_drain_writes_i;
      end
    end else begin
      drained_d = drained;
      if (all_drained) owner_d = NOBODY;
    end
  end

  assign drain_valid_o   = owner_q == NOBODY ? '0 : ~drained_q;
  assign drain_reads_o   = reads_q;
  assign drain_writes_o  = writes_q;
  assign cq_drain_done_o = owner_q == QUEUE && all_drained;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= IDLE;
      owner_q   <= NOBODY;
      drained_q <= '0;
      reads_q   <= 1'b0;
      writes_q  <= 1'b0;
    end else begin
      state_q   <= state_d;
      owner_q   <= owner_d;
      drained_q <= owner_q == NOBODY ? '0 : drained_d;
      reads_q   <= reads_d;
      writes_q  <= writes_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    inval_valid_o && !inval_done_i |=> inval_valid_o && $stable(
      inval_o.kind
  ) && (inval_o.kind == INVAL_ALL || $stable(
      inval_o
  )));
  assert property (@(posedge clk_i) disable iff (!rst_ni) inval_done_i |-> inval_valid_o);
  // ddtp does not change while it is busy.
  assert property (@(posedge clk_i) disable iff (!rst_ni) ddtp_changed_i |-> state_q == IDLE);
  assert property (@(posedge clk_i) disable iff (!rst_ni) drain_valid_o != '0 && $past(
      drain_valid_o
  ) != '0 |-> $stable(
      drain_reads_o
  ) && $stable(
      drain_writes_o
  ));
  // The queue's drain stays until it is done.
  assert property (@(posedge clk_i) disable iff (!rst_ni) owner_q == QUEUE |-> cq_drain_valid_i);
`endif

endmodule
