/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage by rows of the checklist: rules and causes, and the list of all points of rows. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "feature_list.h"

#define CAUSES 512u

static unsigned long rules[IOMMU_RULES], causes[CAUSES];

struct rule_row {
    enum iommu_rule rule;
    const char *rows; /* of the checklist, with spaces */
    uint64_t caps;    /* that it takes */
};

#define RULE(name, rows) {IOMMU_RULE_##name, rows, 0}
#define RULE_IF(name, rows, caps) {IOMMU_RULE_##name, rows, IOMMU_CAPABILITIES_##caps##_MASK}

/** Rules that decide requests; the others are of the I/O bridge, page requests, or MRIFs. */
static const struct rule_row rule_rows[] = {
    RULE(MODE_OFF, "R51 R114 C1"),
    RULE(BARE_TYPE, "R52"),
    RULE(DEVICE_ID_WIDE, "R56 R114 C1"),
    RULE(DDTE_ACCESS, "R58 R222 R306"),
    RULE(DDTE_POISON, "R58 R308 C2"),
    RULE(DDTE_NOT_VALID, "R58 R223 R297"),
    RULE(DDTE_RESERVED, "R57 R58"),
    RULE(DC_ACCESS, "R58 R306 C2"),
    RULE(DC_POISON, "R58 R308"),
    RULE(DC_NOT_VALID, "R59 R114 R297"),
    RULE(DC_RESERVED, "R81"),
    RULE(DC_ATS_UNSUPPORTED, "R82"),
    RULE(DC_T2GPA_WITHOUT_ATS, "R83"),
    RULE_IF(DC_PRI_WITHOUT_ATS, "R84", ATS),
    RULE_IF(DC_PRPR_WITHOUT_PRI, "R85", ATS),
    RULE_IF(DC_T2GPA_BARE, "R87", T2GPA),
    RULE(DC_PDTP_MODE, "R88"),
    RULE(DC_IOSATP_MODE, "R89 R76"),
    RULE(DC_DPE_WITHOUT_PDTV, "R90"),
    RULE(DC_IOHGATP_MODE, "R91"),
    RULE_IF(DC_MSIPTP_MODE, "R92", MSI_FLAT),
    RULE(DC_IOHGATP_ALIGN, "R93 R121"),
    RULE(DC_ADE_UNSUPPORTED, "R94"),
    RULE(DC_SBE_END, "R95"),
    RULE(DC_SXL, "R96"),
    RULE_IF(DC_MSIPTP_BARE, "R99 C5", MSI_FLAT),
    RULE(ATS_DISABLED, "R60 R114 R117"),
    RULE(PROCESS_ID_UNEXPECTED, "R103"),
    RULE_IF(PROCESS_ID_WIDE, "R102", PD8),
    RULE_IF(PDTE_ACCESS, "R111 R306", PD17),
    RULE_IF(PDTE_POISON, "R111 R308", PD17),
    RULE_IF(PDTE_NOT_VALID, "R111 R297", PD17),
    RULE_IF(PDTE_RESERVED, "R104 R111", PD17),
    RULE_IF(PC_ACCESS, "R111 R306", PD8),
    RULE_IF(PC_POISON, "R111 R308", PD8),
    RULE_IF(PC_NOT_VALID, "R111 R297", PD8),
    RULE_IF(PC_RESERVED, "R108", PD8),
    RULE_IF(PC_MODE, "R108", PD8),
    RULE_IF(PDT_SECOND_STAGE_ACCESS, "R110", PD8),
    RULE_IF(PDT_SECOND_STAGE_POISON, "R110", PD8),
    RULE_IF(SUPERVISOR_DISABLED, "R106 R114 C12", PD8),
    RULE_IF(SXL_IOVA_WIDE, "R71", SV32),
    RULE(IOVA_NOT_CANONICAL, "R123"),
    RULE(GPA_WIDE, "R124"),
    RULE_IF(SXL_GPA_WIDE, "R72", SV32),
    RULE(PTE_ACCESS, "R136 R306"),
    RULE(PTE_POISON, "R137 R308"),
    RULE(PTE_NOT_VALID, "R114 R125 R297"),
    RULE(PTE_WRITE_ONLY, "R125"),
    RULE(PTE_RESERVED, "R125"),
    RULE(PTE_NO_LEAF, "R125"),
    RULE(PTE_MISALIGNED, "R127"),
    RULE(PTE_NAPOT, "R128"),
    RULE(PTE_USER, "R129"),
    RULE_IF(PTE_SUPERVISOR, "R107 R129 C12", PD8),
    RULE(PTE_PERMISSION, "R129"),
    RULE(PTE_ACCESSED, "R134"),
    RULE_IF(MSI_PTE_ACCESS, "R143", MSI_FLAT),
    RULE_IF(MSI_PTE_POISON, "R143 R308", MSI_FLAT),
    RULE_IF(MSI_PTE_NOT_VALID, "R114 R143 R297", MSI_FLAT),
    RULE_IF(MSI_PTE_CUSTOM, "R143", MSI_FLAT),
    RULE_IF(MSI_PTE_MODE, "R143", MSI_FLAT),
    RULE_IF(MSI_PTE_RESERVED, "R144 R145", MSI_FLAT),
    RULE(MSI_PTE_MRIF_UNSUPPORTED, "R145"),
    RULE_IF(MSI_EXECUTE, "R146 C8", MSI_FLAT),
    RULE_IF(MRIF_SIZE, "R147", MSI_MRIF),
    RULE_IF(ATS_PERMISSION, "R156", ATS),
};

