// SPDX-License-Identifier: Apache-2.0
//
// Counts, per AXI ID, the accesses of one direction that memory has not answered, and knows
// those IDs that have some from before a drain began. Answers of an ID come in order, so that
// the oldest are the ones from before.
//
// Two numbers per ID, how many were added and how many answered, are in small memories with
// one writer each; what is asked of all IDs at once is in vectors of a bit per ID. Where one bit
// of an ID has two writers, each memory has its own, and it is set if the two differ.

module iommu_outstanding #(
  parameter int unsigned IdWidth   = 4,
  parameter int unsigned CountBits = 7,
  parameter int unsigned Asks      = 1
) (
  input logic clk_i,
  input logic rst_ni,
  // new ones, which memory sees in the next cycle; two, since an atomic has answers in both
  // directions: it is [1]
  input logic [1:0] add_i,
  input logic [1:0][IdWidth-1:0] add_id_i,
  input logic answer_i,
  input logic [IdWidth-1:0] answer_id_i,
  output logic idle_o,
  // of these IDs
  input logic [Asks-1:0][IdWidth-1:0] ask_id_i,
  output logic [Asks-1:0] busy_o,  // some are outstanding
  output logic [Asks-1:0] full_o,  // add no more
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
  logic answer_busy;  // the ID that is answered

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
      if (answer_i && !answer_busy && !same) new_d[1].valid = 1'b0;
    end
  end

  // --- the numbers ----------------------------------------------------------------------------

  // Modulo 2**CountBits; ..._a: of the ID that is added to, ..._r: of the one that is answered.
  typedef struct packed {
    logic   full;
    count_t count;
  } number_t;

  // How many had been added when the drain began: kept when the first is added after that. It is
  // of this drain or of one before; of which, one bit can tell, since of an ID with accesses
  // from before it is of the one before this at the most.
  typedef struct packed {
    logic   drain;
    count_t count;
  } before_t;

  number_t added_a, added_r, added_next, answered_a, answered_r, answered_next;
  number_t [Asks-1:0] added_ask, answered_ask;
  before_t before_a, before_r;
  count_t outstanding_a, outstanding_r;
  logic answered, passes, later_a, later_r, drain_d, drain_q;
  ids_t old_d, old_q, adds, answers;
  id_t write_id;

  iommu_table #(
    .Depth(Ids),
    .Width($bits(number_t)),
    .Reads(Asks + 2)
  ) u_added (
    .clk_i,
    .we_i   (add || clear_q),
    .waddr_i(write_id),
    .wdata_i(clear_q ? '0 : added_next),
    .raddr_i({ask_id_i, answer_id_i, add_id}),
    .rdata_o({added_ask, added_r, added_a})
  );

  iommu_table #(
    .Depth(Ids),
    .Width($bits(number_t)),
    .Reads(Asks + 2)
  ) u_answered (
    .clk_i,
    .we_i   (answered || clear_q),
    .waddr_i(clear_q ? clear_id_q : answer_id_i),
    .wdata_i(clear_q ? '0 : answered_next),
    .raddr_i({ask_id_i, answer_id_i, add_id}),
    .rdata_o({answered_ask, answered_r, answered_a})
  );

  // One that is late makes sure that what is here is of no later one.
  iommu_table #(
    .Depth(Ids),
    .Width($bits(before_t)),
    .Reads(2)
  ) u_before (
    .clk_i,
    .we_i   ((add && (!later_a || late)) || clear_q),
    .waddr_i(write_id),
    .wdata_i({!clear_q && drain_q != late, added_a.count}),
    .raddr_i({answer_id_i, add_id}),
    .rdata_o({before_r, before_a})
  );

  assign write_id      = clear_q ? clear_id_q : add_id;
  assign answer_busy   = added_r.count != answered_r.count;
  assign later_a       = before_a.drain == drain_q;
  assign later_r       = before_r.drain == drain_q;
  assign drain_d       = drain_q != mark_i;

  // Memory may answer in the cycle in which it is added.
  assign passes        = answer_i && same && !answer_busy;
  assign answered      = answer_i && (answer_busy || passes);
  assign outstanding_a = added_a.count - answered_a.count;
  assign outstanding_r = added_r.count - answered_r.count;

  always_comb begin
    adds                = one(add, add_id);
    answers             = one(answered, answer_id_i);

    added_next.count    = added_a.count + count_t'(1);
    answered_next.count = answered_r.count + count_t'(1);
    // There is still room for a few.
    added_next.full     = added_a.full;
    answered_next.full  = answered_r.full;
    if (outstanding_a[CountBits-1:3] == '1) added_next.full = !answered_a.full;
    if (!same && outstanding_r[CountBits-1:3] != '1) answered_next.full = added_r.full;

    busy_d = busy_q | adds;
    if (passes || (!same && added_r.count == answered_next.count)) busy_d &= ~answers;

    old_d = old_q;
    if (answered_next.count == (later_r ? before_r.count : added_r.count)) old_d &= ~answers;
    if (late && !passes) old_d |= adds;
    if (mark_i) old_d = busy_d;
  end

  always_comb begin
    for (int unsigned i = 0; i < Asks; i++) begin
      busy_o[i] = busy_q[ask_id_i[i]] || (new_q[0].valid && new_q[0].id == ask_id_i[i]) ||
          (new_q[1].valid && new_q[1].id == ask_id_i[i]);
      full_o[i] = clear_q || new_q[1].valid || added_ask[i].full != answered_ask[i].full;
    end
  end

  assign idle_o   = busy_q == '0 && !add;
  assign marked_o = old_q != '0 || late || (new_q[1].valid && new_q[1].marked);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clear_q    <= 1'b1;
      clear_id_q <= '0;
      new_q      <= '0;
      busy_q     <= '0;
      old_q      <= '0;
      drain_q    <= 1'b0;
    end else begin
      clear_q    <= clear_d;
      clear_id_q <= clear_id_d;
      new_q      <= new_d;
      busy_q     <= busy_d;
      old_q      <= old_d;
      drain_q    <= drain_d;
    end
  end

`ifndef SYNTHESIS
  // What the memories say, in a bit per ID.
  ids_t later_d, later_q, added_to;

  assign added_to = busy_q | one(new_q[0].valid, new_q[0].id) | one(new_q[1].valid, new_q[1].id);
  assign later_d  = mark_i ? '0 : late ? later_q : later_q | adds;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) later_q <= '0;
    else later_q <= later_d;
  end

  assert property (@(posedge clk_i) disable iff (!rst_ni)
    old_q[answer_id_i] |-> later_r == later_q[answer_id_i]);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    old_q[add_id] && add |-> later_a == later_q[add_id]);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    answer_i |-> answer_busy == busy_q[answer_id_i]);
  assert property (@(posedge clk_i) disable iff (!rst_ni) (old_q & ~added_to) == '0);
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
