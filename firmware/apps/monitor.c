/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A prompt on the UART to look into an IOMMU and its tables, and to try things. Starts with all
 * devices blocked.
 */
#include "monitor.h"

#define FINISHER_PASS 0x5555u
#define TREE_ROOM 0x10000u

static struct monitor monitor;
static struct line line;
static uint64_t finisher;

static void __attribute__((noreturn)) power_off(void)
{
    if (finisher != 0)
        mmio_write32(finisher, FINISHER_PASS);
    for (;;)
        __asm__ volatile("wfi");
}

void trap(uint64_t cause, uint64_t pc, uint64_t value)
{
    print("trap: cause %lx at %lx, value %lx\n", cause, pc, value);
    power_off();
}

/* --- words of a command line --- */

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static uint32_t split(char *text, char **words)
{
    uint32_t count = 0;

    while (count < WORDS) {
        while (*text == ' ')
            *text++ = '\0';
        if (*text == '\0')
            break;
        words[count++] = text;
        while (*text != '\0' && *text != ' ')
            text++;
    }
    return count;
}

/* A hexadecimal number, with or without 0x. */
static bool number(const char *text, uint64_t *value)
{
    uint32_t digits = 0;

    *value = 0;
    if (text[0] == '0' && text[1] == 'x')
        text += 2;
    for (; *text != '\0'; text++, digits++) {
        uint32_t digit = *text >= '0' && *text <= '9'   ? (uint32_t)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (uint32_t)(*text - 'a') + 10
                                                        : 16;

        if (digit == 16 || digits == 16)
            return false;
        *value = *value << 4 | digit;
    }
    return digits > 0;
}

static bool numbers(char **words, uint32_t count, uint64_t *values)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!number(words[i], &values[i])) {
            print("%s is no hexadecimal number\n", words[i]);
            return false;
        }
    }
    return true;
}

/* --- commands --- */

typedef void command_fn(char **words, uint32_t count);

static void show_capabilities(char **words, uint32_t count)
{
    static const struct {
        uint64_t mask;
        const char *name;
    } bits[] = {
        {IOMMU_CAPABILITIES_SV32_MASK, "Sv32"},
        {IOMMU_CAPABILITIES_SV39_MASK, "Sv39"},
        {IOMMU_CAPABILITIES_SV48_MASK, "Sv48"},
        {IOMMU_CAPABILITIES_SV57_MASK, "Sv57"},
        {IOMMU_CAPABILITIES_SVPBMT_MASK, "Svpbmt"},
        {IOMMU_CAPABILITIES_SV32X4_MASK, "Sv32x4"},
        {IOMMU_CAPABILITIES_SV39X4_MASK, "Sv39x4"},
        {IOMMU_CAPABILITIES_SV48X4_MASK, "Sv48x4"},
        {IOMMU_CAPABILITIES_SV57X4_MASK, "Sv57x4"},
        {IOMMU_CAPABILITIES_AMO_MRIF_MASK, "AMO_MRIF"},
        {IOMMU_CAPABILITIES_MSI_FLAT_MASK, "MSI_FLAT"},
        {IOMMU_CAPABILITIES_MSI_MRIF_MASK, "MSI_MRIF"},
        {IOMMU_CAPABILITIES_AMO_HWAD_MASK, "AMO_HWAD"},
        {IOMMU_CAPABILITIES_ATS_MASK, "ATS"},
        {IOMMU_CAPABILITIES_T2GPA_MASK, "T2GPA"},
        {IOMMU_CAPABILITIES_END_MASK, "END"},
        {IOMMU_CAPABILITIES_HPM_MASK, "HPM"},
        {IOMMU_CAPABILITIES_DBG_MASK, "DBG"},
        {IOMMU_CAPABILITIES_PD8_MASK, "PD8"},
        {IOMMU_CAPABILITIES_PD17_MASK, "PD17"},
        {IOMMU_CAPABILITIES_PD20_MASK, "PD20"},
        {IOMMU_CAPABILITIES_QOSID_MASK, "QOSID"},
        {IOMMU_CAPABILITIES_NL_MASK, "NL"},
        {IOMMU_CAPABILITIES_S_MASK, "S"},
    };
    static const char *const igs[] = {"messages", "wires", "messages or wires", "reserved"};
    uint64_t value = monitor.iommu.capabilities;

    (void)words, (void)count;
    print("capabilities %016lx: version %llu.%llu, addresses of %llu bits\n ", value,
          IOMMU_GET(value, IOMMU_CAPABILITIES_VERSION) >> 4,
          IOMMU_GET(value, IOMMU_CAPABILITIES_VERSION) & 15,
          IOMMU_GET(value, IOMMU_CAPABILITIES_PAS));
    for (uint32_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if ((value & bits[i].mask) != 0)
            print(" %s", bits[i].name);
    }
    print("\n  interrupts by %s, %u vectors, %u event counters\n",
          igs[IOMMU_GET(value, IOMMU_CAPABILITIES_IGS)], monitor.iommu.vectors,
          rvi_count_counters(&monitor.iommu));
    print("  fctl %x: structures are %s-endian, interrupts by %s\n", monitor.iommu.fctl,
          (monitor.iommu.fctl & IOMMU_FCTL_BE_MASK) != 0 ? "big" : "little",
          (monitor.iommu.fctl & IOMMU_FCTL_WSI_MASK) != 0 ? "wire" : "message");
}

