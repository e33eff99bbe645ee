/* SPDX-License-Identifier: Apache-2.0 */
/* "Two-Stage Address Translation": a first stage in guest memory under a second stage. */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK

/* Sv39 over Sv39x4: IOVA 0x1000 is guest page 0x7000, page 0x5000. */
static void make_nested(struct stages *s)
{
    stages_ready(s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&s->first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s->second, 0x7000, 0x5000, 0, P_ALL);
}

/* Second-stage PTE of the page that holds the first-stage PTE of `level` for `va`. */
static uint64_t pte_of_table(struct stages *s, uint64_t va, unsigned level)
{
    return pt_entry(&s->second, pt_entry_gpa(&s->first, va, level) & ~0xfffull, 0);
}

/* Is this pair of schemes possible? Sv32x4 needs GXL=1, and so SXL=1. */
static bool pair_exists(enum pt_mode first, enum pt_mode second)
{
    return second != PT_SV32X4 || first == PT_SV32;
}

TEST_TABLES(nested_every_pair_of_schemes)
{
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < 4; j++) {
            struct stages s;
            enum pt_mode first = first_modes[i], second = second_modes[j];
            if (!pair_exists(first, second))
                continue;
            stages_ready(&s, first, second, NULL);
            for (unsigned high = 0; high < 2; high++) {
                uint64_t va = mode_address(first, high != 0);
                /* with SXL=1, guest physical addresses are of 34 bits */
                uint64_t gpa = mode_address(first == PT_SV32 ? PT_SV32X4 : second, high != 0);
                uint64_t pa = mode_target(second, 0);
                gpa &= 0x00fffffffffff000ull; /* the PPN of a PTE has 44 bits */
                pt_map(&s.first, va, gpa, 0, P_ALL);
                pt_map(&s.second, gpa, pa, 0, P_ALL);
                for (unsigned kind = 0; kind < 3; kind++) {
                    test_note("%s, %s, high %u, kind %u", mode_name(first), mode_name(second), high,
                              kind);
                    EXPECT_OK(s.b, request_of(kind, DEVICE, va), pa | (va & 0xfff));
                }
            }
        }
    }
}

/* Each of the first stage's PTEs is read at its translated address. */
TEST(nested_first_stage_ptes_are_read_through_the_second_stage)
{
    struct stages s;
    make_nested(&s);
    bench_clear_log(s.b);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    CHECK_EQ(bench_accesses(s.b, IOMMU_FIRST_STAGE), 3);
    for (unsigned level = 0; level < 3; level++) {
        uint64_t address = bench_access(s.b, IOMMU_FIRST_STAGE, 2 - level)->access.address;
        CHECK_EQ(address, pt_entry(&s.first, 0x1000, level));
        CHECK_EQ(address + GUEST_OFFSET, pt_entry_gpa(&s.first, 0x1000, level));
    }
}

/*
 * The guest's tables lie in the upper quarters of its address space. The same addresses
 * without the two upper bits are mapped too, to tables that translate to elsewhere.
 */
TEST_TABLES(nested_tables_in_each_quarter_of_guest_memory)
{
    for (uint64_t quarter = 1; quarter < 4; quarter++) {
        struct stages s;
        struct bench *b = bench_for(PT_SV39, PT_SV39X4, NULL);
        stages_make(&s, b, NO_STAGE, PT_SV39X4);
        const uint64_t upper = quarter << 39;
        struct page_table right = pt_create_guest(b, PT_SV39, (struct guest){&s.second, upper});
        struct page_table wrong = pt_create(b, PT_SV39);
        pt_map(&right, 0x1000, 0x7000, 0, P_ALL);
        pt_map(&wrong, 0x1000, 0x8000, 0, P_ALL);
        pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
        pt_map(&s.second, 0x8000, 0x6000, 0, P_ALL);
        for (unsigned level = 0; level < 3; level++) {
            uint64_t gpa = pt_entry_gpa(&right, 0x1000, level) - upper;
            pt_map(&s.second, gpa & ~0xfffull, pt_entry(&wrong, 0x1000, level), 0, P_ALL);
        }
        s.dc.fsc = pt_iosatp(&right);
        stages_update(&s);
        test_note("quarter %u", (unsigned)quarter);
        EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x5000);
        EXPECT_OK(b, write_at(DEVICE, 0x1abc), 0x5abc);
    }
}

/* The walk as [Priv] has it, step by step: each first-stage PTE after its own walk. */
static void count_pte_steps(void *context, const struct iommu_step *step)
{
    unsigned *counts = context;
    if (step->kind == IOMMU_STEP_PTE1)
        counts[0]++;
    if (step->kind == IOMMU_STEP_PTE2)
        counts[step->implicit ? 1 : 2]++;
}

