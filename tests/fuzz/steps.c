/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that are not requests: registers, memory, commands, time. */
#include <string.h>

#include "fuzz.h"

/* --- registers ----------------------------------------------------------------------- */

uint64_t mmio_read(struct world *world, uint32_t offset, uint32_t size)
{
    enum iommu_mmio_status status[SIDES];
    uint64_t value[SIDES];
    bool aligned = size != 0 && offset % size == 0;

    for (unsigned i = 0; i < SIDES; i++)
        status[i] = iommu_mmio_read(world->side[i].iommu, offset, size, &value[i]);
    RULE(world, status[0] == status[1] && value[0] == value[1], "register %#x reads %#llx or %#llx",
         offset, (unsigned long long)value[0], (unsigned long long)value[1]);
    RULE(world,
         (status[0] == IOMMU_MMIO_OK) ==
             ((size == 4 || size == 8) && aligned && offset < IOMMU_REG_PAGE_BYTES),
         "reading %u bytes at %#x has status %u", size, offset, status[0]);
    RULE(world, status[0] == IOMMU_MMIO_OK ? size == 8 || value[0] >> 32 == 0 : value[0] == 0,
         "reading %u bytes at %#x gives %#llx", size, offset, (unsigned long long)value[0]);
    return value[0];
}

/** A queue's base changes while the queue is on: what follows is UNSPECIFIED. */
static void watch_bases(struct world *world, uint32_t offset)
{
    static const struct {
        uint32_t base, csr;
    } queue[3] = {{IOMMU_REG_CQB, IOMMU_REG_CQCSR},
                  {IOMMU_REG_FQB, IOMMU_REG_FQCSR},
                  {IOMMU_REG_PQB, IOMMU_REG_PQCSR}};

    for (unsigned i = 0; i < 3; i++) {
        if (offset / 8 == queue[i].base / 8 &&
            (mmio_read(world, queue[i].csr, 4) & IOMMU_CQCSR_CQON_MASK) != 0)
            world->queue_unspecified[i] = true;
    }
}

void mmio_write(struct world *world, uint32_t offset, uint32_t size, uint64_t value)
{
    enum iommu_mmio_status status[SIDES];

    watch_bases(world, offset);
    for (unsigned i = 0; i < SIDES; i++)
        status[i] = iommu_mmio_write(world->side[i].iommu, offset, size, value);
    RULE(world, status[0] == status[1], "writing register %#x has status %u or %u", offset,
         status[0], status[1]);
    world->changed = true;
}

static const struct {
    uint16_t offset;
    uint8_t size;
} registers[] = {
    {IOMMU_REG_FCTL, 4},         {IOMMU_REG_DDTP, 8},         {IOMMU_REG_CQB, 8},
    {IOMMU_REG_CQT, 4},          {IOMMU_REG_FQB, 8},          {IOMMU_REG_FQH, 4},
    {IOMMU_REG_PQB, 8},          {IOMMU_REG_PQH, 4},          {IOMMU_REG_CQCSR, 4},
    {IOMMU_REG_FQCSR, 4},        {IOMMU_REG_PQCSR, 4},        {IOMMU_REG_IPSR, 4},
    {IOMMU_REG_IOCOUNTINH, 4},   {IOMMU_REG_IOHPMCYCLES, 8},  {IOMMU_REG_IOHPMCTR(1), 8},
    {IOMMU_REG_IOHPMCTR(2), 8},  {IOMMU_REG_IOHPMCTR(31), 8}, {IOMMU_REG_IOHPMEVT(1), 8},
    {IOMMU_REG_IOHPMEVT(2), 8},  {IOMMU_REG_IOHPMEVT(3), 8},  {IOMMU_REG_TR_REQ_IOVA, 8},
    {IOMMU_REG_TR_REQ_CTL, 8},   {IOMMU_REG_IOMMU_QOSID, 4},  {IOMMU_REG_ICVEC, 8},
    {IOMMU_REG_MSI_ADDR(0), 8},  {IOMMU_REG_MSI_DATA(0), 4},  {IOMMU_REG_MSI_VEC_CTL(0), 4},
    {IOMMU_REG_MSI_ADDR(1), 8},  {IOMMU_REG_MSI_DATA(1), 4},  {IOMMU_REG_MSI_VEC_CTL(1), 4},
    {IOMMU_REG_MSI_ADDR(15), 8}, {IOMMU_REG_MSI_DATA(15), 4},
};
#define REGISTERS (sizeof(registers) / sizeof(registers[0]))

