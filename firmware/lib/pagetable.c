/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables of every format that an IOMMU can have. */
#include "rvi_tables.h"

/* What tells the formats apart. The x4 formats have a root of four pages, for two more bits. */
struct shape {
    uint64_t capability;
    uint8_t mode, levels, index_bits, entry_bytes;
    bool guest;
};

static const struct shape shapes[RVI_FORMATS] = {
    [RVI_SV32] = {IOMMU_CAPABILITIES_SV32_MASK, IOMMU_IOSATP_MODE_SXL1_SV32, 2, 10, 4, false},
    [RVI_SV39] = {IOMMU_CAPABILITIES_SV39_MASK, IOMMU_IOSATP_MODE_SV39, 3, 9, 8, false},
    [RVI_SV48] = {IOMMU_CAPABILITIES_SV48_MASK, IOMMU_IOSATP_MODE_SV48, 4, 9, 8, false},
    [RVI_SV57] = {IOMMU_CAPABILITIES_SV57_MASK, IOMMU_IOSATP_MODE_SV57, 5, 9, 8, false},
    [RVI_SV32X4] = {IOMMU_CAPABILITIES_SV32X4_MASK, IOMMU_IOHGATP_MODE_GXL1_SV32X4, 2, 10, 4, true},
    [RVI_SV39X4] = {IOMMU_CAPABILITIES_SV39X4_MASK, IOMMU_IOHGATP_MODE_SV39X4, 3, 9, 8, true},
    [RVI_SV48X4] = {IOMMU_CAPABILITIES_SV48X4_MASK, IOMMU_IOHGATP_MODE_SV48X4, 4, 9, 8, true},
    [RVI_SV57X4] = {IOMMU_CAPABILITIES_SV57X4_MASK, IOMMU_IOHGATP_MODE_SV57X4, 5, 9, 8, true},
};

#define PERMISSIONS (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)
#define GRANTS (PERMISSIONS | IOMMU_PTE_U_MASK | IOMMU_PTE_G_MASK | IOMMU_PTE_PBMT_MASK)

bool rvi_format_supported(uint64_t capabilities, enum rvi_format format)
{
    return format < RVI_FORMATS && (capabilities & shapes[format].capability) != 0;
}

uint8_t rvi_format_mode(enum rvi_format format)
{
    return format < RVI_FORMATS ? shapes[format].mode : 0;
}

bool rvi_format_guest(enum rvi_format format)
{
    return format < RVI_FORMATS && shapes[format].guest;
}

uint8_t rvi_format_bits(enum rvi_format format)
{
    const struct shape *shape;

    if (format >= RVI_FORMATS)
        return 0;
    shape = &shapes[format];
    return (uint8_t)(12 + shape->levels * shape->index_bits + (shape->guest ? 2 : 0));
}

static uint64_t load(const struct rvi_table *table, uint64_t at)
{
    const struct rvi_memory *memory = &table->memory;

    return shapes[table->format].entry_bytes == 4 ? memory->load32(memory->context, at)
                                                  : memory->load64(memory->context, at);
}

static void store(const struct rvi_table *table, uint64_t at, uint64_t entry)
{
    const struct rvi_memory *memory = &table->memory;

    if (shapes[table->format].entry_bytes == 4)
        memory->store32(memory->context, at, (uint32_t)entry);
    else
        memory->store64(memory->context, at, entry);
}

/* PPNs start at bit 10 in entries of either size. */
static uint64_t entry_address(const struct rvi_table *table, uint64_t entry)
{
    if (shapes[table->format].entry_bytes == 4)
        return (uint64_t)IOMMU_GET((uint32_t)entry, IOMMU_PTE32_PPN) * RVI_PAGE;
    return IOMMU_GET(entry, IOMMU_PTE_PPN) * RVI_PAGE;
}

static uint8_t level_log2(const struct rvi_table *table, uint32_t level)
{
    return (uint8_t)(12 + level * shapes[table->format].index_bits);
}

static uint64_t entry_at(const struct rvi_table *table, uint64_t page, uint64_t iova,
                         uint32_t level)
{
    const struct shape *shape = &shapes[table->format];
    uint32_t bits = shape->index_bits;
    uint64_t index;

    if (shape->guest && level + 1u == shape->levels)
        bits += 2;
    index = iova >> level_log2(table, level) & ((1ull << bits) - 1);
    return page + index * shape->entry_bytes;
}

