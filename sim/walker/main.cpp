// SPDX-License-Identifier: Apache-2.0
//
// The walker against the golden model: random tables in one memory, many requests in flight,
// memory answers late and in any order; each answer is compared with what the model says of
// the memory as it is then. C++ only because Verilator makes classes.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "Vtb_walker.h"
#include "verilated.h"

extern "C" {
#include "iommu.h"
}

namespace
{

constexpr uint64_t kBase = 0x80000000;
constexpr unsigned kPages = 192;
constexpr unsigned kPageBytes = 4096;
constexpr unsigned kTags = 24;

uint8_t *memory;
uint64_t seed, state;
uint64_t failed_page, poisoned_page;
bool update_by_model, big_endian;
unsigned long failures;

uint64_t random64()
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dull;
}

unsigned below(unsigned n)
{
    return static_cast<unsigned>((random64() >> 33) % n);
}

bool one_in(unsigned n)
{
    return below(n) == 0;
}

iommu_mem_status status_of(uint64_t address)
{
    if (address < kBase || address - kBase >= kPages * kPageBytes ||
        address / kPageBytes == failed_page)
        return IOMMU_MEM_ACCESS_FAULT;
    return address / kPageBytes == poisoned_page ? IOMMU_MEM_POISON : IOMMU_MEM_OK;
}

iommu_mem_status model_read(void *, const iommu_access *access, void *data)
{
    iommu_mem_status status = status_of(access->address);
    if (status == IOMMU_MEM_OK)
        memcpy(data, memory + (access->address - kBase), access->size);
    return status;
}

iommu_mem_status model_amo(void *, const iommu_access *access, iommu_amo, uint64_t, uint64_t,
                           uint64_t *)
{
    // The hardware has answered, so that whatever had to be set is set.
    update_by_model = true;
    (void)access;
    return IOMMU_MEM_ACCESS_FAULT;
}

uint64_t fault_record[4];
bool fault_seen;

iommu_mem_status model_write(void *, const iommu_access *access, const void *data)
{
    if (access->structure == IOMMU_FQ) {
        memcpy(fault_record, data, sizeof(fault_record));
        for (unsigned i = 0; i < 4 && big_endian; i++)
            fault_record[i] = __builtin_bswap64(fault_record[i]);
        fault_seen = true;
        return IOMMU_MEM_OK;
    }
    return IOMMU_MEM_ACCESS_FAULT;
}

// --- random tables -----------------------------------------------------------------------------

// Pages by what they mostly hold.
enum Kind { kDirectory, kContexts, kProcessDirectory, kProcesses, kTable, kMsi, kKinds };

Kind kind_of(unsigned page)
{
    if (page < 8)
        return kDirectory;
    if (page < 24)
        return kContexts;
    if (page < 32)
        return kProcessDirectory;
    if (page < 40)
        return kProcesses;
    if (page < 44)
        return kMsi;
    return kTable;
}

uint64_t ppn_of_kind(Kind kind)
{
    static const unsigned first[] = {0, 8, 24, 32, 44, 40};
    static const unsigned count[] = {8, 16, 8, 8, kPages - 44, 4};
    return kBase / kPageBytes + first[kind] + below(count[kind]);
}

uint64_t pte(bool narrow)
{
    uint64_t value = 0;
    unsigned dice = below(20);
    uint64_t ppn = ppn_of_kind(kTable);

    // Leaves may lead anywhere. Pointers lead to tables only: were contexts read as PTEs, their
    // A/D updates would change contexts that are cached.
    if (dice >= 10) {
        if (one_in(3))
            ppn &= ~0x1ffull; // may be a superpage
        if (one_in(12))
            ppn = (ppn & ~0xfull) | 8;
        if (one_in(40))
            ppn = random64() & 0xfffffffffffull;
    } else if (one_in(40)) {
        ppn |= 1ull << 30; // beyond memory
    }
    if (dice < 10) {
        value = IOMMU_PTE_V_MASK;
    } else if (dice < 19) {
        value = IOMMU_PTE_V_MASK | IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK | IOMMU_PTE_U_MASK |
                IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | (one_in(2) ? IOMMU_PTE_X_MASK : 0);
        if (one_in(3))
            value ^= 1ull << below(8);
        if (one_in(4))
            value &= ~(IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK);
        if (!narrow && one_in(8))
            value |= random64() & IOMMU_PTE_PBMT_MASK;
        if (!narrow && one_in(12))
            value |= IOMMU_PTE_N_MASK;
    } else {
        value = random64() & 0xff;
    }
    if (!narrow && one_in(60))
        value |= 1ull << (54 + below(10));
    if (one_in(6))
        value |= IOMMU_PTE_G_MASK;
    return value | (narrow ? (ppn & 0x3fffff) << 10 : IOMMU_PREP(IOMMU_PTE_PPN, ppn));
}

