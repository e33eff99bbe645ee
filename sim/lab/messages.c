/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge's messages: what devices ask (translations, pages), what they are told, and the time
 * that they have for an answer.
 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <time.h>

#include "both.h"
#include "bridge.h"
#include "rtl.h"

uint64_t bridge_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void note_owed(struct bridge *bridge)
{
    bool owed = false;

    for (unsigned i = 0; i < 32; i++)
        owed |= bridge->invalidation[i].since_ns != 0;
    rtl_device_owes(owed);
}

/** What does not fit is lost, as on a link that fails: of invalidations the time-out tells. */
void bridge_message(void *context, const struct iommu_message *message)
{
    struct bridge *bridge = context;

    if (bridge_lockstep(bridge))
        both_saw_message(message);
    if (message->kind == IOMMU_MSG_INVALIDATION_REQUEST) {
        unsigned itag = message->itag & 31;
        bridge->invalidation[itag].since_ns = bridge_now_ns();
        bridge->invalidation[itag].device_id = message->device_id;
        bridge->invalidation[itag].known = message->segment_valid ? 0xffffff : 0xffff;
        bridge->invalidation[itag].left = 0;
        note_owed(bridge);
    }
    if (bridge->messages_waiting < BRIDGE_MESSAGES)
        bridge->message[bridge->messages_waiting++] = *message;
}

void bridge_listen(struct bridge *bridge, const uint32_t *device_id, bridge_message_fn *call,
                   void *context)
{
    if (bridge->listeners == BRIDGE_LISTENERS)
        return;
    bridge->listener[bridge->listeners].device_id = device_id;
    bridge->listener[bridge->listeners].call = call;
    bridge->listener[bridge->listeners++].context = context;
}

/** Is there an IOMMU that takes messages? A root port without ATS refuses them itself. */
static bool has_ats(const struct bridge *bridge)
{
    return bridge->iommu != NULL || (bridge->kind >= BRIDGE_RTL && rtl_has_ats());
}

struct ats_completion bridge_translate(struct bridge *bridge, const struct iommu_request *request)
{
    struct ats_completion completion = {.status = IOMMU_UNSUPPORTED_REQUEST};

    bridge->requests++;
    if (bridge->iommu != NULL) {
        struct iommu_response response = iommu_translate(bridge->iommu, request);
        bridge->reported += response.fault_reported;
        completion = ats_completion_of(&response);
    } else if (has_ats(bridge)) {
        completion = rtl_translate(request);
        if (bridge_lockstep(bridge)) {
            bridge_rest();
            both_translation(request, &completion);
        }
    }
    bridge->faults += has_ats(bridge) && completion.status != IOMMU_SUCCESS;
    return completion;
}

void bridge_page_request(struct bridge *bridge, const struct iommu_page_request *request)
{
    if (bridge->iommu != NULL) {
        iommu_page_request(bridge->iommu, request);
    } else if (has_ats(bridge)) {
        rtl_page_request(request);
        if (bridge_lockstep(bridge)) {
            bridge_rest();
            both_page_request(request);
        }
    }
}

/** Which requests need no time-out any more: those that the IOMMU takes for answered. */
static void note_completion(struct bridge *bridge, uint32_t device_id, uint32_t itags,
                            uint8_t count)
{
    for (unsigned i = 0; i < 32; i++) {
        if ((itags >> i & 1) == 0 || bridge->invalidation[i].since_ns == 0 ||
            ((bridge->invalidation[i].device_id ^ device_id) & bridge->invalidation[i].known) != 0)
            continue;
        if (bridge->invalidation[i].left == 0)
            bridge->invalidation[i].left = count == 0 ? 8 : count;
        if (--bridge->invalidation[i].left == 0)
            bridge->invalidation[i].since_ns = 0;
    }
    note_owed(bridge);
}

void bridge_completion(struct bridge *bridge, uint32_t device_id, uint32_t itags, uint8_t count)
{
    count &= 7;
    note_completion(bridge, device_id, itags, count);
    if (bridge->iommu != NULL) {
        iommu_invalidation_completion(bridge->iommu, device_id, itags, count);
    } else if (has_ats(bridge)) {
        rtl_completion(device_id, itags, count);
        if (bridge_lockstep(bridge)) {
            bridge_rest();
            both_completion(device_id, itags, count);
        }
    }
}

/** To the device that it is for; for one that keeps no translations, it is done at once. */
static void deliver(struct bridge *bridge, const struct iommu_message *message)
{
    for (unsigned i = 0; i < bridge->listeners; i++) {
        if (*bridge->listener[i].device_id == (message->device_id & 0xffff)) {
            bridge->listener[i].call(bridge->listener[i].context, message);
            return;
        }
    }
    if (message->kind == IOMMU_MSG_INVALIDATION_REQUEST)
        bridge_completion(bridge, message->device_id, 1u << (message->itag & 31), 1);
}

/** Devices that have not answered an invalidation in their time. */
static void time_out(struct bridge *bridge, uint64_t ns)
{
    uint32_t over = 0;

    for (unsigned i = 0; i < 32; i++) {
        uint64_t *since = &bridge->invalidation[i].since_ns;
        if (*since != 0 && ns - *since >= bridge->patience_ns) {
            over |= 1u << i;
            *since = 0;
            bridge->timeouts++;
        }
    }
    if (over == 0)
        return;
    note_owed(bridge);
    if (bridge->iommu != NULL) {
        iommu_invalidation_timeout(bridge->iommu, over);
    } else {
        rtl_timeout(over);
        if (bridge_lockstep(bridge)) {
            bridge_rest();
            both_timeout(over);
        }
    }
}

void bridge_messages(struct bridge *bridge)
{
    while (bridge->messages_waiting > 0) { /* what follows from one may be another one */
        struct iommu_message message = bridge->message[0];
        memmove(&bridge->message[0], &bridge->message[1],
                --bridge->messages_waiting * sizeof(message));
        deliver(bridge, &message);
    }
    time_out(bridge, bridge_now_ns());
}
