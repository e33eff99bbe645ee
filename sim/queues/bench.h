/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the queues' bench share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu.h"
#include "pins.h"

/* --- random numbers, failures (bench.c) ---------------------------------------------- */

uint64_t random64(void);
unsigned below(unsigned n); /**< 0 to n-1 */
bool one_in(unsigned n);
/** Report what went wrong in this episode; the first report is the one that counts. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The pins in this cycle, and how many cycles there were. */
struct bench {
    struct pins_in in;
    struct pins_out out;
    uint64_t cycle;
};

/* --- memory (memory.c) --------------------------------------------------------------- */

/* Areas of memory; each has its own use, so that what one client does is no other's concern. */
enum {
    AREA_CQ = 0x00000,
    AREA_FQ = 0x10000,
    AREA_PQ = 0x20000,
    AREA_FENCE = 0x30000,
    AREA_USER = 0x40000,
    AREA_END = 0x50000,
    GRANULE = 16, /**< faults are per so many bytes */
};

enum fault { FAULT_NONE, FAULT_SLVERR, FAULT_DECERR, FAULT_POISON };

/** Clients of the arbiter: the high bits of an AXI ID. */
enum { CLIENT_CQ, CLIENT_FQ, CLIENT_PQ, CLIENT_USER, CLIENTS };
#define TAG_BITS 6

/** Two copies: the design's and the model's. */
struct memory {
    uint64_t base;
    uint8_t design[AREA_END];
    uint8_t model[AREA_END];
    uint8_t fault[AREA_END / GRANULE];
};
extern struct memory memory;

void memory_store(uint64_t address, const void *bytes, size_t size); /**< both copies */
/** The worst fault of the range; poison counts in reads only. */
enum fault memory_fault(uint64_t address, size_t size, bool write);
bool memory_has(uint64_t address, size_t size);
/** Where a beat of a read is: those of eight beats wrap. */
static inline uint64_t line_beat(uint64_t address, unsigned beats, unsigned beat)
{
    uint64_t at = address + beat * 8;

    return beats == 8 ? (address & ~63ull) | (at & 63) : at;
}
/** Compare the copies. @return false at a difference, which is reported */
bool memory_agrees(uint64_t address, size_t size);

/* --- AXI (axi.c) --------------------------------------------------------------------- */

/** How a channel stalls. */
enum stall { STALL_NEVER, STALL_HALF, STALL_MOSTLY, STALL_PHASES, STALLS };
enum channel { CHANNEL_AR, CHANNEL_R, CHANNEL_AW, CHANNEL_W, CHANNEL_B, CHANNELS };

struct axi_setup {
    enum stall stall[CHANNELS];
    unsigned latency;      /**< cycles, at least */
    unsigned latency_more; /**< up to so many more, at random; 0: answers come in order */
    bool qos;
    bool atomics;
};

void axi_reset(const struct axi_setup *setup);
void axi_drive(void);   /**< before the design is evaluated */
void axi_observe(void); /**< after; checks the protocol */
/** Accesses of a client that are not answered. */
unsigned axi_outstanding(unsigned client);
/** Cycle of the last B with this AxUSER structure, 0 for none; counts of handshakes. */
uint64_t axi_last_answer(unsigned structure);
uint64_t axi_beats(enum channel channel);

/* --- the bench as a client (user.c) -------------------------------------------------- */

struct user_setup {
    unsigned rate; /**< a request in so many cycles; 0: none */
    bool atomics;
    bool only_reads;
    unsigned read_beats; /**< 0: random */
};

void user_reset(const struct user_setup *setup);
void user_drive(void);
void user_observe(void);
void user_start(const struct user_setup *setup);
void user_stop(void);
bool user_idle(void);
bool user_agrees(void); /**< memory holds what its writes left there */

/* --- the golden model (model.c) ------------------------------------------------------ */

/** An invalidation, as either side has it; fields that do not count are 0. */
struct inval_seen {
    unsigned kind; /**< inval_e */
    bool av, gv, pscv, dv, nl;
    uint64_t first, last;
    uint32_t gscid, pscid, device_id, process_id;
};

/** What one command did beyond registers and memory. */
struct effects {
    unsigned invals, messages, drains;
    struct inval_seen inval;
    struct iommu_message message;
    bool drain_reads, drain_writes;
};

enum record_result { RECORD_STORED, RECORD_OFF, RECORD_FULL, RECORD_MEMORY_FAULT };

struct record {
    uint32_t device_id, process_id;
    uint16_t cause;
    uint8_t ttyp;
    bool pv, privileged, execute;
    uint64_t value[2]; /**< iotval and iotval2, or the page request's payload */
};

