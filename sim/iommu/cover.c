/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functional coverage: what happened how often, merged over runs through a file. The points are
 * all there from the beginning, so that what never happened is a hole in the list. Those of the
 * checklist's rows are in features.c and features_rest.c, their crosses in crosses.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define POINTS 2048u

static struct point {
    char name[COVER_NAME];
    unsigned long count;
} points[POINTS];
static unsigned point_count;

static struct point *find(const char *name)
{
    for (unsigned i = 0; i < point_count; i++) {
        if (strcmp(points[i].name, name) == 0)
            return &points[i];
    }
    return NULL;
}

void cover_point(const char *name, unsigned long count)
{
    struct point *point = find(name);

    if (point == NULL && point_count == POINTS) {
        fprintf(stderr, "there is no room for the point %s\n", name);
        exit(2);
    }
    if (point == NULL) {
        point = &points[point_count++];
        snprintf(point->name, sizeof(point->name), "%s", name);
    }
    point->count += count;
}

void cover_event(const char *group, const char *name)
{
    char text[COVER_NAME];

    snprintf(text, sizeof(text), "event: %s, %s", group, name);
    cover_point(text, 1);
}

static void declare_events(void)
{
    static const struct {
        const char *name;
        uint64_t caps;
    } events[] = {
        {"fence, PR and PW", 0},
        {"fence, PR", 0},
        {"fence, PW", 0},
        {"fault queue, overflow", 0},
        {"command queue, illegal", 0},
        {"command queue, time-out", IOMMU_CAPABILITIES_ATS_MASK},
        {"ddtp, while devices go on, Off", 0},
        {"ddtp, while devices go on, Bare", 0},
        {"ddtp, while devices go on, levels", 0},
        {"moved, while devices go on, command queue", 0},
        {"moved, while devices go on, fault queue", 0},
        {"moved, while devices go on, page-request queue", IOMMU_CAPABILITIES_ATS_MASK},
        {"quiesce, asked", 0},
        {"quiesce, done", 0},
        {"refused, address beyond physical addresses", 0},
        {"page request, queued", IOMMU_CAPABILITIES_ATS_MASK},
        {"page request, response", IOMMU_CAPABILITIES_ATS_MASK},
        {"page request, discarded", IOMMU_CAPABILITIES_ATS_MASK},
        {"page request, old and new contexts", IOMMU_CAPABILITIES_ATS_MASK},
        {"MRIF, corrupted data", IOMMU_CAPABILITIES_MSI_MRIF_MASK},
        {"MRIF, access fault", IOMMU_CAPABILITIES_MSI_MRIF_MASK},
    };
    char text[COVER_NAME];

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        snprintf(text, sizeof(text), "event: %s", events[i].name);
        if (events[i].caps == 0 || has_cap(events[i].caps))
            cover_point(text, 0);
    }
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

static unsigned long causes[KINDS][CAUSES], reached[KINDS][3][3];

static unsigned kind_of(const struct iommu_request *request)
{
    if (request->type == IOMMU_ATS_TRANSLATION)
        return KINDS - 1;
    return (request->type == IOMMU_TRANSLATED ? 3u : 0u) + request->access;
}

void cover_outcome(const struct iommu_request *request, const struct iommu_response *response)
{
    unsigned kind = kind_of(request);

    features_request(request, response);
    causes[kind][response->cause % CAUSES]++;
    if (response->status == IOMMU_SUCCESS && response->pbmt < 3)
        reached[kind][response->target][response->pbmt]++;
}

#define TRANSLATED(kind) ((kind) >= 3 && (kind) < KINDS - 1)

static bool kind_possible(unsigned kind)
{
    return kind < KINDS - 1 || has_cap(IOMMU_CAPABILITIES_ATS_MASK);
}

