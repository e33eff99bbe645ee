/* SPDX-License-Identifier: Apache-2.0 */
/* A device port between random devices, a random translation side and a random memory. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

struct bench bench;

static uint64_t random_state = 1;
static bool has_failed, quiet;
static unsigned passed_count, failed_count;
static uint64_t episode_seed;

uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random64(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    return mix(random_state, 0);
}

unsigned below(unsigned n)
{
    return n == 0 ? 0 : (unsigned)((random64() >> 32) % n);
}

bool one_in(unsigned n)
{
    return n != 0 && below(n) == 0;
}

bool failed(void)
{
    return has_failed;
}

void fail(const char *format, ...)
{
    va_list arguments;

    if (has_failed)
        return;
    has_failed = true;
    if (quiet)
        return;
    printf("FAIL (seed %" PRIu64 ", cycle %" PRIu64 "): ", episode_seed, bench.cycle);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static void result(const char *name)
{
    if (has_failed) {
        printf("failed: %s\n", name);
        failed_count++;
    } else {
        passed_count++;
    }
    has_failed = false;
}

/** What the random episodes are there for must have happened. */
static void check_seen(void)
{
    static const char *const names[SEEN_COUNT] = {"hits",  "followers", "faults",   "bad bursts",
                                                  "MRIFs", "atomics",   "put back", "passing"};

    for (unsigned i = 0; i < SEEN_COUNT; i++) {
        printf("%s: %" PRIu64 "\n", names[i], bench.seen[i]);
        if (bench.seen[i] == 0 && !(i == SEEN_MRIF && !bench.config.mrif))
            fail("there were no %s", names[i]);
    }
    result("what was to be seen was seen");
}

int bench_main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    unsigned episodes = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 100;
    unsigned cycles = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 3000;

    setvbuf(stdout, NULL, _IOLBF, 0);
    design_reset();
    design_eval(&bench.in, &bench.out);
    bench.config = (struct config){.pending = bench.out.config_pending,
                                   .write_buffer = bench.out.config_write_buffer,
                                   .qos = bench.out.config_qos,
                                   .mrif = bench.out.config_mrif,
                                   .pbmt = bench.out.config_pbmt};
    for (unsigned i = 0; i < episodes; i++) {
        episode_seed = seed + i;
        random_state = mix(seed + i, 12345);
        episode_random(seed + i, cycles);
        result("episode");
        if (failed_count >= 3)
            break;
    }
    if (failed_count == 0 && episodes >= 50)
        check_seen();
    random_state = mix(seed, 54321);
    if (failed_count < 3)
        measure_all(result);
    printf("%" PRIu64 " requests\n", bench.requests);
    printf("%u passed, %u failed\n", passed_count, failed_count);
    return failed_count != 0;
}
