/* SPDX-License-Identifier: Apache-2.0 */
/* Fault queue and page-request queue. */
#include <string.h>

#include "host.h"

/* --- fault queue --- */

static void faults_come_out_as_they_went_in(void)
{
    struct rvi_fault fault[8];
    struct rvi_drained drained;
    struct world world;

    world_start(&world, "full");
    EXPECT(rvi_drain_faults(&world.iommu, fault, 8).records == 0);
    for (uint32_t round = 0; round < 20; round++) { /* 16 entries: the index wraps */
        for (uint32_t n = 0; n < 5; n++)
            world_access(&world, round * 16 + n, n * 0x1001, n % 2 ? IOMMU_WRITE : IOMMU_READ);
        drained = rvi_drain_faults(&world.iommu, fault, 3);
        EXPECT(drained.status == RVI_OK && drained.records == 3 && !drained.lost);
        drained = rvi_drain_faults(&world.iommu, fault + 3, 5);
        EXPECT(drained.status == RVI_OK && drained.records == 2);
        for (uint32_t n = 0; n < 5; n++) {
            EXPECT(fault[n].device_id == round * 16 + n && fault[n].iotval == n * 0x1001ull);
            EXPECT(fault[n].cause == IOMMU_CAUSE_DDT_NOT_VALID && !fault[n].pv);
            EXPECT(fault[n].ttyp ==
                   (n % 2 ? IOMMU_TTYP_UNTRANSLATED_WRITE : IOMMU_TTYP_UNTRANSLATED_READ));
        }
    }
    world_close(&world);
}

static void an_overflow_is_told_and_mended(void)
{
    struct rvi_fault fault[32];
    struct rvi_drained drained;
    struct world world;

    world_start(&world, "full");
    for (uint32_t n = 0; n < 40; n++)
        world_access(&world, n, 0, IOMMU_READ);
    drained = rvi_drain_faults(&world.iommu, fault, 32);
    EXPECT(drained.records == 15 && drained.lost && world.iommu.faults_lost == 1);
    EXPECT(fault[14].device_id == 14);
    world_access(&world, 99, 0, IOMMU_READ);
    drained = rvi_drain_faults(&world.iommu, fault, 32);
    EXPECT(drained.records == 1 && !drained.lost && fault[0].device_id == 99);
    world.bad_first = RING_FAULTS;
    world.bad_last = RING_FAULTS + 0xfff;
    world.bad_times = 1;
    world.bad_status = IOMMU_MEM_ACCESS_FAULT;
    world_access(&world, 100, 0, IOMMU_READ); /* lost: fqmf */
    world_access(&world, 101, 0, IOMMU_READ);
    drained = rvi_drain_faults(&world.iommu, fault, 32);
    EXPECT(drained.records == 0 && drained.lost);
    world_access(&world, 102, 0, IOMMU_READ);
    drained = rvi_drain_faults(&world.iommu, fault, 32);
    EXPECT(drained.records == 1 && fault[0].device_id == 102);
    world_close(&world);
}

static void an_index_outside_the_ring_is_not_followed(void)
{
    struct lie lie = {IOMMU_REG_FQT, 0, 0x10, 0, 0};
    struct rvi_fault fault[32];
    struct world world;

    world_start(&world, "full");
    world_access(&world, 1, 0, IOMMU_READ);
    world.lie = lie;
    EXPECT(rvi_drain_faults(&world.iommu, fault, 32).status == RVI_CORRUPT);
    world.lie.set = 0xffffff00;
    EXPECT(rvi_drain_faults(&world.iommu, fault, 32).status == RVI_CORRUPT);
    world.lie.times = 2; /* a bus that is disturbed for a moment */
    EXPECT(rvi_drain_faults(&world.iommu, fault, 32).records == 1);
    world_close(&world);
}

/* --- page-request queue --- */

static void ask(struct world *world, uint16_t prgi, bool last)
{
    struct iommu_page_request request = {.device_id = 1};

    request.payload = 0x7000 | IOMMU_PREP(IOMMU_PQ_PRGI, prgi) | IOMMU_PREP(IOMMU_PQ_L, last) |
                      IOMMU_PQ_R_MASK | IOMMU_PQ_W_MASK;
    iommu_page_request(world->model, &request);
}

