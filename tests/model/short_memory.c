/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's allocator behind functions that can refuse; see short_memory.h. */
#include "short_memory.h"

#ifndef SANITIZED
#include <stdbool.h>
#include <stddef.h>

/* The C library's own names, behind those that are replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

/* Replaced here; <stdlib.h> would give them attributes that get in the way. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);

static bool limited;
static unsigned left;
static long blocks;

void memory_lasts_for(unsigned allocations)
{
    limited = true;
    left = allocations;
}

void memory_is_plenty(void)
{
    limited = false;
}

long memory_blocks(void)
{
    return blocks;
}

static bool refused(void)
{
    if (limited && left == 0)
        return true;
    left -= limited;
    return false;
}

static void *counted(void *block)
{
    blocks += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return refused() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    void *larger = refused() ? NULL : __libc_realloc(block, size);

    blocks += larger != NULL && block == NULL;
    return larger;
}

void free(void *block)
{
    blocks -= block != NULL;
    __libc_free(block);
}
#endif
