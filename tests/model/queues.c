/* SPDX-License-Identifier: Apache-2.0 */
/* The bench's queues: commands in, fault and page-request records out, and requests. */
#include "harness.h"

#define QUEUE_LOG2_COMMANDS 8
#define QUEUE_LOG2_FAULTS 7
#define QUEUE_LOG2_PAGE_REQUESTS 8

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct bench_queue make_queue(struct bench *b, uint32_t log2, uint32_t entry_bytes)
{
    struct bench_queue queue = {.log2 = smaller(log2, b->config.queue_log2_max)};
    uint64_t size = (uint64_t)entry_bytes << queue.log2;
    uint64_t align = size < 4096 ? 4096 : size;
    queue.base = bench_alloc(b, align, align);
    return queue;
}

static uint64_t queue_base_word(struct bench_queue queue)
{
    return IOMMU_PREP(IOMMU_CQB_PPN, queue.base >> 12) |
           IOMMU_PREP(IOMMU_CQB_LOG2SZ_1, queue.log2 - 1);
}

void bench_start_queues(struct bench *b)
{
    b->cq = make_queue(b, QUEUE_LOG2_COMMANDS, IOMMU_CMD_BYTES);
    REG_SET(b, CQB, queue_base_word(b->cq));
    REG_SET(b, CQT, 0);
    REG_SET(b, CQCSR, IOMMU_CQCSR_CQEN_MASK);
    REQUIRE(REG_FIELD(b, CQCSR, CQON) == 1);
    b->fq = make_queue(b, QUEUE_LOG2_FAULTS, IOMMU_FQ_RECORD_BYTES);
    REG_SET(b, FQB, queue_base_word(b->fq));
    REG_SET(b, FQH, 0);
    REG_SET(b, FQCSR, IOMMU_FQCSR_FQEN_MASK);
    REQUIRE(REG_FIELD(b, FQCSR, FQON) == 1);
    if (!HAS(b, ATS))
        return;
    b->pq = make_queue(b, QUEUE_LOG2_PAGE_REQUESTS, IOMMU_PQ_RECORD_BYTES);
    REG_SET(b, PQB, queue_base_word(b->pq));
    REG_SET(b, PQH, 0);
    REG_SET(b, PQCSR, IOMMU_PQCSR_PQEN_MASK);
    REQUIRE(REG_FIELD(b, PQCSR, PQON) == 1);
}

/* --- requests ---------------------------------------------------------------------- */

struct iommu_request read_at(uint32_t device_id, uint64_t iova)
{
    return (struct iommu_request){.iova = iova,
                                  .device_id = device_id,
                                  .type = IOMMU_UNTRANSLATED,
                                  .access = IOMMU_READ,
                                  .length = 4};
}

struct iommu_request write_at(uint32_t device_id, uint64_t iova)
{
    struct iommu_request request = read_at(device_id, iova);
    request.access = IOMMU_WRITE;
    return request;
}

struct iommu_request exec_at(uint32_t device_id, uint64_t iova)
{
    struct iommu_request request = read_at(device_id, iova);
    request.access = IOMMU_EXECUTE;
    return request;
}

struct iommu_request with_pid(struct iommu_request request, uint32_t process_id)
{
    request.process_id_valid = true;
    request.process_id = process_id;
    return request;
}

struct iommu_request with_priv(struct iommu_request request, uint32_t process_id)
{
    request = with_pid(request, process_id);
    request.privileged = true;
    return request;
}

struct iommu_request as_translated(struct iommu_request request)
{
    request.type = IOMMU_TRANSLATED;
    return request;
}

struct iommu_request as_ats(struct iommu_request request)
{
    request.type = IOMMU_ATS_TRANSLATION;
    return request;
}

/* One of three causes by the original access type, as the CAUSE table orders them. */
static uint16_t by_access(const struct iommu_request *request, uint16_t execute)
{
    switch (request->access) {
    case IOMMU_EXECUTE:
        return execute;
    case IOMMU_READ:
        return (uint16_t)(execute == IOMMU_CAUSE_INSTR_ACCESS_FAULT ? IOMMU_CAUSE_READ_ACCESS_FAULT
                                                                    : execute + 1);
    default:
        return (uint16_t)(execute == IOMMU_CAUSE_INSTR_ACCESS_FAULT ? IOMMU_CAUSE_WRITE_ACCESS_FAULT
                                                                    : execute + 3);
    }
}

