/* SPDX-License-Identifier: Apache-2.0 */
/* Callbacks that call back into the IOMMU while it carries out a command. */
#include "scenes.h"

/* What a hook does, and how often it was called for it. */
struct visitor {
    struct bench *b;
    unsigned visits;
    uint32_t tail; /* what it writes to cqt */
    enum iommu_command_status status;
};

static void visit_with(struct visitor *v, bench_hook *hook, config_tweak *tweak)
{
    *v = (struct visitor){.b = bench_ready("max", tweak)};
    v->b->hook = hook;
    v->b->hook_context = v;
}

static bool is_store(const struct iommu_access *access, enum event_kind kind,
                     enum iommu_structure structure)
{
    return kind == EVENT_WRITE && access->structure == structure;
}

/* A device that answers at once. */
static void complete_invalidation(struct bench *b, const struct iommu_access *access,
                                  enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    (void)access;
    if (kind != EVENT_MESSAGE)
        return;
    const struct iommu_message *message = message_at(b, message_count(b) - 1);
    v->visits++;
    CHECK(iommu_invalidation_completion(b->iommu, message->device_id, 1u << message->itag, 1));
}

TEST(reentry_of_a_device_that_completes_inside_the_message)
{
    struct visitor v;
    visit_with(&v, complete_invalidation, NULL);
    uint64_t fence = bench_page(v.b);
    for (unsigned i = 0; i < 3; i++)
        bench_queue_command(v.b, cmd_ats_inval(5 + i, 0));
    bench_queue_command(v.b, cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, fence, 0x77));
    bench_doorbell(v.b);
    CHECK_EQ(v.visits, 3);
    CHECK_EQ(REG(v.b, CQH), 4);
    CHECK_EQ(iommu_itags_busy(v.b->iommu), 0);
    CHECK_EQ(bench_get32(v.b, fence), 0x77);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(message_at(v.b, i)->device_id, 5 + i);
}

/* A host that rings the doorbell while a fence has the bridge drain. */
static void drain_and_ring(struct bench *b, const struct iommu_access *access, enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    (void)access;
    if (kind != EVENT_DRAIN)
        return;
    v->visits++;
    REG_SET(b, CQT, v->tail);
}

TEST(reentry_of_a_drain_that_adds_commands)
{
    struct visitor v;
    visit_with(&v, drain_and_ring, NULL);
    v.tail = 3;
    bench_queue_command(v.b, cmd_iofence(IOMMU_CMD_IOFENCE_PR_MASK, 0, 0));
    bench_queue_command(v.b, cmd_iofence(IOMMU_CMD_IOFENCE_PW_MASK, 0, 0));
    bench_queue_command(v.b, cmd_iofence(0, 0, 0));
    REG_SET(v.b, CQT, 1);
    CHECK_EQ(v.visits, 2);
    CHECK_EQ(REG(v.b, CQH), 3);
}

/* The store of a fence is routed to cqt: a command that puts the next one into the queue. */
static void store_to_cqt(struct bench *b, const struct iommu_access *access, enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    if (!is_store(access, kind, IOMMU_FENCE))
        return;
    v->visits++;
    CHECK_EQ(REG(b, CQH), v->visits - 1); /* it is not done yet */
    REG_SET(b, CQT, v->tail);
}

TEST(reentry_of_a_fence_that_stores_to_cqt)
{
    struct visitor v;
    visit_with(&v, store_to_cqt, NULL);
    uint64_t address = bench_page(v.b);
    for (unsigned i = 0; i < 2; i++)
        bench_queue_command(v.b, cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, address, 0));
    v.tail = 2;
    REG_SET(v.b, CQT, 1);
    CHECK_EQ(v.visits, 2);
    CHECK_EQ(REG(v.b, CQH), 2);
}

