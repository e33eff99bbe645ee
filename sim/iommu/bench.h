/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the IOMMU's bench share. See docs/cosim.md. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history.h" /* the model's own: the bench sets its queues' indices and its times */
#include "internal.h"
#include "iommu.h"
#include "pins.h"

/* --- random numbers, failures, the clock (kit.c) --------------------------------------- */

void random_seed(uint64_t seed);
uint64_t random64(void);
unsigned below(unsigned n); /**< 0 to n-1 */
bool one_in(unsigned n);
/** A number that follows from these two only. */
uint64_t hash64(uint64_t a, uint64_t b);
/** The design did what it must not; the episode ends. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Remember an event for the report of a failure. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

void note_reset(void);

struct bench {
    struct pins_in in;
    struct pins_out out;
    uint64_t cycle;
    bool failed;
    bool verbose;
    uint64_t explain; /**< number of a transaction to be explained, when verbose */
    bool slow;        /**< an episode with many stalls and slow memory */
    bool gated;       /**< the clock stands whenever idle_o says that it may */
    bool churn;       /**< tables lie close together and change often: --churn */
    bool small_ids;   /**< QoS IDs of device contexts are below 8 */
    unsigned ports;
    bool reset_in_traffic; /**< the last reset was in the middle of traffic */
    uint64_t progress;     /**< cycle in which something was answered */
};
extern struct bench bench;
void bench_cycle(void);
extern struct iommu *model;
const char *config_name(void); /**< of the design: small, base or full */
/** One like the design, without caches of its own: see iommu_allowed(). @return false, said why */
bool make_model(void);

static inline bool has_cap(uint64_t mask)
{
    return (model->config.capabilities & mask) != 0;
}

/* --- stalls --------------------------------------------------------------------------- */

/** How a channel stalls. */
enum stall { STALL_NEVER, STALL_RANDOM, STALL_BURSTS, STALL_LONG, STALLS };
struct channel {
    enum stall stall;
    uint64_t until; /**< of the present phase */
    bool open;
};
void channel_reset(struct channel *channel);
bool channel_goes(struct channel *channel);

/* --- memory for implicit accesses (image.c) ------------------------------------------- */

#define IMAGE_PAGES 512u
#define IMAGE_BYTES (IMAGE_PAGES * 4096u)
#define LINE 64u /**< faults are per so many bytes */

enum image_fault { GOOD, SLVERR, DECERR, POISON };
struct image {
    uint64_t base;
    uint32_t next_page;           /**< not taken yet */
    bool queue_page[IMAGE_PAGES]; /**< of a queue */
    bool queues_read;             /**< a damaged pointer led a walk into one of these */
    uint8_t bytes[IMAGE_BYTES];
    uint8_t fault[IMAGE_BYTES / LINE];
};
extern struct image image;

void image_reset(void);
bool image_has(uint64_t address, uint64_t size);
enum image_fault image_fault(uint64_t address, uint64_t size);
void image_load(uint64_t address, uint64_t size, void *bytes); /**< zeros outside */
/** A store by whomever: the model is told. Outside: nothing. */
void image_store(uint64_t address, uint64_t size, const void *bytes);
uint64_t image_word(uint64_t address, unsigned size, bool big_endian);
void image_put(uint64_t address, unsigned size, bool big_endian, uint64_t value);
/** Take so many pages, aligned to their number (a power of two). 0: there are no more */
uint64_t image_take(unsigned pages);
/** The same, for queues, whose contents are no table's. */
uint64_t image_take_queue(unsigned pages);
/** The design reads tables there. */
void image_read_as_table(uint64_t address);
struct iommu_bus image_bus(void);
/** The model reads this for a device context, instead of what is there; size 0: no more. */
void image_pretend(uint64_t address, uint64_t size, const void *bytes);

/** Stores that the model makes, as they come (image.c calls, check.c answers). */
bool model_stores(const struct iommu_access *access, const void *bytes);
void model_drains(bool reads, bool writes);

/* --- the memory port (memport.c) ------------------------------------------------------- */

void memport_reset(void);
void memport_drive(void);
void memport_observe(void);
bool memport_idle(void);
extern unsigned long memport_reads[IOMMU_STRUCTURES]; /**< since reset */

/* --- device transactions (flight.c) ---------------------------------------------------- */

