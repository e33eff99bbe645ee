// SPDX-License-Identifier: Apache-2.0
//
// The reference simulation as an IOMMU with ports: what a design gets that loses no cycle, but
// has the caches, the walks in flight and the AXI rules of a real one. A request leaves in the
// cycle after it came if its translation is there; others pass it, but those of its AXI ID, and
// writes keep their order, because AXI4's data cannot be interleaved. It tells how much of a row's
// distance from its bound is the traffic's, and shows that the bench needs no RTL. It can be broken
// on purpose, to try the bench.

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "iommu_regs.h"

enum { PLACES = 64, MAX_WALKS = 64 };

struct request {
    struct address_channel channel;
    uint64_t ready; /* cycle from which its translation is there */
};

/* Requests in the order in which they came. */
struct queue {
    struct request requests[PLACES];
    unsigned count;
    int chosen; /* offered to memory, or -1 */
};

struct walk {
    uint64_t key, end;
};

struct perfect {
    struct design design;
    const struct row *row;
    enum breakage breakage;
    uint64_t left; /* requests so far */
    struct simulation *simulation;
    struct queue queues[DIRECTIONS];
    struct walk walks[MAX_WALKS];
    unsigned walk_count;
    uint16_t data_beats[PLACES * 4]; /* beats of the writes whose address has left */
    unsigned data_head, data_count, data_sent;
    uint64_t cycle;
    struct lite csr; /* answers of the next cycle */
    struct axi device, out;
};

static uint64_t ready_time(struct perfect *p, const struct address_channel *channel)
{
    const struct requester who = {channel->device_id, channel->process_id,
                                  channel->process_id_valid};
    uint64_t size = p->row->big_pages ? BIG_PAGE : PAGE;
    uint64_t key = (uint64_t)(who.device_id + who.process_id) << 52 | channel->address / size;
    struct walk *slot = &p->walks[0];
    uint64_t begin;
    unsigned reads;

    if (!simulation_translate(p->simulation, &who, channel->address, &reads)) {
        for (unsigned i = 0; i < p->walk_count; i++) /* its walk may be under way */
            if (p->walks[i].key == key && p->walks[i].end > p->cycle)
                return p->walks[i].end;
        return p->cycle + (p->breakage == BREAK_SLOW ? p->row->latency : 1);
    }
    for (unsigned i = 1; i < p->walk_count; i++)
        if (p->walks[i].end < slot->end)
            slot = &p->walks[i];
    begin = slot->end > p->cycle ? slot->end : p->cycle;
    *slot = (struct walk){key, begin + (uint64_t)reads * (p->row->latency + 1)};
    return slot->end > p->cycle ? slot->end : p->cycle + 1;
}

static void take(struct perfect *p, int direction, const struct address_channel *channel)
{
    struct queue *queue = &p->queues[direction];

    queue->requests[queue->count++] =
        (struct request){.channel = *channel, .ready = ready_time(p, channel)};
}

/* The oldest that may leave; what is offered stays. */
static void choose(struct perfect *p, int direction)
{
    struct queue *queue = &p->queues[direction];
    uint32_t seen = 0;

    if (queue->chosen >= 0)
        return;
    for (unsigned i = 0; i < queue->count; i++) {
        const struct request *request = &queue->requests[i];
        uint32_t id = 1u << request->channel.id % IDS;

        if (p->breakage == BREAK_LOSE && p->left == 1000)
            return;
        if (request->ready <= p->cycle && (!(seen & id) || p->breakage == BREAK_ORDER)) {
            queue->chosen = (int)i;
            return;
        }
        seen |= id;
        if (direction == WRITES)
            return;
    }
}

static void offer(const struct perfect *p, int direction, struct address_channel *out)
{
    const struct queue *queue = &p->queues[direction];
    const struct address_channel *channel;

    out->valid = queue->chosen >= 0;
    if (!out->valid)
        return;
    channel = &queue->requests[queue->chosen].channel;
    out->id = channel->id;
    out->len = channel->len;
    out->address = row_translate(p->row, channel->device_id, channel->process_id, channel->address);
    if (p->breakage == BREAK_ADDRESS && p->left == 1000)
        out->address ^= PAGE;
}

