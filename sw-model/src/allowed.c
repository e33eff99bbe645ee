/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of results that the specification allows while tables change: "Updating
 * in-memory data structure entries" and the notes on the IOTINVAL commands.
 *
 * Every implicit read may be answered by a cache with any valid value that the entry had
 * since the last invalidation that covers it. A question is answered by running the
 * ordinary translation once for every combination of choices: each read asks here which of
 * its possible values, which history.c kept, it gets.
 *
 * Times: a value that was replaced at time t was in memory before t; what was cached by an
 * invalidation's time is gone after it.
 */
#include <string.h>

#include "history.h"

#define CHOICES_MAX 64u /* choice points of one run */
#define RUNS_MAX 65536u /* combinations that are tried for one question */
#define CANDIDATES_MAX 64u

/** One value that an entry may be read as. */
struct candidate {
    uint8_t bytes[64];
    uint64_t killed;   /**< implicit second stage: unusable after this time */
    bool needs_global; /**< spared by commands with PSCV as part of a global mapping only */
};

/** A question on its way: which choice comes at which point. */
struct explorer {
    uint64_t since;
    struct iommu_outcome *outcome;
    unsigned script[CHOICES_MAX], options[CHOICES_MAX];
    unsigned length, position;
    uint64_t deadline[ROOT_KINDS]; /**< the next entry of this walk was cached before this */
    uint64_t implicit_deadline;    /**< so was what is read through the second stage */
    bool implicit;                 /**< a second-stage walk serves a table entry now */
    bool through_dead_entry;       /**< the last first-stage PTE is reached by a cache only */
    bool needs_global;             /**< what was chosen is in caches for global mappings only */
    bool global;                   /**< a PTE on the way to this one has G */
    bool impossible;               /**< these choices contradict each other */
    bool incomplete;               /**< there were more choices than there is room for */
};

/* --- choosing ------------------------------------------------------------------------ */

/** Which of `options` this run takes at the next choice point. */
static unsigned choose(struct explorer *explorer, unsigned options)
{
    unsigned at = explorer->position;

    /* What follows a contradiction needs no trying out. */
    if (options <= 1 || explorer->impossible)
        return 0;
    if (at == CHOICES_MAX) {
        explorer->incomplete = true;
        return 0;
    }
    if (at == explorer->length) {
        explorer->script[at] = 0;
        explorer->length++;
    }
    explorer->options[at] = options;
    explorer->position++;
    return explorer->script[at];
}

/** Go to the next combination. @return false if that was the last one */
static bool next_run(struct explorer *explorer)
{
    while (explorer->length > 0) {
        unsigned last = explorer->length - 1;

        if (++explorer->script[last] < explorer->options[last])
            return true;
        explorer->length--;
    }
    return false;
}

/* --- which invalidation covers which entry ------------------------------------------- */

/** An entry's value, as far as coverage depends on it. */
struct coverage {
    const struct walk *walk;
    const struct entry *entry;
    bool leaf;
    bool global;
};

static bool directory_covered(const struct coverage *use, const struct invalidate *command)
{
    enum iommu_step_kind kind = use->entry->kind;
    bool this_device = command->device_id == use->walk->request->device_id;

    if (command->opcode != IOMMU_OPCODE_IODIR)
        return false;
    if (command->func3 == IOMMU_FUNC3_IODIR_INVAL_PDT)
        return kind == IOMMU_STEP_PC && this_device && command->process_id == use->walk->process_id;
    return !command->dv || (this_device && kind != IOMMU_STEP_DDTE);
}

/** Does the range of the command meet what the PTE maps, at its level? */
static bool pte_in_range(const struct coverage *use, const struct invalidate *command)
{
    unsigned index_bits = use->entry->size == 4 ? 10 : 9;
    uint64_t page = use->entry->input >> PAGE_LOG2;
    uint64_t within = (1ull << index_bits * use->entry->level) - 1;

    if (!command->av)
        return true;
    if (!use->leaf && !command->nl)
        return false;
    return (page & ~within) <= command->last && (page | within) >= command->first;
}

static bool table_covered(const struct coverage *use, const struct invalidate *command)
{
    const struct address_space *space = &use->entry->space;
    bool vma = use->entry->structure == IOMMU_FIRST_STAGE;

    if (command->opcode != IOMMU_OPCODE_IOTINVAL ||
        (command->func3 == IOMMU_FUNC3_IOTINVAL_VMA) != vma)
        return false;
    if (vma ? command->gv != space->gv : false)
        return false;
    if (command->gv && command->gscid != space->gscid)
        return false;
    if (vma && command->pscv && (use->global || command->pscid != space->pscid))
        return false;
    return pte_in_range(use, command);
}

