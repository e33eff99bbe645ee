/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as words `key=value`. */
#ifndef EXPLAIN_REQUEST_H
#define EXPLAIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "iommu.h"
#include "problem.h"

/** Which keys a request was given. */
enum request_key {
    REQUEST_DEVICE = 0,
    REQUEST_ADDRESS,
    REQUEST_ACCESS,
    REQUEST_PROCESS,
    REQUEST_TYPE,
    REQUEST_LENGTH,
    REQUEST_PRIVILEGED,
    REQUEST_CXL,
    REQUEST_KEYS /**< number of the above */
};

struct request {
    struct iommu_request iommu;
    bool given[REQUEST_KEYS];
    bool replayed; /**< it is behind a fault record, whose cause was: */
    uint16_t recorded_cause;
};

/** Any number of requests. */
struct request_list {
    struct request *request;
    size_t count;
    size_t room;
};

/** Set one field. `where` starts the message about a value that makes no sense. */
bool request_set(struct request *request, enum request_key key, const char *value,
                 const char *where, struct problem *problem);
/** Parse `device=00:05.0 address=0x1000 access=w ...`; blanks and commas separate. */
bool request_parse(struct request *request, const char *text, size_t length, const char *where,
                   struct problem *problem);
/** Check that nothing is missing, and resolve what depends on several keys. */
bool request_finish(struct request *request, const char *where, struct problem *problem);

bool requests_add(struct request_list *list, const struct request *request,
                  struct problem *problem);
/** One request a line; `#` starts a comment. */
bool requests_load(struct request_list *list, const char *file, struct problem *problem);
void requests_free(struct request_list *list);

/** A device_id as segment:bus:device.function; the segment only if it is not 0. */
struct device_name {
    char text[20];
};
struct device_name device_name(uint32_t device_id);

#endif
