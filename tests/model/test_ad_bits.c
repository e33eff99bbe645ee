/* SPDX-License-Identifier: Apache-2.0 */
/* "IOMMU updating of PTE accessed (A) and dirty (D) updates". */
#include "one_stage.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define P_CLEAN (P_ALL & ~(P_A | P_D))

/* The bits that an access of this kind sets: A, and D if it stores. */
static uint64_t needed_bits(unsigned kind)
{
    return kind == 1 ? P_A | P_D : P_A;
}

static struct page_table *updating_stage(struct stages *s, enum pt_mode mode)
{
    struct page_table *pt = one_stage(s, mode, NULL);
    s->dc.tc |= pt_is_x4(mode) ? TC(GADE) : TC(SADE);
    stages_update(s);
    return pt;
}

/* --- without hardware updates ------------------------------------------------------ */

TEST_TABLES(ad_faults_without_hardware_updates)
{
    static const uint64_t flags[] = {P_CLEAN, P_CLEAN | P_A, P_CLEAN | P_D, P_ALL};
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct page_table *pt = one_stage(&s, mode, NULL);
        uint64_t va = mode_address(mode, false);
        uint64_t entry = pt_entry(pt, va, 0);
        for (size_t i = 0; i < 4; i++) {
            stages_set_pte(&s, pt, entry, pt_pte(0x5000, flags[i]));
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, va);
                test_note("%s, flags 0x%x, kind %u", mode_name(mode), (unsigned)flags[i], kind);
                if ((flags[i] & needed_bits(kind)) == needed_bits(kind))
                    EXPECT_OK(s.b, request, 0x5000 | (va & 0xfff));
                else
                    EXPECT_STAGE_FAULT(&s, mode, request);
            }
            CHECK_EQ(pt_read(pt, entry), pt_pte(0x5000, flags[i]));
        }
    }
}

/* GADE says nothing of the first stage, and SADE nothing of the second. */
TEST_TABLES(ad_enables_are_of_their_own_stage)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct page_table *pt = one_stage(&s, mode, NULL);
        uint64_t va = mode_address(mode, false);
        s.dc.tc |= pt_is_x4(mode) ? TC(SADE) : TC(GADE);
        stages_update(&s);
        uint64_t entry = pt_map(pt, va, 0x5000, 0, P_CLEAN);
        EXPECT_STAGE_FAULT(&s, mode, read_at(DEVICE, va));
        CHECK_EQ(pt_read(pt, entry), pt_pte(0x5000, P_CLEAN));
    }
}

/* --- with hardware updates --------------------------------------------------------- */

TEST_TABLES(ad_updates_set_what_the_access_needs)
{
    static const uint64_t flags[] = {P_CLEAN, P_CLEAN | P_A, P_CLEAN | P_D, P_ALL};
    FOR_EACH_MODE(mode)
    {
        for (unsigned level = 0; level < pt_levels(mode); level++) {
            struct stages s;
            struct page_table *pt = updating_stage(&s, mode);
            uint64_t va = mode_address(mode, true);
            uint64_t pa = mode_target(mode, level);
            uint64_t page = 1ull << pt_page_log2(mode, level);
            uint64_t entry = pt_entry(pt, va, level);
            for (size_t i = 0; i < 4; i++) {
                for (unsigned kind = 0; kind < 3; kind++) {
                    uint64_t before = flags[i] | P_G | IOMMU_PTE_RSW_MASK;
                    stages_set_pte(&s, pt, entry, pt_pte(pa, before));
                    test_note("%s, level %u, flags 0x%x, kind %u", mode_name(mode), level,
                              (unsigned)flags[i], kind);
                    EXPECT_OK(s.b, request_of(kind, DEVICE, va), pa | (va & (page - 1)));
                    CHECK_EQ(pt_read(pt, entry), pt_pte(pa, before | needed_bits(kind)));
                }
            }
        }
    }
}