static bool covered(const struct coverage *use, const struct invalidate *command)
{
    if (use->entry->structure == IOMMU_DDT || use->entry->structure == IOMMU_PDT)
        return directory_covered(use, command);
    return table_covered(use, command);
}

/** The first covering invalidation at or after `from`, as far as it binds; or NEVER. */
static uint64_t killed_at(const struct coverage *use, uint64_t from)
{
    const struct history *history = use->walk->iommu->history;
    uint64_t killed = NEVER;

    for (uint32_t i = history->invalidation_count; i-- > 0;) {
        const struct past_invalidation *past = &history->invalidations[i];

        if (past->time < from)
            break;
        if (past->time <= use->walk->explorer->since && covered(use, &past->command))
            killed = past->time;
    }
    return killed;
}

/** The last invalidation, as far as it binds, that covers the context which points here. */
static uint64_t context_forgotten(const struct walk *walk)
{
    const struct history *history = walk->iommu->history;
    struct entry context = {
        .kind = walk->have_pc ? IOMMU_STEP_PC : IOMMU_STEP_DC,
        .structure = walk->have_pc ? IOMMU_PDT : IOMMU_DDT,
    };
    struct coverage use = {.walk = walk, .entry = &context};

    for (uint32_t i = history != NULL ? history->invalidation_count : 0; i-- > 0;) {
        const struct past_invalidation *past = &history->invalidations[i];

        if (past->time <= walk->explorer->since && covered(&use, &past->command))
            return past->time;
    }
    return 0;
}

/* --- old roots ------------------------------------------------------------------------ */

/** Does the command empty all caches of what is read through the root, whatever it is? */
static bool empties_root(const struct past_root *root, const struct invalidate *command)
{
    bool pages = command->opcode == IOMMU_OPCODE_IOTINVAL;
    bool vma = command->func3 == IOMMU_FUNC3_IOTINVAL_VMA;
    bool this_machine = !command->gv || command->gscid == root->space.gscid;

    switch (root->kind) {
    case ROOT_DDT:
        return !pages && command->func3 == IOMMU_FUNC3_IODIR_INVAL_DDT && !command->dv;
    case ROOT_FIRST:
        return pages && vma && !command->av && !command->pscv && command->gv == root->space.gv &&
               this_machine;
    default:
        return pages && !vma && !command->av && this_machine;
    }
}

/** The first invalidation since its last use that did so, as far as it binds; or NEVER. */
static uint64_t root_emptied(const struct walk *walk, const struct past_root *root)
{
    const struct history *history = walk->iommu->history;
    uint64_t emptied = NEVER;

    for (uint32_t i = history->invalidation_count; i-- > 0;) {
        const struct past_invalidation *past = &history->invalidations[i];

        if (past->time <= root->last_used)
            break;
        if (past->time <= walk->explorer->since && empties_root(root, &past->command))
            emptied = past->time;
    }
    return emptied;
}

/**
 * Can nothing that was read through this root matter any more? Table entries that were read
 * through a second stage outlive it in caches: "IOTINVAL.GVMA need not invalidate" what
 * maps guest virtual to guest physical addresses.
 */
static bool root_is_dead(const struct walk *walk, const struct past_root *root)
{
    uint64_t emptied = root_emptied(walk, root);
    struct past_root behind = {.kind = ROOT_FIRST, .space = walk->space, .last_used = emptied};

    if (emptied == NEVER)
        return false;
    if (!walk->explorer->implicit)
        return true;
    return context_forgotten(walk) > emptied &&
           (walk->for_pdt || root_emptied(walk, &behind) != NEVER);
}

