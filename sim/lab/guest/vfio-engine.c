/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver of the lab's DMA engine in user space, by VFIO's cdev and iommufd, or with `type1` in
 * front of the rest by its older interface, a container and the group.
 *
 *     vfio-engine 0000:00:02.0                 each operation, its interrupt, what is refused
 *     vfio-engine 0000:00:02.0 steal ADDRESS   read ADDRESS: 0 if that is refused
 *     vfio-engine 0000:00:02.0 interrupts N    N of them; and files that are not for it
 *     vfio-engine 0000:00:02.0 hold            its interrupt is taken until standard input ends
 *     vfio-engine 0000:00:02.0 storm N SEED    N random requests
 *     vfio-engine 0000:00:02.0 speed N         bytes per second; N chases, how many per second
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../engine.h"

/* Where the device sees the buffer. */
#define IOVA 0x123450000ull
#define SIZE 0x40000u
#define HALF (SIZE / 2)

static int device, iommufd, container; /**< of the last two only one is there */
static uint32_t ioas;
static volatile uint8_t *bar;
static uint8_t *buffer;

static void die(const char *what)
{
    fprintf(stderr, "vfio-engine: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void map_by_container(void)
{
    struct vfio_iommu_type1_dma_map map = {.argsz = sizeof(map),
                                           .flags =
                                               VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
                                           .vaddr = (uintptr_t)buffer,
                                           .iova = IOVA,
                                           .size = SIZE};

    if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
        die("VFIO_IOMMU_MAP_DMA");
}

static void unmap_by_container(void)
{
    struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof(unmap), .iova = IOVA, .size = SIZE};

    if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
        die("VFIO_IOMMU_UNMAP_DMA");
}

static void map_buffer(void)
{
    struct iommu_ioas_map map = {.size = sizeof(map),
                                 .flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE |
                                          IOMMU_IOAS_MAP_FIXED_IOVA,
                                 .ioas_id = ioas,
                                 .user_va = (uintptr_t)buffer,
                                 .iova = IOVA,
                                 .length = SIZE};

    if (container != 0)
        map_by_container();
    else if (ioctl(iommufd, IOMMU_IOAS_MAP, &map))
        die("IOMMU_IOAS_MAP");
}

static void unmap_buffer(void)
{
    struct iommu_ioas_unmap unmap = {
        .size = sizeof(unmap), .ioas_id = ioas, .iova = IOVA, .length = SIZE};

    if (container != 0)
        unmap_by_container();
    else if (ioctl(iommufd, IOMMU_IOAS_UNMAP, &unmap))
        die("IOMMU_IOAS_UNMAP");
}

static void open_type1(const char *bdf)
{
    char path[128], target[256];

    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        die(path);
    target[length] = 0;
    snprintf(path, sizeof(path), "/dev/vfio/%.16s", strrchr(target, '/') + 1);
    container = open("/dev/vfio/vfio", O_RDWR);
    int group = open(path, O_RDWR);
    if (container < 0 || group < 0)
        die(path);
    if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
        die("VFIO_GROUP_SET_CONTAINER");
    if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
        die("VFIO_SET_IOMMU");
    device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
    if (device < 0)
        die("VFIO_GROUP_GET_DEVICE_FD");
}

static void open_device(const char *bdf)
{
    struct vfio_device_bind_iommufd bind = {.argsz = sizeof(bind)};
    struct vfio_device_attach_iommufd_pt attach = {.argsz = sizeof(attach)};
    struct iommu_ioas_alloc alloc = {.size = sizeof(alloc)};
    struct dirent *entry;
    char path[256];

    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
    DIR *folder = opendir(path);
    if (folder == NULL)
        die(path);
    do {
        entry = readdir(folder);
    } while (entry != NULL && strncmp(entry->d_name, "vfio", 4) != 0);
    if (entry == NULL)
        die("no vfio-dev");
    snprintf(path, sizeof(path), "/dev/vfio/devices/%.32s", entry->d_name);
    closedir(folder);
    device = open(path, O_RDWR);
    iommufd = open("/dev/iommu", O_RDWR);
    if (device < 0 || iommufd < 0)
        die(path);
    bind.iommufd = iommufd;
    if (ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
        die("VFIO_DEVICE_BIND_IOMMUFD");
    if (ioctl(iommufd, IOMMU_IOAS_ALLOC, &alloc))
        die("IOMMU_IOAS_ALLOC");
    ioas = alloc.out_ioas_id;
    attach.pt_id = ioas;
    if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
        die("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
}

static void open_registers(void)
{
    struct vfio_region_info info = {.argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX};
    struct vfio_region_info config = {.argsz = sizeof(config),
                                      .index = VFIO_PCI_CONFIG_REGION_INDEX};
    uint16_t command;

    if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) ||
        ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config))
        die("VFIO_DEVICE_GET_REGION_INFO");
    if (pread(device, &command, 2, (off_t)config.offset + 4) != 2)
        die("config");
    command |= 6; /* memory accesses, bus mastering */
    if (pwrite(device, &command, 2, (off_t)config.offset + 4) != 2)
        die("config");
    bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, (off_t)info.offset);
    if (bar == MAP_FAILED)
        die("mmap of BAR 0");
}

