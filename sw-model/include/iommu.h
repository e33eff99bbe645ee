/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Portcullis: golden model of the RISC-V IOMMU (architecture release 20260222).
 *
 * The whole public interface of the library. An instance (`struct iommu`) holds all
 * state; there are no globals, and any number of instances may exist. An instance is
 * not thread-safe: one thread at a time may call into it. Only page-table updates and
 * memory-resident interrupt files are touched with host atomics, so that other threads
 * may change the memory itself.
 *
 * Section names in comments are those of the specification's headings.
 * All addresses are in bytes, all widths in bits, unless said otherwise.
 */
#ifndef PORTCULLIS_IOMMU_H
#define PORTCULLIS_IOMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu_regs.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iommu;

/* ------------------------------------------------------------------------------------
 * Memory and the I/O bridge
 */

/** What a memory access of the IOMMU's own answered. */
enum iommu_mem_status {
    IOMMU_MEM_OK = 0,
    IOMMU_MEM_ACCESS_FAULT, /**< a PMA or PMP check failed, or nothing answers there */
    IOMMU_MEM_POISON,       /**< the data is corrupted ("Reliability, Availability, ...") */
};

/** For which in-memory structure an implicit access is made. */
enum iommu_structure {
    IOMMU_DDT = 0,      /**< device-directory table: non-leaf entry or device context */
    IOMMU_PDT,          /**< process-directory table: non-leaf entry or process context */
    IOMMU_FIRST_STAGE,  /**< first-stage page table */
    IOMMU_SECOND_STAGE, /**< second-stage page table */
    IOMMU_MSI_PT,       /**< MSI page table */
    IOMMU_MRIF,         /**< memory-resident interrupt file */
    IOMMU_NOTICE,       /**< notice MSI that follows an MRIF update */
    IOMMU_CQ,           /**< command queue */
    IOMMU_FENCE,        /**< the store that an IOFENCE.C makes */
    IOMMU_FQ,           /**< fault queue */
    IOMMU_PQ,           /**< page-request queue */
    IOMMU_MSI,          /**< interrupt message of the IOMMU itself */
    IOMMU_DATA,         /**< a device's own data (only from iommu_dma()) */
    IOMMU_STRUCTURES    /**< number of the above */
};

/** One access to memory, as the callbacks see it. */
struct iommu_access {
    uint64_t address;               /**< physical address */
    uint32_t size;                  /**< bytes; implicit accesses: 4, 8, 16, 32 or 64 */
    enum iommu_structure structure; /**< on behalf of what */
    uint16_t rcid;                  /**< QoS resource-control ID of the access */
    uint16_t mcid;                  /**< QoS monitoring-counter ID of the access */
};

/** Read-modify-write operations that the IOMMU asks of memory. */
enum iommu_amo {
    IOMMU_AMO_CAS, /**< compare `compare` with memory; if equal, store `operand` */
    IOMMU_AMO_OR,  /**< store memory | `operand` */
};

/** Messages between IOMMU and devices, through the I/O bridge. */
enum iommu_message_kind {
    IOMMU_MSG_INVALIDATION_REQUEST,    /**< IOMMU to device: ATS.INVAL */
    IOMMU_MSG_PAGE_REQUEST_GROUP_RESP, /**< IOMMU to device: ATS.PRGR, or automatic */
};

/** Response codes of a Page Request Group Response (PCI Express). */
enum iommu_prgr_code {
    IOMMU_PRGR_SUCCESS = IOMMU_PRGR_CODE_SUCCESS,
    IOMMU_PRGR_INVALID_REQUEST = IOMMU_PRGR_CODE_INVALID_REQUEST,
    IOMMU_PRGR_RESPONSE_FAILURE = IOMMU_PRGR_CODE_RESPONSE_FAILURE,
};

/** A message from the IOMMU to a device. */
struct iommu_message {
    enum iommu_message_kind kind;
    uint32_t device_id;  /**< segment (if any) in 23:16, routing ID in 15:0 */
    bool segment_valid;  /**< DSV of the command; automatic responses: true */
    bool pasid_valid;    /**< the message carries a PASID */
    uint32_t process_id; /**< the PASID, 20 bits; 0 if not valid */
    uint8_t itag;        /**< invalidation requests: the tag, 0 to 31 */
    uint64_t payload;    /**< message body as in the command's PAYLOAD operand */
    bool automatic;      /**< made by the IOMMU itself, not by ATS.PRGR */
};

