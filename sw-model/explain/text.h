/* SPDX-License-Identifier: Apache-2.0 */
/* Output for people. */
#ifndef EXPLAIN_TEXT_H
#define EXPLAIN_TEXT_H

#include <stdio.h>

#include "ddt.h"
#include "queues.h"
#include "verdict.h"

struct text {
    FILE *file;
    bool colour;
    bool *incomplete; /* set when memory is too short to make it */
};

enum paint {
    PAINT_NONE = 0,
    PAINT_HEADING,
    PAINT_GOOD,
    PAINT_BAD,
    PAINT_WARN,
    PAINT_DIM,
};

/** Escape sequence that switches a colour on, or "" ; PAINT_NONE switches it off. */
const char *text_paint(const struct text *text, enum paint paint);

/** Close a stream. @return false if something that was written to it is lost */
bool text_close(FILE *file);

/** The fields of one word, as "MODE=Sv39 -> 0x80004000". */
void text_fields(const struct text *text, enum layout_id id, const uint64_t *words, unsigned word,
                 const struct layout_context *context);
/** What iotval2 of a fault record says, if it says anything. */
void text_guest_fault(const struct text *text, const uint64_t *record);
/** `prose`, broken into lines that start at column `indent`; the first one is there. */
void text_wrap(const struct text *text, unsigned indent, const char *prose);

void text_walk(const struct text *text, const struct machine *machine, const struct walk *walk,
               unsigned number, const struct verdict *verdict);
void text_verdict(const struct text *text, const struct walk *walk, const struct verdict *verdict);
/** Only the verdict, on one line. */
void text_brief(const struct text *text, const struct walk *walk, const struct verdict *verdict);

void text_notes(const struct text *text, const struct notes *notes, unsigned from);
void text_images(const struct text *text, const struct machine *machine);
/** The registers that were given: all, or only those that every walk depends on. */
void text_registers(const struct text *text, const struct machine *machine, bool all);
void text_queues(const struct text *text, struct machine *machine, uint64_t limit);
void text_context(const struct text *text, const struct machine *machine,
                  const struct ddt_found *found, unsigned number);

/** A request in one line: who does what, where. */
void text_request(const struct text *text, const struct request *request);

#endif
