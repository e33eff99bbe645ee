/* SPDX-License-Identifier: Apache-2.0 */
/* A DMA engine. Registers: engine.h; what they do: docs/lab.md. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "pci.h"

#define CLASS_OTHER 0x088000u
#define PIECE 4096u
#define REGISTERS 16u
#define FLOOD 2048u /* requests */
#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

struct engine {
    struct pci_function function;
    bool hostile;
    uint64_t reg[REGISTERS];
    /* of the operation under way */
    uint64_t position, entry;
    uint64_t random;
    struct atc atc;
    bool waiting, answered; /**< for the response to a page request */
    uint16_t group;         /**< its index */
};

static uint64_t *reg(struct engine *engine, unsigned offset)
{
    return &engine->reg[offset / 8];
}

static uint64_t random64(struct engine *engine)
{
    engine->random ^= engine->random << 13;
    engine->random ^= engine->random >> 7;
    engine->random ^= engine->random << 17;
    return engine->random;
}

/** Ask for a page; what goes on is begun anew when the response comes. */
static void request_page(struct engine *engine, const struct iommu_request *request)
{
    struct iommu_page_request page = {.device_id = request->device_id,
                                      .process_id = request->process_id,
                                      .process_id_valid = request->process_id_valid,
                                      .privileged =
                                          request->process_id_valid && request->privileged};

    engine->group = (engine->group + 1) & 0x1ff;
    page.payload = (request->iova & IOMMU_PQ_PAGE_ADDRESS_MASK) |
                   IOMMU_PREP(IOMMU_PQ_PRGI, engine->group) | IOMMU_PQ_L_MASK |
                   (request->access == IOMMU_WRITE ? IOMMU_PQ_W_MASK : IOMMU_PQ_R_MASK);
    engine->waiting = true;
    engine->atc.requests++;
    bridge_page_request(engine->function.bridge, &page);
}

/** By its own cache, or by a translation request. @return NULL: it must not */
static const struct atc_entry *translate(struct engine *engine, const struct iommu_request *request)
{
    bool write = request->access == IOMMU_WRITE;
    const struct atc_entry *entry = atc_find(&engine->atc, request);

    if (entry == NULL || !(write ? entry->write : entry->read)) {
        struct iommu_request ask = *request;
        ask.type = IOMMU_ATS_TRANSLATION;
        ask.iova &= ~0xfffull;
        engine->atc.asked++;
        struct ats_completion completion = bridge_translate(engine->function.bridge, &ask);
        if (completion.status != IOMMU_SUCCESS)
            return NULL;
        if ((completion.payload & (write ? ATS_W : ATS_R)) == 0) {
            /* One try: a page that was asked for and is not there is a fault. */
            if ((*reg(engine, ENGINE_CONTROL) & ENGINE_CONTROL_PRI) != 0 && !engine->answered &&
                pci_pri_enabled(&engine->function))
                request_page(engine, request);
            return NULL;
        }
        entry = atc_keep(&engine->atc, &ask, completion.payload);
    }
    engine->answered = false;
    return entry;
}

/** An access by translated requests, page by page. */
static bool access_translated(struct engine *engine, const struct iommu_request *request,
                              uint8_t *data, uint32_t length)
{
    struct iommu_request part = *request;

    for (uint32_t done = 0; done < length;) {
        uint32_t room = (uint32_t)(PIECE - (request->iova + done) % PIECE);
        uint32_t count = length - done < room ? length - done : room;
        part.iova = request->iova + done;
        const struct atc_entry *entry = translate(engine, &part);
        if (entry == NULL)
            return false;
        struct iommu_request send = part;
        if (!entry->untranslated) {
            send.type = IOMMU_TRANSLATED;
            send.iova = entry->target | (part.iova & entry->mask);
            send.process_id_valid = send.privileged = false;
        }
        if (bridge_dma(engine->function.bridge, &engine->function.vfu, &send, data + done, count)
                .status != IOMMU_SUCCESS)
            return false;
        done += count;
    }
    return true;
}

