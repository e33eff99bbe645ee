// SPDX-License-Identifier: Apache-2.0
//
// Verilator makes classes; everything else of this bench is C, in bench.c.

#include <memory>

#include "Vtb_port.h"
#include "pins.h"
#include "verilated.h"

namespace
{
std::unique_ptr<Vtb_port> design;
}

void design_reset(void)
{
    design = std::make_unique<Vtb_port>();
    design->clk_i = 0;
    design->rst_ni = 1;
    design->eval();
    design->rst_ni = 0;
    for (int i = 0; i < 6; i++) {
        design->clk_i = i & 1;
        design->eval();
    }
    design->clk_i = 0;
    design->rst_ni = 1;
    design->eval();
}

#define WRITE_PIN(type, name) design->name##_i = in->name;
#define READ_PIN(type, name) out->name = static_cast<type>(design->name##_o);

void design_eval(const struct pins_in *in, struct pins_out *out)
{
    PIN_INPUTS(WRITE_PIN)
    design->eval();
    PIN_OUTPUTS(READ_PIN)
}

void design_clock(void)
{
    design->clk_i = 1;
    design->eval();
    design->clk_i = 0;
    design->eval();
}

unsigned design_width(void)
{
    return WIDTH;
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    Verilated::randReset(2); // what has no reset begins with anything
    Verilated::randSeed(1);
    int status = bench_main(argc, argv);
    design.reset();
    return status;
}
