/* SPDX-License-Identifier: Apache-2.0 */
/* "Memory-mapped register interface": access rules, layout, optional registers. */
#include "stages.h"
#include "tweaks.h"

/* Registers as the table of the register layout has them. */
struct layout {
    uint32_t offset;
    uint32_t bytes;
    uint64_t writable; /* bits that may read back as 1 after a write of ones, queues off */
    const char *name;
};

static const struct layout layout[] = {
    {0, 8, 0, "capabilities"},
    {8, 4, 0x7, "fctl"},
    {12, 4, 0, "custom"},
    {16, 8, 0x003ffffffffffc0full, "ddtp"},
    {24, 8, 0x003ffffffffffc1full, "cqb"},
    {32, 4, 0, "cqh"},
    {36, 4, 0xffffffff, "cqt"},
    {40, 8, 0x003ffffffffffc1full, "fqb"},
    {48, 4, 0xffffffff, "fqh"},
    {52, 4, 0, "fqt"},
    {56, 8, 0x003ffffffffffc1full, "pqb"},
    {64, 4, 0xffffffff, "pqh"},
    {68, 4, 0, "pqt"},
    {72, 4, 0x00010f03, "cqcsr"},
    {76, 4, 0x00010303, "fqcsr"},
    {80, 4, 0x00010303, "pqcsr"},
    {84, 4, 0, "ipsr"},
    {88, 4, 0xffffffff, "iocountovf"}, /* shadows of OF bits that were written just before */
    {92, 4, 0xffffffff, "iocountinh"},
    {96, 8, ~0ull, "iohpmcycles"},
    {600, 8, 0xfffffffffffff000ull, "tr_req_iova"},
    {608, 8, 0xffffff01fffff00eull, "tr_req_ctl"},
    {616, 8, 0x003fffffffffff81ull, "tr_response"},
    {624, 4, 0x0fff0fff, "iommu_qosid"},
    {760, 8, 0xffff, "icvec"},
};
#define LAYOUT (sizeof layout / sizeof layout[0])

TEST_BOTH(register_page_is_4_kib)
{
    struct bench *b = bench_create("max", NULL);
    uint64_t value = 1;
    CHECK_EQ(iommu_mmio_read(b->iommu, 4092, 4, &value), IOMMU_MMIO_OK);
    CHECK_EQ(value, 0);
    CHECK_EQ(iommu_mmio_read(b->iommu, 4088, 8, &value), IOMMU_MMIO_OK);
    value = 1;
    CHECK_EQ(iommu_mmio_read(b->iommu, 4096, 4, &value), IOMMU_MMIO_OUTSIDE);
    CHECK_EQ(value, 0);
    CHECK_EQ(iommu_mmio_write(b->iommu, 4096 + 16, 8, 1), IOMMU_MMIO_OUTSIDE);
    CHECK_EQ(iommu_mmio_read(b->iommu, 0xfffffff8, 8, &value), IOMMU_MMIO_OUTSIDE);
    CHECK_EQ(REG(b, DDTP) & 0xf, b->config.reset_mode);
}

/* Each writable 8-byte register, written in halves and whole. */
TEST_BOTH(registers_of_8_bytes_are_two_of_4)
{
    static const uint32_t offsets[] = {16, 24, 40, 56, 96, 104, 352, 600, 608, 768};
    static const uint64_t patterns[] = {0x0012345678abc402ull, 0x0005a5a500000000ull,
                                        0x55555000ull};
    struct bench *b = bench_create("max", NULL);
    REG_SET(b, IOCOUNTINH, 0xffffffff);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        for (size_t j = 0; j < 3; j++) {
            uint64_t value = patterns[j];
            test_note("offset %u, pattern %u", (unsigned)offsets[i], (unsigned)j);
            reg_write(b, offsets[i], 8, value);
            uint64_t whole = reg_read(b, offsets[i], 8);
            reg_write(b, offsets[i], 8, 0);
            reg_write(b, offsets[i] + 4, 4, value >> 32);
            reg_write(b, offsets[i], 4, value & 0xffffffff);
            CHECK_EQ(reg_read(b, offsets[i], 8), whole);
            CHECK_EQ(reg_read(b, offsets[i] + 4, 4), whole >> 32);
            CHECK_EQ(reg_read(b, offsets[i], 4), whole & 0xffffffff);
        }
    }
}

