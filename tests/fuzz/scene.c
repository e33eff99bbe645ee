/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that a run starts with: good ones, so that the first request already walks
 * through everything that the header asks for. Guest physical addresses are offsets in
 * the arena.
 */
#include <string.h>

#include "fuzz.h"

#define PTE_ALL                                                                                    \
    (IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK |                   \
     IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK)

/* The scene of a header of zeroes: Sv39 over Sv39x4, MSIs, ATS, PRI and hardware updates. The
 * header says in what another scene differs. */
#define USUAL_SHAPE                                                                                \
    (0x111u | (IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK | IOMMU_DC_TC_SADE_MASK |         \
               IOMMU_DC_TC_GADE_MASK)                                                              \
                  << 16)

/** What the header says about the scene. */
struct scene {
    unsigned first, second; /**< levels; 0: Bare */
    bool sv32, sv32x4;
    unsigned pdt; /**< levels; 0: none */
    bool msi;
    unsigned ddt;
};

uint64_t word_at(const struct world *world, const uint8_t *memory, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)memory[offset + (world->big_endian ? size - 1 - i : i)] << (8 * i);
    return value;
}

void put_word(const struct world *world, uint8_t *memory, uint64_t offset, unsigned size,
              uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        memory[offset + (world->big_endian ? size - 1 - i : i)] = (uint8_t)(value >> (8 * i));
}

static uint64_t page_number(const struct world *world, unsigned page)
{
    return world->base / PAGE_BYTES + page;
}

static void put(struct world *world, unsigned page, unsigned index, unsigned size, uint64_t value)
{
    put_word(world, world->side[0].memory, (uint64_t)page * PAGE_BYTES + (uint64_t)index * size,
             size, value);
}

/** The widest mode that exists and is not wider than asked for. */
static unsigned supported_levels(const struct world *world, unsigned wanted, uint64_t l3,
                                 uint64_t l4, uint64_t l5)
{
    if (wanted >= 3 && has(world, l5))
        return 5;
    if (wanted >= 2 && has(world, l4))
        return 4;
    return wanted >= 1 && has(world, l3) ? 3 : 0;
}

static struct scene scene_of(const struct world *world, uint32_t shape)
{
    struct scene scene = {0};
    bool gxl = world->gxl;

    scene.sv32 = gxl || ((shape & 7) == 4 && HAS(world, SV32));
    scene.first =
        scene.sv32 ? (HAS(world, SV32) && (shape & 3) != 3 ? 2 : 0)
                   : supported_levels(world, shape & 3, IOMMU_CAPABILITIES_SV39_MASK,
                                      IOMMU_CAPABILITIES_SV48_MASK, IOMMU_CAPABILITIES_SV57_MASK);
    scene.sv32x4 = gxl;
    scene.second =
        gxl ? (HAS(world, SV32X4) && (shape >> 4 & 3) != 0 ? 2 : 0)
            : supported_levels(world, shape >> 4 & 3, IOMMU_CAPABILITIES_SV39X4_MASK,
                               IOMMU_CAPABILITIES_SV48X4_MASK, IOMMU_CAPABILITIES_SV57X4_MASK);
    if ((shape >> 6 & 3) == 1 && HAS(world, PD8))
        scene.pdt = 1;
    if ((shape >> 6 & 3) == 2 && HAS(world, PD17))
        scene.pdt = 2;
    if ((shape >> 6 & 3) == 3 && HAS(world, PD20))
        scene.pdt = 3;
    scene.msi = (shape >> 8 & 1) != 0 && HAS(world, MSI_FLAT);
    scene.ddt = 1 + (shape >> 9 & 3) % 3;
    while ((world->config.ddt_levels >> (scene.ddt - 1) & 1) == 0)
        scene.ddt = scene.ddt % 3 + 1;
    return scene;
}

static uint64_t iosatp(const struct scene *scene, uint64_t root)
{
    static const uint64_t mode[] = {IOMMU_IOSATP_MODE_BARE,      0,
                                    IOMMU_IOSATP_MODE_SXL1_SV32, IOMMU_IOSATP_MODE_SV39,
                                    IOMMU_IOSATP_MODE_SV48,      IOMMU_IOSATP_MODE_SV57};

    return IOMMU_PREP(IOMMU_IOSATP_MODE, mode[scene->first]) | root;
}

/** Page number of a first-stage or PDT page, as its users need it. */
static uint64_t guest_page(const struct world *world, const struct scene *scene, unsigned page)
{
    return scene->second != 0 ? page : page_number(world, page);
}

