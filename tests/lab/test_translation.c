/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Linux's driver does not ask of the IOMMU, or its devices do not: processes in directories
 * of each size, both stages at once, A and D bits, ranges and non-leaf entries in invalidations,
 * ATS with a cache in the device, and page requests. The tables are made here.
 *
 *     test-translation [model|rtl|both]
 */
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "rtl.h"

#define PAGES (RAM + 0x40000) /* for tables, from here on */
#define PAGES_END (RAM + 0x100000)
#define SV39 (8ull << 60)
#define DEVICE 0x10u

#define V 0x01u
#define RW 0x06u
#define U 0x10u
#define A 0x40u
#define D 0x80u
#define LEAF (V | RW | U | A | D)

#define ATS_CONTROL 0x116u /* in configuration space */
#define PRI_CONTROL 0x124u

static uint64_t next_page;
/** Zeroed pages that lie together, aligned to their size. */
static uint64_t new_pages(struct machine *m, unsigned count)
{
    uint64_t page = (next_page + count * 4096ull - 1) & ~(count * 4096ull - 1);

    next_page = page + count * 4096ull;
    if (next_page > PAGES_END)
        printf("  no more pages\n");
    memset(m->ram + (page - RAM), 0, count * 4096ull);
    return page;
}

/** @return the address of the entry for an address at a level; tables on the way are made */
static uint64_t entry_at(struct machine *m, uint64_t root, uint64_t address, unsigned level,
                         bool second)
{
    for (unsigned at = 2;; at--) {
        uint64_t mask = second && at == 2 ? 0x7ff : 0x1ff;
        uint64_t entry = root + 8 * (address >> (12 + 9 * at) & mask);
        if (at == level)
            return entry;
        if ((get64(m, entry) & V) == 0)
            put64(m, entry, new_pages(m, 1) >> 12 << 10 | V);
        root = get64(m, entry) >> 10 << 12;
    }
}

static void map(struct machine *m, uint64_t root, uint64_t address, uint64_t target, uint64_t flags)
{
    put64(m, entry_at(m, root, address, 0, false), target >> 12 << 10 | flags);
}

/** A second stage that leaves the first GiB of RAM where it is. */
static uint64_t second_stage(struct machine *m)
{
    uint64_t root = new_pages(m, 4);

    put64(m, entry_at(m, root, RAM, 2, true), RAM >> 12 << 10 | LEAF);
    return root;
}

static bool invalidate_all(struct machine *m)
{
    command(m, IODIR_DDT, 0);
    command(m, IOTINVAL_VMA, 0);
    command(m, IOTINVAL_GVMA, 0);
    return fence(m);
}

/** Engine 1's context. */
static void set_context(struct machine *m, uint64_t tc, uint64_t iohgatp, uint64_t fsc)
{
    uint64_t context = ROOT + 64 * DEVICE;

    put64(m, context, 0);
    put64(m, context + 8, iohgatp);
    put64(m, context + 16, 5ull << 12); /* PSCID */
    put64(m, context + 24, fsc);
    put64(m, context, tc | V);
    invalidate_all(m);
}

static struct machine *begin(void)
{
    struct machine *m = start();

    next_page = PAGES;
    bar_put(m, 0, IOMMU_REG_PQB, 8, REQUESTS >> 12 << 10 | REQUESTS_LOG2);
    bar_put(m, 0, IOMMU_REG_PQCSR, 4, IOMMU_PQCSR_PQEN_MASK);
    return m;
}

/** Fill 8 bytes at an IOVA: did it go through, and to where it must? */
static bool reaches(struct machine *m, uint64_t iova, uint64_t target, uint64_t control)
{
    static uint64_t word = 0x1122334455667700;

    word++;
    return run(m, 1, ENGINE_FILL, 0, iova, 8, word, control) == ENGINE_STATUS_DONE &&
           get64(m, target) == word;
}

static bool refused(struct machine *m, uint64_t iova, unsigned cause, uint64_t control)
{
    return run(m, 1, ENGINE_FILL, 0, iova, 8, 1, control) ==
               (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT) &&
           drain(m) == cause;
}

