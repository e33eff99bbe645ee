// SPDX-License-Identifier: Apache-2.0
//
// iommu_record_queue, with rings of two and four records of two doublewords: each record has one
// result; one that is stored is in memory, whole, in the ring's next place, before the tail
// passes it; it stays there until software has read it; and none is refused but for an overflow
// or a memory fault that the registers show.

module prove_record_queue
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_queue_pkg::*;
(
  input logic       clk_i,
  // free choices
  input logic       large_i,            // at the start: four records
  input logic       valid_i,
  input logic [1:0] low_i,              // of the record's two doublewords
  input logic [1:0] high_i,
  input logic       read_i,             // software reads a record
  input logic       clear_i,            // software clears errors
  input logic       watch_i,            // look at this record
  input logic       mem_ready_i,
  input logic       mem_wdata_ready_i,
  input logic       answer_i,
  input logic       refuse_i
);

  localparam logic [43:0] Ppn = 44'h5;

  logic rst_n = 1'b0;
  always_ff @(posedge clk_i) rst_n <= 1'b1;

  // --- registers and software ---------------------------------------------------------------

  logic [1:0] mask_q, head_q, tail_q;
  logic overflow_q, memory_fault_q;
  queue_state_t  state;
  queue_status_t status;

  assign state = '{
          ppn: Ppn,
          mask: 32'(mask_q),
          head: 32'(head_q),
          tail: 32'(tail_q),
          enable: 1'b1,
          on: 1'b1,
          memory_fault: memory_fault_q,
          overflow: overflow_q,
          stopped: memory_fault_q || overflow_q
      };

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      mask_q         <= large_i ? 2'd3 : 2'd1;
      head_q         <= '0;
      tail_q         <= '0;
      overflow_q     <= 1'b0;
      memory_fault_q <= 1'b0;
    end else begin
      if (read_i && head_q != tail_q) head_q <= (head_q + 2'd1) & mask_q;
      if (status.advance) tail_q <= (tail_q + 2'd1) & mask_q;
      overflow_q     <= status.set_overflow || (overflow_q && !clear_i);
      memory_fault_q <= status.set_memory_fault || (memory_fault_q && !clear_i);
    end
  end

  // --- records: stable until they are taken -------------------------------------------------

  logic offered_q, valid, ready;
  logic [1:0] low_q, high_q;
  logic [1:0][63:0] record;

  assign valid  = offered_q || valid_i;
  assign record = {64'(offered_q ? high_q : high_i), 64'(offered_q ? low_q : low_i)};

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      offered_q <= 1'b0;
      low_q     <= '0;
      high_q    <= '0;
    end else begin
      offered_q <= valid && !ready;
      low_q     <= record[0][1:0];
      high_q    <= record[1][1:0];
    end
  end

  // --- memory -------------------------------------------------------------------------------

  logic mem_valid, wdata_valid, answer;
  mem_req_t                  mem;
  mem_rsp_t                  rsp;
  logic     [63:0]           wdata;
  logic     [ 1:0]           slot_q;  // of the store whose data comes
  logic                      beat_q;
  logic     [ 2:0]           complete_q;  // stores that are complete and not answered
  logic     [ 3:0][1:0][1:0] stored_q;

  assign answer = answer_i && complete_q != '0;
  assign rsp    = '{last: 1'b1, status: refuse_i ? MEM_ACCESS_FAULT : MEM_OK, default: '0};

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      slot_q     <= '0;
      beat_q     <= 1'b0;
      complete_q <= '0;
      stored_q   <= '0;
    end else begin
      if (mem_valid && mem_ready_i) slot_q <= mem.address[5:4];
      if (wdata_valid && mem_wdata_ready_i) begin
        beat_q                   <= !beat_q;
        stored_q[slot_q][beat_q] <= wdata[1:0];
      end
      complete_q <= complete_q + 3'(wdata_valid && mem_wdata_ready_i && beat_q) - 3'(answer);
    end
  end

  // --- the queue ----------------------------------------------------------------------------

  logic           result_valid;
  record_result_e result;

  iommu_record_queue #(
    .Cfg      (ConfigBase),
    .Words    (2),
    .Structure(STRUCT_PQ)
  ) u_dut (
    .clk_i,
    .rst_ni           (rst_n),
    .state_i          (state),
    .status_o         (status),
    .fctl_i           ('0),
    .qosid_i          ('0),
    .record_valid_i   (valid),
    .record_ready_o   (ready),
    .record_i         (record),
    .result_valid_o   (result_valid),
    .result_o         (result),
    .mem_valid_o      (mem_valid),
    .mem_ready_i,
    .mem_o            (mem),
    .mem_wdata_valid_o(wdata_valid),
    .mem_wdata_ready_i,
    .mem_wdata_o      (wdata),
    .mem_rsp_valid_i  (answer),
    .mem_rsp_i        (rsp)
  );

  // --- what must hold -----------------------------------------------------------------------

  logic [2:0] waiting_q;  // records without a result
  logic watching_q, mine;
  logic [2:0] ahead_q;  // results until the one of the record that is watched
  logic [1:0] low_w_q, high_w_q;  // what it is

  assign mine = watching_q && ahead_q == '0 && result_valid;

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      waiting_q  <= '0;
      watching_q <= 1'b0;
      ahead_q    <= '0;
      low_w_q    <= '0;
      high_w_q   <= '0;
    end else begin
      waiting_q <= waiting_q + 3'(valid && ready) - 3'(result_valid);
      if (watching_q) begin
        if (result_valid) ahead_q <= ahead_q - 3'd1;
        if (mine) watching_q <= 1'b0;
      end else if (watch_i && valid && ready && !(result_valid && waiting_q == '0)) begin
        watching_q <= 1'b1;
        ahead_q    <= waiting_q - 3'(result_valid);
        low_w_q    <= record[0][1:0];
        high_w_q   <= record[1][1:0];
      end
    end
  end

  // Stores under way behind one that failed are void, even if software has cleared the fault.
  logic failed_before_q;
  always_ff @(posedge clk_i) begin
    if (!rst_n) failed_before_q <= 1'b0;
    else failed_before_q <= status.set_memory_fault || (failed_before_q && !status.idle);
  end

  logic [1:0] place, unread;
  assign place  = (mem.address[5:4] - head_q) & mask_q;
  assign unread = (tail_q - head_q) & mask_q;

  always_comb begin
    if (rst_n) begin
      // A result for each record, and no other.
      if (result_valid) assert (waiting_q != '0 || (valid && ready));
      // What is stored is in memory when the tail passes it.
      assert (status.advance == (result_valid && result == RECORD_STORED));
      if (mine && result == RECORD_STORED) assert (stored_q[tail_q] == {high_w_q, low_w_q});
      // Inside the ring, in no place that software has not read, and never in the last free one.
      if (mem_valid) begin
        assert (mem.address[55:6] == {Ppn, 6'h0} && mem.address[3:0] == '0);
        assert ((mem.address[5:4] & ~mask_q) == '0);
        assert (place >= unread && place != mask_q);
        assert (mem.op == MEM_WRITE && mem.beats == 3'd1);
      end
      // Refused is what the registers tell of.
      if (result_valid && result != RECORD_STORED)
        assert (overflow_q || memory_fault_q || status.set_overflow || status.set_memory_fault ||
                failed_before_q);
      if (status.set_overflow) assert (unread == mask_q);
      assert (!(result_valid && result == RECORD_OFF));
    end
  end

endmodule
