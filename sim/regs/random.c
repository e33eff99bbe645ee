/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: xorshift64*, so that a seed gives the same run everywhere. */
#include "bench.h"

uint64_t random64(struct bench *bench)
{
    uint64_t x = bench->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    bench->random = x;
    return x * 0x2545f4914f6cdd1dull;
}

unsigned random_below(struct bench *bench, unsigned limit)
{
    return (unsigned)((random64(bench) >> 32) % limit);
}

bool one_in(struct bench *bench, unsigned n)
{
    return random_below(bench, n) == 0;
}
