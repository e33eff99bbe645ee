/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "trial.h"

#define DEBUG_REQUESTS 12
#define DMA_REQUESTS 4
#define MESSAGE_REQUESTS 5

/* ---------------------------------------------------------------------- drawing one --- */

/* An IOVA that leads somewhere, one near it, or any. */
static uint64_t draw_iova(struct workbench *b, const struct scene_device *device,
                          const struct space *space, bool message)
{
    struct draw *d = &b->draw;
    uint64_t iova = draw_word(d) >> draw_below(d, 64);
    if (space->mappings > 0) {
        const struct mapping *mapping = &space->mapping[draw_below(d, space->mappings)];
        for (unsigned i = 0; i < 4 && message && !mapping->msi; i++)
            mapping = &space->mapping[draw_below(d, space->mappings)];
        iova = mapping->iova;
    } else if (device->msi_gpa != 0 && draw_percent(d, message ? 70 : 40)) {
        iova = device->msi_gpa | (draw_word(d) & (device->msi_mask << 12));
    } else if (device->guest_pages > 0) {
        iova = device->guest_page[draw_below(d, device->guest_pages)] + device->guest_offset;
    }
    if (draw_percent(d, 4))
        iova ^= (uint64_t)1 << draw_below(d, 64);
    if (draw_percent(d, 3))
        iova += PAGE;
    return iova;
}

/* What only the debug interface can ask for. @return the address space meant */
static const struct space *draw_debug(struct workbench *b, const struct scene_device *device,
                                      struct request *r)
{
    struct draw *d = &b->draw;
    const struct space *space = &device->space[0];
    if (draw_percent(d, 3))
        r->device_id = (uint32_t)draw_bits(d, 24);
    if (device->processes ? draw_percent(d, 80) : draw_percent(d, 4)) {
        space = &device->space[draw_below(d, device->spaces > 0 ? device->spaces : 1)];
        r->process_id_valid = true;
        r->process_id = draw_percent(d, 95) ? space->process_id : (uint32_t)draw_bits(d, 20);
    }
    r->privileged = draw_percent(d, r->process_id_valid ? 25 : 2);
    r->no_write = draw_percent(d, 50);
    r->execute = r->no_write && draw_percent(d, 20);
    return space;
}

/* Accesses are made by devices that QEMU has, messages mostly to interrupt files. */
static bool is_suitable(struct workbench *b, enum request_kind kind,
                        const struct scene_device *device)
{
    return kind == REQUEST_DEBUG || (trial_device(b, device->device_id) != NULL &&
                                     (kind != REQUEST_MESSAGE || device->msi_gpa != 0));
}

static void draw_request(struct workbench *b, enum request_kind kind, struct request *r)
{
    struct draw *d = &b->draw;
    const struct scene_device *device = &b->scene.device[draw_below(d, b->scene.devices)];
    for (unsigned i = 0; i < 3 && !is_suitable(b, kind, device); i++)
        device = &b->scene.device[draw_below(d, b->scene.devices)];
    const struct space *space = &device->space[0];
    memset(r, 0, sizeof *r);
    r->kind = kind;
    r->device_id = device->device_id;
    if (kind == REQUEST_DEBUG)
        space = draw_debug(b, device, r);
    r->iova = draw_iova(b, device, space, kind == REQUEST_MESSAGE) & ~(uint64_t)(PAGE - 1);
    if (kind == REQUEST_DEBUG)
        return;
    r->length = 4;
    if (kind != REQUEST_MESSAGE && draw_percent(d, 25)) /* close to the next page */
        r->iova |= PAGE - 4 - draw_below(d, READ_SLOT / 4) * 4;
    else if (kind != REQUEST_MESSAGE || draw_percent(d, 50)) /* else: where MSIs go */
        r->iova |= draw_below(d, PAGE / 4) * 4;
    r->data = (uint32_t)draw_bits(d, draw_percent(d, 70) ? 11 : 16);
}

/* The request moves data in memory, on both sides alike. */
static bool is_plain(const struct trial *t)
{
    return !t->deviates && forecast_moves(&t->expected[MODEL]) &&
           t->expected[MODEL].target == IOMMU_TARGET_MEMORY;
}

/* The first page is one of a larger range that the next one does not belong to, though it
 * lies there: PTEs of a NAPOT range that differ, of which either may be used. */
