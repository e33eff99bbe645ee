/* SPDX-License-Identifier: Apache-2.0 */
/* "Command-Queue (CQ)": the commands' encodings, and the ring with its recovery. */
#include "rvi.h"

#define ERRORS (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)
#define RECOVERIES 4 /* in one rvi_sync(): an error that stays does not keep us forever */

static struct rvi_command iotinval(const struct rvi_inval *scope, uint32_t func3)
{
    struct rvi_command command;

    command.word[0] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_OPCODE, IOMMU_OPCODE_IOTINVAL) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_FUNC3, func3) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_AV, scope->av) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_GV, scope->gv) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCV, scope->pscv) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_NL, scope->nl) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, scope->gscid) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, scope->pscid);
    command.word[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_S, scope->s) |
                      IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, scope->address / RVI_PAGE);
    return command;
}

struct rvi_command rvi_cmd_vma(const struct rvi_inval *scope)
{
    return iotinval(scope, IOMMU_FUNC3_IOTINVAL_VMA);
}

struct rvi_command rvi_cmd_gvma(const struct rvi_inval *scope)
{
    struct rvi_inval guest = *scope;

    /* PSCV is no operand of IOTINVAL.GVMA: set, the command is illegal. */
    guest.pscv = false;
    guest.pscid = 0;
    return iotinval(&guest, IOMMU_FUNC3_IOTINVAL_GVMA);
}

struct rvi_command rvi_cmd_ddt(bool dv, uint32_t device_id)
{
    struct rvi_command command = {{0, 0}};

    command.word[0] = IOMMU_PREP(IOMMU_CMD_IODIR_OPCODE, IOMMU_OPCODE_IODIR) |
                      IOMMU_PREP(IOMMU_CMD_IODIR_FUNC3, IOMMU_FUNC3_IODIR_INVAL_DDT) |
                      IOMMU_PREP(IOMMU_CMD_IODIR_DV, dv) |
                      IOMMU_PREP(IOMMU_CMD_IODIR_DID, dv ? device_id : 0);
    return command;
}

struct rvi_command rvi_cmd_pdt(uint32_t device_id, uint32_t process_id)
{
    struct rvi_command command = {{0, 0}};

    command.word[0] = IOMMU_PREP(IOMMU_CMD_IODIR_OPCODE, IOMMU_OPCODE_IODIR) |
                      IOMMU_PREP(IOMMU_CMD_IODIR_FUNC3, IOMMU_FUNC3_IODIR_INVAL_PDT) |
                      IOMMU_PREP(IOMMU_CMD_IODIR_DV, 1) |
                      IOMMU_PREP(IOMMU_CMD_IODIR_DID, device_id) |
                      IOMMU_PREP(IOMMU_CMD_IODIR_PID, process_id);
    return command;
}

struct rvi_command rvi_cmd_fence(bool reads, bool writes, uint64_t address, uint32_t data)
{
    struct rvi_command command = {{0, 0}};

    command.word[0] = IOMMU_PREP(IOMMU_CMD_IOFENCE_OPCODE, IOMMU_OPCODE_IOFENCE) |
                      IOMMU_PREP(IOMMU_CMD_IOFENCE_FUNC3, IOMMU_FUNC3_IOFENCE_C) |
                      IOMMU_PREP(IOMMU_CMD_IOFENCE_PR, reads) |
                      IOMMU_PREP(IOMMU_CMD_IOFENCE_PW, writes);
    if (address != 0) {
        command.word[0] |= IOMMU_CMD_IOFENCE_AV_MASK | IOMMU_PREP(IOMMU_CMD_IOFENCE_DATA, data);
        command.word[1] = IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, address / 4);
    }
    return command;
}

static uint64_t ats_words(uint32_t func3, uint32_t device_id, bool pv, uint32_t process_id)
{
    return IOMMU_PREP(IOMMU_CMD_ATS_OPCODE, IOMMU_OPCODE_ATS) |
           IOMMU_PREP(IOMMU_CMD_ATS_FUNC3, func3) | IOMMU_PREP(IOMMU_CMD_ATS_PV, pv) |
           IOMMU_PREP(IOMMU_CMD_ATS_PID, pv ? process_id : 0) |
           IOMMU_PREP(IOMMU_CMD_ATS_RID, device_id & 0xffff) |
           IOMMU_CMD_ATS_DSV_MASK | /* segment 0 is one, too */
           IOMMU_PREP(IOMMU_CMD_ATS_DSEG, device_id >> 16);
}

