/* SPDX-License-Identifier: Apache-2.0 */
#include "registers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scan.h"
#include "source.h"

/* Registers, and arrays of registers, whose names then end in a number. */
struct register_entry {
    const char *name;
    uint16_t offset;
    uint8_t bytes;
    uint8_t first;  /* number of the first of an array */
    uint8_t count;  /* 0: not an array */
    uint8_t stride; /* bytes from one to the next */
};

#define SINGLE(name, NAME) {name, IOMMU_REG_##NAME, IOMMU_REG_##NAME##_BYTES, 0, 0, 0}
#define ARRAY(name, NAME, first)                                                                   \
    {name,  IOMMU_REG_##NAME(first),  IOMMU_REG_##NAME##_BYTES,                                    \
     first, IOMMU_REG_##NAME##_COUNT, IOMMU_REG_##NAME(1) - IOMMU_REG_##NAME(0)}

static const struct register_entry entries[] = {
    SINGLE("capabilities", CAPABILITIES),
    SINGLE("fctl", FCTL),
    SINGLE("custom0", CUSTOM0),
    SINGLE("ddtp", DDTP),
    SINGLE("cqb", CQB),
    SINGLE("cqh", CQH),
    SINGLE("cqt", CQT),
    SINGLE("fqb", FQB),
    SINGLE("fqh", FQH),
    SINGLE("fqt", FQT),
    SINGLE("pqb", PQB),
    SINGLE("pqh", PQH),
    SINGLE("pqt", PQT),
    SINGLE("cqcsr", CQCSR),
    SINGLE("fqcsr", FQCSR),
    SINGLE("pqcsr", PQCSR),
    SINGLE("ipsr", IPSR),
    SINGLE("iocountovf", IOCOUNTOVF),
    SINGLE("iocountinh", IOCOUNTINH),
    SINGLE("iohpmcycles", IOHPMCYCLES),
    ARRAY("iohpmctr", IOHPMCTR, 1),
    ARRAY("iohpmevt", IOHPMEVT, 1),
    SINGLE("tr_req_iova", TR_REQ_IOVA),
    SINGLE("tr_req_ctl", TR_REQ_CTL),
    SINGLE("tr_response", TR_RESPONSE),
    SINGLE("iommu_qosid", IOMMU_QOSID),
    ARRAY("custom1_", CUSTOM1, 0),
    SINGLE("icvec", ICVEC),
    ARRAY("msi_addr_", MSI_ADDR, 0),
    ARRAY("msi_data_", MSI_DATA, 0),
    ARRAY("msi_vec_ctl_", MSI_VEC_CTL, 0),
};

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

bool registers_name(unsigned index, struct register_name *name)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct register_entry *entry = &entries[i];
        unsigned count = entry->count == 0 ? 1 : entry->count;
        if (index < count) {
            name->offset = entry->offset + index * entry->stride;
            name->bytes = entry->bytes;
            if (entry->count == 0)
                snprintf(name->name, sizeof(name->name), "%s", entry->name);
            else
                snprintf(name->name, sizeof(name->name), "%s%u", entry->name, entry->first + index);
            return true;
        }
        index -= count;
    }
    return false;
}

static bool find_register(struct span text, struct register_name *name)
{
    for (unsigned i = 0; registers_name(i, name); i++) {
        if (span_equals(text, name->name))
            return true;
    }
    return false;
}

static bool name_at(uint32_t offset, struct register_name *name)
{
    for (unsigned i = 0; registers_name(i, name); i++) {
        if (name->offset == offset)
            return true;
    }
    return false;
}

/* Where an assignment stands, and whether it may not repeat an earlier line. */
struct place {
    char text[300]; /* "regs.txt:7" */
    uint32_t line;
    const uint32_t *lines_of_file; /* by offset / 4: lines that gave a value, or NULL */
};

static bool assign(struct registers *registers, struct span line, const struct place *place,
                   struct problem *problem)
{
    struct register_name name;
    uint64_t value;
    struct span left = span_trim(span_before(line, "=:"));
    struct quote left_quote = quote(left.text, left.length);

