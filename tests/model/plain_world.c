/* SPDX-License-Identifier: Apache-2.0 */
/* Twins that translate the same tables in different ways; see plain_world.h. */
#include "plain_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "random_world.h"

#define GUEST_OFFSET 0x100000000u
#define GUARD 0x4000u   /* bytes */
#define GUARD_BYTE 0xa7 /* a valid PTE, as it happens */
#define ALL_BUT_PERMISSIONS (P_V | P_U | P_A | P_D)

/* --- the twins ----------------------------------------------------------------------------- */

static struct plain_shape wanted; /* what a config_tweak cannot be told */

static void common_tweak(struct iommu_config *config)
{
    config->pdt_cache_entries = 0;
    config->iotlb_entries = 0;
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_PAS_MASK;
    config->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_PAS, wanted.pas);
    if (!wanted.svpbmt)
        config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_SVPBMT_MASK;
    if (!wanted.svrsw)
        config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_SVRSW60T59B_MASK;
}

static void without_caches(struct iommu_config *config)
{
    common_tweak(config);
    config->ddt_cache_entries = 0;
}

static enum iommu_mem_status read_rest(void *context, const struct iommu_access *access, void *data)
{
    const struct bench *b = context;
    uint64_t offset = access->address - BENCH_BASE;
    if (offset >= BENCH_SIZE || BENCH_SIZE - offset < access->size)
        return IOMMU_MEM_ACCESS_FAULT;
    memcpy(data, b->window[0].memory + offset, access->size);
    return IOMMU_MEM_OK;
}

static enum iommu_mem_status write_rest(void *context, const struct iommu_access *access,
                                        const void *data)
{
    const struct bench *b = context;
    uint64_t offset = access->address - BENCH_BASE;
    if (offset >= BENCH_SIZE || BENCH_SIZE - offset < access->size)
        return IOMMU_MEM_ACCESS_FAULT;
    memcpy(b->window[0].memory + offset, data, access->size);
    return IOMMU_MEM_OK;
}

/* Part of the memory flat, the rest behind callbacks. Tables are built in the bench's memory,
 * and go over to the buffer when all is made. */
static struct bench *create_flat(struct plain_world *w)
{
    struct bench *b = bench_create("max", common_tweak);
    struct iommu_bus bus = {.context = b, .read = read_rest, .write = write_rest};
    if (wanted.flat_size != 0) {
        w->flat = malloc(wanted.flat_size + 2 * GUARD);
        REQUIRE(w->flat != NULL);
        memset(w->flat, GUARD_BYTE, wanted.flat_size + 2 * GUARD);
        bus.flat_memory = w->flat + GUARD;
        bus.flat_address = BENCH_BASE + wanted.flat_offset;
        bus.flat_size = wanted.flat_size;
    }
    iommu_destroy(b->iommu);
    b->iommu = iommu_create(&b->config, &bus, NULL, 0);
    REQUIRE(b->iommu != NULL);
    return b;
}

/* Twin 1's memory into the buffer, or back. */
static void copy_flat(struct plain_world *w, bool to_buffer)
{
    uint8_t *memory = w->b[1]->window[0].memory + w->shape.flat_offset;
    if (w->flat == NULL)
        return;
    if (to_buffer)
        memcpy(w->flat + GUARD, memory, w->shape.flat_size);
    else
        memcpy(memory, w->flat + GUARD, w->shape.flat_size);
}

/* --- tables -------------------------------------------------------------------------------- */

/* An address that the mode translates, with few different indices, so that tables are
 * shared and indices of all ones and zeros occur. */
static uint64_t random_address(struct plain_world *w, enum pt_mode mode)
{
    unsigned bits = pt_input_bits(mode);
    uint64_t address = 0;
    for (unsigned level = 0; level < pt_levels(mode); level++) {
        static const uint64_t index[] = {0, 1, 0x100, 0x155, 0x1ff};
        address |= index[random_below(&w->state, 5)] << (12 + 9 * level);
    }
    if (pt_is_x4(mode))
        return address | (uint64_t)random_below(&w->state, 4) << (bits - 2);
    if ((address >> (bits - 1) & 1) != 0)
        address |= ~0ull << (bits - 1);
    return address;
}

static uint64_t random_flags(struct plain_world *w)
{
    static const uint64_t permissions[] = {P_R, P_R | P_W, P_R | P_X, P_R | P_W | P_X, P_X};
    uint64_t flags = ALL_BUT_PERMISSIONS | permissions[random_below(&w->state, 5)];
    if (random_below(&w->state, 4) == 0)
        flags |= P_G;
    return flags;
}

