/* SPDX-License-Identifier: Apache-2.0 */
/* "PCIe ATS Page Request handling": queueing, and the responses that the IOMMU makes. */
#include "scenes.h"

/* PCI Express message code of a Page Request, as the fault record shows it. */
#define CODE_PAGE_REQUEST 4u
#define GROUP 0x1a5u

static void scene_pri(struct scene *s, struct bench *b, uint64_t tc_bits)
{
    scene_process(s, b);
    s->dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK | tc_bits;
    scene_update(s);
    bench_clear_log(b);
}

static struct iommu_page_request last_request(const struct scene *s)
{
    return page_request_of(s->device, page_request_payload(0xabcde000, GROUP));
}

/* The response that left: to whom, with or without PASID, group and code. */
static void check_response(struct place place, struct bench *b,
                           const struct iommu_page_request *request, bool pasid,
                           enum iommu_prgr_code code)
{
    test_check_eq(place, message_count(b), 1, "messages");
    if (message_count(b) == 0)
        return;
    const struct iommu_message *m = message_at(b, 0);
    test_check_eq(place, m->kind, IOMMU_MSG_PAGE_REQUEST_GROUP_RESP, "kind of message");
    test_check_eq(place, m->device_id, request->device_id, "device_id");
    test_check_eq(place, m->pasid_valid, pasid, "PASID present");
    test_check_eq(place, m->process_id, pasid ? request->process_id : 0, "PASID");
    test_check_eq(place, m->payload,
                  IOMMU_PREP(IOMMU_CMD_ATS_PRGR_PRGI, IOMMU_GET(request->payload, IOMMU_PQ_PRGI)) |
                      IOMMU_PREP(IOMMU_CMD_ATS_PRGR_RESPONSE_CODE, code),
                  "payload");
    test_check_eq(place, m->automatic, true, "automatic");
    bench_clear_log(b);
}

/* The fault record of a Page Request. */
static struct fault_record message_fault(const struct iommu_page_request *request, uint16_t cause)
{
    struct fault_record f = {.cause = cause, .iotval = CODE_PAGE_REQUEST};
    f.dw[0] = IOMMU_PREP(IOMMU_FQ_CAUSE, cause) |
              IOMMU_PREP(IOMMU_FQ_TTYP, IOMMU_TTYP_MESSAGE_REQ) |
              IOMMU_PREP(IOMMU_FQ_DID, request->device_id);
    if (request->process_id_valid)
        f.dw[0] |= IOMMU_FQ_PV_MASK | IOMMU_PREP(IOMMU_FQ_PID, request->process_id) |
                   IOMMU_PREP(IOMMU_FQ_PRIV, request->privileged);
    f.dw[2] = CODE_PAGE_REQUEST;
    return f;
}

/* Request, response, code, PASID in the response, and the one fault record (0: none). */
static void expect_response(struct place place, struct bench *b, struct iommu_page_request request,
                            enum iommu_prgr_code code, uint16_t cause)
{
    bool pasid = code == IOMMU_PRGR_RESPONSE_FAILURE && request.process_id_valid;
    struct iommu_pri_result r = iommu_page_request(b->iommu, &request);
    test_check_eq(place, r.status, IOMMU_PRI_RESPONDED, "status");
    test_check_eq(place, r.code, code, "code");
    test_check_eq(place, r.cause, cause, "cause");
    check_response(place, b, &request, pasid, code);
    if (cause != 0)
        bench_check_record(place, b, message_fault(&request, cause));
    test_check_eq(place, bench_fault_count(b), 0, "fault records");
    test_check_eq(place, bench_page_request_count(b), 0, "queued page requests");
}

/* Nothing is sent and nothing queued. */
static void expect_discarded(struct place place, struct bench *b, struct iommu_page_request request)
{
    uint32_t before = bench_page_request_count(b);
    struct iommu_pri_result r = iommu_page_request(b->iommu, &request);
    test_check_eq(place, r.status, IOMMU_PRI_DISCARDED, "status");
    test_check_eq(place, message_count(b), 0, "messages");
    test_check_eq(place, bench_page_request_count(b), before, "queued page requests");
}

