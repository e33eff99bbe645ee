/* SPDX-License-Identifier: Apache-2.0 */
/* What came of a walk, why, and where a programmer should look. */
#ifndef EXPLAIN_VERDICT_H
#define EXPLAIN_VERDICT_H

#include "walk.h"

enum verdict_kind {
    VERDICT_TRANSLATED = 0,
    VERDICT_DENIED, /**< ATS: a completion that denies what was asked for; no fault */
    VERDICT_FAULT,
    VERDICT_BAD_REQUEST,
};

#define VERDICT_LINES 8
#define VERDICT_TEXT 240

struct verdict {
    enum verdict_kind kind;
    enum iommu_rule rule;
    char headline[VERDICT_TEXT];
    char where[VERDICT_TEXT];                 /**< the entry that decided; "" if none did */
    char detail[VERDICT_LINES][VERDICT_TEXT]; /**< what is wrong with this very entry */
    unsigned details;
    const char *advice;        /**< what usually causes this; "" if there is nothing to say */
    char replay[VERDICT_TEXT]; /**< how a replayed request compares with its record; or "" */
    char record[VERDICT_TEXT]; /**< why there is no fault record, or would be none; or "" */
};

void verdict_make(const struct machine *machine, const struct walk *walk, struct verdict *verdict);

/** What usually causes a rule to apply, and where to look; "" for rules without. */
const char *advice_text(enum iommu_rule rule);
/** The particulars of a fault, found in the entry that decided. */
void verdict_details(const struct machine *machine, const struct walk *walk,
                     const struct walk_step *step, struct verdict *verdict);
/** Add one line; those beyond VERDICT_LINES are dropped. */
void verdict_add(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** "first-stage PTE (Sv39), level 2" and the like. */
void verdict_entry_name(const struct walk *walk, const struct walk_step *step, char *text,
                        size_t size);

#endif
