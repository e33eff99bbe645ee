/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures in memory: directories, page tables, MSI tables. The builders touch nothing but
 * memory; what has to be invalidated after a change of a live structure is done by the
 * functions of "safe updates" below.
 */
#ifndef RVI_TABLES_H
#define RVI_TABLES_H

#include "rvi.h"

/* --- device directory -------------------------------------------------------------------- */

/** A device context. The last three words exist in the extended format only. */
struct rvi_dc {
    uint64_t tc, iohgatp, ta, fsc;
    uint64_t msiptp, msi_addr_mask, msi_addr_pattern;
};

struct rvi_ddt {
    struct rvi_memory memory;
    struct rvi_pages pages;
    uint64_t root;
    uint8_t mode;  /**< IOMMU_DDTP_MODE_1LVL to _3LVL */
    bool extended; /**< 64-byte contexts: capabilities.MSI_FLAT */
};

/** The directory that an IOMMU uses. */
struct rvi_ddt rvi_ddt_of(const struct rvi *iommu, struct rvi_pages pages);
/** Width of the device_ids that a directory covers. */
uint8_t rvi_ddt_bits(const struct rvi_ddt *ddt);
/** Where the context of a device is. With `create`, missing tables are made; without,
 *  RVI_NOT_FOUND. RVI_INVALID: the device_id is too wide. */
enum rvi_status rvi_ddt_find(const struct rvi_ddt *ddt, uint32_t device_id, bool create,
                             uint64_t *address);
void rvi_dc_load(const struct rvi_ddt *ddt, uint64_t address, struct rvi_dc *dc);
/** Store all words but tc, fence, then tc: valid comes last. */
void rvi_dc_store(const struct rvi_ddt *ddt, uint64_t address, const struct rvi_dc *dc);
/** "Device-context configuration checks", before the IOMMU makes them: 0, or the number of the
 *  first check that fails. 100: iohgatp Bare with an MSI table. */
unsigned rvi_dc_check(uint64_t capabilities, uint32_t fctl, const struct rvi_dc *dc);

/* --- process directory ------------------------------------------------------------------- */

struct rvi_pdt {
    struct rvi_memory memory;
    struct rvi_pages pages;
    uint64_t root;
    uint8_t mode; /**< IOMMU_PDTP_MODE_PD8 to _PD20 */
};

struct rvi_pc {
    uint64_t ta, fsc;
};

enum rvi_status rvi_pdt_make(struct rvi_pdt *pdt, const struct rvi_memory *memory,
                             const struct rvi_pages *pages, uint8_t mode);
enum rvi_status rvi_pdt_find(const struct rvi_pdt *pdt, uint32_t process_id, bool create,
                             uint64_t *address);
void rvi_pc_load(const struct rvi_pdt *pdt, uint64_t address, struct rvi_pc *pc);
void rvi_pc_store(const struct rvi_pdt *pdt, uint64_t address, const struct rvi_pc *pc);

/* --- page tables ------------------------------------------------------------------------- */

enum rvi_format {
    RVI_SV32,
    RVI_SV39,
    RVI_SV48,
    RVI_SV57,
    RVI_SV32X4,
    RVI_SV39X4,
    RVI_SV48X4,
    RVI_SV57X4,
    RVI_FORMATS
};

/** What a page grants; PTE bits. */
#define RVI_READ IOMMU_PTE_R_MASK
#define RVI_WRITE IOMMU_PTE_W_MASK
#define RVI_EXECUTE IOMMU_PTE_X_MASK
#define RVI_USER IOMMU_PTE_U_MASK
#define RVI_GLOBAL IOMMU_PTE_G_MASK
#define RVI_NONCACHED IOMMU_PREP(IOMMU_PTE_PBMT, IOMMU_PBMT_NC)
#define RVI_IO IOMMU_PREP(IOMMU_PTE_PBMT, IOMMU_PBMT_IO)
/** Leave A and D clear, for hardware that sets them. */
#define RVI_UNTOUCHED (1ull << 54)

struct rvi_table {
    struct rvi_memory memory;
    struct rvi_pages pages;
    uint64_t root;
    enum rvi_format format;
    uint8_t largest; /**< log2 of the largest page that is used: 12 for 4 KiB only */
};

/** Does the IOMMU have this format? */
bool rvi_format_supported(uint64_t capabilities, enum rvi_format format);
/** The MODE of iosatp or iohgatp for a format; 0 is Bare. */
uint8_t rvi_format_mode(enum rvi_format format);
/** Is it a second stage? */
bool rvi_format_guest(enum rvi_format format);
/** Width of the addresses that a format translates. */
uint8_t rvi_format_bits(enum rvi_format format);

enum rvi_status rvi_table_make(struct rvi_table *table, const struct rvi_memory *memory,
                               const struct rvi_pages *pages, enum rvi_format format);
