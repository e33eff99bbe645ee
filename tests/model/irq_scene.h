/* SPDX-License-Identifier: Apache-2.0 */
/* A device and an IOMMU with all interrupts on, for tests of wires and messages. */
#ifndef PORTCULLIS_TESTS_IRQ_SCENE_H
#define PORTCULLIS_TESTS_IRQ_SCENE_H

#include "scenes.h"

#define CIP IOMMU_IPSR_CIP_MASK
#define FIP IOMMU_IPSR_FIP_MASK
#define PIP IOMMU_IPSR_PIP_MASK

/** Messages have words of their own: vector v writes 0xd0 + v at base + 16 * v. */
struct irq_scene {
    struct scene s;
    uint64_t base;
};

/** Interrupts on, vectors 1, 2, 3, 4 for cip, fip, pmip, pip; one device with PRI, and no
 *  mapping, so that each of its accesses is a fault. Vectors are unmasked. */
void scene_irq(struct irq_scene *i, bool wires);
void set_vectors(struct bench *b, unsigned civ, unsigned fiv, unsigned pmiv, unsigned piv);
/** cie, fie and pie. */
void enable_interrupts(struct bench *b);
/** A fault queue of two entries, of which one can be used, with interrupts. */
void shrink_fault_queue(struct bench *b);

void cause_fault(struct irq_scene *i);
void cause_page_request(struct irq_scene *i);
void cause_illegal_command(struct irq_scene *i);
/** Messages sent for a vector since the log was cleared. */
size_t messages_of(struct irq_scene *i, unsigned vector);

#endif
