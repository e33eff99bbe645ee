/* SPDX-License-Identifier: Apache-2.0 */
/* A small world that changes at random; see random_world.h. */
#include "random_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST_OFFSET 0x100000000u
#define VA_BASE 0x40000000u
#define GPA_BASE 0x50000000u
#define PA_BASE 0x90000000u
#define MSI_BASE 0x28000000u
#define REGIONS 2u

/* --- numbers ------------------------------------------------------------------------------- */

uint64_t random_next(uint64_t *state)
{
    /* splitmix64: any state will do */
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

unsigned random_below(uint64_t *state, unsigned n)
{
    return (unsigned)(random_next(state) % n);
}

static bool one_in(uint64_t *state, unsigned n)
{
    return random_below(state, n) == 0;
}

uint64_t random_seed(const char *test, uint64_t fallback)
{
    const char *text = getenv("SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : fallback;
    printf("%s: seed %" PRIu64 "; again with: SEED=%" PRIu64 " model-tests %s\n", test, seed, seed,
           test);
    return seed;
}

/* --- building ------------------------------------------------------------------------------ */

/* Pages 0 to 5 are three in each of two regions of 2 MiB; page 6 is the second interrupt
 * file for a device that has some, when used as a target. */
static uint64_t page_of(uint64_t base, unsigned page)
{
    return base + (uint64_t)(page / 3) * 0x200000 + (uint64_t)(page % 3) * 0x1000;
}

static void add_slot(struct world *w, enum slot_kind kind, unsigned table, uint64_t address)
{
    REQUIRE(w->slots < WORLD_SLOTS);
    w->slot[w->slots++] = (struct slot){
        .kind = kind, .table = table, .address = address, .original = bench_get64(w->b, address)};
}

/* Two leaf tables for each region of a page table, and the pointer to them. */
static void add_page_table(struct world *w, unsigned number, struct page_table *pt, uint64_t base,
                           uint64_t target)
{
    for (unsigned page = 0; page < 3 * REGIONS; page++)
        pt_map(pt, page_of(base, page), page_of(target, page), 0, P_ALL);
    for (unsigned region = 0; region < REGIONS; region++) {
        uint64_t va = page_of(base, 3 * region), pointer = pt_entry(pt, va, 1);
        uint64_t first = pt_read(pt, pointer);
        for (unsigned alternative = 0; alternative < 2; alternative++) {
            if (alternative == 1)
                pt_write(pt, pointer, 0);
            for (unsigned i = 0; i < 3; i++) {
                unsigned from = alternative == 0 ? 3 * region + i : 5 - i;
                pt_map(pt, va + 0x1000 * i, page_of(target, from), 0, P_ALL);
                add_slot(w, SLOT_LEAF, number, pt_entry(pt, va + 0x1000 * i, 0));
            }
        }
        add_slot(w, SLOT_POINTER, number, pointer);
        w->slot[w->slots - 1].other = first;
    }
}

/* 0: the host's. 1, 2: machine 0, with MSIs; 2 has processes. 3, 4: machine 1; 4 has no
 * first stage. */
static struct dc context_of(struct world *w, uint32_t device)
{
    struct dc dc = bench_dc(w->b);
    unsigned machine = device >= 3;
    dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_SADE_MASK | IOMMU_DC_TC_GADE_MASK;
    dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, 1 + device) | IOMMU_PREP(IOMMU_DC_TA_RCID, device);
    if (device < 4)
        dc.fsc = pt_iosatp(&w->first[device]);
    if (device != 0)
        dc.iohgatp = pt_iohgatp(&w->second[machine], (uint16_t)(1 + machine));
    if (device == 1 || device == 2) {
        dc.msiptp = msi_msiptp(w->msi_table);
        dc.msi_addr_mask = 1;
        dc.msi_addr_pattern = MSI_BASE >> 12;
    }
    if (device == 2) {
        dc.tc |= IOMMU_DC_TC_PDTV_MASK | IOMMU_DC_TC_DPE_MASK;
        dc.fsc = pdt_pdtp(&w->pdt);
    }
    return dc;
}

static void write_contexts(struct world *w)
{
    struct bench *b = w->b;
    for (uint32_t device = 0; device < WORLD_DEVICES; device++) {
        struct dc dc = context_of(w, device);
        bench_write_dc(b, device, &dc);
        add_slot(w, SLOT_DC, device, bench_ddt_entry(b, device, 0));
    }
    add_slot(w, SLOT_DDTE, 0, bench_ddt_entry(b, 0, 1));
    add_slot(w, SLOT_DDTE, 0, bench_ddt_entry(b, 0, 2));
}

static void write_processes(struct world *w)
{
    for (uint32_t process = 0; process < 3; process++) {
        unsigned table = 1 + process % 2;
        struct pc pc = {.ta = IOMMU_PC_TA_V_MASK | IOMMU_PC_TA_ENS_MASK | IOMMU_PC_TA_SUM_MASK |
                              IOMMU_PREP(IOMMU_PC_TA_PSCID, 1 + table),
                        .fsc = pt_iosatp(&w->first[table])};
        pdt_write_pc(&w->pdt, process, &pc);
        add_slot(w, SLOT_PC, process, pdt_entry(&w->pdt, process, 0));
    }
    add_slot(w, SLOT_PDTE, 0, pdt_entry(&w->pdt, 0, 1));
}

void world_build(struct world *w, struct bench *b, bool shared_ids)
{
    memset(w, 0, sizeof *w);
    w->shared_ids = shared_ids;
    w->b = b;
    w->begin = b->ddt_root;
    for (unsigned i = 0; i < 2; i++)
        w->second[i] = pt_create(b, PT_SV39X4);
    for (unsigned i = 0; i < 4; i++) {
        struct guest guest = {.second = i == 0 ? NULL : &w->second[i == 3],
                              .offset = i == 0 ? 0 : GUEST_OFFSET};
        w->first[i] = pt_create_guest(b, PT_SV39, guest);
    }
    w->pdt = pdt_create_guest(b, IOMMU_PDTP_MODE_PD17,
                              (struct guest){.second = &w->second[0], .offset = GUEST_OFFSET});
    w->msi_table = msi_pt_create(b, 1);
    for (unsigned i = 0; i < 4; i++)
        add_page_table(w, i, &w->first[i], VA_BASE, i == 0 ? PA_BASE : GPA_BASE);
    for (unsigned i = 0; i < 2; i++)
        add_page_table(w, 4 + i, &w->second[i], GPA_BASE, PA_BASE + 0x1000000 * (1 + i));
    for (unsigned i = 1; i < 4; i++) {
        struct page_table *second = &w->second[i == 3];
        add_slot(w, SLOT_GUEST, 4 + (i == 3), pt_entry(second, w->first[i].root + GUEST_OFFSET, 0));
    }
    add_slot(w, SLOT_GUEST, 4, pt_entry(&w->second[0], w->pdt.root + GUEST_OFFSET, 0));
    write_processes(w);
    write_contexts(w);
    for (unsigned i = 0; i < 2; i++) {
        msi_pt_write(b, w->msi_table, i, msi_pte_basic(0x24000000 + 0x1000 * i));
        add_slot(w, SLOT_MSI, i, w->msi_table + IOMMU_MSIPTE_BYTES * i);
    }
    w->end = b->next_free;
}

/* --- stores -------------------------------------------------------------------------------- */

static uint64_t random_flags(const struct world *w, uint64_t *state)
{
    static const uint64_t bits[] = {P_W, P_X, P_A, P_D, P_U, P_R};
    uint64_t flags = P_ALL;
    for (unsigned i = 0; i < 6; i++) {
        if (one_in(state, i < 4 ? 5 : 20))
            flags &= ~bits[i];
    }
    if ((flags & (P_R | P_W | P_X)) == P_W || (flags & (P_R | P_W)) == P_W)
        flags &= ~(uint64_t)P_W;
    if ((flags & (P_R | P_X)) == 0)
        flags |= P_R;
    if (one_in(state, 4) && w->shared_ids)
        flags |= P_G;
    if (one_in(state, 16))
        flags &= ~(uint64_t)P_V;
    return flags;
}

static uint64_t random_target(const struct slot *slot, uint64_t *state)
{
    unsigned page = random_below(state, WORLD_VAS + 1);
    bool guest_first = slot->table >= 1 && slot->table <= 3;
    if (guest_first && page >= 6)
        return MSI_BASE + (uint64_t)(page - 6) * 0x1000;
    return page_of(guest_first ? GPA_BASE : PA_BASE + 0x1000000 * slot->table, page % 6);
}

/* A pointer, a superpage, or one of the things that are wrong. */
static uint64_t random_pointer(const struct world *w, const struct slot *slot, uint64_t *state)
{
    static const uint64_t wrong[] = {P_A, P_D, P_U, P_N, 1ull << 54, 1ull << 61};
    switch (random_below(state, 13)) {
    case 0:
        return slot->original & ~(uint64_t)P_V;
    case 1:
    case 2:
        return pt_pte(random_target(slot, state) & ~0x1fffffull, random_flags(w, state));
    case 3:
        return one_in(state, 2) ? slot->original | wrong[random_below(state, 6)]
                                : pt_pte(random_target(slot, state), random_flags(w, state));
    case 4:
    case 5:
    case 6:
    case 7:
        return slot->other;
    default:
        return slot->original;
    }
}

static uint64_t random_page_table_word(const struct world *w, const struct slot *slot,
                                       uint64_t *state)
{
    static const uint64_t guest_bits[] = {P_V, P_W, P_D, P_A | P_D, P_U, 0, 0, 0};
    switch (slot->kind) {
    case SLOT_LEAF:
        return pt_pte(random_target(slot, state), random_flags(w, state));
    case SLOT_GUEST:
        return slot->original & ~guest_bits[random_below(state, 8)];
    default:
        return random_pointer(w, slot, state);
    }
}

/* The PSCID that goes with a first-stage table; or any. */
static uint64_t random_pscid(const struct world *w, unsigned table, uint64_t *state)
{
    return w->shared_ids ? 1 + random_below(state, 4) : 1 + table;
}

static void random_device_context(const struct world *w, const struct slot *slot,
                                  struct operation *store, uint64_t *state)
{
    unsigned table = slot->table == 1 ? 1 + random_below(state, 2) : slot->table;
    store->word[0] ^= one_in(state, 3) ? IOMMU_DC_TC_SADE_MASK : 0;
    store->word[0] ^= one_in(state, 3) ? IOMMU_DC_TC_GADE_MASK : 0;
    store->word[0] ^= one_in(state, 4) ? IOMMU_DC_TC_DTF_MASK : 0;
    store->word[0] ^= one_in(state, 6) ? IOMMU_DC_TC_EN_ATS_MASK : 0;
    store->word[2] = IOMMU_PREP(IOMMU_DC_TA_PSCID, random_pscid(w, table, state)) |
                     IOMMU_PREP(IOMMU_DC_TA_RCID, random_below(state, 16));
    if (slot->table != 2 && slot->table != 4)
        store->word[3] = pt_iosatp(&w->first[table]);
}

static void random_process_context(const struct world *w, struct operation *store, uint64_t *state)
{
    unsigned table = 1 + random_below(state, 2);
    store->word[0] &= ~(uint64_t)IOMMU_PC_TA_PSCID_MASK;
    store->word[0] |= IOMMU_PREP(IOMMU_PC_TA_PSCID, random_pscid(w, table, state));
    store->word[0] ^= one_in(state, 3) ? IOMMU_PC_TA_SUM_MASK : 0;
    store->word[0] ^= one_in(state, 5) ? IOMMU_PC_TA_ENS_MASK : 0;
    store->word[1] = pt_iosatp(&w->first[table]);
}

/* A directory entry as it was built, or a variant of it. */
static void random_directory_words(const struct world *w, const struct slot *slot,
                                   struct operation *store, uint64_t *state)
{
    bool invalid = one_in(state, slot->kind == SLOT_DC || slot->kind == SLOT_DDTE ? 40 : 12);
    for (unsigned i = 1; i < store->words; i++)
        store->word[i] = bench_get64(w->b, slot->address + 8 * i);
    store->word[0] = slot->original;
    if (invalid)
        store->word[0] &= ~1ull;
    else if (slot->kind == SLOT_DC)
        random_device_context(w, slot, store, state);
    else if (slot->kind == SLOT_PC)
        random_process_context(w, store, state);
    else if (slot->kind == SLOT_MSI)
        store->word[0] = msi_pte_basic(0x24000000 + 0x1000ull * random_below(state, 8)).dw[0];
}

static void random_store(const struct world *w, struct operation *store, uint64_t *state)
{
    static const uint8_t words[] = {
        [SLOT_LEAF] = 1, [SLOT_POINTER] = 1, [SLOT_GUEST] = 1, [SLOT_DC] = 8,
        [SLOT_DDTE] = 1, [SLOT_PC] = 2,      [SLOT_PDTE] = 1,  [SLOT_MSI] = 2};
    const struct slot *slot = &w->slot[random_below(state, w->slots)];
    store->kind = OPERATION_STORE;
    store->address = slot->address;
    store->words = words[slot->kind];
    if (slot->kind <= SLOT_GUEST)
        store->word[0] = random_page_table_word(w, slot, state);
    else
        random_directory_words(w, slot, store, state);
}

/* --- commands ------------------------------------------------------------------------------ */

static struct command random_iotinval(uint64_t *state)
{
    bool vma = one_in(state, 2);
    uint64_t address = page_of(vma ? VA_BASE : GPA_BASE, random_below(state, WORLD_VAS));
    uint64_t fields = IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, 1 + random_below(state, 2));
    fields |= one_in(state, 3) ? 0 : IOMMU_CMD_IOTINVAL_GV_MASK;
    fields |= one_in(state, 2) ? IOMMU_CMD_IOTINVAL_AV_MASK : 0;
    fields |= one_in(state, 4) ? IOMMU_CMD_IOTINVAL_NL_MASK : 0;
    if (vma && one_in(state, 2))
        fields |= IOMMU_CMD_IOTINVAL_PSCV_MASK |
                  IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, 1 + random_below(state, 3));
    if (!vma && one_in(state, 6))
        address = MSI_BASE + 0x1000ull * random_below(state, 2);
    struct command c = vma ? cmd_iotinval_vma(fields, address) : cmd_iotinval_gvma(fields, address);
    if (one_in(state, 4)) {
        unsigned ones = random_below(state, 12);
        uint64_t pages = (address >> 12 >> (ones + 1) << (ones + 1)) | ((1ull << ones) - 1);
        c.dw[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, pages) | IOMMU_CMD_IOTINVAL_S_MASK;
    }
    return c;
}

