/* SPDX-License-Identifier: Apache-2.0 */
/* Registers, queues and the list of device contexts, for people. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

void text_images(const struct text *text, const struct machine *machine)
{
    for (size_t i = 0; i < machine->memory.images; i++) {
        const struct image *image = &machine->memory.image[i];
        uint64_t bytes = 0;
        for (size_t j = 0; j < image->ranges; j++)
            bytes += image->range[j].last - image->range[j].address + 1;
        fprintf(text->file,
                "%smemory%s %s: %s, %" PRIu64 " bytes in %zu piece%s, 0x%" PRIx64 " to 0x%" PRIx64
                "\n",
                text_paint(text, PAINT_HEADING), text_paint(text, PAINT_NONE), image->source.name,
                image->format, bytes, image->ranges, image->ranges == 1 ? "" : "s",
                image->range[0].address, image->range[image->ranges - 1].last);
    }
}

/* The registers that every walk depends on. */
static bool is_central(uint32_t offset)
{
    return offset == IOMMU_REG_CAPABILITIES || offset == IOMMU_REG_FCTL || offset == IOMMU_REG_DDTP;
}

/* Fields of a register, broken into lines: capabilities has many. */
static void print_wrapped_fields(const struct text *text, enum layout_id layout, uint64_t value,
                                 const struct layout_context *context)
{
    char *line = NULL;
    size_t size = 0;
    struct text inner = {open_memstream(&line, &size), text->colour, text->incomplete};

    if (inner.file == NULL) {
        *text->incomplete = true;
        return;
    }
    text_fields(&inner, layout, &value, 0, context);
    if (!text_close(inner.file) || line == NULL) {
        *text->incomplete = true;
    } else if (size > 0) {
        fputc(' ', text->file);
        text_wrap(text, 34, line + 1);
    } else {
        fputc('\n', text->file);
    }
    free(line);
}

void text_registers(const struct text *text, const struct machine *machine, bool all)
{
    struct register_name name;
    struct layout_context context = machine_context(machine);

    fprintf(text->file, "%sregisters%s\n", text_paint(text, PAINT_HEADING),
            text_paint(text, PAINT_NONE));
    for (unsigned i = 0; registers_name(i, &name); i++) {
        uint64_t value;
        if (!registers_get(&machine->registers, name.offset, &value) ||
            !(all || is_central(name.offset)))
            continue;
        enum layout_id layout = layout_of_register(name.offset);
        fprintf(text->file, "  %-14s %*s%0*" PRIx64, name.name, 16 - name.bytes * 2, "",
                name.bytes * 2, value);
        if (layout != LAYOUTS)
            print_wrapped_fields(text, layout, value, &context);
        else
            fputc('\n', text->file);
    }
}

/* ---- queues */

static void print_entry(const struct text *text, const struct machine *machine, enum queue_id id,
                        const uint64_t *words)
{
    struct layout_context context = machine_context(machine);
    enum layout_id layout = queue_layout(id, words);
    const char *command = id == QUEUE_COMMAND ? layout_command_name(words) : NULL;
    const char *remark = queue_entry_remark(machine, id, words);
    unsigned count = id == QUEUE_FAULT ? 4 : 2;

    for (unsigned i = 0; i < count; i++)
        fprintf(text->file, " %016" PRIx64, words[i]);
    fprintf(text->file, "\n%12s", "");
    if (command != NULL)
        fprintf(text->file, " %s", command);
    for (unsigned word = 0; word < count; word++)
        text_fields(text, layout, words, word, &context);
    if (id == QUEUE_FAULT)
        text_guest_fault(text, words);
    if (remark[0] != '\0')
        fprintf(text->file, "  %s%s%s", text_paint(text, PAINT_BAD), remark,
                text_paint(text, PAINT_NONE));
    fputc('\n', text->file);
}

static void print_entries(const struct text *text, struct machine *machine, enum queue_id id,
                          const struct queue_view *view, uint64_t limit)
{
    for (uint64_t i = 0; i < view->waiting && i < limit; i++) {
        uint64_t words[LAYOUT_WORDS];
        uint64_t address;
        bool read = queue_entry(machine, view, i, &address, words);
        fprintf(text->file, "    [%5" PRIu64 "] 0x%" PRIx64, (view->head + i) & (view->entries - 1),
                address);
        if (!read) {
            fprintf(text->file, " %sis in no image%s\n", text_paint(text, PAINT_BAD),
                    text_paint(text, PAINT_NONE));
            break;
        }
        print_entry(text, machine, id, words);
    }
    if (view->waiting > limit)
        fprintf(text->file, "    and %" PRIu64 " more (--limit)\n", view->waiting - limit);
}

