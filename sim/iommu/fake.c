/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden model as a design, behind the pins of tb_iommu: to try the bench itself. It
 * translates with caches on, in an order and at times of its own. fake_break makes it wrong in
 * one way, which the checker has to notice. Its own memory accesses do not use the pins.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "fake.h"

#define QUEUE 64u

unsigned fake_break;

struct item {
    struct port_in pins; /* as they were with AR or AW */
    unsigned wait, beats;
    bool translated, error, mrif, sent, data_done;
    uint64_t address, data;
    uint32_t user;
    struct iommu_response response;
};

struct side {
    struct item queue[2][QUEUE];
    unsigned count[2];
    int out[2];     /* place that is offered on out AR, AW; or -1 */
    int refused[2]; /* place that answers with an error; or -1 */
    bool answering;
};

static struct side sides[PORTS];
static struct iommu *fake;
static struct pins_out now;
static struct pins_in last;
static bool csr_b, csr_r;
static uint64_t old_ddtp; /* before the last write of it */
static bool ddtp_waits(void);
static uint64_t csr_value;
static uint64_t fake_random = 1;

static unsigned dice(unsigned n)
{
    fake_random = hash64(fake_random, 77);
    return (unsigned)(fake_random >> 33) % n;
}

/* --- memory ---------------------------------------------------------------------------------- */

static enum iommu_mem_status fake_status(uint64_t address, uint64_t size)
{
    enum image_fault fault = image_fault(address, size);

    return fault == GOOD     ? IOMMU_MEM_OK
           : fault == POISON ? IOMMU_MEM_POISON
                             : IOMMU_MEM_ACCESS_FAULT;
}

static enum iommu_mem_status fake_read(void *context, const struct iommu_access *access, void *data)
{
    (void)context;
    memport_reads[access->structure]++;
    if (fake_break == 22 && access->structure == IOMMU_DDT) {
        for (unsigned i = 1; i < HPM_COUNTERS; i++)
            fake->hpm_counter[i] +=
                IOMMU_GET(fake->hpm_event[i], IOMMU_IOHPMEVT_EVENTID) == IOMMU_HPM_EVENT_DDT_WALK;
    }
    image_load(access->address, access->size, data);
    if (fake_break == 1 && access->structure == IOMMU_FIRST_STAGE)
        ((uint8_t *)data)[0] |= 2; /* reads R as 1 */
    return fake_status(access->address, access->size);
}

static enum iommu_mem_status fake_write(void *context, const struct iommu_access *access,
                                        const void *data)
{
    uint8_t bytes[64];

    (void)context;
    memcpy(bytes, data, access->size);
    if (fake_break == 2 && access->structure == IOMMU_FQ)
        bytes[0] ^= 1;
    if (fake_break == 14 && access->structure == IOMMU_FQ)
        bytes[2] = 0;
    if (fake_break == 3 && access->structure == IOMMU_FENCE && dice(8) == 0)
        return IOMMU_MEM_OK; /* a fence's store is lost */
    if (fake_status(access->address, access->size) == IOMMU_MEM_ACCESS_FAULT) {
        if (access->structure == IOMMU_NOTICE) /* it was sent */
            design_stores(access->structure, access->address, access->size, bytes);
        return IOMMU_MEM_ACCESS_FAULT;
    }
    image_store(access->address, access->size, bytes);
    design_stores(access->structure, access->address, access->size, bytes);
    if (fake_break == 4 && access->structure == IOMMU_MSI)
        design_stores(access->structure, access->address, access->size, bytes);
    return IOMMU_MEM_OK;
}

