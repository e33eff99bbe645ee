/* SPDX-License-Identifier: Apache-2.0 */
/* Which answers to a request are legal at all, whatever the tables say. */
#include "fuzz.h"

bool request_makes_sense(const struct iommu_request *request)
{
    if (request->device_id >> 24 != 0 || request->type > IOMMU_ATS_TRANSLATION ||
        request->access > IOMMU_EXECUTE)
        return false;
    if (request->process_id_valid && request->process_id >> 20 != 0)
        return false;
    return request->type != IOMMU_ATS_TRANSLATION || request->access != IOMMU_EXECUTE;
}

uint8_t ttyp_of(const struct iommu_request *request)
{
    static const uint8_t ttyp[3][3] = {
        {IOMMU_TTYP_UNTRANSLATED_READ, IOMMU_TTYP_UNTRANSLATED_WRITE, IOMMU_TTYP_UNTRANSLATED_EXEC},
        {IOMMU_TTYP_TRANSLATED_READ, IOMMU_TTYP_TRANSLATED_WRITE, IOMMU_TTYP_TRANSLATED_EXEC},
        {IOMMU_TTYP_ATS_REQ, IOMMU_TTYP_ATS_REQ, IOMMU_TTYP_ATS_REQ},
    };

    return ttyp[request->type][request->access];
}

/** Which status an ATS request gets for a cause. */
static enum iommu_status ats_status(uint16_t cause)
{
    switch (cause) {
    case 0:
    case IOMMU_CAUSE_INSTR_PAGE_FAULT:
    case IOMMU_CAUSE_READ_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_PAGE_FAULT:
    case IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_READ_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_PDT_NOT_VALID:
    case IOMMU_CAUSE_MSI_PTE_NOT_VALID:
        return IOMMU_SUCCESS;
    case IOMMU_CAUSE_ALL_INBOUND_DISALLOWED:
    case IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT:
    case IOMMU_CAUSE_DDT_NOT_VALID:
    case IOMMU_CAUSE_DDT_MISCONFIGURED:
    case IOMMU_CAUSE_TRANS_TYPE_DISALLOWED:
        return IOMMU_UNSUPPORTED_REQUEST;
    default:
        return IOMMU_COMPLETER_ABORT;
    }
}

/** Is this a cause that a request of this access kind can meet? */
static bool cause_possible(const struct iommu_request *request, uint16_t cause)
{
    static const uint8_t page[] = {13, 15, 12}, guest[] = {21, 23, 20}, access[] = {5, 7, 1};

    if (cause >= IOMMU_CAUSE_ALL_INBOUND_DISALLOWED)
        return cause <= IOMMU_CAUSE_PT_DATA_CORRUPTION &&
               cause != IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR &&
               cause != IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT;
    return cause == page[request->access] || cause == guest[request->access] ||
           cause == access[request->access] ||
           cause == (request->access == IOMMU_WRITE ? IOMMU_CAUSE_WRITE_ADDR_MISALIGNED
                                                    : IOMMU_CAUSE_READ_ADDR_MISALIGNED);
}

static bool is_guest_page_fault(uint16_t cause)
{
    return cause == IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT ||
           cause == IOMMU_CAUSE_READ_GUEST_PAGE_FAULT ||
           cause == IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT;
}

static bool always_reported(uint16_t cause)
{
    return (cause >= IOMMU_CAUSE_ALL_INBOUND_DISALLOWED &&
            cause <= IOMMU_CAUSE_DDT_MISCONFIGURED) ||
           cause == IOMMU_CAUSE_DDT_DATA_CORRUPTION;
}

