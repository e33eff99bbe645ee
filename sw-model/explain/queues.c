/* SPDX-License-Identifier: Apache-2.0 */
#include "queues.h"

#include <string.h>

#define QUEUE(name, prefix, PREFIX, words)                                                         \
    {name,                                                                                         \
     prefix,                                                                                       \
     IOMMU_REG_##PREFIX##B,                                                                        \
     IOMMU_REG_##PREFIX##H,                                                                        \
     IOMMU_REG_##PREFIX##T,                                                                        \
     IOMMU_REG_##PREFIX##CSR,                                                                      \
     LAYOUT_##PREFIX##CSR,                                                                         \
     words,                                                                                        \
     false,                                                                                        \
     false,                                                                                        \
     0,                                                                                            \
     0,                                                                                            \
     0,                                                                                            \
     0,                                                                                            \
     0,                                                                                            \
     0}

static const struct queue_view queues[QUEUES] = {
    [QUEUE_COMMAND] = QUEUE("command queue", "cq", CQ, IOMMU_CMD_BYTES / 8),
    [QUEUE_FAULT] = QUEUE("fault queue", "fq", FQ, IOMMU_FQ_RECORD_BYTES / 8),
    [QUEUE_PAGE_REQUEST] = QUEUE("page-request queue", "pq", PQ, IOMMU_PQ_RECORD_BYTES / 8),
};

void queue_view(const struct machine *machine, enum queue_id id, struct queue_view *view)
{
    const struct registers *registers = &machine->registers;
    uint64_t base;

    *view = queues[id];
    view->given = registers_get(registers, view->base_offset, &base);
    view->csr_given = registers_get(registers, view->csr_offset, &view->csr);
    view->address = IOMMU_GET(base, IOMMU_CQB_PPN) << 12;
    view->entries = UINT64_C(2) << IOMMU_GET(base, IOMMU_CQB_LOG2SZ_1);
    view->head = registers_value(registers, view->head_offset);
    view->tail = registers_value(registers, view->tail_offset);
    if (view->given && view->head < view->entries && view->tail < view->entries)
        view->waiting = (view->tail - view->head) & (view->entries - 1);
}

bool queue_entry(struct machine *machine, const struct queue_view *view, uint64_t number,
                 uint64_t *address, uint64_t *words)
{
    uint64_t index = (view->head + number) & (view->entries - 1);

    *address = view->address + index * view->entry_words * 8;
    memset(words, 0, LAYOUT_WORDS * sizeof(*words));
    return machine_read_words(machine, *address, (machine->fctl & IOMMU_FCTL_BE_MASK) != 0,
                              view->entry_words, words);
}

enum layout_id queue_layout(enum queue_id id, const uint64_t *words)
{
    return id == QUEUE_COMMAND ? layout_of_command(words)
           : id == QUEUE_FAULT ? LAYOUT_FQ
                               : LAYOUT_PQ;
}

/* ---- what the state means */

struct state_remark {
    uint32_t mask;
    const char *text;
};

static const struct state_remark command_remarks[] = {
    {IOMMU_CQCSR_CQMF_MASK, "cqmf: a memory fault stopped the queue; cqh points at the command "
                            "that could not be read, or at the IOFENCE.C whose store failed"},
    {IOMMU_CQCSR_CMD_TO_MASK, "cmd_to: an ATS.INVAL before the IOFENCE.C at cqh timed out: a "
                              "device does not answer"},
    {IOMMU_CQCSR_CMD_ILL_MASK, "cmd_ill: the command at cqh is illegal or not supported; repair "
                               "it, then write 1 to cmd_ill"},
    {IOMMU_CQCSR_FENCE_W_IP_MASK, "fence_w_ip: an IOFENCE.C with WSI has completed"},
};

static const struct state_remark fault_remarks[] = {
    {IOMMU_FQCSR_FQMF_MASK, "fqmf: the queue's memory could not be written; records are lost "
                            "until fqmf is cleared"},
    {IOMMU_FQCSR_FQOF_MASK, "fqof: the queue ran full; records are lost until fqof is cleared"},
};

