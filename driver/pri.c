// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests (PRI): a device waits for a page that is not mapped, until whoever has the domain
 * has mapped it.
 *
 * They are for domains with a handler for them, which is what iommufd makes with a fault queue. A
 * device has them only while it is in such a domain, and only where it may have ATS, without which
 * there are none. What a device sends is checked before anybody sees it, and is limited: it is
 * answered as invalid if it is wrong, or if nobody is there to answer it.
 */
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/slab.h>

#include "rvi.h"
#include "trace.h"

struct rvi_pri {
	bool on;		/* what it asks for is handed on; under ddt_lock */
	bool queued;		/* the core knows it; while its domain changes, and it goes */
	spinlock_t lock;	/* groups */
	struct rvi_prgs groups;
	struct rvi_page_request group[RVI_PRG_LIMIT];	/* the one at hand; under ddt_lock */
};

static const struct rvi_ring_kind requests = {
	.name = "page-request",
	.base = IOMMU_REG_PQB,
	.head = IOMMU_REG_PQH,
	.tail = IOMMU_REG_PQT,
	.csr = IOMMU_REG_PQCSR,
	.words = IOMMU_PQ_RECORD_BYTES / 8,
	.log2 = 9,
};

#if IS_ENABLED(CONFIG_IOMMU_IOPF) && IS_ENABLED(CONFIG_PCI_PRI)

/* The core has it, too, but for drivers that are built in only. */
static int enable(struct pci_dev *pdev)
{
	int pri = pdev->pri_cap;
	u16 status;
	u32 most;

	/* Whatever it counts of earlier requests: their answers have been sent. */
	pci_write_config_word(pdev, pri + PCI_PRI_CTRL, PCI_PRI_CTRL_RESET);
	pci_read_config_word(pdev, pri + PCI_PRI_STATUS, &status);
	if (!(status & PCI_PRI_STATUS_STOPPED))
		return -EBUSY;
	pci_read_config_dword(pdev, pri + PCI_PRI_MAX_REQ, &most);
	/* As after a reset the core restores it. */
	pdev->pri_reqs_alloc = min_t(u32, most, RVI_PRG_LIMIT);
	pci_write_config_dword(pdev, pri + PCI_PRI_ALLOC_REQ, pdev->pri_reqs_alloc);
	pci_write_config_word(pdev, pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
	pdev->pri_enabled = 1;
	return 0;
}

static bool is_enabled(struct pci_dev *pdev)
{
	return pdev->pri_enabled;
}

/* Its answers have the process_id that the requests had. */
static bool wants_pid(struct rvi_dev *rdev)
{
	return dev_is_pci(rdev->dev) && to_pci_dev(rdev->dev)->pasid_required;
}

#else

static int enable(struct pci_dev *pdev)
{
	return -EOPNOTSUPP;
}

static bool is_enabled(struct pci_dev *pdev)
{
	return false;
}

static bool wants_pid(struct rvi_dev *rdev)
{
	return false;
}

#endif

/* Whether a device may have page requests in a domain that is for them. */
bool rvi_pri_possible(struct device *dev)
{
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);

	/* Those of virtual functions are their physical one's. */
	return rdev->iommu->iopf && rvi_has(rdev->iommu, T2GPA) && rvi_ats_possible(rdev) &&
	       !to_pci_dev(dev)->is_virtfn && pci_pri_supported(to_pci_dev(dev));
}

/* What a device context has of it. */
u64 rvi_pri_context(struct rvi_dev *rdev)
{
	return IOMMU_DC_TC_EN_PRI_MASK | (wants_pid(rdev) ? IOMMU_DC_TC_PRPR_MASK : 0);
}

static void answer(struct rvi_iommu *iommu, u32 devid, u32 pid, u16 group, u32 code)
{
	struct rvi_cmd cmd = rvi_cmd_ats_prgr(devid, pid, group, code);

	rvi_cmd_run(iommu, &cmd, 1);
}

/* What the core, or who has the domain, says to a group. */
void rvi_page_response(struct device *dev, struct iopf_fault *fault,
		       struct iommu_page_response *response)
{
	struct iommu_fault_page_request *prm = &fault->fault.prm;
	struct rvi_dev *rdev = dev_iommu_priv_get(dev);
	u32 code, id, pid = RVI_NO_PID;

