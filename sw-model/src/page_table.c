/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Virtual Address Translation Process" and "Two-Stage Address Translation": one walker
 * for both stages, with stage and level as state. Every access to a first-stage table
 * goes through the second stage, if there is one.
 */
#include "internal.h"

const struct scheme scheme_bare = {0};

static const struct scheme scheme_sv32 = {2, 10, 2, 32, false};
static const struct scheme scheme_sv39 = {3, 9, 3, 39, false};
static const struct scheme scheme_sv48 = {4, 9, 3, 48, false};
static const struct scheme scheme_sv57 = {5, 9, 3, 57, false};
static const struct scheme scheme_sv32x4 = {2, 10, 2, 34, true};
static const struct scheme scheme_sv39x4 = {3, 9, 3, 41, true};
static const struct scheme scheme_sv48x4 = {4, 9, 3, 50, true};
static const struct scheme scheme_sv57x4 = {5, 9, 3, 59, true};

#define NAPOT_LOG2 16u
#define NAPOT_PPN_BITS 0xfull
#define NAPOT_PPN_VALUE 0x8ull

const struct scheme *first_stage_scheme(uint64_t mode, bool sxl)
{
    if (sxl)
        return mode == IOMMU_IOSATP_MODE_SXL1_SV32 ? &scheme_sv32 : &scheme_bare;
    switch (mode) {
    case IOMMU_IOSATP_MODE_SV39:
        return &scheme_sv39;
    case IOMMU_IOSATP_MODE_SV48:
        return &scheme_sv48;
    case IOMMU_IOSATP_MODE_SV57:
        return &scheme_sv57;
    default:
        return &scheme_bare;
    }
}

const struct scheme *second_stage_scheme(uint64_t mode, bool gxl)
{
    if (gxl)
        return mode == IOMMU_IOHGATP_MODE_GXL1_SV32X4 ? &scheme_sv32x4 : &scheme_bare;
    switch (mode) {
    case IOMMU_IOHGATP_MODE_SV39X4:
        return &scheme_sv39x4;
    case IOMMU_IOHGATP_MODE_SV48X4:
        return &scheme_sv48x4;
    case IOMMU_IOHGATP_MODE_SV57X4:
        return &scheme_sv57x4;
    default:
        return &scheme_bare;
    }
}

uint16_t access_fault_cause(unsigned access)
{
    return access == IOMMU_EXECUTE ? IOMMU_CAUSE_INSTR_ACCESS_FAULT
           : access == IOMMU_WRITE ? IOMMU_CAUSE_WRITE_ACCESS_FAULT
                                   : IOMMU_CAUSE_READ_ACCESS_FAULT;
}

static uint16_t page_fault_cause(unsigned access)
{
    return access == IOMMU_EXECUTE ? IOMMU_CAUSE_INSTR_PAGE_FAULT
           : access == IOMMU_WRITE ? IOMMU_CAUSE_WRITE_PAGE_FAULT
                                   : IOMMU_CAUSE_READ_PAGE_FAULT;
}

static uint16_t guest_page_fault_cause(unsigned access)
{
    return access == IOMMU_EXECUTE ? IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT
           : access == IOMMU_WRITE ? IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT
                                   : IOMMU_CAUSE_READ_GUEST_PAGE_FAULT;
}

/** One stage's walk on its way. */
struct stage {
    const struct table *table;
    const struct table *second; /**< first stage: the second that its tables live behind */
    uint64_t address;           /**< that is translated: IOVA or GPA */
    bool is_second;
    bool implicit; /**< second stage, for a PDT or first-stage entry */
    bool read, write, execute;
    bool lenient;
    bool check_privilege; /**< supervisor privilege is in force */
    bool sum;
};

