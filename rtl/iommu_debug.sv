// SPDX-License-Identifier: Apache-2.0
//
// A translation for the debug interface: from tr_req_iova and tr_req_ctl, as the registers hand
// them over, to a request among those of the devices, and from its answer to tr_response. One
// at a time. What is asked is taken when the request begins; software that writes the
// registers meanwhile changes the next one.
//
// The walker keeps an MSI PTE in MRIF mode from a debug request (cause 260). Should one come
// all the same, it is a fault here, too.

module iommu_debug
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         hold_i,         // nothing may be translated
  // registers
  input  debug_req_t   debug_i,
  output debug_rsp_t   debug_o,
  output hpm_request_t hpm_o,          // counts as an untranslated request; stays until it is
  input  logic         hpm_ready_i,    // counted
  // translation
  output logic         xlate_valid_o,  // taken back if hold_i comes
  input  logic         xlate_ready_i,
  output xlate_req_t   xlate_o,
  input  logic         rsp_valid_i,    // for this unit
  input  xlate_rsp_t   rsp_i,
  output logic         idle_o
);

  typedef enum logic [1:0] {
    IDLE,
    ASK,
    WAIT
  } state_e;

  // What is kept of the answer is what tr_response shows.
  state_e state_d, state_q;
  identity_t identity_d, identity_q;
  access_e access_d, access_q;
  logic [51:0] vpn_d, vpn_q;
  logic begins;
  logic uncounted_q;  // hpm_o waits

  assign begins = state_q == IDLE && debug_i.go && !uncounted_q;

  always_comb begin
    state_d    = state_q;
    identity_d = identity_q;
    access_d   = access_q;
    vpn_d      = vpn_q;
    unique case (state_q)
      IDLE:
      if (begins) begin
        state_d    = ASK;
        identity_d = debug_i.identity;
        access_d   = debug_i.access;
        vpn_d      = debug_i.vpn;
      end
      ASK:     if (xlate_valid_o && xlate_ready_i) state_d = WAIT;
      WAIT:    if (rsp_valid_i) state_d = IDLE;
      default: state_d = IDLE;
    endcase
  end

  assign xlate_valid_o = state_q == ASK && !hold_i;
  assign xlate_o = '{
          requester: '{unit: UNIT_DEBUG, port: '0, write: 1'b0, slot: '0},
          kind: TYPE_DEBUG,
          access : access_q,
          execute: 1'b0,
          identity: identity_q,
          iova: {vpn_q, 12'h0}
      };

  always_comb begin
    debug_o            = '0;
    debug_o.valid      = state_q == WAIT && rsp_valid_i;
    debug_o.fault      = rsp_i.fault || rsp_i.target == TARGET_MRIF;
    debug_o.ppn        = PpnBits'(sized_page(52'(rsp_i.ppn), rsp_i.log2));
    debug_o.s          = rsp_i.log2 > 6'd12;
    debug_o.pbmt       = rsp_i.pbmt;
    hpm_o              = '0;
    hpm_o.untranslated = uncounted_q;
    hpm_o.identity     = identity_q;
  end

  assign idle_o = state_q == IDLE;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q     <= IDLE;
      uncounted_q <= 1'b0;
      identity_q  <= '0;
      access_q    <= ACCESS_READ;
      vpn_q       <= '0;
    end else begin
      state_q     <= state_d;
      uncounted_q <= begins || (uncounted_q && !hpm_ready_i);
      identity_q  <= identity_d;
      access_q    <= access_d;
      vpn_q       <= vpn_d;
    end
  end

`ifndef SYNTHESIS
  // An answer is for a request.
  assert property (@(posedge clk_i) disable iff (!rst_ni) rsp_valid_i |-> state_q == WAIT);
`endif

endmodule