static enum iommu_mem_status fake_amo(void *context, const struct iommu_access *access,
                                      enum iommu_amo operation, uint64_t compare, uint64_t operand,
                                      uint64_t *old)
{
    uint64_t word = access->address & ~7ull;
    uint8_t before[8], after[8];

    (void)context;
    if (fake_status(access->address, access->size) != IOMMU_MEM_OK)
        return fake_status(access->address, access->size);
    image_load(word, 8, before);
    memcpy(after, before, 8);
    *old = 0;
    memcpy(old, before + (access->address - word), access->size);
    if (operation == IOMMU_AMO_OR) {
        design_sets_mrif(access->address, operand);
        operand |= *old;
    } else if (*old != compare) {
        return IOMMU_MEM_OK;
    }
    if (fake_break == 5 && operation == IOMMU_AMO_CAS)
        operand |= IOMMU_PTE_D_MASK;
    memcpy(after + (access->address - word), &operand, access->size);
    if (operation == IOMMU_AMO_CAS && !update_allowed(word, before, after))
        fail("an A/D update that no request asks for");
    counts.updates++;
    image_store(word, 8, after);
    return IOMMU_MEM_OK;
}

/* --- messages -----------------------------------------------------------------------------------
 */

#define ANSWERS 512u

static struct answer {
    uint8_t kind, segment_valid, pasid_valid, itag, status;
    uint16_t tag;
    uint32_t device_id, process_id;
    uint64_t payload;
} answers[ANSWERS];
static unsigned answer_count;

static void fake_message(void *context, const struct iommu_message *message)
{
    bool invalidation = message->kind == IOMMU_MSG_INVALIDATION_REQUEST;

    (void)context;
    if (answer_count < ANSWERS)
        answers[answer_count++] = (struct answer){.kind = invalidation ? 1 : 2,
                                                  .segment_valid = message->segment_valid,
                                                  .pasid_valid = message->pasid_valid,
                                                  .itag = message->itag,
                                                  .device_id = message->device_id,
                                                  .process_id = message->process_id,
                                                  .payload = message->payload};
}

static void fake_translation(void)
{
    struct iommu_request request = {.iova = last.ats_req_payload,
                                    .device_id = last.ats_req_device_id,
                                    .process_id = last.ats_req_process_id,
                                    .process_id_valid = last.ats_req_pasid_valid,
                                    .privileged = last.ats_req_privileged,
                                    .execute = last.ats_req_execute,
                                    .type = IOMMU_ATS_TRANSLATION,
                                    .access = last.ats_req_no_write ? IOMMU_READ : IOMMU_WRITE};
    struct iommu_response response = iommu_translate(fake, &request);
    struct answer answer = {.device_id = request.device_id, .tag = last.ats_req_tag};

    answer.status = response.status == IOMMU_UNSUPPORTED_REQUEST ? 1
                    : response.status == IOMMU_COMPLETER_ABORT   ? 2
                                                                 : 0;
    if (response.status == IOMMU_SUCCESS)
        answer.payload = ats_payload(&response);
    if (answer_count < ANSWERS)
        answers[answer_count++] = answer;
}

static void fake_request(void)
{
    struct iommu_page_request page = {.device_id = last.ats_req_device_id,
                                      .process_id = last.ats_req_process_id,
                                      .process_id_valid = last.ats_req_pasid_valid,
                                      .privileged = last.ats_req_privileged,
                                      .execute = last.ats_req_execute,
                                      .payload = last.ats_req_payload};

    switch (last.ats_req_kind) {
    case 0:
        fake_translation();
        break;
    case 1:
        if (fake_break == 21 && dice(20) == 0)
            break;
        iommu_page_request(fake, &page);
        break;
    default:
        iommu_invalidation_completion(fake, last.ats_req_device_id, last.ats_req_itags,
                                      last.ats_req_count);
        break;
    }
}

static void eval_messages(void)
{
    const struct answer *answer = &answers[0];

    now.ats_req_ready = answer_count < ANSWERS / 2;
    now.ats_rsp_valid = answer_count != 0;
    now.ats_rsp_kind = answer->kind;
    now.ats_rsp_device_id = answer->device_id;
    now.ats_rsp_segment_valid = answer->segment_valid;
    now.ats_rsp_pasid_valid = answer->pasid_valid;
    now.ats_rsp_process_id = answer->process_id;
    now.ats_rsp_itag = answer->itag;
    now.ats_rsp_tag = answer->tag;
    now.ats_rsp_status = answer->status;
    now.ats_rsp_payload = answer->payload;
}