/* First-stage addresses are sign-extended (Sv39 and up), guest ones zero-extended. */
static bool in_range(const struct rvi_table *table, uint64_t iova, uint64_t size)
{
    uint8_t bits = rvi_format_bits(table->format);
    uint64_t last = iova + (size - 1);
    uint64_t top;

    if (size == 0 || last < iova)
        return false;
    if (shapes[table->format].guest || table->format == RVI_SV32)
        return last >> bits == 0;
    top = iova >> (bits - 1);
    return top == last >> (bits - 1) && (top == 0 || top == (1ull << (65 - bits)) - 1);
}

static bool aligned(uint64_t iova, uint64_t address, uint64_t size)
{
    return (iova | address | size) % RVI_PAGE == 0;
}

enum rvi_status rvi_table_make(struct rvi_table *table, const struct rvi_memory *memory,
                               const struct rvi_pages *pages, enum rvi_format format)
{
    if (format >= RVI_FORMATS)
        return RVI_INVALID;
    table->memory = *memory;
    table->pages = *pages;
    table->format = format;
    table->largest = 64;
    return rvi_take(memory, pages, shapes[format].guest ? 4 * RVI_PAGE : RVI_PAGE, &table->root);
}

uint64_t rvi_table_pointer(const struct rvi_table *table)
{
    /* MODE and PPN are at the same places in iosatp and iohgatp. */
    return IOMMU_PREP(IOMMU_IOSATP_MODE, shapes[table->format].mode) |
           IOMMU_PREP(IOMMU_IOSATP_PPN, table->root / RVI_PAGE);
}

static uint64_t leaf_entry(const struct rvi_table *table, uint64_t address, uint64_t grant)
{
    uint64_t entry = (grant & GRANTS) | IOMMU_PTE_V_MASK;

    if (shapes[table->format].guest)
        entry |= IOMMU_PTE_U_MASK; /* "all memory accesses are considered user-level" */
    if ((grant & RVI_UNTOUCHED) == 0)
        entry |= IOMMU_PTE_A_MASK | ((grant & RVI_WRITE) != 0 ? IOMMU_PTE_D_MASK : 0);
    return entry | IOMMU_PREP(IOMMU_PTE_PPN, address / RVI_PAGE);
}

static bool is_leaf(uint64_t entry)
{
    return (entry & PERMISSIONS) != 0;
}

/* The level of the largest page that fits here. */
static uint32_t fitting_level(const struct rvi_table *table, uint64_t iova, uint64_t address,
                              uint64_t size)
{
    uint32_t level = shapes[table->format].levels - 1u;

    while (level > 0) {
        uint8_t log2 = level_log2(table, level);
        uint64_t bytes = 1ull << log2;

        if (log2 <= table->largest && size >= bytes && ((iova | address) & (bytes - 1)) == 0)
            break;
        level--;
    }
    return level;
}

/* Place one leaf at `level`, making the tables above it. */
static enum rvi_status map_one(const struct rvi_table *table, uint64_t iova, uint32_t level,
                               uint64_t leaf)
{
    uint64_t page = table->root, at, entry;
    enum rvi_status status;

    for (uint32_t now = shapes[table->format].levels - 1u;; now--) {
        at = entry_at(table, page, iova, now);
        entry = load(table, at);
        if (now == level)
            break;
        if ((entry & IOMMU_PTE_V_MASK) == 0) {
            status = rvi_take(&table->memory, &table->pages, RVI_PAGE, &page);
            if (status != RVI_OK)
                return status;
            table->memory.fence(table->memory.context);
            store(table, at, IOMMU_PREP(IOMMU_PTE_PPN, page / RVI_PAGE) | IOMMU_PTE_V_MASK);
        } else if (is_leaf(entry)) {
            return RVI_EXISTS;
        } else {
            page = entry_address(table, entry);
        }
    }
    if ((entry & IOMMU_PTE_V_MASK) != 0)
        return RVI_EXISTS; /* a page, or a table under which there may be pages */
    store(table, at, leaf);
    return RVI_OK;
}

static bool grant_legal(const struct rvi_table *table, uint64_t grant)
{
    uint64_t allowed = GRANTS | RVI_UNTOUCHED;

    if (shapes[table->format].entry_bytes == 4)
        allowed &= ~IOMMU_PTE_PBMT_MASK;
    /* Write without read is a reserved encoding. */
    return (grant & ~allowed) == 0 && (grant & PERMISSIONS) != 0 &&
           ((grant & RVI_WRITE) == 0 || (grant & RVI_READ) != 0);
}

