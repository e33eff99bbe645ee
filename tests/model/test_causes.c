/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test for each row of the CAUSE table in "Fault/Event-Queue (FQ)": how the fault
 * comes about, its record, and whether DTF=1 suppresses it.
 */
#include "scenes.h"

#define PA 0x90000000u

/* The same request with DTF=0 and DTF=1; the table's last column in `always`. */
static void check_cause(struct place place, struct scene *s, struct iommu_request request,
                        struct expected_fault expected, bool always)
{
    bench_invalidate_all(s->b);
    bench_expect_fault(place, s->b, request, expected);
    s->dc.tc |= IOMMU_DC_TC_DTF_MASK;
    scene_update(s);
    expected.suppressed = !always;
    bench_expect_fault(place, s->b, request, expected);
    s->dc.tc &= ~(uint64_t)IOMMU_DC_TC_DTF_MASK;
    scene_update(s);
}
#define CHECK_CAUSE(s, request, code, always)                                                      \
    check_cause(HERE, (s), (request), (struct expected_fault){.cause = (code)}, (always))
#define CHECK_GUEST_CAUSE(s, request, code, gpa)                                                   \
    check_cause(HERE, (s), (request), (struct expected_fault){.cause = (code), .iotval2 = (gpa)},  \
                false)

/* A fault that the I/O bridge found, with DTF=0 and DTF=1. */
static void check_bridge_cause(struct place place, struct iommu_request request, uint16_t cause,
                               bool always)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    pt_map(&s.second, 0x1000, PA, 0, P_ALL);
    request.device_id = s.device;
    test_check(place, iommu_report_fault(b->iommu, &request, cause), "the cause is known");
    bench_check_record(place, b, fault_of(request, cause, 0));
    s.dc.tc |= IOMMU_DC_TC_DTF_MASK;
    scene_update(&s);
    test_check(place, iommu_report_fault(b->iommu, &request, cause), "the cause is known");
    if (always)
        bench_check_record(place, b, fault_of(request, cause, 0));
    test_check_eq(place, bench_fault_count(b), 0, "fault records");
}

TEST(cause_1_instruction_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    bench_inject(b, pt_map(&s.first, 0x1000, PA, 0, P_ALL), 8, IOMMU_MEM_ACCESS_FAULT);
    CHECK_CAUSE(&s, exec_at(s.device, 0x1000), IOMMU_CAUSE_INSTR_ACCESS_FAULT, false);
}

TEST(cause_4_read_address_misaligned)
{
    check_bridge_cause(HERE, read_at(0, 0x1001), IOMMU_CAUSE_READ_ADDR_MISALIGNED, false);
}

TEST(cause_5_read_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    bench_inject(b, pt_map(&s.second, 0x1000, PA, 0, P_ALL), 8, IOMMU_MEM_ACCESS_FAULT);
    CHECK_CAUSE(&s, read_at(s.device, 0x1000), IOMMU_CAUSE_READ_ACCESS_FAULT, false);
}

TEST(cause_5_of_the_io_bridge)
{
    check_bridge_cause(HERE, read_at(0, 0x1008), IOMMU_CAUSE_READ_ACCESS_FAULT, false);
}

TEST(cause_6_write_address_misaligned)
{
    check_bridge_cause(HERE, write_at(0, 0x1002), IOMMU_CAUSE_WRITE_ADDR_MISALIGNED, false);
}

TEST(cause_7_write_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    bench_inject(b, pt_map(&s.first, 0x1000, PA, 0, P_ALL), 8, IOMMU_MEM_ACCESS_FAULT);
    CHECK_CAUSE(&s, write_at(s.device, 0x1000), IOMMU_CAUSE_WRITE_ACCESS_FAULT, false);
}

TEST(cause_7_of_the_io_bridge)
{
    check_bridge_cause(HERE, write_at(0, 0x1008), IOMMU_CAUSE_WRITE_ACCESS_FAULT, false);
}

TEST(cause_12_instruction_page_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, PA, 0, P_ALL & ~P_X);
    CHECK_CAUSE(&s, exec_at(s.device, 0x1000), IOMMU_CAUSE_INSTR_PAGE_FAULT, false);
}

