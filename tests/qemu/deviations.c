/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of known deviations, and those of registers and commands. What of them shows in
 * translations is predicted in deviations_run.c and the files next to it.
 */
#include "commands.h"
#include "deviations_list.h"

#include <inttypes.h>
#include <string.h>

struct description {
    const char *name;
    const char *section; /* of the specification, that says otherwise */
    const char *text;    /* what QEMU does */
};
static const struct description known[DEVIATIONS] = {
    [RESPONSE_LAYOUT] =
        {"response-layout", "Translation-response (tr_response)",
         "tr_response holds the address shifted by 12 and not by 2, cut off below bit 10; in a "
         "superpage the page's own bits are missing as well"},
    [RECORD_PV] = {"record-pv", "Fault/Event-Queue (FQ)",
                   "PV is 1 in every record, with PID 0 where there is no process_id"},
    [RECORD_TTYP] =
        {"record-ttyp", "Fault/Event-Queue (FQ)",
         "a debug translation whose contexts have a fault is recorded as a read, whatever it asked "
         "for"},
    [RECORD_IOTVAL2] =
        {"record-iotval2", "Fault/Event-Queue (FQ)",
         "iotval2 repeats the IOVA for page faults, is the GPA for some access faults, lacks bit 0 "
         "and the page offset for implicit accesses, and is 0 for most GPAs that are too wide"},
    [RECORD_MSI] = {"record-msi", "Fault/Event-Queue (FQ)",
                    "iotval is 0 in records of faults that MSI page tables lead to"},
    [DEBUG_EXE] = {"debug-exe", "Translation-request control (tr_req_ctl)",
                   "Exe is ignored: the translation, its causes and its TTYP are those of a read"},
    [DEBUG_PRIV] =
        {"debug-priv",
         "Translation-request control (tr_req_ctl); Process to translate an IOVA, step 15",
         "Priv is ignored: neither ENS nor SUM matter, and PRIV is 0 in records"},
    [PROCESS_ID_ZERO] = {"process-id-zero", "Process to translate an IOVA, steps 7 to 14",
                         "a request with process_id 0 is treated as one without a process_id"},
    [PROCESS_ID_WIDE] = {"process-id-wide", "Process to translate an IOVA, step 7",
                         "bits of process_id above those that PD8 has are dropped"},
    [DC_RESERVED] = {"dc-reserved", "Device-context configuration checks, 1",
                     "reserved bits of a device context are not checked"},
    [DC_ADE] =
        {"dc-ade", "Device-context configuration checks, 18",
         "SADE or GADE without capabilities.AMO_HWAD is found where a page table of that stage is "
         "first read, and not before"},
    [DC_SXL] = {"dc-sxl", "Device-context configuration checks, 20",
                "SXL may be 1 although fctl.GXL is hard-wired to 0"},
    [DC_MODE] =
        {"dc-mode",
         "Device-context configuration checks, 8 to 15; Process-context configuration checks, 2 to "
         "4",
         "some invalid MODE fields are found late (after checks that should follow), never (where "
         "unused), or with cause 258, 259, 265 or 267 for another one"},
    [PC_RESERVED] = {"pc-reserved", "Process-context configuration checks, 1",
                     "reserved bits 11:3 of PC.ta are not checked"},
    [PDT_GUEST_FAULT] =
        {"pdt-guest-fault", "Process to locate the Process-context",
         "a guest-page fault on the way to the PDT is reported as PDT entry load access fault"},
    [PDT_PERMISSIONS] = {"pdt-permissions", "Process to locate the Process-context, step 3",
                         "the second-stage leaf that maps the PDT need not have R, U or A"},
    [PTE_PBMT_BITS] =
        {"pte-pbmt", "Virtual Address Translation Process, step 3; Svpbmt",
         "PTE bits 62:61, and 63 of pointers, are not checked but taken for address bits"},
    [PTE_POINTER] = {"pte-pointer", "Virtual Address Translation Process, step 3",
                     "D, A and U of a pointer to the next level are not checked"},
    [PTE_USER] = {"pte-user",
                  "Process to translate an IOVA; Virtual Address Translation Process, step 6",
                  "requests with a process_id may use pages with U=0 without supervisor privilege"},
    [IMPLICIT_WRITE] =
        {"implicit-write", "Two-Stage Address Translation [hypervisor]",
         "a write needs W and D of the second stage even where the first stage's tables are read"},
    [ROOT_FIRST] =
        {"root-first", "Virtual Address Translation Process; Process to translate an IOVA, step 17",
         "that the IOVA is too wide is found only after the second stage has translated the first "
         "stage's root"},
    [SV32_WIDE] = {"sv32-wide", "Translation control (tc)",
                   "an IOVA beyond 32 bits is a guest-page fault under Sv32, and not a page fault"},
    [SXL_GPA] = {"sxl-gpa", "Translation control (tc)",
                 "SXL does not limit guest physical addresses to 34 bits"},
    [MSI_READ] =
        {"msi-read",
         "Process to translate addresses of MSIs; Process to translate an IOVA, step 18",
         "reads are not compared with the MSI address pattern but go through the second stage"},
    [MSI_DEBUG] =
        {"msi-debug", "Debug support; Process to translate an IOVA, step 18",
         "a debug translation of an MSI address for writing gives the GPA, without a look at the "
         "MSI PTE"},
    [MSI_ANONYMOUS] =
        {"msi-anonymous", "Process to translate addresses of MSIs",
         "a device's DMA write to an MSI page vanishes without a record, since QEMU lets only its "
         "devices' MSIs tell who sends them"},
    [MSI_TABLE] =
        {"msi-table", "Process to translate addresses of MSIs, steps 6 and 7",
         "an MSI page table that is not aligned to its size gives cause 261 where bits of "
         "the index meet bits of its address"},
    [MSI_PTE_CORRUPT] = {"msi-pte-access", "Process to translate addresses of MSIs, step 7",
                         "an MSI PTE where nothing is gives cause 270, and not 261"},
    [MSI_PTE_CUSTOM] =
        {"msi-pte-custom", "Process to translate addresses of MSIs, step 10",
         "an MSI PTE with C=1 gives cause 262; what happens is up to the implementation"},
    [MSI_PTE_RESERVED] = {"msi-pte-reserved", "Process to translate addresses of MSIs, step 14",
                          "reserved bits of an MSI PTE in MRIF mode are not checked"},
    [MSI_OFFSET] = {"msi-offset", "Process to translate addresses of MSIs, step 13",
                    "an MSI goes to the start of the page, whatever its offset is"},
    [MSI_TARGET] = {"msi-target", "Faults from PMA and PMP",
                    "an MSI to where nothing is gets a record with cause 273 and the device's id"},
    [MRIF_IDENTITY] = {"mrif-identity", "MSI PTE, MRIF mode [AIA]",
                       "an identity above 2047 gives cause 263, and is not discarded"},
    [MRIF_OFFSET] =
        {"mrif-offset", "MSI PTE, MRIF mode [AIA]",
         "a write to an MRIF page at another offset than 0 is recorded, and not discarded"},
    [MRIF_WORD] = {"mrif-word", "Memory-resident interrupt files [AIA]",
                   "identities above 63 set a bit in the wrong doubleword"},
    [MRIF_NOTICE] = {"mrif-notice",
                     "Recording of incoming MSIs to memory-resident interrupt files [AIA]",
                     "a notice is sent only if the identity's enable bit is set"},
    [MRIF_ACCESS] = {"mrif-access", "Fault/Event-Queue (FQ)",
                     "an MRIF where nothing is gives cause 261, and not 264"},
    [INVAL_GPA] =
        {"inval-gpa", "IOMMU Page-Table cache invalidation commands",
         "IOTINVAL.GVMA takes ADDR for an IOVA: translations whose IOVA differs from the GPA stay"},
    [INVAL_SUPERPAGE] =
        {"inval-superpage", "IOMMU Page-Table cache invalidation commands",
         "IOTINVAL with an ADDR elsewhere in a superpage does not drop what is cached of it"},
    [COMMAND_RESERVED] =
        {"command-reserved", "Command-Queue (CQ)",
         "reserved bits of commands, the PID of IODIR.INVAL_DDT among them, are not checked"},
    [FENCE_WSI] = {"fence-wsi", "IOMMU Command-queue Fence commands",
                   "WSI of IOFENCE.C is ignored: never illegal, and fence_w_ip is never set"},
    [STATUS_ZERO] = {"status-zero", "Command-queue CSR (cqcsr); Fault queue CSR (fqcsr)",
                     "writing 0 to error bits of cqcsr and fqcsr clears them"},
    [IPSR_LEVEL] =
        {"ipsr-level", "Interrupt pending status register (ipsr)",
         "a cause that persists does not set its bit again, nor when its enable comes later"},
    [IPSR_OTHER] = {"ipsr-other", "Interrupt pending status register (ipsr)",
                    "a write to ipsr also clears fip of a new record where the bit written is 0"},
    [VECTOR_MASK] = {"vector-mask", "MSI configuration table (msi_cfg_tbl)",
                     "messages of masked vectors are sent"},
    [UNCOUNTED] = {"uncounted", "Performance-monitoring event selector (iohpmevt1-31)",
                   "requests whose contexts have a fault are not counted as untranslated requests"},
};

