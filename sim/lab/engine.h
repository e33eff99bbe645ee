/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of the DMA engine, for the server and for its drivers. See docs/lab.md. */
#ifndef ENGINE_H
#define ENGINE_H

#define ENGINE_ID_VALUE 0x50434c44u /* "PCLD" */

#define ENGINE_ID 0x00
#define ENGINE_CONTROL 0x08 /* a write of START begins */
#define ENGINE_STATUS 0x10  /* DONE and FAULT are cleared by writing 1 */
#define ENGINE_OPERATION 0x18
#define ENGINE_SOURCE 0x20
#define ENGINE_TARGET 0x28
#define ENGINE_LENGTH 0x30
#define ENGINE_ARGUMENT 0x38
#define ENGINE_RESULT 0x40
#define ENGINE_FAULT_ADDRESS 0x48
#define ENGINE_PASID 0x50
#define ENGINE_MOVED 0x58
#define ENGINE_RAISE 0x60
#define ENGINE_HOSTILE 0x68
#define ENGINE_SEED 0x70
#define ENGINE_ATS 0x78 /* translations asked for 31:0, pages 47:32, invalidations 63:48 */

#define ENGINE_CONTROL_START 0x1
#define ENGINE_CONTROL_INTERRUPT 0x2
#define ENGINE_CONTROL_PASID 0x4
#define ENGINE_CONTROL_PRIVILEGED 0x8
#define ENGINE_CONTROL_ATS 0x10 /* by translated requests, if ATS is enabled */
#define ENGINE_CONTROL_PRI 0x20 /* asks for pages that it may not use yet, if PRI is enabled */

#define ENGINE_STATUS_BUSY 0x1
#define ENGINE_STATUS_DONE 0x2
#define ENGINE_STATUS_FAULT 0x4

#define ENGINE_COPY 0
#define ENGINE_FILL 1
#define ENGINE_CHECKSUM 2
#define ENGINE_CHASE 3
#define ENGINE_GATHER 4
#define ENGINE_RAW 8   /* one request, as ENGINE_HOSTILE says */
#define ENGINE_STORM 9 /* ENGINE_ARGUMENT random requests and messages */

/* ENGINE_HOSTILE: who, and what; only where the server was started with --hostile */
#define ENGINE_HOSTILE_ID 0xffffff
#define ENGINE_HOSTILE_OTHER (1u << 24) /* the ID counts */
#define ENGINE_HOSTILE_TYPE 25          /* 0 untranslated, 1 translated, 2 ATS */
#define ENGINE_HOSTILE_WRITE (1u << 27)
#define ENGINE_HOSTILE_PAGE_REQUEST (1u << 28)
#define ENGINE_HOSTILE_COMPLETION (1u << 29)
#define ENGINE_HOSTILE_SILENT (1u << 30) /* invalidations are not answered */
#define ENGINE_HOSTILE_LIES (1u << 31)   /* or in one of many ways that are wrong */
#define ENGINE_HOSTILE_EXECUTE (1ull << 32)

/* An entry of a list to gather: source, target, length, 0 (8 bytes each). */
#define ENGINE_GATHER_BYTES 32

#endif
