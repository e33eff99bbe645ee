/* SPDX-License-Identifier: Apache-2.0 */
/* The message port: ATS translation requests, page requests, invalidations. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

static struct {
    struct channel req, rsp;
} ats;

void ats_reset(void)
{
    memset(&ats, 0, sizeof(ats));
    channel_reset(&ats.req);
    channel_reset(&ats.rsp);
}

void ats_drive(void)
{
    bench.in.ats_rsp_ready = channel_goes(&ats.rsp);
}

void ats_observe(void)
{
}

bool ats_idle(void)
{
    return true;
}

void ats_message(const struct iommu_message *message)
{
    (void)message;
}

void ats_remember(void)
{
}

bool ats_update_allowed(uint64_t address, const uint8_t *before, const uint8_t *after)
{
    (void)address;
    (void)before;
    (void)after;
    return false;
}

void page_record_seen(const uint8_t *bytes)
{
    (void)bytes;
}
