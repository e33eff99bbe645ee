/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of registers and of structures in memory, as one table. */
#ifndef EXPLAIN_LAYOUT_H
#define EXPLAIN_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Everything whose fields are known. */
enum layout_id {
    LAYOUT_DDTE = 0,
    LAYOUT_DC, /**< both formats: the base format is the first half */
    LAYOUT_PDTE,
    LAYOUT_PC,
    LAYOUT_PTE,
    LAYOUT_PTE32,
    LAYOUT_MSIPTE,
    LAYOUT_MSIPTE_MRIF,
    LAYOUT_CMD,
    LAYOUT_CMD_IOTINVAL,
    LAYOUT_CMD_IOFENCE,
    LAYOUT_CMD_IODIR,
    LAYOUT_CMD_ATS_INVAL,
    LAYOUT_CMD_ATS_PRGR,
    LAYOUT_FQ,
    LAYOUT_PQ,
    LAYOUT_CAPABILITIES,
    LAYOUT_FCTL,
    LAYOUT_DDTP,
    LAYOUT_QUEUE_BASE,
    LAYOUT_CQCSR,
    LAYOUT_FQCSR,
    LAYOUT_PQCSR,
    LAYOUT_IPSR,
    LAYOUT_TR_REQ_CTL,
    LAYOUT_TR_RESPONSE,
    LAYOUT_IOMMU_QOSID,
    LAYOUT_ICVEC,
    LAYOUTS, /**< number of the above; also: no fields known */
};

/** How a field is shown. */
enum field_kind {
    FIELD_FLAG,    /**< one bit: its name if it is 1 */
    FIELD_NUMBER,  /**< hexadecimal */
    FIELD_COUNT,   /**< decimal */
    FIELD_DEVICE,  /**< a device_id, or a routing ID */
    FIELD_ADDRESS, /**< value << scale is an address */
    FIELD_POINTER, /**< the same, and it points at the next structure */
    FIELD_NAMED,   /**< an encoding with names */
};

/** Which names the values of a FIELD_NAMED have. */
enum field_names {
    NAMES_NONE = 0,
    NAMES_DDTP_MODE,
    NAMES_IOHGATP_MODE, /**< depends on fctl.GXL */
    NAMES_FSC_MODE,     /**< depends on PDTV and SXL */
    NAMES_MSIPTP_MODE,
    NAMES_MSIPTE_M,
    NAMES_PBMT,
    NAMES_IGS,
    NAMES_OPCODE,
    NAMES_CAUSE,
    NAMES_TTYP,
    NAMES_PRGR_CODE,
};

struct field {
    const char *name; /**< as the specification spells it */
    uint64_t mask;
    uint8_t shift;
    uint8_t word; /**< which word of the structure */
    uint8_t kind; /**< enum field_kind */
    uint8_t scale;
    uint8_t names;  /**< enum field_names */
    uint64_t needs; /**< capabilities without which the field is reserved; 0: none */
};

#define LAYOUT_WORDS 8

struct layout {
    const char *name;
    const struct field *field;
    uint8_t fields;
    uint8_t words;
    const char *word_name[LAYOUT_WORDS]; /**< NULL: the words have no names of their own */
    uint64_t reserved[LAYOUT_WORDS];
};

/** What the meaning of fields depends on. */
struct layout_context {
    uint64_t capabilities;
    bool gxl;  /**< fctl.GXL */
    bool sxl;  /**< DC.tc.SXL */
    bool pdtv; /**< DC.tc.PDTV; process contexts: false */
};

const struct layout *layout_get(enum layout_id id);
/** The layout of the register at this offset, LAYOUTS if it is only a number. */
enum layout_id layout_of_register(uint32_t offset);
/** The layout of a command, LAYOUT_CMD if it has no known function. */
enum layout_id layout_of_command(const uint64_t *words);
/** The function of a command, such as "IOTINVAL.VMA"; NULL if it is not known. */
const char *layout_command_name(const uint64_t *words);

uint64_t field_value(const struct field *field, const uint64_t *words);
/** The value's name, or NULL if it has none; "reserved" where the table says so. */
const char *field_value_name(const struct field *field, uint64_t value,
                             const struct layout_context *context);
/** The address that a FIELD_ADDRESS or FIELD_POINTER stands for. */
uint64_t field_address(const struct field *field, uint64_t value);

/** Reserved bits that are set in a word, those reserved for lack of a capability
 *  included. */
uint64_t layout_reserved_bits(enum layout_id id, const uint64_t *words, unsigned word,
                              const struct layout_context *context);
/** Bits of a word's field that need a capability which is missing. */
bool field_is_missing(const struct field *field, const struct layout_context *context);
/** A comma-separated list of the capabilities among these bits. */
const char *capability_names(uint64_t bits, char *text, size_t size);

/** "Sv39" and so on, of the first and the second stage. */
const char *first_stage_name(uint64_t mode, bool sxl);
const char *second_stage_name(uint64_t mode, bool gxl);

#endif
