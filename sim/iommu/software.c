/* SPDX-License-Identifier: Apache-2.0 */
/* Software: sets up the IOMMU, changes tables, gives commands, and looks at registers. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define CQ_ERRORS (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)
#define FQ_ERRORS (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)
#define QUIET_CYCLES 120u
#define EMPTY_CYCLES 1200u
#define QUIET_LIMIT 60000u

static struct {
    uint64_t cq, fq, pq, fences;
    uint32_t tail; /* of the command queue, not rung yet */
    unsigned rate; /* something is changed in so many cycles; 0: nothing */
    unsigned command_rate, poll_rate, illegal_rate, quiesce_rate;
    /* Changes since everything was invalidated, and before: while that is not done. The sets of
     * what is allowed grow with them. */
    unsigned stale, stale_before;
    bool everything_pending;
    uint32_t everything_at; /* the command behind it */
    bool polling;
    uint32_t asked_at; /* the model's head when a poll was begun */
    uint32_t fence_count;
    uint32_t fq_head_done; /* as the design has it for certain */
    bool fq_head_writing;
    uint64_t quiesce_until;
    bool quiescing;
    unsigned long debugs_given;    /* debug translations since reset */
    unsigned long commands_before; /* counts.commands at reset */
} sw;

static struct {
    bool active, polled, reading, done, debugging;
    unsigned stage, slot, debugs;
    uint64_t quiet_since, began;
    bool commands_over;
} quiet;

static struct txn debug_txn; /* a debug translation that is under way */
static bool debug_active;

/* --- registers of both ----------------------------------------------------------------------- */

static void write_both(uint32_t offset, uint32_t size, uint64_t value)
{
    note("write %x/%u: %" PRIx64, offset, size, value);
    csr_write(offset, size, value, NULL);
    iommu_mmio_write(model, offset, size, value);
}

/* --- commands ----------------------------------------------------------------------------------
 */

bool command_put(uint64_t low, uint64_t high)
{
    uint32_t mask = queue_mask(&model->cq);
    uint8_t bytes[16];
    bool be = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;

    if (((sw.tail + 1) & mask) == model->cq.head || (model->cq.csr & IOMMU_CQCSR_CQON_MASK) == 0 ||
        reconfigure_holds_commands())
        return false;
    note("command %u: %016" PRIx64 " %016" PRIx64, sw.tail, low, high);
    store_word(bytes, 8, be, low);
    store_word(bytes + 8, 8, be, high);
    image_store(sw.cq + sw.tail * 16ull, 16, bytes);
    sw.tail = (sw.tail + 1) & mask;
    return true;
}

bool software_commands_done(void)
{
    return sw.tail == model->cq.head || (model->cq.csr & CQ_ERRORS) != 0;
}

void software_queue_moved(bool commands, bool faults, uint64_t place)
{
    if (commands) {
        trace_commands_anew();
        sw.cq = place;
        sw.tail = 0;
    } else if (faults) {
        sw.fq_head_done = 0; /* before records come */
    }
}

static void ring(void)
{
    uint32_t mask = queue_mask(&model->cq);

    if (sw.tail == model->cq.tail || itags_hold_commands())
        return;
    for (uint32_t i = model->cq.tail; i != sw.tail; i = (i + 1) & mask)
        command_times[i] = (struct command_times){++model->history->time, bench.cycle};
    write_both(IOMMU_REG_CQT, 4, sw.tail);
}

void command_everything(void)
{
    uint64_t vma = IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOTINVAL_VMA);
    uint64_t gvma = IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOTINVAL_GVMA);
    uint32_t room = (model->cq.head - sw.tail - 1) & queue_mask(&model->cq);

    if (room < SPACES2 + 4 || sw.everything_pending)
        return;
    command_put(vma, 0);
    for (unsigned i = 0; i < SPACES2; i++)
        command_put(vma | IOMMU_CMD_IOTINVAL_GV_MASK |
                        IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, world.second[i].id),
                    0);
    command_put(gvma, 0);
    if (command_put(IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_DDT),
                    0)) {
        sw.stale_before += sw.stale;
        sw.stale = 0;
        sw.everything_pending = true;
        sw.everything_at = sw.tail;
    }
}

/** Has the design done what invalidates everything? */
static void look_for_everything(void)
{
    uint32_t mask = queue_mask(&model->cq);

    if (sw.everything_pending &&
        ((sw.tail - model->cq.head) & mask) <= ((sw.tail - sw.everything_at) & mask)) {
        sw.everything_pending = false;
        sw.stale_before = 0;
    }
}