TEST(cause_13_read_page_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    CHECK_CAUSE(&s, read_at(s.device, 0x1000), IOMMU_CAUSE_READ_PAGE_FAULT, false);
}

TEST(cause_15_write_page_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_first(&s, b);
    pt_map(&s.first, 0x1000, PA, 0, P_ALL & ~P_W);
    CHECK_CAUSE(&s, write_at(s.device, 0x1000), IOMMU_CAUSE_WRITE_PAGE_FAULT, false);
}

TEST(cause_20_instruction_guest_page_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    pt_map(&s.second, 0x1000, PA, 0, P_ALL & ~P_X);
    CHECK_GUEST_CAUSE(&s, exec_at(s.device, 0x1000), IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT, 0x1000);
}

TEST(cause_21_read_guest_page_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    CHECK_GUEST_CAUSE(&s, read_at(s.device, 0x1000), IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, 0x1000);
}

TEST(cause_23_write_guest_page_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    pt_map(&s.second, 0x1000, PA, 0, P_ALL & ~P_W);
    CHECK_GUEST_CAUSE(&s, write_at(s.device, 0x1000), IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, 0x1000);
}

TEST(cause_256_all_inbound_disallowed)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.tc |= IOMMU_DC_TC_DTF_MASK;
    scene_update(&s);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    EXPECT_FAULT(b, write_at(s.device, 0x1000), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
    EXPECT_FAULT(b, as_translated(exec_at(s.device, 0x1000)), IOMMU_CAUSE_ALL_INBOUND_DISALLOWED);
}

TEST(cause_257_ddt_entry_load_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    bench_inject(b, bench_ddt_entry(b, s.device, 0), 32, IOMMU_MEM_ACCESS_FAULT);
    CHECK_CAUSE(&s, read_at(s.device, 0x1000), IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT, true);
}

TEST(cause_258_ddt_entry_not_valid)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.tc = 0;
    scene_update(&s);
    CHECK_CAUSE(&s, read_at(s.device, 0x1000), IOMMU_CAUSE_DDT_NOT_VALID, true);
}

TEST(cause_259_ddt_entry_misconfigured)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    s.dc.ta |= 1;
    scene_update(&s);
    CHECK_CAUSE(&s, write_at(s.device, 0x1000), IOMMU_CAUSE_DDT_MISCONFIGURED, true);
}

TEST(cause_260_transaction_type_disallowed)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    CHECK_CAUSE(&s, as_translated(write_at(s.device, 0x1000)), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED,
                false);
    CHECK_CAUSE(&s, with_pid(read_at(s.device, 0x1000), 4), IOMMU_CAUSE_TRANS_TYPE_DISALLOWED,
                false);
}

TEST(cause_261_msi_pte_load_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    bench_inject(b, s.msi_table, 16, IOMMU_MEM_ACCESS_FAULT);
    CHECK_CAUSE(&s, write_at(s.device, SCENE_MSI), IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, false);
}

TEST(cause_262_msi_pte_not_valid)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    CHECK_CAUSE(&s, write_at(s.device, SCENE_MSI), IOMMU_CAUSE_MSI_PTE_NOT_VALID, false);
}

TEST(cause_263_msi_pte_misconfigured)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    msi_pt_write(b, s.msi_table, 0, (struct msi_pte){{IOMMU_MSIPTE_V_MASK, 0}});
    CHECK_CAUSE(&s, write_at(s.device, SCENE_MSI), IOMMU_CAUSE_MSI_PTE_MISCONFIGURED, false);
}

TEST(cause_264_mrif_access_fault)
{
    check_bridge_cause(HERE, write_at(0, 0x1000), IOMMU_CAUSE_MRIF_ACCESS_FAULT, false);
}

TEST(cause_265_pdt_entry_load_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    bench_inject(b, pdt_entry(&s.pdt, SCENE_PID, 0), 16, IOMMU_MEM_ACCESS_FAULT);
    CHECK_CAUSE(&s, with_priv(read_at(s.device, 0x1000), SCENE_PID),
                IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, false);
}