/* --- reset --------------------------------------------------------------------------------------
 */

void design_make(unsigned seed)
{
    (void)seed;
}

void design_reset(const struct pins_in *in)
{
    struct iommu_bus bus = {
        .read = fake_read, .write = fake_write, .amo = fake_amo, .message = fake_message};
    struct iommu_config config;

    iommu_config_named(config_name(), &config);
    config.manual = true;
    if (fake == NULL)
        fake = iommu_create(&config, &bus, NULL, 0);
    fake->config.reset_mode = in->strap_reset_mode;
    iommu_reset(fake);
    memset(sides, 0, sizeof(sides));
    for (unsigned port = 0; port < PORTS; port++)
        sides[port].out[0] = sides[port].out[1] = sides[port].refused[0] = sides[port].refused[1] =
            -1;
    memset(&now, 0, sizeof(now));
    csr_b = csr_r = false;
    answer_count = 0;
    old_ddtp = 0;
    fake_random = random64();
}

bool design_traces(void)
{
    return false;
}

unsigned design_config(void)
{
    return CONFIG;
}

bool design_trace(const char *path)
{
    (void)path;
    return false;
}

/* --- one cycle
 * ------------------------------------------------------------------------------------ */

static uint16_t id_of(const struct item *item, unsigned write)
{
    return write ? item->pins.dev_awid : item->pins.dev_arid;
}

static bool oldest(const struct side *side, unsigned write, unsigned at)
{
    for (unsigned i = 0; i < at && fake_break != 10; i++) {
        if (id_of(&side->queue[write][i], write) == id_of(&side->queue[write][at], write))
            return false;
    }
    return true;
}

/** Same ID, older, and not out yet. */
static bool held(const struct side *side, unsigned write, unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        const struct item *item = &side->queue[write][i];

        if ((write || id_of(item, write) == id_of(&side->queue[write][at], write)) && !item->sent)
            return true;
    }
    return false;
}

static void translate_item(struct item *item, unsigned port, unsigned write)
{
    const struct port_in *pins = &item->pins;
    struct iommu_request request = {
        .iova = write ? pins->dev_awaddr : pins->dev_araddr,
        .device_id = write ? pins->dev_awmmusid : pins->dev_armmusid,
        .process_id = write ? pins->dev_awmmussid : pins->dev_armmussid,
        .type = write ? pins->dev_awmmuatst : pins->dev_armmuatst,
        .process_id_valid = write ? pins->dev_awmmussidv : pins->dev_armmussidv,
        .privileged = (write ? pins->dev_awprot : pins->dev_arprot) & 1,
        .access = write                         ? IOMMU_WRITE
                  : (pins->dev_arprot & 4) != 0 ? IOMMU_EXECUTE
                                                : IOMMU_READ,
        .length = 8,
    };
    struct iommu_response response;

    /* Strobes decide about interrupt files; they have not come yet, but the bench knows them. */
    for (unsigned i = 0; i < flight[port][write].count; i++) {
        const struct txn *txn = flight[port][write].txn[i];

        if (txn->accepted && !txn->left && txn->addr == request.iova &&
            txn->id == (write ? pins->dev_awid : pins->dev_arid) &&
            txn->qos == (write ? pins->dev_awqos : pins->dev_arqos) &&
            txn->len == (write ? pins->dev_awlen : pins->dev_arlen) &&
            txn->size == (write ? pins->dev_awsize : pins->dev_arsize))
            request.length = txn->request.length;
    }
    if (fake_break == 19 && old_ddtp != 0 && dice(20) == 0) {
        uint64_t ddtp = fake->ddtp;

        fake->ddtp = old_ddtp;
        derive(fake);
        response = iommu_translate(fake, &request);
        fake->ddtp = ddtp;
        derive(fake);
    } else if (fake_break == 13 && dice(100) == 0) {
        struct queue fq = fake->fq;

        fake->fq.csr = 0;
        response = iommu_translate(fake, &request);
        fake->fq = fq;
    } else {
        response = iommu_translate(fake, &request);
    }
    item->translated = true;
    item->response = response;
    item->error = response.status != IOMMU_SUCCESS || response.target == IOMMU_TARGET_MRIF ||
                  response.address >> 56 != 0;
    item->mrif = response.status == IOMMU_SUCCESS && response.target == IOMMU_TARGET_MRIF;
    item->address = response.address & ((1ull << 56) - 1);
    item->user = (uint32_t)response.pbmt << 24 | (uint32_t)response.rcid << 12 | response.mcid;
    if (fake_break == 6 && dice(200) == 0)
        item->address ^= 0x1000;
    if (fake_break == 7 && dice(200) == 0)
        item->user ^= 1u << 24;
}

