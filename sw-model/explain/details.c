/* SPDX-License-Identifier: Apache-2.0 */
/* The particulars of a fault: which bits, which pointer, which limit. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#define PAGE_OFFSET_BITS UINT64_C(0xfff)
#define ADDRESS_BITS UINT64_C(0x00ffffffffffffff)

/* "3, 12-15" for a set of bits. */
static const char *bit_list(uint64_t bits, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned bit = 0; bit < 64 && used < size; bit++) {
        if (!(bits >> bit & 1))
            continue;
        unsigned last = bit;
        while (last < 63 && (bits >> (last + 1) & 1))
            last++;
        const char *comma = used != 0 ? ", " : "";
        int added = last == bit ? snprintf(text + used, size - used, "%s%u", comma, bit)
                                : snprintf(text + used, size - used, "%s%u-%u", comma, bit, last);
        used += (size_t)added;
        bit = last;
    }
    return text;
}

/* ---- reserved bits */

static void detail_reserved(const struct walk_step *step, struct verdict *verdict)
{
    const struct layout *layout = layout_get(step->layout);
    char bits[100];
    char names[60];

    for (unsigned word = 0; word < step->iommu.words; word++) {
        uint64_t set = layout_reserved_bits(step->layout, step->iommu.value, word, &step->context);
        const char *name = layout->word_name[word] != NULL ? layout->word_name[word]
                           : layout->words > 1 ? (word == 0 ? "doubleword 0" : "doubleword 1")
                                               : "the entry";
        for (uint8_t i = 0; i < layout->fields && set != 0; i++) {
            const struct field *field = &layout->field[i];
            if (field->word != word || !field_is_missing(field, &step->context) ||
                (set & field->mask) == 0)
                continue;
            verdict_add(verdict, "%s: %s is set, and capabilities has no %s", name, field->name,
                        capability_names(field->needs, names, sizeof(names)));
            set &= ~field->mask;
        }
        if (set != 0)
            verdict_add(verdict, "%s: reserved bits are set: %s (0x%" PRIx64 ")", name,
                        bit_list(set, bits, sizeof(bits)), set);
    }
    bool leaf = (step->iommu.value[0] & (IOMMU_PTE_R_MASK | IOMMU_PTE_X_MASK)) != 0;
    if (step->layout == LAYOUT_PTE && leaf &&
        IOMMU_GET(step->iommu.value[0], IOMMU_PTE_PBMT) > IOMMU_PBMT_IO)
        verdict_add(verdict, "PBMT = 3 is a reserved memory type");
}

/* ---- byte order */

static bool looks_valid(const struct walk_step *step, const uint64_t *words)
{
    if ((words[0] & 1) == 0)
        return false;
    for (unsigned word = 0; word < step->iommu.words; word++) {
        if (layout_reserved_bits(step->layout, words, word, &step->context) != 0)
            return false;
    }
    return true;
}

static void detail_byte_order(const struct walk_step *step, struct verdict *verdict)
{
    uint64_t swapped[LAYOUT_WORDS] = {0};
    bool guest = step->part == PART_PDT || step->part == PART_FIRST_STAGE;

    for (unsigned word = 0; word < step->iommu.words; word++) {
        swapped[word] = swap_bytes(step->iommu.value[word]);
        if (step->layout == LAYOUT_PTE32)
            swapped[word] >>= 32;
    }
    if (!looks_valid(step, step->iommu.value) && looks_valid(step, swapped))
        verdict_add(verdict,
                    "in the other byte order (0x%" PRIx64 ") the entry would be valid: "
                    "compare %s with how the driver stores",
                    swapped[0], guest ? "DC.tc.SBE" : "fctl.BE");
}

/* ---- pointers that lead nowhere */

/* A pointer: its word, and the formats that its author may have confused. */
struct pointer {
    uint64_t word;
    uint64_t target;
    bool pte_format; /* PPN in bits 53:10; otherwise in bits 43:0 */
    char name[100];
};

