// SPDX-License-Identifier: Apache-2.0
//
// Verilator makes classes; everything else of this bench is C, in bench.c.

#include <memory>

#include "Vtb_iommu.h"
#include "pins.h"
#include "svdpi.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

bool design_waves = true;

namespace
{
std::unique_ptr<Vtb_iommu> design;
#if VM_TRACE
std::unique_ptr<VerilatedFstC> trace;
uint64_t now;
#endif

// The edge that ends the last cycle is still to come: with the inputs of the next one, in one call.
bool edge_due;

void settle()
{
    design->eval();
#if VM_TRACE
    if (trace && design_waves)
        trace->dump(now);
    now++;
#endif
}
} // namespace

#define WRITE_PORT_0(type, name) design->name##_0_i = in->port[0].name;
#define WRITE_PORT_1(type, name) design->name##_1_i = in->port[1].name;
#define READ_PORT_0(type, name) out->port[0].name = static_cast<type>(design->name##_0_o);
#define READ_PORT_1(type, name) out->port[1].name = static_cast<type>(design->name##_1_o);
#define WRITE_PIN(type, name) design->name##_i = in->name;
#define READ_PIN(type, name) out->name = static_cast<type>(design->name##_o);

static void take_pins(const struct pins_in *in)
{
    PORT_INPUTS(WRITE_PORT_0)
    PORT_INPUTS(WRITE_PORT_1)
    SHARED_INPUTS(WRITE_PIN)
    design->sample_i = !design->sample_i;
}

static void set_clock(bool high)
{
    design->clk_i = high;
    design->check_i = !high;
}

void design_make(unsigned seed)
{
    // What has no reset begins with anything, but with the same in a replay.
    Verilated::randSeed(static_cast<int>(seed & 0x7fffffff) | 1);
    design = std::make_unique<Vtb_iommu>();
    design->clk_i = 0;
    design->rst_ni = 1;
    design->eval();
    edge_due = false;
}

void design_reset(const struct pins_in *in)
{
    if (edge_due) {
        set_clock(true);
        settle();
    }
    edge_due = false;
    take_pins(in);
    design->rst_ni = 0;
    settle();
    for (int i = 0; i < 6; i++) {
        set_clock(i & 1);
        settle();
    }
    design->rst_ni = 1;
    settle();
}

void design_eval(const struct pins_in *in, struct pins_out *out)
{
    take_pins(in);
    if (edge_due)
        set_clock(true);
    edge_due = false;
    settle();
    PORT_OUTPUTS(READ_PORT_0)
    PORT_OUTPUTS(READ_PORT_1)
    SHARED_OUTPUTS(READ_PIN)
}

void design_clock(void)
{
    set_clock(false);
    settle();
    edge_due = true;
}

unsigned design_config(void)
{
    return CONFIG;
}

bool design_trace(const char *path)
{
#if VM_TRACE
    if (!trace) {
        trace = std::make_unique<VerilatedFstC>();
        design->trace(trace.get(), 99);
        trace->open(path);
    }
    return true;
#else
    (void)path;
    return false;
#endif
}

extern "C" void axi_violation(const char *port, const char *channel, const char *rule)
{
    bench_violation(port, channel, rule);
}

extern "C" unsigned long long iommu_upset(unsigned words, unsigned bits)
{
    return bench_upset(svGetScope(), words, bits);
}

extern "C" void trace_event(unsigned long long order, unsigned kind, unsigned origin, unsigned id,
                            unsigned device, unsigned pasid, unsigned flags,
                            unsigned long long iova, unsigned long long spa, unsigned user,
                            unsigned cause, unsigned result, unsigned index,
                            unsigned long long word0, unsigned long long word1,
                            unsigned long long word2, unsigned long long word3)
{
    const struct trace_event event = {order,  iova,   spa,  {word0, word1, word2, word3},
                                      kind,   origin, id,   device,
                                      pasid,  flags,  user, cause,
                                      result, index};
    bench_trace(&event);
}

bool design_traces(void)
{
#ifdef DESIGN_TRACES
    return true;
#else
    return false;
#endif
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    Verilated::randReset(2);
#if VM_TRACE
    Verilated::traceEverOn(true);
#endif
    int status = bench_main(argc, argv);
#if VM_TRACE
    if (trace)
        trace->close();
    trace.reset(); // before the design that it shows
#endif
    design.reset();
    return status;
}
