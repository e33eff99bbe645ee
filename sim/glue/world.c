/* SPDX-License-Identifier: Apache-2.0 */
/* The golden model with its memory, and what it does there. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "internal.h"

#define CQ_PAGE 6u
#define QUEUE_LOG2 8u
#define PAGE_BYTES 4096u

struct iommu *model;
struct effects effects;
bool big_endian;
uint8_t mrif_of_model[MRIF_BYTES], mrif_of_design[MRIF_BYTES];

static uint8_t memory[WORLD_PAGES * PAGE_BYTES] __attribute__((aligned(8)));
static uint64_t failed_page, poisoned_page, salt;

uint64_t swap64(uint64_t value)
{
    return __builtin_bswap64(value);
}

static bool in_tables(uint64_t address)
{
    return address >= WORLD_BASE && address - WORLD_BASE < sizeof(memory);
}

enum iommu_mem_status world_status(uint64_t address)
{
    uint64_t dice = ((address >> 4) ^ salt) * 0x9e3779b97f4a7c15ull >> 58;

    if (in_tables(address)) {
        if (address / PAGE_BYTES == failed_page)
            return IOMMU_MEM_ACCESS_FAULT;
        return address / PAGE_BYTES == poisoned_page ? IOMMU_MEM_POISON : IOMMU_MEM_OK;
    }
    if (address >> 28 < MRIF_BASE >> 28 || address >> 28 > NOTICE_BASE >> 28)
        return IOMMU_MEM_ACCESS_FAULT;
    if (address >> 28 == FQ_BASE >> 28)
        return IOMMU_MEM_OK;
    if (dice == 0)
        return IOMMU_MEM_ACCESS_FAULT;
    return dice == 1 && address >> 28 == MRIF_BASE >> 28 ? IOMMU_MEM_POISON : IOMMU_MEM_OK;
}

static enum iommu_mem_status read_memory(void *context, const struct iommu_access *access,
                                         void *data)
{
    enum iommu_mem_status status = world_status(access->address);

    (void)context;
    if (!in_tables(access->address) || !in_tables(access->address + access->size - 1))
        return IOMMU_MEM_ACCESS_FAULT;
    if (status == IOMMU_MEM_OK)
        memcpy(data, memory + (access->address - WORLD_BASE), access->size);
    return status;
}

static void note_store(const struct iommu_access *access, const void *data)
{
    struct store *store = &effects.store[effects.stores++ % 4];

    memset(store, 0, sizeof(*store));
    store->structure = access->structure;
    store->address = access->address;
    store->size = access->size;
    store->rcid = access->rcid;
    store->mcid = access->mcid;
    memcpy(store->value, data, access->size);
}

static enum iommu_mem_status write_memory(void *context, const struct iommu_access *access,
                                          const void *data)
{
    enum iommu_mem_status status = world_status(access->address);

    (void)context;
    if (access->structure == IOMMU_FQ) {
        uint64_t *record = effects.record[effects.records++ % 2];

        memcpy(record, data, 32);
        for (unsigned i = 0; i < 4 && big_endian; i++)
            record[i] = swap64(record[i]);
        return IOMMU_MEM_OK;
    }
    note_store(access, data);
    return status == IOMMU_MEM_POISON ? IOMMU_MEM_OK : status;
}

static enum iommu_mem_status atomic(void *context, const struct iommu_access *access,
                                    enum iommu_amo operation, uint64_t compare, uint64_t operand,
                                    uint64_t *old)
{
    enum iommu_mem_status status = world_status(access->address);
    uint8_t *at;

    (void)context;
    if (operation == IOMMU_AMO_OR)
        note_store(access, &operand);
    if (status != IOMMU_MEM_OK)
        return status;
    if (operation == IOMMU_AMO_OR) {
        at = mrif_of_model + (access->address - MRIF_BASE) % MRIF_BYTES;
    } else {
        if (!in_tables(access->address))
            return IOMMU_MEM_ACCESS_FAULT;
        at = memory + (access->address - WORLD_BASE);
    }
    *old = 0;
    memcpy(old, at, access->size);
    if (operation == IOMMU_AMO_OR)
        operand |= *old;
    if (operation == IOMMU_AMO_OR || *old == compare)
        memcpy(at, &operand, access->size);
    return IOMMU_MEM_OK;
}

static void send_message(void *context, const struct iommu_message *message)
{
    (void)context;
    effects.messages++;
    effects.message = *message;
}

uint64_t world_register(uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    iommu_mmio_read(model, offset, size, &value);
    return value;
}

void world_write(uint32_t offset, uint32_t size, uint64_t value)
{
    iommu_mmio_write(model, offset, size, value);
}

void world_watch(void)
{
    memset(&effects, 0, sizeof(effects));
    world_write(IOMMU_REG_FQH, 4, world_register(IOMMU_REG_FQT, 4));
    world_write(IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FQOF_MASK);
}

static void start_queue(uint32_t base, uint32_t csr, uint64_t address)
{
    world_write(base, 8,
                IOMMU_PREP(IOMMU_CQB_PPN, address >> PAGE_LOG2) |
                    IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, QUEUE_LOG2 - 1));
    world_write(csr, 4, IOMMU_CQCSR_CQEN_MASK);
}

void world_begin(void)
{
    struct iommu_bus bus = {
        .read = read_memory, .write = write_memory, .amo = atomic, .message = send_message};
    struct iommu_config settings;
    uint64_t mode = one_in(12)  ? below(2)
                    : one_in(3) ? IOMMU_DDTP_MODE_2LVL + below(2)
                                : IOMMU_DDTP_MODE_1LVL;
    char error[200];

    iommu_destroy(model);
    if (!iommu_config_named("full", &settings))
        abort();
    settings.manual = true;
    /* No caches: translations are to follow from the tables, whoever asks. */
    settings.ddt_cache_entries = settings.pdt_cache_entries = settings.iotlb_entries = 0;
    model = iommu_create(&settings, &bus, error, sizeof(error));
    if (model == NULL)
        abort();
    salt = random64();
    failed_page = one_in(4) ? WORLD_BASE / PAGE_BYTES + below(WORLD_PAGES) : 0;
    poisoned_page = one_in(4) ? WORLD_BASE / PAGE_BYTES + below(WORLD_PAGES) : 0;
    if (failed_page == WORLD_BASE / PAGE_BYTES + CQ_PAGE)
        failed_page = 0;
    if (poisoned_page == WORLD_BASE / PAGE_BYTES + CQ_PAGE)
        poisoned_page = 0;
    big_endian = one_in(2);
    tables_make(memory, big_endian);
    memset(mrif_of_model, 0, MRIF_BYTES);
    memset(mrif_of_design, 0, MRIF_BYTES);
    /* Wires, so that the model's interrupts are no stores. */
    world_write(IOMMU_REG_FCTL, 4,
                IOMMU_FCTL_WSI_MASK | (big_endian ? (uint32_t)IOMMU_FCTL_BE_MASK : 0));
    start_queue(IOMMU_REG_CQB, IOMMU_REG_CQCSR, WORLD_BASE + CQ_PAGE * PAGE_BYTES);
    start_queue(IOMMU_REG_FQB, IOMMU_REG_FQCSR, FQ_BASE);
    /* The root is page 1, of non-leaf entries, or page 0, of device contexts. */
    world_write(
        IOMMU_REG_DDTP, 8,
        IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, mode) |
            IOMMU_PREP(IOMMU_DDTP_PPN, (WORLD_BASE >> PAGE_LOG2) + (mode > IOMMU_DDTP_MODE_1LVL)));
}

