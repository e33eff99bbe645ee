/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directed tests of the RTL: what random runs have found, and what they come to seldom, each in a
 * few lines. Ports, clock, checks and the model in lockstep are the lockstep bench's (sim/iommu);
 * the tables, and who asks when, are here.
 */
#ifndef DIRECTED_H
#define DIRECTED_H

#include "../iommu/bench.h"

/* --- the tests --------------------------------------------------------------------------- */

struct test {
    const char *name;
    void (*run)(void);
    uint64_t needs; /**< capabilities, all of them; or READ_AHEAD */
};
/** Cfg.ReadAhead, which Small has not: among bits of capabilities that are for custom use. */
#define READ_AHEAD (1ull << 63)

extern const struct test invalidation_tests[], rest_tests[], message_tests[],
    lookup_tests[]; /**< the last one has no name */

/** As fail(), with the line, unless it holds. */
#define CHECK(what) ((what) ? (void)0 : fail("line %d: %s", __LINE__, #what))

/** What the lockstep simulates a second while data streams, printed. */
void measure_speed(void);

/* --- software (software.c) -------------------------------------------------------------------- */

void set_register(uint32_t offset, uint32_t size, uint64_t value);
uint64_t get_register(uint32_t offset);
void wait_cycles(unsigned cycles);
/** The register access, and all traffic, are over. */
void wait_idle(void);
#define CQ_LOG2 8u /* places in the command queue */
void give_command(uint64_t low, uint64_t high);
void ring_commands(void);
/** IOFENCE.C behind what was given; returns when its store is there. */
void fence(void);
void give_fence(void); /**< not rung */
void begin_fence(void);
bool fence_done(void);
void finish_fence(void);
/** Ask for rest. @return whether it was acknowledged within a while */
bool quiesced(void);
void let_go(void);
/** Registers of both are compared. */
void compare_registers(void);
void software_begin(void);
/** Command and fault queue; on again they are empty. */
void queues_off(void);
void queues_on(void);
extern uint64_t command_queue, messages; /**< a page each */

#define IOTINVAL(func3)                                                                            \
    (IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOTINVAL_##func3))
#define OF_GSCID(id) (IOMMU_CMD_IOTINVAL_GV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, id))
#define OF_PSCID(id) (IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, id))
#define OF_ADDRESS IOMMU_CMD_IOTINVAL_AV_MASK
#define ADDRESS(iova) IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, (uint64_t)(iova) >> 12)
#define INVAL_DDT (IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_DDT))
#define OF_DEVICE(id) (IOMMU_CMD_IODIR_DV_MASK | IOMMU_PREP(IOMMU_CMD_IODIR_DID, id))

/* --- tables (tables.c) -------------------------------------------------------------------------
 */

enum table_scheme { SV39, SV39X4, SV32 };

/** A directory of one level, in force. */
void tables_begin(void);
/** Write ddtp, with the directory of the test, and wait until it is not busy any more. */
void set_mode(uint64_t mode);
uint64_t new_table(unsigned pages);
/** Map a page of 4 KiB, or of a higher level. @return where its PTE is */
uint64_t map(uint64_t root, enum table_scheme scheme, uint64_t address, uint64_t target,
             unsigned level);
/** Store 8 bytes into memory; whatever is allowed until now stays allowed for what is under way. */
void store(uint64_t address, uint64_t value);
void change_target(uint64_t pte, uint64_t target);
/** A device context. `first`, `second`: roots, or 0 for Bare. */
struct context {
    uint64_t first, second, process_directory;
    uint32_t pscid, gscid, rcid;
    bool narrow; /**< SXL: Sv32 */
    bool ats;    /**< EN_ATS */
};
void set_device(uint32_t device_id, const struct context *context);
uint64_t context_of(uint32_t device_id); /**< where its device context is */
/** A process context in a directory of one level. */
void set_process(uint64_t directory, uint32_t process_id, uint64_t first, uint32_t pscid);

/* --- requests (port.c) -------------------------------------------------------------------------
 */

struct ask {
    uint32_t device_id;
    uint32_t process_id; /**< 0: none */
    uint64_t iova;
    unsigned beats; /**< of 8 bytes; 0 is 1 */
    uint16_t id;
    bool write;
    /* filled in */
    bool started, done, refused;
    uint64_t target;
    unsigned long table_reads; /**< while it was under way */
    uint64_t done_at;          /**< cycle */
};
void asks_reset(void);
/** May begin_ask() be called for this direction? */
bool asks_free(bool write);
void begin_ask(struct ask *ask);
void finish_ask(struct ask *ask);
/** One access from begin to end. @return where it went, or ~0 if it was refused */
uint64_t go(uint32_t device_id, uint32_t process_id, uint64_t iova);
/** The same, and it must be answered without a read of any table. */
uint64_t go_cached(uint32_t device_id, uint32_t process_id, uint64_t iova);
#define MEMORY_DELAY 20u /* cycles, of implicit accesses and of the devices' */
/** From now on implicit accesses take so many cycles. */
void slow_memory(unsigned cycles);

#endif
