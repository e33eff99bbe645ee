/* SPDX-License-Identifier: Apache-2.0 */
/* "Process-Directory-Table (PDT)", "Process-context configuration checks". */
#include "stages.h"
#include "tweaks.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define PC(BIT) IOMMU_PC_TA_##BIT##_MASK
#define MODE(mode) IOMMU_PREP(IOMMU_PC_FSC_MODE, (mode))

/* A device with a process directory of this depth, and no second stage. */
struct directory {
    struct bench *b;
    struct dc dc;
    struct pdt pdt;
};

static void make_directory(struct directory *d, struct bench *b, unsigned mode)
{
    d->b = b;
    d->pdt = pdt_create(b, mode);
    d->dc = bench_dc(b);
    d->dc.tc |= TC(PDTV);
    d->dc.fsc = pdt_pdtp(&d->pdt);
    bench_write_dc(b, DEVICE, &d->dc);
}

static unsigned id_bits(unsigned mode)
{
    static const unsigned bits[] = {0, 8, 17, 20};
    return bits[mode];
}

static struct iommu_request process_read(uint32_t process_id, uint64_t iova)
{
    return with_pid(read_at(DEVICE, iova), process_id);
}

/* --- walk -------------------------------------------------------------------------- */

TEST(pdt_partitions_process_id_8_9_3)
{
    for (unsigned mode = 1; mode <= 3; mode++) {
        for (unsigned i = 0; i <= id_bits(mode); i++) {
            struct directory d;
            struct pc pc = pc_bare();
            uint32_t pid = i == id_bits(mode) ? (1u << i) - 1 : 1u << i;
            make_directory(&d, bench_ready("max", NULL), mode);
            pdt_write_pc(&d.pdt, pid, &pc);
            bench_clear_log(d.b);
            test_note("mode %u, process_id 0x%x", mode, (unsigned)pid);
            EXPECT_OK(d.b, process_read(pid, 0x1000), 0x1000);
            for (unsigned level = 0; level < mode; level++) {
                const struct event *access = bench_access(d.b, IOMMU_PDT, mode - 1 - level);
                REQUIRE(access != NULL);
                CHECK_EQ(access->access.address, pdt_entry(&d.pdt, pid, level));
            }
        }
    }
}

/* Worked out by hand: 0xb5a9c is PDI 0x5, 0x15a, 0x9c. */
TEST(pdt_walk_reads_the_expected_addresses)
{
    struct directory d;
    struct pc pc = pc_bare();
    make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD20);
    pdt_write_pc(&d.pdt, 0xb5a9c, &pc);
    bench_clear_log(d.b);
    EXPECT_OK(d.b, process_read(0xb5a9c, 0), 0);
    REQUIRE(bench_accesses(d.b, IOMMU_PDT) >= 3);
    CHECK_EQ(bench_access(d.b, IOMMU_PDT, 0)->access.address, d.pdt.root + 0x5 * 8);
    CHECK_EQ(bench_access(d.b, IOMMU_PDT, 0)->access.size, 8);
    CHECK_EQ(bench_access(d.b, IOMMU_PDT, 1)->access.address & 0xfff, 0x15a * 8);
    CHECK_EQ(bench_access(d.b, IOMMU_PDT, 2)->access.address & 0xfff, 0x9c * 16);
}

TEST_TABLES(pdt_contexts_are_told_apart)
{
    for (unsigned mode = 1; mode <= 3; mode++) {
        struct directory d;
        struct bench *b = bench_ready("max", NULL);
        make_directory(&d, b, mode);
        test_note("mode %u", mode);
        for (unsigned i = 0; i < id_bits(mode); i++) {
            struct page_table pt = pt_create(b, PT_SV39);
            struct pc pc = pc_bare();
            pt_map(&pt, 0x1000, 0x100000ull + (0x1000ull << i), 0, P_ALL);
            pc.ta |= IOMMU_PREP(IOMMU_PC_TA_PSCID, i + 1);
            pc.fsc = pt_iosatp(&pt);
            pdt_write_pc(&d.pdt, 1u << i, &pc);
        }
        for (unsigned i = 0; i < id_bits(mode); i++)
            EXPECT_OK(b, process_read(1u << i, 0x1000), 0x100000ull + (0x1000ull << i));
    }
}

