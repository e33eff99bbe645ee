/* SPDX-License-Identifier: Apache-2.0 */
/* Random histories: results are always allowed ones, and all ways to get them agree. */
#include "random_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 20000u
#define EPISODES 25u /* fresh worlds: a long history makes its questions slow */
#define OUTCOMES 512u

/* Give the bench an IOMMU for which its memory is flat, whichever way the test runs. */
static struct bench *make_flat(struct bench *b)
{
    struct iommu_bus bus = {.flat_memory = b->window[0].memory,
                            .flat_address = b->window[0].address,
                            .flat_size = b->window[0].size};
    iommu_destroy(b->iommu);
    b->iommu = iommu_create(&b->config, &bus, NULL, 0);
    b->flat = true;
    REQUIRE(b->iommu != NULL);
    return b;
}

/* --- membership ------------------------------------------------------------------------------ */

/* The tables as they are. */
static uint8_t *copy_tables(const struct world *w)
{
    uint64_t size = w->end - w->begin;
    uint8_t *copy = malloc(size);
    REQUIRE(copy != NULL);
    memcpy(copy, bench_host(w->b, w->begin, size), size);
    return copy;
}

/* Is memory what it was, but for the updates of this outcome? */
static bool memory_is_outcome(const struct world *w, const uint8_t *before,
                              const struct iommu_outcome *outcome)
{
    uint64_t size = w->end - w->begin;
    uint8_t *expected = malloc(size);
    REQUIRE(expected != NULL);
    memcpy(expected, before, size);
    for (unsigned i = 0; i < outcome->updates; i++) {
        for (unsigned k = 0; k < outcome->update[i].size; k++)
            expected[outcome->update[i].address - w->begin + k] =
                (uint8_t)(outcome->update[i].value >> (8 * k));
    }
    bool same = memcmp(expected, bench_host(w->b, w->begin, size), size) == 0;
    free(expected);
    return same;
}

static void print_outcomes(const struct iommu_outcome *outcome, size_t count)
{
    for (size_t i = 0; i < count && i < 16; i++) {
        print_response(outcome[i].current ? "allowed now" : "allowed", &outcome[i].response);
        for (unsigned k = 0; k < outcome[i].updates; k++)
            printf("    sets 0x%llx to 0x%llx\n", (unsigned long long)outcome[i].update[k].address,
                   (unsigned long long)outcome[i].update[k].value);
    }
}

/* Translate, and find the result among the allowed ones. @return false: too many to tell */
static bool check_membership(struct world *w, const struct iommu_request *request)
{
    static struct iommu_outcome outcome[OUTCOMES];
    struct iommu *iommu = w->b->iommu;
    size_t count = iommu_allowed(iommu, request, iommu_time(iommu), outcome, OUTCOMES);
    uint8_t *before = copy_tables(w);
    bool found = false;
    struct iommu_response r = iommu_translate(iommu, request);
    for (size_t i = 0; i < count && i < OUTCOMES && !found; i++)
        found =
            same_response(&r, &outcome[i].response) && memory_is_outcome(w, before, &outcome[i]);
    free(before);
    if (!found && count <= OUTCOMES) {
        print_request(request);
        print_response("result", &r);
        print_outcomes(outcome, count);
        test_fatal(HERE, "the result is none of the %zu allowed ones", count);
    }
    return found;
}

static void tiny_with_history(struct iommu_config *config)
{
    config->history = true;
    config->ddt_cache_entries = 4;
    config->pdt_cache_entries = 4;
    config->iotlb_entries = 16;
}

static void large_with_history(struct iommu_config *config)
{
    config->history = true;
}

/* One world's life. @return how many questions were answered */
static unsigned run_episode(struct bench *b, uint64_t *state, unsigned episode)
{
    static struct world w;
    unsigned checked = 0;
    bench_start(b, 3);
    /* Half of the worlds have address spaces that share their IDs. */
    world_build(&w, b, episode % 2 != 0);
    for (unsigned step = 0; step < STEPS / EPISODES; step++) {
        struct operation operation = world_operation(&w, state);
        test_note("episode %u step %u", episode, step);
        if (operation.kind != OPERATION_TRANSLATE)
            world_apply(&w, &operation);
        else
            checked += check_membership(&w, &operation.request);
        world_drop_faults(&w);
        if (random_below(state, 25) == 0)
            bench_invalidate_all(b);
        bench_clear_log(b);
    }
    test_note("%s", "");
    return checked;
}

static void run_membership(const char *name, uint64_t fallback, struct bench *(*make)(void))
{
    uint64_t state = random_seed(name, fallback);
    unsigned checked = 0;
    for (unsigned episode = 0; episode < EPISODES; episode++) {
        checked += run_episode(make(), &state, episode);
        bench_free_all();
    }
    CHECK(checked > STEPS / 2);
}

static struct bench *tiny_bench(void)
{
    return bench_create("max", tiny_with_history);
}

