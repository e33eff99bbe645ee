// SPDX-License-Identifier: Apache-2.0
//
// A run: devices, a design and two memories, cycle by cycle; and the software that programs the
// design over AXI4-Lite and its command queue.

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "iommu_regs.h"

enum { DDTP_1LVL = 2, PATIENCE = 20000, REGISTER_PATIENCE = 5000 };

void run_fail(struct run *run, const char *format, ...)
{
    va_list arguments;

    if (run->failure[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(run->failure, sizeof(run->failure), format, arguments);
    va_end(arguments);
}

void run_begin(struct run *run, struct design *design, unsigned latency, struct tables *tables)
{
    memset(run, 0, sizeof(*run));
    run->design = design;
    run->latency = latency;
    run->tables = tables;
    run->data = memory_new(latency, NULL);
    run->walk = memory_new(latency, tables != NULL ? tables->store : NULL);
    if (tables != NULL)
        memory_uses(run->walk, tables->use);
    design->reset(design);
}

void run_end(struct run *run)
{
    memory_free(run->data);
    memory_free(run->walk);
    device_free(run->device);
    run->device = NULL;
}

static void drive(struct run *run)
{
    struct ports *ports = &run->ports;

    if (run->device != NULL) {
        device_drive(run->device, &ports->device, run->cycle);
    } else {
        ports->device.ar.valid = ports->device.aw.valid = ports->device.w.valid = false;
        ports->device.r.ready = ports->device.b.ready = true;
    }
    memory_drive(run->data, &ports->out, run->cycle);
    ports->csr.bready = ports->csr.rready = true;
    if (run->tables != NULL)
        memory_drive(run->walk, &ports->walk, run->cycle);
}

static void sample_csr(struct run *run)
{
    struct lite *csr = &run->ports.csr;

    if (csr->awvalid && csr->awready) {
        csr->awvalid = false;
        run->doorbell = run->cycle;
    }
    if (csr->wvalid && csr->wready) {
        csr->wvalid = false;
        run->doorbell = run->cycle;
    }
    if (csr->bvalid)
        run->writing = false;
    if (csr->arvalid && csr->arready)
        csr->arvalid = false;
}

void run_cycle(struct run *run)
{
    drive(run);
    run->design->settle(run->design, &run->ports);
    if (run->device != NULL)
        device_sample(run->device, &run->ports.device, run->cycle);
    memory_sample(run->data, &run->ports.out, run->cycle);
    if (run->tables != NULL) {
        if (run->ports.walk.b.valid && run->ports.walk.b.ready)
            run->fence = run->cycle;
        memory_sample(run->walk, &run->ports.walk, run->cycle);
        sample_csr(run);
    }
    run->design->clock(run->design);
    run->cycle++;
}

/* --- registers -------------------------------------------------------------------------- */

bool csr_post(struct run *run, unsigned offset, unsigned bytes, uint64_t value)
{
    struct lite *csr = &run->ports.csr;
    unsigned lane = offset & 7;

    if (run->writing)
        return false;
    run->writing = csr->awvalid = csr->wvalid = true;
    csr->awaddr = (uint16_t)offset;
    csr->wdata = value << 8 * lane;
    csr->wstrb = (uint8_t)(((1u << bytes) - 1) << lane);
    return true;
}

bool csr_write(struct run *run, unsigned offset, unsigned bytes, uint64_t value)
{
    csr_post(run, offset, bytes, value);
    for (unsigned i = 0; i < REGISTER_PATIENCE && run->writing; i++)
        run_cycle(run);
    if (run->writing)
        run_fail(run, "no answer to a write of register 0x%x", offset);
    return !run->writing;
}

bool csr_read(struct run *run, unsigned offset, unsigned bytes, uint64_t *value)
{
    struct lite *csr = &run->ports.csr;

    csr->arvalid = true;
    csr->araddr = (uint16_t)offset;
    for (unsigned i = 0; i < REGISTER_PATIENCE; i++) {
        bool answered;

        run_cycle(run);
        answered = csr->rvalid;
        if (answered) {
            *value = csr->rdata >> 8 * (offset & 7);
            if (bytes == 4)
                *value &= UINT32_MAX;
            return true;
        }
    }
    run_fail(run, "no answer to a read of register 0x%x", offset);
    return false;
}

static bool wait_for(struct run *run, unsigned offset, unsigned bytes, uint64_t mask, uint64_t want)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 1000; i++) {
        if (!csr_read(run, offset, bytes, &value))
            return false;
        if ((value & mask) == want)
            return true;
    }
    run_fail(run, "register 0x%x stays 0x%llx", offset, (unsigned long long)value);
    return false;
}

