/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sides side by side: QEMU's riscv-iommu device and the golden model, with the same
 * memory contents, the same registers written, and devices that access both.
 */
#ifndef PORTCULLIS_TESTS_RIG_H
#define PORTCULLIS_TESTS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu.h"
#include "qtest.h"

enum { QEMU, MODEL, SIDES };

/* --- memory: all structures live in the arena, a part of the guest's RAM --- */

#define PAGE 4096u
#define ARENA_BASE 0x88000000u
#define ARENA_PAGES 512u /* 2 MiB, aligned to its size: superpages can map it */
#define ARENA_SIZE (ARENA_PAGES * PAGE)
#define SPARE_PAGES 4u /* at its end: handed out, again and again, when it is full */
#define SPARE_BASE (ARENA_BASE + ARENA_SIZE - SPARE_PAGES * PAGE)

#define COMMAND_QUEUE (ARENA_BASE + 0x0000u)
#define FAULT_QUEUE (ARENA_BASE + 0x1000u)
#define PAGE_QUEUE (ARENA_BASE + 0x2000u)
#define DUMP_PAGE (ARENA_BASE + 0x3000u)  /* contents of devices' buffers */
#define FENCE_PAGE (ARENA_BASE + 0x4000u) /* stores of IOFENCE.C, messages of the IOMMU */
#define FREE_PAGES 8u                     /* the first page that scenes may use */

#define QUEUE_ENTRIES 128u /* of command and fault queue */

/* --- devices: QEMU's `edu`, with a buffer of their own --- */

#define RIG_DEVICES 4
#define DEVICE_BUFFER 4096u

struct rig_device {
    uint32_t device_id;
    uint64_t config; /* its PCI configuration space in the guest's memory map */
    uint64_t bar;
    uint8_t buffer[DEVICE_BUFFER]; /* the model side's */
};

/* --- a machine --- */

/** One way to set QEMU's device up, and the model accordingly. */
struct setup {
    const char *name;
    const char *arguments[12]; /* QEMU's, after the machine and the devices */
    bool pci;                  /* riscv-iommu-pci instead of the platform device */
    /** QEMU hard-wires fctl.GXL to 0 and yet takes DC.tc.SXL=1, which is legal only where
     *  GXL can be written. True: GXL is writable in the model (and never written), so
     *  that Sv32 can be compared. */
    bool gxl_writable;
    bool caches;     /* the model's */
    unsigned weight; /* share of rounds */
};

struct record {
    uint64_t word[4];
};

#define RECORDS 8

/** What one side showed for one request. */
struct seen {
    unsigned records; /* new fault records; more than RECORDS: the rest is not kept */
    struct record record[RECORDS];
    uint64_t response; /* tr_response */
};

struct rig {
    const struct setup *setup;
    struct qtest *qemu;
    struct iommu *model;
    struct iommu_config config;
    uint64_t capabilities;
    uint64_t registers; /* of QEMU's device, in the guest's memory map */
    uint8_t *ram[SIDES];
    uint32_t next_page;
    struct rig_device device[RIG_DEVICES];
    uint32_t command_tail;
    uint32_t fault_head[SIDES]; /* records up to here were taken */
    unsigned messages;          /* ATS messages that the model sent */
    uint32_t itags_open;        /* ITAGs of invalidation requests to be completed */
    uint32_t itag_device[32];
};

/** @return NULL with a sentence in error: QEMU does not start, or lacks the device */
struct rig *rig_open(const struct setup *setup, const char *program, char *error,
                     size_t error_size);
void rig_close(struct rig *rig);

/* --- memory, both sides at once --- */

bool rig_is_ram(uint64_t address, uint64_t size);
/** Neither RAM nor a hole: accesses there would reach devices of QEMU's machine. */
bool rig_is_forbidden(uint64_t address, uint64_t size);
uint8_t *rig_host(const struct rig *rig, int side, uint64_t address);
void rig_store(struct rig *rig, uint64_t address, unsigned size, uint64_t value);
uint64_t rig_load(const struct rig *rig, int side, uint64_t address, unsigned size);
/** Zeroed pages, contiguous, aligned to `align` pages (a power of 2). */
uint64_t rig_pages(struct rig *rig, unsigned count, unsigned align);
/** Give all pages back. */
void rig_free_pages(struct rig *rig);
/** The first address that differs between the sides, queues aside; 0: none. */
uint64_t rig_first_difference(const struct rig *rig, uint64_t from, uint64_t size);
/** Make QEMU's memory like the model's. */
void rig_make_equal(struct rig *rig, uint64_t from, uint64_t size);

/* --- registers, both sides at once --- */

void rig_write(struct rig *rig, uint32_t offset, unsigned size, uint64_t value);
/** Read on both sides, QEMU's after everything that is queued. */
void rig_read(struct rig *rig, uint32_t offset, unsigned size, uint64_t value[SIDES]);

/** Switch ddtp, by way of Off. */
void rig_set_ddtp(struct rig *rig, unsigned mode, uint64_t root);
/** Switch queues on, empty, with QUEUE_ENTRIES entries, without interrupts. */
void rig_start_queues(struct rig *rig);
/** Put a command into the queue; rig_submit() makes both sides see it. */
void rig_command(struct rig *rig, uint64_t first, uint64_t second);
void rig_submit(struct rig *rig);
/** Invalidate all that either side may have cached. */
void rig_invalidate(struct rig *rig);
/** Answer invalidation requests that the model sent, as devices would. */
void rig_complete_invalidations(struct rig *rig);

/* --- requests: each on one side, so that their order is the caller's --- */

/** Records that have come since the last call; QEMU's need the value of its fqt. */
void rig_take_records(struct rig *rig, int side, uint32_t fqt, struct seen *seen);
/** Tell both sides that the records were read. */
void rig_acknowledge(struct rig *rig);

/** Queue a debug translation on QEMU; *response and *fqt come with the next flush. */
void rig_debug_qemu(struct rig *rig, uint64_t iova, uint64_t control, uint64_t *response,
                    uint64_t *fqt);
/** A device of QEMU's reads or writes, between its buffer at `at` and memory. */
void rig_dma_qemu(struct rig *rig, const struct rig_device *device, bool write, uint64_t iova,
                  uint32_t at, uint32_t length);
/** Queue a 4-byte write by a device of QEMU's: a message that it sends. */
void rig_message_qemu(struct rig *rig, const struct rig_device *device, uint64_t iova,
                      uint16_t data, uint64_t *fqt);
/** Write QEMU's device buffer to DUMP_PAGE, without translation; ddtp is Bare meanwhile. */
void rig_dump_qemu(struct rig *rig, const struct rig_device *device);

#endif