/**
 * Everything outside the IOMMU. Each callback may be NULL: reads and writes outside flat
 * memory are then access faults, messages and drains go nowhere.
 *
 * Data buffers hold bytes in memory order; the model does all endianness conversion.
 *
 * message, drain, and a write for IOMMU_FENCE, IOMMU_MSI, IOMMU_NOTICE or IOMMU_DATA may call into
 * the instance: access registers, translate, complete an invalidation, send a page request. No
 * command runs inside another: the one that called out is finished first, and what became due in
 * the queue meanwhile runs after it; switching the queue off aborts it. An interrupt message that
 * becomes due while one is written is written after that. Inside a translation (a counter's
 * overflow sends its message there) an invalidation does not reach what that translation has read
 * already, but keeps it out of the caches. No other access may call in, and none of the callbacks
 * may reset or destroy the instance.
 */
struct iommu_bus {
    void *context; /**< handed to every callback */

    /** Flat memory: accesses that lie inside [flat_address, flat_address + flat_size) go
     *  straight to flat_memory, and never to a callback. flat_memory is 8-byte aligned,
     *  and so is flat_address. NULL: none. */
    uint8_t *flat_memory;
    uint64_t flat_address;
    uint64_t flat_size;

    enum iommu_mem_status (*read)(void *context, const struct iommu_access *access, void *data);
    enum iommu_mem_status (*write)(void *context, const struct iommu_access *access,
                                   const void *data);
    /** Atomic read-modify-write of access->size (4 or 8) bytes. Values are in the host's
     *  integer form of the bytes in memory order (little-endian). *old gets the value
     *  before. NULL: done with read and write. */
    enum iommu_mem_status (*amo)(void *context, const struct iommu_access *access,
                                 enum iommu_amo operation, uint64_t compare, uint64_t operand,
                                 uint64_t *old);
    /** A message to a device. Called in the order in which the messages leave. */
    void (*message)(void *context, const struct iommu_message *message);
    /** An IOFENCE.C with PR and/or PW, or ddtp going to Off (both): bring all processed device
     *  reads (and/or writes) to a global ordering point before returning. */
    void (*drain)(void *context, bool reads, bool writes);
};

/* ------------------------------------------------------------------------------------
 * Configuration
 */

/** Bits of iommu_config.ddt_levels. */
#define IOMMU_DDT_1LVL 0x1u
#define IOMMU_DDT_2LVL 0x2u
#define IOMMU_DDT_3LVL 0x4u

/**
 * What is built, and each choice that the specification leaves open. Start from
 * iommu_config_named(), and change what differs.
 */
struct iommu_config {
    /** The capabilities register as it reads. iommu_create() refuses combinations that
     *  the specification forbids. */
    uint64_t capabilities;

    uint8_t ddt_levels;       /**< supported ddtp modes, IOMMU_DDT_*; at least one */
    uint8_t reset_mode;       /**< ddtp.iommu_mode after reset: Off (0) or Bare (1) */
    uint32_t fctl_reset;      /**< fctl after reset: BE, WSI, GXL */
    uint32_t fctl_writable;   /**< which of BE, WSI, GXL software may write */
    uint8_t queue_log2_max;   /**< largest log2 of entries of each queue, 1 to 32 */
    uint8_t vector_bits;      /**< implemented bits of each icvec field, 0 to 4 */
    uint8_t hpm_counters;     /**< event counters, 1 to 31; 0 unless capabilities.HPM */
    uint8_t hpm_counter_bits; /**< width of the event counters, 32 to 64 */
    uint8_t hpm_cycle_bits;   /**< width of iohpmcycles, 32 to 63 */
    uint8_t rcid_bits;        /**< width of RCIDs, 0 to 12 */
    uint8_t mcid_bits;        /**< width of MCIDs, 0 to 12 */
    uint8_t itags;            /**< invalidation requests outstanding at most, 1 to 32 */

    /** Page size reported when both stages are Bare, as log2, 12 to 30. */
    uint8_t bare_page_log2;
    /** Report "DDT entry misconfigured" if iohgatp is Bare and msiptp is not Off, as
     *  recommended since release 20260222. */
    bool check_bare_msiptp;
    /** Check PPNs in DC and PC against capabilities.PAS when locating them (259, 267);
     *  otherwise the access that uses them is the access fault. Both are allowed. */
    bool check_pas_early;
    /** MRIFs take MSIs in big-endian byte order too (IMSICs have seteipnum_be). */
    bool mrif_big_endian;

    /** Entries of each address-translation cache; 0 switches it off. Rounded up to a
     *  power of two of at least 4 (4 ways). At most 65536. */
    uint32_t ddt_cache_entries;
    uint32_t pdt_cache_entries;
    uint32_t iotlb_entries;

    /** Nothing happens by itself: commands wait for iommu_process_command(), debug
     *  translations for iommu_process_debug(). For lockstep with an implementation. */
    bool manual;
    /** Keep the history that iommu_allowed() needs. */
    bool history;
};

