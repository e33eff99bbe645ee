/* SPDX-License-Identifier: Apache-2.0 */
/* iommu_translate_traced(): each step of a translation, in order, with all that it says. */
#include <string.h>

#include "scenes.h"
#include "tweaks.h"

#define VA 0x40005678u
#define VA_PAGE 0x40005000u
#define GPA 0x50000000u
#define PAGE 0x90000000u
#define STEPS_MAX 64

struct trace {
    struct iommu_step step[STEPS_MAX];
    unsigned count;
    unsigned next; /* the first that was not checked yet */
};

static void keep_step(void *context, const struct iommu_step *step)
{
    struct trace *trace = context;
    if (trace->count < STEPS_MAX)
        trace->step[trace->count] = *step;
    trace->count++;
}

static struct iommu_response translate_traced(struct bench *b, struct iommu_request request,
                                              struct trace *trace)
{
    memset(trace, 0, sizeof *trace);
    struct iommu_response r = iommu_translate_traced(b->iommu, &request, keep_step, trace);
    REQUIRE(trace->count <= STEPS_MAX);
    return r;
}

/* The next step is this one, in every field; entries' words are those in memory. */
static void check_step(struct place place, struct trace *trace, struct bench *b,
                       struct iommu_step expected)
{
    if (trace->next >= trace->count)
        test_fatal(place, "there are only %u steps", trace->count);
    const struct iommu_step *step = &trace->step[trace->next++];
    test_check_eq(place, step->kind, expected.kind, "kind");
    test_check_eq(place, step->structure, expected.structure, "structure");
    test_check_eq(place, step->rule, expected.rule, "rule");
    test_check_eq(place, step->memory, expected.memory, "memory");
    test_check_eq(place, step->level, expected.level, "level");
    test_check_eq(place, step->words, expected.words, "words");
    test_check_eq(place, step->implicit, expected.implicit, "implicit");
    test_check_eq(place, step->leaf, expected.leaf, "leaf");
    test_check_eq(place, step->input, expected.input, "input");
    test_check_eq(place, step->address, expected.address, "address");
    for (unsigned i = 0; i < expected.words && expected.memory == IOMMU_MEM_OK; i++)
        test_check_eq(place, step->value[i], bench_get64(b, expected.address + 8 * i), "value");
}

static void check_end(struct place place, const struct trace *trace)
{
    test_check_eq(place, trace->count, trace->next, "number of steps");
}

static struct iommu_step rule_at(enum iommu_structure structure, enum iommu_rule rule,
                                 uint64_t input)
{
    return (struct iommu_step){
        .kind = IOMMU_STEP_RULE, .structure = structure, .rule = rule, .input = input};
}

static struct iommu_step cached_at(enum iommu_structure structure, uint64_t input)
{
    return (struct iommu_step){.kind = IOMMU_STEP_CACHED, .structure = structure, .input = input};
}

/* --- entries ------------------------------------------------------------------------------- */

/* The DDT: two non-leaf entries and the context. */
static void check_ddt(struct trace *trace, struct scene *s)
{
    for (unsigned level = 2; level > 0; level--)
        check_step(HERE, trace, s->b,
                   (struct iommu_step){.kind = IOMMU_STEP_DDTE,
                                       .structure = IOMMU_DDT,
                                       .level = (uint8_t)level,
                                       .words = 1,
                                       .input = s->device,
                                       .address = bench_ddt_entry(s->b, s->device, level)});
    check_step(HERE, trace, s->b,
               (struct iommu_step){.kind = IOMMU_STEP_DC,
                                   .structure = IOMMU_DDT,
                                   .leaf = true,
                                   .words = 8,
                                   .input = s->device,
                                   .address = bench_ddt_entry(s->b, s->device, 0)});
}

/* A complete second-stage walk of 4-KiB pages. */
static void check_second(struct trace *trace, struct scene *s, uint64_t gpa, bool implicit)
{
    for (unsigned level = 3; level-- > 0;)
        check_step(HERE, trace, s->b,
                   (struct iommu_step){.kind = IOMMU_STEP_PTE2,
                                       .structure = IOMMU_SECOND_STAGE,
                                       .level = (uint8_t)level,
                                       .words = 1,
                                       .implicit = implicit,
                                       .leaf = level == 0,
                                       .input = gpa,
                                       .address = pt_entry(&s->second, gpa, level)});
}

