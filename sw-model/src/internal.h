/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the model share, and nobody else sees: the state of an instance, and
 * one translation on its way. The files follow the specification's chapters:
 *
 *   config.c       configurations       registers.c    memory-mapped registers
 *   memory.c       implicit accesses    commands.c     command queue
 *   directory.c    DDT and PDT          queues.c       fault and page-request queues
 *   page_table.c   both stages          interrupts.c   ipsr, MSIs, wires
 *   msi.c          MSI PTs and MRIFs    hpm.c          counters
 *   translate.c    the 20 steps         ats.c          ATS and PRI messages
 *   cache.c        the IOATC            allowed.c      old-or-new sets
 *   fast.c         quick hits and walks history.c      what was in memory before
 */
#ifndef PORTCULLIS_INTERNAL_H
#define PORTCULLIS_INTERNAL_H

#include "iommu.h"

#define PAGE_LOG2 12u
#define PAGE_MASK 0xfffull
#define DEVICE_IDS (1u << 24)
#define PROCESS_IDS (1u << 20)
#define MSI_VECTORS 16u
#define HPM_COUNTERS 32u /* index 1 to 31; 0 stands for iohpmcycles */
#define ITAGS 32u
#define BARE_PAGE_LOG2 63u /* a stage in Bare mode does not limit the page size */

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* --- page-table schemes and contexts ------------------------------------------------- */

/** A paged scheme: Sv32 to Sv57 and their x4 forms. levels is 0 for Bare. */
struct scheme {
    uint8_t levels;
    uint8_t index_bits;   /**< of each level but the root of a second stage */
    uint8_t entry_log2;   /**< log2 of bytes per PTE */
    uint8_t address_bits; /**< width that it translates */
    bool wide_root;       /**< second stage: two more index bits at the root */
};

extern const struct scheme scheme_bare;
const struct scheme *first_stage_scheme(uint64_t mode, bool sxl);
const struct scheme *second_stage_scheme(uint64_t mode, bool gxl);

/** A page table: where it starts and how it is read. */
struct table {
    const struct scheme *scheme;
    uint64_t root; /**< address of the root page: a GPA for a nested first stage */
    bool big_endian;
    bool update_ad; /**< SADE or GADE */
    bool sxl;       /**< the device's: no IOVA beyond bit 31, no GPA beyond bit 33 */
};

/** What a device context says, decoded. */
struct device_context {
    uint32_t device_id;
    uint64_t tc, iohgatp, ta, fsc, msiptp, msi_mask, msi_pattern;
    struct table second;
    struct table first; /**< from iosatp; Bare when PDTV is 1 */
    uint16_t gscid;
    uint16_t rcid, mcid;
    uint32_t pscid;
};

/** What a process context says, decoded. */
struct process_context {
    uint32_t device_id, process_id;
    uint64_t tables_as;    /**< SXL and SBE that it was read with */
    uint64_t fsc, iohgatp; /**< of the device context that led to it */
    struct table first;
    uint32_t pscid;
    bool ens, sum;
};

/** Identifiers of an address space, as cache tags and counter filters use them. */
struct address_space {
    uint32_t pscid;
    uint16_t gscid;
    bool pscv; /**< first stage not Bare */
    bool gv;   /**< second stage not Bare */
};

/** The end of one stage's walk. */
struct leaf {
    uint64_t address; /**< translated address */
    uint8_t page_log2;
    uint8_t permissions; /**< IOMMU_PERM_*; W only with D set */
    uint8_t pbmt;
    bool user;
    bool global;
};

/* --- caches -------------------------------------------------------------------------- */

#define CACHE_WAYS 4u

struct ddt_entry {
    bool valid;
    struct device_context dc;
};

struct pdt_entry {
    bool valid;
    struct process_context pc;
};

