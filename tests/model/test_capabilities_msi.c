/* SPDX-License-Identifier: Apache-2.0 */
/* "IOMMU capabilities (capabilities)": MSI_FLAT, MSI_MRIF and AMO_MRIF. */
#include "stages.h"
#include "tweaks.h"

#define MSI_GPA 0x28000000u

/* A device whose page at MSI_GPA is a virtual interrupt file. */
static void make_msi_device(struct stages *s, config_tweak *tweak, struct msi_pte pte)
{
    stages_ready(s, NO_STAGE, PT_SV39X4, tweak);
    uint64_t table = msi_pt_create(s->b, 0);
    s->dc.msiptp = msi_msiptp(table);
    s->dc.msi_addr_mask = 0;
    s->dc.msi_addr_pattern = MSI_GPA >> 12;
    msi_pt_write(s->b, table, 0, pte);
    stages_update(s);
}

/* Let the device set interrupt identity 5 in an MRIF. */
static void write_mrif(struct stages *s, config_tweak *tweak)
{
    struct msi_pte none = {{0, 0}};
    uint8_t identity[4] = {5, 0, 0, 0};
    make_msi_device(s, tweak, none);
    uint64_t mrif = mrif_create(s->b);
    uint64_t notice = bench_page(s->b);
    msi_pt_write(s->b, IOMMU_GET(s->dc.msiptp, IOMMU_DC_MSIPTP_PPN) << 12, 0,
                 msi_pte_mrif(mrif, notice, 0x41));
    bench_clear_log(s->b);
    struct iommu_request request = write_at(DEVICE, MSI_GPA);
    struct iommu_response r = iommu_dma(s->b->iommu, &request, identity, 4);
    CHECK_EQ(r.status, IOMMU_SUCCESS);
    CHECK_EQ(bench_get(s->b, mrif, 8, false), 1u << 5);
    CHECK_EQ(bench_get(s->b, notice, 4, false), 0x41);
}

TEST(capability_amo_mrif_sets_pending_bits_atomically)
{
    struct stages s;
    write_mrif(&s, NULL);
    const struct event *update = bench_access(s.b, IOMMU_MRIF, 0);
    REQUIRE(update != NULL);
    CHECK_EQ(bench_accesses(s.b, IOMMU_MRIF), 1);
    CHECK_EQ(update->kind, EVENT_AMO);
    CHECK_EQ(update->amo, IOMMU_AMO_OR);
}

TEST(without_amo_mrif_pending_bits_are_read_and_written)
{
    struct stages s;
    write_mrif(&s, no_amo_mrif);
    const struct event *load = bench_access(s.b, IOMMU_MRIF, 0);
    const struct event *store = bench_access(s.b, IOMMU_MRIF, 1);
    REQUIRE(load != NULL && store != NULL);
    CHECK_EQ(load->kind, EVENT_READ);
    CHECK_EQ(store->kind, EVENT_WRITE);
    CHECK_EQ(bench_events(s.b, EVENT_AMO), 0);
}

/* Bytes of the DDT that one translation reads in a 1-level directory. */
static uint64_t bytes_of_dc(config_tweak *tweak)
{
    struct bench *b = bench_create("max", tweak);
    bench_start(b, 1);
    struct dc dc = bench_dc(b);
    uint64_t bytes = 0;
    bench_write_dc(b, DEVICE, &dc);
    bench_clear_log(b);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
    for (size_t i = 0; i < bench_accesses(b, IOMMU_DDT); i++)
        bytes += bench_access(b, IOMMU_DDT, i)->access.size;
    CHECK_EQ(bench_access(b, IOMMU_DDT, 0)->access.address, bench_ddt_entry(b, DEVICE, 0));
    return bytes;
}

TEST(capability_msi_flat_selects_the_extended_device_context)
{
    CHECK_EQ(bytes_of_dc(NULL), 64);
    CHECK_EQ(bytes_of_dc(no_msi_flat), 32);
}

TEST_BOTH(capability_msi_flat_translates_by_msi_ptes)
{
    struct stages s;
    make_msi_device(&s, NULL, msi_pte_basic(0x24007000));
    struct iommu_response r = EXPECT_OK(s.b, write_at(DEVICE, MSI_GPA), 0x24007000);
    CHECK_EQ(r.target, IOMMU_TARGET_MSI);
}

TEST_BOTH(capability_msi_mrif)
{
    struct stages s;
    struct msi_pte pte = msi_pte_mrif(0x90000200, 0x91000000, 0x5a5);
    make_msi_device(&s, NULL, pte);
    struct iommu_response r = bench_translate(s.b, write_at(DEVICE, MSI_GPA));
    CHECK_EQ(r.status, IOMMU_SUCCESS);
    CHECK_EQ(r.target, IOMMU_TARGET_MRIF);
    CHECK_EQ(r.address, 0x90000200);
    CHECK_EQ(r.notice_address, 0x91000000);
    CHECK_EQ(r.nid, 0x5a5);
    make_msi_device(&s, no_msi_mrif, pte);
    EXPECT_FAULT(s.b, write_at(DEVICE, MSI_GPA), IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
}
