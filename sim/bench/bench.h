/* SPDX-License-Identifier: Apache-2.0 */
/* The throughput bench: workloads, devices, memory, reference simulation, reports. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdio.h>

#include "ports.h"

enum { READS, WRITES, DIRECTIONS };

enum { IDS = 16, PAGE = 4096, BIG_PAGE = 2 << 20 };

/* --- traces ---------------------------------------------------------------------------- */

#define NONE UINT32_MAX

struct burst {
    uint64_t iova;
    uint64_t address;    /* what the tables translate it to */
    uint64_t not_before; /* cycle */
    uint32_t device_id, process_id;
    uint32_t after[2]; /* bursts that must be done before it is issued, or NONE */
    uint16_t beats;
    bool write;
    bool process_id_valid;
};

/* Bursts in the order of the program; each direction issues its own in this order. */
struct trace {
    struct burst *bursts;
    uint32_t count, room;
    uint32_t of_direction[DIRECTIONS];
};

struct burst *trace_add(struct trace *trace);
void trace_free(struct trace *trace);

/* --- rows ------------------------------------------------------------------------------ */

enum workload { W1, W2, W3, W4, W5, W6, W7, W8, WORKLOADS };

struct row {
    enum workload workload;
    char variant[64];
    unsigned directions; /* bit READS, bit WRITES */
    unsigned burst;      /* bytes */
    uint64_t span;       /* bytes that addresses are from */
    bool random;
    bool big_pages;
    bool nested;
    unsigned devices, processes; /* in turn */
    bool hot;                    /* W8: the hot set is in use */
    unsigned unmap;              /* W8: packets per fence; 0: never */
    unsigned latency, window;
};

/* All rows of the benchmark; the caller frees them. */
struct row *rows_all(size_t *count);
const char *workload_name(enum workload workload);

/* What the mapping of a row is: where a page of a device and process lies. */
uint64_t row_translate(const struct row *row, uint32_t device_id, uint32_t process_id,
                       uint64_t iova);

struct tables;

/* The trace of a row, at least `bursts` long, with the tables that map it. */
void row_build(const struct row *row, uint32_t bursts, struct trace *trace, struct tables *tables);

/* W8: packets are triples of bursts; hot reads come between. */
enum { HOT_PAGES = 1024 };
#define HOT_IOVA 0x200000000ull
#define IOVA_BASE 0x40000000ull

/* --- tables ---------------------------------------------------------------------------- */

enum page_use { USE_FREE, USE_QUEUE, USE_TABLE, USE_HOT };

/* Where a nested guest has its page tables; they lie in the store all the same. */
#define GUEST_TABLES 0x400000000ull

#define STORE_BASE 0x80000000ull
#define STORE_BYTES (16ull << 20)

enum { MAX_SPACES = 64, STORE_PAGES = STORE_BYTES / PAGE };

/* A first stage, or a second one. */
struct space {
    uint64_t root;
    bool in_use;
};

struct tables {
    uint8_t *store; /* the memory behind the walk port */
    uint8_t use[STORE_PAGES];
    uint32_t next_page;
    unsigned context_bytes; /* of a device context: 32 or 64 */
    bool nested;
    struct space first[MAX_SPACES], second;
    uint64_t ddt, pdt;
};

/* The lowest pages hold queues. */
#define QUEUE_COMMANDS STORE_BASE
#define QUEUE_FAULTS (STORE_BASE + 0x40000)
#define FENCE_WORD (STORE_BASE + 0x50000)
enum { COMMANDS_LOG2 = 13, FAULTS_LOG2 = 7, QUEUE_PAGES = 0x60000 / PAGE };

void tables_reset(struct tables *tables, unsigned context_bytes);
uint64_t *tables_word(const struct tables *tables, uint64_t address);
/* Space `number` is of device `number`, or of process `number` of device 0. */
void tables_map(struct tables *tables, unsigned number, uint64_t iova, uint64_t address, bool big,
                enum page_use leaf_use);
void tables_unmap(struct tables *tables, unsigned number, uint64_t iova);
void tables_contexts(struct tables *tables, unsigned devices, unsigned processes);

/* --- reference simulation -------------------------------------------------------------- */

struct requester {
    uint32_t device_id, process_id;
    bool process_id_valid;
};

/* Caches in front of the tables. `lines`: PTEs are read as lines of 64 bytes, of which some are
   kept; else one by one. */
struct simulation;

struct simulation *simulation_new(const struct tables *tables, const struct sizes *sizes,
                                  bool big_pages, bool lines);
void simulation_free(struct simulation *simulation);
/* Does it miss, and how many reads has it to wait for, one after the other? */
bool simulation_translate(struct simulation *simulation, const struct requester *who, uint64_t iova,
                          unsigned *reads);

struct reference {
    uint64_t misses[DIRECTIONS];
    uint64_t reads[DIRECTIONS]; /* of tables and contexts, one after the other */
    uint64_t beats;             /* of the walk port */
    unsigned deepest;           /* reads of the longest miss */
};

struct reference reference_run(const struct trace *trace, const struct tables *tables,
                               const struct sizes *sizes, bool big_pages, bool lines);
/* Cycles that nobody with these sizes falls below by walking on demand; misses of the reference;
   how long a burst may wait. */