/** A page fault of this stage, with iotval2 as "Fault/Event-Queue (FQ)" has it. */
static bool stage_fault(struct walk *walk, const struct stage *stage, enum iommu_rule rule)
{
    if (!stage->is_second)
        return fault(walk, page_fault_cause(walk->access), rule);
    walk->iotval2 = stage->address & IOMMU_IOTVAL2_GPA_MASK;
    if (stage->implicit) {
        walk->iotval2 |= IOMMU_IOTVAL2_IMPLICIT_MASK;
        if (stage->write)
            walk->iotval2 |= IOMMU_IOTVAL2_WRITE_MASK;
    }
    return fault(walk, guest_page_fault_cause(walk->access), rule);
}

/** An access to a PTE failed: the cause depends on what the walk is for. */
static bool memory_fault(struct walk *walk, bool poison, enum iommu_rule rule)
{
    if (walk->for_pdt)
        return poison ? fault(walk, IOMMU_CAUSE_PDT_DATA_CORRUPTION,
                              IOMMU_RULE_PDT_SECOND_STAGE_POISON)
                      : fault(walk, IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT,
                              IOMMU_RULE_PDT_SECOND_STAGE_ACCESS);
    if (poison)
        return fault(walk, IOMMU_CAUSE_PT_DATA_CORRUPTION, rule);
    return fault(walk, access_fault_cause(walk->access), rule);
}

static unsigned level_shift(const struct scheme *scheme, unsigned level)
{
    return PAGE_LOG2 + scheme->index_bits * level;
}

static uint64_t level_index(const struct scheme *scheme, uint64_t address, unsigned level)
{
    unsigned bits = scheme->index_bits;

    if (scheme->wide_root && level + 1u == scheme->levels)
        bits += 2;
    return address >> level_shift(scheme, level) & ((1ull << bits) - 1);
}

static uint64_t pte_ppn(const struct scheme *scheme, uint64_t pte)
{
    return scheme->entry_log2 == 2 ? IOMMU_GET((uint32_t)pte, IOMMU_PTE32_PPN)
                                   : IOMMU_GET(pte, IOMMU_PTE_PPN);
}

static bool is_pointer(uint64_t pte)
{
    return (pte & (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)) == 0;
}

/** Steps 3 to 5: is it a legal PTE, whatever it grants? */
static enum iommu_rule pte_legal(const struct iommu *iommu, const struct scheme *scheme,
                                 uint64_t pte, unsigned level)
{
    uint64_t low_ppn = pte_ppn(scheme, pte) & ((1ull << scheme->index_bits * level) - 1);

    if ((pte & IOMMU_PTE_V_MASK) == 0)
        return IOMMU_RULE_PTE_NOT_VALID;
    if ((pte & (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK)) == IOMMU_PTE_W_MASK)
        return IOMMU_RULE_PTE_WRITE_ONLY;
    if (scheme->entry_log2 == 3 && (pte & iommu->pte_reserved) != 0)
        return IOMMU_RULE_PTE_RESERVED;
    if (is_pointer(pte)) {
        uint64_t none = IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK | IOMMU_PTE_U_MASK;

        if (scheme->entry_log2 == 3)
            none |= IOMMU_PTE_PBMT_MASK | IOMMU_PTE_N_MASK;
        if ((pte & none) != 0)
            return IOMMU_RULE_PTE_RESERVED;
        return level == 0 ? IOMMU_RULE_PTE_NO_LEAF : IOMMU_RULE_NONE;
    }
    if (scheme->entry_log2 == 3) {
        if (IOMMU_GET(pte, IOMMU_PTE_PBMT) == 3)
            return IOMMU_RULE_PTE_RESERVED;
        if ((pte & IOMMU_PTE_N_MASK) != 0 &&
            (level > 0 || (pte_ppn(scheme, pte) & NAPOT_PPN_BITS) != NAPOT_PPN_VALUE))
            return IOMMU_RULE_PTE_NAPOT;
    }
    return low_ppn != 0 ? IOMMU_RULE_PTE_MISALIGNED : IOMMU_RULE_NONE;
}