static bool contradicts(const struct trial *t, const struct trial *next)
{
    const struct forecast *f = &t->expected[MODEL];
    return (t->request.iova ^ next->request.iova) >> f->page_log2 == 0 &&
           next->expected[MODEL].address - f->address != next->request.iova - t->request.iova;
}

/* Longer accesses only where nothing faults: how an aborted one is cut into pieces is
 * up to the I/O bridge. */
static void draw_length(struct workbench *b, struct trial *t)
{
    uint32_t room = PAGE - (uint32_t)(t->request.iova & (PAGE - 1));
    uint32_t length = 1 + draw_below(&b->draw, READ_SLOT);
    struct trial next = {.request = t->request};
    if (!is_plain(t))
        return;
    next.request.iova += room;
    if (length > room) {
        bool expected = trial_expect(b, &next) && is_plain(&next);
        if (expected && !contradicts(t, &next))
            t->next = next.expected[MODEL].address;
        else
            length = room;
    }
    t->request.length = length;
    b->tally->crossing += length > room;
}

/* -------------------------------------------------------------------------- requests --- */

static uint64_t debug_control(const struct request *r)
{
    return IOMMU_TR_REQ_CTL_GO_BUSY_MASK | (r->privileged ? IOMMU_TR_REQ_CTL_PRIV_MASK : 0) |
           (r->execute ? IOMMU_TR_REQ_CTL_EXE_MASK : 0) |
           (r->no_write ? IOMMU_TR_REQ_CTL_NW_MASK : 0) |
           (r->process_id_valid ? IOMMU_TR_REQ_CTL_PV_MASK : 0) |
           IOMMU_PREP(IOMMU_TR_REQ_CTL_PID, r->process_id) |
           IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, r->device_id);
}

/* Event counter 1, set to count untranslated requests of some devices. */
struct counter {
    bool on;
    bool partial; /* DMASK */
    uint32_t device_id;
    uint64_t value[SIDES]; /* expected */
};

static void counter_start(struct workbench *b, struct counter *c)
{
    struct rig *rig = b->rig;
    memset(c, 0, sizeof *c);
    c->on = (rig->capabilities & IOMMU_CAPABILITIES_HPM_MASK) != 0 && draw_percent(&b->draw, 20);
    if (!c->on)
        return;
    c->partial = draw_percent(&b->draw, 50);
    c->device_id = b->scene.device[draw_below(&b->draw, b->scene.devices)].device_id;
    if (c->partial) /* any of its 8 functions */
        c->device_id = (c->device_id & ~7u) | 3;
    c->value[MODEL] = draw_percent(&b->draw, 50) ? 0 : draw_bits(&b->draw, 60);
    c->value[QEMU] = c->value[MODEL];
    rig_write(rig, IOMMU_REG_IOCOUNTINH, 4, UINT32_MAX);
    rig_write(rig, IOMMU_REG_IOHPMCTR(1), 8, c->value[MODEL]);
    rig_write(rig, IOMMU_REG_IOHPMEVT(1), 8,
              IOMMU_PREP(IOMMU_IOHPMEVT_EVENTID, IOMMU_HPM_EVENT_UNTRANSLATED_REQ) |
                  (c->partial ? IOMMU_IOHPMEVT_DMASK_MASK : 0) | IOMMU_IOHPMEVT_DV_GSCV_MASK |
                  IOMMU_PREP(IOMMU_IOHPMEVT_DID_GSCID, c->device_id));
    rig_write(rig, IOMMU_REG_IOCOUNTINH, 4, UINT32_MAX & ~2u);
}

static void counter_expect(struct counter *c, const struct trial *t)
{
    uint32_t ignored = c->partial ? c->device_id ^ (c->device_id + 1) : 0;
    if (!c->on || ((t->request.device_id ^ c->device_id) & ~ignored) != 0)
        return;
    c->value[MODEL]++;
    c->value[QEMU] += deviations_counts(&t->expected[QEMU]);
}

