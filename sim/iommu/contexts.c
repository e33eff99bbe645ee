/* SPDX-License-Identifier: Apache-2.0 */
/* Random device and process contexts, their directories, and MSI page tables. */
#include <string.h>

#include "world.h"

unsigned dc_bytes(void)
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
void make_dc(struct device *device)
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
    device->processes = device->moved = false;
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

void make_pc(const struct device *device, struct process *process, bool sbe)
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
        uint32_t ids = levels == 1 ? 0xff : levels == 2 ? 0x1003f : 0xc0307;
        uint64_t table = root;

        if (i == 0)
            process->process_id = 0;
        else if (process->process_id == 0 || (process->process_id & ~ids) != 0 || one_in(2))
            process->process_id = (uint32_t)random64() & ids;
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

void move_processes(struct device *device)
{
    const struct space *space = &world.first[device->first];
    uint64_t mode, table = make_process_table(device, &mode, space);
    uint8_t bytes[64];

    if (table == 0)
        return;
    image_load(device->address, dc_bytes(), bytes);
    store_word(bytes + IOMMU_DC_FSC_OFFSET, 8, world.big_endian,
               IOMMU_PREP(IOMMU_DC_FSC_MODE, mode) |
                   IOMMU_PREP(IOMMU_DC_FSC_PPN, to_pointer(space, table) >> 12));
    image_store(device->address, dc_bytes(), bytes);
    device->moved = true;
    if (flight_count() != 0)
        features_event(COVER_PDT_MOVES);
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

            return space->narrow ? pte >> 10 : IOMMU_GET(pte, IOMMU_PTE_PPN) & 0xfffffff;
        }
    }
    return 1;
}

void make_device(struct device *device, uint64_t root)
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
