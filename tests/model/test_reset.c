/* SPDX-License-Identifier: Apache-2.0 */
/* "Reset behavior" and "Device-directory-table pointer (ddtp)". */
#include "stages.h"
#include "tweaks.h"

/* A bench after work of every kind and a reset. */
static struct bench *used_and_reset(config_tweak *tweak)
{
    struct bench *b = bench_ready("max", tweak);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PIE_MASK);
    REG_SET(b, IOMMU_QOSID, 0x00010001);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    bench_translate(b, read_at(DEVICE + 1, 0x1000));
    bench_push(b, cmd_make(0x7f, 0));
    CHECK(REG(b, IPSR) != 0);
    iommu_reset(b->iommu);
    return b;
}

TEST_BOTH(reset_switches_the_queues_off)
{
    const uint64_t bits = 0x00030003; /* enable, interrupt enable, on, busy */
    struct bench *b = bench_create("max", NULL);
    CHECK_EQ(REG(b, CQCSR) & bits, 0);
    CHECK_EQ(REG(b, FQCSR) & bits, 0);
    CHECK_EQ(REG(b, PQCSR) & bits, 0);
    b = used_and_reset(NULL);
    CHECK_EQ(REG(b, CQCSR) & bits, 0);
    CHECK_EQ(REG(b, FQCSR) & bits, 0);
    CHECK_EQ(REG(b, PQCSR) & bits, 0);
}

TEST_BOTH(reset_clears_busy_bits_and_ipsr)
{
    struct bench *b = used_and_reset(NULL);
    CHECK_EQ(REG_FIELD(b, TR_REQ_CTL, GO_BUSY), 0);
    CHECK_EQ(REG_FIELD(b, DDTP, BUSY), 0);
    CHECK_EQ(REG(b, IPSR), 0);
    CHECK_EQ(iommu_wires(b->iommu), 0);
}

static void reset_bare(struct iommu_config *c)
{
    c->reset_mode = IOMMU_DDTP_MODE_BARE;
}

static void reset_off(struct iommu_config *c)
{
    c->reset_mode = IOMMU_DDTP_MODE_OFF;
}

TEST_BOTH(reset_mode_is_off_or_bare)
{
    struct bench *b = used_and_reset(reset_off);
    struct iommu_config config;
    CHECK_EQ(REG_FIELD(b, DDTP, IOMMU_MODE), IOMMU_DDTP_MODE_OFF);
    CHECK_EQ(bench_translate(b, read_at(DEVICE, 0x1000)).cause, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    b = used_and_reset(reset_bare);
    CHECK_EQ(REG_FIELD(b, DDTP, IOMMU_MODE), IOMMU_DDTP_MODE_BARE);
    CHECK_EQ(bench_translate(b, read_at(DEVICE, 0x1000)).status, IOMMU_SUCCESS);
    REQUIRE(iommu_config_named("max", &config));
    config.reset_mode = IOMMU_DDTP_MODE_1LVL;
    CHECK(!iommu_config_check(&config, NULL, 0));
}

TEST_BOTH(reset_empties_the_caches)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    uint64_t data = bench_page(s.b);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, data, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), data);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), data);
    /* without a reset, the old entries might still be used */
    iommu_reset(s.b->iommu);
    pt_write(&s.second, pt_entry(&s.second, 0x7000, 0), pt_pte(0x5000, P_ALL));
    uint64_t old_root = s.b->ddt_root;
    bench_start_queues(s.b);
    bench_set_mode(s.b, IOMMU_DDTP_MODE_3LVL);
    CHECK_EQ(s.b->ddt_root, old_root);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
}

TEST(reset_makes_every_structure_be_read_again)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    size_t cold[2];
    for (unsigned i = 0; i < 2; i++) {
        bench_clear_log(s.b);
        EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        cold[i] = bench_accesses(s.b, IOMMU_STRUCTURES);
        iommu_reset(s.b->iommu);
        bench_start_queues(s.b);
        bench_set_mode(s.b, IOMMU_DDTP_MODE_3LVL);
    }
    CHECK(cold[0] >= 3 + 3);
    CHECK_EQ(cold[1], cold[0]);
}

TEST_BOTH(reset_rcid_is_zero_in_bare_mode)
{
    struct bench *b = used_and_reset(reset_bare);
    CHECK_EQ(REG_FIELD(b, IOMMU_QOSID, RCID), 0);
    CHECK_EQ(bench_translate(b, read_at(DEVICE, 0x1000)).rcid, 0);
}

/* --- ddtp -------------------------------------------------------------------------- */

