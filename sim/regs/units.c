/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The units around the registers: command processor, writers of records, memory for messages,
 * sources of events. Which accesses to memory fail depends on the address only, so that it
 * does not matter in which order the design and the model come to them.
 */
#include <string.h>

#include "bench.h"

#define RECORD_BYTES 32u
#define PAGE_REQUEST_BYTES 16u
#define MULTIPLIER 0x9e3779b97f4a7c15ull
#define PHYSICAL_MASK ((1ull << 56) - 1)
#define HPM_LATENCY 80u /* two rounds of the sweep, and some */

/* --- memory ------------------------------------------------------------------------------ */

static bool record_fails(uint64_t address)
{
    return address > PHYSICAL_MASK || (address * MULTIPLIER) >> 60 == 3;
}

static bool message_fails(uint64_t address)
{
    return (address * MULTIPLIER) >> 62 == 1;
}

static enum iommu_mem_status write_memory(void *context, const struct iommu_access *access,
                                          const void *data)
{
    struct bench *bench = context;
    struct message *message;

    if (access->structure != IOMMU_MSI)
        return record_fails(access->address) ? IOMMU_MEM_ACCESS_FAULT : IOMMU_MEM_OK;
    if (bench->expected_count < MESSAGES) {
        message = &bench->expected[bench->expected_count++];
        message->address = access->address;
        memcpy(&message->data, data, sizeof(message->data));
    }
    return message_fails(access->address) ? IOMMU_MEM_ACCESS_FAULT : IOMMU_MEM_OK;
}

/** The command queue's memory: what the present event wants to be there. */
static enum iommu_mem_status read_memory(void *context, const struct iommu_access *access,
                                         void *data)
{
    struct bench *bench = context;
    uint64_t word[2] = {IOMMU_OPCODE_IOTINVAL, 0};

    if (bench->command == EVENT_COMMAND_FAULT)
        return IOMMU_MEM_ACCESS_FAULT;
    if (bench->command == EVENT_COMMAND_ILLEGAL)
        word[0] = 0x7f;
    if (bench->command == EVENT_COMMAND_FENCE)
        word[0] = IOMMU_OPCODE_IOFENCE | IOMMU_CMD_IOFENCE_WSI_MASK;
    if (bench->command == EVENT_COMMAND_TIMEOUT)
        word[0] = IOMMU_OPCODE_IOFENCE;
    for (unsigned i = 0; i < access->size; i++) {
        bool swap = (bench->model->fctl & IOMMU_FCTL_BE_MASK) != 0;

        ((uint8_t *)data)[i] = (uint8_t)(word[i / 8] >> 8 * (swap ? 7 - i % 8 : i % 8));
    }
    return IOMMU_MEM_OK;
}

struct iommu_bus units_bus(struct bench *bench)
{
    return (struct iommu_bus){.context = bench, .read = read_memory, .write = write_memory};
}

/* --- queues ------------------------------------------------------------------------------ */

/** Do design and model agree about a queue, so that its unit does the same in both? */
static bool queue_agrees(const struct bench *bench, unsigned queue)
{
    const struct queue *model = queue == COMMAND_QUEUE ? &bench->model->cq
                                : queue == FAULT_QUEUE ? &bench->model->fq
                                                       : &bench->model->pq;
    uint8_t flags = bench->out.queue_flags[queue];
    bool error = (model->csr & IOMMU_FQCSR_FQMF_MASK) != 0;
    bool overflow = (model->csr & IOMMU_FQCSR_FQOF_MASK) != 0;

    if (queue == COMMAND_QUEUE) {
        uint32_t stop = IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK;

        error = (model->csr & stop) != 0;
        flags =
            (uint8_t)((flags & ~QUEUE_FAULT) | ((flags & QUEUE_STOPPED) != 0 ? QUEUE_FAULT : 0));
        overflow = false;
    }
    return ((flags & QUEUE_ON) != 0) == ((model->csr & IOMMU_FQCSR_FQON_MASK) != 0) &&
           ((flags & QUEUE_FAULT) != 0) == error && ((flags & QUEUE_OVERFLOW) != 0) == overflow &&
           bench->out.queue_index[queue] == ((uint64_t)model->tail << 32 | model->head) &&
           bench->out.queue_ppn[queue] == IOMMU_GET(model->base, IOMMU_CQB_PPN) &&
           bench->out.queue_mask[queue] == queue_mask(model);
}

