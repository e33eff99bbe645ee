/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queues against the golden model. Usage: sim-queues-CONFIG [SEED [EPISODES [CYCLES]]].
 * An episode is one test; its seed alone replays it.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static uint64_t state, episode_seed;
static unsigned episode_cycles;
static bool failed;
static char replay[160];

uint64_t random64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull; /* splitmix64: neighbouring seeds differ */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

unsigned below(unsigned n)
{
    return (unsigned)((random64() >> 32) % n);
}

bool one_in(unsigned n)
{
    return below(n) == 0;
}

void fail(const char *format, ...)
{
    va_list arguments;

    if (failed)
        return;
    failed = true;
    va_start(arguments, format);
    printf("seed %llu, cycle %llu: ", (unsigned long long)episode_seed,
           (unsigned long long)bench.cycle);
    vprintf(format, arguments);
    printf("\n%s", replay);
    va_end(arguments);
}

/** An assertion of the design has failed. */
static void aborted(int number)
{
    (void)!write(STDOUT_FILENO, replay, strlen(replay));
    signal(number, SIG_DFL);
    raise(number);
}

static void begin(const char *program, uint64_t seed)
{
    state = episode_seed = seed;
    failed = false;
    snprintf(replay, sizeof(replay), "replay: %s %llu 1 %u\n", program, (unsigned long long)seed,
             episode_cycles);
}

static void print_counts(void)
{
#define COUNT_TEXT(name, text) text,
    static const char *const texts[] = {COUNT_LIST(COUNT_TEXT)};

    for (unsigned i = 0; i < COUNTS; i++)
        printf("%s%lu %s", i % 6 == 0 ? "\n  " : ", ", counted((enum count)i), texts[i]);
    printf("\n");
}

int bench_main(int argc, char **argv)
{
    static const char *const configs[] = {"small", "base", "full"};
    const char *config = configs[design_config()];
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    unsigned episodes = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 100;
    unsigned passes = 0, failures = 0;

    episode_cycles = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 10000;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGABRT, aborted);
    printf("queues, %s: seed %llu, %u episodes of %u cycles\n", config, (unsigned long long)seed,
           episodes, episode_cycles);
    begin(argv[0], seed);
    if (episodes != 1) {
        measure(config);
        failed ? failures++ : passes++;
    }
    for (unsigned i = 0; i < episodes && failures < 10; i++) {
        begin(argv[0], seed + i);
        random_episode(config, episode_cycles);
        failed ? failures++ : passes++;
    }
    print_counts();
    printf("%u passed, %u failed\n", passes, failures);
    return failures != 0;
}