/** As a device must, or as HOSTILE says: its cache is its own business then. */
static void answer_invalidation(struct engine *engine, const struct iommu_message *message)
{
    struct bridge *bridge = engine->function.bridge;
    uint32_t id = message->device_id, itag = 1u << (message->itag & 31);
    uint64_t hostile = engine->hostile ? *reg(engine, ENGINE_HOSTILE) : 0;
    unsigned lie = (hostile & ENGINE_HOSTILE_LIES) != 0 ? (unsigned)(random64(engine) % 8) : 8;

    if ((hostile & ENGINE_HOSTILE_SILENT) != 0 || lie == 0)
        return;
    if (lie == 1) /* of another request */
        bridge_completion(bridge, id, ~itag, 1);
    else if (lie == 2) /* as another device */
        bridge_completion(bridge, id ^ 0x8, itag, 1);
    else if (lie == 3) /* promises more than there will be */
        bridge_completion(bridge, id, itag, 0);
    else
        bridge_completion(bridge, id, itag, 1);
    if (lie == 4) /* twice */
        bridge_completion(bridge, id, itag, 1);
}

static void on_message(void *context, const struct iommu_message *message)
{
    struct engine *engine = context;

    if (message->kind == IOMMU_MSG_INVALIDATION_REQUEST) {
        atc_invalidate(&engine->atc, message);
        answer_invalidation(engine, message);
    } else if (engine->waiting &&
               IOMMU_GET(message->payload, IOMMU_CMD_ATS_PRGR_PRGI) == engine->group) {
        engine->waiting = false;
        engine->answered = true; /* whatever it says: the next translation tells */
    }
}

/** One access as the registers say. @return false: refused, and where is noted */
static bool move(struct engine *engine, uint64_t iova, void *data, uint32_t length, bool write)
{
    uint64_t control = *reg(engine, ENGINE_CONTROL);
    struct iommu_request request = {.iova = iova,
                                    .device_id = engine->function.device_id,
                                    .process_id = (uint32_t)*reg(engine, ENGINE_PASID) & 0xfffff,
                                    .process_id_valid = (control & ENGINE_CONTROL_PASID) != 0,
                                    .privileged = (control & ENGINE_CONTROL_PRIVILEGED) != 0,
                                    .access = write ? IOMMU_WRITE : IOMMU_READ};

    bool ats = (control & ENGINE_CONTROL_ATS) != 0 && pci_ats_enabled(&engine->function);

    if (pci_bus_master(&engine->function) &&
        (ats ? access_translated(engine, &request, data, length)
             : bridge_dma(engine->function.bridge, &engine->function.vfu, &request, data, length)
                       .status == IOMMU_SUCCESS)) {
        *reg(engine, ENGINE_MOVED) += length;
        return true;
    }
    *reg(engine, ENGINE_FAULT_ADDRESS) = iova;
    return false;
}

static void finish(struct engine *engine, uint64_t status)
{
    *reg(engine, ENGINE_STATUS) = status;
    if ((*reg(engine, ENGINE_CONTROL) & ENGINE_CONTROL_INTERRUPT) != 0)
        pci_msi(&engine->function);
}

/** Up to a piece of one transfer. @return false if refused; *left: bytes to come */
static bool piece(struct engine *engine, uint64_t source, uint64_t target, uint64_t length,
                  uint64_t *left)
{
    uint8_t data[PIECE];
    uint64_t rest = length - engine->position;
    uint32_t count = rest < PIECE ? (uint32_t)rest : PIECE;
    uint64_t from = source + engine->position, to = target + engine->position;
    uint64_t operation = *reg(engine, ENGINE_OPERATION), *result = reg(engine, ENGINE_RESULT);

    *left = rest - count;
    if (count == 0)
        return true;
    if (operation == ENGINE_FILL) {
        for (uint32_t i = 0; i < count; i++)
            data[i] = (uint8_t)(*reg(engine, ENGINE_ARGUMENT) >> (engine->position + i) % 8 * 8);
    } else if (!move(engine, from, data, count, false)) {
        return false;
    }
    if (operation == ENGINE_CHECKSUM) {
        for (uint32_t i = 0; i < count; i++)
            *result = (*result ^ data[i]) * FNV_PRIME;
    } else if (!move(engine, to, data, count, true)) {
        return false;
    }
    engine->position += count;
    return true;
}

