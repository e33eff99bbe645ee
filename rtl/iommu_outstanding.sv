// SPDX-License-Identifier: Apache-2.0
//
// Counts, per AXI ID, the accesses of one direction that memory has not answered, and knows
// those IDs that have some from before a drain began. Answers of an ID come in order, so that
// the oldest are the ones from before.
//
// Two numbers per ID, how many were added and how many answered, are in small memories with
// one writer each; what is asked of all IDs at once is in vectors of a bit per ID.

module iommu_outstanding #(
  parameter int unsigned IdWidth   = 4,
  parameter int unsigned CountBits = 7
) (
  input logic clk_i,
  input logic rst_ni,
  // new ones, which memory sees in the next cycle; two, since an atomic has answers in both
  // directions: it is [1]
  input logic [1:0] add_i,
  input logic [1:0][IdWidth-1:0] add_id_i,
  input logic answer_i,
  input logic [IdWidth-1:0] answer_id_i,
  // for each ID
  output logic [2**IdWidth-1:0] busy_o,  // some are outstanding
  output logic [2**IdWidth-1:0] full_o,  // add no more
  input logic mark_i,  // those that are there from this cycle on are
  output logic marked_o  // counted as from before; some of these are left
);

  localparam int unsigned Ids = 2 ** IdWidth;

  typedef logic [CountBits-1:0] count_t;
  typedef logic [IdWidth-1:0] id_t;
  typedef logic [Ids-1:0] ids_t;

  function automatic ids_t one(logic valid, id_t id);
    return ids_t'(valid) << id;
  endfunction

  // --- one addition a cycle -------------------------------------------------------------------

  // Added in the cycle after, in which memory may answer already. If two have come, the atomic
  // waits for one more; nothing else may leave while it does.
  typedef struct packed {
    logic valid;
    logic marked;  // a drain began in the cycle in which it left, or while it waited
    id_t  id;
  } added_t;

  added_t [1:0] new_d, new_q;
  ids_t busy_d, busy_q;
  id_t add_id;
  logic add, late, same;

  // The memories are emptied after reset.
  logic clear_d, clear_q;
  id_t clear_id_d, clear_id_q;

  assign clear_d    = clear_q && clear_id_q != '1;
  assign clear_id_d = clear_id_q + id_t'(clear_q);

  assign add        = new_q[0].valid || new_q[1].valid;
  assign add_id     = new_q[0].valid ? new_q[0].id : new_q[1].id;
  assign same       = add && add_id == answer_id_i;
  assign late       = new_q[0].valid ? new_q[0].marked : new_q[1].valid && new_q[1].marked;

  always_comb begin
    for (int unsigned i = 0; i < 2; i++)
    new_d[i] = '{valid: add_i[i], marked: mark_i, id: add_id_i[i]};
    if (new_q[0].valid && new_q[1].valid) begin
      new_d[1]        = new_q[1];
      new_d[1].marked = new_q[1].marked || mark_i;
      // An answer that nothing else can be meant by: it need not be added any more.
      if (answer_i && !busy_q[answer_id_i] && !same) new_d[1].valid = 1'b0;
    end
  end

  // --- the numbers ----------------------------------------------------------------------------

  // Modulo 2**CountBits; ..._a: of the ID that is added to, ..._r: of the one that is answered.
  count_t
      added_a,
      added_r,
      answered_a,
      answered_r,
      answered_next,
      outstanding_a,
      outstanding_r,
      before_r;
  logic answered, passes;
  ids_t full_d, full_q, old_d, old_q, later_d, later_q, adds, answers;

  iommu_table #(
    .Depth(Ids),
    .Width(CountBits),
    .Reads(2)
  ) u_added (
    .clk_i,
    .we_i   (add || clear_q),
    .waddr_i(clear_q ? clear_id_q : add_id),
    .wdata_i(clear_q ? '0 : added_a + count_t'(1)),
    .raddr_i({answer_id_i, add_id}),
    .rdata_o({added_r, added_a})
  );

  iommu_table #(
    .Depth(Ids),
    .Width(CountBits),
    .Reads(2)
  ) u_answered (
    .clk_i,
    .we_i   (answered || clear_q),
    .waddr_i(clear_q ? clear_id_q : answer_id_i),
    .wdata_i(clear_q ? '0 : answered_next),
    .raddr_i({answer_id_i, add_id}),
    .rdata_o({answered_r, answered_a})
  );

  // How many had been added when the drain began: kept when the first is added after that.
  iommu_table #(
    .Depth(Ids),
    .Width(CountBits)
  ) u_before (
    .clk_i,
    .we_i   (add && !later_q[add_id] && !late),
    .waddr_i(add_id),
    .wdata_i(added_a),
    .raddr_i(answer_id_i),
    .rdata_o(before_r)
  );

  // Memory may answer in the cycle in which it is added.
  assign passes        = answer_i && same && !busy_q[answer_id_i];
  assign answered      = answer_i && (busy_q[answer_id_i] || passes);
  assign answered_next = answered_r + count_t'(1);
  assign outstanding_a = added_a - answered_a;
  assign outstanding_r = added_r - answered_r;

  always_comb begin
    adds    = one(add, add_id);
    answers = one(answered, answer_id_i);

    busy_d  = busy_q | adds;
    if (passes || (!same && added_r == answered_next)) busy_d &= ~answers;

    // There is still room for a few.
    full_d = full_q;
    if (outstanding_a[CountBits-1:3] == '1) full_d |= adds;
    if (!same && outstanding_r[CountBits-1:3] != '1) full_d &= ~answers;

    later_d = mark_i ? '0 : late ? later_q : later_q | adds;
    old_d   = old_q;
    if (answered_next == (later_q[answer_id_i] ? before_r : added_r)) old_d &= ~answers;
    if (late && !passes) old_d |= adds;
    if (mark_i) old_d = busy_d;
  end

  assign busy_o   = busy_q | one(new_q[0].valid, new_q[0].id) | one(new_q[1].valid, new_q[1].id);
  assign full_o   = clear_q || new_q[1].valid ? '1 : full_q;
  assign marked_o = old_q != '0 || late || (new_q[1].valid && new_q[1].marked);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clear_q    <= 1'b1;
      clear_id_q <= '0;
      new_q      <= '0;
      busy_q     <= '0;
      full_q     <= '0;
      old_q      <= '0;
      later_q    <= '0;
    end else begin
      clear_q    <= clear_d;
      clear_id_q <= clear_id_d;
      new_q      <= new_d;
      busy_q     <= busy_d;
      full_q     <= full_d;
      old_q      <= old_d;
      later_q    <= later_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) (old_q & ~busy_o) == '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    add && busy_q[add_id] |-> outstanding_a != '0 && outstanding_a != '1);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    add && !busy_q[add_id] |-> outstanding_a == '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(clear_q && add_i != '0));
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(new_q[1].valid && add_i != '0));
  // A drain begins when the one before it is over.
  assert property (@(posedge clk_i) disable iff (!rst_ni) mark_i |-> !marked_o);
`endif

endmodule
