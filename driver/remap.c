// SPDX-License-Identifier: GPL-2.0-only
/*
 * Isolated interrupts, by memory-resident interrupt files (MRIF).
 *
 * A second-stage domain has a file in memory for each hart, and its MSI page table leads the
 * hart's own there: whatever identity a device writes, it sets a bit of its owner's files.
 * The IOMMU then sends a notice, an interrupt of its own. Its handler looks for the bits of
 * the interrupts that Linux gave to the domain's devices, and raises exactly these at their
 * harts; all other bits are never looked at. So a device raises no interrupt but its own, and
 * only that is why IRQ_DOMAIN_FLAG_ISOLATED_MSI may be set.
 *
 * Which these are is known from an irq domain between the devices' and the IMSIC's. It
 * changes nothing in the messages: devices are programmed with a hart's file as ever, so in a
 * first stage and in the identity they reach it directly (see msi.c).
 */
#include <linux/bitfield.h>
#include <linux/cpuhotplug.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqchip/riscv-imsic.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "mrif.h"
#include "rvi.h"

static bool isolate_msi = true;
module_param(isolate_msi, bool, 0444);
MODULE_PARM_DESC(isolate_msi,
		 "interrupts of devices under VFIO by memory-resident files, if the IOMMU can");

/* What a message says: an identity of a hart. The identity 0 is none. */
struct rvi_place {
	unsigned int cpu;
	u32 id;
};

/* One interrupt of a device. Under notice_lock, as all that follows. */
struct rvi_vector {
	struct list_head node;
	struct rvi_dev *rdev;
	struct rvi_place now;
	struct rvi_place before;	/* until another one gets it */
	void __iomem *file;		/* of the hart that it is for */
};

static bool same(struct rvi_place a, struct rvi_place b)
{
	return a.cpu == b.cpu && a.id == b.id;
}

/*
 * Clear what is pending at a place, and raise the interrupt that it is for; two, where it is one's
 * and was the other's before: whose message it was is not known.
 */
static void forward_place(struct rvi_iommu *iommu, struct rvi_mrif *mrif, struct rvi_place place,
			  const struct rvi_dev *leaving)
{
	struct rvi_vector *vector;

	if (!rvi_mrif_take(rvi_mrif_file(mrif, place.cpu), place.id))
		return;
	list_for_each_entry(vector, &iommu->vectors, node) {
		struct rvi_dev *rdev = vector->rdev;

		if (rdev && (rdev->mrif == mrif || rdev == leaving) &&
		    (same(vector->now, place) || same(vector->before, place)))
			writel(vector->now.id, vector->file);
	}
}

static void forward(struct rvi_iommu *iommu, struct rvi_vector *vector, struct rvi_mrif *mrif)
{
	forward_place(iommu, mrif, vector->now, vector->rdev);
	forward_place(iommu, mrif, vector->before, vector->rdev);
}

static void forward_pending(struct rvi_iommu *iommu, struct rvi_vector *vector)
{
	if (vector->rdev && vector->rdev->mrif)
		forward(iommu, vector, vector->rdev->mrif);
}

static void forward_all(struct rvi_iommu *iommu)
{
	struct rvi_vector *vector;

	list_for_each_entry(vector, &iommu->vectors, node)
		forward_pending(iommu, vector);
}

static irqreturn_t notice(int irq, void *data)
{
	struct rvi_iommu *iommu = data;
	unsigned long flags;

	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	iommu->stats.notices++;
	forward_all(iommu);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
	return IRQ_HANDLED;
}

/*
 * The message that the device was told; where it is for, and with which identity. With
 * notice_lock held.
 */
static void learn_message(struct rvi_vector *vector, struct irq_data *data)
{
	const struct imsic_global_config *global = imsic_get_global_config();
	struct irq_data *parent = data->parent_data;
	struct rvi_place place = { };
	struct msi_msg msg = { };
	unsigned int cpu;
	phys_addr_t page;

	parent->chip->irq_compose_msi_msg(parent, &msg);
	page = (u64)msg.address_hi << 32 | msg.address_lo;
	for_each_possible_cpu(cpu) {
		struct imsic_local_config *local = per_cpu_ptr(global->local, cpu);

		if (local->msi_pa == page) {
			vector->file = local->msi_va;
			place = (struct rvi_place){ .cpu = cpu, .id = msg.data };
		}
	}
	if (same(vector->now, place))
		return;
	vector->before = vector->now;
	vector->now = place;
}

