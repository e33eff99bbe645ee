/* SPDX-License-Identifier: Apache-2.0 */
/* What registers may read after any operation, and what queues may have got. */
#include <string.h>

#include "fuzz.h"

const uint32_t core_offset[CORE_SLOTS] = {0x000, 0x008, 0x010, 0x018, 0x020, 0x028,
                                          0x030, 0x038, 0x040, 0x048, 0x050, 0x058,
                                          0x060, 0x258, 0x260, 0x268, 0x270, 0x2f8};

#define CSR_FAULT_BITS (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)

/** Bits that must read 0 in each slot, for reserved, custom and WPRI fields. */
static uint64_t zero_bits(uint32_t slot)
{
    uint64_t index_csr =
        IOMMU_FQCSR_RESERVED_MASK | IOMMU_FQCSR_CUSTOM_MASK | IOMMU_FQCSR_BUSY_MASK;

    switch (slot) {
    case IOMMU_REG_CAPABILITIES:
        return IOMMU_CAPABILITIES_RESERVED_MASK;
    case IOMMU_REG_FCTL:
        return ~7ull;
    case IOMMU_REG_DDTP:
        return IOMMU_DDTP_RESERVED_MASK | IOMMU_DDTP_BUSY_MASK;
    case IOMMU_REG_CQB:
    case IOMMU_REG_FQB:
    case IOMMU_REG_PQB:
        return IOMMU_CQB_RESERVED_MASK;
    case IOMMU_REG_CQCSR:
        return IOMMU_CQCSR_RESERVED_MASK | IOMMU_CQCSR_CUSTOM_MASK | IOMMU_CQCSR_BUSY_MASK |
               index_csr << 32;
    case IOMMU_REG_PQCSR:
        return index_csr | ~0xfull << 32;
    case IOMMU_REG_TR_REQ_IOVA:
        return IOMMU_TR_REQ_IOVA_RESERVED_MASK;
    case IOMMU_REG_TR_REQ_CTL:
        return IOMMU_TR_REQ_CTL_RESERVED_MASK | IOMMU_TR_REQ_CTL_CUSTOM_MASK;
    case IOMMU_REG_TR_RESPONSE:
        return IOMMU_TR_RESPONSE_RESERVED_MASK | IOMMU_TR_RESPONSE_CUSTOM_MASK;
    case IOMMU_REG_IOMMU_QOSID:
        return IOMMU_IOMMU_QOSID_RESERVED_MASK | 0xffffffffull << 32;
    case IOMMU_REG_ICVEC:
        return ~0xffffull;
    case IOMMU_REG_CQH:
    case IOMMU_REG_FQH:
    case IOMMU_REG_PQH:
    case IOMMU_REG_IOCOUNTOVF:
    case IOMMU_REG_IOHPMCYCLES:
        return 0;
    default:
        break;
    }
    if (slot >= IOMMU_REG_IOHPMCTR(1) && slot < IOMMU_REG_TR_REQ_IOVA)
        return 0;
    if (slot >= IOMMU_REG_MSI_ADDR(0) && slot < IOMMU_REG_MSI_ADDR(16))
        return slot % 16 == 0 ? IOMMU_MSI_ADDR_RESERVED_MASK
                              : (uint64_t)IOMMU_MSI_VEC_CTL_RESERVED_MASK << 32;
    return ~0ull;
}

/** Bits that must read 0 for want of a capability. */
static uint64_t absent_bits(const struct world *world, uint32_t slot)
{
    bool counters = slot >= IOMMU_REG_IOCOUNTOVF && slot < IOMMU_REG_TR_REQ_IOVA;
    uint64_t high_half = 0xffffffffull << 32;

    if (counters && !HAS(world, HPM))
        return ~0ull;
    if (slot >= IOMMU_REG_TR_REQ_IOVA && slot <= IOMMU_REG_TR_RESPONSE && !HAS(world, DBG))
        return ~0ull;
    if (slot == IOMMU_REG_IOMMU_QOSID && !HAS(world, QOSID))
        return ~0ull;
    if ((slot == IOMMU_REG_PQB || slot == IOMMU_REG_PQH) && !HAS(world, ATS))
        return ~0ull;
    if (slot == IOMMU_REG_PQCSR && !HAS(world, ATS))
        return ~high_half | (uint64_t)IOMMU_IPSR_PIP_MASK << 32;
    if (slot >= IOMMU_REG_MSI_ADDR(0) && slot < IOMMU_REG_MSI_ADDR(16) &&
        IOMMU_GET(world->config.capabilities, IOMMU_CAPABILITIES_IGS) == IOMMU_IGS_WSI)
        return ~0ull;
    return 0;
}