static void choose_register(const struct op *op, uint32_t *offset, uint32_t *size)
{
    if ((op->a & 0x80) != 0) { /* any */
        *offset = op->b;
        *size = op->c & 0xf;
        return;
    }
    *offset = registers[op->a % REGISTERS].offset;
    *size = registers[op->a % REGISTERS].size;
    if ((op->c & 0x100) != 0) { /* both halves, or the neighbour's too */
        *offset &= ~7u;
        *size = 8;
    }
}

/** Coherent runs use the command queue to flush, and event counts see the caches. */
static bool reserved_in_coherent_runs(uint32_t offset)
{
    uint32_t slot = offset & ~7u;

    return slot == IOMMU_REG_CQB || slot == IOMMU_REG_CQH || slot == IOMMU_REG_CQCSR ||
           slot == IOMMU_REG_FCTL ||
           (slot >= IOMMU_REG_IOHPMEVT(1) && slot < IOMMU_REG_TR_REQ_IOVA);
}

static void step_mmio_write(struct world *world, const struct op *op)
{
    uint32_t offset, size;
    uint64_t value = op->d, page = world->base / PAGE_BYTES + (op->b & 0x3f);

    choose_register(op, &offset, &size);
    if (world->setup.coherent && reserved_in_coherent_runs(offset))
        return;
    if ((op->c & 0x30) == 0x10) /* a page of the arena */
        value = (value & 0x3ff) | page << 10;
    if ((op->c & 0x30) == 0x20) /* an address in it */
        value = world->base + (op->b & (ARENA_BYTES / 4 - 1)) * 4ull;
    trace(world, "write register %#x, %u bytes: %#llx", offset, size, (unsigned long long)value);
    if ((offset & ~7u) == IOMMU_REG_TR_REQ_CTL)
        world->expected.possible = world->expected.any = true;
    mmio_write(world, offset, size, value);
}

static void step_mmio_read(struct world *world, const struct op *op)
{
    uint32_t offset, size;
    uint64_t value;

    choose_register(op, &offset, &size);
    value = mmio_read(world, offset, size);
    trace(world, "read register %#x, %u bytes: %#llx", offset, size, (unsigned long long)value);
}

/* --- memory -------------------------------------------------------------------------- */

/** The command queue's page is the harness's in coherent runs. */
static bool may_store(const struct world *world, uint64_t offset)
{
    return !world->setup.coherent || offset / PAGE_BYTES != PAGE_CQ;
}

static void step_store(struct world *world, const struct op *op)
{
    unsigned size = (op->c & 1) != 0 ? 4 : 8;
    uint64_t offset = op->a % ARENA_PAGES * PAGE_BYTES + op->b % PAGE_BYTES / size * size;

    if (!may_store(world, offset))
        return;
    trace(world, "store at arena+%#llx, %u bytes: %#llx", (unsigned long long)offset, size,
          (unsigned long long)op->d);
    store(world, offset, size, op->d);
}

static void step_change(struct world *world, const struct op *op)
{
    uint64_t index = (op->a & 0x40) != 0 ? op->b % 512 : op->b % 32;
    uint64_t offset = op->a % ARENA_PAGES * PAGE_BYTES + index * 8;
    uint64_t value = word_at(world, world->side[0].memory, offset, 8);
    /* One bit, a few, or any. */
    uint64_t bits = (op->c & 0x40) != 0 ? op->d : 1ull << (op->c & 0x3f);

    if (!may_store(world, offset))
        return;
    trace(world, "change at arena+%#llx: %#llx ^ %#llx", (unsigned long long)offset,
          (unsigned long long)value, (unsigned long long)bits);
    store(world, offset, 8, value ^ bits);
}

