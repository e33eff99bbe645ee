/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driving a RISC-V IOMMU from bare metal: the library's interface to one IOMMU.
 *
 * The library touches registers and memory through functions that its caller hands in, so the
 * same code runs on hardware, on the golden model, and on simulated RTL. It allocates nothing,
 * keeps all state in the caller's `struct rvi`, answers errors as values, and gives up every
 * wait after `bus.timeout` ticks. It is not reentrant: one caller at a time for one IOMMU.
 *
 * Section names in comments are those of the specification (release 20260222).
 */
#ifndef RVI_H
#define RVI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu_regs.h"

#define RVI_PAGE 4096u
#define RVI_BATCH 32u        /* commands between two fences, at most */
#define RVI_ADDRESS_BITS 56u /* no PPN field holds more */

/** What became of a call. */
enum rvi_status {
    RVI_OK = 0,
    RVI_INVALID,         /**< an argument makes no sense; nothing was done */
    RVI_UNSUPPORTED,     /**< this IOMMU does not have what was asked for */
    RVI_NO_MEMORY,       /**< the caller's page source is exhausted */
    RVI_TIMEOUT,         /**< the IOMMU did not answer in time */
    RVI_BUSY,            /**< the IOMMU is in use; quiesce it first */
    RVI_EXISTS,          /**< there is an entry already; it was left as it is */
    RVI_NOT_FOUND,       /**< there is no such entry */
    RVI_COMMAND_ILLEGAL, /**< cmd_ill: a command was refused, the others were carried out */
    RVI_COMMAND_TIMEOUT, /**< cmd_to: a device did not complete its invalidations */
    RVI_MEMORY_FAULT,    /**< cqmf: the IOMMU cannot reach its command queue or fence word */
    RVI_FAULT,           /**< debug translation: it ended in a fault, see the fault queue */
    RVI_CORRUPT,         /**< data that was read contradicts itself */
};

/** A word for each status, for messages. */
const char *rvi_status_text(enum rvi_status status);

/** Access to the registers. */
struct rvi_bus {
    void *context;
    uint32_t (*read32)(void *context, uint32_t offset);
    void (*write32)(void *context, uint32_t offset, uint32_t value);
    /** May both be NULL on a bus of 32 bits: two accesses are made, the upper half first. */
    uint64_t (*read64)(void *context, uint32_t offset);
    void (*write64)(void *context, uint32_t offset, uint64_t value);
    /** A clock that never runs backwards; a simulation may advance its design here. */
    uint64_t (*now)(void *context);
    uint64_t timeout; /**< ticks of now() after which a wait ends */
};

/** Access to memory by physical address, aligned. Values are numbers: where the IOMMU is set
 *  to big-endian structures, these functions swap bytes. */
struct rvi_memory {
    void *context;
    uint32_t (*load32)(void *context, uint64_t address);
    void (*store32)(void *context, uint64_t address, uint32_t value);
    uint64_t (*load64)(void *context, uint64_t address);
    void (*store64)(void *context, uint64_t address, uint64_t value);
    /** Order what was stored and loaded before against everything after, for the IOMMU and the
     *  device registers too (`fence iorw, iorw`). */
    void (*fence)(void *context);
};

/** Where tables get their pages: naturally aligned, `bytes` is 4096 or a power of two above.
 *  Answers the address, or 0. The library zeroes it before use. */
struct rvi_pages {
    void *context;
    uint64_t (*take)(void *context, uint64_t bytes);
};

/** A page source over one range, first come, first served; nothing is given back. */
struct rvi_region {
    uint64_t next;
    uint64_t end;
};
struct rvi_pages rvi_pages_from(struct rvi_region *region);
/** Take `bytes` and fill them with zeros. */
enum rvi_status rvi_take(const struct rvi_memory *memory, const struct rvi_pages *pages,
                         uint64_t bytes, uint64_t *address);

/** A ring in memory that the IOMMU and the hart share. */
struct rvi_queue {
    uint64_t base;
    uint32_t entries; /**< a power of two; 0 while the queue is off */
    uint32_t index;   /**< ours: the tail of the command queue, the head of the others */
};

