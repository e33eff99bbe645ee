/* SPDX-License-Identifier: Apache-2.0 */
/* "Process to locate the Process-context", with the PDT in guest memory. */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK

struct guest_directory {
    struct stages s;
    struct pdt pdt;
    struct pc pc;
};

/* A process with Sv39 over Sv39x4; its page 0x1000 is guest page 0x7000 is page 0x5000. */
static void make_guest_directory(struct guest_directory *g)
{
    stages_ready(&g->s, PT_SV39, PT_SV39X4, NULL);
    pt_map(&g->s.first, 0x1000, 0x7000, 0, P_ALL);
    pt_map(&g->s.second, 0x7000, 0x5000, 0, P_ALL);
    stages_add_process(&g->s, &g->pdt, &g->pc);
}

static struct iommu_request process_request(unsigned kind)
{
    return with_pid(request_of(kind, DEVICE, 0x1000), PROCESS);
}

/* Second-stage PTE of the page with the PDT entry of `level`. */
static uint64_t pte_of_entry(struct guest_directory *g, unsigned level)
{
    return pt_entry(&g->s.second, pdt_entry_gpa(&g->pdt, PROCESS, level), 0);
}

TEST_TABLES(guest_pdt_is_reached_through_the_second_stage)
{
    for (unsigned i = 0; i < 4; i++) {
        struct stages s;
        struct pdt pdt;
        struct pc pc;
        enum pt_mode first = second_modes[i] == PT_SV32X4 ? PT_SV32 : PT_SV39;
        stages_ready(&s, first, second_modes[i], NULL);
        pt_map(&s.first, 0x1000, 0x7000, 0, P_ALL);
        pt_map(&s.second, 0x7000, 0x5000, 0, P_ALL);
        stages_add_process(&s, &pdt, &pc);
        EXPECT_OK(s.b, process_request(0), 0x5000);
        EXPECT_OK(s.b, process_request(1), 0x5000);
        /* the guest's directory is not where its guest physical addresses say */
        CHECK(pdt_entry_gpa(&pdt, PROCESS, 0) != pdt_entry(&pdt, PROCESS, 0));
    }
}

/* A directory page that the second stage does not map, at each level. */
TEST_TABLES(guest_pdt_guest_page_fault_keeps_the_access_type)
{
    for (unsigned level = 0; level < 3; level++) {
        struct guest_directory g;
        make_guest_directory(&g);
        stages_set_pte(&g.s, &g.s.second, pte_of_entry(&g, level), 0);
        for (unsigned kind = 0; kind < 3; kind++) {
            struct iommu_request request = process_request(kind);
            test_note("level %u, kind %u", level, kind);
            EXPECT_GUEST_FAULT(g.s.b, request, guest_page_fault(&request),
                               pdt_entry_gpa(&g.pdt, PROCESS, level) | 1);
        }
    }
}

/* An implicit read: it needs R and U, not W or X, whatever the request is. */
TEST_TABLES(guest_pdt_needs_read_permission_only)
{
    static const struct {
        uint64_t flags;
        bool allowed;
    } cases[] = {
        {P_V | P_R | P_U | P_A, true},
        {P_V | P_R | P_X | P_U | P_A, true},
        {P_ALL, true},
        {P_V | P_X | P_U | P_A | P_D, false},
        {P_V | P_R | P_W | P_X | P_A | P_D, false}, /* U=0 */
        {P_V | P_R | P_W | P_U, false},             /* A=0 */
    };
    for (unsigned level = 0; level < 3; level++) {
        struct guest_directory g;
        make_guest_directory(&g);
        uint64_t entry = pdt_entry(&g.pdt, PROCESS, level);
        uint64_t page = entry & ~0xfffull;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            stages_set_pte(&g.s, &g.s.second, pte_of_entry(&g, level),
                           pt_pte(page, cases[i].flags));
            for (unsigned kind = 0; kind < 3; kind++) {
                struct iommu_request request = process_request(kind);
                test_note("level %u, case %u, kind %u", level, (unsigned)i, kind);
                if (cases[i].allowed)
                    EXPECT_OK(g.s.b, request, 0x5000);
                else
                    EXPECT_GUEST_FAULT(g.s.b, request, guest_page_fault(&request),
                                       pdt_entry_gpa(&g.pdt, PROCESS, level) | 1);
            }
        }
    }
}