static bool step_pointer(const struct walk *walk, const struct walk_step *step,
                         struct pointer *pointer)
{
    const struct walk_step *parent = walk_parent(walk, step);
    bool nested = walk->dc_known && IOMMU_GET(walk->dc[1], IOMMU_DC_IOHGATP_MODE) != 0;
    bool guest = step->part == PART_PDT || step->part == PART_FIRST_STAGE;
    size_t index = (size_t)(step - walk->step);

    if (nested && guest) /* the address is what the second stage made of the pointer */
        parent = index > 0 && walk->step[index - 1].part == PART_SECOND_STAGE
                     ? &walk->step[index - 1]
                     : NULL;
    if (parent == NULL)
        return false;
    bool context = parent->iommu.kind == IOMMU_STEP_DC || parent->iommu.kind == IOMMU_STEP_PC;
    unsigned word = 0;
    if (parent->iommu.kind == IOMMU_STEP_PC)
        word = IOMMU_PC_FSC_PPN_DWORD;
    else if (context)
        word = step->part == PART_SECOND_STAGE ? IOMMU_DC_IOHGATP_PPN_DWORD
               : step->part == PART_MSI        ? IOMMU_DC_MSIPTP_PPN_DWORD
                                               : IOMMU_DC_FSC_PPN_DWORD;
    pointer->word = parent->iommu.value[word];
    pointer->pte_format = !context;
    pointer->target = context ? IOMMU_GET(pointer->word, IOMMU_DC_FSC_PPN) << 12
                              : IOMMU_GET(pointer->word, IOMMU_PTE_PPN) << 12;
    if (parent->layout == LAYOUT_PTE32)
        pointer->target = IOMMU_GET((uint32_t)pointer->word, IOMMU_PTE32_PPN) << 12;
    char entry[80];
    verdict_entry_name(walk, parent, entry, sizeof(entry));
    if (context)
        snprintf(pointer->name, sizeof(pointer->name), "%s of the %s",
                 layout_get(parent->layout)->word_name[word], entry);
    else
        snprintf(pointer->name, sizeof(pointer->name), "the %s", entry);
    return true;
}

/* Would the pointer lead into an image if it had been written in another way? */
static void guess_pointer(const struct machine *machine, const struct pointer *pointer,
                          struct verdict *verdict)
{
    const struct {
        uint64_t address;
        const char *text;
    } guess[] = {
        {pointer->word & ADDRESS_BITS & ~PAGE_OFFSET_BITS,
         "the address itself seems to be stored there"},
        {pointer->pte_format ? (pointer->word & IOMMU_PTE_PPN_MASK) >> 10 : pointer->word << 2,
         pointer->pte_format ? "the address itself seems to be in the PPN field"
                             : "the address seems to be shifted by 2, as in a PTE"},
        {pointer->pte_format ? pointer->word << 12 : 0,
         "the PPN seems to start at bit 0, not at bit 10"},
    };
    uint64_t missing;

    for (size_t i = 0; i < sizeof(guess) / sizeof(guess[0]); i++) {
        uint64_t address = guess[i].address & ADDRESS_BITS & ~PAGE_OFFSET_BITS;
        if (address != 0 && address != pointer->target &&
            memory_has(&machine->memory, address, 8, &missing)) {
            verdict_add(verdict, "%s (0x%" PRIx64 " is in an image): %s", guess[i].text, address,
                        pointer->pte_format ? "bits 53:10 take address >> 12"
                                            : "bits 43:0 take address >> 12");
            return;
        }
    }
}

