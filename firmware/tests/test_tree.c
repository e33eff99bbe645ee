/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device trees and the boot policy in them. Good ones give what they say; bad ones, made from good
 * ones at random, give no access outside of what was handed in (the sanitizers watch), and no
 * endless loop.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "guard.h"
#include "host.h"

#define ROOM 0x4000u

/* What image.ld and the console are on the target. */
char __image_start[16], __image_end[1], __pages_start[1], __pages_end[1], __tree_start[16],
    __tree_end[1], __next_start[1], __next_end[1];

static unsigned lines;

void print(const char *format, ...)
{
    (void)format;
    lines++;
}

/* --- a tree like QEMU's --- */

static const char names[] =
    "#address-cells\0#size-cells\0ranges\0compatible\0reg\0device_type\0bus-range\0phandle\0"
    "status\0interrupts-extended\0device-id\0address\0size\0iova\0read-only\0observe-ms\0model";

static void put_string(struct fdt_writer *writer, const char *name, const char *text)
{
    fdt_put(writer, name, text, (uint32_t)strlen(text) + 1);
}

static void put(struct fdt_writer *writer, const char *name, uint32_t count, ...)
{
    uint32_t cells[16];
    va_list list;

    va_start(list, count);
    for (uint32_t i = 0; i < count; i++)
        cells[i] = va_arg(list, uint32_t);
    va_end(list);
    fdt_put_cells(writer, name, cells, count);
}

static void add_pci(struct fdt_writer *writer)
{
    fdt_begin_node(writer, "pci@30000000");
    put_string(writer, "compatible", "pci-host-ecam-generic");
    put(writer, "#address-cells", 1, 3);
    put(writer, "#size-cells", 1, 2);
    put(writer, "reg", 4, 0, 0x30000000, 0, 0x10000000);
    put(writer, "bus-range", 2, 0, 255);
    put(writer, "ranges", 14, 0x1000000, 0, 0, 0, 0x3000000, 0, 0x10000, 0x2000000, 0, 0x40000000,
        0, 0x40000000, 0, 0x40000000);
    fdt_begin_node(writer, "iommu@8");
    put_string(writer, "compatible", "riscv,pci-iommu");
    put(writer, "reg", 5, 0x800, 0, 0, 0, 0);
    put(writer, "phandle", 1, 0x8000);
    fdt_end_node(writer);
    fdt_end_node(writer);
}

static void add_policy(struct fdt_writer *writer)
{
    fdt_begin_node(writer, "boot-policy");
    put_string(writer, "compatible", "portcullis,boot-policy");
    put(writer, "observe-ms", 1, 5);
    fdt_begin_node(writer, "window");
    put(writer, "device-id", 2, 0x10, 0x18);
    put(writer, "iova", 2, 0, 0x50000000);
    put(writer, "address", 1, 0x84000000);
    put(writer, "size", 1, 0x4000);
    fdt_put(writer, "read-only", NULL, 0);
    fdt_end_node(writer);
    fdt_begin_node(writer, "window-of-an-iommu");
    put(writer, "device-id", 1, 8);
    put(writer, "address", 1, 0x84004000);
    put(writer, "size", 1, 0x1000);
    fdt_end_node(writer);
    fdt_end_node(writer);
}

static void add_all(void *context, struct fdt_writer *writer, fdt_node node, bool end)
{
    (void)context, (void)node;
    if (!end) {
        put(writer, "#address-cells", 1, 2);
        put(writer, "#size-cells", 1, 2);
        put_string(writer, "model", "a machine");
        return;
    }
    fdt_begin_node(writer, "memory@80000000");
    put_string(writer, "device_type", "memory");
    put(writer, "reg", 8, 0, 0x80000000, 0, 0x10000000, 1, 0, 0, 0x1000000);
    fdt_end_node(writer);
    fdt_begin_node(writer, "soc");
    put(writer, "#address-cells", 1, 1);
    put(writer, "#size-cells", 1, 1);
    put(writer, "ranges", 4, 0x1000, 0, 0x3001000, 0x100000);
    fdt_begin_node(writer, "iommu@10000");
    put_string(writer, "compatible", "riscv,iommu");
    put_string(writer, "status", "disabled");
    put(writer, "reg", 2, 0x10000, 0x1000);
    fdt_end_node(writer);
    fdt_begin_node(writer, "iommu@11000");
    fdt_put(writer, "compatible", "maker,iommu\0riscv,iommu", 24);
    put(writer, "reg", 2, 0x11000, 0x1000);
    put(writer, "phandle", 1, 7);
    fdt_end_node(writer);
    fdt_end_node(writer);
    add_pci(writer);
    fdt_begin_node(writer, "chosen");
    add_policy(writer);
    fdt_end_node(writer);
}

