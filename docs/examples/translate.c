/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden model in one page: an IOMMU, one device with an Sv39 page table of its own, a
 * page that is mapped and one that is not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "iommu.h"

#define MEMORY_BYTES 0x100000u
#define DDT 0x1000u  /* page of device contexts */
#define ROOT 0x2000u /* page tables, one page a level */
#define MIDDLE 0x3000u
#define LEAVES 0x4000u
#define FAULTS 0x5000u /* fault queue: one page, 128 records */
#define BUFFER 0x9000u /* what the device may reach */

static uint64_t *memory;

static void store(uint64_t address, uint64_t value)
{
    memory[address / 8] = value;
}

static uint64_t ppn(uint64_t address)
{
    return address >> 12;
}

static void build_tables(void)
{
    uint64_t device = DDT + 1 * IOMMU_DC_EXT_BYTES; /* device_id 1 */

    store(device + IOMMU_DC_TC_OFFSET, IOMMU_DC_TC_V_MASK);
    store(device + IOMMU_DC_FSC_OFFSET, IOMMU_PREP(IOMMU_DC_FSC_MODE, IOMMU_IOSATP_MODE_SV39) |
                                            IOMMU_PREP(IOMMU_DC_FSC_PPN, ppn(ROOT)));
    store(ROOT, IOMMU_PREP(IOMMU_PTE_PPN, ppn(MIDDLE)) | IOMMU_PTE_V_MASK);
    store(MIDDLE, IOMMU_PREP(IOMMU_PTE_PPN, ppn(LEAVES)) | IOMMU_PTE_V_MASK);
    store(LEAVES + 5 * 8, IOMMU_PREP(IOMMU_PTE_PPN, ppn(BUFFER)) | IOMMU_PTE_V_MASK |
                              IOMMU_PTE_R_MASK | IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK);
}

static void enable(struct iommu *iommu)
{
    iommu_mmio_write(iommu, IOMMU_REG_FQB, 8,
                     IOMMU_PREP(IOMMU_FQB_PPN, ppn(FAULTS)) | IOMMU_PREP(IOMMU_FQB_LOG2SZ_1, 6));
    iommu_mmio_write(iommu, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK);
    iommu_mmio_write(iommu, IOMMU_REG_DDTP, 8,
                     IOMMU_PREP(IOMMU_DDTP_PPN, ppn(DDT)) |
                         IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, IOMMU_DDTP_MODE_1LVL));
}

static void try_access(struct iommu *iommu, uint64_t iova, enum iommu_access_kind access)
{
    struct iommu_request request = {.device_id = 1, .iova = iova, .access = (uint8_t)access};
    struct iommu_response response = iommu_translate(iommu, &request);

    printf("%s 0x%" PRIx64 ": ", access == IOMMU_WRITE ? "write" : "read ", iova);
    if (response.status == IOMMU_SUCCESS)
        printf("goes to 0x%" PRIx64 "\n", response.address);
    else
        printf("fault %u (%s): %s\n", response.cause, iommu_cause_text(response.cause),
               iommu_rule_text((enum iommu_rule)response.rule));
}

int main(void)
{
    struct iommu_config config;
    struct iommu_bus bus = {.flat_size = MEMORY_BYTES};
    struct iommu *iommu;
    char error[128];
    uint64_t records, cause;

    memory = calloc(1, MEMORY_BYTES);
    if (memory == NULL || !iommu_config_named("base", &config))
        return 1;
    bus.flat_memory = (uint8_t *)memory;
    iommu = iommu_create(&config, &bus, error, sizeof(error));
    if (iommu == NULL) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    build_tables();
    enable(iommu);
    try_access(iommu, 0x5008, IOMMU_READ);
    try_access(iommu, 0x5008, IOMMU_WRITE);
    try_access(iommu, 0x6000, IOMMU_READ);
    iommu_mmio_read(iommu, IOMMU_REG_FQT, 4, &records);
    cause = IOMMU_GET(memory[FAULTS / 8], IOMMU_FQ_CAUSE);
    printf("%" PRIu64 " records in the fault queue, the first with cause %" PRIu64 "\n", records,
           cause);
    iommu_destroy(iommu);
    free(memory);
    return 0;
}
