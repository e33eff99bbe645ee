// SPDX-License-Identifier: Apache-2.0
//
// Directories and page tables, written into the memory behind the walk port before the run.
// Sv39, and Sv39 over Sv39x4. All A and D bits are set.

#include <string.h>

#include "bench.h"
#include "iommu_regs.h"

enum { LEVELS = 3, SV39 = 8, PD8 = 1, PC_BYTES = IOMMU_PC_BYTES };

#define LEAF                                                                                       \
    (IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_U_MASK |                   \
     IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK)

uint64_t *tables_word(const struct tables *tables, uint64_t address)
{
    return (uint64_t *)(void *)(tables->store + (address - STORE_BASE));
}

static uint64_t new_pages(struct tables *tables, uint32_t pages, enum page_use use)
{
    uint32_t first = (tables->next_page + pages - 1) / pages * pages;

    memset(tables->use + first, (int)use, pages);
    tables->next_page = first + pages;
    return STORE_BASE + (uint64_t)first * PAGE;
}

void tables_reset(struct tables *tables, unsigned context_bytes)
{
    uint8_t *memory = tables->store;

    memset(memory, 0, (size_t)tables->next_page * PAGE);
    memset(tables, 0, sizeof(*tables));
    tables->store = memory;
    tables->context_bytes = context_bytes;
    memset(tables->use, USE_QUEUE, QUEUE_PAGES);
    tables->next_page = QUEUE_PAGES;
    tables->ddt = new_pages(tables, 1, USE_TABLE);
}

static uint64_t entry_address(uint64_t table, unsigned level, uint64_t address, bool wide)
{
    uint64_t index = address >> (12 + 9 * level) & (wide && level == LEVELS - 1 ? 0x7ff : 0x1ff);

    return table + 8 * index;
}

static uint64_t pte_of(uint64_t address, uint64_t flags)
{
    return IOMMU_PREP(IOMMU_PTE_PPN, address >> 12) | flags;
}

static void map_second(struct tables *tables, uint64_t guest, uint64_t address);

/* A table of the first stage: where the guest sees it, and where it is. */
static uint64_t guest_of(const struct tables *tables, uint64_t address)
{
    return tables->nested ? GUEST_TABLES + (address - STORE_BASE) : address;
}

static uint64_t host_of(const struct tables *tables, uint64_t guest)
{
    return tables->nested ? STORE_BASE + (guest - GUEST_TABLES) : guest;
}

static void map(struct tables *tables, struct space *space, bool second, uint64_t from, uint64_t to,
                unsigned leaf_level, enum page_use leaf_use)
{
    uint64_t table;

    if (!space->in_use) {
        space->in_use = true;
        space->root = new_pages(tables, second ? 4 : 1, USE_TABLE);
        if (!second && tables->nested)
            map_second(tables, guest_of(tables, space->root), space->root);
    }
    table = space->root;
    for (unsigned level = LEVELS - 1; level > leaf_level; level--) {
        uint64_t *word = tables_word(tables, entry_address(table, level, from, second));

        if (*word == 0) {
            uint64_t next = new_pages(tables, 1, level == 1 ? leaf_use : USE_TABLE);

            if (!second && tables->nested)
                map_second(tables, guest_of(tables, next), next);
            *word = pte_of(second ? next : guest_of(tables, next), IOMMU_PTE_V_MASK);
        }
        table = IOMMU_GET(*word, IOMMU_PTE_PPN) << 12;
        table = second ? table : host_of(tables, table);
    }
    *tables_word(tables, entry_address(table, leaf_level, from, second)) = pte_of(to, LEAF);
}

static void map_second(struct tables *tables, uint64_t guest, uint64_t address)
{
    map(tables, &tables->second, true, guest, address, 0, USE_TABLE);
}

/* What a guest believes to be the address of its data. */
#define GUEST_DATA 0x800000000ull

void tables_map(struct tables *tables, unsigned number, uint64_t iova, uint64_t address, bool big,
                enum page_use leaf_use)
{
    uint64_t to = address;

    if (tables->nested) {
        to = GUEST_DATA + iova;
        map_second(tables, to, address);
    }
    map(tables, &tables->first[number], false, iova, to, big ? 1 : 0, leaf_use);
}

void tables_unmap(struct tables *tables, unsigned number, uint64_t iova)
{
    uint64_t table = tables->first[number].root;

    for (unsigned level = LEVELS - 1; level > 0; level--)
        table =
            IOMMU_GET(*tables_word(tables, entry_address(table, level, iova, false)), IOMMU_PTE_PPN)
            << 12;
    *tables_word(tables, entry_address(table, 0, iova, false)) = 0;
}

static uint64_t first_stage(const struct tables *tables, unsigned number)
{
    return IOMMU_PREP(IOMMU_IOSATP_MODE, SV39) |
           IOMMU_PREP(IOMMU_IOSATP_PPN, guest_of(tables, tables->first[number].root) >> 12);
}

void tables_contexts(struct tables *tables, unsigned devices, unsigned processes)
{
    if (processes > 0)
        tables->pdt = new_pages(tables, 1, USE_TABLE);
    for (unsigned i = 0; i < processes; i++) {
        uint64_t *pc = tables_word(tables, tables->pdt + (uint64_t)i * PC_BYTES);

        pc[0] = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, i + 1);
        pc[1] = first_stage(tables, i);
    }
    for (unsigned i = 0; i < devices; i++) {
        uint64_t *dc = tables_word(tables, tables->ddt + (uint64_t)i * tables->context_bytes);

        dc[0] = IOMMU_DC_TC_V_MASK | (processes > 0 ? IOMMU_DC_TC_PDTV_MASK : 0);
        if (tables->nested)
            dc[1] = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, SV39) |
                    IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 1) |
                    IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, tables->second.root >> 12);
        dc[2] = processes > 0 ? 0 : IOMMU_PREP(IOMMU_DC_TA_PSCID, i + 1);
        dc[3] = processes > 0 ? IOMMU_PREP(IOMMU_DC_FSC_MODE, PD8) |
                                    IOMMU_PREP(IOMMU_DC_FSC_PPN, tables->pdt >> 12)
                              : first_stage(tables, i);
    }
}
