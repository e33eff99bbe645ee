# SPDX-License-Identifier: Apache-2.0
#
# Portcullis. `make help` lists the targets. All products go to build/.
# Each file with tests in it is a suite; a suite runs again when something that it is made
# of has changed, or when it failed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

B := build
PYTHON ?= python3
CC := gcc
CLANG := clang
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Werror
CFLAGS := -std=c11 -g $(WARNINGS)
SEED ?= 1
SUITE := $(PYTHON) tests/suite.py --out $(B)/results

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Objects of another compiler, such as the host's, are not linked with.
TOOLCHAIN := $(B)/.toolchain
$(shell mkdir -p $(B); v="$$($(CC) -dumpfullversion 2>/dev/null) $$($(CLANG) -dumpversion 2>/dev/null)"; \
    [ "$$v" = "$$(cat $(TOOLCHAIN) 2>/dev/null)" ] || echo "$$v" > $(TOOLCHAIN))

# --- the register description ---------------------------------------------------------

REGS_SOURCES := $(wildcard rtl/regs/*.rdl rtl/regs/*.py)
REGS_OUTPUTS := rtl/iommu_reg_pkg.sv sw-model/include/iommu_regs.h docs/registers.md

.PHONY: regs
regs: ## generate header, package and register reference from rtl/regs
	$(PYTHON) rtl/regs/export.py

.PHONY: regs-html
regs-html: ## the register map as web pages, by PeakRDL; in build/registers
	rm -rf $(B)/registers
	peakrdl html rtl/regs/iommu.rdl -t iommu_registers -o $(B)/registers

# --- the golden model -----------------------------------------------------------------

MODEL_HEADERS := $(wildcard sw-model/include/*.h sw-model/src/*.h)
MODEL_SOURCES := $(wildcard sw-model/src/*.c)
MODEL_INCLUDE := -Isw-model/include

# $(call model-library,VARIANT,COMPILER,FLAGS): build/model/VARIANT/libiommu-model.a
define model-library
$(B)/model/$(1)/%.o: sw-model/src/%.c $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $$(@D)
	$(2) $(CFLAGS) $(3) $(MODEL_INCLUDE) -c $$< -o $$@
$(B)/model/$(1)/libiommu-model.a: $(MODEL_SOURCES:sw-model/src/%.c=$(B)/model/$(1)/%.o)
	@rm -f $$@
	$(if $(filter clang,$(2)),llvm-ar,gcc-ar) rcs $$@ $$^
endef

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# -flto is part of the optimized library: it lets a caller's loop take in the fast path.
OPTIMIZE := -O3 -flto=auto -ffat-lto-objects
COVERAGE := -O0 --coverage -fprofile-update=atomic

$(eval $(call model-library,opt,$(CC),$(OPTIMIZE)))
$(eval $(call model-library,san,$(CLANG),-O1 $(SANITIZE)))
$(eval $(call model-library,cov,$(CC),$(COVERAGE)))

.PHONY: model
model: $(B)/model/opt/libiommu-model.a $(B)/iommu-explain ## the model's library and iommu-explain

$(B)/bench-model: sw-model/bench/bench_model.c $(B)/model/opt/libiommu-model.a
	$(CC) $(CFLAGS) $(OPTIMIZE) $(MODEL_INCLUDE) $^ -o $@

.PHONY: bench-model
bench-model: $(B)/bench-model ## the model's speed; writes build/bench/model.json
	@mkdir -p $(B)/bench
	$< $(B)/bench/model.json

# --- iommu-explain --------------------------------------------------------------------

EXPLAIN_SOURCES := $(wildcard sw-model/explain/*.c)
EXPLAIN_HEADERS := $(wildcard sw-model/explain/*.h)

$(B)/iommu-explain: $(EXPLAIN_SOURCES) $(EXPLAIN_HEADERS) $(B)/model/opt/libiommu-model.a
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) $(EXPLAIN_SOURCES) $(B)/model/opt/libiommu-model.a -o $@
$(B)/iommu-explain-san: $(EXPLAIN_SOURCES) $(EXPLAIN_HEADERS) $(B)/model/san/libiommu-model.a
	$(CLANG) $(CFLAGS) -O1 $(SANITIZE) $(MODEL_INCLUDE) $(EXPLAIN_SOURCES) \
	    $(B)/model/san/libiommu-model.a -o $@

# --- the comparison with QEMU's own device ---------------------------------------------

QEMU_TEST_SOURCES := $(wildcard tests/qemu/*.c)

$(B)/qemu-differential: $(QEMU_TEST_SOURCES) $(wildcard tests/qemu/*.h) $(B)/model/opt/libiommu-model.a
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) $(QEMU_TEST_SOURCES) $(B)/model/opt/libiommu-model.a -o $@
$(B)/results/qemu: $(B)/qemu-differential
	@$(SUITE) qemu -- $< --seed $(SEED)

# --- fuzzing --------------------------------------------------------------------------

# The fuzzer sees the model's own coverage; the replay tool is the same without libFuzzer.
FUZZ_SOURCES := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ_HEADERS := $(wildcard tests/fuzz/*.h)
SECONDS_TO_FUZZ ?= 3600

$(B)/fuzz/fuzzer: $(FUZZ_SOURCES) $(FUZZ_HEADERS) $(MODEL_SOURCES) $(MODEL_HEADERS)
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS) -O1 $(SANITIZE) -fsanitize=fuzzer $(MODEL_INCLUDE) $(FUZZ_SOURCES) \
	    $(MODEL_SOURCES) -o $@
$(B)/results/fuzz: $(B)/fuzz/fuzzer tests/fuzz/run.py $(wildcard tests/fuzz/corpus/* tests/fuzz/regressions/*)
	@$(SUITE) fuzz -- $(PYTHON) tests/fuzz/run.py --fuzzer $< --seconds 45

# --- coverage and mutation of the model -------------------------------------------------

$(B)/fuzz/replay-cov: $(FUZZ_SOURCES) tests/fuzz/replay.c $(FUZZ_HEADERS) $(B)/model/cov/libiommu-model.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O0 $(MODEL_INCLUDE) $(filter-out tests/fuzz/mutate.c,$(FUZZ_SOURCES)) \
	    tests/fuzz/replay.c $(B)/model/cov/libiommu-model.a --coverage -o $@
$(B)/explain/cov/%.o: sw-model/explain/%.c $(EXPLAIN_HEADERS) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(COVERAGE) $(MODEL_INCLUDE) -c $< -o $@
$(B)/iommu-explain-cov: $(EXPLAIN_SOURCES:sw-model/explain/%.c=$(B)/explain/cov/%.o) \
                        $(B)/model/cov/libiommu-model.a
	$(CC) --coverage $^ -o $@
# All of C that we wrote by hand in sw-model/, but for the benchmark.
$(B)/results/coverage: $(B)/model-tests-cov $(B)/fuzz/replay-cov $(B)/iommu-explain-cov $(B)/explain-fails.so \
                       tests/coverage.py tests/coverage-exceptions.txt $(wildcard tests/explain/*.py \
                       tests/explain/golden/* tests/fuzz/corpus/* tests/fuzz/regressions/*)
	@$(SUITE) coverage -- $(PYTHON) tests/coverage.py --objects $(B)/model/cov \
	    --objects $(B)/explain/cov --sources sw-model/src --sources sw-model/explain \
	    --run $(B)/model-tests-cov --run "$(B)/fuzz/replay-cov tests/fuzz/corpus tests/fuzz/regressions" \
	    --run "$(PYTHON) tests/explain/run.py $(B)/iommu-explain-cov --fuzz 0 --seed $(SEED) \
	        --preload $(B)/explain-fails.so"

# 0: no limit. What is cut off goes on where it was.
MINUTES_TO_MUTATE ?= 0

.PHONY: coverage mutate-model mutate-explain
coverage: $(B)/results/coverage ## line and branch coverage of model and iommu-explain
	@cat $(B)/results/coverage.log
mutate-model: ## change the model in 400 places, one at a time: do the tests notice?
	$(PYTHON) tests/mutate/mutate.py --seed $(SEED) --minutes $(MINUTES_TO_MUTATE)
mutate-explain: ## the same with iommu-explain, in 300 places
	$(PYTHON) tests/mutate/mutate.py --explain --quick --count 300 --seed $(SEED) \
	    --minutes $(MINUTES_TO_MUTATE)

.PHONY: fuzz
fuzz: $(B)/fuzz/fuzzer ## search for SECONDS_TO_FUZZ seconds (an hour)
	$(PYTHON) tests/fuzz/run.py --fuzzer $< --seconds $(SECONDS_TO_FUZZ) --long

# --- the example in docs/ -------------------------------------------------------------

$(B)/translate: docs/examples/translate.c $(B)/model/opt/libiommu-model.a
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) $^ -o $@

EXAMPLE := -m docs/examples/example.hex -r docs/examples/example.regs

.PHONY: demo-model
demo-model: $(B)/translate $(B)/iommu-explain ## the model as a library, and a fault explained
	@printf '\n\033[1m1. The golden model as a library\033[0m (docs/examples/translate.c)\n\n'
	@$(B)/translate
	@printf '\n\033[1m2. Why did my device fault?\033[0m (iommu-explain on a memory image)\n\n'
	@$(B)/iommu-explain $(EXAMPLE) -d 00:05.0 -a 0x40001040 -x w || true

# --- RTL under Verilator --------------------------------------------------------------

VERILATOR := verilator
# A build that was interrupted cannot be gone on with: each begins with an empty folder.
VERILATOR_FLAGS := --cc --exe --build -O3 --assert -Wall -j 2
WALKER_RTL := rtl/lint.vlt rtl/iommu_reg_pkg.sv rtl/iommu_pkg.sv rtl/iommu_csr_pkg.sv rtl/iommu_walk_pkg.sv rtl/iommu_ram.sv rtl/iommu_cache_ram.sv rtl/iommu_pick.sv \
    rtl/iommu_table.sv rtl/iommu_extract.sv rtl/iommu_walk_cache.sv rtl/iommu_context_cache.sv rtl/iommu_walk_judge.sv \
    rtl/iommu_walk_step.sv rtl/iommu_walker.sv

# $(call walker-bench,NAME,NUMBER): the walker against the model, in one configuration
define walker-bench
$(B)/sim-walker-$(1)/walker: $(WALKER_RTL) sim/walker/tb_walker.sv sim/walker/main.cpp \
                             $(B)/model/opt/libiommu-model.a
	@rm -rf $$(@D)
	$(VERILATOR) $(VERILATOR_FLAGS) -GConfig=$(2) --top-module tb_walker \
	    --Mdir $(B)/sim-walker-$(1) -CFLAGS "-O2 -DWALKER_CONFIG=$(2) -I$(CURDIR)/sw-model/include" \
	    -LDFLAGS $(CURDIR)/$(B)/model/opt/libiommu-model.a $(WALKER_RTL) sim/walker/tb_walker.sv \
	    sim/walker/main.cpp -o walker > $(B)/sim-walker-$(1).log 2>&1 || \
	    { tail -20 $(B)/sim-walker-$(1).log; exit 1; }
$(B)/results/rtl-walker-$(1): $(B)/sim-walker-$(1)/walker
	@$(SUITE) rtl-walker-$(1) -- $$< $(SEED) 60
endef

$(eval $(call walker-bench,small,0))
$(eval $(call walker-bench,base,1))
$(eval $(call walker-bench,full,2))

# --- the register side of the RTL -------------------------------------------------------

include sim/regs/regs.mk
include sim/queues/queues.mk
include driver/driver.mk
include sim/port/port.mk
include sim/glue/glue.mk
include tests/formal/prove.mk
include firmware/firmware.mk
include tests/docs/docs.mk
include sim/bench/bench.mk
include constraints/synth.mk
include sim/iommu/iommu.mk
include sim/directed/directed.mk
include sim/demo/demo.mk
include sim/lab/lab.mk
include sim/axi/axi.mk

# --- suites ---------------------------------------------------------------------------

MODEL_TEST_SOURCES := $(wildcard tests/model/*.c)
MODEL_TEST_HEADERS := $(wildcard tests/model/*.h)

# $(call model-tests,VARIANT,COMPILER,FLAGS): build/model-tests-VARIANT
define model-tests
$(B)/model-tests/$(1)/%.o: tests/model/%.c $(MODEL_TEST_HEADERS) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $$(@D)
	$(2) $(CFLAGS) $(3) $(MODEL_INCLUDE) -c $$< -o $$@
$(B)/model-tests-$(1): $(MODEL_TEST_SOURCES:tests/model/%.c=$(B)/model-tests/$(1)/%.o) \
                       $(B)/model/$(1)/libiommu-model.a
	$(2) $(4) $$^ -o $$@
endef

$(eval $(call model-tests,opt,$(CC),-O2,-O2 -flto=auto))
$(eval $(call model-tests,san,$(CLANG),-O1 $(SANITIZE),$(SANITIZE)))
$(eval $(call model-tests,cov,$(CC),-O0,--coverage))

$(B)/results/regs-current: $(REGS_SOURCES) $(REGS_OUTPUTS)
	@$(SUITE) regs-current -- $(PYTHON) rtl/regs/export.py --check
$(B)/results/regs-exporter: $(REGS_SOURCES) $(wildcard tests/regs/*) $(REGS_OUTPUTS)
	@$(SUITE) regs-exporter -- $(PYTHON) tests/regs/test_export.py
$(B)/results/regs-packing: $(REGS_SOURCES) $(wildcard tests/regs/*) $(REGS_OUTPUTS)
	@$(SUITE) regs-packing -- $(PYTHON) tests/regs/run_packing.py --build $(B)/regs-packing
$(B)/results/model: $(B)/model-tests-opt
	@$(SUITE) model -- $<
$(B)/results/model-sanitized: $(B)/model-tests-san
	@$(SUITE) model-sanitized -- $<
$(B)/results/explain: $(B)/iommu-explain-san $(wildcard tests/explain/*.py tests/explain/golden/*) \
                      docs/iommu-explain.md $(wildcard docs/examples/*)
	@$(SUITE) explain -- $(PYTHON) tests/explain/run.py $< --seed $(SEED)
# Memory and files that fail, by a library that is loaded before the C library.
$(B)/explain-fails.so: tests/explain/fails.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -shared -fPIC $< -o $@
$(B)/results/explain-failures: $(B)/iommu-explain $(B)/explain-fails.so $(wildcard tests/explain/*.py)
	@$(SUITE) explain-failures -- $(PYTHON) tests/explain/run.py $< --only failures \
	    --preload $(B)/explain-fails.so
$(B)/results/testplan: $(B)/model-tests-opt tests/testplan.csv tests/check_testplan.py
	@$< --list > $(B)/model-tests.list
	@$(SUITE) testplan -- $(PYTHON) tests/check_testplan.py --tests $(B)/model-tests.list

QUICK := regs-current $(if $(MODEL_TEST_SOURCES),model) $(if $(wildcard tests/testplan.csv),testplan)
ALL := $(QUICK) regs-exporter regs-packing $(if $(MODEL_TEST_SOURCES),model-sanitized) explain explain-failures coverage qemu fuzz $(REGS_SUITES) rtl-walker-small rtl-walker-base rtl-walker-full $(FIRMWARE_SUITES) $(GLUE_SUITES) $(DRIVER_SUITES) $(PORT_SUITES) $(DOCS_SUITES) $(PROVE_SUITES) $(DEMO_SUITES) $(LAB_SUITES) $(QUEUES_SUITES) $(BENCH_SUITES) $(COSIM_SUITES) $(AXI_SUITES) $(DIRECTED_SUITES)

.PHONY: check test
check: $(QUICK:%=$(B)/results/%) ## the quick tests
	@$(PYTHON) tests/summary.py $^
test: $(ALL:%=$(B)/results/%) ## everything; ends with `N passed, N failed`
	@$(PYTHON) tests/summary.py $^

# --- style ----------------------------------------------------------------------------

C_FILES := $(wildcard sw-model/*/*.[ch] tests/*/*.[ch] firmware/*/*.[ch] firmware/*/*/*.[ch] \
    sim/*/*.[ch] sim/*/*.cpp sim/*/*/*.[ch] docs/examples/*.c)
SHELL_FILES := dev .dev/setup.sh .ci/run $(shell git ls-files '*.sh')
GENERATED := sw-model/include/iommu_regs.h

SV_FILES := $(wildcard rtl/*.sv sim/*/*.sv tests/*/*.sv)
SV_HAND := $(filter-out rtl/iommu_reg_pkg.sv,$(SV_FILES))

.PHONY: lint-verible lint-sv-format format-sv
lint-verible:
	verible-verilog-lint --rules_config=.rules.verible_lint $(SV_FILES)
lint-sv-format:
	verible-verilog-format --flagfile=.rules.verible_format --verify --inplace $(SV_HAND)
format-sv:
	verible-verilog-format --flagfile=.rules.verible_format --inplace $(SV_HAND)

# The whole design in each configuration.
.PHONY: lint-rtl-0 lint-rtl-1 lint-rtl-2
lint-rtl-0 lint-rtl-1 lint-rtl-2: lint-rtl-%:
	$(VERILATOR) --lint-only -Wall --assert +define+AXI_CHECKERS +define+IOMMU_TRACE -GConfig=$* \
	    -f rtl/iommu.f $(COSIM_BENCH_SV) --top-module tb_iommu

.PHONY: lint format
lint: lint-regs lint-verible lint-sv-format lint-rtl-0 lint-rtl-1 lint-rtl-2 ## warnings and format of everything
	clang-format --dry-run -Werror $(filter-out $(GENERATED),$(C_FILES))
	shellcheck -x $(SHELL_FILES)
format: format-sv ## bring C and SystemVerilog into format
	clang-format -i $(filter-out $(GENERATED),$(C_FILES))

.PHONY: clean
clean: ## remove all products but the tool root
	find $(B) -mindepth 1 -maxdepth 1 ! -name dev ! -name dev.log -exec rm -rf {} +
