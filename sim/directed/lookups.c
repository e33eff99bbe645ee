/* SPDX-License-Identifier: Apache-2.0 */
/* How long a hit takes, in cycles, and how much is read: what only slows the IOMMU down fails no
 * comparison. */
#include "directed.h"

#define DEVICE 9u
#define READ_IOVA 0x40000000ull
#define WRITE_IOVA 0x40001000ull
#define WHERE 0x300000000ull
#define MEGA2 (1ull << 21)

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

/** A read and a write of a device at the same time, of other pages. @return reads of its context */
static unsigned long contexts_read(unsigned later, uint64_t command)
{
    struct ask read = {.device_id = DEVICE, .iova = READ_IOVA};
    struct ask write = {.device_id = DEVICE, .iova = WRITE_IOVA, .write = true};
    unsigned long before;

    give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
    fence();
    before = memport_reads[IOMMU_DDT];
    begin_ask(&read);
    begin_ask(&write);
    wait_cycles(later);
    if (command != 0) {
        give_command(command, 0);
        begin_fence();
    }
    finish_ask(&read);
    finish_ask(&write);
    if (command != 0)
        finish_fence();
    CHECK(read.refused == write.refused);
    return memport_reads[IOMMU_DDT] - before;
}

/* The others of a device wait while one walk reads its context, and find it in the cache. */
static void one_walk_reads_a_context(void)
{
    slow_memory(100);
    set_device(DEVICE, &(struct context){.pscid = 1});
    CHECK(contexts_read(0, 0) == 1);
    CHECK(go_cached(DEVICE, 0, READ_IOVA) == READ_IOVA);
}

/* Where it fails, each reads it, and has a record of its own. */
static void no_context_for_two(void)
{
    slow_memory(100);
    CHECK(contexts_read(0, 0) == 2);
}

/* Whenever a command comes that concerns it, both go on. */
static void a_context_that_goes_while_two_want_it(void)
{
    set_device(DEVICE, &(struct context){.pscid = 1});
    for (unsigned later = 0; later < 80; later++)
        CHECK(contexts_read(later, INVAL_DDT | OF_DEVICE(DEVICE)) <= 4);
}

/* More than the micro-TLB has. */
#define PAGES 24u
#define SMALL_PAGES (READ_IOVA + (64ull << 20)) /* every third, so that they are no stream */

/** A read of a page that no micro-TLB has, and other caches have. @return its cycles */
static uint64_t cycles_of_a_hit(uint64_t iova, uint64_t target)
{
    struct ask read = {.device_id = DEVICE, .iova = iova};
    uint64_t begin = bench.cycle;

    begin_ask(&read);
    finish_ask(&read);
    CHECK(read.target == target && read.table_reads == 0);
    return read.done_at - begin;
}

/* Pages of 2 MiB are answered as soon as those of 4 KiB, wherever in them an access is. */
static void superpages_are_hits(void)
{
    uint64_t root = new_table(1);

    bench.gated = false;
    set_device(DEVICE, &(struct context){.first = root, .pscid = 1});
    for (unsigned i = 0; i < PAGES; i++) {
        map(root, SV39, READ_IOVA + i * MEGA2, WHERE + i * MEGA2, 1);
        map(root, SV39, SMALL_PAGES + i * 0x3000, WHERE + i * 0x3000, 0);
        go(DEVICE, 0, READ_IOVA + i * MEGA2);
        go(DEVICE, 0, SMALL_PAGES + i * 0x3000);
    }
    wait_cycles(100); /* the last line's others take lookups' places */
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t offset = i * MEGA2 + (i * 19 & 0x1ff) * 0x1000;
        uint64_t small = cycles_of_a_hit(SMALL_PAGES + i * 0x3000, WHERE + i * 0x3000);

        CHECK(cycles_of_a_hit(READ_IOVA + offset, WHERE + offset) == small);
    }
}

/* What is invalidated is gone, however often: what tells old leaves from new ones has eight bits.
 */
