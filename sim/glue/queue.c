/* SPDX-License-Identifier: Apache-2.0 */
/* The page-request queue: memory behind it, and software in front of it. */
#include "bench.h"

#define EXPECTED 16u

static struct store expected[EXPECTED];
static unsigned first, number;

static struct {
    bool busy;
    uint64_t address, when;
    unsigned beats;
    uint64_t value[2];
} flying;

static struct {
    bool wanted;      /**< software wants to do something while the design rests */
    unsigned written; /**< register writes done */
    uint64_t next;    /**< not before this cycle: the queue takes some to go on and off */
    bool reading;
    uint32_t offset;
} software;

static unsigned stall, latency;

bool quiet_wanted;

void queue_expect(const struct store *store)
{
    expected[(first + number) % EXPECTED] = *store;
    if (++number > EXPECTED)
        fail("more page requests are on their way than there may be");
}

static void begin(void)
{
    first = number = 0;
    flying.busy = false;
    software.wanted = true; /* the queue is to be set up */
    software.written = 0;
    software.next = 0;
    stall = 1 + below(4);
    latency = one_in(2) ? 3 : 40;
}

/** One register write to both; what is written follows from how many were. */
static void software_write(void)
{
    static const uint32_t offsets[] = {IOMMU_REG_PQB, IOMMU_REG_PQH, IOMMU_REG_PQCSR};
    uint32_t offset = offsets[software.written < 3 ? software.written : 1 + below(2)];
    uint64_t value;

    if (offset == IOMMU_REG_PQB)
        value = IOMMU_PREP(IOMMU_PQB_PPN, (PQ_BASE >> 12) + below(16)) |
                IOMMU_PREP(IOMMU_PQB_LOG2SZ_1, 1 + below(4));
    else if (offset == IOMMU_REG_PQH)
        value = one_in(3) ? below(32) : world_register(IOMMU_REG_PQT, 4);
    else
        value = (one_in(8) ? 0 : IOMMU_PQCSR_PQEN_MASK) |
                (one_in(3) ? 0 : IOMMU_PQCSR_PQMF_MASK | IOMMU_PQCSR_PQOF_MASK);
    software.written++;
    software.next = bench.cycle + 8;
    world_write(offset, offset == IOMMU_REG_PQB ? 8 : 4, value);
    bench.in.csr_valid = 1;
    bench.in.csr_write = 1;
    bench.in.csr_offset = (uint16_t)(offset & ~7u);
    bench.in.csr_half = offset == IOMMU_REG_PQB ? 3 : (offset & 4) != 0 ? 2 : 1;
    bench.in.csr_wdata = (offset & 4) != 0 ? value << 32 : value;
}

static void drive_software(void)
{
    bool rests = bench.cycle > 2 && bench.out.ats_idle && bench.out.pq_idle &&
                 !bench.in.ats_req_valid && bench.cycle >= software.next;

    if (one_in(300) && !bench.ending)
        software.wanted = true;
    quiet_wanted = software.wanted;
    bench.in.csr_valid = 0;
    bench.in.csr_write = 0;
    software.reading = false;
    if (!rests)
        return;
    if (software.wanted && one_in(4)) {
        software_write();
        if (software.written >= 3 && one_in(2))
            software.wanted = false;
    } else {
        software.reading = bench.cycle % 2 == 0;
        software.offset = one_in(2) ? IOMMU_REG_PQT : IOMMU_REG_PQCSR;
        bench.in.csr_valid = software.reading;
        bench.in.csr_offset = (uint16_t)(software.offset & ~7u);
    }
}

static void drive(void)
{
    drive_software();
    bench.in.pq_mem_ready = one_in(stall);
    bench.in.pq_wdata_ready = one_in(stall);
    bench.in.pq_mem_rsp_valid = 0;
    if (flying.busy && flying.beats == 2 && bench.cycle >= flying.when) {
        bench.in.pq_mem_rsp_valid = 1;
        bench.in.mem_rsp_status = (uint8_t)world_status(flying.address);
        flying.busy = false;
    }
}

static void observe_software(void)
{
    uint64_t shown = bench.out.csr_rdata >> (software.offset % 8 * 8) & 0xffffffff;
    uint64_t busy = IOMMU_PQCSR_BUSY_MASK;

    /* A write that switches the queue takes the design some cycles. */
    if (!software.reading || (software.offset == IOMMU_REG_PQCSR && (shown & busy) != 0))
        return;
    expect(software.offset == IOMMU_REG_PQT ? "pqt" : "pqcsr", shown,
           world_register(software.offset, 4));
}

static void observe(void)
{
    const struct store *store = &expected[first];

    observe_software();
    if (bench.out.pq_mem_valid && bench.in.pq_mem_ready) {
        if (flying.busy)
            fail("a second page request is stored before the first one's answer");
        if (number == 0)
            fail("a page request is stored that the model does not store");
        else
            expect("address of the page request", bench.out.pq_mem_address, store->address);
        flying.busy = true;
        flying.address = bench.out.pq_mem_address;
        flying.beats = 0;
    }
    if (bench.out.pq_wdata_valid && bench.in.pq_wdata_ready && flying.busy && flying.beats < 2) {
        flying.value[flying.beats++] = bench.out.pq_wdata;
        flying.when = bench.cycle + 1 + below(latency);
        if (flying.beats == 2 && number != 0) {
            expect("page request, low half", flying.value[0], store->value[0]);
            expect("page request, high half", flying.value[1], store->value[1]);
            first = (first + 1) % EXPECTED;
            number--;
        }
    }
}

static bool done(void)
{
    return number == 0 && !flying.busy && !software.wanted;
}

const struct part queue_part = {begin, drive, observe, done};
