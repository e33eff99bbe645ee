/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that hold for a first stage alone and for a second stage alone alike. */
#ifndef PORTCULLIS_TESTS_ONE_STAGE_H
#define PORTCULLIS_TESTS_ONE_STAGE_H

#include "stages.h"

/** Tables with this mode as the only stage; returns the page table in use. */
struct page_table *one_stage(struct stages *s, enum pt_mode mode, config_tweak *tweak);
/** The fault that this mode's stage raises for a request, record and iotval2 included. */
void one_stage_fault(struct place place, struct stages *s, enum pt_mode mode,
                     struct iommu_request request);
#define EXPECT_STAGE_FAULT(s, mode, request) one_stage_fault(HERE, (s), (mode), (request))
/** For each mode, in order. */
#define FOR_EACH_MODE(mode) for (enum pt_mode mode = PT_SV32; mode < PT_MODES; mode++)
/** Levels with 8-byte PTEs have NAPOT, PBMT and reserved bits; those of Sv32 have not. */
#define IS_WIDE(mode) (pt_pte_size(mode) == 8)

#endif
