/* SPDX-License-Identifier: Apache-2.0 */
/* The builders: what they write is what the model reads. */
#include "host.h"

#define PAGES 48

/* One world in which every format can be used: "full", with or without GXL. */
static void open_for(struct world *world, enum rvi_format format)
{
    world_open(world, "full", NULL);
    if (format == RVI_SV32X4)
        iommu_mmio_write(world->model, IOMMU_REG_FCTL, 4, IOMMU_FCTL_GXL_MASK);
    world_begin(world);
}

static void attach_table(struct world *world, const struct rvi_table *table)
{
    struct rvi_ddt ddt = rvi_ddt_of(&world->iommu, world->pages);
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};

    if (rvi_format_guest(table->format))
        dc.iohgatp = rvi_table_pointer(table) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 7);
    else
        dc.fsc = rvi_table_pointer(table);
    if (table->format == RVI_SV32 || table->format == RVI_SV32X4)
        dc.tc |= IOMMU_DC_TC_SXL_MASK;
    EXPECT(rvi_dc_check(world->iommu.capabilities, world->iommu.fctl, &dc) == 0);
    EXPECT(rvi_attach(&world->iommu, &ddt, 1, &dc) == RVI_OK);
}

/* An address somewhere in the format's range, with high bits set as well. */
static uint64_t random_iova(enum rvi_format format)
{
    uint8_t bits = rvi_format_bits(format);
    uint64_t iova = host_random() & ((1ull << bits) - 1) & ~0xfffull;

    if (!rvi_format_guest(format) && format != RVI_SV32 && (iova >> (bits - 1) & 1) != 0)
        iova |= ~((1ull << bits) - 1);
    return iova;
}

static void check_same(struct world *world, const struct rvi_table *table, uint64_t iova)
{
    struct rvi_leaf leaf;
    bool mapped = rvi_lookup(table, iova, &leaf) == RVI_OK;
    struct iommu_response got = world_access(world, 1, iova, IOMMU_READ);

    EXPECT(mapped == (got.status == IOMMU_SUCCESS));
    if (mapped && got.status == IOMMU_SUCCESS)
        EXPECT(leaf.address == got.address);
}

static void page_tables_of_every_format_agree_with_the_model(void)
{
    struct world world;

    for (enum rvi_format format = 0; format < RVI_FORMATS; format++) {
        struct rvi_table table;
        uint64_t iova[PAGES], size[PAGES], address[PAGES];
        int count = 0;

        open_for(&world, format);
        EXPECT(rvi_format_supported(world.iommu.capabilities, format));
        EXPECT(rvi_table_make(&table, &world.memory, &world.pages, format) == RVI_OK);
        attach_table(&world, &table);
        for (int n = 0; n < PAGES; n++) {
            iova[count] = random_iova(format);
            size[count] = (host_random() % 5 + 1) * RVI_PAGE;
            address[count] = host_random() & 0x3fffff000u;
            if (rvi_map(&table, iova[count], address[count], size[count],
                        RVI_READ | RVI_WRITE | RVI_USER, NULL) == RVI_OK)
                count++;
        }
        EXPECT(count > PAGES / 2);
        for (int n = 0; n < count; n++) {
            EXPECT(reaches(&world, 1, iova[n] + 0x10, address[n] + 0x10));
            EXPECT(reaches(&world, 1, iova[n] + size[n] - 4, address[n] + size[n] - 4));
            check_same(&world, &table, iova[n] - RVI_PAGE);
            check_same(&world, &table, iova[n] + size[n]);
            EXPECT(rvi_map(&table, iova[n], 0, RVI_PAGE, RVI_READ | RVI_USER, NULL) == RVI_EXISTS);
        }
        for (int n = 0; n < 200; n++)
            check_same(&world, &table, random_iova(format) + 0x123);
        world_close(&world);
    }
}

