// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec load|load-crash|go: load the kernel of /second/places, or start it.
 * kexec check ADDRESS SIZE: are the guard pages there as they were loaded?
 *
 * A line of /second/places is an address and a file; the first is the kernel. The last is an
 * address and the size of the guard: memory that the next kernel does not use, so that what
 * changes there was written by a device.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES 3
#define SEGMENTS (FILES + 1)
#define SLACK 0x400000u		/* the kernel's memory goes on behind its image */

static uint64_t pattern(size_t word)
{
	return (word + 1) * 0x9e3779b97f4a7c15u;
}

static int check(unsigned long at, size_t size)
{
	int fd = open("/dev/mem", O_RDONLY);
	volatile uint64_t *guard = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)at);
	size_t i, changed = 0;

	if (guard == MAP_FAILED) {
		perror("guard");
		return 1;
	}
	for (i = 0; i < size / 8; i++)
		changed += guard[i] != pattern(i);
	printf("  guard: %zu words, %zu changed\n", size / 8, changed);
	return changed != 0;
}

/* The last line of the file. */
static int add_guard(FILE *places, struct kexec_segment *segment)
{
	unsigned long at;
	size_t size, i;
	uint64_t *words;

	if (fscanf(places, "%lx %zi", &at, &size) != 2)
		return 2;
	words = malloc(size);
	if (!words)
		return 1;
	for (i = 0; i < size / 8; i++)
		words[i] = pattern(i);
	segment->buf = words;
	segment->bufsz = segment->memsz = size;
	segment->mem = (void *)at;
	return 0;
}

int main(int argc, char **argv)
{
	struct kexec_segment segment[SEGMENTS];
	char path[FILES][64];
	unsigned long entry = 0, flags = KEXEC_ARCH_RISCV;
	FILE *places = fopen("/second/places", "r");
	int i;

	if (argc == 4 && !strcmp(argv[1], "check"))
		return check(strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0));
	if (argc != 2)
		return 2;
	if (!strcmp(argv[1], "go")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_KEXEC, NULL);
		perror("reboot");
		return 1;
	}
	if (!strcmp(argv[1], "load-crash"))
		flags |= KEXEC_ON_CRASH;
	for (i = 0; i < FILES; i++) {
		unsigned long at;
		struct stat info;
		int fd;

		if (!places || fscanf(places, "%lx %63s", &at, path[i]) != 2)
			return 2;
		fd = open(path[i], O_RDONLY);
		if (fd < 0 || fstat(fd, &info)) {
			perror(path[i]);
			return 1;
		}
		segment[i].bufsz = (size_t)info.st_size;
		segment[i].buf = mmap(NULL, segment[i].bufsz, PROT_READ, MAP_PRIVATE, fd, 0);
		segment[i].mem = (void *)at;
		segment[i].memsz = (segment[i].bufsz + 4095) & ~4095ul;
		if (!i) {
			entry = at;
			segment[i].memsz += SLACK;
		}
	}
	i = add_guard(places, &segment[FILES]);
	if (i)
		return i;
	if (syscall(SYS_kexec_load, entry, (unsigned long)SEGMENTS, segment, flags)) {
		perror("kexec_load");
		return 1;
	}
	return 0;
}
