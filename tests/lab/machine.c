/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "machine.h"
#include "rtl.h"

struct machine_kind machine_kind;

static bool makes_sense(const struct test *test)
{
    return test->where == ANY || (test->where == ATS_ONLY && machine_is_full()) ||
           (test->where == LOCKSTEP_ONLY && machine_kind.lockstep);
}

int run_tests(const char *kind, const struct test *tests, size_t count)
{
    unsigned passed = 0, failed = 0;

    machine_kind.on_rtl = strcmp(kind, "rtl") == 0 || strcmp(kind, "both") == 0;
    machine_kind.lockstep = strcmp(kind, "both") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0); /* some take long */
    printf("behind %s\n", kind);
    for (size_t i = 0; i < count; i++) {
        if (!makes_sense(&tests[i]))
            continue;
        bool good = tests[i].run();
        printf("%s %s\n", good ? "ok    " : "FAILED", tests[i].name);
        good ? passed++ : failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

bool machine_is_full(void)
{
    return !machine_kind.on_rtl || strcmp(rtl_config(), "full") == 0;
}

struct pci_function *function_of(struct machine *m, unsigned who)
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

uint64_t access_region(struct machine *m, unsigned who, unsigned region, uint64_t offset,
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

void bar_put(struct machine *m, unsigned who, uint64_t offset, uint32_t size, uint64_t value)
{
    access_region(m, who, VFU_BAR0, offset, size, true, value);
}

uint64_t bar_get(struct machine *m, unsigned who, uint64_t offset, uint32_t size)
{
    return access_region(m, who, VFU_BAR0, offset, size, false, 0);
}

void put64(struct machine *m, uint64_t address, uint64_t value)
{
    memcpy(m->ram + (address - RAM), &value, 8);
}

uint64_t get64(struct machine *m, uint64_t address)
{
    uint64_t value;

    memcpy(&value, m->ram + (address - RAM), 8);
    return value;
}

void command(struct machine *m, uint64_t first, uint64_t second)
{
    put64(m, COMMANDS + 16 * m->cqt, first);
    put64(m, COMMANDS + 16 * m->cqt + 8, second);
    m->cqt = (m->cqt + 1) % COMMAND_ENTRIES;
    bar_put(m, 0, IOMMU_REG_CQT, 4, m->cqt);
}

bool fence(struct machine *m)
{
    uint64_t number = ++m->fences;

    command(m, IOFENCE | IOMMU_CMD_IOFENCE_AV_MASK | number << 32, FENCE >> 2);
    for (unsigned i = 0; i < 1000 && (uint32_t)get64(m, FENCE) != number; i++)
        bridge_step(&m->bridge);
    return (uint32_t)get64(m, FENCE) == number;
}

void serve(struct machine *m, unsigned who)
{
    struct reply reply;
    uint16_t version[2] = {0, 0};
    uint64_t map[4] = {32 | 3ull << 32, 0, RAM, RAM_BYTES};
    uint8_t bytes[48];
    struct vfu_header header = {2, VFU_DMA_MAP, 48, 0, 0};

    client_path(m->path[who], sizeof(m->path[who]), (const char *[]){"0", "1", "2"}[who]);
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

/** A page of each engine to write and one to read; all else invalid. */
void set_up(struct machine *m)
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
    bar_put(m, 0, IOMMU_REG_CQB, 8, COMMANDS >> 12 << 10 | 7);
    bar_put(m, 0, IOMMU_REG_CQT, 4, 0);
    bar_put(m, 0, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK);
    bar_put(m, 0, IOMMU_REG_DDTP, 8, ROOT >> 12 << 10 | IOMMU_DDTP_MODE_1LVL);
    m->fqh = m->cqt = 0;
}

struct machine *start(void)
{
    struct machine *m = calloc(1, sizeof(*m));

    m->file = memfd_create("guest", 0);
    if (ftruncate(m->file, (off_t)RAM_BYTES) != 0)
        exit(2);
    m->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, m->file, 0);
    bridge_init(&m->bridge,
                machine_kind.lockstep ? BRIDGE_BOTH
                : machine_kind.on_rtl ? BRIDGE_RTL
                                      : BRIDGE_MODEL,
                machine_kind.on_rtl ? rtl_config() : "full", 0);
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
bool finish(struct machine *m)
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
uint64_t run(struct machine *m, unsigned who, uint64_t operation, uint64_t source, uint64_t target,
             uint64_t length, uint64_t argument, uint64_t control)
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
unsigned drain(struct machine *m)
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
