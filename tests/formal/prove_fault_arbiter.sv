// SPDX-License-Identifier: Apache-2.0
//
// iommu_fault_arbiter: a record that is taken comes out next, once, as it was; nothing else comes
// out; and a source waits for each other source once at most.

module prove_fault_arbiter
  import iommu_pkg::*;
#(
  localparam int unsigned Sources = 3
) (
  input logic                 clk_i,
  input logic   [Sources-1:0] valid_i,
  input fault_t [Sources-1:0] fault_i,
  input logic                 ready_i
);

  logic rst_n = 1'b0;
  always_ff @(posedge clk_i) rst_n <= 1'b1;

  logic   [Sources-1:0] ready;
  logic                 record_valid;
  fault_t               record;

  iommu_fault_arbiter #(
    .Sources(Sources)
  ) u_dut (
    .clk_i,
    .rst_ni        (rst_n),
    .fault_valid_i (valid_i),
    .fault_ready_o (ready),
    .fault_i,
    .record_valid_o(record_valid),
    .record_ready_i(ready_i),
    .record_o      (record)
  );

  logic   [Sources-1:0]              taken;
  fault_t                            taken_fault;
  logic                              due_q;  // a record is taken and has not come out
  fault_t                            due_fault_q;
  // What each source, offering all the time, has seen others served since.
  logic   [Sources-1:0][Sources-1:0] overtaken_q;

  always_comb begin
    taken       = valid_i & ready;
    taken_fault = '0;
    for (int unsigned i = 0; i < Sources; i++) if (taken[i]) taken_fault = fault_i[i];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      due_q       <= 1'b0;
      due_fault_q <= '0;
      overtaken_q <= '0;
    end else begin
      if (taken != '0) due_fault_q <= taken_fault;
      due_q <= taken != '0 || (due_q && !ready_i);
      for (int unsigned i = 0; i < Sources; i++)
      overtaken_q[i] <= valid_i[i] && !taken[i] ? overtaken_q[i] | taken : '0;
    end
  end

  always_comb begin
    if (rst_n) begin
      assert ($onehot0(taken));
      assert (record_valid == due_q);
      if (due_q) assert (record == due_fault_q);
      // Room is made before it is used.
      if (due_q) assert (taken == '0);
      if (!due_q && valid_i != '0) assert (taken != '0);
      for (int unsigned i = 0; i < Sources; i++)
      assert ((overtaken_q[i] & taken) == '0 || !valid_i[i] || taken[i]);
    end
  end

endmodule
