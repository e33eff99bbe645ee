/* SPDX-License-Identifier: Apache-2.0 */
/* "Debug support": the translation-request interface. */
#include "scenes.h"

#define GO IOMMU_TR_REQ_CTL_GO_BUSY_MASK
#define NW IOMMU_TR_REQ_CTL_NW_MASK
#define EXE IOMMU_TR_REQ_CTL_EXE_MASK
#define PRIV IOMMU_TR_REQ_CTL_PRIV_MASK
#define WITH_PID(id) (IOMMU_TR_REQ_CTL_PV_MASK | IOMMU_PREP(IOMMU_TR_REQ_CTL_PID, (id)))

/* Ask, and give the response. */
static uint64_t ask(struct scene *s, uint64_t iova, uint64_t fields)
{
    REG_SET(s->b, TR_REQ_IOVA, iova);
    REG_SET(s->b, TR_REQ_CTL, GO | IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, s->device) | fields);
    CHECK_EQ(REG_FIELD(s->b, TR_REQ_CTL, GO_BUSY), 0);
    return REG(s->b, TR_RESPONSE);
}

/* Response to a page of 2^log2 bytes. */
static uint64_t success(uint64_t address, unsigned log2, unsigned pbmt)
{
    uint64_t ppn = address >> log2 << (log2 - 12);
    if (log2 > 12)
        ppn |= (1ull << (log2 - 13)) - 1;
    return IOMMU_PREP(IOMMU_TR_RESPONSE_PPN, ppn) | IOMMU_PREP(IOMMU_TR_RESPONSE_PBMT, pbmt) |
           IOMMU_PREP(IOMMU_TR_RESPONSE_S, log2 > 12);
}

/* The response has its fault bit, and the fault queue this record. */
static void expect_debug_fault(struct place place, struct scene *s, uint64_t iova, uint64_t fields,
                               uint64_t dw0, uint64_t iotval2)
{
    struct fault_record record;
    test_check_eq(place, ask(s, iova, fields) & 1, 1, "fault bit");
    if (!test_check(place, bench_pop_fault(s->b, &record), "there is a record"))
        return;
    test_check_eq(place, record.dw[0], dw0 | (uint64_t)s->device << 40, "doubleword 0");
    test_check_eq(place, record.iotval, iova, "iotval");
    test_check_eq(place, record.iotval2, iotval2, "iotval2");
    test_check_eq(place, bench_fault_count(s->b), 0, "further records");
}

static uint64_t record_word(uint16_t cause, unsigned ttyp)
{
    return IOMMU_PREP(IOMMU_FQ_CAUSE, cause) | IOMMU_PREP(IOMMU_FQ_TTYP, ttyp);
}

/* R288, R289 */
TEST_BOTH(debug_registers_keep_their_fields)
{
    struct bench *b = bench_ready("max", NULL);
    REG_SET(b, TR_REQ_IOVA, ~0ull);
    CHECK_EQ(REG(b, TR_REQ_IOVA), ~0xfffull);
    uint64_t fields =
        ~(uint64_t)(GO | IOMMU_TR_REQ_CTL_RESERVED_MASK | IOMMU_TR_REQ_CTL_CUSTOM_MASK);
    REG_SET(b, TR_REQ_CTL, ~(uint64_t)GO);
    CHECK_EQ(REG(b, TR_REQ_CTL), fields);
    REG_SET(b, TR_RESPONSE, ~0ull);
    CHECK_EQ(REG(b, TR_RESPONSE) & 1, 0);
}

