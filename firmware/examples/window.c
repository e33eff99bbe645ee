/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware library in one page, on the golden model: start an IOMMU with every device
 * blocked, give one device a window, take it away again, read the fault log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iommu.h"
#include "rvi_tables.h"

#define MEMORY 0x100000u
#define DEVICE 0x10u /* PCI function 00:02.0 */
#define BUFFER 0x80000u

static uint8_t *memory;
static uint64_t ticks;

/* --- 1. access: here the model's; on hardware volatile loads and stores --- */

static uint32_t read32(void *iommu, uint32_t offset)
{
    uint64_t value = 0;

    iommu_mmio_read(iommu, offset, 4, &value);
    return (uint32_t)value;
}

static uint64_t read64(void *iommu, uint32_t offset)
{
    uint64_t value = 0;

    iommu_mmio_read(iommu, offset, 8, &value);
    return value;
}

static void write32(void *iommu, uint32_t offset, uint32_t value)
{
    iommu_mmio_write(iommu, offset, 4, value);
}

static void write64(void *iommu, uint32_t offset, uint64_t value)
{
    iommu_mmio_write(iommu, offset, 8, value);
}

static uint64_t now(void *iommu)
{
    (void)iommu;
    return ticks++;
}

static uint32_t load32(void *context, uint64_t address)
{
    uint32_t value;

    (void)context;
    memcpy(&value, memory + address, 4);
    return value;
}

static uint64_t load64(void *context, uint64_t address)
{
    uint64_t value;

    (void)context;
    memcpy(&value, memory + address, 8);
    return value;
}

static void store32(void *context, uint64_t address, uint32_t value)
{
    (void)context;
    memcpy(memory + address, &value, 4);
}

static void store64(void *context, uint64_t address, uint64_t value)
{
    (void)context;
    memcpy(memory + address, &value, 8);
}

static void fence(void *context)
{
    (void)context;
}

/* --- the device --- */

static void device_writes(struct iommu *iommu, uint64_t iova)
{
    struct iommu_request request = {.device_id = DEVICE, .iova = iova, .access = IOMMU_WRITE};
    struct iommu_response response = iommu_translate(iommu, &request);

    if (response.status == IOMMU_SUCCESS)
        printf("device writes %#llx: goes to %#llx\n", (unsigned long long)iova,
               (unsigned long long)response.address);
    else
        printf("device writes %#llx: blocked\n", (unsigned long long)iova);
}

static void show_faults(struct rvi *iommu)
{
    struct rvi_fault fault;

    while (rvi_drain_faults(iommu, &fault, 1).records == 1)
        printf("  fault log: device %#x, %s of %#llx: %s\n", fault.device_id,
               rvi_ttyp_text(fault.ttyp), (unsigned long long)fault.iotval,
               rvi_cause_text(fault.cause));
}

/* --- 2. to 5. --- */

static enum rvi_status start(struct rvi *iommu, struct iommu *model, struct rvi_pages *pages)
{
    const struct rvi_bus bus = {model, read32, write32, read64, write64, now, 1000};
    const struct rvi_memory access = {NULL, load32, store32, load64, store64, fence};
    struct rvi_setup setup = {.device_id_bits = 24, .commands = {0, 8}, .faults = {0, 7}};
    enum rvi_status status = rvi_open(iommu, &bus, &access);

    if (status == RVI_OK)
        status = rvi_take(&access, pages, 4096, &setup.commands.address);
    if (status == RVI_OK)
        status = rvi_take(&access, pages, 4096, &setup.faults.address);
    if (status == RVI_OK)
        status = rvi_take(&access, pages, 4096, &setup.fence_word);
    if (status == RVI_OK)
        status = rvi_take(&access, pages, 4096, &setup.root);
    return status == RVI_OK ? rvi_init(iommu, &setup) : status;
}

static enum rvi_status open_window(struct rvi *iommu, struct rvi_ddt *ddt, struct rvi_table *table)
{
    struct rvi_dc context = {.tc = IOMMU_DC_TC_V_MASK, .ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, 1)};
    enum rvi_status status = rvi_table_make(table, &ddt->memory, &ddt->pages, RVI_SV39);

    if (status == RVI_OK)
        status = rvi_map(table, 0x4000, BUFFER, 0x2000, RVI_READ | RVI_WRITE | RVI_USER, NULL);
    context.fsc = rvi_table_pointer(table);
    return status == RVI_OK ? rvi_attach(iommu, ddt, DEVICE, &context) : status;
}

static enum rvi_status run(struct iommu *model)
{
    const struct rvi_scope scope = {.process = true, .pscid = 1};
    struct rvi_region region = {0x1000, BUFFER};
    struct rvi_pages pages = rvi_pages_from(&region);
    struct rvi_table table;
    struct rvi iommu;
    struct rvi_ddt ddt;
    enum rvi_status status = start(&iommu, model, &pages);

    if (status != RVI_OK)
        return status;
    device_writes(model, 0x4010);
    show_faults(&iommu);

    ddt = rvi_ddt_of(&iommu, pages);
    status = open_window(&iommu, &ddt, &table);
    device_writes(model, 0x4010);
    device_writes(model, 0x6010);
    show_faults(&iommu);

    if (status == RVI_OK)
        status = rvi_unmap(&iommu, &table, &scope, 0x4000, 0x1000);
    device_writes(model, 0x4010);
    device_writes(model, 0x5010);
    show_faults(&iommu);
    return status == RVI_OK ? rvi_hand_over(&iommu, false) : status;
}

int main(void)
{
    struct iommu_bus bus = {.flat_size = MEMORY};
    struct iommu_config config;
    struct iommu *model;
    enum rvi_status status;

    memory = calloc(1, MEMORY);
    bus.flat_memory = memory;
    iommu_config_named("base", &config);
    model = iommu_create(&config, &bus, NULL, 0);
    if (model == NULL)
        return 1;
    status = run(model);
    printf("done: %s\n", rvi_status_text(status));
    iommu_destroy(model);
    free(memory);
    return status != RVI_OK;
}