#define FLIGHT_MAX 256

/** What the model allowed at some time. */
struct past {
    struct iommu_outcome outcome;
    uint64_t time;
};

struct txn {
    bool used, write, returns_data; /**< data: reads, and most atomics */
    bool whole;                     /**< no strobes are missing */
    uint8_t port, len, size, burst, lock, cache, prot, qos, atop;
    uint16_t id;
    uint64_t addr;
    uint64_t number; /**< from which its data follow */
    struct iommu_request request;
    uint64_t since;   /**< model time of its first cycle */
    uint64_t offered; /**< cycle */
    bool accepted;    /**< AR or AW was */
    unsigned w_sent;  /**< beats of W that the device has sent */
    bool left;        /**< AR or AW is out */
    uint64_t target;  /**< where to */
    uint64_t left_cycle;
    unsigned w_out; /**< beats of W that are out */
    unsigned r_out; /**< beats of R that memory has answered */
    bool b_out;     /**< memory has answered B */
    unsigned r_in;  /**< beats of R that the device has */
    bool b_in;
    bool unknown; /**< too many results were allowed to say anything */
    bool mrif;    /**< it was for an interrupt file, in memory */
    struct past *past;
    unsigned past_count, past_room;
    uint64_t ready_r, ready_b; /**< cycle from which memory may answer */
    void *maker;               /**< what stimulus_next() made it for */
};

struct flight {
    struct txn *txn[FLIGHT_MAX]; /**< in the order in which they were offered */
    unsigned count;
};
extern struct flight flight[PORTS][2]; /**< reads, writes */

void flight_reset(void);
struct txn *txn_new(unsigned port, bool write);
void txn_done(struct txn *txn);
unsigned flight_count(void);
unsigned beats_of(const struct txn *txn);   /**< of W, or of R of a read */
unsigned answers_of(const struct txn *txn); /**< beats of R */
const char *txn_text(const struct txn *txn);

/* --- what a run chooses (stimulus.c; a run that is not random has its own) --------------- */

/** How a port's devices behave. */
struct habits {
    unsigned depth; /**< transactions in flight per direction */
    unsigned rate;  /**< one in so many cycles begins one */
    bool early_data;
};
/** Cycles that memory takes, and how many more it may take at random. */
struct delay {
    unsigned least, more;
};
struct habits stimulus_habits(unsigned port);
struct delay stimulus_delay(bool implicit);
void memport_set_delay(struct delay delay); /**< until the next reset */
void memport_hold_reads(bool hold);         /**< take no more of them */
/** The next transaction of a port, made by txn_new(). @return NULL: none now */
struct txn *stimulus_next(unsigned port, bool write);
void stimulus_done(struct txn *txn);                     /**< it has all its answers */
uint64_t txn_data(const struct txn *txn, unsigned beat); /**< W */
uint8_t txn_strobes(const struct txn *txn, unsigned beat);
void stimulus_written(const struct txn *txn, unsigned beat); /**< memory has it */
uint64_t answer_data(const struct txn *txn, unsigned beat);
uint8_t answer_resp(const struct txn *txn, unsigned beat); /**< beat ~0u: of B */

/* --- what is right (check.c) ------------------------------------------------------------ */

void check_reset(void);
/** The time from which invalidations do not bind what begins now. */
uint64_t time_for_new(void);
/** Let the model go through the request, and remember the roots that it used. */
void model_sees(const struct iommu_request *request, bool count);
/** The design's tr_response has been read: let the model carry the debug request out, too. */
void model_debugs(uint64_t response);
/** Note the entries on its way, and what they were. */
void explain_request(const struct txn *txn);
/** A counter has overflowed since its selectors were these: the interrupt is due. */
void counters_overflow(const uint64_t *before);
/** As it is now, step by step; nothing changes. */
struct iommu_response model_traces(const struct iommu_request *request, iommu_step_fn *step,
                                   void *context);
