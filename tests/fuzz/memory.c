/* SPDX-License-Identifier: Apache-2.0 */
/* The memories behind the two sides, and what each access to them must look like. */
#include <string.h>

#include "fuzz.h"

#define BIT(structure) (1u << (structure))
#define AD_BITS (IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK)

/** Structures that are ever read, and the sizes at which each is accessed. */
static const uint32_t read_structures = BIT(IOMMU_DDT) | BIT(IOMMU_PDT) | BIT(IOMMU_FIRST_STAGE) |
                                        BIT(IOMMU_SECOND_STAGE) | BIT(IOMMU_MSI_PT) |
                                        BIT(IOMMU_MRIF) | BIT(IOMMU_CQ) | BIT(IOMMU_DATA);
static const uint32_t written_structures =
    BIT(IOMMU_FIRST_STAGE) | BIT(IOMMU_SECOND_STAGE) | BIT(IOMMU_MRIF) | BIT(IOMMU_NOTICE) |
    BIT(IOMMU_FENCE) | BIT(IOMMU_FQ) | BIT(IOMMU_PQ) | BIT(IOMMU_MSI) | BIT(IOMMU_DATA);
static const uint32_t amo_structures =
    BIT(IOMMU_FIRST_STAGE) | BIT(IOMMU_SECOND_STAGE) | BIT(IOMMU_MRIF);

/** One bit for each size that a structure's accesses may have. */
static const uint32_t sizes[IOMMU_STRUCTURES] = {
    [IOMMU_DDT] = 8 | 32 | 64,
    [IOMMU_PDT] = 8 | 16,
    [IOMMU_FIRST_STAGE] = 4 | 8,
    [IOMMU_SECOND_STAGE] = 4 | 8,
    [IOMMU_MSI_PT] = 16,
    [IOMMU_MRIF] = 8,
    [IOMMU_NOTICE] = 4,
    [IOMMU_CQ] = 16,
    [IOMMU_FENCE] = 4,
    [IOMMU_FQ] = 32,
    [IOMMU_PQ] = 16,
    [IOMMU_MSI] = 4,
};

/** What holds for every access, whatever it does. */
static void access_check(const struct side *side, const struct iommu_access *access,
                         uint32_t structures)
{
    const struct world *world = side->world;
    const struct iommu_config *config = &world->config;
    uint64_t last = access->address + access->size - 1;

    RULE(world, access->structure < IOMMU_STRUCTURES && (structures & BIT(access->structure)),
         "structure %u accessed in a way that it never is", access->structure);
    RULE(world, last >= access->address && last <= world->pas_mask,
         "access of %u bytes at %#llx is beyond PAS", access->size,
         (unsigned long long)access->address);
    RULE(world, access->rcid >> config->rcid_bits == 0 && access->mcid >> config->mcid_bits == 0,
         "access with RCID %u, MCID %u", access->rcid, access->mcid);
    RULE(world, HAS(world, QOSID) || (access->rcid == 0 && access->mcid == 0),
         "QoS IDs without capabilities.QOSID");
    if (access->structure == IOMMU_DATA) {
        RULE(world, side->in_dma, "a device's data accessed outside iommu_dma()");
        return;
    }
    RULE(world, (sizes[access->structure] & access->size) == access->size,
         "structure %u accessed with %u bytes", access->structure, access->size);
    RULE(world, access->address % access->size == 0, "misaligned access to structure %u at %#llx",
         access->structure, (unsigned long long)access->address);
}

/** Where the arena holds the bytes; NULL if they are not all inside. */
static uint8_t *arena_bytes(const struct side *side, uint64_t address, uint32_t size)
{
    uint64_t offset = address - side->world->base;

    if (offset >= ARENA_BYTES || ARENA_BYTES - offset < size)
        return NULL;
    return side->memory + offset;
}

static enum iommu_mem_status injected(const struct world *world, const struct iommu_access *access,
                                      bool write)
{
    for (unsigned i = 0; i < INJECTIONS; i++) {
        const struct injection *injection = &world->injection[i];

        if (injection->size != 0 && access->address < injection->address + injection->size &&
            injection->address < access->address + access->size &&
            (injection->structures >> access->structure & 1) != 0 &&
            (write || !injection->writes_only))
            return injection->status;
    }
    return IOMMU_MEM_OK;
}

