// SPDX-License-Identifier: Apache-2.0
//
// The micro-TLB of a device port: a few entries in registers, fully associative, of 4 KiB or
// 2 MiB. Reads and writes each ask in the cycle in which their request arrives. Several entries
// may hold the same page; the first one that grants the access answers. Tags have what
// iommu_pkg's held_... functions leave; what needs more is not held.

module iommu_utlb
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
  output grant_t [1:0] grant_o,
  // [0] goes before [1] if both come
  input  logic   [1:0] fill_valid_i,
  input  fill_t  [1:0] fill_i
);

  localparam int unsigned Entries = Cfg.MicroTlbEntries;

  typedef logic [Entries-1:0] entries_t;

  fill_t [Entries-1:0] entry_d, entry_q;
  entries_t valid_d, valid_q, used_d, used_q;
  entries_t victim, victim_d, victim_q;  // one bit is set
  entries_t [1:0] hit;
  logic           fill;
  fill_t filling, new_entry;

  // --- lookup -------------------------------------------------------------------------------

  function automatic logic grants(fill_t entry, ask_t ask);
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
      hit[p]     = match & ~earlier;
      hit_o[p]   = match != '0;
      grant_o[p] = '0;
      for (int unsigned i = 0; i < Entries; i++) begin
        grant_t grant;
        grant = entry_q[i].grant;
        if (entry_q[i].superpage) grant.ppn[8:0] = ask_i[p].page[8:0];
        if (hit[p][i]) grant_o[p] |= grant;
      end
    end
  end

  // --- replacement: the next one that was not used lately -----------------------------------

  always_comb begin
    filling = fill_valid_i[0] ? fill_i[0] : fill_i[1];
    new_entry = filling;
    new_entry.ask = held(filling.ask);
    fill = fill_valid_i != '0 && !clear_i &&
        is_held(Cfg, filling.ask.identity, filling.ask.translated, filling.ask.page);

    used_d = used_q | (use_i[0] ? hit[0] : '0) | (use_i[1] ? hit[1] : '0);
    if (used_d == '1) used_d = (use_i[0] ? hit[0] : '0) | (use_i[1] ? hit[1] : '0);

    victim   = victim_q;
    victim_d = victim_q;
    if ((victim_q & used_q) != '0 || fill) victim_d = {victim_q[Entries-2:0], victim_q[Entries-1]};

    entry_d = entry_q;
    valid_d = valid_q;
    if (fill) begin
      for (int unsigned i = 0; i < Entries; i++) if (victim[i]) entry_d[i] = new_entry;
      valid_d = valid_q | victim;
      used_d  = used_d & ~victim;
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
