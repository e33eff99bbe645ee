// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs/riscv-iommu/NAME/
 *   registers  the registers, as iommu-explain reads them
 *   memory     directory, contexts, tables and queues, as iommu-explain reads them
 *   contexts   the devices, their domain and their context
 *   walk       write "DEVICE_ID IOVA", read the entries on the way of the page table
 *   translate  write "DEVICE_ID IOVA [r|w|x] [PROCESS_ID]", read what the hardware answers
 *   queues     heads, tails, and what is waiting
 *   command    write two words: a command as it is, to see how errors are dealt with
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "rvi.h"

static struct dentry *root;

struct rvi_debug {
	struct rvi_iommu *iommu;
	struct mutex lock;	/* the questions, and the translation interface */
	u32 walk_id, tr_id, tr_pid;
	u64 walk_iova, tr_iova;
	bool tr_has_pid;
	char tr_kind;
};

static const struct {
	const char *name;
	u32 offset;
	bool wide;
} registers[] = {
	{ "capabilities", IOMMU_REG_CAPABILITIES, true },
	{ "fctl", IOMMU_REG_FCTL, false },
	{ "ddtp", IOMMU_REG_DDTP, true },
	{ "cqb", IOMMU_REG_CQB, true },
	{ "cqh", IOMMU_REG_CQH, false },
	{ "cqt", IOMMU_REG_CQT, false },
	{ "fqb", IOMMU_REG_FQB, true },
	{ "fqh", IOMMU_REG_FQH, false },
	{ "fqt", IOMMU_REG_FQT, false },
	{ "pqb", IOMMU_REG_PQB, true },
	{ "pqh", IOMMU_REG_PQH, false },
	{ "pqt", IOMMU_REG_PQT, false },
	{ "cqcsr", IOMMU_REG_CQCSR, false },
	{ "fqcsr", IOMMU_REG_FQCSR, false },
	{ "pqcsr", IOMMU_REG_PQCSR, false },
	{ "ipsr", IOMMU_REG_IPSR, false },
	{ "icvec", IOMMU_REG_ICVEC, true },
};

static int registers_show(struct seq_file *seq, void *unused)
{
	struct rvi_debug *debug = seq->private;
	struct rvi_iommu *iommu = debug->iommu;
	unsigned int i;

	seq_puts(seq, "portcullis-iommu-registers 1\n");
	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		if (registers[i].wide)
			seq_printf(seq, "%s: %#018llx\n", registers[i].name,
				   rvi_read64(iommu, registers[i].offset));
		else
			seq_printf(seq, "%s: %#010x\n", registers[i].name,
				   rvi_read32(iommu, registers[i].offset));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(registers);

/* Lines of "address: words"; lines of zeros are left out, the reader of it is told once. */
static void dump_words(struct seq_file *seq, phys_addr_t phys, const u64 *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i += 2) {
		/* The first and the last line stand, so that the page is seen as a whole. */
		if (!words[i] && !words[i + 1] && i && i + 2 < count) {
			if (words[i - 2] || words[i - 1] || i == 2)
				seq_printf(seq, "%llx: 0x%016x 0x%016x\n*\n",
					   (u64)phys + 8 * i, 0, 0);
			continue;
		}
		seq_printf(seq, "%llx: 0x%016llx 0x%016llx\n", (u64)phys + 8 * i,
			   words[i], words[i + 1]);
	}
}

/*
 * Tables of a live domain change meanwhile: a page may be gone, and what is in its place lead
 * anywhere. So it is copied with care. A dump for certain is one of a quiet system.
 */
static void dump_table(struct seq_file *seq, phys_addr_t phys, unsigned int level, size_t entries)
{
	size_t bytes = entries * sizeof(u64), i;
	u64 *table = kmalloc(bytes, GFP_KERNEL);

	if (!table || copy_from_kernel_nofault(table, phys_to_virt(phys), bytes))
		goto out;
	dump_words(seq, phys, table, entries);
	for (i = 0; level && i < entries; i++) {
		u64 pte = table[i];

		if ((pte & IOMMU_PTE_V_MASK) &&
		    !(pte & (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)))
			dump_table(seq, PFN_PHYS(FIELD_GET(IOMMU_PTE_PPN_MASK, pte)), level - 1,
				   512);
	}
out:
	kfree(table);
}

static void dump_ddt(struct seq_file *seq, u64 *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; level && i < 512; i++) {
		u64 ddte = table[i];
		u64 *next = phys_to_virt(PFN_PHYS(FIELD_GET(IOMMU_DDTE_PPN_MASK, ddte)));

		if (!(ddte & IOMMU_DDTE_V_MASK))
			continue;
		dump_words(seq, virt_to_phys(next), next, 512);
		dump_ddt(seq, next, level - 1);
	}
}

