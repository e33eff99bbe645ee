/* SPDX-License-Identifier: Apache-2.0 */
/* A device's access with its data: the I/O bridge's part, page by page. */
#include <string.h>

#include "internal.h"

/** An aborted access, reported as the bridge's own finding unless it is a data fault. */
static struct iommu_response abort_access(struct iommu *iommu, const struct iommu_request *request,
                                          uint16_t cause, enum iommu_rule rule)
{
    struct iommu_response response;

    memset(&response, 0, sizeof(response));
    response.status = IOMMU_ABORT;
    response.cause = cause;
    response.rule = (uint16_t)rule;
    response.page_log2 = PAGE_LOG2;
    if (rule == IOMMU_RULE_DATA_ACCESS)
        return response; /* the PMA checker's own matter, and logged there */
    response.fault_reported = bridge_fault(iommu, request, cause, rule);
    return response;
}

/** "MSI PTE, MRIF mode": an aligned 32-bit access to a page that an MRIF stands for. */
static struct iommu_response mrif_access(struct iommu *iommu, const struct iommu_request *request,
                                         const struct iommu_response *translated, uint8_t *data)
{
    bool big_endian = (request->iova & 4) != 0;
    uint32_t identity;
    uint16_t cause;

    if (request->access != IOMMU_WRITE) {
        memset(data, 0, 4); /* "preferably return zero" */
        return *translated;
    }
    identity = (uint32_t)load_word(data, 4, big_endian);
    if ((request->iova & PAGE_MASK) >> 3 != 0 || identity >> 11 != 0 ||
        (big_endian && !iommu->config.mrif_big_endian))
        return *translated; /* accepted, and discarded */
    if (!mrif_store(iommu, translated, identity, &cause))
        return abort_access(iommu, request, cause,
                            cause == IOMMU_CAUSE_MRIF_ACCESS_FAULT ? IOMMU_RULE_MRIF_ACCESS
                                                                   : IOMMU_RULE_MRIF_POISON);
    return *translated;
}

static enum iommu_mem_status move_data(struct iommu *iommu, const struct iommu_request *request,
                                       const struct iommu_response *translated, uint8_t *data,
                                       uint32_t length)
{
    struct iommu_access access = {
        .address = translated->address,
        .size = length,
        .structure = IOMMU_DATA,
        .rcid = translated->rcid,
        .mcid = translated->mcid,
    };

    if (request->access == IOMMU_WRITE)
        return mem_write(iommu, &access, data);
    return mem_read(iommu, &access, data);
}

struct iommu_response iommu_dma(struct iommu *iommu, const struct iommu_request *request,
                                void *data, uint32_t length)
{
    struct iommu_request part = *request;
    uint8_t *bytes = data;
    struct iommu_response response;

    memset(&response, 0, sizeof(response));
    if (length == 0 || request->iova + (length - 1) < request->iova ||
        request->type == IOMMU_ATS_TRANSLATION || !request_is_sane(request)) {
        response.status = IOMMU_BAD_REQUEST;
        return response;
    }
    for (uint32_t done = 0; done < length;) {
        uint32_t to_page_end = (uint32_t)(PAGE_MASK + 1 - (part.iova & PAGE_MASK));
        uint32_t chunk = length - done < to_page_end ? length - done : to_page_end;

        part.length = length;
        response = iommu_translate(iommu, &part);
        if (response.status != IOMMU_SUCCESS)
            return response;
        if (response.target == IOMMU_TARGET_MRIF) {
            if (chunk != 4) /* the rest of 4 bytes that began in the page before */
                return abort_access(iommu, &part,
                                    part.access == IOMMU_WRITE ? IOMMU_CAUSE_WRITE_ADDR_MISALIGNED
                                                               : IOMMU_CAUSE_READ_ADDR_MISALIGNED,
                                    IOMMU_RULE_MRIF_ALIGN);
            response = mrif_access(iommu, &part, &response, bytes + done);
            if (response.status != IOMMU_SUCCESS)
                return response;
        } else if (move_data(iommu, &part, &response, bytes + done, chunk) != IOMMU_MEM_OK) {
            return abort_access(iommu, &part, access_fault_cause(part.access),
                                IOMMU_RULE_DATA_ACCESS);
        }
        done += chunk;
        part.iova += chunk;
    }
    return response;
}
