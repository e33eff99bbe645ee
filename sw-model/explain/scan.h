/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and lines of text inputs. */
#ifndef EXPLAIN_SCAN_H
#define EXPLAIN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A piece of text inside a larger buffer. */
struct span {
    const char *text;
    size_t length;
};

/** Walks the lines of a buffer. */
struct lines {
    const char *next;
    const char *end;
    unsigned number; /**< of the line that lines_next() gave last, from 1 */
};

struct span span_of(const char *text);
struct span span_trim(struct span span);
bool span_equals(struct span span, const char *text);
/** Cut off everything from the first of these characters on. */
struct span span_before(struct span span, const char *characters);
/** Take the next word, ended by blanks or one of `more`; false at the end. */
bool span_word(struct span *rest, const char *more, struct span *word);

struct lines lines_of(const char *text, uint64_t size);
/** The next line without its end; false after the last. */
bool lines_next(struct lines *lines, struct span *line);

/** -1 if the character is no hexadecimal digit. */
int scan_hex_digit(char character);

/** What is wrong with a number, in words that follow its quotation; NULL if nothing is.
 *  Takes decimal, and hexadecimal with 0x; underscores between digits are ignored. */
const char *scan_number(struct span span, uint64_t *value);

/** As scan_number(), but always hexadecimal, with or without 0x. */
const char *scan_hex(struct span span, uint64_t *value);

#endif
