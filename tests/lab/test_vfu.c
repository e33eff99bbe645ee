/* SPDX-License-Identifier: Apache-2.0 */
/* The vfio-user server against a client that behaves, and one that does not. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "client.h"

static unsigned passed, failed;
static const char *path;

/** offset, region, count as regions are accessed */
struct access {
    uint64_t offset;
    uint32_t region, count;
    uint8_t data[64];
};

/* --- the tests -------------------------------------------------------------------------- */

static bool test_version(void)
{
    struct toy *toy = toy_start();
    struct reply reply;
    uint8_t other[4] = {1, 0, 0, 0}, good_one[8] = {0, 0, 1, 0, '{', '}', 0, 0};
    uint8_t open_end[6] = {0, 0, 0, 0, '{', '}'};
    uint32_t info[4] = {16};
    bool good = true;

    CHECK(ask(toy, VFU_GET_INFO, info, 16, &reply) == EPROTO); /* version comes first */
    CHECK(ask(toy, VFU_VERSION, other, 4, &reply) == EPROTONOSUPPORT);
    CHECK(ask(toy, VFU_VERSION, other, 2, &reply) == EINVAL);
    CHECK(ask(toy, VFU_VERSION, open_end, 6, &reply) == EINVAL);
    CHECK(ask(toy, VFU_VERSION, good_one, 7, &reply) == 0);
    CHECK(reply.length > 5 && reply.body[0] == 0 && reply.body[reply.length - 1] == 0);
    CHECK(strstr((char *)reply.body + 4, "max_data_xfer_size") != NULL);
    CHECK(ask(toy, VFU_VERSION, good_one, 7, &reply) == EINVAL); /* once */
    CHECK(ask(toy, VFU_GET_INFO, info, 16, &reply) == 0);
    toy_stop(toy);
    return good;
}

static bool test_info(void)
{
    struct toy *toy = toy_ready();
    struct reply reply;
    uint32_t info[8] = {16}, words[8];
    bool good = true;

    CHECK(ask(toy, VFU_GET_INFO, info, 16, &reply) == 0 && reply.length == 16);
    memcpy(words, reply.body, 16);
    CHECK(words[1] == 3 && words[2] == VFU_REGIONS && words[3] == VFU_IRQS);
    CHECK(ask(toy, VFU_GET_INFO, info, 12, &reply) == EINVAL);
    info[0] = 15;
    CHECK(ask(toy, VFU_GET_INFO, info, 16, &reply) == EINVAL);
    info[0] = 32;
    for (uint32_t region = 0; region < VFU_REGIONS; region++) {
        uint64_t size;
        info[2] = region;
        CHECK(ask(toy, VFU_GET_REGION_INFO, info, 32, &reply) == 0 && reply.length == 32);
        memcpy(&size, reply.body + 16, 8);
        CHECK(size == toy_size(toy, region));
        CHECK((reply.body[4] == 3) == (size != 0));
    }
    info[2] = VFU_REGIONS;
    CHECK(ask(toy, VFU_GET_REGION_INFO, info, 32, &reply) == EINVAL);
    info[2] = 0xffffffff;
    CHECK(ask(toy, VFU_GET_REGION_INFO, info, 32, &reply) == EINVAL);
    CHECK(ask(toy, VFU_GET_IRQ_INFO, info, 16, &reply) == EINVAL);
    info[2] = VFU_MSI;
    CHECK(ask(toy, VFU_GET_IRQ_INFO, info, 16, &reply) == 0);
    memcpy(words, reply.body, 16);
    CHECK(words[2] == VFU_MSI && words[3] == 1 && (words[1] & 1) != 0);
    toy_stop(toy);
    return good;
}

