/* SPDX-License-Identifier: Apache-2.0 */
/* "Command-Queue (CQ)": fetch, legality, and what each command does. */
#include "internal.h"

#define STOP_BITS (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)

/** How one command went. */
enum outcome { COMPLETE, WAIT, ILLEGAL, TIMED_OUT, MEMORY_FAULT };

/* --- page-table caches --------------------------------------------------------------- */

/** ADDR and S: the first and last page number. "Address Range Invalidation Extension". */
static void decode_range(const uint64_t *word, struct invalidate *command)
{
    uint64_t page = IOMMU_GET(word[1], IOMMU_CMD_IOTINVAL_ADDR);

    command->first = command->last = page;
    if ((word[1] & IOMMU_CMD_IOTINVAL_S_MASK) != 0) {
        uint64_t within = page ^ (page + 1); /* the ones at the low end, and the 0 above */

        command->first = page & ~within;
        command->last = page | within;
    }
}

static enum outcome iotinval(struct iommu *iommu, const uint64_t *word)
{
    uint64_t reserved[2] = {IOMMU_CMD_IOTINVAL_DW0_RESERVED_MASK,
                            IOMMU_CMD_IOTINVAL_DW1_RESERVED_MASK};
    struct invalidate command = {
        .opcode = IOMMU_OPCODE_IOTINVAL,
        .func3 = IOMMU_GET(word[0], IOMMU_CMD_FUNC3) & 7,
        .av = (word[0] & IOMMU_CMD_IOTINVAL_AV_MASK) != 0,
        .gv = (word[0] & IOMMU_CMD_IOTINVAL_GV_MASK) != 0,
        .pscv = (word[0] & IOMMU_CMD_IOTINVAL_PSCV_MASK) != 0,
        .nl = (word[0] & IOMMU_CMD_IOTINVAL_NL_MASK) != 0,
        .gscid = IOMMU_GET(word[0], IOMMU_CMD_IOTINVAL_GSCID) & 0xffff,
        .pscid = IOMMU_GET(word[0], IOMMU_CMD_IOTINVAL_PSCID) & 0xfffff,
    };

    if (!has(iommu, IOMMU_CAPABILITIES_NL_MASK))
        reserved[0] |= IOMMU_CMD_IOTINVAL_NL_MASK;
    if (!has(iommu, IOMMU_CAPABILITIES_S_MASK))
        reserved[1] |= IOMMU_CMD_IOTINVAL_S_MASK;
    if (command.func3 > IOMMU_FUNC3_IOTINVAL_GVMA || (word[0] & reserved[0]) != 0 ||
        (word[1] & reserved[1]) != 0)
        return ILLEGAL;
    if (command.func3 == IOMMU_FUNC3_IOTINVAL_GVMA && command.pscv)
        return ILLEGAL;
    if (command.func3 == IOMMU_FUNC3_IOTINVAL_GVMA && !command.gv)
        command.av = false; /* ignored, and NL and S with it */
    if (command.av)
        decode_range(word, &command);
    cache_invalidate(iommu, &command);
    history_invalidated(iommu, &command);
    return COMPLETE;
}

/* --- directory caches ---------------------------------------------------------------- */

/** Is DID wider than the current mode supports, or than any mode while there is none? */
static bool did_too_wide(const struct iommu *iommu, uint32_t device_id)
{
    unsigned mode = (unsigned)IOMMU_GET(iommu->ddtp, IOMMU_DDTP_IOMMU_MODE);

    if (mode <= IOMMU_DDTP_MODE_BARE)
        mode = (iommu->config.ddt_levels & IOMMU_DDT_3LVL) != 0   ? IOMMU_DDTP_MODE_3LVL
               : (iommu->config.ddt_levels & IOMMU_DDT_2LVL) != 0 ? IOMMU_DDTP_MODE_2LVL
                                                                  : IOMMU_DDTP_MODE_1LVL;
    return device_id_too_wide(iommu, mode, device_id);
}

static unsigned process_id_bits(const struct iommu *iommu)
{
    return has(iommu, IOMMU_CAPABILITIES_PD20_MASK)   ? 20
           : has(iommu, IOMMU_CAPABILITIES_PD17_MASK) ? 17
           : has(iommu, IOMMU_CAPABILITIES_PD8_MASK)  ? 8
                                                      : 0;
}

static enum outcome iodir(struct iommu *iommu, const uint64_t *word)
{
    struct invalidate command = {
        .opcode = IOMMU_OPCODE_IODIR,
        .func3 = IOMMU_GET(word[0], IOMMU_CMD_FUNC3) & 7,
        .dv = (word[0] & IOMMU_CMD_IODIR_DV_MASK) != 0,
        .device_id = (uint32_t)IOMMU_GET(word[0], IOMMU_CMD_IODIR_DID),
        .process_id = (uint32_t)IOMMU_GET(word[0], IOMMU_CMD_IODIR_PID),
    };