void world_command(uint64_t low, uint64_t high)
{
    uint64_t tail = world_register(IOMMU_REG_CQT, 4);
    uint8_t *at = memory + CQ_PAGE * PAGE_BYTES + tail * 16;

    store_word(at, 8, big_endian, low);
    store_word(at + 8, 8, big_endian, high);
    world_write(IOMMU_REG_CQT, 4, (tail + 1) % (1u << QUEUE_LOG2));
    if (iommu_process_command(model) != IOMMU_COMMAND_DONE)
        fail("the model does not take a command of the bench");
}

struct located world_locate(uint32_t device_id)
{
    struct located located = {.cause = 0};
    struct iommu_request request = {.device_id = device_id};
    struct walk walk;
    struct device_context dc;
    unsigned mode = (unsigned)IOMMU_GET(model->ddtp, IOMMU_DDTP_IOMMU_MODE);

    memset(&walk, 0, sizeof(walk));
    walk.iommu = model;
    walk.request = &request;
    if (mode == IOMMU_DDTP_MODE_OFF)
        located.cause = IOMMU_CAUSE_ALL_INBOUND_DISALLOWED;
    else if (mode == IOMMU_DDTP_MODE_BARE || device_id_too_wide(model, mode, device_id))
        located.cause = IOMMU_CAUSE_TRANS_TYPE_DISALLOWED;
    else if (!locate_device_context(&walk, device_id, &dc))
        located.cause = walk.cause;
    if (located.cause != 0)
        return located;
    located.en_ats = (dc.tc & IOMMU_DC_TC_EN_ATS_MASK) != 0;
    located.en_pri = (dc.tc & IOMMU_DC_TC_EN_PRI_MASK) != 0;
    located.prpr = (dc.tc & IOMMU_DC_TC_PRPR_MASK) != 0;
    located.dtf = (dc.tc & IOMMU_DC_TC_DTF_MASK) != 0;
    located.t2gpa = (dc.tc & IOMMU_DC_TC_T2GPA_MASK) != 0;
    return located;
}

uint32_t world_itag_device(unsigned itag)
{
    return model->invalidation[itag].device_id;
}
