/* SPDX-License-Identifier: Apache-2.0 */
/* "PCIe ATS translation request handling": the completion's permissions, fields and size. */
#include "scenes.h"

/* Add these bits to the device context: ATS and what else the test wants. */
static void enable_ats(struct scene *s, uint64_t tc_bits)
{
    s->dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | tc_bits;
    scene_update(s);
}

/* No Write set. */
static struct iommu_request ats_read(struct scene *s, uint64_t iova)
{
    return as_ats(read_at(s->device, iova));
}

/* No Write clear: read and write permission are asked for. */
static struct iommu_request ats_write(struct scene *s, uint64_t iova)
{
    return as_ats(write_at(s->device, iova));
}

static struct iommu_request ats_exec(struct scene *s, uint64_t iova)
{
    struct iommu_request request = ats_read(s, iova);
    request.execute = true;
    return request;
}

/* Success with these permissions; never a record. */
static struct iommu_response expect_granted(struct place place, struct scene *s,
                                            struct iommu_request request, unsigned permissions)
{
    struct iommu_response r = bench_translate(s->b, request);
    test_check_eq(place, r.status, IOMMU_SUCCESS, "status");
    test_check_eq(place, r.permissions, permissions, "permissions");
    test_check_eq(place, r.fault_reported, false, "fault_reported");
    test_check_eq(place, bench_fault_count(s->b), 0, "fault records");
    return r;
}
#define EXPECT_GRANTED(s, request, permissions) expect_granted(HERE, (s), (request), (permissions))

#define PERM_RW (IOMMU_PERM_R | IOMMU_PERM_W)
#define PERM_RWX (IOMMU_PERM_R | IOMMU_PERM_W | IOMMU_PERM_X)

TEST_BOTH(ats_completion_gives_address_and_permissions)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x5000, 0x90000000, 0, P_ALL);
    struct iommu_response r = EXPECT_GRANTED(&s, ats_write(&s, 0x5123), PERM_RW);
    CHECK_EQ(r.address & ~0xfffull, 0x90000000);
    CHECK_EQ(r.page_log2, 12);
    CHECK_EQ(r.ats, 0);
    CHECK_EQ(r.target, IOMMU_TARGET_MEMORY);
}

/* Permission bits are those of the tables, with each missing one denied by itself. */
TEST_BOTH(ats_missing_permission_is_denied_without_a_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL & ~P_W);
    pt_map(&s.first, 0x2000, 0x90000000, 0, P_ALL & ~P_X);
    pt_map(&s.first, 0x3000, 0x90000000, 0, P_ALL & ~(P_R | P_W));
    pt_map(&s.first, 0x4000, 0x90000000, 0, P_ALL & ~(P_W | P_X));
    EXPECT_GRANTED(&s, ats_write(&s, 0x1000), IOMMU_PERM_R);
    EXPECT_GRANTED(&s, ats_exec(&s, 0x2000), PERM_RW);
    EXPECT_GRANTED(&s, ats_exec(&s, 0x4000), IOMMU_PERM_R);
    EXPECT_GRANTED(&s, ats_write(&s, 0x4000), IOMMU_PERM_R);
    /* PCIe knows no execute-only translation. */
    EXPECT_GRANTED(&s, ats_read(&s, 0x3000), 0);
    EXPECT_GRANTED(&s, ats_exec(&s, 0x3000), 0);
}

TEST_BOTH(ats_execute_is_granted_only_if_asked_for)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL);
    pt_map(&s.first, 0x2000, 0x90000000, 0, P_ALL & ~P_W);
    CHECK_EQ(EXPECT_GRANTED(&s, ats_write(&s, 0x1000), PERM_RW).cause, 0);
    EXPECT_GRANTED(&s, ats_exec(&s, 0x2000), IOMMU_PERM_R | IOMMU_PERM_X);
    struct iommu_request all = ats_write(&s, 0x1000);
    all.execute = true;
    EXPECT_GRANTED(&s, all, PERM_RWX);
}

