/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits of the caches' memories that change by themselves, in a design that was built for it.
 * All must go on as if nothing had happened, and the design must count what it met.
 */
#include <string.h>

#include "bench.h"

#define UPSETS 8192u
#define RATE 400u /* one in so many cycles of each memory */
#define ENOUGH 500u

static struct {
    const void *memory;
    unsigned word, group;
} upset[UPSETS];
static unsigned upset_count;
static uint64_t counted; /* errors that the design reported since reset */
static uint64_t upsets, errors;

void parity_reset(void)
{
    upset_count = 0;
    counted = 0;
}

/** Which parity bit covers a bit of a word? They lie above the word itself. */
static unsigned group_of(unsigned bit, unsigned bits)
{
    unsigned width = bits - (bits + 32) / 33;

    return bit < width ? bit / 32 : bit - width;
}

/* One bit of those that one parity bit covers: it does not see two. */
uint64_t bench_upset(const void *memory, unsigned words, unsigned bits)
{
    unsigned word, bit, group;

    if (!one_in(RATE) || upset_count == UPSETS)
        return 0;
    word = below(words);
    bit = below(bits);
    group = group_of(bit, bits);
    for (unsigned i = 0; i < upset_count; i++) {
        if (upset[i].memory == memory && upset[i].word == word && upset[i].group == group)
            return 0;
    }
    upset[upset_count].memory = memory;
    upset[upset_count].group = group;
    upset[upset_count++].word = word;
    upsets++;
    note("bit %u of word %u changes", bit, word);
    return 1ull << 63 | (uint64_t)word << 32 | bit;
}

void parity_observe(void)
{
    uint64_t shown = counted < 0xffff ? counted : 0xffff;

    if (bench.out.parity_count != shown)
        fail("parity_count_o is %u after %llu errors", bench.out.parity_count,
             (unsigned long long)counted);
    if (bench.out.parity_error != 0) {
        counted++;
        errors++;
        if (upset_count == 0)
            fail("an error of parity, and no bit has changed");
    }
}

bool parity_summary(uint64_t *changed, uint64_t *met)
{
    *changed = upsets;
    *met = errors;
    return upsets < ENOUGH || errors >= upsets / 20;
}
