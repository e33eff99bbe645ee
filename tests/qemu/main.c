/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Differential test of the golden model against QEMU's riscv-iommu device.
 *
 * Both get the same tables, registers and requests; all that they show is compared. QEMU
 * is not an oracle: where it is known to differ from the specification, its answer has to
 * be the one that deviations.c predicts.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "workbench.h"

#define MAX_FAILURES 10 /* of one set-up; more would tell nothing new */
#define PROGRESS_SECONDS 10
#define WHOLE_RUN 1000 /* rounds; in so many, everything happens */

static const struct setup setups[] = {
    {.name = "platform", .gxl_writable = true, .caches = true, .weight = 4},
    {.name = "pci",
     .pci = true,
     .arguments = {"-global", "riscv-iommu.hpm-counters=0"},
     .weight = 2},
    {.name = "base-format",
     .arguments = {"-global", "riscv-iommu.intremap=off", "-global", "riscv-iommu.ats=off"},
     .gxl_writable = true,
     .weight = 2},
    {.name = "first-stage-only",
     .arguments = {"-global", "riscv-iommu.g-stage=off"},
     .gxl_writable = true,
     .caches = true,
     .weight = 1},
    {.name = "second-stage-only",
     .arguments = {"-global", "riscv-iommu.s-stage=off"},
     .caches = true,
     .weight = 1},
};

struct options {
    const char *program;
    const char *setup; /* NULL: all */
    uint64_t seed;
    uint64_t rounds;
    uint64_t only; /* 0: all */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static void usage(FILE *file)
{
    fprintf(file, "usage: qemu-differential [OPTION...]\n"
                  "Compare the golden model with QEMU's riscv-iommu device.\n"
                  "  --seed N       of the random numbers (default 1)\n"
                  "  --rounds N     in all (default 24000)\n"
                  "  --setup NAME   of these only:");
    for (size_t i = 0; i < sizeof setups / sizeof setups[0]; i++)
        fprintf(file, " %s", setups[i].name);
    fprintf(file, "\n"
                  "  --only N       this round only; with --setup\n"
                  "  --qemu PATH    the program (default qemu-system-riscv64)\n"
                  "  --help         this text\n"
                  "Ends with a line `N passed, N failed`; passed are single comparisons. Where\n"
                  "QEMU cannot be run, with `0 passed, 0 failed, 1 skipped`.\n");
}

static uint64_t number(const char *option, const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 0);
    if (*text == '\0' || *end != '\0') {
        fprintf(stderr, "%s wants a number, not \"%s\"\n", option, text);
        exit(2);
    }
    return value;
}

static struct options parse(int argc, char **argv)
{
    struct options o = {.program = "qemu-system-riscv64", .seed = 1, .rounds = 24000};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            exit(0);
        }
        if (i + 1 == argc) {
            usage(stderr);
            exit(2);
        }
        const char *value = argv[++i];
        if (strcmp(argv[i - 1], "--seed") == 0) {
            o.seed = number("--seed", value);
        } else if (strcmp(argv[i - 1], "--rounds") == 0) {
            o.rounds = number("--rounds", value);
        } else if (strcmp(argv[i - 1], "--only") == 0) {
            o.only = number("--only", value);
        } else if (strcmp(argv[i - 1], "--setup") == 0) {
            o.setup = value;
        } else if (strcmp(argv[i - 1], "--qemu") == 0) {
            o.program = value;
        } else {
            usage(stderr);
            exit(2);
        }
    }
    return o;
}

/* ------------------------------------------------------------------------------ rounds --- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A round depends on seed, set-up and number alone, so that it can be run by itself. */
static void run_round(struct workbench *b, unsigned setup)
{
    b->draw.state = b->seed * 0x100000001b3u + ((uint64_t)setup << 48) + b->round;
    uint32_t kind = draw_below(&b->draw, 100);
    if (kind < 60)
        translate_round(b);
    else if (kind < 80)
        change_round(b);
    else
        queue_round(b);
    b->tally->rounds++;
}

static void run_rounds(struct workbench *b, unsigned setup, uint64_t rounds, uint64_t only)
{
    double start = seconds();
    double told = start;
    uint64_t failures = b->tally->failures;
    for (b->round = 1; b->round <= rounds && !interrupted; b->round++) {
        if (only != 0 && b->round != only)
            continue;
        run_round(b, setup);
        if (qtest_broken(b->rig->qemu)) {
            workbench_fail(b, "QEMU is gone");
            return;
        }
        if (b->tally->failures - failures >= MAX_FAILURES) {
            printf("%s: too many mismatches, no further rounds\n", b->rig->setup->name);
            return;
        }
        if (seconds() - told >= PROGRESS_SECONDS) {
            told = seconds();
            fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " rounds in %.0f s\n",
                    b->rig->setup->name, b->round, rounds, told - start);
        }
    }
    printf("%s: capabilities 0x%" PRIx64 ", %" PRIu64 " rounds in %.1f s\n", b->rig->setup->name,
           b->rig->capabilities, b->round - 1, seconds() - start);
}

