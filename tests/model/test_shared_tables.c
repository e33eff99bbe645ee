/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two devices share page tables, GSCID and PSCID, but differ in what their contexts say of
 * the use of them. What is cached for one must not be taken for the other.
 */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define OTHER (DEVICE + 1)
#define P_CLEAN (P_ALL & ~(P_A | P_D))

static void set_other(struct stages *s, const struct dc *dc)
{
    bench_write_dc(s->b, OTHER, dc);
    bench_invalidate_all(s->b);
}

/* A guest physical address beyond 34 bits is right for the one, and wrong for the other. */
TEST_TABLES(shared_second_stage_with_different_sxl)
{
    struct stages s;
    const uint64_t gpa = 0x412345000;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    pt_map(&s.second, gpa, 0x5000, 0, P_ALL);
    pt_map(&s.second, gpa & 0x3ffffffff, 0x6000, 0, P_ALL);
    struct dc other = s.dc;
    other.tc |= TC(SXL);
    set_other(&s, &other);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(s.b, read_at(DEVICE, gpa), 0x5000);
        EXPECT_GUEST_FAULT(s.b, read_at(OTHER, gpa), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, gpa);
        EXPECT_OK(s.b, read_at(OTHER, gpa & 0x3ffffffff), 0x6000);
    }
}

/* The same PSCID, but one of them has Sv39 and the other Sv32: what is cached for the one is an
 * address that the other cannot have. */
TEST_TABLES(shared_pscid_with_different_sxl)
{
    struct stages s;
    const uint64_t wide = 0x100001000;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, wide, 0x5000, 0, P_ALL);
    struct page_table narrow = pt_create(s.b, PT_SV32);
    pt_map(&narrow, wide & 0xffffffff, 0x6000, 0, P_ALL);
    struct dc other = s.dc;
    other.tc |= TC(SXL);
    other.fsc = pt_iosatp(&narrow);
    set_other(&s, &other);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(s.b, read_at(DEVICE, wide), 0x5000);
        EXPECT_FAULT(s.b, read_at(OTHER, wide), IOMMU_CAUSE_READ_PAGE_FAULT);
        EXPECT_OK(s.b, read_at(OTHER, wide & 0xffffffff), 0x6000);
    }
}

/* Only one of them has virtual interrupt files, inside a page of the other. */
TEST_TABLES(shared_second_stage_with_different_msi_pages)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    pt_map(&s.second, 0x28000000, 0x40000000, 1, P_ALL);
    uint64_t tables[2];
    struct dc dc[2] = {s.dc, s.dc};
    for (unsigned i = 0; i < 2; i++) {
        tables[i] = msi_pt_create(s.b, 0);
        msi_pt_write(s.b, tables[i], 0, msi_pte_basic(0x24000000 + 0x1000 * i));
        dc[i].msiptp = msi_msiptp(tables[i]);
        dc[i].msi_addr_pattern = 0x28003 + 0x4 * i;
    }
    bench_write_dc(s.b, OTHER, &dc[0]);
    bench_write_dc(s.b, OTHER + 1, &dc[1]);
    bench_invalidate_all(s.b);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(s.b, write_at(DEVICE, 0x28003000), 0x40003000);
        EXPECT_OK(s.b, write_at(DEVICE, 0x28007000), 0x40007000);
        EXPECT_OK(s.b, write_at(OTHER, 0x28003000), 0x24000000);
        EXPECT_OK(s.b, write_at(OTHER, 0x28007000), 0x40007000);
        EXPECT_OK(s.b, write_at(OTHER + 1, 0x28003000), 0x40003000);
        EXPECT_OK(s.b, write_at(OTHER + 1, 0x28007000), 0x24001000);
    }
}

/* The same page of interrupt files, but each device has its own MSI page table. A cache with
 * GSCID and GPA as its only tags might mix them up; this model does not. */
TEST_TABLES(shared_second_stage_with_different_msi_tables)
{
    struct stages s;
    struct dc dc[2];
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t table = msi_pt_create(s.b, 0);
        msi_pt_write(s.b, table, 0, msi_pte_basic(0x24000000 + 0x1000 * i));
        dc[i] = s.dc;
        dc[i].msiptp = msi_msiptp(table);
        dc[i].msi_addr_pattern = 0x28000;
        bench_write_dc(s.b, DEVICE + i, &dc[i]);
    }
    bench_invalidate_all(s.b);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_OK(s.b, write_at(DEVICE + i % 2, 0x28000008), 0x24000008 + 0x1000 * (i % 2));
}

