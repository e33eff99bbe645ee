/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of text output that everything else is made of. */
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define LINE_WIDTH 92u

const char *text_paint(const struct text *text, enum paint paint)
{
    static const char *const codes[] = {
        [PAINT_NONE] = "\033[0m",   [PAINT_HEADING] = "\033[1m", [PAINT_GOOD] = "\033[32m",
        [PAINT_BAD] = "\033[1;31m", [PAINT_WARN] = "\033[33m",   [PAINT_DIM] = "\033[2m",
    };

    return text->colour ? codes[paint] : "";
}

bool text_close(FILE *file)
{
    bool whole = ferror(file) == 0;

    return fclose(file) == 0 && whole;
}

/* The permission bits and their kin, as VRWXUGAD with dashes. */
static void print_letters(const struct text *text, const struct layout *layout, uint64_t value)
{
    char letters[9];
    unsigned count = 0;

    for (uint8_t i = 0; i < layout->fields && count < 8; i++) {
        const struct field *field = &layout->field[i];
        if (field->kind == FIELD_FLAG && i < 8)
            letters[count++] = value & field->mask ? field->name[0] : '-';
    }
    letters[count] = '\0';
    fprintf(text->file, " %s", letters);
}

static void print_named(const struct text *text, const struct field *field, uint64_t value,
                        const struct layout_context *context)
{
    const char *name = field_value_name(field, value, context);
    bool reserved = name == NULL || strcmp(name, "reserved") == 0;
    bool with_number = reserved || field->names == NAMES_CAUSE || field->names == NAMES_TTYP;

    if (field->names == NAMES_PBMT && value == 0)
        return;
    fprintf(text->file, " %s=%s", field->name, reserved ? text_paint(text, PAINT_BAD) : "");
    if (with_number)
        fprintf(text->file, "%" PRIu64 " (%s)", value, name != NULL ? name : "?");
    else
        fputs(name, text->file);
    if (reserved)
        fputs(text_paint(text, PAINT_NONE), text->file);
}

/* Fields that are 0 are left out, except where 0 is a name. */
static void print_field(const struct text *text, const struct field *field, uint64_t value,
                        const struct layout_context *context)
{
    if (field->kind == FIELD_NAMED) {
        print_named(text, field, value, context);
        return;
    }
    if (value == 0 && field->kind != FIELD_DEVICE)
        return;
    fprintf(text->file, " %s", field->name);
    switch ((enum field_kind)field->kind) {
    case FIELD_FLAG:
    case FIELD_NAMED:
        break;
    case FIELD_NUMBER:
        fprintf(text->file, "=0x%" PRIx64, value);
        break;
    case FIELD_COUNT:
        fprintf(text->file, "=%" PRIu64, value);
        break;
    case FIELD_DEVICE:
        fprintf(text->file, "=%s", device_name((uint32_t)value).text);
        break;
    case FIELD_ADDRESS:
        fprintf(text->file, "=0x%" PRIx64, field_address(field, value));
        break;
    case FIELD_POINTER:
        fprintf(text->file, " -> 0x%" PRIx64, field_address(field, value));
        break;
    }
}

void text_fields(const struct text *text, enum layout_id id, const uint64_t *words, unsigned word,
                 const struct layout_context *context)
{
    const struct layout *layout = layout_get(id);
    bool letters = id == LAYOUT_PTE || id == LAYOUT_PTE32;
    uint64_t reserved = layout_reserved_bits(id, words, word, context);

    if (letters)
        print_letters(text, layout, words[0]);
    for (uint8_t i = 0; i < layout->fields; i++) {
        const struct field *field = &layout->field[i];
        if (field->word == word && !(letters && i < 8))
            print_field(text, field, field_value(field, words), context);
    }
    if (reserved != 0)
        fprintf(text->file, " %sRESERVED=0x%" PRIx64 "%s", text_paint(text, PAINT_BAD), reserved,
                text_paint(text, PAINT_NONE));
}

void text_guest_fault(const struct text *text, const uint64_t *record)
{
    uint64_t iotval2 = record[IOMMU_FQ_IOTVAL2_DWORD];

    if (iotval2 & IOMMU_IOTVAL2_IMPLICIT_MASK)
        fprintf(text->file, " (%s at guest address 0x%" PRIx64 ")",
                iotval2 & IOMMU_IOTVAL2_WRITE_MASK ? "A/D update of a table entry"
                                                   : "a table entry",
                (uint64_t)(iotval2 & IOMMU_IOTVAL2_GPA_MASK));
}

void text_wrap(const struct text *text, unsigned indent, const char *prose)
{
    unsigned column = indent;
    bool first = true;

    while (*prose != '\0') {
        size_t length = strcspn(prose, " ");
        if (!first && column + 1 + length > LINE_WIDTH) {
            fprintf(text->file, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', text->file);
            column++;
        }
        fwrite(prose, 1, length, text->file);
        column += (unsigned)length;
        first = false;
        prose += length;
        prose += strspn(prose, " ");
    }
    fputc('\n', text->file);
}

void text_request(const struct text *text, const struct request *request)
{
    const struct iommu_request *iommu = &request->iommu;
    static const char *const access[] = {"reads", "writes", "executes"};
    static const char *const type[] = {"untranslated", "translated"};

    fprintf(text->file, "device %s (0x%" PRIx32 ")", device_name(iommu->device_id).text,
            iommu->device_id);
    if (iommu->process_id_valid)
        fprintf(text->file, ", process 0x%" PRIx32 "%s", iommu->process_id,
                iommu->privileged ? " (supervisor)" : "");
    if (iommu->type == IOMMU_ATS_TRANSLATION)
        fprintf(text->file, " asks by ATS for r%s%s at 0x%" PRIx64 "%s",
                iommu->access == IOMMU_WRITE ? "w" : "", iommu->execute ? "x" : "", iommu->iova,
                iommu->cxl ? " (CXL)" : "");
    else
        fprintf(text->file, " %s 0x%" PRIx64 ", %s", access[iommu->access % 3], iommu->iova,
                type[iommu->type % 2]);
    if (iommu->length != 0)
        fprintf(text->file, ", %" PRIu32 " byte%s", iommu->length, iommu->length == 1 ? "" : "s");
}

void text_notes(const struct text *text, const struct notes *notes, unsigned from)
{
    for (unsigned i = from; i < notes->count; i++) {
        fprintf(text->file, "%snote:%s ", text_paint(text, PAINT_WARN),
                text_paint(text, PAINT_NONE));
        text_wrap(text, 6, notes->text[i]);
    }
}
