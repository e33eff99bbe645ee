/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of vfio-user: what each asks for, and the answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vfu.h"

/* Flags as in VFIO. */
#define INFO_RESET 1u
#define INFO_PCI 2u
#define REGION_RW 3u
#define IRQ_EVENTFD 1u
#define IRQ_NORESIZE 8u
#define SET_DATA_NONE 1u
#define SET_DATA_BOOL 2u
#define SET_DATA_EVENTFD 4u
#define SET_DATA 7u
#define SET_TRIGGER 0x20u
#define SET_ACTIONS 0x38u
#define MAP_WRITE 2u
#define UNMAP_BITMAP 1u
#define UNMAP_ALL 2u

static const char capabilities[] =
    "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576}}";

/** The answer that is being made: a structure, and data behind it. */
struct answer {
    uint8_t body[40];
    uint32_t length;
    const void *data;
    uint32_t count;
};

static uint32_t get32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, 4);
    return value;
}

static uint64_t get64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, 8);
    return value;
}

static void put32(struct answer *answer, uint32_t value)
{
    memcpy(answer->body + answer->length, &value, 4);
    answer->length += 4;
}

static void put64(struct answer *answer, uint64_t value)
{
    memcpy(answer->body + answer->length, &value, 8);
    answer->length += 8;
}

/** The client proposes a version with its abilities as JSON; we need none of these. */
static int version(struct vfu *vfu, const uint8_t *body, uint32_t length, struct answer *answer)
{
    if (vfu->negotiated || (length > 4 && body[length - 1] != 0))
        return EINVAL;
    if (body[0] != 0 || body[1] != 0) /* major */
        return EPROTONOSUPPORT;
    vfu->negotiated = true;
    put32(answer, 0); /* 0.0 */
    answer->data = capabilities;
    answer->count = sizeof(capabilities);
    return 0;
}

static int dma_map(struct vfu *vfu, const uint8_t *body, uint32_t length, struct answer *answer)
{
    uint32_t flags = get32(body + 4);

    (void)answer;
    if (length != 32 || vfu->in_fds > 1 || (flags & ~3u) != 0)
        return EINVAL;
    return memory_map(&vfu->memory, get64(body + 16), get64(body + 24), get64(body + 8),
                      (flags & MAP_WRITE) != 0, vfu->in_fds == 1 ? vfu->in_fd[0] : -1);
}

static int dma_unmap(struct vfu *vfu, const uint8_t *body, uint32_t length, struct answer *answer)
{
    uint32_t flags = get32(body + 4);
    uint64_t address = get64(body + 8), size = get64(body + 16);
    int error = 0;

    if ((flags & UNMAP_BITMAP) != 0)
        return ENOTSUP; /* nothing is tracked */
    if (length != 24 || (flags & ~UNMAP_ALL) != 0)
        return EINVAL;
    if ((flags & UNMAP_ALL) != 0) {
        if (address != 0 || size != 0)
            return EINVAL;
        memory_unmap_all(&vfu->memory);
    } else {
        error = memory_unmap(&vfu->memory, address, size);
    }
    memcpy(answer->body, body, 24);
    answer->length = 24;
    return error;
}

static int get_info(struct vfu *vfu, const uint8_t *body, uint32_t length, struct answer *answer)
{
    (void)vfu;
    (void)length;
    if (get32(body) < 16)
        return EINVAL;
    put32(answer, 16);
    put32(answer, INFO_RESET | INFO_PCI);
    put32(answer, VFU_REGIONS);
    put32(answer, VFU_IRQS);
    return 0;
}

static int get_region_info(struct vfu *vfu, const uint8_t *body, uint32_t length,
                           struct answer *answer)
{
    uint32_t index = get32(body + 8);

    (void)length;
    if (get32(body) < 32 || index >= VFU_REGIONS)
        return EINVAL;
    uint64_t size = vfu->ops->region_size(vfu->context, index);
    put32(answer, 32);
    put32(answer, size != 0 ? REGION_RW : 0);
    put32(answer, index);
    put32(answer, 0);
    put64(answer, size);
    put64(answer, 0);
    return 0;
}

static int get_irq_info(struct vfu *vfu, const uint8_t *body, uint32_t length,
                        struct answer *answer)
{
    uint32_t index = get32(body + 8);

    (void)length;
    if (get32(body) < 16 || index >= VFU_IRQS)
        return EINVAL;
    put32(answer, 16);
    put32(answer, IRQ_EVENTFD | IRQ_NORESIZE);
    put32(answer, index);
    put32(answer, vfu->ops->irq_count(vfu->context, index));
    return 0;
}

static void drop_irq(struct vfu *vfu, unsigned index)
{
    if (vfu->irq_fd[index] >= 0)
        close(vfu->irq_fd[index]);
    vfu->irq_fd[index] = -1;
}

void vfu_drop_irqs(struct vfu *vfu)
{
    for (unsigned i = 0; i < VFU_IRQS; i++)
        drop_irq(vfu, i);
}

