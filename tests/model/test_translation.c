/* SPDX-License-Identifier: Apache-2.0 */
/* "Process to translate an IOVA": its steps in their order, and what it answers. */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK

/* --- order ------------------------------------------------------------------------- */

/* A request that fails at every step; put right one by one, the next step shows. */
TEST(steps_fail_in_their_order)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    const struct iommu_request request = with_priv(write_at(DEVICE, 0x1000), PROCESS);
    struct iommu_request translated = as_translated(request);

    /* the tables: each wrong in one way, the last step first */
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    uint64_t leaf = pt_map(&s.first, 0x1000, 0x7000, 0, 0);
    stages_add_process(&s, &pdt, &pc);
    pc.ta = 0;
    pdt_write_pc(&pdt, PROCESS, &pc);
    s.dc.tc |= 1ull << 63;
    bench_write_dc(s.b, DEVICE, &s.dc);
    uint64_t ddte = bench_ddt_entry(s.b, DEVICE, 2);
    uint64_t good_ddte = bench_get64(s.b, ddte);
    bench_put64(s.b, ddte, 0);

    bench_set_mode(s.b, IOMMU_DDTP_MODE_OFF);
    EXPECT_FAULT(s.b, translated, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED); /* step 1 */
    bench_set_mode(s.b, IOMMU_DDTP_MODE_BARE);
    EXPECT_FAULT(s.b, translated, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED); /* step 2 */
    bench_set_mode(s.b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(s.b, IOMMU_DDTP_MODE_3LVL);
    EXPECT_FAULT(s.b, translated, IOMMU_CAUSE_DDT_NOT_VALID); /* step 6: non-leaf */
    bench_put64(s.b, ddte, good_ddte);
    EXPECT_FAULT(s.b, translated, IOMMU_CAUSE_DDT_MISCONFIGURED); /* step 6: DC */
    s.dc.tc &= ~(1ull << 63);
    stages_update(&s);
    EXPECT_FAULT(s.b, translated, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED); /* step 7: EN_ATS */
    EXPECT_FAULT(s.b, request, IOMMU_CAUSE_PDT_NOT_VALID);            /* step 14 */
    pc.ta = IOMMU_PC_TA_V_MASK | 1ull << 40;
    stages_update_process(&s, &pdt, &pc);
    EXPECT_FAULT(s.b, request, IOMMU_CAUSE_PDT_MISCONFIGURED); /* step 14: checks */
    pc.ta = IOMMU_PC_TA_V_MASK;
    stages_update_process(&s, &pdt, &pc);
    EXPECT_FAULT(s.b, request, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED); /* step 15: ENS */
    pc.ta |= IOMMU_PC_TA_ENS_MASK;
    stages_update_process(&s, &pdt, &pc);
    EXPECT_FAULT(s.b, request, IOMMU_CAUSE_WRITE_PAGE_FAULT); /* step 17 */
    stages_set_pte(&s, &s.first, leaf, pt_pte(0x7000, P_ALL & ~P_U));
    EXPECT_GUEST_FAULT(s.b, request, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x7000); /* step 19 */
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    bench_invalidate_all(s.b);
    EXPECT_OK(s.b, request, 0x5000);
}

