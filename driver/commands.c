// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include "commands.h"

static struct rvi_cmd make_cmd(u64 opcode, u64 func3)
{
	return (struct rvi_cmd){ .dword[0] = FIELD_PREP(IOMMU_CMD_OPCODE_MASK, opcode) |
					     FIELD_PREP(IOMMU_CMD_FUNC3_MASK, func3) };
}

/* All reads and writes before it are done when it is: memory can be given away. */
struct rvi_cmd rvi_cmd_fence(phys_addr_t addr, u32 data)
{
	struct rvi_cmd cmd = make_cmd(IOMMU_OPCODE_IOFENCE, IOMMU_FUNC3_IOFENCE_C);

	cmd.dword[0] |= IOMMU_CMD_IOFENCE_PR_MASK | IOMMU_CMD_IOFENCE_PW_MASK;
	if (addr) {
		cmd.dword[0] |= IOMMU_CMD_IOFENCE_AV_MASK |
				FIELD_PREP(IOMMU_CMD_IOFENCE_DATA_MASK, data);
		cmd.dword[1] = FIELD_PREP(IOMMU_CMD_IOFENCE_ADDR_MASK, addr >> 2);
	}
	return cmd;
}

struct rvi_cmd rvi_cmd_inval_ddt(bool dv, u32 devid)
{
	struct rvi_cmd cmd = make_cmd(IOMMU_OPCODE_IODIR, IOMMU_FUNC3_IODIR_INVAL_DDT);

	if (dv)
		cmd.dword[0] |= IOMMU_CMD_IODIR_DV_MASK |
				FIELD_PREP(IOMMU_CMD_IODIR_DID_MASK, devid);
	return cmd;
}

struct rvi_cmd rvi_cmd_inval_pdt(u32 devid, u32 pid)
{
	struct rvi_cmd cmd = make_cmd(IOMMU_OPCODE_IODIR, IOMMU_FUNC3_IODIR_INVAL_PDT);

	cmd.dword[0] |= IOMMU_CMD_IODIR_DV_MASK | FIELD_PREP(IOMMU_CMD_IODIR_DID_MASK, devid) |
			FIELD_PREP(IOMMU_CMD_IODIR_PID_MASK, pid);
	return cmd;
}

struct rvi_cmd rvi_cmd_inval_vma(void)
{
	return make_cmd(IOMMU_OPCODE_IOTINVAL, IOMMU_FUNC3_IOTINVAL_VMA);
}

struct rvi_cmd rvi_cmd_inval_vma_pscid(u32 pscid)
{
	struct rvi_cmd cmd = rvi_cmd_inval_vma();

	cmd.dword[0] |= IOMMU_CMD_IOTINVAL_PSCV_MASK |
			FIELD_PREP(IOMMU_CMD_IOTINVAL_PSCID_MASK, pscid);
	return cmd;
}

struct rvi_cmd rvi_cmd_inval_vma_gscid(u32 gscid)
{
	struct rvi_cmd cmd = rvi_cmd_inval_vma();

	cmd.dword[0] |= IOMMU_CMD_IOTINVAL_GV_MASK |
			FIELD_PREP(IOMMU_CMD_IOTINVAL_GSCID_MASK, gscid);
	return cmd;
}

struct rvi_cmd rvi_cmd_inval_gvma(void)
{
	return make_cmd(IOMMU_OPCODE_IOTINVAL, IOMMU_FUNC3_IOTINVAL_GVMA);
}

struct rvi_cmd rvi_cmd_inval_gvma_gscid(u32 gscid)
{
	struct rvi_cmd cmd = rvi_cmd_inval_gvma();

	cmd.dword[0] |= IOMMU_CMD_IOTINVAL_GV_MASK |
			FIELD_PREP(IOMMU_CMD_IOTINVAL_GSCID_MASK, gscid);
	return cmd;
}

/* Both ATS commands have it at the same place. Above a routing identifier is the segment. */
static void address_device(struct rvi_cmd *cmd, u32 devid)
{
	cmd->dword[0] |= FIELD_PREP(IOMMU_CMD_ATS_INVAL_RID_MASK, devid & 0xffff);
	if (devid >> 16)
		cmd->dword[0] |= IOMMU_CMD_ATS_INVAL_DSV_MASK |
				 FIELD_PREP(IOMMU_CMD_ATS_INVAL_DSEG_MASK, devid >> 16);
}

/*
 * A device shall forget what it keeps of a range: of the smallest naturally aligned power of two
 * that holds first and last. With S, the lowest zero of the page number says how large it is.
 */