/* R290 */
TEST_BOTH(debug_response_of_every_page_size)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.second, 0x40000000, 0x140000000, 2, P_ALL);
    pt_map(&s.first, 0x5000, 0x40005000, 0, P_ALL);
    pt_map_napot(&s.first, 0x10000, 0x40010000, P_ALL | P_PBMT(IOMMU_PBMT_NC));
    pt_map(&s.first, 0x200000, 0x40200000, 1, P_ALL | P_PBMT(IOMMU_PBMT_IO));
    pt_map(&s.first, 0x40000000, 0x40000000, 2, P_ALL);
    CHECK_EQ(ask(&s, 0x5000, NW), success(0x140005000, 12, 0));
    CHECK_EQ(ask(&s, 0x1a000, NW), success(0x140010000, 16, IOMMU_PBMT_NC));
    CHECK_EQ(ask(&s, 0x2ff000, 0), success(0x140200000, 21, IOMMU_PBMT_IO));
    CHECK_EQ(ask(&s, 0x7ffff000, NW | EXE), success(0x140000000, 30, 0));
    CHECK_NO_RECORD(b);
}

TEST_BOTH(debug_of_an_interrupt_file)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 3);
    CHECK_EQ(ask(&s, scene_msi_address(3, 0), 0), success(SCENE_IMSIC + 0x3000, 12, 0));
    CHECK_NO_RECORD(b);
}

/* R291: a page in MRIF mode has no translated address to show. */
TEST_BOTH(debug_of_a_memory_resident_interrupt_file_is_disallowed)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    msi_pt_write(b, s.msi_table, 3, msi_pte_mrif(mrif_create(b), bench_page(b), 1));
    expect_debug_fault(HERE, &s, scene_msi_address(3, 0), NW,
                       record_word(IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 2), 0);
    expect_debug_fault(HERE, &s, scene_msi_address(3, 0), 0,
                       record_word(IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 3), 0);
    /* The process stops at the mode, before it comes to what is asked for. */
    expect_debug_fault(HERE, &s, scene_msi_address(3, 0), NW | EXE,
                       record_word(IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 1), 0);
    scene_map_msi(&s, 4);
    expect_debug_fault(HERE, &s, scene_msi_address(4, 0), NW | EXE,
                       record_word(IOMMU_CAUSE_INSTR_ACCESS_FAULT, 1), 0);
}

/* NW=0 asks for read and write, and is reported as a write. */
TEST_BOTH(debug_asks_for_the_permissions_of_its_bits)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL & ~P_W);
    pt_map(&s.first, 0x2000, 0x90000000, 0, P_ALL & ~P_X);
    pt_map(&s.first, 0x3000, 0x90000000, 0, P_ALL & ~(P_R | P_W));
    CHECK_EQ(ask(&s, 0x1000, NW), success(0x90000000, 12, 0));
    expect_debug_fault(HERE, &s, 0x1000, 0, record_word(IOMMU_CAUSE_WRITE_PAGE_FAULT, 3), 0);
    CHECK_EQ(ask(&s, 0x2000, 0), success(0x90000000, 12, 0));
    expect_debug_fault(HERE, &s, 0x2000, NW | EXE, record_word(IOMMU_CAUSE_INSTR_PAGE_FAULT, 1), 0);
    expect_debug_fault(HERE, &s, 0x3000, NW, record_word(IOMMU_CAUSE_READ_PAGE_FAULT, 2), 0);
    CHECK_EQ(ask(&s, 0x3000, NW | EXE), success(0x90000000, 12, 0));
}

TEST_BOTH(debug_faults_carry_the_guest_physical_address)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    expect_debug_fault(HERE, &s, 0x7000, NW, record_word(IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 2),
                       0x7000);
    expect_debug_fault(HERE, &s, 0x7000, 0, record_word(IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 3),
                       0x7000);
}

TEST(debug_access_faults_by_kind)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    bench_inject(b, pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL), 8, IOMMU_MEM_ACCESS_FAULT);
    expect_debug_fault(HERE, &s, 0x1000, 0, record_word(IOMMU_CAUSE_WRITE_ACCESS_FAULT, 3), 0);
    expect_debug_fault(HERE, &s, 0x1000, NW, record_word(IOMMU_CAUSE_READ_ACCESS_FAULT, 2), 0);
    expect_debug_fault(HERE, &s, 0x1000, NW | EXE, record_word(IOMMU_CAUSE_INSTR_ACCESS_FAULT, 1),
                       0);
}

