/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab's functions, as a driver sees them through vfio-user: an IOMMU and two DMA engines
 * behind it, with tables in memory that is shared. The last test lets an engine do anything.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "both.h"
#include "machine.h"
#include "rtl.h"

#define LEAF (TABLES + 0x2000 + 8 * (IOVA >> 12 & 511)) /* of the page that engine 1 writes */

static uint64_t million = 1200000;
static uint64_t seed = 1;
static const char *recording; /**< where the pins of the first lie go */

/* --- the tests --------------------------------------------------------------------------- */

static bool test_config(void)
{
    struct machine *m = start();
    struct iommu_config config;
    bool good = true;

    CHECK(access_region(m, 0, VFU_CONFIG, 8, 4, false, 0) >> 8 == 0x080600);
    CHECK(access_region(m, 1, VFU_CONFIG, 0, 4, false, 0) ==
          (PCI_DEVICE_ENGINE << 16 | PCI_VENDOR));
    access_region(m, 1, VFU_CONFIG, 0, 4, true, 0xffffffff); /* read only */
    CHECK(access_region(m, 1, VFU_CONFIG, 0, 4, false, 0) ==
          (PCI_DEVICE_ENGINE << 16 | PCI_VENDOR));
    access_region(m, 1, VFU_CONFIG, 0x10, 4, true, 0xffffffff);
    CHECK(access_region(m, 1, VFU_CONFIG, 0x10, 4, false, 0) == 0xfffff004); /* 4 KiB, 64 bits */
    unsigned at = (unsigned)access_region(m, 1, VFU_CONFIG, 0x34, 1, false, 0), found = 0;
    for (unsigned i = 0; i < 10 && at != 0; i++) {
        uint64_t head = access_region(m, 1, VFU_CONFIG, at, 2, false, 0);
        found |= 1u << (head & 31);
        at = (unsigned)(head >> 8);
    }
    CHECK(found == (1u << 5 | 1u << 16)); /* MSI, PCI Express */
    CHECK((access_region(m, 1, VFU_CONFIG, 0x100, 4, false, 0) & 0xffff) == 0x1b);
    CHECK(access_region(m, 0, VFU_CONFIG, 0x100, 4, false, 0) == 0);
    iommu_config_named(machine_kind.on_rtl ? rtl_config() : "full", &config);
    CHECK(bar_get(m, 0, IOMMU_REG_CAPABILITIES, 8) == config.capabilities);
    CHECK(bar_get(m, 0, IOMMU_REG_DDTP, 8) != 0);
    access_region(m, 0, VFU_CONFIG, 0x68, 2, true, 0x8000); /* function-level reset */
    CHECK(bar_get(m, 0, IOMMU_REG_DDTP, 8) == 0);
    return finish(m) && good;
}

static bool test_engine(void)
{
    struct machine *m = start();
    bool good = true;

    for (unsigned who = 1; who < 3; who++) {
        uint8_t *page = m->ram + (DATA - RAM) + (who - 1) * 0x2000;
        for (unsigned i = 0; i < 4096; i++)
            page[4096 + i] = (uint8_t)(i * 5 + who);
        CHECK(run(m, who, ENGINE_COPY, IOVA + 0x1003, IOVA + 1, 4000, 0, 0) == ENGINE_STATUS_DONE);
        CHECK(memcmp(page + 1, page + 4096 + 3, 4000) == 0);
        CHECK(run(m, who, ENGINE_FILL, 0, IOVA, 16, 0xaabb, 0) == ENGINE_STATUS_DONE);
        CHECK(page[0] == 0xbb && page[1] == 0xaa && page[8] == 0xbb && page[2] == 0);
        CHECK(m->bridge.faults == 0 || who == 2);
        CHECK(drain(m) == 0);
        /* Writing where it may read only; nothing is written. */
        uint8_t before = page[4096];
        CHECK(run(m, who, ENGINE_FILL, 0, IOVA + 0x1000, 8, 0x99, 0) ==
              (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
        CHECK(page[4096] == before && drain(m) == IOMMU_CAUSE_WRITE_PAGE_FAULT);
        CHECK(bar_get(m, who, ENGINE_FAULT_ADDRESS, 8) == IOVA + 0x1000);
        /* Up to the end of what is mapped, and beyond. */
        CHECK(run(m, who, ENGINE_CHECKSUM, IOVA + 0x1f00, 0, 256, 0, 0) == ENGINE_STATUS_DONE);
        CHECK(run(m, who, ENGINE_CHECKSUM, IOVA + 0x1f00, 0, 257, 0, 0) ==
              (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
        CHECK(drain(m) == IOMMU_CAUSE_READ_PAGE_FAULT);
    }
    /* Another's page is out of reach: each has its own tables. */
    CHECK(m->ram[DATA - RAM + 4096] != m->ram[DATA - RAM + 0x3000]);
    /* Without bus mastering nothing moves. */
    access_region(m, 1, VFU_CONFIG, 4, 2, true, 2);
    CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA, 0, 8, 0, 0) ==
          (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
    CHECK(drain(m) == 0);
    /* A hostile operation is none where the server does not allow it. */
    CHECK(run(m, 2, ENGINE_STORM, 0, 0, 0, 10, 0) == (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
    return finish(m) && good;
}

static bool test_interrupts(void)
{
    struct machine *m = start();
    bool good = true;
    uint64_t leaf = LEAF + 16;

    for (unsigned who = 0; who < 2; who++) {
        access_region(m, who, VFU_CONFIG, 0x44, 8, true, who == 0 ? FILE_MSI : IOVA + 0x2000);
        access_region(m, who, VFU_CONFIG, 0x4c, 2, true, 40 + who);
        access_region(m, who, VFU_CONFIG, 0x42, 2, true, 0x81);
    }
    /* The interrupt file is not mapped: no interrupt, but a fault, and the IOMMU's own. */
    run(m, 1, ENGINE_FILL, 0, IOVA, 8, 0, ENGINE_CONTROL_INTERRUPT);
    bar_get(m, 0, IOMMU_REG_IPSR, 4);
    CHECK(m->messages == 1 && m->last_address == FILE_MSI && m->last_data == 40);
    CHECK(drain(m) == IOMMU_CAUSE_WRITE_PAGE_FAULT);
    put64(m, leaf, FILE_MSI >> 12 << 10 | 0xd7);
    bar_put(m, 0, IOMMU_REG_IPSR, 4, IOMMU_IPSR_FIP_MASK);
    m->messages = 0;
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA, 8, 0, ENGINE_CONTROL_INTERRUPT) == ENGINE_STATUS_DONE);
    CHECK(m->messages == 1 && m->last_address == FILE_MSI && m->last_data == 41);
    /* Only whole words go there; and reading it is refused. */
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA + 0x2000, 3, 0, 0) != ENGINE_STATUS_DONE);
    CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA + 0x2000, 0, 4, 0, 0) != ENGINE_STATUS_DONE);
    CHECK(m->messages == 1);
    return finish(m) && good;
}

