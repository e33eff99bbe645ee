/* SPDX-License-Identifier: Apache-2.0 */
/* A walk and its verdict, for people. */
#include <inttypes.h>
#include <string.h>

#include "text.h"

/* ---- headings: a new one where the walk enters another table */

static const char *level_word(unsigned levels)
{
    return levels == 1 ? "level" : "levels";
}

static void heading_ddt(const struct text *text, const struct machine *machine,
                        const struct walk *walk)
{
    unsigned levels =
        (unsigned)IOMMU_GET(machine->ddtp, IOMMU_DDTP_IOMMU_MODE) - IOMMU_DDTP_MODE_1LVL + 1;
    uint64_t root = IOMMU_GET(machine->ddtp, IOMMU_DDTP_PPN) << 12;

    fprintf(text->file, "device directory: %u %s, root 0x%" PRIx64 ", device_id 0x%" PRIx32, levels,
            level_word(levels), root, walk->request.iommu.device_id);
}

static void heading_pdt(const struct text *text, const struct walk *walk)
{
    const struct iommu_request *request = &walk->request.iommu;
    uint64_t root = IOMMU_GET(walk->dc[3], IOMMU_DC_FSC_PPN) << 12;

    fprintf(text->file, "process directory: root %s0x%" PRIx64 ", process_id 0x%" PRIx32 "%s",
            IOMMU_GET(walk->dc[1], IOMMU_DC_IOHGATP_MODE) != 0 ? "at guest address " : "", root,
            request->process_id_valid ? request->process_id : 0,
            request->process_id_valid ? "" : " (by default, DPE)");
}

static void print_second_stage_heading(const struct text *text, const struct walk *walk,
                                       const struct walk_step *step)
{
    const char *what = !step->iommu.implicit                         ? ""
                       : walk_served(walk, step) == PART_FIRST_STAGE ? " of the first-stage PTE"
                                                                     : " of the PDT entry";

    fprintf(text->file, "second stage: %s, guest address 0x%" PRIx64 "%s", walk_scheme(walk, step),
            step->iommu.input, what);
}

static void print_heading(const struct text *text, const struct machine *machine,
                          const struct walk *walk, const struct walk_step *step,
                          enum walk_part part)
{
    bool nested = part == PART_SECOND_STAGE && step->iommu.implicit;

    fprintf(text->file, "%*s%s", nested ? 8 : 2, "", text_paint(text, PAINT_HEADING));
    switch (part) {
    case PART_DDT:
        heading_ddt(text, machine, walk);
        break;
    case PART_PDT:
        heading_pdt(text, walk);
        break;
    case PART_FIRST_STAGE:
        fprintf(text->file, "first stage: %s, IOVA 0x%" PRIx64, walk_first_stage(walk),
                walk->request.iommu.iova);
        break;
    case PART_SECOND_STAGE:
        print_second_stage_heading(text, walk, step);
        break;
    case PART_MSI:
        fprintf(text->file, "MSI page table: guest address 0x%" PRIx64 " is an interrupt file",
                step->iommu.input);
        break;
    case PART_NONE:
        break;
    }
    fprintf(text->file, "%s\n", text_paint(text, PAINT_NONE));
}

/* Print headings where the walk enters another table. Second-stage walks for the entries of
 * a table come under the heading of that table. *part is the table in progress. */
static void print_headings(const struct text *text, const struct machine *machine,
                           const struct walk *walk, const struct walk_step *step,
                           enum walk_part *part)
{
    const struct walk_step *before = step > walk->step ? step - 1 : NULL;
    enum walk_part outer = step->iommu.implicit ? walk_served(walk, step) : step->part;

    if (step->part == PART_NONE)
        return;
    if (outer != *part)
        print_heading(text, machine, walk, step, outer);
    *part = outer;
    if (step->iommu.implicit &&
        (before == NULL || !before->iommu.implicit || before->iommu.input != step->iommu.input))
        print_heading(text, machine, walk, step, PART_SECOND_STAGE);
}

/* ---- steps */

