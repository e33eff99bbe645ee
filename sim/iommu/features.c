/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coverage by rows of the checklist: what a compared request met on its way through the tables.
 * The model walks once more, for a sample; only where its result is the one that was compared.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "feature_list.h"

#define SAMPLE 4u
#define ALWAYS 64u /* of each rule: the first so many are all looked at */

unsigned long features[FEATURES];
static unsigned long walked[IOMMU_RULES];

/* --- what a walk met --------------------------------------------------------------------- */

static void on_step(void *context, const struct iommu_step *step)
{
    struct walked *met = context;

    switch (step->kind) {
    case IOMMU_STEP_DDTE:
        met->ddtes++;
        break;
    case IOMMU_STEP_DC:
        met->dc = step->rule == IOMMU_RULE_NONE;
        met->dc_read = true;
        memcpy(met->dc_word, step->value, sizeof(met->dc_word));
        break;
    case IOMMU_STEP_PDTE:
        met->pdtes++;
        break;
    case IOMMU_STEP_PC:
        met->pc = step->rule == IOMMU_RULE_NONE;
        memcpy(met->pc_word, step->value, sizeof(met->pc_word));
        break;
    case IOMMU_STEP_PTE1:
        met->first++;
        if (step->leaf) {
            met->leaf1 = step->value[0];
            met->level1 = step->level;
        }
        break;
    case IOMMU_STEP_PTE2:
        met->implicit2 += step->implicit;
        met->second += !step->implicit;
        met->directory2 |= step->implicit && met->first == 0;
        met->root2 |= (step->address & 0x3000) != 0;
        if (step->leaf && !step->implicit) {
            met->leaf2 = step->value[0];
            met->level2 = step->level;
        }
        break;
    case IOMMU_STEP_MSI_PTE:
        met->msi = true;
        met->msi_address = step->address;
        break;
    default:
        break;
    }
    if (step->kind >= IOMMU_STEP_DDTE && step->kind <= IOMMU_STEP_MSI_PTE) {
        met->last = step->value[0];
        met->last_kind = step->kind;
        met->last_level = step->level;
    }
}

static bool granted(const struct iommu_response *response)
{
    return response->status == IOMMU_SUCCESS && response->cause == 0;
}

/* --- stages ---------------------------------------------------------------------------------- */