bool software_settled(void)
{
    look_for_everything();
    return sw.tail == model->cq.head && sw.tail == model->cq.tail && !sw.polling &&
           !sw.fq_head_writing && !sw.everything_pending && csr_idle() && !itags_hold_commands() &&
           (model->cq.csr & CQ_ERRORS) == 0;
}

static void command_fence(void)
{
    uint64_t low = IOMMU_OPCODE_IOFENCE, high = 0;

    if (one_in(2))
        low |= IOMMU_CMD_IOFENCE_PR_MASK;
    if (one_in(2))
        low |= IOMMU_CMD_IOFENCE_PW_MASK;
    if ((model->fctl & IOMMU_FCTL_WSI_MASK) != 0 && one_in(4))
        low |= IOMMU_CMD_IOFENCE_WSI_MASK;
    if (!one_in(4)) {
        low |= IOMMU_CMD_IOFENCE_AV_MASK |
               IOMMU_PREP(IOMMU_CMD_IOFENCE_DATA, (uint64_t)++sw.fence_count);
        high = IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, (sw.fences + below(1024) * 4ull) >> 2);
    }
    command_put(low, high);
}

/** Perhaps legal all the same; then it stores nowhere. */
static uint64_t illegal_command(uint64_t low)
{
    uint64_t opcode;

    if (bench.churn && one_in(2)) /* one that there is not, of an opcode that there is */
        return (one_in(2) ? low & ~(IOMMU_CMD_OPCODE_MASK | IOMMU_CMD_FUNC3_MASK) : 0) |
               (1 + below(4)) | IOMMU_PREP(IOMMU_CMD_FUNC3, 2 + below(6));
    switch (below(5)) {
    case 0:
        return 64 + below(64);
    case 1: /* without wires */
        return IOMMU_OPCODE_IOFENCE | IOMMU_CMD_IOFENCE_WSI_MASK;
    case 2:
        if (!has_cap(IOMMU_CAPABILITIES_ATS_MASK))
            return IOMMU_OPCODE_ATS | IOMMU_PREP(IOMMU_CMD_FUNC3, below(2));
        break;
    case 3:
        low ^= 1ull << below(64);
        break;
    default:
        low = random64();
        break;
    }
    opcode = IOMMU_GET(low, IOMMU_CMD_OPCODE);
    return opcode == IOMMU_OPCODE_IOFENCE || opcode == IOMMU_OPCODE_ATS ? 0x7f : low;
}

static uint64_t ats_command(unsigned func3)
{
    uint64_t low = IOMMU_OPCODE_ATS | IOMMU_PREP(IOMMU_CMD_FUNC3, func3);
    uint32_t device_id = world.device[below(world.device_count)].device_id;

    if (one_in(2))
        return low | (random64() &
                      (IOMMU_CMD_ATS_RID_MASK | IOMMU_CMD_ATS_PV_MASK | IOMMU_CMD_ATS_DSV_MASK |
                       IOMMU_CMD_ATS_PID_MASK | IOMMU_CMD_ATS_DSEG_MASK));
    return low | IOMMU_CMD_ATS_DSV_MASK | IOMMU_PREP(IOMMU_CMD_ATS_DSEG, device_id >> 16) |
           IOMMU_PREP(IOMMU_CMD_ATS_RID, device_id & 0xffff);
}

static void command_any(void)
{
    uint64_t low, high = 0;

    switch (below(4)) {
    case 0:
        command_fence();
        return;
    case 1:
        low = IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_DDT) |
              IOMMU_CMD_IODIR_DV_MASK |
              IOMMU_PREP(IOMMU_CMD_IODIR_DID, world.device[below(world.device_count)].device_id);
        break;
    default:
        low = IOMMU_OPCODE_IOTINVAL | (random64() & IOMMU_CMD_IOTINVAL_NL_MASK) |
              (random64() & IOMMU_CMD_IOTINVAL_GV_MASK) | IOMMU_PREP(IOMMU_CMD_FUNC3, below(2)) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, world.second[below(SPACES2)].id);
        if (IOMMU_GET(low, IOMMU_CMD_FUNC3) == IOMMU_FUNC3_IOTINVAL_VMA && one_in(2))
            low |= IOMMU_CMD_IOTINVAL_PSCV_MASK |
                   IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, world.first[below(SPACES1)].id);
        if (one_in(2)) {
            low |= IOMMU_CMD_IOTINVAL_AV_MASK;
            high = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, random64() >> below(30)) |
                   (random64() & IOMMU_CMD_IOTINVAL_S_MASK);
        }
        break;
    }
    if (has_cap(IOMMU_CAPABILITIES_ATS_MASK) && one_in(itags_time_out() ? 2 : 8)) {
        low = ats_command(below(2));
        high = random64();
        command_put(low, high); /* twice, so that there are two at a time */
    } else if (sw.illegal_rate != 0 && one_in(sw.illegal_rate)) {
        low = illegal_command(low);
    }
    command_put(low, high);
}