/** Before tables or registers change: remember what is allowed now for all on their way. */
void remember_all(void);
void txn_leaves(struct txn *txn, uint64_t address, uint32_t user);
/** ddtp is about to be written: until mode_changed() the old and the new one are right. */
void mode_changes(void);
/** ddtp.busy is 0. */
void mode_changed(void);
bool mode_other(void); /**< both are right now */
void swap_modes(void); /**< the model goes by the other one; twice: as before */
/** The fault queue is turned off; and it is on again. */
void records_may_be_lost(void);
void records_are_kept(void);
/** It was answered by the IOMMU itself. */
void txn_refused(struct txn *txn, bool error);
/** An A/D update of the design's. @return false if nobody may make it */
bool update_allowed(uint64_t address, const uint8_t *before, const uint8_t *after);
/** A store of the design's to a queue, a fence's, and so on. */
void design_stores(enum iommu_structure structure, uint64_t address, uint64_t size,
                   const void *bytes);
void design_sets_mrif(uint64_t address, uint64_t operand);
/** A translation request has its completion, on the pins. */
void ats_completed(struct txn *txn);
/** The model's fault records are claims of the design's, from one to the other. */
void capture_begin(void);
void capture_end(void);
/** The model only tries something: its fault record goes here, what it stores is dropped. */
struct captured {
    struct fault_record record;
    bool made;
};
void trial_begin(struct captured *to);
void trial_end(void);
/** One of these has been made, or none if one of them has none. */
void claim_records(const struct captured *records, unsigned count, bool optional, uint64_t since);
/** cqh was read, when the model's head was at asked_at: commands up to `head` are done. */
void commands_done(uint32_t asked_at, uint32_t head);
/** The model carries out one more command. @return false if it cannot */
bool commands_next(void);
/** The queue is at an error, or empty: so must be the model's. */
void commands_stopped(void);
/** All is quiet: nothing may be left over. */
void check_quiet(void);
struct check_counts {
    unsigned long compared, faults, unknown, updates, records, stale, commands, fences, msis, mrifs;
    unsigned long ats, pages, debug, registers;
};
extern struct check_counts counts;

/** Commands that were given to the design: when. */
struct command_times {
    uint64_t time, cycle;
};
extern struct command_times command_times[4096];
extern bool fault_queue_was_full;
extern unsigned long requests_accepted; /**< since reset; not those of ATS */
extern bool perhaps_page_overflow;      /**< pqof may be 1 */
extern bool
    perhaps_overflow; /**< a record that need not have been made may have met a full queue */

/* --- devices and downstream memory (device.c, downstream.c) ----------------------------- */

void device_reset(void);
void device_drive(void);
void device_observe_requests(void);
void device_observe_answers(void);
/** Offer no more new transactions. */
extern bool device_hold;
extern unsigned long device_requests; /**< offered in this run */

void downstream_reset(void);
void downstream_drive(void);
void downstream_observe(void);

/* --- registers (csr.c) ------------------------------------------------------------------- */

typedef void csr_done_fn(uint64_t value);
void csr_reset(void);
void csr_drive(void);
void csr_observe(void);
bool csr_idle(void);
void csr_write(uint32_t offset, uint32_t size, uint64_t value, csr_done_fn *done);
void csr_read(uint32_t offset, csr_done_fn *done); /**< 8 aligned bytes */

/* --- tables (world.c) --------------------------------------------------------------------- */

#define SPACES1 8u
#define SPACES2 3u
#define DEVICES 11u
#define SPOILED 3u /* of them: more, in worlds that are hostile */
#define PROCESSES 4u
#define HOT 16u

struct hot {
    uint64_t address; /**< that is translated */
    uint64_t pte;     /**< where its leaf is */
    uint8_t log2;
};
struct space {
    bool used, narrow, big_endian;
    unsigned levels, id, host; /**< host: second-stage space of a first-stage one, or SPACES2 */
    uint64_t root;             /**< as contexts name it */
    struct hot hot[HOT];
    unsigned hot_count;
    uint64_t run; /**< first of pages in a row that lead to pages in a row */
    unsigned run_pages;
    uint64_t bare_base; /**< second stage: guest address of the image */
};
struct process {
    uint32_t process_id;
    unsigned space;
    uint64_t address; /**< of its context */
    uint64_t entry;   /**< that points to the page of it; 0: none */
};
struct device {
    uint32_t device_id;
    uint64_t address;       /**< of its context; 0: none */
    uint64_t entry;         /**< that points to the page of it; 0: none */
    unsigned first, second; /**< spaces, or SPACES1, SPACES2: none */
    bool processes;
    bool moved; /**< its processes have another directory than at first */
    struct process process[PROCESSES];
    unsigned process_count;
    uint64_t msi_page; /**< guest page number of its interrupt files, or ~0 */
    unsigned msi_log2;
    uint64_t msi_table;
};
struct world {
    bool big_endian, narrow, gxl;
    unsigned mode; /**< ddtp.iommu_mode */
    uint64_t ddtp;
    uint32_t fctl;
    unsigned hostile; /**< one in so many entries is damaged; 0: none */
    bool tidy;        /**< most pages grant everything */
    bool aliases;     /**< a context may have other tables under an ID that is in use */
    bool spoiling;    /**< what is made now is misconfigured, mostly */
    struct space first[SPACES1], second[SPACES2];
    struct device device[DEVICES];
    unsigned device_count;
    uint64_t mrif_page, notice_page;
    const struct space *changed_space; /**< whose page is the last that has changed */
    const struct hot *changed;
};
extern struct world world;
void world_build(void);
/** Fill in who and what; the rest is the port's. */
void world_request(struct iommu_request *request);
/** Change something. Adds the commands that make it known. */
void world_mutate(void);