static void counter_compare(struct workbench *b, const struct counter *c)
{
    uint64_t value[SIDES];
    if (!c->on)
        return;
    rig_write(b->rig, IOMMU_REG_IOCOUNTINH, 4, UINT32_MAX);
    rig_read(b->rig, IOMMU_REG_IOHPMCTR(1), 8, value);
    rig_write(b->rig, IOMMU_REG_IOHPMEVT(1), 8, 0);
    b->tally->comparisons++;
    if (value[MODEL] != c->value[MODEL] ||
        (value[QEMU] != c->value[QEMU] && value[QEMU] != c->value[MODEL]))
        workbench_fail(b,
                       "untranslated requests counted: 0x%" PRIx64 " by QEMU, 0x%" PRIx64
                       " by the model, and not 0x%" PRIx64,
                       value[QEMU], value[MODEL], c->value[MODEL]);
    else if (value[QEMU] != c->value[MODEL])
        deviations_count_uncounted();
}

static void debug_requests(struct workbench *b)
{
    struct counter counter;
    struct trial trial[DEBUG_REQUESTS];
    struct iommu *model = b->rig->model;
    unsigned count = 0;
    uint64_t fqt;
    counter_start(b, &counter);
    for (unsigned i = 0; i < DEBUG_REQUESTS; i++) {
        struct trial *t = &trial[count];
        draw_request(b, REQUEST_DEBUG, &t->request);
        if (!trial_expect(b, t))
            continue;
        count++;
        counter_expect(&counter, t);
        rig_debug_qemu(b->rig, t->request.iova, debug_control(&t->request), &t->seen[QEMU].response,
                       &t->fqt);
    }
    qtest_flush(b->rig->qemu);
    for (unsigned i = 0; i < count; i++) {
        struct trial *t = &trial[i];
        rig_take_records(b->rig, QEMU, (uint32_t)t->fqt, &t->seen[QEMU]);
        iommu_mmio_write(model, IOMMU_REG_TR_REQ_IOVA, 8, t->request.iova);
        iommu_mmio_write(model, IOMMU_REG_TR_REQ_CTL, 8, debug_control(&t->request));
        iommu_mmio_read(model, IOMMU_REG_TR_RESPONSE, 8, &t->seen[MODEL].response);
        iommu_mmio_read(model, IOMMU_REG_FQT, 4, &fqt);
        rig_take_records(b->rig, MODEL, (uint32_t)fqt, &t->seen[MODEL]);
        trial_judge(b, t);
    }
    counter_compare(b, &counter);
    rig_acknowledge(b->rig);
}

static void message_requests(struct workbench *b)
{
    unsigned count = draw_below(&b->draw, MESSAGE_REQUESTS);
    for (unsigned i = 0; i < count; i++) {
        struct trial t;
        memset(&t, 0, sizeof t);
        draw_request(b, REQUEST_MESSAGE, &t.request);
        struct rig_device *device = trial_device(b, t.request.device_id);
        if (device == NULL || !trial_expect(b, &t))
            continue;
        trial_message(b, &t, device);
        rig_invalidate(b->rig);
    }
    rig_acknowledge(b->rig);
}

static void dma_requests(struct workbench *b)
{
    struct trial trial[DMA_REQUESTS];
    unsigned count = 0;
    unsigned wanted = draw_below(&b->draw, DMA_REQUESTS + 1);
    for (unsigned i = 0; i < wanted; i++) {
        struct trial *t = &trial[count];
        memset(t, 0, sizeof *t);
        t->at = i * READ_SLOT;
        draw_request(b, draw_percent(&b->draw, 50) ? REQUEST_READ : REQUEST_WRITE, &t->request);
        struct rig_device *device = trial_device(b, t->request.device_id);
        if (device == NULL)
            continue;
        memcpy(&t->request.data, device->buffer + t->at, 4);
        if (!trial_expect(b, t))
            continue;
        count++;
        draw_length(b, t);
        trial_dma(b, t, device);
        rig_invalidate(b->rig);
    }
    rig_acknowledge(b->rig);
    trial_compare_buffers(b, trial, count);
}

void translate_round(struct workbench *b)
{
    uint32_t kind = draw_below(&b->draw, 100);
    workbench_start(b, kind < 40 ? NATURE_LEGAL : kind < 80 ? NATURE_BROKEN : NATURE_HOSTILE);
    debug_requests(b);
    message_requests(b);
    dma_requests(b);
    workbench_compare(b, "cqh", IOMMU_REG_CQH, UINT32_MAX);
    workbench_compare(b, "cqcsr", IOMMU_REG_CQCSR, UINT32_MAX);
    workbench_compare(b, "fqcsr", IOMMU_REG_FQCSR, UINT32_MAX);
    workbench_compare(b, "ipsr", IOMMU_REG_IPSR, UINT32_MAX);
}
