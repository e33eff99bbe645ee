/* SPDX-License-Identifier: Apache-2.0 */
/* All device contexts, found by walking the whole directory. */
#ifndef EXPLAIN_DDT_H
#define EXPLAIN_DDT_H

#include "machine.h"

/** Something that the search found: a valid context, or an entry that is broken. */
struct ddt_found {
    bool context;        /**< a valid device context; otherwise a broken non-leaf entry */
    uint32_t device_id;  /**< or the first that the broken entry stands for */
    uint32_t device_ids; /**< how many */
    unsigned level;
    uint64_t address;
    uint64_t value[LAYOUT_WORDS];
    unsigned words;
    enum iommu_rule rule; /**< what is wrong with it, by the model; or NONE */
    const char *trouble;  /**< what is wrong with a non-leaf entry */
};

/** @return false: enough */
typedef bool ddt_visit(void *context, const struct ddt_found *found);

/** Call `visit` for everything that is found, in the order of device_ids.
 *  @return false if ddtp does not point to a directory, or memory is short */
bool ddt_search(struct machine *machine, ddt_visit *visit, void *context, struct problem *problem);

#endif