/** What may leave the IOMMU: its own accesses to its tables and queues, devices' to their pages. */
static bool may(void *context, bool device, uint64_t address, uint32_t size, bool write)
{
    struct machine *m = context;
    uint64_t last = address + size - 1;

    m->watched++;
    if (device) {
        uint64_t page = address & ~0xfffull;
        return page == (last & ~0xfffull) && page >= DATA && page < DATA + 0x4000 &&
               (!write || (page & 0x1000) == 0);
    }
    if (write)
        return (address >= QUEUE && last < QUEUE + QUEUE_BYTES) || (address == FENCE && size <= 8);
    return (address >= ROOT && last < ROOT + 0x1000) || /* directory */
           (address >= COMMANDS && last < COMMANDS + 0x1000) ||
           (address >= TABLES && last < TABLES + 0x6000);
}

/**
 * Between requests, now and then: invalidations that are under way while requests go on, a page
 * that goes and comes, and a reset of the IOMMU, after which requests meet one that is off.
 */
static void disturb(struct machine *m, unsigned round)
{
    struct pci_function *engine = m->engine[0];

    if (round % 4 == 1)
        command(m, round % 8 == 1 ? IOTINVAL_VMA : IODIR_DDT, 0);
    if (round % 4 == 2) {
        put64(m, LEAF, get64(m, LEAF) ^ 1);
        command(m, IOTINVAL_VMA, 0);
    }
    if (round % 16 == 7) {
        access_region(m, 0, VFU_CONFIG, 0x68, 2, true, 0x8000);
        access_region(m, 0, VFU_CONFIG, 4, 2, true, 6);
        uint64_t faults = m->bridge.faults, reported = m->bridge.reported;
        engine->ops->step(engine->context); /* no record tells of these: there is no queue */
        m->off_faults += m->bridge.faults - faults;
        m->off_reported += m->bridge.reported - reported;
        set_up(m);
    }
}

