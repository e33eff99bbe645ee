/* SPDX-License-Identifier: Apache-2.0 */
/* "IOMMU directory cache invalidation commands", and which invalidations are illegal. */
#include "scenes.h"

/* The command stops the queue with cmd_ill; the queue is then restarted empty. */
static void expect_illegal(struct place place, struct bench *b, struct command command)
{
    uint64_t index = b->cq_tail;
    bench_push(b, command);
    test_check_eq(place, REG_FIELD(b, CQCSR, CMD_ILL), 1, "cmd_ill");
    test_check_eq(place, REG(b, CQH), index, "cqh is at the offender");
    REG_SET(b, CQCSR, 0);
    REG_SET(b, CQT, 0);
    b->cq_tail = 0;
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
}
#define EXPECT_ILLEGAL(b, command) expect_illegal(HERE, (b), (command))

/* A Translated request passes or is disallowed: one bit of the device context shows. */
static bool ats_enabled(struct scene *s, uint32_t device)
{
    struct fault_record record;
    struct iommu_response r = bench_translate(s->b, as_translated(read_at(device, 0x1000)));
    bench_pop_fault(s->b, &record);
    return r.status == IOMMU_SUCCESS;
}

static void write_ats_bit(struct scene *s, uint32_t device, bool enable)
{
    struct dc dc = s->dc;
    dc.tc |= enable ? IOMMU_DC_TC_EN_ATS_MASK : 0;
    bench_write_dc(s->b, device, &dc);
}

/* R193, R298 */
TEST_BOTH(iodir_inval_ddt_of_one_device)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    for (unsigned i = 0; i < 2; i++) {
        write_ats_bit(&s, s.device, false);
        write_ats_bit(&s, s.device + 1, false);
        bench_command(b, cmd_iodir_all());
        CHECK(!ats_enabled(&s, s.device));
        CHECK(!ats_enabled(&s, s.device + 1));
        write_ats_bit(&s, s.device, true);
        write_ats_bit(&s, s.device + 1, true);
        bench_command(b, i == 0 ? cmd_iodir_ddt(s.device) : cmd_iodir_all());
        CHECK(ats_enabled(&s, s.device));
        if (i == 1)
            CHECK(ats_enabled(&s, s.device + 1));
    }
}

/* A non-leaf entry is only reached without a device. */
TEST_BOTH(iodir_inval_ddt_of_a_non_leaf_entry)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_bare(&s, b);
    CHECK(!ats_enabled(&s, s.device));
    for (unsigned level = 1; level <= 2; level++) {
        uint64_t entry = bench_ddt_entry(b, s.device, level);
        uint64_t before = bench_get64(b, entry);
        bench_put64(b, entry, IOMMU_DDTE_V_MASK | IOMMU_PREP(IOMMU_DDTE_PPN, bench_page(b) >> 12));
        write_ats_bit(&s, s.device, true);
        bench_command(b, cmd_iodir_all());
        CHECK(ats_enabled(&s, s.device));
        bench_put64(b, entry, before);
        bench_command(b, cmd_iodir_all());
        CHECK(!ats_enabled(&s, s.device));
    }
}

/* Is supervisor access enabled for the process? One bit of the process context shows. */
static bool supervisor_enabled(struct scene *s, uint32_t process_id)
{
    struct fault_record record;
    struct iommu_response r =
        bench_translate(s->b, with_priv(read_at(s->device, 0x1000), process_id));
    bench_pop_fault(s->b, &record);
    return r.status == IOMMU_SUCCESS;
}

static void write_ens_bit(struct scene *s, uint32_t process_id, bool enable)
{
    struct pc pc = pc_bare();
    pc.ta |= enable ? IOMMU_PC_TA_ENS_MASK : 0;
    pdt_write_pc(&s->pdt, process_id, &pc);
}

/* R194, and the process contexts that INVAL_DDT takes along. */
TEST_BOTH(iodir_inval_pdt_of_one_process)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    const struct command covering[] = {cmd_iodir_pdt(s.device, SCENE_PID), cmd_iodir_ddt(s.device),
                                       cmd_iodir_all()};
    for (unsigned i = 0; i < 3; i++) {
        write_ens_bit(&s, SCENE_PID, false);
        bench_command(b, cmd_iodir_all());
        CHECK(!supervisor_enabled(&s, SCENE_PID));
        write_ens_bit(&s, SCENE_PID, true);
        bench_command(b, covering[i]);
        test_note("command %u", i);
        CHECK(supervisor_enabled(&s, SCENE_PID));
    }
    test_note("%s", "");
}

