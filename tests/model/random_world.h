/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world of devices and tables that changes at random: five devices, two virtual
 * machines, a host, processes, an MSI page table. Operations are generated apart from
 * their execution, so that several worlds can live through the same history.
 *
 * Everything depends on the seed only. SEED in the environment replaces the default one.
 */
#ifndef PORTCULLIS_TESTS_RANDOM_WORLD_H
#define PORTCULLIS_TESTS_RANDOM_WORLD_H

#include "harness.h"

#define WORLD_DEVICES 5u
#define WORLD_VAS 7u    /**< pages in use, of a region of 4 MiB */
#define WORLD_TABLES 6u /**< page tables: 4 first stages, 2 second stages */
#define WORLD_SLOTS 256u

/** What kind of entry a slot is: which values make sense there. */
enum slot_kind {
    SLOT_LEAF,    /**< last level of a page table */
    SLOT_POINTER, /**< level above it: pointer or superpage */
    SLOT_GUEST,   /**< second-stage leaf for a page of the guest's own tables */
    SLOT_DC,
    SLOT_DDTE,
    SLOT_PC,
    SLOT_PDTE,
    SLOT_MSI
};

struct slot {
    enum slot_kind kind;
    unsigned table;    /**< page table, device or process that it belongs to */
    uint64_t address;  /**< physical */
    uint64_t original; /**< first word as it was built */
    uint64_t other;    /**< SLOT_POINTER: the pointer to the other leaf table */
};

struct world {
    struct bench *b;
    struct page_table second[2];
    struct page_table first[4]; /**< host, guest 0 twice, guest 1 */
    struct pdt pdt;             /**< of device 2 */
    uint64_t msi_table;
    struct slot slot[WORLD_SLOTS];
    unsigned slots;
    uint64_t begin, end; /**< memory that holds all of the tables */
    /** Tables may share a PSCID, and have global pages that others lack. The specification
     *  leaves open which of them is then used: not for comparisons. */
    bool shared_ids;
};

enum operation_kind { OPERATION_STORE, OPERATION_COMMAND, OPERATION_TRANSLATE };

struct operation {
    enum operation_kind kind;
    uint64_t address; /**< stores */
    unsigned words;
    uint64_t word[8];
    struct command command;
    struct iommu_request request;
};

/** Pseudo-random numbers; the state is not 0. */
uint64_t random_next(uint64_t *state);
/** 0 to n - 1. */
unsigned random_below(uint64_t *state, unsigned n);
/** The seed from the environment, or `fallback`. Prints how to run again with it. */
uint64_t random_seed(const char *test, uint64_t fallback);

/** Build the tables in a bench that runs with three DDT levels. */
void world_build(struct world *w, struct bench *b, bool shared_ids);
/** The next operation: mostly translations, some stores, some commands. */
struct operation world_operation(const struct world *w, uint64_t *state);
/** Make a store or run a command. Stores are noted for the history. */
void world_apply(struct world *w, const struct operation *operation);
/** Drop all fault records. */
void world_drop_faults(struct world *w);

/** Are two responses the same, in all that a caller may look at? */
bool same_response(const struct iommu_response *a, const struct iommu_response *b);
void print_request(const struct iommu_request *request);
void print_response(const char *title, const struct iommu_response *response);

#endif
