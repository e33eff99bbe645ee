/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <string.h>

#define TC_BITS 12 /* that have a meaning */
#define LEAF (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

const struct shape *shape_of(unsigned mode, bool sv32)
{
    static const struct shape sv32_shape = {2, 10, 4};
    static const struct shape wide[] = {{3, 9, 8}, {4, 9, 8}, {5, 9, 8}};
    if (sv32)
        return mode == IOMMU_IOSATP_MODE_SXL1_SV32 ? &sv32_shape : NULL;
    if (mode < IOMMU_IOSATP_MODE_SV39 || mode > IOMMU_IOSATP_MODE_SV57)
        return NULL;
    return &wide[mode - IOMMU_IOSATP_MODE_SV39];
}

bool scene_is_data(const struct scene *scene, uint64_t address)
{
    if (address < ARENA_BASE || address >= ARENA_BASE + ARENA_SIZE)
        return true; /* holes, and RAM that nothing else uses */
    return scene->data_page[(address - ARENA_BASE) / PAGE] != 0;
}

/* ------------------------------------------------------------------------- tables --- */

/* Store an entry, and remember that it can be corrupted. */
static void put(struct scene *scene, uint64_t address, unsigned size, uint64_t value, bool pte)
{
    rig_store(scene->rig, address, size, value);
    if (scene->entries < SCENE_ENTRIES)
        scene->entry[scene->entries++] =
            (struct entry){.address = address, .size = (uint8_t)size, .pte = pte};
}

/* A page that a guest owns: the second stage, if there is one, will map it. */
static uint64_t guest_page(struct scene *scene, struct scene_device *device)
{
    uint64_t page = rig_pages(scene->rig, 1, 1);
    if (device->guest_pages < SCENE_GUEST_PAGES)
        device->guest_page[device->guest_pages++] = page;
    return page;
}

static uint64_t data_page(struct scene *scene, struct scene_device *device)
{
    uint64_t page = guest_page(scene, device);
    if (page >= SPARE_BASE)
        return page;
    scene->data_page[(page - ARENA_BASE) / PAGE] = 1;
    for (unsigned i = 0; i < PAGE; i += 8)
        rig_store(scene->rig, page + i, 8, (page + i) * 0x9e3779b97f4a7c15u);
    return page;
}

/* A page table under construction. */
struct table {
    struct scene *scene;
    struct scene_device *device;
    const struct shape *shape;
    uint64_t root;
    uint64_t link_offset; /* added to addresses that entries hold */
    bool second;
};

static uint64_t entry_address(const struct table *table, uint64_t base, uint64_t from,
                              unsigned level)
{
    unsigned shift = 12 + table->shape->index_bits * level;
    unsigned bits = table->shape->index_bits;
    if (table->second && level == table->shape->levels - 1u)
        bits += 2;
    return base + ((from >> shift) & ((1u << bits) - 1)) * table->shape->entry_size;
}

/* Enter a leaf at `level`, and what leads to it. `flags` goes above the PPN as well. */
static void map(struct table *table, uint64_t from, uint64_t to, unsigned level, uint64_t flags)
{
    struct scene *scene = table->scene;
    unsigned size = table->shape->entry_size;
    uint64_t base = table->root;
    for (unsigned i = table->shape->levels - 1u; i > level; i--) {
        uint64_t at = entry_address(table, base, from, i);
        uint64_t old = rig_load(scene->rig, MODEL, at, size);
        if ((old & (PTE_R | PTE_W | PTE_X)) != 0)
            return; /* a superpage is here already */
        if ((old & PTE_V) == 0) {
            uint64_t page =
                table->second ? rig_pages(scene->rig, 1, 1) : guest_page(scene, table->device);
            put(scene, at, size, ((page + table->link_offset) >> 12 << 10) | PTE_V, true);
            base = page;
        } else {
            base = ((old & PTE_PPN) >> 10 << 12) - table->link_offset;
        }
        if (!rig_is_ram(base, PAGE))
            return;
    }
    uint64_t mask = ((uint64_t)PAGE << (table->shape->index_bits * level)) - 1;
    put(scene, entry_address(table, base, from, level), size, ((to & ~mask) >> 12 << 10) | flags,
        true);
}

