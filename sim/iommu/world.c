/* SPDX-License-Identifier: Apache-2.0 */
/* Random tables: address spaces, devices and processes, and what becomes of them. */
#include <string.h>

#include "bench.h"

#define PTE_LEAF (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)
#define NO_MSI (~0ull)

struct world world;

static bool narrow_space(const struct space *space)
{
    return space->narrow;
}

static unsigned index_bits(const struct space *space)
{
    return narrow_space(space) ? 10 : 9;
}

static unsigned entry_bytes(const struct space *space)
{
    return narrow_space(space) ? 4 : 8;
}

static bool is_second(const struct space *space)
{
    return space >= world.second && space < world.second + SPACES2;
}

static unsigned address_bits(const struct space *space)
{
    unsigned bits = narrow_space(space) ? 32 : 12 + 9 * space->levels;

    return bits + (is_second(space) ? 2 : 0);
}

/** Physical address of what a first-stage table pointer leads to. */
static uint64_t to_physical(const struct space *space, uint64_t address)
{
    if (is_second(space) || space->host == SPACES2)
        return address;
    return address - world.second[space->host].bare_base + image.base;
}

static uint64_t to_pointer(const struct space *space, uint64_t physical)
{
    if (is_second(space) || space->host == SPACES2)
        return physical;
    return physical - image.base + world.second[space->host].bare_base;
}

/** Damage one in so many entries. */
static uint64_t damage(uint64_t value, unsigned bits)
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
    if (!narrow_space(space) && has_cap(IOMMU_CAPABILITIES_SVPBMT_MASK) && one_in(4))
        value |= (uint64_t)(1 + below(2)) << 61;
    if (!narrow_space(space) && has_cap(IOMMU_CAPABILITIES_SVRSW60T59B_MASK) && one_in(8))
        value |= (uint64_t)below(4) << 59;
    return value;
}

/** Where a leaf leads: somewhere that its host maps, an interrupt file, or anywhere. */
static uint64_t leaf_target(const struct space *space)
{
    const struct space *host =
        is_second(space) || space->host == SPACES2 ? NULL : &world.second[space->host];

    if (host != NULL && host->hot_count != 0 && !one_in(12))
        return host->hot[below(host->hot_count)].address;
    if (narrow_space(space) || host != NULL)
        return random64() & 0x3ffffffffull & ~0xfffull;
    return random64() & ((1ull << 56) - 1) & ~0xfffull;
}

static uint64_t leaf_value(const struct space *space, uint64_t target, unsigned level)
{
    uint64_t within = (1ull << (index_bits(space) * level)) - 1;
    uint64_t ppn = target >> 12 & ~within;
    uint64_t value = leaf_flags(space);

    if (narrow_space(space))
        return spoil_leaf((ppn & 0x3fffff) << 10 | (value & 0x3ff), 32);
    if (level == 0 && one_in(10)) {
        ppn = (ppn & ~0xfull) | 8;
        value |= IOMMU_PTE_N_MASK;
    }
    return spoil_leaf(IOMMU_PREP(IOMMU_PTE_PPN, ppn) | value, 64);
}

static uint64_t random_address(const struct space *space)
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
    if (!is_second(space) && !narrow_space(space) && (address >> (bits - 1) & 1) != 0)
        address |= ~0ull << bits;
    return address;
}

/** One of the pages of a leaf: in a superpage a near one, now and then. */
static uint64_t page_of(const struct hot *hot)
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
    if (narrow_space(space))
        address &= (1ull << address_bits(space)) - 1;
    place = map(space, address, level, leaf_value(space, target, level));
    if (place != 0)
        space->hot[space->hot_count++] = (struct hot){address, place, (uint8_t)log2};
}

