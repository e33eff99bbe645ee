/* SPDX-License-Identifier: Apache-2.0 */
/* The system to explain: memory, register values, and the model's configuration. */
#ifndef EXPLAIN_MACHINE_H
#define EXPLAIN_MACHINE_H

#include "iommu.h"
#include "layout.h"
#include "memory.h"
#include "problem.h"
#include "registers.h"

#define NOTE_TEXT 320
#define NOTES_MAX 24

/** Remarks for the user, about what was assumed or looks odd. */
struct notes {
    char text[NOTES_MAX][NOTE_TEXT];
    unsigned count;
};

/** Add a remark; those beyond NOTES_MAX are dropped. */
void notes_add(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct machine {
    struct memory memory;
    struct registers registers;
    struct iommu_config config;
    const char *config_name;
    bool capabilities_given;
    uint32_t fctl; /**< as the model reads it back */
    uint64_t ddtp;
    struct notes notes;
};

/** One fault record that the model stored, in memory order. */
struct fault_slot {
    bool stored;
    uint8_t bytes[IOMMU_FQ_RECORD_BYTES];
};

/** What the callbacks of an instance work on; must outlive it. */
struct machine_bus {
    struct memory *memory;
    struct fault_slot fault;
};

/** Derive the configuration; `name` is --config's, NULL if none. */
bool machine_configure(struct machine *machine, const char *name, struct problem *problem);

/** An instance with the registers written, whose fault queue ends in `bus`: user's
 *  memory and queues are not touched. @return NULL with a problem */
struct iommu *machine_start(struct machine *machine, struct machine_bus *bus,
                            struct problem *problem);

/** Read little-endian words, or big-endian ones. @return false if some are in no image */
bool machine_read_words(struct machine *machine, uint64_t address, bool big_endian, unsigned words,
                        uint64_t *value);

/** What the layout of structures outside of a walk depends on. */
struct layout_context machine_context(const struct machine *machine);
/** Words from their bytes in memory. */
void words_from_bytes(const uint8_t *bytes, bool big_endian, unsigned words, uint64_t *value);
uint64_t swap_bytes(uint64_t value);

#endif