static void slot_check(const struct world *world, uint32_t slot, uint64_t value)
{
    uint64_t zero = zero_bits(slot) | absent_bits(world, slot);
    uint64_t ppn_beyond = ~(world->pas_mask >> 2) & IOMMU_CQB_PPN_MASK;

    RULE(world, (value & zero) == 0, "register slot %#x reads %#llx: bits %#llx must be 0", slot,
         (unsigned long long)value, (unsigned long long)(value & zero));
    if (slot == IOMMU_REG_DDTP || slot == IOMMU_REG_CQB || slot == IOMMU_REG_FQB ||
        slot == IOMMU_REG_PQB)
        RULE(world, (value & ppn_beyond) == 0, "register slot %#x has a PPN beyond PAS: %#llx",
             slot, (unsigned long long)value);
}

void core_read(struct side *side, struct core *core)
{
    for (unsigned i = 0; i < CORE_SLOTS; i++)
        iommu_mmio_read(side->iommu, core_offset[i], 8, &core->slot[i]);
}

static uint64_t core_slot(const struct core *core, uint32_t slot)
{
    for (unsigned i = 0; i < CORE_SLOTS; i++) {
        if (core_offset[i] == slot)
            return core->slot[i];
    }
    __builtin_trap();
}

uint32_t core_reg(const struct core *core, uint32_t offset, uint32_t size)
{
    uint64_t value = core_slot(core, offset & ~7u);

    (void)size;
    return (uint32_t)(offset % 8 == 4 ? value >> 32 : value);
}

/* --- queues -------------------------------------------------------------------------- */

struct queue_registers {
    uint32_t base, head, csr;
    bool software_head; /**< the head is software's, the tail hardware's */
};

static const struct queue_registers queues[3] = {
    {IOMMU_REG_CQB, IOMMU_REG_CQH, IOMMU_REG_CQCSR, false},
    {IOMMU_REG_FQB, IOMMU_REG_FQH, IOMMU_REG_FQCSR, true},
    {IOMMU_REG_PQB, IOMMU_REG_PQH, IOMMU_REG_PQCSR, true},
};

static uint32_t index_mask(const struct core *core, unsigned queue)
{
    return (uint32_t)((2ull << (core_slot(core, queues[queue].base) & 0x1f)) - 1);
}

static void queue_check(struct world *world, unsigned i)
{
    const struct core *core = &world->core;
    uint32_t csr = core_reg(core, queues[i].csr, 4), mask = index_mask(core, i);
    uint32_t csr_before = core_reg(&world->core_before, queues[i].csr, 4);
    uint32_t head = core_reg(core, queues[i].head, 4);
    uint32_t tail = core_reg(core, queues[i].head + 4, 4);
    uint32_t software = queues[i].software_head ? head : tail;
    uint32_t hardware = queues[i].software_head ? tail : head;
    bool on = (csr & IOMMU_CQCSR_CQON_MASK) != 0;

    RULE(world, on == ((csr & IOMMU_CQCSR_CQEN_MASK) != 0), "queue %u: csr is %#x", i, csr);
    RULE(world, (software & ~mask) == 0, "queue %u: software's index is %#x of %#x", i, software,
         mask);
    if (!on || (csr_before & IOMMU_CQCSR_CQON_MASK) == 0)
        world->queue_unspecified[i] = false;
    if (on && !world->queue_unspecified[i])
        RULE(world, (hardware & ~mask) == 0, "queue %u: hardware's index is %#x of %#x", i,
             hardware, mask);
}

/* --- interrupts ---------------------------------------------------------------------- */

