/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register values as a text file. One register a line, `name = value` or `name: value`,
 * with the specification's names; `#` starts a comment. A dump by a driver starts with
 * the line `portcullis-iommu-registers 1`, whose number is the version of the format.
 */
#ifndef EXPLAIN_REGISTERS_H
#define EXPLAIN_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu_regs.h"
#include "problem.h"

#define REGISTERS_FORMAT "portcullis-iommu-registers"
#define REGISTERS_FORMAT_VERSION 1

/** A register's name, place and width. */
struct register_name {
    char name[24];
    uint32_t offset;
    uint8_t bytes;
};

struct registers {
    const char *file; /**< that the values came from, NULL if none; not owned */
    uint64_t value[IOMMU_REG_PAGE_BYTES / 4]; /**< by offset / 4 */
    uint32_t line[IOMMU_REG_PAGE_BYTES / 4];  /**< 0: not given */
};

/** Line number of values that came from the command line. */
#define REGISTERS_COMMAND_LINE UINT32_MAX

/** Read a file; later values of other files replace earlier ones. */
bool registers_load(struct registers *registers, const char *file, struct problem *problem);
/** Take one `name=value` of the command line. */
bool registers_set(struct registers *registers, const char *assignment, struct problem *problem);

/** Was the register at this offset given? Its value goes to *value, or 0. */
bool registers_get(const struct registers *registers, uint32_t offset, uint64_t *value);
/** The value of a register, 0 if it was not given. */
uint64_t registers_value(const struct registers *registers, uint32_t offset);

/** Where a register was given, as in "regs.txt:7: ddtp"; `text` is returned. */
const char *registers_place(const struct registers *registers, uint32_t offset, char *text,
                            size_t size);

/** Registers one by one, in the order of their offsets. @return false after the last */
bool registers_name(unsigned index, struct register_name *name);

#endif
