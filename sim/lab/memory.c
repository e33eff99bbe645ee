/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory that the client let us map. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfu.h"

static bool overlap(const struct memory_range *range, uint64_t address, uint64_t size)
{
    return address < range->address + range->size && range->address < address + size;
}

/** A file shorter than the mapping would end us with SIGBUS at the first access. */
static int map_file(struct memory_range *range, uint64_t offset, int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode) || status.st_size < 0 || offset > (uint64_t)status.st_size ||
        range->size > (uint64_t)status.st_size - offset ||
        offset % (uint64_t)sysconf(_SC_PAGESIZE) != 0)
        return EINVAL;
    void *host = mmap(NULL, range->size, PROT_READ | (range->writable ? PROT_WRITE : 0),
                      MAP_SHARED | MAP_NORESERVE, fd, (off_t)offset);
    if (host == MAP_FAILED)
        return errno;
    range->host = host;
    return 0;
}

int memory_map(struct memory *memory, uint64_t address, uint64_t size, uint64_t offset,
               bool writable, int fd)
{
    struct memory_range range = {.address = address, .size = size, .writable = writable};

    if (size == 0 || address + size < address || offset + size < offset)
        return EINVAL;
    for (unsigned i = 0; i < memory->count; i++) {
        if (overlap(&memory->range[i], address, size))
            return EEXIST;
    }
    if (memory->count == MEMORY_RANGES)
        return ENOSPC;
    if (fd >= 0) {
        int error = map_file(&range, offset, fd);
        if (error != 0)
            return error;
    }
    memory->range[memory->count++] = range;
    return 0;
}

static void remove_range(struct memory *memory, unsigned i)
{
    if (memory->range[i].host != NULL)
        munmap(memory->range[i].host, memory->range[i].size);
    memory->range[i] = memory->range[--memory->count];
}

int memory_unmap(struct memory *memory, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < memory->count; i++) {
        if (memory->range[i].address == address && memory->range[i].size == size) {
            remove_range(memory, i);
            return 0;
        }
    }
    return ENOENT;
}

void memory_unmap_all(struct memory *memory)
{
    while (memory->count > 0)
        remove_range(memory, 0);
}

uint8_t *memory_at(const struct memory *memory, uint64_t address, uint64_t size, bool write)
{
    for (unsigned i = 0; i < memory->count; i++) {
        const struct memory_range *range = &memory->range[i];
        if (range->host != NULL && address >= range->address &&
            address - range->address < range->size &&
            size <= range->size - (address - range->address) && (range->writable || !write))
            return range->host + (address - range->address);
    }
    return NULL;
}

bool memory_write(const struct memory *memory, uint64_t address, const void *data, uint64_t size)
{
    uint8_t *host = memory_at(memory, address, size, true);
    const uint8_t *from = data;

    if (host == NULL)
        return false;
    if (size == 4 && ((uintptr_t)host & 3) == 0) {
        uint32_t word;
        memcpy(&word, from, 4);
        __atomic_store_n((uint32_t *)(void *)host, word, __ATOMIC_RELEASE);
        return true;
    }
    for (; size > 0 && ((uintptr_t)host & 7) != 0; size--)
        *host++ = *from++;
    for (; size >= 8; size -= 8, host += 8, from += 8) {
        uint64_t word;
        memcpy(&word, from, 8);
        __atomic_store_n((uint64_t *)(void *)host, word, __ATOMIC_RELEASE);
    }
    for (; size > 0; size--)
        *host++ = *from++;
    return true;
}

bool memory_read(const struct memory *memory, uint64_t address, void *data, uint64_t size)
{
    const uint8_t *host = memory_at(memory, address, size, false);
    uint8_t *to = data;

    if (host == NULL)
        return false;
    for (; size > 0 && ((uintptr_t)host & 7) != 0; size--)
        *to++ = *host++;
    for (; size >= 8; size -= 8, host += 8, to += 8) {
        uint64_t word = __atomic_load_n((const uint64_t *)(const void *)host, __ATOMIC_ACQUIRE);
        memcpy(to, &word, 8);
    }
    for (; size > 0; size--)
        *to++ = *host++;
    return true;
}
