/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iommu_allowed(): the exact set of results after a change at each level, and which
 * commands take the old value out of it. ("Updating in-memory data structure entries",
 * "Caching in-memory data structures", and the tables of the commands.)
 */
#include "allowed_set.h"

#define VA 0x40005000u
#define OLD_PAGE 0x90000000u
#define NEW_PAGE 0x91000000u

#define GV IOMMU_CMD_IOTINVAL_GV_MASK
#define AV IOMMU_CMD_IOTINVAL_AV_MASK
#define NL IOMMU_CMD_IOTINVAL_NL_MASK
#define PSCV IOMMU_CMD_IOTINVAL_PSCV_MASK
#define VM IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID)
#define OTHER_VM IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, SCENE_GSCID + 1)
#define SPACE (PSCV | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, SCENE_PSCID))
#define OTHER_SPACE (PSCV | IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, SCENE_PSCID + 1))

/* A command, and whether it takes the old value away. */
struct effect {
    struct command command;
    bool covers;
};

/* A scene in which `make` maps VA to the old page, and `change` to the new one. */
struct experiment {
    void (*make)(struct scene *s, struct bench *b);
    void (*change)(struct scene *s);
    struct iommu_request (*request)(const struct scene *s);
};

/* For each command: old before, both after the change, and both or new after the command. */
static void run_experiment(struct place place, const struct experiment *experiment,
                           const struct effect *effects, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct bench *b = bench_ready("max", with_history);
        struct scene s;
        test_note("command %u", i);
        experiment->make(&s, b);
        struct iommu_request request = experiment->request(&s);
        bench_expect_ok(place, b, request, OLD_PAGE);
        check_set(place, allowed_now(b, request), SET(OLD_PAGE));
        experiment->change(&s);
        check_set(place, allowed_now(b, request), SET(NEW_PAGE, OLD_PAGE));
        bench_command(b, effects[i].command);
        if (effects[i].covers) {
            check_set(place, allowed_now(b, request), SET(NEW_PAGE));
            bench_expect_ok(place, b, request, NEW_PAGE);
        } else {
            check_set(place, allowed_now(b, request), SET(NEW_PAGE, OLD_PAGE));
        }
    }
    test_note("%s", "");
}
#define RUN(experiment, effects)                                                                   \
    run_experiment(HERE, &(experiment), (effects), sizeof(effects) / sizeof(effects)[0])

static struct iommu_request plain_request(const struct scene *s)
{
    return read_at(s->device, VA);
}

static struct iommu_request process_request(const struct scene *s)
{
    return with_pid(read_at(s->device, VA), SCENE_PID);
}

/* Another first stage that leads to the new page. */
static struct page_table new_first_stage(struct scene *s)
{
    struct page_table pt = pt_create(s->b, PT_SV39);
    pt_map(&pt, VA, NEW_PAGE, 0, P_ALL);
    return pt;
}

/* --- device directory ---------------------------------------------------------------------- */

static void make_host(struct scene *s, struct bench *b)
{
    scene_first(s, b);
    pt_map(&s->first, VA, OLD_PAGE, 0, P_ALL);
}

/* The new context has a PSCID of its own, so that no page-table cache is in question. */
static struct dc new_context(struct scene *s)
{
    struct page_table first = new_first_stage(s);
    struct dc dc = s->dc;
    dc.ta = IOMMU_PREP(IOMMU_DC_TA_PSCID, 0x77);
    dc.fsc = pt_iosatp(&first);
    return dc;
}

static void change_dc(struct scene *s)
{
    struct dc dc = new_context(s);
    const uint64_t word[8] = {dc.tc, dc.iohgatp, dc.ta, dc.fsc, 0, 0, 0, 0};
    noted_put_words(s->b, bench_ddt_entry(s->b, s->device, 0), word, 8);
}

TEST_BOTH(allowed_after_a_change_of_a_device_context)
{
    static const struct experiment dc = {make_host, change_dc, plain_request};
    const struct effect effects[] = {
        {cmd_iodir_ddt(SCENE_DEVICE), true},
        {cmd_iodir_all(), true},
        {cmd_iodir_ddt(SCENE_DEVICE + 1), false},
        {cmd_iodir_pdt(SCENE_DEVICE, 0), false},
        {cmd_iotinval_vma(0, 0), false},
        {cmd_iotinval_gvma(0, 0), false},
        {cmd_iofence(0, 0, 0), false},
    };
    RUN(dc, effects);
}

