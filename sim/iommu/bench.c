/* SPDX-License-Identifier: Apache-2.0 */
/* The run: episodes, each with a world of its own; the clock; failures. See docs/cosim.md. */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static uint64_t total_cycles;
static volatile sig_atomic_t interrupted;

static struct {
    uint64_t seed;
    unsigned long requests;
    unsigned seeds; /* so many, each with its part of the requests */
    long episode;   /* only this one; or -1 */
    const char *waves, *coverage, *program;
} options = {.seed = 1, .requests = 20000, .seeds = 1, .episode = -1};

/* --- episodes
 * ------------------------------------------------------------------------------------------ */

static void begin(unsigned long episode)
{
    memset(&bench.in, 0, sizeof(bench.in));
    bench.progress = bench.cycle;
    bench.in.strap_reset_mode = one_in(8);
    bench.in.strap_debug_disable = 0;
    model->config.reset_mode = bench.in.strap_reset_mode;
    bench.slow = one_in(8);
    iommu_reset(model);
    image_reset();
    flight_reset();
    trace_reset();
    parity_reset();
    check_reset();
    world_build();
    memport_reset();
    downstream_reset();
    device_reset();
    csr_reset();
    software_reset();
    ats_reset();
    design_reset(&bench.in);
    software_initialize();
    note("episode %lu: ddtp %" PRIx64 " fctl %x devices %u hostile %u", episode, world.ddtp,
         world.fctl, world.device_count, world.hostile);
}

static void initialize(void)
{
    device_hold = true;
    while (!csr_idle() && !bench.failed)
        bench_cycle();
    device_hold = false;
}

/** From one reset to the next: a world of its own. */
static void run_world(unsigned long episode)
{
    unsigned phases = 1 + below(4);

    begin(episode);
    initialize();
    for (unsigned phase = 0; phase < phases && !bench.failed && !interrupted; phase++) {
        unsigned long target = device_requests + 150 + below(900);
        uint64_t limit = bench.cycle + 10000;
        bool abrupt = phase + 1 == phases && one_in(5);

        note("phase of %lu requests%s", target - device_requests, bench.slow ? ", slow" : "");
        while (device_requests < target && bench.cycle < limit && !bench.failed) {
            software_step(true);
            bench_cycle();
        }
        bench.reset_in_traffic = abrupt;
        if (abrupt) {
            features_event(COVER_RESET);
            break; /* reset in the middle of it */
        }
        note("let it come to an end");
        software_begin_quiet();
        while (!bench.failed && !software_quiet_done()) {
            software_step(false);
            bench_cycle();
        }
    }
}

/** @return false if something was wrong */
static bool run_episode(unsigned long episode)
{
    random_seed(hash64(options.seed, episode));
    note_reset();
    bench.failed = false;
    total_cycles += bench.cycle;
    bench.cycle = 0;
    bench.gated = (hash64(options.seed, ~episode) & 1) != 0;
    bench.reset_in_traffic = false;
    design_make((unsigned)random64());
    if (options.waves != NULL && !design_trace(options.waves))
        fprintf(stderr, "no waveforms were built in; see docs/cosim.md\n");
    for (unsigned worlds = 1 + below(3); worlds > 0 && !bench.failed && !interrupted; worlds--)
        run_world(episode);
    return !bench.failed;
}

/* --- the command line
 * ------------------------------------------------------------------------------------ */

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void usage(void)
{
    printf("usage: %s [--seed N [--seeds K]] [--requests N] [--replay FILE] [--waves FILE] "
           "[--coverage FILE]\n"
           "          [--churn] [--verbose] [--report] [--trace FILE]\n"
           "With --seeds, K of them, each with its part of the requests.\n"
           "The IOMMU's RTL (%s) against the golden model. See docs/cosim.md.\n",
           options.program, config_name());
}

static bool read_replay(const char *path)
{
    FILE *file = fopen(path, "r");
    char config[16];
    int churn = 0;
    bool ok;

    if (file == NULL) {
        perror(path);
        return false;
    }
    ok = fscanf(file, "portcullis-cosim 1 config %15s seed %" SCNu64 " episode %ld", config,
                &options.seed, &options.episode) == 3;
    bench.churn = fscanf(file, " churn %d", &churn) == 1 && churn != 0;
    fclose(file);
    if (!ok || strcmp(config, config_name()) != 0) {
        fprintf(stderr, "%s: not a replay of this configuration (%s)\n", path, config_name());
        return false;
    }
    return true;
}