TEST(steps_device_id_width_comes_before_the_directory)
{
    struct bench *b = bench_create("max", NULL);
    bench_start(b, 1);
    bench_inject(b, b->ddt_root, 4096, IOMMU_MEM_ACCESS_FAULT);
    EXPECT_FAULT(b, as_translated(read_at(0x40, 0)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_FAULT(b, as_translated(read_at(0x3f, 0)), IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
}

/* The checks of the DC come before those of the request's type and process_id. */
TEST_TABLES(steps_dc_checks_come_before_type_checks)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    dc.tc |= 1ull << 12;
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_FAULT(b, as_translated(read_at(DEVICE, 0)), IOMMU_CAUSE_DDT_MISCONFIGURED);
    EXPECT_FAULT(b, as_ats(read_at(DEVICE, 0)), IOMMU_CAUSE_DDT_MISCONFIGURED);
    EXPECT_FAULT(b, with_pid(read_at(DEVICE, 0), 0xfffff), IOMMU_CAUSE_DDT_MISCONFIGURED);
}

/* --- translated requests ----------------------------------------------------------- */

TEST(translated_requests_are_done_after_the_dc)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    s.dc.tc |= TC(EN_ATS);
    stages_update(&s);
    bench_clear_log(s.b);
    for (unsigned kind = 0; kind < 3; kind++) {
        /* nothing is mapped, and the address is not canonical: it is an SPA */
        struct iommu_request request = request_of(kind, DEVICE, 0x0080123456789abcull);
        struct iommu_response r = EXPECT_OK(s.b, as_translated(request), request.iova);
        CHECK_EQ(r.target, IOMMU_TARGET_MEMORY);
    }
    CHECK_EQ(bench_accesses(s.b, IOMMU_FIRST_STAGE), 0);
    CHECK_EQ(bench_accesses(s.b, IOMMU_SECOND_STAGE), 0);
}

/* The process_id of a Translated request is checked against PDTV and pdtp.MODE ... */
TEST_TABLES(translated_requests_check_the_process_id)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    struct pdt pdt = pdt_create(b, IOMMU_PDTP_MODE_PD8);
    dc.tc |= TC(EN_ATS);
    bench_write_dc(b, DEVICE, &dc);
    struct iommu_request request = as_translated(read_at(DEVICE, 0x5000));
    EXPECT_FAULT(b, with_pid(request, PROCESS), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    dc.tc |= TC(PDTV);
    dc.fsc = pdt_pdtp(&pdt);
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, with_pid(request, 0x100), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    /* ... but its process context is not located */
    EXPECT_OK(b, with_priv(request, PROCESS), 0x5000);
}

TEST_TABLES(translated_requests_with_t2gpa_use_the_second_stage_only)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    s.dc.tc |= TC(EN_ATS) | TC(T2GPA);
    stages_update(&s);
    pt_map(&s.first, 0x7000, 0x9000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL & ~P_W);
    EXPECT_OK(s.b, as_translated(read_at(DEVICE, 0x7008)), 0x5008);
    EXPECT_GUEST_FAULT(s.b, as_translated(write_at(DEVICE, 0x7008)),
                       IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x7008);
    EXPECT_GUEST_FAULT(s.b, as_translated(exec_at(DEVICE, 0x9008)),
                       IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT, 0x9008);
}

TEST_TABLES(translated_requests_with_t2gpa_are_checked_for_msis)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    uint64_t table = msi_pt_create(s.b, 0);
    s.dc.tc |= TC(EN_ATS) | TC(T2GPA);
    s.dc.msiptp = msi_msiptp(table);
    s.dc.msi_addr_pattern = 0x28000;
    msi_pt_write(s.b, table, 0, msi_pte_basic(0x24003000));
    stages_update(&s);
    CHECK_EQ(EXPECT_OK(s.b, as_translated(write_at(DEVICE, 0x28000000)), 0x24003000).target,
             IOMMU_TARGET_MSI);
    EXPECT_FAULT(s.b, as_translated(exec_at(DEVICE, 0x28000000)), IOMMU_CAUSE_INSTR_ACCESS_FAULT);
}

/* --- types that are not supported -------------------------------------------------- */

