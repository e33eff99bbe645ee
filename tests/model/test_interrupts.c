/* SPDX-License-Identifier: Apache-2.0 */
/* ipsr, wires, and the registers icvec and msi_cfg_tbl. */
#include "irq_scene.h"

/* --- R262: pending bits -------------------------------------------------------------- */

TEST(ipsr_cip_for_each_cause)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    /* cmd_ill */
    cause_illegal_command(&i);
    CHECK_EQ(REG(b, IPSR), CIP);
    REG_SET(b, CQCSR, 0);
    REG_SET(b, IPSR, CIP);
    /* The cause is gone when cqen clears cmd_ill. */
    REG_SET(b, CQT, 0);
    b->cq_tail = 0;
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), 0);
    /* fence_w_ip */
    bench_push(b, cmd_iofence(IOMMU_CMD_IOFENCE_WSI_MASK, 0, 0));
    CHECK_EQ(REG(b, IPSR), CIP);
    cqcsr_clear(b, IOMMU_CQCSR_FENCE_W_IP_MASK);
    CHECK_EQ(REG(b, IPSR), CIP);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), 0);
    /* cmd_to */
    bench_push(b, cmd_ats_inval(i.s.device, 0));
    iommu_invalidation_timeout(b->iommu, iommu_itags_busy(b->iommu));
    bench_push(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(REG(b, IPSR), CIP);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_TO_MASK);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), 0);
    /* cqmf */
    bench_inject(b, b->cq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    bench_push(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(REG(b, IPSR), CIP);
}

TEST_BOTH(ipsr_cip_needs_cie)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    cause_illegal_command(&i);
    CHECK_EQ(REG(b, IPSR), 0);
    /* The condition is a level: enabling later raises the interrupt. */
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    CHECK_EQ(REG(b, IPSR), CIP);
    /* Disabling does not take the pending bit back. */
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    CHECK_EQ(REG(b, IPSR), CIP);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), 0);
}

TEST(ipsr_fip_for_each_cause)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    shrink_fault_queue(b);
    /* A new record. */
    cause_fault(&i);
    CHECK_EQ(REG(b, IPSR), FIP);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), 0);
    /* Overflow: the bit stays as long as fqof does. */
    cause_fault(&i);
    CHECK_EQ(REG(b, IPSR), FIP);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), FIP);
    fqcsr_clear(b, IOMMU_FQCSR_FQOF_MASK);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), 0);
    /* Memory fault. */
    REG_SET(b, FQH, 1);
    bench_inject(b, b->fq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    cause_fault(&i);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQMF), 1);
    CHECK_EQ(REG(b, IPSR), FIP);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), FIP);
}

TEST(ipsr_pip_for_each_cause)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    REG_SET(b, PQCSR, 0);
    REG_SET(b, PQB, IOMMU_PREP(IOMMU_PQB_PPN, b->pq.base >> 12));
    REG_SET(b, PQH, 0);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK | IOMMU_PQCSR_PIE_MASK);
    cause_page_request(&i);
    CHECK_EQ(REG(b, IPSR), PIP);
    REG_SET(b, IPSR, PIP);
    CHECK_EQ(REG(b, IPSR), 0);
    cause_page_request(&i);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQOF), 1);
    CHECK_EQ(REG(b, IPSR), PIP);
    REG_SET(b, IPSR, PIP);
    CHECK_EQ(REG(b, IPSR), PIP);
    pqcsr_clear(b, IOMMU_PQCSR_PQOF_MASK);
    REG_SET(b, IPSR, PIP);
    CHECK_EQ(REG(b, IPSR), 0);
    REG_SET(b, PQH, 1);
    bench_inject(b, b->pq.base, 4096, IOMMU_MEM_ACCESS_FAULT);
    cause_page_request(&i);
    CHECK_EQ(REG_FIELD(b, PQCSR, PQMF), 1);
    CHECK_EQ(REG(b, IPSR), PIP);
}