struct rvi_command rvi_cmd_ats_inval(uint32_t device_id, bool pv, uint32_t process_id,
                                     uint64_t address, uint8_t log2)
{
    struct rvi_command command;
    uint64_t ones;

    command.word[0] = ats_words(IOMMU_FUNC3_ATS_INVAL, device_id, pv, process_id);
    command.word[1] = address & IOMMU_CMD_ATS_INVAL_UNTRANSLATED_ADDRESS_MASK;
    if (log2 > 64)
        log2 = 64;
    if (log2 > 12) {
        /* The size is told by the lowest 0 bit at or above bit 12, as in PCI Express. */
        ones = (1ull << (log2 - 1)) - 1;
        command.word[1] = (command.word[1] | ones) & ~(1ull << (log2 - 1));
        command.word[1] &= IOMMU_CMD_ATS_INVAL_UNTRANSLATED_ADDRESS_MASK;
        command.word[1] |= IOMMU_CMD_ATS_INVAL_S_MASK;
    }
    return command;
}

struct rvi_command rvi_cmd_ats_prgr(uint32_t device_id, bool pv, uint32_t process_id, uint16_t prgi,
                                    uint8_t code)
{
    struct rvi_command command;

    command.word[0] = ats_words(IOMMU_FUNC3_ATS_PRGR, device_id, pv, process_id);
    command.word[1] = IOMMU_PREP(IOMMU_CMD_ATS_PRGR_PRGI, prgi) |
                      IOMMU_PREP(IOMMU_CMD_ATS_PRGR_RESPONSE_CODE, code);
    return command;
}

/* --- the ring --- */

static uint32_t batch(const struct rvi *iommu)
{
    return iommu->cq.entries - 1 < RVI_BATCH ? iommu->cq.entries - 1 : RVI_BATCH;
}

/* The ring is never full: it holds nothing but `pending`, which is smaller. */
static void write_entry(struct rvi *iommu, struct rvi_command command)
{
    const struct rvi_memory *memory = &iommu->memory;
    uint64_t at = iommu->cq.base + (uint64_t)iommu->cq.index * IOMMU_CMD_BYTES;

    memory->store64(memory->context, at, command.word[0]);
    memory->store64(memory->context, at + 8, command.word[1]);
    iommu->cq.index = (iommu->cq.index + 1) & (iommu->cq.entries - 1);
}

static void append(struct rvi *iommu, struct rvi_command command)
{
    iommu->pending[iommu->pendings++] = command;
    write_entry(iommu, command);
}

enum rvi_status rvi_post(struct rvi *iommu, struct rvi_command command)
{
    enum rvi_status status = RVI_OK;

    if (iommu->cq.entries == 0)
        return RVI_INVALID;
    if (iommu->pendings >= batch(iommu) - 1)
        status = rvi_sync(iommu);
    if (iommu->pendings >= batch(iommu) - 1)
        return status;
    append(iommu, command);
    return status;
}

void rvi_kick(struct rvi *iommu)
{
    iommu->memory.fence(iommu->memory.context);
    rvi_write32(iommu, IOMMU_REG_CQT, iommu->cq.index);
}

static struct rvi_command numbered_fence(const struct rvi *iommu)
{
    return rvi_cmd_fence(true, true, iommu->fence_word, iommu->fence_number);
}

/* Is the last fence that was queued still the last command? */
static bool ends_in_fence(const struct rvi *iommu)
{
    struct rvi_command fence = numbered_fence(iommu);
    const struct rvi_command *last;

    if (iommu->pendings == 0)
        return false;
    last = &iommu->pending[iommu->pendings - 1];
    return last->word[0] == fence.word[0] && last->word[1] == fence.word[1];
}

static bool fence_done(const struct rvi *iommu)
{
    const struct rvi_memory *memory = &iommu->memory;

    return memory->load32(memory->context, iommu->fence_word) == iommu->fence_number;
}

/* Wait for the last fence, or an error, or the end of the time. */
static enum rvi_status wait_fence(struct rvi *iommu)
{
    uint64_t start = iommu->bus.now(iommu->bus.context);
    bool late = false;

    for (;;) {
        if (fence_done(iommu)) {
            iommu->memory.fence(iommu->memory.context);
            return RVI_OK;
        }
        if ((rvi_read32(iommu, IOMMU_REG_CQCSR) & ERRORS) != 0)
            return RVI_COMMAND_ILLEGAL;
        if (late)
            return RVI_TIMEOUT;
        late = iommu->bus.now(iommu->bus.context) - start > iommu->bus.timeout;
    }
}

enum rvi_status rvi_sync(struct rvi *iommu)
{
    enum rvi_status worst = RVI_OK, status;

