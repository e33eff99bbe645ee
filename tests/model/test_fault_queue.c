/* SPDX-License-Identifier: Apache-2.0 */
/* "Fault/Event-Queue (FQ)": the queue, its errors, and the fields of records. */
#include "scenes.h"

#define FQ_ERRORS (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)

/* A fault queue of 2^log2 entries at the same place, freshly switched on. */
static void resize_queue(struct bench *b, unsigned log2)
{
    REG_SET(b, FQCSR, 0);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQON), 0);
    REG_SET(b, FQB,
            IOMMU_PREP(IOMMU_FQB_PPN, b->fq.base >> 12) | IOMMU_PREP(IOMMU_FQB_LOG2SZ_1, log2 - 1));
    REG_SET(b, FQH, 0);
    b->fq.log2 = log2;
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK);
    REQUIRE(REG_FIELD(b, FQCSR, FQON) == 1);
}

/* A device without any mapping: each access is one guest-page fault. */
static struct iommu_response fault_at(struct scene *s, uint64_t iova)
{
    return bench_translate(s->b, read_at(s->device, iova));
}

static uint64_t fq_errors(struct bench *b)
{
    return REG(b, FQCSR) & FQ_ERRORS;
}

/* R203 */
TEST_BOTH(fq_record_has_every_field)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_guest_process(&s, b);
    pt_map(&s.first, 0x1234567000, 0x155555000, 0, P_ALL);
    struct iommu_request request = with_priv(write_at(s.device, 0x1234567abc), SCENE_PID);
    s.pc.ta |= IOMMU_PC_TA_SUM_MASK;
    bench_translate(b, request);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.dw[0], (uint64_t)IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT |
                               (uint64_t)SCENE_PID << 12 | 1ull << 32 | 1ull << 33 |
                               (uint64_t)IOMMU_TTYP_UNTRANSLATED_WRITE << 34 |
                               (uint64_t)s.device << 40);
    CHECK_EQ(record.dw[1], 0);
    CHECK_EQ(record.dw[2], 0x1234567abc);
    CHECK_EQ(record.dw[3] & ~0xfffull, 0x155555000);
    CHECK_EQ(record.dw[3] & 3, 0);
}

TEST(fq_record_is_written_before_the_tail_moves)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    bench_clear_log(b);
    fault_at(&s, 0x1000);
    CHECK_EQ(bench_accesses(b, IOMMU_FQ), 1);
    const struct event *store = bench_access(b, IOMMU_FQ, 0);
    REQUIRE(store != NULL);
    CHECK_EQ(store->kind, EVENT_WRITE);
    CHECK_EQ(store->access.address, b->fq.base);
    CHECK_EQ(store->access.size, IOMMU_FQ_RECORD_BYTES);
    CHECK_EQ(REG(b, FQT), 1);
}

TEST_BOTH(fq_wraps_around)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_second(&s, b);
    for (unsigned log2 = 1; log2 <= 3; log2++) {
        resize_queue(b, log2);
        for (uint64_t i = 1; i < 3u << log2; i++) {
            fault_at(&s, i << 12);
            CHECK_EQ(REG(b, FQT), i & ((1u << log2) - 1));
            REQUIRE(bench_pop_fault(b, &record));
            CHECK_EQ(record.iotval, i << 12);
        }
        CHECK_EQ(fq_errors(b), 0);
    }
}

/* R204 */
TEST_BOTH(fq_head_keeps_only_the_bits_of_the_queue_size)
{
    struct bench *b = bench_create("max", NULL);
    for (unsigned log2 = 1; log2 <= 12; log2++) {
        REG_SET(b, FQB, 11);
        REG_SET(b, FQH, 0xffffffff);
        CHECK_EQ(REG(b, FQH), 0xfff);
        REG_SET(b, FQB, log2 - 1);
        CHECK_EQ(REG_FIELD(b, FQB, LOG2SZ_1), log2 - 1);
        CHECK_EQ(REG(b, FQH) >> log2, 0);
        REG_SET(b, FQH, 0xffffffff);
        CHECK_EQ(REG(b, FQH), (1u << log2) - 1);
    }
}

TEST_BOTH(fq_tail_is_read_only)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    fault_at(&s, 0x1000);
    REG_SET(b, FQT, 5);
    CHECK_EQ(REG(b, FQT), 1);
    reg_write(b, IOMMU_REG_FQH, 8, 7ull << 32 | 1);
    CHECK_EQ(REG(b, FQT), 1);
    CHECK_EQ(REG(b, FQH), 1);
}

