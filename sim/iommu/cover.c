/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functional coverage: what happened how often, merged over runs through a file. The points are
 * all there from the beginning, so that what never happened is a hole in the list.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define POINTS 1024u
#define NAME_CHARS 80u

static struct point {
    char name[NAME_CHARS];
    unsigned long count;
} points[POINTS];
static unsigned point_count;

static struct point *find(const char *name)
{
    for (unsigned i = 0; i < point_count; i++) {
        if (strcmp(points[i].name, name) == 0)
            return &points[i];
    }
    if (point_count == POINTS)
        return &points[POINTS - 1];
    snprintf(points[point_count].name, NAME_CHARS, "%s", name);
    points[point_count].count = 0;
    return &points[point_count++];
}

void cover_event(const char *group, const char *name)
{
    char text[NAME_CHARS];

    snprintf(text, sizeof(text), "%s: %s", group, name);
    find(text)->count++;
}

/* --- results of requests: counted in tables, since they are many
 * ---------------------------------- */

#define CAUSES 512u
#define KINDS 7u

static const char *const kinds[KINDS] = {
    "untranslated read", "untranslated write", "untranslated execute", "translated read",
    "translated write",  "translated execute", "ATS request"};
static const char *const targets[] = {"memory", "interrupt file", "MRIF"};
static const char *const types[] = {"PMA", "NC", "IO"};

static unsigned long causes[KINDS][CAUSES], rules[IOMMU_RULES], reached[KINDS][3][3];
static unsigned long sizes[64];

static unsigned kind_of(const struct iommu_request *request)
{
    if (request->type == IOMMU_ATS_TRANSLATION)
        return KINDS - 1;
    return (request->type == IOMMU_TRANSLATED ? 3u : 0u) + request->access;
}

void cover_outcome(const struct iommu_request *request, const struct iommu_response *response)
{
    unsigned kind = kind_of(request);

    causes[kind][response->cause % CAUSES]++;
    rules[response->rule]++;
    if (response->status != IOMMU_SUCCESS)
        return;
    sizes[response->page_log2 & 63]++;
    if (response->pbmt < 3)
        reached[kind][response->target][response->pbmt]++;
}

/** Causes that a request of this kind can have, in this configuration. */
static bool cause_possible(unsigned kind, unsigned cause)
{
    bool read = kind % 3 == 0, write = kind % 3 == 1, execute = kind % 3 == 2;
    const char *name = iommu_cause_text((uint16_t)cause);

    if (cause == 0)
        return true;
    if (strcmp(name, "reserved") == 0 || strcmp(name, "custom") == 0 || cause >= 272)
        return false;
    switch (cause) {
    case IOMMU_CAUSE_INSTR_ACCESS_FAULT:
    case IOMMU_CAUSE_INSTR_PAGE_FAULT:
    case IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT:
        return execute && kind < KINDS - 1;
    case IOMMU_CAUSE_READ_ADDR_MISALIGNED:
    case IOMMU_CAUSE_READ_ACCESS_FAULT:
    case IOMMU_CAUSE_READ_PAGE_FAULT:
    case IOMMU_CAUSE_READ_GUEST_PAGE_FAULT:
        return read || kind == KINDS - 1;
    case IOMMU_CAUSE_WRITE_ADDR_MISALIGNED:
    case IOMMU_CAUSE_WRITE_ACCESS_FAULT:
    case IOMMU_CAUSE_WRITE_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT:
        return write || kind == KINDS - 1;
    default:
        return true;
    }
}

static void collect(void)
{
    char text[NAME_CHARS];

    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned cause = 0; cause < CAUSES; cause++) {
            if (!cause_possible(kind, cause) && causes[kind][cause] == 0)
                continue;
            snprintf(text, sizeof(text), "%s, cause %u", kinds[kind], cause);
            find(text)->count += causes[kind][cause];
        }
        for (unsigned target = 0; target < 3; target++) {
            for (unsigned type = 0; type < 3; type++) {
                snprintf(text, sizeof(text), "%s to %s, %s", kinds[kind], targets[target],
                         types[type]);
                find(text)->count += reached[kind][target][type];
            }
        }
    }
    for (unsigned rule = 1; rule < IOMMU_RULES; rule++) {
        snprintf(text, sizeof(text), "rule %s", iommu_rule_name((enum iommu_rule)rule));
        find(text)->count += rules[rule];
    }
    for (unsigned log2 = 12; log2 < 57; log2++) {
        if (sizes[log2] == 0)
            continue;
        snprintf(text, sizeof(text), "page of 2^%u bytes", log2);
        find(text)->count += sizes[log2];
    }
}

/* --- the file
 * ---------------------------------------------------------------------------------------- */

static void merge(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[160], *name;

    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned long count = strtoul(line, &name, 10);

        line[strcspn(line, "\n")] = 0;
        if (*name == ' ')
            find(name + 1)->count += count;
    }
    fclose(file);
}

void cover_report(const char *path, const char *config, bool print)
{
    FILE *file;
    unsigned holes = 0;

    collect();
    if (path != NULL) {
        merge(path);
        file = fopen(path, "w");
        for (unsigned i = 0; file != NULL && i < point_count; i++)
            fprintf(file, "%lu %s\n", points[i].count, points[i].name);
        if (file != NULL)
            fclose(file);
    }
    for (unsigned i = 0; i < point_count; i++)
        holes += points[i].count == 0;
    if (print || path != NULL)
        printf("%s: coverage: %u of %u points%s\n", config, point_count - holes, point_count,
               path != NULL ? ", with the runs before" : "");
    for (unsigned i = 0; print && i < point_count; i++) {
        if (points[i].count != 0)
            printf("  %10lu  %s\n", points[i].count, points[i].name);
    }
    for (unsigned i = 0; print && i < point_count; i++) {
        if (points[i].count == 0)
            printf("        hole  %s\n", points[i].name);
    }
}
