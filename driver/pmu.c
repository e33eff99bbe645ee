// SPDX-License-Identifier: GPL-2.0-only
/*
 * The performance monitor as a perf PMU: perf stat -e riscv_iommu_NAME/tlb_miss/
 *
 * config   event (the cycle counter is event 0x8000, which no event selector can have)
 * config1  device (24 bits), process (20 bits): count only what belongs to them
 */
#include <linux/cpuhotplug.h>
#include <linux/perf_event.h>
#include <linux/slab.h>

#include "rvi.h"

#define RVI_EVENT_CYCLES 0x8000
#define RVI_COUNTERS (IOMMU_REG_IOHPMCTR_COUNT + 1)

struct rvi_pmu {
	struct pmu pmu;
	struct rvi_iommu *iommu;
	raw_spinlock_t lock;	/* iocountinh, and that an event stays while it is served */
	u32 present;		/* bit n: counter n, 0 being the cycles */
	u32 used;
	u64 width_mask[2];	/* cycles, events */
	struct perf_event *event[RVI_COUNTERS];
	unsigned int cpu;
	struct hlist_node node;
};

static int hp_state;

static struct rvi_pmu *to_pmu(struct perf_event *event)
{
	return container_of(event->pmu, struct rvi_pmu, pmu);
}

static u32 counter_reg(int idx)
{
	return idx ? IOMMU_REG_IOHPMCTR(idx) : IOMMU_REG_IOHPMCYCLES;
}

static u64 read_counter(struct rvi_pmu *pmu, int idx)
{
	return rvi_read64(pmu->iommu, counter_reg(idx)) & pmu->width_mask[!!idx];
}

static void update(struct perf_event *event)
{
	struct rvi_pmu *pmu = to_pmu(event);
	int idx = event->hw.idx;
	u64 before, now;

	do {
		before = local64_read(&event->hw.prev_count);
		now = read_counter(pmu, idx);
	} while (local64_cmpxchg(&event->hw.prev_count, before, now) != before);
	local64_add((now - before) & pmu->width_mask[!!idx], &event->count);
}

static void inhibit(struct rvi_pmu *pmu, int idx, bool on)
{
	unsigned long flags;
	u32 inh;

	raw_spin_lock_irqsave(&pmu->lock, flags);
	inh = rvi_read32(pmu->iommu, IOMMU_REG_IOCOUNTINH);
	inh = on ? inh | BIT(idx) : inh & ~BIT(idx);
	rvi_write32(pmu->iommu, IOMMU_REG_IOCOUNTINH, inh);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
}

static int pmu_event_init(struct perf_event *event)
{
	struct rvi_pmu *pmu = to_pmu(event);

	if (event->attr.type != event->pmu->type)
		return -ENOENT;
	if (is_sampling_event(event) || event->attach_state & PERF_ATTACH_TASK)
		return -EOPNOTSUPP;
	if (event->attr.config & ~0xffffULL)
		return -EINVAL;
	event->cpu = pmu->cpu;
	event->hw.idx = -1;
	return 0;
}

static u64 selector(struct perf_event *event)
{
	u64 filter = event->attr.config1;
	u64 evt = FIELD_PREP(IOMMU_IOHPMEVT_EVENTID_MASK, event->attr.config);

	if (filter & BIT_ULL(62))
		evt |= IOMMU_IOHPMEVT_DV_GSCV_MASK |
		       FIELD_PREP(IOMMU_IOHPMEVT_DID_GSCID_MASK, filter & 0xffffff);
	if (filter & BIT_ULL(63))
		evt |= IOMMU_IOHPMEVT_PV_PSCV_MASK |
		       FIELD_PREP(IOMMU_IOHPMEVT_PID_PSCID_MASK, (filter >> 24) & 0xfffff);
	if (filter & BIT_ULL(61))
		evt |= IOMMU_IOHPMEVT_IDT_MASK;
	return evt;
}

static void pmu_start(struct perf_event *event, int flags)
{
	struct rvi_pmu *pmu = to_pmu(event);
	int idx = event->hw.idx;

	if (idx)
		rvi_write64(pmu->iommu, IOMMU_REG_IOHPMEVT(idx), selector(event));
	local64_set(&event->hw.prev_count, read_counter(pmu, idx));
	/* It may be served from now on: with the count from which it goes on. */
	smp_store_release(&event->hw.state, 0);
	inhibit(pmu, idx, false);
}