/* R205, R209 */
TEST(fq_enable_clears_tail_and_error_bits)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    resize_queue(b, 1);
    fault_at(&s, 0x1000);
    fault_at(&s, 0x2000);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQOF_MASK);
    CHECK_EQ(REG(b, FQT), 1);
    REG_SET(b, FQCSR, 0);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQON), 0);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQOF_MASK);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_BUSY_MASK);
    CHECK_EQ(REG(b, FQCSR), IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FQON_MASK);
    CHECK_EQ(REG(b, FQT), 0);
    bench_inject(b, b->fq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    fault_at(&s, 0x1000);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQMF_MASK);
    REG_SET(b, FQCSR, 0);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK);
    CHECK_EQ(fq_errors(b), 0);
    /* A write of 1 to fqen while it is 1 is no change. */
    fault_at(&s, 0x1000);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQMF_MASK);
}

/* With the queue off a fault is lost, without an error bit, and still aborts. */
TEST(fq_off_writes_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    REG_SET(b, FQCSR, 0);
    bench_clear_log(b);
    CHECK_EQ(fault_at(&s, 0x1000).status, IOMMU_ABORT);
    CHECK_EQ(bench_accesses(b, IOMMU_FQ), 0);
    CHECK_EQ(REG(b, FQT), 0);
    CHECK_EQ(REG(b, FQCSR), 0);
}

/* R207: the record is lost, and so are all others until software clears the bit. */
TEST(fq_memory_fault_is_sticky)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_second(&s, b);
    bench_inject(b, b->fq.base, 32, IOMMU_MEM_ACCESS_FAULT);
    CHECK_EQ(fault_at(&s, 0x1000).status, IOMMU_ABORT);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQMF_MASK);
    CHECK_EQ(REG(b, FQT), 0);
    bench_clear_injections(b);
    bench_clear_log(b);
    fault_at(&s, 0x2000);
    CHECK_EQ(bench_accesses(b, IOMMU_FQ), 0);
    CHECK_EQ(REG(b, FQT), 0);
    fqcsr_clear(b, IOMMU_FQCSR_FQOF_MASK);
    fault_at(&s, 0x3000);
    CHECK_EQ(REG(b, FQT), 0);
    fqcsr_clear(b, IOMMU_FQCSR_FQMF_MASK);
    CHECK_EQ(fq_errors(b), 0);
    fault_at(&s, 0x4000);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.iotval, 0x4000);
    CHECK_NO_RECORD(b);
}

/* R208 */
TEST_BOTH(fq_overflow_is_sticky)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_second(&s, b);
    resize_queue(b, 2);
    for (uint64_t i = 1; i <= 3; i++)
        fault_at(&s, i << 12);
    CHECK_EQ(fq_errors(b), 0);
    CHECK_EQ(REG(b, FQT), 3);
    CHECK_EQ(fault_at(&s, 0x4000).status, IOMMU_ABORT);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQOF_MASK);
    CHECK_EQ(REG(b, FQT), 3);
    for (uint64_t i = 1; i <= 3; i++) {
        REQUIRE(bench_pop_fault(b, &record));
        CHECK_EQ(record.iotval, i << 12);
    }
    /* There is room now, and the bit still stands. */
    fault_at(&s, 0x5000);
    CHECK_NO_RECORD(b);
    fqcsr_clear(b, IOMMU_FQCSR_FQOF_MASK);
    fault_at(&s, 0x6000);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.iotval, 0x6000);
}

/* Faults of a disabled stretch do not come back later. */
TEST_BOTH(fq_clears_one_error_bit_at_a_time)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    resize_queue(b, 1);
    fault_at(&s, 0x1000);
    fault_at(&s, 0x2000);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQOF_MASK);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FQMF_MASK);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQOF_MASK);
    /* Still full: cleared, and set again by the next fault. */
    fqcsr_clear(b, IOMMU_FQCSR_FQOF_MASK);
    CHECK_EQ(fq_errors(b), 0);
    fault_at(&s, 0x3000);
    CHECK_EQ(fq_errors(b), IOMMU_FQCSR_FQOF_MASK);
}

/* R253: the model reports each of several identical faults. */
TEST_BOTH(fq_identical_faults_are_reported_each)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    struct iommu_request request = write_at(s.device, 0x7004);
    for (unsigned i = 0; i < 3; i++)
        bench_translate(b, request);
    CHECK_EQ(bench_fault_count(b), 3);
    for (unsigned i = 0; i < 3; i++)
        CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x7004));
}

/* R254: where no valid device context was found, DTF counts as 0. */
TEST_BOTH(fq_disable_translation_fault_of_an_invalid_context_does_not_count)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.tc = IOMMU_DC_TC_DTF_MASK;
    scene_update(&s);
    EXPECT_FAULT(b, read_at(s.device, 0x1000), IOMMU_CAUSE_DDT_NOT_VALID);
}

/* --- R241 to R249: TTYP --------------------------------------------------------------- */

/* One fault of this request, whose record shows this type and IOVA. */
static void check_ttyp(struct place place, struct bench *b, struct iommu_request request,
                       uint8_t ttyp)
{
    struct fault_record record;
    bench_translate(b, request);
    if (!test_check(place, bench_pop_fault(b, &record), "there is a record"))
        return;
    test_check_eq(place, record.ttyp, ttyp, "TTYP");
    test_check_eq(place, record.iotval, request.iova, "iotval");
    test_check_eq(place, record.did, request.device_id, "DID");
}

