/* SPDX-License-Identifier: Apache-2.0 */
/* What a random run chooses: transactions, their data, stalls and delays. */
#include <string.h>

#include "bench.h"

#define ATOP_STORE 0x10
#define ATOP_LOAD 0x20
#define ATOP_SWAP 0x30
#define ATOP_COMPARE 0x31

static unsigned ids[PORTS]; /* that the devices of a port use in this episode */

/* --- of an episode ---------------------------------------------------------------------------- */

void channel_reset(struct channel *channel)
{
    enum stall stall = STALL_NEVER;

    /* A single channel that stalls for long makes everything slow. */
    if (bench.slow ? one_in(2) : one_in(40))
        stall = bench.slow && one_in(8) ? STALL_LONG : (enum stall)below(STALL_LONG);
    *channel = (struct channel){.stall = stall};
}

struct habits stimulus_habits(unsigned port)
{
    struct habits habits;

    habits.depth = one_in(12) ? 1 + below(4) : 8 + below(90);
    habits.rate = one_in(4) ? 1 + below(12) : 1;
    ids[port] = one_in(8) ? 1 : 4 + below(13);
    habits.early_data = one_in(2);
    return habits;
}

struct delay stimulus_delay(bool implicit)
{
    struct delay delay;

    delay.least = implicit && one_in(3) ? 1 : 1 + below(bench.slow ? 200 : 16);
    delay.more = one_in(3) ? 0 : 1 + below(bench.slow ? 200 : 16);
    return delay;
}

/* --- new transactions ---------------------------------------------------------------------- */

static bool id_free(unsigned port, uint16_t id)
{
    for (unsigned write = 0; write < 2; write++) {
        for (unsigned i = 0; i < flight[port][write].count; i++) {
            if (flight[port][write].txn[i]->id == id)
                return false;
        }
    }
    return true;
}

static bool atomic_has(unsigned port, uint16_t id)
{
    for (unsigned i = 0; i < flight[port][1].count; i++) {
        if (flight[port][1].txn[i]->id == id && flight[port][1].txn[i]->atop != 0)
            return true;
    }
    return false;
}

static void choose_burst(struct txn *txn)
{
    uint64_t offset = txn->addr & 0xfff;
    unsigned bytes, dice = below(16);

    txn->size = (uint8_t)(one_in(2) ? 3 : below(4));
    txn->burst = 1;
    txn->len = (uint8_t)(one_in(2) ? 0 : one_in(50) ? below(256) : below(4));
    bytes = 1u << txn->size;
    if (dice == 0) {
        txn->burst = 0;
        txn->len = (uint8_t)below(16);
    } else if (dice == 1) {
        txn->burst = 2;
        txn->len = (uint8_t)((2u << below(4)) - 1);
        txn->addr &= ~(uint64_t)(bytes - 1);
    }
    if (!one_in(4))
        txn->addr &= ~(uint64_t)(bytes - 1);
    offset = txn->addr & 0xfff & ~(uint64_t)(bytes - 1);
    if (txn->burst == 1 && offset + bytes * (txn->len + 1ull) > 0x1000)
        txn->len = (uint8_t)((0x1000 - offset) / bytes - 1);
}

static void choose_exclusive(struct txn *txn)
{
    txn->lock = 1;
    txn->burst = 1;
    txn->len = (uint8_t)((1u << below(4)) - 1);
    txn->addr &= ~(uint64_t)((1u << txn->size) * (txn->len + 1u) - 1);
}

static void choose_atomic(struct txn *txn)
{
    static const uint8_t kinds[] = {ATOP_STORE, ATOP_LOAD, ATOP_SWAP, ATOP_COMPARE};

    txn->atop = kinds[below(4)];
    txn->size = (uint8_t)(txn->atop == ATOP_COMPARE ? 3 : 2 + below(2));
    if (txn->atop == ATOP_STORE || txn->atop == ATOP_LOAD)
        txn->atop |= (uint8_t)below(8);
    txn->len = 0;
    txn->burst = 1;
    txn->addr &= ~(uint64_t)((1u << txn->size) - 1);
    txn->returns_data = (txn->atop & 0x30) != ATOP_STORE;
}

/** Its fields must tell it from the others of its ID when it leaves. */
static bool distinct(const struct txn *txn)
{
    const struct flight *list = &flight[txn->port][txn->write];

    for (unsigned i = 0; i < list->count; i++) {
        const struct txn *other = list->txn[i];

        if (other != txn && other->id == txn->id && other->qos == txn->qos &&
            other->len == txn->len && other->size == txn->size && other->burst == txn->burst &&
            other->atop == txn->atop && ((other->addr ^ txn->addr) & 0xfff) == 0)
            return false;
    }
    return true;
}