static void interrupts_check(const struct world *world)
{
    const struct core *core = &world->core;
    uint32_t ipsr = core_reg(core, IOMMU_REG_IPSR, 4), wires = 0;
    uint32_t cq = core_reg(core, IOMMU_REG_CQCSR, 4), fq = core_reg(core, IOMMU_REG_FQCSR, 4);
    uint32_t pq = core_reg(core, IOMMU_REG_PQCSR, 4);
    uint32_t icvec = core_reg(core, IOMMU_REG_ICVEC, 4);
    uint32_t command_causes = IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK |
                              IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_FENCE_W_IP_MASK;

    if ((cq & IOMMU_CQCSR_CIE_MASK) != 0 && (cq & command_causes) != 0)
        RULE(world, (ipsr & IOMMU_IPSR_CIP_MASK) != 0, "cip is 0 with cqcsr %#x", cq);
    if ((fq & IOMMU_FQCSR_FIE_MASK) != 0 && (fq & CSR_FAULT_BITS) != 0)
        RULE(world, (ipsr & IOMMU_IPSR_FIP_MASK) != 0, "fip is 0 with fqcsr %#x", fq);
    if ((pq & IOMMU_PQCSR_PIE_MASK) != 0 && (pq & CSR_FAULT_BITS) != 0)
        RULE(world, (ipsr & IOMMU_IPSR_PIP_MASK) != 0, "pip is 0 with pqcsr %#x", pq);
    RULE(world, HAS(world, HPM) || (ipsr & IOMMU_IPSR_PMIP_MASK) == 0, "pmip without HPM");
    RULE(world, icvec >> 4 * 4 == 0, "icvec is %#x", icvec);
    for (unsigned bit = 0; bit < 4; bit++) {
        uint32_t vector = icvec >> 4 * bit & 0xf;

        RULE(world, vector >> world->config.vector_bits == 0, "icvec is %#x", icvec);
        if ((ipsr >> bit & 1) != 0)
            wires |= 1u << vector;
    }
    if ((core_reg(core, IOMMU_REG_FCTL, 4) & IOMMU_FCTL_WSI_MASK) == 0)
        wires = 0;
    for (unsigned i = 0; i < SIDES; i++)
        RULE(world, iommu_wires(world->side[i].iommu) == wires, "wires are %#x, not %#x",
             iommu_wires(world->side[i].iommu), wires);
}

/* --- all together -------------------------------------------------------------------- */

void registers_check(struct world *world)
{
    uint64_t mode;
    struct core other;

    core_read(&world->side[0], &world->core);
    core_read(&world->side[1], &other);
    for (unsigned i = 0; i < CORE_SLOTS; i++) {
        RULE(world, world->core.slot[i] == other.slot[i], "register slot %#x: %#llx or %#llx",
             core_offset[i], (unsigned long long)world->core.slot[i],
             (unsigned long long)other.slot[i]);
        slot_check(world, core_offset[i], world->core.slot[i]);
    }
    RULE(world, core_slot(&world->core, IOMMU_REG_CAPABILITIES) == world->config.capabilities,
         "capabilities changed");
    mode = IOMMU_GET(core_slot(&world->core, IOMMU_REG_DDTP), IOMMU_DDTP_IOMMU_MODE);
    RULE(world,
         mode <= IOMMU_DDTP_MODE_BARE ||
             (mode <= IOMMU_DDTP_MODE_3LVL &&
              (world->config.ddt_levels >> (mode - IOMMU_DDTP_MODE_1LVL) & 1) != 0),
         "ddtp has mode %llu", (unsigned long long)mode);
    for (unsigned i = 0; i < 3; i++)
        queue_check(world, i);
    interrupts_check(world);
    for (unsigned i = 0; i < SIDES; i++)
        RULE(world, (uint64_t)iommu_itags_busy(world->side[i].iommu) >> world->config.itags == 0,
             "ITAGs %#x are busy", iommu_itags_busy(world->side[i].iommu));
    RULE(world, iommu_itags_busy(world->side[0].iommu) == iommu_itags_busy(world->side[1].iommu),
         "busy ITAGs differ");
}

/** A counter that does not exist reads 0, one that does not exceed its width. */
static void counters_check(struct world *world)
{
    uint64_t overflows = mmio_read(world, IOMMU_REG_IOCOUNTOVF, 4);
    uint64_t expected = mmio_read(world, IOMMU_REG_IOHPMCYCLES, 8) >> 63;
    unsigned bits = world->config.hpm_counter_bits;

    for (unsigned i = 1; i <= IOMMU_REG_IOHPMCTR_COUNT; i++) {
        uint64_t counter = mmio_read(world, IOMMU_REG_IOHPMCTR(i), 8);
        uint64_t event = mmio_read(world, IOMMU_REG_IOHPMEVT(i), 8);

        RULE(world, i <= world->config.hpm_counters || (counter == 0 && event == 0),
             "counter %u does not exist, and reads %#llx, %#llx", i, (unsigned long long)counter,
             (unsigned long long)event);
        RULE(world, bits >= 64 || counter >> bits == 0, "counter %u is %#llx", i,
             (unsigned long long)counter);
        RULE(world, IOMMU_GET(event, IOMMU_IOHPMEVT_EVENTID) <= IOMMU_HPM_EVENT_SECOND_STAGE_WALK,
             "event selector %u is %#llx", i, (unsigned long long)event);
        expected |= (uint64_t)(event >> 63) << i;
    }
    RULE(world, overflows == expected, "iocountovf is %#llx, the OF bits are %#llx",
         (unsigned long long)overflows, (unsigned long long)expected);
}