static void put(unsigned offset, uint64_t value)
{
    *(volatile uint64_t *)(bar + offset) = value;
}

static uint64_t get(unsigned offset)
{
    return *(volatile uint64_t *)(bar + offset);
}

/** @return whether it went through */
static int run(uint64_t operation, uint64_t source, uint64_t target, uint64_t length,
               uint64_t argument, uint64_t control)
{
    put(ENGINE_OPERATION, operation);
    put(ENGINE_SOURCE, source);
    put(ENGINE_TARGET, target);
    put(ENGINE_LENGTH, length);
    put(ENGINE_ARGUMENT, argument);
    put(ENGINE_CONTROL, control | ENGINE_CONTROL_START);
    while (get(ENGINE_STATUS) & ENGINE_STATUS_BUSY)
        usleep(200);
    return !(get(ENGINE_STATUS) & ENGINE_STATUS_FAULT);
}

static int check(int good, const char *what)
{
    printf("  %s: %s\n", what, good ? "ok" : "WRONG");
    return good;
}

static void pattern(void)
{
    for (unsigned i = 0; i < SIZE; i++)
        buffer[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + 3);
}

static int check_operations(void)
{
    uint64_t *list = (uint64_t *)(buffer + HALF), sum = 0xcbf29ce484222325ull, value;
    int good = 1, same;

    pattern();
    same = run(ENGINE_COPY, IOVA + 5, IOVA + HALF + 3, HALF - 100, 0, 0) &&
           memcmp(buffer + 5, buffer + HALF + 3, HALF - 100) == 0 &&
           get(ENGINE_MOVED) == 2 * (HALF - 100);
    good &= check(same, "copy");
    same = run(ENGINE_FILL, 0, IOVA + 9, 10000, 0x1122334455667788, 0);
    for (unsigned i = 0; i < 10000; i++)
        same &= buffer[9 + i] == (uint8_t)(0x1122334455667788 >> i % 8 * 8);
    good &= check(same && buffer[10009] == (uint8_t)(10009 * 7 + (10009 >> 8) * 13 + 3), "fill");
    for (unsigned i = 0; i < 50000; i++)
        sum = (sum ^ buffer[i + 1]) * 0x100000001b3ull;
    good &= check(run(ENGINE_CHECKSUM, IOVA + 1, 0, 50000, 0, 0) && get(ENGINE_RESULT) == sum,
                  "checksum");
    for (unsigned i = 0; i < 64; i++) { /* a ring of 64 pages */
        value = IOVA + (i * 29 + 29) % 64 * 4096;
        memcpy(buffer + i * 29 % 64 * 4096, &value, 8);
    }
    good &= check(run(ENGINE_CHASE, IOVA, 0, 0, 1000, 0) &&
                      get(ENGINE_RESULT) == IOVA + 1000 * 29 % 64 * 4096,
                  "chase");
    pattern();
    for (unsigned i = 0; i < 16; i++) {
        list[4 * i] = IOVA + i * 3000;
        list[4 * i + 1] = IOVA + HALF + 4096 + i * 5000;
        list[4 * i + 2] = 100 + i * 300;
        list[4 * i + 3] = 0;
    }
    same = run(ENGINE_GATHER, IOVA + HALF, 0, 0, 16, 0);
    for (unsigned i = 0; i < 16; i++)
        same &= memcmp(buffer + i * 3000, buffer + HALF + 4096 + i * 5000, 100 + i * 300) == 0;
    return good & check(same, "gather");
}

static int interrupt_fd(void)
{
    struct {
        struct vfio_irq_set set;
        int32_t fd;
    } irq = {.set = {.argsz = sizeof(irq),
                     .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                     .index = VFIO_PCI_MSI_IRQ_INDEX,
                     .count = 1},
             .fd = eventfd(0, 0)};

    if (ioctl(device, VFIO_DEVICE_SET_IRQS, &irq))
        die("VFIO_DEVICE_SET_IRQS");
    return irq.fd;
}

static int check_interrupt(void)
{
    struct pollfd wait = {.fd = interrupt_fd(), .events = POLLIN};
    uint64_t count;
    int good = 1;

    put(ENGINE_RAISE, 1);
    good &= poll(&wait, 1, 5000) == 1 && read(wait.fd, &count, 8) == 8;
    run(ENGINE_COPY, IOVA, IOVA + HALF, 64, 0, ENGINE_CONTROL_INTERRUPT);
    good &= poll(&wait, 1, 5000) == 1 && read(wait.fd, &count, 8) == 8 && count == 1;
    return check(good, "interrupt");
}

