/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware performance monitor: counters, overflow, events, filters. */
#include "scenes.h"

#define DV IOMMU_IOHPMEVT_DV_GSCV_MASK
#define PV IOMMU_IOHPMEVT_PV_PSCV_MASK
#define IDT IOMMU_IOHPMEVT_IDT_MASK
#define DMASK IOMMU_IOHPMEVT_DMASK_MASK
#define OF IOMMU_IOHPMEVT_OF_MASK
#define DID(id) IOMMU_PREP(IOMMU_IOHPMEVT_DID_GSCID, (id))
#define PID(id) IOMMU_PREP(IOMMU_IOHPMEVT_PID_PSCID, (id))

static void uncached(struct iommu_config *config)
{
    config->ddt_cache_entries = 0;
    config->pdt_cache_entries = 0;
    config->iotlb_entries = 0;
}

/* Counter n counts this event from 0. */
static void count(struct bench *b, unsigned n, uint64_t selector)
{
    REG_N_SET(b, IOHPMEVT, n, 0);
    REG_N_SET(b, IOHPMCTR, n, 0);
    REG_N_SET(b, IOHPMEVT, n, selector);
    CHECK_EQ(REG_N(b, IOHPMEVT, n), selector);
}

static uint64_t counted(struct bench *b, unsigned n)
{
    return REG_N(b, IOHPMCTR, n);
}

static void start_counting(struct bench *b)
{
    REG_SET(b, IOCOUNTINH, 0);
}

/* --- R271 to R276: the counters themselves --------------------------------------------- */

TEST_BOTH(hpm_cycles_count_and_wrap)
{
    struct bench *b = bench_ready("max", NULL);
    start_counting(b);
    REG_SET(b, IOHPMCYCLES, 0);
    iommu_advance_cycles(b->iommu, 1000);
    CHECK_EQ(REG(b, IOHPMCYCLES), 1000);
    uint64_t top = (1ull << b->config.hpm_cycle_bits) - 1;
    REG_SET(b, IOHPMCYCLES, top - 9);
    iommu_advance_cycles(b->iommu, 9);
    CHECK_EQ(REG(b, IOHPMCYCLES), top);
    CHECK_EQ(REG(b, IPSR), 0);
    iommu_advance_cycles(b->iommu, 6);
    CHECK_EQ(REG(b, IOHPMCYCLES), IOMMU_IOHPMCYCLES_OF_MASK | 5);
    CHECK_EQ(REG(b, IPSR), IOMMU_IPSR_PMIP_MASK);
    CHECK_EQ(REG(b, IOCOUNTOVF), 1);
}

static void narrow_counters(struct iommu_config *config)
{
    config->hpm_cycle_bits = 40;
    config->hpm_counter_bits = 36;
}

TEST_BOTH(hpm_counters_keep_their_implemented_bits)
{
    struct bench *b = bench_ready("max", narrow_counters);
    struct scene s;
    scene_bare(&s, b);
    start_counting(b);
    REG_SET(b, IOHPMCYCLES, ~0ull >> 1);
    CHECK_EQ(REG(b, IOHPMCYCLES), (1ull << 40) - 1);
    iommu_advance_cycles(b->iommu, 1);
    CHECK_EQ(REG(b, IOHPMCYCLES), IOMMU_IOHPMCYCLES_OF_MASK);
    REG_SET(b, IPSR, IOMMU_IPSR_PMIP_MASK);
    count(b, 2, IOMMU_HPM_EVENT_UNTRANSLATED_REQ);
    REG_N_SET(b, IOHPMCTR, 2, ~0ull);
    CHECK_EQ(counted(b, 2), (1ull << 36) - 1);
    bench_translate(b, read_at(s.device, 0));
    CHECK_EQ(counted(b, 2), 0);
    CHECK_EQ(REG_N(b, IOHPMEVT, 2), OF | IOMMU_HPM_EVENT_UNTRANSLATED_REQ);
    CHECK_EQ(REG(b, IPSR), IOMMU_IPSR_PMIP_MASK);
    CHECK_EQ(REG(b, IOCOUNTOVF), 1 | 1u << 2);
}

