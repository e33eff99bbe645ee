/* SPDX-License-Identifier: Apache-2.0 */
/* Builders of the in-memory structures: directories, contexts, page tables, MSI tables. */
#include "harness.h"

#define PAGE_LOG2 12

/* --- device directory -------------------------------------------------------------- */

struct dc bench_dc(const struct bench *b)
{
    struct dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    uint64_t fctl = 0;
    if (iommu_mmio_read(b->iommu, IOMMU_REG_FCTL, IOMMU_REG_FCTL_BYTES, &fctl) != IOMMU_MMIO_OK)
        test_fatal(HERE, "fctl cannot be read");
    if ((fctl & IOMMU_FCTL_GXL_MASK) != 0)
        dc.tc |= IOMMU_DC_TC_SXL_MASK;
    if ((fctl & IOMMU_FCTL_BE_MASK) != 0)
        dc.tc |= IOMMU_DC_TC_SBE_MASK;
    return dc;
}

unsigned bench_dc_size(const struct bench *b)
{
    return b->extended ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES;
}

/* DDI[level] of a device_id: 7, 9, 8 bits with base-format, 6, 9, 9 with extended-format
 * device contexts. */
static uint32_t ddt_index(const struct bench *b, uint32_t device_id, unsigned level)
{
    unsigned leaf_bits = b->extended ? 6 : 7;
    if (level == 0)
        return device_id & ((1u << leaf_bits) - 1);
    if (level == 1)
        return device_id >> leaf_bits & 0x1ff;
    return device_id >> (leaf_bits + 9);
}

uint64_t bench_ddt_entry(struct bench *b, uint32_t device_id, unsigned level)
{
    uint64_t table = b->ddt_root;
    REQUIRE(level < b->levels);
    for (unsigned i = b->levels - 1; i > level; i--) {
        uint64_t entry = table + 8u * ddt_index(b, device_id, i);
        if ((bench_get64(b, entry) & IOMMU_DDTE_V_MASK) == 0)
            bench_put64(b, entry,
                        IOMMU_DDTE_V_MASK | IOMMU_PREP(IOMMU_DDTE_PPN, bench_page(b) >> PAGE_LOG2));
        table = IOMMU_GET(bench_get64(b, entry), IOMMU_DDTE_PPN) << PAGE_LOG2;
    }
    return table + (level == 0 ? bench_dc_size(b) : 8u) * ddt_index(b, device_id, level);
}

void bench_write_dc(struct bench *b, uint32_t device_id, const struct dc *dc)
{
    const uint64_t word[8] = {dc->tc,
                              dc->iohgatp,
                              dc->ta,
                              dc->fsc,
                              dc->msiptp,
                              dc->msi_addr_mask,
                              dc->msi_addr_pattern,
                              dc->reserved};
    uint64_t address = bench_ddt_entry(b, device_id, 0);
    for (unsigned i = 0; i < bench_dc_size(b) / 8; i++)
        bench_put64(b, address + 8 * i, word[i]);
}

/* --- page tables ------------------------------------------------------------------- */

/* What differs between the modes. */
struct pt_shape {
    uint8_t levels;
    uint8_t index_bits; /* of each level but an x4 root, which has 2 more */
    uint8_t input_bits;
    uint8_t pte_size;
    uint8_t encoding;
    bool x4;
};

static const struct pt_shape *shape(enum pt_mode mode)
{
    static const struct pt_shape shapes[PT_MODES] = {
        [PT_SV32] = {2, 10, 32, 4, IOMMU_IOSATP_MODE_SXL1_SV32, false},
        [PT_SV39] = {3, 9, 39, 8, IOMMU_IOSATP_MODE_SV39, false},
        [PT_SV48] = {4, 9, 48, 8, IOMMU_IOSATP_MODE_SV48, false},
        [PT_SV57] = {5, 9, 57, 8, IOMMU_IOSATP_MODE_SV57, false},
        [PT_SV32X4] = {2, 10, 34, 4, IOMMU_IOHGATP_MODE_GXL1_SV32X4, true},
        [PT_SV39X4] = {3, 9, 41, 8, IOMMU_IOHGATP_MODE_SV39X4, true},
        [PT_SV48X4] = {4, 9, 50, 8, IOMMU_IOHGATP_MODE_SV48X4, true},
        [PT_SV57X4] = {5, 9, 59, 8, IOMMU_IOHGATP_MODE_SV57X4, true},
    };
    return &shapes[mode];
}

unsigned pt_levels(enum pt_mode mode)
{
    return shape(mode)->levels;
}

bool pt_is_x4(enum pt_mode mode)
{
    return shape(mode)->x4;
}

unsigned pt_input_bits(enum pt_mode mode)
{
    return shape(mode)->input_bits;
}

unsigned pt_page_log2(enum pt_mode mode, unsigned level)
{
    return PAGE_LOG2 + level * shape(mode)->index_bits;
}