/** tc: what the shape asks for, as far as it can be legal. */
static uint64_t translation_control(const struct world *world, const struct scene *scene,
                                    uint32_t shape)
{
    uint64_t tc =
        shape >> 16 & (IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK | IOMMU_DC_TC_T2GPA_MASK |
                       IOMMU_DC_TC_DTF_MASK | IOMMU_DC_TC_PRPR_MASK | IOMMU_DC_TC_GADE_MASK |
                       IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_DPE_MASK);

    if (!HAS(world, ATS))
        tc &= ~(IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK | IOMMU_DC_TC_PRPR_MASK);
    if ((tc & IOMMU_DC_TC_EN_ATS_MASK) == 0)
        tc &= ~(IOMMU_DC_TC_EN_PRI_MASK | IOMMU_DC_TC_T2GPA_MASK);
    if ((tc & IOMMU_DC_TC_EN_PRI_MASK) == 0)
        tc &= ~IOMMU_DC_TC_PRPR_MASK;
    if (!HAS(world, T2GPA) || scene->second == 0)
        tc &= ~IOMMU_DC_TC_T2GPA_MASK;
    if (!HAS(world, AMO_HWAD))
        tc &= ~(IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK);
    if (scene->pdt == 0)
        tc &= ~IOMMU_DC_TC_DPE_MASK;
    else
        tc |= IOMMU_DC_TC_PDTV_MASK;
    if (world->big_endian)
        tc |= IOMMU_DC_TC_SBE_MASK;
    if (scene->sv32)
        tc |= IOMMU_DC_TC_SXL_MASK;
    return tc | IOMMU_DC_TC_V_MASK;
}

void scene_device_context(const struct world *world, unsigned device, uint32_t shape,
                          uint64_t *word)
{
    static const uint64_t mode[] = {0,
                                    0,
                                    IOMMU_IOHGATP_MODE_GXL1_SV32X4,
                                    IOMMU_IOHGATP_MODE_SV39X4,
                                    IOMMU_IOHGATP_MODE_SV48X4,
                                    IOMMU_IOHGATP_MODE_SV57X4};
    struct scene scene = scene_of(world, shape);

    memset(word, 0, 8 * sizeof(*word));
    word[0] = translation_control(world, &scene, shape);
    word[1] = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, mode[scene.second]) |
              IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, device / 2) | page_number(world, PAGE_SECOND_ROOT);
    word[2] = IOMMU_PREP(IOMMU_DC_TA_PSCID, device);
    if (HAS(world, QOSID))
        word[2] |= IOMMU_PREP(IOMMU_DC_TA_RCID, (1u << world->config.rcid_bits) - 1) |
                   IOMMU_PREP(IOMMU_DC_TA_MCID, (1u << world->config.mcid_bits) - 1);
    if (scene.pdt != 0)
        word[3] = IOMMU_PREP(IOMMU_DC_FSC_MODE, scene.pdt) |
                  guest_page(world, &scene, PAGE_PDT + scene.pdt - 1);
    else if (scene.first != 0)
        word[3] = iosatp(&scene, guest_page(world, &scene, PAGE_FIRST + scene.first - 1));
    if (scene.msi && (scene.second != 0 || !world->config.check_bare_msiptp)) {
        word[4] = IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, IOMMU_MSIPTP_MODE_FLAT) |
                  page_number(world, PAGE_MSI_PT);
        word[5] = MSI_GUEST_MASK;
        word[6] = MSI_GUEST_PAGE;
    }
}

/** A page's worth of leaves: mostly plain, some with a peculiarity by their index. */
static uint64_t peculiar_flags(const struct world *world, unsigned index, bool wide)
{
    static const uint16_t without[16] = {[8] = IOMMU_PTE_U_MASK,
                                         [9] = IOMMU_PTE_W_MASK,
                                         [10] = IOMMU_PTE_A_MASK,
                                         [11] = IOMMU_PTE_D_MASK,
                                         [12] = IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK,
                                         [13] = IOMMU_PTE_X_MASK,
                                         [14] = IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK};
    uint64_t flags = PTE_ALL & ~(uint64_t)without[index % 16];

    if (index % 8 == 5)
        flags |= IOMMU_PTE_G_MASK;
    if (wide && index % 8 == 6 && HAS(world, SVPBMT))
        flags |= IOMMU_PREP(IOMMU_PTE_PBMT, 1 + index / 8 % 2);
    return flags;
}

