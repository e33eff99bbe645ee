/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses to memory-resident interrupt files: two device ports, and memory. The model makes the
 * same access with iommu_dma(); its stores, records and answer are what is expected.
 */
#include <string.h>

#include "bench.h"

#define ATTEMPTS 30u

enum op { OP_READ, OP_WRITE, OP_CAS, OP_OR }; /* mem_op_e */

static struct iommu_request request; /**< what both ports offer */
static uint8_t data[64];
static uint32_t length;

static struct {
    bool busy;
    unsigned port;
    bool ok;
    unsigned stores, seen; /**< of the model, and of the design */
    struct store store[2];
} current;

static struct {
    bool busy, has_data;
    enum op op;
    uint64_t address, when, value;
} flying;

static unsigned last; /**< the port that was served last */
static unsigned stall, latency, rate;

static void begin(void)
{
    current.busy = flying.busy = false;
    last = 1;
    stall = 1 + below(4);
    latency = one_in(2) ? 3 : 30;
    rate = one_in(2) ? 1 : 30;
    bench.in.mrif_req_valid = 0;
}

/* --- device ports -------------------------------------------------------------------- */

/** The data of a write: mostly an identity in the byte order that its address asks for. */
static void random_data(void)
{
    uint32_t identity = one_in(6) ? (uint32_t)random64() >> below(32) : below(2048);

    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)random64();
    for (unsigned i = 0; i < 4; i++)
        data[(request.iova & 4) != 0 ? 3 - i : i] = (uint8_t)(identity >> (8 * i));
}

static void offer(void)
{
    struct iommu_response translated;
    struct located context;

    for (unsigned i = 0; i < ATTEMPTS; i++) {
        request = random_request(one_in(4) ? IOMMU_TRANSLATED : IOMMU_UNTRANSLATED);
        if (one_in(2)) /* a context that has interrupt files */
            request.device_id = below(16) * 4;
        request.iova &= one_in(3) ? ~0ull : one_in(2) ? ~0xfffull : ~0xffbull;
        translated = iommu_translate(model, &request);
        if (translated.status == IOMMU_SUCCESS && translated.target == IOMMU_TARGET_MRIF)
            break;
        if (i + 1 == ATTEMPTS)
            return;
    }
    length = one_in(8) ? 1u << below(7) : 4;
    random_data();
    context = world_locate(request.device_id);
    bench.in.mrif_req_valid = (uint8_t)(1 + below(3));
    bench.in.mrif_address = translated.address;
    bench.in.mrif_notice = translated.notice_address;
    bench.in.mrif_nid = translated.nid;
    bench.in.mrif_write = request.access == IOMMU_WRITE;
    bench.in.mrif_word = length == 4;
    bench.in.mrif_identity = identity_of(request.device_id, request.process_id_valid,
                                         request.process_id, request.privileged);
    bench.in.mrif_translated = request.type == IOMMU_TRANSLATED;
    bench.in.mrif_access = request.access;
    bench.in.mrif_iova = request.iova;
    memcpy(&bench.in.mrif_data, data, 4);
    bench.in.mrif_dtf = context.dtf;
    bench.in.mrif_qos = (uint32_t)translated.rcid << 12 | translated.mcid;
}

static void count_access(const struct iommu_response *answer)
{
    if (answer->status != IOMMU_SUCCESS)
        count(answer->fault_reported ? COUNT_MRIF_FAULTS : COUNT_MRIF_SILENT);
    else if (effects.records != 0)
        count(COUNT_NOTICE_FAULTS);
    else
        count(effects.stores != 0 ? COUNT_PENDING_BITS : COUNT_MRIF_DISCARDED);
}

/** The design has taken the access of this port: let the model make it. */
static void taken(unsigned port)
{
    uint8_t copy[sizeof(data)];
    struct iommu_response answer;

    if (current.busy)
        fail("an access is taken before the last one is answered");
    memcpy(copy, data, sizeof(copy));
    world_watch();
    answer = iommu_dma(model, &request, copy, length);
    current.busy = true;
    current.port = port;
    current.ok = answer.status == IOMMU_SUCCESS;
    current.stores = effects.stores;
    current.seen = 0;
    memcpy(current.store, effects.store, sizeof(current.store));
    if (effects.records != 0)
        fault_expect(SOURCE_MRIF, effects.record[0]);
    count_access(&answer);
}

