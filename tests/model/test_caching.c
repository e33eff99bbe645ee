/* SPDX-License-Identifier: Apache-2.0 */
/* "Caching in-memory data structures" and "Updating in-memory data structure entries". */
#include "scenes.h"

#define OLD_PAGE 0x90000000u
#define NEW_PAGE 0x91000000u

/* --- R297: entries with V=0 are never cached, so that making them valid needs nothing --- */

TEST_BOTH(invalid_device_directory_entries_are_not_cached)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    uint64_t root = bench_ddt_entry(b, SCENE_DEVICE, 2);
    uint64_t middle = bench_ddt_entry(b, SCENE_DEVICE, 1);
    uint64_t leaf = bench_ddt_entry(b, SCENE_DEVICE, 0);
    uint64_t root_value = bench_get64(b, root), middle_value = bench_get64(b, middle);
    struct iommu_request request = read_at(SCENE_DEVICE, 0x1000);
    bench_put64(b, root, 0);
    bench_put64(b, middle, 0);
    EXPECT_FAULT(b, request, IOMMU_CAUSE_DDT_NOT_VALID);
    bench_put64(b, root, root_value);
    EXPECT_FAULT(b, request, IOMMU_CAUSE_DDT_NOT_VALID);
    bench_put64(b, middle, middle_value);
    EXPECT_FAULT(b, request, IOMMU_CAUSE_DDT_NOT_VALID);
    bench_put64(b, leaf, dc.tc);
    EXPECT_OK(b, request, 0x1000);
}

TEST_BOTH(invalid_process_directory_entries_are_not_cached)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, 0x1000), SCENE_PID);
    uint64_t entry[3], value[3];
    for (unsigned level = 0; level < 3; level++) {
        entry[level] = pdt_entry(&s.pdt, SCENE_PID, level);
        value[level] = bench_get64(b, entry[level]);
    }
    for (unsigned level = 0; level < 3; level++)
        bench_put64(b, entry[level], 0);
    for (unsigned level = 3; level-- > 0;) {
        EXPECT_FAULT(b, request, IOMMU_CAUSE_PDT_NOT_VALID);
        bench_put64(b, entry[level], value[level]);
    }
    EXPECT_OK(b, request, OLD_PAGE);
}

/* Make the entries of all levels invalid, and valid again from the root down. */
static void check_page_table(struct place place, struct page_table *pt, uint64_t address,
                             struct iommu_request request, struct expected_fault fault)
{
    struct bench *b = pt->bench;
    uint64_t entry[3], value[3];
    for (unsigned level = 0; level < 3; level++) {
        entry[level] = pt_entry(pt, address, level);
        value[level] = pt_read(pt, entry[level]);
    }
    for (unsigned level = 0; level < 3; level++)
        pt_write(pt, entry[level], 0);
    for (unsigned level = 3; level-- > 0;) {
        bench_expect_fault(place, b, request, fault);
        pt_write(pt, entry[level], value[level]);
    }
    bench_expect_ok(place, b, request, OLD_PAGE);
}

TEST_BOTH(invalid_page_table_entries_are_not_cached)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL);
    check_page_table(HERE, &s.first, 0x1000, read_at(s.device, 0x1000),
                     (struct expected_fault){.cause = IOMMU_CAUSE_READ_PAGE_FAULT});
    b = bench_ready("max", NULL);
    scene_second(&s, b);
    pt_map(&s.second, 0x1000, OLD_PAGE, 0, P_ALL);
    check_page_table(
        HERE, &s.second, 0x1000, read_at(s.device, 0x1000),
        (struct expected_fault){.cause = IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, .iotval2 = 0x1000});
}

TEST_BOTH(invalid_entries_of_nested_tables_are_not_cached)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    pt_map(&s.second, 0x40000000, OLD_PAGE, 0, P_ALL);
    check_page_table(HERE, &s.first, 0x1000, read_at(s.device, 0x1000),
                     (struct expected_fault){.cause = IOMMU_CAUSE_READ_PAGE_FAULT});
}

TEST_BOTH(invalid_msi_ptes_are_not_cached)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    struct iommu_request request = write_at(s.device, scene_msi_address(2, 0));
    EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_NOT_VALID);
    scene_map_msi(&s, 2);
    EXPECT_OK(b, request, SCENE_IMSIC + 0x2000);
}

/* --- R298: entries carry the IDs that tell address spaces apart --------------------------- */

