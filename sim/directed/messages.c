/* SPDX-License-Identifier: Apache-2.0 */
/* ATS messages of one device; takes the place of sim/iommu/ats.c. */
#include "directed.h"

#define DEVICE 9u
#define OTHER 10u
#define IOVA 0x40000000ull
#define WHERE 0x300000000ull

static struct {
    bool sent; /**< by the model, and not seen yet */
    unsigned requests;
    uint32_t itag; /**< of the last one */
    bool offered;  /**< its completion */
    unsigned taken;
    uint64_t page; /**< that a Translation Request is about, or 0: none is offered */
    unsigned translated;
    uint64_t payload; /**< of the last Translation Completion */
} messages_now;

/* --- what the bench asks ------------------------------------------------------------------------
 */

void ats_drive(void)
{
    bench.in.ats_rsp_ready = 1;
    bench.in.ats_req_valid = messages_now.offered || messages_now.page != 0;
    bench.in.ats_req_kind = messages_now.offered ? INVALIDATION_COMPLETION : TRANSLATION_REQUEST;
    bench.in.ats_req_payload = messages_now.page;
    bench.in.ats_req_device_id = DEVICE;
    bench.in.ats_req_itags = 1u << messages_now.itag;
    bench.in.ats_req_count = 1;
}

static void completed(void)
{
    messages_now.taken++;
    messages_now.offered = false;
    for (unsigned i = 0; i < 32; i++) {
        if (model->invalidation[i].busy)
            iommu_invalidation_completion(model, DEVICE, 1u << i, 1);
    }
}

void ats_observe(void)
{
    if (bench.in.ats_req_valid && bench.out.ats_req_ready) {
        if (messages_now.offered)
            completed();
        else
            messages_now.page = 0;
    }
    if (!bench.out.ats_rsp_valid)
        return;
    trace_message();
    if (bench.out.ats_rsp_kind == TRANSLATION_COMPLETION) {
        messages_now.translated++;
        messages_now.payload = bench.out.ats_rsp_payload;
        return;
    }
    while (!messages_now.sent && commands_next())
        ;
    if (!messages_now.sent || bench.out.ats_rsp_kind != INVALIDATION_REQUEST)
        fail("a message of kind %u that nobody asked for", bench.out.ats_rsp_kind);
    messages_now.sent = false;
    messages_now.requests++;
    messages_now.itag = bench.out.ats_rsp_itag;
}

void ats_message(const struct iommu_message *message)
{
    (void)message;
    messages_now.sent = true;
}

void ats_each(void (*visit)(struct txn *txn))
{
    (void)visit;
}

void ats_quiet(void)
{
    if (messages_now.sent)
        fail("an invalidation request was not sent");
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

/* --- tests --------------------------------------------------------------------------------------
 */

/** A device is asked to forget a translation. */
static void ask_device(void)
{
    messages_now.requests = messages_now.taken = 0;
    messages_now.offered = messages_now.sent = false;
    give_command(IOMMU_OPCODE_ATS | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_ATS_INVAL) |
                     IOMMU_CMD_ATS_DSV_MASK | IOMMU_PREP(IOMMU_CMD_ATS_RID, DEVICE),
                 0x12345000);
    ring_commands();
    for (unsigned i = 0; i < 2000 && messages_now.requests == 0; i++)
        bench_cycle();
    CHECK(messages_now.requests == 1);
}

static void device_answers(void)
{
    messages_now.offered = true;
    for (unsigned i = 0; i < 100 && messages_now.taken == 0; i++)
        bench_cycle();
    CHECK(messages_now.taken == 1);
}

static void a_fence_waits_for_the_device(void)
{
    ask_device();
    begin_fence();
    wait_cycles(300);
    CHECK(!fence_done());
    device_answers();
    finish_fence();
}

/* A fence is work, so that rest waits for it; and it can end. */
static void rest_waits_for_a_fence(void)
{
    ask_device();
    begin_fence();
    CHECK(!quiesced());
    device_answers();
    CHECK(quiesced());
    CHECK(fence_done());
    let_go();
}

/* The answer is taken even after the acknowledgement, with a clock that stood, and it counts. */
static void an_answer_during_rest(void)
{
    ask_device();
    CHECK(quiesced());
    wait_cycles(100);
    device_answers();
    CHECK(bench.out.quiesce_ack);
    let_go();
    fence();
}

