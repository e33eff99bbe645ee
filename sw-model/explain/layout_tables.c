/* SPDX-License-Identifier: Apache-2.0 */
/* The table of fields, filled from the generated register header. */
#include "layout_tables.h"

#include "iommu_regs.h"

#define CAP(NAME) IOMMU_CAPABILITIES_##NAME##_MASK

/* A field of a structure, whose word the header knows, and of a register, which is one. */
#define AT(word, name, MACRO, kind, scale, names, needs)                                           \
    {name, IOMMU_##MACRO##_MASK, IOMMU_##MACRO##_SHIFT, word, kind, scale, names, needs}
#define FLAG(name, MACRO) AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_FLAG, 0, 0, 0)
#define FLAG_IF(name, MACRO, needs) AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_FLAG, 0, 0, needs)
#define NUMBER(name, MACRO) AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_NUMBER, 0, 0, 0)
#define NUMBER_IF(name, MACRO, needs)                                                              \
    AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_NUMBER, 0, 0, needs)
#define ADDRESS(name, MACRO, scale)                                                                \
    AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_ADDRESS, scale, 0, 0)
#define POINTER(name, MACRO, scale)                                                                \
    AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_POINTER, scale, 0, 0)
#define DEVICE(name, MACRO) AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_DEVICE, 0, 0, 0)
#define NAMED(name, MACRO, names) AT(IOMMU_##MACRO##_DWORD, name, MACRO, FIELD_NAMED, 0, names, 0)
#define REG_FLAG(name, MACRO) AT(0, name, MACRO, FIELD_FLAG, 0, 0, 0)
#define REG_NUMBER(name, MACRO) AT(0, name, MACRO, FIELD_NUMBER, 0, 0, 0)
#define REG_COUNT(name, MACRO) AT(0, name, MACRO, FIELD_COUNT, 0, 0, 0)
#define REG_DEVICE(name, MACRO) AT(0, name, MACRO, FIELD_DEVICE, 0, 0, 0)
#define REG_POINTER(name, MACRO, scale) AT(0, name, MACRO, FIELD_POINTER, scale, 0, 0)
#define REG_NAMED(name, MACRO, names) AT(0, name, MACRO, FIELD_NAMED, 0, names, 0)

/* Structures of directories and page tables */

static const struct field ddte[] = {
    FLAG("V", DDTE_V),
    POINTER("PPN", DDTE_PPN, 12),
};

static const struct field dc[] = {
    FLAG("V", DC_TC_V),
    FLAG_IF("EN_ATS", DC_TC_EN_ATS, CAP(ATS)),
    FLAG_IF("EN_PRI", DC_TC_EN_PRI, CAP(ATS)),
    FLAG_IF("T2GPA", DC_TC_T2GPA, CAP(T2GPA)),
    FLAG("DTF", DC_TC_DTF),
    FLAG("PDTV", DC_TC_PDTV),
    FLAG_IF("PRPR", DC_TC_PRPR, CAP(ATS)),
    FLAG_IF("GADE", DC_TC_GADE, CAP(AMO_HWAD)),
    FLAG_IF("SADE", DC_TC_SADE, CAP(AMO_HWAD)),
    FLAG("DPE", DC_TC_DPE),
    FLAG("SBE", DC_TC_SBE),
    FLAG("SXL", DC_TC_SXL),
    NUMBER("custom", DC_TC_CUSTOM),
    NAMED("MODE", DC_IOHGATP_MODE, NAMES_IOHGATP_MODE),
    NUMBER("GSCID", DC_IOHGATP_GSCID),
    POINTER("PPN", DC_IOHGATP_PPN, 12),
    NUMBER("PSCID", DC_TA_PSCID),
    NUMBER_IF("RCID", DC_TA_RCID, CAP(QOSID)),
    NUMBER_IF("MCID", DC_TA_MCID, CAP(QOSID)),
    NAMED("MODE", DC_FSC_MODE, NAMES_FSC_MODE),
    POINTER("PPN", DC_FSC_PPN, 12),
    NAMED("MODE", DC_MSIPTP_MODE, NAMES_MSIPTP_MODE),
    POINTER("PPN", DC_MSIPTP_PPN, 12),
    ADDRESS("mask", DC_MSI_ADDR_MASK_VALUE, 12),
    ADDRESS("pattern", DC_MSI_ADDR_PATTERN_VALUE, 12),
};

static const struct field pdte[] = {
    FLAG("V", PDTE_V),
    POINTER("PPN", PDTE_PPN, 12),
};

