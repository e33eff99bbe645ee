// SPDX-License-Identifier: Apache-2.0
//
// A queue that the IOMMU writes: the fault queue, or the page-request queue. Several stores are
// under way at once; the tail moves on, and with it an interrupt is raised, when the store
// before it has been answered. No record is dropped but as the specification has it: the
// queue is off, full, or met a memory fault.

module iommu_record_queue
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_queue_pkg::*;
#(
  parameter config_t     Cfg       = ConfigBase,
  parameter int unsigned Words     = 4,           // doublewords per record: 4, or 2
  parameter structure_e  Structure = STRUCT_FQ
) (
  input  logic                             clk_i,
  input  logic                             rst_ni,
  // registers
  input  queue_state_t                     state_i,
  output queue_status_t                    status_o,
  input  fctl_t                            fctl_i,
  input  iommu_qosid_t                     qosid_i,
  // records, doubleword 0 in [0]; stable until they are taken
  input  logic                             record_valid_i,
  output logic                             record_ready_o,
  input  logic           [Words-1:0][63:0] record_i,
  // what became of them, in their order; one cycle each
  output logic                             result_valid_o,
  output record_result_e                   result_o,
  // memory
  output logic                             mem_valid_o,
  input  logic                             mem_ready_i,
  output mem_req_t                         mem_o,
  output logic                             mem_wdata_valid_o,
  input  logic                             mem_wdata_ready_i,
  output logic           [     63:0]       mem_wdata_o,
  input  logic                             mem_rsp_valid_i,
  input  mem_rsp_t                         mem_rsp_i
);

  localparam int unsigned RecordLog2 = $clog2(Words * 8);
  localparam logic [3:0] MaxFlying = 4'd15;

  if (Words != 2 && Words != 4) begin : g_words
    $error("iommu_record_queue: a record has 2 or 4 doublewords");
  end

  typedef enum logic {
    DECIDE,  // does the queue take the record?
    SEND     // it does: to memory
  } phase_e;

  phase_e phase_d, phase_q;
  logic [31:0] index_d, index_q, index, next_index;  // where the record goes
  logic [3:0] flying_d, flying_q;  // stores without an answer
  logic failed_d, failed_q;  // one of these failed: the others are void
  logic alone, full, sent, refuse, stored, failing;
  logic req_valid, req_ready;

  record_result_e refusal;

  // --- records ------------------------------------------------------------------------------

  always_comb begin
    alone      = flying_q == '0;
    index      = alone && phase_q == DECIDE ? state_i.tail : index_q;
    next_index = (index + 32'd1) & state_i.mask;
    full       = next_index == state_i.head;

    phase_d    = phase_q;
    index_d    = index_q;
    refuse     = 1'b0;
    refusal    = RECORD_OFF;

    unique case (phase_q)
      DECIDE:
      if (record_valid_i) begin
        index_d = index;
        if (state_i.enable && !state_i.stopped && !full) begin
          if (alone || (!failed_q && flying_q != MaxFlying)) phase_d = SEND;
        end else if (alone) begin
          // What speaks against it holds for certain: all records before it are done.
          refuse = 1'b1;
          if (state_i.enable) refusal = state_i.memory_fault ? RECORD_MEMORY_FAULT : RECORD_FULL;
        end
      end
      SEND: begin
        if (req_ready) begin
          phase_d = DECIDE;
          index_d = next_index;
        end
      end
      default: phase_d = DECIDE;
    endcase
  end

  assign req_valid      = phase_q == SEND;
  assign sent           = req_valid && req_ready;
  assign record_ready_o = refuse || sent;

  // --- answers ------------------------------------------------------------------------------

  always_comb begin
    stored                    = mem_rsp_valid_i && !failed_q && mem_rsp_i.status == MEM_OK;
    failing                   = mem_rsp_valid_i && !failed_q && mem_rsp_i.status != MEM_OK;
    flying_d                  = flying_q + 4'(sent) - 4'(mem_rsp_valid_i);
    failed_d                  = failing || (failed_q && !(alone && phase_q == DECIDE));

    result_valid_o            = mem_rsp_valid_i || refuse;
    result_o                  = refuse ? refusal : stored ? RECORD_STORED : RECORD_MEMORY_FAULT;

    status_o                  = '0;
    status_o.advance          = stored;
    status_o.set_memory_fault = failing;
    status_o.set_overflow     = refuse && state_i.enable && !state_i.stopped;
    status_o.idle             = alone && phase_q == DECIDE;
  end

  // --- memory -------------------------------------------------------------------------------

  mem_req_t                   req;
  logic     [Words-1:0][63:0] words;

  always_comb begin
    for (int unsigned i = 0; i < Words; i++)
    words[i] = Cfg.BothEndian && fctl_i.be ? swap_bytes(record_i[i]) : record_i[i];
    req           = '0;
    req.op        = MEM_WRITE;
    req.structure = Structure;
    // The queue is aligned to its size.
    req.address   = {state_i.ppn, 12'h0} | (PhysicalBits'(index_q) << RecordLog2);
    req.beats     = 3'(Words - 1);
    req.rcid      = qosid_i.rcid;
    req.mcid      = qosid_i.mcid;
  end

  iommu_write_beats #(
    .Beats(Words)
  ) u_beats (
    .clk_i,
    .rst_ni,
    .req_valid_i  (req_valid),
    .req_ready_o  (req_ready),
    .req_i        (req),
    .data_i       (words),
    .req_valid_o  (mem_valid_o),
    .req_ready_i  (mem_ready_i),
    .req_o        (mem_o),
    .wdata_valid_o(mem_wdata_valid_o),
    .wdata_ready_i(mem_wdata_ready_i),
    .wdata_o      (mem_wdata_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q  <= DECIDE;
      index_q  <= '0;
      flying_q <= '0;
      failed_q <= 1'b0;
    end else begin
      phase_q  <= phase_d;
      index_q  <= index_d;
      flying_q <= flying_d;
      failed_q <= failed_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    record_valid_i && !record_ready_o |=> record_valid_i && $stable(
      record_i
  ));
  // Every record has one result, and an answer has a store that it answers.
  assert property (@(posedge clk_i) disable iff (!rst_ni) mem_rsp_valid_i |-> flying_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(mem_rsp_valid_i && refuse));
  assert property (@(posedge clk_i) disable iff (!rst_ni) status_o.advance |-> state_i.on);
  // The tail never reaches the head: that would look like an empty queue.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    phase_q == SEND |-> state_i.on && flying_q != 4'(MaxFlying));
`endif

endmodule
