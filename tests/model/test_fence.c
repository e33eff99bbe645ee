/* SPDX-License-Identifier: Apache-2.0 */
/* "IOMMU Command-queue Fence commands" and "IOMMU PCIe ATS commands". */
#include "scenes.h"

#define INVAL_PAYLOAD 0x0000123456789801ull /* G, S, and an address */

static void ready_for_ats(struct scene *s, struct bench *b)
{
    scene_first(s, b);
    s->dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    scene_update(s);
    pt_map(&s->first, 0x1000, 0x90001000, 0, P_ALL);
    bench_clear_log(b);
}

static struct command flag_fence(uint64_t flag, uint32_t value)
{
    return cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, flag, value);
}

/* R190 */
TEST_BOTH(fence_stores_its_data)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t page = bench_page(b);
    bench_command(b, flag_fence(page + 4, 0x89abcdef));
    CHECK_EQ(bench_get(b, page + 4, 4, false), 0x89abcdef);
    CHECK_EQ(bench_get(b, page, 4, false), 0);
    CHECK_EQ(bench_get(b, page + 8, 4, false), 0);
}

TEST(fence_store_is_one_write_of_four_bytes)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t page = bench_page(b);
    bench_clear_log(b);
    bench_command(b, flag_fence(page + 12, 0x01020304));
    CHECK_EQ(bench_accesses(b, IOMMU_FENCE), 1);
    const struct event *store = bench_access(b, IOMMU_FENCE, 0);
    REQUIRE(store != NULL);
    CHECK_EQ(store->kind, EVENT_WRITE);
    CHECK_EQ(store->access.address, page + 12);
    CHECK_EQ(store->access.size, 4);
    CHECK_EQ(event_value(store, 0, 4, false), 0x01020304);
}

TEST_BOTH(fence_store_follows_big_endian_fctl)
{
    struct bench *b = bench_create("max", NULL);
    bench_set_fctl(b, IOMMU_FCTL_BE_MASK);
    bench_start(b, 1);
    uint64_t page = bench_page(b);
    bench_command(b, flag_fence(page, 0x89abcdef));
    CHECK_EQ(bench_get(b, page, 4, true), 0x89abcdef);
}

/* Ignored operands: AV=0 with address and data. */
TEST(fence_without_av_stores_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    bench_clear_log(b);
    bench_command(b, cmd_iofence(0, 0x90000000, 0xffffffff));
    CHECK_EQ(bench_accesses(b, IOMMU_FENCE), 0);
}

/* ADDR[63:2] reaches all of the physical address space. */
TEST(fence_address_is_64_bits_wide)
{
    struct bench *b = bench_ready("max", NULL);
    bench_add_window(b, 0x00fedcba98765000, 4096);
    bench_command(b, flag_fence(0x00fedcba98765ffc, 0x600df00d));
    CHECK_EQ(bench_get(b, 0x00fedcba98765ffc, 4, false), 0x600df00d);
}

/* R192 */
TEST_BOTH(fence_orders_reads_and_writes_as_asked)
{
    struct bench *b = bench_ready("max", NULL);
    for (unsigned bits = 0; bits < 4; bits++) {
        bench_clear_log(b);
        bench_command(b, cmd_iofence(((bits & 1) != 0 ? IOMMU_CMD_IOFENCE_PR_MASK : 0) |
                                         ((bits & 2) != 0 ? IOMMU_CMD_IOFENCE_PW_MASK : 0),
                                     0, 0));
        test_note("PR=%u PW=%u", bits & 1, bits >> 1);
        CHECK_EQ(bench_events(b, EVENT_DRAIN), bits != 0);
        const struct event *drain = bench_event(b, EVENT_DRAIN, 0);
        if (drain == NULL)
            continue;
        CHECK_EQ(drain->drain_reads, bits & 1);
        CHECK_EQ(drain->drain_writes, bits >> 1);
    }
    test_note("%s", "");
}