/* The table that is the kernel's: below a guest's own, the second stage. */
static struct rvi_pgtable *own_table(struct rvi_dev *rdev)
{
	return rdev->domain->parent ? &rdev->domain->parent->pt : &rdev->domain->pt;
}

static void dump_ring(struct seq_file *seq, const struct rvi_ring *ring)
{
	if (ring->records)
		dump_words(seq, virt_to_phys(ring->records), ring->records,
			   ring->kind->words * (ring->mask + 1));
}

static int memory_show(struct seq_file *seq, void *unused)
{
	struct rvi_debug *debug = seq->private;
	struct rvi_iommu *iommu = debug->iommu;
	unsigned long id;
	void *entry;

	mutex_lock(&iommu->ddt_lock);
	dump_words(seq, iommu->ddt_root_phys, iommu->ddt_root, 512);
	dump_ddt(seq, iommu->ddt_root, iommu->ddt_levels - 1);
	xa_for_each(&iommu->devices, id, entry) {
		struct rvi_dev *rdev = rvi_dev_by_id(iommu, id);

		if (!rdev)
			continue;
		if (rdev->pdt)
			dump_words(seq, virt_to_phys(rdev->pdt), rdev->pdt, 512);
		if (rdev->domain->mrif) {
			dump_words(seq, virt_to_phys(rdev->domain->mrif->table),
				   rdev->domain->mrif->table, 2UL << hweight64(iommu->msi_mask));
			dump_words(seq, virt_to_phys(rdev->domain->mrif->files),
				   rdev->domain->mrif->files, IOMMU_MRIF_BYTES / 8 * nr_cpu_ids);
		}
		if (!rdev->domain->bare)
			dump_table(seq, virt_to_phys(own_table(rdev)->root),
				   own_table(rdev)->levels - 1, BIT(own_table(rdev)->root_bits));
	}
	if (iommu->msi_table)
		dump_words(seq, virt_to_phys(iommu->msi_table), iommu->msi_table,
			   2UL << hweight64(iommu->msi_mask));
	dump_words(seq, virt_to_phys(iommu->empty_table), iommu->empty_table, 512);
	dump_words(seq, virt_to_phys(iommu->cq), (u64 *)iommu->cq, 2 * (iommu->cq_mask + 1));
	dump_ring(seq, &iommu->faults);
	dump_ring(seq, &iommu->requests);
	mutex_unlock(&iommu->ddt_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(memory);

static const char *domain_name(const struct rvi_dev *rdev)
{
	if (rdev->quarantined)
		return "quarantine";
	switch (rdev->domain->stage) {
	case RVI_STAGE_FIRST:
		return "first stage";
	case RVI_STAGE_SECOND:
		return "second stage";
	case RVI_STAGE_NESTED:
		return "two stages";
	default:
		return rdev->domain->domain.type == IOMMU_DOMAIN_IDENTITY ? "identity" : "blocked";
	}
}

static int contexts_show(struct seq_file *seq, void *unused)
{
	struct rvi_debug *debug = seq->private;
	struct rvi_iommu *iommu = debug->iommu;
	unsigned long id;
	void *entry;

	mutex_lock(&iommu->ddt_lock);
	xa_for_each(&iommu->devices, id, entry) {
		struct rvi_dev *rdev = rvi_dev_by_id(iommu, id);
		u64 *dc = rvi_ddt_find(iommu, id, false);

		if (!rdev || !dc)
			continue;
		seq_printf(seq, "%#lx %s: %s id %u, faults %llu\n", id, dev_name(rdev->dev),
			   domain_name(rdev), rdev->domain->id, rdev->faults_total);
		seq_printf(seq, "  tc %#llx iohgatp %#llx ta %#llx fsc %#llx\n",
			   dc[RVI_DC_TC], dc[RVI_DC_IOHGATP], dc[RVI_DC_TA], dc[RVI_DC_FSC]);
		if (rvi_has(iommu, MSI_FLAT))
			seq_printf(seq, "  msiptp %#llx msi_addr_mask %#llx msi_addr_pattern %#llx",
				   dc[RVI_DC_MSIPTP], dc[RVI_DC_MSI_MASK], dc[RVI_DC_MSI_PATTERN]);
		if (rdev->domain->mrif)
			seq_printf(seq, " interrupt files at %#llx",
				   (u64)virt_to_phys(rdev->domain->mrif->files));
		if (rvi_has(iommu, MSI_FLAT))
			seq_puts(seq, "\n");
	}
	mutex_unlock(&iommu->ddt_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(contexts);

/* What is in it still: seldom anything. */
static void show_ring(struct seq_file *seq, struct rvi_iommu *iommu, const struct rvi_ring *ring)
{
	const struct rvi_ring_kind *kind = ring->kind;
	u32 head, tail, i;

	if (!ring->records)
		return;
	head = rvi_read32(iommu, kind->head) & ring->mask;
	tail = rvi_read32(iommu, kind->tail) & ring->mask;
	seq_printf(seq, "%s queue: head %u tail %u of %u\n", kind->name, head, tail,
		   ring->mask + 1);
	for (; head != tail; head = (head + 1) & ring->mask) {
		seq_puts(seq, " ");
		for (i = 0; i < kind->words; i++)
			seq_printf(seq, " %016llx", ring->records[head * kind->words + i]);
		seq_puts(seq, "\n");
	}
}

static int queues_show(struct seq_file *seq, void *unused)
{
	struct rvi_debug *debug = seq->private;
	struct rvi_iommu *iommu = debug->iommu;
	u32 head = rvi_read32(iommu, IOMMU_REG_CQH) & iommu->cq_mask;
	u32 tail = rvi_read32(iommu, IOMMU_REG_CQT) & iommu->cq_mask;

	seq_printf(seq, "command queue: head %u tail %u of %u, fences %u passed %u\n", head, tail,
		   iommu->cq_mask + 1, iommu->fence_seq, *iommu->fence_done);
	for (; head != tail; head = (head + 1) & iommu->cq_mask)
		seq_printf(seq, "  %016llx %016llx\n", iommu->cq[head].dword[0],
			   iommu->cq[head].dword[1]);
	show_ring(seq, iommu, &iommu->faults);
	show_ring(seq, iommu, &iommu->requests);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

static int walk_show(struct seq_file *seq, void *unused)
{
	struct rvi_debug *debug = seq->private;
	struct rvi_iommu *iommu = debug->iommu;
	struct rvi_dev *rdev;
	unsigned int level = 0;
	u64 pte;

	mutex_lock(&debug->lock);
	mutex_lock(&iommu->ddt_lock);
	rdev = rvi_dev_by_id(iommu, debug->walk_id);
	if (!rdev) {
		seq_printf(seq, "no device %#x\n", debug->walk_id);
	} else if (rdev->domain->bare || rdev->quarantined) {
		seq_printf(seq, "%s: %s\n", dev_name(rdev->dev), domain_name(rdev));
	} else {
		pte = rvi_pt_lookup(own_table(rdev), debug->walk_iova, &level);
		seq_printf(seq, "%s: %s, %#llx: level %u entry %#llx", dev_name(rdev->dev),
			   domain_name(rdev), debug->walk_iova, level, pte);
		if (pte & IOMMU_PTE_V_MASK)
			seq_printf(seq, " -> %pa\n", &(phys_addr_t){
				   rvi_pt_phys(own_table(rdev), debug->walk_iova) });
		else
			seq_puts(seq, " not mapped\n");
	}
	mutex_unlock(&iommu->ddt_lock);
	mutex_unlock(&debug->lock);
	return 0;
}

static char *get_line(const char __user *user, size_t count)
{
	return memdup_user_nul(user, min_t(size_t, count, 127));
}

static ssize_t walk_write(struct file *file, const char __user *user, size_t count, loff_t *pos)
{
	struct rvi_debug *debug = ((struct seq_file *)file->private_data)->private;
	char *line = get_line(user, count);
	u64 iova;
	u32 id;
	int n;

	if (IS_ERR(line))
		return PTR_ERR(line);
	n = sscanf(line, "%i %lli", &id, &iova);
	kfree(line);
	if (n != 2)
		return -EINVAL;
	mutex_lock(&debug->lock);
	debug->walk_id = id;
	debug->walk_iova = iova;
	mutex_unlock(&debug->lock);
	return count;
}

static int walk_open(struct inode *inode, struct file *file)
{
	return single_open(file, walk_show, inode->i_private);
}

static const struct file_operations walk_fops = {
	.owner = THIS_MODULE,
	.open = walk_open,
	.read = seq_read,
	.write = walk_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* With S the lowest 0 of the page number says how large the page is. */
static u64 tr_address(u64 response, u64 iova)
{
	u64 ppn = FIELD_GET(IOMMU_TR_RESPONSE_PPN_MASK, response), size = 0;

	if (response & IOMMU_TR_RESPONSE_S_MASK)
		size = ppn ^ (ppn + 1);
	return PFN_PHYS((ppn & ~size) | (PHYS_PFN(iova) & size));
}

static int translate_show(struct seq_file *seq, void *unused)
{
	struct rvi_debug *debug = seq->private;
	struct rvi_iommu *iommu = debug->iommu;
	u64 ctl, response;
	int ret;

	mutex_lock(&debug->lock);
	ctl = IOMMU_TR_REQ_CTL_GO_BUSY_MASK | FIELD_PREP(IOMMU_TR_REQ_CTL_DID_MASK, debug->tr_id);
	if (debug->tr_kind != 'w')
		ctl |= IOMMU_TR_REQ_CTL_NW_MASK;
	if (debug->tr_kind == 'x')
		ctl |= IOMMU_TR_REQ_CTL_EXE_MASK;
	if (debug->tr_has_pid)
		ctl |= IOMMU_TR_REQ_CTL_PV_MASK |
		       FIELD_PREP(IOMMU_TR_REQ_CTL_PID_MASK, debug->tr_pid);
	rvi_write64(iommu, IOMMU_REG_TR_REQ_IOVA, debug->tr_iova & IOMMU_TR_REQ_IOVA_VPN_MASK);
	rvi_write64(iommu, IOMMU_REG_TR_REQ_CTL, ctl);
	ret = rvi_wait_clear64(iommu, IOMMU_REG_TR_REQ_CTL, IOMMU_TR_REQ_CTL_GO_BUSY_MASK);
	response = rvi_read64(iommu, IOMMU_REG_TR_RESPONSE);
	if (ret)
		seq_puts(seq, "no answer\n");
	else if (response & IOMMU_TR_RESPONSE_FAULT_MASK)
		seq_printf(seq, "%#x %c %#llx: fault\n", debug->tr_id, debug->tr_kind,
			   debug->tr_iova);
	else
		seq_printf(seq, "%#x %c %#llx: %#llx%s\n", debug->tr_id, debug->tr_kind,
			   debug->tr_iova, tr_address(response, debug->tr_iova),
			   response & IOMMU_TR_RESPONSE_S_MASK ? " (superpage)" : "");
	mutex_unlock(&debug->lock);
	return 0;
}

static ssize_t translate_write(struct file *file, const char __user *user, size_t count,
			       loff_t *pos)
{
	struct rvi_debug *debug = ((struct seq_file *)file->private_data)->private;
	char *line = get_line(user, count);
	char kind = 'r';
	u64 iova;
	u32 id, pid = 0;
	int n;

	if (IS_ERR(line))
		return PTR_ERR(line);
	n = sscanf(line, "%i %lli %c %i", &id, &iova, &kind, &pid);
	kfree(line);
	if (n < 2 || (kind != 'r' && kind != 'w' && kind != 'x'))
		return -EINVAL;
	mutex_lock(&debug->lock);
	debug->tr_id = id;
	debug->tr_iova = iova;
	debug->tr_kind = kind;
	debug->tr_pid = pid;
	debug->tr_has_pid = n == 4;
	mutex_unlock(&debug->lock);
	return count;
}

static int translate_open(struct inode *inode, struct file *file)
{
	return single_open(file, translate_show, inode->i_private);
}

static const struct file_operations translate_fops = {
	.owner = THIS_MODULE,
	.open = translate_open,
	.read = seq_read,
	.write = translate_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static ssize_t command_write(struct file *file, const char __user *user, size_t count,
			     loff_t *pos)
{
	struct rvi_debug *debug = file->private_data;
	char *line = get_line(user, count);
	struct rvi_cmd cmd;
	int n, ret;

	if (IS_ERR(line))
		return PTR_ERR(line);
	n = sscanf(line, "%llx %llx", &cmd.dword[0], &cmd.dword[1]);
	kfree(line);
	if (n != 2)
		return -EINVAL;
	ret = rvi_cmd_run(debug->iommu, &cmd, 1);
	return ret ?: count;
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = command_write,
};

void rvi_debugfs_root(bool make)
{
	if (make)
		root = debugfs_create_dir(RVI_NAME, NULL);
	else
		debugfs_remove(root);
}

void rvi_debugfs_add(struct rvi_iommu *iommu)
{
	struct rvi_debug *debug = devm_kzalloc(iommu->dev, sizeof(*debug), GFP_KERNEL);
	struct dentry *dir;

	if (!debug)
		return;
	debug->iommu = iommu;
	debug->tr_kind = 'r';
	mutex_init(&debug->lock);
	dir = debugfs_create_dir(dev_name(iommu->dev), root);
	iommu->debugfs = dir;
	debugfs_create_file("registers", 0400, dir, debug, &registers_fops);
	debugfs_create_file("memory", 0400, dir, debug, &memory_fops);
	debugfs_create_file("contexts", 0400, dir, debug, &contexts_fops);
	debugfs_create_file("queues", 0400, dir, debug, &queues_fops);
	debugfs_create_file("walk", 0600, dir, debug, &walk_fops);
	debugfs_create_file("command", 0200, dir, debug, &command_fops);
	if (rvi_has(iommu, DBG))
		debugfs_create_file("translate", 0600, dir, debug, &translate_fops);
}

void rvi_debugfs_remove(struct rvi_iommu *iommu)
{
	debugfs_remove_recursive(iommu->debugfs);
	iommu->debugfs = NULL;
}
