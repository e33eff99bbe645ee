/* SPDX-License-Identifier: Apache-2.0 */
/* Corners where implementations go wrong, 9 to 14: faults, privilege and their records. */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define P_CLEAN (P_ALL & ~(P_A | P_D))

/* A process with Sv39 over Sv39x4: IOVA 0x1000, GPA 0x7000, page 0x5000. */
struct process {
    struct stages s;
    struct pdt pdt;
    struct pc pc;
};

static void make_process(struct process *p, uint64_t leaf_flags)
{
    stages_ready(&p->s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&p->s.first, 0x1000, 0x7000, 0, leaf_flags);
    pt_map(&p->s.second, 0x7000, 0x5000, 0, P_ALL);
    stages_add_process(&p->s, &p->pdt, &p->pc);
}

TEST(corner_09_directory_walk_through_the_second_stage)
{
    struct process p;
    make_process(&p, P_ALL);
    uint64_t gpa = pdt_entry_gpa(&p.pdt, PROCESS, 1);
    uint64_t pte = pt_entry(&p.s.second, gpa, 0);
    uint64_t good = pt_read(&p.s.second, pte);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_request request = with_pid(request_of(kind, DEVICE, 0x1000), PROCESS);
        test_note("kind %u", kind);
        stages_set_pte(&p.s, &p.s.second, pte, 0);
        EXPECT_GUEST_FAULT(p.s.b, request, guest_page_fault(&request), gpa | 1);
        stages_set_pte(&p.s, &p.s.second, pte, good);
        bench_inject(p.s.b, pte, 8, IOMMU_MEM_ACCESS_FAULT);
        EXPECT_FAULT(p.s.b, request, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
        bench_clear_injections(p.s.b);
        bench_inject(p.s.b, pte, 8, IOMMU_MEM_POISON);
        EXPECT_FAULT(p.s.b, request, IOMMU_CAUSE_PDT_DATA_CORRUPTION);
        bench_clear_injections(p.s.b);
    }
}

TEST(corner_10_first_stage_pte_faults_in_nested_mode)
{
    struct process p;
    make_process(&p, P_ALL);
    uint64_t vs_pte = pt_entry(&p.s.first, 0x1000, 1);
    uint64_t g_pte = pt_entry(&p.s.second, vs_pte + GUEST_OFFSET, 0);
    const uint64_t ptes[] = {vs_pte, g_pte};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned kind = 0; kind < 3; kind++) {
            struct iommu_request request = with_pid(request_of(kind, DEVICE, 0x1000), PROCESS);
            test_note("PTE of stage %u, kind %u", i + 1, kind);
            bench_inject(p.s.b, ptes[i], 8, IOMMU_MEM_ACCESS_FAULT);
            EXPECT_FAULT(p.s.b, request, access_fault(&request));
            bench_clear_injections(p.s.b);
            bench_inject(p.s.b, ptes[i], 8, IOMMU_MEM_POISON);
            EXPECT_FAULT(p.s.b, request, IOMMU_CAUSE_PT_DATA_CORRUPTION);
            bench_clear_injections(p.s.b);
        }
    }
}

