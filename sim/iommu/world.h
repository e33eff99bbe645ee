/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a world (spaces.c, contexts.c, world.c) share. */
#ifndef COSIM_WORLD_H
#define COSIM_WORLD_H

#include "bench.h"

#define NO_MSI (~0ull) /**< msi_page of a device that has none */

/* --- address spaces (spaces.c) ------------------------------------------------------------- */

void make_second(struct space *space, unsigned id);
/** @param host index of the second-stage space, or SPACES2 */
void make_first(struct space *space, unsigned id, unsigned host);
bool is_second(const struct space *space);
unsigned index_bits(const struct space *space); /**< of each level, but for a root's two more */
unsigned entry_bytes(const struct space *space);
/** Physical address of what a first-stage table pointer leads to, and the other way. */
uint64_t to_physical(const struct space *space, uint64_t address);
uint64_t to_pointer(const struct space *space, uint64_t physical);
/** Damage one in so many entries. */
uint64_t damage(uint64_t value, unsigned bits);
/** Where a leaf leads: somewhere that its host maps, an interrupt file, or anywhere. */
uint64_t leaf_target(const struct space *space);
uint64_t leaf_value(const struct space *space, uint64_t target, unsigned level);
uint64_t random_address(const struct space *space);
/** An address that a hot page is reached by. */
uint64_t page_of(const struct hot *hot);

/* --- contexts (contexts.c) ------------------------------------------------------------------ */

unsigned dc_bytes(void);
void make_device(struct device *device, uint64_t root);
/** A device context's words, with spaces that exist. */
void make_dc(struct device *device);
/** Its processes get another directory, some of them other process_ids. */
void move_processes(struct device *device);
void make_pc(const struct device *device, struct process *process, bool sbe);

#endif
