/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the tables as the IOMMU does, and prints each entry on the way. */
#include "monitor.h"

/* What a stage's mode means. */
struct stage {
    const char *name;
    uint32_t levels, index_bits, entry_bytes;
    bool guest;
};

/* Entries may lead anywhere: only RAM is read. */
static bool load(struct walk *walk, uint64_t address, uint32_t bytes, uint64_t *value)
{
    const struct rvi_memory *memory = &walk->monitor->memory;

    *value = 0;
    if (!discover_within_ram(&walk->monitor->board.fdt, address, bytes)) {
        print("  %lx is not in RAM\n", address);
        return false;
    }
    *value = bytes == 4 ? memory->load32(memory->context, address)
                        : memory->load64(memory->context, address);
    return true;
}

static bool find_stage(uint64_t pointer, bool guest, bool narrow, struct stage *stage)
{
    uint64_t mode = IOMMU_GET(pointer, IOMMU_IOSATP_MODE);
    struct stage found = {guest ? "Sv39x4" : "Sv39", 3, 9, 8, guest};

    if (mode < IOMMU_IOSATP_MODE_SV39 || mode > IOMMU_IOSATP_MODE_SV57)
        return false;
    if (narrow) {
        found.name = guest ? "Sv32x4" : "Sv32";
        found.levels = 2;
        found.index_bits = 10;
        found.entry_bytes = 4;
    } else if (mode == IOMMU_IOSATP_MODE_SV48) {
        found.name = guest ? "Sv48x4" : "Sv48";
        found.levels = 4;
    } else if (mode == IOMMU_IOSATP_MODE_SV57) {
        found.name = guest ? "Sv57x4" : "Sv57";
        found.levels = 5;
    }
    *stage = found;
    return true;
}

static void print_pte(uint32_t level, uint64_t at, uint64_t entry)
{
    static const char letters[] = "VRWXUGAD";

    print("  PTE %u   %012lx  %016lx ", level, at, entry);
    for (uint32_t i = 0; i < 8; i++)
        console_put((entry >> i & 1) != 0 ? letters[i] : '-');
    print("\n");
}

/* One stage. A first stage's own tables are guest addresses if there is a second one (`under`,
 * 0 for none). */
static bool walk_stage(struct walk *walk, const struct stage *stage, uint64_t root, uint64_t under,
                       bool narrow, uint64_t input, uint64_t *output)
{
    uint64_t page = root, entry, at, ppn;
    struct stage second;

    print("  %s, root %lx, input %lx\n", stage->name, root, input);
    for (uint32_t level = stage->levels; level-- > 0;) {
        uint32_t shift = 12 + level * stage->index_bits;
        uint32_t bits = stage->index_bits + (stage->guest && level + 1 == stage->levels ? 2 : 0);

        at = page + (input >> shift & ((1ull << bits) - 1)) * stage->entry_bytes;
        if (!stage->guest && find_stage(under, true, narrow, &second) &&
            !walk_stage(walk, &second, IOMMU_GET(under, IOMMU_DC_IOHGATP_PPN) << 12, 0, narrow, at,
                        &at))
            return false;
        if (!load(walk, at, stage->entry_bytes, &entry))
            return false;
        print_pte(level, at, entry);
        if ((entry & IOMMU_PTE_V_MASK) == 0) {
            print("  not valid: page fault\n");
            return false;
        }
        ppn = stage->entry_bytes == 4 ? entry >> IOMMU_PTE32_PPN_SHIFT
                                      : IOMMU_GET(entry, IOMMU_PTE_PPN);
        page = ppn << 12;
        if ((entry & (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)) != 0) {
            *output = (page & ~((1ull << shift) - 1)) | (input & ((1ull << shift) - 1));
            return true;
        }
    }
    print("  no leaf at the last level: page fault\n");
    return false;
}

