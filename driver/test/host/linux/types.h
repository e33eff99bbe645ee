/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver's pure functions need of the kernel, on the host. */
#ifndef HOST_TYPES_H
#define HOST_TYPES_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef u64 phys_addr_t;

#endif