void registers_check_all(struct world *world)
{
    for (uint32_t slot = 0; slot < IOMMU_REG_PAGE_BYTES; slot += 8)
        slot_check(world, slot, mmio_read(world, slot, 8));
    counters_check(world);
    mmio_read(world, IOMMU_REG_PAGE_BYTES, 8);
    mmio_read(world, 2, 4);
    mmio_read(world, 0, 2);
}

/* --- records ------------------------------------------------------------------------- */

static void record_check(const struct world *world, const struct record *record,
                         const struct expected_record *expected)
{
    const uint64_t *word = record->word;

    RULE(world, word[1] == 0, "a record's second doubleword is %#llx", (unsigned long long)word[1]);
    RULE(world,
         IOMMU_GET(word[0], IOMMU_FQ_CAUSE) == expected->cause &&
             IOMMU_GET(word[0], IOMMU_FQ_TTYP) == expected->ttyp &&
             IOMMU_GET(word[0], IOMMU_FQ_DID) == expected->did &&
             IOMMU_GET(word[0], IOMMU_FQ_PV) == expected->pv &&
             IOMMU_GET(word[0], IOMMU_FQ_PID) == (expected->pv ? expected->pid : 0) &&
             IOMMU_GET(word[0], IOMMU_FQ_PRIV) == (expected->pv && expected->priv) &&
             word[2] == expected->iotval && word[3] == expected->iotval2,
         "a record is %#llx, iotval %#llx, iotval2 %#llx; expected cause %u, ttyp %u, iotval "
         "%#llx, iotval2 %#llx",
         (unsigned long long)word[0], (unsigned long long)word[2], (unsigned long long)word[3],
         expected->cause, expected->ttyp, (unsigned long long)expected->iotval,
         (unsigned long long)expected->iotval2);
}

/** An interrupt message that could not be stored is an event of its own. */
static bool is_message_fault(const struct record *record)
{
    return record->word[0] == IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT && record->word[3] == 0;
}

/** Records lie where the tail was, and the tail moved by them. */
static void tail_check(const struct world *world, unsigned queue, const struct record *record,
                       uint32_t written, uint32_t bytes)
{
    const struct core *core = &world->core, *before = &world->core_before;
    uint32_t mask = index_mask(core, queue), offset = queues[queue].head + 4;
    uint32_t tail = core_reg(before, offset, 4), moved = core_reg(core, offset, 4) - tail;
    uint64_t base = IOMMU_GET(core_slot(core, queues[queue].base), IOMMU_CQB_PPN) * PAGE_BYTES;

    if (world->queue_unspecified[queue] || world->queues_moved)
        return;
    RULE(world, (moved & mask) == (written & mask), "queue %u: %u records, the tail moved by %u",
         queue, written, moved & mask);
    RULE(world, ((tail - core_reg(before, offset - 4, 4)) & mask) + written <= mask,
         "queue %u: %u records are more than fit", queue, written);
    for (uint32_t i = 0; i < written && i < RECORDS_MAX; i++)
        RULE(world, record[i].address == base + (uint64_t)((tail + i) & mask) * bytes,
             "queue %u: a record at %#llx, tail %u", queue, (unsigned long long)record[i].address,
             tail);
}

void records_check(struct world *world)
{
    const struct expected_record *expected = &world->expected;
    const struct side *side = witness(world);
    uint32_t csr = core_reg(&world->core, IOMMU_REG_FQCSR, 4);
    uint32_t csr_before = core_reg(&world->core_before, IOMMU_REG_FQCSR, 4);
    bool usable = (csr_before & IOMMU_FQCSR_FQON_MASK) != 0 && (csr_before & CSR_FAULT_BITS) == 0;
    unsigned count = 0;

    RULE(world, usable || side->faults == 0 || world->queues_moved,
         "records in a queue that does not take any");
    for (uint32_t i = 0; i < side->faults && i < RECORDS_MAX; i++) {
        if (is_message_fault(&side->fault[i]))
            continue;
        RULE(world, expected->possible, "a record %#llx for nothing",
             (unsigned long long)side->fault[i].word[0]);
        if (!expected->any)
            record_check(world, &side->fault[i], expected);
        count++;
    }
    RULE(world, count <= 1, "%u records for one request", count);
    RULE(world, !(expected->due && usable && (csr & CSR_FAULT_BITS) == 0) || count == 1,
         "a record is missing: cause %u", expected->cause);
    tail_check(world, 1, side->fault, side->faults, IOMMU_FQ_RECORD_BYTES);
    tail_check(world, 2, side->page_request, side->page_requests, IOMMU_PQ_RECORD_BYTES);
}
