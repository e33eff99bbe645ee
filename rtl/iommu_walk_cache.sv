// SPDX-License-Identifier: Apache-2.0
//
// PTEs of both stages, so that a walk starts low in the tree: leaves of the second stage
// (level 0), level 1, and level 2, each in a direct-mapped table of its own. Both stages
// share the tables; the first stage's level 0 is the IOTLB's matter. What is kept is the PTE
// as memory holds it, so that judging it needs no second way.
//
// A lookup is answered two cycles later; one a cycle. The index is mixed with the address
// space, so that spaces with the same addresses do not fight. An invalidation by address in a
// space that is known takes two cycles, others sweep all sets, one a cycle; lookups wait.

module iommu_walk_cache
  import iommu_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter int unsigned Entries  = 512,   // of levels 0 and 1, power of two; level 2: 1/8
  parameter bit          Sv32     = 1'b0,  // built with Sv32, whose regions differ in size
  parameter int unsigned PageBits = 52,    // of page numbers; those above are like the uppermost
  parameter bit          Parity   = 1'b0,
  parameter int unsigned TagWidth = 5
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  // lookup
  input  logic                      look_valid_i,
  output logic                      look_ready_o,
  input  look_req_t                 look_i,
  input  logic       [TagWidth-1:0] look_tag_i,
  output logic                      found_valid_o,
  output look_rsp_t                 found_o,
  output logic       [TagWidth-1:0] found_tag_o,
  // fill
  input  logic                      fill_valid_i,
  output logic                      fill_ready_o,
  input  look_fill_t                fill_i,
  // invalidation
  input  logic                      inval_valid_i,
  input  inval_t                    inval_i,
  output logic                      inval_done_o,
  output logic                      parity_error_o  // what was looked up had an error
);

  localparam int unsigned Levels = 3;
  localparam int unsigned IndexWidth = $clog2(Entries);

  typedef logic [IndexWidth-1:0] index_t;

  typedef struct packed {
    logic        valid;
    logic        second;
    logic        narrow;
    logic        leaf;
    space_t      space;
    logic        is_global;
    logic [51:0] page;       // without the bits below the level
    logic [63:0] word;
  } entry_t;

  // The page number above what a PTE of this level maps.
  function automatic logic [51:0] region(logic [51:0] page, logic narrow, int unsigned level);
    return (page & ((52'd1 << PageBits) - 52'd1)) >> (narrow ? 10 * level : 9 * level);
  endfunction

  // Second-stage entries start elsewhere, so that an identity map does not fight with itself.
  function automatic index_t index_of(logic [51:0] above, logic second, space_t space,
                                      int unsigned level);
    index_t owner;  // a second-stage entry is its guest's, whichever process it was found for
    owner = second ? index_t'(space.gscid) : index_t'(space.pscid) ^ index_t'(space.gscid);
    if (level == 2) return index_t'(above) ^ owner;
    return index_t'(above) ^ {second, {(IndexWidth-1){1'b0}}} ^
           (owner << (second ? IndexWidth / 2 : IndexWidth / 3));
  endfunction

  // --- who has the tables ---------------------------------------------------------------------

  typedef enum logic [1:0] {
    CLEAR,  // all entries become invalid
    SERVE,
    VISIT   // an invalidation goes through several sets
  } mode_e;

  mode_e mode_d, mode_q;
  index_t sweep_d, sweep_q, last_set;
  logic by_address, first_inval, visit, last_visit, narrow_visit;
  logic judge_q, judge_last_q, kill_q, clearing_q;
  logic   has_effect;
  space_t inval_space;

  assign first_inval = inval_i.kind == INVAL_VMA;
  // GSCID is ignored without GV.
  assign inval_space = '{
          gv: inval_i.gv,
          gscid: inval_i.gv ? inval_i.gscid : '0,
          pscv: inval_i.pscv,
          pscid: inval_i.pscid
      };

  always_comb begin
    by_address = inval_i.av && !inval_i.span[0] && (first_inval ? inval_i.pscv : inval_i.gv);
    // With Sv32 there are two sizes of regions to look for.
    last_set   = by_address ? index_t'(Sv32) : '1;
    has_effect = first_inval || inval_i.kind == INVAL_GVMA;
    mode_d     = mode_q;
    sweep_d    = '0;
    visit      = 1'b0;
    last_visit = 1'b0;
    unique case (mode_q)
      CLEAR: begin
        sweep_d = sweep_q + 1'b1;
        if (sweep_q == '1) mode_d = SERVE;
      end
      SERVE:
      if (inval_valid_i && !judge_q) begin
        if (inval_i.kind == INVAL_ALL) mode_d = CLEAR;
        else if (has_effect) begin
          visit      = 1'b1;
          last_visit = last_set == '0;
          if (!last_visit) begin
            mode_d  = VISIT;
            sweep_d = index_t'(1);
          end
        end
      end
      default: begin
        visit      = 1'b1;
        sweep_d    = sweep_q + 1'b1;
        last_visit = sweep_q == last_set;
        if (last_visit) mode_d = SERVE;
      end
    endcase
    narrow_visit = sweep_q[0];
    inval_done_o = (judge_q && judge_last_q) ||
                   (mode_q == CLEAR && mode_d == SERVE && clearing_q) ||
                   (mode_q == SERVE && inval_valid_i && !has_effect && inval_i.kind != INVAL_ALL);
  end

  assign look_ready_o = mode_q == SERVE && !inval_valid_i && !judge_q && !kill_q;
  assign fill_ready_o = look_ready_o;

  // --- the tables -----------------------------------------------------------------------------

  entry_t [Levels-1:0] read;
  logic pending_d, pending_q;  // a lookup
  // What was read, compared with what a lookup or an invalidation asks for, if one does.
  look_req_t asked_q;
  logic [Levels-1:0] same_stage, same_guest, same_process;
  logic [Levels-1:0] kill_d, wrong, bad;  // of no use; of these: with an error of parity

  for (genvar level = 0; level < Levels; level++) begin : g_level
    localparam int unsigned Depth = level == 2 ? Entries / 8 : Entries;
    localparam int unsigned Bits = $clog2(Depth);

    logic we, kill_level_q, error;
    logic collided_q;  // what was read was being written
    index_t waddr, raddr, judge_set_q, kill_set_q;
    entry_t wdata;

    always_comb begin
      raddr =
          index_of(region(look_i.page, look_i.narrow, level), look_i.second, look_i.space, level);
      if (visit)
        raddr = !by_address ? (mode_q == SERVE ? '0 : sweep_q) : index_of(
          region(inval_i.page, narrow_visit, level), !first_inval, inval_space, level
        );
      we = 1'b0;
      waddr = kill_set_q;
      // Of an entry that is not valid nobody looks at the rest.
      wdata = '{
          valid: mode_q != CLEAR && !kill_q,
          second: fill_i.second,
          narrow: fill_i.narrow,
          leaf: fill_i.leaf,
          space: fill_i.space,
          is_global: fill_i.is_global,
          page: region(fill_i.page, fill_i.narrow, level),
          word: fill_i.word
      };
      if (mode_q == CLEAR) begin
        we    = 1'b1;
        waddr = sweep_q;
      end else if (kill_q) begin
        we = kill_level_q;
      end else if (fill_valid_i && fill_ready_o) begin
        we = fill_i.level == 3'(level);
        waddr =
            index_of(region(fill_i.page, fill_i.narrow, level), fill_i.second, fill_i.space, level);
      end
    end

    iommu_cache_ram #(
      .Depth (Depth),
      .Width ($bits(entry_t)),
      .Parity(Parity)
    ) u_ram (
      .clk_i,
      .we_i   (we),
      .waddr_i(waddr[Bits-1:0]),
      .wdata_i(wdata),
      .re_i   (1'b1),
      .raddr_i(raddr[Bits-1:0]),
      .rdata_o(read[level]),
      .error_o(error)
    );

    always_comb begin
      same_stage[level]   = read[level].second == asked_q.second;
      same_guest[level]   = 1'b0;
      same_process[level] = 1'b0;
      if (pending_q || judge_q) begin
        same_guest[level]   = read[level].space.gv == asked_q.space.gv &&
            (!asked_q.space.gv || read[level].space.gscid == asked_q.space.gscid);
        same_process[level] = read[level].space.pscid == asked_q.space.pscid;
      end
    end

    // Does the invalidation cover what was read? Pointers go with NL or without an address.
    always_comb begin
      logic in_space, in_range;
      in_space = same_stage[level] &&
          ((inval_i.kind == INVAL_GVMA && !inval_i.gv) || same_guest[level]);
      if (first_inval && inval_i.pscv) in_space &= same_process[level] && !read[level].is_global;
      // Compared above the larger of the range and the region.
      in_range = !inval_i.av || ((inval_i.nl || read[level].leaf) &&
                                 ((read[level].page ^ region(inval_i.page, read[level].narrow, level
                                   )) & ~region(inval_i.span, read[level].narrow, level)) == '0);
      kill_d[level] = judge_q && (wrong[level] || (read[level].valid && in_space && in_range));
    end

    assign bad[level]   = error && !collided_q;
    assign wrong[level] = error || collided_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        collided_q   <= 1'b0;
        judge_set_q  <= '0;
        kill_set_q   <= '0;
        kill_level_q <= 1'b0;
      end else begin
        collided_q   <= we && waddr[Bits-1:0] == raddr[Bits-1:0];
        judge_set_q  <= raddr;
        kill_set_q   <= judge_set_q;
        kill_level_q <= kill_d[level];
      end
    end
  end

  // --- lookups --------------------------------------------------------------------------------

  look_req_t                asked_d;
  logic      [TagWidth-1:0] asked_tag_q;
  look_rsp_t                found_d;

  always_comb begin
    pending_d = look_valid_i && look_ready_o;
    asked_d   = look_i;
    if (visit) begin
      asked_d.second = !first_inval;
      asked_d.space  = inval_space;
    end
    parity_error_o = (pending_q || judge_q) && bad != '0;
    found_d        = '0;
    if (pending_q)
      for (int level = Levels - 1; level >= 0; level--) begin
        if (!wrong[level] && read[level].valid && read[level].narrow == asked_q.narrow &&
          read[level].page == region(
                asked_q.page, asked_q.narrow, level
            ) && same_stage[level] && same_guest[level] && (asked_q.second || same_process[level]))
          found_d = '{
              hit: 1'b1,
              is_global: read[level].is_global,
              level: 3'(level),
              word: read[level].word
          };
      end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mode_q        <= CLEAR;
      sweep_q       <= '0;
      clearing_q    <= 1'b0;
      judge_q       <= 1'b0;
      judge_last_q  <= 1'b0;
      kill_q        <= 1'b0;
      pending_q     <= 1'b0;
      asked_q       <= '0;
      asked_tag_q   <= '0;
      found_valid_o <= 1'b0;
      found_o       <= '0;
      found_tag_o   <= '0;
    end else begin
      mode_q        <= mode_d;
      sweep_q       <= sweep_d;
      clearing_q    <= mode_d == CLEAR && (clearing_q || mode_q == SERVE);
      judge_q       <= visit;
      judge_last_q  <= last_visit;
      kill_q        <= kill_d != '0;
      pending_q     <= pending_d;
      asked_q       <= asked_d;
      asked_tag_q   <= look_tag_i;
      found_valid_o <= pending_q;
      found_o       <= found_d;
      found_tag_o   <= asked_tag_q;
    end
  end

endmodule