static void set_word(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* An empty tree by hand, then all the rest by the writer. */
static uint32_t make_tree(uint8_t *to)
{
    static const uint32_t words[] = {0xd00dfeed, 76, 56, 76, 40, 17, 16, 0, 0, 20,
                                     0,          0,  0,  0,  1,  0,  2,  9, 0};
    uint8_t empty[76] = {0};
    struct fdt fdt;

    for (size_t i = 0; i < 19; i++)
        set_word(empty + i * 4, words[i]);
    set_word(empty + 36, 20);
    EXPECT(fdt_open(&fdt, empty, sizeof(empty)));
    return fdt_rewrite(&fdt, to, ROOM, names, sizeof(names), add_all, NULL);
}

static struct fdt good_tree(uint8_t *to)
{
    uint32_t size = make_tree(to);
    struct fdt fdt = {0};

    EXPECT(size > 0 && fdt_open(&fdt, to, size));
    return fdt;
}

static void a_good_tree_says_what_it_says(void)
{
    uint8_t *bytes = malloc(ROOM);
    struct fdt fdt = good_tree(bytes);
    uint64_t address, size;
    fdt_node node;

    node = fdt_path(&fdt, "/soc/iommu@11000");
    EXPECT(node != FDT_NONE && fdt_parent(&fdt, node) == fdt_path(&fdt, "/soc"));
    EXPECT(fdt_path(&fdt, "/soc/iommu") == fdt_path(&fdt, "/soc/iommu@10000"));
    EXPECT(fdt_path(&fdt, "/soc/nothing") == FDT_NONE && fdt_path(&fdt, "/") == fdt_root(&fdt));
    EXPECT(fdt_path(&fdt, "/so") == FDT_NONE && fdt_path(&fdt, "/memory") != FDT_NONE);
    EXPECT(fdt_compatible(&fdt, FDT_NONE, "riscv,iommu") == node); /* not the disabled one */
    EXPECT(fdt_compatible(&fdt, node, "riscv,iommu") == FDT_NONE);
    EXPECT(fdt_compatible(&fdt, FDT_NONE, "riscv,iomm") == FDT_NONE);
    EXPECT(fdt_phandle(&fdt, 7) == node && fdt_phandle(&fdt, 8) == FDT_NONE);
    EXPECT(fdt_reg(&fdt, node, 0, &address, &size) && address == 0x3011000 && size == 0x1000);
    EXPECT(!fdt_reg(&fdt, node, 1, &address, &size));
    EXPECT(strcmp(fdt_name(&fdt, fdt_sibling(&fdt, fdt_path(&fdt, "/soc"))), "pci@30000000") == 0);
    EXPECT(fdt_parent(&fdt, fdt_root(&fdt)) == FDT_NONE);
    EXPECT(discover_ram(&fdt, 1, &address, &size) && address == 0x100000000 && size == 0x1000000);
    EXPECT(!discover_ram(&fdt, 2, &address, &size));
    EXPECT(discover_within_ram(&fdt, 0x8ffff000, 0x1000));
    EXPECT(!discover_within_ram(&fdt, 0x8ffff000, 0x1001));
    EXPECT(!discover_within_ram(&fdt, 0x80000000, UINT64_MAX));
    EXPECT(discover_touches_ram(&fdt, 0x7fffffff, 2) && !discover_touches_ram(&fdt, 0x7fffffff, 1));
    free(bytes);
}

static void iommus_are_found_in_both_forms(void)
{
    uint8_t *bytes = malloc(ROOM);
    struct fdt fdt = good_tree(bytes);
    struct iommu_place place;

    EXPECT(discover_iommu(&fdt, FDT_NONE, &place));
    EXPECT(!place.pci && place.base == 0x3011000 && place.size == 0x1000);
    EXPECT(discover_iommu(&fdt, place.node, &place));
    EXPECT(place.pci && place.bdf == 8 && place.host == fdt_path(&fdt, "/pci"));
    EXPECT(!discover_iommu(&fdt, place.node, &place));
    free(bytes);
}

/* --- hostile trees --- */

/* Everything that the firmware does with a tree. */
static void use_tree(const struct fdt *fdt)
{
    static uint8_t out[ROOM * 2];
    static struct guard guard;
    struct pci_host host;
    struct iommu_place place = {0};
    uint64_t address, size;
    unsigned nodes = 0;

    for (fdt_node node = fdt_root(fdt); node != FDT_NONE; node = fdt_next(fdt, node)) {
        EXPECT(++nodes < ROOM);
        EXPECT(strlen(fdt_name(fdt, node)) < ROOM);
        fdt_has_string(fdt_property(fdt, node, "compatible"), "riscv,iommu");
        fdt_parent(fdt, node);
        fdt_sibling(fdt, node);
        for (uint32_t i = 0; i < 3; i++)
            fdt_reg(fdt, node, i, &address, &size);
        if (pci_open(&host, fdt, node))
            EXPECT(host.window < host.window_end && host.last_bus <= 255);
    }
    fdt_phandle(fdt, 7);
    discover_device(fdt, "riscv,iommu", 4096);
    while (discover_iommu(fdt, place.node, &place))
        EXPECT(place.pci || (place.base % 4096 == 0 && place.size >= 4096));
    memset(&guard, 0, sizeof(guard));
    guard.board.fdt = *fdt;
    policy_read(&guard);
    EXPECT(guard.windows <= WINDOWS && guard.observe <= 60000);
    for (uint32_t i = 0; i < guard.windows; i++)
        guard.window[i].open = true;
    if (tree_write(&guard, out, sizeof(out))) {
        struct fdt again;

        EXPECT(fdt_open(&again, out, sizeof(out)));
    }
}

static void spoil(uint8_t *bytes, uint32_t size)
{
    static const uint32_t words[] = {0,  1,  2,          3,          4,          9,
                                     16, 40, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc};
    uint32_t changes = (uint32_t)(host_random() % 4) + 1;

    while (changes-- > 0) {
        uint32_t at = (uint32_t)(host_random() % size);

        switch (host_random() % 4) {
        case 0:
            bytes[at] = (uint8_t)host_random();
            break;
        case 1:
            bytes[at] ^= (uint8_t)(1u << host_random() % 8);
            break;
        case 2:
            set_word(bytes + (at & ~3u) % (size - 3), words[host_random() % 12]);
            break;
        default:
            set_word(bytes + host_random() % 10 * 4, (uint32_t)(host_random() % (2ull * size)));
            break;
        }
    }
}

static void hostile_trees_do_no_harm(void)
{
    uint8_t *good = malloc(ROOM);
    uint32_t size = make_tree(good);
    unsigned opened = 0, refused = 0;

    for (int n = 0; n < 60000; n++) {
        uint32_t room = host_random() % 8 == 0 ? (uint32_t)(host_random() % (size + 1)) : size;
        uint8_t *bad = malloc(room == 0 ? 1 : room); /* to the byte, for the sanitizer */
        struct fdt fdt;

        memcpy(bad, good, room);
        if (room >= 40)
            spoil(bad, room);
        if (fdt_open(&fdt, bad, room)) {
            opened++;
            use_tree(&fdt);
        } else {
            refused++;
        }
        free(bad);
    }
    EXPECT(opened > 5000 && refused > 5000);
    free(good);
}

static void trees_of_bad_form_are_refused(void)
{
    static const struct {
        uint32_t at, value;
    } headers[] = {{0, 0xd00dfeee}, {4, 39},          {4, 0x200000},    {20, 16},
                   {24, 18},        {8, 0xffffff00},  {12, 0xffffff00}, {16, 3},
                   {32, 4},         {36, 0xfffffff0}, {36, 16},         {16, 0xfffffff8}};
    uint8_t *bytes = malloc(ROOM);
    uint32_t size = make_tree(bytes);
    struct fdt fdt;

    EXPECT(!fdt_open(&fdt, bytes, size - 1) && !fdt_open(&fdt, bytes, 39));
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        size = make_tree(bytes);
        set_word(bytes + headers[i].at, headers[i].value);
        EXPECT(!fdt_open(&fdt, bytes, size));
    }
    free(bytes);
}

