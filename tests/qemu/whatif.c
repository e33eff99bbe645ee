/* SPDX-License-Identifier: Apache-2.0 */
#include "whatif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool request_writes(const struct request *request)
{
    return request->kind == REQUEST_DEBUG ? !request->no_write : request->kind != REQUEST_READ;
}

uint64_t whatif_load(const struct whatif *w, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i += 4) {
        uint64_t word = rig_load(w->rig, MODEL, address + i, 4);
        for (unsigned p = 0; p < w->patches; p++)
            if (w->patch[p].address == address + i)
                word = w->patch[p].value;
        value |= word << (8 * i);
    }
    return value;
}

static enum iommu_mem_status patched_read(void *context, const struct iommu_access *access,
                                          void *data)
{
    const struct whatif *w = context;
    uint8_t *bytes = data;
    if (!rig_is_ram(access->address, access->size))
        return IOMMU_MEM_ACCESS_FAULT;
    for (uint32_t i = 0; i < access->size; i += 4) {
        uint32_t word = (uint32_t)whatif_load(w, access->address + i, 4);
        for (unsigned j = 0; j < 4; j++)
            bytes[i + j] = (uint8_t)(word >> (8 * j));
    }
    return IOMMU_MEM_OK;
}

/* Nothing that is asked here has effects. */
static enum iommu_mem_status ignored_write(void *context, const struct iommu_access *access,
                                           const void *data)
{
    (void)context;
    (void)data;
    return rig_is_ram(access->address, access->size) ? IOMMU_MEM_OK : IOMMU_MEM_ACCESS_FAULT;
}

static struct iommu *make_uncached(struct whatif *w, bool gxl_writable)
{
    char error[160] = "";
    struct iommu_config config = w->rig->config;
    struct iommu_bus bus = {.context = w, .read = patched_read, .write = ignored_write};
    config.ddt_cache_entries = 0;
    config.pdt_cache_entries = 0;
    config.iotlb_entries = 0;
    if (gxl_writable)
        config.fctl_writable |= IOMMU_FCTL_GXL_MASK;
    struct iommu *model = iommu_create(&config, &bus, error, sizeof error);
    if (model == NULL)
        fprintf(stderr, "no model without caches: %s\n", error);
    return model;
}

struct whatif *whatif_create(struct rig *rig)
{
    struct whatif *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->rig = rig;
    w->model = make_uncached(w, false);
    w->lenient = make_uncached(w, true);
    if (w->model == NULL || w->lenient == NULL) {
        whatif_destroy(w);
        return NULL;
    }
    return w;
}

void whatif_destroy(struct whatif *w)
{
    if (w == NULL)
        return;
    iommu_destroy(w->model);
    iommu_destroy(w->lenient);
    free(w);
}

void whatif_set_ddtp(struct whatif *w, uint64_t ddtp)
{
    struct iommu *const models[] = {w->model, w->lenient};
    for (unsigned i = 0; i < 2; i++) {
        iommu_mmio_write(models[i], IOMMU_REG_DDTP, 8, IOMMU_DDTP_MODE_OFF);
        iommu_mmio_write(models[i], IOMMU_REG_DDTP, 8, ddtp);
    }
}

static void keep_step(void *context, const struct iommu_step *step)
{
    struct whatif *w = context;
    if (w->steps < WHATIF_STEPS)
        w->step[w->steps++] = *step;
}

void whatif_run(struct whatif *w)
{
    const struct request *r = &w->request;
    struct iommu_request request = {
        .iova = r->iova,
        .device_id = r->device_id,
        .process_id = r->process_id_valid ? r->process_id : 0,
        .type = IOMMU_UNTRANSLATED,
        .access = (uint8_t)(r->execute          ? IOMMU_EXECUTE
                            : request_writes(r) ? IOMMU_WRITE
                                                : IOMMU_READ),
        .process_id_valid = r->process_id_valid,
        .privileged = r->privileged && r->process_id_valid,
        .length = r->kind == REQUEST_DEBUG ? 0 : r->length,
    };
    w->steps = 0;
    w->response =
        iommu_translate_traced(w->take_sxl ? w->lenient : w->model, &request, keep_step, w);
}

void whatif_ask(struct whatif *w, const struct request *request)
{
    w->patches = 0;
    w->take_sxl = false;
    w->asked = *request;
    w->request = *request;
    whatif_run(w);
}

