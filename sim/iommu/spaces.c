/* SPDX-License-Identifier: Apache-2.0 */
/* Random address spaces: page tables of both stages, and the addresses that they map. */
#include <string.h>

#include "world.h"

#define PTE_LEAF (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)

unsigned index_bits(const struct space *space)
{
    return space->narrow ? 10 : 9;
}

unsigned entry_bytes(const struct space *space)
{
    return space->narrow ? 4 : 8;
}

bool is_second(const struct space *space)
{
    return space >= world.second && space < world.second + SPACES2;
}

static unsigned address_bits(const struct space *space)
{
    unsigned bits = space->narrow ? 32 : 12 + 9 * space->levels;

    return bits + (is_second(space) ? 2 : 0);
}

/** Physical address of what a first-stage table pointer leads to. */
uint64_t to_physical(const struct space *space, uint64_t address)
{
    if (is_second(space) || space->host == SPACES2)
        return address;
    return address - world.second[space->host].bare_base + image.base;
}

uint64_t to_pointer(const struct space *space, uint64_t physical)
{
    if (is_second(space) || space->host == SPACES2)
        return physical;
    return physical - image.base + world.second[space->host].bare_base;
}

/** Damage one in so many entries. */
uint64_t damage(uint64_t value, unsigned bits)
{
    if (world.hostile != 0 && one_in(world.hostile))
        value ^= 1ull << below(bits);
    return value;
}

/* --- page tables ------------------------------------------------------------------------------ */

/** Make the leaf for an address at a level, and the tables on the way. @return its place, or 0 */
static uint64_t map(const struct space *space, uint64_t address, unsigned level, uint64_t leaf)
{
    uint64_t table = to_physical(space, space->root);
    unsigned size = entry_bytes(space);

    for (unsigned at = space->levels; at-- > 0;) {
        unsigned bits = index_bits(space) + (is_second(space) && at + 1 == space->levels ? 2 : 0);
        uint64_t index = address >> (12 + index_bits(space) * at) & ((1ull << bits) - 1);
        uint64_t place = table + index * size;
        uint64_t entry = image_word(place, size, space->big_endian);
        uint64_t page;

        if (at == level) {
            image_put(place, size, space->big_endian, leaf);
            return place;
        }
        if ((entry & IOMMU_PTE_V_MASK) != 0 && (entry & PTE_LEAF) != 0)
            return 0; /* a superpage is in the way */
        if ((entry & IOMMU_PTE_V_MASK) == 0) {
            page = image_take(1);
            if (page == 0)
                return 0;
            image_put(place, size, space->big_endian,
                      damage(to_pointer(space, page) >> 12 << 10 | IOMMU_PTE_V_MASK, size * 8));
            if (to_pointer(space, page) >> 12 >> (size == 4 ? 22 : 44) != 0)
                return 0;
            table = page;
        } else {
            table = to_physical(space, (size == 4 ? entry >> 10 : IOMMU_GET(entry, IOMMU_PTE_PPN))
                                           << 12);
            if (!image_has(table, 4096))
                return 0;
        }
    }
    return 0;
}

static uint64_t leaf_flags(const struct space *space)
{
    uint64_t value = IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_A_MASK |
                     IOMMU_PTE_D_MASK | IOMMU_PTE_U_MASK;

    if (one_in(2))
        value |= IOMMU_PTE_X_MASK;
    if (one_in(24)) /* only to be executed */
        value = (value & ~(IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK)) | IOMMU_PTE_X_MASK;
    if (!is_second(space) && one_in(4))
        value &= ~IOMMU_PTE_U_MASK;
    if (!world.tidy || one_in(16)) {
        if (one_in(6))
            value &= ~IOMMU_PTE_W_MASK;
        if (one_in(12))
            value ^= IOMMU_PTE_R_MASK;
        if (one_in(5))
            value &= ~IOMMU_PTE_D_MASK;
        if (one_in(6))
            value &= ~IOMMU_PTE_A_MASK;
        if (one_in(is_second(space) ? 30 : 6))
            value ^= IOMMU_PTE_U_MASK;
    }
    if (one_in(8))
        value |= IOMMU_PTE_G_MASK;
    if (one_in(8))
        value |= (uint64_t)below(4) << 8;
    if (!space->narrow && has_cap(IOMMU_CAPABILITIES_SVPBMT_MASK) && one_in(4))
        value |= (uint64_t)(1 + below(2)) << 61;
    if (!space->narrow && has_cap(IOMMU_CAPABILITIES_SVRSW60T59B_MASK) && one_in(8))
        value |= (uint64_t)below(4) << 59;
    return value;
}