/** One command: its two words. */
struct rvi_command {
    uint64_t word[2];
};

/** What rvi_recover() found. */
struct rvi_recovery {
    uint32_t csr;               /**< cqcsr as it was */
    uint32_t index;             /**< cqh: the command that stopped the queue */
    struct rvi_command command; /**< that command */
    uint32_t resubmitted;       /**< commands that were queued again */
};

/** One IOMMU. The caller owns the memory; fields are the library's. */
struct rvi {
    struct rvi_bus bus;
    struct rvi_memory memory;
    uint64_t capabilities;
    uint32_t fctl;
    uint32_t vectors; /**< interrupt vectors, a power of two; 0 before they were counted */
    uint8_t mode;     /**< ddtp.iommu_mode */
    uint64_t root;    /**< of the device directory */
    struct rvi_queue cq, fq, pq;
    uint64_t fence_word;                   /**< where fences leave their number */
    uint32_t fence_number;                 /**< of the last fence queued */
    struct rvi_command pending[RVI_BATCH]; /**< queued since the last complete fence */
    uint32_t pendings;
    bool notify;                  /**< also invalidate when entries become valid */
    struct rvi_recovery recovery; /**< the last one */
    uint64_t faults_lost;         /**< times the fault queue lost records */
    uint64_t requests_lost;       /**< times the page-request queue lost messages */
};

/* --- registers ------------------------------------------------------------------------ */

uint64_t rvi_read64(const struct rvi *iommu, uint32_t offset);
void rvi_write64(const struct rvi *iommu, uint32_t offset, uint64_t value);
uint32_t rvi_read32(const struct rvi *iommu, uint32_t offset);
void rvi_write32(const struct rvi *iommu, uint32_t offset, uint32_t value);
/** Wait until (register & mask) == value. */
enum rvi_status rvi_wait32(const struct rvi *iommu, uint32_t offset, uint32_t mask, uint32_t value);

/** Is every bit of `mask` (IOMMU_CAPABILITIES_..._MASK) set? */
static inline bool rvi_has(const struct rvi *iommu, uint64_t mask)
{
    return (iommu->capabilities & mask) == mask;
}

/* --- initialization ("Guidelines for initialization") ---------------------------------- */

/** Memory for one queue: 2^log2_entries records, aligned to the greater of 4 KiB and its
 *  size. log2_entries 0: this queue is not wanted. */
struct rvi_queue_memory {
    uint64_t address;
    uint8_t log2_entries;
};

struct rvi_setup {
    uint64_t required;      /**< capabilities that must be there */
    uint8_t device_id_bits; /**< width that the directory must cover, 1 to 24 */
    bool big_endian;        /**< structures in memory are big-endian */
    bool wires;             /**< interrupts by wire; otherwise by message */
    bool notify;            /**< an emulated IOMMU that wants to hear of new entries too */
    struct rvi_queue_memory commands, faults, requests;
    uint64_t fence_word; /**< 8 bytes, aligned, for the fences of the command queue */
    uint64_t root;       /**< one zeroed page, root of the device directory */
};

/** Start with an IOMMU: read the capabilities, refuse what is not an IOMMU of version 1.x. */
enum rvi_status rvi_open(struct rvi *iommu, const struct rvi_bus *bus,
                         const struct rvi_memory *memory);

/**
 * All steps of the guidelines, in their order. The IOMMU must be Off or Bare with its queues
 * off, as after reset or rvi_quiesce(). Afterwards every device is blocked, but for what is
 * in the directory. On an error the IOMMU is Off.
 */
enum rvi_status rvi_init(struct rvi *iommu, const struct rvi_setup *setup);

/** The single steps, for callers with an order of their own. */
enum rvi_status rvi_features(struct rvi *iommu, const struct rvi_setup *setup);
enum rvi_status rvi_start_commands(struct rvi *iommu, struct rvi_queue_memory ring,
                                   uint64_t fence_word);