#define SCHEME(number, feature)                                                                    \
    case number:                                                                                   \
        FEATURE_IF(feature, ok);                                                                   \
        FEATURE_IF(feature##_FAULT, fault);                                                        \
        break

static void first_scheme(const struct walked *met, bool ok, bool fault)
{
    switch (met->scheme1) {
        SCHEME(SCHEME_32, SV32);
        SCHEME(SCHEME_39, SV39);
        SCHEME(SCHEME_48, SV48);
        SCHEME(SCHEME_57, SV57);
    default:
        break;
    }
}

static void second_scheme(const struct walked *met, bool ok, bool fault)
{
    switch (met->scheme2) {
        SCHEME(SCHEME_32, SV32X4);
        SCHEME(SCHEME_39, SV39X4);
        SCHEME(SCHEME_48, SV48X4);
        SCHEME(SCHEME_57, SV57X4);
    default:
        break;
    }
}

/** What stages were used, by the contexts and by what was read. */
static void find_schemes(struct walked *met)
{
    uint64_t mode1 = IOMMU_GET(met->pc ? met->pc_word[1] : met->dc_word[3], IOMMU_DC_FSC_MODE);
    uint64_t mode2 = IOMMU_GET(met->dc_word[1], IOMMU_DC_IOHGATP_MODE);

    if (met->first != 0)
        met->scheme1 =
            (met->dc_word[0] & IOMMU_DC_TC_SXL_MASK) != 0 ? SCHEME_32 : (uint8_t)(mode1 - 7 + 1);
    if (met->second + met->implicit2 != 0)
        met->scheme2 =
            (model->fctl & IOMMU_FCTL_GXL_MASK) != 0 ? SCHEME_32 : (uint8_t)(mode2 - 7 + 1);
}

static bool cause_is(const struct iommu_response *response, uint16_t execute, uint16_t read,
                     uint16_t write)
{
    return response->cause == execute || response->cause == read || response->cause == write;
}

static bool page_fault(const struct iommu_response *response)
{
    return cause_is(response, IOMMU_CAUSE_INSTR_PAGE_FAULT, IOMMU_CAUSE_READ_PAGE_FAULT,
                    IOMMU_CAUSE_WRITE_PAGE_FAULT);
}

static bool guest_fault(const struct iommu_response *response)
{
    return cause_is(response, IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                    IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT);
}

static void leaf_features(const struct walked *met)
{
    uint64_t type1 = met->scheme1 > SCHEME_32 ? IOMMU_GET(met->leaf1, IOMMU_PTE_PBMT) : 0;
    uint64_t type2 = met->scheme2 > SCHEME_32 ? IOMMU_GET(met->leaf2, IOMMU_PTE_PBMT) : 0;
    bool svrsw = has_cap(IOMMU_CAPABILITIES_SVRSW60T59B_MASK);

    if (met->scheme1 > SCHEME_32) {
        FEATURE_IF(RSW_FIRST, svrsw && (met->leaf1 & IOMMU_PTE_RSW60T59_MASK) != 0);
        FEATURE_IF(NAPOT_FIRST, (met->leaf1 & IOMMU_PTE_N_MASK) != 0);
    }
    FEATURE_IF(PBMT_FIRST_NC, type1 == IOMMU_PBMT_NC);
    FEATURE_IF(PBMT_FIRST_IO, type1 == IOMMU_PBMT_IO);
    FEATURE_IF(GLOBAL, met->scheme1 != 0 && (met->leaf1 & IOMMU_PTE_G_MASK) != 0);
    if (met->second != 0 && met->scheme2 > SCHEME_32) {
        FEATURE_IF(RSW_SECOND, svrsw && (met->leaf2 & IOMMU_PTE_RSW60T59_MASK) != 0);
        FEATURE_IF(NAPOT_SECOND, (met->leaf2 & IOMMU_PTE_N_MASK) != 0);
    }
    FEATURE_IF(PBMT_SECOND_NC, type2 == IOMMU_PBMT_NC);
    FEATURE_IF(PBMT_SECOND_IO, type2 == IOMMU_PBMT_IO);
    FEATURE_IF(PBMT_BOTH, type1 != 0 && type2 != 0 && type1 != type2);
    FEATURE_IF(SECOND_GLOBAL, met->second != 0 && (met->leaf2 & IOMMU_PTE_G_MASK) != 0);
}

static unsigned leaf_log2(uint8_t scheme, uint8_t level, uint64_t leaf)
{
    if (scheme > SCHEME_32 && (leaf & IOMMU_PTE_N_MASK) != 0)
        return 16;
    return 12 + (scheme == SCHEME_32 ? 10u : 9u) * level;
}

static void stage_features(const struct walked *met, const struct iommu_request *request,
                           const struct iommu_response *response)
{
    unsigned log1 = leaf_log2(met->scheme1, met->level1, met->leaf1);
    unsigned log2 = leaf_log2(met->scheme2, met->level2, met->leaf2);

    leaf_features(met);
    FEATURE_IF(GXL, met->second != 0 && met->scheme2 == SCHEME_32);
    FEATURE_IF(SXL_1, met->scheme1 == SCHEME_32);
    FEATURE_IF(SXL_0, met->scheme1 > SCHEME_32);
    FEATURE_IF(SBE_1, met->first != 0 && (met->dc_word[0] & IOMMU_DC_TC_SBE_MASK) != 0);
    FEATURE_IF(SBE_OTHER, met->first != 0 && ((met->dc_word[0] & IOMMU_DC_TC_SBE_MASK) != 0) !=
                                                 ((model->fctl & IOMMU_FCTL_BE_MASK) != 0));
    FEATURE_IF(BE_SECOND, met->second != 0 && (model->fctl & IOMMU_FCTL_BE_MASK) != 0);
    FEATURE_IF(BE_MSI, met->msi && (model->fctl & IOMMU_FCTL_BE_MASK) != 0);
    FEATURE_IF(SECOND_ROOT, met->root2);
    FEATURE_IF(UPPER, met->scheme1 > SCHEME_32 && request->iova >> 63 != 0);
    FEATURE_IF(C7_MSI, met->msi && met->first != 0);
    FEATURE_IF(MSI_NUMBER, met->msi && (met->msi_address & 0xfff) != 0);
    FEATURE_IF(OVERLAP, request->type == IOMMU_ATS_TRANSLATION && met->second != 0 && !met->msi &&
                            response->page_log2 < log2 &&
                            (met->first == 0 || response->page_log2 < log1));
    if (met->first != 0 && met->second != 0) {
        FEATURE(BOTH);
        FEATURE_IF(ENDIAN, ((met->dc_word[0] & IOMMU_DC_TC_SBE_MASK) != 0) !=
                               ((model->fctl & IOMMU_FCTL_BE_MASK) != 0));
        FEATURE_IF(BOTH_SMALLER_1, log1 < log2);
        FEATURE_IF(BOTH_SMALLER_2, log2 < log1);
        FEATURE_IF(C17_SIZE, request->type == IOMMU_ATS_TRANSLATION && log1 != log2 &&
                                 response->page_log2 == (log1 < log2 ? log1 : log2));
    }
}

/* --- contexts ----------------------------------------------------------------------------------
 */

static void context_features(const struct walked *met, const struct iommu_request *request)
{
    uint64_t tc = met->dc_word[0];
    bool big = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;
    uint64_t fsc = IOMMU_GET(met->dc_word[3], IOMMU_DC_FSC_MODE);
    bool pdtv = (tc & IOMMU_DC_TC_PDTV_MASK) != 0, second = met->dc_word[1] >> 60 != 0;
    bool untranslated = request->type != IOMMU_TRANSLATED;

    FEATURE_IF(DC_BASE, !has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK));
    FEATURE_IF(DC_EXTENDED, has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK));
    FEATURE_IF(WALK_1LVL, met->ddtes == 0);
    FEATURE_IF(WALK_2LVL, met->ddtes == 1);
    FEATURE_IF(WALK_3LVL, met->ddtes == 2);
    FEATURE_IF(MODE_1LVL, met->ddtes == 0);
    FEATURE_IF(MODE_2LVL, met->ddtes == 1);
    FEATURE_IF(MODE_3LVL, met->ddtes == 2);
    FEATURE_IF(BE_DDT, big);
    FEATURE_IF(TC_CUSTOM, (tc & IOMMU_DC_TC_CUSTOM_MASK) != 0);
    FEATURE_IF(PDTV_0, !pdtv && met->first != 0);
    FEATURE_IF(PDTV_1, pdtv && met->first != 0);
    FEATURE_IF(SECOND_BARE, !second);
    FEATURE_IF(MSI_OFF, second && met->dc_word[4] >> 60 == 0);
    FEATURE_IF(MSI_FLAT, met->dc_word[4] >> 60 == 1 && !met->msi);
    FEATURE_IF(TA_PSCID, !pdtv && met->first != 0 && (met->dc_word[2] & IOMMU_DC_TA_PSCID_MASK));
    FEATURE_IF(FIRST_BARE, !pdtv && untranslated && fsc == 0);
    FEATURE_IF(PDTP_BARE, pdtv && untranslated && fsc == 0);
    FEATURE_IF(PROCESS_BARE, pdtv && untranslated && fsc == 0);
    FEATURE_IF(BARE_AGAIN, !pdtv && untranslated && fsc == 0 && !second);
    if (!pdtv || !untranslated)
        return;
    FEATURE_IF(PROCESS_NONE,
               !request->process_id_valid && fsc != 0 && (tc & IOMMU_DC_TC_DPE_MASK) == 0);
    FEATURE_IF(DPE, !request->process_id_valid && met->pc);
    FEATURE_IF(PD8, met->pc && fsc == 1);
    FEATURE_IF(PD17, met->pc && fsc == 2);
    FEATURE_IF(PD20, met->pc && fsc == 3);
    FEATURE_IF(PROCESS_WALK, met->pdtes == 1);
    FEATURE_IF(PROCESS_WALK_2, met->pdtes == 2);
    FEATURE_IF(PC, met->pc && met->first != 0);
    FEATURE_IF(PDT_SECOND, met->pc && met->directory2);
    FEATURE_IF(C9_PDT, met->pc && met->directory2);
    FEATURE_IF(ENS, met->pc && request->privileged && request->process_id_valid);
    FEATURE_IF(SUM, met->pc && request->privileged && request->process_id_valid &&
                        met->first != 0 && (met->leaf1 & IOMMU_PTE_U_MASK) != 0 &&
                        request->type == IOMMU_UNTRANSLATED);
}