static void detail_missing(const struct machine *machine, const struct walk *walk,
                           const struct walk_step *step, struct verdict *verdict)
{
    struct pointer pointer = {0};

    verdict_add(verdict, "address 0x%" PRIx64 " is in no image", step->missing);
    if (step_pointer(walk, step, &pointer)) {
        verdict_add(verdict, "the pointer to it: 0x%" PRIx64 " in %s, which gives 0x%" PRIx64,
                    pointer.word, pointer.name, pointer.target);
        guess_pointer(machine, &pointer, verdict);
    } else if (step->part == PART_DDT) {
        pointer = (struct pointer){machine->ddtp, IOMMU_GET(machine->ddtp, IOMMU_DDTP_PPN) << 12,
                                   true, "ddtp"};
        verdict_add(verdict, "the pointer to it: ddtp = 0x%" PRIx64 ", which gives 0x%" PRIx64,
                    pointer.word, pointer.target);
        pointer.word &= ~(uint64_t)(IOMMU_DDTP_IOMMU_MODE_MASK | IOMMU_DDTP_BUSY_MASK);
        guess_pointer(machine, &pointer, verdict);
    }
}

/* ---- limits */

static void detail_mode(const struct machine *machine, const struct walk_step *step,
                        struct verdict *verdict)
{
    const struct layout *layout = layout_get(step->layout);
    uint64_t schemes = IOMMU_CAPABILITIES_SV32_MASK | IOMMU_CAPABILITIES_SV39_MASK |
                       IOMMU_CAPABILITIES_SV48_MASK | IOMMU_CAPABILITIES_SV57_MASK;
    unsigned word = step->layout == LAYOUT_PC ? IOMMU_PC_FSC_MODE_DWORD : IOMMU_DC_FSC_MODE_DWORD;
    char names[80];

    if (verdict->rule == IOMMU_RULE_DC_PDTP_MODE) {
        schemes = IOMMU_CAPABILITIES_PD8_MASK | IOMMU_CAPABILITIES_PD17_MASK |
                  IOMMU_CAPABILITIES_PD20_MASK;
    } else if (verdict->rule == IOMMU_RULE_DC_IOHGATP_MODE) {
        schemes = IOMMU_CAPABILITIES_SV32X4_MASK | IOMMU_CAPABILITIES_SV39X4_MASK |
                  IOMMU_CAPABILITIES_SV48X4_MASK | IOMMU_CAPABILITIES_SV57X4_MASK;
        word = IOMMU_DC_IOHGATP_MODE_DWORD;
    } else if (verdict->rule == IOMMU_RULE_DC_MSIPTP_MODE) {
        return;
    }
    for (uint8_t i = 0; i < layout->fields; i++) {
        const struct field *field = &layout->field[i];
        if (field->word != word || field->kind != FIELD_NAMED)
            continue;
        uint64_t value = field_value(field, step->iommu.value);
        capability_names(schemes & machine->config.capabilities, names, sizeof(names));
        verdict_add(verdict, "%s.MODE is %" PRIu64 " (%s); capabilities has %s",
                    layout->word_name[word], value, field_value_name(field, value, &step->context),
                    names[0] != '\0' ? names : "none of these modes");
    }
}

static void detail_wide_id(const struct machine *machine, const struct walk *walk,
                           struct verdict *verdict)
{
    if (verdict->rule == IOMMU_RULE_DEVICE_ID_WIDE) {
        unsigned levels =
            (unsigned)IOMMU_GET(machine->ddtp, IOMMU_DDTP_IOMMU_MODE) - IOMMU_DDTP_MODE_1LVL + 1;
        bool extended = (machine->config.capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK) != 0;
        unsigned bits = (extended ? 6 : 7) + 9 * (levels - 1);
        verdict_add(verdict,
                    "device_id is 0x%" PRIx32 "; a directory of %u level%s covers up to "
                    "0x%x (%s-format contexts)",
                    walk->request.iommu.device_id, levels, levels == 1 ? "" : "s", (1u << bits) - 1,
                    extended ? "extended" : "base");
    } else {
        uint64_t mode = IOMMU_GET(walk->dc[3], IOMMU_DC_FSC_MODE);
        verdict_add(verdict, "process_id is 0x%" PRIx32 "; pdtp.MODE covers up to 0x%x",
                    walk->request.iommu.process_id, mode == IOMMU_PDTP_MODE_PD8 ? 0xffu : 0x1ffffu);
    }
}