static const struct field pc[] = {
    FLAG("V", PC_TA_V),
    FLAG("ENS", PC_TA_ENS),
    FLAG("SUM", PC_TA_SUM),
    NUMBER("PSCID", PC_TA_PSCID),
    NAMED("MODE", PC_FSC_MODE, NAMES_FSC_MODE),
    POINTER("PPN", PC_FSC_PPN, 12),
};

static const struct field pte[] = {
    FLAG("V", PTE_V),
    FLAG("R", PTE_R),
    FLAG("W", PTE_W),
    FLAG("X", PTE_X),
    FLAG("U", PTE_U),
    FLAG("G", PTE_G),
    FLAG("A", PTE_A),
    FLAG("D", PTE_D),
    NUMBER("RSW", PTE_RSW),
    AT(IOMMU_PTE_RSW60T59_DWORD, "RSW60T59", PTE_RSW60T59, FIELD_NUMBER, 0, 0, CAP(SVRSW60T59B)),
    AT(IOMMU_PTE_PBMT_DWORD, "PBMT", PTE_PBMT, FIELD_NAMED, 0, NAMES_PBMT, CAP(SVPBMT)),
    FLAG("N", PTE_N),
    POINTER("PPN", PTE_PPN, 12),
};

static const struct field pte32[] = {
    FLAG("V", PTE32_V),       FLAG("R", PTE32_R),
    FLAG("W", PTE32_W),       FLAG("X", PTE32_X),
    FLAG("U", PTE32_U),       FLAG("G", PTE32_G),
    FLAG("A", PTE32_A),       FLAG("D", PTE32_D),
    NUMBER("RSW", PTE32_RSW), POINTER("PPN", PTE32_PPN, 12),
};

static const struct field msipte[] = {
    FLAG("V", MSIPTE_V),
    NAMED("M", MSIPTE_M, NAMES_MSIPTE_M),
    FLAG("C", MSIPTE_C),
    POINTER("PPN", MSIPTE_PPN, 12),
};

static const struct field msipte_mrif[] = {
    FLAG("V", MSIPTE_MRIF_V),
    NAMED("M", MSIPTE_MRIF_M, NAMES_MSIPTE_M),
    FLAG_IF("C", MSIPTE_MRIF_C, 0),
    POINTER("MRIF_Address", MSIPTE_MRIF_MRIF_ADDRESS, 9),
    NUMBER("NID[10]", MSIPTE_MRIF_NID_10),
    NUMBER("NID[9:0]", MSIPTE_MRIF_NID_9_0),
    POINTER("NPPN", MSIPTE_MRIF_NPPN, 12),
};

/* Queue entries. opcode and func3 tell which command it is; its own fields follow. */

static const struct field cmd[] = {
    NAMED("opcode", CMD_OPCODE, NAMES_OPCODE),
    NUMBER("func3", CMD_FUNC3),
};

static const struct field cmd_iotinval[] = {
    FLAG("AV", CMD_IOTINVAL_AV),          FLAG("PSCV", CMD_IOTINVAL_PSCV),
    FLAG("GV", CMD_IOTINVAL_GV),          FLAG_IF("NL", CMD_IOTINVAL_NL, CAP(NL)),
    FLAG_IF("S", CMD_IOTINVAL_S, CAP(S)), NUMBER("GSCID", CMD_IOTINVAL_GSCID),
    NUMBER("PSCID", CMD_IOTINVAL_PSCID),  ADDRESS("ADDR", CMD_IOTINVAL_ADDR, 12),
};

static const struct field cmd_iofence[] = {
    FLAG("AV", CMD_IOFENCE_AV),       FLAG("WSI", CMD_IOFENCE_WSI),
    FLAG("PR", CMD_IOFENCE_PR),       FLAG("PW", CMD_IOFENCE_PW),
    NUMBER("DATA", CMD_IOFENCE_DATA), ADDRESS("ADDR", CMD_IOFENCE_ADDR, 2),
};

static const struct field cmd_iodir[] = {
    FLAG("DV", CMD_IODIR_DV),
    DEVICE("DID", CMD_IODIR_DID),
    NUMBER("PID", CMD_IODIR_PID),
};