static void no_caches(struct iommu_config *c)
{
    c->ddt_cache_entries = 0;
    c->pdt_cache_entries = 0;
    c->iotlb_entries = 0;
}

TEST(nested_walk_without_caches_reads_fifteen_ptes)
{
    struct stages s;
    unsigned counts[3] = {0, 0, 0};
    struct iommu_request request = read_at(DEVICE, 0x1000);
    stages_ready(&s, PT_SV39, PT_SV39X4, no_caches);
    pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
    bench_clear_log(s.b);
    iommu_translate_traced(s.b->iommu, &request, count_pte_steps, counts);
    CHECK_EQ(counts[0], 3); /* first stage */
    CHECK_EQ(counts[1], 9); /* second stage, on behalf of the three */
    CHECK_EQ(counts[2], 3); /* second stage, of the final address */
    CHECK_EQ(bench_accesses(s.b, IOMMU_FIRST_STAGE), 3);
    CHECK_EQ(bench_accesses(s.b, IOMMU_SECOND_STAGE), 12);
}

TEST_TABLES(nested_page_size_is_the_smaller_one)
{
    for (unsigned first = 0; first < 3; first++) {
        for (unsigned second = 0; second < 3; second++) {
            struct stages s;
            stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
            const uint64_t va = 0x52345678;
            pt_map(&s.first, va, 0x80000000 & ~((1ull << pt_page_log2(PT_SV39, first)) - 1), first,
                   P_ALL);
            uint64_t page = 1ull << pt_page_log2(PT_SV39, first);
            uint64_t gpa = 0x80000000 | (va & (page - 1));
            uint64_t inner = 1ull << pt_page_log2(PT_SV39X4, second);
            pt_map(&s.second, gpa, 0x4000000000ull, second, P_ALL);
            test_note("levels %u and %u", first, second);
            struct iommu_response r =
                EXPECT_OK(s.b, read_at(DEVICE, va), 0x4000000000ull | (gpa & (inner - 1)));
            CHECK_EQ(r.page_log2, 12 + 9 * (first < second ? first : second));
        }
    }
}

TEST_TABLES(nested_napot_in_both_stages)
{
    struct stages s;
    stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
    pt_map_napot(&s.first, 0x40000, 0x70000, P_ALL);
    pt_map_napot(&s.second, 0x70000, 0x90000, P_ALL);
    for (uint64_t page = 0; page < 16; page++) {
        struct iommu_response r =
            EXPECT_OK(s.b, read_at(DEVICE, 0x40010 + (page << 12)), 0x90010 + (page << 12));
        CHECK_EQ(r.page_log2, 16);
    }
}

/* --- faults ------------------------------------------------------------------------ */

TEST_TABLES(nested_guest_page_fault_of_the_final_address)
{
    struct stages s;
    make_nested(&s);
    pt_map(&s.first, 0x2000, 0x9000, 0, P_ALL);
    for (unsigned kind = 0; kind < 3; kind++) {
        struct iommu_request request = request_of(kind, DEVICE, 0x2abc);
        EXPECT_GUEST_FAULT(s.b, request, guest_page_fault(&request), 0x9abc);
    }
}

/* The whole GPA, but for its two low bits. */
TEST_TABLES(nested_iotval2_has_the_guest_physical_address)
{
    for (uint64_t low = 0; low < 8; low++) {
        struct stages s;
        stages_ready(&s, NO_STAGE, PT_SV57X4, NULL);
        uint64_t gpa = mode_address(PT_SV57X4, true);
        gpa = (gpa & ~7ull) | low;
        EXPECT_GUEST_FAULT(s.b, write_at(DEVICE, gpa), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT,
                           gpa & ~3ull);
    }
}

TEST_TABLES(nested_guest_page_fault_of_a_table)
{
    for (unsigned level = 0; level < 3; level++) {
        struct stages s;
        make_nested(&s);
        stages_set_pte(&s, &s.second, pte_of_table(&s, 0x1000, level), 0);
        for (unsigned kind = 0; kind < 3; kind++) {
            struct iommu_request request = request_of(kind, DEVICE, 0x1000);
            test_note("level %u, kind %u", level, kind);
            EXPECT_GUEST_FAULT(s.b, request, guest_page_fault(&request),
                               pt_entry_gpa(&s.first, 0x1000, level) | 1);
        }
    }
}