/* Mostly all permissions; at times something is missing or odd. */
static uint64_t leaf_flags(struct scene *scene)
{
    static const uint32_t odd[] = {
        LEAF & ~PTE_W,           LEAF & ~(PTE_W | PTE_X), LEAF & ~PTE_D, LEAF & ~PTE_A,
        LEAF & ~PTE_U,           LEAF & ~PTE_R,           LEAF & ~PTE_X, LEAF & ~PTE_V,
        LEAF & ~(PTE_R | PTE_W), LEAF & ~(PTE_A | PTE_D), LEAF | 0x300u, LEAF | PTE_G,
    };
    return draw_percent(scene->draw, scene->nature == NATURE_LEGAL ? 15 : 30)
               ? DRAW_FROM(scene->draw, odd)
               : LEAF;
}

/* An IOVA that the mode can translate. Its lowest bits are those of the target, so that
 * superpages lead to the target as well. */
static uint64_t draw_iova(struct scene *scene, const struct shape *shape, uint64_t target,
                          unsigned level)
{
    unsigned width = 12u + (unsigned)shape->index_bits * shape->levels;
    uint64_t iova = draw_bits(scene->draw, width);
    if (draw_percent(scene->draw, 50)) /* close together: shared tables */
        iova &= 0x1ffffffu;
    if (shape->entry_size == 8 && (iova >> (width - 1)) != 0)
        iova |= ~(uint64_t)0 << width; /* canonical */
    uint64_t mask = ((uint64_t)PAGE << (shape->index_bits * level)) - 1;
    return (iova & ~mask) | (target & mask & ~(uint64_t)(PAGE - 1));
}

static void build_first_stage(struct scene *scene, struct scene_device *device, struct space *space)
{
    const struct shape *shape = shape_of(space->mode, device->sxl);
    if (shape == NULL)
        return;
    space->root = guest_page(scene, device);
    struct table table = {scene, device, shape, space->root, device->guest_offset, false};
    unsigned count = 2 + draw_below(scene->draw, SCENE_MAPPINGS - 1);
    for (unsigned i = 0; i < count; i++) {
        unsigned level = draw_percent(scene->draw, 70) ? 0 : draw_below(scene->draw, shape->levels);
        uint64_t target = data_page(scene, device) + device->guest_offset;
        uint64_t flags = leaf_flags(scene);
        bool msi = device->msi_gpa != 0 && draw_percent(scene->draw, 35);
        if (msi) {
            target = device->msi_gpa | (draw_word(scene->draw) & (device->msi_mask << 12));
            level = 0;
        }
        uint64_t iova = draw_iova(scene, shape, target, level);
        if (i > 0 && level == 0 && draw_percent(scene->draw, 25)) /* neighbours, elsewhere */
            iova = space->mapping[i - 1].iova + PAGE;
        if (shape->entry_size == 8 && level == 0 && draw_percent(scene->draw, 4)) {
            /* NAPOT of 64 KiB: the target's page shows in the IOVA's lowest bits */
            flags |= PTE_N;
            iova = (iova & ~(uint64_t)0xffff) | (target & 0xf000);
            target = (target & ~(uint64_t)0xffff) | 0x8000;
        }
        map(&table, iova, target, level, flags);
        space->mapping[space->mappings].msi = msi;
        space->mapping[space->mappings++].iova = iova;
    }
}

static void build_second_stage(struct scene *scene, struct scene_device *device)
{
    const struct shape *shape = shape_of(device->second, false);
    if (shape == NULL)
        return;
    device->second_root = rig_pages(scene->rig, 4, 4);
    struct table table = {scene, device, shape, device->second_root, 0, true};
    for (unsigned i = 0; i < device->guest_pages; i++) {
        uint64_t page = device->guest_page[i];
        bool data = scene->data_page[(page - ARENA_BASE) / PAGE] != 0;
        /* Tables of the guest mostly stay readable, else nothing else is reached */
        uint64_t flags = data || draw_percent(scene->draw, 10) ? leaf_flags(scene) : LEAF;
        map(&table, page + device->guest_offset, page, device->granule, flags);
    }
    if (device->msi_gpa != 0 && draw_percent(scene->draw, 30))
        map(&table, device->msi_gpa, device->guest_page[0], 0, LEAF);
}

