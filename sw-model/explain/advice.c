/* SPDX-License-Identifier: Apache-2.0 */
/* For each rule: what a driver most often did when it applies. */
#include "verdict.h"

#define REMEMBER_INVALIDATE                                                                        \
    " After a change, send the invalidation command before the device "                            \
    "tries again."

static const char *const advice[IOMMU_RULES] = {
    [IOMMU_RULE_MODE_OFF] =
        "Nothing has switched the IOMMU on: write ddtp with a mode of 1LVL to 3LVL and the PPN of "
        "the directory, and wait until ddtp.busy is 0.",
    [IOMMU_RULE_BARE_TYPE] =
        "The device uses ATS while the IOMMU passes everything through. Switch ATS off in the "
        "device, or give the IOMMU a directory.",
    [IOMMU_RULE_DEVICE_ID_WIDE] =
        "The directory has too few levels for this device_id: use a deeper mode in ddtp, or check "
        "which device_id the root complex really sends (bus numbers, segment bits).",
    [IOMMU_RULE_DDTE_ACCESS] =
        "The pointer one step before leads out of memory: see the PPN there.",
    [IOMMU_RULE_DDTE_POISON] = "Memory reports an uncorrectable error at the entry.",
    [IOMMU_RULE_DDTE_NOT_VALID] =
        "There is no directory page for this range of device_ids: the driver never attached this "
        "device, wrote the entry at another index, or ddtp points at an old "
        "directory." REMEMBER_INVALIDATE,
    [IOMMU_RULE_DDTE_RESERVED] =
        "Only V and PPN may be set in a non-leaf entry; the PPN goes into bits 53:10, so the "
        "entry is the address of the next page >> 2 | 1.",
    [IOMMU_RULE_DC_ACCESS] = "The pointer one step before leads out of memory: see the PPN there.",
    [IOMMU_RULE_DC_POISON] = "Memory reports an uncorrectable error in the device context.",
    [IOMMU_RULE_DC_NOT_VALID] =
        "The device was not attached, or its context was written elsewhere: a base-format context "
        "has 32 bytes, an extended one (capabilities.MSI_FLAT = 1) has 64, and the device_id is "
        "split differently." REMEMBER_INVALIDATE,
    [IOMMU_RULE_DC_RESERVED] =
        "Clear the bits named above. With capabilities.MSI_FLAT = 1 a context has 8 doublewords: "
        "make sure that the last four are cleared when they are not used.",
    [IOMMU_RULE_DC_ATS_UNSUPPORTED] = "Set EN_ATS, EN_PRI and PRPR only if capabilities.ATS is 1.",
    [IOMMU_RULE_DC_T2GPA_WITHOUT_ATS] = "T2GPA needs EN_ATS, whatever the device sends.",
    [IOMMU_RULE_DC_PRI_WITHOUT_ATS] = "EN_PRI needs EN_ATS.",
    [IOMMU_RULE_DC_PRPR_WITHOUT_PRI] = "PRPR needs EN_PRI.",
    [IOMMU_RULE_DC_T2GPA_UNSUPPORTED] = "Set T2GPA only if capabilities.T2GPA is 1.",
    [IOMMU_RULE_DC_T2GPA_BARE] = "T2GPA needs a second stage: give iohgatp a mode and a root.",
    [IOMMU_RULE_DC_PDTP_MODE] =
        "With PDTV = 1, fsc is a process-directory pointer: its mode must be Bare, PD8, PD17 or "
        "PD20 as capabilities has them. Was an iosatp written with PDTV set by mistake?",
    [IOMMU_RULE_DC_IOSATP_MODE] =
        "With PDTV = 0, fsc is an iosatp: choose a mode that capabilities has for this SXL. Was a "
        "process directory meant, and PDTV forgotten?",
    [IOMMU_RULE_DC_DPE_WITHOUT_PDTV] = "DPE is reserved unless PDTV is 1.",
    [IOMMU_RULE_DC_IOHGATP_MODE] =
        "Choose a second-stage mode that capabilities has for this fctl.GXL.",
    [IOMMU_RULE_DC_MSIPTP_MODE] = "Only Off (0) and Flat (1) are defined for msiptp.MODE.",
    [IOMMU_RULE_DC_IOHGATP_ALIGN] =
        "The second stage's root table is four pages: allocate 16 KiB aligned to 16 KiB, so that "
        "the lowest two bits of the PPN are 0.",
    [IOMMU_RULE_DC_ADE_UNSUPPORTED] =
        "Hardware cannot update A and D bits here: clear SADE and GADE, and set A and D in the "
        "PTEs beforehand.",
    [IOMMU_RULE_DC_SBE_END] = "This IOMMU has one byte order: SBE must equal fctl.BE.",
    [IOMMU_RULE_DC_SXL] =
        "With fctl.GXL = 1, SXL must be 1; with a GXL that software cannot write, SXL must be 0.",
    [IOMMU_RULE_DC_SBE] = "fctl.BE cannot be written here, so SBE must equal it.",
    [IOMMU_RULE_DC_QOS_WIDE] = "Use smaller RCID and MCID values.",
    [IOMMU_RULE_DC_MSIPTP_BARE] =
        "MSI translation belongs to a virtual machine: msiptp must be Off while iohgatp is Bare. "
        "Older drivers and older releases of the specification differ here.",
    [IOMMU_RULE_DC_PAS] = "A pointer in the context has more bits than physical addresses have.",
    [IOMMU_RULE_ATS_DISABLED] =
        "The device has ATS on, and its context has not: set EN_ATS, or switch ATS off in the "
        "device.",
    [IOMMU_RULE_PROCESS_ID_UNEXPECTED] =
        "The device sends a PASID, and its context has no process directory: set PDTV and a "
        "pdtp, or keep the device from using PASIDs.",
    [IOMMU_RULE_PROCESS_ID_WIDE] =
        "The process directory has too few levels for this process_id: use PD17 or PD20.",
    [IOMMU_RULE_TYPE_UNSUPPORTED] = "This IOMMU does not implement such requests.",
    [IOMMU_RULE_PDTE_ACCESS] =
        "The pointer one step before leads out of memory. With a second stage, PPNs of the "
        "process directory are guest addresses.",
    [IOMMU_RULE_PDTE_POISON] = "Memory reports an uncorrectable error at the entry.",
    [IOMMU_RULE_PDTE_NOT_VALID] =
        "No page of the process directory covers this process_id: the process was never bound to "
        "the device, or is gone already." REMEMBER_INVALIDATE,
    [IOMMU_RULE_PDTE_RESERVED] = "Only V and PPN may be set in a non-leaf entry.",
    [IOMMU_RULE_PC_ACCESS] = "The pointer one step before leads out of memory.",
    [IOMMU_RULE_PC_POISON] = "Memory reports an uncorrectable error in the process context.",
    [IOMMU_RULE_PC_NOT_VALID] =
        "The process was never bound to the device, or is gone already; without a process_id, "
        "DPE = 1 makes it process 0." REMEMBER_INVALIDATE,
    [IOMMU_RULE_PC_RESERVED] = "Clear the bits named above.",
    [IOMMU_RULE_PC_MODE] = "Choose a first-stage mode that capabilities has for this SXL.",
    [IOMMU_RULE_PC_PAS] = "A pointer in the context has more bits than physical addresses have.",
    [IOMMU_RULE_PDT_SECOND_STAGE_ACCESS] =
        "The process directory lies at guest addresses; a second-stage entry on the way to it "
        "could not be read.",
    [IOMMU_RULE_PDT_SECOND_STAGE_POISON] = "Memory reports an uncorrectable error.",
    [IOMMU_RULE_SUPERVISOR_DISABLED] =
        "The device asks for supervisor privilege (PASID with Privileged Mode Requested): set "
        "PC.ta.ENS if it may have it.",
    [IOMMU_RULE_SXL_IOVA_WIDE] = "With SXL = 1 (Sv32), IOVAs have 32 bits.",
    [IOMMU_RULE_IOVA_NOT_CANONICAL] =
        "The IOVA is too wide for the first-stage mode, or the device drops or adds upper bits. "
        "Compare the DMA mask that the driver set with the mode.",
    [IOMMU_RULE_GPA_WIDE] =
        "The guest address does not fit the second-stage mode: use a wider one, or find out "
        "where the address comes from (a first-stage PPN, or the device itself).",
    [IOMMU_RULE_SXL_GPA_WIDE] = "With SXL = 1, guest addresses have 34 bits.",
    [IOMMU_RULE_PTE_ACCESS] =
        "The pointer one step before leads out of memory: was the table freed, or its PPN "
        "computed wrongly?",
    [IOMMU_RULE_PTE_POISON] = "Memory reports an uncorrectable error at the PTE.",
    [IOMMU_RULE_PTE_NOT_VALID] =
        "Nothing is mapped here. Look for an unmap while the device was still busy, a mapping "
        "of another length, or an address that the device got wrong.",
    [IOMMU_RULE_PTE_WRITE_ONLY] = "A writable page must be readable too: set R with W.",
    [IOMMU_RULE_PTE_RESERVED] =
        "Clear the bits named above; in a pointer to the next table, D, A, U, PBMT and N must "
        "be 0.",
    [IOMMU_RULE_PTE_NO_LEAF] =
        "At the last level a PTE must have R or X set: was a permission forgotten, or does the "
        "table have more levels than the mode?",
    [IOMMU_RULE_PTE_MISALIGNED] =
        "A leaf above the last level maps a superpage: the low bits of its PPN must be 0. Or the "
        "table has fewer levels than the mode.",
    [IOMMU_RULE_PTE_NAPOT] =
        "N = 1 is defined for 64-KiB pages at the last level only, with PPN bits 3:0 = 1000.",
    [IOMMU_RULE_PTE_USER] =
        "Requests without supervisor privilege count as user mode: set U in the leaf PTE. In the "
        "second stage, U must always be set.",
    [IOMMU_RULE_PTE_SUPERVISOR] =
        "A supervisor request met a user page: set PC.ta.SUM for reads and writes; executing "
        "from user pages is never allowed.",
    [IOMMU_RULE_PTE_PERMISSION] =
        "The page is mapped with fewer permissions than the access needs: compare the direction "
        "(to or from the device) that was given when the buffer was mapped, or, in the second "
        "stage, what the hypervisor grants.",
    [IOMMU_RULE_PTE_ACCESSED] =
        "Set A (and D, if the device writes) when you make the PTE, or let the hardware do it "
        "with SADE (first stage) or GADE (second stage).",
    [IOMMU_RULE_PTE_UPDATE_ACCESS] = "The page table lies in memory that cannot be written.",
    [IOMMU_RULE_SPA_WIDE] = "A PPN has more bits than physical addresses have.",
    [IOMMU_RULE_MSI_PTE_ACCESS] =
        "The MSI page table leads out of memory: check msiptp.PPN, and that the table has an "
        "entry for each combination of the mask's bits.",
    [IOMMU_RULE_MSI_PTE_POISON] = "Memory reports an uncorrectable error at the MSI PTE.",
    [IOMMU_RULE_MSI_PTE_NOT_VALID] =
        "The address matches the MSI pattern, and no interrupt file is mapped there. If it is no "
        "interrupt, the mask or the pattern takes in too much.",
    [IOMMU_RULE_MSI_PTE_CUSTOM] = "Bit 63 of the MSI PTE is for custom use: clear it.",
    [IOMMU_RULE_MSI_PTE_MODE] = "M must be 3 (basic translate) or 1 (MRIF).",
    [IOMMU_RULE_MSI_PTE_RESERVED] = "Clear the bits named above.",
    [IOMMU_RULE_MSI_PTE_MRIF_UNSUPPORTED] =
        "Use the basic translate mode (M = 3), or an IOMMU with capabilities.MSI_MRIF.",
    [IOMMU_RULE_MSI_EXECUTE] =
        "The address is an interrupt file by msi_addr_mask and msi_addr_pattern; devices may "
        "only read and write there.",
    [IOMMU_RULE_MRIF_ACCESS] = "The interrupt file in memory cannot be accessed.",
    [IOMMU_RULE_MRIF_POISON] = "Memory reports an uncorrectable error in the interrupt file.",
    [IOMMU_RULE_MRIF_SIZE] = "An MSI is a write of 4 bytes.",
    [IOMMU_RULE_MRIF_ALIGN] = "An MSI is a write of 4 bytes to an address divisible by 4.",
    [IOMMU_RULE_MRIF_DEBUG] = "Such pages have no single address that could be reported.",
    [IOMMU_RULE_ATS_PERMISSION] =
        "The device gets a completion that denies what the page tables do not grant. W is only "
        "granted if D is set in the PTE.",
};

const char *advice_text(enum iommu_rule rule)
{
    return (unsigned)rule < IOMMU_RULES && advice[rule] != NULL ? advice[rule] : "";
}
