/* SPDX-License-Identifier: Apache-2.0 */
/* "Device-context fields": what each bit of tc does. */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK

/* --- EN_ATS, EN_PRI, PRPR, T2GPA --------------------------------------------------- */

TEST_TABLES(tc_en_ats_admits_translated_and_ats_requests)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_request request = request_of(kind, DEVICE, 0x1000);
        EXPECT_FAULT(b, as_translated(request), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
        EXPECT_OK(b, request, 0x1000);
    }
    EXPECT_FAULT(b, as_ats(read_at(DEVICE, 0x1000)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_FAULT(b, as_ats(write_at(DEVICE, 0x1000)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    dc.tc |= TC(EN_ATS);
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    for (unsigned kind = 0; kind < 3; kind++)
        EXPECT_OK(b, as_translated(request_of(kind, DEVICE, 0x1000)), 0x1000);
    CHECK_EQ(bench_translate(b, as_ats(read_at(DEVICE, 0x1000))).status, IOMMU_SUCCESS);
}

TEST_TABLES(tc_en_ats_admits_invalidation_completions)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    struct fault_record record;
    bench_write_dc(b, DEVICE, &dc);
    CHECK(!iommu_invalidation_completion(b->iommu, DEVICE, 1, 1));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    CHECK_EQ(record.ttyp, IOMMU_TTYP_MESSAGE_REQ);
    CHECK_EQ(record.did, DEVICE);
    dc.tc |= TC(EN_ATS);
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    bench_push(b, cmd_ats_inval(DEVICE, 0x1000));
    CHECK(iommu_invalidation_completion(b->iommu, DEVICE, iommu_itags_busy(b->iommu), 1));
    CHECK_NO_RECORD(b);
}

/* A page request that wants an answer, from a process. */
static struct iommu_pri_result ask_for_page(struct bench *b)
{
    struct iommu_page_request request = {.device_id = DEVICE,
                                         .process_id = PROCESS,
                                         .process_id_valid = true,
                                         .payload = 0x4007}; /* R, W, L */
    return iommu_page_request(b->iommu, &request);
}

TEST_TABLES(tc_en_pri_admits_page_requests)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    struct page_request_record record;
    dc.tc |= TC(EN_ATS);
    bench_write_dc(b, DEVICE, &dc);
    struct iommu_pri_result result = ask_for_page(b);
    CHECK_EQ(result.status, IOMMU_PRI_RESPONDED);
    CHECK_EQ(result.code, IOMMU_PRGR_INVALID_REQUEST);
    CHECK_EQ(result.cause, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    CHECK_EQ(bench_page_request_count(b), 0);
    dc.tc |= TC(EN_PRI);
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    CHECK_EQ(ask_for_page(b).status, IOMMU_PRI_QUEUED);
    REQUIRE(bench_pop_page_request(b, &record));
    CHECK_EQ(record.did, DEVICE);
    CHECK_EQ(record.pid, PROCESS);
}

/* Fill the page-request queue, so that the IOMMU answers by itself. */
TEST_TABLES(tc_prpr_puts_the_pasid_into_automatic_responses)
{
    for (unsigned prpr = 0; prpr < 2; prpr++) {
        struct bench *b = bench_ready("max", NULL);
        struct dc dc = bench_dc(b);
        dc.tc |= TC(EN_ATS) | TC(EN_PRI) | IOMMU_PREP(IOMMU_DC_TC_PRPR, prpr);
        bench_write_dc(b, DEVICE, &dc);
        test_note("PRPR %u", prpr);
        for (uint32_t i = 0; i + 1 < 1u << b->pq.log2; i++)
            CHECK_EQ(ask_for_page(b).status, IOMMU_PRI_QUEUED);
        struct iommu_pri_result result = ask_for_page(b);
        CHECK_EQ(result.status, IOMMU_PRI_RESPONDED);
        CHECK_EQ(result.code, IOMMU_PRGR_SUCCESS);
        REQUIRE(bench_events(b, EVENT_MESSAGE) == 1);
        const struct iommu_message *message = &bench_event(b, EVENT_MESSAGE, 0)->message;
        CHECK_EQ(message->kind, IOMMU_MSG_PAGE_REQUEST_GROUP_RESP);
        CHECK_EQ(message->pasid_valid, prpr);
        CHECK_EQ(message->process_id, prpr ? PROCESS : 0);
    }
}

TEST_TABLES(tc_t2gpa_answers_with_guest_addresses)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    s.dc.tc |= TC(EN_ATS);
    stages_update(&s);
    EXPECT_OK(s.b, as_ats(read_at(DEVICE, 0x1000)), 0x5000);
    EXPECT_OK(s.b, as_translated(read_at(DEVICE, 0x7008)), 0x7008);
    s.dc.tc |= TC(T2GPA);
    stages_update(&s);
    EXPECT_OK(s.b, as_ats(read_at(DEVICE, 0x1000)), 0x7000);
    EXPECT_OK(s.b, as_translated(read_at(DEVICE, 0x7008)), 0x5008);
    EXPECT_GUEST_FAULT(s.b, as_translated(write_at(DEVICE, 0x9008)),
                       IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x9008);
}

/* --- DTF --------------------------------------------------------------------------- */

TEST_TABLES(tc_dtf_suppresses_translation_faults)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    s.dc.tc |= TC(DTF);
    stages_update(&s);
    EXPECT_SUPPRESSED(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT, 0);
    EXPECT_SUPPRESSED(s.b, write_at(DEVICE, 0x1000), IOMMU_CAUSE_WRITE_PAGE_FAULT, 0);
    EXPECT_SUPPRESSED(s.b, as_translated(read_at(DEVICE, 0)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 0);
    EXPECT_SUPPRESSED(s.b, with_pid(read_at(DEVICE, 0), 1), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 0);
    stages_add_process(&s, &pdt, &pc);
    EXPECT_SUPPRESSED(s.b, with_pid(read_at(DEVICE, 0x1000), PROCESS + 1),
                      IOMMU_CAUSE_PDT_NOT_VALID, 0);
    EXPECT_SUPPRESSED(s.b, with_pid(exec_at(DEVICE, 0x1000), PROCESS), IOMMU_CAUSE_INSTR_PAGE_FAULT,
                      0);
}

TEST_TABLES(tc_dtf_does_not_suppress_faults_of_the_directory)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    dc.tc |= TC(DTF) | 1ull << 12;
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED);
    dc.tc = TC(DTF);
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_NOT_VALID);
}