static const struct field cmd_ats_inval[] = {
    FLAG("PV", CMD_ATS_INVAL_PV),
    FLAG("DSV", CMD_ATS_INVAL_DSV),
    NUMBER("DSEG", CMD_ATS_INVAL_DSEG),
    DEVICE("RID", CMD_ATS_INVAL_RID),
    NUMBER("PID", CMD_ATS_INVAL_PID),
    FLAG("G", CMD_ATS_INVAL_G),
    FLAG("S", CMD_ATS_INVAL_S),
    ADDRESS("untranslated address", CMD_ATS_INVAL_UNTRANSLATED_ADDRESS, 12),
};

static const struct field cmd_ats_prgr[] = {
    FLAG("PV", CMD_ATS_PRGR_PV),
    FLAG("DSV", CMD_ATS_PRGR_DSV),
    NUMBER("DSEG", CMD_ATS_PRGR_DSEG),
    DEVICE("RID", CMD_ATS_PRGR_RID),
    NUMBER("PID", CMD_ATS_PRGR_PID),
    NUMBER("PRGI", CMD_ATS_PRGR_PRGI),
    NAMED("response code", CMD_ATS_PRGR_RESPONSE_CODE, NAMES_PRGR_CODE),
};

static const struct field fq[] = {
    NAMED("CAUSE", FQ_CAUSE, NAMES_CAUSE),
    NAMED("TTYP", FQ_TTYP, NAMES_TTYP),
    DEVICE("DID", FQ_DID),
    FLAG("PV", FQ_PV),
    NUMBER("PID", FQ_PID),
    FLAG("PRIV", FQ_PRIV),
    NUMBER("custom", FQ_CUSTOM),
    NUMBER("iotval", FQ_IOTVAL),
    NUMBER("iotval2", FQ_IOTVAL2),
};

static const struct field pq[] = {
    DEVICE("DID", PQ_DID),   FLAG("PV", PQ_PV),
    NUMBER("PID", PQ_PID),   FLAG("PRIV", PQ_PRIV),
    FLAG("EXEC", PQ_EXEC),   FLAG("R", PQ_R),
    FLAG("W", PQ_W),         FLAG("L", PQ_L),
    NUMBER("PRGI", PQ_PRGI), ADDRESS("page address", PQ_PAGE_ADDRESS, 12),
};

/* Registers */

static const struct field capabilities[] = {
    REG_NUMBER("version", CAPABILITIES_VERSION),
    REG_FLAG("Sv32", CAPABILITIES_SV32),
    REG_FLAG("Sv39", CAPABILITIES_SV39),
    REG_FLAG("Sv48", CAPABILITIES_SV48),
    REG_FLAG("Sv57", CAPABILITIES_SV57),
    REG_FLAG("Svrsw60t59b", CAPABILITIES_SVRSW60T59B),
    REG_FLAG("Svpbmt", CAPABILITIES_SVPBMT),
    REG_FLAG("Sv32x4", CAPABILITIES_SV32X4),
    REG_FLAG("Sv39x4", CAPABILITIES_SV39X4),
    REG_FLAG("Sv48x4", CAPABILITIES_SV48X4),
    REG_FLAG("Sv57x4", CAPABILITIES_SV57X4),
    REG_FLAG("AMO_MRIF", CAPABILITIES_AMO_MRIF),
    REG_FLAG("MSI_FLAT", CAPABILITIES_MSI_FLAT),
    REG_FLAG("MSI_MRIF", CAPABILITIES_MSI_MRIF),
    REG_FLAG("AMO_HWAD", CAPABILITIES_AMO_HWAD),
    REG_FLAG("ATS", CAPABILITIES_ATS),
    REG_FLAG("T2GPA", CAPABILITIES_T2GPA),
    REG_FLAG("END", CAPABILITIES_END),
    REG_NAMED("IGS", CAPABILITIES_IGS, NAMES_IGS),
    REG_FLAG("HPM", CAPABILITIES_HPM),
    REG_FLAG("DBG", CAPABILITIES_DBG),
    REG_COUNT("PAS", CAPABILITIES_PAS),
    REG_FLAG("PD8", CAPABILITIES_PD8),
    REG_FLAG("PD17", CAPABILITIES_PD17),
    REG_FLAG("PD20", CAPABILITIES_PD20),
    REG_FLAG("QOSID", CAPABILITIES_QOSID),
    REG_FLAG("NL", CAPABILITIES_NL),
    REG_FLAG("S", CAPABILITIES_S),
    REG_NUMBER("custom", CAPABILITIES_CUSTOM),
};

static const struct field fctl[] = {
    REG_FLAG("BE", FCTL_BE),
    REG_FLAG("WSI", FCTL_WSI),
    REG_FLAG("GXL", FCTL_GXL),
    REG_NUMBER("custom", FCTL_CUSTOM),
};

