/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's server: one process, a socket for each PCI function. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "pci.h"
#include "rtl.h"

#define FUNCTIONS 16u

static const char usage[] =
    "usage: lab [OPTION]... FUNCTION...\n"
    "  FUNCTION is iommu@SLOT, engine@SLOT or nvme@SLOT=FILE; SLOT is its device number on bus 0\n"
    "  --iommu=model|rtl|both|none  the golden model, the RTL, both in lockstep, or nothing "
    "(model)\n"
    "  --config=NAME        what the IOMMU has: small, base or full (full)\n"
    "  --dir=FOLDER         where the sockets are made, named as FUNCTION without =FILE (.)\n"
    "  --hostile            engines do whatever they are told\n"
    "  --status=FILE        write a line of figures there every second\n"
    "  --journal=FILE       what the RTL did with each burst; see journal.h\n"
    "  --patience=MS        what a device has for the answer to an ATS invalidation (60000)\n"
    "  --latency=N          cycles until memory answers the RTL's own accesses (0)\n"
    "  --record=FILE        the RTL's pins, kept if it differs from the model, or at the trigger\n"
    "  --trigger=WHAT       fault, address=X or device=X: the recording ends there\n"
    "  --with-parent        end when the process ends that started this\n";

struct lab {
    struct bridge bridge;
    struct pci_function *function[FUNCTIONS];
    unsigned functions;
    const char *folder, *status, *record;
    bool hostile, failed;
    time_t status_time;
    uint64_t last_requests;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static bool complain(const char *what, const char *error)
{
    fprintf(stderr, "lab: %s: %s\n", what, error);
    return false;
}

/** Make one function from its name on the command line. */
static bool add(struct lab *lab, char *word)
{
    char *file = strchr(word, '='), *at = strchr(word, '@'), path[128];
    struct pci_function *function = NULL;
    const char *error = "no such function";

    if (file != NULL)
        *file++ = 0;
    char *end = NULL;
    unsigned long slot = at == NULL ? 0 : strtoul(at + 1, &end, 10);
    if (at == NULL || at[1] == 0 || *end != 0 || slot > 31)
        return complain(word, "needs a slot from 0 to 31, such as engine@2");
    if (lab->functions == FUNCTIONS)
        return complain(word, "too many functions");
    if (strncmp(word, "iommu@", 6) == 0)
        function = lab->bridge.kind == BRIDGE_NONE ? NULL : iommu_function_new(&lab->bridge);
    else if (strncmp(word, "engine@", 7) == 0)
        function = engine_new(&lab->bridge, lab->hostile);
    else if (strncmp(word, "nvme@", 5) == 0)
        function = nvme_new(&lab->bridge, file == NULL ? "" : file, &error);
    if (function == NULL)
        return complain(word, error);
    function->device_id = (uint32_t)slot << 3;
    snprintf(function->name, sizeof(function->name), "%s", word);
    snprintf(path, sizeof(path), "%s/%s", lab->folder, word);
    error = pci_open(function, path);
    if (error != NULL)
        return complain(path, error);
    lab->function[lab->functions++] = function;
    return true;
}

/** Figures, in one line that is replaced as a whole. */
static void write_status(struct lab *lab, bool now)
{
    const struct bridge *b = &lab->bridge;
    time_t t = time(NULL);
    char name[256];

    if (lab->status == NULL || (t == lab->status_time && !now))
        return;
    lab->status_time = t;
    snprintf(name, sizeof(name), "%s.new", lab->status);
    FILE *file = fopen(name, "w");
    if (file == NULL)
        return;
    fprintf(file,
            "requests %" PRIu64 ", %" PRIu64 "/s, %" PRIu64
            " %% without a table read, faults %" PRIu64 ", %" PRIu64 " KiB, interrupts %" PRIu64
            ", reads %" PRIu64 ", writes %" PRIu64 ", updates %" PRIu64 ", time-outs %" PRIu64 "\n",
            b->requests, b->requests - lab->last_requests,
            b->requests == 0 ? 0 : 100 * b->hits / b->requests, b->faults, b->bytes >> 10,
            b->messages, b->reads, b->writes, b->updates, b->timeouts);
    lab->last_requests = b->requests;
    fclose(file);
    rename(name, lab->status);
}

static void wait_for_work(struct lab *lab, int timeout)
{
    struct pollfd fd[2 * FUNCTIONS];
    nfds_t count = 0;

    for (unsigned i = 0; i < lab->functions; i++) {
        const struct vfu *vfu = &lab->function[i]->vfu;
        fd[count++] = (struct pollfd){.fd = vfu->listener, .events = POLLIN};
        if (vfu->client >= 0)
            fd[count++] =
                (struct pollfd){.fd = vfu->client,
                                .events = (short)(POLLIN | (vfu_wants_to_send(vfu) ? POLLOUT : 0))};
    }
    poll(fd, count, timeout);
}

/** If there is something to see again, tell by which command. */
static void end_recording(struct lab *lab, const char *why)
{
    if (rtl_record_end(why))
        fprintf(stderr,
                "lab: recorded up to %s; again: ./dev make lab-replay RTL=%s RECORDING=%s\n",
                why != NULL ? "that" : "the trigger", rtl_config(), lab->record);
}

static void run(struct lab *lab)
{
    bool busy = false;

    while (!stop) {
        if (!busy)
            wait_for_work(lab, 1000);
        busy = false;
        for (unsigned i = 0; i < lab->functions; i++)
            busy |= vfu_service(&lab->function[i]->vfu);
        for (unsigned i = 0; i < lab->functions; i++) {
            struct pci_function *function = lab->function[i];
            if (function->vfu.client >= 0 && function->ops->step != NULL)
                busy |= function->ops->step(function->context);
        }
        busy |= bridge_step(&lab->bridge);
        if (bridge_wrong() != NULL) {
            fprintf(stderr, "lab: %s\n", bridge_wrong());
            lab->failed = true;
            end_recording(lab, bridge_wrong());
            break;
        }
        /* Interrupt messages go now, when what was asked for has been answered. */
        for (unsigned i = 0; i < lab->functions; i++)
            vfu_flush(&lab->function[i]->vfu);
        write_status(lab, false);
    }
    write_status(lab, true);
}

static void close_all(struct lab *lab)
{
    for (unsigned i = 0; i < lab->functions; i++) {
        struct pci_function *function = lab->function[i];
        vfu_close(&function->vfu);
        if (function->ops->close != NULL)
            function->ops->close(function->context);
    }
    bridge_free(&lab->bridge);
    for (unsigned i = 0; i < lab->functions; i++)
        free(lab->function[i]->context);
}

static bool options(struct lab *lab, int argc, char **argv)
{
    static const struct option known[] = {
        {"iommu", required_argument, NULL, 'i'},   {"config", required_argument, NULL, 'c'},
        {"dir", required_argument, NULL, 'd'},     {"hostile", no_argument, NULL, 'h'},
        {"status", required_argument, NULL, 's'},  {"journal", required_argument, NULL, 'j'},
        {"latency", required_argument, NULL, 'l'}, {"patience", required_argument, NULL, 'a'},
        {"record", required_argument, NULL, 'r'},  {"trigger", required_argument, NULL, 't'},
        {"with-parent", no_argument, NULL, 'p'},   {NULL, 0, NULL, 0}};
    const char *config = "full", *kind = "model", *journal = NULL, *trigger = NULL;
    unsigned latency = 0;
    uint64_t patience = BRIDGE_PATIENCE;
    int option;

    lab->folder = ".";
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'i')
            kind = optarg;
        else if (option == 'c')
            config = optarg;
        else if (option == 'd')
            lab->folder = optarg;
        else if (option == 'h')
            lab->hostile = true;
        else if (option == 's')
            lab->status = optarg;
        else if (option == 'j')
            journal = optarg;
        else if (option == 'l')
            latency = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'a')
            patience = strtoull(optarg, NULL, 10) * 1000000;
        else if (option == 'r')
            lab->record = optarg;
        else if (option == 't')
            trigger = optarg;
        else if (option == 'p')
            prctl(PR_SET_PDEATHSIG, SIGTERM);
        else
            return false;
    }
    if (strcmp(kind, "model") != 0 && strcmp(kind, "none") != 0 && strcmp(kind, "rtl") != 0 &&
        strcmp(kind, "both") != 0)
        return complain(kind, "not an IOMMU; model, rtl, both or none");
    if (lab->record != NULL && (*kind == 'r' || *kind == 'b') && !rtl_record(lab->record))
        return complain(lab->record, "cannot be written");
    if (trigger != NULL && !rtl_trigger(trigger))
        return complain(trigger, "no trigger: fault, address=X or device=X, with the RTL");
    const char *error = bridge_init(&lab->bridge,
                                    *kind == 'm'   ? BRIDGE_MODEL
                                    : *kind == 'r' ? BRIDGE_RTL
                                    : *kind == 'b' ? BRIDGE_BOTH
                                                   : BRIDGE_NONE,
                                    config, latency);
    if (error != NULL)
        return complain(config, error);
    lab->bridge.patience_ns = patience;
    if (journal != NULL && !journal_open(journal))
        return complain(journal, strerror(errno));
    if (optind == argc)
        return false;
    for (int i = optind; i < argc; i++) {
        if (!add(lab, argv[i]))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct lab lab;
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    if (!options(&lab, argc, argv)) {
        bool nothing = lab.functions == 0 && optind == argc;
        close_all(&lab);
        if (nothing)
            fputs(usage, stderr);
        return 2;
    }
    puts("ready");
    fflush(stdout);
    run(&lab);
    end_recording(&lab, NULL);
    close_all(&lab);
    return lab.failed ? 1 : 0;
}