	/* Nobody waits for an answer to one that is not the last. */
	if (!(prm->flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE) || !rvi_dev_id(rdev, 0, &id))
		return;
	switch (response->code) {
	case IOMMU_PAGE_RESP_SUCCESS:
		code = IOMMU_PRGR_CODE_SUCCESS;
		break;
	case IOMMU_PAGE_RESP_INVALID:
		code = IOMMU_PRGR_CODE_INVALID_REQUEST;
		break;
	default:
		code = IOMMU_PRGR_CODE_RESPONSE_FAILURE;
		break;
	}
	if (prm->flags & IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID)
		pid = prm->pasid;
	/* Its number is free before the device knows, and takes it for another group. */
	spin_lock(&rdev->pri->lock);
	rvi_prg_answered(&rdev->pri->groups, prm->grpid);
	spin_unlock(&rdev->pri->lock);
	answer(rdev->iommu, id, pid, prm->grpid, code);
}

/* If it cannot be handed on, the core answers it. */
static void hand_on(struct rvi_dev *rdev, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct rvi_page_request *request = &rdev->pri->group[i];
		struct iopf_fault fault = {
			.fault = {
				.type = IOMMU_FAULT_PAGE_REQ,
				.prm = {
					.flags = request->last ?
						 IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE : 0,
					.grpid = request->group,
					.perm = (request->read ? IOMMU_FAULT_PERM_READ : 0) |
						(request->write ? IOMMU_FAULT_PERM_WRITE : 0),
					.addr = request->address,
				},
			},
		};

		iommu_report_device_fault(rdev->dev, &fault);
	}
}

static void take(struct rvi_iommu *iommu, const u64 *record)
{
	struct rvi_page_request request = rvi_page_request_of(record);
	struct rvi_dev *rdev = rvi_dev_by_id(iommu, request.devid);
	enum rvi_prg_verdict verdict = rvi_prg_of_nobody(&request);
	bool on = rdev && rdev->pri && rdev->pri->on && !rdev->quarantined;
	unsigned int count = 0;

	iommu->stats.page_requests++;
	if (on) {
		spin_lock(&rdev->pri->lock);
		verdict = rvi_prg_add(&rdev->pri->groups, &request, rdev->pri->group, &count);
		spin_unlock(&rdev->pri->lock);
	}
	trace_rvi_page_request(iommu->dev, rdev ? dev_name(rdev->dev) : "unknown", &request,
			       verdict == RVI_PRG_REFUSED || verdict == RVI_PRG_ANSWER);
	switch (verdict) {
	case RVI_PRG_NOTHING:
		return;
	case RVI_PRG_READY:
		hand_on(rdev, count);
		return;
	case RVI_PRG_ANSWER:
		answer(iommu, request.devid, request.has_pid && rdev && wants_pid(rdev) ?
		       request.pid : RVI_NO_PID, request.group, IOMMU_PRGR_CODE_INVALID_REQUEST);
		break;
	case RVI_PRG_REFUSED:
		break;
	}
	iommu->stats.page_requests_refused++;
	/* One that has just lost its domain has done nothing wrong. */
	if (!on)
		return;
	rvi_count_fault(iommu, rdev);
	if (__ratelimit(&rdev->report))
		dev_err(rdev->dev, "page request refused: %#llx, group %u%s\n", request.address,
			request.group, request.has_pid ? ", with a process_id" : "");
}

/* What is kept of groups whose last request may be lost. */
static void forget_incomplete(struct rvi_iommu *iommu)
{
	unsigned long id;
	void *entry;

	xa_for_each(&iommu->devices, id, entry) {
		struct rvi_dev *rdev = rvi_dev_by_id(iommu, id);

		if (!rdev || !rdev->pri)
			continue;
		spin_lock(&rdev->pri->lock);
		rvi_prg_lost(&rdev->pri->groups);
		spin_unlock(&rdev->pri->lock);
	}
}