/* The store tells software that the ordering is done: it comes after. */
TEST(fence_orders_before_it_stores)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t page = bench_page(b);
    bench_clear_log(b);
    bench_command(b, cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK | IOMMU_CMD_IOFENCE_PR_MASK |
                                     IOMMU_CMD_IOFENCE_PW_MASK,
                                 page, 1));
    const struct event *drain = bench_event(b, EVENT_DRAIN, 0);
    const struct event *store = bench_access(b, IOMMU_FENCE, 0);
    REQUIRE(drain != NULL && store != NULL);
    CHECK(drain < store);
}

static struct bench *wired_bench(void)
{
    struct bench *b = bench_create("max", NULL);
    bench_set_fctl(b, IOMMU_FCTL_WSI_MASK);
    bench_start(b, 1);
    return b;
}

/* R183 */
TEST_BOTH(fence_wired_interrupt_sets_fence_w_ip_and_goes_on)
{
    struct bench *b = wired_bench();
    uint64_t page = bench_page(b);
    bench_queue_command(b, cmd_iofence(IOMMU_CMD_IOFENCE_WSI_MASK, 0, 0));
    bench_queue_command(b, flag_fence(page, 1));
    bench_doorbell(b);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 1);
    CHECK_EQ(REG(b, CQH), 2);
    CHECK_EQ(bench_get32(b, page), 1);
    CHECK_EQ(REG_FIELD(b, IPSR, CIP), 0);
    cqcsr_clear(b, IOMMU_CQCSR_FENCE_W_IP_MASK);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 0);
    /* Without WSI=1 the bit stays clear. */
    bench_command(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 0);
}

/* R191 */
TEST_BOTH(fence_wired_interrupt_is_illegal_without_wires)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t page = bench_page(b);
    CHECK_EQ(REG_FIELD(b, FCTL, WSI), 0);
    bench_push(b, cmd_iofence(IOMMU_CMD_IOFENCE_WSI_MASK | IOMMU_CMD_IOFENCE_AV_MASK, page, 9));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_ILL), 1);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 0);
    CHECK_EQ(REG(b, CQH), 0);
    CHECK_EQ(bench_get32(b, page), 0);
}

/* --- R196: invalidation requests ----------------------------------------------------- */

TEST_BOTH(ats_inval_sends_a_request)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    struct command c = cmd_ats_inval(0x3a1234, INVAL_PAYLOAD);
    c.dw[0] |= IOMMU_CMD_ATS_PV_MASK | IOMMU_PREP(IOMMU_CMD_ATS_PID, 0xabcde);
    bench_command(b, c);
    REQUIRE(message_count(b) == 1);
    const struct iommu_message *m = message_at(b, 0);
    CHECK_EQ(m->kind, IOMMU_MSG_INVALIDATION_REQUEST);
    CHECK_EQ(m->device_id, 0x3a1234);
    CHECK_EQ(m->segment_valid, true);
    CHECK_EQ(m->pasid_valid, true);
    CHECK_EQ(m->process_id, 0xabcde);
    CHECK_EQ(m->payload, INVAL_PAYLOAD);
    CHECK_EQ(m->automatic, false);
    CHECK_EQ(iommu_itags_busy(b->iommu), 1u << m->itag);
}

/* PV=0 and DSV=0: PID and DSEG are ignored. */
TEST_BOTH(ats_commands_ignore_operands_without_their_valid_bits)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    struct command c = cmd_ats_inval(0x3a1234, INVAL_PAYLOAD);
    c.dw[0] |= IOMMU_CMD_ATS_PID_MASK;
    c.dw[0] &= ~(uint64_t)IOMMU_CMD_ATS_DSV_MASK;
    bench_command(b, c);
    c = cmd_ats_prgr(0x3a1234, 0x0000f0a500000000);
    c.dw[0] |= IOMMU_CMD_ATS_PID_MASK;
    c.dw[0] &= ~(uint64_t)IOMMU_CMD_ATS_DSV_MASK;
    bench_command(b, c);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQ(message_at(b, i)->device_id & 0xffff, 0x1234);
        CHECK_EQ(message_at(b, i)->device_id >> 16, 0);
        CHECK_EQ(message_at(b, i)->segment_valid, false);
        CHECK_EQ(message_at(b, i)->pasid_valid, false);
        CHECK_EQ(message_at(b, i)->process_id, 0);
    }
}

