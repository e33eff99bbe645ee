/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Behaviour that coverage showed no other test to reach: the edges of the interface, PTEs
 * that change between their read and their update, and corners of iommu_allowed().
 */
#include "allowed_set.h"
#include "tweaks.h"

#include <string.h>

#define VA 0x40005000u
#define PAGE_A 0x90000000u
#define PAGE_B 0x91000000u
#define GPA_A 0x50000000u

/* --- making instances ---------------------------------------------------------------------- */

static void check_config(struct place place, const struct iommu_config *config, const char *word)
{
    char error[200] = "";
    bool legal = iommu_config_check(config, error, sizeof error);
    test_check_eq(place, legal, word == NULL, "the configuration is legal");
    test_check(place, word == NULL || strstr(error, word) != NULL, error);
}

/* With none but 32-bit schemes, fctl.GXL is 1, or may be set to it. */
TEST(config_with_only_32_bit_schemes_is_legal_with_gxl)
{
    static const uint64_t only[] = {CAP(SV32), CAP(SV32X4), CAP(SV32) | CAP(SV32X4)};
    uint64_t all = CAP(SV32) | CAP(SV39) | CAP(SV48) | CAP(SV57) | CAP(SV32X4) | CAP(SV39X4) |
                   CAP(SV48X4) | CAP(SV57X4) | CAP(T2GPA);
    for (unsigned i = 0; i < sizeof only / sizeof only[0]; i++) {
        struct iommu_config config;
        test_note("case %u", i);
        REQUIRE(iommu_config_named("max", &config));
        config.capabilities = (config.capabilities & ~all) | only[i];
        gxl_writable_0(&config);
        check_config(HERE, &config, NULL);
        gxl_fixed_1(&config);
        check_config(HERE, &config, NULL);
    }
    test_note("%s", "");
}

TEST(config_pas_is_32_to_56)
{
    for (unsigned bits = 0; bits < 64; bits++) {
        struct iommu_config config;
        test_note("%u bits", bits);
        REQUIRE(iommu_config_named("max", &config));
        set_pas(&config, bits);
        check_config(HERE, &config, bits >= 32 && bits <= 56 ? NULL : "PAS");
    }
    test_note("%s", "");
}

/* error may be NULL, and is not written beyond its size. */
TEST(api_refusals_work_without_room_for_a_sentence)
{
    struct iommu_config config;
    struct iommu_bus bus = {.flat_size = 4096};
    char error[4] = {'x', 'x', 'x', 'x'};
    REQUIRE(iommu_config_named("max", &config));
    CHECK(iommu_create(&config, &bus, NULL, 0) == NULL);
    CHECK(iommu_create(&config, &bus, error, 0) == NULL);
    CHECK_EQ(error[0], 'x');
    CHECK(iommu_create(&config, &bus, error, 3) == NULL);
    CHECK_EQ(strlen(error), 2);
    CHECK_EQ(error[3], 'x');
    bus.flat_size = 0;
    config.ddt_levels = 0;
    memset(error, 'x', sizeof error);
    CHECK(!iommu_config_check(&config, NULL, sizeof error));
    CHECK(!iommu_config_check(&config, error, 0));
    CHECK(iommu_create(&config, &bus, NULL, 0) == NULL);
    CHECK_EQ(error[0], 'x');
}

TEST(api_flat_memory_needs_memory_and_a_size)
{
    static _Alignas(8) uint8_t memory[64];
    struct iommu_config config;
    char error[200] = "";
    REQUIRE(iommu_config_named("max", &config));
    struct iommu_bus bus = {.flat_size = 64};
    CHECK(iommu_create(&config, &bus, error, sizeof error) == NULL);
    CHECK(strstr(error, "flat_memory") != NULL);
    bus = (struct iommu_bus){.flat_memory = memory};
    CHECK(iommu_create(&config, &bus, error, sizeof error) == NULL);
    CHECK(strstr(error, "flat_size") != NULL);
    bus = (struct iommu_bus){.flat_memory = memory, .flat_address = ~63ull, .flat_size = 64};
    struct iommu *iommu = iommu_create(&config, &bus, error, sizeof error);
    CHECK(iommu != NULL); /* up to the last byte of the address space */
    iommu_destroy(iommu);
}

