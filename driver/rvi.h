/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RISC-V IOMMU: what the parts of the driver share.
 *
 * Bits and offsets come from iommu_regs.h, which is generated from the register description
 * of the specification (release 20260222); nothing here describes them a second time.
 *
 * Linux on RISC-V is little-endian, and an IOMMU set to big-endian is refused: structures in
 * memory need no conversion.
 */
#ifndef RVI_H
#define RVI_H

#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iommu.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "commands.h"
#include "compat.h"
#include "iommu_regs.h"
#include "dc.h"
#include "mrif.h"
#include "pgtable.h"
#include "prg.h"
#include "riscv-iommu-user.h"

#define RVI_NAME "riscv-iommu"

/* A queue that the IOMMU writes: where its registers are, and how large it is. */
struct rvi_ring_kind {
	const char *name;
	u32 base;
	u32 head;
	u32 tail;
	u32 csr;
	u32 words;		/* of a record */
	u32 log2;		/* of the number of records */
};

#define RVI_RING_WORDS (IOMMU_FQ_RECORD_BYTES / 8)	/* of the longest record */
#define RVI_RING_UNWRITABLE IOMMU_FQCSR_FQMF_MASK
#define RVI_RING_FULL IOMMU_FQCSR_FQOF_MASK

struct rvi_ring {
	const struct rvi_ring_kind *kind;
	u64 *records;
	u32 order;
	u32 mask;
};

/* How many commands one change may need before everything is invalidated instead. */
#define RVI_CMD_BATCH 64

struct rvi_batch {
	unsigned int count;
	struct rvi_cmd cmd[RVI_CMD_BATCH];
};

struct rvi_stats {
	u64 commands;
	u64 fences;
	u64 faults;
	u64 fault_overflows;
	u64 cq_errors;
	u64 cq_resets;
	u64 notices;
	u64 page_requests;
	u64 page_requests_refused;
	u64 page_request_overflows;
};

struct rvi_pmu;
struct rvi_ats;
struct rvi_pri;

struct rvi_iommu {
	struct iommu_device iommu;
	struct device *dev;
	void __iomem *reg;
	phys_addr_t reg_phys;
	u64 caps;
	int irq;
	struct list_head node;

	/* The device directory, and every device's context, change under this lock. */
	struct mutex ddt_lock;
	u64 *ddt_root;
	phys_addr_t ddt_root_phys;
	unsigned int ddt_levels;
	bool ddt_inherited;
	bool ddt_was_on;

	spinlock_t cq_lock;	/* the queue's memory, cq_tail, fence_seq and reset_seq */
	struct rvi_cmd *cq;
	u32 cq_order;
	u32 cq_mask;
	u32 cq_head;
	u32 cq_tail;
	u32 fence_seq;
	u32 reset_seq;		/* fence_seq when the queue was started anew */
	u32 *fence_done;
	struct list_head ats_waits;	/* invalidations of devices; under cq_lock */
	atomic_t ats_pending;

	spinlock_t dc_lock;	/* the stores to device contexts, and who was cut off */

	struct mutex fq_lock;	/* one at a time takes records out */
	struct rvi_ring faults;
	/* Page requests, taken out under ddt_lock; iopf is NULL where there are none. */
	struct rvi_ring requests;
	struct iopf_queue *iopf;

	struct xarray devices;
	u64 *msi_table;
	u32 msi_order;
	u64 msi_mask;
	u64 msi_pattern;
	/* Isolated interrupts; irq_domain is NULL where there are none. */
	int notice_irq;
	struct irq_domain *irq_domain;
	struct msi_parent_ops msi_ops;
	raw_spinlock_t notice_lock;	/* all vectors, and which file each device's go to */
	struct list_head vectors;
	struct list_head mrifs;
	u64 notice;
	/* An empty table: where a device in quarantine ends up, without a report. */
	void *empty_table;

	struct ratelimit_state report;
	unsigned int fault_limit;
	unsigned int fault_window_ms;
	struct rvi_stats stats;
	struct rvi_pmu *pmu;
	struct dentry *debugfs;
};

