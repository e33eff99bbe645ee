/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "source.h"

static const char *const key_names[REQUEST_KEYS] = {
    [REQUEST_DEVICE] = "device",         [REQUEST_ADDRESS] = "address", [REQUEST_ACCESS] = "access",
    [REQUEST_PROCESS] = "process",       [REQUEST_TYPE] = "type",       [REQUEST_LENGTH] = "length",
    [REQUEST_PRIVILEGED] = "privileged", [REQUEST_CXL] = "cxl",
};

#define REQUESTS_MAX 65536u

struct device_name device_name(uint32_t device_id)
{
    struct device_name name;
    unsigned segment = device_id >> 16 & 0xff;
    unsigned bus = device_id >> 8 & 0xff;
    unsigned device = device_id >> 3 & 0x1f;

    if (segment != 0)
        snprintf(name.text, sizeof(name.text), "%04x:%02x:%02x.%u", segment, bus, device,
                 device_id & 7);
    else
        snprintf(name.text, sizeof(name.text), "%02x:%02x.%u", bus, device, device_id & 7);
    return name;
}

/* Move what stands before the first `separator` from *rest to *head. */
static bool cut(struct span *rest, const char *separator, struct span *head)
{
    struct span before = span_before(*rest, separator);

    if (before.length == rest->length)
        return false;
    *head = before;
    rest->text += before.length + 1;
    rest->length -= before.length + 1;
    return true;
}

/* "bus:dev.fn" or "segment:bus:dev.fn", hexadecimal as lspci prints them. NULL: good. */
static const char *parse_pci_name(struct span text, uint32_t *device_id)
{
    struct span part[4] = {{"0", 1}, text, text, text}; /* segment, bus, device, function */
    uint64_t value[4];

    cut(&part[3], ":", &part[1]); /* there is a colon, or it would be a number */
    if (cut(&part[3], ":", &part[2])) {
        part[0] = part[1];
        part[1] = part[2];
    }
    if (!cut(&part[3], ".", &part[2]))
        return "is not [segment:]bus:device.function";
    for (size_t i = 0; i < 4; i++) {
        if (scan_hex(part[i], &value[i]) != NULL)
            return "is not [segment:]bus:device.function";
    }
    if (value[0] > 0xff)
        return "has a segment above ff, and a device_id has 8 bits for it";
    if (value[1] > 0xff || value[2] > 0x1f || value[3] > 7)
        return "has a bus, device or function that is too large (ff:1f.7)";
    *device_id = (uint32_t)(value[0] << 16 | value[1] << 8 | value[2] << 3 | value[3]);
    return NULL;
}

static const char *parse_device(struct span text, uint32_t *device_id)
{
    uint64_t value;

    if (memchr(text.text, ':', text.length) != NULL)
        return parse_pci_name(text, device_id);
    const char *wrong = scan_number(text, &value);
    if (wrong != NULL)
        return wrong;
    if (value > 0xffffff)
        return "does not fit the 24 bits of a device_id";
    *device_id = (uint32_t)value;
    return NULL;
}

static const char *parse_limited(struct span text, uint64_t most, const char *otherwise,
                                 uint32_t *result)
{
    uint64_t value;
    const char *wrong = scan_number(text, &value);

    if (wrong != NULL)
        return wrong;
    if (value > most)
        return otherwise;
    *result = (uint32_t)value;
    return NULL;
}

static const char *parse_access(struct span text, struct iommu_request *request)
{
    bool write = span_equals(text, "w") || span_equals(text, "write") || span_equals(text, "rw") ||
                 span_equals(text, "rwx");
    bool execute = span_equals(text, "x") || span_equals(text, "execute") ||
                   span_equals(text, "rx") || span_equals(text, "rwx");

    if (!write && !execute && !span_equals(text, "r") && !span_equals(text, "read"))
        return "is none of r, w, x (ATS requests also rx, rw, rwx)";
    request->access = write ? IOMMU_WRITE : IOMMU_READ;
    request->execute = execute;
    return NULL;
}

static const char *parse_type(struct span text, struct iommu_request *request)
{
    if (span_equals(text, "untranslated") || span_equals(text, "u"))
        request->type = IOMMU_UNTRANSLATED;
    else if (span_equals(text, "translated") || span_equals(text, "t"))
        request->type = IOMMU_TRANSLATED;
    else if (span_equals(text, "ats") || span_equals(text, "a"))
        request->type = IOMMU_ATS_TRANSLATION;
    else
        return "is none of untranslated, translated, ats";
    return NULL;
}

static const char *parse_flag(struct span text, bool *flag)
{
    *flag = span_equals(text, "1") || span_equals(text, "yes") || text.length == 0;
    return *flag || span_equals(text, "0") || span_equals(text, "no") ? NULL : "is neither 0 nor 1";
}

