/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab's functions, as a driver sees them through vfio-user: an IOMMU and two DMA engines
 * behind it, with tables in memory that is shared. The last test lets an engine do anything.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "both.h"
#include "client.h"
#include "engine.h"
#include "pci.h"

#define RAM 0x80000000ull
#define RAM_BYTES 0x400000ull
#define ROOT (RAM + 0x1000)   /* device directory, one level */
#define QUEUE (RAM + 0x10000) /* of faults */
#define TABLES (RAM + 0x4000) /* three pages for each engine */
#define DATA (RAM + 0x100000) /* two pages for each engine: for writing, for reading */
#define IOVA 0x12345000ull
#define RECORDS 1024u
#define QUEUE_BYTES (RECORDS * 32u)
#define FILE_MSI 0x28000000ull

struct machine {
    struct bridge bridge;
    struct pci_function *iommu, *engine[2];
    int fd[3];
    char path[3][64];
    int file;
    uint8_t *ram;
    uint32_t fqh;
    uint64_t messages; /**< writes that the server asked us for */
    uint64_t last_address;
    uint32_t last_data;
    uint64_t records, message_records;
};

static uint64_t million = 1200000;
static bool on_rtl;   /**< the Verilated design instead of the model */
static bool lockstep; /**< and the model beside it */
static uint64_t seed = 1;

static struct pci_function *function_of(struct machine *m, unsigned who)
{
    return who == 0 ? m->iommu : m->engine[who - 1];
}

/** Let the server work, and take what it sends. @return true if the reply to `id` came */
static bool take(struct machine *m, unsigned who, uint16_t id, struct reply *reply)
{
    struct reply other;
    bool came = false;

    vfu_service(&function_of(m, who)->vfu);
    while (bridge_step(&m->bridge))
        ;
    vfu_flush(&function_of(m, who)->vfu);
    while (client_receive(m->fd[who], &other) == 1) {
        if (other.header.command == VFU_DMA_WRITE) {
            m->messages++;
            memcpy(&m->last_address, other.body, 8);
            memcpy(&m->last_data, other.body + 16, 4);
        } else if (other.header.id == id && other.header.error == 0) {
            came = true;
            *reply = other;
        }
    }
    return came;
}

static uint64_t access_region(struct machine *m, unsigned who, unsigned region, uint64_t offset,
                              uint32_t size, bool write, uint64_t value)
{
    uint8_t body[24];
    struct reply reply;
    static uint16_t id;

    memcpy(body, &offset, 8);
    memcpy(body + 8, &region, 4);
    memcpy(body + 12, &size, 4);
    memcpy(body + 16, &value, 8);
    client_send(m->fd[who], ++id, write ? VFU_REGION_WRITE : VFU_REGION_READ, 0, body,
                16 + (write ? size : 0));
    value = 0;
    if (!take(m, who, id, &reply))
        printf("  no answer to an access at %#llx\n", (unsigned long long)offset);
    else if (!write)
        memcpy(&value, reply.body + 16, size);
    return value;
}

static void bar_put(struct machine *m, unsigned who, uint64_t offset, uint32_t size, uint64_t value)
{
    access_region(m, who, VFU_BAR0, offset, size, true, value);
}

static uint64_t bar_get(struct machine *m, unsigned who, uint64_t offset, uint32_t size)
{
    return access_region(m, who, VFU_BAR0, offset, size, false, 0);
}

static void put64(struct machine *m, uint64_t address, uint64_t value)
{
    memcpy(m->ram + (address - RAM), &value, 8);
}

static void serve(struct machine *m, unsigned who)
{
    struct reply reply;
    uint16_t version[2] = {0, 0};
    uint64_t map[4] = {32 | 3ull << 32, 0, RAM, RAM_BYTES};
    uint8_t bytes[48];
    struct vfu_header header = {2, VFU_DMA_MAP, 48, 0, 0};

    snprintf(m->path[who], sizeof(m->path[who]), "/tmp/lab-test-%d-%u", (int)getpid(), who);
    const char *error = pci_open(function_of(m, who), m->path[who]);
    if (error != NULL) {
        printf("cannot listen: %s\n", error);
        exit(2);
    }
    m->fd[who] = client_connect(m->path[who]);
    client_send(m->fd[who], 1, VFU_VERSION, 0, version, 4);
    take(m, who, 1, &reply);
    memcpy(bytes, &header, 16);
    memcpy(bytes + 16, map, 32);
    client_raw(m->fd[who], bytes, 48, &m->file, 1);
    if (!take(m, who, 2, &reply))
        printf("  no memory\n");
    access_region(m, who, VFU_CONFIG, 4, 2, true, 6);
}

