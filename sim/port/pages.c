/* SPDX-License-Identifier: Apache-2.0 */
/* The translation side: tables that change, answers in any order, and the check of what leaves. */
#include <inttypes.h>
#include <string.h>

#include "bench.h"

enum target { TARGET_MEMORY, TARGET_MSI, TARGET_MRIF };
#define PERM_R 1
#define PERM_W 2
#define PERM_X 4
#define VERSIONS 65536
#define ASKS 256

struct ask {
    struct request *request;
    uint8_t slot;
    uint64_t when;
};

static struct {
    struct version versions[VERSIONS]; /* by number; 0 is none */
    uint32_t count;
    uint32_t current[VARIANTS][REGIONS], committed[VARIANTS][REGIONS];
    struct ask asks[ASKS];
    unsigned ask_count;
    struct request *mrif; /* that the MRIF's unit works on */
    uint64_t mrif_when;
    int answering; /* place in asks of what is answered in this cycle, or -1 */
    bool fault;
    uint32_t answer; /* version */
    bool xlate_before[DIRECTIONS];
    uint64_t iova_before[DIRECTIONS];
} pages;

static const struct {
    uint64_t start; /* page */
    uint32_t pages; /* power of two */
    uint8_t log2;
} regions[REGIONS] = {
    {0x80000, 1, 12},          {0x90010, 1, 12},
    {0x40200, 512, 21},        {0x40000, 1, 12},
    {0x1000000, 1u << 18, 30}, {0xfffffffffffff, 1, 12},
    {0x90000, 16, 16},         {(1ull << 45) | 0x80000, 1, 12},
};

static const struct {
    uint32_t device, process;
    bool valid, privileged, translated;
} variants[VARIANTS] = {
    {0x000101, 0, false, false, false},      {0x000101, 5, true, false, false},
    {0x000101, 5, true, true, false},        {0x000101, 0, false, false, true},
    {0x800101, 0, false, false, false},      {0x000101, 0, true, false, false},
    {0x000101, 0x80005, true, false, false}, {0x000102, 5, true, false, true},
};

void pages_identity(unsigned variant, uint32_t *device, bool *process_valid, uint32_t *process,
                    bool *privileged, bool *translated)
{
    *device = variants[variant].device;
    *process_valid = variants[variant].valid;
    *process = variants[variant].process;
    *privileged = variants[variant].privileged;
    *translated = variants[variant].translated;
}

uint64_t pages_identity_bits(unsigned variant)
{
    return (uint64_t)variants[variant].device << 22 | (uint64_t)variants[variant].valid << 21 |
           (uint64_t)variants[variant].process << 1 | variants[variant].privileged;
}

uint64_t pages_address(unsigned region, unsigned which)
{
    uint32_t page = which == 0 ? 0 : which == 1 ? regions[region].pages - 1 : below(1u << 18);

    return (regions[region].start + (page & (regions[region].pages - 1))) << 12;
}

static void new_version(unsigned variant, unsigned region, unsigned target, unsigned perms)
{
    struct version *version;

    if (pages.count + 1 == VERSIONS)
        return;
    version = &pages.versions[++pages.count];
    version->variant = variant;
    version->region = region;
    version->base = (uint64_t)pages.count << 20;
    version->perms = (uint8_t)perms;
    version->pbmt = bench.config.pbmt ? (uint8_t)below(3) : 0; /* the walker gives no other */
    version->log2 = regions[region].log2;
    version->target = (uint8_t)target;
    version->qos = (uint32_t)random64() & 0xffffff;
    version->dtf = one_in(2);
    pages.current[variant][region] = pages.count;
}

static void random_version(unsigned variant, unsigned region)
{
    static const uint8_t perms[] = {PERM_R | PERM_W, PERM_R | PERM_W | PERM_X, PERM_R, PERM_X, 0};
    unsigned choice = setup.only_good_pages ? 1 : one_in(3) ? below(5) : below(2);
    unsigned target = regions[region].log2 == 12 && one_in(4) ? TARGET_MSI : TARGET_MEMORY;

    if (bench.config.mrif && regions[region].log2 == 12 && one_in(setup.mrif_rate))
        target = TARGET_MRIF;
    new_version(variant, region, target, perms[choice]);
}

void pages_reset(void)
{
    memset(&pages, 0, sizeof(pages));
    pages.answering = -1;
    for (unsigned variant = 0; variant < VARIANTS; variant++)
        for (unsigned region = 0; region < REGIONS; region++)
            random_version(variant, region);
    pages_commit();
}

void pages_change(void)
{
    random_version(below(setup.variants), below(setup.regions));
}

void pages_set(unsigned variant, unsigned region, unsigned target, unsigned perms)
{
    new_version(variant, region, target, perms);
}

void pages_commit(void)
{
    memcpy(pages.committed, pages.current, sizeof(pages.committed));
}

uint32_t pages_floor(unsigned variant, unsigned region)
{
    return pages.committed[variant][region];
}

const struct version *pages_version(uint32_t number)
{
    return &pages.versions[number];
}

