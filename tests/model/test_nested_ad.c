/* SPDX-License-Identifier: Apache-2.0 */
/* A and D bits of both stages at once, and what iotval2 says when an update fails. */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define P_CLEAN (P_ALL & ~(P_A | P_D))

/* Sv39 over Sv39x4 with a leaf of each stage: IOVA 0x1000, GPA 0x7000, page 0x5000. */
struct nested {
    struct stages s;
    uint64_t first;  /* first-stage leaf PTE */
    uint64_t second; /* second-stage leaf PTE of the data page */
    uint64_t table;  /* second-stage leaf PTE of the page that holds `first` */
};

static void make_nested(struct nested *n, uint64_t enables, uint64_t first_flags)
{
    stages_ready(&n->s, PT_SV39, PT_SV39X4, NULL);
    n->first = pt_map(&n->s.first, 0x1000, 0x7000, 0, first_flags);
    n->second = pt_map(&n->s.second, 0x7000, 0x5000, 0, P_ALL);
    n->table = pt_entry(&n->s.second, (n->first + GUEST_OFFSET) & ~0xfffull, 0);
    n->s.dc.tc |= enables;
    stages_update(&n->s);
}

static void set_table_flags(struct nested *n, uint64_t flags)
{
    stages_set_pte(&n->s, &n->s.second, n->table, pt_pte(n->first & ~0xfffull, flags));
}

static uint64_t ad_of(struct nested *n, uint64_t pte)
{
    return pt_read(&n->s.second, pte) & (P_A | P_D); /* both stages have 8-byte PTEs */
}

TEST_TABLES(nested_ad_updates_in_both_stages)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        struct nested n;
        make_nested(&n, TC(SADE) | TC(GADE), P_CLEAN);
        set_table_flags(&n, P_CLEAN);
        stages_set_pte(&n.s, &n.s.second, n.second, pt_pte(0x5000, P_CLEAN));
        test_note("kind %u", kind);
        EXPECT_OK(n.s.b, request_of(kind, DEVICE, 0x1000), 0x5000);
        uint64_t needed = kind == 1 ? P_A | P_D : P_A;
        CHECK_EQ(ad_of(&n, n.first), needed);
        CHECK_EQ(ad_of(&n, n.second), needed);
        /* the first-stage PTE was written, whatever the request is */
        CHECK_EQ(ad_of(&n, n.table), P_A | P_D);
    }
}

/* Nothing to update in the first stage: its page is only read. */
TEST_TABLES(nested_reading_a_table_does_not_make_it_dirty)
{
    struct nested n;
    make_nested(&n, TC(SADE) | TC(GADE), P_ALL);
    set_table_flags(&n, P_CLEAN);
    EXPECT_OK(n.s.b, write_at(DEVICE, 0x1000), 0x5000);
    CHECK_EQ(ad_of(&n, n.table), P_A);
}

/* The table's page may not be written: the update is what faults. */
TEST_TABLES(nested_update_of_a_read_only_table_is_a_guest_page_fault)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        struct nested n;
        make_nested(&n, TC(SADE), P_CLEAN);
        set_table_flags(&n, P_ALL & ~P_W);
        struct iommu_request request = request_of(kind, DEVICE, 0x1000);
        test_note("kind %u", kind);
        EXPECT_GUEST_FAULT(n.s.b, request, guest_page_fault(&request),
                           (n.first + GUEST_OFFSET) | 3);
        CHECK_EQ(ad_of(&n, n.first), 0);
    }
}

/* Without an update to be made, a read-only table is fine. */
TEST_TABLES(nested_read_only_table_without_update)
{
    struct nested n;
    make_nested(&n, TC(SADE), P_CLEAN | P_A);
    set_table_flags(&n, P_ALL & ~P_W);
    EXPECT_OK(n.s.b, read_at(DEVICE, 0x1000), 0x5000);
    EXPECT_GUEST_FAULT(n.s.b, write_at(DEVICE, 0x1000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT,
                       (n.first + GUEST_OFFSET) | 3);
    /* without SADE, no write is tried: a page fault of the first stage */
    n.s.dc.tc &= ~TC(SADE);
    stages_update(&n.s);
    EXPECT_FAULT(n.s.b, write_at(DEVICE, 0x1000), IOMMU_CAUSE_WRITE_PAGE_FAULT);
}

/* GADE=0, and D of the table's page is clear: the implicit store faults. */
TEST_TABLES(nested_update_of_a_clean_table_without_gade)
{
    struct nested n;
    make_nested(&n, TC(SADE), P_CLEAN);
    set_table_flags(&n, P_ALL & ~P_D);
    EXPECT_GUEST_FAULT(n.s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                       (n.first + GUEST_OFFSET) | 3);
    CHECK_EQ(ad_of(&n, n.first), 0);
    /* with A clear, reading faults already: bit 1 is 0 */
    set_table_flags(&n, P_ALL & ~P_A);
    EXPECT_GUEST_FAULT(n.s.b, write_at(DEVICE, 0x1000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT,
                       (n.first + GUEST_OFFSET) | 1);
}

/* D in the second stage follows the request where the final address is concerned. */
TEST_TABLES(nested_clean_data_page_without_gade)
{
    struct nested n;
    make_nested(&n, TC(SADE), P_ALL);
    stages_set_pte(&n.s, &n.s.second, n.second, pt_pte(0x5000, P_ALL & ~P_D));
    EXPECT_OK(n.s.b, read_at(DEVICE, 0x1000), 0x5000);
    EXPECT_GUEST_FAULT(n.s.b, write_at(DEVICE, 0x1008), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x7008);
}

TEST(nested_update_access_fault_keeps_the_access_type)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        struct nested n;
        make_nested(&n, TC(SADE) | TC(GADE), P_CLEAN);
        struct iommu_request request = request_of(kind, DEVICE, 0x1000);
        bench_inject_on(n.s.b, (struct injection){.address = n.first,
                                                  .size = 8,
                                                  .status = IOMMU_MEM_ACCESS_FAULT,
                                                  .on = ON_AMO | ON_WRITE});
        EXPECT_FAULT(n.s.b, request, access_fault(&request));
        CHECK_EQ(ad_of(&n, n.first), 0);
        /* the second-stage PTE of the table's page cannot be updated */
        bench_clear_injections(n.s.b);
        set_table_flags(&n, P_ALL & ~P_D);
        bench_inject_on(n.s.b, (struct injection){.address = n.table,
                                                  .size = 8,
                                                  .status = IOMMU_MEM_ACCESS_FAULT,
                                                  .on = ON_AMO | ON_WRITE});
        EXPECT_FAULT(n.s.b, request, access_fault(&request));
        CHECK_EQ(ad_of(&n, n.first), 0);
    }
}

