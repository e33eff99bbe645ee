/* SPDX-License-Identifier: Apache-2.0 */
/* The bench: memory with logs and injected faults, an IOMMU, and its registers. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static struct bench *all_benches;

/* --- memory ------------------------------------------------------------------------ */

static uint8_t *find_host(struct bench *b, uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < BENCH_WINDOWS; i++) {
        const struct window *w = &b->window[i];
        if (w->memory != NULL && address >= w->address && size <= w->size &&
            address - w->address <= w->size - size)
            return w->memory + (address - w->address);
    }
    return NULL;
}

uint8_t *bench_host(struct bench *b, uint64_t address, uint64_t size)
{
    uint8_t *host = find_host(b, address, size);
    if (host == NULL)
        test_fatal(HERE, "the test uses address 0x%llx outside the bench's memory",
                   (unsigned long long)address);
    return host;
}

uint64_t bench_alloc(struct bench *b, uint64_t size, uint64_t align)
{
    uint64_t address = (b->next_free + align - 1) & ~(align - 1);
    b->next_free = address + size;
    if (b->next_free > (uint64_t)BENCH_BASE + BENCH_SIZE)
        test_fatal(HERE, "the bench's memory is used up");
    return address;
}

uint64_t bench_page(struct bench *b)
{
    return bench_alloc(b, 4096, 4096);
}

static void add_window(struct bench *b, uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < BENCH_WINDOWS; i++) {
        struct window *w = &b->window[i];
        if (w->memory != NULL)
            continue;
        w->memory = calloc(1, size);
        if (w->memory == NULL)
            test_fatal(HERE, "out of memory");
        w->address = address;
        w->size = size;
        return;
    }
    test_fatal(HERE, "no more than %d windows", BENCH_WINDOWS);
}

void bench_add_window(struct bench *b, uint64_t address, uint64_t size)
{
    add_window(b, address, size);
}

