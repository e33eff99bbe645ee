/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random scenes: a device directory, device and process contexts, page tables and MSI
 * page tables, from wholly legal to hostile, the same on both sides of a rig.
 */
#ifndef PORTCULLIS_TESTS_SCENE_H
#define PORTCULLIS_TESTS_SCENE_H

#include "draw.h"
#include "rig.h"

/* Bits of a PTE */
#define PTE_V 0x001u
#define PTE_R 0x002u
#define PTE_W 0x004u
#define PTE_X 0x008u
#define PTE_U 0x010u
#define PTE_G 0x020u
#define PTE_A 0x040u
#define PTE_D 0x080u
#define PTE_N 0x8000000000000000u
#define PTE_PPN 0x003ffffffffffc00u
#define PTE_HIGH 0xffc0000000000000u /* above the PPN: N, PBMT, reserved */

#define SCENE_DEVICES 6
#define SCENE_CONTEXTS 3
#define SCENE_MAPPINGS 6
#define SCENE_ENTRIES 512
#define SCENE_GUEST_PAGES 96

enum nature { NATURE_LEGAL, NATURE_BROKEN, NATURE_HOSTILE, NATURES };

/** An IOVA that was mapped; what became of it is another matter. */
struct mapping {
    uint64_t iova;
    bool msi; /* leads to a virtual interrupt file */
};

/** One first-stage address space: of a device, or of one of its processes. */
struct space {
    uint32_t process_id;
    bool supervisor; /* PC.ta.ENS */
    uint8_t mode;    /* iosatp.MODE */
    uint64_t root;   /* supervisor physical address */
    struct mapping mapping[SCENE_MAPPINGS];
    unsigned mappings;
};

struct scene_device {
    uint32_t device_id;
    uint64_t context; /* address of its DC */
    bool sxl;
    bool processes; /* DC.tc.PDTV */
    uint8_t second; /* iohgatp.MODE */
    uint64_t second_root;
    uint64_t guest_offset; /* guest physical minus supervisor physical address */
    unsigned granule;      /* level of the second stage's leaves */
    uint64_t msi_gpa;      /* first page of virtual interrupt files, 0: none */
    uint64_t msi_mask;
    uint64_t msi_table;
    struct space space[SCENE_CONTEXTS];
    unsigned spaces;
    uint64_t guest_page[SCENE_GUEST_PAGES]; /* pages that the second stage has to map */
    unsigned guest_pages;
};

/** An entry of a table, as an object for corruption. */
struct entry {
    uint64_t address;
    uint8_t size;
    bool pte;       /* its PPN starts at bit 10, else at bit 0 */
    uint64_t fixed; /* bits that stay as they are */
};

struct scene {
    struct rig *rig;
    struct draw *draw;
    enum nature nature;
    unsigned mode; /* of ddtp */
    uint64_t directory;
    struct scene_device device[SCENE_DEVICES];
    unsigned devices;
    struct entry entry[SCENE_ENTRIES];
    unsigned entries;
    uint8_t data_page[ARENA_PAGES]; /* 1: only data in it, devices may write there */
};

/** Build one; the registers are the caller's. */
void scene_build(struct scene *scene, struct rig *rig, struct draw *draw, enum nature nature);

/** The page may be written by devices without a change of tables. */
bool scene_is_data(const struct scene *scene, uint64_t address);

/* --- shape of page tables --- */

struct shape {
    uint8_t levels;
    uint8_t index_bits;
    uint8_t entry_size;
};

/** Of iosatp.MODE or iohgatp.MODE; NULL for Bare and reserved ones. */
const struct shape *shape_of(unsigned mode, bool sv32);

#endif
