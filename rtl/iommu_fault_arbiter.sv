// SPDX-License-Identifier: Apache-2.0
//
// Fault records of several units on their way to the fault queue. One record is kept here, so
// that a unit's part is over in the cycle in which it is taken, and so that what is offered
// to the queue stays, even if a unit takes back what has not been taken.
//
// The order: records of one source stay in theirs. Of those that are offered in the same cycle
// the one goes first whose source comes next after the source that was served last, counting
// upwards and round; after reset that is source 0. So a source waits for at most one record of
// each other source. A queue that does not take its record holds all sources back; none is
// dropped here.

module iommu_fault_arbiter
  import iommu_pkg::*;
#(
  parameter int unsigned Sources = 4
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic   [Sources-1:0] fault_valid_i,
  output logic   [Sources-1:0] fault_ready_o,
  input  fault_t [Sources-1:0] fault_i,
  // to the fault queue
  output logic                 record_valid_o,
  input  logic                 record_ready_i,
  output fault_t               record_o         // stable until it is taken
);

  typedef logic [Sources-1:0] sources_t;

  sources_t later_d, later_q;  // those after the one that was served last
  sources_t asks, choice;
  logic full_d, full_q, take, seen;
  fault_t record_d, record_q;

  always_comb begin
    take   = !full_q;
    asks   = (fault_valid_i & later_q) != '0 ? fault_valid_i & later_q : fault_valid_i;
    choice = '0;
    seen   = 1'b0;
    for (int unsigned i = 0; i < Sources; i++) begin
      choice[i] = asks[i] && !seen;
      seen      = seen || asks[i];
    end

    full_d   = full_q && !record_ready_i;
    record_d = record_q;
    later_d  = later_q;
    if (take && choice != '0) begin
      full_d   = 1'b1;
      record_d = '0;
      for (int unsigned i = 0; i < Sources; i++) record_d |= choice[i] ? fault_i[i] : '0;
      for (int unsigned i = 0; i < Sources; i++)
      later_d[i] = i == 0 ? 1'b0 : later_d[i-1] || choice[i-1];
    end
  end

  assign fault_ready_o  = take ? choice : '0;
  assign record_valid_o = full_q;
  assign record_o       = record_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q   <= 1'b0;
      record_q <= '0;
      later_q  <= '0;
    end else begin
      full_q   <= full_d;
      record_q <= record_d;
      later_q  <= later_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) $onehot0(fault_ready_o));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    record_valid_o && !record_ready_i |=> record_valid_o && $stable(
      record_o
  ));
`endif

endmodule
