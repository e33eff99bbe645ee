/* SPDX-License-Identifier: Apache-2.0 */
/* The public interface itself: instances, bad arguments, missing callbacks, texts. */
#include "scenes.h"

#include <string.h>

/* --- bad requests --------------------------------------------------------------------- */

/* Bad in each way that a request can be. */
static unsigned bad_requests(struct iommu_request *bad)
{
    struct iommu_request good = read_at(SCENE_DEVICE, 0x1000);
    for (unsigned i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].device_id = 1u << 24;
    bad[1].device_id = 0xffffffff;
    bad[2] = with_pid(good, 1u << 20);
    bad[3] = with_pid(good, 0xffffffff);
    bad[4].type = IOMMU_ATS_TRANSLATION + 1;
    bad[5].access = IOMMU_EXECUTE + 1;
    bad[6] = as_ats(exec_at(SCENE_DEVICE, 0x1000));
    return 7;
}

TEST(api_bad_requests_change_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    struct iommu_request bad[8];
    uint8_t data[4] = {0};
    scene_second(&s, b);
    REG_SET(b, IOCOUNTINH, 0);
    for (unsigned event = 1; event <= 8; event++)
        REG_N_SET(b, IOHPMEVT, event, event);
    unsigned count = bad_requests(bad);
    bench_clear_log(b);
    for (unsigned i = 0; i < count; i++) {
        test_note("bad request %u", i);
        CHECK_EQ(bench_translate(b, bad[i]).status, IOMMU_BAD_REQUEST);
        CHECK_EQ(iommu_translate_traced(b->iommu, &bad[i], NULL, NULL).status, IOMMU_BAD_REQUEST);
        CHECK_EQ(iommu_dma(b->iommu, &bad[i], data, 4).status, IOMMU_BAD_REQUEST);
        CHECK(!iommu_report_fault(b->iommu, &bad[i], IOMMU_CAUSE_READ_ACCESS_FAULT));
    }
    test_note("%s", "");
    struct iommu_request ats = as_ats(read_at(s.device, 0x1000));
    CHECK_EQ(iommu_dma(b->iommu, &ats, data, 4).status, IOMMU_BAD_REQUEST);
    CHECK_EQ(b->events, 0);
    CHECK_NO_RECORD(b);
    for (unsigned event = 1; event <= 8; event++)
        CHECK_EQ(REG_N(b, IOHPMCTR, event), 0);
}

/* The same after a good request that was answered from caches. */
TEST_BOTH(api_bad_requests_do_not_alias_cached_ones)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    pt_map(&s.first, 0x1000, 0x90000000, 0, P_ALL);
    struct iommu_request good = with_pid(read_at(s.device, 0x1000), SCENE_PID);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_OK(b, good, 0x90000000);
    struct iommu_request bad = good;
    bad.device_id |= 1u << 24;
    CHECK_EQ(bench_translate(b, bad).status, IOMMU_BAD_REQUEST);
    bad = good;
    bad.process_id |= 1u << 20;
    CHECK_EQ(bench_translate(b, bad).status, IOMMU_BAD_REQUEST);
    bad = good;
    bad.access = 4;
    CHECK_EQ(bench_translate(b, bad).status, IOMMU_BAD_REQUEST);
    bad = good;
    bad.type = 0xff;
    CHECK_EQ(bench_translate(b, bad).status, IOMMU_BAD_REQUEST);
}

/* A process_id that is not valid may hold anything. */
TEST_BOTH(api_process_id_without_its_valid_bit_is_not_looked_at)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    struct iommu_request request = read_at(s.device, 0x1000);
    request.process_id = 0xffffffff;
    EXPECT_OK(b, request, 0x1000);
}

TEST(api_bad_messages_change_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    struct iommu_page_request request = page_request_of(1u << 24, page_request_payload(0x1000, 1));
    bench_clear_log(b);
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_DISCARDED);
    request.device_id = 1;
    request.process_id = 1u << 20;
    CHECK_EQ(iommu_page_request(b->iommu, &request).status, IOMMU_PRI_DISCARDED);
    CHECK(!iommu_invalidation_completion(b->iommu, 1u << 24, 1, 1));
    CHECK_EQ(b->events, 0);
    CHECK_NO_RECORD(b);
}

/* --- registers ------------------------------------------------------------------------- */