TEST_TABLES(types_not_supported_without_ats)
{
    struct bench *b = bench_ready("max", no_ats);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    for (unsigned kind = 0; kind < 3; kind++)
        EXPECT_FAULT(b, as_translated(request_of(kind, DEVICE, 0)),
                     IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_FAULT(b, as_ats(read_at(DEVICE, 0)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
}

TEST_TABLES(requests_that_make_no_sense_do_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct iommu_request request = read_at(DEVICE, 0x1000);
    request.type = 7;
    CHECK_EQ(bench_translate(b, request).status, IOMMU_BAD_REQUEST);
    request = read_at(0x1000000, 0x1000);
    CHECK_EQ(bench_translate(b, request).status, IOMMU_BAD_REQUEST);
    request = with_pid(read_at(DEVICE, 0x1000), 0x100000);
    CHECK_EQ(bench_translate(b, request).status, IOMMU_BAD_REQUEST);
    request = read_at(DEVICE, 0x1000);
    request.access = 9;
    CHECK_EQ(bench_translate(b, request).status, IOMMU_BAD_REQUEST);
    CHECK_NO_RECORD(b);
}

/* --- answers ----------------------------------------------------------------------- */

TEST_TABLES(response_has_address_type_and_qos_ids)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, (P_ALL & ~P_X) | P_PBMT(IOMMU_PBMT_IO));
    s.dc.ta |= IOMMU_PREP(IOMMU_DC_TA_RCID, 0x123) | IOMMU_PREP(IOMMU_DC_TA_MCID, 0x456);
    REG_SET(s.b, IOMMU_QOSID, 0x07770666);
    stages_update(&s);
    for (unsigned i = 0; i < 2; i++) { /* the second time from the caches */
        struct iommu_response r = EXPECT_OK(s.b, write_at(DEVICE, 0x1abc), 0x5abc);
        CHECK_EQ(r.pbmt, IOMMU_PBMT_IO);
        CHECK_EQ(r.rcid, 0x123);
        CHECK_EQ(r.mcid, 0x456);
        CHECK_EQ(r.permissions, IOMMU_PERM_R | IOMMU_PERM_W);
        CHECK_EQ(r.page_log2, 12);
        CHECK_EQ(r.target, IOMMU_TARGET_MEMORY);
        CHECK_EQ(r.rule, IOMMU_RULE_NONE);
    }
}

/* What a cached superpage answers is as complete as the walk's answer. */
TEST_TABLES(response_of_other_pages_of_a_superpage)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x200000, 0x40000000, 1, (P_ALL & ~P_X) | P_PBMT(IOMMU_PBMT_NC));
    s.dc.ta |= IOMMU_PREP(IOMMU_DC_TA_RCID, 0x123) | IOMMU_PREP(IOMMU_DC_TA_MCID, 0x456);
    stages_update(&s);
    for (uint64_t offset = 0; offset < 0x200000; offset += 0x1f008) {
        test_note("offset 0x%x", (unsigned)offset);
        struct iommu_response r =
            EXPECT_OK(s.b, read_at(DEVICE, 0x200000 + offset), 0x40000000 + offset);
        CHECK_EQ(r.pbmt, IOMMU_PBMT_NC);
        CHECK_EQ(r.rcid, 0x123);
        CHECK_EQ(r.mcid, 0x456);
        CHECK_EQ(r.permissions, IOMMU_PERM_R | IOMMU_PERM_W);
        CHECK_EQ(r.page_log2, 21);
        CHECK_EQ(r.rule, IOMMU_RULE_NONE);
        EXPECT_FAULT(s.b, exec_at(DEVICE, 0x200000 + offset), IOMMU_CAUSE_INSTR_PAGE_FAULT);
    }
}

/* A supervisor never executes a user's page: that is not granted either. */
TEST_TABLES(response_to_a_supervisor_on_a_user_page)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    stages_add_process(&s, &pdt, &pc);
    pc.ta |= IOMMU_PC_TA_ENS_MASK | IOMMU_PC_TA_SUM_MASK;
    stages_update_process(&s, &pdt, &pc);
    pt_map(&s.first, 0x200000, 0x40000000, 1, P_ALL);
    pt_map(&s.first, 0x400000, 0x40000000, 1, P_ALL & ~P_U);
    for (uint64_t offset = 0; offset < 0x10000; offset += 0x1000) {
        const struct iommu_request user = with_pid(read_at(DEVICE, 0x200000 + offset), PROCESS);
        struct iommu_request supervisor = with_priv(user, PROCESS);
        const uint64_t address = 0x40000000 + offset;
        const uint8_t all = IOMMU_PERM_R | IOMMU_PERM_W | IOMMU_PERM_X;
        CHECK_EQ(EXPECT_OK(s.b, supervisor, address).permissions, IOMMU_PERM_R | IOMMU_PERM_W);
        CHECK_EQ(EXPECT_OK(s.b, user, address).permissions, all);
        CHECK_EQ(EXPECT_OK(s.b, supervisor, address).permissions, IOMMU_PERM_R | IOMMU_PERM_W);
        supervisor.iova += 0x200000;
        CHECK_EQ(EXPECT_OK(s.b, supervisor, address).permissions, all);
    }
}

/* What the caches hold is not read again. */
TEST(caches_answer_the_second_request)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    stages_add_process(&s, &pdt, &pc);
    pt_map(&s.first, 0x200000, 0x400000, 1, P_ALL);
    pt_map(&s.second, 0x400000, 0x600000, 1, P_ALL);
    EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x200000), PROCESS), 0x600000);
    bench_clear_log(s.b);
    EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x200000), PROCESS), 0x600000);
    EXPECT_OK(s.b, with_pid(read_at(DEVICE, 0x201000), PROCESS), 0x601000);
    CHECK_EQ(bench_accesses(s.b, IOMMU_STRUCTURES), 0);
    /* another process, or no translation in the cache: the device context still is */
    EXPECT_FAULT(s.b, with_pid(read_at(DEVICE, 0x200000), PROCESS + 1), IOMMU_CAUSE_PDT_NOT_VALID);
    EXPECT_FAULT(s.b, with_pid(read_at(DEVICE, 0x800000), PROCESS), IOMMU_CAUSE_READ_PAGE_FAULT);
    CHECK_EQ(bench_accesses(s.b, IOMMU_DDT), 0);
}

