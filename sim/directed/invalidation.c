/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page is asked for, so that caches have it; its tables change; one command says so; and from
 * the fence on the answer is the new one. That it was in a cache at all is checked as well.
 */
#include "directed.h"

#define DEVICE 5u
#define OLD 0x300000000ull
#define NEW 0x380000000ull
#define INVAL_PDT(process_id)                                                                      \
    (IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IODIR_INVAL_PDT) |               \
     OF_DEVICE(DEVICE) | IOMMU_PREP(IOMMU_CMD_IODIR_PID, process_id))
#define GIGA (1ull << 30)
#define MEGA2 (1ull << 21)

/** A device with a first stage only. @return its root */
static uint64_t host_device(uint32_t pscid)
{
    uint64_t root = new_table(1);

    set_device(DEVICE, &(struct context){.first = root, .pscid = pscid});
    return root;
}

/** The page has been asked for, and then leads elsewhere. @return its PTE */
static uint64_t cached_then_changed(uint64_t root, uint64_t iova, unsigned level)
{
    uint64_t pte = map(root, SV39, iova, OLD, level),
             offset = iova & ((1ull << (12 + 9 * level)) - 1);

    CHECK(go(DEVICE, 0, iova) == OLD + offset);
    CHECK(go_cached(DEVICE, 0, iova) == OLD + offset);
    change_target(pte, NEW);
    return pte;
}

static void expect_new(uint64_t iova, unsigned level)
{
    CHECK(go(DEVICE, 0, iova) == NEW + (iova & ((1ull << (12 + 9 * level)) - 1)));
}

static void by_address(void)
{
    uint64_t root = host_device(7);

    for (unsigned level = 0; level < 3; level++) {
        uint64_t iova = (4 + level) * GIGA + 0x7000;

        cached_then_changed(root, iova, level);
        give_command(IOTINVAL(VMA) | OF_PSCID(7) | OF_ADDRESS, ADDRESS(iova));
        fence();
        expect_new(iova, level);
    }
}

/* Without GV the command is about the host's entries, whatever GSCID holds. */
static void gscid_without_gv(void)
{
    uint64_t root = host_device(7);

    for (unsigned level = 0; level < 3; level++) {
        uint64_t iova = (4 + level) * GIGA + 0x9000;

        cached_then_changed(root, iova, level);
        give_command((IOTINVAL(VMA) | OF_GSCID(0x5a5) | OF_ADDRESS) & ~IOMMU_CMD_IOTINVAL_GV_MASK,
                     ADDRESS(iova));
        fence();
        expect_new(iova, level);
    }
}

static void other_page_of_a_superpage(void)
{
    uint64_t root = host_device(7);

    for (unsigned level = 1; level < 3; level++) {
        uint64_t iova = (8 + level) * GIGA + 0x3000, size = 1ull << (12 + 9 * level);

        cached_then_changed(root, iova, level);
        give_command(IOTINVAL(VMA) | OF_PSCID(7) | OF_ADDRESS, ADDRESS(iova + size - 0x5000));
        fence();
        expect_new(iova, level);
    }
}

/** Many pages of all sizes, so that every set of every cache has some. */
static void many_pages(uint64_t low)
{
    uint64_t root = host_device(7), pte[3][24], iova[3][24];

    for (unsigned level = 0; level < 3; level++) {
        for (unsigned i = 0; i < 24; i++) {
            iova[level][i] = (16 + 32ull * level + i) * (level == 2 ? GIGA : MEGA2) +
                             (level == 2 ? 32 * GIGA : 0) + i * 0x1000;
            pte[level][i] = map(root, SV39, iova[level][i], OLD, level);
            go(DEVICE, 0, iova[level][i]);
        }
    }
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned i = 0; i < 24; i++)
            change_target(pte[level][i], NEW);
    }
    give_command(low, 0);
    fence();
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned i = 0; i < 24; i++)
            expect_new(iova[level][i], level);
    }
}

static void all_of_the_host(void)
{
    many_pages(IOTINVAL(VMA));
}

static void all_of_an_address_space(void)
{
    many_pages(IOTINVAL(VMA) | OF_PSCID(7));
}

