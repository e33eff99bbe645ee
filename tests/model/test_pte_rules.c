/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a PTE invalid, in every scheme and at every level. */
#include "one_stage.h"
#include "tweaks.h"

/* One leaf at `level` for one address. */
struct leaf {
    struct stages s;
    struct page_table *pt;
    enum pt_mode mode;
    unsigned level;
    uint64_t va;
    uint64_t pa;
    uint64_t entry;
};

static void make_leaf(struct leaf *leaf, enum pt_mode mode, unsigned level, config_tweak *tweak)
{
    leaf->pt = one_stage(&leaf->s, mode, tweak);
    leaf->mode = mode;
    leaf->level = level;
    leaf->va = mode_address(mode, false);
    leaf->pa = mode_target(mode, level);
    leaf->entry = pt_map(leaf->pt, leaf->va, leaf->pa, level, P_ALL);
    test_note("%s, level %u", mode_name(mode), level);
}

/* The leaf with these flags faults for each kind of access. */
static void leaf_faults(struct place place, struct leaf *leaf, uint64_t flags)
{
    stages_set_pte(&leaf->s, leaf->pt, leaf->entry, pt_pte(leaf->pa, flags));
    for (unsigned kind = 0; kind < 3; kind++)
        one_stage_fault(place, &leaf->s, leaf->mode, request_of(kind, DEVICE, leaf->va));
}
#define LEAF_FAULTS(leaf, flags) leaf_faults(HERE, (leaf), (flags))

static void leaf_works(struct place place, struct leaf *leaf, uint64_t flags)
{
    uint64_t page = 1ull << pt_page_log2(leaf->mode, leaf->level);
    stages_set_pte(&leaf->s, leaf->pt, leaf->entry, pt_pte(leaf->pa, flags));
    bench_expect_ok(place, leaf->s.b, read_at(DEVICE, leaf->va),
                    leaf->pa | (leaf->va & (page - 1)));
}
#define LEAF_WORKS(leaf, flags) leaf_works(HERE, (leaf), (flags))

#define FOR_EACH_LEAF(leaf, tweak)                                                                 \
    FOR_EACH_MODE(mode)                                                                            \
    for (unsigned level = 0;                                                                       \
         level < pt_levels(mode) && (make_leaf((leaf), mode, level, (tweak)), true); level++)

TEST_TABLES(pte_not_valid)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, NULL)
    {
        LEAF_FAULTS(&leaf, P_ALL & ~P_V);
        LEAF_FAULTS(&leaf, 0);
        LEAF_WORKS(&leaf, P_ALL);
    }
}

/* V=0 wins over everything else that is wrong; the fault is the same. */
TEST_TABLES(pte_not_valid_leaves_other_bits_to_software)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, NULL)
    {
        uint64_t ones = IS_WIDE(mode) ? ~1ull : 0xfffffffe;
        stages_set_pte(&leaf.s, leaf.pt, leaf.entry, ones);
        EXPECT_STAGE_FAULT(&leaf.s, mode, read_at(DEVICE, leaf.va));
    }
}

/* xwr=010 is reserved, also where harts have shadow stacks; and so is 110. */
TEST_TABLES(pte_write_without_read_is_reserved)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, NULL)
    {
        LEAF_FAULTS(&leaf, P_V | P_W | P_U | P_A | P_D);
        LEAF_FAULTS(&leaf, P_V | P_W | P_X | P_U | P_A | P_D);
    }
}

TEST_TABLES(pte_reserved_bits)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, NULL)
    {
        if (!IS_WIDE(mode))
            continue;
        for (unsigned bit = 54; bit <= 58; bit++)
            LEAF_FAULTS(&leaf, P_ALL | 1ull << bit);
        LEAF_WORKS(&leaf, P_ALL | 3ull << 59); /* Svrsw60t59b */
    }
}

TEST_TABLES(pte_reserved_bits_of_pointers)
{
    FOR_EACH_MODE(mode)
    {
        if (!IS_WIDE(mode))
            continue;
        for (unsigned level = 1; level < pt_levels(mode); level++) {
            struct stages s;
            struct page_table *pt = one_stage(&s, mode, NULL);
            uint64_t va = mode_address(mode, false);
            pt_map(pt, va, 0x5000, 0, P_ALL);
            uint64_t entry = pt_entry(pt, va, level);
            uint64_t good = pt_read(pt, entry);
            for (unsigned bit = 54; bit < 64; bit++) {
                test_note("%s, level %u, bit %u", mode_name(mode), level, bit);
                stages_set_pte(&s, pt, entry, good | 1ull << bit);
                /* PBMT and N of a pointer are reserved; 59 and 60 are software's */
                if (bit == 59 || bit == 60)
                    EXPECT_OK(s.b, write_at(DEVICE, va), 0x5000 | (va & 0xfff));
                else
                    EXPECT_STAGE_FAULT(&s, mode, write_at(DEVICE, va));
            }
        }
    }
}

