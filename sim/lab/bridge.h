/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The I/O bridge: devices on one side, the IOMMU and memory on the other. Every access of a
 * device goes through bridge_dma(), and what leaves it is checked to be allowed.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu.h"
#include "vfu.h"

enum bridge_kind { BRIDGE_NONE, BRIDGE_MODEL, BRIDGE_RTL, BRIDGE_BOTH };

#define BRIDGE_INVALIDATIONS 64u

struct bridge {
    enum bridge_kind kind;
    struct iommu *iommu;                 /**< the model, if that is used */
    struct vfu *tables;                  /**< by which the IOMMU reaches memory */
    struct vfu *device;                  /**< by which the present device does */
    uint64_t message_base, message_size; /**< where interrupt files are */
    uint64_t last_ns;
    struct {
        uint32_t device_id;
        uint8_t itag;
    } invalidation[BRIDGE_INVALIDATIONS]; /**< requests to devices that wait for an answer */
    unsigned invalidations;
    /* counts */
    uint64_t requests, faults, reported, bytes, messages, reads, writes, updates;
};

/**
 * @param latency cycles until memory answers the RTL's own accesses
 * @return NULL, or what is wrong
 */
const char *bridge_init(struct bridge *bridge, enum bridge_kind kind, const char *config,
                        unsigned latency);
void bridge_free(struct bridge *bridge);
void bridge_reset(struct bridge *bridge);
uint64_t bridge_mmio_read(struct bridge *bridge, uint32_t offset, uint32_t size);
void bridge_mmio_write(struct bridge *bridge, uint32_t offset, uint32_t size, uint64_t value);
/** A device's access, with data. `port` is the socket of the device. */
struct iommu_response bridge_dma(struct bridge *bridge, struct vfu *port,
                                 const struct iommu_request *request, void *data, uint32_t length);
/** Would a store of the IOMMU's own arrive? */
bool bridge_can_store(struct bridge *bridge, uint64_t address, uint32_t size);
/** What the RTL did wrong, or other than the model; NULL: nothing. */
const char *bridge_wrong(void);
/** An ATS translation request. Its answer is not used: devices of the lab cache nothing. */
void bridge_translate(struct bridge *bridge, const struct iommu_request *request);
/** Time passes; devices answer. @return true if more is to be done at once */
bool bridge_step(struct bridge *bridge);

#endif