static bool granted(const struct version *version, const struct request *request)
{
    static const uint8_t needed[] = {PERM_R, PERM_W, PERM_X};

    return (version->perms & needed[request_access(request)]) != 0;
}

void pages_check(struct request *request, uint64_t address, uint32_t user)
{
    uint32_t number = (uint32_t)(address >> 32);
    const struct version *version = &pages.versions[number < VERSIONS ? number : 0];
    uint64_t page = (request->addr >> 12) - regions[request->region].start;
    uint32_t qos = bench.config.qos ? version->qos : 0;

    request->version = number;
    if (number == 0 || number > pages.count || version->variant != request->variant ||
        version->region != request->region) {
        fail("request %" PRIu64 ": address %" PRIx64 " is nothing that was answered for it",
             request->number, address);
        return;
    }
    if (address != ((version->base + page) << 12 | (request->addr & 0xfff)))
        fail("request %" PRIu64 ": address %" PRIx64 " is wrong", request->number, address);
    if (!version->given || version->target == TARGET_MRIF || !granted(version, request))
        fail("request %" PRIu64 " leaves without a grant", request->number);
    if (request->bad || request->verdict == VERDICT_FAULT || request->verdict == VERDICT_MRIF)
        fail("request %" PRIu64 " leaves, but was refused", request->number);
    if (number < request->floor)
        fail("request %" PRIu64
             " leaves with stale translation %u, older than %u (accepted in %" PRIu64
             ", asked %u times)",
             request->number, number, request->floor, request->accepted_at, request->asks);
    if (user != ((uint32_t)version->pbmt << 24 | qos))
        fail("request %" PRIu64 ": AxUSER %x", request->number, user);
}

/* --- requests for translations ----------------------------------------------------------- */

static void take_ask(enum direction direction, unsigned flags, unsigned slot, uint64_t identity,
                     uint64_t iova)
{
    struct request *request =
        find_request(direction, iova, identity, (flags >> 3 & 7) == 1, flags >> 1 & 3);
    struct ask *ask = &pages.asks[pages.ask_count];

    if (request == NULL) {
        fail("translation asked for %" PRIx64 ", which nobody wants", iova);
        return;
    }
    if ((flags >> 6) != (1u << 1 | direction) || (flags & 1) != 0 || (flags >> 3 & 7) > 1)
        fail("flags of the question for %" PRIx64 ": %x", iova, flags);
    if (request->asking || request->verdict != VERDICT_NONE || request->bad)
        fail("request %" PRIu64 " asks again, or should not", request->number);
    if (slot >= bench.config.pending)
        fail("slot %u", slot);
    for (unsigned i = 0; i < pages.ask_count; i++)
        if (pages.asks[i].slot == slot && pages.asks[i].request->direction == direction)
            fail("slot %u is in use", slot);
    request->asking = true;
    request->mrif_maybe = false;
    request->asks++;
    *ask = (struct ask){.request = request,
                        .slot = (uint8_t)slot,
                        .when = bench.cycle + setup.xlate_latency + below(setup.xlate_more)};
    pages.ask_count++;
}

static void answer_drive(void)
{
    unsigned first = setup.xlate_in_order || pages.ask_count == 0 ? 0 : below(pages.ask_count);
    const struct request *request;
    const struct version *version;

    pages.answering = -1;
    bench.in.rsp_valid = 0;
    for (unsigned i = 0; i < pages.ask_count; i++) {
        unsigned place = (first + i) % pages.ask_count;

        if (bench.cycle >= pages.asks[place].when) {
            pages.answering = (int)place;
            break;
        }
        if (setup.xlate_in_order)
            break;
    }
    if (pages.answering < 0 || !goes(RSP)) {
        pages.answering = -1;
        bench.in.rsp_write = (uint8_t)below(2);
        bench.in.rsp_slot = (uint8_t)below(bench.config.pending);
        return;
    }
    request = pages.asks[pages.answering].request;
    pages.answer = pages.current[request->variant][request->region];
    version = &pages.versions[pages.answer];
    pages.fault = !granted(version, request) || one_in(setup.fault_rate);
    bench.in.rsp_valid = 1;
    bench.in.rsp_write = request->direction == WRITES;
    bench.in.rsp_slot = pages.asks[pages.answering].slot;
    bench.in.rsp_fault = pages.fault;
    bench.in.rsp_target = version->target;
    bench.in.rsp_ppn = version->base + ((request->addr >> 12) - regions[request->region].start);
    if (pages.fault || version->target == TARGET_MRIF)
        bench.in.rsp_ppn = random64();
    bench.in.rsp_perms = version->perms;
    bench.in.rsp_pbmt = version->pbmt;
    bench.in.rsp_log2 = version->log2;
    bench.in.rsp_qos = version->qos;
    bench.in.rsp_dtf = version->dtf;
    bench.in.rsp_mrif = pages.answer;
}