/* R272, R276: OF is sticky, and while it is set there is no further interrupt. */
TEST_BOTH(hpm_overflow_interrupts_once_until_of_is_cleared)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    start_counting(b);
    uint64_t top = ~0ull >> (64 - b->config.hpm_counter_bits);
    for (unsigned n = 1; n <= b->config.hpm_counters; n++) {
        count(b, n, IOMMU_HPM_EVENT_UNTRANSLATED_REQ);
        REG_N_SET(b, IOHPMCTR, n, top);
        test_note("counter %u", n);
        bench_translate(b, read_at(s.device, 0));
        CHECK_EQ(counted(b, n), 0);
        CHECK_EQ(REG_N(b, IOHPMEVT, n), OF | IOMMU_HPM_EVENT_UNTRANSLATED_REQ);
        CHECK_EQ(REG(b, IOCOUNTOVF), 1u << n);
        CHECK_EQ(REG(b, IPSR), IOMMU_IPSR_PMIP_MASK);
        /* No level: clearing pmip clears it with OF still set. */
        REG_SET(b, IPSR, IOMMU_IPSR_PMIP_MASK);
        CHECK_EQ(REG(b, IPSR), 0);
        REG_N_SET(b, IOHPMCTR, n, top);
        bench_translate(b, read_at(s.device, 0));
        CHECK_EQ(counted(b, n), 0);
        CHECK_EQ(REG(b, IPSR), 0);
        bench_translate(b, read_at(s.device, 0));
        CHECK_EQ(counted(b, n), 1);
        REG_N_SET(b, IOHPMEVT, n, 0);
        CHECK_EQ(REG(b, IOCOUNTOVF), 0);
    }
    test_note("%s", "");
}

/* Only an overflow of the counter raises pmip, never software that sets OF. */
TEST_BOTH(hpm_of_written_by_software_raises_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    REG_SET(b, IOHPMCYCLES, IOMMU_IOHPMCYCLES_OF_MASK | 5);
    REG_N_SET(b, IOHPMEVT, 1, OF);
    CHECK_EQ(REG(b, IPSR), 0);
    CHECK_EQ(REG(b, IOCOUNTOVF), 3);
    /* And iocountovf only shows it. */
    REG_SET(b, IOCOUNTOVF, 0);
    CHECK_EQ(REG(b, IOCOUNTOVF), 3);
    REG_SET(b, IOHPMCYCLES, 5);
    REG_N_SET(b, IOHPMEVT, 1, 0);
    CHECK_EQ(REG(b, IOCOUNTOVF), 0);
}

/* R274 */
TEST_BOTH(hpm_inhibit_stops_its_own_counter_only)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    unsigned counters = b->config.hpm_counters;
    uint32_t all = (uint32_t)((2ull << counters) - 1);
    REG_SET(b, IOCOUNTINH, 0xffffffff);
    CHECK_EQ(REG(b, IOCOUNTINH), all);
    for (unsigned bit = 0; bit <= counters; bit++) {
        REG_SET(b, IOCOUNTINH, 0xffffffff);
        REG_SET(b, IOHPMCYCLES, 0);
        for (unsigned n = 1; n <= counters; n++)
            count(b, n, IOMMU_HPM_EVENT_UNTRANSLATED_REQ);
        REG_SET(b, IOCOUNTINH, all & ~(1u << bit));
        bench_translate(b, read_at(s.device, 0));
        iommu_advance_cycles(b->iommu, 7);
        test_note("all but bit %u", bit);
        CHECK_EQ(REG(b, IOHPMCYCLES), bit == 0 ? 7 : 0);
        for (unsigned n = 1; n <= counters; n++)
            CHECK_EQ(counted(b, n), bit == n);
    }
    test_note("%s", "");
}

