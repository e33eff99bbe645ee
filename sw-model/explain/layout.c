/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <stdio.h>
#include <string.h>

#include "iommu.h"
#include "layout_tables.h"

#define PAGE_LOG2 12

const struct layout *layout_get(enum layout_id id)
{
    return &layout_table[id];
}

enum layout_id layout_of_register(uint32_t offset)
{
    switch (offset) {
    case IOMMU_REG_CAPABILITIES:
        return LAYOUT_CAPABILITIES;
    case IOMMU_REG_FCTL:
        return LAYOUT_FCTL;
    case IOMMU_REG_DDTP:
        return LAYOUT_DDTP;
    case IOMMU_REG_CQB:
    case IOMMU_REG_FQB:
    case IOMMU_REG_PQB:
        return LAYOUT_QUEUE_BASE;
    case IOMMU_REG_CQCSR:
        return LAYOUT_CQCSR;
    case IOMMU_REG_FQCSR:
        return LAYOUT_FQCSR;
    case IOMMU_REG_PQCSR:
        return LAYOUT_PQCSR;
    case IOMMU_REG_IPSR:
        return LAYOUT_IPSR;
    case IOMMU_REG_TR_REQ_CTL:
        return LAYOUT_TR_REQ_CTL;
    case IOMMU_REG_TR_RESPONSE:
        return LAYOUT_TR_RESPONSE;
    case IOMMU_REG_IOMMU_QOSID:
        return LAYOUT_IOMMU_QOSID;
    case IOMMU_REG_ICVEC:
        return LAYOUT_ICVEC;
    default:
        return LAYOUTS;
    }
}

/* ---- commands */

struct command {
    uint8_t opcode;
    uint8_t func3;
    enum layout_id layout;
    const char *name;
};

static const struct command commands[] = {
    {IOMMU_OPCODE_IOTINVAL, IOMMU_FUNC3_IOTINVAL_VMA, LAYOUT_CMD_IOTINVAL, "IOTINVAL.VMA"},
    {IOMMU_OPCODE_IOTINVAL, IOMMU_FUNC3_IOTINVAL_GVMA, LAYOUT_CMD_IOTINVAL, "IOTINVAL.GVMA"},
    {IOMMU_OPCODE_IOFENCE, IOMMU_FUNC3_IOFENCE_C, LAYOUT_CMD_IOFENCE, "IOFENCE.C"},
    {IOMMU_OPCODE_IODIR, IOMMU_FUNC3_IODIR_INVAL_DDT, LAYOUT_CMD_IODIR, "IODIR.INVAL_DDT"},
    {IOMMU_OPCODE_IODIR, IOMMU_FUNC3_IODIR_INVAL_PDT, LAYOUT_CMD_IODIR, "IODIR.INVAL_PDT"},
    {IOMMU_OPCODE_ATS, IOMMU_FUNC3_ATS_INVAL, LAYOUT_CMD_ATS_INVAL, "ATS.INVAL"},
    {IOMMU_OPCODE_ATS, IOMMU_FUNC3_ATS_PRGR, LAYOUT_CMD_ATS_PRGR, "ATS.PRGR"},
};

static const struct command *find_command(const uint64_t *words)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (IOMMU_GET(words[0], IOMMU_CMD_OPCODE) == commands[i].opcode &&
            IOMMU_GET(words[0], IOMMU_CMD_FUNC3) == commands[i].func3)
            return &commands[i];
    }
    return NULL;
}

enum layout_id layout_of_command(const uint64_t *words)
{
    const struct command *command = find_command(words);

    return command != NULL ? command->layout : LAYOUT_CMD;
}

const char *layout_command_name(const uint64_t *words)
{
    const struct command *command = find_command(words);

    return command != NULL ? command->name : NULL;
}

/* ---- names of encodings */

const char *first_stage_name(uint64_t mode, bool sxl)
{
    if (mode == IOMMU_IOSATP_MODE_BARE)
        return "Bare";
    if (sxl)
        return mode == IOMMU_IOSATP_MODE_SXL1_SV32 ? "Sv32" : "reserved";
    return mode == IOMMU_IOSATP_MODE_SV39   ? "Sv39"
           : mode == IOMMU_IOSATP_MODE_SV48 ? "Sv48"
           : mode == IOMMU_IOSATP_MODE_SV57 ? "Sv57"
           : mode >= 14                     ? "custom"
                                            : "reserved";
}