static void print_queue(const struct text *text, struct machine *machine, enum queue_id id,
                        uint64_t limit)
{
    static const char *const waiting[] = {"not yet fetched", "unread", "unread"};
    struct layout_context context = machine_context(machine);
    struct queue_view view;
    struct queue_remarks remarks;

    queue_view(machine, id, &view);
    fprintf(text->file, "%s%s%s: ", text_paint(text, PAINT_HEADING), view.name,
            text_paint(text, PAINT_NONE));
    if (!view.given) {
        fprintf(text->file, "%sb is not given\n", view.prefix);
        return;
    }
    if (view.address == 0 && !(view.csr & IOMMU_CQCSR_CQON_MASK)) {
        fprintf(text->file, "not set up (%sb has PPN 0)\n", view.prefix);
        return;
    }
    fprintf(text->file,
            "%" PRIu64 " entries at 0x%" PRIx64 ", head %" PRIu64 ", tail %" PRIu64 ", %" PRIu64
            " %s\n",
            view.entries, view.address, view.head, view.tail, view.waiting, waiting[id]);
    if (view.csr_given) {
        fprintf(text->file, "  %scsr %08" PRIx64, view.prefix, view.csr);
        text_fields(text, view.csr_layout, &view.csr, 0, &context);
        fputc('\n', text->file);
    }
    queue_state_remarks(&view, &remarks);
    for (unsigned i = 0; i < remarks.count; i++) {
        fprintf(text->file, "  %s!!%s ", text_paint(text, PAINT_BAD), text_paint(text, PAINT_NONE));
        text_wrap(text, 5, remarks.text[i]);
    }
    print_entries(text, machine, id, &view, limit);
}

void text_queues(const struct text *text, struct machine *machine, uint64_t limit)
{
    for (unsigned id = 0; id < QUEUES; id++)
        print_queue(text, machine, (enum queue_id)id, limit);
}

/* ---- device contexts */

static void print_broken(const struct text *text, const struct ddt_found *found)
{
    fprintf(text->file,
            "  %s!!%s 0x%06" PRIx32 " to 0x%06" PRIx32 ": DDT level %u at 0x%" PRIx64
            " holds 0x%" PRIx64 ": %s\n",
            text_paint(text, PAINT_BAD), text_paint(text, PAINT_NONE), found->device_id,
            found->device_id + found->device_ids - 1, found->level, found->address, found->value[0],
            found->trouble);
}

void text_context(const struct text *text, const struct machine *machine,
                  const struct ddt_found *found, unsigned number)
{
    struct layout_context context = machine_context(machine);
    bool good = found->rule == IOMMU_RULE_NONE;

    if (number == 0)
        fprintf(text->file, "%sdevice contexts%s\n", text_paint(text, PAINT_HEADING),
                text_paint(text, PAINT_NONE));
    if (!found->context) {
        print_broken(text, found);
        return;
    }
    context.pdtv = (found->value[0] & IOMMU_DC_TC_PDTV_MASK) != 0;
    context.sxl = (found->value[0] & IOMMU_DC_TC_SXL_MASK) != 0;
    fprintf(text->file, "  %s%s%s 0x%06" PRIx32 " %-12s at 0x%-12" PRIx64,
            text_paint(text, good ? PAINT_GOOD : PAINT_BAD), good ? "ok" : "!!",
            text_paint(text, PAINT_NONE), found->device_id, device_name(found->device_id).text,
            found->address);
    text_fields(text, LAYOUT_DC, found->value, 0, &context);
    fputc('\n', text->file);
    for (unsigned word = 1; word < found->words; word++) {
        if (found->value[word] == 0)
            continue;
        fprintf(text->file, "       %-16s", layout_get(LAYOUT_DC)->word_name[word]);
        text_fields(text, LAYOUT_DC, found->value, word, &context);
        fputc('\n', text->file);
    }
    if (!good)
        fprintf(text->file, "       %s%s%s\n", text_paint(text, PAINT_BAD),
                iommu_rule_text(found->rule), text_paint(text, PAINT_NONE));
}