/** Devices are told to forget translations, and waited for, as a driver does. */
static void command_devices(void)
{
    for (unsigned i = 1 + below(3); i > 0; i--)
        command_put(ats_command(IOMMU_FUNC3_ATS_INVAL), random64());
    if (!one_in(4))
        command_fence();
    ring();
}

/** What comes in the place of the command at which the queue has stopped. */
static void replace_command(uint64_t low, uint64_t high)
{
    uint8_t bytes[16];
    bool be = (model->fctl & IOMMU_FCTL_BE_MASK) != 0;

    note("instead of command %u: %016" PRIx64 " %016" PRIx64, model->cq.head, low, high);
    store_word(bytes, 8, be, low);
    store_word(bytes + 8, 8, be, high);
    image_store(sw.cq + model->cq.head * 16ull, 16, bytes);
}

/** The command queue has stopped: the fence is tried again, or devices are asked once more. */
static void repair(uint32_t clear)
{
    uint32_t mask = queue_mask(&model->cq);
    bool illegal = (model->cq.csr & IOMMU_CQCSR_CMD_ILL_MASK) != 0;
    bool late = (model->cq.csr & IOMMU_CQCSR_CMD_TO_MASK) != 0;

    if (illegal)
        replace_command(IOMMU_OPCODE_IOFENCE, 0);
    else if (late && one_in(3))
        replace_command(ats_command(IOMMU_FUNC3_ATS_INVAL), random64());
    for (uint32_t i = model->cq.head; i != model->cq.tail; i = (i + 1) & mask)
        command_times[i] = (struct command_times){++model->history->time, bench.cycle};
    if (illegal)
        features_event(COVER_REPAIR);
    if (late)
        features_event(COVER_CMD_TO);
    cover_event("command queue", illegal ? "illegal" : late ? "time-out" : "stopped");
    /* At once with the fence's bit: a fence that is carried out next sets it again. */
    write_both(IOMMU_REG_CQCSR, 4,
               CQ_ERRORS | IOMMU_CQCSR_CQEN_MASK |
                   (model->cq.csr & (IOMMU_CQCSR_CIE_MASK | clear)));
}

/* --- polling
 * --------------------------------------------------------------------------------------- */

static void head_read(uint64_t value)
{
    sw.polling = false;
    note("cqh is %u", (uint32_t)value);
    commands_done(sw.asked_at, (uint32_t)value & queue_mask(&model->cq));
}

static void csr_polled(uint64_t value)
{
    uint32_t cqcsr = (uint32_t)value;

    sw.polling = false;
    note("cqcsr is %x", cqcsr);
    if ((cqcsr & CQ_ERRORS) == 0)
        return;
    commands_stopped();
    if (itags_hold_commands())
        return; /* later */
    if ((cqcsr & CQ_ERRORS) != (model->cq.csr & CQ_ERRORS))
        fail("cqcsr is %x, the model's %x", cqcsr, model->cq.csr);
    else
        repair(0);
}

static void fq_head_written(uint64_t value)
{
    (void)value;
    sw.fq_head_writing = false;
    sw.fq_head_done = model->fq.head;
}

bool fault_queue_full_for_design(void)
{
    return ((model->fq.tail + 1) & queue_mask(&model->fq)) == sw.fq_head_done;
}

static void empty_fault_queue(void)
{
    uint32_t mask = queue_mask(&model->fq);
    uint32_t filled = (model->fq.tail - model->fq.head) & mask;

    if (sw.fq_head_writing || filled <= mask / 2 || !one_in(20))
        return;
    sw.fq_head_writing = true;
    csr_write(IOMMU_REG_FQH, 4, model->fq.tail, fq_head_written);
    iommu_mmio_write(model, IOMMU_REG_FQH, 4, model->fq.tail);
}

