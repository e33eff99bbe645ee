/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of tb_port as plain data, so that the bench is C. */
#ifndef PINS_H
#define PINS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
/* X(type, name): inputs of the design, without _i */
#define PIN_INPUTS(X) \
    X(uint8_t, hold) \
    X(uint8_t, inval) \
    X(uint8_t, drain_valid) \
    X(uint8_t, drain_reads) \
    X(uint8_t, drain_writes) \
    X(uint8_t, stop) \
    X(uint8_t, dev_ar_valid) \
    X(uint8_t, dev_ar_id) \
    X(uint64_t, dev_ar_addr) \
    X(uint8_t, dev_ar_len) \
    X(uint8_t, dev_ar_size) \
    X(uint16_t, dev_ar_flags) \
    X(uint8_t, dev_ar_atop) \
    X(uint32_t, dev_ar_device) \
    X(uint32_t, dev_ar_process) \
    X(uint8_t, dev_ar_process_valid) \
    X(uint8_t, dev_ar_translated) \
    X(uint8_t, dev_aw_valid) \
    X(uint8_t, dev_aw_id) \
    X(uint64_t, dev_aw_addr) \
    X(uint8_t, dev_aw_len) \
    X(uint8_t, dev_aw_size) \
    X(uint16_t, dev_aw_flags) \
    X(uint8_t, dev_aw_atop) \
    X(uint32_t, dev_aw_device) \
    X(uint32_t, dev_aw_process) \
    X(uint8_t, dev_aw_process_valid) \
    X(uint8_t, dev_aw_translated) \
    X(uint8_t, dev_w_valid) \
    X(uint64_t, dev_w_data) \
    X(uint64_t, dev_w_strb) \
    X(uint8_t, dev_w_last) \
    X(uint8_t, dev_r_ready) \
    X(uint8_t, dev_b_ready) \
    X(uint8_t, out_ar_ready) \
    X(uint8_t, out_aw_ready) \
    X(uint8_t, out_w_ready) \
    X(uint8_t, out_r_valid) \
    X(uint8_t, out_r_id) \
    X(uint64_t, out_r_data) \
    X(uint8_t, out_r_resp) \
    X(uint8_t, out_r_last) \
    X(uint8_t, out_b_valid) \
    X(uint8_t, out_b_id) \
    X(uint8_t, out_b_resp) \
    X(uint8_t, read_xlate_ready) \
    X(uint8_t, write_xlate_ready) \
    X(uint8_t, rsp_valid) \
    X(uint8_t, rsp_write) \
    X(uint8_t, rsp_slot) \
    X(uint8_t, rsp_fault) \
    X(uint8_t, rsp_target) \
    X(uint64_t, rsp_ppn) \
    X(uint8_t, rsp_perms) \
    X(uint8_t, rsp_pbmt) \
    X(uint8_t, rsp_log2) \
    X(uint32_t, rsp_qos) \
    X(uint8_t, rsp_dtf) \
    X(uint64_t, rsp_mrif) \
    X(uint8_t, mrif_ready) \
    X(uint8_t, mrif_rsp_valid) \
    X(uint8_t, mrif_ok)

/* X(type, name): outputs, without _o */
#define PIN_OUTPUTS(X) \
    X(uint8_t, drain_done) \
    X(uint8_t, idle) \
    X(uint8_t, config_pending) \
    X(uint16_t, config_write_buffer) \
    X(uint8_t, config_qos) \
    X(uint8_t, config_mrif) \
    X(uint8_t, config_pbmt) \
    X(uint8_t, hpm_read) \
    X(uint8_t, hpm_write) \
    X(uint64_t, hpm_read_identity) \
    X(uint64_t, hpm_write_identity) \
    X(uint8_t, dev_ar_ready) \
    X(uint8_t, dev_aw_ready) \
    X(uint8_t, dev_w_ready) \
    X(uint8_t, dev_r_valid) \
    X(uint8_t, dev_r_id) \
    X(uint64_t, dev_r_data) \
    X(uint8_t, dev_r_spread) \
    X(uint8_t, dev_r_zero) \
    X(uint8_t, dev_r_resp) \
    X(uint8_t, dev_r_last) \
    X(uint8_t, dev_b_valid) \
    X(uint8_t, dev_b_id) \
    X(uint8_t, dev_b_resp) \
    X(uint8_t, out_ar_valid) \
    X(uint8_t, out_ar_id) \
    X(uint64_t, out_ar_addr) \
    X(uint8_t, out_ar_len) \
    X(uint8_t, out_ar_size) \
    X(uint16_t, out_ar_flags) \
    X(uint8_t, out_ar_atop) \
    X(uint32_t, out_ar_user) \
    X(uint8_t, out_aw_valid) \
    X(uint8_t, out_aw_id) \
    X(uint64_t, out_aw_addr) \
    X(uint8_t, out_aw_len) \
    X(uint8_t, out_aw_size) \
    X(uint16_t, out_aw_flags) \
    X(uint8_t, out_aw_atop) \
    X(uint32_t, out_aw_user) \
    X(uint8_t, out_w_valid) \
    X(uint64_t, out_w_data) \
    X(uint8_t, out_w_spread) \
    X(uint64_t, out_w_strb) \
    X(uint8_t, out_w_last) \
    X(uint8_t, out_r_ready) \
    X(uint8_t, out_b_ready) \
    X(uint8_t, read_xlate_valid) \
    X(uint16_t, read_xlate_flags) \
    X(uint8_t, read_xlate_slot) \
    X(uint64_t, read_xlate_identity) \
    X(uint64_t, read_xlate_iova) \
    X(uint8_t, write_xlate_valid) \
    X(uint16_t, write_xlate_flags) \
    X(uint8_t, write_xlate_slot) \
    X(uint64_t, write_xlate_identity) \
    X(uint64_t, write_xlate_iova) \
    X(uint8_t, mrif_valid) \
    X(uint64_t, mrif_mrif) \
    X(uint8_t, mrif_flags) \
    X(uint64_t, mrif_identity) \
    X(uint64_t, mrif_iova) \
    X(uint32_t, mrif_data) \
    X(uint32_t, mrif_qos)
/* clang-format on */

#define DECLARE_PIN(type, name) type name;

struct pins_in {
    PIN_INPUTS(DECLARE_PIN)
};

struct pins_out {
    PIN_OUTPUTS(DECLARE_PIN)
};

/* main.cpp */
void design_reset(void);
void design_eval(const struct pins_in *in, struct pins_out *out);
void design_clock(void);
unsigned design_width(void); /**< of the data, bits */

/* bench.c */
int bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
