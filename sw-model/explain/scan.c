/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include <string.h>

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\f' ||
           character == '\v';
}

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

struct span span_trim(struct span span)
{
    while (span.length > 0 && is_blank(span.text[0])) {
        span.text++;
        span.length--;
    }
    while (span.length > 0 && is_blank(span.text[span.length - 1]))
        span.length--;
    return span;
}

bool span_equals(struct span span, const char *text)
{
    return strlen(text) == span.length && memcmp(text, span.text, span.length) == 0;
}

static bool is_one_of(char character, const char *characters)
{
    return character != '\0' && strchr(characters, character) != NULL;
}

struct span span_before(struct span span, const char *characters)
{
    for (size_t i = 0; i < span.length; i++) {
        if (is_one_of(span.text[i], characters)) {
            span.length = i;
            break;
        }
    }
    return span;
}

bool span_word(struct span *rest, const char *more, struct span *word)
{
    const char *at = rest->text;
    const char *end = rest->text + rest->length;

    while (at < end && (is_blank(*at) || is_one_of(*at, more)))
        at++;
    word->text = at;
    while (at < end && !is_blank(*at) && !is_one_of(*at, more))
        at++;
    word->length = (size_t)(at - word->text);
    *rest = (struct span){at, (size_t)(end - at)};
    return word->length > 0;
}

struct lines lines_of(const char *text, uint64_t size)
{
    const char *end = size > 0 ? text + size : text; /* text may be NULL if it is empty */

    return (struct lines){.next = text, .end = end, .number = 0};
}

bool lines_next(struct lines *lines, struct span *line)
{
    if (lines->next >= lines->end)
        return false;
    size_t left = (size_t)(lines->end - lines->next);
    const char *newline = memchr(lines->next, '\n', left);

    *line = (struct span){lines->next, newline != NULL ? (size_t)(newline - lines->next) : left};
    lines->next = newline != NULL ? newline + 1 : lines->end;
    lines->number++;
    return true;
}

int scan_hex_digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return -1;
}

static const char *scan_digits(struct span span, unsigned base, uint64_t *value)
{
    uint64_t result = 0;
    bool digits = false;
    bool large = false;

    for (size_t i = 0; i < span.length; i++) {
        if (span.text[i] == '_' && digits)
            continue;
        int digit = scan_hex_digit(span.text[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return "is not a number";
        digits = true;
        if (result > (UINT64_MAX - (unsigned)digit) / base)
            large = true;
        result = result * base + (unsigned)digit;
    }
    if (!digits || span.text[span.length - 1] == '_')
        return "is not a number";
    if (large)
        return "does not fit 64 bits";
    *value = result;
    return NULL;
}

static bool has_hex_prefix(struct span span)
{
    return span.length > 2 && span.text[0] == '0' && (span.text[1] == 'x' || span.text[1] == 'X');
}

const char *scan_number(struct span span, uint64_t *value)
{
    if (has_hex_prefix(span))
        return scan_digits((struct span){span.text + 2, span.length - 2}, 16, value);
    return scan_digits(span, 10, value);
}

const char *scan_hex(struct span span, uint64_t *value)
{
    if (has_hex_prefix(span))
        span = (struct span){span.text + 2, span.length - 2};
    return scan_digits(span, 16, value);
}
