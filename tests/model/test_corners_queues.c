/* SPDX-License-Identifier: Apache-2.0 */
/* Corners 20 to 25: command queue, invalidation, fault queue, interrupts. */
#include "irq_scene.h"

#define CQ_ERRORS (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)
#define GV IOMMU_CMD_IOTINVAL_GV_MASK
#define AV IOMMU_CMD_IOTINVAL_AV_MASK
#define NL IOMMU_CMD_IOTINVAL_NL_MASK
#define PSCV IOMMU_CMD_IOTINVAL_PSCV_MASK
#define VM IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID)
#define SPACE (PSCV | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, SCENE_PSCID))

static struct command mark(uint64_t address, uint32_t value)
{
    return cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, address, value);
}

static void rewrite_command(struct bench *b, uint64_t index, struct command command)
{
    bench_put64(b, b->cq.base + 16 * index, command.dw[0]);
    bench_put64(b, b->cq.base + 16 * index + 8, command.dw[1]);
}

static uint64_t cq_errors(struct bench *b)
{
    return REG(b, CQCSR) & CQ_ERRORS;
}

/* --- corner 20 --------------------------------------------------------------------------- */

TEST(corner_20_command_queue_stop_and_restart)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    uint64_t page = bench_page(b), at = b->cq_tail;
    bench_queue_command(b, mark(page, 1));
    bench_queue_command(b, cmd_make(IOMMU_OPCODE_IODIR, 5));
    bench_queue_command(b, mark(page + 4, 2));
    bench_doorbell(b);
    CHECK_EQ(cq_errors(b), IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(REG(b, CQH), at + 1);
    CHECK_EQ(bench_get32(b, page + 4), 0);
    /* Cleared without repair, the entry is run again; a fetch that faults is told apart. */
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(cq_errors(b), IOMMU_CQCSR_CMD_ILL_MASK);
    bench_inject(b, b->cq.base + 16 * (at + 1), 16, IOMMU_MEM_ACCESS_FAULT);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(cq_errors(b), IOMMU_CQCSR_CQMF_MASK);
    CHECK_EQ(REG(b, CQH), at + 1);
    bench_clear_injections(b);
    rewrite_command(b, at + 1, cmd_iofence(IOMMU_CMD_IOFENCE_WSI_MASK, 0, 0));
    cqcsr_clear(b, IOMMU_CQCSR_CQMF_MASK);
    CHECK_EQ(cq_errors(b), 0);
    CHECK_EQ(REG(b, CQH), at + 3);
    CHECK_EQ(bench_get32(b, page + 4), 2);
    /* fence_w_ip stands, and never stopped anything. */
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 1);
    bench_push(b, mark(page, 3));
    CHECK_EQ(bench_get32(b, page), 3);
    /* cqen 0 to 1 clears head and all four bits. */
    bench_push(b, cmd_make(0, 0));
    REG_SET(b, CQCSR, 0);
    REG_SET(b, CQT, 0);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    CHECK_EQ(REG(b, CQCSR), IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK);
    CHECK_EQ(REG(b, CQH), 0);
}

/* --- corner 21 --------------------------------------------------------------------------- */

TEST(corner_21_fence_completes_in_order_or_not_at_all)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    uint64_t page = bench_page(b);
    uint64_t all = IOMMU_CMD_IOFENCE_AV_MASK | IOMMU_CMD_IOFENCE_WSI_MASK |
                   IOMMU_CMD_IOFENCE_PR_MASK | IOMMU_CMD_IOFENCE_PW_MASK;
    /* It waits for the invalidation before it, with no effect at all until then. */
    bench_push(b, cmd_ats_inval(i.s.device, 0));
    bench_clear_log(b);
    bench_push(b, cmd_iofence(all, page, 7));
    CHECK_EQ(bench_events(b, EVENT_DRAIN), 0);
    CHECK_EQ(bench_accesses(b, IOMMU_FENCE), 0);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 0);
    iommu_invalidation_completion(b->iommu, i.s.device, iommu_itags_busy(b->iommu), 1);
    const struct event *drain = bench_event(b, EVENT_DRAIN, 0);
    const struct event *store = bench_access(b, IOMMU_FENCE, 0);
    REQUIRE(drain != NULL && store != NULL);
    CHECK(drain < store);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 1);
    CHECK_EQ(REG(b, CQH), b->cq_tail);
    cqcsr_clear(b, IOMMU_CQCSR_FENCE_W_IP_MASK);
    REG_SET(b, IPSR, CIP);

    /* A store that faults: cqmf, cqh at the fence, and no fence_w_ip. */
    static const enum iommu_mem_status kinds[] = {IOMMU_MEM_ACCESS_FAULT, IOMMU_MEM_POISON};
    for (unsigned k = 0; k < 2; k++) {
        uint64_t at = b->cq_tail;
        bench_inject(b, page, 4, kinds[k]);
        bench_push(b, cmd_iofence(all, page, 8 + k));
        CHECK_EQ(cq_errors(b), IOMMU_CQCSR_CQMF_MASK);
        CHECK_EQ(REG(b, CQH), at);
        CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 0);
        bench_clear_injections(b);
        cqcsr_clear(b, IOMMU_CQCSR_CQMF_MASK);
        CHECK_EQ(REG(b, CQH), at + 1);
        CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 1);
        CHECK_EQ(bench_get32(b, page), 8 + k);
        cqcsr_clear(b, IOMMU_CQCSR_FENCE_W_IP_MASK);
    }
    /* A time-out: cmd_to at the fence, without its effects; run again, it completes. */
    uint64_t fence = b->cq_tail + 1u;
    bench_push(b, cmd_ats_inval(i.s.device, 0));
    bench_push(b, cmd_iofence(all, page, 20));
    iommu_invalidation_timeout(b->iommu, iommu_itags_busy(b->iommu));
    CHECK_EQ(cq_errors(b), IOMMU_CQCSR_CMD_TO_MASK);
    CHECK_EQ(REG(b, CQH), fence);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 0);
    CHECK_EQ(bench_get32(b, page), 9);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_TO_MASK);
    CHECK_EQ(REG(b, CQH), fence + 1);
    CHECK_EQ(bench_get32(b, page), 20);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 1);
}