static void step_store_pte(struct world *world, const struct op *op)
{
    bool narrow = (op->a & 0x20) != 0;
    unsigned size = narrow ? 4 : 8;
    uint64_t offset =
        op->a % ARENA_PAGES * PAGE_BYTES + op->b % (PAGE_BYTES / size) * (uint64_t)size;
    uint64_t ppn = op->d & 0x3f, value;

    if (op->a & 0x40)
        ppn = op->d & 0xfffffffffffull;
    else if (!(op->a & 0x80))
        ppn += world->base / PAGE_BYTES;
    value = (op->c & 0x3ff) | ppn << 10;
    if (!narrow)
        value |= (uint64_t)(op->c >> 16 & 0x1f) << 59 | (uint64_t)(op->c >> 24 & 0x3) << 54;
    if (!may_store(world, offset))
        return;
    trace(world, "store PTE at arena+%#llx, %u bytes: %#llx", (unsigned long long)offset, size,
          (unsigned long long)value);
    store(world, offset, size, value);
}

static void step_store_dc(struct world *world, const struct op *op)
{
    unsigned size = HAS(world, MSI_FLAT) ? IOMMU_DC_EXT_BYTES : IOMMU_DC_BASE_BYTES;
    unsigned device = op->a & 3;
    uint64_t word[8];

    scene_device_context(world, device, op->c, word);
    if ((op->a & 0x10) != 0) /* one bit is different */
        word[op->b & 7] ^= 1ull << (op->b >> 3 & 63);
    if ((op->a & 0x20) != 0) /* other identifiers */
        word[op->b >> 9 & 3] ^= op->d;
    trace(world, "store DC %u: tc %#llx iohgatp %#llx ta %#llx fsc %#llx msiptp %#llx", device,
          (unsigned long long)word[0], (unsigned long long)word[1], (unsigned long long)word[2],
          (unsigned long long)word[3], (unsigned long long)word[4]);
    for (unsigned i = 0; i < size / 8; i++) {
        uint64_t offset = PAGE_DDT * PAGE_BYTES + device * size + i * 8ull;

        if (word_at(world, world->side[0].memory, offset, 8) != word[i])
            store(world, offset, 8, word[i]);
    }
}

static void step_inject(struct world *world, const struct op *op)
{
    struct injection *injection = &world->injection[op->a % INJECTIONS];

    if (!world->setup.inject)
        return;
    injection->address =
        world->base + (uint64_t)(op->b % ARENA_PAGES) * PAGE_BYTES + (op->d & (PAGE_BYTES - 8));
    injection->size = (op->a & 0x80) != 0 ? 0 : (op->a & 0x40) != 0 ? PAGE_BYTES : 8;
    injection->status = (op->a & 0x20) != 0 ? IOMMU_MEM_POISON : IOMMU_MEM_ACCESS_FAULT;
    injection->writes_only = (op->a & 0x10) != 0;
    injection->structures = ~0u;
    if ((op->c & 1) != 0) { /* one structure, wherever it is */
        injection->structures = 1u << (op->c >> 1) % IOMMU_STRUCTURES;
        injection->address = world->base;
        injection->size = ARENA_BYTES;
    }
    world->changed = world->failing = true;
    trace(world, "inject %s%s at arena+%#llx, %llu bytes, structures %#x",
          injection->status == IOMMU_MEM_POISON ? "poison" : "access fault",
          injection->writes_only ? " on writes" : "",
          (unsigned long long)(injection->address - world->base),
          (unsigned long long)injection->size, injection->structures);
}

static void step_note(struct world *world, const struct op *op)
{
    static const uint64_t odd[][2] = {{~0ull, 1}, {~0ull, 2},  {0, 0},
                                      {~7ull, 8}, {~3ull, 64}, {1, 1}};
    uint64_t address = world->base + op->b, size = op->c % 65;

    if ((op->a & 0x80) != 0) {
        address = odd[op->a % 6][0];
        size = odd[op->a % 6][1];
    }
    trace(world, "note a store of %llu bytes at %#llx", (unsigned long long)size,
          (unsigned long long)address);
    iommu_note_store(world->side[0].iommu, address, size);
    RULE(world, iommu_time(world->side[1].iommu) == 0, "time passes without a history");
}