static void large_pages_are_used_where_they_fit(void)
{
    for (enum rvi_format format = 0; format < RVI_FORMATS; format++) {
        bool narrow = format == RVI_SV32 || format == RVI_SV32X4;
        uint64_t large = narrow ? 0x400000 : 0x200000;
        struct rvi_table table;
        struct rvi_leaf leaf;
        struct world world;
        uint64_t done;

        open_for(&world, format);
        EXPECT(rvi_table_make(&table, &world.memory, &world.pages, format) == RVI_OK);
        attach_table(&world, &table);
        EXPECT(rvi_map(&table, large - 0x2000, 3 * large - 0x2000, 2 * large + 0x4000,
                       RVI_READ | RVI_USER, &done) == RVI_OK);
        EXPECT(done == 2 * large + 0x4000);
        EXPECT(rvi_lookup(&table, large - 4, &leaf) == RVI_OK && leaf.log2 == 12);
        EXPECT(rvi_lookup(&table, large, &leaf) == RVI_OK && 1ull << leaf.log2 == large);
        EXPECT(rvi_lookup(&table, 3 * large, &leaf) == RVI_OK && leaf.log2 == 12);
        for (uint64_t at = 0; at < done; at += 0x7ff4)
            EXPECT(reaches(&world, 1, large - 0x2000 + at, 3 * large - 0x2000 + at));
        table.largest = 12;
        EXPECT(rvi_map(&table, 8 * large, 0, large, RVI_READ | RVI_USER, NULL) == RVI_OK);
        EXPECT(rvi_lookup(&table, 8 * large, &leaf) == RVI_OK && leaf.log2 == 12);
        world_close(&world);
    }
}

static void the_largest_pages_too(void)
{
    struct rvi_table table;
    struct rvi_leaf leaf;
    struct world world;

    world_start(&world, "full");
    EXPECT(rvi_table_make(&table, &world.memory, &world.pages, RVI_SV57) == RVI_OK);
    attach_table(&world, &table);
    EXPECT(rvi_map(&table, 0, 0, 1ull << 48, RVI_READ | RVI_USER, NULL) == RVI_OK);
    EXPECT(rvi_lookup(&table, 0x123456789abc, &leaf) == RVI_OK && leaf.log2 == 48);
    EXPECT(reaches(&world, 1, 0x123456789abc, 0x123456789abc));
    EXPECT(rvi_clear(&table, 0, 1ull << 48) == RVI_OK);
    EXPECT(rvi_lookup(&table, 0x123456789abc, &leaf) == RVI_NOT_FOUND);
    world_close(&world);
}

static void maps_that_make_no_sense_are_refused(void)
{
    struct rvi_table table, narrow, guest;
    struct world world;
    uint64_t next;

    world_start(&world, "full");
    EXPECT(rvi_table_make(&table, &world.memory, &world.pages, RVI_SV39) == RVI_OK);
    EXPECT(rvi_table_make(&narrow, &world.memory, &world.pages, RVI_SV32) == RVI_OK);
    EXPECT(rvi_table_make(&guest, &world.memory, &world.pages, RVI_SV39X4) == RVI_OK);
    EXPECT(rvi_table_make(&guest, &world.memory, &world.pages, RVI_FORMATS) == RVI_INVALID);
    next = world.region.next;
#define REFUSED(table, iova, address, size, grant)                                                 \
    EXPECT(rvi_map(&(table), iova, address, size, grant, NULL) == RVI_INVALID)
    REFUSED(table, 0x1800, 0, 0x1000, RVI_READ);
    REFUSED(table, 0x1000, 0x10, 0x1000, RVI_READ);
    REFUSED(table, 0x1000, 0, 0x1010, RVI_READ);
    REFUSED(table, 0x1000, 0, 0, RVI_READ);
    REFUSED(table, 0x1000, 0, 0x1000, 0);
    REFUSED(table, 0x1000, 0, 0x1000, RVI_WRITE);
    REFUSED(table, 0x1000, 0, 0x1000, RVI_READ | IOMMU_PTE_N_MASK);
    REFUSED(table, 1ull << 38, 0, 0x1000, RVI_READ);            /* not canonical */
    REFUSED(table, (1ull << 38) - 0x1000, 0, 0x2000, RVI_READ); /* runs into the hole */
    REFUSED(table, ~0xfffull, 0, 0x2000, RVI_READ);             /* wraps */
    REFUSED(table, 0x1000, (1ull << 56) - 0x1000, 0x2000, RVI_READ);
    REFUSED(narrow, 1ull << 32, 0, 0x1000, RVI_READ);
    REFUSED(narrow, 0, 1ull << 34, 0x1000, RVI_READ);
    REFUSED(narrow, 0, 0, 0x1000, RVI_READ | RVI_IO);
    REFUSED(guest, 1ull << 41, 0, 0x1000, RVI_READ);
    EXPECT(world.region.next == next); /* and cost no pages */
    EXPECT(rvi_map(&guest, (1ull << 41) - 0x1000, 0, 0x1000, RVI_READ, NULL) == RVI_OK);
    world_close(&world);
}

