/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of tables under caches: a device writes, an entry on the way is changed, a
 * command that covers the change is processed, and the device writes again. Both sides
 * then have to follow the tables as they are.
 */
#include <inttypes.h>
#include <string.h>

#include "trial.h"

#define CHANGES 6

/* The last entry of a kind that the translation of a request reads; NULL: none. */
static const struct iommu_step *find_entry(const struct whatif *w, enum iommu_step_kind kind)
{
    for (unsigned i = w->steps; i > 0; i--)
        if (w->step[i - 1].kind == kind && w->step[i - 1].words != 0 && !w->step[i - 1].implicit)
            return &w->step[i - 1];
    return NULL;
}

/* --------------------------------------------------------------------------- commands --- */

struct invalidation {
    const struct scene_device *device;
    uint64_t iova;
    uint64_t gpa;
    uint64_t pscid;
    unsigned level;      /* of the leaf that was changed */
    unsigned index_bits; /* of its table */
    bool exact;          /* ADDR is the page that is accessed, and not another of the leaf */
    bool with_address;
    bool global; /* the leaf is a global mapping, which PSCV spares */
    uint64_t command[2];
};

static uint64_t gscid_of(const struct scene_device *device)
{
    return (device->device_id + 1) & 0xffff;
}

/* ADDR: any page that the leaf maps. */
static uint64_t draw_operand(struct workbench *b, struct invalidation *v, uint64_t address)
{
    unsigned bits = v->level * v->index_bits;
    uint64_t other = draw_bits(&b->draw, bits) << 12;
    v->with_address = true;
    uint64_t operand = address;
    if (draw_percent(&b->draw, 40))
        operand = (address & ~((((uint64_t)1 << bits) - 1) << 12)) | other;
    v->exact = operand >> 12 == address >> 12;
    return IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, operand >> 12);
}

/* A command that covers a change of a first-stage leaf. */
static void invalidate_first(struct workbench *b, struct invalidation *v)
{
    uint64_t first = IOMMU_OPCODE_IOTINVAL;
    uint64_t second = 0;
    if (v->device->second != IOMMU_IOHGATP_MODE_BARE)
        first |=
            IOMMU_CMD_IOTINVAL_GV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, gscid_of(v->device));
    if (draw_percent(&b->draw, 50)) {
        first |= IOMMU_CMD_IOTINVAL_AV_MASK;
        second = draw_operand(b, v, v->iova);
    }
    if (!v->global && draw_percent(&b->draw, 50))
        first |= IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, v->pscid);
    v->command[0] = first;
    v->command[1] = second;
    rig_command(b->rig, first, second);
}

/* A command that covers a change of a second-stage leaf. */
static void invalidate_second(struct workbench *b, struct invalidation *v)
{
    uint64_t first =
        IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_IOTINVAL_FUNC3, IOMMU_FUNC3_IOTINVAL_GVMA);
    uint64_t second = 0;
    if (draw_percent(&b->draw, 70)) {
        first |=
            IOMMU_CMD_IOTINVAL_GV_MASK | IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, gscid_of(v->device));
        if (draw_percent(&b->draw, 50)) {
            first |= IOMMU_CMD_IOTINVAL_AV_MASK;
            second = draw_operand(b, v, v->gpa);
        }
    }
    v->command[0] = first;
    v->command[1] = second;
    rig_command(b->rig, first, second);
}

static void invalidate_context(struct workbench *b, const struct scene_device *device, bool process)
{
    uint64_t first = IOMMU_OPCODE_IODIR;
    if (process)
        first |= IOMMU_PREP(IOMMU_CMD_IODIR_FUNC3, IOMMU_FUNC3_IODIR_INVAL_PDT);
    if (process || draw_percent(&b->draw, 50))
        first |= IOMMU_CMD_IODIR_DV_MASK | IOMMU_PREP(IOMMU_CMD_IODIR_DID, device->device_id);
    rig_command(b->rig, first, 0);
}

/* ---------------------------------------------------------------------------- changes --- */

/* Another page for a leaf of level 0, or a permission or V less. */
static uint64_t change_leaf(struct workbench *b, const struct scene_device *device,
                            const struct iommu_step *leaf, uint64_t offset)
{
    uint64_t value = leaf->value[0];
    uint32_t kind = draw_below(&b->draw, 4);
    if (kind == 0)
        return value & ~(uint64_t)PTE_V;
    if (kind == 1 || leaf->level != 0)
        return value & ~(uint64_t)(PTE_W | PTE_D);
    uint64_t page = device->guest_page[draw_below(&b->draw, device->guest_pages)];
    if (!scene_is_data(&b->scene, page))
        return value & ~(uint64_t)PTE_V;
    return (value & ~PTE_PPN & ~PTE_N) | (page + offset) >> 12 << 10;
}

/* Change something on the way of the request, and say so to both sides.
 * @return false if there is nothing to be changed */