static void fill_space(struct space *space, unsigned pages)
{
    for (unsigned i = 0; i < pages; i++) {
        unsigned level = one_in(narrow_space(space) ? 2 : 3) ? below(space->levels) : 0;
        uint64_t near = space->hot_count != 0 && one_in(2)
                            ? space->hot[0].address + (1 + below(20)) * 4096ull
                            : random_address(space);

        if (is_second(space) || narrow_space(space))
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

static void make_second(struct space *space, unsigned id)
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

static void make_first(struct space *space, unsigned id, unsigned host)
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

/* --- contexts ------------------------------------------------------------------------------------
 */

static unsigned dc_bytes(void)
{
    return has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK) ? 64 : 32;
}

static uint64_t first_mode(const struct space *space)
{
    return space->narrow ? IOMMU_IOSATP_MODE_SXL1_SV32 : space->levels + 5;
}

static unsigned pick_first(unsigned host, bool big_endian)
{
    unsigned start = below(SPACES1);

    for (unsigned i = 0; i < SPACES1; i++) {
        const struct space *space = &world.first[(start + i) % SPACES1];

        if (space->used && space->host == host && space->big_endian == big_endian)
            return (start + i) % SPACES1;
    }
    return SPACES1;
}

static uint64_t make_msi_table(struct device *device)
{
    unsigned count = 1u << device->msi_log2;
    uint64_t table = image_take(1);

    for (unsigned i = 0; table != 0 && i < count; i++) {
        uint64_t low = IOMMU_MSIPTE_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_BASIC) |
                       IOMMU_PREP(IOMMU_MSIPTE_PPN, random64());
        uint64_t high = 0;

        if (has_cap(IOMMU_CAPABILITIES_MSI_MRIF_MASK) && one_in(2)) {
            low = IOMMU_MSIPTE_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_MRIF) |
                  IOMMU_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS,
                             (world.mrif_page + below(8) * 512ull) >> 9);
            high = IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, world.notice_page >> 12) |
                   IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_9_0, below(1024));
        }
        spoil_msi_pte(&low, &high);
        image_put(table + i * 16ull, 8, world.big_endian, low);
        image_put(table + i * 16ull + 8, 8, world.big_endian, high);
    }
    return table;
}

static uint64_t make_process_table(struct device *device, uint64_t *mode, const struct space *as);