/* --- corner 22 --------------------------------------------------------------------------- */

static void without_optional_commands(struct iommu_config *config)
{
    config->capabilities &=
        ~(uint64_t)(IOMMU_CAPABILITIES_NL_MASK | IOMMU_CAPABILITIES_S_MASK |
                    IOMMU_CAPABILITIES_ATS_MASK | IOMMU_CAPABILITIES_T2GPA_MASK |
                    IOMMU_CAPABILITIES_PD20_MASK);
}

static struct command with_bits(struct command command, uint64_t dw0, uint64_t dw1)
{
    command.dw[0] |= dw0;
    command.dw[1] |= dw1;
    return command;
}

TEST_BOTH(corner_22_legality_follows_the_capabilities)
{
    struct command no_dv = cmd_iodir_pdt(1, 1);
    no_dv.dw[0] &= ~(uint64_t)IOMMU_CMD_IODIR_DV_MASK;
    const struct {
        struct command command;
        bool legal[2]; /* with everything; without NL, S, ATS, PD20 */
    } cases[] = {
        {with_bits(cmd_iotinval_vma(AV, 0x1000), NL, 0), {true, false}},
        {with_bits(cmd_iotinval_vma(0, 0), NL, 0), {true, false}},
        {with_bits(cmd_iotinval_gvma(GV | AV, 0), 0, IOMMU_CMD_IOTINVAL_S_MASK), {true, false}},
        {cmd_ats_inval(1, 0), {true, false}},
        {cmd_ats_prgr(1, 0), {true, false}},
        {cmd_iodir_pdt(1, 0x20000), {true, false}},
        {cmd_iodir_pdt(1, 0x1ffff), {true, true}},
        {cmd_iotinval_gvma(PSCV, 0), {false, false}},
        {no_dv, {false, false}},
        {with_bits(cmd_iodir_ddt(1), IOMMU_PREP(IOMMU_CMD_IODIR_PID, 1), 0), {false, false}},
        {cmd_iodir_ddt(0x8000), {false, false}}, /* the bench runs with two levels */
        {cmd_iodir_ddt(0x7fff), {true, true}},
        /* Operands that are ignored hold anything. */
        {cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_PSCID_MASK | IOMMU_CMD_IOTINVAL_GSCID_MASK, ~0ull),
         {true, true}},
        {cmd_iofence(0, ~0ull, 0xffffffff), {true, true}},
        {with_bits(cmd_iodir_all(), IOMMU_CMD_IODIR_DID_MASK, 0), {true, true}},
        {cmd_make(IOMMU_OPCODE_ATS, 2), {false, false}},
    };
    struct fault_record record;
    for (unsigned k = 0; k < 2; k++) {
        struct bench *b = bench_create("max", k == 0 ? NULL : without_optional_commands);
        bench_start(b, 2);
        for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            uint64_t at = b->cq_tail;
            test_note("capabilities %u, case %u", k, i);
            bench_push(b, cases[i].command);
            CHECK_EQ(cq_errors(b), cases[i].legal[k] ? 0 : IOMMU_CQCSR_CMD_ILL_MASK);
            CHECK_EQ(REG(b, CQH), at + cases[i].legal[k]);
            rewrite_command(b, at, cmd_iotinval_vma(0, 0));
            cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
            iommu_invalidation_completion(b->iommu, 1, iommu_itags_busy(b->iommu), 1);
            while (bench_pop_fault(b, &record))
                continue;
        }
    }
    test_note("%s", "");
}

