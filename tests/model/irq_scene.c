/* SPDX-License-Identifier: Apache-2.0 */
/* A device and an IOMMU with all interrupts on; see irq_scene.h. */
#include "irq_scene.h"

void set_vectors(struct bench *b, unsigned civ, unsigned fiv, unsigned pmiv, unsigned piv)
{
    REG_SET(b, ICVEC,
            IOMMU_PREP(IOMMU_ICVEC_CIV, civ) | IOMMU_PREP(IOMMU_ICVEC_FIV, fiv) |
                IOMMU_PREP(IOMMU_ICVEC_PMIV, pmiv) | IOMMU_PREP(IOMMU_ICVEC_PIV, piv));
}

void enable_interrupts(struct bench *b)
{
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PIE_MASK);
}

void scene_irq(struct irq_scene *i, bool wires)
{
    struct bench *b = bench_create("max", NULL);
    if (wires)
        bench_set_fctl(b, IOMMU_FCTL_WSI_MASK);
    bench_start(b, 3);
    scene_second(&i->s, b);
    i->s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    scene_update(&i->s);
    i->base = bench_page(b);
    set_vectors(b, 1, 2, 3, 4);
    for (unsigned v = 0; v < 16; v++) {
        REG_N_SET(b, MSI_ADDR, v, i->base + 16 * v);
        REG_N_SET(b, MSI_DATA, v, 0xd0 + v);
        REG_N_SET(b, MSI_VEC_CTL, v, 0);
    }
    enable_interrupts(b);
    bench_clear_log(b);
}

void cause_fault(struct irq_scene *i)
{
    bench_translate(i->s.b, read_at(i->s.device, 0x1000));
}

void cause_page_request(struct irq_scene *i)
{
    struct iommu_page_request request =
        page_request_of(i->s.device, page_request_payload(0x1000, 1));
    iommu_page_request(i->s.b->iommu, &request);
}

void cause_illegal_command(struct irq_scene *i)
{
    bench_push(i->s.b, cmd_make(0, 0));
}

size_t messages_of(struct irq_scene *i, unsigned vector)
{
    size_t count = 0;
    const struct event *event;
    for (size_t k = 0; (event = bench_access(i->s.b, IOMMU_MSI, k)) != NULL; k++)
        count += event->access.address == i->base + 16 * vector;
    return count;
}

void shrink_fault_queue(struct bench *b)
{
    REG_SET(b, FQCSR, 0);
    REG_SET(b, FQB, IOMMU_PREP(IOMMU_FQB_PPN, b->fq.base >> 12));
    REG_SET(b, FQH, 0);
    b->fq.log2 = 1;
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
}