/* --- the borders of flat memory ------------------------------------------------------------ */

/* An IOMMU in mode Bare with these bytes as flat memory. */
static struct iommu *bare_iommu(uint64_t address, uint8_t *memory, uint64_t size,
                                config_tweak *tweak)
{
    struct iommu_config config;
    struct iommu_bus bus = {.flat_memory = memory, .flat_address = address, .flat_size = size};
    REQUIRE(iommu_config_named("max", &config));
    if (tweak != NULL)
        tweak(&config);
    struct iommu *iommu = iommu_create(&config, &bus, NULL, 0);
    REQUIRE(iommu != NULL);
    iommu_mmio_write(iommu, IOMMU_REG_DDTP, 8, IOMMU_DDTP_MODE_BARE);
    return iommu;
}

TEST(access_across_the_end_of_flat_memory_is_an_access_fault)
{
    static _Alignas(8) uint8_t memory[64];
    struct iommu *iommu = bare_iommu(0x80000000, memory, sizeof memory, NULL);
    uint8_t data[16] = {0};
    struct iommu_request request = write_at(1, 0x80000000 + sizeof memory - 8);
    memset(memory, 0x5a, sizeof memory);
    CHECK_EQ(iommu_dma(iommu, &request, data, 16).cause, IOMMU_CAUSE_WRITE_ACCESS_FAULT);
    CHECK_EQ(memory[sizeof memory - 1], 0x5a);
    CHECK_EQ(iommu_dma(iommu, &request, data, 8).status, IOMMU_SUCCESS);
    CHECK_EQ(memory[sizeof memory - 1], 0);
    request = read_at(1, 0x80000000 - 8);
    CHECK_EQ(iommu_dma(iommu, &request, data, 16).cause, IOMMU_CAUSE_READ_ACCESS_FAULT);
    iommu_destroy(iommu);
}

/* capabilities.PAS bounds what the IOMMU reaches, whatever lies there. */
TEST(flat_memory_beyond_pas_is_not_reached)
{
    static _Alignas(8) uint8_t memory[64];
    uint8_t data[8] = {0};
    uint64_t end = 1ull << 36;
    struct iommu *iommu = bare_iommu(end, memory, sizeof memory, pas_36);
    struct iommu_request request = read_at(1, end);
    CHECK_EQ(iommu_dma(iommu, &request, data, 8).cause, IOMMU_CAUSE_READ_ACCESS_FAULT);
    iommu_destroy(iommu);
    iommu = bare_iommu(end - 32, memory, sizeof memory, pas_36);
    CHECK_EQ(iommu_dma(iommu, &request, data, 8).cause, IOMMU_CAUSE_READ_ACCESS_FAULT);
    request.iova = end - 8;
    CHECK_EQ(iommu_dma(iommu, &request, data, 8).status, IOMMU_SUCCESS);
    request.iova = end - 4;
    CHECK_EQ(iommu_dma(iommu, &request, data, 8).cause, IOMMU_CAUSE_READ_ACCESS_FAULT);
    iommu_destroy(iommu);
}

/* --- PTEs that change between read and update ---------------------------------------------- */

/*
 * A page that is both: the last level of the first stage, and the last level of the second
 * stage over the tables' own region. The PTE for VA then is also the second-stage leaf for
 * the page that it lies in, so that the implicit write to it changes it.
 */
struct double_use {
    struct scene s;
    uint64_t va, page, pte;
};

