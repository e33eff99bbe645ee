/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ports.h"

#define PATIENCE 100000u /* cycles for one access */
#define JOBS 256u
#define BEATS 1024u
#define LATENCY 7u
#define ATOP_COMPARE 0x31u
#define ATOP_SET 0x23u

static struct design *design;
static struct ports ports;
static uint64_t cycle;
static uint8_t *ram;

uint64_t sim_pending;
unsigned sim_errors;

static void complain(const char *what, uint64_t value)
{
    if (sim_errors++ < 10)
        fprintf(stderr, "simulation: %s %llx, cycle %llu\n", what, (unsigned long long)value,
                (unsigned long long)cycle);
}

/* --- memory behind a port: in order, a beat a cycle --- */

struct job {
    uint64_t address, when, old;
    uint16_t id;
    uint8_t beats, done, atop;
    bool wraps;
};

struct ring {
    struct job job[JOBS];
    unsigned head, count;
};

struct target {
    struct ring reads, writes, answers;
    struct write_channel beat[BEATS];
    unsigned first, beats;
};

static struct target out, walk;

static struct job *push(struct ring *ring)
{
    struct job *job = &ring->job[(ring->head + ring->count++) % JOBS];

    memset(job, 0, sizeof(*job));
    return job;
}

static struct job pop(struct ring *ring)
{
    struct job job = ring->job[ring->head];

    ring->head = (ring->head + 1) % JOBS;
    ring->count--;
    return job;
}

uint8_t *sim_ram(uint64_t address, uint32_t bytes)
{
    static uint8_t nowhere[64];

    if (address < RAM_BASE || address + bytes > (uint64_t)RAM_BASE + RAM_BYTES) {
        complain("no memory at", address);
        return nowhere;
    }
    return ram + (address - RAM_BASE);
}

static void store(uint64_t address, const struct write_channel *beat)
{
    uint64_t word = address & ~7ull;
    uint8_t *to;

    if ((address & ~0xfffull) == FILE_BASE) {
        uint32_t identity = (uint32_t)(beat->data >> (address & 4) * 8);

        if (address != FILE_BASE || identity == 0 || identity > 63)
            complain("an interrupt message with", identity);
        else
            sim_pending |= 1ull << identity;
        return;
    }
    to = sim_ram(word, 8);
    for (unsigned i = 0; i < 8; i++)
        if ((beat->strobes >> i & 1) != 0)
            to[i] = (uint8_t)(beat->data >> 8 * i);
}

/* AtomicCompare brings the value to compare with and the new one, in the order of address bit 3;
 * AtomicLoad SET a mask. Both answer the old value. */
static uint64_t atomic(const struct job *write, const struct write_channel *beat)
{
    uint64_t old, value;
    uint8_t *at = sim_ram(write->address & ~7ull, 8);
    bool swapped = (write->address & 8) != 0;

    memcpy(&old, at, 8);
    value = write->atop == ATOP_SET             ? old | beat[0].data
            : old == beat[swapped ? 1 : 0].data ? beat[swapped ? 0 : 1].data
                                                : old;
    memcpy(at, &value, 8);
    return old;
}

static void finish_writes(struct target *target)
{
    while (target->writes.count > 0 &&
           target->beats >= target->writes.job[target->writes.head].beats) {
        struct job write = pop(&target->writes), *answer;
        struct write_channel beats[8] = {0};

        for (unsigned i = 0; i < write.beats && i < 8; i++)
            beats[i] = target->beat[(target->first + i) % BEATS];
        target->first = (target->first + write.beats) % BEATS;
        target->beats -= write.beats;
        if (write.atop != 0) {
            struct job *read = push(&target->reads);

            write.old = atomic(&write, beats);
            *read = write;
            read->beats = 1;
            read->when = cycle + LATENCY;
        } else {
            for (unsigned i = 0; i < write.beats; i++)
                store(i == 0 ? write.address : (write.address & ~7ull) + 8ull * i, &beats[i]);
        }
        answer = push(&target->answers);
        *answer = write;
        answer->when = cycle + LATENCY;
    }
}