/* Messages that want no response: another one of the group follows, or a Stop Marker. */
static void expect_both_discarded(struct place place, struct bench *b,
                                  struct iommu_page_request request)
{
    struct iommu_page_request more = request, stop = request;
    more.payload &= ~(uint64_t)IOMMU_PQ_L_MASK;
    stop.payload &= ~(uint64_t)(IOMMU_PQ_R_MASK | IOMMU_PQ_W_MASK);
    test_note("%s", "not the last of its group");
    expect_discarded(place, b, more);
    test_note("%s", "stop marker");
    expect_discarded(place, b, stop);
    test_note("%s", "");
}

TEST_BOTH(pri_request_is_queued)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b, 0);
    struct iommu_page_request request = last_request(&s);
    request.privileged = true;
    request.execute = true;
    struct iommu_pri_result r = iommu_page_request(b->iommu, &request);
    CHECK_EQ(r.status, IOMMU_PRI_QUEUED);
    CHECK_EQ(r.cause, 0);
    CHECK_EQ(message_count(b), 0);
    REQUIRE(bench_pop_page_request(b, &record));
    CHECK_EQ(record.dw[0], IOMMU_PREP(IOMMU_PQ_PID, SCENE_PID) | IOMMU_PQ_PV_MASK |
                               IOMMU_PQ_PRIV_MASK | IOMMU_PQ_EXEC_MASK |
                               IOMMU_PREP(IOMMU_PQ_DID, s.device));
    CHECK_EQ(record.dw[1], request.payload);
    CHECK_EQ(bench_page_request_count(b), 0);
    CHECK_NO_RECORD(b);
}

/* Only EN_ATS and EN_PRI count: no process context is looked up. */
TEST_BOTH(pri_request_of_a_process_without_context_is_queued)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    struct iommu_page_request request = last_request(&s);
    request.process_id = 0xfffff;
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
    CHECK_EQ(bench_page_request_count(b), 1);
}

/* R167 */
TEST_BOTH(pri_stop_marker_is_queued)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b, 0);
    struct iommu_page_request stop = page_request_of(s.device, IOMMU_PQ_L_MASK);
    CHECK_EQ(iommu_page_request(b->iommu, &stop).status, IOMMU_PRI_QUEUED);
    REQUIRE(bench_pop_page_request(b, &record));
    CHECK_EQ(record.dw[1], IOMMU_PQ_L_MASK);
    CHECK_EQ(record.pv, 1);
    CHECK_EQ(message_count(b), 0);
}

/* R169: Response Failure with the mode Off; R172: with the request's PASID, if any. */
TEST_BOTH(pri_mode_off_is_a_response_failure)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    struct iommu_page_request request = last_request(&s);
    expect_response(HERE, b, request, IOMMU_PRGR_RESPONSE_FAILURE,
                    IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    request.process_id_valid = false;
    request.process_id = 0;
    expect_response(HERE, b, request, IOMMU_PRGR_RESPONSE_FAILURE,
                    IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    expect_both_discarded(HERE, b, last_request(&s));
}

TEST_BOTH(pri_device_context_not_valid_is_a_response_failure)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    s.dc.tc &= ~(uint64_t)IOMMU_DC_TC_V_MASK;
    scene_update(&s);
    bench_clear_log(b);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_RESPONSE_FAILURE,
                    IOMMU_CAUSE_DDT_NOT_VALID);
    expect_both_discarded(HERE, b, last_request(&s));
}

TEST_BOTH(pri_device_context_misconfigured_is_a_response_failure)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 1ull << 12);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_RESPONSE_FAILURE,
                    IOMMU_CAUSE_DDT_MISCONFIGURED);
    expect_both_discarded(HERE, b, last_request(&s));
}

