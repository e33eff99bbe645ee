/* SPDX-License-Identifier: Apache-2.0 */
/* Translations that devices keep: what completions say, and a device's cache of them. */
#ifndef ATS_H
#define ATS_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu.h"

/* Of a completion's payload, as PCI Express lays it out. */
#define ATS_R 0x1u
#define ATS_W 0x2u
#define ATS_UNTRANSLATED 0x4u /**< such accesses only */
#define ATS_S 0x800u          /**< more than 4 KiB: the lowest 0 from bit 12 on says how much */

/** What the completion of a translation request says. */
struct ats_completion {
    enum iommu_status status; /**< IOMMU_SUCCESS, _UNSUPPORTED_REQUEST or _COMPLETER_ABORT */
    uint64_t payload;
};

/** The completion that follows from what the model answers. */
struct ats_completion ats_completion_of(const struct iommu_response *response);
/** May a completion be what it is, if this is the model's answer? */
bool ats_agrees(const struct iommu_response *response, const struct ats_completion *completion);

#define ATC_ENTRIES 16u

struct atc_entry {
    uint64_t address, target, mask; /**< mask: bits within the page */
    uint32_t process_id;
    bool valid, process_id_valid, read, write, untranslated;
};

struct atc {
    struct atc_entry entry[ATC_ENTRIES];
    unsigned next;
    uint32_t asked;             /**< translations */
    uint16_t requests, dropped; /**< pages asked for; invalidations */
};

/** @return the entry that has the request's page, or NULL */
const struct atc_entry *atc_find(const struct atc *atc, const struct iommu_request *request);
/** Keep what a completion says about a request. @return the entry */
const struct atc_entry *atc_keep(struct atc *atc, const struct iommu_request *request,
                                 uint64_t payload);
/** An invalidation request. */
void atc_invalidate(struct atc *atc, const struct iommu_message *message);
void atc_clear(struct atc *atc);

#endif
