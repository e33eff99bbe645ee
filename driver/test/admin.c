// SPDX-License-Identifier: GPL-2.0-only
/*
 * admin DEVICE STOP: administration commands of an NVMe controller, one after the other, until the
 * file STOP is there. Their interrupt is one that the kernel moves when its hart goes, unlike those
 * of the other queues. A command whose interrupt is lost ends after two seconds, and the kernel
 * says so.
 */
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define IDENTIFY 0x06
#define CONTROLLER 1

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static uint8_t answer[4096];
	unsigned long count = 0;
	double longest = 0;
	int device = argc == 3 ? open(argv[1], O_RDONLY) : -1;

	if (device < 0) {
		perror("admin");
		return 2;
	}
	while (access(argv[2], F_OK)) {
		struct nvme_admin_cmd command = {
			.opcode = IDENTIFY,
			.addr = (uintptr_t)answer,
			.data_len = sizeof(answer),
			.cdw10 = CONTROLLER,
			.timeout_ms = 2000,
		};

		double begin = now();

		if (ioctl(device, NVME_IOCTL_ADMIN_CMD, &command)) {
			perror("identify");
			return 1;
		}
		if (now() - begin > longest)
			longest = now() - begin;
		count++;
	}
	printf("%lu %.3f\n", count, longest);
	return 0;
}
