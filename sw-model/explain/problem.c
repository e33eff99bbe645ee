/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool problem_set(struct problem *problem, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(problem->text, sizeof(problem->text), format, arguments);
    va_end(arguments);
    for (char *at = problem->text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7f)
            *at = '?';
    }
    return false;
}

struct quote quote(const char *text, size_t length)
{
    struct quote result;
    size_t room = sizeof(result.text) - 4; /* "..." and the end */
    size_t kept = length < room ? length : room;

    memcpy(result.text, text, kept);
    result.text[kept] = '\0';
    if (kept < length)
        strcpy(result.text + kept, "...");
    return result;
}