/** What the writer of records does, with what it sees of the design. */
static uint8_t put_record(const struct bench *bench, unsigned queue, unsigned bytes)
{
    uint8_t flags = bench->out.queue_flags[queue];
    uint32_t head = (uint32_t)bench->out.queue_index[queue];
    uint32_t tail = (uint32_t)(bench->out.queue_index[queue] >> 32);

    if ((flags & QUEUE_ON) == 0 || (flags & QUEUE_STOPPED) != 0)
        return 0;
    if (((tail + 1) & bench->out.queue_mask[queue]) == head)
        return PULSE_OVERFLOW;
    if (record_fails((bench->out.queue_ppn[queue] << 12) + (uint64_t)tail * bytes))
        return PULSE_MEMORY_FAULT;
    return PULSE_ADVANCE;
}

static bool command_event(struct bench *bench)
{
    static const uint8_t pulses[EVENTS] = {
        [EVENT_COMMAND] = PULSE_ADVANCE,
        [EVENT_COMMAND_ILLEGAL] = PULSE_ILLEGAL,
        [EVENT_COMMAND_FAULT] = PULSE_MEMORY_FAULT,
        [EVENT_COMMAND_FENCE] = PULSE_ADVANCE | PULSE_FENCE,
        [EVENT_COMMAND_TIMEOUT] = PULSE_TIMEOUT,
    };
    uint64_t index = bench->out.queue_index[COMMAND_QUEUE];
    uint8_t flags = bench->out.queue_flags[COMMAND_QUEUE];
    bool wire = (bench->model->fctl & IOMMU_FCTL_WSI_MASK) != 0;

    if (!queue_agrees(bench, COMMAND_QUEUE))
        return false;
    if ((flags & QUEUE_ON) == 0 || (flags & QUEUE_STOPPED) != 0 || index >> 32 == (uint32_t)index)
        return true; /* no command is there */
    bench->command = bench->event;
    bench->model->invalidation_timed_out = bench->event == EVENT_COMMAND_TIMEOUT;
    bench->in.queue[COMMAND_QUEUE] |= pulses[bench->event];
    if (bench->event == EVENT_COMMAND_FENCE && !wire)
        bench->in.queue[COMMAND_QUEUE] = LEVEL_IDLE | PULSE_ILLEGAL;
    if (iommu_process_command(bench->model) == IOMMU_COMMAND_NONE)
        fail(bench, "the model has no command", 0, 1);
    return true;
}

static bool record_event(struct bench *bench)
{
    static const struct fault_record record = {.cause = IOMMU_CAUSE_ALL_INBOUND_DISALLOWED};
    static const struct iommu_page_request request = {.device_id = 1};
    bool fault = bench->event == EVENT_FAULT;
    unsigned queue = fault ? FAULT_QUEUE : PAGE_QUEUE;

    if (!fault && !has(bench->model, IOMMU_CAPABILITIES_ATS_MASK))
        return true;
    if (!queue_agrees(bench, queue))
        return false;
    bench->in.queue[queue] |= put_record(bench, queue, fault ? RECORD_BYTES : PAGE_REQUEST_BYTES);
    if (fault)
        fault_queue_put(bench->model, &record);
    else
        page_queue_put(bench->model, &request);
    return true;
}

