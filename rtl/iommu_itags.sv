// SPDX-License-Identifier: Apache-2.0
//
// ATS invalidation requests in flight, each known by its ITAG. A completion names several
// ITAGs; it is looked at ITAG by ITAG, one a cycle, and counts where the device is the one
// that was asked.

module iommu_itags
  import iommu_queue_pkg::*;
#(
  parameter int unsigned Itags = 32
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  // a new request: takes the lowest ITAG that is free
  output logic               free_o,
  output logic        [ 4:0] itag_o,
  input  logic               take_i,
  input  logic        [23:0] device_id_i,
  input  logic               segment_valid_i,
  // for fences
  output logic               busy_o,              // some are in flight
  output logic               timed_out_o,         // one has timed out; until cleared
  input  logic               clear_i,
  // from devices
  input  logic               completion_valid_i,
  output logic               completion_ready_o,
  output logic               unsolicited_o,       // with ready: no ITAG matched
  input  completion_t        completion_i,
  input  logic        [31:0] timeout_i
);

  localparam int unsigned ItagBits = Itags > 1 ? $clog2(Itags) : 1;

  typedef logic [ItagBits-1:0] itag_t;
  typedef logic [Itags-1:0] itags_t;

  typedef struct packed {
    logic        segment_valid;
    logic [23:0] device_id;
  } asked_t;

  itags_t busy_d, busy_q;
  logic timed_out_d, timed_out_q, matched_d, matched_q;
  itag_t free_itag, look_d, look_q;
  asked_t asked, answering;
  logic hit, last;
  logic [2:0] left, left_next;  // completions to come, less one; valid once the first came
  itags_t begun_d, begun_q;

  // Few words, read in the same cycle: not a block RAM.
  (* ram_style = "distributed" *)asked_t       asked_of[Itags];
  (* ram_style = "distributed" *)logic   [2:0] left_of [Itags];

  always_comb begin
    free_itag = '0;
    for (int i = int'(Itags) - 1; i >= 0; i--) if (!busy_q[i]) free_itag = itag_t'(i);
    free_o      = busy_q != '1;
    itag_o      = 5'(free_itag);
    busy_o      = busy_q != '0;
    timed_out_o = timed_out_q;
  end

  // --- one ITAG of a completion -------------------------------------------------------------

  always_comb begin
    asked     = asked_of[look_q];
    answering = '{segment_valid: asked.segment_valid, device_id: completion_i.device_id};
    if (!asked.segment_valid) begin
      asked.device_id[23:16]     = '0;
      answering.device_id[23:16] = '0;
    end
    hit = completion_valid_i && completion_i.itags[5'(look_q)] && busy_q[look_q] &&
          asked == answering;
    // A count of 0 means 8, which is 7 after this one.
    left = begun_q[look_q] ? left_of[look_q] : completion_i.count - 3'd1;
    left_next = left - 3'd1;
    last = look_q == itag_t'(Itags - 1);

    completion_ready_o = completion_valid_i && last;
    unsolicited_o = completion_ready_o && !matched_q && !hit;

    look_d = completion_valid_i && !last ? look_q + itag_t'(1) : '0;
    matched_d = completion_valid_i && !last && (matched_q || hit);
  end

  always_comb begin
    busy_d      = busy_q;
    begun_d     = begun_q;
    timed_out_d = timed_out_q && !clear_i;
    if (hit) begin
      begun_d[look_q] = 1'b1;
      if (left == '0) busy_d[look_q] = 1'b0;
    end
    if ((busy_q & timeout_i[Itags-1:0]) != '0) timed_out_d = 1'b1;
    busy_d &= ~timeout_i[Itags-1:0];
    if (take_i) begin
      busy_d[free_itag]  = 1'b1;
      begun_d[free_itag] = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q      <= '0;
      begun_q     <= '0;
      timed_out_q <= 1'b0;
      matched_q   <= 1'b0;
      look_q      <= '0;
    end else begin
      busy_q      <= busy_d;
      begun_q     <= begun_d;
      timed_out_q <= timed_out_d;
      matched_q   <= matched_d;
      look_q      <= look_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take_i) asked_of[free_itag] <= '{segment_valid: segment_valid_i, device_id: device_id_i};
    if (hit) left_of[look_q] <= left_next;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) take_i |-> free_o);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    completion_valid_i && !completion_ready_o |=> completion_valid_i && $stable(
      completion_i
  ));
`endif

endmodule
