// SPDX-License-Identifier: Apache-2.0
//
// Counts, per AXI ID, the accesses of one direction that memory has not answered, and those
// among them that were there when a drain began. Answers of an ID come in order, so that the
// oldest are the ones from before.

module iommu_outstanding #(
  parameter int unsigned IdWidth = 4,
  parameter int unsigned CountBits = 7
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  // new ones; two, since an atomic has answers in both directions
  input  logic [1:0]              add_i,
  input  logic [1:0][IdWidth-1:0] add_id_i,
  input  logic                    answer_i,
  input  logic [IdWidth-1:0]      answer_id_i,
  // for each ID
  output logic [2**IdWidth-1:0]   busy_o,      // some are outstanding
  output logic [2**IdWidth-1:0]   full_o,      // add no more
  input  logic                    mark_i,      // those that are there from this cycle on are
  output logic                    marked_o     // counted as from before; some of these are left
);

  localparam int unsigned Ids = 2 ** IdWidth;

  typedef logic [CountBits-1:0] count_t;

  count_t [Ids-1:0] now_d, now_q, before_d, before_q;
  logic [Ids-1:0]   marked, added_0, added_1, answered;

  for (genvar i = 0; i < int'(Ids); i++) begin : g_ids
    assign added_0[i]  = add_i[0] && 32'(add_id_i[0]) == i;
    assign added_1[i]  = add_i[1] && 32'(add_id_i[1]) == i;
    assign answered[i] = answer_i && 32'(answer_id_i) == i && now_q[i] != '0;

    // One adder per count.
    count_t change;

    always_comb begin
      unique case ({added_0[i], added_1[i], answered[i]})
        3'b110:          change = count_t'(2);
        3'b100, 3'b010,
        3'b111:          change = count_t'(1);
        3'b001:          change = '1;
        default:         change = '0;
      endcase
      now_d[i]    = now_q[i] + change;
      before_d[i] = before_q[i] - count_t'(answered[i] && before_q[i] != '0);
      if (mark_i) before_d[i] = now_d[i];
    end

    assign busy_o[i] = now_q[i] != '0;
    assign full_o[i] = now_q[i][CountBits-1:2] == '1; // there is still room for a few
    assign marked[i] = before_q[i] != '0;

`ifndef SYNTHESIS
    assert property (@(posedge clk_i) disable iff (!rst_ni) before_q[i] <= now_q[i]);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      now_q[i] >= count_t'(2**CountBits - 2) |-> !(added_0[i] && added_1[i]));
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      now_q[i] == '1 |-> !added_0[i] && !added_1[i]);
`endif
  end

  assign marked_o = marked != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      now_q    <= '0;
      before_q <= '0;
    end else begin
      now_q    <= now_d;
      before_q <= before_d;
    end
  end

endmodule
