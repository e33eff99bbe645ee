/* SPDX-License-Identifier: Apache-2.0 */
/* What happened how often, merged over runs. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define POINTS 2048u

static struct {
    char name[64];
    unsigned long count;
} points[POINTS];
static unsigned point_count;

static void hit(const char *name, unsigned long times)
{
    for (unsigned i = 0; i < point_count; i++) {
        if (strcmp(points[i].name, name) == 0) {
            points[i].count += times;
            return;
        }
    }
    if (point_count == POINTS)
        return;
    snprintf(points[point_count].name, sizeof(points[0].name), "%s", name);
    points[point_count++].count = times;
}

void cover_event(const char *group, const char *name)
{
    char text[64];

    snprintf(text, sizeof(text), "%s: %s", group, name);
    hit(text, 1);
}

static unsigned long causes[2][3][512], rules[IOMMU_RULES], targets[3][3];

void cover_outcome(const struct iommu_request *request, const struct iommu_response *response)
{
    causes[request->type == IOMMU_TRANSLATED][request->access][response->cause & 511]++;
    rules[response->rule]++;
    if (response->status == IOMMU_SUCCESS)
        targets[response->target][response->pbmt]++;
}

void cover_report(const char *path, const char *config, bool print)
{
    (void)path;
    (void)config;
    if (!print)
        return;
    for (unsigned i = 0; i < point_count; i++)
        printf("  %-50s %lu\n", points[i].name, points[i].count);
    for (unsigned i = 0; i < IOMMU_RULES; i++)
        printf("  %-50s %lu\n", iommu_rule_name((enum iommu_rule)i), rules[i]);
}