    if (iommu->cq.entries == 0)
        return RVI_INVALID;
    if (!ends_in_fence(iommu)) {
        iommu->fence_number++;
        append(iommu, numbered_fence(iommu));
    }
    for (int recoveries = 0;; recoveries++) {
        rvi_kick(iommu);
        status = wait_fence(iommu);
        if (status == RVI_OK) {
            iommu->pendings = 0;
            return worst;
        }
        if (status == RVI_TIMEOUT || recoveries == RECOVERIES)
            return worst != RVI_OK ? worst : status;
        status = rvi_recover(iommu);
        if (status == RVI_TIMEOUT)
            return status;
        /* A command that is lost for good is worse than one that was late. */
        if (worst != RVI_COMMAND_ILLEGAL && status != RVI_OK)
            worst = status;
    }
}

static void drop_pending(struct rvi *iommu, uint32_t position)
{
    for (uint32_t i = position; i + 1 < iommu->pendings; i++)
        iommu->pending[i] = iommu->pending[i + 1];
    iommu->pendings--;
}

/* Start the ring anew with what is pending, since commands before the one that failed may
 * have been aborted ("software should resubmit the commands"). */
static enum rvi_status restart(struct rvi *iommu, uint32_t csr)
{
    uint32_t enables = csr & (IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    enum rvi_status status;

    rvi_write32(iommu, IOMMU_REG_CQCSR, 0);
    status = rvi_wait32(iommu, IOMMU_REG_CQCSR, IOMMU_CQCSR_CQON_MASK | IOMMU_CQCSR_BUSY_MASK, 0);
    if (status != RVI_OK)
        return status;
    rvi_write32(iommu, IOMMU_REG_CQT, 0);
    rvi_write32(iommu, IOMMU_REG_CQCSR, enables | IOMMU_CQCSR_CQEN_MASK | (csr & ERRORS));
    status = rvi_wait32(iommu, IOMMU_REG_CQCSR, IOMMU_CQCSR_CQON_MASK | IOMMU_CQCSR_BUSY_MASK,
                        IOMMU_CQCSR_CQON_MASK);
    if (status != RVI_OK)
        return status;
    iommu->cq.index = 0;
    for (uint32_t i = 0; i < iommu->pendings; i++)
        write_entry(iommu, iommu->pending[i]);
    iommu->recovery.resubmitted = iommu->pendings;
    return RVI_OK;
}

enum rvi_status rvi_recover(struct rvi *iommu)
{
    const struct rvi_memory *memory = &iommu->memory;
    struct rvi_recovery *report = &iommu->recovery;
    uint32_t mask = iommu->cq.entries - 1;
    uint32_t csr, position;
    enum rvi_status status;

    if (iommu->cq.entries == 0)
        return RVI_INVALID;
    status = rvi_wait32(iommu, IOMMU_REG_CQCSR, IOMMU_CQCSR_BUSY_MASK, 0);
    if (status != RVI_OK)
        return status;
    csr = rvi_read32(iommu, IOMMU_REG_CQCSR);
    if ((csr & ERRORS) == 0)
        return RVI_OK;
    report->csr = csr;
    report->index = rvi_read32(iommu, IOMMU_REG_CQH) & mask;
    report->resubmitted = 0;
    for (uint32_t i = 0; i < 2; i++)
        report->command.word[i] = memory->load64(
            memory->context, iommu->cq.base + (uint64_t)report->index * IOMMU_CMD_BYTES + i * 8);
    if ((csr & (IOMMU_CQCSR_CMD_ILL_MASK | IOMMU_CQCSR_CQMF_MASK)) == 0) {
        /* cmd_to: cqh is at the fence, which is carried out again when the bit is clear. */
        rvi_write32(iommu, IOMMU_REG_CQCSR, csr & ~IOMMU_CQCSR_FENCE_W_IP_MASK);
        return RVI_COMMAND_TIMEOUT;
    }
    /* `pending` ends where the ring does, which tells a command's place in it. */
    position = (report->index - (iommu->cq.index - iommu->pendings)) & mask;
    if ((csr & IOMMU_CQCSR_CMD_ILL_MASK) != 0 && position < iommu->pendings) {
        bool fence = position + 1 == iommu->pendings && ends_in_fence(iommu);

        if (!fence) /* our fence is legal: if it was refused, its entry was spoiled */
            drop_pending(iommu, position);
    }
    status = restart(iommu, csr);
    if (status != RVI_OK)
        return status;
    return (csr & IOMMU_CQCSR_CMD_ILL_MASK) != 0 ? RVI_COMMAND_ILLEGAL : RVI_MEMORY_FAULT;
}