uint16_t page_fault(const struct iommu_request *request)
{
    return by_access(request, IOMMU_CAUSE_INSTR_PAGE_FAULT);
}

uint16_t guest_page_fault(const struct iommu_request *request)
{
    return by_access(request, IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT);
}

uint16_t access_fault(const struct iommu_request *request)
{
    return by_access(request, IOMMU_CAUSE_INSTR_ACCESS_FAULT);
}

struct iommu_response bench_translate(struct bench *b, struct iommu_request request)
{
    return iommu_translate(b->iommu, &request);
}

/* "PCIe ATS translation request handling": what a fault of an ATS request turns into.
 * The causes of corrupted data are classed as the RAS chapter suggests. */
static enum iommu_status ats_status(uint16_t cause)
{
    switch (cause) {
    case IOMMU_CAUSE_ALL_INBOUND_DISALLOWED:
    case IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT:
    case IOMMU_CAUSE_DDT_NOT_VALID:
    case IOMMU_CAUSE_DDT_MISCONFIGURED:
    case IOMMU_CAUSE_TRANS_TYPE_DISALLOWED:
        return IOMMU_UNSUPPORTED_REQUEST;
    case IOMMU_CAUSE_INSTR_PAGE_FAULT:
    case IOMMU_CAUSE_READ_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_PAGE_FAULT:
    case IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_READ_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT:
    case IOMMU_CAUSE_MSI_PTE_NOT_VALID:
    case IOMMU_CAUSE_PDT_NOT_VALID:
        return IOMMU_SUCCESS;
    default:
        return IOMMU_COMPLETER_ABORT;
    }
}

static struct iommu_response expect_ok_once(struct place place, struct bench *b,
                                            const struct iommu_request *request, uint64_t address)
{
    struct iommu_response r = iommu_translate(b->iommu, request);
    test_check_eq(place, r.status, IOMMU_SUCCESS, "status");
    test_check_eq(place, r.cause, 0, "cause");
    test_check_eq(place, r.address, address, "address");
    test_check_eq(place, r.fault_reported, 0, "fault_reported");
    test_check_eq(place, bench_fault_count(b), 0, "records in the fault queue");
    return r;
}

/* What a request and its repetition answer must not differ. */
static void check_same(struct place place, const struct iommu_response *a,
                       const struct iommu_response *b)
{
    test_check_eq(place, b->page_log2, a->page_log2, "page_log2 of the repetition");
    test_check_eq(place, b->permissions, a->permissions, "permissions of the repetition");
    test_check_eq(place, b->pbmt, a->pbmt, "pbmt of the repetition");
    test_check_eq(place, b->target, a->target, "target of the repetition");
    test_check_eq(place, b->rcid, a->rcid, "rcid of the repetition");
    test_check_eq(place, b->mcid, a->mcid, "mcid of the repetition");
    test_check_eq(place, b->ats, a->ats, "ats of the repetition");
    test_check_eq(place, b->rule, a->rule, "rule of the repetition");
}

struct iommu_response bench_expect_ok(struct place place, struct bench *b,
                                      struct iommu_request request, uint64_t address)
{
    struct iommu_response first = expect_ok_once(place, b, &request, address);
    for (unsigned i = 1; i < test_repeats(); i++) {
        struct iommu_response again = expect_ok_once(place, b, &request, address);
        check_same(place, &first, &again);
    }
    return first;
}

/* The response; its record is looked at later, as that writes a register. */
static void check_fault_response(struct place place, const struct iommu_request *request,
                                 const struct iommu_response *r,
                                 const struct expected_fault *expected)
{
    enum iommu_status status = IOMMU_ABORT;
    if (request->type == IOMMU_ATS_TRANSLATION)
        status = ats_status(expected->cause);
    test_check_eq(place, r->status, status, "status");
    test_check_eq(place, r->cause, expected->cause, "cause");
    test_check_eq(place, r->iotval2, expected->iotval2, "iotval2");
    test_check_eq(place, r->fault_reported, !expected->suppressed && status != IOMMU_SUCCESS,
                  "fault_reported");
    if (expected->rule != IOMMU_RULE_NONE)
        test_check_eq(place, r->rule, expected->rule, iommu_rule_name(expected->rule));
    if (status == IOMMU_SUCCESS)
        test_check_eq(place, r->permissions, 0, "permissions");
}

