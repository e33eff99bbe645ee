// SPDX-License-Identifier: Apache-2.0
//
// The devices behind one AXI port: they issue the bursts of a trace, each direction its own in
// their order with so many outstanding, and look at what comes back. AXI IDs go round.

#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { PER_ID = 256 };

struct id_queue {
    uint32_t bursts[PER_ID];
    unsigned head, count;
};

struct direction {
    uint32_t *order; /* bursts of this direction */
    uint32_t count, next;
    uint32_t offered; /* on the address channel, or NONE */
    unsigned outstanding;
    struct id_queue ids[IDS];
};

struct device {
    const struct trace *trace;
    unsigned window;
    bool translated;
    struct direction directions[DIRECTIONS];
    uint32_t data_next; /* place in the writes' order whose data is sent */
    uint16_t data_beat;
    uint16_t read_beats[IDS];
    uint64_t *issued;
    uint32_t *latencies;
    bool *done;
    uint32_t done_count;
    uint64_t errors, progress;
};

struct device *device_new(const struct trace *trace, unsigned window, bool translated)
{
    struct device *device = calloc(1, sizeof(*device));

    device->trace = trace;
    device->window = window;
    device->translated = translated;
    device->issued = calloc(trace->count, sizeof(*device->issued));
    device->latencies = calloc(trace->count, sizeof(*device->latencies));
    device->done = calloc(trace->count, sizeof(*device->done));
    for (int d = 0; d < DIRECTIONS; d++) {
        struct direction *direction = &device->directions[d];

        direction->order = calloc(trace->count + 1, sizeof(*direction->order));
        direction->offered = NONE;
        for (uint32_t i = 0; i < trace->count; i++)
            if (trace->bursts[i].write == (d == WRITES))
                direction->order[direction->count++] = i;
    }
    return device;
}

void device_free(struct device *device)
{
    if (device == NULL)
        return;
    for (int d = 0; d < DIRECTIONS; d++)
        free(device->directions[d].order);
    free(device->issued);
    free(device->latencies);
    free(device->done);
    free(device);
}

static bool may_issue(const struct device *device, const struct burst *burst, uint64_t cycle)
{
    for (int i = 0; i < 2; i++)
        if (burst->after[i] != NONE && !device->done[burst->after[i]])
            return false;
    return burst->not_before <= cycle;
}

static uint64_t where(const struct device *device, const struct burst *burst)
{
    return device->translated ? burst->address : burst->iova;
}

static void offer(struct device *device, struct direction *direction,
                  struct address_channel *channel, uint64_t cycle)
{
    if (direction->offered == NONE && direction->next < direction->count &&
        direction->outstanding < device->window) {
        uint32_t number = direction->order[direction->next];
        const struct burst *burst = &device->trace->bursts[number];

        if (may_issue(device, burst, cycle)) {
            uint16_t id = (uint16_t)(direction->next % IDS);
            struct id_queue *queue = &direction->ids[id];

            queue->bursts[(queue->head + queue->count++) % PER_ID] = number;
            direction->offered = number;
            direction->next++;
            direction->outstanding++;
            device->issued[number] = cycle;
            channel->address = burst->iova;
            channel->device_id = burst->device_id;
            channel->process_id = burst->process_id;
            channel->process_id_valid = burst->process_id_valid;
            channel->id = id;
            channel->len = (uint8_t)(burst->beats - 1);
        }
    }
    channel->valid = direction->offered != NONE;
}

void device_drive(struct device *device, struct axi *port, uint64_t cycle)
{
    struct direction *writes = &device->directions[WRITES];

    offer(device, &device->directions[READS], &port->ar, cycle);
    offer(device, writes, &port->aw, cycle);
    port->r.ready = true;
    port->b.ready = true;
    port->w.valid = device->data_next < writes->next;
    if (port->w.valid) {
        const struct burst *burst = &device->trace->bursts[writes->order[device->data_next]];

        port->w.data = where(device, burst) + 8ull * device->data_beat;
        port->w.strobes = 0xff;
        port->w.last = device->data_beat + 1 == burst->beats;
    }
}

static void finish(struct device *device, struct direction *direction, struct id_queue *queue,
                   uint64_t cycle)
{
    uint32_t number = queue->bursts[queue->head];

    queue->head = (queue->head + 1) % PER_ID;
    queue->count--;
    direction->outstanding--;
    device->done[number] = true;
    device->done_count++;
    device->latencies[number] = (uint32_t)(cycle - device->issued[number]);
}

static void take_read(struct device *device, const struct response_channel *r, uint64_t cycle)
{
    struct direction *reads = &device->directions[READS];
    struct id_queue *queue = &reads->ids[r->id % IDS];
    const struct burst *burst;

    if (r->id >= IDS || queue->count == 0) {
        device->errors++;
        return;
    }
    burst = &device->trace->bursts[queue->bursts[queue->head]];
    device->errors +=
        r->response != 0 || r->data != where(device, burst) + 8ull * device->read_beats[r->id];
    device->read_beats[r->id]++;
    device->errors += r->last != (device->read_beats[r->id] == burst->beats);
    if (r->last) {
        device->read_beats[r->id] = 0;
        finish(device, reads, queue, cycle);
    }
}

static void take_answer(struct device *device, const struct response_channel *b, uint64_t cycle)
{
    struct direction *writes = &device->directions[WRITES];
    struct id_queue *queue = &writes->ids[b->id % IDS];

    if (b->id >= IDS || queue->count == 0) {
        device->errors++;
        return;
    }
    device->errors += b->response != 0;
    finish(device, writes, queue, cycle);
}

void device_sample(struct device *device, const struct axi *port, uint64_t cycle)
{
    const bool moved[] = {port->ar.valid && port->ar.ready, port->aw.valid && port->aw.ready,
                          port->w.valid && port->w.ready, port->r.valid && port->r.ready,
                          port->b.valid && port->b.ready};

    if (moved[0])
        device->directions[READS].offered = NONE;
    if (moved[1])
        device->directions[WRITES].offered = NONE;
    if (moved[2]) {
        device->data_beat++;
        if (port->w.last) {
            device->data_beat = 0;
            device->data_next++;
        }
    }
    if (moved[3])
        take_read(device, &port->r, cycle);
    if (moved[4])
        take_answer(device, &port->b, cycle);
    for (unsigned i = 0; i < 5; i++)
        device->progress += moved[i];
}

bool device_done(const struct device *device, uint32_t burst)
{
    return device->done[burst];
}

bool device_idle(const struct device *device)
{
    return device->done_count == device->trace->count;
}

uint64_t device_errors(const struct device *device)
{
    return device->errors;
}

uint64_t device_progress(const struct device *device)
{
    return device->progress;
}

const uint32_t *device_latencies(const struct device *device)
{
    return device->latencies;
}
