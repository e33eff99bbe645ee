// SPDX-License-Identifier: Apache-2.0
//
// The structs between the register side and everything else: accesses on their way from the
// bus to the registers, what the registers tell the other units, and what these report back.

package iommu_csr_pkg;

  import iommu_reg_pkg::*;
  import iommu_pkg::*;

  // --- accesses ---------------------------------------------------------------------------

  // One access to a slot: 8 aligned bytes that hold one 8-byte register, or two of 4 bytes.
  // Stable from valid to the answer's ready (wdata: of writes only). Reading has no side
  // effects, so that a read always reads the whole slot.
  typedef struct packed {
    logic        valid;
    logic        write;
    logic [11:3] slot;
    logic [1:0]  half;   // which halves are written: [1] has the higher address
    logic [63:0] wdata;
  } csr_req_t;

  // Comes in the cycle in which the access takes effect. All zeros from a block that is not
  // addressed, so that answers are ORed.
  typedef struct packed {
    logic        ready;
    logic [63:0] rdata;  // with ready of a read
  } csr_rsp_t;

  // A slot's new value: halves that are not written keep what they have.
  function automatic logic [63:0] csr_merge(logic [63:0] now, csr_req_t req);
    return {req.half[1] ? req.wdata[63:32] : now[63:32], req.half[0] ? req.wdata[31:0] : now[31:0]};
  endfunction

  // Does this access go to the slot of the register at this offset?
  function automatic logic csr_selects(csr_req_t req, logic [11:0] offset);
    return req.valid && req.slot == offset[11:3];
  endfunction

  // --- queues -----------------------------------------------------------------------------

  // A queue as its unit needs it. Command queue: the unit owns the head; the others: the tail.
  typedef struct packed {
    logic [PpnBits-1:0] ppn;           // of the first entry's page
    logic [31:0]        mask;          // of an index: number of entries less one
    logic [31:0]        head;
    logic [31:0]        tail;
    logic               enable;        // new entries may be processed or written
    logic               on;            // cqon, fqon, pqon; stays until the unit is idle
    logic               memory_fault;  // cqmf, fqmf, pqmf
    logic               overflow;      // fqof, pqof; 0 in the command queue
    logic               stopped;       // an error bit is set: nothing goes on
  } queue_state_t;

  // What a queue's unit reports: pulses of one cycle, and a level.
  typedef struct packed {
    logic advance;           // the unit's own index goes one on; a new record if it is a tail
    logic set_memory_fault;
    logic set_overflow;      // FQ, PQ only
    logic set_timeout;       // CQ only, as the next two
    logic set_illegal;
    logic set_fence;         // fence_w_ip; only with fctl.WSI
    logic idle;              // no access to the queue is under way; 0 in the cycle after the one
                             // in which the unit, seeing `enable`, has begun
  } queue_status_t;

  // --- debug ------------------------------------------------------------------------------

  // tr_req_iova and tr_req_ctl. `go` stays until the answer; take the rest when you begin,
  // since software may (with unspecified results) write while `go` is 1.
  typedef struct packed {
    logic            go;
    identity_t       identity;  // as a request has it: zeros where not valid
    access_e access;            // NW=0: write, which asks for reading as well
    logic [51:0]     vpn;
  } debug_req_t;

  typedef struct packed {
    logic               valid;  // one cycle; ends the request
    logic               fault;
    logic [PpnBits-1:0] ppn;    // with the size in its low bits, if s
    logic               s;
    pbmt_e              pbmt;
  } debug_rsp_t;

  // --- everything -------------------------------------------------------------------------

  typedef struct packed {
    fctl_t        fctl;
    ddtp_t        ddtp;
    logic         flush;         // one cycle: fctl has changed, nothing cached is valid
    logic         ddtp_changed;  // one cycle, the first in which ddtp is the new one
    queue_state_t cq;
    queue_state_t fq;
    queue_state_t pq;            // off unless there is ATS
    iommu_qosid_t qosid;
    debug_req_t   debug;
  } regs_to_core_t;

  typedef struct packed {
    logic          ddtp_busy;  // requests of before the last change of ddtp are under way
    queue_status_t cq;
    queue_status_t fq;
    queue_status_t pq;
    debug_rsp_t    debug;
  } core_to_regs_t;

  // --- events -----------------------------------------------------------------------------

  // A device request as the performance monitor counts it: at most one per cycle and place
  // where requests come in. No kind is set: nothing happened. Debug requests count as
  // untranslated.
  typedef struct packed {
    logic      untranslated;
    logic      translated;
    logic      ats;
    identity_t identity;
  } hpm_request_t;

  // What happened on behalf of a request. Several kinds may come at once if they are the same
  // request's.
  typedef struct packed {
    logic      tlb_miss;
    logic      ddt_walk;      // one per entry read, also of the next three
    logic      pdt_walk;
    logic      first_stage;
    logic      second_stage;
    identity_t identity;
    space_t    space;
  } hpm_walk_t;

endpackage
