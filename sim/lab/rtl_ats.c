/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rtl_ats.h"

enum kind { TRANSLATION_REQUEST, PAGE_REQUEST, INVALIDATION_COMPLETION };
enum answer { TRANSLATION_COMPLETION, INVALIDATION_REQUEST, PAGE_RESPONSE };

#define TAG_MASK 0x3ffu
#define FULL 2u /* the configuration that has the port */

static struct {
    struct pins_in message; /**< its ats_req_* pins */
    bool offered, taken, completed;
    uint16_t tag;
    struct ats_completion completion;
} port;

void ats_port_reset(void)
{
    memset(&port, 0, sizeof(port));
}

bool rtl_has_ats(void)
{
    return design_config() == FULL;
}

void ats_port_drive(struct pins_in *in)
{
    in->ats_rsp_ready = 1;
    in->ats_req_valid = port.offered;
    if (!port.offered)
        return;
    in->ats_req_kind = port.message.ats_req_kind;
    in->ats_req_device_id = port.message.ats_req_device_id;
    in->ats_req_pasid_valid = port.message.ats_req_pasid_valid;
    in->ats_req_process_id = port.message.ats_req_process_id;
    in->ats_req_privileged = port.message.ats_req_privileged;
    in->ats_req_execute = port.message.ats_req_execute;
    in->ats_req_no_write = port.message.ats_req_no_write;
    in->ats_req_tag = port.message.ats_req_tag;
    in->ats_req_payload = port.message.ats_req_payload;
    in->ats_req_itags = port.message.ats_req_itags;
    in->ats_req_count = port.message.ats_req_count;
}

/** A message to a device, or the completion that somebody waits for. */
static void answer(const struct pins_out *out, const struct rtl_memory *memory)
{
    static const enum iommu_status status[] = {IOMMU_SUCCESS, IOMMU_UNSUPPORTED_REQUEST,
                                               IOMMU_COMPLETER_ABORT};
    struct iommu_message message = {.kind = out->ats_rsp_kind == INVALIDATION_REQUEST
                                                ? IOMMU_MSG_INVALIDATION_REQUEST
                                                : IOMMU_MSG_PAGE_REQUEST_GROUP_RESP,
                                    .device_id = out->ats_rsp_device_id,
                                    .segment_valid = out->ats_rsp_segment_valid,
                                    .pasid_valid = out->ats_rsp_pasid_valid,
                                    .process_id = out->ats_rsp_process_id,
                                    .itag = out->ats_rsp_itag,
                                    .payload = out->ats_rsp_payload};

    if (out->ats_rsp_kind != TRANSLATION_COMPLETION) {
        memory->message(memory->context, &message);
        return;
    }
    if (out->ats_rsp_tag != port.tag || out->ats_rsp_status > 2 || port.completed) {
        rtl_fail("a completion that nobody waits for");
        return;
    }
    port.completed = true;
    port.completion.status = status[out->ats_rsp_status];
    port.completion.payload = out->ats_rsp_payload;
}

void ats_port_observe(const struct pins_in *in, const struct pins_out *out,
                      const struct rtl_memory *memory)
{
    if (in->ats_req_valid && out->ats_req_ready) {
        port.offered = false;
        port.taken = true;
    }
    if (out->ats_rsp_valid && in->ats_rsp_ready)
        answer(out, memory);
}

static bool send(void)
{
    port.taken = false;
    port.offered = true;
    return rtl_wait(&port.taken, "a device's message is not taken");
}

struct ats_completion rtl_translate(const struct iommu_request *request)
{
    struct ats_completion none = {.status = IOMMU_COMPLETER_ABORT};

    memset(&port.message, 0, sizeof(port.message));
    port.message.ats_req_kind = TRANSLATION_REQUEST;
    port.message.ats_req_device_id = request->device_id;
    port.message.ats_req_pasid_valid = request->process_id_valid;
    port.message.ats_req_process_id = request->process_id_valid ? request->process_id : 0;
    port.message.ats_req_privileged = request->privileged;
    port.message.ats_req_execute = request->execute;
    port.message.ats_req_no_write = request->access == IOMMU_READ;
    port.tag = (port.tag + 1) & TAG_MASK;
    port.message.ats_req_tag = port.tag;
    port.message.ats_req_payload = request->iova;
    port.completed = false;
    if (!send() || !rtl_wait(&port.completed, "no completion of a translation request"))
        return none;
    return port.completion;
}

void rtl_page_request(const struct iommu_page_request *request)
{
    memset(&port.message, 0, sizeof(port.message));
    port.message.ats_req_kind = PAGE_REQUEST;
    port.message.ats_req_device_id = request->device_id;
    port.message.ats_req_pasid_valid = request->process_id_valid;
    port.message.ats_req_process_id = request->process_id_valid ? request->process_id : 0;
    port.message.ats_req_privileged = request->privileged;
    port.message.ats_req_execute = request->execute;
    port.message.ats_req_payload = request->payload;
    send();
}

void rtl_completion(uint32_t device_id, uint32_t itags, uint8_t count)
{
    memset(&port.message, 0, sizeof(port.message));
    port.message.ats_req_kind = INVALIDATION_COMPLETION;
    port.message.ats_req_device_id = device_id;
    port.message.ats_req_itags = itags;
    port.message.ats_req_count = count & 7;
    send();
}
