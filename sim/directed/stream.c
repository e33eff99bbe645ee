/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the lockstep simulates while data streams: the throughput bench's W2, with all checkers.
 */
#include <stdio.h>
#include <time.h>

#include "directed.h"

#define DEVICE 9u
#define IOVA 0x40000000ull
#define WHERE 0x300000000ull
#define SPAN (16ull << 20)
#define WINDOW 16u    /* bursts in flight in each direction */
#define BURSTS 10240u /* of each direction and size */

static struct ask asks[2][WINDOW];

/** Sequential bursts, reads and writes at once. @return cycles */
static uint64_t stream(unsigned bytes)
{
    unsigned begun[2] = {0, 0}, ended[2] = {0, 0};
    uint64_t begin = bench.cycle;

    while (ended[0] + ended[1] < 2 * BURSTS && !bench.failed) {
        for (unsigned write = 0; write < 2; write++) {
            /* They end in their order, or stay until that has come to them. */
            while (ended[write] < begun[write] && asks[write][ended[write] % WINDOW].done)
                ended[write]++;
            if (begun[write] < BURSTS && begun[write] - ended[write] < WINDOW && asks_free(write)) {
                struct ask *ask = &asks[write][begun[write] % WINDOW];

                *ask = (struct ask){.device_id = DEVICE,
                                    .iova = IOVA + (uint64_t)begun[write] * bytes % SPAN,
                                    .beats = bytes / 8,
                                    .id = (uint16_t)(begun[write] % 16),
                                    .write = write != 0};
                begin_ask(ask);
                begun[write]++;
            }
        }
        bench_cycle();
    }
    return bench.cycle - begin;
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC; /* of this process */
}

void measure_speed(void)
{
    static const unsigned sizes[] = {64, 256, 1024, 2048};
    uint64_t root = new_table(1), all = 0;
    double time = 0;

    set_device(DEVICE, &(struct context){.first = root, .pscid = 1});
    for (uint64_t page = 0; page < SPAN; page += 4096)
        map(root, SV39, IOVA + page, WHERE + page, 0);
    printf("W2, 4-KiB pages, both directions, in lockstep with all checkers:\n");
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !bench.failed; i++) {
        double begin = seconds(), took;
        uint64_t cycles = stream(sizes[i]);

        took = seconds() - begin;
        all += cycles;
        time += took;
        printf("  %4u B: %8lu cycles, %4.0f kcycles/s\n", sizes[i], (unsigned long)cycles,
               (double)cycles / took / 1000);
    }
    printf("  all:    %8lu cycles, %4.0f kcycles/s of the processor's time\n", (unsigned long)all,
           (double)all / time / 1000);
}