/* Permissions are those that both stages grant. */
TEST_BOTH(ats_permissions_are_those_of_both_stages)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x40001000, 0, P_ALL);
    pt_map(&s.first, 0x2000, 0x40002000, 0, P_ALL & ~P_W);
    pt_map(&s.first, 0x3000, 0x40003000, 0, P_ALL);
    pt_map(&s.second, 0x40001000, 0x90001000, 0, P_ALL & ~P_W);
    pt_map(&s.second, 0x40002000, 0x90002000, 0, P_ALL);
    pt_map(&s.second, 0x40003000, 0x90003000, 0, P_ALL & ~P_X);
    EXPECT_GRANTED(&s, ats_write(&s, 0x1000), IOMMU_PERM_R);
    EXPECT_GRANTED(&s, ats_write(&s, 0x2000), IOMMU_PERM_R);
    EXPECT_GRANTED(&s, ats_exec(&s, 0x3000), PERM_RW);
    EXPECT_GRANTED(&s, ats_exec(&s, 0x1000), IOMMU_PERM_R | IOMMU_PERM_X);
}

/* A device that may write without a further translation would leave D clear: W needs D. */
TEST_BOTH(ats_write_permission_needs_dirty_in_both_stages)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x40001000, 0, P_ALL & ~P_D);
    pt_map(&s.second, 0x40001000, 0x90001000, 0, P_ALL);
    pt_map(&s.first, 0x2000, 0x40002000, 0, P_ALL);
    pt_map(&s.second, 0x40002000, 0x90002000, 0, P_ALL & ~P_D);
    pt_map(&s.first, 0x3000, 0x40003000, 0, P_ALL);
    pt_map(&s.second, 0x40003000, 0x90003000, 0, P_ALL);
    EXPECT_GRANTED(&s, ats_read(&s, 0x1000), IOMMU_PERM_R);
    EXPECT_GRANTED(&s, ats_read(&s, 0x2000), IOMMU_PERM_R);
    EXPECT_GRANTED(&s, ats_write(&s, 0x3000), PERM_RW);
    /* Asking to write a clean page is the page fault that the tables demand. */
    EXPECT_FAULT(b, ats_write(&s, 0x1000), IOMMU_CAUSE_WRITE_PAGE_FAULT);
    EXPECT_GUEST_FAULT(b, ats_write(&s, 0x2000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x40002000);
}

/* R164: No Write clear sets D where hardware updates are on; No Write set must not. */
TEST_BOTH(ats_no_write_decides_whether_dirty_is_set)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    enable_ats(&s, IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK);
    uint64_t vs = pt_map(&s.first, 0x1000, 0x40001000, 0, P_ALL & ~(P_A | P_D));
    uint64_t g = pt_map(&s.second, 0x40001000, 0x90001000, 0, P_ALL & ~(P_A | P_D));
    EXPECT_GRANTED(&s, ats_read(&s, 0x1000), IOMMU_PERM_R);
    CHECK_EQ(pt_read(&s.first, vs) & (P_A | P_D), P_A);
    CHECK_EQ(pt_read(&s.second, g) & (P_A | P_D), P_A);
    EXPECT_GRANTED(&s, ats_write(&s, 0x1000), PERM_RW);
    CHECK_EQ(pt_read(&s.first, vs) & (P_A | P_D), P_A | P_D);
    CHECK_EQ(pt_read(&s.second, g) & (P_A | P_D), P_A | P_D);
}