TEST_BOTH(ddtp_takes_the_mandatory_modes)
{
    struct bench *b = bench_create("max", NULL);
    for (unsigned mode = IOMMU_DDTP_MODE_OFF; mode <= IOMMU_DDTP_MODE_3LVL; mode++) {
        bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
        bench_set_mode(b, mode);
        CHECK_EQ(REG_FIELD(b, DDTP, IOMMU_MODE), mode);
    }
}

/* WARL: the model keeps the mode that it had. */
TEST_BOTH(ddtp_keeps_its_mode_when_an_illegal_one_is_written)
{
    struct bench *b = bench_create("max", NULL);
    for (unsigned old = IOMMU_DDTP_MODE_OFF; old <= IOMMU_DDTP_MODE_3LVL; old++) {
        bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
        bench_set_mode(b, old);
        for (unsigned mode = 5; mode < 16; mode++) {
            test_note("from %u to %u", old, mode);
            REG_SET(b, DDTP, IOMMU_PREP(IOMMU_DDTP_PPN, 0x81000 + mode) | mode);
            CHECK_EQ(REG_FIELD(b, DDTP, IOMMU_MODE), old);
            CHECK_EQ(REG_FIELD(b, DDTP, PPN), 0x81000 + mode);
        }
    }
}

static void levels_1(struct iommu_config *c)
{
    c->ddt_levels = IOMMU_DDT_1LVL;
}

static void levels_2(struct iommu_config *c)
{
    c->ddt_levels = IOMMU_DDT_2LVL;
}

static void levels_3(struct iommu_config *c)
{
    c->ddt_levels = IOMMU_DDT_3LVL;
}

static void no_levels(struct iommu_config *c)
{
    c->ddt_levels = 0;
}

TEST_BOTH(ddtp_refuses_levels_that_are_not_built)
{
    static config_tweak *const tweak[] = {levels_1, levels_2, levels_3};
    struct iommu_config config;
    for (unsigned built = 1; built <= 3; built++) {
        struct bench *b = bench_create("max", tweak[built - 1]);
        for (unsigned levels = 1; levels <= 3; levels++) {
            unsigned mode = IOMMU_DDTP_MODE_1LVL + levels - 1;
            test_note("%u built, %u written", built, levels);
            REG_SET(b, DDTP, 0);
            REG_SET(b, DDTP, mode);
            CHECK_EQ(REG_FIELD(b, DDTP, IOMMU_MODE), levels == built ? mode : 0);
        }
    }
    REQUIRE(iommu_config_named("max", &config));
    no_levels(&config);
    CHECK(!iommu_config_check(&config, NULL, 0));
}

TEST_BOTH(ddtp_busy_is_zero_after_each_write)
{
    struct bench *b = bench_create("max", NULL);
    for (unsigned mode = 0; mode <= IOMMU_DDTP_MODE_3LVL; mode++) {
        REG_SET(b, DDTP, IOMMU_DDTP_BUSY_MASK | mode);
        CHECK_EQ(REG_FIELD(b, DDTP, BUSY), 0);
        REG_SET(b, DDTP, 0);
        CHECK_EQ(REG_FIELD(b, DDTP, BUSY), 0);
    }
}

TEST_BOTH(ddtp_ppn_is_warl_within_pas)
{
    struct bench *b = bench_create("max", NULL);
    REG_SET(b, DDTP, IOMMU_DDTP_PPN_MASK);
    uint64_t most = (1ull << (REG_FIELD(b, CAPABILITIES, PAS) - 12)) - 1;
    CHECK_EQ(REG_FIELD(b, DDTP, PPN), most);
    b = bench_create("max", pas_36);
    for (unsigned bit = 0; bit < 24; bit++) {
        test_note("PPN bit %u", bit);
        REG_SET(b, DDTP, IOMMU_PREP(IOMMU_DDTP_PPN, 1ull << bit));
        CHECK_EQ(REG_FIELD(b, DDTP, PPN), 1ull << bit);
    }
    REG_SET(b, DDTP, IOMMU_DDTP_PPN_MASK);
    CHECK(REG_FIELD(b, DDTP, PPN) <= 0xffffff);
}

TEST_BOTH(ddtp_ppn_is_the_root)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    b->ddt_root = bench_page(b); /* empty */
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    bench_invalidate_all(b);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_NOT_VALID);
}

/* What was processed before is in memory, what comes after is aborted. */
TEST(ddtp_to_off_ends_translation)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    uint64_t page = bench_page(b);
    uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct iommu_request request = write_at(DEVICE, page);
    bench_write_dc(b, DEVICE, &dc);
    CHECK_EQ(iommu_dma(b->iommu, &request, data, sizeof data).status, IOMMU_SUCCESS);
    CHECK_EQ(bench_events(b, EVENT_DRAIN), 0);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    CHECK_EQ(bench_get(b, page, 8, false), 0x0807060504030201ull);
    /* the bus is told to bring what was processed to a global ordering point */
    REQUIRE(bench_events(b, EVENT_DRAIN) == 1);
    CHECK(bench_event(b, EVENT_DRAIN, 0)->drain_reads);
    CHECK(bench_event(b, EVENT_DRAIN, 0)->drain_writes);
    bench_clear_log(b);
    EXPECT_FAULT(b, read_at(DEVICE, page), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    CHECK_EQ(bench_accesses(b, IOMMU_DDT), 0);
    CHECK_EQ(bench_accesses(b, IOMMU_DATA), 0);
}