enum rvi_status rvi_start_faults(struct rvi *iommu, struct rvi_queue_memory ring);
enum rvi_status rvi_start_requests(struct rvi *iommu, struct rvi_queue_memory ring);
/** Enter the narrowest directory mode that covers device_id_bits. */
enum rvi_status rvi_start_directory(struct rvi *iommu, uint64_t root, uint8_t device_id_bits);

/* --- quiesce and hand-over -------------------------------------------------------------- */

/** Let no DMA through: ddtp to Off. In-flight transactions are done when it returns. */
enum rvi_status rvi_block_all(struct rvi *iommu);

/** Off, all queues off, interrupts off, counters stopped: as after reset. Works on an IOMMU
 *  that somebody else has set up, so it is also the first step of a take-over. */
enum rvi_status rvi_quiesce(struct rvi *iommu);

/** Hand the IOMMU to the next stage with the directory in force: outstanding commands are
 *  completed, then the command queue, page-request queue and interrupts are switched off. The
 *  fault queue goes on recording if `keep_faults` is set. */
enum rvi_status rvi_hand_over(struct rvi *iommu, bool keep_faults);

/* --- commands ("Command-Queue (CQ)") ---------------------------------------------------- */

/** Operands of the IOTINVAL commands; what is not set does not narrow the invalidation. */
struct rvi_inval {
    bool gv, av, pscv, nl, s;
    uint16_t gscid;
    uint32_t pscid;
    uint64_t address;
};

struct rvi_command rvi_cmd_vma(const struct rvi_inval *scope);
struct rvi_command rvi_cmd_gvma(const struct rvi_inval *scope);
struct rvi_command rvi_cmd_ddt(bool dv, uint32_t device_id);
struct rvi_command rvi_cmd_pdt(uint32_t device_id, uint32_t process_id);
/** A fence; if `address` is not 0 it stores `data` there when done. */
struct rvi_command rvi_cmd_fence(bool reads, bool writes, uint64_t address, uint32_t data);
/** ATS.INVAL of [address, address + 2^log2) at a device; log2 64 is everything. */
struct rvi_command rvi_cmd_ats_inval(uint32_t device_id, bool pv, uint32_t process_id,
                                     uint64_t address, uint8_t log2);
struct rvi_command rvi_cmd_ats_prgr(uint32_t device_id, bool pv, uint32_t process_id, uint16_t prgi,
                                    uint8_t code);

/** Queue a command without starting it. A batch of more than RVI_BATCH - 1 is fenced on the
 *  way, so that all commands since the last complete fence are known: what an error may have
 *  aborted is queued again by rvi_recover(). */
enum rvi_status rvi_post(struct rvi *iommu, struct rvi_command command);
/** Start what was queued. */
void rvi_kick(struct rvi *iommu);
/** Start what was queued and wait until it is complete, device accesses before it included.
 *  Recovers the queue from errors; the status tells of the worst one met. */
enum rvi_status rvi_sync(struct rvi *iommu);
/** Recover a stopped command queue: take out an illegal command, clear the errors, queue again
 *  what may have been aborted. Answers what had been wrong, RVI_OK if nothing. */
enum rvi_status rvi_recover(struct rvi *iommu);

/* --- records ("Fault/Event-Queue (FQ)", "Page-Request-Queue (PQ)") ------------------------ */

struct rvi_fault {
    uint16_t cause;
    uint8_t ttyp;
    bool pv, priv;
    uint32_t device_id, process_id;
    uint64_t iotval, iotval2;
};

struct rvi_page_request {
    uint32_t device_id, process_id;
    bool pv, priv, execute, read, write, last;
    uint16_t prgi;
    uint64_t address;
};

/** What a drain answered. */
struct rvi_drained {
    enum rvi_status status; /**< RVI_CORRUPT: the IOMMU's index is not within the ring */
    uint32_t records;       /**< delivered */
    bool lost;              /**< the queue had overflowed or met a memory fault */
};

