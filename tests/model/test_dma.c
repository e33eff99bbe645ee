/* SPDX-License-Identifier: Apache-2.0 */
/* iommu_dma(): a device's access with its data, page by page. */
#include "scenes.h"

#include <string.h>

#define BYTES 0x3000u

/* Three consecutive pages of the device lie in reverse order in memory. */
static uint64_t map_reversed(struct scene *s)
{
    uint64_t memory = bench_alloc(s->b, BYTES, 4096);
    for (uint64_t i = 0; i < 3; i++)
        pt_map(&s->second, 0x10000 + (i << 12), memory + ((2 - i) << 12), 0, P_ALL);
    return memory;
}

static void fill(uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
}

static struct iommu_response dma(struct scene *s, struct iommu_request request, void *data,
                                 uint32_t length)
{
    return iommu_dma(s->b->iommu, &request, data, length);
}

TEST_BOTH(dma_moves_data_page_by_page)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    static uint8_t out[BYTES], in[BYTES];
    scene_second(&s, b);
    uint64_t memory = map_reversed(&s);
    fill(out, sizeof out);
    CHECK_EQ(dma(&s, write_at(s.device, 0x10000), out, BYTES).status, IOMMU_SUCCESS);
    for (unsigned i = 0; i < 3; i++)
        CHECK(memcmp(bench_host(b, memory + ((2u - i) << 12), 4096), out + (i << 12), 4096) == 0);
    memset(in, 0, sizeof in);
    CHECK_EQ(dma(&s, read_at(s.device, 0x10000), in, BYTES).status, IOMMU_SUCCESS);
    CHECK(memcmp(in, out, BYTES) == 0);
    CHECK_NO_RECORD(b);
}

/* Any offset and length; the bytes around are not touched. */
TEST_BOTH(dma_of_odd_offsets_and_lengths)
{
    static const struct {
        uint32_t offset, length;
    } parts[] = {{0, 1}, {3, 5}, {0xfff, 2}, {0xffd, 0x1007}, {0x1001, 0x1ffe}};
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    static uint8_t out[BYTES], in[BYTES];
    scene_second(&s, b);
    uint64_t memory = map_reversed(&s);
    fill(out, sizeof out);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint32_t offset = parts[i].offset, length = parts[i].length;
        memset(bench_host(b, memory, BYTES), 0xee, BYTES);
        test_note("offset 0x%x length 0x%x", offset, length);
        CHECK_EQ(dma(&s, write_at(s.device, 0x10000 + offset), out, length).status, IOMMU_SUCCESS);
        CHECK_EQ(dma(&s, read_at(s.device, 0x10000), in, BYTES).status, IOMMU_SUCCESS);
        for (uint32_t k = 0; k < BYTES; k++) {
            bool inside = k >= offset && k < offset + length;
            if (in[k] != (inside ? out[k - offset] : 0xee))
                test_fatal(HERE, "byte 0x%x is wrong", k);
        }
    }
    test_note("%s", "");
}

TEST_BOTH(dma_stops_at_the_first_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    static uint8_t out[BYTES];
    struct fault_record record;
    scene_second(&s, b);
    uint64_t memory = bench_alloc(b, BYTES, 4096);
    pt_map(&s.second, 0x10000, memory, 0, P_ALL);
    pt_map(&s.second, 0x12000, memory + 0x2000, 0, P_ALL);
    fill(out, sizeof out);
    struct iommu_response r = dma(&s, write_at(s.device, 0x10800), out, 0x2000);
    CHECK_EQ(r.status, IOMMU_ABORT);
    CHECK_EQ(r.cause, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT);
    CHECK_EQ(r.iotval2 & ~0xfffull, 0x11000);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.iotval & ~0xfffull, 0x11000);
    CHECK_NO_RECORD(b);
    for (unsigned i = 0; i < 0x1000; i++)
        CHECK_EQ(*bench_host(b, memory + 0x2000 + i, 1), 0);
}

/* Nothing of a read goes to memory, and nothing of a write comes back. */
TEST(dma_accesses_are_those_of_its_kind)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    uint8_t bytes[16] = {0};
    scene_second(&s, b);
    uint64_t memory = map_reversed(&s);
    bench_clear_log(b);
    dma(&s, read_at(s.device, 0x10010), bytes, 16);
    CHECK_EQ(bench_accesses(b, IOMMU_DATA), 1);
    CHECK_EQ(bench_access(b, IOMMU_DATA, 0)->kind, EVENT_READ);
    CHECK_EQ(bench_access(b, IOMMU_DATA, 0)->access.address, memory + 0x2010);
    CHECK_EQ(bench_access(b, IOMMU_DATA, 0)->access.size, 16);
    bench_clear_log(b);
    dma(&s, write_at(s.device, 0x10010), bytes, 16);
    CHECK_EQ(bench_accesses(b, IOMMU_DATA), 1);
    CHECK_EQ(bench_access(b, IOMMU_DATA, 0)->kind, EVENT_WRITE);
}

/* The device's own access is refused by memory: aborted. That is not a fault of the
 * translation, and the fault queue keeps still. */
TEST(dma_to_memory_that_does_not_answer)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    uint8_t bytes[8] = {0};
    scene_second(&s, b);
    pt_map(&s.second, 0x10000, 0x123456789000, 0, P_ALL);
    struct iommu_response r = dma(&s, write_at(s.device, 0x10000), bytes, 8);
    CHECK_EQ(r.status, IOMMU_ABORT);
    CHECK_EQ(r.cause, IOMMU_CAUSE_WRITE_ACCESS_FAULT);
    CHECK_EQ(r.rule, IOMMU_RULE_DATA_ACCESS);
    r = dma(&s, read_at(s.device, 0x10000), bytes, 8);
    CHECK_EQ(r.status, IOMMU_ABORT);
    CHECK_EQ(r.cause, IOMMU_CAUSE_READ_ACCESS_FAULT);
}