/* The queue starts anew inside a command: its index is not moved by that command any more. */
static void restart_queue(struct bench *b, const struct iommu_access *access, enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    if (!is_store(access, kind, IOMMU_FENCE))
        return;
    v->visits++;
    REG_SET(b, CQCSR, 0);
    REG_SET(b, CQT, 0);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
}

TEST(reentry_of_a_fence_that_restarts_the_queue)
{
    struct visitor v;
    visit_with(&v, restart_queue, NULL);
    bench_queue_command(v.b, cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, bench_page(v.b), 0));
    bench_doorbell(v.b);
    CHECK_EQ(v.visits, 1);
    CHECK_EQ(REG(v.b, CQH), 0);
    v.b->cq_tail = 0;
    v.b->hook = NULL;
    bench_command(v.b, cmd_iofence(0, 0, 0));
    CHECK_EQ(REG(v.b, CQH), 1);
}

/* The queue is switched off inside the drain of a fence, which is then aborted: cqon has read 0. */
static void switch_off(struct bench *b, const struct iommu_access *access, enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    (void)access;
    if (kind != EVENT_DRAIN || v->visits++ != 0)
        return;
    REG_SET(b, CQCSR, 0);
    CHECK_EQ(REG(b, CQCSR), 0);
    if (v->tail == 0)
        return;
    REG_SET(b, CQT, 0);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
}

