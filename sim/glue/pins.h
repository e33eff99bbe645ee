/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of tb_glue as plain data, so that the bench is C. */
#ifndef PINS_H
#define PINS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
/* X(type, name): inputs of the design, without _i */
#define PIN_INPUTS(X) \
    X(uint8_t, mutant) \
    X(uint8_t, hold) \
    X(uint32_t, fctl) \
    X(uint8_t, stop) \
    X(uint8_t, ats_req_valid) \
    X(uint8_t, ats_req_kind) \
    X(uint64_t, ats_req_identity) \
    X(uint8_t, ats_req_execute) \
    X(uint8_t, ats_req_no_write) \
    X(uint16_t, ats_req_tag) \
    X(uint64_t, ats_req_payload) \
    X(uint32_t, ats_req_itags) \
    X(uint8_t, ats_req_count) \
    X(uint8_t, ats_rsp_ready) \
    X(uint32_t, ats_timeout) \
    X(uint8_t, cq_completion_ready) \
    X(uint8_t, cq_unsolicited) \
    X(uint8_t, cq_message_valid) \
    X(uint8_t, cq_message_kind) \
    X(uint32_t, cq_message_device_id) \
    X(uint8_t, cq_message_segment_valid) \
    X(uint8_t, cq_message_pv) \
    X(uint32_t, cq_message_process_id) \
    X(uint8_t, cq_message_itag) \
    X(uint64_t, cq_message_payload) \
    X(uint8_t, ats_x_ready) \
    X(uint8_t, debug_x_ready) \
    X(uint8_t, rsp_ats_valid) \
    X(uint8_t, rsp_debug_valid) \
    X(uint16_t, rsp_requester) \
    X(uint8_t, rsp_fault) \
    X(uint8_t, rsp_target) \
    X(uint64_t, rsp_page) \
    X(uint8_t, rsp_perms) \
    X(uint8_t, rsp_pbmt) \
    X(uint8_t, rsp_log2) \
    X(uint8_t, rsp_global) \
    X(uint16_t, rsp_cause) \
    X(uint8_t, rsp_flags) \
    X(uint8_t, csr_valid) \
    X(uint8_t, csr_write) \
    X(uint16_t, csr_offset) \
    X(uint8_t, csr_half) \
    X(uint64_t, csr_wdata) \
    X(uint8_t, pq_mem_ready) \
    X(uint8_t, pq_wdata_ready) \
    X(uint8_t, pq_mem_rsp_valid) \
    X(uint8_t, mrif_mem_ready) \
    X(uint8_t, mrif_wdata_ready) \
    X(uint8_t, mrif_mem_rsp_valid) \
    X(uint8_t, mem_rsp_status) \
    X(uint8_t, mrif_req_valid) \
    X(uint64_t, mrif_address) \
    X(uint64_t, mrif_notice) \
    X(uint16_t, mrif_nid) \
    X(uint8_t, mrif_write) \
    X(uint8_t, mrif_word) \
    X(uint64_t, mrif_identity) \
    X(uint8_t, mrif_translated) \
    X(uint8_t, mrif_access) \
    X(uint64_t, mrif_iova) \
    X(uint32_t, mrif_data) \
    X(uint8_t, mrif_dtf) \
    X(uint32_t, mrif_qos) \
    X(uint8_t, fault_valid) \
    X(uint64_t, fault_iotval) \
    X(uint8_t, record_ready) \
    X(uint8_t, debug_go) \
    X(uint8_t, debug_hpm_ready) \
    X(uint64_t, debug_identity) \
    X(uint8_t, debug_access) \
    X(uint64_t, debug_vpn) \
    X(uint8_t, ddtp_changed) \
    X(uint8_t, fctl_changed) \
    X(uint8_t, flushing) \
    X(uint8_t, ats_waiting) \
    X(uint8_t, cq_inval_valid) \
    X(uint16_t, cq_inval_gscid) \
    X(uint8_t, inval_done) \
    X(uint8_t, cq_drain_valid) \
    X(uint8_t, cq_drain_kinds) \
    X(uint8_t, drain_done) \
    X(uint8_t, quiesce_req) \
    X(uint8_t, busy) \
    X(uint8_t, arriving) \
    X(uint8_t, wake)

