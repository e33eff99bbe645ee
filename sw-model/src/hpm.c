/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware performance monitor: event and cycle counters. */
#include "internal.h"

static uint64_t width_mask(unsigned bits)
{
    return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

static bool inhibited(const struct iommu *iommu, unsigned counter)
{
    return (iommu->iocountinh >> counter & 1) != 0;
}

/** Set OF of a counter; the interrupt comes with its change from 0 to 1 only. */
static void overflow(struct iommu *iommu, unsigned counter)
{
    if ((iommu->hpm_event[counter] & IOMMU_IOHPMEVT_OF_MASK) != 0)
        return;
    iommu->hpm_event[counter] |= IOMMU_IOHPMEVT_OF_MASK;
    interrupts_update(iommu, EVENT_COUNTER_OVERFLOW);
}

/** IDs equal, but for the bits that DMASK leaves out: up to the lowest 0 bit. */
static bool partial_match(uint32_t selected, uint32_t id, bool dmask)
{
    uint32_t ignored = dmask ? selected ^ (selected + 1) : 0;

    return ((selected ^ id) & ~ignored) == 0;
}

/** Which of the standard events may be filtered by GSCID and PSCID. */
static bool supports_idt(unsigned event)
{
    return event == IOMMU_HPM_EVENT_TLB_MISS || event == IOMMU_HPM_EVENT_FIRST_STAGE_WALK ||
           event == IOMMU_HPM_EVENT_SECOND_STAGE_WALK;
}

static bool selected(const struct walk *walk, unsigned event, uint64_t selector)
{
    const struct iommu_request *request = walk->request;
    bool by_id = (selector & IOMMU_IOHPMEVT_IDT_MASK) != 0;
    uint32_t low = (uint32_t)IOMMU_GET(selector, IOMMU_IOHPMEVT_PID_PSCID);
    uint32_t high = (uint32_t)IOMMU_GET(selector, IOMMU_IOHPMEVT_DID_GSCID);
    bool dmask = (selector & IOMMU_IOHPMEVT_DMASK_MASK) != 0;
    bool low_valid = by_id ? walk->space.pscv : request->process_id_valid;
    bool high_valid = by_id ? walk->space.gv : true;
    uint32_t low_id = by_id ? walk->space.pscid : request->process_id;
    uint32_t high_id = by_id ? walk->space.gscid : request->device_id;

    if (IOMMU_GET(selector, IOMMU_IOHPMEVT_EVENTID) != event)
        return false;
    if (by_id && !supports_idt(event))
        return false;
    if ((selector & IOMMU_IOHPMEVT_PV_PSCV_MASK) != 0 && (!low_valid || low != low_id))
        return false;
    if ((selector & IOMMU_IOHPMEVT_DV_GSCV_MASK) != 0 &&
        (!high_valid || !partial_match(high, high_id, dmask)))
        return false;
    return true;
}

void hpm_count_active(struct walk *walk, unsigned event)
{
    struct iommu *iommu = walk->iommu;
    uint64_t mask = width_mask(iommu->config.hpm_counter_bits);

    for (unsigned i = 1; i <= iommu->config.hpm_counters; i++) {
        if (inhibited(iommu, i) || !selected(walk, event, iommu->hpm_event[i]))
            continue;
        iommu->hpm_counter[i] = (iommu->hpm_counter[i] + 1) & mask;
        if (iommu->hpm_counter[i] == 0)
            overflow(iommu, i);
    }
}

void iommu_advance_cycles(struct iommu *iommu, uint64_t cycles)
{
    uint64_t mask = width_mask(iommu->config.hpm_cycle_bits);
    uint64_t left;

    if (!has(iommu, IOMMU_CAPABILITIES_HPM_MASK) || inhibited(iommu, 0))
        return;
    left = mask - iommu->hpm_counter[0];
    iommu->hpm_counter[0] = (iommu->hpm_counter[0] + cycles) & mask;
    if (cycles > left)
        overflow(iommu, 0);
}