static struct command random_command(uint64_t *state)
{
    uint32_t device = random_below(state, WORLD_DEVICES);
    switch (random_below(state, 8)) {
    case 0:
        return cmd_iodir_all();
    case 1:
        return cmd_iodir_ddt(device);
    case 2:
        return cmd_iodir_pdt(device, random_below(state, 4));
    default:
        return random_iotinval(state);
    }
}

/* --- requests ------------------------------------------------------------------------------ */

static struct iommu_request random_request(uint64_t *state)
{
    uint32_t device = random_below(state, WORLD_DEVICES);
    uint64_t base = device == 4 ? GPA_BASE : VA_BASE;
    struct iommu_request request = read_at(device, page_of(base, random_below(state, 6)));
    request.iova |= 8u * random_below(state, 512);
    request.access = (uint8_t)random_below(state, 3);
    if (device == 2 && !one_in(state, 4)) {
        request.process_id_valid = true;
        request.process_id = random_below(state, 4) % 3 + (one_in(state, 30) ? 0x100 : 0);
        request.privileged = one_in(state, 3);
    }
    if (one_in(state, 8) && request.access != IOMMU_EXECUTE) {
        request.type = IOMMU_ATS_TRANSLATION;
        request.execute = one_in(state, 2);
    } else if (one_in(state, 30)) {
        request.type = IOMMU_TRANSLATED;
    }
    return request;
}