TEST(cause_266_pdt_entry_not_valid)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    CHECK_CAUSE(&s, with_pid(read_at(s.device, 0x1000), SCENE_PID + 1), IOMMU_CAUSE_PDT_NOT_VALID,
                false);
}

TEST(cause_267_pdt_entry_misconfigured)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    s.pc.ta |= 1 << 3;
    scene_update_process(&s);
    CHECK_CAUSE(&s, with_pid(read_at(s.device, 0x1000), SCENE_PID), IOMMU_CAUSE_PDT_MISCONFIGURED,
                false);
}

TEST(cause_268_ddt_data_corruption)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    bench_inject(b, bench_ddt_entry(b, s.device, 0), 32, IOMMU_MEM_POISON);
    CHECK_CAUSE(&s, read_at(s.device, 0x1000), IOMMU_CAUSE_DDT_DATA_CORRUPTION, true);
}

TEST(cause_269_pdt_data_corruption)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    bench_inject(b, pdt_entry(&s.pdt, SCENE_PID, 1), 8, IOMMU_MEM_POISON);
    CHECK_CAUSE(&s, with_pid(read_at(s.device, 0x1000), SCENE_PID), IOMMU_CAUSE_PDT_DATA_CORRUPTION,
                false);
}

TEST(cause_270_msi_pt_data_corruption)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_second(&s, b);
    scene_add_msi(&s);
    bench_inject(b, s.msi_table, 16, IOMMU_MEM_POISON);
    CHECK_CAUSE(&s, write_at(s.device, SCENE_MSI), IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION, false);
}

TEST(cause_271_mrif_data_corruption)
{
    check_bridge_cause(HERE, write_at(0, 0x1000), IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION, false);
}

TEST(cause_272_internal_data_path_error)
{
    check_bridge_cause(HERE, read_at(0, 0x1000), IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR, true);
}

/* No device is named, so that no DTF can apply. */
TEST(cause_273_iommu_msi_write_access_fault)
{
    struct bench *b = bench_ready("max", NULL);
    struct fault_record record;
    REG_N_SET(b, MSI_ADDR, 0, 0x7770);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK | IOMMU_CQCSR_CIE_MASK);
    bench_push(b, cmd_make(0, 0));
    REQUIRE(bench_pop_fault(b, &record));
    CHECK_EQ(record.dw[0], IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT);
    CHECK_EQ(record.iotval, 0x7770);
    CHECK_EQ(record.iotval2, 0);
    CHECK_NO_RECORD(b);
}

TEST(cause_274_page_table_data_corruption)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_nested(&s, b);
    pt_map(&s.first, 0x1000, 0x40000000, 0, P_ALL);
    uint64_t g_pte = pt_map(&s.second, 0x40000000, PA, 0, P_ALL);
    bench_inject(b, pt_entry(&s.first, 0x1000, 1), 8, IOMMU_MEM_POISON);
    CHECK_CAUSE(&s, read_at(s.device, 0x1000), IOMMU_CAUSE_PT_DATA_CORRUPTION, false);
    bench_clear_injections(b);
    bench_inject(b, g_pte, 8, IOMMU_MEM_POISON);
    CHECK_CAUSE(&s, write_at(s.device, 0x1000), IOMMU_CAUSE_PT_DATA_CORRUPTION, false);
}

/* R240: the I/O bridge can report only what the specification lets it find. */
TEST_BOTH(cause_other_is_not_reported)
{
    struct bench *b = bench_ready("max", NULL);
    struct iommu_request request = read_at(SCENE_DEVICE, 0x1000);
    for (unsigned cause = 0; cause < 4096; cause++) {
        switch (cause) {
        case 1:
        case 4:
        case 5:
        case 6:
        case 7:
        case 264:
        case 271:
        case 272:
            continue;
        default:
            break;
        }
        test_note("cause %u", cause);
        CHECK(!iommu_report_fault(b->iommu, &request, (uint16_t)cause));
    }
    test_note("%s", "");
    CHECK_EQ(REG(b, FQT), 0);
}
