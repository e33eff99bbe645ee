/* SPDX-License-Identifier: Apache-2.0 */
/* idle_o, and the quiesce handshake: when the clock may stop, and when the power. */
#include "directed.h"

#define DEVICE 9u
#define WHERE 0x300000000ull
#define IOVA 0x40000000ull

static uint64_t a_device(void)
{
    uint64_t root = new_table(1);

    set_device(DEVICE, &(struct context){.first = root, .pscid = 1});
    map(root, SV39, IOVA, WHERE, 0);
    return root;
}

/** All is over, and idle_o says so; caches may still be emptied, set by set. */
static bool becomes_idle(void)
{
    wait_idle();
    for (unsigned i = 0; i < 2000 && !bench.out.idle; i++)
        bench_cycle();
    return bench.out.idle;
}

/* While a walk waits for memory nothing else goes on. */
static void not_idle_in_a_walk(void)
{
    struct ask ask = {.device_id = DEVICE, .iova = IOVA};

    a_device();
    CHECK(becomes_idle());
    bench.gated = false;
    slow_memory(200);
    begin_ask(&ask);
    wait_cycles(10);
    for (unsigned i = 0; i < 300 && !ask.done; i++) {
        CHECK(!bench.out.idle);
        bench_cycle();
    }
    finish_ask(&ask);
    CHECK(ask.target == WHERE);
    CHECK(becomes_idle());
}

/* A stream of pages has what comes next fetched ahead, and nobody waits for it. */
static void not_idle_while_something_is_fetched_ahead(void)
{
    uint64_t root = a_device();
    unsigned long reads;

    for (unsigned i = 1; i < 16; i++)
        map(root, SV39, IOVA + i * 0x1000ull, WHERE + i * 0x1000ull, 0);
    for (unsigned i = 0; i < 6; i++)
        CHECK(go(DEVICE, 0, IOVA + i * 0x1000ull) == WHERE + i * 0x1000ull);
    CHECK(becomes_idle());
    slow_memory(300);
    CHECK(go(DEVICE, 0, IOVA + 0x6000) == WHERE + 0x6000);
    reads = memport_reads[IOMMU_FIRST_STAGE];
    CHECK(!memport_idle());
    wait_cycles(100);
    CHECK(!memport_idle());
    CHECK(!bench.out.idle);
    CHECK(becomes_idle());
    CHECK(memport_reads[IOMMU_FIRST_STAGE] == reads);
    CHECK(go_cached(DEVICE, 0, IOVA + 0x8000) == WHERE + 0x8000);
}

static void not_idle_when_asked_to_rest(void)
{
    CHECK(becomes_idle());
    bench.in.quiesce_req = 1;
    bench_cycle();
    CHECK(!bench.out.idle || bench.out.quiesce_ack);
    CHECK(quiesced());
    let_go();
}

/** The fault queue's interrupt, as a message. */
static void fault_message(bool masked)
{
    set_register(IOMMU_REG_ICVEC, 8, 0);
    set_register(IOMMU_REG_MSI_ADDR(0), 8, messages);
    set_register(IOMMU_REG_MSI_DATA(0), 4, 0x77);
    set_register(IOMMU_REG_MSI_VEC_CTL(0), 4, masked);
    set_register(IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
}

/* A message waits for its vector; then wires are used instead. It stays, and nothing goes on. */
static void idle_with_a_message_kept_back(void)
{
    a_device();
    fault_message(true);
    CHECK(go(DEVICE, 0, IOVA + 0x1000) == ~0ull);
    CHECK(becomes_idle());
    set_mode(IOMMU_DDTP_MODE_OFF);
    queues_off(); /* else fctl must not change */
    set_register(IOMMU_REG_FCTL, 4, IOMMU_FCTL_WSI_MASK);
    set_register(IOMMU_REG_MSI_VEC_CTL(0), 4, 0);
    CHECK((get_register(IOMMU_REG_FCTL) & IOMMU_FCTL_WSI_MASK) != 0);
    CHECK(becomes_idle());
    CHECK(quiesced());
    let_go();
    CHECK(counts.msis == 0);
    set_register(IOMMU_REG_FCTL, 4, 0);
    wait_idle();
    CHECK(counts.msis == 1);
    CHECK(image_word(messages, 4, false) == 0x77);
    queues_on();
}

static void a_message_is_sent_before_rest(void)
{
    a_device();
    fault_message(false);
    slow_memory(150);
    CHECK(go(DEVICE, 0, IOVA + 0x1000) == ~0ull);
    CHECK(quiesced());
    CHECK(counts.msis == 1);
    CHECK(image_word(messages, 4, false) == 0x77);
    let_go();
}

/* The queue stops at the first of many commands; the others are on their way from memory. */
static void idle_behind_an_illegal_command(void)
{
    a_device();
    slow_memory(60);
    give_command(0x7f, 0);
    for (unsigned i = 0; i < 40; i++)
        give_command(IOTINVAL(VMA), 0);
    ring_commands();
    CHECK(becomes_idle());
    CHECK((get_register(IOMMU_REG_CQCSR) & IOMMU_CQCSR_CMD_ILL_MASK) != 0);
    CHECK((uint32_t)get_register(IOMMU_REG_CQH) == 0);
    commands_stopped();
    CHECK(quiesced());
    let_go();
    image_put(command_queue, 8, false, IOTINVAL(VMA));
    set_register(IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CMD_ILL_MASK);
    fence();
    CHECK((uint32_t)get_register(IOMMU_REG_CQH) == 42);
}

/* The queue is full; its first command is a fence, whose store tells software that its place is
 * free before the head has moved. */
static void the_tail_follows_a_fence(void)
{
    uint64_t low = IOTINVAL(VMA) | OF_PSCID(1) | OF_ADDRESS;
    uint32_t head;

    slow_memory(300);
    give_fence();
    for (unsigned i = 2; i < 1u << CQ_LOG2; i++)
        give_command(low, ADDRESS(IOVA));
    ring_commands();
    finish_fence();
    give_command(low, ADDRESS(IOVA));
    ring_commands();
    wait_cycles(400); /* the fence's answer comes, and the head leaves its place */
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t asked_at = model->cq.head;

        head = (uint32_t)get_register(IOMMU_REG_CQH);
        commands_done(asked_at, head);
        CHECK(i != 0 || head != 0);
        if (head == 0)
            break;
    }
    CHECK(head == 0);
}