/* --- while traffic runs
 * ------------------------------------------------------------------------------ */

void software_commands(bool directories)
{
    if (directories && !one_in(4))
        command_put(IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_DDT),
                    0);
    for (unsigned i = below(3); i > 0; i--)
        command_fence();
    ring();
}

static void change(void)
{
    look_for_everything();
    if (sw.stale + sw.stale_before > 9) {
        ring();
        return;
    }
    remember_all();
    pages_remember();
    for (unsigned i = 1 + below(3); i > 0; i--) {
        world_mutate();
        sw.stale++;
    }
    if (sw.stale > 5)
        command_everything();
    if (!one_in(3))
        command_fence();
    if (!one_in(4))
        ring();
}

static void step_quiesce(void)
{
    if (!sw.quiescing && sw.quiesce_rate != 0 && one_in(sw.quiesce_rate)) {
        sw.quiescing = true;
        sw.quiesce_until = 0;
        bench.in.quiesce_req = 1;
        cover_event("quiesce", "asked");
    }
    if (!sw.quiescing)
        return;
    if (bench.out.quiesce_ack && sw.quiesce_until == 0) {
        sw.quiesce_until = bench.cycle + 1 + below(200);
        cover_event("quiesce", "done");
        features_event(COVER_QUIESCE);
    }
    if (!bench.in.quiesce_req) { /* it has let go */
        sw.quiescing = bench.out.quiesce_ack;
        return;
    }
    if (sw.quiesce_until == 0)
        return;
    for (unsigned port = 0; port < PORTS; port++) {
        for (unsigned write = 0; write < 2; write++) {
            for (unsigned i = 0; i < flight[port][write].count; i++) {
                if (flight[port][write].txn[i]->accepted)
                    fail("quiesce_ack, but not over: %s", txn_text(flight[port][write].txn[i]));
            }
        }
    }
    bench.progress = bench.cycle;
    if (bench.cycle >= sw.quiesce_until) {
        bench.in.quiesce_req = 0;
    }
}

static void poll_commands(void)
{
    sw.polling = true;
    sw.asked_at = model->cq.head;
    if (one_in(2))
        csr_read(IOMMU_REG_CQH, head_read);
    else
        csr_read(IOMMU_REG_CQCSR, csr_polled);
}

void software_step(bool traffic)
{
    bool commands = !reconfigure_holds_commands();

    if (!reconfigure_active())
        empty_fault_queue();
    step_quiesce();
    reconfigure_step(traffic);
    if (!traffic && !reconfigure_active())
        return;
    if (commands && !sw.polling && csr_idle() && one_in(sw.poll_rate))
        poll_commands();
    if (!traffic || reconfigure_active())
        return;
    if (sw.rate != 0 && one_in(sw.rate))
        change();
    if (sw.command_rate != 0 && one_in(sw.command_rate)) {
        command_any();
        if (!one_in(4))
            ring();
    }
    if (itags_time_out() && one_in(1500))
        command_devices();
}

/* --- all is quiet
 * -------------------------------------------------------------------------------------- */

void software_begin_quiet(void)
{
    memset(&quiet, 0, sizeof(quiet));
    quiet.active = true;
    quiet.began = quiet.quiet_since = bench.cycle;
    /* Where IDs are ambiguous, caches may answer, and leave no single answer that is right. */
    quiet.debugs = !world.aliases && has_cap(IOMMU_CAPABILITIES_DBG_MASK) ? 1 + below(8) : 0;
    device_hold = true;
    if (quiet.debugs != 0 && sw.stale != 0)
        command_everything();
    if (!reconfigure_active())
        ring();
}

static void quiet_head_read(uint64_t value)
{
    uint32_t head = (uint32_t)value & queue_mask(&model->cq);

    quiet.polled = false;
    if (head != sw.asked_at)
        quiet.began = bench.cycle; /* it goes on */
    commands_done(sw.asked_at, head);
    if (head == model->cq.tail)
        quiet.commands_over = true;
}

static void quiet_csr_read(uint64_t value)
{
    quiet.polled = false;
    if (((uint32_t)value & CQ_ERRORS) != 0)
        commands_stopped();
    if (((uint32_t)value & CQ_ERRORS) != 0 || ((uint32_t)value & IOMMU_CQCSR_CQON_MASK) == 0)
        quiet.commands_over = true;
}

static bool counts_requests(unsigned counter)
{
    uint64_t event = IOMMU_GET(model->hpm_event[counter], IOMMU_IOHPMEVT_EVENTID);

    return event <= IOMMU_HPM_EVENT_ATS_REQ;
}