static void target_drive(struct target *target, struct axi *port)
{
    const struct job *read = &target->reads.job[target->reads.head];
    const struct job *answer = &target->answers.job[target->answers.head];

    port->ar.ready = target->reads.count < JOBS / 2;
    port->aw.ready = target->writes.count + target->answers.count < JOBS / 2;
    port->w.ready = target->beats < BEATS - 8;
    port->r.valid = target->reads.count > 0 && read->when <= cycle;
    if (port->r.valid) {
        port->r.id = read->id;
        port->r.last = read->done + 1 == read->beats;
        port->r.response = 0;
        port->r.data = read->old;
        if (read->atop == 0) {
            uint64_t address = (read->address & ~7ull) + 8ull * read->done, bytes = read->beats * 8;

            if (read->wraps)
                address = (read->address & ~(bytes - 1)) | (address & (bytes - 1));
            memcpy(&port->r.data, sim_ram(address, 8), 8);
        }
    }
    port->b.valid = target->answers.count > 0 && answer->when <= cycle;
    if (port->b.valid) {
        port->b.id = answer->id;
        port->b.response = 0;
    }
}

static void take_address(struct ring *ring, const struct address_channel *channel)
{
    struct job *job = push(ring);

    job->address = channel->address;
    job->id = channel->id;
    job->beats = (uint8_t)(channel->len + 1);
    job->wraps = channel->wraps;
    job->when = cycle + LATENCY;
}

static void target_sample(struct target *target, const struct axi *port, bool atomics)
{
    if (port->r.valid && port->r.ready) {
        struct job *read = &target->reads.job[target->reads.head];

        if (++read->done == read->beats)
            pop(&target->reads);
    }
    if (port->b.valid && port->b.ready)
        pop(&target->answers);
    if (port->ar.valid && port->ar.ready)
        take_address(&target->reads, &port->ar);
    if (port->aw.valid && port->aw.ready) {
        take_address(&target->writes, &port->aw);
        if (atomics)
            target->writes.job[(target->writes.head + target->writes.count - 1) % JOBS].atop =
                port->aw.atop;
    }
    if (port->w.valid && port->w.ready)
        target->beat[(target->first + target->beats++) % BEATS] = port->w;
    finish_writes(target);
}

/* --- one clock cycle --- */

static bool csr_write_done, csr_read_done;
static uint64_t csr_data;

static void sample_csr(void)
{
    struct lite *csr = &ports.csr;

    if (csr->awvalid && csr->awready)
        csr->awvalid = false;
    if (csr->wvalid && csr->wready)
        csr->wvalid = false;
    if (csr->arvalid && csr->arready)
        csr->arvalid = false;
    if (csr->bvalid)
        csr_write_done = true;
    if (csr->rvalid) {
        csr_read_done = true;
        csr_data = csr->rdata;
    }
}

/* The device's one burst. */
static struct {
    uint64_t data[9];
    uint8_t strobes[9];
    unsigned beats, sent, received;
    bool done, error;
} burst;

static void drive_device(void)
{
    struct axi *port = &ports.device;

    port->w.valid = burst.sent < burst.beats;
    if (port->w.valid) {
        port->w.data = burst.data[burst.sent];
        port->w.strobes = burst.strobes[burst.sent];
        port->w.last = burst.sent + 1 == burst.beats;
    }
    port->r.ready = port->b.ready = true;
}

static void sample_device(void)
{
    struct axi *port = &ports.device;

    if (port->ar.valid && port->ar.ready)
        port->ar.valid = false;
    if (port->aw.valid && port->aw.ready)
        port->aw.valid = false;
    if (port->w.valid && port->w.ready)
        burst.sent++;
    if (port->r.valid) {
        if (burst.received < 9)
            burst.data[burst.received++] = port->r.data;
        burst.error = burst.error || port->r.response != 0;
        burst.done = port->r.last;
    }
    if (port->b.valid) {
        burst.error = burst.error || port->b.response != 0;
        burst.done = true;
    }
}

