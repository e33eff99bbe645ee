/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The `virt` machine's memory map */
#define PLATFORM_REGISTERS 0x03010000u
#define ECAM 0x30000000u
#define PCI_WINDOW 0x40000000u
#define PCI_IOMMU_DEVFN 0x10u
#define PCI_IOMMU_BAR (PCI_WINDOW + 0x00800000u)

/* PCI configuration space */
#define PCI_COMMAND 0x04u
#define PCI_BAR0 0x10u
#define PCI_MEMORY_AND_MASTER 0x6u

/* edu: its MSI capability, its registers, its buffer as its DMA engine sees it */
#define EDU_MSI 0x40u
#define EDU_MSI_ENABLE 0x00010000u
#define EDU_RAISE 0x60u
#define EDU_SOURCE 0x80u
#define EDU_DESTINATION 0x88u
#define EDU_COUNT 0x90u
#define EDU_COMMAND 0x98u
#define EDU_RUN 0x1u
#define EDU_TO_MEMORY 0x2u
#define EDU_BUFFER 0x40000u

/* Function 0 of four slots: one that fits each width of DDI[0], two that do not */
static const uint8_t device_slot[RIG_DEVICES] = {0x01, 0x03, 0x09, 0x1f};

/* ------------------------------------------------------------------------- memory --- */

struct range {
    uint64_t first, last;
};

bool rig_is_ram(uint64_t address, uint64_t size)
{
    return address >= QTEST_RAM_BASE && address - QTEST_RAM_BASE <= QTEST_RAM_SIZE - size;
}

bool rig_is_forbidden(uint64_t address, uint64_t size)
{
    /* Devices below RAM, but for a hole that single bit flips of arena addresses reach,
     * and the upper PCI window, which reads as ones where nothing is */
    static const struct range devices[] = {
        {0x00000000, 0x05ffffff}, {0x0c000000, 0x7fffffff}, {0x400000000, 0x7ffffffff}};
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (address <= devices[i].last && address + size > devices[i].first)
            return true;
    return false;
}

uint8_t *rig_host(const struct rig *rig, int side, uint64_t address)
{
    return rig->ram[side] + (address - QTEST_RAM_BASE);
}

void rig_store(struct rig *rig, uint64_t address, unsigned size, uint64_t value)
{
    if (!rig_is_ram(address, size))
        return;
    for (int side = 0; side < SIDES; side++)
        for (unsigned i = 0; i < size; i++)
            rig_host(rig, side, address)[i] = (uint8_t)(value >> (8 * i));
}

uint64_t rig_load(const struct rig *rig, int side, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    if (rig_is_ram(address, size))
        for (unsigned i = 0; i < size; i++)
            value |= (uint64_t)rig_host(rig, side, address)[i] << (8 * i);
    return value;
}

uint64_t rig_pages(struct rig *rig, unsigned count, unsigned align)
{
    uint32_t first = (rig->next_page + align - 1) & ~(align - 1);
    if (first + count > ARENA_PAGES - SPARE_PAGES)
        return SPARE_BASE; /* full: tables then share these, which is legal as well */
    rig->next_page = first + count;
    uint64_t address = ARENA_BASE + (uint64_t)first * PAGE;
    for (int side = 0; side < SIDES; side++)
        memset(rig_host(rig, side, address), 0, (size_t)count * PAGE);
    return address;
}

void rig_free_pages(struct rig *rig)
{
    rig->next_page = FREE_PAGES;
}

