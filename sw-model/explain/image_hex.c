/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images as text. Hex text has lines `address: data`, where the data are bytes (`0a 1b`,
 * also grouped: `0a1b 2c3d`) in memory order, or little-endian words with 0x before them,
 * as GDB and the monitor of QEMU print them. As in dumps of hexdump and xxd, a line `*`
 * repeats the line before it up to the next address, and an address alone ends the dump.
 */
#include "image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* Collects the bytes that the text stands for. */
struct collector {
    struct image *image;
    uint8_t *bytes;
    uint64_t used;
    uint64_t room;
    struct problem *problem;
    /* hex text: the line before, which a `*` repeats */
    uint64_t line_start; /* in `bytes` */
    uint64_t line_end;   /* address after it */
    bool repeat;         /* a `*` was seen */
};

static bool collect_start(struct collector *collector, struct image *image, struct problem *problem)
{
    *collector = (struct collector){.image = image, .problem = problem};
    collector->room = image->source.size + 1; /* bytes are fewer than characters */
    collector->bytes = malloc((size_t)collector->room);
    if (collector->bytes == NULL)
        return problem_set(problem, "%s: not enough memory", image->source.name);
    return true;
}

/* The bytes collected since `from` are at `address`. */
static bool collect_range(struct collector *collector, uint64_t from, uint64_t address,
                          unsigned line)
{
    uint64_t size = collector->used - from;

    if (size == 0)
        return true;
    if (address + (size - 1) < address)
        return problem_set(collector->problem, "%s:%u: data run past address 2^64",
                           collector->image->source.name, line);
    struct range range = {address, address + (size - 1), from, size};
    return image_add_range(collector->image, &range, collector->problem);
}

static bool collect_end(struct collector *collector, bool good)
{
    if (!good) {
        free(collector->bytes);
        return false;
    }
    source_replace(&collector->image->source, collector->bytes, collector->used);
    return true;
}

static bool complain(const struct collector *collector, unsigned line, struct span span,
                     const char *text)
{
    return problem_set(collector->problem, "%s:%u: %s %s", collector->image->source.name, line,
                       quote(span.text, span.length).text, text);
}

/* ---- hex text */

static bool collect_word(struct collector *collector, struct span word, unsigned line)
{
    uint64_t value;
    size_t digits = word.length - 2;

    if (digits != 2 && digits != 4 && digits != 8 && digits != 16)
        return complain(collector, line, word, "needs 2, 4, 8 or 16 digits after 0x");
    const char *wrong = scan_hex(word, &value);
    if (wrong != NULL || memchr(word.text, '_', word.length) != NULL)
        return complain(collector, line, word, "is not a hexadecimal word");
    for (size_t i = 0; i < digits / 2; i++)
        collector->bytes[collector->used++] = (uint8_t)(value >> (8 * i));
    return true;
}