/* --- corner 23 --------------------------------------------------------------------------- */

#define VA 0x40005000u
#define OLD_PAGE 0x90000000u
#define NEW_PAGE 0x91000000u

/* The address that a request meets now: an old page, a new one, or neither (fault). */
static uint64_t page_seen(struct scene *s, uint64_t iova)
{
    struct fault_record record;
    struct iommu_response r = bench_translate(s->b, read_at(s->device, iova));
    while (bench_pop_fault(s->b, &record))
        continue;
    return r.status == IOMMU_SUCCESS ? r.address & ~0xffffull : 0;
}

/* The history of allowed results says it exactly: is this page among them? */
static bool may_see(struct scene *s, uint64_t iova, uint64_t page)
{
    static struct iommu_outcome outcome[64];
    struct iommu_request request = read_at(s->device, iova);
    size_t count = iommu_allowed(s->b->iommu, &request, iommu_time(s->b->iommu), outcome, 64);
    REQUIRE(count <= 64);
    for (size_t i = 0; i < count; i++) {
        if (outcome[i].response.status == IOMMU_SUCCESS &&
            (outcome[i].response.address & ~0xffffull) == page)
            return true;
    }
    return false;
}

static void change(struct scene *s, struct page_table *pt, uint64_t address, uint64_t pa,
                   uint64_t flags)
{
    uint64_t entry = pt_entry(pt, address, 0);
    iommu_note_store(s->b->iommu, entry, 8);
    pt_write(pt, entry, pt_pte(pa, flags));
}

static void with_history(struct iommu_config *config)
{
    config->history = true;
}

TEST_BOTH(corner_23_what_iotinval_reaches)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.second, OLD_PAGE, OLD_PAGE, 0, P_ALL);
    pt_map(&s.second, NEW_PAGE, NEW_PAGE, 0, P_ALL);
    pt_map(&s.first, VA, OLD_PAGE, 0, P_ALL);
    pt_map(&s.first, VA + 0x1000, OLD_PAGE, 0, P_ALL | P_G);
    CHECK_EQ(page_seen(&s, VA), OLD_PAGE);
    CHECK_EQ(page_seen(&s, VA + 0x1000), OLD_PAGE);
    change(&s, &s.first, VA, NEW_PAGE, P_ALL);
    change(&s, &s.first, VA + 0x1000, NEW_PAGE, P_ALL | P_G);
    /* GV=0 is about the host, GVMA about the second stage, PSCV=1 spares global pages. */
    bench_command(b, cmd_iotinval_vma(0, 0));
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    bench_command(b, cmd_iotinval_gvma(0, 0));
    CHECK(may_see(&s, VA, OLD_PAGE) && may_see(&s, VA, NEW_PAGE));
    bench_command(b, cmd_iotinval_vma(GV | VM | SPACE, 0));
    CHECK(!may_see(&s, VA, OLD_PAGE) && may_see(&s, VA, NEW_PAGE));
    CHECK_EQ(page_seen(&s, VA), NEW_PAGE);
    CHECK(may_see(&s, VA + 0x1000, OLD_PAGE) && may_see(&s, VA + 0x1000, NEW_PAGE));
    bench_command(b, cmd_iotinval_vma(GV | VM | AV, VA + 0x1000));
    CHECK(!may_see(&s, VA + 0x1000, OLD_PAGE));
    CHECK_EQ(page_seen(&s, VA + 0x1000), NEW_PAGE);
    /* GV=0 of GVMA: all machines, whatever AV and ADDR say. */
    change(&s, &s.second, NEW_PAGE, OLD_PAGE, P_ALL);
    CHECK(may_see(&s, VA, NEW_PAGE) && may_see(&s, VA, OLD_PAGE));
    bench_command(b, cmd_iotinval_gvma(AV | NL, 0x1000));
    CHECK(!may_see(&s, VA, NEW_PAGE));
    CHECK_EQ(page_seen(&s, VA), OLD_PAGE);
}

/* A directory entry may be cached with its guest address already translated: only IODIR
 * brings a change of that translation into view for certain. */