static void add_deep(void *context, struct fdt_writer *writer, fdt_node node, bool end)
{
    (void)node;
    for (int i = 0; end && i < *(int *)context; i++)
        fdt_begin_node(writer, "n");
    for (int i = 0; end && i < *(int *)context; i++)
        fdt_end_node(writer);
}

static void trees_that_are_too_deep_are_refused(void)
{
    uint8_t *bytes = malloc(ROOM), *deep = malloc(ROOM);
    struct fdt fdt = good_tree(bytes), again;
    int levels = FDT_DEPTH + 1;
    uint32_t size = fdt_rewrite(&fdt, deep, ROOM, "", 1, add_deep, &levels);

    EXPECT(size != 0 && !fdt_open(&again, deep, size));
    free(bytes);
    free(deep);
}

/* --- the rewritten tree --- */

static void the_next_stage_gets_everything_and_more(void)
{
    static struct guard guard;
    uint8_t *bytes = malloc(ROOM), *out = malloc(2 * ROOM);
    struct fdt fdt = good_tree(bytes), again;
    struct fdt_value value;
    uint32_t device, region;
    fdt_node node;

    memset(&guard, 0, sizeof(guard));
    guard.board.fdt = fdt;
    policy_read(&guard);
    EXPECT(guard.windows == 3 && guard.observe == 5);
    EXPECT(guard.window[1].device_id == 0x18 && guard.window[1].iova == 0x50000000);
    EXPECT(guard.window[0].read_only && !guard.window[2].read_only);
    EXPECT(guard.window[2].iova == 0x84004000);
    for (uint32_t i = 0; i < 3; i++)
        guard.window[i].open = true;
    EXPECT(tree_write(&guard, out, 2 * ROOM));
    EXPECT(fdt_open(&again, out, 2 * ROOM));
    /* All that was there is there, in its order. */
    node = fdt_root(&fdt);
    for (fdt_node at = fdt_root(&again); at != FDT_NONE; at = fdt_next(&again, at)) {
        if (node != FDT_NONE && strcmp(fdt_name(&again, at), fdt_name(&fdt, node)) == 0)
            node = fdt_next(&fdt, node);
    }
    EXPECT(node == FDT_NONE);
    EXPECT(fdt_path(&again, "/soc/iommu@11000") != FDT_NONE);
    EXPECT(fdt_has_string(fdt_property(&again, fdt_root(&again), "model"), "a machine"));
    /* The guard, two memories, the two devices that had no node, the one that had. */
    EXPECT(fdt_property(&again, fdt_path(&again, "/reserved-memory/boot-guard"), "no-map").data !=
           NULL);
    node = fdt_path(&again, "/reserved-memory/boot-window@84000000");
    EXPECT(node != FDT_NONE && fdt_cell(fdt_property(&again, node, "phandle"), 0, &region));
    EXPECT(fdt_cell(fdt_property(&again, node, "iommu-addresses"), 0, &device));
    node = fdt_path(&again, "/pci/device@2");
    EXPECT(node != FDT_NONE && fdt_phandle(&again, device) == node);
    value = fdt_property(&again, node, "memory-region");
    EXPECT(value.size == 4 && fdt_cell(value, 0, &device) && device == region);
    EXPECT(fdt_path(&again, "/pci/device@3") != FDT_NONE);
    node = fdt_path(&again, "/pci/iommu@8");
    EXPECT(fdt_property(&again, node, "memory-region").size == 4);
    EXPECT(fdt_phandle(&again, 0x8000) == node);
    EXPECT(!tree_write(&guard, out, TREE_SLACK + 200)); /* no room */
    free(bytes);
    free(out);
}

