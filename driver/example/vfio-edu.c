// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver in user space: a device behind the IOMMU reaches what this program maps for it,
 * and nothing else.
 *
 *     vfio-edu type1 0000:00:05.0     by the container and the group
 *     vfio-edu cdev 0000:00:05.0      by the device's own file and iommufd
 *     vfio-edu type1 0000:00:05.0 ADDRESS=VALUE...
 *                                     and let the device write 32-bit words somewhere
 *     vfio-edu type1 0000:00:05.0 -   and keep it until standard input ends
 *     vfio-edu type1 0000:00:05.0 interrupts=N
 *                                     and raise so many, one after the other
 *
 * The device is QEMU's `edu` (docs/specs/edu in its sources): it copies between memory and
 * a buffer of its own, and raises an interrupt. It must be bound to vfio-pci:
 *
 *     echo vfio-pci > /sys/bus/pci/devices/0000:00:05.0/driver_override
 *     echo 0000:00:05.0 > /sys/bus/pci/drivers_probe
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <dirent.h>

/* The device's registers, in BAR 0. */
#define EDU_IDENT 0x00
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SRC 0x80
#define EDU_DMA_DST 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_CMD 0x98
#define EDU_BUFFER 0x40000
#define EDU_START 1
#define EDU_TO_MEMORY 2

/* Where the device sees the buffer. Any address will do; it is not where memory has it. */
#define IOVA 0x123450000ull
#define SIZE 0x10000u

struct user {
	int device, container, group, iommufd, eventfd;
	uint32_t ioas;
	volatile uint8_t *bar;
	uint8_t *buffer;
};

