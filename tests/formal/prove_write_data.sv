// SPDX-License-Identifier: Apache-2.0
//
// iommu_write_data without a buffer: the gate behind which write data waits. A device sends
// bursts of one or two beats; whether each is granted is decided at any time, in their order. No
// beat goes out that is not of a granted burst, none before the grant, each granted one does,
// once and whole, and the data of the others ends here.

module prove_write_data
  import iommu_pkg::*;
  import iommu_port_pkg::*;
(
  input logic clk_i,
  input logic burst_i,        // the device decides on one more burst
  input logic long_i,         // of two beats
  input logic granted_i,      // and what will be said to it
  input logic w_valid_i,
  input logic order_valid_i,
  input logic w_ready_i
);

  localparam int unsigned Most = 4;  // bursts that are not done

  typedef logic [2:0] count_t;
  typedef struct packed {
    logic long;
    logic granted;
  } burst_t;

  logic rst_n = 1'b0;
  always_ff @(posedge clk_i) rst_n <= 1'b1;

  // Bursts in their order, as a ring: made, sent whole, decided on, gone out or absorbed whole.
  burst_t [Most-1:0] bursts_q;
  count_t made_q, sent_q, decided_q, done_q;
  logic make, offered_q, second_q, w_valid, w_last, w_ready, sends;
  logic order_valid, order_ready, decides, out_second_q;
  burst_t sent, decided, done;
  order_t order;
  logic out_valid, out_last, absorb_first, absorb_last, idle;
  logic [63:0] out_data;
  logic        leaves;

  assign make        = burst_i && made_q - done_q != count_t'(Most);
  assign sent        = bursts_q[sent_q[1:0]];
  assign decided     = bursts_q[decided_q[1:0]];
  assign done        = bursts_q[done_q[1:0]];

  assign w_valid     = (offered_q || w_valid_i) && sent_q != made_q;
  assign w_last      = second_q || !sent.long;
  assign sends       = w_valid && w_ready;

  // iommu_pending offers an order only where there is room for it.
  assign order_valid = order_valid_i && decided_q != made_q && order_ready;
  assign order       = '{absorb: !decided.granted, buffered: 1'b0, first: '0};
  assign decides     = order_valid;
  assign leaves      = out_valid && w_ready_i;

  iommu_write_data #(
    .Cfg(ConfigSmall)
  ) u_dut (
    .clk_i,
    .rst_ni         (rst_n),
    .w_valid_i      (w_valid),
    .w_ready_o      (w_ready),
    .w_data_i       (64'(sent.granted)),
    .w_strb_i       ('1),
    .w_last_i       (w_last),
    .order_valid_i  (order_valid),
    .order_ready_o  (order_ready),
    .order_i        (order),
    .collect_valid_i(1'b0),
    .collect_take_o (),
    .collect_len_i  ('0),
    .collect_first_o(),
    .w_valid_o      (out_valid),
    .w_ready_i,
    .w_data_o       (out_data),
    .w_strb_o       (),
    .w_last_o       (out_last),
    .absorb_first_o (absorb_first),
    .absorb_last_o  (absorb_last),
    .absorb_data_o  (),
    .absorb_strb_o  (),
    .idle_o         (idle)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      bursts_q     <= '0;
      made_q       <= '0;
      sent_q       <= '0;
      decided_q    <= '0;
      done_q       <= '0;
      offered_q    <= 1'b0;
      second_q     <= 1'b0;
      out_second_q <= 1'b0;
    end else begin
      if (make) begin
        bursts_q[made_q[1:0]] <= '{long: long_i, granted: granted_i};
        made_q                <= made_q + count_t'(1);
      end
      offered_q <= w_valid && !w_ready;
      if (sends) second_q <= !w_last;
      if (sends && w_last) sent_q <= sent_q + count_t'(1);
      if (decides) decided_q <= decided_q + count_t'(1);
      if (leaves) out_second_q <= !out_last;
      if ((leaves && out_last) || absorb_last) done_q <= done_q + count_t'(1);
    end
  end

  always_comb begin
    if (rst_n) begin
      if (out_valid) begin
        assert (out_data[0] && done.granted);
        assert (done_q != decided_q);
        assert (out_last == (out_second_q || !done.long));
      end
      if (absorb_first || absorb_last) assert (done_q != decided_q && !done.granted);
      assert (!(leaves && absorb_last));
      // What is done has been sent whole; what was sent whole is done, or waits for the decision.
      assert (sent_q == done_q);
      if (idle) assert (done_q == decided_q);
    end
  end

endmodule