/* --- commands ------------------------------------------------------------------------ */

/** A command of a kind, with operands from the operation. */
static void command_words(const struct world *world, const struct op *op, uint64_t *word)
{
    uint64_t address = (op->d & 0x7f) | (op->c >> 30 & 1) << 9 | (op->c >> 31 ? op->d : 0);

    word[0] = (op->a & 0x80) != 0 ? op->d : 0;
    word[0] = (word[0] & ~0x3ffull) | (op->a & 7) | (uint64_t)(op->a >> 3 & 3) << 7;
    switch (op->a & 7) {
    case IOMMU_OPCODE_IOTINVAL:
        word[0] |= IOMMU_PREP(IOMMU_CMD_IOTINVAL_AV, op->c & 1) |
                   IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCV, op->c >> 1 & 1) |
                   IOMMU_PREP(IOMMU_CMD_IOTINVAL_GV, op->c >> 2 & 1) |
                   IOMMU_PREP(IOMMU_CMD_IOTINVAL_NL, op->c >> 3 & 1) |
                   IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, op->c >> 5 & 7) |
                   IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, op->c >> 8 & 7);
        word[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, address) |
                  IOMMU_PREP(IOMMU_CMD_IOTINVAL_S, op->c >> 4 & 1) | (op->b == 0xffff);
        break;
    case IOMMU_OPCODE_IOFENCE:
        word[0] |= (uint64_t)(op->c & 0x3f) << 10 | (uint64_t)op->b << 32;
        word[1] = (world->base + (op->c >> 15 & (ARENA_BYTES - 4))) >> 2 | (uint64_t)(op->c >> 31)
                                                                               << 62;
        break;
    case IOMMU_OPCODE_IODIR:
        word[0] |= IOMMU_PREP(IOMMU_CMD_IODIR_DV, op->c & 1) |
                   IOMMU_PREP(IOMMU_CMD_IODIR_DID, op->b & 0x8000 ? op->d : op->b & 7u) |
                   IOMMU_PREP(IOMMU_CMD_IODIR_PID, op->c & 2 ? op->c >> 8 : op->c >> 4 & 3);
        word[1] = op->c >> 31;
        break;
    default: /* ATS, and what does not exist */
        word[0] |= IOMMU_PREP(IOMMU_CMD_ATS_PV, op->c & 1) |
                   IOMMU_PREP(IOMMU_CMD_ATS_DSV, op->c >> 1 & 1) |
                   IOMMU_PREP(IOMMU_CMD_ATS_RID, op->b & 0xfu) |
                   IOMMU_PREP(IOMMU_CMD_ATS_DSEG, op->c >> 2 & 1) |
                   IOMMU_PREP(IOMMU_CMD_ATS_PID, op->c >> 8);
        word[1] = op->d;
        break;
    }
}

static void step_command(struct world *world, const struct op *op)
{
    uint64_t base = mmio_read(world, IOMMU_REG_CQB, 8);
    uint32_t tail = (uint32_t)mmio_read(world, IOMMU_REG_CQT, 4);
    uint64_t offset = (IOMMU_GET(base, IOMMU_CQB_PPN) << 12) + tail * 16ull - world->base;
    uint64_t word[2];

    if (offset >= ARENA_BYTES || offset % 16 != 0)
        return;
    command_words(world, op, word);
    trace(world, "command %#llx %#llx", (unsigned long long)word[0], (unsigned long long)word[1]);
    store(world, offset, 8, word[0]);
    store(world, offset + 8, 8, word[1]);
    mmio_write(world, IOMMU_REG_CQT, 4, tail + 1);
}

static void step_process(struct world *world, const struct op *op)
{
    bool debug = (op->a & 1) != 0;
    int result[SIDES];

    for (unsigned i = 0; i < SIDES; i++)
        result[i] = debug ? iommu_process_debug(world->side[i].iommu)
                          : (int)iommu_process_command(world->side[i].iommu);
    RULE(world, result[0] == result[1], "processing gives %d or %d", result[0], result[1]);
    world->changed = true;
    world->expected.possible = world->expected.any = debug && result[0] != 0;
    trace(world, "process %s: %d", debug ? "debug" : "command", result[0]);
}