TEST(pri_device_directory_access_fault_is_a_response_failure)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    bench_inject(b, bench_ddt_entry(b, s.device, 0), bench_dc_size(b), IOMMU_MEM_ACCESS_FAULT);
    bench_invalidate_all(b);
    bench_clear_log(b);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_RESPONSE_FAILURE,
                    IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
    expect_both_discarded(HERE, b, last_request(&s));
}

/* R170: Invalid Request, and R172: no PASID, since PRPR is 0 where EN_PRI is 0. */
TEST_BOTH(pri_mode_bare_is_an_invalid_request)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, IOMMU_DC_TC_PRPR_MASK);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_INVALID_REQUEST,
                    IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    expect_both_discarded(HERE, b, last_request(&s));
}

TEST_BOTH(pri_disabled_is_an_invalid_request)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    s.dc.tc &= ~(uint64_t)IOMMU_DC_TC_EN_PRI_MASK;
    scene_update(&s);
    bench_clear_log(b);
    struct iommu_page_request request = last_request(&s);
    request.privileged = true;
    expect_response(HERE, b, request, IOMMU_PRGR_INVALID_REQUEST,
                    IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    expect_both_discarded(HERE, b, request);
}

TEST_BOTH(pri_with_ats_disabled_is_an_invalid_request)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    s.dc.tc &= ~(uint64_t)(IOMMU_DC_TC_EN_PRI_MASK | IOMMU_DC_TC_EN_ATS_MASK);
    scene_update(&s);
    bench_clear_log(b);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_INVALID_REQUEST,
                    IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
}

TEST_BOTH(pri_device_id_too_wide_is_an_invalid_request)
{
    struct bench *b = bench_create("max", NULL);
    struct scene s;
    bench_start(b, 2);
    scene_pri(&s, b, 0);
    struct iommu_page_request request = last_request(&s);
    request.device_id |= 0x8000;
    expect_response(HERE, b, request, IOMMU_PRGR_INVALID_REQUEST,
                    IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    expect_both_discarded(HERE, b, request);
}

/* DTF hides the record of "Transaction type disallowed", not the response. */
TEST_BOTH(pri_disable_translation_fault_still_responds)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    s.dc.tc &= ~(uint64_t)IOMMU_DC_TC_EN_PRI_MASK;
    s.dc.tc |= IOMMU_DC_TC_DTF_MASK;
    scene_update(&s);
    bench_clear_log(b);
    struct iommu_page_request request = last_request(&s);
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_RESPONDED);
    check_response(HERE, b, &request, false, IOMMU_PRGR_INVALID_REQUEST);
    CHECK_NO_RECORD(b);
}

/* R169, R173: the queue's own troubles are not in the fault queue. */
TEST_BOTH(pri_queue_off_is_a_response_failure_without_record)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, IOMMU_DC_TC_PRPR_MASK);
    REG_SET(b, PQCSR, 0);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQON), 0);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_RESPONSE_FAILURE, 0);
    expect_both_discarded(HERE, b, last_request(&s));
    CHECK_NO_RECORD(b);
}

/* With the queue off and PRI disabled, the status is that of the earlier check. */
TEST_BOTH(pri_disabled_comes_before_the_state_of_the_queue)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    s.dc.tc &= ~(uint64_t)IOMMU_DC_TC_EN_PRI_MASK;
    scene_update(&s);
    REG_SET(b, PQCSR, 0);
    bench_clear_log(b);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_INVALID_REQUEST,
                    IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
}

TEST(pri_queue_memory_fault_is_a_response_failure_without_record)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, IOMMU_DC_TC_PRPR_MASK);
    bench_inject(b, b->pq.base, 16, IOMMU_MEM_ACCESS_FAULT);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_RESPONSE_FAILURE, 0);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQMF), 1);
    CHECK_EQ(REG(b, PQT), 0);
    /* Sticky: without the fault, and before software clears the bit. */
    bench_clear_injections(b);
    expect_response(HERE, b, last_request(&s), IOMMU_PRGR_RESPONSE_FAILURE, 0);
    expect_both_discarded(HERE, b, last_request(&s));
    pqcsr_clear(b, IOMMU_PQCSR_PQMF_MASK);
    struct iommu_page_request request = last_request(&s);
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
}