/** Where a leaf leads: somewhere that its host maps, an interrupt file, or anywhere. */
uint64_t leaf_target(const struct space *space)
{
    const struct space *host =
        is_second(space) || space->host == SPACES2 ? NULL : &world.second[space->host];

    if (host != NULL && host->hot_count != 0 && !one_in(12))
        return host->hot[below(host->hot_count)].address;
    if (space->narrow || host != NULL)
        return random64() & 0x3ffffffffull & ~0xfffull;
    return random64() & ((1ull << 56) - 1) & ~0xfffull;
}

uint64_t leaf_value(const struct space *space, uint64_t target, unsigned level)
{
    uint64_t within = (1ull << (index_bits(space) * level)) - 1;
    uint64_t ppn = target >> 12 & ~within;
    uint64_t value = leaf_flags(space);

    if (space->narrow)
        return spoil_leaf((ppn & 0x3fffff) << 10 | (value & 0x3ff), 32);
    if (level == 0 && one_in(10)) {
        ppn = (ppn & ~0xfull) | 8;
        value |= IOMMU_PTE_N_MASK;
    }
    return spoil_leaf(IOMMU_PREP(IOMMU_PTE_PPN, ppn) | value, 64);
}

uint64_t random_address(const struct space *space)
{
    unsigned bits = address_bits(space);
    uint64_t address = random64() & ((1ull << bits) - 1) & ~0xfffull;

    /* Few tables, so that many addresses share them; or neighbours at one level. */
    if (bench.churn && one_in(2))
        address &= 3ull << (12 + index_bits(space) * below(space->levels)) | 0x3000;
    else if (one_in(2))
        address &= 0x3fffffull | 1ull << (bits - 1);
    else
        address &= 0xfull << (bits - 6) | 0x1fffffull;
    if (!is_second(space) && !space->narrow && (address >> (bits - 1) & 1) != 0)
        address |= ~0ull << bits;
    return address;
}

/** One of the pages of a leaf: in a superpage a near one, now and then. */
uint64_t page_of(const struct hot *hot)
{
    return bench.churn ? hot->address ^ (below(4) * 0x1000ull & ((1ull << hot->log2) - 1))
                       : hot->address;
}

static void add_hot(struct space *space, uint64_t address, unsigned level)
{
    uint64_t target = leaf_target(space);
    unsigned log2 = 12 + index_bits(space) * level;
    uint64_t page = (1ull << log2) - 1;
    uint64_t place;

    if (space->hot_count == HOT)
        return;
    /* Within a superpage, the address that reaches the target. */
    address = (address & ~page) | (target & page & ~0xfffull);
    if (space->narrow)
        address &= (1ull << address_bits(space)) - 1;
    place = map(space, address, level, leaf_value(space, target, level));
    if (place != 0)
        space->hot[space->hot_count++] = (struct hot){address, place, (uint8_t)log2};
}

/** Pages in a row that lead to pages in a row, by PTEs that are else the same: a line of the first
 * stage and one of the second may be used as a whole then. */