void store64(unsigned page, unsigned offset, uint64_t value, bool big_endian)
{
    uint8_t *at = memory + page * kPageBytes + offset;
    for (unsigned i = 0; i < 8; i++)
        at[big_endian ? 7 - i : i] = static_cast<uint8_t>(value >> (8 * i));
}

struct Setup {
    iommu_config config;
    uint64_t ddtp;
    uint32_t fctl;
    bool narrow; // tables are mostly Sv32
    unsigned asids;
};

// Spaces that share their IDs must share their tables, so the IDs follow from the tables.
uint64_t id_of(uint64_t mode, uint64_t ppn)
{
    return (ppn - kBase / kPageBytes) & 0xff | mode << 8;
}

uint64_t scheme_mode(const Setup &setup)
{
    if (one_in(4))
        return 0;
    if (one_in(30))
        return below(16);
    if (setup.narrow)
        return 8;
    return 8 + (one_in(2) ? 0 : below(3));
}

void make_context(const Setup &setup, unsigned page, unsigned offset)
{
    bool be = setup.fctl & IOMMU_FCTL_BE_MASK;
    uint64_t caps = setup.config.capabilities;
    uint64_t tc = one_in(12) ? 0 : IOMMU_DC_TC_V_MASK;
    uint64_t words[8] = {};
    bool flat = caps & IOMMU_CAPABILITIES_MSI_FLAT_MASK;
    bool processes = (caps & IOMMU_CAPABILITIES_PD8_MASK) && one_in(3);

    if (processes)
        tc |= IOMMU_DC_TC_PDTV_MASK | (one_in(2) ? IOMMU_DC_TC_DPE_MASK : 0);
    if ((caps & IOMMU_CAPABILITIES_AMO_HWAD_MASK) && one_in(2))
        tc |= IOMMU_DC_TC_SADE_MASK;
    if ((caps & IOMMU_CAPABILITIES_AMO_HWAD_MASK) && one_in(2))
        tc |= IOMMU_DC_TC_GADE_MASK;
    if ((caps & IOMMU_CAPABILITIES_END_MASK) ? be != one_in(6) : be)
        tc |= IOMMU_DC_TC_SBE_MASK;
    if (setup.narrow)
        tc |= IOMMU_DC_TC_SXL_MASK;
    if (one_in(8))
        tc |= IOMMU_DC_TC_DTF_MASK;
    if ((caps & IOMMU_CAPABILITIES_ATS_MASK) && one_in(3))
        tc |= IOMMU_DC_TC_EN_ATS_MASK;
    uint64_t second_mode = one_in(2) ? 0 : scheme_mode(setup);
    uint64_t second_root = ppn_of_kind(kTable) & ~(one_in(40) ? 0ull : 3ull);
    words[1] = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, second_mode) |
               IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, id_of(second_mode, second_root)) |
               IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, second_root);
    if ((tc & IOMMU_DC_TC_EN_ATS_MASK) && one_in(2) && words[1] >> 60 != 0)
        tc |= IOMMU_DC_TC_T2GPA_MASK;
    uint64_t first_mode = scheme_mode(setup), first_root = ppn_of_kind(kTable);
    // The endianness goes into the ID, too: it is part of what the tables mean.
    uint64_t sbe = tc & IOMMU_DC_TC_SBE_MASK ? 1 << 12 : 0;
    words[2] = IOMMU_PREP(IOMMU_DC_TA_PSCID, id_of(first_mode, first_root) | sbe);
    if (caps & IOMMU_CAPABILITIES_QOSID_MASK)
        words[2] |= IOMMU_PREP(IOMMU_DC_TA_RCID, below(8)) | IOMMU_PREP(IOMMU_DC_TA_MCID, below(8));
    words[3] = processes ? IOMMU_PREP(IOMMU_DC_FSC_MODE, one_in(30) ? below(16) : below(4)) |
                               IOMMU_PREP(IOMMU_DC_FSC_PPN,
                                          ppn_of_kind(one_in(2) ? kProcessDirectory : kProcesses))
                         : IOMMU_PREP(IOMMU_DC_FSC_MODE, first_mode) |
                               IOMMU_PREP(IOMMU_DC_FSC_PPN, first_root);
    if (flat && words[1] >> 60 != 0 && one_in(3)) {
        words[4] = IOMMU_PREP(IOMMU_DC_MSIPTP_MODE, 1) |
                   IOMMU_PREP(IOMMU_DC_MSIPTP_PPN, ppn_of_kind(kMsi));
        words[5] = 0x3 << below(3);
        words[6] = one_in(2) ? ppn_of_kind(kTable) : below(64);
    }
    if (one_in(25))
        tc ^= 1ull << below(64);
    if (one_in(60))
        words[1 + below(7)] ^= 1ull << below(64);
    words[0] = tc;
    for (unsigned i = 0; i < (flat ? 8u : 4u); i++)
        store64(page, offset + i * 8, words[i], be);
}

