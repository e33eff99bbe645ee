/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that do what they must not. Each access that leaves the IOMMU is checked against what
 * is permitted; besides, all of memory has a pattern, of which no other byte may have changed.
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define ROUND 256u             /* requests in one step of a storm */
#define TELL 400u              /* rounds after which it says how far it is */
#define SECOND (RAM + 0x28000) /* second stage: a root of four pages, and two tables */
#define GUEST 0x40000000ull    /* where it has memory, above where that is */
#define GPA(address) ((address) + GUEST)
#define READ_WRITE 0xd7u /* of leaves: V, R, W, U, A, D */
#define READ_ONLY 0x53u
#define NEVER UINT64_MAX

struct hostile hostile = {1, 1200000};

/* --- what is permitted ------------------------------------------------------------------------ */

static bool within(uint64_t address, uint32_t size, uint64_t base, uint64_t bytes)
{
    return address >= base && address + size <= base + bytes;
}

/** Its own accesses to its tables and queues, devices' to their pages. */
static bool may(void *context, bool device, uint64_t address, uint32_t size, bool write)
{
    struct machine *m = context;

    m->watched++;
    if (device) {
        uint64_t page = address & ~0xfffull;
        return within(address, size, page, 0x1000) && page >= DATA && page < DATA + 0x4000 &&
               (!write || (page & 0x1000) == 0);
    }
    if (write)
        return within(address, size, QUEUE, QUEUE_BYTES) || within(address, size, FENCE, 8) ||
               within(address, size, REQUESTS, REQUESTS_BYTES);
    return within(address, size, ROOT, 0x1000) || within(address, size, COMMANDS, 0x1000) ||
           within(address, size, TABLES, 0x6000) || within(address, size, SECOND, 0x6000);
}

/** A pattern over all that has no other meaning. @return a copy of all of memory */
static uint8_t *guard(struct machine *m)
{
    uint8_t *before = malloc(RAM_BYTES);

    for (uint64_t i = DATA - RAM; i < RAM_BYTES; i++)
        m->ram[i] = (uint8_t)(i * 11 + (i >> 12));
    memcpy(before, m->ram, RAM_BYTES);
    m->bridge.permitted = may;
    m->bridge.permitted_context = m;
    return before;
}

/** May this byte have changed? Of tables only what the test itself has changed, and put back. */
static bool may_change(uint64_t address)
{
    uint64_t page = address & ~0xfffull;

    return page == DATA || page == DATA + 0x2000 || page == COMMANDS || page == FENCE ||
           page == REQUESTS || (address >= QUEUE && address < QUEUE + QUEUE_BYTES);
}

static bool is_unharmed(const struct machine *m, const uint8_t *before)
{
    for (uint64_t i = 0; i < RAM_BYTES; i++) {
        if (m->ram[i] != before[i] && !may_change(RAM + i)) {
            printf("  byte %#llx was written\n", (unsigned long long)(RAM + i));
            return false;
        }
    }
    return memcmp(m->ram + (DATA - RAM), before + (DATA - RAM), 4096) != 0; /* it did try */
}

/* --- storms ----------------------------------------------------------------------------------- */

/** `target`: near which Translated requests try it. */
static void begin(struct machine *m, uint64_t requests, uint64_t target, uint64_t how)
{
    bar_put(m, 1, ENGINE_SEED, 8, hostile.seed);
    bar_put(m, 1, ENGINE_SOURCE, 8, IOVA);
    bar_put(m, 1, ENGINE_TARGET, 8, target);
    bar_put(m, 1, ENGINE_HOSTILE, 8, how | ENGINE_HOSTILE_OTHER);
    bar_put(m, 1, ENGINE_OPERATION, 8, ENGINE_STORM);
    bar_put(m, 1, ENGINE_ARGUMENT, 8, requests);
    bar_put(m, 1, ENGINE_CONTROL, 8, ENGINE_CONTROL_START);
}

static void tell(unsigned rounds)
{
    if (rounds % TELL == 0)
        printf("  %u requests and messages so far\n", rounds * ROUND);
}

