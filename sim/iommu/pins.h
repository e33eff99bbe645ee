/* SPDX-License-Identifier: Apache-2.0 */
/* The pins of tb_iommu as plain data, so that the bench is C. */
#ifndef PINS_H
#define PINS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PORTS 2

/* clang-format off */
/* X(type, name): inputs of the design at each device port, without _i */
#define PORT_INPUTS(X) \
    X(uint8_t, dev_awvalid) X(uint16_t, dev_awid) X(uint64_t, dev_awaddr) X(uint8_t, dev_awlen) \
    X(uint8_t, dev_awsize) X(uint8_t, dev_awburst) X(uint8_t, dev_awlock) \
    X(uint8_t, dev_awcache) X(uint8_t, dev_awprot) X(uint8_t, dev_awqos) \
    X(uint8_t, dev_awatop) X(uint32_t, dev_awmmusid) X(uint8_t, dev_awmmussidv) \
    X(uint32_t, dev_awmmussid) X(uint8_t, dev_awmmuatst) \
    X(uint8_t, dev_wvalid) X(uint64_t, dev_wdata) X(uint8_t, dev_wstrb) X(uint8_t, dev_wlast) \
    X(uint8_t, dev_bready) \
    X(uint8_t, dev_arvalid) X(uint16_t, dev_arid) X(uint64_t, dev_araddr) X(uint8_t, dev_arlen) \
    X(uint8_t, dev_arsize) X(uint8_t, dev_arburst) X(uint8_t, dev_arlock) \
    X(uint8_t, dev_arcache) X(uint8_t, dev_arprot) X(uint8_t, dev_arqos) \
    X(uint32_t, dev_armmusid) X(uint8_t, dev_armmussidv) X(uint32_t, dev_armmussid) \
    X(uint8_t, dev_armmuatst) \
    X(uint8_t, dev_rready) \
    X(uint8_t, out_awready) X(uint8_t, out_wready) \
    X(uint8_t, out_bvalid) X(uint16_t, out_bid) X(uint8_t, out_bresp) \
    X(uint8_t, out_arready) \
    X(uint8_t, out_rvalid) X(uint16_t, out_rid) X(uint64_t, out_rdata) X(uint8_t, out_rresp) \
    X(uint8_t, out_rlast)

/* outputs at each device port, without _o */
#define PORT_OUTPUTS(X) \
    X(uint8_t, dev_awready) X(uint8_t, dev_wready) \
    X(uint8_t, dev_bvalid) X(uint16_t, dev_bid) X(uint8_t, dev_bresp) \
    X(uint8_t, dev_arready) \
    X(uint8_t, dev_rvalid) X(uint16_t, dev_rid) X(uint64_t, dev_rdata) X(uint8_t, dev_rresp) \
    X(uint8_t, dev_rlast) \
    X(uint8_t, out_awvalid) X(uint16_t, out_awid) X(uint64_t, out_awaddr) X(uint8_t, out_awlen) \
    X(uint8_t, out_awsize) X(uint8_t, out_awburst) X(uint8_t, out_awlock) \
    X(uint8_t, out_awcache) X(uint8_t, out_awprot) X(uint8_t, out_awqos) \
    X(uint8_t, out_awatop) X(uint32_t, out_awuser) \
    X(uint8_t, out_wvalid) X(uint64_t, out_wdata) X(uint8_t, out_wstrb) X(uint8_t, out_wlast) \
    X(uint8_t, out_bready) \
    X(uint8_t, out_arvalid) X(uint16_t, out_arid) X(uint64_t, out_araddr) X(uint8_t, out_arlen) \
    X(uint8_t, out_arsize) X(uint8_t, out_arburst) X(uint8_t, out_arlock) \
    X(uint8_t, out_arcache) X(uint8_t, out_arprot) X(uint8_t, out_arqos) \
    X(uint32_t, out_aruser) \
    X(uint8_t, out_rready)

/* inputs that exist once */
#define SHARED_INPUTS(X) \
    X(uint8_t, strap_debug_disable) X(uint8_t, strap_reset_mode) X(uint8_t, quiesce_req) \
    X(uint8_t, csr_awvalid) X(uint16_t, csr_awaddr) \
    X(uint8_t, csr_wvalid) X(uint64_t, csr_wdata) X(uint8_t, csr_wstrb) X(uint8_t, csr_bready) \
    X(uint8_t, csr_arvalid) X(uint16_t, csr_araddr) X(uint8_t, csr_rready) \
    X(uint8_t, mem_awready) X(uint8_t, mem_wready) \
    X(uint8_t, mem_bvalid) X(uint16_t, mem_bid) X(uint8_t, mem_bresp) \
    X(uint8_t, mem_arready) \
    X(uint8_t, mem_rvalid) X(uint16_t, mem_rid) X(uint64_t, mem_rdata) X(uint8_t, mem_rresp) \
    X(uint8_t, mem_rlast) X(uint8_t, mem_rpoison) \
    X(uint8_t, ats_req_valid) X(uint8_t, ats_req_kind) X(uint32_t, ats_req_device_id) \
    X(uint8_t, ats_req_pasid_valid) X(uint32_t, ats_req_process_id) \
    X(uint8_t, ats_req_privileged) X(uint8_t, ats_req_execute) X(uint8_t, ats_req_no_write) \
    X(uint16_t, ats_req_tag) X(uint64_t, ats_req_payload) X(uint32_t, ats_req_itags) \
    X(uint8_t, ats_req_count) X(uint8_t, ats_rsp_ready) X(uint32_t, ats_timeout)