TEST_BOTH(ats_accessed_clear_is_the_page_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x40001000, 0, P_ALL & ~P_A);
    pt_map(&s.first, 0x2000, 0x40002000, 0, P_ALL);
    pt_map(&s.second, 0x40001000, 0x90001000, 0, P_ALL);
    pt_map(&s.second, 0x40002000, 0x90002000, 0, P_ALL & ~P_A);
    EXPECT_FAULT(b, ats_read(&s, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT);
    EXPECT_GUEST_FAULT(b, ats_read(&s, 0x2000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x40002000);
}

/* R155: U and SUM. */
TEST_BOTH(ats_user_bit_mismatch_grants_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x90001000, 0, P_ALL & ~P_U);
    pt_map(&s.first, 0x2000, 0x90002000, 0, P_ALL);
    /* Without privilege, a page with U=0. */
    EXPECT_GRANTED(&s, with_pid(ats_write(&s, 0x1000), SCENE_PID), 0);
    EXPECT_GRANTED(&s, with_pid(ats_write(&s, 0x2000), SCENE_PID), PERM_RW);
    /* With privilege, a page with U=1: SUM decides. */
    EXPECT_GRANTED(&s, with_priv(ats_write(&s, 0x1000), SCENE_PID), PERM_RW);
    EXPECT_GRANTED(&s, with_priv(ats_write(&s, 0x2000), SCENE_PID), PERM_RW);
    s.pc.ta &= ~(uint64_t)IOMMU_PC_TA_SUM_MASK;
    scene_update_process(&s);
    EXPECT_GRANTED(&s, with_priv(ats_write(&s, 0x2000), SCENE_PID), 0);
    EXPECT_GRANTED(&s, with_priv(ats_write(&s, 0x1000), SCENE_PID), PERM_RW);
}

/* Supervisors never execute user pages, SUM or not: X stays clear. */
TEST_BOTH(ats_supervisor_gets_no_execute_on_user_pages)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x2000, 0x90002000, 0, P_ALL);
    struct iommu_response r = bench_translate(b, with_priv(ats_exec(&s, 0x2000), SCENE_PID));
    CHECK_EQ(r.status, IOMMU_SUCCESS);
    CHECK_EQ(r.permissions & IOMMU_PERM_X, 0);
    EXPECT_GRANTED(&s, with_pid(ats_exec(&s, 0x2000), SCENE_PID), PERM_RWX);
    CHECK_NO_RECORD(b);
}

/* R157 */
TEST_BOTH(ats_success_never_reports)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    enable_ats(&s, 0);
    EXPECT_GUEST_FAULT(b, ats_read(&s, 0x1000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x1000);
    EXPECT_GUEST_FAULT(b, ats_write(&s, 0x1000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x1000);
    CHECK_EQ(REG(b, FQT), 0);
}

TEST(ats_aborts_are_reported_unless_dtf)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    enable_ats(&s, 0);
    uint64_t entry = pt_map(&s.first, 0x1000, 0x90001000, 0, P_ALL);
    bench_inject(b, entry, 8, IOMMU_MEM_ACCESS_FAULT);
    CHECK(EXPECT_FAULT(b, ats_read(&s, 0x1000), IOMMU_CAUSE_READ_ACCESS_FAULT).fault_reported);
    enable_ats(&s, IOMMU_DC_TC_DTF_MASK);
    EXPECT_SUPPRESSED(b, ats_read(&s, 0x1000), IOMMU_CAUSE_READ_ACCESS_FAULT, 0);
}

/* R158, corner 17: an answer for exactly the 4 KiB of the file, for untranslated use. */
TEST_BOTH(ats_mrif_page_is_for_untranslated_access_only)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    scene_add_msi(&s);
    enable_ats(&s, 0);
    msi_pt_write(b, s.msi_table, 1, msi_pte_mrif(mrif_create(b), bench_page(b), 3));
    pt_map(&s.first, 0x200000, SCENE_MSI, 1, P_ALL);
    pt_map(&s.first, 0x1000, scene_msi_address(1, 0), 0, P_ALL & ~P_W);
    struct iommu_response r = EXPECT_GRANTED(&s, ats_write(&s, 0x201000), PERM_RW);
    CHECK_EQ(r.ats, IOMMU_ATS_U);
    CHECK_EQ(r.page_log2, 12);
    struct iommu_request exec = ats_exec(&s, 0x201000);
    CHECK_EQ(EXPECT_GRANTED(&s, exec, PERM_RW).ats, IOMMU_ATS_U);
    CHECK_EQ(EXPECT_GRANTED(&s, ats_write(&s, 0x1000), IOMMU_PERM_R).ats, IOMMU_ATS_U);
}

/* MSI step 15 faults only Untranslated and Translated requests. */
TEST_BOTH(ats_execute_of_an_interrupt_file_is_denied_without_a_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 4);
    enable_ats(&s, 0);
    struct iommu_response r = EXPECT_GRANTED(&s, ats_exec(&s, scene_msi_address(4, 0)), PERM_RW);
    CHECK_EQ(r.address & ~0xfffull, SCENE_IMSIC + 0x4000);
    CHECK_EQ(r.ats, 0);
    CHECK_EQ(r.page_log2, 12);
}

