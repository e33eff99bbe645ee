// SPDX-License-Identifier: Apache-2.0
//
// Where the last table of a walk lies, known by what a request is rather than by what its
// contexts say: device, process, and the 2 MiB around its address. Asked beside the IOTLB, so
// that after a miss the PTE is read at once, while the contexts are still looked up. Any
// doubt about what is read (a fault, A or D to be set, contexts that are not cached, or that
// name another address space) starts the whole walk, so that an entry here needs to be right
// for plain successes only.
//
// Where a leaf maps all of the 2 MiB there is no such table: the entry has what it grants, and
// what it grants is answered at once, as by the IOTLB, which has entries of 4 KiB only.
//
// A table's entry stands for pointers in page and process tables. So IOTINVAL.VMA for the leaves
// of an address leaves it alone, and every other invalidation empties the table. A leaf's goes
// with any IOTINVAL.VMA: leaves are of a generation, which that ends.

module iommu_shortcut
  import iommu_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  logic           clk_i,
  input  logic           rst_ni,
  // asked in one cycle, answered in the next, for the request that was asked
  input  xlate_req_t     look_i,
  input  xlate_req_t     asked_i,        // look_i of the cycle before
  output logic           hit_o,
  output shortcut_t      found_o,
  output superpage_t     superpage_o,    // it is a leaf, and found_o.base a page of it
  // what a walk has found; taken unless the table is being emptied
  input  logic           fill_valid_i,
  input  shortcut_fill_t fill_i,
  // invalidation
  input  logic           inval_valid_i,
  input  inval_t         inval_i,
  output logic           inval_done_o,
  output logic           parity_error_o  // of what was asked for
);

  localparam int unsigned Entries = Cfg.WalkCacheEntries;
  localparam int unsigned IndexBits = $clog2(Entries);

  typedef logic [IndexBits-1:0] index_t;
  typedef logic [7:0] generation_t;

  typedef struct packed {
    logic               valid;
    superpage_t         superpage;
    generation_t        generation;  // of a leaf
    identity_t          identity;
    logic [51:9]        region;
    logic               nested;
    logic               is_global;
    space_t             space;
    logic [PpnBits-1:0] base;
  } entry_t;

  typedef struct packed {
    logic [11:0] rcid;
    logic [11:0] mcid;
  } qos_t;

  function automatic index_t index_of(identity_t identity, logic [51:9] region);
    return index_t'(region) ^ index_t'(region >> IndexBits) ^
           (index_t'(identity.device_id ^ 24'(identity.process_id)) << (IndexBits / 3));
  endfunction

  function automatic logic [51:9] region_of(logic [51:0] page);
    logic [51:0] held;
    held = held_page(Cfg, page);
    return held[51:9];
  endfunction

  // --- emptying -----------------------------------------------------------------------------

  // After the last generation the table is emptied, so that none comes back.
  logic clearing_d, clearing_q, concerned, pointers_stay;
  logic has_leaves_d, has_leaves_q;  // of this generation
  generation_t generation_d, generation_q;
  index_t sweep_d, sweep_q;

  always_comb begin
    pointers_stay = inval_i.kind == INVAL_VMA && inval_i.av && !inval_i.nl;
    concerned     = !pointers_stay || (has_leaves_q && generation_q == '1);
    has_leaves_d  = has_leaves_q || (fill_valid_i && fill_i.superpage.valid);
    generation_d  = generation_q;
    if (inval_done_o) begin
      has_leaves_d = 1'b0;
      if (has_leaves_q) generation_d = generation_q + 1'b1;
    end
    clearing_d = clearing_q;
    sweep_d    = '0;
    if (clearing_q) begin
      sweep_d = sweep_q + 1'b1;
      if (sweep_q == '1) clearing_d = 1'b0;
    end else if (inval_valid_i && concerned) begin
      clearing_d = 1'b1;
    end
  end

  // After reset the table is emptied, too; an invalidation that comes meanwhile has it emptied
  // once more.
  logic begun_q;
  assign inval_done_o = inval_valid_i && (!concerned || (begun_q && clearing_q && !clearing_d));

  // --- the table ----------------------------------------------------------------------------

  entry_t read, written;
  qos_t qos;
  logic we, collided_q;  // what was read was being written
  index_t waddr, raddr;
  logic bad_entry, bad_qos;  // errors of parity

  always_comb begin
    we = clearing_q || fill_valid_i;
    waddr = clearing_q ? sweep_q : index_of(fill_i.identity, fill_i.page[51:9]);
    // Tags have what iommu_pkg's held_... functions leave. Of an entry that is not valid nobody
    // looks at the rest.
    written = '{
        valid: !clearing_q && is_held(Cfg, fill_i.identity, 1'b0, fill_i.page),
        superpage: fill_i.superpage,
        generation: generation_q,
        identity: held_identity(Cfg, fill_i.identity),
        region: region_of(fill_i.page),
        nested: fill_i.found.nested,
        is_global: fill_i.found.is_global,
        space: fill_i.found.space,
        base: fill_i.found.base
    };
    raddr = index_of(look_i.identity, look_i.iova[63:21]);
  end

  iommu_cache_ram #(
    .Depth (Entries),
    .Width ($bits(entry_t)),
    .Parity(Cfg.Parity)
  ) u_ram (
    .clk_i,
    .we_i   (we),
    .waddr_i(waddr),
    .wdata_i(written),
    .re_i   (1'b1),
    .raddr_i(raddr),
    .rdata_o(read),
    .error_o(bad_entry)
  );

  if (Cfg.Qos) begin : g_qos
    iommu_cache_ram #(
      .Depth (Entries),
      .Width ($bits(qos_t)),
      .Parity(Cfg.Parity)
    ) u_qos (
      .clk_i,
      .we_i   (we),
      .waddr_i(waddr),
      .wdata_i({fill_i.found.rcid, fill_i.found.mcid}),
      .re_i   (1'b1),
      .raddr_i(raddr),
      .rdata_o(qos),
      .error_o(bad_qos)
    );
  end else begin : g_no_qos
    assign qos     = '0;
    assign bad_qos = 1'b0;
  end

  assign hit_o = read.valid && read.identity == held_identity(
      Cfg, asked_i.identity
  ) && read.region == region_of(
      asked_i.iova[63:12]
  ) && is_held(
      Cfg, asked_i.identity, 1'b0, asked_i.iova[63:12]
  ) && asked_i.kind == TYPE_UNTRANSLATED && !clearing_q && !collided_q && !bad_entry && !bad_qos &&
      !(read.superpage.valid && read.generation != generation_q);
  assign parity_error_o = !clearing_q && !collided_q && (bad_entry || bad_qos);
  assign found_o = '{
          nested: read.nested,
          is_global: read.is_global,
          space: read.space,
          base: read.base,
          rcid: qos.rcid,
          mcid: qos.mcid
      };
  assign superpage_o = read.superpage;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clearing_q   <= 1'b1;
      has_leaves_q <= 1'b0;
      generation_q <= '0;
      collided_q   <= 1'b0;
      begun_q      <= 1'b0;
      sweep_q      <= '0;
    end else begin
      clearing_q   <= clearing_d;
      has_leaves_q <= has_leaves_d;
      generation_q <= generation_d;
      collided_q   <= we && waddr == raddr;
      begun_q      <= inval_valid_i && !inval_done_o && (begun_q || (!clearing_q && concerned));
      sweep_q      <= sweep_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    inval_valid_i && !inval_done_o |=> inval_valid_i && $stable(
      inval_i.kind
  ) && (inval_i.kind == INVAL_ALL || $stable(
      inval_i
  )));
  // A leaf that was read before an invalidation does not come as one of after it.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    inval_done_o && !concerned |-> !(fill_valid_i && fill_i.superpage.valid));
`endif

endmodule