/* Reading a table is an implicit load: R and U count, not the request's kind. */
TEST_TABLES(nested_tables_need_read_permission)
{
    static const struct {
        uint64_t flags;
        bool allowed;
    } cases[] = {
        {P_V | P_R | P_U | P_A, true},        {P_V | P_R | P_X | P_U | P_A, true},
        {P_V | P_X | P_U | P_A | P_D, false}, {P_V | P_R | P_W | P_X | P_A | P_D, false},
        {P_V | P_R | P_W | P_U | P_D, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned level = 0; level < 3; level++) {
            struct stages s;
            make_nested(&s);
            uint64_t page = pt_entry(&s.first, 0x1000, level) & ~0xfffull;
            stages_set_pte(&s, &s.second, pte_of_table(&s, 0x1000, level),
                           pt_pte(page, cases[i].flags));
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, 0x1000);
                test_note("case %u, level %u, kind %u", (unsigned)i, level, kind);
                if (cases[i].allowed)
                    EXPECT_OK(s.b, request, 0x5000);
                else
                    EXPECT_GUEST_FAULT(s.b, request, guest_page_fault(&request),
                                       pt_entry_gpa(&s.first, 0x1000, level) | 1);
            }
        }
    }
}

/* The first stage's own faults come before the second stage's of the final address. */
TEST_TABLES(nested_first_stage_fault_comes_first)
{
    struct stages s;
    make_nested(&s);
    pt_map(&s.first, 0x2000, 0x9000, 0, P_ALL & ~P_W); /* 0x9000 is not mapped */
    EXPECT_FAULT(s.b, write_at(DEVICE, 0x2000), IOMMU_CAUSE_WRITE_PAGE_FAULT);
    EXPECT_GUEST_FAULT(s.b, read_at(DEVICE, 0x2000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x9000);
    EXPECT_FAULT(s.b, read_at(DEVICE, 0x3000), IOMMU_CAUSE_READ_PAGE_FAULT);
}

TEST_TABLES(nested_permissions_of_both_stages_count)
{
    static const uint64_t xwr[] = {P_R, P_R | P_W, P_X, P_R | P_X, P_R | P_W | P_X};
    static const uint64_t needed[] = {P_R, P_W, P_X};
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            struct stages s;
            stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
            pt_map(&s.first, 0x1000, 0x7000, 0, P_V | P_U | P_A | P_D | xwr[i]);
            pt_map(&s.second, 0x7000, 0x5000, 0, P_V | P_U | P_A | P_D | xwr[j]);
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, 0x1004);
                test_note("first %u, second %u, kind %u", (unsigned)i, (unsigned)j, kind);
                if ((xwr[i] & needed[kind]) == 0) {
                    EXPECT_FAULT(s.b, request, page_fault(&request));
                } else if ((xwr[j] & needed[kind]) == 0) {
                    EXPECT_GUEST_FAULT(s.b, request, guest_page_fault(&request), 0x7004);
                } else {
                    struct iommu_response r = EXPECT_OK(s.b, request, 0x5004);
                    CHECK_EQ(r.permissions, (xwr[i] & xwr[j]) >> 1);
                }
            }
        }
    }
}

/* Sv39 over each second stage: the PPN of a first-stage leaf has bits beyond its width. */
TEST_TABLES(nested_guest_address_too_wide_by_one_bit)
{
    static const enum pt_mode modes[] = {PT_SV39X4, PT_SV48X4};
    for (unsigned i = 0; i < 2; i++) {
        struct stages s;
        const unsigned bits = pt_input_bits(modes[i]);
        stages_ready(&s, PT_SV39, modes[i], NULL);
        for (unsigned bit = bits - 1; bit < 56; bit++) {
            uint64_t gpa = 1ull << bit | 0x7000;
            uint64_t entry = pt_entry(&s.first, 0x1000, 0);
            test_note("%s, bit %u", mode_name(modes[i]), bit);
            stages_set_pte(&s, &s.first, entry, pt_pte(gpa, P_ALL));
            if (bit < bits) {
                pt_map(&s.second, gpa, 0x5000, 0, P_ALL);
                EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
            } else {
                EXPECT_GUEST_FAULT(s.b, read_at(DEVICE, 0x1000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                                   gpa);
            }
        }
    }
}

/* A first-stage PTE may hold any PPN of 44 bits, a second stage may not translate all. */
TEST_TABLES(nested_guest_address_too_wide)
{
    struct stages s;
    make_nested(&s);
    const uint64_t wide = 1ull << 41 | 0x7000;
    pt_map(&s.first, 0x2000, wide, 0, P_ALL);
    EXPECT_GUEST_FAULT(s.b, read_at(DEVICE, 0x2008), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, wide | 8);
    /* a pointer: the implicit access faults */
    uint64_t entry = pt_entry(&s.first, 0x40000000, 2);
    stages_set_pte(&s, &s.first, entry, pt_pte(wide, P_V));
    EXPECT_GUEST_FAULT(s.b, write_at(DEVICE, 0x40000000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT,
                       wide | 1);
    /* the root */
    s.dc.fsc |= 1ull << (41 - 12);
    stages_update(&s);
    EXPECT_GUEST_FAULT(s.b, exec_at(DEVICE, 0x1000), IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT,
                       pt_entry_gpa(&s.first, 0x1000, 2) | 1ull << 41 | 1);
}

TEST(nested_memory_faults_keep_the_access_type)
{
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned depth = 0; depth < 4; depth++) {
            struct stages s;
            make_nested(&s);
            /* depth 3 is the first-stage PTE itself, others are its second-stage walk */
            uint64_t pte = pt_entry(&s.first, 0x1000, level);
            if (depth < 3)
                pte = pt_entry(&s.second, pt_entry_gpa(&s.first, 0x1000, level), depth);
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = request_of(kind, DEVICE, 0x1000);
                test_note("level %u, depth %u, kind %u", level, depth, kind);
                bench_inject(s.b, pte, 8, IOMMU_MEM_ACCESS_FAULT);
                EXPECT_FAULT(s.b, request, access_fault(&request));
                bench_clear_injections(s.b);
                bench_inject(s.b, pte, 8, IOMMU_MEM_POISON);
                EXPECT_FAULT(s.b, request, IOMMU_CAUSE_PT_DATA_CORRUPTION);
                bench_clear_injections(s.b);
            }
            EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
        }
    }
}