static enum iommu_mem_status read_memory(void *context, const struct iommu_access *access,
                                         void *data)
{
    struct side *side = context;
    const uint8_t *bytes;
    enum iommu_mem_status status = injected(side->world, access, false);

    /* A history looks at memory on its own account. */
    if (!(side->history && access->structure == IOMMU_DATA && access->size == 8 && !side->in_dma))
        access_check(side, access, read_structures);
    side->reads++;
    bytes = arena_bytes(side, access->address, access->size);
    if (bytes == NULL)
        return IOMMU_MEM_ACCESS_FAULT;
    if (status == IOMMU_MEM_OK)
        memcpy(data, bytes, access->size);
    return status;
}

/** Bits in which two PTEs differ may be A and D, newly set, in either byte order. */
static void ad_check(const struct world *world, const struct iommu_access *access,
                     const uint8_t *old, const uint8_t *new)
{
    uint32_t size = access->size;
    bool dirty = ((old[0] ^ new[0]) | (old[size - 1] ^ new[size - 1])) & IOMMU_PTE_D_MASK;

    for (uint32_t i = 0; i < size; i++) {
        bool flags = i == 0 || i == size - 1;
        unsigned changed = old[i] ^ new[i];

        RULE(world,
             changed == 0 || (flags && (changed & ~AD_BITS) == 0 && (new[i] & changed) == changed),
             "a PTE update changed byte %u from %02x to %02x", i, old[i], new[i]);
    }
    RULE(world, old[0] == new[0] || old[size - 1] == new[size - 1],
         "a PTE update changed both ends of the PTE");
    RULE(world, !(dirty && world->reads_only && access->structure == IOMMU_FIRST_STAGE),
         "D is set for a request that does not write");
    RULE(world, HAS(world, AMO_HWAD), "A/D update without AMO_HWAD");
}

/** Keep what is written to a queue, as the words that it stands for. */
static void keep_record(struct side *side, const struct iommu_access *access, const uint8_t *data,
                        struct record *records, uint32_t *count)
{
    struct record *record = &records[*count < RECORDS_MAX ? *count : RECORDS_MAX - 1];
    uint64_t fctl;

    iommu_mmio_read(side->iommu, IOMMU_REG_FCTL, 4, &fctl);
    record->address = access->address;
    for (uint32_t i = 0; i < access->size / 8; i++) {
        record->word[i] = 0;
        for (uint32_t j = 0; j < 8; j++) {
            uint32_t from = (fctl & IOMMU_FCTL_BE_MASK) != 0 ? 7 - j : j;

            record->word[i] |= (uint64_t)data[i * 8 + from] << (8 * j);
        }
    }
    ++*count;
}

static enum iommu_mem_status write_memory(void *context, const struct iommu_access *access,
                                          const void *data)
{
    struct side *side = context;
    uint8_t *bytes;
    enum iommu_mem_status status = injected(side->world, access, true);
    bool page_table =
        access->structure == IOMMU_FIRST_STAGE || access->structure == IOMMU_SECOND_STAGE;

    access_check(side, access, written_structures);
    RULE(side->world, !(page_table && side->world->setup.amo), "a PTE written, not swapped");
    bytes = arena_bytes(side, access->address, access->size);
    if (bytes == NULL)
        return IOMMU_MEM_ACCESS_FAULT;
    if (status != IOMMU_MEM_OK)
        return status;
    if (page_table) {
        ad_check(side->world, access, bytes, data);
    } else if (side->history) {
        /* The PTE updates of its own are the model's to note. */
        iommu_note_store(side->iommu, access->address, access->size);
    }
    memcpy(bytes, data, access->size);
    side->other_writes += !page_table;
    if (access->structure == IOMMU_FQ)
        keep_record(side, access, data, side->fault, &side->faults);
    if (access->structure == IOMMU_PQ)
        keep_record(side, access, data, side->page_request, &side->page_requests);
    return IOMMU_MEM_OK;
}