static void fault_check(const struct world *world, const struct iommu_request *request,
                        const struct iommu_response *response)
{
    uint64_t flags = IOMMU_IOTVAL2_IMPLICIT_MASK | IOMMU_IOTVAL2_WRITE_MASK;
    bool ats = request->type == IOMMU_ATS_TRANSLATION;

    RULE(world, cause_possible(request, response->cause), "cause %u for access %u", response->cause,
         request->access);
    RULE(world, response->rule != IOMMU_RULE_NONE && response->rule < IOMMU_RULES,
         "cause %u by rule %u", response->cause, response->rule);
    RULE(world, response->permissions == 0 && response->target == IOMMU_TARGET_MEMORY,
         "a fault grants permissions %u, target %u", response->permissions, response->target);
    RULE(world, is_guest_page_fault(response->cause) || response->iotval2 == 0,
         "cause %u has iotval2 %#llx", response->cause, (unsigned long long)response->iotval2);
    RULE(world, (response->iotval2 & flags) != IOMMU_IOTVAL2_WRITE_MASK,
         "iotval2 %#llx: a write that is not implicit", (unsigned long long)response->iotval2);
    RULE(world, (response->iotval2 & IOMMU_IOTVAL2_WRITE_MASK) == 0 || HAS(world, AMO_HWAD),
         "iotval2 %#llx: an A/D update without AMO_HWAD", (unsigned long long)response->iotval2);
    if (ats)
        RULE(world, response->status == ats_status(response->cause),
             "an ATS request has status %u for cause %u", response->status, response->cause);
    else
        RULE(world, response->status == IOMMU_ABORT, "status %u for cause %u", response->status,
             response->cause);
    if (response->status == IOMMU_SUCCESS)
        RULE(world, !response->fault_reported, "a successful request is reported");
    else if (always_reported(response->cause))
        RULE(world, response->fault_reported, "cause %u is not reported", response->cause);
}

/** The address and the range of a success. */
static void address_check(const struct world *world, const struct iommu_request *request,
                          const struct iommu_response *response)
{
    uint64_t moved = response->address ^ request->iova;
    uint8_t read_write = IOMMU_PERM_R | IOMMU_PERM_W;
    bool bare = moved == 0 && (response->permissions & read_write) == read_write;
    bool guest_address = request->type == IOMMU_ATS_TRANSLATION && HAS(world, T2GPA);

    RULE(world, response->page_log2 >= 12 && response->page_log2 < 64, "a range of 2^%u bytes",
         response->page_log2);
    if (response->target == IOMMU_TARGET_MRIF) {
        RULE(world,
             response->address % IOMMU_MRIF_BYTES == 0 &&
                 response->notice_address % PAGE_BYTES == 0 && response->nid < 2048,
             "an MRIF at %#llx, notice %#llx, %u", (unsigned long long)response->address,
             (unsigned long long)response->notice_address, response->nid);
        return;
    }
    RULE(world, (moved & (PAGE_BYTES - 1)) == 0, "%#llx is translated to %#llx",
         (unsigned long long)request->iova, (unsigned long long)response->address);
    if (response->target == IOMMU_TARGET_MEMORY)
        RULE(world, (moved & ((1ull << response->page_log2) - 1)) == 0,
             "%#llx is translated to %#llx in a range of 2^%u", (unsigned long long)request->iova,
             (unsigned long long)response->address, response->page_log2);
    if (!guest_address && !(bare && response->target == IOMMU_TARGET_MEMORY))
        RULE(world, (response->address & ~world->pas_mask) == 0, "%#llx is beyond PAS",
             (unsigned long long)response->address);
    RULE(world, response->notice_address == 0 && response->nid == 0, "a notice without an MRIF");
}