unsigned pt_pte_size(enum pt_mode mode)
{
    return shape(mode)->pte_size;
}

uint64_t pt_mode_encoding(enum pt_mode mode)
{
    return shape(mode)->encoding;
}

/* A zeroed page for a guest's table, mapped in its second stage; or a plain page. */
static uint64_t table_page(struct bench *b, const struct guest *guest)
{
    uint64_t page = bench_page(b);
    if (guest->second != NULL)
        pt_map(guest->second, page + guest->offset, page, 0, P_ALL & ~P_X);
    return page;
}

struct page_table pt_create_guest(struct bench *b, enum pt_mode mode, struct guest guest)
{
    struct page_table pt = {.bench = b, .mode = mode, .big_endian = b->big_endian, .guest = guest};
    if (pt_is_x4(mode))
        pt.root = bench_alloc(b, 4 * 4096, 4 * 4096);
    else
        pt.root = table_page(b, &guest);
    return pt;
}

struct page_table pt_create(struct bench *b, enum pt_mode mode)
{
    return pt_create_guest(b, mode, (struct guest){.second = NULL, .offset = 0});
}

static uint64_t pt_index(const struct page_table *pt, uint64_t va, unsigned level)
{
    const struct pt_shape *s = shape(pt->mode);
    unsigned bits = s->index_bits;
    if (s->x4 && level == s->levels - 1u)
        bits += 2;
    return va >> pt_page_log2(pt->mode, level) & ((1u << bits) - 1);
}

uint64_t pt_pte(uint64_t pa, uint64_t flags)
{
    return pa >> PAGE_LOG2 << IOMMU_PTE_PPN_SHIFT | flags;
}

void pt_write(struct page_table *pt, uint64_t pte_address, uint64_t value)
{
    bench_put(pt->bench, pte_address, pt_pte_size(pt->mode), value, pt->big_endian);
}

uint64_t pt_read(struct page_table *pt, uint64_t pte_address)
{
    return bench_get(pt->bench, pte_address, pt_pte_size(pt->mode), pt->big_endian);
}

uint64_t pt_entry(struct page_table *pt, uint64_t va, unsigned level)
{
    uint64_t table = pt->root;
    REQUIRE(level < pt_levels(pt->mode));
    for (unsigned i = pt_levels(pt->mode) - 1; i > level; i--) {
        uint64_t entry = table + pt_pte_size(pt->mode) * pt_index(pt, va, i);
        uint64_t pte = pt_read(pt, entry);
        if ((pte & P_V) == 0) {
            pte = pt_pte(table_page(pt->bench, &pt->guest) + pt->guest.offset, P_V);
            pt_write(pt, entry, pte);
        }
        REQUIRE((pte & (P_R | P_W | P_X)) == 0);
        table = (IOMMU_GET(pte, IOMMU_PTE_PPN) << PAGE_LOG2) - pt->guest.offset;
    }
    return table + pt_pte_size(pt->mode) * pt_index(pt, va, level);
}

uint64_t pt_entry_gpa(struct page_table *pt, uint64_t va, unsigned level)
{
    return pt_entry(pt, va, level) + pt->guest.offset;
}

uint64_t pt_map(struct page_table *pt, uint64_t va, uint64_t pa, unsigned level, uint64_t flags)
{
    uint64_t entry = pt_entry(pt, va, level);
    pt_write(pt, entry, pt_pte(pa, flags));
    return entry;
}

void pt_map_napot(struct page_table *pt, uint64_t va, uint64_t pa, uint64_t flags)
{
    /* 64 KiB: the four low bits of the PPN hold 1000. */
    uint64_t encoded = (pa & ~0xffffull) | 8u << PAGE_LOG2;
    for (uint64_t i = 0; i < 16; i++)
        pt_map(pt, (va & ~0xffffull) + (i << PAGE_LOG2), encoded, 0, flags | P_N);
}

uint64_t pt_iosatp(const struct page_table *pt)
{
    return IOMMU_PREP(IOMMU_IOSATP_MODE, pt_mode_encoding(pt->mode)) |
           IOMMU_PREP(IOMMU_IOSATP_PPN, (pt->root + pt->guest.offset) >> PAGE_LOG2);
}

static void remember_gscid(struct bench *b, uint16_t gscid)
{
    for (size_t i = 0; i < b->gscids; i++) {
        if (b->gscid[i] == gscid)
            return;
    }
    REQUIRE(b->gscids < BENCH_GSCIDS);
    b->gscid[b->gscids++] = gscid;
}

uint64_t pt_iohgatp(const struct page_table *pt, uint16_t gscid)
{
    remember_gscid(pt->bench, gscid);
    return IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, pt_mode_encoding(pt->mode)) |
           IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, gscid) |
           IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, pt->root >> PAGE_LOG2);
}

/* --- process directory ------------------------------------------------------------- */

