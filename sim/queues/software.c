/* SPDX-License-Identifier: Apache-2.0 */
/* Random software: what a driver does with the queues, and what it had better not do. */
#include <string.h>

#include "bench.h"

#define CSR_ON IOMMU_CQCSR_CQON_MASK
#define CSR_STOP (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)
#define RECORD_ERRORS (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)

static struct {
    unsigned rate;        /* of what is done often; an action in so many cycles */
    unsigned off_rate;    /* of switching queues off */
    unsigned fetch_fault; /* in so many commands */
    bool only_ats, wsi;
} style;

static uint32_t mask_of(unsigned q)
{
    return (2u << (queues[q].log2 - 1)) - 1;
}

static uint64_t reg(uint32_t offset)
{
    return model_read(model, offset, 4);
}

static void new_command(unsigned index)
{
    uint64_t word[2];
    uint64_t place = (queues[QUEUE_CQ].area + index * 16) / GRANULE;

    do
        random_command(word, style.wsi);
    while (style.only_ats && (word[0] & 0x7f) == IOMMU_OPCODE_IOFENCE);
    if (style.only_ats && !one_in(4)) {
        word[0] = IOMMU_OPCODE_ATS | IOMMU_PREP(IOMMU_CMD_ATS_RID, below(4));
        word[1] = random64();
    }
    episode_put_command(index, word);
    memory.fault[place] =
        style.fetch_fault != 0 && one_in(style.fetch_fault) ? (uint8_t)(1 + below(3)) : FAULT_NONE;
}

static bool ring_doorbell(void)
{
    uint32_t mask = mask_of(QUEUE_CQ);
    uint32_t head = (uint32_t)reg(IOMMU_REG_CQH), tail = (uint32_t)reg(IOMMU_REG_CQT);
    uint32_t room = (head - tail - 1) & mask;
    uint32_t count = room == 0 ? 0 : 1 + below(one_in(3) ? room : room < 4 ? room : 4);

    if (room == 0)
        return true;
    for (uint32_t i = 0; i < count; i++)
        new_command((tail + i) & mask);
    return episode_write(IOMMU_REG_CQT, 4, (tail + count) & mask);
}

/** The queue has stopped: replace the offender, or leave it, and go on. */
static void repair(uint32_t csr)
{
    uint32_t head = (uint32_t)reg(IOMMU_REG_CQH);
    uint64_t word[2];

    if (!one_in(4)) {
        plain_command(word);
        episode_put_command(head, word);
        memory.fault[(queues[QUEUE_CQ].area + head * 16) / GRANULE] = FAULT_NONE;
    }
    /* At times only some of the bits. */
    episode_write(IOMMU_REG_CQCSR, 4, one_in(8) ? (csr & 3) | 0x100 : (csr & 3) | 0xf00);
}

static void move_head(unsigned q)
{
    uint32_t mask = mask_of(q);
    uint32_t head = (uint32_t)reg(queues[q].head), tail = (uint32_t)reg(queues[q].tail) & mask;

    episode_write(queues[q].head, 4, (head + below(((tail - head) & mask) + 1)) & mask);
}

static void set_base(unsigned q)
{
    static const uint64_t areas[] = {AREA_CQ, AREA_FQ, AREA_PQ};
    static const unsigned sizes[] = {16, 32, 16};
    unsigned log2 = 1 + below(one_in(4) ? 11 : 5);
    uint64_t bytes = (uint64_t)sizes[q] << log2;
    uint64_t align = bytes < 4096 ? 4096 : bytes;
    uint64_t area = areas[q] + below((unsigned)(0x10000 / align)) * align;

    if (!episode_write(queues[q].base, 8, (memory.base + area) >> 12 << 10 | (uint64_t)(log2 - 1)))
        return;
    queues[q].area = area;
    queues[q].log2 = log2;
}

static void switch_queue(unsigned q)
{
    uint32_t interrupts = style.wsi ? below(2) * 2 : 0;

    if (queues[q].enabled)
        episode_write(queues[q].csr, 4, interrupts);
    else if (one_in(3))
        set_base(q);
    else
        episode_write(queues[q].csr, 4, interrupts | 1 | (one_in(2) ? 0xf00 : 0));
}

