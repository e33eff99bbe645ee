// SPDX-License-Identifier: Apache-2.0
//
// Answers one request at a time of one direction in the place of memory: a refused one with
// SLVERR and zeros; one of an MRIF with what the MRIF's unit says. A write's data is absorbed
// before; an atomic is answered on R, too.

module iommu_refusal
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_port_pkg::*;
#(
  parameter  config_t     Cfg   = ConfigBase,
  parameter  logic        Write = 1'b0,
  localparam int unsigned DW    = Cfg.DataWidth,
  localparam int unsigned SW    = Cfg.DataWidth / 8
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  output logic               idle_o,
  output axi_id_t            id_o,              // if not idle: none of this ID may pass
  // the request
  input  logic               refuse_valid_i,
  output logic               refuse_ready_o,
  input  refusal_t           refuse_i,
  // its data; of writes only
  input  logic               absorb_first_i,
  input  logic               absorb_last_i,
  input  logic      [DW-1:0] absorb_data_i,
  input  logic      [SW-1:0] absorb_strb_i,
  // an MRIF's unit
  output logic               mrif_valid_o,
  input  logic               mrif_ready_i,
  output mrif_req_t          mrif_o,
  input  logic               mrif_rsp_valid_i,  // after it was taken
  input  logic               mrif_ok_i,
  // answers
  output logic               r_valid_o,
  input  logic               r_ready_i,
  output axi_r_t             r_o,
  output logic               b_valid_o,
  input  logic               b_ready_i,
  output axi_b_t             b_o
);

  typedef enum logic [2:0] {
    IDLE,
    ABSORB,  // data comes
    ASK,     // the MRIF's unit
    WAIT,    // for it
    ANSWER
  } state_e;

  state_e state_d, state_q;
  axi_id_t id_d, id_q;
  logic mrif_d, mrif_q, ok_d, ok_q, r_left_d, r_left_q, b_left_d, b_left_q;
  logic [7:0] len_d, len_q;  // beats on R, less one
  mrif_req_t request_d, request_q;

  // The four bytes of the bus at this address, and their strobes.
  localparam int unsigned Words = SW / 4;
  localparam int unsigned WordBits = $clog2(Words);
  logic [   Words-1:0][31:0] words;
  logic [   Words-1:0][ 3:0] strobes;
  logic [WordBits-1:0]       lane;

  assign words   = absorb_data_i;
  assign strobes = absorb_strb_i;
  assign lane    = request_q.iova[2+:WordBits];

  always_comb begin
    state_d   = state_q;
    id_d      = id_q;
    mrif_d    = mrif_q;
    ok_d      = ok_q;
    r_left_d  = r_left_q;
    b_left_d  = b_left_q;
    len_d     = len_q;
    request_d = request_q;

    unique case (state_q)
      IDLE:
      if (refuse_valid_i) begin
        id_d      = refuse_i.id;
        mrif_d    = refuse_i.mrif;
        ok_d      = 1'b0;
        request_d = refuse_i.request;
        r_left_d  = !Write || atop_reads(refuse_i.atop);
        b_left_d  = Write;
        // A compare gives back half of what it takes.
        len_d     = refuse_i.atop == ATOP_COMPARE ? refuse_i.len >> 1 : refuse_i.len;
        state_d   = Write ? ABSORB : refuse_i.mrif ? ASK : ANSWER;
      end
      ABSORB: begin
        if (absorb_first_i) begin
          request_d.data = words[lane];
          if (strobes[lane] != 4'hf) request_d.word = 1'b0;
        end
        if (absorb_last_i) state_d = mrif_q ? ASK : ANSWER;
      end
      ASK:     if (mrif_ready_i) state_d = WAIT;
      WAIT:
      if (mrif_rsp_valid_i) begin
        ok_d    = mrif_ok_i;
        state_d = ANSWER;
      end
      ANSWER: begin
        if (b_left_q && b_ready_i) b_left_d = 1'b0;
        if (r_left_q && r_ready_i) begin
          len_d = len_q - 8'd1;
          if (len_q == '0) r_left_d = 1'b0;
        end
        if (!b_left_d && !r_left_d) state_d = IDLE;
      end
      default: state_d = IDLE;
    endcase
    // Only with MRIFs do these exist.
    if (!Cfg.MsiMrif) begin
      mrif_d    = 1'b0;
      ok_d      = 1'b0;
      request_d = '0;
    end
  end

  assign idle_o         = state_q == IDLE;
  assign id_o           = id_q;
  assign refuse_ready_o = state_q == IDLE;
  assign mrif_valid_o   = state_q == ASK;
  assign mrif_o         = request_q;
  assign r_valid_o      = state_q == ANSWER && r_left_q;
  assign r_o            = '{id: id_q, resp: ok_q ? RESP_OKAY : RESP_SLVERR, last: len_q == '0};
  assign b_valid_o      = state_q == ANSWER && b_left_q;
  assign b_o            = '{id: id_q, resp: ok_q ? RESP_OKAY : RESP_SLVERR};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= IDLE;
      id_q      <= '0;
      mrif_q    <= 1'b0;
      ok_q      <= 1'b0;
      r_left_q  <= 1'b0;
      b_left_q  <= 1'b0;
      len_q     <= '0;
      request_q <= '0;
    end else begin
      state_q   <= state_d;
      id_q      <= id_d;
      mrif_q    <= mrif_d;
      ok_q      <= ok_d;
      r_left_q  <= r_left_d;
      b_left_q  <= b_left_d;
      len_q     <= len_d;
      request_q <= request_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    absorb_first_i || absorb_last_i |-> state_q == ABSORB);
  assert property (@(posedge clk_i) disable iff (!rst_ni) mrif_rsp_valid_i |-> state_q == WAIT);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    r_valid_o && !r_ready_i |=> r_valid_o && $stable(
      r_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    b_valid_o && !b_ready_i |=> b_valid_o && $stable(
      b_o
  ));
`endif

endmodule
