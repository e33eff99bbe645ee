/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses at port 0, as a test begins them; takes the place of sim/iommu/stimulus.c. */
#include "directed.h"

#define PATIENCE 20000u /* cycles */

static struct ask *waiting[2];
static unsigned tag;

void channel_reset(struct channel *channel)
{
    *channel = (struct channel){.stall = STALL_NEVER};
}

struct habits stimulus_habits(unsigned port)
{
    (void)port;
    return (struct habits){.depth = 16, .rate = 1, .early_data = false};
}

struct delay stimulus_delay(bool implicit)
{
    (void)implicit;
    return (struct delay){.least = MEMORY_DELAY, .more = 0};
}

void slow_memory(unsigned cycles)
{
    memport_set_delay((struct delay){.least = cycles, .more = 0});
}

struct txn *stimulus_next(unsigned port, bool write)
{
    struct ask *ask = waiting[write];
    struct txn *txn;

    if (ask == NULL || port != 0)
        return NULL;
    waiting[write] = NULL;
    txn = txn_new(port, write);
    txn->maker = ask;
    txn->id = ask->id;
    txn->len = (uint8_t)(ask->beats > 1 ? ask->beats - 1 : 0);
    txn->addr = ask->iova;
    txn->size = 3;
    txn->burst = 1;
    txn->whole = true;
    txn->prot = 2;
    txn->qos = tag & 15; /* tells transactions of one ID apart */
    txn->cache = tag++ >> 4 & 15;
    txn->request = (struct iommu_request){.device_id = ask->device_id,
                                          .process_id_valid = ask->process_id != 0,
                                          .process_id = ask->process_id,
                                          .iova = ask->iova,
                                          .access = ask->write ? IOMMU_WRITE : IOMMU_READ,
                                          .type = IOMMU_UNTRANSLATED,
                                          .length = 8};
    return txn;
}

uint64_t txn_data(const struct txn *txn, unsigned beat)
{
    return hash64(txn->number, beat);
}

uint8_t txn_strobes(const struct txn *txn, unsigned beat)
{
    (void)txn;
    (void)beat;
    return 0xff;
}

void stimulus_written(const struct txn *txn, unsigned beat)
{
    (void)txn;
    (void)beat;
}

uint64_t answer_data(const struct txn *txn, unsigned beat)
{
    return hash64(~txn->number, beat);
}

uint8_t answer_resp(const struct txn *txn, unsigned beat)
{
    (void)txn;
    (void)beat;
    return 0;
}

void stimulus_done(struct txn *txn)
{
    struct ask *ask = txn->maker;

    ask->done = true;
    ask->done_at = bench.cycle;
    ask->refused = !txn->left;
    ask->target = txn->left ? txn->target : ~0ull;
    txn->maker = NULL;
}

static unsigned long all_reads(void)
{
    unsigned long reads = 0;

    for (unsigned i = 0; i < IOMMU_STRUCTURES; i++)
        reads += i == IOMMU_CQ ? 0 : memport_reads[i];
    return reads;
}

void asks_reset(void)
{
    waiting[0] = waiting[1] = NULL;
}

bool asks_free(bool write)
{
    return waiting[write] == NULL;
}

void begin_ask(struct ask *ask)
{
    ask->started = true;
    ask->table_reads = all_reads();
    waiting[ask->write] = ask;
}

void finish_ask(struct ask *ask)
{
    uint64_t limit = bench.cycle + PATIENCE;

    while (!ask->done && !bench.failed) {
        bench_cycle();
        if (bench.cycle > limit)
            fail("there is no answer");
    }
    ask->table_reads = all_reads() - ask->table_reads;
}

static uint64_t go_with(uint32_t device_id, uint32_t process_id, uint64_t iova, bool cached)
{
    struct ask ask = {.device_id = device_id, .process_id = process_id, .iova = iova};

    begin_ask(&ask);
    finish_ask(&ask);
    if (cached && ask.table_reads != 0)
        fail("%lu reads of tables, although it is in a cache", ask.table_reads);
    return ask.target;
}

uint64_t go(uint32_t device_id, uint32_t process_id, uint64_t iova)
{
    return go_with(device_id, process_id, iova, false);
}

uint64_t go_cached(uint32_t device_id, uint32_t process_id, uint64_t iova)
{
    return go_with(device_id, process_id, iova, true);
}