TEST_TABLES(corner_11_iotval2_in_each_situation)
{
    struct process p;
    make_process(&p, P_CLEAN);
    struct iommu_request request = with_pid(read_at(DEVICE, 0x1abd), PROCESS);
    uint64_t leaf = pt_entry(&p.s.first, 0x1000, 0);
    uint64_t leaf_gpa = leaf + GUEST_OFFSET;
    uint64_t table = pt_entry(&p.s.second, leaf_gpa, 0);
    /* not a guest page fault: 0 */
    EXPECT_FAULT(p.s.b, request, IOMMU_CAUSE_READ_PAGE_FAULT);
    /* the update of A: implicit, write */
    p.s.dc.tc |= TC(SADE);
    stages_update(&p.s);
    stages_set_pte(&p.s, &p.s.second, table, pt_pte(leaf & ~0xfffull, P_ALL & ~P_W));
    EXPECT_GUEST_FAULT(p.s.b, request, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, leaf_gpa | 3);
    /* the reading of the PTE: implicit, read */
    stages_set_pte(&p.s, &p.s.second, table, pt_pte(leaf & ~0xfffull, P_V | P_X | P_U | P_A));
    EXPECT_GUEST_FAULT(p.s.b, request, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, leaf_gpa | 1);
    /* the final address: neither */
    stages_set_pte(&p.s, &p.s.second, table, pt_pte(leaf & ~0xfffull, P_ALL));
    stages_set_pte(&p.s, &p.s.second, pt_entry(&p.s.second, 0x7000, 0), 0);
    EXPECT_GUEST_FAULT(p.s.b, request, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x7abc);
    /* the directory: implicit, read */
    uint64_t pc_gpa = pdt_entry_gpa(&p.pdt, PROCESS, 0);
    stages_set_pte(&p.s, &p.s.second, pt_entry(&p.s.second, pc_gpa, 0), 0);
    EXPECT_GUEST_FAULT(p.s.b, request, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, pc_gpa | 1);
}

/* --- 12: privilege -------------------------------------------------------------------- */

TEST_TABLES(corner_12_ens_and_sum)
{
    struct process p;
    make_process(&p, P_ALL);
    struct iommu_request read = with_priv(read_at(DEVICE, 0x1000), PROCESS);
    struct iommu_request execute = with_priv(exec_at(DEVICE, 0x1000), PROCESS);
    /* ENS=0 is 260, but only once the process context is known to be right */
    EXPECT_FAULT(p.s.b, read, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    p.pc.ta |= 1ull << 63;
    stages_update_process(&p.s, &p.pdt, &p.pc);
    EXPECT_FAULT(p.s.b, read, IOMMU_CAUSE_PDT_MISCONFIGURED);
    p.pc.ta = 0;
    stages_update_process(&p.s, &p.pdt, &p.pc);
    EXPECT_FAULT(p.s.b, read, IOMMU_CAUSE_PDT_NOT_VALID);
    /* SUM=0 is a page fault */
    p.pc.ta = IOMMU_PC_TA_V_MASK | IOMMU_PC_TA_ENS_MASK;
    stages_update_process(&p.s, &p.pdt, &p.pc);
    EXPECT_FAULT(p.s.b, read, IOMMU_CAUSE_READ_PAGE_FAULT);
    /* SUM=1 admits reads, and never execution */
    p.pc.ta |= IOMMU_PC_TA_SUM_MASK;
    stages_update_process(&p.s, &p.pdt, &p.pc);
    EXPECT_OK(p.s.b, read, 0x5000);
    EXPECT_FAULT(p.s.b, execute, IOMMU_CAUSE_INSTR_PAGE_FAULT);
    EXPECT_OK(p.s.b, with_pid(exec_at(DEVICE, 0x1000), PROCESS), 0x5000);
}

/* Privilege exists only with a process_id: not with DPE, not in tr_req_ctl with PV=0. */
TEST_TABLES(corner_12_no_privilege_without_process_id)
{
    struct process p;
    make_process(&p, P_ALL & ~P_U);
    pdt_write_pc(&p.pdt, 0, &p.pc); /* ENS=0 */
    p.s.dc.tc |= TC(DPE);
    stages_update(&p.s);
    struct iommu_request request = read_at(DEVICE, 0x1000);
    request.privileged = true;
    /* not 260: no supervisor privilege is requested; a user may not touch the page */
    EXPECT_FAULT(p.s.b, request, IOMMU_CAUSE_READ_PAGE_FAULT);

    REG_SET(p.s.b, TR_REQ_IOVA, 0x1000);
    REG_SET(p.s.b, TR_REQ_CTL,
            IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, DEVICE) | IOMMU_TR_REQ_CTL_NW_MASK |
                IOMMU_TR_REQ_CTL_PRIV_MASK | IOMMU_TR_REQ_CTL_GO_BUSY_MASK);
    CHECK_EQ(REG_FIELD(p.s.b, TR_RESPONSE, FAULT), 1);
    CHECK_RECORD(p.s.b, fault_of(read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT, 0));
}

