// SPDX-License-Identifier: Apache-2.0
//
// The throughput bench's command line.

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

bool run_interrupted(void)
{
    return interrupted != 0;
}

static void usage(FILE *out)
{
    fprintf(out,
            "usage: bench-rtl [OPTION]...\n"
            "Run the workloads W1 to W8 over plain wires and over the IOMMU.\n\n"
            "  --only TEXT         rows that have TEXT in what --list prints; may be repeated\n"
            "  --latency L         rows of this memory latency: 20, 100 or 200\n"
            "  --bursts N          bursts per row (20480)\n"
            "  --json FILE         write the rows to FILE\n"
            "  --unmaps-json FILE  write the single events to FILE\n"
            "  --wires             plain wires and bounds only, without the IOMMU\n"
            "  --perfect           an IOMMU that loses no cycle in the place of the IOMMU\n"
            "  --break N           break that one: 1 an address, 2 order, 3 lose one, 4 slow hits\n"
            "  --unmaps            only the latencies of unmaps, and of hits behind misses\n"
            "  --list              name the rows\n"
            "  --help              this text\n\n"
            "Columns: cycles over plain wires and over the IOMMU; the bound; wires/iommu and\n"
            "bound/iommu; table reads per miss of the reference; added latency of a burst, p50\n"
            "and p99; longest time from a burst's request to the end of its answer.\n");
}

static unsigned long number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);

    if (*text == '\0' || *end != '\0') {
        fprintf(stderr, "bench-rtl: not a number: %s\n", text);
        exit(2);
    }
    return value;
}

static void parse(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            exit(0);
        } else if (strcmp(argv[i], "--wires") == 0) {
            options->wires = true;
        } else if (strcmp(argv[i], "--perfect") == 0) {
            options->perfect = true;
        } else if (value != NULL && strcmp(argv[i], "--break") == 0) {
            options->breakage = (enum breakage)number(argv[++i]);
        } else if (strcmp(argv[i], "--unmaps") == 0) {
            options->unmaps_only = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            options->list = true;
        } else if (value != NULL && strcmp(argv[i], "--only") == 0 && options->only_count < 16) {
            options->only[options->only_count++] = argv[++i];
        } else if (value != NULL && strcmp(argv[i], "--latency") == 0) {
            options->latency = (unsigned)number(argv[++i]);
        } else if (value != NULL && strcmp(argv[i], "--bursts") == 0) {
            options->bursts = (uint32_t)number(argv[++i]);
        } else if (value != NULL && strcmp(argv[i], "--json") == 0) {
            options->json = argv[++i];
        } else if (value != NULL && strcmp(argv[i], "--unmaps-json") == 0) {
            options->unmaps_json = argv[++i];
        } else {
            usage(stderr);
            exit(2);
        }
    }
}

static void name_of(const struct row *row, char name[128])
{
    snprintf(name, 128, "%s, %s, L=%u, Q=%u", workload_name(row->workload), row->variant,
             row->latency, row->window);
}

static bool selected(const struct row *row, const struct options *options)
{
    char name[128];

    if (options->latency != 0 && row->latency != options->latency)
        return false;
    name_of(row, name);
    for (unsigned i = 0; i < options->only_count; i++)
        if (strstr(name, options->only[i]) != NULL)
            return true;
    return options->only_count == 0;
}

static void progress(size_t done, size_t all, time_t begin, const struct row *row)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K[%zu of %zu, %ld s] %s, %s\r", done, all,
                (long)(time(NULL) - begin), workload_name(row->workload), row->variant);
}

/* Runs what is selected; keeps the results in place of the rows' numbers. */
static size_t run_rows(const struct row *rows, size_t count, const struct options *options,
                       struct design *design, struct result *results)
{
    size_t done = 0, all = 0;
    time_t begin = time(NULL);

    for (size_t i = 0; i < count; i++)
        all += selected(&rows[i], options);
    report_header();
    for (size_t i = 0; i < count && !run_interrupted(); i++) {
        if (!selected(&rows[i], options))
            continue;
        progress(done, all, begin, &rows[i]);
        row_run(&rows[i], options, design, &results[done]);
        if (run_interrupted())
            break;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[K");
        report_row(&results[done++]);
    }
    return done;
}

int main(int argc, char **argv)
{
    struct options options = {.bursts = 20480};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    struct design *design = NULL;
    struct row *rows;
    struct result *results;
    size_t count, done = 0;
    unsigned failed = 0;

    parse(argc, argv, &options);
    rows = rows_all(&count);
    if (options.list) {
        for (size_t i = 0; i < count; i++) {
            char name[128];

            name_of(&rows[i], name);
            if (selected(&rows[i], &options))
                puts(name);
        }
        free(rows);
        return 0;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    results = calloc(count, sizeof(*results));
    if (!options.wires)
        design = design_open();
    if (!options.unmaps_only) {
        done = run_rows(rows, count, &options, design, results);
        for (size_t i = 0; i < done; i++)
            failed += results[i].failure[0] != '\0';
        report_summary(results, done);
    }
    if (design != NULL && !run_interrupted() && !options.perfect &&
        (options.unmaps_only || options.only_count == 0))
        failed += unmaps_run(design, &options);
    if (options.json != NULL && !run_interrupted() && !report_json(options.json, results, done)) {
        perror(options.json);
        failed++;
    }
    if (design != NULL)
        design->close(design);
    free(results);
    free(rows);
    if (run_interrupted()) {
        fprintf(stderr, "interrupted\n");
        return 130;
    }
    return failed > 0;
}