/** The fsc word (first stage) or, or'ed with a GSCID, the iohgatp word (second stage). */
uint64_t rvi_table_pointer(const struct rvi_table *table);
/** Map [iova, iova + size) to [address, ...). All are multiples of 4 KiB. Second-stage pages
 *  get U by themselves. RVI_EXISTS: something is mapped there; what lies before it is now
 *  mapped too, *done bytes in all (done may be NULL). */
enum rvi_status rvi_map(const struct rvi_table *table, uint64_t iova, uint64_t address,
                        uint64_t size, uint64_t grant, uint64_t *done);
/** Clear the entries of [iova, iova + size). RVI_INVALID: the range cuts a large page, which is
 *  left. RVI_NOT_FOUND: nothing was mapped there. The caller has to invalidate. */
enum rvi_status rvi_clear(const struct rvi_table *table, uint64_t iova, uint64_t size);
/** The same; *cleared gets the bits of all entries that were cleared, also if an entry that makes
 *  no sense (RVI_CORRUPT) is met on the way. */
enum rvi_status rvi_clear_what(const struct rvi_table *table, uint64_t iova, uint64_t size,
                               uint64_t *cleared);

struct rvi_leaf {
    uint64_t entry;   /**< the PTE */
    uint64_t where;   /**< its address */
    uint64_t address; /**< what the IOVA leads to */
    uint8_t log2;     /**< size of the page */
};

/** Follow the table. RVI_NOT_FOUND: not mapped; *leaf holds the last entry read. */
enum rvi_status rvi_lookup(const struct rvi_table *table, uint64_t iova, struct rvi_leaf *leaf);

/* --- MSI page tables --------------------------------------------------------------------- */

struct rvi_msi_table {
    struct rvi_memory memory;
    uint64_t root;
    uint64_t mask, pattern; /**< of page numbers, as in the device context */
    uint32_t entries;
};

enum rvi_status rvi_msi_make(struct rvi_msi_table *table, const struct rvi_memory *memory,
                             const struct rvi_pages *pages, uint64_t mask, uint64_t pattern);
/** The interrupt file number of a guest physical address. RVI_NOT_FOUND: it is none. */
enum rvi_status rvi_msi_index(const struct rvi_msi_table *table, uint64_t gpa, uint32_t *index);
/** Lead an interrupt file to the page of a real one; valid comes last. */
enum rvi_status rvi_msi_set(const struct rvi_msi_table *table, uint32_t index, uint64_t page);
/** Lead an interrupt file to an MRIF, 512-byte aligned; its notices go to `notice`. */
enum rvi_status rvi_msi_set_mrif(const struct rvi_msi_table *table, uint32_t index, uint64_t mrif,
                                 uint64_t notice, uint16_t notice_id);
void rvi_msi_clear(const struct rvi_msi_table *table, uint32_t index);
/** Put the table into a device context. */
void rvi_msi_attach(const struct rvi_msi_table *table, struct rvi_dc *dc);

/* --- safe updates of live structures ("Guidelines for invalidations") --------------------- */

/** Give a device a context, or replace the one it has: old one invalid, invalidations, new
 *  words, valid bit last. In between the device is blocked. */
enum rvi_status rvi_attach(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id,
                           const struct rvi_dc *dc);
/** Block a device. RVI_NOT_FOUND: it was blocked. */
enum rvi_status rvi_detach(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id);
/** The same for a process of a device whose context is `dc`. */
enum rvi_status rvi_attach_process(struct rvi *iommu, const struct rvi_pdt *pdt, uint32_t device_id,
                                   const struct rvi_dc *dc, uint32_t process_id,
                                   const struct rvi_pc *pc);
enum rvi_status rvi_detach_process(struct rvi *iommu, const struct rvi_pdt *pdt, uint32_t device_id,
                                   const struct rvi_dc *dc, uint32_t process_id);

/** Let an idle device use ATS ("Guidelines for enabling and disabling ATS and/or PRI"). `controls`:
 *  EN_ATS and, if wanted, EN_PRI, PRPR and T2GPA of tc. Afterwards enable it at the device. */
enum rvi_status rvi_enable_ats(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id,
                               uint64_t controls);
/** End it: disable it at the idle device first. Complete when the device has dropped all that
 *  it had cached; RVI_COMMAND_TIMEOUT if it does not say so. */
enum rvi_status rvi_disable_ats(struct rvi *iommu, const struct rvi_ddt *ddt, uint32_t device_id);

/** Which cached translations a page table's changes concern. */
struct rvi_scope {
    bool guest;   /**< a second stage is in force: gscid */
    bool process; /**< first stage: only pscid */
    uint16_t gscid;
    uint32_t pscid;
};

/** Unmap and invalidate; complete when it returns. */
enum rvi_status rvi_unmap(struct rvi *iommu, const struct rvi_table *table,
                          const struct rvi_scope *scope, uint64_t iova, uint64_t size);
/** Change an MSI table's entry and invalidate. page 0: clear it. */
enum rvi_status rvi_msi_change(struct rvi *iommu, const struct rvi_msi_table *table, uint16_t gscid,
                               uint64_t gpa, uint64_t page);

#endif