static void second_stage_only(struct iommu_config *config)
{
    config->capabilities &= ~(IOMMU_CAPABILITIES_SV32_MASK | IOMMU_CAPABILITIES_SV39_MASK |
                              IOMMU_CAPABILITIES_SV48_MASK | IOMMU_CAPABILITIES_SV57_MASK);
}

/* The policy's windows on the model: two devices, one of them with a window of its own. */
static void check_windows(struct world *world)
{
    struct iommu_response write = world_access(world, 0x10, 0x50000000, IOMMU_WRITE);

    EXPECT(reaches(world, 0x10, 0x50000008, 0x84000008));
    EXPECT(reaches(world, 0x10, 0x50003ff8, 0x84003ff8) && !reaches(world, 0x10, 0x50004000, 0));
    EXPECT(write.status != IOMMU_SUCCESS); /* read-only */
    EXPECT(reaches(world, 0x18, 0x50000008, 0x84000008));
    EXPECT(reaches(world, 8, 0x84004010, 0x84004010));
    EXPECT(world_access(world, 8, 0x84004010, IOMMU_WRITE).status == IOMMU_SUCCESS);
    EXPECT(reaches(world, 0x10, 0x60000000, 0x84008000)); /* the second window of a device */
    EXPECT(world_access(world, 0x10, 0x4fffe000, IOMMU_READ).status != IOMMU_SUCCESS);
    EXPECT(blocked(world, 0x20, 0x50000008, IOMMU_CAUSE_DDT_NOT_VALID));
}