TEST_BOTH(corner_23_second_stage_under_a_cached_directory_pointer)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.second, OLD_PAGE, OLD_PAGE, 0, P_ALL);
    pt_map(&s.second, NEW_PAGE, NEW_PAGE, 0, P_ALL);
    pt_map(&s.first, VA, OLD_PAGE, 0, P_ALL);
    CHECK_EQ(page_seen(&s, VA), OLD_PAGE);
    /* Another root table for the same guest address, which leads to the new page. */
    struct page_table other = pt_create_guest(b, PT_SV39, s.first.guest);
    pt_map(&other, VA, NEW_PAGE, 0, P_ALL);
    change(&s, &s.second, s.first.root + SCENE_GUEST_OFFSET, other.root, P_ALL & ~P_X);
    bench_command(b, cmd_iotinval_gvma(GV | VM, 0));
    bench_command(b, cmd_iotinval_vma(GV | VM, 0));
    CHECK(may_see(&s, VA, NEW_PAGE));
    CHECK(may_see(&s, VA, OLD_PAGE));
    bench_command(b, cmd_iodir_ddt(s.device));
    CHECK(may_see(&s, VA, NEW_PAGE));
    CHECK(!may_see(&s, VA, OLD_PAGE));
    CHECK_EQ(page_seen(&s, VA), NEW_PAGE);
}

/* --- corner 24 --------------------------------------------------------------------------- */

TEST(corner_24_queue_errors_are_sticky_and_global)
{
    struct irq_scene i;
    struct fault_record record;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    shrink_fault_queue(b);
    cause_fault(&i);
    cause_fault(&i);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQOF), 1);
    CHECK_EQ(REG(b, FQT), 1);
    bench_pop_fault(b, &record);
    REG_SET(b, IPSR, FIP);
    /* Overflow and memory fault together: both have to go. fqof is cleared, and the next
     * record meets a fault. */
    fqcsr_clear(b, IOMMU_FQCSR_FQOF_MASK);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), 0);
    bench_inject(b, b->fq.base, 64, IOMMU_MEM_ACCESS_FAULT);
    cause_fault(&i);
    bench_clear_injections(b);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQMF), 1);
    CHECK_EQ(REG(b, FQT), 1);
    CHECK_EQ(REG(b, IPSR), FIP);
    /* Another device's fault, and one of another kind, are lost as well. */
    bench_translate(b, read_at(i.s.device + 1, 0));
    CHECK(iommu_report_fault(b->iommu, &(struct iommu_request){.device_id = i.s.device},
                             IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR));
    CHECK_EQ(REG(b, FQT), 1);
    fqcsr_clear(b, IOMMU_FQCSR_FQMF_MASK);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), 0);
    cause_fault(&i);
    CHECK_EQ(REG(b, IPSR), FIP);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT);
    /* The record about a message that faults is one of the same queue, and it ends there. */
    struct irq_scene m;
    scene_irq(&m, false);
    bench_inject(m.s.b, m.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    cause_page_request(&m);
    cause_fault(&m);
    CHECK_EQ(REG(m.s.b, IPSR), FIP | PIP);
    /* pip's message, then fip's for the record of that, then the fault itself. */
    CHECK_EQ(bench_fault_count(m.s.b), 3);
    CHECK_EQ(messages_of(&m, 4), 1);
    CHECK_EQ(messages_of(&m, 2), 1);
}

/* --- corner 25 --------------------------------------------------------------------------- */

TEST(corner_25_pending_bits_are_levels_and_messages_are_edges)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    /* A standing cause: cleared, the bit rises again at once, and sends again. */
    cause_illegal_command(&i);
    CHECK_EQ(messages_of(&i, 1), 1);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), CIP);
    CHECK_EQ(messages_of(&i, 1), 2);
    /* Disabled, it can be cleared; enabled later, it rises from the standing cause. */
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), 0);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    CHECK_EQ(REG(b, IPSR), CIP);
    CHECK_EQ(messages_of(&i, 1), 3);
    /* Masked: held, and sent once when the mask goes. */
    REG_N_SET(b, MSI_VEC_CTL, 1, 1);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), CIP);
    CHECK_EQ(messages_of(&i, 1), 3);
    REG_N_SET(b, MSI_VEC_CTL, 1, 0);
    CHECK_EQ(messages_of(&i, 1), 4);
    /* pmip: an overflow only, and only while OF is clear. */
    REG_SET(b, IOCOUNTINH, 0);
    REG_SET(b, IOHPMCYCLES, IOMMU_IOHPMCYCLES_OF_MASK);
    CHECK_EQ(REG(b, IPSR), CIP);
    uint64_t top = (1ull << b->config.hpm_cycle_bits) - 1;
    REG_SET(b, IOHPMCYCLES, IOMMU_IOHPMCYCLES_OF_MASK | top);
    iommu_advance_cycles(b->iommu, 1);
    CHECK_EQ(REG(b, IPSR), CIP);
    REG_SET(b, IOHPMCYCLES, top);
    iommu_advance_cycles(b->iommu, 1);
    CHECK_EQ(REG(b, IPSR), CIP | IOMMU_IPSR_PMIP_MASK);
    CHECK_EQ(messages_of(&i, 3), 1);
    REG_SET(b, IPSR, IOMMU_IPSR_PMIP_MASK);
    CHECK_EQ(REG(b, IPSR), CIP);
}
