// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paging domains.
 *
 * A domain of the DMA API is a first stage: its entries are the ones that every IOMMU has,
 * and a process_id can have one of its own. A domain for VFIO is a second stage, so that
 * interrupts can go through the MSI page table, and a guest's first stage can lie on top.
 * Which of the two it will be is settled when it is used first, because type1 of VFIO asks
 * for its domains by the same call as the DMA API.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "rvi.h"
#include "trace.h"

int rvi_first_bits;
module_param_named(first_bits, rvi_first_bits, int, 0444);
MODULE_PARM_DESC(first_bits, "address bits of a first stage: 39, 48 or 57 (0: 48 if possible)");

int rvi_second_bits;
module_param_named(second_bits, rvi_second_bits, int, 0444);
MODULE_PARM_DESC(second_bits, "the same for a second stage, without its two extra bits");

/* 0 stays free: nothing with identifier 0 is ever in a table by mistake. */
static DEFINE_IDA(pscids);
static DEFINE_IDA(gscids);

static bool has_mode(struct rvi_iommu *iommu, enum rvi_stage stage, int bits)
{
	switch (bits) {
	case 39:
		return stage == RVI_STAGE_FIRST ? rvi_has(iommu, SV39) : rvi_has(iommu, SV39X4);
	case 48:
		return stage == RVI_STAGE_FIRST ? rvi_has(iommu, SV48) : rvi_has(iommu, SV48X4);
	case 57:
		return stage == RVI_STAGE_FIRST ? rvi_has(iommu, SV57) : rvi_has(iommu, SV57X4);
	default:
		return false;
	}
}

static int choose_bits(struct rvi_iommu *iommu, enum rvi_stage stage)
{
	static const int order[] = { 48, 39, 57 };
	int asked = stage == RVI_STAGE_FIRST ? rvi_first_bits : rvi_second_bits;
	unsigned int i;

	if (has_mode(iommu, stage, asked))
		return asked;
	for (i = 0; i < ARRAY_SIZE(order); i++)
		if (has_mode(iommu, stage, order[i]))
			return order[i];
	return 0;
}

bool rvi_domain_fits(struct rvi_domain *domain, struct rvi_iommu *iommu)
{
	if (domain->bare)
		return true;
	/* Interrupts go through either the table or the pages of the home's kind. */
	if (domain->stage == RVI_STAGE_SECOND && !domain->home->msi_table != !iommu->msi_table)
		return false;
	return has_mode(iommu, domain->stage, 12 + 9 * domain->pt.levels) &&
	       domain->pt.pbmt <= rvi_has(iommu, SVPBMT) &&
	       domain->pt.dirty <= rvi_has(iommu, AMO_HWAD);
}

/* A first stage uses the lower half: addresses above it would have to be sign-extended. */
static void set_geometry(struct rvi_domain *domain, enum rvi_stage stage, int bits)
{
	unsigned int width = stage == RVI_STAGE_SECOND ? bits + 2 : bits - 1;

	domain->domain.geometry.aperture_start = 0;
	domain->domain.geometry.aperture_end = BIT_ULL(width) - 1;
	domain->domain.geometry.force_aperture = true;
	domain->domain.pgsize_bitmap = SZ_4K | SZ_2M | SZ_1G;
	if (bits >= 48)
		domain->domain.pgsize_bitmap |= BIT_ULL(39);
	if (bits >= 57)
		domain->domain.pgsize_bitmap |= BIT_ULL(48);
}

struct rvi_domain *rvi_domain_new(struct rvi_iommu *iommu, enum rvi_stage stage)
{
	struct rvi_domain *domain;
	int first = choose_bits(iommu, RVI_STAGE_FIRST);
	int second = choose_bits(iommu, RVI_STAGE_SECOND);