static uint64_t hits[DEVIATIONS];

void deviation_mark(struct deviation_set *set, enum deviation deviation)
{
    set->bit[deviation / 64] |= (uint64_t)1 << (deviation % 64);
}

void deviations_count(const struct deviation_set *used)
{
    for (unsigned i = 0; i < DEVIATIONS; i++)
        hits[i] += (used->bit[i / 64] >> (i % 64)) & 1;
}

unsigned deviations_print(FILE *file)
{
    unsigned unused = 0;
    for (unsigned i = 0; i < DEVIATIONS; i++) {
        fprintf(file, "%8" PRIu64 "  %-17s %s\n", hits[i], known[i].name, known[i].text);
        unused += hits[i] == 0;
    }
    return unused;
}

size_t deviations_known(void)
{
    return DEVIATIONS;
}

/* -------------------------------------------------------------------------- registers --- */

#define COMMAND_ERRORS                                                                             \
    (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK |                  \
     IOMMU_CQCSR_FENCE_W_IP_MASK)
#define FAULT_ERRORS (IOMMU_FQCSR_FQMF_MASK | IOMMU_FQCSR_FQOF_MASK)

/* Each bit of ipsr that QEMU lacks has to have its own reason. */
static bool explain_ipsr(const struct difference *d, struct deviation_set *used)
{
    uint64_t lacking = d->value[MODEL] & ~d->value[QEMU];
    bool command = (d->cqcsr & IOMMU_CQCSR_CIE_MASK) != 0 && (d->cqcsr & COMMAND_ERRORS) != 0;
    bool fault = (d->fqcsr & IOMMU_FQCSR_FIE_MASK) != 0 && (d->fqcsr & FAULT_ERRORS) != 0;
    if ((d->value[QEMU] & ~d->value[MODEL]) != 0 ||
        (lacking & ~(uint64_t)(IOMMU_IPSR_CIP_MASK | IOMMU_IPSR_FIP_MASK)) != 0)
        return false;
    if (((lacking & IOMMU_IPSR_CIP_MASK) != 0 && command) ||
        ((lacking & IOMMU_IPSR_FIP_MASK) != 0 && fault))
        deviation_mark(used, IPSR_LEVEL);
    if (command)
        lacking &= ~(uint64_t)IOMMU_IPSR_CIP_MASK;
    if (fault)
        lacking &= ~(uint64_t)IOMMU_IPSR_FIP_MASK;
    if (lacking == 0)
        return true;
    deviation_mark(used, IPSR_OTHER);
    return (lacking & d->written) == 0;
}