/** Follow pointers. @return false if refused */
static bool chase(struct engine *engine, uint64_t *left)
{
    uint64_t steps = *reg(engine, ENGINE_ARGUMENT), *pointer = reg(engine, ENGINE_RESULT);

    for (unsigned i = 0; i < 64 && engine->entry < steps; i++, engine->entry++) {
        uint64_t next;
        if (!move(engine, *pointer, &next, 8, false))
            return false;
        *pointer = next;
    }
    *left = steps - engine->entry;
    return true;
}

static bool gather(struct engine *engine, uint64_t *left)
{
    uint64_t entry[ENGINE_GATHER_BYTES / 8], rest;

    *left = *reg(engine, ENGINE_ARGUMENT) - engine->entry;
    if (*left == 0)
        return true;
    if (!move(engine, *reg(engine, ENGINE_SOURCE) + engine->entry * ENGINE_GATHER_BYTES, entry,
              ENGINE_GATHER_BYTES, false) ||
        !piece(engine, entry[0], entry[1], entry[2], &rest))
        return false;
    if (rest == 0) {
        engine->position = 0;
        engine->entry++;
    }
    *left = *reg(engine, ENGINE_ARGUMENT) - engine->entry;
    return true;
}

/* --- what no device should do ------------------------------------------------------------ */

static void page_request(struct engine *engine, const struct iommu_request *as, uint64_t payload)
{
    struct iommu_page_request request = {.device_id = as->device_id,
                                         .process_id = as->process_id,
                                         .process_id_valid = as->process_id_valid,
                                         .privileged = as->privileged,
                                         .execute = as->execute,
                                         .payload = payload};

    bridge_page_request(engine->function.bridge, &request);
}

static void raw(struct engine *engine, uint64_t hostile, uint64_t iova, uint32_t length)
{
    struct pci_function *function = &engine->function;
    uint32_t id = (hostile & ENGINE_HOSTILE_OTHER) != 0 ? (uint32_t)hostile & ENGINE_HOSTILE_ID
                                                        : function->device_id;
    uint8_t data[PIECE] = {0};
    bool execute = (hostile & ENGINE_HOSTILE_EXECUTE) != 0;
    uint64_t control = *reg(engine, ENGINE_CONTROL);
    struct iommu_request request = {.iova = iova,
                                    .device_id = id,
                                    .process_id = (uint32_t)*reg(engine, ENGINE_PASID) & 0xfffff,
                                    .process_id_valid = (control & ENGINE_CONTROL_PASID) != 0,
                                    .privileged = (control & ENGINE_CONTROL_PRIVILEGED) != 0,
                                    .type = (uint8_t)((hostile >> ENGINE_HOSTILE_TYPE & 3) % 3),
                                    .access = (hostile & ENGINE_HOSTILE_WRITE) != 0 ? IOMMU_WRITE
                                                                                    : IOMMU_READ};

    if ((hostile & ENGINE_HOSTILE_COMPLETION) != 0) {
        bridge_completion(function->bridge, id, (uint32_t)iova, (uint8_t)(iova >> 32));
        return;
    }
    if (request.type == IOMMU_ATS_TRANSLATION || (hostile & ENGINE_HOSTILE_PAGE_REQUEST) != 0) {
        /* A message has no more than this, and these only with a process_id. */
        request.iova &= ~0xfffull;
        request.execute = execute && request.process_id_valid;
        request.privileged &= request.process_id_valid;
        if ((hostile & ENGINE_HOSTILE_PAGE_REQUEST) != 0)
            page_request(engine, &request, iova);
        else
            bridge_translate(function->bridge, &request);
        return;
    }
    if (execute && request.access == IOMMU_READ)
        request.access = IOMMU_EXECUTE;
    if (length == 0 || length > PIECE)
        length = 1;
    memset(data, 0xee, length);
    struct iommu_response response =
        bridge_dma(function->bridge, &function->vfu, &request, data, length);
    if (response.status == IOMMU_SUCCESS)
        ++*reg(engine, ENGINE_RESULT);
    else
        *reg(engine, ENGINE_FAULT_ADDRESS) = iova;
}

