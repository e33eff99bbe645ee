/* SPDX-License-Identifier: Apache-2.0 */
/* A writer of JSON, and the reports in JSON. Addresses and register-sized values are
 * strings with 0x, since JSON's numbers hold 53 bits; counts and codes are numbers. */
#ifndef EXPLAIN_JSON_H
#define EXPLAIN_JSON_H

#include <stdio.h>

#include "ddt.h"
#include "queues.h"
#include "verdict.h"

/** Version of the keys and their meaning: new keys may come, none changes or goes. */
#define JSON_FORMAT 1

struct json {
    FILE *file;
    unsigned depth;
    bool separate; /**< something precedes in this object or array */
};

/* Members of an object need a key; elements of an array have NULL. */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_end_array(struct json *json);
void json_string(struct json *json, const char *key, const char *value);
void json_hex(struct json *json, const char *key, uint64_t value);
void json_number(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/** The words of a structure, with their fields, as elements of an array. */
void json_words(struct json *json, enum layout_id id, const uint64_t *words, unsigned count,
                const struct layout_context *context);
void json_notes(struct json *json, const struct notes *notes);
void json_machine(struct json *json, const struct machine *machine);
void json_walk(struct json *json, const struct machine *machine, const struct walk *walk,
               const struct verdict *verdict);
void json_queues(struct json *json, struct machine *machine, uint64_t limit);
void json_context(struct json *json, const struct machine *machine, const struct ddt_found *found);

#endif