/**
 * A named configuration, complete and legal: "small", "base" or "full" (the RTL's), or
 * "max" (everything that the specification has).
 * @return false if there is no such name; *config is then untouched.
 */
bool iommu_config_named(const char *name, struct iommu_config *config);

/**
 * Check a configuration.
 * @param error gets a sentence that names the field, if not NULL
 * @return true if iommu_create() would take it
 */
bool iommu_config_check(const struct iommu_config *config, char *error, size_t error_size);

/**
 * Make an instance, in its reset state.
 * @param config copied
 * @param bus    copied; its context and memory must outlive the instance
 * @param error  gets a sentence when NULL is returned; may be NULL
 * @return NULL if the configuration is illegal or memory is short
 */
struct iommu *iommu_create(const struct iommu_config *config, const struct iommu_bus *bus,
                           char *error, size_t error_size);

/** Free an instance. NULL is allowed. */
void iommu_destroy(struct iommu *iommu);

/** Reset: registers take their reset values, caches are emptied ("Reset behavior"). */
void iommu_reset(struct iommu *iommu);

/** The configuration of an instance. */
const struct iommu_config *iommu_get_config(const struct iommu *iommu);

/* ------------------------------------------------------------------------------------
 * Registers ("Memory-mapped register interface")
 */

/** What a register access answered. */
enum iommu_mmio_status {
    IOMMU_MMIO_OK = 0,
    IOMMU_MMIO_BAD_SIZE,   /**< neither 4 nor 8 bytes: reads 0, write ignored */
    IOMMU_MMIO_MISALIGNED, /**< not aligned to the size: reads 0, write ignored */
    IOMMU_MMIO_OUTSIDE,    /**< beyond the 4-KiB page: reads 0, write ignored */
};

/**
 * Read `size` bytes at `offset` of the register page, little-endian into *value.
 * An 8-byte access to two 4-byte registers reads both.
 */
enum iommu_mmio_status iommu_mmio_read(struct iommu *iommu, uint32_t offset, uint32_t size,
                                       uint64_t *value);

/**
 * Write `size` bytes at `offset`. An 8-byte write takes effect as one, also that of two 4-byte
 * registers: interrupts, messages and commands come after both have their values. But ipsr
 * is cleared before pqcsr is written: causes that pqcsr still has set their bit again.
 */
enum iommu_mmio_status iommu_mmio_write(struct iommu *iommu, uint32_t offset, uint32_t size,
                                        uint64_t value);

/** Levels of the interrupt wires, bit n for vector n. 0 unless fctl.WSI is 1. */
uint32_t iommu_wires(const struct iommu *iommu);

/** Let `cycles` clock cycles pass, for iohpmcycles. */
void iommu_advance_cycles(struct iommu *iommu, uint64_t cycles);

/* ------------------------------------------------------------------------------------
 * Translation ("Process to translate an IOVA")
 */

enum iommu_request_type {
    IOMMU_UNTRANSLATED = 0,
    IOMMU_TRANSLATED,
    IOMMU_ATS_TRANSLATION, /**< PCIe ATS Translation Request */
};

enum iommu_access_kind {
    IOMMU_READ = 0,
    IOMMU_WRITE,   /**< write or AMO */
    IOMMU_EXECUTE, /**< read for execute */
};

/** One request from the I/O bridge. */
struct iommu_request {
    uint64_t iova;
    uint32_t device_id;  /**< 24 bits */
    uint32_t process_id; /**< 20 bits, if process_id_valid */
    uint8_t type;        /**< enum iommu_request_type */
    /** enum iommu_access_kind. ATS requests: READ asks for read permission only (No Write
     *  set), WRITE for read and write (No Write clear). */
    uint8_t access;
    bool process_id_valid;
    bool privileged; /**< supervisor privilege asked for; ignored without process_id */
    bool execute;    /**< ATS requests: Execute Requested; otherwise use access */
    bool cxl;        /**< ATS requests: from a CXL type 1 or type 2 device */
    uint32_t length; /**< bytes accessed; only MRIF pages look at it. 0: not known */
};

enum iommu_status {
    IOMMU_SUCCESS = 0,
    IOMMU_ABORT,               /**< fault: the I/O bridge aborts the transaction */
    IOMMU_UNSUPPORTED_REQUEST, /**< ATS request: UR completion */
    IOMMU_COMPLETER_ABORT,     /**< ATS request: CA completion */
    IOMMU_BAD_REQUEST,         /**< the request itself makes no sense; nothing was done */
};

/** Where a translated access goes. */
enum iommu_target {
    IOMMU_TARGET_MEMORY = 0,
    IOMMU_TARGET_MSI,  /**< an interrupt file, by an MSI PTE in basic translate mode */
    IOMMU_TARGET_MRIF, /**< a memory-resident interrupt file */
};

