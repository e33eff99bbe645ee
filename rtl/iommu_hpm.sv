// SPDX-License-Identifier: Apache-2.0
//
// The performance monitor: iohpmcycles, iohpmctr, iohpmevt, iocountovf, iocountinh.
//
// Events come from any number of places at once, and none waits or is lost. Each counter
// compares each of them with its selector, in the cycle of the event:
//
//   cycle 0   event and selector are compared; hits are registered
//   cycle 1   a counter's hits are added up in its small accumulator
//   later     a sweep goes round the counters, one per cycle: the counter is read from
//             memory, its accumulator is added and emptied, and the sum is written back
//
// The accumulators are wide enough for one round of the sweep with an event from everywhere in
// every cycle. A counter's register access waits for the sweep to come by, and so has the sum
// for nothing. OF and its interrupt come with the sweep: up to a round late. The cycle counter
// is in flip-flops, and exact.
//
// Selectors are in flip-flops in the form that comparing needs, and in memory for reading.

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
  localparam int unsigned NumberBits = $clog2(Counters + 1);
  localparam int unsigned Round = 2 ** NumberBits;  // at least 2: the sweep's memory needs it
  localparam int unsigned Sources = Requests + Walks;
  // A counter counts one event: of requests or of walks, never both.
  localparam int unsigned AtOnce = Requests > Walks ? Requests : Walks;
  localparam int unsigned AccBits = $clog2(Round * AtOnce + 1);
  localparam int unsigned EventBits = 4;
  localparam int unsigned FirstCounter = 32'(REG_IOHPMCTR >> 3) - 1;  // slot of "iohpmctr0"
  localparam int unsigned FirstSelector = 32'(REG_IOHPMEVT >> 3) - 1;

  // Bit n: there is a counter n.
  localparam logic [31:0] Built = 32'((33'd2 << Counters) - 33'd2);

  typedef logic [NumberBits-1:0] number_t;  // of a counter: 1 to Counters
  typedef logic [Counters:1] counters_t;
  typedef logic [AccBits-1:0] acc_t;

  // A selector, ready for comparing.
  typedef struct packed {
    logic        untranslated;
    logic        translated;
    logic        ats;
    logic        tlb_miss;
    logic        ddt_walk;
    logic        pdt_walk;
    logic        first_stage;
    logic        second_stage;
    logic        by_space;      // IDT
    logic        high_valid;
    logic        low_valid;
    logic [23:0] high;          // device_id or GSCID
    logic [23:0] care;          // which of its bits count
    logic [19:0] low;           // process_id or PSCID
  } selector_t;

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

  // DMASK leaves out the bits up to the lowest 0. Only some events know GSCID and PSCID.
  function automatic selector_t decode(kept_t kept);
    selector_t s = '0;
    logic      ones = 1'b1;
    s.untranslated = kept.eventid == EventBits'(HPM_EVENT_UNTRANSLATED_REQ) && !kept.idt;
    s.translated   = kept.eventid == EventBits'(HPM_EVENT_TRANSLATED_REQ) && !kept.idt;
    s.ats          = kept.eventid == EventBits'(HPM_EVENT_ATS_REQ) && !kept.idt && Cfg.Ats;
    s.tlb_miss     = kept.eventid == EventBits'(HPM_EVENT_TLB_MISS);
    s.ddt_walk     = kept.eventid == EventBits'(HPM_EVENT_DDT_WALK) && !kept.idt;
    s.pdt_walk     = kept.eventid == EventBits'(HPM_EVENT_PDT_WALK) && !kept.idt;
    s.first_stage  = kept.eventid == EventBits'(HPM_EVENT_FIRST_STAGE_WALK);
    s.second_stage = kept.eventid == EventBits'(HPM_EVENT_SECOND_STAGE_WALK);
    s.by_space     = kept.idt;
    s.high_valid   = kept.dv_gscv;
    s.low_valid    = kept.pv_pscv;
    s.high         = kept.did_gscid;
    s.low          = kept.pid_pscid;
    if (kept.dv_gscv)
      for (int i = 0; i < 24; i++) begin
        s.care[i] = !(kept.dmask && ones);
        ones &= kept.did_gscid[i];
      end
    return s;
  endfunction

  function automatic logic counts_request(selector_t s, hpm_request_t e);
    if (!((s.untranslated && e.untranslated) || (s.translated && e.translated) || (s.ats && e.ats)))
      return 1'b0;
    return ((s.high ^ e.identity.device_id) & s.care) == '0 &&
           (!s.low_valid || (e.identity.process_id_valid && s.low == e.identity.process_id));
  endfunction

  function automatic logic counts_walk(selector_t s, hpm_walk_t e);
    logic [23:0] high = s.by_space ? {8'h0, e.space.gscid} : e.identity.device_id;
    logic [19:0] low = s.by_space ? e.space.pscid : e.identity.process_id;
    if (!((s.tlb_miss && e.tlb_miss) || (s.ddt_walk && e.ddt_walk) ||
          (s.pdt_walk && e.pdt_walk) || (s.first_stage && e.first_stage) ||
          (s.second_stage && e.second_stage)))
      return 1'b0;
    return ((s.high ^ high) & s.care) == '0 &&
           (!s.high_valid || !s.by_space || e.space.gv) &&
           (!s.low_valid || (s.low == low && (s.by_space ? e.space.pscv
                                                         : e.identity.process_id_valid)));
  endfunction

  // --- state ------------------------------------------------------------------------------

  logic [62:0] cycles_d, cycles_q;
  logic cycles_of_d, cycles_of_q, cycles_overflow;
  counters_t of_d, of_q;
  logic [Counters:0] inhibit_d, inhibit_q;
  selector_t [Counters:1] selector_d, selector_q;
  logic [Counters:1][Sources-1:0] hit_d, hit_q;
  logic [Counters:1][AtOnce-1:0] hits;
  acc_t [Counters:1] acc_d, acc_q;
  number_t sweep_d, sweep_q;  // the counter that is read now
  number_t place_d, place_q;  // the one that is there now
  logic clear_d, clear_q, first_d, first_q;
  logic looked_d, looked_q;
  logic overflow_d, overflow_q;

  // --- the register access ----------------------------------------------------------------

  logic is_counter, is_selector, counter_now, built;
  logic      [4:0] number_wide;
  number_t         number;
  iohpmevt_t       selector_new;
  kept_t kept, kept_new;
  logic [64:0] sum;
  logic [63:0] sum_new;
  logic selector_write, selector_of;

  assign is_counter  = req_i.valid && req_i.slot > 9'(FirstCounter) &&
                       req_i.slot <= 9'(FirstSelector);
  assign is_selector = req_i.valid && req_i.slot > 9'(FirstSelector) &&
                       req_i.slot <= 9'(FirstSelector + 31);
  assign number_wide = req_i.slot[7:3] - (is_counter ? 5'(FirstCounter) : 5'(FirstSelector));
  assign number = number_t'(number_wide);
  assign built = Built[number_wide];
  assign counter_now = is_counter && built && !clear_q && place_q == number;
  assign looked_d = is_selector && built && !clear_q && !looked_q;

  always_comb begin
    rsp_o       = '0;
    rsp_o.ready = counter_now || looked_q || ((is_counter || is_selector) && !built);
    if (counter_now) rsp_o.rdata = sum[63:0];
    if (looked_q) rsp_o.rdata = unkeep(kept, selector_of);
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

  logic    kept_we;
  number_t kept_waddr;

  always_comb begin
    selector_write = looked_q && req_i.write;
    selector_of    = of_q[number];
    selector_new   = iohpmevt_t'(csr_merge(unkeep(kept, selector_of), req_i));
    kept_new       = clear_q ? '0 : keep(selector_new);
    kept_we        = clear_q || selector_write;
    kept_waddr     = clear_q ? place_q : number;
    selector_d     = selector_q;
    if (selector_write) selector_d[number] = decode(kept_new);
  end

  iommu_ram #(
    .Depth(Round),
    .Width($bits(kept_t))
  ) u_selectors (
    .clk_i,
    .we_i   (kept_we),
    .waddr_i(kept_waddr),
    .wdata_i(kept_new),
    .re_i   (1'b1),
    .raddr_i(number),
    .rdata_o(kept)
  );

  // --- events -----------------------------------------------------------------------------

  for (genvar i = 1; i <= Counters; i++) begin : g_counter
    always_comb begin
      hit_d[i] = '0;
      if (!inhibit_q[i]) begin
        for (int source = 0; source < Requests; source++)
        hit_d[i][source] = counts_request(selector_q[i], requests_i[source]);
        for (int source = 0; source < Walks; source++)
        hit_d[i][Requests+source] = counts_walk(selector_q[i], walks_i[source]);
      end
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

  iommu_ram #(
    .Depth(Round),
    .Width(64)
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
      selector_q  <= '0;
      hit_q       <= '0;
      acc_q       <= '0;
      sweep_q     <= '0;
      place_q     <= '0;
      clear_q     <= 1'b1;
      first_q     <= 1'b1;
      looked_q    <= 1'b0;
      overflow_q  <= 1'b0;
    end else begin
      cycles_q    <= cycles_d;
      cycles_of_q <= cycles_of_d;
      of_q        <= of_d;
      inhibit_q   <= inhibit_d;
      selector_q  <= selector_d;
      hit_q       <= hit_d;
      acc_q       <= acc_d;
      sweep_q     <= sweep_d;
      place_q     <= place_d;
      clear_q     <= clear_d;
      first_q     <= first_d;
      looked_q    <= looked_d;
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
