// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's edu device, driven without VFIO, as a device out of control would be:
 *
 * edu rogue BDF   let it write to a page of this process, by the physical address;
 *                 succeeds if the page stays as it was
 * edu storm BDF N let it write N times to an address that nothing is mapped at
 * edu flood BDF N the same with writes of 4 KiB: hundreds of faults at once
 * edu msi BDF ADDRESS FIRST LAST
 *                 let it send the messages FIRST to LAST to an interrupt file, whatever
 *                 message the kernel gave it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edu.h"

static volatile uint8_t *registers;

static void die(const char *what)
{
	fprintf(stderr, "edu: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Registers mapped, memory accesses and bus mastering on. */
static void open_device(const char *bdf)
{
	char path[128];
	uint16_t command;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDWR);
	if (fd < 0 || pread(fd, &command, 2, 4) != 2)
		die(path);
	command |= 6;
	if (pwrite(fd, &command, 2, 4) != 2)
		die(path);
	close(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", bdf);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	registers = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (registers == MAP_FAILED)
		die("mmap");
}

static uint64_t physical(void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, 8, (off_t)((uintptr_t)page / 4096 * 8)) != 8)
		die("pagemap");
	close(fd);
	if (!(entry >> 63))
		die("page not present");
	return (entry & ((1ull << 55) - 1)) * 4096;
}

static int rogue(void)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	unsigned int i, changed = 0;

	if (page == MAP_FAILED)
		die("mmap");
	memset(page, 0xa5, 4096);
	printf("  victim at %#llx\n", (unsigned long long)physical(page));
	edu_dma(registers, EDU_BUFFER, physical(page), 256, EDU_TO_MEMORY);
	for (i = 0; i < 4096; i++)
		changed += page[i] != 0xa5;
	printf("  %u bytes overwritten\n", changed);
	return changed != 0;
}

static void put32(unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(registers + offset) = value;
}

static uint32_t config32(int fd, off_t offset)
{
	uint32_t value;

	if (pread(fd, &value, 4, offset) != 4)
		die("config");
	return value;
}

static void set_config(int fd, off_t offset, uint32_t value, size_t size)
{
	if (pwrite(fd, &value, size, offset) != (ssize_t)size)
		die("config");
}

/* The device's capability of MSIs with 64-bit addresses is written behind the kernel's back. */
static int messages(const char *bdf, uint64_t address, uint32_t first, uint32_t last)
{
	char path[128];
	off_t cap;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	for (cap = config32(fd, 0x34) & 0xfc; cap; cap = config32(fd, cap) >> 8 & 0xfc)
		if ((config32(fd, cap) & 0xff) == 5)
			break;
	if (!cap || !(config32(fd, cap) >> 16 & 0x80))
		die("no MSI capability");
	set_config(fd, cap + 4, (uint32_t)address, 4);
	set_config(fd, cap + 8, (uint32_t)(address >> 32), 4);
	set_config(fd, cap + 2, 0x81, 2);
	for (; first <= last; first++) {
		set_config(fd, cap + 12, first, 2);
		put32(EDU_IRQ_RAISE, 1);
		put32(EDU_IRQ_ACK, 1);
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	open_device(argv[2]);
	if (!strcmp(argv[1], "rogue"))
		return rogue();
	if ((!strcmp(argv[1], "storm") || !strcmp(argv[1], "flood")) && argc == 4) {
		uint64_t size = argv[1][0] == 's' ? 4 : 4096;

		for (int n = atoi(argv[3]); n > 0; n--)
			edu_dma(registers, EDU_BUFFER, 0x7000000000, size, EDU_TO_MEMORY);
		return 0;
	}
	if (!strcmp(argv[1], "msi") && argc == 6)
		return messages(argv[2], strtoull(argv[3], NULL, 0),
				(uint32_t)strtoul(argv[4], NULL, 0),
				(uint32_t)strtoul(argv[5], NULL, 0));
	return 2;
}