    if (command.func3 > IOMMU_FUNC3_IODIR_INVAL_PDT ||
        (word[0] & IOMMU_CMD_IODIR_DW0_RESERVED_MASK) != 0 ||
        (word[1] & IOMMU_CMD_IODIR_DW1_RESERVED_MASK) != 0)
        return ILLEGAL;
    if (command.dv && did_too_wide(iommu, command.device_id))
        return ILLEGAL;
    if (command.func3 == IOMMU_FUNC3_IODIR_INVAL_DDT && command.process_id != 0)
        return ILLEGAL;
    if (command.func3 == IOMMU_FUNC3_IODIR_INVAL_PDT &&
        (!command.dv || command.process_id >> process_id_bits(iommu) != 0))
        return ILLEGAL;
    cache_invalidate(iommu, &command);
    history_invalidated(iommu, &command);
    return COMPLETE;
}

/* --- fence --------------------------------------------------------------------------- */

static enum outcome fence_store(struct iommu *iommu, const uint64_t *word)
{
    struct iommu_access access = {
        .address = IOMMU_GET(word[1], IOMMU_CMD_IOFENCE_ADDR) << 2,
        .size = 4,
        .structure = IOMMU_FENCE,
        .rcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_RCID) & 0xfff,
        .mcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_MCID) & 0xfff,
    };
    uint8_t bytes[4];

    store_word(bytes, 4, (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0,
               IOMMU_GET(word[0], IOMMU_CMD_IOFENCE_DATA));
    return mem_write(iommu, &access, bytes) == IOMMU_MEM_OK ? COMPLETE : MEMORY_FAULT;
}

static enum outcome iofence(struct iommu *iommu, const uint64_t *word)
{
    bool reads = (word[0] & IOMMU_CMD_IOFENCE_PR_MASK) != 0;
    bool writes = (word[0] & IOMMU_CMD_IOFENCE_PW_MASK) != 0;
    bool wire = (word[0] & IOMMU_CMD_IOFENCE_WSI_MASK) != 0;

    if (IOMMU_GET(word[0], IOMMU_CMD_FUNC3) != IOMMU_FUNC3_IOFENCE_C ||
        (word[0] & IOMMU_CMD_IOFENCE_DW0_RESERVED_MASK) != 0 ||
        (word[1] & IOMMU_CMD_IOFENCE_DW1_RESERVED_MASK) != 0 ||
        (wire && (iommu->fctl & IOMMU_FCTL_WSI_MASK) == 0))
        return ILLEGAL;
    if (iommu_itags_busy(iommu) != 0)
        return WAIT;
    if (iommu->invalidation_timed_out) {
        iommu->invalidation_timed_out = false; /* reported once; a second try completes */
        return TIMED_OUT;
    }
    if ((reads || writes) && iommu->bus.drain != NULL)
        iommu->bus.drain(iommu->bus.context, reads, writes);
    /* cqon may have read 0 since, in a callback: nothing of this command may follow that. */
    if ((word[0] & IOMMU_CMD_IOFENCE_AV_MASK) != 0 && !iommu->cq_switched &&
        fence_store(iommu, word) != COMPLETE)
        return MEMORY_FAULT;
    if (wire && !iommu->cq_switched)
        iommu->cq.csr |= IOMMU_CQCSR_FENCE_W_IP_MASK;
    return COMPLETE;
}

/* --- ATS ----------------------------------------------------------------------------- */

static enum outcome ats(struct iommu *iommu, const uint64_t *word)
{
    struct iommu_message message = {
        .device_id = (uint32_t)IOMMU_GET(word[0], IOMMU_CMD_ATS_RID),
        .segment_valid = (word[0] & IOMMU_CMD_ATS_DSV_MASK) != 0,
        .pasid_valid = (word[0] & IOMMU_CMD_ATS_PV_MASK) != 0,
        .payload = word[1],
    };
    uint64_t func3 = IOMMU_GET(word[0], IOMMU_CMD_FUNC3);
    unsigned itag = 0;

