/* SPDX-License-Identifier: Apache-2.0 */
/* For programs with mutants in them: the environment selects one (MUTANT), and how the program
 * was built (MUTANT_WAY). What runs wild is ended by limits. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define FUNCTIONS_MAX 4096
#define MEMORY_MAX (2ull << 30)
#define SECONDS_MAX 10

int mutant_selected;
unsigned char mutant_reached[FUNCTIONS_MAX];

static void __attribute__((constructor)) select_mutant(void)
{
    const char *number = getenv("MUTANT"), *way = getenv("MUTANT_WAY");
    struct rlimit memory = {.rlim_cur = MEMORY_MAX, .rlim_max = MEMORY_MAX};
    struct rlimit time = {.rlim_cur = SECONDS_MAX, .rlim_max = SECONDS_MAX};
    struct rlimit no_core = {0};

    if (number != NULL)
        mutant_selected = atoi(number);
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_CPU, &time);
    if (way != NULL && strcmp(way, "plain") == 0)
        setrlimit(RLIMIT_AS, &memory);
}
