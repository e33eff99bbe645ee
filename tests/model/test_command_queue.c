/* SPDX-License-Identifier: Apache-2.0 */
/* "Command-Queue (CQ)" and its registers: indices, errors, restart. */
#include "scenes.h"

#define CQ_ERRORS (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)

/* A command that does nothing but leave a mark in memory. */
static struct command mark(uint64_t address, uint32_t value)
{
    return cmd_iofence(IOMMU_CMD_IOFENCE_AV_MASK, address, value);
}

static uint64_t cq_bits(struct bench *b)
{
    return REG(b, CQCSR) & (CQ_ERRORS | IOMMU_CQCSR_FENCE_W_IP_MASK);
}

/* Switch the queue off and on with 2^log2 entries at the same place. */
static void restart_queue(struct bench *b, unsigned log2)
{
    REG_SET(b, CQCSR, 0);
    CHECK_EQ(REG_FIELD(b, CQCSR, CQON), 0);
    REG_SET(b, CQB,
            IOMMU_PREP(IOMMU_CQB_PPN, b->cq.base >> 12) | IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, log2 - 1));
    REG_SET(b, CQT, 0);
    b->cq.log2 = log2;
    b->cq_tail = 0;
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    REQUIRE(REG_FIELD(b, CQCSR, CQON) == 1);
}

/* Push a command that must stop the queue at its own index with exactly this bit. */
static void expect_stop(struct place place, struct bench *b, struct command command, uint32_t bit)
{
    uint64_t index = b->cq_tail;
    bench_push(b, command);
    test_check_eq(place, cq_bits(b), bit, "error bits");
    test_check_eq(place, REG(b, CQH), index, "cqh is at the offender");
}
#define EXPECT_ILLEGAL(b, command) expect_illegal(HERE, (b), (command))

/* The command is illegal; replace it with a harmless one and go on. */
static void expect_illegal(struct place place, struct bench *b, struct command command)
{
    uint64_t index = b->cq_tail;
    struct command harmless = cmd_iofence(0, 0, 0);
    expect_stop(place, b, command, IOMMU_CQCSR_CMD_ILL_MASK);
    bench_put64(b, b->cq.base + 16 * index, harmless.dw[0]);
    bench_put64(b, b->cq.base + 16 * index + 8, harmless.dw[1]);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
    test_check_eq(place, cq_bits(b), 0, "error bits after the repair");
    test_check_eq(place, REG(b, CQH), b->cq_tail, "cqh has caught up");
}

/* R174 */
TEST_BOTH(cq_wraps_around_with_every_size)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t flag = bench_page(b);
    for (unsigned log2 = 1; log2 <= 4; log2++) {
        restart_queue(b, log2);
        for (uint32_t i = 0; i < 3u << log2; i++) {
            bench_command(b, mark(flag, i + 100));
            CHECK_EQ(bench_get32(b, flag), i + 100);
            CHECK_EQ(REG(b, CQH), (i + 1) & ((1u << log2) - 1));
        }
    }
}

/* One doorbell for many commands: all are executed, in order. */
TEST_BOTH(cq_executes_all_commands_up_to_the_tail)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t flag = bench_page(b);
    for (uint32_t i = 0; i < 200; i++)
        bench_queue_command(b, mark(flag + 4 * i, i + 1));
    CHECK_EQ(REG(b, CQH), 0);
    CHECK_EQ(bench_get32(b, flag), 0);
    bench_doorbell(b);
    CHECK_EQ(REG(b, CQH), 200);
    for (uint32_t i = 0; i < 200; i++)
        CHECK_EQ(bench_get32(b, flag + 4 * i), i + 1);
}