/* --- processes ------------------------------------------------------------------------------ */

/** Make process `id`'s context in a directory of 1 to 3 levels. */
static void set_process(struct machine *m, uint64_t root, unsigned levels, uint32_t id,
                        uint64_t fsc)
{
    static const unsigned shift[] = {0, 8, 17};

    for (unsigned at = levels - 1; at > 0; at--) {
        uint64_t entry = root + 8 * (id >> shift[at] & 0x1ff);
        if ((get64(m, entry) & V) == 0)
            put64(m, entry, new_pages(m, 1) >> 12 << 10 | V);
        root = get64(m, entry) >> 10 << 12;
    }
    put64(m, root + 16 * (id & 0xff) + 8, fsc);
    put64(m, root + 16 * (id & 0xff), (7ull + (id & 1)) << 12 | IOMMU_PC_TA_ENS_MASK | V);
}

static bool test_processes(void)
{
    static const uint32_t ids[] = {0xa5, 0x1a5a5, 0xfa5a5};
    bool good = true;

    for (unsigned levels = 1; levels <= 3; levels++) {
        struct machine *m = begin();
        uint64_t directory = new_pages(m, 1), user = new_pages(m, 1), other = new_pages(m, 1);
        uint32_t id = ids[levels - 1];
        set_process(m, directory, levels, id, SV39 | user >> 12);
        set_process(m, directory, levels, id ^ 1, SV39 | other >> 12);
        map(m, user, IOVA, DATA, LEAF);
        map(m, other, IOVA, DATA + 0x1000, LEAF);
        map(m, user, IOVA + 0x1000, DATA + 0x2000, LEAF & ~U); /* the supervisor's */
        set_context(m, IOMMU_DC_TC_PDTV_MASK, 0, (uint64_t)levels << 60 | directory >> 12);
        bar_put(m, 1, ENGINE_PASID, 8, id);
        CHECK(reaches(m, IOVA, DATA, ENGINE_CONTROL_PASID));
        CHECK(refused(m, IOVA + 0x1000, IOMMU_CAUSE_WRITE_PAGE_FAULT, ENGINE_CONTROL_PASID));
        CHECK(reaches(m, IOVA + 0x1000, DATA + 0x2000,
                      ENGINE_CONTROL_PASID | ENGINE_CONTROL_PRIVILEGED));
        bar_put(m, 1, ENGINE_PASID, 8, id ^ 1);
        CHECK(reaches(m, IOVA, DATA + 0x1000, ENGINE_CONTROL_PASID));
        bar_put(m, 1, ENGINE_PASID, 8, id ^ 2);
        CHECK(refused(m, IOVA, 266, ENGINE_CONTROL_PASID)); /* PDT entry not valid */
        if (levels < 3) {
            bar_put(m, 1, ENGINE_PASID, 8, id | 1u << (levels == 1 ? 8 : 17));
            CHECK(refused(m, IOVA, 260, ENGINE_CONTROL_PASID)); /* wider than the directory */
        }
        set_context(m, 0, 0, SV39 | user >> 12); /* no directory */
        bar_put(m, 1, ENGINE_PASID, 8, id);
        CHECK(refused(m, IOVA, 260, ENGINE_CONTROL_PASID));
        CHECK(reaches(m, IOVA, DATA, 0));
        good &= finish(m);
    }
    return good;
}

/* --- two stages, A and D --------------------------------------------------------------------- */