/** Rules about something that is not built in: no capability may be there. */
static bool rule_possible(const struct rule_row *row)
{
    switch (row->rule) {
    case IOMMU_RULE_DC_ATS_UNSUPPORTED:
        return !CAP(ATS);
    case IOMMU_RULE_DC_ADE_UNSUPPORTED:
        return !CAP(AMO_HWAD);
    case IOMMU_RULE_DC_SBE_END:
        return !CAP(END);
    case IOMMU_RULE_MSI_PTE_MRIF_UNSUPPORTED:
        return CAP(MSI_FLAT) && !CAP(MSI_MRIF);
    default:
        return row->caps == 0 || has_cap(row->caps);
    }
}

static const struct {
    uint16_t cause, row;
    uint64_t caps;
} cause_rows[] = {
    {1, 210, 0},
    {5, 212, 0},
    {7, 214, 0},
    {12, 215, 0},
    {13, 216, 0},
    {15, 217, 0},
    {20, 218, 0},
    {21, 219, 0},
    {23, 220, 0},
    {256, 221, 0},
    {257, 222, 0},
    {258, 223, 0},
    {259, 224, 0},
    {260, 225, 0},
    {261, 226, IOMMU_CAPABILITIES_MSI_FLAT_MASK},
    {262, 227, IOMMU_CAPABILITIES_MSI_FLAT_MASK},
    {263, 228, IOMMU_CAPABILITIES_MSI_FLAT_MASK},
    {264, 229, IOMMU_CAPABILITIES_MSI_MRIF_MASK},
    {264, 149, IOMMU_CAPABILITIES_MSI_MRIF_MASK},
    {271, 149, IOMMU_CAPABILITIES_MSI_MRIF_MASK},
    {265, 230, IOMMU_CAPABILITIES_PD8_MASK},
    {266, 231, IOMMU_CAPABILITIES_PD8_MASK},
    {267, 232, IOMMU_CAPABILITIES_PD8_MASK},
    {268, 233, 0},
    {269, 234, IOMMU_CAPABILITIES_PD8_MASK},
    {270, 235, IOMMU_CAPABILITIES_MSI_FLAT_MASK},
    {271, 236, IOMMU_CAPABILITIES_MSI_MRIF_MASK},
    {274, 239, 0},
};

void features_rule(uint16_t rule, uint16_t cause)
{
    rules[rule]++;
    causes[cause % CAUSES]++;
}

void features_cause(uint16_t cause)
{
    causes[cause % CAUSES]++;
}

/** One point for each row that a rule is evidence for. */
static void collect_rule(const struct rule_row *row)
{
    char text[COVER_NAME];

    for (const char *name = row->rows; *name != 0;) {
        int length = (int)strcspn(name, " ");

        snprintf(text, sizeof(text), "%.*s rule %s", length, name, iommu_rule_name(row->rule));
        cover_point(text, rules[row->rule]);
        name += length;
        name += strspn(name, " ");
    }
}

static void collect_rules(void)
{
    char text[COVER_NAME];

    for (size_t i = 0; i < sizeof(rule_rows) / sizeof(rule_rows[0]); i++) {
        if (rule_possible(&rule_rows[i]) || rules[rule_rows[i].rule] != 0)
            collect_rule(&rule_rows[i]);
    }
    for (size_t i = 0; i < sizeof(cause_rows) / sizeof(cause_rows[0]); i++) {
        if (cause_rows[i].caps != 0 && !has_cap(cause_rows[i].caps))
            continue;
        snprintf(text, sizeof(text), "R%u cause %u", cause_rows[i].row, cause_rows[i].cause);
        cover_point(text, causes[cause_rows[i].cause]);
    }
}

void features_collect(void)
{
    static const struct {
        const char *name;
        enum feature feature;
    } list[] = {
#define FEATURE_NAME(name, text, possible) {text, FEATURE_##name},
        WALK_FEATURES(FEATURE_NAME) OTHER_FEATURES(FEATURE_NAME)
#undef FEATURE_NAME
    };
    const bool can[] = {
#define FEATURE_POSSIBLE(name, text, possible) possible,
        WALK_FEATURES(FEATURE_POSSIBLE) OTHER_FEATURES(FEATURE_POSSIBLE)
#undef FEATURE_POSSIBLE
    };

    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (can[i] || features[list[i].feature] != 0)
            cover_point(list[i].name, features[list[i].feature]);
    }
    collect_rules();
}
