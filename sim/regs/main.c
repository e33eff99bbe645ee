/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register side against the golden model: directed tests, then random operations in every
 * combination of stalls and straps.
 *
 *   sim-regs-CONFIG [--seed N] [--count N] [--only TEST]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define STALL_MODES 4u
#define STRAP_MODES 4u

struct options {
    uint64_t seed;
    unsigned count; /* operations per random test */
    const char *only;
    const char *program;
};

static unsigned passed, failed;

static void run(const struct options *options, const char *name, unsigned stalls, unsigned straps,
                void (*directed)(struct bench *bench))
{
    /* Each test has a sequence of its own, so that it can be run alone. */
    uint64_t seed = options->seed * 1000 + stalls * STRAP_MODES + straps;
    static struct bench bench;

    if (options->only != NULL && strcmp(options->only, name) != 0)
        return;
    if (!bench_create(&bench, seed, stalls, straps)) {
        printf("FAIL %s: no such configuration\n", name);
        failed++;
        return;
    }
    if (directed != NULL) {
        directed(&bench);
    } else {
        for (unsigned i = 0; i < options->count && bench.failures == 0; i++)
            random_operation(&bench);
        if (bench.failures == 0)
            sweep(&bench);
    }
    if (bench.failures == 0) {
        passed++;
    } else {
        failed++;
        printf("FAIL %s: replay with %s --seed %" PRIu64 " --count %u --only %s\n", name,
               options->program, options->seed, options->count, name);
    }
    bench_destroy(&bench);
}

static bool parse(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return false;
        if (strcmp(argv[i], "--seed") == 0)
            options->seed = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--count") == 0)
            options->count = (unsigned)strtoul(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--only") == 0)
            options->only = argv[i + 1];
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 1, .count = 300, .program = argv[0]};

    if (!parse(&options, argc, argv)) {
        fprintf(stderr, "usage: %s [--seed N] [--count N] [--only TEST]\n", argv[0]);
        return 2;
    }
    printf("registers, %s, %u-bit bus, seed %" PRIu64 ", %u operations per test\n", dut_config(),
           dut_data_width(), options.seed, options.count);
    for (unsigned i = 0; i < directed_count; i++)
        run(&options, directed_tests[i].name, 0, 0, directed_tests[i].run);
    for (unsigned stalls = 0; stalls < STALL_MODES; stalls++) {
        for (unsigned straps = 0; straps < STRAP_MODES; straps++) {
            char name[32];

            snprintf(name, sizeof(name), "random_%u_%u", stalls, straps);
            run(&options, name, stalls, straps, NULL);
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