static const struct field ddtp[] = {
    REG_NAMED("iommu_mode", DDTP_IOMMU_MODE, NAMES_DDTP_MODE),
    REG_FLAG("busy", DDTP_BUSY),
    REG_POINTER("PPN", DDTP_PPN, 12),
};

/* cqb, fqb and pqb have one format. */
static const struct field queue_base[] = {
    REG_COUNT("LOG2SZ-1", CQB_LOG2SZ_1),
    REG_POINTER("PPN", CQB_PPN, 12),
};

static const struct field cqcsr[] = {
    REG_FLAG("cqen", CQCSR_CQEN),       REG_FLAG("cie", CQCSR_CIE),
    REG_FLAG("cqmf", CQCSR_CQMF),       REG_FLAG("cmd_to", CQCSR_CMD_TO),
    REG_FLAG("cmd_ill", CQCSR_CMD_ILL), REG_FLAG("fence_w_ip", CQCSR_FENCE_W_IP),
    REG_FLAG("cqon", CQCSR_CQON),       REG_FLAG("busy", CQCSR_BUSY),
    REG_NUMBER("custom", CQCSR_CUSTOM),
};

static const struct field fqcsr[] = {
    REG_FLAG("fqen", FQCSR_FQEN),       REG_FLAG("fie", FQCSR_FIE),   REG_FLAG("fqmf", FQCSR_FQMF),
    REG_FLAG("fqof", FQCSR_FQOF),       REG_FLAG("fqon", FQCSR_FQON), REG_FLAG("busy", FQCSR_BUSY),
    REG_NUMBER("custom", FQCSR_CUSTOM),
};

static const struct field pqcsr[] = {
    REG_FLAG("pqen", PQCSR_PQEN),       REG_FLAG("pie", PQCSR_PIE),   REG_FLAG("pqmf", PQCSR_PQMF),
    REG_FLAG("pqof", PQCSR_PQOF),       REG_FLAG("pqon", PQCSR_PQON), REG_FLAG("busy", PQCSR_BUSY),
    REG_NUMBER("custom", PQCSR_CUSTOM),
};

static const struct field ipsr[] = {
    REG_FLAG("cip", IPSR_CIP), REG_FLAG("fip", IPSR_FIP),         REG_FLAG("pmip", IPSR_PMIP),
    REG_FLAG("pip", IPSR_PIP), REG_NUMBER("custom", IPSR_CUSTOM),
};

static const struct field tr_req_ctl[] = {
    REG_FLAG("Go/Busy", TR_REQ_CTL_GO_BUSY), REG_FLAG("Priv", TR_REQ_CTL_PRIV),
    REG_FLAG("Exe", TR_REQ_CTL_EXE),         REG_FLAG("NW", TR_REQ_CTL_NW),
    REG_NUMBER("PID", TR_REQ_CTL_PID),       REG_FLAG("PV", TR_REQ_CTL_PV),
    REG_DEVICE("DID", TR_REQ_CTL_DID),       REG_NUMBER("custom", TR_REQ_CTL_CUSTOM),
};

static const struct field tr_response[] = {
    REG_FLAG("fault", TR_RESPONSE_FAULT),
    REG_NAMED("PBMT", TR_RESPONSE_PBMT, NAMES_PBMT),
    REG_FLAG("S", TR_RESPONSE_S),
    REG_POINTER("PPN", TR_RESPONSE_PPN, 12),
    REG_NUMBER("custom", TR_RESPONSE_CUSTOM),
};

static const struct field iommu_qosid[] = {
    REG_NUMBER("RCID", IOMMU_QOSID_RCID),
    REG_NUMBER("MCID", IOMMU_QOSID_MCID),
};

static const struct field icvec[] = {
    REG_COUNT("civ", ICVEC_CIV), REG_COUNT("fiv", ICVEC_FIV),        REG_COUNT("pmiv", ICVEC_PMIV),
    REG_COUNT("piv", ICVEC_PIV), REG_NUMBER("custom", ICVEC_CUSTOM),
};