static void answer_observe(void)
{
    struct ask *ask;
    struct request *request;

    if (pages.answering < 0)
        return;
    ask = &pages.asks[pages.answering];
    request = ask->request;
    request->asking = false;
    request->version = pages.answer;
    request->verdict = pages.fault                                          ? VERDICT_FAULT
                       : pages.versions[pages.answer].target == TARGET_MRIF ? VERDICT_MRIF
                                                                            : VERDICT_GRANTED;
    if (!pages.fault)
        pages.versions[pages.answer].given = true;
    memmove(ask, ask + 1, (--pages.ask_count - (unsigned)pages.answering) * sizeof(*ask));
}

void pages_forget_answers(enum direction direction)
{
    for (uint64_t i = queues[direction].head; i < queues[direction].offered; i++) {
        struct request *request = request_at(direction, i);

        if (!request->accepted || request->left || request->done || request->mrif_asked ||
            request->accepted_at == bench.cycle)
            continue;
        request->floor = pages_floor(request->variant, request->region);
        if (request->verdict == VERDICT_GRANTED || request->verdict == VERDICT_MRIF) {
            request->mrif_maybe = request->verdict == VERDICT_MRIF;
            request->verdict = VERDICT_NONE;
            bench.seen[SEEN_PUT_BACK]++;
        }
    }
}

/* --- MRIFs --------------------------------------------------------------------------------- */

static void mrif_take(void)
{
    const struct pins_out *out = &bench.out;
    bool write = (out->mrif_flags >> 5 & 1) != 0;
    struct request *request =
        find_request(write ? WRITES : READS, out->mrif_iova, out->mrif_identity,
                     (out->mrif_flags >> 3 & 1) != 0, out->mrif_flags >> 1 & 3);
    const struct version *version;
    unsigned lane, shift;
    uint64_t strobes;
    bool word;

    if (pages.mrif != NULL)
        fail("two requests for MRIFs at once");
    if (request != NULL && request->mrif_maybe) {
        request->verdict = VERDICT_MRIF;
        request->marked[request->direction] = true;
    }
    if (request == NULL || request->verdict != VERDICT_MRIF || request->mrif_asked) {
        fail("MRIF access of %" PRIx64 ", which nobody wants", out->mrif_iova);
        return;
    }
    if (oldest_waiting(request->direction, request->id) != request)
        fail("MRIF access of request %" PRIu64 " out of order", request->number);
    version = &pages.versions[request->version];
    lane = (unsigned)(request->addr & (design_width() / 8 - 1)) / 4;
    shift = lane % 2 * 32;
    strobes = request_strobes(request, 0) >> (4 * lane) & 0xf;
    word = request->len == 0 && request->size == 2 && request->atop == 0 &&
           (request->flags >> 13 & 1) == 0 && request->addr % 4 == 0 && (!write || strobes == 0xf);
    if (out->mrif_mrif != request->version || (out->mrif_flags & 1) != version->dtf ||
        out->mrif_qos != version->qos || (out->mrif_flags >> 4 & 1) != word)
        fail("MRIF access of request %" PRIu64 ": its fields", request->number);
    if (request->version < request->floor && !request->mrif_maybe)
        fail("MRIF access of request %" PRIu64 " is stale", request->number);
    if (write) {
        uint64_t pattern = request_data(request, 0) ^ (0x010103070f1f3f7full * (lane / 2));

        if (out->mrif_data != (uint32_t)(pattern >> shift))
            fail("MRIF access of request %" PRIu64 ": its data", request->number);
        if (request->w_sent != request->len + 1u)
            fail("MRIF access of request %" PRIu64 " before its data came", request->number);
    }
    request->mrif_asked = true;
    pages.mrif = request;
    pages.mrif_when = bench.cycle + 1 + below(setup.memory_latency);
}

void pages_drive(void)
{
    answer_drive();
    bench.in.read_xlate_ready = goes(READ_XLATE) && pages.ask_count < ASKS - 2;
    bench.in.write_xlate_ready = goes(WRITE_XLATE) && pages.ask_count < ASKS - 2;
    bench.in.mrif_ready = pages.mrif == NULL && goes(MRIF);
    bench.in.mrif_rsp_valid = pages.mrif != NULL && bench.cycle >= pages.mrif_when;
    bench.in.mrif_ok = (uint8_t)below(2);
}

void pages_observe(void)
{
    const struct pins_out *out = &bench.out;

    answer_observe();
    if (bench.in.mrif_rsp_valid) {
        pages.mrif->mrif_done = true;
        pages.mrif->mrif_ok = bench.in.mrif_ok;
        pages.mrif = NULL;
    }
    if (out->mrif_valid && bench.in.mrif_ready)
        mrif_take();
    if (bench.in.hold && (out->read_xlate_valid || out->write_xlate_valid))
        fail("a translation is asked for under hold");
    if (out->read_xlate_valid && bench.in.read_xlate_ready)
        take_ask(READS, out->read_xlate_flags, out->read_xlate_slot, out->read_xlate_identity,
                 out->read_xlate_iova);
    if (out->write_xlate_valid && bench.in.write_xlate_ready)
        take_ask(WRITES, out->write_xlate_flags, out->write_xlate_slot, out->write_xlate_identity,
                 out->write_xlate_iova);
}

bool pages_idle(void)
{
    return pages.ask_count == 0 && pages.mrif == NULL;
}
