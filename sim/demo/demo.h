/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demonstration: four devices behind the RTL, in lockstep with the golden model. Ports,
 * clock and checks are the lockstep bench's (sim/iommu); the devices, their memory and their
 * drivers are here.
 */
#ifndef DEMO_H
#define DEMO_H

#include "../iommu/bench.h"

enum who { NIC, NVME, GUEST, ROGUE, CAST };

/* --- memory that devices reach (memory.c) ----------------------------------------------------- */

#define PAGE 4096u
#define INTERRUPT_FILES 0x24000000ull /**< one page each */
#define FILES 12u

/** A page for whoever is in the set of devices, filled with zeros. */
uint64_t ram_take(unsigned may_read, unsigned may_write);
/** The same of 2 MiB, made page by page when it is used. */
uint64_t ram_take_large(enum who who);
/** No device may use the page any more. */
void ram_free(uint64_t page);
uint64_t ram_load(uint64_t address);
void ram_store(uint64_t address, uint64_t value);
/** A device's access; what it must not do ends the run. @return false: nothing is there */
bool ram_device_read(enum who who, uint64_t address, uint64_t *value);
bool ram_device_write(enum who who, uint64_t address, uint64_t value, uint8_t strobes);

struct interrupts {
    unsigned count;
    unsigned by[CAST];
    uint32_t last;
};
extern struct interrupts interrupts[FILES];

/* --- accesses of devices (port.c) --------------------------------------------------------------
 */

#define BEATS 256u

struct op;
typedef void op_done_fn(struct op *op);

struct op {
    struct op *next;
    enum who who;
    bool write, execute, translated, pasid, word, error;
    bool hostile; /**< it must be refused */
    uint32_t device_id;
    uint64_t iova;
    unsigned beats;
    op_done_fn *done;
    unsigned number, step; /**< its maker's */
    unsigned attempt;      /**< a rogue's kind of attempt */
    uint64_t data[BEATS];  /**< of a write; or what a read gave */
    bool sampled[BEATS];
};

/** An access of so many times 8 bytes. op_send() gives it to the port; it frees itself. */
struct op *op_new(enum who who, bool write, uint64_t iova, unsigned beats, op_done_fn *done);
void op_send(struct op *op);
void op_interrupt(enum who who, uint64_t iova, uint32_t data); /**< 4 bytes */
unsigned op_count(void);                                       /**< not over */

#define SAMPLES 40000u
#define SLICES 600u

/** What is known of a device's accesses. */
struct account {
    unsigned long reads, writes, refused;
    unsigned long bytes_read, bytes_written;
    unsigned samples;
    uint16_t latency[SAMPLES]; /**< cycles from AR, AW in to AR, AW out */
    uint32_t slice[SLICES];    /**< bytes per slice of time */
    uint64_t counted, misses;  /**< by the performance monitor */
};
extern struct account account[CAST];
extern unsigned slice_cycles;

/** Accesses that were refused, in their order. */
struct refusal {
    uint64_t cycle, iova;
    enum who who;
    uint32_t device_id;
    bool write, execute, translated, pasid;
    uint16_t cause, rule; /**< the model's: what, and why */
    unsigned attempt;
};
#define REFUSALS 512u
extern struct refusal refusals[REFUSALS];
extern unsigned refusal_count;

/* --- tables (tables.c)
 * ---------------------------------------------------------------------------- */

extern const uint32_t device_ids[CAST];
extern const char *const device_names[CAST];

#define GUEST_FILES 4u
#define GUEST_FILE_PAGE 0x28000ull /**< the virtual interrupt files' first guest page */
#define GUEST_MEMORY 0x80000000ull
#define RIGHTS_R (IOMMU_PTE_R_MASK | IOMMU_PTE_A_MASK)
#define RIGHTS_RW (RIGHTS_R | IOMMU_PTE_W_MASK | IOMMU_PTE_D_MASK)

void tables_build(void);
/** Map a page of a device's first stage. level 1: 2 MiB. @return where the PTE is */
uint64_t tables_map(enum who who, uint64_t iova, uint64_t target, unsigned level, uint64_t rights);
/** The same in the guest's second stage. */
uint64_t tables_map_guest(uint64_t gpa, uint64_t target);
void tables_unmap(uint64_t pte);
extern uint64_t tables_ddtp;

/* --- the driver (driver.c)
 * -------------------------------------------------------------------------- */

void driver_begin(void);
void driver_step(void);
void driver_invalidate(enum who who, uint64_t iova);
/** Commands up to now are done, and device accesses from before them. @return its number */
uint32_t driver_fence(void);
bool driver_fenced(uint32_t number);
void driver_end(void); /**< compare everything, read the counters */

struct logged {
    uint64_t read_at; /**< cycle */
    struct fault_record record;
};
#define LOGGED 512u
extern struct logged logged[LOGGED];
extern unsigned logged_count, fault_interrupts;

/* --- devices and their drivers
 * ------------------------------------------------------------------------ */

void nic_begin(void);
void nic_step(void);
bool nic_done(void);
extern struct nic_totals {
    unsigned packets, unmaps, maps;
} nic_totals;

void nvme_begin(void);
void nvme_step(void);
bool nvme_done(void);
extern struct nvme_totals {
    unsigned reads, writes;
} nvme_totals;

void guest_begin(void);
void guest_step(void);
bool guest_done(void);
extern struct guest_totals {
    unsigned works, strays;
} guest_totals;

struct attempt {
    const char *what; /**< it tried */
    unsigned times, blocked;
};
#define ATTEMPTS 14u
#define GUEST_STRAY 12u /**< attempts of the guest: */
#define GUEST_NOTHING 13u
extern struct attempt attempts[ATTEMPTS];
void rogue_begin(void);
void rogue_step(void);
bool rogue_done(void);
extern struct rogue_totals {
    unsigned letters; /**< legal writes to its mailbox */
    uint64_t revoked; /**< cycle from which the mailbox is gone */
} rogue_totals;

extern unsigned long words_verified; /**< of 8 bytes, by the drivers */
/** Data that a driver finds in memory, and what it must be. */
void verify(enum who who, const char *what, uint64_t found, uint64_t expected);

/* --- the report (report.c)
 * ------------------------------------------------------------------------------- */

extern unsigned long structure_reads[16], structure_stores[16]; /**< by enum iommu_structure */
void report_print(double seconds);
bool report_write(const char *path, double seconds);

#endif
