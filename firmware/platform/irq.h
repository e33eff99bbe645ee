/* SPDX-License-Identifier: Apache-2.0 */
/* As much of interrupt controllers as is needed to see that an interrupt arrived. */
#ifndef IRQ_H
#define IRQ_H

#include "fdt.h"

/** This hart's machine-level IMSIC: the address that messages go to; 0 if there is none.
 *  Makes it deliver. */
uint64_t imsic_open(const struct fdt *fdt);
/** Let identity 1 to 63 raise the machine external interrupt, and forget an old one. */
void imsic_enable(uint32_t identity);
/** Did a message with this identity arrive? Takes it. */
bool imsic_take(uint32_t identity);
/** Is the machine external interrupt pending at the hart? */
bool external_pending(void);

/** The PLIC; 0 if there is none. */
uint64_t plic_open(const struct fdt *fdt);
void plic_enable(uint64_t plic, uint32_t source);
/** Claim and complete what is pending: the source, 0 if nothing. */
uint32_t plic_take(uint64_t plic);

#endif