/* ------------------------------------------------------------------ MSI page table --- */

#define MSI_PAGES 4  /* that MSI PTEs of a device lead to */
#define MSI_FILES 64 /* MSI PTEs that are filled, at most */

static void draw_msi_pte(struct scene *scene, const uint64_t page[MSI_PAGES], uint64_t pte[2])
{
    struct draw *draw = scene->draw;
    uint64_t target = page[draw_below(draw, MSI_PAGES)];
    if (draw_percent(draw, 40)) { /* MRIF */
        uint64_t mrif = target + 512 * draw_below(draw, 8);
        uint32_t nid = draw_below(draw, 2048);
        pte[0] = IOMMU_MSIPTE_MRIF_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_MRIF_M, IOMMU_MSIPTE_M_MRIF) |
                 IOMMU_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS, mrif >> 9);
        pte[1] = IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, page[draw_below(draw, MSI_PAGES)] >> 12) |
                 IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_9_0, nid) |
                 IOMMU_PREP(IOMMU_MSIPTE_MRIF_NID_10, nid >> 10);
    } else {
        pte[0] = IOMMU_MSIPTE_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_M, IOMMU_MSIPTE_M_BASIC) |
                 IOMMU_PREP(IOMMU_MSIPTE_PPN, target >> 12);
        pte[1] = draw_percent(draw, 20) ? draw_word(draw) : 0; /* ignored */
    }
    uint32_t odd = draw_below(draw, scene->nature == NATURE_LEGAL ? 300 : 100);
    if (odd < 8)
        pte[0] &= ~(uint64_t)(odd < 4 ? IOMMU_MSIPTE_V_MASK : IOMMU_MSIPTE_M_MASK);
    else if (odd < 11)
        pte[0] |= IOMMU_MSIPTE_C_MASK;
    else if (odd < 18)
        pte[0] |= (uint64_t)1 << (54 + odd - 11); /* reserved in either mode */
    else if (odd < 22)
        pte[0] |= (uint64_t)1 << (44 + odd % 2); /* where nothing is */
}

static void build_msi(struct scene *scene, struct scene_device *device)
{
    static const uint64_t masks[] = {0x0, 0x1, 0x3, 0x5, 0x7, 0x41, 0xff, 0x1ff};
    uint64_t page[MSI_PAGES], pte[2];
    device->msi_mask = DRAW_FROM(scene->draw, masks);
    device->msi_gpa = (uint64_t)(0x280000u + (draw_below(scene->draw, 64) << 9)) << 12;
    unsigned files = 1u << __builtin_popcountll(device->msi_mask);
    unsigned pages = files <= 256 ? 1 : files / 256;
    device->msi_table = rig_pages(scene->rig, pages, draw_percent(scene->draw, 80) ? pages : 1);
    for (unsigned i = 0; i < MSI_PAGES; i++)
        page[i] = data_page(scene, device);
    for (unsigned i = 0; i < files && i < MSI_FILES; i++) {
        uint64_t at = device->msi_table + 16 * (files <= MSI_FILES ? i : i * (files / MSI_FILES));
        draw_msi_pte(scene, page, pte);
        for (unsigned j = 0; j < 2; j++) { /* a few of them may be corrupted */
            if (i < 8)
                put(scene, at + 8 * j, 8, pte[j], true);
            else
                rig_store(scene->rig, at + 8 * j, 8, pte[j]);
        }
    }
}

/* ------------------------------------------------------------------------ contexts --- */

