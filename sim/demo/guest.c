/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An accelerator that a virtual machine owns: what its driver in the guest maps is translated
 * twice, and its interrupts, written to the guest's interrupt files, are remapped to the
 * host's. Some of the guest's mappings are wrong: that is the guest's own trouble.
 */
#include "demo.h"

#define WORKS 900u
#define IN_FLIGHT 6u
#define INPUTS 192u /* pages */
#define OUTPUTS 64u
#define INPUTS_IOVA 0x50000000ull
#define OUTPUTS_IOVA 0x51000000ull
#define FILES_IOVA 0x60000000ull
#define STRAY_IOVA 0x70000000ull   /* the guest maps it to memory that it does not have */
#define NOTHING_IOVA 0x71000000ull /* it does not map this at all */
#define INPUTS_GPA (GUEST_MEMORY + 0x200000)
#define OUTPUTS_GPA (GUEST_MEMORY + 0x400000)
#define STRAY_GPA 0xc0000000ull

struct guest_totals guest_totals;

static uint64_t inputs[INPUTS], outputs[OUTPUTS]; /* where the host has them */
static unsigned begun, done, in_flight;

static uint64_t input_word(unsigned page, unsigned word)
{
    return hash64(0xacce1000 + page, word);
}

static unsigned input_page(unsigned work)
{
    return (unsigned)(hash64(work, 1) % INPUTS);
}

static unsigned line_of(unsigned work)
{
    return (unsigned)(hash64(work, 2) % 64);
}

/* Each result has a place of its own. */
static uint64_t output_at(unsigned work)
{
    return work % OUTPUTS * (uint64_t)PAGE + work / OUTPUTS * 64ull;
}

/* --- the accelerator
 * ---------------------------------------------------------------------------------- */

static void result_written(struct op *op)
{
    if (op->error)
        fail("a result of the accelerator was refused");
    done++;
    in_flight--;
    guest_totals.works++;
    if (op->number % 8 == 7) /* to one of the guest's harts in turn */
        op_interrupt(GUEST, FILES_IOVA + op->number / 8 % GUEST_FILES * PAGE, 0x51);
}

static void input_read(struct op *op)
{
    struct op *next = op_new(GUEST, true, OUTPUTS_IOVA + output_at(op->number), 8, result_written);

    if (op->error)
        fail("an input of the accelerator was refused");
    next->number = op->number;
    for (unsigned beat = 0; beat < 8; beat++) {
        verify(GUEST, "input", op->data[beat],
               input_word(input_page(op->number), line_of(op->number) * 8 + beat));
        next->data[beat] = ~op->data[beat];
    }
    op_send(next);
}

static void stray_done(struct op *op)
{
    attempts[op->attempt].blocked += op->error;
    guest_totals.strays++;
}

static void stray(void)
{
    bool write = begun / 100 % 2 == 0;
    struct op *op = op_new(GUEST, write, write ? STRAY_IOVA : NOTHING_IOVA, 8, stray_done);

    op->hostile = true;
    op->attempt = write ? GUEST_STRAY : GUEST_NOTHING;
    attempts[op->attempt].times++;
    op_send(op);
}

void guest_step(void)
{
    struct op *op;

    if (begun == WORKS || in_flight == IN_FLIGHT || bench.cycle % 240 != 0)
        return;
    if (begun % 100 == 50)
        stray();
    op = op_new(GUEST, false,
                INPUTS_IOVA + input_page(begun) * (uint64_t)PAGE + line_of(begun) * 64ull, 8,
                input_read);
    op->number = begun++;
    in_flight++;
    op_send(op);
}

/* --- the guest
 * ------------------------------------------------------------------------------------------ */

void guest_begin(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        inputs[i] = ram_take(1u << GUEST, 0);
        for (unsigned word = 0; word < PAGE / 8; word++)
            ram_store(inputs[i] + word * 8, input_word(i, word));
        tables_map_guest(INPUTS_GPA + i * (uint64_t)PAGE, inputs[i]);
        tables_map(GUEST, INPUTS_IOVA + i * (uint64_t)PAGE, INPUTS_GPA + i * (uint64_t)PAGE, 0,
                   RIGHTS_R);
    }
    for (unsigned i = 0; i < OUTPUTS; i++) {
        outputs[i] = ram_take(1u << GUEST, 1u << GUEST);
        tables_map_guest(OUTPUTS_GPA + i * (uint64_t)PAGE, outputs[i]);
        tables_map(GUEST, OUTPUTS_IOVA + i * (uint64_t)PAGE, OUTPUTS_GPA + i * (uint64_t)PAGE, 0,
                   RIGHTS_RW);
    }
    for (unsigned i = 0; i < GUEST_FILES; i++)
        tables_map(GUEST, FILES_IOVA + i * (uint64_t)PAGE, (GUEST_FILE_PAGE + i) << 12, 0,
                   RIGHTS_RW);
    tables_map(GUEST, STRAY_IOVA, STRAY_GPA, 0, RIGHTS_RW);
}

bool guest_done(void)
{
    if (done != WORKS)
        return false;
    for (unsigned work = 0; work < WORKS; work++) {
        uint64_t at = outputs[work % OUTPUTS] + work / OUTPUTS * 64ull;

        for (unsigned beat = 0; beat < 8; beat++)
            verify(GUEST, "result", ram_load(at + beat * 8),
                   ~input_word(input_page(work), line_of(work) * 8 + beat));
    }
    return true;
}
