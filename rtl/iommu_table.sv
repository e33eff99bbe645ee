// SPDX-License-Identifier: Apache-2.0
//
// A small memory that is read in the same cycle, for links between places of a queue: one
// write port, and as many read ports as are asked for.

module iommu_table #(
  parameter int unsigned Depth = 64,
  parameter int unsigned Width = 6,
  parameter int unsigned Reads = 1,
  parameter int unsigned Parts = 1    // of a word, each with its own write enable
) (
  input  logic                                        clk_i,
  input  logic [        Parts-1:0]                    we_i,
  input  logic [$clog2(Depth)-1:0]                    waddr_i,
  input  logic [        Width-1:0]                    wdata_i,
  input  logic [        Reads-1:0][$clog2(Depth)-1:0] raddr_i,
  output logic [        Reads-1:0][        Width-1:0] rdata_o
);

  logic [Width-1:0] mem[Depth];

  localparam int unsigned Bits = Width / Parts;

  always_ff @(posedge clk_i)
    for (int unsigned i = 0; i < Parts; i++)
      if (we_i[i]) mem[waddr_i][i*Bits+:Bits] <= wdata_i[i*Bits+:Bits];

  always_comb for (int unsigned i = 0; i < Reads; i++) rdata_o[i] = mem[raddr_i[i]];

endmodule
