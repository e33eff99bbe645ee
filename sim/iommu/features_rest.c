/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage by rows of the checklist: records, commands, messages, registers, debug. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "feature_list.h"

static bool big_endian(void)
{
    return (model->fctl & IOMMU_FCTL_BE_MASK) != 0;
}

/* --- records that a request made ------------------------------------------------------------- */

void features_record(const struct fault_record *record)
{
    static const enum feature types[] = {
        [1] = FEATURE_TTYP_1, [2] = FEATURE_TTYP_2, [3] = FEATURE_TTYP_3, [5] = FEATURE_TTYP_5,
        [6] = FEATURE_TTYP_6, [7] = FEATURE_TTYP_7, [8] = FEATURE_TTYP_8, [9] = FEATURE_TTYP_9};

    if (record->ttyp != 0 && record->ttyp != 4 && record->ttyp < 10)
        features[types[record->ttyp]]++;
    FEATURE(RECORD);
    FEATURE_IF(TTYP_0, record->ttyp == 0);
    FEATURE_IF(CAUSE_273, record->cause == IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
    FEATURE_IF(NOTICE_FAULT, record->cause == IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
    FEATURE_IF(BE_FQ, big_endian());
    FEATURE_IF(IOTVAL, record->iotval != 0);
    FEATURE_IF(IOTVAL2, record->iotval2 != 0);
    FEATURE_IF(IOTVAL2_IMPLICIT, (record->iotval2 & 1) != 0);
    FEATURE_IF(PV_0, !record->pv);
    FEATURE_IF(PV_1, record->pv);
    FEATURE_IF(PRIV, record->priv);
    FEATURE_IF(C12_ENS, record->priv && record->cause == IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
}

void features_refused(const struct txn *txn)
{
    FEATURE_IF(REFUSED_READ, !txn->write);
    FEATURE_IF(REFUSED_WRITE, txn->write);
}

/* --- commands that were executed ---------------------------------------------------------------
 */

static void iotinval(uint64_t low, uint64_t high)
{
    bool gvma = IOMMU_GET(low, IOMMU_CMD_FUNC3) == IOMMU_FUNC3_IOTINVAL_GVMA;
    bool av = (low & IOMMU_CMD_IOTINVAL_AV_MASK) != 0, gv = (low & IOMMU_CMD_IOTINVAL_GV_MASK) != 0;
    bool pscv = (low & IOMMU_CMD_IOTINVAL_PSCV_MASK) != 0;
    bool nl = (low & IOMMU_CMD_IOTINVAL_NL_MASK) != 0, s = (high & IOMMU_CMD_IOTINVAL_S_MASK) != 0;

    if (gvma)
        features[FEATURE_GVMA_0 + av + gv * 2u]++;
    else
        features[FEATURE_VMA_0 + av + pscv * 2u + gv * 4u]++;
    FEATURE_IF(NL, nl);
    FEATURE_IF(S, s);
    FEATURE_IF(C23_RANGE, s && av);
    FEATURE_IF(NL_VMA, !gvma && av && nl);
    FEATURE_IF(NL_GVMA, gvma && gv && av && nl);
    FEATURE_IF(S_VMA, !gvma && av && s);
    FEATURE_IF(S_GVMA, gvma && gv && av && s);
}

static void iofence(uint64_t low)
{
    bool pr = (low & IOMMU_CMD_IOFENCE_PR_MASK) != 0, pw = (low & IOMMU_CMD_IOFENCE_PW_MASK) != 0;
    bool av = (low & IOMMU_CMD_IOFENCE_AV_MASK) != 0;

    FEATURE(FENCE);
    FEATURE_IF(FENCE_AV, av);
    FEATURE_IF(C21_FENCE, av);
    FEATURE_IF(BE_FENCE, av && big_endian());
    FEATURE_IF(FENCE_PR, pr && !pw);
    FEATURE_IF(FENCE_PW, pw && !pr);
    FEATURE_IF(FENCE_PR_PW, pr && pw);
    FEATURE_IF(FENCE_W_IP, (low & IOMMU_CMD_IOFENCE_WSI_MASK) != 0);
}

static void illegal(uint64_t low)
{
    uint64_t opcode = IOMMU_GET(low, IOMMU_CMD_OPCODE);

    FEATURE(CMD_ILL);
    FEATURE_IF(CUSTOM_COMMAND, opcode >= 64);
    FEATURE_IF(RESERVED_COMMAND, opcode < 64);
    FEATURE_IF(ATS_ILLEGAL, opcode == IOMMU_OPCODE_ATS && !CAP(ATS));
    FEATURE_IF(FENCE_WSI, opcode == IOMMU_OPCODE_IOFENCE &&
                              (low & IOMMU_CMD_IOFENCE_WSI_MASK) != 0 &&
                              (model->fctl & IOMMU_FCTL_WSI_MASK) == 0);
    FEATURE_IF(C22_ILLEGAL, opcode == IOMMU_OPCODE_ATS && !CAP(ATS));
}

/** The model has come past it, or has stopped at it, and so has the design. */
void features_command(uint64_t low, uint64_t high, bool done)
{
    static uint64_t last_queue;
    bool invalidation = IOMMU_GET(low, IOMMU_CMD_FUNC3) == IOMMU_FUNC3_ATS_INVAL;
    uint32_t busy = iommu_itags_busy(model);

    if (!done) {
        if ((model->cq.csr & IOMMU_CQCSR_CMD_ILL_MASK) != 0)
            illegal(low);
        return;
    }
    FEATURE_IF(BE_CQ, big_endian());
    FEATURE_IF(CQ_WRAPS, model->cq.head == 0 && last_queue == model->cq.base);
    last_queue = model->cq.base;
    switch (IOMMU_GET(low, IOMMU_CMD_OPCODE)) {
    case IOMMU_OPCODE_IOTINVAL:
        iotinval(low, high);
        break;
    case IOMMU_OPCODE_IOFENCE:
        iofence(low);
        break;
    case IOMMU_OPCODE_IODIR:
        if (IOMMU_GET(low, IOMMU_CMD_FUNC3) == IOMMU_FUNC3_IODIR_INVAL_PDT)
            FEATURE(PDT);
        else if ((low & IOMMU_CMD_IODIR_DV_MASK) != 0)
            FEATURE(DDT_DV);
        else
            FEATURE(DDT_ALL);
        break;
    case IOMMU_OPCODE_ATS:
        FEATURE_IF(ATS_INVAL, invalidation);
        FEATURE_IF(ATS_PRGR, !invalidation);
        FEATURE_IF(ITAGS_BUSY, invalidation && (busy & (busy - 1)) != 0);
        break;
    default:
        break;
    }
}

/* --- messages -----------------------------------------------------------------------------------
 */

void features_message(uint64_t address)
{
    FEATURE(MESSAGE);
    FEATURE(MSI);
    FEATURE_IF(BE_MESSAGE, big_endian());
    for (unsigned i = 1; i < 1u << model->config.vector_bits; i++)
        FEATURE_IF(VECTOR_NOT_0, model->msi_addr[i] == address);
}

void features_page(const struct iommu_page_request *request, const struct iommu_pri_result *result)
{
    bool marker = request->process_id_valid &&
                  (request->payload & (IOMMU_PQ_L_MASK | IOMMU_PQ_R_MASK | IOMMU_PQ_W_MASK)) ==
                      IOMMU_PQ_L_MASK;

    if (result->status == IOMMU_PRI_QUEUED) {
        FEATURE(PAGE_QUEUED);
        FEATURE(EN_PRI);
        FEATURE(PQ_RECORD);
        FEATURE_IF(STOP_MARKER, marker);
        FEATURE_IF(BE_PQ, big_endian());
    } else if (result->status == IOMMU_PRI_DISCARDED) {
        FEATURE(PAGE_DISCARDED);
    } else {
        FEATURE_IF(PAGE_FAILURE, result->code == IOMMU_PRGR_RESPONSE_FAILURE);
        FEATURE_IF(C19_FAILURE, result->code == IOMMU_PRGR_RESPONSE_FAILURE);
        FEATURE_IF(PAGE_INVALID, result->code == IOMMU_PRGR_INVALID_REQUEST);
        FEATURE_IF(C19_INVALID, result->code == IOMMU_PRGR_INVALID_REQUEST);
        FEATURE_IF(PAGE_SUCCESS, result->code == IOMMU_PRGR_SUCCESS);
        FEATURE_IF(PAGE_QUIET, result->code == IOMMU_PRGR_SUCCESS);
    }
}

void features_page_response(const struct iommu_page_request *request,
                            const struct iommu_message *message)
{
    uint64_t code = IOMMU_GET(message->payload, IOMMU_CMD_ATS_PRGR_RESPONSE_CODE);

    FEATURE_IF(PAGE_PASID, message->pasid_valid);
    FEATURE_IF(PAGE_NO_PASID, request->process_id_valid && !message->pasid_valid);
    FEATURE_IF(PRPR, message->pasid_valid && code != IOMMU_PRGR_CODE_RESPONSE_FAILURE);
}

/* --- stores -------------------------------------------------------------------------------------
 */

void features_update(enum iommu_structure structure)
{
    FEATURE(CAS);
    if (structure == IOMMU_FIRST_STAGE) {
        FEATURE(UPDATE_FIRST);
        FEATURE(SADE);
    } else {
        FEATURE(UPDATE_SECOND);
        FEATURE(GADE);
    }
}

/* --- registers at rest ---------------------------------------------------------------------------
 */

static uint32_t half(uint32_t slot, uint64_t value, uint32_t offset)
{
    return (uint32_t)(value >> (slot == offset ? 0 : 32));
}

static void counter_features(unsigned counter, uint64_t value)
{
    uint64_t selector = model->hpm_event[counter];
    uint64_t event = IOMMU_GET(selector, IOMMU_IOHPMEVT_EVENTID);
    bool device = (selector & IOMMU_IOHPMEVT_DV_GSCV_MASK) != 0;
    bool process = (selector & IOMMU_IOHPMEVT_PV_PSCV_MASK) != 0;

    FEATURE_IF(EVENT_0, event == 0 && counter <= model->config.hpm_counters);
    FEATURE_IF(FILTER_IDT, event >= 1 && event <= 3 && (selector & IOMMU_IOHPMEVT_IDT_MASK) != 0);
    if (value == 0 || event == 0 || event > 3)
        return;
    FEATURE(HPM);
    FEATURE(HPM_COUNTER);
    FEATURE_IF(EVENT_1, event == 1);
    FEATURE_IF(EVENT_2, event == 2);
    FEATURE_IF(EVENT_3, event == 3);
    FEATURE_IF(FILTER_DEVICE, device && (selector & IOMMU_IOHPMEVT_DMASK_MASK) == 0);
    FEATURE_IF(FILTER_MASK, device && (selector & IOMMU_IOHPMEVT_DMASK_MASK) != 0);
    FEATURE_IF(FILTER_PROCESS, process);
}

static void hpm_register(uint32_t slot, uint64_t value)
{
    if (slot >= IOMMU_REG_IOHPMCTR(1) && slot < IOMMU_REG_IOHPMCTR(1) + 31 * 8)
        counter_features((slot - IOMMU_REG_IOHPMCTR(1)) / 8 + 1, value);
    if (slot >= IOMMU_REG_IOHPMEVT(1) && slot < IOMMU_REG_IOHPMEVT(1) + 31 * 8) {
        FEATURE_IF(HPM_EVENT, value != 0);
        FEATURE_IF(PMIP, (value & IOMMU_IOHPMEVT_OF_MASK) != 0);
    }
    if (slot == (IOMMU_REG_IOCOUNTOVF & ~7u)) {
        FEATURE_IF(HPM_OVERFLOW, half(slot, value, IOMMU_REG_IOCOUNTOVF) >> 1 != 0);
        FEATURE_IF(HPM_INHIBIT, half(slot, value, IOMMU_REG_IOCOUNTINH) >> 1 != 0);
    }
}

static void queue_register(uint32_t slot, uint64_t value)
{
    uint32_t now;

    switch (slot) {
    case IOMMU_REG_CQH:
        FEATURE_IF(CQ_INDICES, value != 0);
        break;
    case IOMMU_REG_FQH:
        FEATURE_IF(FQ_INDICES, value >> 32 != 0);
        break;
    case IOMMU_REG_PQH:
        FEATURE_IF(PQ_INDICES, value >> 32 != 0);
        break;
    case IOMMU_REG_CQCSR:
        FEATURE_IF(CQON, (value & IOMMU_CQCSR_CQON_MASK) != 0);
        now = (uint32_t)(value >> 32);
        FEATURE_IF(FQON, (now & IOMMU_FQCSR_FQON_MASK) != 0);
        FEATURE_IF(FQOFF, (now & IOMMU_FQCSR_FQON_MASK) == 0);
        FEATURE_IF(FQOF, (now & IOMMU_FQCSR_FQOF_MASK) != 0);
        FEATURE_IF(C24_STICKY, (now & IOMMU_FQCSR_FQOF_MASK) != 0);
        break;
    case IOMMU_REG_PQCSR:
        now = (uint32_t)value;
        FEATURE_IF(PQON, (now & IOMMU_PQCSR_PQON_MASK) != 0);
        FEATURE_IF(PQOF, (now & IOMMU_PQCSR_PQOF_MASK) != 0);
        now = (uint32_t)(value >> 32);
        FEATURE_IF(CIP, (now & IOMMU_IPSR_CIP_MASK) != 0);
        FEATURE_IF(IPSR_CIP, (now & IOMMU_IPSR_CIP_MASK) != 0);
        FEATURE_IF(FIP, (now & IOMMU_IPSR_FIP_MASK) != 0);
        FEATURE_IF(IPSR_FIP, (now & IOMMU_IPSR_FIP_MASK) != 0);
        FEATURE_IF(PIP, (now & IOMMU_IPSR_PIP_MASK) != 0);
        FEATURE_IF(IPSR_PIP, (now & IOMMU_IPSR_PIP_MASK) != 0);
        FEATURE_IF(IPSR_PMIP, (now & IOMMU_IPSR_PMIP_MASK) != 0);
        break;
    default:
        break;
    }
}

static void control_register(uint32_t slot, uint64_t value)
{
    switch (slot) {
    case IOMMU_REG_CAPABILITIES:
        FEATURE_IF(CAPABILITIES, value == model->config.capabilities);
        FEATURE_IF(VERSION, IOMMU_GET(value, IOMMU_CAPABILITIES_VERSION) == 0x10);
        break;
    case IOMMU_REG_FCTL:
        FEATURE_IF(END_1, (value & IOMMU_FCTL_BE_MASK) != 0);
        FEATURE_IF(END_0, (value & IOMMU_FCTL_BE_MASK) == 0);
        FEATURE_IF(WSI_1, (value & IOMMU_FCTL_WSI_MASK) != 0);
        FEATURE_IF(WSI_0, (value & IOMMU_FCTL_WSI_MASK) == 0);
        FEATURE_IF(GXL_1, (value & IOMMU_FCTL_GXL_MASK) != 0);
        break;
    case IOMMU_REG_DDTP:
        FEATURE_IF(DDTP, IOMMU_GET(value, IOMMU_DDTP_PPN) != 0);
        break;
    case IOMMU_REG_TR_REQ_IOVA:
        FEATURE_IF(DEBUG_IOVA, value != 0);
        break;
    case IOMMU_REG_IOMMU_QOSID:
        FEATURE_IF(QOSID, (uint32_t)value != 0);
        FEATURE_IF(ABSENT, !CAP(QOSID));
        break;
    case IOMMU_REG_PQB:
        FEATURE_IF(ABSENT, !CAP(ATS));
        break;
    case IOMMU_REG_ICVEC:
        FEATURE_IF(ICVEC, value != 0);
        FEATURE_IF(VECTOR_NOT_0, value != 0 && (iommu_wires(model) & ~1u) != 0);
        break;
    default:
        break;
    }
}

/** Eight bytes of registers were as the model's. */
void features_register(uint32_t slot, uint64_t value)
{
    control_register(slot, value);
    queue_register(slot, value);
    if (CAP(HPM))
        hpm_register(slot, value);
    if (slot >= IOMMU_REG_MSI_ADDR(0)) {
        FEATURE_IF(MSI_ADDR, (slot & 8) == 0 && value != 0);
        FEATURE_IF(MSI_DATA, (slot & 8) != 0 && (uint32_t)value != 0);
        FEATURE_IF(MSI_MASKED,
                   (slot & 8) != 0 && (value >> 32 & 1) != 0 &&
                       (model->msi_pending >> ((slot - IOMMU_REG_MSI_ADDR(0)) / 16) & 1) != 0);
    }
    FEATURE_IF(REGISTERS, slot == 0x3f8);
}

void features_counted(unsigned event)
{
    FEATURE_IF(EVENT_4, event == IOMMU_HPM_EVENT_TLB_MISS);
    FEATURE_IF(EVENT_5, event == IOMMU_HPM_EVENT_DDT_WALK);
    FEATURE_IF(EVENT_6, event == IOMMU_HPM_EVENT_PDT_WALK);
    FEATURE_IF(EVENT_7, event == IOMMU_HPM_EVENT_FIRST_STAGE_WALK);
    FEATURE_IF(EVENT_8, event == IOMMU_HPM_EVENT_SECOND_STAGE_WALK);
}

void features_rest(void)
{
    FEATURE(WIRES);
    FEATURE_IF(WIRE, bench.out.wires != 0);
}

/** Bits of ipsr that were written 1 and are 1 still. */
void features_level(uint32_t written)
{
    FEATURE_IF(C25_LEVEL, (model->ipsr & written) != 0);
}

/* --- debug -------------------------------------------------------------------------------------
 */

void features_debug(uint64_t control, uint64_t response, bool recorded)
{
    FEATURE(DBG);
    FEATURE_IF(DEBUG_PRIV, (control & IOMMU_TR_REQ_CTL_PRIV_MASK) != 0 &&
                               (control & IOMMU_TR_REQ_CTL_PV_MASK) != 0);
    FEATURE_IF(DEBUG_EXE, (control & IOMMU_TR_REQ_CTL_EXE_MASK) != 0);
    FEATURE_IF(DEBUG_NW, (control & IOMMU_TR_REQ_CTL_NW_MASK) != 0);
    FEATURE_IF(DEBUG_WRITE, (control & IOMMU_TR_REQ_CTL_NW_MASK) == 0);
    if ((response & IOMMU_TR_RESPONSE_FAULT_MASK) != 0) {
        FEATURE(DEBUG_FAULT);
        FEATURE_IF(DEBUG_RECORD, recorded);
        return;
    }
    FEATURE_IF(DEBUG_PAGE, (response & IOMMU_TR_RESPONSE_S_MASK) == 0);
    FEATURE_IF(DEBUG_LARGE, (response & IOMMU_TR_RESPONSE_S_MASK) != 0);
    FEATURE_IF(DEBUG_PBMT, (response & IOMMU_TR_RESPONSE_PBMT_MASK) != 0);
}

/* --- what others see happen --------------------------------------------------------------------
 */

void features_event(enum cover_event event)
{
    static const enum feature of[] = {
        [COVER_MRIF_AMO] = FEATURE_MRIF_AMO,   [COVER_MRIF_STORE] = FEATURE_MRIF_STORE,
        [COVER_NOTICE] = FEATURE_NOTICE,       [COVER_PAS] = FEATURE_PAS,
        [COVER_CAS_FAILS] = FEATURE_CAS_FAILS, [COVER_STALE] = FEATURE_STALE,
        [COVER_QUIESCE] = FEATURE_QUIESCE,     [COVER_REPAIR] = FEATURE_C20_REPAIR,
        [COVER_RESET] = FEATURE_RESET_QUEUES,  [COVER_OVERTAKES] = FEATURE_OVERTAKES,
        [COVER_PDT_MOVES] = FEATURE_PDT_MOVES, [COVER_TIMEOUT] = FEATURE_TIMEOUT,
        [COVER_CMD_TO] = FEATURE_CMD_TO,       [COVER_LATE] = FEATURE_LATE};

    features[of[event]]++;
}
