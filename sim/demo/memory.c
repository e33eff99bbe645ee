/* SPDX-License-Identifier: Apache-2.0 */
/* Memory behind the translated traffic. Each page knows who may read and write it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

#define BUCKETS 4096u
#define LARGES 32u
#define LARGE (PAGE * 512ull)

struct page {
    struct page *next;
    uint64_t address;
    unsigned may_read, may_write; /* sets of devices */
    uint64_t word[PAGE / 8];
};

static struct page *buckets[BUCKETS];
static unsigned taken, larges;
static struct {
    uint64_t address;
    enum who who;
} large[LARGES];
struct interrupts interrupts[FILES];

static struct page *add(uint64_t address, unsigned may_read, unsigned may_write)
{
    struct page *page = calloc(1, sizeof(*page));

    if (page == NULL)
        abort();
    page->address = address;
    page->may_read = may_read;
    page->may_write = may_write;
    page->next = buckets[(address >> 12) % BUCKETS];
    buckets[(address >> 12) % BUCKETS] = page;
    return page;
}

static struct page *find(uint64_t address)
{
    struct page *page = buckets[(address >> 12) % BUCKETS];

    while (page != NULL && page->address != (address & ~(PAGE - 1ull)))
        page = page->next;
    if (page != NULL)
        return page;
    for (unsigned i = 0; i < larges; i++) {
        if (address - large[i].address < LARGE)
            return add(address & ~(PAGE - 1ull), 1u << large[i].who, 1u << large[i].who);
    }
    return NULL;
}

/* Neighbours in a device's view are anywhere in memory. */
uint64_t ram_take(unsigned may_read, unsigned may_write)
{
    uint64_t address = 0x100000000ull + ((uint64_t)taken * 2654435761u % 65536) * PAGE;

    taken++;
    add(address, may_read, may_write);
    return address;
}

uint64_t ram_take_large(enum who who)
{
    uint64_t address = 0x300000000ull + (larges * 13ull % LARGES) * LARGE;

    if (larges == LARGES)
        abort();
    large[larges].address = address;
    large[larges++].who = who;
    return address;
}

void ram_free(uint64_t address)
{
    struct page *page = find(address);

    page->may_read = page->may_write = 0;
}

uint64_t ram_load(uint64_t address)
{
    const struct page *page = find(address);

    return page == NULL ? 0 : page->word[address % PAGE / 8];
}

void ram_store(uint64_t address, uint64_t value)
{
    struct page *page = find(address);

    if (page != NULL)
        page->word[address % PAGE / 8] = value;
}

static bool interrupt(enum who who, uint64_t address, uint64_t value)
{
    uint64_t file = (address - INTERRUPT_FILES) / PAGE;

    if (address < INTERRUPT_FILES || file >= FILES)
        return false;
    interrupts[file].count++;
    interrupts[file].by[who]++;
    interrupts[file].last = (uint32_t)value;
    return true;
}

bool ram_device_read(enum who who, uint64_t address, uint64_t *value)
{
    const struct page *page = find(address);

    *value = 0;
    if (page == NULL)
        return false;
    if ((page->may_read & 1u << who) == 0)
        fail("the %s read %" PRIx64 ", which is not its own", device_names[who], address);
    *value = page->word[address % PAGE / 8];
    return true;
}

bool ram_device_write(enum who who, uint64_t address, uint64_t value, uint8_t strobes)
{
    struct page *page = find(address);
    uint64_t mask = 0;

    if (page == NULL)
        return interrupt(who, address, value);
    if ((page->may_write & 1u << who) == 0)
        fail("the %s wrote to %" PRIx64 ", which is not its own", device_names[who], address);
    for (unsigned i = 0; i < 8; i++)
        mask |= (strobes >> i & 1) != 0 ? 0xffull << (8 * i) : 0;
    page->word[address % PAGE / 8] = (page->word[address % PAGE / 8] & ~mask) | (value & mask);
    return true;
}