/* --- PDTV, DPE, SBE, SXL ----------------------------------------------------------- */

TEST_TABLES(tc_pdtv_decides_what_fsc_is)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    stages_add_process(&s, &pdt, &pc);
    EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x1000), PROCESS), 0x5000);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x1000); /* no process_id, DPE=0: Bare */
}

/* No process_id is not process_id 0. */
TEST_TABLES(tc_without_dpe_process_0_is_a_process)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    stages_add_process(&s, &pdt, &pc);
    pdt_write_pc(&pdt, 0, &pc);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    pt_map(&s.second, 0x1000, 0x6000, 0, P_ALL);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x6000);
        EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x1000), 0), 0x5000);
    }
}

TEST_TABLES(tc_dpe_makes_0_the_default_process)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    stages_add_process(&s, &pdt, &pc);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
    s.dc.tc |= TC(DPE);
    stages_update(&s);
    EXPECT_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_PDT_NOT_VALID);
    pdt_write_pc(&pdt, 0, &pc);
    bench_invalidate_all(s.b);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    EXPECT_FAULT(s.b, read_at(DEVICE, 0x2000), IOMMU_CAUSE_READ_PAGE_FAULT);
}

TEST_TABLES(tc_sbe_governs_pdt_and_first_stage)
{
    for (unsigned sbe = 0; sbe < 2; sbe++) {
        struct stages s;
        struct pdt pdt;
        struct pc pc;
        stages_ready(&s, PT_SV48, PT_SV48X4, NULL);
        test_note("SBE %u", sbe);
        s.first.big_endian = sbe != 0;
        s.dc.tc &= ~TC(SBE);
        s.dc.tc |= IOMMU_PREP(IOMMU_DC_TC_SBE, sbe);
        pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
        pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
        stages_add_process(&s, &pdt, &pc);
        pdt = pdt_create_guest(s.b, IOMMU_PDTP_MODE_PD20, s.guest);
        pdt.big_endian = sbe != 0;
        pdt_write_pc(&pdt, PROCESS, &pc);
        s.dc.fsc = pdt_pdtp(&pdt);
        stages_update(&s);
        EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x1010), PROCESS), 0x5010);
    }
}

