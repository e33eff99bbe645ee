/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lockstep in the lab. The guest changes its tables while the design walks them, so the model
 * does not look at the guest's memory: it is given each word as the design's port last read it.
 * The model has no caches; where the design has answered by an entry that was replaced since,
 * iommu_allowed() knows whether that is still legal. Stores of both are compared as sets each
 * time that all is quiet.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "both.h"
#include "bridge.h"

#define WORDS (1u << 20) /**< a power of two */
#define STORES 4096u
#define OUTCOMES 64u
#define MESSAGES 64u
#define COUNTERS_FIRST 0x58u /* iocountovf to iohpmevt: they count what caches do */
#define COUNTERS_END 0x160u

struct word {
    uint64_t address, value; /**< address 0: free */
};
struct store {
    uint64_t address, value;
    uint32_t size;
};
struct stores {
    struct store store[STORES];
    unsigned count;
};

struct messages {
    struct iommu_message message[MESSAGES];
    unsigned count;
};

static struct {
    struct bridge *bridge;
    struct iommu *model;
    struct word *words;
    unsigned used;
    struct stores design, expected;
    struct messages sent, expected_messages;
    uint8_t itag[32];               /**< the model's, for each of the design's */
    struct iommu_response response; /**< to the last burst */
    uint64_t compared;
    bool wrong;
    char text[512];
} both;

static void differ(const char *format, ...)
{
    va_list arguments;

    if (both.wrong)
        return;
    both.wrong = true;
    va_start(arguments, format);
    vsnprintf(both.text, sizeof(both.text), format, arguments);
    va_end(arguments);
}

/* --- memory as the design has read it ------------------------------------------------------- */

static struct word *find(uint64_t address)
{
    uint64_t hash = (address >> 3) * 0x9e3779b97f4a7c15ull >> 44;

    while (both.words[hash].address != 0 && both.words[hash].address != address)
        hash = (hash + 1) & (WORDS - 1);
    return &both.words[hash];
}

static void learn(uint64_t address, uint64_t value)
{
    struct word *word = find(address);

    if (word->address != 0 && word->value != value)
        iommu_note_store(both.model, address, 8); /* what it was may be in the design's caches */
    if (word->address == 0 && ++both.used > WORDS / 2)
        differ("more words were read than the lockstep can remember");
    word->address = address;
    word->value = value;
}

void both_saw_read(uint64_t address, uint64_t value)
{
    learn(address, value);
}

void both_saw_atomic(uint64_t address, uint64_t value)
{
    learn(address, value);
}

static enum iommu_mem_status model_read(void *context, const struct iommu_access *access,
                                        void *data)
{
    uint8_t *bytes = data;

    (void)context;
    for (uint64_t at = access->address & ~7ull; at < access->address + access->size; at += 8) {
        uint64_t value, from = at < access->address ? access->address - at : 0;
        uint64_t end = access->address + access->size - at;
        const struct word *word = find(at);
        if (word->address != 0)
            value = word->value;
        else if (!memory_read(&both.bridge->tables->memory, at, &value, 8))
            return IOMMU_MEM_ACCESS_FAULT;
        end = end < 8 ? end : 8;
        memcpy(bytes, (const uint8_t *)&value + from, end - from);
        bytes += end - from;
    }
    return IOMMU_MEM_OK;
}

/* --- stores --------------------------------------------------------------------------------- */

static void add_store(struct stores *stores, uint64_t address, const void *data, uint32_t size)
{
    const uint8_t *bytes = data;

    for (uint32_t done = 0; done < size; done += 8) {
        struct store store = {.address = address + done, .size = size < 8 ? size : 8};
        memcpy(&store.value, bytes + done, store.size);
        if (stores->count == STORES)
            differ("more stores than the lockstep can remember");
        else
            stores->store[stores->count++] = store;
    }
}

void both_saw_write(uint64_t address, const void *data, uint32_t size)
{
    add_store(&both.design, address, data, size);
}

/** The design has stored already: the model's go to the list only. */
static enum iommu_mem_status model_write(void *context, const struct iommu_access *access,
                                         const void *data)
{
    (void)context;
    if (!bridge_can_store(both.bridge, access->address, access->size))
        return IOMMU_MEM_ACCESS_FAULT;
    add_store(&both.expected, access->address, data, access->size);
    return IOMMU_MEM_OK;
}