/* The entry of one level leads to other tables, whose context is the new one. */
static void change_ddte(struct scene *s, unsigned level)
{
    struct bench *b = s->b;
    struct dc dc = new_context(s);
    uint64_t entry = bench_ddt_entry(b, s->device, level);
    uint64_t table = bench_page(b), before = bench_get64(b, entry);
    uint64_t value = IOMMU_DDTE_V_MASK | IOMMU_PREP(IOMMU_DDTE_PPN, table >> 12);
    /* Build the new branch in place, then put the old entry back for the noted store. */
    bench_put64(b, entry, value);
    bench_write_dc(b, s->device, &dc);
    bench_put64(b, entry, before);
    noted_put64(b, entry, value);
}

static void change_ddte_1(struct scene *s)
{
    change_ddte(s, 1);
}

static void change_ddte_2(struct scene *s)
{
    change_ddte(s, 2);
}

TEST_BOTH(allowed_after_a_change_of_a_non_leaf_ddt_entry)
{
    static const struct experiment level_1 = {make_host, change_ddte_1, plain_request};
    static const struct experiment level_2 = {make_host, change_ddte_2, plain_request};
    const struct effect effects[] = {
        {cmd_iodir_all(), true},
        {cmd_iodir_ddt(SCENE_DEVICE), false}, /* only the leaf */
        {cmd_iodir_pdt(SCENE_DEVICE, 0), false},
        {cmd_iotinval_vma(0, 0), false},
    };
    RUN(level_1, effects);
    RUN(level_2, effects);
}

/* --- process directory --------------------------------------------------------------------- */

static void make_process(struct scene *s, struct bench *b)
{
    scene_process(s, b);
    pt_map(&s->first, VA, OLD_PAGE, 0, P_ALL);
}

static struct pc new_process(struct scene *s)
{
    struct page_table first = new_first_stage(s);
    return (struct pc){.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, 0x77),
                       .fsc = pt_iosatp(&first)};
}

static void change_pc(struct scene *s)
{
    struct pc pc = new_process(s);
    const uint64_t word[2] = {pc.ta, pc.fsc};
    noted_put_words(s->b, pdt_entry(&s->pdt, SCENE_PID, 0), word, 2);
}

TEST_BOTH(allowed_after_a_change_of_a_process_context)
{
    static const struct experiment pc = {make_process, change_pc, process_request};
    const struct effect effects[] = {
        {cmd_iodir_pdt(SCENE_DEVICE, SCENE_PID), true},
        {cmd_iodir_ddt(SCENE_DEVICE), true},
        {cmd_iodir_all(), true},
        {cmd_iodir_pdt(SCENE_DEVICE, SCENE_PID + 1), false},
        {cmd_iodir_pdt(SCENE_DEVICE + 1, SCENE_PID), false},
        {cmd_iodir_ddt(SCENE_DEVICE + 1), false},
        {cmd_iotinval_vma(0, 0), false},
        {cmd_iotinval_gvma(0, 0), false},
    };
    RUN(pc, effects);
}

static void change_pdte(struct scene *s, unsigned level)
{
    struct bench *b = s->b;
    struct pc pc = new_process(s);
    uint64_t entry = pdt_entry(&s->pdt, SCENE_PID, level);
    uint64_t before = bench_get64(b, entry), table = bench_page(b);
    uint64_t value = IOMMU_PDTE_V_MASK | IOMMU_PREP(IOMMU_PDTE_PPN, table >> 12);
    bench_put64(b, entry, value);
    pdt_write_pc(&s->pdt, SCENE_PID, &pc);
    bench_put64(b, entry, before);
    noted_put64(b, entry, value);
}

static void change_pdte_1(struct scene *s)
{
    change_pdte(s, 1);
}

static void change_pdte_2(struct scene *s)
{
    change_pdte(s, 2);
}

TEST_BOTH(allowed_after_a_change_of_a_non_leaf_pdt_entry)
{
    static const struct experiment level_1 = {make_process, change_pdte_1, process_request};
    static const struct experiment level_2 = {make_process, change_pdte_2, process_request};
    const struct effect effects[] = {
        {cmd_iodir_ddt(SCENE_DEVICE), true}, /* "all associated PDT entries" */
        {cmd_iodir_all(), true},
        {cmd_iodir_pdt(SCENE_DEVICE, SCENE_PID), false}, /* only the leaf */
        {cmd_iodir_ddt(SCENE_DEVICE + 1), false},
    };
    RUN(level_1, effects);
    RUN(level_2, effects);
}

/* --- first stage ---------------------------------------------------------------------------- */

static void change_first_leaf(struct scene *s)
{
    uint64_t entry = pt_entry(&s->first, VA, 0);
    noted_pte(&s->first, entry, pt_pte(NEW_PAGE, pt_read(&s->first, entry) & 0x3ff));
}