static void bytes_of(uint64_t value, uint32_t size, uint8_t *bytes)
{
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static enum iommu_mem_status swap_memory(void *context, const struct iommu_access *access,
                                         enum iommu_amo operation, uint64_t compare,
                                         uint64_t operand, uint64_t *old)
{
    struct side *side = context;
    const struct world *world = side->world;
    enum iommu_mem_status status = injected(world, access, true);
    uint8_t expected[8], next[8];
    uint8_t *bytes;

    access_check(side, access, amo_structures);
    RULE(world, access->size == 8 || (compare >> 32 == 0 && operand >> 32 == 0),
         "AMO operands wider than the access");
    bytes = arena_bytes(side, access->address, access->size);
    if (bytes == NULL)
        return IOMMU_MEM_ACCESS_FAULT;
    if (status != IOMMU_MEM_OK)
        return status;
    *old = 0;
    for (uint32_t i = 0; i < access->size; i++)
        *old |= (uint64_t)bytes[i] << (8 * i);
    if (access->structure == IOMMU_MRIF) {
        RULE(world,
             operation == IOMMU_AMO_OR && HAS(world, AMO_MRIF) && (operand & (operand - 1)) == 0 &&
                 operand != 0,
             "an MRIF changed by more than one bit");
        if (side->history)
            iommu_note_store(side->iommu, access->address, access->size);
        bytes_of(*old | operand, access->size, bytes);
        side->other_writes++;
        return IOMMU_MEM_OK;
    }
    RULE(world, operation == IOMMU_AMO_CAS, "a PTE is not compared before its update");
    bytes_of(compare, access->size, expected);
    bytes_of(operand, access->size, next);
    ad_check(world, access, expected, next);
    if (*old == compare)
        bytes_of(operand, access->size, bytes);
    return IOMMU_MEM_OK;
}

static void digest(struct side *side, uint64_t value)
{
    side->messages = (side->messages ^ value) * 0x100000001b3ull;
    side->messages ^= side->messages >> 29;
}

static void message(void *context, const struct iommu_message *message)
{
    struct side *side = context;
    const struct world *world = side->world;

    RULE(world, HAS(world, ATS) || message->automatic, "a message without capabilities.ATS");
    RULE(world,
         message->kind != IOMMU_MSG_INVALIDATION_REQUEST ||
             (message->itag < world->config.itags && !message->automatic),
         "an invalidation request with ITAG %u", message->itag);
    RULE(world, message->device_id >> (message->segment_valid ? 24 : 16) == 0,
         "a message to device %#x", message->device_id);
    RULE(world, message->pasid_valid ? message->process_id >> 20 == 0 : message->process_id == 0,
         "a message with PASID %#x", message->process_id);
    digest(side, 1u + (uint64_t)message->kind);
    digest(side, message->device_id | (uint64_t)message->segment_valid << 32);
    digest(side, message->process_id | (uint64_t)message->pasid_valid << 32);
    digest(side, message->itag);
    digest(side, message->payload);
    digest(side, message->automatic);
    side->message_count++;
    if (message->kind == IOMMU_MSG_INVALIDATION_REQUEST && side == &side->world->side[0])
        side->world->tag[message->itag] =
            (struct tag){message->device_id, message->segment_valid, 0};
}

static void drain(void *context, bool reads, bool writes)
{
    struct side *side = context;

    RULE(side->world, reads || writes, "a drain of nothing");
    digest(side, 0x100u | (uint64_t)reads << 1 | (uint64_t)writes);
}

void memory_bus(struct side *side, struct iommu_bus *bus)
{
    const struct setup *setup = &side->world->setup;

    memset(bus, 0, sizeof(*bus));
    bus->context = side;
    if (!setup->deaf) {
        bus->message = message;
        bus->drain = drain;
    }
    if (side->callbacks) {
        bus->read = read_memory;
        bus->write = write_memory;
        bus->amo = setup->amo ? swap_memory : NULL;
    } else {
        bus->flat_memory = side->memory;
        bus->flat_address = side->world->base;
        bus->flat_size = ARENA_BYTES;
    }
}

void store(struct world *world, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < SIDES; i++) {
        struct side *side = &world->side[i];

        if (side->history)
            iommu_note_store(side->iommu, world->base + offset, size);
        put_word(world, side->memory, offset, size, value);
    }
    world->changed = true;
}