/** Random requests, IDs and messages: nothing but the permitted pages changes. */
static bool test_storm(void)
{
    struct machine *m = start();
    struct pci_function *engine = m->engine[0];
    uint64_t queue = QUEUE - RAM;
    uint8_t *before = malloc(RAM_BYTES);
    bool good = true;
    unsigned rounds = 0;

    for (uint64_t i = DATA - RAM; i < RAM_BYTES; i++)
        m->ram[i] = (uint8_t)(i * 11 + (i >> 12));
    memcpy(before, m->ram, RAM_BYTES);
    m->bridge.permitted = may;
    m->bridge.permitted_context = m;
    bar_put(m, 1, ENGINE_SEED, 8, seed);
    bar_put(m, 1, ENGINE_SOURCE, 8, IOVA);
    bar_put(m, 1, ENGINE_HOSTILE, 8, ENGINE_HOSTILE_OTHER);
    bar_put(m, 1, ENGINE_OPERATION, 8, ENGINE_STORM);
    bar_put(m, 1, ENGINE_ARGUMENT, 8, million);
    bar_put(m, 1, ENGINE_CONTROL, 8, ENGINE_CONTROL_START);
    while (engine->ops->step(engine->context) && bridge_wrong() == NULL) {
        drain(m);
        disturb(m, rounds++);
    }
    drain(m);
    CHECK(bridge_wrong() == NULL);
    put64(m, LEAF, get64(m, LEAF) | 1); /* it may be away */
    CHECK(fence(m));                    /* it still does what it is told */
    memcpy(m->ram + (COMMANDS - RAM), before + (COMMANDS - RAM), 0x2000);
    CHECK(m->bridge.requests > million / 2 && m->bridge.faults > million / 4);
    CHECK(m->bridge.requests > m->bridge.faults && m->watched > m->bridge.requests / 8);
    CHECK(m->off_faults > 0 || million < 256 * 16);
    /* The RTL says by its queue alone what it reports: all, as no context has DTF. */
    if (!machine_kind.on_rtl)
        CHECK(m->records == m->bridge.reported - m->off_reported);
    else if (!machine_is_full()) /* where ATS requests that fail need no record */
        CHECK(m->records == m->bridge.faults - m->off_faults);
    CHECK(machine_is_full() == (m->message_records > million / 1000));
    CHECK((bar_get(m, 0, IOMMU_REG_FQCSR, 4) & IOMMU_FQCSR_FQOF_MASK) == 0);
    CHECK(m->messages == 0);
    CHECK(memcmp(before, m->ram, queue) == 0); /* tables, too */
    for (uint64_t i = queue + QUEUE_BYTES; i < RAM_BYTES; i++) {
        bool permitted = (i & ~0xfffull) == DATA - RAM || (i & ~0xfffull) == DATA - RAM + 0x2000;
        if (m->ram[i] != before[i] && !permitted) {
            printf("  byte %#llx was written\n", (unsigned long long)(RAM + i));
            good = false;
            break;
        }
    }
    CHECK(memcmp(m->ram + (DATA - RAM), before + (DATA - RAM), 4096) != 0); /* it did try */
    printf("  %llu requests, %llu refused, %llu of them while off, %llu records; %llu accesses "
           "watched\n",
           (unsigned long long)m->bridge.requests, (unsigned long long)m->bridge.faults,
           (unsigned long long)m->off_faults, (unsigned long long)(m->records + m->message_records),
           (unsigned long long)m->watched);
    free(before);
    return finish(m) && good;
}

/** Each address and length around the ends of what may be written and of what may be read. */
static bool test_edges(void)
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
static bool test_trespass(void)
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

/** Does the lockstep notice what is not so? */
static bool test_lies(void)
{
    bool good = true;

    for (unsigned lie = 0; lie < 6; lie++) {
        CHECK(lie != 0 || recording == NULL || rtl_record(recording));
        struct machine *m = start();
        struct iommu_request request = {.iova = IOVA, .device_id = 0x10, .length = 8};
        uint64_t word = 1;

        CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA, 0, 8, 0, 0) == ENGINE_STATUS_DONE);
        CHECK(both_wrong() == NULL && both_compared() > 0);
        if (lie == 0) /* the neighbouring page */
            both_burst(&request, false, DATA + 0x1000);
        else if (lie == 1) /* refused */
            both_burst(&request, true, 0);
        else if (lie == 2) /* a store that nobody asked for */
            both_saw_write(QUEUE, &word, 8);
        else if (lie == 3)
            both_mmio_read(IOMMU_REG_DDTP, 8, 0);
        else if (lie == 4) { /* a message that nobody asked for */
            struct iommu_message message = {.device_id = 0x10, .payload = IOVA};
            both_saw_message(&message);
        } else { /* rights that the device does not have: EN_ATS is clear */
            struct ats_completion completion = {.payload = ATS_R | ATS_W};
            request.type = IOMMU_ATS_TRANSLATION;
            both_translation(&request, &completion);
        }
        bar_put(m, 0, IOMMU_REG_IPSR, 4, 0);
        CHECK(both_wrong() != NULL);
        CHECK(lie != 0 || recording == NULL || rtl_record_end(both_wrong()));
        CHECK(!finish(m));
    }
    return good;
}

/* The Verilated design brings a main() of its own, which calls this. */
#ifdef WITH_RTL
#define main bench_main
int bench_main(int argc, char **argv);
#endif
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*run)(void);
    } tests[] = {{"config", test_config}, {"engine", test_engine}, {"interrupts", test_interrupts},
                 {"edges", test_edges},   {"storm", test_storm},   {"trespass", test_trespass},
                 {"lies", test_lies}};
    unsigned passed = 0, failed = 0;

    if (argc > 1)
        seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        million = strtoull(argv[2], NULL, 0);
    if (argc > 4)
        recording = argv[4];
    machine_choose(argc > 3 ? argv[3] : "model");
    printf("behind %s\n", argc > 3 ? argv[3] : "model");
    size_t count = sizeof(tests) / sizeof(tests[0]) - !machine_kind.lockstep;
    for (size_t i = 0; i < count; i++) {
        bool good = tests[i].run();
        printf("%s %s\n", good ? "ok    " : "FAILED", tests[i].name);
        good ? passed++ : failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
