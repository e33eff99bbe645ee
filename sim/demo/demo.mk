# SPDX-License-Identifier: Apache-2.0
#
# The demonstration: Linux in the lab (sim/lab), or four devices on the lockstep bench; both behind
# the RTL (Base), in lockstep with the golden model.
# Included by the Makefile, which sets B, CC, CFLAGS, MODEL_INCLUDE, SUITE, VERILATOR, PYTHON;
# sim/iommu/iommu.mk has the rule for the Verilated RTL, which is the lockstep bench's own.

DEMO_BUILD := $(B)/demo
DEMO_RTL := $(B)/cosim/base
# The lockstep bench's ports, clock and checks; its stimulus is sim/demo's own.
DEMO_SOURCES := $(wildcard sim/demo/*.c) $(patsubst %,sim/iommu/%.c,kit image memport flight check trace parity \
    device downstream csr cover features features_rest feature_rules crosses)
DEMO_OBJECTS := $(patsubst sim/%.c,$(DEMO_BUILD)/obj/%.o,$(DEMO_SOURCES))

$(DEMO_BUILD)/obj/%.o: sim/%.c $(wildcard sim/demo/*.h sim/iommu/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -D_POSIX_C_SOURCE=200809L -O2 $(MODEL_INCLUDE) -Isw-model/src -c $< -o $@

$(DEMO_BUILD)/portcullis-demo: $(DEMO_RTL)/libVtb_iommu.a sim/iommu/main.cpp $(DEMO_OBJECTS) \
                               $(B)/model/opt/libiommu-model.a
	g++ -O2 -std=c++17 -fno-lto -DCONFIG=1 -DVM_TRACE=0 -isystem $(VERILATOR_INCLUDE) \
	    -isystem $(VERILATOR_INCLUDE)/vltstd -Isim/iommu -isystem $(DEMO_RTL) sim/iommu/main.cpp \
	    $(DEMO_OBJECTS) $< $(DEMO_RTL)/libverilated.a $(B)/model/opt/libiommu-model.a -pthread \
	    -o $@

# Linux in the lab where that can be, else the scenario. Another make builds, so that a build can
# be given up: see run.py.
DEMO_MAKE = $(MAKE) --no-print-directory -j2 B=$(B)

.PHONY: demo demo-bench
demo: ## Linux behind the RTL, checked by the model (without QEMU 11: four devices); build/demo/index.html
	@$(PYTHON) sim/demo/run.py --make '$(DEMO_MAKE)' --out $(DEMO_BUILD) -- $(LAB_DEMO) \
	    --log $(DEMO_BUILD)/console.log
demo-bench: $(DEMO_BUILD)/portcullis-demo ## four devices behind the RTL, on the lockstep bench
	@$< $(DEMO_BUILD)/figures.json
	@$(PYTHON) sim/demo/page.py $(DEMO_BUILD)/figures.json $(DEMO_BUILD)/index.html

# The same as a test: it compares every access, record and register, and all data.
DEMO_SUITES := demo demo-ways demo-report

$(B)/results/demo: $(DEMO_BUILD)/portcullis-demo sim/demo/page.py
	@mkdir -p $(DEMO_BUILD)/suite
	@$(SUITE) demo -- bash -c '$< $(DEMO_BUILD)/suite/figures.json && \
	    $(PYTHON) sim/demo/page.py $(DEMO_BUILD)/suite/figures.json $(DEMO_BUILD)/suite/index.html'
# Which of the two it becomes, and that a build that fails, hangs or is interrupted leaves nothing.
$(B)/results/demo-ways: sim/demo/run.py tests/lab/demo_ways.py
	@$(SUITE) demo-ways -- $(PYTHON) tests/lab/demo_ways.py sim/demo/run.py
# What its report calls that which was refused.
$(B)/results/demo-report: tests/lab/demo_report.py $(wildcard sim/demo/*.py) sim/lab/lab.py
	@$(SUITE) demo-report -- $(PYTHON) $<