/* An invalidation of others leaves what is cached. */
static void others_stay(void)
{
    uint64_t root = host_device(7);

    map(root, SV39, 4 * GIGA, OLD, 0);
    go(DEVICE, 0, 4 * GIGA);
    give_command(IOTINVAL(VMA) | OF_PSCID(8), 0);
    give_command(IOTINVAL(VMA) | OF_GSCID(7), 0);
    give_command(IOTINVAL(GVMA) | OF_GSCID(7), 0);
    fence();
    CHECK(go_cached(DEVICE, 0, 4 * GIGA) == OLD);
}

static void a_pointer_with_nl(void)
{
    uint64_t root = host_device(7), iova = 4 * GIGA, other = new_table(1), low;

    map(root, SV39, iova, OLD, 0);
    CHECK(go(DEVICE, 0, iova) == OLD);
    store(other + 8, IOMMU_PREP(IOMMU_PTE_PPN, NEW >> 12) | IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK |
                         IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK);
    low = IOMMU_GET(image_word(root + iova / GIGA * 8, 8, false), IOMMU_PTE_PPN) << 12;
    store(low, IOMMU_PREP(IOMMU_PTE_PPN, other >> 12) | IOMMU_PTE_V_MASK);
    give_command(IOTINVAL(VMA) | OF_PSCID(7) | OF_ADDRESS | IOMMU_CMD_IOTINVAL_NL_MASK,
                 ADDRESS(iova));
    fence();
    CHECK(go(DEVICE, 0, iova + 0x1000) == NEW);
}

/* S: the lowest 0 of the address says how far it goes. */
static void a_range(void)
{
    uint64_t root = host_device(7), iova = 4 * GIGA, pte[16];

    for (unsigned i = 0; i < 16; i++) {
        pte[i] = map(root, SV39, iova + i * 0x1000ull, OLD + i * 0x1000ull, 0);
        go(DEVICE, 0, iova + i * 0x1000ull);
    }
    for (unsigned i = 0; i < 16; i++)
        change_target(pte[i], NEW + i * 0x1000ull);
    give_command(IOTINVAL(VMA) | OF_PSCID(7) | OF_ADDRESS,
                 ADDRESS(iova | 0x7000) | IOMMU_CMD_IOTINVAL_S_MASK);
    fence();
    for (unsigned i = 0; i < 16; i++)
        CHECK(go(DEVICE, 0, iova + i * 0x1000ull) == NEW + i * 0x1000ull);
}

/* Sv32: a superpage has 4 MiB, and ten index bits. */
static void narrow_superpages(void)
{
    uint64_t root = new_table(1);

    set_device(DEVICE, &(struct context){.first = root, .pscid = 9, .narrow = true});
    for (unsigned i = 0; i < 4; i++) {
        uint64_t iova = (12 + i) * (4ull << 20), pte = map(root, SV32, iova, OLD, 1);

        CHECK(go(DEVICE, 0, iova + 0x201000) == OLD + 0x201000);
        CHECK(go_cached(DEVICE, 0, iova + 0x201000) == OLD + 0x201000);
        remember_all();
        image_put(pte, 4, false, (image_word(pte, 4, false) & 0x3ff) | (uint32_t)(NEW >> 12 << 10));
        give_command(IOTINVAL(VMA) | OF_PSCID(9) | OF_ADDRESS, ADDRESS(iova + (i & 1) * 0x3ff000));
        fence();
        CHECK(go(DEVICE, 0, iova + 0x201000) == NEW + 0x201000);
    }
}

/* With SXL guest addresses have 34 bits: those of tables, too. */
static void narrow_guests(void)
{
    uint64_t first = new_table(1), second = new_table(4);
    struct context context = {.second = second, .pscid = 9, .gscid = 6, .narrow = true};

    map(second, SV39X4, image.base & ~(GIGA - 1), image.base & ~(GIGA - 1), 2);
    map(second, SV39X4, 16 * GIGA, first, 0);
    map(second, SV39X4, 0x7000, OLD, 0);
    map(first, SV32, 0x5000, 0x7000, 0);
    context.first = first;
    set_device(DEVICE, &context);
    CHECK(go(DEVICE, 0, 0x5000) == OLD);
    context.first = 16 * GIGA;
    set_device(DEVICE, &context);
    give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
    give_command(IOTINVAL(VMA) | OF_GSCID(6), 0);
    fence();
    CHECK(go(DEVICE, 0, 0x5000) == ~0ull);
}

