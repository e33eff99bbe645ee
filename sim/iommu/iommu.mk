# SPDX-License-Identifier: Apache-2.0
#
# The whole IOMMU against the golden model. Included by the Makefile, which sets B, CFLAGS,
# MODEL_INCLUDE, SUITE, SEED and VERILATOR. See docs/cosim.md.

COSIM_BUILD := $(B)/cosim
COSIM_RTL = $(shell sed 's/\#.*//' rtl/iommu.f)
COSIM_BENCH_SV := sim/axi/axi_checker.sv sim/iommu/tb_iommu.sv
COSIM_INCLUDED := sim/iommu/assertions_on.h
COSIM_SOURCES := $(filter-out sim/iommu/fake.c,$(wildcard sim/iommu/*.c))
COSIM_HEADERS := $(wildcard sim/iommu/*.h)
COSIM_OBJECTS := $(COSIM_SOURCES:sim/iommu/%.c=$(COSIM_BUILD)/%.o)
COSIM_FLAGS := --cc --build -O3 --assert -Wall -j 2 --x-assign unique --x-initial unique \
    --compiler-include $(abspath $(COSIM_INCLUDED)) +define+AXI_CHECKERS +define+IOMMU_TRACE \
    $(if $(TRACE),--trace-fst)
# For what Verilator makes, clang takes two thirds of gcc's time, and its code is no slower. What runs
# once (SLOW) is a third of it.
COSIM_COMPILER := CXX=$(CLANG)++ OPT_FAST=\"-O2 -march=native\" OPT_SLOW=-O0 OPT_GLOBAL=-O2
COSIM_TAG := $(if $(TRACE),-trace)
VERILATOR_INCLUDE = $(shell $(VERILATOR) --getenv VERILATOR_ROOT)/include
# Requests that `make test` compares in each configuration.
COSIM_REQUESTS ?= 350000
CONFIG ?= base
N ?= 100000

# The model's own headers, too: the bench sets its queues' indices, and times in its history.
$(COSIM_BUILD)/%.o: sim/iommu/%.c $(COSIM_HEADERS) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isw-model/src -Isim/iommu -c $< -o $@

# $(call cosim-bench,NAME,NUMBER,FLAGS,REQUESTS): the design is built apart from the bench, which
# changes more often, and takes less time.
define cosim-bench
$(COSIM_BUILD)/$(1)$(COSIM_TAG)/libVtb_iommu.a: $$(COSIM_RTL) rtl/iommu.f $(COSIM_BENCH_SV) $(COSIM_INCLUDED)
	@rm -rf $$(@D) && mkdir -p $$(@D)
	MAKEFLAGS= $(VERILATOR) $(COSIM_FLAGS) $(3) -GConfig=$(2) --top-module tb_iommu --Mdir $$(@D) \
	    -MAKEFLAGS "$(COSIM_COMPILER)" -f rtl/iommu.f $(COSIM_BENCH_SV) > $$(@D).log 2>&1 || \
	    { tail -20 $$(@D).log; exit 1; }
$(COSIM_BUILD)/cosim-$(1)$(COSIM_TAG): $(COSIM_BUILD)/$(1)$(COSIM_TAG)/libVtb_iommu.a \
                                       sim/iommu/main.cpp $(COSIM_OBJECTS) \
                                       $(B)/model/opt/libiommu-model.a
	g++ -O2 -std=c++17 -fno-lto -DCONFIG=$(2) -DDESIGN_TRACES $(if $(TRACE),-DVM_TRACE=1,-DVM_TRACE=0) \
	    -isystem $$(VERILATOR_INCLUDE) -isystem $$(VERILATOR_INCLUDE)/vltstd -Isim/iommu \
	    -isystem $$(dir $$<) sim/iommu/main.cpp $(COSIM_OBJECTS) $$< $$(dir $$<)libverilated.a \
	    $(B)/model/opt/libiommu-model.a -pthread $(if $(TRACE),-lz) -o $$@
$(B)/results/cosim-$(1): $(COSIM_BUILD)/cosim-$(1)
	@rm -f $(COSIM_BUILD)/coverage.$(1) # of another design, perhaps
	@$(SUITE) cosim-$(1) -- $$< --seed $(SEED) --seeds 3 --requests $(or $(4),$(COSIM_REQUESTS)) \
	    --coverage $(COSIM_BUILD)/coverage.$(1)
# The golden model as a design, to try the bench itself; broken on purpose: breakages.py.
$(COSIM_BUILD)/fake-$(1): sim/iommu/fake.c $(COSIM_OBJECTS) $(B)/model/opt/libiommu-model.a
	$(CC) $(CFLAGS) -O2 -fno-lto $(MODEL_INCLUDE) -Isw-model/src -Isim/iommu -DCONFIG=$(2) \
	    sim/iommu/fake.c $(COSIM_OBJECTS) $(B)/model/opt/libiommu-model.a -o $$@
endef

$(eval $(call cosim-bench,small,0))
$(eval $(call cosim-bench,base,1))
# Full has the most to meet.
$(eval $(call cosim-bench,full,2,,1500000))
# Base with parity in its caches, whose bits change now and then.
$(eval $(call cosim-bench,parity,1,-GParity=1 +define+IOMMU_UPSETS,60000))

COSIM_SUITES := cosim-small cosim-base cosim-full cosim-parity cosim-churn cosim-trace cosim-bench testplan-rtl

# Tables that lie close together, change often, and are asked for again at once. With this seed
# the command queue stops at an illegal command while others are still to come from memory.
$(B)/results/cosim-churn: $(COSIM_BUILD)/cosim-base
	@$(SUITE) cosim-churn -- $< --seed 11 --requests 60000 --churn

$(B)/results/cosim-bench: $(COSIM_BUILD)/fake-base $(COSIM_BUILD)/fake-full sim/iommu/breakages.py
	@$(SUITE) cosim-bench -- $(PYTHON) sim/iommu/breakages.py $(filter %base %full,$^)

# Is there a test of the RTL for each row of the checklist, and did the bench meet all that is its own?
TESTPLAN_CONFIGS := small base full
$(B)/results/testplan-rtl: $(TESTPLAN_CONFIGS:%=$(B)/results/cosim-%) tests/testplan.csv \
                           tests/rtl-holes.txt tests/check_testplan.py tests/check_rtl_plan.py
	@$(SUITE) testplan-rtl -- $(PYTHON) tests/check_rtl_plan.py --suites $(ALL) \
	    --coverage $(TESTPLAN_CONFIGS:%=$(COSIM_BUILD)/coverage.%)

# Are events of the trace noticed that are lost, told twice, or wrong?
$(B)/results/cosim-trace: $(COSIM_BUILD)/cosim-full sim/iommu/spoil_trace.py
	@$(SUITE) cosim-trace -- $(PYTHON) sim/iommu/spoil_trace.py $<

.PHONY: cosim sim-cosim soak soak-report mutate-rtl
cosim: $(COSIM_BUILD)/cosim-$(CONFIG)$(COSIM_TAG) ## the IOMMU against the model: SEED=.. N=.. CONFIG=..
	$< --seed $(SEED) --requests $(N) --coverage $(COSIM_BUILD)/coverage.$(CONFIG) \
	    $(if $(CHURN),--churn)
sim-cosim: $(COSIM_SUITES:%=$(B)/results/%) ## the same in all configurations, as suites
	@$(PYTHON) tests/summary.py $^
soak: $(COSIM_BUILD)/cosim-small $(COSIM_BUILD)/cosim-base $(COSIM_BUILD)/cosim-full ## shards of it until N requests; can be taken up again
	$(PYTHON) sim/iommu/soak.py --build $(COSIM_BUILD) --requests $(N)
soak-report: ## what the ledger of the soak has
	@$(PYTHON) sim/iommu/soak.py --build $(COSIM_BUILD) --report
mutate-rtl: ## change the RTL in 200 places, one at a time: do the benches notice? can be taken up again
	$(PYTHON) tests/mutate/rtl.py --seed $(SEED) --minutes $(MINUTES_TO_MUTATE)