uint64_t rig_first_difference(const struct rig *rig, uint64_t from, uint64_t size)
{
    const uint8_t *a = rig_host(rig, QEMU, from);
    const uint8_t *b = rig_host(rig, MODEL, from);
    if (memcmp(a, b, size) == 0)
        return 0;
    for (uint64_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return from + i;
    return 0;
}

void rig_make_equal(struct rig *rig, uint64_t from, uint64_t size)
{
    memcpy(rig_host(rig, QEMU, from), rig_host(rig, MODEL, from), size);
}

/* --------------------------------------------------------------- the model's bridge --- */

static enum iommu_mem_status bridge_read(void *context, const struct iommu_access *access,
                                         void *data)
{
    const struct rig *rig = context;
    if (!rig_is_ram(access->address, access->size))
        return IOMMU_MEM_ACCESS_FAULT;
    memcpy(data, rig_host(rig, MODEL, access->address), access->size);
    return IOMMU_MEM_OK;
}

static enum iommu_mem_status bridge_write(void *context, const struct iommu_access *access,
                                          const void *data)
{
    const struct rig *rig = context;
    if (!rig_is_ram(access->address, access->size))
        return IOMMU_MEM_ACCESS_FAULT;
    memcpy(rig_host(rig, MODEL, access->address), data, access->size);
    return IOMMU_MEM_OK;
}

static void bridge_message(void *context, const struct iommu_message *message)
{
    struct rig *rig = context;
    rig->messages++;
    if (message->kind == IOMMU_MSG_INVALIDATION_REQUEST) {
        rig->itags_open |= 1u << message->itag;
        rig->itag_device[message->itag] = message->device_id;
    }
}

void rig_complete_invalidations(struct rig *rig)
{
    while (rig->itags_open != 0) {
        unsigned itag = (unsigned)__builtin_ctz(rig->itags_open);
        rig->itags_open &= ~(1u << itag);
        iommu_invalidation_completion(rig->model, rig->itag_device[itag], 1u << itag, 1);
    }
}

/* ---------------------------------------------------------------------------- set-up --- */

/* The model gets what QEMU's device says that it has, and nothing else. */
static bool make_model(struct rig *rig, char *error, size_t error_size)
{
    struct iommu_config *config = &rig->config;
    if (!iommu_config_named("max", config)) {
        snprintf(error, error_size, "the model has no configuration \"max\"");
        return false;
    }
    uint64_t caps = rig->capabilities;
    config->capabilities = caps;
    config->ddt_levels = IOMMU_DDT_1LVL | IOMMU_DDT_2LVL | IOMMU_DDT_3LVL;
    config->reset_mode = IOMMU_DDTP_MODE_OFF;
    config->fctl_reset = 0;
    config->fctl_writable =
        IOMMU_GET(caps, IOMMU_CAPABILITIES_IGS) == IOMMU_IGS_BOTH ? IOMMU_FCTL_WSI_MASK : 0;
    if (rig->setup->gxl_writable)
        config->fctl_writable |= IOMMU_FCTL_GXL_MASK;
    config->queue_log2_max = 32;
    config->vector_bits = 2;
    config->hpm_counters = (caps & IOMMU_CAPABILITIES_HPM_MASK) != 0 ? 31 : 0;
    config->hpm_counter_bits = 64;
    config->hpm_cycle_bits = 63;
    config->itags = 32;
    config->bare_page_log2 = 12;
    /* QEMU takes msiptp with iohgatp Bare, which the specification leaves open */
    config->check_bare_msiptp = false;
    config->check_pas_early = false;
    config->mrif_big_endian = false;
    config->ddt_cache_entries = rig->setup->caches ? 16 : 0;
    config->pdt_cache_entries = rig->setup->caches ? 16 : 0;
    config->iotlb_entries = rig->setup->caches ? 32 : 0;
    config->manual = false;
    config->history = false;

    struct iommu_bus bus = {
        .context = rig, .read = bridge_read, .write = bridge_write, .message = bridge_message};
    if (rig->setup->caches) {
        bus.flat_memory = rig->ram[MODEL];
        bus.flat_address = QTEST_RAM_BASE;
        bus.flat_size = QTEST_RAM_SIZE;
    }
    rig->model = iommu_create(config, &bus, error, error_size);
    return rig->model != NULL;
}

static void enable_function(struct rig *rig, uint64_t config, uint64_t bar)
{
    qtest_write(rig->qemu, config + PCI_BAR0, 4, bar);
    qtest_write(rig->qemu, config + PCI_COMMAND, 4, PCI_MEMORY_AND_MASTER);
}

static void find_devices(struct rig *rig)
{
    if (rig->setup->pci)
        enable_function(rig, ECAM + (PCI_IOMMU_DEVFN << 12), PCI_IOMMU_BAR);
    rig->registers = rig->setup->pci ? PCI_IOMMU_BAR : PLATFORM_REGISTERS;
    for (unsigned i = 0; i < RIG_DEVICES; i++) {
        struct rig_device *device = &rig->device[i];
        device->device_id = (uint32_t)device_slot[i] << 3;
        device->config = ECAM + ((uint64_t)device->device_id << 12);
        device->bar = PCI_WINDOW + (uint64_t)i * 0x100000;
        enable_function(rig, device->config, device->bar);
        qtest_write(rig->qemu, device->config + EDU_MSI, 4, EDU_MSI_ENABLE);
    }
}

static bool start_qemu(struct rig *rig, const char *program, char *error, size_t error_size)
{
    char edu[RIG_DEVICES][64];
    const char *arguments[32];
    size_t count = 0;
    arguments[count++] = "-M";
    arguments[count++] = rig->setup->pci ? "virt,memory-backend=ram"
                                         : "virt,aia=aplic-imsic,iommu-sys=on,memory-backend=ram";
    /* QEMU goes through its whole cache for each invalidation, so it had better be small */
    arguments[count++] = "-global";
    arguments[count++] = "riscv-iommu.ioatc-limit=64";
    if (rig->setup->pci) { /* before the devices, that it finds them */
        arguments[count++] = "-device";
        arguments[count++] = "riscv-iommu-pci,addr=02.0";
    }
    for (unsigned i = 0; i < RIG_DEVICES; i++) {
        snprintf(edu[i], sizeof edu[i], "edu,addr=%02x.0,dma_mask=0xffffffffffffffff",
                 (unsigned)device_slot[i]);
        arguments[count++] = "-device";
        arguments[count++] = edu[i];
    }
    for (size_t i = 0; rig->setup->arguments[i] != NULL; i++)
        arguments[count++] = rig->setup->arguments[i];
    arguments[count] = NULL;
    rig->qemu = qtest_start(program, arguments, error, error_size);
    return rig->qemu != NULL;
}

struct rig *rig_open(const struct setup *setup, const char *program, char *error, size_t error_size)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (rig == NULL)
        return NULL;
    rig->setup = setup;
    if (!start_qemu(rig, program, error, error_size)) {
        rig_close(rig);
        return NULL;
    }
    rig->ram[QEMU] = qtest_ram(rig->qemu);
    void *ram = mmap(NULL, QTEST_RAM_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    rig->ram[MODEL] = ram == MAP_FAILED ? NULL : ram;
    find_devices(rig);
    rig->capabilities = qtest_read_now(rig->qemu, rig->registers + IOMMU_REG_CAPABILITIES, 8);
    if (rig->ram[MODEL] == NULL || IOMMU_GET(rig->capabilities, IOMMU_CAPABILITIES_VERSION) == 0) {
        snprintf(error, error_size, "no memory, or no RISC-V IOMMU in this QEMU");
        rig_close(rig);
        return NULL;
    }
    if (!make_model(rig, error, error_size)) {
        rig_close(rig);
        return NULL;
    }
    memset(rig_host(rig, QEMU, ARENA_BASE), 0, ARENA_SIZE);
    rig_free_pages(rig);
    return rig;
}

void rig_close(struct rig *rig)
{
    if (rig == NULL)
        return;
    iommu_destroy(rig->model);
    qtest_stop(rig->qemu);
    if (rig->ram[MODEL] != NULL)
        munmap(rig->ram[MODEL], QTEST_RAM_SIZE);
    free(rig);
}

/* ------------------------------------------------------------------------- registers --- */

void rig_write(struct rig *rig, uint32_t offset, unsigned size, uint64_t value)
{
    qtest_write(rig->qemu, rig->registers + offset, size, value);
    iommu_mmio_write(rig->model, offset, size, value);
}

void rig_read(struct rig *rig, uint32_t offset, unsigned size, uint64_t value[SIDES])
{
    value[QEMU] = qtest_read_now(rig->qemu, rig->registers + offset, size);
    iommu_mmio_read(rig->model, offset, size, &value[MODEL]);
}

void rig_set_ddtp(struct rig *rig, unsigned mode, uint64_t root)
{
    uint64_t ppn = IOMMU_PREP(IOMMU_DDTP_PPN, root >> 12);
    rig_write(rig, IOMMU_REG_DDTP, 8, ppn | IOMMU_DDTP_MODE_OFF);
    rig_write(rig, IOMMU_REG_DDTP, 8, ppn | IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, mode));
}

