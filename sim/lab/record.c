/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtl.h"

#define AFTER_TRIGGER 500u /* cycles that it goes on */

static struct {
    FILE *file;
    char path[256], part[272];
    uint64_t before[RECORD_WORDS], hash, cycles, trigger, last;
} record;

static struct {
    bool on_fault, on_address, on_device;
    uint64_t value;
} trigger; /**< what the recording waits for */

bool rtl_record(const char *path)
{
    snprintf(record.path, sizeof(record.path), "%s", path);
    snprintf(record.part, sizeof(record.part), "%s.part", record.path);
    record.file = fopen(record.part, "wb");
    if (record.file != NULL)
        fprintf(record.file, "%s %s\n", RECORD_TITLE, rtl_config());
    return record.file != NULL;
}

uint64_t record_hash(uint64_t hash, const struct pins_out *out)
{
    const uint8_t *bytes = (const uint8_t *)out;
    uint64_t word;

    for (size_t i = 0; i + 8 <= sizeof(*out); i += 8) {
        memcpy(&word, bytes + i, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 29;
    }
    return hash;
}

void record_reset(void)
{
    memset(record.before, 0, sizeof(record.before));
    if (record.file != NULL)
        putc((int)RECORD_RESET, record.file);
}

void record_cycle(const struct pins_in *in, const struct pins_out *out)
{
    uint64_t now[RECORD_WORDS] = {0};
    uint8_t changed[RECORD_WORDS];
    unsigned count = 0;

    if (record.file == NULL || (record.last != 0 && record.cycles >= record.last))
        return;
    memcpy(now, in, sizeof(*in));
    for (unsigned i = 0; i < RECORD_WORDS; i++) {
        if (now[i] != record.before[i])
            changed[count++] = (uint8_t)i;
    }
    putc((int)count, record.file);
    for (unsigned i = 0; i < count; i++) {
        putc(changed[i], record.file);
        fwrite(&now[changed[i]], 8, 1, record.file);
    }
    memcpy(record.before, now, sizeof(now));
    record.hash = record_hash(record.hash, out);
    record.cycles++;
}

bool rtl_trigger(const char *word)
{
    trigger.on_fault = strcmp(word, "fault") == 0;
    trigger.on_address = strncmp(word, "address=", 8) == 0;
    trigger.on_device = strncmp(word, "device=", 7) == 0;
    trigger.value = strchr(word, '=') == NULL ? 0 : strtoull(strchr(word, '=') + 1, NULL, 16);
    return trigger.on_fault || trigger.on_address || trigger.on_device;
}

void record_burst(uint32_t device_id, uint64_t iova, bool refused)
{
    if (record.file == NULL || record.trigger != 0)
        return;
    if ((trigger.on_fault && refused) || (trigger.on_address && (iova ^ trigger.value) < 4096) ||
        (trigger.on_device && device_id == trigger.value)) {
        record.trigger = record.cycles;
        record.last = record.cycles + AFTER_TRIGGER;
    }
}

bool rtl_record_end(const char *why)
{
    bool keep = why != NULL || record.trigger != 0;

    if (record.file == NULL)
        return false;
    putc((int)RECORD_END, record.file);
    fwrite(&record.hash, 8, 1, record.file);
    fwrite(&record.trigger, 8, 1, record.file);
    fputs(why != NULL ? why : "the trigger", record.file);
    keep &= fclose(record.file) == 0;
    record.file = NULL;
    if (!keep || rename(record.part, record.path) != 0) {
        unlink(record.part);
        return false;
    }
    return true;
}