static void add_slots(struct plain_world *w, struct page_table *pt, uint64_t address,
                      unsigned level)
{
    for (; level < pt_levels(pt->mode) && w->slots < PLAIN_SLOTS; level++)
        w->slot[w->slots++] = pt_entry(pt, address, level);
}

/* Map a page in both twins. A larger page where a table is already in its place, or a
 * smaller one where a larger is, is moved to the place of the table or the page. */
static void map_both(struct plain_world *w, struct page_table *pt[2], uint64_t address,
                     uint64_t target, unsigned level)
{
    uint64_t flags = random_flags(w);
    for (unsigned upper = pt_levels(pt[0]->mode) - 1; upper > level; upper--) {
        uint64_t pte = pt_read(pt[0], pt_entry(pt[0], address, upper));
        if ((pte & P_V) != 0 && (pte & (P_R | P_W | P_X)) != 0)
            return; /* inside a page that is mapped already */
    }
    if ((pt_read(pt[0], pt_entry(pt[0], address, level)) & P_V) != 0)
        return;
    (void)pt_entry(pt[1], address, level); /* both twins make the same tables in one order */
    for (unsigned i = 0; i < 2; i++)
        pt_map(pt[i], address, target, level, flags);
    add_slots(w, pt[0], address, level);
}

static uint64_t random_target(struct plain_world *w, unsigned bits, unsigned page_log2)
{
    uint64_t target = random_next(&w->state) & ((1ull << bits) - 1);
    if (random_below(&w->state, 2) == 0)
        target &= 0xffffffffull;
    return target >> page_log2 << page_log2;
}

static void map_page(struct plain_world *w, unsigned device)
{
    struct page_table *first[2] = {&w->first[0][device], &w->first[1][device]};
    struct page_table *second[2] = {&w->second[0][device], &w->second[1][device]};
    bool has_first = w->shape.first != PT_MODES, has_second = w->shape.second != PT_MODES;
    enum pt_mode incoming = has_first ? w->shape.first : w->shape.second;
    uint64_t address = random_address(w, incoming), middle = address;
    unsigned level = random_below(&w->state, 3), log2 = pt_page_log2(incoming, level);
    if (has_first && has_second)
        middle = random_address(w, w->shape.second) & ((1ull << 56) - 1); /* fits a PTE */
    if (has_first)
        map_both(w, first, address,
                 has_second ? middle >> log2 << log2 : random_target(w, w->shape.pas, log2), level);
    if (has_second) {
        unsigned below = random_below(&w->state, 3);
        map_both(w, second, middle,
                 random_target(w, w->shape.pas, pt_page_log2(w->shape.second, below)), below);
    }
    if (w->pages < PLAIN_PAGES)
        w->page[w->pages++] = address >> log2 << log2 | (middle & ((1ull << log2) - 1));
}

static void make_tables(struct plain_world *w, unsigned twin, unsigned device)
{
    struct bench *b = w->b[twin];
    struct guest guest = {.second = NULL};
    if (w->shape.second != PT_MODES) {
        w->second[twin][device] = pt_create(b, w->shape.second);
        guest = (struct guest){.second = &w->second[twin][device], .offset = GUEST_OFFSET};
    }
    if (w->shape.first != PT_MODES)
        w->first[twin][device] = pt_create_guest(b, w->shape.first, guest);
}

static void write_context(struct plain_world *w, unsigned twin, unsigned device)
{
    struct dc dc = bench_dc(w->b[twin]);
    dc.tc |= w->shape.tc;
    dc.ta = IOMMU_PREP(IOMMU_DC_TA_RCID, 5 + device) | IOMMU_PREP(IOMMU_DC_TA_MCID, 9 + device) |
            IOMMU_PREP(IOMMU_DC_TA_PSCID, 3 + device);
    if (w->shape.first != PT_MODES)
        dc.fsc = pt_iosatp(&w->first[twin][device]);
    if (w->shape.second != PT_MODES)
        dc.iohgatp = pt_iohgatp(&w->second[twin][device], (uint16_t)(1 + device));
    bench_write_dc(w->b[twin], device, &dc);
}

