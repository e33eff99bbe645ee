// SPDX-License-Identifier: Apache-2.0
//
// PTEs of both stages, so that a walk starts low in the tree: leaves of the second stage
// (level 0), level 1, and level 2, each in a direct-mapped table of its own. Both stages
// share the tables; the first stage's level 0 is the IOTLB's matter. What is kept is the PTE
// as memory holds it, so that judging it needs no second way.
//
// A lookup is answered two cycles later; one a cycle. An invalidation by address takes four
// cycles, one by IDs, or of a range, sweeps all sets; lookups then wait.

module iommu_walk_cache
  import iommu_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter int unsigned Entries = 512, // of levels 0 and 1, power of two; level 2: 1/8
  parameter bit          Sv32 = 1'b0,   // built with Sv32, whose regions differ in size
  parameter int unsigned TagWidth = 5
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  // lookup
  input  logic                look_valid_i,
  output logic                look_ready_o,
  input  look_req_t           look_i,
  input  logic [TagWidth-1:0] look_tag_i,
  output logic                found_valid_o,
  output look_rsp_t           found_o,
  output logic [TagWidth-1:0] found_tag_o,
  // fill
  input  logic                fill_valid_i,
  output logic                fill_ready_o,
  input  look_fill_t          fill_i,
  // invalidation
  input  logic                inval_valid_i,
  input  inval_t              inval_i,
  output logic                inval_done_o
);

  localparam int unsigned Levels = 3;
  localparam int unsigned IndexWidth = $clog2(Entries);

  typedef logic [IndexWidth-1:0] index_t;

  typedef struct packed {
    logic        valid;
    logic        second;
    logic        narrow;
    space_t      space;
    logic        is_global;
    logic [51:0] page;   // without the bits below the level
    logic [63:0] word;
  } entry_t;

  // The page number above what a PTE of this level maps.
  function automatic logic [51:0] region(logic [51:0] page, logic narrow, int unsigned level);
    return page >> (narrow ? 10 * level : 9 * level);
  endfunction

  // Second-stage entries start elsewhere, so that an identity map does not fight with itself.
  function automatic index_t index_of(logic [51:0] above, logic second, int unsigned level);
    index_t index = above[IndexWidth-1:0] ^ {second, {(IndexWidth-1){1'b0}}};
    return level == 2 ? index & index_t'(Entries / 8 - 1) : index;
  endfunction

  function automatic logic same_space(entry_t entry, logic second, space_t space);
    if (entry.second != second || entry.space.gv != space.gv) return 1'b0;
    if (space.gv && entry.space.gscid != space.gscid) return 1'b0;
    return second || entry.space.pscid == space.pscid;
  endfunction

  // --- who has the tables ---------------------------------------------------------------------

  typedef enum logic [2:0] {
    CLEAR,  // after reset: all entries become invalid
    SERVE,
    READ,   // invalidation: read the set
    JUDGE,
    WRITE
  } mode_e;

  mode_e  mode_d, mode_q;
  index_t sweep_d, sweep_q;
  logic   by_address;

  always_comb begin
    // With Sv32 an address has two places to look at: that is left to the sweep.
    by_address = inval_i.av && inval_i.log2 == '0 && !Sv32;
    mode_d  = mode_q;
    sweep_d = sweep_q;
    inval_done_o = 1'b0;
    unique case (mode_q)
      CLEAR: begin
        sweep_d = sweep_q + 1'b1;
        if (sweep_q == index_t'(Entries - 1)) begin
          mode_d = SERVE;
          inval_done_o = inval_valid_i;
        end
      end
      SERVE: if (inval_valid_i) begin
        sweep_d = '0;
        mode_d  = READ;
        if (inval_i.kind == INVAL_ALL) mode_d = CLEAR;
        if (inval_i.kind == INVAL_DDT || inval_i.kind == INVAL_PDT) begin
          mode_d = SERVE; // has no effect on page-table caches
          inval_done_o = 1'b1;
        end
      end
      READ:  mode_d = JUDGE;
      JUDGE: mode_d = WRITE;
      default: begin
        sweep_d = sweep_q + 1'b1;
        mode_d  = READ;
        if (by_address || sweep_q == index_t'(Entries - 1)) begin
          mode_d = SERVE;
          inval_done_o = 1'b1;
        end
      end
    endcase
  end

  assign look_ready_o = mode_q == SERVE && !inval_valid_i;
  assign fill_ready_o = mode_q == SERVE && !inval_valid_i;

  // --- the tables -----------------------------------------------------------------------------

  entry_t [Levels-1:0] read;
  logic   [Levels-1:0] kill_d, kill_q;
  logic                first_inval;

  assign first_inval = inval_i.kind == INVAL_VMA;

  for (genvar level = 0; level < Levels; level++) begin : g_level
    localparam int unsigned Depth = level == 2 ? Entries / 8 : Entries;
    localparam int unsigned Bits = $clog2(Depth);

    logic            we;
    index_t          waddr, raddr;
    entry_t          wdata;

    always_comb begin
      we    = 1'b0;
      waddr = sweep_q;
      wdata = '0;
      raddr = index_of(region(look_i.page, look_i.narrow, level), look_i.second, level);
      unique case (mode_q)
        CLEAR: we = 1'b1;
        SERVE: begin
          we    = fill_valid_i && fill_ready_o && fill_i.level == 3'(level);
          waddr = index_of(region(fill_i.page, fill_i.narrow, level), fill_i.second, level);
          wdata = '{valid: 1'b1, second: fill_i.second, narrow: fill_i.narrow,
                    space: fill_i.space, is_global: fill_i.is_global,
                    page: region(fill_i.page, fill_i.narrow, level), word: fill_i.word};
        end
        default: begin
          if (by_address)
            waddr = index_of(region(inval_i.page, 1'b0, level), !first_inval, level);
          raddr = waddr;
          we    = mode_q == WRITE && kill_q[level];
        end
      endcase
    end

    iommu_ram #(.Depth(Depth), .Width($bits(entry_t))) u_ram (
      .clk_i, .we_i(we), .waddr_i(waddr[Bits-1:0]), .wdata_i(wdata),
      .re_i(1'b1), .raddr_i(raddr[Bits-1:0]), .rdata_o(read[level]));

    // Does the invalidation cover what was read? Non-leaf entries go with NL or without an
    // address only, but may always go.
    always_comb begin
      logic in_space, in_range;
      in_space = read[level].second == !first_inval &&
                 (inval_i.kind == INVAL_GVMA && !inval_i.gv ? 1'b1
                  : read[level].space.gv == inval_i.gv &&
                    (!inval_i.gv || read[level].space.gscid == inval_i.gscid));
      if (first_inval && inval_i.pscv)
        in_space &= read[level].space.pscid == inval_i.pscid && !read[level].is_global;
      // Compared above the larger of the range and the region.
      in_range = !inval_i.av ||
                 ((read[level].page ^ region(inval_i.page, read[level].narrow, level)) &
                  ~region((52'd1 << inval_i.log2) - 52'd1, read[level].narrow, level)) == '0;
      kill_d[level] = read[level].valid && in_space && in_range;
    end
  end

  // --- lookups --------------------------------------------------------------------------------

  logic                pending_d, pending_q;
  look_req_t           asked_q;
  logic [TagWidth-1:0] asked_tag_q;
  look_rsp_t           found_d;

  always_comb begin
    pending_d = look_valid_i && look_ready_o;
    found_d   = '0;
    for (int level = Levels - 1; level >= 0; level--) begin
      if (read[level].valid && read[level].narrow == asked_q.narrow &&
          read[level].page == region(asked_q.page, asked_q.narrow, level) &&
          same_space(read[level], asked_q.second, asked_q.space))
        found_d = '{hit: 1'b1, is_global: read[level].is_global, level: 3'(level),
                    word: read[level].word};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mode_q        <= CLEAR;
      sweep_q       <= '0;
      kill_q        <= '0;
      pending_q     <= 1'b0;
      asked_q       <= '0;
      asked_tag_q   <= '0;
      found_valid_o <= 1'b0;
      found_o       <= '0;
      found_tag_o   <= '0;
    end else begin
      mode_q        <= mode_d;
      sweep_q       <= sweep_d;
      kill_q        <= kill_d;
      pending_q     <= pending_d;
      asked_q       <= look_i;
      asked_tag_q   <= look_tag_i;
      found_valid_o <= pending_q;
      found_o       <= found_d;
      found_tag_o   <= asked_tag_q;
    end
  end

endmodule