void explore_root(struct walk *walk, enum root_kind kind, struct table *table)
{
    struct history *history = walk->iommu->history;
    struct explorer *explorer = walk->explorer;
    const struct past_root *chosen[CANDIDATES_MAX];
    unsigned count = 1, choice;

    if (history == NULL)
        return;
    if (explorer == NULL) {
        history_root(walk, kind, table);
        return;
    }
    for (uint32_t i = 0; i < history->root_count; i++) {
        const struct past_root *root = &history->roots[i];
        bool same = same_process(kind, &root->space, &walk->space);

        if (root->kind != kind || !same_machine(kind, &root->space, &walk->space) ||
            (same && same_table(&root->table, table)) || root_is_dead(walk, root))
            continue;
        if (count == CANDIDATES_MAX) {
            explorer->incomplete = true;
            break;
        }
        chosen[count++] = root;
    }
    choice = choose(explorer, count);
    explorer->deadline[kind] = NEVER;
    if (kind == ROOT_FIRST)
        explorer->needs_global = false;
    if (choice == 0)
        return;
    table->scheme = chosen[choice]->table.scheme;
    table->root = chosen[choice]->table.root;
    table->big_endian = chosen[choice]->table.big_endian;
    explorer->deadline[kind] = chosen[choice]->last_used + 1;
    if (kind == ROOT_FIRST)
        explorer->needs_global = !same_process(kind, &chosen[choice]->space, &walk->space);
}

void explore_first_stage_done(struct walk *walk, const struct leaf *leaf)
{
    if (walk->explorer != NULL && walk->explorer->needs_global &&
        !(leaf != NULL ? leaf->global : walk->explorer->global))
        walk->explorer->impossible = true;
}

void explore_begin_implicit(struct walk *walk)
{
    if (walk->explorer == NULL)
        return;
    walk->explorer->implicit = true;
    walk->explorer->implicit_deadline = NEVER;
}

void explore_implicit_done(struct walk *walk, bool found, bool write)
{
    struct explorer *explorer = walk->explorer;

    if (explorer == NULL)
        return;
    explorer->implicit = false;
    /* Through dead entries nothing is read or written now: they only led to what was cached. */
    if (explorer->implicit_deadline != NEVER && (!found || write))
        explorer->impossible = true;
}

void explore_end_implicit(struct walk *walk)
{
    if (walk->explorer != NULL)
        walk->explorer->implicit_deadline = NEVER;
}

/* --- old values of an entry ---------------------------------------------------------- */

static uint64_t first_word(const struct entry *entry, const uint8_t *bytes)
{
    return load_word(bytes, entry->size < 8 ? entry->size : 8, entry->big_endian);
}

static bool is_page_table(const struct entry *entry)
{
    return entry->structure == IOMMU_FIRST_STAGE || entry->structure == IOMMU_SECOND_STAGE;
}

/** The explorer's deadline for the walk that the entry belongs to, if that has one. */
static uint64_t *deadline_of(struct explorer *explorer, const struct entry *entry)
{
    switch (entry->structure) {
    case IOMMU_FIRST_STAGE:
        return &explorer->deadline[ROOT_FIRST];
    case IOMMU_SECOND_STAGE:
        return &explorer->deadline[ROOT_SECOND];
    case IOMMU_MSI_PT:
        return &explorer->deadline[ROOT_MSI];
    case IOMMU_DDT:
        return &explorer->deadline[ROOT_DDT];
    default:
        return NULL;
    }
}

/** The candidates for one entry as they are collected. */
struct collection {
    struct walk *walk;
    const struct entry *entry;
    struct candidate *candidate;
    unsigned count;
};

/**
 * Add a value that was in memory from `from` until `until` (NEVER: it still is), if it may
 * be in a cache now, or may be read now.
 */
static void consider(struct collection *all, const uint8_t *bytes, uint64_t from, uint64_t until)
{
    struct explorer *explorer = all->walk->explorer;
    const struct entry *entry = all->entry;
    bool second = entry->structure == IOMMU_SECOND_STAGE;
    bool first = entry->structure == IOMMU_FIRST_STAGE;
    uint64_t value = first_word(entry, bytes);
    struct coverage use = {
        .walk = all->walk,
        .entry = entry,
        .leaf = entry->structure == IOMMU_MSI_PT ||
                (value & (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)) != 0,
        .global = explorer->global || (value & IOMMU_PTE_G_MASK) != 0,
    };
    uint64_t *root_deadline = deadline_of(explorer, entry);
    uint64_t deadline = root_deadline != NULL ? *root_deadline : NEVER, cached_until, killed;
    bool needs_global = false;

    if (!second && explorer->implicit_deadline < deadline)
        deadline = explorer->implicit_deadline;
    cached_until = until < deadline ? until : deadline;

    if (cached_until <= from)
        return; /* it came too late to be cached on this way */
    if (cached_until != NEVER && (value & IOMMU_PTE_V_MASK) == 0)
        return; /* "does not allow the caching of" entries with V clear */
    killed = cached_until == NEVER ? NEVER : killed_at(&use, cached_until);
    if (first && killed != NEVER && !use.global) {
        /* Commands with PSCV spare what belongs to a global mapping, pointers included. */
        use.global = needs_global = true;
        killed = killed_at(&use, cached_until);
    }
    /* What was read through a dead second-stage entry may itself live on in a cache. */
    if (killed != NEVER && !(second && entry->implicit))
        return;
    for (unsigned i = 0; i < all->count; i++) {
        if (memcmp(all->candidate[i].bytes, bytes, entry->size) == 0 &&
            all->candidate[i].killed >= killed && (needs_global || !all->candidate[i].needs_global))
            return;
    }
    if (all->count == CANDIDATES_MAX) {
        explorer->incomplete = true;
        return;
    }
    memcpy(all->candidate[all->count].bytes, bytes, entry->size);
    all->candidate[all->count].needs_global = needs_global;
    all->candidate[all->count++].killed = killed;
}

