/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts as messages: when they are sent, masks, write faults, vectors. */
#include "irq_scene.h"

/* --- R264: messages ------------------------------------------------------------------- */

TEST(msi_is_sent_once_per_rise_of_a_pending_bit)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    cause_fault(&i);
    CHECK_EQ(messages_of(&i, 2), 1);
    const struct event *message = bench_access(b, IOMMU_MSI, 0);
    REQUIRE(message != NULL);
    CHECK_EQ(message->kind, EVENT_WRITE);
    CHECK_EQ(message->access.size, 4);
    CHECK_EQ(event_value(message, 0, 4, false), 0xd2);
    CHECK_EQ(bench_get32(b, i.base + 32), 0xd2);
    CHECK_EQ(iommu_wires(b->iommu), 0);
    /* fip is 1 already: no rise, no message. */
    cause_fault(&i);
    CHECK_EQ(messages_of(&i, 2), 1);
    REG_SET(b, IPSR, FIP);
    CHECK_EQ(messages_of(&i, 2), 1);
    cause_fault(&i);
    CHECK_EQ(messages_of(&i, 2), 2);
    CHECK_EQ(bench_accesses(b, IOMMU_MSI), 2);
}

/* The last access before the message is the store of the record. */
TEST(msi_follows_the_record_that_causes_it)
{
    struct irq_scene i;
    scene_irq(&i, false);
    cause_fault(&i);
    const struct event *message = bench_access(i.s.b, IOMMU_MSI, 0);
    REQUIRE(message != NULL && message > i.s.b->event);
    CHECK_EQ(message[-1].access.structure, IOMMU_FQ);
}

/* A condition that persists rises again when it is cleared: one more message. */
TEST(msi_is_sent_again_when_a_standing_cause_is_cleared)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    cause_illegal_command(&i);
    CHECK_EQ(messages_of(&i, 1), 1);
    REG_SET(b, IPSR, CIP);
    CHECK_EQ(REG(b, IPSR), CIP);
    CHECK_EQ(messages_of(&i, 1), 2);
}

TEST(msi_data_follows_big_endian_fctl)
{
    struct bench *b = bench_create("max", NULL);
    bench_set_fctl(b, IOMMU_FCTL_BE_MASK);
    bench_start(b, 1);
    uint64_t page = bench_page(b);
    REG_N_SET(b, MSI_ADDR, 0, page);
    REG_N_SET(b, MSI_DATA, 0, 0x01020304);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    bench_push(b, cmd_make(0, 0));
    CHECK_EQ(bench_get(b, page, 4, true), 0x01020304);
}

/* --- R268: masks ------------------------------------------------------------------------ */

TEST(msi_masked_vector_sends_when_unmasked)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    REG_N_SET(b, MSI_VEC_CTL, 2, 1);
    cause_fault(&i);
    CHECK_EQ(REG(b, IPSR), FIP);
    CHECK_EQ(bench_accesses(b, IOMMU_MSI), 0);
    cause_page_request(&i);
    CHECK_EQ(messages_of(&i, 4), 1);
    REG_N_SET(b, MSI_VEC_CTL, 2, 0);
    CHECK_EQ(messages_of(&i, 2), 1);
    /* Sent: masking and unmasking again sends nothing. */
    REG_N_SET(b, MSI_VEC_CTL, 2, 1);
    REG_N_SET(b, MSI_VEC_CTL, 2, 0);
    CHECK_EQ(messages_of(&i, 2), 1);
    CHECK_EQ(bench_accesses(b, IOMMU_MSI), 2);
}

/* Masking after the message went out holds nothing back. */
TEST(msi_mask_without_anything_pending_sends_nothing)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    cause_fault(&i);
    bench_clear_log(b);
    REG_N_SET(b, MSI_VEC_CTL, 2, 1);
    cause_fault(&i);
    REG_N_SET(b, MSI_VEC_CTL, 2, 0);
    CHECK_EQ(bench_accesses(b, IOMMU_MSI), 0);
}

/* The address and data that hold at the time of sending count. */
TEST(msi_masked_message_uses_the_entry_at_unmasking)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    REG_N_SET(b, MSI_VEC_CTL, 2, 1);
    cause_fault(&i);
    uint64_t page = bench_page(b);
    REG_N_SET(b, MSI_ADDR, 2, page);
    REG_N_SET(b, MSI_DATA, 2, 0x77);
    REG_N_SET(b, MSI_VEC_CTL, 2, 0);
    CHECK_EQ(bench_get32(b, page), 0x77);
}

