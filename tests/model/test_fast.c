/* SPDX-License-Identifier: Apache-2.0 */
/* The quick ways of sw-model/src/fast.c: when they answer, and when they must not. That their
 * answers are right is shown by all tests that run with flat memory; this one looks inside. */
#include "inside.h"
#include "scenes.h"
#include "tweaks.h"

#define VA 0x40005000u
#define PAGE_A 0x90000000u

static void check_way(struct place place, struct bench *b, struct iommu_request request,
                      enum quick_way expected)
{
    struct iommu_response response;
    enum quick_way way = translate_watched(b->iommu, &request, &response);
    test_check_eq(place, way, expected, "how the answer came about");
}

#define CHECK_WAY(b, request, way) check_way(HERE, (b), (request), (way))

/* The first makes it known, the second comes from there, whatever its offset in the page. */
static void check_hit(struct place place, struct bench *b, struct iommu_request request)
{
    check_way(place, b, request, ORDINARY);
    check_way(place, b, request, QUICK_HIT);
    request.iova ^= 0xff8;
    check_way(place, b, request, QUICK_HIT);
}

/* --- hits ------------------------------------------------------------------------------------ */

TEST(second_request_for_a_page_is_a_quick_hit)
{
    void (*const scenes[])(struct scene *, struct bench *) = {
        scene_bare, scene_first, scene_second, scene_nested, scene_process, scene_guest_process,
    };
    for (unsigned i = 0; i < 6; i++) {
        struct bench *b = bench_ready("max", NULL);
        struct scene s;
        test_note("scene %u", i);
        scenes[i](&s, b);
        bool first = i == 1 || i >= 3, second = i == 2 || i == 3 || i == 5;
        if (first)
            pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
        if (second)
            pt_map(&s.second, first ? PAGE_A : VA, PAGE_A, 0, P_ALL);
        struct iommu_request request = read_at(s.device, VA);
        if (i >= 4)
            request = with_pid(request, SCENE_PID);
        check_hit(HERE, b, request);
        request.access = IOMMU_WRITE;
        check_hit(HERE, b, request);
        request.access = IOMMU_EXECUTE;
        check_hit(HERE, b, request);
        if (i == 4) { /* privilege counts: a user page with SUM=1 */
            request = with_priv(read_at(s.device, VA), SCENE_PID);
            check_hit(HERE, b, request);
        }
    }
    test_note("%s", "");
}

TEST(message_to_an_interrupt_file_is_a_quick_hit_but_none_to_an_mrif)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 0);
    (void)bench_alloc(b, IOMMU_MRIF_BYTES, IOMMU_MRIF_BYTES);
    msi_pt_write(b, s.msi_table, 1, msi_pte_mrif(mrif_create(b), bench_page(b), 1));
    struct iommu_request request = write_at(s.device, scene_msi_address(0, 0));
    CHECK_WAY(b, request, ORDINARY);
    CHECK_WAY(b, request, QUICK_HIT);
    request.iova = scene_msi_address(1, 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_WAY(b, request, ORDINARY);
}

/* Faults, requests of other types, and IDs that do not fit their fields. */
TEST(what_is_never_a_quick_hit)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    scene_update(&s);
    pt_map(&s.first, VA, PAGE_A, 0, P_V | P_R | P_U | P_A);
    check_hit(HERE, b, read_at(s.device, VA));
    const struct iommu_request never[] = {
        write_at(s.device, VA),
        read_at(s.device, VA + 0x1000),
        as_translated(read_at(s.device, VA)),
        as_ats(read_at(s.device, VA)),
        with_pid(read_at(s.device, VA), 1),
        read_at(s.device | 1u << 24, VA),
        with_pid(read_at(s.device, VA), 1u << 20),
        {.device_id = s.device, .iova = VA, .access = IOMMU_EXECUTE + 1},
    };
    for (unsigned i = 0; i < sizeof never / sizeof never[0]; i++) {
        test_note("request %u", i);
        for (unsigned repeat = 0; repeat < 3; repeat++)
            CHECK_WAY(b, never[i], ORDINARY);
    }
    test_note("%s", "");
}

/* After any register write and any command all requests are looked at anew. */
TEST(commands_and_register_writes_end_quick_hits)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    struct iommu_request request = read_at(s.device, VA);
    check_hit(HERE, b, request);
    REG_SET(b, ICVEC, REG(b, ICVEC));
    check_hit(HERE, b, request);
    bench_command(b, cmd_iotinval_vma(0, 0));
    check_hit(HERE, b, request);
    iommu_reset(b->iommu);
    bench_set_mode(b, b->levels - 1 + IOMMU_DDTP_MODE_1LVL);
    check_hit(HERE, b, request);
}

