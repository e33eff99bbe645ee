/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page requests of a device, and the groups that they come in: pure functions of the records, so
 * that they are tested without hardware.
 */
#ifndef RVI_PRG_H
#define RVI_PRG_H

#include <linux/types.h>
#include "iommu_regs.h"

/* How many groups a function can tell apart. */
#define RVI_PRGS ((IOMMU_PQ_PRGI_MASK >> IOMMU_PQ_PRGI_SHIFT) + 1)

/* What one device may have asked for and has no answer to: the memory that it can make us use. */
#define RVI_PRG_LIMIT 64

/* A record of the page-request queue. */
struct rvi_page_request {
	u64 address;
	u32 devid;
	u32 pid;
	u16 group;
	bool has_pid;
	bool priv;
	bool read;
	bool write;
	bool exec;
	bool last;
};

enum rvi_prg_verdict {
	RVI_PRG_NOTHING,	/* kept for its group, or nothing that anybody waits for */
	RVI_PRG_READY,		/* the group is complete */
	RVI_PRG_REFUSED,	/* wrong, and there is nobody to be told */
	RVI_PRG_ANSWER,		/* wrong, and the device waits: Invalid Request */
};

struct rvi_prgs {
	/* Those that are not the last of their group, oldest first. */
	struct rvi_page_request held[RVI_PRG_LIMIT];
	unsigned int held_count;
	/* How many requests each group has that was handed on and is not answered. */
	u8 open[RVI_PRGS];
	unsigned int open_count;
	/* Groups of which something is lost: they are not served. */
	u64 spoiled[RVI_PRGS / 64];
};

struct rvi_page_request rvi_page_request_of(const u64 *record);
enum rvi_prg_verdict rvi_prg_of_nobody(const struct rvi_page_request *request);
enum rvi_prg_verdict rvi_prg_add(struct rvi_prgs *prgs, const struct rvi_page_request *request,
				 struct rvi_page_request *group, unsigned int *count);
void rvi_prg_answered(struct rvi_prgs *prgs, u16 group);
void rvi_prg_lost(struct rvi_prgs *prgs);

#endif