/* R175, R176 */
TEST_BOTH(cq_tail_keeps_only_the_bits_of_the_queue_size)
{
    struct bench *b = bench_create("max", NULL);
    uint64_t base = bench_alloc(b, 1 << 16, 1 << 16);
    for (unsigned log2 = 1; log2 <= 12; log2++) {
        uint64_t cqb =
            IOMMU_PREP(IOMMU_CQB_PPN, base >> 12) | IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, log2 - 1);
        REG_SET(b, CQB, IOMMU_PREP(IOMMU_CQB_PPN, base >> 12) | IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, 11));
        REG_SET(b, CQT, 0xffffffff);
        CHECK_EQ(REG(b, CQT), 0xfff);
        REG_SET(b, CQB, cqb);
        CHECK_EQ(REG(b, CQB), cqb);
        CHECK_EQ(REG(b, CQT) >> log2, 0);
        REG_SET(b, CQT, 0xffffffff);
        CHECK_EQ(REG(b, CQT), (1u << log2) - 1);
    }
}

static void small_queues(struct iommu_config *config)
{
    config->queue_log2_max = 6;
}

TEST_BOTH(cq_size_above_the_maximum_reads_back_as_a_legal_one)
{
    struct bench *b = bench_create("max", small_queues);
    for (unsigned log2 = 1; log2 <= 32; log2++) {
        REG_SET(b, CQB, IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, log2 - 1));
        if (log2 <= 6)
            CHECK_EQ(REG_FIELD(b, CQB, LOG2SZ_1), log2 - 1);
        else
            CHECK(REG_FIELD(b, CQB, LOG2SZ_1) <= 5);
    }
    REG_SET(b, CQB, ~0ull);
    CHECK_EQ(REG(b, CQB) & (uint64_t)IOMMU_CQB_RESERVED_MASK, 0);
}

TEST_BOTH(cq_head_is_read_only)
{
    struct bench *b = bench_ready("max", NULL);
    bench_command(b, cmd_iofence(0, 0, 0));
    REG_SET(b, CQH, 0x55);
    CHECK_EQ(REG(b, CQH), 1);
}

/* R184 */
TEST_BOTH(cq_on_and_busy_are_read_only)
{
    struct bench *b = bench_create("max", NULL);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQON_MASK | IOMMU_CQCSR_BUSY_MASK);
    CHECK_EQ(REG(b, CQCSR), 0);
    bench_start(b, 1);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    CHECK_EQ(REG(b, CQCSR), IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK);
    REG_SET(b, CQCSR, 0xfffff0fe & ~(uint64_t)IOMMU_CQCSR_CIE_MASK);
    CHECK_EQ(REG(b, CQCSR), 0);
}

/* R177 */
TEST_BOTH(cq_enable_clears_head_and_error_bits)
{
    struct bench *b = bench_ready("max", NULL);
    bench_command(b, cmd_iofence(0, 0, 0));
    expect_stop(HERE, b, cmd_make(0, 0), IOMMU_CQCSR_CMD_ILL_MASK);
    REG_SET(b, CQCSR, 0);
    CHECK_EQ(REG_FIELD(b, CQCSR, CQON), 0);
    CHECK_EQ(cq_bits(b), IOMMU_CQCSR_CMD_ILL_MASK);
    REG_SET(b, CQT, 0);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    CHECK_EQ(REG(b, CQH), 0);
    CHECK_EQ(REG(b, CQCSR), IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK);
}

/* A write of 1 to cqen while it is 1 is no change: head and error bits stay. */
TEST_BOTH(cq_enable_again_changes_nothing)
{
    struct bench *b = bench_ready("max", NULL);
    bench_command(b, cmd_iofence(0, 0, 0));
    expect_stop(HERE, b, cmd_make(0, 0), IOMMU_CQCSR_CMD_ILL_MASK);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    CHECK_EQ(REG(b, CQH), 1);
    CHECK_EQ(cq_bits(b), IOMMU_CQCSR_CMD_ILL_MASK);
}