static void type_features(const struct walked *met, const struct iommu_request *request,
                          const struct iommu_response *response)
{
    bool t2gpa = (met->dc_word[0] & IOMMU_DC_TC_T2GPA_MASK) != 0;
    uint64_t ids = model->qosid;

    FEATURE_IF(QOS, response->rcid != 0 && response->mcid != 0);
    FEATURE_IF(QOS_CONTEXT, met->dc && response->rcid != 0 && response->mcid != 0);
    FEATURE_IF(EXECUTE, request->access == IOMMU_EXECUTE);
    FEATURE_IF(USER_WITHOUT, request->privileged && !request->process_id_valid && met->first != 0);
    FEATURE_IF(MSI_BASIC, response->target == IOMMU_TARGET_MSI);
    FEATURE_IF(MSI_MRIF, response->target == IOMMU_TARGET_MRIF);
    FEATURE_IF(MSI_READ,
               met->msi && request->access == IOMMU_READ && request->type != IOMMU_ATS_TRANSLATION);
    if (request->type == IOMMU_TRANSLATED) {
        FEATURE(EN_ATS);
        FEATURE_IF(T2GPA_SECOND, t2gpa && met->second != 0);
        FEATURE_IF(TRANSLATED_GPA, t2gpa);
        FEATURE_IF(C18_T2GPA, t2gpa);
        FEATURE_IF(TRANSLATED_MSI, t2gpa && met->msi);
        FEATURE_IF(TRANSLATED_SPA, !t2gpa);
        FEATURE_IF(C18_SPA, !t2gpa);
    }
    if (IOMMU_GET(model->ddtp, IOMMU_DDTP_IOMMU_MODE) == IOMMU_DDTP_MODE_BARE) {
        FEATURE(MODE_BARE);
        FEATURE_IF(QOS_BARE, ids != 0 && response->rcid == IOMMU_GET(ids, IOMMU_IOMMU_QOSID_RCID));
    }
}