void bench_put(struct bench *b, uint64_t address, unsigned size, uint64_t value, bool big_endian)
{
    uint8_t *host = bench_host(b, address, size);
    for (unsigned i = 0; i < size; i++)
        host[big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

static uint64_t bytes_to_value(const uint8_t *bytes, unsigned size, bool big_endian)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[big_endian ? size - 1 - i : i] << (8 * i);
    return value;
}

uint64_t bench_get(struct bench *b, uint64_t address, unsigned size, bool big_endian)
{
    return bytes_to_value(bench_host(b, address, size), size, big_endian);
}

void bench_put64(struct bench *b, uint64_t address, uint64_t value)
{
    bench_put(b, address, 8, value, b->big_endian);
}

void bench_put32(struct bench *b, uint64_t address, uint32_t value)
{
    bench_put(b, address, 4, value, b->big_endian);
}

uint64_t bench_get64(struct bench *b, uint64_t address)
{
    return bench_get(b, address, 8, b->big_endian);
}

uint32_t bench_get32(struct bench *b, uint64_t address)
{
    return (uint32_t)bench_get(b, address, 4, b->big_endian);
}

/* --- injected faults --------------------------------------------------------------- */

void bench_inject_on(struct bench *b, struct injection injection)
{
    if (b->flat)
        test_fatal(HERE, "faults cannot be injected into flat memory: use TEST, not TEST_BOTH");
    if (b->injections == BENCH_INJECTIONS)
        test_fatal(HERE, "no more than %d injected faults", BENCH_INJECTIONS);
    b->injection[b->injections++] = injection;
}

void bench_inject(struct bench *b, uint64_t address, uint64_t size, enum iommu_mem_status status)
{
    bench_inject_on(
        b, (struct injection){.address = address, .size = size, .status = status, .on = ON_ANY});
}

void bench_clear_injections(struct bench *b)
{
    b->injections = 0;
}

static enum iommu_mem_status injected(const struct bench *b, const struct iommu_access *access,
                                      unsigned on)
{
    for (size_t i = 0; i < b->injections; i++) {
        const struct injection *f = &b->injection[i];
        bool overlaps =
            access->address < f->address + f->size && f->address < access->address + access->size;
        bool concerned = f->structures == 0 || (f->structures >> access->structure & 1u) != 0;
        if (overlaps && concerned && (f->on & on) != 0)
            return f->status;
    }
    return IOMMU_MEM_OK;
}

/* --- callbacks --------------------------------------------------------------------- */

static struct event *log_event(struct bench *b, enum event_kind kind)
{
    if (b->events == b->event_room) {
        size_t room = b->event_room == 0 ? 256 : 2 * b->event_room;
        struct event *grown = realloc(b->event, room * sizeof *grown);
        if (grown == NULL)
            test_fatal(HERE, "out of memory");
        b->event = grown;
        b->event_room = room;
    }
    struct event *event = &b->event[b->events++];
    *event = (struct event){.kind = kind};
    return event;
}

/* Hook, injected faults and existence of memory. *host is NULL unless the answer is OK. */
static enum iommu_mem_status begin_access(struct bench *b, const struct iommu_access *access,
                                          enum event_kind kind, uint8_t **host)
{
    static const unsigned on[] = {
        [EVENT_READ] = ON_READ, [EVENT_WRITE] = ON_WRITE, [EVENT_AMO] = ON_AMO};
    if (b->hook != NULL)
        b->hook(b, access, kind);
    enum iommu_mem_status status = injected(b, access, on[kind]);
    *host = status == IOMMU_MEM_OK ? find_host(b, access->address, access->size) : NULL;
    if (status == IOMMU_MEM_OK && *host == NULL)
        status = IOMMU_MEM_ACCESS_FAULT;
    return status;
}

static void keep_data(struct event *event, const uint8_t *data, uint32_t size)
{
    memcpy(event->data, data, size < sizeof event->data ? size : sizeof event->data);
}

static enum iommu_mem_status on_read(void *context, const struct iommu_access *access, void *data)
{
    struct bench *b = context;
    uint8_t *host;
    enum iommu_mem_status status = begin_access(b, access, EVENT_READ, &host);
    struct event *event = log_event(b, EVENT_READ);
    event->access = *access;
    event->status = status;
    if (host != NULL) {
        memcpy(data, host, access->size);
        keep_data(event, host, access->size);
    }
    return status;
}

static enum iommu_mem_status on_write(void *context, const struct iommu_access *access,
                                      const void *data)
{
    struct bench *b = context;
    uint8_t *host;
    enum iommu_mem_status status = begin_access(b, access, EVENT_WRITE, &host);
    struct event *event = log_event(b, EVENT_WRITE);
    event->access = *access;
    event->status = status;
    keep_data(event, data, access->size);
    if (host != NULL)
        memcpy(host, data, access->size);
    return status;
}

static enum iommu_mem_status on_amo(void *context, const struct iommu_access *access,
                                    enum iommu_amo operation, uint64_t compare, uint64_t operand,
                                    uint64_t *old)
{
    struct bench *b = context;
    uint8_t *host;
    enum iommu_mem_status status = begin_access(b, access, EVENT_AMO, &host);
    struct event *event = log_event(b, EVENT_AMO);
    event->access = *access;
    event->status = status;
    event->amo = operation;
    event->amo_compare = compare;
    event->amo_operand = operand;
    if (host == NULL)
        return status;
    uint64_t before = bytes_to_value(host, access->size, false);
    uint64_t after = before;
    if (operation == IOMMU_AMO_OR)
        after = before | operand;
    else if (before == compare)
        after = operand;
    bench_put(b, access->address, access->size, after, false);
    event->amo_old = before;
    *old = before;
    return status;
}

static void on_message(void *context, const struct iommu_message *message)
{
    struct bench *b = context;
    log_event(b, EVENT_MESSAGE)->message = *message;
    if (b->hook != NULL)
        b->hook(b, NULL, EVENT_MESSAGE);
}

static void on_drain(void *context, bool reads, bool writes)
{
    struct bench *b = context;
    struct event *event = log_event(b, EVENT_DRAIN);
    event->drain_reads = reads;
    event->drain_writes = writes;
    if (b->hook != NULL)
        b->hook(b, NULL, EVENT_DRAIN);
}

/* --- log --------------------------------------------------------------------------- */

void bench_clear_log(struct bench *b)
{
    b->events = 0;
}

static bool is_access(const struct event *event, enum iommu_structure structure)
{
    return event->kind <= EVENT_AMO &&
           (structure == IOMMU_STRUCTURES || event->access.structure == structure);
}

size_t bench_accesses(struct bench *b, enum iommu_structure structure)
{
    size_t count = 0;
    if (b->flat)
        test_fatal(HERE, "accesses to flat memory are not logged: use TEST, not TEST_BOTH");
    for (size_t i = 0; i < b->events; i++)
        count += is_access(&b->event[i], structure);
    return count;
}

size_t bench_events(struct bench *b, enum event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < b->events; i++)
        count += b->event[i].kind == kind;
    return count;
}

const struct event *bench_event(struct bench *b, enum event_kind kind, size_t index)
{
    for (size_t i = 0; i < b->events; i++) {
        if (b->event[i].kind == kind && index-- == 0)
            return &b->event[i];
    }
    return NULL;
}

const struct event *bench_access(struct bench *b, enum iommu_structure structure, size_t index)
{
    for (size_t i = 0; i < b->events; i++) {
        if (is_access(&b->event[i], structure) && index-- == 0)
            return &b->event[i];
    }
    return NULL;
}