static uint8_t cache_of(const struct item *item, uint8_t cache)
{
    return (item->user >> 24 & 3) == 1 ? 3 : (item->user >> 24 & 3) == 2 ? 0 : cache;
}

static void drive_out(struct port_out *out, const struct item *item, unsigned write)
{
    const struct port_in *pins = &item->pins;

    if (write) {
        out->out_awvalid = 1;
        out->out_awid = pins->dev_awid;
        out->out_awaddr = item->address;
        out->out_awlen = pins->dev_awlen;
        out->out_awsize = pins->dev_awsize;
        out->out_awburst = pins->dev_awburst;
        out->out_awlock = pins->dev_awlock;
        out->out_awcache = cache_of(item, pins->dev_awcache);
        out->out_awprot = pins->dev_awprot;
        out->out_awqos = pins->dev_awqos;
        out->out_awatop = pins->dev_awatop;
        out->out_awuser = item->user;
    } else {
        out->out_arvalid = 1;
        out->out_arid = pins->dev_arid;
        out->out_araddr = item->address;
        out->out_arlen = pins->dev_arlen;
        out->out_arsize = pins->dev_arsize;
        out->out_arburst = pins->dev_arburst;
        out->out_arlock = pins->dev_arlock;
        out->out_arcache = cache_of(item, pins->dev_arcache);
        out->out_arprot = pins->dev_arprot;
        out->out_arqos = pins->dev_arqos;
        out->out_aruser = item->user;
    }
}

/** The write whose data come now: the oldest with data to come, if it is out or refused. */
static struct item *data_item(struct side *side)
{
    for (unsigned i = 0; i < side->count[1]; i++) {
        struct item *item = &side->queue[1][i];

        if (!item->data_done)
            return item->sent ? item : NULL;
    }
    return NULL;
}