/* A store after a load: the cached clean translation must not hide the new dirty bit. */
TEST_TABLES(ad_store_after_load_sets_dirty)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct page_table *pt = updating_stage(&s, mode);
        uint64_t va = mode_address(mode, false);
        uint64_t entry = pt_map(pt, va, 0x5000, 0, P_CLEAN);
        test_note("%s", mode_name(mode));
        EXPECT_OK(s.b, read_at(DEVICE, va), 0x5000 | (va & 0xfff));
        CHECK_EQ(pt_read(pt, entry) & (P_A | P_D), P_A);
        EXPECT_OK(s.b, write_at(DEVICE, va), 0x5000 | (va & 0xfff));
        CHECK_EQ(pt_read(pt, entry) & (P_A | P_D), P_A | P_D);
        EXPECT_OK(s.b, read_at(DEVICE, va), 0x5000 | (va & 0xfff));
        CHECK_EQ(pt_read(pt, entry) & (P_A | P_D), P_A | P_D); /* never cleared */
    }
}

TEST_TABLES(ad_no_update_when_the_access_is_not_allowed)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct page_table *pt = updating_stage(&s, mode);
        uint64_t va = mode_address(mode, false);
        uint64_t entry = pt_map(pt, va, 0x5000, 0, P_V | P_R | P_U);
        test_note("%s", mode_name(mode));
        EXPECT_STAGE_FAULT(&s, mode, write_at(DEVICE, va));
        EXPECT_STAGE_FAULT(&s, mode, exec_at(DEVICE, va));
        CHECK_EQ(pt_read(pt, entry), pt_pte(0x5000, P_V | P_R | P_U));
        stages_set_pte(&s, pt, entry, pt_pte(0x5000, P_CLEAN & ~P_U));
        EXPECT_STAGE_FAULT(&s, mode, read_at(DEVICE, va));
        CHECK_EQ(pt_read(pt, entry), pt_pte(0x5000, P_CLEAN & ~P_U));
    }
}

/* The update is one atomic compare-and-swap of the whole PTE. */
TEST(ad_update_is_one_atomic_compare_and_swap)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct page_table *pt = updating_stage(&s, mode);
        uint64_t va = mode_address(mode, false);
        uint64_t entry = pt_map(pt, va, 0x5000, 0, P_CLEAN);
        bench_clear_log(s.b);
        test_note("%s", mode_name(mode));
        EXPECT_OK(s.b, write_at(DEVICE, va), 0x5000 | (va & 0xfff));
        REQUIRE(bench_events(s.b, EVENT_AMO) == 1);
        const struct event *update = bench_event(s.b, EVENT_AMO, 0);
        CHECK_EQ(update->amo, IOMMU_AMO_CAS);
        CHECK_EQ(update->access.address, entry);
        CHECK_EQ(update->access.size, pt_pte_size(mode));
        CHECK_EQ(update->access.structure, pt_is_x4(mode) ? IOMMU_SECOND_STAGE : IOMMU_FIRST_STAGE);
        CHECK_EQ(update->amo_compare, pt_pte(0x5000, P_CLEAN));
        CHECK_EQ(update->amo_operand, pt_pte(0x5000, P_ALL));
        CHECK_EQ(bench_events(s.b, EVENT_WRITE), 0);
    }
}

/* Another agent changes a PTE at the moment of the update. */
struct racer {
    uint64_t entry;
    uint64_t value;
    struct page_table *pt;
    unsigned races;
};

static void change_before_amo(struct bench *b, const struct iommu_access *access,
                              enum event_kind kind)
{
    struct racer *racer = b->hook_context;
    if (kind != EVENT_AMO || access->address != racer->entry || racer->races != 0)
        return;
    racer->races++;
    pt_write(racer->pt, racer->entry, racer->value);
}

/* Translate while the PTE becomes `value` between its read and the update. */
static void race(struct stages *s, enum pt_mode mode, struct racer *racer, uint64_t value)
{
    racer->pt = updating_stage(s, mode);
    racer->entry = pt_map(racer->pt, mode_address(mode, false), 0x5000, 0, P_CLEAN);
    racer->value = value;
    racer->races = 0;
    s->b->hook = change_before_amo;
    s->b->hook_context = racer;
    test_note("%s", mode_name(mode));
}

