/* SPDX-License-Identifier: Apache-2.0 */
/* A machine around the simulated RTL: memory, an interrupt file, a device, the registers' bus. */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>

#define RAM_BASE 0x80000000u
#define RAM_BYTES 0x1000000u
#define FILE_BASE 0x24000000u /* the hart's interrupt file, as an IMSIC has it */

/** Reset the design. */
void sim_open(void);
void sim_close(void);
/** Let some clock cycles pass. */
void sim_run(unsigned cycles);
uint64_t sim_cycles(void);

uint64_t sim_read(uint32_t offset, uint32_t bytes);
void sim_write(uint32_t offset, uint32_t bytes, uint64_t value);

/** RAM, as the hart sees it. */
uint8_t *sim_ram(uint64_t address, uint32_t bytes);
/** Interrupt identities that came to the file, taken by clearing bits. */
extern uint64_t sim_pending;

/** One access of the device, up to 64 bytes; false if it was answered with an error. */
bool sim_device_write(uint32_t device_id, uint64_t iova, const uint8_t *data, uint32_t bytes);
bool sim_device_read(uint32_t device_id, uint64_t iova, uint8_t *data, uint32_t bytes);

/** What went wrong with the machine itself: protocol errors, no answer. */
extern unsigned sim_errors;

#endif