TEST_TABLES(pdt_process_id_too_wide)
{
    for (unsigned mode = 1; mode <= 2; mode++) {
        struct directory d;
        make_directory(&d, bench_ready("max", NULL), mode);
        for (unsigned bit = id_bits(mode); bit < 20; bit++) {
            test_note("mode %u, bit %u", mode, bit);
            EXPECT_FAULT(d.b, process_read(1u << bit, 0x1000), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
        }
        EXPECT_FAULT(d.b, process_read((1u << id_bits(mode)) - 1, 0x1000),
                     IOMMU_CAUSE_PDT_NOT_VALID);
    }
}

TEST_TABLES(pdt_process_id_without_pdtv)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    EXPECT_FAULT(b, process_read(0, 0x1000), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_FAULT(b, with_priv(write_at(DEVICE, 0x1000), 0xfffff),
                 IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_OK(b, read_at(DEVICE, 0x1000), 0x1000);
}

TEST_TABLES(pdt_bare_or_no_process_id_means_bare_first_stage)
{
    struct directory d;
    make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD20);
    EXPECT_OK(d.b, read_at(DEVICE, 0x1000), 0x1000); /* DPE=0, no process_id */
    d.dc.fsc = 0;                                    /* pdtp.MODE Bare */
    bench_write_dc(d.b, DEVICE, &d.dc);
    bench_invalidate_all(d.b);
    EXPECT_OK(d.b, read_at(DEVICE, 0x1000), 0x1000);
    EXPECT_OK(d.b, process_read(0, 0x1000), 0x1000);
    EXPECT_OK(d.b, process_read(PROCESS, 0x1000), 0x1000);
    EXPECT_OK(d.b, with_priv(write_at(DEVICE, 0x1000), PROCESS), 0x1000);
}

/* --- entries ----------------------------------------------------------------------- */

/* Change bits of a PDT entry's word, translate, and change them back. */
static void check_word(struct directory *d, uint64_t address, uint64_t flip, uint16_t cause)
{
    uint64_t good = bench_get(d->b, address, 8, d->pdt.big_endian);
    bench_put(d->b, address, 8, good ^ flip, d->pdt.big_endian);
    bench_invalidate_all(d->b);
    if (cause == 0)
        EXPECT_OK(d->b, process_read(PROCESS, 0x1000), 0x1000);
    else
        EXPECT_FAULT(d->b, process_read(PROCESS, 0x1000), cause);
    bench_put(d->b, address, 8, good, d->pdt.big_endian);
    bench_invalidate_all(d->b);
}

TEST_TABLES(pdte_valid_and_reserved_bits)
{
    struct directory d;
    struct pc pc = pc_bare();
    make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD20);
    pdt_write_pc(&d.pdt, PROCESS, &pc);
    for (unsigned level = 1; level <= 2; level++) {
        uint64_t entry = pdt_entry(&d.pdt, PROCESS, level);
        check_word(&d, entry, 1, IOMMU_CAUSE_PDT_NOT_VALID);
        for (unsigned bit = 1; bit < 64; bit++) {
            test_note("level %u, bit %u", level, bit);
            if (bit <= 9 || bit >= 54)
                check_word(&d, entry, 1ull << bit, IOMMU_CAUSE_PDT_MISCONFIGURED);
        }
    }
}

TEST_TABLES(pc_fields_and_reserved_bits)
{
    struct directory d;
    struct pc pc = pc_bare();
    make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD8);
    pdt_write_pc(&d.pdt, PROCESS, &pc);
    uint64_t entry = pdt_entry(&d.pdt, PROCESS, 0);
    check_word(&d, entry, 1, IOMMU_CAUSE_PDT_NOT_VALID);
    for (unsigned bit = 1; bit < 64; bit++) {
        test_note("bit %u", bit);
        bool field = bit <= 2 || (bit >= 12 && bit <= 31);
        check_word(&d, entry, 1ull << bit, field ? 0 : IOMMU_CAUSE_PDT_MISCONFIGURED);
        if (bit >= 44 && bit < 60)
            check_word(&d, entry + 8, 1ull << bit, IOMMU_CAUSE_PDT_MISCONFIGURED);
        else if (bit < 44) /* Bare: the PPN does not matter */
            check_word(&d, entry + 8, 1ull << bit, 0);
    }
}

TEST_TABLES(pc_not_valid_leaves_other_bits_to_software)
{
    struct directory d;
    struct pc pc = {~1ull, ~0ull};
    make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD17);
    pdt_write_pc(&d.pdt, PROCESS, &pc);
    EXPECT_FAULT(d.b, process_read(PROCESS, 0x1000), IOMMU_CAUSE_PDT_NOT_VALID);
}

