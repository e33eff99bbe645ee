/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define VERSION_1_0 0x10u /* of capabilities.version: what the model knows */

/* ---- notes */

void notes_add(struct notes *notes, const char *format, ...)
{
    va_list arguments;
    struct problem text; /* for its cleaning of hostile bytes */
    char raw[NOTE_TEXT];

    if (notes->count == NOTES_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    problem_set(&text, "%s", raw);
    memcpy(notes->text[notes->count++], text.text, strlen(text.text) + 1);
}

/* ---- bytes and words */

uint64_t swap_bytes(uint64_t value)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < 8; i++)
        result = result << 8 | (value >> (8 * i) & 0xff);
    return result;
}

void words_from_bytes(const uint8_t *bytes, bool big_endian, unsigned words, uint64_t *value)
{
    for (unsigned i = 0; i < words; i++) {
        uint64_t word = 0;
        for (unsigned j = 8; j-- > 0;)
            word = word << 8 | bytes[8 * i + j];
        value[i] = big_endian ? swap_bytes(word) : word;
    }
}

bool machine_read_words(struct machine *machine, uint64_t address, bool big_endian, unsigned words,
                        uint64_t *value)
{
    uint8_t bytes[LAYOUT_WORDS * 8];

    if (words > LAYOUT_WORDS || !memory_read(&machine->memory, address, bytes, words * 8))
        return false;
    words_from_bytes(bytes, big_endian, words, value);
    return true;
}

struct layout_context machine_context(const struct machine *machine)
{
    return (struct layout_context){
        .capabilities = machine->config.capabilities,
        .gxl = (machine->fctl & IOMMU_FCTL_GXL_MASK) != 0,
    };
}

/* ---- the model's view of memory */

static enum iommu_mem_status bus_read(void *context, const struct iommu_access *access, void *data)
{
    struct machine_bus *bus = context;

    return memory_read(bus->memory, access->address, data, access->size) ? IOMMU_MEM_OK
                                                                         : IOMMU_MEM_ACCESS_FAULT;
}

static enum iommu_mem_status bus_write(void *context, const struct iommu_access *access,
                                       const void *data)
{
    struct machine_bus *bus = context;

    if (access->structure == IOMMU_FQ) { /* wherever the queue is: it is the tool's own */
        if (access->size <= sizeof(bus->fault.bytes)) {
            bus->fault.stored = true;
            memcpy(bus->fault.bytes, data, access->size);
        }
        return IOMMU_MEM_OK;
    }
    return memory_write(bus->memory, access->address, data, access->size) ? IOMMU_MEM_OK
                                                                          : IOMMU_MEM_ACCESS_FAULT;
}

/* ---- configuration */

/* Take the capabilities of the register file, and make the rest fit them. */
static void adopt_capabilities(struct machine *machine, uint64_t capabilities)
{
    struct iommu_config *config = &machine->config;
    uint64_t unknown = IOMMU_CAPABILITIES_RESERVED_MASK | IOMMU_CAPABILITIES_CUSTOM_MASK;
    uint64_t interrupts = IOMMU_GET(capabilities, IOMMU_CAPABILITIES_IGS);
    char place[320];

    if (capabilities & unknown)
        notes_add(
            &machine->notes, "%s has reserved or custom bits set (0x%" PRIx64 "); they are ignored",
            registers_place(&machine->registers, IOMMU_REG_CAPABILITIES, place, sizeof(place)),
            capabilities & unknown);
    config->capabilities = capabilities & ~unknown;
    if (IOMMU_GET(capabilities, IOMMU_CAPABILITIES_VERSION) > VERSION_1_0) {
        notes_add(&machine->notes, "capabilities.version is 0x%x; explained as version 1.0 (0x10)",
                  (unsigned)IOMMU_GET(capabilities, IOMMU_CAPABILITIES_VERSION));
        config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_VERSION_MASK;
        config->capabilities |= VERSION_1_0;
    }
    if (!(capabilities & IOMMU_CAPABILITIES_HPM_MASK)) {
        config->hpm_counters = 0;
    } else if (config->hpm_counters == 0) {
        config->hpm_counters = 31;
        config->hpm_counter_bits = 64;
        config->hpm_cycle_bits = 63;
    }
    if (!(capabilities & IOMMU_CAPABILITIES_END_MASK))
        config->fctl_writable &= ~IOMMU_FCTL_BE_MASK;
    if (!(capabilities & (IOMMU_CAPABILITIES_SV32_MASK | IOMMU_CAPABILITIES_SV32X4_MASK)))
        config->fctl_writable &= ~IOMMU_FCTL_GXL_MASK;
    if (interrupts != IOMMU_IGS_BOTH)
        config->fctl_writable &= ~IOMMU_FCTL_WSI_MASK;
    config->fctl_reset = interrupts == IOMMU_IGS_WSI ? IOMMU_FCTL_WSI_MASK : 0;
}