/* R40, R41: a reset forgets what a mask held back. */
TEST(msi_held_back_is_gone_after_reset)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    REG_N_SET(b, MSI_VEC_CTL, 2, 1);
    cause_fault(&i);
    iommu_reset(b->iommu);
    CHECK_EQ(REG(b, IPSR), 0);
    bench_clear_log(b);
    REG_N_SET(b, MSI_ADDR, 2, i.base);
    REG_N_SET(b, MSI_VEC_CTL, 2, 1);
    REG_N_SET(b, MSI_VEC_CTL, 2, 0);
    CHECK_EQ(bench_accesses(b, IOMMU_MSI), 0);
}

/* --- R269 -------------------------------------------------------------------------------- */

TEST(msi_write_fault_is_reported_with_its_address)
{
    struct irq_scene i;
    struct fault_record record;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    bench_inject(b, i.base + 16, 4, IOMMU_MEM_ACCESS_FAULT);
    cause_illegal_command(&i);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.dw[0], IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
    CHECK_EQ(record.dw[1], 0);
    CHECK_EQ(record.iotval, i.base + 16);
    CHECK_EQ(record.iotval2, 0);
    CHECK_NO_RECORD(b);
    /* The record about it is a record like any other: it raises fip and its message. */
    CHECK_EQ(REG(b, IPSR), CIP | FIP);
    CHECK_EQ(messages_of(&i, 2), 1);
}

/* The fault queue's own message faults: one record about it, and no endless chain. */
TEST(msi_write_fault_of_the_fault_queue_ends)
{
    struct irq_scene i;
    struct fault_record record;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    bench_inject(b, i.base + 32, 4, IOMMU_MEM_ACCESS_FAULT);
    cause_fault(&i);
    CHECK_EQ(bench_fault_count(b), 2);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_READ_GUEST_PAGE_FAULT);
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.cause, IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
    CHECK_EQ(record.iotval, i.base + 32);
    CHECK_EQ(REG(b, IPSR), FIP);
    CHECK_EQ(messages_of(&i, 2), 1);
}

/* The same with a queue that has room for one record only: overflow, and an end. */
TEST(msi_write_fault_with_a_full_fault_queue_ends)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    shrink_fault_queue(b);
    bench_clear_log(b);
    bench_inject(b, i.base + 32, 4, IOMMU_MEM_ACCESS_FAULT);
    cause_fault(&i);
    CHECK_EQ(bench_fault_count(b), 1);
    CHECK_EQ(REG_FIELD(b, FQCSR, FQOF), 1);
    CHECK_EQ(REG(b, IPSR), FIP);
    CHECK_EQ(messages_of(&i, 2), 1);
}

/* --- R270 -------------------------------------------------------------------------------- */

TEST(msi_any_cause_to_any_vector)
{
    for (unsigned v = 0; v < 16; v++) {
        struct irq_scene i;
        scene_irq(&i, false);
        struct bench *b = i.s.b;
        unsigned fiv = (v + 5) % 16, piv = (v + 11) % 16;
        set_vectors(b, v, fiv, 0, piv);
        cause_illegal_command(&i);
        cause_fault(&i);
        cause_page_request(&i);
        CHECK_EQ(messages_of(&i, v), 1);
        CHECK_EQ(messages_of(&i, fiv), 1);
        CHECK_EQ(messages_of(&i, piv), 1);
        CHECK_EQ(bench_accesses(b, IOMMU_MSI), 3);
        CHECK_EQ(bench_get32(b, i.base + 16 * v), 0xd0 + v);
    }
}

TEST(msi_shared_vector_sends_for_each_cause)
{
    struct irq_scene i;
    scene_irq(&i, false);
    struct bench *b = i.s.b;
    set_vectors(b, 6, 6, 6, 6);
    cause_fault(&i);
    cause_page_request(&i);
    cause_illegal_command(&i);
    CHECK_EQ(messages_of(&i, 6), 3);
    CHECK_EQ(REG(b, IPSR), CIP | FIP | PIP);
}