/* --- 13: the default process ------------------------------------------------------------ */

TEST_TABLES(corner_13_default_process_is_not_in_the_record)
{
    struct process p;
    make_process(&p, P_ALL);
    p.s.dc.tc |= TC(DPE);
    stages_update(&p.s);
    /* the records have PV=0, PID=0, PRIV=0, as the request had none */
    EXPECT_FAULT(p.s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_PDT_NOT_VALID);
    pdt_write_pc(&p.pdt, 0, &p.pc);
    bench_invalidate_all(p.s.b);
    EXPECT_OK(p.s.b, read_at(DEVICE, 0x1000), 0x5000);
    EXPECT_FAULT(p.s.b, write_at(DEVICE, 0x3000), IOMMU_CAUSE_WRITE_PAGE_FAULT);
    /* with process_id 0 of its own, PV=1 */
    EXPECT_FAULT(p.s.b, with_pid(write_at(DEVICE, 0x3000), 0), IOMMU_CAUSE_WRITE_PAGE_FAULT);
}

/* --- 14: DTF --------------------------------------------------------------------------- */

/* Faults of the I/O bridge, and whether DTF=1 lets their records through. */
TEST_TABLES(corner_14_dtf_and_faults_of_the_bridge)
{
    static const struct {
        uint16_t cause;
        bool reported;
    } causes[] = {
        {IOMMU_CAUSE_INSTR_ACCESS_FAULT, false},       {IOMMU_CAUSE_READ_ADDR_MISALIGNED, false},
        {IOMMU_CAUSE_READ_ACCESS_FAULT, false},        {IOMMU_CAUSE_WRITE_ADDR_MISALIGNED, false},
        {IOMMU_CAUSE_WRITE_ACCESS_FAULT, false},       {IOMMU_CAUSE_MRIF_ACCESS_FAULT, false},
        {IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION, false}, {IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR, true},
    };
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    for (unsigned dtf = 0; dtf < 2; dtf++) {
        dc.tc |= IOMMU_PREP(IOMMU_DC_TC_DTF, dtf);
        bench_write_dc(b, DEVICE, &dc);
        bench_invalidate_all(b);
        for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
            struct iommu_request request = write_at(DEVICE, 0x1234);
            test_note("DTF %u, cause %u", dtf, causes[i].cause);
            CHECK(iommu_report_fault(b->iommu, &request, causes[i].cause));
            if (dtf == 0 || causes[i].reported)
                CHECK_RECORD(b, fault_of(request, causes[i].cause, 0));
            CHECK_NO_RECORD(b);
        }
    }
}

/* Other faults are not the bridge's to report. */
TEST_TABLES(bridge_reports_no_other_faults)
{
    static const uint16_t causes[] = {0,   2,   12,  13,  15,  20,  21,  23,  256, 257, 258, 259,
                                      260, 261, 262, 263, 265, 266, 267, 268, 269, 270, 273, 274};
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    struct iommu_request request = read_at(DEVICE, 0x1234);
    bench_write_dc(b, DEVICE, &dc);
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        test_note("cause %u", causes[i]);
        CHECK(!iommu_report_fault(b->iommu, &request, causes[i]));
        CHECK_NO_RECORD(b);
    }
}

/* Where there is no device context there is no DTF. */
TEST_TABLES(bridge_faults_without_device_context)
{
    struct bench *b = bench_create("max", NULL);
    struct iommu_request request = with_priv(write_at(0x123456, 0x1234), 0x54321);
    bench_start_queues(b);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    CHECK(iommu_report_fault(b->iommu, &request, IOMMU_CAUSE_WRITE_ACCESS_FAULT));
    CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_WRITE_ACCESS_FAULT, 0));
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    b->ddt_root = bench_page(b);
    b->levels = 3;
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    CHECK(iommu_report_fault(b->iommu, &request, IOMMU_CAUSE_WRITE_ACCESS_FAULT));
    CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_WRITE_ACCESS_FAULT, 0));
    CHECK_NO_RECORD(b);
}