TEST_BOTH(ipsr_fip_and_pip_need_their_enables)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK);
    cause_fault(&i);
    cause_page_request(&i);
    CHECK_EQ(REG(b, IPSR), 0);
    CHECK_EQ(bench_fault_count(b), 1);
    CHECK_EQ(bench_page_request_count(b), 1);
    enable_interrupts(b);
    cause_fault(&i);
    CHECK_EQ(REG(b, IPSR), FIP);
    cause_page_request(&i);
    CHECK_EQ(REG(b, IPSR), FIP | PIP);
    /* Each is cleared by itself; writing 0 clears nothing. */
    REG_SET(b, IPSR, 0);
    CHECK_EQ(REG(b, IPSR), FIP | PIP);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), PIP);
    REG_SET(b, IPSR, 0xffffffff);
    CHECK_EQ(REG(b, IPSR), 0);
}

/* An overflow that happened while fie was 0 is still a condition when it becomes 1. */
TEST_BOTH(ipsr_fip_when_enabled_with_an_error_standing)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    shrink_fault_queue(b);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK);
    cause_fault(&i);
    cause_fault(&i);
    CHECK_EQ(REG(b, IPSR), 0);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    CHECK_EQ(REG(b, IPSR), FIP);
}

/* A record is an event: the bit does not come back while the queue is merely not empty. */
TEST_BOTH(ipsr_fip_does_not_follow_a_queue_that_is_not_empty)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    cause_fault(&i);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(bench_fault_count(b), 1);
    CHECK_EQ(REG(b, IPSR), 0);
    cause_fault(&i);
    CHECK_EQ(REG(b, IPSR), FIP);
}

/* A fault that the queue does not take makes no record, and no interrupt. */
TEST_BOTH(ipsr_fip_and_pip_need_a_queue_that_is_on)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    REG_SET(b, FQCSR, IOMMU_FQCSR_FIE_MASK);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PIE_MASK);
    cause_fault(&i);
    cause_page_request(&i);
    CHECK_EQ(REG(b, IPSR), 0);
}

/* Registers that share 8 bytes: a 4-byte write of one clears nothing in the other. */
TEST_BOTH(ipsr_and_csr_writes_leave_their_neighbours_alone)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    uint64_t pqcsr = REG(b, PQCSR);
    cause_fault(&i); /* an event: once cleared, its bit would not come back */
    REG_SET(b, PQCSR, pqcsr);
    CHECK_EQ(REG(b, IPSR), FIP);
    shrink_fault_queue(b);
    cause_fault(&i);
    cause_fault(&i);
    cause_illegal_command(&i);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQOF), 1);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FQOF_MASK);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQOF), 0);
    CHECK_EQ(REG_FIELD(b, CQCSR, CMD_ILL), 1);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(REG(b, IPSR), CIP);
    CHECK_EQ(REG(b, PQCSR), pqcsr);
    REG_SET(b, FQH, 1);
    CHECK_EQ(REG(b, FQT), 1);
    REG_SET(b, IOCOUNTINH, 5);
    CHECK_EQ(REG(b, IOCOUNTOVF), 0);
}

/* --- R263: wires ---------------------------------------------------------------------- */

TEST_BOTH(wires_follow_the_pending_bits)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    CHECK_EQ(iommu_wires(b->iommu), 0);
    cause_fault(&i);
    CHECK_EQ(iommu_wires(b->iommu), 1u << 2);
    cause_page_request(&i);
    CHECK_EQ(iommu_wires(b->iommu), 1u << 2 | 1u << 4);
    cause_illegal_command(&i);
    CHECK_EQ(iommu_wires(b->iommu), 1u << 1 | 1u << 2 | 1u << 4);
    REG_SET(b, IPSR, FIP | CIP);
    /* cmd_ill still stands, and its wire with it. */
    CHECK_EQ(iommu_wires(b->iommu), 1u << 1 | 1u << 4);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
    /* The illegal command is still at the head. */
    CHECK_EQ(iommu_wires(b->iommu), 1u << 1 | 1u << 4);
    /* A new vector moves the wire. */
    set_vectors(b, 1, 2, 3, 9);
    CHECK_EQ(iommu_wires(b->iommu), 1u << 1 | 1u << 9);
    if (test_way() == WAY_CALLBACKS)
        CHECK_EQ(bench_accesses(b, IOMMU_MSI), 0);
}