TEST(ad_update_that_loses_a_race_reads_the_pte_again)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct racer racer;
        uint64_t va = mode_address(mode, false);
        race(&s, mode, &racer, pt_pte(0x9000, P_CLEAN));
        EXPECT_OK(s.b, read_at(DEVICE, va), 0x9000 | (va & 0xfff));
        CHECK_EQ(racer.races, 1);
        CHECK_EQ(pt_read(racer.pt, racer.entry), pt_pte(0x9000, P_CLEAN | P_A));
        CHECK_EQ(bench_events(s.b, EVENT_AMO), 2);

        race(&s, mode, &racer, 0);
        EXPECT_STAGE_FAULT(&s, mode, read_at(DEVICE, va));
        CHECK_EQ(pt_read(racer.pt, racer.entry), 0);

        /* somebody else set the bits: nothing is left to be done */
        race(&s, mode, &racer, pt_pte(0x5000, P_ALL));
        EXPECT_OK(s.b, write_at(DEVICE, va), 0x5000 | (va & 0xfff));
        CHECK_EQ(bench_events(s.b, EVENT_AMO), 1);
    }
}

TEST(ad_update_access_fault)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct page_table *pt = updating_stage(&s, mode);
        uint64_t va = mode_address(mode, false);
        uint64_t entry = pt_map(pt, va, 0x5000, 0, P_CLEAN);
        bench_inject_on(s.b, (struct injection){.address = entry,
                                                .size = pt_pte_size(mode),
                                                .status = IOMMU_MEM_ACCESS_FAULT,
                                                .on = ON_WRITE | ON_AMO});
        for (unsigned kind = 0; kind < 3; kind++) {
            struct iommu_request request = request_of(kind, DEVICE, va);
            test_note("%s, kind %u", mode_name(mode), kind);
            EXPECT_FAULT(s.b, request, access_fault(&request));
            CHECK_EQ(pt_read(pt, entry), pt_pte(0x5000, P_CLEAN));
        }
    }
}

/* A bus without atomic accesses: the update is a read and a write. */
TEST(ad_update_on_a_bus_without_atomics)
{
    struct stages s;
    struct bench *b = bench_create_without_amo("max", NULL);
    bench_start(b, 3);
    stages_make(&s, b, PT_SV39, NO_STAGE);
    s.dc.tc |= TC(SADE);
    stages_update(&s);
    uint64_t entry = pt_map(&s.first, 0x1000, 0x5000, 0, P_CLEAN);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x5000);
    CHECK_EQ(pt_read(&s.first, entry), pt_pte(0x5000, P_CLEAN | P_A));
    EXPECT_OK(b, write_at(DEVICE, 0x1000), 0x5000);
    CHECK_EQ(pt_read(&s.first, entry), pt_pte(0x5000, P_ALL));
    CHECK_EQ(bench_events(b, EVENT_AMO), 0);
    entry = pt_map(&s.first, 0x2000, 0x6000, 0, P_CLEAN);
    bench_inject_on(
        b, (struct injection){
               .address = entry, .size = 8, .status = IOMMU_MEM_ACCESS_FAULT, .on = ON_WRITE});
    EXPECT_FAULT(b, write_at(DEVICE, 0x2000), IOMMU_CAUSE_WRITE_ACCESS_FAULT);
    CHECK_EQ(pt_read(&s.first, entry), pt_pte(0x6000, P_CLEAN));
}

/* The PTE turns out to be corrupted when it is updated. */
TEST(ad_update_of_corrupted_data)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct page_table *pt = updating_stage(&s, mode);
        uint64_t va = mode_address(mode, false);
        uint64_t entry = pt_map(pt, va, 0x5000, 0, P_CLEAN);
        test_note("%s", mode_name(mode));
        bench_inject_on(s.b, (struct injection){.address = entry,
                                                .size = pt_pte_size(mode),
                                                .status = IOMMU_MEM_POISON,
                                                .on = ON_AMO});
        EXPECT_FAULT(s.b, write_at(DEVICE, va), IOMMU_CAUSE_PT_DATA_CORRUPTION);
        CHECK_EQ(pt_read(pt, entry), pt_pte(0x5000, P_CLEAN));
    }
}

