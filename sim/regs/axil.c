/* SPDX-License-Identifier: Apache-2.0 */
/* The bus master: AXI4-Lite with random delays, and checks of the answers. */
#include "bench.h"

#define DELAY_MAX 8u

static unsigned delay(struct bench *bench, unsigned bit)
{
    if ((bench->stalls & bit) == 0 || one_in(bench, 3))
        return 0;
    return random_below(bench, DELAY_MAX);
}

uint8_t halves_of(uint16_t address, uint8_t strobes)
{
    if (address % 4 != 0)
        return 0;
    if (dut_data_width() == 32)
        return strobes != 0xf ? 0 : (address & 4) != 0 ? 2 : 1;
    return (uint8_t)(((strobes & 0xf0) == 0xf0 ? 2 : 0) | ((strobes & 0xf) == 0xf ? 1 : 0));
}

bool axil_idle(const struct bench *bench)
{
    return bench->axil.writes == 0 && bench->axil.reads == 0;
}

void launch_read(struct bench *bench, uint16_t address)
{
    struct axil *axil = &bench->axil;

    axil->read[axil->reads++].address = address;
    axil->araddr = address;
    axil->arvalid = true;
    axil->ar_delay = delay(bench, 1);
}

void launch_write(struct bench *bench, uint16_t address, uint64_t data, uint8_t strobes)
{
    struct axil *axil = &bench->axil;

    axil->write[axil->writes].address = address;
    axil->write[axil->writes].wdata = data;
    axil->write[axil->writes].wstrb = strobes;
    axil->writes++;
    axil->awaddr = address;
    axil->wdata = data;
    axil->wstrb = strobes;
    axil->awvalid = axil->wvalid = true;
    axil->aw_delay = delay(bench, 1);
    axil->w_delay = delay(bench, 1);
}

static bool count_down(unsigned *left)
{
    if (*left == 0)
        return true;
    (*left)--;
    return false;
}

void axil_drive(struct bench *bench)
{
    struct axil *axil = &bench->axil;
    struct dut_in *in = &bench->in;

    /* Once valid, always valid: a delay ends before it begins. */
    in->awvalid = axil->awvalid && count_down(&axil->aw_delay);
    in->wvalid = axil->wvalid && count_down(&axil->w_delay);
    in->arvalid = axil->arvalid && count_down(&axil->ar_delay);
    in->awaddr = in->awvalid ? axil->awaddr : 0xabc;
    in->araddr = in->arvalid ? axil->araddr : 0xdef;
    in->wdata = in->wvalid ? axil->wdata : 0x5555aaaa5555aaaaull;
    in->wstrb = in->wvalid ? axil->wstrb : 0xff;
    in->bready = count_down(&axil->b_delay);
    in->rready = count_down(&axil->r_delay);
}

static void check_read(struct bench *bench)
{
    struct axil *axil = &bench->axil;
    uint64_t expected = axil->read[0].expected;

    if (axil->reads_fired == 0) {
        fail(bench, "an answer to no read", bench->out.rdata, 0);
        return;
    }
    if (dut_data_width() == 32)
        expected = (axil->read[0].address & 4) != 0 ? expected >> 32 : (uint32_t)expected;
    if (axil->read[0].address % 4 != 0)
        expected = 0;
    if (bench->out.rdata != expected)
        fail(bench, "RDATA", bench->out.rdata, expected);
    if (bench->out.rresp != 0)
        fail(bench, "RRESP", bench->out.rresp, 0);
    for (unsigned i = 1; i < axil->reads; i++)
        axil->read[i - 1] = axil->read[i];
    axil->reads--;
    axil->reads_fired--;
}

static void check_write(struct bench *bench)
{
    struct axil *axil = &bench->axil;

    if (axil->writes_fired == 0) {
        fail(bench, "an answer to no write", 1, 0);
        return;
    }
    if (bench->out.bresp != 0)
        fail(bench, "BRESP", bench->out.bresp, 0);
    for (unsigned i = 1; i < axil->writes; i++)
        axil->write[i - 1] = axil->write[i];
    axil->writes--;
    axil->writes_fired--;
}

void axil_sample(struct bench *bench)
{
    struct axil *axil = &bench->axil;
    const struct dut_in *in = &bench->in;
    const struct dut_out *out = &bench->out;

    if (in->awvalid && out->awready)
        axil->awvalid = false;
    if (in->wvalid && out->wready)
        axil->wvalid = false;
    if (in->arvalid && out->arready)
        axil->arvalid = false;
    if (out->rvalid && in->rready) {
        check_read(bench);
        axil->r_delay = delay(bench, 2);
    }
    if (out->bvalid && in->bready) {
        check_write(bench);
        axil->b_delay = delay(bench, 2);
    }
}

static void wait_idle(struct bench *bench)
{
    for (unsigned i = 0; i < 500 && !axil_idle(bench); i++)
        tick(bench);
    if (!axil_idle(bench)) {
        fail(bench, "an access has no answer", 0, 1);
        bench->axil = (struct axil){0};
    }
}

void write_register(struct bench *bench, uint16_t address, unsigned size, uint64_t value)
{
    settle(bench);
    if (dut_data_width() == 64) {
        uint8_t strobes = size == 8 ? 0xff : (address & 4) != 0 ? 0xf0 : 0x0f;

        launch_write(bench, address, size == 4 ? value << 32 | (uint32_t)value : value, strobes);
        wait_idle(bench);
        return;
    }
    if (size == 8) {
        launch_write(bench, address | 4, value >> 32, 0xf);
        wait_idle(bench);
        settle(bench);
    }
    launch_write(bench, address, (uint32_t)value, 0xf);
    wait_idle(bench);
}

uint64_t read_register(struct bench *bench, uint16_t address)
{
    uint64_t value;

    settle(bench);
    launch_read(bench, address);
    wait_idle(bench);
    if (dut_data_width() == 32) {
        launch_read(bench, address ^ 4);
        wait_idle(bench);
    }
    iommu_mmio_read(bench->model, address & ~7u, 8, &value);
    return value;
}
