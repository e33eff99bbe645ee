/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers of the lab's DMA engine (docs/lab.md), for tests of the driver. */
#ifndef RISCV_IOMMU_ENGINE_H
#define RISCV_IOMMU_ENGINE_H

#define ENGINE_ID 0x00
#define ENGINE_CONTROL 0x08
#define ENGINE_STATUS 0x10
#define ENGINE_OPERATION 0x18
#define ENGINE_SOURCE 0x20
#define ENGINE_TARGET 0x28
#define ENGINE_LENGTH 0x30
#define ENGINE_ARGUMENT 0x38
#define ENGINE_RESULT 0x40
#define ENGINE_FAULT_ADDRESS 0x48
#define ENGINE_HOSTILE 0x68
#define ENGINE_SEED 0x70
#define ENGINE_ATS 0x78

#define ENGINE_ID_VALUE 0x50434c44
#define ENGINE_START 0x01
#define ENGINE_WITH_PASID 0x04
#define ENGINE_BY_ATS 0x10
#define ENGINE_BY_PRI 0x20
#define ENGINE_BUSY 0x1
#define ENGINE_FAULT 0x4
#define ENGINE_COPY 0
#define ENGINE_FILL 1
#define ENGINE_CHASE 3
#define ENGINE_RAW 8
#define ENGINE_STORM 9

#endif