/* The half with Go/Busy comes last, so the request is complete when it starts. */
TEST_BOTH(register_halves_tr_req_ctl_high_first)
{
    struct bench *b = bench_ready("max", NULL);
    struct dc dc = bench_dc(b);
    bench_write_dc(b, DEVICE, &dc);
    REG_SET(b, TR_REQ_IOVA, 0x123000);
    reg_write(b, IOMMU_REG_TR_REQ_CTL + 4, 4, DEVICE << 8);
    CHECK_EQ(bench_fault_count(b), 0);
    reg_write(b, IOMMU_REG_TR_REQ_CTL, 4, 0x9);
    CHECK_EQ(REG_FIELD(b, TR_RESPONSE, FAULT), 0);
    CHECK_EQ(REG_FIELD(b, TR_REQ_CTL, GO_BUSY), 0);
    reg_write(b, IOMMU_REG_TR_REQ_CTL + 4, 4, 0x12345600);
    CHECK_EQ(bench_fault_count(b), 0); /* the high half alone starts nothing */
    reg_write(b, IOMMU_REG_TR_REQ_CTL, 4, 0x9);
    CHECK_EQ(REG_FIELD(b, TR_RESPONSE, FAULT), 1);
    CHECK_RECORD(b, fault_of(read_at(0x123456, 0x123000), IOMMU_CAUSE_DDT_NOT_VALID, 0));
    /* one 8-byte write translates once */
    REG_SET(b, TR_REQ_CTL, 0x1234560000000009ull);
    CHECK_EQ(bench_fault_count(b), 1);
}

TEST_BOTH(register_halves_cqb_high_first)
{
    struct bench *b = bench_create("max", NULL);
    uint64_t base = bench_alloc(b, 4096, 4096);
    uint64_t value = IOMMU_PREP(IOMMU_CQB_PPN, base >> 12) | 3;
    reg_write(b, IOMMU_REG_CQB + 4, 4, value >> 32);
    reg_write(b, IOMMU_REG_CQB, 4, value & 0xffffffff);
    CHECK_EQ(REG(b, CQB), value);
    b->cq = (struct bench_queue){.base = base, .log2 = 4};
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    for (unsigned i = 0; i < 20; i++)
        bench_command(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(REG(b, CQH), 20 % 16);
}

/* UNSPECIFIED; the model answers and ignores. */
TEST_BOTH(register_access_of_odd_size_or_alignment)
{
    static const uint32_t sizes[] = {0, 1, 2, 3, 5, 6, 7, 16};
    struct bench *b = bench_create("max", NULL);
    uint64_t before = REG(b, CQB);
    uint64_t value;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        test_note("size %u", (unsigned)sizes[i]);
        value = 1;
        CHECK_EQ(iommu_mmio_read(b->iommu, 0, sizes[i], &value), IOMMU_MMIO_BAD_SIZE);
        CHECK_EQ(value, 0);
        CHECK_EQ(iommu_mmio_write(b->iommu, 24, sizes[i], 0x1234567), IOMMU_MMIO_BAD_SIZE);
    }
    for (uint32_t offset = 1; offset < 8; offset++) {
        test_note("offset %u", (unsigned)offset);
        value = 1;
        CHECK_EQ(iommu_mmio_read(b->iommu, offset, 8, &value), IOMMU_MMIO_MISALIGNED);
        CHECK_EQ(value, 0);
        CHECK_EQ(iommu_mmio_write(b->iommu, 24 + offset, 8, ~0ull), IOMMU_MMIO_MISALIGNED);
        if (offset % 4 != 0)
            CHECK_EQ(iommu_mmio_write(b->iommu, 24 + offset, 4, ~0u), IOMMU_MMIO_MISALIGNED);
    }
    CHECK_EQ(REG(b, CQB), before);
}