/** Now and then all requests are of one kind, thousands of them. */
static uint64_t flood(const struct engine *engine, uint64_t hostile)
{
    const uint64_t kinds =
        ENGINE_HOSTILE_PAGE_REQUEST | ENGINE_HOSTILE_COMPLETION | 3ull << ENGINE_HOSTILE_TYPE;

    switch (engine->entry / FLOOD % 8) {
    case 5:
        return (hostile & ~kinds) | (uint64_t)IOMMU_ATS_TRANSLATION << ENGINE_HOSTILE_TYPE;
    case 6:
        return (hostile & ~kinds) | ENGINE_HOSTILE_PAGE_REQUEST;
    case 7:
        return (hostile & ~kinds) | ENGINE_HOSTILE_COMPLETION;
    default:
        return hostile;
    }
}

/** A number of them, each different; half of them in the name of others, if that is asked for. */
static bool storm(struct engine *engine, uint64_t *left)
{
    for (unsigned i = 0; i < 256 && engine->entry < *reg(engine, ENGINE_ARGUMENT);
         i++, engine->entry++) {
        static const uint64_t edges[] = {0,          0xfff,         0x1000,     0x80000000,
                                         0xffffffff, 0x28000000,    0x24000000, 1ull << 38,
                                         1ull << 47, UINT64_MAX - 3};
        uint64_t hostile = random64(engine) & (ENGINE_HOSTILE_EXECUTE | 0x3fffffff);
        uint64_t iova = random64(engine);
        iova >>= random64(engine) % 40;
        if (random64(engine) % 4 == 0)
            iova = edges[random64(engine) % 10] + random64(engine) % 16 - 8;
        if (random64(engine) % 2 == 0) { /* near what it may reach */
            bool translated = (hostile >> ENGINE_HOSTILE_TYPE & 3) == IOMMU_TRANSLATED;
            iova = *reg(engine, translated ? ENGINE_TARGET : ENGINE_SOURCE) +
                   random64(engine) % 0x4000 - 0x1000;
        }
        if (random64(engine) % 8 != 0)
            hostile &= ~(uint64_t)(ENGINE_HOSTILE_PAGE_REQUEST | ENGINE_HOSTILE_COMPLETION);
        hostile = flood(engine, hostile);
        if (random64(engine) % 2 == 0 || (*reg(engine, ENGINE_HOSTILE) & ENGINE_HOSTILE_OTHER) == 0)
            hostile &= ~(uint64_t)ENGINE_HOSTILE_OTHER;
        if (random64(engine) % 4 != 0)
            hostile &= ~0xff0000ull;
        *reg(engine, ENGINE_PASID) = random64(engine);
        *reg(engine, ENGINE_CONTROL) = random64(engine) & ENGINE_CONTROL_PRIVILEGED;
        if (random64(engine) % 4 == 0)
            *reg(engine, ENGINE_CONTROL) |= ENGINE_CONTROL_PASID;
        raw(engine, hostile, iova, (uint32_t)(random64(engine) % 65));
    }
    *left = *reg(engine, ENGINE_ARGUMENT) - engine->entry;
    return true;
}

/* --- the function ------------------------------------------------------------------------ */

static bool work(struct engine *engine, uint64_t *left)
{
    uint64_t operation = *reg(engine, ENGINE_OPERATION);

    *left = 0;
    if (operation <= ENGINE_CHECKSUM)
        return piece(engine, *reg(engine, ENGINE_SOURCE), *reg(engine, ENGINE_TARGET),
                     *reg(engine, ENGINE_LENGTH), left);
    if (operation == ENGINE_CHASE)
        return chase(engine, left);
    if (operation == ENGINE_GATHER)
        return gather(engine, left);
    if (operation == ENGINE_RAW && engine->hostile) {
        raw(engine, *reg(engine, ENGINE_HOSTILE), *reg(engine, ENGINE_SOURCE),
            (uint32_t)*reg(engine, ENGINE_LENGTH));
        return *reg(engine, ENGINE_FAULT_ADDRESS) == 0;
    }
    return operation == ENGINE_STORM && engine->hostile && storm(engine, left);
}

