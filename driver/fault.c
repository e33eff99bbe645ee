// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault queue, and what happens to a device that causes too many faults.
 */
#include <linux/kobject.h>
#include <linux/pci.h>

#include "rvi.h"
#include "trace.h"

static const struct {
	u16 cause;
	const char *name;
} cause_names[] = {
	{ IOMMU_CAUSE_INSTR_ACCESS_FAULT, "instruction access fault" },
	{ IOMMU_CAUSE_READ_ADDR_MISALIGNED, "read address misaligned" },
	{ IOMMU_CAUSE_READ_ACCESS_FAULT, "read access fault" },
	{ IOMMU_CAUSE_WRITE_ADDR_MISALIGNED, "write address misaligned" },
	{ IOMMU_CAUSE_WRITE_ACCESS_FAULT, "write access fault" },
	{ IOMMU_CAUSE_INSTR_PAGE_FAULT, "instruction page fault" },
	{ IOMMU_CAUSE_READ_PAGE_FAULT, "read page fault" },
	{ IOMMU_CAUSE_WRITE_PAGE_FAULT, "write page fault" },
	{ IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT, "instruction guest page fault" },
	{ IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, "read guest page fault" },
	{ IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, "write guest page fault" },
	{ IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, "all inbound transactions disallowed" },
	{ IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT, "device directory cannot be read" },
	{ IOMMU_CAUSE_DDT_NOT_VALID, "no device context" },
	{ IOMMU_CAUSE_DDT_MISCONFIGURED, "device context misconfigured" },
	{ IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, "kind of transaction disallowed" },
	{ IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, "MSI page table cannot be read" },
	{ IOMMU_CAUSE_MSI_PTE_NOT_VALID, "interrupt file not allowed" },
	{ IOMMU_CAUSE_MSI_PTE_MISCONFIGURED, "MSI page table misconfigured" },
	{ IOMMU_CAUSE_MRIF_ACCESS_FAULT, "memory-resident interrupt file: access fault" },
	{ IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, "process directory cannot be read" },
	{ IOMMU_CAUSE_PDT_NOT_VALID, "no process context" },
	{ IOMMU_CAUSE_PDT_MISCONFIGURED, "process context misconfigured" },
	{ IOMMU_CAUSE_DDT_DATA_CORRUPTION, "device directory corrupted" },
	{ IOMMU_CAUSE_PDT_DATA_CORRUPTION, "process directory corrupted" },
	{ IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION, "MSI page table corrupted" },
	{ IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION, "memory-resident interrupt file corrupted" },
	{ IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR, "internal data path error" },
	{ IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT, "the IOMMU's own interrupt could not be written" },
	{ IOMMU_CAUSE_PT_DATA_CORRUPTION, "page table corrupted" },
};

const char *rvi_cause_name(unsigned int cause)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cause_names); i++)
		if (cause_names[i].cause == cause)
			return cause_names[i].name;
	return "unknown cause";
}

const char *rvi_ttyp_name(unsigned int ttyp)
{
	static const char *const names[] = {
		[IOMMU_TTYP_NONE] = "event",
		[IOMMU_TTYP_UNTRANSLATED_EXEC] = "fetch",
		[IOMMU_TTYP_UNTRANSLATED_READ] = "read",
		[IOMMU_TTYP_UNTRANSLATED_WRITE] = "write",
		[IOMMU_TTYP_TRANSLATED_EXEC] = "translated fetch",
		[IOMMU_TTYP_TRANSLATED_READ] = "translated read",
		[IOMMU_TTYP_TRANSLATED_WRITE] = "translated write",
		[IOMMU_TTYP_ATS_REQ] = "ATS request",
		[IOMMU_TTYP_MESSAGE_REQ] = "message",
	};

	return ttyp < ARRAY_SIZE(names) && names[ttyp] ? names[ttyp] : "unknown request";
}

/* With ddt_lock held. */
void rvi_quarantine(struct rvi_dev *rdev, const char *why)
{
	char text[] = "IOMMU_QUARANTINE=1";
	char *env[2] = { text };

	rdev->quarantined = true;
	rvi_dev_install(rdev);
	dev_err(rdev->dev,
		"in quarantine: %s; write its name to quarantine of %s to bring it back\n",
		why, dev_name(rdev->iommu->dev));
	kobject_uevent_env(&rdev->dev->kobj, KOBJ_CHANGE, env);
}

/* With ddt_lock held. */
void rvi_count_fault(struct rvi_iommu *iommu, struct rvi_dev *rdev)
{
	unsigned long window = msecs_to_jiffies(READ_ONCE(iommu->fault_window_ms));
	unsigned int limit = READ_ONCE(iommu->fault_limit);

	rdev->faults_total++;
	if (time_after(jiffies, rdev->window_start + window)) {
		rdev->window_start = jiffies;
		rdev->faults = 0;
	}
	if (++rdev->faults > limit && limit && !rdev->quarantined) {
		char why[48];

		snprintf(why, sizeof(why), "more than %u faults in %u ms", limit,
			 iommu->fault_window_ms);
		rvi_quarantine(rdev, why);
	}
}

/* With ddt_lock held: those that are behind the IOMMU still. */
static struct rvi_dev *find_device(struct rvi_iommu *iommu, struct device *dev)
{
	unsigned long id;
	void *entry;

	xa_for_each(&iommu->devices, id, entry) {
		struct rvi_dev *rdev = rvi_dev_by_id(iommu, id);

		if (rdev && rdev->dev == dev)
			return rdev;
	}
	return NULL;
}

