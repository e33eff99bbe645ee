/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "host.h"

static uint64_t random_state = 1;
static unsigned failures;

uint64_t host_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

void host_expect(bool good, const char *file, int line, const char *text)
{
    if (good)
        return;
    if (failures++ < 20)
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

/* --- registers --- */

static void tell_lies(struct world *world, uint32_t offset, uint64_t *value)
{
    if (world->lie.offset != offset || (world->lie.clear | world->lie.set) == 0)
        return;
    if (world->lie.after > 0) {
        world->lie.after--;
        return;
    }
    *value = (*value & ~(uint64_t)world->lie.clear) | world->lie.set;
    if (world->lie.times > 0 && --world->lie.times == 0)
        world->lie.clear = world->lie.set = 0;
}

static uint64_t read_register(struct world *world, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    EXPECT(iommu_mmio_read(world->model, offset, size, &value) == IOMMU_MMIO_OK);
    tell_lies(world, offset, &value);
    return value;
}

static void write_register(struct world *world, uint32_t offset, uint32_t size, uint64_t value)
{
    if (world->writes < 512)
        world->register_writes[world->writes++] = offset;
    EXPECT(iommu_mmio_write(world->model, offset, size, value) == IOMMU_MMIO_OK);
}

static uint32_t read32(void *context, uint32_t offset)
{
    return (uint32_t)read_register(context, offset, 4);
}

static uint64_t read64(void *context, uint32_t offset)
{
    return read_register(context, offset, 8);
}

static void write32(void *context, uint32_t offset, uint32_t value)
{
    write_register(context, offset, 4, value);
}

static void write64(void *context, uint32_t offset, uint64_t value)
{
    write_register(context, offset, 8, value);
}

static uint64_t now(void *context)
{
    struct world *world = context;

    if (world->on_time != NULL)
        world->on_time(world);
    return ++world->time;
}

/* --- memory, as the library sees it --- */

static void *at(struct world *world, uint64_t address, uint64_t size)
{
    if (address % size != 0 || address > MEMORY_BYTES - size) {
        fprintf(stderr, "the library touches 0x%llx\n", (unsigned long long)address);
        abort();
    }
    return world->bytes + address;
}

static uint64_t load64(void *context, uint64_t address)
{
    struct world *world = context;
    uint64_t value;

    memcpy(&value, at(world, address, 8), 8);
    return world->swap ? __builtin_bswap64(value) : value;
}

static uint32_t load32(void *context, uint64_t address)
{
    struct world *world = context;
    uint32_t value;

    memcpy(&value, at(world, address, 4), 4);
    return world->swap ? __builtin_bswap32(value) : value;
}

static void publish(struct world *world)
{
    for (uint32_t i = 0; i < world->stores; i++)
        memcpy(world->seen + world->store[i].address, world->bytes + world->store[i].address,
               world->store[i].size);
    world->stores = 0;
}

/* The memory is as weak as it may be: the IOMMU sees the last store at once, and those before it
 * only after a fence. */
static void note_store(struct world *world, uint64_t address, uint64_t size)
{
    if (world->stores == UNFENCED)
        publish(world);
    world->store[world->stores].address = address;
    world->store[world->stores++].size = size;
    if (world->on_store != NULL)
        world->on_store(world);
}

static void store64(void *context, uint64_t address, uint64_t value)
{
    struct world *world = context;

    value = world->swap ? __builtin_bswap64(value) : value;
    memcpy(at(world, address, 8), &value, 8);
    note_store(world, address, 8);
}

static void store32(void *context, uint64_t address, uint32_t value)
{
    struct world *world = context;

    value = world->swap ? __builtin_bswap32(value) : value;
    memcpy(at(world, address, 4), &value, 4);
    note_store(world, address, 4);
}

static void fence(void *context)
{
    publish(context);
}

uint64_t world_load(struct world *world, uint64_t address)
{
    return load64(world, address);
}

/* --- memory, as the IOMMU sees it --- */

static enum iommu_mem_status check(struct world *world, const struct iommu_access *access)
{
    if (access->address >= MEMORY_BYTES || access->size > MEMORY_BYTES - access->address)
        return IOMMU_MEM_ACCESS_FAULT;
    if (world->bad_times > 0 && access->address <= world->bad_last &&
        access->address + access->size > world->bad_first) {
        world->bad_times--;
        return world->bad_status;
    }
    return IOMMU_MEM_OK;
}

static enum iommu_mem_status bus_read(void *context, const struct iommu_access *access, void *data)
{
    struct world *world = context;
    enum iommu_mem_status status = check(world, access);

    if (status == IOMMU_MEM_ACCESS_FAULT)
        return status;
    memcpy(data, world->seen + access->address, access->size);
    for (uint64_t i = 0; world->stores > 0 && i < access->size; i++) {
        uint64_t from = world->store[world->stores - 1].address;

        if (access->address + i - from < world->store[world->stores - 1].size)
            ((uint8_t *)data)[i] = world->bytes[access->address + i];
    }
    return status;
}

static enum iommu_mem_status bus_write(void *context, const struct iommu_access *access,
                                       const void *data)
{
    struct world *world = context;
    enum iommu_mem_status status = check(world, access);

    if (status == IOMMU_MEM_ACCESS_FAULT)
        return status;
    memcpy(world->bytes + access->address, data, access->size);
    memcpy(world->seen + access->address, data, access->size);
    if (access->structure == IOMMU_MSI) {
        world->msi_address = access->address;
        memcpy(&world->msi_data, data, 4);
        world->msis++;
    }
    return status;
}

static void bus_message(void *context, const struct iommu_message *message)
{
    struct world *world = context;

    if (world->messages < MESSAGES)
        world->message[world->messages++] = *message;
}

/* --- worlds --- */

void world_open(struct world *world, const char *config, void (*change)(struct iommu_config *))
{
    struct iommu_bus bus = {
        .context = world, .read = bus_read, .write = bus_write, .message = bus_message};
    struct rvi_bus rvi_bus = {world, read32, write32, read64, write64, now, 1000};
    struct rvi_memory memory = {world, load32, store32, load64, store64, fence};
    char error[128] = "";

    memset(world, 0, sizeof(*world));
    world->bytes = calloc(1, MEMORY_BYTES);
    world->seen = calloc(1, MEMORY_BYTES);
    EXPECT(iommu_config_named(config, &world->config));
    if (change != NULL)
        change(&world->config);
    world->model = iommu_create(&world->config, &bus, error, sizeof(error));
    if (world->bytes == NULL || world->seen == NULL || world->model == NULL) {
        fprintf(stderr, "no model: %s\n", error);
        exit(1);
    }
    world->bus = rvi_bus;
    world->memory = memory;
    world->region.next = FIRST_PAGE;
    world->region.end = MEMORY_BYTES / 2;
    world->pages = rvi_pages_from(&world->region);
    for (uint64_t i = world->region.next; i < world->region.end; i += 8) {
        const uint64_t stale = STALE;

        memcpy(world->bytes + i, &stale, 8);
        memcpy(world->seen + i, &stale, 8);
    }
}

void world_close(struct world *world)
{
    iommu_destroy(world->model);
    free(world->bytes);
    free(world->seen);
}

static bool has(const struct world *world, uint64_t mask)
{
    return (world->config.capabilities & mask) != 0;
}

struct rvi_setup world_setup(struct world *world)
{
    uint64_t igs = IOMMU_GET(world->config.capabilities, IOMMU_CAPABILITIES_IGS);
    struct rvi_setup setup = {
        .device_id_bits = (world->config.ddt_levels & IOMMU_DDT_3LVL) != 0 ? 24 : 16,
        .wires = igs == IOMMU_IGS_WSI,
        .commands = {RING_COMMANDS, 6},
        .faults = {RING_FAULTS, 4},
        .fence_word = FENCE_WORD,
        .root = ROOT,
    };

    if (has(world, IOMMU_CAPABILITIES_ATS_MASK)) {
        setup.requests.address = RING_REQUESTS;
        setup.requests.log2_entries = 4;
    }
    return setup;
}

void world_begin(struct world *world)
{
    struct rvi_setup setup = world_setup(world);

    EXPECT(rvi_open(&world->iommu, &world->bus, &world->memory) == RVI_OK);
    EXPECT(rvi_init(&world->iommu, &setup) == RVI_OK);
}

void world_start(struct world *world, const char *config)
{
    world_open(world, config, NULL);
    world_begin(world);
}

void world_start_ats(struct world *world)
{
    struct rvi_table table;
    struct rvi_ddt ddt;
    struct rvi_dc dc;

    world_start(world, "full");
    ddt = rvi_ddt_of(&world->iommu, world->pages);
    dc = world_context(world, &table, 0x100000, 1);
    dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    EXPECT(rvi_attach(&world->iommu, &ddt, 1, &dc) == RVI_OK);
}

struct iommu_response world_access(struct world *world, uint32_t device_id, uint64_t iova,
                                   enum iommu_access_kind kind)
{
    struct iommu_request request = {
        .device_id = device_id, .iova = iova, .access = (uint8_t)kind, .length = 4};

    return iommu_translate(world->model, &request);
}

bool reaches(struct world *world, uint32_t device_id, uint64_t iova, uint64_t address)
{
    struct iommu_response response = world_access(world, device_id, iova, IOMMU_READ);

    return response.status == IOMMU_SUCCESS && response.address == address;
}

bool blocked(struct world *world, uint32_t device_id, uint64_t iova, uint16_t cause)
{
    struct iommu_response response = world_access(world, device_id, iova, IOMMU_READ);

    return response.status != IOMMU_SUCCESS && response.cause == cause;
}

struct rvi_dc world_context(struct world *world, struct rvi_table *table, uint64_t target,
                            uint32_t pscid)
{
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};

    EXPECT(rvi_table_make(table, &world->memory, &world->pages, RVI_SV39) == RVI_OK);
    EXPECT(rvi_map(table, 0x10000, target, 0x10000, RVI_READ | RVI_WRITE | RVI_USER, NULL) ==
           RVI_OK);
    dc.fsc = rvi_table_pointer(table);
    dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, pscid);
    return dc;
}

/* --- the runner --- */

static void run(const struct test *tests, const char *only, unsigned *passed, unsigned *failed)
{
    for (; tests->name != NULL; tests++) {
        if (only != NULL && strcmp(only, tests->name) != 0)
            continue;
        failures = 0;
        random_state = 0x9e3779b97f4a7c15u;
        tests->run();
        printf("%s %s\n", failures == 0 ? "ok  " : "FAIL", tests->name);
        fflush(stdout);
        *(failures == 0 ? passed : failed) += 1;
    }
}

int main(int argc, char **argv)
{
    const struct test *const groups[] = {init_tests,   table_tests, update_tests, queue_tests,
                                         record_tests, event_tests, tree_tests,   pci_tests};
    unsigned passed = 0, failed = 0;

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        run(groups[i], argc > 1 ? argv[1] : NULL, &passed, &failed);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
