/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network card that receives into a ring of buffers, and its driver. Each buffer is mapped
 * for one packet: when it has come, the driver checks it, takes the page away, invalidates,
 * fences, and posts another page at another address.
 */
#include "demo.h"

#define PACKETS 560u
#define RING 128u
#define RING_IOVA 0x10000000ull
#define COMPLETIONS_IOVA 0x10001000ull
#define INTERRUPT_IOVA 0x10002000ull
#define BUFFERS_IOVA 0x20000000ull
#define BUFFERS 512u      /* addresses that are used in turn */
#define PACKET_BEATS 188u /* 1,504 bytes */
#define IN_FLIGHT 4u
#define BATCH 16u

struct nic_totals nic_totals;

static uint64_t ring, completions;
static struct buffer {
    uint64_t iova, page, pte;
} buffer[RING]; /* by place in the ring */

static struct {
    unsigned begun, in_flight; /* packets */
} card;

static struct {
    unsigned posted, received;
    unsigned retired; /* packets whose page is being taken away */
    uint32_t fence;   /* that this waits for; 0: none */
    struct buffer batch[BATCH];
} driver;

/* --- the card
 * --------------------------------------------------------------------------------------- */

static uint64_t packet_word(unsigned packet, unsigned beat)
{
    return hash64(0x4e1c0000 + packet, beat);
}

static void completion_written(struct op *op)
{
    if (op->error)
        fail("a completion of the NIC was refused");
    card.in_flight--;
    if (op->number % 8 == 7)
        op_interrupt(NIC, INTERRUPT_IOVA, 0x31);
}

static void packet_written(struct op *op)
{
    struct op *next =
        op_new(NIC, true, COMPLETIONS_IOVA + op->number % RING * 16, 2, completion_written);

    if (op->error)
        fail("packet %u was refused", op->number);
    next->number = op->number;
    next->data[0] = op->number + 1;
    next->data[1] = PACKET_BEATS * 8;
    op_send(next);
}

static void descriptor_read(struct op *op)
{
    struct op *next;

    if (op->error) {
        fail("a descriptor of the NIC was refused");
        return;
    }
    verify(NIC, "descriptor", op->data[1], op->number + 1);
    next = op_new(NIC, true, op->data[0], PACKET_BEATS, packet_written);
    next->number = op->number;
    for (unsigned beat = 0; beat < PACKET_BEATS; beat++)
        next->data[beat] = packet_word(op->number, beat);
    op_send(next);
}

static void card_step(void)
{
    struct op *op;

    if (card.begun == PACKETS || card.begun == driver.posted || card.in_flight == IN_FLIGHT ||
        bench.cycle % 100 != 0)
        return;
    op = op_new(NIC, false, RING_IOVA + card.begun % RING * 16, 2, descriptor_read);
    op->number = card.begun++;
    card.in_flight++;
    op_send(op);
}

/* --- its driver
 * ----------------------------------------------------------------------------------------- */

static void post(void)
{
    struct buffer *now = &buffer[driver.posted % RING];

    now->iova = BUFFERS_IOVA + driver.posted % BUFFERS * PAGE;
    now->page = ram_take(0, 1u << NIC);
    now->pte = tables_map(NIC, now->iova, now->page, 0, RIGHTS_RW);
    ram_store(ring + driver.posted % RING * 16, now->iova);
    ram_store(ring + driver.posted % RING * 16 + 8, driver.posted + 1);
    driver.posted++;
    nic_totals.maps++;
}

static void retire(void)
{
    remember_all();
    for (unsigned i = 0; i < BATCH; i++) {
        struct buffer *old = &buffer[(driver.retired + i) % RING];

        driver.batch[i] = *old;
        tables_unmap(old->pte);
        driver_invalidate(NIC, old->iova);
        nic_totals.unmaps++;
    }
    driver.fence = driver_fence();
}

static void receive(void)
{
    uint64_t entry = completions + driver.received % RING * 16;
    const struct buffer *of = &buffer[driver.received % RING];

    if (ram_load(entry) != driver.received + 1)
        return;
    for (unsigned beat = 0; beat < PACKET_BEATS; beat++)
        verify(NIC, "packet", ram_load(of->page + beat * 8), packet_word(driver.received, beat));
    driver.received++;
    nic_totals.packets++;
}

void nic_begin(void)
{
    ring = ram_take(1u << NIC, 0);
    completions = ram_take(0, 1u << NIC);
    tables_map(NIC, RING_IOVA, ring, 0, RIGHTS_R);
    tables_map(NIC, COMPLETIONS_IOVA, completions, 0, RIGHTS_RW);
    tables_map(NIC, INTERRUPT_IOVA, INTERRUPT_FILES + 1 * PAGE, 0, RIGHTS_RW);
    while (driver.posted < RING)
        post();
}

void nic_step(void)
{
    card_step();
    if (driver.received < PACKETS)
        receive();
    if (driver.fence == 0 && driver.received - driver.retired >= BATCH)
        retire();
    if (driver.fence != 0 && driver_fenced(driver.fence)) {
        driver.fence = 0;
        remember_all();
        for (unsigned i = 0; i < BATCH; i++) {
            ram_free(driver.batch[i].page);
            driver.retired++;
            if (driver.posted < PACKETS)
                post();
        }
    }
}

bool nic_done(void)
{
    return driver.received == PACKETS && driver.retired == PACKETS;
}
