/* SPDX-License-Identifier: Apache-2.0 */
/* Small things that the mutation run (make mutate-model) found untested: which rule a refusal
 * names, the ends of ranges, and what must be left alone. */
#include <string.h>

#include "scenes.h"
#include "tweaks.h"

#define MRIF_FILE 2u

/* --- words ----------------------------------------------------------------------------------- */

TEST(rule_words_of_what_is_no_rule_are_empty)
{
    const enum iommu_rule none[] = {IOMMU_RULES, (enum iommu_rule)(IOMMU_RULES + 1),
                                    (enum iommu_rule)0x7fffffff};
    for (unsigned i = 0; i < 3; i++) {
        CHECK(strcmp(iommu_rule_text(none[i]), "") == 0);
        CHECK(strcmp(iommu_rule_section(none[i]), "") == 0);
        CHECK(strcmp(iommu_rule_name(none[i]), "") == 0);
    }
    /* The last of the list has words. */
    CHECK(strcmp(iommu_rule_text((enum iommu_rule)(IOMMU_RULES - 1)), "") != 0);
}

/* The CAUSE table: 2048 to 4095 are for custom use; a cause has 12 bits. */
TEST(cause_words_of_custom_and_reserved_causes)
{
    CHECK(strcmp(iommu_cause_text(2047), "reserved") == 0);
    CHECK(strcmp(iommu_cause_text(2048), "custom") == 0);
    CHECK(strcmp(iommu_cause_text(4095), "custom") == 0);
    CHECK(strcmp(iommu_cause_text(4096), "reserved") == 0);
    CHECK(strcmp(iommu_cause_text(275), "reserved") == 0);
}

/* --- rules ----------------------------------------------------------------------------------- */

TEST(rules_of_msi_ptes)
{
    struct bench *b = bench_ready("max", no_msi_mrif);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    struct iommu_request request = write_at(s.device, scene_msi_address(0, 0));
    const struct {
        uint64_t pte;
        uint16_t cause, rule;
    } cases[] = {
        {0, IOMMU_CAUSE_MSI_PTE_NOT_VALID, IOMMU_RULE_MSI_PTE_NOT_VALID},
        {msi_pte_basic(0).dw[0] | IOMMU_MSIPTE_C_MASK, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED,
         IOMMU_RULE_MSI_PTE_CUSTOM},
        {IOMMU_MSIPTE_V_MASK, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED, IOMMU_RULE_MSI_PTE_MODE},
        {IOMMU_MSIPTE_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_M, 2), IOMMU_CAUSE_MSI_PTE_MISCONFIGURED,
         IOMMU_RULE_MSI_PTE_MODE},
        {msi_pte_basic(0).dw[0] | 1ull << 54, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED,
         IOMMU_RULE_MSI_PTE_RESERVED},
        {msi_pte_mrif(0, 0, 0).dw[0], IOMMU_CAUSE_MSI_PTE_MISCONFIGURED,
         IOMMU_RULE_MSI_PTE_MRIF_UNSUPPORTED},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_note("case %u", i);
        bench_put64(b, s.msi_table, cases[i].pte);
        struct iommu_response r = bench_translate(b, request);
        CHECK_EQ(r.cause, cases[i].cause);
        CHECK_EQ(r.rule, cases[i].rule);
    }
    test_note("%s", "");
    scene_map_msi(&s, 0);
    CHECK_EQ(bench_translate(b, exec_at(s.device, request.iova)).rule, IOMMU_RULE_MSI_EXECUTE);
    bench_inject(b, s.msi_table, 16, IOMMU_MEM_ACCESS_FAULT);
    CHECK_EQ(bench_translate(b, request).rule, IOMMU_RULE_MSI_PTE_ACCESS);
    bench_clear_injections(b);
    bench_inject(b, s.msi_table, 16, IOMMU_MEM_POISON);
    CHECK_EQ(bench_translate(b, request).rule, IOMMU_RULE_MSI_PTE_POISON);
}

static uint64_t scene_mrif(struct scene *s, struct bench *b)
{
    scene_second(s, b);
    scene_add_msi(s);
    (void)bench_alloc(b, IOMMU_MRIF_BYTES, IOMMU_MRIF_BYTES);
    uint64_t mrif = mrif_create(b);
    msi_pt_write(b, s->msi_table, MRIF_FILE, msi_pte_mrif(mrif, bench_page(b), 1));
    return mrif;
}