/** Reset the IOMMU: for one step requests meet one that is off. */
static void reset(struct machine *m, void (*set_up_again)(struct machine *m))
{
    access_region(m, 0, VFU_CONFIG, 0x68, 2, true, 0x8000);
    access_region(m, 0, VFU_CONFIG, 4, 2, true, 6);
    uint64_t faults = m->bridge.faults, reported = m->bridge.reported;
    m->engine[0]->ops->step(
        m->engine[0]->context); /* no record tells of these: there is no queue */
    m->off_faults += m->bridge.faults - faults;
    m->off_reported += m->bridge.reported - reported;
    set_up_again(m);
}

/**
 * Between requests, now and then: invalidations that are under way while requests go on, a page
 * that goes and comes, and a reset.
 */
static void disturb(struct machine *m, unsigned round)
{
    if (round % 4 == 1)
        command(m, round % 8 == 1 ? IOTINVAL_VMA : IODIR_DDT, 0);
    if (round % 4 == 2) {
        put64(m, LEAF, get64(m, LEAF) ^ 1);
        command(m, IOTINVAL_VMA, 0);
    }
    if (round % 16 == 7)
        reset(m, set_up);
}

/** Is what was refused in the fault queue, and is none of it lost? */
static bool is_accounted_for(struct machine *m)
{
    bool good = true;

    /* The RTL says by its queue alone what it reports: all, as no context has DTF. */
    if (!machine_kind.on_rtl)
        CHECK(m->records == m->bridge.reported - m->off_reported);
    else if (!machine_is_full()) /* where ATS requests that fail need no record */
        CHECK(m->records == m->bridge.faults - m->off_faults);
    CHECK((bar_get(m, 0, IOMMU_REG_FQCSR, 4) & IOMMU_FQCSR_FQOF_MASK) == 0);
    CHECK(m->messages == 0);
    printf("  %llu requests, %llu refused, %llu of them while off, %llu records; %llu accesses "
           "watched\n",
           (unsigned long long)m->bridge.requests, (unsigned long long)m->bridge.faults,
           (unsigned long long)m->off_faults, (unsigned long long)(m->records + m->message_records),
           (unsigned long long)m->watched);
    return good;
}

/** Random requests, IDs and messages: nothing but the permitted pages changes. */
bool test_storm(void)
{
    struct machine *m = start();
    struct pci_function *engine = m->engine[0];
    uint64_t requests = machine_is_full() ? hostile.requests / 2 : hostile.requests;
    uint8_t *before = guard(m);
    bool good = true;
    unsigned rounds = 0;

    begin(m, requests, DATA, 0);
    while (engine->ops->step(engine->context) && bridge_wrong() == NULL) {
        drain(m);
        disturb(m, rounds++);
        tell(rounds);
    }
    drain(m);
    CHECK(bridge_wrong() == NULL);
    put64(m, LEAF, get64(m, LEAF) | 1); /* it may be away */
    CHECK(fence(m));                    /* it still does what it is told */
    CHECK(m->bridge.requests > requests / 2 && m->bridge.faults > requests / 4);
    CHECK(m->bridge.requests > m->bridge.faults && m->watched > m->bridge.requests / 8);
    CHECK(m->off_faults > 0 || requests < ROUND * 16);
    CHECK(machine_is_full() == (m->message_records > requests / 1000));
    CHECK(is_accounted_for(m));
    CHECK(is_unharmed(m, before));
    free(before);
    return finish(m) && good;
}

/* --- where ATS and PRI are on ----------------------------------------------------------------- */

/**
 * Engine 1 may use ATS and PRI. Its Translated requests have guest-physical addresses (T2GPA):
 * the second stage keeps them to the same pages, of which it reads its own tables only.
 */
