/* SPDX-License-Identifier: Apache-2.0 */
/* "Endianness of in-memory data structures": fctl.BE and DC.tc.SBE, apart and together. */
#include "scenes.h"

#define PA 0x90000000u

struct endian_scene {
    struct scene s;
    bool sbe;
};

/* A process of a guest, with MSIs: all six structures. BE and SBE as asked for. */
static void scene_endian(struct endian_scene *e, bool be, bool sbe)
{
    struct bench *b = bench_create("max", NULL);
    struct scene *s = &e->s;
    if (be)
        bench_set_fctl(b, IOMMU_FCTL_BE_MASK);
    bench_start(b, 3);
    scene_second(s, b);
    struct guest guest = {.second = &s->second, .offset = SCENE_GUEST_OFFSET};
    s->first = pt_create_guest(b, PT_SV39, guest);
    s->pdt = pdt_create_guest(b, IOMMU_PDTP_MODE_PD20, guest);
    s->first.big_endian = sbe;
    s->pdt.big_endian = sbe;
    s->pc.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, SCENE_PSCID);
    s->pc.fsc = pt_iosatp(&s->first);
    pdt_write_pc(&s->pdt, SCENE_PID, &s->pc);
    s->dc.tc |= IOMMU_DC_TC_PDTV_MASK | IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK |
                IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    s->dc.tc &= ~(uint64_t)IOMMU_DC_TC_SBE_MASK;
    s->dc.tc |= sbe ? IOMMU_DC_TC_SBE_MASK : 0;
    s->dc.fsc = pdt_pdtp(&s->pdt);
    scene_add_msi(s);
    e->sbe = sbe;
}

/* Run a check in the four combinations. */
static void in_each_order(void (*check)(struct endian_scene *e, bool be))
{
    for (unsigned i = 0; i < 4; i++) {
        struct endian_scene e;
        test_note("BE=%u SBE=%u", i & 1, i >> 1);
        scene_endian(&e, (i & 1) != 0, i >> 1 != 0);
        check(&e, (i & 1) != 0);
    }
    test_note("%s", "");
}

static void check_translation(struct endian_scene *e, bool be)
{
    struct scene *s = &e->s;
    (void)be;
    pt_map(&s->first, 0x1000, 0x40000000, 0, P_ALL);
    pt_map(&s->second, 0x40000000, PA, 0, P_ALL);
    EXPECT_OK(s->b, with_pid(read_at(s->device, 0x1234), SCENE_PID), PA + 0x234);
    scene_map_msi(s, 6);
    pt_map(&s->first, 0x2000, scene_msi_address(6, 0), 0, P_ALL);
    EXPECT_OK(s->b, with_pid(write_at(s->device, 0x2000), SCENE_PID), SCENE_IMSIC + 0x6000);
}

/* R301: all directories and tables. */
TEST_BOTH(endianness_of_directories_and_page_tables)
{
    in_each_order(check_translation);
}

/* The bytes themselves: bit 0 of a big-endian doubleword is in its last byte. */
TEST_BOTH(endianness_byte_positions)
{
    struct endian_scene e;
    scene_endian(&e, true, false);
    struct bench *b = e.s.b;
    uint64_t leaf = pt_map(&e.s.second, 0x40000000, PA, 0, P_ALL);
    CHECK_EQ(*bench_host(b, leaf + 7, 1), P_ALL & 0xff);
    uint64_t first = pt_map(&e.s.first, 0x1000, 0x40000000, 0, P_ALL);
    CHECK_EQ(*bench_host(b, first, 1), P_ALL & 0xff);
    CHECK_EQ(*bench_host(b, bench_ddt_entry(b, e.s.device, 0) + 7, 1) & 1, 1);
    CHECK_EQ(*bench_host(b, pdt_entry(&e.s.pdt, SCENE_PID, 0), 1) & 1, 1);
    EXPECT_OK(b, with_pid(read_at(e.s.device, 0x1000), SCENE_PID), PA);
}

static void check_updates(struct endian_scene *e, bool be)
{
    struct scene *s = &e->s;
    uint64_t vs = pt_map(&s->first, 0x1000, 0x40000000, 0, P_ALL & ~(P_A | P_D));
    uint64_t g = pt_map(&s->second, 0x40000000, PA, 0, P_ALL & ~(P_A | P_D));
    EXPECT_OK(s->b, with_pid(write_at(s->device, 0x1000), SCENE_PID), PA);
    CHECK_EQ(bench_get(s->b, vs, 8, e->sbe), pt_pte(0x40000000, P_ALL));
    CHECK_EQ(bench_get(s->b, g, 8, be), pt_pte(PA, P_ALL));
}

TEST_BOTH(endianness_of_accessed_and_dirty_updates)
{
    in_each_order(check_updates);
}

