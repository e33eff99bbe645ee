/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of vfio-user: one PCI function behind one UNIX socket.
 *
 * What a client sends is never trusted: each length, offset, index and flag is checked, and
 * answered with an error where it is wrong. Nothing here waits: sockets do not block, and
 * messages of our own (writes to what is not mapped) are sent and not waited for, since the
 * client may hold its locks until we answer.
 */
#ifndef VFU_H
#define VFU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vfu_command {
    VFU_VERSION = 1,
    VFU_DMA_MAP,
    VFU_DMA_UNMAP,
    VFU_GET_INFO,
    VFU_GET_REGION_INFO,
    VFU_GET_REGION_IO_FDS,
    VFU_GET_IRQ_INFO,
    VFU_SET_IRQS,
    VFU_REGION_READ,
    VFU_REGION_WRITE,
    VFU_DMA_READ,
    VFU_DMA_WRITE,
    VFU_DEVICE_RESET,
};

#define VFU_HEADER_BYTES 16u
#define VFU_FLAG_TYPE 0xfu
#define VFU_FLAG_REPLY 0x1u
#define VFU_FLAG_NO_REPLY 0x10u
#define VFU_FLAG_ERROR 0x20u

/** Header: id and command (2 bytes each), size of the whole, flags, errno. */
struct vfu_header {
    uint16_t id, command;
    uint32_t size, flags, error;
};

#define VFU_DATA_MAX (1u << 20) /**< of one region access */
#define VFU_MESSAGE_MAX (VFU_HEADER_BYTES + 16u + VFU_DATA_MAX)
#define VFU_FDS 8u
#define VFU_OUT_MAX (8u << 20) /**< unsent bytes before a client that does not read is dropped */

/* Regions and interrupts have the numbers of VFIO's PCI functions. */
enum vfu_region { VFU_BAR0 = 0, VFU_CONFIG = 7, VFU_REGIONS = 9 };
enum vfu_irq { VFU_INTX = 0, VFU_MSI = 1, VFU_IRQS = 5 };

/* --- guest memory (memory.c) ------------------------------------------------------------ */

#define MEMORY_RANGES 64u

struct memory_range {
    uint64_t address, size;
    uint8_t *host; /**< NULL: not mapped here */
    bool writable;
};
struct memory {
    struct memory_range range[MEMORY_RANGES];
    unsigned count;
};

/** @param fd -1 if there is nothing to map; stays the caller's. @return 0 or an errno */
int memory_map(struct memory *memory, uint64_t address, uint64_t size, uint64_t offset,
               bool writable, int fd);
int memory_unmap(struct memory *memory, uint64_t address, uint64_t size);
void memory_unmap_all(struct memory *memory);
/** @return where `size` bytes at a guest physical address are, or NULL */
uint8_t *memory_at(const struct memory *memory, uint64_t address, uint64_t size, bool write);
/** Copy with stores of 8 aligned bytes in ascending order, since the guest looks meanwhile. */
bool memory_write(const struct memory *memory, uint64_t address, const void *data, uint64_t size);
bool memory_read(const struct memory *memory, uint64_t address, void *data, uint64_t size);

/* --- a function and its client ---------------------------------------------------------- */

/** What the function is. Offsets and counts are within the region. */
struct vfu_ops {
    uint64_t (*region_size)(void *context, unsigned region);
    void (*region_read)(void *context, unsigned region, uint64_t offset, uint8_t *data,
                        uint32_t count);
    void (*region_write)(void *context, unsigned region, uint64_t offset, const uint8_t *data,
                         uint32_t count);
    uint32_t (*irq_count)(void *context, unsigned index);
    void (*reset)(void *context); /**< asked for, or the client has gone */
};

struct vfu {
    const struct vfu_ops *ops;
    void *context;
    char path[108];
    int listener, client; /**< -1: none */
    bool negotiated;
    struct memory memory;
    int irq_fd[VFU_IRQS];
    /* the message that is coming in */
    uint8_t *in;
    uint32_t in_have;
    int in_fd[VFU_FDS];
    unsigned in_fds;
    /* what has not gone out yet */
    uint8_t *out;
    size_t out_have, out_room;
    bool broken; /**< to be dropped when the present message is done with */
    uint16_t next_id;
    /* counts */
    uint64_t messages, errors, writes, refused_writes, clients;
};

/** Listen. @return NULL, or what is wrong, in words */
const char *vfu_open(struct vfu *vfu, const char *path, const struct vfu_ops *ops, void *context);
/** Remove the socket, drop the client. */
void vfu_close(struct vfu *vfu);
/** Do what the sockets have for us. @return true if something was done */
bool vfu_service(struct vfu *vfu);
bool vfu_wants_to_send(const struct vfu *vfu);
/** Ask the client to store `count` bytes, where no memory is mapped. Not waited for. */
void vfu_send_write(struct vfu *vfu, uint64_t address, const void *data, uint32_t count);
/** Send what waits, as far as the socket takes it. */
void vfu_flush(struct vfu *vfu);
/** Signal an interrupt by its eventfd. @return false if there is none */
bool vfu_interrupt(struct vfu *vfu, unsigned index);

/* within vfu*.c */
void vfu_handle(struct vfu *vfu, const struct vfu_header *header, const uint8_t *body,
                uint32_t length);
void vfu_send(struct vfu *vfu, const struct vfu_header *header, const void *body, uint32_t length,
              const void *data, uint32_t count);
void vfu_drop_irqs(struct vfu *vfu);

#endif