static bool debug_event(struct bench *bench)
{
    struct iommu *model = bench->model;
    uint64_t response =
        random64(bench) & ~IOMMU_TR_RESPONSE_RESERVED_MASK & ~IOMMU_TR_RESPONSE_CUSTOM_MASK;
    uint64_t pbmt = IOMMU_GET(response, IOMMU_TR_RESPONSE_PBMT);
    bool go = (model->tr_req_ctl & IOMMU_TR_REQ_CTL_GO_BUSY_MASK) != 0;

    if (!go || !bench->out.debug_go)
        return go == bench->out.debug_go;
    if (pbmt == 3 || !has(model, IOMMU_CAPABILITIES_SVPBMT_MASK))
        response &= ~IOMMU_TR_RESPONSE_PBMT_MASK;
    bench->in.debug_valid = true;
    bench->in.debug_response = response;
    if ((response & IOMMU_TR_RESPONSE_FAULT_MASK) != 0)
        response = IOMMU_TR_RESPONSE_FAULT_MASK;
    model->tr_response = response;
    /* Written 1 in this very cycle, Go begins a new request. */
    if (!bench->out.access || !bench->out.access_write ||
        bench->out.access_offset != IOMMU_REG_TR_REQ_CTL || (bench->out.access_half & 1) == 0 ||
        (bench->out.access_wdata & 1) == 0)
        model->tr_req_ctl &= ~IOMMU_TR_REQ_CTL_GO_BUSY_MASK;
    return true;
}

void units_event(struct bench *bench)
{
    bool done = true;

    /* The model recorded a message's fault when it sent the message. */
    if (bench->fault_records > 0) {
        bench->in.queue[FAULT_QUEUE] |= put_record(bench, FAULT_QUEUE, RECORD_BYTES);
        bench->fault_records--;
        return;
    }
    if (bench->event == EVENT_NONE)
        return;
    if (bench->event <= EVENT_COMMAND_TIMEOUT)
        done = command_event(bench);
    else if (bench->event <= EVENT_PAGE_REQUEST)
        done = record_event(bench);
    else
        done = debug_event(bench);
    if (done) {
        bench->event = EVENT_NONE;
        bench->happened = true;
    }
}

/* --- performance monitor ----------------------------------------------------------------- */

/** Someone: often one of those that a selector names, or nearly. */
static void random_identity(struct bench *bench, struct iommu_request *request,
                            struct address_space *space)
{
    unsigned counters = bench->model->config.hpm_counters;
    uint64_t selector = bench->model->hpm_event[1 + random_below(bench, counters)];
    uint32_t high = (uint32_t)IOMMU_GET(selector, IOMMU_IOHPMEVT_DID_GSCID);
    uint32_t low = (uint32_t)IOMMU_GET(selector, IOMMU_IOHPMEVT_PID_PSCID);

    if (one_in(bench, 3))
        high ^= 1u << random_below(bench, 24);
    if (one_in(bench, 3))
        low ^= 1u << random_below(bench, 20);
    request->device_id = high;
    request->process_id_valid = !one_in(bench, 4);
    request->process_id = request->process_id_valid ? low : 0;
    request->privileged = request->process_id_valid && one_in(bench, 2);
    space->gv = !one_in(bench, 4);
    space->pscv = !one_in(bench, 4);
    space->gscid = (uint16_t)high;
    space->pscid = low;
}

static uint64_t identity_bits(const struct iommu_request *request)
{
    return request->device_id | (uint64_t)request->process_id << 24 |
           (uint64_t)request->process_id_valid << 44 | (uint64_t)request->privileged << 45;
}

/** Events first to last of a source, in bits 63 downwards; counted in the model. */
static uint64_t random_kinds(struct bench *bench, struct walk *walk, unsigned first, unsigned last)
{
    uint64_t bits = 0;

    for (unsigned event = first; event <= last; event++) {
        if (!bench->hpm_flood && !one_in(bench, 3))
            continue;
        bits |= 1ull << (63 - (event - first));
        hpm_count(walk, event);
    }
    return bits;
}