bool run_start_iommu(struct run *run)
{
    uint64_t queues[] = {IOMMU_PREP(IOMMU_CQB_PPN, QUEUE_COMMANDS >> 12) | (COMMANDS_LOG2 - 1),
                         IOMMU_PREP(IOMMU_FQB_PPN, QUEUE_FAULTS >> 12) | (FAULTS_LOG2 - 1)};
    uint64_t ddtp = IOMMU_PREP(IOMMU_DDTP_PPN, run->tables->ddt >> 12) | DDTP_1LVL;

    return csr_write(run, IOMMU_REG_CQB, 8, queues[0]) &&
           csr_write(run, IOMMU_REG_FQB, 8, queues[1]) &&
           csr_write(run, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQEN_MASK) &&
           csr_write(run, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK) &&
           wait_for(run, IOMMU_REG_CQCSR, 4, IOMMU_CQCSR_CQON_MASK | IOMMU_CQCSR_BUSY_MASK,
                    IOMMU_CQCSR_CQON_MASK) &&
           wait_for(run, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQON_MASK | IOMMU_FQCSR_BUSY_MASK,
                    IOMMU_FQCSR_FQON_MASK) &&
           csr_write(run, IOMMU_REG_DDTP, 8, ddtp) &&
           wait_for(run, IOMMU_REG_DDTP, 8, IOMMU_DDTP_BUSY_MASK, 0);
}

/* --- commands --------------------------------------------------------------------------- */

static void command(struct run *run, uint64_t low, uint64_t high)
{
    uint64_t *entry = tables_word(run->tables, QUEUE_COMMANDS + 16ull * run->tail);

    entry[0] = low;
    entry[1] = high;
    run->tail = (run->tail + 1) % (1u << COMMANDS_LOG2);
}

void command_unmap(struct run *run, unsigned number, uint64_t iova)
{
    command(run,
            IOMMU_PREP(IOMMU_CMD_IOTINVAL_OPCODE, IOMMU_OPCODE_IOTINVAL) |
                IOMMU_PREP(IOMMU_CMD_IOTINVAL_FUNC3, IOMMU_FUNC3_IOTINVAL_VMA) |
                IOMMU_CMD_IOTINVAL_AV_MASK | IOMMU_CMD_IOTINVAL_PSCV_MASK |
                IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, number + 1),
            IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, iova >> 12));
}

void command_fence(struct run *run, bool drain, uint32_t data)
{
    command(run,
            IOMMU_PREP(IOMMU_CMD_IOFENCE_OPCODE, IOMMU_OPCODE_IOFENCE) |
                IOMMU_PREP(IOMMU_CMD_IOFENCE_FUNC3, IOMMU_FUNC3_IOFENCE_C) |
                IOMMU_CMD_IOFENCE_AV_MASK |
                (drain ? IOMMU_CMD_IOFENCE_PR_MASK | IOMMU_CMD_IOFENCE_PW_MASK : 0) |
                IOMMU_PREP(IOMMU_CMD_IOFENCE_DATA, data),
            IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, FENCE_WORD >> 2));
}

/* --- traffic ---------------------------------------------------------------------------- */

bool run_until_idle(struct run *run, void (*each_cycle)(struct run *, void *), void *context)
{
    uint64_t progress = 0, since = run->cycle;

    while (!device_idle(run->device)) {
        if (each_cycle != NULL)
            each_cycle(run, context);
        run_cycle(run);
        if (run->failure[0] != '\0')
            return false;
        if (device_progress(run->device) != progress) {
            progress = device_progress(run->device);
            since = run->cycle;
        } else if (run->cycle - since > PATIENCE) {
            run_fail(run, "nothing has moved for %d cycles", PATIENCE);
        }
        if (run->cycle % 4096 == 0 && run_interrupted())
            return false;
        if (device_errors(run->device) + memory_errors(run->data) + memory_errors(run->walk) > 0)
            run_fail(run, "wrong answers: device %llu, data memory %llu, walk memory %llu",
                     (unsigned long long)device_errors(run->device),
                     (unsigned long long)memory_errors(run->data),
                     (unsigned long long)memory_errors(run->walk));
    }
    return true;
}