/** A device context's words, with spaces that exist. */
static void make_dc(struct device *device)
{
    uint64_t word[8] = {IOMMU_DC_TC_V_MASK};
    bool ats = has_cap(IOMMU_CAPABILITIES_ATS_MASK),
         hwad = has_cap(IOMMU_CAPABILITIES_AMO_HWAD_MASK);
    bool big_endian = has_cap(IOMMU_CAPABILITIES_END_MASK) ? one_in(4) : world.big_endian;
    uint8_t bytes[64];

    device->second = one_in(2) ? SPACES2 : below(SPACES2);
    if (device->second != SPACES2 && !world.second[device->second].used)
        device->second = SPACES2;
    device->first = one_in(5) ? SPACES1 : pick_first(device->second, big_endian);
    if (device->second == SPACES2 && device->first == SPACES1 && !one_in(3))
        device->first = pick_first(device->second, big_endian);
    device->processes = false;
    if (hwad && one_in(2))
        word[0] |= IOMMU_DC_TC_SADE_MASK;
    if (hwad && one_in(2))
        word[0] |= IOMMU_DC_TC_GADE_MASK;
    if (big_endian)
        word[0] |= IOMMU_DC_TC_SBE_MASK;
    if (world.narrow)
        word[0] |= IOMMU_DC_TC_SXL_MASK;
    if (one_in(10))
        word[0] |= IOMMU_DC_TC_DTF_MASK;
    if (ats && !one_in(3)) {
        word[0] |= IOMMU_DC_TC_EN_ATS_MASK;
        if (device->second != SPACES2 && one_in(2))
            word[0] |= IOMMU_DC_TC_T2GPA_MASK;
        if (!one_in(3))
            word[0] |= IOMMU_DC_TC_EN_PRI_MASK | (one_in(2) ? IOMMU_DC_TC_PRPR_MASK : 0);
    }
    if (device->second != SPACES2) {
        const struct space *host = &world.second[device->second];

        word[1] = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, host->narrow ? 8 : host->levels + 5) |
                  IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, host->id) |
                  IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, host->root >> 12);
    }
    if (has_cap(IOMMU_CAPABILITIES_QOSID_MASK))
        word[2] |= IOMMU_PREP(IOMMU_DC_TA_RCID, below(8)) | IOMMU_PREP(IOMMU_DC_TA_MCID, below(8));
    if (device->first != SPACES1) {
        const struct space *space = &world.first[device->first];

        if (has_cap(IOMMU_CAPABILITIES_PD8_MASK) && device->process_count != 0) {
            uint64_t mode, table = make_process_table(device, &mode, space);

            if (table != 0) {
                device->processes = true;
                word[0] |= IOMMU_DC_TC_PDTV_MASK | (one_in(2) ? IOMMU_DC_TC_DPE_MASK : 0);
                word[3] = IOMMU_PREP(IOMMU_DC_FSC_MODE, mode) |
                          IOMMU_PREP(IOMMU_DC_FSC_PPN, to_pointer(space, table) >> 12);
                if (one_in(10))
                    word[3] = 0; /* Bare */
            }
        }
        if (!device->processes) {
            word[2] |= IOMMU_PREP(IOMMU_DC_TA_PSCID, space->id);
            word[3] = IOMMU_PREP(IOMMU_DC_FSC_MODE, first_mode(space)) |
                      IOMMU_PREP(IOMMU_DC_FSC_PPN, space->root >> 12);
        }
    }
    if (dc_bytes() == 64 && device->second != SPACES2 && device->msi_table != 0) {
        word[4] = IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, IOMMU_MSIPTP_MODE_FLAT) |
                  IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, device->msi_table >> 12);
        word[5] = (1ull << device->msi_log2) - 1;
        word[6] = device->msi_page;
    }
    spoil_dc(word);
    for (unsigned i = 0; i < dc_bytes() / 8; i++)
        store_word(bytes + i * 8, 8, world.big_endian, word[i]);
    image_store(device->address, dc_bytes(), bytes);
}

static void make_pc(const struct device *device, struct process *process, bool sbe)
{
    unsigned index = one_in(8) ? SPACES1 : pick_first(device->second, sbe);
    uint64_t word[2] = {0, 0};
    uint8_t bytes[16];

    process->space = index;
    if (!one_in(16))
        word[0] |= IOMMU_PC_TA_V_MASK;
    if (!one_in(3))
        word[0] |= IOMMU_PC_TA_ENS_MASK;
    if (one_in(2))
        word[0] |= IOMMU_PC_TA_SUM_MASK;
    if (index != SPACES1) {
        word[0] |= IOMMU_PREP(IOMMU_PC_TA_PSCID, world.first[index].id);
        word[1] = IOMMU_PREP(IOMMU_PC_FSC_MODE, first_mode(&world.first[index])) |
                  IOMMU_PREP(IOMMU_PC_FSC_PPN, world.first[index].root >> 12);
    }
    spoil_pc(word);
    store_word(bytes, 8, world.big_endian, word[0]);
    store_word(bytes + 8, 8, world.big_endian, word[1]);
    image_store(process->address, 16, bytes);
}