/*
 * Bring a device back: it starts anew from a reset, so that nothing of what it was doing
 * goes on. Its domain counts again only after that.
 */
int rvi_quarantine_release(struct rvi_iommu *iommu, struct device *dev)
{
	struct rvi_dev *rdev;
	int ret;

	if (dev_is_pci(dev)) {
		ret = pci_reset_function(to_pci_dev(dev));
		if (ret == -ENOTTY) {
			dev_warn(dev, "has no reset, and comes back as it is\n");
		} else if (ret) {
			dev_err(dev, "stays in quarantine: no reset: %d\n", ret);
			return ret;
		}
	}
	/* It may have been removed meanwhile, and its private data with it. */
	device_lock(dev);
	mutex_lock(&iommu->ddt_lock);
	rdev = find_device(iommu, dev);
	if (rdev) {
		rdev->quarantined = false;
		rdev->faults = 0;
		ret = rvi_dev_install(rdev);
		dev_info(dev, "out of quarantine\n");
	} else {
		ret = -ENODEV;
	}
	mutex_unlock(&iommu->ddt_lock);
	device_unlock(dev);
	return ret;
}

static void report(struct rvi_iommu *iommu, const u64 *record)
{
	unsigned int cause = FIELD_GET(IOMMU_FQ_CAUSE_MASK, record[0]);
	unsigned int ttyp = FIELD_GET(IOMMU_FQ_TTYP_MASK, record[0]);
	u32 did = FIELD_GET(IOMMU_FQ_DID_MASK, record[0]);
	bool pv = record[0] & IOMMU_FQ_PV_MASK;
	u32 pid = pv ? FIELD_GET(IOMMU_FQ_PID_MASK, record[0]) : 0;
	u64 iotval = record[IOMMU_FQ_IOTVAL_DWORD], iotval2 = record[IOMMU_FQ_IOTVAL2_DWORD];
	bool write = ttyp == IOMMU_TTYP_UNTRANSLATED_WRITE ||
		     ttyp == IOMMU_TTYP_TRANSLATED_WRITE;
	char unknown[32];
	const char *name = unknown;
	struct rvi_dev *rdev = NULL;
	char process[24] = "";
	int handled = -EOPNOTSUPP;

	iommu->stats.faults++;
	if (pv)
		snprintf(process, sizeof(process), " process %#x", pid);

	/* A device without a driver has not been introduced: what it would be on PCI. */
	snprintf(unknown, sizeof(unknown), "unknown %04x:%02x:%02x.%x", did >> 16,
		 PCI_BUS_NUM(did & 0xffff), PCI_SLOT(did & 0xff), PCI_FUNC(did & 0xff));
	mutex_lock(&iommu->ddt_lock);
	if (ttyp != IOMMU_TTYP_NONE)
		rdev = rvi_dev_by_id(iommu, did);
	if (rdev) {
		name = dev_name(rdev->dev);
		if (!rdev->domain->bare && !rdev->quarantined)
			handled = report_iommu_fault(&rdev->domain->domain, rdev->dev, iotval,
						     write ? IOMMU_FAULT_WRITE : IOMMU_FAULT_READ);
		if (handled)
			rvi_count_fault(iommu, rdev);
	}
	trace_rvi_fault(iommu->dev, name, rvi_cause_name(cause), rvi_ttyp_name(ttyp), did, pid,
			iotval, iotval2);
	/* Each device has a limit of its own, so that no other one's reports are lost. */
	if (handled && __ratelimit(rdev ? &rdev->report : &iommu->report)) {
		if (ttyp == IOMMU_TTYP_NONE)
			dev_err(iommu->dev, "%s (cause %u) iotval=%#llx\n", rvi_cause_name(cause),
				cause, iotval);
		else
			dev_err(iommu->dev, "%s (%#x)%s: %s of %#llx: %s (cause %u) iotval2=%#llx\n",
				name, did, process, rvi_ttyp_name(ttyp), iotval,
				rvi_cause_name(cause), cause, iotval2);
	}
	mutex_unlock(&iommu->ddt_lock);
}

static const struct rvi_ring_kind faults = {
	.name = "fault",
	.base = IOMMU_REG_FQB,
	.head = IOMMU_REG_FQH,
	.tail = IOMMU_REG_FQT,
	.csr = IOMMU_REG_FQCSR,
	.words = IOMMU_FQ_RECORD_BYTES / 8,
	.log2 = 9,
};

static void drain(struct rvi_iommu *iommu)
{
	while (rvi_ring_drain(iommu, &iommu->faults, report))
		;
}

void rvi_fq_service(struct rvi_iommu *iommu)
{
	mutex_lock(&iommu->fq_lock);
	drain(iommu);
	if (rvi_ring_recover(iommu, &iommu->faults, report))
		iommu->stats.fault_overflows++;
	rvi_write32(iommu, IOMMU_REG_IPSR, IOMMU_IPSR_FIP_MASK);
	/* What came before the interrupt was cleared raises none of its own. */
	drain(iommu);
	mutex_unlock(&iommu->fq_lock);
}

int rvi_fq_init(struct rvi_iommu *iommu)
{
	return rvi_ring_init(iommu, &iommu->faults, &faults);
}

void rvi_fq_exit(struct rvi_iommu *iommu)
{
	rvi_ring_exit(iommu, &iommu->faults);
}
