/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read a pipe or a terminal, whose size nobody knows, until it ends. */
static bool hold_stream(struct source *source, struct problem *problem)
{
    uint8_t *bytes = NULL;
    size_t room = 0;
    size_t used = 0;

    for (;;) {
        if (used + 1 >= room) {
            room = room == 0 ? 65536 : room * 2;
            uint8_t *larger = realloc(bytes, room);
            if (larger == NULL) {
                free(bytes);
                return problem_set(problem, "%s: not enough memory", source->name);
            }
            bytes = larger;
        }
        ssize_t got = read(source->fd, bytes + used, room - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int error = errno;
            free(bytes);
            return problem_set(problem, "%s: cannot be read: %s", source->name, strerror(error));
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > SOURCE_HELD_MAX) {
            free(bytes);
            return problem_set(problem, "%s: more than %u MiB from a stream; use a regular file",
                               source->name, (unsigned)(SOURCE_HELD_MAX >> 20));
        }
    }
    bytes[used] = 0;
    source_replace(source, bytes, used);
    return true;
}

bool source_open(struct source *source, const char *name, struct problem *problem)
{
    struct stat status;
    bool standard_input = strcmp(name, "-") == 0;

    *source = (struct source){.name = standard_input ? "(standard input)" : name, .fd = -1};
    /* O_NONBLOCK: a named pipe without a writer must not hang the tool here. */
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    source->fd = standard_input ? dup(STDIN_FILENO) : open(name, flags);
    if (source->fd < 0)
        return problem_set(problem, "%s: cannot be opened: %s", source->name, strerror(errno));
    if (fstat(source->fd, &status) != 0) {
        problem_set(problem, "%s: cannot be read: %s", source->name, strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        problem_set(problem, "%s: is a directory", source->name);
    } else if (S_ISREG(status.st_mode) && status.st_size == 0) {
        problem_set(problem, "%s: is empty", source->name);
    } else if (S_ISREG(status.st_mode)) {
        source->size = (uint64_t)status.st_size;
        return true;
    } else {
        if (!standard_input) /* from here on, wait for a pipe's data */
            fcntl(source->fd, F_SETFL, fcntl(source->fd, F_GETFL) & ~O_NONBLOCK);
        if (hold_stream(source, problem)) {
            if (source->size != 0)
                return true;
            problem_set(problem, "%s: is empty", source->name);
        }
    }
    source_close(source);
    return false;
}

void source_close(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    free(source->bytes);
    source->fd = -1;
    source->bytes = NULL;
    source->size = 0;
}

bool source_read(const struct source *source, uint64_t offset, void *data, size_t size)
{
    uint8_t *to = data;

    if (offset > source->size || size > source->size - offset)
        return false;
    if (source->bytes != NULL) {
        memcpy(to, source->bytes + offset, size);
        return true;
    }
    while (size > 0) {
        ssize_t got = pread(source->fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

bool source_hold(struct source *source, struct problem *problem)
{
    if (source->bytes != NULL)
        return true;
    if (source->size > SOURCE_HELD_MAX)
        return problem_set(problem, "%s: text of more than %u MiB; use a raw image or ELF",
                           source->name, (unsigned)(SOURCE_HELD_MAX >> 20));
    uint8_t *bytes = malloc((size_t)source->size + 1);
    if (bytes == NULL)
        return problem_set(problem, "%s: not enough memory", source->name);
    if (!source_read(source, 0, bytes, (size_t)source->size)) {
        free(bytes);
        return problem_set(problem, "%s: cannot be read to its end", source->name);
    }
    bytes[source->size] = 0;
    source_replace(source, bytes, source->size);
    return true;
}

void source_replace(struct source *source, uint8_t *bytes, uint64_t size)
{
    source_close(source);
    source->bytes = bytes;
    source->size = size;
}