/* --- tables that are wrong (spoil.c): sometimes, as far as the world is hostile ----------------
 */

void spoil_dc(uint64_t *word);
uint64_t spoil_pointer(uint64_t value);
void spoil_pc(uint64_t *word);
uint64_t spoil_leaf(uint64_t value, unsigned bits);
void spoil_msi_pte(uint64_t *low, uint64_t *high);

/* --- software (software.c) ------------------------------------------------------------------ */

void software_reset(void);
/** In each cycle of traffic. */
void software_step(bool traffic);
bool software_busy(void);
bool software_changes_nothing(void); /**< tables stay as they are in this world */
bool software_commands_done(void);   /**< all that were given are known to be done */
/** Put a command into the queue, rung later. @return false if there is no room */
bool command_put(uint64_t low, uint64_t high);
void command_everything(void); /**< invalidate all */
/** Everything that registers say, compared; when all is quiet. */
void software_begin_quiet(void);
bool software_quiet_done(void);
void software_initialize(void);
/** Is the next record too many, for all that the design may know of fqh? */
bool fault_queue_full_for_design(void);
/** The debug translation that is under way, if there is one. */
void software_each(void (*visit)(struct txn *txn));

/** All commands are known to be done, no register access is under way, nothing is in error. */
bool software_settled(void);
void software_queue_moved(bool commands, bool faults, uint64_t place);
/** Give some, and ring. @param directories invalidate all contexts, as after a change of ddtp */
void software_commands(bool directories);

/* --- ddtp, queues and fctl while traffic runs (reconfigure.c) ----------------------------------
 */

void reconfigure_reset(void);
void reconfigure_initialize(uint64_t cq, uint64_t fq, uint64_t pq);
void reconfigure_step(bool traffic);
bool reconfigure_active(void);
bool reconfigure_changes(void); /**< it will be, in this world */
bool reconfigure_holds_commands(void);

/* --- ATS (ats.c) ------------------------------------------------------------------------------ */

/** Messages to the IOMMU, and from it, as the pins number them. */
enum ats_kind { TRANSLATION_REQUEST, PAGE_REQUEST, INVALIDATION_COMPLETION };
enum ats_answer { TRANSLATION_COMPLETION, INVALIDATION_REQUEST, PAGE_RESPONSE };

void ats_reset(void);
void ats_drive(void);
void ats_observe(void);
bool ats_idle(void);
bool ats_expects(void); /**< a message of the model's has not been seen */
/** Is it the message on the pins? */
bool ats_message_is(const struct iommu_message *message);
void ats_message(const struct iommu_message *message); /**< the model sent one */
/** Of all translations on their way that have no AXI port. */
void ats_each(void (*visit)(struct txn *txn));
/** Is the completion on the pins the one of this outcome? */
bool ats_completion_is(const struct iommu_request *request, const struct iommu_response *response);
void ats_quiet(void);
/** The payload of a completion, by an outcome. */
uint64_t ats_payload(const struct iommu_response *response);

/* --- page requests, and completions that nobody waits for (pages.c) ----------------------------
 */