/* @return false with a sentence in error */
static bool run_setup(const struct options *o, unsigned index, struct tally *tally, char *error,
                      size_t error_size)
{
    static struct workbench b;
    uint64_t weights = 0;
    for (size_t i = 0; i < sizeof setups / sizeof setups[0]; i++)
        weights += setups[i].weight;
    uint64_t rounds = o->rounds * setups[index].weight / weights;
    b = (struct workbench){.seed = o->seed, .tally = tally};
    b.rig = rig_open(&setups[index], o->program, error, error_size);
    if (b.rig == NULL)
        return false;
    b.whatif = whatif_create(b.rig);
    if (b.whatif == NULL) {
        snprintf(error, error_size, "no memory, or no model without caches");
        rig_close(b.rig);
        return false;
    }
    compare_reset(&b);
    run_rounds(&b, index, o->only > rounds ? o->only : rounds, o->only);
    whatif_destroy(b.whatif);
    rig_close(b.rig);
    return true;
}

/* What a whole run has to have done: else less is compared than it seems. */
static unsigned shortcomings(const struct options *o, const struct tally *t)
{
    const struct {
        const char *what;
        uint64_t count;
    } needed[] = {
        {"debug translation to memory", t->reached[REQUEST_DEBUG][IOMMU_TARGET_MEMORY]},
        {"DMA read of memory", t->reached[REQUEST_READ][IOMMU_TARGET_MEMORY]},
        {"DMA write to memory", t->reached[REQUEST_WRITE][IOMMU_TARGET_MEMORY]},
        {"DMA over the end of a page", t->crossing},
        {"message to an interrupt file", t->reached[REQUEST_MESSAGE][IOMMU_TARGET_MSI]},
        {"message to an MRIF", t->reached[REQUEST_MESSAGE][IOMMU_TARGET_MRIF]},
        {"change under caches", t->changes},
        {"command", t->commands},
    };
    unsigned count = t->comparisons == 0;
    if (o->setup != NULL || o->only != 0 || o->rounds < WHOLE_RUN)
        return count;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (needed[i].count < o->rounds / WHOLE_RUN) {
            printf("only %" PRIu64 " of this was compared: %s\n", needed[i].count, needed[i].what);
            count++;
        }
    }
    if (t->skipped > t->comparisons / 100) {
        printf("too many requests were skipped\n");
        count++;
    }
    return count;
}

static int report(const struct options *o, const struct tally *t, double start)
{
    printf("\nKnown deviations of QEMU, and how often each made a difference:\n");
    unsigned unused = deviations_print(stdout);
    if (unused != 0)
        printf("%u of %zu known deviations were not met%s\n", unused, deviations_known(),
               o->setup != NULL || o->only != 0 ? " (not all set-ups were run)" : "");
    printf("\nseed %" PRIu64 ": %" PRIu64 " rounds in %.0f s\n"
           "compared: %" PRIu64 " debug translations, %" PRIu64 " DMA reads, %" PRIu64
           " DMA writes, %" PRIu64 " messages (%" PRIu64 " of them faults), %" PRIu64
           " changes under caches, %" PRIu64 " commands\n"
           "reached: memory by %" PRIu64 ", interrupt files by %" PRIu64 ", MRIFs by %" PRIu64
           " messages; %" PRIu64 " DMAs over the end of a page\n"
           "%" PRIu64 " comparisons, in %" PRIu64 " QEMU deviates in a known way; %" PRIu64
           " requests skipped\n",
           o->seed, t->rounds, seconds() - start, t->requests[REQUEST_DEBUG],
           t->requests[REQUEST_READ], t->requests[REQUEST_WRITE], t->requests[REQUEST_MESSAGE],
           t->faults, t->changes, t->commands, t->reached[REQUEST_MESSAGE][IOMMU_TARGET_MEMORY],
           t->reached[REQUEST_MESSAGE][IOMMU_TARGET_MSI],
           t->reached[REQUEST_MESSAGE][IOMMU_TARGET_MRIF], t->crossing, t->comparisons,
           t->explained, t->skipped);
    if (interrupted)
        printf("interrupted\n");
    uint64_t failed = t->failures + (interrupted ? 0 : shortcomings(o, t));
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n",
           t->comparisons > t->failures ? t->comparisons - t->failures : 0, failed);
    return interrupted ? 130 : failed != 0;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    struct tally tally = {0};
    struct sigaction action = {.sa_handler = interrupt};
    double start = seconds();
    char error[256] = "";
    bool found = false;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    for (unsigned i = 0; i < sizeof setups / sizeof setups[0] && !interrupted; i++) {
        if (o.setup != NULL && strcmp(o.setup, setups[i].name) != 0)
            continue;
        if (!run_setup(&o, i, &tally, error, sizeof error)) {
            if (found) { /* it ran before: this is not a matter of its being there */
                printf("%s: %s\n", setups[i].name, error);
                tally.failures++;
                continue;
            }
            printf("skipped: %s\n0 passed, 0 failed, 1 skipped\n", error);
            return 0;
        }
        found = true;
        fflush(stdout);
    }
    if (!found && !interrupted) {
        usage(stderr);
        return 2;
    }
    return report(&o, &tally, start);
}
