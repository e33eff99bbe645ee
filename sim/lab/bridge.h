/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The I/O bridge: devices on one side, the IOMMU and memory on the other. Every access of a
 * device goes through bridge_dma(), and what leaves it is checked to be allowed.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "ats.h"
#include "iommu.h"
#include "vfu.h"

enum bridge_kind { BRIDGE_NONE, BRIDGE_MODEL, BRIDGE_RTL, BRIDGE_BOTH };

#define BRIDGE_MESSAGES 64u
#define BRIDGE_LISTENERS 16u
#define BRIDGE_PATIENCE 60000000000u /* ns: PCI Express gives an invalidation a minute */

typedef void bridge_message_fn(void *context, const struct iommu_message *message);

struct bridge {
    enum bridge_kind kind;
    struct iommu *iommu;                 /**< the model, if that is used */
    struct vfu *tables;                  /**< by which the IOMMU reaches memory */
    struct vfu *device;                  /**< by which the present device does */
    uint64_t message_base, message_size; /**< where interrupt files are */
    uint64_t last_ns;
    struct iommu_message message[BRIDGE_MESSAGES]; /**< to devices, on their way */
    unsigned messages_waiting;
    struct {
        uint64_t since_ns;         /**< 0: none, or all is over */
        uint32_t device_id, known; /**< with its segment, if the request had one */
        uint8_t left;              /**< completions to come; 0: as many as the first one says */
    } invalidation[32];            /**< requests under way, by ITAG */
    uint64_t patience_ns;          /**< how long a device has for the answer */
    struct {
        const uint32_t *device_id;
        bridge_message_fn *call;
        void *context;
    } listener[BRIDGE_LISTENERS]; /**< devices that take messages */
    unsigned listeners;
    /** Asked about each access that leaves the IOMMU: translated (`device`), or its own. What it
     *  denies ends all. NULL: nobody asks. */
    bool (*permitted)(void *context, bool device, uint64_t address, uint32_t size, bool write);
    void *permitted_context;
    /* counts */
    uint64_t requests, faults, reported, bytes, messages, reads, writes, updates, timeouts;
    uint64_t hits; /**< requests during which the IOMMU read nothing from memory */
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
/** What the IOMMU did that is not permitted, the RTL did wrong, or other than the model; NULL:
 * nothing. */
const char *bridge_wrong(void);
/** A device with ATS takes messages to what *device_id says then. */
void bridge_listen(struct bridge *bridge, const uint32_t *device_id, bridge_message_fn *call,
                   void *context);
/** An ATS translation request. */
struct ats_completion bridge_translate(struct bridge *bridge, const struct iommu_request *request);
void bridge_page_request(struct bridge *bridge, const struct iommu_page_request *request);
/** A device has done what an invalidation request asked for. */
void bridge_completion(struct bridge *bridge, uint32_t device_id, uint32_t itags, uint8_t count);
/** Time passes; devices answer. @return true if more is to be done at once */
bool bridge_step(struct bridge *bridge);

/* Between the bridge's own files. */

/** Beside the model, everything comes to rest between one access and the next. */
bool bridge_lockstep(const struct bridge *bridge);
void bridge_rest(void);
uint64_t bridge_now_ns(void);
/** The IOMMU sends a message to a device. */
void bridge_message(void *context, const struct iommu_message *message);
/** Deliver what waits; see whose time is over. */
void bridge_messages(struct bridge *bridge);

#endif
