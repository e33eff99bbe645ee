/* SPDX-License-Identifier: Apache-2.0 */
/* iommu-explain: what a RISC-V IOMMU does with a request, and why. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "json.h"
#include "options.h"
#include "text.h"

#ifndef PORTCULLIS_VERSION
#define PORTCULLIS_VERSION "0.1.0"
#endif

enum exit_status {
    EXIT_TRANSLATED = 0,
    EXIT_FAULT = 1,
    EXIT_BAD_INPUT = 2,
};

/* Everything that output needs. One of the two writers is in use. */
struct output {
    struct text text;
    struct json json;
    bool is_json;
    bool brief;
    unsigned count[VERDICT_BAD_REQUEST + 1]; /* requests by verdict */
};

static bool wants_colour(enum when when)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (when != WHEN_AUTO)
        return when == WHEN_ALWAYS;
    return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

/* ---- input */

static bool load_images(struct machine *machine, const struct options *options,
                        struct problem *problem)
{
    for (size_t i = 0; i < options->images; i++) {
        if (!image_load(&machine->memory, options->image[i], problem))
            return false;
        uint64_t covered = memory_covered_by_last(&machine->memory);
        if (covered > 0)
            notes_add(&machine->notes, "%s covers %" PRIu64 " byte%s of earlier images",
                      options->image[i], covered, covered == 1 ? "" : "s");
    }
    return true;
}

/* Requests behind unread fault records join those of the command line. */
static bool add_replays(struct machine *machine, struct options *options, struct problem *problem)
{
    struct queue_view view;

    queue_view(machine, QUEUE_FAULT, &view);
    if (!view.given)
        return problem_set(problem, "--replay: fqb is not given");
    for (uint64_t i = 0; i < view.waiting && i < options->limit; i++) {
        uint64_t words[LAYOUT_WORDS];
        uint64_t address;
        struct request request;
        if (!queue_entry(machine, &view, i, &address, words))
            return problem_set(problem, "--replay: the record at 0x%" PRIx64 " is in no image",
                               address);
        if (!queue_replay(words, &request))
            notes_add(&machine->notes,
                      "record %" PRIu64 " of the fault queue is not about a "
                      "request that can be repeated",
                      i);
        else if (!requests_add(&options->requests, &request, problem))
            return false;
    }
    if (view.waiting == 0)
        notes_add(&machine->notes, "--replay: the fault queue is empty");
    return true;
}

static bool check_options(const struct options *options, struct problem *problem)
{
    uint64_t value;
    bool walks = options->requests.count > 0 || options->ddt || options->replay;

    if (!walks && !options->queues && !options->registers_given)
        return problem_set(problem, "nothing to explain: give a request, --queues or --ddt "
                                    "(see iommu-explain --help)");
    if (walks && !registers_get(&options->registers, IOMMU_REG_DDTP, &value))
        return problem_set(problem, "ddtp is not given: use -r FILE or -s ddtp=VALUE");
    return true;
}

/* ---- output */

static bool explain_request(struct output *output, struct machine *machine,
                            const struct request *request, unsigned number, struct problem *problem)
{
    struct walk walk;
    struct verdict verdict;
    bool good = walk_run(machine, request, &walk, problem);

    if (good) {
        verdict_make(machine, &walk, &verdict);
        output->count[verdict.kind]++;
        if (output->is_json) {
            json_walk(&output->json, machine, &walk, &verdict);
        } else if (output->brief) {
            text_brief(&output->text, &walk, &verdict);
        } else {
            text_walk(&output->text, machine, &walk, number, &verdict);
            fputc('\n', output->text.file);
        }
    }
    walk_free(&walk);
    return good;
}

/* Tell that one page is explained and that the access needs more of them. */
static void note_page_crossing(struct machine *machine, const struct request *request,
                               unsigned number)
{
    uint64_t offset = request->iommu.iova & 0xfff;

    if (request->iommu.length > 0 && offset + request->iommu.length > 0x1000)
        notes_add(&machine->notes,
                  "request %u goes on beyond its 4-KiB page; only its first page "
                  "is explained",
                  number);
}

static bool explain_requests(struct output *output, struct machine *machine,
                             const struct options *options, struct problem *problem)
{
    bool good = true;

    if (output->is_json)
        json_array(&output->json, "requests");
    for (size_t i = 0; good && i < options->requests.count; i++)
        good = explain_request(output, machine, &options->requests.request[i], (unsigned)i + 1,
                               problem);
    if (output->is_json)
        json_end_array(&output->json);
    return good;
}

struct ddt_output {
    struct output *output;
    struct machine *machine;
    uint64_t limit;
    unsigned shown;
    bool more;
};

static bool show_context(void *context, const struct ddt_found *found)
{
    struct ddt_output *ddt = context;

    if (ddt->shown >= ddt->limit) {
        ddt->more = true;
        return false;
    }
    if (ddt->output->is_json)
        json_context(&ddt->output->json, ddt->machine, found);
    else
        text_context(&ddt->output->text, ddt->machine, found, ddt->shown);
    ddt->shown++;
    return true;
}

