/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden model beside the RTL. What the design does at its ports is told to this file,
 * which says in words what the model would not have done.
 */
#ifndef BOTH_H
#define BOTH_H

#include <stdbool.h>
#include <stdint.h>

#include "ats.h"
#include "iommu.h"

struct bridge;

/** @return NULL, or what is wrong */
const char *both_open(struct bridge *bridge, const char *config);
void both_close(void);
void both_reset(void);
/* What the design's own port has read, stored, or changed atomically (8 bytes, then the value). */
void both_saw_read(uint64_t address, uint64_t value);
void both_saw_write(uint64_t address, const void *data, uint32_t size);
void both_saw_atomic(uint64_t address, uint64_t value);
/** A burst of a device's was refused, or went to an address. All is quiet since. */
void both_burst(const struct iommu_request *request, bool refused, uint64_t target);
/* Messages (ATS, PRI): what the design has sent to a device, and devices to it. All is quiet since
 * the latter. */
void both_saw_message(const struct iommu_message *message);
void both_translation(const struct iommu_request *request, const struct ats_completion *completion);
void both_page_request(const struct iommu_page_request *request);
void both_completion(uint32_t device_id, uint32_t itags, uint8_t count);
void both_timeout(uint32_t itags);
/** Registers; all is quiet since a write. */
void both_mmio_write(uint32_t offset, uint32_t size, uint64_t value);
void both_mmio_read(uint32_t offset, uint32_t size, uint64_t value);
/** Why the model refused the last burst, if it did. */
void both_refusal(struct iommu_response *response);
/** The first difference; NULL: none. */
const char *both_wrong(void);
uint64_t both_compared(void);

#endif
