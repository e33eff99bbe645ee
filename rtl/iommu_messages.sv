// SPDX-License-Identifier: Apache-2.0
//
// msi_cfg_tbl and the sender of interrupt messages; see iommu_interrupts.
//
// The table's addresses and data are in one memory of 4-byte low halves and one of the
// addresses' high halves, which registers and sender share. Masks are in flip-flops. A write
// takes one cycle, a read two, and one more if the sender is reading.

module iommu_messages
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  csr_req_t                 req_i,
  output logic                     ready_o,          // for an access to msi_cfg_tbl
  output logic         [63:0]      rdata_o,
  input  logic         [ 3:0]      rising_i,         // a cause wants a message
  input  logic         [ 3:0][3:0] icvec_i,
  input  fctl_t                    fctl_i,
  input  iommu_qosid_t             qosid_i,
  output logic                     mem_valid_o,
  input  logic                     mem_ready_i,
  output mem_req_t                 mem_o,
  output logic         [63:0]      mem_wdata_o,      // the 4 bytes, in both halves
  input  logic                     mem_rsp_valid_i,
  input  mem_rsp_t                 mem_rsp_i,
  output logic                     fault_valid_o,
  input  logic                     fault_ready_i,
  output fault_t                   fault_o,
  output logic                     idle_o            // nothing is to be sent that may be sent
);

  localparam int unsigned Causes = 4;
  localparam int unsigned Vectors = 2 ** Cfg.VectorBits;
  localparam int unsigned IndexBits = Cfg.VectorBits == 0 ? 1 : Cfg.VectorBits;
  localparam int unsigned HighBits = PhysicalBits - 32;

  typedef logic [3:0] vector_t;
  typedef logic [IndexBits-1:0] index_t;
  typedef logic [Vectors-1:0] vectors_t;

  typedef enum logic [2:0] {
    CLEAR,    // after reset: the table becomes zeros
    IDLE,     // choose a vector, read its address
    ADDRESS,  // it is there; read the data
    DATA,     // they are there
    REQUEST,  // to memory
    ANSWER,
    FAULT
  } state_e;

  state_e state_d, state_q;
  index_t vector_d, vector_q;
  logic [PhysicalBits-1:0] address_d, address_q;
  logic [31:0] data_d, data_q;
  logic [Causes-1:0] due_d, due_q;
  vectors_t pending_d, pending_q, masked_d, masked_q;
  logic looked_d, looked_q;  // the register access has read the table

  // --- the register access ----------------------------------------------------------------

  logic in_table, built, is_data, write, look, reading;
  vector_t accessed;

  assign in_table = req_i.valid && req_i.slot >= REG_MSI_ADDR[11:3] &&
                    req_i.slot < REG_MSI_ADDR[11:3] + 9'd32;
  assign accessed = req_i.slot[7:4];
  assign built = {1'b0, accessed} < 5'(Vectors);
  assign is_data = req_i.slot[3];
  assign write = in_table && req_i.write && built && state_q != CLEAR;
  assign reading = state_q == ADDRESS;
  assign look = in_table && !req_i.write && built && !looked_q && state_q != CLEAR && !reading;
  assign looked_d = look;
  assign ready_o = in_table && state_q != CLEAR && (req_i.write || !built || looked_q);

  // --- the table --------------------------------------------------------------------------

  logic   choose;
  index_t chosen;
  logic low_we, high_we;
  logic [IndexBits:0] low_waddr, low_raddr;  // vector, then address or data
  index_t                high_raddr;
  logic   [        31:0] low;
  logic   [HighBits-1:0] high;

  always_comb begin
    low_we    = write && req_i.half[0];
    high_we   = write && req_i.half[1] && !is_data;
    low_waddr = {index_t'(accessed), is_data};
    if (state_q == CLEAR) {low_we, high_we, low_waddr} = {2'b11, vector_q, data_q[0]};
    low_raddr  = {index_t'(accessed), is_data};
    high_raddr = index_t'(accessed);
    if (choose) begin
      low_raddr  = {chosen, 1'b0};
      high_raddr = chosen;
    end
    if (reading) low_raddr = {vector_q, 1'b1};
  end

  iommu_ram #(
    .Depth(2 ** (IndexBits + 1)),
    .Width(32)
  ) u_low (
    .clk_i,
    .we_i   (low_we),
    .waddr_i(low_waddr),
    .wdata_i(state_q == CLEAR ? '0 : {req_i.wdata[31:2], is_data ? req_i.wdata[1:0] : 2'b00}),
    .re_i   (1'b1),
    .raddr_i(low_raddr),
    .rdata_o(low)
  );

  iommu_ram #(
    .Depth(2 ** IndexBits),
    .Width(HighBits)
  ) u_high (
    .clk_i,
    .we_i   (high_we),
    .waddr_i(low_waddr[IndexBits:1]),
    .wdata_i(state_q == CLEAR ? '0 : req_i.wdata[PhysicalBits-1:32]),
    .re_i   (1'b1),
    .raddr_i(high_raddr),
    .rdata_o(high)
  );

  always_comb begin
    rdata_o = '0;
    if (in_table && looked_q)
      rdata_o = is_data ? {31'h0, masked_q[index_t'(accessed)], low} : 64'({high, low});
  end

  // --- what is to be sent -----------------------------------------------------------------

  always_comb begin
    masked_d = masked_q;
    if (write && is_data && req_i.half[1]) masked_d[index_t'(accessed)] = req_i.wdata[32];

    chosen = '0;
    for (int i = Vectors - 1; i >= 0; i--) if (pending_q[i] && !masked_q[i]) chosen = index_t'(i);
    choose    = state_q == IDLE && !look && !fctl_i.wsi && |(pending_q & ~masked_q);

    // A cause waits while an earlier one's message with the same vector is not on its way. One
    // is looked up at a time.
    pending_d = pending_q;
    due_d     = due_q;
    if (choose) pending_d[chosen] = 1'b0;
    for (int i = Causes - 1; i >= 0; i--) begin
      index_t vector;
      vector = index_t'(icvec_i[i]);
      if (due_q[i] && (masked_q[vector] || !pending_q[vector]) && (due_q & 4'(2 ** i - 1)) == '0)
      begin
        due_d[i]          = 1'b0;
        pending_d[vector] = 1'b1;
      end
    end
    due_d |= rising_i;
  end

  // --- the sender -------------------------------------------------------------------------

  always_comb begin
    state_d   = state_q;
    vector_d  = vector_q;
    address_d = address_q;
    data_d    = data_q;
    unique case (state_q)
      CLEAR: begin  // data and vector count
        data_d[0] = !data_q[0];
        if (data_q[0]) vector_d = vector_q + 1'b1;
        if (data_q[0] && &vector_q) state_d = IDLE;
      end
      IDLE:
      if (choose) begin
        vector_d = chosen;
        state_d  = ADDRESS;
      end
      ADDRESS: begin
        address_d = {high, low};
        state_d   = DATA;
      end
      DATA: begin
        data_d  = fctl_i.be ? {<<8{low}} : low;
        state_d = REQUEST;
      end
      REQUEST: if (mem_ready_i) state_d = ANSWER;
      ANSWER:  if (mem_rsp_valid_i) state_d = mem_rsp_i.status == MEM_OK ? IDLE : FAULT;
      default: if (fault_ready_i) state_d = IDLE;
    endcase
  end

  always_comb begin
    mem_valid_o     = state_q == REQUEST;
    mem_wdata_o     = {2{data_q}};
    mem_o           = '0;
    mem_o.op        = MEM_WRITE;
    mem_o.structure = STRUCT_MSI;
    mem_o.address   = address_q;
    mem_o.half      = 1'b1;
    mem_o.rcid      = qosid_i.rcid;
    mem_o.mcid      = qosid_i.mcid;

    fault_valid_o   = state_q == FAULT;
    fault_o         = '0;
    fault_o.cause   = CAUSE_MSI_WRITE_ACCESS_FAULT;
    fault_o.ttyp    = TTYP_NONE;
    fault_o.iotval  = 64'(address_q);
  end

  // While fctl.WSI is 1, what was to be sent stays here.
  assign idle_o = state_q == IDLE && (fctl_i.wsi || (due_q == '0 && (pending_q & ~masked_q) == '0));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= CLEAR;
      vector_q  <= '0;
      address_q <= '0;
      data_q    <= '0;
      due_q     <= '0;
      pending_q <= '0;
      masked_q  <= '0;
      looked_q  <= 1'b0;
    end else begin
      state_q   <= state_d;
      vector_q  <= vector_d;
      address_q <= address_d;
      data_q    <= data_d;
      due_q     <= due_d;
      pending_q <= pending_d;
      masked_q  <= masked_d;
      looked_q  <= looked_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    mem_valid_o && !mem_ready_i |=> mem_valid_o && $stable(
      mem_o
  ) && $stable(
      mem_wdata_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    fault_valid_o && !fault_ready_i |=> fault_valid_o && $stable(
      fault_o
  ));
  // nobody answers what was not asked
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    mem_rsp_valid_i |-> state_q == ANSWER && mem_rsp_i.last);
  // no cause is dropped: it is due until its vector is pending
  assert property (@(posedge clk_i) disable iff (!rst_ni) (rising_i & ~due_d) == '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) $countones(due_q & ~due_d) <= 1);
  assert property (@(posedge clk_i) disable iff (!rst_ni) state_q <= FAULT);
  // a masked vector does not begin
  assert property (@(posedge clk_i) disable iff (!rst_ni) choose |-> !masked_q[chosen]);
`endif

endmodule