static void three_counters(struct iommu_config *config)
{
    config->hpm_counters = 3;
}

TEST_BOTH(hpm_counters_that_do_not_exist_read_zero)
{
    struct bench *b = bench_ready("max", three_counters);
    for (unsigned n = 4; n <= 31; n++) {
        REG_N_SET(b, IOHPMCTR, n, 77);
        REG_N_SET(b, IOHPMEVT, n, 1);
        CHECK_EQ(REG_N(b, IOHPMCTR, n), 0);
        CHECK_EQ(REG_N(b, IOHPMEVT, n), 0);
    }
    REG_SET(b, IOCOUNTINH, 0xffffffff);
    CHECK_EQ(REG(b, IOCOUNTINH), 0xf);
    CHECK_EQ(REG(b, IOCOUNTOVF), 0);
}

/* R273: all fields but eventID are plain; a counter keeps its value over a new selection. */
TEST_BOTH(hpm_selector_fields)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    start_counting(b);
    uint64_t fields = ~(uint64_t)IOMMU_IOHPMEVT_EVENTID_MASK;
    REG_N_SET(b, IOHPMEVT, 1, fields);
    CHECK_EQ(REG_N(b, IOHPMEVT, 1), fields);
    count(b, 1, IOMMU_HPM_EVENT_UNTRANSLATED_REQ);
    bench_translate(b, read_at(s.device, 0));
    REG_N_SET(b, IOHPMEVT, 1, IOMMU_HPM_EVENT_TRANSLATED_REQ);
    CHECK_EQ(counted(b, 1), 1);
    REG_N_SET(b, IOHPMEVT, 1, 0);
    CHECK_EQ(counted(b, 1), 1);
}

/* R285 */
TEST_BOTH(hpm_event_none_and_reserved_events_count_nothing)
{
    static const uint16_t events[] = {0, 9, 100, 16383, 16384, 32767};
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    start_counting(b);
    for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++) {
        REG_N_SET(b, IOHPMEVT, 1, events[i]);
        REG_N_SET(b, IOHPMCTR, 1, 0);
        bench_translate(b, read_at(s.device, 0x1000));
        CHECK_EQ(counted(b, 1), 0);
    }
}

static void without_hpm(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_HPM_MASK;
    config->hpm_counters = 0;
}

TEST_BOTH(hpm_registers_are_zero_without_hpm)
{
    struct bench *b = bench_ready("max", without_hpm);
    for (uint32_t offset = IOMMU_REG_IOCOUNTOVF; offset < IOMMU_REG_TR_REQ_IOVA; offset += 4) {
        reg_write(b, offset, 4, 0xffffffff);
        CHECK_EQ(reg_read(b, offset, 4), 0);
    }
    iommu_advance_cycles(b->iommu, 5);
    CHECK_EQ(REG(b, IOHPMCYCLES), 0);
}

/* The interrupt uses the vector of its own. */
TEST(hpm_overflow_sends_its_message)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t page = bench_page(b);
    REG_SET(b, ICVEC, IOMMU_PREP(IOMMU_ICVEC_PMIV, 5));
    REG_N_SET(b, MSI_ADDR, 5, page);
    REG_N_SET(b, MSI_DATA, 5, 0xabc);
    REG_N_SET(b, MSI_VEC_CTL, 5, 0);
    start_counting(b);
    REG_SET(b, IOHPMCYCLES, (1ull << b->config.hpm_cycle_bits) - 1);
    bench_clear_log(b);
    iommu_advance_cycles(b->iommu, 1);
    CHECK_EQ(bench_get32(b, page), 0xabc);
    CHECK_EQ(bench_accesses(b, IOMMU_MSI), 1);
}

/* --- R277 to R284: events ---------------------------------------------------------------- */