static void ats_check(const struct world *world, const struct iommu_request *request,
                      const struct iommu_response *response)
{
    uint8_t ats = response->ats, permissions = response->permissions;
    bool process = request->process_id_valid;

    RULE(world, (ats & IOMMU_ATS_PRIV) == 0 || (process && request->privileged),
         "Priv without privilege");
    RULE(world, (ats & IOMMU_ATS_GLOBAL) == 0 || process, "Global without a PASID");
    RULE(world, (ats & IOMMU_ATS_CXL_IO) == 0 || request->cxl, "CXL.io for another device");
    RULE(world, ((ats & IOMMU_ATS_U) != 0) == (response->target == IOMMU_TARGET_MRIF),
         "U with target %u", response->target);
    RULE(world, ((ats & IOMMU_ATS_S) != 0) == (response->page_log2 > 12 && response->cause == 0),
         "S with a range of 2^%u", response->page_log2);
    RULE(world,
         (permissions & IOMMU_PERM_X) == 0 ||
             (request->execute && (permissions & IOMMU_PERM_R) != 0),
         "X is granted and was not asked for, or without R");
}

void response_check(const struct world *world, const struct iommu_request *request,
                    const struct iommu_response *response)
{
    static const uint8_t needed[] = {IOMMU_PERM_R, IOMMU_PERM_W, IOMMU_PERM_X};
    const struct iommu_config *config = &world->config;
    bool ats = request->type == IOMMU_ATS_TRANSLATION;

    RULE(world, (response->status == IOMMU_BAD_REQUEST) == !request_makes_sense(request),
         "a request of type %u, access %u, device %#x has status %u", request->type,
         request->access, request->device_id, response->status);
    if (response->status == IOMMU_BAD_REQUEST) {
        RULE(world, response->cause == 0 && !response->fault_reported, "a bad request is reported");
        return;
    }
    RULE(world, response->pbmt <= IOMMU_PBMT_IO && (response->pbmt == 0 || HAS(world, SVPBMT)),
         "memory type %u", response->pbmt);
    RULE(world, response->target == IOMMU_TARGET_MEMORY || HAS(world, MSI_FLAT),
         "target %u without MSI_FLAT", response->target);
    RULE(world, response->target != IOMMU_TARGET_MRIF || HAS(world, MSI_MRIF),
         "an MRIF without MSI_MRIF");
    RULE(world,
         response->rcid >> config->rcid_bits == 0 && response->mcid >> config->mcid_bits == 0,
         "QoS IDs %u, %u", response->rcid, response->mcid);
    RULE(world, response->rule < IOMMU_RULES, "rule %u", response->rule);
    RULE(world, ats || response->ats == 0, "ATS fields %#x", response->ats);
    if (ats)
        ats_check(world, request, response);
    if (response->cause != 0) {
        fault_check(world, request, response);
        return;
    }
    RULE(world, response->status == IOMMU_SUCCESS, "status %u without a cause", response->status);
    RULE(world, !response->fault_reported && response->iotval2 == 0,
         "a success is reported, or has iotval2");
    if (!ats) {
        RULE(world, (response->permissions & needed[request->access]) != 0,
             "access %u succeeds with permissions %u", request->access, response->permissions);
        RULE(world, response->rule == IOMMU_RULE_NONE, "a success by rule %u", response->rule);
    }
    if (!ats || response->permissions != 0)
        address_check(world, request, response);
}

bool responses_equal(const struct iommu_response *a, const struct iommu_response *b)
{
    return a->address == b->address && a->iotval2 == b->iotval2 &&
           a->notice_address == b->notice_address && a->cause == b->cause && a->rule == b->rule &&
           a->rcid == b->rcid && a->mcid == b->mcid && a->nid == b->nid && a->status == b->status &&
           a->page_log2 == b->page_log2 && a->permissions == b->permissions && a->pbmt == b->pbmt &&
           a->target == b->target && a->ats == b->ats && a->fault_reported == b->fault_reported;
}

struct expected_record record_of(const struct iommu_request *request,
                                 const struct iommu_response *response)
{
    return (struct expected_record){
        .possible = response->fault_reported,
        .due = response->fault_reported,
        .cause = response->cause,
        .ttyp = request_makes_sense(request) ? ttyp_of(request) : 0,
        .pv = request->process_id_valid,
        .priv = request->privileged,
        .pid = request->process_id,
        .did = request->device_id,
        .iotval = request->iova,
        .iotval2 = response->iotval2,
    };
}