static void write_replay(unsigned long episode)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s-%" PRIu64 "-%lu.replay", options.program, options.seed,
             episode);
    file = fopen(path, "w");
    if (file != NULL) {
        fprintf(file, "portcullis-cosim 1\nconfig %s\nseed %" PRIu64 "\nepisode %lu\nchurn %d\n",
                config_name(), options.seed, episode, bench.churn);
        fclose(file);
    }
    printf("to see it again: %s --replay %s [--verbose] [--waves FILE]\n", options.program, path);
}

static bool parse(int argc, char **argv, bool *report)
{
    options.program = argv[0];
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(name, "--verbose") == 0) {
            bench.verbose = true;
            continue;
        }
        if (strcmp(name, "--churn") == 0) {
            bench.churn = true;
            continue;
        }
        if (strcmp(name, "--report") == 0) {
            *report = true;
            continue;
        }
        if (value == NULL)
            return false;
        i++;
        if (strcmp(name, "--seed") == 0)
            options.seed = strtoull(value, NULL, 0);
        else if (strcmp(name, "--requests") == 0)
            options.requests = strtoul(value, NULL, 0);
        else if (strcmp(name, "--seeds") == 0)
            options.seeds = (unsigned)strtoul(value, NULL, 0);
        else if (strcmp(name, "--episode") == 0)
            options.episode = strtol(value, NULL, 0);
        else if (strcmp(name, "--waves") == 0)
            options.waves = value;
        else if (strcmp(name, "--explain") == 0)
            bench.explain = strtoull(value, NULL, 16);
        else if (strcmp(name, "--coverage") == 0)
            options.coverage = value;
        else if (!(strcmp(name, "--trace") == 0         ? trace_open(value)
                   : strcmp(name, "--spoil-trace") == 0 ? trace_spoil(value)
                   : strcmp(name, "--replay") == 0      ? read_replay(value)
                                                        : false))
            return false;
    }
    return options.seeds != 0;
}

static bool summary(unsigned long episodes, unsigned long failures)
{
    uint64_t events = trace_close(), changed, met;
    bool parity = parity_summary(&changed, &met);

    printf("%s: %lu requests compared in %lu episodes, %" PRIu64 " cycles\n", config_name(),
           counts.compared, episodes, total_cycles + bench.cycle);
    printf("  %lu refused, %lu records, %lu with a choice, %lu unknown, %lu A/D updates\n",
           counts.faults, counts.records, counts.stale, counts.unknown, counts.updates);
    printf("  %lu commands, %lu fences seen, %lu interrupt messages, %lu to MRIFs, "
           "%lu registers compared\n",
           counts.commands, counts.fences, counts.msis, counts.mrifs, counts.registers);
    printf("  %" PRIu64 " events of the trace", events);
    if (changed != 0)
        printf(", %" PRIu64 " bits of caches changed, %" PRIu64 " errors met%s", changed, met,
               parity ? "" : ": too few");
    if (!parity)
        failures++;
    printf("\n%lu passed, %lu failed\n", episodes - (failures != 0), failures);
    return failures == 0;
}

int bench_main(int argc, char **argv)
{
    unsigned long episodes = 0, failures = 0, shown = 0, share, until, episode;
    bool report = false, ok;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        options.program = argv[0];
        usage();
        return 0;
    }
    if (!parse(argc, argv, &report)) {
        usage();
        return 2;
    }
    if (!make_model())
        return 1;
    signal(SIGINT, interrupt);
    setvbuf(stdout, NULL, _IOLBF, 0);
    episode = options.episode < 0 ? 0 : (unsigned long)options.episode;
    until = share = (options.requests + options.seeds - 1) / options.seeds;
    for (; !interrupted && counts.compared < options.requests; episode++) {
        if (counts.compared >= until) {
            until += share;
            options.seed++;
            episode = 0;
        }
        ok = run_episode(episode);
        episodes++;
        if (!ok) {
            failures++;
            printf("%s: episode %lu of seed %" PRIu64 " failed\n", config_name(), episode,
                   options.seed);
            write_replay(episode);
        }
        if (counts.compared - shown >= 50000) {
            shown = counts.compared;
            printf("%lu requests compared\n", counts.compared);
        }
        if (!ok || options.episode >= 0)
            break;
    }
    if (report || options.coverage != NULL)
        cover_report(options.coverage, config_name(), report);
    ok = summary(episodes, failures);
    iommu_destroy(model);
    return !ok;
}