/** Each arrives; other files than those that Linux has given to devices are out of reach. */
static int interrupts(unsigned number)
{
    /* QEMU's virt: of the machine level, of a guest of hart 0, and of a hart that is not there. */
    static const uint64_t others[] = {0x24000000, 0x28001000, 0x28004000};
    struct pollfd wait = {.fd = interrupt_fd(), .events = POLLIN};
    unsigned arrived = 0, refused = 0;
    uint64_t count;

    for (unsigned i = 0; i < number; i++) {
        put(ENGINE_RAISE, 1);
        if (poll(&wait, 1, 5000) == 1 && read(wait.fd, &count, 8) == 8)
            arrived += (unsigned)count;
    }
    for (unsigned i = 0; i < 3; i++)
        refused += !run(ENGINE_FILL, 0, others[i], 4, 1, 0);
    printf("  INTERRUPTS %u of %u arrived, %u of 3 to others' files refused\n", arrived, number,
           refused);
    return arrived == number && refused == 3;
}

/** What is not mapped, or not any more, is out of reach. */
static int check_refused(void)
{
    int good = 1;

    good &= !run(ENGINE_CHECKSUM, IOVA + SIZE - 8, 0, 16, 0, 0) &&
            get(ENGINE_FAULT_ADDRESS) == IOVA + SIZE - 8;
    good &= !run(ENGINE_FILL, 0, IOVA - 8, 8, 0, 0);
    unmap_buffer();
    memset(buffer, 0x5a, SIZE);
    good &= !run(ENGINE_FILL, 0, IOVA, SIZE, 0, 0) && get(ENGINE_FAULT_ADDRESS) == IOVA;
    for (unsigned i = 0; i < SIZE; i++)
        good &= buffer[i] == 0x5a;
    map_buffer();
    /* A process_id that nobody has set up. */
    put(ENGINE_PASID, 5);
    good &= !run(ENGINE_CHECKSUM, IOVA, 0, 8, 0, ENGINE_CONTROL_PASID);
    good &= run(ENGINE_CHECKSUM, IOVA, 0, 8, 0, 0);
    return check(good, "refused");
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void speed(uint64_t chases)
{
    double begin = seconds();
    unsigned rounds = 0;

    pattern();
    for (; seconds() - begin < 3; rounds++)
        run(ENGINE_COPY, IOVA, IOVA + HALF, HALF, 0, 0);
    printf("  SPEED copy_bytes_per_second %.0f\n", rounds * (double)HALF / (seconds() - begin));
    for (unsigned i = 0; i < 64; i++) {
        uint64_t value = IOVA + (i * 29 + 29) % 64 * 4096;
        memcpy(buffer + i * 29 % 64 * 4096, &value, 8);
    }
    begin = seconds();
    run(ENGINE_CHASE, IOVA, 0, 0, chases, 0);
    printf("  SPEED chase_translations_per_second %.0f\n", (double)chases / (seconds() - begin));
}

int main(int argc, char **argv)
{
    int type1 = argc > 1 && strcmp(argv[1], "type1") == 0;

    argc -= type1;
    argv += type1;
    if (argc < 2) {
        fprintf(stderr, "usage: vfio-engine [type1] DEVICE [steal ADDRESS | interrupts N | hold | "
                        "storm N SEED | speed N]\n");
        return 2;
    }
    buffer = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED)
        die("mmap");
    if (type1)
        open_type1(argv[1]);
    else
        open_device(argv[1]);
    open_registers();
    map_buffer();
    if (get(ENGINE_ID) != ENGINE_ID_VALUE)
        die("not an engine");
    if (argc == 4 && strcmp(argv[2], "steal") == 0) {
        memset(buffer, 0, SIZE);
        int got = run(ENGINE_COPY, strtoull(argv[3], NULL, 0), IOVA, 64, 0, 0);
        for (unsigned i = 0; i < 64; i++)
            got |= buffer[i] != 0;
        return got;
    }
    if (argc == 5 && strcmp(argv[2], "storm") == 0) {
        put(ENGINE_SEED, strtoull(argv[4], NULL, 0));
        int through = run(ENGINE_STORM, IOVA, 0, 0, strtoull(argv[3], NULL, 0), 0);
        printf("  storm: %llu of %s went through\n", (unsigned long long)get(ENGINE_RESULT),
               argv[3]);
        return !through;
    }
    if (argc == 4 && strcmp(argv[2], "interrupts") == 0)
        return !interrupts((unsigned)strtoul(argv[3], NULL, 0));
    if (argc == 3 && strcmp(argv[2], "hold") == 0) {
        interrupt_fd();
        while (getchar() != EOF)
            ;
        return 0;
    }
    if (argc == 4 && strcmp(argv[2], "speed") == 0) {
        speed(strtoull(argv[3], NULL, 0));
        return 0;
    }
    int good = check_operations();
    good &= check_interrupt();
    good &= check_refused();
    return !good;
}
