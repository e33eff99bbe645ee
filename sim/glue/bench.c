/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The modules between queues, translation and ports against the golden model.
 * Usage: sim-glue [SEED [EPISODES [CYCLES]]]. An episode is one test, with tables of its own; its
 * seed alone replays it.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define LONGEST_END 20000u /* cycles until everything has come to an end */

struct bench bench;

static uint64_t state, episode_seed;
static unsigned episode_cycles;
static bool failed;
static uint8_t mutant; /**< one of mutate.py's, by the environment; 0: none */
static char replay[160];
static unsigned long counts[COUNTS];

static const struct part *const parts[] = {
    &walker_part, &ats_part,   &queue_part,      &mrif_part,
    &fault_part,  &debug_part, &transition_part, &quiesce_part,
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

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

void count(enum count what)
{
    counts[what]++;
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

void expect(const char *what, uint64_t got, uint64_t want)
{
    if (got != want)
        fail("%s is 0x%llx and should be 0x%llx", what, (unsigned long long)got,
             (unsigned long long)want);
}

/** An assertion of the design has failed. */
static void aborted(int number)
{
    (void)!write(STDOUT_FILENO, replay, strlen(replay));
    signal(number, SIG_DFL);
    raise(number);
}

static void run_cycle(void)
{
    for (size_t i = 0; i < PARTS; i++)
        parts[i]->drive();
    design_eval(&bench.in, &bench.out);
    for (size_t i = 0; i < PARTS; i++)
        parts[i]->observe();
    design_clock();
    bench.cycle++;
}

static bool all_done(void)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (!parts[i]->done())
            return false;
    }
    return true;
}

static void run_episode(const char *program, uint64_t seed)
{
    uint64_t end;

    state = episode_seed = seed;
    failed = false;
    snprintf(replay, sizeof(replay), "replay: %s %llu 1 %u\n", program, (unsigned long long)seed,
             episode_cycles);
    memset(&bench, 0, sizeof(bench));
    world_begin();
    bench.in.mutant = mutant;
    bench.in.fctl = (uint32_t)world_register(IOMMU_REG_FCTL, 4);
    design_reset();
    for (size_t i = 0; i < PARTS; i++)
        parts[i]->begin();
    while (bench.cycle < episode_cycles && !failed)
        run_cycle();
    bench.ending = true;
    for (end = bench.cycle + LONGEST_END; bench.cycle < end && !failed && !all_done();)
        run_cycle();
    for (size_t i = 0; i < PARTS && !all_done(); i++) {
        if (!parts[i]->done())
            fail("part %zu does not come to an end", i);
    }
    if (memcmp(mrif_of_design, mrif_of_model, MRIF_BYTES) != 0)
        fail("MRIFs differ from the model's");
}

static void print_counts(void)
{
#define COUNT_TEXT(name, text) text,
    static const char *const texts[] = {COUNT_LIST(COUNT_TEXT)};

    for (unsigned i = 0; i < COUNTS; i++)
        printf("%s%lu %s", i % 6 == 0 ? "\n  " : ", ", counts[i], texts[i]);
    printf("\n");
}

int bench_main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    unsigned episodes = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 100;
    unsigned passes = 0, failures = 0;

    episode_cycles = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 4000;
    if (getenv("MUTANT") != NULL)
        mutant = (uint8_t)strtoul(getenv("MUTANT"), NULL, 10);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGABRT, aborted);
    printf("glue: seed %llu, %u episodes of %u cycles\n", (unsigned long long)seed, episodes,
           episode_cycles);
    for (unsigned i = 0; i < episodes && failures < 10; i++) {
        run_episode(argv[0], seed + i);
        failed ? failures++ : passes++;
    }
    print_counts();
    /* With episodes enough, whatever can happen has happened. */
    for (unsigned i = 0; i < COUNTS && episodes >= 100; i++) {
        if (counts[i] == 0) {
            printf("count %u stayed 0\n", i);
            failures++;
        }
    }
    printf("%u passed, %u failed\n", passes, failures);
    return failures != 0;
}