static void control_queues(void)
{
    unsigned q = below(with_ats ? 3 : 2);
    uint32_t csr = (uint32_t)reg(queues[q].csr);

    if (queues[q].disabling)
        return;
    if (!queues[q].enabled || one_in(style.off_rate)) {
        if (q != QUEUE_CQ || !episode_scanning())
            switch_queue(q);
    } else if (q == QUEUE_CQ) {
        if (episode_scanning())
            return; /* which command saw which ITAG free is not the model's to say */
        if ((csr & CSR_STOP) != 0)
            repair(csr);
        else if ((csr & IOMMU_CQCSR_FENCE_W_IP_MASK) != 0 && one_in(4))
            episode_write(IOMMU_REG_CQCSR, 4, (csr & 3) | IOMMU_CQCSR_FENCE_W_IP_MASK);
        else
            ring_doorbell();
    } else if ((csr & RECORD_ERRORS) != 0 && one_in(4)) {
        if (records_done(q))
            episode_write(queues[q].csr, 4, (csr & 3) | (one_in(2) ? 0xf00u : 0x100u));
    } else
        move_head(q);
}

/** Invalidation completions and time-outs. */
static void devices(void)
{
    uint32_t busy = iommu_itags_busy(model);
    unsigned itag = below(32);

    if (busy == 0) {
        if (one_in(4)) /* unsolicited */
            episode_complete(below(4), (uint32_t)random64(), (uint8_t)below(8));
        return;
    }
    while ((busy >> itag & 1) == 0)
        itag = (itag + 1) % 32;
    if (one_in(5))
        episode_time_out(busy & (uint32_t)random64());
    else if (one_in(4))
        episode_complete(below(4) | below(3) << 16, (uint32_t)random64(), (uint8_t)below(8));
    else
        episode_complete(model_itag_device(model, itag), busy, one_in(4) ? (uint8_t)below(8) : 1);
}

static void act(void)
{
    if (bench.cycle < 4)
        return;
    if (one_in(style.rate))
        control_queues();
    else if (with_ats && episode_settled() && !episode_scanning() && one_in(16))
        devices();
}

/* --- an episode ---------------------------------------------------------------------- */

static void lay_out_memory(void)
{
    memset(&memory, 0, sizeof(memory));
    memory.base = 0x80000000 | (one_in(2) ? (uint64_t)below(0x10000) << 40 : 0);
    for (size_t i = 0; i < AREA_END; i += 8) {
        uint64_t word = random64();

        memcpy(memory.design + i, &word, 8);
        memcpy(memory.model + i, &word, 8);
    }
    for (size_t i = AREA_FQ / GRANULE; i < AREA_END / GRANULE; i++) {
        bool bad = i < AREA_FENCE / GRANULE ? one_in(100) : one_in(25);

        memory.fault[i] = bad ? (uint8_t)(1 + below(3)) : FAULT_NONE;
    }
}

static void set_registers(void)
{
    iommu_mmio_write(model, IOMMU_REG_FCTL, 4, below(8));
    iommu_mmio_write(model, IOMMU_REG_IOMMU_QOSID, 4, random64() & 0xffffffff);
    iommu_mmio_write(model, IOMMU_REG_DDTP, 8, below(5));
    if (bench.in.fctl != model_read(model, IOMMU_REG_FCTL, 4) && !bench.out.flushing)
        episode_flush();
    bench.in.fctl = (uint32_t)model_read(model, IOMMU_REG_FCTL, 4);
    bench.in.mode = (uint8_t)(model_read(model, IOMMU_REG_DDTP, 8) & 15);
    bench.in.qosid = (uint32_t)model_read(model, IOMMU_REG_IOMMU_QOSID, 4);
    big_endian = (bench.in.fctl & IOMMU_FCTL_BE_MASK) != 0;
    style.wsi = (bench.in.fctl & IOMMU_FCTL_WSI_MASK) != 0;
}

void random_episode(const char *config, unsigned cycles)
{
    bool full = strcmp(config, "full") == 0;
    struct axi_setup axi = {
        .latency = below(4) * 10,
        .latency_more = one_in(4) ? 0 : 1 + below(60),
        .qos = full,
        .atomics = strcmp(config, "small") != 0,
    };
    struct user_setup user = {.rate = one_in(4) ? 0 : 1 + below(30), .atomics = axi.atomics};

    for (unsigned i = 0; i < CHANNELS; i++)
        axi.stall[i] = (enum stall)below(STALLS);
    style.rate = 4 + below(60);
    style.off_rate = one_in(2) ? 20 : 1000;
    style.fetch_fault = one_in(2) ? 0 : 10 + below(60);
    style.only_ats = full && one_in(4);
    lay_out_memory();
    episode_begin(config, &axi, &user);
    user_stop();
    while (bench.cycle < 8 || bench.out.flushing)
        episode_cycle();
    set_registers();
    for (unsigned q = 0; q < 3; q++) {
        episode_cycle();
        set_base(q);
    }
    episode_cycle();
    user_start(&user);
    record_rate = one_in(3) ? 0 : 10 + below(100);
    software = act;
    while (bench.cycle < cycles)
        episode_cycle();
    episode_end();
}