/** Bits of a slot that the model knows. */
static uint64_t comparable(uint32_t slot)
{
    if (slot == IOMMU_REG_IOHPMCYCLES)
        return 0;
    if (slot == IOMMU_REG_IOCOUNTOVF)
        return ~1ull;
    if (slot >= IOMMU_REG_IOHPMCTR(1) && slot < IOMMU_REG_IOHPMCTR(1) + 31 * 8 &&
        !counts_requests((slot - IOMMU_REG_IOHPMCTR(1)) / 8 + 1))
        return 0;
    return ~0ull;
}

/**
 * Counters of events that depend on what is in caches, without a filter: what was read on the
 * memory port bounds them. What is read for nobody, ahead, is not counted, so they may be less.
 */
static void check_counter(unsigned counter, uint64_t value)
{
    static const enum iommu_structure read_for[] = {
        [IOMMU_HPM_EVENT_DDT_WALK] = IOMMU_DDT,
        [IOMMU_HPM_EVENT_PDT_WALK] = IOMMU_PDT,
        [IOMMU_HPM_EVENT_FIRST_STAGE_WALK] = IOMMU_FIRST_STAGE,
        [IOMMU_HPM_EVENT_SECOND_STAGE_WALK] = IOMMU_SECOND_STAGE};
    uint64_t selector = model->hpm_event[counter], most;
    bool directory = selector == IOMMU_HPM_EVENT_DDT_WALK || selector == IOMMU_HPM_EVENT_PDT_WALK;

    if ((model->iocountinh >> counter & 1) != 0 || selector < IOMMU_HPM_EVENT_TLB_MISS ||
        selector > IOMMU_HPM_EVENT_SECOND_STAGE_WALK)
        return;
    /* After a fence what waits asks once more, and so do walks that an invalidation concerns. */
    most = selector == IOMMU_HPM_EVENT_TLB_MISS
               ? (requests_accepted + sw.debugs_given) * (1 + counts.commands - sw.commands_before)
               : memport_reads[read_for[selector]];
    if (value > most || (directory && most != 0 && value == 0))
        fail("counter %u of event %u is %" PRIu64 ", by what was seen at most %" PRIu64, counter,
             (unsigned)selector, value, most);
    else if (value != 0)
        features_counted((unsigned)selector);
}

static void register_read(uint64_t value)
{
    uint64_t expected, mask = comparable(quiet.slot);

    /* A record that need not have been made may have met a full queue. */
    if (quiet.slot == IOMMU_REG_CQCSR && perhaps_overflow &&
        (value >> 32 & IOMMU_FQCSR_FQOF_MASK) != 0 &&
        (model->fq.csr & IOMMU_FQCSR_FQON_MASK) != 0) {
        model->fq.csr |= IOMMU_FQCSR_FQOF_MASK;
        interrupts_update(model, 0);
    }
    if (quiet.slot == IOMMU_REG_PQCSR && perhaps_page_overflow &&
        (value & IOMMU_PQCSR_PQOF_MASK) != 0) {
        model->pq.csr |= IOMMU_PQCSR_PQOF_MASK;
        interrupts_update(model, 0);
    }
    if (quiet.slot >= IOMMU_REG_IOHPMCTR(1) && quiet.slot < IOMMU_REG_IOHPMCTR(1) + 31 * 8)
        check_counter((quiet.slot - IOMMU_REG_IOHPMCTR(1)) / 8 + 1, value);
    iommu_mmio_read(model, quiet.slot, 8, &expected);
    counts.registers++;
    if (((value ^ expected) & mask) != 0)
        fail("the registers at %x are %016" PRIx64 ", the model's %016" PRIx64, quiet.slot, value,
             expected);
    else
        features_register(quiet.slot, value & mask);
    quiet.slot += 8;
    quiet.reading = false;
}

static void compare_registers(void)
{
    if (quiet.slot == 0 && bench.out.wires != iommu_wires(model))
        fail("the wires are %x, the model's %x", bench.out.wires, iommu_wires(model));
    else if (quiet.slot == 0)
        features_rest();
    if (quiet.slot == 0x400) {
        trace_quiet();
        quiet.stage++;
        return;
    }
    if (!quiet.reading) {
        quiet.reading = true;
        csr_read(quiet.slot, register_read);
    }
}

