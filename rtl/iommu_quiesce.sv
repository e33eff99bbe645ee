// SPDX-License-Identifier: Apache-2.0
//
// Power-down and clock gating. While quiesce_req_i is 1 no new device request and no new ATS
// message is taken; when all that had come are done, their records and interrupt messages in
// memory, it is acknowledged until the request goes.
//
// A unit that is done may have just handed its work to the next one, so that all of them must
// have been without work for some cycles.

module iommu_quiesce #(
  parameter int unsigned Units  = 4,
  parameter int unsigned Settle = 8   // cycles; more than a hand-over between units takes
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             quiesce_req_i,
  output logic             quiesce_ack_o,
  output logic             stop_o,         // to the device ports and iommu_ats
  input  logic [Units-1:0] busy_i,         // a unit has work
  input  logic             arriving_i,     // something is offered at a device or message port
  input  logic             wake_i,         // something is offered that is taken all the same
  output logic             idle_o          // the clock may stop
);

  localparam int unsigned CountBits = $clog2(Settle + 1);

  typedef logic [CountBits-1:0] count_t;

  count_t calm_d, calm_q;  // cycles without work
  logic stop_q, ack_d, ack_q, settled;

  assign settled = calm_q == count_t'(Settle) && busy_i == '0;

  always_comb begin
    calm_d = calm_q == count_t'(Settle) ? calm_q : calm_q + count_t'(1);
    // What has come since the request is refused; what came before must be seen as busy first.
    if (busy_i != '0 || (quiesce_req_i && !stop_q)) calm_d = '0;
    ack_d = quiesce_req_i && stop_q && (ack_q || settled);
  end

  assign stop_o        = stop_q;
  assign quiesce_ack_o = ack_q;
  // What waits because of the request does not need the clock, once all else is done; a change
  // of the request does.
  assign idle_o        = settled && !wake_i && quiesce_req_i == ack_q && (ack_q || !arriving_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      calm_q <= '0;
      stop_q <= 1'b0;
      ack_q  <= 1'b0;
    end else begin
      calm_q <= calm_d;
      stop_q <= quiesce_req_i;
      ack_q  <= ack_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) quiesce_ack_o |-> stop_o);
  assert property (@(posedge clk_i) disable iff (!rst_ni) $rose(
      quiesce_ack_o
  ) |-> $past(
      busy_i
  ) == '0);
`endif

endmodule
