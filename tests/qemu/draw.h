/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers that a seed repeats on every machine (splitmix64).
 */
#ifndef PORTCULLIS_TESTS_DRAW_H
#define PORTCULLIS_TESTS_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draw {
    uint64_t state;
};

static inline uint64_t draw_word(struct draw *d)
{
    uint64_t z = (d->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/** 0 to count - 1. */
static inline uint32_t draw_below(struct draw *d, uint32_t count)
{
    return (uint32_t)(((draw_word(d) >> 32) * count) >> 32);
}

static inline bool draw_percent(struct draw *d, uint32_t percent)
{
    return draw_below(d, 100) < percent;
}

/** `bits` random bits, 0 to 64. */
static inline uint64_t draw_bits(struct draw *d, unsigned bits)
{
    return bits == 0 ? 0 : draw_word(d) >> (64 - bits);
}

#define DRAW_FROM(d, list) ((list)[draw_below((d), (uint32_t)(sizeof(list) / sizeof((list)[0])))])

#endif