static bool test_two_stages(void)
{
    struct machine *m = begin();
    uint64_t guest = RAM + 0x40000000, host = second_stage(m), root = new_pages(m, 1);
    bool good = true;

    /* The guest's page is somewhere else; its tables are where they are. */
    map(m, root, IOVA, guest, LEAF);
    put64(m, entry_at(m, host, guest, 0, true), DATA >> 12 << 10 | LEAF);
    set_context(m, 0, SV39 | 3ull << 44 | host >> 12, SV39 | root >> 12);
    CHECK(reaches(m, IOVA, DATA, 0));
    put64(m, entry_at(m, host, guest, 0, true), (DATA + 0x1000) >> 12 << 10 | LEAF);
    command(m, IOTINVAL_GVMA | IOMMU_CMD_IOTINVAL_GV_MASK | 3ull << 44 | IOMMU_CMD_IOTINVAL_AV_MASK,
            guest >> 12 << 10);
    CHECK(fence(m));
    CHECK(reaches(m, IOVA, DATA + 0x1000, 0));
    put64(m, entry_at(m, host, guest, 0, true), 0);
    CHECK(invalidate_all(m));
    CHECK(refused(m, IOVA, IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0));
    /* Which guest page it was. */
    uint32_t last = (m->fqh + RECORDS - 1) % RECORDS;
    CHECK(get64(m, QUEUE + 32 * last + 16) == IOVA);
    CHECK((get64(m, QUEUE + 32 * last + 24) & ~3ull) == guest);
    return finish(m) && good;
}

static bool test_updates(void)
{
    struct machine *m = begin();
    uint64_t root = new_pages(m, 1), host = second_stage(m), guest = RAM + 0x40000000;
    uint64_t leaf, below;
    bool good = true;

    map(m, root, IOVA, DATA, LEAF & ~(A | D));
    leaf = entry_at(m, root, IOVA, 0, false);
    set_context(m, 0, 0, SV39 | root >> 12);
    CHECK(refused(m, IOVA, IOMMU_CAUSE_WRITE_PAGE_FAULT, 0)); /* software's to set */
    CHECK((get64(m, leaf) & (A | D)) == 0);
    set_context(m, IOMMU_DC_TC_SADE_MASK, 0, SV39 | root >> 12);
    CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA, 0, 8, 0, 0) == ENGINE_STATUS_DONE);
    CHECK((get64(m, leaf) & (A | D)) == A);
    CHECK(reaches(m, IOVA, DATA, 0));
    CHECK((get64(m, leaf) & (A | D)) == (A | D));
    /* Both stages, each with its own. */
    map(m, root, IOVA, guest, LEAF & ~(A | D));
    below = entry_at(m, host, guest, 0, true);
    put64(m, below, DATA >> 12 << 10 | (LEAF & ~(A | D)));
    set_context(m, IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK, SV39 | host >> 12,
                SV39 | root >> 12);
    CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA, 0, 8, 0, 0) == ENGINE_STATUS_DONE);
    CHECK((get64(m, leaf) & (A | D)) == A && (get64(m, below) & (A | D)) == A);
    CHECK(reaches(m, IOVA, DATA, 0));
    CHECK((get64(m, leaf) & (A | D)) == (A | D) && (get64(m, below) & (A | D)) == (A | D));
    return finish(m) && good;
}

/* --- invalidations of ranges, and of entries on the way -----------------------------------------
 */

static bool test_invalidations(void)
{
    struct machine *m = begin();
    uint64_t root = new_pages(m, 1), base = IOVA & ~0xffffull, table, entry;
    uint64_t vma = IOTINVAL_VMA | IOMMU_CMD_IOTINVAL_PSCV_MASK | 5ull << 12;
    bool good = true;

    for (unsigned i = 0; i < 16; i++)
        map(m, root, base + i * 4096ull, DATA, LEAF);
    map(m, root, base + 0x20000, DATA, LEAF); /* in the same table, and not used before it goes */
    set_context(m, 0, 0, SV39 | root >> 12);
    for (unsigned i = 0; i < 16; i++)
        CHECK(reaches(m, base + i * 4096ull, DATA, 0));
    /* All 16 pages go somewhere else, and one command says so. */
    for (unsigned i = 0; i < 16; i++)
        map(m, root, base + i * 4096ull, DATA + 0x2000, LEAF);
    command(m, vma | IOMMU_CMD_IOTINVAL_AV_MASK,
            (base >> 12 | 7) << 10 | IOMMU_CMD_IOTINVAL_S_MASK);
    CHECK(fence(m));
    for (unsigned i = 0; i < 16; i++)
        CHECK(reaches(m, base + i * 4096ull, DATA + 0x2000, 0));
    /* Another table for the 2 MiB around. */
    table = new_pages(m, 1);
    entry = entry_at(m, root, IOVA, 1, false);
    put64(m, table + 8 * (IOVA >> 12 & 0x1ff), (DATA + 0x1000) >> 12 << 10 | LEAF);
    put64(m, entry, table >> 12 << 10 | V);
    command(m, vma | IOMMU_CMD_IOTINVAL_AV_MASK | IOMMU_CMD_IOTINVAL_NL_MASK, IOVA >> 12 << 10);
    CHECK(fence(m));
    CHECK(reaches(m, IOVA, DATA + 0x1000, 0));
    CHECK(refused(m, base + 0x20000, IOMMU_CAUSE_WRITE_PAGE_FAULT, 0));
    return finish(m) && good;
}