/** Functions have at most one interrupt of each kind. */
static int set_irqs(struct vfu *vfu, const uint8_t *body, uint32_t length, struct answer *answer)
{
    uint32_t flags = get32(body + 4), index = get32(body + 8);
    uint32_t start = get32(body + 12), count = get32(body + 16);
    uint32_t data = flags & SET_DATA, action = flags & SET_ACTIONS;

    (void)answer;
    if (index >= VFU_IRQS || (flags & ~(SET_DATA | SET_ACTIONS)) != 0 || (data & (data - 1)) != 0 ||
        (action & (action - 1)) != 0 || data == 0 || action == 0)
        return EINVAL;
    uint32_t has = vfu->ops->irq_count(vfu->context, index);
    if (start > has || count > has - start || has > 1 ||
        length != 20 + (data == SET_DATA_BOOL ? count : 0))
        return EINVAL;
    if (action != SET_TRIGGER)
        return ENOTSUP;
    if (data == SET_DATA_EVENTFD) {
        if (vfu->in_fds > count)
            return EINVAL;
        if (count == 1) {
            drop_irq(vfu, index);
            if (vfu->in_fds == 1) {
                vfu->irq_fd[index] = vfu->in_fd[--vfu->in_fds];
                fcntl(vfu->irq_fd[index], F_SETFL, O_NONBLOCK); /* whatever it is */
            }
        }
    } else if (count == 0) {
        if (data == SET_DATA_NONE)
            drop_irq(vfu, index);
    } else if (data == SET_DATA_NONE || body[20] != 0) {
        vfu_interrupt(vfu, index);
    }
    return 0;
}

/** Check region, offset and count of an access. */
static bool access_inside(struct vfu *vfu, const uint8_t *body)
{
    uint64_t offset = get64(body);
    uint32_t region = get32(body + 8), count = get32(body + 12);

    if (region >= VFU_REGIONS || count == 0 || count > VFU_DATA_MAX)
        return false;
    uint64_t size = vfu->ops->region_size(vfu->context, region);
    return offset < size && count <= size - offset;
}

static int region_read(struct vfu *vfu, const uint8_t *body, uint32_t length, struct answer *answer)
{
    if (length != 16 || !access_inside(vfu, body))
        return EINVAL;
    uint32_t count = get32(body + 12);
    uint8_t *data = calloc(1, count);
    if (data == NULL)
        return ENOMEM;
    vfu->ops->region_read(vfu->context, get32(body + 8), get64(body), data, count);
    memcpy(answer->body, body, 16);
    answer->length = 16;
    answer->data = data;
    answer->count = count;
    return 0;
}

static int region_write(struct vfu *vfu, const uint8_t *body, uint32_t length,
                        struct answer *answer)
{
    if (!access_inside(vfu, body) || length - 16 != get32(body + 12))
        return EINVAL;
    memcpy(answer->body, body, 16);
    answer->length = 16;
    vfu->ops->region_write(vfu->context, get32(body + 8), get64(body), body + 16, get32(body + 12));
    return 0;
}

static int device_reset(struct vfu *vfu, const uint8_t *body, uint32_t length,
                        struct answer *answer)
{
    (void)body;
    (void)answer;
    if (length != 0)
        return EINVAL;
    vfu->ops->reset(vfu->context);
    return 0;
}

typedef int handler_fn(struct vfu *vfu, const uint8_t *body, uint32_t length,
                       struct answer *answer);

static const struct {
    uint32_t least; /**< bytes behind the header */
    handler_fn *handler;
} handlers[] = {
    [VFU_VERSION] = {4, version},
    [VFU_DMA_MAP] = {32, dma_map},
    [VFU_DMA_UNMAP] = {24, dma_unmap},
    [VFU_GET_INFO] = {16, get_info},
    [VFU_GET_REGION_INFO] = {32, get_region_info},
    [VFU_GET_IRQ_INFO] = {16, get_irq_info},
    [VFU_SET_IRQS] = {20, set_irqs},
    [VFU_REGION_READ] = {16, region_read},
    [VFU_REGION_WRITE] = {16, region_write},
    [VFU_DEVICE_RESET] = {0, device_reset},
};

static int dispatch(struct vfu *vfu, const struct vfu_header *header, const uint8_t *body,
                    uint32_t length, struct answer *answer)
{
    if (header->command >= sizeof(handlers) / sizeof(handlers[0]) ||
        handlers[header->command].handler == NULL)
        return ENOTSUP;
    if (!vfu->negotiated && header->command != VFU_VERSION)
        return EPROTO;
    if (length < handlers[header->command].least)
        return EINVAL;
    return handlers[header->command].handler(vfu, body, length, answer);
}

/** A reply to a write of ours. */
static void handle_reply(struct vfu *vfu, const struct vfu_header *header)
{
    if (header->command != VFU_DMA_WRITE || (header->flags & VFU_FLAG_ERROR) != 0)
        vfu->refused_writes++;
}

void vfu_handle(struct vfu *vfu, const struct vfu_header *header, const uint8_t *body,
                uint32_t length)
{
    struct answer answer = {.length = 0};

    vfu->messages++;
    if ((header->flags & VFU_FLAG_TYPE) == VFU_FLAG_REPLY) {
        handle_reply(vfu, header);
        return;
    }
    int error = (header->flags & VFU_FLAG_TYPE) != 0 ? EINVAL
                                                     : dispatch(vfu, header, body, length, &answer);
    if (error != 0)
        vfu->errors++;
    struct vfu_header reply = {.id = header->id, .command = header->command};
    reply.flags = VFU_FLAG_REPLY | (error != 0 ? VFU_FLAG_ERROR : 0);
    reply.error = (uint32_t)error;
    if ((header->flags & VFU_FLAG_NO_REPLY) != 0)
        ; /* a posted write: errors are counted only */
    else if (error != 0)
        vfu_send(vfu, &reply, NULL, 0, NULL, 0);
    else
        vfu_send(vfu, &reply, answer.body, answer.length, answer.data, answer.count);
    if (header->command == VFU_REGION_READ)
        free((void *)(uintptr_t)answer.data);
}

void vfu_send_write(struct vfu *vfu, uint64_t address, const void *data, uint32_t count)
{
    struct vfu_header header = {.id = vfu->next_id++, .command = VFU_DMA_WRITE};
    uint64_t body[2] = {address, count};

    if (vfu->client < 0)
        return;
    vfu->writes++;
    vfu_send(vfu, &header, body, sizeof(body), data, count);
}