static struct command range_of(struct command command, unsigned log2)
{
    uint64_t pages = VA >> 12;
    pages = (pages >> (log2 - 12) << (log2 - 12)) | ((1ull << (log2 - 13)) - 1);
    command.dw[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, pages) | IOMMU_CMD_IOTINVAL_S_MASK;
    return command;
}

TEST_BOTH(allowed_after_a_change_of_a_first_stage_leaf_of_the_host)
{
    static const struct experiment leaf = {make_host, change_first_leaf, plain_request};
    const struct effect effects[] = {
        {cmd_iotinval_vma(0, 0), true},
        {cmd_iotinval_vma(SPACE, 0), true},
        {cmd_iotinval_vma(AV, VA), true},
        {cmd_iotinval_vma(AV | SPACE, VA), true},
        {cmd_iotinval_vma(AV | NL, VA), true},
        {range_of(cmd_iotinval_vma(AV, 0), 13), true},
        {range_of(cmd_iotinval_vma(AV, 0), 21), true},
        {cmd_iotinval_vma(OTHER_SPACE, 0), false},
        {cmd_iotinval_vma(AV | OTHER_SPACE, VA), false},
        {cmd_iotinval_vma(AV, VA + 0x1000), false},
        {cmd_iotinval_vma(GV | VM, 0), false},
        {cmd_iotinval_vma(GV | AV | VM, VA), false},
        {cmd_iotinval_gvma(0, 0), false},
        {cmd_iodir_all(), false},
    };
    RUN(leaf, effects);
}

static void make_global(struct scene *s, struct bench *b)
{
    scene_first(s, b);
    pt_map(&s->first, VA, OLD_PAGE, 0, P_ALL | P_G);
}

TEST_BOTH(allowed_after_a_change_of_a_global_first_stage_leaf)
{
    static const struct experiment leaf = {make_global, change_first_leaf, plain_request};
    const struct effect effects[] = {
        {cmd_iotinval_vma(0, 0), true},
        {cmd_iotinval_vma(AV, VA), true},
        {cmd_iotinval_vma(SPACE, 0), false},
        {cmd_iotinval_vma(AV | SPACE, VA), false},
    };
    RUN(leaf, effects);
}

static void make_guest(struct scene *s, struct bench *b)
{
    scene_nested(s, b);
    pt_map(&s->second, OLD_PAGE, OLD_PAGE, 0, P_ALL);
    pt_map(&s->second, NEW_PAGE, NEW_PAGE, 0, P_ALL);
    pt_map(&s->first, VA, OLD_PAGE, 0, P_ALL);
}

TEST_BOTH(allowed_after_a_change_of_a_first_stage_leaf_of_a_vm)
{
    static const struct experiment leaf = {make_guest, change_first_leaf, plain_request};
    const struct effect effects[] = {
        {cmd_iotinval_vma(GV | VM, 0), true},
        {cmd_iotinval_vma(GV | VM | SPACE, 0), true},
        {cmd_iotinval_vma(GV | VM | AV, VA), true},
        {cmd_iotinval_vma(GV | VM | AV | SPACE, VA), true},
        {cmd_iotinval_vma(0, 0), false},
        {cmd_iotinval_vma(VM, 0), false},
        {cmd_iotinval_vma(GV | OTHER_VM, 0), false},
        {cmd_iotinval_vma(GV | VM | OTHER_SPACE, 0), false},
        {cmd_iotinval_vma(GV | VM | AV, VA - 0x1000), false},
        {cmd_iotinval_gvma(0, 0), false},
        {cmd_iotinval_gvma(GV | VM | AV, OLD_PAGE), false},
    };
    RUN(leaf, effects);
}

/* The non-leaf entry of `level` leads to other tables, which lead to the new page. */
static void change_nonleaf(struct page_table *pt, unsigned level)
{
    uint64_t entry = pt_entry(pt, VA, level), before = pt_read(pt, entry);
    pt_write(pt, entry, 0);
    pt_map(pt, VA, NEW_PAGE, 0, P_ALL);
    uint64_t value = pt_read(pt, entry);
    pt_write(pt, entry, before);
    noted_pte(pt, entry, value);
}

static void change_first_level_1(struct scene *s)
{
    change_nonleaf(&s->first, 1);
}

static void change_first_level_2(struct scene *s)
{
    change_nonleaf(&s->first, 2);
}

