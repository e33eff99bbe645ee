// SPDX-License-Identifier: Apache-2.0
//
// A memory behind an AXI port: pipelined, in order, one beat a cycle in each direction. The first
// beat of a read comes `latency` cycles after its address, B `latency` cycles after the last beat
// of the data.

#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { DEPTH = 1024, BEATS = 8192 };

struct job {
    uint64_t address;
    uint64_t when;
    uint16_t id;
    uint16_t beats, done;
    bool wraps;
    uint8_t use; /* of what is read: enum page_use */
};

struct ring {
    struct job jobs[DEPTH];
    unsigned head, count;
};

struct memory {
    unsigned latency;
    uint8_t *store;
    const uint8_t *use;
    struct ring reads;
    struct ring writes;                /* addresses whose data is not there yet */
    struct ring answers;               /* B */
    struct write_channel beats[BEATS]; /* data that came before its address */
    unsigned beat_head, beat_count;
    uint64_t errors;
    uint64_t reads_of[4];
    struct memory_counts counts;
};

struct memory *memory_new(unsigned latency, uint8_t *store)
{
    struct memory *memory = calloc(1, sizeof(*memory));

    memory->latency = latency;
    memory->store = store;
    return memory;
}

void memory_free(struct memory *memory)
{
    free(memory);
}

static struct job *ring_push(struct ring *ring)
{
    struct job *job = &ring->jobs[(ring->head + ring->count++) % DEPTH];

    memset(job, 0, sizeof(*job));
    return job;
}

static void ring_pop(struct ring *ring)
{
    ring->head = (ring->head + 1) % DEPTH;
    ring->count--;
}

static uint8_t *place(struct memory *memory, uint64_t address)
{
    if (address < STORE_BASE || address + 8 > STORE_BASE + STORE_BYTES) {
        memory->errors++;
        return memory->store;
    }
    return memory->store + (address - STORE_BASE);
}

static uint64_t load(struct memory *memory, uint64_t address)
{
    uint64_t value = address;

    if (memory->store != NULL)
        memcpy(&value, place(memory, address & ~7ull), 8);
    return value;
}

static void store(struct memory *memory, uint64_t address, const struct write_channel *beat)
{
    if (memory->store == NULL) {
        memory->errors += beat->data != address || beat->strobes != 0xff;
        return;
    }
    uint8_t *to = place(memory, address & ~7ull);
    for (unsigned i = 0; i < 8; i++)
        if (beat->strobes >> i & 1)
            to[i] = (uint8_t)(beat->data >> 8 * i);
}

static uint64_t beat_address(const struct job *job)
{
    uint64_t address = job->address + 8ull * job->done, bytes = 8ull * job->beats;

    return job->wraps ? (job->address & ~(bytes - 1)) | (address & (bytes - 1)) : address;
}

void memory_drive(struct memory *memory, struct axi *port, uint64_t cycle)
{
    const struct job *read = &memory->reads.jobs[memory->reads.head];
    const struct job *answer = &memory->answers.jobs[memory->answers.head];

    port->ar.ready = memory->reads.count < DEPTH;
    port->aw.ready = memory->writes.count + memory->answers.count < DEPTH;
    port->w.ready = memory->beat_count < BEATS;
    port->r.valid = memory->reads.count > 0 && read->when <= cycle;
    if (port->r.valid) {
        port->r.id = read->id;
        port->r.data = load(memory, beat_address(read));
        port->r.last = read->done + 1 == read->beats;
        port->r.response = 0;
    }
    port->b.valid = memory->answers.count > 0 && answer->when <= cycle;
    if (port->b.valid) {
        port->b.id = answer->id;
        port->b.response = 0;
    }
}

static void take_read(struct memory *memory, const struct address_channel *ar, uint64_t cycle)
{
    struct job *job = ring_push(&memory->reads);

    *job = (struct job){.address = ar->address,
                        .when = cycle + memory->latency,
                        .id = ar->id,
                        .wraps = ar->wraps,
                        .beats = (uint16_t)(ar->len + 1)};
    memory->counts.taken[READS]++;
    if (memory->use != NULL && ar->address >= STORE_BASE &&
        ar->address < STORE_BASE + STORE_BYTES) {
        job->use = memory->use[(ar->address - STORE_BASE) / PAGE];
        memory->reads_of[job->use]++;
    }
}

static void take_data(struct memory *memory, uint64_t cycle)
{
    while (memory->beat_count > 0 && memory->writes.count > 0) {
        struct job *write = &memory->writes.jobs[memory->writes.head];
        const struct write_channel *beat = &memory->beats[memory->beat_head];

        store(memory, write->address + 8ull * write->done, beat);
        write->done++;
        memory->errors += beat->last != (write->done == write->beats);
        if (write->done == write->beats) {
            struct job *answer = ring_push(&memory->answers);

            *answer = *write;
            answer->when = cycle + memory->latency;
            ring_pop(&memory->writes);
        }
        memory->beat_head = (memory->beat_head + 1) % BEATS;
        memory->beat_count--;
    }
}

void memory_sample(struct memory *memory, const struct axi *port, uint64_t cycle)
{
    if (port->r.valid && port->r.ready) {
        struct job *read = &memory->reads.jobs[memory->reads.head];

        if (++read->done == read->beats) {
            memory->counts.answered[READS]++;
            if (memory->use != NULL && read->use == USE_QUEUE)
                memory->counts.queue_read = cycle;
            ring_pop(&memory->reads);
        }
    }
    if (port->b.valid && port->b.ready) {
        memory->counts.answered[WRITES]++;
        ring_pop(&memory->answers);
    }
    if (port->ar.valid && port->ar.ready)
        take_read(memory, &port->ar, cycle);
    if (port->aw.valid && port->aw.ready) {
        struct job *write = ring_push(&memory->writes);

        memory->counts.taken[WRITES]++;
        *write = (struct job){
            .address = port->aw.address, .id = port->aw.id, .beats = (uint16_t)(port->aw.len + 1)};
        memory->errors += port->aw.atop != 0; /* all A and D bits are set */
    }
    if (port->w.valid && port->w.ready) {
        memory->beats[(memory->beat_head + memory->beat_count) % BEATS] = port->w;
        memory->beat_count++;
    }
    take_data(memory, cycle);
}

const struct memory_counts *memory_counts(const struct memory *memory)
{
    return &memory->counts;
}

uint64_t memory_errors(const struct memory *memory)
{
    return memory->errors;
}

const uint64_t *memory_reads(const struct memory *memory)
{
    return memory->reads_of;
}

void memory_uses(struct memory *memory, const uint8_t *use)
{
    memory->use = use;
}
