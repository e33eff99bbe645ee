/* SPDX-License-Identifier: Apache-2.0 */
/* A random world: what it is made of, what devices ask for in it, and what becomes of it. */
#include <string.h>

#include "world.h"

struct world world;

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

/** Of a device with processes: all but where their directory is. */
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

/*
 * A context of the old directory may be cached, and used with what the device context is by then.
 * iommu_allowed() tries old contexts only where old device contexts lead to them, which comes to
 * the same as long as nothing but the directory changes from then on.
 */
void world_mutate(void)
{
    struct device *device = &world.device[below(world.device_count)];

    switch (below(8)) {
    case 0:
        if (device->address != 0 && world.mode > IOMMU_DDTP_MODE_BARE &&
            image.next_page < IMAGE_PAGES - 40) {
            if (!device->processes)
                make_dc(device);
            else if (!device->moved)
                adjust_dc(device);
            if (!one_in(4))
                invalidate_device(device);
        }
        break;
    case 1:
        if (!device->processes || device->process_count == 0)
            break;
        if (one_in(2) && device->address != 0 && image.next_page < IMAGE_PAGES - 40) {
            move_processes(device);
            if (!one_in(4))
                invalidate_device(device);
        } else {
            change_process(device);
        }
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