void make_page(const Setup &setup, unsigned page)
{
    bool be = setup.fctl & IOMMU_FCTL_BE_MASK;
    unsigned dc_bytes = (setup.config.capabilities & IOMMU_CAPABILITIES_MSI_FLAT_MASK) ? 64 : 32;

    for (unsigned offset = 0; offset < kPageBytes; offset += 8) {
        uint64_t value = 0;
        Kind kind = kind_of(page);

        switch (kind) {
        case kDirectory:
        case kProcessDirectory:
            value = IOMMU_PREP(IOMMU_DDTE_PPN,
                               ppn_of_kind(kind == kDirectory
                                               ? (one_in(3) ? kDirectory : kContexts)
                                               : (one_in(3) ? kProcessDirectory : kProcesses))) |
                    (one_in(25) ? 0 : 1);
            if (one_in(60))
                value |= 1ull << below(64);
            break;
        case kContexts:
            if (offset % dc_bytes == 0)
                make_context(setup, page, offset);
            continue;
        case kProcesses:
            if (offset % 16 == 0) {
                uint64_t mode = scheme_mode(setup), root = ppn_of_kind(kTable);
                // Contexts of both endiannesses may lead here; then the IDs tell nothing.
                value = (one_in(20) ? 0 : 1) | (one_in(2) ? 2 : 0) | (one_in(2) ? 4 : 0) |
                        IOMMU_PREP(IOMMU_PC_TA_PSCID, id_of(mode, root) | 1 << 13) |
                        (one_in(60) ? 1ull << below(12) : 0);
                store64(page, offset + 8,
                        IOMMU_PREP(IOMMU_PC_FSC_MODE, mode) | IOMMU_PREP(IOMMU_PC_FSC_PPN, root),
                        be);
                store64(page, offset, value, be);
            }
            continue;
        case kMsi:
            if (offset % 16 == 0)
                value = one_in(10) ? random64()
                                   : (one_in(10) ? 0 : 1) | (one_in(4) ? 2 : 6) |
                                         IOMMU_PREP(IOMMU_MSIPTE_PPN, random64());
            else
                value = one_in(4) ? random64() : IOMMU_PREP(IOMMU_MSIPTE_MRIF_NPPN, random64());
            break;
        default:
            value = setup.narrow ? pte(true) | pte(true) << 32 : pte(false);
            break;
        }
        store64(page, offset, value, be);
    }
}

// --- requests ----------------------------------------------------------------------------------

struct Pending {
    bool busy;
    iommu_request request;
    uint64_t issued;
};

Pending pending[kTags];
bool updated; // an A or D was set in this round

iommu_request random_request(const Setup &setup)
{
    iommu_request request = {};
    bool ats = setup.config.capabilities & IOMMU_CAPABILITIES_ATS_MASK;

    request.device_id = one_in(20) ? below(1 << 24) : below(setup.asids);
    if ((setup.config.capabilities & IOMMU_CAPABILITIES_PD8_MASK) && one_in(3)) {
        request.process_id_valid = true;
        request.process_id = one_in(20) ? below(1 << 20) : below(4);
        request.privileged = one_in(2);
    }
    request.type = ats && one_in(4) ? 1 + below(2) : IOMMU_UNTRANSLATED;
    request.access = below(request.type == IOMMU_ATS_TRANSLATION ? 2 : 3);
    request.execute = request.type == IOMMU_ATS_TRANSLATION && one_in(3);
    switch (below(8)) {
    case 0:
        request.iova = random64();
        break;
    case 1:
        request.iova = (uint64_t)(int64_t)(random64() >> below(40));
        break;
    case 2:
        request.iova = -(random64() >> (20 + below(40)));
        break;
    default:
        // Few bits set, so that few tables are in play.
        request.iova =
            (random64() & random64() & random64() & (setup.narrow ? 0xffffffff : 0x7fffffffff));
        break;
    }
    return request;
}