/* R159 */
TEST_BOTH(ats_priv_echoes_the_request_if_there_is_a_pasid)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    enable_ats(&s, IOMMU_DC_TC_DPE_MASK);
    pdt_write_pc(&s.pdt, 0, &s.pc);
    pt_map(&s.first, 0x1000, 0x90001000, 0, P_ALL);
    CHECK_EQ(EXPECT_GRANTED(&s, with_priv(ats_read(&s, 0x1000), SCENE_PID), PERM_RW).ats,
             IOMMU_ATS_PRIV);
    CHECK_EQ(EXPECT_GRANTED(&s, with_pid(ats_read(&s, 0x1000), SCENE_PID), PERM_RW).ats, 0);
    struct iommu_request without_pasid = ats_read(&s, 0x1000);
    without_pasid.privileged = true;
    CHECK_EQ(EXPECT_GRANTED(&s, without_pasid, PERM_RW).ats, 0);
}

/* R160: N and AMA have no bits in the answer, so nothing may be there but what is defined. */
TEST_BOTH(ats_completion_has_no_other_fields)
{
    const unsigned known =
        IOMMU_ATS_PRIV | IOMMU_ATS_GLOBAL | IOMMU_ATS_CXL_IO | IOMMU_ATS_U | IOMMU_ATS_S;
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_guest_process(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 0);
    enable_ats(&s, 0);
    msi_pt_write(b, s.msi_table, 1, msi_pte_mrif(mrif_create(b), bench_page(b), 1));
    pt_map(&s.second, 0x80000000, 0x140000000, 2, P_ALL);
    pt_map(&s.first, 0x200000, 0x80200000, 1, P_ALL | P_G | P_PBMT(IOMMU_PBMT_IO));
    pt_map(&s.first, 0x1000, scene_msi_address(0, 0), 0, P_ALL);
    pt_map(&s.first, 0x2000, scene_msi_address(1, 0), 0, P_ALL);
    static const uint64_t iovas[] = {0x200000, 0x1000, 0x2000, 0x3000};
    for (unsigned i = 0; i < 16; i++) {
        struct iommu_request request = ats_write(&s, iovas[i & 3]);
        request = (i & 4) != 0 ? with_priv(request, SCENE_PID) : with_pid(request, SCENE_PID);
        request.cxl = (i & 8) != 0;
        CHECK_EQ(bench_translate(b, request).ats & ~known, 0);
    }
}

/* R161: the G of the first stage, leaf or not, with a PASID only, and not for MSIs. */
TEST_BOTH(ats_global_is_that_of_the_first_stage)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_guest_process(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 0);
    enable_ats(&s, IOMMU_DC_TC_DPE_MASK);
    pdt_write_pc(&s.pdt, 0, &s.pc);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL | P_G);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL | P_G);
    pt_map(&s.first, 0x2000, 0x40000000, 0, P_ALL);
    pt_map(&s.first, 0x3000, SCENE_MSI, 0, P_ALL | P_G);
    pt_map(&s.first, 0x40000000, 0x40000000, 0, P_ALL);
    uint64_t nonleaf = pt_entry(&s.first, 0x40000000, 2);
    pt_write(&s.first, nonleaf, pt_read(&s.first, nonleaf) | P_G);
    CHECK_EQ(EXPECT_GRANTED(&s, with_pid(ats_read(&s, 0x1000), SCENE_PID), PERM_RW).ats,
             IOMMU_ATS_GLOBAL);
    CHECK_EQ(EXPECT_GRANTED(&s, with_pid(ats_read(&s, 0x2000), SCENE_PID), PERM_RW).ats, 0);
    CHECK_EQ(EXPECT_GRANTED(&s, with_pid(ats_read(&s, 0x3000), SCENE_PID), PERM_RW).ats, 0);
    CHECK_EQ(EXPECT_GRANTED(&s, with_pid(ats_read(&s, 0x40000000), SCENE_PID), PERM_RW).ats,
             IOMMU_ATS_GLOBAL);
    CHECK_EQ(EXPECT_GRANTED(&s, ats_read(&s, 0x1000), PERM_RW).ats, 0);
}

