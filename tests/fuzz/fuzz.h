/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzing of the golden model. An input is a header, which chooses a configuration and a
 * scene of tables, and a list of operations. Two instances ("sides") with memories of their
 * own carry out the same operations; after each one both must have answered the same, their
 * memories must be equal, and the invariants of the specification must hold.
 *
 * What differs between the sides is what must not matter: flat memory or callbacks, atomic
 * callbacks or reads and writes, a tracer, a history of old values, questions about allowed
 * results, and (header: coherent) caches.
 *
 *   input.c   header and operations          memory.c     arenas behind the instances
 *   setup.c   configurations                 registers.c  what registers may read
 *   scene.c   the tables at the start        responses.c  what answers and records may say
 *   steps.c   the operations                 oracles.c    caches against allowed results
 *   fuzz.c    the entry point                mutate.c     mutation by operations
 */
#ifndef PORTCULLIS_TESTS_FUZZ_H
#define PORTCULLIS_TESTS_FUZZ_H

#include "iommu.h"

#define PAGE_BYTES 4096u
#define ARENA_PAGES 32u
#define ARENA_BYTES (ARENA_PAGES * PAGE_BYTES)
#define HEADER_BYTES 32u
#define OP_BYTES 16u
#define OPS_MAX 64u
#define SIDES 2u
#define INJECTIONS 4u
#define RECORDS_MAX 16u

/** What the pages of the arena are for at the start; operations may use them otherwise. */
enum page_use {
    PAGE_DDT = 0,         /**< levels 0, 1, 2 */
    PAGE_PDT = 3,         /**< levels 0, 1, 2 */
    PAGE_SECOND_ROOT = 8, /**< four pages */
    PAGE_SECOND = 12,     /**< levels 0, 1, 2, 3 */
    PAGE_FIRST = 16,      /**< levels 0, 1, 2, 3, 4 */
    PAGE_MSI_PT = 21,
    PAGE_MRIF = 22,
    PAGE_OTHER_FIRST = 23, /**< a second root, for process contexts */
    PAGE_CQ = 24,
    PAGE_FQ = 25,
    PAGE_PQ = 26,
    PAGE_OUT = 27, /**< fences and interrupt messages */
    PAGE_DATA = 28,
};

/** Guest pages that the scenes' MSI address pattern matches. */
#define MSI_GUEST_PAGE 0x30u
#define MSI_GUEST_MASK 0xfu

/* --- input --------------------------------------------------------------------------- */

enum op_kind {
    OP_NOTHING = 0,
    OP_MMIO_WRITE,
    OP_MMIO_READ,
    OP_STORE,     /**< a raw word */
    OP_STORE_PTE, /**< something like a PTE, at an index of a page */
    OP_CHANGE,    /**< exclusive or into a word */
    OP_STORE_DC,  /**< a device context of another shape */
    OP_TRANSLATE,
    OP_TRACED,
    OP_DMA,
    OP_PAGE_REQUEST,
    OP_COMPLETION,
    OP_TIMEOUT,
    OP_COMMAND, /**< put a command into the queue, and ring */
    OP_PROCESS, /**< iommu_process_command(), iommu_process_debug() */
    OP_ALLOWED,
    OP_CYCLES,
    OP_RESET,
    OP_REPORT,
    OP_INJECT,
    OP_DEBUG, /**< a debug translation, through its registers */
    OP_FLUSH, /**< all invalidations, by commands */
    OP_DRAIN, /**< software takes all records */
    OP_NOTE,  /**< a store is announced that does not come */
    OP_WORDS, /**< texts of rules and causes */
    OP_EVENT, /**< an event selector, and its counter near overflow */
    OP_KINDS
};

struct op {
    uint8_t kind, a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
};

/** The header, taken apart. */
struct setup {
    uint8_t bytes[HEADER_BYTES];
    bool flat_first; /**< side 0 has the flat memory */
    bool inject;     /**< callbacks on both sides; memory may fail */
    bool coherent;   /**< no caches on side 1, and side 0 is flushed where they may matter */
    bool history;    /**< on side 0, and every store is noted */
    bool manual;
    bool amo;    /**< callbacks have atomics */
    bool deaf;   /**< no message and drain callbacks */
    bool at_end; /**< the arena's last pages lie behind the end of memory */
};

size_t input_header(const uint8_t *data, size_t size, struct setup *setup);
/** @return false at the end of the input */
bool input_op(const uint8_t *data, size_t size, size_t *at, struct op *op);

/* --- the two sides ------------------------------------------------------------------- */

/** A record as it was written to a queue. */
struct record {
    uint64_t address;
    uint64_t word[4];
};

struct world;

struct side {
    struct world *world;
    struct iommu *iommu;
    uint8_t *memory;
    bool callbacks;
    bool history;
    uint64_t messages; /**< digest of all messages and drains so far */
    uint32_t message_count;
    /* what callbacks saw in this operation */
    struct record fault[RECORDS_MAX], page_request[RECORDS_MAX];
    uint32_t faults, page_requests;
    uint32_t other_writes; /**< all but updates of PTEs */
    uint32_t reads;        /**< in the whole run */
    bool in_dma;
};