/* PC.fsc.MODE has the encodings of iosatp, as SXL has it. */
TEST_TABLES(pc_check_mode_encodings)
{
    for (unsigned sxl = 0; sxl < 2; sxl++) {
        struct directory d;
        make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD8);
        d.dc.tc |= IOMMU_PREP(IOMMU_DC_TC_SXL, sxl);
        bench_write_dc(d.b, DEVICE, &d.dc);
        for (uint64_t mode = 0; mode < 16; mode++) {
            struct pc pc = pc_bare();
            pc.fsc = MODE(mode) | bench_page(d.b) >> 12;
            pdt_write_pc(&d.pdt, PROCESS, &pc);
            bench_invalidate_all(d.b);
            test_note("SXL %u, mode %u", sxl, (unsigned)mode);
            if (mode == 0)
                EXPECT_OK(d.b, process_read(PROCESS, 0x1000), 0x1000);
            else if (mode == 8 || (sxl == 0 && (mode == 9 || mode == 10)))
                EXPECT_FAULT(d.b, process_read(PROCESS, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT);
            else
                EXPECT_FAULT(d.b, process_read(PROCESS, 0x1000), IOMMU_CAUSE_PDT_MISCONFIGURED);
        }
    }
}

TEST_TABLES(pc_check_unsupported_modes)
{
    static const struct {
        config_tweak *tweak;
        enum pt_mode mode;
        uint64_t sxl;
    } cases[] = {{no_sv39, PT_SV39, 0},
                 {no_sv48, PT_SV48, 0},
                 {no_sv57, PT_SV57, 0},
                 {no_sv32, PT_SV32, TC(SXL)}};
    for (size_t i = 0; i < 4; i++) {
        struct directory d;
        struct pc pc = pc_bare();
        test_note("%s", mode_name(cases[i].mode));
        make_directory(&d, bench_ready("max", cases[i].tweak), IOMMU_PDTP_MODE_PD8);
        d.dc.tc |= cases[i].sxl;
        bench_write_dc(d.b, DEVICE, &d.dc);
        pc.fsc = MODE(pt_mode_encoding(cases[i].mode)) | bench_page(d.b) >> 12;
        pdt_write_pc(&d.pdt, PROCESS, &pc);
        EXPECT_FAULT(d.b, process_read(PROCESS, 0x1000), IOMMU_CAUSE_PDT_MISCONFIGURED);
    }
}

/* fsc of a process context works for every scheme that SXL admits. */
TEST_TABLES(pc_fsc_selects_the_scheme)
{
    for (unsigned i = 0; i < 4; i++) {
        struct stages s;
        struct pdt pdt;
        struct pc pc;
        uint64_t va = mode_address(first_modes[i], false);
        stages_ready(&s, first_modes[i], NO_STAGE, NULL);
        pt_map(&s.first, va, 0x5000, 0, P_ALL);
        stages_add_process(&s, &pdt, &pc);
        EXPECT_OK(s.b, process_read(PROCESS, va), 0x5000 | (va & 0xfff));
    }
}

/* --- ENS, SUM, privilege ----------------------------------------------------------- */

TEST_TABLES(pc_ens_admits_supervisor_requests)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL & ~P_U);
    stages_add_process(&s, &pdt, &pc);
    for (unsigned kind = 0; kind < 3; kind++)
        EXPECT_FAULT(s.b, with_priv(request_of(kind, DEVICE, 0x1000), PROCESS),
                     IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    pc.ta |= PC(ENS);
    stages_update_process(&s, &pdt, &pc);
    for (unsigned kind = 0; kind < 3; kind++)
        EXPECT_OK(s.b, with_priv(request_of(kind, DEVICE, 0x1000), PROCESS), 0x5000);
}

/* ENS counts even if the process's first stage is Bare. */
TEST_TABLES(pc_ens_counts_with_bare_first_stage)
{
    struct directory d;
    struct pc pc = pc_bare();
    make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD8);
    pdt_write_pc(&d.pdt, PROCESS, &pc);
    EXPECT_FAULT(d.b, with_priv(read_at(DEVICE, 0x1000), PROCESS),
                 IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    EXPECT_OK(d.b, process_read(PROCESS, 0x1000), 0x1000);
}

TEST_TABLES(pc_sum_admits_supervisor_reads_and_writes_of_user_pages)
{
    struct stages s;
    struct pdt pdt;
    struct pc pc;
    stages_ready(&s, PT_SV39, NO_STAGE, NULL);
    pt_map(&s.first, 0x1000, 0x5000, 0, P_ALL);
    stages_add_process(&s, &pdt, &pc);
    for (unsigned sum = 0; sum < 2; sum++) {
        pc.ta |= PC(ENS) | IOMMU_PREP(IOMMU_PC_TA_SUM, sum);
        stages_update_process(&s, &pdt, &pc);
        test_note("SUM %u", sum);
        for (unsigned kind = 0; kind < 3; kind++) {
            struct iommu_request request = with_priv(request_of(kind, DEVICE, 0x1000), PROCESS);
            if (sum == 1 && kind != 2)
                EXPECT_OK(s.b, request, 0x5000);
            else
                EXPECT_FAULT(s.b, request, page_fault(&request));
        }
    }
}

