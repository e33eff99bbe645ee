/* SPDX-License-Identifier: Apache-2.0 */
/* The I/O bridge with the golden model in it, or with nothing. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "both.h"
#include "bridge.h"
#include "journal.h"
#include "rtl.h"

/** Interrupt files are not memory of ours: the client stores there for us. */
static bool is_message(const struct bridge *bridge, uint64_t address, uint64_t size)
{
    return size == 4 && address % 4 == 0 && address >= bridge->message_base &&
           address - bridge->message_base < bridge->message_size;
}

static bool store(struct bridge *bridge, struct vfu *port, uint64_t address, const void *data,
                  uint32_t size)
{
    if (port == NULL)
        return false;
    if (memory_write(&port->memory, address, data, size))
        return true;
    if (!is_message(bridge, address, size))
        return false;
    bridge->messages++;
    vfu_send_write(port, address, data, size);
    return true;
}

static struct vfu *port_of(struct bridge *bridge, const struct iommu_access *access)
{
    return access->structure == IOMMU_DATA ? bridge->device : bridge->tables;
}

static char trespass[128]; /**< what was not permitted */

static void watch(struct bridge *bridge, const struct iommu_access *access, bool write)
{
    bool device = access->structure == IOMMU_DATA;

    if (bridge->permitted == NULL || trespass[0] != 0 ||
        bridge->permitted(bridge->permitted_context, device, access->address, access->size, write))
        return;
    snprintf(trespass, sizeof(trespass), "%s %s %" PRIx64 ", %u bytes, which is not permitted",
             device ? "a device" : "the IOMMU", write ? "writes" : "reads", access->address,
             access->size);
}

static enum iommu_mem_status bus_read(void *context, const struct iommu_access *access, void *data)
{
    struct bridge *bridge = context;
    struct vfu *port = port_of(bridge, access);

    watch(bridge, access, false);
    if (access->structure != IOMMU_DATA)
        bridge->reads++;
    return port != NULL && memory_read(&port->memory, access->address, data, access->size)
               ? IOMMU_MEM_OK
               : IOMMU_MEM_ACCESS_FAULT;
}

static enum iommu_mem_status bus_write(void *context, const struct iommu_access *access,
                                       const void *data)
{
    struct bridge *bridge = context;

    watch(bridge, access, true);
    if (access->structure != IOMMU_DATA)
        bridge->writes++;
    return store(bridge, port_of(bridge, access), access->address, data, access->size)
               ? IOMMU_MEM_OK
               : IOMMU_MEM_ACCESS_FAULT;
}

