/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of rtl.c, where no Verilated design is linked. */
#include "rtl.h"

const char *rtl_config(void)
{
    return NULL;
}

void rtl_open(const struct rtl_memory *memory, unsigned latency)
{
    (void)memory;
    (void)latency;
}

const struct rtl_counts *rtl_counts(void)
{
    return NULL;
}

void rtl_reset(void)
{
}

uint64_t rtl_mmio_read(uint32_t offset, uint32_t size)
{
    (void)offset;
    (void)size;
    return 0;
}

void rtl_mmio_write(uint32_t offset, uint32_t size, uint64_t value)
{
    (void)offset;
    (void)size;
    (void)value;
}

bool rtl_dma(const struct iommu_request *request, void *data, uint32_t length)
{
    (void)request;
    (void)data;
    (void)length;
    return false;
}

bool rtl_run(unsigned cycles)
{
    (void)cycles;
    return false;
}

uint64_t rtl_cycles(void)
{
    return 0;
}

const char *rtl_wrong(void)
{
    return NULL;
}
