/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device with page tables of any modes: what the tests of address translation share.
 * A struct stages must not be copied: its tables point at each other.
 */
#ifndef PORTCULLIS_TESTS_STAGES_H
#define PORTCULLIS_TESTS_STAGES_H

#include "harness.h"

#define DEVICE 0x00002au /**< fits every number of DDT levels */
#define GSCID 0x0123u
#define PSCID 0x54321u
#define PROCESS 0x00035u /**< fits PD8 */
/** Guest physical minus physical address of a guest's own tables; within 34 bits. */
#define GUEST_OFFSET 0x100000000u
#define NO_STAGE PT_MODES /**< this stage is Bare */

struct stages {
    struct bench *b;
    struct dc dc;
    struct page_table first;
    struct page_table second;
    struct guest guest; /**< of the first stage: none if the second is Bare */
};

extern const enum pt_mode first_modes[4];
extern const enum pt_mode second_modes[4];
const char *mode_name(enum pt_mode mode);

/** A running "max" whose fctl fits these modes: GXL is set for Sv32x4. */
struct bench *bench_for(enum pt_mode first, enum pt_mode second, config_tweak *tweak);
/** Tables and a device context for DEVICE; SXL is set for Sv32. The DC is written. */
void stages_make(struct stages *s, struct bench *b, enum pt_mode first, enum pt_mode second);
/** bench_for() and stages_make(). */
void stages_ready(struct stages *s, enum pt_mode first, enum pt_mode second, config_tweak *tweak);
/** Write s->dc anew and empty all caches. */
void stages_update(struct stages *s);
/** Write a PTE and empty all caches. */
void stages_set_pte(struct stages *s, struct page_table *pt, uint64_t address, uint64_t value);
/** Put a PDT with PROCESS into the device context: pc.fsc is the first stage's table. */
void stages_add_process(struct stages *s, struct pdt *pdt, struct pc *pc);
/** Write the process context anew and empty all caches. */
void stages_update_process(struct stages *s, struct pdt *pdt, const struct pc *pc);

/** An address of `mode` with different bits in each index; `high`: its top bit is set
 *  (and, for a first stage wider than 32 bits, all bits above). */
uint64_t mode_address(enum pt_mode mode, bool high);
/** A physical address for a page of this size that the mode can map. */
uint64_t mode_target(enum pt_mode mode, unsigned level);
/** A request of each kind: 0 read, 1 write, 2 execute. */
struct iommu_request request_of(unsigned kind, uint32_t device_id, uint64_t iova);

#endif