void units_hpm(struct bench *bench)
{
    struct iommu_request request = {0};
    struct walk walk = {.iommu = bench->model, .request = &request};
    bool ats = has(bench->model, IOMMU_CAPABILITIES_ATS_MASK);
    bool second_port = strcmp(dut_config(), "full") == 0;
    unsigned sources = second_port ? REQUEST_SOURCES : REQUEST_SOURCES / 2;
    uint64_t kinds;

    memset(bench->in.request, 0, sizeof(bench->in.request));
    bench->in.walk = 0;
    if (bench->hpm_quiet > 0)
        bench->hpm_quiet--;
    if (!bench->hpm_events || bench->model->config.hpm_counters == 0)
        return;
    bench->hpm_quiet = HPM_LATENCY;
    for (unsigned i = 0; i < sources; i++) {
        random_identity(bench, &request, &walk.space);
        kinds = random_kinds(bench, &walk, IOMMU_HPM_EVENT_UNTRANSLATED_REQ,
                             ats ? IOMMU_HPM_EVENT_ATS_REQ : IOMMU_HPM_EVENT_TRANSLATED_REQ);
        bench->in.request[i] = kinds | identity_bits(&request);
    }
    random_identity(bench, &request, &walk.space);
    kinds = random_kinds(bench, &walk, IOMMU_HPM_EVENT_TLB_MISS, IOMMU_HPM_EVENT_SECOND_STAGE_WALK);
    bench->in.walk = kinds | identity_bits(&request);
    bench->in.walk_space = walk.space.pscid | (uint64_t)walk.space.pscv << 20 |
                           (uint64_t)walk.space.gscid << 21 | (uint64_t)walk.space.gv << 37;
}

/* --- messages ---------------------------------------------------------------------------- */

void units_drive(struct bench *bench)
{
    struct dut_in *in = &bench->in;

    for (unsigned i = 0; i < QUEUES; i++)
        in->queue[i] = LEVEL_IDLE;
    in->debug_valid = false;
    in->mem_ready = one_in(bench, 2);
    in->fault_ready = one_in(bench, 2);
    in->mem_rsp_valid = bench->message_busy && bench->message_delay == 0;
    in->mem_rsp_bad = bench->message_bad;
}

/** Messages and their faults, before the edge. */
void units_sample(struct bench *bench)
{
    const struct dut_out *out = &bench->out;
    uint64_t ids = 1ull << 63 | IOMMU_GET(bench->model->qosid, IOMMU_IOMMU_QOSID_RCID) << 16 |
                   IOMMU_GET(bench->model->qosid, IOMMU_IOMMU_QOSID_MCID);

    bench->quiet++;
    if (bench->message_busy || bench->fault_records > 0 || out->mem_valid || out->fault_valid)
        bench->quiet = 0;
    if (bench->message_busy && bench->message_delay-- == 0)
        bench->message_busy = false;
    if (out->mem_valid && bench->in.mem_ready) {
        if (out->mem_ids != ids)
            fail(bench, "request of a message", out->mem_ids, ids);
        if (bench->seen_count < MESSAGES)
            bench->seen[bench->seen_count++] =
                (struct message){out->mem_address, (uint32_t)out->mem_wdata};
        if (out->mem_wdata >> 32 != (uint32_t)out->mem_wdata)
            fail(bench, "halves of a message", out->mem_wdata >> 32, (uint32_t)out->mem_wdata);
        bench->message_busy = true;
        bench->message_bad = message_fails(out->mem_address);
        bench->message_delay = random_below(bench, 6);
    }
    if (out->fault_valid && bench->in.fault_ready) {
        if (out->fault_cause != IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT || !out->fault_plain)
            fail(bench, "cause of a message's fault", out->fault_cause,
                 IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
        if (!message_fails(out->fault_iotval))
            fail(bench, "iotval of a message's fault", out->fault_iotval, 0);
        bench->fault_records++;
    }
}