const char *second_stage_name(uint64_t mode, bool gxl)
{
    if (mode == IOMMU_IOHGATP_MODE_BARE)
        return "Bare";
    if (gxl)
        return mode == IOMMU_IOHGATP_MODE_GXL1_SV32X4 ? "Sv32x4" : "reserved";
    return mode == IOMMU_IOHGATP_MODE_SV39X4   ? "Sv39x4"
           : mode == IOMMU_IOHGATP_MODE_SV48X4 ? "Sv48x4"
           : mode == IOMMU_IOHGATP_MODE_SV57X4 ? "Sv57x4"
                                               : "reserved";
}

static const char *pdtp_mode_name(uint64_t mode)
{
    return mode == IOMMU_PDTP_MODE_BARE   ? "Bare"
           : mode == IOMMU_PDTP_MODE_PD8  ? "PD8"
           : mode == IOMMU_PDTP_MODE_PD17 ? "PD17"
           : mode == IOMMU_PDTP_MODE_PD20 ? "PD20"
           : mode >= 14                   ? "custom"
                                          : "reserved";
}

static const char *ddtp_mode_name(uint64_t mode)
{
    static const char *const names[] = {
        [IOMMU_DDTP_MODE_OFF] = "Off",   [IOMMU_DDTP_MODE_BARE] = "Bare",
        [IOMMU_DDTP_MODE_1LVL] = "1LVL", [IOMMU_DDTP_MODE_2LVL] = "2LVL",
        [IOMMU_DDTP_MODE_3LVL] = "3LVL",
    };

    return mode <= IOMMU_DDTP_MODE_3LVL ? names[mode] : mode >= 14 ? "custom" : "reserved";
}

static const char *ttyp_name(uint64_t type)
{
    static const char *const names[] = {
        [IOMMU_TTYP_NONE] = "none",
        [IOMMU_TTYP_UNTRANSLATED_EXEC] = "untranslated read for execute",
        [IOMMU_TTYP_UNTRANSLATED_READ] = "untranslated read",
        [IOMMU_TTYP_UNTRANSLATED_WRITE] = "untranslated write",
        [4] = "reserved",
        [IOMMU_TTYP_TRANSLATED_EXEC] = "translated read for execute",
        [IOMMU_TTYP_TRANSLATED_READ] = "translated read",
        [IOMMU_TTYP_TRANSLATED_WRITE] = "translated write",
        [IOMMU_TTYP_ATS_REQ] = "ATS translation request",
        [IOMMU_TTYP_MESSAGE_REQ] = "PCIe message",
    };

    return type <= IOMMU_TTYP_MESSAGE_REQ ? names[type] : type >= 32 ? "custom" : "reserved";
}

static const char *opcode_name(uint64_t opcode)
{
    static const char *const names[] = {
        "reserved",
        [IOMMU_OPCODE_IOTINVAL] = "IOTINVAL",
        [IOMMU_OPCODE_IOFENCE] = "IOFENCE",
        [IOMMU_OPCODE_IODIR] = "IODIR",
        [IOMMU_OPCODE_ATS] = "ATS",
    };

    return opcode <= IOMMU_OPCODE_ATS ? names[opcode] : opcode >= 64 ? "custom" : "reserved";
}