/* Who had the place before has had its last message there: the IMSIC's driver gave it away. */
static void take_over(struct rvi_iommu *iommu, struct rvi_vector *vector)
{
	struct rvi_vector *other;

	list_for_each_entry(other, &iommu->vectors, node) {
		if (other == vector || !same(other->before, vector->now))
			continue;
		forward_pending(iommu, other);
		other->before = (struct rvi_place){ };
	}
}

/*
 * Only MSI-X is masked while a message changes. Others are written word by word, and the device may
 * send a mixture of the old and the new one, which is nobody's place.
 */
static bool changes_in_steps(struct irq_data *data)
{
	struct msi_desc *desc = irq_data_get_msi_desc(data);

	return !dev_is_pci(msi_desc_to_dev(desc)) || !desc->pci.msi_attrib.is_msix;
}

/*
 * With the lock, as nobody may raise the old identity at the old hart any more when the IMSIC's
 * driver has given it up. What is pending before goes there in time, and moves with it; what the
 * device has sent with the new message before that was known here is pending after.
 */
static int set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	struct rvi_vector *vector = irq_data_get_irq_chip_data(data);
	struct rvi_iommu *iommu = data->domain->host_data;
	struct rvi_place from;
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	from = vector->now;
	forward_pending(iommu, vector);
	ret = irq_chip_set_affinity_parent(data, mask, force);
	if (ret >= 0) {
		learn_message(vector, data);
		take_over(iommu, vector);
		forward_pending(iommu, vector);
		/* What is pending at a hart that goes is lost: nobody looks there. */
		if (from.id && !same(from, vector->now) &&
		    (!cpu_online(from.cpu) || changes_in_steps(data)))
			writel(vector->now.id, vector->file);
	}
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
	return ret;
}

static struct irq_chip chip = {
	.name = "RISC-V-IOMMU",
	.irq_mask = irq_chip_mask_parent,
	.irq_unmask = irq_chip_unmask_parent,
	.irq_ack = irq_chip_ack_parent,
	.irq_set_affinity = set_affinity,
	.irq_retrigger = irq_chip_retrigger_hierarchy,
	.flags = IRQCHIP_SKIP_SET_WAKE | IRQCHIP_MASK_ON_SUSPEND,
};

static int alloc_irqs(struct irq_domain *domain, unsigned int virq, unsigned int count, void *args)
{
	struct rvi_iommu *iommu = domain->host_data;
	msi_alloc_info_t *info = args;
	struct rvi_vector *vector;
	struct irq_data *data;
	unsigned long flags;
	int ret;

	/* The IMSIC gives one at a time. */
	if (count != 1)
		return -EOPNOTSUPP;
	vector = kzalloc(sizeof(*vector), GFP_KERNEL);
	if (!vector)
		return -ENOMEM;
	ret = irq_domain_alloc_irqs_parent(domain, virq, count, args);
	if (ret) {
		kfree(vector);
		return ret;
	}
	data = irq_domain_get_irq_data(domain, virq);
	irq_domain_set_hwirq_and_chip(domain, virq, virq, &chip, vector);
	vector->rdev = dev_iommu_priv_get(msi_desc_to_dev(info->desc));
	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	learn_message(vector, data);
	take_over(iommu, vector);
	list_add_tail(&vector->node, &iommu->vectors);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
	return 0;
}

static void free_irqs(struct irq_domain *domain, unsigned int virq, unsigned int count)
{
	struct rvi_iommu *iommu = domain->host_data;
	struct irq_data *data = irq_domain_get_irq_data(domain, virq);
	struct rvi_vector *vector = irq_data_get_irq_chip_data(data);
	unsigned long flags;

	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	list_del(&vector->node);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
	kfree(vector);
	irq_domain_free_irqs_common(domain, virq, count);
}

static const struct irq_domain_ops domain_ops = {
	.alloc = alloc_irqs,
	.free = free_irqs,
};

/* Like the IMSIC's; what it wants of a device's irq domain, it wants of one behind this one. */
static bool init_dev_msi_info(struct device *dev, struct irq_domain *domain,
			      struct irq_domain *real_parent, struct msi_domain_info *info)
{
	struct irq_domain *imsic = domain->parent;

