/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab's engine in the place of QEMU's device of this name, for cases of the driver's suite: a
 * device that nobody has under control, since it has no driver.
 *
 *     edu rogue BDF     it writes to a page of this process, by the physical address; 0 if the
 *                       page stays as it was
 *     edu storm BDF N   it writes N times to where nothing is mapped
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"

#define PAGE 4096u
#define UNMAPPED 0x7f0000000ull
#define PATTERN 0x5a5a5a5a5a5a5a5aull
#define DELAY 100000 /* us: what QEMU's device takes for an access, and cases count on */
#define COMMAND 4
#define PRESENT (1ull << 63)
#define FRAME ((1ull << 55) - 1)

static volatile uint8_t *bar;

static void die(const char *what)
{
    fprintf(stderr, "edu: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int open_file(const char *bdf, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
    int file = open(path, O_RDWR | O_SYNC);
    if (file < 0)
        die(path);
    return file;
}

static void open_engine(const char *bdf)
{
    uint16_t command = 6; /* memory, bus master */

    if (pwrite(open_file(bdf, "config"), &command, 2, COMMAND) != 2)
        die("config");
    void *map =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, open_file(bdf, "resource0"), 0);
    if (map == MAP_FAILED)
        die("resource0");
    bar = map;
}

static void put(unsigned offset, uint64_t value)
{
    *(volatile uint64_t *)(bar + offset) = value;
}

static void fill(uint64_t target)
{
    put(ENGINE_OPERATION, ENGINE_FILL);
    put(ENGINE_TARGET, target);
    put(ENGINE_LENGTH, 8);
    put(ENGINE_ARGUMENT, ~PATTERN);
    put(ENGINE_CONTROL, ENGINE_CONTROL_START);
    while ((*(volatile uint32_t *)(bar + ENGINE_STATUS) & ENGINE_STATUS_BUSY) != 0)
        ;
}

static uint64_t physical(const void *page)
{
    uint64_t entry = 0;
    int file = open("/proc/self/pagemap", O_RDONLY);

    if (pread(file, &entry, 8, (off_t)((uintptr_t)page / PAGE * 8)) != 8 || (entry & PRESENT) == 0)
        die("pagemap");
    close(file);
    return (entry & FRAME) * PAGE;
}

static int rogue(void)
{
    volatile uint64_t *page =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

    if (page == MAP_FAILED)
        die("mmap");
    *page = PATTERN;
    fill(physical((const void *)page));
    if (*page == PATTERN)
        return 0;
    printf("edu: the page was overwritten with %#llx\n", (unsigned long long)*page);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3 || (strcmp(argv[1], "rogue") != 0 && (strcmp(argv[1], "storm") != 0 || argc != 4)))
        return 2;
    open_engine(argv[2]);
    if (argv[1][0] == 'r')
        return rogue();
    for (int n = atoi(argv[3]); n > 0; n--) {
        usleep(DELAY);
        fill(UNMAPPED);
    }
    return 0;
}