static const struct state_remark page_remarks[] = {
    {IOMMU_PQCSR_PQMF_MASK, "pqmf: the queue's memory could not be written; page requests are "
                            "dropped until pqmf is cleared"},
    {IOMMU_PQCSR_PQOF_MASK, "pqof: the queue ran full; page requests are dropped until pqof is "
                            "cleared"},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void remark(struct queue_remarks *remarks, const char *text)
{
    if (remarks->count < QUEUE_REMARKS)
        remarks->text[remarks->count++] = text;
}

void queue_state_remarks(const struct queue_view *view, struct queue_remarks *remarks)
{
    const struct state_remark *table = view->csr_layout == LAYOUT_CQCSR   ? command_remarks
                                       : view->csr_layout == LAYOUT_FQCSR ? fault_remarks
                                                                          : page_remarks;
    size_t length =
        view->csr_layout == LAYOUT_CQCSR ? LENGTH(command_remarks) : LENGTH(fault_remarks);

    _Static_assert(LENGTH(fault_remarks) == LENGTH(page_remarks), "one length for both");
    remarks->count = 0;
    if (view->csr_given && !(view->csr & IOMMU_CQCSR_CQON_MASK))
        remark(remarks, "the queue is off");
    for (size_t i = 0; i < length && view->csr_given; i++) {
        if (view->csr & table[i].mask)
            remark(remarks, table[i].text);
    }
    if (view->head >= view->entries || view->tail >= view->entries)
        remark(remarks, "head or tail is beyond the end of the queue");
    else if (view->waiting == view->entries - 1)
        remark(remarks, "the queue is full");
}

_Static_assert(IOMMU_CQCSR_CQON_MASK == IOMMU_FQCSR_FQON_MASK &&
                   IOMMU_CQCSR_CQON_MASK == IOMMU_PQCSR_PQON_MASK,
               "the three queues have their on bit at one place");

/* ---- commands that an IOMMU refuses */

static bool device_id_fits(const struct machine *machine, uint64_t device_id)
{
    unsigned mode = (unsigned)IOMMU_GET(machine->ddtp, IOMMU_DDTP_IOMMU_MODE);
    unsigned leaf = machine->config.capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK ? 6 : 7;

    if (mode < IOMMU_DDTP_MODE_1LVL || mode > IOMMU_DDTP_MODE_3LVL)
        return true;
    return device_id >> (leaf + 9 * (mode - IOMMU_DDTP_MODE_1LVL)) == 0;
}

static const char *directory_command_remark(const struct machine *machine, const uint64_t *words)
{
    bool valid = (words[0] & IOMMU_CMD_IODIR_DV_MASK) != 0;

    if (IOMMU_GET(words[0], IOMMU_CMD_FUNC3) == IOMMU_FUNC3_IODIR_INVAL_DDT) {
        if (IOMMU_GET(words[0], IOMMU_CMD_IODIR_PID) != 0)
            return "illegal: INVAL_DDT takes no PID";
    } else if (!valid) {
        return "illegal: INVAL_PDT needs DV = 1";
    }
    if (valid && !device_id_fits(machine, IOMMU_GET(words[0], IOMMU_CMD_IODIR_DID)))
        return "illegal: DID is wider than ddtp.iommu_mode supports";
    return "";
}

static const char *command_remark(const struct machine *machine, const uint64_t *words)
{
    struct layout_context context = machine_context(machine);
    enum layout_id layout = layout_of_command(words);

    if (layout_command_name(words) == NULL)
        return IOMMU_GET(words[0], IOMMU_CMD_OPCODE) >= 64 ? "a custom command"
                                                           : "illegal: there is no such command";
    for (unsigned word = 0; word < 2; word++) {
        if (layout_reserved_bits(layout, words, word, &context) != 0)
            return "illegal: reserved bits are set";
    }
    switch (layout) {
    case LAYOUT_CMD_IOTINVAL:
        if (IOMMU_GET(words[0], IOMMU_CMD_FUNC3) == IOMMU_FUNC3_IOTINVAL_GVMA &&
            (words[0] & IOMMU_CMD_IOTINVAL_PSCV_MASK))
            return "illegal: GVMA takes no PSCV";
        return "";
    case LAYOUT_CMD_IOFENCE:
        if ((words[0] & IOMMU_CMD_IOFENCE_WSI_MASK) && !(machine->fctl & IOMMU_FCTL_WSI_MASK))
            return "illegal: WSI is set while fctl.WSI is 0";
        return "";
    case LAYOUT_CMD_IODIR:
        return directory_command_remark(machine, words);
    default:
        return machine->config.capabilities & IOMMU_CAPABILITIES_ATS_MASK
                   ? ""
                   : "not supported: capabilities.ATS is 0";
    }
}

const char *queue_entry_remark(const struct machine *machine, enum queue_id id,
                               const uint64_t *words)
{
    uint64_t kind = IOMMU_PQ_R_MASK | IOMMU_PQ_W_MASK | IOMMU_PQ_L_MASK;

    if (id == QUEUE_COMMAND)
        return command_remark(machine, words);
    if (id == QUEUE_PAGE_REQUEST && (words[1] & kind) == IOMMU_PQ_L_MASK)
        return "Stop Marker";
    return "";
}

/* ---- from a record back to the request */

bool queue_replay(const uint64_t *record, struct request *request)
{
    static const struct {
        uint8_t type;
        uint8_t access;
    } by_ttyp[] = {
        [IOMMU_TTYP_UNTRANSLATED_EXEC] = {IOMMU_UNTRANSLATED, IOMMU_EXECUTE},
        [IOMMU_TTYP_UNTRANSLATED_READ] = {IOMMU_UNTRANSLATED, IOMMU_READ},
        [IOMMU_TTYP_UNTRANSLATED_WRITE] = {IOMMU_UNTRANSLATED, IOMMU_WRITE},
        [IOMMU_TTYP_TRANSLATED_EXEC] = {IOMMU_TRANSLATED, IOMMU_EXECUTE},
        [IOMMU_TTYP_TRANSLATED_READ] = {IOMMU_TRANSLATED, IOMMU_READ},
        [IOMMU_TTYP_TRANSLATED_WRITE] = {IOMMU_TRANSLATED, IOMMU_WRITE},
        [IOMMU_TTYP_ATS_REQ] = {IOMMU_ATS_TRANSLATION, IOMMU_READ},
    };
    uint64_t type = IOMMU_GET(record[0], IOMMU_FQ_TTYP);

    if (type == IOMMU_TTYP_NONE || type > IOMMU_TTYP_ATS_REQ || type == 4)
        return false;
    *request = (struct request){.iommu = {
                                    .iova = record[2],
                                    .device_id = (uint32_t)IOMMU_GET(record[0], IOMMU_FQ_DID),
                                    .process_id_valid = (record[0] & IOMMU_FQ_PV_MASK) != 0,
                                    .type = by_ttyp[type].type,
                                    .access = by_ttyp[type].access,
                                }};
    request->replayed = true;
    request->recorded_cause = (uint16_t)IOMMU_GET(record[0], IOMMU_FQ_CAUSE);
    if (request->iommu.process_id_valid) {
        request->iommu.process_id = (uint32_t)IOMMU_GET(record[0], IOMMU_FQ_PID);
        request->iommu.privileged = (record[0] & IOMMU_FQ_PRIV_MASK) != 0;
    }
    return true;
}
