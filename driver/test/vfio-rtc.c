// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device of the platform by VFIO, QEMU's goldfish RTC:
 *
 *     vfio-rtc type1|cdev NAME DEVICE_ID DEBUG
 *
 * It does no DMA, so what it could reach is asked of the driver (DEBUG is its folder in debugfs):
 * the walk of its page table, and the IOMMU itself by the debug translation interface.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "cdev.h"

#define TIME_LOW 0x00
#define TIME_HIGH 0x04
#define ALARM_LOW 0x08
#define ALARM_HIGH 0x0c
#define IRQ_ENABLED 0x10
#define CLEAR_INTERRUPT 0x1c

#define IOVA 0x123450000ull
#define PAGE 4096u
#define MS 1000000u

static struct cdev rtc = { .device = -1, .iommufd = -1 };
static int container = -1; /* with type1 */
static const char *name, *debug;
static unsigned long device_id;

static void open_type1(void)
{
	char path[300], target[256];
	ssize_t n;
	int group;

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%.200s/iommu_group", name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		die(path);
	target[n] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%.16s", strrchr(target, '/') + 1);
	container = open("/dev/vfio/vfio", O_RDWR);
	group = open(path, O_RDWR);
	if (container < 0 || group < 0)
		die(path);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		die("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU");
	rtc.device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
	if (rtc.device < 0)
		die("VFIO_GROUP_GET_DEVICE_FD");
}

static void map(void *memory, uint64_t iova, int writable)
{
	struct vfio_iommu_type1_dma_map old = {
		.argsz = sizeof(old),
		.flags = VFIO_DMA_MAP_FLAG_READ | (writable ? VFIO_DMA_MAP_FLAG_WRITE : 0u),
		.vaddr = (uintptr_t)memory,
		.iova = iova,
		.size = PAGE,
	};
	struct iommu_ioas_map new = {
		.size = sizeof(new),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA |
			 (writable ? IOMMU_IOAS_MAP_WRITEABLE : 0u),
		.ioas_id = rtc.ioas,
		.user_va = (uintptr_t)memory,
		.iova = iova,
		.length = PAGE,
	};

	if (container >= 0 ? ioctl(container, VFIO_IOMMU_MAP_DMA, &old) :
			     ioctl(rtc.iommufd, IOMMU_IOAS_MAP, &new))
		die("map");
}

static void unmap(uint64_t iova)
{
	struct vfio_iommu_type1_dma_unmap old = { .argsz = sizeof(old), .iova = iova, .size = PAGE };
	struct iommu_ioas_unmap new = {
		.size = sizeof(new), .ioas_id = rtc.ioas, .iova = iova, .length = PAGE
	};

	if (container >= 0 ? ioctl(container, VFIO_IOMMU_UNMAP_DMA, &old) :
			     ioctl(rtc.iommufd, IOMMU_IOAS_UNMAP, &new))
		die("unmap");
}

/* What a file of debugfs says, after a question if there is one. */
static const char *ask(const char *file, const char *question)
{
	static char text[16384];
	char path[300];
	size_t have = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%.200s/%s", debug, file);
	fd = open(path, question ? O_RDWR : O_RDONLY);
	if (fd < 0 || (question && write(fd, question, strlen(question)) < 0))
		die(path);
	while ((n = pread(fd, text + have, sizeof(text) - 1 - have, (off_t)have)) > 0)
		have += (size_t)n;
	close(fd);
	text[have] = 0;
	return text;
}

/* Where the page table leads; 0 if nowhere. */
static uint64_t walk(uint64_t iova)
{
	char question[64];
	const char *arrow;

	snprintf(question, sizeof(question), "%#lx %#llx", device_id, (unsigned long long)iova);
	arrow = strstr(ask("walk", question), "-> ");
	return arrow ? strtoull(arrow + 3, NULL, 0) : 0;
}

/* The same of the IOMMU; kind is r or w. */
static uint64_t translate(uint64_t iova, char kind)
{
	char question[64];
	const char *answer;

	snprintf(question, sizeof(question), "%#lx %#llx %c", device_id, (unsigned long long)iova,
		 kind);
	answer = ask("translate", question);
	if (strstr(answer, ": fault"))
		return 0;
	answer = strstr(answer, ": ");
	if (!answer)
		die("translate");
	return strtoull(answer + 2, NULL, 0);
}

static uint64_t physical(const void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, 8, (off_t)((uintptr_t)page / PAGE * 8)) != 8)
		die("pagemap");
	close(fd);
	return (entry & ((1ull << 55) - 1)) * PAGE;
}

/* QEMU 10 puts the page number into tr_response without the shift of the field. */
static int leads_to(uint64_t answer, uint64_t pa)
{
	return answer == pa || (answer && answer == pa >> 22 << 12);
}