TEST_BOTH(api_bad_register_accesses)
{
    static const struct {
        uint32_t offset, size;
        enum iommu_mmio_status status;
    } bad[] = {{0, 0, IOMMU_MMIO_BAD_SIZE},      {0, 1, IOMMU_MMIO_BAD_SIZE},
               {0, 2, IOMMU_MMIO_BAD_SIZE},      {0, 16, IOMMU_MMIO_BAD_SIZE},
               {0x10, 3, IOMMU_MMIO_BAD_SIZE},   {2, 4, IOMMU_MMIO_MISALIGNED},
               {4, 8, IOMMU_MMIO_MISALIGNED},    {0x11, 8, IOMMU_MMIO_MISALIGNED},
               {4096, 4, IOMMU_MMIO_OUTSIDE},    {4096, 8, IOMMU_MMIO_OUTSIDE},
               {0x10010, 8, IOMMU_MMIO_OUTSIDE}, {0xfffffff8, 8, IOMMU_MMIO_OUTSIDE}};
    struct bench *b = bench_ready("max", NULL);
    uint64_t ddtp = REG(b, DDTP);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t value = 0x5555;
        test_note("offset 0x%x size %u", bad[i].offset, bad[i].size);
        CHECK_EQ(iommu_mmio_read(b->iommu, bad[i].offset, bad[i].size, &value), bad[i].status);
        CHECK_EQ(value, 0);
        CHECK_EQ(iommu_mmio_write(b->iommu, bad[i].offset, bad[i].size, 0), bad[i].status);
    }
    test_note("%s", "");
    CHECK_EQ(REG(b, DDTP), ddtp);
    CHECK_EQ(REG_FIELD(b, CQCSR, CQON), 1);
}

/* --- configurations ---------------------------------------------------------------------- */

TEST_BOTH(api_named_configurations)
{
    static const char *const names[] = {"small", "base", "full", "max"};
    struct iommu_config config, before;
    for (unsigned i = 0; i < 4; i++) {
        memset(&config, 0, sizeof config);
        test_note("%s", names[i]);
        CHECK(iommu_config_named(names[i], &config));
        CHECK(iommu_config_check(&config, NULL, 0));
        struct bench *b = bench_ready(names[i], NULL);
        CHECK_EQ(iommu_get_config(b->iommu)->capabilities, config.capabilities);
        CHECK_EQ(REG(b, CAPABILITIES), config.capabilities);
    }
    test_note("%s", "");
    memset(&config, 0x5a, sizeof config);
    before = config;
    CHECK(!iommu_config_named("tiny", &config));
    CHECK(!iommu_config_named("", &config));
    CHECK(memcmp(&config, &before, sizeof config) == 0);
}

#define CAP(NAME) (uint64_t)(IOMMU_CAPABILITIES_##NAME##_MASK)

/* A change that makes "max" illegal, and a word of the field that the error must name. */
struct illegal {
    uint64_t clear, set; /* capabilities */
    const char *names;
};

static const struct illegal illegal_capabilities[] = {
    {CAP(SV39), 0, "Sv48"},
    {CAP(SV48), 0, "Sv57"},
    {0, CAP(IGS), "IGS"},
    {CAP(MSI_FLAT), 0, "MSI_MRIF"},
    {CAP(MSI_MRIF), 0, "AMO_MRIF"},
    {CAP(ATS), 0, "T2GPA"},
    {CAP(SV32X4) | CAP(SV39X4) | CAP(SV48X4) | CAP(SV57X4), 0, "T2GPA"},
    {CAP(HPM), 0, "hpm_counters"},
    {CAP(END), 0, "END"},
    {CAP(IGS), 0, "IGS"},
    {CAP(SV32) | CAP(SV32X4), 0, "GXL"},
    {CAP(VERSION), 0x20, "version"},
    {0, 1ull << 12, "reserved"},
    {0, 1ull << 20, "reserved"},
    {0, 1ull << 44, "reserved"},
    {0, 1ull << 55, "reserved"},
    {CAP(PAS), 57ull << IOMMU_CAPABILITIES_PAS_SHIFT, "PAS"},
};