static void clearing_never_cuts_a_large_page(void)
{
    struct rvi_table table;
    struct rvi_leaf leaf;
    struct world world;

    world_start(&world, "base");
    EXPECT(rvi_table_make(&table, &world.memory, &world.pages, RVI_SV39) == RVI_OK);
    EXPECT(rvi_map(&table, 0x200000, 0x200000, 0x400000, RVI_READ | RVI_USER, NULL) == RVI_OK);
    EXPECT(rvi_clear(&table, 0x200000, 0x1000) == RVI_INVALID);
    EXPECT(rvi_clear(&table, 0x200000, 0x201000) == RVI_INVALID);
    EXPECT(rvi_lookup(&table, 0x200000, &leaf) == RVI_OK);
    EXPECT(rvi_clear(&table, 0x0, 0x400000) == RVI_OK);
    EXPECT(rvi_lookup(&table, 0x200000, &leaf) == RVI_NOT_FOUND);
    EXPECT(rvi_lookup(&table, 0x400000, &leaf) == RVI_OK);
    EXPECT(rvi_clear(&table, 0x0, 0x400000) == RVI_NOT_FOUND);
    /* An empty range as wide as the format ends soon. */
    EXPECT(rvi_clear(&table, 0x40000000, 0x3fc0000000) == RVI_NOT_FOUND);
    world_close(&world);
}

static void without_pages_nothing_half_built_is_seen(void)
{
    struct rvi_table table;
    struct rvi_leaf leaf;
    struct world world;
    struct rvi_ddt ddt;
    struct rvi_dc dc;
    uint64_t address;

    for (uint64_t room = 0; room < 5; room++) {
        world_start(&world, "base");
        dc = world_context(&world, &table, 0x100000, 1);
        ddt = rvi_ddt_of(&world.iommu, world.pages);
        world.region.end = world.region.next + room * RVI_PAGE;
        EXPECT(rvi_map(&table, 1ull << 37, 0, 0x1000, RVI_READ | RVI_USER, NULL) ==
               (room < 2 ? RVI_NO_MEMORY : RVI_OK));
        EXPECT((rvi_lookup(&table, 1ull << 37, &leaf) == RVI_OK) == (room >= 2));
        EXPECT(rvi_attach(&world.iommu, &ddt, 0xabcdef, &dc) ==
               (room < 4 ? RVI_NO_MEMORY : RVI_OK));
        EXPECT(reaches(&world, 0xabcdef, 0x10000, 0x100000) == (room == 4));
        EXPECT(rvi_ddt_find(&ddt, 0x1000000, true, &address) == RVI_INVALID);
        world_close(&world);
    }
}

static void directories_lead_every_device_id_to_its_own_context(void)
{
    static const struct {
        const char *config;
        uint8_t bits, mode;
    } kinds[] = {{"small", 7, 2}, {"small", 16, 3}, {"full", 6, 2},
                 {"full", 15, 3}, {"full", 24, 4},  {"base", 8, 3}};
    struct rvi_setup setup;
    struct world world;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct rvi_table table[2];
        struct rvi_dc dc[2];
        struct rvi_ddt ddt;
        uint32_t device_id[40];

        world_open(&world, kinds[i].config, NULL);
        setup = world_setup(&world);
        setup.device_id_bits = kinds[i].bits;
        EXPECT(rvi_open(&world.iommu, &world.bus, &world.memory) == RVI_OK);
        EXPECT(rvi_init(&world.iommu, &setup) == RVI_OK);
        EXPECT(world.iommu.mode == kinds[i].mode);
        ddt = rvi_ddt_of(&world.iommu, world.pages);
        dc[0] = world_context(&world, &table[0], 0x100000, 1);
        dc[1] = world_context(&world, &table[1], 0x200000, 2);
        for (uint32_t n = 0; n < 40; n++) {
            device_id[n] = (uint32_t)host_random() & ((1u << rvi_ddt_bits(&ddt)) - 1);
            EXPECT(rvi_attach(&world.iommu, &ddt, device_id[n], &dc[n & 1]) == RVI_OK);
        }
        for (uint32_t n = 0; n < 40; n++) {
            uint32_t last = n;

            for (uint32_t m = n + 1; m < 40; m++)
                last = device_id[m] == device_id[n] ? m : last;
            EXPECT(reaches(&world, device_id[n], 0x10008, (last & 1) ? 0x200008 : 0x100008));
        }
        EXPECT(rvi_attach(&world.iommu, &ddt, 1u << rvi_ddt_bits(&ddt), &dc[0]) == RVI_INVALID);
        world_close(&world);
    }
}