/* R162 */
TEST_BOTH(ats_cxl_io_for_msi_t2gpa_and_uncached_memory)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 0);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x40001000, 0, P_ALL | P_PBMT(IOMMU_PBMT_NC));
    pt_map(&s.first, 0x2000, 0x40001000, 0, P_ALL | P_PBMT(IOMMU_PBMT_IO));
    pt_map(&s.first, 0x3000, SCENE_MSI, 0, P_ALL);
    pt_map(&s.first, 0x4000, 0x40001000, 0, P_ALL);
    pt_map(&s.second, 0x40001000, 0x90001000, 0, P_ALL);
    for (uint64_t iova = 0x1000; iova <= 0x3000; iova += 0x1000) {
        struct iommu_request request = ats_read(&s, iova);
        CHECK_EQ(EXPECT_GRANTED(&s, request, PERM_RW).ats & IOMMU_ATS_CXL_IO, 0);
        request.cxl = true;
        CHECK_EQ(EXPECT_GRANTED(&s, request, PERM_RW).ats & IOMMU_ATS_CXL_IO, IOMMU_ATS_CXL_IO);
    }
    enable_ats(&s, IOMMU_DC_TC_T2GPA_MASK);
    struct iommu_request request = ats_read(&s, 0x4000);
    CHECK_EQ(EXPECT_GRANTED(&s, request, PERM_RW).ats & IOMMU_ATS_CXL_IO, 0);
    request.cxl = true;
    CHECK_EQ(EXPECT_GRANTED(&s, request, PERM_RW).ats & IOMMU_ATS_CXL_IO, IOMMU_ATS_CXL_IO);
}

/* R162: the same where nothing is granted. */
TEST_BOTH(ats_cxl_io_where_nothing_is_granted)
{
    for (unsigned t2gpa = 0; t2gpa < 2; t2gpa++) {
        struct bench *b = bench_ready("max", NULL);
        struct scene s;
        scene_nested(&s, b);
        scene_add_msi(&s); /* MSI PTEs that are not valid */
        enable_ats(&s, t2gpa != 0 ? IOMMU_DC_TC_T2GPA_MASK : 0);
        pt_map(&s.first, 0x3000, SCENE_MSI, 0, P_ALL);
        for (uint64_t iova = 0x1000; iova <= 0x3000; iova += 0x2000) {
            struct iommu_request request = ats_read(&s, iova);
            bool io = t2gpa != 0 || iova == 0x3000;
            CHECK_EQ(EXPECT_GRANTED(&s, request, 0).ats, 0);
            request.cxl = true;
            CHECK_EQ(EXPECT_GRANTED(&s, request, 0).ats, io ? IOMMU_ATS_CXL_IO : 0);
        }
    }
}

/* R163: the smaller page of the two stages, and S for more than 4 KiB. */
TEST_BOTH(ats_size_is_the_smaller_page_of_both_stages)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.second, 0x40000000, 0x140000000, 2, P_ALL);
    pt_map(&s.second, 0x80000000, 0x180000000, 1, P_ALL);
    pt_map(&s.first, 0x0, 0x40005000, 0, P_ALL);
    pt_map_napot(&s.first, 0x10000, 0x40010000, P_ALL);
    pt_map(&s.first, 0x200000, 0x40200000, 1, P_ALL);
    pt_map(&s.first, 0x40000000, 0x40000000, 2, P_ALL);
    pt_map(&s.first, 0x80000000, 0x80000000, 2, P_ALL);
    static const struct {
        uint64_t iova, address;
        uint8_t page_log2;
    } expected[] = {{0x0, 0x140005000, 12},
                    {0x13000, 0x140010000, 16},
                    {0x3ff000, 0x140200000, 21},
                    {0x7ffff000, 0x140000000, 30},
                    {0x80001000, 0x180000000, 21}};
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        uint64_t mask = ~((1ull << expected[i].page_log2) - 1);
        test_note("IOVA 0x%llx", (unsigned long long)expected[i].iova);
        struct iommu_response r = EXPECT_GRANTED(&s, ats_read(&s, expected[i].iova), PERM_RW);
        CHECK_EQ(r.page_log2, expected[i].page_log2);
        CHECK_EQ(r.address & mask, expected[i].address);
        CHECK_EQ(r.ats, expected[i].page_log2 > 12 ? IOMMU_ATS_S : 0);
    }
    test_note("%s", "");
}

