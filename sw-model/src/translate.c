/* SPDX-License-Identifier: Apache-2.0 */
/* "Process to translate an IOVA": the 20 steps in their order, and what comes of faults. */
#include <string.h>

#include "internal.h"

#define DC_SET(dc, field) (((dc)->tc & IOMMU_DC_TC_##field##_MASK) != 0)

bool request_is_sane(const struct iommu_request *request)
{
    if (request->device_id >= DEVICE_IDS || request->type > IOMMU_ATS_TRANSLATION ||
        request->access > IOMMU_EXECUTE)
        return false;
    if (request->process_id_valid && request->process_id >= PROCESS_IDS)
        return false;
    return request->type != IOMMU_ATS_TRANSLATION || request->access != IOMMU_EXECUTE;
}

uint8_t request_ttyp(const struct iommu_request *request)
{
    uint8_t untranslated = request->access == IOMMU_EXECUTE ? IOMMU_TTYP_UNTRANSLATED_EXEC
                           : request->access == IOMMU_WRITE ? IOMMU_TTYP_UNTRANSLATED_WRITE
                                                            : IOMMU_TTYP_UNTRANSLATED_READ;

    if (request->type == IOMMU_ATS_TRANSLATION)
        return IOMMU_TTYP_ATS_REQ;
    if (request->type == IOMMU_TRANSLATED)
        return (uint8_t)(untranslated + IOMMU_TTYP_TRANSLATED_EXEC - IOMMU_TTYP_UNTRANSLATED_EXEC);
    return untranslated;
}

/** Stop by a rule that reads nothing. */
static bool refuse(struct walk *walk, uint16_t cause, enum iommu_rule rule)
{
    rule_step(walk, IOMMU_DATA, rule, walk->request->iova, false);
    return fault(walk, cause, rule);
}

/* --- faults -------------------------------------------------------------------------- */

/** The "Reported if DTF is 1?" column of the CAUSE table. */
static bool reported_despite_dtf(uint16_t cause)
{
    switch (cause) {
    case IOMMU_CAUSE_ALL_INBOUND_DISALLOWED:
    case IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT:
    case IOMMU_CAUSE_DDT_NOT_VALID:
    case IOMMU_CAUSE_DDT_MISCONFIGURED:
    case IOMMU_CAUSE_DDT_DATA_CORRUPTION:
    case IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR:
    case IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT:
        return true;
    default:
        return false;
    }
}

void report(struct walk *walk, uint8_t ttyp, uint64_t iotval)
{
    const struct iommu_request *request = walk->request;
    struct fault_record record = {
        .cause = walk->cause,
        .ttyp = ttyp,
        .pv = request->process_id_valid,
        .did = request->device_id,
        .iotval = iotval,
        .iotval2 = walk->iotval2,
    };

    if (record.pv) {
        record.pid = request->process_id;
        record.priv = request->privileged;
    }
    fault_queue_put(walk->iommu, &record);
}

static bool report_due(const struct walk *walk)
{
    return !walk->dtf || reported_despite_dtf(walk->cause);
}

/** "PCIe ATS translation request handling": the completion for a fault. */
static uint8_t ats_fault_status(uint16_t cause)
{
    switch (cause) {
    case IOMMU_CAUSE_ALL_INBOUND_DISALLOWED:
    case IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT:
    case IOMMU_CAUSE_DDT_NOT_VALID:
    case IOMMU_CAUSE_DDT_MISCONFIGURED:
    case IOMMU_CAUSE_TRANS_TYPE_DISALLOWED:
        return IOMMU_UNSUPPORTED_REQUEST;
    case IOMMU_CAUSE_INSTR_PAGE_FAULT:
    case IOMMU_CAUSE_READ_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_PAGE_FAULT:
    case IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_READ_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_PDT_NOT_VALID:
    case IOMMU_CAUSE_MSI_PTE_NOT_VALID:
        return IOMMU_SUCCESS;
    default: /* configuration errors, and corrupted data as RAS recommends */
        return IOMMU_COMPLETER_ABORT;
    }
}