/** The guest's harts change the same words: the host's atomics are theirs, too. */
static enum iommu_mem_status bus_amo(void *context, const struct iommu_access *access,
                                     enum iommu_amo operation, uint64_t compare, uint64_t operand,
                                     uint64_t *old)
{
    struct bridge *bridge = context;
    struct vfu *port = port_of(bridge, access);
    void *host =
        port == NULL ? NULL : memory_at(&port->memory, access->address, access->size, true);

    watch(bridge, access, true);
    bridge->updates++;
    if (host == NULL || access->address % access->size != 0)
        return IOMMU_MEM_ACCESS_FAULT;
    if (access->size == 8) {
        uint64_t expected = compare;
        if (operation == IOMMU_AMO_OR)
            expected = __atomic_fetch_or((uint64_t *)host, operand, __ATOMIC_SEQ_CST);
        else
            __atomic_compare_exchange_n((uint64_t *)host, &expected, operand, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = expected;
    } else {
        uint32_t expected = (uint32_t)compare;
        if (operation == IOMMU_AMO_OR)
            expected = __atomic_fetch_or((uint32_t *)host, (uint32_t)operand, __ATOMIC_SEQ_CST);
        else
            __atomic_compare_exchange_n((uint32_t *)host, &expected, (uint32_t)operand, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = expected;
    }
    return IOMMU_MEM_OK;
}

/* --- the same for the RTL ----------------------------------------------------------------- */

static struct iommu_access access_of(bool device, uint64_t address, uint32_t size)
{
    /* Which structure it is, only the data port needs to know. */
    return (struct iommu_access){
        .address = address, .size = size, .structure = device ? IOMMU_DATA : IOMMU_DDT};
}

bool bridge_lockstep(const struct bridge *bridge)
{
    return bridge->kind == BRIDGE_BOTH;
}

void bridge_rest(void)
{
    for (unsigned i = 0; i < 1000 && rtl_run(1000); i++)
        ;
}

static bool rtl_read(void *context, bool device, uint64_t address, void *data, uint32_t size)
{
    struct iommu_access access = access_of(device, address, size);
    uint64_t value;

    if (bus_read(context, &access, data) != IOMMU_MEM_OK)
        return false;
    memcpy(&value, data, 8);
    if (!device && bridge_lockstep(context))
        both_saw_read(address, value);
    return true;
}

static void after_burst(void *context, const struct iommu_request *request,
                        const struct rtl_burst *burst)
{
    if (bridge_lockstep(context)) {
        bridge_rest();
        both_burst(request, burst->refused, burst->target);
    }
    journal_burst(request, burst);
}

static void after_fault(void *context, const uint64_t *record)
{
    (void)context;
    journal_fault(record);
}

static bool rtl_write(void *context, bool device, uint64_t address, const void *data, uint32_t size)
{
    struct iommu_access access = access_of(device, address, size);

    if (bus_write(context, &access, data) != IOMMU_MEM_OK)
        return false;
    if (!device && bridge_lockstep(context))
        both_saw_write(address, data, size);
    return true;
}

static bool rtl_atomic(void *context, uint64_t address, bool compare_and_swap, uint64_t compare,
                       uint64_t operand, uint64_t *old)
{
    struct iommu_access access = access_of(false, address, 8);

    if (bus_amo(context, &access, compare_and_swap ? IOMMU_AMO_CAS : IOMMU_AMO_OR, compare, operand,
                old) != IOMMU_MEM_OK)
        return false;
    if (bridge_lockstep(context))
        both_saw_atomic(address, !compare_and_swap ? *old | operand
                                 : *old == compare ? operand
                                                   : *old);
    return true;
}

static const char *open_rtl(struct bridge *bridge, const char *name, unsigned latency)
{
    struct rtl_memory memory = {bridge,      rtl_read,       rtl_write,  rtl_atomic,
                                after_burst, bridge_message, after_fault};

    if (rtl_config() == NULL)
        return "this program was built without the RTL";
    if (strcmp(name, rtl_config()) != 0)
        return "not the configuration of the RTL that this program was built with";
    if (bridge_lockstep(bridge)) {
        const char *error = both_open(bridge, name);
        if (error != NULL)
            return error;
    }
    rtl_open(&memory, latency);
    return NULL;
}

bool bridge_can_store(struct bridge *bridge, uint64_t address, uint32_t size)
{
    return memory_at(&bridge->tables->memory, address, size, true) != NULL ||
           is_message(bridge, address, size);
}

const char *bridge_wrong(void)
{
    if (trespass[0] != 0)
        return trespass;
    return rtl_wrong() != NULL ? rtl_wrong() : both_wrong();
}

const char *bridge_init(struct bridge *bridge, enum bridge_kind kind, const char *name,
                        unsigned latency)
{
    static char error[128];
    struct iommu_config config;
    struct iommu_bus bus = {.context = bridge,
                            .read = bus_read,
                            .write = bus_write,
                            .amo = bus_amo,
                            .message = bridge_message};

    memset(bridge, 0, sizeof(*bridge));
    trespass[0] = 0;
    bridge->kind = kind;
    /* QEMU's machine `virt` has the interrupt files of machine and supervisor level here. */
    bridge->message_base = 0x24000000;
    bridge->message_size = 0x08000000;
    bridge->patience_ns = BRIDGE_PATIENCE;
    if (kind == BRIDGE_NONE)
        return NULL;
    if (kind == BRIDGE_RTL || kind == BRIDGE_BOTH)
        return open_rtl(bridge, name, latency);
    if (!iommu_config_named(name, &config))
        return "no such configuration: small, base or full";
    bridge->iommu = iommu_create(&config, &bus, error, sizeof(error));
    return bridge->iommu == NULL ? error : NULL;
}

void bridge_free(struct bridge *bridge)
{
    journal_close();
    if (bridge_lockstep(bridge))
        both_close();
    iommu_destroy(bridge->iommu);
    bridge->iommu = NULL;
}

void bridge_reset(struct bridge *bridge)
{
    if (bridge->kind >= BRIDGE_RTL)
        rtl_reset();
    if (bridge_lockstep(bridge))
        both_reset();
    if (bridge->iommu != NULL)
        iommu_reset(bridge->iommu);
    bridge->messages_waiting = 0;
    memset(bridge->invalidation, 0, sizeof(bridge->invalidation));
}

uint64_t bridge_mmio_read(struct bridge *bridge, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    if (bridge->kind >= BRIDGE_RTL) {
        if ((size != 4 && size != 8) || offset % size != 0)
            return 0;
        value = rtl_mmio_read(offset, size);
        if (bridge_lockstep(bridge))
            both_mmio_read(offset, size, value);
        return value;
    }
    iommu_mmio_read(bridge->iommu, offset, size, &value);
    return value;
}

void bridge_mmio_write(struct bridge *bridge, uint32_t offset, uint32_t size, uint64_t value)
{
    if (bridge->kind < BRIDGE_RTL) {
        iommu_mmio_write(bridge->iommu, offset, size, value);
    } else if ((size == 4 || size == 8) && offset % size == 0) {
        rtl_mmio_write(offset, size, value);
        if (bridge_lockstep(bridge)) {
            bridge_rest();
            both_mmio_write(offset, size, value);
        }
    }
}

/** Without an IOMMU, addresses are physical ones. */
static struct iommu_response direct(struct bridge *bridge, const struct iommu_request *request,
                                    void *data, uint32_t length)
{
    struct iommu_response response = {.address = request->iova};
    bool good = request->access == IOMMU_WRITE
                    ? store(bridge, bridge->device, request->iova, data, length)
                    : memory_read(&bridge->device->memory, request->iova, data, length);

    response.status = good ? IOMMU_SUCCESS : IOMMU_ABORT;
    return response;
}

struct iommu_response bridge_dma(struct bridge *bridge, struct vfu *port,
                                 const struct iommu_request *request, void *data, uint32_t length)
{
    struct iommu_response response;
    uint64_t reads = bridge->reads;

    bridge->device = port;
    bridge->requests++;
    if (bridge->kind == BRIDGE_NONE) {
        response = direct(bridge, request, data, length);
    } else if (bridge->kind == BRIDGE_MODEL) {
        response = iommu_dma(bridge->iommu, request, data, length);
    } else {
        memset(&response, 0, sizeof(response));
        response.status = rtl_dma(request, data, length) ? IOMMU_SUCCESS : IOMMU_ABORT;
    }
    bridge->device = NULL;
    bridge->hits += bridge->reads == reads;
    if (response.status == IOMMU_SUCCESS)
        bridge->bytes += length;
    else
        bridge->faults++;
    bridge->reported += response.fault_reported;
    return response;
}

static void advance(struct bridge *bridge, uint64_t ns)
{
    if (bridge->last_ns != 0)
        iommu_advance_cycles(bridge->iommu, (ns - bridge->last_ns) / 10); /* as if of 100 MHz */
    bridge->last_ns = ns;
}

bool bridge_step(struct bridge *bridge)
{
    uint64_t ns = bridge_now_ns();

    if (bridge->iommu != NULL)
        advance(bridge, ns);
    bridge_messages(bridge);
    return bridge->kind >= BRIDGE_RTL && rtl_run(2000);
}
