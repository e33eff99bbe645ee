/* SPDX-License-Identifier: Apache-2.0 */
/* MSI page tables (AIA, "MSI page tables"). */
#include "rvi_tables.h"

#define LARGEST 0x10000u /* interrupt files: more than any machine has harts and guests */

/* Gather the bits of `value` that `mask` selects, lowest first. */
static uint64_t extract(uint64_t value, uint64_t mask)
{
    uint64_t result = 0;
    uint32_t to = 0;

    for (uint32_t from = 0; from < 52; from++) {
        if ((mask >> from & 1) != 0)
            result |= (value >> from & 1) << to++;
    }
    return result;
}

enum rvi_status rvi_msi_make(struct rvi_msi_table *table, const struct rvi_memory *memory,
                             const struct rvi_pages *pages, uint64_t mask, uint64_t pattern)
{
    uint64_t entries, bytes;

    if (mask >> 52 != 0 || pattern >> 52 != 0)
        return RVI_INVALID;
    entries = extract(mask, mask) + 1;
    if (entries > LARGEST)
        return RVI_INVALID;
    bytes = entries * IOMMU_MSIPTE_BYTES;
    table->memory = *memory;
    table->mask = mask;
    table->pattern = pattern;
    table->entries = (uint32_t)entries;
    return rvi_take(memory, pages, bytes < RVI_PAGE ? RVI_PAGE : bytes, &table->root);
}

enum rvi_status rvi_msi_index(const struct rvi_msi_table *table, uint64_t gpa, uint32_t *index)
{
    uint64_t page = gpa / RVI_PAGE;

    if (((page ^ table->pattern) & ~table->mask) != 0)
        return RVI_NOT_FOUND;
    *index = (uint32_t)extract(page, table->mask);
    return RVI_OK;
}

static void set(const struct rvi_msi_table *table, uint32_t index, uint64_t first, uint64_t second)
{
    const struct rvi_memory *memory = &table->memory;
    uint64_t at = table->root + (uint64_t)index * IOMMU_MSIPTE_BYTES;

    memory->store64(memory->context, at + IOMMU_MSIPTE_DW1_OFFSET, second);
    memory->fence(memory->context);
    memory->store64(memory->context, at + IOMMU_MSIPTE_DW0_OFFSET, first);
    memory->fence(memory->context);
}

enum rvi_status rvi_msi_set(const struct rvi_msi_table *table, uint32_t index, uint64_t page)
{
    if (index >= table->entries || page % RVI_PAGE != 0 || page >> RVI_ADDRESS_BITS != 0)
        return RVI_INVALID;
    set(table, index,
        IOMMU_MSIPTE_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_BASIC) |
            IOMMU_PREP(IOMMU_MSIPTE_PPN, page / RVI_PAGE),
        0);
    return RVI_OK;
}

enum rvi_status rvi_msi_set_mrif(const struct rvi_msi_table *table, uint32_t index, uint64_t mrif,
                                 uint64_t notice, uint16_t notice_id)
{
    if (index >= table->entries || mrif % IOMMU_MRIF_BYTES != 0 || notice % RVI_PAGE != 0 ||
        notice_id >> 11 != 0 || (mrif | notice) >> RVI_ADDRESS_BITS != 0)
        return RVI_INVALID;
    set(table, index,
        IOMMU_MSIPTE_MRIF_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_MRIF_M, IOMMU_MSIPTE_M_MRIF) |
            IOMMU_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS, mrif / IOMMU_MRIF_BYTES),
        IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_9_0, notice_id & 0x3ff) |
            IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_10, notice_id >> 10) |
            IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, notice / RVI_PAGE));
    return RVI_OK;
}

void rvi_msi_clear(const struct rvi_msi_table *table, uint32_t index)
{
    const struct rvi_memory *memory = &table->memory;

    if (index >= table->entries)
        return;
    memory->store64(memory->context, table->root + (uint64_t)index * IOMMU_MSIPTE_BYTES, 0);
    memory->fence(memory->context);
}

void rvi_msi_attach(const struct rvi_msi_table *table, struct rvi_dc *dc)
{
    dc->msiptp = IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, IOMMU_MSIPTP_MODE_FLAT) |
                 IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, table->root / RVI_PAGE);
    dc->msi_addr_mask = table->mask;
    dc->msi_addr_pattern = table->pattern;
}