/* The context of the device, by the directory's levels. */
static bool walk_directory(struct walk *walk, struct rvi_dc *dc)
{
    struct rvi_ddt ddt = walk->monitor->ddt;
    static const uint8_t bits[2][3] = {{7, 9, 8}, {6, 9, 9}};
    uint32_t shift = rvi_ddt_bits(&ddt), level = ddt.mode - (uint32_t)IOMMU_DDTP_MODE_1LVL;
    uint64_t table = ddt.root, entry, at;

    if (walk->device_id >> shift != 0) {
        print("  device_id beyond the directory's %u bits\n", shift);
        return false;
    }
    for (; level > 0; level--) {
        shift -= bits[ddt.extended][level];
        at = table + (walk->device_id >> shift & ((1u << bits[ddt.extended][level]) - 1)) * 8;
        if (!load(walk, at, 8, &entry))
            return false;
        print("  DDTE %u  %012lx  %016lx\n", level, at, entry);
        if ((entry & IOMMU_DDTE_V_MASK) == 0) {
            print("  not valid: device is blocked\n");
            return false;
        }
        table = IOMMU_GET(entry, IOMMU_DDTE_PPN) << 12;
    }
    at = table + (walk->device_id & ((1u << bits[ddt.extended][0]) - 1)) *
                     (ddt.extended ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES);
    if (!load(walk, at, ddt.extended ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES, &entry))
        return false;
    rvi_dc_load(&ddt, at, dc);
    print("  DC      %012lx  tc %lx iohgatp %lx ta %lx fsc %lx\n", at, dc->tc, dc->iohgatp, dc->ta,
          dc->fsc);
    if ((dc->tc & IOMMU_DC_TC_V_MASK) != 0)
        return true;
    print("  not valid: device is blocked\n");
    return false;
}

/* The process context takes the place of the device context's first stage. */
static bool walk_processes(struct walk *walk, struct rvi_dc *dc)
{
    static const uint8_t shifts[] = {0, 8, 17};
    uint64_t mode = IOMMU_GET(dc->fsc, IOMMU_PDTP_MODE), entry, at;
    uint64_t table = IOMMU_GET(dc->fsc, IOMMU_PDTP_PPN) << 12;

    if (mode == IOMMU_PDTP_MODE_BARE || mode > IOMMU_PDTP_MODE_PD20)
        return true;
    for (uint32_t level = (uint32_t)mode - 1; level > 0; level--) {
        at = table + (walk->process_id >> shifts[level] & 0x1ff) * 8;
        if (!load(walk, at, 8, &entry))
            return false;
        print("  PDTE %u  %012lx  %016lx\n", level, at, entry);
        if ((entry & IOMMU_PDTE_V_MASK) == 0)
            return false;
        table = IOMMU_GET(entry, IOMMU_PDTE_PPN) << 12;
    }
    at = table + (walk->process_id & 0xff) * IOMMU_PC_BYTES;
    if (!load(walk, at, 8, &entry) || !load(walk, at + 8, 8, &dc->fsc))
        return false;
    print("  PC      %012lx  ta %lx fsc %lx\n", at, entry, dc->fsc);
    if ((entry & IOMMU_PC_TA_V_MASK) != 0)
        return true;
    print("  not valid: process has no context\n");
    return false;
}

void walk_print(struct walk *walk)
{
    struct rvi_dc dc;
    struct stage stage;
    uint64_t address = walk->iova;
    bool narrow;

    if (!walk_directory(walk, &dc))
        return;
    narrow = (dc.tc & IOMMU_DC_TC_SXL_MASK) != 0;
    if ((dc.tc & IOMMU_DC_TC_PDTV_MASK) != 0 && !walk_processes(walk, &dc))
        return;
    if (find_stage(dc.fsc, false, narrow, &stage) &&
        !walk_stage(walk, &stage, IOMMU_GET(dc.fsc, IOMMU_DC_FSC_PPN) << 12, dc.iohgatp, narrow,
                    address, &address))
        return;
    if (find_stage(dc.iohgatp, true, narrow, &stage) &&
        !walk_stage(walk, &stage, IOMMU_GET(dc.iohgatp, IOMMU_DC_IOHGATP_PPN) << 12, 0, narrow,
                    address, &address))
        return;
    print("  leads to %lx\n", address);
}

void walk_devices(struct monitor *monitor)
{
    uint32_t count = 0, bits = rvi_ddt_bits(&monitor->ddt), leaf = monitor->ddt.extended ? 6 : 7;
    struct rvi_dc dc;
    uint64_t at;

    for (uint32_t id = 0; id >> bits == 0;) {
        if (rvi_ddt_find(&monitor->ddt, id, false, &at) != RVI_OK) {
            id = (id | ((1u << leaf) - 1)) + 1; /* a whole leaf table is missing */
            continue;
        }
        rvi_dc_load(&monitor->ddt, at, &dc);
        if ((dc.tc & IOMMU_DC_TC_V_MASK) != 0) {
            print("  %06x (%02x:%02x.%x)  tc %lx iohgatp %lx ta %lx fsc %lx\n", id, id >> 8,
                  id >> 3 & 0x1f, id & 7, dc.tc, dc.iohgatp, dc.ta, dc.fsc);
            count++;
        }
        id++;
    }
    print("  %u devices have a context, all others are blocked\n", count);
}
