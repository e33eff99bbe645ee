/* SPDX-License-Identifier: Apache-2.0 */
/* The register side in simulation, as C sees it: pins, and a clock. */
#ifndef SIM_REGS_DUT_H
#define SIM_REGS_DUT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QUEUES 3u          /* command, fault, page-request queue */
#define REQUEST_SOURCES 4u /* of events; a configuration may have fewer */

/* Bits of dut_in.queue. */
#define PULSE_ADVANCE 0x01u
#define PULSE_MEMORY_FAULT 0x02u
#define PULSE_OVERFLOW 0x04u
#define PULSE_TIMEOUT 0x08u
#define PULSE_ILLEGAL 0x10u
#define PULSE_FENCE 0x20u
#define LEVEL_IDLE 0x40u

/* Bits of dut_out.queue_flags. */
#define QUEUE_ENABLE 0x01u
#define QUEUE_ON 0x02u
#define QUEUE_FAULT 0x04u
#define QUEUE_OVERFLOW 0x08u
#define QUEUE_STOPPED 0x10u

/** Inputs of tb_regs, by the same names. */
struct dut_in {
    bool reset, strap_debug_disable, strap_reset_mode;
    bool awvalid, wvalid, bready, arvalid, rready;
    uint16_t awaddr, araddr;
    uint64_t wdata;
    uint8_t wstrb;
    uint8_t queue[QUEUES];
    bool ddtp_busy, debug_valid;
    uint64_t debug_response;
    uint64_t request[REQUEST_SOURCES];
    uint64_t walk, walk_space;
    bool mem_ready, mem_rsp_valid, mem_rsp_bad, fault_ready;
};

/** Its outputs. */
struct dut_out {
    bool awready, wready, bvalid, arready, rvalid;
    uint8_t bresp, rresp;
    uint64_t rdata;
    bool access, access_write;
    uint16_t access_offset;
    uint8_t access_half;
    uint64_t access_wdata, access_rdata;
    uint64_t fctl, ddtp, qosid;
    bool flush;
    uint64_t queue_ppn[QUEUES], queue_index[QUEUES];
    uint32_t queue_mask[QUEUES];
    uint8_t queue_flags[QUEUES];
    bool debug_go;
    uint64_t debug_iova, debug_identity;
    uint16_t wires;
    bool mem_valid;
    uint64_t mem_address, mem_wdata, mem_ids;
    bool fault_valid, fault_plain;
    uint16_t fault_cause;
    uint64_t fault_iotval;
};

struct dut;

struct dut *dut_create(void);
void dut_destroy(struct dut *dut);
/** Apply inputs and let them settle; the clock is low. */
void dut_settle(struct dut *dut, const struct dut_in *in, struct dut_out *out);
/** The clock's rising edge. */
void dut_edge(struct dut *dut);
/** Width of the bus, and which configuration was built: "small", "base" or "full". */
unsigned dut_data_width(void);
const char *dut_config(void);

#ifdef __cplusplus
}
#endif

#endif