void pages_reset(void);
bool pages_full(void);
/** A message has been taken. @param since time from which invalidations do not bind it */
void pages_add(const struct iommu_page_request *request, bool completion, uint64_t since);
void page_record_seen(const uint8_t *bytes);
bool pages_answer(void);
bool pages_try_message(const struct iommu_message *message);
void pages_remember(void);    /**< before contexts change: what is allowed now */
void pages_window(bool open); /**< the queue is turned off; and it is on again */
void pages_quiet(void);

/* --- invalidation requests on their way (itags.c) ----------------------------------------------
 */

void itags_reset(void);
bool itags_idle(void);
bool itags_time_out(void); /**< in this world some do */
bool itags_hold_commands(void);
void itags_sent(unsigned itag, uint32_t device_id, uint8_t model_itag);
bool itags_offer(void); /**< a completion, on the pins */
void itags_taken(void);
void itags_drive(void);
void itags_observe(void);

/* --- the retirement trace, at the pins (trace.c) -------------------------------------------- */

void trace_reset(void);
void trace_leaves(const struct txn *txn, uint64_t address, uint32_t user);
void trace_refused(const struct txn *txn, bool error); /**< the IOMMU's own answer */
void trace_stores(unsigned structure, const uint8_t *bytes);
void trace_message(void); /**< on the pins */
void trace_debug(uint64_t response);
void trace_commands_anew(void); /**< the command queue begins at 0 */
void trace_quiet(void);         /**< nothing is left of one side */
bool trace_open(const char *path);
bool trace_spoil(const char *what); /**< KIND-lost, -twice, -wrong: is it noticed? */
uint64_t trace_close(void);         /**< @return how many events there were */

/* --- parity (parity.c) ---------------------------------------------------------------------- */

void parity_reset(void);
void parity_observe(void);
/** @return false if bits changed, and too few errors were met */
bool parity_summary(uint64_t *changed, uint64_t *met);

/* --- coverage (cover.c, features.c, features_rest.c, crosses.c) ---------------------------- */

#define COVER_NAME 96u
/** A result of the design's that the model allows. */
void cover_outcome(const struct iommu_request *request, const struct iommu_response *response);
void cover_event(const char *group, const char *name);
void cover_report(const char *path, const char *config, bool print);
/** Declare a point, and add to its count. */
void cover_point(const char *name, unsigned long count);

enum walked_scheme { SCHEME_BARE, SCHEME_32, SCHEME_39, SCHEME_48, SCHEME_57, SCHEMES };
/** What the model met on a request's way. */
struct walked {
    bool dc_read, dc, pc, msi; /**< contexts that are good; an MSI PTE was read */
    bool directory2, root2;    /**< second stage: for a process directory; a large root's index */
    uint8_t ddtes, pdtes, first, second, implicit2; /**< entries read */
    uint8_t scheme1, scheme2, level1, level2, last_kind, last_level;
    uint64_t dc_word[8], pc_word[8], leaf1, leaf2, last, msi_address;
};
void features_request(const struct iommu_request *request, const struct iommu_response *response);
void features_rule(uint16_t rule, uint16_t cause); /**< that decided a request */
void features_cause(uint16_t cause);
void features_record(const struct fault_record *record);
void features_refused(const struct txn *txn);
void features_command(uint64_t low, uint64_t high, bool done);
void features_message(uint64_t address);
void features_page(const struct iommu_page_request *request, const struct iommu_pri_result *result);
void features_page_response(const struct iommu_page_request *request,
                            const struct iommu_message *message);
void features_update(enum iommu_structure structure);
void features_register(uint32_t slot, uint64_t value);
void features_rest(void);
void features_counted(unsigned event); /**< 4 to 8, within its bounds */
void features_level(uint32_t written);
void features_debug(uint64_t control, uint64_t response, bool recorded);
enum cover_event {
    COVER_MRIF_AMO,
    COVER_MRIF_STORE,
    COVER_NOTICE,
    COVER_PAS,
    COVER_CAS_FAILS,
    COVER_STALE,
    COVER_QUIESCE,
    COVER_REPAIR,
    COVER_RESET,
    COVER_OVERTAKES,
    COVER_PDT_MOVES,
    COVER_TIMEOUT,
    COVER_CMD_TO,
    COVER_LATE
};
void features_event(enum cover_event event);
void features_collect(void);
void crosses_request(const struct walked *met, const struct iommu_request *request,
                     const struct iommu_response *response);
void crosses_collect(void);

#endif