/* No request gets in while the IOMMU rests, and none is lost. */
static void a_request_waits_for_the_end_of_rest(void)
{
    struct ask ask = {.device_id = DEVICE, .iova = IOVA, .write = true};

    a_device();
    wait_idle();
    CHECK(quiesced());
    begin_ask(&ask);
    wait_cycles(200);
    CHECK(!ask.done);
    CHECK(bench.out.quiesce_ack);
    bench.in.quiesce_req = 0;
    finish_ask(&ask);
    CHECK(ask.target == WHERE);
}

/* A fault's record is in memory before the acknowledgement. */
static void no_record_is_lost(void)
{
    struct ask ask = {.device_id = DEVICE, .iova = IOVA + 0x1000};
    unsigned long records = counts.records;

    a_device();
    slow_memory(120);
    begin_ask(&ask);
    wait_cycles(5);
    CHECK(quiesced());
    finish_ask(&ask);
    CHECK(ask.refused);
    CHECK(counts.records == records + 1);
    let_go();
}

/* What a fence has set is gone without wires, and does not come back as a message. */
static void fence_w_ip_goes_with_the_wires(void)
{
    set_mode(IOMMU_DDTP_MODE_OFF);
    queues_off();
    set_register(IOMMU_REG_FCTL, 4, IOMMU_FCTL_WSI_MASK);
    queues_on();
    give_command(IOMMU_OPCODE_IOFENCE | IOMMU_CMD_IOFENCE_WSI_MASK, 0);
    fence();
    CHECK((get_register(IOMMU_REG_CQCSR) & IOMMU_CQCSR_FENCE_W_IP_MASK) != 0);
    queues_off();
    set_register(IOMMU_REG_CQT, 4, 0);
    set_register(IOMMU_REG_FCTL, 4, 0);
    CHECK((get_register(IOMMU_REG_CQCSR) & IOMMU_CQCSR_FENCE_W_IP_MASK) == 0);
    set_register(IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CIE_MASK);
    CHECK(get_register(IOMMU_REG_IPSR) == 0);
    queues_on();
    set_mode(IOMMU_DDTP_MODE_1LVL);
}

const struct test rest_tests[] = {
    {"not idle in a walk", not_idle_in_a_walk, 0},
    {"not idle while something is fetched ahead", not_idle_while_something_is_fetched_ahead,
     READ_AHEAD},
    {"not idle when asked to rest", not_idle_when_asked_to_rest, 0},
    {"idle with a message kept back", idle_with_a_message_kept_back,
     IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_BOTH)},
    {"a message is sent before rest", a_message_is_sent_before_rest,
     IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_BOTH)},
    {"idle behind an illegal command", idle_behind_an_illegal_command, 0},
    {"the tail follows a fence", the_tail_follows_a_fence, 0},
    {"a request waits for the end of rest", a_request_waits_for_the_end_of_rest, 0},
    {"no record is lost", no_record_is_lost, 0},
    {"fence_w_ip goes with the wires", fence_w_ip_goes_with_the_wires,
     IOMMU_PREP(IOMMU_CAPABILITIES_IGS, IOMMU_IGS_BOTH)},
    {NULL, NULL, 0},
};