static uint64_t pick(const uint64_t *values, size_t count)
{
    return values[host_random() % count];
}

/* Device contexts as software might get them wrong. */
static struct rvi_dc random_dc(void)
{
    static const uint64_t modes[] = {0, 0, 1, 2, 3, 7, 8, 8, 9, 10, 11};
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    const size_t count = sizeof(modes) / sizeof(modes[0]);

    for (int n = 0; n < 2; n++)
        dc.tc |= host_random() % 3 == 0 ? 1ull << host_random() % 12 : 0;
    if (host_random() % 16 == 0)
        dc.tc |= 1ull << host_random() % 64;
    dc.fsc = pick(modes, count) << 60 | 0x80;
    dc.iohgatp = pick(modes, count) << 60 | 0x40 | (host_random() % 8 == 0 ? 1 : 0);
    if (host_random() % 3 == 0)
        dc.msiptp = (host_random() % 3) << 60 | 0x60;
    if (host_random() % 16 == 0)
        dc.fsc |= 1ull << host_random() % 64;
    if (host_random() % 16 == 0)
        dc.ta |= 1ull << host_random() % 64;
    if (host_random() % 16 == 0)
        dc.msi_addr_mask |= 1ull << host_random() % 64;
    return dc;
}

static void dc_check_agrees_with_the_model(void)
{
    static const char *const configs[] = {"small", "base", "full"};
    unsigned misfits = 0, fits = 0;

    for (int config = 0; config < 3; config++) {
        for (uint32_t gxl = 0; gxl < (config == 2 ? 2u : 1u); gxl++) {
            struct rvi_ddt ddt;
            struct world world;
            uint64_t at;

            world_open(&world, configs[config], NULL);
            if (gxl != 0)
                iommu_mmio_write(world.model, IOMMU_REG_FCTL, 4, IOMMU_FCTL_GXL_MASK);
            world_begin(&world);
            ddt = rvi_ddt_of(&world.iommu, world.pages);
            EXPECT(rvi_ddt_find(&ddt, 1, true, &at) == RVI_OK);
            for (int n = 0; n < 20000; n++) {
                struct rvi_dc dc = random_dc();
                bool misfit;

                if (!ddt.extended)
                    dc.msiptp = dc.msi_addr_mask = 0;
                /* SXL that fctl.GXL does not rule out is judged by what is writable, which
                 * software cannot read: "small" and "base" have SXL 0 only. */
                if (config < 2)
                    dc.tc &= ~IOMMU_DC_TC_SXL_MASK;
                misfit = rvi_dc_check(world.iommu.capabilities, world.iommu.fctl, &dc) != 0;
                rvi_dc_store(&ddt, at, &dc);
                rvi_post(&world.iommu, rvi_cmd_ddt(true, 1));
                rvi_sync(&world.iommu);
                EXPECT(misfit == blocked(&world, 1, 0, IOMMU_CAUSE_DDT_MISCONFIGURED));
                misfit ? misfits++ : fits++;
            }
            world_close(&world);
        }
    }
    EXPECT(fits > 3000 && misfits > 3000);
}