TEST_TABLES(tc_sxl_1_makes_wide_iovas_page_faults)
{
    struct stages s;
    stages_ready(&s, PT_SV32, NO_STAGE, NULL);
    pt_map(&s.first, 0xfffff000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0xfffff000), 0x5000);
    for (unsigned bit = 32; bit < 64; bit++) {
        uint64_t iova = 0xfffff000 | 1ull << bit;
        test_note("bit %u", bit);
        EXPECT_FAULT(s.b, read_at(DEVICE, iova), IOMMU_CAUSE_READ_PAGE_FAULT);
        EXPECT_FAULT(s.b, write_at(DEVICE, iova), IOMMU_CAUSE_WRITE_PAGE_FAULT);
        EXPECT_FAULT(s.b, exec_at(DEVICE, iova), IOMMU_CAUSE_INSTR_PAGE_FAULT);
    }
    /* an Sv32 address is zero-extended, not sign-extended */
    EXPECT_FAULT(s.b, read_at(DEVICE, 0xfffffffffffff000ull), IOMMU_CAUSE_READ_PAGE_FAULT);
    /* of no meaning if the first stage is Bare */
    s.dc.fsc = 0;
    stages_update(&s);
    EXPECT_OK(s.b, read_at(DEVICE, 0x100001000), 0x100001000);
}

/* The second stage may be any: with GXL=0 and SXL=1 it is one of Sv39x4 to Sv57x4. */
static void check_sxl_gpa(enum pt_mode second)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, second, NULL);
    s.dc.tc |= TC(SXL);
    stages_update(&s);
    pt_map(&s.second, 0x3fffff000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x3fffff008), 0x5008);
    for (unsigned bit = 34; bit < 64; bit++) {
        uint64_t gpa = 0x3fffff008 | 1ull << bit;
        test_note("%s, bit %u", mode_name(second), bit);
        EXPECT_GUEST_FAULT(s.b, read_at(DEVICE, gpa), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, gpa);
        EXPECT_GUEST_FAULT(s.b, write_at(DEVICE, gpa), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, gpa);
        EXPECT_GUEST_FAULT(s.b, exec_at(DEVICE, gpa), IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT, gpa);
    }
}

TEST_TABLES(tc_sxl_1_makes_wide_gpas_guest_page_faults)
{
    for (unsigned i = 0; i < 4; i++)
        check_sxl_gpa(second_modes[i]);
}

/* Sv39x4 would translate this address, were SXL not 1. */
TEST_TABLES(tc_sxl_1_bounds_mapped_gpas_too)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    pt_map(&s.second, 0x400000000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x400000000), 0x5000);
    s.dc.tc |= TC(SXL);
    stages_update(&s);
    EXPECT_GUEST_FAULT(s.b, read_at(DEVICE, 0x400000000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                       0x400000000);
}

/* Beyond the 34 bits, where Sv39x4 has an address for every page of a guest's tables. */
#define WIDE_OFFSET 0x400000000u