static uint64_t queue_base(uint64_t address)
{
    uint64_t log2 = (uint64_t)__builtin_ctz(QUEUE_ENTRIES) - 1;
    return IOMMU_PREP(IOMMU_CQB_PPN, address >> 12) | IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, log2);
}

void rig_start_queues(struct rig *rig)
{
    rig_write(rig, IOMMU_REG_CQCSR, 4, 0);
    rig_write(rig, IOMMU_REG_FQCSR, 4, 0);
    rig_write(rig, IOMMU_REG_CQB, 8, queue_base(COMMAND_QUEUE));
    rig_write(rig, IOMMU_REG_FQB, 8, queue_base(FAULT_QUEUE));
    rig_write(rig, IOMMU_REG_CQT, 4, 0);
    rig_write(rig, IOMMU_REG_FQH, 4, 0);
    rig_write(rig, IOMMU_REG_IPSR, 4, 0xf);
    rig_write(rig, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK);
    rig_write(rig, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK);
    rig->command_tail = 0;
    rig->fault_head[QEMU] = 0;
    rig->fault_head[MODEL] = 0;
}

void rig_command(struct rig *rig, uint64_t first, uint64_t second)
{
    uint64_t address = COMMAND_QUEUE + (uint64_t)rig->command_tail * IOMMU_CMD_IOTINVAL_BYTES;
    rig_store(rig, address, 8, first);
    rig_store(rig, address + 8, 8, second);
    rig->command_tail = (rig->command_tail + 1) % QUEUE_ENTRIES;
}

