/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A drive with a submission queue, a completion queue and an interrupt, and its driver. Its
 * buffers are in 16 MiB that are mapped with pages of 2 MiB.
 */
#include "demo.h"

#define COMMANDS 150u
#define DEPTH 8u
#define ENTRIES 64u
#define SUBMISSIONS_IOVA 0x10000000ull
#define COMPLETIONS_IOVA 0x10001000ull
#define INTERRUPT_IOVA 0x10002000ull
#define BUFFERS_IOVA 0x40000000ull
#define LARGE_PAGES 8u
#define BLOCK 8192u /* bytes of a command */
#define BURST 256u  /* beats: 2 KiB */
#define BURSTS (BLOCK / 8 / BURST)
#define OPCODE_WRITE 1u
#define OPCODE_READ 2u

struct nvme_totals nvme_totals;

static uint64_t submissions, completions, large[LARGE_PAGES];

static struct command {
    bool read; /* from the drive */
    unsigned number, bursts_left;
    uint64_t iova, block;
} command[ENTRIES];

static struct {
    unsigned submitted, completed;
} driver;

/* --- what is stored where
 * ----------------------------------------------------------------------------- */

static uint64_t block_word(uint64_t block, unsigned word)
{
    return hash64(0xd15c000000ull + block, word);
}

/** Where a driver finds what the drive sees at this address. */
static uint64_t buffer_at(uint64_t iova)
{
    return large[(iova - BUFFERS_IOVA) >> 21] + (iova & 0x1fffff);
}

/* --- the drive
 * ------------------------------------------------------------------------------------------- */

static void completion_written(struct op *op)
{
    if (op->error)
        fail("a completion of the drive was refused");
    op_interrupt(NVME, INTERRUPT_IOVA, 0x41);
}

static void burst_done(struct op *op)
{
    struct command *of = &command[op->number % ENTRIES];
    struct op *next;

    if (op->error) {
        fail("a data burst of the drive was refused");
        return;
    }
    for (unsigned beat = 0; beat < BURST && !of->read; beat++)
        verify(NVME, "written block", op->data[beat],
               block_word(of->block, op->step * BURST + beat));
    if (--of->bursts_left != 0)
        return;
    next = op_new(NVME, true, COMPLETIONS_IOVA + op->number % ENTRIES * 16, 2, completion_written);
    next->data[0] = of->block;
    next->data[1] = op->number + 1;
    op_send(next);
}

static void submission_read(struct op *op)
{
    struct command *of = &command[op->number % ENTRIES];

    if (op->error) {
        fail("a submission of the drive was refused");
        return;
    }
    *of = (struct command){.read = op->data[0] == OPCODE_READ,
                           .number = op->number,
                           .bursts_left = BURSTS,
                           .iova = op->data[3],
                           .block = op->data[5]};
    for (unsigned burst = 0; burst < BURSTS; burst++) {
        struct op *next = op_new(NVME, of->read, of->iova + burst * BURST * 8, BURST, burst_done);

        next->number = op->number;
        next->step = burst;
        for (unsigned beat = 0; beat < BURST && of->read; beat++)
            next->data[beat] = block_word(of->block, burst * BURST + beat);
        op_send(next);
    }
}

/* --- its driver
 * ------------------------------------------------------------------------------------------- */

static void submit(void)
{
    unsigned number = driver.submitted++;
    uint64_t entry = submissions + number % ENTRIES * 64;
    bool read = number % 5 < 3;
    uint64_t block = hash64(number, 5) % 1000000;
    uint64_t iova = BUFFERS_IOVA + (number * 37ull % (LARGE_PAGES * 256)) * BLOCK;
    struct op *op;

    for (unsigned word = 0; word < BLOCK / 8 && !read; word++)
        ram_store(buffer_at(iova) + word * 8, block_word(block, word));
    ram_store(entry, read ? OPCODE_READ : OPCODE_WRITE);
    ram_store(entry + 24, iova);
    ram_store(entry + 40, block);
    /* The doorbell: the drive fetches the command. */
    op = op_new(NVME, false, SUBMISSIONS_IOVA + number % ENTRIES * 64, 8, submission_read);
    op->number = number;
    op_send(op);
}

static void complete(void)
{
    const struct command *of = &command[driver.completed % ENTRIES];

    /* In any order; the driver takes them in its own. */
    if (ram_load(completions + driver.completed % ENTRIES * 16 + 8) != driver.completed + 1)
        return;
    for (unsigned word = 0; word < BLOCK / 8 && of->read; word++)
        verify(NVME, "read block", ram_load(buffer_at(of->iova) + word * 8),
               block_word(of->block, word));
    driver.completed++;
    if (of->read)
        nvme_totals.reads++;
    else
        nvme_totals.writes++;
}

void nvme_begin(void)
{
    submissions = ram_take(1u << NVME, 0);
    completions = ram_take(0, 1u << NVME);
    tables_map(NVME, SUBMISSIONS_IOVA, submissions, 0, RIGHTS_R);
    tables_map(NVME, COMPLETIONS_IOVA, completions, 0, RIGHTS_RW);
    tables_map(NVME, INTERRUPT_IOVA, INTERRUPT_FILES + 2 * PAGE, 0, RIGHTS_RW);
    for (unsigned i = 0; i < LARGE_PAGES; i++) {
        large[i] = ram_take_large(NVME);
        tables_map(NVME, BUFFERS_IOVA + i * 0x200000ull, large[i], 1, RIGHTS_RW);
    }
}

void nvme_step(void)
{
    if (driver.submitted < COMMANDS && driver.submitted - driver.completed < DEPTH &&
        bench.cycle % 1500 == 0)
        submit();
    if (driver.completed < driver.submitted)
        complete();
}

bool nvme_done(void)
{
    return driver.completed == COMMANDS;
}