TEST_BOTH(iodir_inval_ddt_covers_non_leaf_pdt_entries)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    write_ens_bit(&s, SCENE_PID, false);
    bench_command(b, cmd_iodir_all());
    CHECK(!supervisor_enabled(&s, SCENE_PID));
    for (unsigned level = 1; level <= 2; level++) {
        uint64_t entry = pdt_entry(&s.pdt, SCENE_PID, level);
        uint64_t before = bench_get64(b, entry);
        bench_put64(b, entry, IOMMU_PDTE_V_MASK | IOMMU_PREP(IOMMU_PDTE_PPN, bench_page(b) >> 12));
        write_ens_bit(&s, SCENE_PID, true);
        bench_command(b, cmd_iodir_ddt(s.device));
        CHECK(supervisor_enabled(&s, SCENE_PID));
        bench_put64(b, entry, before);
        bench_command(b, cmd_iodir_ddt(s.device));
        CHECK(!supervisor_enabled(&s, SCENE_PID));
    }
}

TEST_BOTH(iodir_illegal_operands)
{
    struct bench *b = bench_ready("max", NULL);
    struct command c = cmd_iodir_pdt(5, 6);
    c.dw[0] &= ~(uint64_t)IOMMU_CMD_IODIR_DV_MASK;
    EXPECT_ILLEGAL(b, c);
    c = cmd_iodir_ddt(5);
    c.dw[0] |= IOMMU_PREP(IOMMU_CMD_IODIR_PID, 1);
    EXPECT_ILLEGAL(b, c);
    /* DV=0: DID is ignored. */
    c = cmd_iodir_all();
    c.dw[0] |= IOMMU_CMD_IODIR_DID_MASK;
    bench_command(b, c);
    bench_command(b, cmd_iodir_ddt(0xffffff));
    bench_command(b, cmd_iodir_pdt(0xffffff, 0xfffff));
}

/* R195: the widths of extended-format device contexts are 6, 15 and 24 bits. */
TEST_BOTH(iodir_device_id_wider_than_the_mode)
{
    static const unsigned width[] = {6, 15};
    for (unsigned levels = 1; levels <= 2; levels++) {
        struct bench *b = bench_create("max", NULL);
        uint32_t first_bad = 1u << width[levels - 1];
        bench_start(b, levels);
        bench_command(b, cmd_iodir_ddt(first_bad - 1));
        bench_command(b, cmd_iodir_pdt(first_bad - 1, 0));
        EXPECT_ILLEGAL(b, cmd_iodir_ddt(first_bad));
        EXPECT_ILLEGAL(b, cmd_iodir_pdt(first_bad, 0));
        EXPECT_ILLEGAL(b, cmd_iodir_ddt(0x800000));
    }
}

static void one_level(struct iommu_config *config)
{
    config->ddt_levels = IOMMU_DDT_1LVL;
}

/* Without a directory in use, the widest that could be counts: software invalidates
 * before it switches ddtp on again. */
TEST_BOTH(iodir_device_id_width_in_mode_off)
{
    struct bench *b = bench_create("max", one_level);
    bench_start(b, 1);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_command(b, cmd_iodir_ddt(63));
    EXPECT_ILLEGAL(b, cmd_iodir_ddt(64));
    b = bench_ready("max", NULL);
    bench_set_mode(b, IOMMU_DDTP_MODE_OFF);
    bench_command(b, cmd_iodir_ddt(0xffffff));
}

static void only_pd8(struct iommu_config *config)
{
    config->capabilities &=
        ~(uint64_t)(IOMMU_CAPABILITIES_PD17_MASK | IOMMU_CAPABILITIES_PD20_MASK);
}

static void up_to_pd17(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)IOMMU_CAPABILITIES_PD20_MASK;
}

TEST_BOTH(iodir_process_id_wider_than_the_capabilities)
{
    struct bench *b = bench_ready("max", only_pd8);
    bench_command(b, cmd_iodir_pdt(5, 0xff));
    EXPECT_ILLEGAL(b, cmd_iodir_pdt(5, 0x100));
    b = bench_ready("max", up_to_pd17);
    bench_command(b, cmd_iodir_pdt(5, 0x1ffff));
    EXPECT_ILLEGAL(b, cmd_iodir_pdt(5, 0x20000));
    EXPECT_ILLEGAL(b, cmd_iodir_pdt(5, 0xfffff));
}

