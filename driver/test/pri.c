// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests (PRI) by a fault queue of iommufd: pri BDF all "OTHER ID" [nested], or
 * pri BDF none | guest | wrong | lost | flood | quarantine | wait
 *
 * The device is the lab's DMA engine. It begins with nothing mapped, and asks for each page that
 * it needs; this program maps it and answers, or refuses it. OTHER is another engine, which sends a
 * message in the name of the first, whose device_id is ID.
 */
#include <poll.h>
#include <time.h>

#include "cdev.h"
#include "../riscv-iommu-engine.h"
#include "../riscv-iommu-user.h"

#define IOVA 0x123400000ul
#define PAGES 64u
#define SIZE (PAGES * 4096ul)
#define PATIENCE_MS 20000

/* A page request as the message has it. */
#define READ 1ul
#define WRITE 2ul
#define LAST 4ul
#define GROUP(n) ((uint64_t)(n) << 3)

#define AS(id) ((uint64_t)(id) | 1 << 24)
#define TRANSLATED (1ul << 25)
#define HOSTILE_WRITE (1ul << 27)
#define PAGE_REQUEST (1ul << 28)

static struct cdev cdev;
static uint32_t fault_id, hwpt;
static int faults;
static uint8_t *memory;
static uint8_t mapped[PAGES];

static void begin(uint64_t operation, uint64_t source, uint64_t target, uint64_t length)
{
	cdev_put(&cdev, ENGINE_OPERATION, operation);
	cdev_put(&cdev, ENGINE_SOURCE, source);
	cdev_put(&cdev, ENGINE_TARGET, target);
	cdev_put(&cdev, ENGINE_LENGTH, length);
	cdev_put(&cdev, ENGINE_ARGUMENT, 0x5a5a5a5a5a5a5a5a);
	cdev_put(&cdev, ENGINE_CONTROL, ENGINE_START | ENGINE_BY_ATS | ENGINE_BY_PRI);
}

static int busy(void)
{
	return (cdev_get(&cdev, ENGINE_STATUS) & ENGINE_BUSY) != 0;
}

/* Whether a device waits for longer than it should. */
static int too_long(int64_t *since)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!*since)
		*since = ms;
	return ms - *since > PATIENCE_MS;
}

/* It has ended, within the time; whether all of it went through. */
static int end(void)
{
	int64_t since = 0;

	while (busy()) {
		if (too_long(&since))
			check(0, "the device has its answer");
		usleep(1000);
	}
	return !(cdev_get(&cdev, ENGINE_STATUS) & ENGINE_FAULT);
}

/* What the queue has within some time; 0 if nothing. */
static unsigned int take(struct iommu_hwpt_pgfault *fault, unsigned int room, int ms)
{
	struct pollfd poll_fd = { .fd = faults, .events = POLLIN };
	ssize_t got;

	if (poll(&poll_fd, 1, ms) <= 0)
		return 0;
	got = read(faults, fault, room * sizeof(*fault));
	if (got < 0)
		die("reading of the fault queue");
	return (unsigned int)got / (unsigned int)sizeof(*fault);
}

static void answer(uint32_t cookie, uint32_t code)
{
	struct iommu_hwpt_page_response response = { .cookie = cookie, .code = code };

	if (write(faults, &response, sizeof(response)) != sizeof(response))
		die("answering");
}

static void map(uint64_t address)
{
	uint64_t page = (address - IOVA) / 4096;

	check(page < PAGES && !mapped[page], "a page is asked for that is needed");
	cdev_map(&cdev, memory + page * 4096, address, 4096);
	mapped[page] = 1;
}

static void unmap(uint64_t address)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = cdev.ioas, .iova = address, .length = 4096
	};

	if (ioctl(cdev.iommufd, IOMMU_IOAS_UNMAP, &unmap))
		die("IOMMU_IOAS_UNMAP");
	mapped[(address - IOVA) / 4096] = 0;
}

/* While the device is at work: each page that it asks for is mapped. Returns how many. */
static unsigned int serve(void)
{
	struct iommu_hwpt_pgfault fault[4];
	unsigned int count = 0;
	int64_t since = 0;

	while (busy()) {
		unsigned int n = take(fault, 4, 1), i;

		if (n)
			since = 0;
		if (too_long(&since))
			check(0, "the device has its answer");
		for (i = 0; i < n; i++) {
			if (fault[i].flags != IOMMU_PGFAULT_FLAGS_LAST_PAGE ||
			    fault[i].dev_id != cdev.dev_id ||
			    fault[i].perm != (fault[i].addr < IOVA + SIZE / 2 ?
					      IOMMU_PGFAULT_PERM_READ : IOMMU_PGFAULT_PERM_WRITE))
				check(0, "the request is what the device sent");
			map(fault[i].addr);
			answer(fault[i].cookie, IOMMUFD_PAGE_RESP_SUCCESS);
			count++;
		}
	}
	return count;
}

