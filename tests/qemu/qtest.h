/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A QEMU process, driven by its qtest protocol: register and memory accesses as lines of
 * text over a socket. Accesses are queued and sent in one go, since a round trip costs
 * far more than an access.
 *
 * The guest's memory is an anonymous file that both processes map, so that tables are
 * built with plain stores. The socket is one of a pair: nothing appears in the file
 * system, and nothing listens.
 */
#ifndef PORTCULLIS_TESTS_QTEST_H
#define PORTCULLIS_TESTS_QTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QTEST_RAM_BASE 0x80000000u
/** Large enough that flipping any one bit of an address in the upper half of it leaves
 *  it among RAM and holes, and never hits a device of the `virt` machine. */
#define QTEST_RAM_SIZE 0x0a000000u

struct qtest;

/**
 * Start QEMU.
 * @param program   its name or path
 * @param arguments of the machine, NULL at the end; RAM, accelerator and socket are added
 * @param error     gets a sentence when NULL is returned
 */
struct qtest *qtest_start(const char *program, const char *const *arguments, char *error,
                          size_t error_size);

/** End the process, and free everything. NULL is allowed. */
void qtest_stop(struct qtest *q);

/** The guest's memory, QTEST_RAM_SIZE bytes from QTEST_RAM_BASE on. */
uint8_t *qtest_ram(struct qtest *q);

/** Queue a write of 4 or 8 bytes. */
void qtest_write(struct qtest *q, uint64_t address, unsigned size, uint64_t value);

/** Queue a read of 4 or 8 bytes. *value is filled by the next qtest_flush(). */
void qtest_read(struct qtest *q, uint64_t address, unsigned size, uint64_t *value);

/** Send what is queued, and wait for all answers. @return false once QEMU is gone. */
bool qtest_flush(struct qtest *q);

/** Read at once, after everything that is queued. */
uint64_t qtest_read_now(struct qtest *q, uint64_t address, unsigned size);

/** QEMU ended or answered nonsense; reads give 0 from then on. */
bool qtest_broken(const struct qtest *q);

/** Lines sent so far. */
uint64_t qtest_lines(const struct qtest *q);

#endif
