/* SPDX-License-Identifier: Apache-2.0 */
/* What the quick ways hand out is marked beforehand; see inside.h. */
#include "inside.h"

#include "../../sw-model/src/internal.h"

#define MARK 0x8000u /* no ID has this bit */

static void mark(struct iommu *iommu)
{
    for (unsigned i = 0; i < RECENT_ENTRIES; i++)
        iommu->recent[i].response.mcid |= MARK;
    iommu->plain.rcid |= MARK;
}

static void unmark(struct iommu *iommu)
{
    for (unsigned i = 0; i < RECENT_ENTRIES; i++)
        iommu->recent[i].response.mcid &= (uint16_t)~MARK;
    iommu->plain.rcid &= (uint16_t)~MARK;
}

enum quick_way translate_watched(struct iommu *iommu, const struct iommu_request *request,
                                 struct iommu_response *response)
{
    enum quick_way way;

    mark(iommu);
    *response = iommu_translate(iommu, request);
    unmark(iommu);
    way = (response->mcid & MARK) != 0   ? QUICK_HIT
          : (response->rcid & MARK) != 0 ? QUICK_WALK
                                         : ORDINARY;
    response->mcid &= (uint16_t)~MARK;
    response->rcid &= (uint16_t)~MARK;
    return way;
}