/* UNSPECIFIED; in the model it takes effect at once. */
TEST_BOTH(ddtp_between_levels_and_to_bare_takes_effect)
{
    for (unsigned from = IOMMU_DDTP_MODE_1LVL; from <= IOMMU_DDTP_MODE_3LVL; from++) {
        for (unsigned to = IOMMU_DDTP_MODE_BARE; to <= IOMMU_DDTP_MODE_3LVL; to++) {
            struct bench *b = bench_create("max", NULL);
            test_note("from %u to %u", from, to);
            bench_start(b, from - 1);
            bench_set_mode(b, to);
            CHECK_EQ(REG_FIELD(b, DDTP, IOMMU_MODE), to);
            /* too wide for all but 3LVL, and not valid there */
            struct iommu_response r = bench_translate(b, read_at(0x800000, 0x1000));
            if (to == IOMMU_DDTP_MODE_BARE)
                CHECK_EQ(r.status, IOMMU_SUCCESS);
            else if (to == IOMMU_DDTP_MODE_3LVL)
                CHECK_EQ(r.cause, IOMMU_CAUSE_DDT_NOT_VALID);
            else
                CHECK_EQ(r.cause, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
        }
    }
}

/* Cached entries may survive Off; invalidation makes the new ones count. */
TEST_BOTH(ddtp_through_off_needs_invalidation)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    dc.tc = 0;
    bench_write_dc(b, DEVICE, &dc);
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    struct iommu_response r = bench_translate(b, read_at(DEVICE, 0x1000));
    struct fault_record record;
    CHECK(r.status == IOMMU_SUCCESS || r.cause == IOMMU_CAUSE_DDT_NOT_VALID);
    while (bench_pop_fault(b, &record))
        ;
    bench_invalidate_all(b);
    EXPECT_FAULT(b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_DDT_NOT_VALID);
}

TEST(mode_off_refuses_everything_without_reading_memory)
{
    struct bench *b = bench_create("max", NULL);
    bench_start_queues(b);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_request request = request_of(kind, 0xfedcba, 0x123456789abcdef0ull);
        EXPECT_FAULT(b, request, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
        EXPECT_FAULT(b, as_translated(request), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
        EXPECT_FAULT(b, with_priv(request, 0xabcde), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    }
    EXPECT_FAULT(b, as_ats(read_at(1, 0x1000)), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    for (int s = IOMMU_DDT; s <= IOMMU_NOTICE; s++)
        CHECK_EQ(bench_accesses(b, (enum iommu_structure)s), 0);
}

TEST(mode_bare_passes_untranslated_requests_through)
{
    struct bench *b = bench_create("max", NULL);
    bench_start_queues(b);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    REG_SET(b, IOMMU_QOSID, 0x00030002);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_request request = request_of(kind, 0xfedcba, 0x00123456789abcdeull);
        struct iommu_response r = EXPECT_OK(b, request, request.iova);
        CHECK_EQ(r.page_log2, b->config.bare_page_log2);
        CHECK_EQ(r.pbmt, IOMMU_PBMT_PMA);
        CHECK_EQ(r.permissions, IOMMU_PERM_R | IOMMU_PERM_W | IOMMU_PERM_X);
        CHECK_EQ(r.rcid, 2);
        CHECK_EQ(r.mcid, 3);
        EXPECT_OK(b, with_priv(request, 0xabcde), request.iova);
        EXPECT_FAULT(b, as_translated(request), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    }
    EXPECT_FAULT(b, as_ats(read_at(1, 0x1000)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    for (int s = IOMMU_DDT; s <= IOMMU_NOTICE; s++)
        CHECK_EQ(bench_accesses(b, (enum iommu_structure)s), 0);
}

TEST_BOTH(mode_bare_does_not_support_pcie_messages)
{
    struct bench *b = bench_create("max", NULL);
    bench_start_queues(b);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    struct iommu_page_request request = {.device_id = 1, .payload = 0x1007};
    struct iommu_pri_result result = iommu_page_request(b->iommu, &request);
    CHECK_EQ(result.status, IOMMU_PRI_RESPONDED);
    CHECK_EQ(result.code, IOMMU_PRGR_INVALID_REQUEST);
    CHECK_EQ(bench_page_request_count(b), 0);
}
