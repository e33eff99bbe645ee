/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- images */

bool image_add_range(struct image *image, const struct range *range, struct problem *problem)
{
    if (image->ranges > 0) { /* text comes in small pieces that mostly follow each other */
        struct range *before = &image->range[image->ranges - 1];
        uint64_t size = before->last - before->address + 1;
        if (before->last + 1 == range->address && before->last != UINT64_MAX &&
            before->stored == size && before->offset + size == range->offset) {
            before->last = range->last;
            before->stored += range->stored;
            return true;
        }
    }
    if (image->ranges == IMAGE_RANGES_MAX)
        return problem_set(problem, "%s: more than %zu separate pieces", image->source.name,
                           IMAGE_RANGES_MAX);
    if (image->ranges == image->room) {
        size_t room = image->room == 0 ? 16 : image->room * 2;
        struct range *larger = realloc(image->range, room * sizeof(*larger));
        if (larger == NULL)
            return problem_set(problem, "%s: not enough memory", image->source.name);
        image->range = larger;
        image->room = room;
    }
    image->range[image->ranges++] = *range;
    return true;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct range *a = left;
    const struct range *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return 0;
}

bool image_finish(struct image *image, struct problem *problem)
{
    if (image->ranges == 0)
        return problem_set(problem, "%s: holds no bytes", image->source.name);
    qsort(image->range, image->ranges, sizeof(*image->range), compare_ranges);
    for (size_t i = 1; i < image->ranges; i++) {
        if (image->range[i].address <= image->range[i - 1].last)
            return problem_set(problem, "%s: address 0x%" PRIx64 " is given more than once",
                               image->source.name, image->range[i].address);
    }
    return true;
}

void image_free(struct image *image)
{
    source_close(&image->source);
    free(image->range);
    image->range = NULL;
    image->ranges = 0;
    image->room = 0;
}

/* The range that holds an address, or NULL; *next then gets the start of the range
 * after it, or is left alone. */
static const struct range *find_range(const struct image *image, uint64_t address, uint64_t *next)
{
    size_t low = 0;
    size_t high = image->ranges;

    while (low < high) { /* find the first range that ends at or after the address */
        size_t middle = low + (high - low) / 2;
        if (image->range[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == image->ranges)
        return NULL;
    if (image->range[low].address <= address)
        return &image->range[low];
    *next = image->range[low].address;
    return NULL;
}

/* ---- memory */

bool memory_add(struct memory *memory, const struct image *image, struct problem *problem)
{
    struct image *larger = realloc(memory->image, (memory->images + 1) * sizeof(*larger));

    if (larger == NULL)
        return problem_set(problem, "%s: not enough memory", image->source.name);
    memory->image = larger;
    memory->image[memory->images++] = *image;
    return true;
}

uint64_t memory_covered_by_last(const struct memory *memory)
{
    uint64_t covered = 0;
    const struct image *new_image = &memory->image[memory->images - 1];

    for (size_t i = 0; i < new_image->ranges; i++) {
        const struct range *range = &new_image->range[i];
        for (size_t j = 0; j + 1 < memory->images; j++) {
            uint64_t at = range->address;
            uint64_t next;
            for (;;) { /* from one older range to the next */
                next = UINT64_MAX;
                const struct range *old = find_range(&memory->image[j], at, &next);
                if (old == NULL) {
                    if (next == UINT64_MAX || next > range->last)
                        break;
                    at = next;
                    continue;
                }
                uint64_t last = old->last < range->last ? old->last : range->last;
                uint64_t bytes = last - at + 1;
                covered = covered + bytes < covered ? UINT64_MAX : covered + bytes;
                if (last == range->last)
                    break;
                at = last + 1;
            }
        }
    }
    return covered;
}

/* The latest image that holds an address, and how many bytes from there on it (and no
 * later image) answers for, at most `size`. */
static const struct range *find_image(const struct memory *memory, uint64_t address, uint64_t *size,
                                      const struct image **image)
{
    for (size_t i = memory->images; i-- > 0;) {
        uint64_t next = UINT64_MAX;
        const struct range *range = find_range(&memory->image[i], address, &next);
        if (range != NULL) {
            if (*size - 1 > range->last - address)
                *size = range->last - address + 1;
            *image = &memory->image[i];
            return range;
        }
        if (next != UINT64_MAX && *size > next - address)
            *size = next - address; /* a later image covers what follows */
    }
    return NULL;
}

bool memory_has(const struct memory *memory, uint64_t address, uint64_t size, uint64_t *missing)
{
    while (size > 0) {
        const struct image *image;
        uint64_t part = size;
        if (find_image(memory, address, &part, &image) == NULL) {
            *missing = address;
            return false;
        }
        size -= part;
        address += part;
    }
    return true;
}

bool memory_has_any(const struct memory *memory, uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < memory->images; i++) {
        uint64_t next = UINT64_MAX;
        if (find_range(&memory->image[i], address, &next) != NULL || next - address < size)
            return true;
    }
    return false;
}

static bool read_images(struct memory *memory, uint64_t address, uint8_t *data, size_t size)
{
    while (size > 0) {
        const struct image *image;
        uint64_t part = size;
        const struct range *range = find_image(memory, address, &part, &image);
        if (range == NULL)
            return false;
        uint64_t inside = address - range->address;
        uint64_t stored = inside < range->stored ? range->stored - inside : 0;
        if (stored > part)
            stored = part;
        if (stored > 0 &&
            !source_read(&image->source, range->offset + inside, data, (size_t)stored))
            return problem_set(&memory->trouble, "%s: cannot be read at address 0x%" PRIx64,
                               image->source.name, address);
        memset(data + stored, 0, (size_t)(part - stored));
        data += part;
        address += part;
        size -= (size_t)part;
    }
    return true;
}

bool memory_read(struct memory *memory, uint64_t address, void *data, size_t size)
{
    uint8_t *bytes = data;

    if (!read_images(memory, address, bytes, size))
        return false;
    for (size_t i = 0; i < memory->entries; i++) { /* in the order of the writes */
        const struct journal_entry *entry = &memory->journal[i];
        for (uint8_t j = 0; j < entry->size; j++) {
            uint64_t offset = entry->address + j - address;
            if (offset < size)
                bytes[offset] = entry->bytes[j];
        }
    }
    return true;
}

bool memory_write(struct memory *memory, uint64_t address, const void *data, size_t size)
{
    uint64_t missing;
    const uint8_t *bytes = data;

    if (!memory_has(memory, address, size, &missing))
        return false;
    while (size > 0) {
        if (memory->entries == memory->room) {
            size_t room = memory->room == 0 ? 16 : memory->room * 2;
            struct journal_entry *larger = realloc(memory->journal, room * sizeof(*larger));
            if (larger == NULL)
                return problem_set(&memory->trouble, "not enough memory");
            memory->journal = larger;
            memory->room = room;
        }
        struct journal_entry *entry = &memory->journal[memory->entries++];
        entry->address = address;
        entry->size = (uint8_t)(size < 8 ? size : 8);
        memcpy(entry->bytes, bytes, entry->size);
        address += entry->size;
        bytes += entry->size;
        size -= entry->size;
    }
    return true;
}

void memory_forget_writes(struct memory *memory)
{
    memory->entries = 0;
}

void memory_free(struct memory *memory)
{
    for (size_t i = 0; i < memory->images; i++)
        image_free(&memory->image[i]);
    free(memory->image);
    free(memory->journal);
    *memory = (struct memory){0};
}
