/* SPDX-License-Identifier: Apache-2.0 */
/* The library on the host: the golden model behind its register accessors, memory that can be
 * made to fail, and a small test runner. */
#ifndef HOST_H
#define HOST_H

#include <stdio.h>

#include "iommu.h"
#include "rvi.h"
#include "rvi_tables.h"

#define MEMORY_BYTES 0x1000000u
#define FIRST_PAGE 0x10000u /* below: rings and other fixed places */
#define RING_COMMANDS 0x1000u
#define RING_FAULTS 0x2000u
#define RING_REQUESTS 0x3000u
#define FENCE_WORD 0x4000u
#define ROOT 0x5000u
#define TARGET_PAGE 0x8000u
#define MSI_PAGE 0x9000u

#define DRAM_END MEMORY_BYTES
#define MESSAGES 64
#define UNFENCED 0x4000
/* What lies in memory before the library uses it: as a PTE, a page that everybody may use. */
#define STALE (TARGET_PAGE / RVI_PAGE << 10 | 0xdfu)

/** Makes reads of a register lie. */
struct lie {
    uint32_t offset, clear, set;
    uint32_t after; /**< reads that are still true */
    uint32_t times; /**< lies after which reads are true again; 0: never */
};

struct world {
    struct iommu *model;
    struct iommu_config config;
    struct rvi iommu;
    struct rvi_bus bus;
    struct rvi_memory memory;
    struct rvi_region region;
    struct rvi_pages pages;
    uint8_t *bytes; /**< memory, as the library sees it */
    uint8_t *seen;  /**< and as the IOMMU does: without stores that no fence has followed, */
    struct {
        uint64_t address, size;
    } store[UNFENCED]; /**< which are these; but for the last one, which overtakes them all */
    uint32_t stores;
    bool swap; /**< structures are big-endian */
    uint64_t time;

    struct lie lie;
    /** The IOMMU's accesses that touch this range fail so many times. */
    uint64_t bad_first, bad_last;
    uint32_t bad_times;
    enum iommu_mem_status bad_status;

    void (*on_store)(struct world *world); /**< after each store of the library */
    void (*on_time)(struct world *world);  /**< each time it asks for the time */
    uint32_t register_writes[512];         /**< offsets, in order */
    uint32_t writes;
    struct iommu_message message[MESSAGES];
    uint32_t messages;
    uint64_t msi_address; /**< last interrupt message of the IOMMU itself */
    uint32_t msi_data, msis;
};

/** The named configuration, changed by `change` if not NULL. */
void world_open(struct world *world, const char *config, void (*change)(struct iommu_config *));
void world_close(struct world *world);
/** A setup that uses all that the configuration has. */
struct rvi_setup world_setup(struct world *world);
/** world_open, rvi_open and rvi_init, which must succeed. */
void world_start(struct world *world, const char *config);
void world_begin(struct world *world);
/** "full", and device 1 has world_context() with ATS and PRI. */
void world_start_ats(struct world *world);

/** One access of a device; the model's answer. */
struct iommu_response world_access(struct world *world, uint32_t device_id, uint64_t iova,
                                   enum iommu_access_kind kind);
/** Does the access go to `address`? */
bool reaches(struct world *world, uint32_t device_id, uint64_t iova, uint64_t address);
/** Is it blocked with this cause? */
bool blocked(struct world *world, uint32_t device_id, uint64_t iova, uint16_t cause);

/** A device context with a first-stage table that has [0x10000, 0x20000) -> target. */
struct rvi_dc world_context(struct world *world, struct rvi_table *table, uint64_t target,
                            uint32_t pscid);

uint64_t host_random(void);
uint64_t world_load(struct world *world, uint64_t address);

/* --- the runner --- */

void host_expect(bool good, const char *file, int line, const char *text);
#define EXPECT(condition) host_expect(condition, __FILE__, __LINE__, #condition)

struct test {
    const char *name;
    void (*run)(void);
};
extern const struct test init_tests[], table_tests[], update_tests[], queue_tests[], record_tests[],
    event_tests[], tree_tests[], pci_tests[];

#endif
