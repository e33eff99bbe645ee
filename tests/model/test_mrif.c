/* SPDX-License-Identifier: Apache-2.0 */
/* Memory-resident interrupt files: "MSI PTE, MRIF mode" of the AIA, and their faults. */
#include "scenes.h"

#include <string.h>

#define FILE_NUMBER 2u
#define NID 0x5a5u

/* A device whose interrupt file 2 is memory-resident. */
struct mrif_scene {
    struct scene s;
    uint64_t mrif;
    uint64_t notice;
};

static void scene_mrif(struct mrif_scene *m, struct bench *b)
{
    scene_second(&m->s, b);
    scene_add_msi(&m->s);
    bench_alloc(b, IOMMU_MRIF_BYTES, IOMMU_MRIF_BYTES);
    m->mrif = mrif_create(b);
    m->notice = bench_page(b);
    msi_pt_write(b, m->s.msi_table, FILE_NUMBER, msi_pte_mrif(m->mrif, m->notice, NID));
}

/* A write of `size` bytes, `value` little-endian, at an offset of the page. */
static struct iommu_response mrif_write(struct mrif_scene *m, uint32_t offset, uint64_t value,
                                        uint32_t size)
{
    struct iommu_request request = write_at(m->s.device, scene_msi_address(FILE_NUMBER, offset));
    uint8_t bytes[16] = {0};
    for (unsigned i = 0; i < size && i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return iommu_dma(m->s.b->iommu, &request, bytes, size);
}

static struct iommu_response mrif_read(struct mrif_scene *m, uint32_t offset, uint8_t *bytes,
                                       uint32_t size)
{
    struct iommu_request request = read_at(m->s.device, scene_msi_address(FILE_NUMBER, offset));
    return iommu_dma(m->s.b->iommu, &request, bytes, size);
}

/* Doubleword `index` of the file; MRIFs are always little-endian. */
static uint64_t mrif_word(struct mrif_scene *m, unsigned index)
{
    return bench_get(m->s.b, m->mrif + 8 * index, 8, false);
}

/* Exactly this identity is pending, or none at all if it is negative; enables are `enable`. */
static void check_pending(struct place place, struct mrif_scene *m, int identity, uint64_t enable)
{
    for (unsigned i = 0; i < 32; i++) {
        uint64_t pending =
            identity >= 0 && i == (unsigned)identity / 64 ? 1ull << (identity % 64) : 0;
        test_check_eq(place, mrif_word(m, 2 * i), pending, "pending bits");
        test_check_eq(place, mrif_word(m, 2 * i + 1), enable, "enable bits");
    }
}

/* The notice was sent: NID in the first word of the page; or not: the page is still zero. */
static void check_notice(struct place place, struct mrif_scene *m, bool sent)
{
    const uint8_t *page = bench_host(m->s.b, m->notice, 4096);
    test_check_eq(place, bench_get(m->s.b, m->notice, 4, false), sent ? NID : 0, "notice");
    for (unsigned i = 4; i < 4096; i++)
        test_check_eq(place, page[i], 0, "the rest of the notice's page");
}

static void wipe(struct mrif_scene *m)
{
    memset(bench_host(m->s.b, m->mrif, IOMMU_MRIF_BYTES), 0, IOMMU_MRIF_BYTES);
    memset(bench_host(m->s.b, m->notice, 4096), 0, 4096);
}

/* Accepted, and nothing changes. */
static void check_discarded(struct place place, struct mrif_scene *m, struct iommu_response r)
{
    test_check_eq(place, r.status, IOMMU_SUCCESS, "status");
    check_pending(place, m, -1, 0);
    check_notice(place, m, false);
    test_check_eq(place, bench_fault_count(m->s.b), 0, "fault records");
}

TEST_BOTH(mrif_translation_names_file_and_notice)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    struct iommu_response r =
        EXPECT_OK(b, write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0)), m.mrif);
    CHECK_EQ(r.target, IOMMU_TARGET_MRIF);
    CHECK_EQ(r.notice_address, m.notice);
    CHECK_EQ(r.nid, NID);
    CHECK_EQ(r.permissions, IOMMU_PERM_R | IOMMU_PERM_W);
    CHECK_EQ(r.page_log2, 12);
    EXPECT_FAULT(b, exec_at(m.s.device, scene_msi_address(FILE_NUMBER, 0)),
                 IOMMU_CAUSE_INSTR_ACCESS_FAULT);
}