// --- comparison --------------------------------------------------------------------------------

void complain(const Setup &setup, const iommu_request &request, const char *what, uint64_t got,
              uint64_t want)
{
    if (failures++ < 20)
        fprintf(stderr,
                "seed %" PRIu64 ": device %x process %d:%x %s type %d access %d iova %" PRIx64
                ": %s is %" PRIx64 ", the model says %" PRIx64 "\n",
                seed, request.device_id, request.process_id_valid, request.process_id,
                request.privileged ? "S" : "U", request.type, request.access, request.iova, what,
                got, want);
    (void)setup;
}

void compare(const Setup &setup, iommu *model, const iommu_request &request, const Vtb_walker &top,
             bool reported, const uint64_t *record)
{
    update_by_model = false;
    fault_seen = false;
    iommu_response want = iommu_translate(model, &request);

#define CHECK(what, got, expected)                                                                 \
    do {                                                                                           \
        if ((uint64_t)(got) != (uint64_t)(expected))                                               \
            complain(setup, request, what, (uint64_t)(got), (uint64_t)(expected));                 \
    } while (0)
    // An address beyond all physical ones that nothing translates: the model leaves it to memory
    // to refuse it; the walker refuses it without a record.
    bool beyond =
        want.status == IOMMU_SUCCESS && want.cause == 0 && want.target == IOMMU_TARGET_MEMORY &&
        want.address >> 56 != 0 &&
        !(request.type == IOMMU_ATS_TRANSLATION && want.address >> 12 != request.iova >> 12);
    if (beyond && top.rsp_fault_o) {
        CHECK("a record", reported, 0);
        return;
    }
    CHECK("an A/D update that is missing", update_by_model, 0);
    CHECK("cause", top.rsp_cause_o, want.cause);
    CHECK("fault", top.rsp_fault_o, want.status != IOMMU_SUCCESS);
    CHECK("a record", reported, want.fault_reported);
    if (reported && fault_seen) {
        CHECK("record cause", record[0], IOMMU_GET(fault_record[0], IOMMU_FQ_CAUSE));
        CHECK("record TTYP", record[1], IOMMU_GET(fault_record[0], IOMMU_FQ_TTYP));
        CHECK("iotval", record[2], fault_record[2]);
        CHECK("iotval2", record[3], fault_record[3]);
    }
    if (want.status == IOMMU_SUCCESS && want.cause == 0) {
        CHECK("target", top.rsp_target_o, want.target);
        if (want.target != IOMMU_TARGET_MRIF)
            CHECK("ppn", top.rsp_ppn_o, want.address >> 12 & 0xfffffffffff);
        // iommu_ats knows what was asked. Another request may have set D, which the model sees, and
        // a cached PTE does not.
        bool raced = updated && top.rsp_perms_o == (want.permissions & ~IOMMU_PERM_W) &&
                     request.access != IOMMU_WRITE;
        if (request.type != IOMMU_ATS_TRANSLATION && !raced)
            CHECK("permissions", top.rsp_perms_o, want.permissions);
        CHECK("pbmt", top.rsp_pbmt_o, want.pbmt);
        CHECK("rcid", top.rsp_rcid_o, want.rcid);
        CHECK("mcid", top.rsp_mcid_o, want.mcid);
        CHECK("log2", top.rsp_log2_o, want.page_log2);
    }
#undef CHECK
}

// --- the hardware's memory ---------------------------------------------------------------------

struct Access {
    bool busy;
    uint64_t address, compare, swap;
    unsigned beats, done, tag, op;
    uint64_t when;
};

constexpr unsigned kAccesses = 40;
Access accesses[kAccesses];