static const char *step_label(const struct walk_step *step, char *label, size_t size)
{
    static const char *const kinds[] = {
        [IOMMU_STEP_DDTE] = "DDT level", [IOMMU_STEP_PDTE] = "PDT level",
        [IOMMU_STEP_PTE1] = "PTE level", [IOMMU_STEP_PTE2] = "PTE level",
        [IOMMU_STEP_RULE] = NULL,
    };

    switch (step->iommu.kind) {
    case IOMMU_STEP_DC:
        return "device context";
    case IOMMU_STEP_PC:
        return "process context";
    case IOMMU_STEP_MSI_PTE:
        return "MSI PTE";
    case IOMMU_STEP_UPDATE:
        return "A/D update";
    case IOMMU_STEP_CACHED:
        return "from a cache";
    case IOMMU_STEP_RULE:
        return "rule";
    default:
        snprintf(label, size, "%s %u", kinds[step->iommu.kind], step->iommu.level);
        return label;
    }
}

static void print_mark(const struct text *text, const struct walk_step *step)
{
    bool good = step->iommu.rule == IOMMU_RULE_NONE;

    fprintf(text->file, "%s%s%s", text_paint(text, good ? PAINT_GOOD : PAINT_BAD),
            good ? "ok" : "!!", text_paint(text, PAINT_NONE));
}

static void print_words(const struct text *text, const struct walk_step *step, unsigned indent)
{
    const struct layout *layout = layout_get(step->layout);
    unsigned words = step->iommu.words;

    while (words > 4 && step->iommu.value[words - 1] == 0)
        words--; /* the MSI part of a context, if it is not in use */
    for (unsigned i = 0; i < words; i++) {
        const char *name = layout->word_name[i];
        fprintf(text->file, "%*s%-16s 0x%-14" PRIx64 " %016" PRIx64, (int)indent, "",
                name != NULL ? name
                : i == 0     ? "doubleword 0"
                             : "doubleword 1",
                step->iommu.address + 8 * i, step->iommu.value[i]);
        text_fields(text, step->layout, step->iommu.value, i, &step->context);
        fputc('\n', text->file);
    }
}

/* Which rule stopped the walk here. */
static void end_line(const struct text *text, const struct walk_step *step)
{
    if (step->iommu.rule != IOMMU_RULE_NONE)
        fprintf(text->file, "  %s<- %s%s", text_paint(text, PAINT_BAD),
                iommu_rule_name(step->iommu.rule), text_paint(text, PAINT_NONE));
    fputc('\n', text->file);
}

static void print_entry(const struct text *text, const struct walk_step *step, unsigned indent)
{
    bool valid = (step->iommu.value[0] & 1) != 0; /* V is bit 0 of every structure */
    bool single = layout_get(step->layout)->words == 1;

    if (step->iommu.memory == IOMMU_MEM_OK && valid && !single) {
        fprintf(text->file, " 0x%" PRIx64, step->iommu.address);
        end_line(text, step);
        print_words(text, step, indent + 5);
        return;
    }
    fprintf(text->file, " 0x%-14" PRIx64, step->iommu.address);
    if (step->iommu.memory != IOMMU_MEM_OK) {
        fprintf(text->file, " %s", text_paint(text, PAINT_BAD));
        if (step->in_no_image)
            fprintf(text->file, "address 0x%" PRIx64 " is in no image", step->missing);
        else
            fprintf(text->file, "%s", "cannot be accessed");
        fputs(text_paint(text, PAINT_NONE), text->file);
    } else {
        fprintf(text->file, " %0*" PRIx64, step->layout == LAYOUT_PTE32 ? 8 : 16,
                step->iommu.value[0]);
        if (valid)
            text_fields(text, step->layout, step->iommu.value, 0, &step->context);
        else /* the rest is then software's own */
            fprintf(text->file, " %sV=0%s", text_paint(text, PAINT_BAD),
                    text_paint(text, PAINT_NONE));
    }
    end_line(text, step);
}