static void eval_port(unsigned port)
{
    struct side *side = &sides[port];
    struct port_out *out = &now.port[port];
    const struct port_in *in = &last.port[port];
    struct item *data = data_item(side);

    memset(out, 0, sizeof(*out));
    out->dev_arready = side->count[0] < QUEUE && !last.quiesce_req;
    out->dev_awready = side->count[1] < QUEUE && !last.quiesce_req;
    for (unsigned write = 0; write < 2; write++) {
        if (side->out[write] >= 0)
            drive_out(out, &side->queue[write][side->out[write]], write);
    }
    if (data != NULL) {
        out->out_wvalid = in->dev_wvalid && !data->error;
        out->out_wdata = in->dev_wdata ^ (fake_break == 8 && (in->dev_wdata & 255) == 0);
        out->out_wstrb = in->dev_wstrb;
        out->out_wlast = in->dev_wlast;
        out->dev_wready = data->error || in->out_wready;
    }
    if (side->refused[0] >= 0) {
        const struct item *item = &side->queue[0][side->refused[0]];

        out->dev_rvalid = 1;
        out->dev_rid = item->pins.dev_arid;
        out->dev_rresp = item->mrif ? 0 : 2;
        out->dev_rlast = item->beats == item->pins.dev_arlen;
    } else {
        out->dev_rvalid = in->out_rvalid;
        out->dev_rid = in->out_rid;
        out->dev_rdata = in->out_rdata;
        out->dev_rresp = in->out_rresp;
        out->dev_rlast = in->out_rlast;
        out->out_rready = in->dev_rready;
    }
    if (side->refused[1] >= 0) {
        out->dev_bvalid = 1;
        out->dev_bid = side->queue[1][side->refused[1]].pins.dev_awid;
        out->dev_bresp = side->queue[1][side->refused[1]].mrif || fake_break == 11 ? 0 : 2;
    } else {
        out->dev_bvalid = in->out_bvalid;
        out->dev_bid = in->out_bid;
        out->dev_bresp = in->out_bresp;
        out->out_bready = in->dev_bready;
    }
}

/** May the clock stop? */
static bool clock_may_stop(void)
{
    uint32_t errors = IOMMU_CQCSR_CQMF_MASK | IOMMU_CQCSR_CMD_TO_MASK | IOMMU_CQCSR_CMD_ILL_MASK;
    bool work = last.csr_awvalid || last.csr_wvalid || last.csr_arvalid || csr_b || csr_r ||
                last.ats_req_valid || answer_count != 0 ||
                (fake->tr_req_ctl & IOMMU_TR_REQ_CTL_GO_BUSY_MASK) != 0;

    for (unsigned port = 0; port < PORTS; port++)
        work |= last.port[port].dev_arvalid || last.port[port].dev_awvalid ||
                (sides[port].count[0] + sides[port].count[1] != 0 && fake_break != 15);
    if (fake->cq.head != fake->cq.tail && (fake->cq.csr & errors) == 0)
        work = true;
    return !work;
}

/** A write of ddtp: what was translated before ends first, and nothing more is. */
static bool ddtp_waits(void)
{
    return last.csr_awvalid && last.csr_wvalid && last.csr_awaddr == IOMMU_REG_DDTP && !csr_b &&
           fake_break != 18;
}

static bool something_translated(void)
{
    for (unsigned port = 0; port < PORTS; port++) {
        for (unsigned write = 0; write < 2; write++) {
            for (unsigned i = 0; i < sides[port].count[write]; i++) {
                if (sides[port].queue[write][i].translated)
                    return true;
            }
        }
    }
    return answer_count != 0;
}

void design_eval(const struct pins_in *in, struct pins_out *out)
{
    last = *in;
    now.csr_awready = now.csr_wready =
        in->csr_awvalid && in->csr_wvalid && !csr_b && (!ddtp_waits() || !something_translated());
    now.csr_arready = in->csr_arvalid && !csr_r;
    now.csr_bvalid = csr_b;
    now.csr_rvalid = csr_r;
    now.csr_rdata = csr_value;
    now.wires = (uint16_t)iommu_wires(fake);
    eval_messages();
    now.quiesce_ack =
        last.quiesce_req &&
        sides[0].count[0] + sides[0].count[1] + sides[1].count[0] + sides[1].count[1] == 0;
    now.idle = clock_may_stop();
    for (unsigned port = 0; port < bench.ports; port++)
        eval_port(port);
    *out = now;
}

static void remove_item(struct side *side, unsigned write, unsigned at)
{
    memmove(&side->queue[write][at], &side->queue[write][at + 1],
            (--side->count[write] - at) * sizeof(struct item));
    for (unsigned i = 0; i < 1; i++) {
        if (side->out[write] > (int)at)
            side->out[write]--;
        if (side->refused[write] > (int)at)
            side->refused[write]--;
    }
}

