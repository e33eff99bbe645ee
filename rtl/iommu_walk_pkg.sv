// SPDX-License-Identifier: Apache-2.0
//
// The state of one translation in flight, and the judging of entries: pure functions that
// follow the specification's checks in their order.

package iommu_walk_pkg;

  import iommu_reg_pkg::*;
  import iommu_pkg::*;

  // --- schemes ----------------------------------------------------------------------------

  typedef enum logic [2:0] {
    SCHEME_BARE,
    SCHEME_SV32,
    SCHEME_SV39,
    SCHEME_SV48,
    SCHEME_SV57
  } scheme_e;

  // iosatp.MODE, or iohgatp.MODE with `narrow` for GXL instead of SXL.
  function automatic scheme_e scheme_of(logic [3:0] mode, logic narrow);
    unique case (mode)
      4'd8:    return narrow ? SCHEME_SV32 : SCHEME_SV39;
      4'd9:    return SCHEME_SV48;
      4'd10:   return SCHEME_SV57;
      default: return SCHEME_BARE;
    endcase
  endfunction

  function automatic logic scheme_supported(config_t cfg, logic [3:0] mode, logic narrow);
    unique case (mode)
      4'd0:    return 1'b1;
      4'd8:    return narrow ? cfg.Sv32 : 1'b1;
      4'd9:    return cfg.Sv48 && !narrow;
      4'd10:   return cfg.Sv57 && !narrow;
      default: return 1'b0;
    endcase
  endfunction

  // Level of the root table.
  function automatic logic [2:0] root_level(scheme_e scheme);
    unique case (scheme)
      SCHEME_SV32: return 3'd1;
      SCHEME_SV39: return 3'd2;
      SCHEME_SV48: return 3'd3;
      default:     return 3'd4;
    endcase
  endfunction

  // Byte offset of the entry for `page` (a page number) in a table of this level; two more
  // index bits at the root of a second stage.
  function automatic logic [13:0] pte_offset(scheme_e scheme, logic second, logic [2:0] level,
                                             logic [51:0] page);
    logic [10:0] index;
    if (scheme == SCHEME_SV32) begin
      logic [11:0] wide = level == 3'd0 ? {2'b0, page[9:0]} : page[21:10];
      if (!second) wide[11:10] = '0;
      return {wide, 2'b00};
    end
    unique case (level)
      3'd0:    index = page[10:0];
      3'd1:    index = page[19:9];
      3'd2:    index = page[28:18];
      3'd3:    index = page[37:27];
      default: index = page[46:36];
    endcase
    if (!(second && level == root_level(scheme))) index[10:9] = '0;
    return {index, 3'b000};
  endfunction

  // Bits of the page number that a leaf of this level leaves to the address.
  function automatic logic [43:0] level_mask(scheme_e scheme, logic [2:0] level);
    if (scheme == SCHEME_SV32) return level == 3'd0 ? 44'd0 : 44'h3ff;
    unique case (level)
      3'd0:    return 44'd0;
      3'd1:    return 44'h1ff;
      3'd2:    return 44'h3_ffff;
      3'd3:    return 44'h7ff_ffff;
      default: return 44'hf_ffff_ffff;
    endcase
  endfunction

  function automatic logic [5:0] level_log2(scheme_e scheme, logic [2:0] level);
    if (scheme == SCHEME_SV32) return level == 3'd0 ? 6'd12 : 6'd22;
    unique case (level)
      3'd0:    return 6'd12;
      3'd1:    return 6'd21;
      3'd2:    return 6'd30;
      3'd3:    return 6'd39;
      default: return 6'd48;
    endcase
  endfunction

  // Is the IOVA one that the first stage translates? "Virtual Address Translation Process".
  function automatic logic iova_in_range(scheme_e scheme, logic [63:0] iova);
    unique case (scheme)
      SCHEME_SV32: return iova[63:32] == '0;
      SCHEME_SV39: return iova[63:38] == '0 || iova[63:38] == '1;
      SCHEME_SV48: return iova[63:47] == '0 || iova[63:47] == '1;
      SCHEME_SV57: return iova[63:56] == '0 || iova[63:56] == '1;
      default:     return 1'b1;
    endcase
  endfunction

  function automatic logic gpa_in_range(scheme_e scheme, logic [63:0] gpa);
    unique case (scheme)
      SCHEME_SV32: return gpa[63:34] == '0;
      SCHEME_SV39: return gpa[63:41] == '0;
      SCHEME_SV48: return gpa[63:50] == '0;
      SCHEME_SV57: return gpa[63:59] == '0;
      default:     return 1'b1;
    endcase
  endfunction

  // --- page-table entries -----------------------------------------------------------------

  // What an access asks of a leaf.
  typedef struct packed {
    logic r,          w, x;
    logic lenient;           // ATS: a missing permission is denied, not a fault
    logic second;            // second stage: as a user, G ignored
    logic privileged;
    logic sum;
    logic update;            // SADE or GADE
  } demand_t;

  typedef struct packed {
    logic        fault;              // page fault of this stage
    logic        leaf;
    logic        update;             // A or D must be set first
    pte_t        wanted;             // the PTE with A and D as the access needs them
    logic [43:0] ppn;                // translated page number, or the next table's
    logic [5:0]  log2;               // size of the page
    perms_t      perms;
    logic        user,   is_global;
    pbmt_e       pbmt;
  } verdict_t;

  // A 4-byte PTE in the form of an 8-byte one.
  function automatic pte_t widen_pte(pte32_t narrow);
    pte_t pte = '0;
    pte.ppn                                                           = 44'(narrow.ppn);
    {pte.rsw, pte.d, pte.a, pte.g, pte.u, pte.x, pte.w, pte.r, pte.v} = narrow[9:0];
    return pte;
  endfunction

  function automatic verdict_t judge_pte(config_t cfg, pte_t pte, scheme_e scheme,
                                         logic [2:0] level, logic [51:0] page, demand_t demand);
    verdict_t verdict = '0;
    logic     pointer = !pte.r && !pte.w && !pte.x;
    logic illegal, denied;
    logic [43:0] keep = level_mask(scheme, level);

    illegal = !pte.v || (!pte.r && pte.w) || pte.reserved_58_54 != '0 ||
              (!cfg.Svrsw60t59b && pte.rsw60t59 != '0) || (!cfg.Svpbmt && pte.pbmt != '0) ||
              pte.pbmt == 2'd3;
    if (pointer) illegal |= pte.a || pte.d || pte.u || pte.n || pte.pbmt != '0 || level == 3'd0;
    else illegal |= (pte.ppn & keep) != '0 || (pte.n && (level != 3'd0 || pte.ppn[3:0] != 4'b1000));

    denied = demand.privileged ? pte.u && (!demand.sum || (demand.x && !demand.lenient)) : !pte.u;
    if (!demand.lenient)
      denied |= (demand.r && !pte.r) || (demand.w && !pte.w) || (demand.x && !pte.x);

    verdict.leaf     = !pointer;
    verdict.wanted   = pte;
    verdict.wanted.a = 1'b1;
    verdict.wanted.d = pte.d || (demand.w && pte.w);
    verdict.update   = !pointer && verdict.wanted != pte;
    verdict.fault    = illegal || (!pointer && (denied || (verdict.update && !demand.update)));
    if (pte.n && !pointer) keep = 44'hf;
    verdict.ppn = pointer ? pte.ppn : (pte.ppn & ~keep) | (page[43:0] & keep);
    verdict.log2 = pte.n ? 6'd16 : level_log2(scheme, level);
    verdict.perms = '{
        r: pte.r,
        w: pte.w && verdict.wanted.d,
        x: pte.x && !(demand.privileged && pte.u)
    };
    verdict.user = pte.u;
    verdict.is_global = pte.g;
    verdict.pbmt = pbmt_e'(pte.pbmt);
    return verdict;
  endfunction

  // --- contexts ---------------------------------------------------------------------------

  // Bits of a guest's page number.
  function automatic int unsigned guest_page_bits(config_t cfg);
    return cfg.Sv57 ? 47 : cfg.Sv48 ? 38 : 29;
  endfunction

  // "Device-context configuration checks": true if one of the conditions holds.
  function automatic logic dc_misconfigured(config_t cfg, fctl_t fctl, dc_ext_t dc);
    logic [51:0] beyond_guest;  // bits of page numbers that no guest address has
    logic        bad;

    beyond_guest = '1 << guest_page_bits(cfg);
    bad = dc.tc.reserved_63_32 != '0 || dc.tc.reserved_23_12 != '0 ||
          dc.ta.reserved_39_32 != '0 || dc.ta.reserved_11_0 != '0 || dc.fsc.reserved_59_44 != '0 ||
          (!cfg.Qos && (dc.ta.rcid != '0 || dc.ta.mcid != '0));
    if (cfg.MsiFlat)
      bad |= dc.msiptp.reserved_59_44 != '0 || dc.reserved != '0 ||
             dc.msi_addr_mask[63:52] != '0 || dc.msi_addr_pattern[63:52] != '0 ||
             (dc.msi_addr_mask[51:0] & beyond_guest) != '0 ||
             (dc.msi_addr_pattern[51:0] & beyond_guest) != '0 || dc.msiptp.mode > 4'd1 ||
             (dc.iohgatp.mode == '0 && dc.msiptp.mode != '0);
    bad |= !cfg.Ats && (dc.tc.en_ats || dc.tc.en_pri || dc.tc.prpr || dc.tc.t2gpa);
    bad |= !dc.tc.en_ats && (dc.tc.t2gpa || dc.tc.en_pri);
    bad |= !dc.tc.en_pri && dc.tc.prpr;
    bad |= dc.tc.t2gpa && dc.iohgatp.mode == '0;
    if (dc.tc.pdtv) bad |= cfg.ProcessContexts ? dc.fsc.mode > 4'd3 : dc.fsc.mode != '0;
    else bad |= !scheme_supported(cfg, dc.fsc.mode, dc.tc.sxl) || dc.tc.dpe;
    bad |= !scheme_supported(cfg, dc.iohgatp.mode, fctl.gxl);
    bad |= dc.iohgatp.mode != '0 && dc.iohgatp.ppn[1:0] != '0;
    bad |= !cfg.HwAd && (dc.tc.sade || dc.tc.gade);
    bad |= !cfg.BothEndian && dc.tc.sbe != fctl.be;
    bad |= fctl.gxl ? !dc.tc.sxl : dc.tc.sxl && !cfg.Sv32;
    return bad;
  endfunction

  function automatic logic pc_misconfigured(config_t cfg, logic sxl, pc_t pc);
    return pc.ta.reserved_63_32 != '0 || pc.ta.reserved_11_3 != '0 ||
           pc.fsc.reserved_59_44 != '0 || !scheme_supported(cfg, pc.fsc.mode, sxl);
  endfunction

  // What of a context that passed its checks can be set: without the rest no logic for it is
  // built. `of_fsc` also stands for the MODE of iohgatp.
  function automatic logic [3:0] built_mode(config_t cfg, logic [3:0] of_fsc);
    return of_fsc & {1'b1, 1'b1, cfg.Sv57, cfg.Sv48};
  endfunction

  function automatic dc_ext_t built_dc(config_t cfg, dc_ext_t stored);
    dc_ext_t dc;
    dc = stored;
    dc.tc.sbe = stored.tc.sbe && cfg.BothEndian;
    dc.tc.sxl = stored.tc.sxl && cfg.Sv32;
    dc.tc.sade = stored.tc.sade && cfg.HwAd;
    dc.tc.gade = stored.tc.gade && cfg.HwAd;
    dc.tc.dpe = stored.tc.dpe && cfg.ProcessContexts;
    {dc.tc.en_ats, dc.tc.en_pri, dc.tc.prpr, dc.tc.t2gpa} =
        cfg.Ats ? {stored.tc.en_ats, stored.tc.en_pri, stored.tc.prpr, stored.tc.t2gpa} : 4'h0;
    if (!stored.tc.pdtv) dc.fsc.mode = built_mode(cfg, stored.fsc.mode);
    dc.iohgatp.mode = built_mode(cfg, stored.iohgatp.mode);
    if (!cfg.MsiFlat) dc.msiptp = '0;
    for (int unsigned i = 0; i < 64; i++)
    if (!cfg.MsiFlat || i >= guest_page_bits(cfg)) begin
      dc.msi_addr_mask[i]    = 1'b0;
      dc.msi_addr_pattern[i] = 1'b0;
    end
    if (!cfg.Qos) {dc.ta.rcid, dc.ta.mcid} = '0;
    return dc;
  endfunction

  function automatic pc_t built_pc(config_t cfg, pc_t stored);
    pc_t pc;
    pc          = cfg.ProcessContexts ? stored : '0;
    pc.fsc.mode = built_mode(cfg, pc.fsc.mode);
    return pc;
  endfunction

  // What is kept of a context that passed its checks: without what these found to be 0, or what
  // has no meaning here.
  function automatic dc_ext_t kept_dc(config_t cfg, dc_ext_t found);
    dc_ext_t dc;
    dc                    = built_dc(cfg, found);
    dc.tc.reserved_63_32  = '0;
    dc.tc.custom          = '0;
    dc.tc.reserved_23_12  = '0;
    dc.tc.v               = 1'b0;
    dc.ta.reserved_39_32  = '0;
    dc.ta.reserved_11_0   = '0;
    dc.fsc.reserved_59_44 = '0;
    dc.reserved           = '0;
    if (cfg.MsiFlat) dc.msiptp.reserved_59_44 = '0;
    return dc;
  endfunction

  function automatic pc_t kept_pc(config_t cfg, pc_t found);
    pc_t pc;
    pc                    = built_pc(cfg, found);
    pc.ta.reserved_63_32  = '0;
    pc.ta.reserved_11_3   = '0;
    pc.ta.v               = 1'b0;
    pc.fsc.reserved_59_44 = '0;
    return pc;
  endfunction

  function automatic fctl_t built_fctl(config_t cfg, fctl_t stored);
    fctl_t fctl;
    fctl     = stored;
    fctl.be  = stored.be && cfg.BothEndian;
    fctl.gxl = stored.gxl && cfg.Sv32;
    return fctl;
  endfunction

  // --- MSIs -------------------------------------------------------------------------------

  function automatic logic msi_matches(config_t cfg, dc_ext_t dc, logic [51:0] page);
    return cfg.MsiFlat && dc.msiptp.mode != '0 &&
           ((page ^ dc.msi_addr_pattern[51:0]) & ~dc.msi_addr_mask[51:0]) == '0;
  endfunction

  // Does a region of this size around a guest page hold pages of MSIs?
  function automatic logic msi_overlaps(config_t cfg, dc_ext_t dc, logic [51:0] page,
                                        logic [5:0] log2);
    logic [51:0] inside_region;
    unique case (log2)  // the sizes that leaves have
      6'd16:   inside_region = 52'hf;
      6'd21:   inside_region = 52'h1ff;
      6'd22:   inside_region = 52'h3ff;
      6'd30:   inside_region = 52'h3_ffff;
      6'd39:   inside_region = 52'h7ff_ffff;
      6'd48:   inside_region = 52'hf_ffff_ffff;
      default: inside_region = '0;
    endcase
    return cfg.MsiFlat && dc.msiptp.mode != '0 &&
           ((page ^ dc.msi_addr_pattern[51:0]) & ~dc.msi_addr_mask[51:0] & ~inside_region) == '0;
  endfunction

  // --- a translation in flight -----------------------------------------------------------

  typedef enum logic [4:0] {
    PHASE_START,       // nothing known yet
    PHASE_CONTEXT,     // waits for the context caches
    PHASE_DDT,         // waits for a non-leaf DDT entry
    PHASE_DC,          // waits for a device context
    PHASE_DC_SAVE,     // it is good, and goes into the slot
    PHASE_DC_FOUND,    // the device context is there
    PHASE_PDT,         // waits for a non-leaf PDT entry
    PHASE_PC,          // waits for a process context
    PHASE_PC_SAVE,     // it is good, and goes into the slot
    PHASE_PC_FOUND,    // the process context is there
    PHASE_FIRST_HIT,   // waits for the walk cache, first stage
    PHASE_FIRST,       // waits for a first-stage PTE
    PHASE_FIRST_AD,    // waits for the store of its A and D
    PHASE_SECOND_HIT,  // waits for the walk cache, second stage
    PHASE_SECOND,      // waits for a second-stage PTE
    PHASE_SECOND_AD,   // waits for the store of its A and D
    PHASE_FINAL,       // the first stage is done
    PHASE_MSI_INDEX,   // waits for the index of an MSI PTE
    PHASE_MSI,         // waits for an MSI PTE
    PHASE_SPREAD       // answered; the other PTEs of the line go into the IOTLB
  } phase_e;

  // What a second-stage walk is for.
  typedef enum logic [1:0] {
    FOR_ADDRESS,    // the address of the request itself
    FOR_DIRECTORY,  // a PDT entry
    FOR_PTE,        // a first-stage PTE that is to be read
    FOR_PTE_STORE   // one whose A and D are to be stored
  } purpose_e;

  // Where the last table of a walk lies.
  typedef struct packed {
    logic               nested;     // behind a second stage
    logic               is_global;  // the path to it is
    space_t             space;
    logic [PpnBits-1:0] base;       // physical, whatever is nested
    logic [11:0]        rcid;
    logic [11:0]        mcid;
  } shortcut_t;

  // Or, where a leaf maps 2 MiB or more, what it grants; `base` is then a page of it.
  typedef struct packed {
    logic   valid;
    perms_t perms;
    pbmt_e  pbmt;
  } superpage_t;

  typedef struct packed {
    identity_t   identity;
    logic [51:0] page;
    shortcut_t   found;
    superpage_t  superpage;
  } shortcut_fill_t;

  // What comes to the walker.
  typedef struct packed {
    xlate_req_t req;
    logic       line;    // read on to the end of the line of PTEs that the leaf is in
    logic       stream;  // the others of the line will be wanted
    logic       brief;   // begin with the last table, which lies at `direct`
    shortcut_t  direct;
  } walk_req_t;

  // Size of the first stage's leaf that a 4-KiB translation is a part of.
  typedef enum logic [1:0] {
    LEAF_4K,
    LEAF_64K,
    LEAF_LARGE
  } leaf_size_e;

  // A translation of 4 KiB for the IOTLB.
  typedef struct packed {
    identity_t   identity;
    logic        translated;
    logic [51:0] page;
    logic        spare;       // only where it displaces nothing
    leaf_size_e  leaf;
    space_t      space;
    xlate_rsp_t  answer;
  } tlb_fill_t;

  // What was asked: written once.
  typedef struct packed {
    request_type_e   kind;
    access_e access;
    logic            execute;
    identity_t       identity;
    logic [63:0]     iova;
    logic            quiet;     // fetched ahead: no records, no A or D, no answer
    logic            line;      // read on to the end of the line of PTEs
    logic            stream;    // and put them into the IOTLB whatever they displace
    logic            above;     // a walk that began with its last table: the path to that is global
    space_t          space;     // and its space
  } ask_t;

  // What changes from visit to visit.
  typedef struct packed {
    phase_e      phase;
    purpose_e    purpose;
    logic        bypass;     // do not ask the walk cache again: it did not serve
    logic [2:0]  level;      // of the DDT, PDT or first-stage table that is read
    logic [2:0]  level2;     // the same of the second stage
    logic [63:0] gpa;        // what the second stage translates
    logic [63:0] word;       // what an A/D store expects in memory
    logic        set_d;      // it sets D, too
    logic        lined;      // the whole line of PTEs was read, of both stages
    logic        single;     // not again: one of them failed
    logic [2:0]  spread;     // PTE of the line that is looked at, counted from that of the request
    logic        brief;      // the walk began with its last table
    // the first stage's leaf
    logic [5:0]  log2;
    perms_t      perms;
    pbmt_e       pbmt;
    logic        is_global;
  } state_t;

  // The phases that walks of a configuration come to.
  function automatic logic phase_is_built(config_t cfg, phase_e phase);
    unique case (phase)
      PHASE_PDT, PHASE_PC, PHASE_PC_SAVE, PHASE_PC_FOUND: return cfg.ProcessContexts;
      PHASE_FIRST_AD, PHASE_SECOND_AD:                    return cfg.HwAd;
      PHASE_MSI_INDEX, PHASE_MSI:                         return cfg.MsiFlat;
      PHASE_SPREAD:                                       return cfg.ReadAhead;
      default:                                            return 1'b1;
    endcase
  endfunction

  // What of a walk's state can be set: as built_dc.
  function automatic state_t built_state(config_t cfg, state_t stored);
    state_t state;
    state = stored;
    if (!phase_is_built(cfg, stored.phase)) state.phase = PHASE_START;
    if (!cfg.ProcessContexts && stored.purpose == FOR_DIRECTORY) state.purpose = FOR_PTE;
    if (!cfg.HwAd) begin
      if (stored.purpose == FOR_PTE_STORE) state.purpose = FOR_PTE;
      state.word  = '0;
      state.set_d = 1'b0;
    end
    if (!cfg.Svpbmt) state.pbmt = PBMT_PMA;
    if (!cfg.ReadAhead) begin
      state.lined  = 1'b0;
      state.single = 1'b0;
      state.spread = '0;
      state.brief  = 1'b0;
    end
    return state;
  endfunction

  // A lookup in the walk cache. Addresses are those that the stage translates.
  typedef struct packed {
    logic        second;
    logic        narrow;  // Sv32, Sv32x4: ten index bits a level
    space_t      space;
    logic [51:0] page;
  } look_req_t;

  typedef struct packed {
    logic        hit;
    logic        is_global;  // G of the entry, or of one above it
    logic [2:0]  level;
    logic [63:0] word;
  } look_rsp_t;

  // What is filled into it: a PTE as memory holds it.
  typedef struct packed {
    logic        second;
    logic        narrow;
    logic        leaf;
    space_t      space;
    logic        is_global;
    logic [51:0] page;
    logic [2:0]  level;
    logic [63:0] word;
  } look_fill_t;

  // What a visit ends with.
  typedef enum logic [3:0] {
    ACT_AGAIN,    // visit once more
    ACT_CONTEXT,  // ask the context caches
    ACT_LOOK,     // ask the walk cache
    ACT_EXTRACT,  // ask for the index of an MSI PTE
    ACT_READ,     // read memory
    ACT_STORE,    // store A and D, if memory still has what was read
    ACT_ANSWER,   // done
    ACT_SPREAD    // one of the line's PTEs is done
  } act_e;

  typedef struct packed {
    act_e                    act;
    state_t                  state;
    // ACT_READ, ACT_STORE
    structure_e              structure;
    logic [PhysicalBits-1:0] address;
    logic [2:0]              beats;         // less one
    logic                    big_endian;    // ACT_STORE: with_ad
    logic                    upper;
    logic                    first_table;   // the slot keeps where the table is that `address`
    logic                    second_table;  // lies in: of the first stage, of the second
    logic [11:0]             rcid;
    logic [11:0]             mcid;
    // ACT_LOOK, for state.gpa
    logic                    second;
    logic                    narrow;
    // ACT_EXTRACT
    logic [51:0]             table_mask;
    // on the way
    logic                    fill;          // the walk cache
    look_fill_t              entry;
    logic                    last_table;    // this is where it lies
    logic                    superpage;     // or the answer holds for the 2 MiB around
    shortcut_t               table_at;
    logic                    brief;         // a walk that began with its last table went on
    // ACT_ANSWER, ACT_SPREAD; the page number is that of `address`
    xlate_rsp_t              answer;
    logic                    cacheable;     // by the IOTLB
    leaf_size_e              leaf;          // of the first stage
    space_t                  space;
    logic                    on;            // more of the line is to be looked at
    logic                    report;        // the fault goes to the fault queue
    ttyp_e                   ttyp;
    logic [1:0]              implicit;      // low bits of iotval2, whose others are state.gpa's
  } step_t;

  // What the words that a visit is about were found to be.
  typedef struct packed {
    verdict_t    pte;            // a PTE of the stage that is walked; or `ppn` of another entry
    logic [63:0] word;           // the same as it lies in memory
    logic [2:0]  level;          // its level
    logic        is_global;      // it is global, or one above it
    logic        swapped;        // an A/D store found what it expected
    logic        dc_bad;
    logic        pc_bad;
    logic        directory_bad;
    logic        v;              // V of whichever entry it is
    logic        msi_bad;        // MSI PTE
    logic        msi_mrif;
  } judged_t;

  // Byte-invariant: the 8 bytes at an address, as a big-endian word.
  function automatic logic [63:0] swap_bytes(logic [63:0] word);
    logic [63:0] swapped;
    for (int unsigned i = 0; i < 8; i++) swapped[8*i+:8] = word[8*(7-i)+:8];
    return swapped;
  endfunction

  // The PTE in memory's 8 bytes; `half` selects a 4-byte one.
  function automatic pte_t pick_pte(logic [63:0] raw, scheme_e scheme, logic big_endian,
                                    logic half);
    logic [63:0] word = big_endian ? swap_bytes(raw) : raw;
    if (scheme != SCHEME_SV32) return pte_t'(word);
    // A big-endian 8-byte word has the 4-byte word of the lower address on top.
    return widen_pte(pte32_t'(half != big_endian ? word[63:32] : word[31:0]));
  endfunction

  // Memory's 8 bytes with a PTE's A, and D if asked for, set; `upper` is as in pick_pte.
  function automatic logic [63:0] with_ad(logic [63:0] raw, logic set_d, logic big_endian,
                                          logic upper);
    logic [63:0] bits = upper ? {24'b0, set_d, 7'h40, 32'b0} : {56'b0, set_d, 7'h40};
    return raw | (big_endian ? swap_bytes(bits) : bits);
  endfunction

  // Does the page number select the upper 4-byte PTE of an 8-byte word?
  function automatic logic upper_half(logic [2:0] level, logic [51:0] page);
    return level == 3'd0 ? page[0] : page[10];
  endfunction

  // The first stage that applies ("Process to translate an IOVA", steps 9 to 16).
  typedef struct packed {
    scheme_e     scheme;
    logic [19:0] pscid;
  } first_t;

  function automatic logic uses_pdt(config_t cfg, ask_t ask, dc_ext_t dc);
    return cfg.ProcessContexts && ask.kind != TYPE_TRANSLATED && dc.tc.pdtv && dc.fsc.mode != '0 &&
           (ask.identity.process_id_valid || dc.tc.dpe);
  endfunction

  function automatic first_t first_of(config_t cfg, ask_t ask, dc_ext_t dc, pc_t pc);
    first_t first = '{scheme: SCHEME_BARE, pscid: '0};
    if (uses_pdt(cfg, ask, dc))
      first = '{scheme: scheme_of(pc.fsc.mode, dc.tc.sxl), pscid: pc.ta.pscid};
    else if (ask.kind != TYPE_TRANSLATED && !dc.tc.pdtv)
      first = '{scheme: scheme_of(dc.fsc.mode, dc.tc.sxl), pscid: dc.ta.pscid};
    return first;
  endfunction

  function automatic space_t space_of(first_t first, dc_ext_t dc);
    space_t space = '0;
    space.gv    = dc.iohgatp.mode != '0;
    space.gscid = space.gv ? dc.iohgatp.gscid : '0;
    space.pscv  = first.scheme != SCHEME_BARE;
    space.pscid = space.pscv ? first.pscid : '0;
    return space;
  endfunction

  // --- causes -----------------------------------------------------------------------------

  function automatic cause_e access_fault(access_e access);
    unique case (access)
      ACCESS_EXECUTE: return CAUSE_INSTR_ACCESS_FAULT;
      ACCESS_WRITE:   return CAUSE_WRITE_ACCESS_FAULT;
      default:        return CAUSE_READ_ACCESS_FAULT;
    endcase
  endfunction

  function automatic cause_e page_fault(access_e access, logic second);
    unique case (access)
      ACCESS_EXECUTE: return second ? CAUSE_INSTR_GUEST_PAGE_FAULT : CAUSE_INSTR_PAGE_FAULT;
      ACCESS_WRITE:   return second ? CAUSE_WRITE_GUEST_PAGE_FAULT : CAUSE_WRITE_PAGE_FAULT;
      default:        return second ? CAUSE_READ_GUEST_PAGE_FAULT : CAUSE_READ_PAGE_FAULT;
    endcase
  endfunction

  // Reported although DTF is set ("Fault/Event-Queue", CAUSE table).
  function automatic logic reported_despite_dtf(cause_e cause);
    return cause inside {CAUSE_ALL_INBOUND_DISALLOWED, CAUSE_DDT_LOAD_ACCESS_FAULT,
                         CAUSE_DDT_NOT_VALID, CAUSE_DDT_MISCONFIGURED, CAUSE_DDT_DATA_CORRUPTION,
                         CAUSE_INTERNAL_DATA_PATH_ERROR, CAUSE_MSI_WRITE_ACCESS_FAULT};
  endfunction

endpackage
