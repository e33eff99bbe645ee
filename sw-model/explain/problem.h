/* SPDX-License-Identifier: Apache-2.0 */
/* One-line descriptions of what is wrong with the user's input. */
#ifndef EXPLAIN_PROBLEM_H
#define EXPLAIN_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#define PROBLEM_TEXT 512

/** Why something failed: one line without the newline, "" as long as all is well. */
struct problem {
    char text[PROBLEM_TEXT];
};

/** Describe a problem, and return false, so that callers can `return problem_set(...)`.
 *  Bytes that a terminal might act on are replaced: the text may quote hostile files. */
bool problem_set(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A piece of the user's text, cut to a length that fits a line. */
struct quote {
    char text[48];
};
struct quote quote(const char *text, size_t length);

#endif
