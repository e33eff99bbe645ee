/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arbiter of fault records: who is served, and that each record arrives. What is offered
 * and taken is seen at its inputs; the records of messages and MRIFs are the model's.
 */
#include <string.h>

#include "bench.h"

#define SOURCES 4u
#define EXPECTED 16u

static struct {
    uint64_t record[EXPECTED][4];
    unsigned first, number;
} expected[SOURCES];

static unsigned order[EXPECTED], first, number; /**< sources that were served, not yet seen */
static unsigned last;                           /**< the source that was served last */
static uint64_t offered;                        /**< iotval of the bench's own records */
static unsigned stall, rate;

void fault_expect(unsigned source, const uint64_t *record)
{
    unsigned at = (expected[source].first + expected[source].number) % EXPECTED;

    memcpy(expected[source].record[at], record, sizeof(expected[source].record[at]));
    if (++expected[source].number > EXPECTED)
        fail("records of source %u are not taken", source);
}

static void begin(void)
{
    memset(expected, 0, sizeof(expected));
    first = number = 0;
    last = SOURCES - 1;
    stall = 1 + below(6);
    rate = 1 + below(40);
    bench.in.fault_valid = 0;
}

static void drive(void)
{
    bench.in.record_ready = one_in(stall);
    for (unsigned i = 0; i < 2; i++) {
        /* Offers may be taken back, as the walker does with what has become old. */
        if ((bench.in.fault_valid >> i & 1) != 0 ? one_in(50) : !bench.ending && one_in(rate))
            bench.in.fault_valid ^= (uint8_t)(1u << i);
    }
    if (bench.ending)
        bench.in.fault_valid = 0;
    offered = random64() & ~3ull;
    bench.in.fault_iotval = offered;
}

/** The first source after the last one that offers something. */
static unsigned due(unsigned valid)
{
    for (unsigned i = 1; i <= SOURCES; i++) {
        if ((valid >> (last + i) % SOURCES & 1) != 0)
            return 1u << (last + i) % SOURCES;
    }
    return 0;
}

static void observe_record(void)
{
    const uint64_t shown[4] = {bench.out.record_0, bench.out.record_1, bench.out.record_2,
                               bench.out.record_3};
    unsigned source;

    if (!bench.out.record_valid || !bench.in.record_ready)
        return;
    if (number == 0) {
        fail("a record comes out that did not go in");
        return;
    }
    source = order[first];
    first = (first + 1) % EXPECTED;
    number--;
    if (expected[source].number == 0) {
        fail("source %u has a record that the model has not", source);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        static const char *const names[] = {"record, ids and cause", "record, reserved",
                                            "record, iotval", "record, iotval2"};

        expect(names[i], shown[i], expected[source].record[expected[source].first][i]);
    }
    expected[source].first = (expected[source].first + 1) % EXPECTED;
    expected[source].number--;
    count(COUNT_RECORDS);
}

static void observe(void)
{
    unsigned valid = bench.out.fault_valid, ready = bench.out.fault_ready;
    bool room = !bench.out.record_valid;

    observe_record();
    expect("source of faults that is served", ready & valid, room ? due(valid) : 0);
    for (unsigned i = 0; i < SOURCES; i++) {
        if ((ready & valid & 1u << i) == 0)
            continue;
        last = i;
        order[(first + number++) % EXPECTED] = i;
        if (i >= 2) {
            const uint64_t record[4] = {0, 0, offered | i, 0};

            fault_expect(i, record);
            bench.in.fault_valid &= (uint8_t)~(1u << (i - 2));
        }
    }
}

static bool done(void)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        if (expected[i].number != 0)
            return false;
    }
    return number == 0 && !bench.out.record_valid;
}

const struct part fault_part = {begin, drive, observe, done};