/** Steps 6 to 8: does a legal leaf grant what is asked for? */
static enum iommu_rule leaf_grants(const struct stage *stage, uint64_t pte)
{
    bool user = (pte & IOMMU_PTE_U_MASK) != 0;

    if (!stage->check_privilege && !user)
        return IOMMU_RULE_PTE_USER;
    if (stage->check_privilege && user && (!stage->sum || (stage->execute && !stage->lenient)))
        return IOMMU_RULE_PTE_SUPERVISOR;
    if (stage->lenient)
        return IOMMU_RULE_NONE;
    if ((stage->read && (pte & IOMMU_PTE_R_MASK) == 0) ||
        (stage->write && (pte & IOMMU_PTE_W_MASK) == 0) ||
        (stage->execute && (pte & IOMMU_PTE_X_MASK) == 0))
        return IOMMU_RULE_PTE_PERMISSION;
    return IOMMU_RULE_NONE;
}

/** Step 9: the PTE as it must be for this access. */
static uint64_t with_ad_bits(const struct stage *stage, uint64_t pte)
{
    pte |= IOMMU_PTE_A_MASK;
    if (stage->write && (pte & IOMMU_PTE_W_MASK) != 0)
        pte |= IOMMU_PTE_D_MASK;
    return pte;
}

/** Step 10: what the leaf maps to. */
static void leaf_result(const struct stage *stage, uint64_t pte, unsigned level, struct leaf *leaf)
{
    const struct scheme *scheme = stage->table->scheme;
    uint64_t ppn = pte_ppn(scheme, pte);
    uint64_t offset_mask;

    leaf->page_log2 = (uint8_t)level_shift(scheme, level);
    leaf->pbmt = 0;
    if (scheme->entry_log2 == 3) {
        leaf->pbmt = IOMMU_GET(pte, IOMMU_PTE_PBMT) & 3;
        if ((pte & IOMMU_PTE_N_MASK) != 0) {
            leaf->page_log2 = NAPOT_LOG2;
            ppn &= ~NAPOT_PPN_BITS;
        }
    }
    offset_mask = (1ull << leaf->page_log2) - 1;
    leaf->address = ppn << PAGE_LOG2 | (stage->address & offset_mask);
    leaf->user = (pte & IOMMU_PTE_U_MASK) != 0;
    leaf->permissions = 0;
    if ((pte & IOMMU_PTE_R_MASK) != 0)
        leaf->permissions |= IOMMU_PERM_R;
    if ((pte & IOMMU_PTE_W_MASK) != 0 && (pte & IOMMU_PTE_D_MASK) != 0)
        leaf->permissions |= IOMMU_PERM_W;
    if ((pte & IOMMU_PTE_X_MASK) != 0)
        leaf->permissions |= IOMMU_PERM_X;
}

/** Step 2: read the PTE at this level. @return false on a fault of the access itself */
static bool pte_read(struct walk *walk, const struct stage *stage, struct entry *pte)
{
    enum iommu_rule rule = IOMMU_RULE_NONE;
    bool nested = !stage->is_second && stage->second->scheme->levels != 0;

    if (nested && !second_stage_implicit(walk, stage->second, pte->address, false, &pte->address))
        return false;
    hpm_count(walk, stage->is_second ? IOMMU_HPM_EVENT_SECOND_STAGE_WALK
                                     : IOMMU_HPM_EVENT_FIRST_STAGE_WALK);
    entry_read(walk, pte);
    if (nested)
        explore_end_implicit(walk);
    if (pte->status == IOMMU_MEM_OK)
        return true;
    rule = pte->status == IOMMU_MEM_POISON ? IOMMU_RULE_PTE_POISON : IOMMU_RULE_PTE_ACCESS;
    entry_step(walk, pte, rule, false);
    return memory_fault(walk, pte->status == IOMMU_MEM_POISON, rule);
}