/* A page-request queue of two entries, of which one can be used. */
static void shrink_queue(struct bench *b)
{
    REG_SET(b, PQCSR, 0);
    REG_SET(b, PQB, IOMMU_PREP(IOMMU_PQB_PPN, b->pq.base >> 12));
    REG_SET(b, PQH, 0);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK);
    b->pq.log2 = 1;
}

/* R171: full is no failure of the device: Success, so that it tries again. PASID follows
 * PRPR. */
TEST_BOTH(pri_queue_full_is_a_success)
{
    for (unsigned prpr = 0; prpr < 2; prpr++) {
        struct bench *b = bench_ready("max", NULL);
        struct scene s;
        struct page_request_record record;
        scene_pri(&s, b, prpr ? IOMMU_DC_TC_PRPR_MASK : 0);
        shrink_queue(b);
        struct iommu_page_request request = last_request(&s);
        CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
        CHECK_EQ(REG_FIELD(b, PQCSR, PQOF), 0);
        for (unsigned i = 0; i < 2; i++) {
            struct iommu_pri_result r = iommu_page_request(b->iommu, &request);
            CHECK_EQ(r.status, IOMMU_PRI_RESPONDED);
            CHECK_EQ(r.code, IOMMU_PRGR_SUCCESS);
            check_response(HERE, b, &request, prpr != 0, IOMMU_PRGR_SUCCESS);
            CHECK_EQ(REG_FIELD(b, PQCSR, PQOF), 1);
            /* The second time there is room, but pqof stands. */
            bench_pop_page_request(b, &record);
        }
        expect_both_discarded(HERE, b, request);
        pqcsr_clear(b, IOMMU_PQCSR_PQOF_MASK);
        CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
        CHECK_NO_RECORD(b);
    }
}

/* A request that has no PASID gets a response without one, PRPR or not. */
TEST_BOTH(pri_response_has_no_pasid_if_the_request_had_none)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, IOMMU_DC_TC_PRPR_MASK);
    shrink_queue(b);
    struct iommu_page_request request = last_request(&s);
    request.process_id_valid = false;
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_RESPONDED);
    check_response(HERE, b, &request, false, IOMMU_PRGR_SUCCESS);
    REG_SET(b, PQCSR, 0);
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_RESPONDED);
    check_response(HERE, b, &request, false, IOMMU_PRGR_RESPONSE_FAILURE);
}

/* A message that wants no response overflows the queue like any other. */
TEST_BOTH(pri_overflow_by_a_request_that_is_not_the_last)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b, 0);
    shrink_queue(b);
    struct iommu_page_request request = last_request(&s);
    request.payload &= ~(uint64_t)IOMMU_PQ_L_MASK;
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
    expect_discarded(HERE, b, request);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQOF), 1);
    CHECK_EQ(bench_page_request_count(b), 1);
}

/* "No other faults": with both bits set the memory fault decides. */
TEST(pri_memory_fault_wins_over_overflow)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b, 0);
    shrink_queue(b);
    struct iommu_page_request request = last_request(&s);
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
    CHECK_EQ(iommu_page_request(b->iommu, &request).code, IOMMU_PRGR_SUCCESS);
    bench_pop_page_request(b, &record);
    pqcsr_clear(b, IOMMU_PQCSR_PQOF_MASK);
    bench_inject_on(b, (struct injection){.address = b->pq.base,
                                          .size = 32,
                                          .status = IOMMU_MEM_ACCESS_FAULT,
                                          .on = ON_WRITE,
                                          .structures = 1u << IOMMU_PQ});
    CHECK_EQ(iommu_page_request(b->iommu, &request).code, IOMMU_PRGR_RESPONSE_FAILURE);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQMF), 1);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQOF), 0);
    CHECK_EQ(iommu_page_request(b->iommu, &request).code, IOMMU_PRGR_RESPONSE_FAILURE);
}