/* R197: a response is sent, and takes no tag. */
TEST_BOTH(ats_prgr_sends_a_response)
{
    struct bench *b = bench_ready("max", NULL);
    struct command c = cmd_ats_prgr(0x010203, 0x0000f1a500000000);
    c.dw[0] |= IOMMU_CMD_ATS_PV_MASK | IOMMU_PREP(IOMMU_CMD_ATS_PID, 0x54321);
    bench_clear_log(b);
    bench_command(b, c);
    REQUIRE(message_count(b) == 1);
    const struct iommu_message *m = message_at(b, 0);
    CHECK_EQ(m->kind, IOMMU_MSG_PAGE_REQUEST_GROUP_RESP);
    CHECK_EQ(m->device_id, 0x010203);
    CHECK_EQ(m->process_id, 0x54321);
    CHECK_EQ(m->pasid_valid, true);
    CHECK_EQ(m->payload, 0x0000f1a500000000);
    CHECK_EQ(m->automatic, false);
    CHECK_EQ(iommu_itags_busy(b->iommu), 0);
    bench_command(b, cmd_iofence(0, 0, 0));
}

/* R189: the fence waits for the completion; commands in front of it do not. */
TEST_BOTH(fence_waits_for_invalidation_completions)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    uint64_t flag = bench_page(b);
    uint64_t start = REG(b, CQH);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    bench_push(b, cmd_iotinval_vma(0, 0));
    bench_push(b, flag_fence(flag, 1));
    CHECK_EQ(REG(b, CQH), start + 2);
    CHECK_EQ(bench_get32(b, flag), 0);
    CHECK_EQ(REG(b, CQCSR), IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK);
    bench_push(b, flag_fence(flag + 4, 2));
    CHECK_EQ(REG(b, CQH), start + 2);
    uint32_t tags = iommu_itags_busy(b->iommu);
    CHECK(iommu_invalidation_completion(b->iommu, s.device, tags, 1));
    CHECK_EQ(REG(b, CQH), start + 4);
    CHECK_EQ(bench_get32(b, flag), 1);
    CHECK_EQ(bench_get32(b, flag + 4), 2);
    CHECK_EQ(iommu_itags_busy(b->iommu), 0);
}

/* A completion of another device, or of another tag, is not the one waited for. */
TEST_BOTH(invalidation_completion_must_match_device_and_tag)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    bench_write_dc(b, s.device + 1, &s.dc);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    uint32_t tag = iommu_itags_busy(b->iommu);
    uint32_t other = tag == 1 ? 2 : 1;
    CHECK(!iommu_invalidation_completion(b->iommu, s.device + 1, tag, 1));
    CHECK_EQ(iommu_itags_busy(b->iommu), tag);
    CHECK(!iommu_invalidation_completion(b->iommu, s.device, other, 1));
    CHECK_EQ(iommu_itags_busy(b->iommu), tag);
    CHECK(iommu_invalidation_completion(b->iommu, s.device, tag, 1));
    CHECK_EQ(iommu_itags_busy(b->iommu), 0);
    /* Both unwanted ones came from devices with EN_ATS: ignored, no record. */
    CHECK_NO_RECORD(b);
}