void plain_world_make(struct plain_world *w, const struct plain_shape *shape, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->shape = wanted = *shape;
    w->state = seed;
    w->b[0] = bench_create("max", without_caches);
    w->b[1] = create_flat(w);
    for (unsigned twin = 0; twin < 2; twin++) {
        (void)bench_alloc(w->b[twin], shape->before, 4096);
        bench_start(w->b[twin], 1);
        for (unsigned device = 0; device < PLAIN_DEVICES; device++) {
            make_tables(w, twin, device);
            write_context(w, twin, device);
        }
    }
    for (unsigned i = 0; i < PLAIN_PAGES; i++)
        map_page(w, i % PLAIN_DEVICES);
    for (unsigned i = 0; shape->first != PT_MODES && shape->second != PT_MODES && i < 2; i++)
        add_slots(w, &w->second[0][i], w->first[0][i].root + GUEST_OFFSET, 0);
    for (unsigned i = 0; i < w->slots; i++)
        w->original[i] = bench_get64(w->b[0], w->slot[i]);
    copy_flat(w, true);
    plain_world_check_memory(w);
}

void plain_world_put(struct plain_world *w, uint64_t address, uint64_t value)
{
    uint64_t offset = address - BENCH_BASE - w->shape.flat_offset;
    for (unsigned twin = 0; twin < 2; twin++)
        bench_put64(w->b[twin], address, value);
    if (w->flat != NULL && offset < w->shape.flat_size)
        for (unsigned i = 0; i < 8; i++)
            w->flat[GUARD + offset + i] = (uint8_t)(value >> (8 * i));
}

/* --- changes and requests ------------------------------------------------------------------ */

void plain_world_change(struct plain_world *w)
{
    unsigned i = random_below(&w->state, w->slots);
    uint64_t value = bench_get64(w->b[0], w->slot[i]);
    switch (random_below(&w->state, 16)) {
    case 0: /* any of the low bits */
        value ^= 1ull << random_below(&w->state, 10);
        break;
    case 1: /* the bits above the PPN */
        value ^= 1ull << (54 + random_below(&w->state, 10));
        break;
    case 2: /* the PPN */
        value ^= 1ull << (10 + random_below(&w->state, 44));
        break;
    case 3: /* another entry's */
        value = w->original[random_below(&w->state, w->slots)];
        break;
    case 4: /* several bits at once */
        value ^= 1ull << random_below(&w->state, 10) | 1ull << random_below(&w->state, 10) |
                 1ull << (54 + random_below(&w->state, 10));
        break;
    case 5: /* V in another place, so to say */
        value = (w->original[i] & ~(uint64_t)P_V) | 1ull << (54 + random_below(&w->state, 10));
        break;
    case 6:
        value = 0;
        break;
    default:
        value = w->original[i];
        break;
    }
    plain_world_put(w, w->slot[i], value);
}

struct iommu_request plain_world_request(struct plain_world *w)
{
    unsigned page = random_below(&w->state, w->pages);
    struct iommu_request request = {
        .iova = w->page[page],
        .device_id = page % PLAIN_DEVICES,
        .access = (uint8_t)random_below(&w->state, 3),
    };
    request.iova ^= random_next(&w->state) & (random_below(&w->state, 4) == 0 ? 0x7fffffff : 0xfff);
    switch (random_below(&w->state, 24)) {
    case 0: /* out of the range that is translated, or to another place */
        request.iova ^= 1ull << (12 + random_below(&w->state, 52));
        break;
    case 1:
        request.process_id_valid = true;
        break;
    case 2:
        request.type = IOMMU_TRANSLATED;
        break;
    case 3:
        request.type = request.access == IOMMU_EXECUTE ? IOMMU_UNTRANSLATED : IOMMU_ATS_TRANSLATION;
        break;
    case 4: /* refused: there is no such kind of access */
        request.access = 3;
        break;
    case 5: /* for requests without process_id it means nothing */
        request.privileged = true;
        break;
    case 6: /* of the other device, or of none */
        request.device_id = random_below(&w->state, PLAIN_DEVICES + 1);
        break;
    default:
        break;
    }
    return request;
}

static bool equal(const struct iommu_response *a, const struct iommu_response *b)
{
    return same_response(a, b) && a->rule == b->rule && a->nid == b->nid &&
           a->notice_address == b->notice_address;
}

/* --- which walks are plain ----------------------------------------------------------------- */

/* "It only ever answers [...] walks of 64-bit little-endian tables in flat memory in which
 * every entry is plainly good": an independent judgement, by the trace of the ordinary walk. */
struct judgement {
    const struct plain_world *w;
    uint64_t base, span; /* of what masks can describe of flat memory */
    uint8_t pas;
    bool plain;
};