/* R178 */
TEST(cq_off_makes_no_accesses)
{
    struct bench *b = bench_ready("max", NULL);
    REG_SET(b, CQCSR, 0);
    CHECK_EQ(REG_FIELD(b, CQCSR, CQON), 0);
    bench_clear_log(b);
    bench_push(b, cmd_iofence(0, 0, 0));
    CHECK_EQ(bench_accesses(b, IOMMU_STRUCTURES), 0);
    CHECK_EQ(REG(b, CQH), 0);
    /* What the tail points beyond is executed when the queue starts. */
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    CHECK_EQ(REG(b, CQH), 1);
    CHECK_EQ(bench_accesses(b, IOMMU_CQ), 1);
    CHECK_EQ(bench_access(b, IOMMU_CQ, 0)->access.address, b->cq.base);
    CHECK_EQ(bench_access(b, IOMMU_CQ, 0)->access.size, IOMMU_CMD_BYTES);
}

/* R180, both kinds of memory error; the command runs after the repair. */
TEST(cq_fetch_fault_stalls_the_queue)
{
    static const enum iommu_mem_status kinds[] = {IOMMU_MEM_ACCESS_FAULT, IOMMU_MEM_POISON};
    for (unsigned k = 0; k < 2; k++) {
        struct bench *b = bench_ready("max", NULL);
        uint64_t flag = bench_page(b);
        bench_command(b, mark(flag, 1));
        bench_inject(b, b->cq.base + 16, 16, kinds[k]);
        expect_stop(HERE, b, mark(flag, 2), IOMMU_CQCSR_CQMF_MASK);
        bench_push(b, mark(flag, 3));
        CHECK_EQ(REG(b, CQH), 1);
        CHECK_EQ(bench_get32(b, flag), 1);
        /* Cleared with the cause still there: the same entry stops it again. */
        cqcsr_clear(b, IOMMU_CQCSR_CQMF_MASK);
        CHECK_EQ(cq_bits(b), IOMMU_CQCSR_CQMF_MASK);
        CHECK_EQ(REG(b, CQH), 1);
        bench_clear_injections(b);
        cqcsr_clear(b, IOMMU_CQCSR_CQMF_MASK);
        CHECK_EQ(cq_bits(b), 0);
        CHECK_EQ(REG(b, CQH), 3);
        CHECK_EQ(bench_get32(b, flag), 3);
        CHECK_NO_RECORD(b);
    }
}

