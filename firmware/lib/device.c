/* SPDX-License-Identifier: Apache-2.0 */
/* Registers, the steps of "Guidelines for initialization", quiesce and hand-over. */
#include "rvi.h"

#define MODE_OFF IOMMU_DDTP_MODE_OFF
#define MAJOR(version) ((version) >> 4)
#define SECOND_STAGES                                                                              \
    (IOMMU_CAPABILITIES_SV32X4_MASK | IOMMU_CAPABILITIES_SV39X4_MASK |                             \
     IOMMU_CAPABILITIES_SV48X4_MASK | IOMMU_CAPABILITIES_SV57X4_MASK)

uint64_t rvi_read64(const struct rvi *iommu, uint32_t offset)
{
    const struct rvi_bus *bus = &iommu->bus;

    if (bus->read64 != NULL)
        return bus->read64(bus->context, offset);
    return (uint64_t)bus->read32(bus->context, offset + 4) << 32 |
           bus->read32(bus->context, offset);
}

void rvi_write64(const struct rvi *iommu, uint32_t offset, uint64_t value)
{
    const struct rvi_bus *bus = &iommu->bus;

    if (bus->write64 != NULL) {
        bus->write64(bus->context, offset, value);
        return;
    }
    /* The bits that start something (ddtp.iommu_mode, tr_req_ctl.Go) are in lower halves. */
    bus->write32(bus->context, offset + 4, (uint32_t)(value >> 32));
    bus->write32(bus->context, offset, (uint32_t)value);
}

uint32_t rvi_read32(const struct rvi *iommu, uint32_t offset)
{
    return iommu->bus.read32(iommu->bus.context, offset);
}

void rvi_write32(const struct rvi *iommu, uint32_t offset, uint32_t value)
{
    iommu->bus.write32(iommu->bus.context, offset, value);
}

enum rvi_status rvi_wait32(const struct rvi *iommu, uint32_t offset, uint32_t mask, uint32_t value)
{
    uint64_t start = iommu->bus.now(iommu->bus.context);
    bool late = false;

    for (;;) {
        if ((rvi_read32(iommu, offset) & mask) == value)
            return RVI_OK;
        if (late)
            return RVI_TIMEOUT;
        /* One more look after the time is up: the hart may have been stopped in between. */
        late = iommu->bus.now(iommu->bus.context) - start > iommu->bus.timeout;
    }
}

/* ddtp.busy is in the lower half of the register. */
static enum rvi_status write_ddtp(struct rvi *iommu, uint64_t root, uint8_t mode)
{
    enum rvi_status status;

    status = rvi_wait32(iommu, IOMMU_REG_DDTP, (uint32_t)IOMMU_DDTP_BUSY_MASK, 0);
    if (status != RVI_OK)
        return status;
    iommu->memory.fence(iommu->memory.context);
    rvi_write64(iommu, IOMMU_REG_DDTP,
                IOMMU_PREP(IOMMU_DDTP_PPN, root / RVI_PAGE) |
                    IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, mode));
    return rvi_wait32(iommu, IOMMU_REG_DDTP, (uint32_t)IOMMU_DDTP_BUSY_MASK, 0);
}

static uint8_t read_mode(const struct rvi *iommu, uint64_t *root)
{
    uint64_t ddtp = rvi_read64(iommu, IOMMU_REG_DDTP);

    *root = IOMMU_GET(ddtp, IOMMU_DDTP_PPN) * RVI_PAGE;
    return (uint8_t)IOMMU_GET(ddtp, IOMMU_DDTP_IOMMU_MODE);
}

enum rvi_status rvi_open(struct rvi *iommu, const struct rvi_bus *bus,
                         const struct rvi_memory *memory)
{
    unsigned char *bytes = (unsigned char *)iommu;

    for (size_t i = 0; i < sizeof(*iommu); i++)
        bytes[i] = 0;
    iommu->bus = *bus;
    iommu->memory = *memory;
    iommu->capabilities = rvi_read64(iommu, IOMMU_REG_CAPABILITIES);
    /* A bus without a device there often reads as all ones or zeros. */
    if (iommu->capabilities == UINT64_MAX)
        return RVI_UNSUPPORTED;
    if (MAJOR(IOMMU_GET(iommu->capabilities, IOMMU_CAPABILITIES_VERSION)) != 1)
        return RVI_UNSUPPORTED;
    iommu->fctl = rvi_read32(iommu, IOMMU_REG_FCTL);
    iommu->mode = read_mode(iommu, &iommu->root);
    return RVI_OK;
}