/* --- translation requests ------------------------------------------------------------------- */

static void ats_features(const struct walked *met, const struct iommu_request *request,
                         const struct iommu_response *response)
{
    bool success = response->status == IOMMU_SUCCESS;
    bool t2gpa = (met->dc_word[0] & IOMMU_DC_TC_T2GPA_MASK) != 0;
    unsigned rw = response->permissions & (IOMMU_PERM_R | IOMMU_PERM_W);

    FEATURE_IF(ATS_CA, response->status == IOMMU_COMPLETER_ABORT);
    FEATURE_IF(C15_CA, response->status == IOMMU_COMPLETER_ABORT);
    FEATURE_IF(ATS_UR, response->status == IOMMU_UNSUPPORTED_REQUEST);
    FEATURE_IF(C15_UR, response->status == IOMMU_UNSUPPORTED_REQUEST);
    FEATURE_IF(ATS_QUIET, !success && !response->fault_reported);
    FEATURE_IF(ATS_TOLD, !success && response->fault_reported);
    FEATURE_IF(ATS_NOT_PRESENT, success && response->cause != 0);
    FEATURE_IF(C15_SUCCESS, success && response->cause != 0);
    FEATURE_IF(ATS_USER, success && rw == 0 &&
                             (response->rule == IOMMU_RULE_PTE_USER ||
                              response->rule == IOMMU_RULE_PTE_SUPERVISOR));
    if (!success || response->cause != 0 || rw == 0)
        return;
    FEATURE(ATS);
    FEATURE_IF(ATS_FIELDS, true);
    FEATURE_IF(ATS_DENIED, rw != (IOMMU_PERM_R | IOMMU_PERM_W));
    FEATURE_IF(C16_ATS, (rw & IOMMU_PERM_W) == 0 && request->access == IOMMU_WRITE);
    FEATURE_IF(ATS_EXECUTE, (response->permissions & IOMMU_PERM_X) != 0 && request->execute);
    FEATURE_IF(ATS_MRIF, response->target == IOMMU_TARGET_MRIF);
    FEATURE_IF(ATS_PRIV, (response->ats & IOMMU_ATS_PRIV) != 0);
    FEATURE_IF(ATS_NO_PRIV, request->privileged && !request->process_id_valid);
    FEATURE_IF(ATS_GLOBAL, (response->ats & IOMMU_ATS_GLOBAL) != 0);
    FEATURE_IF(ATS_NOT_GLOBAL, met->first != 0 && (met->leaf1 & IOMMU_PTE_G_MASK) != 0 &&
                                   (response->ats & IOMMU_ATS_GLOBAL) == 0);
    FEATURE_IF(ATS_LARGE, response->page_log2 > 12);
    FEATURE_IF(ATS_SMALL, response->page_log2 == 12);
    FEATURE_IF(ATS_NW, request->access == IOMMU_READ);
    FEATURE_IF(ATS_WRITE, request->access == IOMMU_WRITE);
    FEATURE_IF(T2GPA, t2gpa);
    FEATURE_IF(T2GPA_BOTH, t2gpa && met->first != 0 && met->second != 0);
}

