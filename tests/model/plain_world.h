/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twins for the walks of fast.c: two IOMMUs with the same tables, one behind callbacks and
 * without caches, the other with flat memory and a cache for device contexts only, which
 * is where plain walks happen. Nothing that a caller sees may differ.
 *
 * The flat part of the second twin's memory is a buffer of its own between guard bytes, so
 * that an access beside it finds something else than the tables.
 */
#ifndef PORTCULLIS_TESTS_PLAIN_WORLD_H
#define PORTCULLIS_TESTS_PLAIN_WORLD_H

#include "harness.h"

#define PLAIN_DEVICES 2u
#define PLAIN_SLOTS 512u
#define PLAIN_PAGES 10u

/** What makes a world; tables are drawn by the seed. */
struct plain_shape {
    enum pt_mode first, second; /**< PT_MODES: none */
    /** Of the bench's memory, the rest is behind callbacks; size 0: all of it is. */
    uint64_t flat_offset, flat_size;
    uint64_t before; /**< bytes that lie before all tables */
    unsigned pas;
    bool svpbmt, svrsw; /**< capabilities */
    uint64_t tc;        /**< further bits of DC.tc */
};

struct plain_world {
    struct bench *b[2]; /**< 0: behind callbacks; 1: flat */
    struct plain_shape shape;
    uint8_t *flat; /**< of twin 1, behind guard bytes; NULL: none */
    struct page_table first[2][PLAIN_DEVICES], second[2][PLAIN_DEVICES]; /**< of each twin */
    uint64_t slot[PLAIN_SLOTS];     /**< addresses of PTEs in use */
    uint64_t original[PLAIN_SLOTS]; /**< what they were made with */
    unsigned slots;
    uint64_t page[PLAIN_PAGES]; /**< addresses that were mapped: device 0's and 1's in turn */
    unsigned pages;
    uint64_t state; /**< of the random numbers */
    unsigned plain; /**< walks that were found to be plain */
};

/** Make both twins with the same random tables. */
void plain_world_make(struct plain_world *w, const struct plain_shape *shape, uint64_t seed);
/** Store a doubleword in both. */
void plain_world_put(struct plain_world *w, uint64_t address, uint64_t value);
/** Change some PTE in both, or bring some back to what it was. */
void plain_world_change(struct plain_world *w);
/** Some request that often meets a mapped page. */
struct iommu_request plain_world_request(struct plain_world *w);
/** Both twins translate it; their answers must be the same in each field, and the flat twin's
 *  walk a plain one exactly if all that it reads is plain. */
struct iommu_response plain_world_check(struct plain_world *w, struct iommu_request request);
/** Both memories must be the same, and the guard bytes untouched. */
void plain_world_check_memory(struct plain_world *w);
/** Free what the bench does not. */
void plain_world_free(struct plain_world *w);

#endif