static void print_step(const struct text *text, const struct walk_step *step)
{
    char label[32];
    unsigned indent = step->iommu.implicit ? 10 : 4;
    enum iommu_rule rule = step->iommu.rule;

    fprintf(text->file, "%*s", (int)indent, "");
    print_mark(text, step);
    fprintf(text->file, "  %-17s", step_label(step, label, sizeof(label)));
    if (step->layout != LAYOUTS)
        print_entry(text, step, indent);
    else
        fprintf(text->file, " %s\n", iommu_rule_text(rule));
}

static void print_steps(const struct text *text, const struct machine *machine,
                        const struct walk *walk)
{
    enum walk_part part = PART_NONE;
    const struct iommu_request *request = &walk->request.iommu;
    bool translated = walk->response.status == IOMMU_SUCCESS;

    for (size_t i = 0; i < walk->steps; i++) {
        print_headings(text, machine, walk, &walk->step[i], &part);
        print_step(text, &walk->step[i]);
    }
    if (walk->steps == 0 && translated)
        fputs("  nothing is read: ddtp.iommu_mode is Bare\n", text->file);
    else if (request->type == IOMMU_TRANSLATED && translated && part == PART_DDT)
        fputs("  the address is translated already, and DC.tc.T2GPA is 0: it passes\n", text->file);
}

/* ---- the fault record */

static void print_record(const struct text *text, const struct machine *machine,
                         const struct walk *walk, const struct verdict *verdict)
{
    struct layout_context context = machine_context(machine);

    if (verdict->kind == VERDICT_TRANSLATED || verdict->kind == VERDICT_BAD_REQUEST)
        return;
    fprintf(text->file, "  %sfault record%s%s%s\n", text_paint(text, PAINT_HEADING),
            text_paint(text, PAINT_NONE), verdict->record[0] != '\0' ? ": " : "", verdict->record);
    if (!walk->recorded)
        return;
    fputs("     ", text->file);
    for (unsigned i = 0; i < 4; i++)
        fprintf(text->file, " %016" PRIx64, walk->record[i]);
    fputs("\n     ", text->file);
    for (unsigned i = 0; i < 4; i++)
        text_fields(text, LAYOUT_FQ, walk->record, i, &context);
    text_guest_fault(text, walk->record);
    fputc('\n', text->file);
}

/* ---- the verdict */

static void label(const struct text *text, const char *name)
{
    fprintf(text->file, "    %s%-7s%s ", text_paint(text, PAINT_DIM), name,
            text_paint(text, PAINT_NONE));
}

static void print_size(const struct text *text, unsigned log2)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    fprintf(text->file, "%u %s", 1u << log2 % 10, units[log2 / 10 % 7]);
}

static void print_ats(const struct text *text, const struct iommu_response *response)
{
    label(text, "ATS");
    fprintf(
        text->file, "completion Success, R=%d W=%d Exe=%d%s%s%s%s%s\n",
        (response->permissions & IOMMU_PERM_R) != 0, (response->permissions & IOMMU_PERM_W) != 0,
        (response->permissions & IOMMU_PERM_X) != 0, response->ats & IOMMU_ATS_PRIV ? ", Priv" : "",
        response->ats & IOMMU_ATS_GLOBAL ? ", Global" : "",
        response->ats & IOMMU_ATS_CXL_IO ? ", CXL.io" : "",
        response->ats & IOMMU_ATS_U ? ", U (untranslated access only)" : "",
        response->ats & IOMMU_ATS_S ? ", S" : "");
}

