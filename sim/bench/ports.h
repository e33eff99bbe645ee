/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ports of an IOMMU as plain data, and what the bench wants of an IOMMU. To measure another
 * one, put another file in the place of rtl.cpp: it makes a struct design.
 *
 * A cycle: the bench's models set the fields that they drive, settle() sets all others
 * (what the design drives, from its state and from these inputs), the models look at the
 * handshakes, clock() is the clock's edge.
 */
#ifndef PORTS_H
#define PORTS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* AR, AW. The identity is the side-band of device ports. */
struct address_channel {
    uint64_t address;
    uint32_t device_id, process_id;
    uint16_t id;
    uint8_t len;  /* beats less one */
    uint8_t atop; /* of AW */
    bool process_id_valid;
    bool wraps; /* of AR: around the end of the bytes that it reads, to their beginning */
    bool valid, ready;
};

struct write_channel {
    uint64_t data;
    uint8_t strobes;
    bool last;
    bool valid, ready;
};

/* R; B is the same without data and last. */
struct response_channel {
    uint64_t data;
    uint16_t id;
    uint8_t response; /* 0: OKAY */
    bool last;
    bool valid, ready;
};

/* AXI4 with 64 data bits: bursts of 8-byte beats at rising addresses, or reads that wrap. */
struct axi {
    struct address_channel ar, aw;
    struct write_channel w;
    struct response_channel r, b;
};

/* AXI4-Lite with 64 data bits. */
struct lite {
    uint16_t awaddr, araddr;
    uint64_t wdata, rdata;
    uint8_t wstrb;
    bool awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
};

struct ports {
    struct axi device; /* from the devices */
    struct axi out;    /* translated traffic, to memory */
    struct axi walk;   /* the IOMMU's own accesses, to memory */
    struct lite csr;
};

/* What the reference simulation has as much of. */
struct sizes {
    unsigned iotlb;      /* translations */
    unsigned walk_cache; /* PTEs of each level */
    unsigned contexts;   /* device contexts, and process contexts */
    unsigned walks;      /* in flight */
};

struct design {
    const char *name;
    struct sizes sizes;
    void (*reset)(struct design *);
    void (*settle)(struct design *, struct ports *);
    void (*clock)(struct design *);
    void (*close)(struct design *);
};

/* The IOMMU that this program is linked with; NULL if there is none. */
struct design *design_open(void);

#ifdef __cplusplus
}
#endif

#endif
