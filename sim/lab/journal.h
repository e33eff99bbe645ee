/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the RTL did, for a report: a text file of lines with fields between tabs, in the order
 * of time. Times are microseconds of the monotonic clock.
 *
 *     B time device write bytes iova cycles reads.. refused cause text why
 *                                     a burst of a device's; reads of DDT, PDT, first stage,
 *                                     second stage and MSI page table that it needed; the
 *                                     cause, in words, too, and its rule: by the model beside it
 *     F time dword dword dword dword cause       a fault record, and its cause in words
 *     S structure reads stores                   at the end, by enum iommu_structure
 *     T compared cycles                          at the end
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu.h"
#include "rtl.h"

/** @return false: cannot be written */
bool journal_open(const char *path);
void journal_burst(const struct iommu_request *request, const struct rtl_burst *burst);
void journal_fault(const uint64_t *record);
void journal_close(void);

#endif