/* Widest values of all fields: address bits 55:9, NPPN of 44 bits, NID of 11 bits. */
TEST_BOTH(mrif_pte_fields_have_their_full_width)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    uint64_t top = (1ull << IOMMU_GET(b->config.capabilities, IOMMU_CAPABILITIES_PAS)) - 1;
    uint64_t mrif = top & ~0x1ffull, notice = top & ~0xfffull;
    msi_pt_write(b, m.s.msi_table, FILE_NUMBER, msi_pte_mrif(mrif, notice, 0x7ff));
    struct iommu_response r =
        EXPECT_OK(b, write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0)), mrif);
    CHECK_EQ(r.notice_address, notice);
    CHECK_EQ(r.nid, 0x7ff);
}

TEST_BOTH(mrif_pte_reserved_bits_are_misconfigured)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    struct iommu_request request = write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0));
    for (unsigned bit = 0; bit < 128; bit++) {
        struct msi_pte pte = msi_pte_mrif(m.mrif, m.notice, NID);
        bool reserved = bit < 64 ? (bit >= 3 && bit <= 6) || (bit >= 54 && bit != 63)
                                 : bit >= 64 + 54 && bit != 64 + 60;
        if (!reserved)
            continue;
        pte.dw[bit / 64] |= 1ull << bit % 64;
        msi_pt_write(b, m.s.msi_table, FILE_NUMBER, pte);
        test_note("bit %u", bit);
        EXPECT_FAULT(b, request, IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
        bench_invalidate_all(b);
    }
    test_note("%s", "");
}

static void without_mrif(struct iommu_config *config)
{
    config->capabilities &=
        ~(uint64_t)(IOMMU_CAPABILITIES_MSI_MRIF_MASK | IOMMU_CAPABILITIES_AMO_MRIF_MASK);
}

TEST_BOTH(mrif_mode_without_the_capability_is_misconfigured)
{
    struct bench *b = bench_ready("max", without_mrif);
    struct mrif_scene m;
    scene_mrif(&m, b);
    struct iommu_response r =
        EXPECT_FAULT(b, write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0)),
                     IOMMU_CAUSE_MSI_PTE_MISCONFIGURED);
    CHECK_EQ(r.rule, IOMMU_RULE_MSI_PTE_MRIF_UNSUPPORTED);
}

TEST_BOTH(mrif_write_sets_exactly_one_pending_bit)
{
    static const uint16_t identities[] = {0, 1, 31, 32, 63, 64, 1000, 1984, 2046, 2047};
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    for (unsigned i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        wipe(&m);
        for (unsigned k = 0; k < 32; k++)
            bench_put(b, m.mrif + 16 * k + 8, 8, 0x0123456789abcdef, false);
        test_note("identity %u", identities[i]);
        struct iommu_response r = mrif_write(&m, 0, identities[i], 4);
        CHECK_EQ(r.status, IOMMU_SUCCESS);
        check_pending(HERE, &m, identities[i], 0x0123456789abcdef);
        check_notice(HERE, &m, true);
    }
    CHECK_NO_RECORD(b);
    test_note("%s", "");
}

TEST_BOTH(mrif_pending_bits_accumulate)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    mrif_write(&m, 0, 65, 4);
    mrif_write(&m, 0, 127, 4);
    mrif_write(&m, 0, 65, 4);
    CHECK_EQ(mrif_word(&m, 2), 1ull << 63 | 1ull << 1);
    CHECK_EQ(mrif_word(&m, 0), 0);
}

/* A second MSI with the same identity changes no bit, and its notice is sent all the same,
 * even while the enable bit is clear. */
TEST_BOTH(mrif_notice_is_always_sent)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    mrif_write(&m, 0, 9, 4);
    bench_put(b, m.notice, 4, 0, false);
    mrif_write(&m, 0, 9, 4);
    check_notice(HERE, &m, true);
}

