/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a request: as the golden model has it, step by step, on a copy of the
 * tables that can be patched. Deviations of QEMU's are patches ("as if this bit were 1"),
 * so that QEMU's result is predicted in full, and nothing is merely excused.
 */
#ifndef PORTCULLIS_TESTS_WHATIF_H
#define PORTCULLIS_TESTS_WHATIF_H

#include "rig.h"

enum request_kind {
    REQUEST_DEBUG,   /* translation-request registers */
    REQUEST_READ,    /* DMA by a device */
    REQUEST_WRITE,   /* the same */
    REQUEST_MESSAGE, /* a device's 4-byte write that carries its requester id */
};

struct request {
    enum request_kind kind;
    uint64_t iova;
    uint32_t device_id;
    uint32_t process_id;
    bool process_id_valid;
    bool privileged;
    bool execute;  /* debug only */
    bool no_write; /* debug only: NW */
    uint32_t length;
    uint32_t data; /* of a write of 4 bytes */
};

/** The request asks for write permission. */
bool request_writes(const struct request *request);

/** A store that a request leads to, with the value that memory then has. */
struct store {
    uint64_t address;
    unsigned size;
    uint64_t value;
};

/** What is expected of one side. */
struct forecast {
    bool fault;
    uint16_t cause;
    bool recorded; /* a fault record comes */
    struct record record;
    uint64_t response;      /* tr_response */
    uint64_t response_mask; /* bits of it that are specified */
    bool lost;              /* no fault, but nothing is moved */
    uint64_t address;       /* where data moves */
    uint8_t page_log2;      /* the translation holds for a range of this size */
    uint8_t target;         /* enum iommu_target */
    struct store store[2];
    unsigned stores;
    bool late; /* QEMU: a fault of a context that it finds while translating */
};

#define WHATIF_STEPS 160
#define WHATIF_PATCHES 64

struct patch {
    uint64_t address;
    uint32_t value;
};

struct whatif {
    struct rig *rig;
    struct iommu *model;   /* without caches, and with patched memory */
    struct iommu *lenient; /* the same, with fctl.GXL writable */
    struct patch patch[WHATIF_PATCHES];
    unsigned patches;
    struct request asked;   /* as it was */
    struct request request; /* as it is run */
    bool take_sxl;          /* run on `lenient` */
    struct iommu_response response;
    struct iommu_step step[WHATIF_STEPS];
    unsigned steps;
};

struct whatif *whatif_create(struct rig *rig);
void whatif_destroy(struct whatif *w);

/** Take over ddtp; after each change of it. */
void whatif_set_ddtp(struct whatif *w, uint64_t ddtp);

/** Start anew with a request, without patches, and run it. */
void whatif_ask(struct whatif *w, const struct request *request);
/** Run again, with the patches and changes made so far. */
void whatif_run(struct whatif *w);
/** Patch 4 or 8 bytes of memory. @return false if there is no room */
bool whatif_patch(struct whatif *w, uint64_t address, unsigned size, uint64_t value);

/** Memory as the run saw it. */
uint64_t whatif_load(const struct whatif *w, uint64_t address, unsigned size);

/** The last step that read an entry; NULL: none. */
const struct iommu_step *whatif_last(const struct whatif *w);

/** What the specification says, from the last run: `request` gives what is recorded. */
void whatif_forecast(const struct whatif *w, struct forecast *f);

/** Add a store to a forecast, if it reaches RAM. */
void forecast_store(struct forecast *f, uint64_t address, unsigned size, uint64_t value);

/** A forecast of a fault with this cause, all else as the specification has it. */
void whatif_fault(const struct whatif *w, uint16_t cause, uint64_t iotval2, struct forecast *f);

/** An access of the run was to devices of QEMU's machine, or data would go to tables. */
bool whatif_is_harmful(const struct whatif *w);

#endif