/* A walk has read the context of a device, and is held up behind another one, whose read memory
 * does not take. Then the context changes, and a command says so, which had been fetched, but
 * waited behind a fence. What the walk has read must not get into a cache. */
static void a_context_that_is_held_up(void)
{
    uint64_t roots[2] = {new_table(1), new_table(1)}, other = new_table(1), second = 1ull << 21;
    struct ask others[2] = {{.device_id = OTHER, .iova = IOVA, .write = true},
                            {.device_id = OTHER, .iova = IOVA + second, .write = true}};
    struct ask ask = {.device_id = DEVICE, .iova = IOVA};
    unsigned long reads;
    unsigned since = 0; /* its context is being read */

    for (unsigned i = 0; i < 2; i++) {
        map(roots[i], SV39, IOVA, WHERE + i * second, 0);
        map(roots[i], SV39, IOVA + 0x5000, WHERE + i * second + 0x5000, 0);
        map(other, SV39, IOVA + i * second, WHERE, 0);
    }
    map(other, SV39, IOVA + 2 * second, WHERE, 0);
    set_device(OTHER, &(struct context){.first = other, .pscid = 2});
    set_device(DEVICE, &(struct context){.first = roots[0], .pscid = 3});
    CHECK(go(OTHER, 0, IOVA + 2 * second) == WHERE);
    ask_device();
    give_fence();
    give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
    ring_commands();
    wait_cycles(100);
    reads = memport_reads[IOMMU_DDT];
    for (unsigned i = 0; i < 800; i++) {
        if (i == 0)
            begin_ask(&others[0]);
        if (i == 6)
            begin_ask(&others[1]);
        if (i == 8)
            begin_ask(&ask);
        since += memport_reads[IOMMU_DDT] != reads;
        if (since == MEMORY_DELAY - 6)
            memport_hold_reads(true);
        if (since == MEMORY_DELAY + 2)
            set_device(DEVICE, &(struct context){.first = roots[1], .pscid = 4});
        if (since == 2 * MEMORY_DELAY) {
            CHECK(!fence_done());
            messages_now.offered = true;
        }
        bench_cycle();
    }
    CHECK(fence_done());
    memport_hold_reads(false);
    finish_ask(&ask);
    for (unsigned i = 0; i < 2; i++)
        finish_ask(&others[i]);
    fence();
    CHECK(go(DEVICE, 0, IOVA + 0x5000) == WHERE + second + 0x5000);
}

/* Rest is asked for, and the request is taken back, at any time before and after the
 * acknowledgement: what comes meanwhile waits, and is not forgotten with a clock that stands. */
static void a_request_for_rest_that_is_given_up(void)
{
    uint64_t root = new_table(1);
    bool ats = has_cap(IOMMU_CAPABILITIES_ATS_MASK);

    set_device(DEVICE, &(struct context){.first = root, .pscid = 1, .ats = ats});
    map(root, SV39, IOVA, WHERE, 0);
    for (unsigned cycles = 1; cycles < 16; cycles++) {
        struct ask ask = {.device_id = DEVICE, .iova = IOVA};

        wait_idle();
        messages_now.translated = 0;
        bench.in.quiesce_req = 1;
        bench_cycle();
        if (ats)
            messages_now.page = IOVA;
        else
            begin_ask(&ask);
        wait_cycles(cycles);
        bench.in.quiesce_req = 0;
        if (!ats)
            finish_ask(&ask);
        for (unsigned i = 0; i < 500 && ats && messages_now.translated == 0; i++)
            bench_cycle();
        CHECK(ats ? messages_now.translated == 1 : ask.target == WHERE);
    }
}

/* What the first stage does not grant to write is not written: D of the second one stays, and is
 * not needed. */
