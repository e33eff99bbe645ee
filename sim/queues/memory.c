/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, twice: one copy for the design and one for the model. */
#include <string.h>

#include "bench.h"

struct memory memory;

bool memory_has(uint64_t address, size_t size)
{
    return address >= memory.base && address - memory.base <= AREA_END - size;
}

void memory_store(uint64_t address, const void *bytes, size_t size)
{
    memcpy(memory.design + (address - memory.base), bytes, size);
    memcpy(memory.model + (address - memory.base), bytes, size);
}

enum fault memory_fault(uint64_t address, size_t size, bool write)
{
    enum fault worst = FAULT_NONE;

    if (!memory_has(address, size))
        return FAULT_DECERR;
    for (uint64_t at = address & ~(uint64_t)(GRANULE - 1); at < address + size; at += GRANULE) {
        enum fault fault = memory.fault[(at - memory.base) / GRANULE];

        if (fault == FAULT_POISON ? !write && worst == FAULT_NONE : fault != FAULT_NONE)
            worst = fault;
    }
    return worst;
}

bool memory_agrees(uint64_t address, size_t size)
{
    size_t at = address - memory.base;

    if (memcmp(memory.design + at, memory.model + at, size) == 0)
        return true;
    while (memory.design[at] == memory.model[at])
        at++;
    fail("memory at 0x%llx is %02x, the model has %02x", (unsigned long long)(memory.base + at),
         memory.design[at], memory.model[at]);
    return false;
}