/** Non-leaf entries at index 0 from the root down, and a superpage beside the last. */
static void build_upper_levels(struct world *world, const unsigned *page, unsigned levels,
                               unsigned size, uint64_t first_ppn)
{
    for (unsigned level = levels - 1; level > 0; level--)
        put(world, page[level], 0, size,
            IOMMU_PREP(IOMMU_PTE_PPN, first_ppn + page[level - 1]) | IOMMU_PTE_V_MASK);
    put(world, page[1], 1, size,
        PTE_ALL | IOMMU_PREP(IOMMU_PTE_PPN, first_ppn & ~(size == 4 ? 0x3ffull : 0x1ffull)));
}

static void build_first(struct world *world, const struct scene *scene)
{
    unsigned page[] = {PAGE_FIRST, PAGE_FIRST + 1, PAGE_FIRST + 2, PAGE_FIRST + 3, PAGE_FIRST + 4};
    unsigned size = scene->sv32 ? 4 : 8;
    uint64_t ppn = guest_page(world, scene, 0);

    if (scene->first == 0)
        return;
    build_upper_levels(world, page, scene->first, size, ppn);
    for (unsigned i = 0; i < 64; i++) {
        unsigned to = i < ARENA_PAGES ? (i < 16 ? PAGE_DATA + i % 4 : i) : i;

        put(world, PAGE_FIRST, i, size,
            IOMMU_PREP(IOMMU_PTE_PPN, ppn + to) | peculiar_flags(world, i, size == 8));
    }
    for (unsigned i = 64; i < 80 && size == 8; i++) /* 64 KiB in one */
        put(world, PAGE_FIRST, i, size,
            IOMMU_PREP(IOMMU_PTE_PPN, (ppn & ~0xfull) + 0x18) | PTE_ALL | IOMMU_PTE_N_MASK);
    /* Another root for process contexts, with the same tables below. */
    put(world, PAGE_OTHER_FIRST, 0, size,
        IOMMU_PREP(IOMMU_PTE_PPN, ppn + page[scene->first - 2]) | IOMMU_PTE_V_MASK |
            IOMMU_PTE_G_MASK);
}

static void build_second(struct world *world, const struct scene *scene, bool peculiar)
{
    unsigned page[] = {PAGE_SECOND, PAGE_SECOND + 1, PAGE_SECOND + 2, PAGE_SECOND + 3, 0};
    unsigned size = scene->sv32x4 ? 4 : 8;

    if (scene->second == 0)
        return;
    page[scene->second - 1] = PAGE_SECOND_ROOT;
    build_upper_levels(world, page, scene->second, size, page_number(world, 0));
    for (unsigned i = 0; i < 80; i++) {
        uint64_t flags = i < PAGE_DATA || !peculiar ? PTE_ALL : peculiar_flags(world, i, size == 8);

        put(world, PAGE_SECOND, i, size,
            IOMMU_PREP(IOMMU_PTE_PPN, page_number(world, i % ARENA_PAGES)) | flags);
    }
}

static void build_directories(struct world *world, uint32_t shape, const struct scene *scene)
{
    unsigned size = HAS(world, MSI_FLAT) ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES;
    uint64_t ppn = guest_page(world, scene, 0);

    for (unsigned level = 1; level < 3; level++) {
        put(world, PAGE_DDT + level, 0, 8,
            IOMMU_PREP(IOMMU_DDTE_PPN, page_number(world, PAGE_DDT + level - 1)) |
                IOMMU_DDTE_V_MASK);
        put(world, PAGE_PDT + level, 0, 8,
            IOMMU_PREP(IOMMU_PDTE_PPN, ppn + PAGE_PDT + level - 1) | IOMMU_PDTE_V_MASK);
    }
    for (unsigned device = 0; device < 4; device++) {
        uint64_t word[8];

        scene_device_context(world, device, shape, word);
        for (unsigned i = 0; i < size / 8; i++)
            put(world, PAGE_DDT, device * size / 8 + i, 8, word[i]);
    }
    for (unsigned process = 0; process < 4; process++) {
        unsigned root = process == 3 ? PAGE_OTHER_FIRST : PAGE_FIRST + scene->first - 1;

        put(world, PAGE_PDT, process * 2, 8,
            IOMMU_PC_TA_V_MASK | (process & 1 ? IOMMU_PC_TA_ENS_MASK : 0) |
                (process & 2 ? IOMMU_PC_TA_SUM_MASK : 0) | IOMMU_PREP(IOMMU_PC_TA_PSCID, process));
        if (scene->first != 0)
            put(world, PAGE_PDT, process * 2 + 1, 8, iosatp(scene, ppn + root));
    }
}