static bool explain_ddt(struct output *output, struct machine *machine,
                        const struct options *options, struct problem *problem)
{
    struct ddt_output ddt = {output, machine, options->limit, 0, false};

    if (output->is_json)
        json_array(&output->json, "device_contexts");
    bool good = ddt_search(machine, show_context, &ddt, problem);
    if (output->is_json) {
        json_end_array(&output->json);
        json_bool(&output->json, "device_contexts_complete", good && !ddt.more);
        return good;
    }
    if (good && ddt.shown == 0)
        fputs("device contexts: none is valid\n", output->text.file);
    if (ddt.more)
        fputs("  and more (--limit)\n", output->text.file);
    fputc('\n', output->text.file);
    return good;
}

static void print_preamble(struct output *output, const struct machine *machine,
                           const struct options *options)
{
    bool only_registers = options->requests.count == 0 && !options->ddt && !options->queues;

    if (output->is_json) {
        json_object(&output->json, NULL);
        json_string(&output->json, "tool", "iommu-explain");
        json_string(&output->json, "version", PORTCULLIS_VERSION);
        json_number(&output->json, "format", JSON_FORMAT);
        json_machine(&output->json, machine);
    } else if (!output->brief) {
        text_images(&output->text, machine);
        text_registers(&output->text, machine, only_registers);
        fputc('\n', output->text.file);
    }
}

static enum exit_status exit_status(const struct output *output)
{
    if (output->count[VERDICT_BAD_REQUEST] != 0)
        return EXIT_BAD_INPUT;
    return output->count[VERDICT_FAULT] + output->count[VERDICT_DENIED] != 0 ? EXIT_FAULT
                                                                             : EXIT_TRANSLATED;
}

static void print_end(struct output *output, const struct machine *machine,
                      const struct options *options)
{
    const unsigned *count = output->count;

    if (output->is_json) {
        json_notes(&output->json, &machine->notes);
        json_number(&output->json, "exit_status", exit_status(output));
        json_end_object(&output->json);
        fputc('\n', output->json.file);
        return;
    }
    text_notes(&output->text, &machine->notes, 0);
    if (options->requests.count > 1)
        fprintf(output->text.file, "%zu requests: %u translated, %u denied, %u faulted\n",
                options->requests.count, count[VERDICT_TRANSLATED], count[VERDICT_DENIED],
                count[VERDICT_FAULT] + count[VERDICT_BAD_REQUEST]);
}

static bool explain(struct output *output, struct machine *machine, struct options *options,
                    struct problem *problem)
{
    bool good = true;

    print_preamble(output, machine, options);
    if (options->ddt)
        good = explain_ddt(output, machine, options, problem);
    if (good && options->queues) {
        if (output->is_json)
            json_queues(&output->json, machine, options->limit);
        else
            text_queues(&output->text, machine, options->limit);
        if (!output->is_json)
            fputc('\n', output->text.file);
    }
    if (good)
        good = explain_requests(output, machine, options, problem);
    for (size_t i = 0; good && i < options->requests.count; i++)
        note_page_crossing(machine, &options->requests.request[i], (unsigned)i + 1);
    if (good)
        print_end(output, machine, options);
    return good;
}

/* All or nothing on the standard output: an error half-way leaves no half JSON there. */
static bool run(struct options *options, enum exit_status *status, struct problem *problem)
{
    static struct machine machine; /* large */
    char *buffer = NULL;
    size_t size = 0;
    bool incomplete = false;
    FILE *file = open_memstream(&buffer, &size);
    struct output output = {
        .text = {file, wants_colour(options->colour), &incomplete},
        .json = {.file = file},
        .is_json = options->json,
        .brief = options->brief,
    };

    if (file == NULL)
        return problem_set(problem, "not enough memory");
    machine = (struct machine){.registers = options->registers};
    bool good = check_options(options, problem) && load_images(&machine, options, problem) &&
                machine_configure(&machine, options->config, problem) &&
                (!options->replay || add_replays(&machine, options, problem)) &&
                explain(&output, &machine, options, problem);
    if ((!text_close(file) || buffer == NULL || incomplete) && good)
        good = problem_set(problem, "not enough memory");
    if (good && (fwrite(buffer, 1, size, stdout) != size || fflush(stdout) != 0))
        good = problem_set(problem, "the output cannot be written");
    free(buffer);
    memory_free(&machine.memory);
    *status = good ? exit_status(&output) : EXIT_BAD_INPUT;
    return good;
}

int main(int argc, char **argv)
{
    static struct options options;
    struct problem problem = {""};
    enum exit_status status = EXIT_TRANSLATED;
    bool good = options_parse(&options, argc, argv, &problem);

    if (good && options.help)
        options_usage(stdout);
    else if (good && options.version)
        printf("iommu-explain %s (RISC-V IOMMU Architecture, release 20260222)\n",
               PORTCULLIS_VERSION);
    else if (good)
        good = run(&options, &status, &problem);
    options_free(&options);
    if (!good) {
        fprintf(stderr, "%s\n", problem.text);
        return EXIT_BAD_INPUT;
    }
    return (int)status;
}
