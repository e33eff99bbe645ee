// SPDX-License-Identifier: Apache-2.0
//
// Base, head, tail and CSR of one in-memory queue: the command queue, or one of those that
// the IOMMU writes. Their layouts agree but for two more error bits of the command queue, and
// for who owns which index.
//
// Enabling is done with the write. Disabling lasts until the unit is idle; meanwhile the CSR
// reads busy, and writes to it are ignored.

module iommu_queue_regs
  import iommu_reg_pkg::*;
  import iommu_csr_pkg::*;
#(
  parameter logic        Commands   = 1'b0,      // the command queue: software owns the tail
  parameter logic [11:0] BaseOffset = REG_FQB,
  parameter logic [11:0] HeadOffset = REG_FQH,
  parameter logic [11:0] CsrOffset  = REG_FQCSR
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  csr_req_t             req_i,
  input  logic                 wsi_i,       // fctl.WSI
  output logic          [63:0] rdata_o,     // zeros unless addressed
  input  queue_status_t        status_i,
  output queue_state_t         state_o,
  output logic                 interrupt_o  // what sets the queue's bit in ipsr
);

  // Error bits as in bits 11:8 of cqcsr. Bit 9 of fqcsr and pqcsr is the overflow.
  localparam int unsigned StickyBits = Commands ? 4 : 2;
  localparam int unsigned Overflow = 1;
  localparam int unsigned MemoryFault = 0;

  typedef logic [StickyBits-1:0] sticky_t;

  cqb_t base_d, base_q;
  logic [31:0] own_d, own_q;  // the index that the unit moves
  logic [31:0] software_d, software_q;  // the one that software moves
  logic enable_d, enable_q, on_d, on_q, interrupt_d, interrupt_q;
  sticky_t sticky_d, sticky_q, set;

  logic [31:0] mask;
  logic write_base, write_index, write_csr, busy;
  logic [31:0] index_data, csr_data;
  cqcsr_t csr;

  // An index has as many bits as LOG2SZ.
  assign mask = ~(32'hffff_fffe << base_q.log2sz_1);

  if (Commands) begin : g_command_bits
    assign set = {
      status_i.set_fence, status_i.set_illegal, status_i.set_timeout, status_i.set_memory_fault
    };
  end else begin : g_record_bits
    assign set = {status_i.set_overflow, status_i.set_memory_fault};
  end

  // --- writing ----------------------------------------------------------------------------

  assign write_base  = csr_selects(req_i, BaseOffset) && req_i.write;
  assign write_index = csr_selects(req_i, HeadOffset) && req_i.write && req_i.half[Commands];
  assign write_csr   = csr_selects(req_i, CsrOffset) && req_i.write && req_i.half[CsrOffset[2]];
  assign index_data  = Commands ? req_i.wdata[63:32] : req_i.wdata[31:0];
  assign csr_data    = CsrOffset[2] ? req_i.wdata[63:32] : req_i.wdata[31:0];
  assign busy        = on_q != enable_q;

  always_comb begin
    base_d      = base_q;
    own_d       = own_q;
    software_d  = software_q & mask;  // a smaller queue has fewer bits
    enable_d    = enable_q;
    interrupt_d = interrupt_q;
    sticky_d    = sticky_q;

    if (write_base) begin
      base_d                = cqb_t'(csr_merge(base_q, req_i));
      base_d.reserved_63_54 = '0;
      base_d.reserved_9_5   = '0;
    end
    if (write_index) software_d = index_data & mask;
    if (status_i.advance) own_d = (own_q + 32'd1) & mask;
    if (write_csr && !busy) begin
      enable_d    = csr_data[0];
      interrupt_d = csr_data[1];
      sticky_d    = sticky_q & ~csr_data[8+:StickyBits];
      if (csr_data[0] && !enable_q) begin
        sticky_d = '0;
        own_d    = '0;
      end
    end
    // What happens in the same cycle comes after the write.
    sticky_d |= set;
    if (Commands && !wsi_i) sticky_d[StickyBits-1] = 1'b0;  // without wires there is no fence_w_ip
    on_d = enable_d || (on_q && (enable_q || !status_i.idle));
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      base_q      <= '0;
      own_q       <= '0;
      software_q  <= '0;
      enable_q    <= 1'b0;
      on_q        <= 1'b0;
      interrupt_q <= 1'b0;
      sticky_q    <= '0;
    end else begin
      base_q      <= base_d;
      own_q       <= own_d;
      software_q  <= software_d;
      enable_q    <= enable_d;
      on_q        <= on_d;
      interrupt_q <= interrupt_d;
      sticky_q    <= sticky_d;
    end
  end

  // --- reading ----------------------------------------------------------------------------

  always_comb begin
    state_o = '0;
    state_o.ppn = base_q.ppn;
    state_o.mask = mask;
    state_o.head = Commands ? own_q : software_q;
    state_o.tail = Commands ? software_q : own_q;
    state_o.enable = enable_q;
    state_o.on = on_q;
    state_o.memory_fault = sticky_q[MemoryFault];
    state_o.overflow = !Commands && sticky_q[Overflow];
    state_o.stopped = Commands ? |sticky_q[StickyBits-2:0] : |sticky_q;  // not fence_w_ip

    csr = '0;
    csr.cqen = enable_q;
    csr.cie = interrupt_q;
    csr.cqon = on_q;
    csr.busy = busy;
    {csr.fence_w_ip, csr.cmd_ill, csr.cmd_to, csr.cqmf} = 4'(sticky_q);

    rdata_o = '0;
    if (csr_selects(req_i, BaseOffset)) rdata_o = base_q;
    if (csr_selects(req_i, HeadOffset)) rdata_o = {state_o.tail, state_o.head};
    if (csr_selects(req_i, CsrOffset)) rdata_o = CsrOffset[2] ? {csr, 32'h0} : {32'h0, csr};
  end

  // What is there already, by the enable as it was; what comes now, after the write.
  assign interrupt_o = (interrupt_q && |sticky_q) ||
                       (interrupt_d && (|set || (!Commands && status_i.advance)));

`ifndef SYNTHESIS
  // Indices lie within the queue; what is off does nothing.
  assert property (@(posedge clk_i) disable iff (!rst_ni) status_i.advance || |set |-> on_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni) enable_q |-> on_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni) !write_base |=> (software_q & ~$past(
      mask
  )) == '0);
  // An error is never lost: it shows in the next cycle.
  assert property (@(posedge clk_i) disable iff (!rst_ni) |set |=> (sticky_q & $past(set)) != '0);
`endif

endmodule
