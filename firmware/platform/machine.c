/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

#define TICKS 1000000000u /* of mcycle: a second at 1 GHz, under QEMU in any case */

static uint32_t read32(void *context, uint32_t offset)
{
    return mmio_read32((uintptr_t)context + offset);
}

static void write32(void *context, uint32_t offset, uint32_t value)
{
    mmio_write32((uintptr_t)context + offset, value);
}

static uint64_t read64(void *context, uint32_t offset)
{
    return mmio_read64((uintptr_t)context + offset);
}

static void write64(void *context, uint32_t offset, uint64_t value)
{
    mmio_write64((uintptr_t)context + offset, value);
}

uint64_t machine_cycles(void)
{
    return csr_read(mcycle);
}

static uint64_t now(void *context)
{
    (void)context;
    return machine_cycles();
}

static uint32_t load32(void *context, uint64_t address)
{
    (void)context;
    return mmio_read32(address);
}

static void store32(void *context, uint64_t address, uint32_t value)
{
    (void)context;
    mmio_write32(address, value);
}

static uint64_t load64(void *context, uint64_t address)
{
    (void)context;
    return mmio_read64(address);
}

static void store64(void *context, uint64_t address, uint64_t value)
{
    (void)context;
    mmio_write64(address, value);
}

static void fence(void *context)
{
    (void)context;
    __asm__ volatile("fence iorw, iorw" : : : "memory");
}

struct rvi_bus machine_bus(uint64_t base)
{
    struct rvi_bus bus = {(void *)(uintptr_t)base, read32, write32, read64, write64, now, TICKS};

    return bus;
}

struct rvi_memory machine_memory(void)
{
    struct rvi_memory memory = {NULL, load32, store32, load64, store64, fence};

    return memory;
}

/* The compiler may call these on its own. */
void *memset(void *to, int value, size_t count);
void *memcpy(void *to, const void *from, size_t count);

void *memset(void *to, int value, size_t count)
{
    unsigned char *at = to;

    while (count-- > 0)
        *at++ = (unsigned char)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t count)
{
    unsigned char *at = to;
    const unsigned char *source = from;

    while (count-- > 0)
        *at++ = *source++;
    return to;
}