/** What a debug translation reports is reported as for an untranslated request. */
static void expect_debug_record(struct world *world, const struct iommu_request *request)
{
    const struct side *side = witness(world);
    uint64_t result = mmio_read(world, IOMMU_REG_TR_RESPONSE, 8);

    world->expected = (struct expected_record){
        .possible = (result & IOMMU_TR_RESPONSE_FAULT_MASK) != 0,
        .ttyp = ttyp_of(request),
        .pv = request->process_id_valid,
        .priv = request->privileged,
        .pid = request->process_id,
        .did = request->device_id,
        .iotval = request->iova,
    };
    for (uint32_t i = 0; i < side->faults && i < RECORDS_MAX; i++) {
        uint64_t cause = IOMMU_GET(side->fault[i].word[0], IOMMU_FQ_CAUSE);

        if (cause == IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT)
            continue;
        world->expected.cause = (uint16_t)cause;
        world->expected.iotval2 = side->fault[i].word[3];
    }
    trace(world, "debug translation of %#llx for device %#x: %#llx",
          (unsigned long long)request->iova, request->device_id, (unsigned long long)result);
}

static void step_debug(struct world *world, const struct op *op)
{
    struct iommu_request request = request_of(world, op);
    uint64_t control;

    request.type = IOMMU_UNTRANSLATED;
    request.iova &= ~0xfffull;
    request.device_id &= 0xffffff;
    request.process_id = request.process_id_valid ? request.process_id & 0xfffff : 0;
    request.access = request.execute ? IOMMU_EXECUTE : request.access & 1;
    control = IOMMU_TR_REQ_CTL_GO_BUSY_MASK |
              IOMMU_PREP(IOMMU_TR_REQ_CTL_PRIV, request.privileged) |
              IOMMU_PREP(IOMMU_TR_REQ_CTL_EXE, request.execute) |
              IOMMU_PREP(IOMMU_TR_REQ_CTL_NW, request.access != IOMMU_WRITE) |
              IOMMU_PREP(IOMMU_TR_REQ_CTL_PV, request.process_id_valid) |
              IOMMU_PREP(IOMMU_TR_REQ_CTL_PID, request.process_id) |
              IOMMU_PREP(IOMMU_TR_REQ_CTL_DID, request.device_id);
    make_coherent(world, &request);
    mmio_write(world, IOMMU_REG_TR_REQ_IOVA, 8, request.iova);
    mmio_write(world, IOMMU_REG_TR_REQ_CTL, 8, control);
    expect_debug_record(world, &request);
}

/* --- the rest ------------------------------------------------------------------------ */

static void step_words(const struct world *world, const struct op *op)
{
    enum iommu_rule rule = (enum iommu_rule)op->b;
    bool known = op->b < IOMMU_RULES && op->b != IOMMU_RULE_NONE;

    RULE(world, (iommu_rule_text(rule)[0] != 0) == known, "text of rule %u", op->b);
    RULE(world, (iommu_rule_section(rule)[0] != 0) == known, "section of rule %u", op->b);
    RULE(world, (iommu_rule_name(rule)[0] != 0) == (op->b < IOMMU_RULES), "name of rule %u", op->b);
    RULE(world, iommu_cause_text(op->b)[0] != 0, "text of cause %u", op->b);
}

static void step_drain(struct world *world)
{
    mmio_write(world, IOMMU_REG_FQH, 4, mmio_read(world, IOMMU_REG_FQT, 4));
    mmio_write(world, IOMMU_REG_PQH, 4, mmio_read(world, IOMMU_REG_PQT, 4));
    mmio_write(world, IOMMU_REG_FQCSR, 4, mmio_read(world, IOMMU_REG_FQCSR, 4));
    mmio_write(world, IOMMU_REG_PQCSR, 4, mmio_read(world, IOMMU_REG_PQCSR, 4));
    mmio_write(world, IOMMU_REG_IPSR, 4, 0xf);
    trace(world, "take all records");
}