static void bare_1g(struct iommu_config *config)
{
    config->bare_page_log2 = 30;
}

TEST_BOTH(ats_size_of_bare_stages_is_the_configured_one)
{
    struct bench *b = bench_ready("max", bare_1g);
    struct scene s;
    scene_bare(&s, b);
    enable_ats(&s, 0);
    struct iommu_response r = EXPECT_GRANTED(&s, ats_read(&s, 0x12345678000), PERM_RW);
    CHECK_EQ(r.page_log2, 30);
    CHECK_EQ(r.ats, IOMMU_ATS_S);
    CHECK_EQ(r.address >> 30, 0x12345678000 >> 30);
}

/* R165: the GPA, with permissions and size of both stages. */
TEST_BOTH(ats_t2gpa_answers_the_guest_physical_address)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    enable_ats(&s, IOMMU_DC_TC_T2GPA_MASK);
    pt_map(&s.first, 0x200000, 0x40200000, 1, P_ALL);
    pt_map(&s.second, 0x40203000, 0x90003000, 0, P_ALL & ~P_W);
    struct iommu_response r = EXPECT_GRANTED(&s, ats_write(&s, 0x203000), IOMMU_PERM_R);
    CHECK_EQ(r.address & ~0xfffull, 0x40203000);
    CHECK_EQ(r.page_log2, 12);
    pt_map(&s.second, 0x80000000, 0x140000000, 2, P_ALL);
    pt_map(&s.first, 0x400000, 0x80400000, 1, P_ALL);
    r = EXPECT_GRANTED(&s, ats_write(&s, 0x400000), PERM_RW);
    CHECK_EQ(r.address & ~0x1fffffull, 0x80400000);
    CHECK_EQ(r.page_log2, 21);
    CHECK_EQ(r.ats, IOMMU_ATS_S);
    /* A second stage without the page is a fault as ever. */
    EXPECT_GUEST_FAULT(b, ats_write(&s, 0x204000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x40204000);
}

/* T2GPA and an interrupt file: the device gets the file's guest physical address. */
TEST_BOTH(ats_t2gpa_of_an_interrupt_file)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 3);
    enable_ats(&s, IOMMU_DC_TC_T2GPA_MASK);
    pt_map(&s.first, 0x1000, scene_msi_address(3, 0), 0, P_ALL);
    struct iommu_response r = EXPECT_GRANTED(&s, ats_write(&s, 0x1000), PERM_RW);
    CHECK_EQ(r.address & ~0xfffull, scene_msi_address(3, 0));
    EXPECT_OK(b, as_translated(write_at(s.device, scene_msi_address(3, 0))), SCENE_IMSIC + 0x3000);
}

TEST_BOTH(ats_is_unsupported_without_en_ats)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, 0x90001000, 0, P_ALL);
    EXPECT_FAULT(b, ats_read(&s, 0x1000), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_OK(b, read_at(s.device, 0x1000), 0x90001000);
}

/* The device changes its mind: an ATS answer follows the tables without an invalidation
 * of the device, and is always old or new; with none pending it is the new one. */
TEST_BOTH(ats_answer_is_that_of_the_tables_after_invalidation)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    enable_ats(&s, 0);
    pt_map(&s.first, 0x1000, 0x90001000, 0, P_ALL);
    EXPECT_OK(b, write_at(s.device, 0x1000), 0x90001000);
    pt_map(&s.first, 0x1000, 0x90005000, 0, P_ALL & ~P_W);
    bench_command(b, cmd_iotinval_vma(0, 0));
    struct iommu_response r = EXPECT_GRANTED(&s, ats_write(&s, 0x1000), IOMMU_PERM_R);
    CHECK_EQ(r.address, 0x90005000);
}