static const struct rvi_user_first_stage bare;

/* Linux 6.12 has queues for a guest's first stage only: one that is Bare is as good as none. */
static void fault_domain(const struct rvi_user_first_stage *guest)
{
	struct iommu_fault_alloc queue = { .size = sizeof(queue) };
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = IOMMU_HWPT_FAULT_ID_VALID,
		.dev_id = cdev.dev_id,
		.pt_id = cdev.ioas,
	};

	if (ioctl(cdev.iommufd, IOMMU_FAULT_QUEUE_ALLOC, &queue))
		die("IOMMU_FAULT_QUEUE_ALLOC");
	fault_id = queue.out_fault_id;
	faults = (int)queue.out_fault_fd;
	alloc.fault_id = fault_id;
	if (guest || (ioctl(cdev.iommufd, IOMMU_HWPT_ALLOC, &alloc) && errno == EOPNOTSUPP)) {
		puts("  below a first stage");
		if (cdev_hwpt(&cdev, cdev.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, 0, NULL, 0,
			      &alloc.pt_id))
			die("IOMMU_HWPT_ALLOC_NEST_PARENT");
		alloc.data_type = RVI_USER_FIRST_STAGE;
		alloc.data_len = sizeof(bare);
		alloc.data_uptr = (uintptr_t)(guest ? guest : &bare);
		if (ioctl(cdev.iommufd, IOMMU_HWPT_ALLOC, &alloc))
			die("IOMMU_HWPT_ALLOC with a fault queue");
	}
	hwpt = alloc.out_hwpt_id;
	check(hwpt != 0, "a domain with a fault queue");
}

/* A copy within memory that has nothing mapped, and what it leads to. */
static void copies(void)
{
	const uint64_t source = IOVA + 0x123, target = IOVA + SIZE / 2 + 0xf00;
	uint64_t told;
	unsigned int i;

	for (i = 0; i < SIZE / 2; i++)
		memory[i] = (uint8_t)(i * 7 + i / 4096);
	begin(ENGINE_COPY, source, target, 3 * 4096);
	check(serve() == 8 && end(), "each page is asked for once, and mapped");
	check(!memcmp(memory + 0x123, memory + SIZE / 2 + 0xf00, 3 * 4096), "the data are right");
	begin(ENGINE_COPY, source, target, 3 * 4096);
	check(serve() == 0 && end(), "what is mapped is not asked for");

	told = cdev_get(&cdev, ENGINE_ATS) >> 48;
	unmap(IOVA + 4096);
	check((cdev_get(&cdev, ENGINE_ATS) >> 48) == told + 1, "the device is told of what is unmapped");
	memory[4096 + 5] ^= 0xff;
	begin(ENGINE_COPY, source, target, 3 * 4096);
	check(serve() == 1 && end(), "it is asked for again");
	check(!memcmp(memory + 0x123, memory + SIZE / 2 + 0xf00, 3 * 4096), "the data are right");
}

/* The device asks for one page, and waits. */
static struct iommu_hwpt_pgfault one_request(uint64_t address)
{
	struct iommu_hwpt_pgfault fault = { 0 };

	begin(ENGINE_FILL, 0, address, 8);
	check(take(&fault, 1, PATIENCE_MS) == 1 && fault.addr == (address & ~0xffful),
	      "a page is asked for");
	return fault;
}

static void refused(void)
{
	uint64_t address = IOVA + SIZE - 4096 + 0x40;
	struct iommu_hwpt_pgfault fault = one_request(address);

	memset(memory + SIZE - 4096, 0, 4096);
	usleep(100000);
	check(busy(), "the device waits for the answer");
	answer(fault.cookie, IOMMUFD_PAGE_RESP_INVALID);
	check(!end() && cdev_get(&cdev, ENGINE_FAULT_ADDRESS) == address, "a page that is refused is a fault");
	check(!take(&fault, 1, 100), "and asked for once only");
	/* It says that its request is translated: that reaches no more than what is mapped. */
	cdev_put(&cdev, ENGINE_HOSTILE, TRANSLATED | HOSTILE_WRITE);
	begin(ENGINE_RAW, (uintptr_t)address, 0, 64);
	check(!end() && memory[SIZE - 4096 + 0x40] == 0, "a translated request is checked");
}

static void raw(uint64_t request, uint64_t control)
{
	cdev_put(&cdev, ENGINE_OPERATION, ENGINE_RAW);
	cdev_put(&cdev, ENGINE_HOSTILE, PAGE_REQUEST);
	cdev_put(&cdev, ENGINE_SOURCE, request);
	cdev_put(&cdev, ENGINE_CONTROL, ENGINE_START | control);
	end();
}

