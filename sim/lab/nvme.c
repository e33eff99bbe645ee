/* SPDX-License-Identifier: Apache-2.0 */
/* An NVMe controller with one namespace, on a file: registers and queues. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nvme.h"

#define CLASS_NVME 0x010802u

#define REG_CAP 0x00u
#define REG_VS 0x08u
#define REG_INTMS 0x0cu
#define REG_INTMC 0x10u
#define REG_CC 0x14u
#define REG_CSTS 0x1cu
#define REG_AQA 0x24u
#define REG_ASQ 0x28u
#define REG_ACQ 0x30u
#define DOORBELLS 0x1000u

/* queues in one piece, two seconds to get ready, the NVM command set */
#define CAP_VALUE ((uint64_t)(NVME_ENTRIES - 1) | 1ull << 16 | 4ull << 24 | 1ull << 37)
#define CC_ENABLE 0x1u
#define CC_SHUTDOWN 0xc000u
#define CSTS_READY 0x1u
#define CSTS_FATAL 0x2u
#define CSTS_SHUT_DOWN 0x8u

/* --- queues ------------------------------------------------------------------------------- */

static void fatal(struct nvme *nvme)
{
    nvme->csts |= CSTS_FATAL;
}

static bool cq_full(const struct nvme_queue *queue)
{
    return (queue->tail + 1) % queue->entries == queue->head;
}

static void complete(struct nvme *nvme, unsigned sq, uint32_t id, unsigned status, uint32_t result)
{
    struct nvme_queue *queue = &nvme->cq[nvme->sq[sq].cq];
    uint32_t entry[4] = {result, 0, nvme->sq[sq].head | sq << 16,
                         id | (uint32_t)queue->phase << 16 | status << 17};

    if (!pci_dma(&nvme->function, queue->base + queue->tail * 16ull, entry, 16, true)) {
        fatal(nvme); /* nobody will learn of it */
        return;
    }
    queue->tail = (queue->tail + 1) % queue->entries;
    if (queue->tail == 0)
        queue->phase = !queue->phase;
    nvme->interrupt |= queue->interrupts;
}

/** One command of a queue. @return false if there is none, or no room for its completion */
static bool one_command(struct nvme *nvme, unsigned id)
{
    struct nvme_queue *queue = &nvme->sq[id];
    struct nvme_command command;
    uint32_t result = 0;

    if (!queue->used || queue->head == queue->tail || !nvme->cq[queue->cq].used ||
        cq_full(&nvme->cq[queue->cq]) || (nvme->csts & (CSTS_FATAL | CSTS_READY)) != CSTS_READY)
        return false;
    if (!pci_dma(&nvme->function, queue->base + queue->head * 64ull, &command, 64, false)) {
        fatal(nvme);
        return false;
    }
    queue->head = (queue->head + 1) % queue->entries;
    unsigned status = id == 0 ? nvme_admin(nvme, &command, &result) : nvme_io(nvme, &command);
    if (status != NVME_PENDING)
        complete(nvme, id, command.word[0] >> 16, status, result);
    return true;
}

static bool step(void *context)
{
    struct nvme *nvme = context;
    bool busy = false;

    for (unsigned id = 0; id < NVME_QUEUES; id++) {
        for (unsigned i = 0; i < 8 && one_command(nvme, id); i++)
            busy = true;
    }
    if (nvme->interrupt && nvme->masked == 0) {
        nvme->interrupt = false;
        pci_msi(&nvme->function);
    }
    return busy;
}

/* --- registers ---------------------------------------------------------------------------- */

static void stop(struct nvme *nvme)
{
    memset(nvme->sq, 0, sizeof(nvme->sq));
    memset(nvme->cq, 0, sizeof(nvme->cq));
    nvme->events = 0;
    nvme->interrupt = false;
    nvme->csts = 0;
}

static void start(struct nvme *nvme)
{
    uint32_t sq = (nvme->aqa & 0xfff) + 1, cq = (nvme->aqa >> 16 & 0xfff) + 1;

    /* Pages of 4 KiB, entries of 64 and 16 bytes; the latter count from the first I/O queue on. */
    if ((nvme->cc & 0x07f0) >> 4 != 0 || sq < 2 || sq > NVME_ENTRIES || cq < 2 ||
        cq > NVME_ENTRIES) {
        fatal(nvme);
        return;
    }
    nvme->sq[0] = (struct nvme_queue){.used = true, .base = nvme->asq, .entries = sq};
    nvme->cq[0] = (struct nvme_queue){
        .used = true, .base = nvme->acq, .entries = cq, .phase = true, .interrupts = true};
    nvme->csts = CSTS_READY;
}