/* Any one error bit keeps the queue stopped; writing 0 or other bits clears none. */
TEST_BOTH(cq_stays_stopped_until_its_error_bit_is_cleared)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t flag = bench_page(b);
    expect_stop(HERE, b, cmd_make(5, 0), IOMMU_CQCSR_CMD_ILL_MASK);
    bench_push(b, mark(flag, 7));
    cqcsr_clear(b, IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK);
    CHECK_EQ(cq_bits(b), IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(REG(b, CQH), 0);
    CHECK_EQ(bench_get32(b, flag), 0);
    /* Cleared without repair: the same entry again. */
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(cq_bits(b), IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(REG(b, CQH), 0);
}

/* R182: commands before the offender are done, those behind it are not. */
TEST_BOTH(cq_illegal_command_stops_between_its_neighbours)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t flag = bench_page(b);
    bench_queue_command(b, mark(flag, 1));
    bench_queue_command(b, cmd_make(IOMMU_OPCODE_IOFENCE, 7));
    bench_queue_command(b, mark(flag + 4, 2));
    bench_doorbell(b);
    CHECK_EQ(cq_bits(b), IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(REG(b, CQH), 1);
    CHECK_EQ(bench_get32(b, flag), 1);
    CHECK_EQ(bench_get32(b, flag + 4), 0);
    struct command repaired = mark(flag + 8, 3);
    bench_put64(b, b->cq.base + 16, repaired.dw[0]);
    bench_put64(b, b->cq.base + 24, repaired.dw[1]);
    cqcsr_clear(b, IOMMU_CQCSR_CMD_ILL_MASK);
    CHECK_EQ(REG(b, CQH), 3);
    CHECK_EQ(bench_get32(b, flag + 4), 2);
    CHECK_EQ(bench_get32(b, flag + 8), 3);
}

/* R199 and R200 */
TEST_BOTH(cq_reserved_and_custom_opcodes_are_illegal)
{
    struct bench *b = bench_ready("max", NULL);
    for (unsigned opcode = 0; opcode < 128; opcode++) {
        if (opcode >= IOMMU_OPCODE_IOTINVAL && opcode <= IOMMU_OPCODE_ATS)
            continue;
        test_note("opcode %u", opcode);
        EXPECT_ILLEGAL(b, cmd_make(opcode, 0));
    }
    test_note("%s", "");
}

TEST_BOTH(cq_reserved_functions_are_illegal)
{
    static const unsigned functions[] = {[IOMMU_OPCODE_IOTINVAL] = 2,
                                         [IOMMU_OPCODE_IOFENCE] = 1,
                                         [IOMMU_OPCODE_IODIR] = 2,
                                         [IOMMU_OPCODE_ATS] = 2};
    struct bench *b = bench_ready("max", NULL);
    for (unsigned opcode = IOMMU_OPCODE_IOTINVAL; opcode <= IOMMU_OPCODE_ATS; opcode++) {
        for (unsigned func3 = functions[opcode]; func3 < 8; func3++) {
            test_note("opcode %u func3 %u", opcode, func3);
            EXPECT_ILLEGAL(b, cmd_make(opcode, func3));
        }
    }
    test_note("%s", "");
}

/* Every reserved bit of every command, one at a time. */
TEST_BOTH(cq_reserved_bits_are_illegal)
{
    const struct {
        struct command base;
        uint64_t reserved[2];
    } commands[] = {
        {cmd_iotinval_vma(0, 0),
         {IOMMU_CMD_IOTINVAL_DW0_RESERVED_MASK, IOMMU_CMD_IOTINVAL_DW1_RESERVED_MASK}},
        {cmd_iotinval_gvma(0, 0),
         {IOMMU_CMD_IOTINVAL_DW0_RESERVED_MASK, IOMMU_CMD_IOTINVAL_DW1_RESERVED_MASK}},
        {cmd_iofence(0, 0, 0),
         {IOMMU_CMD_IOFENCE_DW0_RESERVED_MASK, IOMMU_CMD_IOFENCE_DW1_RESERVED_MASK}},
        {cmd_iodir_all(),
         {IOMMU_CMD_IODIR_DW0_RESERVED_MASK | IOMMU_CMD_IODIR_PID_MASK,
          IOMMU_CMD_IODIR_DW1_RESERVED_MASK}},
        {cmd_iodir_pdt(0, 0),
         {IOMMU_CMD_IODIR_DW0_RESERVED_MASK, IOMMU_CMD_IODIR_DW1_RESERVED_MASK}},
        {cmd_ats_inval(0, 0), {IOMMU_CMD_ATS_DW0_RESERVED_MASK, 0}},
        {cmd_ats_prgr(0, 0), {IOMMU_CMD_ATS_DW0_RESERVED_MASK, 0}},
    };
    struct bench *b = bench_ready("max", NULL);
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        for (unsigned bit = 0; bit < 128; bit++) {
            struct command c = commands[i].base;
            if ((commands[i].reserved[bit / 64] >> bit % 64 & 1) == 0)
                continue;
            c.dw[bit / 64] |= 1ull << bit % 64;
            test_note("command %u bit %u", i, bit);
            EXPECT_ILLEGAL(b, c);
        }
    }
    test_note("%s", "");
}

/* R198 */
static void without_ats(struct iommu_config *config)
{
    config->capabilities &=
        ~(uint64_t)(IOMMU_CAPABILITIES_ATS_MASK | IOMMU_CAPABILITIES_T2GPA_MASK);
}

TEST_BOTH(cq_ats_commands_without_ats_are_illegal)
{
    struct bench *b = bench_ready("max", without_ats);
    EXPECT_ILLEGAL(b, cmd_ats_inval(1, 0x1000));
    EXPECT_ILLEGAL(b, cmd_ats_prgr(1, 0));
    CHECK_EQ(message_count(b), 0);
}