/* --- faults -------------------------------------------------------------------------------------
 */

/** The PTE that a walk ended at, where it is at fault. */
static void pte_features(const struct walked *met, const struct iommu_response *response)
{
    bool first = met->last_kind == IOMMU_STEP_PTE1;
    bool wide = (first ? met->scheme1 : met->scheme2) > SCHEME_32;
    uint64_t pte = met->last;
    bool leaf = (pte & (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)) != 0;

    switch (response->rule) {
    case IOMMU_RULE_PTE_RESERVED:
    case IOMMU_RULE_PTE_NAPOT:
        FEATURE_IF(RSW_RESERVED, wide && (pte & IOMMU_PTE_RSW60T59_MASK) != 0);
        FEATURE_IF(PBMT_THREE, wide && IOMMU_GET(pte, IOMMU_PTE_PBMT) == 3);
        FEATURE_IF(PBMT_NONE, wide && IOMMU_GET(pte, IOMMU_PTE_PBMT) != 0);
        FEATURE_IF(NON_LEAF_BITS, !leaf && met->last_level != 0);
        FEATURE_IF(NAPOT_LEVEL,
                   wide && leaf && met->last_level != 0 && (pte & IOMMU_PTE_N_MASK) != 0);
        FEATURE_IF(NAPOT_BITS,
                   wide && leaf && met->last_level == 0 && (pte & IOMMU_PTE_N_MASK) != 0);
        break;
    case IOMMU_RULE_PTE_USER:
        FEATURE_IF(SECOND_USER, !first);
        break;
    case IOMMU_RULE_PTE_ACCESSED:
        FEATURE_IF(ACCESSED_FIRST, first);
        FEATURE_IF(ACCESSED_SECOND, !first);
        break;
    default:
        break;
    }
}