static const char *parse_value(struct request *request, enum request_key key, struct span text)
{
    struct iommu_request *iommu = &request->iommu;

    switch (key) {
    case REQUEST_DEVICE:
        return parse_device(text, &iommu->device_id);
    case REQUEST_ADDRESS:
        return scan_number(text, &iommu->iova);
    case REQUEST_ACCESS:
        return parse_access(text, iommu);
    case REQUEST_PROCESS:
        iommu->process_id_valid = true;
        return parse_limited(text, 0xfffff, "does not fit the 20 bits of a process_id",
                             &iommu->process_id);
    case REQUEST_TYPE:
        return parse_type(text, iommu);
    case REQUEST_LENGTH:
        return parse_limited(text, UINT32_MAX, "does not fit 32 bits", &iommu->length);
    case REQUEST_PRIVILEGED:
        return parse_flag(text, &iommu->privileged);
    case REQUEST_CXL:
        return parse_flag(text, &iommu->cxl);
    case REQUEST_KEYS:
        break;
    }
    return "has no meaning here";
}

static bool set_span(struct request *request, enum request_key key, struct span value,
                     const char *where, struct problem *problem)
{
    if (request->given[key])
        return problem_set(problem, "%s: %s is given more than once", where, key_names[key]);
    const char *wrong = parse_value(request, key, value);
    if (wrong != NULL)
        return problem_set(problem, "%s: %s: \"%s\" %s", where, key_names[key],
                           quote(value.text, value.length).text, wrong);
    request->given[key] = true;
    return true;
}

bool request_set(struct request *request, enum request_key key, const char *value,
                 const char *where, struct problem *problem)
{
    return set_span(request, key, span_of(value), where, problem);
}

bool request_parse(struct request *request, const char *text, size_t length, const char *where,
                   struct problem *problem)
{
    struct span rest = {text, length};
    struct span word;

    *request = (struct request){0};
    while (span_word(&rest, ",", &word)) {
        struct span name = span_before(word, "=");
        struct span value = {name.text + name.length, 0};
        unsigned key = 0;
        while (key < REQUEST_KEYS && !span_equals(name, key_names[key]))
            key++;
        if (key == REQUEST_KEYS)
            return problem_set(problem,
                               "%s: \"%s\" is none of device, address, access, process, type, "
                               "length, privileged, cxl",
                               where, quote(name.text, name.length).text);
        bool flag = key == REQUEST_PRIVILEGED || key == REQUEST_CXL;
        if (name.length < word.length)
            value = (struct span){value.text + 1, word.length - name.length - 1};
        if (value.length == 0 && !(flag && name.length == word.length))
            return problem_set(problem, "%s: %s: has no value", where, key_names[key]);
        if (!set_span(request, (enum request_key)key, value, where, problem))
            return false;
    }
    return request_finish(request, where, problem);
}

bool request_finish(struct request *request, const char *where, struct problem *problem)
{
    struct iommu_request *iommu = &request->iommu;

    if (!request->given[REQUEST_DEVICE])
        return problem_set(problem, "%s: device is missing", where);
    if (!request->given[REQUEST_ADDRESS])
        return problem_set(problem, "%s: address is missing", where);
    if (iommu->type != IOMMU_ATS_TRANSLATION) {
        if (iommu->execute && iommu->access == IOMMU_WRITE)
            return problem_set(problem, "%s: access: only an ATS request can ask for w and x",
                               where);
        if (iommu->execute)
            iommu->access = IOMMU_EXECUTE;
        iommu->execute = false;
        if (iommu->cxl)
            return problem_set(problem, "%s: cxl: has a meaning for ATS requests only", where);
    }
    if (iommu->privileged && !iommu->process_id_valid)
        return problem_set(problem,
                           "%s: privileged: needs a process, without which there is "
                           "no privilege",
                           where);
    if (iommu->length > 1 && iommu->iova + (iommu->length - 1) < iommu->iova)
        return problem_set(problem, "%s: length: runs past address 2^64", where);
    return true;
}

bool requests_add(struct request_list *list, const struct request *request, struct problem *problem)
{
    if (list->count == REQUESTS_MAX)
        return problem_set(problem, "more than %u requests in one run", REQUESTS_MAX);
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 8 : list->room * 2;
        struct request *larger = realloc(list->request, room * sizeof(*larger));
        if (larger == NULL)
            return problem_set(problem, "not enough memory for requests");
        list->request = larger;
        list->room = room;
    }
    list->request[list->count++] = *request;
    return true;
}

bool requests_load(struct request_list *list, const char *file, struct problem *problem)
{
    struct source source;
    struct span line;
    bool good = source_open(&source, file, problem);

    if (!good)
        return false;
    good = source_hold(&source, problem);
    struct lines lines = lines_of((const char *)source.bytes, good ? source.size : 0);
    while (good && lines_next(&lines, &line)) {
        char where[300];
        struct request request;
        snprintf(where, sizeof(where), "%.280s:%u", source.name, lines.number);
        line = span_trim(span_before(line, "#"));
        if (line.length > 0)
            good = request_parse(&request, line.text, line.length, where, problem) &&
                   requests_add(list, &request, problem);
    }
    source_close(&source);
    return good;
}

void requests_free(struct request_list *list)
{
    free(list->request);
    *list = (struct request_list){0};
}
