/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"

#include <stdlib.h>
#include <string.h>

struct recorder {
    struct machine *machine;
    struct walk *walk;
    struct layout_context context; /* follows the device context once that is read */
};

static enum walk_part part_of(const struct iommu_step *step)
{
    switch (step->kind) {
    case IOMMU_STEP_DDTE:
    case IOMMU_STEP_DC:
        return PART_DDT;
    case IOMMU_STEP_PDTE:
    case IOMMU_STEP_PC:
        return PART_PDT;
    case IOMMU_STEP_PTE1:
        return PART_FIRST_STAGE;
    case IOMMU_STEP_PTE2:
        return PART_SECOND_STAGE;
    case IOMMU_STEP_MSI_PTE:
        return PART_MSI;
    case IOMMU_STEP_UPDATE:
    case IOMMU_STEP_CACHED:
    case IOMMU_STEP_RULE:
        break;
    }
    switch (step->structure) { /* rules, and updates of A and D */
    case IOMMU_FIRST_STAGE:
        return PART_FIRST_STAGE;
    case IOMMU_SECOND_STAGE:
        return PART_SECOND_STAGE;
    default:
        return PART_NONE;
    }
}

static enum layout_id layout_of(const struct iommu_step *step, const struct layout_context *context)
{
    bool mrif = IOMMU_GET(step->value[0], IOMMU_MSIPTE_M) == IOMMU_MSIPTE_M_MRIF &&
                (step->value[0] & IOMMU_MSIPTE_C_MASK) == 0;

    switch (step->kind) {
    case IOMMU_STEP_DDTE:
        return LAYOUT_DDTE;
    case IOMMU_STEP_DC:
        return LAYOUT_DC;
    case IOMMU_STEP_PDTE:
        return LAYOUT_PDTE;
    case IOMMU_STEP_PC:
        return LAYOUT_PC;
    case IOMMU_STEP_PTE1:
        return context->sxl ? LAYOUT_PTE32 : LAYOUT_PTE;
    case IOMMU_STEP_PTE2:
        return context->gxl ? LAYOUT_PTE32 : LAYOUT_PTE;
    case IOMMU_STEP_UPDATE:
        return (step->structure == IOMMU_SECOND_STAGE ? context->gxl : context->sxl) ? LAYOUT_PTE32
                                                                                     : LAYOUT_PTE;
    case IOMMU_STEP_MSI_PTE:
        return mrif ? LAYOUT_MSIPTE_MRIF : LAYOUT_MSIPTE;
    case IOMMU_STEP_CACHED:
    case IOMMU_STEP_RULE:
        break;
    }
    return LAYOUTS;
}

static struct walk_step *new_step(struct walk *walk)
{
    if (walk->steps == walk->room) {
        size_t room = walk->room == 0 ? 32 : walk->room * 2;
        struct walk_step *larger = realloc(walk->step, room * sizeof(*larger));
        if (larger == NULL) {
            walk->incomplete = true;
            return NULL;
        }
        walk->step = larger;
        walk->room = room;
    }
    return &walk->step[walk->steps++];
}

/* Remember the contexts, which later steps need for their decoding. */
static void follow_contexts(struct recorder *recorder, const struct iommu_step *iommu)
{
    struct walk *walk = recorder->walk;

    if (iommu->memory != IOMMU_MEM_OK)
        return;
    if (iommu->kind == IOMMU_STEP_DC) {
        walk->dc_known = true;
        memcpy(walk->dc, iommu->value, sizeof(walk->dc));
        recorder->context.sxl = (iommu->value[0] & IOMMU_DC_TC_SXL_MASK) != 0;
    } else if (iommu->kind == IOMMU_STEP_PC) {
        walk->pc_known = true;
        memcpy(walk->pc, iommu->value, sizeof(walk->pc));
    }
}

static void record_step(void *context, const struct iommu_step *iommu)
{
    struct recorder *recorder = context;
    struct walk_step *step = new_step(recorder->walk);

    if (step == NULL)
        return;
    follow_contexts(recorder, iommu);
    *step = (struct walk_step){.iommu = *iommu, .context = recorder->context};
    if (step->iommu.words > LAYOUT_WORDS)
        step->iommu.words = LAYOUT_WORDS;
    step->context.pdtv =
        iommu->kind == IOMMU_STEP_DC && (iommu->value[0] & IOMMU_DC_TC_PDTV_MASK) != 0;
    step->part = part_of(iommu);
    step->layout = layout_of(iommu, &step->context);
    if (step->layout != LAYOUTS && iommu->memory == IOMMU_MEM_ACCESS_FAULT) {
        uint64_t size = step->layout == LAYOUT_PTE32 ? 4 : step->iommu.words * 8u;
        step->in_no_image =
            !memory_has(&recorder->machine->memory, iommu->address, size, &step->missing);
    }
}