static unsigned find(const struct side *side, unsigned write, uint16_t id)
{
    for (unsigned i = 0; i < side->count[write]; i++) {
        if (id_of(&side->queue[write][i], write) == id)
            return i;
    }
    return 0;
}

static void take(struct side *side, const struct port_in *in, unsigned write)
{
    side->queue[write][side->count[write]++] = (struct item){.pins = *in, .wait = dice(40)};
}

static void clock_answers(struct side *side, const struct port_in *in, const struct port_out *out)
{
    if (out->dev_rvalid && in->dev_rready) {
        if (side->refused[0] >= 0) {
            struct item *item = &side->queue[0][side->refused[0]];
            if (item->beats++ == item->pins.dev_arlen) {
                unsigned at = (unsigned)side->refused[0];
                side->refused[0] = -1;
                remove_item(side, 0, at);
            }
        } else if (out->dev_rlast) {
            unsigned at = find(side, 0, out->dev_rid);

            if (at < side->count[0] && id_of(&side->queue[0][at], 0) == out->dev_rid)
                remove_item(side, 0, at);
        }
    }
    if (out->dev_bvalid && in->dev_bready) {
        unsigned at =
            side->refused[1] >= 0 ? (unsigned)side->refused[1] : find(side, 1, out->dev_bid);

        side->refused[1] = -1;
        remove_item(side, 1, at);
    }
}

/** A write to an MRIF: its data are here. */
static void set_mrif(struct item *item)
{
    struct fault_record refused = {.cause = IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT,
                                   .ttyp = IOMMU_TTYP_NONE,
                                   .iotval = item->response.notice_address};
    uint32_t notice = item->response.nid;
    uint64_t iova = item->pins.dev_awaddr, bit;
    uint32_t word = (uint32_t)(item->data >> ((iova & 4) != 0 ? 32 : 0));
    struct iommu_access access = {.size = 8, .structure = IOMMU_MRIF};

    if ((iova & 4) != 0)
        word = __builtin_bswap32(word);
    if ((iova & 0xfff) >> 3 != 0 || word >> 11 != 0)
        return;
    access.address = item->response.address + word / 64 * 16;
    if (fake_amo(NULL, &access, IOMMU_AMO_OR, 0, 1ull << word % 64, &bit) != IOMMU_MEM_OK) {
        item->mrif = false; /* the device gets an error */
        return;
    }
    access = (struct iommu_access){
        .address = item->response.notice_address, .size = 4, .structure = IOMMU_NOTICE};
    if (fake_write(NULL, &access, &notice) != IOMMU_MEM_OK)
        fault_queue_put(fake, &refused);
}

static void clock_port(unsigned port)
{
    struct side *side = &sides[port];
    const struct port_in *in = &last.port[port];
    const struct port_out *out = &now.port[port];
    struct item *data = data_item(side);

    if (in->dev_wvalid && out->dev_wready && in->dev_wlast && data != NULL) {
        data->data_done = true;
        data->data = in->dev_wdata;
        if (data->mrif)
            set_mrif(data);
    }
    if (side->out[0] >= 0 && in->out_arready) {
        side->queue[0][side->out[0]].sent = true;
        side->out[0] = -1;
    }
    if (side->out[1] >= 0 && in->out_awready) {
        side->queue[1][side->out[1]].sent = true;
        side->out[1] = -1;
    }
    clock_answers(side, in, out);
    if (in->dev_arvalid && out->dev_arready)
        take(side, in, 0);
    if (in->dev_awvalid && out->dev_awready)
        take(side, in, 1);
    for (unsigned write = 0; write < 2; write++) {
        for (unsigned i = 0; i < side->count[write]; i++) {
            struct item *item = &side->queue[write][i];

            if (item->wait > 0) {
                item->wait--;
                continue;
            }
            if (!item->translated) {
                if (!held(side, write, i) && !ddtp_waits())
                    translate_item(item, port, write);
                continue;
            }
            if (!item->sent && !item->error && side->out[write] < 0)
                side->out[write] = (int)i;
            if (item->error && !item->sent && write && (item->pins.dev_awatop & 0x20) != 0) {
                struct item answer = *item; /* an atomic's data */

                if (side->count[0] == QUEUE)
                    continue;
                answer.pins.dev_arid = item->pins.dev_awid;
                answer.pins.dev_arlen = 0;
                answer.sent = true;
                side->queue[0][side->count[0]++] = answer;
            }
            if (item->error)
                item->sent = true;
            if (item->error && side->refused[write] < 0 && oldest(side, write, i) &&
                (write ? item->data_done && !(out->dev_bvalid && !in->dev_bready)
                       : !(out->dev_rvalid && !in->dev_rready)))
                side->refused[write] = (int)i;
        }
    }
}

