/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of this bench share. Each part plays the surroundings of one module. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu.h"
#include "pins.h"

/* --- bench.c ------------------------------------------------------------------------- */

uint64_t random64(void);
unsigned below(unsigned n); /**< 0 to n-1 */
bool one_in(unsigned n);
/** Report what went wrong in this episode; the first report is the one that counts. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Two values that should be the same. */
void expect(const char *what, uint64_t got, uint64_t want);

/** The pins in this cycle, and how many cycles there were. */
struct bench {
    struct pins_in in;
    struct pins_out out;
    uint64_t cycle;
    bool ending; /**< nothing new is started */
};
extern struct bench bench;

/** What was seen, printed at the end: a part of the design that never came into play shows. */
#define COUNT_LIST(X)                                                                              \
    X(SUCCESS, "completions")                                                                      \
    X(NO_ACCESS, "without access")                                                                 \
    X(UNSUPPORTED, "UR")                                                                           \
    X(ABORTED, "CA")                                                                               \
    X(SIZED, "with a size")                                                                        \
    X(UNTRANSLATED, "with U")                                                                      \
    X(GLOBAL, "with Global")                                                                       \
    X(WIDE_GPA, "GPAs beyond 56 bits")                                                             \
    X(BEHIND, "messages behind completions")                                                       \
    X(QUEUED, "page requests queued")                                                              \
    X(RESPONDED, "responded")                                                                      \
    X(DISCARDED, "discarded")                                                                      \
    X(COMPLETIONS, "invalidation completions")                                                     \
    X(UNSOLICITED, "unsolicited")                                                                  \
    X(MESSAGE_FAULTS, "faults of messages")                                                        \
    X(PENDING_BITS, "pending bits set")                                                            \
    X(MRIF_DISCARDED, "MRIF accesses without effect")                                              \
    X(MRIF_FAULTS, "faults of MRIFs")                                                              \
    X(MRIF_SILENT, "aborted without record")                                                       \
    X(NOTICE_FAULTS, "of notices")                                                                 \
    X(RECORDS, "records")                                                                          \
    X(DEBUG, "debug translations")                                                                 \
    X(DEBUG_FAULTS, "with a fault")                                                                \
    X(CHANGES, "changes of ddtp")                                                                  \
    X(INVALS, "invalidations")                                                                     \
    X(DRAINS, "drains")                                                                            \
    X(QUIESCES, "quiesces")
#define COUNT_ENUM(name, text) COUNT_##name,
enum count { COUNT_LIST(COUNT_ENUM) COUNTS };
void count(enum count what);

/** A part's place in each cycle: inputs, the design is evaluated, outputs. */
struct part {
    void (*begin)(void); /**< of an episode */
    void (*drive)(void);
    void (*observe)(void);
    bool (*done)(void); /**< nothing is under way */
};
extern const struct part ats_part, walker_part, queue_part, mrif_part, fault_part, debug_part,
    transition_part, quiesce_part;

/* --- the golden model and its memory (world.c, tables.c) ------------------------------- */

#define WORLD_BASE 0x80000000ull
#define WORLD_PAGES 64u
#define MRIF_BASE 0x90000000ull
#define MRIF_BYTES 0x4000u
#define PQ_BASE 0xa0000000ull
#define FQ_BASE 0xb0000000ull
#define NOTICE_BASE 0xc0000000ull

struct store {
    enum iommu_structure structure;
    uint64_t address;
    uint64_t value[4]; /**< of as many doublewords; in the order of memory's bytes */
    unsigned size;
    uint16_t rcid, mcid;
};

/** What the model did since world_watch(). */
struct effects {
    unsigned stores, records, messages;
    struct store store[4]; /**< MRIF (the operand of its OR), notice, page-request queue */
    uint64_t record[2][4]; /**< fault records, as values */
    struct iommu_message message;
};

extern struct iommu *model;
extern struct effects effects;
extern bool big_endian;
extern uint8_t mrif_of_model[MRIF_BYTES], mrif_of_design[MRIF_BYTES];

void world_begin(void); /**< new tables and a new model */
void world_watch(void); /**< forget effects; the fault queue gets room */
/** How memory answers there: but for tables, this follows from the address. */
enum iommu_mem_status world_status(uint64_t address);
uint64_t world_register(uint32_t offset, uint32_t size);
void world_write(uint32_t offset, uint32_t size, uint64_t value);
/** Have the model carry out one command. */
void world_command(uint64_t low, uint64_t high);

/** "Steps 1 to 6": the context of a message's device. */
struct located {
    uint16_t cause; /**< 0: found */
    bool en_ats, en_pri, prpr, dtf, t2gpa;
};
struct located world_locate(uint32_t device_id);
bool world_dtf(uint32_t device_id);
/** A device that an ITAG in use was sent to. */
uint32_t world_itag_device(unsigned itag);

uint64_t swap64(uint64_t value);
void tables_make(uint8_t *memory, bool be);
/** A request of any kind; devices, processes and addresses that the tables know, mostly. */
struct iommu_request random_request(enum iommu_request_type type);
/** device_id, valid, process_id, privileged: as identity_t has it. */
uint64_t identity_of(uint32_t device_id, bool valid, uint32_t process_id, bool privileged);

/* --- messages to devices (leaving.c) ---------------------------------------------------- */

enum out { COMPLETION, INVALIDATION_REQUEST, PAGE_RESPONSE }; /**< ats_response_e */

struct leaving {
    enum out kind;
    uint32_t device_id, process_id;
    uint64_t payload, since; /**< since: cycle in which it became due */
    uint16_t tag;
    uint8_t status, itag;
    bool segment_valid, pv;
};

void leaving_begin(void);
void leaving_observe(void);
/** It leaves after all that must leave already. */
void must_leave(const struct leaving *leaving);
/** An automatic response: at any time, but in the order of these. */
void must_respond(const struct leaving *leaving);
unsigned leaving_due(void);
/** A completion is the next to leave, and was so before this cycle. */
bool leaving_completion_waits(void);

/* --- between the parts ----------------------------------------------------------------- */

/** A request of the design to the walker; the answer comes when `answer` has made one. */
struct asked {
    struct iommu_request request;
    unsigned requester, kind;
};
enum { KIND_ATS = 2, KIND_DEBUG = 3, KIND_MESSAGE = 4 }; /**< request_type_e */
/** Put the raw answer on the pins; called in the cycle in which it is given. */
void ats_answer(const struct asked *asked);
void debug_answer(const struct asked *asked);
void walker_ask(const struct asked *asked);
bool walker_idle(void);

/** The page-request queue waits for the message port to come to rest. */
extern bool quiet_wanted;
/** A store that the page-request queue is to make. */
void queue_expect(const struct store *store);
/** Records that a source of faults is to make. */
enum { SOURCE_ATS, SOURCE_MRIF };
void fault_expect(unsigned source, const uint64_t *record);

#endif
