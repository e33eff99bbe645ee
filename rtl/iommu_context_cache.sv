// SPDX-License-Identifier: Apache-2.0
//
// Device contexts and process contexts, as memory held them when they passed their checks:
// two direct-mapped tables that are asked at once. A lookup is answered two cycles later; one
// a cycle. An invalidation of one context takes three cycles, others sweep.

module iommu_context_cache
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
#(
  parameter config_t     Cfg      = ConfigBase,
  parameter int unsigned TagWidth = 5
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  // lookup
  input  logic                     look_valid_i,
  output logic                     look_ready_o,
  input  identity_t                look_i,
  input  logic      [TagWidth-1:0] look_tag_i,
  output logic                     found_valid_o,
  output logic      [TagWidth-1:0] found_tag_o,
  output logic                     dc_hit_o,
  output dc_ext_t                  dc_o,
  output logic                     pc_hit_o,
  output pc_t                      pc_o,
  // fill; dropped while the caches do not serve
  input  logic                     fill_dc_i,
  input  logic                     fill_pc_i,
  input  identity_t                fill_identity_i,
  input  dc_ext_t                  dc_i,
  input  pc_t                      pc_i,
  // invalidation
  input  logic                     inval_valid_i,
  input  inval_t                   inval_i,
  output logic                     inval_done_o,
  output logic                     parity_error_o    // what was looked up had an error
);

  localparam int unsigned Entries = Cfg.ContextEntries;
  localparam int unsigned Bits = $clog2(Entries);

  typedef logic [Bits-1:0] index_t;

  typedef struct packed {
    logic        valid;
    logic [23:0] device_id;
    dc_ext_t     dc;
  } dc_entry_t;

  typedef struct packed {
    logic        valid;
    logic [23:0] device_id;
    logic [19:0] process_id;
    pc_t         pc;
  } pc_entry_t;

  function automatic index_t dc_index(logic [23:0] device_id);
    return index_t'(device_id) ^ index_t'(device_id >> Bits);
  endfunction

  function automatic index_t pc_index(logic [23:0] device_id, logic [19:0] process_id);
    return index_t'(device_id) ^ index_t'(process_id) ^ index_t'(process_id >> Bits);
  endfunction

  // --- who has the tables ---------------------------------------------------------------------

  typedef enum logic [1:0] {
    CLEAR,
    SERVE,
    READ,
    WRITE
  } mode_e;

  mode_e mode_d, mode_q;
  index_t sweep_d, sweep_q;
  logic of_directory, single;

  assign of_directory = inval_i.kind == INVAL_DDT || inval_i.kind == INVAL_PDT;
  // One process context has one place; a device's may be anywhere.
  assign single       = inval_i.kind == INVAL_PDT || !Cfg.ProcessContexts;

  always_comb begin
    mode_d       = mode_q;
    sweep_d      = sweep_q;
    inval_done_o = 1'b0;
    unique case (mode_q)
      CLEAR: begin
        sweep_d = sweep_q + 1'b1;
        if (sweep_q == index_t'(Entries - 1)) begin
          mode_d       = SERVE;
          inval_done_o = inval_valid_i;
        end
      end
      SERVE:
      if (inval_valid_i) begin
        sweep_d = '0;
        mode_d  = inval_i.kind == INVAL_ALL || (of_directory && !inval_i.dv) ? CLEAR : READ;
        if (!of_directory && inval_i.kind != INVAL_ALL) begin
          mode_d       = SERVE;  // has no effect on directory caches
          inval_done_o = 1'b1;
        end
      end
      READ: mode_d = WRITE;
      default: begin
        sweep_d = sweep_q + 1'b1;
        mode_d  = READ;
        if (single || sweep_q == index_t'(Entries - 1)) begin
          mode_d       = SERVE;
          inval_done_o = 1'b1;
        end
      end
    endcase
  end

  assign look_ready_o = mode_q == SERVE && !inval_valid_i;

  // --- the tables -----------------------------------------------------------------------------

  dc_entry_t dc_read, dc_write;
  pc_entry_t pc_read, pc_write;
  logic dc_we, pc_we;
  logic dc_bad, pc_bad;  // errors of parity
  index_t dc_waddr, pc_waddr, dc_raddr, pc_raddr;

  always_comb begin
    dc_we = fill_dc_i && look_ready_o;
    pc_we = fill_pc_i && look_ready_o;
    // Of an entry that is not valid nobody looks at the rest.
    dc_write = '{valid: mode_q == SERVE, device_id: fill_identity_i.device_id, dc: dc_i};
    pc_write = '{
        valid: mode_q == SERVE,
        device_id: fill_identity_i.device_id,
        process_id: fill_identity_i.process_id,
        pc: pc_i
    };
    dc_waddr = dc_index(fill_identity_i.device_id);
    pc_waddr = pc_index(fill_identity_i.device_id, fill_identity_i.process_id);
    dc_raddr = dc_index(look_i.device_id);
    pc_raddr = pc_index(look_i.device_id, look_i.process_id);
    if (mode_q != SERVE) begin
      dc_waddr = sweep_q;
      pc_waddr = sweep_q;
      dc_we    = mode_q == CLEAR;
      pc_we    = mode_q == CLEAR;
      if (mode_q != CLEAR) begin
        dc_waddr = dc_index(inval_i.device_id);
        if (single) pc_waddr = pc_index(inval_i.device_id, inval_i.process_id);
        dc_raddr = dc_waddr;
        pc_raddr = pc_waddr;
        if (mode_q == WRITE) begin
          dc_we = dc_bad || (inval_i.kind == INVAL_DDT && dc_read.device_id == inval_i.device_id);
          pc_we = pc_bad ||
                  (pc_read.device_id == inval_i.device_id &&
                   (inval_i.kind == INVAL_DDT || pc_read.process_id == inval_i.process_id));
        end
      end
    end
  end

  iommu_cache_ram #(
    .Depth (Entries),
    .Width ($bits(dc_entry_t)),
    .Parity(Cfg.Parity)
  ) u_dc (
    .clk_i,
    .we_i   (dc_we),
    .waddr_i(dc_waddr),
    .wdata_i(dc_write),
    .re_i   (1'b1),
    .raddr_i(dc_raddr),
    .rdata_o(dc_read),
    .error_o(dc_bad)
  );

  if (Cfg.ProcessContexts) begin : g_process
    iommu_cache_ram #(
      .Depth (Entries),
      .Width ($bits(pc_entry_t)),
      .Parity(Cfg.Parity)
    ) u_pc (
      .clk_i,
      .we_i   (pc_we),
      .waddr_i(pc_waddr),
      .wdata_i(pc_write),
      .re_i   (1'b1),
      .raddr_i(pc_raddr),
      .rdata_o(pc_read),
      .error_o(pc_bad)
    );
  end else begin : g_no_process
    logic unused_process;
    assign pc_read        = '0;
    assign pc_bad         = 1'b0;
    assign unused_process = ^{pc_write, pc_we, pc_waddr, pc_raddr};
  end

  // --- lookups --------------------------------------------------------------------------------

  logic pending_q;
  logic dc_collided_q, pc_collided_q;  // what was read was being written
  identity_t                asked_q;
  logic      [TagWidth-1:0] asked_tag_q;

  assign parity_error_o = (pending_q && ((dc_bad && !dc_collided_q) ||
                                         (pc_bad && !pc_collided_q))) ||
                          (mode_q == WRITE && (dc_bad || pc_bad));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mode_q        <= CLEAR;
      sweep_q       <= '0;
      pending_q     <= 1'b0;
      dc_collided_q <= 1'b0;
      pc_collided_q <= 1'b0;
      asked_q       <= '0;
      asked_tag_q   <= '0;
      found_valid_o <= 1'b0;
      found_tag_o   <= '0;
      dc_hit_o      <= 1'b0;
      dc_o          <= '0;
      pc_hit_o      <= 1'b0;
      pc_o          <= '0;
    end else begin
      mode_q <= mode_d;
      sweep_q <= sweep_d;
      pending_q <= look_valid_i && look_ready_o;
      dc_collided_q <= dc_we && dc_waddr == dc_raddr;
      pc_collided_q <= pc_we && pc_waddr == pc_raddr;
      asked_q <= look_i;
      asked_tag_q <= look_tag_i;
      found_valid_o <= pending_q;
      found_tag_o <= asked_tag_q;
      dc_hit_o      <= !dc_collided_q && !dc_bad && dc_read.valid &&
                       dc_read.device_id == asked_q.device_id;
      dc_o <= dc_read.dc;
      pc_hit_o      <= !pc_collided_q && !pc_bad && pc_read.valid &&
                       pc_read.device_id == asked_q.device_id &&
                       pc_read.process_id == asked_q.process_id;
      pc_o <= pc_read.pc;
    end
  end

endmodule
