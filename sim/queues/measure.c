/* SPDX-License-Identifier: Apache-2.0 */
/* How fast: measured with a pipelined memory of L cycles, printed and not judged. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum { CQ_LOG2 = 9 };

static void start(const char *config, unsigned latency, const struct user_setup *user)
{
    struct axi_setup axi = {
        .latency = latency, .qos = strcmp(config, "full") == 0, .atomics = true};

    memset(&memory, 0, sizeof(memory));
    memory.base = 0x80000000;
    episode_begin(config, &axi, user);
    inval_cycles = 3;
    big_endian = false;
    while (bench.cycle < 8 || bench.out.flushing)
        episode_cycle();
    queues[0].area = AREA_CQ;
    queues[0].log2 = CQ_LOG2;
    episode_write(IOMMU_REG_CQB, 8, memory.base >> 12 << 10 | (CQ_LOG2 - 1));
    episode_cycle();
    episode_write(IOMMU_REG_CQCSR, 4, 1);
    for (unsigned i = 0; i < 20; i++)
        episode_cycle();
}

/** `count` commands, the last a fence: cycles from the doorbell to the fence's B. */
static uint64_t run_commands(unsigned count)
{
    uint64_t word[2], doorbell;

    for (unsigned i = 0; i + 1 < count; i++) {
        plain_command(word);
        episode_put_command(i, word);
    }
    word[0] = IOMMU_OPCODE_IOFENCE | IOMMU_CMD_IOFENCE_AV_MASK;
    word[1] = IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, (memory.base + AREA_FENCE) >> 2);
    episode_put_command(count - 1, word);
    doorbell = bench.cycle;
    episode_write(IOMMU_REG_CQT, 4, count);
    for (unsigned i = 0; i < 100000 && axi_last_answer(IOMMU_FENCE) == 0; i++)
        episode_cycle();
    if (axi_last_answer(IOMMU_FENCE) == 0)
        fail("the fence has no answer");
    return axi_last_answer(IOMMU_FENCE) - doorbell;
}

/** Other reads take all that R has; the queue has to get its share. */
static void measure_share(const char *config)
{
    struct user_setup user = {.rate = 1, .only_reads = true, .read_beats = 8};
    uint64_t cycles;

    start(config, 20, &user);
    cycles = run_commands(256);
    printf("  256 commands while R is busy, L=20: %llu cycles\n", (unsigned long long)cycles);
    user_stop();
    episode_end();
}

static void measure_reads(const char *config, unsigned beats)
{
    struct user_setup user = {.rate = 1, .only_reads = true, .read_beats = beats};
    uint64_t requests, data;

    start(config, 20, &user);
    requests = axi_beats(CHANNEL_AR);
    data = axi_beats(CHANNEL_R);
    for (unsigned i = 0; i < 2000; i++)
        episode_cycle();
    printf("  reads of %u beats, L=20: %.3f requests and %.3f beats per cycle\n", beats,
           (double)(axi_beats(CHANNEL_AR) - requests) / 2000,
           (double)(axi_beats(CHANNEL_R) - data) / 2000);
    user_stop();
    episode_end();
}

void measure(const char *config)
{
    static const unsigned latencies[] = {20, 100, 200};
    struct user_setup none = {0};

    for (unsigned i = 0; i < 3; i++) {
        unsigned latency = latencies[i];
        uint64_t cycles;

        start(config, latency, &none);
        cycles = run_commands(2);
        printf("  L=%u: IOTINVAL and IOFENCE.C, doorbell to B: %llu cycles (2L+%lld)\n", latency,
               (unsigned long long)cycles, (long long)(cycles - 2 * latency));
        episode_end();
        start(config, latency, &none);
        cycles = run_commands(256);
        printf("  L=%u: 256 commands, doorbell to B: %llu cycles, %.2f per command\n", latency,
               (unsigned long long)cycles, (double)cycles / 256);
        episode_end();
    }
    measure_reads(config, 1);
    measure_reads(config, 8);
    measure_share(config);
}
