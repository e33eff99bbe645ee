// SPDX-License-Identifier: Apache-2.0
//
// From a unit that offers a request and all of its write data at once to the memory's ports,
// where data follows beat by beat. The data is kept here, so that the unit may go on as soon
// as its request is taken. Reads pass by.

module iommu_write_beats
  import iommu_pkg::*;
#(
  parameter int unsigned Beats = 1
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  // the unit
  input  logic                       req_valid_i,
  output logic                       req_ready_o,
  input  mem_req_t                   req_i,
  input  logic     [Beats-1:0][63:0] data_i,         // of writes and atomics, first beat in [0]
  // iommu_memory
  output logic                       req_valid_o,
  input  logic                       req_ready_i,
  output mem_req_t                   req_o,
  output logic                       wdata_valid_o,
  input  logic                       wdata_ready_i,
  output logic     [     63:0]       wdata_o
);

  localparam int unsigned IndexBits = Beats > 1 ? $clog2(Beats) : 1;

  logic [Beats-1:0][63:0] data_q;
  logic [IndexBits-1:0] next_d, next_q;  // beat to go
  logic [3:0] left_d, left_q;  // beats
  logic write, free, load;

  assign write         = req_i.op != MEM_READ;
  assign free          = left_q == '0;
  assign req_valid_o   = req_valid_i && (!write || free);
  assign req_ready_o   = req_ready_i && (!write || free);
  assign req_o         = req_i;
  assign wdata_valid_o = !free;
  assign wdata_o       = data_q[next_q];
  assign load          = req_valid_o && req_ready_i && write;

  always_comb begin
    next_d = next_q;
    left_d = left_q;
    if (wdata_valid_o && wdata_ready_i) begin
      left_d = left_q - 4'd1;
      next_d = next_q + 1'b1;
    end
    if (load) begin
      left_d = 4'(req_i.beats) + 4'd1;
      next_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_q <= '0;
      left_q <= '0;
    end else begin
      next_q <= next_d;
      left_q <= left_d;
    end
  end

  always_ff @(posedge clk_i) if (load) data_q <= data_i;

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(left_q) <= Beats);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    req_valid_i && write |-> 32'(req_i.beats) < Beats);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    wdata_valid_o && !wdata_ready_i |=> wdata_valid_o && $stable(
      wdata_o
  ));
`endif

endmodule
