/* SPDX-License-Identifier: Apache-2.0 */
/* Device transactions on their way, and the data that belong to them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define POOL 1024u
#define ATOP_LOAD 0x20 /* this bit, or the next: it returns data */
#define ATOP_COMPARE 0x31

struct flight flight[PORTS][2];
static struct txn pool[POOL];
static unsigned pool_next;
static uint64_t number;

void flight_reset(void)
{
    for (unsigned i = 0; i < POOL; i++) {
        free(pool[i].past);
        memset(&pool[i], 0, sizeof(pool[i]));
    }
    memset(flight, 0, sizeof(flight));
    number = random64();
}

struct txn *txn_new(unsigned port, bool write)
{
    struct flight *list = &flight[port][write];
    struct txn *txn;

    while (pool[pool_next].used)
        pool_next = (pool_next + 1) % POOL;
    txn = &pool[pool_next];
    memset(txn, 0, sizeof(*txn));
    txn->used = true;
    txn->port = (uint8_t)port;
    txn->write = write;
    txn->number = number++;
    list->txn[list->count++] = txn;
    return txn;
}

void txn_done(struct txn *txn)
{
    struct flight *list = &flight[txn->port][txn->write];
    unsigned i = 0;

    while (list->txn[i] != txn)
        i++;
    memmove(&list->txn[i], &list->txn[i + 1], (--list->count - i) * sizeof(list->txn[0]));
    free(txn->past);
    txn->past = NULL;
    txn->used = false;
    bench.progress = bench.cycle;
}

unsigned flight_count(void)
{
    return flight[0][0].count + flight[0][1].count + flight[1][0].count + flight[1][1].count;
}

unsigned beats_of(const struct txn *txn)
{
    return txn->len + 1u;
}

unsigned answers_of(const struct txn *txn)
{
    if (!txn->write)
        return txn->len + 1u;
    return txn->returns_data ? 1 : 0;
}

uint64_t txn_data(const struct txn *txn, unsigned beat)
{
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

const char *txn_text(const struct txn *txn)
{
    static char text[256];
    static const char *const kinds[] = {"untranslated", "translated"};

    snprintf(text, sizeof(text),
             "%s %s%s #%" PRIx64 " port %u id %x device %x process %d:%x %s iova %" PRIx64
             " len %u size %u burst %u cache %x prot %u qos %x atop %x%s%s%s",
             kinds[txn->request.type != 0],
             txn->request.access == IOMMU_EXECUTE ? "execute"
             : txn->atop != 0                     ? "atomic"
             : txn->write                         ? "write"
                                                  : "read",
             txn->lock ? " exclusive" : "", txn->number & 0xffff, txn->port, txn->id,
             txn->request.device_id, txn->request.process_id_valid, txn->request.process_id,
             txn->request.privileged ? "S" : "U", txn->addr, txn->len, txn->size, txn->burst, txn->cache, txn->prot, txn->qos, txn->atop,
             txn->accepted ? ", accepted" : "", txn->left ? ", left" : "",
             txn->unknown ? ", unknown" : "");
    return text;
}
