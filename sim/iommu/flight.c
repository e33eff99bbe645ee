/* SPDX-License-Identifier: Apache-2.0 */
/* Device transactions on their way. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define POOL 1024u

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
             txn->request.privileged ? "S" : "U", txn->addr, txn->len, txn->size, txn->burst,
             txn->cache, txn->prot, txn->qos, txn->atop, txn->accepted ? ", accepted" : "",
             txn->left ? ", left" : "", txn->unknown ? ", unknown" : "");
    return text;
}