const char *field_value_name(const struct field *field, uint64_t value,
                             const struct layout_context *context)
{
    static const char *const pbmt[] = {"PMA", "NC", "IO", "reserved"};
    static const char *const igs[] = {"MSI", "WSI", "MSI and WSI", "reserved"};

    switch ((enum field_names)field->names) {
    case NAMES_NONE:
        return NULL;
    case NAMES_DDTP_MODE:
        return ddtp_mode_name(value);
    case NAMES_IOHGATP_MODE:
        return second_stage_name(value, context->gxl);
    case NAMES_FSC_MODE:
        return context->pdtv ? pdtp_mode_name(value) : first_stage_name(value, context->sxl);
    case NAMES_MSIPTP_MODE:
        return value == IOMMU_MSIPTP_MODE_OFF    ? "Off"
               : value == IOMMU_MSIPTP_MODE_FLAT ? "Flat"
               : value >= 14                     ? "custom"
                                                 : "reserved";
    case NAMES_MSIPTE_M:
        return value == IOMMU_MSIPTE_M_BASIC  ? "basic translate"
               : value == IOMMU_MSIPTE_M_MRIF ? "MRIF"
                                              : "reserved";
    case NAMES_PBMT:
        return pbmt[value & 3];
    case NAMES_IGS:
        return igs[value & 3];
    case NAMES_OPCODE:
        return opcode_name(value);
    case NAMES_CAUSE:
        return iommu_cause_text((uint16_t)value);
    case NAMES_TTYP:
        return ttyp_name(value);
    case NAMES_PRGR_CODE:
        return value == IOMMU_PRGR_CODE_SUCCESS            ? "Success"
               : value == IOMMU_PRGR_CODE_INVALID_REQUEST  ? "Invalid Request"
               : value == IOMMU_PRGR_CODE_RESPONSE_FAILURE ? "Response Failure"
                                                           : "reserved";
    }
    return NULL;
}

/* ---- fields */

uint64_t field_value(const struct field *field, const uint64_t *words)
{
    return (words[field->word] & field->mask) >> field->shift;
}

uint64_t field_address(const struct field *field, uint64_t value)
{
    return value << field->scale;
}

bool field_is_missing(const struct field *field, const struct layout_context *context)
{
    return (field->needs & ~context->capabilities) != 0;
}

/* MGPAW of "MSI address mask and pattern": how wide guest physical addresses are. */
static unsigned guest_address_width(uint64_t capabilities)
{
    if (capabilities & IOMMU_CAPABILITIES_SV57X4_MASK)
        return 59;
    if (capabilities & IOMMU_CAPABILITIES_SV48X4_MASK)
        return 50;
    if (capabilities & IOMMU_CAPABILITIES_SV39X4_MASK)
        return 41;
    if (capabilities & IOMMU_CAPABILITIES_SV32X4_MASK)
        return 34;
    return (unsigned)IOMMU_GET(capabilities, IOMMU_CAPABILITIES_PAS);
}

/* Bits that are reserved in a PTE that points at the next table. */
static uint64_t pointer_reserved(enum layout_id id, uint64_t value)
{
    uint64_t leaf = IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK;
    uint64_t reserved = IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK;

    if ((value & IOMMU_PTE_V_MASK) == 0 || (value & leaf) != 0)
        return 0;
    return id == LAYOUT_PTE32 ? reserved : reserved | IOMMU_PTE_PBMT_MASK | IOMMU_PTE_N_MASK;
}

uint64_t layout_reserved_bits(enum layout_id id, const uint64_t *words, unsigned word,
                              const struct layout_context *context)
{
    const struct layout *layout = layout_get(id);
    uint64_t reserved = layout->reserved[word];

    for (uint8_t i = 0; i < layout->fields; i++) {
        const struct field *field = &layout->field[i];
        if (field->word == word && field_is_missing(field, context))
            reserved |= field->mask;
    }
    if (id == LAYOUT_DC && (word == IOMMU_DC_MSI_ADDR_MASK_VALUE_DWORD ||
                            word == IOMMU_DC_MSI_ADDR_PATTERN_VALUE_DWORD)) {
        unsigned width = guest_address_width(context->capabilities);
        reserved |= width > PAGE_LOG2 ? ~((UINT64_C(1) << (width - PAGE_LOG2)) - 1) : UINT64_MAX;
    }
    if (id == LAYOUT_PTE || id == LAYOUT_PTE32)
        reserved |= pointer_reserved(id, words[word]);
    return reserved & words[word];
}

const char *capability_names(uint64_t bits, char *text, size_t size)
{
    const struct layout *layout = layout_get(LAYOUT_CAPABILITIES);
    size_t used = 0;

    text[0] = '\0';
    for (uint8_t i = 0; i < layout->fields && used < size; i++) {
        if (layout->field[i].kind == FIELD_FLAG && (layout->field[i].mask & bits) != 0) {
            int added = snprintf(text + used, size - used, "%s%s", used != 0 ? ", " : "",
                                 layout->field[i].name);
            used += (size_t)added;
        }
    }
    return text;
}