static void check_queues(struct endian_scene *e, bool be)
{
    struct scene *s = &e->s;
    struct bench *b = s->b;
    uint64_t page = bench_page(b);
    /* Commands, and the data of a fence. */
    bench_command(b, cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, page + 4, 0x01020304));
    CHECK_EQ(bench_get(b, page + 4, 4, be), 0x01020304);
    /* Fault records. */
    struct iommu_request request = with_pid(read_at(s->device, 0x55555000), SCENE_PID);
    bench_translate(b, request);
    uint64_t dw0 = fault_of(request, IOMMU_CAUSE_READ_PAGE_FAULT, 0).dw[0];
    CHECK_EQ(bench_get(b, b->fq.base, 8, be), dw0);
    CHECK_EQ(bench_get(b, b->fq.base + 16, 8, be), 0x55555000);
    /* Page requests. */
    struct iommu_page_request page_request =
        page_request_of(s->device, page_request_payload(0xabcd000, 0x55));
    iommu_page_request(b->iommu, &page_request);
    CHECK_EQ(bench_get(b, b->pq.base + 8, 8, be), page_request.payload);
    CHECK_EQ(bench_get(b, b->pq.base, 8, be) >> 40, s->device);
}

TEST_BOTH(endianness_of_the_queues)
{
    in_each_order(check_queues);
}

static void check_messages(struct endian_scene *e, bool be)
{
    struct bench *b = e->s.b;
    uint64_t page = bench_page(b);
    REG_N_SET(b, MSI_ADDR, 0, page);
    REG_N_SET(b, MSI_DATA, 0, 0x0a0b0c0d);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    bench_push(b, cmd_make(0, 0));
    CHECK_EQ(bench_get(b, page, 4, be), 0x0a0b0c0d);
}

TEST_BOTH(endianness_of_messages)
{
    in_each_order(check_messages);
}

/* An MSI page table follows fctl.BE; MRIF and notice are always little-endian. */
static void check_mrif(struct endian_scene *e, bool be)
{
    struct scene *s = &e->s;
    struct bench *b = s->b;
    uint64_t mrif = mrif_create(b), notice = bench_page(b);
    struct msi_pte pte = msi_pte_mrif(mrif, notice, 0x765);
    bench_put(b, s->msi_table, 8, pte.dw[0], be);
    bench_put(b, s->msi_table + 8, 8, pte.dw[1], be);
    pt_map(&s->first, 0x3000, SCENE_MSI, 0, P_ALL);
    struct iommu_request request = with_pid(write_at(s->device, 0x3000), SCENE_PID);
    uint8_t identity[4] = {0x42, 0, 0, 0};
    CHECK_EQ(iommu_dma(b->iommu, &request, identity, 4).status, IOMMU_SUCCESS);
    CHECK_EQ(bench_get(b, mrif + 16, 8, false), 1ull << 2);
    CHECK_EQ(bench_get(b, notice, 4, false), 0x765);
}

TEST_BOTH(endianness_of_memory_resident_interrupt_files)
{
    in_each_order(check_mrif);
}

/* Four-byte PTEs in big-endian order. */
TEST_BOTH(endianness_of_32_bit_page_tables)
{
    struct bench *b = bench_create("max", NULL);
    bench_set_fctl(b, IOMMU_FCTL_BE_MASK | IOMMU_FCTL_GXL_MASK);
    bench_start(b, 3);
    struct page_table second = pt_create(b, PT_SV32X4);
    struct page_table first = pt_create_guest(b, PT_SV32, (struct guest){.second = &second});
    struct dc dc = bench_dc(b);
    dc.tc |= IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK;
    dc.iohgatp = pt_iohgatp(&second, 3);
    dc.fsc = pt_iosatp(&first);
    bench_write_dc(b, 5, &dc);
    uint64_t vs = pt_map(&first, 0xfedcb000, 0x3fffff000, 0, P_ALL & ~(P_A | P_D));
    uint64_t g = pt_map(&second, 0x3fffff000, PA, 0, P_ALL & ~(P_A | P_D));
    EXPECT_OK(b, write_at(5, 0xfedcb004), PA + 4);
    CHECK_EQ(bench_get(b, vs, 4, true), pt_pte(0x3fffff000, P_ALL));
    CHECK_EQ(bench_get(b, g, 4, true), pt_pte(PA, P_ALL));
    CHECK_EQ(*bench_host(b, g + 3, 1), P_ALL & 0xff);
}

/* Registers are little-endian in any case: the low half is at the lower address. */
TEST_BOTH(endianness_does_not_touch_registers)
{
    struct bench *b = bench_create("max", NULL);
    bench_set_fctl(b, IOMMU_FCTL_BE_MASK);
    CHECK_EQ(reg_read(b, IOMMU_REG_CAPABILITIES, 4), b->config.capabilities & 0xffffffff);
    CHECK_EQ(reg_read(b, IOMMU_REG_CAPABILITIES + 4, 4), b->config.capabilities >> 32);
    CHECK_EQ(REG(b, CAPABILITIES), b->config.capabilities);
}
