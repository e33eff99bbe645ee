/* SPDX-License-Identifier: Apache-2.0 */
#include "ddt.h"

#include "walk.h"

#define PAGE_BYTES 4096u

struct search {
    struct machine *machine;
    ddt_visit *visit;
    void *context;
    struct problem *problem;
    bool big_endian;
    bool extended;
    bool stopped;
    bool failed;
};

/* The index bits of a level start here in a device_id. */
static unsigned level_shift(const struct search *search, unsigned level)
{
    unsigned leaf = search->extended ? 6 : 7;

    return level == 0 ? 0 : leaf + 9 * (level - 1);
}

static void report(struct search *search, const struct ddt_found *found)
{
    if (!search->visit(search->context, found))
        search->stopped = true;
}

/* What does the model say of this context? A request from the device makes it look. */
static enum iommu_rule judge_context(struct search *search, uint32_t device_id)
{
    struct request request = {.iommu = {.device_id = device_id}};
    struct walk walk;
    enum iommu_rule rule = IOMMU_RULE_NONE;

    if (!walk_run(search->machine, &request, &walk, search->problem)) {
        search->failed = true;
        search->stopped = true;
    }
    for (size_t i = 0; i < walk.steps; i++) {
        if (walk.step[i].iommu.kind == IOMMU_STEP_DC)
            rule = walk.step[i].iommu.rule;
    }
    walk_free(&walk);
    return rule;
}

static void search_leaf(struct search *search, uint64_t page, uint32_t first)
{
    unsigned words = search->extended ? IOMMU_DC_EXT_BYTES / 8 : IOMMU_DC_BASE_BYTES / 8;

    for (unsigned i = 0; i < PAGE_BYTES / (words * 8) && !search->stopped; i++) {
        struct ddt_found found = {
            .context = true,
            .device_id = first + i,
            .device_ids = 1,
            .address = page + (uint64_t)i * words * 8,
            .words = words,
        };
        if (!machine_read_words(search->machine, found.address, search->big_endian, words,
                                found.value) ||
            (found.value[0] & IOMMU_DC_TC_V_MASK) == 0)
            continue;
        found.rule = judge_context(search, found.device_id);
        if (!search->failed)
            report(search, &found);
    }
}

static void search_page(struct search *search, uint64_t page, unsigned level, uint32_t first);

static void search_entry(struct search *search, uint64_t address, unsigned level, uint32_t first)
{
    struct layout_context context = machine_context(search->machine);
    struct ddt_found found = {
        .device_id = first,
        .device_ids = 1u << level_shift(search, level),
        .level = level,
        .address = address,
        .words = 1,
    };

    if (!machine_read_words(search->machine, address, search->big_endian, 1, found.value) ||
        (found.value[0] & IOMMU_DDTE_V_MASK) == 0)
        return;
    uint64_t next = IOMMU_GET(found.value[0], IOMMU_DDTE_PPN) << 12;
    if (layout_reserved_bits(LAYOUT_DDTE, found.value, 0, &context) != 0) {
        found.rule = IOMMU_RULE_DDTE_RESERVED;
        found.trouble = "reserved bits are set";
    } else if (!memory_has_any(&search->machine->memory, next, PAGE_BYTES)) {
        found.trouble = "the page that it points to is in no image";
    }
    if (found.trouble != NULL)
        report(search, &found);
    else
        search_page(search, next, level - 1, first);
}

static void search_page(struct search *search, uint64_t page, unsigned level, uint32_t first)
{
    if (level == 0) {
        search_leaf(search, page, first);
        return;
    }
    unsigned shift = level_shift(search, level);
    for (uint32_t i = 0; i < PAGE_BYTES / IOMMU_DDTE_BYTES && !search->stopped; i++) {
        if (first + ((uint64_t)i << shift) > 0xffffff)
            break; /* base format: the root has 256 entries */
        search_entry(search, page + i * (uint64_t)IOMMU_DDTE_BYTES, level, first + (i << shift));
    }
}

bool ddt_search(struct machine *machine, ddt_visit *visit, void *context, struct problem *problem)
{
    unsigned mode = (unsigned)IOMMU_GET(machine->ddtp, IOMMU_DDTP_IOMMU_MODE);
    uint64_t root = IOMMU_GET(machine->ddtp, IOMMU_DDTP_PPN) << 12;
    struct search search = {
        .machine = machine,
        .visit = visit,
        .context = context,
        .problem = problem,
        .big_endian = (machine->fctl & IOMMU_FCTL_BE_MASK) != 0,
        .extended = (machine->config.capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK) != 0,
    };

    if (mode < IOMMU_DDTP_MODE_1LVL || mode > IOMMU_DDTP_MODE_3LVL)
        return problem_set(problem, "--ddt: ddtp.iommu_mode is %s: there is no directory",
                           mode == IOMMU_DDTP_MODE_OFF ? "Off" : "Bare");
    if (!memory_has_any(&machine->memory, root, PAGE_BYTES))
        return problem_set(problem, "--ddt: ddtp points to 0x%llx, which is in no image",
                           (unsigned long long)root);
    search_page(&search, root, mode - IOMMU_DDTP_MODE_1LVL, 0);
    if (!search.failed && machine->memory.trouble.text[0] != '\0')
        search.failed = !problem_set(problem, "%s", machine->memory.trouble.text);
    return !search.failed;
}
