/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab's functions, as a driver sees them through vfio-user: an IOMMU and two DMA engines
 * behind it, with tables in memory that is shared; and what an engine does that may do anything.
 *
 *     test-functions [SEED [REQUESTS [model|rtl|both [RECORDING]]]]
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "both.h"
#include "hostile.h"
#include "machine.h"
#include "rtl.h"

static const char *recording; /**< where the pins of the first lie go */

/* --- the tests --------------------------------------------------------------------------- */

static bool test_config(void)
{
    struct machine *m = start();
    struct iommu_config config;
    bool good = true;

    CHECK(access_region(m, 0, VFU_CONFIG, 8, 4, false, 0) >> 8 == 0x080600);
    CHECK(access_region(m, 1, VFU_CONFIG, 0, 4, false, 0) ==
          (PCI_DEVICE_ENGINE << 16 | PCI_VENDOR));
    access_region(m, 1, VFU_CONFIG, 0, 4, true, 0xffffffff); /* read only */
    CHECK(access_region(m, 1, VFU_CONFIG, 0, 4, false, 0) ==
          (PCI_DEVICE_ENGINE << 16 | PCI_VENDOR));
    access_region(m, 1, VFU_CONFIG, 0x10, 4, true, 0xffffffff);
    CHECK(access_region(m, 1, VFU_CONFIG, 0x10, 4, false, 0) == 0xfffff004); /* 4 KiB, 64 bits */
    unsigned at = (unsigned)access_region(m, 1, VFU_CONFIG, 0x34, 1, false, 0), found = 0;
    for (unsigned i = 0; i < 10 && at != 0; i++) {
        uint64_t head = access_region(m, 1, VFU_CONFIG, at, 2, false, 0);
        found |= 1u << (head & 31);
        at = (unsigned)(head >> 8);
    }
    CHECK(found == (1u << 5 | 1u << 16)); /* MSI, PCI Express */
    CHECK((access_region(m, 1, VFU_CONFIG, 0x100, 4, false, 0) & 0xffff) == 0x1b);
    CHECK(access_region(m, 0, VFU_CONFIG, 0x100, 4, false, 0) == 0);
    iommu_config_named(machine_kind.on_rtl ? rtl_config() : "full", &config);
    CHECK(bar_get(m, 0, IOMMU_REG_CAPABILITIES, 8) == config.capabilities);
    CHECK(bar_get(m, 0, IOMMU_REG_DDTP, 8) != 0);
    access_region(m, 0, VFU_CONFIG, 0x68, 2, true, 0x8000); /* function-level reset */
    CHECK(bar_get(m, 0, IOMMU_REG_DDTP, 8) == 0);
    return finish(m) && good;
}

