// SPDX-License-Identifier: Apache-2.0
//
// Reads the command queue ahead: up to four commands per read, within 64 aligned bytes, as many
// as the tail says and the buffer has room for. Commands come out in order. All reads have one
// tag, so that AXI keeps them in order, too.

module iommu_cq_fetch
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_queue_pkg::*;
#(
  parameter config_t           Cfg    = ConfigBase,
  parameter int unsigned       Blocks = 16,          // of 64 bytes, in the buffer: power of two
  parameter logic        [5:0] Tag    = '0
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  queue_state_t state_i,
  input  fctl_t        fctl_i,
  input  iommu_qosid_t qosid_i,
  // Starts at the head; once it is 0, what was read is forgotten.
  input  logic         run_i,
  output logic         idle_o,           // nothing to come from memory
  output logic         cmd_valid_o,
  input  logic         cmd_ready_i,
  output cmd_t         cmd_o,
  output logic         cmd_fault_o,      // access fault or corrupted data
  output logic         mem_valid_o,
  input  logic         mem_ready_i,
  output mem_req_t     mem_o,
  input  logic         mem_rsp_valid_i,
  input  mem_rsp_t     mem_rsp_i
);

  localparam int unsigned Words = Blocks * 8;
  localparam int unsigned WordBits = $clog2(Words);

  typedef logic [WordBits:0] count_t;
  typedef logic [WordBits-1:0] place_t;

  if (Blocks < 2 || 2 ** WordBits != Words) begin : g_blocks
    $error("iommu_cq_fetch: Blocks must be a power of two from 2");
  end

  // --- requests -----------------------------------------------------------------------------

  logic [31:0] index_d, index_q;
  logic [2:0] commands;
  logic       near;
  logic req_valid_d, req_valid_q, ask;
  logic [PhysicalBits-1:0] address_d, address_q;
  logic [2:0] beats_d, beats_q;  // less one
  count_t due_d, due_q;  // words that are asked for and have not come
  count_t held_d, held_q;  // words in the buffer
  logic room_d, room_q;  // for another block: as of the last cycle, in which none was asked for

  always_comb begin
    // Up to the tail, if it lies further on in this block, or to the end of the block. A queue of
    // two wraps within its block, but never has more than one command in it.
    near        = state_i.tail[31:2] == index_q[31:2] &&
                  (state_i.tail[1:0] > index_q[1:0] || !state_i.mask[1]);
    commands    = near ? 3'((state_i.tail[1:0] - index_q[1:0]) & state_i.mask[1:0])
                         : 3'd4 - 3'(index_q[1:0]);
    ask = run_i && state_i.tail != index_q && !req_valid_q && room_q;

    room_d = due_q + held_q <= count_t'(Words - 8);
    req_valid_d = ask || (req_valid_q && !mem_ready_i);
    address_d = address_q;
    beats_d = beats_q;
    index_d = run_i ? index_q : state_i.head;
    due_d = due_q - count_t'(mem_rsp_valid_i);
    if (ask) begin
      // The queue is aligned to its size.
      address_d = {state_i.ppn, 12'h0} | {20'h0, index_q, 4'h0};
      beats_d   = 3'({commands, 1'b0} - 4'd1);
      index_d   = near ? state_i.tail : {index_q[31:2] + 30'd1, 2'b00} & state_i.mask;
      due_d += count_t'({commands, 1'b0});
    end

    mem_valid_o = req_valid_q;
    mem_o = '{
        op: MEM_READ,
        structure: STRUCT_CQ,
        address: address_q,
        beats: beats_q,
        half: 1'b0,
        rcid: qosid_i.rcid,
        mcid: qosid_i.mcid,
        tag: Tag
    };
  end

  assign idle_o = due_q == '0;

  // --- buffer -------------------------------------------------------------------------------

  // A word, and whether its read failed.
  typedef struct packed {
    logic        fault;
    logic [63:0] data;
  } word_t;

  word_t low_d, low_q, high_d, high_q;
  logic low_valid_d, low_valid_q, high_valid_d, high_valid_q;
  place_t write_place_d, write_place_q, read_place_d, read_place_q;
  logic store, fetch, out_valid_d, out_valid_q, out_take, direct;
  word_t stored, out, word;

  // While the buffer is empty, what comes need not go through it.
  assign direct = mem_rsp_valid_i && run_i && held_q == '0 && !out_valid_q && !high_valid_q;
  assign store  = mem_rsp_valid_i && run_i && !direct;
  assign stored = '{fault: mem_rsp_i.status != MEM_OK, data: mem_rsp_i.data};

  iommu_ram #(
    .Depth(Words),
    .Width($bits(word_t))
  ) u_buffer (
    .clk_i,
    .we_i   (store),
    .waddr_i(write_place_q),
    .wdata_i(stored),
    .re_i   (fetch),
    .raddr_i(read_place_q),
    .rdata_o(out)
  );

  // --- words to commands --------------------------------------------------------------------

  always_comb begin
    out_take      = out_valid_q && (!high_valid_q || cmd_ready_i);
    fetch         = run_i && held_q != '0 && (!out_valid_q || out_take);
    out_valid_d   = run_i && (fetch || (out_valid_q && !out_take));
    held_d        = run_i ? held_q + count_t'(store) - count_t'(fetch) : '0;
    write_place_d = run_i ? write_place_q + place_t'(store) : '0;
    read_place_d  = run_i ? read_place_q + place_t'(fetch) : '0;

    low_d         = low_q;
    high_d        = high_q;
    low_valid_d   = low_valid_q;
    high_valid_d  = high_valid_q;
    if (high_valid_q && cmd_ready_i) begin
      low_valid_d  = 1'b0;
      high_valid_d = 1'b0;
    end
    word = out_valid_q ? out : stored;
    if (out_take || direct) begin
      if (low_valid_d) begin
        high_d       = word;
        high_valid_d = 1'b1;
      end else begin
        low_d       = word;
        low_valid_d = 1'b1;
      end
    end
    if (!run_i) begin
      low_valid_d  = 1'b0;
      high_valid_d = 1'b0;
    end
  end

  assign cmd_valid_o = high_valid_q;
  assign cmd_fault_o = low_q.fault || high_q.fault;

  always_comb begin
    cmd_o = {high_q.data, low_q.data};
    if (Cfg.BothEndian && fctl_i.be) cmd_o = {swap_bytes(high_q.data), swap_bytes(low_q.data)};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      index_q       <= '0;
      req_valid_q   <= 1'b0;
      address_q     <= '0;
      beats_q       <= '0;
      due_q         <= '0;
      held_q        <= '0;
      room_q        <= 1'b0;
      write_place_q <= '0;
      read_place_q  <= '0;
      out_valid_q   <= 1'b0;
      low_q         <= '0;
      high_q        <= '0;
      low_valid_q   <= 1'b0;
      high_valid_q  <= 1'b0;
    end else begin
      index_q       <= index_d;
      req_valid_q   <= req_valid_d;
      address_q     <= address_d;
      beats_q       <= beats_d;
      due_q         <= due_d;
      held_q        <= held_d;
      room_q        <= room_d;
      write_place_q <= write_place_d;
      read_place_q  <= read_place_d;
      out_valid_q   <= out_valid_d;
      low_q         <= low_d;
      high_q        <= high_d;
      low_valid_q   <= low_valid_d;
      high_valid_q  <= high_valid_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) mem_rsp_valid_i |-> due_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(due_q) + 32'(held_q) <= Words);
  assert property (@(posedge clk_i) disable iff (!rst_ni) req_valid_q |-> due_q != '0);
  // It runs again only when nothing of before can come.
  assert property (@(posedge clk_i) disable iff (!rst_ni) $rose(run_i) |-> idle_o);
`endif

endmodule