static bool test_access(void)
{
    struct toy *toy = toy_ready();
    struct reply reply;
    struct access access = {.offset = 0x10, .count = 8, .data = {1, 2, 3, 4, 5, 6, 7, 8}};
    bool good = true;

    CHECK(ask(toy, VFU_REGION_WRITE, &access, 24, &reply) == 0 && reply.length == 16);
    CHECK(memcmp(toy->bar + 0x10, access.data, 8) == 0);
    CHECK(ask(toy, VFU_REGION_READ, &access, 16, &reply) == 0 && reply.length == 24);
    CHECK(memcmp(reply.body + 16, access.data, 8) == 0);
    CHECK(ask(toy, VFU_REGION_WRITE, &access, 23, &reply) == EINVAL); /* not all the data */
    CHECK(ask(toy, VFU_REGION_WRITE, &access, 25, &reply) == EINVAL);
    CHECK(ask(toy, VFU_REGION_READ, &access, 17, &reply) == EINVAL);
    static const struct {
        uint64_t offset;
        uint32_t region, count;
    } wrong[] = {{4096, 0, 1},
                 {4095, 0, 2},
                 {UINT64_MAX, 0, 8},
                 {UINT64_MAX - 7, 0, 8},
                 {0, 0, 4097},
                 {0, 1, 4},
                 {0, 9, 4},
                 {0, 0xffffffff, 4},
                 {0, 0, 0},
                 {0, 0, 0xffffffff},
                 {256, 7, 4},
                 {0, 0, VFU_DATA_MAX + 1},
                 {0x8000000000000000, 0, 4}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        access.offset = wrong[i].offset;
        access.region = wrong[i].region;
        access.count = wrong[i].count;
        CHECK(ask(toy, VFU_REGION_READ, &access, 16, &reply) == EINVAL);
    }
    /* A posted write gets no answer, but takes effect. */
    struct access posted = {.offset = 0x20, .count = 1, .data = {0x77}};
    client_send(toy->fd, 9, VFU_REGION_WRITE, VFU_FLAG_NO_REPLY, &posted, 17);
    vfu_service(&toy->vfu);
    CHECK(client_receive(toy->fd, &reply) == 0 && toy->bar[0x20] == 0x77);
    toy_stop(toy);
    return good;
}

/** argsz, flags, offset, address, size */
struct map {
    uint32_t argsz, flags;
    uint64_t offset, address, size;
};
struct unmap {
    uint32_t argsz, flags;
    uint64_t address, size;
};

static bool test_memory(void)
{
    struct toy *toy = toy_ready();
    struct reply reply;
    int file = memfd_create("guest", 0);
    struct map map = {32, 3, 4096, 0x80000000, 0x4000};
    struct unmap unmap = {24, 0, 0x80000000, 0x4000};
    uint64_t word = 0x1122334455667788;
    bool good = true;

    CHECK(file >= 0 && ftruncate(file, 0x5000) == 0);
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == 0);
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == EEXIST);
    CHECK(memory_write(&toy->vfu.memory, 0x80000ffc, &word, 8));
    CHECK(pread(file, &word, 8, 4096 + 0xffc) == 8 && word == 0x1122334455667788);
    CHECK(memory_at(&toy->vfu.memory, 0x80003ff8, 8, true) != NULL);
    CHECK(memory_at(&toy->vfu.memory, 0x80003ff9, 8, true) == NULL);
    CHECK(memory_at(&toy->vfu.memory, 0x7ffffff8, 16, true) == NULL);
    CHECK(memory_at(&toy->vfu.memory, UINT64_MAX - 3, 8, false) == NULL);
    CHECK(memory_at(&toy->vfu.memory, 0x80000000, UINT64_MAX, false) == NULL);
    map.address = 0x90000000;
    map.offset = 0x2000; /* the file ends before */
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == EINVAL);
    map.offset = 0x800; /* not of a page */
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == EINVAL);
    map.offset = UINT64_MAX - 4095;
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == EINVAL);
    map.offset = 0;
    map.address = UINT64_MAX - 0x1000;
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == EINVAL);
    map.address = 0x80003000; /* overlaps */
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == EEXIST);
    map = (struct map){32, 1, 0, 0xa0000000, 0x1000};
    CHECK(ask_fds(toy, VFU_DMA_MAP, &map, 32, &reply, &file, 1) == 0); /* read only */
    CHECK(!memory_write(&toy->vfu.memory, 0xa0000000, &word, 8));
    CHECK(memory_read(&toy->vfu.memory, 0xa0000000, &word, 8));
    map.address = 0xb0000000;
    CHECK(ask(toy, VFU_DMA_MAP, &map, 32, &reply) == 0); /* nothing to map: no memory of ours */
    CHECK(memory_at(&toy->vfu.memory, 0xb0000000, 1, false) == NULL);
    CHECK(ask(toy, VFU_DMA_MAP, &map, 31, &reply) == EINVAL);
    unmap.size = 0x1000;
    CHECK(ask(toy, VFU_DMA_UNMAP, &unmap, 24, &reply) == ENOENT);
    unmap.size = 0x4000;
    CHECK(ask(toy, VFU_DMA_UNMAP, &unmap, 24, &reply) == 0 && reply.length == 24);
    CHECK(memory_at(&toy->vfu.memory, 0x80000000, 1, false) == NULL);
    unmap = (struct unmap){24, 2, 0, 0};
    CHECK(ask(toy, VFU_DMA_UNMAP, &unmap, 24, &reply) == 0 && toy->vfu.memory.count == 0);
    unmap.flags = 1;
    CHECK(ask(toy, VFU_DMA_UNMAP, &unmap, 24, &reply) == ENOTSUP);
    for (unsigned i = 0; i < MEMORY_RANGES + 1; i++) {
        map.address = 0x100000000 + i * 0x1000ull;
        CHECK(ask(toy, VFU_DMA_MAP, &map, 32, &reply) == (i < MEMORY_RANGES ? 0 : ENOSPC));
    }
    close(file);
    toy_stop(toy);
    return good;
}

