/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test harness of the golden model: a runner, and a bench around one IOMMU.
 *
 * A test is a function that registers itself:
 *
 *     TEST(name_of_test)
 *     {
 *         struct bench *b = bench_ready("max", NULL);   (freed by the runner)
 *         struct dc dc = bench_dc(b);
 *         bench_write_dc(b, 5, &dc);
 *         EXPECT_OK(b, read_at(5, 0x1000), 0x1000);
 *     }
 *
 * TEST runs once, with memory behind callbacks: everything is logged and faults can be
 * injected. TEST_BOTH runs its body three times: with callbacks, with flat memory, and
 * with flat memory and no caches; such a test may neither inject faults nor read the log.
 * TEST_TABLES is for translation: it runs a fourth time, with directory caches only, and
 * with flat memory EXPECT_OK() and the like make each request three times, so that what
 * was cached or prepared by one answers the next; all three must show the same.
 *
 * The builders write the structures from the specification's own definitions; only the
 * positions of fields come from iommu_regs.h.
 */
#ifndef PORTCULLIS_TESTS_HARNESS_H
#define PORTCULLIS_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu.h"

/* --- runner ------------------------------------------------------------------------ */

/** How a test body is run. */
enum test_way { WAY_CALLBACKS, WAY_FLAT, WAY_UNCACHED, WAY_WALKS, WAYS };

/** For whom: in which ways, see above. */
enum test_scope { SCOPE_CALLBACKS, SCOPE_BOTH, SCOPE_TABLES };

struct test_case {
    const char *name;
    const char *file;
    int line;
    enum test_scope scope;
    void (*run)(void);
    struct test_case *next;
};

void test_register(struct test_case *test);

