/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <inttypes.h>
#include <string.h>

/* Length of the UTF-8 sequence at `text`, 0 if there is no legal one. */
static size_t utf8_length(const unsigned char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80   ? 1
                    : text[0] < 0xc0 ? 0
                    : text[0] < 0xe0 ? 2
                    : text[0] < 0xf0 ? 3
                    : text[0] < 0xf8 ? 4
                                     : 0;
    uint32_t code = length > 1 ? text[0] & (0x7fu >> length) : text[0];

    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (length > 1 &&
        (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)))
        return 0;
    return length;
}

static void write_string(FILE *file, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;

    fputc('"', file);
    while (*at != '\0') {
        size_t length = utf8_length(at);
        if (*at == '"' || *at == '\\')
            fprintf(file, "\\%c", *at);
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(file, "\\u%04x", *at);
        else if (length == 0)
            fputs("\\ufffd", file);
        else
            fwrite(at, 1, length, file);
        at += length == 0 ? 1 : length;
    }
    fputc('"', file);
}

static void start(struct json *json, const char *key)
{
    if (json->separate)
        fputc(',', json->file);
    if (json->depth > 0)
        fprintf(json->file, "\n%*s", (int)(2 * json->depth), "");
    if (key != NULL) {
        write_string(json->file, key);
        fputs(": ", json->file);
    }
    json->separate = true;
}

static void open_with(struct json *json, const char *key, char bracket)
{
    start(json, key);
    fputc(bracket, json->file);
    json->depth++;
    json->separate = false;
}

static void close_with(struct json *json, char bracket)
{
    json->depth--;
    if (json->separate) /* not empty */
        fprintf(json->file, "\n%*s", (int)(2 * json->depth), "");
    fputc(bracket, json->file);
    json->separate = true;
}

void json_object(struct json *json, const char *key)
{
    open_with(json, key, '{');
}

void json_array(struct json *json, const char *key)
{
    open_with(json, key, '[');
}

void json_end_object(struct json *json)
{
    close_with(json, '}');
}

void json_end_array(struct json *json)
{
    close_with(json, ']');
}

void json_string(struct json *json, const char *key, const char *value)
{
    start(json, key);
    write_string(json->file, value);
}

void json_hex(struct json *json, const char *key, uint64_t value)
{
    start(json, key);
    fprintf(json->file, "\"0x%" PRIx64 "\"", value);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
    start(json, key);
    fprintf(json->file, "%" PRIu64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    start(json, key);
    fputs(value ? "true" : "false", json->file);
}

void json_null(struct json *json, const char *key)
{
    start(json, key);
    fputs("null", json->file);
}