/* --- ATS and PRI -------------------------------------------------------------------------------
 */

static uint32_t asked(struct machine *m)
{
    return (uint32_t)bar_get(m, 1, ENGINE_ATS, 8);
}

static unsigned dropped(struct machine *m)
{
    return (unsigned)(bar_get(m, 1, ENGINE_ATS, 8) >> 48);
}

/** Of a page of engine 1, or of all its pages with process_id 0xa5. */
static bool ats_invalidate(struct machine *m, uint64_t payload, bool process)
{
    command(m,
            ATS_INVAL | (uint64_t)DEVICE << 40 |
                (process ? IOMMU_CMD_ATS_PV_MASK | 0xa5ull << 12 : 0),
            payload);
    return fence(m);
}

static bool test_ats(void)
{
    struct machine *m = begin();
    uint64_t root = new_pages(m, 1), leaf;
    bool good = true;

    map(m, root, IOVA, DATA, LEAF);
    put64(m, entry_at(m, root, IOVA + 0x40000000, 1, false), RAM >> 12 << 10 | LEAF); /* 2 MiB */
    leaf = entry_at(m, root, IOVA, 0, false);
    set_context(m, 0, 0, SV39 | root >> 12);
    access_region(m, 1, VFU_CONFIG, ATS_CONTROL, 2, true, 0x8000);
    CHECK(refused(m, IOVA, 260, ENGINE_CONTROL_ATS)); /* EN_ATS is clear */
    set_context(m, IOMMU_DC_TC_EN_ATS_MASK, 0, SV39 | root >> 12);
    CHECK(reaches(m, IOVA, DATA, ENGINE_CONTROL_ATS));
    uint32_t before = asked(m);
    CHECK(before == 2);
    CHECK(reaches(m, IOVA + 8, DATA + 8, ENGINE_CONTROL_ATS));
    CHECK(asked(m) == before); /* from its cache */
    /* Of a large page once for all of it. */
    uint64_t inside = (DATA + 0x1000) & 0x1fffff, large = (IOVA + 0x40000000) & ~0x1fffffull;
    CHECK(reaches(m, large + inside, DATA + 0x1000, ENGINE_CONTROL_ATS));
    CHECK(reaches(m, large + inside + 0x1000, DATA + 0x2000, ENGINE_CONTROL_ATS));
    CHECK(asked(m) == before + 1);
    /* The page goes: until it is told, the device may go on; the fence waits until it has been. */
    put64(m, leaf, (DATA + 0x3000) >> 12 << 10 | LEAF);
    command(m, IOTINVAL_VMA, 0);
    CHECK(fence(m));
    CHECK(reaches(m, IOVA, DATA, ENGINE_CONTROL_ATS));
    unsigned told = dropped(m);
    CHECK(ats_invalidate(m, IOVA, false) && dropped(m) == told + 1);
    CHECK(reaches(m, IOVA, DATA + 0x3000, ENGINE_CONTROL_ATS));
    put64(m, leaf, 0);
    command(m, IOTINVAL_VMA, 0);
    CHECK(ats_invalidate(m, 0x7ffffffffffff800, false)); /* everything */
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA, 8, 1, ENGINE_CONTROL_ATS) != ENGINE_STATUS_DONE);
    CHECK(drain(m) == 0); /* the completion says that there is no page; that is no fault */
    return finish(m) && good;
}

