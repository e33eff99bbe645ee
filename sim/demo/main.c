/* SPDX-License-Identifier: Apache-2.0 */
/* The run: the clock, until all devices have done what they were to do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "demo.h"

#define LIMIT 2000000u

unsigned long words_verified, structure_reads[16], structure_stores[16];
struct world world; /* the bench's own random tables: there are none here */

void verify(enum who who, const char *what, uint64_t found, uint64_t expected)
{
    words_verified++;
    if (found != expected)
        fail("%s, %s: %016" PRIx64 " instead of %016" PRIx64, device_names[who], what, found,
             expected);
}

/* --- Base has no message port -------------------------------------------------------------------
 */

void ats_drive(void)
{
}

void ats_observe(void)
{
}

void ats_each(void (*visit)(struct txn *txn))
{
    (void)visit;
}

void ats_quiet(void)
{
}

void ats_message(const struct iommu_message *message)
{
    (void)message;
}

bool ats_completion_is(const struct iommu_request *request, const struct iommu_response *response)
{
    (void)request;
    (void)response;
    return false;
}

void pages_remember(void)
{
}

void page_record_seen(const uint8_t *bytes)
{
    (void)bytes;
}

/* --- the run
 * ---------------------------------------------------------------------------------------- */

static void step(void)
{
    nic_step();
    nvme_step();
    guest_step();
    rogue_step();
    driver_step();
    bench_cycle();
    if (bench.out.mem_arvalid && bench.in.mem_arready)
        structure_reads[bench.out.mem_aruser >> 24 & 15]++;
    if (bench.out.mem_awvalid && bench.in.mem_awready)
        structure_stores[bench.out.mem_awuser >> 24 & 15]++;
}

static bool begin(void)
{
    if (!make_model())
        return false;
    random_seed(1);
    design_make(1);
    iommu_reset(model);
    image_reset();
    image.base = 0x80000000ull;
    flight_reset();
    check_reset();
    memport_reset();
    downstream_reset();
    device_reset();
    csr_reset();
    design_reset(&bench.in);
    tables_build();
    nic_begin();
    nvme_begin();
    guest_begin();
    rogue_begin();
    driver_begin();
    while (!csr_idle() && !bench.failed)
        bench_cycle();
    return true;
}

static void run(void)
{
    bool over[CAST] = {false};

    while (!bench.failed) {
        over[NIC] = over[NIC] || nic_done();
        over[NVME] = over[NVME] || nvme_done();
        over[GUEST] = over[GUEST] || guest_done();
        over[ROGUE] = over[ROGUE] || rogue_done();
        if (over[NIC] && over[NVME] && over[GUEST] && over[ROGUE] && op_count() == 0)
            return;
        if (bench.cycle > LIMIT)
            fail("the devices are not done after %u cycles", LIMIT);
        step();
    }
}

int bench_main(int argc, char **argv)
{
    struct timespec from, to;
    double seconds;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE   where the figures go, as JSON\n", argv[0]);
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (!begin())
        return 1;
    run();
    if (!bench.failed)
        driver_end();
    clock_gettime(CLOCK_MONOTONIC, &to);
    seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    if (!bench.failed)
        report_print(seconds);
    if (!bench.failed && !report_write(argv[1], seconds))
        return 1;
    iommu_destroy(model);
    return bench.failed;
}
