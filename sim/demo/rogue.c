/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that has been taken over. It may read its firmware and write to a mailbox, which its
 * driver takes away in the middle of the run; it tries everything else that it can think of.
 */
#include <stddef.h>

#include "demo.h"

#define ROUNDS 5u
#define FIRMWARE_IOVA 0x30000000ull
#define MAILBOX_IOVA 0x30001000ull
#define NOBODY 0x00000700u /* a device_id without a context */
#define REVOKE_AT 100000u  /* cycles */

struct rogue_totals rogue_totals;
struct attempt attempts[ATTEMPTS] = {
    {.what = "overwrite its own firmware, which is mapped read-only"},
    {.what = "scan addresses that nobody mapped"},
    {.what = "read the IOMMU's tables by their physical address"},
    {.what = "overwrite the IOMMU's tables by their physical address"},
    {.what = "use an address beyond what Sv39 can say"},
    {.what = "execute from its mailbox, which has no X"},
    {.what = "claim that an address is translated already (ATS)"},
    {.what = "name a process (PASID) though it has none"},
    {.what = "pose as a device that is not there"},
    {.what = "write to another device's buffer by its address"},
    {.what = "raise an interrupt of a virtual machine"},
    {.what = "use its mailbox after that was unmapped"},
    {.what = "(VM) do DMA to memory that the guest does not have"},
    {.what = "(VM) do DMA to what the guest has not mapped"},
};

static uint64_t firmware, mailbox, mailbox_pte;
static unsigned round_now, attempt_now;
static uint32_t fence;
static bool unmapped;

static void letter_written(struct op *op)
{
    if (op->error)
        fail("a write to the mailbox was refused while it was mapped");
    rogue_totals.letters++;
}

static void tried(struct op *op)
{
    attempts[op->attempt].blocked += op->error;
}

static uint64_t target_of(unsigned attempt)
{
    switch (attempt) {
    case 0:
        return FIRMWARE_IOVA + 0x40;
    case 1:
        return 0x31000000ull + round_now * 0x1357000ull;
    case 2:
    case 3:
        return (IOMMU_GET(tables_ddtp, IOMMU_DDTP_PPN) << 12) + 0x1000;
    case 4:
        return 0x0123456789abc000ull + round_now * 0x1000000000ull;
    case 6:
    case 10:
        return INTERRUPT_FILES + 4 * PAGE;
    case 9:
        return 0x40000000ull; /* where the drive has its own */
    default:
        return MAILBOX_IOVA;
    }
}

static void attempt(unsigned number)
{
    bool write = number != 1 && number != 2 && number != 4 && number != 5;
    struct op *op = op_new(ROGUE, write, target_of(number), 1, tried);

    op->hostile = true;
    op->attempt = number;
    op->execute = number == 5;
    op->translated = number == 6;
    op->pasid = number == 7;
    op->word = number == 6 || number == 10;
    if (number == 8)
        op->device_id = NOBODY;
    op->data[0] = 0xbadbadbadbadbadull;
    attempts[number].times++;
    op_send(op);
}

static void revoke(void)
{
    remember_all();
    tables_unmap(mailbox_pte);
    driver_invalidate(ROGUE, MAILBOX_IOVA);
    fence = driver_fence();
    unmapped = true;
}

void rogue_step(void)
{
    if (!unmapped && bench.cycle >= REVOKE_AT)
        revoke();
    if (unmapped && rogue_totals.revoked == 0 && driver_fenced(fence))
        rogue_totals.revoked = bench.cycle;
    if (!unmapped && bench.cycle % 2500 == 700) {
        struct op *op = op_new(ROGUE, true, MAILBOX_IOVA, 8, letter_written);

        for (unsigned i = 0; i < 8; i++)
            op->data[i] = hash64(bench.cycle, i);
        op_send(op);
    }
    if (round_now == ROUNDS || bench.cycle % 3500 != 0 || bench.cycle < 3000)
        return;
    /* Until the mailbox is gone, that it is gone cannot be tried. */
    if (attempt_now != 11 || rogue_totals.revoked != 0)
        attempt(attempt_now);
    attempt_now = (attempt_now + 1) % 12;
    round_now += attempt_now == 0;
}

void rogue_begin(void)
{
    firmware = ram_take(1u << ROGUE, 0);
    mailbox = ram_take(1u << ROGUE, 1u << ROGUE);
    tables_map(ROGUE, FIRMWARE_IOVA, firmware, 0, RIGHTS_R);
    mailbox_pte = tables_map(ROGUE, MAILBOX_IOVA, mailbox, 0, RIGHTS_RW);
}

bool rogue_done(void)
{
    return round_now == ROUNDS && rogue_totals.revoked != 0;
}
