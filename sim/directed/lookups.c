/* SPDX-License-Identifier: Apache-2.0 */
/* How long a hit takes, in cycles: what only slows the IOMMU down fails no comparison. */
#include "directed.h"

#define DEVICE 9u
#define READ_IOVA 0x40000000ull
#define WRITE_IOVA 0x40001000ull
#define WHERE 0x300000000ull

/** Micro-TLBs forget everything; the IOTLB nothing, since this concerns nobody. */
static void clear_micro_tlbs(void)
{
    give_command(IOTINVAL(VMA) | OF_PSCID(2) | OF_ADDRESS, ADDRESS(READ_IOVA));
    fence();
}

/** A read, and `later` cycles behind it a write, that the IOTLB has. @return cycles of the write */
static uint64_t cycles_behind_a_hit(unsigned later)
{
    struct ask read = {.device_id = DEVICE, .iova = READ_IOVA};
    struct ask write = {.device_id = DEVICE, .iova = WRITE_IOVA, .write = true};
    uint64_t begin;

    clear_micro_tlbs();
    begin_ask(&read);
    wait_cycles(later);
    begin = bench.cycle;
    begin_ask(&write);
    finish_ask(&write);
    finish_ask(&read);
    CHECK(read.target == WHERE && read.table_reads == 0);
    CHECK(write.target == WHERE + 0x1000 && write.table_reads == 0);
    return write.done_at - begin;
}

/* One lookup a cycle: a hit makes nobody wait but who asks in the same cycle. */
static void hits_do_not_wait_for_hits(void)
{
    uint64_t root = new_table(1), alone;

    bench.gated = false; /* a clock that has to be started takes cycles of its own */
    set_device(DEVICE, &(struct context){.first = root, .pscid = 1});
    map(root, SV39, READ_IOVA, WHERE, 0);
    map(root, SV39, WRITE_IOVA, WHERE + 0x1000, 0);
    go(DEVICE, 0, READ_IOVA);
    go(DEVICE, 0, WRITE_IOVA);
    alone = cycles_behind_a_hit(200);
    CHECK(cycles_behind_a_hit(0) <= alone + 1);
    for (unsigned later = 1; later < 12; later++)
        CHECK(cycles_behind_a_hit(later) == alone);
}

const struct test lookup_tests[] = {
    {"hits do not wait for hits", hits_do_not_wait_for_hits, 0},
    {NULL, NULL, 0},
};