static void fence_with_wire(struct visitor *v, uint32_t tail, uint64_t *word)
{
    *v = (struct visitor){.b = bench_create("max", NULL), .tail = tail};
    bench_set_fctl(v->b, IOMMU_FCTL_WSI_MASK);
    bench_start(v->b, 3);
    v->b->hook = switch_off;
    v->b->hook_context = v;
    *word = bench_page(v->b);
    REG_SET(v->b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    bench_push(v->b, cmd_iofence(IOMMU_CMD_IOFENCE_WSI_MASK | IOMMU_CMD_IOFENCE_PR_MASK |
                                     IOMMU_CMD_IOFENCE_AV_MASK,
                                 *word, 0x55));
    CHECK_EQ(v->visits, 1);
}

TEST(reentry_of_a_drain_that_switches_the_queue_off)
{
    struct visitor v;
    uint64_t word;
    fence_with_wire(&v, 0, &word);
    CHECK_EQ(REG(v.b, CQCSR), 0);
    CHECK_EQ(REG(v.b, CQH), 0);
    CHECK_EQ(bench_get32(v.b, word), 0);
}

/* Before, the old fence set fence_w_ip of the new queue, and not cip with it. */
TEST(reentry_of_a_drain_that_restarts_the_queue)
{
    struct visitor v;
    uint64_t word;
    fence_with_wire(&v, 1, &word);
    CHECK_EQ(REG(v.b, CQCSR), IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK | IOMMU_CQCSR_CQON_MASK);
    CHECK_EQ(REG(v.b, CQH), 0);
    CHECK_EQ(REG(v.b, IPSR), 0);
    CHECK_EQ(bench_get32(v.b, word), 0);
}

/* A handler that runs as the message arrives: it puts the queue right, which goes on then. */
static void repair_queue(struct bench *b, const struct iommu_access *access, enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    if (!is_store(access, kind, IOMMU_MSI))
        return;
    v->visits++;
    bench_put64(b, b->cq.base + REG(b, CQH) * IOMMU_CMD_BYTES, cmd_iofence(0, 0, 0).dw[0]);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
    REG_SET(b, IPSR, IOMMU_IPSR_CIP_MASK);
}

TEST(reentry_of_an_interrupt_handler)
{
    struct visitor v;
    visit_with(&v, repair_queue, NULL);
    REG_N_SET(v.b, MSI_ADDR, 0, bench_page(v.b));
    REG_SET(v.b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    for (unsigned i = 0; i < 3; i++)
        bench_queue_command(v.b, cmd_make(0, 0));
    bench_doorbell(v.b);
    CHECK_EQ(v.visits, 3);
    CHECK_EQ(REG(v.b, CQH), 3);
    CHECK_EQ(REG(v.b, IPSR), 0);
}

/* A handler that acknowledges first: the cause is still there, and raises the bit again at once.
 * The message of that edge comes when the handler is through, and finds nothing to do. */
static void acknowledge_first(struct bench *b, const struct iommu_access *access,
                              enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    if (!is_store(access, kind, IOMMU_MSI))
        return;
    if (++v->visits > 1) {
        CHECK_EQ(REG(b, CQCSR) & IOMMU_CQCSR_CMD_ILL_MASK, 0);
        CHECK_EQ(REG(b, IPSR), IOMMU_IPSR_CIP_MASK);
        return;
    }
    REG_SET(b, IPSR, IOMMU_IPSR_CIP_MASK);
    CHECK_EQ(REG(b, IPSR), IOMMU_IPSR_CIP_MASK);
    CHECK_EQ(v->visits, 1);
    bench_put64(b, b->cq.base + REG(b, CQH) * IOMMU_CMD_BYTES, cmd_iofence(0, 0, 0).dw[0]);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
}

TEST(reentry_of_an_interrupt_handler_that_acknowledges_first)
{
    struct visitor v;
    visit_with(&v, acknowledge_first, NULL);
    REG_N_SET(v.b, MSI_ADDR, 0, bench_page(v.b));
    REG_SET(v.b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    bench_push(v.b, cmd_make(0, 0));
    CHECK_EQ(v.visits, 2);
    CHECK_EQ(REG(v.b, CQH), 1);
}

/* A handler that makes the next edge, and has interrupts on wires before its message can go. */
static void acknowledge_and_go_to_wires(struct bench *b, const struct iommu_access *access,
                                        enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    if (!is_store(access, kind, IOMMU_MSI) || ++v->visits > 1)
        return;
    REG_SET(b, IPSR, IOMMU_IPSR_CIP_MASK);
    CHECK_EQ(REG(b, IPSR), IOMMU_IPSR_CIP_MASK);
    REG_SET(b, CQCSR, 0);
    REG_SET(b, FQCSR, 0);
    REG_SET(b, PQCSR, 0);
    REG_SET(b, DDTP, IOMMU_DDTP_MODE_OFF);
    REG_SET(b, FCTL, IOMMU_FCTL_WSI_MASK);
    CHECK_EQ(REG(b, FCTL), IOMMU_FCTL_WSI_MASK);
}

TEST(reentry_of_an_interrupt_handler_that_goes_to_wires)
{
    struct visitor v;
    visit_with(&v, acknowledge_and_go_to_wires, NULL);
    REG_N_SET(v.b, MSI_ADDR, 0, bench_page(v.b));
    REG_SET(v.b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    bench_push(v.b, cmd_make(0, 0));
    CHECK_EQ(v.visits, 1);
    REG_SET(v.b, FCTL, 0);
    CHECK_EQ(v.visits, 2); /* it was only held back */
}

/* With config.manual, too, a command is carried out once. */
static void step_queue(struct bench *b, const struct iommu_access *access, enum event_kind kind)
{
    struct visitor *v = b->hook_context;
    (void)access;
    if (kind != EVENT_MESSAGE)
        return;
    v->visits++;
    v->status = iommu_process_command(b->iommu);
}

static void manual(struct iommu_config *config)
{
    config->manual = true;
}

TEST(reentry_of_a_message_that_steps_the_queue)
{
    struct visitor v;
    visit_with(&v, step_queue, manual);
    for (unsigned i = 0; i < 2; i++)
        bench_push(v.b, cmd_ats_inval(5, 0));
    CHECK_EQ(iommu_process_command(v.b->iommu), IOMMU_COMMAND_DONE);
    CHECK_EQ(v.visits, 1);
    CHECK_EQ(v.status, IOMMU_COMMAND_NONE);
    CHECK_EQ(REG(v.b, CQH), 1);
    CHECK_EQ(iommu_process_command(v.b->iommu), IOMMU_COMMAND_DONE);
    CHECK_EQ(REG(v.b, CQH), 2);
}

/* --- invalidations inside a translation ------------------------------------------------- */

/* A handler of a counter's overflow that changes a table, and invalidates what is cached. */
struct editor {
    uint64_t entry, value; /* what it writes, and where */
    bool directory;        /* IODIR, not IOTINVAL.VMA */
    unsigned visits;
};

static void edit_and_invalidate(struct bench *b, const struct iommu_access *access,
                                enum event_kind kind)
{
    struct editor *e = b->hook_context;
    if (access == NULL || !is_store(access, kind, IOMMU_MSI))
        return;
    e->visits++;
    bench_put64(b, e->entry, e->value);
    b->hook = NULL;
    bench_command(b, e->directory
                         ? cmd_iodir_all()
                         : cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_GV_MASK |
                                                IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID),
                                            0));
}

/* Counter 1 overflows at the count-th `event` of the request. @return whether it did */
static bool edit_during(struct scene *s, struct editor *e, struct iommu_request request,
                        unsigned event, unsigned count)
{
    REG_N_SET(s->b, MSI_ADDR, 0, bench_page(s->b));
    REG_N_SET(s->b, IOHPMCTR, 1, 0 - (uint64_t)count);
    REG_N_SET(s->b, IOHPMEVT, 1, event);
    s->b->hook = edit_and_invalidate;
    s->b->hook_context = e;
    bench_translate(s->b, request);
    s->b->hook = NULL;
    return e->visits != 0;
}

/* The translation itself may come out as before, the next one may not. */
TEST(reentry_of_an_invalidation_of_pages_inside_a_translation)
{
    bool more = true;
    for (unsigned count = 1; more; count++) {
        struct scene s;
        scene_nested(&s, bench_ready("max", NULL));
        pt_map(&s.second, 0x7000, 0x90000000, 0, P_ALL);
        pt_map(&s.second, 0x8000, 0x90001000, 0, P_ALL);
        struct editor e = {.entry = pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL),
                           .value = pt_pte(0x8000, P_ALL)};
        test_note("second-stage walk %u", count);
        more = edit_during(&s, &e, read_at(s.device, 0x1000), IOMMU_HPM_EVENT_SECOND_STAGE_WALK,
                           count);
        CHECK(more || count == 13); /* 4 times 3 levels */
        EXPECT_OK(s.b, read_at(s.device, 0x1000), more ? 0x90001000 : 0x90000000);
    }
}

TEST(reentry_of_an_invalidation_of_directories_inside_a_translation)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        bool more = true;
        for (unsigned count = 1; more; count++) {
            struct scene s;
            scene_process(&s, bench_ready("max", NULL));
            pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL);
            struct iommu_request request = with_pid(read_at(s.device, 0x1000), SCENE_PID);
            /* The entry above the context now leads to a page of invalid ones. */
            struct editor e = {.entry = kind == 0 ? bench_ddt_entry(s.b, s.device, 1)
                                                  : pdt_entry(&s.pdt, SCENE_PID, 1),
                               .value = pt_pte(bench_page(s.b), P_V),
                               .directory = true};
            test_note("%s walk %u", kind == 0 ? "DDT" : "PDT", count);
            more =
                edit_during(&s, &e, request,
                            kind == 0 ? IOMMU_HPM_EVENT_DDT_WALK : IOMMU_HPM_EVENT_PDT_WALK, count);
            CHECK(more || count == 4);
            if (more)
                CHECK_EQ(bench_translate(s.b, request).cause,
                         kind == 0 ? IOMMU_CAUSE_DDT_NOT_VALID : IOMMU_CAUSE_PDT_NOT_VALID);
        }
    }
}
