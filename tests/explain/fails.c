/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library to be preloaded (LD_PRELOAD): it makes memory and files fail, as the environment
 * says.
 *
 *   FAIL_MEMORY=N   the Nth allocation and all later ones fail (1: the first)
 *   FAIL_READ=N     the Nth read of a file and all later ones fail with EIO
 *   FAIL_STAT=1     nothing is known about files
 *   INTERRUPT=1     every second read is interrupted first (EINTR), as by a signal
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64 /* as libraries know these functions */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* The C library's own names, behind those that are replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static long allocations, reads, calls;
static long memory_fails_at, reads_fail_at;
static bool stat_fails, interrupts;

static long number_of(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? atol(text) : 0;
}

/* What runs when the program has ended, such as the writing of coverage, is left alone. */
static void stop(void)
{
    memory_fails_at = reads_fail_at = 0;
}

static void __attribute__((constructor)) look_into_environment(void)
{
    memory_fails_at = number_of("FAIL_MEMORY");
    reads_fail_at = number_of("FAIL_READ");
    stat_fails = number_of("FAIL_STAT") != 0;
    interrupts = number_of("INTERRUPT") != 0;
}

/* Not earlier: what is registered last is done first. */
static void stop_at_exit(void)
{
    static bool registered;

    if (!registered)
        atexit(stop);
    registered = true;
}

static bool memory_fails(void)
{
    stop_at_exit();
    return memory_fails_at != 0 && ++allocations >= memory_fails_at;
}

void *malloc(size_t size)
{
    return memory_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return memory_fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return memory_fails() ? NULL : __libc_realloc(block, size);
}

static bool read_fails(void)
{
    if (interrupts && ++calls % 2 == 1) {
        errno = EINTR;
        return true;
    }
    if (reads_fail_at == 0 || ++reads < reads_fail_at)
        return false;
    errno = EIO;
    return true;
}

/* The function that comes next by that name. Pointers to functions and to objects have one size
 * here, which C does not promise. */
#define NEXT(name)                                                                                 \
    static __typeof__(&(name)) next;                                                               \
    *(void **)&next = dlsym(RTLD_NEXT, #name)

ssize_t read(int file, void *data, size_t size)
{
    NEXT(read);

    return read_fails() ? -1 : next(file, data, size);
}

ssize_t pread(int file, void *data, size_t size, off_t offset)
{
    NEXT(pread);

    return read_fails() ? -1 : next(file, data, size, offset);
}

int fstat(int file, struct stat *status)
{
    NEXT(fstat);

    if (stat_fails) {
        errno = EIO;
        return -1;
    }
    return next(file, status);
}