static void pmu_stop(struct perf_event *event, int flags)
{
	struct rvi_pmu *pmu = to_pmu(event);

	if (event->hw.state & PERF_HES_STOPPED)
		return;
	inhibit(pmu, event->hw.idx, true);
	update(event);
	if (event->hw.idx)
		rvi_write64(pmu->iommu, IOMMU_REG_IOHPMEVT(event->hw.idx), 0);
	event->hw.state |= PERF_HES_STOPPED | PERF_HES_UPTODATE;
}

static int pmu_add(struct perf_event *event, int flags)
{
	struct rvi_pmu *pmu = to_pmu(event);
	u32 fitting = event->attr.config == RVI_EVENT_CYCLES ? 1 : ~1U;
	u32 free = pmu->present & ~pmu->used & fitting;

	if (!free)
		return -EAGAIN;
	event->hw.idx = __ffs(free);
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	pmu->used |= BIT(event->hw.idx);
	WRITE_ONCE(pmu->event[event->hw.idx], event);
	if (flags & PERF_EF_START)
		pmu_start(event, 0);
	perf_event_update_userpage(event);
	return 0;
}

static void pmu_del(struct perf_event *event, int flags)
{
	struct rvi_pmu *pmu = to_pmu(event);
	unsigned long irqs;

	pmu_stop(event, PERF_EF_UPDATE);
	pmu->used &= ~BIT(event->hw.idx);
	raw_spin_lock_irqsave(&pmu->lock, irqs);
	pmu->event[event->hw.idx] = NULL;
	raw_spin_unlock_irqrestore(&pmu->lock, irqs);
	perf_event_update_userpage(event);
}

/*
 * A counter wrapped: it is read more often than it can wrap twice. An event may be stopped and
 * taken away by its hart meanwhile.
 */
void rvi_pmu_service(struct rvi_iommu *iommu)
{
	struct rvi_pmu *pmu = iommu->pmu;
	unsigned long flags;
	int idx;

	for (idx = 0; pmu && idx < RVI_COUNTERS; idx++) {
		struct perf_event *event;

		raw_spin_lock_irqsave(&pmu->lock, flags);
		event = READ_ONCE(pmu->event[idx]);
		/* As in pmu_start(). */
		if (event && !(smp_load_acquire(&event->hw.state) & PERF_HES_STOPPED)) {
			update(event);
			/* OF keeps the counter from raising another interrupt. */
			if (idx)
				rvi_write64(iommu, IOMMU_REG_IOHPMEVT(idx), selector(event));
		}
		raw_spin_unlock_irqrestore(&pmu->lock, flags);
	}
	rvi_write32(iommu, IOMMU_REG_IPSR, IOMMU_IPSR_PMIP_MASK);
}

static ssize_t event_id_show(struct device *dev, struct device_attribute *attr, char *page)
{
	struct perf_pmu_events_attr *event = container_of(attr, struct perf_pmu_events_attr, attr);

	return sysfs_emit(page, "event=%#llx\n", event->id);
}

#define RVI_EVENT(name, id) PMU_EVENT_ATTR_ID(name, event_id_show, id)

static struct attribute *event_attrs[] = {
	RVI_EVENT(cycles, RVI_EVENT_CYCLES),
	RVI_EVENT(untranslated_requests, IOMMU_HPM_EVENT_UNTRANSLATED_REQ),
	RVI_EVENT(translated_requests, IOMMU_HPM_EVENT_TRANSLATED_REQ),
	RVI_EVENT(ats_requests, IOMMU_HPM_EVENT_ATS_REQ),
	RVI_EVENT(tlb_miss, IOMMU_HPM_EVENT_TLB_MISS),
	RVI_EVENT(ddt_walks, IOMMU_HPM_EVENT_DDT_WALK),
	RVI_EVENT(pdt_walks, IOMMU_HPM_EVENT_PDT_WALK),
	RVI_EVENT(first_stage_walks, IOMMU_HPM_EVENT_FIRST_STAGE_WALK),
	RVI_EVENT(second_stage_walks, IOMMU_HPM_EVENT_SECOND_STAGE_WALK),
	NULL,
};

static const struct attribute_group event_group = { .name = "events", .attrs = event_attrs };

PMU_FORMAT_ATTR(event, "config:0-15");
PMU_FORMAT_ATTR(device, "config1:0-23");
PMU_FORMAT_ATTR(process, "config1:24-43");
PMU_FORMAT_ATTR(by_context_id, "config1:61");
PMU_FORMAT_ATTR(filter_device, "config1:62");
PMU_FORMAT_ATTR(filter_process, "config1:63");

static struct attribute *format_attrs[] = {
	&format_attr_event.attr,
	&format_attr_device.attr,
	&format_attr_process.attr,
	&format_attr_by_context_id.attr,
	&format_attr_filter_device.attr,
	&format_attr_filter_process.attr,
	NULL,
};