/* Sv32 over Sv32x4: updates of 4 bytes, which leave the neighbours alone. */
TEST_TABLES(nested_updates_of_4_byte_ptes)
{
    struct stages s;
    stages_ready(&s, PT_SV32, PT_SV32X4, NULL);
    uint64_t left = pt_map(&s.first, 0x0000, 0x9000, 0, P_CLEAN);
    uint64_t entry = pt_map(&s.first, 0x1000, 0x300007000, 0, P_CLEAN);
    uint64_t right = pt_map(&s.first, 0x2000, 0x9000, 0, P_CLEAN);
    uint64_t second = pt_map(&s.second, 0x300007000, 0x200005000, 0, P_CLEAN);
    s.dc.tc |= TC(SADE) | TC(GADE);
    stages_update(&s);
    EXPECT_OK(s.b, write_at(DEVICE, 0x1234), 0x200005234);
    CHECK_EQ(pt_read(&s.first, entry), pt_pte(0x300007000, P_ALL));
    CHECK_EQ(pt_read(&s.second, second), pt_pte(0x200005000, P_ALL));
    CHECK_EQ(pt_read(&s.first, left), pt_pte(0x9000, P_CLEAN));
    CHECK_EQ(pt_read(&s.first, right), pt_pte(0x9000, P_CLEAN));
}

/* The two enables in all settings, with clean bits in both stages. */
TEST_TABLES(nested_enables_in_all_settings)
{
    for (unsigned set = 0; set < 4; set++) {
        struct nested n;
        bool sade = (set & 1) != 0, gade = (set & 2) != 0;
        make_nested(&n, (sade ? TC(SADE) : 0) | (gade ? TC(GADE) : 0), P_CLEAN);
        stages_set_pte(&n.s, &n.s.second, n.second, pt_pte(0x5000, P_CLEAN));
        test_note("SADE %u, GADE %u", sade, gade);
        if (!sade)
            EXPECT_FAULT(n.s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT);
        else if (!gade)
            EXPECT_GUEST_FAULT(n.s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                               0x7000);
        else
            EXPECT_OK(n.s.b, read_at(DEVICE, 0x1000), 0x5000);
    }
}

/* ATS: where the first stage grants no W, the second is not asked for it, and R is granted. */
TEST_TABLES(nested_ats_without_w_in_the_first_stage_leaves_d_alone)
{
    for (unsigned gade = 0; gade < 2; gade++) {
        struct nested n;
        struct iommu_request request = as_ats(write_at(DEVICE, 0x1000));
        make_nested(&n, TC(EN_ATS) | (gade != 0 ? TC(GADE) : 0), P_ALL & ~P_W);
        stages_set_pte(&n.s, &n.s.second, n.second, pt_pte(0x5000, P_ALL & ~P_D));
        test_note("GADE %u", gade);
        struct iommu_response r = bench_translate(n.s.b, request);
        CHECK_EQ(r.status, IOMMU_SUCCESS);
        CHECK_EQ(r.permissions, IOMMU_PERM_R);
        CHECK_EQ(ad_of(&n, n.second), P_A);
        /* with W there, D is asked for: set by the one, and missing for the other */
        stages_set_pte(&n.s, &n.s.first, n.first, pt_pte(0x7000, P_ALL));
        r = bench_translate(n.s.b, request);
        CHECK_EQ(r.status, IOMMU_SUCCESS);
        CHECK_EQ(r.permissions, gade != 0 ? IOMMU_PERM_R | IOMMU_PERM_W : 0);
        CHECK_EQ(ad_of(&n, n.second), gade != 0 ? P_A | P_D : P_A);
        CHECK_NO_RECORD(n.s.b);
    }
}