void rig_submit(struct rig *rig)
{
    rig_write(rig, IOMMU_REG_CQT, 4, rig->command_tail);
    rig_complete_invalidations(rig);
}

void rig_invalidate(struct rig *rig)
{
    rig_command(rig, IOMMU_OPCODE_IODIR, 0);
    rig_command(rig, IOMMU_OPCODE_IOTINVAL, 0);
    rig_command(
        rig,
        IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_IOTINVAL_FUNC3, IOMMU_FUNC3_IOTINVAL_GVMA), 0);
    rig_submit(rig);
}

/* -------------------------------------------------------------------------- requests --- */

void rig_take_records(struct rig *rig, int side, uint32_t fqt, struct seen *seen)
{
    uint32_t *head = &rig->fault_head[side];
    seen->records = 0;
    for (; *head != fqt && seen->records < QUEUE_ENTRIES; *head = (*head + 1) % QUEUE_ENTRIES) {
        if (seen->records < RECORDS)
            for (unsigned i = 0; i < 4; i++)
                seen->record[seen->records].word[i] =
                    rig_load(rig, side, FAULT_QUEUE + (uint64_t)*head * 32 + 8 * i, 8);
        seen->records++;
    }
}

void rig_acknowledge(struct rig *rig)
{
    qtest_write(rig->qemu, rig->registers + IOMMU_REG_FQH, 4, rig->fault_head[QEMU]);
    iommu_mmio_write(rig->model, IOMMU_REG_FQH, 4, rig->fault_head[MODEL]);
}

void rig_debug_qemu(struct rig *rig, uint64_t iova, uint64_t control, uint64_t *response,
                    uint64_t *fqt)
{
    qtest_write(rig->qemu, rig->registers + IOMMU_REG_TR_REQ_IOVA, 8, iova);
    qtest_write(rig->qemu, rig->registers + IOMMU_REG_TR_REQ_CTL, 8, control);
    qtest_read(rig->qemu, rig->registers + IOMMU_REG_TR_RESPONSE, 8, response);
    qtest_read(rig->qemu, rig->registers + IOMMU_REG_FQT, 4, fqt);
}

void rig_dma_qemu(struct rig *rig, const struct rig_device *device, bool write, uint64_t iova,
                  uint32_t at, uint32_t length)
{
    uint64_t buffer = EDU_BUFFER + at;
    uint64_t busy;
    qtest_write(rig->qemu, device->bar + EDU_SOURCE, 8, write ? buffer : iova);
    qtest_write(rig->qemu, device->bar + EDU_DESTINATION, 8, write ? iova : buffer);
    qtest_write(rig->qemu, device->bar + EDU_COUNT, 8, length);
    qtest_write(rig->qemu, device->bar + EDU_COMMAND, 8, EDU_RUN | (write ? EDU_TO_MEMORY : 0));
    do {
        busy = qtest_read_now(rig->qemu, device->bar + EDU_COMMAND, 8) & EDU_RUN;
    } while (busy != 0);
}

void rig_message_qemu(struct rig *rig, const struct rig_device *device, uint64_t iova,
                      uint16_t data, uint64_t *fqt)
{
    qtest_write(rig->qemu, device->config + EDU_MSI + 0x4, 4, iova & 0xfffffffc);
    qtest_write(rig->qemu, device->config + EDU_MSI + 0x8, 4, iova >> 32);
    qtest_write(rig->qemu, device->config + EDU_MSI + 0xc, 4, data);
    qtest_write(rig->qemu, device->bar + EDU_RAISE, 4, 1);
    qtest_read(rig->qemu, rig->registers + IOMMU_REG_FQT, 4, fqt);
}

void rig_dump_qemu(struct rig *rig, const struct rig_device *device)
{
    uint64_t ddtp[SIDES];
    rig_read(rig, IOMMU_REG_DDTP, 8, ddtp);
    rig_set_ddtp(rig, IOMMU_DDTP_MODE_BARE, 0);
    rig_invalidate(rig);
    rig_dma_qemu(rig, device, true, DUMP_PAGE, 0, DEVICE_BUFFER);
    rig_set_ddtp(rig, (unsigned)IOMMU_GET(ddtp[MODEL], IOMMU_DDTP_IOMMU_MODE),
                 IOMMU_GET(ddtp[MODEL], IOMMU_DDTP_PPN) << 12);
    rig_invalidate(rig);
}