/** Causes of the first stage, the second, the MSI table, and the process directory. */
static bool structure_possible(unsigned kind, unsigned cause)
{
    bool translated = TRANSLATED(kind);

    switch (cause) {
    case IOMMU_CAUSE_INSTR_PAGE_FAULT:
    case IOMMU_CAUSE_READ_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_PAGE_FAULT:
        return !translated; /* which has been through the first stage */
    case IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT:
    case IOMMU_CAUSE_PDT_NOT_VALID:
    case IOMMU_CAUSE_PDT_MISCONFIGURED:
    case IOMMU_CAUSE_PDT_DATA_CORRUPTION:
        return !translated && has_cap(IOMMU_CAPABILITIES_PD8_MASK);
    case IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT:
    case IOMMU_CAUSE_MSI_PTE_NOT_VALID:
    case IOMMU_CAUSE_MSI_PTE_MISCONFIGURED:
    case IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION:
        if (!has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK))
            return false;
        return !translated || has_cap(IOMMU_CAPABILITIES_T2GPA_MASK);
    case IOMMU_CAUSE_INSTR_ACCESS_FAULT:
    case IOMMU_CAUSE_READ_ACCESS_FAULT:
    case IOMMU_CAUSE_WRITE_ACCESS_FAULT:
    case IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_READ_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_PT_DATA_CORRUPTION:
        return !translated || has_cap(IOMMU_CAPABILITIES_T2GPA_MASK);
    default:
        return true;
    }
}

/** Causes that a request of this kind can have, in this configuration. */
static bool cause_possible(unsigned kind, unsigned cause)
{
    bool read = kind % 3 == 0, write = kind % 3 == 1, execute = kind % 3 == 2;
    bool ats = kind == KINDS - 1;
    const char *name = iommu_cause_text((uint16_t)cause);

    if (!kind_possible(kind))
        return false;
    if (cause == 0)
        return !TRANSLATED(kind) || has_cap(IOMMU_CAPABILITIES_ATS_MASK);
    if (strcmp(name, "reserved") == 0 || strcmp(name, "custom") == 0 ||
        !structure_possible(kind, cause))
        return false;
    switch (cause) {
    case IOMMU_CAUSE_READ_ADDR_MISALIGNED: /* AXI takes fewer bytes then: refused by size */
    case IOMMU_CAUSE_WRITE_ADDR_MISALIGNED:
    case IOMMU_CAUSE_MRIF_ACCESS_FAULT: /* found after the translation: events of MRIFs */
    case IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION:
    case IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR: /* of no request */
    case IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT:
        return false;
    case IOMMU_CAUSE_INSTR_ACCESS_FAULT:
    case IOMMU_CAUSE_INSTR_PAGE_FAULT:
    case IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT:
        return execute && !ats;
    case IOMMU_CAUSE_READ_ACCESS_FAULT:
    case IOMMU_CAUSE_READ_PAGE_FAULT:
    case IOMMU_CAUSE_READ_GUEST_PAGE_FAULT:
        return read || ats;
    case IOMMU_CAUSE_WRITE_ACCESS_FAULT:
    case IOMMU_CAUSE_WRITE_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT:
        return write || ats;
    default:
        return true;
    }
}

/** Interrupt files have no memory type, and are not executed. */
static bool target_possible(unsigned kind, unsigned target, unsigned type)
{
    bool ats = has_cap(IOMMU_CAPABILITIES_ATS_MASK), execute = kind % 3 == 2;

    if (!kind_possible(kind) || (TRANSLATED(kind) && !ats))
        return false;
    if (type != 0)
        return target == IOMMU_TARGET_MEMORY && has_cap(IOMMU_CAPABILITIES_SVPBMT_MASK);
    if (target == IOMMU_TARGET_MSI)
        return !execute && has_cap(IOMMU_CAPABILITIES_MSI_FLAT_MASK);
    if (target == IOMMU_TARGET_MRIF)
        return !execute && has_cap(IOMMU_CAPABILITIES_MSI_MRIF_MASK);
    return true;
}

static void collect(void)
{
    char text[COVER_NAME];

    declare_events();
    features_collect();
    crosses_collect();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned cause = 0; cause < CAUSES; cause++) {
            if (!cause_possible(kind, cause) && causes[kind][cause] == 0)
                continue;
            snprintf(text, sizeof(text), "cross: %s, cause %u", kinds[kind], cause);
            cover_point(text, causes[kind][cause]);
        }
        for (unsigned target = 0; target < 3; target++) {
            for (unsigned type = 0; type < 3; type++) {
                if (!target_possible(kind, target, type) && reached[kind][target][type] == 0)
                    continue;
                snprintf(text, sizeof(text), "cross: %s to %s, %s", kinds[kind], targets[target],
                         types[type]);
                cover_point(text, reached[kind][target][type]);
            }
        }
    }
}

/* --- the file
 * ---------------------------------------------------------------------------------------- */

static void merge(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[COVER_NAME + 32], *name;

    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned long count = strtoul(line, &name, 10);

        line[strcspn(line, "\n")] = 0;
        if (*name == ' ' && find(name + 1) != NULL) /* or it is no point any more */
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
