/* SPDX-License-Identifier: GPL-2.0-only */
/* What commands look like: pure functions, apart from the queue that carries them. */
#ifndef RVI_COMMANDS_H
#define RVI_COMMANDS_H

#include <linux/types.h>
#include "iommu_regs.h"

struct rvi_cmd {
	u64 dword[IOMMU_CMD_BYTES / 8];
};

/* For an answer without a process_id. */
#define RVI_NO_PID (~0U)

struct rvi_cmd rvi_cmd_fence(phys_addr_t addr, u32 data);
struct rvi_cmd rvi_cmd_inval_ddt(bool dv, u32 devid);
struct rvi_cmd rvi_cmd_inval_pdt(u32 devid, u32 pid);
struct rvi_cmd rvi_cmd_inval_vma(void);
struct rvi_cmd rvi_cmd_inval_vma_pscid(u32 pscid);
struct rvi_cmd rvi_cmd_inval_vma_gscid(u32 gscid);
struct rvi_cmd rvi_cmd_inval_gvma(void);
struct rvi_cmd rvi_cmd_inval_gvma_gscid(u32 gscid);
struct rvi_cmd rvi_cmd_ats_inval(u32 devid, u64 first, u64 last);
struct rvi_cmd rvi_cmd_ats_prgr(u32 devid, u32 pid, u16 group, u32 code);
void rvi_cmd_address(struct rvi_cmd *cmd, u64 addr);
bool rvi_cmd_of_guest(struct rvi_cmd *cmd, u32 gscid, bool ranges, bool non_leaf);
void rvi_cmd_range(struct rvi_cmd *cmd, u64 first, u64 last);

#endif