static void groups(void)
{
	struct iommu_hwpt_pgfault fault[4];
	uint64_t page = IOVA + SIZE / 2 - 4096;

	raw(page | GROUP(300) | READ, 0);
	raw((page + 0x5000) | GROUP(301) | READ | WRITE | LAST, 0);
	check(take(fault, 4, PATIENCE_MS) == 1 && fault[0].grpid == 301 &&
	      fault[0].addr == page + 0x5000 &&
	      fault[0].perm == (IOMMU_PGFAULT_PERM_READ | IOMMU_PGFAULT_PERM_WRITE),
	      "a group of one, beside another one");
	answer(fault[0].cookie, IOMMUFD_PAGE_RESP_SUCCESS);
	raw((page + 0x1000) | GROUP(300) | WRITE, 0);
	raw((page + 0x2000) | GROUP(300) | READ | LAST, 0);
	check(take(fault, 4, PATIENCE_MS) == 3 && fault[0].addr == page &&
	      fault[1].addr == page + 0x1000 && fault[2].addr == page + 0x2000 &&
	      fault[0].cookie == fault[2].cookie && fault[1].grpid == 300 && !fault[0].flags &&
	      fault[2].flags == IOMMU_PGFAULT_FLAGS_LAST_PAGE, "a group of three, in order");
	answer(fault[0].cookie, IOMMUFD_PAGE_RESP_SUCCESS);
}

/* Whichever of these get through while the queue goes away and comes back, each is to be refused. */
static void lost(void)
{
	struct iommu_hwpt_pgfault fault;
	unsigned int i;

	for (i = 0; i < 9; i++)
		raw(IOVA | GROUP(i) | READ | LAST, ENGINE_WITH_PASID);
	check(!take(&fault, 1, 300), "what has a process_id is seen by nobody");
}

/* Seven that nobody is told of, and one that is nothing to refuse. */
static void wrong(void)
{
	struct iommu_hwpt_pgfault fault;

	cdev_put(&cdev, 0x50, 5);
	raw(IOVA | GROUP(1) | READ | LAST, ENGINE_WITH_PASID);
	raw(IOVA | GROUP(1) | LAST, 0);
	raw(IOVA | GROUP(2), 0);
	raw(IOVA | GROUP(2) | READ | LAST, 0);
	raw(IOVA | GROUP(3) | WRITE, 0);
	raw(IOVA | GROUP(3) | WRITE, ENGINE_WITH_PASID);
	raw(IOVA | GROUP(3) | WRITE, 0);
	raw(IOVA | GROUP(3) | WRITE | LAST, 0);
	raw(IOVA | GROUP(4) | LAST, ENGINE_WITH_PASID);
	check(!take(&fault, 1, 300), "what is wrong is seen by nobody");
}

/* What the driver refuses it answers: the device does not wait for whom is not asked. */
static void answered(const char *name)
{
	struct iommu_hwpt_pgfault fault;
	struct cdev other;
	uint64_t id = strtoul(strchr(name, ' ') + 1, NULL, 0);

	cdev_open(&other, strtok(strdup(name), " "));
	cdev_attach(&other, other.ioas);
	cdev_registers(&other);
	fault = one_request(IOVA + SIZE - 4096);
	cdev_put(&other, ENGINE_OPERATION, ENGINE_RAW);
	cdev_put(&other, ENGINE_HOSTILE, PAGE_REQUEST | AS(id));
	cdev_put(&other, ENGINE_SOURCE, IOVA | GROUP(fault.grpid) | READ | LAST);
	cdev_put(&other, ENGINE_CONTROL, ENGINE_START);
	check(!end(), "a request that is refused is answered");
	answer(fault.cookie, IOMMUFD_PAGE_RESP_SUCCESS);
	close(other.device);
	close(other.iommufd);
}

/* The domain goes while the device waits. */
static void detached(void)
{
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };
	struct iommu_hwpt_pgfault fault;

	one_request(IOVA + SIZE - 4096);
	if (ioctl(cdev.device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach))
		die("VFIO_DEVICE_DETACH_IOMMUFD_PT");
	check(!end(), "who loses its domain has its answer");
	/* And one that nobody has read. */
	cdev_attach(&cdev, hwpt);
	begin(ENGINE_FILL, 0, IOVA + SIZE - 4096, 8);
	usleep(200000);
	check(busy(), "it waits again");
	if (ioctl(cdev.device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach))
		die("VFIO_DEVICE_DETACH_IOMMUFD_PT");
	check(!end(), "and has its answer");
	cdev_attach(&cdev, hwpt);
	check(!take(&fault, 1, 100), "nothing of it is left");
	fault = one_request(IOVA + SIZE - 4096);
	map(IOVA + SIZE - 4096);
	answer(fault.cookie, IOMMUFD_PAGE_RESP_SUCCESS);
	check(end() && memory[SIZE - 4096] == 0x5a, "with a domain again it works");
}