struct pdt pdt_create_guest(struct bench *b, unsigned mode, struct guest guest)
{
    REQUIRE(mode >= IOMMU_PDTP_MODE_PD8 && mode <= IOMMU_PDTP_MODE_PD20);
    return (struct pdt){.bench = b,
                        .mode = mode,
                        .big_endian = b->big_endian,
                        .guest = guest,
                        .root = table_page(b, &guest)};
}

struct pdt pdt_create(struct bench *b, unsigned mode)
{
    return pdt_create_guest(b, mode, (struct guest){.second = NULL, .offset = 0});
}

/* PDI[level]: 8, 9 and 3 bits of the process_id. */
static uint32_t pdt_index(uint32_t process_id, unsigned level)
{
    if (level == 0)
        return process_id & 0xff;
    if (level == 1)
        return process_id >> 8 & 0x1ff;
    return process_id >> 17 & 0x7;
}

uint64_t pdt_entry(struct pdt *pdt, uint32_t process_id, unsigned level)
{
    uint64_t table = pdt->root;
    REQUIRE(level < pdt->mode); /* PD8, PD17, PD20 are 1, 2, 3: as many levels */
    for (unsigned i = pdt->mode - 1; i > level; i--) {
        uint64_t entry = table + 8u * pdt_index(process_id, i);
        uint64_t pdte = bench_get(pdt->bench, entry, 8, pdt->big_endian);
        if ((pdte & IOMMU_PDTE_V_MASK) == 0) {
            uint64_t page = table_page(pdt->bench, &pdt->guest) + pdt->guest.offset;
            pdte = IOMMU_PDTE_V_MASK | IOMMU_PREP(IOMMU_PDTE_PPN, page >> PAGE_LOG2);
            bench_put(pdt->bench, entry, 8, pdte, pdt->big_endian);
        }
        table = (IOMMU_GET(pdte, IOMMU_PDTE_PPN) << PAGE_LOG2) - pdt->guest.offset;
    }
    return table + (level == 0 ? IOMMU_PC_BYTES : 8u) * pdt_index(process_id, level);
}

uint64_t pdt_entry_gpa(struct pdt *pdt, uint32_t process_id, unsigned level)
{
    return pdt_entry(pdt, process_id, level) + pdt->guest.offset;
}

void pdt_write_pc(struct pdt *pdt, uint32_t process_id, const struct pc *pc)
{
    uint64_t address = pdt_entry(pdt, process_id, 0);
    bench_put(pdt->bench, address, 8, pc->ta, pdt->big_endian);
    bench_put(pdt->bench, address + 8, 8, pc->fsc, pdt->big_endian);
}

uint64_t pdt_pdtp(const struct pdt *pdt)
{
    return IOMMU_PREP(IOMMU_PDTP_MODE, pdt->mode) |
           IOMMU_PREP(IOMMU_PDTP_PPN, (pdt->root + pdt->guest.offset) >> PAGE_LOG2);
}

struct pc pc_bare(void)
{
    return (struct pc){.ta = IOMMU_PC_TA_V_MASK, .fsc = 0};
}

/* --- MSI page tables --------------------------------------------------------------- */

uint64_t msi_pt_create(struct bench *b, unsigned log2_entries)
{
    uint64_t size = (uint64_t)IOMMU_MSIPTE_BYTES << log2_entries;
    uint64_t align = size < 4096 ? 4096 : size;
    return bench_alloc(b, align, align);
}

struct msi_pte msi_pte_basic(uint64_t page)
{
    return (struct msi_pte){{IOMMU_MSIPTE_V_MASK |
                                 IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_BASIC) |
                                 IOMMU_PREP(IOMMU_MSIPTE_PPN, page >> PAGE_LOG2),
                             0}};
}

struct msi_pte msi_pte_mrif(uint64_t mrif, uint64_t notice_page, uint32_t nid)
{
    return (struct msi_pte){{IOMMU_MSIPTE_MRIF_V_MASK |
                                 IOMMU_PREP(IOMMU_MSIPTE_MRIF_M, IOMMU_MSIPTE_M_MRIF) |
                                 IOMMU_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS, mrif >> 9),
                             IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_9_0, nid & 0x3ff) |
                                 IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, notice_page >> PAGE_LOG2) |
                                 IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_10, nid >> 10)}};
}

void msi_pt_write(struct bench *b, uint64_t table, unsigned index, struct msi_pte pte)
{
    bench_put64(b, table + (uint64_t)IOMMU_MSIPTE_BYTES * index, pte.dw[0]);
    bench_put64(b, table + (uint64_t)IOMMU_MSIPTE_BYTES * index + 8, pte.dw[1]);
}

uint64_t msi_msiptp(uint64_t table)
{
    return IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, IOMMU_MSIPTP_MODE_FLAT) |
           IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, table >> PAGE_LOG2);
}

uint64_t mrif_create(struct bench *b)
{
    return bench_alloc(b, IOMMU_MRIF_BYTES, IOMMU_MRIF_BYTES);
}