    if (!has(iommu, IOMMU_CAPABILITIES_ATS_MASK) || func3 > IOMMU_FUNC3_ATS_PRGR ||
        (word[0] & IOMMU_CMD_ATS_DW0_RESERVED_MASK) != 0)
        return ILLEGAL;
    if (message.segment_valid)
        message.device_id |= (uint32_t)IOMMU_GET(word[0], IOMMU_CMD_ATS_DSEG) << 16;
    if (message.pasid_valid)
        message.process_id = (uint32_t)IOMMU_GET(word[0], IOMMU_CMD_ATS_PID);
    if (func3 == IOMMU_FUNC3_ATS_PRGR) {
        message.kind = IOMMU_MSG_PAGE_REQUEST_GROUP_RESP;
    } else {
        while (itag < iommu->config.itags && iommu->invalidation[itag].busy)
            itag++;
        if (itag == iommu->config.itags)
            return WAIT;
        message.kind = IOMMU_MSG_INVALIDATION_REQUEST;
        message.itag = (uint8_t)itag;
        iommu->invalidation[itag] = (struct invalidation){
            .busy = true,
            .device_id = message.device_id,
            .segment_valid = message.segment_valid,
        };
    }
    if (iommu->bus.message != NULL)
        iommu->bus.message(iommu->bus.context, &message);
    return COMPLETE;
}

/* --- the queue ----------------------------------------------------------------------- */

static bool fetch(struct iommu *iommu, uint64_t *word)
{
    struct iommu_access access = {
        .address = (IOMMU_GET(iommu->cq.base, IOMMU_CQB_PPN) << PAGE_LOG2) +
                   (uint64_t)iommu->cq.head * IOMMU_CMD_BYTES,
        .size = IOMMU_CMD_BYTES,
        .structure = IOMMU_CQ,
        .rcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_RCID) & 0xfff,
        .mcid = IOMMU_GET(iommu->qosid, IOMMU_IOMMU_QOSID_MCID) & 0xfff,
    };
    uint8_t bytes[IOMMU_CMD_BYTES];

    if (mem_read(iommu, &access, bytes) != IOMMU_MEM_OK)
        return false;
    for (unsigned i = 0; i < 2; i++)
        word[i] = load_word(bytes + i * 8, 8, (iommu->fctl & IOMMU_FCTL_BE_MASK) != 0);
    return true;
}

static enum outcome execute(struct iommu *iommu, const uint64_t *word)
{
    switch (IOMMU_GET(word[0], IOMMU_CMD_OPCODE)) {
    case IOMMU_OPCODE_IOTINVAL:
        return iotinval(iommu, word);
    case IOMMU_OPCODE_IOFENCE:
        return iofence(iommu, word);
    case IOMMU_OPCODE_IODIR:
        return iodir(iommu, word);
    case IOMMU_OPCODE_ATS:
        return ats(iommu, word);
    default:
        return ILLEGAL;
    }
}

/** What follows from a command, once it has gone one way or the other. */
static enum iommu_command_status conclude(struct iommu *iommu, enum outcome outcome)
{
    struct queue *queue = &iommu->cq;

    if (iommu->cq_switched)
        return IOMMU_COMMAND_DONE;
    switch (outcome) {
    case WAIT:
        return IOMMU_COMMAND_WAITING;
    case COMPLETE:
        queue->head = (queue->head + 1) & queue_mask(queue);
        break;
    case ILLEGAL:
        queue->csr |= IOMMU_CQCSR_CMD_ILL_MASK;
        break;
    case TIMED_OUT:
        queue->csr |= IOMMU_CQCSR_CMD_TO_MASK;
        break;
    default:
        queue->csr |= IOMMU_CQCSR_CQMF_MASK;
        break;
    }
    interrupts_update(iommu, 0);
    return outcome == COMPLETE ? IOMMU_COMMAND_DONE : IOMMU_COMMAND_STOPPED;
}

enum iommu_command_status iommu_process_command(struct iommu *iommu)
{
    const struct queue *queue = &iommu->cq;
    uint64_t word[2];
    enum outcome outcome = MEMORY_FAULT;
    enum iommu_command_status status;

    /* A callback of the command that runs must not run that command again. */
    if (iommu->command_runs || (queue->csr & IOMMU_CQCSR_CQON_MASK) == 0 ||
        (queue->csr & STOP_BITS) != 0 || queue->head == queue->tail)
        return IOMMU_COMMAND_NONE;
    iommu->command_runs = true;
    iommu->cq_switched = false;
    if (fetch(iommu, word))
        outcome = execute(iommu, word);
    status = conclude(iommu, outcome);
    iommu->command_runs = false;
    return status;
}

void commands_run(struct iommu *iommu)
{
    if (iommu->command_runs) {
        iommu->commands_due = true; /* the loop that this was called from goes on */
        return;
    }
    do {
        iommu->commands_due = false;
        while (iommu_process_command(iommu) == IOMMU_COMMAND_DONE)
            ;
    } while (iommu->commands_due);
}
