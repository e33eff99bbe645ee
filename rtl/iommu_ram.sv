// SPDX-License-Identifier: Apache-2.0
//
// Every memory of the design: one write port, one read port with a registered output. The
// only place to change for other technologies, or BIST. Parity is around it: iommu_cache_ram.
//
// A read of the word that is written in the same cycle gives the old one, if OldWord says so;
// block RAM of many kinds does not do that by itself, and then it costs a flip-flop and a
// multiplexer per bit. Otherwise it gives anything: in simulation, what is wrong in every bit.
//
// Block says that block RAM will do even for a small memory: what is read goes to registers with
// little on the way. A small memory without it becomes distributed RAM.

module iommu_ram #(
  parameter int unsigned Depth   = 32,
  parameter int unsigned Width   = 64,
  parameter bit          OldWord = 1'b1,
  parameter bit          Block   = 1'b0
) (
  input  logic                     clk_i,
  input  logic                     we_i,
  input  logic [$clog2(Depth)-1:0] waddr_i,
  input  logic [        Width-1:0] wdata_i,
  input  logic                     re_i,
  input  logic [$clog2(Depth)-1:0] raddr_i,
  output logic [        Width-1:0] rdata_o
);

  if (OldWord) begin : g_old
    logic [Width-1:0] mem[Depth];

    always_ff @(posedge clk_i) begin
      if (we_i) mem[waddr_i] <= wdata_i;
      if (re_i) rdata_o <= mem[raddr_i];
    end
  end else if (Block) begin : g_block
    (* no_rw_check, ram_style = "block" *) logic [Width-1:0] mem[Depth];

    always_ff @(posedge clk_i) begin
      if (we_i) mem[waddr_i] <= wdata_i;
      if (re_i) rdata_o <= mem[raddr_i];
`ifndef SYNTHESIS
      if (re_i && we_i && waddr_i == raddr_i) rdata_o <= ~mem[raddr_i];
`endif
    end
  end else begin : g_any
    (* no_rw_check *) logic [Width-1:0] mem[Depth];

    always_ff @(posedge clk_i) begin
      if (we_i) mem[waddr_i] <= wdata_i;
      if (re_i) rdata_o <= mem[raddr_i];
`ifndef SYNTHESIS
      if (re_i && we_i && waddr_i == raddr_i) rdata_o <= ~mem[raddr_i];
`endif
    end
  end

endmodule
