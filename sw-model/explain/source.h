/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of an input: a regular file that is read piece by piece, or a buffer. */
#ifndef EXPLAIN_SOURCE_H
#define EXPLAIN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"

/** Inputs that must be held in memory (pipes, text) are refused beyond this size. */
#define SOURCE_HELD_MAX ((uint64_t)64 << 20)

/** Large regular files stay on disk: only what a walk reads is ever loaded. */
struct source {
    const char *name; /**< for messages; not owned */
    uint64_t size;
    int fd;         /**< the file, or -1 if `bytes` holds everything */
    uint8_t *bytes; /**< owned; followed by a NUL byte that is not counted in size */
};

/** Open a file; "-" is the standard input. */
bool source_open(struct source *source, const char *name, struct problem *problem);

/** Close the file, free the buffer. A zeroed source with fd -1 is allowed. */
void source_close(struct source *source);

/** Copy bytes from `offset`. @return false if they are not there (any more) */
bool source_read(const struct source *source, uint64_t offset, void *data, size_t size);

/** Bring everything into `bytes`; for text. Refuses more than SOURCE_HELD_MAX. */
bool source_hold(struct source *source, struct problem *problem);

/** Replace the contents by a buffer from malloc(), which the source then owns. */
void source_replace(struct source *source, uint8_t *bytes, uint64_t size);

#endif
