// SPDX-License-Identifier: Apache-2.0
//
// Accesses of devices to pages that a memory-resident interrupt file stands for ("MSI PTE,
// MRIF mode"). What is not an aligned access of 4 bytes is aborted. A read gives zeros. A write
// whose data is an interrupt identity, in the byte order that bit 2 of its address names, sets
// that identity's pending bit with an atomic OR; once memory has answered, the notice MSI goes
// out, whether the interrupt is enabled or not. Any other write is accepted and discarded.
//
// The doublewords of an MRIF and the notice are little-endian, whatever fctl.BE says.
//
// One access at a time; ports take turns. Its fault records are handed over before its answer:
// that of the access itself unless DTF is set, and that of a notice that memory refused (273),
// which is not the access's own fault.

module iommu_mrif
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
#(
  parameter config_t     Cfg   = ConfigFull,
  parameter int unsigned Ports = Cfg.Ports
) (
  input logic clk_i,
  input logic rst_ni,
  // device ports
  input logic [Ports-1:0] req_valid_i,
  output logic [Ports-1:0] req_ready_o,
  input mrif_req_t [Ports-1:0] req_i,
  output logic [Ports-1:0] rsp_valid_o,  // one cycle, once for each request
  output logic rsp_ok_o,  // else the access is aborted; a read gives zeros
  // fault queue
  output logic fault_valid_o,
  input logic fault_ready_i,
  output fault_t fault_o,
  // memory
  output logic mem_valid_o,
  input logic mem_ready_i,
  output mem_req_t mem_o,
  output logic mem_wdata_valid_o,
  input logic mem_wdata_ready_i,
  output logic [63:0] mem_wdata_o,
  input logic mem_rsp_valid_i,
  input mem_rsp_t mem_rsp_i,
  output logic idle_o
);

  typedef logic [Ports-1:0] ports_t;

  typedef enum logic [2:0] {
    IDLE,
    DECIDE,       // what kind of access is it?
    SET,          // the pending bit: the atomic goes out
    SET_DONE,     // and is answered
    NOTICE,       // the notice goes out
    NOTICE_DONE,
    REPORT,       // the fault record goes to the queue
    ANSWER
  } state_e;

  state_e state_d, state_q;
  ports_t owner_d, owner_q, later_d, later_q, asks, choice;
  mrif_req_t req_d, req_q;
  cause_e cause_d, cause_q;
  logic ok_d, ok_q, seen;

  // --- whose turn ---------------------------------------------------------------------------

  always_comb begin
    asks   = (req_valid_i & later_q) != '0 ? req_valid_i & later_q : req_valid_i;
    choice = '0;
    seen   = 1'b0;
    for (int unsigned i = 0; i < Ports; i++) begin
      choice[i] = asks[i] && !seen;
      seen      = seen || asks[i];
    end
    req_ready_o = state_q == IDLE ? choice : '0;
  end

  // --- the access ---------------------------------------------------------------------------

  logic big_endian, interrupt;
  logic [31:0] identity;

  always_comb begin
    big_endian = req_q.iova[2];
    identity   = big_endian ? {req_q.data[7:0], req_q.data[15:8], req_q.data[23:16],
                               req_q.data[31:24]} : req_q.data;
    // Is this an MSI? Pages are the same in IOVAs and guest physical addresses.
    interrupt  = req_q.write && req_q.iova[11:3] == '0 && identity[31:11] == '0 &&
                 (!big_endian || Cfg.BothEndian);
  end

  logic req_valid, req_ready;

  always_comb begin
    state_d = state_q;
    owner_d = owner_q;
    later_d = later_q;
    req_d   = req_q;
    cause_d = cause_q;
    ok_d    = ok_q;

    unique case (state_q)
      IDLE:
      if (choice != '0) begin
        state_d = DECIDE;
        owner_d = choice;
        req_d   = '0;
        for (int unsigned i = 0; i < Ports; i++) begin
          req_d |= choice[i] ? req_i[i] : '0;
          later_d[i] = i == 0 ? 1'b0 : later_d[i-1] || choice[i-1];
        end
      end
      DECIDE: begin
        ok_d = 1'b1;
        if (!req_q.word) begin
          ok_d    = 1'b0;
          cause_d = CAUSE_TRANS_TYPE_DISALLOWED;
        end else if (req_q.iova[1:0] != '0) begin
          ok_d = 1'b0;
          cause_d = req_q.access == ACCESS_WRITE ? CAUSE_WRITE_ADDR_MISALIGNED
                                                 : CAUSE_READ_ADDR_MISALIGNED;
        end
        if (!ok_d) state_d = req_q.dtf ? ANSWER : REPORT;
        else state_d = interrupt ? SET : ANSWER;
      end
      SET:     if (req_ready) state_d = SET_DONE;
      SET_DONE:
      if (mem_rsp_valid_i) begin
        state_d = NOTICE;
        if (mem_rsp_i.status != MEM_OK) begin
          ok_d = 1'b0;
          cause_d = mem_rsp_i.status == MEM_POISON ? CAUSE_MSI_MRIF_DATA_CORRUPTION
                                                   : CAUSE_MRIF_ACCESS_FAULT;
          state_d = req_q.dtf ? ANSWER : REPORT;
        end
      end
      NOTICE:  if (req_ready) state_d = NOTICE_DONE;
      NOTICE_DONE:
      if (mem_rsp_valid_i) begin
        cause_d = CAUSE_MSI_WRITE_ACCESS_FAULT;
        state_d = mem_rsp_i.status == MEM_OK ? ANSWER : REPORT;
      end
      REPORT:  if (fault_ready_i) state_d = ANSWER;
      default: state_d = IDLE;  // ANSWER
    endcase
  end

  assign rsp_valid_o = state_q == ANSWER ? owner_q : '0;
  assign rsp_ok_o    = ok_q;
  assign idle_o      = state_q == IDLE;

  // --- fault --------------------------------------------------------------------------------

  function automatic ttyp_e ttyp_of(logic translated, access_e access);
    unique case (access)
      ACCESS_EXECUTE: return translated ? TTYP_TRANSLATED_EXEC : TTYP_UNTRANSLATED_EXEC;
      ACCESS_WRITE:   return translated ? TTYP_TRANSLATED_WRITE : TTYP_UNTRANSLATED_WRITE;
      default:        return translated ? TTYP_TRANSLATED_READ : TTYP_UNTRANSLATED_READ;
    endcase
  endfunction

  logic [PhysicalBits-1:0] notice_address;
  assign notice_address = {req_q.mrif.nppn, 12'h0};

  always_comb begin
    fault_o = '{
        cause: cause_q,
        ttyp: ttyp_of(req_q.translated, req_q.access),
        identity: req_q.identity,
        iotval: req_q.iova,
        iotval2: '0
    };
    if (cause_q == CAUSE_MSI_WRITE_ACCESS_FAULT) begin
      fault_o.ttyp     = TTYP_NONE;
      fault_o.identity = '0;
      fault_o.iotval   = 64'(notice_address);
    end
  end

  assign fault_valid_o = state_q == REPORT;

  // --- memory -------------------------------------------------------------------------------

  mem_req_t        mem;
  logic     [63:0] wdata;

  always_comb begin
    mem      = '0;
    mem.rcid = req_q.rcid;
    mem.mcid = req_q.mcid;
    if (state_q == NOTICE) begin
      mem.op        = MEM_WRITE;
      mem.structure = STRUCT_NOTICE;
      mem.address   = notice_address;
      mem.half      = 1'b1;
      wdata         = 64'(req_q.mrif.nid);
    end else begin
      mem.op        = MEM_OR;
      mem.structure = STRUCT_MRIF;
      // Pending and enable bits of 64 identities lie side by side.
      mem.address   = {req_q.mrif.address, identity[10:6], 4'h0};
      wdata         = 64'd1 << identity[5:0];
    end
  end

  assign req_valid = state_q inside {SET, NOTICE};

  iommu_write_beats #(
    .Beats(1)
  ) u_beats (
    .clk_i,
    .rst_ni,
    .req_valid_i  (req_valid),
    .req_ready_o  (req_ready),
    .req_i        (mem),
    .data_i       (wdata),
    .req_valid_o  (mem_valid_o),
    .req_ready_i  (mem_ready_i),
    .req_o        (mem_o),
    .wdata_valid_o(mem_wdata_valid_o),
    .wdata_ready_i(mem_wdata_ready_i),
    .wdata_o      (mem_wdata_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      owner_q <= '0;
      later_q <= '0;
      req_q   <= '0;
      cause_q <= CAUSE_TRANS_TYPE_DISALLOWED;
      ok_q    <= 1'b0;
    end else begin
      state_q <= state_d;
      owner_q <= owner_d;
      later_q <= later_d;
      req_q   <= req_d;
      cause_q <= cause_d;
      ok_q    <= ok_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    mem_rsp_valid_i |-> state_q inside {SET_DONE, NOTICE_DONE});
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    fault_valid_o && !fault_ready_i |=> fault_valid_o && $stable(
      fault_o
  ));
  // A page of an MSI is not executable, so that the walker has answered a fault.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    state_q == DECIDE |-> req_q.access != ACCESS_EXECUTE);
`endif

endmodule
