/* SPDX-License-Identifier: Apache-2.0 */
#include "dc_checks.h"

uint16_t cause_of(struct bench *b, const struct dc *dc)
{
    struct fault_record record;
    bench_write_dc(b, DEVICE, dc);
    bench_invalidate_all(b);
    uint16_t cause = bench_translate(b, read_at(DEVICE, 0x1000)).cause;
    CHECK_EQ(bench_fault_count(b), cause != 0);
    if (bench_pop_fault(b, &record)) {
        struct fault_record expected = fault_of(read_at(DEVICE, 0x1000), cause, record.iotval2);
        CHECK_EQ(record.dw[0], expected.dw[0]);
        CHECK_EQ(record.iotval, 0x1000);
    }
    return cause;
}

struct dc rich_dc(struct bench *b)
{
    struct page_table second = pt_create(b, PT_SV39X4); /* only its root matters */
    struct dc dc = bench_dc(b);
    dc.iohgatp = pt_iohgatp(&second, GSCID);
    dc.fsc = MODE(IOMMU_IOSATP_MODE_SV39) | 0x12345;
    if (b->extended) {
        dc.msiptp = msi_msiptp(bench_page(b));
        dc.msi_addr_mask = 0xff;
        dc.msi_addr_pattern = 0x28000;
    }
    return dc;
}
