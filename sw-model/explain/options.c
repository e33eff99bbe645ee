/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* getopt_long() */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

#define LIMIT_DEFAULT 64

static const char usage[] =
    "usage: iommu-explain [OPTION]... [REQUEST]...\n"
    "Explain what a RISC-V IOMMU does with a request: the whole walk, entry by entry.\n"
    "\n"
    "The system\n"
    "  -m, --memory FILE          memory image: ELF, Intel HEX, or lines `address: bytes`\n"
    "  -m, --memory FILE@ADDRESS  memory image: raw bytes at a physical address\n"
    "                             (repeat -m for more; later images cover earlier ones)\n"
    "  -r, --registers FILE       register values, lines `name = value`\n"
    "  -s, --set NAME=VALUE       one register value, over those of files\n"
    "  -c, --config NAME          small, base, full or max: what is built, as far as the\n"
    "                             capabilities register does not tell (default: max)\n"
    "\n"
    "One request                                         REQUEST, or a line of a file\n"
    "  -d, --device ID            bus:dev.fn or number   device=ID     (needed)\n"
    "  -a, --address ADDRESS                             address=...   (needed)\n"
    "  -x, --access r|w|x         default: r             access=...\n"
    "  -p, --process ID           20 bits                process=ID\n"
    "  -P, --privileged           supervisor             privileged\n"
    "  -t, --type TYPE            untranslated (default), translated, ats    type=...\n"
    "  -l, --length BYTES                                length=...\n"
    "      --cxl                  ATS from a CXL device  cxl\n"
    "  -R, --requests FILE        requests, one a line: device=00:05.0 address=0x1000\n"
    "      --replay               the requests behind the unread records of the fault queue\n"
    "\n"
    "More to show\n"
    "  -Q, --queues               contents of the command, fault and page-request queues\n"
    "  -D, --ddt                  all valid device contexts\n"
    "      --limit N              at most N entries of each (default: 64)\n"
    "\n"
    "Output\n"
    "  -b, --brief                one line for each request\n"
    "  -j, --json                 for programs; docs/iommu-explain.md has the keys\n"
    "      --color[=WHEN]         auto (default; heeds NO_COLOR), always, never\n"
    "  -h, --help                 this text\n"
    "  -V, --version              the version\n"
    "\n"
    "With registers alone, it decodes them. A walk changes no file: A and D bits are set in\n"
    "a copy, and each request starts from the images as they are.\n"
    "Exit status: 0 all translated, 1 some faulted or were denied, 2 bad input or usage.\n";

enum {
    OPTION_CXL = 256,
    OPTION_REPLAY,
    OPTION_LIMIT,
    OPTION_COLOUR,
};

static const struct option long_options[] = {
    {"memory", required_argument, NULL, 'm'},
    {"registers", required_argument, NULL, 'r'},
    {"set", required_argument, NULL, 's'},
    {"config", required_argument, NULL, 'c'},
    {"device", required_argument, NULL, 'd'},
    {"address", required_argument, NULL, 'a'},
    {"access", required_argument, NULL, 'x'},
    {"process", required_argument, NULL, 'p'},
    {"privileged", no_argument, NULL, 'P'},
    {"type", required_argument, NULL, 't'},
    {"length", required_argument, NULL, 'l'},
    {"cxl", no_argument, NULL, OPTION_CXL},
    {"requests", required_argument, NULL, 'R'},
    {"replay", no_argument, NULL, OPTION_REPLAY},
    {"queues", no_argument, NULL, 'Q'},
    {"ddt", no_argument, NULL, 'D'},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"brief", no_argument, NULL, 'b'},
    {"json", no_argument, NULL, 'j'},
    {"color", optional_argument, NULL, OPTION_COLOUR},
    {"colour", optional_argument, NULL, OPTION_COLOUR},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

void options_usage(FILE *file)
{
    fputs(usage, file);
}

static bool parse_limit(struct options *options, const char *text, struct problem *problem)
{
    const char *wrong = scan_number(span_of(text), &options->limit);

    if (wrong != NULL)
        return problem_set(problem, "--limit: %s %s", quote(text, strlen(text)).text, wrong);
    return true;
}

static bool parse_colour(struct options *options, const char *text, struct problem *problem)
{
    if (text == NULL || strcmp(text, "always") == 0)
        options->colour = WHEN_ALWAYS;
    else if (strcmp(text, "never") == 0)
        options->colour = WHEN_NEVER;
    else if (strcmp(text, "auto") == 0)
        options->colour = WHEN_AUTO;
    else
        return problem_set(problem, "--color: \"%s\" is none of auto, always, never",
                           quote(text, strlen(text)).text);
    return true;
}