/** A guest's device whose second stage maps the image as it is, with a gigapage. */
static uint64_t guest_device(uint64_t process_directory, uint64_t first)
{
    uint64_t second = new_table(4);

    map(second, SV39X4, image.base & ~(GIGA - 1), image.base & ~(GIGA - 1), 2);
    set_device(DEVICE, &(struct context){.first = first,
                                         .second = second,
                                         .process_directory = process_directory,
                                         .pscid = 3,
                                         .gscid = 6});
    return second;
}

/* By address, while the page of the second stage was found for a process. */
static void guest_pages_of_a_process(void)
{
    uint64_t directory = new_table(1), first = new_table(1);
    uint64_t second = guest_device(directory, 0);

    set_process(directory, 4, first, 11);
    for (unsigned level = 0; level < 3; level++) {
        uint64_t gpa = (16 + level) * GIGA, iova = (4 + level) * GIGA;
        uint64_t pte = map(second, SV39X4, gpa, OLD, level);
        unsigned long reads;

        map(first, SV39, iova, gpa, 0);
        map(first, SV39, iova + 0x40000, gpa, 0);
        CHECK(go(DEVICE, 4, iova) == OLD);
        reads = memport_reads[IOMMU_SECOND_STAGE];
        CHECK(go(DEVICE, 4, iova + 0x40000) == OLD);
        CHECK(level == 0 || memport_reads[IOMMU_SECOND_STAGE] == reads); /* it is in a cache */
        change_target(pte, NEW);
        give_command(IOTINVAL(GVMA) | OF_GSCID(6) | OF_ADDRESS, ADDRESS(gpa));
        fence();
        CHECK(go(DEVICE, 4, iova) == NEW);
        CHECK(go(DEVICE, 4, iova + 0x40000) == NEW);
    }
}

static void guest_pages_of_a_device(void)
{
    uint64_t first = new_table(1), second = guest_device(0, first);

    for (unsigned level = 0; level < 3; level++) {
        uint64_t gpa = (16 + level) * GIGA, iova = (4 + level) * GIGA;
        uint64_t pte = map(second, SV39X4, gpa, OLD, level);

        map(first, SV39, iova, gpa, 0);
        CHECK(go(DEVICE, 0, iova) == OLD);
        change_target(pte, NEW);
        give_command(IOTINVAL(GVMA) | OF_GSCID(6), 0);
        fence();
        CHECK(go(DEVICE, 0, iova) == NEW);
    }
}

/* Small pages of a guest inside of a superpage of its process: what names any page of that, means
 * all. */
static void small_guest_pages_in_a_superpage(void)
{
    uint64_t first = new_table(1), second = guest_device(0, first);
    uint64_t iova = 4 * GIGA + 0x3000, pte = map(first, SV39, 4 * GIGA, 16 * GIGA, 1);

    map(second, SV39X4, 16 * GIGA + 0x3000, OLD, 0);
    map(second, SV39X4, 17 * GIGA + 0x3000, NEW, 0);
    CHECK(go(DEVICE, 0, iova) == OLD);
    CHECK(go_cached(DEVICE, 0, iova) == OLD);
    change_target(pte, 17 * GIGA);
    give_command(IOTINVAL(VMA) | OF_GSCID(6) | OF_PSCID(3) | OF_ADDRESS, ADDRESS(iova + 0x100000));
    fence();
    CHECK(go(DEVICE, 0, iova) == NEW);
}

