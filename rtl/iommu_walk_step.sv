// SPDX-License-Identifier: Apache-2.0
//
// What follows from a visit: the steps of "Process to translate an IOVA" in their order.
// Combinational: the second half of a visit of the walker, after iommu_walk_judge. A first
// process decides on one operation; a second one carries it out, so that each piece of
// address logic exists once.

module iommu_walk_step
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  ddtp_t                ddtp_i,
  input  fctl_t                fctl_i,
  input  iommu_qosid_t         qosid_i,
  input  ask_t                 ask_i,
  input  dc_ext_t              dc_i,
  input  pc_t                  pc_i,
  input  logic                 dc_known_i,      // PHASE_CONTEXT: the caches had it
  input  logic                 pc_known_i,
  input  state_t               state_i,
  input  logic         [ 43:0] first_table_i,   // 0 but in phases that read it
  input  logic         [ 43:0] second_table_i,
  input  mem_status_e          status_i,        // of the words that the visit is about
  input  logic         [  2:0] rest_i,          // first-stage PTEs of the line that go on in a row
  input  logic                 look_hit_i,
  input  judged_t              judged_i,
  input  logic         [127:0] msi_pte_i,       // PHASE_MSI
  output step_t                step_o
);

  typedef enum logic [3:0] {
    OP_STOP,       // a fault: cause, guest
    OP_SUCCEED,    // the translation is complete: target, ppn, perms, pbmt, log2
    OP_CONTEXT,    // ask the context caches
    OP_DDT,        // read a DDT entry: level, base
    OP_DIRECTORY,  // read a PDT entry: level, base
    OP_LOOK,       // ask the walk cache for the first stage
    OP_FIRST,      // read a first-stage PTE: level, base
    OP_GUEST,      // start the second stage: purpose
    OP_SECOND,     // read a second-stage PTE: level, base
    OP_STORE,      // store A and D
    OP_EXTRACT,    // ask for the index of an MSI PTE
    OP_MSI,        // read it: the index was asked for
    OP_TAKE,       // the PTE serves: go where it leads
    OP_REVISIT,    // go on in another phase
    OP_SPREAD      // the PTE is one of the line's others
  } op_e;

  // Where a table, or what is translated, lies: the source of `final_base`.
  typedef enum logic [3:0] {
    AT_TABLE,  // the one that the phase reads, or the root where it begins
    AT_DDT,    // the root of the DDT
    AT_ENTRY,  // where the entry that was judged points to
    AT_IOVA,
    AT_GPA,
    AT_MSI,    // an MSI PTE
    AT_MRIF
  } at_e;

  op_e            op;
  at_e            source;
  cause_e         cause;
  logic           guest;  // OP_STOP: a guest-page fault for state.gpa
  logic     [2:0] level;
  purpose_e       purpose;
  target_e        target;
  perms_t         perms;
  pbmt_e          pbmt;
  logic     [5:0] log2;
  state_t         next;  // what changes, but for phase, level and base
  logic           fill;

  // --- what is known ------------------------------------------------------------------------

  first_t         first;
  scheme_e        second;
  space_t         space;
  logic nested, ats, directory, poison, second_phase, pdt_needed, update;

  always_comb begin
    first        = first_of(Cfg, ask_i, dc_i, pc_i);
    second       = scheme_of(dc_i.iohgatp.mode, fctl_i.gxl);
    space        = space_of(first, dc_i);
    nested       = second != SCHEME_BARE;
    ats          = Cfg.Ats && ask_i.kind == TYPE_ATS;
    poison       = status_i == MEM_POISON;
    directory    = state_i.purpose == FOR_DIRECTORY;
    second_phase = state_i.phase inside {PHASE_SECOND_HIT, PHASE_SECOND, PHASE_SECOND_AD};
    update       = Cfg.HwAd && judged_i.pte.update;  // without, it is a fault
    pdt_needed   = uses_pdt(Cfg, ask_i, dc_i);
  end

  function automatic logic device_id_wide(logic [3:0] mode, logic [23:0] id);
    unique case (mode)
      DDTP_MODE_1LVL: return Cfg.MsiFlat ? id[23:6] != '0 : id[23:7] != '0;
      DDTP_MODE_2LVL: return Cfg.MsiFlat ? id[23:15] != '0 : id[23:16] != '0;
      default:        return 1'b0;
    endcase
  endfunction

  function automatic logic process_id_wide(logic [3:0] mode, logic [19:0] id);
    unique case (mode)
      PDTP_MODE_PD8:  return id[19:8] != '0;
      PDTP_MODE_PD17: return id[19:17] != '0;
      default:        return 1'b0;
    endcase
  endfunction

  msipte_mrif_t found_mrif;

  assign found_mrif = msipte_mrif_t'(msi_pte_i);

  // --- decide -------------------------------------------------------------------------------

  // Steps 7 to 16, once the device context is known; `have_pc` if the process context is, too.
  function automatic op_e with_contexts(logic have_pc);
    if (ask_i.kind == TYPE_MESSAGE) return OP_SUCCEED;
    if ((ask_i.kind == TYPE_TRANSLATED || ats) && !dc_i.tc.en_ats) return OP_STOP;
    if (ask_i.identity.process_id_valid && (!dc_i.tc.pdtv || process_id_wide(
            dc_i.fsc.mode, ask_i.identity.process_id
        )))
      return OP_STOP;
    if (ask_i.kind == TYPE_TRANSLATED && !dc_i.tc.t2gpa) return OP_SUCCEED;
    if (pdt_needed && !have_pc) return OP_DIRECTORY;
    if (pdt_needed && ask_i.identity.privileged && !pc_i.ta.ens) return OP_STOP;
    return OP_LOOK;
  endfunction

  always_comb begin
    op      = OP_STOP;
    cause   = CAUSE_TRANS_TYPE_DISALLOWED;
    guest   = 1'b0;
    level   = state_i.level;
    source  = AT_TABLE;
    purpose = FOR_ADDRESS;
    target  = TARGET_MEMORY;
    perms   = '1;
    pbmt    = PBMT_PMA;
    log2    = 6'd21;
    next    = state_i;
    fill    = 1'b0;

    unique case (state_i.phase)
      PHASE_START, PHASE_CONTEXT, PHASE_DC_FOUND, PHASE_PC_FOUND: begin
        unique case (ddtp_i.iommu_mode)
          DDTP_MODE_OFF: cause = CAUSE_ALL_INBOUND_DISALLOWED;
          DDTP_MODE_BARE:
          if (ask_i.kind == TYPE_UNTRANSLATED || ask_i.kind == TYPE_DEBUG) begin
            op     = OP_SUCCEED;
            source = AT_IOVA;
          end
          default:
          if (!device_id_wide(ddtp_i.iommu_mode, ask_i.identity.device_id)) begin
            if (state_i.phase == PHASE_START) begin
              op = OP_CONTEXT;
            end else if (state_i.phase == PHASE_CONTEXT && !dc_known_i) begin
              op     = OP_DDT;
              level  = 3'(ddtp_i.iommu_mode[2:0]) - 3'd2;
              source = AT_DDT;
            end else begin
              op = with_contexts(state_i.phase == PHASE_PC_FOUND ||
                                 (state_i.phase == PHASE_CONTEXT && pc_known_i));
              level = 3'(dc_i.fsc.mode[1:0]) - 3'd1;
              source = op == OP_DIRECTORY ? AT_TABLE : AT_IOVA;
            end
          end
        endcase
      end

      PHASE_DDT: begin
        op     = OP_DDT;
        level  = state_i.level - 3'd1;
        source = AT_ENTRY;
        if (status_i != MEM_OK || !judged_i.v || judged_i.directory_bad) begin
          op = OP_STOP;
          cause = status_i == MEM_ACCESS_FAULT ? CAUSE_DDT_LOAD_ACCESS_FAULT
                  : poison                     ? CAUSE_DDT_DATA_CORRUPTION
                  : !judged_i.v                ? CAUSE_DDT_NOT_VALID
                                               : CAUSE_DDT_MISCONFIGURED;
        end
      end

      PHASE_DC: begin
        op         = OP_REVISIT;
        next.phase = PHASE_DC_SAVE;
        if (status_i != MEM_OK || !judged_i.v || judged_i.dc_bad) begin
          op = OP_STOP;
          cause   = status_i == MEM_ACCESS_FAULT ? CAUSE_DDT_LOAD_ACCESS_FAULT
                    : poison                     ? CAUSE_DDT_DATA_CORRUPTION
                    : !judged_i.v                ? CAUSE_DDT_NOT_VALID
                                                 : CAUSE_DDT_MISCONFIGURED;
        end
      end

      PHASE_PDT, PHASE_PC: begin
        op         = state_i.phase == PHASE_PC ? OP_REVISIT : OP_DIRECTORY;
        level      = state_i.level - 3'd1;
        source     = AT_ENTRY;
        next.phase = PHASE_PC_SAVE;
        if (status_i != MEM_OK || !judged_i.v ||
            (state_i.phase == PHASE_PC ? judged_i.pc_bad : judged_i.directory_bad)) begin
          op = OP_STOP;
          cause   = status_i == MEM_ACCESS_FAULT ? CAUSE_PDT_LOAD_ACCESS_FAULT
                    : poison                     ? CAUSE_PDT_DATA_CORRUPTION
                    : !judged_i.v                ? CAUSE_PDT_NOT_VALID
                                                 : CAUSE_PDT_MISCONFIGURED;
        end
      end

      PHASE_FIRST_HIT, PHASE_SECOND_HIT: begin
        // Only what serves as it stands is taken from the cache; else memory is read.
        automatic
        logic
        serves = look_hit_i && !state_i.bypass && !judged_i.pte.fault &&
                       !(judged_i.pte.leaf && update);
        if (!serves) begin
          op     = second_phase ? OP_SECOND : OP_FIRST;
          level  = second_phase ? root_level(second) : root_level(first.scheme);
          source = AT_TABLE;
          if (!second_phase) next.is_global = 1'b0;
        end else begin
          op = OP_TAKE;
        end
      end

      PHASE_FIRST, PHASE_SECOND, PHASE_FIRST_AD, PHASE_SECOND_AD: begin
        automatic logic storing = state_i.phase inside {PHASE_FIRST_AD, PHASE_SECOND_AD};
        if (state_i.brief && !(dc_known_i && space == ask_i.space &&
                               (!pdt_needed || pc_known_i) && status_i == MEM_OK &&
                               judged_i.pte.leaf && !judged_i.pte.fault &&
                               !update)) begin
          // All of the walk is to be done. This was its first visit: the rest of the state is 0.
          op             = OP_CONTEXT;
          next.is_global = 1'b0;
          next.lined     = 1'b0;
          next.single    = state_i.lined && status_i != MEM_OK;
        end else if (status_i != MEM_OK && state_i.lined &&
                     (!second_phase || state_i.level2 == '0)) begin
          // Perhaps another PTE of the line is at fault.
          op          = second_phase ? OP_SECOND : OP_FIRST;
          level       = second_phase ? state_i.level2 : state_i.level;
          next.single = 1'b1;
          next.lined  = 1'b0;
        end else if (status_i != MEM_OK) begin
          cause = directory && second_phase
                  ? (poison ? CAUSE_PDT_DATA_CORRUPTION : CAUSE_PDT_LOAD_ACCESS_FAULT)
                  : (poison ? CAUSE_PT_DATA_CORRUPTION : access_fault(ask_i.access));
        end else if (storing && !judged_i.swapped) begin
          // The PTE changed meanwhile: its level anew.
          op    = second_phase ? OP_SECOND : OP_FIRST;
          level = second_phase ? state_i.level2 : state_i.level;
        end else if (judged_i.pte.fault) begin
          cause = page_fault(ask_i.access, second_phase);
          guest = second_phase;
        end else if (judged_i.pte.leaf && update && !storing && ask_i.quiet) begin
          op = OP_STOP;  // nothing was accessed
        end else if (judged_i.pte.leaf && update && !storing) begin
          op         = !second_phase && nested ? OP_GUEST : OP_STORE;
          purpose    = FOR_PTE_STORE;
          next.word  = judged_i.word;
          next.set_d = judged_i.pte.wanted.d;
          level      = second_phase ? state_i.level2 : state_i.level;
        end else begin
          op = OP_TAKE;
          // The IOTLB has what a final address of 4 KiB leads to.
          fill = !storing && (judged_i.level != 3'd0 ||
                              (second_phase && state_i.purpose != FOR_ADDRESS));
        end
      end

      PHASE_FINAL: begin
        if (msi_matches(Cfg, dc_i, state_i.gpa[63:12])) begin
          op = OP_EXTRACT;
        end else if (nested) begin
          op = OP_GUEST;
        end else begin
          op     = OP_SUCCEED;
          source = AT_GPA;
          perms  = state_i.perms;
          pbmt   = state_i.pbmt;
          log2   = state_i.log2 == 6'd63 ? 6'd21 : state_i.log2;
        end
      end

      PHASE_SPREAD: begin
        op     = OP_SPREAD;
        source = AT_ENTRY;
      end

      // iommu_walker has put it into the slot meanwhile.
      PHASE_DC_SAVE, PHASE_PC_SAVE: begin
        op         = OP_REVISIT;
        next.phase = state_i.phase == PHASE_DC_SAVE ? PHASE_DC_FOUND : PHASE_PC_FOUND;
      end

      PHASE_MSI_INDEX: begin
        op     = OP_MSI;
        source = AT_MSI;
      end

      default: begin  // PHASE_MSI
        automatic logic in_debug = ask_i.kind == TYPE_DEBUG && judged_i.msi_mrif;
        op     = OP_SUCCEED;
        target = judged_i.msi_mrif ? TARGET_MRIF : TARGET_MSI;
        source = Cfg.MsiMrif && judged_i.msi_mrif ? AT_MRIF : AT_ENTRY;
        perms  = '{r: state_i.perms.r, w: state_i.perms.w, x: 1'b0};
        pbmt   = state_i.pbmt;
        log2   = 6'd12;
        if (status_i != MEM_OK || !judged_i.v || judged_i.msi_bad ||
            (ask_i.access == ACCESS_EXECUTE && !ats && !in_debug)) begin
          op = OP_STOP;
          cause = status_i == MEM_ACCESS_FAULT ? CAUSE_MSI_PTE_LOAD_ACCESS_FAULT
                  : poison                     ? CAUSE_MSI_PT_DATA_CORRUPTION
                  : !judged_i.v                ? CAUSE_MSI_PTE_NOT_VALID
                  : judged_i.msi_bad           ? CAUSE_MSI_PTE_MISCONFIGURED
                                               : CAUSE_INSTR_ACCESS_FAULT;
        end else if (in_debug) begin
          op = OP_STOP;
        end
      end
    endcase
  end

  // --- where a good PTE leads ---------------------------------------------------------------

  // Accesses to first-stage tables and the PDT whose address is already translated.
  logic         direct;
  op_e          final_op;
  logic   [2:0] final_level;
  at_e          final_at;
  state_t       taken;

  always_comb begin
    direct      = 1'b0;
    final_op    = op;
    final_level = level;
    final_at    = source;
    taken       = next;
    if (op == OP_TAKE) begin
      final_level = judged_i.level - 3'd1;
      final_at    = AT_ENTRY;
      if (second_phase) begin
        final_op = OP_SECOND;
        if (judged_i.pte.leaf) begin
          direct      = 1'b1;
          final_level = state_i.level;
          unique case (state_i.purpose)
            FOR_DIRECTORY: final_op = OP_DIRECTORY;
            FOR_PTE:       final_op = OP_FIRST;
            FOR_PTE_STORE: final_op = OP_STORE;
            default:       final_op = OP_SUCCEED;
          endcase
        end
      end else begin
        final_op        = OP_FIRST;
        taken.is_global = judged_i.is_global;
        if (judged_i.pte.leaf) begin
          // Without a second stage this is the translation.
          final_op    = nested ? OP_REVISIT : OP_SUCCEED;
          taken.phase = PHASE_FINAL;
          taken.log2  = judged_i.pte.log2;
          taken.perms = judged_i.pte.perms;
          taken.pbmt  = judged_i.pte.pbmt;
        end
      end
    end
    if (op == OP_LOOK && first.scheme == SCHEME_BARE) begin
      final_op        = OP_REVISIT;
      taken.phase     = PHASE_FINAL;
      taken.log2      = 6'd63;
      taken.perms     = '1;
      taken.pbmt      = PBMT_PMA;
      taken.is_global = 1'b0;
    end
  end

  // All tables and roots are 0 but for the one of the phase.
  logic [43:0] final_base;

  always_comb begin
    unique case (final_at)
      AT_TABLE:
      final_base = first_table_i | second_table_i | dc_i.iohgatp.ppn | dc_i.fsc.ppn | pc_i.fsc.ppn;
      AT_DDT: final_base = ddtp_i.ppn;
      AT_IOVA: final_base = ask_i.iova[55:12];
      AT_GPA: final_base = state_i.gpa[55:12];
      AT_MSI: final_base = dc_i.msiptp.ppn | judged_i.word[51:8];
      AT_MRIF: final_base = found_mrif.mrif_address[46:3];
      default: final_base = judged_i.pte.ppn;
    endcase
  end

  // --- carry out ----------------------------------------------------------------------------

  // A first-stage or PDT access behind a second stage starts that first.
  logic from_pte, through, start_guest, of_entry, stop;
  assign from_pte = op == OP_TAKE;

  purpose_e        guest_purpose;
  logic     [63:0] next_gpa;  // of the state
  logic     [13:0] offset;
  logic out_of_range, iova_wide, guest_fault;
  cause_e stop_cause;

  function automatic logic [13:0] ddt_offset(logic [2:0] at, logic [23:0] id);
    unique case (at)
      3'd0:    return Cfg.MsiFlat ? {2'b0, id[5:0], 6'b0} : {2'b0, id[6:0], 5'b0};
      3'd1:    return {2'b0, Cfg.MsiFlat ? id[14:6] : id[15:7], 3'b0};
      default: return {2'b0, Cfg.MsiFlat ? id[23:15] : 9'(id[23:16]), 3'b0};
    endcase
  endfunction

  function automatic logic [13:0] pdt_offset(logic [2:0] at, logic [19:0] id);
    unique case (at)
      3'd0:    return {2'b0, id[7:0], 4'b0};
      3'd1:    return {2'b0, id[16:8], 3'b0};
      default: return {8'b0, id[19:17], 3'b0};
    endcase
  endfunction

  always_comb begin
    unique case (final_op)
      OP_DDT: offset = ddt_offset(final_level, ask_i.identity.device_id);
      OP_DIRECTORY: offset = pdt_offset(final_level, ask_i.identity.process_id);
      OP_SECOND: offset = pte_offset(second, 1'b1, final_level, state_i.gpa[63:12]);
      OP_MSI: offset = {2'b0, judged_i.word[7:0], 4'b0};
      default:
      offset = second_phase && op == OP_STORE ?
          pte_offset(second, 1'b1, final_level, state_i.gpa[63:12]) :
          pte_offset(first.scheme, 1'b0, final_level, ask_i.iova[63:12]);
    endcase
    if (direct) offset = {2'b0, state_i.gpa[11:0]};
  end

  always_comb begin
    through = nested && !direct && final_op inside {OP_DIRECTORY, OP_FIRST};
    start_guest = through || final_op == OP_GUEST;
    guest_purpose = final_op == OP_GUEST ? purpose : final_op == OP_FIRST ? FOR_PTE : FOR_DIRECTORY;
    of_entry = start_guest && guest_purpose != FOR_ADDRESS;
    next_gpa = state_i.gpa;
    if (of_entry || op == OP_LOOK || (from_pte && !second_phase && judged_i.pte.leaf))
      next_gpa = {
        op == OP_LOOK ? ask_i.iova[63:56] : 8'b0,
        final_base,
        of_entry ? offset[11:0] : ask_i.iova[11:0]
      };
    out_of_range = start_guest &&
        (!gpa_in_range(second, next_gpa) || (dc_i.tc.sxl && !gpa_in_range(SCHEME_SV32, next_gpa)));
    iova_wide = final_op == OP_LOOK && !iova_in_range(first.scheme, ask_i.iova);
    stop = final_op == OP_STOP || out_of_range || iova_wide;
    guest_fault = out_of_range || (final_op == OP_STOP && guest);
    stop_cause = final_op == OP_STOP ? cause : page_fault(ask_i.access, out_of_range);
  end

  function automatic ttyp_e ttyp_of(request_type_e kind, access_e access);
    if (kind == TYPE_ATS) return TTYP_ATS_REQ;
    unique case (access)
      ACCESS_EXECUTE:
      return kind == TYPE_TRANSLATED ? TTYP_TRANSLATED_EXEC : TTYP_UNTRANSLATED_EXEC;
      ACCESS_WRITE:
      return kind == TYPE_TRANSLATED ? TTYP_TRANSLATED_WRITE : TTYP_UNTRANSLATED_WRITE;
      default: return kind == TYPE_TRANSLATED ? TTYP_TRANSLATED_READ : TTYP_UNTRANSLATED_READ;
    endcase
  endfunction

  // ATS requests: these are answered with success and no permission, and not reported.
  function automatic logic ats_success(cause_e what);
    return what inside {CAUSE_INSTR_PAGE_FAULT, CAUSE_READ_PAGE_FAULT, CAUSE_WRITE_PAGE_FAULT,
                        CAUSE_INSTR_GUEST_PAGE_FAULT, CAUSE_READ_GUEST_PAGE_FAULT,
                        CAUSE_WRITE_GUEST_PAGE_FAULT, CAUSE_PDT_NOT_VALID,
                        CAUSE_MSI_PTE_NOT_VALID};
  endfunction

  logic context_found, from_second, store_second, bare, beyond;
  purpose_e fault_purpose;

  // "IOMMU QoS ID": the register's for the DDT and in Bare mode, else the device context's.
  logic [11:0] rcid, mcid;

  assign bare = ddtp_i.iommu_mode == DDTP_MODE_BARE;
  assign rcid = bare || final_op == OP_DDT ? qosid_i.rcid : dc_i.ta.rcid;
  assign mcid = bare || final_op == OP_DDT ? qosid_i.mcid : dc_i.ta.mcid;

  logic   [5:0] size;  // of what an answer holds for
  perms_t       granted;  // by the leaf, of both stages
  pbmt_e        typed;
  // Behind a second stage both lines are used, where PTEs of the first stage map guest pages in a
  // row: that of the request has been judged, and the others differ from it in the page only.
  logic         in_row;

  always_comb begin
    context_found = !(state_i.phase inside {PHASE_START, PHASE_CONTEXT, PHASE_DDT, PHASE_DC}) ||
                    (state_i.phase == PHASE_CONTEXT && dc_known_i);
    from_second = from_pte && second_phase;
    store_second = second_phase && !direct;
    fault_purpose = out_of_range ? guest_purpose : state_i.phase == PHASE_FINAL ? FOR_ADDRESS
                                                                               : state_i.purpose;
    // An address that is not translated, and that no memory has.
    beyond = final_op == OP_SUCCEED && !from_pte && target == TARGET_MEMORY &&
             ask_i.kind != TYPE_MESSAGE && ask_i.iova[63:PhysicalBits] != '0 &&
             state_i.phase != PHASE_MSI &&
             (bare || (!nested && first.scheme == SCHEME_BARE) || state_i.phase != PHASE_FINAL);
    granted = judged_i.pte.perms;
    typed = judged_i.pte.pbmt;
    if (second_phase || (state_i.phase == PHASE_SPREAD && nested)) begin
      granted &= state_i.perms;
      if (state_i.pbmt != PBMT_PMA) typed = state_i.pbmt;
    end
    in_row = rest_i != '0 && state_i.phase == PHASE_SECOND && state_i.level2 == '0 &&
        state_i.log2 == 6'd12 && !dc_i.tc.sbe;
    size = !from_pte ? log2
           : from_second && state_i.log2 < judged_i.pte.log2 ? state_i.log2 : judged_i.pte.log2;
    if (nested && target == TARGET_MEMORY && size > 6'd12 && from_second && msi_overlaps(
            Cfg, dc_i, state_i.gpa[63:12], size
        ))
      size = 6'd12;

    step_o = '0;
    step_o.state = taken;
    step_o.state.gpa = next_gpa;
    step_o.space = space;
    step_o.fill = fill && !stop;
    step_o.entry = '{
        second: second_phase,
        space: space,
        narrow: (second_phase ? second : first.scheme) == SCHEME_SV32,
        leaf: judged_i.pte.leaf,
        is_global: judged_i.is_global,
        page: second_phase ? state_i.gpa[63:12] : ask_i.iova[63:12],
        level: judged_i.level,
        word: judged_i.word
    };
    step_o.second = start_guest;
    step_o.narrow = (start_guest ? second : first.scheme) == SCHEME_SV32;
    step_o.address = {final_base, 12'b0} | 56'({offset[13:3], 3'b0});
    step_o.big_endian = store_second ? fctl_i.be : dc_i.tc.sbe;
    step_o.upper = store_second ?
        second == SCHEME_SV32 && upper_half(state_i.level2, state_i.gpa[63:12]) != fctl_i.be :
        first.scheme == SCHEME_SV32 && upper_half(state_i.level, ask_i.iova[63:12]) != dc_i.tc.sbe;
    step_o.structure = STRUCT_FIRST_STAGE;
    step_o.ttyp = ttyp_of(ask_i.kind, ask_i.access);
    step_o.implicit = '0;
    // For every act, since only an answer is looked at.
    step_o.answer.target = target;
    step_o.answer.perms = from_pte || final_op == OP_SPREAD ? granted : perms;
    step_o.answer.pbmt = from_pte || final_op == OP_SPREAD ? typed : pbmt;
    step_o.answer.log2 = size;
    step_o.answer.is_global = taken.is_global;
    step_o.answer.rcid = rcid;
    step_o.answer.mcid = mcid;
    if (target == TARGET_MRIF)
      step_o.answer.mrif = '{
          address: found_mrif.mrif_address,
          nppn: found_mrif.nppn,
          nid: {found_mrif.nid_10, found_mrif.nid_9_0}
      };

    step_o.table_mask = dc_i.msi_addr_mask[51:0];
    step_o.rcid = rcid;
    step_o.mcid = mcid;
    step_o.state.brief = 1'b0;
    step_o.brief = state_i.brief && op != OP_CONTEXT;
    step_o.last_table  = final_op == OP_FIRST && final_level == '0 && (direct || !nested) &&
                         first.scheme != SCHEME_SV32 && ask_i.kind == TYPE_UNTRANSLATED &&
                         op == OP_TAKE;
    step_o.table_at = '{
        nested: nested,
        is_global: taken.is_global,
        space: space,
        base: final_base,
        rcid: rcid,
        mcid: mcid
    };

    unique case (final_op)
      OP_CONTEXT: begin
        step_o.act         = ACT_CONTEXT;
        step_o.state.phase = PHASE_CONTEXT;
      end
      OP_LOOK: begin
        step_o.act             = ACT_LOOK;
        step_o.state.phase     = PHASE_FIRST_HIT;
        step_o.state.is_global = 1'b0;
      end
      OP_DDT: begin
        step_o.act         = ACT_READ;
        step_o.structure   = STRUCT_DDT;
        step_o.state.phase = final_level == 3'd0 ? PHASE_DC : PHASE_DDT;
        if (final_level == 3'd0) step_o.beats = Cfg.MsiFlat ? 3'd7 : 3'd3;
      end
      OP_DIRECTORY: begin
        step_o.act         = ACT_READ;
        step_o.structure   = STRUCT_PDT;
        step_o.state.phase = final_level == 3'd0 ? PHASE_PC : PHASE_PDT;
        step_o.beats       = final_level == 3'd0 ? 3'd1 : 3'd0;
      end
      OP_FIRST: begin
        step_o.act = ACT_READ;
        step_o.state.phase = PHASE_FIRST;
        step_o.state.lined = ask_i.line && !state_i.single && final_level == '0 &&
                             first.scheme != SCHEME_SV32;
        if (step_o.state.lined) step_o.beats = 3'd7;
      end
      OP_SECOND: begin
        step_o.act         = ACT_READ;
        step_o.structure   = STRUCT_SECOND_STAGE;
        step_o.state.phase = PHASE_SECOND;
        if (taken.lined && final_level == '0) step_o.beats = 3'd7;
      end
      OP_STORE: begin
        step_o.act         = ACT_STORE;
        step_o.state.lined = 1'b0;
        step_o.structure   = store_second ? STRUCT_SECOND_STAGE : STRUCT_FIRST_STAGE;
        step_o.state.phase = store_second ? PHASE_SECOND_AD : PHASE_FIRST_AD;
      end
      OP_MSI: begin
        step_o.act         = ACT_READ;
        step_o.structure   = STRUCT_MSI_PT;
        step_o.state.phase = PHASE_MSI;
        step_o.beats       = 3'd1;
      end
      OP_EXTRACT: begin
        step_o.act         = ACT_EXTRACT;
        step_o.state.phase = PHASE_MSI_INDEX;
      end
      OP_REVISIT: step_o.act = ACT_AGAIN;
      OP_SUCCEED: begin
        step_o.act = ACT_ANSWER;
        step_o.answer.fault = beyond;
        step_o.leaf      = first.scheme == SCHEME_BARE ? LEAF_4K
                           : taken.log2 == 6'd12 ? LEAF_4K
                           : taken.log2 == 6'd16 ? LEAF_64K : LEAF_LARGE;
        step_o.cacheable = target != TARGET_MRIF && !bare && !beyond && size < 6'd21 &&
                           (ask_i.kind == TYPE_UNTRANSLATED || ask_i.kind == TYPE_TRANSLATED);
        step_o.superpage = from_pte && target == TARGET_MEMORY && size >= 6'd21 &&
                       ask_i.kind == TYPE_UNTRANSLATED;
        step_o.on = state_i.lined && from_pte && (!nested || in_row);
        step_o.state.phase = PHASE_SPREAD;
        step_o.state.spread = 3'd1;
        step_o.state.gpa[14:12] = state_i.gpa[14:12] + 3'd1;
        step_o.state.is_global = state_i.is_global;  // what is above the line
        if (ats && dc_i.tc.t2gpa && target != TARGET_MRIF) begin
          step_o.address[55:12]  = state_i.gpa[55:12];
          step_o.answer.gpa_high = state_i.gpa[58:56];
        end
      end
      OP_SPREAD: begin
        step_o.act = ACT_SPREAD;
        step_o.answer.log2 = 6'd12;
        step_o.answer.is_global = nested ? state_i.is_global : judged_i.is_global;
        step_o.leaf = LEAF_4K;
        step_o.cacheable    = judged_i.pte.leaf && !judged_i.pte.fault && status_i == MEM_OK &&
                              (nested ? !msi_matches(Cfg, dc_i, state_i.gpa[63:12]) :
            judged_i.pte.log2 == 6'd12);
        step_o.on = state_i.spread != 3'd7 && status_i == MEM_OK && (!nested || rest_i != '0);
        step_o.state.spread = state_i.spread + 3'd1;
        step_o.state.gpa[14:12] = state_i.gpa[14:12] + 3'd1;
      end
      default:    step_o.act = ACT_ANSWER;  // OP_STOP; OP_GUEST and OP_TAKE never come here
    endcase

    if (start_guest) begin
      step_o.act           = ACT_LOOK;
      step_o.state.phase   = PHASE_SECOND_HIT;
      step_o.state.purpose = guest_purpose;
      step_o.state.bypass  = 1'b0;
    end
    if (final_op inside {OP_FIRST, OP_DIRECTORY, OP_DDT}) step_o.state.level = final_level;
    if (final_op == OP_SECOND) step_o.state.level2 = final_level;
    step_o.first_table  = final_op == OP_FIRST && !direct;
    step_o.second_table = final_op == OP_SECOND;
    if (stop) begin
      step_o.act = ACT_ANSWER;
      step_o.answer = '0;
      step_o.answer.log2 = 6'd12;
      step_o.answer.cause = stop_cause;
      step_o.answer.fault = !(ats && ats_success(stop_cause));
      step_o.report       = step_o.answer.fault && !ask_i.quiet && ask_i.kind != TYPE_MESSAGE &&
                            (!(context_found && dc_i.tc.dtf) || reported_despite_dtf(stop_cause));
      step_o.on = 1'b0;
      step_o.cacheable = 1'b0;
      // The state is not needed any more, but for what becomes iotval2.
      step_o.address = '0;
      if (guest_fault)
        step_o.implicit = {fault_purpose == FOR_PTE_STORE, fault_purpose != FOR_ADDRESS};
      else step_o.state.gpa = '0;
    end
    if (context_found)
      step_o.answer.flags = '{
          en_ats: dc_i.tc.en_ats,
          en_pri: dc_i.tc.en_pri,
          prpr: dc_i.tc.prpr,
          dtf: dc_i.tc.dtf,
          t2gpa: dc_i.tc.t2gpa
      };
  end

`ifndef SYNTHESIS
  // What a visit asks of memory must fit its answer.
  always_comb begin
    if (step_o.act == ACT_READ && step_o.structure == STRUCT_DDT)
      assert (step_o.state.phase inside {PHASE_DDT, PHASE_DC});
    assert (!(final_op inside {OP_TAKE}));
  end
`endif

endmodule