/* Files are read at once, so that their order among the options counts. --set comes last. */
static bool parse_file(struct options *options, int letter, char *argument, struct problem *problem)
{
    switch (letter) {
    case 'm':
        options->image[options->images++] = argument;
        return true;
    case 'r':
        options->registers_given = true;
        return registers_load(&options->registers, argument, problem);
    case 'c':
        options->config = argument;
        return true;
    default: /* 'R' */
        return requests_load(&options->requests, argument, problem);
    }
}

static bool parse_switch(struct options *options, int letter, const char *argument,
                         struct problem *problem)
{
    switch (letter) {
    case OPTION_REPLAY:
        options->replay = true;
        return true;
    case 'Q':
        options->queues = true;
        return true;
    case 'D':
        options->ddt = true;
        return true;
    case OPTION_LIMIT:
        return parse_limit(options, argument, problem);
    case 'b':
        options->brief = true;
        return true;
    case 'j':
        options->json = true;
        return true;
    case OPTION_COLOUR:
        return parse_colour(options, argument, problem);
    case 'h':
        options->help = true;
        return true;
    case 'V':
        options->version = true;
        return true;
    default: /* '?': the option itself is unknown, or its argument is missing */
        return problem_set(problem,
                           "%s: unknown option, or its value is missing; see "
                           "iommu-explain --help",
                           quote(argument, strlen(argument)).text);
    }
}

/* The key of an option that belongs to the one request, REQUEST_KEYS if it is another. */
static enum request_key request_key_of(int letter)
{
    switch (letter) {
    case 'd':
        return REQUEST_DEVICE;
    case 'a':
        return REQUEST_ADDRESS;
    case 'x':
        return REQUEST_ACCESS;
    case 'p':
        return REQUEST_PROCESS;
    case 'P':
        return REQUEST_PRIVILEGED;
    case 't':
        return REQUEST_TYPE;
    case 'l':
        return REQUEST_LENGTH;
    case OPTION_CXL:
        return REQUEST_CXL;
    default:
        return REQUEST_KEYS;
    }
}

static bool parse_requests(struct options *options, int argc, char **argv,
                           const struct request *single, struct problem *problem)
{
    bool any = false;

    for (unsigned key = 0; key < REQUEST_KEYS; key++)
        any |= single->given[key];
    if (any) {
        struct request request = *single;
        if (!request_finish(&request, "the request of the options", problem) ||
            !requests_add(&options->requests, &request, problem))
            return false;
    }
    for (int i = optind; i < argc; i++) {
        struct request request;
        char where[60];
        snprintf(where, sizeof(where), "%s", quote(argv[i], strlen(argv[i])).text);
        if (strchr(argv[i], '=') == NULL)
            return problem_set(problem, "%s: is no request of the form device=... address=...",
                               where);
        if (!request_parse(&request, argv[i], strlen(argv[i]), where, problem) ||
            !requests_add(&options->requests, &request, problem))
            return false;
    }
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct problem *problem)
{
    struct request single = {0};
    char **set = calloc((size_t)argc + 1, sizeof(*set));
    size_t sets = 0;
    int letter;
    bool good = true;

    opterr = 0;
    *options = (struct options){.limit = LIMIT_DEFAULT};
    options->image = calloc((size_t)argc + 1, sizeof(*options->image));
    if (set == NULL || options->image == NULL)
        good = problem_set(problem, "not enough memory");
    while (good && (letter = getopt_long(argc, argv, "m:r:s:c:d:a:x:p:Pt:l:R:QDbjhV", long_options,
                                         NULL)) != -1) {
        enum request_key key = request_key_of(letter);
        if (key != REQUEST_KEYS)
            good = request_set(&single, key, optarg != NULL ? optarg : "", "option", problem);
        else if (letter == 's')
            set[sets++] = optarg;
        else if (letter == 'm' || letter == 'r' || letter == 'c' || letter == 'R')
            good = parse_file(options, letter, optarg, problem);
        else
            good =
                parse_switch(options, letter, letter == '?' ? argv[optind - 1] : optarg, problem);
    }
    for (size_t i = 0; good && i < sets; i++)
        good = registers_set(&options->registers, set[i], problem);
    options->registers_given |= sets > 0;
    free(set);
    if (good && !options->help && !options->version)
        good = parse_requests(options, argc, argv, &single, problem);
    return good;
}

void options_free(struct options *options)
{
    free(options->image);
    requests_free(&options->requests);
}