static const struct attribute_group format_group = { .name = "format", .attrs = format_attrs };

static ssize_t cpumask_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rvi_pmu *pmu = container_of((struct pmu *)dev_get_drvdata(dev), struct rvi_pmu, pmu);

	return sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(cpumask_of(pmu->cpu)));
}
static DEVICE_ATTR_RO(cpumask);

static struct attribute *cpumask_attrs[] = { &dev_attr_cpumask.attr, NULL };
static const struct attribute_group cpumask_group = { .attrs = cpumask_attrs };

static const struct attribute_group *pmu_groups[] = {
	&event_group,
	&format_group,
	&cpumask_group,
	NULL,
};

static int pmu_offline(unsigned int cpu, struct hlist_node *node)
{
	struct rvi_pmu *pmu = hlist_entry_safe(node, struct rvi_pmu, node);
	unsigned int target;

	if (pmu->cpu != cpu)
		return 0;
	target = cpumask_any_but(cpu_online_mask, cpu);
	if (target >= nr_cpu_ids)
		return 0;
	perf_pmu_migrate_context(&pmu->pmu, cpu, target);
	pmu->cpu = target;
	return 0;
}

/* The counters that are there keep what is written to their inhibit bits. */
static void find_counters(struct rvi_pmu *pmu)
{
	struct rvi_iommu *iommu = pmu->iommu;

	rvi_write32(iommu, IOMMU_REG_IOCOUNTINH, ~0U);
	pmu->present = rvi_read32(iommu, IOMMU_REG_IOCOUNTINH);
	rvi_write64(iommu, IOMMU_REG_IOHPMCYCLES, IOMMU_IOHPMCYCLES_COUNTER_MASK);
	pmu->width_mask[0] = rvi_read64(iommu, IOMMU_REG_IOHPMCYCLES) &
			     IOMMU_IOHPMCYCLES_COUNTER_MASK;
	rvi_write64(iommu, IOMMU_REG_IOHPMCYCLES, 0);
	rvi_write64(iommu, IOMMU_REG_IOHPMCTR(1), ~0ULL);
	pmu->width_mask[1] = rvi_read64(iommu, IOMMU_REG_IOHPMCTR(1));
	rvi_write64(iommu, IOMMU_REG_IOHPMCTR(1), 0);
}

int rvi_pmu_init(struct rvi_iommu *iommu)
{
	struct rvi_pmu *pmu;
	char *name;
	int ret;

	if (!rvi_has(iommu, HPM))
		return 0;
	pmu = devm_kzalloc(iommu->dev, sizeof(*pmu), GFP_KERNEL);
	name = devm_kasprintf(iommu->dev, GFP_KERNEL, "riscv_iommu_%s", dev_name(iommu->dev));
	if (!pmu || !name)
		return -ENOMEM;
	/* A colon or a point in a name would end it in perf's notation. */
	strreplace(name, ':', '_');
	strreplace(name, '.', '_');
	pmu->iommu = iommu;
	raw_spin_lock_init(&pmu->lock);
	find_counters(pmu);
	pmu->cpu = raw_smp_processor_id();
	pmu->pmu = (struct pmu){
		.module = THIS_MODULE,
		.parent = iommu->dev,
		.task_ctx_nr = perf_invalid_context,
		.event_init = pmu_event_init,
		.add = pmu_add,
		.del = pmu_del,
		.start = pmu_start,
		.stop = pmu_stop,
		.read = update,
		.attr_groups = pmu_groups,
		.capabilities = PERF_PMU_CAP_NO_EXCLUDE | PERF_PMU_CAP_NO_INTERRUPT,
	};
	if (hp_state <= 0) {
		ret = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "perf/riscv_iommu:online",
					      NULL, pmu_offline);
		if (ret < 0)
			return ret;
		hp_state = ret;
	}
	cpuhp_state_add_instance_nocalls(hp_state, &pmu->node);
	ret = perf_pmu_register(&pmu->pmu, name, -1);
	if (ret) {
		cpuhp_state_remove_instance_nocalls(hp_state, &pmu->node);
		return ret;
	}
	iommu->pmu = pmu;
	return 0;
}

void rvi_pmu_exit(struct rvi_iommu *iommu)
{
	struct rvi_pmu *pmu = iommu->pmu;

	if (!pmu)
		return;
	iommu->pmu = NULL;
	perf_pmu_unregister(&pmu->pmu);
	cpuhp_state_remove_instance_nocalls(hp_state, &pmu->node);
}

void rvi_pmu_module_exit(void)
{
	if (hp_state > 0)
		cpuhp_remove_multi_state(hp_state);
}
