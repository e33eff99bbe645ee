/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software configures the IOMMU anew while devices go on: ddtp through Off to Bare or to another
 * directory, the queues off and on at another place, and fctl when all is off. Each step waits
 * until the registers say that it is over, as the specification asks of software.
 */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define STEPS 32u
#define PAGES 4u /* of the fault queue at most */

enum kind { READY, DDTP, CQ_OFF, CQ_ON, FQ_OFF, FQ_ON, PQ_OFF, PQ_ON, FCTL, DWELL, COMMANDS };

struct step {
    enum kind kind;
    uint64_t value;
};

static struct {
    unsigned rate; /* begins in one of so many cycles; 0: never */
    struct step step[STEPS];
    unsigned count, at;
    bool begun, reading;
    bool commands; /* commands may be given in this step */
    uint64_t until;
    uint64_t upper, copy; /* root of one more level above world.ddtp's; copy of its root */
    uint64_t place[3][2]; /* of the command, fault and page-request queue */
} re;

/* --- the beginning -----------------------------------------------------------------------------
 */

static unsigned mode_of(uint64_t ddtp)
{
    return (unsigned)IOMMU_GET(ddtp, IOMMU_DDTP_IOMMU_MODE);
}

/** Other directories that lead to the same device contexts. */
static void make_directories(void)
{
    uint64_t root = IOMMU_GET(world.ddtp, IOMMU_DDTP_PPN) << 12;
    unsigned most = model->config.ddt_levels == 7 ? IOMMU_DDTP_MODE_3LVL : IOMMU_DDTP_MODE_2LVL;
    uint8_t bytes[8];

    if (world.mode >= IOMMU_DDTP_MODE_1LVL && world.mode < most)
        re.upper = image_take(1);
    if (re.upper != 0)
        image_put(re.upper, 8, world.big_endian, IOMMU_PREP(IOMMU_DDTE_PPN, root >> 12) | 1);
    if (world.mode > IOMMU_DDTP_MODE_1LVL)
        re.copy = image_take(1);
    for (unsigned i = 0; re.copy != 0 && i < 4096; i += 8) {
        image_load(root + i, 8, bytes);
        image_store(re.copy + i, 8, bytes);
    }
}

void reconfigure_reset(void)
{
    memset(&re, 0, sizeof(re));
    if (one_in(3))
        re.rate = 300 + below(2500);
}

void reconfigure_initialize(uint64_t cq, uint64_t fq, uint64_t pq)
{
    if (re.rate == 0)
        return;
    make_directories();
    re.place[0][0] = cq;
    re.place[1][0] = fq;
    re.place[2][0] = pq;
    for (unsigned i = 0; i < 3; i++) {
        re.place[i][1] = image_take_queue(i == 1 ? PAGES : 1);
        if (re.place[i][1] == 0)
            re.place[i][1] = re.place[i][0];
    }
}

bool reconfigure_changes(void)
{
    return re.rate != 0;
}

bool reconfigure_active(void)
{
    return re.count != 0;
}

bool reconfigure_holds_commands(void)
{
    return re.count != 0 && !re.commands;
}

/* --- plans --------------------------------------------------------------------------------------
 */

static void plan(enum kind kind, uint64_t value)
{
    re.step[re.count++] = (struct step){kind, value};
}

static bool is_on(const struct queue *queue)
{
    return (queue->csr & IOMMU_CQCSR_CQON_MASK) != 0;
}

/** The directory of the world, or another one with the same contexts. */
static uint64_t some_directory(void)
{
    uint64_t root = IOMMU_GET(world.ddtp, IOMMU_DDTP_PPN) << 12, mode = world.mode, entry;

    if (re.upper != 0 && one_in(3)) {
        root = re.upper;
        mode++;
    } else if (re.copy != 0 && one_in(3)) {
        root = re.copy;
    } else if (mode > IOMMU_DDTP_MODE_1LVL && one_in(2)) {
        entry = image_word(root, 8, world.big_endian);
        if ((entry & 1) != 0 && image_has(IOMMU_GET(entry, IOMMU_DDTE_PPN) << 12, 4096)) {
            root = IOMMU_GET(entry, IOMMU_DDTE_PPN) << 12;
            mode--;
        }
    }
    return IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, mode) | IOMMU_PREP(IOMMU_DDTP_PPN, root >> 12);
}