static uint64_t make_process_table(struct device *device, uint64_t *mode, const struct space *as)
{
    unsigned levels = 1 + below(3);
    uint64_t root = image_take(1);

    *mode = levels;
    for (unsigned i = 0; root != 0 && i < device->process_count; i++) {
        struct process *process = &device->process[i];
        uint64_t table = root;

        if (i == 0)
            process->process_id = 0;
        else
            process->process_id = (uint32_t)random64() & (levels == 1   ? 0xffu
                                                          : levels == 2 ? 0x1003fu
                                                                        : 0xc0307u);
        for (unsigned at = levels - 1; at > 0 && table != 0; at--) {
            uint32_t index = process->process_id >> (at == 2 ? 17 : 8) & 0x1ff;
            uint64_t entry = image_word(table + index * 8, 8, world.big_endian);

            process->entry = table + index * 8;
            if ((entry & 1) == 0) {
                uint64_t page = image_take(1);

                if (page == 0)
                    return 0;
                image_put(table + index * 8, 8, world.big_endian,
                          spoil_pointer(damage(
                              IOMMU_PREP(IOMMU_PDTE_PPN, to_pointer(as, page) >> 12) | 1, 64)));
                table = page;
            } else {
                table = to_physical(as, IOMMU_GET(entry, IOMMU_PDTE_PPN) << 12);
                if (!image_has(table, 4096))
                    return 0;
            }
        }
        process->address = table + (process->process_id & 0xff) * 16ull;
        if (table != 0)
            make_pc(device, process, as->big_endian);
    }
    return root;
}

/** Find the place of a device's context, through the directory: 0 if there is no room. */
static void locate_dc(struct device *device, uint64_t root)
{
    unsigned low = dc_bytes() == 64 ? 6 : 7;
    uint32_t device_id = device->device_id;
    uint64_t table = root;

    for (unsigned at = world.mode - IOMMU_DDTP_MODE_1LVL; at > 0; at--) {
        uint32_t index = device_id >> (low + (at == 2 ? 9 : 0)) & 0x1ff;
        uint64_t entry = image_word(table + index * 8, 8, world.big_endian);

        device->entry = table + index * 8;
        if ((entry & 1) == 0) {
            uint64_t page = image_take(1);

            if (page == 0)
                return;
            image_put(table + index * 8, 8, world.big_endian,
                      spoil_pointer(damage(IOMMU_PREP(IOMMU_DDTE_PPN, page >> 12) | 1, 64)));
            table = page;
        } else {
            table = IOMMU_GET(entry, IOMMU_DDTE_PPN) << 12;
            if (!image_has(table, 4096))
                return;
        }
    }
    device->address = table + (device_id & ((1u << low) - 1)) * dc_bytes();
}

/** A guest's page that some first stage leads to. */
static uint64_t guest_page(void)
{
    for (unsigned i = 0; i < SPACES1; i++) {
        const struct space *space = &world.first[below(SPACES1)];

        if (space->used && space->host != SPACES2 && space->hot_count != 0) {
            const struct hot *hot = &space->hot[below(space->hot_count)];
            uint64_t pte = image_word(hot->pte, entry_bytes(space), space->big_endian);

            return narrow_space(space) ? pte >> 10 : IOMMU_GET(pte, IOMMU_PTE_PPN) & 0xfffffff;
        }
    }
    return 1;
}

static void make_device(struct device *device, uint64_t root)
{
    static const unsigned bits[2][3] = {{7, 16, 24}, {6, 15, 24}};
    unsigned width = bits[dc_bytes() == 64][world.mode - IOMMU_DDTP_MODE_1LVL];

    memset(device, 0, sizeof(*device));
    device->device_id = (uint32_t)(random64() & random64()) & ((1u << width) - 1);
    locate_dc(device, root);
    device->process_count = one_in(2) ? 1 + below(PROCESSES) : 0;
    device->msi_page = NO_MSI;
    if (dc_bytes() == 64 && one_in(2)) {
        device->msi_log2 = below(4);
        device->msi_page = one_in(2) ? random64() & 0x3ffff : guest_page();
        device->msi_page &= ~((1ull << device->msi_log2) - 1);
        device->msi_table = make_msi_table(device);
    }
    if (device->address != 0)
        make_dc(device);
}

/** One with processes, or with interrupt files, if there is one. */
static const struct device *device_with(bool processes)
{
    const struct device *device = NULL;

    for (unsigned i = 0; i < 8; i++) {
        device = &world.device[below(world.device_count)];
        if (processes ? device->processes : device->msi_table != 0 && device->second != SPACES2)
            break;
    }
    return device;
}