/* The abort names the rule, and says whether a record was due. */
TEST(rules_of_memory_resident_files)
{
    for (unsigned dtf = 0; dtf < 2; dtf++) {
        struct bench *b = bench_ready("max", NULL);
        struct scene s;
        uint64_t mrif = scene_mrif(&s, b), file = scene_msi_address(MRIF_FILE, 0);
        struct iommu_request request = write_at(s.device, file + 2);
        s.dc.tc |= dtf ? IOMMU_DC_TC_DTF_MASK : 0;
        scene_update(&s);
        bench_inject(b, mrif, IOMMU_MRIF_BYTES, IOMMU_MEM_ACCESS_FAULT);
        struct iommu_response r = scene_write32(&s, file, 5);
        CHECK_EQ(r.cause, IOMMU_CAUSE_MRIF_ACCESS_FAULT);
        CHECK_EQ(r.rule, IOMMU_RULE_MRIF_ACCESS);
        CHECK_EQ(r.fault_reported, dtf == 0);
        bench_clear_injections(b);
        bench_inject(b, mrif, IOMMU_MRIF_BYTES, IOMMU_MEM_POISON);
        r = scene_write32(&s, file, 5);
        CHECK_EQ(r.cause, IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION);
        CHECK_EQ(r.rule, IOMMU_RULE_MRIF_POISON);
        CHECK_EQ(r.fault_reported, dtf == 0);
        request.length = 4;
        CHECK_EQ(bench_translate(b, request).rule, IOMMU_RULE_MRIF_ALIGN);
        request.access = IOMMU_READ;
        CHECK_EQ(bench_translate(b, request).rule, IOMMU_RULE_MRIF_ALIGN);
        request.length = 8;
        CHECK_EQ(bench_translate(b, request).rule, IOMMU_RULE_MRIF_SIZE);
        CHECK_EQ(bench_fault_count(b), dtf ? 0 : 5);
    }
}

/* "PCIe ATS Page Request handling" without capabilities.ATS: the device context is located as
 * for every message, and has a say in what is reported. */
TEST_BOTH(page_request_without_the_capability)
{
    struct bench *b = bench_ready("max", no_ats);
    struct scene s;
    scene_bare(&s, b);
    struct iommu_page_request request = page_request_of(s.device, page_request_payload(0, 3));
    for (unsigned dtf = 0; dtf < 2; dtf++) {
        s.dc.tc |= dtf ? IOMMU_DC_TC_DTF_MASK : 0;
        scene_update(&s);
        struct iommu_pri_result result = iommu_page_request(b->iommu, &request);
        CHECK_EQ(result.status, IOMMU_PRI_RESPONDED);
        CHECK_EQ(result.code, IOMMU_PRGR_INVALID_REQUEST);
        CHECK_EQ(result.cause, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
        CHECK_EQ(result.rule, IOMMU_RULE_TYPE_UNSUPPORTED);
        CHECK_EQ(bench_fault_count(b), 1); /* none is added with DTF */
    }
    request.device_id++; /* no device context there */
    struct iommu_pri_result result = iommu_page_request(b->iommu, &request);
    CHECK_EQ(result.code, IOMMU_PRGR_RESPONSE_FAILURE);
    CHECK_EQ(result.cause, IOMMU_CAUSE_DDT_NOT_VALID);
    CHECK_EQ(bench_fault_count(b), 2);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    result = iommu_page_request(b->iommu, &request);
    CHECK_EQ(result.code, IOMMU_PRGR_RESPONSE_FAILURE);
    CHECK_EQ(result.cause, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    CHECK_EQ(bench_fault_count(b), 3);
}

/* --- memory-resident interrupt files --------------------------------------------------------- */

/* A memory without atomics of its own: read, OR and write; what is pending stays. */
TEST(mrif_or_without_the_amo_callback_keeps_pending_bits)
{
    struct bench *b = bench_create_without_amo("max", NULL);
    struct scene s;
    bench_start(b, 3);
    uint64_t mrif = scene_mrif(&s, b);
    CHECK_EQ(scene_write32(&s, scene_msi_address(MRIF_FILE, 0), 5).status, IOMMU_SUCCESS);
    CHECK_EQ(scene_write32(&s, scene_msi_address(MRIF_FILE, 0), 9).status, IOMMU_SUCCESS);
    CHECK_EQ(bench_get(b, mrif, 8, false), 1u << 5 | 1u << 9);
}

/* --- faults of the I/O bridge ---------------------------------------------------------------- */

/* In mode Bare there is no device context that could have DTF. */
TEST(bridge_fault_in_mode_bare_reads_no_context)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.tc |= IOMMU_DC_TC_DTF_MASK;
    scene_update(&s);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    bench_clear_log(b);
    struct iommu_request request = read_at(s.device, 0x1000);
    CHECK(iommu_report_fault(b->iommu, &request, IOMMU_CAUSE_READ_ACCESS_FAULT));
    CHECK_EQ(bench_accesses(b, IOMMU_DDT), 0);
    CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_READ_ACCESS_FAULT, 0));
    CHECK_NO_RECORD(b);
}

/* --- ATS completions ------------------------------------------------------------------------- */