/* --- memory faults ----------------------------------------------------------------- */

TEST(pdt_memory_faults_at_each_level)
{
    for (unsigned level = 0; level < 3; level++) {
        for (uint64_t part = 0; part < (level == 0 ? 16 : 8); part += 8) {
            struct directory d;
            struct pc pc = pc_bare();
            make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD20);
            pdt_write_pc(&d.pdt, PROCESS, &pc);
            test_note("level %u, byte %u", level, (unsigned)part);
            uint64_t entry = pdt_entry(&d.pdt, PROCESS, level) + part;
            bench_inject(d.b, entry, 8, IOMMU_MEM_ACCESS_FAULT);
            EXPECT_FAULT(d.b, process_read(PROCESS, 0), IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
            bench_clear_injections(d.b);
            bench_inject(d.b, entry, 8, IOMMU_MEM_POISON);
            EXPECT_FAULT(d.b, process_read(PROCESS, 0), IOMMU_CAUSE_PDT_DATA_CORRUPTION);
            bench_clear_injections(d.b);
            EXPECT_OK(d.b, process_read(PROCESS, 0), 0);
        }
    }
}

TEST(pdt_checks_access_then_corruption_then_valid_then_reserved)
{
    for (unsigned level = 0; level < 3; level++) {
        struct directory d;
        struct pc pc = pc_bare();
        make_directory(&d, bench_ready("max", NULL), IOMMU_PDTP_MODE_PD20);
        pdt_write_pc(&d.pdt, PROCESS, &pc);
        test_note("level %u", level);
        uint64_t entry = pdt_entry(&d.pdt, PROCESS, level);
        uint64_t good = bench_get64(d.b, entry);
        bench_put64(d.b, entry, (good | 1ull << 60) & ~1ull);
        bench_inject(d.b, entry, 8, IOMMU_MEM_ACCESS_FAULT);
        EXPECT_FAULT(d.b, process_read(PROCESS, 0), IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
        bench_clear_injections(d.b);
        bench_inject(d.b, entry, 8, IOMMU_MEM_POISON);
        EXPECT_FAULT(d.b, process_read(PROCESS, 0), IOMMU_CAUSE_PDT_DATA_CORRUPTION);
        bench_clear_injections(d.b);
        EXPECT_FAULT(d.b, process_read(PROCESS, 0), IOMMU_CAUSE_PDT_NOT_VALID);
        bench_put64(d.b, entry, good | 1ull << 60);
        EXPECT_FAULT(d.b, process_read(PROCESS, 0), IOMMU_CAUSE_PDT_MISCONFIGURED);
    }
}

TEST_TABLES(pdt_addresses_beyond_pas)
{
    struct directory d;
    struct pc pc = pc_bare();
    make_directory(&d, bench_ready("max", pas_40), IOMMU_PDTP_MODE_PD20);
    pdt_write_pc(&d.pdt, PROCESS, &pc);
    for (unsigned level = 1; level <= 2; level++) {
        for (unsigned bit = 40; bit < 56; bit++) {
            test_note("level %u, address bit %u", level, bit);
            check_word(&d, pdt_entry(&d.pdt, PROCESS, level), 1ull << (bit - 2),
                       IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT);
        }
    }
}

TEST_TABLES(pc_addresses_beyond_pas_by_choice)
{
    for (unsigned early = 0; early < 2; early++) {
        struct directory d;
        struct pc pc = pc_bare();
        make_directory(&d, bench_ready("max", early ? pas_40_early : pas_40), IOMMU_PDTP_MODE_PD8);
        test_note("early %u", early);
        pc.fsc = MODE(IOMMU_IOSATP_MODE_SV39) | 1ull << (40 - 12);
        pdt_write_pc(&d.pdt, PROCESS, &pc);
        EXPECT_FAULT(d.b, process_read(PROCESS, 0x1000),
                     early ? IOMMU_CAUSE_PDT_MISCONFIGURED : IOMMU_CAUSE_READ_ACCESS_FAULT);
        EXPECT_FAULT(d.b, with_pid(exec_at(DEVICE, 0x1000), PROCESS),
                     early ? IOMMU_CAUSE_PDT_MISCONFIGURED : IOMMU_CAUSE_INSTR_ACCESS_FAULT);
    }
}