/* A queue that is still being switched on counts as on: fctl must not change then either. The bits
 * are at the same places in all three registers. */
static bool queues_off(const struct rvi *iommu)
{
    const uint32_t active = IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CQON_MASK;

    return (rvi_read32(iommu, IOMMU_REG_CQCSR) & active) == 0 &&
           (rvi_read32(iommu, IOMMU_REG_FQCSR) & active) == 0 &&
           (!rvi_has(iommu, IOMMU_CAPABILITIES_ATS_MASK) ||
            (rvi_read32(iommu, IOMMU_REG_PQCSR) & active) == 0);
}

enum rvi_status rvi_features(struct rvi *iommu, const struct rvi_setup *setup)
{
    uint64_t igs = IOMMU_GET(iommu->capabilities, IOMMU_CAPABILITIES_IGS);
    uint32_t wanted;

    iommu->fctl = rvi_read32(iommu, IOMMU_REG_FCTL);
    if (igs > IOMMU_IGS_BOTH)
        return RVI_UNSUPPORTED;
    if (setup->wires ? igs == IOMMU_IGS_MSI : igs == IOMMU_IGS_WSI)
        return RVI_UNSUPPORTED;
    if (!rvi_has(iommu, setup->required))
        return RVI_UNSUPPORTED;
    wanted = iommu->fctl & ~(IOMMU_FCTL_BE_MASK | IOMMU_FCTL_WSI_MASK);
    wanted |= setup->big_endian ? IOMMU_FCTL_BE_MASK : 0;
    wanted |= setup->wires ? IOMMU_FCTL_WSI_MASK : 0;
    if (wanted != iommu->fctl)
        rvi_write32(iommu, IOMMU_REG_FCTL, wanted);
    /* Read back rather than trusting capabilities.END: the fields are WARL. */
    iommu->fctl = rvi_read32(iommu, IOMMU_REG_FCTL);
    return iommu->fctl == wanted ? RVI_OK : RVI_UNSUPPORTED;
}

/* All queues are started in the same way; only the record's size and the registers differ. */
struct queue_registers {
    uint32_t base, index, csr, bytes;
};

#define QUEUE_ON IOMMU_CQCSR_CQON_MASK
#define QUEUE_BUSY IOMMU_CQCSR_BUSY_MASK
#define QUEUE_EN IOMMU_CQCSR_CQEN_MASK

static enum rvi_status start_queue(struct rvi *iommu, struct rvi_queue *queue,
                                   const struct queue_registers *at, struct rvi_queue_memory ring,
                                   uint8_t log2_min)
{
    uint64_t entries = 1ull << (ring.log2_entries & 31);
    uint64_t bytes = entries * at->bytes;
    uint64_t align = bytes > RVI_PAGE ? bytes : RVI_PAGE;
    uint64_t base;
    enum rvi_status status;

    if (ring.log2_entries < log2_min || ring.log2_entries > 31 || ring.address == 0 ||
        ring.address % align != 0 || ring.address >> RVI_ADDRESS_BITS != 0)
        return RVI_INVALID;
    status = rvi_wait32(iommu, at->csr, QUEUE_BUSY, 0);
    if (status != RVI_OK)
        return status;
    if ((rvi_read32(iommu, at->csr) & QUEUE_ON) != 0)
        return RVI_BUSY;
    base = IOMMU_PREP(IOMMU_CQB_PPN, ring.address / RVI_PAGE) |
           IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, ring.log2_entries - 1);
    rvi_write64(iommu, at->base, base);
    if (rvi_read64(iommu, at->base) != base) /* fewer entries or address bits are built */
        return RVI_UNSUPPORTED;
    rvi_write32(iommu, at->index, 0);
    iommu->memory.fence(iommu->memory.context);
    rvi_write32(iommu, at->csr, QUEUE_EN);
    status = rvi_wait32(iommu, at->csr, QUEUE_ON | QUEUE_BUSY, QUEUE_ON);
    if (status != RVI_OK)
        return status;
    queue->base = ring.address;
    queue->entries = (uint32_t)entries;
    queue->index = 0;
    return RVI_OK;
}