/* The rows "No": suppressed, and the device is answered as without DTF. */
TEST(corner_14_dtf_suppresses_translation_faults)
{
    struct process p;
    make_process(&p, P_CLEAN);
    uint64_t table = msi_pt_create(p.s.b, 0);
    p.s.dc.tc |= TC(DTF);
    p.s.dc.msiptp = msi_msiptp(table);
    p.s.dc.msi_addr_pattern = 0x28000;
    pt_map(&p.s.first, 0x28000000, 0x28000000, 0, P_ALL);
    pt_map(&p.s.first, 0x2000, 0x9000, 0, P_ALL);
    stages_update(&p.s);
    struct bench *b = p.s.b;
    struct iommu_request msi = with_pid(write_at(DEVICE, 0x28000000), PROCESS);
    struct iommu_request data = with_pid(read_at(DEVICE, 0x1000), PROCESS);

    EXPECT_SUPPRESSED(b, as_translated(data), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 0);
    EXPECT_SUPPRESSED(b, as_ats(data), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 0);
    EXPECT_SUPPRESSED(b, data, IOMMU_CAUSE_READ_PAGE_FAULT, 0);
    EXPECT_SUPPRESSED(b, with_pid(read_at(DEVICE, 0x2000), PROCESS),
                      IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x9000);
    EXPECT_SUPPRESSED(b, with_pid(data, PROCESS + 1), IOMMU_CAUSE_PDT_NOT_VALID, 0);
    EXPECT_SUPPRESSED(b, msi, IOMMU_CAUSE_MSI_PTE_NOT_VALID, 0);
    msi_pt_write(b, table, 0, (struct msi_pte){{1, 0}});
    EXPECT_SUPPRESSED(b, msi, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED, 0);
    bench_inject(b, table, 16, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_SUPPRESSED(b, msi, IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, 0);
    bench_clear_injections(b);
    bench_inject(b, table, 16, IOMMU_MEM_POISON);
    EXPECT_SUPPRESSED(b, msi, IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION, 0);
    bench_clear_injections(b);
    bench_invalidate_all(b);
    bench_inject(b, pt_entry(&p.s.first, 0x1000, 0), 8, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_SUPPRESSED(b, data, IOMMU_CAUSE_READ_ACCESS_FAULT, 0);
    bench_clear_injections(b);
    bench_inject(b, pt_entry(&p.s.first, 0x1000, 0), 8, IOMMU_MEM_POISON);
    EXPECT_SUPPRESSED(b, data, IOMMU_CAUSE_PT_DATA_CORRUPTION, 0);
    bench_clear_injections(b);
    bench_invalidate_all(b);
    bench_inject(b, pdt_entry(&p.pdt, PROCESS, 0), 16, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_SUPPRESSED(b, data, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, 0);
    bench_clear_injections(b);
    bench_inject(b, pdt_entry(&p.pdt, PROCESS, 0), 16, IOMMU_MEM_POISON);
    EXPECT_SUPPRESSED(b, data, IOMMU_CAUSE_PDT_DATA_CORRUPTION, 0);
}

/* The rows "Yes": a context that cannot be located counts as DTF=0. */
TEST(corner_14_dtf_does_not_suppress_faults_of_the_directory)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    dc.tc |= TC(DTF);
    bench_write_dc(b, DEVICE, &dc);
    uint64_t entry = bench_ddt_entry(b, DEVICE, 0);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    bench_put64(b, entry, dc.tc | 1ull << 12);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
    bench_put64(b, entry, dc.tc & ~1ull);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_NOT_VALID);
    bench_inject(b, entry, 64, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
    bench_clear_injections(b);
    bench_inject(b, entry, 64, IOMMU_MEM_POISON);
    EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_DATA_CORRUPTION);
    bench_clear_injections(b);
    bench_put64(b, entry, dc.tc);
    bench_invalidate_all(b);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    EXPECT_FAULT(b, read_at(DEVICE, 0), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
}