/** "Software must not change the PPN field value when transitioning the iommu_mode to Off." */
static void plan_off(void)
{
    if (mode_of(model->ddtp) != IOMMU_DDTP_MODE_OFF)
        plan(DDTP, model->ddtp & ~(uint64_t)IOMMU_DDTP_IOMMU_MODE_MASK);
}

static void plan_bare(void)
{
    plan(DDTP, IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, IOMMU_DDTP_MODE_BARE) |
                   (one_in(2) ? world.ddtp & IOMMU_DDTP_PPN_MASK : 0));
    plan(DWELL, below(400));
}

static void plan_directory(void)
{
    plan_off();
    plan(DWELL, below(300));
    if (one_in(2))
        plan_bare();
    if (world.mode > IOMMU_DDTP_MODE_BARE) {
        plan(DDTP, some_directory());
    } else if (one_in(2)) {
        plan_bare();
    }
    plan(COMMANDS, 1);
}

static void plan_queue(unsigned which, bool on)
{
    static const enum kind kinds[3][2] = {{CQ_OFF, CQ_ON}, {FQ_OFF, FQ_ON}, {PQ_OFF, PQ_ON}};
    const struct queue *const queues[] = {&model->cq, &model->fq, &model->pq};

    if (!is_on(queues[which]) || (which == 2 && !has_cap(IOMMU_CAPABILITIES_ATS_MASK)))
        return;
    plan(kinds[which][on], re.place[which][below(2)]);
}

static void plan_queues(bool on)
{
    for (unsigned i = 0; i < 3; i++)
        plan_queue(i, on);
}

/** All is off, and fctl is another one for a time: the tables are not for it. */
static void plan_features(void)
{
    uint32_t other = model->fctl ^ (uint32_t)(random64() & model->config.fctl_writable);

    plan_off();
    plan_queues(false);
    plan(FCTL, other);
    plan_queues(true);
    plan(COMMANDS, 0);
    plan(DWELL, below(300));
    if (one_in(2)) {
        plan_bare();
        plan(DDTP, 0);
    }
    plan_queues(false);
    plan(FCTL, model->fctl);
    plan_queues(true);
    plan(DDTP, world.mode > IOMMU_DDTP_MODE_BARE ? some_directory() : model->ddtp);
    plan(COMMANDS, 1);
}

static void begin_plan(void)
{
    unsigned which = below(3);

    re.at = 0;
    plan(READY, 0); /* "Software must verify that the busy bit is 0 before writing to the ddtp" */
    switch (below(4)) {
    case 0:
        if (model->config.fctl_writable != 0) {
            plan_features();
            break;
        }
        __attribute__((fallthrough));
    case 1:
        plan_directory();
        break;
    default:
        plan_queue(which, false);
        plan(DWELL, below(300));
        plan_queue(which, true);
        break;
    }
}

/* --- steps --------------------------------------------------------------------------------------
 */

static void step_done(void)
{
    re.begun = re.commands = false;
    if (++re.at == re.count)
        re.count = 0;
}

static void write_both(uint32_t offset, uint32_t size, uint64_t value)
{
    note("write %x/%u: %" PRIx64, offset, size, value);
    csr_write(offset, size, value, NULL);
    iommu_mmio_write(model, offset, size, value);
}

static void ready_read(uint64_t value)
{
    re.reading = false;
    if ((value & IOMMU_DDTP_BUSY_MASK) == 0)
        step_done();
}

static void ddtp_read(uint64_t value)
{
    re.reading = false;
    if ((value & IOMMU_DDTP_BUSY_MASK) != 0)
        return;
    if (value != model->ddtp)
        fail("ddtp is %" PRIx64 ", the model's %" PRIx64, value, model->ddtp);
    pages_remember();
    mode_changed();
    cover_event("ddtp, while devices go on", mode_of(value) == IOMMU_DDTP_MODE_OFF    ? "Off"
                                             : mode_of(value) == IOMMU_DDTP_MODE_BARE ? "Bare"
                                                                                      : "levels");
    step_done();
}

/** csr of a queue, from the slot that it is in. */
static uint32_t offset_of(enum kind kind)
{
    return kind == CQ_OFF || kind == CQ_ON   ? IOMMU_REG_CQCSR
           : kind == FQ_OFF || kind == FQ_ON ? IOMMU_REG_FQCSR
                                             : IOMMU_REG_PQCSR;
}

static struct queue *queue_of(enum kind kind)
{
    return kind == CQ_OFF || kind == CQ_ON   ? &model->cq
           : kind == FQ_OFF || kind == FQ_ON ? &model->fq
                                             : &model->pq;
}

