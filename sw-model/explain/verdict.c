/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void verdict_add(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;

    if (verdict->details == VERDICT_LINES)
        return;
    va_start(arguments, format);
    vsnprintf(verdict->detail[verdict->details++], VERDICT_TEXT, format, arguments);
    va_end(arguments);
}

void verdict_entry_name(const struct walk *walk, const struct walk_step *step, char *text,
                        size_t size)
{
    switch (step->part) {
    case PART_DDT:
    case PART_PDT:
        if (step->iommu.kind == IOMMU_STEP_DC || step->iommu.kind == IOMMU_STEP_PC)
            snprintf(text, size, "%s", layout_get(step->layout)->name);
        else
            snprintf(text, size, "%s, level %u", layout_get(step->layout)->name, step->iommu.level);
        break;
    case PART_FIRST_STAGE:
    case PART_SECOND_STAGE:
        snprintf(text, size, "%s-stage PTE (%s), level %u",
                 step->part == PART_FIRST_STAGE ? "first" : "second", walk_scheme(walk, step),
                 step->iommu.level);
        break;
    case PART_MSI:
        snprintf(text, size, "MSI PTE");
        break;
    case PART_NONE:
        snprintf(text, size, "%s", "");
        break;
    }
}

static void describe_place(const struct walk *walk, const struct walk_step *step,
                           struct verdict *verdict)
{
    char name[100];
    char value[100] = "";

    if (step == NULL || !walk_step_reads(step))
        return;
    verdict_entry_name(walk, step, name, sizeof(name));
    if (step->iommu.memory == IOMMU_MEM_OK && layout_get(step->layout)->words == 1)
        snprintf(value, sizeof(value), ", which holds 0x%" PRIx64, step->iommu.value[0]);
    snprintf(verdict->where, sizeof(verdict->where), "%s, at 0x%" PRIx64 "%s%s", name,
             step->iommu.address, value,
             !step->iommu.implicit                         ? ""
             : walk_served(walk, step) == PART_FIRST_STAGE ? ", on the way to a first-stage PTE"
                                                           : ", on the way to a PDT entry");
}

/* Would the hardware have stored the record that the model stored? */
static void describe_record(const struct machine *machine, const struct walk *walk,
                            struct verdict *verdict)
{
    const struct registers *registers = &machine->registers;
    char *text = verdict->record;
    uint64_t fqcsr, fqb, fqh, fqt;

    if (verdict->kind == VERDICT_DENIED) {
        snprintf(text, VERDICT_TEXT, "none: a completion with Success reports no fault");
        return;
    }
    if (!walk->response.fault_reported) {
        snprintf(text, VERDICT_TEXT, "none: DC.tc.DTF is 1, which suppresses this cause");
        return;
    }
    if (walk->request.replayed)
        return; /* its record is there */
    if (registers_get(registers, IOMMU_REG_FQCSR, &fqcsr)) {
        if (!(fqcsr & IOMMU_FQCSR_FQON_MASK)) {
            snprintf(text, VERDICT_TEXT, "lost in hardware: the fault queue is off (fqcsr.fqon=0)");
            return;
        }
        if (fqcsr & (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)) {
            snprintf(text, VERDICT_TEXT, "lost in hardware until fqcsr.%s is cleared",
                     fqcsr & IOMMU_FQCSR_FQMF_MASK ? "fqmf" : "fqof");
            return;
        }
    }
    if (registers_get(registers, IOMMU_REG_FQB, &fqb) &&
        registers_get(registers, IOMMU_REG_FQH, &fqh) &&
        registers_get(registers, IOMMU_REG_FQT, &fqt)) {
        uint64_t entries = UINT64_C(2) << IOMMU_GET(fqb, IOMMU_FQB_LOG2SZ_1);
        if (((fqt + 1) & (entries - 1)) == (fqh & (entries - 1)))
            snprintf(text, VERDICT_TEXT, "lost in hardware: the fault queue is full");
    }
}

/* Which of the permissions that an ATS request asks for does the completion deny? */
static uint8_t ats_denied(const struct walk *walk)
{
    const struct iommu_request *request = &walk->request.iommu;
    uint8_t wanted = IOMMU_PERM_R;

    if (request->access == IOMMU_WRITE)
        wanted |= IOMMU_PERM_W;
    if (request->execute)
        wanted |= IOMMU_PERM_X;
    return wanted & (uint8_t)~walk->response.permissions;
}

/* The leaf PTE that lacks a permission which the completion denies. */
static const struct walk_step *ats_denier(const struct walk *walk)
{
    uint8_t denied = ats_denied(walk);

    for (size_t i = walk->steps; i-- > 0;) {
        const struct walk_step *step = &walk->step[i];
        uint64_t pte = step->iommu.value[0];
        bool page = step->part == PART_FIRST_STAGE || step->part == PART_SECOND_STAGE;
        if (!page || step->iommu.implicit || !step->iommu.leaf || !walk_step_reads(step))
            continue;
        if (((denied & IOMMU_PERM_R) && !(pte & IOMMU_PTE_R_MASK)) ||
            ((denied & IOMMU_PERM_W) && (pte & (IOMMU_PTE_W_MASK | IOMMU_PTE_D_MASK)) !=
                                            (IOMMU_PTE_W_MASK | IOMMU_PTE_D_MASK)) ||
            ((denied & IOMMU_PERM_X) && !(pte & IOMMU_PTE_X_MASK)))
            return step;
    }
    return NULL;
}