static struct bench *flat_bench(void)
{
    return make_flat(bench_create("max", large_with_history));
}

TEST(random_results_are_allowed_with_tiny_caches)
{
    run_membership("random_results_are_allowed_with_tiny_caches", 1, tiny_bench);
}

TEST(random_results_are_allowed_in_flat_memory)
{
    run_membership("random_results_are_allowed_in_flat_memory", 2, flat_bench);
}

/* --- time ------------------------------------------------------------------------------------- */

/* Every result that is allowed now is allowed for a request that set out earlier. */
static void check_inclusion(struct world *w, const struct iommu_request *request, uint64_t since)
{
    static struct iommu_outcome now[OUTCOMES], then[OUTCOMES];
    struct iommu *iommu = w->b->iommu;
    size_t now_count = iommu_allowed(iommu, request, iommu_time(iommu), now, OUTCOMES);
    size_t then_count = iommu_allowed(iommu, request, since, then, OUTCOMES);
    if (now_count > OUTCOMES || then_count > OUTCOMES)
        return;
    CHECK(then_count >= now_count);
    CHECK(same_response(&now[0].response, &then[0].response));
    for (size_t i = 0; i < now_count; i++) {
        bool found = false;
        for (size_t k = 0; k < then_count && !found; k++)
            found = same_response(&now[i].response, &then[k].response) &&
                    now[i].updates == then[k].updates;
        CHECK(found);
    }
}

TEST(random_earlier_requests_are_allowed_no_less)
{
    uint64_t state = random_seed("random_earlier_requests_are_allowed_no_less", 7);
    static struct world w;
    for (unsigned episode = 0; episode < 10; episode++) {
        struct bench *b = tiny_bench();
        uint64_t since = 0;
        bench_start(b, 3);
        world_build(&w, b, episode % 2 != 0);
        for (unsigned step = 0; step < 400; step++) {
            struct operation operation = world_operation(&w, &state);
            test_note("episode %u step %u", episode, step);
            if (random_below(&state, 40) == 0)
                since = iommu_time(b->iommu);
            world_apply(&w, &operation);
            if (operation.kind == OPERATION_TRANSLATE) {
                check_inclusion(&w, &operation.request, since);
                bench_translate(b, operation.request);
            }
            world_drop_faults(&w);
            bench_clear_log(b);
        }
        bench_free_all();
    }
    test_note("%s", "");
}

/* --- differences ------------------------------------------------------------------------------ */

/* How one of several worlds does its work. */
struct way {
    const char *name;
    bool flat;
    bool directories; /* only their caches, with invalidations as below */
    bool cached;      /* and everything invalidated after each change of a table */
    bool traced;
    bool history;
    bool counted; /* by the performance monitor */
};

static void no_caches(struct iommu_config *config)
{
    config->ddt_cache_entries = 0;
    config->pdt_cache_entries = 0;
    config->iotlb_entries = 0;
}

static void only_directory_caches(struct iommu_config *config)
{
    config->iotlb_entries = 0;
}

static void no_caches_but_history(struct iommu_config *config)
{
    no_caches(config);
    config->history = true;
}

static struct bench *bench_of(const struct way *way)
{
    config_tweak *tweak = way->history       ? no_caches_but_history
                          : way->directories ? only_directory_caches
                          : way->cached      ? NULL
                                             : no_caches;
    struct bench *b = bench_create("max", tweak);
    if (way->flat)
        make_flat(b);
    bench_start(b, 3);
    return b;
}

static void count_step(void *context, const struct iommu_step *step)
{
    (void)step;
    ++*(unsigned long *)context;
}

static struct iommu_response translate_in(struct world *w, const struct way *way,
                                          const struct iommu_request *request,
                                          unsigned long *traced_steps)
{
    if (way->traced)
        return iommu_translate_traced(w->b->iommu, request, count_step, traced_steps);
    return iommu_translate(w->b->iommu, request);
}

/* A store; or a write, which may set D for other translations, too. */
static bool may_change_tables(const struct operation *operation)
{
    return operation->kind == OPERATION_STORE ||
           (operation->kind == OPERATION_TRANSLATE && operation->request.access == IOMMU_WRITE);
}

/* Take the records of both worlds off their queues; they must be the same. */
static void compare_records(struct world *a, struct world *b)
{
    struct fault_record x, y;
    CHECK_EQ(bench_fault_count(a->b), bench_fault_count(b->b));
    while (bench_pop_fault(b->b, &y)) {
        REQUIRE(bench_pop_fault(a->b, &x));
        for (unsigned i = 0; i < 4; i++)
            CHECK_EQ(y.dw[i], x.dw[i]);
    }
}

/* Event n in counter n. */
static void count_events(struct bench *b)
{
    REG_SET(b, IOCOUNTINH, 0);
    for (unsigned n = 1; n <= 8; n++)
        REG_N_SET(b, IOHPMEVT, n, n);
}