/* The guest's tables are reached through the same 34 bits as its pages. */
TEST_TABLES(tc_sxl_1_bounds_the_first_stage_in_guest_memory)
{
    struct stages s;
    stages_ready(&s, PT_SV32, PT_SV39X4, NULL);
    struct page_table wide =
        pt_create_guest(s.b, PT_SV32, (struct guest){.second = &s.second, .offset = WIDE_OFFSET});
    pt_map(&s.first, 0x400000, 0x800000, 1, P_ALL);
    pt_map(&wide, 0x400000, 0x800000, 1, P_ALL);
    pt_map(&s.second, 0x800000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x400000), 0x5000);
    s.dc.fsc = pt_iosatp(&wide);
    stages_update(&s);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_request request = request_of(kind, DEVICE, 0x400000);
        test_note("kind %u", kind);
        bench_expect_fault(HERE, s.b, request,
                           (struct expected_fault){.cause = guest_page_fault(&request),
                                                   .iotval2 = pt_entry_gpa(&wide, 0x400000, 1) | 1,
                                                   .rule = IOMMU_RULE_SXL_GPA_WIDE});
    }
}

TEST_TABLES(tc_sxl_1_bounds_the_process_directory_in_guest_memory)
{
    struct stages s;
    struct pc pc = pc_bare();
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    struct pdt pdt = pdt_create_guest(s.b, IOMMU_PDTP_MODE_PD8,
                                      (struct guest){.second = &s.second, .offset = WIDE_OFFSET});
    pdt_write_pc(&pdt, PROCESS, &pc);
    pt_map(&s.second, 0x1000, 0x5000, 0, P_ALL);
    s.dc.tc |= TC(PDTV);
    s.dc.fsc = pdt_pdtp(&pdt);
    stages_update(&s);
    EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x1000), PROCESS), 0x5000);
    s.dc.tc |= TC(SXL);
    stages_update(&s);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_request request = with_pid(request_of(kind, DEVICE, 0x1000), PROCESS);
        test_note("kind %u", kind);
        EXPECT_GUEST_FAULT(s.b, request, guest_page_fault(&request),
                           pdt_entry_gpa(&pdt, PROCESS, 0) | 1);
    }
}

/* A virtual interrupt file is found before the second stage, which has the limit. */
TEST_TABLES(tc_sxl_1_does_not_bound_interrupt_files)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV39X4, NULL);
    uint64_t table = msi_pt_create(s.b, 0);
    msi_pt_write(s.b, table, 0, msi_pte_basic(0x24000000));
    s.dc.tc |= TC(SXL);
    s.dc.msiptp = msi_msiptp(table);
    s.dc.msi_addr_pattern = 0x400000000 >> 12;
    stages_update(&s);
    EXPECT_OK(s.b, write_at(DEVICE, 0x400000000), 0x24000000);
    EXPECT_GUEST_FAULT(s.b, write_at(DEVICE, 0x400001000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT,
                       0x400001000);
}

TEST_TABLES(tc_custom_bits_are_ignored)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    dc.tc |= IOMMU_DC_TC_CUSTOM_MASK;
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
}

TEST_TABLES(tc_gade_and_sade_are_of_their_own_stage)
{
    struct stages s;
    const uint64_t clean = P_ALL & ~(P_A | P_D);
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    uint64_t first = pt_map(&s.first, 0x1000, 0x7000, 0, clean);
    uint64_t second = pt_map(&s.second, 0x7000, 0x5000, 0, clean);
    s.dc.tc |= TC(GADE);
    stages_update(&s);
    EXPECT_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT);
    s.dc.tc ^= TC(GADE) | TC(SADE);
    stages_update(&s);
    EXPECT_GUEST_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x7000);
    CHECK_EQ(pt_read(&s.second, second) & (P_A | P_D), 0);
    s.dc.tc |= TC(GADE);
    stages_update(&s);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    CHECK_EQ(pt_read(&s.first, first) & (P_A | P_D), P_A);
    CHECK_EQ(pt_read(&s.second, second) & (P_A | P_D), P_A);
}