/* All eight events in counters 1 to 8, no filter. */
static void count_all(struct bench *b)
{
    REQUIRE(b->config.hpm_counters >= 8);
    for (unsigned event = 1; event <= 8; event++)
        count(b, event, event);
    start_counting(b);
    bench_clear_log(b);
}

TEST_BOTH(hpm_requests_are_counted_by_type)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    scene_update(&s);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    count_all(b);
    bench_translate(b, read_at(s.device, 0x1000));
    bench_translate(b, write_at(s.device, 0x1000));
    bench_translate(b, exec_at(s.device, 0x1000));
    bench_translate(b, as_translated(read_at(s.device, 0x1000)));
    bench_translate(b, as_translated(write_at(s.device, 0x1000)));
    bench_translate(b, as_ats(read_at(s.device, 0x1000)));
    CHECK_EQ(counted(b, IOMMU_HPM_EVENT_UNTRANSLATED_REQ), 3);
    CHECK_EQ(counted(b, IOMMU_HPM_EVENT_TRANSLATED_REQ), 2);
    CHECK_EQ(counted(b, IOMMU_HPM_EVENT_ATS_REQ), 1);
}

/* One walk is one load of a table entry: the memory side shows how many there were. */
TEST(hpm_walks_are_loads_of_table_entries)
{
    struct bench *b = bench_ready("max", uncached);
    struct scene s;
    scene_guest_process(&s, b);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    count_all(b);
    for (unsigned i = 1; i <= 2; i++) {
        bench_translate(b, with_pid(read_at(s.device, 0x1000), SCENE_PID));
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_DDT_WALK), bench_accesses(b, IOMMU_DDT));
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_PDT_WALK), bench_accesses(b, IOMMU_PDT));
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_FIRST_STAGE_WALK),
                 bench_accesses(b, IOMMU_FIRST_STAGE));
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_SECOND_STAGE_WALK),
                 bench_accesses(b, IOMMU_SECOND_STAGE));
        /* Three levels each; six implicit accesses and the last one, of three loads each. */
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_DDT_WALK), 3 * i);
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_PDT_WALK), 3 * i);
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_FIRST_STAGE_WALK), 3 * i);
        CHECK_EQ(counted(b, IOMMU_HPM_EVENT_SECOND_STAGE_WALK), 21 * i);
    }
}

/* Loads that end in a fault are loads all the same. */
TEST(hpm_walks_that_fault_are_counted)
{
    struct bench *b = bench_ready("max", uncached);
    struct scene s;
    scene_first(&s, b);
    count_all(b);
    bench_translate(b, read_at(s.device, 0x1000));
    CHECK_EQ(counted(b, IOMMU_HPM_EVENT_UNTRANSLATED_REQ), 1);
    CHECK_EQ(counted(b, IOMMU_HPM_EVENT_FIRST_STAGE_WALK), 1);
    CHECK_EQ(bench_accesses(b, IOMMU_FIRST_STAGE), 1);
}

/* R280: a request that finds no translation ready is one miss, however long the walk. */
TEST_BOTH(hpm_tlb_miss)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    count_all(b);
    bench_translate(b, read_at(s.device, 0x1000));
    CHECK_EQ(counted(b, IOMMU_HPM_EVENT_TLB_MISS), 1);
    bench_translate(b, read_at(s.device, 0x1000));
    CHECK_EQ(counted(b, IOMMU_HPM_EVENT_TLB_MISS), b->config.iotlb_entries == 0 ? 2 : 1);
}

/* --- R286, R287: filters ------------------------------------------------------------------- */

/* One request with counter 1 set up so: counted or not. */
static void check_filter(struct place place, struct bench *b, uint64_t selector,
                         struct iommu_request request, bool expected)
{
    count(b, 1, selector);
    bench_translate(b, request);
    test_check_eq(place, counted(b, 1) != 0, expected, "counted");
}
#define CHECK_FILTER(selector, request, expected)                                                  \
    check_filter(HERE, b, (selector), (request), (expected))

