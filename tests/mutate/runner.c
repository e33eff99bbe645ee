/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the model's tests against one mutant, for mutate.py: the tests that standard
 * input has as lines `SECONDS NAME`, in that order, up to the first that fails or takes
 * more CPU time than that.
 *
 * The runner is that of the tests (tests/model/main.c, with its main() put aside). What
 * tests print is thrown away; standard output gets
 *
 *     running NAME                     before each test
 *     passed | failed | hung | crashed at the end
 *
 * and with --measure, for each test of the suite,
 *
 *     NAME passed|failed|slow|crashed MICROSECONDS FUNCTION FUNCTION ...
 *
 * with the numbers of the functions (among those with mutants) that it called.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define main model_tests_main
#include "../model/main.c"
#undef main

#define FUNCTIONS_MAX 4096
#define NAME_MAX_BYTES 256
#define MEMORY_MAX (2ull << 30)

/* The mutated model reads the first and writes the second. */
int mutant_selected;
unsigned char mutant_reached[FUNCTIONS_MAX];

static int report; /* file descriptor: the real standard output */
static char signal_stack[1 << 16];

static void write_word(const char *word)
{
    ssize_t written = write(report, word, strlen(word));
    (void)written;
}

static void on_signal(int number)
{
    write_word(number == SIGPROF ? "hung\n" : "crashed\n");
    _exit(1);
}

static void catch_signals(bool crashes_too)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGPROF, &action, NULL);
    for (size_t i = 0; crashes_too && i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &action, NULL);
}

/* CPU time, so that a busy machine makes no test hang. */
static void start_time_limit(double seconds)
{
    struct itimerval timer = {.it_value = {.tv_sec = (time_t)seconds}};
    timer.it_value.tv_usec = (suseconds_t)((seconds - (double)timer.it_value.tv_sec) * 1e6);
    setitimer(ITIMER_PROF, &timer, NULL);
}

static void throw_output_away(void)
{
    int nowhere = open("/dev/null", O_WRONLY);
    fflush(stdout);
    report = dup(STDOUT_FILENO);
    if (nowhere < 0 || report < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
        perror("standard output");
        exit(2);
    }
    close(nowhere);
}

static uint64_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void measure_one(const struct test_case *test, double limit)
{
    signal(SIGPROF, SIG_DFL);
    start_time_limit(limit);
    uint64_t start = microseconds();
    bool passed = run_test(test);
    dprintf(report, "%s %s %llu", test->name, passed ? "passed" : "failed",
            (unsigned long long)(microseconds() - start));
    for (unsigned f = 0; f < FUNCTIONS_MAX; f++) {
        if (mutant_reached[f])
            dprintf(report, " %u", f);
    }
    dprintf(report, "\n");
}

/* Each in a process of its own, so that one that does not end is no obstacle. */
static int measure(struct test_case **tests, double limit)
{
    for (size_t i = 0; i < runner.count; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            measure_one(tests[i], limit);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) {
            perror("fork");
            return 2;
        }
        if (WIFSIGNALED(status))
            dprintf(report, "%s %s 0\n", tests[i]->name,
                    WTERMSIG(status) == SIGPROF ? "slow" : "crashed");
    }
    return 0;
}

/* NULL with sanitizers, with which some tests do not exist. */
static struct test_case *find_test(struct test_case **tests, const char *name, bool sanitized)
{
    for (size_t i = 0; i < runner.count; i++) {
        if (strcmp(tests[i]->name, name) == 0)
            return tests[i];
    }
    if (sanitized)
        return NULL;
    fprintf(stderr, "there is no test %s\n", name);
    exit(2);
}

static int run_named(struct test_case **tests, bool sanitized)
{
    char line[NAME_MAX_BYTES];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *name;
        double limit = strtod(line, &name);
        name[strcspn(name, "\n")] = '\0';
        struct test_case *test = find_test(tests, name + 1, sanitized);
        if (test == NULL)
            continue;
        dprintf(report, "running %s\n", test->name);
        start_time_limit(limit);
        if (!run_test(test)) {
            write_word("failed\n");
            _exit(1);
        }
    }
    start_time_limit(0);
    write_word("passed\n");
    return 0;
}

int main(int argc, char **argv)
{
    bool measuring = argc == 3 && strcmp(argv[1], "--measure") == 0;
    if (argc != 3) {
        fprintf(stderr, "usage: mutant-tests --measure SECONDS\n"
                        "       mutant-tests plain|sanitized MUTANT <TESTS\n");
        return 2;
    }
    bool sanitized = strcmp(argv[1], "sanitized") == 0;
    struct rlimit memory = {.rlim_cur = MEMORY_MAX, .rlim_max = MEMORY_MAX};
    struct rlimit no_core = {0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (!sanitized)
        setrlimit(RLIMIT_AS, &memory);
    throw_output_away();
    struct test_case **tests = sorted_tests();
    int status;
    if (measuring) {
        status = measure(tests, atof(argv[2]));
    } else {
        catch_signals(!sanitized);
        mutant_selected = atoi(argv[2]);
        status = run_named(tests, sanitized);
    }
    free(tests);
    return status;
}
