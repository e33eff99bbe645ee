/* SPDX-License-Identifier: Apache-2.0 */
#include "ats.h"

#include <string.h>

#define PAGE_MASK 0xfffull
#define GLOBAL (1u << 5)
#define PRIVILEGED (1u << 4)
#define EXECUTE (1u << 3)

struct ats_completion ats_completion_of(const struct iommu_response *response)
{
    struct ats_completion completion = {.status = (enum iommu_status)response->status};
    uint64_t page = response->address >> 12;

    if (response->status != IOMMU_SUCCESS)
        return completion;
    if ((response->ats & IOMMU_ATS_PRIV) != 0)
        completion.payload |= PRIVILEGED;
    if (response->cause != 0)
        return completion;
    if (response->page_log2 > 12) {
        uint64_t ones = (1ull << (response->page_log2 - 13)) - 1;

        page = (page & ~(ones << 1 | 1)) | ones;
        completion.payload |= ATS_S;
    }
    completion.payload |= page << 12;
    if ((response->ats & IOMMU_ATS_GLOBAL) != 0)
        completion.payload |= GLOBAL;
    if ((response->permissions & IOMMU_PERM_X) != 0)
        completion.payload |= EXECUTE;
    if ((response->ats & IOMMU_ATS_U) != 0)
        completion.payload |= ATS_UNTRANSLATED;
    if ((response->permissions & IOMMU_PERM_W) != 0)
        completion.payload |= ATS_W;
    if ((response->permissions & IOMMU_PERM_R) != 0)
        completion.payload |= ATS_R;
    return completion;
}

bool ats_agrees(const struct iommu_response *response, const struct ats_completion *completion)
{
    struct ats_completion expected = ats_completion_of(response);

    if (expected.status != completion->status)
        return false;
    if (expected.status != IOMMU_SUCCESS)
        return completion->payload == 0;
    /* Without rights to read or write, the rest has no meaning. */
    if (response->cause == 0 && (expected.payload & (ATS_R | ATS_W)) == 0)
        return (completion->payload & (ATS_R | ATS_W)) == 0;
    /* Nor has the address of an interrupt file in memory. */
    if (response->target == IOMMU_TARGET_MRIF)
        return ((expected.payload ^ completion->payload) & 0x7ff) == 0;
    return expected.payload == completion->payload;
}

/** Bits within the range that an address with S names: up to and with the lowest 0. */
static uint64_t range_mask(uint64_t payload)
{
    uint64_t mask = PAGE_MASK, bit = 0x1000;

    if ((payload & ATS_S) == 0)
        return mask;
    while (bit != 0 && (payload & bit) != 0) {
        mask |= bit;
        bit <<= 1;
    }
    return mask | bit;
}

const struct atc_entry *atc_find(const struct atc *atc, const struct iommu_request *request)
{
    for (unsigned i = 0; i < ATC_ENTRIES; i++) {
        const struct atc_entry *entry = &atc->entry[i];
        if (entry->valid && ((entry->address ^ request->iova) & ~entry->mask) == 0 &&
            entry->process_id_valid == request->process_id_valid &&
            (!entry->process_id_valid || entry->process_id == request->process_id))
            return entry;
    }
    return NULL;
}

const struct atc_entry *atc_keep(struct atc *atc, const struct iommu_request *request,
                                 uint64_t payload)
{
    struct atc_entry *entry = &atc->entry[atc->next++ % ATC_ENTRIES];

    const struct atc_entry *old = atc_find(atc, request);

    if (old != NULL)
        entry = &atc->entry[old - atc->entry];
    memset(entry, 0, sizeof(*entry));
    entry->valid = true;
    entry->mask = range_mask(payload);
    entry->address = request->iova & ~entry->mask;
    entry->target = payload & ~PAGE_MASK & ~entry->mask;
    entry->process_id = request->process_id;
    entry->process_id_valid = request->process_id_valid;
    entry->read = (payload & ATS_R) != 0;
    entry->write = (payload & ATS_W) != 0;
    entry->untranslated = (payload & ATS_UNTRANSLATED) != 0;
    return entry;
}

void atc_invalidate(struct atc *atc, const struct iommu_message *message)
{
    uint64_t mask = range_mask(message->payload);

    atc->dropped++;
    for (unsigned i = 0; i < ATC_ENTRIES; i++) {
        struct atc_entry *entry = &atc->entry[i];
        /* Bit 0 of the payload: of all processes. */
        bool process = (message->payload & 1) != 0 ||
                       (entry->process_id_valid == message->pasid_valid &&
                        (!message->pasid_valid || entry->process_id == message->process_id));
        if (process && ((entry->address ^ message->payload) & ~(mask | entry->mask)) == 0)
            entry->valid = false;
    }
}

void atc_clear(struct atc *atc)
{
    memset(atc, 0, sizeof(*atc));
}