static bool change_entry(struct workbench *b, const struct scene_device *device,
                         struct invalidation *v)
{
    struct whatif *w = b->whatif;
    const struct iommu_step *dc = find_entry(w, IOMMU_STEP_DC);
    const struct iommu_step *pc = NULL;
    const struct iommu_step *first = find_entry(w, IOMMU_STEP_PTE1);
    const struct iommu_step *second = find_entry(w, IOMMU_STEP_PTE2);
    for (unsigned i = 0; i < w->steps; i++)
        if (w->step[i].kind == IOMMU_STEP_PC && w->step[i].words != 0)
            pc = &w->step[i];
    if (dc == NULL) /* ddtp Bare */
        return false;
    v->device = device;
    v->pscid = IOMMU_GET(pc != NULL ? pc->value[0] : dc->value[2], IOMMU_PC_TA_PSCID);
    uint32_t kind = draw_below(&b->draw, 10);
    if (first != NULL && kind < 4) {
        bool sv32 = device->sxl;
        v->level = first->level;
        v->global = (first->value[0] & PTE_G) != 0;
        v->index_bits = sv32 ? 10 : 9;
        rig_store(b->rig, first->address, sv32 ? 4 : 8,
                  change_leaf(b, device, first, device->guest_offset));
        invalidate_first(b, v);
    } else if (second != NULL && kind < 8) {
        v->level = second->level;
        v->index_bits = 9;
        v->gpa = second->input;
        rig_store(b->rig, second->address, 8, change_leaf(b, device, second, 0));
        invalidate_second(b, v);
        if (pc != NULL) /* the PDT's address was translated with it, and may be cached so */
            invalidate_context(b, device, false);
    } else if (pc != NULL && kind < 9) {
        rig_store(b->rig, pc->address, 8, pc->value[0] & ~(uint64_t)IOMMU_PC_TA_V_MASK);
        invalidate_context(b, device, true);
    } else {
        rig_store(b->rig, dc->address, 8, dc->value[0] & ~(uint64_t)IOMMU_DC_TC_V_MASK);
        invalidate_context(b, device, false);
    }
    return true;
}

#define QEMU_TAG (((uint64_t)1 << 56) - PAGE) /* bits of the IOVA that QEMU compares */

/* QEMU keeps 4-KiB translations by IOVA, and drops those whose IOVA is ADDR. */
static void expect_stale(const struct invalidation *v, struct trial *after,
                         const struct trial *before)
{
    if (!v->with_address || before->deviates ||
        before->expected[QEMU].address == before->request.iova || /* QEMU does not cache it */
        after->expected[QEMU].cause >= IOMMU_CAUSE_ALL_INBOUND_DISALLOWED) /* contexts first */
        return;
    bool other_address = v->gpa != 0 && ((v->gpa ^ v->iova) & QEMU_TAG) != 0;
    if (v->exact && !other_address)
        return;
    after->expected[QEMU] = before->expected[QEMU];
    after->expected[QEMU].stores = 0;
    forecast_store(&after->expected[QEMU], before->expected[QEMU].address, 4, after->request.data);
    after->deviates = true;
    memset(&after->used, 0, sizeof after->used);
    deviation_mark_address(&after->used, v->exact);
}

static void one_change(struct workbench *b)
{
    struct draw *d = &b->draw;
    const struct scene_device *device = &b->scene.device[draw_below(d, b->scene.devices)];
    const struct space *space = &device->space[0];
    struct rig_device *real = trial_device(b, device->device_id);
    struct invalidation v = {0};
    struct trial before, after;
    memset(&before, 0, sizeof before);
    if (real == NULL || space->mappings == 0 || device->guest_pages == 0)
        return;
    before.request = (struct request){.kind = REQUEST_MESSAGE,
                                      .device_id = device->device_id,
                                      .length = 4,
                                      .data = (uint32_t)draw_bits(d, 16)};
    v.iova = space->mapping[draw_below(d, space->mappings)].iova;
    before.request.iova = v.iova | draw_below(d, PAGE / 4) * 4;
    after = before;
    after.request.data = (uint32_t)draw_bits(d, 16);
    if (!trial_expect(b, &before) || before.expected[MODEL].fault ||
        before.expected[MODEL].target != IOMMU_TARGET_MEMORY)
        return;
    trial_message(b, &before, real);
    whatif_ask(b->whatif, &before.request);
    if (!change_entry(b, device, &v))
        return;
    rig_submit(b->rig);
    if (!trial_expect(b, &after))
        return;
    expect_stale(&v, &after, &before);
    uint64_t failures = b->tally->failures;
    trial_message(b, &after, real);
    if (b->tally->failures != failures)
        printf("  after the command 0x%" PRIx64 " 0x%" PRIx64 "\n", v.command[0], v.command[1]);
    b->tally->changes++;
    rig_invalidate(b->rig);
}

void change_round(struct workbench *b)
{
    workbench_start(b, NATURE_LEGAL);
    for (unsigned i = 0; i < CHANGES; i++)
        one_change(b);
    rig_acknowledge(b->rig);
    workbench_compare(b, "cqh", IOMMU_REG_CQH, UINT32_MAX);
    workbench_compare(b, "cqcsr", IOMMU_REG_CQCSR, UINT32_MAX);
}