/** Memory fails at something that is used, mostly. */
static void break_memory(void)
{
    const struct device *device = &world.device[below(world.device_count)];
    const struct space *space =
        one_in(2) ? &world.first[below(SPACES1)] : &world.second[below(SPACES2)];
    uint64_t address = image.base + below(image.next_page) * 4096ull;

    switch (below(8)) {
    case 0:
        address = device->address;
        break;
    case 4: /* what points to it */
        address = device->entry;
        break;
    case 1:
    case 6:
        device = device_with(true);
        if (device->process_count != 0) {
            const struct process *process = &device->process[below(device->process_count)];

            address = one_in(2) ? process->address : process->entry;
        }
        break;
    case 2:
        if (space->hot_count != 0)
            address = space->hot[below(space->hot_count)].pte;
        break;
    case 3:
    case 7:
        device = device_with(false);
        address = !has_cap(IOMMU_CAPABILITIES_MSI_MRIF_MASK) || one_in(2)
                      ? device->msi_table + below(1u << device->msi_log2) * 16ull
                      : world.mrif_page + below(8) * 512ull + below(512);
        break;
    default:
        break;
    }
    if (image_has(address, 1) && (address ^ world.notice_page) >> 12 != 0)
        image.fault[(address - image.base) / LINE] =
            (uint8_t)(one_in(2) ? POISON : SLVERR + below(2));
}

void world_build(void)
{
    unsigned levels = model->config.ddt_levels == 7 ? 3 : 2;
    uint64_t root;

    memset(&world, 0, sizeof(world));
    world.narrow = has_cap(IOMMU_CAPABILITIES_SV32_MASK) && one_in(4);
    world.gxl = world.narrow && one_in(2);
    world.big_endian = has_cap(IOMMU_CAPABILITIES_END_MASK) && one_in(3);
    world.hostile = one_in(3) ? 0 : 8 + below(100);
    world.tidy = !one_in(3);
    bench.small_ids = world.hostile == 0;
    world.fctl = model->config.fctl_reset;
    if (has_cap(IOMMU_CAPABILITIES_END_MASK) || model->config.fctl_writable != 0)
        world.fctl = (world.fctl & ~IOMMU_FCTL_WSI_MASK) | (one_in(2) ? IOMMU_FCTL_WSI_MASK : 0);
    if (world.big_endian)
        world.fctl |= IOMMU_FCTL_BE_MASK;
    if (world.gxl)
        world.fctl |= IOMMU_FCTL_GXL_MASK;
    world.mode = one_in(14) ? below(2) : IOMMU_DDTP_MODE_1LVL + below(levels);
    root = image_take(1);
    world.ddtp =
        IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, world.mode) | IOMMU_PREP(IOMMU_DDTP_PPN, root >> 12);
    world.mrif_page = image_take(1);
    world.notice_page = image_take(1);
    for (unsigned i = 0; i < SPACES2; i++)
        make_second(&world.second[i], i);
    for (unsigned i = 0; i < SPACES1; i++)
        make_first(&world.first[i], i, one_in(2) ? SPACES2 : below(SPACES2));
    world.device_count = 1 + below(DEVICES - SPOILED);
    if (world.mode <= IOMMU_DDTP_MODE_BARE)
        return;
    for (unsigned i = 0; i < world.device_count; i++)
        make_device(&world.device[i], root);
    world.spoiling = true;
    for (unsigned i = world.hostile != 0 ? SPOILED : 0; i > 0; i--)
        make_device(&world.device[world.device_count++], root);
    world.spoiling = false;
    for (unsigned i = below(8); i > 0 && world.hostile != 0; i--)
        break_memory();
}

/* --- requests
 * --------------------------------------------------------------------------------------- */

static uint64_t hot_address(const struct space *space)
{
    /* What has just changed is asked for again: an entry that outlives its invalidation shows. */
    if (bench.churn && space == world.changed_space && one_in(2))
        return page_of(world.changed);
    return space->hot_count != 0 ? page_of(&space->hot[below(space->hot_count)])
                                 : random_address(space);
}

