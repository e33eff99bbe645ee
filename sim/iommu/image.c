/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that the IOMMU's own accesses reach: the design's and the model's alike. */
#include <string.h>

#include "bench.h"

struct image image;

void image_reset(void)
{
    static const uint64_t bases[] = {0x80000000ull, 0x400000ull, 0xffffff00000000ull,
                                     0x1234567800000ull & ~0x3fffffull};

    memset(&image, 0, sizeof(image));
    image.base = bases[below(4)];
}

bool image_has(uint64_t address, uint64_t size)
{
    return address >= image.base && address - image.base <= IMAGE_BYTES - size;
}

enum image_fault image_fault(uint64_t address, uint64_t size)
{
    enum image_fault worst = GOOD;

    if (!image_has(address, size))
        return DECERR;
    for (uint64_t at = address & ~(uint64_t)(LINE - 1); at < address + size; at += LINE) {
        enum image_fault fault = image.fault[(at - image.base) / LINE];

        if (fault != GOOD && (worst == GOOD || worst == POISON))
            worst = fault;
    }
    return worst;
}

static bool in_queue(uint64_t address)
{
    return image_has(address, 1) && image.queue_page[(address - image.base) / 4096];
}

void image_load(uint64_t address, uint64_t size, void *bytes)
{
    memset(bytes, 0, size);
    if (image_has(address, size))
        memcpy(bytes, image.bytes + (address - image.base), size);
}

void image_store(uint64_t address, uint64_t size, const void *bytes)
{
    if (!image_has(address, size) || memcmp(image.bytes + (address - image.base), bytes, size) == 0)
        return;
    if (image.queues_read && in_queue(address)) {
        remember_all(); /* what waits may have read what was here */
        pages_remember();
    }
    iommu_note_store(model, address, size);
    memcpy(image.bytes + (address - image.base), bytes, size);
}

uint64_t image_word(uint64_t address, unsigned size, bool big_endian)
{
    uint8_t bytes[8];

    image_load(address, size, bytes);
    return load_word(bytes, size, big_endian);
}

void image_put(uint64_t address, unsigned size, bool big_endian, uint64_t value)
{
    uint8_t bytes[8];

    store_word(bytes, size, big_endian, value);
    image_store(address, size, bytes);
}

uint64_t image_take(unsigned pages)
{
    uint32_t page = (image.next_page + pages - 1) & ~(pages - 1);

    if (page + pages > IMAGE_PAGES)
        return 0;
    image.next_page = page + pages;
    return image.base + page * 4096ull;
}

uint64_t image_take_queue(unsigned pages)
{
    uint64_t address = image_take(pages);

    for (unsigned i = 0; address != 0 && i < pages; i++)
        image.queue_page[(address - image.base) / 4096 + i] = true;
    return address;
}

void image_read_as_table(uint64_t address)
{
    image.queues_read |= in_queue(address);
}

/* --- the model's side -------------------------------------------------------------------- */

static enum iommu_mem_status status_of(enum image_fault fault)
{
    return fault == GOOD     ? IOMMU_MEM_OK
           : fault == POISON ? IOMMU_MEM_POISON
                             : IOMMU_MEM_ACCESS_FAULT;
}

static struct {
    uint64_t address, size;
    uint8_t bytes[64];
} pretended;

void image_pretend(uint64_t address, uint64_t size, const void *bytes)
{
    pretended.address = address;
    pretended.size = size;
    if (size != 0)
        memcpy(pretended.bytes, bytes, size);
}

static enum iommu_mem_status bus_read(void *context, const struct iommu_access *access, void *data)
{
    enum iommu_mem_status status = status_of(image_fault(access->address, access->size));

    (void)context;
    /* The model's history asks for old contents, whatever may be wrong with the line. */
    if (access->structure == IOMMU_DATA && image_has(access->address, access->size))
        status = IOMMU_MEM_OK;
    if (status == IOMMU_MEM_OK)
        image_load(access->address, access->size, data);
    if (status == IOMMU_MEM_OK && access->structure == IOMMU_DDT && pretended.size != 0 &&
        access->address == pretended.address && access->size == pretended.size)
        memcpy(data, pretended.bytes, pretended.size);
    return status;
}

static enum iommu_mem_status bus_write(void *context, const struct iommu_access *access,
                                       const void *data)
{
    enum image_fault fault = image_fault(access->address, access->size);

    (void)context;
    if (model_stores(access, data))
        return IOMMU_MEM_OK;
    return fault == GOOD || fault == POISON ? IOMMU_MEM_OK : IOMMU_MEM_ACCESS_FAULT;
}

static enum iommu_mem_status bus_amo(void *context, const struct iommu_access *access,
                                     enum iommu_amo operation, uint64_t compare, uint64_t operand,
                                     uint64_t *old)
{
    (void)context;
    (void)operand;
    /* Nothing is stored: the design's own update is what counts. */
    *old = operation == IOMMU_AMO_CAS ? compare : 0;
    return status_of(image_fault(access->address, access->size));
}

static void bus_message(void *context, const struct iommu_message *message)
{
    (void)context;
    ats_message(message);
}

static void bus_drain(void *context, bool reads, bool writes)
{
    (void)context;
    model_drains(reads, writes);
}

struct iommu_bus image_bus(void)
{
    return (struct iommu_bus){.read = bus_read,
                              .write = bus_write,
                              .amo = bus_amo,
                              .message = bus_message,
                              .drain = bus_drain};
}