static void fault_response(struct walk *walk, struct iommu_response *response)
{
    bool ats = walk->request->type == IOMMU_ATS_TRANSLATION;

    memset(response, 0, sizeof(*response));
    response->cause = walk->cause;
    response->rule = walk->rule;
    response->iotval2 = walk->iotval2;
    response->page_log2 = PAGE_LOG2;
    response->status = ats ? ats_fault_status(walk->cause) : IOMMU_ABORT;
    if (response->status == IOMMU_SUCCESS) {
        if (walk->process_id_valid && walk->privileged)
            response->ats |= IOMMU_ATS_PRIV;
        if (walk->request->cxl && walk->cxl_io)
            response->ats |= IOMMU_ATS_CXL_IO;
        response->rcid = walk->rcid;
        response->mcid = walk->mcid;
        return;
    }
    response->fault_reported = report_due(walk);
    if (response->fault_reported && walk->explorer == NULL)
        report(walk, request_ttyp(walk->request), walk->request->iova);
}

/* --- steps 1 to 16: contexts --------------------------------------------------------- */

/** What the steps find out, one after the other. */
struct contexts {
    struct device_context dc;
    struct process_context pc;
    struct table first;
    bool pass_through; /**< the address is already the translated one */
};

/** Steps 1 to 5. In Bare mode the process ends here: contexts->pass_through. */
static bool check_mode(struct walk *walk, struct contexts *contexts)
{
    const struct iommu *iommu = walk->iommu;
    unsigned mode = (unsigned)IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE);

    if (mode == IOMMU_DDTP_MODE_OFF)
        return refuse(walk, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, IOMMU_RULE_MODE_OFF);
    if (mode == IOMMU_DDTP_MODE_BARE) {
        if (walk->request->type != IOMMU_UNTRANSLATED)
            return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_BARE_TYPE);
        contexts->pass_through = true;
        walk->rcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_RCID) & 0xfff;
        walk->mcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_MCID) & 0xfff;
        return true;
    }
    if (device_id_too_wide(iommu, mode, walk->request->device_id))
        return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_DEVICE_ID_WIDE);
    return true;
}

static bool process_id_too_wide(const struct device_context *dc, uint32_t process_id)
{
    switch (IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE)) {
    case IOMMU_PDTP_MODE_PD8:
        return process_id >> 8 != 0;
    case IOMMU_PDTP_MODE_PD17:
        return process_id >> 17 != 0;
    default:
        return false;
    }
}

/** Steps 6 to 8. */
static bool check_device(struct walk *walk, struct contexts *contexts)
{
    const struct iommu_request *request = walk->request;
    struct device_context *dc = &contexts->dc;

    if (!locate_device_context(walk, request->device_id, dc))
        return false;
    walk->dtf = DC_SET(dc, DTF);
    walk->rcid = dc->rcid;
    walk->mcid = dc->mcid;
    walk->space.gv = dc->second.scheme->levels != 0;
    walk->space.gscid = walk->space.gv ? dc->gscid : 0;
    walk->cxl_io = DC_SET(dc, T2GPA);
    if (request->type != IOMMU_UNTRANSLATED && !DC_SET(dc, EN_ATS))
        return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_ATS_DISABLED);
    if (request->process_id_valid && !DC_SET(dc, PDTV))
        return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_PROCESS_ID_UNEXPECTED);
    if (request->process_id_valid && process_id_too_wide(dc, request->process_id))
        return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_PROCESS_ID_WIDE);
    if (request->type == IOMMU_TRANSLATED && !DC_SET(dc, T2GPA))
        contexts->pass_through = true;
    return true;
}

/** Steps 9 to 16: which first stage applies. */
static bool choose_first_stage(struct walk *walk, struct contexts *contexts)
{
    const struct iommu_request *request = walk->request;
    const struct device_context *dc = &contexts->dc;

    contexts->first = (struct table){.scheme = &scheme_bare};
    if (request->type == IOMMU_TRANSLATED)
        return true;
    if (!DC_SET(dc, PDTV)) {
        contexts->first = dc->first;
        walk->space.pscv = dc->first.scheme->levels != 0;
        walk->space.pscid = walk->space.pscv ? dc->pscid : 0;
        return true;
    }
    if (!request->process_id_valid && !DC_SET(dc, DPE))
        return true;
    walk->process_id_valid = true;
    walk->process_id = request->process_id_valid ? request->process_id : 0;
    if (IOMMU_GET(dc->fsc, IOMMU_DC_FSC_MODE) == IOMMU_PDTP_MODE_BARE)
        return true;
    if (!locate_process_context(walk, dc, &contexts->pc))
        return false;
    if (walk->privileged && !contexts->pc.ens)
        return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_SUPERVISOR_DISABLED);
    walk->sum = contexts->pc.sum;
    walk->have_pc = true;
    contexts->first = contexts->pc.first;
    walk->space.pscv = contexts->first.scheme->levels != 0;
    walk->space.pscid = walk->space.pscv ? contexts->pc.pscid : 0;
    return true;
}

