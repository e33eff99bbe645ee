/* SPDX-License-Identifier: Apache-2.0 */
/* Records for the fault queue and the page-request queue, and what became of them. */
#include <string.h>

#include "bench.h"

static struct record offered[2], taken[2][64];
static unsigned taken_count[2];

void records_reset(void)
{
    memset(offered, 0, sizeof(offered));
    memset(taken_count, 0, sizeof(taken_count));
}

static void record_event(unsigned q, enum record_result result)
{
    struct queue_pins *queue = &queues[q];
    unsigned slot = q - QUEUE_FQ, size = q == QUEUE_FQ ? 32 : 16;
    uint64_t tail = model_read(model, queue->tail, 4);
    enum record_result expected;

    if (taken_count[slot] == 0) {
        fail("a result of queue %u without a record", q);
        return;
    }
    if (queue->disabling && result == RECORD_OFF)
        expected = RECORD_OFF; /* the model is not told yet */
    else
        expected = q == QUEUE_FQ ? model_fault(model, &taken[slot][0])
                                 : model_page(model, &taken[slot][0]);
    tally(COUNT_STORED + (enum count)result);
    memmove(&taken[slot][0], &taken[slot][1], --taken_count[slot] * sizeof(taken[0][0]));
    if (result != expected)
        fail("a record of queue %u has result %u, the model says %u", q, result, expected);
    else if (result == RECORD_STORED)
        memory_agrees(memory.base + queue->area + tail * size, size);
}

static void random_record(struct record *record)
{
    *record = (struct record){
        .device_id = (uint32_t)random64() & 0xffffff,
        .pv = one_in(2),
        .cause = (uint16_t)(random64() & 0xfff),
        .ttyp = (uint8_t)below(64),
        .value = {random64(), random64()},
    };
    if (record->pv) {
        record->process_id = (uint32_t)random64() & 0xfffff;
        record->privileged = one_in(2);
        record->execute = one_in(2);
    }
}

void records_offer(unsigned rate)
{
    const struct record *fault = &offered[0], *page = &offered[1];
    struct pins_in *in = &bench.in;

    if (!in->fault_valid && rate != 0 && taken_count[0] < 32 && one_in(rate)) {
        random_record(&offered[0]);
        in->fault_valid = 1;
    }
    if (!in->page_valid && rate != 0 && with_ats && taken_count[1] < 32 && one_in(rate)) {
        random_record(&offered[1]);
        in->page_valid = 1;
    }
    in->fault_cause = fault->cause;
    in->fault_ttyp = fault->ttyp;
    in->fault_device_id = fault->device_id;
    in->fault_pv = fault->pv;
    in->fault_process_id = fault->process_id;
    in->fault_privileged = fault->privileged;
    in->fault_iotval = fault->value[0];
    in->fault_iotval2 = fault->value[1];
    in->page_low = (uint64_t)page->device_id << 40 | (uint64_t)page->execute << 34 |
                   (uint64_t)page->privileged << 33 | (uint64_t)page->pv << 32 |
                   (uint64_t)page->process_id << 12;
    in->page_high = page->value[0];
}

void records_observe(void)
{
    struct pins_in *in = &bench.in;
    const struct pins_out *out = &bench.out;

    if (in->fault_valid && out->fault_ready)
        taken[0][taken_count[0]++] = offered[0];
    if (in->page_valid && out->page_ready)
        taken[1][taken_count[1]++] = offered[1];
    if (out->fault_result_valid)
        record_event(QUEUE_FQ, (enum record_result)out->fault_result);
    if (out->page_result_valid)
        record_event(QUEUE_PQ, (enum record_result)out->page_result);
    if (out->fault_ready)
        in->fault_valid = 0;
    if (out->page_ready)
        in->page_valid = 0;
}

bool records_done(unsigned q)
{
    return taken_count[q - QUEUE_FQ] == 0 &&
           ((q == QUEUE_FQ ? bench.out.fq_status : bench.out.pq_status) & STATUS_IDLE) != 0;
}

bool records_idle(void)
{
    return !bench.in.fault_valid && !bench.in.page_valid && taken_count[0] + taken_count[1] == 0;
}

bool records_void(unsigned q)
{
    return taken_count[q - QUEUE_FQ] == 0;
}
