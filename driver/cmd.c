// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command queue.
 *
 * Commands are written under a lock, a fence behind them; whoever needs them done waits
 * outside the lock, until the fence has written its number to memory. Numbers rise and
 * fences complete in order, so one word in memory serves all who wait, and the head
 * register is read only when the queue looks full or something went wrong.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>

#include "rvi.h"
#include "trace.h"

#define CQ_ORDER_ENTRIES 10		/* 1024 commands, 16 KiB */
#define WAIT_US 1000000			/* a fence takes longer: something is broken */
#define LOOK_US 1000			/* look at the error bits this often */
/* PCI Express gives a device a minute and half of one to answer an invalidation. */
#define ATS_WAIT_US (100 * WAIT_US)

/* One who waits for the answer of a device: it is known by its fence. */
struct ats_wait {
	struct list_head node;
	u32 seq;
	bool timed_out;
};

/*
 * How long to wait: the hardware reports a device that does not answer, and until then no fence
 * behind its invalidation is done.
 */
static bool too_long(struct rvi_iommu *iommu, ktime_t begin)
{
	s64 us = ktime_us_delta(ktime_get(), begin);

	return us > WAIT_US && (us > ATS_WAIT_US || !atomic_read(&iommu->ats_pending));
}

/* With the lock held: room for so many commands, one place staying free. */
static bool has_room(struct rvi_iommu *iommu, unsigned int count)
{
	return ((iommu->cq_head - iommu->cq_tail - 1) & iommu->cq_mask) >= count;
}

static void put_cmd(struct rvi_iommu *iommu, struct rvi_cmd cmd)
{
	struct rvi_cmd *slot = &iommu->cq[iommu->cq_tail];

	slot->dword[0] = cmd.dword[0];
	slot->dword[1] = cmd.dword[1];
	iommu->cq_tail = (iommu->cq_tail + 1) & iommu->cq_mask;
}

static void cq_program(struct rvi_iommu *iommu)
{
	u64 base = FIELD_PREP(IOMMU_CQB_PPN_MASK, PHYS_PFN(virt_to_phys(iommu->cq))) |
		   FIELD_PREP(IOMMU_CQB_LOG2SZ_1_MASK, CQ_ORDER_ENTRIES - 1);

	rvi_write64(iommu, IOMMU_REG_CQB, base);
	rvi_write32(iommu, IOMMU_REG_CQT, 0);
	iommu->cq_head = 0;
	iommu->cq_tail = 0;
}

/* Start over with an empty queue. All that was asked for is asked for again, for everybody. */
static void cq_reset(struct rvi_iommu *iommu)
{
	u32 errors = IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK;
	struct ats_wait *wait;

	/* Their invalidations are lost, or not answered. */
	list_for_each_entry(wait, &iommu->ats_waits, node)
		wait->timed_out = true;
	iommu->stats.cq_resets++;
	iommu->reset_seq = iommu->fence_seq;
	rvi_write32(iommu, IOMMU_REG_CQCSR, 0);
	if (rvi_wait32(iommu, IOMMU_REG_CQCSR, IOMMU_CQCSR_CQON_MASK | IOMMU_CQCSR_BUSY_MASK, 0))
		dev_err_ratelimited(iommu->dev, "the command queue does not stop\n");
	cq_program(iommu);
	rvi_write32(iommu, IOMMU_REG_CQCSR,
		    IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK | errors);
	rvi_wait32(iommu, IOMMU_REG_CQCSR, IOMMU_CQCSR_CQON_MASK, IOMMU_CQCSR_CQON_MASK);
	put_cmd(iommu, rvi_cmd_inval_ddt(false, 0));
	put_cmd(iommu, rvi_cmd_inval_vma());
	/* Without a second stage, GVMA is unsupported: an illegal command. */
	if (rvi_has(iommu, SV39X4) || rvi_has(iommu, SV48X4) || rvi_has(iommu, SV57X4))
		put_cmd(iommu, rvi_cmd_inval_gvma());
	put_cmd(iommu, rvi_cmd_fence(virt_to_phys(iommu->fence_done), iommu->fence_seq));
	rvi_write32(iommu, IOMMU_REG_CQT, iommu->cq_tail);
}

/*
 * With the lock held. The fence found that an invalidation of a device before it has timed out:
 * that is the one that was given with it, as those before were found by their own fences. When
 * the error is cleared, the fence is done.
 */