static void w_that_the_first_stage_denies(void)
{
    uint64_t first = new_table(1), second = new_table(4), giga = 1ull << 30, guest = 16 * giga;
    uint64_t leaf, pte;

    map(second, SV39X4, image.base & ~(giga - 1), image.base & ~(giga - 1), 2);
    leaf = map(second, SV39X4, guest, WHERE, 0);
    pte = map(first, SV39, IOVA, guest, 0);
    set_device(DEVICE, &(struct context){
                           .first = first, .second = second, .pscid = 1, .gscid = 2, .ats = true});
    store(pte, image_word(pte, 8, false) & ~(uint64_t)IOMMU_PTE_W_MASK);
    store(leaf, image_word(leaf, 8, false) & ~(uint64_t)IOMMU_PTE_D_MASK);
    messages_now.translated = 0;
    messages_now.page = IOVA;
    for (unsigned i = 0; i < 1000 && messages_now.translated == 0; i++)
        bench_cycle();
    CHECK(messages_now.translated == 1);
    CHECK((messages_now.payload & 3) == 1); /* R, and not W */
    CHECK(messages_now.payload >> 12 == WHERE >> 12);
}

/** A debug request for IOVA. @return tr_response */
static uint64_t ask_in_debug(uint64_t how)
{
    uint64_t response;

    set_register(IOMMU_REG_TR_REQ_IOVA, 8, IOVA);
    set_register(IOMMU_REG_TR_REQ_CTL, 8,
                 how | IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, (uint64_t)DEVICE) |
                     IOMMU_TR_REQ_CTL_GO_BUSY_MASK);
    for (unsigned i = 0;
         i < 500 && (get_register(IOMMU_REG_TR_REQ_CTL) & IOMMU_TR_REQ_CTL_GO_BUSY_MASK) != 0; i++)
        bench_cycle();
    response = get_register(IOMMU_REG_TR_RESPONSE);
    model_debugs(response);
    wait_idle();
    CHECK(response == model->tr_response);
    return response;
}

/* There is no address to tell of a memory-resident interrupt file: a fault in tr_response, and a
 * record of cause 260, whatever is asked for; that is looked at before the page is found not to be
 * executable. */
static void a_debug_request_for_an_interrupt_file(void)
{
    uint64_t table = new_table(1), file = new_table(1), context = context_of(DEVICE);

    set_device(DEVICE, &(struct context){.second = new_table(4), .gscid = 2});
    store(table, IOMMU_MSIPTE_MRIF_V_MASK | IOMMU_PREP(IOMMU_MSIPTE_MRIF_M, 1ull) |
                     IOMMU_PREP(IOMMU_MSIPTE_MRIF_MRIF_ADDRESS, file >> 9));
    store(table + 8, IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, file >> 12));
    store(context + IOMMU_DC_MSI_ADDR_MASK_OFFSET, 0);
    store(context + IOMMU_DC_MSI_ADDR_PATTERN_OFFSET, IOVA >> 12);
    store(context + IOMMU_DC_MSIPTP_OFFSET,
          IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, (uint64_t)IOMMU_MSIPTP_MODE_FLAT) |
              IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, table >> 12));
    CHECK(ask_in_debug(IOMMU_TR_REQ_CTL_NW_MASK) == IOMMU_TR_RESPONSE_FAULT_MASK);
    CHECK(ask_in_debug(IOMMU_TR_REQ_CTL_EXE_MASK | IOMMU_TR_REQ_CTL_NW_MASK) ==
          IOMMU_TR_RESPONSE_FAULT_MASK);
    CHECK(get_register(IOMMU_REG_FQT) != get_register(IOMMU_REG_FQH));
}

const struct test message_tests[] = {
    {"a context that is held up", a_context_that_is_held_up, IOMMU_CAPABILITIES_ATS_MASK},
    {"a request for rest that is given up", a_request_for_rest_that_is_given_up, 0},
    {"a fence waits for the device", a_fence_waits_for_the_device, IOMMU_CAPABILITIES_ATS_MASK},
    {"rest waits for a fence", rest_waits_for_a_fence, IOMMU_CAPABILITIES_ATS_MASK},
    {"W that the first stage denies", w_that_the_first_stage_denies, IOMMU_CAPABILITIES_ATS_MASK},
    {"a debug request for an interrupt file", a_debug_request_for_an_interrupt_file,
     IOMMU_CAPABILITIES_MSI_MRIF_MASK | IOMMU_CAPABILITIES_DBG_MASK},
    {"an answer during rest", an_answer_during_rest, IOMMU_CAPABILITIES_ATS_MASK},
    {NULL, NULL, 0},
};