TEST_BOTH(hpm_filters_by_device_and_process)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    start_counting(b);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL);
    struct iommu_request with = with_pid(read_at(s.device, 0x1000), SCENE_PID);
    struct iommu_request without = read_at(s.device, 0x1000);
    uint64_t e = IOMMU_HPM_EVENT_UNTRANSLATED_REQ;
    uint64_t did = DV | DID(SCENE_DEVICE), pid = PV | PID(SCENE_PID);
    CHECK_FILTER(e, with, true);
    CHECK_FILTER(e | did, with, true);
    CHECK_FILTER(e | did, without, true);
    CHECK_FILTER(e | DV | DID(SCENE_DEVICE + 1), with, false);
    CHECK_FILTER(e | pid, with, true);
    CHECK_FILTER(e | pid, without, false);
    CHECK_FILTER(e | PV | PID(0), without, false);
    CHECK_FILTER(e | PV | PID(SCENE_PID + 1), with, false);
    CHECK_FILTER(e | did | pid, with, true);
    CHECK_FILTER(e | did | pid, without, false);
    CHECK_FILTER(e | DV | DID(SCENE_DEVICE ^ 0x100000) | pid, with, false);
    CHECK_FILTER(e | did | PV | PID(SCENE_PID ^ 0x80000), with, false);
    /* IDs without their valid bits do not filter. */
    CHECK_FILTER(e | DID(1) | PID(1), with, true);
}

TEST_BOTH(hpm_filters_by_gscid_and_pscid)
{
    struct bench *b = bench_ready("max", uncached);
    struct scene s;
    scene_nested(&s, b);
    start_counting(b);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    struct iommu_request request = read_at(s.device, 0x1000);
    uint64_t gscid = DV | DID(SCENE_GSCID), pscid = PV | PID(SCENE_PSCID);
    static const unsigned events[] = {IOMMU_HPM_EVENT_TLB_MISS, IOMMU_HPM_EVENT_FIRST_STAGE_WALK,
                                      IOMMU_HPM_EVENT_SECOND_STAGE_WALK};
    for (unsigned i = 0; i < 3; i++) {
        uint64_t e = IDT | events[i];
        test_note("event %u", events[i]);
        CHECK_FILTER(e, request, true);
        CHECK_FILTER(e | gscid, request, true);
        CHECK_FILTER(e | DV | DID(SCENE_GSCID ^ 1), request, false);
        CHECK_FILTER(e | pscid, request, true);
        CHECK_FILTER(e | PV | PID(SCENE_PSCID ^ 0x80000), request, false);
        CHECK_FILTER(e | gscid | pscid, request, true);
        CHECK_FILTER(e | gscid | PV | PID(1), request, false);
        CHECK_FILTER(e | DV | DID(1) | pscid, request, false);
        /* The same with IDT=0: the IDs are those of device and process. */
        CHECK_FILTER(events[i] | DV | DID(s.device), request, true);
        CHECK_FILTER(events[i] | gscid, request, false);
    }
    test_note("%s", "");
}

/* A GSCID exists only with a second stage, a PSCID only with a first stage. */
TEST_BOTH(hpm_filters_need_valid_ids)
{
    struct bench *b = bench_ready("max", uncached);
    struct scene host, guest;
    scene_first(&host, b);
    start_counting(b);
    pt_map(&host.first, 0x1000, 0x90000000, 0, P_ALL);
    uint64_t e = IDT | IOMMU_HPM_EVENT_TLB_MISS;
    CHECK_FILTER(e | PV | PID(SCENE_PSCID), read_at(host.device, 0x1000), true);
    CHECK_FILTER(e | DV | DID(0), read_at(host.device, 0x1000), false);
    CHECK_FILTER(e | DV | DID(0) | PV | PID(SCENE_PSCID), read_at(host.device, 0x1000), false);
    scene_second(&guest, b);
    bench_invalidate_all(b);
    pt_map(&guest.second, 0x1000, 0x90000000, 0, P_ALL);
    CHECK_FILTER(e | DV | DID(SCENE_GSCID), read_at(guest.device, 0x1000), true);
    CHECK_FILTER(e | PV | PID(SCENE_PSCID), read_at(guest.device, 0x1000), false);
    CHECK_FILTER(e | PV | PID(0), read_at(guest.device, 0x1000), false);
}

