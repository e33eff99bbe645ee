/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include <inttypes.h>
#include <string.h>

#include "report.h"

/* ------------------------------------------------------------------------- expecting --- */

static bool same_forecast(const struct forecast *a, const struct forecast *b)
{
    return a->fault == b->fault && a->cause == b->cause && a->recorded == b->recorded &&
           memcmp(&a->record, &b->record, sizeof a->record) == 0 && a->response == b->response &&
           a->lost == b->lost && a->address == b->address && a->target == b->target &&
           a->stores == b->stores &&
           memcmp(a->store, b->store, a->stores * sizeof a->store[0]) == 0;
}

bool forecast_moves(const struct forecast *f)
{
    return !f->fault && !f->lost;
}

/* Writes into tables would change the next translations, under caches. */
static bool disturbs_tables(struct workbench *b, const struct trial *t)
{
    if (t->request.kind != REQUEST_WRITE && t->request.kind != REQUEST_MESSAGE)
        return false;
    for (int side = 0; side < SIDES; side++) {
        const struct forecast *f = &t->expected[side];
        for (unsigned i = 0; i < f->stores; i++)
            if (!scene_is_data(&b->scene, f->store[i].address))
                return true;
    }
    return false;
}

bool trial_expect(struct workbench *b, struct trial *t)
{
    struct whatif *w = b->whatif;
    memset(&t->used, 0, sizeof t->used);
    whatif_ask(w, &t->request);
    whatif_forecast(w, &t->expected[MODEL]);
    bool harmful = whatif_is_harmful(w);
    deviations_forecast(w, &t->expected[QEMU], &t->used);
    harmful |= whatif_is_harmful(w);
    t->deviates = !same_forecast(&t->expected[QEMU], &t->expected[MODEL]);
    if (harmful || disturbs_tables(b, t)) {
        b->tally->skipped++;
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------------- comparing --- */

/* tr_response may tell any range that holds the page, up to the one that the tables map. */
static bool response_fits(uint64_t response, const struct forecast *f)
{
    if (((response ^ f->response) & f->response_mask) == 0)
        return true;
    if (f->fault || (response & IOMMU_TR_RESPONSE_FAULT_MASK) != 0 ||
        (response & IOMMU_TR_RESPONSE_S_MASK) == 0)
        return false;
    uint64_t ppn = IOMMU_GET(response, IOMMU_TR_RESPONSE_PPN);
    unsigned log2 = (unsigned)__builtin_ctzll(~ppn) + 1; /* of pages */
    uint64_t other = response & ~(IOMMU_TR_RESPONSE_PPN_MASK | IOMMU_TR_RESPONSE_S_MASK);
    return 12 + log2 <= f->page_log2 && ppn >> log2 == f->address >> (12 + log2) && other == 0;
}

static bool fits(const struct trial *t, const struct seen *seen, const struct forecast *f)
{
    if (seen->records != (f->recorded ? 1u : 0u))
        return false;
    if (f->recorded && memcmp(&seen->record[0], &f->record, sizeof f->record) != 0)
        return false;
    return t->request.kind != REQUEST_DEBUG || response_fits(seen->response, f);
}

static void print_trial(struct workbench *b, const struct trial *t)
{
    report_request(stdout, &t->request);
    whatif_ask(b->whatif, &t->request);
    report_walk(stdout, b->whatif);
    report_forecast(stdout, "specification", &t->expected[MODEL]);
    report_seen(stdout, "model", &t->seen[MODEL]);
    if (t->deviates) {
        struct forecast f;
        struct deviation_set used = {{0}};
        deviations_forecast(b->whatif, &f, &used);
        printf("  with known deviations:\n");
        report_walk(stdout, b->whatif);
        report_forecast(stdout, "QEMU, expected", &t->expected[QEMU]);
    }
    report_seen(stdout, "QEMU", &t->seen[QEMU]);
}

void trial_judge(struct workbench *b, const struct trial *t)
{
    struct tally *tally = b->tally;
    tally->comparisons++;
    tally->requests[t->request.kind]++;
    tally->faults += t->expected[MODEL].fault;
    if (forecast_moves(&t->expected[MODEL]))
        tally->reached[t->request.kind][t->expected[MODEL].target]++;
    if (!fits(t, &t->seen[MODEL], &t->expected[MODEL])) {
        workbench_fail(b, "the model's registers and records do not show its own result");
        print_trial(b, t);
    } else if (fits(t, &t->seen[QEMU], &t->expected[MODEL])) {
        return;
    } else if (fits(t, &t->seen[QEMU], &t->expected[QEMU])) {
        tally->explained++;
        deviations_count(&t->used);
    } else {
        workbench_fail(b, "QEMU and the specification differ");
        print_trial(b, t);
    }
}

/* What was written is what was expected, on each side, and nothing else was. */
static void compare_memory(struct workbench *b, const struct trial *t)
{
    const uint64_t from = ARENA_BASE + FREE_PAGES * PAGE;
    struct rig *rig = b->rig;
    const uint64_t size = (uint64_t)(rig->next_page - FREE_PAGES) * PAGE; /* what is in use */
    bool agree = fits(t, &t->seen[QEMU], &t->expected[MODEL]);
    for (int side = 0; side < SIDES; side++) {
        const struct forecast *f = &t->expected[side];
        for (unsigned i = 0; i < f->stores && t->request.length == 4; i++) {
            const struct store *s = &f->store[i];
            if (rig_load(rig, side, s->address, s->size) == s->value)
                continue;
            workbench_fail(b, "%s does not store at 0x%" PRIx64 " as expected",
                           side == QEMU ? "QEMU" : "the model", s->address);
            print_trial(b, t);
            break;
        }
    }
    if (t->deviates && agree) { /* only memory can have shown it */
        b->tally->explained++;
        deviations_count(&t->used);
    }
    for (int side = 0; side < SIDES; side++)
        for (unsigned i = 0; i < t->expected[side].stores && t->deviates; i++)
            rig_make_equal(rig, t->expected[side].store[i].address,
                           t->expected[side].store[i].size);
    uint64_t difference = rig_first_difference(rig, from, size);
    if (difference != 0) {
        workbench_fail(b, "memory differs at 0x%" PRIx64, difference);
        print_trial(b, t);
        rig_make_equal(rig, from, size);
    }
}

/* -------------------------------------------------------------------------- accesses --- */

struct rig_device *trial_device(struct workbench *b, uint32_t device_id)
{
    for (unsigned i = 0; i < RIG_DEVICES; i++)
        if (b->rig->device[i].device_id == device_id)
            return &b->rig->device[i];
    return NULL;
}

static void model_access(struct workbench *b, struct trial *t, uint8_t *data)
{
    uint64_t fqt;
    struct iommu_request request = {
        .iova = t->request.iova,
        .device_id = t->request.device_id,
        .type = IOMMU_UNTRANSLATED,
        .access = t->request.kind == REQUEST_READ ? IOMMU_READ : IOMMU_WRITE,
        .length = t->request.length,
    };
    iommu_dma(b->rig->model, &request, data, t->request.length);
    iommu_mmio_read(b->rig->model, IOMMU_REG_FQT, 4, &fqt);
    rig_take_records(b->rig, MODEL, (uint32_t)fqt, &t->seen[MODEL]);
}

void trial_message(struct workbench *b, struct trial *t, struct rig_device *device)
{
    uint8_t data[4];
    for (unsigned j = 0; j < 4; j++)
        data[j] = (uint8_t)(t->request.data >> (8 * j));
    rig_message_qemu(b->rig, device, t->request.iova, (uint16_t)t->request.data, &t->fqt);
    qtest_flush(b->rig->qemu);
    rig_take_records(b->rig, QEMU, (uint32_t)t->fqt, &t->seen[QEMU]);
    model_access(b, t, data);
    trial_judge(b, t);
    compare_memory(b, t);
}

/* What a DMA read finds at `address`, and in the page behind. */
static void copy_data(struct workbench *b, const struct trial *t, uint64_t address, uint8_t *bytes)
{
    uint32_t room = PAGE - (uint32_t)(address & (PAGE - 1));
    uint32_t first = t->request.length < room ? t->request.length : room;
    memcpy(bytes, rig_host(b->rig, MODEL, address), first);
    if (first < t->request.length)
        memcpy(bytes + first, rig_host(b->rig, MODEL, t->next), t->request.length - first);
}

void trial_dma(struct workbench *b, struct trial *t, struct rig_device *device)
{
    for (int side = 0; side < SIDES && t->request.kind == REQUEST_READ; side++) {
        const struct forecast *f = &t->expected[side];
        if (rig_is_ram(f->address, READ_SLOT) && f->target != IOMMU_TARGET_MRIF) /* reads as 0 */
            copy_data(b, t, f->address, t->bytes[side]);
    }
    memcpy(t->before, device->buffer + t->at, READ_SLOT);
    rig_dma_qemu(b->rig, device, t->request.kind == REQUEST_WRITE, t->request.iova, t->at,
                 t->request.length);
    t->fqt = qtest_read_now(b->rig->qemu, b->rig->registers + IOMMU_REG_FQT, 4);
    rig_take_records(b->rig, QEMU, (uint32_t)t->fqt, &t->seen[QEMU]);
    model_access(b, t, device->buffer + t->at);
    trial_judge(b, t);
    compare_memory(b, t);
}

/* A side shows in a device's buffer what `expected` says. Of an aborted read, what is left
 * in the buffer is up to the device; it must not be what the other forecast reads. */
static bool read_fits(const struct trial *t, int expected, const uint8_t *buffer)
{
    static const uint8_t nothing[READ_SLOT];
    const uint8_t *other = t->bytes[1 - expected];
    const struct forecast *f = &t->expected[expected];
    uint32_t length = t->request.length;
    if (forecast_moves(f))
        return memcmp(buffer, t->bytes[expected], length) == 0;
    return !forecast_moves(&t->expected[1 - expected]) || memcmp(other, nothing, length) == 0 ||
           memcmp(other, t->before, length) == 0 || memcmp(buffer, other, length) != 0;
}

void trial_compare_buffers(struct workbench *b, const struct trial *trial, unsigned count)
{
    const struct rig_device *dumped = NULL;
    for (unsigned i = 0; i < count; i++) {
        const struct trial *t = &trial[i];
        struct rig_device *device = trial_device(b, t->request.device_id);
        if (t->request.kind != REQUEST_READ)
            continue;
        if (device != dumped)
            rig_dump_qemu(b->rig, device);
        dumped = device;
        const uint8_t *read = rig_host(b->rig, QEMU, DUMP_PAGE) + t->at;
        bool qemu_fits = read_fits(t, QEMU, read) || read_fits(t, MODEL, read);
        b->tally->comparisons++;
        if (!qemu_fits || !read_fits(t, MODEL, device->buffer + t->at)) {
            workbench_fail(b, "%s in the data of a read",
                           qemu_fits ? "the model is wrong" : "QEMU differs");
            print_trial(b, t);
        }
        memcpy(device->buffer + t->at, read, READ_SLOT);
    }
}