    if (span_before(line, "=:").length == line.length)
        return problem_set(problem, "%s: \"%s\" is not of the form name = value", place->text,
                           left_quote.text);
    if (!find_register(left, &name))
        return problem_set(problem, "%s: there is no register \"%s\"", place->text,
                           left_quote.text);
    size_t consumed = span_before(line, "=:").length + 1;
    struct span right = span_trim((struct span){line.text + consumed, line.length - consumed});
    const char *wrong =
        right.length == 0 ? "(nothing) is not a number" : scan_number(right, &value);
    if (wrong != NULL)
        return problem_set(problem, "%s: %s: %s%s%s", place->text, name.name,
                           quote(right.text, right.length).text, right.length ? " " : "", wrong);
    if (name.bytes == 4 && value > UINT32_MAX)
        return problem_set(problem, "%s: %s: 0x%" PRIx64 " does not fit 32 bits", place->text,
                           name.name, value);
    uint32_t before = place->lines_of_file != NULL ? place->lines_of_file[name.offset / 4] : 0;
    if (before != 0)
        return problem_set(problem, "%s: %s: was given on line %" PRIu32 " already", place->text,
                           name.name, before);
    registers->value[name.offset / 4] = value;
    registers->line[name.offset / 4] = place->line;
    return true;
}

/* A line `portcullis-iommu-registers N`. @return whether the line is one at all */
static bool is_header(struct span line, struct span *version)
{
    struct span rest = line;
    struct span word;

    if (!span_word(&rest, "", &word) || !span_equals(word, REGISTERS_FORMAT))
        return false;
    *version = span_trim(rest);
    return true;
}

static bool check_version(struct span version, const char *place, struct problem *problem)
{
    uint64_t number;
    struct quote text = quote(version.text, version.length);
    const char *wrong = scan_number(version, &number);

    if (wrong != NULL)
        return problem_set(problem, "%s: format version: \"%s\" %s", place, text.text, wrong);
    if (number != REGISTERS_FORMAT_VERSION)
        return problem_set(problem, "%s: format version %s is not known here, only %d", place,
                           text.text, REGISTERS_FORMAT_VERSION);
    return true;
}

bool registers_load(struct registers *registers, const char *file, struct problem *problem)
{
    struct source source;
    struct span line;
    struct registers own = {.file = file}; /* of this file alone, to find repetitions */
    bool good = source_open(&source, file, problem);

    if (!good)
        return false;
    good = source_hold(&source, problem);
    struct lines lines = lines_of((const char *)source.bytes, good ? source.size : 0);
    while (good && lines_next(&lines, &line)) {
        struct span version;
        struct place place = {.line = lines.number, .lines_of_file = own.line};
        snprintf(place.text, sizeof(place.text), "%.280s:%u", source.name, lines.number);
        line = span_trim(span_before(line, "#"));
        if (line.length == 0)
            continue;
        if (is_header(line, &version))
            good = check_version(version, place.text, problem);
        else
            good = assign(&own, line, &place, problem);
    }
    source_close(&source);
    if (!good)
        return false;
    registers->file = file;
    for (uint32_t i = 0; i < IOMMU_REG_PAGE_BYTES / 4; i++) {
        if (own.line[i] != 0) {
            registers->value[i] = own.value[i];
            registers->line[i] = own.line[i];
        }
    }
    return true;
}

bool registers_set(struct registers *registers, const char *assignment, struct problem *problem)
{
    struct place place = {.text = "--set", .line = REGISTERS_COMMAND_LINE};

    return assign(registers, span_trim(span_of(assignment)), &place, problem);
}

bool registers_get(const struct registers *registers, uint32_t offset, uint64_t *value)
{
    *value = registers->value[offset / 4];
    return registers->line[offset / 4] != 0;
}

uint64_t registers_value(const struct registers *registers, uint32_t offset)
{
    return registers->value[offset / 4];
}

const char *registers_place(const struct registers *registers, uint32_t offset, char *text,
                            size_t size)
{
    struct register_name name = {.name = "?"};
    uint32_t line = registers->line[offset / 4];

    name_at(offset, &name);
    if (line == REGISTERS_COMMAND_LINE)
        snprintf(text, size, "--set: %s", name.name);
    else if (line != 0 && registers->file != NULL)
        snprintf(text, size, "%s:%" PRIu32 ": %s", registers->file, line, name.name);
    else
        snprintf(text, size, "%s", name.name);
    return text;
}