/* --- steps 17 to 19: page tables ----------------------------------------------------- */

/** May the IOTLB's entry answer this request? Whatever it denies is walked for. */
static bool cached_serves(const struct walk *walk, const struct device_context *dc,
                          const struct iotlb_entry *entry, uint64_t gpa)
{
    static const uint8_t needed[] = {IOMMU_PERM_R, IOMMU_PERM_W, IOMMU_PERM_X};

    if ((entry->permissions & needed[walk->access]) == 0)
        return false;
    if (!entry->any_user) {
        if (!walk->privileged && !entry->user)
            return false;
        if (walk->privileged && entry->user && (!walk->sum || walk->access == IOMMU_EXECUTE))
            return false;
    }
    /* The address space is shared by devices; SXL and the MSI pattern are each one's own. */
    if (DC_SET(dc, SXL) &&
        ((walk->space.pscv && !entry->sxl) || (walk->space.gv && gpa >> 34 != 0)))
        return false;
    if (entry->msi)
        return msi_matches(dc, gpa) && entry->msiptp == dc->msiptp;
    return !msi_overlaps(dc, entry->gpa, entry->page_log2);
}

static bool answer_from_iotlb(struct walk *walk, const struct device_context *dc,
                              struct iommu_response *response)
{
    const struct iotlb_entry *entry;
    uint64_t iova = walk->request->iova, offset;

    if (walk->explorer != NULL || walk->lenient || walk->debug ||
        (!walk->space.gv && !walk->space.pscv))
        return false;
    entry = iotlb_find(walk->iommu, &walk->space, iova);
    if (entry == NULL)
        return false;
    offset = iova & ((1ull << entry->page_log2) - 1);
    if (!cached_serves(walk, dc, entry, entry->gpa + offset))
        return false;
    cached_step(walk, IOMMU_FIRST_STAGE, iova);
    response->address = entry->address + offset;
    response->page_log2 = entry->page_log2;
    response->permissions = entry->permissions;
    if (walk->privileged && !entry->any_user && entry->user)
        response->permissions &= (uint8_t)~IOMMU_PERM_X;
    response->pbmt = entry->pbmt;
    response->target = entry->msi ? IOMMU_TARGET_MSI : IOMMU_TARGET_MEMORY;
    return true;
}

static void fill_iotlb(struct walk *walk, const struct contexts *contexts, const struct leaf *first,
                       const struct leaf *second, const struct iommu_response *response)
{
    uint64_t page_mask = (1ull << response->page_log2) - 1;
    uint64_t iova = walk->request->iova;
    struct iotlb_entry entry = {
        .valid = true,
        .msi = response->target == IOMMU_TARGET_MSI,
        .space = walk->space,
        .vpn = (iova & ~page_mask) >> PAGE_LOG2,
        .gpa = first->address & ~page_mask,
        .address = response->address & ~page_mask,
        .page_log2 = response->page_log2,
        .first_log2 = first->page_log2,
        .second_log2 = second->page_log2,
        .pbmt = response->pbmt,
        .any_user = !walk->space.pscv,
        .user = first->user,
        .global = first->global,
        .sxl = DC_SET(&contexts->dc, SXL),
    };

    if (!may_cache(walk) || walk->lenient || walk->debug || response->target == IOMMU_TARGET_MRIF ||
        (!walk->space.gv && !walk->space.pscv))
        return;
    entry.permissions = first->permissions & second->permissions;
    if (entry.msi)
        entry.msiptp = contexts->dc.msiptp;
    iotlb_fill(walk->iommu, &entry);
}

/** "MSI PTE, MRIF mode": what is not an aligned access of 32 bits is not supported. */
static bool mrif_shape(struct walk *walk)
{
    const struct iommu_request *request = walk->request;

    if (walk->debug)
        return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_MRIF_DEBUG);
    if (walk->lenient || request->length == 0)
        return true;
    if (request->length != 4)
        return refuse(walk, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, IOMMU_RULE_MRIF_SIZE);
    if (request->iova % 4 != 0)
        return refuse(walk,
                      walk->access == IOMMU_WRITE ? IOMMU_CAUSE_WRITE_ADDR_MISALIGNED
                                                  : IOMMU_CAUSE_READ_ADDR_MISALIGNED,
                      IOMMU_RULE_MRIF_ALIGN);
    return true;
}

