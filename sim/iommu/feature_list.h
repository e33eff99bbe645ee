/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The features that are looked for in what was compared: name, with the row of the checklist that
 * it is evidence for, and when a configuration can have it. Those of rules and causes are in
 * tables of features.c. All are declared here, so that one that is never met is a hole.
 */
#ifndef FEATURE_LIST_H
#define FEATURE_LIST_H

#define CAP(name) has_cap(IOMMU_CAPABILITIES_##name##_MASK)
#define MESSAGES_OF_ITS_OWN (model->config.vector_bits != 0 && CAP_IGS != IOMMU_IGS_WSI)
#define CAP_IGS IOMMU_GET(model->config.capabilities, IOMMU_CAPABILITIES_IGS)
#define FCTL_HAS(name) ((model->config.fctl_writable & IOMMU_FCTL_##name##_MASK) != 0)

/* Of a request's way through the tables (features.c). */
#define WALK_FEATURES(X)                                                                           \
    X(SV32, "R3 Sv32, granted", CAP(SV32))                                                         \
    X(SV32_FAULT, "R3 Sv32, page fault", CAP(SV32))                                                \
    X(SV39, "R4 Sv39, granted", CAP(SV39))                                                         \
    X(SV39_FAULT, "R4 Sv39, page fault", CAP(SV39))                                                \
    X(SV48, "R5 Sv48, granted", CAP(SV48))                                                         \
    X(SV48_FAULT, "R5 Sv48, page fault", CAP(SV48))                                                \
    X(SV57, "R6 Sv57, granted", CAP(SV57))                                                         \
    X(SV57_FAULT, "R6 Sv57, page fault", CAP(SV57))                                                \
    X(RSW_FIRST, "R7 bits 60 and 59 of a first-stage PTE, ignored", CAP(SVRSW60T59B))              \
    X(RSW_SECOND, "R7 bits 60 and 59 of a second-stage PTE, ignored", CAP(SVRSW60T59B))            \
    X(RSW_RESERVED, "R7 bits 60 and 59 where they are reserved, fault", !CAP(SVRSW60T59B))         \
    X(PBMT_FIRST_NC, "R8 NC by a first-stage PTE", CAP(SVPBMT))                                    \
    X(PBMT_FIRST_IO, "R8 IO by a first-stage PTE", CAP(SVPBMT))                                    \
    X(PBMT_SECOND_NC, "R8 NC by a second-stage PTE", CAP(SVPBMT))                                  \
    X(PBMT_SECOND_IO, "R8 IO by a second-stage PTE", CAP(SVPBMT))                                  \
    X(PBMT_THREE, "R8 PBMT 3, fault", true)                                                        \
    X(PBMT_NONE, "R8 PBMT without Svpbmt, fault", !CAP(SVPBMT))                                    \
    X(SV32X4, "R9 Sv32x4, granted", CAP(SV32X4))                                                   \
    X(SV32X4_FAULT, "R9 Sv32x4, guest page fault", CAP(SV32X4))                                    \
    X(SV39X4, "R10 Sv39x4, granted", CAP(SV39X4))                                                  \
    X(SV39X4_FAULT, "R10 Sv39x4, guest page fault", CAP(SV39X4))                                   \
    X(SV48X4, "R11 Sv48x4, granted", CAP(SV48X4))                                                  \
    X(SV48X4_FAULT, "R11 Sv48x4, guest page fault", CAP(SV48X4))                                   \
    X(SV57X4, "R12 Sv57x4, granted", CAP(SV57X4))                                                  \
    X(SV57X4_FAULT, "R12 Sv57x4, guest page fault", CAP(SV57X4))                                   \
    X(MSI_BASIC, "R14 MSI PTE in basic translate mode, granted", CAP(MSI_FLAT))                    \
    X(MSI_MRIF, "R15 MSI PTE in MRIF mode, taken", CAP(MSI_MRIF))                                  \
    X(ATS, "R17 translation request, granted", CAP(ATS))                                           \
    X(T2GPA, "R18 T2GPA, the completion has the guest's address", CAP(T2GPA))                      \
    X(PD8, "R24 PD8, granted", CAP(PD8))                                                           \
    X(PD17, "R24 PD17, granted", CAP(PD17))                                                        \
    X(PD20, "R24 PD20, granted", CAP(PD20))                                                        \
    X(QOS, "R25 RCID and MCID with an access", CAP(QOSID))                                         \
    X(NAPOT_FIRST, "R28 64 KiB by the first stage", true)                                          \
    X(NAPOT_SECOND, "R28 64 KiB by the second stage", true)                                        \
    X(BE_DDT, "R29 big-endian device directory", FCTL_HAS(BE))                                     \
    X(BE_SECOND, "R29 big-endian second-stage PTEs", FCTL_HAS(BE))                                 \
    X(BE_MSI, "R29 big-endian MSI PTE", FCTL_HAS(BE))                                              \
    X(GXL, "R31 GXL 1, granted by a second stage", FCTL_HAS(GXL))                                  \
    X(RESET_KEPT, "R43 granted after a reset with traffic under way", true)                        \
    X(MODE_1LVL, "R45 iommu_mode 1LVL", (model->config.ddt_levels & IOMMU_DDT_1LVL) != 0)          \
    X(MODE_2LVL, "R45 iommu_mode 2LVL", (model->config.ddt_levels & IOMMU_DDT_2LVL) != 0)          \
    X(MODE_3LVL, "R45 iommu_mode 3LVL", (model->config.ddt_levels & IOMMU_DDT_3LVL) != 0)          \
    X(MODE_BARE, "R52 iommu_mode Bare, untranslated access", true)                                 \
    X(DC_BASE, "R53 device context of 32 bytes", !CAP(MSI_FLAT))                                   \
    X(DC_EXTENDED, "R54 device context of 64 bytes", CAP(MSI_FLAT))                                \
    X(WALK_1LVL, "R55 no entry before the device context", true)                                   \
    X(WALK_2LVL, "R55 one entry before the device context", true)                                  \
    X(WALK_3LVL, "R55 two entries before it", (model->config.ddt_levels & IOMMU_DDT_3LVL) != 0)    \
    X(EN_ATS, "R60 translated access with EN_ATS", CAP(ATS))                                       \
    X(T2GPA_SECOND, "R62 T2GPA, a translated access goes through the second stage", CAP(T2GPA))    \
    X(DTF_HIDES, "R63 DTF 1, no record", true)                                                     \
    X(DTF_NOT, "R63 DTF 0, a record", true)                                                        \
    X(PDTV_0, "R64 PDTV 0, fsc is iosatp", true)                                                   \
    X(PDTV_1, "R64 PDTV 1, fsc is pdtp", CAP(PD8))                                                 \
    X(DPE, "R68 DPE, process_id 0 by default", CAP(PD8))                                           \
    X(SBE_1, "R69 SBE 1, first-stage PTEs read", CAP(END))                                         \
    X(SBE_OTHER, "R69 SBE other than fctl.BE", CAP(END))                                           \
    X(SXL_1, "R70 SXL 1, granted by a first stage", CAP(SV32))                                     \
    X(SXL_0, "R70 SXL 0, granted by a first stage", true)                                          \
    X(TC_CUSTOM, "R73 custom bits of tc, ignored", true)                                           \
    X(TC_RESERVED, "R73 reserved bits of tc, fault", true)                                         \
    X(SECOND_BARE, "R74 iohgatp Bare", true)                                                       \
    X(SECOND_ROOT, "R74 index bits beyond one page in a second-stage root", true)                  \
    X(TA_PSCID, "R75 PSCID of the device context", true)                                           \
    X(FIRST_BARE, "R76 iosatp Bare", true)                                                         \
    X(PDTP_BARE, "R77 pdtp Bare", CAP(PD8))                                                        \
    X(MSI_OFF, "R78 msiptp Off with a second stage", CAP(MSI_FLAT))                                \
    X(MSI_FLAT, "R78 msiptp Flat, another page", CAP(MSI_FLAT))                                    \
    X(MSI_WIDE, "R79 reserved bits of mask or pattern, fault", CAP(MSI_FLAT))                      \
    X(MGPAW, "R80 bits beyond MGPAW, fault", CAP(MSI_FLAT) && !CAP(SV57X4))                        \
    X(PROCESS_WALK, "R101 an entry before the process context", CAP(PD17))                         \
    X(PROCESS_WALK_2, "R101 two entries before it", CAP(PD20))                                     \
    X(PC, "R105 process context, granted", CAP(PD8))                                               \
    X(ENS, "R106 ENS, supervisor's access granted", CAP(PD8))                                      \
    X(SUM, "R107 SUM, supervisor's access to a user's page", CAP(PD8))                             \
    X(PDT_SECOND, "R109 process directory through the second stage", CAP(PD8))                     \
    X(PDT_GUEST_FAULT, "R110 guest page fault of the process directory", CAP(PD8))                 \
    X(PROCESS_NONE, "R112 PDTV without process_id and DPE: Bare", CAP(PD8))                        \
    X(PROCESS_BARE, "R113 pdtp.MODE Bare", CAP(PD8))                                               \
    X(TRANSLATED_SPA, "R115 translated access without T2GPA", CAP(ATS))                            \
    X(TRANSLATED_GPA, "R116 translated access with T2GPA", CAP(T2GPA))                             \
    X(TRANSLATED_MSI, "R116 translated access to an interrupt file", CAP(T2GPA))                   \
    X(USER_WITHOUT, "R118 privileged, without process_id", true)                                   \
    X(EXECUTE, "R119 execution granted", true)                                                     \
    X(BOTH, "R122 both stages, granted", true)                                                     \
    X(BOTH_SMALLER_1, "R122 both stages, the first has the smaller page", true)                    \
    X(BOTH_SMALLER_2, "R122 both stages, the second has the smaller page", true)                   \
    X(UPPER, "R123 an IOVA of the upper half", true)                                               \
    X(NON_LEAF_BITS, "R126 a pointer with A, D, U, PBMT or N, fault", true)                        \
    X(NAPOT_LEVEL, "R128 N above the last level, fault", true)                                     \
    X(NAPOT_BITS, "R128 N with ppn not 1000, fault", true)                                         \
    X(SECOND_USER, "R130 second-stage PTE with U 0, fault", true)                                  \
    X(SECOND_GLOBAL, "R131 second-stage PTE with G, granted", true)                                \
    X(GLOBAL, "R132 first-stage leaf with G, granted", true)                                       \
    X(PBMT_BOTH, "R133 both stages have a memory type", CAP(SVPBMT))                               \
    X(ACCESSED_FIRST, "R134 first-stage PTE with A or D clear, fault", true)                       \
    X(ACCESSED_SECOND, "R134 second-stage PTE with A or D clear, fault", true)                     \
    X(MSI_READ, "R141 a read of an interrupt file", CAP(MSI_FLAT))                                 \
    X(MSI_NUMBER, "R142 the number of an interrupt file is not 0", CAP(MSI_FLAT))                  \
    X(ATS_CA, "R152 Completer Abort", CAP(ATS))                                                    \
    X(ATS_UR, "R153 Unsupported Request", CAP(ATS))                                                \
    X(ATS_NOT_PRESENT, "R154 Success without permissions", CAP(ATS))                               \
    X(ATS_USER, "R155 U or SUM does not fit: Success without permissions", CAP(ATS))               \
    X(ATS_DENIED, "R156 Success with one permission of two", CAP(ATS))                             \
    X(ATS_EXECUTE, "R156 Success with execution", CAP(ATS))                                        \
    X(ATS_QUIET, "R157 UR or CA without a record by DTF", CAP(ATS))                                \
    X(ATS_TOLD, "R157 UR or CA with a record", CAP(ATS))                                           \
    X(ATS_MRIF, "R158 MRIF, U 1", CAP(ATS) && CAP(MSI_MRIF))                                       \
    X(ATS_PRIV, "R159 Priv 1", CAP(ATS))                                                           \
    X(ATS_NO_PRIV, "R159 Priv asked for without PASID", CAP(ATS))                                  \
    X(ATS_FIELDS, "R160 N and AMA 0", CAP(ATS))                                                    \
    X(ATS_GLOBAL, "R161 Global 1", CAP(ATS))                                                       \
    X(ATS_NOT_GLOBAL, "R161 G without PASID: Global 0", CAP(ATS))                                  \
    X(ATS_LARGE, "R163 a page larger than 4 KiB", CAP(ATS))                                        \
    X(ATS_SMALL, "R163 4 KiB", CAP(ATS))                                                           \
    X(ATS_NW, "R164 No Write, granted", CAP(ATS))                                                  \
    X(ATS_WRITE, "R164 without No Write, granted", CAP(ATS))                                       \
    X(T2GPA_BOTH, "R165 T2GPA with both stages", CAP(T2GPA))                                       \
    X(QOS_CONTEXT, "R294 IDs of the device context with an access", CAP(QOSID))                    \
    X(QOS_BARE, "R293 IDs of iommu_qosid with an access in mode Bare", CAP(QOSID))                 \
    X(BARE_AGAIN, "R303 Bare stages, granted without invalidations", true)                         \
    X(OVERLAP, "R151 a page that is smaller because of interrupt files", CAP(ATS))                 \
    X(NO_CONTEXT, "R254 a record where no device context was found", true)                         \
    X(ENDIAN, "R301 both stages, in different byte orders", CAP(END))                              \
    X(C6_MGPAW, "C6 mask or pattern beyond MGPAW, fault", CAP(MSI_FLAT) && !CAP(SV57X4))           \
    X(C3_TYPE, "C3 misconfigured context, and a type that it does not allow", true)                \
    X(C4_GXL, "C4 iohgatp.MODE that GXL does not allow", FCTL_HAS(GXL))                            \
    X(C7_MSI, "C7 MSI match after a first stage", CAP(MSI_FLAT))                                   \
    X(C9_PDT, "C9 directory walk through the second stage", CAP(PD8))                              \
    X(C10_PTE, "C10 first-stage page fault under a second stage", true)                            \
    X(C11_EXPLICIT, "C11 iotval2, explicit", true)                                                 \
    X(C11_IMPLICIT, "C11 iotval2, implicit", true)                                                 \
    X(C11_WRITE, "C11 iotval2, implicit write", CAP(AMO_HWAD))                                     \
    X(C13_DPE, "C13 refused with the default process", CAP(PD8))                                   \
    X(C14_KEPT, "C14 DTF 1, a record all the same", true)                                          \
    X(C15_UR, "C15 UR", CAP(ATS))                                                                  \
    X(C15_CA, "C15 CA", CAP(ATS))                                                                  \
    X(C15_SUCCESS, "C15 Success, not present", CAP(ATS))                                           \
    X(C16_ATS, "C16 a completion without write permission", CAP(ATS))                              \
    X(C17_SIZE, "C17 a size that both stages decide", CAP(ATS))                                    \
    X(C18_T2GPA, "C18 translated access with T2GPA", CAP(T2GPA))                                   \
    X(C18_SPA, "C18 translated access without T2GPA", CAP(ATS))

