/* SPDX-License-Identifier: Apache-2.0 */
/* Debug translations: the registers in front, and the model's own debug interface beside. */
#include "bench.h"

static bool busy, begun;                /**< go is 1; the design has begun */
static bool uncounted;                  /**< it has, and the event waits */
static struct iommu_request asking;     /**< what it was asked */
static struct iommu_request asked_last; /**< what it has begun */
static uint64_t control;
static uint64_t response; /**< the model's tr_response */

static void begin(void)
{
    busy = begun = uncounted = false;
    bench.in.debug_go = 0;
}

static void random_fields(struct iommu_request *request)
{
    *request = random_request(IOMMU_UNTRANSLATED);
    request->iova &= ~0xfffull;
    if (!request->process_id_valid)
        request->process_id = request->privileged = 0;
    bench.in.debug_vpn = request->iova >> 12;
    bench.in.debug_access = request->access;
    bench.in.debug_identity = identity_of(request->device_id, request->process_id_valid,
                                          request->process_id, request->privileged);
}

static void drive(void)
{
    struct iommu_request ignored;

    if (busy) {
        /* Software writes the registers although it must not. */
        if (begun && one_in(3))
            random_fields(&ignored);
    } else if (!bench.ending && one_in(4)) {
        busy = true;
        begun = false;
        random_fields(&asking);
    }
    bench.in.debug_go = busy;
    bench.in.debug_x_ready = one_in(2);
    bench.in.debug_hpm_ready = one_in(8);
}

void debug_answer(const struct asked *asked)
{
    struct iommu_response answer = iommu_translate(model, &asked->request);
    const struct iommu_request *request = &asked->request;

    control = IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, request->device_id) |
              IOMMU_PREP(IOMMU_TR_REQ_CTL_PID, request->process_id) |
              (request->process_id_valid ? IOMMU_TR_REQ_CTL_PV_MASK : 0) |
              (request->privileged ? IOMMU_TR_REQ_CTL_PRIV_MASK : 0) |
              (request->access == IOMMU_EXECUTE ? IOMMU_TR_REQ_CTL_EXE_MASK : 0) |
              (request->access == IOMMU_READ ? IOMMU_TR_REQ_CTL_NW_MASK : 0) |
              IOMMU_TR_REQ_CTL_GO_BUSY_MASK;
    world_watch();
    world_write(IOMMU_REG_TR_REQ_IOVA, 8, request->iova);
    world_write(IOMMU_REG_TR_REQ_CTL, 8, control);
    if (!iommu_process_debug(model))
        fail("the model has no debug translation to do");
    response = world_register(IOMMU_REG_TR_RESPONSE, 8);

    bench.in.rsp_debug_valid = 1;
    bench.in.rsp_fault = answer.status != IOMMU_SUCCESS;
    bench.in.rsp_cause = answer.cause;
    bench.in.rsp_page = random64() & 0xfffffffffff;
    bench.in.rsp_target = (uint8_t)below(2);
    bench.in.rsp_log2 = (uint8_t)(12 + below(30));
    bench.in.rsp_pbmt = (uint8_t)below(3);
    if (answer.status != IOMMU_SUCCESS)
        return;
    bench.in.rsp_page = answer.address >> 12;
    bench.in.rsp_log2 = answer.page_log2;
    bench.in.rsp_pbmt = answer.pbmt;
    bench.in.rsp_target = answer.target;
    /* The walker makes this a fault; the module would, too. */
    if (answer.target == IOMMU_TARGET_MRIF)
        bench.in.rsp_fault = one_in(2);
}

static void observe_asked(void)
{
    struct asked asked = {.request = asking,
                          .requester = bench.out.debug_x_requester,
                          .kind = bench.out.debug_x_kind};

    if (bench.out.debug_x_valid && bench.in.hold)
        fail("a debug request goes out in spite of hold");
    if (!bench.out.debug_x_valid || !bench.in.debug_x_ready)
        return;
    expect("unit of a debug request", asked.requester >> 9, 2);
    expect("its kind", asked.kind, KIND_DEBUG);
    expect("its identity", bench.out.debug_x_identity,
           identity_of(asking.device_id, asking.process_id_valid, asking.process_id,
                       asking.privileged));
    expect("its access", bench.out.debug_x_access, asking.access);
    expect("its address", bench.out.debug_x_iova, asking.iova);
    walker_ask(&asked);
}

static void observe(void)
{
    bool begins = busy && !begun && !uncounted;
    uint64_t shown;

    observe_asked();
    expect("event of a debug request", bench.out.debug_hpm, uncounted);
    if (uncounted)
        expect("whose it is", bench.out.debug_hpm_identity,
               identity_of(asked_last.device_id, asked_last.process_id_valid, asked_last.process_id,
                           asked_last.privileged));
    uncounted = begins || (uncounted && !bench.in.debug_hpm_ready);
    if (begins) {
        asked_last = asking;
        begun = true;
    }
    if (!bench.out.debug_valid)
        return;
    if (!busy || bench.in.rsp_debug_valid == 0)
        fail("an answer to no debug request");
    shown = bench.out.debug_fault ? IOMMU_TR_RESPONSE_FAULT_MASK
                                  : IOMMU_PREP(IOMMU_TR_RESPONSE_PPN, bench.out.debug_ppn) |
                                        IOMMU_PREP(IOMMU_TR_RESPONSE_PBMT, bench.out.debug_pbmt) |
                                        (bench.out.debug_s ? IOMMU_TR_RESPONSE_S_MASK : 0);
    expect("tr_response", shown, response);
    count(COUNT_DEBUG);
    if (bench.out.debug_fault)
        count(COUNT_DEBUG_FAULTS);
    busy = false;
}

static bool done(void)
{
    return !busy && bench.out.debug_idle;
}

const struct part debug_part = {begin, drive, observe, done};
