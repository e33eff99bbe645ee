/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_BITFIELD_H
#define HOST_BITFIELD_H

#define FIELD_PREP(mask, value) (((u64)(value) << __builtin_ctzll(mask)) & (mask))
#define FIELD_GET(mask, word) (((u64)(word) & (mask)) >> __builtin_ctzll(mask))

#endif
