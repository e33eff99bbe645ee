/* SPDX-License-Identifier: Apache-2.0 */
/* A mismatch in words: request, walk, what was expected and what came. */
#ifndef PORTCULLIS_TESTS_REPORT_H
#define PORTCULLIS_TESTS_REPORT_H

#include <stdio.h>

#include "whatif.h"

void report_request(FILE *file, const struct request *request);
void report_walk(FILE *file, const struct whatif *w);
void report_forecast(FILE *file, const char *name, const struct forecast *f);
void report_seen(FILE *file, const char *name, const struct seen *seen);

#endif