TEST_BOTH(allowed_after_a_change_of_a_non_leaf_first_stage_entry)
{
    static const struct experiment level_1 = {make_host, change_first_level_1, plain_request};
    static const struct experiment level_2 = {make_host, change_first_level_2, plain_request};
    const struct effect effects[] = {
        {cmd_iotinval_vma(0, 0), true},
        {cmd_iotinval_vma(SPACE, 0), true},
        {cmd_iotinval_vma(AV | NL, VA), true},
        {cmd_iotinval_vma(AV | NL | SPACE, VA), true},
        {cmd_iotinval_vma(AV | NL, VA + 0x1000), true}, /* the same non-leaf entry */
        {range_of(cmd_iotinval_vma(AV | NL, 0), 14), true},
        {cmd_iotinval_vma(AV, VA), false}, /* leaves only */
        {cmd_iotinval_vma(AV | SPACE, VA), false},
        {range_of(cmd_iotinval_vma(AV, 0), 30), false},
        {cmd_iotinval_vma(AV | NL, VA + (1ull << 30)), false},
        {cmd_iotinval_vma(OTHER_SPACE, 0), false},
        {cmd_iotinval_vma(NL | OTHER_SPACE, 0), false},
    };
    RUN(level_1, effects);
    RUN(level_2, effects);
}

/* --- second stage --------------------------------------------------------------------------- */

static void make_second(struct scene *s, struct bench *b)
{
    scene_second(s, b);
    pt_map(&s->second, VA, OLD_PAGE, 0, P_ALL);
}

static void change_second_leaf(struct scene *s)
{
    noted_pte(&s->second, pt_entry(&s->second, VA, 0), pt_pte(NEW_PAGE, P_ALL));
}

TEST_BOTH(allowed_after_a_change_of_a_second_stage_leaf)
{
    static const struct experiment leaf = {make_second, change_second_leaf, plain_request};
    const struct effect effects[] = {
        {cmd_iotinval_gvma(0, 0), true},
        {cmd_iotinval_gvma(AV, 0x1000), true}, /* GV=0: AV is ignored */
        {cmd_iotinval_gvma(GV | VM, 0), true},
        {cmd_iotinval_gvma(GV | VM | AV, VA), true},
        {range_of(cmd_iotinval_gvma(GV | VM | AV, 0), 16), true},
        {cmd_iotinval_gvma(GV | VM | AV, VA + 0x1000), false},
        {cmd_iotinval_gvma(GV | OTHER_VM, 0), false},
        {cmd_iotinval_vma(GV | VM, 0), false},
        {cmd_iotinval_vma(0, 0), false},
        {cmd_iodir_all(), false},
    };
    RUN(leaf, effects);
}

static void change_second_level_1(struct scene *s)
{
    change_nonleaf(&s->second, 1);
}

static void change_second_level_2(struct scene *s)
{
    change_nonleaf(&s->second, 2);
}

TEST_BOTH(allowed_after_a_change_of_a_non_leaf_second_stage_entry)
{
    static const struct experiment level_1 = {make_second, change_second_level_1, plain_request};
    static const struct experiment level_2 = {make_second, change_second_level_2, plain_request};
    const struct effect effects[] = {
        {cmd_iotinval_gvma(0, 0), true},
        {cmd_iotinval_gvma(AV, 0x1000), true},
        {cmd_iotinval_gvma(GV | VM, 0), true},
        {cmd_iotinval_gvma(GV | VM | AV | NL, VA), true},
        {cmd_iotinval_gvma(GV | VM | AV, VA), false},
        {cmd_iotinval_gvma(GV | OTHER_VM | AV | NL, VA), false},
        {cmd_iotinval_gvma(GV | VM | AV | NL, VA + (1ull << 30)), false},
    };
    RUN(level_1, effects);
    RUN(level_2, effects);
}

/* --- MSI page table -------------------------------------------------------------------------- */

static void make_msi(struct scene *s, struct bench *b)
{
    scene_second(s, b);
    scene_add_msi(s);
    msi_pt_write(b, s->msi_table, 5, msi_pte_basic(OLD_PAGE));
}

static void change_msi(struct scene *s)
{
    struct msi_pte pte = msi_pte_basic(NEW_PAGE);
    noted_put_words(s->b, s->msi_table + 5 * IOMMU_MSIPTE_BYTES, pte.dw, 2);
}

static struct iommu_request msi_request(const struct scene *s)
{
    return write_at(s->device, scene_msi_address(5, 0));
}

TEST_BOTH(allowed_after_a_change_of_an_msi_pte)
{
    static const struct experiment pte = {make_msi, change_msi, msi_request};
    const struct effect effects[] = {
        {cmd_iotinval_gvma(0, 0), true},
        {cmd_iotinval_gvma(GV | VM, 0), true},
        {cmd_iotinval_gvma(GV | VM | AV, SCENE_MSI + 0x5000), true},
        {cmd_iotinval_gvma(GV | VM | AV, SCENE_MSI + 0x6000), false},
        {cmd_iotinval_gvma(GV | OTHER_VM, 0), false},
        {cmd_iotinval_vma(GV | VM, 0), false},
        {cmd_iodir_all(), false},
    };
    RUN(pte, effects);
}