static void make_double_use(struct double_use *d, struct bench *b)
{
    struct scene *s = &d->s;
    scene_second(s, b);
    struct page_table first = pt_create(b, PT_SV39);
    uint64_t region = bench_alloc(b, 0x200000, 0x200000); /* one page of leaves maps it */
    d->page = region + 0x3000;
    d->va = 0x40000000 | (d->page & 0x1ff000);
    d->pte = d->page + (d->page >> 12 & 0x1ff) * 8;
    pt_write(&s->second, pt_entry(&s->second, region, 1), pt_pte(d->page, P_V));
    for (uint64_t page = region; page < region + 0x200000; page += 0x1000) {
        uint64_t flags = page == d->page ? P_ALL & ~P_D : P_ALL;
        bench_put64(b, d->page + (page >> 12 & 0x1ff) * 8, pt_pte(page, flags));
    }
    /* The upper levels of the first stage, in the same region: guest addresses are equal. */
    first.root = region + 0x1000;
    bench_put64(b, first.root + (d->va >> 30 & 0x1ff) * 8, pt_pte(region + 0x2000, P_V));
    bench_put64(b, region + 0x2000 + (d->va >> 21 & 0x1ff) * 8, pt_pte(d->page, P_V));
    s->dc.fsc = pt_iosatp(&first);
    s->dc.tc |= IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK;
    scene_update(s);
}

/* Virtual Address Translation Process, step 9: a PTE that is no longer the one that was read
 * is read again. */
TEST_BOTH(pte_that_changes_before_its_update_is_read_again)
{
    struct bench *b = bench_ready("max", NULL);
    struct double_use d;
    make_double_use(&d, b);
    EXPECT_OK(b, write_at(d.s.device, d.va + 8), d.page + 8);
    CHECK_EQ(bench_get64(b, d.pte), pt_pte(d.page, P_ALL));
    CHECK_NO_RECORD(b);
}

/* Callbacks without atomics, and a read of the PTE that fails after so many others. */
struct failing {
    struct bench *b;
    uint64_t address;
    unsigned good_reads;
};

static enum iommu_mem_status failing_read(void *context, const struct iommu_access *access,
                                          void *data)
{
    struct failing *failing = context;
    if (access->address == failing->address && failing->good_reads-- == 0)
        return IOMMU_MEM_ACCESS_FAULT;
    memcpy(data, bench_host(failing->b, access->address, access->size), access->size);
    return IOMMU_MEM_OK;
}

static enum iommu_mem_status plain_write(void *context, const struct iommu_access *access,
                                         const void *data)
{
    struct failing *failing = context;
    memcpy(bench_host(failing->b, access->address, access->size), data, access->size);
    return IOMMU_MEM_OK;
}

static struct iommu *without_amo(struct bench *b, struct failing *failing)
{
    struct iommu_bus bus = {.context = failing, .read = failing_read, .write = plain_write};
    struct iommu *iommu = iommu_create(&b->config, &bus, NULL, 0);
    REQUIRE(iommu != NULL);
    iommu_mmio_write(iommu, IOMMU_REG_DDTP, 8, REG(b, DDTP));
    return iommu;
}

TEST(pte_that_changes_is_read_again_without_the_amo_callback)
{
    struct bench *b = bench_ready("max", NULL);
    struct double_use d;
    make_double_use(&d, b);
    struct failing failing = {.b = b};
    struct iommu *iommu = without_amo(b, &failing);
    struct iommu_request request = write_at(d.s.device, d.va + 8);
    struct iommu_response response = iommu_translate(iommu, &request);
    CHECK_EQ(response.status, IOMMU_SUCCESS);
    CHECK_EQ(response.address, d.page + 8);
    CHECK_EQ(bench_get64(b, d.pte), pt_pte(d.page, P_ALL));
    iommu_destroy(iommu);
}

TEST(update_that_cannot_read_the_pte_again_is_an_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(&s);
    uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL & ~P_D);
    struct failing failing = {.b = b, .address = pte, .good_reads = 1};
    struct iommu *iommu = without_amo(b, &failing);
    struct iommu_request request = write_at(s.device, VA);
    CHECK_EQ(iommu_translate(iommu, &request).cause, IOMMU_CAUSE_WRITE_ACCESS_FAULT);
    CHECK_EQ(pt_read(&s.first, pte), pt_pte(PAGE_A, P_ALL & ~P_D));
    iommu_destroy(iommu);
}

/* --- what is not there --------------------------------------------------------------------- */