static bool test_interrupts(void)
{
    struct toy *toy = toy_ready();
    struct reply reply;
    int fds[9];
    uint64_t value = 0;
    /* argsz, flags, index, start, count: an eventfd to trigger */
    uint32_t set[6] = {20, 0x24, VFU_MSI, 0, 1, 0};
    bool good = true;

    for (unsigned i = 0; i < 9; i++)
        fds[i] = eventfd(0, EFD_NONBLOCK);
    CHECK(!vfu_interrupt(&toy->vfu, VFU_MSI));
    CHECK(ask_fds(toy, VFU_SET_IRQS, set, 20, &reply, fds, 1) == 0);
    CHECK(vfu_interrupt(&toy->vfu, VFU_MSI));
    CHECK(read(fds[0], &value, 8) == 8 && value == 1);
    CHECK(ask_fds(toy, VFU_SET_IRQS, set, 20, &reply, fds, 2) == EINVAL);
    uint32_t trigger[5] = {20, 0x21, VFU_MSI, 0, 1};
    CHECK(ask(toy, VFU_SET_IRQS, trigger, 20, &reply) == 0);
    CHECK(read(fds[0], &value, 8) == 8);
    uint32_t flag[6] = {21, 0x22, VFU_MSI, 0, 1, 0};
    CHECK(ask(toy, VFU_SET_IRQS, flag, 21, &reply) == 0 && read(fds[0], &value, 8) < 0);
    CHECK(ask(toy, VFU_SET_IRQS, flag, 20, &reply) == EINVAL); /* no boolean */
    static const uint32_t wrong[][5] = {
        {20, 0x24, VFU_IRQS, 0, 1},         {20, 0x24, 0xffffffff, 0, 1}, {20, 0x27, VFU_MSI, 0, 1},
        {20, 0x3c, VFU_MSI, 0, 1},          {20, 0x24, VFU_MSI, 1, 1},    {20, 0x24, VFU_MSI, 0, 2},
        {20, 0x24, VFU_MSI, 0xffffffff, 2}, {20, 0x24, VFU_INTX, 0, 1},   {20, 0x04, VFU_MSI, 0, 1},
        {20, 0x124, VFU_MSI, 0, 1}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(ask_fds(toy, VFU_SET_IRQS, wrong[i], 20, &reply, fds + 1, 1) == EINVAL);
    uint32_t off[5] = {20, 0x21, VFU_MSI, 0, 0};
    CHECK(ask(toy, VFU_SET_IRQS, off, 20, &reply) == 0 && !vfu_interrupt(&toy->vfu, VFU_MSI));
    /* Too many descriptors: the client goes. */
    uint32_t many[9] = {36, VFU_SET_IRQS};
    client_raw(toy->fd, many, 36, fds, 9);
    vfu_service(&toy->vfu);
    vfu_service(&toy->vfu);
    CHECK(toy->vfu.client < 0);
    for (unsigned i = 0; i < 9; i++)
        close(fds[i]);
    toy_stop(toy);
    return good;
}

static bool test_framing(void)
{
    struct toy *toy = toy_ready();
    struct reply reply;
    struct access access = {.offset = 0, .count = 4, .data = {9, 8, 7, 6}};
    uint8_t bytes[64];
    struct vfu_header header = {77, VFU_REGION_WRITE, 36, 0, 0};
    uint32_t nothing[4] = {0};
    bool good = true;

    memcpy(bytes, &header, 16);
    memcpy(bytes + 16, &access, 20);
    for (unsigned i = 0; i < 36; i++) { /* byte by byte */
        CHECK(client_receive(toy->fd, &reply) == 0);
        client_raw(toy->fd, bytes + i, 1, NULL, 0);
        vfu_service(&toy->vfu);
    }
    CHECK(client_receive(toy->fd, &reply) == 1 && reply.header.id == 77);
    CHECK(memcmp(toy->bar, access.data, 4) == 0);
    client_send(toy->fd, 1, VFU_DEVICE_RESET, 0, NULL, 0); /* two in one go */
    client_send(toy->fd, 2, VFU_DEVICE_RESET, 0, NULL, 0);
    vfu_service(&toy->vfu);
    CHECK(client_receive(toy->fd, &reply) == 1 && reply.header.id == 1);
    CHECK(client_receive(toy->fd, &reply) == 1 && reply.header.id == 2 && toy->resets == 2);
    CHECK(ask(toy, 99, nothing, 16, &reply) == ENOTSUP);
    CHECK(ask(toy, 0, nothing, 16, &reply) == ENOTSUP);
    CHECK(ask(toy, VFU_GET_REGION_IO_FDS, nothing, 16, &reply) == ENOTSUP);
    CHECK(ask(toy, VFU_DMA_WRITE, nothing, 16, &reply) == ENOTSUP);
    CHECK(ask(toy, 0xffff, nothing, 16, &reply) == ENOTSUP);
    /* A reply that nobody waits for is not answered. */
    client_send(toy->fd, 5, VFU_DMA_WRITE, VFU_FLAG_REPLY, nothing, 16);
    vfu_service(&toy->vfu);
    CHECK(client_receive(toy->fd, &reply) == 0);
    /* A size that can't be: an error, and the connection ends. */
    header.size = 15;
    client_raw(toy->fd, &header, 16, NULL, 0);
    vfu_service(&toy->vfu);
    CHECK(client_receive(toy->fd, &reply) == 1 && reply.header.error == EINVAL);
    CHECK(client_receive(toy->fd, &reply) == -1);
    close(toy->fd);
    toy->fd = client_connect(path); /* the next one is welcome */
    CHECK(ask(toy, VFU_VERSION, nothing, 4, &reply) == 0);
    header.size = VFU_MESSAGE_MAX + 1;
    client_raw(toy->fd, &header, 16, NULL, 0);
    vfu_service(&toy->vfu);
    CHECK(toy->vfu.client < 0);
    toy_stop(toy);
    return good;
}

static bool test_writes(void)
{
    struct toy *toy = toy_ready();
    struct reply reply;
    uint32_t data = 0x1234;
    uint64_t body[2];
    bool good = true;

    vfu_send_write(&toy->vfu, 0x28000000, &data, 4);
    vfu_flush(&toy->vfu);
    CHECK(client_receive(toy->fd, &reply) == 1 && reply.header.command == VFU_DMA_WRITE);
    memcpy(body, reply.body, 16);
    CHECK(reply.length == 20 && body[0] == 0x28000000 && body[1] == 4 && reply.body[16] == 0x34);
    client_send(toy->fd, reply.header.id, VFU_DMA_WRITE, VFU_FLAG_REPLY | VFU_FLAG_ERROR, NULL, 0);
    vfu_service(&toy->vfu);
    CHECK(toy->vfu.refused_writes == 1);
    /* A client that does not read is dropped, and does not stop us. */
    for (unsigned i = 0; i < 1000000 && toy->vfu.client >= 0; i++) {
        vfu_send_write(&toy->vfu, 0x28000000, &data, 4);
        if (i % 1000 == 0)
            vfu_service(&toy->vfu);
    }
    vfu_service(&toy->vfu);
    CHECK(toy->vfu.client < 0);
    toy_stop(toy);
    return good;
}

static bool test_socket(void)
{
    struct toy *toy = toy_ready();
    struct vfu second;
    struct stat status;
    bool good = true;

    CHECK(vfu_open(&second, path, &toy_ops, toy) != NULL);
    int other = client_connect(path);
    vfu_service(&toy->vfu);
    CHECK(toy->vfu.client >= 0 && toy->vfu.clients == 1);
    close(other);
    unsigned resets = toy->resets;
    close(toy->fd); /* the client goes: the function is reset */
    vfu_service(&toy->vfu);
    CHECK(toy->vfu.client < 0 && toy->resets == resets + 1);
    toy->fd = -1;
    toy_stop(toy);
    CHECK(stat(path, &status) != 0); /* nothing is left */
    FILE *file = fopen(path, "w");
    fclose(file);
    CHECK(vfu_open(&second, path, &toy_ops, NULL) != NULL && stat(path, &status) == 0);
    unlink(path);
    toy = toy_ready(); /* a server that died leaves a name, which is taken over */
    close(toy->vfu.listener);
    toy->vfu.listener = -1;
    CHECK(stat(path, &status) == 0);
    CHECK(vfu_open(&second, path, &toy_ops, toy) == NULL);
    vfu_close(&second);
    toy_stop(toy);
    return good;
}

/* --- random messages -------------------------------------------------------------------- */

static uint64_t state = 1;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void random_message(struct toy *toy, int file)
{
    uint8_t bytes[128];
    static const uint32_t sizes[] = {0, 15, 16, 20, 32, 36, 40, 48, 56, 64};
    static const uint64_t interesting[] = {0,          1,          4,          8,
                                           24,         32,         4096,       0x80000000,
                                           0x7fffffff, 0xffffffff, UINT64_MAX, UINT64_MAX - 4095};
    uint32_t size = sizes[random64() % 10];
    struct vfu_header header = {(uint16_t)random64(), (uint16_t)(random64() % 17), size, 0, 0};

    if (random64() % 64 == 0)
        header.flags = (uint32_t)random64();
    if (random64() % 64 == 0)
        header.size = (uint32_t)random64();
    memcpy(bytes, &header, 16);
    for (unsigned i = 16; i < sizeof(bytes); i += 4) {
        uint64_t word = interesting[random64() % 12];
        memcpy(bytes + i, &word, i % 8 == 0 && i + 8 <= sizeof(bytes) ? 8 : 4);
        if (random64() % 2 == 0)
            bytes[i] = (uint8_t)(random64() % 16);
    }
    client_raw(toy->fd, bytes, size < 16 ? 16 : size, &file, random64() % 4 == 0);
}

static bool test_random(void)
{
    struct toy *toy = toy_ready();
    struct reply reply;
    uint8_t version[4] = {0};
    int file = memfd_create("guest", 0);
    uint64_t errors = 0, answers = 0;
    bool good = true;

    CHECK(ftruncate(file, 0x100000) == 0);
    for (unsigned i = 0; i < 200000; i++) {
        random_message(toy, file);
        vfu_service(&toy->vfu);
        int got;
        while ((got = client_receive(toy->fd, &reply)) == 1) {
            answers++;
            errors += reply.header.error != 0;
            if ((reply.header.flags & VFU_FLAG_TYPE) != VFU_FLAG_REPLY)
                good = false;
        }
        if (got < 0 || toy->vfu.client < 0 || toy->vfu.in_have != 0) {
            close(toy->fd); /* it has hung up, or waits for the rest */
            vfu_service(&toy->vfu);
            toy->fd = client_connect(path);
            client_send(toy->fd, 1, VFU_VERSION, 0, version, 4);
            vfu_service(&toy->vfu);
        }
    }
    CHECK(answers > 50000 && errors > 10000 && answers - errors > 10000);
    close(file);
    toy_stop(toy);
    return good;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*run)(void);
    } tests[] = {{"version", test_version},       {"info", test_info},
                 {"access", test_access},         {"memory", test_memory},
                 {"interrupts", test_interrupts}, {"framing", test_framing},
                 {"writes", test_writes},         {"socket", test_socket},
                 {"random", test_random}};

    if (argc > 1)
        state = strtoull(argv[1], NULL, 0) * 2 + 1;
    path = toy_path();
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        bool good = tests[i].run();
        printf("%s %s\n", good ? "ok    " : "FAILED", tests[i].name);
        good ? passed++ : failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