uint64_t event_value(const struct event *event, unsigned offset, unsigned size, bool big_endian)
{
    return bytes_to_value(event->data + offset, size, big_endian);
}

/* --- instance ---------------------------------------------------------------------- */

static struct bench *bench_allocate(void)
{
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL)
        test_fatal(HERE, "out of memory");
    b->next = all_benches;
    all_benches = b;
    add_window(b, BENCH_BASE, BENCH_SIZE);
    b->next_free = BENCH_BASE;
    b->flat = test_way() != WAY_CALLBACKS;
    return b;
}

static struct iommu_bus bench_bus(struct bench *b)
{
    struct iommu_bus bus = {
        .context = b,
        .read = on_read,
        .write = on_write,
        .amo = on_amo,
        .message = on_message,
        .drain = on_drain,
    };
    if (b->flat) {
        bus.flat_memory = b->window[0].memory;
        bus.flat_address = b->window[0].address;
        bus.flat_size = b->window[0].size;
    }
    return bus;
}

static struct bench *create(const char *config, config_tweak *tweak, bool with_amo)
{
    char error[256] = "";
    struct bench *b = bench_allocate();
    if (!iommu_config_named(config, &b->config))
        test_fatal(HERE, "there is no configuration %s", config);
    if (test_way() == WAY_UNCACHED) {
        b->config.ddt_cache_entries = 0;
        b->config.pdt_cache_entries = 0;
    }
    if (test_way() == WAY_UNCACHED || test_way() == WAY_WALKS)
        b->config.iotlb_entries = 0;
    if (tweak != NULL)
        tweak(&b->config);
    struct iommu_bus bus = bench_bus(b);
    if (!with_amo)
        bus.amo = NULL;
    b->iommu = iommu_create(&b->config, &bus, error, sizeof error);
    if (b->iommu == NULL)
        test_fatal(HERE, "iommu_create: %s", error);
    b->extended = HAS(b, MSI_FLAT);
    b->big_endian = REG_FIELD(b, FCTL, BE) != 0;
    return b;
}

struct bench *bench_create(const char *config, config_tweak *tweak)
{
    return create(config, tweak, true);
}

struct bench *bench_create_without_amo(const char *config, config_tweak *tweak)
{
    return create(config, tweak, false);
}

struct bench *bench_ready(const char *config, config_tweak *tweak)
{
    struct bench *b = bench_create(config, tweak);
    unsigned levels = 3;
    while (levels > 1 && (b->config.ddt_levels & 1u << (levels - 1)) == 0)
        levels--;
    bench_start(b, levels);
    return b;
}

void bench_set_fctl(struct bench *b, uint32_t value)
{
    REG_SET(b, FCTL, value);
    if (REG(b, FCTL) != value)
        test_fatal(HERE, "fctl does not take 0x%x", (unsigned)value);
    b->big_endian = (value & IOMMU_FCTL_BE_MASK) != 0;
}

void bench_set_mode(struct bench *b, unsigned mode)
{
    uint64_t value =
        IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, mode) | IOMMU_PREP(IOMMU_DDTP_PPN, b->ddt_root >> 12);
    REG_SET(b, DDTP, value);
    if (REG_FIELD(b, DDTP, IOMMU_MODE) != mode)
        test_fatal(HERE, "ddtp does not take mode %u", mode);
}

void bench_start(struct bench *b, unsigned levels)
{
    bench_start_queues(b);
    b->levels = levels;
    b->ddt_root = bench_page(b);
    bench_set_mode(b, IOMMU_DDTP_MODE_1LVL + levels - 1);
}

void bench_free_all(void)
{
    while (all_benches != NULL) {
        struct bench *b = all_benches;
        all_benches = b->next;
        iommu_destroy(b->iommu);
        for (size_t i = 0; i < BENCH_WINDOWS; i++)
            free(b->window[i].memory);
        free(b->event);
        free(b);
    }
}

/* --- registers --------------------------------------------------------------------- */

uint64_t reg_read(struct bench *b, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;
    enum iommu_mmio_status status = iommu_mmio_read(b->iommu, offset, size, &value);
    if (status != IOMMU_MMIO_OK)
        test_fatal(HERE, "register read at 0x%x answers %d", (unsigned)offset, (int)status);
    return value;
}

void reg_write(struct bench *b, uint32_t offset, uint32_t size, uint64_t value)
{
    enum iommu_mmio_status status = iommu_mmio_write(b->iommu, offset, size, value);
    if (status != IOMMU_MMIO_OK)
        test_fatal(HERE, "register write at 0x%x answers %d", (unsigned)offset, (int)status);
}