/* The configuration is refused, with an error that names the field; nothing is made. */
static void expect_refused(struct place place, const struct iommu_config *config, const char *names)
{
    struct iommu_bus bus = {.context = NULL};
    char error[200] = "", again[200] = "", tiny[4] = "abc";
    test_check(place, !iommu_config_check(config, error, sizeof error), "refused");
    test_check(place, strstr(error, names) != NULL, error);
    struct iommu *iommu = iommu_create(config, &bus, again, sizeof again);
    test_check(place, iommu == NULL, "no instance is made");
    test_check(place, strcmp(error, again) == 0, "the same words from both");
    iommu_destroy(iommu);
    test_check(place, iommu_create(config, &bus, NULL, 0) == NULL, "without room for words");
    iommu_config_check(config, tiny, 3);
    test_check(place, memchr(tiny, 0, 3) != NULL, "cut to the room that there is");
}

TEST_BOTH(api_illegal_capabilities_are_refused)
{
    for (unsigned i = 0; i < sizeof illegal_capabilities / sizeof illegal_capabilities[0]; i++) {
        struct iommu_config config;
        REQUIRE(iommu_config_named("max", &config));
        config.capabilities &= ~illegal_capabilities[i].clear;
        config.capabilities |= illegal_capabilities[i].set;
        test_note("case %u, %s", i, illegal_capabilities[i].names);
        expect_refused(HERE, &config, illegal_capabilities[i].names);
    }
    test_note("%s", "");
}

static void set_ddt_levels_0(struct iommu_config *c)
{
    c->ddt_levels = 0;
}
static void set_ddt_levels_8(struct iommu_config *c)
{
    c->ddt_levels = 8;
}
static void set_reset_mode(struct iommu_config *c)
{
    c->reset_mode = 2;
}
static void set_fctl_reset(struct iommu_config *c)
{
    c->fctl_reset = 8;
}
static void set_fctl_writable(struct iommu_config *c)
{
    c->fctl_writable |= 1u << 16;
}
static void set_queue_0(struct iommu_config *c)
{
    c->queue_log2_max = 0;
}
static void set_queue_33(struct iommu_config *c)
{
    c->queue_log2_max = 33;
}
static void set_vector_bits(struct iommu_config *c)
{
    c->vector_bits = 5;
}
static void set_counters_0(struct iommu_config *c)
{
    c->hpm_counters = 0;
}
static void set_counters_32(struct iommu_config *c)
{
    c->hpm_counters = 32;
}
static void set_counter_31(struct iommu_config *c)
{
    c->hpm_counter_bits = 31;
}
static void set_counter_65(struct iommu_config *c)
{
    c->hpm_counter_bits = 65;
}
static void set_cycles_31(struct iommu_config *c)
{
    c->hpm_cycle_bits = 31;
}
static void set_cycles_64(struct iommu_config *c)
{
    c->hpm_cycle_bits = 64;
}
static void set_rcid(struct iommu_config *c)
{
    c->rcid_bits = 13;
}
static void set_mcid(struct iommu_config *c)
{
    c->mcid_bits = 13;
}
static void set_itags_0(struct iommu_config *c)
{
    c->itags = 0;
}
static void set_itags_33(struct iommu_config *c)
{
    c->itags = 33;
}
static void set_bare_11(struct iommu_config *c)
{
    c->bare_page_log2 = 11;
}
static void set_bare_31(struct iommu_config *c)
{
    c->bare_page_log2 = 31;
}
static void set_ddt_cache(struct iommu_config *c)
{
    c->ddt_cache_entries = 65537;
}
static void set_pdt_cache(struct iommu_config *c)
{
    c->pdt_cache_entries = 65537;
}
static void set_iotlb(struct iommu_config *c)
{
    c->iotlb_entries = 0xffffffff;
}
static void set_wires_only(struct iommu_config *c)
{
    c->capabilities &= ~CAP(IGS);
    c->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_WSI);
    c->fctl_writable &= ~(uint32_t)IOMMU_FCTL_WSI_MASK;
}