/** Bits of iommu_response.permissions. */
#define IOMMU_PERM_R 0x1u
#define IOMMU_PERM_W 0x2u
#define IOMMU_PERM_X 0x4u

/** Bits of iommu_response.ats, the fields of an ATS translation completion. */
#define IOMMU_ATS_PRIV 0x01u   /**< Priv */
#define IOMMU_ATS_GLOBAL 0x02u /**< Global */
#define IOMMU_ATS_CXL_IO 0x04u /**< CXL.io */
#define IOMMU_ATS_U 0x08u      /**< Untranslated access only */
#define IOMMU_ATS_S 0x10u      /**< size field: the range is larger than 4 KiB */

/** Every rule that can decide a request: name, section, text. */
#define IOMMU_RULE_LIST(X)                                                                         \
    X(MODE_OFF, "Process to translate an IOVA, step 1",                                            \
      "ddtp.iommu_mode is Off: no inbound transaction is allowed")                                 \
    X(BARE_TYPE, "Process to translate an IOVA, step 2",                                           \
      "ddtp.iommu_mode is Bare: only untranslated requests are allowed")                           \
    X(DEVICE_ID_WIDE, "Process to translate an IOVA, step 5",                                      \
      "device_id is wider than ddtp.iommu_mode supports")                                          \
    X(DDTE_ACCESS, "Process to locate the Device-context, step 3",                                 \
      "reading a DDT entry is an access fault")                                                    \
    X(DDTE_POISON, "Process to locate the Device-context, step 4",                                 \
      "a DDT entry is corrupted data")                                                             \
    X(DDTE_NOT_VALID, "Process to locate the Device-context, step 5",                              \
      "a non-leaf DDT entry has V=0")                                                              \
    X(DDTE_RESERVED, "Process to locate the Device-context, step 6",                               \
      "a non-leaf DDT entry has reserved bits set")                                                \
    X(DC_ACCESS, "Process to locate the Device-context, step 8",                                   \
      "reading the device context is an access fault")                                             \
    X(DC_POISON, "Process to locate the Device-context, step 8",                                   \
      "the device context is corrupted data")                                                      \
    X(DC_NOT_VALID, "Process to locate the Device-context, step 9", "the device context has V=0")  \
    X(DC_RESERVED, "Device-context configuration checks, 1",                                       \
      "the device context has reserved bits set")                                                  \
    X(DC_ATS_UNSUPPORTED, "Device-context configuration checks, 2",                                \
      "EN_ATS, EN_PRI or PRPR is set without capabilities.ATS")                                    \
    X(DC_T2GPA_WITHOUT_ATS, "Device-context configuration checks, 3",                              \
      "T2GPA is set with EN_ATS clear")                                                            \
    X(DC_PRI_WITHOUT_ATS, "Device-context configuration checks, 4",                                \
      "EN_PRI is set with EN_ATS clear")                                                           \
    X(DC_PRPR_WITHOUT_PRI, "Device-context configuration checks, 5",                               \
      "PRPR is set with EN_PRI clear")                                                             \
    X(DC_T2GPA_UNSUPPORTED, "Device-context configuration checks, 6",                              \
      "T2GPA is set without capabilities.T2GPA")                                                   \
    X(DC_T2GPA_BARE, "Device-context configuration checks, 7",                                     \
      "T2GPA is set with iohgatp.MODE Bare")                                                       \
    X(DC_PDTP_MODE, "Device-context configuration checks, 8", "pdtp.MODE is not supported")        \
    X(DC_IOSATP_MODE, "Device-context configuration checks, 9 to 11",                              \
      "iosatp.MODE is not valid or not supported")                                                 \
    X(DC_DPE_WITHOUT_PDTV, "Device-context configuration checks, 12",                              \
      "DPE is set with PDTV clear")                                                                \
    X(DC_IOHGATP_MODE, "Device-context configuration checks, 13 to 15",                            \
      "iohgatp.MODE is not valid or not supported")                                                \
    X(DC_MSIPTP_MODE, "Device-context configuration checks, 16",                                   \
      "msiptp.MODE is neither Off nor Flat")                                                       \
    X(DC_IOHGATP_ALIGN, "Device-context configuration checks, 17",                                 \
      "the second-stage root is not aligned to 16 KiB")                                            \
    X(DC_ADE_UNSUPPORTED, "Device-context configuration checks, 18",                               \
      "SADE or GADE is set without capabilities.AMO_HWAD")                                         \
    X(DC_SBE_END, "Device-context configuration checks, 19",                                       \
      "SBE differs from fctl.BE with capabilities.END clear")                                      \
    X(DC_SXL, "Device-context configuration checks, 20", "SXL has no legal value for fctl.GXL")    \
    X(DC_SBE, "Device-context configuration checks, 21", "SBE has no legal value for fctl.BE")     \
    X(DC_QOS_WIDE, "Device-context configuration checks, 22",                                      \
      "RCID or MCID is wider than supported")                                                      \
    X(DC_MSIPTP_BARE, "MSI page table pointer (msiptp)",                                           \
      "msiptp.MODE is not Off with iohgatp.MODE Bare")                                             \
    X(DC_PAS, "Device-context configuration checks",                                               \
      "a PPN in the device context is beyond capabilities.PAS")                                    \
    X(ATS_DISABLED, "Process to translate an IOVA, step 7",                                        \
      "a translated or ATS request, and EN_ATS is clear")                                          \
    X(PROCESS_ID_UNEXPECTED, "Process to translate an IOVA, step 7",                               \
      "a request with process_id, and PDTV is clear")                                              \
    X(PROCESS_ID_WIDE, "Process to translate an IOVA, step 7",                                     \
      "process_id is wider than pdtp.MODE supports")                                               \
    X(TYPE_UNSUPPORTED, "Process to translate an IOVA, step 7",                                    \
      "the IOMMU does not support this type of transaction")                                       \
    X(PDTE_ACCESS, "Process to locate the Process-context, step 5",                                \
      "reading a PDT entry is an access fault")                                                    \
    X(PDTE_POISON, "Process to locate the Process-context, step 6",                                \
      "a PDT entry is corrupted data")                                                             \
    X(PDTE_NOT_VALID, "Process to locate the Process-context, step 7",                             \
      "a non-leaf PDT entry has V=0")                                                              \
    X(PDTE_RESERVED, "Process to locate the Process-context, step 8",                              \
      "a non-leaf PDT entry has reserved bits set")                                                \
    X(PC_ACCESS, "Process to locate the Process-context, step 10",                                 \
      "reading the process context is an access fault")                                            \
    X(PC_POISON, "Process to locate the Process-context, step 10",                                 \
      "the process context is corrupted data")                                                     \
    X(PC_NOT_VALID, "Process to locate the Process-context, step 11",                              \
      "the process context has V=0")                                                               \
    X(PC_RESERVED, "Process-context configuration checks, 1",                                      \
      "the process context has reserved bits set")                                                 \
    X(PC_MODE, "Process-context configuration checks, 2 to 4",                                     \
      "PC.fsc.MODE is not valid or not supported")                                                 \
    X(PC_PAS, "Process-context configuration checks",                                              \
      "a PPN in the process context is beyond capabilities.PAS")                                   \
    X(PDT_SECOND_STAGE_ACCESS, "Process to locate the Process-context",                            \
      "an access fault in the second-stage walk for a PDT entry")                                  \
    X(PDT_SECOND_STAGE_POISON, "Process to locate the Process-context",                            \
      "corrupted data in the second-stage walk for a PDT entry")                                   \
    X(SUPERVISOR_DISABLED, "Process to translate an IOVA, step 15",                                \
      "supervisor privilege is requested, and PC.ta.ENS is clear")                                 \
    X(SXL_IOVA_WIDE, "Translation control (tc)", "SXL is 1, and the IOVA has bits above 31 set")   \
    X(IOVA_NOT_CANONICAL, "Virtual Address Translation Process",                                   \
      "the IOVA's upper bits do not all equal its sign bit")                                       \
    X(GPA_WIDE, "Guest Physical Address Translation",                                              \
      "the guest physical address is wider than iohgatp.MODE translates")                          \
    X(SXL_GPA_WIDE, "Translation control (tc)",                                                    \
      "SXL is 1, and the incoming GPA has bits above 33 set")                                      \
    X(PTE_ACCESS, "Virtual Address Translation Process, step 2",                                   \
      "reading a PTE is an access fault")                                                          \
    X(PTE_POISON, "Reliability, Availability, and Serviceability (RAS)",                           \
      "a PTE is corrupted data")                                                                   \
    X(PTE_NOT_VALID, "Virtual Address Translation Process, step 3", "a PTE has V=0")               \
    X(PTE_WRITE_ONLY, "Virtual Address Translation Process, step 3",                               \
      "a PTE has the reserved encoding R=0, W=1")                                                  \
    X(PTE_RESERVED, "Virtual Address Translation Process, step 3", "a PTE has reserved bits set")  \
    X(PTE_NO_LEAF, "Virtual Address Translation Process, step 4",                                  \
      "a PTE at the last level is not a leaf")                                                     \
    X(PTE_MISALIGNED, "Virtual Address Translation Process, step 5",                               \
      "a superpage is not aligned to its size")                                                    \
    X(PTE_NAPOT, "Extension for NAPOT Translation Contiguity",                                     \
      "a PTE has a reserved NAPOT encoding")                                                       \
    X(PTE_USER, "Virtual Address Translation Process, step 6",                                     \
      "a request without supervisor privilege to a page with U=0")                                 \
    X(PTE_SUPERVISOR, "Process-context fields",                                                    \
      "a supervisor request to a page with U=1 that SUM or execution forbids")                     \
    X(PTE_PERMISSION, "Virtual Address Translation Process, step 8",                               \
      "the page does not grant the requested permission")                                          \
    X(PTE_ACCESSED, "Virtual Address Translation Process, step 9",                                 \
      "A or D is clear, and hardware updates are not enabled")                                     \
    X(PTE_UPDATE_ACCESS, "Virtual Address Translation Process, step 9",                            \
      "storing A or D bits is an access fault")                                                    \
    X(SPA_WIDE, "IOMMU capabilities (capabilities), PAS",                                          \
      "the translated address is beyond capabilities.PAS")                                         \
    X(MSI_PTE_ACCESS, "Process to translate addresses of MSIs, step 7",                            \
      "reading the MSI PTE is an access fault")                                                    \
    X(MSI_PTE_POISON, "Process to translate addresses of MSIs, step 8",                            \
      "the MSI PTE is corrupted data")                                                             \
    X(MSI_PTE_NOT_VALID, "Process to translate addresses of MSIs, step 9", "the MSI PTE has V=0")  \
    X(MSI_PTE_CUSTOM, "Process to translate addresses of MSIs, step 10",                           \
      "the MSI PTE has C=1, for which there is no custom use here")                                \
    X(MSI_PTE_MODE, "Process to translate addresses of MSIs, step 12",                             \
      "the MSI PTE's mode is reserved")                                                            \
    X(MSI_PTE_RESERVED, "Process to translate addresses of MSIs, steps 13 and 14",                 \
      "the MSI PTE has reserved bits set")                                                         \
    X(MSI_PTE_MRIF_UNSUPPORTED, "Process to translate addresses of MSIs, step 14",                 \
      "an MSI PTE in MRIF mode without capabilities.MSI_MRIF")                                     \
    X(MSI_EXECUTE, "Process to translate addresses of MSIs, step 15",                              \
      "a virtual interrupt file is not executable")                                                \
    X(MRIF_ACCESS, "Fault/Event-Queue (FQ)", "updating the MRIF is an access fault")               \
    X(MRIF_POISON, "Fault/Event-Queue (FQ)", "the MRIF is corrupted data")                         \
    X(MRIF_SIZE, "MSI PTE, MRIF mode", "an access to an MRIF page that is not of 32 bits")         \
    X(MRIF_ALIGN, "MSI PTE, MRIF mode", "an access to an MRIF page that is not aligned")           \
    X(MRIF_DEBUG, "Debug support", "a debug translation met an MSI PTE in MRIF mode")              \
    X(ATS_PERMISSION, "PCIe ATS translation request handling",                                     \
      "a permission that the tables do not grant is denied in the completion")                     \
    X(DATA_ACCESS, "Faults from PMA and PMP", "the device's own access is an access fault")        \
    X(BRIDGE, "Faults from PMA and PMP", "the I/O bridge reported a fault")                        \
    X(PRI_DISABLED, "PCIe ATS Page Request handling", "a page request, and EN_PRI is clear")       \
    X(PRI_QUEUE_OFF, "PCIe ATS Page Request handling", "the page-request queue is off")            \
    X(PRI_QUEUE_FAULT, "PCIe ATS Page Request handling",                                           \
      "the page-request queue met a memory fault")                                                 \
    X(PRI_QUEUE_FULL, "PCIe ATS Page Request handling",                                            \
      "the page-request queue is full or had an overflow")

