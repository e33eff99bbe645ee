/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people. Apart, so that an image that prints none of them does not carry them. */
#include "rvi.h"

const char *rvi_status_text(enum rvi_status status)
{
    switch (status) {
    case RVI_OK:
        return "ok";
    case RVI_INVALID:
        return "invalid argument";
    case RVI_UNSUPPORTED:
        return "not supported by this IOMMU";
    case RVI_NO_MEMORY:
        return "no pages left";
    case RVI_TIMEOUT:
        return "no answer in time";
    case RVI_BUSY:
        return "in use";
    case RVI_EXISTS:
        return "exists already";
    case RVI_NOT_FOUND:
        return "not found";
    case RVI_COMMAND_ILLEGAL:
        return "illegal command";
    case RVI_COMMAND_TIMEOUT:
        return "a device did not complete an invalidation";
    case RVI_MEMORY_FAULT:
        return "memory fault of the command queue";
    case RVI_FAULT:
        return "translation fault";
    case RVI_CORRUPT:
        return "contradictory data";
    }
    return "unknown";
}

const char *rvi_cause_text(uint16_t cause)
{
    static const struct {
        uint16_t cause;
        const char *text;
    } names[] = {
        {IOMMU_CAUSE_INSTR_ACCESS_FAULT, "instruction access fault"},
        {IOMMU_CAUSE_READ_ADDR_MISALIGNED, "read address misaligned"},
        {IOMMU_CAUSE_READ_ACCESS_FAULT, "read access fault"},
        {IOMMU_CAUSE_WRITE_ADDR_MISALIGNED, "write address misaligned"},
        {IOMMU_CAUSE_WRITE_ACCESS_FAULT, "write access fault"},
        {IOMMU_CAUSE_INSTR_PAGE_FAULT, "instruction page fault"},
        {IOMMU_CAUSE_READ_PAGE_FAULT, "read page fault"},
        {IOMMU_CAUSE_WRITE_PAGE_FAULT, "write page fault"},
        {IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT, "instruction guest page fault"},
        {IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, "read guest page fault"},
        {IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, "write guest page fault"},
        {IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, "all DMA is off"},
        {IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT, "device directory unreachable"},
        {IOMMU_CAUSE_DDT_NOT_VALID, "device is blocked (no context)"},
        {IOMMU_CAUSE_DDT_MISCONFIGURED, "device context misconfigured"},
        {IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, "type of transaction not allowed"},
        {IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, "MSI table unreachable"},
        {IOMMU_CAUSE_MSI_PTE_NOT_VALID, "MSI table entry not valid"},
        {IOMMU_CAUSE_MSI_PTE_MISCONFIGURED, "MSI table entry misconfigured"},
        {IOMMU_CAUSE_MRIF_ACCESS_FAULT, "interrupt file in memory unreachable"},
        {IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, "process directory unreachable"},
        {IOMMU_CAUSE_PDT_NOT_VALID, "process has no context"},
        {IOMMU_CAUSE_PDT_MISCONFIGURED, "process context misconfigured"},
        {IOMMU_CAUSE_DDT_DATA_CORRUPTION, "device directory corrupted"},
        {IOMMU_CAUSE_PDT_DATA_CORRUPTION, "process directory corrupted"},
        {IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION, "MSI table corrupted"},
        {IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION, "interrupt file in memory corrupted"},
        {IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR, "internal data path error"},
        {IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT, "the IOMMU's own message failed"},
        {IOMMU_CAUSE_PT_DATA_CORRUPTION, "page table corrupted"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].cause == cause)
            return names[i].text;
    }
    return "unknown cause";
}

const char *rvi_ttyp_text(uint8_t ttyp)
{
    switch (ttyp) {
    case IOMMU_TTYP_UNTRANSLATED_EXEC:
        return "execute";
    case IOMMU_TTYP_UNTRANSLATED_READ:
        return "read";
    case IOMMU_TTYP_UNTRANSLATED_WRITE:
        return "write";
    case IOMMU_TTYP_TRANSLATED_EXEC:
        return "translated execute";
    case IOMMU_TTYP_TRANSLATED_READ:
        return "translated read";
    case IOMMU_TTYP_TRANSLATED_WRITE:
        return "translated write";
    case IOMMU_TTYP_ATS_REQ:
        return "translation request";
    case IOMMU_TTYP_MESSAGE_REQ:
        return "message";
    default:
        return "event";
    }
}