/** Pending bits are cleared before their causes, sometimes. */
static void clear_pending(void)
{
    uint32_t written = model->ipsr;

    if (written == 0)
        return;
    write_both(IOMMU_REG_IPSR, 4, written);
    features_level(written);
}

/** Messages that are held back go, where the vector was masked. */
static void unmask(void)
{
    for (unsigned i = 0; i < 1u << model->config.vector_bits; i++) {
        if (model->msi_vec_ctl[i] != 0)
            write_both(IOMMU_REG_MSI_VEC_CTL(i), 4, 0);
    }
}

/** Put everything back in order. */
static void clean_up(void)
{
    if (one_in(3))
        clear_pending();
    if (one_in(3))
        unmask();
    if ((model->cq.csr & CQ_ERRORS) != 0)
        repair(IOMMU_CQCSR_FENCE_W_IP_MASK);
    else if ((model->cq.csr & IOMMU_CQCSR_FENCE_W_IP_MASK) != 0)
        write_both(IOMMU_REG_CQCSR, 4,
                   IOMMU_CQCSR_FENCE_W_IP_MASK | IOMMU_CQCSR_CQEN_MASK |
                       (model->cq.csr & IOMMU_CQCSR_CIE_MASK));
    write_both(IOMMU_REG_FQH, 4, model->fq.tail);
    sw.fq_head_done = model->fq.tail;
    if ((model->fq.csr & FQ_ERRORS) != 0)
        write_both(IOMMU_REG_FQCSR, 4,
                   FQ_ERRORS | IOMMU_FQCSR_FQEN_MASK | (model->fq.csr & IOMMU_FQCSR_FIE_MASK));
    fault_queue_was_full = false;
    perhaps_page_overflow = false;
    if (has_cap(IOMMU_CAPABILITIES_ATS_MASK)) {
        write_both(IOMMU_REG_PQH, 4, model->pq.tail);
        write_both(IOMMU_REG_PQCSR, 4,
                   IOMMU_PQCSR_PQMF_MASK | IOMMU_PQCSR_PQOF_MASK | IOMMU_PQCSR_PQEN_MASK |
                       (model->pq.csr & IOMMU_PQCSR_PIE_MASK));
    }
    clear_pending();
    quiet.stage++;
}

/* --- debug
 * --------------------------------------------------------------------------------------------------
 */

static void note_beyond(void)
{
    model->tr_response = IOMMU_TR_RESPONSE_FAULT_MASK;
    cover_event("debug", "address beyond physical addresses");
}

/** The design has answered: what does the model say? */
static void debug_response_read(uint64_t value)
{
    model_debugs(value);
    debug_active = false;
    quiet.debugs--;
    note("debug response %016" PRIx64 ", the model's %016" PRIx64, value, model->tr_response);
    /* Not translated, and no memory has the address: refused, as a device's access is. */
    if (value == IOMMU_TR_RESPONSE_FAULT_MASK &&
        (model->tr_response & IOMMU_TR_RESPONSE_FAULT_MASK) == 0 &&
        (model->tr_req_iova & ~model->pas_mask) != 0)
        note_beyond();
    if (value != model->tr_response)
        explain_request(&debug_txn);
    if (value != model->tr_response)
        fail("tr_response is %016" PRIx64 ", the model's %016" PRIx64 " for iova %" PRIx64
             " control %" PRIx64,
             value, model->tr_response, model->tr_req_iova, model->tr_req_ctl);
    else
        features_debug(model->tr_req_ctl, value, (model->fq.csr & IOMMU_FQCSR_FQON_MASK) != 0);
}

static void debug_control_read(uint64_t value)
{
    quiet.reading = false;
    if ((value & IOMMU_TR_REQ_CTL_GO_BUSY_MASK) != 0)
        return;
    quiet.debugging = false;
    csr_read(IOMMU_REG_TR_RESPONSE, debug_response_read);
}