static void ats_timeout(struct rvi_iommu *iommu, const struct rvi_cmd *fence)
{
	u32 seq = FIELD_GET(IOMMU_CMD_IOFENCE_DATA_MASK, fence->dword[0]);
	struct ats_wait *wait;

	list_for_each_entry(wait, &iommu->ats_waits, node)
		if (wait->seq == seq)
			wait->timed_out = true;
}

/* With the lock held: clear what stopped the queue. */
static void cq_errors(struct rvi_iommu *iommu)
{
	u32 csr = rvi_read32(iommu, IOMMU_REG_CQCSR);
	u32 errors = csr & (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK |
			    IOMMU_CQCSR_CMD_ILL_MASK);
	u32 head = rvi_read32(iommu, IOMMU_REG_CQH) & iommu->cq_mask;

	iommu->cq_head = head;
	if (!errors)
		return;
	iommu->stats.cq_errors++;
	if (errors & IOMMU_CQCSR_CMD_ILL_MASK) {
		struct rvi_cmd *cmd = &iommu->cq[head];
		struct rvi_cmd nothing = rvi_cmd_fence(0, 0);

		dev_err_ratelimited(iommu->dev, "illegal command %016llx %016llx, skipped\n",
				    cmd->dword[0], cmd->dword[1]);
		cmd->dword[0] = nothing.dword[0];
		cmd->dword[1] = nothing.dword[1];
	}
	if (errors & IOMMU_CQCSR_CMD_TO_MASK)
		ats_timeout(iommu, &iommu->cq[head]);
	if (errors & IOMMU_CQCSR_CQMF_MASK)
		dev_err_ratelimited(iommu->dev, "the command queue could not be read\n");
	/* Ordered after the repaired command by writel. */
	rvi_write32(iommu, IOMMU_REG_CQCSR,
		    IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK | errors);
	/* That was all by the specification. QEMU 10 goes on only when the tail is written. */
	rvi_write32(iommu, IOMMU_REG_CQT, iommu->cq_tail);
}

void rvi_cq_service(struct rvi_iommu *iommu)
{
	unsigned long flags;

	spin_lock_irqsave(&iommu->cq_lock, flags);
	cq_errors(iommu);
	spin_unlock_irqrestore(&iommu->cq_lock, flags);
}

static bool fence_passed(struct rvi_iommu *iommu, u32 seq)
{
	return (s32)(READ_ONCE(*iommu->fence_done) - seq) >= 0;
}

static int wait_fence(struct rvi_iommu *iommu, u32 seq)
{
	ktime_t begin = ktime_get();
	ktime_t look = ktime_add_us(begin, LOOK_US);
	unsigned long flags;
	unsigned int attempt;

	for (attempt = 0; attempt < 2; attempt++) {
		while (!fence_passed(iommu, seq)) {
			cpu_relax();
			if (ktime_after(ktime_get(), look)) {
				rvi_cq_service(iommu);
				look = ktime_add_us(ktime_get(), LOOK_US);
			}
			if (too_long(iommu, begin))
				break;
		}
		if (fence_passed(iommu, seq)) {
			/* What follows sees what the device did before the fence. */
			rmb();
			return 0;
		}
		spin_lock_irqsave(&iommu->cq_lock, flags);
		/* Another one who waited too long may have done it, for this fence too. */
		if (!fence_passed(iommu, seq) && (s32)(seq - iommu->reset_seq) > 0) {
			dev_err_ratelimited(iommu->dev,
					    "no answer to a fence, starting the queue anew\n");
			cq_reset(iommu);
		}
		spin_unlock_irqrestore(&iommu->cq_lock, flags);
		begin = ktime_get();
	}
	dev_err_ratelimited(iommu->dev, "the command queue is stuck\n");
	return -ETIMEDOUT;
}

static int make_room(struct rvi_iommu *iommu, unsigned int count)
{
	ktime_t begin = ktime_get();

	while (!has_room(iommu, count)) {
		cq_errors(iommu);
		if (has_room(iommu, count))
			break;
		if (too_long(iommu, begin)) {
			dev_err_ratelimited(iommu->dev, "the command queue stays full\n");
			cq_reset(iommu);
			return -ETIMEDOUT;
		}
		cpu_relax();
	}
	return 0;
}

