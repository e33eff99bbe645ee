/* SPDX-License-Identifier: Apache-2.0 */
/* "Quality-of-Service (QoS) Identifiers Extension": which access carries which IDs. */
#include "scenes.h"

#define OWN_RCID 0x123u
#define OWN_MCID 0x456u
#define DEVICE_RCID 0x9abu
#define DEVICE_MCID 0xcdeu

/* The IOMMU's own IDs in iommu_qosid, the device's in DC.ta; twelve bits each. */
static void set_ids(struct scene *s)
{
    REG_SET(s->b, IOMMU_QOSID,
            IOMMU_PREP(IOMMU_IOMMU_QOSID_RCID, OWN_RCID) |
                IOMMU_PREP(IOMMU_IOMMU_QOSID_MCID, OWN_MCID));
    s->dc.ta |=
        IOMMU_PREP(IOMMU_DC_TA_RCID, DEVICE_RCID) | IOMMU_PREP(IOMMU_DC_TA_MCID, DEVICE_MCID);
    scene_update(s);
    bench_clear_log(s->b);
}

/* There were accesses for this structure, and all of them carried these IDs. */
static void check_ids(struct place place, struct bench *b, enum iommu_structure structure,
                      bool device)
{
    const struct event *event;
    test_note("structure %d", (int)structure);
    test_check(place, bench_accesses(b, structure) > 0, "there were accesses");
    for (size_t i = 0; (event = bench_access(b, structure, i)) != NULL; i++) {
        test_check_eq(place, event->access.rcid, device ? DEVICE_RCID : OWN_RCID, "RCID");
        test_check_eq(place, event->access.mcid, device ? DEVICE_MCID : OWN_MCID, "MCID");
    }
    test_note("%s", "");
}

static void check_response_ids(struct place place, struct iommu_response r, bool device)
{
    test_check_eq(place, r.status, IOMMU_SUCCESS, "status");
    test_check_eq(place, r.rcid, device ? DEVICE_RCID : OWN_RCID, "RCID of the response");
    test_check_eq(place, r.mcid, device ? DEVICE_MCID : OWN_MCID, "MCID of the response");
}

/* R294 */
TEST(qos_of_table_walks_and_of_the_response)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_guest_process(&s, b);
    set_ids(&s);
    pt_map(&s.second, 0x40000000, 0x90000000, 0, P_ALL);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    struct iommu_request request = with_pid(read_at(s.device, 0x1000), SCENE_PID);
    check_response_ids(HERE, bench_translate(b, request), true);
    check_ids(HERE, b, IOMMU_DDT, false);
    check_ids(HERE, b, IOMMU_PDT, true);
    check_ids(HERE, b, IOMMU_FIRST_STAGE, true);
    check_ids(HERE, b, IOMMU_SECOND_STAGE, true);
    /* A second request, answered by the caches, has the same IDs. */
    check_response_ids(HERE, bench_translate(b, request), true);
}

TEST(qos_of_msi_tables_and_memory_resident_files)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    msi_pt_write(b, s.msi_table, 1, msi_pte_mrif(mrif_create(b), bench_page(b), 3));
    set_ids(&s);
    scene_write32(&s, scene_msi_address(1, 0), 5);
    check_ids(HERE, b, IOMMU_MSI_PT, true);
    check_ids(HERE, b, IOMMU_MRIF, true);
}

/* An update of A and D bits belongs to the page table. */
TEST(qos_of_accessed_and_dirty_updates)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    s.dc.tc |= IOMMU_DC_TC_GADE_MASK;
    set_ids(&s);
    pt_map(&s.second, 0x1000, 0x90000000, 0, P_ALL & ~(P_A | P_D));
    bench_translate(b, write_at(s.device, 0x1000));
    CHECK_EQ(bench_events(b, EVENT_AMO), 1);
    check_ids(HERE, b, IOMMU_SECOND_STAGE, true);
}

/* R293 */
TEST(qos_of_queues_and_messages)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK | IOMMU_DC_TC_EN_PRI_MASK;
    set_ids(&s);
    REG_N_SET(b, MSI_ADDR, 0, bench_page(b));
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK | IOMMU_FQCSR_FIE_MASK);
    bench_translate(b, with_pid(read_at(s.device, 0), 1));
    struct iommu_page_request request = page_request_of(s.device, page_request_payload(0, 0));
    iommu_page_request(b->iommu, &request);
    bench_command(b, cmd_iofence(0, 0, 0));
    check_ids(HERE, b, IOMMU_FQ, false);
    check_ids(HERE, b, IOMMU_PQ, false);
    check_ids(HERE, b, IOMMU_CQ, false);
    check_ids(HERE, b, IOMMU_MSI, false);
}