static void debug_begin(void)
{
    struct iommu_request request;
    uint64_t control = IOMMU_TR_REQ_CTL_GO_BUSY_MASK;

    memset(&request, 0, sizeof(request));
    memset(&debug_txn, 0, sizeof(debug_txn));
    world_request(&request);
    request.type = IOMMU_UNTRANSLATED;
    if (request.access != IOMMU_EXECUTE)
        request.access = one_in(2) ? IOMMU_WRITE : IOMMU_READ;
    request.iova &= ~0xfffull;
    request.length = 0;
    if (request.process_id_valid)
        control |= IOMMU_TR_REQ_CTL_PV_MASK | IOMMU_PREP(IOMMU_TR_REQ_CTL_PID, request.process_id) |
                   (request.privileged ? IOMMU_TR_REQ_CTL_PRIV_MASK : 0);
    control |= IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, request.device_id);
    if (request.access == IOMMU_EXECUTE)
        control |= IOMMU_TR_REQ_CTL_EXE_MASK;
    if (request.access != IOMMU_WRITE)
        control |= IOMMU_TR_REQ_CTL_NW_MASK;
    debug_txn.request = request;
    debug_txn.since = time_for_new();
    debug_active = true;
    sw.debugs_given++;
    quiet.debugging = true;
    write_both(IOMMU_REG_TR_REQ_IOVA, 8, request.iova);
    write_both(IOMMU_REG_TR_REQ_CTL, 8, control);
}

static void debug_step(void)
{
    look_for_everything();
    if (sw.stale + sw.stale_before != 0)
        quiet.debugs = 0; /* the answer would be one of several */
    if (!quiet.debugging && quiet.debugs != 0) {
        debug_begin();
    } else if (quiet.debugging && !quiet.reading) {
        quiet.reading = true;
        csr_read(IOMMU_REG_TR_REQ_CTL, debug_control_read);
    } else if (quiet.debugs == 0) {
        quiet.done = true;
    }
}

void software_each(void (*visit)(struct txn *txn))
{
    if (debug_active)
        visit(&debug_txn);
}

bool software_quiet_done(void)
{
    if (bench.cycle - quiet.began > QUIET_LIMIT) {
        for (unsigned list = 0; list < PORTS * 2; list++) {
            const struct flight *waiting = &flight[list / 2][list % 2];

            for (unsigned i = 0; i < waiting->count; i++)
                note("waits: %s, %u of W sent, %u out, B %d", txn_text(waiting->txn[i]),
                     waiting->txn[i]->w_sent, waiting->txn[i]->w_out, waiting->txn[i]->b_out);
        }
        fail("there is no end: %u transactions, csr %d, memory %d, ats %d, commands %d (%u of %u)",
             flight_count(), csr_idle(), memport_idle(), ats_idle(), quiet.commands_over,
             model->cq.head, model->cq.tail);
        return true;
    }
    switch (quiet.stage) {
    case 0:
        if (flight_count() != 0 || !csr_idle() || !memport_idle() || !ats_idle() || sw.quiescing ||
            reconfigure_active())
            quiet.quiet_since = bench.cycle;
        if (sw.tail != model->cq.tail && !itags_hold_commands()) {
            ring(); /* it was held back */
            quiet.commands_over = false;
        }
        if (!quiet.commands_over && !quiet.polled && csr_idle() && !reconfigure_active() &&
            !sw.polling) {
            quiet.polled = true;
            sw.asked_at = model->cq.head;
            if (one_in(2))
                csr_read(IOMMU_REG_CQH, quiet_head_read);
            else
                csr_read(IOMMU_REG_CQCSR, quiet_csr_read);
        }
        /* Behind a change of fctl or ddtp caches are emptied, set by set. */
        if (quiet.commands_over && bench.cycle - quiet.quiet_since > QUIET_CYCLES &&
            (bench.out.idle || bench.cycle - quiet.quiet_since > EMPTY_CYCLES)) {
            check_quiet();
            if (!bench.out.idle)
                fail("idle_o is 0 at rest");
            quiet.stage++;
        }
        break;
    case 1:
        compare_registers();
        break;
    case 2:
        clean_up();
        break;
    case 3:
        if (csr_idle())
            debug_step();
        break;
    default:
        break;
    }
    if (quiet.done)
        device_hold = false;
    return quiet.done;
}

bool software_changes_nothing(void)
{
    return sw.rate == 0 && !reconfigure_changes();
}

bool software_busy(void)
{
    return !csr_idle() || sw.quiescing;
}

/* --- the beginning
 * ------------------------------------------------------------------------------------------- */