/** A page of each engine to write and one to read; the IOMMU on, all else invalid. */
static void set_up(struct machine *m)
{
    for (unsigned e = 0; e < 2; e++) {
        uint64_t context = ROOT + 64 * m->engine[e]->device_id, table = TABLES + e * 0x3000;
        uint64_t vpn[3] = {IOVA >> 12 & 511, IOVA >> 21 & 511, IOVA >> 30 & 511};

        memset(m->ram + (context - RAM), 0, 64);
        memset(m->ram + (table - RAM), 0, 0x3000);
        put64(m, context, 1);                             /* V */
        put64(m, context + 24, 8ull << 60 | table >> 12); /* Sv39 */
        put64(m, context + 16, (uint64_t)(e + 1) << 12);  /* PSCID */
        put64(m, table + 8 * vpn[2], (table + 0x1000) >> 12 << 10 | 1);
        put64(m, table + 0x1000 + 8 * vpn[1], (table + 0x2000) >> 12 << 10 | 1);
        put64(m, table + 0x2000 + 8 * vpn[0], (DATA + e * 0x2000) >> 12 << 10 | 0xd7);
        put64(m, table + 0x2000 + 8 * vpn[0] + 8, (DATA + e * 0x2000 + 0x1000) >> 12 << 10 | 0x53);
    }
    bar_put(m, 0, IOMMU_REG_FQB, 8, QUEUE >> 12 << 10 | 9);
    bar_put(m, 0, IOMMU_REG_FQH, 4, 0);
    bar_put(m, 0, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    bar_put(m, 0, IOMMU_REG_DDTP, 8, ROOT >> 12 << 10 | IOMMU_DDTP_MODE_1LVL);
    m->fqh = 0;
}

static struct machine *start(void)
{
    struct machine *m = calloc(1, sizeof(*m));

    m->file = memfd_create("guest", 0);
    if (ftruncate(m->file, (off_t)RAM_BYTES) != 0)
        exit(2);
    m->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, m->file, 0);
    bridge_init(&m->bridge,
                lockstep ? BRIDGE_BOTH
                : on_rtl ? BRIDGE_RTL
                         : BRIDGE_MODEL,
                on_rtl ? "base" : "full", 0);
    m->iommu = iommu_function_new(&m->bridge);
    m->engine[0] = engine_new(&m->bridge, true);
    m->engine[1] = engine_new(&m->bridge, false);
    m->iommu->device_id = 0x08;
    m->engine[0]->device_id = 0x10;
    m->engine[1]->device_id = 0x18;
    for (unsigned who = 0; who < 3; who++)
        serve(m, who);
    memset(m->ram + (ROOT - RAM), 0, 0x1000);
    set_up(m);
    return m;
}

/** @return false if the RTL did something wrong */
static bool finish(struct machine *m)
{
    bool good = bridge_wrong() == NULL;

    if (!good)
        printf("  %s\n", bridge_wrong());
    for (unsigned who = 0; who < 3; who++) {
        struct pci_function *function = function_of(m, who);
        close(m->fd[who]);
        vfu_close(&function->vfu);
    }
    bridge_free(&m->bridge);
    free(m->iommu->context);
    free(m->engine[0]->context);
    free(m->engine[1]->context);
    munmap(m->ram, RAM_BYTES);
    close(m->file);
    free(m);
    return good;
}

/** Run an operation to its end. @return status */
static uint64_t run(struct machine *m, unsigned who, uint64_t operation, uint64_t source,
                    uint64_t target, uint64_t length, uint64_t argument, uint64_t control)
{
    struct pci_function *function = function_of(m, who);

    bar_put(m, who, ENGINE_OPERATION, 8, operation);
    bar_put(m, who, ENGINE_SOURCE, 8, source);
    bar_put(m, who, ENGINE_TARGET, 8, target);
    bar_put(m, who, ENGINE_LENGTH, 8, length);
    bar_put(m, who, ENGINE_ARGUMENT, 8, argument);
    bar_put(m, who, ENGINE_CONTROL, 8, control | ENGINE_CONTROL_START);
    while (function->ops->step(function->context))
        ;
    return bar_get(m, who, ENGINE_STATUS, 4);
}