static void process_directories_of_every_mode(void)
{
    static const uint8_t bits[] = {0, 8, 17, 20};
    struct world world;

    for (uint8_t mode = IOMMU_PDTP_MODE_PD8; mode <= IOMMU_PDTP_MODE_PD20; mode++) {
        struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK | IOMMU_DC_TC_PDTV_MASK};
        struct rvi_table table;
        struct rvi_pdt pdt;
        struct rvi_ddt ddt;
        struct rvi_pc pc;

        world_start(&world, "full");
        ddt = rvi_ddt_of(&world.iommu, world.pages);
        EXPECT(rvi_pdt_make(&pdt, &world.memory, &world.pages, mode) == RVI_OK);
        dc.fsc =
            IOMMU_PREP(IOMMU_PDTP_MODE, mode) | IOMMU_PREP(IOMMU_PDTP_PPN, pdt.root / RVI_PAGE);
        EXPECT(rvi_attach(&world.iommu, &ddt, 2, &dc) == RVI_OK);
        for (uint32_t n = 0; n < 20; n++) {
            uint32_t pid = (uint32_t)host_random() & ((1u << bits[mode]) - 1);
            struct iommu_request request = {
                .device_id = 2, .process_id = pid, .process_id_valid = true, .iova = 0x10020};
            uint64_t target = 0x100000 * (n + 1ull);
            struct iommu_response got;

            pc.fsc = world_context(&world, &table, target, 0).fsc;
            pc.ta = IOMMU_PC_TA_V_MASK | IOMMU_PREP(IOMMU_PC_TA_PSCID, n + 1);
            EXPECT(rvi_attach_process(&world.iommu, &pdt, 2, &dc, pid, &pc) == RVI_OK);
            got = iommu_translate(world.model, &request);
            EXPECT(got.status == IOMMU_SUCCESS && got.address == target + 0x20);
            if (n % 2 == 0)
                continue;
            EXPECT(rvi_detach_process(&world.iommu, &pdt, 2, &dc, pid) == RVI_OK);
            got = iommu_translate(world.model, &request);
            EXPECT(got.cause == IOMMU_CAUSE_PDT_NOT_VALID);
            EXPECT(rvi_detach_process(&world.iommu, &pdt, 2, &dc, pid) == RVI_NOT_FOUND);
        }
        EXPECT(rvi_attach_process(&world.iommu, &pdt, 2, &dc, 1u << bits[mode], &pc) ==
               RVI_INVALID);
        world_close(&world);
    }
}

/* A guest with identity second stage and an MSI table at `pattern`. */
static void msi_world(struct world *world, struct rvi_msi_table *msi, struct rvi_table *guest)
{
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    struct rvi_ddt ddt;

    world_start(world, "full");
    ddt = rvi_ddt_of(&world->iommu, world->pages);
    EXPECT(rvi_table_make(guest, &world->memory, &world->pages, RVI_SV39X4) == RVI_OK);
    EXPECT(rvi_map(guest, 0x100000, 0x100000, 0x10000, RVI_READ | RVI_WRITE, NULL) == RVI_OK);
    EXPECT(rvi_msi_make(msi, &world->memory, &world->pages, 0x5003, 0x28000) == RVI_OK);
    dc.iohgatp = rvi_table_pointer(guest) | IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, 5);
    rvi_msi_attach(msi, &dc);
    EXPECT(rvi_attach(&world->iommu, &ddt, 4, &dc) == RVI_OK);
}

static bool writes_to(struct world *world, uint64_t iova, uint64_t address)
{
    struct iommu_response got = world_access(world, 4, iova, IOMMU_WRITE);

    return got.status == IOMMU_SUCCESS && got.address == address && got.target == IOMMU_TARGET_MSI;
}