/* The same IOVA for devices with other tables: no answer may leak from one to another. */
TEST_BOTH(translations_of_different_address_spaces_do_not_mix)
{
    struct bench *b = bench_ready("max", NULL);
    struct page_table first[4], second[2];
    struct dc dc[4];
    for (unsigned i = 0; i < 2; i++) {
        second[i] = pt_create(b, PT_SV39X4);
        for (uint64_t page = 0; page < 2; page++)
            pt_map(&second[i], 0x40000000 + (page << 12), 0x90000000 + (i << 20) + (page << 16), 0,
                   P_ALL);
    }
    /* Host and both guests, PSCIDs 1 and 2: devices 0 and 1 host, 2 guest 0, 3 guest 1. */
    for (unsigned i = 0; i < 4; i++) {
        struct guest guest = {.second = i >= 2 ? &second[i - 2] : NULL,
                              .offset = i >= 2 ? SCENE_GUEST_OFFSET : 0};
        first[i] = pt_create_guest(b, PT_SV39, guest);
        dc[i] = bench_dc(b);
        dc[i].fsc = pt_iosatp(&first[i]);
        dc[i].ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, i == 1 ? 2 : 1);
        if (i >= 2)
            dc[i].iohgatp = pt_iohgatp(&second[i - 2], (uint16_t)(i - 2));
        pt_map(&first[i], 0x1000, i >= 2 ? 0x40000000 : 0xa0000000 + (i << 16), 0, P_ALL | P_G);
        bench_write_dc(b, i, &dc[i]);
    }
    static const uint64_t expected[4] = {0xa0000000, 0xa0010000, 0x90000000, 0x90100000};
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 4; i++) {
            /* A global page of PSCID 1 may serve PSCID 2 in the same host space. */
            if (i == 1)
                continue;
            test_note("device %u", i);
            EXPECT_OK(b, read_at(i, 0x1000), expected[i]);
        }
    }
    test_note("%s", "");
}

/* Without G, PSCIDs of one space are apart; and so are the processes of a device. */
TEST_BOTH(translations_of_different_processes_do_not_mix)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct page_table other;
    scene_process(&s, b);
    other = pt_create(b, PT_SV39);
    struct pc pc = {.ta = s.pc.ta ^ IOMMU_PREP(IOMMU_PC_TA_PSCID, 1), .fsc = pt_iosatp(&other)};
    pdt_write_pc(&s.pdt, SCENE_PID + 0x20000, &pc);
    pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL);
    pt_map(&other, 0x1000, NEW_PAGE, 0, P_ALL);
    for (unsigned round = 0; round < 2; round++) {
        EXPECT_OK(b, with_pid(read_at(s.device, 0x1000), SCENE_PID), OLD_PAGE);
        EXPECT_OK(b, with_pid(read_at(s.device, 0x1000), SCENE_PID + 0x20000), NEW_PAGE);
        EXPECT_OK(b, read_at(s.device, 0x1000), 0x1000);
    }
}

/* The same process_id of two devices is two processes. */
TEST_BOTH(process_contexts_belong_to_their_device)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    struct pdt pdt = pdt_create(b, IOMMU_PDTP_MODE_PD8);
    struct dc dc = s.dc;
    struct pc pc = pc_bare();
    dc.fsc = pdt_pdtp(&pdt);
    bench_write_dc(b, s.device + 1, &dc);
    pdt_write_pc(&pdt, SCENE_PID, &pc);
    pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL);
    for (unsigned round = 0; round < 2; round++) {
        EXPECT_OK(b, with_pid(read_at(s.device, 0x1000), SCENE_PID), OLD_PAGE);
        EXPECT_OK(b, with_pid(read_at(s.device + 1, 0x1000), SCENE_PID), 0x1000);
    }
}

/* Permissions and privilege of a cached translation are those of each request. */
TEST_BOTH(cached_translations_still_check_permissions)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    s.pc.ta &= ~(uint64_t)IOMMU_PC_TA_SUM_MASK;
    scene_update_process(&s);
    pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL & ~(P_W | P_X));
    pt_map(&s.first, 0x2000, OLD_PAGE, 0, P_ALL & ~P_U);
    for (unsigned round = 0; round < 2; round++) {
        EXPECT_OK(b, with_pid(read_at(s.device, 0x1000), SCENE_PID), OLD_PAGE);
        EXPECT_FAULT(b, with_pid(write_at(s.device, 0x1000), SCENE_PID),
                     IOMMU_CAUSE_WRITE_PAGE_FAULT);
        EXPECT_FAULT(b, with_pid(exec_at(s.device, 0x1000), SCENE_PID),
                     IOMMU_CAUSE_INSTR_PAGE_FAULT);
        EXPECT_FAULT(b, with_priv(read_at(s.device, 0x1000), SCENE_PID),
                     IOMMU_CAUSE_READ_PAGE_FAULT);
        EXPECT_OK(b, with_priv(write_at(s.device, 0x2000), SCENE_PID), OLD_PAGE);
        EXPECT_FAULT(b, with_pid(read_at(s.device, 0x2000), SCENE_PID),
                     IOMMU_CAUSE_READ_PAGE_FAULT);
    }
}

/* A read made the entry; a write must still find D clear, and set it. */
TEST_BOTH(cached_translations_still_set_dirty)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    s.dc.tc |= IOMMU_DC_TC_SADE_MASK;
    scene_update(&s);
    uint64_t entry = pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL & ~(P_A | P_D));
    EXPECT_OK(b, read_at(s.device, 0x1000), OLD_PAGE);
    CHECK_EQ(pt_read(&s.first, entry), pt_pte(OLD_PAGE, P_ALL & ~P_D));
    EXPECT_OK(b, write_at(s.device, 0x1000), OLD_PAGE);
    CHECK_EQ(pt_read(&s.first, entry), pt_pte(OLD_PAGE, P_ALL));
}