enum rvi_status rvi_map(const struct rvi_table *table, uint64_t iova, uint64_t address,
                        uint64_t size, uint64_t grant, uint64_t *done)
{
    uint64_t address_bits = shapes[table->format].entry_bytes == 4 ? 34 : 56;
    enum rvi_status status = RVI_OK;
    uint64_t mapped = 0, bytes;
    uint32_t level;

    if (done != NULL)
        *done = 0;
    if (!aligned(iova, address, size) || !in_range(table, iova, size) ||
        !grant_legal(table, grant) || address + (size - 1) < address ||
        (address + (size - 1)) >> address_bits != 0)
        return RVI_INVALID;
    while (mapped < size && status == RVI_OK) {
        level = fitting_level(table, iova + mapped, address + mapped, size - mapped);
        do {
            status =
                map_one(table, iova + mapped, level, leaf_entry(table, address + mapped, grant));
            /* Where a table stands already, its smaller pages may still be free. */
        } while (status == RVI_EXISTS && level-- > 0);
        if (status == RVI_OK) {
            bytes = 1ull << level_log2(table, level);
            mapped += bytes;
        }
    }
    table->memory.fence(table->memory.context);
    if (done != NULL)
        *done = mapped;
    return status;
}

enum rvi_status rvi_lookup(const struct rvi_table *table, uint64_t iova, struct rvi_leaf *leaf)
{
    uint64_t page = table->root, offset;

    if (!in_range(table, iova, 1))
        return RVI_INVALID;
    for (uint32_t level = shapes[table->format].levels; level-- > 0;) {
        leaf->where = entry_at(table, page, iova, level);
        leaf->entry = load(table, leaf->where);
        leaf->log2 = level_log2(table, level);
        if ((leaf->entry & IOMMU_PTE_V_MASK) == 0)
            return RVI_NOT_FOUND;
        page = entry_address(table, leaf->entry);
        if (is_leaf(leaf->entry)) {
            offset = iova & ((1ull << leaf->log2) - 1);
            if ((page & ((1ull << leaf->log2) - 1)) != 0)
                return RVI_CORRUPT; /* a superpage that is not aligned to its size */
            leaf->address = page | offset;
            return RVI_OK;
        }
    }
    return RVI_CORRUPT; /* a non-leaf entry at the last level */
}

/* Large pages that the range cuts stay, so that they are looked for before anything changes. */
static enum rvi_status check_cuts(const struct rvi_table *table, uint64_t iova, uint64_t size)
{
    uint64_t edges[2] = {iova, iova + (size - 1)};
    struct rvi_leaf leaf;

    for (int i = 0; i < 2; i++) {
        uint64_t start, last;

        if (rvi_lookup(table, edges[i], &leaf) != RVI_OK)
            continue;
        start = edges[i] & ~((1ull << leaf.log2) - 1);
        last = start + ((1ull << leaf.log2) - 1);
        if (start < iova || last > iova + (size - 1))
            return RVI_INVALID;
    }
    return RVI_OK;
}

enum rvi_status rvi_clear_what(const struct rvi_table *table, uint64_t iova, uint64_t size,
                               uint64_t *cleared)
{
    struct rvi_leaf leaf;
    uint64_t step;

    *cleared = 0;
    if (!aligned(iova, 0, size) || !in_range(table, iova, size))
        return RVI_INVALID;
    if (check_cuts(table, iova, size) != RVI_OK)
        return RVI_INVALID;
    for (uint64_t done = 0; done < size; done += step) {
        uint64_t at = iova + done;
        enum rvi_status status = rvi_lookup(table, at, &leaf);

        /* To the end of the page, or of what the empty entry spans. */
        step = (1ull << leaf.log2) - (at & ((1ull << leaf.log2) - 1));
        if (status == RVI_OK) {
            store(table, leaf.where, 0);
            *cleared |= leaf.entry;
        } else if (status != RVI_NOT_FOUND) {
            table->memory.fence(table->memory.context);
            return status;
        }
    }
    table->memory.fence(table->memory.context);
    return *cleared != 0 ? RVI_OK : RVI_NOT_FOUND;
}

enum rvi_status rvi_clear(const struct rvi_table *table, uint64_t iova, uint64_t size)
{
    uint64_t cleared;

    return rvi_clear_what(table, iova, size, &cleared);
}
