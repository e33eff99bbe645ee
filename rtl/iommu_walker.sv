// SPDX-License-Identifier: Apache-2.0
//
// Translations in flight, as states in one engine. A slot holds what was asked, the contexts
// once they are known, and the state of the walk. Whatever it waits for (memory, the context
// caches, the walk cache) makes it pending when it comes; pending slots are visited one after
// the other, one a cycle:
//
//   select   choose a pending slot, read its memories
//   judge    iommu_walk_judge: what are the words that came?
//   step     iommu_walk_step: what follows?
//   act      ask memory or a cache, or answer; write the state back
//
// A slot has one visit at a time on its way, so that visits do not meet. The first visit comes
// when the context caches have answered, which are asked when the request is taken.
//
// An invalidation marks the slots that it may concern: a marked one starts anew at its next
// visit, and neither fills a cache nor answers with what it read before. One by address
// concerns the slots of that page, and those that turn out to have met a larger leaf.

module iommu_walker
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  ddtp_t                      ddtp_i,
  input  fctl_t                      fctl_i,
  input  iommu_qosid_t               qosid_i,
  // requests, and their answers in any order
  input  logic                       req_valid_i,
  output logic                       req_ready_o,
  input  walk_req_t                  req_i,
  output logic                       rsp_valid_o,
  input  logic                       rsp_ready_i,
  output xlate_rsp_t                 rsp_o,
  // for the IOTLB
  output logic                       tlb_valid_o,
  input  logic                       tlb_ready_i,
  output tlb_fill_t                  tlb_o,
  // for the shortcuts
  output logic                       short_valid_o,
  output shortcut_fill_t             short_o,
  // faults
  output logic                       fault_valid_o,
  input  logic                       fault_ready_i,
  output fault_t                     fault_o,
  // memory: a compare-and-swap brings both its beats with the request
  output logic                       mem_valid_o,
  input  logic                       mem_ready_i,
  output mem_req_t                   mem_o,
  output logic           [1:0][63:0] mem_wdata_o,
  input  logic                       mem_rsp_valid_i,
  input  mem_rsp_t                   mem_rsp_i,
  // invalidation
  input  logic                       inval_valid_i,
  input  inval_t                     inval_i,
  output logic                       inval_done_o,
  output logic                       idle_o,
  output hpm_walk_t                  event_o,
  output logic                       parity_error_o    // of one of its caches
);

  localparam int unsigned Slots = Cfg.Walks;
  localparam int unsigned SlotBits = $clog2(Slots);

  typedef logic [SlotBits-1:0] slot_t;
  typedef logic [Slots-1:0] slots_t;

  // --- which slots are what -------------------------------------------------------------------

  slots_t busy_q, pending_q;
  // The next visit is the first, or one that begins anew: written where a visit ends, so free slots
  // are fresh. Of those that begin anew the second: then what was asked in advance does not count.
  slots_t fresh_q, again_q;
  slots_t stale_q, passed_q;  // an invalidation concerns it; or does if a leaf was large
  // Of its IOVA the low bits of the number of its group of eight pages: a line of PTEs is of one.
  logic [Slots-1:0][5:0] group_q;
  // Of the PTEs of a line the first is judged as soon as it comes. The others may only be
  // looked at, and the slot used for anything else, when all have landed.
  slots_t flying_q, answered_q;  // the latter: its last visit answered, and looks at the others
  slots_t amid_q;  // some beats of the answer that memory gives have come, but not all

  slot_t  free_slot;
  logic   any_free;
  logic start_free, choose_start, act_mem, act_asks, context_ready, context_found;
  logic look_found, extract_ready, extract_found;  // the latter two of iommu_extract
  logic first_beat, rsp_wakes;
  logic [2:0] beat;  // of the answer that memory gives
  logic rsp_select, look_select;  // an answer that goes on at once
  slot_t mem_slot, look_slot, extract_slot;
  logic [51:0] extract_index;
  logic take, take_asks, invalidating_q, mark;

  iommu_pick #(
    .Members(Slots)
  ) u_free (
    .set_i   (~busy_q),
    .last_i  ('1),
    .any_o   (any_free),
    .member_o(free_slot)
  );

  assign req_ready_o = any_free && (!req_i.brief || (start_free && context_ready && !act_asks));
  assign take        = req_valid_i && req_ready_o;
  assign mark        = inval_valid_i && !invalidating_q;
  assign idle_o      = busy_q == '0;

  // --- select ---------------------------------------------------------------------------------

  // What memory was last asked for.
  typedef struct packed {
    logic line;   // of PTEs
    logic guest;  // a table of the second stage
  } read_t;

  read_t read, read_in;
  logic mem_taken;
  logic advance;
  slot_t turn_q, next_slot, select_slot;
  logic any_pending, select_valid;

  iommu_pick #(
    .Members(Slots)
  ) u_next (
    .set_i   (pending_q),
    .last_i  (turn_q),
    .any_o   (any_pending),
    .member_o(next_slot)
  );

  assign select_slot  = rsp_select ? mem_slot : look_select ? look_slot : next_slot;
  assign select_valid = rsp_select || look_select || any_pending;

  // What memory or the walk cache answers while nothing else is pending goes on at once.
  assign mem_slot     = slot_t'(mem_rsp_i.tag);
  assign first_beat   = !amid_q[mem_slot];
  assign rsp_wakes    = mem_rsp_valid_i && (read.line ? first_beat : mem_rsp_i.last);
  assign rsp_select   = rsp_wakes && first_beat && !any_pending && advance;
  assign look_select  = look_found && !any_pending && advance && !rsp_select;

  // --- lines ----------------------------------------------------------------------------------

  // Lines that are only perhaps of use are not read while memory gives more than four beats in five
  // cycles: they would keep others waiting.
  logic  [4:0] load_q;
  logic        take_line;
  slot_t       judge_slot_q;
  assign take_line = req_i.line && (req_i.stream || !load_q[4] || busy_q == '0);

  // Behind a second stage the line of the first stage gives way to that of the second. What is
  // kept is the run: how many PTEs behind the first one map the pages behind its page, and are
  // else the same.
  slot_t    last_slot_q;  // of the beat before
  mem_rsp_t last_beat_q;
  logic     in_run;

  // What has come of the answer that memory gave last.
  typedef struct packed {
    logic       failed;
    logic       poisoned;
    logic [2:0] run;
    logic [2:0] beat;      // the next one
  } arrival_t;

  arrival_t arrival, arrival_in, judge_arrival;

  always_comb begin
    mem_rsp_t next_beat;
    next_beat = last_beat_q;
    next_beat.data[12:10] = last_beat_q.data[12:10] + 3'd1;
    in_run = last_slot_q == mem_slot && arrival.run + 3'd1 == beat &&
        last_beat_q.status == MEM_OK && mem_rsp_i.status == MEM_OK &&
        mem_rsp_i.data == next_beat.data;
  end

  assign beat = first_beat ? 3'd0 : arrival.beat;

  always_comb begin
    arrival_in = '{
        failed: mem_rsp_i.status == MEM_ACCESS_FAULT || (!first_beat && arrival.failed),
        poisoned: mem_rsp_i.status == MEM_POISON || (!first_beat && arrival.poisoned),
        run: arrival.run,
        beat: beat + 3'd1
    };
    if (!read.guest) begin
      if (first_beat) arrival_in.run = '0;
      else if (in_run) arrival_in.run = beat;
    end
  end

  iommu_table #(
    .Depth(Slots),
    .Width($bits(read_t))
  ) u_read (
    .clk_i,
    .we_i   (mem_taken),
    .waddr_i(slot_t'(mem_o.tag)),
    .wdata_i(read_in),
    .raddr_i(mem_slot),
    .rdata_o(read)
  );

  iommu_table #(
    .Depth(Slots),
    .Width($bits(arrival_t)),
    .Reads(2)
  ) u_arrival (
    .clk_i,
    .we_i   (mem_rsp_valid_i),
    .waddr_i(mem_slot),
    .wdata_i(arrival_in),
    .raddr_i({judge_slot_q, mem_slot}),
    .rdata_o({judge_arrival, arrival})
  );

  // --- judge ----------------------------------------------------------------------------------

  logic judge_valid_q, judge_fresh_q, judge_again_q;
  logic [2:0] place, judge_place_q;  // of the word that the visit is about
  logic asked, stored_asked;  // the context caches were asked when the request was taken
  logic brief, stored_brief;  // and the last table
  logic waited, stored_waited;  // it has parked, below
  ask_t ask, stored_ask;
  requester_t requester;
  fctl_t      fctl;
  dc_ext_t dc, stored_dc, found_dc;
  pc_t pc, stored_pc, found_pc;
  look_rsp_t look, look_rsp, stored_look, judge_look_q;
  logic judge_found_q;  // judge_look_q is not in its memory yet
  state_t state, stored_state;
  logic    [ 7:0][63:0] words;
  logic                 judge_direct_q;  // the last word is not in its memory yet
  logic    [63:0]       judge_word_q;
  judged_t              judged;

  always_comb begin
    state  = built_state(Cfg, stored_state);
    asked  = stored_asked && !judge_again_q;
    brief  = stored_brief && !judge_again_q && Cfg.ReadAhead;
    waited = stored_waited && (!judge_fresh_q || judge_again_q);
    if (judge_fresh_q) begin
      state       = '0;
      state.phase = asked ? PHASE_CONTEXT : PHASE_START;
      if (brief) begin
        state.phase     = PHASE_FIRST;
        state.brief     = 1'b1;
        state.is_global = stored_ask.above;
        state.lined     = stored_ask.line;
      end
    end
    ask             = stored_ask;
    ask.iova[14:12] = stored_ask.iova[14:12] + judge_place_q;
    dc              = built_dc(Cfg, stored_dc);
    pc              = built_pc(Cfg, stored_pc);
    fctl            = built_fctl(Cfg, fctl_i);
  end

  iommu_walk_judge #(
    .Cfg(Cfg)
  ) u_judge (
    .fctl_i    (fctl),
    .ask_i     (ask),
    .dc_i      (dc),
    .pc_i      (pc),
    .state_i   (state),
    .words_i   (words),
    .direct_i  (judge_direct_q),
    .word_i    (judge_word_q),
    .look_i    (look),
    .found_dc_o(found_dc),
    .found_pc_o(found_pc),
    .judged_o  (judged)
  );

  // A context that was found good by the visit before goes into the slot now, and into the
  // caches; not in the cycle in which another one does, that these have found.
  logic save_dc, save_pc, save_waits;

  assign save_waits = context_found && judge_valid_q &&
                      state.phase inside {PHASE_DC_SAVE, PHASE_PC_SAVE};
  assign save_dc    = judge_valid_q && !context_found && !stale_q[judge_slot_q] &&
                      state.phase == PHASE_DC_SAVE;
  assign save_pc    = judge_valid_q && !context_found && !stale_q[judge_slot_q] &&
                      state.phase == PHASE_PC_SAVE;

  // --- step -----------------------------------------------------------------------------------

  typedef struct packed {
    slot_t              slot;
    ask_t               ask;
    requester_t         requester;
    dc_ext_t            dc;
    pc_t                pc;
    logic [127:0]       msi_pte;
    state_t             state;
    logic [PpnBits-1:0] first_table, second_table;
    logic               waited;
    logic               dc_known,    pc_known;
    mem_status_e        status;
    logic [2:0]         rest;
    logic               look_hit;
    judged_t            judged;
  } visit_t;

  // Of the tables only the one that the phase reads is handed on, or the root where it may begin.
  logic [PpnBits-1:0] first_table, second_table;
  dc_ext_t rooted_dc;
  pc_t     rooted_pc;

  always_comb begin
    rooted_dc = dc;
    rooted_pc = pc;
    if (state.phase != PHASE_SECOND_HIT) rooted_dc.iohgatp.ppn = '0;
    // The directory of processes, or the first stage.
    if (!(state.phase inside {PHASE_CONTEXT, PHASE_DC_FOUND, PHASE_FIRST_HIT}) ||
        (state.phase == PHASE_FIRST_HIT && uses_pdt(
            Cfg, ask, dc
        )))
      rooted_dc.fsc.ppn = '0;
    if (state.phase != PHASE_FIRST_HIT || !uses_pdt(Cfg, ask, dc)) rooted_pc.fsc.ppn = '0;
  end

  logic        visit_valid_q;
  visit_t      visit_q;
  step_t       step;
  mem_status_e judge_status;

  assign judge_status = judge_arrival.failed ? MEM_ACCESS_FAULT  // before corrupted data
      : judge_arrival.poisoned ? MEM_POISON : MEM_OK;

  iommu_walk_step #(
    .Cfg(Cfg)
  ) u_step (
    .ddtp_i,
    .fctl_i        (fctl),
    .qosid_i,
    .ask_i         (visit_q.ask),
    .dc_i          (visit_q.dc),
    .pc_i          (visit_q.pc),
    .dc_known_i    (visit_q.dc_known),
    .pc_known_i    (visit_q.pc_known),
    .state_i       (built_state(Cfg, visit_q.state)),
    .first_table_i (visit_q.first_table),
    .second_table_i(visit_q.second_table),
    .status_i      (visit_q.status),
    .rest_i        (visit_q.rest),
    .look_hit_i    (visit_q.look_hit),
    .judged_i      (visit_q.judged),
    .msi_pte_i     (visit_q.msi_pte),
    .step_o        (step)
  );

  // --- act ------------------------------------------------------------------------------------

  typedef struct packed {
    slot_t      slot;
    ask_t       ask;
    requester_t requester;
    logic       waited;
    logic       fetching;
    step_t      step;
  } action_t;

  logic    act_valid_q;
  action_t act_q;
  mem_req_t start_d, start_q;  // of a walk that begins with its last table
  logic start_valid_q;
  logic
      restart,
      fire,
      wait_mem,
      wait_context,
      wait_look,
      wait_answer,
      wait_report,
      wait_fill,
      wait_extract,
      wait_line,
      wait_tlb,
      look_ready,
      look_fill_ready;
  logic reported_q, filled_q, tlb_filled_q;  // parts of this action that are done
  logic report, fill, tlb_fill, answer, ends, on_large, forget;
  logic  offered_q;  // the request to memory has been offered, and stays
  logic  park;
  slot_t context_slot;
  logic  context_brief;  // the last table was asked for, too; nothing else makes the slot pending
  logic context_dc_hit, context_pc_hit;
  dc_ext_t context_dc;
  pc_t     context_pc;

  // What is already in the fault queue is answered, too; a fault that is as old as the request
  // may be.
  always_comb begin
    ends = act_q.step.act == ACT_ANSWER || act_q.step.act == ACT_SPREAD;
    on_large   = (ends && act_q.step.leaf != LEAF_4K && !act_q.step.answer.fault) ||
              (act_q.step.fill && act_q.step.entry.leaf && !act_q.step.entry.second);
    restart = (stale_q[act_q.slot] || (passed_q[act_q.slot] && on_large)) && !reported_q &&
              !offered_q;
    // Nobody waits for these.
    forget = restart && (act_q.ask.quiet || act_q.step.act == ACT_SPREAD);
  end

  always_comb begin
    report = act_valid_q && !restart && act_q.step.report && !reported_q;
    fill = act_valid_q && !restart && act_q.step.fill && !filled_q;
    tlb_fill = act_valid_q && !restart && ends && act_q.step.cacheable && !tlb_filled_q &&
               (act_q.requester.unit == UNIT_PORT || act_q.requester.unit == UNIT_PREFETCH);
    answer   = act_valid_q && !restart && act_q.step.act == ACT_ANSWER && !act_q.ask.quiet &&
               !mark && !wait_line;
  end

  // --- one walk reads the contexts of a device --------------------------------------------------

  // Others of the same device park until it has them in the cache, or ends without, and then begin
  // anew; once each (`waited`), since devices are told apart by a hash only. Of `fetching_q` is who
  // reads directory entries; of `leader_q` whom one that is parked waits for.
  typedef logic [7:0] device_hash_t;

  slots_t fetching_q, parked_q, rivals;
  device_hash_t [Slots-1:0] hash_q;
  slot_t        [Slots-1:0] leader_q;
  device_hash_t visit_hash, act_hash;
  logic reads_ddt, any_rival, follows, act_follows_q;
  slot_t rival, act_leader_q;

  function automatic device_hash_t hash_of(logic [23:0] device_id);
    return device_id[7:0] ^ device_id[15:8] ^ device_id[23:16];
  endfunction

  assign reads_ddt  = act_q.step.act == ACT_READ && act_q.step.structure == STRUCT_DDT;
  assign visit_hash = hash_of(visit_q.ask.identity.device_id);
  assign act_hash   = hash_of(act_q.ask.identity.device_id);

  always_comb begin
    rivals = '0;
    if (visit_valid_q)
      for (int unsigned i = 0; i < Slots; i++) rivals[i] = fetching_q[i] && hash_q[i] == visit_hash;
  end

  iommu_pick #(
    .Members(Slots)
  ) u_rival (
    .set_i   (rivals),
    .last_i  ('1),
    .any_o   (any_rival),
    .member_o(rival)
  );

  // The one before may be about to read them.
  assign follows = visit_q.state.phase == PHASE_CONTEXT && !visit_q.waited &&
                   (any_rival || (act_valid_q && reads_ddt && act_hash == visit_hash));
  assign park = act_valid_q && !restart && reads_ddt && act_follows_q && fetching_q[act_leader_q];

  // One by one, so that no loop seems to close: a request to memory does not wait for others.
  assign wait_report = report && !fault_ready_i;
  assign wait_fill = fill && !look_fill_ready;
  assign wait_tlb = tlb_fill && !tlb_ready_i;
  assign wait_mem = act_q.step.act inside {ACT_READ, ACT_STORE} && !(mem_ready_i && !choose_start);
  assign wait_context = act_q.step.act == ACT_CONTEXT && !context_ready;
  assign wait_extract = act_q.step.act == ACT_EXTRACT && !extract_ready;
  assign wait_look = act_q.step.act == ACT_LOOK && !look_ready;
  assign wait_answer = ends && (mark || (answer && !rsp_ready_i));
  assign wait_line = flying_q[act_q.slot] &&
                     (restart || !(act_q.step.act inside {ACT_AGAIN, ACT_LOOK, ACT_EXTRACT} ||
                                   (act_q.step.act == ACT_ANSWER && act_q.step.on)));
  assign fire = act_valid_q && !wait_line &&
                (restart || park ||
                 !(wait_report || wait_fill || wait_tlb || wait_mem || wait_extract ||
                   wait_context || wait_look || wait_answer));
  assign advance = (!act_valid_q || fire) && !save_waits;

  logic others_done;  // all but the main act itself
  assign others_done = !(wait_report || wait_fill || wait_tlb || wait_line);

  assign fault_valid_o = report;
  assign fault_o = '{
          cause: act_q.step.answer.cause,
          ttyp: act_q.step.ttyp,
          identity: act_q.ask.identity,
          iotval: act_q.ask.iova,
          iotval2: {act_q.step.state.gpa[63:2], act_q.step.implicit}
      };
  assign rsp_valid_o = answer && others_done;
  assign tlb_valid_o = tlb_fill && !mark;
  // A record goes out with an answer only.
  assign act_mem         = act_valid_q && !restart && !park && !wait_fill && !wait_line &&
                           act_q.step.act inside {ACT_READ, ACT_STORE};
  assign mem_valid_o = act_mem || start_valid_q;
  assign mem_taken = mem_valid_o && mem_ready_i;
  assign read_in.guest = mem_o.structure == STRUCT_SECOND_STAGE;
  assign read_in.line = mem_o.op == MEM_READ && mem_o.beats != '0 &&
                        mem_o.structure inside {STRUCT_FIRST_STAGE, STRUCT_SECOND_STAGE};
  assign mem_wdata_o = {
    with_ad(act_q.step.state.word, act_q.step.state.set_d, act_q.step.big_endian, act_q.step.upper),
    act_q.step.state.word
  };

  xlate_rsp_t answered;
  look_req_t  act_look;

  assign act_look = '{
          second: act_q.step.second,
          narrow: act_q.step.narrow,
          space: act_q.step.space,
          page: act_q.step.state.gpa[63:12]
      };

  always_comb begin
    answered = act_q.step.answer;
    answered.ppn = act_q.step.address[PhysicalBits-1:12];
    rsp_o = answered;
    rsp_o.requester = act_q.requester;
    tlb_o = '{
        identity: act_q.ask.identity,
        translated: act_q.ask.kind == TYPE_TRANSLATED,
        page: act_q.ask.iova[63:12],
        leaf: act_q.step.leaf,
        spare: act_q.step.act == ACT_SPREAD && !act_q.ask.stream,
        space: act_q.step.space,
        answer: answered
    };
    mem_o = '{
        op: act_q.step.act == ACT_STORE ? MEM_CAS : MEM_READ,
        structure: act_q.step.structure,
        address: act_q.step.address,
        beats: act_q.step.act == ACT_STORE ? 3'd1 : act_q.step.beats,
        half: 1'b0,
        rcid: act_q.step.rcid,
        mcid: act_q.step.mcid,
        tag: 6'(act_q.slot)
    };
    if (choose_start) mem_o = start_q;
  end

  // --- walks that begin with their last table -------------------------------------------------

  // Their read goes out in the cycle after the one in which they were taken, while the context
  // caches are asked; it takes turns with what visits ask for.
  logic start_valid_d, start_offered_q, start_turn_q;

  assign choose_start = start_valid_q &&
                        (start_offered_q || !act_mem || (start_turn_q && !offered_q));
  assign start_free = !start_valid_q || (choose_start && mem_ready_i);

  always_comb begin
    start_valid_d = start_valid_q && !(choose_start && mem_ready_i);
    start_d       = start_q;
    if (take && req_i.brief) begin
      start_valid_d = 1'b1;
      start_d = '{
          op: MEM_READ,
          structure: STRUCT_FIRST_STAGE,
          address: {req_i.direct.base, req_i.req.iova[20:12], 3'b000},
          beats: take_line ? 3'd7 : 3'd0,
          half: 1'b0,
          rcid: req_i.direct.rcid,
          mcid: req_i.direct.mcid,
          tag: 6'(free_slot)
      };
    end
  end

  assign short_valid_o = act_valid_q && !restart && fire &&
                         (act_q.step.last_table || act_q.step.superpage);
  assign short_o = '{
          identity: act_q.ask.identity,
          page: act_q.ask.iova[63:12],
          found: act_q.step.table_at,
          superpage: '{
              valid: act_q.step.superpage,
              perms: act_q.step.answer.perms,
              pbmt: Cfg.Svpbmt ? act_q.step.answer.pbmt : PBMT_PMA
          }
      };

  // What counts: tables read for somebody, and his first look into the page tables.
  always_comb begin
    event_o          = '0;
    event_o.identity = act_q.ask.identity;
    event_o.space    = act_q.step.space;
    if (fire && !restart && !park && !act_q.ask.quiet) begin
      event_o.tlb_miss     = act_q.step.brief ||
                             (act_q.step.act == ACT_LOOK && act_q.ask.kind != TYPE_ATS &&
                              act_q.step.state.phase == PHASE_FIRST_HIT);
      event_o.ddt_walk = act_q.step.act == ACT_READ && act_q.step.structure == STRUCT_DDT;
      event_o.pdt_walk = act_q.step.act == ACT_READ && act_q.step.structure == STRUCT_PDT;
      event_o.first_stage  = act_q.step.brief || (act_q.step.act == ACT_READ &&
                             act_q.step.structure == STRUCT_FIRST_STAGE);
      event_o.second_stage = act_q.step.act == ACT_READ &&
                             act_q.step.structure == STRUCT_SECOND_STAGE;
    end
  end

  // --- memories of the slots ------------------------------------------------------------------

  // A slot is read in a later cycle than the one in which its words are written, but for a word
  // that goes on at once, which is then taken from where it comes.

  logic select_re;
  assign select_re = advance && select_valid;

  typedef struct packed {
    request_type_e   kind;
    access_e access;
    logic            execute;
    logic            privileged;
    logic            line;
    logic            above;
    logic            asked;
    logic            brief;
  } early_ask_t;

  typedef struct packed {
    requester_t  requester;
    identity_t   identity;
    logic [63:0] iova;
    logic        quiet;
    logic        stream;
    space_t      space;
  } late_ask_t;

  typedef struct packed {
    phase_e     phase;
    purpose_e   purpose;
    logic [2:0] level;
    logic [2:0] level2;
    logic       is_global;
  } early_state_t;

  typedef struct packed {
    logic [63:0] gpa;
    logic        bypass;
    logic        set_d;
    logic        lined;
    logic        single;
    logic [63:0] word;
    logic [5:0]  log2;
    perms_t      perms;
    pbmt_e       pbmt;
    logic        waited;
  } late_state_t;

  function automatic early_state_t early_of(state_t whole);
    return
    '{
        phase: whole.phase,
        purpose: whole.purpose,
        level: whole.level,
        level2: whole.level2,
        is_global: whole.is_global
    }
    ;
  endfunction

  function automatic late_state_t late_of(state_t whole, logic has_parked);
    return
    '{
        gpa: whole.gpa,
        bypass: whole.bypass,
        set_d: whole.set_d,
        lined: whole.lined,
        single: whole.single,
        word: whole.word,
        log2: whole.log2,
        perms: whole.perms,
        pbmt: whole.pbmt,
        waited: has_parked
    }
    ;
  endfunction

  early_ask_t   early_ask;
  late_ask_t    late_ask;
  early_state_t early_state;
  late_state_t  late_state;

  // Most are in two: what judging needs at once, and what it only hands on, or looks at last, for
  // which block RAM is quick enough. The words that are judged are in it, too, if there are so many
  // slots that distributed RAM is dear.
  localparam bit BlockSlots = Slots > 16;

  iommu_ram #(
    .OldWord(1'b0),
    .Depth  (Slots),
    .Width  ($bits(early_ask_t))
  ) u_ask (
    .clk_i,
    .we_i(take),
    .waddr_i(free_slot),
    .wdata_i({
      req_i.req.kind,
      req_i.req.access,
      req_i.req.execute,
      req_i.req.identity.privileged,
      take_line,
      req_i.direct.is_global,
      take_asks,
      req_i.brief
    }),
    .re_i(select_re),
    .raddr_i(select_slot),
    .rdata_o(early_ask)
  );
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Slots),
    .Width  ($bits(late_ask_t))
  ) u_ask_late (
    .clk_i,
    .we_i(take),
    .waddr_i(free_slot),
    .wdata_i({
      req_i.req.requester,
      req_i.req.identity,
      req_i.req.iova,
      req_i.req.requester.unit == UNIT_PREFETCH,
      req_i.stream,
      req_i.direct.space
    }),
    .re_i(select_re),
    .raddr_i(select_slot),
    .rdata_o(late_ask)
  );

  iommu_ram #(
    .OldWord(1'b0),
    .Depth  (Slots),
    .Width  ($bits(early_state_t))
  ) u_state (
    .clk_i,
    .we_i   (fire),
    .waddr_i(act_q.slot),
    .wdata_i(early_of(act_q.step.state)),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o(early_state)
  );
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Slots),
    .Width  ($bits(late_state_t))
  ) u_state_late (
    .clk_i,
    .we_i   (fire),
    .waddr_i(act_q.slot),
    .wdata_i(late_of(act_q.step.state, act_q.waited || park)),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o(late_state)
  );

  // Where the tables are that are read; written only when another one is.
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Slots),
    .Width  (PpnBits)
  ) u_first_table (
    .clk_i,
    .we_i   (fire && act_q.step.first_table),
    .waddr_i(act_q.slot),
    .wdata_i(act_q.step.address[PhysicalBits-1:12]),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o(first_table)
  );
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Slots),
    .Width  (PpnBits)
  ) u_second_table (
    .clk_i,
    .we_i   (fire && act_q.step.second_table),
    .waddr_i(act_q.slot),
    .wdata_i(act_q.step.address[PhysicalBits-1:12]),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o(second_table)
  );

  always_comb begin
    stored_ask = '{
        kind: early_ask.kind,
        access : early_ask.access,
        execute: early_ask.execute,
        identity: late_ask.identity,
        iova: late_ask.iova,
        quiet: late_ask.quiet,
        line: early_ask.line,
        stream: late_ask.stream,
        above: early_ask.above,
        space: late_ask.space
    };
    stored_ask.identity.privileged = early_ask.privileged;
    if (!Cfg.ReadAhead) begin
      {stored_ask.quiet, stored_ask.line, stored_ask.stream, stored_ask.above} = '0;
      stored_ask.space                                                         = '0;
    end
    requester              = late_ask.requester;
    stored_asked           = early_ask.asked;
    stored_brief           = early_ask.brief;
    stored_waited          = late_state.waited;

    stored_state           = '0;
    stored_state.phase     = early_state.phase;
    stored_state.purpose   = early_state.purpose;
    stored_state.level     = early_state.level;
    stored_state.level2    = early_state.level2;
    stored_state.gpa       = late_state.gpa;
    stored_state.word      = late_state.word;
    stored_state.spread    = judge_place_q;
    stored_state.is_global = early_state.is_global;
    stored_state.bypass    = late_state.bypass;
    stored_state.set_d     = late_state.set_d;
    stored_state.lined     = late_state.lined;
    stored_state.single    = late_state.single;
    stored_state.log2      = late_state.log2;
    stored_state.perms     = late_state.perms;
    stored_state.pbmt      = late_state.pbmt;
  end

  logic dc_we, pc_we;
  slot_t context_waddr;

  always_comb begin
    dc_we         = context_found && context_dc_hit;
    pc_we         = context_found && context_pc_hit;
    context_waddr = context_slot;
    if (save_dc || save_pc) begin
      dc_we         = save_dc;
      pc_we         = save_pc;
      context_waddr = judge_slot_q;
    end
  end

  dc_ext_t kept_dc_word, written_dc, late_dc_in, late_dc;
  pc_t kept_pc_word, written_pc, late_pc_in, late_pc;
  dc_tc_t early_tc;
  logic [3:0] early_first, early_second, early_pc_first;
  logic early_sum, early_ens;

  always_comb begin
    kept_dc_word = kept_dc(Cfg, found_dc);
    kept_pc_word = kept_pc(Cfg, found_pc);
    written_dc = context_found ? context_dc : kept_dc_word;
    written_pc = context_found ? context_pc : kept_pc_word;

    late_dc_in = written_dc;
    late_dc_in.tc = '0;
    late_dc_in.fsc.mode = '0;
    late_dc_in.iohgatp.mode = '0;
    late_pc_in = written_pc;
    {late_pc_in.fsc.mode, late_pc_in.ta.sum, late_pc_in.ta.ens} = '0;
  end

  always_comb begin
    stored_dc              = late_dc;
    stored_dc.tc           = early_tc;
    stored_dc.fsc.mode     = early_first;
    stored_dc.iohgatp.mode = early_second;
    stored_pc              = late_pc;
    stored_pc.fsc.mode     = early_pc_first;
    stored_pc.ta.sum       = early_sum;
    stored_pc.ta.ens       = early_ens;
  end

  iommu_ram #(
    .OldWord(1'b0),
    .Depth  (Slots),
    .Width  ($bits(dc_tc_t) + 8)
  ) u_dc (
    .clk_i,
    .we_i   (dc_we),
    .waddr_i(context_waddr),
    .wdata_i({written_dc.tc, written_dc.fsc.mode, written_dc.iohgatp.mode}),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o({early_tc, early_first, early_second})
  );
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Slots),
    .Width  ($bits(dc_ext_t))
  ) u_dc_late (
    .clk_i,
    .we_i   (dc_we),
    .waddr_i(context_waddr),
    .wdata_i(late_dc_in),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o(late_dc)
  );

  iommu_ram #(
    .OldWord(1'b0),
    .Depth  (Slots),
    .Width  (6)
  ) u_pc (
    .clk_i,
    .we_i   (pc_we),
    .waddr_i(context_waddr),
    .wdata_i({written_pc.fsc.mode, written_pc.ta.sum, written_pc.ta.ens}),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o({early_pc_first, early_sum, early_ens})
  );
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Slots),
    .Width  ($bits(pc_t))
  ) u_pc_late (
    .clk_i,
    .we_i   (pc_we),
    .waddr_i(context_waddr),
    .wdata_i(late_pc_in),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o(late_pc)
  );

  // What memory answers lands here, beat by beat. Of a line of PTEs a visit looks at one, which is
  // the first but in PHASE_SPREAD; of a device context at all words.
  localparam int unsigned LineWords = Cfg.ReadAhead ? 8 : 1;
  localparam int unsigned ContextWords = Cfg.MsiFlat ? 8 : 4;

  logic lands;
  assign lands = mem_rsp_valid_i && (Cfg.ReadAhead || first_beat);

  if (Cfg.ReadAhead) begin : g_line
    logic [2:0] spread;

    // Beside the state, since the address of the word needs it. Not 0 in PHASE_SPREAD only.
    iommu_table #(
      .Depth(Slots),
      .Width(3)
    ) u_spread (
      .clk_i,
      .we_i   (fire),
      .waddr_i(act_q.slot),
      .wdata_i(act_q.step.state.spread),
      .raddr_i(select_slot),
      .rdata_o(spread)
    );
    assign place = fresh_q[select_slot] ? 3'd0 : spread;

    iommu_ram #(
      .OldWord(1'b0),
      .Block  (BlockSlots),
      .Depth  (Slots * LineWords),
      .Width  (64)
    ) u_words (
      .clk_i,
      .we_i   (lands),
      .waddr_i({mem_slot, beat}),
      .wdata_i(mem_rsp_i.data),
      .re_i   (select_re),
      .raddr_i({select_slot, place}),
      .rdata_o(words[0])
    );
  end else begin : g_one
    assign place = '0;

    iommu_ram #(
      .OldWord(1'b0),
      .Block  (BlockSlots),
      .Depth  (Slots),
      .Width  (64)
    ) u_words (
      .clk_i,
      .we_i   (lands),
      .waddr_i(mem_slot),
      .wdata_i(mem_rsp_i.data),
      .re_i   (select_re),
      .raddr_i(select_slot),
      .rdata_o(words[0])
    );
  end

  for (genvar i = 1; i < 8; i++) begin : g_context
    if (i >= int'(ContextWords)) begin : g_none
      assign words[i] = '0;
    end else if (i == 7) begin : g_reserved
      // Of the reserved word it matters only if it is 0.
      assign words[i][63:1] = '0;
      iommu_ram #(
        .OldWord(1'b0),
        .Depth  (Slots),
        .Width  (1)
      ) u_words (
        .clk_i,
        .we_i   (mem_rsp_valid_i && beat == 3'(i)),
        .waddr_i(mem_slot),
        .wdata_i(mem_rsp_i.data != '0),
        .re_i   (select_re),
        .raddr_i(select_slot),
        .rdata_o(words[i][0])
      );
    end else begin : g_word
      iommu_ram #(
        .OldWord(1'b0),
        .Block  (BlockSlots),
        .Depth  (Slots),
        .Width  (64)
      ) u_words (
        .clk_i,
        .we_i   (mem_rsp_valid_i && beat == 3'(i)),
        .waddr_i(mem_slot),
        .wdata_i(mem_rsp_i.data),
        .re_i   (select_re),
        .raddr_i(select_slot),
        .rdata_o(words[i])
      );
    end
  end

  // --- caches ---------------------------------------------------------------------------------

  logic look_inval_done, context_inval_done, look_done_q, context_done_q;

  assign act_asks  = act_valid_q && !restart && others_done && act_q.step.act == ACT_CONTEXT;
  assign take_asks = take && context_ready && !act_asks;

  logic context_bad, look_bad;

  iommu_context_cache #(
    .Cfg     (Cfg),
    .TagWidth(SlotBits + 1)
  ) u_contexts (
    .clk_i,
    .rst_ni,
    .look_valid_i   (act_asks || take_asks),
    .look_ready_o   (context_ready),
    .look_i         (act_asks ? act_q.ask.identity : req_i.req.identity),
    .look_tag_i     (act_asks ? {1'b0, act_q.slot} : {req_i.brief, free_slot}),
    .found_valid_o  (context_found),
    .found_tag_o    ({context_brief, context_slot}),
    .dc_hit_o       (context_dc_hit),
    .dc_o           (context_dc),
    .pc_hit_o       (context_pc_hit),
    .pc_o           (context_pc),
    .fill_dc_i      (save_dc && advance),
    .fill_pc_i      (save_pc && advance),
    .fill_identity_i(ask.identity),
    .dc_i           (kept_dc_word),
    .pc_i           (kept_pc_word),
    .inval_valid_i  (inval_valid_i && !context_done_q),
    .inval_i,
    .inval_done_o   (context_inval_done),
    .parity_error_o (context_bad)
  );

  iommu_walk_cache #(
    .Entries (Cfg.WalkCacheEntries),
    .Sv32    (Cfg.Sv32),
    .PageBits(held_page_bits(Cfg)),
    .Parity  (Cfg.Parity),
    .TagWidth(SlotBits)
  ) u_ptes (
    .clk_i,
    .rst_ni,
    .look_valid_i  (act_valid_q && !restart && others_done && act_q.step.act == ACT_LOOK),
    .look_ready_o  (look_ready),
    .look_i        (act_look),
    .look_tag_i    (act_q.slot),
    .found_valid_o (look_found),
    .found_o       (look_rsp),
    .found_tag_o   (look_slot),
    .fill_valid_i  (fill),
    .fill_ready_o  (look_fill_ready),
    .fill_i        (act_q.step.entry),
    .inval_valid_i (inval_valid_i && !look_done_q),
    .inval_i,
    .inval_done_o  (look_inval_done),
    .parity_error_o(look_bad)
  );

  logic judge_dc_known, judge_pc_known;

  iommu_table #(
    .Depth(Slots),
    .Width(2)
  ) u_known (
    .clk_i,
    .we_i   (context_found),
    .waddr_i(context_slot),
    .wdata_i({context_dc_hit, context_pc_hit}),
    .raddr_i(judge_slot_q),
    .rdata_o({judge_dc_known, judge_pc_known})
  );

  assign parity_error_o = context_bad || look_bad;

  assign inval_done_o = (context_done_q || context_inval_done) &&
                        (look_done_q || look_inval_done) &&
                        inval_valid_i;

  // The index of an MSI PTE comes the same way as what the walk cache found.
  if (Cfg.MsiFlat) begin : g_extract
    localparam int unsigned PageBits = 2 * ((guest_page_bits(Cfg) + 1) / 2);

    logic [PageBits-1:0] index;

    iommu_extract #(
      .PageBits(PageBits),
      .TagWidth(SlotBits)
    ) u_extract (
      .clk_i,
      .rst_ni,
      .valid_i(act_valid_q && !restart && act_q.step.act == ACT_EXTRACT),
      .ready_o(extract_ready),
      .page_i (act_q.step.state.gpa[12+:PageBits]),
      .mask_i (act_q.step.table_mask[PageBits-1:0]),
      .tag_i  (act_q.slot),
      .valid_o(extract_found),
      .ready_i(!look_found),
      .index_o(index),
      .tag_o  (extract_slot)
    );
    assign extract_index = 52'(index);
  end else begin : g_no_extract
    assign {extract_ready, extract_found, extract_slot, extract_index} = '0;
  end

  iommu_ram #(
    .OldWord(1'b0),
    .Block  (BlockSlots),
    .Depth  (Slots),
    .Width  ($bits(look_rsp_t))
  ) u_look (
    .clk_i,
    .we_i   (look_found || extract_found),
    .waddr_i(look_found ? look_slot : extract_slot),
    .wdata_i(look_found ? look_rsp : look_rsp_t'{word: 64'(extract_index), default: '0}),
    .re_i   (select_re),
    .raddr_i(select_slot),
    .rdata_o(stored_look)
  );
  assign look = judge_found_q ? judge_look_q : stored_look;

  // --- registers ------------------------------------------------------------------------------

  slots_t busy_d, pending_d, flying_d, stale_d, passed_d, concerned;
  // What comes, of a bit for each slot.
  slots_t act_one, take_one, mem_one, woken;
  logic all_landed, begins_anew, frees, looks_on, fetches;

  function automatic slots_t one_if(logic valid, slot_t slot);
    return slots_t'(valid) << slot;
  endfunction

  always_comb begin
    concerned = '1;
    if (inval_i.kind == INVAL_VMA && inval_i.av && !inval_i.nl && !inval_i.span[3])
      for (int unsigned i = 0; i < Slots; i++) concerned[i] = group_q[i] == inval_i.page[8:3];
  end

  // How a visit ends.
  always_comb begin
    begins_anew = park || (restart && !forget);
    frees = !begins_anew && (forget || (ends && !act_q.step.on));
    looks_on = !begins_anew && !frees && act_q.step.act == ACT_ANSWER;
    all_landed  = !flying_q[act_q.slot] ||
                  (mem_rsp_valid_i && mem_rsp_i.last && mem_slot == act_q.slot);
    fetches = !restart && !park &&
              (reads_ddt ||
               (act_q.step.act == ACT_AGAIN && act_q.step.state.phase == PHASE_DC_SAVE));
  end

  // A slot waits for one thing at a time: so these need not give way to each other.
  always_comb begin
    act_one  = one_if(fire, act_q.slot);
    take_one = one_if(take, free_slot);
    mem_one  = one_if(mem_rsp_valid_i, mem_slot);
    woken    = '0;
    if (fire && act_q.fetching && !fetches)
      for (int unsigned i = 0; i < Slots; i++) woken[i] = parked_q[i] && leader_q[i] == act_q.slot;

    busy_d = busy_q | take_one;
    if (!begins_anew && frees) busy_d &= ~act_one;

    // Without any that is pending there is none to be selected, either.
    pending_d = (pending_q & ~one_if(advance, next_slot)) | woken |
        one_if(context_found && !context_brief, context_slot) |
        one_if(look_found ? !look_select : extract_found, look_found ? look_slot : extract_slot);
    if (!take_asks) pending_d |= take_one;
    if ((rsp_wakes && !rsp_select) || (mem_rsp_i.last && answered_q[mem_slot]))
      pending_d |= mem_one;
    if (begins_anew ? !park
        : looks_on ? all_landed : !frees && (ends || act_q.step.act == ACT_AGAIN))
      pending_d |= act_one;

    flying_d = flying_q;
    if (mem_rsp_i.last) flying_d &= ~mem_one;
    flying_d |= one_if(mem_taken && read_in.line, slot_t'(mem_o.tag));

    // Of one that is free they are 0 before it is taken again.
    stale_d  = (stale_q | (mark ? concerned : '0)) & busy_q;
    passed_d = (passed_q | {Slots{mark}}) & busy_q;
    if (begins_anew) begin
      stale_d &= ~act_one;
      passed_d &= ~act_one;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q          <= '0;
      flying_q        <= '0;
      answered_q      <= '0;
      amid_q          <= '0;
      pending_q       <= '0;
      fresh_q         <= '1;
      again_q         <= '0;
      stale_q         <= '0;
      passed_q        <= '0;
      fetching_q      <= '0;
      parked_q        <= '0;
      act_follows_q   <= 1'b0;
      turn_q          <= '0;
      judge_valid_q   <= 1'b0;
      judge_fresh_q   <= 1'b0;
      judge_again_q   <= 1'b0;
      judge_place_q   <= '0;
      judge_direct_q  <= 1'b0;
      judge_found_q   <= 1'b0;
      start_valid_q   <= 1'b0;
      start_offered_q <= 1'b0;
      start_turn_q    <= 1'b0;
      load_q          <= '0;
      judge_slot_q    <= '0;
      visit_valid_q   <= 1'b0;
      act_valid_q     <= 1'b0;
      reported_q      <= 1'b0;
      filled_q        <= 1'b0;
      tlb_filled_q    <= 1'b0;
      offered_q       <= 1'b0;
      invalidating_q  <= 1'b0;
      look_done_q     <= 1'b0;
      context_done_q  <= 1'b0;
    end else begin
      busy_q    <= busy_d;
      pending_q <= pending_d;
      flying_q  <= flying_d;
      for (int unsigned i = 0; i < Slots; i++) begin
        if (act_one[i]) begin
          fresh_q[i]    <= begins_anew || frees;
          again_q[i]    <= begins_anew;
          answered_q[i] <= looks_on;
          fetching_q[i] <= fetches;
        end
        if (mem_one[i]) amid_q[i] <= !mem_rsp_i.last;
      end
      start_valid_q   <= start_valid_d;
      start_offered_q <= choose_start && !mem_ready_i;
      if (mem_valid_o && mem_ready_i) start_turn_q <= !choose_start;
      stale_q        <= stale_d;
      passed_q       <= passed_d;
      parked_q       <= (parked_q & ~woken) | (park ? act_one : '0);
      invalidating_q <= inval_valid_i && !inval_done_o;
      look_done_q    <= (look_done_q || look_inval_done) && inval_valid_i && !inval_done_o;
      context_done_q <= (context_done_q || context_inval_done) && inval_valid_i && !inval_done_o;
      reported_q     <= !fire && (reported_q || (report && fault_ready_i));
      filled_q       <= !fire && (filled_q || (fill && look_fill_ready));
      offered_q      <= act_mem && !choose_start && !mem_ready_i;
      tlb_filled_q   <= !fire && (tlb_filled_q || (tlb_valid_o && tlb_ready_i));
      if (busy_q == '0) load_q <= '0;
      else if (mem_rsp_valid_i) load_q <= load_q == '1 ? '1 : load_q + 5'd1;
      else load_q <= load_q < 5'd4 ? '0 : load_q - 5'd4;
      if (advance) begin
        judge_valid_q  <= select_valid;
        judge_fresh_q  <= fresh_q[select_slot];
        judge_again_q  <= again_q[select_slot];
        judge_place_q  <= place;
        judge_direct_q <= rsp_select;
        judge_found_q  <= look_select;
        judge_slot_q   <= select_slot;
        if (select_valid) turn_q <= select_slot;
        visit_valid_q <= judge_valid_q;
        act_valid_q   <= visit_valid_q;
        act_follows_q <= follows;
      end else if (fire) begin
        act_valid_q <= 1'b0;
      end
    end
  end

  // Data, which nobody looks at before it is there: without reset.
  always_ff @(posedge clk_i) begin
    start_q <= start_d;
    for (int unsigned i = 0; i < Slots; i++) begin
      if (take_one[i]) group_q[i] <= req_i.req.iova[20:15];
      if (act_one[i]) begin
        hash_q[i]   <= act_hash;
        leader_q[i] <= act_leader_q;
      end
    end
    if (mem_rsp_valid_i) begin
      last_slot_q <= mem_slot;
      last_beat_q <= mem_rsp_i;
    end
    if (advance) begin
      judge_look_q <= look_rsp;
      judge_word_q <= mem_rsp_i.data;
      act_leader_q <= any_rival ? rival : act_q.slot;
      visit_q <= '{
          slot: judge_slot_q,
          ask: ask,
          requester: requester,
          dc: rooted_dc,
          pc: rooted_pc,
          msi_pte: Cfg.MsiFlat ? found_dc[127:0] : '0,
          state: state,
          first_table: state.phase inside {PHASE_FIRST, PHASE_FIRST_AD} ? first_table : '0,
          second_table: state.phase inside {PHASE_SECOND, PHASE_SECOND_AD} ? second_table : '0,
          waited: waited,
          dc_known: judge_dc_known,
          pc_known: judge_pc_known,
          status: judge_status,
          rest: judge_arrival.run - judge_place_q,
          look_hit: look.hit,
          judged: judged
      };
      act_q <= '{
          slot: visit_q.slot,
          ask: visit_q.ask,
          requester: visit_q.requester,
          waited: visit_q.waited,
          fetching: visit_q.state.phase inside {PHASE_DDT, PHASE_DC, PHASE_DC_SAVE},
          step: step
      };
    end
  end

`ifndef SYNTHESIS
  // Who is parked will be woken.
  for (genvar i = 0; i < int'(Slots); i++) begin : g_parked
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      parked_q[i] |-> busy_q[i] && !pending_q[i] && !fetching_q[i] && fetching_q[leader_q[i]]);
    assert property (@(posedge clk_i) disable iff (!rst_ni) fetching_q[i] |-> busy_q[i]);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      fire && act_q.slot == slot_t'(i) |-> fetching_q[i] == act_q.fetching);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      !busy_q[i] |-> fresh_q[i] && !again_q[i]);
  end
  // An answer comes for a slot that waits for one.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   mem_rsp_valid_i |-> busy_q[mem_slot] &&
                                       (!pending_q[mem_slot] || read.line));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   rsp_valid_o && !rsp_ready_i && !inval_valid_i |=> rsp_valid_o || inval_valid_i);
`endif

endmodule
