/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a Linux behind the boot guard: says that it is there, and does what lines
 * from the console ask for: fill all memory that Linux has, load the IOMMU's driver, power off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define STEP 0x100000u
#define LEAVE 0x800000u /* for the kernel's own needs; nothing is evicted below it */

/* What the kernel says of physical memory. */
static void show_memory(void)
{
    char line[256];
    FILE *file;

    mkdir("/proc", 0755);
    if (mount("proc", "/proc", "proc", 0, NULL) != 0)
        return;
    file = fopen("/proc/iomem", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strstr(line, "RAM") != NULL || strstr(line, "Reserved") != NULL)
            printf("init: %s", line);
    }
}

static unsigned long fill(void)
{
    unsigned long filled = 0;
    struct sysinfo info;

    while (sysinfo(&info) == 0 && info.freeram * info.mem_unit > LEAVE + STEP) {
        char *part = mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (part == MAP_FAILED)
            break;
        memset(part, 0x5a, STEP);
        filled += STEP;
    }
    return filled;
}

static void load_driver(void)
{
    int file = open("/riscv-iommu.ko", O_RDONLY | O_CLOEXEC);
    long result = syscall(SYS_finit_module, file, "", 0);

    printf("init: module %s\n", result == 0 ? "loaded" : "refused");
    close(file);
}

int main(void)
{
    char line[64];

    setvbuf(stdout, NULL, _IONBF, 0);
    show_memory();
    printf("init: up\n");
    while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "off\n") != 0) {
        if (strcmp(line, "fill\n") == 0)
            printf("init: filled %lu MiB\n", fill() >> 20);
        else if (strcmp(line, "module\n") == 0)
            load_driver();
    }
    printf("init: power off\n");
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}