/* Unasked for, from a device without ATS: "Transaction type disallowed". */
TEST_BOTH(invalidation_completion_without_ats_is_reported)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_bare(&s, b);
    CHECK(!iommu_invalidation_completion(b->iommu, s.device, 1, 1));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.dw[0], IOMMU_PREP(IOMMU_FQ_CAUSE, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED) |
                               IOMMU_PREP(IOMMU_FQ_TTYP, IOMMU_TTYP_MESSAGE_REQ) |
                               IOMMU_PREP(IOMMU_FQ_DID, s.device));
    CHECK_EQ(record.iotval, 2);
    CHECK_EQ(record.iotval2, 0);
    CHECK_NO_RECORD(b);
}

/* R202: as many completions as the CC field says; 0 stands for 8. */
TEST_BOTH(invalidation_needs_all_its_completions)
{
    for (uint8_t count = 0; count < 8; count++) {
        struct bench *b = bench_ready("max", NULL);
        struct scene s;
        ready_for_ats(&s, b);
        bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
        uint32_t tag = iommu_itags_busy(b->iommu);
        test_note("CC=%u", count);
        for (unsigned i = 0; i < (count == 0 ? 8u : count); i++) {
            CHECK_EQ(iommu_itags_busy(b->iommu), tag);
            CHECK(iommu_invalidation_completion(b->iommu, s.device, tag, count));
        }
        CHECK_EQ(iommu_itags_busy(b->iommu), 0);
    }
    test_note("%s", "");
}

/* One message may complete several tags. */
TEST_BOTH(invalidation_completion_of_several_tags)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    for (unsigned i = 0; i < 3; i++)
        bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    uint32_t tags = iommu_itags_busy(b->iommu);
    CHECK_EQ(__builtin_popcount(tags), 3);
    CHECK(iommu_invalidation_completion(b->iommu, s.device, tags, 1));
    CHECK_EQ(iommu_itags_busy(b->iommu), 0);
}

static void two_itags(struct iommu_config *config)
{
    config->itags = 2;
}

TEST_BOTH(ats_inval_waits_for_a_free_tag)
{
    struct bench *b = bench_ready("max", two_itags);
    struct scene s;
    ready_for_ats(&s, b);
    uint64_t start = REG(b, CQH), flag = bench_page(b);
    for (unsigned i = 0; i < 3; i++)
        bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD + 0x1000 * i));
    bench_push(b, flag_fence(flag, 1));
    CHECK_EQ(REG(b, CQH), start + 2);
    CHECK_EQ(message_count(b), 2);
    CHECK_EQ(iommu_itags_busy(b->iommu), 3);
    CHECK_EQ(REG(b, CQCSR), IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK);
    CHECK(iommu_invalidation_completion(b->iommu, s.device, 1u << message_at(b, 0)->itag, 1));
    CHECK_EQ(message_count(b), 3);
    CHECK_EQ(message_at(b, 2)->itag, message_at(b, 0)->itag);
    CHECK_EQ(message_at(b, 2)->payload, INVAL_PAYLOAD + 0x2000);
    CHECK_EQ(REG(b, CQH), start + 3);
    CHECK(iommu_invalidation_completion(b->iommu, s.device, 3, 1));
    CHECK_EQ(REG(b, CQH), start + 4);
    CHECK_EQ(bench_get32(b, flag), 1);
}

/* All 32 tags in use at the same time are different ones. */
TEST_BOTH(ats_inval_tags_are_unique)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    uint32_t seen = 0;
    for (unsigned i = 0; i < b->config.itags; i++) {
        bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
        uint32_t tag = 1u << message_at(b, i)->itag;
        CHECK_EQ(seen & tag, 0);
        seen |= tag;
        CHECK_EQ(iommu_itags_busy(b->iommu), seen);
    }
    CHECK_EQ(__builtin_popcount(seen), b->config.itags);
}

