/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What iommufd hands through between programs and this driver: a guest's own first stage on top
 * of a second stage that the program maps.
 *
 *     IOMMU_GET_HW_INFO      gives the type RVI_USER_HW_INFO and struct rvi_user_hw_info
 *     IOMMU_HWPT_ALLOC       of an IOAS with IOMMU_HWPT_ALLOC_NEST_PARENT makes the second stage;
 *                            of this one with the type RVI_USER_FIRST_STAGE and struct
 *                            rvi_user_first_stage, what lies on top
 *     IOMMU_HWPT_INVALIDATE  takes the type RVI_USER_COMMAND and struct rvi_user_command
 *
 * The kernel has no numbers for RISC-V yet; these are far from those that it has.
 */
#ifndef RISCV_IOMMU_USER_H
#define RISCV_IOMMU_USER_H

#include <linux/types.h>

#define RVI_USER_HW_INFO 0x52560001
#define RVI_USER_FIRST_STAGE 0x52560001
#define RVI_USER_COMMAND 0x52560001

/* As in the register. What concerns the second stage and interrupts is not the guest's. */
struct rvi_user_hw_info {
	__aligned_u64 capabilities;
};

/*
 * Words of the guest's device context: of tc only SADE, where the IOMMU updates A and D; of ta
 * only PSCID; fsc is iosatp, its PPN a guest physical address. Where a guest maps the interrupt
 * files (IOMMU_RESV_MSI of the device), it does so at their own addresses.
 */
struct rvi_user_first_stage {
	__aligned_u64 tc;
	__aligned_u64 ta;
	__aligned_u64 fsc;
};

/* IOTINVAL.VMA as the guest wrote it into its queue, with GV = 0. */
struct rvi_user_command {
	__aligned_u64 dword[2];
};

#endif