TEST_BOTH(qos_of_all_devices_in_mode_bare)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    set_ids(&s);
    check_response_ids(HERE, bench_translate(b, read_at(s.device, 0x1000)), true);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_set_mode(b, IOMMU_DDTP_MODE_BARE);
    check_response_ids(HERE, bench_translate(b, read_at(s.device, 0x1000)), false);
    check_response_ids(HERE, bench_translate(b, write_at(0xffffff, 0x1000)), false);
}

/* Translated requests pass with the device's IDs too. */
TEST_BOTH(qos_of_translated_requests)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.tc |= IOMMU_DC_TC_EN_ATS_MASK;
    set_ids(&s);
    check_response_ids(HERE, bench_translate(b, as_translated(read_at(s.device, 0x1000))), true);
}

/* The device's own data. */
TEST(qos_of_device_data)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    set_ids(&s);
    pt_map(&s.second, 0x1000, bench_page(b), 0, P_ALL);
    CHECK_EQ(scene_write32(&s, 0x1000, 1).status, IOMMU_SUCCESS);
    check_ids(HERE, b, IOMMU_DATA, true);
}

static void narrow_ids(struct iommu_config *config)
{
    config->rcid_bits = 5;
    config->mcid_bits = 7;
}

/* R293: WARL; R98: wider values in a device context are a misconfiguration. */
TEST_BOTH(qos_widths)
{
    struct bench *b = bench_ready("max", narrow_ids);
    struct scene s;
    scene_bare(&s, b);
    REG_SET(b, IOMMU_QOSID, 0xffffffff);
    CHECK_EQ(REG(b, IOMMU_QOSID) & ~0x007f001full, 0);
    REG_SET(b, IOMMU_QOSID, 0x007f001f);
    CHECK_EQ(REG(b, IOMMU_QOSID), 0x007f001f);
    s.dc.ta = IOMMU_PREP(IOMMU_DC_TA_RCID, 0x1f) | IOMMU_PREP(IOMMU_DC_TA_MCID, 0x7f);
    scene_update(&s);
    CHECK_EQ(bench_translate(b, read_at(s.device, 0)).status, IOMMU_SUCCESS);
    s.dc.ta = IOMMU_PREP(IOMMU_DC_TA_RCID, 0x20);
    scene_update(&s);
    EXPECT_FAULT(b, read_at(s.device, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
    s.dc.ta = IOMMU_PREP(IOMMU_DC_TA_MCID, 0x80);
    scene_update(&s);
    EXPECT_FAULT(b, read_at(s.device, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
}

static void without_qos(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_QOSID_MASK;
    config->rcid_bits = 0;
    config->mcid_bits = 0;
}

TEST_BOTH(qos_register_is_zero_without_the_extension)
{
    struct bench *b = bench_ready("max", without_qos);
    struct scene s;
    scene_bare(&s, b);
    REG_SET(b, IOMMU_QOSID, 0xffffffff);
    CHECK_EQ(REG(b, IOMMU_QOSID), 0);
    s.dc.ta = IOMMU_PREP(IOMMU_DC_TA_RCID, 1);
    scene_update(&s);
    EXPECT_FAULT(b, read_at(s.device, 0), IOMMU_CAUSE_DDT_MISCONFIGURED);
}

static void reset_in_bare(struct iommu_config *config)
{
    config->reset_mode = IOMMU_DDTP_MODE_BARE;
}

/* R44 */
TEST_BOTH(qos_rcid_is_zero_after_reset_in_bare)
{
    struct bench *b = bench_create("max", reset_in_bare);
    REG_SET(b, IOMMU_QOSID, 0x00010001);
    iommu_reset(b->iommu);
    CHECK_EQ(REG_FIELD(b, DDTP, IOMMU_MODE), IOMMU_DDTP_MODE_BARE);
    CHECK_EQ(REG_FIELD(b, IOMMU_QOSID, RCID), 0);
}

/* R295: there is no capacity controller; what lies behind iommu_qosid reads as zero. */
TEST_BOTH(qos_has_no_further_registers)
{
    struct bench *b = bench_ready("max", NULL);
    for (uint32_t offset = IOMMU_REG_IOMMU_QOSID + 4; offset < IOMMU_REG_ICVEC; offset += 4) {
        reg_write(b, offset, 4, 0xffffffff);
        CHECK_EQ(reg_read(b, offset, 4), 0);
    }
}