bool whatif_patch(struct whatif *w, uint64_t address, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i += 4) {
        unsigned p = 0;
        while (p < w->patches && w->patch[p].address != address + i)
            p++;
        if (p == WHATIF_PATCHES)
            return false;
        if (p == w->patches)
            w->patches++;
        w->patch[p] = (struct patch){address + i, (uint32_t)(value >> (8 * i))};
    }
    return true;
}

const struct iommu_step *whatif_last(const struct whatif *w)
{
    for (unsigned i = w->steps; i > 0; i--)
        if (w->step[i - 1].words != 0 || w->step[i - 1].memory != IOMMU_MEM_OK)
            return &w->step[i - 1];
    return NULL;
}

/* -------------------------------------------------------------------------- forecast --- */

/* "Reported if DTF is 1?": these are, and none is once no DC was found. */
static bool reported_despite_dtf(uint16_t cause)
{
    return (cause >= 256 && cause <= 259) || cause == 268 || cause == 272 || cause == 273;
}

/* DC.tc of the context that the run found; 0: none. */
static uint64_t found_tc(const struct whatif *w)
{
    for (unsigned i = 0; i < w->steps; i++)
        if (w->step[i].kind == IOMMU_STEP_DC && w->step[i].words != 0)
            return w->step[i].value[0];
    return 0;
}

static void make_record(const struct request *r, uint16_t cause, uint64_t iotval2,
                        struct record *record)
{
    uint64_t ttyp = r->execute          ? IOMMU_TTYP_UNTRANSLATED_EXEC
                    : request_writes(r) ? IOMMU_TTYP_UNTRANSLATED_WRITE
                                        : IOMMU_TTYP_UNTRANSLATED_READ;
    record->word[0] = IOMMU_PREP(IOMMU_FQ_CAUSE, cause) | IOMMU_PREP(IOMMU_FQ_TTYP, ttyp) |
                      IOMMU_PREP(IOMMU_FQ_DID, r->device_id);
    if (r->process_id_valid)
        record->word[0] |= IOMMU_FQ_PV_MASK | IOMMU_PREP(IOMMU_FQ_PID, r->process_id) |
                           (r->privileged ? IOMMU_FQ_PRIV_MASK : 0);
    record->word[1] = 0;
    record->word[2] = r->iova;
    record->word[3] = iotval2;
}

void whatif_fault(const struct whatif *w, uint16_t cause, uint64_t iotval2, struct forecast *f)
{
    memset(f, 0, sizeof *f);
    f->fault = true;
    f->cause = cause;
    f->recorded = (found_tc(w) & IOMMU_DC_TC_DTF_MASK) == 0 || reported_despite_dtf(cause);
    f->response = IOMMU_TR_RESPONSE_FAULT_MASK;
    f->response_mask = IOMMU_TR_RESPONSE_FAULT_MASK;
    make_record(&w->asked, cause, iotval2, &f->record);
}

/* The run stopped while it looked for an entry of the PDT or of the first stage: by the
 * contexts' words, not by what the model says of its accesses. */
static bool first_stage_in_progress(const struct whatif *w)
{
    uint64_t first_mode = 0;
    bool leaf = false;
    bool pdt = false;
    for (unsigned i = 0; i < w->steps; i++) {
        const struct iommu_step *step = &w->step[i];
        if (step->kind == IOMMU_STEP_DC && step->words != 0) {
            bool processes = (step->value[0] & IOMMU_DC_TC_PDTV_MASK) != 0;
            bool walk = w->request.process_id_valid || (step->value[0] & IOMMU_DC_TC_DPE_MASK) != 0;
            first_mode = IOMMU_GET(step->value[3], IOMMU_DC_FSC_MODE);
            if (processes && !walk)
                first_mode = 0;
            pdt = processes;
        } else if (step->kind == IOMMU_STEP_PC && step->words != 0) {
            first_mode = IOMMU_GET(step->value[1], IOMMU_PC_FSC_MODE);
            pdt = false;
        }
        leaf |= step->kind == IOMMU_STEP_PTE1 && step->leaf;
    }
    return first_mode != 0 && (pdt || !leaf);
}

/* "Fault/Event-Queue": the GPA for a guest-page fault, bit 0 if on behalf of the first
 * stage. Nothing here makes implicit accesses that write. */
static uint64_t iotval2_of(const struct whatif *w)
{
    uint16_t cause = w->response.cause;
    if ((cause != IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT &&
         cause != IOMMU_CAUSE_READ_GUEST_PAGE_FAULT &&
         cause != IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT) ||
        w->steps == 0)
        return 0;
    return (w->step[w->steps - 1].input & ~(uint64_t)3) | (first_stage_in_progress(w) ? 1 : 0);
}