#define TEST_DEFINE(test_name, test_scope)                                                         \
    static void test_##test_name(void);                                                            \
    static struct test_case case_##test_name = {.name = #test_name,                                \
                                                .file = __FILE__,                                  \
                                                .line = __LINE__,                                  \
                                                .scope = (test_scope),                             \
                                                .run = test_##test_name,                           \
                                                .next = NULL};                                     \
    __attribute__((constructor)) static void register_##test_name(void)                            \
    {                                                                                              \
        test_register(&case_##test_name);                                                          \
    }                                                                                              \
    static void test_##test_name(void)

#define TEST(test_name) TEST_DEFINE(test_name, SCOPE_CALLBACKS)
#define TEST_BOTH(test_name) TEST_DEFINE(test_name, SCOPE_BOTH)
#define TEST_TABLES(test_name) TEST_DEFINE(test_name, SCOPE_TABLES)

/** A place in a test's source, for messages. */
struct place {
    const char *file;
    int line;
};
#define HERE ((struct place){__FILE__, __LINE__})

bool test_check(struct place place, bool holds, const char *text);
bool test_check_eq(struct place place, uint64_t actual, uint64_t expected, const char *text);
/** Words that go before each failure until the next call; "" for none. At most 127. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Give up on this test, counted as a failure. */
void test_fatal(struct place place, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
/** How the test runs now. */
enum test_way test_way(void);
/** How often each expected request is made. */
unsigned test_repeats(void);

/** A condition; on failure the test goes on. */
#define CHECK(condition) test_check(HERE, (condition), #condition)
/** Two integers, printed in hex on failure; the test goes on. */
#define CHECK_EQ(actual, expected)                                                                 \
    test_check_eq(HERE, (uint64_t)(actual), (uint64_t)(expected), #actual " == " #expected)
/** A condition without which the rest makes no sense. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            test_fatal(HERE, "required: %s", #condition);                                          \
    } while (0)

/* --- bench ------------------------------------------------------------------------- */

#define BENCH_BASE 0x80000000u /**< physical address of the bench's memory */
#define BENCH_SIZE 0x01000000u /**< its size: 16 MiB */
#define BENCH_WINDOWS 8        /**< the memory, and pieces elsewhere */
#define BENCH_INJECTIONS 16
#define BENCH_GSCIDS 16

/** What happened at the IOMMU's memory side, in order. */
enum event_kind { EVENT_READ, EVENT_WRITE, EVENT_AMO, EVENT_MESSAGE, EVENT_DRAIN };

struct event {
    enum event_kind kind;
    struct iommu_access access;   /**< reads, writes, AMOs */
    enum iommu_mem_status status; /**< what they answered */
    uint8_t data[64];             /**< bytes read or written, in memory order */
    uint64_t amo_old;             /**< AMOs: value before */
    uint64_t amo_compare;
    uint64_t amo_operand;
    enum iommu_amo amo;
    struct iommu_message message;
    bool drain_reads;
    bool drain_writes;
};

/** Which accesses an injected fault applies to. */
#define ON_READ 0x1u
#define ON_WRITE 0x2u
#define ON_AMO 0x4u
#define ON_ANY (ON_READ | ON_WRITE | ON_AMO)

struct injection {
    uint64_t address;
    uint64_t size;
    enum iommu_mem_status status;
    unsigned on;         /**< ON_* */
    uint32_t structures; /**< one bit for each enum iommu_structure */
};

struct window {
    uint8_t *memory;
    uint64_t address;
    uint64_t size;
};

struct bench;
typedef void bench_hook(struct bench *b, const struct iommu_access *access, enum event_kind kind);

struct bench_queue {
    uint64_t base; /**< physical address; 0: never set up */
    uint32_t log2; /**< of its number of entries */
};

struct bench {
    struct iommu *iommu;
    struct iommu_config config;
    struct window window[BENCH_WINDOWS]; /**< 0: the main memory */
    uint64_t next_free;
    bool flat;       /**< the main memory is flat for the IOMMU */
    bool big_endian; /**< fctl.BE */
    bool extended;   /**< device contexts of 64 bytes */
    unsigned levels; /**< of the DDT */
    uint64_t ddt_root;
    struct bench_queue cq, fq, pq;
    uint32_t cq_tail; /**< where the next command goes; set it to 0 with a new queue */

    uint16_t gscid[BENCH_GSCIDS]; /**< those that pt_iohgatp() was asked for */
    size_t gscids;

    struct event *event; /**< the log */
    size_t events;
    size_t event_room;
    struct injection injection[BENCH_INJECTIONS];
    size_t injections;
    /** Called before each access behind callbacks takes place, and when a message or a drain has
     *  been logged (access is NULL then); may change memory, and call into the IOMMU. */
    bench_hook *hook;
    void *hook_context;
    struct bench *next; /**< the runner's list */
};

typedef void config_tweak(struct iommu_config *config);

/** An IOMMU in reset state: named configuration, changed by `tweak` (may be NULL). */
struct bench *bench_create(const char *config, config_tweak *tweak);
/** The same, with a bus that has no callback for atomic accesses. */
struct bench *bench_create_without_amo(const char *config, config_tweak *tweak);
/** The same, started with as many DDT levels as it supports. */
struct bench *bench_ready(const char *config, config_tweak *tweak);
/** Make DDT root and queues, switch on queues and ddtp. levels: 1 to 3. */
void bench_start(struct bench *b, unsigned levels);
/** Switch on what of the queues exists; FQ and PQ of 128 and 256 entries, CQ of 256. */
void bench_start_queues(struct bench *b);
/** Write fctl and insist that it sticks; before bench_start(). */
void bench_set_fctl(struct bench *b, uint32_t value);
/** Write ddtp with the DDT's root and this mode; for modes Off and Bare too. */
void bench_set_mode(struct bench *b, unsigned mode);
/** Free all benches (the runner does it). */
void bench_free_all(void);

/* --- memory ------------------------------------------------------------------------ */

/** Zeroed memory; `align` is a power of 2. */
uint64_t bench_alloc(struct bench *b, uint64_t size, uint64_t align);
uint64_t bench_page(struct bench *b); /**< 4 KiB, zeroed and aligned */
/** Zeroed memory at an address of choice, always behind callbacks. */
void bench_add_window(struct bench *b, uint64_t address, uint64_t size);
/** Host pointer to bytes; fatal if they are not inside one window. */
uint8_t *bench_host(struct bench *b, uint64_t address, uint64_t size);

void bench_put(struct bench *b, uint64_t address, unsigned size, uint64_t value, bool big_endian);
uint64_t bench_get(struct bench *b, uint64_t address, unsigned size, bool big_endian);
/** In the byte order of fctl.BE. */
void bench_put64(struct bench *b, uint64_t address, uint64_t value);
void bench_put32(struct bench *b, uint64_t address, uint32_t value);
uint64_t bench_get64(struct bench *b, uint64_t address);
uint32_t bench_get32(struct bench *b, uint64_t address);

/** Accesses that touch the range answer `status`. Needs callbacks. */
void bench_inject(struct bench *b, uint64_t address, uint64_t size, enum iommu_mem_status status);
/** The same for some kinds (ON_*) and structures (bit mask; 0: all). */
void bench_inject_on(struct bench *b, struct injection injection);
void bench_clear_injections(struct bench *b);

/* --- log --------------------------------------------------------------------------- */

void bench_clear_log(struct bench *b);
/** Number of reads, writes and AMOs for a structure; IOMMU_STRUCTURES: for all. */
size_t bench_accesses(struct bench *b, enum iommu_structure structure);
/** Number of events of a kind. */
size_t bench_events(struct bench *b, enum event_kind kind);
/** The index-th event of a kind, or the index-th access for a structure; NULL if none. */
const struct event *bench_event(struct bench *b, enum event_kind kind, size_t index);
const struct event *bench_access(struct bench *b, enum iommu_structure structure, size_t index);
/** The bytes of an event's data as an integer. */
uint64_t event_value(const struct event *event, unsigned offset, unsigned size, bool big_endian);

/* --- registers --------------------------------------------------------------------- */

uint64_t reg_read(struct bench *b, uint32_t offset, uint32_t size);
void reg_write(struct bench *b, uint32_t offset, uint32_t size, uint64_t value);
#define REG(b, NAME) reg_read((b), IOMMU_REG_##NAME, IOMMU_REG_##NAME##_BYTES)
#define REG_SET(b, NAME, value) reg_write((b), IOMMU_REG_##NAME, IOMMU_REG_##NAME##_BYTES, (value))
/** Element n of an array of registers, counted as the specification does. */
#define REG_N(b, NAME, n) reg_read((b), IOMMU_REG_##NAME(n), IOMMU_REG_##NAME##_BYTES)
#define REG_N_SET(b, NAME, n, value)                                                               \
    reg_write((b), IOMMU_REG_##NAME(n), IOMMU_REG_##NAME##_BYTES, (value))
#define REG_FIELD(b, NAME, FIELD) IOMMU_GET(REG(b, NAME), IOMMU_##NAME##_##FIELD)
/** Is this capability bit set in the bench's configuration? */
#define HAS(b, BIT) (((b)->config.capabilities & IOMMU_CAPABILITIES_##BIT##_MASK) != 0)

/* --- device directory -------------------------------------------------------------- */

/** A device context; word order is that of memory. */
struct dc {
    uint64_t tc, iohgatp, ta, fsc, msiptp, msi_addr_mask, msi_addr_pattern, reserved;
};

/** A legal context for this bench: V=1, both stages Bare, SXL and SBE as fctl demands. */
struct dc bench_dc(const struct bench *b);
/** Address of the entry at `level` that leads to device_id; level 0 is the context
 *  itself. Non-leaf entries above it are made where they are missing. */
uint64_t bench_ddt_entry(struct bench *b, uint32_t device_id, unsigned level);
/** Bytes of a device context. */
unsigned bench_dc_size(const struct bench *b);
void bench_write_dc(struct bench *b, uint32_t device_id, const struct dc *dc);

/* --- page tables ------------------------------------------------------------------- */

enum pt_mode {
    PT_SV32,
    PT_SV39,
    PT_SV48,
    PT_SV57,
    PT_SV32X4,
    PT_SV39X4,
    PT_SV48X4,
    PT_SV57X4,
    PT_MODES
};

/** PTE bits, the same in all modes. */
#define P_V 0x001u
#define P_R 0x002u
#define P_W 0x004u
#define P_X 0x008u
#define P_U 0x010u
#define P_G 0x020u
#define P_A 0x040u
#define P_D 0x080u
#define P_N IOMMU_PTE_N_MASK
#define P_PBMT(type) IOMMU_PREP(IOMMU_PTE_PBMT, (type))
/** A leaf that grants everything to users. */
#define P_ALL (P_V | P_R | P_W | P_X | P_U | P_A | P_D)

struct page_table;

/** How a guest's tables lie in memory: guest physical address = physical address + offset;
 *  `second` gets a 4-KiB mapping for each page of them. */
struct guest {
    struct page_table *second;
    uint64_t offset;
};

struct page_table {
    struct bench *bench;
    enum pt_mode mode;
    bool big_endian;
    struct guest guest; /**< second == NULL: addresses are physical */
    uint64_t root;      /**< physical address of the root page(s) */
};

unsigned pt_levels(enum pt_mode mode);
bool pt_is_x4(enum pt_mode mode);
unsigned pt_input_bits(enum pt_mode mode); /**< 32/39/48/57/34/41/50/59 */
unsigned pt_page_log2(enum pt_mode mode, unsigned level);
unsigned pt_pte_size(enum pt_mode mode);      /**< 4 or 8 */
uint64_t pt_mode_encoding(enum pt_mode mode); /**< MODE field of iosatp or iohgatp */

/** A table in the byte order of fctl.BE; a first stage with another SBE sets
 *  .big_endian before the first use. */
struct page_table pt_create(struct bench *b, enum pt_mode mode);
/** A first stage whose pages are in guest memory. */
struct page_table pt_create_guest(struct bench *b, enum pt_mode mode, struct guest guest);
/** Physical address of the entry at `level` that leads to `va`, with the levels above
 *  made where they are missing. */
uint64_t pt_entry(struct page_table *pt, uint64_t va, unsigned level);
/** The same as guest physical address: what iotval2 shows. */
uint64_t pt_entry_gpa(struct page_table *pt, uint64_t va, unsigned level);
uint64_t pt_pte(uint64_t pa, uint64_t flags);
void pt_write(struct page_table *pt, uint64_t pte_address, uint64_t value);
uint64_t pt_read(struct page_table *pt, uint64_t pte_address);
/** A leaf at `level`; returns the physical address of the PTE. */
uint64_t pt_map(struct page_table *pt, uint64_t va, uint64_t pa, unsigned level, uint64_t flags);
/** A naturally aligned range of 64 KiB: 16 equal PTEs with N=1. */
void pt_map_napot(struct page_table *pt, uint64_t va, uint64_t pa, uint64_t flags);
uint64_t pt_iosatp(const struct page_table *pt);
uint64_t pt_iohgatp(const struct page_table *pt, uint16_t gscid);

/* --- process directory ------------------------------------------------------------- */

struct pc {
    uint64_t ta, fsc;
};

struct pdt {
    struct bench *bench;
    unsigned mode; /**< IOMMU_PDTP_MODE_PD8, _PD17 or _PD20 */
    bool big_endian;
    struct guest guest;
    uint64_t root; /**< physical address */
};

struct pdt pdt_create(struct bench *b, unsigned mode);
struct pdt pdt_create_guest(struct bench *b, unsigned mode, struct guest guest);
/** Physical address of the entry at `level`; level 0 is the process context. */
uint64_t pdt_entry(struct pdt *pdt, uint32_t process_id, unsigned level);
/** The same as guest physical address. */
uint64_t pdt_entry_gpa(struct pdt *pdt, uint32_t process_id, unsigned level);
void pdt_write_pc(struct pdt *pdt, uint32_t process_id, const struct pc *pc);
/** The DC's fsc word. */
uint64_t pdt_pdtp(const struct pdt *pdt);
/** V=1 and nothing else, first stage Bare. */
struct pc pc_bare(void);

/* --- MSI page tables --------------------------------------------------------------- */

struct msi_pte {
    uint64_t dw[2];
};

/** A table of 2^log2_entries entries; returns its physical address. */
uint64_t msi_pt_create(struct bench *b, unsigned log2_entries);
struct msi_pte msi_pte_basic(uint64_t page);
struct msi_pte msi_pte_mrif(uint64_t mrif, uint64_t notice_page, uint32_t nid);
void msi_pt_write(struct bench *b, uint64_t table, unsigned index, struct msi_pte pte);
uint64_t msi_msiptp(uint64_t table);   /**< MODE Flat */
uint64_t mrif_create(struct bench *b); /**< 512 bytes, aligned */

/* --- requests ---------------------------------------------------------------------- */

struct iommu_request read_at(uint32_t device_id, uint64_t iova);
struct iommu_request write_at(uint32_t device_id, uint64_t iova);
struct iommu_request exec_at(uint32_t device_id, uint64_t iova);
struct iommu_request with_pid(struct iommu_request request, uint32_t process_id);
struct iommu_request with_priv(struct iommu_request request, uint32_t process_id);
struct iommu_request as_translated(struct iommu_request request);
struct iommu_request as_ats(struct iommu_request request);

struct iommu_response bench_translate(struct bench *b, struct iommu_request request);

/** Translate; check success, the address, and that nothing was reported. @return the first answer
 */
struct iommu_response bench_expect_ok(struct place place, struct bench *b,
                                      struct iommu_request request, uint64_t address);
#define EXPECT_OK(b, request, address) bench_expect_ok(HERE, (b), (request), (address))

/** What a failing request must show. */
struct expected_fault {
    uint16_t cause;
    bool suppressed; /**< no record (DTF) */
    uint64_t iotval2;
    enum iommu_rule rule; /**< IOMMU_RULE_NONE: not checked */
};

/**
 * Translate; check the status that the request's type demands, cause and iotval2 of the
 * response, and all four doublewords of the one record in the fault queue. ATS requests:
 * Success without permissions, and no record, for the causes that demand it.
 */
struct iommu_response bench_expect_fault(struct place place, struct bench *b,
                                         struct iommu_request request,
                                         struct expected_fault expected);
#define EXPECT_FAULT(b, request, fault_cause)                                                      \
    bench_expect_fault(HERE, (b), (request), (struct expected_fault){.cause = (fault_cause)})
#define EXPECT_GUEST_FAULT(b, request, fault_cause, iotval2_value)                                 \
    bench_expect_fault(                                                                            \
        HERE, (b), (request),                                                                      \
        (struct expected_fault){.cause = (fault_cause), .iotval2 = (iotval2_value)})
/** The same, and the rule that the response names: IOMMU_RULE_<name>. */
#define EXPECT_RULE(b, request, fault_cause, rule_name)                                            \
    bench_expect_fault(                                                                            \
        HERE, (b), (request),                                                                      \
        (struct expected_fault){.cause = (fault_cause), .rule = IOMMU_RULE_##rule_name})
/** The fault must not be reported: DTF. */
#define EXPECT_SUPPRESSED(b, request, fault_cause, iotval2_value)                                  \
    bench_expect_fault(HERE, (b), (request),                                                       \
                       (struct expected_fault){.cause = (fault_cause),                             \
                                               .suppressed = true,                                 \
                                               .iotval2 = (iotval2_value)})

/** Page-fault, guest-page-fault and access-fault cause of an access kind. */
uint16_t page_fault(const struct iommu_request *request);
uint16_t guest_page_fault(const struct iommu_request *request);
uint16_t access_fault(const struct iommu_request *request);

/* --- queues ------------------------------------------------------------------------ */

struct fault_record {
    uint64_t dw[4];
    uint16_t cause;
    uint8_t ttyp;
    bool pv, priv;
    uint32_t pid, did;
    uint64_t iotval, iotval2;
};

/** The record that the specification wants for a request that met a fault. */
struct fault_record fault_of(struct iommu_request request, uint16_t cause, uint64_t iotval2);
uint32_t bench_fault_count(struct bench *b);
/** Take the oldest record off the fault queue. @return false if there is none */
bool bench_pop_fault(struct bench *b, struct fault_record *record);
/** Pop one record and compare its four doublewords. */
void bench_check_record(struct place place, struct bench *b, struct fault_record expected);
#define CHECK_RECORD(b, expected) bench_check_record(HERE, (b), (expected))
#define CHECK_NO_RECORD(b) CHECK_EQ(bench_fault_count(b), 0)

struct page_request_record {
    uint64_t dw[2];
    uint32_t did, pid;
    bool pv, priv, exec, r, w, last;
    uint16_t prgi;
    uint64_t page_address;
};

uint32_t bench_page_request_count(struct bench *b);
bool bench_pop_page_request(struct bench *b, struct page_request_record *record);

struct command {
    uint64_t dw[2];
};

struct command cmd_make(unsigned opcode, unsigned func3);
/** IOTINVAL: func3, and fields to be set in dw[0] and dw[1] by IOMMU_PREP. */
struct command cmd_iotinval_vma(uint64_t dw0_fields, uint64_t address);
struct command cmd_iotinval_gvma(uint64_t dw0_fields, uint64_t address);
struct command cmd_iofence(uint64_t dw0_fields, uint64_t address, uint32_t data);
struct command cmd_iodir_all(void);
struct command cmd_iodir_ddt(uint32_t device_id);
struct command cmd_iodir_pdt(uint32_t device_id, uint32_t process_id);
struct command cmd_ats_inval(uint32_t device_id, uint64_t payload);
struct command cmd_ats_prgr(uint32_t device_id, uint64_t payload);
/** Address operands as the commands hold them. */
uint64_t cmd_iotinval_addr(uint64_t address);

/** Write a command behind the tail, without the doorbell. Moves the bench's own tail. */
void bench_queue_command(struct bench *b, struct command command);
/** Write the bench's tail to cqt. */
void bench_doorbell(struct bench *b);
/** bench_queue_command() and bench_doorbell(). */
void bench_push(struct bench *b, struct command command);
/** bench_push(), and insist that it was executed. */
void bench_command(struct bench *b, struct command command);
/** Invalidate, by commands, everything cached for the hosts and for the GSCIDs that
 *  pt_iohgatp() was asked for. */
void bench_invalidate_all(struct bench *b);

#endif