/** One IOTLB entry: both stages, or the first stage and an MSI PTE, combined. */
struct iotlb_entry {
    bool valid;
    bool msi;
    struct address_space space;
    uint64_t vpn;        /**< IOVA >> 12, aligned to the page */
    uint64_t gpa;        /**< of the page: address after the first stage */
    uint64_t address;    /**< of the page, translated */
    uint64_t msiptp;     /**< MSI entries: the table that they came from */
    uint8_t page_log2;   /**< what it answers: the smaller stage's page, or less */
    uint8_t first_log2;  /**< of the first-stage leaf: what IOTINVAL.VMA goes by */
    uint8_t second_log2; /**< of the second-stage leaf: what IOTINVAL.GVMA goes by */
    uint8_t permissions; /**< without regard to U */
    uint8_t pbmt;
    bool any_user; /**< first stage Bare: U does not apply */
    bool user;
    bool global;
    bool sxl; /**< walked to within the limits of SXL */
};

/** A set-associative cache; entries are kept by its owner. */
struct cache {
    void *entries;
    uint32_t sets;   /**< power of two; 0: off */
    uint8_t *victim; /**< next way to replace, per set */
};

/** A recent hit, found by the request alone; see fast.c. */
struct recent {
    uint64_t page;                  /**< IOVA >> 12, access kind above bit 51 */
    uint64_t ids;                   /**< generation, privilege, process_id, device_id */
    struct iommu_response response; /**< for offset 0 of the page */
};

#define RECENT_ENTRIES 1024u
#define NO_DEVICE 0xffffffffu
#define PLAIN_SPAN_MIN 0x4000u /* a second-stage root must fit */

/** What a plain walk needs of one device context, ready for use. */
struct plain {
    uint32_t device_id;                  /**< NO_DEVICE: none */
    uint8_t first_levels, second_levels; /**< both 0: not for plain walks */
    uint16_t rcid, mcid;
    const uint8_t *memory;
    uint64_t first_root, second_root;     /**< offsets in memory; nested first: GPA */
    uint64_t inside;                      /**< PPN bits that tell offsets apart */
    uint64_t pointer_mask, pointer_value; /**< non-leaf PTEs */
    uint64_t table_mask, table_value;     /**< second-stage leaves of PTEs' pages */
    uint64_t guest_mask;                  /**< 0 bits of nested first-stage PTEs */
    uint64_t leaf_mask;                   /**< 0 bits of other leaves */
    uint64_t beyond;                      /**< 0 bits of physical addresses */
};

/* --- instance ------------------------------------------------------------------------ */

struct queue {
    uint64_t base; /**< register cqb, fqb or pqb */
    uint32_t head, tail;
    uint32_t csr;
};

/** An ATS.INVAL on its way. */
struct invalidation {
    bool busy;
    uint32_t device_id;
    bool segment_valid;
    uint8_t remaining; /**< completions still to come; 0: none came yet */
};

struct history;

struct iommu {
    struct iommu_config config;
    struct iommu_bus bus;

    /* registers */
    uint32_t fctl;
    uint64_t ddtp;
    struct queue cq, fq, pq;
    bool command_runs; /* callbacks of a command may come in again */
    bool cq_switched;  /* by one of them, off or anew: this command is aborted */
    bool commands_due; /* one of them left more to do */
    uint32_t ipsr;
    uint32_t iocountinh;
    uint64_t hpm_counter[HPM_COUNTERS]; /* [0]: iohpmcycles without OF */
    uint64_t hpm_event[HPM_COUNTERS];   /* [0]: only OF */
    uint64_t tr_req_iova, tr_req_ctl, tr_response;
    uint32_t qosid;
    uint64_t icvec;
    uint64_t msi_addr[MSI_VECTORS];
    uint32_t msi_data[MSI_VECTORS];
    uint32_t msi_vec_ctl[MSI_VECTORS];
    uint32_t msi_pending; /* vectors with a message held back by M */
    uint32_t msi_due;     /* bits of ipsr whose message is still to be sent */
    bool msi_runs;        /* one is being sent; its callback may come in again */

