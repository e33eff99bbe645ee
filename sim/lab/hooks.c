/* SPDX-License-Identifier: Apache-2.0 */
/* What the Verilated design tells its bench by other ways than its pins, and what it is. */
#include <stdio.h>

#include "pins.h"
#include "rtl.h"

static char violation[256];

const char *rtl_violation(void)
{
    return violation[0] == 0 ? NULL : violation;
}

const char *rtl_config(void)
{
    static const char *const names[] = {"small", "base", "full"};

    return names[design_config()];
}

void bench_violation(const char *port, const char *channel, const char *rule)
{
    if (violation[0] == 0)
        snprintf(violation, sizeof(violation), "AXI: %s, %s: %s", port, channel, rule);
}

uint64_t bench_upset(const void *memory, unsigned words, unsigned bits)
{
    (void)memory;
    (void)words;
    (void)bits;
    return 0;
}

void bench_trace(const struct trace_event *event)
{
    (void)event;
}