static uint64_t draw_tc(struct scene *scene, struct scene_device *device)
{
    struct draw *draw = scene->draw;
    uint64_t tc = IOMMU_DC_TC_V_MASK;
    if (device->sxl)
        tc |= IOMMU_DC_TC_SXL_MASK;
    if (device->processes)
        tc |= IOMMU_DC_TC_PDTV_MASK | (draw_percent(draw, 50) ? IOMMU_DC_TC_DPE_MASK : 0);
    if (draw_percent(draw, 10))
        tc |= IOMMU_DC_TC_DTF_MASK;
    if ((scene->rig->capabilities & IOMMU_CAPABILITIES_ATS_MASK) != 0 && draw_percent(draw, 20))
        tc |= IOMMU_DC_TC_EN_ATS_MASK | (draw_percent(draw, 50) ? IOMMU_DC_TC_EN_PRI_MASK : 0);
    if (scene->nature != NATURE_LEGAL && draw_percent(draw, 5)) /* which may not fit the others */
        tc ^= (uint64_t)1 << draw_below(draw, TC_BITS);
    return tc;
}

/* Reserved bits of these make the golden model refuse the context, and QEMU use wider
 * addresses than there are: nothing that could be predicted from the model. */
static void put_msi_match(struct scene *scene, uint64_t address, uint64_t value)
{
    bool wide = (scene->rig->capabilities & IOMMU_CAPABILITIES_SV57X4_MASK) != 0;
    put(scene, address, 8, value, false);
    struct entry *entry = &scene->entry[scene->entries - 1];
    if (entry->address == address) /* else: no room for it, and nothing will change it */
        entry->fixed = ~(uint64_t)0 << (wide ? 59 - 12 : 56 - 12);
}

static void put_context(struct scene *scene, struct scene_device *device, uint64_t fsc)
{
    uint64_t at = device->context;
    uint64_t gatp = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, device->second) |
                    IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, device->second_root >> 12);
    if (device->second != 0)
        gatp |= IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, device->device_id + 1);
    put(scene, at + IOMMU_DC_TC_OFFSET, 8, draw_tc(scene, device), false);
    put(scene, at + IOMMU_DC_IOHGATP_OFFSET, 8, gatp, false);
    put(scene, at + IOMMU_DC_TA_OFFSET, 8, IOMMU_PREP(IOMMU_DC_TA_PSCID, device->device_id), false);
    put(scene, at + IOMMU_DC_FSC_OFFSET, 8, fsc, false);
    if ((scene->rig->capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK) == 0)
        return;
    uint64_t msiptp = device->msi_gpa == 0
                          ? 0
                          : IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, IOMMU_MSIPTP_MODE_FLAT) |
                                IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, device->msi_table >> 12);
    put(scene, at + IOMMU_DC_MSIPTP_OFFSET, 8, msiptp, false);
    put_msi_match(scene, at + IOMMU_DC_MSI_ADDR_MASK_OFFSET, device->msi_mask);
    put_msi_match(scene, at + IOMMU_DC_MSI_ADDR_PATTERN_OFFSET, device->msi_gpa >> 12);
    put(scene, at + IOMMU_DC_RESERVED_OFFSET, 8, 0, false);
}

static uint64_t draw_mode(struct scene *scene, struct scene_device *device)
{
    if (draw_percent(scene->draw, 20) ||
        (scene->rig->capabilities & IOMMU_CAPABILITIES_SV39_MASK) == 0)
        return IOMMU_IOSATP_MODE_BARE;
    return device->sxl ? IOMMU_IOSATP_MODE_SXL1_SV32
                       : IOMMU_IOSATP_MODE_SV39 + draw_below(scene->draw, 3);
}