/* An IOVA of the one is a guest physical address of the other. */
TEST_TABLES(shared_second_stage_with_and_without_first_stage)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x7000, 0x9000, 0, P_ALL);
    pt_map(&s.second, 0x9000, 0x5000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x6000, 0, P_ALL);
    struct dc other = s.dc;
    other.fsc = 0;
    set_other(&s, &other);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(s.b, read_at(DEVICE, 0x7000), 0x5000);
        EXPECT_OK(s.b, read_at(OTHER, 0x7000), 0x6000);
        EXPECT_OK(s.b, read_at(OTHER, 0x9000), 0x5000);
        EXPECT_FAULT(s.b, read_at(DEVICE, 0x9000), IOMMU_CAUSE_READ_PAGE_FAULT);
    }
}

/* One PSCID in the host, in a guest, and in another guest: three address spaces. */
TEST_TABLES(same_pscid_in_different_guests)
{
    struct stages s[3];
    struct bench *b = bench_ready("max", NULL);
    stages_make(&s[0], b, PT_SV39, NO_STAGE);
    pt_map(&s[0].first, 0x1000, 0x5000, 0, P_ALL);
    for (unsigned i = 1; i < 3; i++) {
        stages_make(&s[i], b, PT_SV39, PT_SV39X4);
        s[i].dc.iohgatp = pt_iohgatp(&s[i].second, (uint16_t)(GSCID + i));
        pt_map(&s[i].first, 0x1000, 0x7000, 0, P_ALL);
        pt_map(&s[i].second, 0x7000, 0x5000 + 0x1000 * i, 0, P_ALL);
    }
    for (unsigned i = 0; i < 3; i++)
        bench_write_dc(b, DEVICE + i, &s[i].dc);
    bench_invalidate_all(b);
    for (unsigned i = 0; i < 6; i++)
        EXPECT_OK(b, read_at(DEVICE + i % 3, 0x1000), 0x5000 + 0x1000 * (i % 3));
}

/* GSCID 0 of a guest is not the host, and PSCID 0 is like any other. */
TEST_TABLES(ids_of_zero_are_ids)
{
    struct stages host, guest;
    struct bench *b = bench_ready("max", NULL);
    stages_make(&host, b, PT_SV39, NO_STAGE);
    host.dc.ta = 0;
    pt_map(&host.first, 0x1000, 0x5000, 0, P_ALL);
    stages_make(&guest, b, PT_SV39, PT_SV39X4);
    guest.dc.ta = 0;
    guest.dc.iohgatp = pt_iohgatp(&guest.second, 0);
    pt_map(&guest.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&guest.second, 0x7000, 0x6000, 0, P_ALL);
    bench_write_dc(b, DEVICE, &host.dc);
    bench_write_dc(b, OTHER, &guest.dc);
    bench_invalidate_all(b);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x5000);
        EXPECT_OK(b, read_at(OTHER, 0x1000), 0x6000);
    }
}

/* The one may have A and D updated, the other may not. */
TEST_TABLES(shared_tables_with_different_update_enables)
{
    for (unsigned second = 0; second < 2; second++) {
        struct stages s;
        stages_ready(&s, second ? NO_STAGE : PT_SV39, second ? PT_SV39X4 : NO_STAGE, NULL);
        struct page_table *pt = second ? &s.second : &s.first;
        uint64_t entry = pt_map(pt, 0x1000, 0x5000, 0, P_CLEAN);
        struct dc other = s.dc;
        other.tc |= second ? TC(GADE) : TC(SADE);
        set_other(&s, &other);
        struct iommu_request store = write_at(DEVICE, 0x1000);
        uint16_t cause = second ? IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT : IOMMU_CAUSE_WRITE_PAGE_FAULT;
        uint64_t iotval2 = second ? 0x1000 : 0;
        test_note("second stage %u", second);
        EXPECT_OK(s.b, read_at(OTHER, 0x1000), 0x5000); /* sets A */
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        EXPECT_GUEST_FAULT(s.b, store, cause, iotval2);
        CHECK_EQ(pt_read(pt, entry) & (P_A | P_D), P_A);
        EXPECT_OK(s.b, write_at(OTHER, 0x1000), 0x5000); /* sets D */
        CHECK_EQ(pt_read(pt, entry) & (P_A | P_D), P_A | P_D);
        EXPECT_OK(s.b, store, 0x5000);
    }
}

