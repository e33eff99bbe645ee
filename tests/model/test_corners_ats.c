/* SPDX-License-Identifier: Apache-2.0 */
/* Corners 15 to 19: ATS translation requests, Translated requests, page requests. */
#include "scenes.h"

#define PERM_RW (IOMMU_PERM_R | IOMMU_PERM_W)
#define IOVA 0x1000u
#define GPA 0x40000000u
#define PA 0x90000000u

/* A process of a guest with MSIs and ATS; IOVA is mapped through both stages. */
static void scene_ats(struct scene *s)
{
    scene_guest_process(s, bench_ready("max", NULL));
    s->dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    scene_add_msi(s);
    pt_map(&s->first, IOVA, GPA, 0, P_ALL);
    pt_map(&s->second, GPA, PA, 0, P_ALL);
}

static struct iommu_request asking(struct scene *s, bool write, uint64_t iova)
{
    struct iommu_request request = write ? write_at(s->device, iova) : read_at(s->device, iova);
    return as_ats(with_pid(request, SCENE_PID));
}

/* --- corner 15 --------------------------------------------------------------------------- */

/* Each makes one fault possible, and returns the request that meets it. */
static struct iommu_request meet_pte_access(struct scene *s)
{
    bench_inject(s->b, pt_entry(&s->first, IOVA, 0), 8, IOMMU_MEM_ACCESS_FAULT);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_pte_access_writing(struct scene *s)
{
    bench_inject(s->b, pt_entry(&s->second, GPA, 0), 8, IOMMU_MEM_ACCESS_FAULT);
    return asking(s, true, IOVA);
}

static struct iommu_request meet_pte_poison(struct scene *s)
{
    bench_inject(s->b, pt_entry(&s->second, GPA, 0), 8, IOMMU_MEM_POISON);
    return asking(s, true, IOVA);
}

static struct iommu_request msi_request(struct scene *s)
{
    pt_map(&s->first, IOVA, SCENE_MSI, 0, P_ALL);
    return asking(s, true, IOVA);
}

static struct iommu_request meet_msi_access(struct scene *s)
{
    bench_inject(s->b, s->msi_table, 16, IOMMU_MEM_ACCESS_FAULT);
    return msi_request(s);
}

static struct iommu_request meet_msi_poison(struct scene *s)
{
    bench_inject(s->b, s->msi_table, 16, IOMMU_MEM_POISON);
    return msi_request(s);
}

static struct iommu_request meet_msi_misconfigured(struct scene *s)
{
    msi_pt_write(s->b, s->msi_table, 0, (struct msi_pte){{IOMMU_MSIPTE_V_MASK, 0}});
    return msi_request(s);
}

static struct iommu_request meet_pdt_access(struct scene *s)
{
    bench_inject(s->b, pdt_entry(&s->pdt, SCENE_PID, 0), 16, IOMMU_MEM_ACCESS_FAULT);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_pdt_poison(struct scene *s)
{
    bench_inject(s->b, pdt_entry(&s->pdt, SCENE_PID, 2), 8, IOMMU_MEM_POISON);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_pdt_misconfigured(struct scene *s)
{
    s->pc.ta |= 8;
    scene_update_process(s);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_pdt_not_valid(struct scene *s)
{
    struct iommu_request request = asking(s, false, IOVA);
    request.process_id++;
    return request;
}

static struct iommu_request meet_mode_off(struct scene *s)
{
    bench_set_mode(s->b, IOMMU_DDTP_MODE_OFF);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_mode_bare(struct scene *s)
{
    bench_set_mode(s->b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(s->b, IOMMU_DDTP_MODE_BARE);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_ddt(struct scene *s, enum iommu_mem_status status)
{
    bench_inject(s->b, bench_ddt_entry(s->b, s->device, 0), 64, status);
    bench_invalidate_all(s->b);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_ddt_access(struct scene *s)
{
    return meet_ddt(s, IOMMU_MEM_ACCESS_FAULT);
}

static struct iommu_request meet_ddt_poison(struct scene *s)
{
    return meet_ddt(s, IOMMU_MEM_POISON);
}

static struct iommu_request meet_dc(struct scene *s, uint64_t clear, uint64_t set)
{
    s->dc.tc = (s->dc.tc & ~clear) | set;
    scene_update(s);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_dc_not_valid(struct scene *s)
{
    return meet_dc(s, IOMMU_DC_TC_V_MASK, 0);
}

static struct iommu_request meet_dc_misconfigured(struct scene *s)
{
    return meet_dc(s, 0, 1ull << 40);
}

static struct iommu_request meet_disabled(struct scene *s)
{
    return meet_dc(s, IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK, 0);
}

static struct iommu_request meet_page_fault(struct scene *s)
{
    return asking(s, false, IOVA + 0x1000);
}

static struct iommu_request meet_page_fault_writing(struct scene *s)
{
    return asking(s, true, IOVA + 0x1000);
}

static struct iommu_request meet_guest_page_fault(struct scene *s)
{
    pt_map(&s->second, GPA, 0, 0, 0);
    return asking(s, false, IOVA);
}

static struct iommu_request meet_guest_page_fault_writing(struct scene *s)
{
    pt_map(&s->second, GPA, 0, 0, 0);
    return asking(s, true, IOVA);
}

#define UR IOMMU_UNSUPPORTED_REQUEST
#define CA IOMMU_COMPLETER_ABORT
#define OK IOMMU_SUCCESS

static const struct {
    uint16_t cause;
    uint8_t status;
    struct iommu_request (*meet)(struct scene *s);
} ats_faults[] = {
    {5, CA, meet_pte_access},
    {7, CA, meet_pte_access_writing},
    {261, CA, meet_msi_access},
    {263, CA, meet_msi_misconfigured},
    {265, CA, meet_pdt_access},
    {267, CA, meet_pdt_misconfigured},
    {256, UR, meet_mode_off},
    {257, UR, meet_ddt_access},
    {258, UR, meet_dc_not_valid},
    {259, UR, meet_dc_misconfigured},
    {260, UR, meet_disabled},
    {260, UR, meet_mode_bare},
    {13, OK, meet_page_fault},
    {15, OK, meet_page_fault_writing},
    {21, OK, meet_guest_page_fault},
    {23, OK, meet_guest_page_fault_writing},
    {262, OK, msi_request},
    {266, OK, meet_pdt_not_valid},
    /* "Completer Abort ... is appropriate" for corrupted data, whatever it was. */
    {268, CA, meet_ddt_poison},
    {269, CA, meet_pdt_poison},
    {270, CA, meet_msi_poison},
    {274, CA, meet_pte_poison},
};

/* UR and CA are reported, with type "PCIe ATS Translation Request"; Success never is. */
TEST(corner_15_ats_three_way_split)
{
    for (unsigned i = 0; i < sizeof ats_faults / sizeof ats_faults[0]; i++) {
        struct scene s;
        struct fault_record record;
        bool logged = ats_faults[i].status != OK;
        test_note("case %u: cause %u", i, ats_faults[i].cause);
        scene_ats(&s);
        struct iommu_request request = ats_faults[i].meet(&s);
        struct iommu_response r = bench_translate(s.b, request);
        CHECK_EQ(r.status, ats_faults[i].status);
        CHECK_EQ(r.cause, ats_faults[i].cause);
        CHECK_EQ(r.permissions, 0);
        CHECK_EQ(r.fault_reported, logged);
        CHECK_EQ(bench_fault_count(s.b), logged);
        if (!bench_pop_fault(s.b, &record))
            continue;
        CHECK_EQ(record.cause, ats_faults[i].cause);
        CHECK_EQ(record.ttyp, IOMMU_TTYP_ATS_REQ);
        CHECK_EQ(record.iotval, request.iova);
        CHECK_EQ(record.iotval2, 0);
        CHECK_EQ(record.pid, request.process_id);
    }
    test_note("%s", "");
}

/* --- corner 16 --------------------------------------------------------------------------- */

TEST_BOTH(corner_16_ats_permissions)
{
    struct scene s;
    scene_ats(&s);
    struct bench *b = s.b;
    uint64_t plain = 0x10000, clean = 0x11000, clean_guest = 0x12000, secret = 0x13000;
    pt_map(&s.first, plain, GPA, 0, P_ALL & ~P_W);
    pt_map(&s.first, clean, GPA, 0, P_ALL & ~P_D);
    pt_map(&s.first, clean_guest, GPA + 0x1000, 0, P_ALL);
    pt_map(&s.second, GPA + 0x1000, PA, 0, P_ALL & ~P_D);
    pt_map(&s.first, secret, GPA, 0, P_ALL & ~P_U);
    static const struct {
        uint64_t iova;
        bool write, execute;
        uint8_t permissions;
    } cases[] = {
        {0x10000, true, false, IOMMU_PERM_R}, /* a missing permission is no fault */
        {0x10000, true, true, IOMMU_PERM_R | IOMMU_PERM_X},
        {0x11000, false, false, IOMMU_PERM_R}, /* W waits for D */
        {0x11000, true, false, 0},             /* and asking for it is the page fault */
        {0x12000, false, true, IOMMU_PERM_R | IOMMU_PERM_X},
        {0x12000, true, true, 0},
        {0x13000, false, false, 0}, /* U is a matter of all or nothing */
        {IOVA, false, false, PERM_RW},
        {IOVA, true, true, PERM_RW | IOMMU_PERM_X},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct iommu_request request = asking(&s, cases[i].write, cases[i].iova);
        request.execute = cases[i].execute;
        test_note("case %u", i);
        struct iommu_response r = bench_translate(b, request);
        CHECK_EQ(r.status, IOMMU_SUCCESS);
        CHECK_EQ(r.permissions, cases[i].permissions);
        CHECK_NO_RECORD(b);
    }
    test_note("%s", "");
    /* Global: first stage, with PASID, and not for an interrupt file. */
    pt_map(&s.first, 0x20000, GPA, 0, P_ALL | P_G);
    pt_map(&s.first, 0x21000, SCENE_MSI, 0, P_ALL | P_G);
    scene_map_msi(&s, 0);
    CHECK_EQ(bench_translate(b, asking(&s, false, 0x20000)).ats, IOMMU_ATS_GLOBAL);
    CHECK_EQ(bench_translate(b, asking(&s, false, 0x21000)).ats, 0);
}

/* --- corner 17 --------------------------------------------------------------------------- */

TEST_BOTH(corner_17_ats_size_untranslated_only_and_guest_addresses)
{
    struct scene s;
    scene_ats(&s);
    struct bench *b = s.b;
    /* The smaller of 1 GiB and 2 MiB. */
    pt_map(&s.first, 0x80000000, 0x80000000, 2, P_ALL);
    pt_map(&s.second, 0x80200000, 0x140200000, 1, P_ALL & ~P_W);
    struct iommu_response r = bench_translate(b, asking(&s, true, 0x80234000));
    CHECK_EQ(r.page_log2, 21);
    CHECK_EQ(r.ats, IOMMU_ATS_S);
    CHECK_EQ(r.address >> 21 << 21, 0x140200000);
    CHECK_EQ(r.permissions, IOMMU_PERM_R);
    /* An MRIF inside a large page of the first stage: 4 KiB, for untranslated use. */
    msi_pt_write(b, s.msi_table, 2, msi_pte_mrif(mrif_create(b), bench_page(b), 1));
    pt_map(&s.first, 0x40000000, SCENE_MSI, 1, P_ALL);
    struct iommu_request exec = asking(&s, true, 0x40002000);
    exec.execute = true;
    r = bench_translate(b, exec);
    CHECK_EQ(r.status, IOMMU_SUCCESS);
    CHECK_EQ(r.ats, IOMMU_ATS_U);
    CHECK_EQ(r.permissions, PERM_RW);
    CHECK_EQ(r.page_log2, 12);
    /* T2GPA: the guest physical address, the permissions and the size of both stages. */
    s.dc.tc |= IOMMU_DC_TC_T2GPA_MASK;
    scene_update(&s);
    r = bench_translate(b, asking(&s, true, 0x80234000));
    CHECK_EQ(r.address >> 21 << 21, 0x80200000);
    CHECK_EQ(r.page_log2, 21);
    CHECK_EQ(r.permissions, IOMMU_PERM_R);
    CHECK_NO_RECORD(b);
}

/* --- corner 18 --------------------------------------------------------------------------- */

TEST_BOTH(corner_18_translated_requests)
{
    struct scene s;
    scene_ats(&s);
    struct bench *b = s.b;
    scene_map_msi(&s, 3);
    /* T2GPA=0: through, right after the checks of the device context. */
    struct iommu_request request = as_translated(write_at(s.device, 0x7777000));
    EXPECT_OK(b, request, 0x7777000);
    EXPECT_OK(b, as_translated(with_pid(write_at(s.device, 0x7777000), SCENE_PID + 9)), 0x7777000);
    EXPECT_OK(b, as_translated(exec_at(s.device, scene_msi_address(3, 0))),
              scene_msi_address(3, 0));
    /* T2GPA=1: a guest physical address; the first stage is left out, MSIs are not. */
    s.dc.tc |= IOMMU_DC_TC_T2GPA_MASK;
    scene_update(&s);
    EXPECT_OK(b, as_translated(write_at(s.device, GPA + 4)), PA + 4);
    EXPECT_OK(b, as_translated(with_pid(write_at(s.device, GPA), SCENE_PID + 9)), PA);
    EXPECT_GUEST_FAULT(b, as_translated(read_at(s.device, IOVA)), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                       IOVA);
    EXPECT_OK(b, as_translated(write_at(s.device, scene_msi_address(3, 0))), SCENE_IMSIC + 0x3000);
    /* A process_id is still checked against PDTV, first of all. */
    s.dc.tc &= ~(uint64_t)IOMMU_DC_TC_PDTV_MASK;
    s.dc.fsc = 0;
    scene_update(&s);
    EXPECT_FAULT(b, as_translated(with_pid(write_at(s.device, GPA), 1)),
                 IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_OK(b, as_translated(write_at(s.device, GPA)), PA);
    s.dc.tc &= ~(uint64_t)IOMMU_DC_TC_T2GPA_MASK;
    scene_update(&s);
    EXPECT_FAULT(b, as_translated(with_pid(write_at(s.device, GPA), 1)),
                 IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
}

/* --- corner 19 --------------------------------------------------------------------------- */

static struct iommu_pri_result page_request(struct scene *s, uint64_t clear)
{
    struct iommu_page_request request =
        page_request_of(s->device, page_request_payload(0x5000, 0x1ff) & ~clear);
    return iommu_page_request(s->b->iommu, &request);
}

/* Response, code and record of a request that cannot be queued; silence where none is due. */
static void check_pri(struct place place, struct scene *s, enum iommu_prgr_code code,
                      uint16_t cause)
{
    struct fault_record record;
    bench_clear_log(s->b);
    struct iommu_pri_result r = page_request(s, 0);
    test_check_eq(place, r.status, IOMMU_PRI_RESPONDED, "status");
    test_check_eq(place, r.code, code, "code");
    test_check_eq(place, message_count(s->b), 1, "messages");
    test_check_eq(place, message_at(s->b, 0)->payload, 0x1ffull << 32 | (uint64_t)code << 44,
                  "payload");
    test_check_eq(place, message_at(s->b, 0)->pasid_valid, code == IOMMU_PRGR_RESPONSE_FAILURE,
                  "PASID only with Response Failure, since PRPR is 0");
    test_check_eq(place, bench_pop_fault(s->b, &record), cause != 0, "there is a record");
    if (cause != 0) {
        test_check_eq(place, record.cause, cause, "CAUSE");
        test_check_eq(place, record.ttyp, IOMMU_TTYP_MESSAGE_REQ, "TTYP");
    }
    test_check_eq(place, page_request(s, IOMMU_PQ_L_MASK).status, IOMMU_PRI_DISCARDED, "L=0");
    test_check_eq(place, page_request(s, IOMMU_PQ_R_MASK).status, IOMMU_PRI_DISCARDED,
                  "Stop Marker");
    test_check_eq(place, message_count(s->b), 1, "messages");
    while (bench_pop_fault(s->b, &record))
        continue;
}

TEST(corner_19_automatic_responses_to_page_requests)
{
    struct scene s;
    scene_ats(&s);
    struct bench *b = s.b;
    CHECK_EQ(page_request(&s, 0).status, IOMMU_PRI_QUEUED);
    CHECK_EQ(page_request(&s, IOMMU_PQ_R_MASK).status, IOMMU_PRI_QUEUED);
    CHECK_EQ(page_request(&s, IOMMU_PQ_L_MASK).status, IOMMU_PRI_QUEUED);
    CHECK_EQ(message_count(b), 0);

    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    check_pri(HERE, &s, IOMMU_PRGR_RESPONSE_FAILURE, 256);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    check_pri(HERE, &s, IOMMU_PRGR_INVALID_REQUEST, 260);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);

    meet_dc_not_valid(&s);
    check_pri(HERE, &s, IOMMU_PRGR_RESPONSE_FAILURE, 258);
    meet_dc(&s, 0, IOMMU_DC_TC_V_MASK | 1ull << 40);
    check_pri(HERE, &s, IOMMU_PRGR_RESPONSE_FAILURE, 259);
    meet_dc(&s, 1ull << 40 | IOMMU_DC_TC_EN_PRI_MASK, 0);
    check_pri(HERE, &s, IOMMU_PRGR_INVALID_REQUEST, 260);
    meet_dc(&s, 0, IOMMU_DC_TC_EN_PRI_MASK);
    meet_ddt_access(&s);
    check_pri(HERE, &s, IOMMU_PRGR_RESPONSE_FAILURE, 257);
    bench_clear_injections(b);

    /* The queue: off, faulting, full. None of these is in the fault queue. */
    REG_SET(b, PQCSR, 0);
    check_pri(HERE, &s, IOMMU_PRGR_RESPONSE_FAILURE, 0);
    REG_SET(b, PQB, IOMMU_PREP(IOMMU_PQB_PPN, b->pq.base >> 12));
    REG_SET(b, PQH, 0);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK);
    bench_inject(b, b->pq.base, 16, IOMMU_MEM_ACCESS_FAULT);
    check_pri(HERE, &s, IOMMU_PRGR_RESPONSE_FAILURE, 0);
    bench_clear_injections(b);
    check_pri(HERE, &s, IOMMU_PRGR_RESPONSE_FAILURE, 0);
    pqcsr_clear(b, IOMMU_PQCSR_PQMF_MASK);
    CHECK_EQ(page_request(&s, 0).status, IOMMU_PRI_QUEUED);
    check_pri(HERE, &s, IOMMU_PRGR_SUCCESS, 0);
    REG_SET(b, PQH, 1);
    check_pri(HERE, &s, IOMMU_PRGR_SUCCESS, 0);
}