/* --- global and memory type -------------------------------------------------------- */

/* G of a second-stage PTE must be ignored: it makes nothing global. */
TEST_TABLES(second_stage_global_bit_is_ignored)
{
    struct stages s;
    make_nested(&s);
    s.dc.tc |= TC(EN_ATS);
    stages_update(&s);
    stages_set_pte(&s, &s.second, pt_entry(&s.second, 0x7000, 0), pt_pte(0x5000, P_ALL | P_G));
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    struct iommu_response r = bench_translate(s.b, as_ats(read_at(DEVICE, 0x1000)));
    CHECK_EQ(r.status, IOMMU_SUCCESS);
    CHECK_EQ(r.ats & IOMMU_ATS_GLOBAL, 0);
}

/* A global bit at any level makes a mapping global: PSCV=1 invalidation spares it. */
TEST_TABLES(first_stage_global_bit_of_any_level)
{
    for (unsigned level = 0; level < 4; level++) { /* 3: none */
        struct stages s;
        struct pdt pdt;
        struct pc pc;
        stages_ready(&s, PT_SV39, NO_STAGE, NULL);
        pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
        stages_add_process(&s, &pdt, &pc);
        s.dc.tc |= TC(EN_ATS);
        stages_update(&s);
        test_note("level %u", level);
        if (level < 3) {
            uint64_t entry = pt_entry(&s.first, 0x1000, level);
            stages_set_pte(&s, &s.first, entry, pt_read(&s.first, entry) | P_G);
        }
        struct iommu_response r =
            bench_translate(s.b, as_ats(with_pid(read_at(DEVICE, 0x1000), PROCESS)));
        CHECK_EQ(r.status, IOMMU_SUCCESS);
        CHECK_EQ((r.ats & IOMMU_ATS_GLOBAL) != 0, level < 3);
    }
}

/* Whatever is kept of a global mapping, the command without PSCV takes it away. */
TEST_TABLES(first_stage_global_mappings_and_invalidation)
{
    struct stages s;
    const uint64_t one = IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, PSCID);
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    uint64_t global = pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL | P_G);
    uint64_t local = pt_map(&s.first, 0x2000, 0x6000, 0, P_ALL);
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
    EXPECT_OK(s.b, read_at(DEVICE, 0x2000), 0x6000);
    pt_write(&s.first, global, pt_pte(0x7000, P_ALL | P_G));
    pt_write(&s.first, local, pt_pte(0x8000, P_ALL));
    bench_command(s.b, cmd_iotinval_vma(one, 0));
    EXPECT_OK(s.b, read_at(DEVICE, 0x2000), 0x8000);
    struct iommu_response r = bench_translate(s.b, read_at(DEVICE, 0x1000));
    CHECK(r.address == 0x5000 || r.address == 0x7000);
    bench_command(s.b, cmd_iotinval_vma(0, 0));
    EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x7000);
}

/* The first stage's type, if it has one, overrides the second stage's. */
TEST_TABLES(pbmt_of_the_first_stage_overrides_the_second)
{
    for (unsigned first = 0; first < 3; first++) {
        for (unsigned second = 0; second < 3; second++) {
            struct stages s;
            stages_ready(&s, PT_SV39, PT_SV39X4, NULL);
            pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL | P_PBMT(first));
            pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL | P_PBMT(second));
            test_note("PBMT %u over %u", first, second);
            struct iommu_response r = EXPECT_OK(s.b, read_at(DEVICE, 0x1000), 0x5000);
            CHECK_EQ(r.pbmt, first != 0 ? first : second);
            s.dc.fsc = 0;
            stages_update(&s);
            CHECK_EQ(EXPECT_OK(s.b, read_at(DEVICE, 0x7000), 0x5000).pbmt, second);
        }
    }
}