/* UNSPECIFIED too: two 4-byte registers at once. */
TEST_BOTH(register_access_spanning_two_registers_does_both)
{
    struct bench *b = bench_create("max", NULL);
    bench_start_queues(b);
    reg_write(b, IOMMU_REG_FQH, 8, 0x0000000500000003ull);
    CHECK_EQ(REG(b, FQH), 3);
    CHECK_EQ(REG(b, FQT), 0); /* read-only */
    CHECK_EQ(reg_read(b, IOMMU_REG_FQH, 8), 3);
    reg_write(b, IOMMU_REG_MSI_DATA(2), 8, 0x0000000112345678ull);
    CHECK_EQ(REG_N(b, MSI_DATA, 2), 0x12345678);
    CHECK_EQ(REG_N(b, MSI_VEC_CTL, 2), 1);
}

TEST_BOTH(registers_are_little_endian_in_either_byte_order)
{
    for (uint32_t be = 0; be < 2; be++) {
        struct bench *b = bench_create("max", NULL);
        bench_set_fctl(b, ((uint32_t)REG(b, FCTL) & ~1u) | be);
        test_note("BE %u", (unsigned)be);
        CHECK_EQ(reg_read(b, 0, 4) & 0xff, 0x10);
        REG_SET(b, TR_REQ_IOVA, 0x1122334455667000ull);
        CHECK_EQ(reg_read(b, IOMMU_REG_TR_REQ_IOVA, 4), 0x55667000);
        CHECK_EQ(reg_read(b, IOMMU_REG_TR_REQ_IOVA + 4, 4), 0x11223344);
    }
}

/* --- optional and reserved registers ----------------------------------------------- */

static void bare_config(struct iommu_config *c)
{
    c->capabilities &= ~(CAP(ATS) | CAP(T2GPA) | CAP(HPM) | CAP(DBG) | CAP(QOSID) | CAP(IGS));
    c->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_WSI);
    c->hpm_counters = 0;
    c->rcid_bits = 0;
    c->mcid_bits = 0;
    c->fctl_writable &= ~IOMMU_FCTL_WSI_MASK;
    c->fctl_reset |= IOMMU_FCTL_WSI_MASK;
}

static void write_ones(struct bench *b, uint32_t from, uint32_t to)
{
    for (uint32_t offset = from; offset < to; offset += 4)
        reg_write(b, offset, 4, 0xffffffff);
}

static void check_zero(struct bench *b, uint32_t from, uint32_t to)
{
    for (uint32_t offset = from; offset < to; offset += 4) {
        test_note("offset %u", (unsigned)offset);
        CHECK_EQ(reg_read(b, offset, 4), 0);
    }
}

TEST_BOTH(registers_absent_read_zero_and_ignore_writes)
{
    static const struct {
        uint32_t from, to;
    } absent[] = {{56, 72}, {80, 84}, {88, 628}, {768, 1024}};
    struct bench *b = bench_create("max", bare_config);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        write_ones(b, absent[i].from, absent[i].to);
        check_zero(b, absent[i].from, absent[i].to);
    }
    CHECK_EQ(REG(b, IPSR), 0);
}

TEST_BOTH(registers_reserved_and_custom_areas_are_zero)
{
    struct bench *b = bench_create("max", NULL);
    write_ones(b, 12, 16);
    write_ones(b, 628, 760);
    write_ones(b, 1024, 4096);
    check_zero(b, 12, 16);
    check_zero(b, 628, 760);
    check_zero(b, 1024, 4096);
}

TEST_BOTH(registers_reserved_fields_are_zero)
{
    struct bench *b = bench_create("max", NULL);
    for (size_t i = 1; i < LAYOUT; i++) {
        const struct layout *r = &layout[i];
        test_note("%s", r->name);
        reg_write(b, r->offset, r->bytes, r->bytes == 8 ? ~0ull : 0xffffffff);
        CHECK_EQ(reg_read(b, r->offset, r->bytes) & ~r->writable, 0);
        /* off again, so that the other registers may be written */
        if (r->offset == 16 || (r->offset >= 72 && r->offset <= 80))
            reg_write(b, r->offset, r->bytes, 0);
    }
    for (unsigned n = 0; n < 16; n++) {
        test_note("MSI vector %u", n);
        REG_N_SET(b, MSI_ADDR, n, ~0ull);
        REG_N_SET(b, MSI_VEC_CTL, n, 0xffffffff);
        CHECK_EQ(REG_N(b, MSI_ADDR, n) & ~0x00fffffffffffffcull, 0);
        CHECK_EQ(REG_N(b, MSI_VEC_CTL, n) & ~1ull, 0);
    }
}