/* PID and Priv count only with PV. */
TEST_BOTH(debug_process_and_privilege)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    s.dc.tc |= IOMMU_DC_TC_DPE_MASK;
    scene_update(&s);
    pdt_write_pc(&s.pdt, 0, &s.pc);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL & ~P_U);
    pt_map(&s.first, 0x2000, 0x91000000, 0, P_ALL);
    CHECK_EQ(ask(&s, 0x1000, WITH_PID(SCENE_PID) | PRIV), success(0x90000000, 12, 0));
    CHECK_EQ(ask(&s, 0x2000, WITH_PID(SCENE_PID)), success(0x91000000, 12, 0));
    expect_debug_fault(HERE, &s, 0x1000, WITH_PID(SCENE_PID) | NW,
                       record_word(IOMMU_CAUSE_READ_PAGE_FAULT, 2) | IOMMU_FQ_PV_MASK |
                           IOMMU_PREP(IOMMU_FQ_PID, SCENE_PID),
                       0);
    /* PV=0: the default process, as a user; no process in the record. */
    expect_debug_fault(HERE, &s, 0x1000, PRIV | NW | IOMMU_PREP(IOMMU_TR_REQ_CTL_PID, 0x999),
                       record_word(IOMMU_CAUSE_READ_PAGE_FAULT, 2), 0);
    CHECK_EQ(ask(&s, 0x2000, PRIV | NW), success(0x91000000, 12, 0));
    expect_debug_fault(HERE, &s, 0x2000, WITH_PID(0x999) | PRIV | NW,
                       record_word(IOMMU_CAUSE_PDT_NOT_VALID, 2) | IOMMU_FQ_PV_MASK |
                           IOMMU_FQ_PRIV_MASK | IOMMU_PREP(IOMMU_FQ_PID, 0x999),
                       0);
}

TEST_BOTH(debug_in_modes_off_and_bare)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    expect_debug_fault(HERE, &s, 0x1000, NW, record_word(IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, 2), 0);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    uint64_t response = ask(&s, 0x123456000, 0);
    CHECK_EQ(response & 1, 0);
    if ((response & IOMMU_TR_RESPONSE_S_MASK) == 0)
        CHECK_EQ(IOMMU_GET(response, IOMMU_TR_RESPONSE_PPN), 0x123456);
    else
        CHECK_EQ(response, success(0x123456000, b->config.bare_page_log2, 0));
    CHECK_NO_RECORD(b);
}

/* DTF hides the record, not the fault bit. */
TEST_BOTH(debug_fault_with_reporting_disabled)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    s.dc.tc |= IOMMU_DC_TC_DTF_MASK;
    scene_update(&s);
    CHECK_EQ(ask(&s, 0x1000, NW) & 1, 1);
    CHECK_NO_RECORD(b);
}

/* Go/Busy is in the low half: high first, then low, starts one request. */
TEST_BOTH(debug_request_in_halves)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    pt_map(&s.first, 0x3ff0001000, 0x92000000, 0, P_ALL);
    uint64_t iova = 0x3ff0001000;
    uint64_t ctl = GO | NW | WITH_PID(SCENE_PID) | IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, s.device);
    reg_write(b, IOMMU_REG_TR_REQ_IOVA + 4, 4, iova >> 32);
    reg_write(b, IOMMU_REG_TR_REQ_IOVA, 4, iova & 0xffffffff);
    reg_write(b, IOMMU_REG_TR_REQ_CTL + 4, 4, ctl >> 32);
    reg_write(b, IOMMU_REG_TR_REQ_CTL, 4, ctl & 0xffffffff);
    CHECK_EQ(REG(b, TR_RESPONSE), success(0x92000000, 12, 0));
    CHECK_EQ(REG(b, TR_REQ_CTL), ctl & ~(uint64_t)GO);
}