/* Thousands at once, most of them wrong; what is right is refused. Then all is as before. */
static void flood(void)
{
	struct iommu_hwpt_pgfault fault[64];
	unsigned int n, i, seen = 0;

	cdev_put(&cdev, ENGINE_HOSTILE, 0);
	cdev_put(&cdev, ENGINE_SEED, 1);
	cdev_put(&cdev, ENGINE_SOURCE, IOVA);
	cdev_put(&cdev, ENGINE_TARGET, IOVA);
	cdev_put(&cdev, ENGINE_OPERATION, ENGINE_STORM);
	cdev_put(&cdev, ENGINE_ARGUMENT, 7 * 2048);
	cdev_put(&cdev, ENGINE_CONTROL, ENGINE_START);
	for (;;) {
		n = take(fault, 64, 200);
		if (!n && !busy())
			break;
		seen += n;
		for (i = 0; i < n; i++)
			if (fault[i].flags & IOMMU_PGFAULT_FLAGS_LAST_PAGE)
				answer(fault[i].cookie, IOMMUFD_PAGE_RESP_INVALID);
	}
	printf("  %u of them were let through\n", seen);
}

/* The guest's table: the first pages of its memory, which is mapped as a whole. */
static const struct rvi_user_first_stage sv39 = { .fsc = 8ull << 60 | IOVA >> 12 };

static void guest_entry(unsigned int page, unsigned int index, uint64_t target, uint64_t rights)
{
	((volatile uint64_t *)memory)[page * 512 + index] = target >> 12 << 10 | rights;
}

/* As a guest that has its own table does: the driver makes devices forget what it invalidates. */
static void guest(void)
{
	const uint64_t address = 0x40005000, leaf = 0xd7;
	struct rvi_user_command everything = { .dword = { 1, 0 } };
	struct iommu_hwpt_invalidate invalidate = {
		.size = sizeof(invalidate),
		.hwpt_id = hwpt,
		.data_uptr = (uintptr_t)&everything,
		.data_type = RVI_USER_COMMAND,
		.entry_len = sizeof(everything),
		.entry_num = 1,
	};
	struct iommu_hwpt_pgfault fault;
	uint64_t told;

	cdev_map(&cdev, memory, IOVA, SIZE);
	guest_entry(0, 1, IOVA + 4096, 1);
	guest_entry(1, 0, IOVA + 2 * 4096, 1);
	fault = one_request(address);
	guest_entry(2, 5, IOVA + 5 * 4096, leaf);
	answer(fault.cookie, IOMMUFD_PAGE_RESP_SUCCESS);
	check(end() && memory[5 * 4096] == 0x5a, "what the guest has mapped then is reached");
	told = cdev_get(&cdev, ENGINE_ATS) >> 48;
	guest_entry(2, 5, 0, 0);
	if (ioctl(cdev.iommufd, IOMMU_HWPT_INVALIDATE, &invalidate))
		die("IOMMU_HWPT_INVALIDATE");
	check((cdev_get(&cdev, ENGINE_ATS) >> 48) == told + 1, "the device is told of what it invalidates");
	fault = one_request(address);
	answer(fault.cookie, IOMMUFD_PAGE_RESP_INVALID);
	check(!end(), "and reaches it no more");
}

static void wait_for(const char *path)
{
	while (access(path, F_OK))
		usleep(10000);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3)
		return 2;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	cdev_open(&cdev, argv[1]);
	fault_domain(!strcmp(what, "guest") ? &sv39 : !strcmp(argv[argc - 1], "nested") ? &bare : NULL);
	attach.pt_id = hwpt;
	if (!strcmp(what, "none")) {
		check(ioctl(cdev.device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach),
		      "no domain for page requests");
		cdev_attach(&cdev, cdev.ioas);
		return 0;
	}
	cdev_attach(&cdev, hwpt);
	cdev_registers(&cdev);
	check(cdev_get(&cdev, ENGINE_ID) == ENGINE_ID_VALUE, "an engine");
	if (!strcmp(what, "all") && argc > 3) {
		copies();
		refused();
		groups();
		answered(argv[3]);
		detached();
	} else if (!strcmp(what, "guest")) {
		guest();
	} else if (!strcmp(what, "wrong")) {
		wrong();
	} else if (!strcmp(what, "lost")) {
		lost();
	} else if (!strcmp(what, "flood")) {
		flood();
		copies();
	} else if (!strcmp(what, "quarantine")) {
		unsigned int i;

		for (i = 0; i < 40; i++)
			raw(IOVA | GROUP(1) | LAST, 0);
		wait_for("/tmp/released");
		cdev_registers(&cdev);
		copies();
	} else if (!strcmp(what, "wait")) {
		one_request(IOVA);
		puts("waiting");
		pause();
	} else {
		return 2;
	}
	return 0;
}
