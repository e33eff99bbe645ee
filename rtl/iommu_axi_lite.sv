// SPDX-License-Identifier: Apache-2.0
//
// The programming port: an AXI4-Lite subordinate of 32 or 64 data bits, which hands one
// access at a time to the registers.
//
// Only whole 4-byte words have an effect: a word of which some strobes are missing is not
// written. An address that is not a multiple of 4 reads zeros and writes nothing. Answers are
// always OKAY, since an error would tell a processor nothing that it could act on: reserved
// addresses read zeros, as the specification wants. AxPROT is not looked at.

module iommu_axi_lite
  import iommu_csr_pkg::*;
#(
  parameter int unsigned DataWidth = 64  // 32 or 64
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  // the bus
  input  logic                       awvalid_i,
  output logic                       awready_o,
  input  logic     [           11:0] awaddr_i,
  input  logic                       wvalid_i,
  output logic                       wready_o,
  input  logic     [  DataWidth-1:0] wdata_i,
  input  logic     [DataWidth/8-1:0] wstrb_i,
  output logic                       bvalid_o,
  input  logic                       bready_i,
  output logic     [            1:0] bresp_o,
  input  logic                       arvalid_i,
  output logic                       arready_o,
  input  logic     [           11:0] araddr_i,
  output logic                       rvalid_o,
  input  logic                       rready_i,
  output logic     [  DataWidth-1:0] rdata_o,
  output logic     [            1:0] rresp_o,
  output logic                       busy_o,     // an access has come whole, and is not answered
  // the registers
  output csr_req_t                   req_o,
  input  csr_rsp_t                   rsp_i
);

  localparam logic [1:0] Okay = 2'b00;

  if (DataWidth != 32 && DataWidth != 64) begin : g_illegal
    $error("DataWidth must be 32 or 64");
  end

  typedef enum logic [1:0] {
    IDLE,
    READ,
    WRITE
  } state_e;

  // One of each that came in and is not done, and the answers. A read's place for its answer
  // is free when it starts, and so is a write's.
  typedef struct packed {
    state_e                 state;
    logic                   wrote;    // the last access was a write: reads go first now
    logic                   aw_full;
    logic                   w_full;
    logic                   ar_full;
    logic                   b_full;
    logic                   r_full;
    logic [11:0]            aw_addr;
    logic [11:0]            ar_addr;
    logic [DataWidth-1:0]   w_data;
    logic [DataWidth/8-1:0] w_strb;
    logic [DataWidth-1:0]   r_data;
  } state_t;

  localparam state_t Reset = '{state: IDLE, default: '0};

  state_t d, q;
  logic can_read, can_write;
  logic ar_misaligned, aw_misaligned;
  logic [          1:0] half;
  logic [         63:0] wdata;
  logic [DataWidth-1:0] rdata;

  assign ar_misaligned = q.ar_addr[1:0] != '0;
  assign aw_misaligned = q.aw_addr[1:0] != '0;

  if (DataWidth == 64) begin : g_wide
    assign half  = {&q.w_strb[7:4], &q.w_strb[3:0]};
    assign wdata = q.w_data;
    assign rdata = rsp_i.rdata;
  end else begin : g_narrow
    assign half  = {q.aw_addr[2], !q.aw_addr[2]} & {2{&q.w_strb}};
    assign wdata = {2{q.w_data}};
    assign rdata = q.ar_addr[2] ? rsp_i.rdata[63:32] : rsp_i.rdata[31:0];
  end

  always_comb begin
    req_o       = '0;
    req_o.wdata = wdata;
    req_o.slot  = q.ar_addr[11:3];
    if (q.state == READ) req_o.valid = 1'b1;
    if (q.state == WRITE) begin
      req_o.valid = 1'b1;
      req_o.write = 1'b1;
      req_o.slot  = q.aw_addr[11:3];
      req_o.half  = aw_misaligned ? 2'b00 : half;
    end
  end

  always_comb begin
    d = q;
    if (awvalid_i && awready_o) {d.aw_full, d.aw_addr} = {1'b1, awaddr_i};
    if (wvalid_i && wready_o) {d.w_full, d.w_data, d.w_strb} = {1'b1, wdata_i, wstrb_i};
    if (arvalid_i && arready_o) {d.ar_full, d.ar_addr} = {1'b1, araddr_i};
    if (bready_i) d.b_full = 1'b0;
    if (rready_i) d.r_full = 1'b0;

    can_read  = q.ar_full && !q.r_full;
    can_write = q.aw_full && q.w_full && !q.b_full;
    unique case (q.state)
      IDLE: begin
        if (can_read && (q.wrote || !can_write)) d.state = READ;
        else if (can_write) d.state = WRITE;
      end
      READ:
      if (rsp_i.ready) begin
        d.state   = IDLE;
        d.wrote   = 1'b0;
        d.ar_full = 1'b0;
        d.r_full  = 1'b1;
        d.r_data  = ar_misaligned ? '0 : rdata;
      end
      default:
      if (rsp_i.ready) begin
        d.state   = IDLE;
        d.wrote   = 1'b1;
        d.aw_full = 1'b0;
        d.w_full  = 1'b0;
        d.b_full  = 1'b1;
      end
    endcase
  end

  assign awready_o = !q.aw_full;
  assign wready_o  = !q.w_full;
  assign arready_o = !q.ar_full;
  assign bvalid_o  = q.b_full;
  assign bresp_o   = Okay;
  assign rvalid_o  = q.r_full;
  assign rdata_o   = q.r_data;
  assign rresp_o   = Okay;
  assign busy_o    = q.ar_full || (q.aw_full && q.w_full) || q.r_full || q.b_full;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) q <= Reset;
    else q <= d;
  end

`ifndef SYNTHESIS
  // an answer that waits stays as it is
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    rvalid_o && !rready_i |=> rvalid_o && $stable(
      rdata_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni) bvalid_o && !bready_i |=> bvalid_o);
  // an access that waits stays as it is; done, it goes away for at least a cycle
  assert property (@(posedge clk_i) disable iff (!rst_ni) req_o.valid && !rsp_i.ready |=> $stable(
      {req_o.valid, req_o.write, req_o.slot, req_o.half}
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    req_o.valid && req_o.write && !rsp_i.ready |=> $stable(
      req_o.wdata
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    req_o.valid && rsp_i.ready |=> !req_o.valid);
  assert property (@(posedge clk_i) disable iff (!rst_ni) q.state <= WRITE);
`endif

endmodule