TEST_BOTH(iotinval_gvma_with_pscv_is_illegal)
{
    struct bench *b = bench_ready("max", NULL);
    EXPECT_ILLEGAL(b, cmd_iotinval_gvma(IOMMU_CMD_IOTINVAL_PSCV_MASK, 0));
    EXPECT_ILLEGAL(b, cmd_iotinval_gvma(IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_CMD_IOTINVAL_GV_MASK |
                                            IOMMU_CMD_IOTINVAL_AV_MASK,
                                        0x1000));
    /* PSCV=0: PSCID is ignored. */
    bench_command(b, cmd_iotinval_gvma(IOMMU_CMD_IOTINVAL_PSCID_MASK, 0));
}

static void without_extensions(struct iommu_config *config)
{
    config->capabilities &= ~(uint64_t)(IOMMU_CAPABILITIES_NL_MASK | IOMMU_CAPABILITIES_S_MASK);
}

/* Without their capabilities, bits 34 and 73 are reserved, ignored operand or not. */
TEST_BOTH(iotinval_extension_bits_without_the_extensions)
{
    struct bench *b = bench_ready("max", without_extensions);
    for (unsigned av = 0; av < 2; av++) {
        uint64_t fields = IOMMU_CMD_IOTINVAL_GV_MASK | (av ? IOMMU_CMD_IOTINVAL_AV_MASK : 0);
        EXPECT_ILLEGAL(b, cmd_iotinval_vma(fields | IOMMU_CMD_IOTINVAL_NL_MASK, 0x1000));
        EXPECT_ILLEGAL(b, cmd_iotinval_gvma(fields | IOMMU_CMD_IOTINVAL_NL_MASK, 0x1000));
        struct command c = cmd_iotinval_vma(fields, 0x1000);
        c.dw[1] |= IOMMU_CMD_IOTINVAL_S_MASK;
        EXPECT_ILLEGAL(b, c);
        c = cmd_iotinval_gvma(fields, 0x1000);
        c.dw[1] |= IOMMU_CMD_IOTINVAL_S_MASK;
        EXPECT_ILLEGAL(b, c);
        bench_command(b, cmd_iotinval_vma(fields, 0x1000));
        bench_command(b, cmd_iotinval_gvma(fields, 0x1000));
    }
}

/* Operands that do not count may hold anything. */
TEST_BOTH(iotinval_ignored_operands_are_not_checked)
{
    struct bench *b = bench_ready("max", NULL);
    struct command c = cmd_iotinval_vma(
        IOMMU_CMD_IOTINVAL_PSCID_MASK | IOMMU_CMD_IOTINVAL_GSCID_MASK | IOMMU_CMD_IOTINVAL_NL_MASK,
        ~0ull);
    c.dw[1] |= IOMMU_CMD_IOTINVAL_S_MASK;
    bench_command(b, c);
    c.dw[0] |= IOMMU_PREP(IOMMU_CMD_FUNC3, IOMMU_FUNC3_IOTINVAL_GVMA);
    bench_command(b, c);
    /* An address that no scheme can translate. */
    bench_command(b, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_AV_MASK, 0x7fff000000000000));
}

/* R302: no IOTINVAL reaches a directory cache, so an IODIR is what brings the change. */
TEST_BOTH(iotinval_does_not_stand_in_for_iodir)
{
    struct bench *b = bench_ready("max", NULL);
    struct scene s;
    scene_process(&s, b);
    write_ens_bit(&s, SCENE_PID, false);
    bench_command(b, cmd_iodir_all());
    CHECK(!supervisor_enabled(&s, SCENE_PID));
    write_ens_bit(&s, SCENE_PID, true);
    bench_command(b, cmd_iotinval_vma(0, 0));
    bench_command(b, cmd_iotinval_gvma(0, 0));
    bool cached = !supervisor_enabled(&s, SCENE_PID);
    CHECK_EQ(cached, b->config.pdt_cache_entries != 0);
    bench_command(b, cmd_iodir_pdt(s.device, SCENE_PID));
    CHECK(supervisor_enabled(&s, SCENE_PID));
}
