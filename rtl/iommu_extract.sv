// SPDX-License-Identifier: Apache-2.0
//
// The index of an MSI's page in its MSI page table: the bits of a page number that a mask
// selects, packed at the low end ("Process to translate addresses of MSIs", steps 2 to 4). Two
// bits of the mask a cycle, 26 cycles; at once it would be a large piece of logic for an address
// that the caches hold afterwards. Where guest pages have fewer bits, the last of them find none.

module iommu_extract #(
  parameter int unsigned PageBits = 52,  // an even number
  parameter int unsigned TagWidth = 5
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                valid_i,
  output logic                ready_o,
  input  logic [PageBits-1:0] page_i,
  input  logic [PageBits-1:0] mask_i,
  input  logic [TagWidth-1:0] tag_i,
  output logic                valid_o,
  input  logic                ready_i,
  output logic [PageBits-1:0] index_o,
  output logic [TagWidth-1:0] tag_o
);

  logic busy_d, busy_q;
  logic [4:0] left_d, left_q;  // pairs of bits
  logic [PageBits-1:0] page_d, page_q, mask_d, mask_q, index_d, index_q, first;
  logic [TagWidth-1:0] tag_d, tag_q;

  assign ready_o = !busy_q;
  assign valid_o = busy_q && left_q == '0;
  assign index_o = index_q;
  assign tag_o   = tag_q;

  always_comb begin
    busy_d  = busy_q && !(valid_o && ready_i);
    left_d  = left_q;
    page_d  = page_q;
    mask_d  = mask_q;
    tag_d   = tag_q;
    first   = mask_q[PageBits-1] ? {index_q[PageBits-2:0], page_q[PageBits-1]} : index_q;
    index_d = index_q;
    if (busy_q && left_q != '0) begin
      index_d = mask_q[PageBits-2] ? {first[PageBits-2:0], page_q[PageBits-2]} : first;
      page_d  = page_q << 2;
      mask_d  = mask_q << 2;
      left_d  = left_q - 5'd1;
    end
    if (valid_i && ready_o) begin
      busy_d  = 1'b1;
      left_d  = 5'd26;
      page_d  = page_i;
      mask_d  = mask_i;
      index_d = '0;
      tag_d   = tag_i;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      left_q <= '0;
    end else begin
      busy_q <= busy_d;
      left_q <= left_d;
    end
  end

  always_ff @(posedge clk_i) begin
    page_q  <= page_d;
    mask_q  <= mask_d;
    index_q <= index_d;
    tag_q   <= tag_d;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    valid_o && !ready_i |=> valid_o && $stable(
      index_o
  ) && $stable(
      tag_o
  ));
`endif

endmodule