	return imsic->msi_parent_ops->init_dev_msi_info(dev, imsic, imsic, info);
}

/* Devices of the IOMMU get their interrupts by way of it. Before they have any. */
void rvi_remap_add(struct rvi_dev *rdev)
{
	struct rvi_iommu *iommu = rdev->iommu;

	if (iommu->irq_domain && dev_get_msi_domain(rdev->dev) == iommu->irq_domain->parent)
		dev_set_msi_domain(rdev->dev, iommu->irq_domain);
}

void rvi_remap_remove(struct rvi_dev *rdev)
{
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_vector *vector;
	unsigned long flags;

	if (!iommu->irq_domain)
		return;
	if (dev_get_msi_domain(rdev->dev) == iommu->irq_domain)
		dev_set_msi_domain(rdev->dev, iommu->irq_domain->parent);
	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	list_for_each_entry(vector, &iommu->vectors, node)
		if (vector->rdev == rdev)
			vector->rdev = NULL;
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
}

/* May the device's interrupts go to files? Those of an unknown irq domain would be lost. */
bool rvi_remap_fits(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	struct irq_domain *irqs = dev_get_msi_domain(rdev->dev);

	if (!domain->mrif)
		return true;
	return rdev->iommu == domain->home && (!irqs || irqs == rdev->iommu->irq_domain);
}

/*
 * From here on the device's interrupts are looked for in its new domain's files. What came
 * to the old one's is raised by rvi_remap_leave(), when nothing is in flight to it any more.
 */
struct rvi_mrif *rvi_remap_enter(struct rvi_dev *rdev, struct rvi_domain *domain)
{
	struct rvi_mrif *old = rdev->mrif;
	unsigned long flags;

	raw_spin_lock_irqsave(&rdev->iommu->notice_lock, flags);
	rdev->mrif = domain->mrif;
	raw_spin_unlock_irqrestore(&rdev->iommu->notice_lock, flags);
	return old;
}

void rvi_remap_leave(struct rvi_dev *rdev, struct rvi_mrif *old)
{
	struct rvi_iommu *iommu = rdev->iommu;
	struct rvi_vector *vector;
	unsigned long flags;

	if (!old || old == rdev->mrif)
		return;
	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	list_for_each_entry(vector, &iommu->vectors, node)
		if (vector->rdev == rdev)
			forward(iommu, vector, old);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
}

static unsigned int files_order(void)
{
	return get_order(array_size(nr_cpu_ids, IOMMU_MRIF_BYTES));
}

