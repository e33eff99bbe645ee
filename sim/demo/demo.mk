# SPDX-License-Identifier: Apache-2.0
#
# The demonstration: four devices behind the RTL (Base), in lockstep with the golden model.
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

.PHONY: demo
demo: $(DEMO_BUILD)/portcullis-demo ## four devices behind the RTL, checked by the model; build/demo/index.html
	@$< $(DEMO_BUILD)/figures.json
	@$(PYTHON) sim/demo/page.py $(DEMO_BUILD)/figures.json $(DEMO_BUILD)/index.html

# The same as a test: it compares every access, record and register, and all data.
DEMO_SUITES := demo

$(B)/results/demo: $(DEMO_BUILD)/portcullis-demo sim/demo/page.py
	@$(SUITE) demo -- $(MAKE) --no-print-directory B=$(B) demo