/** Take the fault queue's records. @return the cause of the last one, 0 without any */
static unsigned drain(struct machine *m)
{
    while (bridge_step(&m->bridge)) /* the record follows the answer */
        ;
    uint32_t tail = (uint32_t)bar_get(m, 0, IOMMU_REG_FQT, 4);
    uint64_t word = 0;

    for (; m->fqh != tail; m->fqh = (m->fqh + 1) % RECORDS) {
        memcpy(&word, m->ram + (QUEUE - RAM) + 32 * m->fqh, 8);
        if (IOMMU_GET(word, IOMMU_FQ_TTYP) == IOMMU_TTYP_MESSAGE_REQ)
            m->message_records++;
        else
            m->records++;
    }
    bar_put(m, 0, IOMMU_REG_FQH, 4, tail);
    return (unsigned)IOMMU_GET(word, IOMMU_FQ_CAUSE);
}

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
    iommu_config_named(on_rtl ? "base" : "full", &config);
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
    uint64_t leaf = TABLES + 0x2000 + 8 * (IOVA >> 12 & 511) + 16;

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

/** Random requests, IDs and messages: nothing but the permitted pages changes. */
static bool test_storm(void)
{
    struct machine *m = start();
    struct pci_function *engine = m->engine[0];
    uint64_t queue = QUEUE - RAM;
    uint8_t *before = malloc(RAM_BYTES);
    bool good = true;

    for (uint64_t i = DATA - RAM; i < RAM_BYTES; i++)
        m->ram[i] = (uint8_t)(i * 11 + (i >> 12));
    memcpy(before, m->ram, RAM_BYTES);
    bar_put(m, 1, ENGINE_SEED, 8, seed);
    bar_put(m, 1, ENGINE_SOURCE, 8, IOVA);
    bar_put(m, 1, ENGINE_HOSTILE, 8, ENGINE_HOSTILE_OTHER);
    bar_put(m, 1, ENGINE_OPERATION, 8, ENGINE_STORM);
    bar_put(m, 1, ENGINE_ARGUMENT, 8, million);
    bar_put(m, 1, ENGINE_CONTROL, 8, ENGINE_CONTROL_START);
    while (engine->ops->step(engine->context))
        drain(m);
    drain(m);
    CHECK(m->bridge.requests > million / 2 && m->bridge.faults > million / 4);
    CHECK(m->bridge.requests > m->bridge.faults);
    /* The RTL says by its queue alone what it reports: all, as no context has DTF. */
    CHECK(m->records == (on_rtl ? m->bridge.faults : m->bridge.reported));
    CHECK(on_rtl || m->message_records > 1000); /* Base has no ATS */
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
    printf("  %llu requests, %llu refused, %llu records\n", (unsigned long long)m->bridge.requests,
           (unsigned long long)m->bridge.faults,
           (unsigned long long)(m->records + m->message_records));
    free(before);
    return finish(m) && good;
}

/** Does the lockstep notice what is not so? */
static bool test_lies(void)
{
    bool good = true;

    for (unsigned lie = 0; lie < 4; lie++) {
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
        else
            both_mmio_read(IOMMU_REG_DDTP, 8, 0);
        bar_put(m, 0, IOMMU_REG_IPSR, 4, 0);
        CHECK(both_wrong() != NULL);
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
    } tests[] = {{"config", test_config},
                 {"engine", test_engine},
                 {"interrupts", test_interrupts},
                 {"storm", test_storm},
                 {"lies", test_lies}};
    unsigned passed = 0, failed = 0;

    if (argc > 1)
        seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        million = strtoull(argv[2], NULL, 0);
    on_rtl = argc > 3 && (strcmp(argv[3], "rtl") == 0 || strcmp(argv[3], "both") == 0);
    lockstep = on_rtl && argv[3][0] == 'b';
    printf("behind %s\n", lockstep ? "RTL and model" : on_rtl ? "the RTL" : "the model");
    size_t count = sizeof(tests) / sizeof(tests[0]) - !lockstep;
    for (size_t i = 0; i < count; i++) {
        bool good = tests[i].run();
        printf("%s %s\n", good ? "ok    " : "FAILED", tests[i].name);
        good ? passed++ : failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
