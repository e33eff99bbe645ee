/* SPDX-License-Identifier: Apache-2.0 */
/* Random tables, and requests that find their way in them. */
#include "bench.h"

/* Pages by what they hold: contexts, DDT entries, MSI page tables, process contexts, page tables.
 */
enum { PAGE_CONTEXTS = 0, PAGE_DDT = 1, PAGE_MSI = 2, PAGE_PROCESSES = 4, PAGE_TABLES = 16 };

#define PAGE_BYTES 4096u
#define FIRST_PPN (WORLD_BASE / PAGE_BYTES)
#define MSI_PAGES 0x1000u /* guest page number of the first interrupt file */

static bool swapped;
static uint8_t *memory;

static void put(unsigned page, unsigned offset, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        memory[page * PAGE_BYTES + offset + (swapped ? 7 - i : i)] = (uint8_t)(value >> (8 * i));
}

static uint64_t table_ppn(void)
{
    return FIRST_PPN + PAGE_TABLES + below(WORLD_PAGES - PAGE_TABLES);
}

static uint64_t random_pte(void)
{
    uint64_t ppn = table_ppn(), value;

    if (one_in(3))
        return IOMMU_PTE_V_MASK | IOMMU_PREP(IOMMU_PTE_PPN, ppn);
    value = IOMMU_PTE_V_MASK | IOMMU_PTE_A_MASK | IOMMU_PTE_R_MASK;
    value |= one_in(4) ? 0 : IOMMU_PTE_U_MASK;
    value |= one_in(4) ? 0 : IOMMU_PTE_W_MASK;
    value |= one_in(4) ? 0 : IOMMU_PTE_D_MASK;
    value |= one_in(2) ? 0 : IOMMU_PTE_X_MASK;
    value |= one_in(2) ? IOMMU_PTE_G_MASK : 0;
    if (one_in(8)) /* execute-only, or not legal */
        value &= ~(uint64_t)(IOMMU_PTE_R_MASK | (one_in(4) ? 0 : IOMMU_PTE_W_MASK));
    if (one_in(20))
        value ^= 1ull << below(64);
    if (one_in(4))
        ppn = MSI_PAGES + below(8);
    else if (one_in(2))
        ppn &= ~(one_in(2) ? 0x1ffull : 0xffffffffffull);
    return value | IOMMU_PREP(IOMMU_PTE_PPN, ppn);
}

/** Process contexts and nested tables behind them; everything that can be asked for. */
static void make_context(unsigned number)
{
    bool ats = !one_in(6), processes = number % 4 == 1, nested = one_in(2), plain = number % 4 == 0;
    uint64_t tc = IOMMU_PREP(IOMMU_DC_TC_V, !one_in(15)), word[8] = {0};

    if (plain) /* for MSIs: the first stage is Bare */
        nested = true;
    tc |= ats ? IOMMU_DC_TC_EN_ATS_MASK : 0;
    tc |= ats && !one_in(3) ? IOMMU_DC_TC_EN_PRI_MASK : 0;
    if ((tc & IOMMU_DC_TC_EN_PRI_MASK) != 0 && one_in(2))
        tc |= IOMMU_DC_TC_PRPR_MASK;
    tc |= ats && nested && one_in(2) ? IOMMU_DC_TC_T2GPA_MASK : 0;
    tc |= one_in(3) ? IOMMU_DC_TC_DTF_MASK : 0;
    tc |= one_in(3) ? IOMMU_DC_TC_GADE_MASK | IOMMU_DC_TC_SADE_MASK : 0;
    tc |= swapped ? IOMMU_DC_TC_SBE_MASK : 0;
    if (processes)
        tc |= IOMMU_DC_TC_PDTV_MASK | (one_in(2) ? IOMMU_DC_TC_DPE_MASK : 0);
    if (one_in(25))
        tc ^= 1ull << below(64);
    word[0] = tc;
    if (nested)
        word[1] = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, 8 + below(3)) |
                  IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, number) |
                  IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, table_ppn() & ~3ull);
    word[2] = IOMMU_PREP(IOMMU_DC_TA_PSCID, number) | IOMMU_PREP(IOMMU_DC_TA_RCID, below(4096)) |
              IOMMU_PREP(IOMMU_DC_TA_MCID, below(4096));
    if ((tc & IOMMU_DC_TC_PDTV_MASK) != 0)
        word[3] = IOMMU_PREP(IOMMU_DC_FSC_MODE, IOMMU_PDTP_MODE_PD8) |
                  IOMMU_PREP(IOMMU_DC_FSC_PPN, FIRST_PPN + PAGE_PROCESSES + below(2));
    else if (!plain && !one_in(3))
        word[3] =
            IOMMU_PREP(IOMMU_DC_FSC_MODE, 8 + below(3)) | IOMMU_PREP(IOMMU_DC_FSC_PPN, table_ppn());
    if (nested && (plain || one_in(2))) {
        word[4] = IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, IOMMU_MSIPTP_MODE_FLAT) |
                  IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, FIRST_PPN + PAGE_MSI + below(2));
        word[5] = 7;
        word[6] = MSI_PAGES;
    }
    for (unsigned i = 0; i < 8; i++)
        put(PAGE_CONTEXTS, number * 64 + i * 8, word[i]);
}