static bool test_ats_process(void)
{
    struct machine *m = begin();
    uint64_t directory = new_pages(m, 1), root = new_pages(m, 1);
    bool good = true;

    set_process(m, directory, 1, 0xa5, SV39 | root >> 12);
    map(m, root, IOVA, DATA, LEAF);
    set_context(m, IOMMU_DC_TC_PDTV_MASK | IOMMU_DC_TC_EN_ATS_MASK, 0,
                1ull << 60 | directory >> 12);
    access_region(m, 1, VFU_CONFIG, ATS_CONTROL, 2, true, 0x8000);
    bar_put(m, 1, ENGINE_PASID, 8, 0xa5);
    CHECK(reaches(m, IOVA, DATA, ENGINE_CONTROL_ATS | ENGINE_CONTROL_PASID));
    map(m, root, IOVA, DATA + 0x1000, LEAF);
    command(m, IOTINVAL_VMA, 0);
    CHECK(ats_invalidate(m, IOVA, false)); /* of requests without process_id: not it */
    CHECK(reaches(m, IOVA, DATA, ENGINE_CONTROL_ATS | ENGINE_CONTROL_PASID));
    CHECK(ats_invalidate(m, IOVA, true));
    CHECK(reaches(m, IOVA, DATA + 0x1000, ENGINE_CONTROL_ATS | ENGINE_CONTROL_PASID));
    return finish(m) && good;
}

/**
 * A device that does not answer an invalidation in its time: the fence behind it stops the queue,
 * with cmd_to, and goes through once software has cleared that. The answer that comes after all is
 * nobody's.
 */
static bool test_time_out(void)
{
    struct machine *m = begin();
    uint64_t root = new_pages(m, 1);
    bool good = true;

    map(m, root, IOVA, DATA, LEAF);
    set_context(m, IOMMU_DC_TC_EN_ATS_MASK, 0, SV39 | root >> 12);
    CHECK(m->bridge.patience_ns == BRIDGE_PATIENCE); /* a minute, which nobody waits for here */
    bar_put(m, 1, ENGINE_HOSTILE, 8, ENGINE_HOSTILE_SILENT);
    uint32_t first = m->cqt;
    CHECK(!ats_invalidate(m, IOVA, false));
    CHECK(bar_get(m, 0, IOMMU_REG_CQCSR, 4) == (IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK));
    CHECK(m->bridge.timeouts == 0);
    bridge_completion(&m->bridge, DEVICE ^ 8, 1, 1); /* another's answer is none */
    CHECK(drain(m) != 0); /* to a device without EN_ATS that is a fault */
    CHECK(bar_get(m, 0, IOMMU_REG_CQH, 4) == first + 1);
    m->bridge.patience_ns = 0;
    CHECK(!fence(m)); /* one more, which is not reached */
    CHECK(m->bridge.timeouts == 1);
    CHECK((bar_get(m, 0, IOMMU_REG_CQCSR, 4) & IOMMU_CQCSR_CMD_TO_MASK) != 0);
    CHECK((bar_get(m, 0, IOMMU_REG_IPSR, 4) & IOMMU_IPSR_CIP_MASK) == 0); /* CIE is clear */
    CHECK(bar_get(m, 0, IOMMU_REG_CQH, 4) == first + 1);
    bar_put(m, 0, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CMD_TO_MASK);
    CHECK(fence(m) && bar_get(m, 0, IOMMU_REG_CQH, 4) == m->cqt);
    CHECK((bar_get(m, 0, IOMMU_REG_CQCSR, 4) & IOMMU_CQCSR_CMD_TO_MASK) == 0);
    /* Too late: the next one, with the same ITAG, is not answered by it. */
    bridge_completion(&m->bridge, DEVICE, 1, 1);
    CHECK(drain(m) == 0);
    m->bridge.patience_ns = BRIDGE_PATIENCE;
    bar_put(m, 1, ENGINE_HOSTILE, 8, 0);
    unsigned told = dropped(m);
    CHECK(ats_invalidate(m, IOVA, false) && dropped(m) == told + 1);
    CHECK(m->bridge.timeouts == 1 && reaches(m, IOVA, DATA, 0));
    return finish(m) && good;
}

