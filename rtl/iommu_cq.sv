// SPDX-License-Identifier: Apache-2.0
//
// The command queue: commands are fetched ahead and carried out one after the other, so that
// a fence has nothing to wait for but ATS invalidations and, with PR or PW, device accesses.
// While one is carried out the next is decoded, and an invalidation follows an invalidation
// without a gap. An error stops the queue with the head at the offender; what was fetched
// ahead is forgotten then, since software may replace it.

module iommu_cq
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_queue_pkg::*;
#(
  parameter config_t     Cfg    = ConfigBase,
  // 64-byte reads of commands in flight or waiting: power of two from 2
  parameter int unsigned Blocks = Cfg.Walks >= 16 ? 32 : 2
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  // registers
  input  queue_state_t         state_i,
  output queue_status_t        status_o,
  input  fctl_t                fctl_i,
  input  ddtp_mode_e           mode_i,
  input  iommu_qosid_t         qosid_i,
  // nothing cached is valid; until it is so, and after reset, no request may be translated
  input  logic                 flush_i,
  output logic                 flushing_o,
  // invalidation: stable until done
  output logic                 inval_valid_o,
  output inval_t               inval_o,
  input  logic                 inval_done_i,
  // device accesses translated so far reach the global ordering point
  output logic                 drain_valid_o,
  output logic                 drain_reads_o,
  output logic                 drain_writes_o,
  input  logic                 drain_done_i,
  // ATS messages
  input  ats_in_t              ats_i,
  input  logic                 ats_message_ready_i,
  output ats_out_t             ats_o,
  // memory
  output logic                 mem_valid_o,
  input  logic                 mem_ready_i,
  output mem_req_t             mem_o,
  output logic                 mem_wdata_valid_o,
  input  logic                 mem_wdata_ready_i,
  output logic          [63:0] mem_wdata_o,
  input  logic                 mem_rsp_valid_i,
  input  mem_rsp_t             mem_rsp_i
);

  localparam logic [5:0] FetchTag = 6'd0;
  localparam logic [5:0] FenceTag = 6'd1;

  typedef enum logic [3:0] {
    IDLE,       // off or stopped
    FLUSH,      // all caches
    READY,      // for a command
    INVAL,      // the caches are at it
    FENCE,      // waits for ATS invalidations
    DRAIN,      // waits for device accesses
    STORE,      // the fence's store goes out
    STORED,     // and is answered
    MESSAGE,    // waits for an ITAG
    SEND,       // the message leaves
    FAULT,      // the three ways to stop
    ILLEGAL,
    TIMED_OUT,
    STOP        // until nothing more comes from memory
  } state_e;

  state_e state_d, state_q;
  logic flush_d, flush_q;
  command_t command_d, command_q, decoded;

  // --- what to carry out --------------------------------------------------------------------

  logic
      fetch_run,
      fetch_idle,
      fetch_valid,
      fetch_ready,
      fetch_fault,
      fetch_mem_valid,
      fetch_mem_ready,
      fetch_rsp;
  cmd_t     fetch_cmd;
  mem_req_t fetch_mem;

  iommu_cq_fetch #(
    .Cfg   (Cfg),
    .Blocks(Blocks),
    .Tag   (FetchTag)
  ) u_fetch (
    .clk_i,
    .rst_ni,
    .state_i,
    .fctl_i,
    .qosid_i,
    .run_i          (fetch_run),
    .idle_o         (fetch_idle),
    .cmd_valid_o    (fetch_valid),
    .cmd_ready_i    (fetch_ready),
    .cmd_o          (fetch_cmd),
    .cmd_fault_o    (fetch_fault),
    .mem_valid_o    (fetch_mem_valid),
    .mem_ready_i    (fetch_mem_ready),
    .mem_o          (fetch_mem),
    .mem_rsp_valid_i(fetch_rsp),
    .mem_rsp_i
  );

  iommu_cq_decode #(
    .Cfg(Cfg)
  ) u_decode (
    .cmd_i    (fetch_cmd),
    .fault_i  (fetch_fault),
    .mode_i,
    .wsi_i    (fctl_i.wsi),
    .command_o(decoded)
  );

  function automatic state_e first_state(command_t command);
    cmd_iofence_t fence;
    logic         drains;
    fence  = command.raw;
    drains = fence.pr || fence.pw;
    unique case (command.kind)
      COMMAND_FAULT:                       return FAULT;
      COMMAND_INVAL:                       return INVAL;
      // Without ATS there is nothing else to wait for.
      COMMAND_FENCE:                       return !Cfg.Ats && drains ? DRAIN : FENCE;
      COMMAND_ATS_INVAL, COMMAND_ATS_PRGR: return Cfg.Ats ? MESSAGE : ILLEGAL;
      default:                             return ILLEGAL;
    endcase
  endfunction

  // --- operands -----------------------------------------------------------------------------

  cmd_iotinval_t iotinval;
  cmd_iofence_t  iofence;
  cmd_iodir_t    iodir;
  cmd_ats_t      ats;
  logic          by_ids;

  assign iotinval = command_q.raw;
  assign iofence  = command_q.raw;
  assign iodir    = command_q.raw;
  assign ats      = command_q.raw;
  assign by_ids   = command_q.inval == INVAL_VMA || command_q.inval == INVAL_GVMA;

  always_comb begin
    inval_o = '{
        kind: command_q.inval,
        av: command_q.av,
        gv: by_ids && iotinval.gv,
        pscv: by_ids && iotinval.pscv,
        dv: !by_ids && iodir.dv,
        nl: iotinval.nl && command_q.av,
        page: iotinval.addr,
        span: command_q.span,
        gscid: iotinval.gscid,
        pscid: iotinval.pscid,
        device_id: iodir.did,
        process_id: iodir.pid
    };
    if (state_q == FLUSH) inval_o.kind = INVAL_ALL;
  end

  // --- ATS ----------------------------------------------------------------------------------

  logic itag_free, itags_busy, timed_out, clear_timed_out, take_itag, message_sent;

  if (Cfg.Ats) begin : g_ats
    logic [4:0] itag, itag_d, itag_q;
    logic asks_device;  // else it is a response

    assign asks_device = command_q.kind == COMMAND_ATS_INVAL;

    // The ITAG is taken before the message is offered: another may become free meanwhile.
    assign itag_d      = take_itag ? itag : itag_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) itag_q <= '0;
      else itag_q <= itag_d;
    end

    iommu_itags #(
      .Itags(Cfg.Itags)
    ) u_itags (
      .clk_i,
      .rst_ni,
      .free_o            (itag_free),
      .itag_o            (itag),
      .take_i            (take_itag),
      .device_id_i       (ats_o.message.device_id),
      .segment_valid_i   (ats.dsv),
      .busy_o            (itags_busy),
      .timed_out_o       (timed_out),
      .clear_i           (clear_timed_out),
      .completion_valid_i(ats_i.completion_valid),
      .completion_ready_o(ats_o.completion_ready),
      .unsolicited_o     (ats_o.unsolicited),
      .completion_i      (ats_i.completion),
      .timeout_i         (ats_i.timeout)
    );

    always_comb begin
      ats_o.message = '{
          kind: asks_device ? MESSAGE_INVALIDATION_REQUEST : MESSAGE_PAGE_RESPONSE,
          device_id: {ats.dsv ? ats.dseg : 8'h0, ats.rid},
          segment_valid: ats.dsv,
          pasid_valid: ats.pv,
          process_id: ats.pv ? ats.pid : 20'h0,
          itag: asks_device ? itag_q : 5'h0,
          payload: ats.payload
      };
      ats_o.message_valid = state_q == SEND;
    end
    assign message_sent = ats_o.message_valid && ats_message_ready_i;
  end else begin : g_no_ats
    // verilator lint_off UNUSEDSIGNAL
    logic unused;
    assign unused       = &{1'b0, ats_i, ats, clear_timed_out, take_itag};
    // verilator lint_on UNUSEDSIGNAL
    assign ats_o        = '0;
    assign itag_free    = 1'b0;
    assign itags_busy   = 1'b0;
    assign timed_out    = 1'b0;
    assign message_sent = 1'b0;
  end

  // --- one command after the other ----------------------------------------------------------

  logic done, store_valid, store_ready, store_rsp;

  assign fetch_rsp   = mem_rsp_valid_i && mem_rsp_i.tag == FetchTag;
  assign store_rsp   = mem_rsp_valid_i && mem_rsp_i.tag == FenceTag;

  assign store_valid = state_q == STORE;

  // After the drain, or without it. No memory answers beyond the physical addresses.
  function automatic state_e after_drain(cmd_iofence_t fence);
    if (!fence.av) return READY;
    return fence.addr[61:PhysicalBits-2] != '0 ? FAULT : STORE;
  endfunction

  always_comb begin
    state_d         = state_q;
    command_d       = command_q;
    flush_d         = flush_q || flush_i;
    done            = 1'b0;
    fetch_run       = 1'b1;
    fetch_ready     = 1'b0;
    clear_timed_out = 1'b0;
    take_itag       = 1'b0;
    status_o        = '0;

    unique case (state_q)
      IDLE: begin
        fetch_run     = 1'b0;
        status_o.idle = 1'b1;
        if (flush_q) state_d = FLUSH;
        else if (state_i.enable && !state_i.stopped) state_d = READY;
        // A queue that is off forgets time-outs.
        clear_timed_out = !state_i.on;
      end
      FLUSH: begin
        fetch_run     = 1'b0;
        status_o.idle = 1'b1;
        if (inval_done_i) begin
          flush_d = flush_i;
          state_d = IDLE;
        end
      end
      READY: begin
        fetch_ready = state_i.enable;
        if (!state_i.enable) state_d = STOP;
        else if (fetch_valid) state_d = first_state(decoded);
      end
      INVAL:
      if (inval_done_i) begin
        done        = 1'b1;
        fetch_ready = state_i.enable;
        state_d     = fetch_valid && state_i.enable ? first_state(decoded) : READY;
      end
      FENCE: begin
        if (itags_busy) begin
          if (!state_i.enable) state_d = STOP;
        end else if (timed_out) begin
          clear_timed_out = 1'b1;
          state_d         = TIMED_OUT;
        end else if (iofence.pr || iofence.pw) state_d = DRAIN;
        else begin
          state_d = after_drain(iofence);
          done    = !iofence.av;
        end
      end
      DRAIN:
      if (drain_done_i) begin
        state_d = after_drain(iofence);
        done    = !iofence.av;
      end
      STORE: if (store_ready) state_d = STORED;
      STORED:
      if (store_rsp) begin
        done    = mem_rsp_i.status == MEM_OK;
        state_d = done ? READY : FAULT;
      end
      MESSAGE: begin
        if (command_q.kind == COMMAND_ATS_PRGR) state_d = SEND;
        else if (itag_free) begin
          take_itag = 1'b1;
          state_d   = SEND;
        end else if (!state_i.enable) state_d = STOP;
      end
      SEND:
      if (message_sent) begin
        done    = 1'b1;
        state_d = READY;
      end
      FAULT: begin
        status_o.set_memory_fault = 1'b1;
        state_d                   = STOP;
      end
      ILLEGAL: begin
        status_o.set_illegal = 1'b1;
        state_d              = STOP;
      end
      TIMED_OUT: begin
        status_o.set_timeout = 1'b1;
        state_d              = STOP;
      end
      default: begin  // STOP
        fetch_run = 1'b0;
        if (fetch_idle) state_d = IDLE;
      end
    endcase

    if (fetch_ready && fetch_valid) command_d = decoded;
    status_o.advance   = done;
    status_o.set_fence = done && command_q.kind == COMMAND_FENCE && iofence.wsi;
  end

  assign inval_valid_o  = state_q == INVAL || state_q == FLUSH;
  assign drain_valid_o  = state_q == DRAIN;
  assign drain_reads_o  = iofence.pr;
  assign drain_writes_o = iofence.pw;
  assign flushing_o     = flush_q;

  // --- memory -------------------------------------------------------------------------------

  mem_req_t request;
  logic request_valid, request_ready, choose_store, fetch_offered_d, fetch_offered_q;
  logic [31:0] fence_data;

  // What has been offered stays.
  assign choose_store    = store_valid && !fetch_offered_q;
  assign fetch_offered_d = fetch_mem_valid && !choose_store && !request_ready;
  assign fetch_mem_ready = request_ready && !choose_store;
  assign store_ready     = request_ready && choose_store;
  assign request_valid   = fetch_mem_valid || choose_store;

  always_comb begin
    request = fetch_mem;
    if (choose_store) begin
      request.op        = MEM_WRITE;
      request.structure = STRUCT_FENCE;
      request.address   = PhysicalBits'({iofence.addr, 2'b00});
      request.beats     = '0;
      request.half      = 1'b1;
      request.rcid      = qosid_i.rcid;
      request.mcid      = qosid_i.mcid;
      request.tag       = FenceTag;
    end
    fence_data = Cfg.BothEndian && fctl_i.be ?
                 {iofence.data[7:0], iofence.data[15:8], iofence.data[23:16], iofence.data[31:24]} :
                 iofence.data;
  end

  iommu_write_beats #(
    .Beats(1)
  ) u_beats (
    .clk_i,
    .rst_ni,
    .req_valid_i  (request_valid),
    .req_ready_o  (request_ready),
    .req_i        (request),
    .data_i       ({2{fence_data}}),
    .req_valid_o  (mem_valid_o),
    .req_ready_i  (mem_ready_i),
    .req_o        (mem_o),
    .wdata_valid_o(mem_wdata_valid_o),
    .wdata_ready_i(mem_wdata_ready_i),
    .wdata_o      (mem_wdata_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q         <= IDLE;
      flush_q         <= 1'b1;
      command_q       <= '0;
      fetch_offered_q <= 1'b0;
    end else begin
      state_q         <= state_d;
      flush_q         <= flush_d;
      command_q       <= command_d;
      fetch_offered_q <= fetch_offered_d;
    end
  end

`ifndef SYNTHESIS
  // An invalidation stays until it is done.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    inval_valid_o && !inval_done_i |=> inval_valid_o && $stable(
      inval_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    ats_o.message_valid && !ats_message_ready_i |=>
    ats_o.message_valid && $stable(
      ats_o.message
  ));
  // Nothing is done beyond the tail, and the head moves only while the queue is on. A fence that
  // has stored tells so before the head moves: software may have used its place by then.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    status_o.advance |-> state_i.on && (state_q == STORED || state_i.head != state_i.tail));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    state_i.stopped |-> state_q inside {IDLE, FLUSH, STOP});
  assert property (@(posedge clk_i) disable iff (!rst_ni) store_rsp |-> state_q == STORED);
  assert property (@(posedge clk_i) disable iff (!rst_ni) inval_done_i |-> inval_valid_o);
`endif

endmodule