void forecast_store(struct forecast *f, uint64_t address, unsigned size, uint64_t value)
{
    if (rig_is_ram(address, size) && f->stores < 2)
        f->store[f->stores++] = (struct store){address, size, value};
}

/* "MSI PTE, MRIF mode": all writes but those of an identity to the page's start are
 * discarded. */
static bool is_recorded_in_mrif(const struct request *request)
{
    return request_writes(request) && (request->iova & (PAGE - 1)) == 0 && request->data >> 11 == 0;
}

/* Pending bit, then notice. */
static void forecast_stores(const struct whatif *w, struct forecast *f)
{
    uint32_t data = w->asked.data;
    if (f->target != IOMMU_TARGET_MRIF) {
        forecast_store(f, f->address, 4, data);
    } else if (is_recorded_in_mrif(&w->asked)) {
        uint64_t at = w->response.address + data / 64 * 16;
        forecast_store(f, at, 8, whatif_load(w, at, 8) | (uint64_t)1 << (data % 64));
        forecast_store(f, w->response.notice_address, 4, w->response.nid);
    }
}

/* "Debug support": MRIF mode stops a debug request before it comes to its permissions. */
static bool debug_meets_mrif(const struct whatif *w)
{
    const struct iommu_response *response = &w->response;
    if (w->asked.kind != REQUEST_DEBUG)
        return false;
    if (response->rule != IOMMU_RULE_MSI_EXECUTE)
        return response->status == IOMMU_SUCCESS && response->target == IOMMU_TARGET_MRIF;
    for (unsigned i = 0; i < w->steps; i++)
        if (w->step[i].kind == IOMMU_STEP_MSI_PTE)
            return IOMMU_GET(w->step[i].value[0], IOMMU_MSIPTE_M) == IOMMU_MSIPTE_M_MRIF;
    return false;
}

void whatif_forecast(const struct whatif *w, struct forecast *f)
{
    const struct iommu_response *response = &w->response;
    bool debug = w->asked.kind == REQUEST_DEBUG;
    if (debug_meets_mrif(w)) {
        whatif_fault(w, IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, 0, f);
        return;
    }
    if (response->status != IOMMU_SUCCESS) {
        whatif_fault(w, response->cause, iotval2_of(w), f);
        return;
    }
    if (response->target == IOMMU_TARGET_MRIF && is_recorded_in_mrif(&w->asked) &&
        !rig_is_ram(response->address, 512)) {
        whatif_fault(w, IOMMU_CAUSE_MRIF_ACCESS_FAULT, 0, f);
        return;
    }
    memset(f, 0, sizeof *f);
    f->address = response->address;
    f->page_log2 = response->page_log2;
    f->target = response->target;
    f->lost = !rig_is_ram(f->address, 1);
    f->response_mask = ~(uint64_t)0;
    f->response = IOMMU_PREP(IOMMU_TR_RESPONSE_PPN, response->address >> 12);
    if (!debug && request_writes(&w->asked))
        forecast_stores(w, f);
}

/* Queues, and what is dumped: they change between the sides. */
static bool is_queue(uint64_t address)
{
    return address >= ARENA_BASE && address < ARENA_BASE + FREE_PAGES * PAGE;
}

/* SXL stops the walk for a table in guest memory, where QEMU goes on with Sv32: no patch makes
 * the model do the same. */
static bool stops_at_table_of_sxl(const struct whatif *w)
{
    return w->response.rule == IOMMU_RULE_SXL_GPA_WIDE && w->step[w->steps - 1].implicit;
}

/* A notice that meets a fault is skipped as well: the specification does not say what
 * becomes of it. */
bool whatif_is_harmful(const struct whatif *w)
{
    if (stops_at_table_of_sxl(w))
        return true;
    for (unsigned i = 0; i < w->steps; i++) {
        uint64_t at = w->step[i].address;
        if (w->step[i].kind != IOMMU_STEP_RULE && (is_queue(at) || rig_is_forbidden(at, 64)))
            return true;
    }
    return w->response.status == IOMMU_SUCCESS && w->asked.kind != REQUEST_DEBUG &&
           (rig_is_forbidden(w->response.address, PAGE) || is_queue(w->response.address) ||
            (w->response.target == IOMMU_TARGET_MRIF &&
             !rig_is_ram(w->response.notice_address, 4)));
}