/** Take at most `max` records. The queue records again after a loss. */
struct rvi_drained rvi_drain_faults(struct rvi *iommu, struct rvi_fault *out, uint32_t max);
/** The same for page requests. After a loss, groups without their `last` message are to be
 *  ignored: the IOMMU may have answered for them. */
struct rvi_drained rvi_drain_requests(struct rvi *iommu, struct rvi_page_request *out,
                                      uint32_t max);
/** Answer a page request group, IOMMU_PRGR_CODE_*; queued, not started. The response has the
 *  request's PASID if `pv` is set: clear that for a device whose context has PRPR clear. */
enum rvi_status rvi_respond(struct rvi *iommu, const struct rvi_page_request *request,
                            uint8_t code);

/** A sentence for a cause, and a word for a transaction type. */
const char *rvi_cause_text(uint16_t cause);
const char *rvi_ttyp_text(uint8_t ttyp);

/* --- interrupts -------------------------------------------------------------------------- */

/** Interrupt causes, as bits of ipsr. */
#define RVI_COMMANDS IOMMU_IPSR_CIP_MASK
#define RVI_FAULTS IOMMU_IPSR_FIP_MASK
#define RVI_COUNTERS IOMMU_IPSR_PMIP_MASK
#define RVI_REQUESTS IOMMU_IPSR_PIP_MASK

/** Count the vectors: "the number of writable bits" of icvec. Leaves icvec 0. */
enum rvi_status rvi_count_vectors(struct rvi *iommu);
/** Give each cause its vector. */
enum rvi_status rvi_route(struct rvi *iommu, uint32_t commands, uint32_t faults, uint32_t counters,
                          uint32_t requests);
/** Where a vector's message goes (interrupts by message only). */
enum rvi_status rvi_set_message(struct rvi *iommu, uint32_t vector, uint64_t address, uint32_t data,
                                bool masked);
/** Switch interrupt causes on and off: a mask of RVI_COMMANDS, RVI_FAULTS, RVI_REQUESTS. */
enum rvi_status rvi_enable_interrupts(struct rvi *iommu, uint32_t causes);
/** Begin handling: answers and clears what is pending. Clears before the queues are looked
 *  at, so that a record that arrives in between raises its interrupt anew. */
uint32_t rvi_pending(struct rvi *iommu);

/* --- performance monitoring -------------------------------------------------------------- */

struct rvi_counter_filter {
    bool process; /**< only this process_id (or PSCID, if by_context) */
    bool device;  /**< only this device_id (or GSCID, if by_context) */
    bool by_context;
    bool range; /**< DMASK: device/GSCID matches a naturally aligned range, see there */
    uint32_t process_id, device_id;
};

/** How many event counters there are, 0 to 31. */
uint32_t rvi_count_counters(struct rvi *iommu);
/** Count `event` (IOMMU_HPM_EVENT_*) from `initial` in counter 1 to 31. */
enum rvi_status rvi_start_counter(struct rvi *iommu, uint32_t counter, uint16_t event,
                                  const struct rvi_counter_filter *filter, uint64_t initial);
enum rvi_status rvi_stop_counter(struct rvi *iommu, uint32_t counter);
uint64_t rvi_read_counter(struct rvi *iommu, uint32_t counter);
/** iohpmcycles, without its overflow bit. */
uint64_t rvi_cycles(struct rvi *iommu);
/** Counters that overflowed, bit 0 for the cycles; clears them. */
uint32_t rvi_counter_overflows(struct rvi *iommu);

/* --- debug translation ("Debug support") ------------------------------------------------- */

struct rvi_probe {
    uint64_t iova;
    uint32_t device_id, process_id;
    bool pv, priv, execute, write; /**< not both of the last two */
};

struct rvi_probe_result {
    uint64_t address; /**< of the byte that was asked for */
    uint8_t log2;     /**< size of the page that holds it */
    uint8_t pbmt;
};

/** Translate as a device would. RVI_FAULT: it faulted, the record is in the fault queue. */
enum rvi_status rvi_translate(struct rvi *iommu, const struct rvi_probe *probe,
                              struct rvi_probe_result *result);

#endif