TEST_BOTH(api_illegal_sizes_are_refused)
{
    static const struct {
        config_tweak *tweak;
        const char *names;
    } cases[] = {{set_ddt_levels_0, "ddt_levels"},
                 {set_ddt_levels_8, "ddt_levels"},
                 {set_reset_mode, "reset_mode"},
                 {set_fctl_reset, "fctl_reset"},
                 {set_fctl_writable, "fctl_writable"},
                 {set_queue_0, "queue_log2_max"},
                 {set_queue_33, "queue_log2_max"},
                 {set_vector_bits, "vector_bits"},
                 {set_counters_0, "hpm_counters"},
                 {set_counters_32, "hpm_counters"},
                 {set_counter_31, "hpm_counter_bits"},
                 {set_counter_65, "hpm_counter_bits"},
                 {set_cycles_31, "hpm_cycle_bits"},
                 {set_cycles_64, "hpm_cycle_bits"},
                 {set_rcid, "rcid_bits"},
                 {set_mcid, "mcid_bits"},
                 {set_itags_0, "itags"},
                 {set_itags_33, "itags"},
                 {set_bare_11, "bare_page_log2"},
                 {set_bare_31, "bare_page_log2"},
                 {set_ddt_cache, "cache"},
                 {set_pdt_cache, "cache"},
                 {set_iotlb, "cache"},
                 {set_wires_only, "WSI"}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct iommu_config config;
        REQUIRE(iommu_config_named("max", &config));
        cases[i].tweak(&config);
        test_note("case %u, %s", i, cases[i].names);
        expect_refused(HERE, &config, cases[i].names);
    }
    test_note("%s", "");
}

TEST_BOTH(api_bad_flat_memory_is_refused)
{
    static _Alignas(8) uint8_t memory[64];
    struct iommu_config config;
    char error[200] = "";
    REQUIRE(iommu_config_named("max", &config));
    struct iommu_bus bus = {.flat_memory = memory + 4, .flat_size = 16};
    CHECK(iommu_create(&config, &bus, error, sizeof error) == NULL);
    CHECK(strstr(error, "flat") != NULL);
    bus = (struct iommu_bus){.flat_memory = memory, .flat_address = 4, .flat_size = 16};
    CHECK(iommu_create(&config, &bus, error, sizeof error) == NULL);
    bus = (struct iommu_bus){.flat_memory = memory, .flat_address = ~7ull, .flat_size = 64};
    CHECK(iommu_create(&config, &bus, error, sizeof error) == NULL);
}

/* --- the world outside -------------------------------------------------------------------- */

/* Nothing but the instance: every access is an access fault, messages go nowhere. */
TEST_BOTH(api_works_without_any_callback)
{
    struct iommu_config config;
    struct iommu_bus bus = {.context = NULL};
    REQUIRE(iommu_config_named("max", &config));
    struct iommu *iommu = iommu_create(&config, &bus, NULL, 0);
    REQUIRE(iommu != NULL);
    struct iommu_request request = read_at(1, 0x1000);
    CHECK_EQ(iommu_translate(iommu, &request).cause, IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    iommu_mmio_write(iommu, IOMMU_REG_DDTP, 8, IOMMU_DDTP_MODE_1LVL);
    iommu_mmio_write(iommu, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK);
    CHECK_EQ(iommu_translate(iommu, &request).cause, IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT);
    uint64_t csr = 0;
    iommu_mmio_read(iommu, IOMMU_REG_FQCSR, 4, &csr);
    CHECK_EQ(csr & IOMMU_FQCSR_FQMF_MASK, IOMMU_FQCSR_FQMF_MASK);
    iommu_mmio_write(iommu, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK);
    iommu_mmio_write(iommu, IOMMU_REG_CQT, 4, 1);
    iommu_mmio_read(iommu, IOMMU_REG_CQCSR, 4, &csr);
    CHECK_EQ(csr & IOMMU_CQCSR_CQMF_MASK, IOMMU_CQCSR_CQMF_MASK);
    struct iommu_page_request page_request = page_request_of(1, page_request_payload(0, 0));
    CHECK_EQ(iommu_page_request(iommu, &page_request).status, IOMMU_PRI_RESPONDED);
    iommu_destroy(iommu);
    iommu_destroy(NULL);
}

/* Memory callbacks without atomics: updates are done with read and write. */
static enum iommu_mem_status plain_read(void *context, const struct iommu_access *access,
                                        void *data)
{
    struct bench *b = context;
    memcpy(data, bench_host(b, access->address, access->size), access->size);
    return IOMMU_MEM_OK;
}

static enum iommu_mem_status plain_write(void *context, const struct iommu_access *access,
                                         const void *data)
{
    struct bench *b = context;
    memcpy(bench_host(b, access->address, access->size), data, access->size);
    return IOMMU_MEM_OK;
}

TEST(api_updates_without_the_amo_callback)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    s.dc.tc |= IOMMU_DC_TC_GADE_MASK;
    scene_update(&s);
    uint64_t mrif = mrif_create(b), notice = bench_page(b);
    msi_pt_write(b, s.msi_table, 0, msi_pte_mrif(mrif, notice, 9));
    uint64_t pte = pt_map(&s.second, 0x1000, 0x90000000, 0, P_ALL & ~(P_A | P_D));
    struct iommu_bus bus = {.context = b, .read = plain_read, .write = plain_write};
    struct iommu *iommu = iommu_create(&b->config, &bus, NULL, 0);
    REQUIRE(iommu != NULL);
    iommu_mmio_write(iommu, IOMMU_REG_DDTP, 8, REG(b, DDTP));
    struct iommu_request request = write_at(s.device, 0x1000);
    CHECK_EQ(iommu_translate(iommu, &request).status, IOMMU_SUCCESS);
    CHECK_EQ(pt_read(&s.second, pte), pt_pte(0x90000000, P_ALL));
    uint8_t identity[4] = {70, 0, 0, 0};
    request = write_at(s.device, SCENE_MSI);
    CHECK_EQ(iommu_dma(iommu, &request, identity, 4).status, IOMMU_SUCCESS);
    CHECK_EQ(bench_get(b, mrif + 16, 8, false), 1 << 6);
    CHECK_EQ(bench_get(b, notice, 4, false), 9);
    iommu_destroy(iommu);
}