/** The rule of the specification that decided; see iommu_rule_text(). */
enum iommu_rule {
    IOMMU_RULE_NONE = 0,
#define IOMMU_RULE_ENUM(name, section, text) IOMMU_RULE_##name,
    IOMMU_RULE_LIST(IOMMU_RULE_ENUM)
#undef IOMMU_RULE_ENUM
        IOMMU_RULES /**< number of the above */
};

/** What became of a request. A plain value. */
struct iommu_response {
    /** Translated address (SPA; GPA for an ATS request with T2GPA). Not meaningful unless
     *  status is IOMMU_SUCCESS and permissions is not 0. MRIF: the MRIF's address. */
    uint64_t address;
    uint64_t iotval2;        /**< as in the fault record; 0 without guest-page fault */
    uint64_t notice_address; /**< MRIF: where the notice MSI goes, NPPN << 12 */
    uint16_t cause;          /**< IOMMU_CAUSE_*; 0 without a fault. Also set, unreported,
                                  when an ATS request succeeds without permissions */
    uint16_t rule;           /**< enum iommu_rule: what decided; IOMMU_RULE_NONE for a
                                  plain success */
    uint16_t rcid;           /**< QoS IDs for the device's access */
    uint16_t mcid;
    uint16_t nid;        /**< MRIF: data of the notice MSI, 11 bits */
    uint8_t status;      /**< enum iommu_status */
    uint8_t page_log2;   /**< log2 of the size of the range that the answer holds for */
    uint8_t permissions; /**< IOMMU_PERM_*: what the tables grant to this requester */
    uint8_t pbmt;        /**< memory type: 0 PMA, 1 NC, 2 IO */
    uint8_t target;      /**< enum iommu_target */
    uint8_t ats;         /**< IOMMU_ATS_*, ATS requests only */
    bool fault_reported; /**< a record was due (not suppressed by DTF); it may still
                              have met a full or disabled fault queue */
};