/* A successful completion carries the IDs of the device context, with permissions or not. */
TEST_BOTH(ats_completion_without_permissions_carries_qos_ids)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    s.dc.ta |= IOMMU_PREP(IOMMU_DC_TA_RCID, 0x123) | IOMMU_PREP(IOMMU_DC_TA_MCID, 0x456);
    scene_update(&s);
    for (unsigned mapped = 0; mapped < 2; mapped++) {
        if (mapped)
            pt_map(&s.first, 0x5000, 0x90000000, 0, P_ALL);
        struct iommu_response r = bench_translate(b, as_ats(read_at(s.device, 0x5000)));
        CHECK_EQ(r.status, IOMMU_SUCCESS);
        CHECK_EQ(r.permissions != 0, mapped);
        CHECK_EQ(r.rcid, 0x123);
        CHECK_EQ(r.mcid, 0x456);
    }
}

/* --- registers ------------------------------------------------------------------------------- */

/* Entries of msi_cfg_tbl that no icvec field can select are not there. */
TEST_BOTH(msi_cfg_tbl_ends_with_the_vectors)
{
    struct bench *b = bench_ready("base", NULL); /* 2 bits: 4 vectors */
    for (unsigned i = 0; i < 16; i++) {
        uint64_t there = i < 4 ? ~0ull : 0;
        REG_N_SET(b, MSI_ADDR, i, 0x00fffffffffffffc);
        REG_N_SET(b, MSI_DATA, i, 0xffffffff);
        REG_N_SET(b, MSI_VEC_CTL, i, 1);
        CHECK_EQ(REG_N(b, MSI_ADDR, i), there & 0x00fffffffffffffc);
        CHECK_EQ(REG_N(b, MSI_DATA, i), there & 0xffffffff);
        CHECK_EQ(REG_N(b, MSI_VEC_CTL, i), there & 1);
    }
}

/* An eventID that is not a standard event becomes 0; the other fields are plain. */
TEST_BOTH(hpm_selector_with_a_reserved_event_keeps_its_other_fields)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t fields = ~(uint64_t)IOMMU_IOHPMEVT_EVENTID_MASK;
    for (unsigned event = 0; event < 12; event++) {
        REG_N_SET(b, IOHPMEVT, 2, fields | event);
        CHECK_EQ(REG_N(b, IOHPMEVT, 2),
                 fields | (event <= IOMMU_HPM_EVENT_SECOND_STAGE_WALK ? event : 0));
    }
}

/* The store of a fence is made with the IDs of iommu_qosid. */
TEST(fence_store_has_the_qos_ids_of_the_register)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t page = bench_page(b);
    REG_SET(b, IOMMU_QOSID,
            IOMMU_PREP(IOMMU_IOMMU_QOSID_RCID, 0x321) | IOMMU_PREP(IOMMU_IOMMU_QOSID_MCID, 0x654));
    bench_command(b, cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, page, 7));
    const struct event *event = bench_access(b, IOMMU_FENCE, 0);
    REQUIRE(event != NULL);
    CHECK_EQ(event->access.rcid, 0x321);
    CHECK_EQ(event->access.mcid, 0x654);
    CHECK_EQ(event->access.address, page);
}

/* CSRs lie in pairs in the doublewords of the register page: a write of one, of four bytes,
 * clears no errors of its neighbour. */
TEST(write_of_a_queue_csr_leaves_its_neighbours_errors)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    scene_update(&s);
    bench_inject(b, b->cq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    bench_inject(b, b->fq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    bench_inject(b, b->pq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    bench_push(b, cmd_iodir_all());
    (void)bench_translate(b, with_pid(read_at(s.device, 0x1000), 1)); /* a fault */
    struct iommu_page_request request = page_request_of(s.device, page_request_payload(0, 3));
    (void)iommu_page_request(b->iommu, &request);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PIE_MASK);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    bench_clear_injections(b); /* what would be tried again would not fail again */
    uint64_t pending = IOMMU_IPSR_CIP_MASK | IOMMU_IPSR_FIP_MASK | IOMMU_IPSR_PIP_MASK;
    CHECK_EQ(REG(b, IPSR) & pending, pending);
    for (unsigned i = 0; i < 4; i++) {
        test_note("write %u", i);
        if (i == 0)
            REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
        else if (i == 1)
            REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
        else if (i == 2)
            REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PIE_MASK);
        else
            REG_SET(b, IPSR, 0);
        CHECK_EQ(REG_FIELD(b, CQCSR, CQMF), 1);
        CHECK_EQ(REG_FIELD(b, FQCSR, FQMF), 1);
        CHECK_EQ(REG_FIELD(b, PQCSR, PQMF), 1);
        CHECK_EQ(REG(b, IPSR) & pending, pending);
    }
    test_note("%s", "");
}
