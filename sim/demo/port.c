/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses of the devices at the one port, and what is counted of them. Takes the place of
 * sim/iommu/stimulus.c: nothing here is random, nothing stalls, memory takes always the same
 * time.
 */
#include <stdlib.h>
#include <string.h>

#include "demo.h"

#define LATENCY 60u /* cycles of memory, from AR to R and from W to B */
#define OUTSTANDING 12u

struct account account[CAST];
struct refusal refusals[REFUSALS];
unsigned refusal_count, slice_cycles = 1024;

static struct {
    struct op *first[2], **last[2];
    unsigned in_flight, turn;
} queue[CAST];
/* IDs of their own, so that one device's wait holds up nobody else. */
static const struct {
    uint16_t base, number;
} ids[CAST] = {{0, 4}, {4, 6}, {10, 3}, {13, 3}};
static unsigned ops, next_who[2], tag;

/* --- operations
 * ----------------------------------------------------------------------------------- */

struct op *op_new(enum who who, bool write, uint64_t iova, unsigned beats, op_done_fn *done)
{
    struct op *op = calloc(1, sizeof(*op));

    if (op == NULL)
        abort();
    op->who = who;
    op->write = write;
    op->device_id = device_ids[who];
    op->iova = iova;
    op->beats = beats;
    op->done = done;
    return op;
}

void op_send(struct op *op)
{
    ops++;
    if (queue[op->who].first[op->write] == NULL)
        queue[op->who].last[op->write] = &queue[op->who].first[op->write];
    *queue[op->who].last[op->write] = op;
    queue[op->who].last[op->write] = &op->next;
}

static void nothing(struct op *op)
{
    if (op->error && !op->hostile)
        fail("an interrupt of the %s was refused", device_names[op->who]);
}

void op_interrupt(enum who who, uint64_t iova, uint32_t data)
{
    struct op *op = op_new(who, true, iova, 1, nothing);

    op->word = true;
    op->data[0] = data;
    op_send(op);
}

unsigned op_count(void)
{
    return ops;
}

/* --- what the bench asks
 * ------------------------------------------------------------------------------- */

void channel_reset(struct channel *channel)
{
    *channel = (struct channel){.stall = STALL_NEVER};
}

struct habits stimulus_habits(unsigned port)
{
    (void)port;
    return (struct habits){.depth = 64, .rate = 1, .early_data = false};
}

struct delay stimulus_delay(bool implicit)
{
    (void)implicit;
    return (struct delay){.least = LATENCY, .more = 0};
}

struct txn *stimulus_next(unsigned port, bool write)
{
    for (unsigned i = 0; i < CAST; i++) {
        enum who who = (enum who)((next_who[write] + i) % CAST);
        struct op *op = queue[who].first[write];
        struct txn *txn;

        if (op == NULL || queue[who].in_flight == OUTSTANDING)
            continue;
        next_who[write] = (who + 1) % CAST;
        queue[who].first[write] = op->next;
        queue[who].in_flight++;
        txn = txn_new(port, write);
        txn->maker = op;
        txn->id = (uint16_t)(ids[who].base + queue[who].turn++ % ids[who].number);
        txn->addr = op->iova;
        txn->len = (uint8_t)(op->beats - 1);
        txn->size = op->word ? 2 : 3;
        txn->burst = 1;
        txn->whole = true;
        txn->prot = (uint8_t)(2 | (op->execute ? 4 : 0));
        /* Tells transactions of one ID apart. */
        txn->qos = tag & 15;
        txn->cache = tag >> 4 & 15;
        tag++;
        txn->request = (struct iommu_request){
            .device_id = op->device_id,
            .process_id_valid = op->pasid,
            .process_id = op->pasid ? 7 : 0,
            .iova = op->iova,
            .access = write         ? IOMMU_WRITE
                      : op->execute ? IOMMU_EXECUTE
                                    : IOMMU_READ,
            .type = op->translated ? IOMMU_TRANSLATED : IOMMU_UNTRANSLATED,
            .length = op->word ? 4 : 8,
        };
        return txn;
    }
    return NULL;
}

uint64_t txn_data(const struct txn *txn, unsigned beat)
{
    const struct op *op = txn->maker;

    return op->word && (op->iova & 4) != 0 ? op->data[beat] << 32 : op->data[beat];
}

uint8_t txn_strobes(const struct txn *txn, unsigned beat)
{
    (void)beat;
    return txn->size == 3 ? 0xff : (txn->addr & 4) != 0 ? 0xf0 : 0x0f;
}

void stimulus_written(const struct txn *txn, unsigned beat)
{
    const struct op *op = txn->maker;

    if (!ram_device_write(op->who, txn->target + beat * 8ull, txn_data(txn, beat),
                          txn_strobes(txn, beat)))
        fail("the %s wrote where nothing is: %s", device_names[op->who], txn_text(txn));
}

/** What memory held when it was asked first. */
uint64_t answer_data(const struct txn *txn, unsigned beat)
{
    struct op *op = txn->maker;

    if (!op->sampled[beat]) {
        op->sampled[beat] = true;
        if (!ram_device_read(op->who, txn->target + beat * 8ull, &op->data[beat]))
            fail("the %s read where nothing is: %s", device_names[op->who], txn_text(txn));
    }
    return op->data[beat];
}

uint8_t answer_resp(const struct txn *txn, unsigned beat)
{
    (void)txn;
    (void)beat;
    return 0;
}

/* --- what is counted
 * ------------------------------------------------------------------------------------- */

static void count_refused(const struct txn *txn, const struct op *op)
{
    struct refusal *refusal = &refusals[refusal_count];
    struct iommu_outcome outcome[4];

    account[op->who].refused++;
    if (refusal_count == REFUSALS)
        return;
    refusal_count++;
    *refusal = (struct refusal){.cycle = txn->offered,
                                .iova = op->iova,
                                .who = op->who,
                                .device_id = op->device_id,
                                .write = op->write,
                                .execute = op->execute,
                                .translated = op->translated,
                                .pasid = op->pasid,
                                .attempt = op->attempt};
    if (iommu_allowed(model, &txn->request, iommu_time(model), outcome, 4) != 0)
        refusal->cause = outcome[0].response.cause, refusal->rule = outcome[0].response.rule;
}

static void count_good(const struct txn *txn, const struct op *op)
{
    struct account *of = &account[op->who];
    unsigned bytes = op->word ? 4 : op->beats * 8;
    uint64_t latency = txn->left_cycle - txn->offered, slice = bench.cycle / slice_cycles;

    if (op->write)
        of->writes++, of->bytes_written += bytes;
    else
        of->reads++, of->bytes_read += bytes;
    if (of->samples < SAMPLES)
        of->latency[of->samples++] = (uint16_t)(latency < 0xffff ? latency : 0xffff);
    if (slice < SLICES)
        of->slice[slice] += bytes;
}

void stimulus_done(struct txn *txn)
{
    struct op *op = txn->maker;

    op->error = !txn->left;
    if (op->error)
        count_refused(txn, op);
    else
        count_good(txn, op);
    if (op->hostile && !op->error)
        fail("an attempt of the %s was not blocked: %s", device_names[op->who], txn_text(txn));
    ops--;
    queue[op->who].in_flight--;
    op->done(op);
    free(op);
    txn->maker = NULL;
}
