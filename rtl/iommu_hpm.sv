// SPDX-License-Identifier: Apache-2.0
//
// The performance monitor: iohpmcycles, iohpmctr, iohpmevt, iocountovf, iocountinh.
//
// Events come from any number of places at once, and none waits or is lost. Each of them is
// compared with the selectors of all counters, in the cycle of the event:
//
//   cycle 0   the event is looked up in the tables of the selectors; hits are registered
//   cycle 1   a counter's hits are added up in its small accumulator
//   later     a sweep goes round the counters, one per cycle: the counter is read from
//             memory, its accumulator is added and emptied, and the sum is written back
//
// The accumulators are wide enough for one round of the sweep with an event from everywhere in
// every cycle. A counter's register access waits for the sweep to come by, and so has the sum
// for nothing. OF and its interrupt come with the sweep: up to a round late. The cycle counter
// is in flip-flops, and exact.
//
// What an event is and whose is cut into digits of 4 bits. Per digit there is a table of 16 words
// that says which counters want this value of it: a counter counts what it wants in every digit.
// These tables are distributed RAM, and take the place of wide comparators. Selectors are in
// memory as software reads them, and a write of one rewrites the tables: a group of 4 counters
// that lie in the same RAMs, value by value, in 64 cycles. Its answer comes when that is done;
// until then its counter stands still, and all others count on.