static void windows_open_in_either_stage(void)
{
    static struct guard guard;
    const struct window more = {0x10, 0x60000000, 0x84008000, 0x1000, false, false, 0, FDT_NONE};
    /* Runs into the first one after two pages, which must not stay open. */
    const struct window overlap = {0x10, 0x4fffe000, 0x8400a000, 0x4000, false, false, 0, FDT_NONE};
    const struct window outside = {0x10, 0x70000000, 0x70000000, 0x1000, false, false, 0, FDT_NONE};
    uint8_t *bytes = malloc(ROOM);
    struct world world;

    for (int only = 0; only < 2; only++) {
        world_open(&world, "full", only != 0 ? second_stage_only : NULL);
        world_begin(&world);
        memset(&guard, 0, sizeof(guard));
        guard.board.fdt = good_tree(bytes);
        guard.iommu = world.iommu;
        guard.memory = world.memory;
        guard.pages = world.pages;
        guard.ddt = rvi_ddt_of(&world.iommu, world.pages);
        policy_read(&guard);
        guard.window[guard.windows++] = more;
        guard.window[guard.windows++] = overlap;
        guard.window[guard.windows++] = outside;
        policy_apply(&guard);
        for (uint32_t i = 0; i < 4; i++)
            EXPECT(guard.window[i].open);
        EXPECT(!guard.window[4].open && !guard.window[5].open);
        check_windows(&world);
        world_close(&world);
    }
    free(bytes);
}

static void add_reserved(void *context, struct fdt_writer *writer, fdt_node node, bool end)
{
    (void)context;
    if (!end || node != 1)
        return;
    fdt_begin_node(writer, "reserved-memory");
    put(writer, "#address-cells", 1, 1);
    put(writer, "#size-cells", 1, 1);
    fdt_put(writer, "ranges", NULL, 0);
    fdt_begin_node(writer, "other@90000000");
    put(writer, "reg", 2, 0x90000000, 0x1000);
    fdt_end_node(writer);
    fdt_end_node(writer);
}

static void reservations_join_those_that_are_there(void)
{
    static struct guard guard;
    uint8_t *bytes = malloc(ROOM), *more = malloc(ROOM), *out = malloc(2 * ROOM);
    struct fdt fdt = good_tree(bytes), again;
    uint64_t address, size;
    fdt_node node;

    size = fdt_rewrite(&fdt, more, ROOM, names, sizeof(names), add_reserved, NULL);
    memset(&guard, 0, sizeof(guard));
    EXPECT(fdt_open(&guard.board.fdt, more, size));
    policy_read(&guard);
    guard.window[2].open = true;
    EXPECT(tree_write(&guard, out, 2 * ROOM) && fdt_open(&again, out, 2 * ROOM));
    node = fdt_path(&again, "/reserved-memory");
    EXPECT(fdt_path(&again, "/reserved-memory/other") != FDT_NONE);
    EXPECT(fdt_path(&again, "/reserved-memory/boot-guard") != FDT_NONE);
    node = fdt_path(&again, "/reserved-memory/boot-window"); /* in the cells of its parent */
    EXPECT(fdt_property(&again, node, "reg").size == 8);
    EXPECT(fdt_reg(&again, node, 0, &address, &size) && address == 0x84004000 && size == 0x1000);
    /* Windows that are closed are not described. */
    EXPECT(fdt_path(&again, "/reserved-memory/boot-window@84000000") == FDT_NONE);
    EXPECT(fdt_path(&again, "/pci/device") == FDT_NONE);
    free(bytes);
    free(more);
    free(out);
}

const struct test tree_tests[] = {
    {"a_good_tree_says_what_it_says", a_good_tree_says_what_it_says},
    {"iommus_are_found_in_both_forms", iommus_are_found_in_both_forms},
    {"trees_of_bad_form_are_refused", trees_of_bad_form_are_refused},
    {"trees_that_are_too_deep_are_refused", trees_that_are_too_deep_are_refused},
    {"hostile_trees_do_no_harm", hostile_trees_do_no_harm},
    {"the_next_stage_gets_everything_and_more", the_next_stage_gets_everything_and_more},
    {"windows_open_in_either_stage", windows_open_in_either_stage},
    {"reservations_join_those_that_are_there", reservations_join_those_that_are_there},
    {NULL, NULL},
};