static bool step(void *context)
{
    struct engine *engine = context;
    uint64_t left = 0;

    uint64_t moved = *reg(engine, ENGINE_MOVED);

    if ((*reg(engine, ENGINE_STATUS) & ENGINE_STATUS_BUSY) == 0 || engine->waiting)
        return false;
    bool good = work(engine, &left);
    if (engine->waiting) {
        *reg(engine, ENGINE_MOVED) = moved;
        return false;
    }
    if (!good)
        finish(engine, ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT);
    else if (left == 0)
        finish(engine, ENGINE_STATUS_DONE);
    return (*reg(engine, ENGINE_STATUS) & ENGINE_STATUS_BUSY) != 0;
}

static void start(struct engine *engine)
{
    if ((*reg(engine, ENGINE_STATUS) & ENGINE_STATUS_BUSY) != 0)
        return;
    engine->position = engine->entry = 0;
    engine->answered = false;
    engine->random = *reg(engine, ENGINE_SEED) * 2 + 1;
    *reg(engine, ENGINE_MOVED) = 0;
    *reg(engine, ENGINE_FAULT_ADDRESS) = 0;
    uint64_t operation = *reg(engine, ENGINE_OPERATION);
    *reg(engine, ENGINE_RESULT) = operation == ENGINE_CHECKSUM ? FNV_BASIS
                                  : operation == ENGINE_CHASE  ? *reg(engine, ENGINE_SOURCE)
                                                               : 0;
    *reg(engine, ENGINE_STATUS) = ENGINE_STATUS_BUSY;
}

static uint64_t bar_read(void *context, uint64_t offset, uint32_t size)
{
    struct engine *engine = context;

    if (offset >= 8 * REGISTERS || offset % size != 0)
        return 0;
    *reg(engine, ENGINE_ATS) = engine->atc.asked | (uint64_t)engine->atc.requests << 32 |
                               (uint64_t)engine->atc.dropped << 48;
    return engine->reg[offset / 8] >> offset % 8 * 8;
}

static void bar_write(void *context, uint64_t offset, uint32_t size, uint64_t value)
{
    struct engine *engine = context;
    uint64_t mask = (size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1) << offset % 8 * 8;
    uint64_t shifted = value << offset % 8 * 8;
    uint64_t *target;

    if (offset >= 8 * REGISTERS || offset % size != 0)
        return;
    target = &engine->reg[offset / 8];
    switch (offset & ~7ull) {
    case ENGINE_ID:
    case ENGINE_RESULT:
    case ENGINE_FAULT_ADDRESS:
    case ENGINE_MOVED:
    case ENGINE_ATS:
        return;
    case ENGINE_STATUS:
        *target &= ~(shifted & (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
        return;
    case ENGINE_RAISE:
        pci_msi(&engine->function);
        return;
    default:
        /* What is under way goes on as it was begun. */
        if ((*reg(engine, ENGINE_STATUS) & ENGINE_STATUS_BUSY) == 0)
            *target = (*target & ~mask) | (shifted & mask);
    }
    if (offset == ENGINE_CONTROL && (value & ENGINE_CONTROL_START) != 0)
        start(engine);
}

static void reset(void *context)
{
    struct engine *engine = context;

    memset(engine->reg, 0, sizeof(engine->reg));
    atc_clear(&engine->atc);
    engine->waiting = false;
    *reg(engine, ENGINE_ID) = ENGINE_ID_VALUE;
}

struct pci_function *engine_new(struct bridge *bridge, bool hostile)
{
    static const struct pci_identity identity = {.device = PCI_DEVICE_ENGINE,
                                                 .class_code = CLASS_OTHER,
                                                 .bar_size = 4096,
                                                 .pasid = true,
                                                 .ats = true};
    static const struct pci_ops ops = {.bar_read = bar_read,
                                       .bar_write = bar_write,
                                       .reset = reset,
                                       .step = step,
                                       .message = on_message};
    struct engine *engine = calloc(1, sizeof(*engine));

    if (engine == NULL)
        return NULL;
    engine->hostile = hostile;
    engine->function.bridge = bridge;
    reset(engine);
    pci_init(&engine->function, &identity, &ops, engine);
    return &engine->function;
}
