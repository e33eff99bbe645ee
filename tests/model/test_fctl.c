/* SPDX-License-Identifier: Apache-2.0 */
/* "Features-control register (fctl)" and what BE, WSI and GXL govern. */
#include "stages.h"

/* A bench in the other byte order than little-endian, not yet started. */
static struct bench *big_endian_bench(void)
{
    struct bench *b = bench_create("max", NULL);
    bench_set_fctl(b, (uint32_t)REG(b, FCTL) | IOMMU_FCTL_BE_MASK);
    return b;
}

TEST_TABLES(fctl_be_governs_directory_and_second_stage)
{
    struct stages s;
    struct bench *b = big_endian_bench();
    bench_start(b, 3);
    stages_make(&s, b, NO_STAGE, PT_SV39X4);
    uint64_t entry = pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    CHECK_EQ(*bench_host(b, entry + 7, 1), P_ALL & 0xff);
    EXPECT_OK(b, read_at(DEVICE, 0x7010), 0x5010);
    EXPECT_GUEST_FAULT(b, read_at(DEVICE, 0x9010), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x9010);
}

TEST_TABLES(fctl_be_governs_msi_page_tables)
{
    struct stages s;
    struct bench *b = big_endian_bench();
    bench_start(b, 3);
    stages_make(&s, b, NO_STAGE, PT_SV39X4);
    uint64_t table = msi_pt_create(b, 0);
    msi_pt_write(b, table, 0, msi_pte_basic(0x24001000));
    s.dc.msiptp = msi_msiptp(table);
    s.dc.msi_addr_pattern = 0x28000;
    stages_update(&s);
    EXPECT_OK(b, write_at(DEVICE, 0x28000000), 0x24001000);
}

TEST_TABLES(fctl_be_governs_the_queues)
{
    struct bench *b = big_endian_bench();
    bench_start(b, 3);
    /* Were the record or the command little-endian, these would not decode. */
    EXPECT_FAULT(b, read_at(DEVICE, 0x1230), IOMMU_CAUSE_DDT_NOT_VALID);
    bench_command(b, cmd_iofence(0, 0, 0));
    struct dc dc = bench_dc(b);
    struct page_request_record record;
    dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    bench_write_dc(b, DEVICE, &dc);
    bench_invalidate_all(b);
    struct iommu_page_request request = {.device_id = DEVICE, .payload = 0x1234567};
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_QUEUED);
    REQUIRE(bench_pop_page_request(b, &record));
    CHECK_EQ(record.did, DEVICE);
    CHECK_EQ(record.dw[1], 0x1234567);
}

TEST_TABLES(fctl_be_governs_the_data_of_fences)
{
    struct bench *b = big_endian_bench();
    bench_start(b, 3);
    uint64_t address = bench_page(b);
    bench_command(b, cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, address, 0x11223344));
    CHECK_EQ(bench_get(b, address, 4, true), 0x11223344);
}

TEST_TABLES(fctl_be_governs_interrupt_messages)
{
    for (unsigned big = 0; big < 2; big++) {
        struct bench *b = big ? big_endian_bench() : bench_create("max", NULL);
        uint64_t address = bench_page(b);
        test_note("BE %u", big);
        REG_N_SET(b, MSI_ADDR, 0, address);
        REG_N_SET(b, MSI_DATA, 0, 0x11223344);
        REG_N_SET(b, MSI_VEC_CTL, 0, 0);
        REG_SET(b, ICVEC, 0);
        bench_start(b, 3);
        REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
        bench_translate(b, read_at(DEVICE, 0x1230));
        CHECK_EQ(bench_get(b, address, 4, big != 0), 0x11223344);
    }
}

TEST_TABLES(fctl_be_leaves_first_stage_to_sbe)
{
    for (unsigned big = 0; big < 4; big++) {
        struct stages s;
        struct bench *b = (big & 1) != 0 ? big_endian_bench() : bench_create("max", NULL);
        bench_start(b, 3);
        test_note("BE %u, SBE %u", big & 1, big >> 1);
        stages_make(&s, b, PT_SV39, NO_STAGE);
        s.first.big_endian = (big & 2) != 0;
        s.dc.tc &= ~IOMMU_DC_TC_SBE_MASK;
        s.dc.tc |= IOMMU_PREP(IOMMU_DC_TC_SBE, s.first.big_endian);
        pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
        stages_update(&s);
        EXPECT_OK(b, read_at(DEVICE, 0x1004), 0x5004);
    }
}

TEST_TABLES(fctl_wsi_chooses_wires)
{
    for (unsigned wires = 0; wires < 2; wires++) {
        struct bench *b = bench_create("max", NULL);
        uint32_t fctl = (uint32_t)REG(b, FCTL) & ~IOMMU_FCTL_WSI_MASK;
        uint64_t address = bench_page(b);
        test_note("WSI %u", wires);
        bench_set_fctl(b, fctl | (wires ? IOMMU_FCTL_WSI_MASK : 0));
        REG_N_SET(b, MSI_ADDR, 0, address);
        REG_N_SET(b, MSI_DATA, 0, 0x77);
        REG_N_SET(b, MSI_VEC_CTL, 0, 0);
        REG_SET(b, ICVEC, 0);
        bench_start(b, 3);
        REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
        bench_translate(b, read_at(DEVICE, 0x1230));
        CHECK_EQ(REG_FIELD(b, IPSR, FIP), 1);
        CHECK_EQ(iommu_wires(b->iommu), wires);
        CHECK_EQ(bench_get32(b, address), wires ? 0 : 0x77);
    }
}