/* Of records, commands, messages, registers at rest, debug (features_rest.c). */
#define OTHER_FEATURES(X)                                                                          \
    X(CAPABILITIES, "R1 capabilities at rest", true)                                               \
    X(VERSION, "R2 version at rest", true)                                                         \
    X(MRIF_AMO, "R13 a bit of an MRIF set by an atomic", CAP(AMO_MRIF))                            \
    X(UPDATE_FIRST, "R16 A/D update of a first-stage PTE", CAP(AMO_HWAD))                          \
    X(UPDATE_SECOND, "R16 A/D update of a second-stage PTE", CAP(AMO_HWAD))                        \
    X(END_1, "R19 fctl.BE 1 at rest", FCTL_HAS(BE))                                                \
    X(END_0, "R19 fctl.BE 0 at rest", true)                                                        \
    X(WIRE, "R20 a wire is high", true)                                                            \
    X(MESSAGE, "R20 an interrupt message", MESSAGES_OF_ITS_OWN)                                    \
    X(HPM, "R21 a counter that is not 0", CAP(HPM))                                                \
    X(DBG, "R22 a debug translation", CAP(DBG))                                                    \
    X(PAS, "R23 an address beyond PAS, refused", true)                                             \
    X(NL, "R26 IOTINVAL with NL", CAP(NL))                                                         \
    X(S, "R27 IOTINVAL with S", CAP(S))                                                            \
    X(BE_CQ, "R29 big-endian commands", FCTL_HAS(BE))                                              \
    X(BE_FQ, "R29 big-endian fault records", FCTL_HAS(BE))                                         \
    X(BE_PQ, "R29 big-endian page requests", FCTL_HAS(BE) && CAP(ATS))                             \
    X(BE_FENCE, "R29 big-endian data of a fence", FCTL_HAS(BE))                                    \
    X(BE_MESSAGE, "R29 big-endian interrupt message", FCTL_HAS(BE))                                \
    X(WSI_1, "R30 WSI 1 at rest", true)                                                            \
    X(WSI_0, "R30 WSI 0 at rest", CAP_IGS != IOMMU_IGS_WSI)                                        \
    X(GXL_1, "R31 GXL 1 at rest", FCTL_HAS(GXL))                                                   \
    X(REGISTERS, "R39 all registers at rest", true)                                                \
    X(ABSENT, "R37 an absent register at rest", true)                                              \
    X(RESET_QUEUES, "R40 reset with queues on and traffic under way", true)                        \
    X(DDTP, "R47 ddtp at rest", true)                                                              \
    X(PRPR, "R65 PRPR, a response with PASID", CAP(ATS))                                           \
    X(EN_PRI, "R61 page request queued", CAP(ATS))                                                 \
    X(GADE, "R66 A/D update by the second stage", CAP(AMO_HWAD))                                   \
    X(SADE, "R67 A/D update by the first stage", CAP(AMO_HWAD))                                    \
    X(CAS_FAILS, "R135 compare-and-swap meets another value", CAP(AMO_HWAD))                       \
    X(CAS, "R135 compare-and-swap", CAP(AMO_HWAD))                                                 \
    X(OVERTAKES, "R140 implicit accesses while devices' accesses stand", true)                     \
    X(PDT_MOVES, "R77 another process directory while devices go on", CAP(PD8))                    \
    X(MRIF_STORE, "R147 a bit of an MRIF", CAP(MSI_MRIF))                                          \
    X(NOTICE, "R148 a notice", CAP(MSI_MRIF))                                                      \
    X(PAGE_QUEUED, "R166 page request queued", CAP(ATS))                                           \
    X(STOP_MARKER, "R167 stop marker", CAP(ATS))                                                   \
    X(PAGE_DISCARDED, "R168 page request discarded", CAP(ATS))                                     \
    X(PAGE_FAILURE, "R169 Response Failure", CAP(ATS))                                             \
    X(PAGE_INVALID, "R170 Invalid Request", CAP(ATS))                                              \
    X(PAGE_SUCCESS, "R171 Success, the queue is full", CAP(ATS))                                   \
    X(PAGE_PASID, "R172 an automatic response with PASID", CAP(ATS))                               \
    X(PAGE_NO_PASID, "R172 an automatic response without PASID to one with it", CAP(ATS))          \
    X(CQ_WRAPS, "R174 the command queue wraps around", true)                                       \
    X(CQ_INDICES, "R176 cqh and cqt at rest", true)                                                \
    X(CIP, "R179 cip with cie", true)                                                              \
    X(CMD_ILL, "R182 cmd_ill", true)                                                               \
    X(CMD_TO, "R181 cmd_to, and the queue goes on", CAP(ATS))                                      \
    X(TIMEOUT, "R202 the time of an ATS.INVAL is over", CAP(ATS))                                  \
    X(LATE, "R202 a completion that comes too late", CAP(ATS))                                     \
    X(FENCE_W_IP, "R183 fence_w_ip", true)                                                         \
    X(CQON, "R184 cqon at rest", true)                                                             \
    X(VMA_0, "R185 IOTINVAL.VMA", true)                                                            \
    X(VMA_1, "R185 IOTINVAL.VMA AV", true)                                                         \
    X(VMA_2, "R185 IOTINVAL.VMA PSCV", true)                                                       \
    X(VMA_3, "R185 IOTINVAL.VMA AV PSCV", true)                                                    \
    X(VMA_4, "R185 IOTINVAL.VMA GV", true)                                                         \
    X(VMA_5, "R185 IOTINVAL.VMA GV AV", true)                                                      \
    X(VMA_6, "R185 IOTINVAL.VMA GV PSCV", true)                                                    \
    X(VMA_7, "R185 IOTINVAL.VMA GV AV PSCV", true)                                                 \
    X(GVMA_0, "R186 IOTINVAL.GVMA", true)                                                          \
    X(GVMA_1, "R186 IOTINVAL.GVMA AV", true)                                                       \
    X(GVMA_2, "R186 IOTINVAL.GVMA GV", true)                                                       \
    X(GVMA_3, "R186 IOTINVAL.GVMA GV AV", true)                                                    \
    X(NL_VMA, "R187 IOTINVAL.VMA AV NL", CAP(NL))                                                  \
    X(NL_GVMA, "R187 IOTINVAL.GVMA GV AV NL", CAP(NL))                                             \
    X(S_VMA, "R188 IOTINVAL.VMA AV S", CAP(S))                                                     \
    X(S_GVMA, "R188 IOTINVAL.GVMA GV AV S", CAP(S))                                                \
    X(FENCE, "R189 IOFENCE.C", true)                                                               \
    X(FENCE_AV, "R190 IOFENCE.C AV, its store", true)                                              \
    X(FENCE_WSI, "R191 IOFENCE.C WSI without wires, illegal", CAP_IGS != IOMMU_IGS_WSI)            \
    X(FENCE_PR, "R192 IOFENCE.C PR", true)                                                         \
    X(FENCE_PW, "R192 IOFENCE.C PW", true)                                                         \
    X(FENCE_PR_PW, "R192 IOFENCE.C PR PW", true)                                                   \
    X(DDT_ALL, "R193 IODIR.INVAL_DDT", true)                                                       \
    X(DDT_DV, "R193 IODIR.INVAL_DDT DV", true)                                                     \
    X(PDT, "R194 IODIR.INVAL_PDT", CAP(PD8))                                                       \
    X(ATS_INVAL, "R196 ATS.INVAL", CAP(ATS))                                                       \
    X(ATS_PRGR, "R197 ATS.PRGR", CAP(ATS))                                                         \
    X(ATS_ILLEGAL, "R198 ATS command without ATS, illegal", !CAP(ATS))                             \
    X(RESERVED_COMMAND, "R199 a reserved opcode, function or bit, illegal", true)                  \
    X(CUSTOM_COMMAND, "R200 a custom opcode, illegal", true)                                       \
    X(ITAGS_BUSY, "R202 two ATS.INVAL at a time", CAP(ATS))                                        \
    X(RECORD, "R203 a fault record", true)                                                         \
    X(FQ_INDICES, "R204 fqt at rest", true)                                                        \
    X(FIP, "R206 fip with fie", true)                                                              \
    X(FQOF, "R208 fqof", true)                                                                     \
    X(FQON, "R209 fqon at rest", true)                                                             \
    X(FQOFF, "R209 fqon 0 at rest", true)                                                          \
    X(TTYP_0, "R241 record with TTYP 0", CAP(MSI_MRIF))                                            \
    X(CAUSE_273, "R238 cause 273", CAP(MSI_MRIF))                                                  \
    X(NOTICE_FAULT, "R149 a notice that memory refuses", CAP(MSI_MRIF))                            \
    X(PAGE_QUIET, "R173 the queue is full, no record", CAP(ATS))                                   \
    X(TTYP_1, "R242 record with TTYP 1", true)                                                     \
    X(TTYP_2, "R243 record with TTYP 2", true)                                                     \
    X(TTYP_3, "R244 record with TTYP 3", true)                                                     \
    X(TTYP_5, "R245 record with TTYP 5", true)                                                     \
    X(TTYP_6, "R246 record with TTYP 6", true)                                                     \
    X(TTYP_7, "R247 record with TTYP 7", true)                                                     \
    X(TTYP_8, "R248 record with TTYP 8", CAP(ATS))                                                 \
    X(TTYP_9, "R249 record with TTYP 9", CAP(ATS))                                                 \
    X(IOTVAL, "R250 iotval", true)                                                                 \
    X(IOTVAL2, "R251 iotval2 of a guest page fault", true)                                         \
    X(IOTVAL2_IMPLICIT, "R251 iotval2, implicit access", true)                                     \
    X(PV_0, "R252 PV 0", true)                                                                     \
    X(PV_1, "R252 PV 1", true)                                                                     \
    X(PRIV, "R252 PRIV 1", CAP(PD8))                                                               \
    X(PQ_RECORD, "R255 a page request in the queue", CAP(ATS))                                     \
    X(PQ_INDICES, "R256 pqt at rest", CAP(ATS))                                                    \
    X(PIP, "R258 pip with pie", CAP(ATS))                                                          \
    X(PQOF, "R260 pqof", CAP(ATS))                                                                 \
    X(PQON, "R261 pqon at rest", CAP(ATS))                                                         \
    X(IPSR_CIP, "R262 cip at rest", true)                                                          \
    X(IPSR_FIP, "R262 fip at rest", true)                                                          \
    X(IPSR_PIP, "R262 pip at rest", CAP(ATS))                                                      \
    X(IPSR_PMIP, "R262 pmip at rest", CAP(HPM))                                                    \
    X(WIRES, "R263 wires at rest", true)                                                           \
    X(MSI, "R264 an interrupt message", MESSAGES_OF_ITS_OWN)                                       \
    X(ICVEC, "R265 icvec at rest", true)                                                           \
    X(MSI_ADDR, "R266 msi_addr at rest", MESSAGES_OF_ITS_OWN)                                      \
    X(MSI_DATA, "R267 msi_data at rest", MESSAGES_OF_ITS_OWN)                                      \
    X(MSI_MASKED, "R268 a message held back by M", MESSAGES_OF_ITS_OWN)                            \
    X(VECTOR_NOT_0, "R270 a vector that is not 0", true)                                           \
    X(HPM_COUNTER, "R272 a counter at rest", CAP(HPM))                                             \
    X(HPM_EVENT, "R273 an event selector at rest", CAP(HPM))                                       \
    X(HPM_INHIBIT, "R274 iocountinh at rest", CAP(HPM))                                            \
    X(HPM_OVERFLOW, "R275 iocountovf at rest", CAP(HPM))                                           \
    X(PMIP, "R276 pmip", CAP(HPM))                                                                 \
    X(EVENT_1, "R277 counter of untranslated requests", CAP(HPM))                                  \
    X(EVENT_2, "R278 counter of translated requests", CAP(HPM))                                    \
    X(EVENT_3, "R279 counter of ATS requests", CAP(HPM) && CAP(ATS))                               \
    X(EVENT_4, "R280 counter of TLB misses, within bounds", CAP(HPM))                              \
    X(EVENT_5, "R281 counter of DDT walks, within bounds", CAP(HPM))                               \
    X(EVENT_6, "R282 counter of PDT walks, within bounds", CAP(HPM) && CAP(PD8))                   \
    X(EVENT_7, "R283 counter of first-stage walks, within bounds", CAP(HPM))                       \
    X(EVENT_8, "R284 counter of second-stage walks, within bounds", CAP(HPM))                      \
    X(EVENT_0, "R285 event 0 does not count", CAP(HPM))                                            \
    X(FILTER_DEVICE, "R286 counter of one device", CAP(HPM))                                       \
    X(FILTER_PROCESS, "R286 counter of one process", CAP(HPM))                                     \
    X(FILTER_MASK, "R286 counter of devices by DMASK", CAP(HPM))                                   \
    X(FILTER_IDT, "R287 IDT that the event does not support", CAP(HPM))                            \
    X(DEBUG_IOVA, "R288 tr_req_iova at rest", CAP(DBG))                                            \
    X(DEBUG_PRIV, "R289 debug translation with PV and Priv", CAP(DBG) && CAP(PD8))                 \
    X(DEBUG_EXE, "R289 debug translation with Exe", CAP(DBG))                                      \
    X(DEBUG_NW, "R289 debug translation with NW", CAP(DBG))                                        \
    X(DEBUG_WRITE, "R289 debug translation without NW", CAP(DBG))                                  \
    X(DEBUG_FAULT, "R290 tr_response with fault", CAP(DBG))                                        \
    X(DEBUG_PAGE, "R290 tr_response of 4 KiB", CAP(DBG))                                           \
    X(DEBUG_LARGE, "R290 tr_response of a larger page", CAP(DBG))                                  \
    X(DEBUG_PBMT, "R290 tr_response with PBMT", CAP(DBG) && CAP(SVPBMT))                           \
    X(DEBUG_RECORD, "R291 a debug translation's fault is recorded", CAP(DBG))                      \
    X(QOSID, "R293 iommu_qosid at rest", CAP(QOSID))                                               \
    X(STALE, "R299 a result that old and new entries leave open", true)                            \
    X(QUIESCE, "R48 quiesce, all is answered", true)                                               \
    X(REFUSED_READ, "R307 a refused read: SLVERR, and zeros", true)                                \
    X(REFUSED_WRITE, "R307 a refused write: SLVERR", true)                                         \
    X(C12_ENS, "C12 record of a supervisor without ENS", CAP(PD8))                                 \
    X(C19_FAILURE, "C19 Response Failure", CAP(ATS))                                               \
    X(C19_INVALID, "C19 Invalid Request", CAP(ATS))                                                \
    X(C20_REPAIR, "C20 the command queue goes on after cmd_ill", true)                             \
    X(C21_FENCE, "C21 a fence's store, and all before it done", true)                              \
    X(C22_ILLEGAL, "C22 illegal by what is built in", true)                                        \
    X(C23_RANGE, "C23 IOTINVAL of a range", CAP(S))                                                \
    X(C24_STICKY, "C24 overflow of the fault queue", true)                                         \
    X(C25_LEVEL, "C25 a pending bit that is set again at once", true)

enum feature {
#define FEATURE_ENUM(name, text, possible) FEATURE_##name,
    WALK_FEATURES(FEATURE_ENUM) OTHER_FEATURES(FEATURE_ENUM)
#undef FEATURE_ENUM
        FEATURES
};

extern unsigned long features[FEATURES];
#define FEATURE(name) (features[FEATURE_##name]++)
#define FEATURE_IF(name, condition)                                                                \
    do {                                                                                           \
        if (condition)                                                                             \
            FEATURE(name);                                                                         \
    } while (0)

#endif