TEST(fence_completes_without_a_drain_callback)
{
    struct bench *b = bench_ready("max", NULL);
    struct failing failing = {.b = b};
    struct iommu *iommu = without_amo(b, &failing);
    struct command fence = cmd_iofence(IOMMU_CMD_IOFENCE_PR_MASK | IOMMU_CMD_IOFENCE_PW_MASK, 0, 0);
    uint64_t page = bench_page(b), head = 0;
    bench_put64(b, page, fence.dw[0]);
    bench_put64(b, page + 8, fence.dw[1]);
    iommu_mmio_write(iommu, IOMMU_REG_CQB, 8, IOMMU_PREP(IOMMU_CQB_PPN, page >> 12));
    iommu_mmio_write(iommu, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK);
    iommu_mmio_write(iommu, IOMMU_REG_CQT, 4, 1);
    iommu_mmio_read(iommu, IOMMU_REG_CQH, 4, &head);
    CHECK_EQ(head, 1);
    iommu_destroy(iommu);
}

/* --- caches -------------------------------------------------------------------------------- */

#define CHANGES_MANY 0x10000u

/* However often the rest changes: what an invalidation took away does not come back. */
TEST_BOTH(stale_results_do_not_come_back_after_many_register_writes)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    for (unsigned i = 0; i < 64; i++)
        pt_map(&s.first, VA + i * 0x1000, PAGE_A + i * 0x1000, 0, P_ALL);
    for (unsigned i = 0; i < 64; i++)
        EXPECT_OK(b, read_at(s.device, VA + i * 0x1000), PAGE_A + i * 0x1000);
    for (unsigned i = 0; i < 64; i++)
        pt_map(&s.first, VA + i * 0x1000, PAGE_B + i * 0x1000, 0, P_ALL);
    bench_command(b, cmd_iotinval_vma(0, 0));
    for (unsigned i = 0; i < CHANGES_MANY + 32; i++) {
        REG_SET(b, IOMMU_QOSID, 0);
        if (i + 32 >= CHANGES_MANY) /* one page for each number of changes around it */
            EXPECT_OK(b, read_at(s.device, VA + (i + 32 - CHANGES_MANY) * 0x1000),
                      PAGE_B + (i + 32 - CHANGES_MANY) * 0x1000);
    }
}

/* --- iommu_allowed() ----------------------------------------------------------------------- */

/* The table that a context used with the same identifiers is gone with an invalidation, but
 * not for a request from before it. */
TEST_BOTH(allowed_old_root_for_a_request_that_was_on_its_way)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    EXPECT_OK(b, read_at(s.device, VA), PAGE_A);
    struct page_table other = pt_create(b, PT_SV39);
    pt_map(&other, VA, PAGE_B, 0, P_ALL);
    noted_put64(b, bench_ddt_entry(b, s.device, 0) + IOMMU_DC_FSC_OFFSET, pt_iosatp(&other));
    bench_command(b, cmd_iodir_ddt(s.device));
    uint64_t before = iommu_time(b->iommu);
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_B);
    check_set(HERE, allowed_since(b, read_at(s.device, VA), before), SET(PAGE_B, PAGE_A));
}

/* Modes Off and Bare may keep what is cached; IODIR.INVAL_DDT without a device ends it. */
TEST_BOTH(allowed_old_directory_root_until_all_contexts_are_invalidated)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_bare(&s, b);
    EXPECT_OK(b, read_at(s.device, VA), VA);
    uint64_t empty = bench_page(b);
    REG_SET(b, DDTP, IOMMU_DDTP_MODE_OFF);
    REG_SET(b, DDTP, IOMMU_DDTP_MODE_3LVL | IOMMU_PREP(IOMMU_DDTP_PPN, empty >> 12));
    struct iommu_request request = read_at(s.device, VA);
    uint64_t invalid = FAULT(IOMMU_CAUSE_DDT_NOT_VALID);
    CHECK_ALLOWED(b, request, invalid, VA);
    bench_command(b, cmd_iotinval_vma(0, 0));
    CHECK_ALLOWED(b, request, invalid, VA);
    bench_command(b, cmd_iodir_ddt(s.device + 1));
    CHECK_ALLOWED(b, request, invalid, VA);
    bench_command(b, cmd_iodir_all());
    CHECK_ALLOWED(b, request, invalid);
}