bool deviations_explain(const struct difference *d, struct deviation_set *used)
{
    uint64_t errors = strcmp(d->what, "cqcsr") == 0   ? COMMAND_ERRORS
                      : strcmp(d->what, "fqcsr") == 0 ? FAULT_ERRORS
                                                      : 0;
    uint64_t lacking = d->value[MODEL] & ~d->value[QEMU];
    if (errors != 0) {
        deviation_mark(used, STATUS_ZERO);
        return (d->value[QEMU] & ~d->value[MODEL]) == 0 && (lacking & ~errors) == 0 &&
               (lacking & d->written) == 0;
    }
    if (strcmp(d->what, "ipsr") == 0)
        return explain_ipsr(d, used);
    deviation_mark(used, VECTOR_MASK);
    return strcmp(d->what, "message") == 0 && d->masked && d->value[MODEL] == 0;
}

/* --------------------------------------------------------------------------- commands --- */

/* What QEMU refuses of commands that exist: operands that are not allowed. */
static bool is_refused(const struct command *command)
{
    uint64_t first = command->word[0];
    return (IOMMU_GET(first, IOMMU_CMD_IOTINVAL_OPCODE) == IOMMU_OPCODE_IOTINVAL &&
            IOMMU_GET(first, IOMMU_CMD_IOTINVAL_FUNC3) == IOMMU_FUNC3_IOTINVAL_GVMA &&
            (first & IOMMU_CMD_IOTINVAL_PSCV_MASK) != 0) ||
           (IOMMU_GET(first, IOMMU_CMD_IODIR_OPCODE) == IOMMU_OPCODE_IODIR &&
            IOMMU_GET(first, IOMMU_CMD_IODIR_FUNC3) == IOMMU_FUNC3_IODIR_INVAL_PDT &&
            (first & IOMMU_CMD_IODIR_DV_MASK) == 0);
}

void deviations_commands(const struct command *list, unsigned count, uint64_t capabilities,
                         struct command_outcome *outcome, struct deviation_set *used)
{
    outcome->errors = 0;
    for (outcome->done = 0; outcome->done < count; outcome->done++) {
        const struct command *command = &list[outcome->done];
        uint64_t reserved[2];
        if (!command_exists(command, capabilities) || is_refused(command)) {
            outcome->errors = IOMMU_CQCSR_CMD_ILL_MASK;
            return;
        }
        if (command_faults(command)) {
            outcome->errors = IOMMU_CQCSR_CQMF_MASK;
            return;
        }
        command_reserved(command, capabilities, reserved);
        if ((command->word[0] & reserved[0]) != 0 || (command->word[1] & reserved[1]) != 0)
            deviation_mark(used, COMMAND_RESERVED);
        if (IOMMU_GET(command->word[0], IOMMU_CMD_IOFENCE_OPCODE) == IOMMU_OPCODE_IOFENCE &&
            (command->word[0] & IOMMU_CMD_IOFENCE_WSI_MASK) != 0)
            deviation_mark(used, FENCE_WSI);
    }
}

void deviation_mark_address(struct deviation_set *used, bool exact)
{
    deviation_mark(used, exact ? INVAL_GPA : INVAL_SUPERPAGE);
}

void deviations_count_uncounted(void)
{
    hits[UNCOUNTED]++;
}