/** Translate one request; caches, counters, A/D bits and the fault queue take part. */
struct iommu_response iommu_translate(struct iommu *iommu, const struct iommu_request *request);

/** One line about a rule, in words; "" for IOMMU_RULE_NONE. */
const char *iommu_rule_text(enum iommu_rule rule);
/** The section of the specification that states it. */
const char *iommu_rule_section(enum iommu_rule rule);
/** The rule's identifier, such as "DDTE_NOT_VALID". */
const char *iommu_rule_name(enum iommu_rule rule);
/** The name of a fault cause as in the CAUSE table; "reserved" or "custom" for others. */
const char *iommu_cause_text(uint16_t cause);

/* --- the walk, step by step --- */

enum iommu_step_kind {
    IOMMU_STEP_DDTE,    /**< non-leaf DDT entry read */
    IOMMU_STEP_DC,      /**< device context read: 4 or 8 words */
    IOMMU_STEP_PDTE,    /**< non-leaf PDT entry read */
    IOMMU_STEP_PC,      /**< process context read: 2 words */
    IOMMU_STEP_PTE1,    /**< first-stage PTE read */
    IOMMU_STEP_PTE2,    /**< second-stage PTE read */
    IOMMU_STEP_MSI_PTE, /**< MSI PTE read: 2 words */
    IOMMU_STEP_UPDATE,  /**< A/D bits set: address, new value */
    IOMMU_STEP_CACHED,  /**< answered from a cache: `structure` says which */
    IOMMU_STEP_RULE,    /**< a rule applied that reads nothing */
};

