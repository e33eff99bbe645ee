/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe commands that Linux uses: identify, queues, features, logs; read, write, flush. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "nvme.h"

enum {
    ADMIN_DELETE_SQ = 0x00,
    ADMIN_CREATE_SQ = 0x01,
    ADMIN_GET_LOG = 0x02,
    ADMIN_DELETE_CQ = 0x04,
    ADMIN_CREATE_CQ = 0x05,
    ADMIN_IDENTIFY = 0x06,
    ADMIN_ABORT = 0x08,
    ADMIN_SET_FEATURES = 0x09,
    ADMIN_GET_FEATURES = 0x0a,
    ADMIN_EVENT = 0x0c,
    IO_FLUSH = 0x00,
    IO_WRITE = 0x01,
    IO_READ = 0x02,
    IO_WRITE_ZEROES = 0x08,
    FEATURE_WRITE_CACHE = 0x06,
    FEATURE_QUEUES = 0x07,
    FEATURE_EVENTS = 0x0b,
};

static void put(uint8_t *data, unsigned offset, unsigned size, uint64_t value)
{
    memcpy(data + offset, &value, size);
}

static void put_text(uint8_t *data, unsigned offset, unsigned size, const char *text)
{
    memset(data + offset, ' ', size);
    memcpy(data + offset, text, strlen(text));
}

/* --- data: PRP entries and lists ---------------------------------------------------------- */

struct prp {
    uint64_t list; /**< where the next entry is */
    uint64_t page; /**< the next page, before there is a list */
    bool in_list;
};

/**
 * The page after the present one. An entry at the end of a page of the list leads to the next
 * page of the list if more than one page of data is to come.
 */
static unsigned next_page(struct nvme *nvme, struct prp *prp, uint64_t left, uint64_t *page)
{
    if (!prp->in_list) {
        *page = prp->page;
        return (*page & (NVME_PAGE - 1)) != 0 ? NVME_INVALID_PRP_OFFSET : NVME_OK;
    }
    for (unsigned i = 0; i < 2; i++) {
        bool last = (prp->list & (NVME_PAGE - 1)) == NVME_PAGE - 8;
        if (!pci_dma(&nvme->function, prp->list, page, 8, false))
            return NVME_TRANSFER_ERROR;
        prp->list += 8;
        if (!last || left <= NVME_PAGE)
            break;
        prp->list = *page;
        if ((prp->list & (NVME_PAGE - 1)) != 0 || i == 1)
            return NVME_INVALID_PRP_OFFSET;
    }
    return (*page & (NVME_PAGE - 1)) != 0 ? NVME_INVALID_PRP_OFFSET : NVME_OK;
}

/** Move data between nvme->data and the pages of a command. */
static unsigned transfer(struct nvme *nvme, const struct nvme_command *command, uint64_t bytes,
                         bool to_host)
{
    uint64_t page = nvme_address(command, 6), second = nvme_address(command, 8), done = 0;
    uint64_t first = NVME_PAGE - (page & (NVME_PAGE - 1));
    struct prp prp = {.page = second, .list = second, .in_list = bytes > first + NVME_PAGE};

    if ((page & 3) != 0 || (prp.in_list && (second & 7) != 0))
        return NVME_INVALID_PRP_OFFSET;
    while (done < bytes) {
        uint64_t room = done == 0 ? first : NVME_PAGE;
        uint32_t count = (uint32_t)(bytes - done < room ? bytes - done : room);
        if (done > 0) {
            unsigned status = next_page(nvme, &prp, bytes - done, &page);
            if (status != NVME_OK)
                return status;
        }
        if (!pci_dma(&nvme->function, page, nvme->data + done, count, to_host))
            return NVME_TRANSFER_ERROR;
        done += count;
    }
    return NVME_OK;
}

/* --- admin commands ----------------------------------------------------------------------- */

static void identify_controller(struct nvme *nvme)
{
    uint8_t *d = nvme->data;

    put(d, 0, 2, PCI_VENDOR);
    put(d, 2, 2, PCI_VENDOR);
    put_text(d, 4, 20, "LAB-1");
    put_text(d, 24, 40, "Portcullis lab NVMe");
    put_text(d, 64, 8, "1");
    put(d, 77, 1, NVME_MDTS);
    put(d, 80, 4, 0x10300);
    put(d, 258, 1, 3); /* aborts at a time */
    put(d, 259, 1, NVME_EVENTS - 1);
    put(d, 260, 1, 3); /* one slot of firmware, for reading */
    put(d, 512, 1, 0x66);
    put(d, 513, 1, 0x44);
    put(d, 516, 4, 1);    /* namespaces */
    put(d, 520, 2, 0x08); /* Write Zeroes */
    put(d, 525, 1, 1);    /* a write cache: the file's */
    memset(d + 768, 0, 256);
    memcpy(d + 768, "nqn.2026-01.org.portcullis:lab", 30);
    put(d, 2048, 2, 100); /* a power state of one watt */
}