/* A traced translation shows each update. */
static void keep_update(void *context, const struct iommu_step *step)
{
    struct iommu_step *kept = context;
    if (step->kind == IOMMU_STEP_UPDATE)
        *kept = *step;
}

TEST(ad_update_is_a_step_of_the_trace)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct iommu_step step = {.kind = IOMMU_STEP_RULE};
        struct page_table *pt = updating_stage(&s, mode);
        struct iommu_request request = write_at(DEVICE, mode_address(mode, false));
        uint64_t entry = pt_map(pt, request.iova, 0x5000, 0, P_CLEAN);
        test_note("%s", mode_name(mode));
        iommu_translate_traced(s.b->iommu, &request, keep_update, &step);
        CHECK_EQ(step.kind, IOMMU_STEP_UPDATE);
        CHECK_EQ(step.address, entry);
        CHECK_EQ(step.value[0], pt_pte(0x5000, P_ALL));
        CHECK_EQ(step.structure, pt_is_x4(mode) ? IOMMU_SECOND_STAGE : IOMMU_FIRST_STAGE);
    }
}

/* A and D are in memory before the device's own access is. */
TEST(ad_update_comes_before_the_access)
{
    struct stages s;
    struct page_table *pt = updating_stage(&s, PT_SV39);
    uint64_t data = bench_page(s.b);
    uint8_t bytes[4] = {1, 2, 3, 4};
    struct iommu_request request = write_at(DEVICE, 0x1000);
    pt_map(pt, 0x1000, data, 0, P_CLEAN);
    bench_clear_log(s.b);
    CHECK_EQ(iommu_dma(s.b->iommu, &request, bytes, 4).status, IOMMU_SUCCESS);
    const struct event *update = bench_event(s.b, EVENT_AMO, 0);
    const struct event *store = bench_access(s.b, IOMMU_DATA, 0);
    REQUIRE(update != NULL && store != NULL);
    CHECK(update < store); /* both point into the log */
    CHECK_EQ(bench_get(s.b, data, 4, false), 0x04030201);
}

TEST_TABLES(ad_updates_in_big_endian_tables)
{
    FOR_EACH_MODE(mode)
    {
        struct stages s;
        struct bench *b = bench_create("max", NULL);
        uint32_t gxl = mode == PT_SV32X4 ? IOMMU_FCTL_GXL_MASK : 0;
        bench_set_fctl(b, IOMMU_FCTL_BE_MASK | gxl);
        bench_start(b, 3);
        stages_make(&s, b, pt_is_x4(mode) ? NO_STAGE : mode, pt_is_x4(mode) ? mode : NO_STAGE);
        struct page_table *pt = pt_is_x4(mode) ? &s.second : &s.first;
        uint64_t va = mode_address(mode, false);
        test_note("%s", mode_name(mode));
        s.dc.tc |= TC(SADE) | TC(GADE);
        stages_update(&s);
        uint64_t entry = pt_map(pt, va, 0x5000, 0, P_CLEAN);
        EXPECT_OK(b, read_at(DEVICE, va), 0x5000 | (va & 0xfff));
        CHECK_EQ(bench_get(b, entry, pt_pte_size(mode), true), pt_pte(0x5000, P_CLEAN | P_A));
        EXPECT_OK(b, write_at(DEVICE, va), 0x5000 | (va & 0xfff));
        CHECK_EQ(bench_get(b, entry, pt_pte_size(mode), true), pt_pte(0x5000, P_ALL));
    }
}

/* Of a NAPOT range, the PTE that the address selects gets the bits, PPN unchanged. */
TEST_TABLES(ad_update_of_a_napot_pte)
{
    struct stages s;
    struct page_table *pt = updating_stage(&s, PT_SV39);
    pt_map_napot(pt, 0x40000, 0x90000, P_CLEAN);
    EXPECT_OK(s.b, write_at(DEVICE, 0x43000), 0x93000);
    CHECK_EQ(pt_read(pt, pt_entry(pt, 0x43000, 0)), pt_pte(0x98000, P_ALL | P_N));
}