/** One step of a translation. */
struct iommu_step {
    enum iommu_step_kind kind;
    enum iommu_structure structure;
    enum iommu_rule rule;         /**< IOMMU_RULE_NONE: passed, go on */
    enum iommu_mem_status memory; /**< of the read */
    uint8_t level;                /**< of the entry; 0 is the leaf level */
    uint8_t words;                /**< valid words in value */
    bool implicit;                /**< second stage: on behalf of a PDT or first-stage access */
    bool leaf;                    /**< PTEs: this one ends the walk */
    uint64_t input;               /**< what is being translated or looked up: IOVA, GPA, or ID */
    uint64_t address;             /**< physical address of the entry */
    uint64_t value[8];            /**< the entry's words */
};

typedef void iommu_step_fn(void *context, const struct iommu_step *step);

/** As iommu_translate(), and `step` is called for every step of it. */
struct iommu_response iommu_translate_traced(struct iommu *iommu,
                                             const struct iommu_request *request,
                                             iommu_step_fn *step, void *context);

/* --- the set of results that the specification allows --- */

/** A change of memory that comes with a result: an A/D update. */
struct iommu_update {
    uint64_t address;
    uint64_t value; /**< as an integer of the entry's byte order */
    uint8_t size;   /**< 4 or 8 */
};

#define IOMMU_OUTCOME_UPDATES 16

/** One result that the specification allows. */
struct iommu_outcome {
    struct iommu_response response;
    bool current; /**< the one that the tables in memory give now */
    uint8_t updates;
    struct iommu_update update[IOMMU_OUTCOME_UPDATES];
};

/** Logical time: counts noted stores and invalidation commands. 0 without config.history. */
uint64_t iommu_time(const struct iommu *iommu);

/**
 * Say that `size` bytes at `address` are about to change. Call before each store that
 * may touch a table; the contents are remembered as old ones until an invalidation
 * command (or reset) that covers them. Does nothing without config.history.
 */
void iommu_note_store(struct iommu *iommu, uint64_t address, uint64_t size);

