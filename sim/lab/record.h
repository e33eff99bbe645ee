/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording of the RTL's pins, cycle by cycle, that `lab-replay` gives to the design again:
 *
 *     a line of text   portcullis-replay CONFIG
 *     a cycle          N, then N times: which word of the input pins (a byte), its new value (8)
 *     RECORD_RESET     the design was reset
 *     RECORD_END       a hash of all outputs (8), cycle of the trigger (8, 0: none), why it ended
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "pins.h"

#define RECORD_TITLE "portcullis-replay"
#define RECORD_RESET 255u
#define RECORD_END 254u
#define RECORD_WORDS ((sizeof(struct pins_in) + 7) / 8)

void record_reset(void);
void record_cycle(const struct pins_in *in, const struct pins_out *out);
/** A burst of a device's is over: is it what the trigger waits for? */
void record_burst(uint32_t device_id, uint64_t iova, bool refused);
/** Hash of what the pins say, after `hash`. */
uint64_t record_hash(uint64_t hash, const struct pins_out *out);

#endif
