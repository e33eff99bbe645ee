/* SPDX-License-Identifier: Apache-2.0 */
#include "one_stage.h"

struct page_table *one_stage(struct stages *s, enum pt_mode mode, config_tweak *tweak)
{
    bool second = pt_is_x4(mode);
    stages_ready(s, second ? NO_STAGE : mode, second ? mode : NO_STAGE, tweak);
    return second ? &s->second : &s->first;
}

void one_stage_fault(struct place place, struct stages *s, enum pt_mode mode,
                     struct iommu_request request)
{
    struct expected_fault expected = {.cause = page_fault(&request)};
    if (pt_is_x4(mode)) {
        expected.cause = guest_page_fault(&request);
        expected.iotval2 = request.iova & ~3ull;
    }
    bench_expect_fault(place, s->b, request, expected);
}