/* R181: the fence meets the time-out of a request before it. */
TEST_BOTH(fence_reports_a_timeout_at_its_own_index)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    uint64_t flag = bench_page(b);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    bench_push(b, flag_fence(flag, 1));
    uint64_t fence = b->cq_tail - 1u;
    iommu_invalidation_timeout(b->iommu, iommu_itags_busy(b->iommu));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_TO), 1);
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_ILL) | REG_FIELD(b, CQCSR, CQMF), 0);
    CHECK_EQ(REG(b, CQH), fence);
    CHECK_EQ(bench_get32(b, flag), 0);
    CHECK_EQ(iommu_itags_busy(b->iommu), 0);
    /* Run again, there is nothing left to wait for. */
    cqcsr_clear(b, IOMMU_CQCSR_CMD_TO_MASK);
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_TO), 0);
    CHECK_EQ(REG(b, CQH), fence + 1);
    CHECK_EQ(bench_get32(b, flag), 1);
}

/* A time-out is only told by a later fence; and not twice. */
TEST_BOTH(timeout_waits_for_the_next_fence)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    iommu_invalidation_timeout(b->iommu, iommu_itags_busy(b->iommu));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_TO), 0);
    bench_push(b, cmd_iotinval_vma(0, 0));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_TO), 0);
    bench_push(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_TO), 1);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_TO_MASK);
    CHECK_EQ(REG(b, CQH), b->cq_tail);
    bench_command(b, cmd_iofence(0, 0, 0));
}

/* "All other commands previous to the IOFENCE.C have completed" before cmd_to is set. */
TEST_BOTH(timeout_of_one_tag_still_waits_for_the_others)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    bench_push(b, cmd_iofence(0, 0, 0));
    uint32_t first = 1u << message_at(b, 0)->itag, second = 1u << message_at(b, 1)->itag;
    iommu_invalidation_timeout(b->iommu, first);
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_TO), 0);
    CHECK_EQ(iommu_itags_busy(b->iommu), second);
    CHECK(iommu_invalidation_completion(b->iommu, s.device, second, 1));
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_TO), 1);
    CHECK_EQ(REG(b, CQH), b->cq_tail - 1u);
}

/* A tag that is not in use cannot time out. */
TEST_BOTH(timeout_of_a_free_tag_does_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    iommu_invalidation_timeout(b->iommu, 0xffffffff);
    bench_command(b, cmd_iofence(0, 0, 0));
}

/* Translation goes on while the queue waits. */
TEST_BOTH(translation_does_not_wait_for_the_command_queue)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    bench_push(b, cmd_iofence(0, 0, 0));
    scene_check_alive(HERE, &s, 0x1234, 0x90001234);
}

static void manual(struct iommu_config *config)
{
    config->manual = true;
}

TEST_BOTH(fence_in_manual_mode_says_that_it_waits)
{
    struct bench *b = bench_ready("max", manual);
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    bench_write_dc(b, s.device, &s.dc);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    bench_push(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_DONE);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_WAITING);
    CHECK_EQ(REG(b, CQH), 1);
    CHECK(iommu_invalidation_completion(b->iommu, s.device, iommu_itags_busy(b->iommu), 1));
    CHECK_EQ(REG(b, CQH), 1);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_DONE);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_NONE);
}

/* Switching the queue off with requests outstanding: late completions do no harm, and a
 * fence after a restart does not wait for ever for tags that are gone. */
TEST_BOTH(queue_off_with_requests_outstanding)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    ready_for_ats(&s, b);
    bench_push(b, cmd_ats_inval(s.device, INVAL_PAYLOAD));
    uint32_t tag = iommu_itags_busy(b->iommu);
    REG_SET(b, CQCSR, 0);
    CHECK_EQ(REG_FIELD(b, CQCSR, CQON), 0);
    iommu_invalidation_completion(b->iommu, s.device, tag, 1);
    REG_SET(b, CQT, 0);
    b->cq_tail = 0;
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    bench_command(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(iommu_itags_busy(b->iommu), 0);
}
