/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical memory, put together from images. The images never change: what the model
 * writes goes to a journal that covers them until it is dropped.
 */
#ifndef EXPLAIN_MEMORY_H
#define EXPLAIN_MEMORY_H

#include "problem.h"
#include "source.h"

/** Addresses that an image provides. Bytes beyond `stored` are zero, as in ELF. */
struct range {
    uint64_t address;
    uint64_t last;   /**< address of the last byte: no range is empty */
    uint64_t offset; /**< of the first byte in the image's source */
    uint64_t stored; /**< bytes in the source */
};

/** One image: ranges sorted by address, that do not overlap each other. */
struct image {
    struct source source;
    const char *format; /**< "ELF", "raw", "Intel HEX", "hex text" */
    struct range *range;
    size_t ranges;
    size_t room;
};

/** A store of the model's. */
struct journal_entry {
    uint64_t address;
    uint8_t size; /**< at most 8 */
    uint8_t bytes[8];
};

struct memory {
    struct image *image; /**< later images cover earlier ones */
    size_t images;
    struct journal_entry *journal;
    size_t entries;
    size_t room;
    struct problem trouble; /**< an image could not be read (any more) */
};

/** How many ranges one image may have. */
#define IMAGE_RANGES_MAX ((size_t)1 << 20)

/** Add a range; in any order. The image stays unusable until image_finish(). */
bool image_add_range(struct image *image, const struct range *range, struct problem *problem);
/** Sort the ranges, join neighbours, and refuse overlaps. */
bool image_finish(struct image *image, struct problem *problem);
void image_free(struct image *image);

/** Give the memory an image, which it then owns. */
bool memory_add(struct memory *memory, const struct image *image, struct problem *problem);
/** Bytes of the last image that earlier ones have too; 2^64 - 1 at most. */
uint64_t memory_covered_by_last(const struct memory *memory);

/** Is every byte in some image? If not, *missing gets the first address that is not. */
bool memory_has(const struct memory *memory, uint64_t address, uint64_t size, uint64_t *missing);
/** Is any byte of these in some image? */
bool memory_has_any(const struct memory *memory, uint64_t address, uint64_t size);
bool memory_read(struct memory *memory, uint64_t address, void *data, size_t size);
bool memory_write(struct memory *memory, uint64_t address, const void *data, size_t size);
/** Undo all writes. */
void memory_forget_writes(struct memory *memory);
void memory_free(struct memory *memory);

#endif
