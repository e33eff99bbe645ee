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

void rtl_device_owes(bool owes)
{
    (void)owes;
}

uint64_t rtl_cycles(void)
{
    return 0;
}

bool rtl_record(const char *path)
{
    (void)path;
    return false;
}

bool rtl_record_end(const char *why)
{
    (void)why;
    return false;
}

bool rtl_trigger(const char *word)
{
    (void)word;
    return false;
}

bool rtl_has_ats(void)
{
    return false;
}

struct ats_completion rtl_translate(const struct iommu_request *request)
{
    (void)request;
    return (struct ats_completion){.status = IOMMU_UNSUPPORTED_REQUEST};
}

void rtl_page_request(const struct iommu_page_request *request)
{
    (void)request;
}

void rtl_completion(uint32_t device_id, uint32_t itags, uint8_t count)
{
    (void)device_id;
    (void)itags;
    (void)count;
}

void rtl_timeout(uint32_t itags)
{
    (void)itags;
}

const char *rtl_wrong(void)
{
    return NULL;
}
