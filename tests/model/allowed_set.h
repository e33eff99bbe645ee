/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to iommu_allowed(), and exact expectations about the answers. */
#ifndef PORTCULLIS_TESTS_ALLOWED_SET_H
#define PORTCULLIS_TESTS_ALLOWED_SET_H

#include "scenes.h"

/** How a result is written in an expectation: the address, or a cause with this bit. */
#define FAULT(cause) (1ull << 63 | (cause))
/** Most results that an expectation can name. */
#define SET_MAX 12

/** A set of results: exactly these, the first being the one that memory gives now. */
struct result_set {
    unsigned count;
    uint64_t result[SET_MAX];
};

/** Switches the history on. */
void with_history(struct iommu_config *config);
/** All results that are allowed for a request that comes now. */
struct result_set allowed_now(struct bench *b, struct iommu_request request);
/** The same with invalidations after `since` not binding. */
struct result_set allowed_since(struct bench *b, struct iommu_request request, uint64_t since);
/** Exactly these results, in any order but for the first. */
void check_set(struct place place, struct result_set actual, struct result_set expected);

#define SET(...)                                                                                   \
    ((struct result_set){.count = sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t),            \
                         .result = {__VA_ARGS__}})
#define CHECK_ALLOWED(b, request, ...)                                                             \
    check_set(HERE, allowed_now((b), (request)), SET(__VA_ARGS__))

/** Note a store of 8 bytes in the byte order of fctl.BE, and make it. */
void noted_put64(struct bench *b, uint64_t address, uint64_t value);
/** The same for several words at once: one store of `count` doublewords. */
void noted_put_words(struct bench *b, uint64_t address, const uint64_t *word, unsigned count);
/** The same for a PTE. */
void noted_pte(struct page_table *pt, uint64_t pte_address, uint64_t value);

#endif