/** All values that the range had, the present one first. */
static void consider_all(struct collection *all, uint64_t address, const uint8_t *now,
                         bool napot_only)
{
    const struct history *history = all->walk->iommu->history;
    uint64_t size = all->entry->size, until = NEVER;
    uint8_t bytes[64];

    memcpy(bytes, now, size);
    for (;;) {
        uint64_t from = history != NULL ? replaced_before(history, address, size, until) : 0;
        bool napot = (first_word(all->entry, bytes) & IOMMU_PTE_N_MASK) != 0;

        if (!napot_only || napot)
            consider(all, bytes, from, until);
        if (from == 0)
            break;
        until = from;
        memcpy(bytes, now, size);
        snapshot(history, address, size, until, bytes);
    }
}

/** "Svnapot": the PTE may be a copy of another one in its 64-KiB region. */
static void consider_napot_neighbours(struct collection *all)
{
    const struct entry *entry = all->entry;
    uint64_t group = entry->address & ~0x7full;

    if (entry->size != 8 || entry->level != 0 || !is_page_table(entry))
        return;
    for (uint64_t address = group; address < group + 0x80; address += 8) {
        struct iommu_access access = {.address = address, .size = 8, .structure = entry->structure};
        uint8_t bytes[8];

        if (address != entry->address && mem_read(all->walk->iommu, &access, bytes) == IOMMU_MEM_OK)
            consider_all(all, address, bytes, true);
    }
}

/** This run has already set A/D bits there: reads see them. */
static void apply_updates(const struct explorer *explorer, const struct entry *entry,
                          uint8_t *bytes)
{
    for (unsigned i = 0; i < explorer->outcome->updates; i++) {
        const struct iommu_update *update = &explorer->outcome->update[i];

        if (update->address == entry->address && update->size == entry->size)
            store_word(bytes, update->size, entry->big_endian, update->value);
    }
}

enum iommu_mem_status explore_read(struct walk *walk, const struct entry *entry,
                                   enum iommu_mem_status status, uint8_t *bytes)
{
    struct explorer *explorer = walk->explorer;
    bool first = entry->structure == IOMMU_FIRST_STAGE;
    struct candidate candidate[CANDIDATES_MAX];
    struct collection all = {.walk = walk, .entry = entry, .candidate = candidate};
    uint64_t *deadline;
    unsigned choice;

    if (explorer->impossible)
        return status;
    /* "may cache these fields after translating them to a supervisor physical address": a
     * context's pointer outlives the second-stage entries that it was translated with. */
    if (entry->root && explorer->implicit_deadline != NEVER &&
        explorer->implicit_deadline > context_forgotten(walk))
        explorer->implicit_deadline = NEVER;
    if (status != IOMMU_MEM_OK)
        return status;
    if (first && entry->level + 1u == walk->first_levels)
        explorer->global = false;
    apply_updates(explorer, entry, bytes);
    consider_all(&all, entry->address, bytes, false);
    consider_napot_neighbours(&all);
    if (all.count == 0) {
        explorer->impossible = true;
        return status;
    }
    choice = choose(explorer, all.count);
    if (first)
        explorer->through_dead_entry = explorer->implicit_deadline != NEVER;
    if (entry->implicit && candidate[choice].killed < explorer->implicit_deadline)
        explorer->implicit_deadline = candidate[choice].killed;
    if (candidate[choice].needs_global)
        explorer->needs_global = true;
    memcpy(bytes, candidate[choice].bytes, entry->size);
    if (first && (first_word(entry, bytes) & (IOMMU_PTE_V_MASK | IOMMU_PTE_G_MASK)) ==
                     (IOMMU_PTE_V_MASK | IOMMU_PTE_G_MASK))
        explorer->global = true;
    /* A pointer in a cache leads to what is in memory now, but for another process only as a
     * global one. */
    deadline = deadline_of(explorer, entry);
    if (deadline != NULL && candidate[choice].killed == NEVER &&
        !(first && explorer->needs_global && !explorer->global))
        *deadline = NEVER;
    return IOMMU_MEM_OK;
}