	if (stage == RVI_STAGE_FIRST ? !first : stage == RVI_STAGE_SECOND ? !second :
	    !first && !second)
		return ERR_PTR(-EOPNOTSUPP);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->home = iommu;
	domain->stage = stage;
	INIT_LIST_HEAD(&domain->bonds);
	INIT_LIST_HEAD(&domain->ats);
	spin_lock_init(&domain->lock);
	mutex_init(&domain->init_lock);
	domain->domain.ops = &rvi_paging_ops;
	if (stage == RVI_STAGE_SECOND) {
		set_geometry(domain, stage, second);
	} else if (stage == RVI_STAGE_FIRST || !second) {
		set_geometry(domain, RVI_STAGE_FIRST, first);
	} else if (!first) {
		set_geometry(domain, RVI_STAGE_SECOND, second);
	} else {
		/* Not settled: what both can do. */
		set_geometry(domain, RVI_STAGE_FIRST, min(first, second));
	}
	if (stage != RVI_STAGE_UNSET) {
		int ret = rvi_domain_settle(domain);

		if (ret) {
			kfree(domain);
			return ERR_PTR(ret);
		}
	}
	return domain;
}

/*
 * Everything cached of a domain. What a guest's first stage on top of it led to goes by the
 * second stage's invalidation, too; QEMU 10 wants to be told about both.
 */
static void everything(struct rvi_domain *domain, struct rvi_batch *batch)
{
	if (domain->stage == RVI_STAGE_FIRST) {
		rvi_batch_add(batch, rvi_cmd_inval_vma_pscid(domain->id));
		return;
	}
	rvi_batch_add(batch, rvi_cmd_inval_gvma_gscid(domain->id));
	if (atomic_read(&domain->children))
		rvi_batch_add(batch, rvi_cmd_inval_vma_gscid(domain->id));
}

/* Everything cached of the domain, at every IOMMU that may have cached something. */
static void flush_all(struct rvi_domain *domain)
{
	struct rvi_bond *bond;

	/* Pairs with the barrier in rvi_domain_bond(). */
	smp_mb();
	rcu_read_lock();
	list_for_each_entry_rcu(bond, &domain->bonds, node) {
		struct rvi_batch batch = { 0 };

		everything(domain, &batch);
		rvi_cmd_run(bond->iommu, batch.cmd, batch.count);
		rvi_ats_sync(domain, bond->iommu, 0, U64_MAX);
	}
	rcu_read_unlock();
}

static void flush_tables(struct rvi_pgtable *pt)
{
	flush_all(container_of(pt, struct rvi_domain, pt));
}

/* Make it what it is used as first. */
int rvi_domain_settle(struct rvi_domain *domain)
{
	struct rvi_iommu *iommu = domain->home;
	enum rvi_stage asked = domain->stage, stage = asked;
	int bits, ret = 0;

	mutex_lock(&domain->init_lock);
	if (domain->pt.root)
		goto out;
	if (stage == RVI_STAGE_UNSET) {
		bool vfio = domain->domain.type == IOMMU_DOMAIN_UNMANAGED;

		stage = vfio ? RVI_STAGE_SECOND : RVI_STAGE_FIRST;
		if (!choose_bits(iommu, stage))
			stage = vfio ? RVI_STAGE_FIRST : RVI_STAGE_SECOND;
	}
	bits = choose_bits(iommu, stage);
	ret = ida_alloc_range(stage == RVI_STAGE_FIRST ? &pscids : &gscids, 1,
			      stage == RVI_STAGE_FIRST ? BIT(20) - 1 : BIT(16) - 1, GFP_KERNEL);
	if (ret < 0)
		goto out;
	domain->id = ret;
	domain->pt.node = dev_to_node(iommu->dev);
	domain->pt.pbmt = rvi_has(iommu, SVPBMT);
	domain->pt.flush_tables = flush_tables;
	ret = rvi_pt_init(&domain->pt, bits, stage == RVI_STAGE_SECOND);
	if (ret)
		goto free_id;
	ret = stage == RVI_STAGE_SECOND ? rvi_mrif_new(domain) : 0;
	if (ret)
		goto free_table;
	domain->stage = stage;
	ret = rvi_msi_map_files(domain);
	if (!ret) {
		set_geometry(domain, stage, bits);
		goto out;
	}
	domain->stage = asked;
	rvi_mrif_free(domain);
free_table:
	rvi_pt_exit(&domain->pt);
free_id:
	ida_free(stage == RVI_STAGE_FIRST ? &pscids : &gscids, domain->id);
out:
	mutex_unlock(&domain->init_lock);
	return ret;
}