/* Processes of one PSCID: SUM and ENS are of the process context, not of the table. */
TEST_TABLES(shared_first_stage_with_different_sum)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
    pt_map(&s.first, 0x2000, 0x6000, 0, P_ALL & ~P_U);
    stages_add_process(&s, &pdt, &pc); /* ENS=0, SUM=0 */
    pc.ta |= IOMMU_PC_TA_ENS_MASK;
    pdt_write_pc(&pdt, PROCESS + 1, &pc);
    pc.ta |= IOMMU_PC_TA_SUM_MASK;
    pdt_write_pc(&pdt, PROCESS + 2, &pc);
    bench_invalidate_all(s.b);
    for (unsigned i = 0; i < 2; i++) {
        for (uint32_t p = 0; p < 3; p++)
            EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x1000), PROCESS + p), 0x5000);
        EXPECT_FAULT(s.b, with_priv(read_at(DEVICE, 0x1000), PROCESS),
                     IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
        EXPECT_FAULT(s.b, with_priv(read_at(DEVICE, 0x1000), PROCESS + 1),
                     IOMMU_CAUSE_READ_PAGE_FAULT);
        EXPECT_OK(s.b, with_priv(read_at(DEVICE, 0x1000), PROCESS + 2), 0x5000);
        EXPECT_FAULT(s.b, with_priv(exec_at(DEVICE, 0x1000), PROCESS + 2),
                     IOMMU_CAUSE_INSTR_PAGE_FAULT);
        for (uint32_t p = 1; p < 3; p++)
            EXPECT_OK(s.b, with_priv(exec_at(DEVICE, 0x2000), PROCESS + p), 0x6000);
        EXPECT_FAULT(s.b, with_pid(read_at(DEVICE, 0x2000), PROCESS + 2),
                     IOMMU_CAUSE_READ_PAGE_FAULT);
    }
}

/* Bits that concern the request's answer only: QoS IDs, DTF, EN_ATS. */
TEST_TABLES(shared_tables_with_different_answers)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL & ~P_W);
    struct dc other = s.dc;
    other.tc |= TC(DTF) | TC(EN_ATS);
    other.ta |= IOMMU_PREP(IOMMU_DC_TA_RCID, 3) | IOMMU_PREP(IOMMU_DC_TA_MCID, 4);
    set_other(&s, &other);
    for (unsigned i = 0; i < 2; i++) {
        struct iommu_response r = EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        CHECK_EQ(r.rcid, 0);
        CHECK_EQ(r.mcid, 0);
        r = EXPECT_OK(s.b, read_at(OTHER, 0x1000), 0x5000);
        CHECK_EQ(r.rcid, 3);
        CHECK_EQ(r.mcid, 4);
        EXPECT_FAULT(s.b, write_at(DEVICE, 0x1000), IOMMU_CAUSE_WRITE_PAGE_FAULT);
        EXPECT_SUPPRESSED(s.b, write_at(OTHER, 0x1000), IOMMU_CAUSE_WRITE_PAGE_FAULT, 0);
        EXPECT_FAULT(s.b, as_translated(read_at(DEVICE, 0x5000)),
                     IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
        EXPECT_OK(s.b, as_translated(read_at(OTHER, 0x1000)), 0x1000);
    }
}

/* With T2GPA the same number is an IOVA, or a GPA, or (without) an SPA. */
TEST_TABLES(shared_tables_with_different_t2gpa)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x7000, 0x9000, 0, P_ALL);
    pt_map(&s.second, 0x9000, 0x5000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x6000, 0, P_ALL);
    s.dc.tc |= TC(EN_ATS);
    bench_write_dc(s.b, DEVICE, &s.dc);
    struct dc other = s.dc;
    other.tc |= TC(T2GPA);
    set_other(&s, &other);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(s.b, read_at(DEVICE, 0x7000), 0x5000);
        EXPECT_OK(s.b, as_translated(read_at(DEVICE, 0x7000)), 0x7000);
        EXPECT_OK(s.b, read_at(OTHER, 0x7000), 0x5000);
        EXPECT_OK(s.b, as_translated(read_at(OTHER, 0x7000)), 0x6000);
        EXPECT_OK(s.b, as_ats(read_at(DEVICE, 0x7000)), 0x5000);
        EXPECT_OK(s.b, as_ats(read_at(OTHER, 0x7000)), 0x9000);
    }
}

/* The same process_id of two devices is two processes. */
TEST_TABLES(same_process_id_of_different_devices)
{
    struct bench *b = bench_ready("max", NULL);
    struct stages s[2];
    struct pdt pdt[2];
    struct pc pc;
    for (unsigned i = 0; i < 2; i++) {
        stages_make(&s[i], b, PT_SV39, NO_STAGE);
        pt_map(&s[i].first, 0x1000, 0x5000 + 0x1000 * i, 0, P_ALL);
        stages_add_process(&s[i], &pdt[i], &pc);
        pc.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, 7 + i);
        pdt_write_pc(&pdt[i], PROCESS, &pc);
        bench_write_dc(b, DEVICE + i, &s[i].dc);
    }
    bench_write_dc(b, DEVICE, &s[0].dc);
    bench_invalidate_all(b);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_OK(b, with_pid(read_at(DEVICE + i % 2, 0x1000), PROCESS), 0x5000 + 0x1000 * (i % 2));
}