module iommu_hpm
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
#(
  parameter config_t     Cfg      = ConfigBase,
  parameter int unsigned Requests = 2 * Cfg.Ports,  // places where requests come in
  parameter int unsigned Walks    = 1               // places where the other events come from
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  input  csr_req_t                    req_i,
  output csr_rsp_t                    rsp_o,       // ready: for iohpmctr and iohpmevt only
  input  hpm_request_t [Requests-1:0] requests_i,
  input  hpm_walk_t    [   Walks-1:0] walks_i,
  output logic                        overflow_o   // some OF went from 0 to 1: one cycle
);

  localparam int unsigned Counters = Cfg.HpmCounters;
  localparam int unsigned NumberBits = Counters < 8 ? 4 : $clog2(Counters + 1);
  // A round is at least as long as the tables of the selectors, which are cleared in one.
  localparam int unsigned Round = 2 ** NumberBits;
  localparam int unsigned Sources = Requests + Walks;
  // A counter counts one event: of requests or of walks, never both.
  localparam int unsigned AtOnce = Requests > Walks ? Requests : Walks;
  localparam int unsigned AccBits = $clog2(Round * AtOnce + 1);
  localparam int unsigned EventBits = 4;
  localparam int unsigned FirstCounter = 32'(REG_IOHPMCTR >> 3) - 1;  // slot of "iohpmctr0"
  localparam int unsigned FirstSelector = 32'(REG_IOHPMEVT >> 3) - 1;
  localparam int unsigned Groups = (Counters + 3) / 4;  // of counters: 1 to 4, 5 to 8, ...

  // Bit n: there is a counter n.
  localparam logic [31:0] Built = 32'((33'd2 << Counters) - 33'd2);

  typedef logic [NumberBits-1:0] number_t;  // of a counter: 1 to Counters
  typedef logic [Counters:1] counters_t;
  typedef logic [AccBits-1:0] acc_t;

  // An event in digits. A request has the digits of the identity and its own kind.
  localparam int unsigned IdentityDigits = 11;
  localparam int unsigned RequestDigits = IdentityDigits + 1;
  localparam int unsigned WalkDigits = IdentityDigits + 11;

  function automatic logic [RequestDigits-1:0][3:0] request_digits(hpm_request_t e);
    return {
      e.identity.process_id_valid,
      e.ats,
      e.translated,
      e.untranslated,
      e.identity.process_id,
      e.identity.device_id
    };
  endfunction

  function automatic logic [WalkDigits-1:0][3:0] walk_digits(hpm_walk_t e);
    return {
      e.second_stage,
      e.space.gv,
      e.space.pscv,
      e.identity.process_id_valid,
      e.first_stage,
      e.pdt_walk,
      e.ddt_walk,
      e.tlb_miss,
      e.space.pscid,
      e.space.gscid,
      e.identity.process_id,
      e.identity.device_id
    };
  endfunction

  // What memory holds of a selector; eventID has as many bits as there are events.
  typedef struct packed {
    logic                 idt;
    logic                 dv_gscv;
    logic                 pv_pscv;
    logic [23:0]          did_gscid;
    logic [19:0]          pid_pscid;
    logic                 dmask;
    logic [EventBits-1:0] eventid;
  } kept_t;

  function automatic kept_t keep(iohpmevt_t evt);
    kept_t kept;
    kept = '{
        idt: evt.idt,
        dv_gscv: evt.dv_gscv,
        pv_pscv: evt.pv_pscv,
        did_gscid: evt.did_gscid,
        pid_pscid: evt.pid_pscid,
        dmask: evt.dmask,
        eventid: evt.eventid[EventBits-1:0]
    };
    if (evt.eventid > HPM_EVENT_SECOND_STAGE_WALK) kept.eventid = '0;
    return kept;
  endfunction

  function automatic iohpmevt_t unkeep(kept_t kept, logic of);
    return
    '{
        of: of,
        idt: kept.idt,
        dv_gscv: kept.dv_gscv,
        pv_pscv: kept.pv_pscv,
        did_gscid: kept.did_gscid,
        pid_pscid: kept.pid_pscid,
        dmask: kept.dmask,
        eventid: 15'(kept.eventid)
    }
    ;
  endfunction

  // Which digits may have this value, in the order of walk_digits, and above them the kind of a
  // request. DMASK leaves out the bits up to the lowest 0. Only some events know GSCID and PSCID.
  function automatic logic [WalkDigits:0] wants(kept_t kept, logic [3:0] value);
    logic [5:0][3:0] high, care;  // device_id or GSCID, and which of its bits count
    logic [4:0][3:0] low;  // process_id or PSCID
    logic ones, second;
    logic [5:0] same_high;
    logic [4:0] same_low;
    logic request_kind, walk_kind, walk_valid;
    high = kept.did_gscid;
    low  = kept.pid_pscid;
    ones = kept.dmask;
    care = '0;
    for (int i = 0; i < 24; i++) begin
      care[i/4][i%4] = kept.dv_gscv && !ones;
      ones &= kept.did_gscid[i];
    end
    for (int i = 0; i < 6; i++) same_high[i] = ((high[i] ^ value) & care[i]) == '0;
    for (int i = 0; i < 5; i++) same_low[i] = !kept.pv_pscv || low[i] == value;
    // value: process_id_valid, ats, translated, untranslated
    request_kind = ((kept.eventid == EventBits'(HPM_EVENT_UNTRANSLATED_REQ) && value[0]) ||
                    (kept.eventid == EventBits'(HPM_EVENT_TRANSLATED_REQ) && value[1]) ||
                    (kept.eventid == EventBits'(HPM_EVENT_ATS_REQ) && value[2] && Cfg.Ats)) &&
        !kept.idt && (!kept.pv_pscv || value[3]);
    // value: first_stage, pdt_walk, ddt_walk, tlb_miss. The second stage is in the other digit.
    second = kept.eventid == EventBits'(HPM_EVENT_SECOND_STAGE_WALK);
    walk_kind = second || (kept.eventid == EventBits'(HPM_EVENT_TLB_MISS) && value[0]) ||
        (kept.eventid == EventBits'(HPM_EVENT_DDT_WALK) && value[1] && !kept.idt) ||
        (kept.eventid == EventBits'(HPM_EVENT_PDT_WALK) && value[2] && !kept.idt) ||
        (kept.eventid == EventBits'(HPM_EVENT_FIRST_STAGE_WALK) && value[3]);
    // value: second_stage, gv, pscv, process_id_valid
    walk_valid = (!second || value[3]) && (!kept.pv_pscv || (kept.idt ? value[1] : value[0])) &&
        (!kept.idt || ((!kept.dv_gscv || value[2]) && (high[5:4] & care[5:4]) == '0));
    return {
      request_kind,
      walk_valid,
      walk_kind,
      same_low | {5{!kept.idt}},
      same_high[3:0] | {4{!kept.idt}},
      same_low | {5{kept.idt}},
      same_high | {6{kept.idt}}
    };
  endfunction

  // An access to a selector.
  typedef enum logic [1:0] {
    LOOK,    // memory is read
    LOOKED,  // it is there: a read is done, and so is a write that changes OF only
    BEGIN,   // a write: to the tables
    REWRITE
  } select_e;

  // --- state ------------------------------------------------------------------------------

  logic [62:0] cycles_d, cycles_q;
  logic cycles_of_d, cycles_of_q, cycles_overflow;
  counters_t of_d, of_q;
  logic [Counters:0] inhibit_d, inhibit_q;
  logic [Counters:1][Sources-1:0] hit_d, hit_q;
  logic [Counters:1][AtOnce-1:0] hits;
  acc_t [Counters:1] acc_d, acc_q;
  number_t sweep_d, sweep_q;  // the counter that is read now
  number_t place_d, place_q;  // the one that is there now
  logic clear_d, clear_q, first_d, first_q;
  select_e select_d, select_q;
  logic [5:0] step_d, step_q;  // of rewriting the tables: a value, and a counter of the group
  logic overflow_d, overflow_q;

  // --- the register access ----------------------------------------------------------------

  logic is_counter, is_selector, counter_now, selector_now, built;
  logic      [4:0] number_wide;
  number_t         number;
  iohpmevt_t       selector_new;
  kept_t kept, kept_new;
  logic [64:0] sum;
  logic [63:0] sum_new;
  logic selector_write, selector_of, rewriting;

  assign is_counter  = req_i.valid && req_i.slot > 9'(FirstCounter) &&
                       req_i.slot <= 9'(FirstSelector);
  assign is_selector = req_i.valid && req_i.slot > 9'(FirstSelector) &&
                       req_i.slot <= 9'(FirstSelector + 31);
  assign number_wide = req_i.slot[7:3] - (is_counter ? 5'(FirstCounter) : 5'(FirstSelector));
  assign number = number_t'(number_wide);
  assign built = Built[number_wide];
  assign counter_now = is_counter && built && !clear_q && place_q == number;
  assign rewriting = select_q == BEGIN || select_q == REWRITE;

  always_comb begin
    select_d     = select_q;
    step_d       = select_q == REWRITE ? step_q + 1'b1 : '0;
    selector_now = 1'b0;
    unique case (select_q)
      LOOK:  if (is_selector && built && !clear_q) select_d = LOOKED;
      LOOKED: begin
        selector_now = !req_i.write || kept_new == kept;
        select_d     = selector_now ? LOOK : BEGIN;
      end
      BEGIN: select_d = REWRITE;
      default: begin
        selector_now = step_q == '1;
        if (selector_now) select_d = LOOK;
      end
    endcase
  end

  always_comb begin
    rsp_o       = '0;
    rsp_o.ready = counter_now || selector_now || ((is_counter || is_selector) && !built);
    if (counter_now) rsp_o.rdata = sum[63:0];
    if (select_q == LOOKED) rsp_o.rdata = unkeep(kept, selector_of);
    if (csr_selects(req_i, REG_IOCOUNTOVF))
      rsp_o.rdata = {32'(inhibit_q), 32'({of_q, cycles_of_q})};
    if (csr_selects(req_i, REG_IOHPMCYCLES)) rsp_o.rdata = {cycles_of_q, cycles_q};
  end

  // --- cycles -----------------------------------------------------------------------------

  always_comb begin
    cycles_overflow = &cycles_q && !inhibit_q[0];
    cycles_d        = cycles_q + 63'(!inhibit_q[0]);
    cycles_of_d     = cycles_of_q || cycles_overflow;
    if (csr_selects(req_i, REG_IOHPMCYCLES) && req_i.write)
      {cycles_of_d, cycles_d} = csr_merge({cycles_of_d, cycles_d}, req_i);
    inhibit_d = inhibit_q;
    if (csr_selects(req_i, REG_IOCOUNTINH) && req_i.write && req_i.half[1])
      inhibit_d = req_i.wdata[32+:Counters+1];
  end

  // --- selectors --------------------------------------------------------------------------

  logic kept_we;
  number_t kept_waddr, kept_raddr, member;

  always_comb begin
    selector_write = select_q == LOOKED && req_i.write;
    selector_of    = of_q[number];
    selector_new   = iohpmevt_t'(csr_merge(unkeep(kept, selector_of), req_i));
    kept_new       = clear_q ? '0 : keep(selector_new);
    kept_we        = clear_q || selector_write;
    kept_waddr     = clear_q ? place_q : number;
    // The selectors of the group, round and round.
    member         = number - 1'b1;
    member[1:0]    = step_d[1:0];
    kept_raddr     = rewriting ? member + 1'b1 : number;
  end

  // What is read while it is written, nobody looks at.
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Round),
    .Width  ($bits(kept_t))
  ) u_selectors (
    .clk_i,
    .we_i   (kept_we),
    .waddr_i(kept_waddr),
    .wdata_i(kept_new),
    .re_i   (1'b1),
    .raddr_i(kept_raddr),
    .rdata_o(kept)
  );

  // --- their tables -----------------------------------------------------------------------

  // What the counters of the group want is collected over 4 cycles. Without a kind, as after
  // reset, nothing is counted, whatever the other digits say.
  logic [       Groups-1:0]                                tables_we;
  logic [              3:0]                                tables_waddr;
  logic [     WalkDigits:0]                                wanted_now;
  logic [              2:0][WalkDigits:0]                  wanted_q;
  logic [     WalkDigits:0][  Groups-1:0][       3:0]      tables_wdata;
  logic [RequestDigits-1:0][Requests-1:0][       3:0]      requests_raddr;
  logic [RequestDigits-1:0][Requests-1:0][Groups-1:0][3:0] requests_rdata;
  logic [   WalkDigits-1:0][   Walks-1:0][       3:0]      walks_raddr;
  logic [   WalkDigits-1:0][   Walks-1:0][Groups-1:0][3:0] walks_rdata;

  always_comb begin
    tables_waddr = clear_q ? place_q[3:0] : step_q[5:2];
    for (int unsigned g = 0; g < Groups; g++)
    tables_we[g] = clear_q || (select_q == REWRITE && step_q[1:0] == 2'd3 &&
                               32'(number_t'(number - 1'b1) >> 2) == g);
    wanted_now = wants(kept, tables_waddr);
    if (clear_q) wanted_now = '0;
    for (int digit = 0; digit <= WalkDigits; digit++)
    for (int g = 0; g < Groups; g++)
    tables_wdata[digit][g] = {
      wanted_now[digit], wanted_q[0][digit], wanted_q[1][digit], wanted_q[2][digit]
    };
    for (int source = 0; source < Requests; source++)
    for (int digit = 0; digit < RequestDigits; digit++)
    requests_raddr[digit][source] = request_digits(requests_i[source]) [digit];
    for (int source = 0; source < Walks; source++)
    for (int digit = 0; digit < WalkDigits; digit++)
    walks_raddr[digit][source] = walk_digits(walks_i[source]) [digit];
  end

  for (genvar digit = 0; digit < RequestDigits; digit++) begin : g_request_digit
    iommu_table #(
      .Depth(16),
      .Width(4 * Groups),
      .Parts(Groups),
      .Reads(Requests)
    ) u_table (
      .clk_i,
      .we_i   (tables_we),
      .waddr_i(tables_waddr),
      .wdata_i(tables_wdata[digit<IdentityDigits?digit : WalkDigits]),
      .raddr_i(requests_raddr[digit]),
      .rdata_o(requests_rdata[digit])
    );
  end

  for (genvar digit = 0; digit < WalkDigits; digit++) begin : g_walk_digit
    iommu_table #(
      .Depth(16),
      .Width(4 * Groups),
      .Parts(Groups),
      .Reads(Walks)
    ) u_table (
      .clk_i,
      .we_i   (tables_we),
      .waddr_i(tables_waddr),
      .wdata_i(tables_wdata[digit]),
      .raddr_i(walks_raddr[digit]),
      .rdata_o(walks_rdata[digit])
    );
  end

  // --- events -----------------------------------------------------------------------------

  logic [Sources-1:0][4*Groups-1:0] counted;

  always_comb begin
    counted = '1;
    for (int source = 0; source < Requests; source++)
    for (int digit = 0; digit < RequestDigits; digit++)
    counted[source] &= requests_rdata[digit][source];
    for (int source = 0; source < Walks; source++)
    for (int digit = 0; digit < WalkDigits; digit++)
    counted[Requests+source] &= walks_rdata[digit][source];
  end

  for (genvar i = 1; i <= Counters; i++) begin : g_counter
    always_comb begin
      for (int source = 0; source < Sources; source++)
      hit_d[i][source] = counted[source][i-1] && !inhibit_q[i] &&
          !(rewriting && number == number_t'(i));
      hits[i] = AtOnce'(hit_q[i][Requests-1:0]) | AtOnce'(hit_q[i][Sources-1:Requests]);
      acc_d[i] = (place_q == number_t'(i) && !clear_q ? '0 : acc_q[i]) +
          acc_t'($countones(hits[i]));
    end
  end

  // --- the sweep --------------------------------------------------------------------------

  logic [63:0] counter;
  acc_t        acc;
  logic        sweeping;  // the sweep is at a counter that exists

  always_comb begin
    sweep_d    = sweep_q + 1'b1;
    place_d    = sweep_q;
    first_d    = 1'b0;  // nothing has been read yet
    clear_d    = clear_q && (first_q || sweep_q != '0);
    sweeping   = Built[5'(place_q)] && !clear_q;
    acc        = acc_q[sweeping?place_q : number_t'(1)];
    sum        = {1'b0, counter} + 65'(acc);
    sum_new    = counter_now && req_i.write ? csr_merge(sum[63:0], req_i) : sum[63:0];
    overflow_d = 1'b0;
    of_d       = of_q;
    if (sweeping && sum[64]) begin
      overflow_d    = !of_q[place_q];
      of_d[place_q] = 1'b1;
    end
    if (selector_write && req_i.half[1]) of_d[number] = selector_new.of;
  end

  // The next one is read while one is written.
  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Round),
    .Width  (64)
  ) u_counters (
    .clk_i,
    .we_i   (clear_q || sweeping),
    .waddr_i(place_q),
    .wdata_i(clear_q ? '0 : sum_new),
    .re_i   (1'b1),
    .raddr_i(sweep_q),
    .rdata_o(counter)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cycles_q    <= '0;
      cycles_of_q <= 1'b0;
      of_q        <= '0;
      inhibit_q   <= '0;
      wanted_q    <= '0;
      hit_q       <= '0;
      acc_q       <= '0;
      sweep_q     <= '0;
      place_q     <= '0;
      clear_q     <= 1'b1;
      first_q     <= 1'b1;
      select_q    <= LOOK;
      step_q      <= '0;
      overflow_q  <= 1'b0;
    end else begin
      cycles_q    <= cycles_d;
      cycles_of_q <= cycles_of_d;
      of_q        <= of_d;
      inhibit_q   <= inhibit_d;
      wanted_q    <= {wanted_q[1:0], wanted_now};
      hit_q       <= hit_d;
      acc_q       <= acc_d;
      sweep_q     <= sweep_d;
      place_q     <= place_d;
      clear_q     <= clear_d;
      first_q     <= first_d;
      select_q    <= select_d;
      step_q      <= step_d;
      overflow_q  <= overflow_d;
    end
  end

  assign overflow_o = overflow_q || (cycles_overflow && !cycles_of_q);

`ifndef SYNTHESIS
  if (Counters < 1 || Counters > 31) begin : g_illegal
    $error("HpmCounters must be 1 to 31 where there is a performance monitor");
  end
  // no event is lost: an accumulator never overflows
  for (genvar i = 1; i <= Counters; i++) begin : g_check
    assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(acc_q[i]) + 32'($countones(
        hit_q[i]
    )) < 2 ** AccBits);
  end
  for (genvar i = 1; i <= Counters; i++) begin : g_one_event
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      hit_q[i][Requests-1:0] == '0 || hit_q[i][Sources-1:Requests] == '0);
  end
  // OF goes only by software's hand
  assert property (@(posedge clk_i) disable iff (!rst_ni) !selector_write |=> (~of_q & $past(
      of_q
  )) == '0);
`endif

endmodule