/* Each request has its own answer: the order of requests does not matter. */
TEST_TABLES(response_does_not_depend_on_other_requests)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    for (uint64_t i = 0; i < 64; i++)
        pt_map(&s.first, i << 12, 0x100000 + (i << 13), 0, P_ALL);
    for (uint64_t i = 0; i < 64; i++)
        EXPECT_OK(s.b, read_at(DEVICE, i << 12), 0x100000 + (i << 13));
    for (uint64_t i = 64; i-- > 0;)
        EXPECT_OK(s.b, write_at(DEVICE, i << 12), 0x100000 + (i << 13));
}

/*
 * No head-of-line blocking is a property of hardware. The model's side of it: translating
 * never waits for, and never makes, a device's own access. One device's translated write
 * is left outstanding; another's translation, with all its implicit accesses, completes.
 */
TEST(implicit_accesses_do_not_wait_for_device_accesses)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.first, 0x40001000, 0x8000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    pt_map(&s.second, 0x8000, 0x6000, 0, P_ALL);
    bench_write_dc(s.b, DEVICE + 1, &s.dc);
    EXPECT_OK(s.b, write_at(DEVICE, 0x1000), 0x5000); /* its data has not been moved yet */
    bench_clear_log(s.b);
    EXPECT_OK(s.b, read_at(DEVICE + 1, 0x40001000), 0x6000);
    CHECK(bench_accesses(s.b, IOMMU_DDT) > 0);
    CHECK(bench_accesses(s.b, IOMMU_FIRST_STAGE) > 0);
    CHECK(bench_accesses(s.b, IOMMU_SECOND_STAGE) > 0);
    CHECK_EQ(bench_accesses(s.b, IOMMU_DATA), 0);
    CHECK_EQ(bench_events(s.b, EVENT_DRAIN), 0);
}

/* Every structure that lies beyond PAS: the access fault that belongs to it. */
TEST_TABLES(implicit_accesses_beyond_pas)
{
    struct stages s;
    const uint64_t wide = 1ull << 40;
    stages_ready(&s, NO_STAGE, PT_SV48X4, pas_40);
    struct pdt pdt = pdt_create_guest(s.b, IOMMU_PDTP_MODE_PD8, s.guest);
    struct pc pc = pc_bare();
    pdt_write_pc(&pdt, PROCESS, &pc);
    s.dc.tc |= TC(PDTV);
    s.dc.fsc = pdt_pdtp(&pdt);
    stages_update(&s);
    struct iommu_request request = with_pid(write_at(DEVICE, 0x1000), PROCESS);
    pt_map(&s.second, 0x1000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, request, 0x5000);
    /* the second stage maps the directory's page to beyond PAS */
    uint64_t pte = pt_entry(&s.second, pdt.root + GUEST_OFFSET, 0);
    stages_set_pte(&s, &s.second, pte, pt_pte(wide, P_ALL));
    EXPECT_FAULT(s.b, request, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
    /* and a page of the second stage is there */
    pte = pt_entry(&s.second, pdt.root + GUEST_OFFSET, 1);
    stages_set_pte(&s, &s.second, pte, pt_pte(wide, P_V));
    EXPECT_FAULT(s.b, request, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
    pte = pt_entry(&s.second, 0x1000, 0);
    stages_set_pte(&s, &s.second, pte, pt_pte(wide, P_ALL));
    EXPECT_FAULT(s.b, write_at(DEVICE, 0x1000), IOMMU_CAUSE_WRITE_ACCESS_FAULT);
}

/* A first-stage PTE that the second stage places beyond PAS: of the original type. */
TEST_TABLES(implicit_accesses_beyond_pas_in_guest_tables)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV48X4, pas_40);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    for (unsigned level = 0; level < 3; level++) {
        uint64_t gpa = pt_entry_gpa(&s.first, 0x1000, level) & ~0xfffull;
        uint64_t pte = pt_entry(&s.second, gpa, 0);
        uint64_t good = pt_read(&s.second, pte);
        stages_set_pte(&s, &s.second, pte, good | 1ull << (40 - 2));
        for (unsigned kind = 0; kind < 3; kind++) {
            struct iommu_request request = request_of(kind, DEVICE, 0x1000);
            test_note("level %u, kind %u", level, kind);
            EXPECT_FAULT(s.b, request, access_fault(&request));
        }
        stages_set_pte(&s, &s.second, pte, good);
    }
}