static void choose_address(struct iommu_request *request, const struct device *device)
{
    unsigned first = device->first, dice = below(world.tidy ? 60 : 16);

    if (request->process_id_valid) {
        for (unsigned i = 0; i < device->process_count; i++) {
            if (device->process[i].process_id == request->process_id)
                first = device->process[i].space;
        }
    } else if (device->processes && device->process_count != 0) {
        first = device->process[0].space;
    }
    if (device->msi_page != NO_MSI && device->second != SPACES2 &&
        one_in(first < SPACES1 ? 12 : 3)) {
        request->iova = (device->msi_page + below(1u << device->msi_log2)) << 12;
        request->length = 4;
        return;
    }
    if (dice == 0)
        request->iova = random64();
    else if (first < SPACES1)
        request->iova = hot_address(&world.first[first]);
    else if (device->second < SPACES2)
        request->iova = hot_address(&world.second[device->second]);
    else
        request->iova = random64() & ((1ull << 56) - 1);
    if (dice == 1)
        request->iova += 4096ull * (1 + below(8));
    request->iova = (request->iova & ~0xfffull) | below(4096);
}

void world_request(struct iommu_request *request)
{
    const struct device *device = &world.device[below(world.device_count)];
    bool ats = has_cap(IOMMU_CAPABILITIES_ATS_MASK);

    request->device_id = device->device_id;
    if (one_in(60))
        request->device_id = (uint32_t)random64() & 0xffffff;
    if (device->processes ? !one_in(world.tidy ? 12 : 4) : one_in(world.tidy ? 100 : 24)) {
        request->process_id_valid = true;
        request->process_id = device->process_count != 0 && !one_in(30)
                                  ? device->process[below(device->process_count)].process_id
                                  : (uint32_t)random64() & 0xfffff;
    }
    request->privileged = one_in(world.tidy ? 4 : 3);
    request->access = one_in(world.tidy ? 8 : 6) ? IOMMU_EXECUTE : IOMMU_READ; /* of a read */
    request->type = one_in(ats ? 6 : 60) ? IOMMU_TRANSLATED : IOMMU_UNTRANSLATED;
    choose_address(request, device);
    if (request->type == IOMMU_TRANSLATED && device->msi_page != NO_MSI && one_in(2))
        request->iova = (device->msi_page + below(1u << device->msi_log2)) << 12;
    else if (request->type == IOMMU_TRANSLATED && one_in(2))
        request->iova = device->second < SPACES2 && one_in(2)
                            ? hot_address(&world.second[device->second])
                            : random64() & ((1ull << 56) - 1);
}

/* --- changes
 * ---------------------------------------------------------------------------------------- */

static void invalidate_page(const struct space *space, const struct hot *hot, bool leaf)
{
    bool second = is_second(space);
    bool guest = second || space->host != SPACES2;
    uint64_t low =
        IOMMU_OPCODE_IOTINVAL |
        IOMMU_PREP(IOMMU_CMD_FUNC3, second ? IOMMU_FUNC3_IOTINVAL_GVMA : IOMMU_FUNC3_IOTINVAL_VMA);
    uint64_t high = 0;
    unsigned gscid = second ? space->id : guest ? world.second[space->host].id : 0;

    if (guest)
        low |= IOMMU_CMD_IOTINVAL_GV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, gscid);
    if (!second && one_in(2))
        low |= IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, space->id);
    if (leaf && one_in(2)) {
        uint64_t page = page_of(hot) >> 12;

        low |= IOMMU_CMD_IOTINVAL_AV_MASK;
        if (one_in(4)) { /* a range around it */
            unsigned log2 = below(12);

            page = (page & ~((2ull << log2) - 1)) | ((1ull << log2) - 1);
            high |= IOMMU_CMD_IOTINVAL_S_MASK;
        }
        high |= IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, page);
    }
    if (one_in(3))
        low |= IOMMU_CMD_IOTINVAL_NL_MASK;
    command_put(low, high);
}

