/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The past of an instance, for allowed.c: old values of table memory with the time at which
 * each was replaced, the invalidations with theirs, and the roots that address spaces were
 * used with.
 */
#include "history.h"

#include <stdlib.h>
#include <string.h>

/* --- keeping it ---------------------------------------------------------------------- */

/** Make room for one more element. @return false if memory is short: the history has a hole */
static bool grow(struct history *history, void **array, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t more = *room == 0 ? 64 : *room * 2;
    void *larger;

    if (count < *room)
        return true;
    larger = realloc(*array, more * size);
    if (larger == NULL) {
        history->hole = true;
        return false;
    }
    *array = larger;
    *room = more;
    return true;
}

bool history_create(struct iommu *iommu)
{
    struct history *history = calloc(1, sizeof(*history));

    if (history == NULL)
        return false;
    iommu->history = history;
    history->head_count = 1u << 16;
    history->heads = malloc(history->head_count * sizeof(*history->heads));
    return history->heads != NULL;
}

void history_destroy(struct iommu *iommu)
{
    if (iommu->history == NULL)
        return;
    free(iommu->history->words);
    free(iommu->history->heads);
    free(iommu->history->invalidations);
    free(iommu->history->roots);
    free(iommu->history);
}

void history_clear(struct iommu *iommu)
{
    struct history *history = iommu->history;

    if (history == NULL)
        return;
    history->time++;
    history->hole = false;
    history->word_count = history->invalidation_count = history->root_count = 0;
    memset(history->heads, 0xff, history->head_count * sizeof(*history->heads));
}

uint64_t iommu_time(const struct iommu *iommu)
{
    return iommu->history != NULL ? iommu->history->time : 0;
}

static uint32_t *head_of(const struct history *history, uint64_t address)
{
    return &history->heads[(address * 0x9e3779b97f4a7c15ull >> 32) % history->head_count];
}

void iommu_note_store(struct iommu *iommu, uint64_t address, uint64_t size)
{
    struct history *history = iommu->history;
    uint64_t last = address + (size - 1);

    if (history == NULL || size == 0 || last < address)
        return;
    history->time++;
    for (uint64_t word = address & ~7ull;; word += 8) {
        struct iommu_access access = {.address = word, .size = 8, .structure = IOMMU_DATA};
        struct old_word *old;
        uint32_t *head = head_of(history, word);

        if (grow(history, (void **)&history->words, history->word_count, &history->word_room,
                 sizeof(*history->words))) {
            old = &history->words[history->word_count];
            *old = (struct old_word){.address = word, .until = history->time, .older = *head};
            if (mem_read(iommu, &access, old->bytes) == IOMMU_MEM_OK)
                *head = history->word_count++;
        }
        if (last - word < 8)
            break;
    }
}

void history_invalidated(struct iommu *iommu, const struct invalidate *command)
{
    struct history *history = iommu->history;

    if (history == NULL ||
        !grow(history, (void **)&history->invalidations, history->invalidation_count,
              &history->invalidation_room, sizeof(*history->invalidations)))
        return;
    history->invalidations[history->invalidation_count++] =
        (struct past_invalidation){*command, ++history->time};
}

bool same_table(const struct table *a, const struct table *b)
{
    return a->scheme == b->scheme && a->root == b->root && a->big_endian == b->big_endian;
}

bool same_machine(enum root_kind kind, const struct address_space *a, const struct address_space *b)
{
    if (kind == ROOT_DDT)
        return true;
    return a->gv == b->gv && (!a->gv || a->gscid == b->gscid);
}

bool same_process(enum root_kind kind, const struct address_space *a, const struct address_space *b)
{
    return kind != ROOT_FIRST || a->pscid == b->pscid;
}

void history_root(struct walk *walk, enum root_kind kind, const struct table *table)
{
    struct history *history = walk->iommu->history;

    for (uint32_t i = 0; i < history->root_count; i++) {
        struct past_root *root = &history->roots[i];

        if (root->kind == kind && same_table(&root->table, table) &&
            same_machine(kind, &root->space, &walk->space) &&
            same_process(kind, &root->space, &walk->space)) {
            root->last_used = history->time;
            return;
        }
    }
    if (grow(history, (void **)&history->roots, history->root_count, &history->root_room,
             sizeof(*history->roots)))
        history->roots[history->root_count++] =
            (struct past_root){kind, walk->space, *table, history->time};
}

void history_updated(struct walk *walk)
{
    struct history *history = walk->iommu->history;

    if (history == NULL)
        return;
    /* The walk goes on with what it stored, under the roots that it came by. */
    for (uint32_t i = 0; i < history->root_count; i++) {
        if (history->roots[i].last_used >= walk->began)
            history->roots[i].last_used = history->time;
    }
}

/* --- asking about it ----------------------------------------------------------------- */

/** The oldest value of a word that was still there just before time t; now: NULL. */
static const struct old_word *word_before(const struct history *history, uint64_t address,
                                          uint64_t time)
{
    const struct old_word *found = NULL;

    for (uint32_t i = *head_of(history, address); i != NONE; i = history->words[i].older) {
        const struct old_word *word = &history->words[i];

        if (word->address != address)
            continue;
        if (word->until < time)
            break;
        found = word;
    }
    return found;
}

uint64_t replaced_before(const struct history *history, uint64_t address, uint64_t size,
                         uint64_t time)
{
    uint64_t latest = 0;

    for (uint64_t word = address & ~7ull; word < address + size; word += 8) {
        for (uint32_t i = *head_of(history, word); i != NONE; i = history->words[i].older) {
            const struct old_word *old = &history->words[i];

            if (old->address == word && old->until < time) {
                latest = old->until > latest ? old->until : latest;
                break;
            }
        }
    }
    return latest;
}

void snapshot(const struct history *history, uint64_t address, uint64_t size, uint64_t time,
              uint8_t *bytes)
{
    for (uint64_t word = address & ~7ull; word < address + size; word += 8) {
        const struct old_word *old = word_before(history, word, time);

        for (unsigned i = 0; old != NULL && i < 8; i++) {
            if (word + i >= address && word + i < address + size)
                bytes[word + i - address] = old->bytes[i];
        }
    }
}