enum rvi_status rvi_start_commands(struct rvi *iommu, struct rvi_queue_memory ring,
                                   uint64_t fence_word)
{
    static const struct queue_registers at = {IOMMU_REG_CQB, IOMMU_REG_CQT, IOMMU_REG_CQCSR,
                                              IOMMU_CMD_BYTES};

    enum rvi_status status;

    if (fence_word == 0 || fence_word % 8 != 0)
        return RVI_INVALID;
    /* Two entries would leave no room for a command and its fence. */
    status = start_queue(iommu, &iommu->cq, &at, ring, 2);
    if (status != RVI_OK) /* a queue that runs goes on as it was */
        return status;
    iommu->fence_word = fence_word;
    iommu->fence_number = 0;
    iommu->pendings = 0;
    iommu->memory.store32(iommu->memory.context, fence_word, 0);
    return RVI_OK;
}

enum rvi_status rvi_start_faults(struct rvi *iommu, struct rvi_queue_memory ring)
{
    static const struct queue_registers at = {IOMMU_REG_FQB, IOMMU_REG_FQH, IOMMU_REG_FQCSR,
                                              IOMMU_FQ_RECORD_BYTES};

    return start_queue(iommu, &iommu->fq, &at, ring, 1);
}

enum rvi_status rvi_start_requests(struct rvi *iommu, struct rvi_queue_memory ring)
{
    static const struct queue_registers at = {IOMMU_REG_PQB, IOMMU_REG_PQH, IOMMU_REG_PQCSR,
                                              IOMMU_PQ_RECORD_BYTES};

    if (!rvi_has(iommu, IOMMU_CAPABILITIES_ATS_MASK))
        return RVI_UNSUPPORTED;
    return start_queue(iommu, &iommu->pq, &at, ring, 1);
}

static uint8_t bits_of(uint8_t mode, bool extended)
{
    static const uint8_t bits[2][3] = {{7, 16, 24}, {6, 15, 24}};

    return bits[extended][mode - IOMMU_DDTP_MODE_1LVL];
}

enum rvi_status rvi_start_directory(struct rvi *iommu, uint64_t root, uint8_t device_id_bits)
{
    bool extended = rvi_has(iommu, IOMMU_CAPABILITIES_MSI_FLAT_MASK);
    enum rvi_status status;
    uint64_t got;

    if (root == 0 || root % RVI_PAGE != 0 || root >> RVI_ADDRESS_BITS != 0 || device_id_bits == 0 ||
        device_id_bits > 24)
        return RVI_INVALID;
    for (uint8_t mode = IOMMU_DDTP_MODE_1LVL; mode <= IOMMU_DDTP_MODE_3LVL; mode++) {
        if (device_id_bits > bits_of(mode, extended))
            continue;
        status = write_ddtp(iommu, root, mode);
        if (status != RVI_OK)
            return status;
        iommu->mode = read_mode(iommu, &got);
        iommu->root = got;
        if (iommu->mode == mode && got == root)
            return RVI_OK;
        /* Fewer address bits are built: what is there now is no directory. */
        if (iommu->mode == mode)
            return rvi_block_all(iommu) == RVI_OK ? RVI_INVALID : RVI_TIMEOUT;
        /* "To change DDT levels, the IOMMU must first be transitioned to Bare or Off." */
        status = rvi_block_all(iommu);
        if (status != RVI_OK)
            return status;
    }
    return RVI_UNSUPPORTED;
}

static enum rvi_status start_all(struct rvi *iommu, const struct rvi_setup *setup)
{
    enum rvi_status status = rvi_features(iommu, setup);

    if (status == RVI_OK)
        status = rvi_count_vectors(iommu);
    if (status == RVI_OK && setup->commands.log2_entries != 0)
        status = rvi_start_commands(iommu, setup->commands, setup->fence_word);
    if (status == RVI_OK && setup->faults.log2_entries != 0)
        status = rvi_start_faults(iommu, setup->faults);
    if (status == RVI_OK && setup->requests.log2_entries != 0)
        status = rvi_start_requests(iommu, setup->requests);
    /* What an earlier owner's tables left in the caches must not outlive the change: the
     * IOMMU may keep it while it is Off. First stages of guests: see rvi_attach(). */
    if (status == RVI_OK && setup->commands.log2_entries != 0) {
        static const struct rvi_inval everything;

        status = rvi_post(iommu, rvi_cmd_ddt(false, 0));
        if (status == RVI_OK)
            status = rvi_post(iommu, rvi_cmd_vma(&everything));
        /* A command for what is not built is unsupported, and stops the queue. */
        if (status == RVI_OK && (iommu->capabilities & SECOND_STAGES) != 0)
            status = rvi_post(iommu, rvi_cmd_gvma(&everything));
        if (status == RVI_OK)
            status = rvi_sync(iommu);
    }
    if (status == RVI_OK)
        status = rvi_start_directory(iommu, setup->root, setup->device_id_bits);
    return status;
}

