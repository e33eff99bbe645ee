// SPDX-License-Identifier: Apache-2.0
//
// The address channel of one direction of a device port: looks requests up in the micro-TLB,
// sends on at once what may go, and keeps what has to wait. Whatever waits asks for its
// translation on its own; what is answered leaves in the order of its AXI ID.
//
// A place of the queue is a request from its arrival until it leaves. Its long fields are in
// memories; what decides about its turn is in vectors of one bit per place, and in small tables
// that link places to lists:
//  - a chain per AXI ID, oldest first. Writes without a write buffer are one chain, since their
//    data comes in the order of their addresses and cannot be put aside.
//  - followers: requests that want what the one before has asked for and wait for its answer.

module iommu_pending
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_port_pkg::*;
#(
  parameter  config_t           Cfg   = ConfigBase,
  parameter  logic              Write = 1'b0,
  parameter  logic        [1:0] Port  = 2'd0,
  localparam int unsigned       IW    = Cfg.IdWidth
) (
  input logic clk_i,
  input logic rst_ni,
  // control: see iommu_port
  input logic stop_i,
  input logic hold_i,
  input logic inval_i,
  input logic put_back_i,  // what has an answer and is still here asks again
  output logic idle_o,
  // from the device
  input logic ax_valid_i,
  output logic ax_ready_o,
  input axi_ax_t ax_i,
  input mmu_t mmu_i,
  // micro-TLB
  output logic use_o,
  output ask_t ask_o,
  input logic hit_i,
  input grant_t grant_i,
  output logic fill_valid_o,
  output fill_t fill_o,
  // translation
  output logic xlate_valid_o,
  input logic xlate_ready_i,
  output xlate_req_t xlate_o,
  input logic rsp_valid_i,  // for this direction
  input xlate_rsp_t rsp_i,
  // write data; not used by reads
  output logic collect_valid_o,  // the next burst on W is of a request that waits
  input logic collect_take_i,  // it goes to the buffer,
  input logic [15:0] collect_first_i,  // its first beat there
  output logic [7:0] collect_len_o,
  output logic order_valid_o,  // a request leaves
  input logic order_ready_i,
  output order_t order_o,
  // to memory
  output logic out_valid_o,
  input logic out_ready_i,
  output out_ax_t out_o,
  // of two IDs, [0] that arrives, [1] that leaves
  output logic [1:0][IW-1:0] ask_id_o,
  input logic [1:0] id_busy_i,  // what has left is not answered yet
  input logic [1:0] id_full_i,  // no more may leave now
  output logic leave_o,  // to memory: out_o in the next cycle
  output logic [IW-1:0] leave_id_o,
  output logic leave_reads_o,  // it will be answered on R, too
  // elsewhere
  output logic refuse_valid_o,
  input logic refuse_ready_i,
  output refusal_t refuse_o
);

  localparam int unsigned N = Cfg.Pending;
  localparam int unsigned SlotBits = $clog2(N);
  localparam logic Buffered = Write && Cfg.WriteBuffer != 0;
  localparam int unsigned ChainBits = Write && !Buffered ? 1 : IW;
  localparam int unsigned Chains = 2 ** ChainBits;

  typedef logic [SlotBits-1:0] slot_t;
  typedef logic [N-1:0] slots_t;
  typedef logic [IW-1:0] id_t;
  typedef logic [ChainBits-1:0] chain_t;
  typedef logic [Chains-1:0] chains_t;

  if (N < 4 || N > 64 || 2 ** SlotBits != N) begin : g_places
    $error("iommu_pending: Cfg.Pending must be 4, 8, 16, 32 or 64");
  end

  function automatic chain_t chain_of(id_t id);
    return Write && !Buffered ? '0 : chain_t'(id);
  endfunction

  localparam slot_t LowBits = slot_t'(N > 8 ? 7 : N - 1);

  // A set of one place, or of none. Shifted twice, since that is a decoder of two levels.
  function automatic slots_t one(logic valid, slot_t slot);
    slots_t set;
    set = slots_t'(valid) << (slot & LowBits);
    return set << (slot & ~LowBits);
  endfunction

  function automatic chains_t one_chain(logic valid, chain_t chain);
    return chains_t'(valid) << chain;
  endfunction

  // --- what is kept of a request, and of its answer -----------------------------------------

  typedef struct packed {
    id_t id;
    logic [11:0] addr;
    logic [7:0] len;
    logic [2:0] size;
    burst_e burst;
    logic lock;
    logic [3:0] cache;
    logic [2:0] prot;
    logic [3:0] qos;
    logic [5:0] atop;
    logic held;  // by micro-TLBs: unless MRIFs need all, the next three are of these only
    logic [51:0] page;
    identity_t identity;
    logic translated;
    logic mark;  // as in entered_t
    logic hit;
    grant_t grant;  // of the micro-TLB, if it had one
  } request_t;

  typedef struct packed {
    grant_t grant;
    perms_t perms;
    logic   superpage;
    logic   dtf;
    mrif_t  mrif;
  } answer_t;

  typedef struct packed {
    logic    mark;    // as in told_t
    logic    copied;
    answer_t answer;
  } stored_t;

  function automatic answer_t answer_of(xlate_rsp_t rsp);
    answer_t answer = '0;
    answer.grant.ppn  = rsp.ppn;
    answer.grant.pbmt = Cfg.Svpbmt ? rsp.pbmt : PBMT_PMA;
    if (Cfg.Qos) begin
      answer.grant.rcid = rsp.rcid;
      answer.grant.mcid = rsp.mcid;
    end
    answer.perms     = rsp.perms;
    answer.superpage = rsp.log2 >= 6'd21;
    if (Cfg.MsiMrif) begin
      answer.dtf  = rsp.flags.dtf;
      answer.mrif = rsp.mrif;
    end
    return answer;
  endfunction

  // Where the request of a place in the queue stands. What is looked at, or changes, for all
  // places at once: it has to ask; it is granted, or will be by the copy that is under way, and
  // loses that to put_back_i; its answer came since the last invalidation (but see fresh).
  slots_t need_d, need_q, granted_d, granted_q, fresh_d, fresh_q;

  // The rest is in two tables of one writer each, written when a request enters a place and when
  // it is answered. An answer is of the request that has the place now if their marks are equal.
  typedef struct packed {
    logic mark;  // not that of the last answer of this place
    logic bad;   // refused at once
    logic hit;   // granted at once
  } entered_t;

  typedef struct packed {
    logic mark;
    logic refused;
    logic mrif;
  } told_t;

  // Of the place that is answered, the next of the chain, the candidate.
  entered_t answer_entered, next_entered, cand_entered;
  told_t answer_told, next_told, cand_told;
  logic answer_again, next_told_now, cand_mrif, s_told_now;

  // Chains: is anything waiting in it? Is its oldest answered, and with a fault?
  chains_t waiting_d, waiting_q, turn_d, turn_q, turn_refused_d, turn_refused_q;

  // --- arrival ------------------------------------------------------------------------------

  logic arrive, fast, gives_way, enqueue, bad, hit, follow, last_leaves, becomes_oldest;
  logic free_valid_d, free_valid_q, any_free, out_free;
  slot_t free_d, free_q, next_free;
  logic free_mark_d, free_mark_q;  // of the last answer of that place
  slots_t   enters;  // the place that one enters
  chain_t   ax_chain;
  id_t      ax_id;
  request_t arriving;
  // The place that leaves, if it can.
  typedef struct packed {
    logic  valid;
    slot_t slot;
    id_t   id;
    logic  special;  // not to memory
    logic  refused;
    logic  direct;   // its answer led here: it is in direct_q
  } stage_t;
  stage_t s_d, s_q;
  logic leave, leave_out, has_next;
  slot_t next_slot;
  logic  ring_empty;

  assign ask_o = ask_of(ax_i, mmu_i, Write);
  assign ax_ready_o = free_valid_q && !stop_i;
  assign arrive = ax_valid_i && ax_ready_o;
  assign ax_id = ax_i.id[IW-1:0];
  assign ax_chain = chain_of(ax_id);
  assign ask_id_o = {s_q.id, ax_id};
  assign bad = illegal_burst(ax_i, Cfg.DataWidth);
  assign hit = hit_i && !hold_i && !bad;
  assign out_free = !out_valid_o || out_ready_i;
  // What waits goes before what arrives; a hit that has to give way waits with its answer.
  assign gives_way = s_q.valid && !(s_q.special && id_busy_i[1]);
  assign fast = arrive && hit && !waiting_q[ax_chain] && out_free && !gives_way &&
                !id_full_i[0] && order_ready_i && ring_empty;
  assign enqueue = arrive && !fast;
  assign use_o = arrive && hit;
  assign enters = one(enqueue, free_q);

  assign arriving = '{
          id: ax_id,
          addr: ax_i.addr[11:0],
          len: ax_i.len,
          size: ax_i.size,
          burst: ax_i.burst,
          lock: ax_i.lock,
          cache: ax_i.cache,
          prot: ax_i.prot,
          qos: ax_i.qos,
          atop: Write ? ax_i.atop : ATOP_NONE,
          held: is_held(Cfg, ask_o.identity, ask_o.translated, ask_o.page),
          page: Cfg.MsiMrif ? ask_o.page : held_page(Cfg, ask_o.page),
          identity: Cfg.MsiMrif ? ask_o.identity : held_identity(Cfg, ask_o.identity),
          translated: ask_o.translated && Cfg.Ats,
          mark: !free_mark_q,
          hit: hit && !put_back_i,
          grant: grant_i
      };

  // The place for the next one, taken ahead: one that was never used, or the one that has been
  // free for longest.
  typedef logic [SlotBits:0] count_t;

  count_t unused_d, unused_q, free_head_d, free_head_q, free_end_d, free_end_q;
  slot_t next_listed;
  logic  next_listed_mark;
  logic  s_told_mark;
  logic some_unused, take_free, first_use;
  logic answer;  // a place gets its answer: of the translation, or a copy

  iommu_table #(
    .Depth(N),
    .Width(SlotBits + 1)
  ) u_free (
    .clk_i,
    .we_i   (leave),
    .waddr_i(free_end_q[SlotBits-1:0]),
    .wdata_i({s_told_mark, s_q.slot}),
    .raddr_i(free_head_q[SlotBits-1:0]),
    .rdata_o({next_listed_mark, next_listed})
  );

  assign some_unused = !unused_q[SlotBits];
  assign any_free    = some_unused || free_head_q != free_end_q;
  assign next_free   = some_unused ? unused_q[SlotBits-1:0] : next_listed;
  // One that was never used waits for its turn at u_told, where it gets its first mark.
  assign take_free   = any_free && (!free_valid_q || enqueue) && !(some_unused && answer);
  assign first_use   = take_free && some_unused;

  always_comb begin
    free_valid_d = (free_valid_q && !enqueue) || take_free;
    free_d       = take_free ? next_free : free_q;
    free_mark_d  = take_free ? !some_unused && next_listed_mark : free_mark_q;
    unused_d     = unused_q + count_t'(first_use);
    free_head_d  = free_head_q + count_t'(take_free && !some_unused);
    free_end_d   = free_end_q + count_t'(leave);
  end

  // The one that the next may follow: the last that had to ask, as long as it has no answer. Not
  // under hold, since its answer may be from before.
  logic leader_valid_d, leader_valid_q, leader_answered;
  slot_t leader_d, leader_q, last_d, last_q;  // and the last of those that follow it
  ask_t leader_ask_d, leader_ask_q;
  logic asks;

  assign leader_answered = rsp_valid_i && rsp_i.requester.slot[SlotBits-1:0] == leader_q;
  assign follow = enqueue && !bad && !(hit && !put_back_i) && leader_valid_q && !hold_i &&
                  !leader_answered && leader_ask_q == ask_o;
  assign asks = enqueue && !bad && !(hit && !put_back_i) && !follow;

  always_comb begin
    leader_valid_d = leader_valid_q && !leader_answered && !hold_i;
    leader_d       = leader_q;
    leader_ask_d   = leader_ask_q;
    last_d         = last_q;
    if (follow) last_d = free_q;
    if (asks) begin
      leader_valid_d = 1'b1;
      leader_d       = free_q;
      leader_ask_d   = ask_o;
      last_d         = free_q;
    end
  end

  // --- asking -------------------------------------------------------------------------------

  typedef struct packed {
    logic [63:0]     addr;
    identity_t       identity;
    logic            translated;
    access_e access;
  } question_t;

  logic look_valid_d, look_valid_q, look_take, question_valid_d, question_valid_q;
  logic question_free, direct_ask, any_need;
  slot_t look_d, look_q, need_slot, question_slot_d, question_slot_q;
  question_t question_d, question_q, looked_up, arriving_question;

  assign arriving_question = '{
          addr: ax_i.addr,
          identity: ask_o.identity,
          translated: ask_o.translated,
          access : ask_o.access
      };

  iommu_pick #(
    .Members(N)
  ) u_need (
    .set_i   (need_q),
    .last_i  (look_q),
    .any_o   (any_need),
    .member_o(need_slot)
  );

  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (N),
    .Width  ($bits(question_t))
  ) u_questions (
    .clk_i,
    .we_i   (arrive),
    .waddr_i(free_q),
    .wdata_i(arriving_question),
    .re_i   (look_take),
    .raddr_i(need_slot),
    .rdata_o(looked_up)
  );

  assign question_free = !question_valid_q || (xlate_ready_i && !hold_i);
  assign look_take     = any_need && (!look_valid_q || question_free);
  assign direct_ask    = asks && !any_need && !look_valid_q && question_free;

  always_comb begin
    look_valid_d     = look_valid_q && !question_free;
    look_d           = look_q;
    question_valid_d = question_valid_q && !question_free;
    question_d       = question_q;
    question_slot_d  = question_slot_q;
    if (look_take) begin
      look_valid_d = 1'b1;
      look_d       = need_slot;
    end
    // What arrives is put here before it is known whether it asks.
    if (question_free) begin
      question_valid_d = look_valid_q || direct_ask;
      question_d       = look_valid_q ? looked_up : arriving_question;
      question_slot_d  = look_valid_q ? look_q : free_q;
    end
  end

  assign xlate_valid_o = question_valid_q && !hold_i;

  always_comb begin
    xlate_o           = '0;
    xlate_o.requester = '{unit: UNIT_PORT, port: Port, write: Write, slot: 6'(question_slot_q)};
    xlate_o.kind      = question_q.translated ? TYPE_TRANSLATED : TYPE_UNTRANSLATED;
    xlate_o.access    = question_q.access;
    xlate_o.identity  = question_q.identity;
    xlate_o.iova      = question_q.addr;
  end

  // --- answers ------------------------------------------------------------------------------

  // An answer that others follow is copied to them, one place per cycle, unless that is under
  // way for another one already. Otherwise the first of them asks for itself, and the others
  // follow it. So each fault has its own record.
  logic copy_valid_d, copy_valid_q, copy_write, rsp_special, rsp_refused;
  slot_t copy_d, copy_q, rsp_slot, follower;
  answer_t copy_answer_d, copy_answer_q, rsp_answer;
  logic wake, copy_begin, leads;

  typedef struct packed {
    logic  leads;
    slot_t follower;
  } link_t;
  link_t link;

  slot_t answer_slot;
  // What is told of a place: its answer, or its first mark.
  logic tell, tell_mark;
  slot_t tell_slot;

  assign rsp_slot    = rsp_i.requester.slot[SlotBits-1:0];
  assign rsp_answer  = answer_of(rsp_i);
  assign rsp_special = rsp_i.fault || (Cfg.MsiMrif && rsp_i.target == TARGET_MRIF);
  assign rsp_refused = rsp_valid_i && rsp_i.fault;
  assign copy_write  = copy_valid_q && !rsp_valid_i && !put_back_i;
  assign answer      = rsp_valid_i || copy_write;
  assign answer_slot = rsp_valid_i ? rsp_slot : copy_q;
  assign tell        = answer || first_use;
  assign tell_slot   = answer ? answer_slot : next_free;
  assign tell_mark   = answer && answer_entered.mark;
  // A place asks, and has followers, before its first answer only.
  assign leads       = link.leads && answer_slot != last_q && !answer_entered.hit && !answer_again;
  assign follower    = link.follower;
  assign copy_begin  = rsp_valid_i && leads && !rsp_special && !put_back_i && !copy_valid_q;
  assign wake        = rsp_valid_i && leads && !copy_begin;

  // Written when the next one comes that waits for an answer, which follows or does not.
  iommu_table #(
    .Depth(N),
    .Width($bits(link_t))
  ) u_followers (
    .clk_i,
    .we_i   (follow || asks),
    .waddr_i(last_q),
    .wdata_i({follow, free_q}),
    .raddr_i(answer_slot),
    .rdata_o(link)
  );

  always_comb begin
    copy_valid_d  = copy_valid_q;
    copy_d        = copy_q;
    copy_answer_d = copy_answer_q;
    if (put_back_i) copy_valid_d = 1'b0;
    if (copy_write) copy_valid_d = leads;
    if (copy_begin) begin
      copy_valid_d  = 1'b1;
      copy_answer_d = rsp_answer;
    end
    if (copy_write || copy_begin) copy_d = follower;
  end

  // --- write data: who is next on W, and whose data is in the buffer ------------------------

  // Of the oldest of each chain: its data is next on W, or put aside. And of the next in the
  // chain of the one that leaves.
  chains_t eligible;
  logic next_eligible, buffered;
  logic          cand_valid_q;  // who goes to the output after the one that is there
  slot_t         cand_q;
  logic          sel_valid;
  slot_t         sel;
  logic   [15:0] s_first;
  chain_t        s_chain;
  chains_t left, moves;  // of the one that leaves; of one that has a next

  if (Buffered) begin : g_buffered
    typedef struct packed {
      slot_t      slot;
      chain_t     chain;
      logic [7:0] len;
    } entry_t;

    // What is in the buffer are the oldest ones of each chain, since data comes in the order of
    // addresses: is its oldest, and which is the last one that was put aside.
    entry_t entry;
    chains_t oldest_here_d, oldest_here_q;
    slot_t last_here, front;
    chain_t front_chain;
    logic   next_here;
    logic [SlotBits:0] head_d, head_q, end_d, end_q;
    logic pop;

    // Requests whose data nobody has sent on or put aside, in the order of arrival.
    iommu_table #(
      .Depth(N),
      .Width($bits(entry_t))
    ) u_ring (
      .clk_i,
      .we_i   (enqueue),
      .waddr_i(end_q[SlotBits-1:0]),
      .wdata_i({free_q, ax_chain, ax_i.len}),
      .raddr_i(head_q[SlotBits-1:0]),
      .rdata_o(entry)
    );

    iommu_table #(
      .Depth(N),
      .Width(16)
    ) u_firsts (
      .clk_i,
      .we_i   (collect_take_i),
      .waddr_i(front),
      .wdata_i(collect_first_i),
      .raddr_i(s_q.slot),
      .rdata_o(s_first)
    );

    iommu_table #(
      .Depth(Chains),
      .Width(SlotBits)
    ) u_last_here (
      .clk_i,
      .we_i   (collect_take_i),
      .waddr_i(front_chain),
      .wdata_i(front),
      .raddr_i(s_chain),
      .rdata_o(last_here)
    );

    assign ring_empty = head_q == end_q;
    assign front = entry.slot;
    assign front_chain = entry.chain;
    // Whoever gets to the output is in the buffer, or the front.
    assign buffered = ring_empty || front != s_q.slot;
    assign next_here = buffered && last_here != s_q.slot;
    // If the front is not the oldest of its chain, then that is in the buffer.
    assign eligible = oldest_here_q | one_chain(!ring_empty, front_chain);
    assign next_eligible = next_here || (!ring_empty && front == next_slot);

    // Not if it is on its way to the output, or may get there in this cycle.
    assign collect_valid_o = !ring_empty && !(s_q.valid && s_q.slot == front) &&
                             !(cand_valid_q && cand_q == front) &&
                             !(rsp_valid_i && rsp_slot == front) &&
                             !(s_q.valid && has_next && next_slot == front);
    assign collect_len_o = entry.len;
    assign pop = collect_take_i || (leave && !buffered);

    always_comb begin
      head_d = head_q;
      end_d = end_q;
      oldest_here_d = (oldest_here_q & ~left) | (next_here ? moves : '0) |
          one_chain(collect_take_i, front_chain);
      if (enqueue) end_d = end_q + (SlotBits + 1)'(1);
      if (pop) head_d = head_q + (SlotBits + 1)'(1);
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        oldest_here_q <= '0;
        head_q        <= '0;
        end_q         <= '0;
      end else begin
        oldest_here_q <= oldest_here_d;
        head_q        <= head_d;
        end_q         <= end_d;
      end
    end

`ifndef SYNTHESIS
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      !(collect_take_i && sel_valid && sel == front));
    // Data that has not been put aside goes on in the order of arrival.
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      leave && !buffered |-> !ring_empty && s_q.slot == front);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      !(collect_take_i && leave && !buffered));
`endif
  end else begin : g_in_order
    logic unused;
    assign ring_empty      = 1'b1;
    assign buffered        = 1'b0;
    assign eligible        = '1;
    assign next_eligible   = 1'b1;
    assign s_first         = '0;
    assign collect_valid_o = 1'b0;
    assign collect_len_o   = '0;
    assign unused          = &{collect_take_i, collect_first_i, s_first};
  end

  // --- whose turn ---------------------------------------------------------------------------

  logic any_ready, cand_valid_d, cand_take, bypass, s_free, step_back, chained;
  chains_t ready, at_output, on_the_way;
  chain_t ready_chain, cand_chain_d, cand_chain_q, answer_chain;
  slot_t ready_slot;  // the oldest of this chain
  slot_t cand_d, s_tail, ax_tail;
  id_t answer_id, cand_id, next_id, cand_listed_id, next_listed_id;
  logic is_oldest, next_is_refused, next_is_answered, next_answered, next_refused, ax_answered;

  assign s_chain    = chain_of(s_q.id);
  assign at_output  = one_chain(s_q.valid, s_chain);
  assign left       = leave ? at_output : '0;
  assign moves      = has_next ? left : '0;
  assign on_the_way = at_output | one_chain(cand_valid_q, cand_chain_q);
  assign ready      = turn_q & eligible & ~on_the_way;

  iommu_pick #(
    .Members(Chains)
  ) u_ready (
    .set_i   (ready),
    .last_i  (cand_chain_q),
    .any_o   (any_ready),
    .member_o(ready_chain)
  );

  // The oldest of a chain is the one that came when nothing waited there, or, once that has left,
  // the one that moved up last.
  chains_t moved_d, moved_q;
  slot_t came[Chains], moved[Chains];

  always_ff @(posedge clk_i) begin
    if (enqueue && becomes_oldest) came[ax_chain] <= free_q;
    if (leave && has_next) moved[s_chain] <= next_slot;
  end

  assign ready_slot = moved_q[ready_chain] ? moved[ready_chain] : came[ready_chain];

  // Whether the place that is answered is the oldest of its chain decides who leaves next. If there
  // are few places each has a bit for it, which is quicker than to find its chain.
  if (N <= Chains) begin : g_oldest_places
    slots_t first_d, first_q;

    assign first_d = (becomes_oldest ? first_q | enters : first_q & ~enters) | one(
        leave && has_next, next_slot
    );
    assign is_oldest = first_q[answer_slot];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) first_q <= '0;
      else first_q <= first_d;
    end
  end else begin : g_oldest_chains
    slot_t answer_oldest;

    assign answer_oldest = moved_q[answer_chain] ? moved[answer_chain] : came[answer_chain];
    assign is_oldest     = answer_oldest == answer_slot;
  end

  // The youngest of each chain.
  iommu_table #(
    .Depth(Chains),
    .Width(SlotBits),
    .Reads(2)
  ) u_tails (
    .clk_i,
    .we_i   (enqueue),
    .waddr_i(ax_chain),
    .wdata_i(free_q),
    .raddr_i({s_chain, ax_chain}),
    .rdata_o({s_tail, ax_tail})
  );
  // Next in the chain of the one that leaves. It goes if no other is ready, so that a lone chain
  // moves in every cycle.
  iommu_table #(
    .Depth(N),
    .Width(SlotBits)
  ) u_next (
    .clk_i,
    .we_i   (enqueue && !becomes_oldest),
    .waddr_i(ax_tail),
    .wdata_i(free_q),
    .raddr_i(s_q.slot),
    .rdata_o(next_slot)
  );
  iommu_table #(
    .Depth(N),
    .Width(IW),
    .Reads(3)
  ) u_ids (
    .clk_i,
    .we_i   (enqueue),
    .waddr_i(free_q),
    .wdata_i(ax_id),
    .raddr_i({next_slot, cand_q, answer_slot}),
    .rdata_o({next_listed_id, cand_listed_id, answer_id})
  );

  // A chain per ID says the ID of all its places.
  assign next_id        = Chains == 2 ** IW ? s_q.id : next_listed_id;
  assign cand_id        = Chains == 2 ** IW ? id_t'(cand_chain_q) : cand_listed_id;

  assign answer_chain   = chain_of(answer_id);
  assign has_next       = s_tail != s_q.slot;
  assign last_leaves    = leave && !has_next && s_chain == ax_chain;
  assign becomes_oldest = !waiting_q[ax_chain] || last_leaves;
  assign bypass         = rsp_valid_i && is_oldest && eligible[answer_chain];
  assign chained        = leave && has_next && next_is_answered && next_eligible;
  assign s_free         = !s_q.valid || leave || step_back;
  assign sel_valid      = s_free && !put_back_i && (bypass || cand_valid_q || chained);
  assign sel            = bypass ? rsp_slot : cand_valid_q ? cand_q : next_slot;
  assign cand_take      = s_free && !bypass;

  // Each of the three is looked up on its own, and then one of them is taken.
  function automatic stage_t stage_of(slot_t slot, id_t id, logic refused, logic mrif);
    stage_t stage = '0;
    stage.valid   = 1'b1;
    stage.slot    = slot;
    stage.id      = id;
    stage.special = refused || mrif;
    stage.refused = refused;
    return stage;
  endfunction

  stage_t rsp_stage, cand_stage, next_stage;

  always_comb begin
    rsp_stage = '{
        valid: 1'b1,
        slot: rsp_slot,
        id: answer_id,
        special: rsp_special,
        refused: rsp_i.fault,
        direct: 1'b1
    };
    cand_stage = stage_of(cand_q, cand_id, turn_refused_q[cand_chain_q], cand_mrif);
    next_stage = stage_of(next_slot, next_id, next_is_refused, next_told_now && next_told.mrif);

    cand_valid_d = cand_valid_q && !cand_take;
    cand_d = cand_q;
    cand_chain_d = cand_chain_q;
    if (!cand_valid_q || cand_take) begin
      cand_valid_d = any_ready;
      cand_d       = ready_slot;
      cand_chain_d = any_ready ? ready_chain : cand_chain_q;
    end
    if (put_back_i) cand_valid_d = 1'b0;

    s_d = s_q;
    if (s_free) s_d = bypass ? rsp_stage : cand_valid_q ? cand_stage : next_stage;
    if (s_free || put_back_i) s_d.valid = sel_valid;
  end

  // --- leaving ------------------------------------------------------------------------------

  request_t s_request;
  stored_t  stored;
  answer_t s_answer, direct_d, direct_q;
  logic by_hit, by_answer;
  grant_t s_grant, grant;  // and of what goes to memory

  // Read before it is known whether anything goes, and whether its answer leads here at once.

  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (N),
    .Width  ($bits(request_t))
  ) u_requests (
    .clk_i,
    .we_i   (arrive),
    .waddr_i(free_q),
    .wdata_i(arriving),
    .re_i   (s_free),
    .raddr_i(sel),
    .rdata_o(s_request)
  );
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (N),
    .Width  ($bits(stored_t))
  ) u_answers (
    .clk_i,
    .we_i   (tell),
    .waddr_i(tell_slot),
    .wdata_i({tell_mark, !rsp_valid_i, rsp_valid_i ? rsp_answer : copy_answer_q}),
    .re_i   (s_free),
    .raddr_i(cand_valid_q ? cand_q : next_slot),
    .rdata_o(stored)
  );

  // What led here directly is 0 otherwise, so that grants are put together by OR.
  assign direct_d = !s_free ? direct_q : bypass ? rsp_answer : '0;
  assign s_told_mark = s_q.direct ? s_request.mark : stored.mark;
  assign s_told_now = s_told_mark == s_request.mark;
  assign s_answer = (s_q.direct ? '0 : stored.answer) | direct_q;
  assign by_hit = s_request.hit && !s_told_now;
  assign by_answer = !by_hit && !s_q.direct;
  assign s_grant = (by_hit ? s_request.grant : '0) | (by_answer ? stored.answer.grant : '0) |
                   direct_q.grant;

  // To memory, or elsewhere. What is answered elsewhere waits for all that went before it in
  // its ID, and for its turn; others need not wait for that, so it steps back until it is looked
  // at again. The first one that found the responder busy is the next one there.
  logic reserved_d, reserved_q, may_refuse;
  slot_t reserved_slot_d, reserved_slot_q;

  always_comb begin
    leave_out = s_q.valid && !s_q.special && !put_back_i && out_free && order_ready_i &&
                !id_full_i[1];
    may_refuse     = s_q.valid && s_q.special && !put_back_i && !id_busy_i[1] &&
                     !(reserved_q && reserved_slot_q != s_q.slot);
    refuse_valid_o = may_refuse && order_ready_i;
    leave = leave_out || (refuse_valid_o && refuse_ready_i);
    step_back = s_q.valid && !leave && (s_q.special || id_full_i[1]);

    reserved_d = reserved_q;
    reserved_slot_d = reserved_slot_q;
    if (may_refuse) begin
      reserved_d      = !leave;
      reserved_slot_d = s_q.slot;
    end
    if (put_back_i) reserved_d = 1'b0;
  end

  assign leave_o = fast || leave_out;
  assign leave_id_o = fast ? ax_id : s_q.id;
  assign leave_reads_o = Write && atop_reads(fast ? ax_i.atop : s_request.atop);
  assign order_valid_o = fast || leave;
  assign order_o = '{absorb: !fast && s_q.special, buffered: !fast && buffered, first: s_first};

  assign refuse_o.id = axi_id_t'(s_q.id);
  assign refuse_o.len = s_request.len;
  assign refuse_o.atop = s_request.atop;
  assign refuse_o.mrif = Cfg.MsiMrif && !s_q.refused;

  always_comb begin
    refuse_o.request = '0;
    if (Cfg.MsiMrif) begin
      refuse_o.request.mrif = s_answer.mrif;
      refuse_o.request.write = Write;
      refuse_o.request.word       = s_request.len == '0 && s_request.size == 3'd2 &&
                                    s_request.atop == ATOP_NONE && !s_request.lock &&
                                    s_request.addr[1:0] == 2'd0;
      refuse_o.request.identity = s_request.identity;
      refuse_o.request.translated = s_request.translated;
      refuse_o.request.access     = Write ? ACCESS_WRITE : s_request.prot[2] ? ACCESS_EXECUTE
                                                                             : ACCESS_READ;
      refuse_o.request.iova = {s_request.page, s_request.addr};
      refuse_o.request.dtf = s_answer.dtf;
      refuse_o.request.rcid = s_answer.grant.rcid;
      refuse_o.request.mcid = s_answer.grant.mcid;
    end
  end

  // An answer fills the micro-TLB when what asked for it leaves, unless an invalidation has come
  // since. fresh_q is of the last place that was answered by a translation, which may be one
  // before this, answered otherwise.
  logic fresh;

  assign fresh        = fresh_q[s_q.slot] && s_told_now && (s_q.direct || !stored.copied);
  assign fill_valid_o = leave_out && fresh && s_request.held && !inval_i && !hold_i;

  always_comb begin
    fill_o                = '0;
    fill_o.ask.identity   = s_request.identity;
    fill_o.ask.translated = s_request.translated;
    fill_o.ask.page       = whole_page(Cfg, s_request.page);
    fill_o.grant          = grant;
    fill_o.perms          = s_answer.perms;
    fill_o.superpage      = s_answer.superpage;
  end

  out_ax_t out_d, out_q;
  logic out_valid_d, out_valid_q;
  request_t going;
  logic     from_queue;

  always_comb begin
    from_queue  = s_q.valid && !s_q.special;
    going       = from_queue ? s_request : arriving;
    grant       = from_queue ? s_grant : grant_i;

    out_valid_d = leave_o || (out_valid_q && !out_ready_i);
    out_d       = out_q;
    // Whether it leaves is known later.
    if (out_free) begin
      out_d.id    = axi_id_t'(going.id);
      out_d.addr  = {grant.ppn, going.addr};
      out_d.len   = going.len;
      out_d.size  = going.size;
      out_d.burst = going.burst;
      out_d.lock  = going.lock;
      out_d.prot  = going.prot;
      out_d.qos   = going.qos;
      out_d.atop  = Write ? going.atop : ATOP_NONE;
      unique case (grant.pbmt)
        PBMT_NC: out_d.cache = CACHE_NONCACHEABLE;
        PBMT_IO: out_d.cache = CACHE_DEVICE;
        default: out_d.cache = going.cache;
      endcase
      out_d.user = '{pbmt: grant.pbmt, rcid: grant.rcid, mcid: grant.mcid};
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_o       = out_q;

  // --- state of the places ------------------------------------------------------------------

  assign ax_answered = bad || (hit && !put_back_i);

  iommu_table #(
    .Depth(N),
    .Width($bits(entered_t)),
    .Reads(3)
  ) u_entered (
    .clk_i,
    .we_i   (enqueue),
    .waddr_i(free_q),
    .wdata_i({arriving.mark, bad, arriving.hit}),
    .raddr_i({cand_q, next_slot, answer_slot}),
    .rdata_o({cand_entered, next_entered, answer_entered})
  );
  iommu_table #(
    .Depth(N),
    .Width($bits(told_t)),
    .Reads(3)
  ) u_told (
    .clk_i,
    .we_i   (tell),
    .waddr_i(tell_slot),
    .wdata_i({tell_mark, rsp_refused, Cfg.MsiMrif && rsp_valid_i && rsp_special && !rsp_i.fault}),
    .raddr_i({cand_q, next_slot, answer_slot}),
    .rdata_o({cand_told, next_told, answer_told})
  );

  assign answer_again = answer_told.mark == answer_entered.mark;
  assign next_told_now = next_told.mark == next_entered.mark;
  assign cand_mrif = Cfg.MsiMrif && cand_told.mark == cand_entered.mark && cand_told.mrif;
  assign next_is_refused = next_entered.bad || (next_told_now && next_told.refused);
  assign next_is_answered = next_is_refused ||
                            (granted_q[next_slot] && !(copy_valid_q && copy_q == next_slot));

  // What happens to which place in this cycle.
  slots_t answers, follows;

  always_comb begin
    answers = one(rsp_valid_i && !rsp_i.fault, rsp_slot);
    follows = one(answer && leads, follower);

    granted_d = (granted_q & ~one(leave, s_q.slot)) | answers | (wake ? '0 : follows) |
        (ax_answered && !bad ? enters : '0);
    need_d = (need_q & ~one(look_take, need_slot)) | (wake ? follows : '0) |
        (asks && !direct_ask ? enters : '0);
    fresh_d = fresh_q | answers;

    // What is answered, but is no fault and has not left, has to ask again.
    if (put_back_i) begin
      need_d |= granted_d;
      granted_d = '0;
    end
    if (put_back_i || inval_i || hold_i) fresh_d = '0;
  end

  // And to which chain.
  chains_t comes, turns;

  always_comb begin
    next_answered = next_is_answered || (answer && answer_slot == next_slot);
    next_refused = next_is_refused || (rsp_refused && rsp_slot == next_slot);

    comes = one_chain(enqueue, ax_chain);
    turns = one_chain(answer && is_oldest, answer_chain);

    waiting_d = (waiting_q & ~(left & ~moves)) | comes;
    moved_d = (moved_q & ~(becomes_oldest ? comes : '0)) | moves;
    turn_d = (turn_q & ~left) | turns | (next_answered ? moves : '0) |
             (becomes_oldest && ax_answered ? comes : '0);
    turn_refused_d = (turn_refused_q & ~left) | (rsp_refused ? turns : '0) |
                     (next_refused ? moves : '0) | (becomes_oldest && bad ? comes : '0);
    if (put_back_i) turn_d = turn_d & turn_refused_d;
  end

  assign idle_o = waiting_q == '0 && !out_valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      need_q           <= '0;
      granted_q        <= '0;
      turn_q           <= '0;
      turn_refused_q   <= '0;
      moved_q          <= '0;
      fresh_q          <= '0;
      waiting_q        <= '0;
      free_valid_q     <= 1'b0;
      free_q           <= '0;
      free_mark_q      <= 1'b0;
      unused_q         <= '0;
      free_head_q      <= '0;
      free_end_q       <= '0;
      leader_valid_q   <= 1'b0;
      leader_q         <= '0;
      last_q           <= '0;
      look_valid_q     <= 1'b0;
      look_q           <= '0;
      question_valid_q <= 1'b0;
      question_slot_q  <= '0;
      copy_valid_q     <= 1'b0;
      copy_q           <= '0;
      reserved_q       <= 1'b0;
      reserved_slot_q  <= '0;
      cand_valid_q     <= 1'b0;
      cand_q           <= '0;
      cand_chain_q     <= '0;
      s_q              <= '0;
      out_valid_q      <= 1'b0;
    end else begin
      need_q           <= need_d;
      granted_q        <= granted_d;
      turn_q           <= turn_d;
      turn_refused_q   <= turn_refused_d;
      moved_q          <= moved_d;
      fresh_q          <= fresh_d;
      waiting_q        <= waiting_d;
      free_valid_q     <= free_valid_d;
      free_q           <= free_d;
      free_mark_q      <= free_mark_d;
      unused_q         <= unused_d;
      free_head_q      <= free_head_d;
      free_end_q       <= free_end_d;
      leader_valid_q   <= leader_valid_d;
      leader_q         <= leader_d;
      last_q           <= last_d;
      look_valid_q     <= look_valid_d;
      look_q           <= look_d;
      question_valid_q <= question_valid_d;
      question_slot_q  <= question_slot_d;
      copy_valid_q     <= copy_valid_d;
      copy_q           <= copy_d;
      reserved_q       <= reserved_d;
      reserved_slot_q  <= reserved_slot_d;
      cand_valid_q     <= cand_valid_d;
      cand_q           <= cand_d;
      cand_chain_q     <= cand_chain_d;
      s_q              <= s_d;
      out_valid_q      <= out_valid_d;
    end
  end

  // What is looked at only with its valid bit needs no reset.
  always_ff @(posedge clk_i) begin
    leader_ask_q  <= leader_ask_d;
    question_q    <= question_d;
    copy_answer_q <= copy_answer_d;
    direct_q      <= direct_d;
    out_q         <= out_d;
  end

`ifndef SYNTHESIS
  // Places in use, the oldest of each chain, and in a bit per place what the tables say of it.
  slots_t valid_d, valid_q, oldest_d, oldest_q, leaves, gets_answer;
  slots_t answered_d, answered_q, refused_d, refused_q, mrif_d, mrif_q, by_hit_d, by_hit_q;
  slots_t recent_d, recent_q, leads_d, leads_q;

  always_comb begin
    leaves = one(leave, s_q.slot);
    gets_answer = one(answer, answer_slot);
    valid_d = (valid_q & ~leaves) | enters;
    oldest_d = (oldest_q & ~leaves) | one(leave && has_next, next_slot) |
        (becomes_oldest ? enters : '0);
    answered_d = (answered_q & ~leaves) | gets_answer | (ax_answered ? enters : '0);
    refused_d = (refused_q & ~enters) | (rsp_refused ? gets_answer : '0) | (bad ? enters : '0);
    mrif_d = (mrif_q & ~enters) | (rsp_valid_i && rsp_special && !rsp_i.fault ? gets_answer : '0);
    by_hit_d = (by_hit_q & ~enters) | (hit ? enters : '0);
    leads_d = (leads_q & ~enters & ~gets_answer) | one(follow, last_q);
    recent_d = (recent_q & ~enters & ~gets_answer) |
        (rsp_valid_i && !rsp_special ? gets_answer : '0);
    if (put_back_i) begin
      answered_d = answered_d & refused_d;
      mrif_d     = '0;
      by_hit_d   = '0;
    end
    if (put_back_i || inval_i || hold_i) recent_d = '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q    <= '0;
      oldest_q   <= '0;
      answered_q <= '0;
      refused_q  <= '0;
      mrif_q     <= '0;
      by_hit_q   <= '0;
      leads_q    <= '0;
      recent_q   <= '0;
    end else begin
      valid_q    <= valid_d;
      oldest_q   <= oldest_d;
      answered_q <= answered_d;
      refused_q  <= refused_d;
      mrif_q     <= mrif_d;
      by_hit_q   <= by_hit_d;
      leads_q    <= leads_d;
      recent_q   <= recent_d;
    end
  end

  assert property (@(posedge clk_i) disable iff (!rst_ni)
    granted_q == ((answered_q & ~refused_q) | one(
      copy_valid_q, copy_q
  )));
  assert property (@(posedge clk_i) disable iff (!rst_ni) answer |-> leads == leads_q[answer_slot]);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    s_q.valid && has_next |-> next_is_answered == answered_q[next_slot] &&
    next_is_refused == (answered_q[next_slot] && refused_q[next_slot]));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    s_q.valid && has_next && answered_q[next_slot] |->
    next_stage.special == (refused_q[next_slot] || mrif_q[next_slot]));
  assert property (@(posedge clk_i) disable iff (!rst_ni) cand_valid_q |->
    cand_stage.special == (refused_q[cand_q] || mrif_q[cand_q]));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    leave_out |-> by_hit == by_hit_q[s_q.slot] &&
    fresh == recent_q[s_q.slot]);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    answer |-> is_oldest == oldest_q[answer_slot]);
  for (genvar c = 0; c < int'(Chains); c++) begin : g_oldest
    slot_t place;
    assign place = moved_q[c] ? moved[c] : came[c];
    assert property (@(posedge clk_i) disable iff (!rst_ni) waiting_q[c] |-> oldest_q[place]);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      turn_q[c] == (waiting_q[c] && answered_q[place]));
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      turn_refused_q[c] == (waiting_q[c] && answered_q[place] && refused_q[place]));
  end
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    s_q.valid && !s_q.direct |-> direct_q == '0);
  // Nothing goes to memory without a grant.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    leave_out |-> valid_q[s_q.slot] && answered_q[s_q.slot] && !refused_q[s_q.slot] &&
    !mrif_q[s_q.slot]);
  assert property (@(posedge clk_i) disable iff (!rst_ni) fast |-> hit_i && !hold_i && !bad);
  // Only the oldest of a chain leaves, and each place once.
  assert property (@(posedge clk_i) disable iff (!rst_ni) leave |-> oldest_q[s_q.slot]);
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(fast && leave));
  assert property (@(posedge clk_i) disable iff (!rst_ni) enqueue |-> !valid_q[free_q]);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    rsp_valid_i |-> valid_q[rsp_slot] && !answered_q[rsp_slot] && !need_q[rsp_slot]);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    copy_write |-> valid_q[copy_q] && !answered_q[copy_q] && !need_q[copy_q]);
  assert property (@(posedge clk_i) disable iff (!rst_ni) (oldest_q & ~valid_q) == '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) (answered_q & need_q) == '0);
  // Places in use and chains in use come and go together.
  assert property (@(posedge clk_i) disable iff (!rst_ni) (valid_q == '0) == (waiting_q == '0));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    out_valid_o && !out_ready_i |=> out_valid_o && $stable(
      out_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    xlate_valid_o && !xlate_ready_i |=> hold_i || (xlate_valid_o && $stable(
      xlate_o
  )));
`endif

endmodule