enum update_result explore_update(struct walk *walk, const struct entry *entry, uint64_t value)
{
    struct explorer *explorer = walk->explorer;
    struct iommu_outcome *outcome = explorer->outcome;
    struct iommu_access access = {
        .address = entry->address, .size = entry->size, .structure = entry->structure};
    uint8_t bytes[8];
    enum iommu_mem_status status = mem_read(walk->iommu, &access, bytes);

    if (status != IOMMU_MEM_OK)
        return status == IOMMU_MEM_POISON ? UPDATE_POISON : UPDATE_FAULT;
    /* "The address-translation cache cannot be used in step 9": memory must agree. */
    apply_updates(explorer, entry, bytes);
    if (first_word(entry, bytes) != entry->value[0] ||
        (entry->structure == IOMMU_FIRST_STAGE && explorer->through_dead_entry) ||
        outcome->updates == IOMMU_OUTCOME_UPDATES)
        explorer->impossible = true;
    else
        outcome->update[outcome->updates++] =
            (struct iommu_update){entry->address, value, entry->size};
    return UPDATE_DONE;
}

/* --- the question -------------------------------------------------------------------- */

static bool same_response(const struct iommu_response *a, const struct iommu_response *b)
{
    return a->address == b->address && a->iotval2 == b->iotval2 &&
           a->notice_address == b->notice_address && a->cause == b->cause && a->rcid == b->rcid &&
           a->mcid == b->mcid && a->nid == b->nid && a->status == b->status &&
           a->page_log2 == b->page_log2 && a->permissions == b->permissions && a->pbmt == b->pbmt &&
           a->target == b->target && a->ats == b->ats && a->fault_reported == b->fault_reported;
}

static bool same_outcome(const struct iommu_outcome *a, const struct iommu_outcome *b)
{
    if (!same_response(&a->response, &b->response) || a->updates != b->updates)
        return false;
    for (unsigned i = 0; i < a->updates; i++) {
        if (a->update[i].address != b->update[i].address ||
            a->update[i].value != b->update[i].value)
            return false;
    }
    return true;
}

/** One translation with the explorer's present choices. @return false if impossible */
static bool run(struct iommu *iommu, const struct iommu_request *request, struct explorer *explorer)
{
    struct walk walk;

    memset(explorer->outcome, 0, sizeof(*explorer->outcome));
    explorer->position = 0;
    explorer->impossible = explorer->needs_global = explorer->global = false;
    explorer->implicit = explorer->through_dead_entry = false;
    explorer->implicit_deadline = NEVER;
    for (unsigned i = 0; i < ROOT_KINDS; i++)
        explorer->deadline[i] = NEVER;
    memset(&walk, 0, sizeof(walk));
    walk.iommu = iommu;
    walk.request = request;
    walk.explorer = explorer;
    explorer->outcome->response = translate(&walk);
    return !explorer->impossible;
}

size_t iommu_allowed(struct iommu *iommu, const struct iommu_request *request, uint64_t since,
                     struct iommu_outcome *outcome, size_t max)
{
    struct explorer explorer = {.since = since};
    struct iommu_outcome found;
    size_t count = 0, seen = 0;
    unsigned runs = 0;

    if (iommu->history != NULL && iommu->history->hole)
        return SIZE_MAX;
    explorer.outcome = &found;
    do {
        bool new = run(iommu, request, &explorer);

        found.current = runs == 0;
        for (size_t i = 0; i < seen && new; i++)
            new = !same_outcome(&outcome[i], &found);
        if (new && seen < max)
            outcome[seen++] = found;
        if (new)
            count++;
        if (runs == RUNS_MAX || explorer.incomplete)
            return SIZE_MAX;
        runs++;
    } while (next_run(&explorer));
    return count;
}