/* A context that changes: another root, another PSCID, other QoS IDs on the way to the tables. */
static void a_device_context(void)
{
    uint64_t root = host_device(7), other = new_table(1);
    uint32_t rcid = has_cap(IOMMU_CAPABILITIES_QOSID_MASK) ? 0x35 : 0;

    map(root, SV39, 4 * GIGA, OLD, 0);
    map(other, SV39, 4 * GIGA, NEW, 0);
    map(other, SV39, 4 * GIGA + 0x5000, NEW + 0x5000, 0);
    CHECK(go(DEVICE, 0, 4 * GIGA) == OLD);
    set_device(DEVICE, &(struct context){.first = other, .pscid = 8, .rcid = rcid});
    give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
    fence();
    CHECK(go(DEVICE, 0, 4 * GIGA) == NEW);
    /* The last table is known by now; and is read on behalf of the same context. */
    rcid ^= has_cap(IOMMU_CAPABILITIES_QOSID_MASK) ? 0x0f0 : 0;
    set_device(DEVICE, &(struct context){.first = other, .pscid = 8, .rcid = rcid});
    give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
    give_command(IOTINVAL(VMA) | OF_PSCID(8), 0);
    fence();
    CHECK(go(DEVICE, 0, 4 * GIGA + 0x5000) == NEW + 0x5000);
}

/* A command about another page of a guest's superpage, while a walk is under way that has its leaf
 * from a cache: whenever it comes, no cache keeps what it was. */
static void a_superpage_on_its_way(void)
{
    static const uint64_t to[2] = {OLD, NEW};
    uint64_t first = new_table(1), second = guest_device(0, first);
    uint64_t iova = 4 * GIGA, pte = map(first, SV39, iova, 16 * GIGA, 1);

    for (unsigned i = 0; i < 2; i++) {
        map(second, SV39X4, (16 + i) * GIGA + 0x3000, to[i] + 0x3000, 0);
        map(second, SV39X4, (16 + i) * GIGA + 0x5000, to[i] + 0x5000, 0);
    }
    for (unsigned cycles = 0; cycles < 60; cycles++) {
        uint64_t before = to[cycles & 1], after = to[~cycles & 1];
        struct ask ask = {.device_id = DEVICE, .iova = iova + 0x5000};

        give_command(IOTINVAL(VMA) | OF_GSCID(6), 0);
        fence();
        CHECK(go(DEVICE, 0, iova + 0x3000) == before + 0x3000);
        change_target(pte, (16 + (~cycles & 1)) * GIGA);
        give_command(IOTINVAL(VMA) | OF_GSCID(6) | OF_PSCID(3) | OF_ADDRESS,
                     ADDRESS(iova + 0x19000));
        begin_fence();
        wait_cycles(cycles);
        begin_ask(&ask);
        finish_ask(&ask);
        finish_fence();
        CHECK(go(DEVICE, 0, iova + 0x5000) == after + 0x5000);
    }
}

/** Two address spaces, that have other pages at one address. */
static void two_spaces(uint64_t roots[2])
{
    for (unsigned i = 0; i < 2; i++) {
        roots[i] = new_table(1);
        map(roots[i], SV39, 4 * GIGA, i == 0 ? OLD : NEW, 0);
        map(roots[i], SV39, 4 * GIGA + 0x5000, (i == 0 ? OLD : NEW) + 0x5000, 0);
    }
}

/* The context of one process changes; a command names this one. */
static void a_process_context(void)
{
    uint64_t directory = new_table(1), roots[2];

    two_spaces(roots);
    for (unsigned process_id = 3; process_id < 7; process_id++)
        set_process(directory, process_id, roots[0], process_id);
    set_device(DEVICE, &(struct context){.process_directory = directory});
    for (uint32_t process_id = 3; process_id < 7; process_id++)
        CHECK(go(DEVICE, process_id, 4 * GIGA) == OLD);
    set_process(directory, 5, roots[1], 9);
    give_command(INVAL_PDT(5u), 0);
    fence();
    for (uint32_t process_id = 3; process_id < 7; process_id++) {
        if (process_id == 5)
            CHECK(go(DEVICE, 5, 4 * GIGA + 0x5000) == NEW + 0x5000);
        else
            CHECK(go_cached(DEVICE, process_id, 4 * GIGA) == OLD);
    }
}