static void judge_success(const struct walk *walk, struct verdict *verdict)
{
    const struct iommu_response *response = &walk->response;
    uint8_t denied = walk->request.iommu.type == IOMMU_ATS_TRANSLATION ? ats_denied(walk) : 0;

    if (denied == 0) {
        verdict->kind = VERDICT_TRANSLATED;
        snprintf(verdict->headline, VERDICT_TEXT, "TRANSLATED");
        return;
    }
    verdict->kind = VERDICT_DENIED;
    if (response->permissions == 0 && response->cause == 0)
        snprintf(verdict->headline, VERDICT_TEXT, "DENIED: ATS completion Success with R=W=0");
    else if (response->permissions == 0)
        snprintf(verdict->headline, VERDICT_TEXT,
                 "DENIED: ATS completion Success with R=W=0 (cause %u, %s)", response->cause,
                 iommu_cause_text(response->cause));
    else
        snprintf(verdict->headline, VERDICT_TEXT, "DENIED: ATS completion without %s%s%s",
                 denied & IOMMU_PERM_R ? "R" : "", denied & IOMMU_PERM_W ? "W" : "",
                 denied & IOMMU_PERM_X ? "X" : "");
}

static void judge_fault(const struct walk *walk, struct verdict *verdict)
{
    const struct iommu_response *response = &walk->response;
    const char *completion =
        response->status == IOMMU_UNSUPPORTED_REQUEST ? "; ATS completion: Unsupported Request"
        : response->status == IOMMU_COMPLETER_ABORT   ? "; ATS completion: Completer Abort"
                                                      : "";

    if (response->status == IOMMU_BAD_REQUEST) {
        verdict->kind = VERDICT_BAD_REQUEST;
        snprintf(verdict->headline, VERDICT_TEXT, "the request makes no sense");
        return;
    }
    verdict->kind = VERDICT_FAULT;
    snprintf(verdict->headline, VERDICT_TEXT, "FAULT %u: %s%s", response->cause,
             iommu_cause_text(response->cause), completion);
}

/* Causes that may come from the access itself, after a translation that was fine. */
static bool is_cause_of_access(unsigned cause)
{
    switch (cause) {
    case IOMMU_CAUSE_INSTR_ACCESS_FAULT:
    case IOMMU_CAUSE_READ_ADDR_MISALIGNED:
    case IOMMU_CAUSE_READ_ACCESS_FAULT:
    case IOMMU_CAUSE_WRITE_ADDR_MISALIGNED:
    case IOMMU_CAUSE_WRITE_ACCESS_FAULT:
    case IOMMU_CAUSE_MRIF_ACCESS_FAULT:
    case IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION:
    case IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR:
        return true;
    default:
        return false;
    }
}

/* The record tells what the hardware found then; the walk tells what is there now. */
static void compare_with_record(const struct walk *walk, struct verdict *verdict)
{
    unsigned recorded = walk->request.recorded_cause;

    if (!walk->request.replayed)
        return;
    if (recorded == walk->response.cause)
        snprintf(verdict->replay, VERDICT_TEXT, "as the fault record has it");
    else if (verdict->kind == VERDICT_TRANSLATED && is_cause_of_access(recorded))
        snprintf(verdict->replay, VERDICT_TEXT,
                 "the fault record has cause %u (%s): the translation is fine, so the access to "
                 "the translated address failed",
                 recorded, iommu_cause_text((uint16_t)recorded));
    else
        snprintf(verdict->replay, VERDICT_TEXT,
                 "the fault record has cause %u (%s): the tables have changed since, or the IOMMU "
                 "used a cached entry that was not invalidated",
                 recorded, iommu_cause_text((uint16_t)recorded));
}

void verdict_make(const struct machine *machine, const struct walk *walk, struct verdict *verdict)
{
    const struct walk_step *decider = walk_decider(walk);

    *verdict = (struct verdict){.rule = (enum iommu_rule)walk->response.rule};
    if (walk->response.status == IOMMU_SUCCESS)
        judge_success(walk, verdict);
    else
        judge_fault(walk, verdict);
    compare_with_record(walk, verdict);
    verdict->advice = advice_text(verdict->rule);
    if (verdict->kind == VERDICT_TRANSLATED || verdict->kind == VERDICT_BAD_REQUEST)
        return;
    if (verdict->rule == IOMMU_RULE_ATS_PERMISSION)
        decider = ats_denier(walk);
    else if (decider == NULL && walk->steps > 0 && verdict->rule != IOMMU_RULE_NONE)
        decider = &walk->step[walk->steps - 1];
    describe_place(walk, decider, verdict);
    if (decider != NULL)
        verdict_details(machine, walk, decider, verdict);
    describe_record(machine, walk, verdict);
}
