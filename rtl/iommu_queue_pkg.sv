// SPDX-License-Identifier: Apache-2.0
//
// The structs around the in-memory queues: commands, records, and messages of PCIe ATS.

package iommu_queue_pkg;

  import iommu_reg_pkg::*;
  import iommu_pkg::*;

  // fctl.BE: the doubleword in the other byte order.
  function automatic logic [63:0] swap_bytes(logic [63:0] word);
    return {
      word[7:0],
      word[15:8],
      word[23:16],
      word[31:24],
      word[39:32],
      word[47:40],
      word[55:48],
      word[63:56]
    };
  endfunction

  // --- commands -----------------------------------------------------------------------------

  typedef enum logic [2:0] {
    COMMAND_FAULT,      // its fetch failed
    COMMAND_ILLEGAL,
    COMMAND_INVAL,      // an invalidation of the IOMMU's own caches
    COMMAND_FENCE,
    COMMAND_ATS_INVAL,
    COMMAND_ATS_PRGR
  } command_e;

  // A command that is ready to be carried out. `raw` holds the operands that need no work.
  typedef struct packed {
    command_e    kind;
    inval_e      inval;
    logic        av;     // IOTINVAL: there is a range
    logic [51:0] span;   // the bits of ADDR that count pages in it, all at the low end
    cmd_t        raw;
  } command_t;

  // --- records ------------------------------------------------------------------------------

  typedef enum logic [1:0] {
    RECORD_STORED,
    RECORD_OFF,          // the queue is off
    RECORD_FULL,         // it is full, or has an overflow that software has not cleared
    RECORD_MEMORY_FAULT  // the store failed, or such a fault has not been cleared
  } record_result_e;

  function automatic fq_record_t fault_record(fault_t fault);
    fq_record_t record = '0;
    record.cause   = fault.cause;
    record.ttyp    = fault.ttyp;
    record.pid     = fault.identity.process_id;
    record.pv      = fault.identity.process_id_valid;
    record.priv    = fault.identity.privileged;
    record.did     = fault.identity.device_id;
    record.iotval  = fault.iotval;
    record.iotval2 = fault.iotval2;
    return record;
  endfunction

  // --- messages -----------------------------------------------------------------------------

  typedef enum logic {
    MESSAGE_INVALIDATION_REQUEST,
    MESSAGE_PAGE_RESPONSE
  } message_e;

  // From the IOMMU to a device.
  typedef struct packed {
    message_e    kind;
    logic [23:0] device_id;      // segment, if any, in 23:16
    logic        segment_valid;
    logic        pasid_valid;
    logic [19:0] process_id;     // 0 if not valid
    logic [4:0]  itag;           // invalidation requests only
    logic [63:0] payload;
  } message_t;

  // An Invalidation Completion from a device.
  typedef struct packed {
    logic [23:0] device_id;
    logic [31:0] itags;
    logic [2:0]  count;      // completions to expect for each ITAG; 0 means 8
  } completion_t;

  // The side of the I/O bridge, which carries messages and measures the time-outs.
  // That it takes a message is told apart from these: it depends on whether one is offered.
  typedef struct packed {
    logic        completion_valid;
    completion_t completion;
    logic [31:0] timeout;           // one cycle: the time for these ITAGs has run out
  } ats_in_t;

  typedef struct packed {
    logic     message_valid;
    message_t message;
    logic     completion_ready;
    logic     unsolicited;       // with completion_ready: no request of this device matched
  } ats_out_t;

  // --- the message port ---------------------------------------------------------------------

  typedef enum logic [1:0] {
    ATS_TRANSLATION_REQUEST,
    ATS_PAGE_REQUEST,            // Page Request, or Stop Marker
    ATS_INVALIDATION_COMPLETION
  } ats_request_e;

  // From a device, through the I/O bridge.
  typedef struct packed {
    ats_request_e kind;
    logic [23:0]  device_id;
    logic         pasid_valid;
    logic [19:0]  process_id;
    logic         privileged;   // Privileged Mode Requested
    logic         execute;      // Execute Requested
    logic         no_write;     // translation requests
    logic [9:0]   tag;          // translation requests: comes back with the completion
    logic [63:0]  payload;      // the address of a translation request; bytes 8 to 15 of a page
                                // request
    logic [31:0]  itags;        // invalidation completions
    logic [2:0]   count;
  } ats_request_t;

  typedef enum logic [1:0] {
    ATS_TRANSLATION_COMPLETION,
    ATS_INVALIDATION_REQUEST,
    ATS_PAGE_RESPONSE
  } ats_response_e;

  typedef enum logic [1:0] {
    COMPLETION_SUCCESS,
    COMPLETION_UNSUPPORTED_REQUEST,
    COMPLETION_COMPLETER_ABORT
  } completion_status_e;

  // To a device.
  typedef struct packed {
    ats_response_e      kind;
    logic [23:0]        device_id;      // segment, if any, in 23:16
    logic               segment_valid;
    logic               pasid_valid;
    logic [19:0]        process_id;     // 0 if not valid
    logic [4:0]         itag;           // invalidation requests
    logic [9:0]         tag;            // translation completions
    completion_status_e status;         // translation completions
    logic [63:0]        payload;        // a translation completion's: as PCIe ATS lays it out,
                                        // 63:12 address (S: with the size in it), 11 S, 10 N,
                                        // 5 Global, 4 Priv, 3 Exe, 2 U, 1 W, 0 R
  } ats_response_t;

endpackage