TEST(mrif_update_is_one_atomic_or)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    REQUIRE(HAS(b, AMO_MRIF));
    bench_clear_log(b);
    mrif_write(&m, 0, 1000, 4);
    CHECK_EQ(bench_accesses(b, IOMMU_MRIF), 1);
    const struct event *amo = bench_access(b, IOMMU_MRIF, 0);
    REQUIRE(amo != NULL && amo->kind == EVENT_AMO);
    CHECK_EQ(amo->amo, IOMMU_AMO_OR);
    /* Identity 1000 is bit 40 of the doubleword at 15 * 16, or bit 8 of its upper half. */
    if (amo->access.size == 8) {
        CHECK_EQ(amo->access.address, m.mrif + 240);
        CHECK_EQ(amo->amo_operand, 1ull << 40);
    } else {
        CHECK_EQ(amo->access.size, 4);
        CHECK_EQ(amo->access.address, m.mrif + 244);
        CHECK_EQ(amo->amo_operand, 1ull << 8);
    }
}

static void without_atomic_mrif(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_AMO_MRIF_MASK;
}

TEST(mrif_update_without_atomics_reads_and_writes)
{
    struct bench *b = bench_ready("max", without_atomic_mrif);
    struct mrif_scene m;
    scene_mrif(&m, b);
    bench_put(b, m.mrif + 16, 8, 0x10, false);
    bench_clear_log(b);
    mrif_write(&m, 0, 64, 4);
    CHECK_EQ(bench_accesses(b, IOMMU_MRIF), 2);
    CHECK_EQ(bench_events(b, EVENT_AMO), 0);
    REQUIRE(bench_accesses(b, IOMMU_MRIF) == 2);
    CHECK_EQ(bench_access(b, IOMMU_MRIF, 0)->kind, EVENT_READ);
    CHECK_EQ(bench_access(b, IOMMU_MRIF, 1)->kind, EVENT_WRITE);
    CHECK_EQ(mrif_word(&m, 2), 0x11);
    check_notice(HERE, &m, true);
}

/* The log of one MSI: MRIF first, the notice after it, and nothing else is written. */
TEST(mrif_notice_follows_the_update)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    bench_clear_log(b);
    mrif_write(&m, 0, 5, 4);
    CHECK_EQ(bench_accesses(b, IOMMU_NOTICE), 1);
    const struct event *notice = bench_access(b, IOMMU_NOTICE, 0);
    const struct event *update = bench_access(b, IOMMU_MRIF, 0);
    REQUIRE(notice != NULL && update != NULL);
    CHECK(update < notice);
    CHECK_EQ(notice->kind, EVENT_WRITE);
    CHECK_EQ(notice->access.address, m.notice);
    CHECK_EQ(notice->access.size, 4);
    CHECK_EQ(event_value(notice, 0, 4, false), NID);
    CHECK_EQ(bench_accesses(b, IOMMU_DATA), 0);
}

TEST_BOTH(mrif_write_away_from_the_first_doubleword_is_discarded)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    for (uint32_t offset = 8; offset < 4096; offset <<= 1)
        check_discarded(HERE, &m, mrif_write(&m, offset, 3, 4));
    check_discarded(HERE, &m, mrif_write(&m, 0xff8, 3, 4));
}

TEST_BOTH(mrif_identity_above_2047_is_discarded)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    for (unsigned bit = 11; bit < 32; bit++)
        check_discarded(HERE, &m, mrif_write(&m, 0, 1ull << bit | 3, 4));
}

static void little_endian_mrif(struct iommu_config *config)
{
    config->mrif_big_endian = false;
}

static void big_endian_mrif(struct iommu_config *config)
{
    config->mrif_big_endian = true;
}

TEST_BOTH(mrif_big_endian_msi_is_discarded_without_support)
{
    struct bench *b = bench_ready("max", little_endian_mrif);
    struct mrif_scene m;
    scene_mrif(&m, b);
    check_discarded(HERE, &m, mrif_write(&m, 4, 0x03000000, 4));
    check_discarded(HERE, &m, mrif_write(&m, 4, 3, 4));
}

