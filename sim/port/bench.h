/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the port's bench share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pins.h"

/* --- random numbers, failures (bench.c) ---------------------------------------------- */

uint64_t random64(void);
unsigned below(unsigned n); /**< 0 to n-1 */
bool one_in(unsigned n);    /**< never with 0 */
uint64_t mix(uint64_t a, uint64_t b);
/** Report what went wrong in this episode; the first report is the one that counts. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool failed(void);

/* --- configurations ------------------------------------------------------------------- */

struct config {
    unsigned pending, write_buffer;
    bool qos, mrif, pbmt;
};

/* --- requests ------------------------------------------------------------------------- */

enum direction { READS, WRITES, DIRECTIONS };
enum burst { FIXED, INCR, WRAP };
#define ATOP_COMPARE 0x31
#define ATOP_SWAP 0x30
#define ATOP_LOAD 0x20
#define ATOP_STORE 0x10
#define IDS 16
enum resp { OKAY, EXOKAY, SLVERR, DECERR };

enum verdict {
    VERDICT_NONE,    /**< not answered, or put back by a drain */
    VERDICT_GRANTED, /**< in its own answer */
    VERDICT_FAULT,
    VERDICT_MRIF,
};

/** One burst of the device. Its data is made of its number. */
struct request {
    enum direction direction;
    uint64_t number;
    uint64_t addr;
    uint32_t variant, region; /**< see pages.c */
    uint8_t id, len, size, atop;
    uint16_t flags; /**< lock, cache, prot, qos, burst */
    bool bad;       /**< AXI forbids it, or it leaves its page */
    bool accepted, left, done;
    uint64_t accepted_at, left_at, done_at;
    /* translation */
    bool asking;
    unsigned asks;
    enum verdict verdict;
    uint32_t floor;   /**< the oldest version that may still be used */
    uint32_t version; /**< with a verdict, or when it left */
    bool mrif_asked, mrif_done, mrif_ok;
    bool mrif_maybe; /**< a drain began when it had its answer: did it leave before? */
    /* data and answers */
    unsigned w_sent, w_out; /**< beats */
    unsigned r_got;         /**< beats */
    bool b_got, r_done;
    bool aw_out;               /**< at memory: AR or AW was taken */
    bool answered[DIRECTIONS]; /**< by memory, on R and on B; an atomic may need both */
    bool marked[DIRECTIONS];   /**< a drain waits for that answer */
    bool before_drain;         /**< it was there when the drain began */
};

enum burst request_burst(const struct request *request);
bool request_reads(const struct request *request); /**< is there an answer on R? */
unsigned request_r_beats(const struct request *request);
uint64_t request_data(const struct request *request, unsigned beat);
uint64_t request_strobes(const struct request *request, unsigned beat);
uint64_t request_r_data(const struct request *request, unsigned beat);
uint8_t request_resp(const struct request *request); /**< of memory */

/* --- the device (device.c) ------------------------------------------------------------ */

/** How a channel stalls. */
enum stall { STALL_NEVER, STALL_HALF, STALL_MOSTLY, STALL_PHASES, STALLS };
enum channel {
    DEV_AR,
    DEV_AW,
    DEV_W,
    DEV_R,
    DEV_B,
    OUT_AR,
    OUT_AW,
    OUT_W,
    OUT_R,
    OUT_B,
    READ_XLATE,
    WRITE_XLATE,
    RSP,
    MRIF,
    CHANNELS
};

struct setup {
    enum stall stall[CHANNELS];
    unsigned window; /**< requests in flight per direction */
    unsigned ids;    /**< that are in use */
    unsigned regions, variants;
    unsigned max_len;                                      /**< beats less one */
    unsigned bad_rate, atomic_rate, fault_rate, mrif_rate; /**< one in; 0 never */
    unsigned xlate_latency, xlate_more;
    unsigned memory_latency, memory_more;
    bool xlate_in_order, interleave, w_leads, only_good_pages;
    unsigned change_rate, inval_rate, drain_rate, hold_rate, stop_rate;
};
extern struct setup setup;

bool goes(enum channel channel);

#define QUEUE 1024 /* requests of a direction, a power of two */
struct queue {
    struct request ring[QUEUE];
    uint64_t head, offered, end; /**< oldest not done; next to offer; next to make */
};
extern struct queue queues[DIRECTIONS];
struct request *request_at(enum direction direction, uint64_t index);
/** The oldest of an ID that has not left and is not done. */
struct request *oldest_waiting(enum direction direction, unsigned id);
struct request *find_request(enum direction direction, uint64_t addr, uint64_t identity,
                             bool translated, unsigned access);
unsigned requests_in_flight(enum direction direction);

void device_reset(void);
void device_generate(void);                           /**< perhaps a new request */
struct request *device_add(enum direction direction); /**< a plain one, to be changed */
void device_drive(void);
void device_observe(void);
bool device_idle(void);

/* --- translation (pages.c) ------------------------------------------------------------ */

#define VARIANTS 8 /* identities */
#define REGIONS 8

struct version {
    uint32_t variant, region;
    uint64_t base; /**< page number of the region's start */
    uint8_t perms, pbmt, log2, target;
    uint32_t qos;
    bool dtf, given;
};

void pages_reset(void);
void pages_identity(unsigned variant, uint32_t *device, bool *process_valid, uint32_t *process,
                    bool *privileged, bool *translated);
uint64_t pages_identity_bits(unsigned variant);
uint64_t pages_address(unsigned region, unsigned which); /**< of a page in it */
uint64_t pages_region_start(unsigned region);
unsigned request_access(const struct request *request);
void pages_change(void); /**< one translation becomes another */
void pages_set(unsigned variant, unsigned region, unsigned target, unsigned perms);
void pages_commit(void); /**< an invalidation */
uint32_t pages_floor(unsigned variant, unsigned region);
const struct version *pages_version(uint32_t number);
/** What leaves must be translated: check the address. */
void pages_check(struct request *request, uint64_t address, uint32_t user);
void pages_drive(void);
void pages_observe(void);
void pages_forget_answers(enum direction direction); /**< a drain begins */
bool pages_idle(void);

/* --- memory (memory.c) ---------------------------------------------------------------- */

void memory_reset(void);
void memory_drive(void);
void memory_observe(void);
bool memory_idle(void);

/* --- episodes (episode.c) -------------------------------------------------------------- */

struct bench {
    struct pins_in in;
    struct pins_out out;
    uint64_t cycle;
    uint64_t hold_since; /**< with hold: its first cycle */
    uint64_t progress;   /**< the last cycle in which the device got an answer or gave data */
    struct config config;
    bool drain_begins, inval_begins; /**< in this cycle */
    uint64_t requests;               /**< that were answered, of all episodes */
    uint64_t seen[16];               /**< how often what is interesting happened */
};
extern struct bench bench;

enum seen {
    SEEN_HIT,
    SEEN_FOLLOWED,
    SEEN_FAULT,
    SEEN_BAD,
    SEEN_MRIF,
    SEEN_ATOMIC,
    SEEN_PUT_BACK,
    SEEN_PASSED,
    SEEN_COUNT
};

void episode_begin(void);
void episode_cycle(bool generate);
void episode_end(void);
void episode_random(uint64_t seed, unsigned cycles);
/** A request has left for memory: in the first cycle of a drain that counts, too. */
void drain_left(struct request *request);

/* --- directed tests (measure.c) -------------------------------------------------------- */

void measure_all(void (*result)(const char *name));

#endif