/**
 * All results that the specification allows for a request ("Updating in-memory data
 * structure entries", "IOMMU Page-Table cache invalidation commands"): each entry that
 * the walk reads may be the one in memory, or any valid one since the last invalidation
 * that covers it. Changes nothing: no records, no counters, no A/D bits, no caches.
 * Process contexts are considered with the device contexts that lead to them only: one that was
 * cached through the directory of an old device context, and is used with the new one, is
 * allowed, too, but not among the results. Whether A and D can be stored is asked of bus.read
 * only: where just the store fails, that access fault is not among them either.
 *
 * @param since    invalidations later than this time do not bind (the request was already
 *                 on its way); iommu_time() for a request that comes now
 * @param outcome  gets at most `max` different ones, the current one first
 * @return how many there are; more than `max` if some did not fit; SIZE_MAX if the question
 *         has too many combinations of old and new entries to be answered, or memory was
 *         short for the history since the last reset
 */
size_t iommu_allowed(struct iommu *iommu, const struct iommu_request *request, uint64_t since,
                     struct iommu_outcome *outcome, size_t max);

/* --- whole accesses --- */

/**
 * A device's access with its data: translate page by page, then read or write memory, set
 * the bit in an MRIF and send its notice ("MSI PTE, MRIF mode"). Stops at the first fault;
 * bytes before it may have moved. request->iova is the start, request->length is ignored.
 * There is no address after the last one: an access beyond it is IOMMU_BAD_REQUEST.
 *
 * @param data bytes to write, or room for the bytes read
 * @return the response of the page that decided: the first faulting one, or the last
 */
struct iommu_response iommu_dma(struct iommu *iommu, const struct iommu_request *request,
                                void *data, uint32_t length);

/**
 * The I/O bridge found a fault of its own while it carried out a request: misaligned
 * (4, 6), access faults (1, 5, 7), MRIF faults (264, 271), or an internal data-path error
 * (272). Reports it as the specification has it, DTF included; the device context is located
 * for that, and what is read of the DDT is counted.
 * @return false if the cause is none of these; nothing is then done
 */
bool iommu_report_fault(struct iommu *iommu, const struct iommu_request *request, uint16_t cause);

/* ------------------------------------------------------------------------------------
 * Commands, debug, ATS and PRI
 */

enum iommu_command_status {
    IOMMU_COMMAND_DONE = 0,
    IOMMU_COMMAND_NONE,    /**< queue empty, off, stopped by an error bit, or busy */
    IOMMU_COMMAND_WAITING, /**< IOFENCE.C waits for completions, or no ITAG is free */
    IOMMU_COMMAND_STOPPED, /**< this command set cqmf, cmd_to or cmd_ill */
};

/** Process one command of the command queue ("Command-Queue (CQ)"). IOMMU_COMMAND_NONE in a
 *  callback of a command, which is not done yet. */
enum iommu_command_status iommu_process_command(struct iommu *iommu);

/** Carry out a pending debug translation. @return false if none was pending. */
bool iommu_process_debug(struct iommu *iommu);

/** A "Page Request" or "Stop Marker" message from a device. */
struct iommu_page_request {
    uint32_t device_id;
    uint32_t process_id;
    bool process_id_valid;
    bool privileged;  /**< Privilege Mode Requested */
    bool execute;     /**< Execute Requested */
    uint64_t payload; /**< message bytes 8 to 15: R, W, L, PRG index, page address */
};

enum iommu_pri_status {
    IOMMU_PRI_QUEUED = 0,
    IOMMU_PRI_RESPONDED, /**< not queued; an automatic response was sent */
    IOMMU_PRI_DISCARDED, /**< not queued, and no response is due */
};

struct iommu_pri_result {
    enum iommu_pri_status status;
    enum iommu_prgr_code code; /**< if RESPONDED */
    uint16_t cause;            /**< fault that was met, 0 if none */
    uint16_t rule;             /**< enum iommu_rule */
};

/** Handle a page request ("PCIe ATS Page Request handling"). */
struct iommu_pri_result iommu_page_request(struct iommu *iommu,
                                           const struct iommu_page_request *request);

/**
 * An Invalidation Completion message from a device.
 * @param itags            one bit for each ITAG that it completes
 * @param completion_count CC field: completions to expect in all for each tag; 0 means 8
 * @return false if it matches no outstanding request of that device (ignored; reported
 *         as "Transaction type disallowed" where ATS is not enabled for the device)
 */
bool iommu_invalidation_completion(struct iommu *iommu, uint32_t device_id, uint32_t itags,
                                   uint8_t completion_count);

/** The time-out that PCI Express defines ran out for these ITAGs. */
void iommu_invalidation_timeout(struct iommu *iommu, uint32_t itags);

/** ITAGs in use, one bit each. */
uint32_t iommu_itags_busy(const struct iommu *iommu);

#ifdef __cplusplus
}
#endif

#endif
