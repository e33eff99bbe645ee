/* SPDX-License-Identifier: Apache-2.0 */
/* Directories, contexts and page tables, as a test wants them. The image is where guests have it,
 * too: what is behind a second stage needs that mapped first. */
#include "directed.h"

static uint64_t directory;

void store(uint64_t address, uint64_t value)
{
    remember_all();
    image_put(address, 8, false, value);
}

uint64_t new_table(unsigned pages)
{
    uint64_t table = image_take(pages);

    if (table == 0)
        fail("no room for a table");
    return table;
}

uint64_t map(uint64_t root, enum table_scheme scheme, uint64_t address, uint64_t target,
             unsigned level)
{
    unsigned bits = scheme == SV32 ? 10 : 9, bytes = scheme == SV32 ? 4 : 8;
    uint64_t table = root;

    for (unsigned at = scheme == SV32 ? 1 : 2;; at--) {
        unsigned wide = scheme == SV39X4 && at == 2 ? 11 : bits;
        uint64_t index = address >> (12 + bits * at) & ((1ull << wide) - 1);
        uint64_t place = table + index * bytes, entry = image_word(place, bytes, false);

        remember_all();
        if (at == level) {
            image_put(place, bytes, false,
                      IOMMU_PREP(IOMMU_PTE_PPN, target >> 12) | IOMMU_PTE_V_MASK |
                          IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_U_MASK |
                          IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK);
            return place;
        }
        if ((entry & IOMMU_PTE_V_MASK) == 0) {
            entry = IOMMU_PREP(IOMMU_PTE_PPN, new_table(1) >> 12) | IOMMU_PTE_V_MASK;
            image_put(place, bytes, false, entry);
        }
        table = IOMMU_GET(entry, IOMMU_PTE_PPN) << 12;
    }
}

void change_target(uint64_t pte, uint64_t target)
{
    uint64_t entry = image_word(pte, 8, false);

    store(pte, (entry & ~IOMMU_PTE_PPN_MASK) | IOMMU_PREP(IOMMU_PTE_PPN, target >> 12));
}

void set_mode(uint64_t mode)
{
    set_register(IOMMU_REG_DDTP, 8,
                 IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, mode) |
                     IOMMU_PREP(IOMMU_DDTP_PPN, directory >> 12));
    for (unsigned i = 0; (get_register(IOMMU_REG_DDTP) & IOMMU_DDTP_BUSY_MASK) != 0; i++) {
        if (i == 1000)
            fail("ddtp stays busy");
        if (bench.failed)
            return;
    }
}

void tables_begin(void)
{
    directory = new_table(1);
    set_mode(IOMMU_DDTP_MODE_1LVL);
}

uint64_t context_of(uint32_t device_id)
{
    return directory + device_id * (has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK)
                                        ? IOMMU_DC_EXT_BYTES
                                        : IOMMU_DC_BASE_BYTES);
}

void set_device(uint32_t device_id, const struct context *context)
{
    uint64_t at = context_of(device_id);
    uint64_t first_mode = context->narrow ? IOMMU_IOSATP_MODE_SXL1_SV32 : IOMMU_IOSATP_MODE_SV39;
    uint64_t fsc = 0;

    if (context->process_directory != 0)
        fsc = IOMMU_PREP(IOMMU_PDTP_MODE, IOMMU_PDTP_MODE_PD8) |
              IOMMU_PREP(IOMMU_PDTP_PPN, context->process_directory >> 12);
    else if (context->first != 0)
        fsc = IOMMU_PREP(IOMMU_DC_FSC_MODE, first_mode) |
              IOMMU_PREP(IOMMU_DC_FSC_PPN, context->first >> 12);
    store(at + IOMMU_DC_IOHGATP_OFFSET,
          context->second == 0 ? 0
                               : IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, IOMMU_IOHGATP_MODE_SV39X4) |
                                     IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, (uint64_t)context->gscid) |
                                     IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, context->second >> 12));
    store(at + IOMMU_DC_TA_OFFSET, IOMMU_PREP(IOMMU_DC_TA_PSCID, (uint64_t)context->pscid) |
                                       IOMMU_PREP(IOMMU_DC_TA_RCID, (uint64_t)context->rcid));
    store(at + IOMMU_DC_FSC_OFFSET, fsc);
    store(at + IOMMU_DC_TC_OFFSET,
          IOMMU_DC_TC_V_MASK | (context->narrow ? IOMMU_DC_TC_SXL_MASK : 0) |
              (context->ats ? IOMMU_DC_TC_EN_ATS_MASK : 0) |
              (context->process_directory != 0 ? IOMMU_DC_TC_PDTV_MASK : 0));
}

void set_process(uint64_t process_directory, uint32_t process_id, uint64_t first, uint32_t pscid)
{
    uint64_t at = process_directory + process_id * IOMMU_PC_BYTES;

    store(at + IOMMU_PC_FSC_OFFSET, IOMMU_PREP(IOMMU_PC_FSC_MODE, IOMMU_IOSATP_MODE_SV39) |
                                        IOMMU_PREP(IOMMU_PC_FSC_PPN, first >> 12));
    store(at + IOMMU_PC_TA_OFFSET,
          IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, (uint64_t)pscid));
}