/* A walk that reads one PTE more than once sees the bits that it has set there. */
TEST_BOTH(allowed_walk_sees_its_own_updates)
{
    struct bench *b = bench_ready("max", with_history);
    static struct iommu_outcome outcome[8];
    struct scene s;
    scene_nested(&s, b);
    s.dc.tc |= IOMMU_DC_TC_GADE_MASK;
    scene_update(&s);
    pt_map(&s.first, VA, GPA_A, 0, P_ALL);
    pt_map(&s.first, VA + 0x1000, GPA_A + 0x1000, 0, P_ALL);
    uint64_t region = GPA_A & ~0x1fffffull;
    uint64_t leaf = pt_map(&s.second, region, PAGE_A, 1, P_ALL & ~(P_A | P_D));
    /* The first stage's last level lies in that superpage, too. */
    uint64_t upper = pt_entry(&s.first, VA, 1);
    uint64_t copy = bench_alloc(b, 0x200000, 0x200000);
    memcpy(bench_host(b, copy, 0x1000),
           bench_host(b, pt_entry(&s.first, VA, 0) & ~0xfffull, 0x1000), 0x1000);
    pt_write(&s.second, leaf, pt_pte(copy, P_ALL & ~(P_A | P_D)));
    pt_write(&s.first, upper, pt_pte(region, P_V));
    bench_invalidate_all(b);
    struct iommu_request request = read_at(s.device, VA);
    CHECK_EQ(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 8), 1);
    CHECK_EQ(outcome[0].response.address, copy + (GPA_A - region));
    REQUIRE(outcome[0].updates == 1);
    CHECK_EQ(outcome[0].update[0].address, leaf);
    CHECK_EQ(outcome[0].update[0].value, pt_pte(copy, P_ALL & ~P_D));
    EXPECT_OK(b, request, copy + (GPA_A - region));
    CHECK_EQ(pt_read(&s.second, leaf), pt_pte(copy, P_ALL & ~P_D));
}

/* Two ways to one page that set A in different places are two results. */
TEST_BOTH(allowed_results_differ_by_where_they_set_bits)
{
    struct bench *b = bench_ready("max", with_history);
    static struct iommu_outcome outcome[8];
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(&s);
    uint64_t old_pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL & ~(P_A | P_D));
    uint64_t pointer = pt_entry(&s.first, VA, 1), page = bench_page(b);
    uint64_t new_pte = page + (VA >> 12 & 0x1ff) * 8;
    pt_write(&s.first, new_pte, pt_pte(PAGE_A, P_ALL & ~(P_A | P_D)));
    noted_pte(&s.first, pointer, pt_pte(page, P_V));
    struct iommu_request request = read_at(s.device, VA);
    size_t count = iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 8);
    REQUIRE(count == 2);
    CHECK_EQ(outcome[0].response.address, PAGE_A);
    CHECK_EQ(outcome[1].response.address, PAGE_A);
    REQUIRE(outcome[0].updates == 1 && outcome[1].updates == 1);
    CHECK_EQ(outcome[0].update[0].address, new_pte);
    CHECK_EQ(outcome[1].update[0].address, old_pte);
}

/* NAPOT: only the neighbours that can be read may stand for a PTE. */
TEST(allowed_with_a_neighbour_that_cannot_be_read)
{
    struct bench *b = bench_ready("max", with_history);
    struct scene s;
    scene_first(&s, b);
    uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    bench_inject(b, pte + 8, 8, IOMMU_MEM_ACCESS_FAULT);
    CHECK_ALLOWED(b, read_at(s.device, VA), PAGE_A);
}

/* All results are in the set, or the count says that some did not fit. */
TEST_BOTH(allowed_with_very_many_old_values_is_not_silently_incomplete)
{
    struct bench *b = bench_ready("max", with_history);
    static struct iommu_outcome outcome[128];
    struct scene s;
    scene_first(&s, b);
    uint64_t pte = pt_map(&s.first, VA, PAGE_A, 0, P_ALL);
    for (unsigned i = 1; i < 100; i++)
        noted_pte(&s.first, pte, pt_pte(PAGE_A + i * 0x1000, P_ALL));
    struct iommu_request request = read_at(s.device, VA);
    CHECK(iommu_allowed(b->iommu, &request, iommu_time(b->iommu), outcome, 128) >= 100);
}
