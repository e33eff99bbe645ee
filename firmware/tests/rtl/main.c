/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library and the selftest, compiled for the host, on the simulated RTL: the selftest's
 * machine (board, edu device, interrupt file, hart) is played by sim.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"
#include "sim.h"

#define TICKS 50000u /* cycles that a wait may last */
#define DEVICE 0x1234u

void print(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    fflush(stdout);
}

/* --- memory, as the hart sees it --- */

uint32_t mmio_read32(uint64_t address)
{
    uint32_t value;

    memcpy(&value, sim_ram(address, 4), 4);
    return value;
}

uint64_t mmio_read64(uint64_t address)
{
    uint64_t value;

    memcpy(&value, sim_ram(address, 8), 8);
    return value;
}

void mmio_write32(uint64_t address, uint32_t value)
{
    memcpy(sim_ram(address, 4), &value, 4);
}

void mmio_write64(uint64_t address, uint64_t value)
{
    memcpy(sim_ram(address, 8), &value, 8);
}

static uint32_t load32(void *context, uint64_t address)
{
    (void)context;
    return mmio_read32(address);
}

static uint64_t load64(void *context, uint64_t address)
{
    (void)context;
    return mmio_read64(address);
}

static void store32(void *context, uint64_t address, uint32_t value)
{
    (void)context;
    mmio_write32(address, value);
}

static void store64(void *context, uint64_t address, uint64_t value)
{
    (void)context;
    mmio_write64(address, value);
}

static void fence(void *context)
{
    (void)context;
    sim_run(1);
}

/* --- the bus --- */

static uint32_t read32(void *context, uint32_t offset)
{
    (void)context;
    return (uint32_t)sim_read(offset, 4);
}

static uint64_t read64(void *context, uint32_t offset)
{
    (void)context;
    return sim_read(offset, 8);
}

static void write32(void *context, uint32_t offset, uint32_t value)
{
    (void)context;
    sim_write(offset, 4, value);
}

static void write64(void *context, uint32_t offset, uint64_t value)
{
    (void)context;
    sim_write(offset, 8, value);
}

static uint64_t now(void *context)
{
    (void)context;
    return sim_cycles();
}

uint64_t machine_cycles(void)
{
    sim_run(1);
    return sim_cycles();
}

/* --- the device --- */

static uint8_t buffer[4096];
static uint64_t msi_address;
static uint16_t msi_data;

bool edu_to_memory(struct edu *edu, uint64_t iova, uint32_t size)
{
    sim_device_write(edu->device_id, iova, buffer, size);
    return true;
}

bool edu_from_memory(struct edu *edu, uint64_t iova, uint32_t size)
{
    sim_device_read(edu->device_id, iova, buffer, size);
    return true;
}

bool edu_set_msi(struct edu *edu, uint64_t address, uint16_t data)
{
    (void)edu;
    msi_address = address;
    msi_data = data;
    return true;
}

void edu_send_msi(struct edu *edu)
{
    uint8_t bytes[4] = {(uint8_t)msi_data, (uint8_t)(msi_data >> 8), 0, 0};

    sim_device_write(edu->device_id, msi_address, bytes, 4);
}

/* There is none here: its test is skipped. */
bool testdev_write(struct testdev *testdev, uint64_t iova, uint64_t address)
{
    (void)testdev, (void)iova, (void)address;
    abort();
}

/* --- interrupts --- */

static uint64_t enabled;

void imsic_enable(uint32_t identity)
{
    imsic_take(identity);
    enabled |= 1ull << identity;
}

bool imsic_take(uint32_t identity)
{
    bool taken;

    sim_run(100);
    taken = (sim_pending >> identity & 1) != 0;
    sim_pending &= ~(1ull << identity);
    return taken;
}

bool external_pending(void)
{
    sim_run(100);
    return (sim_pending & enabled) != 0;
}

void plic_enable(uint64_t plic, uint32_t source)
{
    (void)plic, (void)source;
}

uint32_t plic_take(uint64_t plic)
{
    (void)plic;
    return 0;
}

int main(void)
{
    static struct bench bench;
    const struct rvi_bus bus = {NULL, read32, write32, read64, write64, now, TICKS};
    const struct rvi_memory memory = {NULL, load32, store32, load64, store64, fence};
    uint32_t counts[3] = {0, 0, 0};

    sim_open();
    bench.memory = memory;
    bench.region.next = RAM_BASE;
    bench.region.end = (uint64_t)RAM_BASE + RAM_BYTES;
    bench.pages = rvi_pages_from(&bench.region);
    bench.afresh = bench.region;
    bench.edu.base = 1; /* it is there */
    bench.edu.device_id = DEVICE;
    bench.edu.wide = true; /* tb_bench.sv ties AxSIZE */
    bench.imsic = FILE_BASE;
    if (rvi_open(&bench.iommu, &bus, &memory) != RVI_OK) {
        printf("no IOMMU\n0 passed, 1 failed\n");
        return 1;
    }
    printf("selftest: capabilities %llx\n", (unsigned long long)bench.iommu.capabilities);
    bench_run(&bench, counts);
    printf("%llu cycles, %u errors of the simulation\n", (unsigned long long)sim_cycles(),
           sim_errors);
    sim_close();
    return counts[FAILED] != 0 || counts[PASSED] == 0 || sim_errors != 0;
}