/* fctl as given, with bits that software cannot write as the hardware's fixed values. */
static void adopt_fctl(struct machine *machine)
{
    struct iommu_config *config = &machine->config;
    uint32_t known = IOMMU_FCTL_BE_MASK | IOMMU_FCTL_WSI_MASK | IOMMU_FCTL_GXL_MASK;
    uint64_t fctl;

    if (!registers_get(&machine->registers, IOMMU_REG_FCTL, &fctl))
        return;
    config->fctl_reset = (uint32_t)fctl & known;
}

static void compare_back(struct machine *machine, uint32_t offset, uint64_t given, uint64_t now)
{
    char place[320];

    if (given != now)
        notes_add(&machine->notes,
                  "%s: 0x%" PRIx64 " reads back as 0x%" PRIx64
                  ": the IOMMU with these capabilities does not take this value",
                  registers_place(&machine->registers, offset, place, sizeof(place)), given, now);
}

/* Write what the walk depends on, see what the model makes of it. */
static bool try_registers(struct machine *machine, struct problem *problem)
{
    struct machine_bus bus = {.memory = &machine->memory};
    uint64_t value;
    struct iommu *iommu = machine_start(machine, &bus, problem);

    if (iommu == NULL)
        return false;
    iommu_mmio_read(iommu, IOMMU_REG_FCTL, 4, &value);
    machine->fctl = (uint32_t)value;
    iommu_mmio_read(iommu, IOMMU_REG_DDTP, 8, &machine->ddtp);
    iommu_destroy(iommu);

    uint64_t fctl;
    if (registers_get(&machine->registers, IOMMU_REG_FCTL, &fctl))
        compare_back(machine, IOMMU_REG_FCTL, fctl & ~(uint64_t)IOMMU_FCTL_CUSTOM_MASK,
                     machine->fctl & ~IOMMU_FCTL_CUSTOM_MASK);
    uint64_t ddtp;
    if (registers_get(&machine->registers, IOMMU_REG_DDTP, &ddtp)) {
        if (ddtp & IOMMU_DDTP_BUSY_MASK)
            notes_add(&machine->notes, "ddtp.busy is 1: a change of ddtp was under way when the "
                                       "registers were read");
        compare_back(machine, IOMMU_REG_DDTP, ddtp & ~IOMMU_DDTP_BUSY_MASK,
                     machine->ddtp & ~IOMMU_DDTP_BUSY_MASK);
    }
    return true;
}

bool machine_configure(struct machine *machine, const char *name, struct problem *problem)
{
    uint64_t capabilities;
    char error[200] = "";

    machine->config_name = name != NULL ? name : "max";
    if (!iommu_config_named(machine->config_name, &machine->config))
        return problem_set(problem, "--config: \"%s\" is none of small, base, full, max",
                           quote(machine->config_name, strlen(machine->config_name)).text);
    machine->capabilities_given =
        registers_get(&machine->registers, IOMMU_REG_CAPABILITIES, &capabilities);
    if (machine->capabilities_given)
        adopt_capabilities(machine, capabilities);
    else if (name == NULL)
        notes_add(&machine->notes, "capabilities is not given: assuming that everything in the "
                                   "specification is supported (--config max)");
    adopt_fctl(machine);
    machine->config.ddt_cache_entries = 0; /* each walk reads all its entries */
    machine->config.pdt_cache_entries = 0;
    machine->config.iotlb_entries = 0;
    machine->config.manual = true;
    machine->config.history = false;
    machine->config.reset_mode = IOMMU_DDTP_MODE_OFF;
    if (!iommu_config_check(&machine->config, error, sizeof(error))) {
        char place[320];
        bool fctl = strncmp(error, "fctl", 4) == 0;
        registers_place(&machine->registers, fctl ? IOMMU_REG_FCTL : IOMMU_REG_CAPABILITIES, place,
                        sizeof(place));
        return problem_set(problem, "%s: %s", place, error);
    }
    return try_registers(machine, problem);
}

struct iommu *machine_start(struct machine *machine, struct machine_bus *bus,
                            struct problem *problem)
{
    char error[200] = "";
    const struct registers *registers = &machine->registers;
    struct iommu_bus callbacks = {.context = bus, .read = bus_read, .write = bus_write};
    struct iommu *iommu = iommu_create(&machine->config, &callbacks, error, sizeof(error));

    if (iommu == NULL) {
        problem_set(problem, "the model cannot be set up: %s", error);
        return NULL;
    }
    uint64_t fctl;
    if (registers_get(registers, IOMMU_REG_FCTL, &fctl))
        iommu_mmio_write(iommu, IOMMU_REG_FCTL, 4, fctl);
    iommu_mmio_write(iommu, IOMMU_REG_IOMMU_QOSID, 4,
                     registers_value(registers, IOMMU_REG_IOMMU_QOSID));
    /* A queue of two entries; bus_write() keeps its records away from the images. */
    iommu_mmio_write(iommu, IOMMU_REG_FQB, 8, 0);
    iommu_mmio_write(iommu, IOMMU_REG_FQCSR, 4, IOMMU_FQCSR_FQEN_MASK);
    iommu_mmio_write(iommu, IOMMU_REG_DDTP, 8, registers_value(registers, IOMMU_REG_DDTP));
    return iommu;
}