/** Step 9: set A and D in memory. *retry: the PTE changed meanwhile, start its level anew. */
static bool pte_set_ad(struct walk *walk, const struct stage *stage, struct entry *pte,
                       uint64_t gpa, bool *retry)
{
    uint64_t wanted = with_ad_bits(stage, pte->value[0]);
    uint64_t where;

    *retry = false;
    if (!stage->is_second && stage->second->scheme->levels != 0 &&
        !second_stage_implicit(walk, stage->second, gpa, true, &where))
        return false;
    switch (entry_update(walk, pte, wanted)) {
    case UPDATE_DONE:
        pte->value[0] = wanted;
        return true;
    case UPDATE_RETRY:
        *retry = true;
        return true;
    case UPDATE_POISON:
        return memory_fault(walk, true, IOMMU_RULE_PTE_POISON);
    default:
        return memory_fault(walk, false, IOMMU_RULE_PTE_UPDATE_ACCESS);
    }
}

/** Is the address one that the scheme translates at all? */
static enum iommu_rule address_check(const struct stage *stage)
{
    const struct scheme *scheme = stage->table->scheme;
    uint64_t upper;

    if (stage->is_second && stage->table->sxl && stage->address >> 34 != 0)
        return IOMMU_RULE_SXL_GPA_WIDE;
    if (stage->is_second)
        return stage->address >> scheme->address_bits != 0 ? IOMMU_RULE_GPA_WIDE : IOMMU_RULE_NONE;
    /* With SXL also in a table of more bits, which another device left in a cache. */
    if (stage->table->sxl || scheme->entry_log2 == 2)
        return stage->address >> 32 != 0 ? IOMMU_RULE_SXL_IOVA_WIDE : IOMMU_RULE_NONE;
    upper = (uint64_t)((int64_t)stage->address >> (scheme->address_bits - 1));
    return upper != 0 && upper != ~0ull ? IOMMU_RULE_IOVA_NOT_CANONICAL : IOMMU_RULE_NONE;
}

/** The address of the PTE for this level in the page at `page`. */
static uint64_t pte_address(const struct stage *stage, uint64_t page, unsigned level)
{
    const struct scheme *scheme = stage->table->scheme;

    return page + (level_index(scheme, stage->address, level) << scheme->entry_log2);
}

/** Judge a PTE that was read: steps 3 to 9. *done: it is the leaf, and it serves. */
static bool pte_judge(struct walk *walk, const struct stage *stage, struct entry *pte, uint64_t gpa,
                      bool *done, bool *retry)
{
    uint64_t value = pte->value[0];
    enum iommu_rule rule = pte_legal(walk->iommu, stage->table->scheme, value, pte->level);
    bool leaf = !is_pointer(value);

    *done = *retry = false;
    if (rule == IOMMU_RULE_NONE && leaf) {
        rule = leaf_grants(stage, value);
        if (rule == IOMMU_RULE_NONE && with_ad_bits(stage, value) != value &&
            !stage->table->update_ad)
            rule = IOMMU_RULE_PTE_ACCESSED;
    }
    entry_step(walk, pte, rule, leaf);
    if (rule != IOMMU_RULE_NONE)
        return stage_fault(walk, stage, rule);
    if (!leaf)
        return true;
    *done = true;
    if (with_ad_bits(stage, value) != value)
        return pte_set_ad(walk, stage, pte, gpa, retry);
    return true;
}

