/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"

static char folder[] = "/tmp/lab-test-XXXXXX";

static void remove_folder(void)
{
    rmdir(folder);
}

void client_path(char *path, size_t size, const char *name)
{
    static bool made;

    if (!made) {
        made = mkdtemp(folder) != NULL;
        if (!made) {
            perror(folder);
            exit(2);
        }
        atexit(remove_folder);
    }
    snprintf(path, size, "%s/%s", folder, name);
}

int client_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    if (fd >= 0 && connect(fd, (void *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool client_raw(int fd, const void *bytes, size_t size, const int *fds, unsigned count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(16 * sizeof(int))];
    } control;
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (count > 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

bool client_send(int fd, uint16_t id, uint16_t command, uint32_t flags, const void *body,
                 uint32_t length)
{
    uint8_t bytes[VFU_HEADER_BYTES + 4096];
    struct vfu_header header = {id, command, VFU_HEADER_BYTES + length, flags, 0};

    memcpy(bytes, &header, VFU_HEADER_BYTES);
    if (length > 0)
        memcpy(bytes + VFU_HEADER_BYTES, body, length);
    return client_raw(fd, bytes, VFU_HEADER_BYTES + length, NULL, 0);
}

int client_receive(int fd, struct reply *reply)
{
    ssize_t got = recv(fd, &reply->header, VFU_HEADER_BYTES, MSG_DONTWAIT);

    if (got < 0)
        return errno == EAGAIN ? 0 : -1;
    if (got != VFU_HEADER_BYTES)
        return -1;
    reply->length = reply->header.size - VFU_HEADER_BYTES;
    if (reply->length > sizeof(reply->body))
        return -1;
    if (reply->length == 0)
        return 1;
    return recv(fd, reply->body, reply->length, MSG_DONTWAIT) == (ssize_t)reply->length ? 1 : -1;
}

/* --- a function with a BAR of memory ---------------------------------------------------- */

const char *toy_path(void)
{
    static char path[64];

    client_path(path, sizeof(path), "toy");
    return path;
}

static uint8_t *toy_region(struct toy *toy, unsigned region, uint64_t offset, uint32_t count)
{
    uint64_t size = region == VFU_BAR0 ? sizeof(toy->bar) : sizeof(toy->config);

    if ((region != VFU_BAR0 && region != VFU_CONFIG) || offset > size || count > size - offset) {
        printf("the server let an access outside of the region through\n");
        abort();
    }
    return (region == VFU_BAR0 ? toy->bar : toy->config) + offset;
}

uint64_t toy_size(void *context, unsigned region)
{
    struct toy *toy = context;

    return region == VFU_BAR0 ? sizeof(toy->bar) : region == VFU_CONFIG ? sizeof(toy->config) : 0;
}

static void toy_read(void *context, unsigned region, uint64_t offset, uint8_t *data, uint32_t count)
{
    memcpy(data, toy_region(context, region, offset, count), count);
}

static void toy_write(void *context, unsigned region, uint64_t offset, const uint8_t *data,
                      uint32_t count)
{
    memcpy(toy_region(context, region, offset, count), data, count);
}

static uint32_t toy_irqs(void *context, unsigned index)
{
    (void)context;
    return index == VFU_MSI;
}

static void toy_reset(void *context)
{
    ((struct toy *)context)->resets++;
}

const struct vfu_ops toy_ops = {toy_size, toy_read, toy_write, toy_irqs, toy_reset};

struct toy *toy_start(void)
{
    struct toy *toy = calloc(1, sizeof(*toy));
    const char *error = vfu_open(&toy->vfu, toy_path(), &toy_ops, toy);

    if (error != NULL) {
        printf("cannot listen: %s\n", error);
        exit(2);
    }
    toy->fd = client_connect(toy_path());
    return toy;
}

void toy_stop(struct toy *toy)
{
    close(toy->fd);
    vfu_close(&toy->vfu);
    free(toy);
}

int ask_fds(struct toy *toy, uint16_t command, const void *body, uint32_t length,
            struct reply *reply, const int *fds, unsigned count)
{
    uint8_t bytes[VFU_HEADER_BYTES + 4096];
    struct vfu_header header = {++toy->id, command, VFU_HEADER_BYTES + length, 0, 0};

    memcpy(bytes, &header, VFU_HEADER_BYTES);
    if (length > 0)
        memcpy(bytes + VFU_HEADER_BYTES, body, length);
    client_raw(toy->fd, bytes, VFU_HEADER_BYTES + length, fds, count);
    vfu_service(&toy->vfu);
    if (client_receive(toy->fd, reply) != 1 || reply->header.id != toy->id ||
        reply->header.command != command || (reply->header.flags & VFU_FLAG_TYPE) != VFU_FLAG_REPLY)
        return -1;
    if (((reply->header.flags & VFU_FLAG_ERROR) != 0) != (reply->header.error != 0))
        return -1;
    return (int)reply->header.error;
}

int ask(struct toy *toy, uint16_t command, const void *body, uint32_t length, struct reply *reply)
{
    return ask_fds(toy, command, body, length, reply, NULL, 0);
}

struct toy *toy_ready(void)
{
    struct toy *toy = toy_start();
    struct reply reply;
    uint16_t version[2] = {0, 1};

    if (ask(toy, VFU_VERSION, version, 4, &reply) != 0)
        printf("  no version\n");
    return toy;
}