/* The caches do hold something: otherwise the tests of invalidation would show little. */
TEST(caches_answer_a_second_request)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_guest_process(&s, b);
    REQUIRE(b->config.iotlb_entries != 0 && b->config.ddt_cache_entries != 0);
    pt_map(&s.second, 0x40000000, OLD_PAGE, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, 0x1000), SCENE_PID);
    EXPECT_OK(b, request, OLD_PAGE);
    bench_clear_log(b);
    EXPECT_OK(b, request, OLD_PAGE);
    CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), 0);
    bench_invalidate_all(b);
    bench_clear_log(b);
    EXPECT_OK(b, request, OLD_PAGE);
    CHECK(bench_accesses(b, IOMMU_STRUCTURES) > 0);
}

/* R43: a reset empties them; so the next request reads memory. */
TEST(caches_are_empty_after_reset)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL);
    EXPECT_OK(b, read_at(s.device, 0x1000), OLD_PAGE);
    pt_map(&s.first, 0x1000, NEW_PAGE, 0, P_ALL);
    iommu_reset(b->iommu);
    bench_set_mode(b, IOMMU_DDTP_MODE_3LVL);
    struct iommu_response r = bench_translate(b, read_at(s.device, 0x1000));
    CHECK_EQ(r.address, NEW_PAGE);
}

/* More pages than entries: each one still has its own translation. */
static void tiny_caches(struct iommu_config *config)
{
    config->ddt_cache_entries = 4;
    config->pdt_cache_entries = 4;
    config->iotlb_entries = 4;
}

TEST_BOTH(caches_that_overflow_answer_right)
{
    struct bench *b = bench_ready("max", tiny_caches);
    struct scene s;
    scene_first(&s, b);
    for (uint32_t device = 0; device < 40; device++) {
        struct dc dc = s.dc;
        dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, device & 3);
        dc.fsc = s.dc.fsc;
        bench_write_dc(b, device, &dc);
    }
    for (uint64_t page = 0; page < 64; page++)
        pt_map(&s.first, page << 12, OLD_PAGE + (page << 14), 0, P_ALL);
    for (unsigned round = 0; round < 2; round++) {
        for (uint64_t page = 0; page < 64; page++)
            EXPECT_OK(b, read_at((uint32_t)(page * 7 % 40), page << 12 | 8),
                      OLD_PAGE + (page << 14) + 8);
    }
}

/* --- R300: entries are read in one access --------------------------------------------------- */

TEST(table_entries_are_read_in_one_access)
{
    static const struct {
        enum iommu_structure structure;
        uint32_t size;
    } entries[] = {{IOMMU_PDT, 8}, {IOMMU_FIRST_STAGE, 8}, {IOMMU_SECOND_STAGE, 8}};
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    const struct event *event;
    scene_guest_process(&s, b);
    pt_map(&s.second, 0x40000000, OLD_PAGE, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    bench_clear_log(b);
    bench_translate(b, with_pid(read_at(s.device, 0x1000), SCENE_PID));
    for (unsigned i = 0; i < 3; i++) {
        for (size_t k = 0; (event = bench_access(b, entries[i].structure, k)) != NULL; k++) {
            CHECK(event->access.size == entries[i].size ||
                  (entries[i].structure == IOMMU_PDT && event->access.size == IOMMU_PC_BYTES));
            CHECK_EQ(event->access.address % event->access.size, 0);
        }
    }
    CHECK_EQ(bench_access(b, IOMMU_DDT, 0)->access.size, 8);
    CHECK_EQ(bench_access(b, IOMMU_DDT, 2)->access.size, bench_dc_size(b));
}

/* --- R303: identity translations ------------------------------------------------------------- */

/* With both stages Bare nothing comes from a page table; what DC says counts at once
 * after IODIR, without an IOTINVAL. */
TEST_BOTH(bare_translations_need_no_invalidation)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    EXPECT_OK(b, read_at(s.device, 0x1000), 0x1000);
    struct page_table first = pt_create(b, PT_SV39);
    pt_map(&first, 0x1000, OLD_PAGE, 0, P_ALL);
    s.dc.fsc = pt_iosatp(&first);
    bench_write_dc(b, s.device, &s.dc);
    bench_command(b, cmd_iodir_ddt(s.device));
    EXPECT_OK(b, read_at(s.device, 0x1000), OLD_PAGE);
}

/* The mode Bare keeps what is cached, but does not use it. */
TEST_BOTH(mode_bare_does_not_use_cached_translations)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, OLD_PAGE, 0, P_ALL);
    EXPECT_OK(b, read_at(s.device, 0x1000), OLD_PAGE);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    EXPECT_OK(b, read_at(s.device, 0x1000), 0x1000);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    EXPECT_FAULT(b, read_at(s.device, 0x1000), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
}