struct iommu_response bench_expect_fault(struct place place, struct bench *b,
                                         struct iommu_request request,
                                         struct expected_fault expected)
{
    struct iommu_response r = iommu_translate(b->iommu, &request);
    check_fault_response(place, &request, &r, &expected);
    for (unsigned i = 1; i < test_repeats(); i++) {
        struct iommu_response again = iommu_translate(b->iommu, &request);
        check_fault_response(place, &request, &again, &expected);
    }
    bool silent = expected.suppressed || (request.type == IOMMU_ATS_TRANSLATION &&
                                          ats_status(expected.cause) == IOMMU_SUCCESS);
    for (unsigned i = 0; i < test_repeats() && !silent; i++)
        bench_check_record(place, b, fault_of(request, expected.cause, expected.iotval2));
    test_check_eq(place, bench_fault_count(b), 0, "further records in the fault queue");
    return r;
}

/* --- fault queue ------------------------------------------------------------------- */

struct fault_record fault_of(struct iommu_request request, uint16_t cause, uint64_t iotval2)
{
    static const uint8_t untranslated[] = {[IOMMU_READ] = IOMMU_TTYP_UNTRANSLATED_READ,
                                           [IOMMU_WRITE] = IOMMU_TTYP_UNTRANSLATED_WRITE,
                                           [IOMMU_EXECUTE] = IOMMU_TTYP_UNTRANSLATED_EXEC};
    static const uint8_t translated[] = {[IOMMU_READ] = IOMMU_TTYP_TRANSLATED_READ,
                                         [IOMMU_WRITE] = IOMMU_TTYP_TRANSLATED_WRITE,
                                         [IOMMU_EXECUTE] = IOMMU_TTYP_TRANSLATED_EXEC};
    struct fault_record f = {.cause = cause,
                             .did = request.device_id,
                             .pv = request.process_id_valid,
                             .iotval = request.iova,
                             .iotval2 = iotval2};
    if (f.pv) {
        f.pid = request.process_id;
        f.priv = request.privileged;
    }
    if (request.type == IOMMU_UNTRANSLATED)
        f.ttyp = untranslated[request.access];
    else if (request.type == IOMMU_TRANSLATED)
        f.ttyp = translated[request.access];
    else
        f.ttyp = IOMMU_TTYP_ATS_REQ;
    f.dw[0] = IOMMU_PREP(IOMMU_FQ_CAUSE, f.cause) | IOMMU_PREP(IOMMU_FQ_PID, f.pid) |
              IOMMU_PREP(IOMMU_FQ_PV, f.pv) | IOMMU_PREP(IOMMU_FQ_PRIV, f.priv) |
              IOMMU_PREP(IOMMU_FQ_TTYP, f.ttyp) | IOMMU_PREP(IOMMU_FQ_DID, f.did);
    f.dw[2] = f.iotval;
    f.dw[3] = f.iotval2;
    return f;
}

/* Entries between head and tail of a queue of 2^log2 entries. */
static uint32_t distance(uint64_t head, uint64_t tail, uint32_t log2)
{
    return (uint32_t)((tail - head) & ((1u << log2) - 1));
}

static uint32_t next_index(uint64_t index, uint32_t log2)
{
    return (uint32_t)((index + 1) & ((1u << log2) - 1));
}

uint32_t bench_fault_count(struct bench *b)
{
    if (b->fq.base == 0)
        return 0;
    return distance(REG(b, FQH), REG(b, FQT), b->fq.log2);
}

