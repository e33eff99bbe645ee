// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many interrupts of one device under VFIO: vectors BDF ROUNDS [exact]
 *
 * The device is an igb, which raises any of its MSI-X vectors when it is told to. Each must come to
 * its own eventfd; with `exact`, to no other one.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "cdev.h"

#define VECTORS 10u
#define ALL ((1u << VECTORS) - 1)

#define IGB_GPIE 0x1514
#define IGB_GPIE_MSIX 0x10u
#define IGB_EICS 0x1520
#define IGB_EIMS 0x1524
#define IGB_EIAC 0x152c
#define IGB_EITR(n) (0x1680 + 4 * (n))

static struct cdev cdev;
static int event[VECTORS];

static void put(unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(cdev.bar + offset) = value;
}

static void open_vectors(void)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd[VECTORS];
	} irqs = {
		.set = {
			.argsz = sizeof(irqs),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = VECTORS,
		},
	};
	unsigned int i;

	for (i = 0; i < VECTORS; i++)
		irqs.fd[i] = event[i] = eventfd(0, EFD_NONBLOCK);
	if (ioctl(cdev.device, VFIO_DEVICE_SET_IRQS, &irqs))
		die("VFIO_DEVICE_SET_IRQS");
	put(IGB_GPIE, IGB_GPIE_MSIX);
	for (i = 0; i < VECTORS; i++)
		put(IGB_EITR(i), 0);
	put(IGB_EIAC, ALL);
	put(IGB_EIMS, ALL);
}

static int arrived(unsigned int vector)
{
	uint64_t count;

	return read(event[vector], &count, sizeof(count)) == sizeof(count);
}

/* One vector, or all at once; returns how many of them did not come, and counts the others. */
static unsigned int raise_vectors(uint32_t which, unsigned int *others)
{
	unsigned int i, lost = 0;

	put(IGB_EICS, which);
	for (i = 0; i < VECTORS; i++) {
		struct pollfd wait = { .fd = event[i], .events = POLLIN };

		if (which & 1u << i)
			lost += poll(&wait, 1, 2000) != 1 || !arrived(i);
	}
	for (i = 0; i < VECTORS; i++)
		if (!(which & 1u << i))
			*others += (unsigned int)arrived(i);
	return lost;
}

int main(int argc, char **argv)
{
	unsigned int rounds, round, i, lost = 0, others = 0;

	if (argc < 3)
		return 2;
	rounds = (unsigned int)atoi(argv[2]);
	cdev_open(&cdev, argv[1]);
	cdev_attach(&cdev, cdev.ioas);
	cdev_registers(&cdev);
	open_vectors();
	for (round = 0; round < rounds && !lost; round++) {
		for (i = 0; i < VECTORS; i++)
			lost += raise_vectors(1u << i, &others);
		lost += raise_vectors(ALL, &others);
	}
	printf("  %u rounds: %u lost, %u came without being raised\n", round, lost, others);
	check(!lost, "all interrupts arrived");
	if (argc > 3)
		check(!others, "no other one arrived");
	return 0;
}