struct bound {
    double cycles;
    uint64_t misses, wait;
    unsigned deepest;
};

struct bound bound_find(const struct row *row, const struct trace *trace,
                        const struct tables *tables, const struct sizes *sizes);

/* --- models on the ports --------------------------------------------------------------- */

struct memory;

/* With a store: what it holds is read and written. Without: each 8 bytes hold their address,
   and a write of anything else is an error. */
struct memory *memory_new(unsigned latency, uint8_t *store);
void memory_free(struct memory *memory);
void memory_drive(struct memory *memory, struct axi *port, uint64_t cycle);
void memory_sample(struct memory *memory, const struct axi *port, uint64_t cycle);

/* Accesses whose address was taken, and that were answered, in order; and the cycle of the last
   beat that was read from a queue. */
struct memory_counts {
    uint64_t taken[DIRECTIONS], answered[DIRECTIONS], queue_read;
};

const struct memory_counts *memory_counts(const struct memory *memory);
uint64_t memory_errors(const struct memory *memory);
/* Reads by the use of what was read. */
const uint64_t *memory_reads(const struct memory *memory);
void memory_uses(struct memory *memory, const uint8_t *use);

struct device;

struct device *device_new(const struct trace *trace, unsigned window, bool translated);
void device_free(struct device *device);
void device_drive(struct device *device, struct axi *port, uint64_t cycle);
void device_sample(struct device *device, const struct axi *port, uint64_t cycle);
bool device_done(const struct device *device, uint32_t burst);
bool device_idle(const struct device *device);
uint64_t device_errors(const struct device *device);
uint64_t device_progress(const struct device *device); /* changes as long as something moves */
/* Cycles from the address's valid to the last beat of the answer, of each burst. */
const uint32_t *device_latencies(const struct device *device);

/* --- a run ----------------------------------------------------------------------------- */

struct run {
    struct design *design;
    struct ports ports;
    struct memory *data, *walk;
    struct device *device; /* may be NULL */
    struct tables *tables; /* NULL over plain wires */
    uint64_t cycle;
    unsigned latency;
    bool writing;      /* software's write is under way */
    uint32_t tail;     /* of the command queue */
    uint64_t doorbell; /* cycle in which the last write of a register was taken */
    uint64_t fence;    /* cycle of the last B on the walk port */
    char failure[128];
};

void run_begin(struct run *run, struct design *design, unsigned latency, struct tables *tables);
void run_end(struct run *run);
void run_cycle(struct run *run);
/* Registers and queues are set up, the caches are cold. */
bool run_start_iommu(struct run *run);
bool run_until_idle(struct run *run, void (*each_cycle)(struct run *, void *), void *context);
bool run_interrupted(void);
void run_fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool csr_write(struct run *run, unsigned offset, unsigned bytes, uint64_t value);
bool csr_read(struct run *run, unsigned offset, unsigned bytes, uint64_t *value);
/* Starts a write; the answer comes while the run goes on. False: one is under way. */
bool csr_post(struct run *run, unsigned offset, unsigned bytes, uint64_t value);

/* Commands go to memory; a write of cqt then tells. */
void command_unmap(struct run *run, unsigned number, uint64_t iova);
void command_fence(struct run *run, bool drain, uint32_t data);

extern struct design plain_wires;

/* An IOMMU that loses no cycle: the reference simulation with the ports of one. Its walks take
   the time of their reads, in memory that has this latency; it carries out no commands. */
enum breakage {
    BREAK_NOTHING,
    BREAK_ADDRESS, /* one wrong address */
    BREAK_ORDER,   /* requests of one ID pass each other */
    BREAK_LOSE,    /* one request never leaves, and holds up all others */
    BREAK_SLOW     /* hits take as long as memory */
};

struct design *perfect_new(const struct row *row, const struct tables *tables,
                           const struct sizes *sizes, enum breakage breakage);

/* --- results --------------------------------------------------------------------------- */

struct result {
    const struct row *row;
    uint64_t ideal_cycles, iommu_cycles;
    double bound_cycles;
    double walk_reads_per_miss;
    int64_t added_p50, added_p99;
    uint64_t longest_wait, wires_wait, wait_limit;
    uint32_t longest_wait_burst; /* which one it was, in the order of the trace */
    uint64_t hot_reads;          /* W8: of tables that map the hot set */
    double seconds;              /* in the design's simulation */
    char failure[128];
};

struct options {
    uint32_t bursts;
    const char *only[16];
    unsigned only_count;
    const char *json, *unmaps_json;
    unsigned latency; /* 0: all */
    bool wires, perfect;
    enum breakage breakage; /* of the perfect one */
    bool list;
    bool unmaps_only;
};

/* Empty tables for this design. */
void tables_open(struct tables *tables, struct design *design);
void row_run(const struct row *row, const struct options *options, struct design *design,
             struct result *result);
void report_header(void);
void report_row(const struct result *result);
void report_summary(const struct result *results, size_t count);
bool report_json(const char *path, const struct result *results, size_t count);
/* Latencies of single unmaps, of many, and of hits behind a miss. Returns failures. */
unsigned unmaps_run(struct design *design, const struct options *options);

#endif
