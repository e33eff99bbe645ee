// SPDX-License-Identifier: Apache-2.0
//
// What the retirement trace tells: one event for each thing that the IOMMU has done. For
// simulation only; docs/trace.md says which event has which fields.

package iommu_trace_pkg;

  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
  import iommu_queue_pkg::*;

  typedef enum logic [2:0] {
    TRACE_ACCESS,   // a device's access is offered to memory
    TRACE_REFUSAL,  // it does not go to memory: a fault
    TRACE_MRIF,     // nor does this one: it goes to an interrupt file
    TRACE_DEBUG,    // the debug interface has its answer
    TRACE_ATS,      // a message goes to a device
    TRACE_FAULT,    // a fault is handed to the fault queue
    TRACE_RECORD,   // what became of a record of the fault queue or the page-request queue
    TRACE_COMMAND   // a command is done, or has stopped the queue
  } trace_kind_e;

  typedef enum logic [1:0] {
    TRACE_CQ,
    TRACE_FQ,
    TRACE_PQ
  } trace_queue_e;

  // How a command ended.
  typedef enum logic [1:0] {
    COMMAND_DONE,
    COMMAND_MEMORY_FAULT,
    COMMAND_BAD,
    COMMAND_TIMED_OUT
  } command_result_e;

  // Fields that an event does not have are 0.
  typedef struct packed {
    logic             valid;
    trace_kind_e      kind;
    logic [63:0]      order;       // counts events; those of one cycle have consecutive numbers
    logic [1:0]       port;
    logic             write;
    axi_id_t          id;
    identity_t        identity;
    logic             translated;  // a Translated request
    access_e access;
    logic [63:0]      iova;
    logic [63:0]      spa;
    out_user_t        user;
    logic             fault;
    cause_e           cause;
    ttyp_e            ttyp;
    trace_queue_e     of_queue;
    logic [31:0]      index;       // of the record or command in its queue
    record_result_e   record;
    command_result_e  command;
    logic [3:0][63:0] words;       // of a record or command, in the byte order of fctl.BE = 0
    ats_response_t    message;
  } trace_event_t;

endpackage