enum rvi_status rvi_init(struct rvi *iommu, const struct rvi_setup *setup)
{
    enum rvi_status status;

    iommu->mode = read_mode(iommu, &iommu->root);
    if (iommu->mode > IOMMU_DDTP_MODE_BARE || !queues_off(iommu))
        return RVI_BUSY;
    iommu->notify = setup->notify;
    /* After a reset to Bare every device reaches everything: close that first. */
    status = rvi_block_all(iommu);
    if (status == RVI_OK)
        status = start_all(iommu, setup);
    if (status != RVI_OK)
        rvi_quiesce(iommu);
    return status;
}

enum rvi_status rvi_block_all(struct rvi *iommu)
{
    enum rvi_status status;

    /* "Software must not change the PPN field value when transitioning to Off." */
    iommu->mode = read_mode(iommu, &iommu->root);
    if (iommu->mode == MODE_OFF) /* in-flight transactions are done when busy is 0, not before */
        return rvi_wait32(iommu, IOMMU_REG_DDTP, (uint32_t)IOMMU_DDTP_BUSY_MASK, 0);
    status = write_ddtp(iommu, iommu->root, MODE_OFF);
    if (status != RVI_OK)
        return status;
    iommu->mode = read_mode(iommu, &iommu->root);
    return iommu->mode == MODE_OFF ? RVI_OK : RVI_UNSUPPORTED;
}

static enum rvi_status stop_queue(struct rvi *iommu, struct rvi_queue *queue, uint32_t csr)
{
    enum rvi_status status = rvi_wait32(iommu, csr, QUEUE_BUSY, 0);

    if (status != RVI_OK)
        return status;
    rvi_write32(iommu, csr, 0);
    status = rvi_wait32(iommu, csr, QUEUE_ON | QUEUE_BUSY, 0);
    if (status == RVI_OK)
        queue->entries = 0;
    return status;
}

static enum rvi_status worse(enum rvi_status first, enum rvi_status second)
{
    return first != RVI_OK ? first : second;
}

enum rvi_status rvi_quiesce(struct rvi *iommu)
{
    enum rvi_status status = rvi_block_all(iommu);

    /* Go on after an error: the more is off, the better. */
    status = worse(status, stop_queue(iommu, &iommu->cq, IOMMU_REG_CQCSR));
    status = worse(status, stop_queue(iommu, &iommu->fq, IOMMU_REG_FQCSR));
    if (rvi_has(iommu, IOMMU_CAPABILITIES_ATS_MASK))
        status = worse(status, stop_queue(iommu, &iommu->pq, IOMMU_REG_PQCSR));
    if (rvi_has(iommu, IOMMU_CAPABILITIES_HPM_MASK))
        rvi_write32(iommu, IOMMU_REG_IOCOUNTINH, UINT32_MAX);
    iommu->pendings = 0;
    rvi_pending(iommu);
    return status;
}

enum rvi_status rvi_hand_over(struct rvi *iommu, bool keep_faults)
{
    enum rvi_status status = RVI_OK;

    if (iommu->cq.entries != 0)
        status = rvi_sync(iommu);
    status = worse(status, rvi_enable_interrupts(iommu, 0));
    status = worse(status, stop_queue(iommu, &iommu->cq, IOMMU_REG_CQCSR));
    if (rvi_has(iommu, IOMMU_CAPABILITIES_ATS_MASK))
        status = worse(status, stop_queue(iommu, &iommu->pq, IOMMU_REG_PQCSR));
    if (!keep_faults)
        status = worse(status, stop_queue(iommu, &iommu->fq, IOMMU_REG_FQCSR));
    if (rvi_has(iommu, IOMMU_CAPABILITIES_HPM_MASK))
        rvi_write32(iommu, IOMMU_REG_IOCOUNTINH, UINT32_MAX);
    rvi_pending(iommu);
    return status;
}