/** Step 18, for an address that is a virtual interrupt file's. */
static bool translate_msi(struct walk *walk, const struct contexts *contexts,
                          const struct leaf *first, struct leaf *second,
                          struct iommu_response *response)
{
    walk->cxl_io = true;
    if (!msi_translate(walk, &contexts->dc, first->address, response))
        return false;
    if (response->target == IOMMU_TARGET_MRIF && !mrif_shape(walk))
        return false;
    second->permissions = IOMMU_PERM_R | IOMMU_PERM_W;
    second->page_log2 = PAGE_LOG2;
    response->page_log2 = PAGE_LOG2;
    response->pbmt = first->pbmt;
    return true;
}

/** Step 19, and the checks on its way in and out. */
static bool translate_memory(struct walk *walk, const struct contexts *contexts,
                             const struct leaf *first, struct leaf *second,
                             struct iommu_response *response)
{
    const struct device_context *dc = &contexts->dc;
    uint8_t pas = IOMMU_GET(walk->iommu->config.capabilities, IOMMU_CAPABILITIES_PAS) & 0x3f;
    uint8_t page;

    if (!second_stage(walk, &dc->second, first, second))
        return false;
    if ((walk->space.gv || walk->space.pscv) && (second->address & ~walk->iommu->pas_mask) != 0)
        return refuse(walk, access_fault_cause(walk->access), IOMMU_RULE_SPA_WIDE);
    page = first->page_log2 < second->page_log2 ? first->page_log2 : second->page_log2;
    if (page == BARE_PAGE_LOG2)
        page = walk->iommu->config.bare_page_log2;
    /* The answer holds for what of a superpage has physical addresses. */
    if (page > pas)
        page = pas;
    if (msi_overlaps(dc, first->address, page))
        page = PAGE_LOG2;
    response->target = IOMMU_TARGET_MEMORY;
    response->address = second->address;
    response->page_log2 = page;
    response->pbmt = first->pbmt != 0 ? first->pbmt : second->pbmt;
    return true;
}

/** The fields of an ATS completion ("PCIe ATS translation request handling"). */
static void ats_completion(struct walk *walk, const struct contexts *contexts,
                           const struct leaf *first, struct iommu_response *response)
{
    const struct iommu_request *request = walk->request;
    bool t2gpa = DC_SET(&contexts->dc, T2GPA);
    bool msi = response->target != IOMMU_TARGET_MEMORY;
    uint8_t asked = IOMMU_PERM_R;

    if (!request->execute || (response->permissions & IOMMU_PERM_R) == 0)
        response->permissions &= (uint8_t)~IOMMU_PERM_X;
    if (request->access == IOMMU_WRITE)
        asked |= IOMMU_PERM_W;
    if (request->execute)
        asked |= IOMMU_PERM_X;
    if ((asked & ~response->permissions) != 0) {
        response->rule = IOMMU_RULE_ATS_PERMISSION;
        rule_step(walk, IOMMU_DATA, IOMMU_RULE_ATS_PERMISSION, request->iova, false);
    }
    if (t2gpa && response->target != IOMMU_TARGET_MRIF)
        response->address = first->address;
    if (walk->privileged)
        response->ats |= IOMMU_ATS_PRIV;
    if (first->global && request->process_id_valid && !msi)
        response->ats |= IOMMU_ATS_GLOBAL;
    if (request->cxl && (walk->cxl_io || response->pbmt != 0))
        response->ats |= IOMMU_ATS_CXL_IO;
    if (response->target == IOMMU_TARGET_MRIF)
        response->ats |= IOMMU_ATS_U;
    if (response->page_log2 > PAGE_LOG2)
        response->ats |= IOMMU_ATS_S;
}

/** Steps 17 to 19. */
static bool translate_address(struct walk *walk, struct contexts *contexts,
                              struct iommu_response *response)
{
    struct leaf first, second;
    bool ok;

    if (answer_from_iotlb(walk, &contexts->dc, response))
        return true;
    if (!walk->lenient && (walk->space.gv || walk->space.pscv))
        hpm_count(walk, IOMMU_HPM_EVENT_TLB_MISS);
    if (!first_stage(walk, &contexts->first, &contexts->dc.second, walk->request->iova, &first))
        return false;
    ok = msi_matches(&contexts->dc, first.address)
             ? translate_msi(walk, contexts, &first, &second, response)
             : translate_memory(walk, contexts, &first, &second, response);
    if (!ok)
        return false;
    response->permissions = first.permissions & second.permissions;
    if (walk->space.pscv && walk->privileged && first.user)
        response->permissions &= (uint8_t)~IOMMU_PERM_X; /* "regardless of the value of SUM" */
    if (walk->lenient)
        ats_completion(walk, contexts, &first, response);
    fill_iotlb(walk, contexts, &first, &second, response);
    return true;
}

