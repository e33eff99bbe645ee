/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of tb_queues as plain data, so that the bench is C. */
#ifndef PINS_H
#define PINS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(type, name): inputs of the design, without _i */
/* clang-format off */
#define PIN_INPUTS(X) \
    X(uint8_t, csr_valid) \
    X(uint8_t, csr_write) \
    X(uint16_t, csr_offset) \
    X(uint8_t, csr_half) \
    X(uint64_t, csr_wdata) \
    X(uint32_t, fctl) \
    X(uint8_t, mode) \
    X(uint32_t, qosid) \
    X(uint8_t, flush) \
    X(uint8_t, inval_done) \
    X(uint8_t, drain_done) \
    X(uint8_t, message_ready) \
    X(uint8_t, completion_valid) \
    X(uint32_t, completion_device_id) \
    X(uint32_t, completion_itags) \
    X(uint8_t, completion_count) \
    X(uint32_t, timeout) \
    X(uint8_t, fault_valid) \
    X(uint16_t, fault_cause) \
    X(uint8_t, fault_ttyp) \
    X(uint32_t, fault_device_id) \
    X(uint8_t, fault_pv) \
    X(uint32_t, fault_process_id) \
    X(uint8_t, fault_privileged) \
    X(uint64_t, fault_iotval) \
    X(uint64_t, fault_iotval2) \
    X(uint8_t, page_valid) \
    X(uint64_t, page_low) \
    X(uint64_t, page_high) \
    X(uint8_t, user_valid) \
    X(uint8_t, user_op) \
    X(uint8_t, user_structure) \
    X(uint64_t, user_address) \
    X(uint8_t, user_beats) \
    X(uint8_t, user_half) \
    X(uint8_t, user_tag) \
    X(uint8_t, user_wdata_valid) \
    X(uint64_t, user_wdata) \
    X(uint8_t, ar_ready) \
    X(uint8_t, aw_ready) \
    X(uint8_t, w_ready) \
    X(uint8_t, r_valid) \
    X(uint16_t, r_id) \
    X(uint64_t, r_data) \
    X(uint8_t, r_resp) \
    X(uint8_t, r_last) \
    X(uint8_t, r_poison) \
    X(uint8_t, b_valid) \
    X(uint16_t, b_id) \
    X(uint8_t, b_resp)
/* clang-format on */

/* X(type, name): outputs, without _o */
/* clang-format off */
#define PIN_OUTPUTS(X) \
    X(uint64_t, csr_rdata) \
    X(uint8_t, flushing) \
    X(uint8_t, cq_status) \
    X(uint8_t, fq_status) \
    X(uint8_t, pq_status) \
    X(uint8_t, interrupt) \
    X(uint8_t, inval_valid) \
    X(uint8_t, inval_kind) \
    X(uint8_t, inval_flags) \
    X(uint64_t, inval_page) \
    X(uint8_t, inval_log2) \
    X(uint16_t, inval_gscid) \
    X(uint32_t, inval_pscid) \
    X(uint32_t, inval_device_id) \
    X(uint32_t, inval_process_id) \
    X(uint8_t, drain_valid) \
    X(uint8_t, drain_reads) \
    X(uint8_t, drain_writes) \
    X(uint8_t, message_valid) \
    X(uint8_t, message_kind) \
    X(uint32_t, message_device_id) \
    X(uint8_t, message_segment_valid) \
    X(uint8_t, message_pasid_valid) \
    X(uint32_t, message_process_id) \
    X(uint8_t, message_itag) \
    X(uint64_t, message_payload) \
    X(uint8_t, completion_ready) \
    X(uint8_t, unsolicited) \
    X(uint8_t, fault_ready) \
    X(uint8_t, fault_result_valid) \
    X(uint8_t, fault_result) \
    X(uint8_t, page_ready) \
    X(uint8_t, page_result_valid) \
    X(uint8_t, page_result) \
    X(uint8_t, user_ready) \
    X(uint8_t, user_wdata_ready) \
    X(uint8_t, user_rsp_valid) \
    X(uint8_t, user_rsp_last) \
    X(uint8_t, user_rsp_status) \
    X(uint8_t, user_rsp_tag) \
    X(uint64_t, user_rsp_data) \
    X(uint8_t, ar_valid) \
    X(uint8_t, aw_valid) \
    X(uint16_t, ar_id) \
    X(uint16_t, aw_id) \
    X(uint64_t, ar_addr) \
    X(uint64_t, aw_addr) \
    X(uint8_t, ar_len) \
    X(uint8_t, aw_len) \
    X(uint8_t, ar_size) \
    X(uint8_t, aw_size) \
    X(uint8_t, ar_burst) \
    X(uint8_t, aw_burst) \
    X(uint8_t, ar_cache) \
    X(uint8_t, aw_cache) \
    X(uint8_t, ar_prot) \
    X(uint8_t, aw_prot) \
    X(uint32_t, ar_user) \
    X(uint32_t, aw_user) \
    X(uint8_t, aw_atop) \
    X(uint8_t, w_valid) \
    X(uint64_t, w_data) \
    X(uint8_t, w_strb) \
    X(uint8_t, w_last) \
    X(uint8_t, r_ready) \
    X(uint8_t, b_ready)
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
/** Configuration that was built: 0 Small, 1 Base, 2 Full. */
unsigned design_config(void);

/** The bench. @return the process's exit status */
int bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