bool walk_run(struct machine *machine, const struct request *request, struct walk *walk,
              struct problem *problem)
{
    struct machine_bus bus = {.memory = &machine->memory};
    struct recorder recorder = {machine, walk, machine_context(machine)};
    struct iommu *iommu = machine_start(machine, &bus, problem);

    *walk = (struct walk){.request = *request};
    if (iommu == NULL)
        return false;
    walk->response = iommu_translate_traced(iommu, &request->iommu, record_step, &recorder);
    iommu_destroy(iommu);
    memory_forget_writes(&machine->memory);
    if (bus.fault.stored) {
        walk->recorded = true;
        words_from_bytes(bus.fault.bytes, (machine->fctl & IOMMU_FCTL_BE_MASK) != 0, 4,
                         walk->record);
    }
    if (walk->incomplete)
        return problem_set(problem, "not enough memory");
    if (machine->memory.trouble.text[0] != '\0')
        return problem_set(problem, "%s", machine->memory.trouble.text);
    return true;
}

void walk_free(struct walk *walk)
{
    free(walk->step);
    walk->step = NULL;
    walk->steps = 0;
    walk->room = 0;
}

bool walk_step_reads(const struct walk_step *step)
{
    return step->layout != LAYOUTS && step->iommu.kind != IOMMU_STEP_UPDATE;
}

const struct walk_step *walk_decider(const struct walk *walk)
{
    for (size_t i = walk->steps; i-- > 0;) {
        if (walk->step[i].iommu.rule != IOMMU_RULE_NONE)
            return &walk->step[i];
    }
    return NULL;
}

const struct walk_step *walk_parent(const struct walk *walk, const struct walk_step *step)
{
    bool implicit = step->part == PART_SECOND_STAGE && step->iommu.implicit;

    for (size_t i = (size_t)(step - walk->step); i-- > 0;) {
        const struct walk_step *before = &walk->step[i];
        if (!walk_step_reads(before))
            continue;
        if (before->part == step->part && before->iommu.level > step->iommu.level &&
            before->iommu.implicit == step->iommu.implicit)
            return before;
        if (implicit && before->part == PART_SECOND_STAGE && before->iommu.implicit)
            break; /* an earlier implicit walk: this step is the root of its own */
    }
    /* a table's root hangs on a context */
    for (size_t i = (size_t)(step - walk->step); i-- > 0;) {
        const struct walk_step *before = &walk->step[i];
        bool context = before->iommu.kind == IOMMU_STEP_DC || before->iommu.kind == IOMMU_STEP_PC;
        if (context && !(before->iommu.kind == IOMMU_STEP_PC && step->part != PART_FIRST_STAGE))
            return before;
    }
    return NULL;
}

enum walk_part walk_served(const struct walk *walk, const struct walk_step *step)
{
    for (const struct walk_step *at = step; at < walk->step + walk->steps; at++) {
        if (at->part == PART_PDT || at->part == PART_FIRST_STAGE)
            return at->part;
    }
    /* the walk ended in this second stage: what it was for must be found out */
    for (const struct walk_step *at = step; at-- > walk->step;) {
        if (at->iommu.kind == IOMMU_STEP_PC || at->part == PART_FIRST_STAGE)
            return PART_FIRST_STAGE;
    }
    return walk->dc_known && (walk->dc[0] & IOMMU_DC_TC_PDTV_MASK) != 0 ? PART_PDT
                                                                        : PART_FIRST_STAGE;
}

const char *walk_first_stage(const struct walk *walk)
{
    uint64_t fsc = walk->pc_known ? walk->pc[1] : walk->dc[3];

    return first_stage_name(IOMMU_GET(fsc, IOMMU_PC_FSC_MODE),
                            (walk->dc[0] & IOMMU_DC_TC_SXL_MASK) != 0);
}

const char *walk_scheme(const struct walk *walk, const struct walk_step *step)
{
    if (step->part == PART_SECOND_STAGE)
        return second_stage_name(IOMMU_GET(walk->dc[1], IOMMU_DC_IOHGATP_MODE), step->context.gxl);
    return walk_first_stage(walk);
}
