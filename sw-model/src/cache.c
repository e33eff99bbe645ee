/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Caching in-memory data structures": the address-translation caches (IOATC). Each is
 * set-associative with round-robin replacement, so that a hit changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static uint32_t set_of(const struct cache *cache, uint64_t key)
{
    /* Fibonacci hashing: the upper half of the product is well mixed. */
    return (uint32_t)(key * 0x9e3779b97f4a7c15ull >> 32) & (cache->sets - 1);
}

static bool make(struct cache *cache, uint32_t entries, size_t entry_size)
{
    uint32_t sets = 1;

    if (entries == 0)
        return true;
    while (sets * CACHE_WAYS < entries)
        sets *= 2;
    cache->entries = calloc((size_t)sets * CACHE_WAYS, entry_size);
    cache->victim = calloc(sets, 1);
    if (cache->entries == NULL || cache->victim == NULL)
        return false;
    cache->sets = sets;
    return true;
}

bool cache_create(struct iommu *iommu)
{
    const struct iommu_config *config = &iommu->config;

    iommu->generation = 1;
    iommu->recent = calloc(RECENT_ENTRIES, sizeof(*iommu->recent));
    return iommu->recent != NULL &&
           make(&iommu->ddt_cache, config->ddt_cache_entries, sizeof(struct ddt_entry)) &&
           make(&iommu->pdt_cache, config->pdt_cache_entries, sizeof(struct pdt_entry)) &&
           make(&iommu->iotlb, config->iotlb_entries, sizeof(struct iotlb_entry));
}

void cache_destroy(struct iommu *iommu)
{
    struct cache *caches[] = {&iommu->ddt_cache, &iommu->pdt_cache, &iommu->iotlb};

    for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
        free(caches[i]->entries);
        free(caches[i]->victim);
    }
    free(iommu->recent);
}

void forget_recent(struct iommu *iommu)
{
    iommu->plain = (struct plain){.device_id = NO_DEVICE};
    if (++iommu->generation == 0) {
        memset(iommu->recent, 0, RECENT_ENTRIES * sizeof(*iommu->recent));
        iommu->generation = 1;
    }
}

/** Which way of a set to fill; what it held is gone from `recent`, too. */
static uint32_t replace(struct iommu *iommu, struct cache *cache, uint32_t set, bool valid)
{
    uint32_t way = cache->victim[set];

    cache->victim[set] = (uint8_t)((way + 1) % CACHE_WAYS);
    if (valid)
        forget_recent(iommu);
    return way;
}

/* --- device contexts ----------------------------------------------------------------- */

static struct ddt_entry *ddt_set(const struct iommu *iommu, uint32_t device_id)
{
    return (struct ddt_entry *)iommu->ddt_cache.entries +
           (size_t)set_of(&iommu->ddt_cache, device_id) * CACHE_WAYS;
}

const struct device_context *ddt_cache_find(const struct iommu *iommu, uint32_t device_id)
{
    const struct ddt_entry *set;

    if (iommu->ddt_cache.sets == 0)
        return NULL;
    set = ddt_set(iommu, device_id);
    for (unsigned way = 0; way < CACHE_WAYS; way++) {
        if (set[way].valid && set[way].dc.device_id == device_id)
            return &set[way].dc;
    }
    return NULL;
}

void ddt_cache_fill(struct iommu *iommu, const struct device_context *dc)
{
    struct ddt_entry *set;
    uint32_t way;

    if (iommu->ddt_cache.sets == 0)
        return;
    set = ddt_set(iommu, dc->device_id);
    way = iommu->ddt_cache.victim[set_of(&iommu->ddt_cache, dc->device_id)];
    replace(iommu, &iommu->ddt_cache, set_of(&iommu->ddt_cache, dc->device_id), set[way].valid);
    set[way] = (struct ddt_entry){.valid = true, .dc = *dc};
}

/* --- process contexts ---------------------------------------------------------------- */

static uint32_t pdt_set_index(const struct iommu *iommu, uint32_t device_id, uint32_t process_id)
{
    return set_of(&iommu->pdt_cache, (uint64_t)process_id << 24 | device_id);
}