uint64_t load_raw(uint64_t address)
{
    uint64_t value;
    memcpy(&value, memory + (address - kBase), 8);
    return value;
}

} // namespace

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 2 ? strtoul(argv[2], nullptr, 0) : 20;
    unsigned long per_round = 400, compared = 0, faults = 0;
    const char *names[] = {"small", "base", "full"};
    auto context = std::make_unique<VerilatedContext>();
    auto top = std::make_unique<Vtb_walker>(context.get());
    uint64_t first_seed = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;

    if (argc > 3 || (argc > 1 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: walker [SEED [ROUNDS]]\n");
        return 2;
    }
    memory = static_cast<uint8_t *>(malloc(kPages * kPageBytes));
    for (unsigned long round = 0; round < rounds; round++) {
        Setup setup;
        iommu_bus bus = {};
        char error[128];

        seed = first_seed + round;
        state = seed * 0x9e3779b97f4a7c15ull + 1;
        random64();
        iommu_config_named(names[WALKER_CONFIG], &setup.config);
        setup.config.ddt_cache_entries = setup.config.pdt_cache_entries = 0;
        setup.config.iotlb_entries = 0;
        setup.narrow = (setup.config.capabilities & IOMMU_CAPABILITIES_SV32_MASK) && one_in(3);
        setup.fctl = setup.config.fctl_reset;
        if (setup.narrow)
            setup.fctl |= one_in(2) ? IOMMU_FCTL_GXL_MASK : 0;
        if ((setup.config.capabilities & IOMMU_CAPABILITIES_END_MASK) && one_in(3))
            setup.fctl |= IOMMU_FCTL_BE_MASK;
        big_endian = setup.fctl & IOMMU_FCTL_BE_MASK;
        setup.asids = one_in(4) ? 64 : 6;
        unsigned mode = one_in(40) ? below(2) : 2 + below(WALKER_CONFIG == 0 ? 2 : 3);
        setup.ddtp = mode | IOMMU_PREP(IOMMU_DDTP_PPN, mode == 2 ? ppn_of_kind(kContexts)
                                                                 : ppn_of_kind(kDirectory));
        for (unsigned page = 0; page < kPages; page++)
            make_page(setup, page);
        failed_page = one_in(3) ? kBase / kPageBytes + below(kPages) : 0;
        poisoned_page = one_in(3) ? kBase / kPageBytes + below(kPages) : 0;

        bus.read = model_read;
        bus.write = model_write;
        bus.amo = model_amo;
        iommu *model = iommu_create(&setup.config, &bus, error, sizeof(error));
        if (model == nullptr) {
            fprintf(stderr, "%s\n", error);
            return 1;
        }
        iommu_mmio_write(model, IOMMU_REG_FCTL, 4, setup.fctl);
        iommu_mmio_write(model, IOMMU_REG_FQB, 8, 1);
        iommu_mmio_write(model, IOMMU_REG_FQCSR, 4, 1);
        iommu_mmio_write(model, IOMMU_REG_IOMMU_QOSID, 4, 0x00110022); // as tb_walker has it
        iommu_mmio_write(model, IOMMU_REG_DDTP, 8, setup.ddtp);
        setup.ddtp &= ~0x10ull;

        memset(pending, 0, sizeof(pending));
        memset(accesses, 0, sizeof(accesses));
        top->rst_ni = 0;
        top->ddtp_i = setup.ddtp;
        top->fctl_i = setup.fctl;
        top->req_valid_i = top->mem_rsp_valid_i = top->inval_valid_i = 0;
        uint64_t cycle = 0, idle_since = 0;
        updated = false;
        unsigned long issued = 0, answered = 0;
        uint64_t records[kTags][4];
        bool reported[kTags] = {};
        Access *answering = nullptr;
        uint64_t last_record[4] = {};
        bool record_open = false;
        unsigned latency = 1 + below(40), stall = below(4);

        while (answered < per_round && failures < 20) {
            top->clk_i = 0;
            top->rst_ni = cycle > 3;
            // one request at a time is offered
            unsigned tag = kTags;
            for (unsigned i = 0; i < kTags; i++)
                if (!pending[i].busy)
                    tag = i;
            static iommu_request offered;
            static bool offering;
            if (cycle <= 3)
                offering = false;
            if (!offering && tag < kTags && issued < per_round &&
                (stall == 0 || !one_in(1 + stall))) {
                offered = random_request(setup);
                offering = true;
            }
            top->req_valid_i = offering && tag < kTags && cycle > 3;
            top->req_tag_i = tag;
            top->req_line_i = offered.iova >> 12 & 1; // whole lines for every other page
            top->req_kind_i = offered.type;
            top->req_access_i = offered.access;
            top->req_execute_i = offered.execute;
            top->req_device_id_i = offered.device_id;
            top->req_pv_i = offered.process_id_valid;
            top->req_process_id_i = offered.process_id_valid ? offered.process_id : 0;
            top->req_privileged_i = offered.process_id_valid && offered.privileged;
            top->req_iova_i = offered.iova;
            top->rsp_ready_i = !one_in(1 + stall * 2) || stall == 0;
            top->fault_ready_i = !one_in(1 + stall * 2) || stall == 0;
            unsigned room = kAccesses;
            for (unsigned i = 0; i < kAccesses; i++)
                if (!accesses[i].busy)
                    room = i;
            top->mem_ready_i = room < kAccesses && (stall == 0 || !one_in(1 + stall));
            // memory answers
            top->mem_rsp_valid_i = 0;
            if (answering == nullptr) {
                for (unsigned i = 0; i < kAccesses; i++)
                    if (accesses[i].busy && accesses[i].when <= cycle &&
                        (answering == nullptr || one_in(2)))
                        answering = &accesses[i];
            }
            if (answering != nullptr && cycle > 3) {
                uint64_t address = answering->address + 8 * answering->done;
                if (answering->op == 0 && answering->beats == 8) // a line wraps
                    address = (answering->address & ~63ull) | (address & 63);
                iommu_mem_status status = status_of(address);
                top->mem_rsp_valid_i = 1;
                top->mem_rsp_tag_i = answering->tag;
                top->mem_rsp_status_i = status;
                top->mem_rsp_data_i = status == IOMMU_MEM_OK ? load_raw(address) : random64();
                top->mem_rsp_last_i = answering->op != 0 || answering->done + 1 == answering->beats;
            }
            top->eval();
            bool accepted = top->req_valid_i && top->req_ready_o;
            bool mem_taken = top->mem_valid_o && top->mem_ready_i;
            bool answer = top->rsp_valid_o && top->rsp_ready_i && cycle > 3;
            if (answering != nullptr && cycle > 3) {
                if (answering->op != 0 && status_of(answering->address) == IOMMU_MEM_OK &&
                    load_raw(answering->address) == answering->compare) {
                    memcpy(memory + (answering->address - kBase), &answering->swap, 8);
                    updated = true;
                }
                answering->done++;
                if (top->mem_rsp_last_i) {
                    answering->busy = false;
                    answering = nullptr;
                }
            }
            if (mem_taken) {
                Access &access = accesses[room];
                access = Access{};
                access.busy = true;
                access.address = top->mem_address_o;
                access.beats = top->mem_beats_o + 1;
                access.tag = top->mem_tag_o;
                access.op = top->mem_op_o;
                access.compare = top->mem_compare_o;
                access.swap = top->mem_swap_o;
                access.when = cycle + 1 + below(latency);
            }
            if (top->fault_valid_o && top->fault_ready_i && cycle > 3) {
                last_record[0] = top->fault_cause_o;
                last_record[1] = top->fault_ttyp_o;
                last_record[2] = top->fault_iotval_o;
                last_record[3] = top->fault_iotval2_o;
                record_open = true;
            }
            if (answer) {
                unsigned which = top->rsp_tag_o;
                if (which >= kTags || !pending[which].busy) {
                    fprintf(stderr, "seed %" PRIu64 ": an answer for nobody\n", seed);
                    return 1;
                }
                reported[which] = record_open;
                memcpy(records[which], last_record, sizeof(last_record));
                record_open = false;
                compare(setup, model, pending[which].request, *top, reported[which],
                        records[which]);
                iommu_mmio_write(model, IOMMU_REG_FQCSR, 4, 0);
                iommu_mmio_write(model, IOMMU_REG_FQCSR, 4, 1);
                faults += top->rsp_fault_o;
                pending[which].busy = false;
                answered++;
                compared++;
                idle_since = cycle;
            }
            if (accepted) {
                pending[tag] = Pending{true, offered, cycle};
                issued++;
                offering = false;
            }
            top->clk_i = 1;
            top->eval();
            if (++cycle - idle_since > 20000) {
                fprintf(stderr, "seed %" PRIu64 ": no answer for 20000 cycles\n", seed);
                return 1;
            }
        }
        iommu_destroy(model);
        if (failures >= 20)
            break;
    }
    top->final();
    free(memory);
    printf("%s: %lu requests compared, %lu of them faults\n", names[WALKER_CONFIG], compared,
           faults);
    printf("%lu passed, %lu failed\n", failures == 0 ? 1ul : 0ul, failures);
    return failures != 0;
}