static void judge_step(void *context, const struct iommu_step *step)
{
    struct judgement *j = context;
    bool table = step->structure == IOMMU_FIRST_STAGE || step->structure == IOMMU_SECOND_STAGE;
    if (!table)
        return;
    bool superpage = step->leaf && step->level > 0;
    bool physical = step->structure == IOMMU_SECOND_STAGE || j->w->shape.second == PT_MODES;
    /* fast.c leaves leaves that are for execution only to the ordinary way, too. */
    if (step->leaf && (step->value[0] & P_R) == 0)
        j->plain = false;
    if (step->kind == IOMMU_STEP_UPDATE || step->address - j->base >= j->span ||
        (step->value[0] & (P_N | IOMMU_PTE_PBMT_MASK)) != 0 || (superpage && step->implicit))
        j->plain = false;
    if (superpage && physical) { /* all of it must have physical addresses */
        uint64_t page = IOMMU_GET(step->value[0], IOMMU_PTE_PPN) << 12;
        uint64_t last = page | ((1ull << (12 + 9 * step->level)) - 1);
        j->plain = j->plain && last >> j->pas == 0;
    }
}

static bool plain_request(const struct plain_world *w, const struct iommu_request *request)
{
    const struct plain_shape *shape = &w->shape;
    uint64_t odd = IOMMU_DC_TC_PDTV_MASK | IOMMU_DC_TC_SBE_MASK | IOMMU_DC_TC_SXL_MASK;
    unsigned first = shape->first == PT_MODES ? 0 : pt_levels(shape->first);
    unsigned second = shape->second == PT_MODES ? 0 : pt_levels(shape->second);
    return request->type == IOMMU_UNTRANSLATED && !request->process_id_valid &&
           (shape->tc & odd) == 0 && shape->flat_size >= 0x4000 &&
           (BENCH_BASE + shape->flat_offset) % 0x4000 == 0 && second < 5 &&
           (first == 0 || second == 0 || first == second);
}

static bool expect_plain(struct plain_world *w, const struct iommu_request *request)
{
    struct judgement j = {.w = w,
                          .base = BENCH_BASE + w->shape.flat_offset,
                          .span = 1ull << 62,
                          .pas = (uint8_t)w->shape.pas,
                          .plain = plain_request(w, request)};
    if (!j.plain)
        return false;
    while (j.span > w->shape.flat_size || j.base % j.span != 0)
        j.span /= 2;
    (void)iommu_translate_traced(w->b[0]->iommu, request, judge_step, &j);
    return j.plain;
}

/* By now the context is known, and A and D are set: is the walk plain exactly if it should be? */
static void check_way(struct plain_world *w, const struct iommu_request *request,
                      const struct iommu_response *thorough)
{
    struct iommu_response quick;
    enum quick_way expected = expect_plain(w, request) ? QUICK_WALK : ORDINARY;
    for (unsigned i = 0; i < 2; i++)
        (void)iommu_translate(w->b[1]->iommu, request);
    enum quick_way way = translate_watched(w->b[1]->iommu, request, &quick);
    if (way != expected || !equal(thorough, &quick)) {
        print_request(request);
        print_response("behind callbacks", thorough);
        print_response("in flat memory", &quick);
        test_fatal(HERE, "the walk is %s", way == ORDINARY ? "not plain" : "plain");
    }
    w->plain += way == QUICK_WALK;
}

struct iommu_response plain_world_check(struct plain_world *w, struct iommu_request request)
{
    struct iommu_response thorough = iommu_translate(w->b[0]->iommu, &request);
    struct iommu_response quick = iommu_translate(w->b[1]->iommu, &request);
    /* Fault queues fill and overflow: register writes would end plain walks for a while. */
    bench_clear_log(w->b[0]);
    if (!equal(&thorough, &quick)) {
        print_request(&request);
        print_response("behind callbacks", &thorough);
        print_response("in flat memory", &quick);
        test_fatal(HERE, "the answers differ");
    }
    if (thorough.status == IOMMU_SUCCESS)
        check_way(w, &request, &thorough);
    return thorough;
}

void plain_world_check_memory(struct plain_world *w)
{
    bool guarded = true;
    REQUIRE(w->b[0]->next_free == w->b[1]->next_free);
    copy_flat(w, false);
    CHECK(memcmp(w->b[0]->window[0].memory, w->b[1]->window[0].memory,
                 w->b[0]->next_free - BENCH_BASE) == 0);
    for (unsigned i = 0; w->flat != NULL && i < GUARD; i++)
        guarded = guarded && w->flat[i] == GUARD_BYTE &&
                  w->flat[GUARD + w->shape.flat_size + i] == GUARD_BYTE;
    CHECK(guarded);
}

void plain_world_free(struct plain_world *w)
{
    free(w->flat);
    w->flat = NULL;
    bench_free_all();
}