static bool collect_bytes(struct collector *collector, struct span bytes, unsigned line)
{
    if (bytes.length % 2 != 0)
        return complain(collector, line, bytes, "has an odd number of hexadecimal digits");
    for (size_t i = 0; i < bytes.length; i += 2) {
        int high = scan_hex_digit(bytes.text[i]);
        int low = scan_hex_digit(bytes.text[i + 1]);
        if (high < 0 || low < 0)
            return complain(collector, line, bytes, "is not hexadecimal");
        collector->bytes[collector->used++] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Repeat the line before up to `address`. */
static bool collect_repetition(struct collector *collector, uint64_t address, unsigned line)
{
    const char *name = collector->image->source.name;
    uint64_t from = collector->used;
    uint64_t size = collector->used - collector->line_start;
    uint64_t gap = address - collector->line_end;

    collector->repeat = false;
    if (address < collector->line_end || gap % size != 0)
        return problem_set(collector->problem,
                           "%s:%u: address 0x%" PRIx64 " does not fit the \"*\" before it", name,
                           line, address);
    if (gap > SOURCE_HELD_MAX || from + gap > SOURCE_HELD_MAX)
        return problem_set(collector->problem, "%s:%u: the \"*\" before repeats more than %u MiB",
                           name, line, (unsigned)(SOURCE_HELD_MAX >> 20));
    /* room for the repetition, and for the rest of the text as before */
    uint8_t *larger = realloc(collector->bytes, (size_t)(collector->room + gap));
    if (larger == NULL)
        return problem_set(collector->problem, "%s: not enough memory", name);
    collector->bytes = larger;
    collector->room += gap;
    for (; collector->used < from + gap; collector->used += size)
        memcpy(larger + collector->used, larger + collector->line_start, (size_t)size);
    return collect_range(collector, from, collector->line_end, line);
}

static bool hex_text_line(struct collector *collector, struct span line, unsigned number)
{
    uint64_t address;
    struct span word;
    struct span rest = span_trim(span_before(line, "#;|"));

    if (rest.length == 0)
        return true;
    if (span_equals(rest, "*")) {
        collector->repeat = true;
        return collector->used > collector->line_start ||
               complain(collector, number, rest, "has no line before it to repeat");
    }
    struct span before = span_trim(span_before(rest, ":"));
    if (before.length == rest.length)
        return complain(collector, number, rest, "has no \"address:\" at its start");
    const char *wrong = scan_hex(before, &address);
    if (wrong != NULL)
        return problem_set(collector->problem, "%s:%u: address: %s %s",
                           collector->image->source.name, number,
                           quote(before.text, before.length).text, wrong);
    if (collector->repeat && !collect_repetition(collector, address, number))
        return false;
    collector->line_start = collector->used;
    const char *data = memchr(rest.text, ':', rest.length);
    rest = (struct span){data + 1, rest.length - (size_t)(data + 1 - rest.text)};
    while (span_word(&rest, "", &word)) {
        bool prefixed = word.length > 2 && word.text[0] == '0' && word.text[1] == 'x';
        if (!(prefixed ? collect_word(collector, word, number)
                       : collect_bytes(collector, word, number)))
            return false;
    }
    collector->line_end = address + (collector->used - collector->line_start);
    return collect_range(collector, collector->line_start, address, number);
}

bool image_from_hex_text(struct image *image, struct problem *problem)
{
    struct collector collector;
    struct span line;
    bool good = true;
    struct lines lines = lines_of((const char *)image->source.bytes, image->source.size);

    image->format = "hex text";
    if (!collect_start(&collector, image, problem))
        return false;
    while (good && lines_next(&lines, &line))
        good = hex_text_line(&collector, line, lines.number);
    if (good && collector.repeat)
        good = problem_set(problem, "%s: ends in \"*\"; up to which address is not known",
                           image->source.name);
    return collect_end(&collector, good);
}

/* ---- Intel HEX */

enum intel_record {
    INTEL_DATA = 0,
    INTEL_END = 1,
    INTEL_SEGMENT = 2,
    INTEL_START_SEGMENT = 3,
    INTEL_LINEAR = 4,
    INTEL_START_LINEAR = 5,
};

struct intel_state {
    uint64_t base;
    bool ended;
};

/* Decode one record's bytes and check its count and sum. @return bytes, 0 if wrong */
static size_t intel_bytes(struct collector *collector, struct span line, unsigned number,
                          uint8_t *record)
{
    size_t count = line.length / 2;
    uint8_t sum = 0;

    if (line.text[0] != ':') {
        complain(collector, number, line, "is not a record, which starts with a colon");
        return 0;
    }
    if (line.length % 2 != 1) {
        complain(collector, number, line, "has an odd number of hexadecimal digits");
        return 0;
    }
    if (count < 5 || count > 260) {
        complain(collector, number, line, "has no legal length for a record");
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        int high = scan_hex_digit(line.text[1 + 2 * i]);
        int low = scan_hex_digit(line.text[2 + 2 * i]);
        if (high < 0 || low < 0) {
            complain(collector, number, line, "is not hexadecimal");
            return 0;
        }
        record[i] = (uint8_t)(high << 4 | low);
        sum = (uint8_t)(sum + record[i]);
    }
    if (record[0] + 5u != count) {
        complain(collector, number, line, "has a byte count that is not its length");
        return 0;
    }
    if (sum != 0) {
        complain(collector, number, line, "has a wrong checksum");
        return 0;
    }
    return count;
}

static bool intel_data(struct collector *collector, const uint8_t *record, uint64_t base,
                       unsigned number)
{
    uint64_t from = collector->used;
    uint64_t address = base + (uint64_t)(record[1] << 8 | record[2]);

    memcpy(collector->bytes + collector->used, record + 4, record[0]);
    collector->used += record[0];
    return collect_range(collector, from, address, number);
}

static bool intel_line(struct collector *collector, struct intel_state *state, struct span line,
                       unsigned number)
{
    uint8_t record[260] = {0};

    line = span_trim(line);
    if (line.length == 0)
        return true;
    if (state->ended)
        return complain(collector, number, line, "follows the end record");
    if (intel_bytes(collector, line, number, record) == 0)
        return false;
    uint64_t upper = (uint64_t)(record[4] << 8 | record[5]);
    switch (record[3]) {
    case INTEL_DATA:
        return intel_data(collector, record, state->base, number);
    case INTEL_END:
        state->ended = true;
        return true;
    case INTEL_SEGMENT:
    case INTEL_LINEAR:
        if (record[0] != 2)
            return complain(collector, number, line, "needs 2 bytes of address");
        state->base = upper << (record[3] == INTEL_LINEAR ? 16 : 4);
        return true;
    case INTEL_START_SEGMENT:
    case INTEL_START_LINEAR:
        return true; /* where execution starts is of no concern here */
    default:
        return complain(collector, number, line, "has an unknown record type");
    }
}

bool image_from_intel_hex(struct image *image, struct problem *problem)
{
    struct collector collector;
    struct intel_state state = {0};
    struct span line;
    bool good = true;
    struct lines lines = lines_of((const char *)image->source.bytes, image->source.size);

    image->format = "Intel HEX";
    if (!collect_start(&collector, image, problem))
        return false;
    while (good && lines_next(&lines, &line))
        good = intel_line(&collector, &state, line, lines.number);
    if (good && !state.ended)
        good = problem_set(problem, "%s: has no end record; is it truncated?", image->source.name);
    return collect_end(&collector, good);
}