static void step_cycles(struct world *world, const struct op *op)
{
    uint64_t cycles = (op->a & 1) != 0 ? op->d : op->c;

    for (unsigned i = 0; i < SIDES; i++)
        iommu_advance_cycles(world->side[i].iommu, cycles);
    trace(world, "%llu cycles", (unsigned long long)cycles);
}

static void step_event(struct world *world, const struct op *op)
{
    unsigned counter = 1 + op->b % 3;
    uint64_t selector = IOMMU_PREP(IOMMU_IOHPMEVT_EVENTID, op->a & 0xf) |
                        IOMMU_PREP(IOMMU_IOHPMEVT_DMASK, op->c & 1) |
                        IOMMU_PREP(IOMMU_IOHPMEVT_PV_PSCV, op->c >> 1 & 1) |
                        IOMMU_PREP(IOMMU_IOHPMEVT_DV_GSCV, op->c >> 2 & 1) |
                        IOMMU_PREP(IOMMU_IOHPMEVT_IDT, op->c >> 3 & 1) |
                        IOMMU_PREP(IOMMU_IOHPMEVT_PID_PSCID, op->c >> 4 & 3) |
                        IOMMU_PREP(IOMMU_IOHPMEVT_DID_GSCID, op->c >> 6 & 3);

    if (world->setup.coherent)
        return;
    trace(world, "counter %u counts %#llx", counter, (unsigned long long)selector);
    mmio_write(world, IOMMU_REG_IOHPMEVT(counter), 8, selector);
    if ((op->a & 0x10) == 0)
        mmio_write(world, IOMMU_REG_IOHPMCTR(counter), 8, ~(uint64_t)(op->a >> 6));
}

static void step_reset(struct world *world)
{
    if (world->setup.coherent)
        return;
    for (unsigned i = 0; i < SIDES; i++)
        iommu_reset(world->side[i].iommu);
    memset(world->queue_unspecified, 0, sizeof(world->queue_unspecified));
    world->flushed = iommu_time(world->side[0].iommu);
    world->changed = true;
    trace(world, "reset");
}

static void step_timeout(struct world *world, const struct op *op)
{
    for (unsigned i = 0; i < SIDES; i++)
        iommu_invalidation_timeout(world->side[i].iommu, op->c);
    trace(world, "time-out of ITAGs %#x", op->c);
}

void step(struct world *world, const struct op *op)
{
    switch ((enum op_kind)op->kind) {
    case OP_MMIO_WRITE:
        step_mmio_write(world, op);
        break;
    case OP_MMIO_READ:
        step_mmio_read(world, op);
        break;
    case OP_STORE:
        step_store(world, op);
        break;
    case OP_STORE_PTE:
        step_store_pte(world, op);
        break;
    case OP_CHANGE:
        step_change(world, op);
        break;
    case OP_STORE_DC:
        step_store_dc(world, op);
        break;
    case OP_TRANSLATE:
    case OP_TRACED:
        step_translate(world, op, op->kind == OP_TRACED);
        break;
    case OP_DMA:
        step_dma(world, op);
        break;
    case OP_PAGE_REQUEST:
        step_page_request(world, op);
        break;
    case OP_COMPLETION:
        step_completion(world, op);
        break;
    case OP_TIMEOUT:
        step_timeout(world, op);
        break;
    case OP_COMMAND:
        step_command(world, op);
        break;
    case OP_PROCESS:
        step_process(world, op);
        break;
    case OP_ALLOWED:
        step_allowed(world, op);
        break;
    case OP_CYCLES:
        step_cycles(world, op);
        break;
    case OP_RESET:
        step_reset(world);
        break;
    case OP_REPORT:
        step_report(world, op);
        break;
    case OP_INJECT:
        step_inject(world, op);
        break;
    case OP_DEBUG:
        step_debug(world, op);
        break;
    case OP_FLUSH:
        flush(world);
        break;
    case OP_DRAIN:
        step_drain(world);
        break;
    case OP_NOTE:
        step_note(world, op);
        break;
    case OP_WORDS:
        step_words(world, op);
        break;
    case OP_EVENT:
        step_event(world, op);
        break;
    default:
        break;
    }
}