/* --- layout ------------------------------------------------------------------------ */

/* Write a value at a literal offset of the specification's table, read it back. */
static void check_register_at(struct bench *b, uint32_t offset, uint32_t bytes, uint64_t value)
{
    test_note("offset %u", (unsigned)offset);
    reg_write(b, offset, bytes, value);
    CHECK_EQ(reg_read(b, offset, bytes), value);
}

TEST_BOTH(register_map_is_the_specified_one)
{
    struct bench *b = bench_create("max", NULL);
    CHECK_EQ(reg_read(b, 0, 8), b->config.capabilities);
    check_register_at(b, 92, 4, 0xffffffff);
    check_register_at(b, 8, 4, IOMMU_FCTL_WSI_MASK);
    check_register_at(b, 16, 8, 0x12345400);
    check_register_at(b, 24, 8, 0x20000406);
    check_register_at(b, 36, 4, 0x31);
    check_register_at(b, 40, 8, 0x20000805);
    check_register_at(b, 48, 4, 0x32);
    check_register_at(b, 56, 8, 0x20000c04);
    check_register_at(b, 64, 4, 0x13);
    check_register_at(b, 96, 8, 0x12345678);
    for (uint32_t n = 1; n <= b->config.hpm_counters; n++) {
        check_register_at(b, 104 + 8 * (n - 1), 8, 0x1000 + n);
        check_register_at(b, 352 + 8 * (n - 1), 8, (uint64_t)n << 36);
    }
    check_register_at(b, 600, 8, 0xabcde000);
    check_register_at(b, 608, 8, 0x1234560000000008ull);
    check_register_at(b, 624, 4, 0x00010001);
    check_register_at(b, 760, 8, 0x3210);
    for (uint32_t n = 0; n < 16; n++) {
        check_register_at(b, 768 + 16 * n, 8, 0x1000 + 4 * n);
        check_register_at(b, 776 + 16 * n, 4, 0x5000 + n);
        check_register_at(b, 780 + 16 * n, 4, n & 1);
    }
}

/* Words of the page that may change when the word at `offset` is written. */
static bool may_change(uint32_t offset, uint32_t word)
{
    static const struct {
        uint32_t written, changed;
    } pairs[] = {
        {24, 36},  /* cqb: cqt */
        {40, 48},  /* fqb: fqh */
        {56, 64},  /* pqb: pqh */
        {100, 88}, /* iohpmcycles.OF: iocountovf */
    };
    if (word == offset)
        return true;
    if (offset >= 352 && offset < 600 && offset % 8 == 4)
        return word == 88; /* iohpmevt.OF: iocountovf */
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].written == offset && pairs[i].changed == word)
            return true;
    }
    return false;
}

/* A write of 4 bytes changes these 4 bytes, and nothing beside them. */
TEST_BOTH(register_writes_change_nothing_else)
{
    struct bench *b = bench_create("max", NULL);
    uint32_t before[1024];
    REG_SET(b, IOCOUNTINH, 0xffffffff);
    for (uint32_t offset = 0; offset < 4096; offset += 4) {
        /* what starts something: modes, queues, debug translations */
        if (offset == 16 || (offset >= 72 && offset <= 80) || offset == 608)
            continue;
        for (uint32_t i = 0; i < 1024; i++)
            before[i] = (uint32_t)reg_read(b, 4 * i, 4);
        reg_write(b, offset, 4, ~before[offset / 4]);
        for (uint32_t i = 0; i < 1024; i++) {
            test_note("write at %u, word at %u", (unsigned)offset, (unsigned)(4 * i));
            if (!may_change(offset, 4 * i))
                CHECK_EQ(reg_read(b, 4 * i, 4), before[i]);
        }
    }
}