/* With ddt_lock held: all that is in the queue. */
static void drain(struct rvi_iommu *iommu)
{
	rvi_ring_drain(iommu, &iommu->requests, take);
	if (!rvi_ring_recover(iommu, &iommu->requests, take))
		return;
	iommu->stats.page_request_overflows++;
	forget_incomplete(iommu);
}

void rvi_pq_service(struct rvi_iommu *iommu)
{
	/* What comes from here on raises another interrupt. */
	rvi_write32(iommu, IOMMU_REG_IPSR, IOMMU_IPSR_PIP_MASK);
	if (!iommu->iopf)
		return;
	mutex_lock(&iommu->ddt_lock);
	drain(iommu);
	mutex_unlock(&iommu->ddt_lock);
}

/* Before a device changes to the domain: room for its requests, and the core's consent. */
int rvi_pri_begin(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	struct rvi_pri *pri = rdev->pri;
	int ret;

	if (!domain->domain.iopf_handler)
		return 0;
	if ((domain->parent ?: domain)->stage != RVI_STAGE_SECOND || rdev->pdt ||
	    !rvi_pri_possible(rdev->dev))
		return -EOPNOTSUPP;
	if (!pri) {
		pri = kzalloc(sizeof(*pri), GFP_KERNEL);
		if (!pri)
			return -ENOMEM;
		spin_lock_init(&pri->lock);
		rdev->pri = pri;
	}
	if (pri->queued)
		return 0;
	ret = iopf_queue_add_device(rdev->iommu->iopf, rdev->dev);
	pri->queued = !ret;
	return ret;
}

/* With ddt_lock held, when the context is in force, and ATS is on. */
int rvi_pri_start(struct rvi_dev *rdev)
{
	struct rvi_pri *pri = rdev->pri;
	int ret;

	if (!rdev->domain->domain.iopf_handler)
		return 0;
	if (!rdev->ats)
		return -EOPNOTSUPP;
	/* What it has asked for in another domain. */
	drain(rdev->iommu);
	spin_lock(&pri->lock);
	memset(&pri->groups, 0, sizeof(pri->groups));
	spin_unlock(&pri->lock);
	pri->on = true;
	ret = enable(to_pci_dev(rdev->dev));
	if (ret) {
		pri->on = false;
		dev_warn(rdev->dev, "page requests cannot be turned on: %d\n", ret);
	}
	return ret;
}

/* With ddt_lock held, before the context changes: it asks for no more. */
void rvi_pri_stop(struct rvi_dev *rdev)
{
	if (!rdev->pri || !rdev->pri->on)
		return;
	rdev->pri->on = false;
	if (is_enabled(to_pci_dev(rdev->dev)))
		pci_disable_pri(to_pci_dev(rdev->dev));
}

/*
 * When the device has its domain, or could not have it: if that has no handler, nothing is left
 * that the device waits for. What is in the queue is answered, and then what the core has; what
 * the handler has it answers itself.
 */
void rvi_pri_end(struct rvi_dev *rdev)
{
	struct rvi_iommu *iommu = rdev->iommu;

	if (!rdev->pri || !rdev->pri->queued || rdev->domain->domain.iopf_handler)
		return;
	mutex_lock(&iommu->ddt_lock);
	drain(iommu);
	mutex_unlock(&iommu->ddt_lock);
	iopf_queue_remove_device(iommu->iopf, rdev->dev);
	rdev->pri->queued = false;
}

/* Without it, all else works. */
void rvi_pq_init(struct rvi_iommu *iommu)
{
	if (!IS_ENABLED(CONFIG_IOMMU_IOPF) || !rvi_has(iommu, ATS))
		return;
	if (!rvi_ring_init(iommu, &iommu->requests, &requests))
		iommu->iopf = iopf_queue_alloc(dev_name(iommu->dev));
	if (iommu->iopf)
		return;
	rvi_ring_exit(iommu, &iommu->requests);
	dev_warn(iommu->dev, "no page requests\n");
}

void rvi_pq_exit(struct rvi_iommu *iommu)
{
	rvi_ring_exit(iommu, &iommu->requests);
	iopf_queue_free(iommu->iopf);
	iommu->iopf = NULL;
}
