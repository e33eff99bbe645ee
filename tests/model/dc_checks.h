/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of "Device-context configuration checks" share. */
#ifndef PORTCULLIS_TESTS_DC_CHECKS_H
#define PORTCULLIS_TESTS_DC_CHECKS_H

#include "stages.h"

#define TC(BIT) IOMMU_DC_TC_##BIT##_MASK
#define MODE(mode) IOMMU_PREP(IOMMU_DC_FSC_MODE, (mode))

/** Translate through this context, with empty caches. @return the cause, 0 for success */
uint16_t cause_of(struct bench *b, const struct dc *dc);
/** A context with both stages on, so that every field is in use. */
struct dc rich_dc(struct bench *b);

#define CHECK_MISCONFIGURED(b, dc) CHECK_EQ(cause_of((b), (dc)), IOMMU_CAUSE_DDT_MISCONFIGURED)
#define CHECK_LEGAL(b, dc) CHECK(cause_of((b), (dc)) != IOMMU_CAUSE_DDT_MISCONFIGURED)

#endif