/* With the lock held: write commands and a fence behind them; returns its number. */
static u32 submit(struct rvi_iommu *iommu, const struct rvi_cmd *cmd, unsigned int count)
{
	unsigned int i;
	u32 seq;

	make_room(iommu, count + 1);
	for (i = 0; i < count; i++)
		put_cmd(iommu, cmd[i]);
	seq = ++iommu->fence_seq;
	put_cmd(iommu, rvi_cmd_fence(virt_to_phys(iommu->fence_done), seq));
	iommu->stats.commands += count;
	iommu->stats.fences++;
	rvi_write32(iommu, IOMMU_REG_CQT, iommu->cq_tail);
	return seq;
}

/**
 * rvi_cmd_run() - carry out commands, and wait until they are done
 * @iommu: the IOMMU
 * @cmd: the commands, at most RVI_CMD_BATCH
 * @count: how many
 *
 * Any context. Stores to tables that came before are seen by what the commands make the
 * IOMMU read again: writel orders them before the tail.
 */
int rvi_cmd_run(struct rvi_iommu *iommu, const struct rvi_cmd *cmd, unsigned int count)
{
	unsigned long flags;
	u32 seq;

	spin_lock_irqsave(&iommu->cq_lock, flags);
	seq = submit(iommu, cmd, count);
	spin_unlock_irqrestore(&iommu->cq_lock, flags);
	trace_rvi_invalidate(iommu->dev, count, count ? cmd[0].dword[0] : 0,
			     count ? cmd[0].dword[1] : 0);
	return wait_fence(iommu, seq);
}

/**
 * rvi_cmd_run_ats() - carry out an invalidation in a device, and wait until it is done
 * @iommu: the IOMMU
 * @cmd: ATS.INVAL
 *
 * Return: 0 if the device has answered.
 */
int rvi_cmd_run_ats(struct rvi_iommu *iommu, struct rvi_cmd cmd)
{
	struct ats_wait wait = { };
	unsigned long flags;
	int ret;

	atomic_inc(&iommu->ats_pending);
	spin_lock_irqsave(&iommu->cq_lock, flags);
	wait.seq = submit(iommu, &cmd, 1);
	list_add(&wait.node, &iommu->ats_waits);
	spin_unlock_irqrestore(&iommu->cq_lock, flags);
	trace_rvi_invalidate(iommu->dev, 1, cmd.dword[0], cmd.dword[1]);
	ret = wait_fence(iommu, wait.seq);
	spin_lock_irqsave(&iommu->cq_lock, flags);
	list_del(&wait.node);
	spin_unlock_irqrestore(&iommu->cq_lock, flags);
	atomic_dec(&iommu->ats_pending);
	return ret ?: wait.timed_out ? -ETIMEDOUT : 0;
}

int rvi_cq_init(struct rvi_iommu *iommu)
{
	int node = dev_to_node(iommu->dev);
	int ret;

	spin_lock_init(&iommu->cq_lock);
	INIT_LIST_HEAD(&iommu->ats_waits);
	iommu->cq_mask = BIT(CQ_ORDER_ENTRIES) - 1;
	iommu->cq_order = get_order(sizeof(struct rvi_cmd) << CQ_ORDER_ENTRIES);
	iommu->cq = rvi_alloc_pages(node, GFP_KERNEL, iommu->cq_order);
	iommu->fence_done = rvi_alloc_pages(node, GFP_KERNEL, 0);
	if (!iommu->cq || !iommu->fence_done)
		return -ENOMEM;
	cq_program(iommu);
	rvi_write32(iommu, IOMMU_REG_CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK |
		    IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK);
	ret = rvi_wait32(iommu, IOMMU_REG_CQCSR, IOMMU_CQCSR_CQON_MASK, IOMMU_CQCSR_CQON_MASK);
	if (ret)
		dev_err(iommu->dev, "the command queue does not start\n");
	return ret;
}

void rvi_cq_exit(struct rvi_iommu *iommu)
{
	if (iommu->cq) {
		rvi_write32(iommu, IOMMU_REG_CQCSR, 0);
		rvi_wait32(iommu, IOMMU_REG_CQCSR,
			   IOMMU_CQCSR_CQON_MASK | IOMMU_CQCSR_BUSY_MASK, 0);
	}
	rvi_free_pages(iommu->cq, iommu->cq_order);
	rvi_free_pages(iommu->fence_done, 0);
	iommu->cq = NULL;
	iommu->fence_done = NULL;
}