static void set_up_ats(struct machine *m)
{
    uint64_t context = ROOT + 64 * m->engine[0]->device_id, level1 = SECOND + 0x4000;
    uint64_t level0 = level1 + 0x1000;
    uint64_t page[] = {DATA, DATA + 0x1000, TABLES, TABLES + 0x1000, TABLES + 0x2000};

    set_up(m);
    memset(m->ram + (SECOND - RAM), 0, 0x6000);
    put64(m, SECOND + 8 * (GPA(RAM) >> 30), level1 >> 12 << 10 | 1);
    put64(m, level1 + 8 * (GPA(RAM) >> 21 & 511), level0 >> 12 << 10 | 1);
    for (unsigned i = 0; i < 5; i++)
        put64(m, level0 + 8 * (page[i] >> 12 & 511),
              page[i] >> 12 << 10 | (i == 0 ? READ_WRITE : READ_ONLY));
    /* The first stage as it was, by the guest's addresses. */
    put64(m, TABLES + 8 * (IOVA >> 30 & 511), GPA(TABLES + 0x1000) >> 12 << 10 | 1);
    put64(m, TABLES + 0x1000 + 8 * (IOVA >> 21 & 511), GPA(TABLES + 0x2000) >> 12 << 10 | 1);
    put64(m, LEAF, GPA(DATA) >> 12 << 10 | READ_WRITE);
    put64(m, LEAF + 8, GPA(DATA + 0x1000) >> 12 << 10 | READ_ONLY);
    put64(m, context + 8, 8ull << 60 | 3ull << 44 | SECOND >> 12); /* Sv39x4 */
    put64(m, context + 24, 8ull << 60 | GPA(TABLES) >> 12);
    put64(m, context,
          IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK | IOMMU_DC_TC_T2GPA_MASK | 1);
    command(m, IODIR_DDT, 0);
    bar_put(m, 0, IOMMU_REG_PQB, 8, REQUESTS >> 12 << 10 | REQUESTS_LOG2);
    bar_put(m, 0, IOMMU_REG_PQH, 4, 0);
    bar_put(m, 0, IOMMU_REG_PQCSR, 4, IOMMU_PQCSR_PQEN_MASK);
}

/** What may be late is late: with the fences that wait for it, the queue comes to its end. */
static bool commands_end(struct machine *m, unsigned *time_outs)
{
    m->bridge.patience_ns = 0;
    for (unsigned i = 0; i < 1000; i++) {
        bridge_step(&m->bridge);
        if ((bar_get(m, 0, IOMMU_REG_CQCSR, 4) & IOMMU_CQCSR_CMD_TO_MASK) != 0) {
            ++*time_outs;
            bar_put(m, 0, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CMD_TO_MASK);
        }
        if (bar_get(m, 0, IOMMU_REG_CQH, 4) == m->cqt)
            break;
    }
    m->bridge.patience_ns = NEVER;
    return bar_get(m, 0, IOMMU_REG_CQH, 4) == m->cqt;
}

/** Of the queue for page requests, which the device fills: read it, or let it be full. */
static void take_pages(struct machine *m, unsigned *full)
{
    uint32_t csr = (uint32_t)bar_get(m, 0, IOMMU_REG_PQCSR, 4);
    uint32_t tail = (uint32_t)bar_get(m, 0, IOMMU_REG_PQT, 4);

    if ((csr & IOMMU_PQCSR_PQOF_MASK) == 0)
        return;
    ++*full;
    bar_put(m, 0, IOMMU_REG_PQH, 4, tail);
    bar_put(m, 0, IOMMU_REG_PQCSR, 4, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PQOF_MASK);
    command(m, ATS_PRGR | (uint64_t)m->engine[0]->device_id << 40, 5ull << 32);
}

/** As disturb(), with invalidations of what devices keep; @return false: the queue does not end */
static bool disturb_ats(struct machine *m, unsigned round, unsigned *time_outs)
{
    static const uint64_t what[] = {IOVA, 0x7ffffffffffff800, IOVA | 0x800, 1};
    uint64_t context = ROOT + 64 * m->engine[0]->device_id;

    if (round % 2 == 0)
        command(m, ATS_INVAL | (uint64_t)m->engine[0]->device_id << 40, what[round / 2 % 4]);
    if (round % 64 == 2) /* requests meet a fence that waits */
        command(m, IOFENCE, 0);
    if (round % 8 == 3) {
        put64(m, LEAF, get64(m, LEAF) ^ 1);
        command(m, IOTINVAL_VMA, 0);
    }
    if (round % 8 == 5) { /* EN_PRI goes and comes */
        put64(m, context, get64(m, context) ^ IOMMU_DC_TC_EN_PRI_MASK);
        command(m, IODIR_DDT | IOMMU_CMD_IODIR_DV_MASK | (uint64_t)m->engine[0]->device_id << 40,
                0);
    }
    if (round % 8 == 7) {
        command(m, ATS_INVAL | (uint64_t)m->engine[0]->device_id << 40, IOVA);
        command(m, IOFENCE, 0);
        if (!commands_end(m, time_outs))
            return false;
    }
    if (round % 32 == 20) /* with invalidations under way, whose answers come later */
        reset(m, set_up_ats);
    return true;
}

