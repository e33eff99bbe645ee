/* SPDX-License-Identifier: Apache-2.0 */
/* The message port of the Verilated IOMMU, for rtl.c: docs/integration.md, ATS and PRI messages. */
#ifndef RTL_ATS_H
#define RTL_ATS_H

#include "pins.h"
#include "rtl.h"

void ats_port_reset(void);
void ats_port_drive(struct pins_in *in);
/** What the two have agreed on in this cycle; messages to devices go to `memory`. */
void ats_port_observe(const struct pins_in *in, const struct pins_out *out,
                      const struct rtl_memory *memory);
/** Clock until a condition holds (rtl.c). */
bool rtl_wait(const bool *done, const char *what);

#endif