/** An ATS.INVAL on its way, as the messages show it. */
struct tag {
    uint32_t device_id;
    bool segment_valid;
    uint8_t remaining; /**< completions to come; 0: none came yet */
};

struct injection {
    uint64_t address, size;
    enum iommu_mem_status status;
    bool writes_only;
    uint32_t structures;
};

/** Registers that matter after every operation. */
#define CORE_SLOTS 18u
struct core {
    uint64_t slot[CORE_SLOTS];
};
extern const uint32_t core_offset[CORE_SLOTS];
uint32_t core_reg(const struct core *core, uint32_t offset, uint32_t size);

/** What the operation's one fault record must say, if there is one. */
struct expected_record {
    bool possible; /**< false: none may come but those of interrupt messages */
    bool due;
    bool any; /**< of a debug translation that was asked for earlier */
    uint16_t cause;
    uint8_t ttyp;
    bool pv, priv;
    uint32_t pid, did;
    uint64_t iotval, iotval2;
};

struct world {
    struct setup setup;
    struct iommu_config config; /**< of side 0 */
    struct side side[SIDES];
    uint64_t base; /**< physical address of the arena */
    uint64_t pas_mask;
    bool big_endian, gxl; /**< fctl, as it was set at the start */
    struct injection injection[INJECTIONS];
    struct tag tag[32];
    bool reads_only; /**< the operation's request does not write */
    uint8_t *before; /**< the memory before the operation */
    struct core core, core_before;
    bool queue_unspecified[3]; /**< a base was written while the queue was on */
    bool queues_moved;         /**< software's writes may have moved tails */
    bool changed;              /**< tables, registers or injections; caches may be stale */
    struct iommu_request last; /**< most recent request, to be made again */
    struct expected_record expected;
    unsigned op_index;
    unsigned questions; /**< calls of iommu_allowed() so far: they are slow */
    uint64_t flushed;   /**< time of the last flush */
    bool failing;       /**< memory failed at some time: no history tells what was cached */
    bool trace;
};

/** The side whose memory is behind callbacks, and so has seen what was written. */
static inline const struct side *witness(const struct world *world)
{
    return &world->side[world->side[0].callbacks ? 0 : 1];
}

/** Stop: the model broke a rule. */
_Noreturn void broken(const struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define RULE(world, condition, ...)                                                                \
    do {                                                                                           \
        if (!(condition))                                                                          \
            broken((world), __VA_ARGS__);                                                          \
    } while (0)
void trace(const struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* fuzz.c */
bool same_memory(const uint8_t *a, const uint8_t *b);

/* setup.c */
void setup_config(const struct setup *setup, struct iommu_config *config);

/* scene.c */
void scene_build(struct world *world);
void scene_device_context(const struct world *world, unsigned device, uint32_t shape,
                          uint64_t *word);
uint64_t word_at(const struct world *world, const uint8_t *memory, uint64_t offset, unsigned size);
void put_word(const struct world *world, uint8_t *memory, uint64_t offset, unsigned size,
              uint64_t value);
static inline bool has(const struct world *world, uint64_t capability)
{
    return (world->config.capabilities & capability) != 0;
}
#define HAS(world, name) has((world), IOMMU_CAPABILITIES_##name##_MASK)

/* memory.c */
void memory_bus(struct side *side, struct iommu_bus *bus);
/** Software stores: announced to a history, the same on both sides. */
void store(struct world *world, uint64_t offset, unsigned size, uint64_t value);

/* steps.c */
void step(struct world *world, const struct op *op);
void mmio_write(struct world *world, uint32_t offset, uint32_t size, uint64_t value);
uint64_t mmio_read(struct world *world, uint32_t offset, uint32_t size);

/* requests.c */
struct iommu_request request_of(const struct world *world, const struct op *op);
void step_translate(struct world *world, const struct op *op, bool traced);
void step_dma(struct world *world, const struct op *op);
void step_page_request(struct world *world, const struct op *op);
void step_completion(struct world *world, const struct op *op);
void step_report(struct world *world, const struct op *op);

/* registers.c */
void core_read(struct side *side, struct core *core);
void registers_check(struct world *world);
void registers_check_all(struct world *world);
void records_check(struct world *world);

/* responses.c */
bool request_makes_sense(const struct iommu_request *request);
void response_check(const struct world *world, const struct iommu_request *request,
                    const struct iommu_response *response);
bool responses_equal(const struct iommu_response *a, const struct iommu_response *b);
struct expected_record record_of(const struct iommu_request *request,
                                 const struct iommu_response *response);
uint8_t ttyp_of(const struct iommu_request *request);

/* oracles.c */
/** Coherent runs: before a request, throw away what may be stale or another's. */
void make_coherent(struct world *world, const struct iommu_request *request);
void flush(struct world *world);
/** Ask what may come of a request that is about to be made. */
void ask_before(struct world *world, const struct iommu_request *request);
/** What came must have been among the answers. */
void ask_after(struct world *world, const struct iommu_response *response);
void step_allowed(struct world *world, const struct op *op);

#endif