TEST_BOTH(wires_can_be_shared)
{
    struct irq_scene i;
    scene_irq(&i, true);
    struct bench *b = i.s.b;
    set_vectors(b, 7, 7, 7, 7);
    cause_fault(&i);
    cause_page_request(&i);
    CHECK_EQ(iommu_wires(b->iommu), 1u << 7);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(iommu_wires(b->iommu), 1u << 7);
    REG_SET(b, IPSR, PIP);
    CHECK_EQ(iommu_wires(b->iommu), 0);
}

/* --- R265 to R268: registers ----------------------------------------------------------- */

static unsigned wanted_vector_bits;

static void few_vectors(struct iommu_config *config)
{
    config->vector_bits = (uint8_t)wanted_vector_bits;
}

TEST_BOTH(icvec_keeps_the_implemented_bits)
{
    for (wanted_vector_bits = 0; wanted_vector_bits <= 4; wanted_vector_bits++) {
        struct bench *b = bench_create("max", few_vectors);
        uint64_t field = (1ull << wanted_vector_bits) - 1;
        REG_SET(b, ICVEC, ~0ull);
        CHECK_EQ(REG(b, ICVEC), field | field << 4 | field << 8 | field << 12);
        for (unsigned v = 0; v < 16; v++) {
            REG_N_SET(b, MSI_ADDR, v, 0x1000 + 16 * v);
            REG_N_SET(b, MSI_DATA, v, 0xa0 + v);
            REG_N_SET(b, MSI_VEC_CTL, v, 1);
        }
        for (unsigned v = 0; v < 1u << wanted_vector_bits; v++) {
            CHECK_EQ(REG_N(b, MSI_ADDR, v), 0x1000 + 16 * v);
            CHECK_EQ(REG_N(b, MSI_DATA, v), 0xa0 + v);
            CHECK_EQ(REG_N(b, MSI_VEC_CTL, v), 1);
        }
    }
}

TEST_BOTH(msi_cfg_tbl_fields)
{
    struct bench *b = bench_create("max", NULL);
    for (unsigned v = 0; v < 16; v++) {
        REG_N_SET(b, MSI_ADDR, v, ~0ull);
        CHECK_EQ(REG_N(b, MSI_ADDR, v) & ~(uint64_t)IOMMU_MSI_ADDR_ADDR_MASK, 0);
        REG_N_SET(b, MSI_ADDR, v, 0x00123456789abcdc);
        CHECK_EQ(REG_N(b, MSI_ADDR, v), 0x00123456789abcdc);
        REG_N_SET(b, MSI_DATA, v, 0xfedcba98);
        CHECK_EQ(REG_N(b, MSI_DATA, v), 0xfedcba98);
        REG_N_SET(b, MSI_VEC_CTL, v, 0xffffffff);
        CHECK_EQ(REG_N(b, MSI_VEC_CTL, v), 1);
        /* Data and vector control in one 8-byte access. */
        CHECK_EQ(reg_read(b, IOMMU_REG_MSI_DATA(v), 8), 0x1fedcba98);
    }
}

static void only_wires(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_IGS_MASK;
    config->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_WSI);
    config->fctl_reset |= IOMMU_FCTL_WSI_MASK;
    config->fctl_writable &= ~(uint32_t)IOMMU_FCTL_WSI_MASK;
}

TEST_BOTH(msi_cfg_tbl_is_zero_with_wires_only)
{
    struct bench *b = bench_create("max", only_wires);
    for (unsigned v = 0; v < 16; v++) {
        REG_N_SET(b, MSI_ADDR, v, ~0ull);
        REG_N_SET(b, MSI_DATA, v, 0xffffffff);
        REG_N_SET(b, MSI_VEC_CTL, v, 1);
        CHECK_EQ(REG_N(b, MSI_ADDR, v) | REG_N(b, MSI_DATA, v) | REG_N(b, MSI_VEC_CTL, v), 0);
    }
}