/* The files of a domain, and the table that leads there. */
int rvi_mrif_new(struct rvi_domain *domain)
{
	struct rvi_iommu *iommu = domain->home;
	int node = dev_to_node(iommu->dev);
	struct rvi_mrif *mrif;
	unsigned long flags;
	unsigned int cpu;

	if (!iommu->irq_domain)
		return 0;
	mrif = kzalloc(sizeof(*mrif), GFP_KERNEL_ACCOUNT);
	if (!mrif)
		return -ENOMEM;
	mrif->files = rvi_alloc_pages(node, GFP_KERNEL_ACCOUNT, files_order());
	mrif->table = rvi_alloc_pages(node, GFP_KERNEL_ACCOUNT, iommu->msi_order);
	if (!mrif->files || !mrif->table) {
		rvi_free_pages(mrif->files, files_order());
		rvi_free_pages(mrif->table, iommu->msi_order);
		kfree(mrif);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		rvi_mrif_init(rvi_mrif_file(mrif, cpu));
	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	rvi_msi_fill(iommu, mrif->table, mrif);
	list_add_tail(&mrif->node, &iommu->mrifs);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
	domain->mrif = mrif;
	return 0;
}

void rvi_mrif_free(struct rvi_domain *domain)
{
	struct rvi_iommu *iommu = domain->home;
	struct rvi_mrif *mrif = domain->mrif;
	unsigned long flags;

	if (!mrif)
		return;
	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	list_del(&mrif->node);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
	rvi_free_pages(mrif->files, files_order());
	rvi_free_pages(mrif->table, iommu->msi_order);
	kfree(mrif);
	domain->mrif = NULL;
}

static u64 notice_message(struct rvi_iommu *iommu)
{
	struct irq_data *data = irq_get_irq_data(iommu->notice_irq);
	struct msi_msg msg = { };

	while (data && !data->chip->irq_compose_msi_msg)
		data = data->parent_data;
	if (data)
		data->chip->irq_compose_msi_msg(data, &msg);
	return rvi_msipte_notice((u64)msg.address_hi << 32 | msg.address_lo, msg.data);
}

/*
 * The notice stays at its hart until the hart goes: then all tables get the new message, and
 * what was sent with the old one meanwhile is made up for.
 */
void rvi_remap_cpu_dead(struct rvi_iommu *iommu)
{
	struct rvi_cmd cmd = rvi_cmd_inval_gvma();
	struct rvi_mrif *mrif;
	unsigned long flags;
	u64 message;

	if (!iommu->irq_domain)
		return;
	message = notice_message(iommu);
	if (message == iommu->notice)
		return;
	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	iommu->notice = message;
	list_for_each_entry(mrif, &iommu->mrifs, node)
		rvi_msi_fill(iommu, mrif->table, mrif);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
	rvi_cmd_run(iommu, &cmd, 1);
	raw_spin_lock_irqsave(&iommu->notice_lock, flags);
	forward_all(iommu);
	raw_spin_unlock_irqrestore(&iommu->notice_lock, flags);
}

static const char *why_not(struct rvi_iommu *iommu)
{
	if (!isolate_msi)
		return "isolate_msi=0";
	if (!iommu->msi_table)
		return "no translation of MSIs";
	if (!rvi_has(iommu, MSI_MRIF))
		return "the IOMMU has no memory-resident interrupt files";
	if (!rvi_has(iommu, SV39X4) && !rvi_has(iommu, SV48X4) && !rvi_has(iommu, SV57X4))
		return "the IOMMU has no second stage";
	if (!iommu->notice_irq)
		return "no interrupt for notices";
	return NULL;
}

int rvi_remap_init(struct rvi_iommu *iommu)
{
	struct irq_domain *parent = dev_get_msi_domain(iommu->dev);
	const char *reason = why_not(iommu);
	struct fwnode_handle *fwnode;
	int ret;

	raw_spin_lock_init(&iommu->notice_lock);
	INIT_LIST_HEAD(&iommu->vectors);
	INIT_LIST_HEAD(&iommu->mrifs);
	if (!reason && (!parent || !parent->msi_parent_ops))
		reason = "no irq domain that others can be put on";
	if (reason) {
		dev_info(iommu->dev, "MSIs are not isolated, VFIO will ask for allow_unsafe_interrupts: %s\n",
			 reason);
		return 0;
	}
	ret = request_irq(iommu->notice_irq, notice, IRQF_NOBALANCING | IRQF_NO_THREAD,
			  "riscv-iommu-notice", iommu);
	if (ret)
		return ret;
	iommu->notice = notice_message(iommu);
	fwnode = irq_domain_alloc_named_fwnode(dev_name(iommu->dev));
	if (!fwnode) {
		ret = -ENOMEM;
		goto fail;
	}
	iommu->irq_domain = irq_domain_create_hierarchy(parent, IRQ_DOMAIN_FLAG_MSI_PARENT |
							IRQ_DOMAIN_FLAG_ISOLATED_MSI, 0, fwnode,
							&domain_ops, iommu);
	if (!iommu->irq_domain) {
		irq_domain_free_fwnode(fwnode);
		ret = -ENOMEM;
		goto fail;
	}
	iommu->msi_ops = *parent->msi_parent_ops;
	iommu->msi_ops.init_dev_msi_info = init_dev_msi_info;
	iommu->irq_domain->msi_parent_ops = &iommu->msi_ops;
	return 0;
fail:
	free_irq(iommu->notice_irq, iommu);
	return ret;
}

void rvi_remap_exit(struct rvi_iommu *iommu)
{
	struct fwnode_handle *fwnode;

	if (!iommu->irq_domain)
		return;
	fwnode = iommu->irq_domain->fwnode;
	irq_domain_remove(iommu->irq_domain);
	irq_domain_free_fwnode(fwnode);
	iommu->irq_domain = NULL;
	free_irq(iommu->notice_irq, iommu);
}
