/* SPDX-License-Identifier: Apache-2.0 */
/* One request's walk, recorded step by step. */
#ifndef EXPLAIN_WALK_H
#define EXPLAIN_WALK_H

#include "layout.h"
#include "machine.h"
#include "request.h"

/** In which table a step's entry is. */
enum walk_part {
    PART_DDT = 0,
    PART_PDT,
    PART_FIRST_STAGE,
    PART_SECOND_STAGE,
    PART_MSI,
    PART_NONE, /**< a rule that reads nothing */
};

struct walk_step {
    struct iommu_step iommu;
    struct layout_context context;
    enum layout_id layout; /**< LAYOUTS: no entry */
    enum walk_part part;
    bool in_no_image; /**< the read met an address that no image has: */
    uint64_t missing;
};

struct walk {
    struct request request;
    struct iommu_response response;
    struct walk_step *step;
    size_t steps;
    size_t room;
    bool incomplete; /**< no memory for more steps */
    bool dc_known;   /**< the device context was read: */
    uint64_t dc[LAYOUT_WORDS];
    bool pc_known;
    uint64_t pc[2];
    bool recorded; /**< the model stored a fault record: */
    uint64_t record[4];
};

/** Translate a request in a fresh instance, whose memory is that of the images. */
bool walk_run(struct machine *machine, const struct request *request, struct walk *walk,
              struct problem *problem);
void walk_free(struct walk *walk);

/** The step that decided a fault, or NULL. */
const struct walk_step *walk_decider(const struct walk *walk);
/** The step that holds the pointer to this step's entry, or NULL. Second-stage walks for
 *  other entries in between are passed over. */
const struct walk_step *walk_parent(const struct walk *walk, const struct walk_step *step);
/** Which table an implicit second-stage step serves. */
enum walk_part walk_served(const struct walk *walk, const struct walk_step *step);

/** "Sv39", "Sv32x4" and so on: the scheme of the part's page table in this walk. */
const char *walk_scheme(const struct walk *walk, const struct walk_step *step);
const char *walk_first_stage(const struct walk *walk);
/** Does the step read an entry? */
bool walk_step_reads(const struct walk_step *step);

#endif