TEST_BOTH(ttyp_of_untranslated_requests)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    check_ttyp(HERE, b, exec_at(s.device, 0x1004), 1);
    check_ttyp(HERE, b, read_at(s.device, 0x1004), 2);
    check_ttyp(HERE, b, write_at(s.device, 0x1004), 3);
}

TEST_BOTH(ttyp_of_translated_requests)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_T2GPA_MASK;
    scene_update(&s);
    check_ttyp(HERE, b, as_translated(exec_at(s.device, 0x1004)), 5);
    check_ttyp(HERE, b, as_translated(read_at(s.device, 0x1004)), 6);
    check_ttyp(HERE, b, as_translated(write_at(s.device, 0x1004)), 7);
}

TEST_BOTH(ttyp_of_ats_requests)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    check_ttyp(HERE, b, as_ats(read_at(s.device, 0x1004)), 8);
    check_ttyp(HERE, b, as_ats(write_at(s.device, 0x1004)), 8);
}

TEST_BOTH(ttyp_of_messages_with_their_code_in_iotval)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_bare(&s, b);
    struct iommu_page_request request = page_request_of(s.device, page_request_payload(0, 1));
    iommu_page_request(b->iommu, &request);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.ttyp, 9);
    CHECK_EQ(record.iotval, 4);
    CHECK_EQ(record.pv, 1);
    CHECK_EQ(record.pid, SCENE_PID);
    CHECK(!iommu_invalidation_completion(b->iommu, s.device, 1, 1));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.ttyp, 9);
    CHECK_EQ(record.iotval, 2);
}

/* R241: cause 273 has no transaction; see test_interrupts.c for the whole path. */
TEST(ttyp_none_has_no_ids)
{
    struct bench *b = bench_create("max", NULL);
    struct scene s;
    struct fault_record record;
    bench_start(b, 3);
    scene_second(&s, b);
    REG_SET(b, ICVEC, 0);
    REG_N_SET(b, MSI_ADDR, 0, 0x1000);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    fault_at(&s, 0x1004);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.dw[0], IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
    CHECK_EQ(record.iotval, 0x1000);
    CHECK_EQ(record.iotval2, 0);
    CHECK_NO_RECORD(b);
}

/* --- R250 to R252 ---------------------------------------------------------------------- */

/* The full IOVA, upper bits too. */
TEST_BOTH(iotval_is_the_whole_iova)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_first(&s, b);
    bench_translate(b, read_at(s.device, 0xfedcba9876543210));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_READ_PAGE_FAULT);
    CHECK_EQ(record.iotval, 0xfedcba9876543210);
    CHECK_EQ(record.iotval2, 0);
}

/* R251: the last access, an implicit read, an implicit write. */
TEST_BOTH(iotval2_tells_explicit_implicit_and_write)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_nested(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(&s);
    pt_map(&s.first, 0x1000, 0x155555000, 0, P_ALL & ~P_A);
    uint64_t gpa = pt_entry_gpa(&s.first, 0x1000, 0);
    uint64_t table = pt_entry(&s.first, 0x1000, 0) & ~0xfffull;
    uint64_t g_pte = pt_entry(&s.second, gpa, 0);

    bench_translate(b, read_at(s.device, 0x1abc));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT);
    CHECK_EQ(record.iotval2 & ~0xfffull, 0x155555000);
    CHECK_EQ(record.iotval2 & 3, 0);

    pt_map(&s.first, 0x1000, 0x155555000, 0, P_ALL & ~P_A);
    pt_write(&s.second, g_pte, pt_pte(table, P_ALL & ~(P_W | P_X)));
    bench_invalidate_all(b);
    bench_translate(b, read_at(s.device, 0x1abc));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT);
    CHECK_EQ(record.iotval2 & 3, 3);
    CHECK_EQ(record.iotval2 & ~0xfffull, gpa & ~0xfffull);

    pt_write(&s.second, g_pte, 0);
    bench_invalidate_all(b);
    bench_translate(b, write_at(s.device, 0x1abc));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT);
    CHECK_EQ(record.iotval2 & 3, 1);
    CHECK_EQ(record.iotval2 & ~0xfffull, gpa & ~0xfffull);
}

/* R252: without a process_id there is no privilege; a default process_id is not shown. */
TEST_BOTH(record_shows_the_process_id_of_the_request_only)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_process(&s, b);
    s.dc.tc |= IOMMU_DC_TC_DPE_MASK;
    scene_update(&s);
    struct iommu_request request = read_at(s.device, 0x1000);
    request.process_id = 0x77;
    request.privileged = true;
    EXPECT_FAULT(b, request, IOMMU_CAUSE_PDT_NOT_VALID);
    bench_translate(b, with_pid(read_at(s.device, 0x1000), 0));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.pv, 1);
    CHECK_EQ(record.pid, 0);
    CHECK_EQ(record.priv, 0);
}
