// SPDX-License-Identifier: Apache-2.0
//
// ECP5's block memory, as far as yosys uses it, for simulating a netlist: two ports, each of 1, 2,
// 4, 9, 18 or 36 bits, output registers off. Port A of 36 bits takes its upper half from DIB, port B
// gives its own on DOB and the lower half on DOA. What memory holds at first is not defined, and
// neither is a read of a word that the other port writes in that cycle: it gives garbage here.

/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off DECLFILENAME */

module DP16KD #(
  parameter int unsigned DATA_WIDTH_A = 18,
  parameter int unsigned DATA_WIDTH_B = 18,
  parameter string REGMODE_A = "NOREG",
  parameter string REGMODE_B = "NOREG",
  parameter string RESETMODE = "SYNC",
  parameter string ASYNC_RESET_RELEASE = "SYNC",
  parameter string CSDECODE_A = "0b000",
  parameter string CSDECODE_B = "0b000",
  parameter string WRITEMODE_A = "NORMAL",
  parameter string WRITEMODE_B = "NORMAL",
  parameter string CLKAMUX = "CLKA",
  parameter string CLKBMUX = "CLKB",
  parameter string GSR = "ENABLED"
) (
  input logic DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6,
    DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
  input logic ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1,
    ADA0,
  input logic CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
  output logic DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6,
    DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
  input logic DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
    DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
  input logic ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1,
    ADB0,
  input logic CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
  output logic DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6,
    DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);

  logic [17:0] mem [1024];
  logic [17:0] di_a, di_b;
  logic [13:0] ad_a, ad_b;
  logic [35:0] out_a, out_b;
  logic        we_a, we_b;

  assign di_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6,
    DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  assign di_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
    DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
  assign ad_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1,
    ADA0};
  assign ad_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1,
    ADB0};
  assign we_a = CEA && WEA && {CSA2, CSA1, CSA0} == '0 && writes(DATA_WIDTH_A, ad_a);
  assign we_b = CEB && WEB && {CSB2, CSB1, CSB0} == '0 && writes(DATA_WIDTH_B, ad_b);
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
    DOA4, DOA3, DOA2, DOA1, DOA0} = DATA_WIDTH_B == 36 ? out_b[17:0] : out_a[17:0];
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
    DOB4, DOB3, DOB2, DOB1, DOB0} = DATA_WIDTH_B == 36 ? out_b[35:18] : out_b[17:0];

  // Wide ports have enables of bytes in place of the lowest bits of the address.
  function automatic logic writes(int unsigned width, logic [13:0] address);
    return width < 18 || address[1:0] != '0 || (width == 36 && address[3:2] != '0);
  endfunction

  // Where in an 18-bit word an access of this width and address begins.
  function automatic logic [4:0] shift(int unsigned width, logic [13:0] address);
    logic [4:0] half = address[3] ? 5'd9 : 5'd0;
    case (width)
      1:       return half + 5'(address[2:0]);
      2:       return half + 5'({address[2:1], 1'b0});
      4:       return half + 5'({address[2], 2'b0});
      9:       return half;
      default: return 5'd0;
    endcase
  endfunction

  function automatic logic [17:0] bits(int unsigned width);
    return width >= 18 ? '1 : 18'((32'd1 << width) - 1);
  endfunction

  function automatic logic [17:0] enabled(int unsigned width, logic [13:0] address, logic upper);
    if (width < 18) return bits(width) << shift(width, address);
    return upper ? {{9{address[3]}}, {9{address[2]}}} : {{9{address[1]}}, {9{address[0]}}};
  endfunction

  function automatic logic [35:0] read(int unsigned width, logic [13:0] address);
    if (width == 36) return {mem[{address[13:5], 1'b1}], mem[{address[13:5], 1'b0}]};
    return 36'(18'(mem[address[13:4]] >> shift(width, address)) & bits(width));
  endfunction

  // Words of the wider port. Neighbours of it are in other cells.
  function automatic logic same_word(logic [13:0] a, logic [13:0] b);
    int unsigned width = DATA_WIDTH_A > DATA_WIDTH_B ? DATA_WIDTH_A : DATA_WIDTH_B;
    case (width)
      1:       return a == b;
      2:       return a[13:1] == b[13:1];
      4:       return a[13:2] == b[13:2];
      9:       return a[13:3] == b[13:3];
      18:      return a[13:4] == b[13:4];
      default: return a[13:5] == b[13:5];
    endcase
  endfunction

  always_ff @(posedge CLKA) begin
    if (we_a && DATA_WIDTH_A == 36) begin
      mem[{ad_a[13:5], 1'b0}] <= (mem[{ad_a[13:5], 1'b0}] & ~enabled(36, ad_a, 1'b0)) |
                                 (di_a & enabled(36, ad_a, 1'b0));
      mem[{ad_a[13:5], 1'b1}] <= (mem[{ad_a[13:5], 1'b1}] & ~enabled(36, ad_a, 1'b1)) |
                                 (di_b & enabled(36, ad_a, 1'b1));
    end else if (we_a) begin
      mem[ad_a[13:4]] <= (mem[ad_a[13:4]] & ~enabled(DATA_WIDTH_A, ad_a, 1'b0)) |
                         ((di_a << shift(DATA_WIDTH_A, ad_a)) & enabled(DATA_WIDTH_A, ad_a, 1'b0));
    end
    if (we_b)
      mem[ad_b[13:4]] <= (mem[ad_b[13:4]] & ~enabled(DATA_WIDTH_B, ad_b, 1'b0)) |
                         ((di_b << shift(DATA_WIDTH_B, ad_b)) & enabled(DATA_WIDTH_B, ad_b, 1'b0));
    if (CEA && !WEA) begin
      out_a <= read(DATA_WIDTH_A, ad_a);
      if (we_b && same_word(ad_a, ad_b)) out_a <= {4'($urandom), $urandom};
    end
    if (CEB && !WEB) begin
      out_b <= read(DATA_WIDTH_B, ad_b);
      if (we_a && same_word(ad_a, ad_b)) out_b <= {4'($urandom), $urandom};
    end
  end

endmodule
