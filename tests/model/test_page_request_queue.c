/* SPDX-License-Identifier: Apache-2.0 */
/* "Page-Request-Queue (PQ)" and its registers. */
#include "scenes.h"

#define PQ_ERRORS (IOMMU_PQCSR_PQMF_MASK | IOMMU_PQCSR_PQOF_MASK)

static void scene_pri(struct scene *s, struct bench *b)
{
    scene_bare(s, b);
    s->dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    scene_update(s);
}

/* A page request of this device for a page. */
static enum iommu_pri_status send(struct scene *s, uint64_t address)
{
    struct iommu_page_request request =
        page_request_of(s->device, page_request_payload(address, 1));
    return iommu_page_request(s->b->iommu, &request).status;
}

static void resize_queue(struct bench *b, unsigned log2)
{
    REG_SET(b, PQCSR, 0);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQON), 0);
    REG_SET(b, PQB,
            IOMMU_PREP(IOMMU_PQB_PPN, b->pq.base >> 12) | IOMMU_PREP(IOMMU_PQB_LOG2SZ_1, log2 - 1));
    REG_SET(b, PQH, 0);
    b->pq.log2 = log2;
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK);
    REQUIRE(REG_FIELD(b, PQCSR, PQON) == 1);
}

static uint64_t pq_errors(struct bench *b)
{
    return REG(b, PQCSR) & PQ_ERRORS;
}

/* R255 */
TEST_BOTH(pq_record_has_every_field)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b);
    struct iommu_page_request request = {.device_id = s.device,
                                         .process_id = 0xfedcb,
                                         .process_id_valid = true,
                                         .payload = 0xfedcba9876543ffb};
    for (unsigned bits = 0; bits < 4; bits++) {
        request.privileged = (bits & 1) != 0;
        request.execute = (bits & 2) != 0;
        CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
        REQUIRE(bench_pop_page_request(b, &record));
        CHECK_EQ(record.dw[0], 0xfedcbull << 12 | 1ull << 32 | (uint64_t)(bits & 1) << 33 |
                                   (uint64_t)(bits >> 1) << 34 | (uint64_t)s.device << 40);
        CHECK_EQ(record.dw[1], 0xfedcba9876543ffb);
    }
}

/* Without a PASID, PID, PRIV and EXEC are 0, whatever came with the message. */
TEST_BOTH(pq_record_without_pasid)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b);
    struct iommu_page_request request = {.device_id = s.device,
                                         .process_id = 0xfedcb,
                                         .privileged = true,
                                         .execute = true,
                                         .payload = 0x5003};
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
    REQUIRE(bench_pop_page_request(b, &record));
    CHECK_EQ(record.dw[0], (uint64_t)s.device << 40);
    CHECK_EQ(record.dw[1], 0x5003);
}

TEST(pq_record_is_one_write_at_the_tail)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b);
    send(&s, 0x1000);
    bench_clear_log(b);
    send(&s, 0x2000);
    CHECK_EQ(bench_accesses(b, IOMMU_PQ), 1);
    const struct event *store = bench_access(b, IOMMU_PQ, 0);
    REQUIRE(store != NULL);
    CHECK_EQ(store->kind, EVENT_WRITE);
    CHECK_EQ(store->access.address, b->pq.base + 16);
    CHECK_EQ(store->access.size, IOMMU_PQ_RECORD_BYTES);
    CHECK_EQ(REG(b, PQT), 2);
}

TEST_BOTH(pq_wraps_around)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b);
    for (unsigned log2 = 1; log2 <= 3; log2++) {
        resize_queue(b, log2);
        for (uint64_t i = 1; i < 3u << log2; i++) {
            CHECK_EQ(send(&s, i << 12), IOMMU_PRI_QUEUED);
            CHECK_EQ(REG(b, PQT), i & ((1u << log2) - 1));
            REQUIRE(bench_pop_page_request(b, &record));
            CHECK_EQ(record.page_address, i << 12);
        }
        CHECK_EQ(pq_errors(b), 0);
    }
}

/* R256 */
TEST_BOTH(pq_head_keeps_only_the_bits_of_the_queue_size)
{
    struct bench *b = bench_create("max", NULL);
    for (unsigned log2 = 1; log2 <= 12; log2++) {
        REG_SET(b, PQB, 11);
        REG_SET(b, PQH, 0xffffffff);
        CHECK_EQ(REG(b, PQH), 0xfff);
        REG_SET(b, PQB, log2 - 1);
        CHECK_EQ(REG_FIELD(b, PQB, LOG2SZ_1), log2 - 1);
        CHECK_EQ(REG(b, PQH) >> log2, 0);
        REG_SET(b, PQH, 0xffffffff);
        CHECK_EQ(REG(b, PQH), (1u << log2) - 1);
    }
}

