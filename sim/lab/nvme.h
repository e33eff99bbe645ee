/* SPDX-License-Identifier: Apache-2.0 */
/* The NVMe controller: what its queues (nvme.c) and its commands (nvme_commands.c) share. */
#ifndef NVME_H
#define NVME_H

#include "pci.h"

#define NVME_QUEUES 9u   /* the admin queue and eight more */
#define NVME_ENTRIES 64u /* of a queue at most */
#define NVME_PAGE 4096u
#define NVME_TRANSFER (128u * 1024) /* bytes of a command at most: MDTS 5 */
#define NVME_MDTS 5u
#define NVME_BLOCK 512u
#define NVME_EVENTS 4u /* asynchronous event requests that wait; none ever happens */

/* Status codes: type in 10:8, code in 7:0. */
enum nvme_status {
    NVME_OK = 0x000,
    NVME_INVALID_OPCODE = 0x001,
    NVME_INVALID_FIELD = 0x002,
    NVME_TRANSFER_ERROR = 0x004,
    NVME_INTERNAL = 0x006,
    NVME_INVALID_NAMESPACE = 0x00b,
    NVME_INVALID_PRP_OFFSET = 0x013,
    NVME_LBA_RANGE = 0x080,
    NVME_INVALID_CQ = 0x100,
    NVME_INVALID_QUEUE = 0x101,
    NVME_INVALID_SIZE = 0x102,
    NVME_EVENT_LIMIT = 0x105,
    NVME_INVALID_LOG = 0x109,
    NVME_INVALID_DELETION = 0x10c,
    NVME_PENDING = 0xffff, /* no completion */
};

struct nvme_queue {
    bool used;
    uint64_t base;
    uint32_t entries, head, tail;
    unsigned cq;     /**< of a submission queue */
    bool phase;      /**< of a completion queue */
    bool interrupts; /**< of a completion queue */
};

struct nvme {
    struct pci_function function;
    int file;
    uint64_t blocks;
    uint32_t cc, csts, aqa, masked;
    uint64_t asq, acq;
    struct nvme_queue sq[NVME_QUEUES], cq[NVME_QUEUES];
    unsigned events;
    bool interrupt; /**< owed */
    uint8_t data[NVME_TRANSFER];
};

struct nvme_command {
    uint32_t word[16];
};
static inline uint64_t nvme_address(const struct nvme_command *command, unsigned word)
{
    return command->word[word] | (uint64_t)command->word[word + 1] << 32;
}

/** Carry out a command. @return its status; *result gets the first word of the completion */
unsigned nvme_admin(struct nvme *nvme, const struct nvme_command *command, uint32_t *result);
unsigned nvme_io(struct nvme *nvme, const struct nvme_command *command);

#endif