static uint64_t build_processes(struct scene *scene, struct scene_device *device)
{
    static const uint32_t ids[SCENE_CONTEXTS][4] = {
        {0, 0, 0, 1}, {1, 2, 3, 64}, {7, 128, 254, 255}};
    struct draw *draw = scene->draw;
    if (draw_percent(draw, 10))
        return 0; /* pdtp Bare */
    uint64_t directory = guest_page(scene, device);
    for (unsigned i = 0; i < SCENE_CONTEXTS; i++) {
        struct space *space = &device->space[i];
        uint64_t at;
        space->process_id = DRAW_FROM(draw, ids[i]);
        space->mode = (uint8_t)draw_mode(scene, device);
        space->supervisor = draw_percent(draw, 50);
        build_first_stage(scene, device, space);
        at = directory + IOMMU_PC_BYTES * space->process_id;
        uint64_t root = space->root == 0 ? 0 : space->root + device->guest_offset;
        put(scene, at, 8,
            IOMMU_PC_TA_V_MASK | (space->supervisor ? IOMMU_PC_TA_ENS_MASK : 0) |
                (draw_percent(draw, 50) ? IOMMU_PC_TA_SUM_MASK : 0) |
                IOMMU_PREP(IOMMU_PC_TA_PSCID, 0x1000u + 8 * device->device_id + i),
            false);
        put(scene, at + 8, 8,
            IOMMU_PREP(IOMMU_PC_FSC_MODE, space->mode) | IOMMU_PREP(IOMMU_PC_FSC_PPN, root >> 12),
            false);
    }
    device->spaces = SCENE_CONTEXTS;
    return IOMMU_PREP(IOMMU_DC_FSC_MODE, IOMMU_PDTP_MODE_PD8) |
           IOMMU_PREP(IOMMU_DC_FSC_PPN, (directory + device->guest_offset) >> 12);
}

static void build_device(struct scene *scene, struct scene_device *device)
{
    struct draw *draw = scene->draw;
    uint64_t capabilities = scene->rig->capabilities;
    bool stages = (capabilities & IOMMU_CAPABILITIES_SV39X4_MASK) != 0;
    uint64_t fsc = 0;
    device->sxl = (capabilities & IOMMU_CAPABILITIES_SV32_MASK) != 0 && draw_percent(draw, 15);
    device->processes = draw_percent(draw, 25);
    if (stages && draw_percent(draw, 60)) {
        const struct shape *shape;
        device->second = (uint8_t)(IOMMU_IOHGATP_MODE_SV39X4 + draw_below(draw, 3));
        shape = shape_of(device->second, false);
        device->granule = draw_percent(draw, 60) ? 0 : draw_below(draw, shape->levels);
        /* A multiple of the leaf's size, so that it stays aligned */
        unsigned shift = device->granule > 2 ? 12u + 9u * device->granule : 30;
        unsigned width = 14u + 9u * shape->levels - (device->granule == shape->levels - 1u);
        if (device->sxl)
            width = 34;
        if (draw_percent(draw, 60) && width > shift)
            device->guest_offset = draw_bits(draw, width - shift - (width - shift > 2)) << shift;
        if (device->guest_offset + ARENA_BASE + ARENA_SIZE > (uint64_t)1 << width)
            device->guest_offset = 0;
        if ((capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK) != 0 && draw_percent(draw, 40))
            build_msi(scene, device);
    }
    if (device->processes) {
        fsc = build_processes(scene, device);
    } else {
        struct space *space = &device->space[0];
        device->spaces = 1;
        space->mode = (uint8_t)draw_mode(scene, device);
        build_first_stage(scene, device, space);
        uint64_t root = space->root == 0 ? 0 : space->root + device->guest_offset;
        fsc = IOMMU_PREP(IOMMU_DC_FSC_MODE, space->mode) | IOMMU_PREP(IOMMU_DC_FSC_PPN, root >> 12);
    }
    if (device->guest_pages == 0 || draw_percent(draw, 30))
        data_page(scene, device); /* first stage Bare: something to reach */
    build_second_stage(scene, device);
    put_context(scene, device, fsc);
}

/* ----------------------------------------------------------------------- directory --- */

/* Where the DC of a device is; directories on the way are made. 0: id too wide. */
static uint64_t context_address(struct scene *scene, uint32_t device_id)
{
    bool extended = (scene->rig->capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK) != 0;
    unsigned bits = extended ? 6 : 7;
    unsigned size = extended ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES;
    unsigned levels = scene->mode - IOMMU_DDTP_MODE_1LVL + 1;
    uint64_t base = scene->directory;
    if (levels < 3 && device_id >> (bits + 9 * (levels - 1)) != 0)
        return 0;
    for (unsigned i = levels - 1; i > 0; i--) {
        uint64_t at = base + ((device_id >> (bits + 9 * (i - 1))) & 0x1ff) * 8;
        uint64_t old = rig_load(scene->rig, MODEL, at, 8);
        if (old == 0) {
            base = rig_pages(scene->rig, 1, 1);
            put(scene, at, 8, (base >> 12 << 10) | 1, true);
        } else {
            base = (old & PTE_PPN) >> 10 << 12;
        }
    }
    return base + (device_id & ((1u << bits) - 1)) * size;
}