bool bench_pop_fault(struct bench *b, struct fault_record *record)
{
    if (bench_fault_count(b) == 0)
        return false;
    uint64_t head = REG(b, FQH);
    uint64_t address = b->fq.base + head * IOMMU_FQ_RECORD_BYTES;
    *record = (struct fault_record){.cause = 0};
    for (unsigned i = 0; i < 4; i++)
        record->dw[i] = bench_get64(b, address + 8 * i);
    record->cause = (uint16_t)IOMMU_GET(record->dw[0], IOMMU_FQ_CAUSE);
    record->ttyp = (uint8_t)IOMMU_GET(record->dw[0], IOMMU_FQ_TTYP);
    record->pv = IOMMU_GET(record->dw[0], IOMMU_FQ_PV) != 0;
    record->priv = IOMMU_GET(record->dw[0], IOMMU_FQ_PRIV) != 0;
    record->pid = (uint32_t)IOMMU_GET(record->dw[0], IOMMU_FQ_PID);
    record->did = (uint32_t)IOMMU_GET(record->dw[0], IOMMU_FQ_DID);
    record->iotval = record->dw[2];
    record->iotval2 = record->dw[3];
    REG_SET(b, FQH, next_index(head, b->fq.log2));
    return true;
}

void bench_check_record(struct place place, struct bench *b, struct fault_record expected)
{
    struct fault_record actual;
    if (!test_check(place, bench_pop_fault(b, &actual), "there is a fault record"))
        return;
    test_check_eq(place, actual.cause, expected.cause, "record: CAUSE");
    test_check_eq(place, actual.dw[0], expected.dw[0], "record: doubleword 0");
    test_check_eq(place, actual.dw[1], expected.dw[1], "record: doubleword 1");
    test_check_eq(place, actual.dw[2], expected.dw[2], "record: iotval");
    test_check_eq(place, actual.dw[3], expected.dw[3], "record: iotval2");
}

/* --- page-request queue ------------------------------------------------------------ */

uint32_t bench_page_request_count(struct bench *b)
{
    if (b->pq.base == 0)
        return 0;
    return distance(REG(b, PQH), REG(b, PQT), b->pq.log2);
}

bool bench_pop_page_request(struct bench *b, struct page_request_record *record)
{
    if (bench_page_request_count(b) == 0)
        return false;
    uint64_t head = REG(b, PQH);
    uint64_t address = b->pq.base + head * IOMMU_PQ_RECORD_BYTES;
    uint64_t dw0 = bench_get64(b, address);
    uint64_t dw1 = bench_get64(b, address + 8);
    *record = (struct page_request_record){
        .dw = {dw0, dw1},
        .did = (uint32_t)IOMMU_GET(dw0, IOMMU_PQ_DID),
        .pid = (uint32_t)IOMMU_GET(dw0, IOMMU_PQ_PID),
        .pv = IOMMU_GET(dw0, IOMMU_PQ_PV) != 0,
        .priv = IOMMU_GET(dw0, IOMMU_PQ_PRIV) != 0,
        .exec = IOMMU_GET(dw0, IOMMU_PQ_EXEC) != 0,
        .r = IOMMU_GET(dw1, IOMMU_PQ_R) != 0,
        .w = IOMMU_GET(dw1, IOMMU_PQ_W) != 0,
        .last = IOMMU_GET(dw1, IOMMU_PQ_L) != 0,
        .prgi = (uint16_t)IOMMU_GET(dw1, IOMMU_PQ_PRGI),
        .page_address = dw1 & IOMMU_PQ_PAGE_ADDRESS_MASK,
    };
    REG_SET(b, PQH, next_index(head, b->pq.log2));
    return true;
}

/* --- commands ---------------------------------------------------------------------- */

struct command cmd_make(unsigned opcode, unsigned func3)
{
    struct command c = {{0, 0}};
    c.dw[0] = IOMMU_PREP(IOMMU_CMD_OPCODE, opcode) | IOMMU_PREP(IOMMU_CMD_FUNC3, func3);
    return c;
}

uint64_t cmd_iotinval_addr(uint64_t address)
{
    return IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, address >> 12);
}

static struct command iotinval(unsigned func3, uint64_t dw0_fields, uint64_t address)
{
    struct command c = cmd_make(IOMMU_OPCODE_IOTINVAL, func3);
    c.dw[0] |= dw0_fields;
    c.dw[1] = cmd_iotinval_addr(address);
    return c;
}