static void superpages_come_and_go(void)
{
    uint64_t root = new_table(1), other = READ_IOVA + MEGA2, pte, other_pte, target = WHERE;

    set_device(DEVICE, &(struct context){.first = root, .pscid = 1});
    pte = map(root, SV39, READ_IOVA, target, 1);
    other_pte = map(root, SV39, other, WHERE, 1);
    for (unsigned times = 254; times <= 258; times++) {
        go(DEVICE, 0, other);
        change_target(other_pte, target + MEGA2);
        give_command(IOTINVAL(VMA) | OF_PSCID(1) | OF_ADDRESS, ADDRESS(other));
        for (unsigned i = 1; i < times; i++) {
            CHECK(go(DEVICE, 0, READ_IOVA + 0x1000) == target + 0x1000);
            target += MEGA2;
            change_target(pte, target);
            give_command(IOTINVAL(VMA) | OF_PSCID(1) | OF_ADDRESS, ADDRESS(READ_IOVA));
            fence();
        }
        change_target(other_pte, target);
        CHECK(go(DEVICE, 0, other) == target);
    }
}

/* --- lines of both stages ------------------------------------------------------------------ */

#define GIGA (1ull << 30)
#define GUEST (16 * GIGA) /* a multiple of eight pages */
#define LINE_PAGES 8u

/** Where page `i` of the line leads: pages all over, so that only its own PTE tells. */
static uint64_t host_page(unsigned i)
{
    return WHERE + (i * 5 + 3) * 0x10000ull;
}

static struct {
    uint64_t first[LINE_PAGES], second[LINE_PAGES]; /* PTEs */
    uint64_t of;                                    /* its guest, as commands name it */
} line;

/** A guest whose eight pages lie in a row, shifted by `shift` pages, and were not asked for yet. */
static void map_line(unsigned shift)
{
    uint64_t first = new_table(1), second = new_table(4);

    map(second, SV39X4, image.base & ~(GIGA - 1), image.base & ~(GIGA - 1), 2);
    for (unsigned i = 0; i < LINE_PAGES; i++) {
        line.second[i] = map(second, SV39X4, GUEST + (i + shift) * 0x1000ull, host_page(i), 0);
        line.first[i] =
            map(first, SV39, READ_IOVA + i * 0x1000ull, GUEST + (i + shift) * 0x1000ull, 0);
    }
    map(first, SV39, READ_IOVA + 0x40000, image.base, 0);
    set_device(DEVICE, &(struct context){.first = first, .second = second, .pscid = 1, .gscid = 2});
}

/** What was cached of pages is gone. */
static void forget_pages(void)
{
    give_command(IOTINVAL(GVMA), 0);
    fence();
}

/** Ask for page `asked`, and then for another one, for each of the line. @return a bit for each
 * that was there */
static unsigned pages_with(unsigned asked)
{
    unsigned there = 0;

    for (unsigned i = 0; i < LINE_PAGES; i++) {
        struct ask elsewhere = {.device_id = DEVICE, .iova = READ_IOVA + 0x40000, .write = true};
        struct ask ask = {.device_id = DEVICE, .iova = READ_IOVA + i * 0x1000ull, .write = true};

        forget_pages();
        CHECK(go(DEVICE, 0, READ_IOVA + asked * 0x1000ull) == host_page(asked));
        begin_ask(&elsewhere); /* so that what follows is no stream */
        finish_ask(&elsewhere);
        wait_cycles(200);
        begin_ask(&ask);
        finish_ask(&ask);
        if (ask.table_reads == 0) {
            CHECK(ask.target == host_page(i));
            there |= 1u << i;
        }
    }
    return there;
}

/* Whichever page is asked for, the others come with it, since the lines begin in the middle. */
static void lines_behind_a_second_stage(void)
{
    map_line(0);
    for (unsigned asked = 0; asked < LINE_PAGES; asked++)
        CHECK(pages_with(asked) == 0xff);
}

/* Pages of another line of the second stage do not come. */
static void lines_that_are_shifted(void)
{
    map_line(3);
    CHECK(pages_with(0) == 0x1f);
    CHECK(pages_with(5) == 0xe0);
}

/* A PTE of the first stage that is not like the one that was asked for ends it; what the second
 * stage does not grant does not come. */