TEST(guest_pdt_memory_faults_are_of_the_pdt)
{
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned depth = 0; depth < 3; depth++) {
            struct guest_directory g;
            make_guest_directory(&g);
            uint64_t pte = pt_entry(&g.s.second, pdt_entry_gpa(&g.pdt, PROCESS, level), depth);
            test_note("level %u, second-stage level %u", level, depth);
            bench_inject(g.s.b, pte, 8, IOMMU_MEM_ACCESS_FAULT);
            EXPECT_FAULT(g.s.b, process_request(1), IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
            EXPECT_FAULT(g.s.b, process_request(2), IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
            bench_clear_injections(g.s.b);
            bench_inject(g.s.b, pte, 8, IOMMU_MEM_POISON);
            EXPECT_FAULT(g.s.b, process_request(1), IOMMU_CAUSE_PDT_DATA_CORRUPTION);
            bench_clear_injections(g.s.b);
            EXPECT_OK(g.s.b, process_request(1), 0x5000);
        }
        struct guest_directory g;
        make_guest_directory(&g);
        test_note("level %u, the entry", level);
        bench_inject(g.s.b, pdt_entry(&g.pdt, PROCESS, level), 8, IOMMU_MEM_ACCESS_FAULT);
        EXPECT_FAULT(g.s.b, process_request(0), IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
        bench_clear_injections(g.s.b);
        bench_inject(g.s.b, pdt_entry(&g.pdt, PROCESS, level), 8, IOMMU_MEM_POISON);
        EXPECT_FAULT(g.s.b, process_request(0), IOMMU_CAUSE_PDT_DATA_CORRUPTION);
    }
}

/* The second-stage translation comes before the entry's own checks. */
TEST_TABLES(guest_pdt_translation_comes_before_the_entry)
{
    struct guest_directory g;
    make_guest_directory(&g);
    uint64_t entry = pdt_entry(&g.pdt, PROCESS, 1);
    bench_put64(g.s.b, entry, 0);
    bench_invalidate_all(g.s.b);
    EXPECT_FAULT(g.s.b, process_request(1), IOMMU_CAUSE_PDT_NOT_VALID);
    uint64_t pte = pt_entry(&g.s.second, entry + GUEST_OFFSET, 0);
    stages_set_pte(&g.s, &g.s.second, pte, 0);
    EXPECT_GUEST_FAULT(g.s.b, process_request(1), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT,
                       (entry + GUEST_OFFSET) | 1);
}

/* With GADE, A of the page is set, D is not: the access is a read. */
TEST_TABLES(guest_pdt_reads_set_accessed_but_not_dirty)
{
    struct guest_directory g;
    make_guest_directory(&g);
    g.s.dc.tc |= TC(GADE);
    stages_update(&g.s);
    uint64_t pte = pte_of_entry(&g, 0);
    stages_set_pte(&g.s, &g.s.second, pte, pt_read(&g.s.second, pte) & ~(uint64_t)(P_A | P_D));
    EXPECT_OK(g.s.b, process_request(1), 0x5000);
    CHECK_EQ(pt_read(&g.s.second, pte) & (P_A | P_D), P_A);
}

/* A guest physical address of the directory that the second stage cannot translate. */
TEST_TABLES(guest_pdt_address_too_wide)
{
    for (unsigned i = 0; i < 4; i++) {
        struct stages s;
        struct pdt pdt;
        struct pc pc;
        enum pt_mode mode = second_modes[i];
        stages_ready(&s, mode == PT_SV32X4 ? PT_SV32 : PT_SV39, mode, NULL);
        stages_add_process(&s, &pdt, &pc);
        uint64_t root = pdt_entry_gpa(&pdt, PROCESS, 2);
        uint64_t fsc = s.dc.fsc;
        for (unsigned bit = pt_input_bits(mode); bit < 56; bit++) {
            uint64_t wide = 1ull << bit;
            test_note("%s, bit %u", mode_name(mode), bit);
            s.dc.fsc = fsc | wide >> 12;
            stages_update(&s);
            EXPECT_GUEST_FAULT(s.b, process_request(0), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT,
                               root | wide | 1);
        }
    }
}
