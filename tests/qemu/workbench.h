/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all rounds share: the two sides, the random numbers, the results so far.
 */
#ifndef PORTCULLIS_TESTS_WORKBENCH_H
#define PORTCULLIS_TESTS_WORKBENCH_H

#include "deviations.h"
#include "scene.h"
#include "whatif.h"

/** Results so far. */
struct tally {
    uint64_t rounds;
    uint64_t comparisons; /* requests, registers and commands whose results were compared */
    uint64_t explained;   /* among them: QEMU deviates in a known way, and exactly so */
    uint64_t failures;
    uint64_t skipped;       /* requests that would have reached devices of QEMU's machine */
    uint64_t requests[4];   /* compared, by enum request_kind */
    uint64_t reached[4][3]; /* their data's goal, by kind and enum iommu_target */
    uint64_t faults;        /* among them, by the specification */
    uint64_t crossing;      /* DMA over the end of a page */
    uint64_t commands;      /* compared */
    uint64_t changes;       /* of tables, under caches, that were followed */
};

struct workbench {
    struct rig *rig;
    struct whatif *whatif;
    struct draw draw;
    uint64_t seed;  /* of the run */
    uint64_t round; /* the one that runs */
    struct scene scene;
    struct tally *tally;
};

/** Count a failure, and print how to repeat the round. */
void workbench_fail(struct workbench *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Build a scene, and start both sides with it. */
void workbench_start(struct workbench *b, enum nature nature);

/** Compare a register of 4 bytes; `written` is what was just written there, all ones: nothing.
 *  @return true if both sides read the same */
bool workbench_compare(struct workbench *b, const char *name, uint32_t offset, uint32_t written);

/** Compare what registers have to be after reset. */
void compare_reset(struct workbench *b);

/** A round of translations in a random scene. */
void translate_round(struct workbench *b);
/** A round of changes to tables, each with a command that makes it known. */
void change_round(struct workbench *b);
/** A round of commands, queues and interrupts. */
void queue_round(struct workbench *b);

#endif
