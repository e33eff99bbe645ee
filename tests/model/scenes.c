/* SPDX-License-Identifier: Apache-2.0 */
/* Ready-made arrangements of tables around one device; see scenes.h. */
#include "scenes.h"

#include <string.h>

static void scene_begin(struct scene *s, struct bench *b)
{
    memset(s, 0, sizeof *s);
    s->b = b;
    s->device = SCENE_DEVICE;
    s->dc = bench_dc(b);
    s->dc.ta |= IOMMU_PREP(IOMMU_DC_TA_PSCID, SCENE_PSCID);
}

static struct guest scene_guest(struct scene *s)
{
    return (struct guest){.second = &s->second, .offset = SCENE_GUEST_OFFSET};
}

static void add_second(struct scene *s)
{
    s->second = pt_create(s->b, PT_SV39X4);
    s->dc.iohgatp = pt_iohgatp(&s->second, SCENE_GSCID);
}

static void add_process(struct scene *s)
{
    s->dc.tc |= IOMMU_DC_TC_PDTV_MASK;
    s->dc.fsc = pdt_pdtp(&s->pdt);
    s->pc.ta = IOMMU_PC_TA_V_MASK | IOMMU_PC_TA_ENS_MASK | IOMMU_PC_TA_SUM_MASK |
               IOMMU_PREP(IOMMU_PC_TA_PSCID, SCENE_PSCID);
    s->pc.fsc = pt_iosatp(&s->first);
    pdt_write_pc(&s->pdt, SCENE_PID, &s->pc);
}

static void scene_finish(struct scene *s)
{
    bench_write_dc(s->b, s->device, &s->dc);
}

void scene_bare(struct scene *s, struct bench *b)
{
    scene_begin(s, b);
    scene_finish(s);
}

void scene_first(struct scene *s, struct bench *b)
{
    scene_begin(s, b);
    s->first = pt_create(b, PT_SV39);
    s->dc.fsc = pt_iosatp(&s->first);
    scene_finish(s);
}

void scene_second(struct scene *s, struct bench *b)
{
    scene_begin(s, b);
    add_second(s);
    scene_finish(s);
}

void scene_nested(struct scene *s, struct bench *b)
{
    scene_begin(s, b);
    add_second(s);
    s->first = pt_create_guest(b, PT_SV39, scene_guest(s));
    s->dc.fsc = pt_iosatp(&s->first);
    scene_finish(s);
}

void scene_process(struct scene *s, struct bench *b)
{
    scene_begin(s, b);
    s->first = pt_create(b, PT_SV39);
    s->pdt = pdt_create(b, IOMMU_PDTP_MODE_PD20);
    add_process(s);
    scene_finish(s);
}

void scene_guest_process(struct scene *s, struct bench *b)
{
    scene_begin(s, b);
    add_second(s);
    s->first = pt_create_guest(b, PT_SV39, scene_guest(s));
    s->pdt = pdt_create_guest(b, IOMMU_PDTP_MODE_PD20, scene_guest(s));
    add_process(s);
    scene_finish(s);
}

void scene_add_msi(struct scene *s)
{
    s->msi_table = msi_pt_create(s->b, 4);
    s->dc.msiptp = msi_msiptp(s->msi_table);
    s->dc.msi_addr_mask = SCENE_MSI_FILES - 1;
    s->dc.msi_addr_pattern = SCENE_MSI >> 12;
    scene_update(s);
}

void scene_map_msi(struct scene *s, unsigned file)
{
    msi_pt_write(s->b, s->msi_table, file, msi_pte_basic(SCENE_IMSIC + ((uint64_t)file << 12)));
}

void scene_update(struct scene *s)
{
    bench_write_dc(s->b, s->device, &s->dc);
    bench_invalidate_all(s->b);
}

void scene_update_process(struct scene *s)
{
    pdt_write_pc(&s->pdt, SCENE_PID, &s->pc);
    bench_invalidate_all(s->b);
}

uint64_t scene_msi_address(unsigned file, uint32_t offset)
{
    return SCENE_MSI + ((uint64_t)file << 12) + offset;
}

struct iommu_response scene_write32(struct scene *s, uint64_t iova, uint32_t value)
{
    struct iommu_request request = write_at(s->device, iova);
    uint8_t bytes[4];

    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return iommu_dma(s->b->iommu, &request, bytes, sizeof bytes);
}

void scene_check_alive(struct place place, struct scene *s, uint64_t iova, uint64_t expected)
{
    bench_expect_ok(place, s->b, read_at(s->device, iova), expected);
}

struct iommu_page_request page_request_of(uint32_t device_id, uint64_t payload)
{
    return (struct iommu_page_request){.device_id = device_id,
                                       .process_id = SCENE_PID,
                                       .process_id_valid = true,
                                       .privileged = false,
                                       .execute = false,
                                       .payload = payload};
}

uint64_t page_request_payload(uint64_t address, unsigned group)
{
    return (address & IOMMU_PQ_PAGE_ADDRESS_MASK) | IOMMU_PREP(IOMMU_PQ_PRGI, group) |
           IOMMU_PQ_L_MASK | IOMMU_PQ_R_MASK;
}

void cqcsr_clear(struct bench *b, uint32_t bits)
{
    uint64_t enables = REG(b, CQCSR) & (IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    REG_SET(b, CQCSR, enables | bits);
}

void fqcsr_clear(struct bench *b, uint32_t bits)
{
    uint64_t enables = REG(b, FQCSR) & (IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    REG_SET(b, FQCSR, enables | bits);
}

void pqcsr_clear(struct bench *b, uint32_t bits)
{
    uint64_t enables = REG(b, PQCSR) & (IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PIE_MASK);
    REG_SET(b, PQCSR, enables | bits);
}

const struct event *write_event_at(struct bench *b, uint64_t address)
{
    const struct event *event;

    for (size_t i = 0; (event = bench_event(b, EVENT_WRITE, i)) != NULL; i++) {
        if (event->access.address == address)
            return event;
    }
    return NULL;
}

size_t message_count(struct bench *b)
{
    return bench_events(b, EVENT_MESSAGE);
}

const struct iommu_message *message_at(struct bench *b, size_t index)
{
    const struct event *event = bench_event(b, EVENT_MESSAGE, index);

    if (event == NULL)
        test_fatal(HERE, "no message number %zu", index);
    return &event->message;
}