/* The generated header agrees with the table of the register layout. */
TEST(register_header_has_the_specified_offsets)
{
    CHECK_EQ(IOMMU_REG_CAPABILITIES, 0);
    CHECK_EQ(IOMMU_REG_FCTL, 8);
    CHECK_EQ(IOMMU_REG_DDTP, 16);
    CHECK_EQ(IOMMU_REG_CQB, 24);
    CHECK_EQ(IOMMU_REG_CQH, 32);
    CHECK_EQ(IOMMU_REG_CQT, 36);
    CHECK_EQ(IOMMU_REG_FQB, 40);
    CHECK_EQ(IOMMU_REG_FQH, 48);
    CHECK_EQ(IOMMU_REG_FQT, 52);
    CHECK_EQ(IOMMU_REG_PQB, 56);
    CHECK_EQ(IOMMU_REG_PQH, 64);
    CHECK_EQ(IOMMU_REG_PQT, 68);
    CHECK_EQ(IOMMU_REG_CQCSR, 72);
    CHECK_EQ(IOMMU_REG_FQCSR, 76);
    CHECK_EQ(IOMMU_REG_PQCSR, 80);
    CHECK_EQ(IOMMU_REG_IPSR, 84);
    CHECK_EQ(IOMMU_REG_IOCOUNTOVF, 88);
    CHECK_EQ(IOMMU_REG_IOCOUNTINH, 92);
    CHECK_EQ(IOMMU_REG_IOHPMCYCLES, 96);
    CHECK_EQ(IOMMU_REG_IOHPMCTR(1), 104);
    CHECK_EQ(IOMMU_REG_IOHPMCTR(31), 344);
    CHECK_EQ(IOMMU_REG_IOHPMEVT(1), 352);
    CHECK_EQ(IOMMU_REG_IOHPMEVT(31), 592);
    CHECK_EQ(IOMMU_REG_TR_REQ_IOVA, 600);
    CHECK_EQ(IOMMU_REG_TR_REQ_CTL, 608);
    CHECK_EQ(IOMMU_REG_TR_RESPONSE, 616);
    CHECK_EQ(IOMMU_REG_IOMMU_QOSID, 624);
    CHECK_EQ(IOMMU_REG_CUSTOM1(0), 688);
    CHECK_EQ(IOMMU_REG_ICVEC, 760);
    CHECK_EQ(IOMMU_REG_MSI_ADDR(0), 768);
    CHECK_EQ(IOMMU_REG_MSI_DATA(0), 776);
    CHECK_EQ(IOMMU_REG_MSI_VEC_CTL(15), 1020);
}

/* PPN and LOG2SZ take what this IOMMU can use, and always read back as something legal. */
TEST_BOTH(register_queue_bases_are_warl)
{
    static const uint32_t bases[] = {IOMMU_REG_CQB, IOMMU_REG_FQB, IOMMU_REG_PQB};
    struct bench *b = bench_create("max", NULL);
    unsigned pas = (unsigned)REG_FIELD(b, CAPABILITIES, PAS);
    uint64_t most = (1ull << (pas - 12)) - 1;
    for (size_t i = 0; i < 3; i++) {
        test_note("offset %u", (unsigned)bases[i]);
        reg_write(b, bases[i], 8, most << 10 | 1);
        CHECK_EQ(reg_read(b, bases[i], 8), most << 10 | 1);
        reg_write(b, bases[i], 8, ~0ull);
        uint64_t value = reg_read(b, bases[i], 8);
        CHECK((value & 0x1f) + 1 <= b->config.queue_log2_max);
        CHECK(IOMMU_GET(value, IOMMU_CQB_PPN) <= most);
    }
}

static void narrow(struct iommu_config *c)
{
    c->capabilities &= ~CAP(PAS);
    c->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 36);
    c->queue_log2_max = 5;
}

TEST_BOTH(register_queue_bases_are_bounded_by_pas_and_size)
{
    static const uint32_t bases[] = {IOMMU_REG_CQB, IOMMU_REG_FQB, IOMMU_REG_PQB};
    struct bench *b = bench_create("max", narrow);
    for (size_t i = 0; i < 3; i++) {
        test_note("offset %u", (unsigned)bases[i]);
        reg_write(b, bases[i], 8, 0xffffffull << 10 | 4);
        CHECK_EQ(reg_read(b, bases[i], 8), 0xffffffull << 10 | 4);
        reg_write(b, bases[i], 8, ~0ull);
        uint64_t value = reg_read(b, bases[i], 8);
        CHECK((value & 0x1f) <= 4);
        CHECK(IOMMU_GET(value, IOMMU_CQB_PPN) <= 0xffffff);
    }
}
