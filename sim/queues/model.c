/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden model as this bench uses it: one command or record at a time, and what it did. The
 * linker puts __wrap_cache_invalidate() in the place of the model's own function, so that its
 * invalidations are seen.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "internal.h"

static struct effects seen;

void __real_cache_invalidate(struct iommu *iommu, const struct invalidate *command);
void __wrap_cache_invalidate(struct iommu *iommu, const struct invalidate *command);

void __wrap_cache_invalidate(struct iommu *iommu, const struct invalidate *command)
{
    bool directory = command->opcode == IOMMU_OPCODE_IODIR;

    seen.invals++;
    seen.inval = (struct inval_seen){
        .kind = directory ? 2u + command->func3 : command->func3,
        .av = command->av,
        .gv = command->gv,
        .pscv = command->pscv,
        .dv = command->dv,
        .nl = command->nl && command->av,
        .first = command->av ? command->first : 0,
        .last =
            command->av ? command->last & 0xfffffffffffffull : 0, /* page numbers have 52 bits */
        .gscid = command->gv ? command->gscid : 0,
        .pscid = command->pscv ? command->pscid : 0,
        .device_id = command->dv ? command->device_id : 0,
        .process_id =
            directory && command->func3 == IOMMU_FUNC3_IODIR_INVAL_PDT ? command->process_id : 0,
    };
    __real_cache_invalidate(iommu, command);
}

static enum iommu_mem_status status_of(enum fault fault)
{
    return fault == FAULT_NONE     ? IOMMU_MEM_OK
           : fault == FAULT_POISON ? IOMMU_MEM_POISON
                                   : IOMMU_MEM_ACCESS_FAULT;
}

static enum iommu_mem_status read_memory(void *context, const struct iommu_access *access,
                                         void *data)
{
    enum fault fault = memory_fault(access->address, access->size, false);

    (void)context;
    if (fault == FAULT_NONE)
        memcpy(data, memory.model + (access->address - memory.base), access->size);
    return status_of(fault);
}

static enum iommu_mem_status write_memory(void *context, const struct iommu_access *access,
                                          const void *data)
{
    enum fault fault = memory_fault(access->address, access->size, true);

    (void)context;
    if (fault == FAULT_NONE)
        memcpy(memory.model + (access->address - memory.base), data, access->size);
    return status_of(fault);
}

static void send_message(void *context, const struct iommu_message *message)
{
    (void)context;
    seen.messages++;
    seen.message = *message;
}

static void drain(void *context, bool reads, bool writes)
{
    (void)context;
    seen.drains++;
    seen.drain_reads = reads;
    seen.drain_writes = writes;
}

struct iommu *model_create(const char *config)
{
    struct iommu_bus bus = {
        .read = read_memory, .write = write_memory, .message = send_message, .drain = drain};
    struct iommu_config settings;
    char error[200];
    struct iommu *iommu;

    if (!iommu_config_named(config, &settings))
        abort();
    settings.manual = true;
    iommu = iommu_create(&settings, &bus, error, sizeof(error));
    if (iommu == NULL)
        abort();
    return iommu;
}

enum iommu_command_status model_command(struct iommu *iommu, struct effects *effects)
{
    enum iommu_command_status status;

    memset(&seen, 0, sizeof(seen));
    status = iommu_process_command(iommu);
    *effects = seen;
    return status;
}

enum record_result model_fault(struct iommu *iommu, const struct record *record)
{
    struct fault_record fault = {
        .cause = record->cause,
        .ttyp = record->ttyp,
        .pv = record->pv,
        .priv = record->privileged,
        .pid = record->process_id,
        .did = record->device_id,
        .iotval = record->value[0],
        .iotval2 = record->value[1],
    };
    uint32_t csr = (uint32_t)model_read(iommu, IOMMU_REG_FQCSR, 4);
    uint64_t tail = model_read(iommu, IOMMU_REG_FQT, 4);

    fault_queue_put(iommu, &fault);
    if (model_read(iommu, IOMMU_REG_FQT, 4) != tail)
        return RECORD_STORED;
    if ((csr & IOMMU_FQCSR_FQON_MASK) == 0)
        return RECORD_OFF;
    csr = (uint32_t)model_read(iommu, IOMMU_REG_FQCSR, 4);
    return (csr & IOMMU_FQCSR_FQMF_MASK) != 0 ? RECORD_MEMORY_FAULT : RECORD_FULL;
}

enum record_result model_page(struct iommu *iommu, const struct record *record)
{
    struct iommu_page_request request = {
        .device_id = record->device_id,
        .process_id = record->process_id,
        .process_id_valid = record->pv,
        .privileged = record->privileged,
        .execute = record->execute,
        .payload = record->value[0],
    };

    switch (page_queue_put(iommu, &request)) {
    case PUT_DONE:
        return RECORD_STORED;
    case PUT_QUEUE_OFF:
        return RECORD_OFF;
    case PUT_MEMORY_FAULT:
        return RECORD_MEMORY_FAULT;
    default:
        return RECORD_FULL;
    }
}

bool model_completion(struct iommu *iommu, uint32_t device_id, uint32_t itags, uint8_t count)
{
    bool matches = false;

    for (unsigned i = 0; i < ITAGS; i++) {
        const struct invalidation *asked = &iommu->invalidation[i];
        uint32_t known = asked->segment_valid ? 0xffffffu : 0xffffu;

        matches |=
            (itags >> i & 1) != 0 && asked->busy && ((asked->device_id ^ device_id) & known) == 0;
    }
    /* What nobody asked for may become a fault record, which is not this bench's matter. */
    return matches && iommu_invalidation_completion(iommu, device_id, itags, count);
}

uint32_t model_itag_device(const struct iommu *iommu, unsigned itag)
{
    return iommu->invalidation[itag].device_id;
}

uint64_t model_read(struct iommu *iommu, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    iommu_mmio_read(iommu, offset, size, &value);
    return value;
}