static int by_address(const void *a, const void *b)
{
    const struct store *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* --- messages to devices --------------------------------------------------------------------- */

static void add_message(struct messages *messages, const struct iommu_message *message)
{
    if (messages->count == MESSAGES)
        differ("more messages than the lockstep can remember");
    else
        messages->message[messages->count++] = *message;
}

void both_saw_message(const struct iommu_message *message)
{
    add_message(&both.sent, message);
}

static void model_message(void *context, const struct iommu_message *message)
{
    (void)context;
    add_message(&both.expected_messages, message);
}

static bool same_message(const struct iommu_message *a, const struct iommu_message *b)
{
    return a->kind == b->kind && a->device_id == b->device_id &&
           a->segment_valid == b->segment_valid && a->pasid_valid == b->pasid_valid &&
           a->process_id == b->process_id && a->payload == b->payload;
}

/** Each tag stays the partner of just one, so that completions of free tags fit, too. */
static void pair_tags(unsigned design, uint8_t model)
{
    for (unsigned i = 0; i < 32; i++) {
        if (both.itag[i] == model)
            both.itag[i] = both.itag[design];
    }
    both.itag[design] = model;
}

/** Both have sent the same; which of its tags an invalidation has is each one's own business. */
static void settle_messages(void)
{
    struct messages *d = &both.sent, *e = &both.expected_messages;

    for (unsigned i = 0; i < d->count; i++) {
        const struct iommu_message *sent = &d->message[i];
        unsigned j = 0;
        while (j < e->count && !same_message(sent, &e->message[j]))
            j++;
        both.compared++;
        if (j == e->count) {
            differ("the RTL sends message %u to device %x, payload %016" PRIx64
                   ", and the model does not",
                   sent->kind, sent->device_id, sent->payload);
            break;
        }
        if (sent->kind == IOMMU_MSG_INVALIDATION_REQUEST)
            pair_tags(sent->itag & 31, e->message[j].itag & 31);
        e->message[j] = e->message[--e->count];
    }
    if (e->count != 0)
        differ("the model sends message %u to device %x, payload %016" PRIx64
               ", and the RTL does not",
               e->message[0].kind, e->message[0].device_id, e->message[0].payload);
    d->count = e->count = 0;
}

/** All is quiet: the model does what is left to do, and both must have stored the same. */
static void settle(void)
{
    struct stores *d = &both.design, *e = &both.expected;

    while (iommu_process_command(both.model) == IOMMU_COMMAND_DONE)
        ;
    iommu_process_debug(both.model);
    qsort(d->store, d->count, sizeof(d->store[0]), by_address);
    qsort(e->store, e->count, sizeof(e->store[0]), by_address);
    for (unsigned i = 0; i < d->count || i < e->count; i++) {
        const struct store *x = &d->store[i], *y = &e->store[i];
        both.compared++;
        if (i < d->count && i < e->count && x->address == y->address && x->size == y->size &&
            x->value == y->value)
            continue;
        differ("the RTL stores %016" PRIx64 " at %" PRIx64
               " (%u bytes, %u of %u stores), the model "
               "%016" PRIx64 " at %" PRIx64 " (%u bytes, of %u)",
               i < d->count ? x->value : 0, i < d->count ? x->address : 0,
               i < d->count ? x->size : 0, i, d->count, i < e->count ? y->value : 0,
               i < e->count ? y->address : 0, i < e->count ? y->size : 0, e->count);
        break;
    }
    d->count = e->count = 0;
    settle_messages();
}

/* --- what is compared ------------------------------------------------------------------------ */

static bool agrees(const struct iommu_response *response, bool refused, uint64_t target)
{
    return (response->status != IOMMU_SUCCESS) == refused &&
           (refused || response->address == target);
}

void both_burst(const struct iommu_request *request, bool refused, uint64_t target)
{
    struct iommu_outcome outcome[OUTCOMES];
    size_t count = iommu_allowed(both.model, request, iommu_time(both.model), outcome, OUTCOMES);
    size_t known = count < OUTCOMES ? count : OUTCOMES, i = 0;

    both.compared++;
    while (i < known && !agrees(&outcome[i].response, refused, target))
        i++;
    if (i == known && count <= OUTCOMES) {
        differ("%s of %" PRIx64 " by device %x%s: the RTL %s %" PRIx64 ", the model %s %" PRIx64
               " (cause %u, %s; %zu results are allowed)",
               request->access == IOMMU_WRITE ? "write" : "read", request->iova, request->device_id,
               request->process_id_valid ? " with a process_id" : "",
               refused ? "refuses it, not to" : "sends it to", target,
               known > 0 && outcome[0].response.status == IOMMU_SUCCESS ? "sends it to" : "refuses",
               known > 0 ? outcome[0].response.address : 0,
               known > 0 ? outcome[0].response.cause : 0,
               known > 0 ? iommu_rule_text(outcome[0].response.rule) : "", count);
        return;
    }
    /* Records follow from what the tables say now; an old answer, which went through, has none. */
    if (refused || (known > 0 && agrees(&outcome[0].response, refused, target)))
        both.response = iommu_translate(both.model, request);
    settle();
}

void both_refusal(struct iommu_response *response)
{
    if (both.response.status != IOMMU_SUCCESS)
        *response = both.response;
}

void both_translation(const struct iommu_request *request, const struct ats_completion *completion)
{
    struct iommu_outcome outcome[OUTCOMES];
    size_t count = iommu_allowed(both.model, request, iommu_time(both.model), outcome, OUTCOMES);
    size_t known = count < OUTCOMES ? count : OUTCOMES, i = 0;

    both.compared++;
    while (i < known && !ats_agrees(&outcome[i].response, completion))
        i++;
    if (i == known && count <= OUTCOMES) {
        struct ats_completion first = ats_completion_of(&outcome[0].response);
        differ("ATS request of %" PRIx64
               " by device %x: the RTL completes it with status %u, %016" PRIx64
               ", the model with status %u, %016" PRIx64 " (cause %u, %s; %zu results are allowed)",
               request->iova, request->device_id, completion->status, completion->payload,
               first.status, first.payload, outcome[0].response.cause,
               iommu_rule_text(outcome[0].response.rule), count);
        return;
    }
    /* As with bursts: an old answer, which was a success, has no record. */
    if (completion->status != IOMMU_SUCCESS ||
        (known > 0 && ats_agrees(&outcome[0].response, completion)))
        both.response = iommu_translate(both.model, request);
    settle();
}

void both_page_request(const struct iommu_page_request *request)
{
    iommu_page_request(both.model, request);
    settle();
}

static uint32_t model_itags(uint32_t itags)
{
    uint32_t of_model = 0;

    for (unsigned i = 0; i < 32; i++) {
        if ((itags >> i & 1) != 0)
            of_model |= 1u << both.itag[i];
    }
    return of_model;
}

void both_completion(uint32_t device_id, uint32_t itags, uint8_t count)
{
    iommu_invalidation_completion(both.model, device_id, model_itags(itags), count);
    settle();
}

void both_timeout(uint32_t itags)
{
    iommu_invalidation_timeout(both.model, model_itags(itags));
    settle();
}

void both_mmio_write(uint32_t offset, uint32_t size, uint64_t value)
{
    iommu_mmio_write(both.model, offset, size, value);
    settle();
}

void both_mmio_read(uint32_t offset, uint32_t size, uint64_t value)
{
    uint64_t expected = 0;

    if (offset >= COUNTERS_FIRST && offset < COUNTERS_END)
        return;
    iommu_mmio_read(both.model, offset, size, &expected);
    both.compared++;
    if (value != expected)
        differ("register %#x reads %" PRIx64 " from the RTL, %" PRIx64 " from the model", offset,
               value, expected);
}

const char *both_wrong(void)
{
    return both.wrong ? both.text : NULL;
}

uint64_t both_compared(void)
{
    return both.compared;
}

/* --- begin and end --------------------------------------------------------------------------- */

void both_reset(void)
{
    iommu_reset(both.model);
    memset(both.words, 0, WORDS * sizeof(both.words[0]));
    both.used = 0;
    both.design.count = both.expected.count = 0;
    both.sent.count = both.expected_messages.count = 0;
    for (unsigned i = 0; i < 32; i++)
        both.itag[i] = (uint8_t)i;
}

const char *both_open(struct bridge *bridge, const char *name)
{
    static char error[128];
    struct iommu_config config;
    struct iommu_bus bus = {.read = model_read, .write = model_write, .message = model_message};

    if (!iommu_config_named(name, &config))
        return "no such configuration";
    config.manual = config.history = true;
    config.ddt_cache_entries = config.pdt_cache_entries = config.iotlb_entries = 0;
    memset(&both, 0, sizeof(both));
    both.bridge = bridge;
    both.words = calloc(WORDS, sizeof(both.words[0]));
    both.model = iommu_create(&config, &bus, error, sizeof(error));
    return both.model == NULL || both.words == NULL ? error : NULL;
}

void both_close(void)
{
    iommu_destroy(both.model);
    free(both.words);
    memset(&both, 0, sizeof(both));
}
