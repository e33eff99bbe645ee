/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where QEMU's riscv-iommu is known to differ from the specification: all of it, in one
 * table. docs/qemu-differences.md tells the same in words.
 */
#ifndef PORTCULLIS_TESTS_DEVIATIONS_H
#define PORTCULLIS_TESTS_DEVIATIONS_H

#include <stdio.h>

#include "whatif.h"

/** Set of deviations, one bit each. */
struct deviation_set {
    uint64_t bit[2];
};

/**
 * What QEMU is expected to answer to the request that was asked: the specification's
 * result, run again as if the situations that QEMU treats differently were others.
 * @param used the deviations that took part
 */
void deviations_forecast(struct whatif *w, struct forecast *f, struct deviation_set *used);

/** QEMU's event counter counts a request of which this becomes. */
bool deviations_counts(const struct forecast *f);
/** It did not count one that the specification has counted. */
void deviations_count_uncounted(void);

/** QEMU uses a translation that a command with ADDR has invalidated: `exact` if ADDR is the
 *  right GPA, else it is another page of the same leaf. */
void deviation_mark_address(struct deviation_set *used, bool exact);

/** A difference in registers, or in what was stored. */
struct difference {
    const char *what;      /* the register's name, "fence" or "message" */
    uint64_t value[SIDES]; /* as read */
    uint32_t written;      /* what the last operation wrote there; all ones: nothing */
    uint64_t cqcsr;        /* the model's */
    uint64_t fqcsr;
    bool masked; /* the vector of a message */
};

/** Is it a known one? Then it is added to the set. */
bool deviations_explain(const struct difference *difference, struct deviation_set *used);

/** The set made a difference: count it. */
void deviations_count(const struct deviation_set *used);

/** Print the table of use. @return how many were not used at all */
unsigned deviations_print(FILE *file);

/** Number of known deviations. */
size_t deviations_known(void);

#endif
