// SPDX-License-Identifier: GPL-2.0-only
/* uevents SECONDS: what the kernel tells udev in this time, one variable a line. */
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	time_t end = time(NULL) + (argc == 2 ? atoi(argv[1]) : 1);
	char buffer[8192];

	if (fd < 0 || bind(fd, (struct sockaddr *)&kernel, sizeof(kernel))) {
		perror("uevents");
		return 1;
	}
	while (time(NULL) < end) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n, at;

		if (poll(&wait, 1, 200) <= 0)
			continue;
		n = recv(fd, buffer, sizeof(buffer) - 1, 0);
		if (n <= 0)
			continue;
		buffer[n] = 0;
		for (at = 0; at < n; at += (ssize_t)strlen(buffer + at) + 1)
			puts(buffer + at);
	}
	return 0;
}
