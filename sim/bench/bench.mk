# SPDX-License-Identifier: Apache-2.0
#
# The throughput bench. Included by the Makefile, which sets B, CFLAGS, MODEL_INCLUDE, PYTHON,
# VERILATOR and TOOLCHAIN. BENCH_CONFIG chooses the configuration: 0 Small, 1 Base, 2 Full.

BENCH_CONFIG ?= 1
BENCH_ARGUMENTS ?=
BENCH_RTL := $(filter %.sv %.vlt,$(shell cat rtl/iommu.f 2>/dev/null))
BENCH_SOURCES := $(filter-out sim/bench/no_design.c,$(wildcard sim/bench/*.c))
BENCH_OBJECTS := $(BENCH_SOURCES:sim/bench/%.c=$(B)/bench-objects/%.o)
BENCH_CFLAGS := -O3 -D_POSIX_C_SOURCE=200809L $(MODEL_INCLUDE)

$(B)/bench-objects/%.o: sim/bench/%.c $(wildcard sim/bench/*.h) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BENCH_CFLAGS) -c $< -o $@

# Traffic, reference simulation and bounds without an IOMMU.
$(B)/bench-wires: $(BENCH_OBJECTS) $(B)/bench-objects/no_design.o
	$(CC) $^ -lm -o $@

# What drives the RTL is C++ that Verilator compiles; without assertions, for speed.
$(B)/bench-rtl-$(BENCH_CONFIG): $(BENCH_RTL) sim/bench/tb_bench.sv sim/bench/rtl.cpp \
                                sim/bench/ports.h $(BENCH_OBJECTS)
	@rm -rf $(B)/sim-bench-$(BENCH_CONFIG) && mkdir -p $(B)/sim-bench-$(BENCH_CONFIG)
	MAKEFLAGS= $(VERILATOR) --cc --exe --build -j 2 -O3 -Wall --no-assert --x-assign fast --x-initial fast \
	    --top-module tb_bench -GConfig=$(BENCH_CONFIG) --Mdir $(B)/sim-bench-$(BENCH_CONFIG) \
	    -CFLAGS "-O3 -march=native -I$(CURDIR)/sim/bench" -MAKEFLAGS "OPT_FAST=-O3 OPT_SLOW=-O1" \
	    -LDFLAGS "$(BENCH_OBJECTS:%=$(CURDIR)/%) -lm" -o $(CURDIR)/$@ \
	    $(BENCH_RTL) sim/bench/tb_bench.sv $(CURDIR)/sim/bench/rtl.cpp \
	    > $(B)/sim-bench-$(BENCH_CONFIG).log 2>&1 || \
	    { tail -20 $(B)/sim-bench-$(BENCH_CONFIG).log; exit 1; }

.PHONY: bench-rtl
bench-rtl: $(B)/bench-rtl-$(BENCH_CONFIG) ## the RTL's throughput; writes build/bench/rtl.json
	@mkdir -p $(B)/bench
	$< --json $(B)/bench/rtl.json --unmaps-json $(B)/bench/unmaps.json $(BENCH_ARGUMENTS)

BENCH_SUITES := bench-models
$(B)/results/bench-models: $(B)/bench-wires sim/bench/test_bench.py
	@$(SUITE) bench-models -- $(PYTHON) sim/bench/test_bench.py $<
