/* SPDX-License-Identifier: Apache-2.0 */
/* Caches: kept out of the way where they may not matter, and judged where they may. */
#include <string.h>

#include "fuzz.h"

#define ANSWERS 64u
/* A question may try thousands of combinations: few of them for one input, none while there
 * are many old values, and no more after a long one. */
#define QUESTIONS_MAX 24u
#define CHANGES_MAX 10u
#define READS_MAX 20000u

static struct iommu_outcome answer[ANSWERS];
static size_t answers; /* 0: nothing was asked */

/* --- flushing ------------------------------------------------------------------------ */

static void push(struct world *world, uint64_t word0, uint64_t word1)
{
    uint64_t base = mmio_read(world, IOMMU_REG_CQB, 8);
    uint32_t tail = (uint32_t)mmio_read(world, IOMMU_REG_CQT, 4);
    uint64_t offset = (IOMMU_GET(base, IOMMU_CQB_PPN) << 12) + tail * 16ull - world->base;

    if (offset >= ARENA_BYTES || offset % 16 != 0)
        return;
    store(world, offset, 8, word0);
    store(world, offset + 8, 8, word1);
    mmio_write(world, IOMMU_REG_CQT, 4, tail + 1);
}

/** Coherent runs: whatever the queue met before, it takes commands again. */
static void restart_queue(struct world *world)
{
    uint32_t csr = (uint32_t)mmio_read(world, IOMMU_REG_CQCSR, 4);
    uint32_t errors = IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK;
    uint64_t head = mmio_read(world, IOMMU_REG_CQH, 4), tail = mmio_read(world, IOMMU_REG_CQT, 4);

    if ((csr & errors) == 0 && head == tail)
        return;
    mmio_write(world, IOMMU_REG_CQCSR, 4, 0);
    mmio_write(world, IOMMU_REG_CQT, 4, 0);
    mmio_write(world, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK | (csr & IOMMU_CQCSR_CIE_MASK));
}

void flush(struct world *world)
{
    struct injection injection[INJECTIONS];

    memcpy(injection, world->injection, sizeof(injection));
    if (world->setup.coherent) {
        memset(world->injection, 0, sizeof(world->injection));
        restart_queue(world);
    }
    push(world, IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_DDT), 0);
    push(world, IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOTINVAL_VMA), 0);
    push(world, IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOTINVAL_GVMA), 0);
    if (world->setup.coherent) {
        RULE(world, mmio_read(world, IOMMU_REG_CQH, 4) == mmio_read(world, IOMMU_REG_CQT, 4),
             "invalidation commands are not executed");
        memcpy(world->injection, injection, sizeof(injection));
        memcpy(world->before, world->side[0].memory, ARENA_BYTES);
    }
    world->flushed = iommu_time(world->side[0].iommu);
    trace(world, "flush");
}

void make_coherent(struct world *world, const struct iommu_request *request)
{
    const struct iommu_request *last = &world->last;

    if (!world->setup.coherent)
        return;
    /* Others may share an address space's identifiers and not its tables. */
    if (world->changed || request->device_id != last->device_id ||
        request->process_id_valid != last->process_id_valid ||
        request->process_id != last->process_id)
        flush(world);
    world->changed = false;
    world->last.device_id = request->device_id;
    world->last.process_id_valid = request->process_id_valid;
    world->last.process_id = request->process_id;
}

/* --- allowed results ----------------------------------------------------------------- */

static bool worth_asking(struct world *world)
{
    return iommu_time(world->side[0].iommu) - world->flushed <= CHANGES_MAX &&
           world->questions++ < QUESTIONS_MAX;
}

static size_t ask(struct world *world, const struct iommu_request *request, uint64_t since,
                  size_t max)
{
    struct side *side = &world->side[0];
    uint32_t reads = side->reads;
    size_t count = iommu_allowed(side->iommu, request, since, answer, max);

    if (side->reads - reads > READS_MAX)
        world->questions = QUESTIONS_MAX;
    return count;
}

void ask_before(struct world *world, const struct iommu_request *request)
{
    answers = 0;
    if (!(world->setup.coherent || (world->setup.history && !world->failing)) ||
        !worth_asking(world))
        return;
    answers = ask(world, request, iommu_time(world->side[0].iommu), ANSWERS);
    RULE(world, answers >= 1 && answer[0].current, "there is no result that is current");
}

/** The A/D bits that come with an answer are in memory now, and nothing else changed. */
static bool updates_agree(const struct world *world, const struct iommu_outcome *outcome)
{
    const uint8_t *memory = world->side[0].memory;
    unsigned changed = 0;

    for (unsigned i = 0; i < outcome->updates; i++) {
        const struct iommu_update *update = &outcome->update[i];
        uint64_t offset = update->address - world->base, little = 0, big = 0;

        if (offset >= ARENA_BYTES)
            return false;
        for (unsigned j = 0; j < update->size; j++) {
            little |= (uint64_t)memory[offset + j] << (8 * j);
            big |= (uint64_t)memory[offset + j] << (8 * (update->size - 1u - j));
        }
        /* A later update of the same PTE may have set one bit more. */
        if ((update->value & ~little) != 0 && (update->value & ~big) != 0)
            return false;
    }
    if (witness(world)->other_writes != 0 || same_memory(world->before, memory))
        return true;
    for (unsigned i = 0; i < ARENA_BYTES; i += 8)
        changed += memcmp(world->before + i, memory + i, 8) != 0;
    return changed <= outcome->updates;
}

void ask_after(struct world *world, const struct iommu_response *response)
{
    bool found = false;

    if (answers == 0 || answers > ANSWERS)
        return;
    for (size_t i = 0; i < answers && !found; i++) {
        struct iommu_response possible = answer[i].response;

        possible.rule = response->rule; /* not told apart */
        found = responses_equal(&possible, response) && updates_agree(world, &answer[i]);
    }
    RULE(world, found,
         "not among %zu allowed results: status %u, cause %u, address %#llx; the current one: "
         "status %u, cause %u, address %#llx",
         answers, response->status, response->cause, (unsigned long long)response->address,
         answer[0].response.status, answer[0].response.cause,
         (unsigned long long)answer[0].response.address);
}

void step_allowed(struct world *world, const struct op *op)
{
    struct iommu_request request = request_of(world, op);
    uint64_t now = iommu_time(world->side[0].iommu), back = op->a & 7;
    size_t max = op->b >> 12, count;

    if (!worth_asking(world))
        return;
    count = ask(world, &request, now > back ? now - back : 0, max);
    trace(world, "allowed: %zu results, room for %zu", count, max);
    RULE(world, count >= 1, "no result is allowed");
    for (size_t i = 0; i < count && i < max; i++) {
        RULE(world, answer[i].current == (i == 0), "result %zu is current: %d", i,
             answer[i].current);
        RULE(world, answer[i].updates <= IOMMU_OUTCOME_UPDATES, "%u updates", answer[i].updates);
        response_check(world, &request, &answer[i].response);
    }
}