static void detail_wide_address(const struct walk *walk, const struct walk_step *step,
                                struct verdict *verdict)
{
    const char *scheme = walk_scheme(walk, step);
    static const struct {
        const char *name;
        unsigned bits;
    } widths[] = {{"Sv32", 32},   {"Sv39", 39},   {"Sv48", 48},   {"Sv57", 57},
                  {"Sv32x4", 34}, {"Sv39x4", 41}, {"Sv48x4", 50}, {"Sv57x4", 59}};

    if (verdict->rule == IOMMU_RULE_SXL_GPA_WIDE) { /* whatever the scheme translates */
        verdict_add(verdict, "the address is 0x%" PRIx64, step->iommu.input);
        return;
    }
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        if (strcmp(scheme, widths[i].name) == 0)
            verdict_add(verdict, "the address is 0x%" PRIx64 "; %s translates %u bits%s",
                        step->iommu.input, scheme, widths[i].bits,
                        verdict->rule == IOMMU_RULE_IOVA_NOT_CANONICAL
                            ? ", and those above must repeat the highest one"
                            : "");
    }
}

static void detail_misaligned(const struct walk_step *step, struct verdict *verdict)
{
    bool small = step->layout == LAYOUT_PTE32;
    uint64_t pte = step->iommu.value[0];
    uint64_t ppn =
        small ? IOMMU_GET((uint32_t)pte, IOMMU_PTE32_PPN) : IOMMU_GET(pte, IOMMU_PTE_PPN);

    verdict_add(verdict, "PPN is 0x%" PRIx64 "; at level %u its lowest %u bits must be 0", ppn,
                step->iommu.level, step->iommu.level * (small ? 10u : 9u));
}

/* ---- permissions */

/* Second stage, for an entry of another table: is the access the update of A and D? */
static bool is_implicit_write(const struct walk *walk)
{
    return (walk->response.iotval2 & IOMMU_IOTVAL2_WRITE_MASK) != 0;
}

static void detail_permission(const struct walk *walk, const struct walk_step *step,
                              struct verdict *verdict)
{
    const struct iommu_request *request = &walk->request.iommu;
    uint64_t pte = step->iommu.value[0];
    const char *needs = request->access == IOMMU_EXECUTE ? "the request needs X"
                        : request->access == IOMMU_WRITE ? "the request needs W"
                                                         : "the request needs R";

    if (step->iommu.implicit)
        needs = is_implicit_write(walk) ? "W is needed, to set A and D in a first-stage PTE there"
                                        : "R is needed, to read an entry of a table there";
    verdict_add(verdict, "the PTE has R=%d W=%d X=%d; %s", (pte & IOMMU_PTE_R_MASK) != 0,
                (pte & IOMMU_PTE_W_MASK) != 0, (pte & IOMMU_PTE_X_MASK) != 0, needs);
}

static void detail_accessed(const struct machine *machine, const struct walk *walk,
                            const struct walk_step *step, struct verdict *verdict)
{
    uint64_t pte = step->iommu.value[0];
    bool write =
        step->iommu.implicit ? is_implicit_write(walk) : walk->request.iommu.access == IOMMU_WRITE;

    verdict_add(verdict, "the PTE has A=%d D=%d, the access is a %s, and DC.tc.%s is 0",
                (pte & IOMMU_PTE_A_MASK) != 0, (pte & IOMMU_PTE_D_MASK) != 0,
                write ? "write" : "read", step->part == PART_SECOND_STAGE ? "GADE" : "SADE");
    if (!(machine->config.capabilities & IOMMU_CAPABILITIES_AMO_HWAD_MASK))
        verdict_add(verdict, "capabilities.AMO_HWAD is 0: hardware never sets them");
}

static void detail_controls(const struct machine *machine, const struct walk *walk,
                            struct verdict *verdict)
{
    uint64_t tc = walk->dc[0];

