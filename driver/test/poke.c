// SPDX-License-Identifier: GPL-2.0-only
/*
 * poke PAGE OFFSET.BYTES=VALUE...: write registers one right after the other. (A devmem for
 * each may have to wait in between, while a processor waits for the IOMMU.)
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	struct { unsigned int offset, bytes; uint64_t value; } write[8];
	volatile uint8_t *page;
	int n;

	if (argc < 3 || argc > 10 || fd < 0)
		return 2;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    (off_t)strtoull(argv[1], NULL, 0));
	if (page == MAP_FAILED)
		return 2;
	for (n = 0; n < argc - 2; n++) {
		unsigned long long value;

		if (sscanf(argv[n + 2], "%x.%u=%llx", &write[n].offset, &write[n].bytes, &value) != 3)
			return 2;
		write[n].value = value;
	}
	for (n = 0; n < argc - 2; n++) {
		if (write[n].bytes == 8)
			*(volatile uint64_t *)(page + write[n].offset) = write[n].value;
		else
			*(volatile uint32_t *)(page + write[n].offset) = (uint32_t)write[n].value;
	}
	return 0;
}
