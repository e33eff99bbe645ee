/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ready-made arrangements of tables around one device, for tests of queues, messages,
 * interrupts and caches: what they need is a device that translates, not how.
 *
 * A scene must not be copied: its tables point at each other.
 */
#ifndef PORTCULLIS_TESTS_SCENES_H
#define PORTCULLIS_TESTS_SCENES_H

#include "harness.h"

#define SCENE_DEVICE 0x00002bu /**< fits every number of DDT levels */
#define SCENE_GSCID 0x0a51u
#define SCENE_PSCID 0x7a5c1u
#define SCENE_PID 0x00031u
/** Guest physical minus physical addresses of the guest's own tables. */
#define SCENE_GUEST_OFFSET 0x100000000u
/** Guest physical address of the first virtual interrupt file; there are 16. */
#define SCENE_MSI 0x28000000u
#define SCENE_MSI_FILES 16u
/** Physical address of the first real interrupt file; no memory lies there. */
#define SCENE_IMSIC 0x24000000u

struct scene {
    struct bench *b;
    uint32_t device;
    struct dc dc;
    struct page_table second;
    struct page_table first;
    struct pdt pdt;
    struct pc pc;
    uint64_t msi_table;
};

/** Both stages Bare. */
void scene_bare(struct scene *s, struct bench *b);
/** First stage Sv39 in DC.fsc, second stage Bare. */
void scene_first(struct scene *s, struct bench *b);
/** First stage Bare, second stage Sv39x4. */
void scene_second(struct scene *s, struct bench *b);
/** Sv39 in DC.fsc over Sv39x4; the first stage's pages are in guest memory. */
void scene_nested(struct scene *s, struct bench *b);
/** PD20; process SCENE_PID has Sv39, ENS and SUM; second stage Bare. */
void scene_process(struct scene *s, struct bench *b);
/** The same over Sv39x4, PDT and first stage in guest memory. */
void scene_guest_process(struct scene *s, struct bench *b);
/** Add an MSI page table of 16 entries, all of them invalid, to a second stage. */
void scene_add_msi(struct scene *s);
/** Point MSI PTE `file` at the real interrupt file of the same number. */
void scene_map_msi(struct scene *s, unsigned file);
/** Write the device context after a change of s->dc, and empty the caches. */
void scene_update(struct scene *s);
/** Write the process context after a change of s->pc, and empty the caches. */
void scene_update_process(struct scene *s);

/** Guest physical address of an address inside virtual interrupt file `file`. */
uint64_t scene_msi_address(unsigned file, uint32_t offset);
/** A device's write of a 32-bit little-endian value. */
struct iommu_response scene_write32(struct scene *s, uint64_t iova, uint32_t value);
/** A legal translation that needs only the device context, to see that all still works. */
void scene_check_alive(struct place place, struct scene *s, uint64_t iova, uint64_t expected);

/** A page request with PASID; payload bits R, W, L and the group index. */
struct iommu_page_request page_request_of(uint32_t device_id, uint64_t payload);
/** Payload of a page request: L=1, R=1, page address and group index. */
uint64_t page_request_payload(uint64_t address, unsigned group);

/** Clear the bits of a CSR or of ipsr that are written as 1 to clear, keeping enables. */
void cqcsr_clear(struct bench *b, uint32_t bits);
void fqcsr_clear(struct bench *b, uint32_t bits);
void pqcsr_clear(struct bench *b, uint32_t bits);

/** Has the address `address` in the log been written, and with how many bytes? */
const struct event *write_event_at(struct bench *b, uint64_t address);
/** Number of messages to devices so far. */
size_t message_count(struct bench *b);
/** The index-th message to a device; fatal if there is none. */
const struct iommu_message *message_at(struct bench *b, size_t index);

#endif