static void print_target(const struct text *text, const struct walk *walk)
{
    static const char *const memory_type[] = {"by the PMA", "NC", "IO", "reserved"};
    const struct iommu_response *response = &walk->response;

    label(text, "page");
    print_size(text, response->page_log2);
    fprintf(text->file, ", granted %c%c%c, memory type %s\n",
            response->permissions & IOMMU_PERM_R ? 'r' : '-',
            response->permissions & IOMMU_PERM_W ? 'w' : '-',
            response->permissions & IOMMU_PERM_X ? 'x' : '-', memory_type[response->pbmt & 3]);
    if (response->target == IOMMU_TARGET_MSI) {
        label(text, "target");
        fputs("an interrupt file, by an MSI PTE in basic translate mode\n", text->file);
    } else if (response->target == IOMMU_TARGET_MRIF) {
        label(text, "target");
        fprintf(text->file,
                "the memory-resident interrupt file at 0x%" PRIx64 "; then a notice MSI writes "
                "0x%x to 0x%" PRIx64 "\n",
                response->address, response->nid, response->notice_address);
    }
    if (response->rcid != 0 || response->mcid != 0) {
        label(text, "QoS");
        fprintf(text->file, "RCID=0x%x MCID=0x%x\n", response->rcid, response->mcid);
    }
    if (walk->request.iommu.type == IOMMU_ATS_TRANSLATION)
        print_ats(text, response);
}

static void print_reasons(const struct text *text, const struct verdict *verdict)
{
    if (verdict->rule != IOMMU_RULE_NONE) {
        label(text, "why");
        text_wrap(text, 12, iommu_rule_text(verdict->rule));
        label(text, "rule");
        fprintf(text->file, "%s: %s\n", iommu_rule_name(verdict->rule),
                iommu_rule_section(verdict->rule));
    }
    if (verdict->where[0] != '\0') {
        label(text, "where");
        text_wrap(text, 12, verdict->where);
    }
    for (unsigned i = 0; i < verdict->details; i++) {
        label(text, i == 0 ? "detail" : "");
        text_wrap(text, 12, verdict->detail[i]);
    }
    if (verdict->advice[0] != '\0') {
        label(text, "advice");
        text_wrap(text, 12, verdict->advice);
    }
}

void text_verdict(const struct text *text, const struct walk *walk, const struct verdict *verdict)
{
    bool good = verdict->kind == VERDICT_TRANSLATED;

    fprintf(text->file, "\n  %s%s%s", text_paint(text, good ? PAINT_GOOD : PAINT_BAD),
            verdict->headline, text_paint(text, PAINT_NONE));
    if (good)
        fprintf(text->file, "  0x%" PRIx64 " -> %s0x%" PRIx64 "%s", walk->request.iommu.iova,
                text_paint(text, PAINT_HEADING), walk->response.address,
                text_paint(text, PAINT_NONE));
    fputc('\n', text->file);
    if (good)
        print_target(text, walk);
    else if (verdict->kind == VERDICT_DENIED)
        print_ats(text, &walk->response);
    print_reasons(text, verdict);
    if (verdict->replay[0] != '\0') {
        label(text, "replay");
        text_wrap(text, 12, verdict->replay);
    }
}

void text_walk(const struct text *text, const struct machine *machine, const struct walk *walk,
               unsigned number, const struct verdict *verdict)
{
    fprintf(text->file, "%srequest %u:%s ", text_paint(text, PAINT_HEADING), number,
            text_paint(text, PAINT_NONE));
    text_request(text, &walk->request);
    fputs("\n\n", text->file);
    print_steps(text, machine, walk);
    print_record(text, machine, walk, verdict);
    text_verdict(text, walk, verdict);
}

void text_brief(const struct text *text, const struct walk *walk, const struct verdict *verdict)
{
    bool good = verdict->kind == VERDICT_TRANSLATED;

    text_request(text, &walk->request);
    fprintf(text->file, ": %s%s%s", text_paint(text, good ? PAINT_GOOD : PAINT_BAD),
            verdict->headline, text_paint(text, PAINT_NONE));
    if (good)
        fprintf(text->file, " 0x%" PRIx64, walk->response.address);
    if (verdict->rule != IOMMU_RULE_NONE)
        fprintf(text->file, " (%s)", iommu_rule_name(verdict->rule));
    if (verdict->where[0] != '\0')
        fprintf(text->file, ", %s", verdict->where);
    if (verdict->replay[0] != '\0')
        fprintf(text->file, "; %s", verdict->replay);
    fputc('\n', text->file);
}