static void check_first(struct trace *trace, struct scene *s, uint64_t iova, bool nested)
{
    for (unsigned level = 3; level-- > 0;) {
        if (nested)
            check_second(trace, s, pt_entry_gpa(&s->first, iova, level), true);
        check_step(HERE, trace, s->b,
                   (struct iommu_step){.kind = IOMMU_STEP_PTE1,
                                       .structure = IOMMU_FIRST_STAGE,
                                       .level = (uint8_t)level,
                                       .words = 1,
                                       .leaf = level == 0,
                                       .input = iova,
                                       .address = pt_entry(&s->first, iova, level)});
    }
}

static void check_pdt(struct trace *trace, struct scene *s, bool nested)
{
    for (unsigned level = 3; level-- > 0;) {
        if (nested)
            check_second(trace, s, pdt_entry_gpa(&s->pdt, SCENE_PID, level), true);
        check_step(HERE, trace, s->b,
                   (struct iommu_step){.kind = level == 0 ? IOMMU_STEP_PC : IOMMU_STEP_PDTE,
                                       .structure = IOMMU_PDT,
                                       .level = (uint8_t)level,
                                       .words = level == 0 ? 2 : 1,
                                       .leaf = level == 0,
                                       .input = SCENE_PID,
                                       .address = pdt_entry(&s->pdt, SCENE_PID, level)});
    }
}

TEST_BOTH(trace_shows_each_entry_of_a_guest_process)
{
    struct bench *b = bench_ready("max", NULL);
    struct trace trace;
    struct scene s;
    scene_guest_process(&s, b);
    pt_map(&s.first, VA_PAGE, GPA, 0, P_ALL);
    pt_map(&s.second, GPA, PAGE, 0, P_ALL);
    struct iommu_response r =
        translate_traced(b, with_pid(read_at(s.device, VA), SCENE_PID), &trace);
    CHECK_EQ(r.address, PAGE | (VA & 0xfff));
    check_ddt(&trace, &s);
    check_pdt(&trace, &s, true);
    check_first(&trace, &s, VA, true);
    check_second(&trace, &s, GPA | (VA & 0xfff), false);
    check_end(HERE, &trace);
}

TEST_BOTH(trace_shows_4_byte_entries)
{
    struct bench *b = bench_ready("max", NULL);
    struct trace trace;
    struct scene s;
    scene_bare(&s, b);
    s.first = pt_create(b, PT_SV32);
    s.dc.tc |= IOMMU_DC_TC_SXL_MASK;
    s.dc.fsc = pt_iosatp(&s.first);
    scene_update(&s);
    uint64_t pte = pt_map(&s.first, VA_PAGE, PAGE, 0, P_ALL);
    translate_traced(b, read_at(s.device, VA), &trace);
    check_ddt(&trace, &s);
    for (unsigned level = 2; level-- > 0;) {
        const struct iommu_step *step = &trace.step[trace.next++];
        CHECK_EQ(step->kind, IOMMU_STEP_PTE1);
        CHECK_EQ(step->words, 1);
        CHECK_EQ(step->address, pt_entry(&s.first, VA_PAGE, level));
        CHECK_EQ(step->value[0], pt_read(&s.first, pt_entry(&s.first, VA_PAGE, level)));
        CHECK_EQ(step->leaf, level == 0);
    }
    CHECK_EQ(trace.step[trace.next - 1].address, pte);
    check_end(HERE, &trace);
}

TEST_BOTH(trace_shows_the_msi_pte)
{
    struct bench *b = bench_ready("max", NULL);
    struct trace trace;
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 5);
    uint64_t gpa = scene_msi_address(5, 0);
    struct iommu_step pte = {.kind = IOMMU_STEP_MSI_PTE,
                             .structure = IOMMU_MSI_PT,
                             .leaf = true,
                             .words = 2,
                             .input = gpa,
                             .address = s.msi_table + 5 * IOMMU_MSIPTE_BYTES};
    CHECK_EQ(translate_traced(b, write_at(s.device, gpa), &trace).target, IOMMU_TARGET_MSI);
    check_ddt(&trace, &s);
    check_step(HERE, &trace, b, pte);
    check_end(HERE, &trace);
    bench_invalidate_all(b);
    translate_traced(b, exec_at(s.device, gpa), &trace);
    check_ddt(&trace, &s);
    check_step(HERE, &trace, b, pte);
    check_step(HERE, &trace, b, rule_at(IOMMU_MSI_PT, IOMMU_RULE_MSI_EXECUTE, gpa));
    check_end(HERE, &trace);
}