/* D, A and U of a pointer are reserved; G is not, and RSW is software's. */
TEST_TABLES(pte_attributes_of_pointers)
{
    static const uint64_t bits[] = {P_D, P_A, P_U, P_D | P_A | P_U};
    FOR_EACH_MODE(mode)
    {
        for (unsigned level = 1; level < pt_levels(mode); level++) {
            struct stages s;
            struct page_table *pt = one_stage(&s, mode, NULL);
            uint64_t va = mode_address(mode, false);
            pt_map(pt, va, 0x5000, 0, P_ALL);
            uint64_t entry = pt_entry(pt, va, level);
            uint64_t good = pt_read(pt, entry);
            for (size_t i = 0; i < 4; i++) {
                test_note("%s, level %u, bits 0x%x", mode_name(mode), level, (unsigned)bits[i]);
                stages_set_pte(&s, pt, entry, good | bits[i]);
                for (unsigned kind = 0; kind < 3; kind++)
                    EXPECT_STAGE_FAULT(&s, mode, request_of(kind, DEVICE, va));
            }
            stages_set_pte(&s, pt, entry, good | P_G | IOMMU_PTE_RSW_MASK);
            EXPECT_OK(s.b, read_at(DEVICE, va), 0x5000 | (va & 0xfff));
        }
    }
}

TEST_TABLES(pte_at_the_last_level_must_be_a_leaf)
{
    FOR_EACH_MODE(mode)
    {
        struct leaf leaf;
        make_leaf(&leaf, mode, 0, NULL);
        LEAF_FAULTS(&leaf, P_V);
        LEAF_FAULTS(&leaf, P_V | P_G);
    }
}

TEST_TABLES(pte_software_and_global_bits_of_leaves)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, NULL)
    {
        LEAF_WORKS(&leaf, P_ALL | 0x100);
        LEAF_WORKS(&leaf, P_ALL | 0x200);
        LEAF_WORKS(&leaf, P_ALL | P_G);
    }
}

TEST_TABLES(pte_pbmt)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, NULL)
    {
        if (!IS_WIDE(mode))
            continue;
        for (unsigned pbmt = 0; pbmt < 3; pbmt++) {
            LEAF_WORKS(&leaf, P_ALL | P_PBMT(pbmt));
            CHECK_EQ(bench_translate(leaf.s.b, read_at(DEVICE, leaf.va)).pbmt, pbmt);
        }
        LEAF_FAULTS(&leaf, P_ALL | P_PBMT(3));
    }
}

TEST_TABLES(pte_pbmt_without_svpbmt)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, no_svpbmt)
    {
        if (!IS_WIDE(mode))
            continue;
        for (unsigned pbmt = 1; pbmt < 4; pbmt++)
            LEAF_FAULTS(&leaf, P_ALL | P_PBMT(pbmt));
    }
}

/* Sv32 and Sv32x4 use all 32 bits: the upper ones are PPN, and no type of memory. */
TEST_TABLES(pte_of_4_bytes_has_22_bits_of_ppn)
{
    static const enum pt_mode modes[] = {PT_SV32, PT_SV32X4};
    for (size_t i = 0; i < 2; i++) {
        struct leaf leaf;
        make_leaf(&leaf, modes[i], 0, NULL);
        for (unsigned bit = 12; bit < 34; bit++) {
            test_note("%s, bit %u", mode_name(modes[i]), bit);
            leaf.pa = 1ull << bit;
            LEAF_WORKS(&leaf, P_ALL);
            CHECK_EQ(bench_translate(leaf.s.b, read_at(DEVICE, leaf.va)).pbmt, IOMMU_PBMT_PMA);
        }
    }
}

/* --- permissions ------------------------------------------------------------------- */

/* R, W, X and what they grant, without A/D faults. */
TEST_TABLES(pte_permissions)
{
    struct leaf leaf;
    static const uint64_t xwr[] = {P_R, P_R | P_W, P_X, P_R | P_X, P_R | P_W | P_X};
    static const uint64_t needed[] = {P_R, P_W, P_X};
    FOR_EACH_LEAF(&leaf, NULL)
    {
        for (size_t i = 0; i < 5; i++) {
            stages_set_pte(&leaf.s, leaf.pt, leaf.entry,
                           pt_pte(leaf.pa, P_V | P_U | P_A | P_D | xwr[i]));
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, leaf.va);
                test_note("%s, level %u, xwr 0x%x, kind %u", mode_name(mode), level,
                          (unsigned)xwr[i] >> 1, kind);
                if ((xwr[i] & needed[kind]) == 0) {
                    EXPECT_STAGE_FAULT(&leaf.s, mode, request);
                    continue;
                }
                struct iommu_response r = bench_translate(leaf.s.b, request);
                CHECK_EQ(r.status, IOMMU_SUCCESS);
                CHECK_EQ(r.permissions, xwr[i] >> 1);
            }
        }
    }
}

/* Requests without a process_id, or without supervisor privilege, are a user's. */
TEST_TABLES(pte_user_bit_for_user_requests)
{
    struct leaf leaf;
    FOR_EACH_LEAF(&leaf, NULL)
    LEAF_FAULTS(&leaf, P_ALL & ~P_U);
}