static void step(void)
{
    target_drive(&out, &ports.out);
    target_drive(&walk, &ports.walk);
    drive_device();
    design->settle(design, &ports);
    target_sample(&out, &ports.out, false);
    target_sample(&walk, &ports.walk, true);
    sample_csr();
    sample_device();
    design->clock(design);
    cycle++;
}

void sim_run(unsigned cycles)
{
    while (cycles-- > 0)
        step();
}

uint64_t sim_cycles(void)
{
    return cycle;
}

void sim_open(void)
{
    ram = calloc(1, RAM_BYTES);
    design = design_open();
    if (ram == NULL || design == NULL)
        exit(1);
    design->reset(design);
    ports.csr.bready = ports.csr.rready = true;
    sim_run(20);
}

void sim_close(void)
{
    design->close(design);
    free(ram);
}

/* --- registers --- */

uint64_t sim_read(uint32_t offset, uint32_t bytes)
{
    unsigned shift = (offset & 4) * 8;

    ports.csr.arvalid = true;
    ports.csr.araddr = (uint16_t)offset;
    csr_read_done = false;
    for (unsigned i = 0; i < PATIENCE && !csr_read_done; i++)
        step();
    if (!csr_read_done)
        complain("no answer to a read of", offset);
    return bytes == 8 ? csr_data : csr_data >> shift & UINT32_MAX;
}

void sim_write(uint32_t offset, uint32_t bytes, uint64_t value)
{
    unsigned lane = offset & 4;

    ports.csr.awvalid = ports.csr.wvalid = true;
    ports.csr.awaddr = (uint16_t)offset;
    ports.csr.wdata = value << lane * 8;
    ports.csr.wstrb = (uint8_t)(((1u << bytes) - 1) << lane);
    csr_write_done = false;
    for (unsigned i = 0; i < PATIENCE && !csr_write_done; i++)
        step();
    if (!csr_write_done)
        complain("no answer to a write of", offset);
}

/* --- the device --- */

static bool run_burst(struct address_channel *channel, uint32_t device_id, uint64_t iova,
                      uint32_t bytes)
{
    burst.sent = burst.received = 0;
    burst.done = burst.error = false;
    channel->address = iova;
    channel->device_id = device_id;
    channel->process_id_valid = false;
    channel->id = 1;
    channel->len = (uint8_t)(((iova & 7) + bytes - 1) / 8);
    channel->valid = true;
    for (unsigned i = 0; i < PATIENCE && !burst.done; i++)
        step();
    if (!burst.done)
        complain("no answer to a device's access to", iova);
    sim_run(200); /* records and counters come after the answer */
    burst.beats = 0;
    return burst.done && !burst.error;
}

bool sim_device_write(uint32_t device_id, uint64_t iova, const uint8_t *data, uint32_t bytes)
{
    memset(burst.data, 0, sizeof(burst.data));
    memset(burst.strobes, 0, sizeof(burst.strobes));
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t at = (uint32_t)(iova & 7) + i;

        ((uint8_t *)burst.data)[at] = data[i];
        burst.strobes[at / 8] |= (uint8_t)(1u << at % 8);
    }
    burst.beats = (unsigned)(((iova & 7) + bytes + 7) / 8);
    return run_burst(&ports.device.aw, device_id, iova, bytes);
}

bool sim_device_read(uint32_t device_id, uint64_t iova, uint8_t *data, uint32_t bytes)
{
    burst.beats = 0;
    if (!run_burst(&ports.device.ar, device_id, iova, bytes))
        return false;
    memcpy(data, (const uint8_t *)burst.data + (iova & 7), bytes);
    return true;
}
