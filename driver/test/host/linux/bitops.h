/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_BITOPS_H
#define HOST_BITOPS_H

#define BIT_ULL(bit) (1ULL << (bit))
#define fls64(word) ((word) ? 64 - (unsigned int)__builtin_clzll(word) : 0)

#endif
