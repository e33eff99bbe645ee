/* SPDX-License-Identifier: Apache-2.0 */
/* The run: each test from reset, once with a clock that never stops, and once with one that stands
 * whenever idle_o says that it may. */
#include <stdio.h>
#include <string.h>

#include "directed.h"

struct world world; /* the bench's own random tables: there are none here */

static void begin(bool gated)
{
    memset(&bench.in, 0, sizeof(bench.in));
    bench.failed = false;
    bench.gated = gated;
    bench.cycle = bench.progress = 0;
    memset(&counts, 0, sizeof(counts));
    note_reset();
    random_seed(1);
    model->config.reset_mode = false;
    iommu_reset(model);
    image_reset();
    image.base = 0x80000000ull;
    flight_reset();
    trace_reset();
    check_reset();
    memport_reset();
    downstream_reset();
    device_reset();
    csr_reset();
    asks_reset();
    design_reset(&bench.in);
    software_begin();
    tables_begin();
}

static bool passes(const struct test *test, bool gated)
{
    begin(gated);
    if (bench.verbose)
        printf("%s%s\n", test->name, gated ? ", with a clock that stops" : "");
    if (!bench.failed)
        test->run();
    if (!bench.failed)
        fence();
    if (!bench.failed)
        wait_idle();
    if (!bench.failed)
        check_quiet();
    if (!bench.failed)
        compare_registers();
    if (bench.failed)
        printf("FAILED: %s%s\n", test->name, gated ? ", with a clock that stops" : "");
    return !bench.failed;
}

int bench_main(int argc, char **argv)
{
    const struct test *const lists[] = {invalidation_tests, rest_tests, message_tests,
                                        lookup_tests};
    unsigned passed = 0, failed = 0;
    bool speed = false;
    uint64_t has;

    if (argc == 2 && strcmp(argv[1], "--verbose") == 0) {
        bench.verbose = true;
    } else if (argc == 2 && strcmp(argv[1], "--speed") == 0) {
        speed = true;
    } else if (argc != 1) {
        bool help = argc == 2 && strcmp(argv[1], "--help") == 0;

        fprintf(help ? stdout : stderr,
                "usage: %s [--verbose | --speed]\n"
                "Directed tests of the RTL, in lockstep with the model; --speed: how fast that "
                "simulates while data streams.\n",
                argv[0]);
        return help ? 0 : 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!make_model())
        return 1;
    design_make(1);
    if (speed) {
        begin(false);
        measure_speed();
        wait_idle();
        check_quiet();
        iommu_destroy(model);
        return bench.failed;
    }
    has = model->config.capabilities | (design_config() == 0 ? 0 : READ_AHEAD);
    for (unsigned list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        for (const struct test *test = lists[list]; test->name != NULL; test++) {
            if ((has & test->needs) != test->needs)
                continue;
            for (unsigned gated = 0; gated < 2; gated++)
                *(passes(test, gated != 0) ? &passed : &failed) += 1;
        }
    }
    iommu_destroy(model);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