/* --- the whole process --------------------------------------------------------------- */

static void count_request(struct walk *walk)
{
    static const uint8_t event[] = {
        [IOMMU_UNTRANSLATED] = IOMMU_HPM_EVENT_UNTRANSLATED_REQ,
        [IOMMU_TRANSLATED] = IOMMU_HPM_EVENT_TRANSLATED_REQ,
        [IOMMU_ATS_TRANSLATION] = IOMMU_HPM_EVENT_ATS_REQ,
    };

    hpm_count(walk, event[walk->request->type]);
}

static bool process(struct walk *walk, struct iommu_response *response)
{
    struct contexts contexts;

    contexts.pass_through = false;
    if (!check_mode(walk, &contexts))
        return false;
    if (!contexts.pass_through && !check_device(walk, &contexts))
        return false;
    if (contexts.pass_through) {
        response->address = walk->request->iova;
        response->page_log2 = walk->iommu->config.bare_page_log2;
        response->permissions = IOMMU_PERM_R | IOMMU_PERM_W | IOMMU_PERM_X;
        return true;
    }
    return choose_first_stage(walk, &contexts) && translate_address(walk, &contexts, response);
}

struct iommu_response translate(struct walk *walk)
{
    const struct iommu_request *request = walk->request;
    struct iommu_response response;

    memset(&response, 0, sizeof(response));
    if (!request_is_sane(request)) {
        response.status = IOMMU_BAD_REQUEST;
        return response;
    }
    walk->began = iommu_time(walk->iommu);
    walk->access = request->access;
    walk->lenient = request->type == IOMMU_ATS_TRANSLATION;
    walk->process_id_valid = request->process_id_valid;
    walk->process_id = request->process_id;
    walk->privileged = request->privileged && request->process_id_valid;
    count_request(walk);
    if (!process(walk, &response)) {
        fault_response(walk, &response);
        return response;
    }
    response.rcid = walk->rcid;
    response.mcid = walk->mcid;
    return response;
}

struct iommu_response translate_thoroughly(struct iommu *iommu, const struct iommu_request *request)
{
    struct iommu_response response;
    struct walk walk;

    memset(&walk, 0, sizeof(walk));
    walk.iommu = iommu;
    walk.request = request;
    response = translate(&walk);
    if (may_cache(&walk))
        fast_remember(iommu, request, &response);
    return response;
}

struct iommu_response iommu_translate_traced(struct iommu *iommu,
                                             const struct iommu_request *request,
                                             iommu_step_fn *step, void *context)
{
    struct walk walk;

    memset(&walk, 0, sizeof(walk));
    walk.iommu = iommu;
    walk.request = request;
    walk.step = step;
    walk.step_context = context;
    return translate(&walk);
}

bool bridge_fault(struct iommu *iommu, const struct iommu_request *request, uint16_t cause,
                  enum iommu_rule rule)
{
    unsigned mode = (unsigned)IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE);
    struct device_context dc;
    struct walk walk;

    memset(&walk, 0, sizeof(walk));
    walk.iommu = iommu;
    walk.request = request;
    if (mode > IOMMU_DDTP_MODE_BARE && !device_id_too_wide(iommu, mode, request->device_id) &&
        locate_device_context(&walk, request->device_id, &dc))
        walk.dtf = DC_SET(&dc, DTF);
    walk.cause = cause;
    walk.rule = (uint16_t)rule;
    if (!report_due(&walk))
        return false;
    report(&walk, request_ttyp(request), request->iova);
    return true;
}

bool iommu_report_fault(struct iommu *iommu, const struct iommu_request *request, uint16_t cause)
{
    switch (cause) {
    case IOMMU_CAUSE_INSTR_ACCESS_FAULT:
    case IOMMU_CAUSE_READ_ADDR_MISALIGNED:
    case IOMMU_CAUSE_READ_ACCESS_FAULT:
    case IOMMU_CAUSE_WRITE_ADDR_MISALIGNED:
    case IOMMU_CAUSE_WRITE_ACCESS_FAULT:
    case IOMMU_CAUSE_MRIF_ACCESS_FAULT:
    case IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION:
    case IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR:
        break;
    default:
        return false;
    }
    if (!request_is_sane(request))
        return false;
    bridge_fault(iommu, request, cause, IOMMU_RULE_BRIDGE);
    return true;
}