void design_clock(void)
{
    if (last.csr_awvalid && now.csr_awready) {
        unsigned size = last.csr_wstrb == 0xff ? 8 : 4;

        if (last.csr_awaddr == IOMMU_REG_DDTP && fake->ddtp != 0)
            old_ddtp = fake->ddtp;
        if (fake_break != 20 || last.csr_awaddr != IOMMU_REG_FQB ||
            IOMMU_GET(fake->fq.base, IOMMU_FQB_PPN) == 0)
            iommu_mmio_write(fake, last.csr_awaddr, size,
                             last.csr_wstrb == 0xf0 ? last.csr_wdata >> 32 : last.csr_wdata);
        csr_b = true;
    } else if (csr_b && last.csr_bready) {
        csr_b = false;
    }
    if (last.csr_arvalid && now.csr_arready) {
        iommu_mmio_read(fake, last.csr_araddr & ~7u, 8, &csr_value);
        csr_r = true;
    } else if (csr_r && last.csr_rready) {
        csr_r = false;
    }
    if (last.ats_timeout != 0) {
        iommu_invalidation_timeout(fake, last.ats_timeout);
        if (fake_break == 16)
            fake->invalidation_timed_out = false;
    }
    if (fake_break == 17 && (fake->cq.csr & IOMMU_CQCSR_CMD_TO_MASK) != 0)
        fake->invalidation_timed_out = true;
    if (now.ats_rsp_valid && last.ats_rsp_ready)
        memmove(answers, answers + 1, --answer_count * sizeof(answers[0]));
    if (last.ats_req_valid && now.ats_req_ready)
        fake_request();
    if (dice(30) == 0)
        iommu_process_debug(fake);
    if (dice(10) == 0 && fake->cq.head != fake->cq.tail) {
        bool fence = false;
        uint64_t word = 0;

        image_load((IOMMU_GET(fake->cq.base, IOMMU_CQB_PPN) << 12) + fake->cq.head * 16ull, 8,
                   &word);
        if ((fake->fctl & IOMMU_FCTL_BE_MASK) != 0)
            word = __builtin_bswap64(word);
        fence = (word & 0x7f) == IOMMU_OPCODE_IOFENCE;
        for (unsigned port = 0; fence && port < PORTS && fake_break != 12; port++) {
            /* Let what was translated be answered. */
            for (unsigned write = 0; write < 2; write++) {
                for (unsigned i = 0; i < sides[port].count[write]; i++)
                    fence &= !sides[port].queue[write][i].translated;
            }
        }
        if (fence || (word & 0x7f) != IOMMU_OPCODE_IOFENCE) {
            if (fake_break == 9 && (word & 0x7f) == IOMMU_OPCODE_IOTINVAL)
                fake->cq.head = (fake->cq.head + 1) & queue_mask(&fake->cq);
            else
                iommu_process_command(fake);
        }
    }
    for (unsigned port = 0; port < bench.ports; port++)
        clock_port(port);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--break") == 0) {
        fake_break = (unsigned)atoi(argv[2]);
        argv[2] = argv[0];
        argc -= 2;
        argv += 2;
    }
    return bench_main(argc, argv);
}