TEST_BOTH(pq_tail_is_read_only)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b);
    send(&s, 0x1000);
    REG_SET(b, PQT, 9);
    CHECK_EQ(REG(b, PQT), 1);
}

/* R257, R261 */
TEST(pq_enable_clears_tail_and_error_bits)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b);
    resize_queue(b, 1);
    send(&s, 0x1000);
    send(&s, 0x2000);
    CHECK_EQ(pq_errors(b), IOMMU_PQCSR_PQOF_MASK);
    CHECK_EQ(REG(b, PQT), 1);
    REG_SET(b, PQCSR, 0);
    CHECK_EQ(pq_errors(b), IOMMU_PQCSR_PQOF_MASK);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_BUSY_MASK);
    CHECK_EQ(REG(b, PQCSR), IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PQON_MASK);
    CHECK_EQ(REG(b, PQT), 0);
    bench_inject(b, b->pq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    send(&s, 0x1000);
    CHECK_EQ(pq_errors(b), IOMMU_PQCSR_PQMF_MASK);
    REG_SET(b, PQCSR, 0);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK);
    CHECK_EQ(pq_errors(b), 0);
}

/* R259: the record that hit is lost, the tail stays, and more are lost until cleared. */
TEST(pq_memory_fault_is_sticky)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b);
    bench_inject(b, b->pq.base, 16, IOMMU_MEM_ACCESS_FAULT);
    CHECK_EQ(send(&s, 0x1000), IOMMU_PRI_RESPONDED);
    CHECK_EQ(pq_errors(b), IOMMU_PQCSR_PQMF_MASK);
    CHECK_EQ(REG(b, PQT), 0);
    bench_clear_injections(b);
    bench_clear_log(b);
    CHECK_EQ(send(&s, 0x2000), IOMMU_PRI_RESPONDED);
    CHECK_EQ(bench_accesses(b, IOMMU_PQ), 0);
    pqcsr_clear(b, IOMMU_PQCSR_PQOF_MASK);
    CHECK_EQ(send(&s, 0x3000), IOMMU_PRI_RESPONDED);
    pqcsr_clear(b, IOMMU_PQCSR_PQMF_MASK);
    CHECK_EQ(send(&s, 0x4000), IOMMU_PRI_QUEUED);
    REQUIRE(bench_pop_page_request(b, &record));
    CHECK_EQ(record.page_address, 0x4000);
}

/* R260 */
TEST_BOTH(pq_overflow_is_sticky)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_request_record record;
    scene_pri(&s, b);
    resize_queue(b, 2);
    for (uint64_t i = 1; i <= 3; i++)
        CHECK_EQ(send(&s, i << 12), IOMMU_PRI_QUEUED);
    CHECK_EQ(pq_errors(b), 0);
    CHECK_EQ(send(&s, 0x4000), IOMMU_PRI_RESPONDED);
    CHECK_EQ(pq_errors(b), IOMMU_PQCSR_PQOF_MASK);
    CHECK_EQ(REG(b, PQT), 3);
    for (uint64_t i = 1; i <= 3; i++) {
        REQUIRE(bench_pop_page_request(b, &record));
        CHECK_EQ(record.page_address, i << 12);
    }
    CHECK_EQ(send(&s, 0x5000), IOMMU_PRI_RESPONDED);
    CHECK_EQ(bench_page_request_count(b), 0);
    pqcsr_clear(b, IOMMU_PQCSR_PQOF_MASK);
    CHECK_EQ(send(&s, 0x6000), IOMMU_PRI_QUEUED);
}

/* Faults of translation and page requests do not touch each other's queue. */
TEST_BOTH(pq_and_fq_are_independent)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_pri(&s, b);
    resize_queue(b, 1);
    send(&s, 0x1000);
    send(&s, 0x2000);
    CHECK_EQ(pq_errors(b), IOMMU_PQCSR_PQOF_MASK);
    EXPECT_FAULT(b, with_pid(read_at(s.device, 0x1000), 1), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    CHECK_EQ(REG(b, FQCSR), IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FQON_MASK);
}