TEST_BOTH(mrif_big_endian_msi_is_taken_at_offset_4)
{
    struct bench *b = bench_ready("max", big_endian_mrif);
    struct mrif_scene m;
    scene_mrif(&m, b);
    check_discarded(HERE, &m, mrif_write(&m, 4, 3, 4));
    CHECK_EQ(mrif_write(&m, 4, 0xff070000, 4).status, IOMMU_SUCCESS);
    check_pending(HERE, &m, 2047, 0);
    check_notice(HERE, &m, true);
    wipe(&m);
    CHECK_EQ(mrif_write(&m, 0, 0x7ff, 4).status, IOMMU_SUCCESS);
    check_pending(HERE, &m, 2047, 0);
}

TEST(mrif_read_returns_zero_and_touches_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    uint8_t bytes[4] = {1, 2, 3, 4};
    scene_mrif(&m, b);
    bench_put(b, m.mrif, 8, ~0ull, false);
    bench_clear_log(b);
    CHECK_EQ(mrif_read(&m, 0, bytes, 4).status, IOMMU_SUCCESS);
    CHECK_EQ(bytes[0] | bytes[1] | bytes[2] | bytes[3], 0);
    CHECK_EQ(bench_accesses(b, IOMMU_MRIF), 0);
    CHECK_EQ(bench_accesses(b, IOMMU_DATA), 0);
    CHECK_EQ(bench_accesses(b, IOMMU_NOTICE), 0);
    CHECK_NO_RECORD(b);
}

TEST_BOTH(mrif_access_of_another_size_is_aborted)
{
    static const uint32_t sizes[] = {1, 2, 8, 16};
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    uint8_t bytes[16];
    scene_mrif(&m, b);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct iommu_request request = write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0));
        test_note("%u bytes", sizes[i]);
        CHECK_EQ(mrif_write(&m, 0, 3, sizes[i]).status, IOMMU_ABORT);
        CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 0));
        CHECK_EQ(mrif_read(&m, 0, bytes, sizes[i]).status, IOMMU_ABORT);
        request.access = IOMMU_READ;
        CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 0));
        check_pending(HERE, &m, -1, 0);
        check_notice(HERE, &m, false);
    }
    test_note("%s", "");
}

TEST_BOTH(mrif_misaligned_access_is_aborted)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    uint8_t bytes[4];
    scene_mrif(&m, b);
    for (uint32_t offset = 1; offset < 4; offset++) {
        struct iommu_request request = write_at(m.s.device, scene_msi_address(FILE_NUMBER, offset));
        CHECK_EQ(mrif_write(&m, offset, 3, 4).status, IOMMU_ABORT);
        CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_WRITE_ADDR_MISALIGNED, 0));
        CHECK_EQ(mrif_read(&m, offset, bytes, 4).status, IOMMU_ABORT);
        request.access = IOMMU_READ;
        CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_READ_ADDR_MISALIGNED, 0));
    }
    check_pending(HERE, &m, -1, 0);
    check_notice(HERE, &m, false);
}

TEST_BOTH(mrif_access_across_the_page_boundary_is_aborted)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    msi_pt_write(b, m.s.msi_table, FILE_NUMBER + 1, msi_pte_mrif(m.mrif, m.notice, NID));
    CHECK_EQ(mrif_write(&m, 0xffe, 0x30003, 4).status, IOMMU_ABORT);
    check_pending(HERE, &m, -1, 0);
    check_notice(HERE, &m, false);
    CHECK(bench_fault_count(b) >= 1);
}

/* The I/O bridge may do the store itself; the translation then checks what it can. */
TEST_BOTH(mrif_translation_checks_the_length_of_the_access)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    struct iommu_request request = write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0));
    request.length = 8;
    struct iommu_response r = EXPECT_FAULT(b, request, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED);
    CHECK_EQ(r.rule, IOMMU_RULE_MRIF_SIZE);
    request.length = 0; /* not known */
    EXPECT_OK(b, request, m.mrif);
}