/* An MSI in basic translate mode is an ordinary write to the real interrupt file. */
TEST(dma_of_an_msi_reaches_the_interrupt_file)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    scene_map_msi(&s, 7);
    bench_add_window(b, SCENE_IMSIC + 0x7000, 4096);
    CHECK_EQ(scene_write32(&s, scene_msi_address(7, 0), 0x2a).status, IOMMU_SUCCESS);
    const struct event *write = write_event_at(b, SCENE_IMSIC + 0x7000);
    REQUIRE(write != NULL);
    CHECK_EQ(write->access.size, 4);
    CHECK_EQ(bench_get(b, SCENE_IMSIC + 0x7000, 4, false), 0x2a);
}

/* request->length does not count here. */
TEST_BOTH(dma_has_its_own_length)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    uint8_t bytes[4] = {1, 0, 0, 0};
    scene_second(&s, b);
    scene_add_msi(&s);
    uint64_t mrif = mrif_create(b);
    msi_pt_write(b, s.msi_table, 0, msi_pte_mrif(mrif, bench_page(b), 1));
    struct iommu_request request = write_at(s.device, SCENE_MSI);
    request.length = 64;
    CHECK_EQ(iommu_dma(b->iommu, &request, bytes, 4).status, IOMMU_SUCCESS);
    CHECK_EQ(bench_get(b, mrif, 8, false), 2);
}

/* Mode Bare: physical addresses, without tables. */
TEST_BOTH(dma_in_mode_bare)
{
    struct bench *b = bench_create("max", NULL);
    uint64_t memory = bench_page(b);
    uint8_t bytes[4] = {0xde, 0xad, 0xbe, 0xef}, back[4] = {0};
    struct iommu_request request = write_at(0x123456, memory + 8);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    CHECK_EQ(iommu_dma(b->iommu, &request, bytes, 4).status, IOMMU_SUCCESS);
    request.access = IOMMU_READ;
    CHECK_EQ(iommu_dma(b->iommu, &request, back, 4).status, IOMMU_SUCCESS);
    CHECK(memcmp(bytes, back, 4) == 0);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    CHECK_EQ(iommu_dma(b->iommu, &request, back, 4).status, IOMMU_ABORT);
}

/* "including accesses that straddle the page boundary": misaligned for the MRIF, whichever page
 * is one, and no byte beyond the caller's is touched. */
TEST_BOTH(dma_of_4_bytes_across_pages_into_an_mrif)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct fault_record record;
    scene_second(&s, b);
    scene_add_msi(&s);
    uint64_t mrif = mrif_create(b), memory = bench_page(b);
    pt_map(&s.second, SCENE_MSI - 0x1000, memory, 0, P_ALL);
    msi_pt_write(b, s.msi_table, 0, msi_pte_mrif(mrif, bench_page(b), 1));
    for (unsigned i = 0; i < 6; i++) {
        bool write = i >= 3;
        uint32_t before = 1 + i % 3; /* bytes in the ordinary page */
        /* What is in the MRIF's page, were it 4 bytes, would be identity 7. */
        uint8_t bytes[8] = {0};
        bytes[before] = 7;
        struct iommu_request request =
            write ? write_at(s.device, SCENE_MSI - before) : read_at(s.device, SCENE_MSI - before);
        test_note("%s, %u bytes before", write ? "write" : "read", before);
        memset(bytes + 4, 0, 4);
        if (!write)
            memset(bytes + 4, 0x55, 4);
        struct iommu_response r = dma(&s, request, bytes, 4);
        CHECK_EQ(r.status, IOMMU_ABORT);
        CHECK_EQ(r.rule, IOMMU_RULE_MRIF_ALIGN);
        REQUIRE(bench_pop_fault(b, &record));
        CHECK_EQ(record.cause,
                 write ? IOMMU_CAUSE_WRITE_ADDR_MISALIGNED : IOMMU_CAUSE_READ_ADDR_MISALIGNED);
        CHECK_EQ(record.iotval, SCENE_MSI);
        CHECK_NO_RECORD(b);
        for (unsigned k = 4; k < 8 && !write; k++)
            CHECK_EQ(bytes[k], 0x55);
        CHECK_EQ(bench_get(b, mrif, 8, false), 0);
    }
    test_note("%s", "");
    uint8_t bytes[8] = {0};
    CHECK_EQ(dma(&s, read_at(s.device, SCENE_MSI - 4), bytes, 8).rule, IOMMU_RULE_MRIF_SIZE);
}

/* What begins before the last address and goes on behind it does not come to address 0. */
TEST_BOTH(dma_does_not_wrap_around)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    uint8_t bytes[32];
    scene_first(&s, b);
    uint64_t last = bench_page(b), zero = bench_page(b);
    pt_map(&s.first, 0xfffffffffffff000, last, 0, P_ALL);
    pt_map(&s.first, 0, zero, 0, P_ALL);
    memset(bytes, 0xaa, sizeof bytes);
    struct iommu_request request = write_at(s.device, 0xfffffffffffffff0);
    CHECK_EQ(iommu_dma(b->iommu, &request, bytes, 17).status, IOMMU_BAD_REQUEST);
    CHECK_EQ(bench_get(b, last + 0xff0, 8, false), 0);
    CHECK_EQ(bench_get(b, zero, 8, false), 0);
    CHECK_EQ(iommu_dma(b->iommu, &request, bytes, 16).status, IOMMU_SUCCESS);
    CHECK_EQ(bench_get(b, last + 0xff8, 8, false), 0xaaaaaaaaaaaaaaaa);
    CHECK_NO_RECORD(b);
}