/*
 * The interrupt files in memory of a second-stage domain, one a hart, as each hart has identities
 * of its own, and the MSI page table to them.
 */
struct rvi_mrif {
	struct list_head node;
	u64 *files;
	u64 *table;
};

static inline u64 *rvi_mrif_file(const struct rvi_mrif *mrif, unsigned int cpu)
{
	return mrif->files + IOMMU_MRIF_BYTES / 8 * cpu;
}

enum rvi_stage {
	RVI_STAGE_UNSET,
	RVI_STAGE_FIRST,
	RVI_STAGE_SECOND,
	RVI_STAGE_NESTED,
};

struct rvi_domain {
	struct iommu_domain domain;
	struct rvi_pgtable pt;
	enum rvi_stage stage;
	u32 id;			/* PSCID of a first stage, GSCID of a second */
	bool bare;		/* identity and blocked: no table */
	spinlock_t lock;	/* bonds and ats */
	struct list_head bonds;
	struct list_head ats;	/* devices that keep translations of it; changed under lock */
	struct rvi_mrif *mrif;
	struct rvi_iommu *home;	/* whose modes the table was made for */
	struct mutex init_lock;	/* settling what it is */
	/* A guest's first stage, and the second one below it. */
	struct rvi_domain *parent;
	struct rvi_user_first_stage user;
	atomic_t children;	/* how many it is the parent of */
};

/* One IOMMU that has devices in a domain: where the domain's invalidations go. */
struct rvi_bond {
	struct list_head node;
	struct rvi_iommu *iommu;
	unsigned int users;
	struct rcu_head rcu;
};

struct rvi_dev {
	struct device *dev;
	struct rvi_iommu *iommu;
	struct rvi_domain *domain;
	struct rvi_mrif *mrif;	/* its domain's; under notice_lock */
	bool quarantined;
	unsigned int faults;
	unsigned long window_start;
	u64 faults_total;
	struct ratelimit_state report;
	/* process directory, while a process_id has a domain of its own */
	u64 *pdt;
	unsigned int pasids;
	bool pasid_enabled;
	/* It may keep translations (ATS); it did not answer, and reaches nothing until the work. */
	struct rvi_ats *ats;
	bool ats_refused;
	bool gone;		/* under ddt_lock */
	bool cut_off;		/* under dc_lock */
	struct work_struct ats_work;
	struct rvi_pri *pri;	/* once it had a domain for page requests */
};

static inline struct rvi_domain *to_rvi_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct rvi_domain, domain);
}

static inline u32 rvi_read32(struct rvi_iommu *iommu, u32 offset)
{
	return readl_relaxed(iommu->reg + offset);
}

static inline void rvi_write32(struct rvi_iommu *iommu, u32 offset, u32 value)
{
	writel(value, iommu->reg + offset);
}

static inline u64 rvi_read64(struct rvi_iommu *iommu, u32 offset)
{
	return readq_relaxed(iommu->reg + offset);
}

static inline void rvi_write64(struct rvi_iommu *iommu, u32 offset, u64 value)
{
	writeq(value, iommu->reg + offset);
}

#define rvi_has(iommu, cap) (!!((iommu)->caps & IOMMU_CAPABILITIES_##cap##_MASK))

/* cmd.c */
int rvi_cq_init(struct rvi_iommu *iommu);
void rvi_cq_exit(struct rvi_iommu *iommu);
void rvi_cq_service(struct rvi_iommu *iommu);
int rvi_cmd_run(struct rvi_iommu *iommu, const struct rvi_cmd *cmd, unsigned int count);
int rvi_cmd_run_ats(struct rvi_iommu *iommu, struct rvi_cmd cmd);

static inline void rvi_batch_add(struct rvi_batch *batch, struct rvi_cmd cmd)
{
	batch->cmd[batch->count++] = cmd;
}

/* ddt.c */
int rvi_ddt_init(struct rvi_iommu *iommu);
void rvi_ddt_exit(struct rvi_iommu *iommu);
u64 *rvi_ddt_find(struct rvi_iommu *iommu, u32 devid, bool alloc);
int rvi_ddt_set(struct rvi_iommu *iommu, u32 devid, const struct rvi_dc *target);
int rvi_wait_clear64(struct rvi_iommu *iommu, u32 offset, u64 bits);
int rvi_wait32(struct rvi_iommu *iommu, u32 offset, u32 mask, u32 value);