/* X(type, name): outputs, without _o */
#define PIN_OUTPUTS(X) \
    X(uint8_t, ats_idle) \
    X(uint8_t, ats_waiting) \
    X(uint8_t, ats_hpm) \
    X(uint64_t, ats_hpm_identity) \
    X(uint8_t, ats_req_ready) \
    X(uint8_t, ats_rsp_valid) \
    X(uint8_t, ats_rsp_kind) \
    X(uint32_t, ats_rsp_device_id) \
    X(uint8_t, ats_rsp_segment_valid) \
    X(uint8_t, ats_rsp_pv) \
    X(uint32_t, ats_rsp_process_id) \
    X(uint8_t, ats_rsp_itag) \
    X(uint16_t, ats_rsp_tag) \
    X(uint8_t, ats_rsp_status) \
    X(uint64_t, ats_rsp_payload) \
    X(uint32_t, cq_timeout) \
    X(uint8_t, cq_completion_valid) \
    X(uint32_t, cq_completion_device_id) \
    X(uint32_t, cq_completion_itags) \
    X(uint8_t, cq_completion_count) \
    X(uint8_t, cq_message_ready) \
    X(uint8_t, ats_x_valid) \
    X(uint16_t, ats_x_requester) \
    X(uint8_t, ats_x_kind) \
    X(uint8_t, ats_x_access) \
    X(uint8_t, ats_x_execute) \
    X(uint64_t, ats_x_identity) \
    X(uint64_t, ats_x_iova) \
    X(uint8_t, debug_x_valid) \
    X(uint16_t, debug_x_requester) \
    X(uint8_t, debug_x_kind) \
    X(uint8_t, debug_x_access) \
    X(uint64_t, debug_x_identity) \
    X(uint64_t, debug_x_iova) \
    X(uint64_t, csr_rdata) \
    X(uint8_t, pq_idle) \
    X(uint8_t, pq_mem_valid) \
    X(uint64_t, pq_mem_address) \
    X(uint8_t, pq_wdata_valid) \
    X(uint64_t, pq_wdata) \
    X(uint8_t, mrif_mem_valid) \
    X(uint8_t, mrif_mem_op) \
    X(uint8_t, mrif_mem_structure) \
    X(uint64_t, mrif_mem_address) \
    X(uint8_t, mrif_mem_beats) \
    X(uint8_t, mrif_mem_half) \
    X(uint32_t, mrif_mem_qos) \
    X(uint8_t, mrif_wdata_valid) \
    X(uint64_t, mrif_wdata) \
    X(uint8_t, mrif_req_ready) \
    X(uint8_t, mrif_rsp_valid) \
    X(uint8_t, mrif_rsp_ok) \
    X(uint8_t, mrif_idle) \
    X(uint8_t, fault_valid) \
    X(uint8_t, fault_ready) \
    X(uint8_t, record_valid) \
    X(uint64_t, record_0) \
    X(uint64_t, record_1) \
    X(uint64_t, record_2) \
    X(uint64_t, record_3) \
    X(uint8_t, debug_valid) \
    X(uint8_t, debug_fault) \
    X(uint8_t, debug_s) \
    X(uint64_t, debug_ppn) \
    X(uint8_t, debug_pbmt) \
    X(uint8_t, debug_idle) \
    X(uint8_t, debug_hpm) \
    X(uint64_t, debug_hpm_identity) \
    X(uint8_t, ddtp_busy) \
    X(uint8_t, hold) \
    X(uint8_t, cq_inval_done) \
    X(uint8_t, inval_valid) \
    X(uint8_t, inval_kind) \
    X(uint16_t, inval_gscid) \
    X(uint8_t, cq_drain_done) \
    X(uint8_t, drain_valid) \
    X(uint8_t, drain_kinds) \
    X(uint8_t, quiesce_ack) \
    X(uint8_t, stop) \
    X(uint8_t, idle)
/* clang-format on */

#define PIN_FIELD(type, name) type name;

struct pins_in {
    PIN_INPUTS(PIN_FIELD)
};

struct pins_out {
    PIN_OUTPUTS(PIN_FIELD)
};

/** Reset the design. */
void design_reset(void);
/** What the design answers to these inputs in this cycle. */
void design_eval(const struct pins_in *in, struct pins_out *out);
/** The clock edge that ends the cycle. */
void design_clock(void);

/** The bench. @return the process's exit status */
int bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