    /* ATS */
    struct invalidation invalidation[ITAGS];
    bool invalidation_timed_out; /* an ATS.INVAL since the last IOFENCE.C timed out */

    /* caches */
    struct cache ddt_cache, pdt_cache, iotlb;
    uint64_t iotlb_sizes; /* bit n: entries of 2^n bytes may be there */
    uint16_t generation;  /* of `recent`; never 0 */
    uint64_t changes;     /* invalidations and register writes so far */
    struct recent *recent;
    struct plain plain; /**< of the device that was translated last */

    /* derived from configuration and registers by derive() */
    uint64_t pas_mask;     /* addressable bits */
    uint64_t flat_span;    /* bytes of flat memory that are addressable */
    uint64_t pte_reserved; /* reserved bits of any 64-bit PTE */
    bool hpm_active;       /* some event counter counts */
    bool fast_hits;        /* fast.c may answer from `recent` */
    bool fast_walks;       /* fast.c may walk */

    struct history *history;
};

/* --- one translation ----------------------------------------------------------------- */

struct explorer;

/** Everything that one translation needs on its way. */
struct walk {
    struct iommu *iommu;
    const struct iommu_request *request;
    iommu_step_fn *step;
    void *step_context;
    struct explorer *explorer; /**< not NULL: only asking, choose among old and new */
    bool debug;                /**< from the debug interface */

    /* what the translation is about, as it becomes known */
    uint8_t access; /**< enum iommu_access_kind */
    bool lenient;   /**< ATS: a missing permission is no fault */
    bool privileged;
    bool sum;
    bool process_id_valid; /**< also when DPE made it 0 */
    uint32_t process_id;
    struct address_space space;
    uint16_t rcid, mcid;
    bool dtf;
    bool cxl_io;          /**< T2GPA, or an MSI's address: not for CXL.cache */
    bool for_pdt;         /**< second-stage walks serve a PDT access now */
    bool have_pc;         /**< the first stage is a process context's */
    uint8_t first_levels; /**< of the first stage that is walked */
    uint64_t began;       /**< logical time */
    uint64_t changes;     /**< of the instance, when its first entry was read */

    /* the fault, if any */
    uint16_t cause;
    uint16_t rule;
    uint64_t iotval2;
};

/** Stop with a fault. @return false, so that callers can return it. */
static inline bool fault(struct walk *walk, uint16_t cause, enum iommu_rule rule)
{
    walk->cause = cause;
    walk->rule = (uint16_t)rule;
    return false;
}

/** May what the walk found go into a cache? Not if a callback invalidated on its way. */
static inline bool may_cache(const struct walk *walk)
{
    return walk->explorer == NULL && walk->changes == walk->iommu->changes;
}

/** The words of an entry that a walk reads, and what explains and caches need to know. */
struct entry {
    enum iommu_step_kind kind;
    enum iommu_structure structure;
    uint64_t address;
    uint64_t input; /**< IOVA, GPA or ID that is looked up */
    uint8_t level;
    uint8_t size; /**< bytes: 4, 8, 16, 32, 64 */
    bool big_endian;
    bool implicit; /**< second stage: for a PDT or first-stage entry */
    bool root;     /**< in the table that a context points to */
    struct address_space space;
    uint64_t value[8];
    enum iommu_mem_status status;
};

/* memory.c */
enum iommu_mem_status mem_read(struct iommu *iommu, const struct iommu_access *access, void *data);
enum iommu_mem_status mem_write(struct iommu *iommu, const struct iommu_access *access,
                                const void *data);
enum iommu_mem_status mem_amo(struct iommu *iommu, const struct iommu_access *access,
                              enum iommu_amo operation, uint64_t compare, uint64_t operand,
                              uint64_t *old);
