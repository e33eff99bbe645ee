// SPDX-License-Identifier: Apache-2.0
//
// The retirement trace: watches the IOMMU and tells what has taken effect, in order, a cycle
// later. For simulation only: it is there with the macro IOMMU_TRACE, and nothing of the
// design depends on it.
//
// Lanes, in the order in which the events of a cycle count: for each port reads and then
// writes, two each (accesses that leave, those that do not); debug interface, messages to
// devices, faults, fault queue, page-request queue, commands.

`ifdef IOMMU_TRACE
module iommu_trace
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_port_pkg::*;
  import iommu_queue_pkg::*;
  import iommu_trace_pkg::*;
#(
  parameter  config_t     Cfg   = ConfigBase,
  localparam int unsigned P     = Cfg.Ports,
  localparam int unsigned Lanes = 4 * P + 6
) (
  input  logic                                  clk_i,
  input  logic                                  rst_ni,
  // device ports: [2p] reads, [2p + 1] writes
  input  logic           [  2*P-1:0]            ax_taken_i,      // AR, AW of the device
  input  axi_ax_t        [  2*P-1:0]            ax_i,
  input  mmu_t           [  2*P-1:0]            mmu_i,
  input  logic           [  2*P-1:0]            out_valid_i,     // AR, AW to memory
  input  logic           [  2*P-1:0]            out_ready_i,
  input  out_ax_t        [  2*P-1:0]            out_i,
  input  logic           [  2*P-1:0]            refused_i,       // a request goes the other way
  input  refusal_t       [  2*P-1:0]            refusal_i,
  // debug interface, messages
  input  xlate_req_t                            debug_req_i,
  input  debug_rsp_t                            debug_i,
  input  logic                                  message_sent_i,
  input  ats_response_t                         message_i,
  // faults, records: [0] fault queue, [1] page-request queue
  input  logic                                  fault_taken_i,
  input  fault_t                                fault_i,
  input  logic           [      1:0]            record_taken_i,
  input  logic           [      1:0][3:0][63:0] record_i,
  input  logic           [      1:0]            result_valid_i,
  input  record_result_e [      1:0]            result_i,
  input  queue_state_t   [      1:0]            queue_i,
  // command queue
  input  queue_status_t                         cq_status_i,
  input  queue_state_t                          cq_i,
  input  cmd_t                                  command_i,
  output trace_event_t   [Lanes-1:0]            trace_o
);

  // This is a program, not hardware.
  // verilator lint_off BLKSEQ

  trace_event_t [Lanes-1:0] seen;

  // --- device ports ---------------------------------------------------------------------------

  // Requests that are neither on their way to memory nor refused, in the order in which they
  // came. Those of one ID leave in that order.
  typedef struct packed {
    axi_ax_t ax;
    mmu_t    mmu;
  } taken_t;

  for (genvar d = 0; d < int'(2 * P); d++) begin : g_direction
    taken_t waiting                                           [$];
    logic   shown;  // what is offered to memory has been told

    function automatic trace_event_t leaves(axi_id_t id, trace_kind_e kind);
      trace_event_t told = '0;
      ask_t         ask;
      for (int i = 0; i < waiting.size(); i++) begin
        if (waiting[i].ax.id == id) begin
          ask             = ask_of(waiting[i].ax, waiting[i].mmu, d % 2 != 0);
          told.valid      = 1'b1;
          told.kind       = kind;
          told.port       = 2'(d / 2);
          told.write      = d % 2 != 0;
          told.id         = id;
          told.identity   = ask.identity;
          told.translated = ask.translated;
          told.access     = ask.access;
          told.iova       = waiting[i].ax.addr;
          waiting.delete(i);
          return told;
        end
      end
      $error("iommu_trace: what leaves has not come");
      return told;
    endfunction

    trace_event_t access, other;

    always @(posedge clk_i) begin
      access = '0;
      other  = '0;
      if (!rst_ni) begin
        waiting.delete();
        shown = 1'b0;
      end else begin
        if (out_valid_i[d] && !shown) begin
          access      = leaves(out_i[d].id, TRACE_ACCESS);
          access.spa  = 64'(out_i[d].addr);
          access.user = out_i[d].user;
        end
        shown = out_valid_i[d] && !out_ready_i[d];
        if (refused_i[d]) begin
          other       = leaves(refusal_i[d].id, refusal_i[d].mrif ? TRACE_MRIF : TRACE_REFUSAL);
          other.fault = !refusal_i[d].mrif;
          if (refusal_i[d].mrif) other.spa = 64'({refusal_i[d].request.mrif.address, 9'h0});
        end
        if (ax_taken_i[d]) waiting.push_back('{ax_i[d], mmu_i[d]});
      end
      seen[2*d]   <= access;
      seen[2*d+1] <= other;
    end
  end

  // --- debug interface, messages, faults ------------------------------------------------------

  trace_event_t debug, message, fault, command;

  always_comb begin
    debug = '0;
    debug.valid = debug_i.valid;
    debug.kind = TRACE_DEBUG;
    debug.identity = debug_req_i.identity;
    debug.access = debug_req_i.access;
    debug.iova = debug_req_i.iova;
    debug.fault = debug_i.fault;
    debug.spa = 64'({debug_i.ppn, 11'h0, debug_i.s});
    debug.user = '{pbmt: debug_i.pbmt, default: '0};

    message = '0;
    message.valid = message_sent_i;
    message.kind = TRACE_ATS;
    message.message = message_i;

    fault = '0;
    fault.valid = fault_taken_i;
    fault.kind = TRACE_FAULT;
    fault.identity = fault_i.identity;
    fault.iova = fault_i.iotval;
    fault.fault = 1'b1;
    fault.cause = fault_i.cause;
    fault.ttyp = fault_i.ttyp;
    fault.words = fault_record(fault_i);

    command = '0;
    command.valid    = cq_status_i.advance || cq_status_i.set_memory_fault ||
                      cq_status_i.set_illegal || cq_status_i.set_timeout;
    command.kind = TRACE_COMMAND;
    command.of_queue = TRACE_CQ;
    command.index = cq_i.head;
    command.command  = cq_status_i.set_memory_fault ? COMMAND_MEMORY_FAULT
                      : cq_status_i.set_illegal ? COMMAND_BAD
                      : cq_status_i.set_timeout ? COMMAND_TIMED_OUT : COMMAND_DONE;
    command.words = 256'(command_i);
  end

  always_ff @(posedge clk_i) begin
    seen[4*P]   <= rst_ni ? debug : '0;
    seen[4*P+1] <= rst_ni ? message : '0;
    seen[4*P+2] <= rst_ni ? fault : '0;
    seen[4*P+5] <= rst_ni ? command : '0;
  end

  // --- records --------------------------------------------------------------------------------

  for (genvar q = 0; q < 2; q++) begin : g_queue
    logic         [3:0][63:0] waiting[$];
    trace_event_t             record;

    always @(posedge clk_i) begin
      record = '0;
      if (!rst_ni) begin
        waiting.delete();
      end else begin
        if (record_taken_i[q]) waiting.push_back(record_i[q]);
        if (result_valid_i[q]) begin
          record.valid    = 1'b1;
          record.kind     = TRACE_RECORD;
          record.of_queue = q == 0 ? TRACE_FQ : TRACE_PQ;
          record.index    = queue_i[q].tail;
          record.record   = result_i[q];
          record.words    = waiting.pop_front();
        end
      end
      seen[4*P+3+q] <= record;
    end
  end

  // --- order ----------------------------------------------------------------------------------

  logic [63:0] count_d, count_q;

  always_comb begin
    count_d = count_q;
    trace_o = seen;
    for (int unsigned i = 0; i < Lanes; i++) begin
      if (seen[i].valid) begin
        trace_o[i].order = count_d;
        count_d++;
      end
    end
  end

  always_ff @(posedge clk_i) count_q <= rst_ni ? count_d : '0;

  // verilator lint_on BLKSEQ

endmodule
`endif
