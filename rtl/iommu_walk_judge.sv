// SPDX-License-Identifier: Apache-2.0
//
// What are the words that memory or a cache gave for this visit? Combinational: the first
// half of a visit of the walker. iommu_walk_step decides what follows from it.

module iommu_walk_judge
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  fctl_t                  fctl_i,
  input  ask_t                   ask_i,
  input  dc_ext_t                dc_i,
  input  pc_t                    pc_i,
  input  state_t                 state_i,
  input  logic      [ 7:0][63:0] words_i,     // as they lie in memory; the first is the PTE
  input  logic                   direct_i,    // the first has just come, and is this one
  input  logic      [63:0]       word_i,
  input  look_rsp_t              look_i,
  output dc_ext_t                found_dc_o,
  output pc_t                    found_pc_o,
  output judged_t                judged_o
);

  // --- which stage, and what it asks --------------------------------------------------------

  logic second, from_cache, implicit, directory;
  first_t         first;
  scheme_e        scheme;
  logic           big_endian;
  logic    [ 2:0] level;
  logic    [51:0] page;
  demand_t        demand;

  always_comb begin
    second     = state_i.phase inside {PHASE_SECOND_HIT, PHASE_SECOND, PHASE_SECOND_AD} ||
                 (state_i.phase == PHASE_SPREAD && dc_i.iohgatp.mode != '0);
    from_cache = state_i.phase inside {PHASE_FIRST_HIT, PHASE_SECOND_HIT, PHASE_MSI_INDEX};
    implicit = second && state_i.purpose != FOR_ADDRESS;
    first = first_of(Cfg, ask_i, dc_i, pc_i);
    scheme = second ? scheme_of(dc_i.iohgatp.mode, fctl_i.gxl) : first.scheme;
    big_endian = second ? fctl_i.be : dc_i.tc.sbe;
    level = from_cache ? look_i.level : second ? state_i.level2 : state_i.level;
    // Directory entries and MSI PTEs have V and PPN where a PTE of 8 bytes has them.
    directory = state_i.phase inside {PHASE_DDT, PHASE_DC, PHASE_PDT, PHASE_PC, PHASE_MSI};
    if (directory) begin
      scheme     = SCHEME_SV39;
      big_endian = state_i.phase inside {PHASE_PDT, PHASE_PC} ? dc_i.tc.sbe : fctl_i.be;
      level      = 3'd0;
    end
    page   = second ? state_i.gpa[63:12] : ask_i.iova[63:12];

    demand = '0;
    if (state_i.phase == PHASE_SPREAD) begin
      demand.lenient = 1'b1;  // whatever it grants
    end else if (implicit) begin
      demand.r = state_i.purpose != FOR_PTE_STORE;
      demand.w = state_i.purpose == FOR_PTE_STORE;
    end else begin
      demand.r       = ask_i.access == ACCESS_READ;
      demand.w       = ask_i.access == ACCESS_WRITE;
      demand.x       = ask_i.access == ACCESS_EXECUTE || (ask_i.kind == TYPE_ATS && ask_i.execute);
      demand.lenient = ask_i.kind == TYPE_ATS;
      // What the first stage does not grant to write is not written.
      if (second && demand.lenient) demand.w &= state_i.perms.w;
    end
    demand.second     = second;
    demand.privileged = !second && ask_i.identity.privileged;
    demand.sum        = pc_i.ta.sum;
    demand.update     = (second ? dc_i.tc.gade : dc_i.tc.sade) && state_i.phase != PHASE_SPREAD;
  end

  // --- page-table entries -------------------------------------------------------------------

  logic half, storing;
  logic  [63:0] raw;
  pte_t         pte;
  ddte_t        entry;

  always_comb begin
    storing            = state_i.phase inside {PHASE_FIRST_AD, PHASE_SECOND_AD};
    half               = upper_half(level, page);
    raw                = from_cache ? look_i.word : direct_i ? word_i : words_i[0];
    // After a store that found what it expected, memory holds that with A and D set.
    pte                = pick_pte(storing ? state_i.word : raw, scheme, big_endian, half);
    judged_o.pte       = judge_pte(Cfg, pte, scheme, level, page, demand);
    judged_o.word      = raw;
    judged_o.swapped   = raw == state_i.word;
    judged_o.level     = level;
    judged_o.is_global = pte.g || (from_cache ? look_i.is_global : state_i.is_global);

    // --- directory entries and MSI PTEs ---
    found_dc_o         = '0;
    for (int unsigned i = 0; i < 8; i++)
    if (i < 4 || Cfg.MsiFlat)
      found_dc_o[64*i+:64] = fctl_i.be ? swap_bytes(words_i[i]) : words_i[i];
    for (int unsigned i = 0; i < 2; i++)
    found_pc_o[64*i+:64] = dc_i.tc.sbe ? swap_bytes(words_i[i]) : words_i[i];
    judged_o.dc_bad        = dc_misconfigured(Cfg, fctl_i, found_dc_o);
    judged_o.pc_bad        = pc_misconfigured(Cfg, dc_i.tc.sxl, found_pc_o);
    entry                  = ddte_t'(pte);
    judged_o.directory_bad = entry.reserved_63_54 != '0 || entry.reserved_9_1 != '0;
    judged_o.v             = entry.v;
  end

  msipte_t      basic;
  msipte_mrif_t mrif;

  always_comb begin
    basic             = msipte_t'(found_dc_o[127:0]);
    mrif              = msipte_mrif_t'(found_dc_o[127:0]);
    judged_o.msi_mrif = basic.m == MSIPTE_M_MRIF;
    judged_o.msi_bad  = basic.c;
    if (basic.m == MSIPTE_M_BASIC)
      judged_o.msi_bad |= basic.reserved_62_54 != '0 || basic.reserved_9_3 != '0;
    else if (basic.m == MSIPTE_M_MRIF && Cfg.MsiMrif)
      judged_o.msi_bad |= mrif.reserved_62_54 != '0 || mrif.reserved_6_3 != '0 ||
                          mrif.reserved_127_125 != '0 || mrif.reserved_123_118 != '0;
    else judged_o.msi_bad = 1'b1;
  end

endmodule
