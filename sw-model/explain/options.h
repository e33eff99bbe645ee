/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#ifndef EXPLAIN_OPTIONS_H
#define EXPLAIN_OPTIONS_H

#include <stdio.h>

#include "problem.h"
#include "registers.h"
#include "request.h"

enum when {
    WHEN_AUTO = 0,
    WHEN_ALWAYS,
    WHEN_NEVER,
};

struct options {
    char **image; /**< FILE or FILE@ADDRESS; points into argv */
    size_t images;
    struct registers registers;
    bool registers_given;
    struct request_list requests;
    const char *config;
    uint64_t limit;
    enum when colour;
    bool json;
    bool brief;
    bool queues;
    bool ddt;
    bool replay;
    bool help;
    bool version;
};

/** Parse the command line; reads register and request files on the way. */
bool options_parse(struct options *options, int argc, char **argv, struct problem *problem);
void options_free(struct options *options);
void options_usage(FILE *file);

#endif
