/* SPDX-License-Identifier: Apache-2.0 */
#include "stages.h"

const enum pt_mode first_modes[4] = {PT_SV32, PT_SV39, PT_SV48, PT_SV57};
const enum pt_mode second_modes[4] = {PT_SV32X4, PT_SV39X4, PT_SV48X4, PT_SV57X4};

const char *mode_name(enum pt_mode mode)
{
    static const char *const name[PT_MODES + 1] = {"Sv32",   "Sv39",   "Sv48",   "Sv57", "Sv32x4",
                                                   "Sv39x4", "Sv48x4", "Sv57x4", "Bare"};
    return name[mode];
}

struct bench *bench_for(enum pt_mode first, enum pt_mode second, config_tweak *tweak)
{
    struct bench *b = bench_create("max", tweak);
    (void)first; /* SXL=1 is legal with GXL=0 too, as GXL is writable in "max" */
    if (second == PT_SV32X4)
        bench_set_fctl(b, (uint32_t)REG(b, FCTL) | IOMMU_FCTL_GXL_MASK);
    unsigned levels = 3;
    while (levels > 1 && (b->config.ddt_levels & 1u << (levels - 1)) == 0)
        levels--;
    bench_start(b, levels);
    return b;
}

void stages_make(struct stages *s, struct bench *b, enum pt_mode first, enum pt_mode second)
{
    s->b = b;
    s->dc = bench_dc(b);
    s->guest = (struct guest){.second = NULL, .offset = 0};
    if (second != NO_STAGE) {
        s->second = pt_create(b, second);
        s->guest = (struct guest){.second = &s->second, .offset = GUEST_OFFSET};
        s->dc.iohgatp = pt_iohgatp(&s->second, GSCID);
    }
    if (first == PT_SV32)
        s->dc.tc |= IOMMU_DC_TC_SXL_MASK;
    if (first != NO_STAGE) {
        s->first = pt_create_guest(b, first, s->guest);
        s->dc.fsc = pt_iosatp(&s->first);
        s->dc.ta |= IOMMU_PREP(IOMMU_DC_TA_PSCID, PSCID);
    }
    bench_write_dc(b, DEVICE, &s->dc);
}

void stages_ready(struct stages *s, enum pt_mode first, enum pt_mode second, config_tweak *tweak)
{
    test_note("%s, %s", mode_name(first), mode_name(second));
    stages_make(s, bench_for(first, second, tweak), first, second);
}

void stages_update(struct stages *s)
{
    bench_write_dc(s->b, DEVICE, &s->dc);
    bench_invalidate_all(s->b);
}

void stages_set_pte(struct stages *s, struct page_table *pt, uint64_t address, uint64_t value)
{
    pt_write(pt, address, value);
    bench_invalidate_all(s->b);
}

void stages_add_process(struct stages *s, struct pdt *pdt, struct pc *pc)
{
    *pdt = pdt_create_guest(s->b, IOMMU_PDTP_MODE_PD20, s->guest);
    *pc = pc_bare();
    pc->ta |= IOMMU_PREP(IOMMU_PC_TA_PSCID, PSCID);
    pc->fsc = s->dc.fsc;
    s->dc.tc |= IOMMU_DC_TC_PDTV_MASK;
    s->dc.fsc = pdt_pdtp(pdt);
    pdt_write_pc(pdt, PROCESS, pc);
    stages_update(s);
}

void stages_update_process(struct stages *s, struct pdt *pdt, const struct pc *pc)
{
    pdt_write_pc(pdt, PROCESS, pc);
    bench_invalidate_all(s->b);
}

uint64_t mode_address(enum pt_mode mode, bool high)
{
    unsigned bits = pt_input_bits(mode);
    uint64_t mask = (1ull << bits) - 1;
    uint64_t sign = 1ull << (bits - 1);
    uint64_t address = 0x0a5d3c69962b4ea8ull & mask & ~sign;
    if (!high)
        return address;
    address |= sign;
    /* A wider virtual address is canonical: all upper bits equal its sign. */
    return pt_is_x4(mode) || mode == PT_SV32 ? address : address | ~mask;
}

uint64_t mode_target(enum pt_mode mode, unsigned level)
{
    /* The PPN of an Sv32 PTE reaches up to 34 bits, that of others up to 56. */
    uint64_t wide = pt_pte_size(mode) == 4 ? 0x2d4b96000ull : 0x5a96c36d4b6000ull;
    uint64_t page = 1ull << pt_page_log2(mode, level);
    return wide & ~(page - 1);
}

struct iommu_request request_of(unsigned kind, uint32_t device_id, uint64_t iova)
{
    if (kind == 0)
        return read_at(device_id, iova);
    return kind == 1 ? write_at(device_id, iova) : exec_at(device_id, iova);
}