static void fault_features(const struct walked *met, const struct iommu_request *request,
                           const struct iommu_response *response)
{
    bool dtf = met->dc && (met->dc_word[0] & IOMMU_DC_TC_DTF_MASK) != 0;
    bool types = (met->dc_word[0] & IOMMU_DC_TC_EN_ATS_MASK) == 0 && request->type != 0;
    uint64_t wide = met->dc_word[5] | met->dc_word[6];

    pte_features(met, response);
    FEATURE_IF(DTF_HIDES, dtf && !response->fault_reported);
    FEATURE_IF(DTF_NOT, met->dc && !dtf && response->fault_reported);
    FEATURE_IF(NO_CONTEXT, !met->dc_read && response->fault_reported);
    FEATURE_IF(C14_KEPT, met->dc_read && (met->dc_word[0] & IOMMU_DC_TC_DTF_MASK) != 0 &&
                             response->fault_reported);
    if (response->cause == IOMMU_CAUSE_DDT_MISCONFIGURED) {
        FEATURE_IF(C3_TYPE, met->dc_read && types);
        FEATURE_IF(C4_GXL, response->rule == IOMMU_RULE_DC_IOHGATP_MODE &&
                               (model->fctl & IOMMU_FCTL_GXL_MASK) != 0);
        if (response->rule == IOMMU_RULE_DC_RESERVED) {
            FEATURE_IF(TC_RESERVED, (met->dc_word[0] & IOMMU_DC_TC_RESERVED_MASK) != 0);
            FEATURE_IF(MSI_WIDE, wide >> 38 != 0);
            FEATURE_IF(MGPAW, wide >> 38 != 0 && wide >> 52 == 0);
            FEATURE_IF(C6_MGPAW, wide >> 38 != 0 && wide >> 52 == 0);
        }
    }
    FEATURE_IF(PDT_GUEST_FAULT, guest_fault(response) && met->first == 0 && met->directory2);
    FEATURE_IF(C10_PTE, page_fault(response) && met->implicit2 != 0);
    FEATURE_IF(C11_EXPLICIT, guest_fault(response) && (response->iotval2 & 3) == 0);
    FEATURE_IF(C11_IMPLICIT, guest_fault(response) && (response->iotval2 & 3) == 1);
    FEATURE_IF(C11_WRITE, guest_fault(response) && (response->iotval2 & 3) == 3);
    FEATURE_IF(C13_DPE, met->pc && !request->process_id_valid);
}

/* --- one request ---------------------------------------------------------------------------- */

static bool same_result(const struct iommu_response *a, const struct iommu_response *b)
{
    return a->status == b->status && a->cause == b->cause && a->rule == b->rule &&
           a->address == b->address && a->permissions == b->permissions &&
           a->page_log2 == b->page_log2 && a->target == b->target;
}

void features_request(const struct iommu_request *request, const struct iommu_response *response)
{
    static unsigned turn;
    struct walked met = {0};
    struct iommu_response now;
    bool ok, fault;

    features_rule(response->rule, response->cause);
    if (walked[response->rule] >= ALWAYS && ++turn % SAMPLE != 0)
        return;
    now = model_traces(request, on_step, &met);
    if (!same_result(&now, response))
        return; /* the tables have changed since */
    walked[response->rule]++;
    find_schemes(&met);
    ok = granted(response);
    fault = page_fault(response);
    first_scheme(&met, ok && met.first != 0, fault && met.last_kind == IOMMU_STEP_PTE1);
    second_scheme(&met, ok && met.second != 0, guest_fault(response));
    if (ok) {
        type_features(&met, request, response);
        stage_features(&met, request, response);
        if (met.dc)
            context_features(&met, request);
        FEATURE_IF(RESET_KEPT, bench.reset_in_traffic && met.first != 0);
    } else {
        fault_features(&met, request, response);
    }
    if (request->type == IOMMU_ATS_TRANSLATION)
        ats_features(&met, request, response);
    crosses_request(&met, request, response);
}