static void show_devices(char **words, uint32_t count)
{
    (void)words, (void)count;
    print("directory at %lx, %u-bit device_ids\n", monitor.ddt.root, rvi_ddt_bits(&monitor.ddt));
    walk_devices(&monitor);
}

static void show_walk(char **words, uint32_t count)
{
    struct walk walk = {.monitor = &monitor, .pv = count == 4};
    uint64_t values[3] = {0, 0, 0};

    if (count < 3 || !numbers(words + 1, count - 1, values)) {
        print("walk DEVICE IOVA [PROCESS]\n");
        return;
    }
    walk.device_id = (uint32_t)values[0];
    walk.iova = values[1];
    walk.process_id = (uint32_t)values[2] & 0xfffff;
    walk_print(&walk);
}

static void show_faults(char **words, uint32_t count)
{
    struct rvi_fault fault[4];
    struct rvi_drained drained;

    (void)words, (void)count;
    do {
        drained = rvi_drain_faults(&monitor.iommu, fault, 4);
        for (uint32_t i = 0; i < drained.records; i++) {
            print("  %06x (%02x:%02x.%x) %s of %lx: %s (%u)", fault[i].device_id,
                  fault[i].device_id >> 8, fault[i].device_id >> 3 & 0x1f, fault[i].device_id & 7,
                  rvi_ttyp_text(fault[i].ttyp), fault[i].iotval, rvi_cause_text(fault[i].cause),
                  fault[i].cause);
            if (fault[i].pv)
                print(", process %x", fault[i].process_id);
            if (fault[i].iotval2 != 0)
                print(", iotval2 %lx", fault[i].iotval2);
            print("\n");
            monitor.faults++;
        }
        if (drained.lost)
            print("  and some were lost: the queue was full\n");
    } while (drained.records == 4);
    print("  %lu records so far\n", monitor.faults);
}

static void show_queue(const char *name, uint32_t base, uint32_t head, uint32_t csr)
{
    uint64_t where = rvi_read64(&monitor.iommu, base);

    print("  %s  at %llx, %u entries, head %u, tail %u, csr %x: %s%s%s%s\n", name,
          IOMMU_GET(where, IOMMU_CQB_PPN) << 12, 2u << IOMMU_GET(where, IOMMU_CQB_LOG2SZ_1),
          rvi_read32(&monitor.iommu, head), rvi_read32(&monitor.iommu, head + 4),
          rvi_read32(&monitor.iommu, csr),
          (rvi_read32(&monitor.iommu, csr) & IOMMU_CQCSR_CQON_MASK) != 0 ? "on" : "off",
          (rvi_read32(&monitor.iommu, csr) & IOMMU_CQCSR_CQMF_MASK) != 0 ? ", memory fault" : "",
          (rvi_read32(&monitor.iommu, csr) & IOMMU_CQCSR_CMD_TO_MASK) == 0 ? ""
          : csr == IOMMU_REG_CQCSR                                         ? ", time-out"
                                                                           : ", overflow",
          csr == IOMMU_REG_CQCSR &&
                  (rvi_read32(&monitor.iommu, csr) & IOMMU_CQCSR_CMD_ILL_MASK) != 0
              ? ", illegal command"
              : "");
}

static void show_queues(char **words, uint32_t count)
{
    (void)words, (void)count;
    show_queue("commands", IOMMU_REG_CQB, IOMMU_REG_CQH, IOMMU_REG_CQCSR);
    show_queue("faults  ", IOMMU_REG_FQB, IOMMU_REG_FQH, IOMMU_REG_FQCSR);
    if (rvi_has(&monitor.iommu, IOMMU_CAPABILITIES_ATS_MASK))
        show_queue("requests", IOMMU_REG_PQB, IOMMU_REG_PQH, IOMMU_REG_PQCSR);
    print("  pending interrupts %x\n", rvi_read32(&monitor.iommu, IOMMU_REG_IPSR));
}