static bool is_taken(const struct scene *scene, unsigned count, uint32_t device_id)
{
    for (unsigned i = 0; i < count; i++)
        if (scene->device[i].device_id == device_id)
            return true;
    return false;
}

static void draw_devices(struct scene *scene)
{
    struct draw *draw = scene->draw;
    scene->devices = 2 + draw_below(draw, SCENE_DEVICES - 1);
    if (scene->devices > SCENE_DEVICES)
        scene->devices = SCENE_DEVICES;
    for (unsigned i = 0; i < scene->devices; i++) {
        struct scene_device *device = &scene->device[i];
        /* The first ones exist in QEMU; the others are for the debug interface */
        unsigned width = 6 + 9 * (scene->mode - IOMMU_DDTP_MODE_1LVL);
        for (unsigned tries = 0; tries < 3 && device->context == 0; tries++) {
            uint32_t real = scene->rig->device[draw_below(draw, RIG_DEVICES)].device_id;
            uint32_t any = (uint32_t)draw_bits(draw, draw_percent(draw, 90) ? width : 24);
            device->device_id = i < 3 && !is_taken(scene, i, real) ? real : any;
            if (!is_taken(scene, i, device->device_id))
                device->context = context_address(scene, device->device_id);
        }
    }
}

/* ---------------------------------------------------------------------- corruption --- */

/* Would the entry lead to devices of QEMU's machine? */
static bool leads_astray(const struct entry *entry, uint64_t value)
{
    uint64_t ppn = entry->pte ? (value & PTE_PPN) >> 10 : value & IOMMU_DC_FSC_PPN_MASK;
    return ppn != 0 && rig_is_forbidden(ppn << 12, PAGE);
}

static void corrupt(struct scene *scene)
{
    struct draw *draw = scene->draw;
    const struct entry *entry = &scene->entry[draw_below(draw, scene->entries)];
    uint64_t value = rig_load(scene->rig, MODEL, entry->address, entry->size);
    for (unsigned tries = 0; tries < 8; tries++) {
        uint64_t other = value;
        unsigned bits = scene->nature == NATURE_HOSTILE ? 1 + draw_below(draw, 4) : 1;
        for (unsigned i = 0; i < bits; i++)
            other ^= (uint64_t)1 << draw_below(draw, 8u * entry->size);
        if (scene->nature == NATURE_HOSTILE && draw_percent(draw, 15))
            other = draw_word(draw) & draw_word(draw);
        other = (other & ~entry->fixed) | (value & entry->fixed);
        if (!leads_astray(entry, other)) {
            rig_store(scene->rig, entry->address, entry->size, other);
            return;
        }
    }
}

void scene_build(struct scene *scene, struct rig *rig, struct draw *draw, enum nature nature)
{
    memset(scene, 0, sizeof *scene);
    scene->rig = rig;
    scene->draw = draw;
    scene->nature = nature;
    rig_free_pages(rig);
    scene->directory = rig_pages(rig, 1, 1);
    scene->mode = IOMMU_DDTP_MODE_1LVL + draw_below(draw, 3);
    draw_devices(scene);
    for (unsigned i = 0; i < scene->devices; i++)
        if (scene->device[i].context != 0)
            build_device(scene, &scene->device[i]);
    if (draw_percent(draw, 4))
        scene->mode = draw_percent(draw, 50) ? IOMMU_DDTP_MODE_OFF : IOMMU_DDTP_MODE_BARE;
    unsigned count = nature == NATURE_LEGAL    ? 0
                     : nature == NATURE_BROKEN ? 1 + draw_below(draw, 2)
                                               : 3 + draw_below(draw, 6);
    for (unsigned i = 0; i < count && scene->entries > 0; i++)
        corrupt(scene);
}