static void leave(struct perfect *p, int direction)
{
    struct queue *queue = &p->queues[direction];
    unsigned i = (unsigned)queue->chosen;

    p->left++;
    if (direction == WRITES)
        p->data_beats[(p->data_head + p->data_count++) % (PLACES * 4)] =
            (uint16_t)(queue->requests[i].channel.len + 1);
    memmove(&queue->requests[i], &queue->requests[i + 1],
            (queue->count - i - 1) * sizeof(queue->requests[0]));
    queue->count--;
    queue->chosen = -1;
}

static struct perfect *perfect_of(struct design *design)
{
    return (struct perfect *)(void *)design; /* its first member */
}

static void settle(struct design *design, struct ports *ports)
{
    struct perfect *p = perfect_of(design);
    struct axi *device = &ports->device, *out = &ports->out;
    bool data;

    for (int d = 0; d < DIRECTIONS; d++)
        choose(p, d);
    offer(p, READS, &out->ar);
    offer(p, WRITES, &out->aw);
    device->ar.ready = p->queues[READS].count < PLACES;
    device->aw.ready = p->queues[WRITES].count < PLACES;
    data = p->data_count > 0 || (out->aw.valid && out->aw.ready); /* also with its address */
    device->w.ready = data && out->w.ready;
    out->w = (struct write_channel){.data = device->w.data,
                                    .strobes = device->w.strobes,
                                    .last = device->w.last,
                                    .valid = device->w.valid && data,
                                    .ready = out->w.ready};
    device->r = out->r;
    device->b = out->b;
    out->r.ready = out->b.ready = true;
    ports->csr.awready = ports->csr.wready = ports->csr.arready = true;
    ports->csr.bvalid = p->csr.bvalid;
    ports->csr.rvalid = p->csr.rvalid;
    ports->csr.rdata = p->csr.rdata;
    memset(&ports->walk, 0, sizeof(ports->walk));
    p->device = *device;
    p->out = *out;
    p->csr = ports->csr;
}

/* Registers are what software waits for: queues are on, nothing is busy. */
static void answer_registers(struct perfect *p)
{
    struct lite *csr = &p->csr;

    csr->bvalid = csr->wvalid;
    csr->rvalid = csr->arvalid;
    csr->rdata = 0;
    if (csr->araddr == IOMMU_REG_CQCSR)
        csr->rdata = IOMMU_CQCSR_CQON_MASK;
    if (csr->araddr == IOMMU_REG_FQCSR)
        csr->rdata = (uint64_t)IOMMU_FQCSR_FQON_MASK << 32;
}

static void clock_edge(struct design *design)
{
    struct perfect *p = perfect_of(design);

    answer_registers(p);
    if (p->out.ar.valid && p->out.ar.ready)
        leave(p, READS);
    if (p->out.aw.valid && p->out.aw.ready)
        leave(p, WRITES);
    if (p->out.w.valid && p->out.w.ready && ++p->data_sent == p->data_beats[p->data_head]) {
        p->data_sent = 0;
        p->data_head = (p->data_head + 1) % (PLACES * 4);
        p->data_count--;
    }
    if (p->device.ar.valid && p->device.ar.ready)
        take(p, READS, &p->device.ar);
    if (p->device.aw.valid && p->device.aw.ready)
        take(p, WRITES, &p->device.aw);
    p->cycle++;
}

static void reset(struct design *design)
{
    (void)design;
}

static void close_perfect(struct design *design)
{
    struct perfect *p = perfect_of(design);

    simulation_free(p->simulation);
    free(p);
}

struct design *perfect_new(const struct row *row, const struct tables *tables,
                           const struct sizes *sizes, enum breakage breakage)
{
    struct perfect *p = calloc(1, sizeof(*p));

    p->design = (struct design){"perfect", *sizes, reset, settle, clock_edge, close_perfect};
    p->row = row;
    p->breakage = breakage;
    p->walk_count = sizes->walks < MAX_WALKS ? sizes->walks : MAX_WALKS;
    p->queues[READS].chosen = p->queues[WRITES].chosen = -1;
    /* Single PTEs for random pages, whole lines for the rest. */
    p->simulation = simulation_new(tables, sizes, row->big_pages, !row->random);
    return &p->design;
}