struct txn *stimulus_next(unsigned port, bool write)
{
    struct iommu_request request;
    struct txn *txn;
    uint16_t id = (uint16_t)below(ids[port]);
    bool atomic = write && one_in(12);

    if (atomic ? !id_free(port, id) : atomic_has(port, id))
        return NULL;
    memset(&request, 0, sizeof(request));
    world_request(&request);
    txn = txn_new(port, write);
    txn->id = id;
    txn->addr = request.iova;
    choose_burst(txn);
    if (request.length == 4 && !one_in(8)) { /* somebody's interrupt file */
        txn->size = 2;
        txn->len = 0;
        txn->burst = 1;
        txn->addr = (txn->addr & ~0xfffull) | (one_in(4) ? below(4096) & ~3u : 0);
        txn->whole = true;
    } else if (atomic) {
        choose_atomic(txn);
    } else if (one_in(16)) {
        choose_exclusive(txn);
    }
    txn->cache = (uint8_t)below(16);
    txn->qos = (uint8_t)below(16);
    txn->prot = (uint8_t)(request.privileged | (one_in(2) ? 2 : 0) |
                          (request.access == IOMMU_EXECUTE ? 4 : 0));
    if (!distinct(txn)) {
        txn_done(txn);
        return NULL;
    }
    request.iova = txn->addr;
    request.access = write                             ? IOMMU_WRITE
                     : request.access == IOMMU_EXECUTE ? IOMMU_EXECUTE
                                                       : IOMMU_READ;
    /* From an address that is not aligned AXI takes fewer bytes. */
    request.length = txn->size == 2 && txn->len == 0 && txn->atop == 0 && !txn->lock &&
                             txn->addr % 4 == 0 &&
                             (!write || txn_strobes(txn, 0) == (txn->addr & 4 ? 0xf0 : 0x0f))
                         ? 4
                         : 8;
    txn->request = request;
    return txn;
}

void stimulus_done(struct txn *txn)
{
    (void)txn;
}

/* --- data ------------------------------------------------------------------------------------- */

uint64_t txn_data(const struct txn *txn, unsigned beat)
{
    uint32_t identity = (uint32_t)hash64(txn->number, 99) & 0x7ff;

    /* What goes to interrupt files has an identity, mostly, in the byte order of its place. */
    if (txn->whole && txn->number % 8 != 0)
        return (txn->addr & 4) != 0 ? (uint64_t)__builtin_bswap32(identity) << 32 : identity;
    return hash64(txn->number, beat);
}

uint8_t txn_strobes(const struct txn *txn, unsigned beat)
{
    unsigned bytes = 1u << txn->size;
    uint64_t start = txn->addr;
    uint8_t lanes;

    if (txn->atop == ATOP_COMPARE && txn->size == 3)
        return 0xff;
    if (beat != 0) {
        start = (txn->addr & ~(uint64_t)(bytes - 1)) + (txn->burst == 0 ? 0 : beat * bytes);
        if (txn->burst == 2) {
            uint64_t whole = (uint64_t)bytes * (txn->len + 1u);
            start = (txn->addr & ~(whole - 1)) | (start & (whole - 1));
        }
        if (txn->burst == 0)
            start = txn->addr;
    }
    lanes = (uint8_t)(((1u << bytes) - 1) << (start & 7 & ~(uint64_t)(bytes - 1)));
    lanes &= (uint8_t)(0xff << (start & 7));
    /* Some writes leave bytes out. */
    if (txn->atop == 0 && !txn->whole && txn->number % 8 == 0)
        lanes &= (uint8_t)hash64(txn->number, beat + 1000);
    return lanes;
}

uint64_t answer_data(const struct txn *txn, unsigned beat)
{
    return hash64(txn->number, beat + 2000);
}

uint8_t answer_resp(const struct txn *txn, unsigned beat)
{
    uint64_t dice = hash64(txn->number, beat + 3000) % 64;

    if (dice < 2)
        return (uint8_t)(2 + dice); /* an error of the memory's own */
    return txn->lock && txn->number % 2 == 0 ? 1 : 0;
}

void stimulus_written(const struct txn *txn, unsigned beat)
{
    (void)txn;
    (void)beat;
}