static void check_memory(void)
{
	uint8_t *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	char context[300];

	if (memory == MAP_FAILED)
		die("mmap");
	snprintf(context, sizeof(context), "%#lx %.200s: second stage", device_id, name);
	check(strstr(ask("contexts", NULL), context) != NULL, context);
	check(!walk(IOVA) && !translate(IOVA, 'r'), "nothing is reached before it is mapped");
	map(memory, IOVA, 1);
	map(memory + PAGE, IOVA + PAGE, 0);
	check(walk(IOVA) == physical(memory) && walk(IOVA + PAGE) == physical(memory + PAGE),
	      "the table leads to the mapped pages");
	check(leads_to(translate(IOVA, 'r'), physical(memory)) &&
	      leads_to(translate(IOVA, 'w'), physical(memory)) &&
	      leads_to(translate(IOVA + PAGE, 'r'), physical(memory + PAGE)),
	      "so does the IOMMU");
	check(!translate(IOVA + PAGE, 'w'), "the page that is read only cannot be written");
	check(!walk(IOVA + 2 * PAGE) && !translate(IOVA + 2 * PAGE, 'r') &&
	      !translate(physical(memory), 'r'), "other addresses fault");
	unmap(IOVA);
	check(!walk(IOVA) && !translate(IOVA, 'r'), "what is unmapped is out of reach");
	check(leads_to(translate(IOVA + PAGE, 'r'), physical(memory + PAGE)), "the rest stays");
}

static uint32_t get(unsigned int offset)
{
	return *(volatile uint32_t *)(rtc.bar + offset);
}

static void put(unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(rtc.bar + offset) = value;
}

/* Reading the lower half keeps the upper one of the same moment. */
static uint64_t now(void)
{
	uint64_t low = get(TIME_LOW);

	return (uint64_t)get(TIME_HIGH) << 32 | low;
}

static void check_registers(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	uint64_t before;

	if (ioctl(rtc.device, VFIO_DEVICE_GET_INFO, &info) ||
	    ioctl(rtc.device, VFIO_DEVICE_GET_REGION_INFO, &region))
		die("VFIO_DEVICE_GET_INFO");
	check((info.flags & VFIO_DEVICE_FLAGS_PLATFORM) && info.num_regions == 1 &&
	      info.num_irqs == 1, "a device of the platform, one region, one interrupt");
	rtc.bar = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, rtc.device,
		       (off_t)region.offset);
	if (rtc.bar == MAP_FAILED)
		die("mmap of the registers");
	before = now();
	usleep(20000);
	check(now() >= before + 20 * MS && now() < before + 60000ull * MS, "its time goes on");
}

static void set_irq(uint32_t flags, int fd)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} irq = {
		.set = { .argsz = sizeof(irq), .flags = flags, .count = 1 },
		.fd = fd,
	};

	if (ioctl(rtc.device, VFIO_DEVICE_SET_IRQS, &irq))
		die("VFIO_DEVICE_SET_IRQS");
}

/* Wait for one, and serve it: VFIO has masked the interrupt, which is a level, when it came. */
static int interrupt(int fd, int ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	uint64_t count;

	if (poll(&wait, 1, ms) != 1)
		return 0;
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		die("eventfd");
	put(CLEAR_INTERRUPT, 1);
	set_irq(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 0);
	return 1;
}

/*
 * Linux sends a level again to the interrupt file at the end of each interrupt, so what was
 * masked meanwhile may come a second time when it is unmasked: once for each alarm, before the
 * next is due.
 */
static void check_alarms(void)
{
	int fd = eventfd(0, 0), n, good = 1, again = 0;

	set_irq(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, fd);
	put(IRQ_ENABLED, 1);
	for (n = 0; n < 3 && good; n++) {
		uint64_t at = now() + 300 * MS;

		put(ALARM_HIGH, (uint32_t)(at >> 32));
		put(ALARM_LOW, (uint32_t)at);
		good = interrupt(fd, 10000);
		if (good && now() < at) {
			again++;
			good = n > 0 && interrupt(fd, 10000) && now() >= at;
		}
	}
	check(good, "three alarms came, each when it was due");
	again += interrupt(fd, 300);
	printf("  %d came again\n", again);
	check(again <= 3 && !interrupt(fd, 300), "and no more");
	put(IRQ_ENABLED, 0);
}

int main(int argc, char **argv)
{
	if (argc != 5 || (strcmp(argv[1], "type1") && strcmp(argv[1], "cdev")))
		return 2;
	name = argv[2];
	device_id = strtoul(argv[3], NULL, 0);
	debug = argv[4];
	if (!strcmp(argv[1], "type1")) {
		open_type1();
	} else {
		cdev_open_on(&rtc, "platform", name);
		cdev_attach(&rtc, rtc.ioas);
	}
	check_memory();
	check_registers();
	check_alarms();
	return 0;
}