/** A leaf changes, or goes, or comes; or a pointer on its way does. */
static void change_leaf(struct space *space)
{
    struct hot *hot;
    unsigned size = entry_bytes(space);
    uint64_t value;

    if (space->hot_count == 0)
        return;
    hot = &space->hot[below(space->hot_count)];
    value = image_word(hot->pte, size, space->big_endian);
    switch (below(6)) {
    case 0:
        value ^= IOMMU_PTE_V_MASK;
        break;
    case 1:
        value ^= 1ull << (1 + below(7));
        break;
    case 2:
        value &= ~(IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK);
        break;
    case 3:
        value = damage(value ^ 1ull << below(size * 8), size * 8);
        break;
    default:
        value = leaf_value(space, leaf_target(space), (hot->log2 - 12u) / index_bits(space));
        break;
    }
    image_put(hot->pte, size, space->big_endian, value);
    world.changed_space = space;
    world.changed = hot;
    if (!one_in(4))
        invalidate_page(space, hot, true);
}

static void invalidate_device(const struct device *device)
{
    uint64_t low = IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_DDT);

    if (!one_in(4))
        low |= IOMMU_CMD_IODIR_DV_MASK | IOMMU_PREP(IOMMU_CMD_IODIR_DID, device->device_id);
    command_put(low, 0);
}

static void change_process(struct device *device)
{
    struct process *process = &device->process[below(device->process_count)];
    const struct space *space = device->first < SPACES1 ? &world.first[device->first] : NULL;

    if (process->address == 0 || !image_has(process->address, 16) || space == NULL)
        return;
    make_pc(device, process, space->big_endian);
    if (!one_in(4))
        command_put(IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_PDT) |
                        IOMMU_CMD_IODIR_DV_MASK |
                        IOMMU_PREP(IOMMU_CMD_IODIR_DID, device->device_id) |
                        IOMMU_PREP(IOMMU_CMD_IODIR_PID, process->process_id),
                    0);
}

/**
 * Only what does not concern its processes. Their contexts may be cached apart from where the
 * device context finds them, and iommu_allowed() does not know of other process directories.
 */
static void adjust_dc(const struct device *device)
{
    uint64_t word0 = image_word(device->address, 8, world.big_endian);
    uint64_t word2 = image_word(device->address + 16, 8, world.big_endian);
    uint8_t bytes[64];

    word0 ^= random64() & (IOMMU_DC_TC_DTF_MASK | IOMMU_DC_TC_DPE_MASK);
    if (has_cap(IOMMU_CAPABILITIES_AMO_HWAD_MASK))
        word0 ^= random64() & (IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK);
    if (has_cap(IOMMU_CAPABILITIES_QOSID_MASK))
        word2 ^= IOMMU_PREP(IOMMU_DC_TA_RCID, below(8));
    image_load(device->address, 64, bytes);
    store_word(bytes, 8, world.big_endian, word0);
    store_word(bytes + 16, 8, world.big_endian, word2);
    image_store(device->address, dc_bytes(), bytes);
}

void world_mutate(void)
{
    struct device *device = &world.device[below(world.device_count)];

    switch (below(8)) {
    case 0:
        if (device->address != 0 && world.mode > IOMMU_DDTP_MODE_BARE &&
            image.next_page < IMAGE_PAGES - 40) {
            if (device->processes)
                adjust_dc(device);
            else
                make_dc(device);
            if (!one_in(4))
                invalidate_device(device);
        }
        break;
    case 1:
        if (device->processes && device->process_count != 0)
            change_process(device);
        break;
    case 2:
    case 3: {
        struct space *space = &world.second[below(SPACES2)];

        if (space->used)
            change_leaf(space);
        break;
    }
    default: {
        struct space *space = &world.first[below(SPACES1)];

        if (space->used)
            change_leaf(space);
        break;
    }
    }
}