static void show_counters(char **words, uint32_t count)
{
    static const char *const events[] = {"none",
                                         "untranslated requests",
                                         "translated requests",
                                         "translation requests",
                                         "TLB misses",
                                         "DDT walks",
                                         "PDT walks",
                                         "first-stage walks",
                                         "second-stage walks"};
    uint32_t counters = rvi_count_counters(&monitor.iommu);

    (void)words, (void)count;
    if (counters == 0) {
        print("  there are none\n");
        return;
    }
    print("  0 %lu cycles\n", rvi_cycles(&monitor.iommu));
    for (uint32_t i = 1; i <= counters && i < sizeof(events) / sizeof(events[0]); i++)
        print("  %u %lu %s\n", i, rvi_read_counter(&monitor.iommu, i), events[i]);
}

static void start_counters(void)
{
    for (uint16_t event = 1; event <= IOMMU_HPM_EVENT_SECOND_STAGE_WALK; event++)
        rvi_start_counter(&monitor.iommu, event, event, NULL, 0);
    if (rvi_has(&monitor.iommu, IOMMU_CAPABILITIES_HPM_MASK))
        rvi_write32(&monitor.iommu, IOMMU_REG_IOCOUNTINH,
                    rvi_read32(&monitor.iommu, IOMMU_REG_IOCOUNTINH) & ~1u);
}

static void try_translation(char **words, uint32_t count)
{
    struct rvi_probe_result result;
    struct rvi_probe probe = {0};
    uint64_t values[2];
    enum rvi_status status;

    if (count < 3 || !numbers(words + 1, 2, values)) {
        print("try DEVICE IOVA [r|w|x]\n");
        return;
    }
    probe.device_id = (uint32_t)values[0];
    probe.iova = values[1];
    probe.write = count > 3 && same(words[3], "w");
    probe.execute = count > 3 && same(words[3], "x");
    status = rvi_translate(&monitor.iommu, &probe, &result);
    if (status == RVI_OK)
        print("  leads to %lx, in a page of 2^%u bytes\n", result.address, result.log2);
    else
        print("  %s\n", rvi_status_text(status));
    if (status == RVI_FAULT)
        show_faults(NULL, 0);
}

/* A context that is not valid keeps its words: unblocking makes it valid again. */
static void block_device(char **words, uint32_t count)
{
    uint64_t device;

    if (count != 2 || !numbers(words + 1, 1, &device)) {
        print("block DEVICE\n");
        return;
    }
    print("  %s\n", rvi_status_text(rvi_detach(&monitor.iommu, &monitor.ddt, (uint32_t)device)));
}

static void unblock_device(char **words, uint32_t count)
{
    struct rvi_dc dc;
    uint64_t device, at;
    enum rvi_status status;

    if (count != 2 || !numbers(words + 1, 1, &device)) {
        print("unblock DEVICE\n");
        return;
    }
    status = rvi_ddt_find(&monitor.ddt, (uint32_t)device, false, &at);
    if (status == RVI_OK) {
        rvi_dc_load(&monitor.ddt, at, &dc);
        /* A device that never had a window must not get one without any protection. */
        if (dc.fsc == 0 && dc.iohgatp == 0)
            status = RVI_NOT_FOUND;
        dc.tc |= IOMMU_DC_TC_V_MASK;
    }
    if (status == RVI_OK)
        status = rvi_attach(&monitor.iommu, &monitor.ddt, (uint32_t)device, &dc);
    print("  %s\n", rvi_status_text(status));
}

/* map DEVICE IOVA ADDRESS SIZE [ro]: into the device's table, made at the first time. */
static enum rvi_status map_window(const uint64_t *values, bool read_only)
{
    uint64_t grant = RVI_READ | RVI_USER | (read_only ? 0 : RVI_WRITE), at;
    struct rvi_table table = {.memory = monitor.memory, .pages = monitor.pages, .largest = 64};
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    enum rvi_status status = rvi_ddt_find(&monitor.ddt, (uint32_t)values[0], true, &at);

    if (status != RVI_OK)
        return status;
    table.format = RVI_SV39;
    rvi_dc_load(&monitor.ddt, at, &dc);
    if (IOMMU_GET(dc.fsc, IOMMU_DC_FSC_MODE) == IOMMU_IOSATP_MODE_SV39) {
        table.root = IOMMU_GET(dc.fsc, IOMMU_DC_FSC_PPN) * RVI_PAGE;
        return rvi_map(&table, values[1], values[2], values[3], grant, NULL);
    }
    status = rvi_table_make(&table, &monitor.memory, &monitor.pages, RVI_SV39);
    if (status == RVI_OK)
        status = rvi_map(&table, values[1], values[2], values[3], grant, NULL);
    if (status != RVI_OK)
        return status;
    dc.tc = IOMMU_DC_TC_V_MASK;
    dc.fsc = rvi_table_pointer(&table);
    dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, monitor.next_id++);
    return rvi_attach(&monitor.iommu, &monitor.ddt, (uint32_t)values[0], &dc);
}