void software_reset(void)
{
    memset(&sw, 0, sizeof(sw));
    sw.commands_before = counts.commands;
    memset(&quiet, 0, sizeof(quiet));
    debug_active = false;
    reconfigure_reset();
    /* Each change and each command costs traffic hundreds of cycles. */
    sw.rate = one_in(4) ? 0 : one_in(16) ? 50 + below(400) : 1000 + below(5000);
    sw.command_rate = one_in(3) ? 0 : one_in(6) ? 10 + below(400) : 1000 + below(5000);
    sw.illegal_rate = one_in(3) ? 3 + below(12) : 0;
    sw.poll_rate = 1 + below(300);
    sw.quiesce_rate = one_in(6) ? 1000 + below(4000) : 0;
    if (bench.churn) {
        sw.rate = 400 + below(1000);
        sw.command_rate = one_in(2) ? 0 : 50 + below(1000);
        sw.poll_rate = 1 + below(60);
    }
    bench.in.quiesce_req = 0;
}

static void set_up_interrupts(void)
{
    if ((model->fctl & IOMMU_FCTL_WSI_MASK) == 0 || reconfigure_changes()) {
        for (unsigned i = 0; i < 1u << model->config.vector_bits; i++) {
            write_both(IOMMU_REG_MSI_ADDR(i), 8, sw.fences + 0x1000 + i * 4);
            write_both(IOMMU_REG_MSI_DATA(i), 8, random64() & 0xffffffff);
            if (one_in(3)) /* held back until clean_up() */
                write_both(IOMMU_REG_MSI_VEC_CTL(i), 4, 1);
        }
    }
    write_both(IOMMU_REG_ICVEC, 8, random64());
}

static void set_up_counters(void)
{
    if (!has_cap(IOMMU_CAPABILITIES_HPM_MASK) || one_in(2))
        return;
    for (unsigned i = 1; i <= model->config.hpm_counters && i <= 8; i++) {
        uint64_t event = 1 + below(8);

        if (!one_in(4))
            event = below(4);
        if (one_in(8))
            event |= IOMMU_IOHPMEVT_IDT_MASK;
        if (one_in(6))
            event |= IOMMU_IOHPMEVT_PV_PSCV_MASK |
                     IOMMU_PREP(IOMMU_IOHPMEVT_PID_PSCID, world.device[0].process[0].process_id);
        if (one_in(4))
            event |= IOMMU_IOHPMEVT_DMASK_MASK;
        if (one_in(3))
            event |= IOMMU_IOHPMEVT_DV_GSCV_MASK |
                     IOMMU_PREP(IOMMU_IOHPMEVT_DID_GSCID, world.device[0].device_id);
        write_both(IOMMU_REG_IOHPMEVT(i), 8, event);
        write_both(IOMMU_REG_IOHPMCTR(i), 8,
                   one_in(4) && (event & IOMMU_IOHPMEVT_EVENTID_MASK) < 4 ? -(uint64_t)below(300)
                                                                          : 0);
    }
    if (one_in(2))
        write_both(IOMMU_REG_IOCOUNTINH, 4, random64() & random64() & 0xfe);
}

void software_initialize(void)
{
    unsigned cq_log2 = 2 + below(7), fq_log2 = one_in(4) ? 1 + below(4) : 5 + below(5);
    uint32_t cie = one_in(2) ? IOMMU_CQCSR_CIE_MASK : 0, fie = one_in(2) ? IOMMU_FQCSR_FIE_MASK : 0;

    sw.cq = image_take_queue(1);
    sw.fq = image_take_queue(4);
    sw.pq = image_take_queue(1);
    sw.fences = image_take_queue(2);
    reconfigure_initialize(sw.cq, sw.fq, sw.pq);
    if (cq_log2 < 5)
        cq_log2 = 5;
    write_both(IOMMU_REG_FCTL, 4, world.fctl);
    write_both(IOMMU_REG_CQB, 8, sw.cq >> 12 << 10 | (cq_log2 - 1));
    write_both(IOMMU_REG_FQB, 8, sw.fq >> 12 << 10 | (fq_log2 - 1));
    set_up_interrupts();
    set_up_counters();
    if (has_cap(IOMMU_CAPABILITIES_QOSID_MASK))
        write_both(IOMMU_REG_IOMMU_QOSID, 4, random64() & 0x0fff0fff);
    if (!one_in(12)) {
        write_both(IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK | fie);
    }
    write_both(IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK | cie);
    if (has_cap(IOMMU_CAPABILITIES_ATS_MASK)) {
        write_both(IOMMU_REG_PQB, 8, sw.pq >> 12 << 10 | below(8));
        write_both(IOMMU_REG_PQCSR, 4,
                   IOMMU_PQCSR_PQEN_MASK | (one_in(2) ? IOMMU_PQCSR_PIE_MASK : 0));
    }
    write_both(IOMMU_REG_DDTP, 8, world.ddtp);
}
