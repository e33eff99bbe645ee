/* SPDX-License-Identifier: Apache-2.0 */
/* Implicit accesses to memory: flat memory or callbacks, endianness, and tracing. */
#include <string.h>

#include "internal.h"

uint64_t load_word(const uint8_t *bytes, unsigned size, bool big_endian)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[big_endian ? size - 1 - i : i] << (8 * i);
    return value;
}

void store_word(uint8_t *bytes, unsigned size, bool big_endian, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        bytes[big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

/** Where flat memory holds the access; NULL if it does not lie in it as a whole. */
static uint8_t *flat_bytes(const struct iommu *iommu, uint64_t address, uint64_t size)
{
    const struct iommu_bus *bus = &iommu->bus;
    uint64_t offset = address - bus->flat_address;

    if (bus->flat_memory == NULL || offset >= bus->flat_size || bus->flat_size - offset < size)
        return NULL;
    return bus->flat_memory + offset;
}

/** "IOMMU capabilities": the addressable range ends at 2^PAS - 1. */
static bool beyond_pas(const struct iommu *iommu, uint64_t address, uint64_t size)
{
    uint64_t last = address + size - 1;

    return last < address || (last & ~iommu->pas_mask) != 0;
}

enum iommu_mem_status mem_read(struct iommu *iommu, const struct iommu_access *access, void *data)
{
    const uint8_t *flat;

    if (beyond_pas(iommu, access->address, access->size))
        return IOMMU_MEM_ACCESS_FAULT;
    flat = flat_bytes(iommu, access->address, access->size);
    if (flat != NULL) {
        /* Single-copy atomic per word: other threads may change tables meanwhile. */
        if (access->size == 4 && access->address % 4 == 0) {
            uint32_t word = __atomic_load_n((const uint32_t *)(const void *)flat, __ATOMIC_ACQUIRE);
            memcpy(data, &word, 4);
        } else if (access->size % 8 == 0 && access->address % 8 == 0) {
            for (uint32_t i = 0; i < access->size; i += 8) {
                uint64_t word =
                    __atomic_load_n((const uint64_t *)(const void *)(flat + i), __ATOMIC_ACQUIRE);
                memcpy((uint8_t *)data + i, &word, 8);
            }
        } else {
            memcpy(data, flat, access->size);
        }
        return IOMMU_MEM_OK;
    }
    if (iommu->bus.read == NULL)
        return IOMMU_MEM_ACCESS_FAULT;
    return iommu->bus.read(iommu->bus.context, access, data);
}

enum iommu_mem_status mem_write(struct iommu *iommu, const struct iommu_access *access,
                                const void *data)
{
    uint8_t *flat;

    if (beyond_pas(iommu, access->address, access->size))
        return IOMMU_MEM_ACCESS_FAULT;
    flat = flat_bytes(iommu, access->address, access->size);
    if (flat != NULL) {
        if (access->size == 4 && access->address % 4 == 0) {
            uint32_t word;
            memcpy(&word, data, 4);
            __atomic_store_n((uint32_t *)(void *)flat, word, __ATOMIC_RELEASE);
        } else {
            memcpy(flat, data, access->size);
        }
        return IOMMU_MEM_OK;
    }
    if (iommu->bus.write == NULL)
        return IOMMU_MEM_ACCESS_FAULT;
    return iommu->bus.write(iommu->bus.context, access, data);
}

static uint64_t amo_result(enum iommu_amo operation, uint64_t old, uint64_t compare,
                           uint64_t operand)
{
    if (operation == IOMMU_AMO_OR)
        return old | operand;
    return old == compare ? operand : old;
}

/** The read-modify-write on flat memory, with host atomics. */
static uint64_t flat_amo(uint8_t *flat, unsigned size, enum iommu_amo operation, uint64_t compare,
                         uint64_t operand)
{
    uint8_t bytes[8] = {0};
    uint64_t old;

    if (size == 4) {
        uint32_t *word = (uint32_t *)(void *)flat;
        uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE), next;
        do {
            memcpy(bytes, &seen, 4);
            old = load_word(bytes, 4, false);
            store_word(bytes, 4, false, amo_result(operation, old, compare, operand));
            memcpy(&next, bytes, 4);
        } while (!__atomic_compare_exchange_n(word, &seen, next, false, __ATOMIC_ACQ_REL,
                                              __ATOMIC_ACQUIRE));
    } else {
        uint64_t *word = (uint64_t *)(void *)flat;
        uint64_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE), next;
        do {
            memcpy(bytes, &seen, 8);
            old = load_word(bytes, 8, false);
            store_word(bytes, 8, false, amo_result(operation, old, compare, operand));
            memcpy(&next, bytes, 8);
        } while (!__atomic_compare_exchange_n(word, &seen, next, false, __ATOMIC_ACQ_REL,
                                              __ATOMIC_ACQUIRE));
    }
    return old;
}