static void identify_namespace(struct nvme *nvme)
{
    put(nvme->data, 0, 8, nvme->blocks);
    put(nvme->data, 8, 8, nvme->blocks);
    put(nvme->data, 16, 8, nvme->blocks);
    put(nvme->data, 130, 1, 9); /* blocks of 512 bytes */
}

static unsigned identify(struct nvme *nvme, const struct nvme_command *command)
{
    uint32_t what = command->word[10] & 0xff, space = command->word[1];

    memset(nvme->data, 0, NVME_PAGE);
    switch (what) {
    case 0: /* a namespace */
    case 3: /* its identifiers */
        if (space != 1)
            return NVME_INVALID_NAMESPACE;
        if (what == 0) {
            identify_namespace(nvme);
        } else {
            put(nvme->data, 0, 2, 3 | 16 << 8); /* a UUID */
            memcpy(nvme->data + 4, "portcullis-lab-1", 16);
        }
        break;
    case 1:
        identify_controller(nvme);
        break;
    case 2: /* those above the given one */
        if (space == 0)
            put(nvme->data, 0, 4, 1);
        break;
    default:
        return NVME_INVALID_FIELD;
    }
    return transfer(nvme, command, NVME_PAGE, true);
}

static unsigned create_queue(struct nvme *nvme, const struct nvme_command *command, bool completion)
{
    unsigned id = command->word[10] & 0xffff, cq = command->word[11] >> 16;
    uint32_t entries = (command->word[10] >> 16) + 1;
    struct nvme_queue *queue;

    if (id == 0 || id >= NVME_QUEUES || (completion ? nvme->cq : nvme->sq)[id].used)
        return NVME_INVALID_QUEUE;
    if (entries < 2 || entries > NVME_ENTRIES)
        return NVME_INVALID_SIZE;
    if ((command->word[11] & 1) == 0 || (nvme_address(command, 6) & (NVME_PAGE - 1)) != 0)
        return NVME_INVALID_FIELD; /* in one piece only */
    if (!completion && (cq == 0 || cq >= NVME_QUEUES || !nvme->cq[cq].used))
        return NVME_INVALID_CQ;
    if (completion && cq != 0)
        return NVME_INVALID_FIELD; /* one interrupt vector */
    queue = completion ? &nvme->cq[id] : &nvme->sq[id];
    *queue = (struct nvme_queue){.used = true,
                                 .base = nvme_address(command, 6),
                                 .entries = entries,
                                 .cq = cq,
                                 .phase = true,
                                 .interrupts = (command->word[11] & 2) != 0};
    return NVME_OK;
}

static unsigned delete_queue(struct nvme *nvme, const struct nvme_command *command, bool completion)
{
    unsigned id = command->word[10] & 0xffff;

    if (id == 0 || id >= NVME_QUEUES || !(completion ? nvme->cq : nvme->sq)[id].used)
        return NVME_INVALID_QUEUE;
    for (unsigned i = 1; completion && i < NVME_QUEUES; i++) {
        if (nvme->sq[i].used && nvme->sq[i].cq == id)
            return NVME_INVALID_DELETION;
    }
    (completion ? nvme->cq : nvme->sq)[id].used = false;
    return NVME_OK;
}

static unsigned features(const struct nvme_command *command, uint32_t *result)
{
    switch (command->word[10] & 0xff) {
    case FEATURE_QUEUES:
        *result = (NVME_QUEUES - 2) * 0x10001;
        return NVME_OK;
    case FEATURE_WRITE_CACHE:
        *result = 1;
        return NVME_OK;
    case FEATURE_EVENTS:
        return NVME_OK;
    default:
        return NVME_INVALID_FIELD;
    }
}

