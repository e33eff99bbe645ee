// SPDX-License-Identifier: GPL-2.0-only
/*
 * perf-count PMU EVENT [CONFIG1] -- COMMAND...: what an event of a PMU counts while a
 * command runs, as `perf stat -a -e PMU/event=EVENT,config1=CONFIG1/` would print it.
 */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t pmu_type(const char *name)
{
	char path[256];
	uint32_t type;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%u", &type) != 1) {
		perror(path);
		exit(2);
	}
	fclose(file);
	return type;
}

int main(int argc, char **argv)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int fd, at = 3, status;
	uint64_t count;
	pid_t child;

	if (argc < 5)
		return 2;
	attr.type = pmu_type(argv[1]);
	attr.config = strtoull(argv[2], NULL, 0);
	if (strcmp(argv[at], "--"))
		attr.config1 = strtoull(argv[at++], NULL, 0);
	at++;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	if (fd < 0) {
		perror("perf_event_open");
		return 2;
	}
	child = fork();
	if (!child) {
		execvp(argv[at], argv + at);
		_exit(127);
	}
	waitpid(child, &status, 0);
	if (read(fd, &count, sizeof(count)) != sizeof(count)) {
		perror("read");
		return 2;
	}
	printf("%llu\n", (unsigned long long)count);
	return status ? 1 : 0;
}