static void page_requests_are_taken_and_answered(void)
{
    struct rvi_page_request request[4];
    struct rvi_drained drained;
    struct world world;

    world_start_ats(&world);
    ask(&world, 17, false);
    ask(&world, 17, true);
    request[2].prgi = 0x77;
    drained = rvi_drain_requests(&world.iommu, request + 1, 1);
    EXPECT(drained.records == 1 && request[2].prgi == 0x77);
    request[0] = request[1];
    drained = rvi_drain_requests(&world.iommu, request + 1, 3);
    EXPECT(drained.records == 1 && !drained.lost);
    EXPECT(request[0].device_id == 1 && request[0].prgi == 17 && !request[0].last);
    EXPECT(request[0].read && request[0].write && request[0].address == 0x7000);
    EXPECT(request[1].last && !request[1].pv);
    EXPECT(rvi_respond(&world.iommu, &request[1], IOMMU_PRGR_CODE_SUCCESS) == RVI_OK);
    EXPECT(world.messages == 0);
    EXPECT(rvi_sync(&world.iommu) == RVI_OK);
    EXPECT(world.messages == 1 && !world.message[0].automatic);
    EXPECT(world.message[0].device_id == 1);
    world_close(&world);
}

static void every_field_of_a_page_request(void)
{
    struct iommu_page_request sent = {.device_id = 1,
                                      .process_id = 0x12345,
                                      .process_id_valid = true,
                                      .privileged = true,
                                      .execute = true,
                                      .payload = 0xabc000 | IOMMU_PQ_W_MASK | IOMMU_PQ_L_MASK};
    struct rvi_page_request got;
    struct world world;

    world_start_ats(&world);
    EXPECT(iommu_page_request(world.model, &sent).status == IOMMU_PRI_QUEUED);
    memset(&got, 0xff, sizeof(got));
    EXPECT(rvi_drain_requests(&world.iommu, &got, 1).records == 1);
    EXPECT(got.device_id == 1 && got.process_id == 0x12345 && got.address == 0xabc000);
    EXPECT(got.pv && got.priv && got.execute && got.write && got.last);
    EXPECT(!got.read && got.prgi == 0);
    sent.process_id_valid = sent.privileged = sent.execute = false;
    sent.process_id = 0;
    sent.payload = 0xabc000 | IOMMU_PQ_R_MASK | IOMMU_PREP(IOMMU_PQ_PRGI, 0x1ff);
    EXPECT(iommu_page_request(world.model, &sent).status == IOMMU_PRI_QUEUED);
    memset(&got, 0xff, sizeof(got));
    EXPECT(rvi_drain_requests(&world.iommu, &got, 1).records == 1);
    EXPECT(!got.pv && !got.priv && !got.execute && !got.write && !got.last);
    EXPECT(got.read && got.prgi == 0x1ff && got.process_id == 0);
    world_close(&world);
}

static void lost_page_requests_are_told(void)
{
    struct rvi_page_request request[32];
    struct rvi_drained drained;
    struct world world;

    world_start_ats(&world);
    for (uint16_t n = 0; n < 20; n++)
        ask(&world, n, true);
    EXPECT(world.messages == 5 && world.message[0].automatic);
    drained = rvi_drain_requests(&world.iommu, request, 32);
    EXPECT(drained.records == 15 && drained.lost && world.iommu.requests_lost == 1);
    ask(&world, 99, true);
    drained = rvi_drain_requests(&world.iommu, request, 32);
    EXPECT(drained.records == 1 && !drained.lost && request[0].prgi == 99);
    world_close(&world);
}

const struct test record_tests[] = {
    {"faults_come_out_as_they_went_in", faults_come_out_as_they_went_in},
    {"an_overflow_is_told_and_mended", an_overflow_is_told_and_mended},
    {"an_index_outside_the_ring_is_not_followed", an_index_outside_the_ring_is_not_followed},
    {"page_requests_are_taken_and_answered", page_requests_are_taken_and_answered},
    {"every_field_of_a_page_request", every_field_of_a_page_request},
    {"lost_page_requests_are_told", lost_page_requests_are_told},
    {NULL, NULL},
};