struct rvi_cmd rvi_cmd_ats_inval(u32 devid, u64 first, u64 last)
{
	struct rvi_cmd cmd = make_cmd(IOMMU_OPCODE_ATS, IOMMU_FUNC3_ATS_INVAL);
	unsigned int bits = fls64((first ^ last) >> 12);

	address_device(&cmd, devid);
	cmd.dword[1] = first & IOMMU_CMD_ATS_INVAL_UNTRANSLATED_ADDRESS_MASK;
	if (bits) {
		cmd.dword[1] &= bits < 52 ? ~0ULL << (bits + 12) : 0;
		cmd.dword[1] |= ((1ULL << (bits - 1)) - 1) << 12 | IOMMU_CMD_ATS_INVAL_S_MASK;
	}
	return cmd;
}

/* The answer to a group of page requests; with a process_id, if pid is not RVI_NO_PID. */
struct rvi_cmd rvi_cmd_ats_prgr(u32 devid, u32 pid, u16 group, u32 code)
{
	struct rvi_cmd cmd = make_cmd(IOMMU_OPCODE_ATS, IOMMU_FUNC3_ATS_PRGR);

	address_device(&cmd, devid);
	if (pid != RVI_NO_PID)
		cmd.dword[0] |= IOMMU_CMD_ATS_PRGR_PV_MASK |
				FIELD_PREP(IOMMU_CMD_ATS_PRGR_PID_MASK, pid);
	cmd.dword[1] = FIELD_PREP(IOMMU_CMD_ATS_PRGR_PRGI_MASK, group) |
		       FIELD_PREP(IOMMU_CMD_ATS_PRGR_RESPONSE_CODE_MASK, code);
	return cmd;
}

/* Narrow an IOTINVAL to the page at an address. */
void rvi_cmd_address(struct rvi_cmd *cmd, u64 addr)
{
	cmd->dword[0] |= IOMMU_CMD_IOTINVAL_AV_MASK;
	cmd->dword[1] = FIELD_PREP(IOMMU_CMD_IOTINVAL_ADDR_MASK, addr >> 12);
}

/*
 * Narrow an IOTINVAL to the smallest naturally aligned power of two that holds both first
 * and last: the address range extension. The number of ones that the page number ends in
 * says how large it is.
 */
void rvi_cmd_range(struct rvi_cmd *cmd, u64 first, u64 last)
{
	u64 differ = (first ^ last) >> 12;
	unsigned int bits = fls64(differ);

	if (!bits) {
		rvi_cmd_address(cmd, first);
		return;
	}
	rvi_cmd_address(cmd, (first & ~((1ULL << (bits + 12)) - 1)) |
			     (((1ULL << (bits - 1)) - 1) << 12));
	cmd->dword[1] |= IOMMU_CMD_IOTINVAL_S_MASK;
}

/**
 * rvi_cmd_of_guest() - make an invalidation of a guest one of its GSCID
 * @cmd: the command as the guest wrote it
 * @gscid: the guest's
 * @ranges: the IOMMU has address ranges (S)
 * @non_leaf: the IOMMU can be told that non-leaf entries changed (NL)
 *
 * A guest has a first stage and nothing else, and nothing that is reserved: a command that the
 * IOMMU takes for illegal would stop the queue for all.
 *
 * Return: whether it is one that a guest may give.
 */
bool rvi_cmd_of_guest(struct rvi_cmd *cmd, u32 gscid, bool ranges, bool non_leaf)
{
	u64 reserved = IOMMU_CMD_IOTINVAL_DW0_RESERVED_MASK | IOMMU_CMD_IOTINVAL_GV_MASK |
		       IOMMU_CMD_IOTINVAL_GSCID_MASK;
	u64 reserved1 = IOMMU_CMD_IOTINVAL_DW1_RESERVED_MASK;

	if (!ranges)
		reserved1 |= IOMMU_CMD_IOTINVAL_S_MASK;
	if (!non_leaf)
		reserved |= IOMMU_CMD_IOTINVAL_NL_MASK;
	if (FIELD_GET(IOMMU_CMD_OPCODE_MASK, cmd->dword[0]) != IOMMU_OPCODE_IOTINVAL ||
	    FIELD_GET(IOMMU_CMD_FUNC3_MASK, cmd->dword[0]) != IOMMU_FUNC3_IOTINVAL_VMA ||
	    cmd->dword[0] & reserved || cmd->dword[1] & reserved1)
		return false;
	cmd->dword[0] |= IOMMU_CMD_IOTINVAL_GV_MASK |
			 FIELD_PREP(IOMMU_CMD_IOTINVAL_GSCID_MASK, gscid);
	return true;
}
