// SPDX-License-Identifier: Apache-2.0
//
// The memory of a cache: iommu_ram, with parity over each 32 bits if that is built in. What is
// kept here is a copy, so an error needs no correction: its owner takes the word for a miss,
// and the next fill replaces it.

module iommu_cache_ram #(
  parameter int unsigned Depth  = 32,
  parameter int unsigned Width  = 64,
  parameter bit          Parity = 1'b0,
  parameter bit          Block  = 1'b1
) (
  input  logic                     clk_i,
  input  logic                     we_i,
  input  logic [$clog2(Depth)-1:0] waddr_i,
  input  logic [        Width-1:0] wdata_i,
  input  logic                     re_i,
  input  logic [$clog2(Depth)-1:0] raddr_i,
  output logic [        Width-1:0] rdata_o,
  output logic                     error_o   // of rdata_o; of no meaning if it was being written
);

  if (Parity) begin : g_parity
    localparam int unsigned Groups = (Width + 31) / 32;
    localparam int unsigned Stored = Width + Groups;

    function automatic logic [Groups-1:0] parity_of(logic [Width-1:0] word);
      logic [Groups-1:0][31:0] padded;
      padded = (32 * Groups)'(word);
      for (int unsigned i = 0; i < Groups; i++) parity_of[i] = ^padded[i];
    endfunction

    logic                     we;
    logic [$clog2(Depth)-1:0] waddr;
    logic [Stored-1:0] wdata, rdata;

`ifdef IOMMU_UPSETS
    // For simulation: a bit of a word changes, in a cycle in which nobody reads or writes it.
    import "DPI-C" context function longint unsigned iommu_upset(
      input int unsigned words,
      input int unsigned bits
    );

    longint unsigned              upset_q;  // {valid, word, bit}
    logic                         upset;

    logic            [Stored-1:0] upset_word;

    always_ff @(posedge clk_i) upset_q <= iommu_upset(Depth, Stored);

    if (Block) begin : g_upset_block
      assign upset_word = u_ram.g_block.mem[upset_q[32+:$clog2(Depth)]];
    end else begin : g_upset
      assign upset_word = u_ram.g_any.mem[upset_q[32+:$clog2(Depth)]];
    end

    always_comb begin
      waddr = upset_q[32+:$clog2(Depth)];
      upset = upset_q[63] && !we_i && !(re_i && raddr_i == waddr);
      we    = we_i || upset;
      wdata = upset_word ^ (Stored'(1) << upset_q[31:0]);
      if (!upset) begin
        waddr = waddr_i;
        wdata = {parity_of(wdata_i), wdata_i};
      end
    end
`else
    assign we    = we_i;
    assign waddr = waddr_i;
    assign wdata = {parity_of(wdata_i), wdata_i};
`endif

    iommu_ram #(
      .OldWord(1'b0),
      .Block  (Block),
      .Depth  (Depth),
      .Width  (Stored)
    ) u_ram (
      .clk_i,
      .we_i   (we),
      .waddr_i(waddr),
      .wdata_i(wdata),
      .re_i,
      .raddr_i,
      .rdata_o(rdata)
    );

    assign rdata_o = rdata[Width-1:0];
    assign error_o = rdata[Stored-1:Width] != parity_of(rdata_o);
  end else begin : g_plain
    iommu_ram #(
      .OldWord(1'b0),
      .Block  (Block),
      .Depth  (Depth),
      .Width  (Width)
    ) u_ram (
      .clk_i,
      .we_i,
      .waddr_i,
      .wdata_i,
      .re_i,
      .raddr_i,
      .rdata_o
    );

    assign error_o = 1'b0;
  end

endmodule
