/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab-replay FILE [WAVES]: give the design again what a recording of the lab has at its pins, and
 * say whether it does the same. WAVES: a waveform of the cycles around the trigger, or of the last
 * ones, if this was built with TRACE=1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "rtl.h"

#define BEFORE 2000u /* cycles of a waveform */

struct ending {
    uint64_t hash, trigger, cycles;
    char why[512];
    bool whole;
};

/** Go through the file. `run`: with the design; a waveform of the cycles from `from` on. */
static struct ending go(FILE *file, bool run, uint64_t from, uint64_t *hash)
{
    uint64_t words[RECORD_WORDS] = {0};
    struct ending end = {0};
    struct pins_in in = {0};
    static struct pins_out out;

    for (int count; (count = getc(file)) != EOF;) {
        if (count == (int)RECORD_END) {
            end.whole = fread(&end.hash, 8, 1, file) == 1 && fread(&end.trigger, 8, 1, file) == 1;
            size_t length = fread(end.why, 1, sizeof(end.why) - 1, file);
            end.why[length] = 0;
            break;
        }
        if (count == (int)RECORD_RESET) {
            memset(words, 0, sizeof(words));
            memset(&in, 0, sizeof(in));
            in.csr_bready = in.csr_rready = 1;
            if (run)
                design_reset(&in);
            continue;
        }
        for (int i = 0; i < count; i++) {
            int which = getc(file);
            if (which < 0 || (size_t)which >= RECORD_WORDS || fread(&words[which], 8, 1, file) != 1)
                return end;
        }
        memcpy(&in, words, sizeof(in));
        if (run) {
            design_waves = end.cycles >= from;
            design_eval(&in, &out);
            *hash = record_hash(*hash, &out);
            design_clock();
        }
        end.cycles++;
    }
    return end;
}

int bench_main(int argc, char **argv)
{
    char title[64] = "", expected[64];
    uint64_t hash = 0;
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;

    snprintf(expected, sizeof(expected), "%s %s\n", RECORD_TITLE, rtl_config());
    if (file == NULL || fgets(title, sizeof(title), file) == NULL || strcmp(title, expected) != 0) {
        fprintf(stderr, "lab-replay: %s: not a recording of this configuration (%s)\n",
                argc > 1 ? argv[1] : "no file", rtl_config());
        return 2;
    }
    long begin = ftell(file);
    struct ending end = go(file, false, 0, &hash);
    if (!end.whole) {
        fprintf(stderr, "lab-replay: %s ends too early\n", argv[1]);
        return 2;
    }
    fseek(file, begin, SEEK_SET);
    design_make(1);
    uint64_t around = end.trigger != 0 ? end.trigger : end.cycles;
    if (argc > 2 && !design_trace(argv[2]))
        printf("no waveform: this was not built with TRACE=1\n");
    design_waves = false;
    go(file, true, around > BEFORE ? around - BEFORE : 0, &hash);
    fclose(file);
    printf("%" PRIu64 " cycles; it ended with: %s\n", end.cycles, end.why);
    if (end.trigger != 0)
        printf("the trigger was in cycle %" PRIu64 "\n", end.trigger);
    bool same = hash == end.hash;
    puts(same ? "the design did the same" : "THE DESIGN DID SOMETHING ELSE: is it another one?");
    if (rtl_violation() != NULL)
        puts(rtl_violation());
    return same && rtl_violation() == NULL ? 0 : 1;
}
