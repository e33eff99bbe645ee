// SPDX-License-Identifier: Apache-2.0
//
// The micro-TLB of a device port: a few entries, fully associative, of 4 KiB or 2 MiB. Reads and
// writes each ask in the cycle in which their request arrives. Several entries may hold the same
// page; the first one that grants the access answers. Tags are in registers, and have what
// iommu_pkg's held_... functions leave; what needs more is not held. What an entry grants is in
// a small memory, where the number of the one that answers finds it.

module iommu_utlb
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_port_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         clear_i,       // forget everything, and take nothing in
  // lookups: [0] reads, [1] writes
  input  logic   [1:0] use_i,         // the answer counts: for replacement
  input  ask_t   [1:0] ask_i,
  output logic   [1:0] hit_o,
  output grant_t [1:0] grant_o,       // of a hit; otherwise of no meaning
  // [0] goes before [1] if both come
  input  logic   [1:0] fill_valid_i,
  input  fill_t  [1:0] fill_i
);

  localparam int unsigned Entries = Cfg.MicroTlbEntries;

  typedef logic [Entries-1:0] entries_t;
  typedef logic [$clog2(Entries)-1:0] number_t;

  typedef struct packed {
    ask_t   ask;
    perms_t perms;
    logic   superpage;
  } tag_t;

  typedef struct packed {
    logic   superpage;
    grant_t grant;
  } held_grant_t;

  tag_t [Entries-1:0] entry_d, entry_q;
  entries_t valid_d, valid_q, used_d, used_q;
  entries_t victim_d, victim_q;  // one bit is set
  entries_t    [1:0] hit;
  logic              fill;
  fill_t             filling;
  tag_t              new_entry;
  number_t     [1:0] answering;  // of the one that hits
  held_grant_t [1:0] held_grant;

  // --- lookup -------------------------------------------------------------------------------

  function automatic logic grants(tag_t entry, ask_t ask);
    logic same_page, allowed;
    same_page = entry.ask.page[51:9] == ask.page[51:9] &&
                (entry.superpage || entry.ask.page[8:0] == ask.page[8:0]);
    unique case (ask.access)
      ACCESS_READ:    allowed = entry.perms.r;
      ACCESS_WRITE:   allowed = entry.perms.w;
      ACCESS_EXECUTE: allowed = entry.perms.x;
      default:        allowed = 1'b0;
    endcase
    if (!same_page) return 1'b0;
    return allowed && entry.ask.identity == ask.identity && entry.ask.translated == ask.translated;
  endfunction

  function automatic ask_t held(ask_t ask);
    ask_t kept;
    kept            = ask;
    kept.identity   = held_identity(Cfg, ask.identity);
    kept.translated = ask.translated && Cfg.Ats;
    kept.page       = held_page(Cfg, ask.page);
    return kept;
  endfunction

  // The number of the one member of a set.
  function automatic number_t number_of(entries_t set);
    number_t number;
    number = '0;
    for (int unsigned i = 0; i < Entries; i++) if (set[i]) number |= number_t'(i);
    return number;
  endfunction

  // Fields that the configuration lacks are 0, and need no place.
  function automatic grant_t built(grant_t grant);
    grant_t kept;
    kept = grant;
    if (!Cfg.Svpbmt) kept.pbmt = PBMT_PMA;
    if (!Cfg.Qos) begin
      kept.rcid = '0;
      kept.mcid = '0;
    end
    return kept;
  endfunction

  iommu_table #(
    .Depth(Entries),
    .Width($bits(held_grant_t)),
    .Reads(2)
  ) u_grants (
    .clk_i,
    .we_i   (fill),
    .waddr_i(number_of(victim_q)),
    .wdata_i({filling.superpage, built(filling.grant)}),
    .raddr_i(answering),
    .rdata_o(held_grant)
  );

  for (genvar p = 0; p < 2; p++) begin : g_lookup
    entries_t match, earlier;  // one below it matches
    ask_t ask;
    logic may_hit;

    assign ask     = held(ask_i[p]);
    assign may_hit = is_held(Cfg, ask_i[p].identity, ask_i[p].translated, ask_i[p].page);

    always_comb begin
      earlier = '0;
      for (int unsigned i = 0; i < Entries; i++) begin
        match[i] = valid_q[i] && may_hit && grants(entry_q[i], ask);
        if (i != 0) earlier[i] = earlier[i-1] || match[i-1];
      end
      hit[p]       = match & ~earlier;
      hit_o[p]     = match != '0;
      answering[p] = number_of(hit[p]);
    end

    always_comb begin
      grant_o[p] = built(held_grant[p].grant);
      if (held_grant[p].superpage) grant_o[p].ppn[8:0] = ask_i[p].page[8:0];
    end
  end

  // --- replacement: the next one that was not used lately -----------------------------------

  always_comb begin
    filling = fill_valid_i[0] ? fill_i[0] : fill_i[1];
    new_entry = '{ask: held(filling.ask), perms: filling.perms, superpage: filling.superpage};
    fill = fill_valid_i != '0 && !clear_i &&
        is_held(Cfg, filling.ask.identity, filling.ask.translated, filling.ask.page);

    used_d = used_q | (use_i[0] ? hit[0] : '0) | (use_i[1] ? hit[1] : '0);
    if (used_d == '1) used_d = (use_i[0] ? hit[0] : '0) | (use_i[1] ? hit[1] : '0);

    victim_d = victim_q;
    if ((victim_q & used_q) != '0 || fill) victim_d = {victim_q[Entries-2:0], victim_q[Entries-1]};

    entry_d = entry_q;
    valid_d = valid_q;
    if (fill) begin
      for (int unsigned i = 0; i < Entries; i++) if (victim_q[i]) entry_d[i] = new_entry;
      valid_d = valid_q | victim_q;
      used_d  = used_d & ~victim_q;
    end
    if (clear_i) begin
      valid_d = '0;
      used_d  = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q  <= '0;
      used_q   <= '0;
      victim_q <= entries_t'(1);
    end else begin
      valid_q  <= valid_d;
      used_q   <= used_d;
      victim_q <= victim_d;
    end
  end

  always_ff @(posedge clk_i) entry_q <= entry_d;

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) $onehot(victim_q));
  assert property (@(posedge clk_i) disable iff (!rst_ni) $onehot0(hit[0]) && $onehot0(hit[1]));
  assert property (@(posedge clk_i) disable iff (!rst_ni) clear_i |=> valid_q == '0);
`endif

endmodule
