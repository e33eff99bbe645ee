// SPDX-License-Identifier: Apache-2.0
//
// PCIe ATS and PRI: messages of devices come in at one port, messages to devices leave at one.
//
// Translation requests go to the translation, up to Slots at once; each answer becomes a
// completion. All other messages are handled one after the other, beside them: page requests go
// to the page-request queue or get an automatic response, invalidation completions go to the
// command queue. For these the translation only locates the device context (TYPE_MESSAGE).
//
// Fault records: those of translation requests are the walker's. Those of messages (TTYP 9,
// iotval: the message's code) are all made here: what the walker met on the way to the device
// context, a page request where EN_PRI is 0, and an unsolicited invalidation completion where
// EN_ATS is 0. DTF suppresses the last two.
//
// The order in which messages leave: completions in the order of their answers. What the
// command queue sends leaves after the completions that were answered before it was offered,
// so that no device caches, after an Invalidation Request, what that request invalidates; and
// before those answered later. An automatic response leaves first; there is one at most.

module iommu_ats
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_queue_pkg::*;
#(
  parameter int unsigned Slots = 16  // translation requests in flight: 8, 16 or 32
) (
  input logic clk_i,
  input logic rst_ni,
  input logic hold_i,  // nothing may be translated
  input logic stop_i,  // take invalidation completions only
  output logic idle_o,
  output logic waiting_o,  // an answer is here, and what follows from it is
                           // not done
  output hpm_request_t hpm_o,
  // message port
  input logic ats_req_valid_i,
  output logic ats_req_ready_o,
  input ats_request_t ats_req_i,
  output logic ats_rsp_valid_o,
  input logic ats_rsp_ready_i,
  output ats_response_t ats_rsp_o,
  input logic [31:0] ats_timeout_i,
  // command queue
  output ats_in_t cq_o,
  output logic cq_message_ready_o,
  input ats_out_t cq_i,
  // translation
  output logic xlate_valid_o,  // taken back if hold_i comes
  input logic xlate_ready_i,
  output xlate_req_t xlate_o,
  input logic rsp_valid_i,  // for this unit
  input xlate_rsp_t rsp_i,
  // page-request queue
  output logic record_valid_o,
  input logic record_ready_i,
  output logic [1:0][63:0] record_o,
  input logic result_valid_i,
  input record_result_e result_i,
  // fault queue
  output logic fault_valid_o,
  input logic fault_ready_i,
  output fault_t fault_o
);

  localparam int unsigned SlotBits = $clog2(Slots);
  // What a message's context is asked for with.
  localparam logic [5:0] MessageSlot = 6'd63;

  // PCI Express message codes.
  localparam logic [7:0] CodeInvalidationCompletion = 8'h02;
  localparam logic [7:0] CodePageRequest = 8'h04;

  if (Slots != 8 && Slots != 16 && Slots != 32) begin : g_slots
    $error("iommu_ats: 8, 16 or 32 slots");
  end

  typedef logic [SlotBits-1:0] slot_t;
  typedef logic [SlotBits:0] count_t;
  typedef logic [Slots-1:0] slots_t;

  // What the completion needs of its request.
  typedef struct packed {
    logic [23:0] device_id;
    logic [9:0]  tag;
    logic        pasid_valid;
    logic        privileged;
    logic        execute;
  } asked_t;

  typedef struct packed {
    slot_t              slot;
    logic [23:0]        device_id;
    logic [9:0]         tag;
    completion_status_e status;
    logic [63:0]        payload;
  } done_t;

  typedef enum logic [3:0] {
    IDLE,
    COMPLETION,  // offered to the command queue
    LOCATE,      // the device context is asked for
    LOCATED,     // and awaited
    QUEUE,       // the record goes to the page-request queue
    QUEUED,      // and its result is awaited
    REPORT,      // a fault record goes out
    RESPOND      // the automatic response goes out
  } state_e;

  function automatic identity_t identity_of(ats_request_t request);
    identity_t identity = '0;
    identity.device_id = request.device_id;
    // A completion has no PASID.
    if (request.pasid_valid && request.kind != ATS_INVALIDATION_COMPLETION) begin
      identity.process_id_valid = 1'b1;
      identity.process_id       = request.process_id;
      identity.privileged       = request.privileged;
    end
    return identity;
  endfunction

  state_e state_d, state_q;
  ats_request_t message_d, message_q;  // the one that is handled
  logic translation, take_translation, take_message, send_message;
  logic out_free, pass;  // the output takes one; it is the command queue's turn
  logic asks_device;  // the command queue's message is no response
  slots_t busy_d, busy_q;
  slot_t free_slot;

  // --- what comes in ------------------------------------------------------------------------

  logic ask_valid_d, ask_valid_q, ask_free, locate;
  xlate_req_t ask_d, ask_q;

  assign ask_free    = !ask_valid_q || (xlate_valid_o && xlate_ready_i);
  assign locate      = state_q == LOCATE && ask_free;
  assign translation = ats_req_i.kind == ATS_TRANSLATION_REQUEST;

  always_comb begin
    take_translation = ats_req_valid_i && translation && !stop_i && ask_free && !locate &&
                       busy_q != '1;
    take_message     = ats_req_valid_i && !translation && state_q == IDLE &&
                       (!stop_i || ats_req_i.kind == ATS_INVALIDATION_COMPLETION);
    ats_req_ready_o = take_translation || take_message;

    free_slot = '0;
    for (int i = int'(Slots) - 1; i >= 0; i--) if (!busy_q[i]) free_slot = slot_t'(i);

    ask_valid_d = ask_valid_q && !ask_free;
    ask_d       = ask_q;
    if (locate) begin
      ask_valid_d = 1'b1;
      ask_d = '{
          requester: '{unit: UNIT_ATS, port: '0, write: 1'b0, slot: MessageSlot},
          kind: TYPE_MESSAGE,
          access : ACCESS_READ,
          execute: 1'b0,
          identity: identity_of(message_q),
          iova: '0
      };
    end else if (take_translation) begin
      ask_valid_d = 1'b1;
      ask_d = '{
          requester: '{unit: UNIT_ATS, port: '0, write: 1'b0, slot: 6'(free_slot)},
          kind: TYPE_ATS,
          access : ats_req_i.no_write ? ACCESS_READ : ACCESS_WRITE,
          execute: ats_req_i.execute,
          identity: identity_of(ats_req_i),
          iova: ats_req_i.payload
      };
    end

    hpm_o          = '0;
    hpm_o.ats      = take_translation;
    hpm_o.identity = identity_of(ats_req_i);
  end

  assign xlate_valid_o = ask_valid_q && !hold_i;
  assign xlate_o       = ask_q;

  // --- completions --------------------------------------------------------------------------

  // "PCIe ATS translation request handling": how a fault is told.
  function automatic completion_status_e status_of(cause_e cause);
    return cause inside {CAUSE_ALL_INBOUND_DISALLOWED, CAUSE_DDT_LOAD_ACCESS_FAULT,
                         CAUSE_DDT_NOT_VALID, CAUSE_DDT_MISCONFIGURED,
                         CAUSE_TRANS_TYPE_DISALLOWED}
           ? COMPLETION_UNSUPPORTED_REQUEST : COMPLETION_COMPLETER_ABORT;
  endfunction

  function automatic logic [63:0] payload_of(xlate_rsp_t rsp, asked_t asked);
    logic [63:0] payload = '0;
    payload[4] = asked.pasid_valid && asked.privileged;
    if (12'(rsp.cause) == '0) begin
      payload[63:12] = sized_page({5'b0, rsp.gpa_high, rsp.ppn}, rsp.log2);
      payload[11]    = rsp.log2 > 6'd12;
      payload[5]     = rsp.is_global && asked.pasid_valid && rsp.target == TARGET_MEMORY;
      payload[3]     = rsp.perms.x && rsp.perms.r && asked.execute;
      payload[2]     = rsp.target == TARGET_MRIF;  // untranslated accesses only
      payload[1]     = rsp.perms.w;
      payload[0]     = rsp.perms.r;
    end
    return payload;
  endfunction

  (* ram_style = "distributed" *)asked_t asked_of[Slots];
  (* ram_style = "distributed" *)done_t  done_of [Slots];

  slot_t put_d, put_q, get_d, get_q;  // places of done_of: a ring
  count_t count_d, count_q;
  logic answered, pop;
  asked_t asked;
  done_t done, oldest;

  assign answered = rsp_valid_i && rsp_i.requester.slot != MessageSlot;
  assign asked    = asked_of[slot_t'(rsp_i.requester.slot)];
  assign oldest   = done_of[get_q];

  always_comb begin
    done = '{
        slot: slot_t'(rsp_i.requester.slot),
        device_id: asked.device_id,
        tag: asked.tag,
        status: COMPLETION_SUCCESS,
        payload: payload_of(rsp_i, asked)
    };
    if (rsp_i.fault) begin
      done.status  = status_of(rsp_i.cause);
      done.payload = '0;
    end

    put_d   = put_q + slot_t'(answered);
    get_d   = get_q + slot_t'(pop);
    count_d = count_q + count_t'(answered) - count_t'(pop);
    busy_d  = busy_q;
    if (take_translation) busy_d[free_slot] = 1'b1;
    if (pop) busy_d[oldest.slot] = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (take_translation)
      asked_of[free_slot] <= '{
          device_id: ats_req_i.device_id,
          tag: ats_req_i.tag,
          pasid_valid: ats_req_i.pasid_valid,
          privileged: ats_req_i.privileged,
          execute: ats_req_i.execute
      };
    if (answered) done_of[put_q] <= done;
  end

  // --- page requests and invalidation completions, one by one -------------------------------

  cause_e cause_d, cause_q;
  prgr_code_e code_d, code_q;
  logic prpr_d, prpr_q;
  logic is_page, respond, located;
  pq_record_t page;

  always_comb begin
    is_page                                                = message_q.kind == ATS_PAGE_REQUEST;
    page                                                   = '0;
    page.did                                               = message_q.device_id;
    {page.page_address, page.prgi, page.l, page.w, page.r} = message_q.payload;
    if (message_q.pasid_valid) begin
      page.pv   = 1'b1;
      page.pid  = message_q.process_id;
      page.priv = message_q.privileged;
      page.exec = message_q.execute;
    end
    // A request that is not its group's last, and a Stop Marker, expect no response.
    respond = is_page && page.l && !(page.pv && !page.r && !page.w);
  end

  assign located = rsp_valid_i && rsp_i.requester.slot == MessageSlot;

  always_comb begin
    state_d   = state_q;
    message_d = message_q;
    cause_d   = cause_q;
    code_d    = code_q;
    prpr_d    = prpr_q;

    unique case (state_q)
      IDLE:
      if (take_message) begin
        message_d = ats_req_i;
        state_d   = ats_req_i.kind == ATS_PAGE_REQUEST ? LOCATE : COMPLETION;
      end
      COMPLETION: if (cq_i.completion_ready) state_d = cq_i.unsolicited ? LOCATE : IDLE;
      LOCATE:     if (locate) state_d = LOCATED;
      LOCATED:
      if (located) begin
        prpr_d = rsp_i.flags.prpr && !rsp_i.fault;
        cause_d = rsp_i.fault ? rsp_i.cause : CAUSE_TRANS_TYPE_DISALLOWED;
        code_d  = cause_d == CAUSE_TRANS_TYPE_DISALLOWED ? PRGR_CODE_INVALID_REQUEST
                                                         : PRGR_CODE_RESPONSE_FAILURE;
        if (rsp_i.fault) state_d = REPORT;
        else if (is_page && rsp_i.flags.en_pri) state_d = QUEUE;
        else if (!is_page && rsp_i.flags.en_ats) state_d = IDLE;
        else if (!rsp_i.flags.dtf) state_d = REPORT;
        else state_d = respond ? RESPOND : IDLE;
      end
      QUEUE:      if (record_ready_i) state_d = QUEUED;
      QUEUED:     ;
      REPORT:     if (fault_ready_i) state_d = respond ? RESPOND : IDLE;
      RESPOND:    if (send_message) state_d = IDLE;
      default:    state_d = IDLE;
    endcase

    // A queue that refuses has its result in the cycle in which it takes the record.
    if (result_valid_i && (state_q == QUEUED || (state_q == QUEUE && record_ready_i))) begin
      code_d  = result_i == RECORD_FULL ? PRGR_CODE_SUCCESS : PRGR_CODE_RESPONSE_FAILURE;
      state_d = result_i != RECORD_STORED && respond ? RESPOND : IDLE;
    end
  end

  assign record_valid_o = state_q == QUEUE;
  assign record_o = page;
  assign fault_valid_o = state_q == REPORT;
  assign fault_o = '{
          cause: cause_q,
          ttyp: TTYP_MESSAGE_REQ,
          identity: identity_of(message_q),
          iotval: 64'(is_page ? CodePageRequest : CodeInvalidationCompletion),
          iotval2: '0
      };

  always_comb begin
    cq_message_ready_o = out_free && pass;
    cq_o.completion_valid = state_q == COMPLETION;
    cq_o.completion = '{
        device_id: message_q.device_id,
        itags: message_q.itags,
        count: message_q.count
    };
    cq_o.timeout = ats_timeout_i;
  end

  // --- what goes out ------------------------------------------------------------------------

  logic out_valid_d, out_valid_q, offered_d, offered_q;
  ats_response_t out_d, out_q;
  count_t ahead_d, ahead_q;  // completions that leave before the command queue's message

  function automatic ats_response_t automatic_response(ats_request_t request, prgr_code_e code,
                                                       logic prpr);
    ats_response_t response = '0;
    cmd_ats_prgr_t command = '0;
    command.prgi           = request.payload[11:3];
    command.response_code  = code;
    response.kind          = ATS_PAGE_RESPONSE;
    response.device_id     = request.device_id;
    response.segment_valid = 1'b1;
    response.payload       = command[127:64];
    if (request.pasid_valid && (prpr || code == PRGR_CODE_RESPONSE_FAILURE)) begin
      response.pasid_valid = 1'b1;
      response.process_id  = request.process_id;
    end
    return response;
  endfunction

  assign out_free = !out_valid_q || ats_rsp_ready_i;
  assign send_message = state_q == RESPOND && out_free;
  assign asks_device = cq_i.message.kind == MESSAGE_INVALIDATION_REQUEST;
  assign pass         = state_q != RESPOND && cq_i.message_valid &&
                        (offered_q ? ahead_q == '0 : count_q == '0 && !answered);
  assign pop = out_free && state_q != RESPOND && !pass && count_q != '0;

  always_comb begin
    // When the message is offered first, those before it are counted; only they pop then.
    offered_d   = cq_i.message_valid && !(pass && out_free);
    ahead_d     = offered_q ? ahead_q - count_t'(pop) : count_d;

    out_valid_d = out_valid_q && !ats_rsp_ready_i;
    out_d       = out_q;
    if (send_message) begin
      out_valid_d = 1'b1;
      out_d       = automatic_response(message_q, code_q, prpr_q);
    end else if (out_free && pass) begin
      out_valid_d = 1'b1;
      out_d = '{
          kind: asks_device ? ATS_INVALIDATION_REQUEST : ATS_PAGE_RESPONSE,
          device_id: cq_i.message.device_id,
          segment_valid: cq_i.message.segment_valid,
          pasid_valid: cq_i.message.pasid_valid,
          process_id: cq_i.message.process_id,
          itag: cq_i.message.itag,
          tag: '0,
          status: COMPLETION_SUCCESS,
          payload: cq_i.message.payload
      };
    end else if (pop) begin
      out_valid_d = 1'b1;
      out_d = '{
          kind: ATS_TRANSLATION_COMPLETION,
          device_id: oldest.device_id,
          segment_valid: 1'b1,
          pasid_valid: 1'b0,
          process_id: '0,
          itag: '0,
          tag: oldest.tag,
          status: oldest.status,
          payload: oldest.payload
      };
    end
  end

  assign ats_rsp_valid_o = out_valid_q;
  assign ats_rsp_o = out_q;

  assign waiting_o = count_q != '0 || out_valid_q ||
                     state_q inside {QUEUE, QUEUED, REPORT, RESPOND};
  assign idle_o = busy_q == '0 && state_q == IDLE && !ask_valid_q && !out_valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q     <= IDLE;
      message_q   <= '0;
      busy_q      <= '0;
      ask_valid_q <= 1'b0;
      ask_q       <= '0;
      put_q       <= '0;
      get_q       <= '0;
      count_q     <= '0;
      cause_q     <= CAUSE_TRANS_TYPE_DISALLOWED;
      code_q      <= PRGR_CODE_SUCCESS;
      prpr_q      <= 1'b0;
      out_valid_q <= 1'b0;
      out_q       <= '0;
      offered_q   <= 1'b0;
      ahead_q     <= '0;
    end else begin
      state_q     <= state_d;
      message_q   <= message_d;
      busy_q      <= busy_d;
      ask_valid_q <= ask_valid_d;
      ask_q       <= ask_d;
      put_q       <= put_d;
      get_q       <= get_d;
      count_q     <= count_d;
      cause_q     <= cause_d;
      code_q      <= code_d;
      prpr_q      <= prpr_d;
      out_valid_q <= out_valid_d;
      out_q       <= out_d;
      offered_q   <= offered_d;
      ahead_q     <= ahead_d;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    ats_rsp_valid_o && !ats_rsp_ready_i |=> ats_rsp_valid_o && $stable(
      ats_rsp_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    fault_valid_o && !fault_ready_i |=> fault_valid_o && $stable(
      fault_o
  ));
  // An answer is for a request that is under way.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    answered |-> busy_q[slot_t'(rsp_i.requester.slot)]);
  assert property (@(posedge clk_i) disable iff (!rst_ni) located |-> state_q == LOCATED);
  assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(count_q) <= Slots);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    result_valid_i |-> state_q inside {QUEUE, QUEUED});
`endif

endmodule