/* A write without Go asks nothing and leaves the response alone. */
TEST(debug_without_go_does_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    uint64_t response = REG(b, TR_RESPONSE);
    bench_clear_log(b);
    REG_SET(b, TR_REQ_IOVA, 0x5000);
    REG_SET(b, TR_REQ_CTL, IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, s.device));
    CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), 0);
    CHECK_EQ(REG(b, TR_RESPONSE), response);
}

/* R291: A and D as for a device's access. */
TEST_BOTH(debug_updates_accessed_and_dirty)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(&s);
    uint64_t entry = pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL & ~(P_A | P_D));
    CHECK_EQ(ask(&s, 0x1000, NW), success(0x90000000, 12, 0));
    CHECK_EQ(pt_read(&s.first, entry) & P_D, 0);
    CHECK_EQ(ask(&s, 0x1000, 0), success(0x90000000, 12, 0));
    /* The tables may be updated, never otherwise. */
    CHECK_EQ(pt_read(&s.first, entry) | P_A | P_D, pt_pte(0x90000000, P_ALL));
}

/* Without hardware updates, clear bits are the faults that they are for a device. */
TEST_BOTH(debug_faults_on_clear_accessed_and_dirty)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL & ~P_A);
    pt_map(&s.first, 0x2000, 0x90000000, 0, P_ALL & ~P_D);
    expect_debug_fault(HERE, &s, 0x1000, NW, record_word(IOMMU_CAUSE_READ_PAGE_FAULT, 2), 0);
    CHECK_EQ(ask(&s, 0x2000, NW), success(0x90000000, 12, 0));
    expect_debug_fault(HERE, &s, 0x2000, 0, record_word(IOMMU_CAUSE_WRITE_PAGE_FAULT, 3), 0);
}

TEST_BOTH(debug_counts_as_untranslated)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL);
    REG_SET(b, IOCOUNTINH, 0);
    for (unsigned event = 1; event <= 3; event++) {
        REG_N_SET(b, IOHPMCTR, event, 0);
        REG_N_SET(b, IOHPMEVT, event, event);
    }
    ask(&s, 0x1000, 0);
    CHECK_EQ(REG_N(b, IOHPMCTR, IOMMU_HPM_EVENT_UNTRANSLATED_REQ), 1);
    CHECK_EQ(REG_N(b, IOHPMCTR, IOMMU_HPM_EVENT_TRANSLATED_REQ), 0);
    CHECK_EQ(REG_N(b, IOHPMCTR, IOMMU_HPM_EVENT_ATS_REQ), 0);
}

static void manual(struct iommu_config *config)
{
    config->manual = true;
}

/* R289: once set, Go/Busy cannot be cleared by a write; it falls when the work is done. */
TEST_BOTH(debug_in_manual_mode_waits_to_be_told)
{
    struct bench *b = bench_ready("max", manual);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL);
    CHECK(!iommu_process_debug(b->iommu));
    REG_SET(b, TR_REQ_IOVA, 0x1000);
    REG_SET(b, TR_REQ_CTL, GO | NW | IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, s.device));
    CHECK_EQ(REG_FIELD(b, TR_REQ_CTL, GO_BUSY), 1);
    REG_SET(b, TR_REQ_CTL, NW | IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, s.device));
    CHECK_EQ(REG_FIELD(b, TR_REQ_CTL, GO_BUSY), 1);
    CHECK(iommu_process_debug(b->iommu));
    CHECK_EQ(REG_FIELD(b, TR_REQ_CTL, GO_BUSY), 0);
    CHECK_EQ(REG(b, TR_RESPONSE), success(0x90000000, 12, 0));
    CHECK(!iommu_process_debug(b->iommu));
}

static void without_debug(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_DBG_MASK;
}

TEST_BOTH(debug_registers_are_zero_without_the_capability)
{
    struct bench *b = bench_ready("max", without_debug);
    for (uint32_t offset = IOMMU_REG_TR_REQ_IOVA; offset <= IOMMU_REG_TR_RESPONSE; offset += 8) {
        reg_write(b, offset, 8, ~0ull);
        CHECK_EQ(reg_read(b, offset, 8), 0);
    }
    CHECK_NO_RECORD(b);
}