void rvi_domain_unbond(struct rvi_domain *domain, struct rvi_iommu *iommu)
{
	struct rvi_bond *bond;

	if (domain->bare)
		return;
	domain = domain->parent ?: domain;
	spin_lock(&domain->lock);
	list_for_each_entry(bond, &domain->bonds, node) {
		if (bond->iommu != iommu)
			continue;
		if (!--bond->users) {
			list_del_rcu(&bond->node);
			kfree_rcu(bond, rcu);
		}
		break;
	}
	spin_unlock(&domain->lock);
}

/*
 * What first stages of a guest with the same GSCID led to under an earlier kernel: IOTINVAL.VMA
 * of all address spaces, when the IOMMU was taken over, leaves out those of guests.
 */
static int forget_guest(struct rvi_domain *domain, struct rvi_iommu *iommu)
{
	struct rvi_cmd cmd = rvi_cmd_inval_vma_gscid(domain->id);

	return rvi_cmd_run(iommu, &cmd, 1);
}

/* From here on the domain's invalidations go to this IOMMU too. */
int rvi_domain_bond(struct rvi_domain *domain, struct rvi_iommu *iommu)
{
	struct rvi_bond *bond, *spare;
	int ret = 0;

	if (domain->bare)
		return 0;
	domain = domain->parent ?: domain;
	spare = kzalloc(sizeof(*spare), GFP_KERNEL);
	if (!spare)
		return -ENOMEM;
	spin_lock(&domain->lock);
	list_for_each_entry(bond, &domain->bonds, node) {
		if (bond->iommu == iommu) {
			bond->users++;
			spin_unlock(&domain->lock);
			kfree(spare);
			return 0;
		}
	}
	spare->iommu = iommu;
	spare->users = 1;
	list_add_rcu(&spare->node, &domain->bonds);
	spin_unlock(&domain->lock);
	/*
	 * The bond is visible before the IOMMU can read the table: whoever takes an entry
	 * out either finds the bond, or the IOMMU finds the entry gone.
	 */
	smp_mb();
	if (domain->stage == RVI_STAGE_SECOND) {
		ret = forget_guest(domain, iommu);
		if (ret)
			rvi_domain_unbond(domain, iommu);
	}
	return ret;
}

static int rvi_map_pages(struct iommu_domain *io_domain, unsigned long iova, phys_addr_t pa,
			 size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);
	int ret;

	if (unlikely(!domain->pt.root)) {
		ret = rvi_domain_settle(domain);
		if (ret)
			return ret;
	}
	ret = rvi_pt_map(&domain->pt, iova, pa, pgsize, pgcount, prot, gfp, mapped);
	trace_rvi_map(domain->id, iova, pa, *mapped, prot);
	return ret;
}

static size_t rvi_unmap_pages(struct iommu_domain *io_domain, unsigned long iova,
			      size_t pgsize, size_t pgcount, struct iommu_iotlb_gather *gather)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);
	size_t smallest = pgsize, done;

	if (unlikely(!domain->pt.root))
		return 0;
	/* Table pages of this range must not be freed by a sync of another range's. */
	if (!gather->queued && iommu_iotlb_gather_is_disjoint(gather, iova, pgsize * pgcount))
		iommu_iotlb_sync(io_domain, gather);
	done = rvi_pt_unmap(&domain->pt, iova, pgsize * pgcount, &smallest, &gather->freelist);
	trace_rvi_unmap(domain->id, iova, done);
	if (done) {
		if (!gather->pgsize || smallest < gather->pgsize)
			gather->pgsize = smallest;
		iommu_iotlb_gather_add_range(gather, iova, done);
	}
	return done;
}