/** An MSI PTE: mostly in MRIF mode. */
static void make_msi_pte(unsigned page, unsigned offset)
{
    uint64_t low = IOMMU_PREP(IOMMU_MSIPTE_V, !one_in(20)), high = random64();

    if (one_in(5)) {
        low |= IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_BASIC) |
               IOMMU_PREP(IOMMU_MSIPTE_PPN, below(0x100000));
    } else {
        low |=
            IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_MRIF) |
            IOMMU_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS, (MRIF_BASE >> 9) + below(MRIF_BYTES >> 9));
        high = IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, (NOTICE_BASE >> 12) + below(64)) |
               IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_9_0, below(1024)) |
               IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_10, below(2));
    }
    if (one_in(25))
        low ^= 1ull << below(64);
    put(page, offset, low);
    put(page, offset + 8, high);
}

void tables_make(uint8_t *bytes, bool be)
{
    memory = bytes;
    swapped = be;
    for (unsigned i = 0; i < 64; i++)
        make_context(i);
    for (unsigned offset = 0; offset < PAGE_BYTES; offset += 8)
        put(PAGE_DDT, offset,
            IOMMU_PREP(IOMMU_DDTE_PPN, FIRST_PPN + (one_in(3) ? PAGE_DDT : PAGE_CONTEXTS)) |
                IOMMU_PREP(IOMMU_DDTE_V, !one_in(20)) | (one_in(20) ? 2u : 0));
    for (unsigned offset = 0; offset < PAGE_BYTES; offset += 16) {
        make_msi_pte(PAGE_MSI, offset);
        make_msi_pte(PAGE_MSI + 1, offset);
        for (unsigned page = PAGE_PROCESSES; page < PAGE_PROCESSES + 2; page++) {
            put(page, offset,
                IOMMU_PREP(IOMMU_PC_TA_V, !one_in(20)) | (one_in(4) ? 0 : 2u) |
                    (one_in(2) ? 4u : 0) | IOMMU_PREP(IOMMU_PC_TA_PSCID, 64 + offset / 16));
            put(page, offset + 8,
                one_in(4) ? 0
                          : IOMMU_PREP(IOMMU_PC_FSC_MODE, 8 + below(3)) |
                                IOMMU_PREP(IOMMU_PC_FSC_PPN, table_ppn()));
        }
    }
    for (unsigned page = PAGE_TABLES; page < WORLD_PAGES; page++) {
        for (unsigned offset = 0; offset < PAGE_BYTES; offset += 8)
            put(page, offset, one_in(10) ? 0 : random_pte());
    }
}

static uint64_t random_iova(void)
{
    switch (below(6)) {
    case 0:
        return random64();
    case 1:
        return random64() >> (5 + below(40));
    case 2:
    case 3:
        return ((uint64_t)(MSI_PAGES + below(8)) << 12) | (one_in(4) ? below(PAGE_BYTES) : 0);
    default:
        return random64() & random64() & 0x7fffffffff;
    }
}

struct iommu_request random_request(enum iommu_request_type type)
{
    struct iommu_request request = {.type = (uint8_t)type, .iova = random_iova()};

    request.device_id = one_in(25) ? below(1 << 24) : below(one_in(12) ? 512 : 64);
    if (request.device_id % 4 == 1 ? !one_in(5) : one_in(12)) {
        request.process_id_valid = true;
        request.process_id = one_in(25) ? below(1 << 20) : below(8);
        request.privileged = one_in(2);
    }
    request.access = (uint8_t)below(type == IOMMU_ATS_TRANSLATION ? 2 : 3);
    request.execute = type == IOMMU_ATS_TRANSLATION && one_in(3);
    return request;
}

uint64_t identity_of(uint32_t device_id, bool valid, uint32_t process_id, bool privileged)
{
    if (!valid)
        return (uint64_t)device_id << 22;
    return (uint64_t)device_id << 22 | 1ull << 21 | (uint64_t)process_id << 1 | privileged;
}