static bool stage_walk(struct walk *walk, const struct stage *stage, struct leaf *leaf)
{
    const struct scheme *scheme = stage->table->scheme;
    enum iommu_rule rule = address_check(stage);
    uint64_t page = stage->table->root;
    unsigned level = scheme->levels - 1u;

    leaf->global = false;
    if (rule != IOMMU_RULE_NONE) {
        rule_step(walk, stage->is_second ? IOMMU_SECOND_STAGE : IOMMU_FIRST_STAGE, rule,
                  stage->address, stage->implicit);
        return stage_fault(walk, stage, rule);
    }
    for (;;) {
        bool done, retry;
        uint64_t gpa = pte_address(stage, page, level);
        struct entry pte = {
            .kind = stage->is_second ? IOMMU_STEP_PTE2 : IOMMU_STEP_PTE1,
            .structure = stage->is_second ? IOMMU_SECOND_STAGE : IOMMU_FIRST_STAGE,
            .address = gpa,
            .input = stage->address,
            .level = (uint8_t)level,
            .size = (uint8_t)(1u << scheme->entry_log2),
            .big_endian = stage->table->big_endian,
            .implicit = stage->implicit,
            .root = level + 1u == scheme->levels,
            .space = walk->space,
        };

        if (!pte_read(walk, stage, &pte) || !pte_judge(walk, stage, &pte, gpa, &done, &retry))
            return false;
        if (retry)
            continue;
        if ((pte.value[0] & IOMMU_PTE_G_MASK) != 0)
            leaf->global = true;
        if (done) {
            leaf_result(stage, pte.value[0], level, leaf);
            return true;
        }
        page = pte_ppn(scheme, pte.value[0]) << PAGE_LOG2;
        level--;
    }
}

/** A stage in Bare mode: everything is granted, nothing moves. */
static void bare_leaf(uint64_t address, struct leaf *leaf)
{
    *leaf = (struct leaf){
        .address = address,
        .page_log2 = BARE_PAGE_LOG2,
        .permissions = IOMMU_PERM_R | IOMMU_PERM_W | IOMMU_PERM_X,
        .user = true,
    };
}

bool first_stage(struct walk *walk, const struct table *first, const struct table *second,
                 uint64_t iova, struct leaf *leaf)
{
    struct table root = *first;
    struct stage stage = {
        .table = &root,
        .second = second,
        .address = iova,
        .read = walk->access == IOMMU_READ || walk->lenient,
        .write = walk->access == IOMMU_WRITE,
        .execute = walk->access == IOMMU_EXECUTE || (walk->lenient && walk->request->execute),
        .lenient = walk->lenient,
        .check_privilege = walk->privileged,
        .sum = walk->sum,
    };

    if (first->scheme->levels == 0) {
        bare_leaf(iova, leaf);
        return true;
    }
    explore_root(walk, ROOT_FIRST, &root);
    walk->first_levels = root.scheme->levels;
    if (!stage_walk(walk, &stage, leaf)) {
        explore_first_stage_done(walk, NULL);
        return false;
    }
    explore_first_stage_done(walk, leaf);
    return true;
}

bool second_stage(struct walk *walk, const struct table *second, const struct leaf *first,
                  struct leaf *leaf)
{
    struct table root = *second;
    struct stage stage = {
        .table = &root,
        .address = first->address,
        .is_second = true,
        .read = walk->access == IOMMU_READ || walk->lenient,
        /* ATS: what the first stage does not let be written needs no D bit here. */
        .write = walk->access == IOMMU_WRITE && (first->permissions & IOMMU_PERM_W) != 0,
        .execute = walk->access == IOMMU_EXECUTE || (walk->lenient && walk->request->execute),
        .lenient = walk->lenient,
    };

    if (second->scheme->levels == 0) {
        bare_leaf(first->address, leaf);
        return true;
    }
    explore_root(walk, ROOT_SECOND, &root);
    return stage_walk(walk, &stage, leaf);
}

bool second_stage_implicit(struct walk *walk, const struct table *second, uint64_t gpa, bool write,
                           uint64_t *spa)
{
    struct table root = *second;
    struct leaf leaf;
    struct stage stage = {
        .table = &root,
        .address = gpa,
        .is_second = true,
        .implicit = true,
        .read = !write,
        .write = write,
    };
    bool found;

    explore_begin_implicit(walk);
    explore_root(walk, ROOT_SECOND, &root);
    found = stage_walk(walk, &stage, &leaf);
    explore_implicit_done(walk, found, write);
    if (!found)
        return false;
    *spa = leaf.address;
    return true;
}