    if (verdict->rule == IOMMU_RULE_DC_SXL)
        verdict_add(verdict, "DC.tc.SXL is %d, fctl.GXL is %d (%s)",
                    (tc & IOMMU_DC_TC_SXL_MASK) != 0, (machine->fctl & IOMMU_FCTL_GXL_MASK) != 0,
                    machine->config.fctl_writable & IOMMU_FCTL_GXL_MASK ? "writable" : "fixed");
    else
        verdict_add(verdict, "DC.tc.SBE is %d, fctl.BE is %d (%s)",
                    (tc & IOMMU_DC_TC_SBE_MASK) != 0, (machine->fctl & IOMMU_FCTL_BE_MASK) != 0,
                    machine->config.fctl_writable & IOMMU_FCTL_BE_MASK ? "writable" : "fixed");
}

static void detail_zero(const struct walk_step *step, struct verdict *verdict)
{
    for (unsigned word = 0; word < step->iommu.words; word++) {
        if (step->iommu.value[word] != 0)
            return;
    }
    verdict_add(verdict, "the whole entry is zero: it was never written, or was cleared");
}

void verdict_details(const struct machine *machine, const struct walk *walk,
                     const struct walk_step *step, struct verdict *verdict)
{
    bool entry = walk_step_reads(step) && step->iommu.memory == IOMMU_MEM_OK;

    if (step->in_no_image)
        detail_missing(machine, walk, step, verdict);
    switch (verdict->rule) {
    case IOMMU_RULE_DEVICE_ID_WIDE:
    case IOMMU_RULE_PROCESS_ID_WIDE:
        detail_wide_id(machine, walk, verdict);
        return;
    case IOMMU_RULE_IOVA_NOT_CANONICAL:
    case IOMMU_RULE_SXL_IOVA_WIDE:
    case IOMMU_RULE_GPA_WIDE:
    case IOMMU_RULE_SXL_GPA_WIDE:
        detail_wide_address(walk, step, verdict);
        return;
    case IOMMU_RULE_DC_SXL:
    case IOMMU_RULE_DC_SBE:
    case IOMMU_RULE_DC_SBE_END:
        detail_controls(machine, walk, verdict);
        return;
    default:
        break;
    }
    if (!entry)
        return;
    switch (verdict->rule) {
    case IOMMU_RULE_DDTE_NOT_VALID:
    case IOMMU_RULE_DC_NOT_VALID:
    case IOMMU_RULE_PDTE_NOT_VALID:
    case IOMMU_RULE_PC_NOT_VALID:
    case IOMMU_RULE_PTE_NOT_VALID:
    case IOMMU_RULE_MSI_PTE_NOT_VALID:
        detail_zero(step, verdict);
        detail_byte_order(step, verdict);
        break;
    case IOMMU_RULE_DC_PDTP_MODE:
    case IOMMU_RULE_DC_IOSATP_MODE:
    case IOMMU_RULE_DC_IOHGATP_MODE:
    case IOMMU_RULE_DC_MSIPTP_MODE:
    case IOMMU_RULE_PC_MODE:
        detail_mode(machine, step, verdict);
        break;
    case IOMMU_RULE_PTE_PERMISSION:
        detail_permission(walk, step, verdict);
        break;
    case IOMMU_RULE_PTE_MISALIGNED:
        detail_misaligned(step, verdict);
        break;
    case IOMMU_RULE_ATS_PERMISSION:
        verdict_add(verdict, "the PTE has R=%d W=%d X=%d D=%d",
                    (step->iommu.value[0] & IOMMU_PTE_R_MASK) != 0,
                    (step->iommu.value[0] & IOMMU_PTE_W_MASK) != 0,
                    (step->iommu.value[0] & IOMMU_PTE_X_MASK) != 0,
                    (step->iommu.value[0] & IOMMU_PTE_D_MASK) != 0);
        break;
    case IOMMU_RULE_PTE_ACCESSED:
        detail_accessed(machine, walk, step, verdict);
        break;
    default:
        detail_reserved(step, verdict);
        detail_byte_order(step, verdict);
        break;
    }
}
