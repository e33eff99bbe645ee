/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runner of the golden model's tests: runs all of them, or those whose name matches an
 * argument (a glob pattern, or a part of the name).
 */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static struct {
    struct test_case *first;
    size_t count;
    const struct test_case *current;
    enum test_way way;
    unsigned failures; /* of the current test */
    char note[128];
    jmp_buf give_up;
} runner;

void test_register(struct test_case *test)
{
    test->next = runner.first;
    runner.first = test;
    runner.count++;
}

enum test_way test_way(void)
{
    return runner.way;
}

unsigned test_repeats(void)
{
    return runner.current->scope == SCOPE_TABLES && runner.way != WAY_CALLBACKS ? 3 : 1;
}

void test_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(runner.note, sizeof runner.note, format, arguments);
    va_end(arguments);
}

static const char *way_name(enum test_way way)
{
    static const char *const name[WAYS] = {"callbacks", "flat memory", "flat memory, no caches",
                                           "flat memory, directory caches"};
    return name[way];
}

#define FAILURES_SHOWN 20u /* of one test */

/* The beginning of the line. @return false: enough has been said about this test */
static bool print_failure(struct place place)
{
    runner.failures++;
    if (runner.failures > FAILURES_SHOWN) {
        if (runner.failures == FAILURES_SHOWN + 1)
            printf("%s: further failures are not shown\n", runner.current->name);
        return false;
    }
    printf("%s:%d: %s", place.file, place.line, runner.current->name);
    if (runner.current->scope != SCOPE_CALLBACKS)
        printf(" (%s)", way_name(runner.way));
    printf(": ");
    if (runner.note[0] != '\0')
        printf("[%s] ", runner.note);
    return true;
}

bool test_check(struct place place, bool holds, const char *text)
{
    if (!holds && print_failure(place))
        printf("does not hold: %s\n", text);
    return holds;
}

bool test_check_eq(struct place place, uint64_t actual, uint64_t expected, const char *text)
{
    if (actual != expected && print_failure(place))
        printf("%s: is 0x%llx, expected 0x%llx\n", text, (unsigned long long)actual,
               (unsigned long long)expected);
    return actual == expected;
}

void test_fatal(struct place place, const char *format, ...)
{
    va_list arguments;
    if (print_failure(place)) {
        va_start(arguments, format);
        vprintf(format, arguments);
        va_end(arguments);
        printf("\n");
    }
    longjmp(runner.give_up, 1);
}

/* @return true if it passed in each way */
static bool run_test(const struct test_case *test)
{
    /* volatile: they live across the jump */
    static const size_t ways[] = {[SCOPE_CALLBACKS] = 1, [SCOPE_BOTH] = 3, [SCOPE_TABLES] = WAYS};
    volatile size_t count = ways[test->scope];
    runner.current = test;
    runner.failures = 0;
    for (volatile size_t i = 0; i < count; i++) {
        runner.way = (enum test_way)i; /* callbacks come first */
        runner.note[0] = '\0';
        if (setjmp(runner.give_up) == 0)
            test->run();
        bench_free_all();
    }
    return runner.failures == 0;
}

static int compare_tests(const void *a, const void *b)
{
    const struct test_case *x = *(struct test_case *const *)a;
    const struct test_case *y = *(struct test_case *const *)b;
    int file = strcmp(x->file, y->file);
    if (file != 0)
        return file;
    return (x->line > y->line) - (x->line < y->line);
}

/* All tests by file and line; the order of constructors is the linker's. */
static struct test_case **sorted_tests(void)
{
    struct test_case **tests = calloc(runner.count + 1, sizeof *tests);
    if (tests == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
    size_t n = 0;
    for (struct test_case *test = runner.first; test != NULL; test = test->next)
        tests[n++] = test;
    qsort(tests, n, sizeof(struct test_case *), compare_tests);
    return tests;
}

static bool names_are_unique(struct test_case **tests)
{
    bool unique = true;
    for (size_t i = 0; i < runner.count; i++) {
        for (size_t j = i + 1; j < runner.count; j++) {
            if (strcmp(tests[i]->name, tests[j]->name) == 0) {
                printf("two tests are called %s: %s:%d and %s:%d\n", tests[i]->name, tests[i]->file,
                       tests[i]->line, tests[j]->file, tests[j]->line);
                unique = false;
            }
        }
    }
    return unique;
}

static bool selected(const char *name, const char *pattern)
{
    return pattern == NULL || fnmatch(pattern, name, 0) == 0 || strstr(name, pattern) != NULL;
}

static void usage(void)
{
    printf("usage: model-tests [--list] [--verbose] [PATTERN]\n"
           "  PATTERN    run the tests whose name it is a part of, or matches as a glob\n"
           "  --list     print the names, one a line, and run nothing\n"
           "  --verbose  print each name before it runs\n");
}

int main(int argc, char **argv)
{
    bool list = false;
    bool verbose = false;
    const char *pattern = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            list = true;
        } else if (strcmp(argv[i], "--verbose") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            usage();
            return 0;
        } else if (argv[i][0] == '-' || pattern != NULL) {
            usage();
            return 2;
        } else {
            pattern = argv[i];
        }
    }

    struct test_case **tests = sorted_tests();
    unsigned passed = 0;
    unsigned failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!names_are_unique(tests))
        failed++;
    for (size_t i = 0; i < runner.count; i++) {
        if (!selected(tests[i]->name, pattern))
            continue;
        if (list || verbose)
            printf("%s\n", tests[i]->name);
        if (list)
            continue;
        if (run_test(tests[i]))
            passed++;
        else
            failed++;
    }
    free(tests);
    if (list)
        return failed == 0 ? 0 : 1;
    printf("%u passed, %u failed\n", passed, failed);
    if (passed + failed == 0)
        printf("no test has a name like %s\n", pattern == NULL ? "that" : pattern);
    return failed == 0 && passed > 0 ? 0 : 1;
}