/* The table of DMASK, and all ones. */
TEST_BOTH(hpm_partial_match_of_device_ids)
{
    struct bench *b = bench_ready("max", NULL);
    start_counting(b);
    uint64_t e = IOMMU_HPM_EVENT_UNTRANSLATED_REQ | DV;
    for (unsigned bits = 0; bits <= 24; bits++) {
        uint32_t device = 0x5a5a5a;
        uint32_t ones = (1u << bits) - 1, masked = bits == 24 ? 0xffffff : 2 * ones + 1;
        uint32_t id = ((device & ~masked) | ones) & 0xffffff;
        test_note("DID_GSCID 0x%06x", id);
        CHECK_FILTER(e | DMASK | DID(id), read_at(device, 0), true);
        CHECK_FILTER(e | DMASK | DID(id), read_at(device ^ (masked & 0xffffff), 0), true);
        if (bits < 23)
            CHECK_FILTER(e | DMASK | DID(id), read_at(device ^ (masked + 1), 0), false);
        if (id != device)
            CHECK_FILTER(e | DID(id), read_at(device, 0), false);
        while (REG(b, FQH) != REG(b, FQT)) {
            struct fault_record record;
            bench_pop_fault(b, &record);
        }
    }
    test_note("%s", "");
}

TEST_BOTH(hpm_partial_match_of_gscids)
{
    struct bench *b = bench_ready("max", uncached);
    struct scene s;
    scene_second(&s, b);
    start_counting(b);
    pt_map(&s.second, 0x1000, 0x90000000, 0, P_ALL);
    uint64_t e = IDT | IOMMU_HPM_EVENT_TLB_MISS | DV | DMASK;
    struct iommu_request request = read_at(s.device, 0x1000);
    CHECK_FILTER(e | DID((SCENE_GSCID & ~0xfu) | 7), request, true);
    CHECK_FILTER(e | DID(((SCENE_GSCID & ~0xfu) | 7) ^ 0x10), request, false);
    CHECK_FILTER(e | DID(0xffffff), request, true);
}

/* R287 */
TEST_BOTH(hpm_unsupported_filter_type_counts_nothing)
{
    static const unsigned events[] = {IOMMU_HPM_EVENT_UNTRANSLATED_REQ,
                                      IOMMU_HPM_EVENT_TRANSLATED_REQ, IOMMU_HPM_EVENT_ATS_REQ,
                                      IOMMU_HPM_EVENT_DDT_WALK, IOMMU_HPM_EVENT_PDT_WALK};
    struct bench *b = bench_ready("max", uncached);
    struct scene s;
    scene_guest_process(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    scene_update(&s);
    start_counting(b);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, 0x1000), SCENE_PID);
    for (unsigned i = 0; i < 5; i++) {
        struct iommu_request r = request;
        if (events[i] == IOMMU_HPM_EVENT_TRANSLATED_REQ)
            r = as_translated(request);
        if (events[i] == IOMMU_HPM_EVENT_ATS_REQ)
            r = as_ats(request);
        test_note("event %u", events[i]);
        CHECK_FILTER(events[i], r, true);
        CHECK_FILTER(events[i] | IDT, r, false);
        CHECK_FILTER(events[i] | IDT | DV | DID(SCENE_GSCID), r, false);
    }
    test_note("%s", "");
}