/* Run the same history in two worlds. */
static void run_difference(const struct way *first, const struct way *second, uint64_t seed,
                           unsigned steps)
{
    static struct world w[2];
    const struct way *way[2] = {first, second};
    uint64_t state = seed;
    unsigned long traced_steps = 0;
    for (unsigned i = 0; i < 2; i++) {
        world_build(&w[i], bench_of(way[i]), false);
        if (way[i]->counted)
            count_events(w[i].b);
    }
    REQUIRE(w[0].begin == w[1].begin && w[0].end == w[1].end);
    for (unsigned step = 0; step < steps; step++) {
        struct operation operation = world_operation(&w[0], &state);
        struct iommu_response r[2];
        test_note("%s against %s, seed %llu step %u", first->name, second->name,
                  (unsigned long long)seed, step);
        for (unsigned i = 0; i < 2; i++) {
            world_apply(&w[i], &operation);
            if (operation.kind == OPERATION_TRANSLATE)
                r[i] = translate_in(&w[i], way[i], &operation.request, &traced_steps);
            if ((way[i]->cached || way[i]->directories) && may_change_tables(&operation))
                bench_invalidate_all(w[i].b);
        }
        if (operation.kind == OPERATION_TRANSLATE &&
            (!same_response(&r[0], &r[1]) || r[0].rule != r[1].rule)) {
            print_request(&operation.request);
            print_response(first->name, &r[0]);
            print_response(second->name, &r[1]);
            test_fatal(HERE, "the results differ");
        }
        compare_records(&w[0], &w[1]);
        if (step % 64 == 0)
            REQUIRE(memcmp(bench_host(w[0].b, w[0].begin, w[0].end - w[0].begin),
                           bench_host(w[1].b, w[1].begin, w[1].end - w[1].begin),
                           w[0].end - w[0].begin) == 0);
        bench_clear_log(w[0].b);
        bench_clear_log(w[1].b);
    }
    test_note("%s", "");
    CHECK_EQ(traced_steps > steps, first->traced || second->traced);
    for (unsigned n = 1; first->counted && second->counted && n <= 8; n++)
        CHECK_EQ(REG_N(w[0].b, IOHPMCTR, n), REG_N(w[1].b, IOHPMCTR, n));
}

static const struct way plain = {.name = "callbacks"};
static const struct way flat = {.name = "flat memory", .flat = true};
static const struct way cached = {.name = "callbacks with caches", .cached = true};
static const struct way flat_cached = {
    .name = "flat memory with caches", .flat = true, .cached = true};
static const struct way traced = {.name = "traced", .traced = true};
static const struct way traced_cached = {
    .name = "traced with caches", .traced = true, .cached = true, .flat = true};
static const struct way history = {.name = "with history", .history = true};

TEST(random_flat_memory_and_callbacks_agree)
{
    uint64_t seed = random_seed("random_flat_memory_and_callbacks_agree", 3);
    run_difference(&plain, &flat, seed, STEPS);
    run_difference(&cached, &flat_cached, seed, STEPS / 4);
}

TEST(random_caches_with_full_invalidation_agree_with_none)
{
    uint64_t seed = random_seed("random_caches_with_full_invalidation_agree_with_none", 4);
    run_difference(&plain, &cached, seed, STEPS / 2);
    run_difference(&flat, &flat_cached, seed, STEPS / 2);
}

/* With directory caches and nothing else, flat memory has its own quick walk. */
TEST(random_plain_walks_agree_with_ordinary_ones)
{
    static const struct way plain_walks = {
        .name = "flat memory with directory caches", .flat = true, .directories = true};
    uint64_t seed = random_seed("random_plain_walks_agree_with_ordinary_ones", 9);
    run_difference(&plain, &plain_walks, seed, 2 * STEPS);
}

TEST(random_traced_and_untraced_agree)
{
    uint64_t seed = random_seed("random_traced_and_untraced_agree", 5);
    run_difference(&plain, &traced, seed, STEPS / 2);
    run_difference(&flat_cached, &traced_cached, seed, STEPS / 2);
}

TEST(random_history_changes_no_result)
{
    uint64_t seed = random_seed("random_history_changes_no_result", 6);
    run_difference(&plain, &history, seed, STEPS / 2);
}

/* Counting changes no result, and both kinds of memory count the same. */
TEST(random_counters_agree)
{
    static const struct way counted = {.name = "counted", .counted = true};
    static const struct way flat_counted = {
        .name = "counted in flat memory", .counted = true, .flat = true};
    static const struct way flat_cached_counted = {.name = "counted in flat memory with caches",
                                                   .counted = true,
                                                   .flat = true,
                                                   .cached = true};
    static const struct way cached_counted = {
        .name = "counted with caches", .counted = true, .cached = true};
    uint64_t seed = random_seed("random_counters_agree", 8);
    run_difference(&counted, &flat_counted, seed, STEPS / 4);
    run_difference(&cached_counted, &flat_cached_counted, seed, STEPS / 4);
    run_difference(&flat, &flat_counted, seed, STEPS / 4);
}