static struct pdt_entry *pdt_entry_find(const struct iommu *iommu, uint32_t device_id,
                                        uint32_t process_id)
{
    struct pdt_entry *set = (struct pdt_entry *)iommu->pdt_cache.entries +
                            (size_t)pdt_set_index(iommu, device_id, process_id) * CACHE_WAYS;

    for (unsigned way = 0; way < CACHE_WAYS; way++) {
        if (set[way].valid && set[way].pc.device_id == device_id &&
            set[way].pc.process_id == process_id)
            return &set[way];
    }
    return NULL;
}

const struct process_context *pdt_cache_find(const struct iommu *iommu, uint32_t device_id,
                                             uint32_t process_id)
{
    const struct pdt_entry *entry = NULL;

    if (iommu->pdt_cache.sets != 0)
        entry = pdt_entry_find(iommu, device_id, process_id);
    return entry != NULL ? &entry->pc : NULL;
}

void pdt_cache_fill(struct iommu *iommu, const struct process_context *pc)
{
    uint32_t index;
    struct pdt_entry *entry;

    if (iommu->pdt_cache.sets == 0)
        return;
    /* What was of no use to the device context any more gives its place. */
    entry = pdt_entry_find(iommu, pc->device_id, pc->process_id);
    if (entry != NULL) {
        forget_recent(iommu);
    } else {
        index = pdt_set_index(iommu, pc->device_id, pc->process_id);
        entry = (struct pdt_entry *)iommu->pdt_cache.entries + (size_t)index * CACHE_WAYS;
        entry += iommu->pdt_cache.victim[index];
        replace(iommu, &iommu->pdt_cache, index, entry->valid);
    }
    *entry = (struct pdt_entry){.valid = true, .pc = *pc};
}

/* --- translations -------------------------------------------------------------------- */

static bool same_space(const struct iotlb_entry *entry, const struct address_space *space)
{
    if (entry->space.gv != space->gv || entry->space.pscv != space->pscv)
        return false;
    if (space->gv && entry->space.gscid != space->gscid)
        return false;
    /* A global mapping is in all address spaces of its (virtual) machine. */
    return !space->pscv || entry->global || entry->space.pscid == space->pscid;
}

/** The set for a page. IDs stay out of it, so that global entries are found by all. */
static uint32_t iotlb_set_index(const struct iommu *iommu, uint64_t iova, unsigned page_log2)
{
    return set_of(&iommu->iotlb, iova >> page_log2 << 6 | page_log2);
}

const struct iotlb_entry *iotlb_find(const struct iommu *iommu, const struct address_space *space,
                                     uint64_t iova)
{
    if (iommu->iotlb.sets == 0)
        return NULL;
    for (uint64_t sizes = iommu->iotlb_sizes; sizes != 0; sizes &= sizes - 1) {
        unsigned page_log2 = (unsigned)__builtin_ctzll(sizes);
        const struct iotlb_entry *set =
            (const struct iotlb_entry *)iommu->iotlb.entries +
            (size_t)iotlb_set_index(iommu, iova, page_log2) * CACHE_WAYS;

        for (unsigned way = 0; way < CACHE_WAYS; way++) {
            if (set[way].valid && set[way].page_log2 == page_log2 &&
                set[way].vpn == iova >> page_log2 << (page_log2 - PAGE_LOG2) &&
                same_space(&set[way], space))
                return &set[way];
        }
    }
    return NULL;
}

void iotlb_fill(struct iommu *iommu, const struct iotlb_entry *entry)
{
    uint32_t index, way;
    struct iotlb_entry *set;

    if (iommu->iotlb.sets == 0)
        return;
    index = iotlb_set_index(iommu, entry->vpn << PAGE_LOG2, entry->page_log2);
    set = (struct iotlb_entry *)iommu->iotlb.entries + (size_t)index * CACHE_WAYS;
    /* A walk that replaces what an entry denies takes that entry's place. */
    for (way = 0; way < CACHE_WAYS; way++) {
        if (set[way].valid && set[way].page_log2 == entry->page_log2 &&
            set[way].vpn == entry->vpn && same_space(&set[way], &entry->space))
            break;
    }
    if (way == CACHE_WAYS) {
        way = iommu->iotlb.victim[index];
        replace(iommu, &iommu->iotlb, index, set[way].valid);
    } else {
        forget_recent(iommu);
    }
    set[way] = *entry;
    iommu->iotlb_sizes |= 1ull << entry->page_log2;
}