/** Go on after a response has been sent. @return the engine's status */
static uint64_t resume(struct machine *m)
{
    for (unsigned i = 0; i < 1000; i++) {
        bridge_step(&m->bridge);
        m->engine[0]->ops->step(m->engine[0]->context);
    }
    return bar_get(m, 1, ENGINE_STATUS, 4);
}

static bool test_pages(void)
{
    struct machine *m = begin();
    uint64_t root = new_pages(m, 1), control = ENGINE_CONTROL_ATS | ENGINE_CONTROL_PRI;
    bool good = true;

    map(m, root, IOVA + 0x8000, DATA + 0x8000, LEAF); /* the table of the others */
    set_context(m, IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK, 0, SV39 | root >> 12);
    access_region(m, 1, VFU_CONFIG, ATS_CONTROL, 2, true, 0x8000);
    access_region(m, 1, VFU_CONFIG, PRI_CONTROL, 2, true, 1);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t page = IOVA + i * 0x1000ull, word = 0x4400 + i;
        CHECK(run(m, 1, ENGINE_FILL, 0, page, 8, word, control) == ENGINE_STATUS_BUSY);
        CHECK((uint32_t)bar_get(m, 0, IOMMU_REG_PQT, 4) == i + 1);
        uint64_t who = get64(m, REQUESTS + 16 * i), what = get64(m, REQUESTS + 16 * i + 8);
        CHECK(IOMMU_GET(who, IOMMU_PQ_DID) == DEVICE && (who & IOMMU_PQ_PV_MASK) == 0);
        CHECK((what & ~0xfffull) == page && (what & 7) == (IOMMU_PQ_W_MASK | IOMMU_PQ_L_MASK));
        /* 0 and 1: the page comes. 2: it does not, and the device is told so. */
        if (i < 2)
            map(m, root, page, DATA + i * 0x1000ull, LEAF);
        command(m, ATS_PRGR | (uint64_t)DEVICE << 40,
                IOMMU_GET(what, IOMMU_PQ_PRGI) << 32 |
                    (i < 2 ? 0ull : (uint64_t)IOMMU_PRGR_INVALID_REQUEST) << 44);
        uint64_t status = resume(m);
        CHECK(status == (i < 2 ? ENGINE_STATUS_DONE : ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
        CHECK(i == 2 || get64(m, DATA + i * 0x1000ull) == word);
        bar_put(m, 0, IOMMU_REG_PQH, 4, i + 1);
    }
    /* Where page requests are off, the IOMMU answers by itself. */
    set_context(m, IOMMU_DC_TC_EN_ATS_MASK, 0, SV39 | root >> 12);
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA + 0x3000, 8, 1, control) == ENGINE_STATUS_BUSY);
    CHECK(resume(m) == (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
    CHECK((uint32_t)bar_get(m, 0, IOMMU_REG_PQT, 4) == 3);
    return finish(m) && good;
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {{"processes", test_processes, ANY},
                                        {"two-stages", test_two_stages, ANY},
                                        {"updates", test_updates, ANY},
                                        {"invalidations", test_invalidations, ANY},
                                        {"ats", test_ats, ATS_ONLY},
                                        {"ats-process", test_ats_process, ATS_ONLY},
                                        {"ats-time-out", test_time_out, ATS_ONLY},
                                        {"pages", test_pages, ATS_ONLY}};

    return run_tests(argc > 1 ? argv[1] : "model", tests, sizeof(tests) / sizeof(tests[0]));
}
