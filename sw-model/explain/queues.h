/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of the command, fault and page-request queues. */
#ifndef EXPLAIN_QUEUES_H
#define EXPLAIN_QUEUES_H

#include "machine.h"
#include "request.h"

enum queue_id {
    QUEUE_COMMAND = 0,
    QUEUE_FAULT,
    QUEUE_PAGE_REQUEST,
    QUEUES,
};

/** A queue as its registers have it. */
struct queue_view {
    const char *name;     /**< "command queue" */
    const char *prefix;   /**< "cq", as in cqb, cqh, cqt, cqcsr */
    uint32_t base_offset; /**< offsets of the registers */
    uint32_t head_offset;
    uint32_t tail_offset;
    uint32_t csr_offset;
    enum layout_id csr_layout;
    unsigned entry_words;
    bool given; /**< the base register is known */
    bool csr_given;
    uint64_t csr;
    uint64_t address;
    uint64_t entries;
    uint64_t head;
    uint64_t tail;
    uint64_t waiting; /**< entries from head to tail; 0 if an index is out of range */
};

void queue_view(const struct machine *machine, enum queue_id id, struct queue_view *view);

/** One entry; `number` counts from the head. @return false if it is in no image */
bool queue_entry(struct machine *machine, const struct queue_view *view, uint64_t number,
                 uint64_t *address, uint64_t *words);
enum layout_id queue_layout(enum queue_id id, const uint64_t *words);

#define QUEUE_REMARKS 6

/** What the state of a queue means, sentence by sentence. */
struct queue_remarks {
    const char *text[QUEUE_REMARKS];
    unsigned count;
};
void queue_state_remarks(const struct queue_view *view, struct queue_remarks *remarks);
/** What is odd about an entry; "" if nothing is. */
const char *queue_entry_remark(const struct machine *machine, enum queue_id id,
                               const uint64_t *words);

/** The request that led to a fault record. @return false if none did */
bool queue_replay(const uint64_t *record, struct request *request);

#endif