/**
 * The same where engine 1 may use ATS and PRI: malformed messages, completions that nobody waits
 * for, pages without end; and to invalidations it gives no answer, or a wrong one.
 */
bool test_storm_ats(void)
{
    struct machine *m = start();
    struct pci_function *engine = m->engine[0];
    uint64_t requests = hostile.requests / 2, context = ROOT + 64 * engine->device_id, tc;
    bool good = true, ends = true;
    unsigned rounds = 0, time_outs = 0, full = 0;

    set_up_ats(m);
    tc = get64(m, context);
    uint8_t *before = guard(m);
    m->bridge.patience_ns = NEVER;
    begin(m, requests, GPA(DATA), ENGINE_HOSTILE_LIES);
    while (engine->ops->step(engine->context) && bridge_wrong() == NULL && ends) {
        drain(m);
        take_pages(m, &full);
        ends = disturb_ats(m, rounds++, &time_outs);
        tell(rounds);
    }
    drain(m);
    CHECK(bridge_wrong() == NULL);
    CHECK(ends && commands_end(m, &time_outs));
    put64(m, LEAF, get64(m, LEAF) | 1);
    put64(m, context, tc);
    bar_put(m, 1, ENGINE_HOSTILE, 8, 0);
    command(m, ATS_INVAL | (uint64_t)engine->device_id << 40, IOVA);
    CHECK(fence(m)); /* it still does what it is told, and so does the device */
    CHECK(m->bridge.requests > requests / 2 && m->bridge.faults > requests / 4);
    /* One in 16 rounds would be the mean; of a few rounds it may be none. */
    CHECK(time_outs >= requests / ROUND / 32 && m->bridge.timeouts >= time_outs);
    CHECK(full > 0 || requests < 100000);
    CHECK(is_accounted_for(m));
    printf("  %u fences that saw a time-out, %llu of %u rounds' invalidations without an answer, "
           "page queue full %u times\n",
           time_outs, (unsigned long long)m->bridge.timeouts, rounds, full);
    CHECK(is_unharmed(m, before));
    free(before);
    return finish(m) && good;
}

/* --- single requests -------------------------------------------------------------------------- */

/** Each address and length around the ends of what may be written and of what may be read. */
bool test_edges(void)
{
    static const uint64_t ends[] = {IOVA, IOVA + 0x1000, IOVA + 0x2000};
    struct machine *m = start();
    bool good = true;

    m->bridge.permitted = may;
    m->bridge.permitted_context = m;
    for (unsigned i = 0; i < 3; i++) {
        for (uint64_t from = ends[i] - 9; from <= ends[i] + 1; from++) {
            for (uint64_t length = 1; length <= 17; length++) {
                bool write = from >= IOVA && from + length <= IOVA + 0x1000;
                bool read = from >= IOVA && from + length <= IOVA + 0x2000;
                uint64_t wrote = run(m, 1, ENGINE_FILL, 0, from, length, 0x77, 0);
                uint64_t got = run(m, 1, ENGINE_CHECKSUM, from, 0, length, 0, 0);
                CHECK(write == (wrote == ENGINE_STATUS_DONE));
                CHECK(read == (got == ENGINE_STATUS_DONE));
                drain(m);
            }
        }
    }
    CHECK(m->records == m->bridge.faults && m->records > 100);
    return finish(m) && good;
}

/** Is an access noticed that is not permitted? By one more page in the tables. */
bool test_trespass(void)
{
    struct machine *m = start();
    bool good = true;

    m->bridge.permitted = may;
    m->bridge.permitted_context = m;
    put64(m, LEAF + 16, (DATA + 0x5000) >> 12 << 10 | 0xd7);
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA, 8, 1, 0) == ENGINE_STATUS_DONE && bridge_wrong() == NULL);
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA + 0x2000, 8, 1, 0) == ENGINE_STATUS_DONE);
    CHECK(bridge_wrong() != NULL);
    CHECK(!finish(m));
    return good;
}