/* A supervisor's or a user's request to a page with U=`user`: is it allowed? */
static bool user_bit_allows(bool supervisor, bool user, bool sum, unsigned kind)
{
    if (!supervisor)
        return user;
    if (!user)
        return true;
    return sum && kind != 2; /* never executes a user's page */
}

TEST_TABLES(pte_user_bit_and_sum_for_processes)
{
    for (unsigned set = 0; set < 4; set++) {
        bool user = (set & 1) != 0, sum = (set & 2) != 0;
        struct stages s;
        struct pdt pdt;
        struct pc pc;
        stages_ready(&s, PT_SV39, NO_STAGE, NULL);
        stages_add_process(&s, &pdt, &pc);
        pc.ta |= IOMMU_PC_TA_ENS_MASK | IOMMU_PREP(IOMMU_PC_TA_SUM, sum);
        stages_update_process(&s, &pdt, &pc);
        pt_map(&s.first, 0x1000, 0x5000, 0, user ? P_ALL : P_ALL & ~P_U);
        for (unsigned kind = 0; kind < 3; kind++) {
            for (unsigned supervisor = 0; supervisor < 2; supervisor++) {
                struct iommu_request request = with_pid(request_of(kind, DEVICE, 0x1000), PROCESS);
                request.privileged = supervisor != 0;
                test_note("U %u, SUM %u, supervisor %u, kind %u", user, sum, supervisor, kind);
                if (user_bit_allows(supervisor != 0, user, sum, kind))
                    EXPECT_OK(s.b, request, 0x5000);
                else
                    EXPECT_FAULT(s.b, request, page_fault(&request));
            }
        }
    }
}

/* In the second stage every request is a user's, whatever its privilege. */
TEST_TABLES(pte_user_bit_in_the_second_stage)
{
    for (unsigned user = 0; user < 2; user++) {
        struct stages s;
        struct pdt pdt;
        struct pc pc;
        stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
        stages_add_process(&s, &pdt, &pc);
        pc.ta |= IOMMU_PC_TA_ENS_MASK;
        stages_update_process(&s, &pdt, &pc);
        pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL & ~P_U);
        pt_map(&s.second, 0x7000, 0x5000, 0, user ? P_ALL : P_ALL & ~P_U);
        for (unsigned kind = 0; kind < 3; kind++) {
            struct iommu_request request = with_priv(request_of(kind, DEVICE, 0x1000), PROCESS);
            test_note("U %u, kind %u", user, kind);
            if (user == 1)
                EXPECT_OK(s.b, request, 0x5000);
            else
                EXPECT_GUEST_FAULT(s.b, request, guest_page_fault(&request), 0x7000);
        }
    }
}

/* Supervisor privilege comes with a process_id only: without one it is ignored. */
TEST_TABLES(privilege_without_process_id_is_ignored)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL & ~P_U);
    pt_map(&s.first, 0x2000, 0x6000, 0, P_ALL);
    struct iommu_request request = read_at(DEVICE, 0x1000);
    request.privileged = true;
    EXPECT_FAULT(s.b, request, IOMMU_CAUSE_READ_PAGE_FAULT);
    request.iova = 0x2000;
    EXPECT_OK(s.b, request, 0x6000);
}

/* Only a request that asks for execution needs X, and a read does not get it by X alone. */
TEST_TABLES(execute_only_when_asked_for)
{
    struct stages s;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL & ~P_X);
    pt_map(&s.first, 0x2000, 0x6000, 0, P_V | P_X | P_U | P_A | P_D);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    EXPECT_FAULT(s.b, exec_at(DEVICE, 0x1000), IOMMU_CAUSE_INSTR_PAGE_FAULT);
    EXPECT_OK(s.b, exec_at(DEVICE, 0x2000), 0x6000);
    EXPECT_FAULT(s.b, read_at(DEVICE, 0x2000), IOMMU_CAUSE_READ_PAGE_FAULT);
    /* `execute` is of ATS requests; an untranslated one says so by its access */
    struct iommu_request request = read_at(DEVICE, 0x1000);
    request.execute = true;
    EXPECT_OK(s.b, request, 0x5000);
}

/* --- memory faults ----------------------------------------------------------------- */

TEST(pte_access_faults_and_corruption_at_each_level)
{
    FOR_EACH_MODE(mode)
    {
        struct leaf leaf;
        make_leaf(&leaf, mode, 0, NULL);
        for (unsigned level = 0; level < pt_levels(mode); level++) {
            uint64_t entry = pt_entry(leaf.pt, leaf.va, level);
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, leaf.va);
                test_note("%s, level %u, kind %u", mode_name(mode), level, kind);
                bench_inject(leaf.s.b, entry, pt_pte_size(mode), IOMMU_MEM_ACCESS_FAULT);
                EXPECT_FAULT(leaf.s.b, request, access_fault(&request));
                bench_clear_injections(leaf.s.b);
                bench_inject(leaf.s.b, entry, pt_pte_size(mode), IOMMU_MEM_POISON);
                EXPECT_FAULT(leaf.s.b, request, IOMMU_CAUSE_PT_DATA_CORRUPTION);
                bench_clear_injections(leaf.s.b);
            }
        }
        LEAF_WORKS(&leaf, P_ALL);
    }
}