static bool test_engine(void)
{
    struct machine *m = start();
    bool good = true;

    for (unsigned who = 1; who < 3; who++) {
        uint8_t *page = m->ram + (DATA - RAM) + (who - 1) * 0x2000;
        for (unsigned i = 0; i < 4096; i++)
            page[4096 + i] = (uint8_t)(i * 5 + who);
        CHECK(run(m, who, ENGINE_COPY, IOVA + 0x1003, IOVA + 1, 4000, 0, 0) == ENGINE_STATUS_DONE);
        CHECK(memcmp(page + 1, page + 4096 + 3, 4000) == 0);
        CHECK(run(m, who, ENGINE_FILL, 0, IOVA, 16, 0xaabb, 0) == ENGINE_STATUS_DONE);
        CHECK(page[0] == 0xbb && page[1] == 0xaa && page[8] == 0xbb && page[2] == 0);
        CHECK(m->bridge.faults == 0 || who == 2);
        CHECK(drain(m) == 0);
        /* Writing where it may read only; nothing is written. */
        uint8_t before = page[4096];
        CHECK(run(m, who, ENGINE_FILL, 0, IOVA + 0x1000, 8, 0x99, 0) ==
              (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
        CHECK(page[4096] == before && drain(m) == IOMMU_CAUSE_WRITE_PAGE_FAULT);
        CHECK(bar_get(m, who, ENGINE_FAULT_ADDRESS, 8) == IOVA + 0x1000);
        /* Up to the end of what is mapped, and beyond. */
        CHECK(run(m, who, ENGINE_CHECKSUM, IOVA + 0x1f00, 0, 256, 0, 0) == ENGINE_STATUS_DONE);
        CHECK(run(m, who, ENGINE_CHECKSUM, IOVA + 0x1f00, 0, 257, 0, 0) ==
              (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
        CHECK(drain(m) == IOMMU_CAUSE_READ_PAGE_FAULT);
    }
    /* Another's page is out of reach: each has its own tables. */
    CHECK(m->ram[DATA - RAM + 4096] != m->ram[DATA - RAM + 0x3000]);
    /* Without bus mastering nothing moves. */
    access_region(m, 1, VFU_CONFIG, 4, 2, true, 2);
    CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA, 0, 8, 0, 0) ==
          (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
    CHECK(drain(m) == 0);
    /* A hostile operation is none where the server does not allow it. */
    CHECK(run(m, 2, ENGINE_STORM, 0, 0, 0, 10, 0) == (ENGINE_STATUS_DONE | ENGINE_STATUS_FAULT));
    return finish(m) && good;
}

static bool test_interrupts(void)
{
    struct machine *m = start();
    bool good = true;
    uint64_t leaf = LEAF + 16;

    for (unsigned who = 0; who < 2; who++) {
        access_region(m, who, VFU_CONFIG, 0x44, 8, true, who == 0 ? FILE_MSI : IOVA + 0x2000);
        access_region(m, who, VFU_CONFIG, 0x4c, 2, true, 40 + who);
        access_region(m, who, VFU_CONFIG, 0x42, 2, true, 0x81);
    }
    /* The interrupt file is not mapped: no interrupt, but a fault, and the IOMMU's own. */
    run(m, 1, ENGINE_FILL, 0, IOVA, 8, 0, ENGINE_CONTROL_INTERRUPT);
    bar_get(m, 0, IOMMU_REG_IPSR, 4);
    CHECK(m->messages == 1 && m->last_address == FILE_MSI && m->last_data == 40);
    CHECK(drain(m) == IOMMU_CAUSE_WRITE_PAGE_FAULT);
    put64(m, leaf, FILE_MSI >> 12 << 10 | 0xd7);
    bar_put(m, 0, IOMMU_REG_IPSR, 4, IOMMU_IPSR_FIP_MASK);
    m->messages = 0;
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA, 8, 0, ENGINE_CONTROL_INTERRUPT) == ENGINE_STATUS_DONE);
    CHECK(m->messages == 1 && m->last_address == FILE_MSI && m->last_data == 41);
    /* Only whole words go there; and reading it is refused. */
    CHECK(run(m, 1, ENGINE_FILL, 0, IOVA + 0x2000, 3, 0, 0) != ENGINE_STATUS_DONE);
    CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA + 0x2000, 0, 4, 0, 0) != ENGINE_STATUS_DONE);
    CHECK(m->messages == 1);
    return finish(m) && good;
}

/** Does the lockstep notice what is not so? */
static bool test_lies(void)
{
    bool good = true;

    for (unsigned lie = 0; lie < 6; lie++) {
        CHECK(lie != 0 || recording == NULL || rtl_record(recording));
        struct machine *m = start();
        struct iommu_request request = {.iova = IOVA, .device_id = 0x10, .length = 8};
        uint64_t word = 1;

        CHECK(run(m, 1, ENGINE_CHECKSUM, IOVA, 0, 8, 0, 0) == ENGINE_STATUS_DONE);
        CHECK(both_wrong() == NULL && both_compared() > 0);
        if (lie == 0) /* the neighbouring page */
            both_burst(&request, false, DATA + 0x1000);
        else if (lie == 1) /* refused */
            both_burst(&request, true, 0);
        else if (lie == 2) /* a store that nobody asked for */
            both_saw_write(QUEUE, &word, 8);
        else if (lie == 3)
            both_mmio_read(IOMMU_REG_DDTP, 8, 0);
        else if (lie == 4) { /* a message that nobody asked for */
            struct iommu_message message = {.device_id = 0x10, .payload = IOVA};
            both_saw_message(&message);
        } else { /* rights that the device does not have: EN_ATS is clear */
            struct ats_completion completion = {.payload = ATS_R | ATS_W};
            request.type = IOMMU_ATS_TRANSLATION;
            both_translation(&request, &completion);
        }
        bar_put(m, 0, IOMMU_REG_IPSR, 4, 0);
        CHECK(both_wrong() != NULL);
        CHECK(lie != 0 || recording == NULL || rtl_record_end(both_wrong()));
        CHECK(!finish(m));
    }
    return good;
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"config", test_config, ANY},         {"engine", test_engine, ANY},
        {"interrupts", test_interrupts, ANY}, {"edges", test_edges, ANY},
        {"storm", test_storm, ANY},           {"storm-ats", test_storm_ats, ATS_ONLY},
        {"trespass", test_trespass, ANY},     {"lies", test_lies, LOCKSTEP_ONLY}};

    if (argc > 1)
        hostile.seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        hostile.requests = strtoull(argv[2], NULL, 0);
    if (argc > 4)
        recording = argv[4];
    return run_tests(argc > 3 ? argv[3] : "model", tests, sizeof(tests) / sizeof(tests[0]));
}