#define FIELDS(table) table, (uint8_t)(sizeof(table) / sizeof((table)[0]))
#define RESERVED(NAME) IOMMU_##NAME##_RESERVED_MASK
#define ONE_WORD(id, name, table, NAME) [id] = {name, FIELDS(table), 1, {0}, {RESERVED(NAME)}}
#define TWO_WORDS(id, name, table, NAME)                                                           \
    [id] = {name, FIELDS(table), 2, {0}, {RESERVED(NAME##_DW0), RESERVED(NAME##_DW1)}}

const struct layout layout_table[LAYOUTS] = {
    ONE_WORD(LAYOUT_DDTE, "non-leaf DDT entry", ddte, DDTE),
    [LAYOUT_DC] = {"device context",
                   FIELDS(dc),
                   8,
                   {"tc", "iohgatp", "ta", "fsc", "msiptp", "msi_addr_mask", "msi_addr_pattern",
                    "reserved"},
                   {RESERVED(DC_TC), RESERVED(DC_IOHGATP), RESERVED(DC_TA), RESERVED(DC_FSC),
                    RESERVED(DC_MSIPTP), RESERVED(DC_MSI_ADDR_MASK), RESERVED(DC_MSI_ADDR_PATTERN),
                    RESERVED(DC_RESERVED)}},
    ONE_WORD(LAYOUT_PDTE, "non-leaf PDT entry", pdte, PDTE),
    [LAYOUT_PC] =
        {"process context", FIELDS(pc), 2, {"ta", "fsc"}, {RESERVED(PC_TA), RESERVED(PC_FSC)}},
    ONE_WORD(LAYOUT_PTE, "PTE", pte, PTE),
    ONE_WORD(LAYOUT_PTE32, "PTE", pte32, PTE32),
    TWO_WORDS(LAYOUT_MSIPTE, "MSI PTE", msipte, MSIPTE),
    TWO_WORDS(LAYOUT_MSIPTE_MRIF, "MSI PTE", msipte_mrif, MSIPTE_MRIF),
    TWO_WORDS(LAYOUT_CMD, "command", cmd, CMD),
    TWO_WORDS(LAYOUT_CMD_IOTINVAL, "command", cmd_iotinval, CMD_IOTINVAL),
    TWO_WORDS(LAYOUT_CMD_IOFENCE, "command", cmd_iofence, CMD_IOFENCE),
    TWO_WORDS(LAYOUT_CMD_IODIR, "command", cmd_iodir, CMD_IODIR),
    TWO_WORDS(LAYOUT_CMD_ATS_INVAL, "command", cmd_ats_inval, CMD_ATS_INVAL),
    TWO_WORDS(LAYOUT_CMD_ATS_PRGR, "command", cmd_ats_prgr, CMD_ATS_PRGR),
    [LAYOUT_FQ] = {"fault record",
                   FIELDS(fq),
                   4,
                   {0},
                   {RESERVED(FQ_DW0), RESERVED(FQ_DW1), RESERVED(FQ_DW2), RESERVED(FQ_DW3)}},
    TWO_WORDS(LAYOUT_PQ, "page request", pq, PQ),
    ONE_WORD(LAYOUT_CAPABILITIES, "capabilities", capabilities, CAPABILITIES),
    ONE_WORD(LAYOUT_FCTL, "fctl", fctl, FCTL),
    ONE_WORD(LAYOUT_DDTP, "ddtp", ddtp, DDTP),
    ONE_WORD(LAYOUT_QUEUE_BASE, "queue base", queue_base, CQB),
    ONE_WORD(LAYOUT_CQCSR, "cqcsr", cqcsr, CQCSR),
    ONE_WORD(LAYOUT_FQCSR, "fqcsr", fqcsr, FQCSR),
    ONE_WORD(LAYOUT_PQCSR, "pqcsr", pqcsr, PQCSR),
    ONE_WORD(LAYOUT_IPSR, "ipsr", ipsr, IPSR),
    ONE_WORD(LAYOUT_TR_REQ_CTL, "tr_req_ctl", tr_req_ctl, TR_REQ_CTL),
    ONE_WORD(LAYOUT_TR_RESPONSE, "tr_response", tr_response, TR_RESPONSE),
    ONE_WORD(LAYOUT_IOMMU_QOSID, "iommu_qosid", iommu_qosid, IOMMU_QOSID),
    ONE_WORD(LAYOUT_ICVEC, "icvec", icvec, ICVEC),
};

_Static_assert(IOMMU_CQB_PPN_MASK == IOMMU_FQB_PPN_MASK &&
                   IOMMU_CQB_PPN_MASK == IOMMU_PQB_PPN_MASK &&
                   IOMMU_CQB_LOG2SZ_1_MASK == IOMMU_FQB_LOG2SZ_1_MASK &&
                   IOMMU_CQB_LOG2SZ_1_MASK == IOMMU_PQB_LOG2SZ_1_MASK,
               "the three queue base registers share one table");