static void observe_ports(void)
{
    unsigned ready = bench.out.mrif_req_ready & bench.in.mrif_req_valid;

    if (bench.out.mrif_rsp_valid != 0) {
        if (!current.busy)
            fail("an answer to no access");
        expect("the port that is answered", bench.out.mrif_rsp_valid, 1u << current.port);
        expect("whether the access went well", bench.out.mrif_rsp_ok, current.ok);
        expect("stores of the access", current.seen, current.stores);
        current.busy = false;
    }
    if (current.busy && bench.out.mrif_idle)
        fail("idle with an access under way");
    if (ready == 3)
        fail("two accesses are taken at once");
    if (ready == 0)
        return;
    if (bench.in.mrif_req_valid == 3)
        expect("the port whose turn it is", ready >> 1, 1 - last);
    last = ready >> 1;
    taken(last);
    bench.in.mrif_req_valid &= (uint8_t)~ready;
}

/* --- memory -------------------------------------------------------------------------- */

static void observe_store(void)
{
    const struct store *store = &current.store[current.seen];
    bool notice = bench.out.mrif_mem_structure == IOMMU_NOTICE;

    if (!bench.out.mrif_mem_valid || !bench.in.mrif_mem_ready)
        return;
    if (flying.busy)
        fail("a store goes out before the last one is answered");
    if (!current.busy || current.seen >= current.stores) {
        fail("a store that the model does not make");
        return;
    }
    current.seen++;
    expect("structure", bench.out.mrif_mem_structure, store->structure);
    expect("address", bench.out.mrif_mem_address, store->address);
    expect("operation", bench.out.mrif_mem_op, notice ? OP_WRITE : OP_OR);
    expect("4 bytes", bench.out.mrif_mem_half, notice);
    expect("beats", bench.out.mrif_mem_beats, 0);
    expect("QoS IDs", bench.out.mrif_mem_qos, (uint32_t)store->rcid << 12 | store->mcid);
    flying.busy = true;
    flying.has_data = false;
    flying.op = (enum op)bench.out.mrif_mem_op;
    flying.address = bench.out.mrif_mem_address;
    flying.value = store->value[0];
}

static void observe_data(void)
{
    if (!bench.out.mrif_wdata_valid || !bench.in.mrif_wdata_ready || !flying.busy)
        return;
    expect("data", flying.op == OP_OR ? bench.out.mrif_wdata : (uint32_t)bench.out.mrif_wdata,
           flying.value);
    flying.has_data = true;
    flying.when = bench.cycle + 1 + below(latency);
}

static void answer_memory(void)
{
    enum iommu_mem_status status = world_status(flying.address);
    uint8_t *at = mrif_of_design + (flying.address - MRIF_BASE) % MRIF_BYTES;

    if (flying.op == OP_OR && status == IOMMU_MEM_OK) {
        for (unsigned i = 0; i < 8; i++)
            at[i] |= (uint8_t)(flying.value >> (8 * i));
    }
    if (flying.op == OP_WRITE && status == IOMMU_MEM_POISON)
        status = IOMMU_MEM_OK;
    bench.in.mrif_mem_rsp_valid = 1;
    bench.in.mem_rsp_status = (uint8_t)status;
    flying.busy = false;
}

static void drive(void)
{
    if (bench.in.mrif_req_valid == 0 && !bench.ending && one_in(rate))
        offer();
    bench.in.mrif_mem_ready = one_in(stall);
    bench.in.mrif_wdata_ready = one_in(stall);
    bench.in.mrif_mem_rsp_valid = 0;
    /* Answers of memory share their status. */
    if (flying.busy && flying.has_data && bench.cycle >= flying.when && !bench.in.pq_mem_rsp_valid)
        answer_memory();
}

static void observe(void)
{
    observe_store();
    observe_data();
    observe_ports();
}

static bool done(void)
{
    return bench.in.mrif_req_valid == 0 && !current.busy && !flying.busy && bench.out.mrif_idle;
}

const struct part mrif_part = {begin, drive, observe, done};