uint64_t load_word(const uint8_t *bytes, unsigned size, bool big_endian);
void store_word(uint8_t *bytes, unsigned size, bool big_endian, uint64_t value);
/** Read the entry's words; with an explorer, one of the values that it may have. */
enum iommu_mem_status entry_read(struct walk *walk, struct entry *entry);
/** Tell the tracer, if there is one, how an entry was judged. */
void entry_step(struct walk *walk, const struct entry *entry, enum iommu_rule rule, bool leaf);
/** Tell the tracer about a rule that decided without an entry. */
void rule_step(struct walk *walk, enum iommu_structure structure, enum iommu_rule rule,
               uint64_t input, bool implicit);
/** Tell the tracer that a cache answered. */
void cached_step(struct walk *walk, enum iommu_structure structure, uint64_t input);

enum update_result { UPDATE_DONE, UPDATE_RETRY, UPDATE_FAULT, UPDATE_POISON };
/** Replace a PTE atomically if memory still has what was read. */
enum update_result entry_update(struct walk *walk, const struct entry *entry, uint64_t value);

/* config.c */
void derive(struct iommu *iommu);
static inline bool has(const struct iommu *iommu, uint64_t capability_mask)
{
    return (iommu->config.capabilities & capability_mask) != 0;
}

/* directory.c */
bool locate_device_context(struct walk *walk, uint32_t device_id, struct device_context *dc);
bool locate_process_context(struct walk *walk, const struct device_context *dc,
                            struct process_context *pc);
bool device_id_too_wide(const struct iommu *iommu, unsigned mode, uint32_t device_id);

/* page_table.c */
bool first_stage(struct walk *walk, const struct table *first, const struct table *second,
                 uint64_t iova, struct leaf *leaf);
/** Translate first->address. */
bool second_stage(struct walk *walk, const struct table *second, const struct leaf *first,
                  struct leaf *leaf);
bool second_stage_implicit(struct walk *walk, const struct table *second, uint64_t gpa, bool write,
                           uint64_t *spa);
uint16_t access_fault_cause(unsigned access);

/* msi.c */
bool msi_matches(const struct device_context *dc, uint64_t gpa);
bool msi_overlaps(const struct device_context *dc, uint64_t gpa, unsigned page_log2);
bool msi_translate(struct walk *walk, const struct device_context *dc, uint64_t gpa,
                   struct iommu_response *response);
bool mrif_store(struct iommu *iommu, const struct iommu_response *response, uint32_t identity,
                uint16_t *cause);

/* translate.c */
struct iommu_response translate(struct walk *walk);
/** The way of every request that fast.c does not answer. */
struct iommu_response translate_thoroughly(struct iommu *iommu,
                                           const struct iommu_request *request);
void report(struct walk *walk, uint8_t ttyp, uint64_t iotval);
uint8_t request_ttyp(const struct iommu_request *request);
bool request_is_sane(const struct iommu_request *request);
/** Report what the I/O bridge found. @return false if DTF suppresses the record */
bool bridge_fault(struct iommu *iommu, const struct iommu_request *request, uint16_t cause,
                  enum iommu_rule rule);

/* cache.c */
bool cache_create(struct iommu *iommu);
void cache_destroy(struct iommu *iommu);
void cache_flush_all(struct iommu *iommu);
void forget_recent(struct iommu *iommu);
const struct device_context *ddt_cache_find(const struct iommu *iommu, uint32_t device_id);
void ddt_cache_fill(struct iommu *iommu, const struct device_context *dc);
const struct process_context *pdt_cache_find(const struct iommu *iommu, uint32_t device_id,
                                             uint32_t process_id);
void pdt_cache_fill(struct iommu *iommu, const struct process_context *pc);
const struct iotlb_entry *iotlb_find(const struct iommu *iommu, const struct address_space *space,
                                     uint64_t iova);
void iotlb_fill(struct iommu *iommu, const struct iotlb_entry *entry);