static void lines_with_other_pages_in_them(void)
{
    uint64_t before;

    map_line(0);
    before = image_word(line.first[3], 8, false);
    store(line.first[3], before & ~IOMMU_PTE_W_MASK);
    CHECK(pages_with(0) == 0x07);
    store(line.first[3], before ^ (1ull << 13)); /* another guest page */
    CHECK(pages_with(1) == 0x06);
    store(line.first[3], before);
    CHECK(pages_with(1) == 0xff);

    before = image_word(line.second[3], 8, false);
    store(line.second[3], 0);
    CHECK(pages_with(0) == 0xf7);
    store(line.second[3], before & ~(uint64_t)IOMMU_PTE_A_MASK);
    CHECK(pages_with(1) == 0xf7);
    store(line.second[3], before & ~IOMMU_PTE_W_MASK);
    CHECK(pages_with(2) == 0xf7);
    store(line.second[3], before);
}

/* An invalidation of one of them while they are read concerns all. */
static void lines_that_are_invalidated_meanwhile(void)
{
    map_line(0);
    for (unsigned later = 0; later < 160; later += 3) {
        struct ask ask = {.device_id = DEVICE, .iova = READ_IOVA};

        forget_pages();
        change_target(line.second[5], WHERE);
        begin_ask(&ask);
        wait_cycles(later);
        change_target(line.second[5], host_page(5));
        give_command(IOTINVAL(GVMA) | OF_GSCID(2) | OF_ADDRESS, ADDRESS(GUEST + 0x5000));
        begin_fence();
        finish_ask(&ask);
        finish_fence();
        CHECK(go(DEVICE, 0, READ_IOVA + 0x5000) == host_page(5));
    }
}

/** Page 5 of a line changes from `from` to `to` while page 0 is walked, in all cycles of that. */
static void one_page_changes(uint64_t pte, uint64_t from, uint64_t to, uint64_t reaches)
{
    slow_memory(100);
    for (unsigned later = 8; later < 440; later += 4) {
        struct ask ask = {.device_id = DEVICE, .iova = READ_IOVA};

        change_target(pte, from);
        give_command(IOTINVAL(VMA), 0);
        forget_pages();
        begin_ask(&ask);
        wait_cycles(later);
        change_target(pte, to);
        give_command(IOTINVAL(VMA) | line.of | OF_PSCID(1) | OF_ADDRESS,
                     ADDRESS(READ_IOVA + 0x5000));
        begin_fence();
        finish_ask(&ask);
        finish_fence();
        CHECK(go(DEVICE, 0, READ_IOVA + 0x5000) == reaches);
        CHECK(go(DEVICE, 0, READ_IOVA + 0x1000) == host_page(1)); /* lines are of use */
    }
}

/* An invalidation of one page finds the walks that read others of its line. */
static void a_page_of_a_line_is_invalidated(void)
{
    uint64_t root = new_table(1);

    map_line(0);
    line.of = OF_GSCID(2);
    one_page_changes(line.first[5], GUEST + 0x5000, image.base, image.base);
    line.of = 0;
    for (unsigned i = 0; i < LINE_PAGES; i++)
        line.first[i] = map(root, SV39, READ_IOVA + i * 0x1000ull, host_page(i), 0);
    set_device(DEVICE, &(struct context){.first = root, .pscid = 1});
    give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
    one_page_changes(line.first[5], host_page(5), WHERE, WHERE);
}

const struct test lookup_tests[] = {
    {"hits do not wait for hits", hits_do_not_wait_for_hits, 0},
    {"one walk reads a context", one_walk_reads_a_context, 0},
    {"no context for two", no_context_for_two, 0},
    {"a context that goes while two want it", a_context_that_goes_while_two_want_it, 0},
    {"superpages are hits", superpages_are_hits, READ_AHEAD},
    {"superpages come and go", superpages_come_and_go, 0},
    {"lines behind a second stage", lines_behind_a_second_stage, READ_AHEAD},
    {"lines that are shifted", lines_that_are_shifted, READ_AHEAD},
    {"lines with other pages in them", lines_with_other_pages_in_them, READ_AHEAD},
    {"lines that are invalidated meanwhile", lines_that_are_invalidated_meanwhile, 0},
    {"a page of a line is invalidated", a_page_of_a_line_is_invalidated, 0},
    {NULL, NULL, 0},
};
