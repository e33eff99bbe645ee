/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register side in lockstep with the golden model.
 *
 * An access is carried out by the model in the very cycle in which it takes effect in the
 * design, and so is whatever the other units report: the bench plays these units, and lets the
 * model do the same. Afterwards all registers, outputs, wires and messages must agree.
 */
#ifndef SIM_REGS_BENCH_H
#define SIM_REGS_BENCH_H

#include "dut.h"
#include "internal.h"

#define MESSAGES 256u
#define OUTSTANDING 4u
#define COMMAND_QUEUE 0u
#define FAULT_QUEUE 1u
#define PAGE_QUEUE 2u

struct message {
    uint64_t address;
    uint32_t data; /* as bytes in memory, lowest first */
};

/** What the bus master has under way. Accesses of a kind are answered in their order. */
struct axil {
    bool awvalid, wvalid, arvalid;
    unsigned aw_delay, w_delay, ar_delay, b_delay, r_delay;
    uint16_t awaddr, araddr;
    uint64_t wdata;
    uint8_t wstrb;
    struct {
        uint16_t address;
        uint64_t wdata;
        uint8_t wstrb;
    } write[OUTSTANDING];
    struct {
        uint16_t address;
        uint64_t expected;
    } read[OUTSTANDING];
    unsigned writes, reads;             /* launched and not answered */
    unsigned writes_fired, reads_fired; /* of these: those that took effect */
};

/** What a unit does in this cycle. */
enum event {
    EVENT_NONE,
    EVENT_COMMAND, /* a legal command is done */
    EVENT_COMMAND_ILLEGAL,
    EVENT_COMMAND_FAULT, /* fetching it meets an access fault */
    EVENT_COMMAND_FENCE, /* IOFENCE.C with WSI */
    EVENT_COMMAND_TIMEOUT,
    EVENT_FAULT, /* a fault to record */
    EVENT_PAGE_REQUEST,
    EVENT_DEBUG, /* the debug translation is answered */
    EVENTS
};

struct bench {
    struct dut *dut;
    struct dut_in in;
    struct dut_out out;
    struct iommu *model;
    uint64_t random;
    unsigned stalls; /* bit 0: requests are late, bit 1: answers are not taken at once */
    uint64_t cycle;
    struct axil axil;

    enum event event;   /* to be done in the next cycle that allows it */
    bool happened;      /* it was */
    bool hpm_events;    /* random events in every cycle */
    bool hpm_flood;     /* ... from everywhere */
    unsigned hpm_quiet; /* cycles until events are counted */
    enum event command; /* what the model's fetch finds */

    struct message expected[MESSAGES], seen[MESSAGES];
    unsigned expected_count, seen_count;
    bool message_busy, message_bad;
    unsigned message_delay;
    unsigned fault_records; /* of messages, on their way to the fault queue */
    unsigned quiet;         /* cycles in which nothing of that happened */

    uint32_t wires[3]; /* the model's, newest first */
    unsigned wire_gap; /* cycles in which a wire may be low in between */
    bool flush_expected;
    bool wrote; /* there was a write in the last cycle */
    unsigned failures;
};

/* random.c */
uint64_t random64(struct bench *bench);
/** 0 to limit - 1. */
unsigned random_below(struct bench *bench, unsigned limit);
bool one_in(struct bench *bench, unsigned n);

/* bench.c */
bool bench_create(struct bench *bench, uint64_t seed, unsigned stalls, unsigned straps);
void bench_destroy(struct bench *bench);
/** One clock cycle. */
void tick(struct bench *bench);
void ticks(struct bench *bench, unsigned count);
/** Run until all messages and their faults are done, and compare them. */
void settle(struct bench *bench);
bool settled(const struct bench *bench);
void fail(struct bench *bench, const char *what, uint64_t got, uint64_t expected);

/* axil.c */
void axil_drive(struct bench *bench);
/** Before the edge: which handshakes happen, and are the answers right? */
void axil_sample(struct bench *bench);
bool axil_idle(const struct bench *bench);
/** Begin an access; the channels must be free. */
void launch_read(struct bench *bench, uint16_t address);
void launch_write(struct bench *bench, uint16_t address, uint64_t data, uint8_t strobes);
/** An access from beginning to end. Sizes 4 and 8; 8 is two accesses on a narrow bus. */
void write_register(struct bench *bench, uint16_t address, unsigned size, uint64_t value);
/** Reading is checked against the model; the value comes from there. */
uint64_t read_register(struct bench *bench, uint16_t address);
/** Which halves of the slot a write should change. */
uint8_t halves_of(uint16_t address, uint8_t strobes);

/* units.c: the units around the registers, in design and model alike */
struct iommu_bus units_bus(struct bench *bench);
void units_drive(struct bench *bench);
void units_event(struct bench *bench);
void units_hpm(struct bench *bench);
void units_sample(struct bench *bench);

/* stimulus.c */
void random_operation(struct bench *bench);
/** Read the whole page. */
void sweep(struct bench *bench);

/* directed.c */
struct directed {
    const char *name;
    void (*run)(struct bench *bench);
};
extern const struct directed directed_tests[];
extern const unsigned directed_count;

#endif