static void write_cc(struct nvme *nvme, uint32_t value)
{
    uint32_t old = nvme->cc;

    nvme->cc = value;
    if ((value & CC_ENABLE) == 0 && (old & CC_ENABLE) != 0)
        stop(nvme);
    else if ((value & CC_ENABLE) != 0 && (old & CC_ENABLE) == 0)
        start(nvme);
    if ((value & CC_SHUTDOWN) != 0 && (old & CC_SHUTDOWN) == 0) {
        fdatasync(nvme->file);
        nvme->csts |= CSTS_SHUT_DOWN;
    }
}

static void doorbell(struct nvme *nvme, uint64_t number, uint32_t value)
{
    unsigned id = (unsigned)(number / 2);
    struct nvme_queue *queue = number % 2 == 0 ? &nvme->sq[id] : &nvme->cq[id];

    if (!queue->used || value >= queue->entries)
        return;
    if (number % 2 == 0)
        queue->tail = value;
    else
        queue->head = value;
}

static void put_half(uint64_t *word, uint64_t offset, uint32_t size, uint64_t value)
{
    if (size == 8)
        *word = value;
    else if (offset % 8 == 0)
        *word = (*word & ~0xffffffffull) | (value & 0xffffffff);
    else
        *word = (*word & 0xffffffff) | value << 32;
}

static void bar_write(void *context, uint64_t offset, uint32_t size, uint64_t value)
{
    struct nvme *nvme = context;

    if ((size != 4 && size != 8) || offset % size != 0)
        return;
    if (offset >= DOORBELLS) {
        if (size == 4 && (offset - DOORBELLS) / 4 < 2 * NVME_QUEUES)
            doorbell(nvme, (offset - DOORBELLS) / 4, (uint32_t)value);
        return;
    }
    switch (offset & ~(offset >= REG_ASQ && offset < REG_ACQ + 8 ? 7ull : 0ull)) {
    case REG_INTMS:
        nvme->masked |= (uint32_t)value & 1;
        break;
    case REG_INTMC:
        nvme->masked &= ~(uint32_t)value;
        break;
    case REG_CC:
        write_cc(nvme, (uint32_t)value);
        break;
    case REG_AQA:
        nvme->aqa = (uint32_t)value;
        break;
    case REG_ASQ:
        put_half(&nvme->asq, offset, size, value);
        nvme->asq &= ~(uint64_t)(NVME_PAGE - 1);
        break;
    case REG_ACQ:
        put_half(&nvme->acq, offset, size, value);
        nvme->acq &= ~(uint64_t)(NVME_PAGE - 1);
        break;
    default:
        break;
    }
}

static uint64_t word_at(const struct nvme *nvme, uint64_t offset)
{
    switch (offset) {
    case REG_CAP:
        return CAP_VALUE;
    case REG_VS:
        return 0x10300 | (uint64_t)nvme->masked << 32;
    case REG_INTMC & ~7u:
        return nvme->masked | (uint64_t)nvme->cc << 32;
    case REG_CSTS & ~7u:
        return (uint64_t)nvme->csts << 32;
    case REG_AQA & ~7u:
        return (uint64_t)nvme->aqa << 32;
    case REG_ASQ:
        return nvme->asq;
    case REG_ACQ:
        return nvme->acq;
    default:
        return 0;
    }
}

static uint64_t bar_read(void *context, uint64_t offset, uint32_t size)
{
    if ((size != 4 && size != 8) || offset % size != 0)
        return 0;
    return word_at(context, offset & ~7ull) >> offset % 8 * 8;
}

static void reset(void *context)
{
    struct nvme *nvme = context;

    stop(nvme);
    nvme->cc = nvme->aqa = nvme->masked = 0;
    nvme->asq = nvme->acq = 0;
}

static void close_file(void *context)
{
    struct nvme *nvme = context;

    close(nvme->file);
}

struct pci_function *nvme_new(struct bridge *bridge, const char *path, const char **error)
{
    static const struct pci_identity identity = {
        .device = PCI_DEVICE_NVME, .class_code = CLASS_NVME, .bar_size = 8192};
    static const struct pci_ops ops = {.bar_read = bar_read,
                                       .bar_write = bar_write,
                                       .reset = reset,
                                       .step = step,
                                       .close = close_file};
    struct nvme *nvme = calloc(1, sizeof(*nvme));
    struct stat status;

    *error = "no memory";
    if (nvme == NULL)
        return NULL;
    nvme->file = open(path, O_RDWR | O_CLOEXEC);
    if (nvme->file < 0 || fstat(nvme->file, &status) != 0 || status.st_size < (off_t)NVME_PAGE) {
        *error = "its file, nvme@SLOT=FILE, cannot be opened or is too small";
        if (nvme->file >= 0)
            close(nvme->file);
        free(nvme);
        return NULL;
    }
    nvme->blocks = (uint64_t)status.st_size / NVME_BLOCK;
    nvme->function.bridge = bridge;
    pci_init(&nvme->function, &identity, &ops, nvme);
    return &nvme->function;
}