/* --- invalidation -------------------------------------------------------------------- */

void cache_flush_all(struct iommu *iommu)
{
    if (iommu->ddt_cache.sets != 0)
        memset(iommu->ddt_cache.entries, 0,
               (size_t)iommu->ddt_cache.sets * CACHE_WAYS * sizeof(struct ddt_entry));
    if (iommu->pdt_cache.sets != 0)
        memset(iommu->pdt_cache.entries, 0,
               (size_t)iommu->pdt_cache.sets * CACHE_WAYS * sizeof(struct pdt_entry));
    if (iommu->iotlb.sets != 0)
        memset(iommu->iotlb.entries, 0,
               (size_t)iommu->iotlb.sets * CACHE_WAYS * sizeof(struct iotlb_entry));
    iommu->iotlb_sizes = 0;
    iommu->changes++;
    forget_recent(iommu);
}

/** IODIR.INVAL_DDT and IODIR.INVAL_PDT. */
static void invalidate_directories(struct iommu *iommu, const struct invalidate *command)
{
    bool contexts = command->func3 == IOMMU_FUNC3_IODIR_INVAL_DDT;
    struct ddt_entry *ddt = iommu->ddt_cache.entries;
    struct pdt_entry *pdt = iommu->pdt_cache.entries;

    for (size_t i = 0; contexts && i < (size_t)iommu->ddt_cache.sets * CACHE_WAYS; i++) {
        if (!command->dv || ddt[i].dc.device_id == command->device_id)
            ddt[i].valid = false;
    }
    for (size_t i = 0; i < (size_t)iommu->pdt_cache.sets * CACHE_WAYS; i++) {
        if (command->dv && pdt[i].pc.device_id != command->device_id)
            continue;
        if (contexts || pdt[i].pc.process_id == command->process_id)
            pdt[i].valid = false;
    }
}

/** Does the command's range meet the leaf that maps this address? */
static bool range_meets(const struct invalidate *command, uint64_t address, unsigned leaf_log2)
{
    uint64_t within = (1ull << (leaf_log2 - PAGE_LOG2)) - 1;
    uint64_t page = address >> PAGE_LOG2;

    /* With NL whatever lies below the same non-leaf entries goes, too: simply all of it. */
    return !command->av || command->nl ||
           ((page & ~within) <= command->last && (page | within) >= command->first);
}

/** Does an IOTINVAL.VMA cover this entry's first stage? */
static bool vma_covers(const struct invalidate *command, const struct iotlb_entry *entry)
{
    if (entry->space.gv != command->gv || (command->gv && entry->space.gscid != command->gscid))
        return false;
    if (!entry->space.pscv)
        return false;
    if (command->pscv && (entry->global || entry->space.pscid != command->pscid))
        return false;
    return range_meets(command, entry->vpn << PAGE_LOG2, entry->first_log2);
}

/** Does an IOTINVAL.GVMA cover this entry's second stage, or its MSI PTE? */
static bool gvma_covers(const struct invalidate *command, const struct iotlb_entry *entry)
{
    if (!entry->space.gv && !entry->msi)
        return false;
    if (command->gv && entry->space.gscid != command->gscid)
        return false;
    return range_meets(command, entry->gpa, entry->second_log2);
}

void cache_invalidate(struct iommu *iommu, const struct invalidate *command)
{
    struct iotlb_entry *entries = iommu->iotlb.entries;
    bool vma = command->func3 == IOMMU_FUNC3_IOTINVAL_VMA;

    iommu->changes++;
    forget_recent(iommu);
    if (command->opcode == IOMMU_OPCODE_IODIR) {
        invalidate_directories(iommu, command);
        return;
    }
    for (size_t i = 0; i < (size_t)iommu->iotlb.sets * CACHE_WAYS; i++) {
        if (vma ? vma_covers(command, &entries[i]) : gvma_covers(command, &entries[i]))
            entries[i].valid = false;
    }
}
