/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab's engine in the place of QEMU's device of this name, for cases of the driver's suite: a
 * device that nobody has under control, since it has no driver.
 *
 *     edu rogue BDF     it writes to a page of this process, by the physical address; 0 if the
 *                       page stays as it was
 *     edu storm BDF N   it writes N times to where nothing is mapped
 *     edu read BDF ADDRESS [PASID]
 *                       it reads 8 bytes, with a process_id, which are printed; 1: refused
 *     edu write BDF ADDRESS [PASID]
 *                       the same for a write
 *     edu msi BDF ADDRESS FIRST LAST
 *                       it sends the messages FIRST to LAST to an interrupt file, whatever message
 *                       the kernel gave it
 *     edu flood BDF N   N times thousands of requests at once, most of which are refused; only
 *                       where the lab lets it (--hostile)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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
#define FLOOD 4096
#define COMMAND 4
#define CAPABILITIES 0x34
#define MSI 5
#define MSI_ENABLE 0x1u
#define MSI_64BIT 0x80u
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

static uint64_t get(unsigned offset)
{
    return *(volatile uint64_t *)(bar + offset);
}

/** @return whether it went through */
static bool start(uint64_t operation, uint64_t argument, uint64_t control)
{
    put(ENGINE_OPERATION, operation);
    put(ENGINE_ARGUMENT, argument);
    put(ENGINE_CONTROL, control | ENGINE_CONTROL_START);
    while ((get(ENGINE_STATUS) & ENGINE_STATUS_BUSY) != 0)
        ;
    return (get(ENGINE_STATUS) & ENGINE_STATUS_FAULT) == 0;
}

static bool fill(uint64_t target, uint64_t control)
{
    put(ENGINE_TARGET, target);
    put(ENGINE_LENGTH, 8);
    return start(ENGINE_FILL, ~PATTERN, control);
}

static void flood(void)
{
    put(ENGINE_SOURCE, UNMAPPED);
    start(ENGINE_STORM, FLOOD, 0);
}

static int one(bool write, const char *address, const char *pasid)
{
    uint64_t at = strtoull(address, NULL, 0), control = 0;

    if (pasid != NULL) {
        put(ENGINE_PASID, strtoull(pasid, NULL, 0));
        control = ENGINE_CONTROL_PASID;
    }
    put(ENGINE_SOURCE, at);
    if (!(write ? fill(at, control) : start(ENGINE_CHASE, 1, control)))
        return 1;
    if (!write)
        printf("0x%016llx\n", (unsigned long long)get(ENGINE_RESULT));
    return 0;
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
    fill(physical((const void *)page), 0);
    if (*page == PATTERN)
        return 0;
    printf("edu: the page was overwritten with %#llx\n", (unsigned long long)*page);
    return 1;
}

static void set_config(int file, off_t offset, uint64_t value, size_t bytes)
{
    if (pwrite(file, &value, bytes, offset) != (ssize_t)bytes)
        die("config");
}

/** By the device's capability, which has 64-bit addresses, behind the kernel's back. */
static int messages(const char *bdf, uint64_t address, unsigned first, unsigned last)
{
    int config = open_file(bdf, "config");
    uint8_t at = CAPABILITIES, id = 0;

    do {
        if (pread(config, &at, 1, at + (at != CAPABILITIES)) != 1 || at == 0 ||
            pread(config, &id, 1, at) != 1)
            die("no MSI capability");
    } while (id != MSI);
    set_config(config, at + 4, address, 8);
    set_config(config, at + 2, MSI_ENABLE | MSI_64BIT, 2);
    for (; first <= last; first++) {
        set_config(config, at + 12, first, 2);
        put(ENGINE_RAISE, 1);
    }
    close(config);
    return 0;
}

static void storm(int n)
{
    for (; n > 0; n--) {
        usleep(DELAY);
        fill(UNMAPPED, 0);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "", *more = argc > 3 ? argv[3] : NULL;

    if (argc > 2)
        open_engine(argv[2]);
    if (strcmp(what, "rogue") == 0)
        return rogue();
    if (more == NULL)
        return 2;
    if (strcmp(what, "read") == 0 || strcmp(what, "write") == 0)
        return one(what[0] == 'w', more, argc > 4 ? argv[4] : NULL);
    if (strcmp(what, "msi") == 0 && argc == 6)
        return messages(argv[2], strtoull(more, NULL, 0), (unsigned)strtoul(argv[4], NULL, 0),
                        (unsigned)strtoul(argv[5], NULL, 0));
    if (strcmp(what, "storm") == 0) {
        storm(atoi(more));
        return 0;
    }
    if (strcmp(what, "flood") != 0)
        return 2;
    for (int n = atoi(more); n > 0; n--)
        flood();
    return 0;
}
