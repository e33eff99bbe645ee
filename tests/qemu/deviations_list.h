/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the known deviations, in the order of the table in deviations.c. */
#ifndef PORTCULLIS_TESTS_DEVIATIONS_LIST_H
#define PORTCULLIS_TESTS_DEVIATIONS_LIST_H

#include "deviations.h"

enum deviation {
    /* records and registers */
    RESPONSE_LAYOUT,
    RECORD_PV,
    RECORD_TTYP,
    RECORD_IOTVAL2,
    RECORD_MSI,
    /* requests */
    DEBUG_EXE,
    DEBUG_PRIV,
    PROCESS_ID_ZERO,
    PROCESS_ID_WIDE,
    /* contexts */
    DC_RESERVED,
    DC_ADE,
    DC_SXL,
    DC_MODE,
    PC_RESERVED,
    PDT_GUEST_FAULT,
    PDT_PERMISSIONS,
    /* page tables */
    PTE_PBMT_BITS,
    PTE_POINTER,
    PTE_USER,
    IMPLICIT_WRITE,
    ROOT_FIRST,
    SV32_WIDE,
    SXL_GPA,
    /* MSIs */
    MSI_READ,
    MSI_DEBUG,
    MSI_ANONYMOUS,
    MSI_TABLE,
    MSI_PTE_CORRUPT,
    MSI_PTE_CUSTOM,
    MSI_PTE_RESERVED,
    MRIF_IDENTITY,
    MRIF_OFFSET,
    MRIF_WORD,
    MSI_OFFSET,
    MSI_TARGET,
    MRIF_NOTICE,
    MRIF_ACCESS,
    /* commands */
    INVAL_GPA,
    INVAL_SUPERPAGE,
    COMMAND_RESERVED,
    FENCE_WSI,
    /* status and interrupts */
    STATUS_ZERO,
    IPSR_LEVEL,
    IPSR_OTHER,
    VECTOR_MASK,
    UNCOUNTED,
    DEVIATIONS
};

void deviation_mark(struct deviation_set *set, enum deviation deviation);

#endif
