/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scan.h"

/* Cut "@ADDRESS" off the argument. @return false if the address makes no sense */
static bool split_address(char *argument, bool *raw, uint64_t *address, struct problem *problem)
{
    char *at = strrchr(argument, '@');

    *raw = at != NULL && strchr(at, '/') == NULL; /* "dir@2/file" has no address */
    if (!*raw)
        return true;
    const char *wrong = scan_number(span_of(at + 1), address);
    if (wrong != NULL)
        return problem_set(problem, "%s: load address: %s %s", argument,
                           quote(at + 1, strlen(at + 1)).text, wrong);
    *at = '\0';
    return true;
}

static bool image_from_raw(struct image *image, uint64_t address, struct problem *problem)
{
    uint64_t size = image->source.size;
    struct range range = {address, address + (size - 1), 0, size};

    if (range.last < address)
        return problem_set(problem, "%s: %" PRIu64 " bytes at 0x%" PRIx64 " run past 2^64",
                           image->source.name, size, address);
    image->format = "raw";
    return image_add_range(image, &range, problem);
}

static bool image_by_contents(struct image *image, struct problem *problem)
{
    uint8_t start[4] = {0};
    size_t length = image->source.size < 4 ? (size_t)image->source.size : 4;

    if (!source_read(&image->source, 0, start, length))
        return problem_set(problem, "%s: cannot be read", image->source.name);
    if (memcmp(start, "\177ELF", 4) == 0)
        return image_from_elf(image, problem);
    if (start[0] < 0x09 || start[0] > 0x7e || (start[0] > 0x0d && start[0] < 0x20))
        return problem_set(
            problem,
            "%s: neither ELF nor text; for raw bytes give the address, as in %s@0x80000000",
            image->source.name, image->source.name);
    if (!source_hold(&image->source, problem))
        return false;
    const char *text = (const char *)image->source.bytes;
    if (text[strspn(text, " \t\r\n")] == ':')
        return image_from_intel_hex(image, problem);
    return image_from_hex_text(image, problem);
}

bool image_load(struct memory *memory, char *argument, struct problem *problem)
{
    struct image image = {.source = {.fd = -1}};
    bool raw = false;
    uint64_t address = 0;

    if (!split_address(argument, &raw, &address, problem))
        return false;
    if (!source_open(&image.source, argument, problem))
        return false;
    bool good = raw ? image_from_raw(&image, address, problem) : image_by_contents(&image, problem);
    if (good && image_finish(&image, problem) && memory_add(memory, &image, problem))
        return true;
    image_free(&image);
    return false;
}