static void build_msi(struct world *world)
{
    for (unsigned i = 0; i <= MSI_GUEST_MASK; i++) {
        uint64_t low = IOMMU_MSIPTE_V_MASK, high = 0;

        if (i % 2 == 0) {
            low |= IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_BASIC) |
                   IOMMU_PREP(IOMMU_MSIPTE_PPN, page_number(world, PAGE_OUT));
        } else {
            uint64_t file = world->base + PAGE_MRIF * PAGE_BYTES + i / 2 * IOMMU_MRIF_BYTES;

            low |= IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_MRIF) |
                   IOMMU_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS, file >> 9);
            high = IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, page_number(world, PAGE_OUT)) |
                   IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_9_0, i);
        }
        put(world, PAGE_MSI_PT, i * 2, 8, low);
        put(world, PAGE_MSI_PT, i * 2 + 1, 8, high);
    }
}

static void start_queues(struct world *world)
{
    uint8_t byte = world->setup.bytes[28];
    uint64_t small = (byte >> 4 & 7) ^ 2; /* queues of 2 to 256 entries */
    uint64_t csr = IOMMU_CQCSR_CQEN_MASK | ((byte & 8) == 0 ? IOMMU_CQCSR_CIE_MASK : 0);

    mmio_write(world, IOMMU_REG_CQB, 8, 7 | IOMMU_PREP(IOMMU_CQB_PPN, page_number(world, PAGE_CQ)));
    mmio_write(world, IOMMU_REG_FQB, 8,
               small | IOMMU_PREP(IOMMU_FQB_PPN, page_number(world, PAGE_FQ)));
    mmio_write(world, IOMMU_REG_PQB, 8,
               small | IOMMU_PREP(IOMMU_PQB_PPN, page_number(world, PAGE_PQ)));
    for (unsigned i = 0; i < world->config.vector_bits; i++)
        mmio_write(world, IOMMU_REG_MSI_ADDR(i), 8,
                   world->base + PAGE_OUT * PAGE_BYTES + 0x800 + i * 4);
    if (world->setup.coherent || (byte & 1) == 0)
        mmio_write(world, IOMMU_REG_CQCSR, 4, csr);
    if ((byte & 2) == 0)
        mmio_write(world, IOMMU_REG_FQCSR, 4, csr);
    if ((byte & 4) == 0)
        mmio_write(world, IOMMU_REG_PQCSR, 4, csr);
}

void scene_build(struct world *world)
{
    const uint8_t *byte = world->setup.bytes;
    uint32_t shape =
        byte[20] | (uint32_t)byte[21] << 8 | (uint32_t)byte[22] << 16 | (uint32_t)byte[23] << 24;
    struct scene scene;
    uint32_t fctl;

    shape ^= USUAL_SHAPE;
    mmio_write(world, IOMMU_REG_FCTL, 4, byte[24]);
    fctl = (uint32_t)mmio_read(world, IOMMU_REG_FCTL, 4);
    world->big_endian = (fctl & IOMMU_FCTL_BE_MASK) != 0;
    world->gxl = (fctl & IOMMU_FCTL_GXL_MASK) != 0;
    scene = scene_of(world, shape);
    build_first(world, &scene);
    build_second(world, &scene, (shape >> 12 & 1) != 0);
    build_directories(world, shape, &scene);
    build_msi(world);
    /* Nothing is cached or in a history yet: the other memory may simply be made equal. */
    memcpy(world->side[1].memory, world->side[0].memory, ARENA_BYTES);
    start_queues(world);
    if (byte[25] % 8 != 7)
        mmio_write(world, IOMMU_REG_DDTP, 8,
                   IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, byte[25] % 8 == 6
                                                         ? IOMMU_DDTP_MODE_BARE
                                                         : IOMMU_DDTP_MODE_1LVL + scene.ddt - 1) |
                       IOMMU_PREP(IOMMU_DDTP_PPN, page_number(world, PAGE_DDT + scene.ddt - 1)));
    for (unsigned i = 1; i <= 3 && !world->setup.coherent; i++) /* some events are counted */
        mmio_write(world, IOMMU_REG_IOHPMEVT(i), 8, byte[28 + i] & 0x0f);
}
