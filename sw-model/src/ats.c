/* SPDX-License-Identifier: Apache-2.0 */
/* Messages from devices: page requests and invalidation completions. */
#include <string.h>

#include "internal.h"

/* Message codes of PCI Express, as fault records carry them in iotval. */
#define MESSAGE_INVALIDATION_COMPLETION 0x02u
#define MESSAGE_PAGE_REQUEST 0x04u

/** Locate the device context for a message: steps 1 to 6 of the translation process. */
static bool locate_for_message(struct walk *walk, struct device_context *dc)
{
    const struct iommu *iommu = walk->iommu;
    unsigned mode = (unsigned)IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE);
    uint32_t device_id = walk->request->device_id;

    if (mode == IOMMU_DDTP_MODE_OFF)
        return fault(walk, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, IOMMU_RULE_MODE_OFF);
    if (mode == IOMMU_DDTP_MODE_BARE)
        return fault(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_BARE_TYPE);
    if (device_id_too_wide(iommu, mode, device_id))
        return fault(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_DEVICE_ID_WIDE);
    if (!locate_device_context(walk, device_id, dc))
        return false;
    walk->dtf = (dc->tc & IOMMU_DC_TC_DTF_MASK) != 0;
    return true;
}

static void report_message(struct walk *walk, uint8_t message_code)
{
    /* What DTF suppresses is among the causes that need a device context: only 260. */
    if (!(walk->dtf && walk->cause == IOMMU_CAUSE_TRANS_TYPE_DISALLOWED))
        report(walk, IOMMU_TTYP_MESSAGE_REQ, message_code);
}

/* --- "PCIe ATS Page Request handling" ------------------------------------------------ */

static bool is_stop_marker(const struct iommu_page_request *request)
{
    uint64_t rwl = IOMMU_PQ_R_MASK | IOMMU_PQ_W_MASK | IOMMU_PQ_L_MASK;

    return request->process_id_valid && (request->payload & rwl) == IOMMU_PQ_L_MASK;
}

/** The status of the response that the IOMMU makes itself, by the fault that was met. */
static enum iommu_prgr_code response_code(uint16_t rule)
{
    switch (rule) {
    case IOMMU_RULE_BARE_TYPE:
    case IOMMU_RULE_DEVICE_ID_WIDE:
    case IOMMU_RULE_PRI_DISABLED:
    case IOMMU_RULE_TYPE_UNSUPPORTED:
        return IOMMU_PRGR_INVALID_REQUEST;
    case IOMMU_RULE_PRI_QUEUE_FULL:
        return IOMMU_PRGR_SUCCESS;
    default:
        return IOMMU_PRGR_RESPONSE_FAILURE;
    }
}

static void respond(struct iommu *iommu, const struct iommu_page_request *request,
                    enum iommu_prgr_code code, bool prpr)
{
    uint64_t index = IOMMU_GET(request->payload, IOMMU_PQ_PRGI);
    bool with_pasid = request->process_id_valid && (prpr || code == IOMMU_PRGR_RESPONSE_FAILURE);
    struct iommu_message message = {
        .kind = IOMMU_MSG_PAGE_REQUEST_GROUP_RESP,
        .device_id = request->device_id,
        .segment_valid = true,
        .pasid_valid = with_pasid,
        .process_id = with_pasid ? request->process_id : 0,
        .payload = IOMMU_PREP(IOMMU_CMD_ATS_PRGR_PRGI, index) |
                   IOMMU_PREP(IOMMU_CMD_ATS_PRGR_RESPONSE_CODE, code),
        .automatic = true,
    };

    if (iommu->bus.message != NULL)
        iommu->bus.message(iommu->bus.context, &message);
}