static unsigned get_log(struct nvme *nvme, const struct nvme_command *command)
{
    uint32_t page = command->word[10] & 0xff;
    uint64_t words = (command->word[10] >> 16 | (uint64_t)(command->word[11] & 0xffff) << 16) + 1;

    if (page < 1 || page > 3) /* errors, health, firmware */
        return NVME_INVALID_LOG;
    if (words > NVME_PAGE / 4 || nvme_address(command, 12) != 0)
        return NVME_INVALID_FIELD;
    memset(nvme->data, 0, NVME_PAGE);
    if (page == 2) {
        put(nvme->data, 1, 2, 300); /* kelvin */
        put(nvme->data, 3, 1, 100); /* spare, and from which on it is too little */
        put(nvme->data, 4, 1, 10);
    }
    return transfer(nvme, command, 4 * words, true);
}

unsigned nvme_admin(struct nvme *nvme, const struct nvme_command *command, uint32_t *result)
{
    switch (command->word[0] & 0xff) {
    case ADMIN_IDENTIFY:
        return identify(nvme, command);
    case ADMIN_CREATE_CQ:
        return create_queue(nvme, command, true);
    case ADMIN_CREATE_SQ:
        return create_queue(nvme, command, false);
    case ADMIN_DELETE_CQ:
        return delete_queue(nvme, command, true);
    case ADMIN_DELETE_SQ:
        return delete_queue(nvme, command, false);
    case ADMIN_SET_FEATURES:
    case ADMIN_GET_FEATURES:
        return features(command, result);
    case ADMIN_GET_LOG:
        return get_log(nvme, command);
    case ADMIN_ABORT:
        *result = 1; /* nothing was aborted: commands are done at once */
        return NVME_OK;
    case ADMIN_EVENT:
        if (nvme->events == NVME_EVENTS)
            return NVME_EVENT_LIMIT;
        nvme->events++;
        return NVME_PENDING;
    default:
        return NVME_INVALID_OPCODE;
    }
}

/* --- I/O commands ------------------------------------------------------------------------- */

/** All of a piece of the file. */
static bool move_file(struct nvme *nvme, uint64_t offset, uint64_t bytes, bool write)
{
    for (uint64_t done = 0; done < bytes;) {
        off_t at = (off_t)(offset + done);
        ssize_t n = write ? pwrite(nvme->file, nvme->data + done, bytes - done, at)
                          : pread(nvme->file, nvme->data + done, bytes - done, at);
        if (n <= 0)
            return false;
        done += (uint64_t)n;
    }
    return true;
}

static unsigned write_zeroes(struct nvme *nvme, uint64_t offset, uint64_t bytes)
{
    memset(nvme->data, 0, NVME_TRANSFER);
    for (uint64_t done = 0; done < bytes; done += NVME_TRANSFER) {
        uint64_t count = bytes - done < NVME_TRANSFER ? bytes - done : NVME_TRANSFER;
        if (!move_file(nvme, offset + done, count, true))
            return NVME_INTERNAL;
    }
    return NVME_OK;
}

unsigned nvme_io(struct nvme *nvme, const struct nvme_command *command)
{
    uint32_t opcode = command->word[0] & 0xff;
    uint64_t block = nvme_address(command, 10), blocks = (command->word[12] & 0xffff) + 1;
    uint64_t bytes = blocks * NVME_BLOCK;
    unsigned status;

    if (command->word[1] != 1 && !(opcode == IO_FLUSH && command->word[1] == 0xffffffff))
        return NVME_INVALID_NAMESPACE;
    if (opcode == IO_FLUSH)
        return fdatasync(nvme->file) == 0 ? NVME_OK : NVME_INTERNAL;
    if (opcode != IO_READ && opcode != IO_WRITE && opcode != IO_WRITE_ZEROES)
        return NVME_INVALID_OPCODE;
    if (block >= nvme->blocks || blocks > nvme->blocks - block)
        return NVME_LBA_RANGE;
    if (opcode == IO_WRITE_ZEROES)
        return write_zeroes(nvme, block * NVME_BLOCK, bytes);
    if (bytes > NVME_TRANSFER || (command->word[0] >> 14 & 3) != 0)
        return NVME_INVALID_FIELD; /* no scatter-gather lists of NVMe's own */
    if (opcode == IO_READ) {
        if (!move_file(nvme, block * NVME_BLOCK, bytes, false))
            return NVME_INTERNAL;
        return transfer(nvme, command, bytes, true);
    }
    status = transfer(nvme, command, bytes, false);
    if (status == NVME_OK && !move_file(nvme, block * NVME_BLOCK, bytes, true))
        status = NVME_INTERNAL;
    return status;
}