/* The commands for a range: one with S, one a page without, or one for everything. */
static void range_commands(struct rvi_domain *domain, struct rvi_iommu *iommu,
			   struct iommu_iotlb_gather *gather, struct rvi_batch *batch)
{
	struct rvi_cmd cmd = domain->stage == RVI_STAGE_SECOND ?
			     rvi_cmd_inval_gvma_gscid(domain->id) :
			     rvi_cmd_inval_vma_pscid(domain->id);
	bool tables = !rvi_freelist_empty(&gather->freelist);
	size_t pages = (gather->end - gather->start) / gather->pgsize + 1;
	unsigned long iova;

	if (tables && rvi_has(iommu, NL) && rvi_has(iommu, S)) {
		cmd.dword[0] |= IOMMU_CMD_IOTINVAL_NL_MASK;
		tables = false;
	}
	/*
	 * One command would do for a superpage, and does on hardware by the specification.
	 * QEMU drops only the page at the address: superpages are rare, so all goes.
	 */
	if (gather->pgsize > SZ_4K && !rvi_has(iommu, S))
		tables = true;
	/* QEMU keeps only where the guest's address leads, and does not find it by ours. */
	if (atomic_read(&domain->children)) {
		everything(domain, batch);
		return;
	}
	if (tables || (pages > RVI_CMD_BATCH && !rvi_has(iommu, S))) {
		rvi_batch_add(batch, cmd);
		return;
	}
	if (rvi_has(iommu, S)) {
		rvi_cmd_range(&cmd, gather->start, gather->end);
		rvi_batch_add(batch, cmd);
		return;
	}
	for (iova = gather->start; pages--; iova += gather->pgsize) {
		rvi_cmd_address(&cmd, iova);
		rvi_batch_add(batch, cmd);
	}
}

static void rvi_iotlb_sync(struct iommu_domain *io_domain, struct iommu_iotlb_gather *gather)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);
	struct rvi_bond *bond;

	if (!gather->pgsize)
		return;
	/* Pairs with the barrier in rvi_domain_bond(). */
	smp_mb();
	rcu_read_lock();
	list_for_each_entry_rcu(bond, &domain->bonds, node) {
		struct rvi_batch batch;

		batch.count = 0;
		range_commands(domain, bond->iommu, gather, &batch);
		rvi_cmd_run(bond->iommu, batch.cmd, batch.count);
		rvi_ats_sync(domain, bond->iommu, gather->start, gather->end);
	}
	rcu_read_unlock();
	rvi_freelist_free(&gather->freelist);
}

static void rvi_flush_iotlb_all(struct iommu_domain *io_domain)
{
	flush_all(to_rvi_domain(io_domain));
}

static phys_addr_t rvi_iova_to_phys(struct iommu_domain *io_domain, dma_addr_t iova)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);

	return domain->pt.root ? rvi_pt_phys(&domain->pt, iova) : 0;
}

static void rvi_domain_free(struct iommu_domain *io_domain)
{
	struct rvi_domain *domain = to_rvi_domain(io_domain);

	WARN_ON(!list_empty(&domain->bonds) || !list_empty(&domain->ats));
	rvi_mrif_free(domain);
	if (domain->pt.root) {
		rvi_pt_exit(&domain->pt);
		ida_free(domain->stage == RVI_STAGE_FIRST ? &pscids : &gscids, domain->id);
	}
	kfree(domain);
}

RVI_DEFINE_ATTACH(rvi_attach_dev)

const struct iommu_domain_ops rvi_paging_ops = {
	.attach_dev = RVI_ATTACH(rvi_attach_dev),
	.set_dev_pasid = rvi_set_dev_pasid,
	.map_pages = rvi_map_pages,
	.unmap_pages = rvi_unmap_pages,
	.flush_iotlb_all = rvi_flush_iotlb_all,
	.iotlb_sync = rvi_iotlb_sync,
	.iova_to_phys = rvi_iova_to_phys,
	.free = rvi_domain_free,
};
