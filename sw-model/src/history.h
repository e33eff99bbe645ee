/* SPDX-License-Identifier: Apache-2.0 */
/* What history.c keeps and allowed.c asks for. */
#ifndef PORTCULLIS_HISTORY_H
#define PORTCULLIS_HISTORY_H

#include "internal.h"

#define NEVER (~0ull)
#define NONE (~0u)

/** What a word of memory held before it was replaced. */
struct old_word {
    uint64_t address; /**< multiple of 8 */
    uint64_t until;   /**< replaced at this time */
    uint8_t bytes[8];
    uint32_t older; /**< index of the word's value before this one, or of another word's */
};

struct past_invalidation {
    struct invalidate command;
    uint64_t time;
};

struct past_root {
    enum root_kind kind;
    struct address_space space;
    struct table table;
    uint64_t last_used;
};

struct history {
    uint64_t time;
    bool hole; /**< memory was short for something of it */
    struct old_word *words;
    uint32_t word_count, word_room;
    uint32_t *heads; /**< hash table over addresses: newest old_word of each chain */
    uint32_t head_count;
    struct past_invalidation *invalidations;
    uint32_t invalidation_count, invalidation_room;
    struct past_root *roots;
    uint32_t root_count, root_room;
};

/** SADE and GADE are the context's, old or new with it, not the table's. */
bool same_table(const struct table *a, const struct table *b);
/** The IDs that tag what is cached under a root of this kind; PSCIDs apart. */
bool same_machine(enum root_kind kind, const struct address_space *a,
                  const struct address_space *b);
/** The PSCIDs, where they are among these tags. */
bool same_process(enum root_kind kind, const struct address_space *a,
                  const struct address_space *b);
/** Remember that the walk's IDs are used with this root. */
void history_root(struct walk *walk, enum root_kind kind, const struct table *table);

/** The latest time before `time` at which one of the words in the range was replaced. */
uint64_t replaced_before(const struct history *history, uint64_t address, uint64_t size,
                         uint64_t time);
/** What the range held just before time t, given what it holds now. */
void snapshot(const struct history *history, uint64_t address, uint64_t size, uint64_t time,
              uint8_t *bytes);

#endif
