/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of a function: whole messages in, bytes out, nothing waits. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vfu.h"

/** Is somebody listening there? A socket whose server has died is only a name. */
static bool in_use(const struct sockaddr_un *address)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answered = connect(probe, (const void *)address, sizeof(*address)) == 0;

    close(probe);
    return answered;
}

static const char *bind_socket(struct vfu *vfu, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    if (strlen(path) >= sizeof(address.sun_path))
        return "the path is too long";
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return "there is a file of that name, which is not a socket";
        if (in_use(&address))
            return "in use by another server";
        unlink(path);
    }
    vfu->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (vfu->listener < 0 || bind(vfu->listener, (void *)&address, sizeof(address)) != 0)
        return strerror(errno);
    memcpy(vfu->path, path, strlen(path) + 1);
    return listen(vfu->listener, 1) != 0 ? strerror(errno) : NULL;
}

const char *vfu_open(struct vfu *vfu, const char *path, const struct vfu_ops *ops, void *context)
{
    memset(vfu, 0, sizeof(*vfu));
    vfu->ops = ops;
    vfu->context = context;
    vfu->listener = vfu->client = -1;
    for (unsigned i = 0; i < VFU_IRQS; i++)
        vfu->irq_fd[i] = -1;
    vfu->in = malloc(VFU_MESSAGE_MAX);
    if (vfu->in == NULL)
        return "no memory";
    const char *error = bind_socket(vfu, path);
    if (error != NULL)
        vfu_close(vfu);
    return error;
}

static void drop_fds(struct vfu *vfu)
{
    while (vfu->in_fds > 0)
        close(vfu->in_fd[--vfu->in_fds]);
}

static void drop_client(struct vfu *vfu)
{
    if (vfu->client < 0)
        return;
    close(vfu->client);
    vfu->client = -1;
    vfu->negotiated = vfu->broken = false;
    vfu->in_have = 0;
    vfu->out_have = 0;
    drop_fds(vfu);
    vfu_drop_irqs(vfu);
    vfu->ops->reset(vfu->context);
    memory_unmap_all(&vfu->memory);
}

void vfu_close(struct vfu *vfu)
{
    drop_client(vfu);
    if (vfu->listener >= 0)
        close(vfu->listener);
    vfu->listener = -1;
    if (vfu->path[0] != 0)
        unlink(vfu->path);
    vfu->path[0] = 0;
    free(vfu->in);
    free(vfu->out);
    vfu->in = vfu->out = NULL;
    vfu->out_have = vfu->out_room = 0;
}

static void accept_client(struct vfu *vfu)
{
    int client = accept4(vfu->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (client < 0)
        return;
    if (vfu->client >= 0) { /* one at a time */
        close(client);
        return;
    }
    vfu->client = client;
    vfu->clients++;
}

/** Take file descriptors out of a received message. */
static void take_fds(struct vfu *vfu, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (vfu->in_fds < VFU_FDS) {
                vfu->in_fd[vfu->in_fds++] = fd;
            } else {
                close(fd);
                vfu->broken = true;
            }
        }
    }
    if ((message->msg_flags & MSG_CTRUNC) != 0)
        vfu->broken = true;
}

/** Receive until the message has `want` bytes. @return true if it has */
static bool receive(struct vfu *vfu, uint32_t want)
{
    while (vfu->in_have < want) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(VFU_FDS * sizeof(int))];
        } control;
        struct iovec part = {vfu->in + vfu->in_have, want - vfu->in_have};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        ssize_t got = recvmsg(vfu->client, &message, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return false;
        if (got <= 0) {
            vfu->broken = true;
            return false;
        }
        take_fds(vfu, &message);
        vfu->in_have += (uint32_t)got;
    }
    return true;
}

/** One message, if it is there. Never reads beyond it, so file descriptors are its own. */
static bool one_message(struct vfu *vfu)
{
    struct vfu_header header;

    if (vfu->in_have < VFU_HEADER_BYTES && !receive(vfu, VFU_HEADER_BYTES))
        return false;
    memcpy(&header, vfu->in, VFU_HEADER_BYTES);
    if (header.size < VFU_HEADER_BYTES || header.size > VFU_MESSAGE_MAX) {
        /* Where the next message would begin, nobody knows. */
        struct vfu_header reply = {header.id, header.command, 0, VFU_FLAG_REPLY | VFU_FLAG_ERROR,
                                   EINVAL};
        vfu->errors++;
        vfu_send(vfu, &reply, NULL, 0, NULL, 0);
        vfu_flush(vfu);
        vfu->broken = true;
        return false;
    }
    if (!receive(vfu, header.size))
        return false;
    vfu->in_have = 0;
    vfu_handle(vfu, &header, vfu->in + VFU_HEADER_BYTES, header.size - VFU_HEADER_BYTES);
    drop_fds(vfu);
    return !vfu->broken;
}

bool vfu_service(struct vfu *vfu)
{
    bool busy = false;

    accept_client(vfu);
    /* A client that never pauses must not keep the others waiting. */
    for (unsigned i = 0; i < 64 && vfu->client >= 0 && !vfu->broken && one_message(vfu); i++)
        busy = true;
    vfu_flush(vfu);
    if (vfu->broken)
        drop_client(vfu);
    return busy;
}

bool vfu_wants_to_send(const struct vfu *vfu)
{
    return vfu->client >= 0 && vfu->out_have > 0;
}

static bool make_room(struct vfu *vfu, size_t bytes)
{
    size_t room = vfu->out_room;

    if (vfu->out_have + bytes > VFU_OUT_MAX)
        return false;
    while (room < vfu->out_have + bytes)
        room = room == 0 ? 65536 : 2 * room;
    if (room != vfu->out_room) {
        uint8_t *out = realloc(vfu->out, room);
        if (out == NULL)
            return false;
        vfu->out = out;
        vfu->out_room = room;
    }
    return true;
}

void vfu_send(struct vfu *vfu, const struct vfu_header *header, const void *body, uint32_t length,
              const void *data, uint32_t count)
{
    struct vfu_header whole = *header;

    if (vfu->client < 0 || vfu->broken)
        return;
    whole.size = VFU_HEADER_BYTES + length + count;
    if (!make_room(vfu, whole.size)) {
        vfu->broken = true; /* it does not read */
        return;
    }
    memcpy(vfu->out + vfu->out_have, &whole, VFU_HEADER_BYTES);
    if (length > 0)
        memcpy(vfu->out + vfu->out_have + VFU_HEADER_BYTES, body, length);
    if (count > 0)
        memcpy(vfu->out + vfu->out_have + VFU_HEADER_BYTES + length, data, count);
    vfu->out_have += whole.size;
}

void vfu_flush(struct vfu *vfu)
{
    size_t sent = 0;

    if (vfu->client < 0)
        return;
    while (sent < vfu->out_have) {
        ssize_t n =
            send(vfu->client, vfu->out + sent, vfu->out_have - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            vfu->broken = true;
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    if (sent > 0)
        memmove(vfu->out, vfu->out + sent, vfu->out_have - sent);
    vfu->out_have -= sent;
}

bool vfu_interrupt(struct vfu *vfu, unsigned index)
{
    uint64_t one = 1;

    return index < VFU_IRQS && vfu->irq_fd[index] >= 0 &&
           write(vfu->irq_fd[index], &one, sizeof(one)) == sizeof(one);
}
