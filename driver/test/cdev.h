/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs share that have a device by VFIO's cdev and iommufd. */
#ifndef CDEV_H
#define CDEV_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct cdev {
	int device, iommufd;
	uint32_t dev_id, ioas;
	volatile uint8_t *bar;
	size_t bar_size;
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(2);
}

static void check(int good, const char *what)
{
	printf("  %s%s\n", what, good ? "" : ": NO");
	if (!good)
		exit(1);
}

/* A register of the device. */
static inline void cdev_put(struct cdev *cdev, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(cdev->bar + offset) = value;
}

static inline uint64_t cdev_get(struct cdev *cdev, unsigned int offset)
{
	return *(volatile uint64_t *)(cdev->bar + offset);
}

/* A device of any bus, and an address space that it is not attached to yet. */
static inline void cdev_open_on(struct cdev *cdev, const char *bus, const char *name)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	char path[300];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/%.32s/devices/%.200s/vfio-dev", bus, name);
	dir = opendir(path);
	if (!dir)
		die(path);
	do {
		entry = readdir(dir);
	} while (entry && strncmp(entry->d_name, "vfio", 4));
	if (!entry)
		die(path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%.32s", entry->d_name);
	closedir(dir);
	cdev->device = open(path, O_RDWR);
	cdev->iommufd = open("/dev/iommu", O_RDWR);
	if (cdev->device < 0 || cdev->iommufd < 0)
		die(path);
	bind.iommufd = cdev->iommufd;
	if (ioctl(cdev->device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		die("VFIO_DEVICE_BIND_IOMMUFD");
	cdev->dev_id = bind.out_devid;
	if (ioctl(cdev->iommufd, IOMMU_IOAS_ALLOC, &alloc))
		die("IOMMU_IOAS_ALLOC");
	cdev->ioas = alloc.out_ioas_id;
}

static inline void cdev_open(struct cdev *cdev, const char *bdf)
{
	cdev_open_on(cdev, "pci", bdf);
}

/* Returns 0, or why not; the next one does not return then. */
static inline int cdev_try_map(const struct cdev *cdev, void *memory, uint64_t iova, uint64_t length)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_FIXED_IOVA,
		.ioas_id = cdev->ioas,
		.user_va = (uintptr_t)memory,
		.iova = iova,
		.length = length,
	};

	return ioctl(cdev->iommufd, IOMMU_IOAS_MAP, &map) ? errno : 0;
}

static inline void cdev_map(const struct cdev *cdev, void *memory, uint64_t iova, uint64_t length)
{
	if (cdev_try_map(cdev, memory, iova, length))
		die("IOMMU_IOAS_MAP");
}

static inline void cdev_registers(struct cdev *cdev)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX };
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX
	};
	uint16_t command = 6;

	if (ioctl(cdev->device, VFIO_DEVICE_GET_REGION_INFO, &info) ||
	    ioctl(cdev->device, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    pwrite(cdev->device, &command, 2, (off_t)config.offset + 4) != 2)
		die("regions");
	cdev->bar_size = info.size;
	cdev->bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, cdev->device,
			 (off_t)info.offset);
	if (cdev->bar == MAP_FAILED)
		die("mmap of BAR 0");
}

/* Of the device's address space or of a second stage; 0, or why not. */
static inline int cdev_hwpt(const struct cdev *cdev, uint32_t pt, uint32_t flags, uint32_t type,
			    const void *data, uint32_t length, uint32_t *id)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = flags,
		.dev_id = cdev->dev_id,
		.pt_id = pt,
		.data_type = type,
		.data_len = length,
		.data_uptr = (uintptr_t)data,
	};

	if (ioctl(cdev->iommufd, IOMMU_HWPT_ALLOC, &alloc))
		return errno;
	*id = alloc.out_hwpt_id;
	return 0;
}

static inline int cdev_try_attach(const struct cdev *cdev, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = pt };

	return ioctl(cdev->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) ? errno : 0;
}

static inline void cdev_attach(const struct cdev *cdev, uint32_t pt)
{
	if (cdev_try_attach(cdev, pt))
		die("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
}

#endif
