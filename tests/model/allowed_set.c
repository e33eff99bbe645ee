/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to iommu_allowed(); see allowed_set.h. */
#include "allowed_set.h"

void with_history(struct iommu_config *config)
{
    config->history = true;
}

static uint64_t result_of(const struct iommu_response *response)
{
    return response->status == IOMMU_SUCCESS ? response->address : FAULT(response->cause);
}

struct result_set allowed_since(struct bench *b, struct iommu_request request, uint64_t since)
{
    static struct iommu_outcome outcome[64];
    struct result_set set = {.count = 0};
    size_t count = iommu_allowed(b->iommu, &request, since, outcome, 64);
    if (count == 0 || count > SET_MAX)
        test_fatal(HERE, "%zu results are allowed", count);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(outcome[i].current, i == 0);
        CHECK_EQ(outcome[i].updates, 0);
        set.result[set.count++] = result_of(&outcome[i].response);
    }
    return set;
}

struct result_set allowed_now(struct bench *b, struct iommu_request request)
{
    return allowed_since(b, request, iommu_time(b->iommu));
}

static bool holds(const struct result_set *set, uint64_t result)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (set->result[i] == result)
            return true;
    }
    return false;
}

void check_set(struct place place, struct result_set actual, struct result_set expected)
{
    test_check_eq(place, actual.count, expected.count, "number of allowed results");
    test_check_eq(place, actual.result[0], expected.result[0], "the current result");
    for (unsigned i = 0; i < expected.count; i++) {
        if (!holds(&actual, expected.result[i]))
            test_check_eq(place, 0, expected.result[i], "a result that must be allowed");
    }
    for (unsigned i = 0; i < actual.count; i++) {
        if (!holds(&expected, actual.result[i]))
            test_check_eq(place, actual.result[i], 0, "a result that must not be allowed");
    }
}

void noted_put_words(struct bench *b, uint64_t address, const uint64_t *word, unsigned count)
{
    iommu_note_store(b->iommu, address, 8ull * count);
    for (unsigned i = 0; i < count; i++)
        bench_put64(b, address + 8 * i, word[i]);
}

void noted_put64(struct bench *b, uint64_t address, uint64_t value)
{
    noted_put_words(b, address, &value, 1);
}

void noted_pte(struct page_table *pt, uint64_t pte_address, uint64_t value)
{
    iommu_note_store(pt->bench->iommu, pte_address, pt_pte_size(pt->mode));
    pt_write(pt, pte_address, value);
}
