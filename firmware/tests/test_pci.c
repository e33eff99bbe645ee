/* SPDX-License-Identifier: Apache-2.0 */
/* PCI configuration space, whose functions may answer nonsense. */
#include <string.h>

#include "host.h"
#include "pci.h"
#include "platform.h"

#define FUNCTIONS 512

/* Functions of two buses; what a function answers may be nonsense. */
static uint32_t config[FUNCTIONS][64], writable[FUNCTIONS][64];
static bool all_ones;

static uint32_t *config_at(uint64_t address, uint32_t (*space)[64])
{
    uint64_t offset = address - 0x30000000;

    if (address < 0x30000000 || offset >> 12 >= FUNCTIONS || (offset & 0xfff) >= 256)
        return NULL;
    return &space[offset >> 12][(offset & 0xfff) / 4];
}

uint32_t mmio_read32(uint64_t address)
{
    uint32_t *at = config_at(address, config);

    return all_ones || at == NULL ? 0xffffffff : *at;
}

void mmio_write32(uint64_t address, uint32_t value)
{
    uint32_t *at = config_at(address, config), *mask = config_at(address, writable);

    if (at != NULL)
        *at = (*at & ~*mask) | (value & *mask);
}

uint64_t mmio_read64(uint64_t address)
{
    return mmio_read32(address);
}

void mmio_write64(uint64_t address, uint64_t value)
{
    mmio_write32(address, (uint32_t)value);
}

static struct pci_host make_host(void)
{
    struct pci_host host = {0x30000000, 0x10000000, 0, 255, 0x40000000, 0x80000000, 0x80000000, 0};

    memset(config, 0xff, sizeof(config));
    memset(writable, 0, sizeof(writable));
    all_ones = false;
    return host;
}

static void add_function(uint32_t bdf, uint32_t header, uint32_t bar_mask)
{
    memset(config[bdf], 0, sizeof(config[bdf]));
    config[bdf][PCI_ID / 4] = 0x12345678;
    config[bdf][PCI_HEADER / 4] = header;
    writable[bdf][PCI_COMMAND / 4] = 0xffff;
    writable[bdf][PCI_BAR0 / 4] = bar_mask;
    writable[bdf][PCI_BUSES / 4] = 0xffffff;
}

static bool keep_going(void *context, uint32_t bdf)
{
    (void)bdf;
    return ++*(unsigned *)context < 1000;
}

static void bars_get_addresses_that_fit(void)
{
    struct pci_host host = make_host();
    uint64_t first, second;

    add_function(8, 0, 0xfffff000);
    add_function(16, 0, 0xfff00000);
    add_function(24, 0, 0xff00ff00); /* no power of two */
    add_function(32, 0, 0);          /* no BAR */
    add_function(40, 0, 0xfffff000);
    config[40][PCI_BAR0 / 4] = 1; /* I/O space */
    first = pci_map(&host, 8, 0, 4096);
    EXPECT(first == 0x7ffff000 && config[8][PCI_BAR0 / 4] == 0x7ffff000);
    EXPECT((config[8][PCI_COMMAND / 4] & PCI_COMMAND_MEMORY) != 0);
    EXPECT(pci_map(&host, 8, 0, 4096) == first); /* kept */
    second = pci_map(&host, 16, 0, 4096);
    EXPECT(second == 0x7fe00000);
    EXPECT(pci_map(&host, 8, 0, 8192) == 0);
    EXPECT(pci_map(&host, 24, 0, 16) == 0 && pci_map(&host, 32, 0, 16) == 0);
    EXPECT(pci_map(&host, 40, 0, 16) == 0 && pci_map(&host, 48, 0, 16) == 0);
    EXPECT(pci_map(&host, 8, 6, 16) == 0);
    host.free_end = host.window;
    add_function(56, 0, 0xfffff000);
    EXPECT(pci_map(&host, 56, 0, 4096) == 0); /* the window is used up */
    all_ones = true;
    EXPECT(pci_map(&host, 8, 0, 16) == 0);
}

static void capability_lists_end(void)
{
    struct pci_host host = make_host();

    add_function(8, 0, 0);
    config[8][PCI_COMMAND / 4] = 0x100000;
    config[8][PCI_CAPABILITIES / 4] = 0x50;
    config[8][0x50 / 4] = 0x6001;
    config[8][0x60 / 4] = 0x5005; /* back again */
    EXPECT(pci_capability(&host, 8, PCI_CAPABILITY_MSI) == 0x60);
    EXPECT(pci_capability(&host, 8, PCI_CAPABILITY_MSIX) == 0);
    config[8][0x50 / 4] = 0x1001; /* into the header */
    EXPECT(pci_capability(&host, 8, PCI_CAPABILITY_MSI) == 0);
    config[8][PCI_COMMAND / 4] = 0;
    EXPECT(pci_capability(&host, 8, 1) == 0);
}

static void enumeration_finds_all_and_ends(void)
{
    struct pci_host host = make_host();
    unsigned found = 0;

    add_function(0, 0, 0);
    add_function(8, 0x00810000, 0); /* a bridge, of several functions */
    add_function(11, 0, 0);
    add_function(19, 0, 0); /* without function 0: not there */
    add_function(0x100, 0, 0);
    pci_enumerate(&host, keep_going, &found);
    EXPECT(found == 4);
    EXPECT((config[8][PCI_BUSES / 4] & 0xffffff) == 0x010100);
    found = 0;
    pci_enumerate(&host, keep_going, &found); /* numbered already: the same */
    EXPECT(found == 4);
    /* A bridge that leads back to its own bus, one that leads nowhere. */
    config[8][PCI_BUSES / 4] = 0;
    writable[8][PCI_BUSES / 4] = 0;
    add_function(0x100, 0x00010000, 0);
    config[0x100][PCI_BUSES / 4] = 0x000001;
    found = 0;
    pci_enumerate(&host, keep_going, &found);
    EXPECT(found < 1000);
    for (int n = 0; n < 2000; n++) {
        for (int i = 0; i < 8; i++) {
            uint32_t bdf = (uint32_t)host_random() % FUNCTIONS;

            for (int k = 0; k < 64; k++)
                config[bdf][k] = (uint32_t)host_random();
        }
        found = 0;
        pci_enumerate(&host, keep_going, &found);
        EXPECT(found <= 1000);
        host.window = 0x40000000;
        host.free_end = 0x80000000;
        for (uint32_t bdf = 0; bdf < 64; bdf++) {
            uint64_t at = pci_map(&host, bdf, bdf % 6, 16);

            EXPECT(at == 0 || (at >= 0x40000000 && at < 0x80000000));
            pci_capability(&host, bdf, 5);
        }
    }
}

const struct test pci_tests[] = {
    {"bars_get_addresses_that_fit", bars_get_addresses_that_fit},
    {"capability_lists_end", capability_lists_end},
    {"enumeration_finds_all_and_ends", enumeration_finds_all_and_ends},
    {NULL, NULL},
};