struct iommu *model_create(const char *config);
enum iommu_command_status model_command(struct iommu *model, struct effects *effects);
enum record_result model_fault(struct iommu *model, const struct record *record);
enum record_result model_page(struct iommu *model, const struct record *record);
/** @return false if it answers nothing that was asked; the model is not told then */
bool model_completion(struct iommu *model, uint32_t device_id, uint32_t itags, uint8_t count);
/** The device that an ITAG in use was sent to. */
uint32_t model_itag_device(const struct iommu *model, unsigned itag);
uint64_t model_read(struct iommu *model, uint32_t offset, uint32_t size);

/* --- commands (commands.c) ----------------------------------------------------------- */

/** A random command: mostly legal, and not always. */
void random_command(uint64_t *word, bool wsi);
/** A legal one that cannot fail. */
void plain_command(uint64_t *word);

/* --- episodes (episode.c) ------------------------------------------------------------ */

enum { QUEUE_CQ, QUEUE_FQ, QUEUE_PQ };

/* Bits of queue_status_t. */
#define STATUS_ADVANCE 0x40
#define STATUS_MEMORY_FAULT 0x20
#define STATUS_OVERFLOW 0x10
#define STATUS_TIMEOUT 0x08
#define STATUS_ILLEGAL 0x04
#define STATUS_FENCE 0x02
#define STATUS_IDLE 0x01
#define STATUS_COMMAND (STATUS_ADVANCE | STATUS_MEMORY_FAULT | STATUS_TIMEOUT | STATUS_ILLEGAL)

struct queue_pins {
    uint32_t base, head, tail, csr; /**< register offsets */
    uint64_t area;
    unsigned log2;
    bool enabled;   /**< as software asked for */
    bool disabling; /**< the design is still busy with it */
};

extern struct bench bench;
extern struct iommu *model;
extern struct queue_pins queues[3]; /**< CQ, FQ, PQ */
extern bool big_endian, with_ats;
extern unsigned record_rate;   /**< a record in so many cycles; 0: none */
extern unsigned inval_cycles;  /**< that an invalidation takes; 0: random */
extern void (*software)(void); /**< called in each cycle; may do one register write */

void episode_begin(const char *config, const struct axi_setup *axi, const struct user_setup *user);
void episode_cycle(void);
/** Let everything come to an end, and compare. */
void episode_end(void);
/** Write a register of both. @return false if it has to wait for a cycle without events */
bool episode_write(uint32_t offset, uint32_t size, uint64_t value);
void episode_put_command(unsigned index, const uint64_t *word);
void episode_complete(uint32_t device_id, uint32_t itags, uint8_t count);
void episode_time_out(uint32_t itags);
void episode_flush(void);
/** No command ended for a while: the queue waits, or has nothing to do. */
bool episode_settled(void);
bool episode_scanning(void); /**< a completion is being looked at */

/* --- records (records.c) -------------------------------------------------------------- */

void records_reset(void);
void records_offer(unsigned rate); /**< before the design is evaluated */
void records_observe(void);        /**< after; compares with the model */
bool records_idle(void);
bool records_void(unsigned q); /**< every record that was taken has its result */
bool records_done(unsigned q); /**< and the unit has nothing in hand */

/** What happened how often, so that a bench that does nothing is noticed. */
/* clang-format off */
#define COUNT_LIST(X) \
    X(DONE, "commands done") \
    X(ILLEGAL, "illegal") \
    X(TIMED_OUT, "timed out") \
    X(FAULT, "memory faults") \
    X(INVAL, "invalidations") \
    X(MESSAGE, "messages") \
    X(WIRE, "fence interrupts") \
    X(OFF, "times switched off") \
    X(ABANDONED, "with commands left") \
    X(COMPLETION, "completions") \
    X(STORED, "records stored") \
    X(RECORD_OFF, "queue off") \
    X(FULL, "queue full") \
    X(RECORD_FAULT, "queue with memory fault") \
    X(ATOMIC, "atomics") \
    X(USER, "other accesses")
/* clang-format on */

enum count {
#define COUNT_ENUM(name, text) COUNT_##name,
    COUNT_LIST(COUNT_ENUM)
#undef COUNT_ENUM
        COUNTS
};

void tally(enum count what);
unsigned long counted(enum count what);

/* --- software (software.c), measurements (measure.c) ---------------------------------- */

/** One random episode of so many cycles. */
void random_episode(const char *config, unsigned cycles);
void measure(const char *config);

#endif
