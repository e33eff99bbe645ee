/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of sim/iommu/ats.c and pages.c, where no message comes to the IOMMU and none leaves.
 */
#include "../iommu/bench.h"

void ats_drive(void)
{
}

void ats_observe(void)
{
}

void ats_each(void (*visit)(struct txn *txn))
{
    (void)visit;
}

void ats_quiet(void)
{
}

void ats_message(const struct iommu_message *message)
{
    (void)message;
}

bool ats_completion_is(const struct iommu_request *request, const struct iommu_response *response)
{
    (void)request;
    (void)response;
    return false;
}

void page_record_seen(const uint8_t *bytes)
{
    (void)bytes;
}