static void add_run(struct space *space)
{
    const struct space *host =
        is_second(space) || space->host == SPACES2 ? NULL : &world.second[space->host];
    bool guest = host != NULL && host->run_pages != 0;
    uint64_t address = random_address(space);
    uint64_t target = guest && !one_in(8) ? host->run : leaf_target(space) & ~0xffffull;
    uint64_t leaf = leaf_value(space, target, 0) & ~IOMMU_PTE_N_MASK;
    unsigned pages = 2 + below(5);

    if (!one_in(4)) /* in the same places of their lines */
        address = (address & ~0x7000ull) | (target & 0x7000);
    for (unsigned i = 0; i < pages && space->hot_count < HOT; i++) {
        uint64_t page = address + i * 4096ull;
        uint64_t place = map(space, page, 0, leaf + ((uint64_t)i << 10));

        if (place == 0)
            return;
        space->hot[space->hot_count++] = (struct hot){page, place, 12};
        space->run = address;
        space->run_pages = i + 1;
    }
}

static void fill_space(struct space *space, unsigned pages)
{
    if (!space->narrow && one_in(2))
        add_run(space);
    for (unsigned i = 0; i < pages; i++) {
        unsigned level = one_in(space->narrow ? 2 : 3) ? below(space->levels) : 0;
        uint64_t near = space->hot_count != 0 && one_in(2)
                            ? space->hot[0].address + (1 + below(20)) * 4096ull
                            : random_address(space);

        if (is_second(space) || space->narrow)
            near &= (1ull << address_bits(space)) - 1;
        add_hot(space, near, level);
    }
}

static unsigned random_levels(void)
{
    unsigned most = has_cap(IOMMU_CAPABILITIES_SV57_MASK)   ? 5
                    : has_cap(IOMMU_CAPABILITIES_SV48_MASK) ? 4
                                                            : 3;

    return 3 + below(most - 2);
}

void make_second(struct space *space, unsigned id)
{
    bool narrow = world.gxl;

    memset(space, 0, sizeof(*space));
    space->narrow = narrow;
    space->levels = narrow ? 2 : random_levels();
    space->id = (id * 0x1111u + 1) & 0xffff;
    space->big_endian = world.big_endian;
    space->root = image_take(4);
    if (space->root == 0)
        return;
    space->used = true;
    space->bare_base =
        (world.narrow ? 0x10000000ull : random64() & 0x3f00000000ull) | 0x40000000ull;
    space->bare_base &= ~0x3fffffull;
    if (one_in(2)) {
        /* The image in superpages: 2 MiB are one of either size. */
        uint64_t leaf =
            IOMMU_PTE_V_MASK | PTE_LEAF | IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK;

        leaf |= narrow ? (image.base >> 12 & 0x3fffff) << 10
                       : IOMMU_PREP(IOMMU_PTE_PPN, image.base >> 12);
        map(space, space->bare_base, 1, leaf);
    } else {
        for (unsigned page = 0; page < IMAGE_PAGES; page++) {
            uint64_t ppn = (image.base >> 12) + page;
            uint64_t leaf = IOMMU_PTE_V_MASK | PTE_LEAF | IOMMU_PTE_U_MASK;

            if (!one_in(16))
                leaf |= IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK;
            if (one_in(10)) /* A/D updates of first-stage PTEs in it are not allowed */
                leaf &= ~(IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK);
            leaf |= narrow ? (ppn & 0x3fffff) << 10 : IOMMU_PREP(IOMMU_PTE_PPN, ppn);
            map(space, space->bare_base + page * 4096ull, 0, leaf);
        }
    }
    fill_space(space, 8);
}

void make_first(struct space *space, unsigned id, unsigned host)
{
    uint64_t page;

    memset(space, 0, sizeof(*space));
    space->narrow = world.narrow;
    space->levels = world.narrow ? 2 : random_levels();
    space->host = host;
    space->id = (id * 0x11111u + 3) & 0xfffff;
    space->big_endian = has_cap(IOMMU_CAPABILITIES_END_MASK) ? one_in(4) : world.big_endian;
    page = image_take(1);
    if (page == 0)
        return;
    space->root = to_pointer(space, page);
    space->used = true;
    fill_space(space, 9);
}