static void die(const char *what)
{
	fprintf(stderr, "vfio-edu: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int group_number(const char *bdf)
{
	char path[128], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		die(path);
	target[n] = 0;
	return atoi(strrchr(target, '/') + 1);
}

/* The older interface: groups are put into a container, and the container maps. */
static void open_type1(struct user *user, const char *bdf)
{
	char path[64];

	user->container = open("/dev/vfio/vfio", O_RDWR);
	if (user->container < 0)
		die("/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/dev/vfio/%d", group_number(bdf));
	user->group = open(path, O_RDWR);
	if (user->group < 0)
		die(path);
	if (ioctl(user->group, VFIO_GROUP_SET_CONTAINER, &user->container))
		die("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(user->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU");
	user->device = ioctl(user->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (user->device < 0)
		die("VFIO_GROUP_GET_DEVICE_FD");
}

/* The newer one: the device has a file, and is attached to an address space of iommufd. */
static void open_cdev(struct user *user, const char *bdf)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	char path[256];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		die(path);
	do {
		entry = readdir(dir);
	} while (entry && strncmp(entry->d_name, "vfio", 4));
	if (!entry)
		die("no vfio-dev");
	snprintf(path, sizeof(path), "/dev/vfio/devices/%.32s", entry->d_name);
	closedir(dir);
	user->device = open(path, O_RDWR);
	user->iommufd = open("/dev/iommu", O_RDWR);
	if (user->device < 0 || user->iommufd < 0)
		die(path);
	bind.iommufd = user->iommufd;
	if (ioctl(user->device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		die("VFIO_DEVICE_BIND_IOMMUFD");
	if (ioctl(user->iommufd, IOMMU_IOAS_ALLOC, &ioas))
		die("IOMMU_IOAS_ALLOC");
	user->ioas = ioas.out_ioas_id;
	attach.pt_id = user->ioas;
	if (ioctl(user->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		die("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
}

static void map_buffer(struct user *user)
{
	if (user->container > 0) {
		struct vfio_iommu_type1_dma_map map = {
			.argsz = sizeof(map),
			.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
			.vaddr = (uintptr_t)user->buffer,
			.iova = IOVA,
			.size = SIZE,
		};

		if (ioctl(user->container, VFIO_IOMMU_MAP_DMA, &map))
			die("VFIO_IOMMU_MAP_DMA");
	} else {
		struct iommu_ioas_map map = {
			.size = sizeof(map),
			.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE |
				 IOMMU_IOAS_MAP_FIXED_IOVA,
			.ioas_id = user->ioas,
			.user_va = (uintptr_t)user->buffer,
			.iova = IOVA,
			.length = SIZE,
		};

		if (ioctl(user->iommufd, IOMMU_IOAS_MAP, &map))
			die("IOMMU_IOAS_MAP");
	}
}

static void unmap_buffer(struct user *user)
{
	if (user->container > 0) {
		struct vfio_iommu_type1_dma_unmap unmap = {
			.argsz = sizeof(unmap),
			.iova = IOVA,
			.size = SIZE,
		};

		if (ioctl(user->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
			die("VFIO_IOMMU_UNMAP_DMA");
	} else {
		struct iommu_ioas_unmap unmap = {
			.size = sizeof(unmap),
			.ioas_id = user->ioas,
			.iova = IOVA,
			.length = SIZE,
		};

		if (ioctl(user->iommufd, IOMMU_IOAS_UNMAP, &unmap))
			die("IOMMU_IOAS_UNMAP");
	}
}

static void map_registers(struct user *user)
{
	struct vfio_region_info bar = { .argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX };
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX
	};
	uint16_t command;

	if (ioctl(user->device, VFIO_DEVICE_GET_REGION_INFO, &bar) ||
	    ioctl(user->device, VFIO_DEVICE_GET_REGION_INFO, &config))
		die("VFIO_DEVICE_GET_REGION_INFO");
	/* Memory accesses and bus mastering: bits 1 and 2 of PCI's command register. */
	if (pread(user->device, &command, 2, (off_t)config.offset + 4) != 2)
		die("config");
	command |= 6;
	if (pwrite(user->device, &command, 2, (off_t)config.offset + 4) != 2)
		die("config");
	user->bar = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, user->device,
			 (off_t)bar.offset);
	if (user->bar == MAP_FAILED)
		die("mmap of BAR 0");
}

static void put32(struct user *user, unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(user->bar + offset) = value;
}

static void put64(struct user *user, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(user->bar + offset) = value;
}

static void dma(struct user *user, uint64_t src, uint64_t dst, uint64_t count, uint64_t command)
{
	put64(user, EDU_DMA_SRC, src);
	put64(user, EDU_DMA_DST, dst);
	put64(user, EDU_DMA_COUNT, count);
	put64(user, EDU_DMA_CMD, command | EDU_START);
	while (*(volatile uint64_t *)(user->bar + EDU_DMA_CMD) & EDU_START)
		usleep(1000);
}

/* An interrupt of the device arrives as a readable eventfd. */
static void open_interrupt(struct user *user)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} irq = {
		.set = {
			.argsz = sizeof(irq),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSI_IRQ_INDEX,
			.count = 1,
		},
		.fd = eventfd(0, 0),
	};

	if (ioctl(user->device, VFIO_DEVICE_SET_IRQS, &irq))
		die("VFIO_DEVICE_SET_IRQS");
	user->eventfd = irq.fd;
}

static int check_interrupts(struct user *user, int count)
{
	struct pollfd wait = { .fd = user->eventfd, .events = POLLIN };
	uint64_t arrived;
	int i;

	for (i = 0; i < count; i++) {
		put32(user, EDU_IRQ_RAISE, 1);
		if (poll(&wait, 1, 5000) != 1)
			return 1;
		if (read(user->eventfd, &arrived, sizeof(arrived)) != sizeof(arrived))
			die("eventfd");
		put32(user, EDU_IRQ_ACK, 1);
	}
	puts(count == 1 ? "  the interrupt arrived" : "  all interrupts arrived");
	return 0;
}

static int check_copy(struct user *user)
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		user->buffer[i] = (uint8_t)(i * 7 + 3);
	memset(user->buffer + 4096, 0, 4096);
	dma(user, IOVA, EDU_BUFFER, 256, 0);
	dma(user, EDU_BUFFER, IOVA + 4096, 256, EDU_TO_MEMORY);
	if (memcmp(user->buffer, user->buffer + 4096, 256))
		return 1;
	puts("  the device copied the buffer");
	return 0;
}

/* What is unmapped is out of reach, at once. */
static int check_revoked(struct user *user)
{
	unsigned int i;

	unmap_buffer(user);
	memset(user->buffer, 0x5a, SIZE);
	dma(user, EDU_BUFFER, IOVA + 4096, 256, EDU_TO_MEMORY);
	for (i = 0; i < SIZE; i++)
		if (user->buffer[i] != 0x5a)
			return 1;
	puts("  the unmapped buffer is out of reach");
	map_buffer(user);
	return check_copy(user);
}

/* Whether a write arrives, the IOMMU decides: this program cannot tell. */
static int do_more(struct user *user, int count, char **words)
{
	unsigned long long address;
	unsigned int value;
	int i;

	for (i = 0; i < count; i++) {
		if (!strcmp(words[i], "-")) {
			while (getchar() != EOF)
				;
			continue;
		}
		if (sscanf(words[i], "interrupts=%u", &value) == 1) {
			if (check_interrupts(user, (int)value))
				return 1;
			continue;
		}
		if (sscanf(words[i], "%llx=%x", &address, &value) != 2)
			die(words[i]);
		memcpy(user->buffer, &value, 4);
		dma(user, IOVA, EDU_BUFFER, 4, 0);
		dma(user, EDU_BUFFER, address, 4, EDU_TO_MEMORY);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct user user = { 0 };
	int ret;

	if (argc < 3 || (strcmp(argv[1], "type1") && strcmp(argv[1], "cdev"))) {
		fprintf(stderr, "usage: vfio-edu type1|cdev DEVICE [ADDRESS=VALUE|interrupts=N|-]...\n");
		return 2;
	}
	user.buffer = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (user.buffer == MAP_FAILED)
		die("mmap");
	if (!strcmp(argv[1], "type1"))
		open_type1(&user, argv[2]);
	else
		open_cdev(&user, argv[2]);
	map_registers(&user);
	map_buffer(&user);
	open_interrupt(&user);
	ret = check_copy(&user);
	if (!ret)
		ret = check_interrupts(&user, 1);
	if (!ret)
		ret = check_revoked(&user);
	if (!ret)
		ret = do_more(&user, argc - 3, argv + 3);
	if (ret)
		fprintf(stderr, "vfio-edu: that was wrong\n");
	return ret;
}