/* A device gets another process directory: what is cached of all its processes is gone. */
static void a_process_directory(void)
{
    uint64_t directories[2] = {new_table(1), new_table(1)}, roots[2];

    two_spaces(roots);
    for (uint32_t process_id = 1; process_id < 200; process_id += 11) {
        set_process(directories[0], process_id, roots[0], process_id);
        set_process(directories[1], process_id, roots[1], 200 + process_id);
    }
    set_device(DEVICE, &(struct context){.process_directory = directories[0]});
    for (uint32_t process_id = 1; process_id < 200; process_id += 11)
        CHECK(go(DEVICE, process_id, 4 * GIGA) == OLD);
    set_device(DEVICE, &(struct context){.process_directory = directories[1]});
    give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
    fence();
    for (uint32_t process_id = 1; process_id < 200; process_id += 11) {
        CHECK(go(DEVICE, process_id, 4 * GIGA) == NEW);
        CHECK(go(DEVICE, process_id, 4 * GIGA + 0x5000) == NEW + 0x5000);
    }
}

/* A device has no processes any more, or has some now. */
static void processes_come_and_go(void)
{
    uint64_t directory = new_table(1), roots[2];

    two_spaces(roots);
    set_process(directory, 5, roots[1], 9);
    for (unsigned i = 0; i < 2; i++) {
        set_device(DEVICE, &(struct context){.first = roots[0], .pscid = 7});
        give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
        fence();
        CHECK(go(DEVICE, 5, 4 * GIGA) == ~0ull);
        CHECK(go(DEVICE, 0, 4 * GIGA) == OLD);
        set_device(DEVICE, &(struct context){.process_directory = directory});
        give_command(INVAL_DDT | OF_DEVICE(DEVICE), 0);
        fence();
        CHECK(go(DEVICE, 5, 4 * GIGA) == NEW);
        CHECK(go(DEVICE, 0, 4 * GIGA) == 4 * GIGA); /* without a process: Bare */
    }
}

/* What caches hold of an address is shorter than it: an address that differs above that, and is not
 * canonical, must not meet what is held. */
static void addresses_that_are_not_canonical(void)
{
    static const unsigned bits[] = {39, 42, 48, 51, 57, 60};
    uint64_t root = host_device(7), iova = ~0ull << 30;

    map(root, SV39, iova, OLD, 0);
    CHECK(go(DEVICE, 0, iova) == OLD);
    CHECK(go_cached(DEVICE, 0, iova) == OLD);
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        CHECK(go(DEVICE, 0, iova & ((1ull << bits[i]) - 1)) == ~0ull);
    CHECK(go_cached(DEVICE, 0, iova) == OLD);
}

const struct test invalidation_tests[] = {
    {"by address, pages of all sizes", by_address, 0},
    {"GSCID without GV is ignored", gscid_without_gv, 0},
    {"another page of a superpage", other_page_of_a_superpage, 0},
    {"all of the host", all_of_the_host, 0},
    {"all of an address space", all_of_an_address_space, 0},
    {"what is not named stays", others_stay, 0},
    {"a pointer, with NL", a_pointer_with_nl, IOMMU_CAPABILITIES_NL_MASK},
    {"a range, with S", a_range, IOMMU_CAPABILITIES_S_MASK},
    {"superpages of Sv32", narrow_superpages, IOMMU_CAPABILITIES_SV32_MASK},
    {"guest addresses under SXL", narrow_guests, IOMMU_CAPABILITIES_SV32_MASK},
    {"guest pages found for a process", guest_pages_of_a_process, IOMMU_CAPABILITIES_PD8_MASK},
    {"guest pages found for a device", guest_pages_of_a_device, 0},
    {"small guest pages in a superpage", small_guest_pages_in_a_superpage, 0},
    {"addresses that are not canonical", addresses_that_are_not_canonical, 0},
    {"a superpage on its way", a_superpage_on_its_way, 0},
    {"a process context", a_process_context, IOMMU_CAPABILITIES_PD8_MASK},
    {"a process directory", a_process_directory, IOMMU_CAPABILITIES_PD8_MASK},
    {"processes come and go", processes_come_and_go, IOMMU_CAPABILITIES_PD8_MASK},
    {"a device context, and its QoS IDs", a_device_context, 0},
    {NULL, NULL, 0},
};