/* hw.c */
int rvi_init(struct rvi_iommu *iommu);
void rvi_exit(struct rvi_iommu *iommu);
void rvi_shutdown(struct rvi_iommu *iommu);
struct rvi_iommu *rvi_find(struct fwnode_handle *fwnode);
struct rvi_iommu *rvi_first(void);
irqreturn_t rvi_irq_thread(int irq, void *data);

/* core.c */
extern const struct iommu_ops rvi_ops;
extern const struct attribute_group *rvi_groups[];
struct iommu_domain *rvi_domain_alloc_paging_flags(struct device *dev, u32 flags,
						   const struct iommu_user_data *user_data);
int rvi_attach(struct rvi_dev *rdev, struct rvi_domain *domain);
int rvi_dev_install(struct rvi_dev *rdev);
void rvi_dev_context(struct rvi_dev *rdev, struct rvi_domain *domain, struct rvi_dc *dc);
struct rvi_dev *rvi_dev_by_id(struct rvi_iommu *iommu, u32 id);
bool rvi_dev_id(struct rvi_dev *rdev, unsigned int n, u32 *id);
bool rvi_dev_alone(struct rvi_iommu *iommu, u32 id);

/* domain.c */
extern const struct iommu_domain_ops rvi_paging_ops;
extern int rvi_first_bits, rvi_second_bits;
struct rvi_domain *rvi_domain_new(struct rvi_iommu *iommu, enum rvi_stage stage);
int rvi_domain_settle(struct rvi_domain *domain);
bool rvi_domain_fits(struct rvi_domain *domain, struct rvi_iommu *iommu);
int rvi_domain_bond(struct rvi_domain *domain, struct rvi_iommu *iommu);
void rvi_domain_unbond(struct rvi_domain *domain, struct rvi_iommu *iommu);
int rvi_attach_dev(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old);
int rvi_set_dev_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		      struct iommu_domain *old);

/* ring.c */
int rvi_ring_init(struct rvi_iommu *iommu, struct rvi_ring *ring,
		  const struct rvi_ring_kind *kind);
void rvi_ring_exit(struct rvi_iommu *iommu, struct rvi_ring *ring);
unsigned int rvi_ring_drain(struct rvi_iommu *iommu, struct rvi_ring *ring,
			    void (*take)(struct rvi_iommu *iommu, const u64 *record));
u32 rvi_ring_recover(struct rvi_iommu *iommu, struct rvi_ring *ring,
		     void (*take)(struct rvi_iommu *iommu, const u64 *record));

/* pri.c */
void rvi_pq_init(struct rvi_iommu *iommu);
void rvi_pq_exit(struct rvi_iommu *iommu);
void rvi_pq_service(struct rvi_iommu *iommu);
bool rvi_pri_possible(struct device *dev);
u64 rvi_pri_context(struct rvi_dev *rdev);
int rvi_pri_begin(struct rvi_dev *rdev, struct rvi_domain *domain);
int rvi_pri_start(struct rvi_dev *rdev);
void rvi_pri_stop(struct rvi_dev *rdev);
void rvi_pri_end(struct rvi_dev *rdev);
void rvi_page_response(struct device *dev, struct iopf_fault *fault,
		       struct iommu_page_response *response);

/* ats.c */
bool rvi_ats_possible(struct rvi_dev *rdev);
void rvi_ats_sync(struct rvi_domain *domain, struct rvi_iommu *iommu, u64 first, u64 last);
struct rvi_ats *rvi_ats_stop(struct rvi_dev *rdev);
void rvi_ats_finish(struct rvi_ats *ats);
void rvi_ats_prepare(struct rvi_dev *rdev, struct rvi_domain *domain);
void rvi_ats_start(struct rvi_dev *rdev);
int rvi_ats_off(struct rvi_dev *rdev);
void rvi_ats_init_dev(struct rvi_dev *rdev);
void rvi_ats_exit_dev(struct rvi_dev *rdev);
int rvi_ats_module_init(void);
void rvi_ats_module_exit(void);