TEST(mrif_access_fault_is_264_and_no_notice_is_sent)
{
    struct bench *b = bench_ready("max", NULL);
    struct mrif_scene m;
    scene_mrif(&m, b);
    struct iommu_request request = write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0));
    bench_inject(b, m.mrif, IOMMU_MRIF_BYTES, IOMMU_MEM_ACCESS_FAULT);
    CHECK_EQ(mrif_write(&m, 0, 3, 4).status, IOMMU_ABORT);
    CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_MRIF_ACCESS_FAULT, 0));
    CHECK_NO_RECORD(b);
    check_notice(HERE, &m, false);

    m.s.dc.tc |= IOMMU_DC_TC_DTF_MASK;
    scene_update(&m.s);
    CHECK_EQ(mrif_write(&m, 0, 3, 4).status, IOMMU_ABORT);
    CHECK_NO_RECORD(b);
}

TEST(mrif_corrupted_data_is_271)
{
    for (unsigned atomic = 0; atomic < 2; atomic++) {
        struct bench *b = bench_ready("max", atomic ? NULL : without_atomic_mrif);
        struct mrif_scene m;
        scene_mrif(&m, b);
        struct iommu_request request = write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0));
        bench_inject(b, m.mrif, IOMMU_MRIF_BYTES, IOMMU_MEM_POISON);
        CHECK_EQ(mrif_write(&m, 0, 3, 4).status, IOMMU_ABORT);
        CHECK_RECORD(b, fault_of(request, IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION, 0));
        check_notice(HERE, &m, false);
        check_pending(HERE, &m, -1, 0);
    }
}

/* The notice is an IOMMU-generated message: no device stands in the record, and DTF, which
 * is about translation, does not hide it. */
TEST(mrif_notice_fault_is_273_without_a_device)
{
    for (unsigned dtf = 0; dtf < 2; dtf++) {
        struct bench *b = bench_ready("max", NULL);
        struct mrif_scene m;
        struct fault_record record;
        scene_mrif(&m, b);
        m.s.dc.tc |= dtf ? IOMMU_DC_TC_DTF_MASK : 0;
        scene_update(&m.s);
        bench_inject(b, m.notice, 4096, IOMMU_MEM_ACCESS_FAULT);
        mrif_write(&m, 0, 3, 4);
        check_pending(HERE, &m, 3, 0);
        REQUIRE(bench_pop_fault(b, &record));
        CHECK_EQ(record.dw[0], IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
        CHECK_EQ(record.dw[1], 0);
        CHECK_EQ(record.iotval, m.notice);
        CHECK_EQ(record.iotval2, 0);
        CHECK_NO_RECORD(b);
    }
}

static void narrow_pas(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_PAS_MASK;
    config->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 40);
}

TEST(mrif_beyond_the_physical_address_size_is_an_access_fault)
{
    struct bench *b = bench_ready("max", narrow_pas);
    struct mrif_scene m;
    scene_mrif(&m, b);
    msi_pt_write(b, m.s.msi_table, FILE_NUMBER, msi_pte_mrif(1ull << 40, m.notice, NID));
    bench_clear_log(b);
    CHECK_EQ(mrif_write(&m, 0, 3, 4).status, IOMMU_ABORT);
    CHECK_RECORD(b, fault_of(write_at(m.s.device, scene_msi_address(FILE_NUMBER, 0)),
                             IOMMU_CAUSE_MRIF_ACCESS_FAULT, 0));
    check_notice(HERE, &m, false);
}

/* The AIA fixes the byte order of MRIFs and of notices, whatever fctl.BE says. */
TEST_BOTH(mrif_and_notice_are_little_endian_under_big_endian_fctl)
{
    struct bench *b = bench_create("max", NULL);
    struct mrif_scene m;
    bench_set_fctl(b, IOMMU_FCTL_BE_MASK);
    bench_start(b, 3);
    scene_mrif(&m, b);
    CHECK_EQ(mrif_write(&m, 0, 130, 4).status, IOMMU_SUCCESS);
    check_pending(HERE, &m, 130, 0);
    check_notice(HERE, &m, true);
    CHECK_NO_RECORD(b);
}