/** Find out why the request cannot be queued. @return true if it was queued */
static bool queue_request(struct walk *walk, const struct iommu_page_request *request, bool *prpr)
{
    struct iommu *iommu = walk->iommu;
    struct device_context dc;

    if (!locate_for_message(walk, &dc))
        return false;
    if (!has(iommu, IOMMU_CAPABILITIES_ATS_MASK))
        return fault(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_TYPE_UNSUPPORTED);
    *prpr = (dc.tc & IOMMU_DC_TC_PRPR_MASK) != 0;
    if ((dc.tc & IOMMU_DC_TC_EN_PRI_MASK) == 0)
        return fault(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_PRI_DISABLED);
    switch (page_queue_put(iommu, request)) {
    case PUT_DONE:
        return true;
    case PUT_QUEUE_OFF:
        return fault(walk, 0, IOMMU_RULE_PRI_QUEUE_OFF);
    case PUT_MEMORY_FAULT:
        return fault(walk, 0, IOMMU_RULE_PRI_QUEUE_FAULT);
    default:
        return fault(walk, 0, IOMMU_RULE_PRI_QUEUE_FULL);
    }
}

struct iommu_pri_result iommu_page_request(struct iommu *iommu,
                                           const struct iommu_page_request *request)
{
    struct iommu_request origin = {
        .device_id = request->device_id,
        .process_id = request->process_id,
        .process_id_valid = request->process_id_valid,
        .privileged = request->privileged,
    };
    struct iommu_pri_result result = {.status = IOMMU_PRI_DISCARDED};
    bool prpr = false;
    struct walk walk;

    if (!request_is_sane(&origin))
        return result;
    memset(&walk, 0, sizeof(walk));
    walk.iommu = iommu;
    walk.request = &origin;
    if (queue_request(&walk, request, &prpr)) {
        result.status = IOMMU_PRI_QUEUED;
        return result;
    }
    result.cause = walk.cause;
    result.rule = walk.rule;
    if (walk.cause != 0)
        report_message(&walk, MESSAGE_PAGE_REQUEST);
    if ((request->payload & IOMMU_PQ_L_MASK) == 0 || is_stop_marker(request))
        return result;
    result.status = IOMMU_PRI_RESPONDED;
    result.code = response_code(walk.rule);
    respond(iommu, request, result.code, prpr);
    return result;
}

/* --- invalidation completions -------------------------------------------------------- */

uint32_t iommu_itags_busy(const struct iommu *iommu)
{
    uint32_t busy = 0;

    for (unsigned i = 0; i < ITAGS; i++) {
        if (iommu->invalidation[i].busy)
            busy |= 1u << i;
    }
    return busy;
}

static bool answers(const struct invalidation *pending, uint32_t device_id)
{
    uint32_t known = pending->segment_valid ? 0xffffffu : 0xffffu;

    return pending->busy && ((pending->device_id ^ device_id) & known) == 0;
}

/** Nobody asked for it. It is an unsupported request unless ATS is enabled. */
static void unsolicited(struct iommu *iommu, uint32_t device_id)
{
    struct iommu_request origin = {.device_id = device_id};
    struct device_context dc;
    struct walk walk;

    if (!request_is_sane(&origin))
        return;
    memset(&walk, 0, sizeof(walk));
    walk.iommu = iommu;
    walk.request = &origin;
    if (locate_for_message(&walk, &dc)) {
        if ((dc.tc & IOMMU_DC_TC_EN_ATS_MASK) != 0)
            return;
        fault(&walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_ATS_DISABLED);
    }
    report_message(&walk, MESSAGE_INVALIDATION_COMPLETION);
}

bool iommu_invalidation_completion(struct iommu *iommu, uint32_t device_id, uint32_t itags,
                                   uint8_t completion_count)
{
    uint8_t expected = completion_count == 0 ? 8 : completion_count;
    bool matched = false;

    for (unsigned i = 0; i < ITAGS; i++) {
        struct invalidation *pending = &iommu->invalidation[i];

        if ((itags >> i & 1) == 0 || !answers(pending, device_id))
            continue;
        matched = true;
        if (pending->remaining == 0)
            pending->remaining = expected;
        if (--pending->remaining == 0)
            pending->busy = false;
    }
    if (!matched)
        unsolicited(iommu, device_id);
    else if (!iommu->config.manual)
        commands_run(iommu);
    return matched;
}

void iommu_invalidation_timeout(struct iommu *iommu, uint32_t itags)
{
    for (unsigned i = 0; i < ITAGS; i++) {
        if ((itags >> i & 1) != 0 && iommu->invalidation[i].busy) {
            iommu->invalidation[i].busy = false;
            iommu->invalidation_timed_out = true;
        }
    }
    if (!iommu->config.manual)
        commands_run(iommu);
}