/* dirty.c */
bool rvi_dirty_possible(struct rvi_iommu *iommu);
void rvi_dirty_begin(struct rvi_domain *domain);

/* nested.c */
struct iommu_domain *rvi_domain_alloc_nested(struct device *dev, struct iommu_domain *parent,
					     u32 flags, const struct iommu_user_data *user_data);
void *rvi_hw_info(struct device *dev, u32 *length, RVI_HW_INFO_TYPE *type);

/* pasid.c */
int rvi_pasid_enable(struct rvi_dev *rdev);
void rvi_pasid_disable(struct rvi_dev *rdev);
int rvi_pasid_clear(struct iommu_domain *blocked, struct device *dev, ioasid_t pasid,
		    struct iommu_domain *old);
void rvi_pasid_default(struct rvi_dev *rdev, struct rvi_domain *domain);
unsigned int rvi_pasid_bits(struct rvi_iommu *iommu);

/* msi.c */
int rvi_msi_init(struct rvi_iommu *iommu);
void rvi_msi_exit(struct rvi_iommu *iommu);
int rvi_msi_map_files(struct rvi_domain *domain);
void rvi_msi_fill(struct rvi_iommu *iommu, u64 *table, const struct rvi_mrif *mrif);
void rvi_msi_resv_regions(struct device *dev, struct list_head *head);

/* remap.c */
int rvi_remap_init(struct rvi_iommu *iommu);
void rvi_remap_exit(struct rvi_iommu *iommu);
void rvi_remap_cpu_dead(struct rvi_iommu *iommu);
void rvi_remap_add(struct rvi_dev *rdev);
void rvi_remap_remove(struct rvi_dev *rdev);
bool rvi_remap_fits(struct rvi_dev *rdev, struct rvi_domain *domain);
struct rvi_mrif *rvi_remap_enter(struct rvi_dev *rdev, struct rvi_domain *domain);
void rvi_remap_leave(struct rvi_dev *rdev, struct rvi_mrif *old);
int rvi_mrif_new(struct rvi_domain *domain);
void rvi_mrif_free(struct rvi_domain *domain);

/* fault.c */
int rvi_fq_init(struct rvi_iommu *iommu);
void rvi_fq_exit(struct rvi_iommu *iommu);
void rvi_fq_service(struct rvi_iommu *iommu);
void rvi_count_fault(struct rvi_iommu *iommu, struct rvi_dev *rdev);
void rvi_quarantine(struct rvi_dev *rdev, const char *why);
int rvi_quarantine_release(struct rvi_iommu *iommu, struct device *dev);
const char *rvi_cause_name(unsigned int cause);
const char *rvi_ttyp_name(unsigned int ttyp);

/* pmu.c */
#if IS_ENABLED(CONFIG_PERF_EVENTS)
int rvi_pmu_init(struct rvi_iommu *iommu);
void rvi_pmu_exit(struct rvi_iommu *iommu);
void rvi_pmu_service(struct rvi_iommu *iommu);
void rvi_pmu_module_exit(void);
#else
static inline int rvi_pmu_init(struct rvi_iommu *iommu) { return 0; }
static inline void rvi_pmu_exit(struct rvi_iommu *iommu) { }
static inline void rvi_pmu_service(struct rvi_iommu *iommu) { }
static inline void rvi_pmu_module_exit(void) { }
#endif

/* debugfs.c */
#if IS_ENABLED(CONFIG_DEBUG_FS)
void rvi_debugfs_root(bool make);
void rvi_debugfs_add(struct rvi_iommu *iommu);
void rvi_debugfs_remove(struct rvi_iommu *iommu);
#else
static inline void rvi_debugfs_root(bool make) { }
static inline void rvi_debugfs_add(struct rvi_iommu *iommu) { }
static inline void rvi_debugfs_remove(struct rvi_iommu *iommu) { }
#endif

/* the two forms that the hardware comes in */
extern struct pci_driver rvi_pci_driver;
extern struct platform_driver rvi_platform_driver;

#endif