/* An 8-byte write of cqh and cqt acts on cqt alone. */
TEST_BOTH(cq_tail_can_be_written_together_with_the_head)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t flag = bench_page(b);
    bench_queue_command(b, mark(flag, 5));
    reg_write(b, IOMMU_REG_CQH, 8, 1ull << 32);
    CHECK_EQ(reg_read(b, IOMMU_REG_CQH, 8), 1ull << 32 | 1);
    CHECK_EQ(bench_get32(b, flag), 5);
}

/* cqb as two 4-byte writes, high half first. */
TEST_BOTH(cq_base_can_be_written_in_halves)
{
    struct bench *b = bench_create("max", NULL);
    uint64_t value = IOMMU_PREP(IOMMU_CQB_PPN, 0x312345678) | 7;
    reg_write(b, IOMMU_REG_CQB + 4, 4, value >> 32);
    reg_write(b, IOMMU_REG_CQB, 4, value & 0xffffffff);
    CHECK_EQ(REG(b, CQB), value);
    CHECK_EQ(reg_read(b, IOMMU_REG_CQB + 4, 4), value >> 32);
    CHECK_EQ(reg_read(b, IOMMU_REG_CQB, 4), value & 0xffffffff);
}

static void manual(struct iommu_config *config)
{
    config->manual = true;
}

/* R201: one command at a time, each with its own answer. */
TEST_BOTH(cq_manual_mode_waits_to_be_told)
{
    struct bench *b = bench_ready("max", manual);
    uint64_t flag = bench_page(b);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_NONE);
    bench_queue_command(b, mark(flag, 1));
    bench_queue_command(b, mark(flag + 4, 2));
    bench_queue_command(b, cmd_make(0, 0));
    bench_doorbell(b);
    CHECK_EQ(REG(b, CQH), 0);
    CHECK_EQ(bench_get32(b, flag), 0);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_DONE);
    CHECK_EQ(REG(b, CQH), 1);
    CHECK_EQ(bench_get32(b, flag), 1);
    CHECK_EQ(bench_get32(b, flag + 4), 0);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_DONE);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_STOPPED);
    CHECK_EQ(iommu_process_command(b->iommu), IOMMU_COMMAND_NONE);
    CHECK_EQ(REG(b, CQH), 2);
    CHECK_EQ(cq_bits(b), IOMMU_CQCSR_CMD_ILL_MASK);
}

/* A queue with more than 256 entries, at its natural alignment, used at its last entry. */
TEST_BOTH(cq_of_more_than_a_page)
{
    struct bench *b = bench_ready("max", NULL);
    uint64_t flag = bench_page(b);
    b->cq.base = bench_alloc(b, 1 << 14, 1 << 14);
    restart_queue(b, 10);
    for (uint32_t i = 0; i < 1030; i++)
        bench_command(b, mark(flag, i));
    CHECK_EQ(REG(b, CQH), 1030 - 1024);
    CHECK_EQ(bench_get32(b, flag), 1029);
}

static void narrow_pas(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_PAS_MASK;
    config->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_PAS, 40);
}

/* PPN is WARL: what reads back is an address that exists, and legal values stick. */
TEST_BOTH(queue_bases_keep_the_physical_address_size)
{
    static const uint32_t bases[] = {IOMMU_REG_CQB, IOMMU_REG_FQB, IOMMU_REG_PQB};
    struct bench *b = bench_create("max", narrow_pas);
    for (unsigned i = 0; i < 3; i++) {
        reg_write(b, bases[i], 8, ~0ull);
        CHECK_EQ(IOMMU_GET(reg_read(b, bases[i], 8), IOMMU_CQB_PPN) >> 28, 0);
        CHECK_EQ(reg_read(b, bases[i], 8) & (uint64_t)IOMMU_CQB_RESERVED_MASK, 0);
        reg_write(b, bases[i], 8, IOMMU_PREP(IOMMU_CQB_PPN, 0xfedcba9) | 3);
        CHECK_EQ(reg_read(b, bases[i], 8), IOMMU_PREP(IOMMU_CQB_PPN, 0xfedcba9) | 3);
    }
}
