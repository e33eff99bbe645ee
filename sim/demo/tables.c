/* SPDX-License-Identifier: Apache-2.0 */
/* What software has set up for the devices: a directory, contexts, page tables. */
#include "demo.h"

#define GUEST_TABLES 0x88000000ull /* where the guest sees its page tables */

/* Bus, device, function. */
const uint32_t device_ids[CAST] = {0x0018, 0x0100, 0x0208, 0x0500};
const char *const device_names[CAST] = {"NIC", "NVMe drive", "VM's accelerator", "rogue"};
uint64_t tables_ddtp;

static uint64_t roots[CAST], guest_root;

static void store(uint64_t address, uint64_t value)
{
    image_put(address, 8, false, value);
}

static uint64_t take(unsigned pages)
{
    uint64_t page = image_take(pages);

    if (page == 0)
        fail("the demonstration has no room for its tables");
    return page;
}

/** A page table, as its own tables point to it. */
static uint64_t pointer_to(enum who who, uint64_t table)
{
    return who == GUEST ? table - image.base + GUEST_TABLES : table;
}

static uint64_t table_at(enum who who, uint64_t pointer)
{
    return who == GUEST ? pointer - GUEST_TABLES + image.base : pointer;
}

static uint64_t take_table(enum who who)
{
    uint64_t table = take(1);

    if (who == GUEST)
        tables_map_guest(pointer_to(who, table), table);
    return table;
}

static uint64_t map(uint64_t root, enum who who, unsigned root_bits, uint64_t address,
                    uint64_t target, unsigned level, uint64_t rights)
{
    uint64_t table = root;

    for (unsigned at = 2;; at--) {
        uint64_t index = address >> (12 + 9 * at) & ((1ull << (at == 2 ? root_bits : 9)) - 1);
        uint64_t place = table + index * 8, entry = image_word(place, 8, false);

        if (at == level) {
            store(place, IOMMU_PREP(IOMMU_PTE_PPN, target >> 12) | IOMMU_PTE_V_MASK |
                             IOMMU_PTE_U_MASK | rights);
            return place;
        }
        if ((entry & IOMMU_PTE_V_MASK) == 0) {
            uint64_t lower = take_table(who);

            entry = IOMMU_PREP(IOMMU_PTE_PPN, pointer_to(who, lower) >> 12) | IOMMU_PTE_V_MASK;
            store(place, entry);
        }
        table = table_at(who, IOMMU_GET(entry, IOMMU_PTE_PPN) << 12);
    }
}

uint64_t tables_map(enum who who, uint64_t iova, uint64_t target, unsigned level, uint64_t rights)
{
    return map(roots[who], who, 9, iova, target, level, rights);
}

uint64_t tables_map_guest(uint64_t gpa, uint64_t target)
{
    /* The host's own tables are not behind a second stage. */
    return map(guest_root, CAST, 11, gpa, target, 0, RIGHTS_RW);
}

void tables_unmap(uint64_t pte)
{
    store(pte, 0);
}

/* --- contexts ------------------------------------------------------------------------------------
 */

static uint64_t context_of(uint32_t device_id)
{
    uint64_t table = IOMMU_GET(tables_ddtp, IOMMU_DDTP_PPN) << 12;

    for (unsigned at = 2; at > 0; at--) {
        uint64_t place = table + (device_id >> (at == 2 ? 15 : 6) & 0x1ff) * 8;
        uint64_t entry = image_word(place, 8, false);

        if ((entry & IOMMU_DDTE_V_MASK) == 0) {
            entry = IOMMU_PREP(IOMMU_DDTE_PPN, take(1) >> 12) | IOMMU_DDTE_V_MASK;
            store(place, entry);
        }
        table = IOMMU_GET(entry, IOMMU_DDTE_PPN) << 12;
    }
    return table + (device_id & 63) * IOMMU_DC_EXT_BYTES;
}

/** Basic MSI PTEs: guest interrupt file n is the host's file 4 + n. */
static uint64_t msi_table(void)
{
    uint64_t table = take(1);

    for (unsigned i = 0; i < GUEST_FILES; i++)
        store(table + i * 16, IOMMU_MSIPTE_V_MASK |
                                  IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_BASIC) |
                                  IOMMU_PREP(IOMMU_MSIPTE_PPN, (INTERRUPT_FILES >> 12) + 4 + i));
    return table;
}

static void guest_context(uint64_t context)
{
    store(context + IOMMU_DC_IOHGATP_OFFSET,
          IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, IOMMU_IOHGATP_MODE_SV39X4) |
              IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 9) |
              IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, guest_root >> 12));
    store(context + IOMMU_DC_MSIPTP_OFFSET,
          IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, IOMMU_MSIPTP_MODE_FLAT) |
              IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, msi_table() >> 12));
    store(context + IOMMU_DC_MSI_ADDR_MASK_OFFSET, GUEST_FILES - 1);
    store(context + IOMMU_DC_MSI_ADDR_PATTERN_OFFSET, GUEST_FILE_PAGE);
}

void tables_build(void)
{
    tables_ddtp = IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, IOMMU_DDTP_MODE_3LVL) |
                  IOMMU_PREP(IOMMU_DDTP_PPN, take(1) >> 12);
    guest_root = take(4);
    for (unsigned who = 0; who < CAST; who++) {
        uint64_t context = context_of(device_ids[who]);

        roots[who] = take_table((enum who)who);
        if (who == GUEST)
            guest_context(context);
        store(context + IOMMU_DC_TA_OFFSET, IOMMU_PREP(IOMMU_DC_TA_PSCID, who + 1));
        store(context + IOMMU_DC_FSC_OFFSET,
              IOMMU_PREP(IOMMU_DC_FSC_MODE, IOMMU_IOSATP_MODE_SV39) |
                  IOMMU_PREP(IOMMU_DC_FSC_PPN, pointer_to((enum who)who, roots[who]) >> 12));
        store(context + IOMMU_DC_TC_OFFSET, IOMMU_DC_TC_V_MASK);
    }
}