static void no_ddt_cache(struct iommu_config *config)
{
    config->ddt_cache_entries = 0;
}

static void no_pdt_cache(struct iommu_config *config)
{
    config->pdt_cache_entries = 0;
}

static void no_iotlb(struct iommu_config *config)
{
    config->iotlb_entries = 0;
}

static void history(struct iommu_config *config)
{
    config->history = true;
}

static void no_iotlb_but_history(struct iommu_config *config)
{
    config->iotlb_entries = 0;
    config->history = true;
}

/* What remembers nothing between requests must not do it in this way either. */
TEST_BOTH(no_quick_answers_without_caches_or_with_history)
{
    if (test_way() == WAY_UNCACHED) /* what plain walks are for */
        return;
    config_tweak *const tweaks[] = {no_ddt_cache, no_pdt_cache, history, no_iotlb_but_history};
    for (unsigned i = 0; i < 4; i++) {
        struct bench *b = bench_ready("max", tweaks[i]);
        struct scene s;
        test_note("configuration %u", i);
        scene_first(&s, b);
        pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
        for (unsigned repeat = 0; repeat < 4; repeat++)
            CHECK_WAY(b, read_at(s.device, VA), ORDINARY);
    }
    test_note("%s", "");
}

/* Where a counter has an event, each request must be seen. */
TEST_BOTH(no_quick_answers_while_events_are_counted)
{
    static const unsigned events[] = {IOMMU_HPM_EVENT_NONE, IOMMU_HPM_EVENT_UNTRANSLATED_REQ};
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    REG_SET(b, IOCOUNTINH, 0);
    for (unsigned counter = 1; counter <= b->config.hpm_counters; counter += 15) {
        for (unsigned counting = 0; counting < 2; counting++) {
            struct iommu_request request = read_at(s.device, VA);
            struct iommu_response response;
            REG_N_SET(b, IOHPMEVT, counter, events[counting]);
            uint64_t before = REG_N(b, IOHPMCTR, counter);
            for (unsigned repeat = 0; repeat < 3; repeat++)
                EXPECT_OK(b, request, PAGE_A);
            bool quick = translate_watched(b->iommu, &request, &response) != ORDINARY;
            CHECK_EQ(quick, !counting && b->config.ddt_cache_entries != 0);
            CHECK_EQ(REG_N(b, IOHPMCTR, counter) - before, counting ? 4 : 0);
        }
        REG_N_SET(b, IOHPMEVT, counter, IOMMU_HPM_EVENT_NONE);
    }
}

/* In mode Bare nothing is looked up that could be remembered. */
TEST(no_quick_answers_in_mode_bare)
{
    struct bench *b = bench_ready("max", NULL);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    for (unsigned repeat = 0; repeat < 3; repeat++)
        CHECK_WAY(b, read_at(1, VA), ORDINARY);
}

/* --- walks ----------------------------------------------------------------------------------- */

/* The context is fetched, found again, and then ready for plain walks: of one device at a time,
 * and only where there is no IOTLB. */
TEST_BOTH(third_request_of_a_device_is_a_plain_walk)
{
    if (test_way() != WAY_FLAT)
        return;
    for (unsigned cached = 0; cached < 2; cached++) {
        struct bench *b = bench_ready("max", cached ? NULL : no_iotlb);
        struct scene s;
        scene_first(&s, b);
        bench_write_dc(b, s.device + 1, &s.dc);
        for (unsigned i = 0; i < 8; i++)
            pt_map(&s.first, VA + 0x1000 * i, PAGE_A, 0, P_ALL);
        for (unsigned device = s.device; device < s.device + 2; device++) {
            for (unsigned i = 0; i < 4; i++)
                CHECK_WAY(b, read_at(device, VA + 0x1000 * i),
                          !cached && i >= 2 ? QUICK_WALK : ORDINARY);
        }
        /* Back to the first one: it is found in the cache at once. */
        CHECK_WAY(b, read_at(s.device, VA + 0x4000), ORDINARY);
        CHECK_WAY(b, read_at(s.device, VA + 0x5000), cached ? ORDINARY : QUICK_WALK);
        CHECK_WAY(b, with_pid(read_at(s.device, VA + 0x5000), 0), ORDINARY);
        REG_SET(b, ICVEC, REG(b, ICVEC));
        CHECK_WAY(b, read_at(s.device, VA + 0x6000), ORDINARY);
        CHECK_WAY(b, read_at(s.device, VA + 0x7000), cached ? ORDINARY : QUICK_WALK);
    }
}
