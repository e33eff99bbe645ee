/* Generated from rtl/regs/iommu.rdl by rtl/regs/export.py; do not edit */
/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Registers, structures in memory and encodings of the
 * RISC-V IOMMU Architecture, release 20260222.
 *
 *   IOMMU_REG_<R>, ..._BYTES         offset and width of a register; <R>(n) is element n of an
 *                                    array, numbered as the specification numbers it
 *   IOMMU_<R>_<FIELD>_MASK           the bits of a field, in place
 *   ..._SHIFT, ..._WIDTH             its lowest bit, and how many it has
 *   IOMMU_<S>_<WORD>_<FIELD>_...     the same for a structure in memory; <WORD> is left out where
 *                                    the words have no names
 *   ..._DWORD                        which word of the structure holds the field, from 0
 *   IOMMU_<S>_BYTES, ..._OFFSET      size of a structure, offset of one of its words
 *   ..._RESERVED_MASK                bits without a use; a field that depends on a capability is
 *                                    not among them, although it is reserved without it
 *   IOMMU_<ENUMERATION>_<MEMBER>     a value of a field
 */
#ifndef IOMMU_REGS_H
#define IOMMU_REGS_H

/* The value of a field, taken out of a word; and a value, put in the place of a field. */
#define IOMMU_GET(word, FIELD) \
	(((__typeof__(FIELD##_MASK))(word) >> FIELD##_SHIFT) & (FIELD##_MASK >> FIELD##_SHIFT))
#define IOMMU_PREP(FIELD, value) \
	(((__typeof__(FIELD##_MASK))(value) << FIELD##_SHIFT) & FIELD##_MASK)

/* Register offsets in bytes */
#define IOMMU_REG_PAGE_BYTES                            4096
#define IOMMU_REG_CAPABILITIES                          0x000
#define IOMMU_REG_CAPABILITIES_BYTES                    8
#define IOMMU_REG_FCTL                                  0x008
#define IOMMU_REG_FCTL_BYTES                            4
#define IOMMU_REG_CUSTOM0                               0x00c
#define IOMMU_REG_CUSTOM0_BYTES                         4
#define IOMMU_REG_DDTP                                  0x010
#define IOMMU_REG_DDTP_BYTES                            8
#define IOMMU_REG_CQB                                   0x018
#define IOMMU_REG_CQB_BYTES                             8
#define IOMMU_REG_CQH                                   0x020
#define IOMMU_REG_CQH_BYTES                             4
#define IOMMU_REG_CQT                                   0x024
#define IOMMU_REG_CQT_BYTES                             4
#define IOMMU_REG_FQB                                   0x028
#define IOMMU_REG_FQB_BYTES                             8
#define IOMMU_REG_FQH                                   0x030
#define IOMMU_REG_FQH_BYTES                             4
#define IOMMU_REG_FQT                                   0x034
#define IOMMU_REG_FQT_BYTES                             4
#define IOMMU_REG_PQB                                   0x038
#define IOMMU_REG_PQB_BYTES                             8
#define IOMMU_REG_PQH                                   0x040
#define IOMMU_REG_PQH_BYTES                             4
#define IOMMU_REG_PQT                                   0x044
#define IOMMU_REG_PQT_BYTES                             4
#define IOMMU_REG_CQCSR                                 0x048
#define IOMMU_REG_CQCSR_BYTES                           4
#define IOMMU_REG_FQCSR                                 0x04c
#define IOMMU_REG_FQCSR_BYTES                           4
#define IOMMU_REG_PQCSR                                 0x050
#define IOMMU_REG_PQCSR_BYTES                           4
#define IOMMU_REG_IPSR                                  0x054
#define IOMMU_REG_IPSR_BYTES                            4
#define IOMMU_REG_IOCOUNTOVF                            0x058
#define IOMMU_REG_IOCOUNTOVF_BYTES                      4
#define IOMMU_REG_IOCOUNTINH                            0x05c
#define IOMMU_REG_IOCOUNTINH_BYTES                      4
#define IOMMU_REG_IOHPMCYCLES                           0x060
#define IOMMU_REG_IOHPMCYCLES_BYTES                     8
#define IOMMU_REG_IOHPMCTR(n)                           (0x060 + (n) * 8)
#define IOMMU_REG_IOHPMCTR_COUNT                        31
#define IOMMU_REG_IOHPMCTR_BYTES                        8
#define IOMMU_REG_IOHPMEVT(n)                           (0x158 + (n) * 8)
#define IOMMU_REG_IOHPMEVT_COUNT                        31
#define IOMMU_REG_IOHPMEVT_BYTES                        8
#define IOMMU_REG_TR_REQ_IOVA                           0x258
#define IOMMU_REG_TR_REQ_IOVA_BYTES                     8
#define IOMMU_REG_TR_REQ_CTL                            0x260
#define IOMMU_REG_TR_REQ_CTL_BYTES                      8
#define IOMMU_REG_TR_RESPONSE                           0x268
#define IOMMU_REG_TR_RESPONSE_BYTES                     8
#define IOMMU_REG_IOMMU_QOSID                           0x270
#define IOMMU_REG_IOMMU_QOSID_BYTES                     4
#define IOMMU_REG_CUSTOM1(n)                            (0x2b0 + (n) * 4)
#define IOMMU_REG_CUSTOM1_COUNT                         18
#define IOMMU_REG_CUSTOM1_BYTES                         4
#define IOMMU_REG_ICVEC                                 0x2f8
#define IOMMU_REG_ICVEC_BYTES                           8
#define IOMMU_REG_MSI_ADDR(n)                           (0x300 + (n) * 16)
#define IOMMU_REG_MSI_ADDR_COUNT                        16
#define IOMMU_REG_MSI_ADDR_BYTES                        8
#define IOMMU_REG_MSI_DATA(n)                           (0x308 + (n) * 16)
#define IOMMU_REG_MSI_DATA_COUNT                        16
#define IOMMU_REG_MSI_DATA_BYTES                        4
#define IOMMU_REG_MSI_VEC_CTL(n)                        (0x30c + (n) * 16)
#define IOMMU_REG_MSI_VEC_CTL_COUNT                     16
#define IOMMU_REG_MSI_VEC_CTL_BYTES                     4

/* capabilities: IOMMU capabilities (capabilities) */
#define IOMMU_CAPABILITIES_VERSION_MASK                 0x00000000000000ffULL
#define IOMMU_CAPABILITIES_VERSION_SHIFT                0
#define IOMMU_CAPABILITIES_VERSION_WIDTH                8
#define IOMMU_CAPABILITIES_SV32_MASK                    0x0000000000000100ULL
#define IOMMU_CAPABILITIES_SV32_SHIFT                   8
#define IOMMU_CAPABILITIES_SV32_WIDTH                   1
#define IOMMU_CAPABILITIES_SV39_MASK                    0x0000000000000200ULL
#define IOMMU_CAPABILITIES_SV39_SHIFT                   9
#define IOMMU_CAPABILITIES_SV39_WIDTH                   1
#define IOMMU_CAPABILITIES_SV48_MASK                    0x0000000000000400ULL
#define IOMMU_CAPABILITIES_SV48_SHIFT                   10
#define IOMMU_CAPABILITIES_SV48_WIDTH                   1
#define IOMMU_CAPABILITIES_SV57_MASK                    0x0000000000000800ULL
#define IOMMU_CAPABILITIES_SV57_SHIFT                   11
#define IOMMU_CAPABILITIES_SV57_WIDTH                   1
#define IOMMU_CAPABILITIES_SVRSW60T59B_MASK             0x0000000000004000ULL
#define IOMMU_CAPABILITIES_SVRSW60T59B_SHIFT            14
#define IOMMU_CAPABILITIES_SVRSW60T59B_WIDTH            1
#define IOMMU_CAPABILITIES_SVPBMT_MASK                  0x0000000000008000ULL
#define IOMMU_CAPABILITIES_SVPBMT_SHIFT                 15
#define IOMMU_CAPABILITIES_SVPBMT_WIDTH                 1
#define IOMMU_CAPABILITIES_SV32X4_MASK                  0x0000000000010000ULL
#define IOMMU_CAPABILITIES_SV32X4_SHIFT                 16
#define IOMMU_CAPABILITIES_SV32X4_WIDTH                 1
#define IOMMU_CAPABILITIES_SV39X4_MASK                  0x0000000000020000ULL
#define IOMMU_CAPABILITIES_SV39X4_SHIFT                 17
#define IOMMU_CAPABILITIES_SV39X4_WIDTH                 1
#define IOMMU_CAPABILITIES_SV48X4_MASK                  0x0000000000040000ULL
#define IOMMU_CAPABILITIES_SV48X4_SHIFT                 18
#define IOMMU_CAPABILITIES_SV48X4_WIDTH                 1
#define IOMMU_CAPABILITIES_SV57X4_MASK                  0x0000000000080000ULL
#define IOMMU_CAPABILITIES_SV57X4_SHIFT                 19
#define IOMMU_CAPABILITIES_SV57X4_WIDTH                 1
#define IOMMU_CAPABILITIES_AMO_MRIF_MASK                0x0000000000200000ULL
#define IOMMU_CAPABILITIES_AMO_MRIF_SHIFT               21
#define IOMMU_CAPABILITIES_AMO_MRIF_WIDTH               1
#define IOMMU_CAPABILITIES_MSI_FLAT_MASK                0x0000000000400000ULL
#define IOMMU_CAPABILITIES_MSI_FLAT_SHIFT               22
#define IOMMU_CAPABILITIES_MSI_FLAT_WIDTH               1
#define IOMMU_CAPABILITIES_MSI_MRIF_MASK                0x0000000000800000ULL
#define IOMMU_CAPABILITIES_MSI_MRIF_SHIFT               23
#define IOMMU_CAPABILITIES_MSI_MRIF_WIDTH               1
#define IOMMU_CAPABILITIES_AMO_HWAD_MASK                0x0000000001000000ULL
#define IOMMU_CAPABILITIES_AMO_HWAD_SHIFT               24
#define IOMMU_CAPABILITIES_AMO_HWAD_WIDTH               1
#define IOMMU_CAPABILITIES_ATS_MASK                     0x0000000002000000ULL
#define IOMMU_CAPABILITIES_ATS_SHIFT                    25
#define IOMMU_CAPABILITIES_ATS_WIDTH                    1
#define IOMMU_CAPABILITIES_T2GPA_MASK                   0x0000000004000000ULL
#define IOMMU_CAPABILITIES_T2GPA_SHIFT                  26
#define IOMMU_CAPABILITIES_T2GPA_WIDTH                  1
#define IOMMU_CAPABILITIES_END_MASK                     0x0000000008000000ULL
#define IOMMU_CAPABILITIES_END_SHIFT                    27
#define IOMMU_CAPABILITIES_END_WIDTH                    1
#define IOMMU_CAPABILITIES_IGS_MASK                     0x0000000030000000ULL
#define IOMMU_CAPABILITIES_IGS_SHIFT                    28
#define IOMMU_CAPABILITIES_IGS_WIDTH                    2
#define IOMMU_CAPABILITIES_HPM_MASK                     0x0000000040000000ULL
#define IOMMU_CAPABILITIES_HPM_SHIFT                    30
#define IOMMU_CAPABILITIES_HPM_WIDTH                    1
#define IOMMU_CAPABILITIES_DBG_MASK                     0x0000000080000000ULL
#define IOMMU_CAPABILITIES_DBG_SHIFT                    31
#define IOMMU_CAPABILITIES_DBG_WIDTH                    1
#define IOMMU_CAPABILITIES_PAS_MASK                     0x0000003f00000000ULL
#define IOMMU_CAPABILITIES_PAS_SHIFT                    32
#define IOMMU_CAPABILITIES_PAS_WIDTH                    6
#define IOMMU_CAPABILITIES_PD8_MASK                     0x0000004000000000ULL
#define IOMMU_CAPABILITIES_PD8_SHIFT                    38
#define IOMMU_CAPABILITIES_PD8_WIDTH                    1
#define IOMMU_CAPABILITIES_PD17_MASK                    0x0000008000000000ULL
#define IOMMU_CAPABILITIES_PD17_SHIFT                   39
#define IOMMU_CAPABILITIES_PD17_WIDTH                   1
#define IOMMU_CAPABILITIES_PD20_MASK                    0x0000010000000000ULL
#define IOMMU_CAPABILITIES_PD20_SHIFT                   40
#define IOMMU_CAPABILITIES_PD20_WIDTH                   1
#define IOMMU_CAPABILITIES_QOSID_MASK                   0x0000020000000000ULL
#define IOMMU_CAPABILITIES_QOSID_SHIFT                  41
#define IOMMU_CAPABILITIES_QOSID_WIDTH                  1
#define IOMMU_CAPABILITIES_NL_MASK                      0x0000040000000000ULL
#define IOMMU_CAPABILITIES_NL_SHIFT                     42
#define IOMMU_CAPABILITIES_NL_WIDTH                     1
#define IOMMU_CAPABILITIES_S_MASK                       0x0000080000000000ULL
#define IOMMU_CAPABILITIES_S_SHIFT                      43
#define IOMMU_CAPABILITIES_S_WIDTH                      1
#define IOMMU_CAPABILITIES_CUSTOM_MASK                  0xff00000000000000ULL
#define IOMMU_CAPABILITIES_CUSTOM_SHIFT                 56
#define IOMMU_CAPABILITIES_CUSTOM_WIDTH                 8
#define IOMMU_CAPABILITIES_RESERVED_MASK                0x00fff00000103000ULL

/* fctl: Features-control register (fctl) */
#define IOMMU_FCTL_BE_MASK                              0x00000001U
#define IOMMU_FCTL_BE_SHIFT                             0
#define IOMMU_FCTL_BE_WIDTH                             1
#define IOMMU_FCTL_WSI_MASK                             0x00000002U
#define IOMMU_FCTL_WSI_SHIFT                            1
#define IOMMU_FCTL_WSI_WIDTH                            1
#define IOMMU_FCTL_GXL_MASK                             0x00000004U
#define IOMMU_FCTL_GXL_SHIFT                            2
#define IOMMU_FCTL_GXL_WIDTH                            1
#define IOMMU_FCTL_CUSTOM_MASK                          0xffff0000U
#define IOMMU_FCTL_CUSTOM_SHIFT                         16
#define IOMMU_FCTL_CUSTOM_WIDTH                         16
#define IOMMU_FCTL_RESERVED_MASK                        0x0000fff8U

/* custom0: Register layout */
#define IOMMU_CUSTOM0_CUSTOM_MASK                       0xffffffffU
#define IOMMU_CUSTOM0_CUSTOM_SHIFT                      0
#define IOMMU_CUSTOM0_CUSTOM_WIDTH                      32
#define IOMMU_CUSTOM0_RESERVED_MASK                     0x00000000U

/* ddtp: Device-directory-table pointer (ddtp) */
#define IOMMU_DDTP_IOMMU_MODE_MASK                      0x000000000000000fULL
#define IOMMU_DDTP_IOMMU_MODE_SHIFT                     0
#define IOMMU_DDTP_IOMMU_MODE_WIDTH                     4
#define IOMMU_DDTP_BUSY_MASK                            0x0000000000000010ULL
#define IOMMU_DDTP_BUSY_SHIFT                           4
#define IOMMU_DDTP_BUSY_WIDTH                           1
#define IOMMU_DDTP_PPN_MASK                             0x003ffffffffffc00ULL
#define IOMMU_DDTP_PPN_SHIFT                            10
#define IOMMU_DDTP_PPN_WIDTH                            44
#define IOMMU_DDTP_RESERVED_MASK                        0xffc00000000003e0ULL

/* cqb: Command-queue base (cqb) */
#define IOMMU_CQB_LOG2SZ_1_MASK                         0x000000000000001fULL
#define IOMMU_CQB_LOG2SZ_1_SHIFT                        0
#define IOMMU_CQB_LOG2SZ_1_WIDTH                        5
#define IOMMU_CQB_PPN_MASK                              0x003ffffffffffc00ULL
#define IOMMU_CQB_PPN_SHIFT                             10
#define IOMMU_CQB_PPN_WIDTH                             44
#define IOMMU_CQB_RESERVED_MASK                         0xffc00000000003e0ULL

/* cqh: Command-queue head (cqh) */
#define IOMMU_CQH_INDEX_MASK                            0xffffffffU
#define IOMMU_CQH_INDEX_SHIFT                           0
#define IOMMU_CQH_INDEX_WIDTH                           32
#define IOMMU_CQH_RESERVED_MASK                         0x00000000U

/* cqt: Command-queue tail (cqt) */
#define IOMMU_CQT_INDEX_MASK                            0xffffffffU
#define IOMMU_CQT_INDEX_SHIFT                           0
#define IOMMU_CQT_INDEX_WIDTH                           32
#define IOMMU_CQT_RESERVED_MASK                         0x00000000U

/* fqb: Fault queue base (fqb) */
#define IOMMU_FQB_LOG2SZ_1_MASK                         0x000000000000001fULL
#define IOMMU_FQB_LOG2SZ_1_SHIFT                        0
#define IOMMU_FQB_LOG2SZ_1_WIDTH                        5
#define IOMMU_FQB_PPN_MASK                              0x003ffffffffffc00ULL
#define IOMMU_FQB_PPN_SHIFT                             10
#define IOMMU_FQB_PPN_WIDTH                             44
#define IOMMU_FQB_RESERVED_MASK                         0xffc00000000003e0ULL

/* fqh: Fault queue head (fqh) */
#define IOMMU_FQH_INDEX_MASK                            0xffffffffU
#define IOMMU_FQH_INDEX_SHIFT                           0
#define IOMMU_FQH_INDEX_WIDTH                           32
#define IOMMU_FQH_RESERVED_MASK                         0x00000000U

/* fqt: Fault queue tail (fqt) */
#define IOMMU_FQT_INDEX_MASK                            0xffffffffU
#define IOMMU_FQT_INDEX_SHIFT                           0
#define IOMMU_FQT_INDEX_WIDTH                           32
#define IOMMU_FQT_RESERVED_MASK                         0x00000000U

/* pqb: Page-request-queue base (pqb) */
#define IOMMU_PQB_LOG2SZ_1_MASK                         0x000000000000001fULL
#define IOMMU_PQB_LOG2SZ_1_SHIFT                        0
#define IOMMU_PQB_LOG2SZ_1_WIDTH                        5
#define IOMMU_PQB_PPN_MASK                              0x003ffffffffffc00ULL
#define IOMMU_PQB_PPN_SHIFT                             10
#define IOMMU_PQB_PPN_WIDTH                             44
#define IOMMU_PQB_RESERVED_MASK                         0xffc00000000003e0ULL

/* pqh: Page-request-queue head (pqh) */
#define IOMMU_PQH_INDEX_MASK                            0xffffffffU
#define IOMMU_PQH_INDEX_SHIFT                           0
#define IOMMU_PQH_INDEX_WIDTH                           32
#define IOMMU_PQH_RESERVED_MASK                         0x00000000U

/* pqt: Page-request-queue tail (pqt) */
#define IOMMU_PQT_INDEX_MASK                            0xffffffffU
#define IOMMU_PQT_INDEX_SHIFT                           0
#define IOMMU_PQT_INDEX_WIDTH                           32
#define IOMMU_PQT_RESERVED_MASK                         0x00000000U

/* cqcsr: Command-queue CSR (cqcsr) */
#define IOMMU_CQCSR_CQEN_MASK                           0x00000001U
#define IOMMU_CQCSR_CQEN_SHIFT                          0
#define IOMMU_CQCSR_CQEN_WIDTH                          1
#define IOMMU_CQCSR_CIE_MASK                            0x00000002U
#define IOMMU_CQCSR_CIE_SHIFT                           1
#define IOMMU_CQCSR_CIE_WIDTH                           1
#define IOMMU_CQCSR_CQMF_MASK                           0x00000100U
#define IOMMU_CQCSR_CQMF_SHIFT                          8
#define IOMMU_CQCSR_CQMF_WIDTH                          1
#define IOMMU_CQCSR_CMD_TO_MASK                         0x00000200U
#define IOMMU_CQCSR_CMD_TO_SHIFT                        9
#define IOMMU_CQCSR_CMD_TO_WIDTH                        1
#define IOMMU_CQCSR_CMD_ILL_MASK                        0x00000400U
#define IOMMU_CQCSR_CMD_ILL_SHIFT                       10
#define IOMMU_CQCSR_CMD_ILL_WIDTH                       1
#define IOMMU_CQCSR_FENCE_W_IP_MASK                     0x00000800U
#define IOMMU_CQCSR_FENCE_W_IP_SHIFT                    11
#define IOMMU_CQCSR_FENCE_W_IP_WIDTH                    1
#define IOMMU_CQCSR_CQON_MASK                           0x00010000U
#define IOMMU_CQCSR_CQON_SHIFT                          16
#define IOMMU_CQCSR_CQON_WIDTH                          1
#define IOMMU_CQCSR_BUSY_MASK                           0x00020000U
#define IOMMU_CQCSR_BUSY_SHIFT                          17
#define IOMMU_CQCSR_BUSY_WIDTH                          1
#define IOMMU_CQCSR_CUSTOM_MASK                         0xf0000000U
#define IOMMU_CQCSR_CUSTOM_SHIFT                        28
#define IOMMU_CQCSR_CUSTOM_WIDTH                        4
#define IOMMU_CQCSR_RESERVED_MASK                       0x0ffcf0fcU

/* fqcsr: Fault queue CSR (fqcsr) */
#define IOMMU_FQCSR_FQEN_MASK                           0x00000001U
#define IOMMU_FQCSR_FQEN_SHIFT                          0
#define IOMMU_FQCSR_FQEN_WIDTH                          1
#define IOMMU_FQCSR_FIE_MASK                            0x00000002U
#define IOMMU_FQCSR_FIE_SHIFT                           1
#define IOMMU_FQCSR_FIE_WIDTH                           1
#define IOMMU_FQCSR_FQMF_MASK                           0x00000100U
#define IOMMU_FQCSR_FQMF_SHIFT                          8
#define IOMMU_FQCSR_FQMF_WIDTH                          1
#define IOMMU_FQCSR_FQOF_MASK                           0x00000200U
#define IOMMU_FQCSR_FQOF_SHIFT                          9
#define IOMMU_FQCSR_FQOF_WIDTH                          1
#define IOMMU_FQCSR_FQON_MASK                           0x00010000U
#define IOMMU_FQCSR_FQON_SHIFT                          16
#define IOMMU_FQCSR_FQON_WIDTH                          1
#define IOMMU_FQCSR_BUSY_MASK                           0x00020000U
#define IOMMU_FQCSR_BUSY_SHIFT                          17
#define IOMMU_FQCSR_BUSY_WIDTH                          1
#define IOMMU_FQCSR_CUSTOM_MASK                         0xf0000000U
#define IOMMU_FQCSR_CUSTOM_SHIFT                        28
#define IOMMU_FQCSR_CUSTOM_WIDTH                        4
#define IOMMU_FQCSR_RESERVED_MASK                       0x0ffcfcfcU

/* pqcsr: Page-request-queue CSR (pqcsr) */
#define IOMMU_PQCSR_PQEN_MASK                           0x00000001U
#define IOMMU_PQCSR_PQEN_SHIFT                          0
#define IOMMU_PQCSR_PQEN_WIDTH                          1
#define IOMMU_PQCSR_PIE_MASK                            0x00000002U
#define IOMMU_PQCSR_PIE_SHIFT                           1
#define IOMMU_PQCSR_PIE_WIDTH                           1
#define IOMMU_PQCSR_PQMF_MASK                           0x00000100U
#define IOMMU_PQCSR_PQMF_SHIFT                          8
#define IOMMU_PQCSR_PQMF_WIDTH                          1
#define IOMMU_PQCSR_PQOF_MASK                           0x00000200U
#define IOMMU_PQCSR_PQOF_SHIFT                          9
#define IOMMU_PQCSR_PQOF_WIDTH                          1
#define IOMMU_PQCSR_PQON_MASK                           0x00010000U
#define IOMMU_PQCSR_PQON_SHIFT                          16
#define IOMMU_PQCSR_PQON_WIDTH                          1
#define IOMMU_PQCSR_BUSY_MASK                           0x00020000U
#define IOMMU_PQCSR_BUSY_SHIFT                          17
#define IOMMU_PQCSR_BUSY_WIDTH                          1
#define IOMMU_PQCSR_CUSTOM_MASK                         0xf0000000U
#define IOMMU_PQCSR_CUSTOM_SHIFT                        28
#define IOMMU_PQCSR_CUSTOM_WIDTH                        4
#define IOMMU_PQCSR_RESERVED_MASK                       0x0ffcfcfcU

/* ipsr: Interrupt pending status register (ipsr) */
#define IOMMU_IPSR_CIP_MASK                             0x00000001U
#define IOMMU_IPSR_CIP_SHIFT                            0
#define IOMMU_IPSR_CIP_WIDTH                            1
#define IOMMU_IPSR_FIP_MASK                             0x00000002U
#define IOMMU_IPSR_FIP_SHIFT                            1
#define IOMMU_IPSR_FIP_WIDTH                            1
#define IOMMU_IPSR_PMIP_MASK                            0x00000004U
#define IOMMU_IPSR_PMIP_SHIFT                           2
#define IOMMU_IPSR_PMIP_WIDTH                           1
#define IOMMU_IPSR_PIP_MASK                             0x00000008U
#define IOMMU_IPSR_PIP_SHIFT                            3
#define IOMMU_IPSR_PIP_WIDTH                            1
#define IOMMU_IPSR_CUSTOM_MASK                          0x0000ff00U
#define IOMMU_IPSR_CUSTOM_SHIFT                         8
#define IOMMU_IPSR_CUSTOM_WIDTH                         8
#define IOMMU_IPSR_RESERVED_MASK                        0xffff00f0U

/* iocountovf: Performance-monitoring counter overflow status (iocountovf) */
#define IOMMU_IOCOUNTOVF_CY_MASK                        0x00000001U
#define IOMMU_IOCOUNTOVF_CY_SHIFT                       0
#define IOMMU_IOCOUNTOVF_CY_WIDTH                       1
#define IOMMU_IOCOUNTOVF_HPM_MASK                       0xfffffffeU
#define IOMMU_IOCOUNTOVF_HPM_SHIFT                      1
#define IOMMU_IOCOUNTOVF_HPM_WIDTH                      31
#define IOMMU_IOCOUNTOVF_RESERVED_MASK                  0x00000000U

/* iocountinh: Performance-monitoring counter inhibits (iocountinh) */
#define IOMMU_IOCOUNTINH_CY_MASK                        0x00000001U
#define IOMMU_IOCOUNTINH_CY_SHIFT                       0
#define IOMMU_IOCOUNTINH_CY_WIDTH                       1
#define IOMMU_IOCOUNTINH_HPM_MASK                       0xfffffffeU
#define IOMMU_IOCOUNTINH_HPM_SHIFT                      1
#define IOMMU_IOCOUNTINH_HPM_WIDTH                      31
#define IOMMU_IOCOUNTINH_RESERVED_MASK                  0x00000000U

/* iohpmcycles: Performance-monitoring cycles counter (iohpmcycles) */
#define IOMMU_IOHPMCYCLES_COUNTER_MASK                  0x7fffffffffffffffULL
#define IOMMU_IOHPMCYCLES_COUNTER_SHIFT                 0
#define IOMMU_IOHPMCYCLES_COUNTER_WIDTH                 63
#define IOMMU_IOHPMCYCLES_OF_MASK                       0x8000000000000000ULL
#define IOMMU_IOHPMCYCLES_OF_SHIFT                      63
#define IOMMU_IOHPMCYCLES_OF_WIDTH                      1
#define IOMMU_IOHPMCYCLES_RESERVED_MASK                 0x0000000000000000ULL

/* iohpmctr: Performance-monitoring event counters (iohpmctr1-31) */
#define IOMMU_IOHPMCTR_COUNTER_MASK                     0xffffffffffffffffULL
#define IOMMU_IOHPMCTR_COUNTER_SHIFT                    0
#define IOMMU_IOHPMCTR_COUNTER_WIDTH                    64
#define IOMMU_IOHPMCTR_RESERVED_MASK                    0x0000000000000000ULL

/* iohpmevt: Performance-monitoring event selectors (iohpmevt1-31) */
#define IOMMU_IOHPMEVT_EVENTID_MASK                     0x0000000000007fffULL
#define IOMMU_IOHPMEVT_EVENTID_SHIFT                    0
#define IOMMU_IOHPMEVT_EVENTID_WIDTH                    15
#define IOMMU_IOHPMEVT_DMASK_MASK                       0x0000000000008000ULL
#define IOMMU_IOHPMEVT_DMASK_SHIFT                      15
#define IOMMU_IOHPMEVT_DMASK_WIDTH                      1
#define IOMMU_IOHPMEVT_PID_PSCID_MASK                   0x0000000fffff0000ULL
#define IOMMU_IOHPMEVT_PID_PSCID_SHIFT                  16
#define IOMMU_IOHPMEVT_PID_PSCID_WIDTH                  20
#define IOMMU_IOHPMEVT_DID_GSCID_MASK                   0x0ffffff000000000ULL
#define IOMMU_IOHPMEVT_DID_GSCID_SHIFT                  36
#define IOMMU_IOHPMEVT_DID_GSCID_WIDTH                  24
#define IOMMU_IOHPMEVT_PV_PSCV_MASK                     0x1000000000000000ULL
#define IOMMU_IOHPMEVT_PV_PSCV_SHIFT                    60
#define IOMMU_IOHPMEVT_PV_PSCV_WIDTH                    1
#define IOMMU_IOHPMEVT_DV_GSCV_MASK                     0x2000000000000000ULL
#define IOMMU_IOHPMEVT_DV_GSCV_SHIFT                    61
#define IOMMU_IOHPMEVT_DV_GSCV_WIDTH                    1
#define IOMMU_IOHPMEVT_IDT_MASK                         0x4000000000000000ULL
#define IOMMU_IOHPMEVT_IDT_SHIFT                        62
#define IOMMU_IOHPMEVT_IDT_WIDTH                        1
#define IOMMU_IOHPMEVT_OF_MASK                          0x8000000000000000ULL
#define IOMMU_IOHPMEVT_OF_SHIFT                         63
#define IOMMU_IOHPMEVT_OF_WIDTH                         1
#define IOMMU_IOHPMEVT_RESERVED_MASK                    0x0000000000000000ULL

/* tr_req_iova: Translation-request IOVA (tr_req_iova) */
#define IOMMU_TR_REQ_IOVA_VPN_MASK                      0xfffffffffffff000ULL
#define IOMMU_TR_REQ_IOVA_VPN_SHIFT                     12
#define IOMMU_TR_REQ_IOVA_VPN_WIDTH                     52
#define IOMMU_TR_REQ_IOVA_RESERVED_MASK                 0x0000000000000fffULL

/* tr_req_ctl: Translation-request control (tr_req_ctl) */
#define IOMMU_TR_REQ_CTL_GO_BUSY_MASK                   0x0000000000000001ULL
#define IOMMU_TR_REQ_CTL_GO_BUSY_SHIFT                  0
#define IOMMU_TR_REQ_CTL_GO_BUSY_WIDTH                  1
#define IOMMU_TR_REQ_CTL_PRIV_MASK                      0x0000000000000002ULL
#define IOMMU_TR_REQ_CTL_PRIV_SHIFT                     1
#define IOMMU_TR_REQ_CTL_PRIV_WIDTH                     1
#define IOMMU_TR_REQ_CTL_EXE_MASK                       0x0000000000000004ULL
#define IOMMU_TR_REQ_CTL_EXE_SHIFT                      2
#define IOMMU_TR_REQ_CTL_EXE_WIDTH                      1
#define IOMMU_TR_REQ_CTL_NW_MASK                        0x0000000000000008ULL
#define IOMMU_TR_REQ_CTL_NW_SHIFT                       3
#define IOMMU_TR_REQ_CTL_NW_WIDTH                       1
#define IOMMU_TR_REQ_CTL_PID_MASK                       0x00000000fffff000ULL
#define IOMMU_TR_REQ_CTL_PID_SHIFT                      12
#define IOMMU_TR_REQ_CTL_PID_WIDTH                      20
#define IOMMU_TR_REQ_CTL_PV_MASK                        0x0000000100000000ULL
#define IOMMU_TR_REQ_CTL_PV_SHIFT                       32
#define IOMMU_TR_REQ_CTL_PV_WIDTH                       1
#define IOMMU_TR_REQ_CTL_CUSTOM_MASK                    0x000000f000000000ULL
#define IOMMU_TR_REQ_CTL_CUSTOM_SHIFT                   36
#define IOMMU_TR_REQ_CTL_CUSTOM_WIDTH                   4
#define IOMMU_TR_REQ_CTL_DID_MASK                       0xffffff0000000000ULL
#define IOMMU_TR_REQ_CTL_DID_SHIFT                      40
#define IOMMU_TR_REQ_CTL_DID_WIDTH                      24
#define IOMMU_TR_REQ_CTL_RESERVED_MASK                  0x0000000e00000ff0ULL

/* tr_response: Translation-response (tr_response) */
#define IOMMU_TR_RESPONSE_FAULT_MASK                    0x0000000000000001ULL
#define IOMMU_TR_RESPONSE_FAULT_SHIFT                   0
#define IOMMU_TR_RESPONSE_FAULT_WIDTH                   1
#define IOMMU_TR_RESPONSE_PBMT_MASK                     0x0000000000000180ULL
#define IOMMU_TR_RESPONSE_PBMT_SHIFT                    7
#define IOMMU_TR_RESPONSE_PBMT_WIDTH                    2
#define IOMMU_TR_RESPONSE_S_MASK                        0x0000000000000200ULL
#define IOMMU_TR_RESPONSE_S_SHIFT                       9
#define IOMMU_TR_RESPONSE_S_WIDTH                       1
#define IOMMU_TR_RESPONSE_PPN_MASK                      0x003ffffffffffc00ULL
#define IOMMU_TR_RESPONSE_PPN_SHIFT                     10
#define IOMMU_TR_RESPONSE_PPN_WIDTH                     44
#define IOMMU_TR_RESPONSE_CUSTOM_MASK                   0xf000000000000000ULL
#define IOMMU_TR_RESPONSE_CUSTOM_SHIFT                  60
#define IOMMU_TR_RESPONSE_CUSTOM_WIDTH                  4
#define IOMMU_TR_RESPONSE_RESERVED_MASK                 0x0fc000000000007eULL

/* iommu_qosid: IOMMU QoS ID (iommu_qosid) */
#define IOMMU_IOMMU_QOSID_RCID_MASK                     0x00000fffU
#define IOMMU_IOMMU_QOSID_RCID_SHIFT                    0
#define IOMMU_IOMMU_QOSID_RCID_WIDTH                    12
#define IOMMU_IOMMU_QOSID_MCID_MASK                     0x0fff0000U
#define IOMMU_IOMMU_QOSID_MCID_SHIFT                    16
#define IOMMU_IOMMU_QOSID_MCID_WIDTH                    12
#define IOMMU_IOMMU_QOSID_RESERVED_MASK                 0xf000f000U

/* custom1: Register layout */
#define IOMMU_CUSTOM1_CUSTOM_MASK                       0xffffffffU
#define IOMMU_CUSTOM1_CUSTOM_SHIFT                      0
#define IOMMU_CUSTOM1_CUSTOM_WIDTH                      32
#define IOMMU_CUSTOM1_RESERVED_MASK                     0x00000000U

/* icvec: Interrupt-cause-to-vector register (icvec) */
#define IOMMU_ICVEC_CIV_MASK                            0x000000000000000fULL
#define IOMMU_ICVEC_CIV_SHIFT                           0
#define IOMMU_ICVEC_CIV_WIDTH                           4
#define IOMMU_ICVEC_FIV_MASK                            0x00000000000000f0ULL
#define IOMMU_ICVEC_FIV_SHIFT                           4
#define IOMMU_ICVEC_FIV_WIDTH                           4
#define IOMMU_ICVEC_PMIV_MASK                           0x0000000000000f00ULL
#define IOMMU_ICVEC_PMIV_SHIFT                          8
#define IOMMU_ICVEC_PMIV_WIDTH                          4
#define IOMMU_ICVEC_PIV_MASK                            0x000000000000f000ULL
#define IOMMU_ICVEC_PIV_SHIFT                           12
#define IOMMU_ICVEC_PIV_WIDTH                           4
#define IOMMU_ICVEC_CUSTOM_MASK                         0xffffffff00000000ULL
#define IOMMU_ICVEC_CUSTOM_SHIFT                        32
#define IOMMU_ICVEC_CUSTOM_WIDTH                        32
#define IOMMU_ICVEC_RESERVED_MASK                       0x00000000ffff0000ULL

/* msi_addr: MSI configuration table (msi_cfg_tbl) */
#define IOMMU_MSI_ADDR_ADDR_MASK                        0x00fffffffffffffcULL
#define IOMMU_MSI_ADDR_ADDR_SHIFT                       2
#define IOMMU_MSI_ADDR_ADDR_WIDTH                       54
#define IOMMU_MSI_ADDR_RESERVED_MASK                    0xff00000000000003ULL

/* msi_data: MSI configuration table (msi_cfg_tbl) */
#define IOMMU_MSI_DATA_DATA_MASK                        0xffffffffU
#define IOMMU_MSI_DATA_DATA_SHIFT                       0
#define IOMMU_MSI_DATA_DATA_WIDTH                       32
#define IOMMU_MSI_DATA_RESERVED_MASK                    0x00000000U

/* msi_vec_ctl: MSI configuration table (msi_cfg_tbl) */
#define IOMMU_MSI_VEC_CTL_M_MASK                        0x00000001U
#define IOMMU_MSI_VEC_CTL_M_SHIFT                       0
#define IOMMU_MSI_VEC_CTL_M_WIDTH                       1
#define IOMMU_MSI_VEC_CTL_RESERVED_MASK                 0xfffffffeU

/* device_id_base: Data Structures */
#define IOMMU_DEVICE_ID_BASE_BYTES                      4
#define IOMMU_DEVICE_ID_BASE_DDI0_MASK                  0x0000007fU
#define IOMMU_DEVICE_ID_BASE_DDI0_SHIFT                 0
#define IOMMU_DEVICE_ID_BASE_DDI0_WIDTH                 7
#define IOMMU_DEVICE_ID_BASE_DDI0_DWORD                 0
#define IOMMU_DEVICE_ID_BASE_DDI1_MASK                  0x0000ff80U
#define IOMMU_DEVICE_ID_BASE_DDI1_SHIFT                 7
#define IOMMU_DEVICE_ID_BASE_DDI1_WIDTH                 9
#define IOMMU_DEVICE_ID_BASE_DDI1_DWORD                 0
#define IOMMU_DEVICE_ID_BASE_DDI2_MASK                  0x00ff0000U
#define IOMMU_DEVICE_ID_BASE_DDI2_SHIFT                 16
#define IOMMU_DEVICE_ID_BASE_DDI2_WIDTH                 8
#define IOMMU_DEVICE_ID_BASE_DDI2_DWORD                 0
#define IOMMU_DEVICE_ID_BASE_RESERVED_MASK              0xff000000U

/* device_id_ext: Data Structures */
#define IOMMU_DEVICE_ID_EXT_BYTES                       4
#define IOMMU_DEVICE_ID_EXT_DDI0_MASK                   0x0000003fU
#define IOMMU_DEVICE_ID_EXT_DDI0_SHIFT                  0
#define IOMMU_DEVICE_ID_EXT_DDI0_WIDTH                  6
#define IOMMU_DEVICE_ID_EXT_DDI0_DWORD                  0
#define IOMMU_DEVICE_ID_EXT_DDI1_MASK                   0x00007fc0U
#define IOMMU_DEVICE_ID_EXT_DDI1_SHIFT                  6
#define IOMMU_DEVICE_ID_EXT_DDI1_WIDTH                  9
#define IOMMU_DEVICE_ID_EXT_DDI1_DWORD                  0
#define IOMMU_DEVICE_ID_EXT_DDI2_MASK                   0x00ff8000U
#define IOMMU_DEVICE_ID_EXT_DDI2_SHIFT                  15
#define IOMMU_DEVICE_ID_EXT_DDI2_WIDTH                  9
#define IOMMU_DEVICE_ID_EXT_DDI2_DWORD                  0
#define IOMMU_DEVICE_ID_EXT_RESERVED_MASK               0xff000000U

/* process_id: Data Structures */
#define IOMMU_PROCESS_ID_BYTES                          4
#define IOMMU_PROCESS_ID_PDI0_MASK                      0x000000ffU
#define IOMMU_PROCESS_ID_PDI0_SHIFT                     0
#define IOMMU_PROCESS_ID_PDI0_WIDTH                     8
#define IOMMU_PROCESS_ID_PDI0_DWORD                     0
#define IOMMU_PROCESS_ID_PDI1_MASK                      0x0001ff00U
#define IOMMU_PROCESS_ID_PDI1_SHIFT                     8
#define IOMMU_PROCESS_ID_PDI1_WIDTH                     9
#define IOMMU_PROCESS_ID_PDI1_DWORD                     0
#define IOMMU_PROCESS_ID_PDI2_MASK                      0x000e0000U
#define IOMMU_PROCESS_ID_PDI2_SHIFT                     17
#define IOMMU_PROCESS_ID_PDI2_WIDTH                     3
#define IOMMU_PROCESS_ID_PDI2_DWORD                     0
#define IOMMU_PROCESS_ID_RESERVED_MASK                  0xfff00000U

/* ddte: Non-leaf DDT entry */
#define IOMMU_DDTE_BYTES                                8
#define IOMMU_DDTE_V_MASK                               0x0000000000000001ULL
#define IOMMU_DDTE_V_SHIFT                              0
#define IOMMU_DDTE_V_WIDTH                              1
#define IOMMU_DDTE_V_DWORD                              0
#define IOMMU_DDTE_PPN_MASK                             0x003ffffffffffc00ULL
#define IOMMU_DDTE_PPN_SHIFT                            10
#define IOMMU_DDTE_PPN_WIDTH                            44
#define IOMMU_DDTE_PPN_DWORD                            0
#define IOMMU_DDTE_RESERVED_MASK                        0xffc00000000003feULL

/* dc_base: Leaf DDT entry */
#define IOMMU_DC_BASE_BYTES                             32
#define IOMMU_DC_TC_OFFSET                              0
#define IOMMU_DC_TC_V_MASK                              0x0000000000000001ULL
#define IOMMU_DC_TC_V_SHIFT                             0
#define IOMMU_DC_TC_V_WIDTH                             1
#define IOMMU_DC_TC_V_DWORD                             0
#define IOMMU_DC_TC_EN_ATS_MASK                         0x0000000000000002ULL
#define IOMMU_DC_TC_EN_ATS_SHIFT                        1
#define IOMMU_DC_TC_EN_ATS_WIDTH                        1
#define IOMMU_DC_TC_EN_ATS_DWORD                        0
#define IOMMU_DC_TC_EN_PRI_MASK                         0x0000000000000004ULL
#define IOMMU_DC_TC_EN_PRI_SHIFT                        2
#define IOMMU_DC_TC_EN_PRI_WIDTH                        1
#define IOMMU_DC_TC_EN_PRI_DWORD                        0
#define IOMMU_DC_TC_T2GPA_MASK                          0x0000000000000008ULL
#define IOMMU_DC_TC_T2GPA_SHIFT                         3
#define IOMMU_DC_TC_T2GPA_WIDTH                         1
#define IOMMU_DC_TC_T2GPA_DWORD                         0
#define IOMMU_DC_TC_DTF_MASK                            0x0000000000000010ULL
#define IOMMU_DC_TC_DTF_SHIFT                           4
#define IOMMU_DC_TC_DTF_WIDTH                           1
#define IOMMU_DC_TC_DTF_DWORD                           0
#define IOMMU_DC_TC_PDTV_MASK                           0x0000000000000020ULL
#define IOMMU_DC_TC_PDTV_SHIFT                          5
#define IOMMU_DC_TC_PDTV_WIDTH                          1
#define IOMMU_DC_TC_PDTV_DWORD                          0
#define IOMMU_DC_TC_PRPR_MASK                           0x0000000000000040ULL
#define IOMMU_DC_TC_PRPR_SHIFT                          6
#define IOMMU_DC_TC_PRPR_WIDTH                          1
#define IOMMU_DC_TC_PRPR_DWORD                          0
#define IOMMU_DC_TC_GADE_MASK                           0x0000000000000080ULL
#define IOMMU_DC_TC_GADE_SHIFT                          7
#define IOMMU_DC_TC_GADE_WIDTH                          1
#define IOMMU_DC_TC_GADE_DWORD                          0
#define IOMMU_DC_TC_SADE_MASK                           0x0000000000000100ULL
#define IOMMU_DC_TC_SADE_SHIFT                          8
#define IOMMU_DC_TC_SADE_WIDTH                          1
#define IOMMU_DC_TC_SADE_DWORD                          0
#define IOMMU_DC_TC_DPE_MASK                            0x0000000000000200ULL
#define IOMMU_DC_TC_DPE_SHIFT                           9
#define IOMMU_DC_TC_DPE_WIDTH                           1
#define IOMMU_DC_TC_DPE_DWORD                           0
#define IOMMU_DC_TC_SBE_MASK                            0x0000000000000400ULL
#define IOMMU_DC_TC_SBE_SHIFT                           10
#define IOMMU_DC_TC_SBE_WIDTH                           1
#define IOMMU_DC_TC_SBE_DWORD                           0
#define IOMMU_DC_TC_SXL_MASK                            0x0000000000000800ULL
#define IOMMU_DC_TC_SXL_SHIFT                           11
#define IOMMU_DC_TC_SXL_WIDTH                           1
#define IOMMU_DC_TC_SXL_DWORD                           0
#define IOMMU_DC_TC_CUSTOM_MASK                         0x00000000ff000000ULL
#define IOMMU_DC_TC_CUSTOM_SHIFT                        24
#define IOMMU_DC_TC_CUSTOM_WIDTH                        8
#define IOMMU_DC_TC_CUSTOM_DWORD                        0
#define IOMMU_DC_TC_RESERVED_MASK                       0xffffffff00fff000ULL
#define IOMMU_DC_IOHGATP_OFFSET                         8
#define IOMMU_DC_IOHGATP_PPN_MASK                       0x00000fffffffffffULL
#define IOMMU_DC_IOHGATP_PPN_SHIFT                      0
#define IOMMU_DC_IOHGATP_PPN_WIDTH                      44
#define IOMMU_DC_IOHGATP_PPN_DWORD                      1
#define IOMMU_DC_IOHGATP_GSCID_MASK                     0x0ffff00000000000ULL
#define IOMMU_DC_IOHGATP_GSCID_SHIFT                    44
#define IOMMU_DC_IOHGATP_GSCID_WIDTH                    16
#define IOMMU_DC_IOHGATP_GSCID_DWORD                    1
#define IOMMU_DC_IOHGATP_MODE_MASK                      0xf000000000000000ULL
#define IOMMU_DC_IOHGATP_MODE_SHIFT                     60
#define IOMMU_DC_IOHGATP_MODE_WIDTH                     4
#define IOMMU_DC_IOHGATP_MODE_DWORD                     1
#define IOMMU_DC_IOHGATP_RESERVED_MASK                  0x0000000000000000ULL
#define IOMMU_DC_TA_OFFSET                              16
#define IOMMU_DC_TA_PSCID_MASK                          0x00000000fffff000ULL
#define IOMMU_DC_TA_PSCID_SHIFT                         12
#define IOMMU_DC_TA_PSCID_WIDTH                         20
#define IOMMU_DC_TA_PSCID_DWORD                         2
#define IOMMU_DC_TA_RCID_MASK                           0x000fff0000000000ULL
#define IOMMU_DC_TA_RCID_SHIFT                          40
#define IOMMU_DC_TA_RCID_WIDTH                          12
#define IOMMU_DC_TA_RCID_DWORD                          2
#define IOMMU_DC_TA_MCID_MASK                           0xfff0000000000000ULL
#define IOMMU_DC_TA_MCID_SHIFT                          52
#define IOMMU_DC_TA_MCID_WIDTH                          12
#define IOMMU_DC_TA_MCID_DWORD                          2
#define IOMMU_DC_TA_RESERVED_MASK                       0x000000ff00000fffULL
#define IOMMU_DC_FSC_OFFSET                             24
#define IOMMU_DC_FSC_PPN_MASK                           0x00000fffffffffffULL
#define IOMMU_DC_FSC_PPN_SHIFT                          0
#define IOMMU_DC_FSC_PPN_WIDTH                          44
#define IOMMU_DC_FSC_PPN_DWORD                          3
#define IOMMU_DC_FSC_MODE_MASK                          0xf000000000000000ULL
#define IOMMU_DC_FSC_MODE_SHIFT                         60
#define IOMMU_DC_FSC_MODE_WIDTH                         4
#define IOMMU_DC_FSC_MODE_DWORD                         3
#define IOMMU_DC_FSC_RESERVED_MASK                      0x0ffff00000000000ULL

/* dc_ext: Leaf DDT entry */
#define IOMMU_DC_EXT_BYTES                              64
#define IOMMU_DC_MSIPTP_OFFSET                          32
#define IOMMU_DC_MSIPTP_PPN_MASK                        0x00000fffffffffffULL
#define IOMMU_DC_MSIPTP_PPN_SHIFT                       0
#define IOMMU_DC_MSIPTP_PPN_WIDTH                       44
#define IOMMU_DC_MSIPTP_PPN_DWORD                       4
#define IOMMU_DC_MSIPTP_MODE_MASK                       0xf000000000000000ULL
#define IOMMU_DC_MSIPTP_MODE_SHIFT                      60
#define IOMMU_DC_MSIPTP_MODE_WIDTH                      4
#define IOMMU_DC_MSIPTP_MODE_DWORD                      4
#define IOMMU_DC_MSIPTP_RESERVED_MASK                   0x0ffff00000000000ULL
#define IOMMU_DC_MSI_ADDR_MASK_OFFSET                   40
#define IOMMU_DC_MSI_ADDR_MASK_VALUE_MASK               0x000fffffffffffffULL
#define IOMMU_DC_MSI_ADDR_MASK_VALUE_SHIFT              0
#define IOMMU_DC_MSI_ADDR_MASK_VALUE_WIDTH              52
#define IOMMU_DC_MSI_ADDR_MASK_VALUE_DWORD              5
#define IOMMU_DC_MSI_ADDR_MASK_RESERVED_MASK            0xfff0000000000000ULL
#define IOMMU_DC_MSI_ADDR_PATTERN_OFFSET                48
#define IOMMU_DC_MSI_ADDR_PATTERN_VALUE_MASK            0x000fffffffffffffULL
#define IOMMU_DC_MSI_ADDR_PATTERN_VALUE_SHIFT           0
#define IOMMU_DC_MSI_ADDR_PATTERN_VALUE_WIDTH           52
#define IOMMU_DC_MSI_ADDR_PATTERN_VALUE_DWORD           6
#define IOMMU_DC_MSI_ADDR_PATTERN_RESERVED_MASK         0xfff0000000000000ULL
#define IOMMU_DC_RESERVED_OFFSET                        56
#define IOMMU_DC_RESERVED_RESERVED_MASK                 0xffffffffffffffffULL

/* iosatp: First-Stage context (fsc) */
#define IOMMU_IOSATP_BYTES                              8
#define IOMMU_IOSATP_PPN_MASK                           0x00000fffffffffffULL
#define IOMMU_IOSATP_PPN_SHIFT                          0
#define IOMMU_IOSATP_PPN_WIDTH                          44
#define IOMMU_IOSATP_PPN_DWORD                          0
#define IOMMU_IOSATP_MODE_MASK                          0xf000000000000000ULL
#define IOMMU_IOSATP_MODE_SHIFT                         60
#define IOMMU_IOSATP_MODE_WIDTH                         4
#define IOMMU_IOSATP_MODE_DWORD                         0
#define IOMMU_IOSATP_RESERVED_MASK                      0x0ffff00000000000ULL

/* pdtp: First-Stage context (fsc) */
#define IOMMU_PDTP_BYTES                                8
#define IOMMU_PDTP_PPN_MASK                             0x00000fffffffffffULL
#define IOMMU_PDTP_PPN_SHIFT                            0
#define IOMMU_PDTP_PPN_WIDTH                            44
#define IOMMU_PDTP_PPN_DWORD                            0
#define IOMMU_PDTP_MODE_MASK                            0xf000000000000000ULL
#define IOMMU_PDTP_MODE_SHIFT                           60
#define IOMMU_PDTP_MODE_WIDTH                           4
#define IOMMU_PDTP_MODE_DWORD                           0
#define IOMMU_PDTP_RESERVED_MASK                        0x0ffff00000000000ULL

/* pdte: Non-leaf PDT entry */
#define IOMMU_PDTE_BYTES                                8
#define IOMMU_PDTE_V_MASK                               0x0000000000000001ULL
#define IOMMU_PDTE_V_SHIFT                              0
#define IOMMU_PDTE_V_WIDTH                              1
#define IOMMU_PDTE_V_DWORD                              0
#define IOMMU_PDTE_PPN_MASK                             0x003ffffffffffc00ULL
#define IOMMU_PDTE_PPN_SHIFT                            10
#define IOMMU_PDTE_PPN_WIDTH                            44
#define IOMMU_PDTE_PPN_DWORD                            0
#define IOMMU_PDTE_RESERVED_MASK                        0xffc00000000003feULL

/* pc: Leaf PDT entry */
#define IOMMU_PC_BYTES                                  16
#define IOMMU_PC_TA_OFFSET                              0
#define IOMMU_PC_TA_V_MASK                              0x0000000000000001ULL
#define IOMMU_PC_TA_V_SHIFT                             0
#define IOMMU_PC_TA_V_WIDTH                             1
#define IOMMU_PC_TA_V_DWORD                             0
#define IOMMU_PC_TA_ENS_MASK                            0x0000000000000002ULL
#define IOMMU_PC_TA_ENS_SHIFT                           1
#define IOMMU_PC_TA_ENS_WIDTH                           1
#define IOMMU_PC_TA_ENS_DWORD                           0
#define IOMMU_PC_TA_SUM_MASK                            0x0000000000000004ULL
#define IOMMU_PC_TA_SUM_SHIFT                           2
#define IOMMU_PC_TA_SUM_WIDTH                           1
#define IOMMU_PC_TA_SUM_DWORD                           0
#define IOMMU_PC_TA_PSCID_MASK                          0x00000000fffff000ULL
#define IOMMU_PC_TA_PSCID_SHIFT                         12
#define IOMMU_PC_TA_PSCID_WIDTH                         20
#define IOMMU_PC_TA_PSCID_DWORD                         0
#define IOMMU_PC_TA_RESERVED_MASK                       0xffffffff00000ff8ULL
#define IOMMU_PC_FSC_OFFSET                             8
#define IOMMU_PC_FSC_PPN_MASK                           0x00000fffffffffffULL
#define IOMMU_PC_FSC_PPN_SHIFT                          0
#define IOMMU_PC_FSC_PPN_WIDTH                          44
#define IOMMU_PC_FSC_PPN_DWORD                          1
#define IOMMU_PC_FSC_MODE_MASK                          0xf000000000000000ULL
#define IOMMU_PC_FSC_MODE_SHIFT                         60
#define IOMMU_PC_FSC_MODE_WIDTH                         4
#define IOMMU_PC_FSC_MODE_DWORD                         1
#define IOMMU_PC_FSC_RESERVED_MASK                      0x0ffff00000000000ULL

/* pte: Priv: Sv39: Page-Based 39-bit Virtual-Memory System, Addressing and Memory Protection */
#define IOMMU_PTE_BYTES                                 8
#define IOMMU_PTE_V_MASK                                0x0000000000000001ULL
#define IOMMU_PTE_V_SHIFT                               0
#define IOMMU_PTE_V_WIDTH                               1
#define IOMMU_PTE_V_DWORD                               0
#define IOMMU_PTE_R_MASK                                0x0000000000000002ULL
#define IOMMU_PTE_R_SHIFT                               1
#define IOMMU_PTE_R_WIDTH                               1
#define IOMMU_PTE_R_DWORD                               0
#define IOMMU_PTE_W_MASK                                0x0000000000000004ULL
#define IOMMU_PTE_W_SHIFT                               2
#define IOMMU_PTE_W_WIDTH                               1
#define IOMMU_PTE_W_DWORD                               0
#define IOMMU_PTE_X_MASK                                0x0000000000000008ULL
#define IOMMU_PTE_X_SHIFT                               3
#define IOMMU_PTE_X_WIDTH                               1
#define IOMMU_PTE_X_DWORD                               0
#define IOMMU_PTE_U_MASK                                0x0000000000000010ULL
#define IOMMU_PTE_U_SHIFT                               4
#define IOMMU_PTE_U_WIDTH                               1
#define IOMMU_PTE_U_DWORD                               0
#define IOMMU_PTE_G_MASK                                0x0000000000000020ULL
#define IOMMU_PTE_G_SHIFT                               5
#define IOMMU_PTE_G_WIDTH                               1
#define IOMMU_PTE_G_DWORD                               0
#define IOMMU_PTE_A_MASK                                0x0000000000000040ULL
#define IOMMU_PTE_A_SHIFT                               6
#define IOMMU_PTE_A_WIDTH                               1
#define IOMMU_PTE_A_DWORD                               0
#define IOMMU_PTE_D_MASK                                0x0000000000000080ULL
#define IOMMU_PTE_D_SHIFT                               7
#define IOMMU_PTE_D_WIDTH                               1
#define IOMMU_PTE_D_DWORD                               0
#define IOMMU_PTE_RSW_MASK                              0x0000000000000300ULL
#define IOMMU_PTE_RSW_SHIFT                             8
#define IOMMU_PTE_RSW_WIDTH                             2
#define IOMMU_PTE_RSW_DWORD                             0
#define IOMMU_PTE_PPN_MASK                              0x003ffffffffffc00ULL
#define IOMMU_PTE_PPN_SHIFT                             10
#define IOMMU_PTE_PPN_WIDTH                             44
#define IOMMU_PTE_PPN_DWORD                             0
#define IOMMU_PTE_RSW60T59_MASK                         0x1800000000000000ULL
#define IOMMU_PTE_RSW60T59_SHIFT                        59
#define IOMMU_PTE_RSW60T59_WIDTH                        2
#define IOMMU_PTE_RSW60T59_DWORD                        0
#define IOMMU_PTE_PBMT_MASK                             0x6000000000000000ULL
#define IOMMU_PTE_PBMT_SHIFT                            61
#define IOMMU_PTE_PBMT_WIDTH                            2
#define IOMMU_PTE_PBMT_DWORD                            0
#define IOMMU_PTE_N_MASK                                0x8000000000000000ULL
#define IOMMU_PTE_N_SHIFT                               63
#define IOMMU_PTE_N_WIDTH                               1
#define IOMMU_PTE_N_DWORD                               0
#define IOMMU_PTE_RESERVED_MASK                         0x07c0000000000000ULL

/* pte32: Priv: Sv32: Page-Based 32-bit Virtual-Memory Systems, Addressing and Memory Protection */
#define IOMMU_PTE32_BYTES                               4
#define IOMMU_PTE32_V_MASK                              0x00000001U
#define IOMMU_PTE32_V_SHIFT                             0
#define IOMMU_PTE32_V_WIDTH                             1
#define IOMMU_PTE32_V_DWORD                             0
#define IOMMU_PTE32_R_MASK                              0x00000002U
#define IOMMU_PTE32_R_SHIFT                             1
#define IOMMU_PTE32_R_WIDTH                             1
#define IOMMU_PTE32_R_DWORD                             0
#define IOMMU_PTE32_W_MASK                              0x00000004U
#define IOMMU_PTE32_W_SHIFT                             2
#define IOMMU_PTE32_W_WIDTH                             1
#define IOMMU_PTE32_W_DWORD                             0
#define IOMMU_PTE32_X_MASK                              0x00000008U
#define IOMMU_PTE32_X_SHIFT                             3
#define IOMMU_PTE32_X_WIDTH                             1
#define IOMMU_PTE32_X_DWORD                             0
#define IOMMU_PTE32_U_MASK                              0x00000010U
#define IOMMU_PTE32_U_SHIFT                             4
#define IOMMU_PTE32_U_WIDTH                             1
#define IOMMU_PTE32_U_DWORD                             0
#define IOMMU_PTE32_G_MASK                              0x00000020U
#define IOMMU_PTE32_G_SHIFT                             5
#define IOMMU_PTE32_G_WIDTH                             1
#define IOMMU_PTE32_G_DWORD                             0
#define IOMMU_PTE32_A_MASK                              0x00000040U
#define IOMMU_PTE32_A_SHIFT                             6
#define IOMMU_PTE32_A_WIDTH                             1
#define IOMMU_PTE32_A_DWORD                             0
#define IOMMU_PTE32_D_MASK                              0x00000080U
#define IOMMU_PTE32_D_SHIFT                             7
#define IOMMU_PTE32_D_WIDTH                             1
#define IOMMU_PTE32_D_DWORD                             0
#define IOMMU_PTE32_RSW_MASK                            0x00000300U
#define IOMMU_PTE32_RSW_SHIFT                           8
#define IOMMU_PTE32_RSW_WIDTH                           2
#define IOMMU_PTE32_RSW_DWORD                           0
#define IOMMU_PTE32_PPN_MASK                            0xfffffc00U
#define IOMMU_PTE32_PPN_SHIFT                           10
#define IOMMU_PTE32_PPN_WIDTH                           22
#define IOMMU_PTE32_PPN_DWORD                           0
#define IOMMU_PTE32_RESERVED_MASK                       0x00000000U

/* msipte: AIA: MSI PTE, basic translate mode */
#define IOMMU_MSIPTE_BYTES                              16
#define IOMMU_MSIPTE_DW0_OFFSET                         0
#define IOMMU_MSIPTE_V_MASK                             0x0000000000000001ULL
#define IOMMU_MSIPTE_V_SHIFT                            0
#define IOMMU_MSIPTE_V_WIDTH                            1
#define IOMMU_MSIPTE_V_DWORD                            0
#define IOMMU_MSIPTE_M_MASK                             0x0000000000000006ULL
#define IOMMU_MSIPTE_M_SHIFT                            1
#define IOMMU_MSIPTE_M_WIDTH                            2
#define IOMMU_MSIPTE_M_DWORD                            0
#define IOMMU_MSIPTE_PPN_MASK                           0x003ffffffffffc00ULL
#define IOMMU_MSIPTE_PPN_SHIFT                          10
#define IOMMU_MSIPTE_PPN_WIDTH                          44
#define IOMMU_MSIPTE_PPN_DWORD                          0
#define IOMMU_MSIPTE_C_MASK                             0x8000000000000000ULL
#define IOMMU_MSIPTE_C_SHIFT                            63
#define IOMMU_MSIPTE_C_WIDTH                            1
#define IOMMU_MSIPTE_C_DWORD                            0
#define IOMMU_MSIPTE_DW0_RESERVED_MASK                  0x7fc00000000003f8ULL
#define IOMMU_MSIPTE_DW1_OFFSET                         8
#define IOMMU_MSIPTE_IGNORED_MASK                       0xffffffffffffffffULL
#define IOMMU_MSIPTE_IGNORED_SHIFT                      0
#define IOMMU_MSIPTE_IGNORED_WIDTH                      64
#define IOMMU_MSIPTE_IGNORED_DWORD                      1
#define IOMMU_MSIPTE_DW1_RESERVED_MASK                  0x0000000000000000ULL

/* msipte_mrif: AIA: MSI PTE, MRIF mode */
#define IOMMU_MSIPTE_MRIF_BYTES                         16
#define IOMMU_MSIPTE_MRIF_DW0_OFFSET                    0
#define IOMMU_MSIPTE_MRIF_V_MASK                        0x0000000000000001ULL
#define IOMMU_MSIPTE_MRIF_V_SHIFT                       0
#define IOMMU_MSIPTE_MRIF_V_WIDTH                       1
#define IOMMU_MSIPTE_MRIF_V_DWORD                       0
#define IOMMU_MSIPTE_MRIF_M_MASK                        0x0000000000000006ULL
#define IOMMU_MSIPTE_MRIF_M_SHIFT                       1
#define IOMMU_MSIPTE_MRIF_M_WIDTH                       2
#define IOMMU_MSIPTE_MRIF_M_DWORD                       0
#define IOMMU_MSIPTE_MRIF_MRIF_ADDRESS_MASK             0x003fffffffffff80ULL
#define IOMMU_MSIPTE_MRIF_MRIF_ADDRESS_SHIFT            7
#define IOMMU_MSIPTE_MRIF_MRIF_ADDRESS_WIDTH            47
#define IOMMU_MSIPTE_MRIF_MRIF_ADDRESS_DWORD            0
#define IOMMU_MSIPTE_MRIF_C_MASK                        0x8000000000000000ULL
#define IOMMU_MSIPTE_MRIF_C_SHIFT                       63
#define IOMMU_MSIPTE_MRIF_C_WIDTH                       1
#define IOMMU_MSIPTE_MRIF_C_DWORD                       0
#define IOMMU_MSIPTE_MRIF_DW0_RESERVED_MASK             0x7fc0000000000078ULL
#define IOMMU_MSIPTE_MRIF_DW1_OFFSET                    8
#define IOMMU_MSIPTE_MRIF_NID_9_0_MASK                  0x00000000000003ffULL
#define IOMMU_MSIPTE_MRIF_NID_9_0_SHIFT                 0
#define IOMMU_MSIPTE_MRIF_NID_9_0_WIDTH                 10
#define IOMMU_MSIPTE_MRIF_NID_9_0_DWORD                 1
#define IOMMU_MSIPTE_MRIF_NPPN_MASK                     0x003ffffffffffc00ULL
#define IOMMU_MSIPTE_MRIF_NPPN_SHIFT                    10
#define IOMMU_MSIPTE_MRIF_NPPN_WIDTH                    44
#define IOMMU_MSIPTE_MRIF_NPPN_DWORD                    1
#define IOMMU_MSIPTE_MRIF_NID_10_MASK                   0x1000000000000000ULL
#define IOMMU_MSIPTE_MRIF_NID_10_SHIFT                  60
#define IOMMU_MSIPTE_MRIF_NID_10_WIDTH                  1
#define IOMMU_MSIPTE_MRIF_NID_10_DWORD                  1
#define IOMMU_MSIPTE_MRIF_DW1_RESERVED_MASK             0xefc0000000000000ULL

/* mrif_pair: AIA: Format of a memory-resident interrupt file */
#define IOMMU_MRIF_PAIR_BYTES                           16
#define IOMMU_MRIF_PAIR_COUNT                           32
#define IOMMU_MRIF_BYTES                                512
#define IOMMU_MRIF_DW0_OFFSET                           0
#define IOMMU_MRIF_PENDING_MASK                         0xffffffffffffffffULL
#define IOMMU_MRIF_PENDING_SHIFT                        0
#define IOMMU_MRIF_PENDING_WIDTH                        64
#define IOMMU_MRIF_PENDING_DWORD                        0
#define IOMMU_MRIF_DW0_RESERVED_MASK                    0x0000000000000000ULL
#define IOMMU_MRIF_DW1_OFFSET                           8
#define IOMMU_MRIF_ENABLE_MASK                          0xffffffffffffffffULL
#define IOMMU_MRIF_ENABLE_SHIFT                         0
#define IOMMU_MRIF_ENABLE_WIDTH                         64
#define IOMMU_MRIF_ENABLE_DWORD                         1
#define IOMMU_MRIF_DW1_RESERVED_MASK                    0x0000000000000000ULL

/* cmd: Command-Queue (CQ) */
#define IOMMU_CMD_BYTES                                 16
#define IOMMU_CMD_DW0_OFFSET                            0
#define IOMMU_CMD_OPCODE_MASK                           0x000000000000007fULL
#define IOMMU_CMD_OPCODE_SHIFT                          0
#define IOMMU_CMD_OPCODE_WIDTH                          7
#define IOMMU_CMD_OPCODE_DWORD                          0
#define IOMMU_CMD_FUNC3_MASK                            0x0000000000000380ULL
#define IOMMU_CMD_FUNC3_SHIFT                           7
#define IOMMU_CMD_FUNC3_WIDTH                           3
#define IOMMU_CMD_FUNC3_DWORD                           0
#define IOMMU_CMD_OPERANDS_LO_MASK                      0xfffffffffffffc00ULL
#define IOMMU_CMD_OPERANDS_LO_SHIFT                     10
#define IOMMU_CMD_OPERANDS_LO_WIDTH                     54
#define IOMMU_CMD_OPERANDS_LO_DWORD                     0
#define IOMMU_CMD_DW0_RESERVED_MASK                     0x0000000000000000ULL
#define IOMMU_CMD_DW1_OFFSET                            8
#define IOMMU_CMD_OPERANDS_HI_MASK                      0xffffffffffffffffULL
#define IOMMU_CMD_OPERANDS_HI_SHIFT                     0
#define IOMMU_CMD_OPERANDS_HI_WIDTH                     64
#define IOMMU_CMD_OPERANDS_HI_DWORD                     1
#define IOMMU_CMD_DW1_RESERVED_MASK                     0x0000000000000000ULL

/* cmd_iotinval: IOMMU Page-Table cache invalidation commands */
#define IOMMU_CMD_IOTINVAL_BYTES                        16
#define IOMMU_CMD_IOTINVAL_DW0_OFFSET                   0
#define IOMMU_CMD_IOTINVAL_OPCODE_MASK                  0x000000000000007fULL
#define IOMMU_CMD_IOTINVAL_OPCODE_SHIFT                 0
#define IOMMU_CMD_IOTINVAL_OPCODE_WIDTH                 7
#define IOMMU_CMD_IOTINVAL_OPCODE_DWORD                 0
#define IOMMU_CMD_IOTINVAL_FUNC3_MASK                   0x0000000000000380ULL
#define IOMMU_CMD_IOTINVAL_FUNC3_SHIFT                  7
#define IOMMU_CMD_IOTINVAL_FUNC3_WIDTH                  3
#define IOMMU_CMD_IOTINVAL_FUNC3_DWORD                  0
#define IOMMU_CMD_IOTINVAL_AV_MASK                      0x0000000000000400ULL
#define IOMMU_CMD_IOTINVAL_AV_SHIFT                     10
#define IOMMU_CMD_IOTINVAL_AV_WIDTH                     1
#define IOMMU_CMD_IOTINVAL_AV_DWORD                     0
#define IOMMU_CMD_IOTINVAL_PSCID_MASK                   0x00000000fffff000ULL
#define IOMMU_CMD_IOTINVAL_PSCID_SHIFT                  12
#define IOMMU_CMD_IOTINVAL_PSCID_WIDTH                  20
#define IOMMU_CMD_IOTINVAL_PSCID_DWORD                  0
#define IOMMU_CMD_IOTINVAL_PSCV_MASK                    0x0000000100000000ULL
#define IOMMU_CMD_IOTINVAL_PSCV_SHIFT                   32
#define IOMMU_CMD_IOTINVAL_PSCV_WIDTH                   1
#define IOMMU_CMD_IOTINVAL_PSCV_DWORD                   0
#define IOMMU_CMD_IOTINVAL_GV_MASK                      0x0000000200000000ULL
#define IOMMU_CMD_IOTINVAL_GV_SHIFT                     33
#define IOMMU_CMD_IOTINVAL_GV_WIDTH                     1
#define IOMMU_CMD_IOTINVAL_GV_DWORD                     0
#define IOMMU_CMD_IOTINVAL_NL_MASK                      0x0000000400000000ULL
#define IOMMU_CMD_IOTINVAL_NL_SHIFT                     34
#define IOMMU_CMD_IOTINVAL_NL_WIDTH                     1
#define IOMMU_CMD_IOTINVAL_NL_DWORD                     0
#define IOMMU_CMD_IOTINVAL_GSCID_MASK                   0x0ffff00000000000ULL
#define IOMMU_CMD_IOTINVAL_GSCID_SHIFT                  44
#define IOMMU_CMD_IOTINVAL_GSCID_WIDTH                  16
#define IOMMU_CMD_IOTINVAL_GSCID_DWORD                  0
#define IOMMU_CMD_IOTINVAL_DW0_RESERVED_MASK            0xf0000ff800000800ULL
#define IOMMU_CMD_IOTINVAL_DW1_OFFSET                   8
#define IOMMU_CMD_IOTINVAL_S_MASK                       0x0000000000000200ULL
#define IOMMU_CMD_IOTINVAL_S_SHIFT                      9
#define IOMMU_CMD_IOTINVAL_S_WIDTH                      1
#define IOMMU_CMD_IOTINVAL_S_DWORD                      1
#define IOMMU_CMD_IOTINVAL_ADDR_MASK                    0x3ffffffffffffc00ULL
#define IOMMU_CMD_IOTINVAL_ADDR_SHIFT                   10
#define IOMMU_CMD_IOTINVAL_ADDR_WIDTH                   52
#define IOMMU_CMD_IOTINVAL_ADDR_DWORD                   1
#define IOMMU_CMD_IOTINVAL_DW1_RESERVED_MASK            0xc0000000000001ffULL

/* cmd_iofence: IOMMU Command-queue Fence commands */
#define IOMMU_CMD_IOFENCE_BYTES                         16
#define IOMMU_CMD_IOFENCE_DW0_OFFSET                    0
#define IOMMU_CMD_IOFENCE_OPCODE_MASK                   0x000000000000007fULL
#define IOMMU_CMD_IOFENCE_OPCODE_SHIFT                  0
#define IOMMU_CMD_IOFENCE_OPCODE_WIDTH                  7
#define IOMMU_CMD_IOFENCE_OPCODE_DWORD                  0
#define IOMMU_CMD_IOFENCE_FUNC3_MASK                    0x0000000000000380ULL
#define IOMMU_CMD_IOFENCE_FUNC3_SHIFT                   7
#define IOMMU_CMD_IOFENCE_FUNC3_WIDTH                   3
#define IOMMU_CMD_IOFENCE_FUNC3_DWORD                   0
#define IOMMU_CMD_IOFENCE_AV_MASK                       0x0000000000000400ULL
#define IOMMU_CMD_IOFENCE_AV_SHIFT                      10
#define IOMMU_CMD_IOFENCE_AV_WIDTH                      1
#define IOMMU_CMD_IOFENCE_AV_DWORD                      0
#define IOMMU_CMD_IOFENCE_WSI_MASK                      0x0000000000000800ULL
#define IOMMU_CMD_IOFENCE_WSI_SHIFT                     11
#define IOMMU_CMD_IOFENCE_WSI_WIDTH                     1
#define IOMMU_CMD_IOFENCE_WSI_DWORD                     0
#define IOMMU_CMD_IOFENCE_PR_MASK                       0x0000000000001000ULL
#define IOMMU_CMD_IOFENCE_PR_SHIFT                      12
#define IOMMU_CMD_IOFENCE_PR_WIDTH                      1
#define IOMMU_CMD_IOFENCE_PR_DWORD                      0
#define IOMMU_CMD_IOFENCE_PW_MASK                       0x0000000000002000ULL
#define IOMMU_CMD_IOFENCE_PW_SHIFT                      13
#define IOMMU_CMD_IOFENCE_PW_WIDTH                      1
#define IOMMU_CMD_IOFENCE_PW_DWORD                      0
#define IOMMU_CMD_IOFENCE_DATA_MASK                     0xffffffff00000000ULL
#define IOMMU_CMD_IOFENCE_DATA_SHIFT                    32
#define IOMMU_CMD_IOFENCE_DATA_WIDTH                    32
#define IOMMU_CMD_IOFENCE_DATA_DWORD                    0
#define IOMMU_CMD_IOFENCE_DW0_RESERVED_MASK             0x00000000ffffc000ULL
#define IOMMU_CMD_IOFENCE_DW1_OFFSET                    8
#define IOMMU_CMD_IOFENCE_ADDR_MASK                     0x3fffffffffffffffULL
#define IOMMU_CMD_IOFENCE_ADDR_SHIFT                    0
#define IOMMU_CMD_IOFENCE_ADDR_WIDTH                    62
#define IOMMU_CMD_IOFENCE_ADDR_DWORD                    1
#define IOMMU_CMD_IOFENCE_DW1_RESERVED_MASK             0xc000000000000000ULL

/* cmd_iodir: IOMMU directory cache invalidation commands */
#define IOMMU_CMD_IODIR_BYTES                           16
#define IOMMU_CMD_IODIR_DW0_OFFSET                      0
#define IOMMU_CMD_IODIR_OPCODE_MASK                     0x000000000000007fULL
#define IOMMU_CMD_IODIR_OPCODE_SHIFT                    0
#define IOMMU_CMD_IODIR_OPCODE_WIDTH                    7
#define IOMMU_CMD_IODIR_OPCODE_DWORD                    0
#define IOMMU_CMD_IODIR_FUNC3_MASK                      0x0000000000000380ULL
#define IOMMU_CMD_IODIR_FUNC3_SHIFT                     7
#define IOMMU_CMD_IODIR_FUNC3_WIDTH                     3
#define IOMMU_CMD_IODIR_FUNC3_DWORD                     0
#define IOMMU_CMD_IODIR_PID_MASK                        0x00000000fffff000ULL
#define IOMMU_CMD_IODIR_PID_SHIFT                       12
#define IOMMU_CMD_IODIR_PID_WIDTH                       20
#define IOMMU_CMD_IODIR_PID_DWORD                       0
#define IOMMU_CMD_IODIR_DV_MASK                         0x0000000200000000ULL
#define IOMMU_CMD_IODIR_DV_SHIFT                        33
#define IOMMU_CMD_IODIR_DV_WIDTH                        1
#define IOMMU_CMD_IODIR_DV_DWORD                        0
#define IOMMU_CMD_IODIR_DID_MASK                        0xffffff0000000000ULL
#define IOMMU_CMD_IODIR_DID_SHIFT                       40
#define IOMMU_CMD_IODIR_DID_WIDTH                       24
#define IOMMU_CMD_IODIR_DID_DWORD                       0
#define IOMMU_CMD_IODIR_DW0_RESERVED_MASK               0x000000fd00000c00ULL
#define IOMMU_CMD_IODIR_DW1_OFFSET                      8
#define IOMMU_CMD_IODIR_DW1_RESERVED_MASK               0xffffffffffffffffULL

/* cmd_ats: IOMMU PCIe ATS commands */
#define IOMMU_CMD_ATS_BYTES                             16
#define IOMMU_CMD_ATS_DW0_OFFSET                        0
#define IOMMU_CMD_ATS_OPCODE_MASK                       0x000000000000007fULL
#define IOMMU_CMD_ATS_OPCODE_SHIFT                      0
#define IOMMU_CMD_ATS_OPCODE_WIDTH                      7
#define IOMMU_CMD_ATS_OPCODE_DWORD                      0
#define IOMMU_CMD_ATS_FUNC3_MASK                        0x0000000000000380ULL
#define IOMMU_CMD_ATS_FUNC3_SHIFT                       7
#define IOMMU_CMD_ATS_FUNC3_WIDTH                       3
#define IOMMU_CMD_ATS_FUNC3_DWORD                       0
#define IOMMU_CMD_ATS_PID_MASK                          0x00000000fffff000ULL
#define IOMMU_CMD_ATS_PID_SHIFT                         12
#define IOMMU_CMD_ATS_PID_WIDTH                         20
#define IOMMU_CMD_ATS_PID_DWORD                         0
#define IOMMU_CMD_ATS_PV_MASK                           0x0000000100000000ULL
#define IOMMU_CMD_ATS_PV_SHIFT                          32
#define IOMMU_CMD_ATS_PV_WIDTH                          1
#define IOMMU_CMD_ATS_PV_DWORD                          0
#define IOMMU_CMD_ATS_DSV_MASK                          0x0000000200000000ULL
#define IOMMU_CMD_ATS_DSV_SHIFT                         33
#define IOMMU_CMD_ATS_DSV_WIDTH                         1
#define IOMMU_CMD_ATS_DSV_DWORD                         0
#define IOMMU_CMD_ATS_RID_MASK                          0x00ffff0000000000ULL
#define IOMMU_CMD_ATS_RID_SHIFT                         40
#define IOMMU_CMD_ATS_RID_WIDTH                         16
#define IOMMU_CMD_ATS_RID_DWORD                         0
#define IOMMU_CMD_ATS_DSEG_MASK                         0xff00000000000000ULL
#define IOMMU_CMD_ATS_DSEG_SHIFT                        56
#define IOMMU_CMD_ATS_DSEG_WIDTH                        8
#define IOMMU_CMD_ATS_DSEG_DWORD                        0
#define IOMMU_CMD_ATS_DW0_RESERVED_MASK                 0x000000fc00000c00ULL
#define IOMMU_CMD_ATS_DW1_OFFSET                        8
#define IOMMU_CMD_ATS_PAYLOAD_MASK                      0xffffffffffffffffULL
#define IOMMU_CMD_ATS_PAYLOAD_SHIFT                     0
#define IOMMU_CMD_ATS_PAYLOAD_WIDTH                     64
#define IOMMU_CMD_ATS_PAYLOAD_DWORD                     1
#define IOMMU_CMD_ATS_DW1_RESERVED_MASK                 0x0000000000000000ULL

/* cmd_ats_inval: IOMMU PCIe ATS commands */
#define IOMMU_CMD_ATS_INVAL_BYTES                       16
#define IOMMU_CMD_ATS_INVAL_DW0_OFFSET                  0
#define IOMMU_CMD_ATS_INVAL_OPCODE_MASK                 0x000000000000007fULL
#define IOMMU_CMD_ATS_INVAL_OPCODE_SHIFT                0
#define IOMMU_CMD_ATS_INVAL_OPCODE_WIDTH                7
#define IOMMU_CMD_ATS_INVAL_OPCODE_DWORD                0
#define IOMMU_CMD_ATS_INVAL_FUNC3_MASK                  0x0000000000000380ULL
#define IOMMU_CMD_ATS_INVAL_FUNC3_SHIFT                 7
#define IOMMU_CMD_ATS_INVAL_FUNC3_WIDTH                 3
#define IOMMU_CMD_ATS_INVAL_FUNC3_DWORD                 0
#define IOMMU_CMD_ATS_INVAL_PID_MASK                    0x00000000fffff000ULL
#define IOMMU_CMD_ATS_INVAL_PID_SHIFT                   12
#define IOMMU_CMD_ATS_INVAL_PID_WIDTH                   20
#define IOMMU_CMD_ATS_INVAL_PID_DWORD                   0
#define IOMMU_CMD_ATS_INVAL_PV_MASK                     0x0000000100000000ULL
#define IOMMU_CMD_ATS_INVAL_PV_SHIFT                    32
#define IOMMU_CMD_ATS_INVAL_PV_WIDTH                    1
#define IOMMU_CMD_ATS_INVAL_PV_DWORD                    0
#define IOMMU_CMD_ATS_INVAL_DSV_MASK                    0x0000000200000000ULL
#define IOMMU_CMD_ATS_INVAL_DSV_SHIFT                   33
#define IOMMU_CMD_ATS_INVAL_DSV_WIDTH                   1
#define IOMMU_CMD_ATS_INVAL_DSV_DWORD                   0
#define IOMMU_CMD_ATS_INVAL_RID_MASK                    0x00ffff0000000000ULL
#define IOMMU_CMD_ATS_INVAL_RID_SHIFT                   40
#define IOMMU_CMD_ATS_INVAL_RID_WIDTH                   16
#define IOMMU_CMD_ATS_INVAL_RID_DWORD                   0
#define IOMMU_CMD_ATS_INVAL_DSEG_MASK                   0xff00000000000000ULL
#define IOMMU_CMD_ATS_INVAL_DSEG_SHIFT                  56
#define IOMMU_CMD_ATS_INVAL_DSEG_WIDTH                  8
#define IOMMU_CMD_ATS_INVAL_DSEG_DWORD                  0
#define IOMMU_CMD_ATS_INVAL_DW0_RESERVED_MASK           0x000000fc00000c00ULL
#define IOMMU_CMD_ATS_INVAL_DW1_OFFSET                  8
#define IOMMU_CMD_ATS_INVAL_G_MASK                      0x0000000000000001ULL
#define IOMMU_CMD_ATS_INVAL_G_SHIFT                     0
#define IOMMU_CMD_ATS_INVAL_G_WIDTH                     1
#define IOMMU_CMD_ATS_INVAL_G_DWORD                     1
#define IOMMU_CMD_ATS_INVAL_S_MASK                      0x0000000000000800ULL
#define IOMMU_CMD_ATS_INVAL_S_SHIFT                     11
#define IOMMU_CMD_ATS_INVAL_S_WIDTH                     1
#define IOMMU_CMD_ATS_INVAL_S_DWORD                     1
#define IOMMU_CMD_ATS_INVAL_UNTRANSLATED_ADDRESS_MASK   0xfffffffffffff000ULL
#define IOMMU_CMD_ATS_INVAL_UNTRANSLATED_ADDRESS_SHIFT  12
#define IOMMU_CMD_ATS_INVAL_UNTRANSLATED_ADDRESS_WIDTH  52
#define IOMMU_CMD_ATS_INVAL_UNTRANSLATED_ADDRESS_DWORD  1
#define IOMMU_CMD_ATS_INVAL_DW1_RESERVED_MASK           0x00000000000007feULL

/* cmd_ats_prgr: IOMMU PCIe ATS commands */
#define IOMMU_CMD_ATS_PRGR_BYTES                        16
#define IOMMU_CMD_ATS_PRGR_DW0_OFFSET                   0
#define IOMMU_CMD_ATS_PRGR_OPCODE_MASK                  0x000000000000007fULL
#define IOMMU_CMD_ATS_PRGR_OPCODE_SHIFT                 0
#define IOMMU_CMD_ATS_PRGR_OPCODE_WIDTH                 7
#define IOMMU_CMD_ATS_PRGR_OPCODE_DWORD                 0
#define IOMMU_CMD_ATS_PRGR_FUNC3_MASK                   0x0000000000000380ULL
#define IOMMU_CMD_ATS_PRGR_FUNC3_SHIFT                  7
#define IOMMU_CMD_ATS_PRGR_FUNC3_WIDTH                  3
#define IOMMU_CMD_ATS_PRGR_FUNC3_DWORD                  0
#define IOMMU_CMD_ATS_PRGR_PID_MASK                     0x00000000fffff000ULL
#define IOMMU_CMD_ATS_PRGR_PID_SHIFT                    12
#define IOMMU_CMD_ATS_PRGR_PID_WIDTH                    20
#define IOMMU_CMD_ATS_PRGR_PID_DWORD                    0
#define IOMMU_CMD_ATS_PRGR_PV_MASK                      0x0000000100000000ULL
#define IOMMU_CMD_ATS_PRGR_PV_SHIFT                     32
#define IOMMU_CMD_ATS_PRGR_PV_WIDTH                     1
#define IOMMU_CMD_ATS_PRGR_PV_DWORD                     0
#define IOMMU_CMD_ATS_PRGR_DSV_MASK                     0x0000000200000000ULL
#define IOMMU_CMD_ATS_PRGR_DSV_SHIFT                    33
#define IOMMU_CMD_ATS_PRGR_DSV_WIDTH                    1
#define IOMMU_CMD_ATS_PRGR_DSV_DWORD                    0
#define IOMMU_CMD_ATS_PRGR_RID_MASK                     0x00ffff0000000000ULL
#define IOMMU_CMD_ATS_PRGR_RID_SHIFT                    40
#define IOMMU_CMD_ATS_PRGR_RID_WIDTH                    16
#define IOMMU_CMD_ATS_PRGR_RID_DWORD                    0
#define IOMMU_CMD_ATS_PRGR_DSEG_MASK                    0xff00000000000000ULL
#define IOMMU_CMD_ATS_PRGR_DSEG_SHIFT                   56
#define IOMMU_CMD_ATS_PRGR_DSEG_WIDTH                   8
#define IOMMU_CMD_ATS_PRGR_DSEG_DWORD                   0
#define IOMMU_CMD_ATS_PRGR_DW0_RESERVED_MASK            0x000000fc00000c00ULL
#define IOMMU_CMD_ATS_PRGR_DW1_OFFSET                   8
#define IOMMU_CMD_ATS_PRGR_PRGI_MASK                    0x000001ff00000000ULL
#define IOMMU_CMD_ATS_PRGR_PRGI_SHIFT                   32
#define IOMMU_CMD_ATS_PRGR_PRGI_WIDTH                   9
#define IOMMU_CMD_ATS_PRGR_PRGI_DWORD                   1
#define IOMMU_CMD_ATS_PRGR_RESPONSE_CODE_MASK           0x0000f00000000000ULL
#define IOMMU_CMD_ATS_PRGR_RESPONSE_CODE_SHIFT          44
#define IOMMU_CMD_ATS_PRGR_RESPONSE_CODE_WIDTH          4
#define IOMMU_CMD_ATS_PRGR_RESPONSE_CODE_DWORD          1
#define IOMMU_CMD_ATS_PRGR_DW1_RESERVED_MASK            0xffff0e00ffffffffULL

/* fq_record: Fault/Event-Queue (FQ) */
#define IOMMU_FQ_RECORD_BYTES                           32
#define IOMMU_FQ_DW0_OFFSET                             0
#define IOMMU_FQ_CAUSE_MASK                             0x0000000000000fffULL
#define IOMMU_FQ_CAUSE_SHIFT                            0
#define IOMMU_FQ_CAUSE_WIDTH                            12
#define IOMMU_FQ_CAUSE_DWORD                            0
#define IOMMU_FQ_PID_MASK                               0x00000000fffff000ULL
#define IOMMU_FQ_PID_SHIFT                              12
#define IOMMU_FQ_PID_WIDTH                              20
#define IOMMU_FQ_PID_DWORD                              0
#define IOMMU_FQ_PV_MASK                                0x0000000100000000ULL
#define IOMMU_FQ_PV_SHIFT                               32
#define IOMMU_FQ_PV_WIDTH                               1
#define IOMMU_FQ_PV_DWORD                               0
#define IOMMU_FQ_PRIV_MASK                              0x0000000200000000ULL
#define IOMMU_FQ_PRIV_SHIFT                             33
#define IOMMU_FQ_PRIV_WIDTH                             1
#define IOMMU_FQ_PRIV_DWORD                             0
#define IOMMU_FQ_TTYP_MASK                              0x000000fc00000000ULL
#define IOMMU_FQ_TTYP_SHIFT                             34
#define IOMMU_FQ_TTYP_WIDTH                             6
#define IOMMU_FQ_TTYP_DWORD                             0
#define IOMMU_FQ_DID_MASK                               0xffffff0000000000ULL
#define IOMMU_FQ_DID_SHIFT                              40
#define IOMMU_FQ_DID_WIDTH                              24
#define IOMMU_FQ_DID_DWORD                              0
#define IOMMU_FQ_DW0_RESERVED_MASK                      0x0000000000000000ULL
#define IOMMU_FQ_DW1_OFFSET                             8
#define IOMMU_FQ_CUSTOM_MASK                            0x00000000ffffffffULL
#define IOMMU_FQ_CUSTOM_SHIFT                           0
#define IOMMU_FQ_CUSTOM_WIDTH                           32
#define IOMMU_FQ_CUSTOM_DWORD                           1
#define IOMMU_FQ_DW1_RESERVED_MASK                      0xffffffff00000000ULL
#define IOMMU_FQ_DW2_OFFSET                             16
#define IOMMU_FQ_IOTVAL_MASK                            0xffffffffffffffffULL
#define IOMMU_FQ_IOTVAL_SHIFT                           0
#define IOMMU_FQ_IOTVAL_WIDTH                           64
#define IOMMU_FQ_IOTVAL_DWORD                           2
#define IOMMU_FQ_DW2_RESERVED_MASK                      0x0000000000000000ULL
#define IOMMU_FQ_DW3_OFFSET                             24
#define IOMMU_FQ_IOTVAL2_MASK                           0xffffffffffffffffULL
#define IOMMU_FQ_IOTVAL2_SHIFT                          0
#define IOMMU_FQ_IOTVAL2_WIDTH                          64
#define IOMMU_FQ_IOTVAL2_DWORD                          3
#define IOMMU_FQ_DW3_RESERVED_MASK                      0x0000000000000000ULL

/* iotval2: Fault/Event-Queue (FQ) */
#define IOMMU_IOTVAL2_BYTES                             8
#define IOMMU_IOTVAL2_IMPLICIT_MASK                     0x0000000000000001ULL
#define IOMMU_IOTVAL2_IMPLICIT_SHIFT                    0
#define IOMMU_IOTVAL2_IMPLICIT_WIDTH                    1
#define IOMMU_IOTVAL2_IMPLICIT_DWORD                    0
#define IOMMU_IOTVAL2_WRITE_MASK                        0x0000000000000002ULL
#define IOMMU_IOTVAL2_WRITE_SHIFT                       1
#define IOMMU_IOTVAL2_WRITE_WIDTH                       1
#define IOMMU_IOTVAL2_WRITE_DWORD                       0
#define IOMMU_IOTVAL2_GPA_MASK                          0xfffffffffffffffcULL
#define IOMMU_IOTVAL2_GPA_SHIFT                         2
#define IOMMU_IOTVAL2_GPA_WIDTH                         62
#define IOMMU_IOTVAL2_GPA_DWORD                         0
#define IOMMU_IOTVAL2_RESERVED_MASK                     0x0000000000000000ULL

/* pq_record: Page-Request-Queue (PQ) */
#define IOMMU_PQ_RECORD_BYTES                           16
#define IOMMU_PQ_DW0_OFFSET                             0
#define IOMMU_PQ_PID_MASK                               0x00000000fffff000ULL
#define IOMMU_PQ_PID_SHIFT                              12
#define IOMMU_PQ_PID_WIDTH                              20
#define IOMMU_PQ_PID_DWORD                              0
#define IOMMU_PQ_PV_MASK                                0x0000000100000000ULL
#define IOMMU_PQ_PV_SHIFT                               32
#define IOMMU_PQ_PV_WIDTH                               1
#define IOMMU_PQ_PV_DWORD                               0
#define IOMMU_PQ_PRIV_MASK                              0x0000000200000000ULL
#define IOMMU_PQ_PRIV_SHIFT                             33
#define IOMMU_PQ_PRIV_WIDTH                             1
#define IOMMU_PQ_PRIV_DWORD                             0
#define IOMMU_PQ_EXEC_MASK                              0x0000000400000000ULL
#define IOMMU_PQ_EXEC_SHIFT                             34
#define IOMMU_PQ_EXEC_WIDTH                             1
#define IOMMU_PQ_EXEC_DWORD                             0
#define IOMMU_PQ_DID_MASK                               0xffffff0000000000ULL
#define IOMMU_PQ_DID_SHIFT                              40
#define IOMMU_PQ_DID_WIDTH                              24
#define IOMMU_PQ_DID_DWORD                              0
#define IOMMU_PQ_DW0_RESERVED_MASK                      0x000000f800000fffULL
#define IOMMU_PQ_DW1_OFFSET                             8
#define IOMMU_PQ_R_MASK                                 0x0000000000000001ULL
#define IOMMU_PQ_R_SHIFT                                0
#define IOMMU_PQ_R_WIDTH                                1
#define IOMMU_PQ_R_DWORD                                1
#define IOMMU_PQ_W_MASK                                 0x0000000000000002ULL
#define IOMMU_PQ_W_SHIFT                                1
#define IOMMU_PQ_W_WIDTH                                1
#define IOMMU_PQ_W_DWORD                                1
#define IOMMU_PQ_L_MASK                                 0x0000000000000004ULL
#define IOMMU_PQ_L_SHIFT                                2
#define IOMMU_PQ_L_WIDTH                                1
#define IOMMU_PQ_L_DWORD                                1
#define IOMMU_PQ_PRGI_MASK                              0x0000000000000ff8ULL
#define IOMMU_PQ_PRGI_SHIFT                             3
#define IOMMU_PQ_PRGI_WIDTH                             9
#define IOMMU_PQ_PRGI_DWORD                             1
#define IOMMU_PQ_PAGE_ADDRESS_MASK                      0xfffffffffffff000ULL
#define IOMMU_PQ_PAGE_ADDRESS_SHIFT                     12
#define IOMMU_PQ_PAGE_ADDRESS_WIDTH                     52
#define IOMMU_PQ_PAGE_ADDRESS_DWORD                     1
#define IOMMU_PQ_DW1_RESERVED_MASK                      0x0000000000000000ULL

/* igs: IOMMU capabilities (capabilities) */
#define IOMMU_IGS_MSI                                   0
#define IOMMU_IGS_WSI                                   1
#define IOMMU_IGS_BOTH                                  2

/* ddtp_mode: Device-directory-table pointer (ddtp) */
#define IOMMU_DDTP_MODE_OFF                             0
#define IOMMU_DDTP_MODE_BARE                            1
#define IOMMU_DDTP_MODE_1LVL                            2
#define IOMMU_DDTP_MODE_2LVL                            3
#define IOMMU_DDTP_MODE_3LVL                            4

/* hpm_event: Performance-monitoring event selectors (iohpmevt1-31) */
#define IOMMU_HPM_EVENT_NONE                            0
#define IOMMU_HPM_EVENT_UNTRANSLATED_REQ                1
#define IOMMU_HPM_EVENT_TRANSLATED_REQ                  2
#define IOMMU_HPM_EVENT_ATS_REQ                         3
#define IOMMU_HPM_EVENT_TLB_MISS                        4
#define IOMMU_HPM_EVENT_DDT_WALK                        5
#define IOMMU_HPM_EVENT_PDT_WALK                        6
#define IOMMU_HPM_EVENT_FIRST_STAGE_WALK                7
#define IOMMU_HPM_EVENT_SECOND_STAGE_WALK               8

/* iohgatp_mode: IO hypervisor guest address translation and protection (iohgatp) */
#define IOMMU_IOHGATP_MODE_BARE                         0
#define IOMMU_IOHGATP_MODE_SV39X4                       8
#define IOMMU_IOHGATP_MODE_SV48X4                       9
#define IOMMU_IOHGATP_MODE_SV57X4                       10

/* iohgatp_mode_gxl1: IO hypervisor guest address translation and protection (iohgatp) */
#define IOMMU_IOHGATP_MODE_GXL1_BARE                    0
#define IOMMU_IOHGATP_MODE_GXL1_SV32X4                  8

/* iosatp_mode: First-Stage context (fsc) */
#define IOMMU_IOSATP_MODE_BARE                          0
#define IOMMU_IOSATP_MODE_SV39                          8
#define IOMMU_IOSATP_MODE_SV48                          9
#define IOMMU_IOSATP_MODE_SV57                          10

/* iosatp_mode_sxl1: First-Stage context (fsc) */
#define IOMMU_IOSATP_MODE_SXL1_BARE                     0
#define IOMMU_IOSATP_MODE_SXL1_SV32                     8

/* pdtp_mode: First-Stage context (fsc) */
#define IOMMU_PDTP_MODE_BARE                            0
#define IOMMU_PDTP_MODE_PD8                             1
#define IOMMU_PDTP_MODE_PD17                            2
#define IOMMU_PDTP_MODE_PD20                            3

/* msiptp_mode: MSI page table pointer (msiptp) */
#define IOMMU_MSIPTP_MODE_OFF                           0
#define IOMMU_MSIPTP_MODE_FLAT                          1

/* msipte_m: AIA: MSI page tables */
#define IOMMU_MSIPTE_M_MRIF                             1
#define IOMMU_MSIPTE_M_BASIC                            3

/* pbmt: Priv: Svpbmt Extension for Page-Based Memory Types */
#define IOMMU_PBMT_PMA                                  0
#define IOMMU_PBMT_NC                                   1
#define IOMMU_PBMT_IO                                   2

/* opcode: Command-Queue (CQ) */
#define IOMMU_OPCODE_IOTINVAL                           1
#define IOMMU_OPCODE_IOFENCE                            2
#define IOMMU_OPCODE_IODIR                              3
#define IOMMU_OPCODE_ATS                                4

/* func3_iotinval: IOMMU Page-Table cache invalidation commands */
#define IOMMU_FUNC3_IOTINVAL_VMA                        0
#define IOMMU_FUNC3_IOTINVAL_GVMA                       1

/* func3_iofence: IOMMU Command-queue Fence commands */
#define IOMMU_FUNC3_IOFENCE_C                           0

/* func3_iodir: IOMMU directory cache invalidation commands */
#define IOMMU_FUNC3_IODIR_INVAL_DDT                     0
#define IOMMU_FUNC3_IODIR_INVAL_PDT                     1

/* func3_ats: IOMMU PCIe ATS commands */
#define IOMMU_FUNC3_ATS_INVAL                           0
#define IOMMU_FUNC3_ATS_PRGR                            1

/* prgr_code: PCIe ATS Page Request handling */
#define IOMMU_PRGR_CODE_SUCCESS                         0
#define IOMMU_PRGR_CODE_INVALID_REQUEST                 1
#define IOMMU_PRGR_CODE_RESPONSE_FAILURE                15

/* cause: Fault/Event-Queue (FQ) */
#define IOMMU_CAUSE_INSTR_ACCESS_FAULT                  1
#define IOMMU_CAUSE_READ_ADDR_MISALIGNED                4
#define IOMMU_CAUSE_READ_ACCESS_FAULT                   5
#define IOMMU_CAUSE_WRITE_ADDR_MISALIGNED               6
#define IOMMU_CAUSE_WRITE_ACCESS_FAULT                  7
#define IOMMU_CAUSE_INSTR_PAGE_FAULT                    12
#define IOMMU_CAUSE_READ_PAGE_FAULT                     13
#define IOMMU_CAUSE_WRITE_PAGE_FAULT                    15
#define IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT              20
#define IOMMU_CAUSE_READ_GUEST_PAGE_FAULT               21
#define IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT              23
#define IOMMU_CAUSE_ALL_INBOUND_DISALLOWED              256
#define IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT               257
#define IOMMU_CAUSE_DDT_NOT_VALID                       258
#define IOMMU_CAUSE_DDT_MISCONFIGURED                   259
#define IOMMU_CAUSE_TRANS_TYPE_DISALLOWED               260
#define IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT           261
#define IOMMU_CAUSE_MSI_PTE_NOT_VALID                   262
#define IOMMU_CAUSE_MSI_PTE_MISCONFIGURED               263
#define IOMMU_CAUSE_MRIF_ACCESS_FAULT                   264
#define IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT               265
#define IOMMU_CAUSE_PDT_NOT_VALID                       266
#define IOMMU_CAUSE_PDT_MISCONFIGURED                   267
#define IOMMU_CAUSE_DDT_DATA_CORRUPTION                 268
#define IOMMU_CAUSE_PDT_DATA_CORRUPTION                 269
#define IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION              270
#define IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION            271
#define IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR            272
#define IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT              273
#define IOMMU_CAUSE_PT_DATA_CORRUPTION                  274

/* ttyp: Fault/Event-Queue (FQ) */
#define IOMMU_TTYP_NONE                                 0
#define IOMMU_TTYP_UNTRANSLATED_EXEC                    1
#define IOMMU_TTYP_UNTRANSLATED_READ                    2
#define IOMMU_TTYP_UNTRANSLATED_WRITE                   3
#define IOMMU_TTYP_TRANSLATED_EXEC                      5
#define IOMMU_TTYP_TRANSLATED_READ                      6
#define IOMMU_TTYP_TRANSLATED_WRITE                     7
#define IOMMU_TTYP_ATS_REQ                              8
#define IOMMU_TTYP_MESSAGE_REQ                          9

#endif