static void queue_read(uint64_t value)
{
    enum kind kind = re.step[re.at].kind;
    uint32_t offset = offset_of(kind), csr = (uint32_t)(value >> ((offset & 4) != 0 ? 32 : 0));
    bool on = kind == CQ_ON || kind == FQ_ON || kind == PQ_ON;

    re.reading = false;
    if ((csr & IOMMU_CQCSR_BUSY_MASK) != 0 || ((csr & IOMMU_CQCSR_CQON_MASK) != 0) != on)
        return;
    if (!on)
        iommu_mmio_write(model, offset, 4, queue_of(kind)->csr & IOMMU_CQCSR_CIE_MASK);
    if (kind == FQ_ON)
        records_are_kept();
    if (kind == PQ_ON)
        pages_window(false);
    if (on)
        cover_event("moved, while devices go on", kind == CQ_ON   ? "command queue"
                                                  : kind == FQ_ON ? "fault queue"
                                                                  : "page-request queue");
    step_done();
}

static void turn_off(enum kind kind)
{
    uint32_t interrupt = queue_of(kind)->csr & IOMMU_CQCSR_CIE_MASK;

    if (kind == FQ_OFF)
        records_may_be_lost();
    if (kind == PQ_OFF)
        pages_window(true);
    note("write %x/4: %x", offset_of(kind), interrupt);
    csr_write(offset_of(kind), 4, interrupt,
              NULL); /* the model's is on until the design's is off */
}

/** At another place, perhaps, and of another size. */
static void turn_on(enum kind kind, uint64_t place)
{
    uint32_t interrupt = one_in(2) ? IOMMU_CQCSR_CIE_MASK : 0;
    unsigned log2 = kind == CQ_ON ? 5 + below(4) : kind == FQ_ON ? 3 + below(7) : 1 + below(8);

    if (kind == FQ_ON)
        fault_queue_was_full = false;
    write_both(kind == CQ_ON   ? IOMMU_REG_CQB
               : kind == FQ_ON ? IOMMU_REG_FQB
                               : IOMMU_REG_PQB,
               8, place >> 12 << 10 | (log2 - 1));
    write_both(kind == CQ_ON ? IOMMU_REG_CQT : kind == FQ_ON ? IOMMU_REG_FQH : IOMMU_REG_PQH, 4, 0);
    write_both(offset_of(kind), 4, IOMMU_CQCSR_CQEN_MASK | interrupt);
    software_queue_moved(kind == CQ_ON, kind == FQ_ON, place);
}

static void begin_step(const struct step *step)
{
    re.begun = true;
    switch (step->kind) {
    case READY:
        break;
    case DDTP:
        pages_remember();
        mode_changes();
        write_both(IOMMU_REG_DDTP, 8, step->value);
        break;
    case CQ_OFF:
    case FQ_OFF:
    case PQ_OFF:
        turn_off(step->kind);
        break;
    case CQ_ON:
    case FQ_ON:
    case PQ_ON:
        turn_on(step->kind, step->value);
        break;
    case FCTL:
        pages_remember();
        write_both(IOMMU_REG_FCTL, 4, step->value);
        cover_event("fctl, while devices go on", "changed");
        step_done();
        break;
    case DWELL:
        re.until = bench.cycle + step->value;
        break;
    default:
        re.commands = true;
        software_commands(step->value != 0);
        break;
    }
}

static void poll(uint32_t offset, csr_done_fn *done)
{
    if (re.reading || !csr_idle())
        return;
    re.reading = true;
    csr_read(offset & ~7u, done);
}

static void go_on(void)
{
    switch (re.step[re.at].kind) {
    case READY:
        poll(IOMMU_REG_DDTP, ready_read);
        break;
    case DDTP:
        poll(IOMMU_REG_DDTP, ddtp_read);
        break;
    case DWELL:
        if (bench.cycle >= re.until)
            step_done();
        break;
    case COMMANDS:
        if (software_settled())
            step_done();
        break;
    case FCTL:
        break;
    default:
        poll(offset_of(re.step[re.at].kind), queue_read);
        break;
    }
}

void reconfigure_step(bool traffic)
{
    if (re.count == 0) {
        if (!traffic || re.rate == 0 || !one_in(re.rate) || !software_settled())
            return;
        begin_plan();
    }
    if (re.begun)
        go_on();
    else
        begin_step(&re.step[re.at]);
}