/** An invalidation command, decoded; also what allowed.c keeps of it. */
struct invalidate {
    uint8_t opcode, func3;
    bool av, gv, pscv, nl, dv;
    uint16_t gscid;
    uint32_t pscid, device_id, process_id;
    uint64_t first, last; /**< page numbers that ADDR and S cover, if av */
};
void cache_invalidate(struct iommu *iommu, const struct invalidate *command);

/* fast.c */
void plain_prepare(struct iommu *iommu, const struct device_context *dc);
void fast_remember(struct iommu *iommu, const struct iommu_request *request,
                   const struct iommu_response *response);

/* queues.c */
struct fault_record {
    uint16_t cause;
    uint8_t ttyp;
    bool pv, priv;
    uint32_t pid, did;
    uint64_t iotval, iotval2;
};
void queue_write_csr(struct iommu *iommu, struct queue *queue, uint32_t value);
void queue_write_base(struct iommu *iommu, struct queue *queue, uint64_t value);
uint32_t queue_mask(const struct queue *queue);
void fault_queue_put(struct iommu *iommu, const struct fault_record *record);
enum put_result { PUT_DONE, PUT_QUEUE_OFF, PUT_MEMORY_FAULT, PUT_QUEUE_FULL };
enum put_result page_queue_put(struct iommu *iommu, const struct iommu_page_request *request);

/* commands.c */
void commands_run(struct iommu *iommu);

/* interrupts.c */
#define EVENT_NEW_FAULT 1u
#define EVENT_NEW_PAGE_REQUEST 2u
#define EVENT_COUNTER_OVERFLOW 4u
/** Bring ipsr up to date with the queues' state and `events`. */
void interrupts_update(struct iommu *iommu, unsigned events);
/** Software wrote 1s to ipsr. */
void interrupts_clear(struct iommu *iommu, uint32_t bits);
/** Send what was held back for vectors that are unmasked now. */
void interrupts_release(struct iommu *iommu);
/** Store a 32-bit interrupt message; an access fault is reported as cause 273. */
void message_store(struct iommu *iommu, uint64_t address, uint32_t data, bool big_endian,
                   enum iommu_structure structure, uint16_t rcid, uint16_t mcid);

/* hpm.c */
void hpm_count_active(struct walk *walk, unsigned event);
static inline void hpm_count(struct walk *walk, unsigned event)
{
    if (unlikely(walk->iommu->hpm_active) && walk->explorer == NULL)
        hpm_count_active(walk, event);
}

/* history.c */
bool history_create(struct iommu *iommu);
void history_destroy(struct iommu *iommu);
void history_clear(struct iommu *iommu);
void history_invalidated(struct iommu *iommu, const struct invalidate *command);
/** The walk stored A and D bits, which took time. */
void history_updated(struct walk *walk);

/* allowed.c */
enum root_kind { ROOT_FIRST, ROOT_SECOND, ROOT_MSI, ROOT_DDT, ROOT_KINDS };
/** A walk starts at *table. Remember that these IDs were used with it: later contexts with
 *  the same IDs may meet its entries in caches. With an explorer instead: replace *table by
 *  one of the roots that the IDs may stand for. */
void explore_root(struct walk *walk, enum root_kind kind, struct table *table);
/** With an explorer: the first stage came to this leaf, or to a fault (NULL). */
void explore_first_stage_done(struct walk *walk, const struct leaf *leaf);
/** With an explorer: one of the values that the entry may have; memory's came in `bytes`. */
enum iommu_mem_status explore_read(struct walk *walk, const struct entry *entry,
                                   enum iommu_mem_status status, uint8_t *bytes);
enum update_result explore_update(struct walk *walk, const struct entry *entry, uint64_t value);
/** Entries read from now on are used through a second-stage translation, or not. */
void explore_begin_implicit(struct walk *walk);
void explore_end_implicit(struct walk *walk);
/** The second-stage walk for that is over: did it find the address, is it for a store? */
void explore_implicit_done(struct walk *walk, bool found, bool write);

#endif