/* --- what caches answer -------------------------------------------------------------------- */

TEST(trace_shows_what_caches_answer)
{
    struct bench *b = bench_ready("max", NULL);
    struct trace trace;
    struct scene s;
    scene_process(&s, b);
    pt_map(&s.first, VA_PAGE, PAGE, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, VA), SCENE_PID);
    translate_traced(b, request, &trace);
    check_ddt(&trace, &s);
    check_pdt(&trace, &s, false);
    check_first(&trace, &s, VA, false);
    check_end(HERE, &trace);
    translate_traced(b, request, &trace);
    check_step(HERE, &trace, b, cached_at(IOMMU_DDT, s.device));
    check_step(HERE, &trace, b, cached_at(IOMMU_PDT, SCENE_PID));
    check_step(HERE, &trace, b, cached_at(IOMMU_FIRST_STAGE, VA));
    check_end(HERE, &trace);
}

/* --- rules ------------------------------------------------------------------------------------ */

TEST_BOTH(trace_shows_rules_that_read_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct trace trace;
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA_PAGE, PAGE, 0, P_ALL & ~P_W);
    uint64_t wide = 1ull << 50;

    translate_traced(b, read_at(s.device, wide), &trace);
    check_ddt(&trace, &s);
    check_step(HERE, &trace, b, rule_at(IOMMU_FIRST_STAGE, IOMMU_RULE_IOVA_NOT_CANONICAL, wide));
    check_end(HERE, &trace);

    bench_invalidate_all(b);
    translate_traced(b, with_pid(read_at(s.device, VA), SCENE_PID), &trace);
    check_ddt(&trace, &s);
    check_step(HERE, &trace, b, rule_at(IOMMU_DATA, IOMMU_RULE_PROCESS_ID_UNEXPECTED, VA));
    check_end(HERE, &trace);

    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    translate_traced(b, read_at(s.device, VA), &trace);
    check_step(HERE, &trace, b, rule_at(IOMMU_DATA, IOMMU_RULE_MODE_OFF, VA));
    check_end(HERE, &trace);
}

TEST_BOTH(trace_shows_a_guest_address_that_is_too_wide)
{
    struct bench *b = bench_ready("max", NULL);
    struct trace trace;
    struct scene s;
    scene_second(&s, b);
    uint64_t wide = 1ull << 41;
    translate_traced(b, read_at(s.device, wide), &trace);
    check_ddt(&trace, &s);
    check_step(HERE, &trace, b, rule_at(IOMMU_SECOND_STAGE, IOMMU_RULE_GPA_WIDE, wide));
    check_end(HERE, &trace);
}

TEST_BOTH(trace_shows_permissions_that_a_completion_lacks)
{
    struct bench *b = bench_ready("max", NULL);
    struct trace trace;
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    scene_update(&s);
    pt_map(&s.first, VA_PAGE, PAGE, 0, P_ALL & ~P_W);
    struct iommu_response r = translate_traced(b, as_ats(write_at(s.device, VA)), &trace);
    CHECK_EQ(r.status, IOMMU_SUCCESS);
    CHECK_EQ(r.permissions, IOMMU_PERM_R);
    CHECK_EQ(r.rule, IOMMU_RULE_ATS_PERMISSION);
    check_ddt(&trace, &s);
    check_first(&trace, &s, VA, false);
    check_step(HERE, &trace, b, rule_at(IOMMU_DATA, IOMMU_RULE_ATS_PERMISSION, VA));
    check_end(HERE, &trace);
    /* Asked for reads only, nothing is lacking. */
    bench_invalidate_all(b);
    r = translate_traced(b, as_ats(read_at(s.device, VA)), &trace);
    CHECK_EQ(r.permissions, IOMMU_PERM_R);
    CHECK_EQ(r.rule, IOMMU_RULE_NONE);
    check_ddt(&trace, &s);
    check_first(&trace, &s, VA, false);
    check_end(HERE, &trace);
}