/* outputs that exist once */
#define SHARED_OUTPUTS(X) \
    X(uint8_t, quiesce_ack) X(uint8_t, idle) X(uint8_t, parity_error) X(uint16_t, parity_count) \
    X(uint8_t, csr_awready) X(uint8_t, csr_wready) X(uint8_t, csr_bvalid) X(uint8_t, csr_bresp) \
    X(uint8_t, csr_arready) X(uint8_t, csr_rvalid) X(uint64_t, csr_rdata) X(uint8_t, csr_rresp) \
    X(uint8_t, mem_awvalid) X(uint16_t, mem_awid) X(uint64_t, mem_awaddr) X(uint8_t, mem_awlen) \
    X(uint8_t, mem_awsize) X(uint8_t, mem_awburst) X(uint8_t, mem_awcache) \
    X(uint8_t, mem_awprot) X(uint8_t, mem_awatop) X(uint32_t, mem_awuser) \
    X(uint8_t, mem_wvalid) X(uint64_t, mem_wdata) X(uint8_t, mem_wstrb) X(uint8_t, mem_wlast) \
    X(uint8_t, mem_bready) \
    X(uint8_t, mem_arvalid) X(uint16_t, mem_arid) X(uint64_t, mem_araddr) X(uint8_t, mem_arlen) \
    X(uint8_t, mem_arsize) X(uint8_t, mem_arburst) X(uint8_t, mem_arcache) \
    X(uint8_t, mem_arprot) X(uint32_t, mem_aruser) \
    X(uint8_t, mem_rready) \
    X(uint8_t, ats_req_ready) X(uint8_t, ats_rsp_valid) X(uint8_t, ats_rsp_kind) \
    X(uint32_t, ats_rsp_device_id) X(uint8_t, ats_rsp_segment_valid) \
    X(uint8_t, ats_rsp_pasid_valid) X(uint32_t, ats_rsp_process_id) X(uint8_t, ats_rsp_itag) \
    X(uint16_t, ats_rsp_tag) X(uint8_t, ats_rsp_status) X(uint64_t, ats_rsp_payload) \
    X(uint16_t, wires)
/* clang-format on */

#define PIN_FIELD(type, name) type name;

struct port_in {
    PORT_INPUTS(PIN_FIELD)
};

struct port_out {
    PORT_OUTPUTS(PIN_FIELD)
};

struct pins_in {
    struct port_in port[PORTS];
    SHARED_INPUTS(PIN_FIELD)
};

struct pins_out {
    struct port_out port[PORTS];
    SHARED_OUTPUTS(PIN_FIELD)
};

/* --- the design (main.cpp, or fake.c) ------------------------------------------------- */

/** Make it anew; what its flip-flops and memories hold follows from the seed. */
void design_make(unsigned seed);
/** Hold reset for some cycles. */
void design_reset(const struct pins_in *in);
/** What the design answers to these inputs in this cycle. */
void design_eval(const struct pins_in *in, struct pins_out *out);
/** The clock edge that ends the cycle. */
void design_clock(void);
/** Configuration that was built: 0 Small, 1 Base, 2 Full. */
unsigned design_config(void);
/** Write a waveform of the design that has been made. @return false if that was not built in */
bool design_trace(const char *path);
/** Is the waveform written now? It must be begun before the first cycle, and can be long. */
extern bool design_waves;

/** A port broke a rule of AXI (sim/axi/axi_checker.sv); the episode ends. */
void bench_violation(const char *port, const char *channel, const char *rule);
/** A bit of a cache's memory may change. @return bit 63: yes; 62:32 which word; 31:0 which bit */
uint64_t bench_upset(const void *memory, unsigned words, unsigned bits);

/** An event of the retirement trace, as tb_iommu tells it; see docs/trace.md. */
struct trace_event {
    uint64_t order, iova, spa, word[4];
    uint32_t kind, origin, id, device, process, flags, user, cause, result, index;
};
void bench_trace(const struct trace_event *event);
/** Was the design built with its trace? */
bool design_traces(void);

/** The bench. @return the process's exit status */
int bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