static void map_pages(char **words, uint32_t count)
{
    uint64_t values[4];

    if (count < 5 || !numbers(words + 1, 4, values)) {
        print("map DEVICE IOVA ADDRESS SIZE [ro]\n");
        return;
    }
    print("  %s\n", rvi_status_text(map_window(values, count > 5 && same(words[5], "ro"))));
}

static void leave(char **words, uint32_t count)
{
    (void)words, (void)count;
    rvi_quiesce(&monitor.iommu);
    print("power off, all DMA is blocked\n");
    power_off();
}

static command_fn show_help;

static const struct {
    const char *name;
    command_fn *run;
    const char *help;
} commands[] = {
    {"help", show_help, "this list"},
    {"caps", show_capabilities, "capabilities, decoded"},
    {"ddt", show_devices, "devices that have a context"},
    {"walk", show_walk, "DEVICE IOVA [PROCESS]: the entries that a translation reads"},
    {"try", try_translation, "DEVICE IOVA [r|w|x]: let the IOMMU translate"},
    {"faults", show_faults, "the fault log, in words"},
    {"queues", show_queues, "the three queues"},
    {"counters", show_counters, "event counters"},
    {"map", map_pages, "DEVICE IOVA ADDRESS SIZE [ro]: open a window"},
    {"block", block_device, "DEVICE: take its context away"},
    {"unblock", unblock_device, "DEVICE: give it back"},
    {"off", leave, "quiesce the IOMMU and power off"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void show_help(char **words, uint32_t count)
{
    (void)words, (void)count;
    for (size_t i = 0; i < COMMANDS; i++)
        print("  %s %s\n", commands[i].name, commands[i].help);
    print("  All numbers are hexadecimal. DEVICE is bus << 8 | device << 3 | function.\n");
}

static void run_line(void)
{
    char copy[LINE], *words[WORDS];
    uint32_t count;

    for (uint32_t i = 0; i < LINE; i++)
        copy[i] = line.text[i];
    count = split(copy, words);
    if (count == 0)
        return;
    for (size_t i = 0; i < COMMANDS; i++) {
        if (same(words[0], commands[i].name)) {
            commands[i].run(words, count);
            return;
        }
    }
    print("no command %s; try help\n", words[0]);
}

/* --- start --- */

static enum rvi_status start_iommu(void)
{
    struct rvi_bus bus = machine_bus(monitor.board.iommu_base);
    struct rvi_setup setup = {.device_id_bits = 16, .commands = {0, 8}, .faults = {0, 7}};
    enum rvi_status status = rvi_open(&monitor.iommu, &bus, &monitor.memory);

    if (status == RVI_OK)
        status = rvi_quiesce(&monitor.iommu);
    if (status != RVI_OK)
        return status;
    if (rvi_take(&monitor.memory, &monitor.pages, 4096, &setup.commands.address) != RVI_OK ||
        rvi_take(&monitor.memory, &monitor.pages, 4096, &setup.faults.address) != RVI_OK ||
        rvi_take(&monitor.memory, &monitor.pages, 4096, &setup.root) != RVI_OK ||
        rvi_take(&monitor.memory, &monitor.pages, 4096, &setup.fence_word) != RVI_OK)
        return RVI_NO_MEMORY;
    setup.wires = IOMMU_GET(monitor.iommu.capabilities, IOMMU_CAPABILITIES_IGS) == IOMMU_IGS_WSI;
    status = rvi_init(&monitor.iommu, &setup);
    monitor.ddt = rvi_ddt_of(&monitor.iommu, monitor.pages);
    return status;
}

int main(uint64_t hart, const void *tree, const void *info, uint64_t started);

int main(uint64_t hart, const void *tree, const void *info, uint64_t started)
{
    enum rvi_status status = RVI_NOT_FOUND;
    uint64_t copy;

    (void)hart, (void)info, (void)started;
    monitor.memory = machine_memory();
    monitor.region = board_pages();
    monitor.pages = rvi_pages_from(&monitor.region);
    monitor.next_id = 1;
    copy = monitor.pages.take(monitor.pages.context, TREE_ROOM);
    if (!board_take_tree(&monitor.board.fdt, tree, (void *)(uintptr_t)copy, TREE_ROOM))
        power_off();
    board_open(&monitor.board);
    board_open_rest(&monitor.board);
    finisher = discover_device(&monitor.board.fdt, "sifive,test1", 4);
    if (monitor.board.iommu_base != 0)
        status = start_iommu();
    if (status != RVI_OK) {
        print("no IOMMU: %s\n", rvi_status_text(status));
        power_off();
    }
    start_counters();
    print("IOMMU at %lx, all devices are blocked. Try help.\n", monitor.board.iommu_base);
    for (;;) {
        line_read(&line, "iommu> ");
        run_line();
    }
}