/* Instances share nothing: the same requests meet each one's own tables and registers. */
TEST_BOTH(api_instances_are_independent)
{
    static const char *const names[] = {"max", "max", "base", "small"};
    struct scene s[4];
    for (unsigned i = 0; i < 4; i++) {
        struct bench *b = bench_ready(names[i], NULL);
        scene_second(&s[i], b);
        pt_map(&s[i].second, 0x1000, 0x90000000 + (i << 16), 0, P_ALL);
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 4; i++) {
            test_note("instance %u", i);
            EXPECT_OK(s[i].b, read_at(s[i].device, 0x1000), 0x90000000 + (i << 16));
        }
    }
    bench_set_mode(s[1].b, IOMMU_DDTP_MODE_OFF);
    EXPECT_FAULT(s[1].b, read_at(s[1].device, 0x1000), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    bench_push(s[0].b, cmd_make(0, 0));
    CHECK_EQ(REG_FIELD(s[0].b, CQCSR, CMD_ILL), 1);
    for (unsigned i = 1; i < 4; i++)
        CHECK_EQ(REG_FIELD(s[i].b, CQCSR, CMD_ILL), 0);
    EXPECT_OK(s[0].b, read_at(s[0].device, 0x1000), 0x90000000);
    EXPECT_OK(s[2].b, read_at(s[2].device, 0x1000), 0x90020000);
    test_note("%s", "");
}

/* --- texts ---------------------------------------------------------------------------------- */

TEST_BOTH(api_every_rule_has_name_section_and_text)
{
    CHECK(strcmp(iommu_rule_text(IOMMU_RULE_NONE), "") == 0);
    for (unsigned i = IOMMU_RULE_NONE + 1; i < IOMMU_RULES; i++) {
        CHECK(iommu_rule_text((enum iommu_rule)i)[0] != '\0');
        CHECK(iommu_rule_section((enum iommu_rule)i)[0] != '\0');
        CHECK(iommu_rule_name((enum iommu_rule)i)[0] != '\0');
    }
    CHECK(strcmp(iommu_rule_name(IOMMU_RULE_DDTE_NOT_VALID), "DDTE_NOT_VALID") == 0);
}

/* The names of the CAUSE table; all other codes are reserved or custom. */
TEST_BOTH(api_cause_texts)
{
    static const uint16_t known[] = {1,   4,   5,   6,   7,   12,  13,  15,  20,  21,
                                     23,  256, 257, 258, 259, 260, 261, 262, 263, 264,
                                     265, 266, 267, 268, 269, 270, 271, 272, 273, 274};
    for (uint16_t cause = 1; cause < 4096; cause++) {
        bool listed = false;
        for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
            listed |= cause == known[i];
        const char *text = iommu_cause_text(cause);
        test_note("cause %u", cause);
        if (listed)
            CHECK(strcmp(text, "reserved") != 0 && strcmp(text, "custom") != 0);
        else
            CHECK(strcmp(text, cause < 2048 ? "reserved" : "custom") == 0);
    }
    test_note("%s", "");
    CHECK(strcmp(iommu_cause_text(257), "DDT entry load access fault") == 0);
    CHECK(strcmp(iommu_cause_text(23), "Write/AMO guest-page fault") == 0);
}
