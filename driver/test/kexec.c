// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec load|load-crash|go: load the kernel of /second/places, or start it.
 *
 * A line of /second/places is an address and a file; the first is the kernel.
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
#define SLACK 0x400000u		/* the kernel's memory goes on behind its image */

int main(int argc, char **argv)
{
	struct kexec_segment segment[FILES];
	char path[FILES][64];
	unsigned long entry = 0, flags = KEXEC_ARCH_RISCV;
	FILE *places = fopen("/second/places", "r");
	int i;

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
	if (syscall(SYS_kexec_load, entry, (unsigned long)FILES, segment, flags)) {
		perror("kexec_load");
		return 1;
	}
	return 0;
}