static void msi_tables_lead_each_file_to_its_page(void)
{
    struct rvi_msi_table msi;
    struct rvi_table guest;
    struct world world;
    uint32_t index;

    msi_world(&world, &msi, &guest);
    EXPECT(msi.entries == 16);
    EXPECT(rvi_msi_index(&msi, 0x28000000, &index) == RVI_OK && index == 0);
    EXPECT(rvi_msi_index(&msi, 0x2d003abc, &index) == RVI_OK && index == 15);
    EXPECT(rvi_msi_index(&msi, 0x29000000, &index) == RVI_OK && index == 4);
    EXPECT(rvi_msi_index(&msi, 0x28004000, &index) == RVI_NOT_FOUND);
    EXPECT(rvi_msi_set(&msi, 16, MSI_PAGE) == RVI_INVALID);
    EXPECT(rvi_msi_set(&msi, 4, MSI_PAGE + 4) == RVI_INVALID);
    EXPECT(rvi_msi_set(&msi, 4, MSI_PAGE | 1ull << 60) == RVI_INVALID);
    EXPECT(rvi_msi_set(&msi, 4, MSI_PAGE) == RVI_OK);
    EXPECT(writes_to(&world, 0x29000000, MSI_PAGE));
    EXPECT(blocked(&world, 4, 0x28000000, IOMMU_CAUSE_MSI_PTE_NOT_VALID));
    EXPECT(reaches(&world, 4, 0x100040, 0x100040));
    EXPECT(rvi_msi_change(&world.iommu, &msi, 5, 0x29000000, TARGET_PAGE) == RVI_OK);
    EXPECT(writes_to(&world, 0x29000000, TARGET_PAGE));
    EXPECT(rvi_msi_change(&world.iommu, &msi, 5, 0x29000000, TARGET_PAGE + 4) == RVI_INVALID);
    EXPECT(rvi_msi_change(&world.iommu, &msi, 5, 0x29000000, 1ull << 56) == RVI_INVALID);
    EXPECT(writes_to(&world, 0x29000000, TARGET_PAGE)); /* nothing was done */
    EXPECT(rvi_msi_change(&world.iommu, &msi, 5, 0x29000000, 0) == RVI_OK);
    EXPECT(blocked(&world, 4, 0x29000000, IOMMU_CAUSE_MSI_PTE_NOT_VALID));
    EXPECT(rvi_msi_change(&world.iommu, &msi, 5, 0x100000, 0) == RVI_NOT_FOUND);
    EXPECT(rvi_msi_make(&msi, &world.memory, &world.pages, 0xfffff, 0) == RVI_INVALID);
    world_close(&world);
}

static void interrupt_files_in_memory_get_the_bit_and_the_notice(void)
{
    struct iommu_request request = {.device_id = 4, .iova = 0x28000000, .access = IOMMU_WRITE};
    struct rvi_msi_table msi;
    struct rvi_table guest;
    struct world world;
    uint32_t identity = 70;

    msi_world(&world, &msi, &guest);
    EXPECT(rvi_msi_set_mrif(&msi, 0, 0xa000 + 8, MSI_PAGE, 1) == RVI_INVALID);
    EXPECT(rvi_msi_set_mrif(&msi, 0, 0xa000, MSI_PAGE, 2048) == RVI_INVALID);
    EXPECT(rvi_msi_set_mrif(&msi, 0, 0xa000 | 1ull << 56, MSI_PAGE, 1) == RVI_INVALID);
    EXPECT(rvi_msi_set_mrif(&msi, 0, 0xa000, MSI_PAGE | 1ull << 56, 1) == RVI_INVALID);
    EXPECT(rvi_msi_set_mrif(&msi, 0, 0xa200, MSI_PAGE, 0x555) == RVI_OK);
    EXPECT(iommu_dma(world.model, &request, &identity, 4).status == IOMMU_SUCCESS);
    EXPECT(world_load(&world, 0xa200 + 16) == 1ull << (70 - 64));
    EXPECT((world_load(&world, MSI_PAGE) & 0xffffffff) == 0x555);
    world_close(&world);
}

const struct test table_tests[] = {
    {"page_tables_of_every_format_agree_with_the_model",
     page_tables_of_every_format_agree_with_the_model},
    {"large_pages_are_used_where_they_fit", large_pages_are_used_where_they_fit},
    {"the_largest_pages_too", the_largest_pages_too},
    {"maps_that_make_no_sense_are_refused", maps_that_make_no_sense_are_refused},
    {"clearing_never_cuts_a_large_page", clearing_never_cuts_a_large_page},
    {"without_pages_nothing_half_built_is_seen", without_pages_nothing_half_built_is_seen},
    {"directories_lead_every_device_id_to_its_own_context",
     directories_lead_every_device_id_to_its_own_context},
    {"dc_check_agrees_with_the_model", dc_check_agrees_with_the_model},
    {"process_directories_of_every_mode", process_directories_of_every_mode},
    {"msi_tables_lead_each_file_to_its_page", msi_tables_lead_each_file_to_its_page},
    {"interrupt_files_in_memory_get_the_bit_and_the_notice",
     interrupt_files_in_memory_get_the_bit_and_the_notice},
    {NULL, NULL},
};