/* A message that its mask held back waits on while wires are used, and goes when they are not. */
TEST_TABLES(fctl_wsi_keeps_messages_that_wait)
{
    struct bench *b = bench_create("max", NULL);
    uint32_t fctl = (uint32_t)REG(b, FCTL) & ~IOMMU_FCTL_WSI_MASK;
    uint64_t address = bench_page(b);
    bench_set_fctl(b, fctl);
    REG_N_SET(b, MSI_ADDR, 0, address);
    REG_N_SET(b, MSI_DATA, 0, 0x77);
    REG_N_SET(b, MSI_VEC_CTL, 0, 1);
    REG_SET(b, ICVEC, 0);
    bench_start(b, 3);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    bench_translate(b, read_at(DEVICE, 0x1230));
    REG_SET(b, DDTP, 0);
    REG_SET(b, FQCSR, 0);
    REG_SET(b, CQCSR, 0);
    REG_SET(b, PQCSR, 0);
    REG_SET(b, FCTL, fctl | IOMMU_FCTL_WSI_MASK);
    CHECK_EQ(REG_FIELD(b, FCTL, WSI), 1);
    REG_N_SET(b, MSI_VEC_CTL, 0, 0);
    CHECK_EQ(bench_get32(b, address), 0);
    REG_SET(b, FCTL, fctl);
    CHECK_EQ(bench_get32(b, address), 0x77);
}

/* Without wires the bit is reserved; it must not be an interrupt cause that nobody sees. */
TEST_TABLES(fctl_wsi_takes_fence_w_ip_with_it)
{
    struct bench *b = bench_create("max", NULL);
    uint32_t fctl = (uint32_t)REG(b, FCTL) | IOMMU_FCTL_WSI_MASK;
    bench_set_fctl(b, fctl);
    bench_start(b, 3);
    bench_command(b, cmd_iofence(IOMMU_CMD_IOFENCE_WSI_MASK, 0, 0));
    REG_SET(b, DDTP, 0);
    REG_SET(b, CQCSR, 0);
    REG_SET(b, FQCSR, 0);
    REG_SET(b, PQCSR, 0);
    REG_SET(b, FCTL, fctl ^ IOMMU_FCTL_BE_MASK);
    CHECK_EQ(REG_FIELD(b, CQCSR, FENCE_W_IP), 1);
    REG_SET(b, FCTL, fctl & ~IOMMU_FCTL_WSI_MASK);
    CHECK_EQ(REG_FIELD(b, FCTL, WSI), 0);
    CHECK_EQ(REG(b, CQCSR), 0);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CIE_MASK);
    CHECK_EQ(REG(b, IPSR), 0);
}

TEST_TABLES(fctl_gxl_allows_sv32x4_only)
{
    /* MODE 8 is Sv39x4 with GXL=0 and Sv32x4 with GXL=1; 9 and 10 need GXL=0. */
    for (unsigned mode = 9; mode <= 10; mode++) {
        struct stages s;
        stages_ready(&s, NO_STAGE, PT_SV32X4, NULL);
        s.dc.iohgatp &= ~IOMMU_DC_IOHGATP_MODE_MASK;
        s.dc.iohgatp |= IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, mode);
        stages_update(&s);
        test_note("GXL 1, mode %u", mode);
        EXPECT_FAULT(s.b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
    }
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV32X4, NULL);
    pt_map(&s.second, 0x312345000, 0x5000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x312345018), 0x5018);
}

TEST_TABLES(fctl_gxl_forces_sxl)
{
    struct stages s;
    stages_ready(&s, NO_STAGE, PT_SV32X4, NULL);
    s.dc.tc &= ~IOMMU_DC_TC_SXL_MASK;
    stages_update(&s);
    EXPECT_FAULT(s.b, read_at(DEVICE, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
}

TEST_TABLES(fctl_reserved_bits_are_zero)
{
    struct bench *b = bench_create("max", NULL);
    REG_SET(b, FCTL, 0xfffffff8u | (uint32_t)REG(b, FCTL));
    CHECK_EQ(REG(b, FCTL) & ~7ull, 0);
}

/* The specification leaves open what a write does then; this model ignores it. */
TEST_TABLES(fctl_is_frozen_while_something_is_on)
{
    struct bench *b = bench_create("max", NULL);
    uint64_t before = REG(b, FCTL);
    b->ddt_root = bench_page(b);
    static const unsigned modes[] = {IOMMU_DDTP_MODE_BARE, IOMMU_DDTP_MODE_1LVL};
    for (size_t i = 0; i < 2; i++) {
        bench_set_mode(b, modes[i]);
        test_note("mode %u", modes[i]);
        REG_SET(b, FCTL, before ^ 7);
        CHECK_EQ(REG(b, FCTL), before);
        bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    }
    static const uint32_t csr[] = {IOMMU_REG_CQCSR, IOMMU_REG_FQCSR, IOMMU_REG_PQCSR};
    bench_start_queues(b);
    for (size_t i = 0; i < 3; i++)
        reg_write(b, csr[i], 4, 0);
    for (size_t i = 0; i < 3; i++) {
        reg_write(b, csr[i], 4, 1);
        test_note("queue %u", (unsigned)i);
        REG_SET(b, FCTL, before ^ 7);
        CHECK_EQ(REG(b, FCTL), before);
        reg_write(b, csr[i], 4, 0);
    }
    test_note("%s", "all off");
    REG_SET(b, FCTL, before ^ 7);
    uint64_t writable = b->config.fctl_writable;
    CHECK_EQ(REG(b, FCTL), (before & ~writable) | ((before ^ 7) & writable));
}