/* --- failed reads -------------------------------------------------------------------------- */

TEST(trace_shows_reads_that_fail)
{
    static const enum iommu_mem_status statuses[] = {IOMMU_MEM_ACCESS_FAULT, IOMMU_MEM_POISON};
    static const enum iommu_rule rules[][2] = {
        {IOMMU_RULE_PDTE_ACCESS, IOMMU_RULE_PDTE_POISON},
        {IOMMU_RULE_PTE_ACCESS, IOMMU_RULE_PTE_POISON},
    };
    for (unsigned i = 0; i < 4; i++) {
        struct bench *b = bench_ready("max", NULL);
        struct trace trace;
        struct scene s;
        bool page_table = i >= 2;
        scene_process(&s, b);
        pt_map(&s.first, VA_PAGE, PAGE, 0, P_ALL);
        uint64_t address = page_table ? pt_entry(&s.first, VA, 2) : pdt_entry(&s.pdt, SCENE_PID, 2);
        bench_inject(b, address, 8, statuses[i % 2]);
        translate_traced(b, with_pid(read_at(s.device, VA), SCENE_PID), &trace);
        check_ddt(&trace, &s);
        if (page_table)
            check_pdt(&trace, &s, false);
        check_step(HERE, &trace, b,
                   (struct iommu_step){.kind = page_table ? IOMMU_STEP_PTE1 : IOMMU_STEP_PDTE,
                                       .structure = page_table ? IOMMU_FIRST_STAGE : IOMMU_PDT,
                                       .rule = rules[page_table][i % 2],
                                       .memory = statuses[i % 2],
                                       .level = 2,
                                       .words = 1,
                                       .input = page_table ? VA : SCENE_PID,
                                       .address = address});
        check_end(HERE, &trace);
    }
}

/* --- updates -------------------------------------------------------------------------------- */

/* A step may look at memory, and even change it: here the PTE, after it was read and before
 * it is updated, by a part of the system that does not know of the walk. */
struct intruder {
    struct page_table *pt;
    uint64_t pte;
    uint64_t value;
    unsigned times;
};

static void intrude(void *context, const struct iommu_step *step)
{
    struct intruder *intruder = context;
    if (step->kind == IOMMU_STEP_PTE1 && step->address == intruder->pte && intruder->times > 0) {
        intruder->times--;
        pt_write(intruder->pt, intruder->pte, intruder->value);
    }
}

/* "Virtual Address Translation Process", step 9: compare, and start over if it differs. */
static void check_intruder(enum pt_mode mode, uint64_t tc, bool amo)
{
    struct bench *b = amo ? bench_create("max", NULL) : bench_create_without_amo("max", NULL);
    struct scene s;
    bench_start(b, 3);
    scene_bare(&s, b);
    s.first = pt_create(b, mode);
    s.first.big_endian = (tc & IOMMU_DC_TC_SBE_MASK) != 0;
    s.dc.tc |= tc | IOMMU_DC_TC_SADE_MASK;
    s.dc.fsc = pt_iosatp(&s.first);
    scene_update(&s);
    struct intruder intruder = {.pt = &s.first, .times = 1};
    intruder.pte = pt_map(&s.first, VA_PAGE, PAGE, 0, P_ALL & ~P_D);
    intruder.value = pt_pte(PAGE + 0x1000, P_ALL & ~(P_A | P_D));
    struct iommu_request request = write_at(s.device, VA);
    struct iommu_response r = iommu_translate_traced(b->iommu, &request, intrude, &intruder);
    CHECK_EQ(r.address, (PAGE + 0x1000) | (VA & 0xfff));
    CHECK_EQ(pt_read(&s.first, intruder.pte), pt_pte(PAGE + 0x1000, P_ALL));
    CHECK_EQ(intruder.times, 0);
}

TEST_BOTH(pte_that_changes_between_read_and_update_is_not_overwritten)
{
    check_intruder(PT_SV39, 0, true);
    check_intruder(PT_SV39, IOMMU_DC_TC_SBE_MASK, true);
    check_intruder(PT_SV32, IOMMU_DC_TC_SXL_MASK, true);
    check_intruder(PT_SV39, 0, false);
    check_intruder(PT_SV32, IOMMU_DC_TC_SXL_MASK, false);
}