struct operation world_operation(const struct world *w, uint64_t *state)
{
    struct operation operation = {.kind = OPERATION_TRANSLATE};
    unsigned dice = random_below(state, 20);
    if (dice < 4) {
        random_store(w, &operation, state);
    } else if (dice < 7) {
        operation.kind = OPERATION_COMMAND;
        operation.command = random_command(state);
    } else {
        operation.request = random_request(state);
    }
    return operation;
}

void world_apply(struct world *w, const struct operation *operation)
{
    if (operation->kind == OPERATION_COMMAND) {
        bench_command(w->b, operation->command);
    } else if (operation->kind == OPERATION_STORE) {
        iommu_note_store(w->b->iommu, operation->address, 8ull * operation->words);
        for (unsigned i = 0; i < operation->words; i++)
            bench_put64(w->b, operation->address + 8 * i, operation->word[i]);
    }
}

void world_drop_faults(struct world *w)
{
    REG_SET(w->b, FQH, REG(w->b, FQT));
}

/* --- responses ----------------------------------------------------------------------------- */

bool same_response(const struct iommu_response *a, const struct iommu_response *b)
{
    bool address = a->status == IOMMU_SUCCESS && a->permissions != 0;
    return a->status == b->status && a->cause == b->cause && a->iotval2 == b->iotval2 &&
           a->permissions == b->permissions && a->pbmt == b->pbmt && a->target == b->target &&
           a->ats == b->ats && a->page_log2 == b->page_log2 && a->rcid == b->rcid &&
           a->mcid == b->mcid && a->fault_reported == b->fault_reported &&
           (!address || a->address == b->address);
}

void print_request(const struct iommu_request *request)
{
    printf("  request: device %u, type %u, access %u, IOVA 0x%" PRIx64, request->device_id,
           request->type, request->access, request->iova);
    if (request->process_id_valid)
        printf(", process %u%s", request->process_id, request->privileged ? " privileged" : "");
    printf("\n");
}

void print_response(const char *title, const struct iommu_response *response)
{
    printf("  %s: status %u, cause %u, address 0x%" PRIx64 ", page 2^%u, permissions %u, ats 0x%x, "
           "iotval2 0x%" PRIx64 ", %s\n",
           title, response->status, response->cause, response->address, response->page_log2,
           response->permissions, response->ats, response->iotval2,
           iommu_rule_name((enum iommu_rule)response->rule));
}
