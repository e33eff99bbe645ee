/* SPDX-License-Identifier: Apache-2.0 */
/* A small client of vfio-user, in the same process as the server that it tests. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdio.h>

#include "vfu.h"

/** Say what is not so; the test's own `good` remembers it. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("  %s:%d: not so: %s\n", __func__, __LINE__, #condition);                       \
            good = false;                                                                          \
        }                                                                                          \
    } while (0)

/** A reply as it came. */
struct reply {
    struct vfu_header header;
    uint8_t body[4096];
    uint32_t length;
};

/** The path of a socket, in a folder of this process that goes with it: a process ID would not do,
 * since another ./dev has the same ones. */
void client_path(char *path, size_t size, const char *name);
/** Connect. @return the socket */
int client_connect(const char *path);
/** Send bytes as they are, with file descriptors. */
bool client_raw(int fd, const void *bytes, size_t size, const int *fds, unsigned count);
/** Send one message. */
bool client_send(int fd, uint16_t id, uint16_t command, uint32_t flags, const void *body,
                 uint32_t length);
/** @return 1: a message came, 0: none is there, -1: the server has hung up */
int client_receive(int fd, struct reply *reply);

/** A function with a BAR of memory, its server and a client of it. */
struct toy {
    struct vfu vfu;
    uint8_t bar[4096], config[256];
    unsigned resets;
    int fd; /**< the client's end */
    uint16_t id;
};

extern const struct vfu_ops toy_ops;
const char *toy_path(void);
uint64_t toy_size(void *context, unsigned region);
struct toy *toy_start(void);
struct toy *toy_ready(void); /**< with the version agreed */
void toy_stop(struct toy *toy);
/** Send, let the server work, receive. @return its errno, or -1 without an answer */
int ask(struct toy *toy, uint16_t command, const void *body, uint32_t length, struct reply *reply);
int ask_fds(struct toy *toy, uint16_t command, const void *body, uint32_t length,
            struct reply *reply, const int *fds, unsigned count);

#endif