enum iommu_mem_status mem_amo(struct iommu *iommu, const struct iommu_access *access,
                              enum iommu_amo operation, uint64_t compare, uint64_t operand,
                              uint64_t *old)
{
    uint8_t bytes[8];
    uint64_t next;
    uint8_t *flat;
    enum iommu_mem_status status;

    if (beyond_pas(iommu, access->address, access->size))
        return IOMMU_MEM_ACCESS_FAULT;
    flat = flat_bytes(iommu, access->address, access->size);
    if (flat != NULL) {
        *old = flat_amo(flat, access->size, operation, compare, operand);
        return IOMMU_MEM_OK;
    }
    if (iommu->bus.amo != NULL)
        return iommu->bus.amo(iommu->bus.context, access, operation, compare, operand, old);

    status = mem_read(iommu, access, bytes);
    if (status != IOMMU_MEM_OK)
        return status;
    *old = load_word(bytes, access->size, false);
    next = amo_result(operation, *old, compare, operand);
    if (operation == IOMMU_AMO_CAS && *old != compare)
        return IOMMU_MEM_OK;
    store_word(bytes, access->size, false, next);
    return mem_write(iommu, access, bytes);
}

/* --- entries of tables --------------------------------------------------------------- */

static struct iommu_access entry_access(const struct walk *walk, const struct entry *entry)
{
    struct iommu_access access = {
        .address = entry->address,
        .size = entry->size,
        .structure = entry->structure,
        .rcid = walk->rcid,
        .mcid = walk->mcid,
    };

    /* "IOMMU QoS ID": the DDT goes by the register, all else by the device context. */
    if (entry->structure == IOMMU_DDT) {
        access.rcid = IOMMU_GET(walk->iommu->qosid, IOMMU_IOMMU_QOSID_RCID) & 0xfff;
        access.mcid = IOMMU_GET(walk->iommu->qosid, IOMMU_IOMMU_QOSID_MCID) & 0xfff;
    }
    return access;
}

enum iommu_mem_status entry_read(struct walk *walk, struct entry *entry)
{
    uint8_t bytes[64];
    unsigned word_size = entry->size < 8 ? entry->size : 8;
    struct iommu_access access = entry_access(walk, entry);

    entry->status = mem_read(walk->iommu, &access, bytes);
    if (unlikely(walk->explorer != NULL))
        entry->status = explore_read(walk, entry, entry->status, bytes);
    if (entry->status != IOMMU_MEM_OK) {
        memset(entry->value, 0, sizeof(entry->value));
        return entry->status;
    }
    for (unsigned i = 0; i < entry->size / word_size; i++)
        entry->value[i] = load_word(bytes + i * word_size, word_size, entry->big_endian);
    return IOMMU_MEM_OK;
}

enum update_result entry_update(struct walk *walk, const struct entry *entry, uint64_t value)
{
    struct iommu_access access = entry_access(walk, entry);
    uint8_t bytes[8];
    uint64_t compare, operand, old;
    enum iommu_mem_status status;

    if (walk->explorer != NULL)
        return explore_update(walk, entry, value);
    store_word(bytes, entry->size, entry->big_endian, entry->value[0]);
    compare = load_word(bytes, entry->size, false);
    store_word(bytes, entry->size, entry->big_endian, value);
    operand = load_word(bytes, entry->size, false);
    iommu_note_store(walk->iommu, entry->address, entry->size);
    status = mem_amo(walk->iommu, &access, IOMMU_AMO_CAS, compare, operand, &old);
    if (status != IOMMU_MEM_OK)
        return status == IOMMU_MEM_POISON ? UPDATE_POISON : UPDATE_FAULT;
    if (old != compare)
        return UPDATE_RETRY;
    history_updated(walk);
    if (walk->step != NULL) {
        struct entry updated = *entry;
        updated.kind = IOMMU_STEP_UPDATE;
        updated.value[0] = value;
        entry_step(walk, &updated, IOMMU_RULE_NONE, true);
    }
    return UPDATE_DONE;
}

void entry_step(struct walk *walk, const struct entry *entry, enum iommu_rule rule, bool leaf)
{
    struct iommu_step step;

    if (likely(walk->step == NULL))
        return;
    memset(&step, 0, sizeof(step));
    step.kind = entry->kind;
    step.structure = entry->structure;
    step.rule = rule;
    step.memory = entry->status;
    step.level = entry->level;
    step.words = entry->size < 8 ? 1 : entry->size / 8;
    step.implicit = entry->implicit;
    step.leaf = leaf;
    step.input = entry->input;
    step.address = entry->address;
    memcpy(step.value, entry->value, step.words * sizeof(step.value[0]));
    walk->step(walk->step_context, &step);
}

void rule_step(struct walk *walk, enum iommu_structure structure, enum iommu_rule rule,
               uint64_t input, bool implicit)
{
    struct iommu_step step;

    if (likely(walk->step == NULL))
        return;
    memset(&step, 0, sizeof(step));
    step.kind = IOMMU_STEP_RULE;
    step.structure = structure;
    step.rule = rule;
    step.input = input;
    step.implicit = implicit;
    walk->step(walk->step_context, &step);
}

void cached_step(struct walk *walk, enum iommu_structure structure, uint64_t input)
{
    struct iommu_step step;

    if (likely(walk->step == NULL))
        return;
    memset(&step, 0, sizeof(step));
    step.kind = IOMMU_STEP_CACHED;
    step.structure = structure;
    step.input = input;
    walk->step(walk->step_context, &step);
}