struct command cmd_iotinval_vma(uint64_t dw0_fields, uint64_t address)
{
    return iotinval(IOMMU_FUNC3_IOTINVAL_VMA, dw0_fields, address);
}

struct command cmd_iotinval_gvma(uint64_t dw0_fields, uint64_t address)
{
    return iotinval(IOMMU_FUNC3_IOTINVAL_GVMA, dw0_fields, address);
}

struct command cmd_iofence(uint64_t dw0_fields, uint64_t address, uint32_t data)
{
    struct command c = cmd_make(IOMMU_OPCODE_IOFENCE, IOMMU_FUNC3_IOFENCE_C);
    c.dw[0] |= dw0_fields | IOMMU_PREP(IOMMU_CMD_IOFENCE_DATA, data);
    c.dw[1] = IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, address >> 2);
    return c;
}

struct command cmd_iodir_all(void)
{
    return cmd_make(IOMMU_OPCODE_IODIR, IOMMU_FUNC3_IODIR_INVAL_DDT);
}

struct command cmd_iodir_ddt(uint32_t device_id)
{
    struct command c = cmd_iodir_all();
    c.dw[0] |= IOMMU_CMD_IODIR_DV_MASK | IOMMU_PREP(IOMMU_CMD_IODIR_DID, device_id);
    return c;
}

struct command cmd_iodir_pdt(uint32_t device_id, uint32_t process_id)
{
    struct command c = cmd_make(IOMMU_OPCODE_IODIR, IOMMU_FUNC3_IODIR_INVAL_PDT);
    c.dw[0] |= IOMMU_CMD_IODIR_DV_MASK | IOMMU_PREP(IOMMU_CMD_IODIR_DID, device_id) |
               IOMMU_PREP(IOMMU_CMD_IODIR_PID, process_id);
    return c;
}

static struct command ats_command(unsigned func3, uint32_t device_id, uint64_t payload)
{
    struct command c = cmd_make(IOMMU_OPCODE_ATS, func3);
    c.dw[0] |= IOMMU_CMD_ATS_DSV_MASK | IOMMU_PREP(IOMMU_CMD_ATS_RID, device_id & 0xffff) |
               IOMMU_PREP(IOMMU_CMD_ATS_DSEG, device_id >> 16);
    c.dw[1] = payload;
    return c;
}

struct command cmd_ats_inval(uint32_t device_id, uint64_t payload)
{
    return ats_command(IOMMU_FUNC3_ATS_INVAL, device_id, payload);
}

struct command cmd_ats_prgr(uint32_t device_id, uint64_t payload)
{
    return ats_command(IOMMU_FUNC3_ATS_PRGR, device_id, payload);
}

void bench_queue_command(struct bench *b, struct command command)
{
    uint64_t address = b->cq.base + (uint64_t)b->cq_tail * IOMMU_CMD_BYTES;
    REQUIRE(next_index(b->cq_tail, b->cq.log2) != REG(b, CQH));
    bench_put64(b, address, command.dw[0]);
    bench_put64(b, address + 8, command.dw[1]);
    b->cq_tail = next_index(b->cq_tail, b->cq.log2);
}

void bench_doorbell(struct bench *b)
{
    REG_SET(b, CQT, b->cq_tail);
}

void bench_push(struct bench *b, struct command command)
{
    bench_queue_command(b, command);
    bench_doorbell(b);
}

void bench_command(struct bench *b, struct command command)
{
    bench_push(b, command);
    if (b->config.manual)
        REQUIRE(iommu_process_command(b->iommu) == IOMMU_COMMAND_DONE);
    REQUIRE(REG(b, CQH) == b->cq_tail);
    REQUIRE((REG(b, CQCSR) &
             (IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK)) == 0);
}

void bench_invalidate_all(struct bench *b)
{
    bench_command(b, cmd_iodir_all());
    bench_command(b, cmd_iotinval_vma(0, 0));
    for (size_t i = 0; i < b->gscids; i++)
        bench_command(b, cmd_iotinval_vma(IOMMU_CMD_IOTINVAL_GV_MASK |
                                              IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, b->gscid[i]),
                                          0));
    bench_command(b, cmd_iotinval_gvma(0, 0));
    bench_command(b, cmd_iofence(0, 0, 0));
}
